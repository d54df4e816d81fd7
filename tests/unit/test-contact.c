/* SPDX-License-Identifier: Apache-2.0 */
/* How long an agent can have been on, at most. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/contact.h"
#include "util.h"

#define S US_PER_S
#define NOW (INT64_C(1795338000) * S)

static ContactTime after(int64_t s) {
        return (ContactTime){ .since_us = { NOW - s * S }, .arrived_us = NOW, .now_us = NOW, .contact_us = 60 * S };
}

static void it_fits_when_exactly_that_much_time_went_by(void **state) {
        ContactTime c = after(60);

        (void)state;
        assert_true(contact_fits(&c));
        c.contact_us++;
        assert_false(contact_fits(&c));
}

static void a_second_is_too_little_for_a_minute(void **state) {
        const ContactTime c = after(1);

        (void)state;
        assert_false(contact_fits(&c));
        assert_int_equal(contact_had_us(&c), S);
}

static void what_was_never_soiled_takes_any_time(void **state) {
        const ContactTime c = { .arrived_us = NOW, .now_us = NOW, .contact_us = 3600 * S };

        (void)state;
        assert_true(contact_fits(&c));
}

static void the_last_of_what_happened_counts(void **state) {
        (void)state;
        for (size_t i = 0; i < CONTACT_STAMPS; i++) {
                ContactTime c = { .since_us = { NOW - 600 * S, NOW - 600 * S, NOW - 600 * S },
                                  .arrived_us = NOW,
                                  .now_us = NOW,
                                  .contact_us = 60 * S };

                assert_true(contact_fits(&c));
                c.since_us[i] = NOW - 59 * S;
                assert_false(contact_fits(&c));
        }
}

static void what_waited_for_its_turn_counts_from_its_arrival(void **state) {
        ContactTime c = after(60);

        (void)state;
        c.arrived_us = NOW - 1;
        assert_false(contact_fits(&c));
        c.arrived_us = NOW + 3600 * S; /* by a clock that was ahead then */
        c.since_us[0] = NOW - 59 * S;
        assert_false(contact_fits(&c));
}

static void no_time_is_measured_before_the_clock_was_trusted(void **state) {
        ContactTime c = after(3600);

        (void)state;
        c.trusted_us = NOW - 59 * S;
        assert_false(contact_fits(&c));
        c.trusted_us = NOW - 60 * S;
        assert_true(contact_fits(&c));
        c.trusted_us = INT64_MAX;
        assert_false(contact_fits(&c));
        assert_int_equal(contact_had_us(&c), 0);
}

static void a_stamp_that_lies_ahead_is_from_before_the_clock_was_trusted(void **state) {
        ContactTime c = after(-3600);

        (void)state;
        c.trusted_us = NOW - 59 * S;
        assert_false(contact_fits(&c));
        c.trusted_us = NOW - 60 * S;
        assert_true(contact_fits(&c));
        c.since_us[1] = NOW - 59 * S;
        assert_false(contact_fits(&c));
}

static void a_stamp_that_is_a_little_ahead_leaves_no_time(void **state) {
        const ContactTime c = { .since_us = { NOW + 2 * S }, .arrived_us = NOW, .now_us = NOW, .contact_us = S };

        (void)state;
        assert_false(contact_fits(&c));
        assert_int_equal(contact_had_us(&c), 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_fits_when_exactly_that_much_time_went_by),
                cmocka_unit_test(a_second_is_too_little_for_a_minute),
                cmocka_unit_test(what_was_never_soiled_takes_any_time),
                cmocka_unit_test(the_last_of_what_happened_counts),
                cmocka_unit_test(what_waited_for_its_turn_counts_from_its_arrival),
                cmocka_unit_test(no_time_is_measured_before_the_clock_was_trusted),
                cmocka_unit_test(a_stamp_that_lies_ahead_is_from_before_the_clock_was_trusted),
                cmocka_unit_test(a_stamp_that_is_a_little_ahead_leaves_no_time),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
