/* SPDX-License-Identifier: Apache-2.0 */
/* Which samples count, and what is made of them. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/cyclefeed.h"

/* Spikes, repeated rows, wild values */

/* A hold of 180 s with n spikes in it, ten seconds apart. */
static void run_spikes(int n, int32_t temperature_mc) {
        heat();
        hold(60);
        for (int i = 0; i < n; i++) {
                feed_seconds(1, temperature_mc, 135000);
                hold(9);
        }
        hold(121 - 10 * n);
        cool_and_end();
}

static void up_to_two_single_samples_far_off_are_dropped_and_counted(void **state) {
        (void)state;
        for (int n = 0; n <= 2; n++) {
                run_spikes(n, 20000);
                expect_verified();
                assert_int_equal(verdict.samples_dropped, n);
                assert_int_equal(verdict.gap_us, n ? 2 * S : S);
        }
        run_spikes(2, 999000);
        expect_verified();
        run_spikes(3, 20000);
        expect_failed(CYCLE_HOLD_TOO_SHORT);
}

static void a_sample_twenty_kelvin_off_is_no_spike(void **state) {
        (void)state;
        run_spikes(1, 115000);
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        run_spikes(1, 114999);
        expect_verified();
}

/* A hold with one sample between two that differ a little. */
static void run_between(int32_t before_mc, int32_t between_mc, int32_t after_mc) {
        heat();
        feed_seconds(100, before_mc, 135000);
        feed_seconds(1, between_mc, 135000);
        feed_seconds(100, after_mc, 135000);
        cool_and_end();
}

static void a_spike_is_off_both_neighbours(void **state) {
        (void)state;
        run_between(135100, 115000, 135000);
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        run_between(135000, 155100, 135100);
        assert_int_equal(verdict.samples_dropped, 0);
        run_between(135100, 114999, 135000);
        expect_verified();
        run_between(135000, 155101, 135100);
        expect_verified();
}

static void two_far_off_in_a_row_are_no_spike(void **state) {
        (void)state;
        heat();
        hold(100);
        feed_seconds(2, 20000, 135000);
        hold(100);
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        assert_int_equal(verdict.samples_dropped, 0);
}

static void the_gap_rule_decides_over_what_a_dropped_spike_leaves(void **state) {
        (void)state;
        heat();
        hold(100);
        feed_steam(now + 1500000, 20000, 135000);
        feed(now + 1500000, 135000);
        hold(100);
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
}

static void an_evidence_gap_before_a_dropped_spike_is_not_forgotten(void **state) {
        (void)state;
        heat();
        hold(100);
        cycle_gap(&cycle);
        feed_seconds(1, 20000, 135000);
        hold(100);
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_MISSING);
}

static void a_probe_that_fails_for_good_ends_the_hold(void **state) {
        (void)state;
        heat();
        hold(181);
        feed_raw(now + S, 0, 101000);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        expect_verified();
        assert_int_equal(verdict.samples_dropped, 0);
        assert_int_equal(verdict.hold_us, 180 * S);
        heat();
        hold(100);
        feed_raw(now + S, 0, 101000);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        expect_failed(CYCLE_HOLD_TOO_SHORT);
}

static void identical_rows_are_merged_and_different_ones_keep_their_order(void **state) {
        (void)state;
        heat();
        hold(181);
        feed_raw(now, 135000, pressure_at(135000));
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.samples_merged, 1);
        assert_int_equal(verdict.samples_held, 181);
        heat();
        hold(181);
        feed(now, 135100);
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.samples_merged, 0);
        assert_int_equal(verdict.samples_held, 182);
        heat();
        hold(100);
        feed(now, 134000); /* at the same time, but the hold is broken */
        feed(now, 135000);
        hold(100);
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
}

static void wild_values_never_count(void **state) {
        const int32_t wild[] = { INT32_MIN, -1, 0, 135000, 313000, INT32_MAX };
        (void)state;
        heat();
        for (int i = 0; i < 400; i++)
                feed_raw(now + S, wild[i % 6], wild[i / 6 % 6]);
        cool_and_end();
        assert_int_not_equal(verdict.verdict, CYCLE_VERIFIED);
        assert_true(verdict.hold_us < 10 * S);
}

/* Figures */

static void f0_is_that_of_the_textbook(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        p.uncertainty_mc = p.display_step_mc = 0;
        heat_with(&p, &LOAD);
        feed_seconds(181, 134000, 134000);
        cool_and_end();
        expect_verified();
        assert_in_range(verdict.f0, 58495, 58499); /* 3 * 10^1.29 = 58.495 */
        p.set_temperature_mc = 121000;
        p.hold_min_us = 900 * S;
        heat_with(&p, &LOAD);
        feed_seconds(901, 121000, 121000);
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.f0, 14659); /* 15 * 10^-0.01 = 14.659 */
}

