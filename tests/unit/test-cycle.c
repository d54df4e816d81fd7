/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a cycle, each firing, silent and at its edge. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/cyclefeed.h"

/* hold-too-short */

static void a_hold_of_exactly_the_minimum_is_verified(void **state) {
        (void)state;
        heat();
        hold(181);
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.hold_us, 180 * S);
        assert_int_equal(verdict.samples_held, 181);
}

static void a_hold_one_sample_short_fails_as_hold_too_short(void **state) {
        (void)state;
        heat();
        hold(180);
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        assert_string_equal(text(CYCLE_HOLD_TOO_SHORT), "The hold lasted 2 min 59 s; program plain-134 needs 3 min 0 s. "
                                                        "Do not use this load; run it again.");
}

static void a_longer_set_time_less_two_and_a_half_per_cent_is_required(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        p.set_hold_us = 200 * S; /* 195 s */
        for (int n = 195; n <= 196; n++) {
                heat_with(&p, &LOAD);
                hold(n);
                cool_and_end();
                assert_int_equal(verdict.required_us, 195 * S);
                assert_int_equal(verdict.verdict, n == 196 ? CYCLE_VERIFIED : CYCLE_FAILED);
        }
        p.set_hold_us = 100 * S; /* shorter than the minimum: no matter */
        heat_with(&p, &LOAD);
        hold(181);
        cool_and_end();
        expect_verified();
}

static void any_sample_that_does_not_count_ends_the_stretch(void **state) {
        (void)state;
        heat();
        hold(120);
        feed_seconds(1, 134500, 134500);
        hold(120);
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        assert_int_equal(verdict.hold_us, 119 * S);
}

static void the_longest_stretch_is_the_hold(void **state) {
        (void)state;
        heat();
        hold(50);
        feed_seconds(1, 133000, 133000);
        hold(200);
        feed_seconds(1, 133000, 133000);
        hold(30);
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.hold_us, 199 * S);
        assert_int_equal(verdict.hold_start_us, 57 * S);
        assert_int_equal(verdict.plateau_start_us, 6 * S);
        assert_int_equal(verdict.plateau_end_us, 287 * S);
        assert_int_equal(verdict.drying_us, 5 * S);
}

/* The whole hold at one point of temperature and steam: does it count? */
static bool counts_at(int32_t temperature_mc, int32_t boiling_mc) {
        heat();
        feed_seconds(181, temperature_mc, boiling_mc);
        cool_and_end();
        return verdict.verdict == CYCLE_VERIFIED;
}

static void the_edges_of_the_narrowed_band_count_and_no_more(void **state) {
        (void)state;
        assert_true(counts_at(134550, 135000));
        assert_false(counts_at(134549, 135000));
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        assert_true(counts_at(136450, 136000));
        assert_false(counts_at(136451, 136000));
}

static void half_an_odd_display_step_is_rounded_up(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        p.display_step_mc = 101; /* 134551 to 136449 */
        for (int32_t t = 134550; t <= 134551; t++) {
                heat_with(&p, &LOAD);
                feed_seconds(181, t, 135000);
                cool_and_end();
                assert_int_equal(verdict.verdict, t == 134551 ? CYCLE_VERIFIED : CYCLE_FAILED);
        }
}

/* steam-not-saturated */

static void the_edges_of_the_unnarrowed_band_count_for_steam_and_no_more(void **state) {
        (void)state;
        assert_true(counts_at(135000, 134000));
        assert_false(counts_at(135000, 133999));
        expect_failed(CYCLE_STEAM_NOT_SATURATED);
        assert_true(counts_at(136000, 137000));
        assert_false(counts_at(136000, 137001));
        expect_failed(CYCLE_STEAM_NOT_SATURATED);
}

