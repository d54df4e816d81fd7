/* SPDX-License-Identifier: Apache-2.0 */
/* The month's report: sessions and who was turned away, alerts and how long they waited, what was signed. */
#include <inttypes.h>
#include <stdio.h>

#include "report-period.h"

/* --- sessions --- */

static void put_room(Report *r, const Period *p, const char *room) {
        static const char *const words[] = { "completed", "cancelled", "stopped", "lapsed", "live", "denied" };
        json_t *set = json_object();
        const json_t *one;
        size_t i;

        json_array_foreach(p->sessions, i, one) {
                const char *state = text_of(one, "state");

                if (!streq(text_of(one, "room"), room))
                        continue;
                tally(set, "all");
                tally(set, streq(state, "ended") ? text_of(one, "outcome") : streq(state, "lapsed") ? state : "live");
        }
        json_array_foreach(p->denials, i, one)
                if (streq(text_of(one, "room"), room))
                        tally(set, "denied");
        report_row(r);
        report_cell(r, room);
        report_cellf(r, "%" PRId64, tallied(set, "all"));
        for (i = 0; i < ELEMENTSOF(words); i++)
                report_cellf(r, "%" PRId64, tallied(set, words[i]));
        report_row_end(r);
        json_decref(set);
}

void period_put_sessions(Report *r, const Period *p) {
        static const char *const heads[] = { "Room",        "#Sessions",         "#Completed",
                                             "#Cancelled",  "#Stopped",          "#Never begun",
                                             "#Live still", "#Questions denied", NULL };
        json_t *seen = json_object();
        const json_t *one;
        const char *room;
        json_t *value;
        size_t i;

        json_array_foreach(json_object_get(r->clinic, "rooms"), i, one)
                tally(seen, text_of(one, "room"));
        json_array_foreach(p->denials, i, one)
                tally(seen, text_of(one, "room"));
        json_array_foreach(p->sessions, i, one) {
                tally(seen, text_of(one, "room"));
                period_record(r, "session", number_of(one, "allowed_at"), text_of(one, "session"),
                              text_of(one, "procedure"),
                              has_text(one, "outcome") ? text_of(one, "outcome") : text_of(one, "state"),
                              text_of(one, "practitioner"), text_of(one, "room"));
        }
        report_section(r, "Sessions");
        report_table_open(r, "By room", heads);
        json_object_foreach(seen, room, value)
                put_room(r, p, room);
        report_table_close(r);
        json_decref(seen);
}

/* --- denials --- */

typedef struct Count {
        const char *name;
        int64_t n;
} Count;

static int more_first(const void *a, const void *b) {
        const Count *x = a, *y = b;

        return x->n != y->n ? (x->n < y->n) - (x->n > y->n) : strcmp(x->name, y->name);
}

/* The set's names, the most frequent first; to be freed. */
static Count *sorted(json_t *set, size_t *ret_n) {
        Count *v = calloc(json_object_size(set) + 1, sizeof(*v));
        const char *name;
        json_t *value;
        size_t n = 0;

        json_object_foreach(set, name, value)
                if (v)
                        v[n++] = (Count){ name, json_integer_value(value) };
        if (n > 1)
                qsort(v, n, sizeof(*v), more_first);
        *ret_n = n;
        return v;
}

void period_put_denials(Report *r, const Period *p) {
        static const char *const heads[] = { "Rule", "#Questions denied", "#Share", NULL };
        _cleanup_(freep) Count *v = NULL;
        json_t *rules = json_object();
        const json_t *one, *rule;
        size_t i, k, n;

        json_array_foreach(p->denials, i, one)
                json_array_foreach(json_object_get(one, "rules"), k, rule) {
                        tally(rules, json_string_value(rule) ?: "");
                        period_record(r, "denial", number_of(one, "at"), text_of(one, "session"),
                                      json_string_value(rule) ?: "", "deny", "", text_of(one, "room"));
                }
        report_section(r, "Denials by rule");
        v = sorted(rules, &n);
        if (n == 0)
                report_note(r, "No room was denied a session.");
        else {
                report_table_open(r, "One question can be denied by several rules", heads);
                for (i = 0; i < n; i++) {
                        report_row(r);
                        report_cell(r, v[i].name);
                        report_cellf(r, "%" PRId64, v[i].n);
                        report_cellf(r, "%.0f %%", 100.0 * (double)v[i].n / (double)json_array_size(p->denials));
                        report_row_end(r);
                }
                report_table_close(r);
        }
        json_decref(rules);
}

/* --- alerts --- */

