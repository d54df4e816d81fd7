/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The month's report: tests of autoclaves, day by day, and what was missed; times out of service; duties. What is
 * missed is judged by the configuration of today: a day with a load and no passing penetration test before it (types B
 * and S), a day with a load that no leak test covers, or, where they are asked for, no spore test. Sources as in
 * rules.md, section 2. Days are counted from the month's first, which is 0.
 */
#include <inttypes.h>
#include <stdio.h>

#include "report-period.h"

#define NEVER INT32_MIN

typedef struct Machine {
        const json_t *configured; /* NULL: not any more */
        const char *id;
        bool vacuum;
        int commissioned; /* day; NEVER */
} Machine;

/* A date as text to a day of the month's counting. */
static int day_of_date(const Report *r, const Period *p, const char *date) {
        int year, month, day;

        if (sscanf(date, "%d-%d-%d", &year, &month, &day) != 3)
                return NEVER;
        return period_day(r, p, report_day_start(r, year, month, day));
}

static Machine machine_of(const Report *r, const Period *p, const char *id) {
        Machine m = { .id = id, .commissioned = NEVER };
        const json_t *one;
        size_t i;

        json_array_foreach(p->autoclaves, i, one)
                if (streq(text_of(one, "autoclave"), id)) {
                        m.configured = one;
                        m.vacuum = !streq(text_of(one, "type"), "N");
                        m.commissioned = day_of_date(r, p, text_of(one, "commissioned"));
                }
        return m;
}

static bool is_penetration(const json_t *test) {
        return streq(text_of(test, "test"), "bowie-dick") || streq(text_of(test, "test"), "helix");
}

static bool passed(const json_t *test) {
        return streq(text_of(test, "outcome"), "passed");
}

static bool is_of(const json_t *row, const Machine *m) {
        return streq(text_of(row, "autoclave"), m->id);
}

/* --- one day --- */

typedef struct Day {
        int day;
        unsigned loads, tests;
        int64_t first_load_us;
        bool penetration; /* passed before the first load */
        int leak, spore;  /* day of the last one that covers it; NEVER */
} Day;

static Day look_at(const Report *r, const Period *p, const Machine *m, int day) {
        Day d = { .day = day, .first_load_us = INT64_MAX, .leak = m->commissioned, .spore = m->commissioned };
        const json_t *one;
        size_t i;

        json_array_foreach(p->cycles, i, one) {
                if (!is_of(one, m) || !streq(text_of(one, "purpose"), "load") ||
                    period_day(r, p, number_of(one, "started_at")) != day)
                        continue;
                d.loads++;
                d.first_load_us = MIN_OF(d.first_load_us, number_of(one, "started_at"));
        }
        json_array_foreach(p->tests, i, one) {
                const int run = is_of(one, m) ? period_day(r, p, number_of(one, "run_at")) : INT32_MAX;

                d.tests += run == day;
                if (run <= day && passed(one) && streq(text_of(one, "test"), "vacuum-leak"))
                        d.leak = MAX_OF(d.leak, run);
                d.penetration |=
                        run == day && passed(one) && is_penetration(one) && number_of(one, "run_at") < d.first_load_us;
        }
        json_array_foreach(p->spores, i, one) {
                const int run = is_of(one, m) ? period_day(r, p, number_of(one, "run_at")) : INT32_MAX;

                d.tests += run == day;
                if (run <= day && !streq(text_of(one, "result"), "absent"))
                        d.spore = MAX_OF(d.spore, run);
        }
        return d;
}

static bool is_late(int done, int64_t good_days, int day) {
        return done == NEVER || day > done + good_days;
}

/* What was missed on a day with loads, in words; how many. */
static unsigned say_missed(const Report *r, const Machine *m, const Day *d, char *ret, size_t size) {
        const int64_t leak_days = number_of(r->clinic, "leak_days"), spore_days = number_of(r->clinic, "spore_days");
        const bool penetration = m->vacuum && !d->penetration, leak = m->vacuum && is_late(d->leak, leak_days, d->day),
                   spore = spore_days > 0 && is_late(d->spore, spore_days, d->day);

        ret[0] = 0;
        if (d->loads == 0)
                return 0;
        snprintf(ret, size, "%s%s%s%s%s", penetration ? "no penetration test before the first load" : "",
                 penetration && leak ? "; " : "", leak ? "leak test overdue" : "",
                 (penetration || leak) && spore ? "; " : "", spore ? "spore test overdue" : "");
        return (unsigned)penetration + leak + spore;
}