static void two_kelvin_off_saturation_count_and_no_more(void **state) {
        (void)state;
        assert_true(counts_at(136400, 134400));
        assert_int_equal(verdict.worst_mc, 2000);
        assert_int_equal(verdict.median_mc, 2000);
        assert_false(counts_at(136401, 134400));
        expect_failed(CYCLE_STEAM_NOT_SATURATED);
        assert_true(counts_at(134600, 136600));
        assert_int_equal(verdict.median_mc, -2000);
        assert_false(counts_at(134600, 136601));
        expect_failed(CYCLE_STEAM_NOT_SATURATED);
}

static void a_moment_of_unsaturated_steam_in_the_middle_is_steam_not_saturated(void **state) {
        (void)state;
        heat();
        hold(100);
        feed_seconds(1, 135000, 132000);
        hold(100);
        cool_and_end();
        expect_failed(CYCLE_STEAM_NOT_SATURATED);
        assert_int_equal(verdict.hold_by_temperature_us, 200 * S);
        assert_non_null(strstr(text(CYCLE_STEAM_NOT_SATURATED), "only 1 min 39 s; program plain-134 needs 3 min 0 s."));
}

/* temperature-high */

/* Starts the plateau, then a sample that hot so many microseconds into it, then a good hold. */
static void run_hot(int64_t into_us, int32_t temperature_mc) {
        int64_t start;
        heat();
        feed(start = now + S, 134000);
        feed(start + into_us, temperature_mc);
        hold(181);
        cool_and_end();
}

static void above_the_band_is_temperature_high_only_after_a_minute(void **state) {
        (void)state;
        run_hot(60 * S, 137001);
        expect_verified();
        run_hot(60 * S + 1, 137000);
        expect_verified();
        run_hot(60 * S + 1, 137001);
        expect_unverified(CYCLE_TEMPERATURE_HIGH);
        assert_string_equal(text(CYCLE_TEMPERATURE_HIGH),
                            "The chamber got as hot as 137.1 degrees; program plain-134 allows 137. Run the load again; have "
                            "the autoclave looked at if it happens again.");
}

static void more_than_five_degrees_over_is_temperature_high_at_any_time(void **state) {
        (void)state;
        run_hot(S, 139000);
        expect_verified();
        run_hot(S, 139001);
        expect_unverified(CYCLE_TEMPERATURE_HIGH);
}

/* air-removal-short */

static void pulse(int32_t down_to_pa) {
        feed_raw(now + S, 90000, 100000);
        feed_raw(now + S, 80000, down_to_pa);
        feed_raw(now + S, 80000, down_to_pa + 500);
        feed_raw(now + S, 80000, down_to_pa - 100);
        feed_raw(now + S, 90000, 100000);
}

static void run_pulses(int n, int32_t down_to_pa) {
        CycleProgram p = PLAIN;
        p.prevacuum = true;
        p.pulses = 3;
        p.pulse_pressure_pa = 20000;
        heat_with(&p, &LOAD);
        for (int i = 0; i < n; i++)
                pulse(down_to_pa);
        hold(181);
        pulse(8000); /* drying */
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
}

static void fewer_pulses_than_configured_are_air_removal_short(void **state) {
        (void)state;
        run_pulses(3, 15000);
        expect_verified();
        assert_int_equal(verdict.pulses, 3);
        run_pulses(2, 15000);
        expect_unverified(CYCLE_AIR_REMOVAL_SHORT);
        assert_string_equal(text(CYCLE_AIR_REMOVAL_SHORT), "Air removal shows 2 pulses below 20 kPa; program plain-134 "
                                                           "needs 3. Run the load again.");
}

static void a_pulse_goes_below_the_pressure_and_not_just_to_it(void **state) {
        (void)state;
        run_pulses(3, 20100); /* lowest: 20000 */
        expect_unverified(CYCLE_AIR_REMOVAL_SHORT);
        run_pulses(3, 20099);
        expect_verified();
}

static void a_pulse_below_what_any_chamber_reaches_is_no_pulse(void **state) {
        (void)state;
        run_pulses(3, 0);
        expect_unverified(CYCLE_AIR_REMOVAL_SHORT);
}

static void a_program_without_prevacuum_needs_no_pulses(void **state) {
        (void)state;
        heat();
        hold(181);
        cool_and_end();
        expect_verified();
        assert_int_equal(verdict.pulses_required, 0);
}

