/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Manual evidence: readings that a person transcribed from an autoclave whose sensor, printer or gateway is broken.
 * They never make a cycle verified; with them, another person may release its load for a few days (core/release.h).
 * They are held against the program's own numbers, by the very tests that a sample goes through, and against whatever
 * samples came: where the two disagree the samples win. [own] Pure. Units: microseconds, thousandths of a degree
 * Celsius, absolute pascal, numbers of clinic days.
 */
#include <stdbool.h>
#include <stdint.h>

#include "core/cycle.h"
#include "core/reasons.h"

#define MANUAL_DAYS 3        /* a period is that many clinic days, counted with the first */
#define MANUAL_PAUSE_DAYS 30 /* from the first day of a period in which readings were taken to that of the next */
#define MANUAL_AGREE_MC 500  /* what people read and what samples show in the same hold may be so far apart */

/* Of the hold, as read off a display, a gauge or a printout. */
typedef struct ManualReadings {
        int64_t hold_us;
        int32_t coldest_mc, hottest_mc, lowest_pa, highest_pa;
        int64_t pulses; /* of air removal; -1: not said */
} ManualReadings;

/*
 * The period that counts on this day: 1 and its first day; 0: none does. from: first day by the configuration; used:
 * first day of the last period in which readings were taken; FITNESS_NEVER: none. Whatever the configuration is changed
 * to, a period that was begun ends when it ends, and the next begins MANUAL_PAUSE_DAYS after it began.
 */
int manual_period(int32_t from, int32_t used, int32_t day, int32_t *ret_first);

/* Appends what the readings lack, all under the rule manual-evidence; nothing: they show what the program asks for.
 * `came`: the cycle with the program and its reference, and with all its samples, if any. */
void manual_judge(const Cycle *came, Grade grade, const ManualReadings *readings, Reasons *ret);
