/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a month, for the officer: what ran, what was found, what was missed, who was treated or turned away. */
#include "report-period.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

/* --- days --- */

int period_day(const Report *r, const Period *p, int64_t us) {
        int day = (int)((us - p->from_us) / US_PER_DAY) - 1; /* near; a day has 23 to 25 hours */

        if (us < p->from_us)
                day--;
        while (report_day_start(r, p->year, p->month, day + 2) <= us)
                day++;
        return day;
}

int period_days(const Report *r, const Period *p) {
        return p->known_us < p->from_us ? 0 : period_day(r, p, MIN_OF(p->known_us, p->to_us)) + 1;
}

const char *period_date(const Period *p, int day, char ret[static 16]) {
        struct tm tm = {
                .tm_year = p->year - 1900, .tm_mon = p->month - 1, .tm_mday = 1 + day, .tm_hour = 12, .tm_isdst = -1
        };

        ret[0] = 0;
        if (mktime(&tm) != -1)
                strftime(ret, 16, "%Y-%m-%d", &tm);
        return ret;
}

/* --- counts and rows --- */

int64_t tallied(const json_t *set, const char *name) {
        return json_integer_value(json_object_get(set, name));
}

void tally(json_t *set, const char *name) {
        json_object_set_new(set, name, json_integer(tallied(set, name) + 1));
}

void period_record(Report *r, const char *record, int64_t at, const char *subject, const char *what,
                   const char *outcome, const char *by, const char *detail) {
        csv_text(r->csv, record);
        csv_time(r->csv, at);
        csv_text(r->csv, subject);
        csv_text(r->csv, what);
        csv_text(r->csv, outcome);
        csv_text(r->csv, by);
        csv_text(r->csv, detail);
        csv_end(r->csv);
}

/* --- what it is made of --- */

static int read_month(Report *r, const char *text, Period *p) {
        struct timespec now;
        int n = 0;

        if (sscanf(text, "%4d-%2d%n", &p->year, &p->month, &n) != 2 || text[n] || n != 7 || p->month < 1 ||
            p->month > 12 || p->year < 2000)
                return ctl_usage("report", "a month is written 2026-11");
        clock_gettime(CLOCK_REALTIME, &now);
        p->known_us = (int64_t)now.tv_sec * US_PER_S + now.tv_nsec / 1000;
        p->from_us = report_day_start(r, p->year, p->month, 1);
        p->to_us = report_day_start(r, p->year, p->month + 1, 1) - 1;
        return CTL_YES;
}

static int fetch(Report *r, Period *p) {
        const int64_t before = report_day_start(r, p->year, p->month, 1 - PERIOD_BEFORE_DAYS);
        const struct {
                const char *what;
                int64_t from_us, to_us;
                json_t **ret;
        } lists[] = {
                { "cycles", p->from_us, p->to_us, &p->cycles },
                { "tests", before, p->to_us, &p->tests },
                { "spores", before, MAX_OF(p->known_us, p->to_us), &p->spores },
                { "service", 0, p->to_us, &p->service },
                { "duties", before, p->to_us, &p->duties },
                { "sessions", p->from_us, p->to_us, &p->sessions },
                { "denials", p->from_us, p->to_us, &p->denials },
                { "alerts", p->from_us, p->to_us, &p->alerts },
                { "overrides", p->from_us, p->to_us, &p->overrides },
        };
        int failed = report_call(r, &p->autoclaves, "ListAutoclaves", NULL);

        for (size_t i = 0; i < ELEMENTSOF(lists) && !failed; i++)
                failed = report_rows(r, lists[i].what, lists[i].from_us, lists[i].to_us, lists[i].ret);
        if (!failed)
                failed = ctl_call_numbered(r->ctl, &p->exposures, "ListExposures", "exposure", true);
        return failed ? failed : ctl_call_numbered(r->ctl, &p->recalls, "ListRecalls", "recall", true);
}

static void release(Period *p) {
        json_decref(p->autoclaves);
        json_decref(p->cycles);
        json_decref(p->tests);
        json_decref(p->spores);
        json_decref(p->service);
        json_decref(p->duties);
        json_decref(p->sessions);
        json_decref(p->denials);
        json_decref(p->alerts);
        json_decref(p->overrides);
        json_decref(p->exposures);
        json_decref(p->recalls);
}

/* --- at a glance --- */

static bool is_load(const json_t *cycle) {
        return streq(text_of(cycle, "purpose"), "load");
}

static void put_summary(Report *r, const Period *p) {
        json_t *set = json_object();
        const json_t *one;
        char date[16];
        size_t i;

        json_array_foreach(p->cycles, i, one) {
                tally(set, is_load(one) ? "loads" : "other");
                if (is_load(one))
                        tally(set, text_of(one, "verdict"));
        }
        report_facts_open(r, "At a glance");
        report_factf(r, "Clinic days", "%s to %s%s", period_date(p, 0, date),
                     period_date(p, period_day(r, p, p->to_us), (char[16]){}),
                     p->known_us < p->to_us ? "; the month is not over" : "");
        report_factf(r, "Loads", "%" PRId64 ": %" PRId64 " verified, %" PRId64 " failed, %" PRId64 " unverified",
                     tallied(set, "loads"), tallied(set, "verified"), tallied(set, "failed"),
                     tallied(set, "unverified"));
        report_factf(r, "Other cycles", "%" PRId64 " (tests, empty, warming up)", tallied(set, "other"));
        report_factf(r, "Sessions", "%zu", json_array_size(p->sessions));
        report_factf(r, "Questions of rooms denied", "%zu", json_array_size(p->denials));
        report_factf(r, "Alerts raised", "%zu", json_array_size(p->alerts));
        report_factf(r, "Overrides signed", "%zu", json_array_size(p->overrides));
        report_table_close(r);
        json_decref(set);
}