/* samples-too-sparse */

static void run_gap(const CycleProgram *p, int64_t gap_us, Grade grade) {
        heat_with(p, &LOAD);
        hold(100);
        feed(now + gap_us, 135000);
        hold(100);
        feed_seconds(5, 100000, 100000);
        end_as(OUTCOME_COMPLETED, grade);
}

static void a_gap_above_the_allowed_one_in_the_hold_is_samples_too_sparse(void **state) {
        (void)state;
        run_gap(&PLAIN, 2500000, GRADE_CONTINUOUS);
        expect_verified();
        assert_int_equal(verdict.gap_us, 2500000);
        run_gap(&PLAIN, 2500001, GRADE_CONTINUOUS);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
        run_gap(&PLAIN, 9 * S, GRADE_CONTINUOUS);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
        assert_non_null(strstr(text(CYCLE_SAMPLES_TOO_SPARSE), "no measurement came for 9 s; at most 2.5 s are allowed"));
}

static void a_printout_is_allowed_its_interval_and_a_fortieth_of_it(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        run_gap(&p, 61500000, GRADE_PRINTOUT);
        expect_verified();
        run_gap(&p, 61500001, GRADE_PRINTOUT);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
        run_gap(&p, 61500000, GRADE_CONTINUOUS);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
}

static void a_printout_is_never_allowed_more_than_three_minutes(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        p.print_interval_us = 300 * S;
        run_gap(&p, 180 * S, GRADE_PRINTOUT);
        expect_verified();
        run_gap(&p, 180 * S + 1, GRADE_PRINTOUT);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
}

static void a_printout_without_an_interval_is_judged_like_live_samples(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        p.print_interval_us = 0;
        run_gap(&p, 2500001, GRADE_PRINTOUT);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
}

static void a_gap_outside_the_hold_does_not_matter(void **state) {
        (void)state;
        heat();
        now += 100 * S;
        hold(181);
        feed_seconds(1, 120000, 120000);
        now += 200 * S;
        cool_and_end();
        expect_verified();
}

static void a_short_hold_whose_end_went_unseen_is_unverified_unless_it_was_short_anyway(void **state) {
        (void)state;
        heat();
        hold(100);
        now += 200 * S;
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
        assert_true(verdict.truncated);
        heat();
        hold(100);
        feed_seconds(1, 120000, 120000);
        cycle_gap(&cycle);
        now += 200 * S; /* of drying */
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        heat();
        hold(100);
        now += 30 * S; /* even had it lasted until then, it would have been too short */
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
}

static void a_cycle_without_samples_is_unverified(void **state) {
        (void)state;
        cycle_begin(&cycle, &PLAIN, &LOAD);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
        assert_non_null(strstr(text(CYCLE_SAMPLES_TOO_SPARSE), "do not show the whole hold"));
        cycle_gap(&cycle);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        assert_int_equal(verdict.reasons, ONLY(CYCLE_SAMPLES_TOO_SPARSE) | ONLY(CYCLE_SAMPLES_MISSING));
        assert_int_equal(verdict.verdict, CYCLE_UNVERIFIED);
}

static void samples_that_stop_in_a_hold_or_under_pressure_are_unverified(void **state) {
        (void)state;
        heat();
        hold(100);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
        heat();
        feed_seconds(1, 120000, 120000);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
}

static void a_whole_hold_that_went_unseen_is_unverified(void **state) {
        (void)state;
        heat();
        now += 400 * S;
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
        cycle_begin(&cycle, &PLAIN, &LOAD);
        now = 400 * S;
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_TOO_SPARSE);
}

static void a_cycle_seen_whole_that_never_got_hot_fails(void **state) {
        (void)state;
        heat();
        feed_seconds(300, 121000, 121000);
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        assert_int_equal(verdict.plateau_start_us, -1);
}

/* samples-inconsistent */

