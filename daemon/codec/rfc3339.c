/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/rfc3339.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "util.h"

#define TIME_MIN_US (INT64_C(-62135596800) * US_PER_S) /* 0001-01-01T00:00:00Z */
#define TIME_MAX_US (INT64_C(253402300800) * US_PER_S - 1)

typedef struct Civil {
        int year, month, day;
} Civil;

static bool leap_year(int y) {
        return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int days_in_month(int y, int m) {
        static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };

        return m == 2 && leap_year(y) ? 29 : days[m - 1];
}

/* Days from 1970-01-01 to the first of January of y. */
static int64_t days_before_year(int y) {
        int64_t whole = y - 1;

        return whole * 365 + whole / 4 - whole / 100 + whole / 400 - 719162;
}

static int64_t days_before(const Civil *c) {
        int64_t days = days_before_year(c->year) + c->day - 1;

        for (int m = 1; m < c->month; m++)
                days += days_in_month(c->year, m);
        return days;
}

/* Exactly n digits, from *s, which moves on. */
static bool take_number(const char **s, int n, int *ret) {
        int v = 0;

        for (int i = 0; i < n; i++) {
                char c = (*s)[i];

                if (c < '0' || c > '9')
                        return false;
                v = v * 10 + (c - '0');
        }
        *s += n;
        *ret = v;
        return true;
}

static bool take_char(const char **s, char upper, char lower) {
        if (**s != upper && **s != lower)
                return false;
        (*s)++;
        return true;
}

static bool take_date(const char **s, Civil *ret) {
        if (!take_number(s, 4, &ret->year) || !take_char(s, '-', '-') || !take_number(s, 2, &ret->month) ||
            !take_char(s, '-', '-') || !take_number(s, 2, &ret->day))
                return false;
        return ret->year >= 1 && ret->month >= 1 && ret->month <= 12 && ret->day >= 1 &&
               ret->day <= days_in_month(ret->year, ret->month);
}

/* The fraction's digits after the point, as microseconds. */
static bool take_fraction(const char **s, int64_t *ret_us) {
        int64_t us = 0, unit = US_PER_S / 10;
        int digit;

        if (!take_number(s, 1, &digit))
                return false;
        do {
                us += digit * unit;
                unit /= 10;
        } while (take_number(s, 1, &digit));
        *ret_us = us;
        return true;
}

/* A leap second is taken as the first of the next minute: no clock of ours has a name for it. */
static bool take_clock(const char **s, int64_t *ret_us) {
        int hour, minute, second;
        int64_t fraction_us = 0;

        if (!take_number(s, 2, &hour) || !take_char(s, ':', ':') || !take_number(s, 2, &minute) ||
            !take_char(s, ':', ':') || !take_number(s, 2, &second) || hour > 23 || minute > 59 || second > 60)
                return false;
        if (take_char(s, '.', '.') && !take_fraction(s, &fraction_us))
                return false;
        *ret_us = ((hour * 60 + minute) * 60 + second) * US_PER_S + fraction_us;
        return true;
}

static bool take_offset(const char **s, int64_t *ret_us) {
        int hour, minute, sign = **s == '-' ? -1 : 1;

        if (take_char(s, 'Z', 'z')) {
                *ret_us = 0;
                return true;
        }
        if (!take_char(s, '+', '-') || !take_number(s, 2, &hour) || !take_char(s, ':', ':') ||
            !take_number(s, 2, &minute) || hour > 23 || minute > 59)
                return false;
        *ret_us = sign * (hour * 60 + minute) * 60 * US_PER_S;
        return true;
}

static bool take_rest(const char *s, const Civil *date, int64_t *ret_us) {
        int64_t clock_us, offset_us;

        if (!take_char(&s, 'T', 't') || !take_clock(&s, &clock_us) || !take_offset(&s, &offset_us) || *s)
                return false;
        *ret_us = days_before(date) * US_PER_DAY + clock_us - offset_us;
        return true;
}

int time_parse(const char *s, int64_t *ret_us) {
        Civil date;

        return take_date(&s, &date) && take_rest(s, &date, ret_us) ? 0 : -EINVAL;
}

int date_parse(const char *s, int32_t *ret_date) {
        Civil date;
        int64_t unused_us;

        if (!take_date(&s, &date) || (*s && !take_rest(s, &date, &unused_us)))
                return -EINVAL;
        *ret_date = date.year * 10000 + date.month * 100 + date.day;
        return 0;
}

void time_format_utc(int64_t us, char ret[static TIME_TEXT_SIZE]) {
        int64_t from_us = MAX_OF(us, TIME_MIN_US), t_us = MIN_OF(from_us, TIME_MAX_US) - TIME_MIN_US;
        time_t s = (time_t) (t_us / US_PER_S + TIME_MIN_US / US_PER_S);
        struct tm tm = { 0 };

        gmtime_r(&s, &tm);
        snprintf(ret, TIME_TEXT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ", (unsigned) (tm.tm_year + 1900) % 10000,
                 (unsigned) (tm.tm_mon + 1) % 100, (unsigned) tm.tm_mday % 100, (unsigned) tm.tm_hour % 100,
                 (unsigned) tm.tm_min % 100, (unsigned) tm.tm_sec % 100, (unsigned) (t_us % US_PER_S / US_PER_MS) % 1000);
}