/* --- loads --- */

static void put_loads_of(Report *r, const Period *p, const char *autoclave) {
        static const char *const words[] = { "verified", "failed",   "unverified", "released",
                                             "rejected", "recalled", "open" };
        json_t *set = json_object();
        const json_t *one;
        size_t i;

        json_array_foreach(p->cycles, i, one) {
                if (!streq(text_of(one, "autoclave"), autoclave))
                        continue;
                tally(set, is_load(one) ? "loads" : "other");
                if (is_load(one)) {
                        tally(set, text_of(one, "verdict"));
                        tally(set, text_of(one, "load"));
                }
        }
        report_row(r);
        report_cell(r, autoclave);
        report_cellf(r, "%" PRId64, tallied(set, "loads"));
        for (i = 0; i < ELEMENTSOF(words); i++)
                report_cellf(r, "%" PRId64, tallied(set, words[i]));
        report_cellf(r, "%" PRId64, tallied(set, "other"));
        report_row_end(r);
        json_decref(set);
}

/* Those that were not simply good and released. */
static void put_odd_loads(Report *r, const Period *p) {
        static const char *const heads[] = { "Load", "Cycle", "Program", "Started", "Verdict", "Load is", "By", NULL };
        const json_t *one;
        size_t i, n = 0;

        json_array_foreach(p->cycles, i, one)
                n += is_load(one) &&
                     !(streq(text_of(one, "verdict"), "verified") && streq(text_of(one, "load"), "released"));
        if (n == 0) {
                report_note(r, "Every load was verified and released.");
                return;
        }
        report_table_open(r, "Loads that were not both verified and released", heads);
        json_array_foreach(p->cycles, i, one) {
                if (!is_load(one) ||
                    (streq(text_of(one, "verdict"), "verified") && streq(text_of(one, "load"), "released")))
                        continue;
                report_row(r);
                report_cell(r, text_of(one, "attempt"));
                html_putf(r->html, "td", NULL, "%" PRId64, number_of(one, "cycle"));
                report_cell(r, text_of(one, "program"));
                report_cell_time(r, number_of(one, "started_at"));
                report_cell(r, text_of(one, "verdict"));
                report_cell(r, streq(text_of(one, "load"), "open") ? "not decided" : text_of(one, "load"));
                report_cell_person(r, text_of(one, "released_by"));
                report_row_end(r);
        }
        report_table_close(r);
}

static void put_loads(Report *r, const Period *p) {
        static const char *const heads[] = { "Autoclave",    "#Loads",        "#Verified", "#Failed",
                                             "#Unverified",  "#Released",     "#Rejected", "#Recalled",
                                             "#Not decided", "#Other cycles", NULL };
        json_t *seen = json_object();
        const json_t *one;
        const char *autoclave;
        json_t *value;
        size_t i;

        report_section(r, "Loads and verdicts");
        json_array_foreach(p->autoclaves, i, one)
                tally(seen, text_of(one, "autoclave"));
        json_array_foreach(p->cycles, i, one) {
                char detail[96];

                tally(seen, text_of(one, "autoclave"));
                snprintf(detail, sizeof(detail), "%s, cycle %" PRId64, text_of(one, "program"),
                         number_of(one, "cycle"));
                period_record(r, text_of(one, "purpose"), number_of(one, "started_at"), text_of(one, "attempt"),
                              text_of(one, "verdict"), text_of(one, "load"), text_of(one, "released_by"), detail);
        }
        report_table_open(r, "By autoclave: verdicts, and what people decided since", heads);
        json_object_foreach(seen, autoclave, value)
                put_loads_of(r, p, autoclave);
        report_table_close(r);
        put_odd_loads(r, p);
        json_decref(seen);
}

int report_period(Report *r, const char *month) {
        static const char *const columns[] = { "record", "at", "subject", "what", "outcome", "by", "detail" };
        char subject[16];
        Period p = {};
        int failed = read_month(r, month, &p);

        if (!failed)
                failed = fetch(r, &p);
        if (!failed) {
                snprintf(subject, sizeof(subject), "%04d-%02d", p.year % 10000, p.month % 100);
                failed = report_begin(r, "Monthly report", subject, columns, ELEMENTSOF(columns));
        }
        if (!failed) {
                put_summary(r, &p);
                put_loads(r, &p);
                period_put_tests(r, &p);
                period_put_service(r, &p);
                period_put_duties(r, &p);
                period_put_sessions(r, &p);
                period_put_denials(r, &p);
                period_put_alerts(r, &p);
                period_put_overrides(r, &p);
                period_put_exposures(r, &p);
                period_put_recalls(r, &p);
                failed = report_end(r);
        }
        release(&p);
        return failed;
}