static void time_that_decreases_is_samples_inconsistent(void **state) {
        (void)state;
        heat();
        hold(100);
        assert_int_equal(cycle_sample(&cycle, &(Sample) { now - 1, 135000, pressure_at(135000) }, -1),
                         CYCLE_SAMPLE_REFUSED);
        hold(100);
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
        assert_int_equal(verdict.samples_refused, 1);
        assert_non_null(strstr(text(CYCLE_SAMPLES_INCONSISTENT), "run backwards"));
}

static void impossible_times_are_samples_inconsistent(void **state) {
        const int64_t impossible[] = { -1, INT64_MIN, INT64_MAX, CYCLE_T_MAX_US + 1 };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(impossible); i++) {
                heat();
                assert_int_equal(cycle_sample(&cycle, &(Sample) { impossible[i], 135000, 313000 }, -1),
                                 CYCLE_SAMPLE_REFUSED);
                hold(181);
                cool_and_end();
                expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
        }
}

/* A good cycle of 200 s in messages of ten; from t = 100 s on they come `late_us` later than the clock says. */
static void run_late(const CycleProgram *p, int64_t late_us, int64_t away_us) {
        CycleStart start = LOAD;
        start.arrival_us = 1000 * S;
        cycle_begin(&cycle, p, &start);
        for (int64_t t = 1; t <= 200; t++) {
                Sample s = { t * S, 135000, pressure_at(135000) };
                int64_t sent = (t + 9) / 10 * 10;
                cycle_sample(&cycle, &s, (1000 + sent) * S + (sent > 100 ? late_us : 0));
        }
        if (away_us)
                cycle_away(&cycle, away_us);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
}

static void arrival_that_tells_another_story_is_samples_inconsistent(void **state) {
        const int64_t slack = CYCLE_ARRIVAL_SLACK_US + 2 * S; /* a hundredth of 200 s */
        (void)state;
        run_late(&PLAIN, slack, 0);
        expect_verified();
        run_late(&PLAIN, slack + 1, 0);
        expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
        assert_non_null(strstr(text(CYCLE_SAMPLES_INCONSISTENT), "are 17 s apart"));
        run_late(&PLAIN, -slack, 0);
        expect_verified();
        run_late(&PLAIN, -slack - 1, 0);
        expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
}

static void time_that_the_broker_was_away_is_added(void **state) {
        const int64_t slack = CYCLE_ARRIVAL_SLACK_US + 2 * S;
        (void)state;
        run_late(&PLAIN, slack + 60 * S, 60 * S);
        expect_verified();
        run_late(&PLAIN, slack + 60 * S + 1, 60 * S);
        expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
        run_late(&PLAIN, slack + 60 * S, INT64_MAX);
        expect_verified();
}

/* A good cycle of 200 s; at t = 100 s the clock of arrivals begins anew, and from then on it runs `ahead` as fast. */
static void run_on_two_clocks(double before, double after) {
        CycleStart start = LOAD;
        start.arrival_us = 1000 * S;
        cycle_begin(&cycle, &PLAIN, &start);
        for (int64_t t = 1; t <= 200; t++) {
                Sample s = { t * S, 135000, pressure_at(135000) };
                if (t == 101)
                        cycle_clock_anew(&cycle);
                cycle_sample(&cycle, &s, t <= 100 ? (int64_t)(1000e6 + (double)t * 1e6 / before)
                                                  : (int64_t)(20e6 + (double)(t - 100) * 1e6 / after));
        }
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
}

static void a_clock_that_begins_anew_is_judged_apart_and_that_is_said(void **state) {
        (void)state;
        run_on_two_clocks(1, 1);
        expect_verified();
        assert_false(verdict.arrival_judged);
        assert_true(verdict.arrival_skew_us <= S);
        run_on_two_clocks(1.3, 1);
        expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
        run_on_two_clocks(1, 1.3);
        expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
}