static void figures_are_those_of_the_hold(void **state) {
        (void)state;
        heat();
        feed_seconds(1, 138000, 138000);
        feed_seconds(60, 135000, 134900);
        feed_seconds(100, 135400, 135000);
        feed_seconds(30, 134700, 135900);
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.coldest_mc, 134700);
        assert_int_equal(verdict.hottest_mc, 135400);
        assert_int_equal(verdict.plateau_hottest_mc, 138000);
        assert_int_equal(verdict.worst_mc, -1200);
        assert_int_equal(verdict.median_mc, 400);
        assert_int_equal(verdict.gap_us, S);
        assert_int_equal(verdict.samples, 201);
        assert_string_equal(verdict.program, "plain-134");
}

static void the_phase_follows_the_samples(void **state) {
        (void)state;
        heat();
        assert_int_equal(cycle_phase(&cycle), CYCLE_BEFORE_HOLD);
        hold(1);
        assert_int_equal(cycle_phase(&cycle), CYCLE_IN_HOLD);
        hold(180);
        feed_seconds(2, 100000, 100000);
        assert_int_equal(cycle_phase(&cycle), CYCLE_AFTER_HOLD);
}

static void a_copy_goes_on_as_the_cycle_itself_and_an_early_look_changes_nothing(void **state) {
        Cycle stored;
        (void)state;
        heat();
        hold(100);
        feed_seconds(1, 20000, 135000); /* held back */
        memcpy(&stored, &cycle, sizeof(stored));
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        assert_memory_equal(&stored, &cycle, sizeof(stored));
        memset(&cycle, 0xff, sizeof(cycle));
        cycle = stored;
        hold(100);
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.samples_dropped, 1);
}

static void a_program_must_make_sense_and_leave_some_of_the_band(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        assert_int_equal(cycle_program_check(&p), 0);
        p.uncertainty_mc = 1450;
        assert_int_equal(cycle_program_check(&p), 0);
        p.uncertainty_mc = 1451;
        assert_int_equal(cycle_program_check(&p), -ERANGE);
        p.uncertainty_mc = 1450, p.band_mc = 2999;
        assert_int_equal(cycle_program_check(&p), -ERANGE);
        p.uncertainty_mc = INT32_MAX;
        assert_int_equal(cycle_program_check(&p), -ERANGE);
        p = PLAIN, p.set_temperature_mc = CYCLE_SET_MIN_MC - 1;
        assert_int_equal(cycle_program_check(&p), -EINVAL);
        p = PLAIN, p.gap_max_us = 0;
        assert_int_equal(cycle_program_check(&p), -EINVAL);
        p = PLAIN, p.hold_min_us = 0;
        assert_int_equal(cycle_program_check(&p), -EINVAL);
        p = PLAIN, p.uncertainty_mc = -1;
        assert_int_equal(cycle_program_check(&p), -EINVAL);
        p = PLAIN, p.prevacuum = true;
        assert_int_equal(cycle_program_check(&p), -EINVAL);
}

static void every_rule_has_its_id_and_a_sentence_that_fits(void **state) {
        CycleVerdict widest;
        char buf[CYCLE_TEXT_MAX];
        (void)state;
        memset(&widest, 0x7f, sizeof(widest));
        memset(widest.program, 'p', LABEL_MAX);
        widest.program[LABEL_MAX] = 0;
        widest.truncated = widest.disordered = widest.contradictory = false;
        for (int rule = 0; rule < _CYCLE_RULE_MAX; rule++) {
                assert_int_equal(cycle_rule_text(&widest, (CycleRule)rule, buf, sizeof(buf)), 0);
                assert_int_equal(buf[strlen(buf) - 1], '.');
                assert_true(strlen(cycle_rule_id((CycleRule)rule)) > 0 && strlen(cycle_rule_source((CycleRule)rule)) > 0);
                assert_int_equal(cycle_rule_text(&widest, (CycleRule)rule, buf, 20), -ENOBUFS);
                assert_int_equal(strlen(buf), 19);
        }
        assert_int_equal(cycle_rule_text(&widest, CYCLE_HOLD_TOO_SHORT, buf, 0), -ENOBUFS);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(up_to_two_single_samples_far_off_are_dropped_and_counted),
                cmocka_unit_test(a_sample_twenty_kelvin_off_is_no_spike),
                cmocka_unit_test(a_spike_is_off_both_neighbours),
                cmocka_unit_test(two_far_off_in_a_row_are_no_spike),
                cmocka_unit_test(the_gap_rule_decides_over_what_a_dropped_spike_leaves),
                cmocka_unit_test(an_evidence_gap_before_a_dropped_spike_is_not_forgotten),
                cmocka_unit_test(a_probe_that_fails_for_good_ends_the_hold),
                cmocka_unit_test(identical_rows_are_merged_and_different_ones_keep_their_order),
                cmocka_unit_test(wild_values_never_count),
                cmocka_unit_test(f0_is_that_of_the_textbook),
                cmocka_unit_test(figures_are_those_of_the_hold),
                cmocka_unit_test(the_phase_follows_the_samples),
                cmocka_unit_test(a_copy_goes_on_as_the_cycle_itself_and_an_early_look_changes_nothing),
                cmocka_unit_test(a_program_must_make_sense_and_leave_some_of_the_band),
                cmocka_unit_test(every_rule_has_its_id_and_a_sentence_that_fits),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
