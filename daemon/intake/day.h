/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Clinic days. One starts at [site] day-start in the clinic's zone (the process runs in it), and ends where the next
 * one starts: it has 23 or 25 hours when the clocks change. Times: microseconds since 1970. Dates: year * 10000 +
 * month * 100 + day. Day numbers count from 1 January 1970, so that days can be compared and subtracted.
 */
#include <stdint.h>

/* The calendar date on which t falls. */
int32_t date_of(int64_t t_us);
int32_t day_of_date(int32_t date);
int32_t date_of_day(int32_t day);
/* The calendar date that lies so many days after this one. */
int32_t date_after(int32_t date, int32_t days);

/* When the clinic day of this number starts; start_us: [site] day-start, after midnight. */
int64_t clinic_day_start(int32_t day, int64_t start_us);
/* The clinic day on which t falls. */
int32_t clinic_day(int64_t t_us, int64_t start_us);