static void whether_all_times_were_held_against_our_clock_is_said(void **state) {
        CycleProgram p = PLAIN;
        (void)state;
        run_late(&p, 0, 0);
        assert_true(verdict.arrival_judged);
        cycle_sample(&cycle, &(Sample) { 201 * S, 100000, 100000 }, -1);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        assert_false(verdict.arrival_judged);
        p.store_and_forward = true;
        run_late(&p, 0, 0);
        assert_false(verdict.arrival_judged);
        run_late(NULL, 0, 0);
        assert_false(verdict.arrival_judged);
}

static void everything_at_the_end_is_inconsistent_unless_declared_store_and_forward(void **state) {
        CycleProgram p = PLAIN;
        CycleStart start = LOAD;
        (void)state;
        start.arrival_us = 1000 * S;
        for (int declared = 0; declared <= 1; declared++) {
                p.store_and_forward = declared;
                cycle_begin(&cycle, &p, &start);
                for (int64_t t = 1; t <= 200; t++)
                        cycle_sample(&cycle, &(Sample) { t * S, 135000, pressure_at(135000) }, 1001 * S);
                end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
                assert_int_equal(verdict.reasons, declared ? 0 : ONLY(CYCLE_SAMPLES_INCONSISTENT));
        }
}

static void a_minute_of_sensors_that_contradict_each_other_is_samples_inconsistent(void **state) {
        (void)state;
        for (int n = 60; n <= 61; n++) {
                heat();
                feed_seconds(n, 135000, 124999);
                hold(181);
                cool_and_end();
                assert_int_equal(verdict.reasons, n == 61 ? ONLY(CYCLE_SAMPLES_INCONSISTENT) : 0);
        }
        assert_non_null(strstr(text(CYCLE_SAMPLES_INCONSISTENT), "contradict each other"));
        heat();
        feed_seconds(61, 100000, 135000);
        hold(181);
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_INCONSISTENT);
        heat();
        feed_seconds(61, 135000, 125000);
        hold(181);
        cool_and_end();
        expect_verified();
}

/* saturation-drift, not-commissioned */

/* A hold whose T - T_sat is `off_mc`, after a commissioning that found `reference_mc`. */
static void run_off(int32_t off_mc, const CycleReference *reference, Purpose purpose) {
        CycleStart start = { .purpose = purpose, .arrival_us = -1 };
        heat_with(&PLAIN, &start);
        cycle_reference(&cycle, reference);
        feed_seconds(181, 135500, 135500 - off_mc);
        cool_and_end();
        assert_int_equal(verdict.median_mc, off_mc);
}

static void a_median_more_than_a_kelvin_off_its_reference_is_saturation_drift(void **state) {
        const CycleReference reference = { .known = true, .median_mc = 200 };
        (void)state;
        run_off(1200, &reference, PURPOSE_LOAD);
        expect_verified();
        assert_true(verdict.has_reference);
        assert_int_equal(verdict.reference_mc, 200);
        run_off(-800, &reference, PURPOSE_LOAD);
        expect_verified();
        run_off(1220, &reference, PURPOSE_LOAD);
        expect_unverified(CYCLE_SATURATION_DRIFT);
        run_off(-820, &reference, PURPOSE_LOAD);
        expect_unverified(CYCLE_SATURATION_DRIFT);
        assert_string_equal(text(CYCLE_SATURATION_DRIFT),
                            "Chamber temperature less that of saturated steam was -0.82 K in the hold, and +0.20 K when "
                            "program plain-134 was commissioned: more than 1 K has changed. A sensor is off, or there is "
                            "air in the steam. Do not use this load. Have the autoclave looked at, and commission the "
                            "program again after that.");
}

static void the_edge_of_saturation_drift_is_a_millikelvin_wide(void **state) {
        CycleReference reference = { .known = true, .median_mc = 500 };
        (void)state;
        run_off(1500, &reference, PURPOSE_LOAD);
        expect_verified();
        reference.median_mc = 499;
        run_off(1500, &reference, PURPOSE_LOAD);
        expect_unverified(CYCLE_SATURATION_DRIFT);
}

