/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl load, asepsisctl cycle */
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "curve.h"
#include "load.h"
#include "out.h"
#include "show.h"

#define ATTEMPT_TEXT_MAX 160
#define POINTS 1200u /* of samples asked for in one page */

Paint verdict_paint(const char *verdict) {
        return streq(verdict, "verified") ? GREEN : streq(verdict, "failed") ? RED : YELLOW;
}

static Paint state_paint(const char *load) {
        return streq(load, "released") ? GREEN : streq(load, "rejected") || streq(load, "recalled") ? RED : YELLOW;
}

/* --- one load --- */

static void add_decimal(Line *l, const char *before, int64_t thousandths, const char *after) {
        line_add(l, "%s%.2f%s", before, (double)thousandths / 1000, after);
}

static void add_duration(Line *l, const char *before, int64_t us) {
        const int64_t s = us / US_PER_S;

        line_add(l, "%s", before);
        if (s >= 60)
                line_add(l, "%" PRId64 " min ", s / 60);
        line_add(l, "%" PRId64 " s", s % 60);
}

static bool has(const json_t *o, const char *name) {
        return json_object_get(o, name) != NULL;
}

static void print_hold(const json_t *f) {
        Line hold = {}, temperature = {};

        if (!has(f, "hold_us"))
                return;
        add_duration(&hold, "", number_of(f, "hold_us"));
        if (has(f, "required_us"))
                add_duration(&hold, ", at least ", number_of(f, "required_us") + US_PER_S - 1);
        if (has(f, "hold_start_us"))
                line_add(&hold, ", from minute %.1f", (double)number_of(f, "hold_start_us") / 60e6);
        out_field("hold", has(f, "required_us") && number_of(f, "hold_us") < number_of(f, "required_us") ? RED : PLAIN,
                  hold.text);
        if (!has(f, "coldest_mc"))
                return;
        add_decimal(&temperature, "", number_of(f, "coldest_mc"), " to ");
        add_decimal(&temperature, "", number_of(f, "hottest_mc"), " degrees C in the hold");
        if (has(f, "set_temperature_mc")) {
                add_decimal(&temperature, ", band ", number_of(f, "set_temperature_mc"), " to ");
                add_decimal(&temperature, "", number_of(f, "set_temperature_mc") + number_of(f, "band_mc"), "");
        }
        out_field("temperature", PLAIN, temperature.text);
}

static void print_steam(const json_t *f) {
        Line steam = {}, reference = {};

        if (!has(f, "median_off_mc"))
                return;
        line_add(&steam, "%+.2f K from saturated in the middle, %+.2f K at worst; at most 2 K",
                 (double)number_of(f, "median_off_mc") / 1e3, (double)number_of(f, "worst_off_mc") / 1e3);
        out_field("steam", PLAIN, steam.text);
        if (!has(f, "reference_off_mc"))
                return;
        line_add(&reference, "%+.2f K when it was commissioned", (double)number_of(f, "reference_off_mc") / 1e3);
        out_field("reference", PLAIN, reference.text);
}

static void print_measuring(const json_t *f) {
        Line gap = {}, pulses = {}, samples = {};

        if (has(f, "largest_gap_us")) {
                line_add(&gap, "%.1f s", (double)number_of(f, "largest_gap_us") / 1e6);
                if (has(f, "gap_allowed_us"))
                        line_add(&gap, ", at most %.1f s", (double)number_of(f, "gap_allowed_us") / 1e6);
        }
        out_field("largest gap", PLAIN, gap.text);
        if (number_of(f, "pulses_required") > 0)
                line_add(&pulses, "%" PRId64 ", at least %" PRId64, number_of(f, "pulses"),
                         number_of(f, "pulses_required"));
        out_field("pulses", PLAIN, pulses.text);
        if (!has(f, "samples"))
                return;
        line_add(&samples, "%" PRId64, number_of(f, "samples"));
        if (number_of(f, "samples_dropped"))
                line_add(&samples, ", %" PRId64 " left out as spikes", number_of(f, "samples_dropped"));
        out_field("samples", PLAIN, samples.text);
}

static void print_figures(const json_t *f) {
        Line f0 = {}, drying = {};

        print_hold(f);
        print_steam(f);
        print_measuring(f);
        if (has(f, "f0_milli_min"))
                line_add(&f0, "%.1f min (shown, never a substitute for the hold)",
                         (double)number_of(f, "f0_milli_min") / 1e3);
        out_field("F0", PLAIN, f0.text);
        if (number_of(f, "drying_us") > 0)
                add_duration(&drying, "", number_of(f, "drying_us"));
        out_field("drying", PLAIN, drying.text);
}

