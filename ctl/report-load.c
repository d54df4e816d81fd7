/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a load: one cycle, what was measured, what people found and signed. */
#include <inttypes.h>
#include <stdio.h>

#include "core/cycle.h"
#include "core/steam.h"
#include "load.h"
#include "report.h"
#include "svg-curve.h"

#define ROWS_PAGE 2000u
#define GAP_SHOWN_US (10 * US_PER_S) /* where the program is not known */

typedef struct Load {
        json_t *load, *packs, *autoclave, *tests;
        CurvePoint *samples;
        size_t n_samples;
} Load;

/* --- what it is made of --- */

static int fetch_samples(Report *r, Load *l) {
        const char *attempt = text_of(l->load, "attempt");
        json_t *page, *one;
        uint64_t place = 0;
        size_t i, n;

        do {
                int failed = report_call(r, &page, "GetCycleRows", "stu", attempt, place, ROWS_PAGE);
                CurvePoint *v;

                if (failed)
                        return failed;
                n = json_array_size(json_object_get(page, "samples"));
                v = reallocarray(l->samples, l->n_samples + n + 1, sizeof(*v));
                if (!v) {
                        json_decref(page);
                        return CTL_TROUBLE;
                }
                l->samples = v;
                json_array_foreach(json_object_get(page, "samples"), i, one)
                        l->samples[l->n_samples++] =
                                (CurvePoint){ json_integer_value(json_array_get(one, 0)),
                                              (int32_t)json_integer_value(json_array_get(one, 1)),
                                              (int32_t)json_integer_value(json_array_get(one, 2)) };
                place = (uint64_t)number_of(page, "next");
                json_decref(page);
        } while (place > 0);
        return CTL_YES;
}