static void without_a_load_saturation_drift_is_told_and_no_reason(void **state) {
        const CycleReference reference = { .known = true, .median_mc = -500 };
        (void)state;
        run_off(1000, &reference, PURPOSE_EMPTY);
        expect_verified();
        assert_true(verdict.drifted);
        assert_null(strstr(text(CYCLE_SATURATION_DRIFT), "this load"));
        cycle_load(&cycle);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        assert_true(cycle_has_reason(&verdict, CYCLE_SATURATION_DRIFT));
}

static void a_hold_that_is_short_does_not_drift(void **state) {
        const CycleReference reference = { .known = true, .median_mc = -1500 };
        (void)state;
        heat();
        cycle_reference(&cycle, &reference);
        hold(100);
        cool_and_end();
        expect_failed(CYCLE_HOLD_TOO_SHORT);
        assert_false(verdict.drifted);
}

static void an_uncommissioned_program_is_refused_a_load_only_where_commissioning_is_required(void **state) {
        const CycleReference none = { .median_mc = 5000 }, wanted = { .required = true },
                             there = { .known = true, .required = true };
        (void)state;
        run_off(0, &none, PURPOSE_LOAD);
        expect_verified();
        assert_false(verdict.has_reference);
        run_off(0, &wanted, PURPOSE_LOAD);
        expect_unverified(CYCLE_NOT_COMMISSIONED);
        assert_non_null(strstr(text(CYCLE_NOT_COMMISSIONED), "Nobody has commissioned program plain-134"));
        run_off(0, &wanted, PURPOSE_EMPTY);
        expect_verified();
        run_off(0, &there, PURPOSE_LOAD);
        expect_verified();
}

/* cycle-number-gap */

static void only_numbers_left_out_are_a_gap(void **state) {
        (void)state;
        assert_int_equal(cycle_numbers_skipped(41, 42), 0);
        assert_int_equal(cycle_numbers_skipped(41, 43), 1);
        assert_int_equal(cycle_numbers_skipped(41, 50), 8);
        assert_int_equal(cycle_numbers_skipped(41, 41), 0);
        assert_int_equal(cycle_numbers_skipped(41, 1), 0);
        assert_int_equal(cycle_numbers_skipped(INT64_MIN, INT64_MAX), INT64_MAX);
        assert_int_equal(cycle_numbers_skipped(INT64_MAX, INT64_MIN), 0);
}

/* samples-missing */

static void an_evidence_gap_counts_only_inside_the_hold(void **state) {
        (void)state;
        heat();
        hold(90);
        cycle_gap(&cycle);
        hold(91);
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_MISSING);
        heat();
        cycle_gap(&cycle);
        hold(181);
        cycle_gap(&cycle);
        cool_and_end();
        expect_verified();
}

static void an_evidence_gap_in_a_shorter_stretch_does_not_matter(void **state) {
        (void)state;
        heat();
        hold(10);
        cycle_gap(&cycle);
        hold(10);
        feed_seconds(1, 133000, 133000);
        hold(181);
        cool_and_end();
        expect_verified();
}

static void an_evidence_gap_before_a_row_printed_twice_is_not_forgotten(void **state) {
        (void)state;
        heat();
        hold(90);
        cycle_gap(&cycle);
        feed_raw(now, 135000, pressure_at(135000));
        hold(91);
        cool_and_end();
        expect_unverified(CYCLE_SAMPLES_MISSING);
}

static void a_loss_that_may_hide_a_long_enough_hold_is_samples_missing(void **state) {
        (void)state;
        heat();
        hold(100);
        cycle_gap(&cycle);
        now += 200 * S;
        cool_and_end();
        assert_true(cycle_has_reason(&verdict, CYCLE_SAMPLES_MISSING));
        assert_int_equal(verdict.verdict, CYCLE_UNVERIFIED);
}

/* outcome-not-completed, test-cycle-in-load, program-unknown, program-altered */

