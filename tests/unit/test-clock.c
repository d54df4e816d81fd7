/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "clock.h"
#include "util.h"

#define WALL INT64_C(1795338000000000)
#define BOOT (1000 * US_PER_S)

static void a_clock_that_goes_on_is_trusted(void **state) {
        Clock c = {};
        (void)state;
        for (int64_t t = 0; t < 86400; t += 60)
                assert_int_equal(clock_judge(&c, WALL + t * US_PER_S, BOOT + t * US_PER_S, WALL - 1, true),
                                 CLOCK_TRUSTED);
        assert_null(clock_text(CLOCK_TRUSTED));
        assert_null(clock_doubt_id(CLOCK_TRUSTED));
}

static void a_clock_behind_the_ledger_is_not_trusted(void **state) {
        Clock c = {};
        (void)state;
        assert_int_equal(clock_judge(&c, WALL, BOOT, WALL + CLOCK_BEHIND_US, true), CLOCK_TRUSTED);
        assert_int_equal(clock_judge(&c, WALL, BOOT, WALL + CLOCK_BEHIND_US + 1, true), CLOCK_BEHIND);
        assert_non_null(clock_text(CLOCK_BEHIND));
}

static void a_clock_that_is_moved_is_not_trusted_either_way(void **state) {
        (void)state;
        for (int sign = -1; sign <= 1; sign += 2) {
                Clock c = {};
                assert_int_equal(clock_judge(&c, WALL, BOOT, 0, true), CLOCK_TRUSTED);
                assert_int_equal(clock_judge(&c, WALL + sign * CLOCK_STEP_US, BOOT, 0, true), CLOCK_TRUSTED);
                assert_int_equal(clock_judge(&c, WALL + sign * (CLOCK_STEP_US + 1), BOOT, 0, true), CLOCK_STEPPED);
                /* It stays so until it is set back. */
                assert_int_equal(clock_judge(&c, WALL + sign * 2 * CLOCK_STEP_US, BOOT + 2 * US_PER_S, 0, true),
                                 CLOCK_STEPPED);
                assert_int_equal(clock_judge(&c, WALL + 3 * US_PER_S, BOOT + 3 * US_PER_S, 0, true), CLOCK_TRUSTED);
        }
}

static void a_step_is_not_believed_by_waiting(void **state) {
        const int64_t step = 90 * US_PER_S, week = 7 * US_PER_DAY;
        Clock c = {};
        (void)state;
        assert_int_equal(clock_judge(&c, WALL, BOOT, 0, true), CLOCK_TRUSTED);
        for (int64_t t = 0; t < week; t += US_PER_S * 600)
                assert_int_equal(clock_judge(&c, WALL + step + t, BOOT + t, 0, true), CLOCK_STEPPED);
        /* Somebody's word, and the next step is one again. */
        clock_accept(&c, WALL + step + week, BOOT + week);
        assert_int_equal(clock_judge(&c, WALL + step + week, BOOT + week, 0, true), CLOCK_TRUSTED);
        assert_int_equal(clock_judge(&c, WALL + week, BOOT + week, 0, true), CLOCK_STEPPED);
}

static void slow_corrections_are_followed_and_small_steps_do_not_add_up_unseen(void **state) {
        Clock c = {};
        int64_t wall = WALL, boot = BOOT;
        (void)state;
        /* 500 parts in a million for two weeks: ten minutes in all. */
        for (int i = 0; i < 14 * 1440; i++) {
                wall += 60 * US_PER_S + 30000;
                boot += 60 * US_PER_S;
                assert_int_equal(clock_judge(&c, wall, boot, 0, true), CLOCK_TRUSTED);
        }
        /* A step of 30 s every ten minutes is more than is followed. */
        int i = 0;
        for (; i < 100; i++) {
                wall += 630 * US_PER_S;
                boot += 600 * US_PER_S;
                if (clock_judge(&c, wall, boot, 0, true) == CLOCK_STEPPED)
                        break;
        }
        assert_true(i < 5);
}

static void a_clock_that_was_never_synchronised_is_not_trusted(void **state) {
        Clock c = {};
        (void)state;
        assert_int_equal(clock_judge(&c, WALL, BOOT, 0, false), CLOCK_UNSYNCHRONISED);
        assert_int_equal(clock_judge(&c, WALL, BOOT, 0, true), CLOCK_TRUSTED);
        for (ClockDoubt d = CLOCK_BEHIND; d <= CLOCK_UNSYNCHRONISED; d++) {
                assert_non_null(clock_text(d));
                assert_non_null(clock_doubt_id(d));
        }
}

