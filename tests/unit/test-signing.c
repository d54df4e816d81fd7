/* SPDX-License-Identifier: Apache-2.0 */
/* How many passwords that were not given are told, held against a login, and recorded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/signing.h"
#include "util.h"

#define MIN (60 * US_PER_S)

static int set_up(void **state) {
        *state = calloc(1, sizeof(Signing));
        return *state ? 0 : -1;
}

static int tear_down(void **state) {
        free(*state);
        return 0;
}

static SigningVerdict wrong(Signing *s, int64_t at_us) {
        return signing_failed(s, at_us, SIGNING_WRONG);
}

static void the_third_within_ten_minutes_is_told_and_the_fifth_holds_the_login_off(void **state) {
        Signing *s = *state;

        assert_false(wrong(s, 0).alert);
        assert_false(wrong(s, MIN).alert);
        assert_true(wrong(s, 2 * MIN).alert);
        assert_false(wrong(s, 3 * MIN).alert);
        assert_int_equal(signing_held_us(s, 3 * MIN), 0);
        assert_true(wrong(s, 4 * MIN).hold);
        assert_int_equal(signing_held_us(s, 4 * MIN), 5 * MIN);
        assert_int_equal(signing_held_us(s, 8 * MIN), MIN);
        assert_int_equal(signing_held_us(s, 9 * MIN), 0);
}

static void those_that_lie_further_apart_do_not_count_together(void **state) {
        Signing *s = *state;

        for (int i = 0; i < 100; i++) {
                SigningVerdict v = wrong(s, i * 5 * MIN);

                assert_false(v.alert || v.hold);
                assert_true(v.tries <= 2);
        }
}

static void after_a_hold_the_next_wrong_one_holds_again_while_the_others_are_young(void **state) {
        Signing *s = *state;

        for (int i = 0; i < 5; i++)
                wrong(s, MIN);
        assert_true(wrong(s, 7 * MIN).hold);
        assert_false(wrong(s, 13 * MIN).hold);
}

static void a_closed_dialog_counts_a_third(void **state) {
        Signing *s = *state;

        for (int i = 0; i < 8; i++)
                assert_false(signing_failed(s, i * US_PER_S, SIGNING_OPEN).alert);
        assert_true(signing_failed(s, 9 * US_PER_S, SIGNING_OPEN).alert);
        for (int i = 0; i < 5; i++)
                assert_false(signing_failed(s, (10 + i) * US_PER_S, SIGNING_OPEN).hold);
        assert_true(signing_failed(s, 20 * US_PER_S, SIGNING_OPEN).hold);
}

static void what_is_a_rule_of_the_machine_s_is_recorded_and_counts_for_nothing(void **state) {
        Signing *s = *state;

        for (int i = 0; i < 15; i++) {
                SigningVerdict v = signing_failed(s, i, 0);

                assert_true(v.record);
                assert_false(v.alert || v.hold);
                assert_int_equal(v.tries, 0);
        }
}

static void records_are_bounded_by_the_hour_and_the_rest_is_counted(void **state) {
        Signing *s = *state;
        SigningVerdict v;
        int n = 0;

        for (int i = 0; i < 100; i++)
                n += signing_failed(s, i * US_PER_S, 0).record;
        assert_int_equal(n, SIGNING_RECORDS_MAX);
        v = signing_failed(s, 61 * MIN, 0);
        assert_true(v.record);
        assert_int_equal(v.unrecorded, 100 - SIGNING_RECORDS_MAX);
        assert_int_equal(signing_failed(s, 62 * MIN, 0).unrecorded, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
                TEST(the_third_within_ten_minutes_is_told_and_the_fifth_holds_the_login_off),
                TEST(those_that_lie_further_apart_do_not_count_together),
                TEST(after_a_hold_the_next_wrong_one_holds_again_while_the_others_are_young),
                TEST(a_closed_dialog_counts_a_third),
                TEST(what_is_a_rule_of_the_machine_s_is_recorded_and_counts_for_nothing),
                TEST(records_are_bounded_by_the_hour_and_the_rest_is_counted),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