typedef struct Waits {
        int64_t *v;                    /* of those that were acknowledged */
        size_t n, all, never, settled; /* settled: over without anybody's acknowledgement */
} Waits;

static int shorter_first(const void *a, const void *b) {
        const int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

        return (x > y) - (x < y);
}

static bool is_about(const json_t *alert, const char *rule, const char *severity) {
        return (!rule || streq(text_of(alert, "rule"), rule)) &&
               (!severity || streq(text_of(alert, "severity"), severity));
}

/* rule, severity NULL: any. To be freed: ret->v. */
static void find_waits(const Period *p, const char *rule, const char *severity, Waits *ret) {
        Waits w = { .v = calloc(json_array_size(p->alerts) + 1, sizeof(int64_t)) };
        const json_t *one;
        size_t i;

        json_array_foreach(p->alerts, i, one) {
                if (!w.v || !is_about(one, rule, severity))
                        continue;
                w.all++;
                if (number_of(one, "acknowledged_at"))
                        w.v[w.n++] = number_of(one, "acknowledged_at") - number_of(one, "raised_at");
                else if (streq(text_of(one, "state"), "resolved"))
                        w.settled++;
                else
                        w.never++;
        }
        if (w.n > 1)
                qsort(w.v, w.n, sizeof(*w.v), shorter_first);
        *ret = w;
}

static void put_waits(Report *r, const Period *p, const char *name, const char *rule, const char *severity) {
        Waits w;
        When median = {}, worst = {};

        find_waits(p, rule, severity, &w);
        if (w.n > 0) {
                report_duration(&median, (w.v[(w.n - 1) / 2] + w.v[w.n / 2]) / 2);
                report_duration(&worst, w.v[w.n - 1]);
        }
        report_row(r);
        report_cell(r, name);
        report_cellf(r, "%zu", w.all);
        report_cellf(r, "%zu", w.n);
        report_cellf(r, "%s", median.text);
        report_cellf(r, "%s", worst.text);
        report_cellf(r, "%zu", w.settled);
        report_cellf(r, "%zu", w.never);
        report_row_end(r);
        free(w.v);
}

static bool is_listed(const json_t *alert) {
        return streq(text_of(alert, "severity"), "critical") ||
               (!number_of(alert, "acknowledged_at") && !streq(text_of(alert, "state"), "resolved"));
}

/* The critical ones, and those that nobody has answered. */
static void put_alert_list(Report *r, const Period *p) {
        static const char *const heads[] = { "Rule", "Severity", "Raised", "What", "Acknowledged", "State", NULL };
        const json_t *one;
        char person[192];
        When when;
        size_t i, n = 0;

        json_array_foreach(p->alerts, i, one)
                n += is_listed(one);
        if (n == 0) {
                report_note(r, "None was critical, and none stands without anybody's acknowledgement.");
                return;
        }
        report_table_open(r, "Critical alerts, and those that stand without anybody's acknowledgement", heads);
        json_array_foreach(p->alerts, i, one) {
                if (!is_listed(one))
                        continue;
                report_row(r);
                report_cell(r, text_of(one, "rule"));
                report_cell(r, text_of(one, "severity"));
                report_cell_time(r, number_of(one, "raised_at"));
                report_cell(r, text_of(one, "text"));
                if (number_of(one, "acknowledged_at"))
                        html_putf(r->html, "td", NULL, "%s, %s", report_time(&when, number_of(one, "acknowledged_at")),
                                  report_person(r, text_of(one, "acknowledged_by"), person));
                else
                        report_cell(r, "no");
                report_cell(r, text_of(one, "state"));
                report_row_end(r);
        }
        report_table_close(r);
}

void period_put_alerts(Report *r, const Period *p) {
        static const char *const heads[] = {
                "Alerts",           "#Raised",        "#Answered", "#Median time to it", "#Longest time to it",
                "#Over without it", "#Still waiting", NULL
        };
        static const char *const severities[] = { "critical", "warning", "info" };
        _cleanup_(freep) Count *v = NULL;
        json_t *rules = json_object();
        const json_t *one;
        size_t i, n;

        report_section(r, "Alerts");
        json_array_foreach(p->alerts, i, one) {
                tally(rules, text_of(one, "rule"));
                period_record(r, "alert", number_of(one, "raised_at"), text_of(one, "subject"), text_of(one, "rule"),
                              text_of(one, "state"), text_of(one, "acknowledged_by"), text_of(one, "text"));
        }
        v = sorted(rules, &n);
        if (n == 0)
                report_note(r, "No alert was raised.");
        else {
                report_table_open(r, "Time from the raising to somebody's acknowledgement", heads);
                put_waits(r, p, "all", NULL, NULL);
                for (i = 0; i < ELEMENTSOF(severities); i++)
                        put_waits(r, p, severities[i], NULL, severities[i]);
                for (i = 0; i < n; i++)
                        put_waits(r, p, v[i].name, v[i].name, NULL);
                report_table_close(r);
                put_alert_list(r, p);
        }
        json_decref(rules);
}