/* Outcomes of one kind on that day, apart by commas. */
static void put_outcomes(Report *r, const Period *p, const Machine *m, int day, bool penetration) {
        const json_t *one;
        bool some = false;
        size_t i;

        html_open(r->html, "td", NULL);
        json_array_foreach(p->tests, i, one) {
                if (!is_of(one, m) ||
                    (penetration ? !is_penetration(one) : !streq(text_of(one, "test"), "vacuum-leak")) ||
                    period_day(r, p, number_of(one, "run_at")) != day)
                        continue;
                html_printf(r->html, "%s%s%s%s", some ? ", " : "", penetration ? text_of(one, "test") : "",
                            penetration ? " " : "", text_of(one, "outcome"));
                if (!penetration && number_of(one, "rate_mpa_per_min"))
                        html_printf(r->html, " (%.3f kPa/min)", (double)number_of(one, "rate_mpa_per_min") / 1e6);
                some = true;
        }
        html_close(r->html);
}

static void put_spores(Report *r, const Period *p, const Machine *m, int day) {
        const json_t *one;
        bool some = false;
        size_t i;

        html_open(r->html, "td", NULL);
        json_array_foreach(p->spores, i, one) {
                if (!is_of(one, m) || period_day(r, p, number_of(one, "run_at")) != day)
                        continue;
                html_printf(r->html, "%scycle %" PRId64 ": %s%s%s", some ? ", " : "", number_of(one, "cycle"),
                            text_of(one, "result"), has_text(one, "control") ? ", control " : "",
                            text_of(one, "control"));
                some = true;
        }
        html_close(r->html);
}

/* --- one autoclave --- */

static void put_day(Report *r, const Period *p, const Machine *m, const Day *d, const char *missed) {
        char date[16];

        period_date(p, d->day, date);
        report_row(r);
        html_put(r->html, "td", "at", date);
        report_cellf(r, "%u", d->loads);
        put_outcomes(r, p, m, d->day, true);
        put_outcomes(r, p, m, d->day, false);
        put_spores(r, p, m, d->day);
        html_open(r->html, "td", NULL);
        html_put(r->html, "b", NULL, missed);
        html_close(r->html);
        report_row_end(r);
        if (missed[0])
                period_record(r, "missed", d->first_load_us, m->id, missed, "missed", "", date);
}

static void put_machine(Report *r, const Period *p, const Machine *m) {
        static const char *const heads[] = { "Clinic day",     "#Loads", "Penetration", "Leak",
                                             "Spore test run", "Missed", NULL };
        const int days = period_days(r, p);
        unsigned shown = 0, missed_days = 0;
        char missed[160], caption[224];

        snprintf(caption, sizeof(caption), "Autoclave %s%s%s: days with a load or a test", m->id,
                 m->configured ? ", type " : "",
                 m->configured ? text_of(m->configured, "type") : ", which is not configured any more");
        report_table_open(r, caption, heads);
        for (int day = 0; day < days; day++) {
                const Day d = look_at(r, p, m, day);

                if (d.loads + d.tests == 0)
                        continue;
                missed_days += say_missed(r, m, &d, missed, sizeof(missed)) > 0;
                put_day(r, p, m, &d, missed);
                shown++;
        }
        report_table_close(r);
        if (shown == 0)
                report_note(r, "No load and no test in this month.");
        else
                html_putf(r->html, "p", NULL, "%s: something was missed on %u of %u days.", m->id, missed_days, shown);
}

static void record_tests(Report *r, const Period *p) {
        const json_t *one;
        size_t i;

        json_array_foreach(p->tests, i, one)
                if (period_has(p, number_of(one, "run_at")))
                        period_record(r, "test", number_of(one, "run_at"), text_of(one, "autoclave"),
                                      text_of(one, "test"), text_of(one, "outcome"), text_of(one, "reader"),
                                      text_of(one, "why"));
        json_array_foreach(p->spores, i, one)
                if (period_has(p, number_of(one, "run_at")) || period_has(p, number_of(one, "read_at")))
                        period_record(r, "spore", number_of(one, "run_at"), text_of(one, "autoclave"),
                                      text_of(one, "attempt"), text_of(one, "result"), text_of(one, "reader"),
                                      text_of(one, "control"));
}

void period_put_tests(Report *r, const Period *p) {
        json_t *seen = json_object(), *value;
        const json_t *one;
        const char *id;
        size_t i;

        report_section(r, "Tests done and missed");
        html_putf(r->html, "p", NULL,
                  "Judged by the configuration of today: a leak test is good for %" PRId64 " days, spore tests are %s.",
                  number_of(r->clinic, "leak_days"),
                  number_of(r->clinic, "spore_days") ? "asked for" : "not asked for");
        json_array_foreach(p->autoclaves, i, one)
                tally(seen, text_of(one, "autoclave"));
        json_array_foreach(p->cycles, i, one)
                tally(seen, text_of(one, "autoclave"));
        json_object_foreach(seen, id, value) {
                const Machine m = machine_of(r, p, id);

                put_machine(r, p, &m);
        }
        record_tests(r, p);
        json_decref(seen);
}

