/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Feeding a cycle by hand, sample by sample, and saying what is expected of its verdict. Include after cmocka.h. */
#include "core/cycle.h"
#include "core/steam.h"
#include "util.h"

#define S US_PER_S
#define ONLY(rule) (UINT32_C(1) << (rule))

/* 134 degrees, 3 minutes. The narrowed band is 134.55 to 136.45. */
static const CycleProgram PLAIN = {
        .name = "plain-134", .set_temperature_mc = 134000, .band_mc = 3000, .uncertainty_mc = 500,
        .display_step_mc = 100, .hold_min_us = 180 * S, .gap_max_us = 2500000, .print_interval_us = 60 * S,
};
static const CycleStart LOAD = { .purpose = PURPOSE_LOAD, .arrival_us = -1 };

static Cycle cycle;
static CycleVerdict verdict;
static int64_t now; /* t_us of the last sample fed */

/* The pressure at which the saturation temperature is exactly this. */
static inline int32_t pressure_at(int32_t boiling_mc) {
        int32_t pa = (int32_t)(steam_pressure_mpa(boiling_mc / 1000.0 + 273.15) * 1e6) - 20;
        while (steam_saturation_mc(pa) < boiling_mc)
                pa++;
        assert_int_equal(steam_saturation_mc(pa), boiling_mc);
        return pa;
}

static inline void feed_raw(int64_t t_us, int32_t temperature_mc, int32_t pressure_pa) {
        now = t_us;
        cycle_sample(&cycle, &(Sample) { t_us, temperature_mc, pressure_pa }, -1);
}

static inline void feed_steam(int64_t t_us, int32_t temperature_mc, int32_t boiling_mc) {
        feed_raw(t_us, temperature_mc, pressure_at(boiling_mc));
}

static inline void feed(int64_t t_us, int32_t temperature_mc) {
        feed_steam(t_us, temperature_mc, temperature_mc);
}

/* n samples, one a second, the first a second from now. */
static inline void feed_seconds(int n, int32_t temperature_mc, int32_t boiling_mc) {
        int32_t pa = pressure_at(boiling_mc);
        for (int i = 0; i < n; i++)
                feed_raw(now + S, temperature_mc, pa);
}

static inline void hold(int n) {
        feed_seconds(n, 135000, 135000);
}

static inline void heat_with(const CycleProgram *p, const CycleStart *start) {
        cycle_begin(&cycle, p, start);
        now = 0;
        feed_seconds(5, 100000, 100000);
}

static inline void heat(void) {
        heat_with(&PLAIN, &LOAD);
}

static inline void end_as(CycleOutcome outcome, Grade grade) {
        cycle_end(&cycle, outcome, grade, &verdict);
}

static inline void cool_and_end(void) {
        feed_seconds(5, 100000, 100000);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
}

static inline void expect_at(const char *file, int line, uint32_t reasons, CycleVerdictKind kind) {
        if (verdict.reasons != reasons || verdict.verdict != kind) {
                for (int rule = 0; rule < _CYCLE_RULE_MAX; rule++)
                        if (cycle_has_reason(&verdict, (CycleRule)rule))
                                print_message("fires: %s\n", cycle_rule_id((CycleRule)rule));
                fail_msg("%s:%d: %s, not %s", file, line, cycle_verdict_id(verdict.verdict), cycle_verdict_id(kind));
        }
}

#define expect_verified() expect_at(__FILE__, __LINE__, 0, CYCLE_VERIFIED)
#define expect_failed(rule) expect_at(__FILE__, __LINE__, ONLY(rule), CYCLE_FAILED)
#define expect_unverified(rule) expect_at(__FILE__, __LINE__, ONLY(rule), CYCLE_UNVERIFIED)

static inline const char *text(CycleRule rule) {
        static char buf[CYCLE_TEXT_MAX];
        assert_int_equal(cycle_rule_text(&verdict, rule, buf, sizeof(buf)), 0);
        return buf;
}
