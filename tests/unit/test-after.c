/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/after.h"
#include "util.h"

#define MINUTE (60 * US_PER_S)
#define HOUR (3600 * US_PER_S)
#define NOW (1000000 * HOUR)

static AfterItem needle(void) {
        return (AfterItem){ .class_known = true,
                            .single_use = true,
                            .role = ROLE_NEEDLE,
                            .way = ITEM_WAY_ONCE,
                            .state = ITEM_STERILE,
                            .used_us = NOW };
}

static AfterItem instrument(void) {
        return (AfterItem){ .class_known = true,
                            .role = ROLE_EXTRACTOR,
                            .way = ITEM_WAY_STERILIZED,
                            .state = ITEM_CONTAMINATED,
                            .used_us = NOW };
}

static void needles_rollers_and_lancets_are_sharps_and_nothing_else_is(void **state) {
        (void)state;
        for (Role role = 0; role < _ROLE_MAX; role++) {
                AfterItem i = needle();

                i.role = role;
                assert_int_equal(after_owes(&i) == AFTER_SHARPS,
                                 role == ROLE_NEEDLE || role == ROLE_MANUAL_ROLLER || role == ROLE_LANCET);
        }
}

static void a_needle_is_owed_until_it_is_dropped_returned_or_answered_for(void **state) {
        AfterItem i = needle();

        (void)state;
        i.used_us = 0;
        assert_int_equal(after_owes(&i), AFTER_NOTHING);
        i = needle();
        i.dropped = true;
        assert_int_equal(after_owes(&i), AFTER_NOTHING);
        i = needle();
        i.returned = true;
        assert_int_equal(after_owes(&i), AFTER_NOTHING);
        i = needle();
        i.answered_us = NOW;
        assert_int_equal(after_owes(&i), AFTER_NOTHING);
        i.used_us = NOW + 1; /* nobody had heard of this when it was signed */
        assert_int_equal(after_owes(&i), AFTER_SHARPS);
        i = needle();
        i.damaged = i.later = true; /* a bent needle is a needle */
        assert_int_equal(after_owes(&i), AFTER_SHARPS);
}

static void what_has_no_class_any_more_is_taken_for_a_needle(void **state) {
        AfterItem i = instrument();

        (void)state;
        i.class_known = false;
        assert_int_equal(after_owes(&i), AFTER_SHARPS);
}

static void what_is_used_again_is_owed_to_cleaning_until_its_state_changes(void **state) {
        (void)state;
        for (ItemState s = 0; s < _ITEM_STATE_MAX; s++) {
                AfterItem i = instrument();

                i.state = s;
                assert_int_equal(after_owes(&i) == AFTER_CLEANING, s == ITEM_CONTAMINATED);
        }
        for (int k = 0; k < 3; k++) {
                AfterItem i = instrument();

                *(k == 0 ? &i.dropped : k == 1 ? &i.damaged : &i.later) = true;
                assert_int_equal(after_owes(&i), AFTER_NOTHING);
        }
}

static void a_vial_and_a_sleeve_go_to_neither(void **state) {
        AfterItem vial = instrument(), sleeve = needle();

        (void)state;
        vial.way = ITEM_WAY_VIAL;
        assert_int_equal(after_owes(&vial), AFTER_NOTHING);
        sleeve.role = ROLE_SLEEVE;
        assert_int_equal(after_owes(&sleeve), AFTER_NOTHING);
}

static AfterFacts facts(AfterPhase phase) {
        return (AfterFacts){ .now_us = NOW,
                             .now_boot_us = HOUR,
                             .phase = phase,
                             .started_us = NOW - HOUR,
                             .ended_us = phase == AFTER_OVER ? NOW - 10 * MINUTE : 0,
                             .lease_until_boot_us = HOUR + MINUTE,
                             .sharps_us = 30 * MINUTE,
                             .reprocess_us = 2 * HOUR,
                             .silent_us = 15 * MINUTE,
                             .longest_us = 4 * HOUR };
}

static void nothing_owed_is_never_looked_at_again(void **state) {
        const AfterFacts f = facts(AFTER_OVER);
        const AfterVerdict v = after_judge(&f);

        (void)state;
        assert_false(v.sharps || v.soiled || v.not_ended);
        assert_int_equal(v.next_us, 0);
}

static void each_is_told_when_its_time_is_over_and_not_a_microsecond_before(void **state) {
        AfterFacts f = facts(AFTER_OVER);
        AfterVerdict v;

        (void)state;
        f.sharps = f.soiled = 1;
        v = after_judge(&f);
        assert_false(v.sharps || v.soiled);
        assert_int_equal(v.next_us, f.ended_us + 30 * MINUTE);
        f.now_us = v.next_us - 1;
        assert_false(after_judge(&f).sharps);
        f.now_us++;
        v = after_judge(&f);
        assert_true(v.sharps && !v.soiled);
        assert_int_equal(v.next_us, f.ended_us + 2 * HOUR);
        f.now_us = v.next_us - 1;
        assert_false(after_judge(&f).soiled);
        f.now_us++;
        v = after_judge(&f);
        assert_true(v.sharps && v.soiled);
        assert_true(v.next_us > f.now_us);
}