static void a_machine_that_failed_or_was_aborted_fails_the_best_hold(void **state) {
        (void)state;
        heat();
        hold(300);
        feed_seconds(5, 100000, 100000);
        end_as(OUTCOME_FAILED, GRADE_CONTINUOUS);
        expect_failed(CYCLE_OUTCOME_NOT_COMPLETED);
        end_as(OUTCOME_ABORTED, GRADE_CONTINUOUS);
        expect_failed(CYCLE_OUTCOME_NOT_COMPLETED);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        expect_verified();
}

static void a_test_program_never_sterilizes_a_load(void **state) {
        CycleProgram p = PLAIN;
        CycleStart test = { .purpose = PURPOSE_TEST, .arrival_us = -1 };
        (void)state;
        p.test_program = true;
        heat_with(&p, &LOAD);
        hold(181);
        cool_and_end();
        expect_failed(CYCLE_TEST_CYCLE_IN_LOAD);
        heat_with(&p, &test);
        hold(181);
        cool_and_end();
        expect_verified();
        cycle_load(&cycle);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        expect_failed(CYCLE_TEST_CYCLE_IN_LOAD);
}

static void a_load_in_a_cycle_announced_as_something_else_is_test_cycle_in_load(void **state) {
        (void)state;
        for (Purpose purpose = PURPOSE_LOAD; purpose <= PURPOSE_WARM_UP; purpose++) {
                CycleStart start = { .purpose = purpose, .arrival_us = -1 };
                heat_with(&PLAIN, &start);
                cycle_load(&cycle);
                hold(181);
                cool_and_end();
                assert_int_equal(verdict.reasons, purpose == PURPOSE_LOAD ? 0 : ONLY(CYCLE_TEST_CYCLE_IN_LOAD));
        }
}

static void a_program_that_is_not_configured_is_program_unknown(void **state) {
        CycleProgram bad = PLAIN;
        (void)state;
        heat_with(NULL, &LOAD);
        hold(181);
        cool_and_end();
        expect_unverified(CYCLE_PROGRAM_UNKNOWN);
        bad.hold_min_us = 0;
        heat_with(&bad, &LOAD);
        hold(181);
        cool_and_end();
        expect_unverified(CYCLE_PROGRAM_UNKNOWN);
}

static uint32_t reasons_announced(int32_t set_temperature_mc, int64_t set_hold_us) {
        CycleProgram p = PLAIN;
        CycleStart start = { .purpose = PURPOSE_LOAD, .arrival_us = -1, .has_set_temperature = set_temperature_mc != 0,
                             .set_temperature_mc = set_temperature_mc, .has_set_hold = set_hold_us != 0,
                             .set_hold_us = set_hold_us };
        p.set_hold_us = 180 * S;
        heat_with(&p, &start);
        hold(300);
        cool_and_end();
        return verdict.reasons;
}

