/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/day.h"

#include <time.h>

#include "util.h"

#define LAST_S INT64_C(253402214400) /* the last day of the year 9999: later ones have no such number */

/* The process runs in the clinic's zone: the manager sets TZ from [site] timezone. A window may be open at its end. */
int32_t date_of(int64_t t_us) {
        time_t t = (time_t)MIN_OF(t_us / US_PER_S, LAST_S);
        struct tm tm = {};

        localtime_r(&t, &tm);
        return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

/* Days are counted in the calendar alone, where none is longer than another. */
int32_t day_of_date(int32_t date) {
        struct tm tm = { .tm_year = date / 10000 - 1900, .tm_mon = date / 100 % 100 - 1, .tm_mday = date % 100 };

        return (int32_t)(timegm(&tm) / 86400);
}

int32_t date_of_day(int32_t day) {
        time_t t = (time_t)day * 86400;
        struct tm tm = {};

        gmtime_r(&t, &tm);
        return (tm.tm_year + 1900) * 10000 + (tm.tm_mon + 1) * 100 + tm.tm_mday;
}

int32_t date_after(int32_t date, int32_t days) {
        return date_of_day(day_of_date(date) + days);
}

/* Hour and minute in their own members: mktime() would count seconds beyond a minute from midnight on, and be an hour
 * off on the days when the clocks change. */
int64_t clinic_day_start(int32_t day, int64_t start_us) {
        const int32_t date = date_of_day(day);
        const int minutes = (int)(start_us / (60 * US_PER_S));
        struct tm tm = { .tm_year = date / 10000 - 1900,
                         .tm_mon = date / 100 % 100 - 1,
                         .tm_mday = date % 100,
                         .tm_hour = minutes / 60,
                         .tm_min = minutes % 60,
                         .tm_isdst = -1 };

        return (int64_t)mktime(&tm) * US_PER_S;
}

int32_t clinic_day(int64_t t_us, int64_t start_us) {
        const int32_t day = day_of_date(date_of(t_us));

        return t_us < clinic_day_start(day, start_us) ? day - 1 : day;
}