/* Tests of the same clinic day, before and after; the machine's name and type, where it is still configured. */
static int fetch_surroundings(Report *r, Load *l) {
        const int64_t started = number_of(l->load, "started_at");
        const char *autoclave = text_of(l->load, "autoclave");
        json_t *all = NULL, *one;
        size_t i;
        time_t s = (time_t)((started - number_of(r->clinic, "day_start_us")) / US_PER_S);
        struct tm tm;
        int64_t from;
        int failed;

        if (!localtime_r(&s, &tm))
                return CTL_TROUBLE;
        from = report_day_start(r, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
        failed = report_rows(r, "tests", from,
                             report_day_start(r, tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday + 1) - 1, &all);
        if (failed)
                return failed;
        l->tests = json_array();
        json_array_foreach(all, i, one)
                if (streq(text_of(one, "autoclave"), autoclave))
                        json_array_append(l->tests, one);
        json_decref(all);
        failed = report_call(r, &all, "ListAutoclaves", NULL);
        if (failed)
                return failed;
        json_array_foreach(all, i, one)
                if (streq(text_of(one, "autoclave"), autoclave))
                        l->autoclave = json_incref(one);
        json_decref(all);
        return CTL_YES;
}

static int fetch(Report *r, const char *attempt, Load *l) {
        int failed = report_call(r, &l->load, "GetLoad", "s", attempt);

        if (!failed)
                failed = ctl_call_pages(r->ctl, &l->packs, "ListPacks", text_of(l->load, "attempt"), false);
        if (!failed)
                failed = fetch_samples(r, l);
        return failed ? failed : fetch_surroundings(r, l);
}

static void release(Load *l) {
        json_decref(l->load);
        json_decref(l->packs);
        json_decref(l->autoclave);
        json_decref(l->tests);
        free(l->samples);
}

/* --- the verdict --- */

static const char *what_it_means(const char *verdict) {
        return streq(verdict, "verified")
                       ? "The recorded parameters of the cycle were met. That is not the same as sterile: "
                         "wet steam, and air inside a pack, do not show at a chamber's probe."
               : streq(verdict, "failed")     ? "There is evidence that what was in this cycle was not sterilized."
               : streq(verdict, "unverified") ? "Evidence is missing or doubtful: that it was sterilized is not shown."
                                              : "The cycle has not ended.";
}

static void put_state(Report *r, const json_t *l) {
        const char *state = text_of(l, "load");
        char person[192];
        When when;

        if (!state[0]) {
                html_put(r->html, "p", NULL, "This was no load: nothing in it counts as sterilized.");
                return;
        }
        html_open(r->html, "p", NULL);
        html_printf(r->html, "Load: ");
        html_putf(r->html, "b", NULL, "%s%s", load_has_recall(l) ? "recalled; " : "",
                  streq(state, "open")       ? "not released"
                  : streq(state, "recalled") ? "was released"
                                             : state);
        if (has_text(l, "released_by"))
                html_printf(r->html, " by %s", report_person(r, text_of(l, "released_by"), person));
        if (number_of(l, "released_at"))
                html_printf(r->html, ", %s", report_time(&when, number_of(l, "released_at")));
        html_close(r->html);
}

/* What became of the load outweighs what its cycle was: the large word is what a shelf has to know. */
static const char *put_word(Report *r, const json_t *l) {
        const char *verdict = text_of(l, "verdict");
        const bool recalled = load_has_recall(l), held = recalled || streq(text_of(l, "load"), "rejected");

        html_open(r->html, "div", "class",
                  held || streq(verdict, "failed") ? "verdict bad"
                  : streq(verdict, "verified")     ? "verdict"
                                                   : "verdict open",
                  NULL);
        if (held) {
                html_putf(r->html, "p", "word", "\u2717 %s", recalled ? "RECALLED" : "REJECTED");
                html_put(r->html, "p", NULL,
                         recalled ? "Use nothing of this load. Keep its packs apart; an officer follows the recall."
                                  : "Use nothing of this load. Clean its items, and pack and sterilize them again.");
                html_open(r->html, "p", NULL);
                html_printf(r->html, "Cycle: ");
                html_put(r->html, "b", NULL, verdict);
                html_close(r->html);
        } else {
                html_putf(r->html, "p", "word", "%s %s",
                          streq(verdict, "verified") ? "\u2713"
                          : streq(verdict, "failed") ? "\u2717"
                                                     : "?",
                          verdict);
        }
        return verdict;
}

static void put_verdict(Report *r, const json_t *l) {
        const char *verdict = put_word(r, l);
        const json_t *reason;
        size_t i;

        html_put(r->html, "p", NULL, what_it_means(verdict));
        json_array_foreach(json_object_get(l, "reasons"), i, reason) {
                html_open(r->html, "p", NULL);
                html_put(r->html, "b", NULL, text_of(reason, "rule"));
                html_printf(r->html, ": %s", text_of(reason, "text"));
                html_close(r->html);
        }
        put_state(r, l);
        html_close(r->html);
}

static void put_identity(Report *r, const Load *l) {
        const json_t *x = l->load;
        char person[192];

        report_facts_open(r, "Cycle");
        report_factf(r, "Autoclave", "%s%s%s%s%s", text_of(x, "autoclave"), has_text(l->autoclave, "name") ? ", " : "",
                     text_of(l->autoclave, "name"), has_text(l->autoclave, "type") ? ", type " : "",
                     text_of(l->autoclave, "type"));
        report_fact(r, "Program", text_of(x, "program"));
        report_factf(r, "Cycle number of the machine", "%" PRId64, number_of(x, "cycle"));
        report_fact(r, "Attempt in the ledger", text_of(x, "attempt"));
        report_fact(r, "Announced as", text_of(x, "purpose"));
        report_fact(r, "Operator", has_text(x, "operator") ? report_person(r, text_of(x, "operator"), person) : "");
        report_fact_time(r, "Started", number_of(x, "started_at"));
        report_fact_time(r, "Ended", number_of(x, "ended_at"));
        report_fact(r, "The machine says", text_of(x, "outcome"));
        report_fact(r, "Samples come from",
                    streq(text_of(x, "grade"), "printout") ? "a printout: read row by row, and coarser"
                    : has_text(x, "grade")                 ? "the machine, while it ran"
                                                           : "");
        report_table_close(r);
}

/* --- the curve --- */

static void put_curve(Report *r, const Load *l) {
        const json_t *f = json_object_get(l->load, "figures");
        const bool held = json_object_get(f, "hold_start_us") != NULL;
        char title[160];

        report_section(r, "What was measured");
        if (l->n_samples == 0 && number_of(f, "samples") > 0) {
                html_putf(r->html, "p", NULL,
                          "The %" PRId64
                          " samples were deleted after their time, as [retention] of the configuration says. The "
                          "figures below were computed from them.",
                          number_of(f, "samples"));
                return;
        }
        snprintf(title, sizeof(title), "Cycle %" PRId64 " of %s: temperature and pressure", number_of(l->load, "cycle"),
                 text_of(l->load, "autoclave"));
        svg_curve(r->html, &(SvgCurve){ .title = title,
                                        .v = l->samples,
                                        .n = l->n_samples,
                                        .hold_start_us = number_of(f, "hold_start_us"),
                                        .hold_us = held ? number_of(f, "hold_us") : 0,
                                        .gap_us = MAX_OF(number_of(f, "gap_allowed_us"), GAP_SHOWN_US),
                                        .lower_mc = (int32_t)number_of(f, "set_temperature_mc") });
        if (!held && l->n_samples > 0)
                report_note(
                        r,
                        "There was no hold: no stretch of samples at the program's temperature, in saturated steam.");
}

/* --- figures --- */

static void put_figure(Report *r, const char *name, const char *measured, const char *limit, const char *source) {
        report_row(r);
        report_cell(r, name);
        report_cell(r, measured);
        report_cell(r, limit);
        report_cell(r, source);
        report_row_end(r);
}

static bool has(const json_t *o, const char *name) {
        return json_object_get(o, name) != NULL;
}

typedef struct Text {
        char text[160];
} Text;

typedef struct Degrees {
        char text[28];
} Degrees;

static const char *degrees(Degrees *t, int64_t mc, const char *sign) {
        snprintf(t->text, sizeof(t->text), "%s%" PRId64 ".%02" PRId64, mc < 0 ? "\u2212" : sign,
                 (int64_t)llabs(mc) / 1000, (int64_t)llabs(mc) % 1000 / 10);
        return t->text;
}

static void put_hold_figures(Report *r, const json_t *f) {
        Text c, limit = {};
        Degrees a, b;
        When w, v;

        if (has(f, "required_us"))
                snprintf(limit.text, sizeof(limit.text), "at least %s",
                         report_duration(&v, number_of(f, "required_us") + US_PER_S - 1));
        put_figure(r, "Hold in saturated steam", report_duration(&w, number_of(f, "hold_us")), limit.text,
                   cycle_rule_source(CYCLE_HOLD_TOO_SHORT));
        if (!has(f, "coldest_mc"))
                return;
        limit.text[0] = 0;
        if (has(f, "set_temperature_mc"))
                snprintf(limit.text, sizeof(limit.text), "%s to %s \u00b0C, narrowed by the sensor's uncertainty",
                         degrees(&a, number_of(f, "set_temperature_mc"), ""),
                         degrees(&b, number_of(f, "set_temperature_mc") + number_of(f, "band_mc"), ""));
        snprintf(c.text, sizeof(c.text), "%s to %s \u00b0C", degrees(&a, number_of(f, "coldest_mc"), ""),
                 degrees(&b, number_of(f, "hottest_mc"), ""));
        put_figure(r, "Temperature in the hold", c.text, limit.text,
                   number_of(f, "band_mc") == 3000 ? "EN 285 (band of 3 K)" : "EN 13060 (band of 4 K)");
}

static void put_steam_figures(Report *r, const json_t *f) {
        Degrees a, b;
        Text c;

        if (!has(f, "median_off_mc"))
                return;
        snprintf(c.text, sizeof(c.text), "%s K in the middle, %s K at worst",
                 degrees(&a, number_of(f, "median_off_mc"), "+"), degrees(&b, number_of(f, "worst_off_mc"), "+"));
        put_figure(r, "Distance from saturated steam", c.text, "at most 2 K either way",
                   "IAPWS R7-97 region 4; limit: own");
        if (!has(f, "reference_off_mc"))
                return;
        snprintf(c.text, sizeof(c.text), "%s K", degrees(&a, number_of(f, "reference_off_mc"), "+"));
        put_figure(r, "The same at commissioning", c.text, "moves by at most 1 K",
                   "ISO 17665 (by its subject); limit: own");
}

static void put_evidence_figures(Report *r, const json_t *f) {
        Text a = {}, limit = {};

        if (has(f, "largest_gap_us")) {
                snprintf(a.text, sizeof(a.text), "%.1f s", (double)number_of(f, "largest_gap_us") / 1e6);
                if (has(f, "gap_allowed_us"))
                        snprintf(limit.text, sizeof(limit.text), "at most %.1f s",
                                 (double)number_of(f, "gap_allowed_us") / 1e6);
                put_figure(r, "Largest gap between samples of the hold", a.text, limit.text,
                           cycle_rule_source(CYCLE_SAMPLES_TOO_SPARSE));
        }
        if (number_of(f, "pulses_required") > 0) {
                snprintf(a.text, sizeof(a.text), "%" PRId64, number_of(f, "pulses"));
                snprintf(limit.text, sizeof(limit.text), "at least %" PRId64, number_of(f, "pulses_required"));
                put_figure(r, "Pulses that removed air", a.text, limit.text, "the program's maker");
        }
        snprintf(a.text, sizeof(a.text), "%" PRId64 ", of which %" PRId64 " left out as spikes",
                 number_of(f, "samples"), number_of(f, "samples_dropped"));
        put_figure(r, "Samples", a.text, "at most 2 left out", "own");
}

static void put_other_figures(Report *r, const json_t *f) {
        Text a;
        When w;

        if (has(f, "f0_milli_min")) {
                snprintf(a.text, sizeof(a.text), "%.1f min", (double)number_of(f, "f0_milli_min") / 1e3);
                put_figure(r, "F0 (121.1 \u00b0C, z = 10 K)", a.text, "shown, never in place of the hold", "");
        }
        if (number_of(f, "drying_us") > 0)
                put_figure(r, "Exhaust and drying", report_duration(&w, number_of(f, "drying_us")),
                           "shown; each pack is checked dry", "");
}

static void put_figures(Report *r, const json_t *f) {
        static const char *const heads[] = { "Figure", "Measured", "Limit", "Source of the limit", NULL };

        if (json_object_size(f) == 0)
                return;
        report_table_open(r, "Figures, from the samples alone", heads);
        put_hold_figures(r, f);
        put_steam_figures(r, f);
        put_evidence_figures(r, f);
        put_other_figures(r, f);
        report_table_close(r);
}

/* --- evidence --- */

static void put_tests(Report *r, const Load *l) {
        static const char *const heads[] = { "Test", "Outcome", "Run", "Cycle", "Read by", "Remarks", NULL };
        const json_t *one;
        size_t i;

        if (json_array_size(l->tests) == 0) {
                report_note(r, "No test of this autoclave is on record for the clinic's day of this cycle.");
                return;
        }
        report_table_open(r, "Tests of the autoclave on the clinic's day of this cycle", heads);
        json_array_foreach(l->tests, i, one) {
                report_row(r);
                report_cell(r, text_of(one, "test"));
                report_cell(r, text_of(one, "outcome"));
                report_cell_time(r, number_of(one, "run_at"));
                report_cell(r, text_of(one, "attempt"));
                report_cell_person(r, text_of(one, "reader"));
                if (number_of(one, "rate_mpa_per_min") && !has_text(one, "why"))
                        report_cellf(r, "%.3f kPa/min", (double)number_of(one, "rate_mpa_per_min") / 1e6);
                else
                        report_cell(r, text_of(one, "why"));
                report_row_end(r);
        }
        report_table_close(r);
}

static void put_indicators(Report *r, const json_t *load) {
        static const char *const heads[] = { "Indicator", "Where",   "Pack", "Lot", "Result",
                                             "Control",   "Read by", "When", NULL };
        const json_t *all = json_object_get(load, "indicators"), *one;
        size_t i;

        if (json_array_size(all) == 0) {
                report_note(r, "No indicator was read.");
                return;
        }
        report_table_open(
                r, truth_of(load, "indicators_more") ? "Indicators (the first 64; there are more)" : "Indicators",
                heads);
        json_array_foreach(all, i, one) {
                char kind[64] = "";

                snprintf(kind, sizeof(kind), "%s", text_of(one, "indicator"));
                if (number_of(one, "type"))
                        snprintf(kind + strlen(kind), sizeof(kind) - strlen(kind), ", type %" PRId64,
                                 number_of(one, "type"));
                report_row(r);
                report_cell(r, kind);
                report_cell(r, text_of(one, "where"));
                report_cell(r, text_of(one, "pack"));
                report_cell(r, text_of(one, "lot"));
                report_cell(r, text_of(one, "result"));
                report_cell(r, text_of(one, "control"));
                report_cell_person(r, text_of(one, "reader"));
                report_cell_time(r, number_of(one, "at"));
                report_row_end(r);
        }
        report_table_close(r);
}

static void put_transcripts(Report *r, const json_t *load) {
        static const char *const heads[] = { "By", "When", "Hold", "\u00b0C", "kPa", "Reason", NULL };
        const json_t *all = json_object_get(load, "transcripts"), *one;
        size_t i;
        When w;

        if (json_array_size(all) == 0)
                return;
        report_table_open(r, "Readings that a person transcribed, for want of samples", heads);
        json_array_foreach(all, i, one) {
                report_row(r);
                report_cell_person(r, text_of(one, "by"));
                report_cell_time(r, number_of(one, "at"));
                report_cell(r, report_duration(&w, number_of(one, "hold_us")));
                report_cellf(r, "%.1f to %.1f", (double)number_of(one, "coldest_mc") / 1e3,
                             (double)number_of(one, "hottest_mc") / 1e3);
                report_cellf(r, "%.0f to %.0f", (double)number_of(one, "lowest_pa") / 1e3,
                             (double)number_of(one, "highest_pa") / 1e3);
                report_cell(r, text_of(one, "reason"));
                report_row_end(r);
        }
        report_table_close(r);
}

/* --- packs --- */

static void pack_state(const json_t *p, char *ret, size_t size) {
        snprintf(ret, size, "%s%s%s%s%s%s%s",
                 number_of(p, "sterile_at") ? "counts as sterile" : "does not count as sterile",
                 truth_of(p, "wet") ? ", wet" : "", truth_of(p, "late") ? ", named too late" : "",
                 number_of(p, "damaged_at") ? ", damaged: " : "", text_of(p, "damage_reason"),
                 number_of(p, "opened_at") ? ", opened; inside indicator " : "", text_of(p, "inside_indicator"));
}

static void put_packs(Report *r, const json_t *packs) {
        static const char *const heads[] = { "Pack", "Wrap", "State now", "Item", NULL };
        const json_t *p, *code;
        char state[768];
        size_t i, k, items = 0;

        report_section(r, "What was in it");
        json_array_foreach(packs, i, p)
                items += json_array_size(json_object_get(p, "items"));
        if (json_array_size(packs) == 0) {
                report_note(r, "No pack is on record for this cycle.");
                return;
        }
        html_putf(r->html, "p", NULL, "%zu packs with %zu items.", json_array_size(packs), items);
        report_table_open(r, "Packs and their items, each item a row", heads);
        json_array_foreach(packs, i, p) {
                const json_t *codes = json_object_get(p, "items");

                pack_state(p, state, sizeof(state));
                for (k = 0; k < MAX_OF(json_array_size(codes), (size_t)1); k++) {
                        code = json_array_get(codes, k);
                        report_row(r);
                        report_cell(r, text_of(p, "pack"));
                        report_cell(r, text_of(p, "wrap"));
                        report_cell(r, k == 0 ? state : "as above");
                        report_cell(r, json_string_value(code) ?: "(no item)");
                        report_row_end(r);
                }
        }
        report_table_close(r);
}

/* --- signatures --- */

static const char *meaning_of(const json_t *d) {
        const char *what = text_of(d, "what");

        return streq(what, "released")    ? truth_of(d, "dry") ? "releases this load for use; packs found dry"
                                                               : "releases this load for use"
               : streq(what, "refused")   ? "wanted to release it, and was refused"
               : streq(what, "rejected")  ? "rejects this load: not to be used"
               : streq(what, "withdrawn") ? "takes the release back: recalled"
                                          : what;
}

static void signature(Report *r, const char *by, const char *meaning, int64_t at, const char *reason, int64_t record) {
        char number[24] = "";

        if (record > 0)
                snprintf(number, sizeof(number), "%" PRId64, record);
        report_row(r);
        report_cell_person(r, by);
        report_cell(r, meaning);
        report_cell_time(r, at);
        report_cell(r, reason);
        report_cell(r, number);
        report_row_end(r);
}

static void put_decision(Report *r, const json_t *d) {
        const json_t *reason;
        char *text = NULL;
        size_t i, size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return;
        fputs(text_of(d, "reason"), f);
        json_array_foreach(json_object_get(d, "reasons"), i, reason)
                fprintf(f, "%s%s: %s", ftell(f) > 0 ? "\n" : "", text_of(reason, "rule"), text_of(reason, "text"));
        fclose(f);
        signature(r, text_of(d, "by"), meaning_of(d), number_of(d, "at"), text ?: "", number_of(d, "record"));
        free(text);
}

static void put_recall(Report *r, const json_t *x) {
        char meaning[64];

        snprintf(meaning, sizeof(meaning), "%s, number %" PRId64, text_of(x, "kind"), number_of(x, "recall"));
        signature(r, text_of(x, "by"), meaning, number_of(x, "at"), text_of(x, "reason"), 0);
        if (!number_of(x, "ended_at"))
                return;
        snprintf(meaning, sizeof(meaning), "ends %s number %" PRId64, text_of(x, "kind"), number_of(x, "recall"));
        signature(r, text_of(x, "ended_by"), meaning, number_of(x, "ended_at"), text_of(x, "ended_reason"), 0);
}

static void put_signatures(Report *r, const json_t *load) {
        static const char *const heads[] = { "Name", "Meaning", "When", "Reason", "Record", NULL };
        const json_t *one;
        size_t i;

        report_section(r, "Decisions and signatures");
        if (json_array_size(json_object_get(load, "decisions")) + json_array_size(json_object_get(load, "recalls")) ==
            0) {
                report_note(r, "Nobody has decided on it.");
                return;
        }
        report_table_open(r, "Who signed what, when and why; the number of the record in the audit chain", heads);
        json_array_foreach(json_object_get(load, "decisions"), i, one)
                put_decision(r, one);
        json_array_foreach(json_object_get(load, "recalls"), i, one)
                put_recall(r, one);
        report_table_close(r);
}

/* --- the table: every sample --- */

static void put_samples(Report *r, const Load *l) {
        const json_t *f = json_object_get(l->load, "figures");
        const int64_t from = number_of(f, "hold_start_us"), to = from + number_of(f, "hold_us");
        const bool held = has(f, "hold_start_us");

        for (size_t i = 0; i < l->n_samples; i++) {
                const CurvePoint *p = l->samples + i;
                const int32_t saturated = steam_saturation_mc(p->pressure_pa);

                csv_text(r->csv, text_of(l->load, "attempt"));
                csv_milli(r->csv, p->t_us / 1000);
                csv_milli(r->csv, p->temperature_mc);
                csv_milli(r->csv, p->pressure_pa);
                if (saturated != STEAM_OUT_OF_RANGE) {
                        csv_milli(r->csv, saturated);
                        csv_milli(r->csv, p->temperature_mc - saturated);
                } else {
                        csv_text(r->csv, "");
                        csv_text(r->csv, "");
                }
                csv_text(r->csv, held && p->t_us >= from && p->t_us <= to ? "yes" : "no");
                csv_end(r->csv);
        }
}

int report_load(Report *r, const char *attempt) {
        static const char *const columns[] = { "attempt",      "t_s",          "temperature_c",
                                               "pressure_kpa", "saturation_c", "off_saturation_k",
                                               "in_hold" };
        Load l = {};
        int failed = fetch(r, attempt, &l);

        if (!failed)
                failed = report_begin(r, "Load report", text_of(l.load, "attempt"), columns, ELEMENTSOF(columns));
        if (!failed) {
                put_verdict(r, l.load);
                put_identity(r, &l);
                put_curve(r, &l);
                put_figures(r, json_object_get(l.load, "figures"));
                report_section(r, "Evidence beside the samples");
                put_tests(r, &l);
                put_indicators(r, l.load);
                put_transcripts(r, l.load);
                put_packs(r, l.packs);
                put_signatures(r, l.load);
                put_samples(r, &l);
                failed = report_end(r);
        }
        release(&l);
        return failed;
}