/* --- out of service --- */

void period_put_service(Report *r, const Period *p) {
        static const char *const heads[] = { "Autoclave",       "Since", "Cause",          "Why",
                                             "Back in service", "By",    "#In this month", NULL };
        const json_t *one;
        size_t i, n = 0;
        When w;

        report_section(r, "Out of service");
        json_array_foreach(p->service, i, one)
                n += !number_of(one, "back_at") || number_of(one, "back_at") >= p->from_us;
        if (n == 0) {
                report_note(r, "No autoclave was out of service.");
                return;
        }
        report_table_open(r, "Times that touch this month", heads);
        json_array_foreach(p->service, i, one) {
                const int64_t back = number_of(one, "back_at") ?: MAX_OF(p->known_us, number_of(one, "since"));
                const int64_t from = MAX_OF(number_of(one, "since"), p->from_us), to = MIN_OF(back, p->to_us);

                if (number_of(one, "back_at") && number_of(one, "back_at") < p->from_us)
                        continue;
                report_row(r);
                report_cell(r, text_of(one, "autoclave"));
                report_cell_time(r, number_of(one, "since"));
                report_cell(r, text_of(one, "cause"));
                report_cell(r, text_of(one, "text"));
                if (number_of(one, "back_at"))
                        report_cell_time(r, number_of(one, "back_at"));
                else
                        report_cell(r, "not yet");
                report_cell_person(r, text_of(one, "back_by"));
                report_cellf(r, "%s", report_duration(&w, MAX_OF(to - from, (int64_t)0)));
                report_row_end(r);
                period_record(r, "service", number_of(one, "since"), text_of(one, "autoclave"), text_of(one, "cause"),
                              number_of(one, "back_at") ? "back" : "out", text_of(one, "back_by"),
                              text_of(one, "text"));
        }
        report_table_close(r);
}

/* --- duties --- */

static void put_duty(Report *r, const Period *p, const json_t *duty, const char *autoclave) {
        const Machine m = machine_of(r, p, autoclave);
        const int days = period_days(r, p);
        const json_t *one;
        unsigned done = 0, late = 0;
        int64_t last_us = 0;
        size_t i;

        json_array_foreach(p->duties, i, one)
                if (streq(text_of(one, "duty"), text_of(duty, "duty")) && streq(text_of(one, "subject"), autoclave)) {
                        done += period_has(p, number_of(one, "at"));
                        last_us = truth_of(one, "passed") ? MAX_OF(last_us, number_of(one, "at")) : last_us;
                        if (period_has(p, number_of(one, "at")))
                                period_record(r, "duty", number_of(one, "at"), autoclave, text_of(duty, "duty"),
                                              truth_of(one, "passed") ? "done" : "not well", text_of(one, "by"), "");
                }
        for (int day = 0; day < days; day++) {
                int last = m.commissioned;

                json_array_foreach(p->duties, i, one)
                        if (streq(text_of(one, "duty"), text_of(duty, "duty")) &&
                            streq(text_of(one, "subject"), autoclave) && truth_of(one, "passed") &&
                            period_day(r, p, number_of(one, "at")) <= day)
                                last = MAX_OF(last, period_day(r, p, number_of(one, "at")));
                late += is_late(last, number_of(duty, "interval_days"), day);
        }
        report_row(r);
        report_cell(r, has_text(duty, "name") ? text_of(duty, "name") : text_of(duty, "duty"));
        report_cell(r, autoclave[0] ? autoclave : "the clinic");
        report_cellf(r, "%" PRId64 " days", number_of(duty, "interval_days"));
        report_cellf(r, "%u", done);
        report_cell_time(r, last_us);
        report_cellf(r, "%u", late);
        report_row_end(r);
}

void period_put_duties(Report *r, const Period *p) {
        static const char *const heads[] = { "Duty",          "Of", "#Every", "#Done in this month", "Last done well",
                                             "#Days overdue", NULL };
        const json_t *duties = json_object_get(r->clinic, "duties"), *duty, *autoclave;
        size_t i, k;

        report_section(r, "Duties");
        if (json_array_size(duties) == 0) {
                report_note(r, "The clinic has configured none.");
                return;
        }
        report_table_open(r, "By the configuration of today; days are all days of the calendar", heads);
        json_array_foreach(duties, i, duty) {
                json_array_foreach(json_object_get(duty, "autoclaves"), k, autoclave)
                        put_duty(r, p, duty, json_string_value(autoclave) ?: "");
                if (json_array_size(json_object_get(duty, "autoclaves")) == 0)
                        put_duty(r, p, duty, "");
        }
        report_table_close(r);
}