static void an_end_that_lies_ahead_is_long_ago(void **state) {
        AfterFacts f = facts(AFTER_OVER);

        (void)state;
        f.sharps = 1;
        f.ended_us = NOW + 1;
        assert_true(after_judge(&f).sharps);
}

static void a_session_whose_room_fell_silent_was_not_ended(void **state) {
        AfterFacts f = facts(AFTER_GOING);
        AfterVerdict v = after_judge(&f);

        (void)state;
        assert_false(v.not_ended);
        assert_int_equal(v.next_us, NOW + 16 * MINUTE);
        f.now_us += 16 * MINUTE - 1;
        f.now_boot_us += 16 * MINUTE - 1;
        assert_false(after_judge(&f).not_ended);
        f.now_us++;
        f.now_boot_us++;
        v = after_judge(&f);
        assert_true(v.not_ended);
        assert_int_equal(v.next_us, f.now_us + MINUTE);
        f.lease_until_boot_us = f.now_boot_us + MINUTE; /* it renews again */
        assert_false(after_judge(&f).not_ended);
}

static void a_session_that_goes_on_for_too_long_was_not_ended(void **state) {
        AfterFacts f = facts(AFTER_GOING);

        (void)state;
        f.started_us = NOW - 4 * HOUR + 1;
        assert_false(after_judge(&f).not_ended);
        assert_int_equal(after_judge(&f).next_us, NOW + 1);
        f.started_us--;
        assert_true(after_judge(&f).not_ended);
        f.started_us = NOW + HOUR; /* a clock that was set back tells nothing of how long it goes on */
        assert_false(after_judge(&f).not_ended);
}

static void what_has_not_begun_is_looked_at_when_its_lease_has_run_out(void **state) {
        const AfterFacts f = facts(AFTER_WAITING);

        (void)state;
        assert_int_equal(after_judge(&f).next_us, NOW + 2 * MINUTE);
        assert_false(after_judge(&f).not_ended);
}

static void silence_counts_within_opening_hours_only(void **state) {
        SilenceFacts f = { .now_us = 12 * HOUR, .heard_us = 11 * HOUR, .open_us = 8 * HOUR, .close_us = 20 * HOUR,
                           .limit_us = HOUR };

        (void)state;
        assert_true(after_silent(&f));
        f.heard_us++;
        assert_false(after_silent(&f));
        f.heard_us = -100 * HOUR;
        f.now_us = 8 * HOUR - 1;
        assert_false(after_silent(&f));
        f.now_us = 9 * HOUR - 1; /* it has an hour from the opening on */
        assert_false(after_silent(&f));
        f.now_us++;
        assert_true(after_silent(&f));
        f.now_us = f.close_us;
        assert_false(after_silent(&f));
        f.now_us = 12 * HOUR;
        f.open_us = f.close_us = INT64_MAX; /* no such day */
        assert_false(after_silent(&f));
}

static void a_device_without_a_limit_is_never_silent(void **state) {
        const SilenceFacts f = { .now_us = 12 * HOUR, .open_us = 8 * HOUR, .close_us = 20 * HOUR };

        (void)state;
        assert_false(after_silent(&f));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(needles_rollers_and_lancets_are_sharps_and_nothing_else_is),
                cmocka_unit_test(a_needle_is_owed_until_it_is_dropped_returned_or_answered_for),
                cmocka_unit_test(what_has_no_class_any_more_is_taken_for_a_needle),
                cmocka_unit_test(what_is_used_again_is_owed_to_cleaning_until_its_state_changes),
                cmocka_unit_test(a_vial_and_a_sleeve_go_to_neither),
                cmocka_unit_test(nothing_owed_is_never_looked_at_again),
                cmocka_unit_test(each_is_told_when_its_time_is_over_and_not_a_microsecond_before),
                cmocka_unit_test(an_end_that_lies_ahead_is_long_ago),
                cmocka_unit_test(a_session_whose_room_fell_silent_was_not_ended),
                cmocka_unit_test(a_session_that_goes_on_for_too_long_was_not_ended),
                cmocka_unit_test(what_has_not_begun_is_looked_at_when_its_lease_has_run_out),
                cmocka_unit_test(silence_counts_within_opening_hours_only),
                cmocka_unit_test(a_device_without_a_limit_is_never_silent),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
