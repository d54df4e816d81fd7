/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* An autoclave's days in a clinic of one process: tests, cycles, and what stands against a release. Include after
 * clinicsim.h. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "intake/sterile.h"

#define STATION "station/station-1"
#define AC "autoclave/ac-1"
#define STATE "state/autoclave/ac-1"
#define HOUR (3600 * US_PER_S)
#define FIRST_DAY 22 /* of November 2026, at ten: the day on which ac-1 was commissioned */

/* In the clinic's zone. */
static inline int64_t at(int year, int month, int day, int hour, int minute) {
        struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute,
                         .tm_isdst = -1 };

        return (int64_t)mktime(&tm) * US_PER_S;
}

/* To this hour in the clinic's zone, so many days after 22 November 2026. */
static inline void go_to(Sim *s, int days, int hour, int minute) {
        struct tm tm = { .tm_year = 126, .tm_mon = 10, .tm_mday = FIRST_DAY + days, .tm_hour = hour, .tm_min = minute,
                         .tm_isdst = -1 };
        int64_t at_us = (int64_t)mktime(&tm) * US_PER_S;

        assert_true(at_us >= s->now.wall_us);
        sim_advance(s, at_us - s->now.wall_us);
}

static inline int compare_text(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What stands against the release of this cycle's load, now: rules, sorted, apart by blanks. */
static inline const char *against(Sim *s, int cycle) {
        static char text[1024];
        static Reasons reasons;
        const char *rules[REASONS_MAX];
        AttemptRow a;
        size_t n = 0;

        reasons = (Reasons){};
        s->intake->now = s->now;
        assert_true(attempt_by_cycle(s->store, "ac-1", cycle, &a) > 0);
        assert_int_equal(fitness_refusals(s->intake, &a, &reasons), 0);
        for (size_t i = 0; i < reasons.n; i++) {
                rules[i] = reasons.v[i].rule;
                assert_true(strlen(reasons.v[i].text) > 25);
        }
        qsort(rules, reasons.n, sizeof(*rules), compare_text);
        text[0] = '\0';
        for (size_t i = 0; i < reasons.n; i++)
                if (i == 0 || !streq(rules[i], rules[i - 1]))
                        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", rules[i]);
        return text;
}

/* A load that is short for its test: what counts here is when it starts. */
static inline void load_starts(Sim *s, int cycle) {
        sim_say(s, AC "/cycle-start", "{'cycle':%d,'program':'prevac-134'}", cycle);
}

static inline void expect_taken(Sim *s) {
        assert_string_equal(sim_rejected(s, STATION), "");
        assert_string_equal(sim_rejected(s, AC), "");
}

static inline void read_test(Sim *s, int cycle, const char *result) {
        sim_forget(s);
        sim_say(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','cycle':%d,'result':'%s','reader':'ben'}", cycle,
                result);
        expect_taken(s);
}

static inline void leak_test(Sim *s, const char *last_kpa) {
        sim_forget(s);
        sim_say(s, AC "/test", "{'test':'vacuum-leak','pressures':[[0,5.0],[300,5.2],[900,%s]]}", last_kpa);
        expect_taken(s);
}

static inline void spore(Sim *s, int cycle, const char *result, const char *more) {
        sim_forget(s);
        sim_say(s, STATION "/indicator",
                "{'autoclave':'ac-1','cycle':%d,'indicator':'biological','result':'%s','reader':'ben','lot':'S7'%s}", cycle, result,
                more);
        expect_taken(s);
}

static inline void chemical(Sim *s, int cycle) {
        sim_say(s, STATION "/indicator",
                "{'autoclave':'ac-1','cycle':%d,'indicator':'chemical','result':'pass','reader':'ben','type':5}", cycle);
        expect_taken(s);
}

static inline bool in_service(Sim *s) {
        static Reasons reasons;

        reasons = (Reasons){};
        s->intake->now = s->now;
        assert_int_equal(fitness_service(s->intake, "ac-1", &reasons), 0);
        return reasons.total == 0;
}

static char said[TEXT_MAX + 1];

static inline int put_out(Sim *s, const char *cause, const char *by) {
        int r = intake_autoclave_out(s->intake, &s->now, "ac-1", cause, by, "It was moved.", said);

        assert_true(r >= 0);
        sim_commit(s);
        return r;
}

static inline int put_back(Sim *s, const char *by, const char *reason) {
        int r = intake_autoclave_return(s->intake, &s->now, "ac-1", by, reason, said);

        assert_true(r >= 0);
        sim_commit(s);
        return r;
}

static inline int64_t started(Sim *s, int cycle) {
        return sim_sql(s, "SELECT started_us FROM attempt WHERE cycle = %d", cycle);
}

#define T(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)