bool load_has_recall(const json_t *l) {
        const json_t *one;
        size_t i;

        json_array_foreach(json_object_get(l, "recalls"), i, one)
                if (!number_of(one, "ended_at"))
                        return true;
        return false;
}

static void print_head(const json_t *l) {
        const char *state = text_of(l, "load");
        Line cycle = {}, load = {};

        out_painted(BOLD, "%s", text_of(l, "attempt"));
        printf("  ");
        out_painted(verdict_paint(text_of(l, "verdict")), "%s", text_of(l, "verdict"));
        printf("\n");
        line_add(&cycle, "%" PRId64 " of %s, program %s, %s", number_of(l, "cycle"), text_of(l, "autoclave"),
                 text_of(l, "program"), text_of(l, "purpose"));
        out_field("cycle", PLAIN, cycle.text);
        print_event(l, "started", "started_at", text_of(l, "operator"), PLAIN);
        print_event(l, "ended", "ended_at", "", PLAIN);
        out_field("machine says", PLAIN, text_of(l, "outcome"));
        out_field("read from", PLAIN, streq(text_of(l, "grade"), "printout") ? "a printout" : "");
        if (load_has_recall(l)) /* who has released it did not recall it */
                line_add(&load, "recalled; %s", streq(state, "recalled") ? "released" : state);
        else
                line_add(&load, "%s", state);
        if (text_of(l, "released_by")[0])
                line_add(&load, " by %s", text_of(l, "released_by"));
        line_add_time(&load, ", ", number_of(l, "released_at"));
        out_field("load", load_has_recall(l) ? RED : state_paint(state), load.text);
}

