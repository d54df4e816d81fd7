/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "codec/rfc3339.h"
#include "util.h"

static void assert_time(const char *text, int64_t us) {
        int64_t got;

        if (time_parse(text, &got) != 0 || got != us)
                fail_msg("%s is not read as %lld", text, (long long) us);
}

static void times_are_read_with_their_offset(void **state) {
        (void) state;
        assert_time("1970-01-01T00:00:00Z", 0);
        assert_time("1970-01-01t01:30:00.5+01:30", 500000);
        assert_time("1969-12-31T19:00:00-05:00", 0);
        assert_time("2000-02-29T23:59:59.123456789z", INT64_C(951868799123456));
        assert_time("2016-12-31T23:59:60Z", INT64_C(1483228800000000));
        assert_time("0001-01-01T00:00:00Z", INT64_C(-62135596800000000));
        assert_time("9999-12-31T23:59:59.999999Z", INT64_C(253402300799999999));
}

static void what_is_no_time_or_date_is_refused(void **state) {
        static const char *const times[] = {
                "", "2026-11-22", "2026-11-22T09:14:03", "2026-11-22 09:14:03Z", "2026-11-22T09:14Z", "2026-11-22T24:00:00Z",
                "2026-11-22T09:60:00Z", "2026-11-22T09:14:61Z", "2026-11-22T09:14:03.Z", "2026-11-22T09:14:03+24:00",
                "2026-11-22T09:14:03+01:60", "2026-11-22T09:14:03+0100", "2026-11-22T09:14:03Z ", "2026-02-29T09:14:03Z",
                "1900-02-29T00:00:00Z", "2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-04-31T00:00:00Z",
                "2026-04-00T00:00:00Z", "0000-01-01T00:00:00Z", "+2026-01-01T00:00:00Z", "26-01-01T00:00:00Z",
        };
        static const char *const dates[] = { "", "2026", "2026-1-1", "20260101", "2026-02-30", "2026-01-01 ", "2026-01-01T", "2026-01-01T00:00:00",
                                             "2026-01-01Z", "2026-01-00", "0000-01-01" };
        int64_t us;
        int32_t date;

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(times); i++)
                if (time_parse(times[i], &us) != -EINVAL)
                        fail_msg("%s is taken as a time", times[i]);
        for (size_t i = 0; i < ELEMENTSOF(dates); i++)
                if (date_parse(dates[i], &date) != -EINVAL)
                        fail_msg("%s is taken as a date", dates[i]);
}

static void a_date_is_the_written_one_whatever_the_offset(void **state) {
        int32_t date;

        (void) state;
        assert_int_equal(date_parse("2026-11-22", &date), 0);
        assert_int_equal(date, 20261122);
        assert_int_equal(date_parse("2026-11-22T23:30:00-11:00", &date), 0);
        assert_int_equal(date, 20261122);
        assert_int_equal(date_parse("2000-02-29", &date), 0);
        assert_int_equal(date, 20000229);
}

int main(void) {
        const struct CMUnitTest all[] = {
                cmocka_unit_test(times_are_read_with_their_offset),
                cmocka_unit_test(what_is_no_time_or_date_is_refused),
                cmocka_unit_test(a_date_is_the_written_one_whatever_the_offset),
        };

        return cmocka_run_group_tests_name("rfc3339", all, NULL, NULL);
}