/* --- what was signed, who was hurt, what was recalled --- */

static void put_signer(Report *r, const json_t *o, const char *by, const char *at, const char *reason) {
        char person[192];
        When when;

        if (!has_text(o, by)) {
                report_cell(r, "");
                return;
        }
        html_putf(r->html, "td", NULL, "%s, %s: %s", report_person(r, text_of(o, by), person),
                  report_time(&when, number_of(o, at)), text_of(o, reason));
}

void period_put_overrides(Report *r, const Period *p) {
        static const char *const heads[] = {
                "Session", "Room", "Rule", "First officer", "Second officer", "Used", NULL
        };
        const json_t *one;
        size_t i;

        report_section(r, "Overrides");
        if (json_array_size(p->overrides) == 0) {
                report_note(r, "Nothing was overridden.");
                return;
        }
        report_table_open(r, "What officers signed for", heads);
        json_array_foreach(p->overrides, i, one) {
                report_row(r);
                report_cell(r, text_of(one, "session"));
                report_cell(r, text_of(one, "room"));
                report_cell(r, text_of(one, "rule"));
                put_signer(r, one, "first_by", "first_at", "first_reason");
                put_signer(r, one, "second_by", "second_at", "second_reason");
                report_cell_time(r, number_of(one, "used_at"));
                report_row_end(r);
                period_record(r, "override", number_of(one, "first_at"), text_of(one, "session"), text_of(one, "rule"),
                              number_of(one, "used_at") ? "used" : "not used", text_of(one, "first_by"),
                              text_of(one, "first_reason"));
        }
        report_table_close(r);
}

void period_put_exposures(Report *r, const Period *p) {
        static const char *const heads[] = { "#Number", "When",     "Room",  "What", "First aid",
                                             "Report",  "Turnover", "State", NULL };
        const json_t *one;
        size_t i, n = 0;

        report_section(r, "Injuries");
        json_array_foreach(p->exposures, i, one)
                n += period_has(p, number_of(one, "at"));
        if (n == 0) {
                report_note(r, "None was reported.");
                return;
        }
        report_table_open(r, "Injuries that were reported, and what was done", heads);
        json_array_foreach(p->exposures, i, one) {
                if (!period_has(p, number_of(one, "at")))
                        continue;
                report_row(r);
                report_cellf(r, "%" PRId64, number_of(one, "exposure"));
                report_cell_time(r, number_of(one, "at"));
                report_cell(r, text_of(one, "room"));
                report_cell(r, text_of(one, "detail"));
                report_cell_time(r, number_of(one, "first_aid_at"));
                report_cell_time(r, number_of(one, "reported_at"));
                report_cell_time(r, number_of(one, "turnover_at"));
                report_cell(r, text_of(one, "state"));
                report_row_end(r);
                period_record(r, "injury", number_of(one, "at"), text_of(one, "room"), text_of(one, "item"),
                              text_of(one, "state"), "", text_of(one, "detail"));
        }
        report_table_close(r);
}

void period_put_recalls(Report *r, const Period *p) {
        static const char *const heads[] = { "#Number", "Since", "Cause", "Reason", "By", "State", NULL };
        const json_t *one;
        size_t i, n = 0;

        report_section(r, "Recalls and quarantines");
        json_array_foreach(p->recalls, i, one)
                n += period_has(p, number_of(one, "at"));
        if (n == 0) {
                report_note(r, "None was made.");
                return;
        }
        report_table_open(r, "Made in this month; asepsisctl report recall NUMBER has each", heads);
        json_array_foreach(p->recalls, i, one) {
                if (!period_has(p, number_of(one, "at")))
                        continue;
                report_row(r);
                report_cellf(r, "%" PRId64, number_of(one, "recall"));
                report_cell_time(r, number_of(one, "at"));
                report_cell(r, text_of(one, "cause"));
                report_cell(r, text_of(one, "reason"));
                report_cell_person(r, text_of(one, "by"));
                report_cell(r, text_of(one, "state"));
                report_row_end(r);
                period_record(r, "recall", number_of(one, "at"), text_of(one, "cause"), "", text_of(one, "state"),
                              text_of(one, "by"), text_of(one, "reason"));
        }
        report_table_close(r);
}