static void what_sets_a_clock_that_nobody_believes_yet_is_no_step(void **state) {
        Clock c = {};
        (void)state;
        assert_int_equal(clock_judge(&c, WALL, BOOT, 0, false), CLOCK_UNSYNCHRONISED);
        assert_int_equal(clock_judge(&c, WALL + US_PER_DAY, BOOT + US_PER_S, 0, true), CLOCK_TRUSTED);
        /* Once it was believed a step is one, synchronised or not. */
        assert_int_equal(clock_judge(&c, WALL, BOOT + 2 * US_PER_S, 0, false), CLOCK_STEPPED);
        assert_int_equal(clock_judge(&c, WALL, BOOT + 2 * US_PER_S, 0, true), CLOCK_STEPPED);
}

static void a_sleep_of_more_than_two_seconds_is_noticed_once(void **state) {
        Clock c = {};
        (void)state;
        /* What was slept before the first look is nobody's. */
        assert_int_equal(clock_slept(&c, BOOT + 500 * US_PER_S, BOOT), 0);
        assert_int_equal(clock_slept(&c, BOOT + 510 * US_PER_S, BOOT + 10 * US_PER_S), 0);
        assert_int_equal(clock_slept(&c, BOOT + 540 * US_PER_S, BOOT + 10 * US_PER_S), 30 * US_PER_S);
        assert_int_equal(clock_slept(&c, BOOT + 541 * US_PER_S, BOOT + 11 * US_PER_S), 0);
        /* Just less than two seconds is none; another little more makes it one. */
        assert_int_equal(clock_slept(&c, BOOT + 543 * US_PER_S - 1, BOOT + 11 * US_PER_S), 0);
        assert_int_equal(clock_slept(&c, BOOT + 543 * US_PER_S, BOOT + 11 * US_PER_S), 2 * US_PER_S);
}

static void a_jump_is_seen_once_and_a_slew_is_none(void **state) {
        Clock c = {};
        (void)state;
        assert_false(clock_jumped(&c, WALL, BOOT));
        for (int64_t t = 1; t <= 7200; t++)
                assert_false(clock_jumped(&c, WALL + t * (US_PER_S + 1000), BOOT + t * US_PER_S));
        assert_false(clock_jumped(&c, WALL + 7200 * (US_PER_S + 1000) + CLOCK_JUMP_US - 1, BOOT + 7200 * US_PER_S));
        for (int sign = -1; sign <= 1; sign += 2) {
                c = (Clock){};
                assert_false(clock_jumped(&c, WALL, BOOT));
                assert_true(clock_jumped(&c, WALL + sign * CLOCK_JUMP_US, BOOT));
                assert_false(clock_jumped(&c, WALL + sign * CLOCK_JUMP_US, BOOT));
        }
}

static void small_steps_add_up_to_a_jump(void **state) {
        Clock c = {};
        (void)state;
        assert_false(clock_jumped(&c, WALL, BOOT));
        for (int i = 1; i < 10; i++)
                assert_false(clock_jumped(&c, WALL + i * CLOCK_JUMP_US / 10, BOOT));
        assert_true(clock_jumped(&c, WALL + CLOCK_JUMP_US, BOOT));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_clock_that_goes_on_is_trusted),
                cmocka_unit_test(a_clock_behind_the_ledger_is_not_trusted),
                cmocka_unit_test(a_clock_that_is_moved_is_not_trusted_either_way),
                cmocka_unit_test(a_step_is_not_believed_by_waiting),
                cmocka_unit_test(slow_corrections_are_followed_and_small_steps_do_not_add_up_unseen),
                cmocka_unit_test(a_clock_that_was_never_synchronised_is_not_trusted),
                cmocka_unit_test(what_sets_a_clock_that_nobody_believes_yet_is_no_step),
                cmocka_unit_test(a_sleep_of_more_than_two_seconds_is_noticed_once),
                cmocka_unit_test(a_jump_is_seen_once_and_a_slew_is_none),
                cmocka_unit_test(small_steps_add_up_to_a_jump),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
