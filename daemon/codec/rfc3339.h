/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Dates and times as they stand in messages: RFC 3339, and its full-date alone. Proleptic Gregorian calendar, years
 * 1 to 9999. A time is microseconds since 1970-01-01T00:00:00Z; a date is year * 10000 + month * 100 + day.
 */
#include <stdint.h>

#define TIME_TEXT_SIZE 32

/* 2026-11-22T09:14:03.120Z, cut to milliseconds. What lies outside the years 1 to 9999 is written as their end. */
void time_format_utc(int64_t us, char ret[static TIME_TEXT_SIZE]);

/* An RFC 3339 date-time; the offset is required, digits below a microsecond are dropped. 0, or -EINVAL. */
int time_parse(const char *s, int64_t *ret_us);

/* A full-date, or the date as written in a date-time, whatever its offset. 0, or -EINVAL. */
int date_parse(const char *s, int32_t *ret_date);