static void print_packs(const json_t *packs) {
        static const Column columns[] = { { "PACK", false }, { "WRAP", false }, { "STATE", false }, { "ITEMS", true } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *p, *code;
        size_t i, k;

        if (json_array_size(packs) == 0)
                return;
        json_array_foreach(packs, i, p) {
                const json_t *items = json_object_get(p, "items");
                const bool bad = truth_of(p, "wet") || number_of(p, "damaged_at");
                Line codes = {};

                table_cell(t, BOLD, "%s", text_of(p, "pack"));
                table_cell(t, PLAIN, "%s", text_of(p, "wrap"));
                table_cell(t, bad ? RED : PLAIN, "%s%s%s%s%s", number_of(p, "sterile_at") ? "sterile" : "not sterile",
                           truth_of(p, "wet") ? ", wet" : "", truth_of(p, "late") ? ", named too late" : "",
                           number_of(p, "damaged_at") ? ", damaged" : "", number_of(p, "opened_at") ? ", opened" : "");
                table_cell(t, PLAIN, "%zu", json_array_size(items));
                json_array_foreach(items, k, code) line_add(&codes, "%s%s", k ? ", " : "", json_string_value(code));
                table_note(t, codes.text);
        }
        printf("\n");
        table_print(t);
}

static void add_evidence(Table *t, const json_t *o, const char *kind, const char *what, const char *outcome,
                         const char *by, const char *at, const char *note) {
        const bool bad = streq(outcome, "fail") || streq(outcome, "failed") || streq(outcome, "refused") ||
                         streq(outcome, "rejected") || streq(outcome, "withdrawn") || streq(outcome, "recall") ||
                         streq(outcome, "quarantine");
        Line when = {};

        line_add_time(&when, "", number_of(o, at));
        table_cell(t, BOLD, "%s", kind);
        table_cell(t, PLAIN, "%s", what);
        table_cell(t, bad ? RED : PLAIN, "%s", outcome);
        table_cell(t, PLAIN, "%s", by);
        table_cell(t, PLAIN, "%s", when.text);
        if (note[0])
                table_note(t, note);
}

static void add_decision(Table *t, const json_t *d) {
        const json_t *reason;
        size_t i;

        add_evidence(t, d, "decision", "release", text_of(d, "what"), text_of(d, "by"), "at", text_of(d, "reason"));
        json_array_foreach(json_object_get(d, "reasons"), i, reason) {
                Line note = {};

                line_add(&note, "%s: %s", text_of(reason, "rule"), text_of(reason, "text"));
                table_note(t, note.text);
        }
}

static void add_indicator(Table *t, const json_t *x) {
        Line what = {};

        line_add(&what, "%s", text_of(x, "indicator"));
        if (number_of(x, "type"))
                line_add(&what, " type %" PRId64, number_of(x, "type"));
        if (text_of(x, "where")[0])
                line_add(&what, ", %s", text_of(x, "where"));
        if (text_of(x, "pack")[0])
                line_add(&what, " of %s", text_of(x, "pack"));
        add_evidence(t, x, "indicator", what.text, text_of(x, "result"), text_of(x, "reader"), "at", "");
}

static void add_transcript(Table *t, const json_t *x) {
        Line what = {};

        add_duration(&what, "held ", number_of(x, "hold_us"));
        add_decimal(&what, ", ", number_of(x, "coldest_mc"), " to ");
        add_decimal(&what, "", number_of(x, "hottest_mc"), " degrees C, ");
        add_decimal(&what, "", number_of(x, "lowest_pa"), " to ");
        add_decimal(&what, "", number_of(x, "highest_pa"), " kPa");
        if (has(x, "pulses"))
                line_add(&what, ", %" PRId64 " pulses", number_of(x, "pulses"));
        add_evidence(t, x, "transcribed", what.text, "", text_of(x, "by"), "at", text_of(x, "reason"));
}

static void add_recall(Table *t, const json_t *x) {
        Line what = {};

        line_add(&what, "number %" PRId64, number_of(x, "recall"));
        add_evidence(t, x, "recall", what.text, number_of(x, "ended_at") ? "ended" : text_of(x, "kind"),
                     text_of(x, "by"), "at", text_of(x, "reason"));
}

static void print_evidence(const json_t *l) {
        static const Column columns[] = {
                { "EVIDENCE", false }, { "WHAT", false }, { "SAYS", false }, { "BY", false }, { "WHEN", false }
        };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *one;
        size_t i, n = 0;

        json_array_foreach(json_object_get(l, "tests"), i, one) {
                add_evidence(t, one, "test", text_of(one, "test"), text_of(one, "outcome"), text_of(one, "reader"),
                             "read_at", text_of(one, "why"));
                n++;
        }
        json_array_foreach(json_object_get(l, "indicators"), i, one) {
                add_indicator(t, one);
                n++;
        }
        json_array_foreach(json_object_get(l, "transcripts"), i, one) {
                add_transcript(t, one);
                n++;
        }
        json_array_foreach(json_object_get(l, "decisions"), i, one) {
                add_decision(t, one);
                n++;
        }
        json_array_foreach(json_object_get(l, "recalls"), i, one) {
                add_recall(t, one);
                n++;
        }
        if (n == 0)
                return;
        printf("\n");
        table_print(t);
}

static void print_load(const json_t *l) {
        print_head(l);
        print_figures(json_object_get(l, "figures"));
        print_reasons(json_object_get(l, "reasons"));
        print_packs(json_object_get(l, "packs"));
        print_evidence(l);
}

typedef int (*FetchPart)(Ctl *c, const char *attempt, json_t **ret);

/* The load that is meant, with a member of what fetch() has of it. */
static int fetch_load(Ctl *c, int argc, char **argv, const char *member, FetchPart fetch, json_t **ret) {
        json_t *load = NULL, *part = NULL;
        char name[ATTEMPT_TEXT_MAX];
        int r = ctl_attempt(argc, argv, name, sizeof(name));

        if (r == CTL_YES)
                r = ctl_call(c, &load, "GetLoad", "s", name);
        if (r != CTL_YES)
                return r;
        r = fetch(c, text_of(load, "attempt"), &part);
        if (r != CTL_YES) {
                json_decref(load);
                return r;
        }
        json_object_set_new(load, member, part);
        *ret = load;
        return CTL_YES;
}

static int fetch_packs(Ctl *c, const char *attempt, json_t **ret) {
        return ctl_call_pages(c, ret, "ListPacks", attempt, false);
}

static int show_load(Ctl *c, int argc, char **argv) {
        json_t *load = NULL;
        int r = fetch_load(c, argc, argv, "packs", fetch_packs, &load);

        return r == CTL_YES ? ctl_show(c, load, print_load) : r;
}

/* --- the list --- */

void attempt_cells(Table *t, const json_t *attempt) {
        Line started = {};

        line_add_time(&started, "", number_of(attempt, "started_at"));
        table_cell(t, BOLD, "%s", text_of(attempt, "attempt"));
        table_cell(t, PLAIN, "%" PRId64, number_of(attempt, "cycle"));
        table_cell(t, PLAIN, "%s", text_of(attempt, "program"));
        table_cell(t, PLAIN, "%s", started.text);
        table_cell(t, verdict_paint(text_of(attempt, "verdict")), "%s", text_of(attempt, "verdict"));
}

void print_loads(const json_t *loads) {
        static const Column columns[] = { { "ATTEMPT", false }, { "CYCLE", true },    { "PROGRAM", false },
                                          { "STARTED", false }, { "VERDICT", false }, { "LOAD", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *l;
        size_t i;

        json_array_foreach(loads, i, l) {
                attempt_cells(t, l);
                table_cell(t, state_paint(text_of(l, "load")), "%s", text_of(l, "load"));
        }
        table_print(t);
}

static int list_loads(Ctl *c) {
        json_t *loads = NULL;
        int r = ctl_call_pages(c, &loads, "ListLoads", c->all ? "all" : "open", true);

        if (r != CTL_YES)
                return r;
        return ctl_show_list(c, loads, print_loads,
                             c->all ? "There has been no load yet." : "No load waits for a decision.");
}

static int run_load(Ctl *c, int argc, char **argv) {
        return argc == 0 ? list_loads(c) : show_load(c, argc, argv);
}

/* --- the curve --- */

/* All pages of samples as one array. */
static int fetch_samples(Ctl *c, const char *attempt, json_t **ret) {
        json_t *all = json_array(), *page = NULL;
        uint64_t after = 0;

        do {
                int r = ctl_call(c, &page, "GetCycleSamples", "stu", attempt, after, POINTS);

                if (r != CTL_YES) {
                        json_decref(all);
                        return r;
                }
                json_array_extend(all, json_object_get(page, "samples"));
                after = (uint64_t)number_of(page, "next");
                json_decref(page);
        } while (after > 0);
        *ret = all;
        return CTL_YES;
}

static int32_t small(const json_t *sample, size_t at) {
        return (int32_t)json_integer_value(json_array_get(sample, at));
}

static void print_curve(const json_t *load, const json_t *samples) {
        const json_t *figures = json_object_get(load, "figures"), *one;
        const bool marked = has(figures, "hold_start_us");
        CurvePoint *v = calloc(json_array_size(samples) + 1, sizeof(*v));
        size_t i;

        if (!v)
                return;
        json_array_foreach(samples, i, one) v[i] =
                (CurvePoint){ json_integer_value(json_array_get(one, 0)), small(one, 1), small(one, 2) };
        curve_print(v, json_array_size(samples), number_of(figures, "hold_start_us"),
                    marked ? number_of(figures, "hold_us") : 0);
        free(v);
}

static void print_cycle(const json_t *load) {
        print_head(load);
        print_figures(json_object_get(load, "figures"));
        print_reasons(json_object_get(load, "reasons"));
        print_curve(load, json_object_get(load, "samples"));
}

static int run_cycle(Ctl *c, int argc, char **argv) {
        json_t *load = NULL;
        int r = fetch_load(c, argc, argv, "samples", fetch_samples, &load);

        return r == CTL_YES ? ctl_show(c, load, print_cycle) : r;
}

const Verb verb_load = {
        .name = "load",
        .group = GROUP_LOADS,
        .brief = "a load and its evidence; without one, those to be decided",
        .ways = { { .arguments = "[ATTEMPT]", .text = "verdict, figures, packs, tests, indicators, decisions, recalls",
                    .options = OPT(ALL), .paged = true, .run = run_load } },
        .help = "Without ATTEMPT: the loads that wait for a decision, newest first; with --all\n"
                "those that were decided on, too.\n",
        .example = "asepsisctl load ac-1.7\n"
                   "asepsisctl load ac-1.7 --json | jq '.figures.hold_us / 1e6'\n",
};

const Verb verb_cycle = {
        .name = "cycle",
        .group = GROUP_LOADS,
        .brief = "a cycle: verdict, figures and curve",
        .ways = { { .arguments = "ATTEMPT", .text = "temperature, pressure, and how far the steam was from saturated",
                    .paged = true, .run = run_cycle } },
        .help = "The hold is marked by = on the line of time. Each column shows the lowest to the\n"
                "highest that was measured in its time.\n",
        .example = "asepsisctl cycle ac-1 101\n",
};