static void other_settings_than_configured_are_program_altered(void **state) {
        (void)state;
        assert_int_equal(reasons_announced(0, 0), 0);
        assert_int_equal(reasons_announced(134050, 180500000), 0);
        assert_int_equal(reasons_announced(133950, 179500000), 0);
        assert_int_equal(reasons_announced(134051, 0), ONLY(CYCLE_PROGRAM_ALTERED));
        assert_int_equal(reasons_announced(133949, 0), ONLY(CYCLE_PROGRAM_ALTERED));
        assert_int_equal(reasons_announced(0, 180500001), ONLY(CYCLE_PROGRAM_ALTERED));
        assert_int_equal(reasons_announced(0, 179499999), ONLY(CYCLE_PROGRAM_ALTERED));
        assert_int_equal(verdict.verdict, CYCLE_UNVERIFIED);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_hold_of_exactly_the_minimum_is_verified),
                cmocka_unit_test(a_hold_one_sample_short_fails_as_hold_too_short),
                cmocka_unit_test(a_longer_set_time_less_two_and_a_half_per_cent_is_required),
                cmocka_unit_test(any_sample_that_does_not_count_ends_the_stretch),
                cmocka_unit_test(the_longest_stretch_is_the_hold),
                cmocka_unit_test(the_edges_of_the_narrowed_band_count_and_no_more),
                cmocka_unit_test(half_an_odd_display_step_is_rounded_up),
                cmocka_unit_test(the_edges_of_the_unnarrowed_band_count_for_steam_and_no_more),
                cmocka_unit_test(two_kelvin_off_saturation_count_and_no_more),
                cmocka_unit_test(a_moment_of_unsaturated_steam_in_the_middle_is_steam_not_saturated),
                cmocka_unit_test(above_the_band_is_temperature_high_only_after_a_minute),
                cmocka_unit_test(more_than_five_degrees_over_is_temperature_high_at_any_time),
                cmocka_unit_test(fewer_pulses_than_configured_are_air_removal_short),
                cmocka_unit_test(a_pulse_goes_below_the_pressure_and_not_just_to_it),
                cmocka_unit_test(a_pulse_below_what_any_chamber_reaches_is_no_pulse),
                cmocka_unit_test(a_program_without_prevacuum_needs_no_pulses),
                cmocka_unit_test(a_gap_above_the_allowed_one_in_the_hold_is_samples_too_sparse),
                cmocka_unit_test(a_printout_is_allowed_its_interval_and_a_fortieth_of_it),
                cmocka_unit_test(a_printout_is_never_allowed_more_than_three_minutes),
                cmocka_unit_test(a_printout_without_an_interval_is_judged_like_live_samples),
                cmocka_unit_test(a_gap_outside_the_hold_does_not_matter),
                cmocka_unit_test(a_short_hold_whose_end_went_unseen_is_unverified_unless_it_was_short_anyway),
                cmocka_unit_test(a_cycle_without_samples_is_unverified),
                cmocka_unit_test(samples_that_stop_in_a_hold_or_under_pressure_are_unverified),
                cmocka_unit_test(a_whole_hold_that_went_unseen_is_unverified),
                cmocka_unit_test(a_cycle_seen_whole_that_never_got_hot_fails),
                cmocka_unit_test(time_that_decreases_is_samples_inconsistent),
                cmocka_unit_test(impossible_times_are_samples_inconsistent),
                cmocka_unit_test(arrival_that_tells_another_story_is_samples_inconsistent),
                cmocka_unit_test(time_that_the_broker_was_away_is_added),
                cmocka_unit_test(a_clock_that_begins_anew_is_judged_apart_and_that_is_said),
                cmocka_unit_test(whether_all_times_were_held_against_our_clock_is_said),
                cmocka_unit_test(everything_at_the_end_is_inconsistent_unless_declared_store_and_forward),
                cmocka_unit_test(a_minute_of_sensors_that_contradict_each_other_is_samples_inconsistent),
                cmocka_unit_test(a_median_more_than_a_kelvin_off_its_reference_is_saturation_drift),
                cmocka_unit_test(the_edge_of_saturation_drift_is_a_millikelvin_wide),
                cmocka_unit_test(without_a_load_saturation_drift_is_told_and_no_reason),
                cmocka_unit_test(a_hold_that_is_short_does_not_drift),
                cmocka_unit_test(an_uncommissioned_program_is_refused_a_load_only_where_commissioning_is_required),
                cmocka_unit_test(only_numbers_left_out_are_a_gap),
                cmocka_unit_test(an_evidence_gap_counts_only_inside_the_hold),
                cmocka_unit_test(an_evidence_gap_in_a_shorter_stretch_does_not_matter),
                cmocka_unit_test(an_evidence_gap_before_a_row_printed_twice_is_not_forgotten),
                cmocka_unit_test(a_loss_that_may_hide_a_long_enough_hold_is_samples_missing),
                cmocka_unit_test(a_machine_that_failed_or_was_aborted_fails_the_best_hold),
                cmocka_unit_test(a_test_program_never_sterilizes_a_load),
                cmocka_unit_test(a_load_in_a_cycle_announced_as_something_else_is_test_cycle_in_load),
                cmocka_unit_test(a_program_that_is_not_configured_is_program_unknown),
                cmocka_unit_test(other_settings_than_configured_are_program_altered),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
