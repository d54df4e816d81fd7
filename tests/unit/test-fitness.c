/* SPDX-License-Identifier: Apache-2.0 */
/* Section 2 of the rules: each rule firing, silent, and at its boundary; what reports are worth; the way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "core/fitness.h"
#include "util.h"

#define S US_PER_S
#define HOUR (3600 * S)
#define TODAY 20779

static char why[FITNESS_TEXT_MAX];
static int64_t rate;

/* --- leak tests --- */

static const LeakLimits LIMITS = { .start_max_pa = 7000, .rate_max_pa = 130 };

static TestOutcome leak(int64_t settle_s, int64_t rise_s, int32_t p1, int32_t p2, int32_t p3) {
        const LeakReport r = { .n_pressures = 3,
                               .pressures = { { 0, p1 }, { settle_s * S, p2 }, { (settle_s + rise_s) * S, p3 } } };

        return fitness_leak(&r, &LIMITS, &rate, why);
}

static void a_leak_of_exactly_the_limit_passes_and_one_pascal_more_fails(void **state) {
        (void)state;
        assert_int_equal(leak(300, 600, 5000, 5200, 6500), TEST_PASSED);
        assert_int_equal(rate, 130000);
        assert_string_equal(why, "");
        assert_int_equal(leak(300, 600, 5000, 5200, 6501), TEST_FAILED);
        assert_int_equal(rate, 130100);
        assert_non_null(strstr(why, "0.131 kPa a minute, above 0.130"));
        assert_int_equal(leak(300, 600, 5000, 5200, 5200), TEST_PASSED);
}

static void a_leak_test_at_wrong_times_is_no_test(void **state) {
        (void)state;
        assert_int_equal(leak(299, 600, 5000, 5200, 5300), TEST_NO_TEST);
        assert_int_equal(leak(300, 599, 5000, 5200, 5300), TEST_NO_TEST);
        assert_int_equal(leak(300, 610, 5000, 5200, 5300), TEST_PASSED);
        assert_int_equal(leak(300, 611, 5000, 5200, 5300), TEST_NO_TEST);
        assert_int_equal(leak(900, 600, 5000, 5200, 5300), TEST_PASSED);
        assert_int_equal(leak(300, 599, 5000, 5200, 9999), TEST_NO_TEST);
        assert_non_null(strstr(why, "300 s"));
}

static void without_a_vacuum_at_its_start_it_is_no_leak_test(void **state) {
        (void)state;
        assert_int_equal(leak(300, 600, 7000, 7000, 7100), TEST_PASSED);
        assert_int_equal(leak(300, 600, 7001, 7001, 7100), TEST_NO_TEST);
        assert_non_null(strstr(why, "7.00 kPa"));
}

/* A chamber that is full of air before the ten minutes begin loses nothing more. */
static void a_large_leak_that_has_filled_the_chamber_does_not_pass(void **state) {
        (void)state;
        assert_int_equal(leak(300, 600, 5000, 101000, 101000), TEST_NO_TEST);
        assert_int_equal(leak(300, 600, 5000, 7000, 7100), TEST_PASSED);
        assert_int_equal(leak(300, 600, 5000, 7001, 7100), TEST_NO_TEST);
}

static void a_pressure_that_falls_was_pumped(void **state) {
        (void)state;
        assert_int_equal(leak(300, 600, 6000, 6500, 5200), TEST_PASSED);
        assert_int_equal(leak(300, 600, 6000, 6500, 5199), TEST_NO_TEST);
}

static void a_bare_pass_counts_by_policy_only_and_a_bare_fail_always(void **state) {
        LeakLimits lax = LIMITS;
        LeakReport r = { .result = RESULT_PASS };

        (void)state;
        lax.bare_pass = true;
        assert_int_equal(fitness_leak(&r, &LIMITS, &rate, why), TEST_NO_TEST);
        assert_int_equal(fitness_leak(&r, &lax, &rate, why), TEST_PASSED);
        r.cancelled = true;
        assert_int_equal(fitness_leak(&r, &lax, &rate, why), TEST_NO_TEST);
        r.result = RESULT_FAIL;
        assert_int_equal(fitness_leak(&r, &LIMITS, &rate, why), TEST_FAILED);
        r = (LeakReport){ .result = RESULT_NONE };
        assert_int_equal(fitness_leak(&r, &lax, &rate, why), TEST_NO_TEST);
}

static void pressures_beat_the_machines_pass_and_its_fail_beats_them(void **state) {
        LeakReport r = { .result = RESULT_PASS,
                         .n_pressures = 3,
                         .pressures = { { 0, 5000 }, { 300 * S, 5200 }, { 900 * S, 6501 } } };

        (void)state;
        assert_int_equal(fitness_leak(&r, &LIMITS, &rate, why), TEST_FAILED);
        r.cancelled = true;
        assert_int_equal(fitness_leak(&r, &LIMITS, &rate, why), TEST_NO_TEST);
        r = (LeakReport){ .result = RESULT_FAIL,
                          .n_pressures = 3,
                          .pressures = { { 0, 5000 }, { 300 * S, 5200 }, { 900 * S, 5300 } } };
        assert_int_equal(fitness_leak(&r, &LIMITS, &rate, why), TEST_FAILED);
}

/* --- penetration tests --- */

static PenetrationReport good_report(void) {
        return (PenetrationReport){ .result = RESULT_PASS, .named = true, .test_program = true, .empty = true,
                                    .verified = true, .hold_us = 220 * S, .hold_min_us = 210 * S,
                                    .hold_max_us = 240 * S, .reader_known = true };
}

static TestOutcome penetration(PenetrationReport r) {
        return fitness_penetration(&r, why);
}

static void a_penetration_test_counts_with_everything_there(void **state) {
        PenetrationReport r = good_report();

        (void)state;
        assert_int_equal(penetration(r), TEST_PASSED);
        r.hold_us = 210 * S;
        assert_int_equal(penetration(r), TEST_PASSED);
        r.hold_us = 240 * S;
        assert_int_equal(penetration(r), TEST_PASSED);
}

static void one_thing_missing_makes_a_penetration_test_no_test(void **state) {
        (void)state;
        for (int i = 0; i < 9; i++) {
                PenetrationReport r = good_report();

                r.named = i != 0;
                r.test_program = i != 1;
                r.empty = i != 2;
                r.verified = i != 3;
                r.hold_us = i == 4 ? 210 * S - 1 : i == 5 ? 240 * S + 1 : r.hold_us;
                r.reader_known = i != 6;
                r.expired = i == 7;
                r.result = i == 8 ? RESULT_NONE : RESULT_PASS;
                assert_int_equal(penetration(r), TEST_NO_TEST);
                assert_true(strlen(why) > 20);
        }
}

static void a_failed_penetration_test_counts_whatever_is_missing(void **state) {
        (void)state;
        assert_int_equal(penetration((PenetrationReport){ .result = RESULT_FAIL }), TEST_FAILED);
}

static void two_readers_who_disagree_count_as_failed(void **state) {
        PenetrationReport r = good_report();

        (void)state;
        r.failed_before = true;
        assert_int_equal(penetration(r), TEST_FAILED);
        assert_non_null(strstr(why, "disagree"));
}

/* --- spore tests --- */

#define SPORES(...) \
        fitness_spore((const SporeReading[]){ __VA_ARGS__ }, ELEMENTSOF(((const SporeReading[]){ __VA_ARGS__ })))

static void a_negative_needs_a_control_of_its_lot_that_grew(void **state) {
        (void)state;
        assert_int_equal(fitness_spore(NULL, 0), SPORE_NONE);
        assert_int_equal(SPORES({ "A", RESULT_PASS, CONTROL_GROWTH, false }), SPORE_NEGATIVE);
        assert_int_equal(SPORES({ "A", RESULT_PASS, CONTROL_UNSAID, false }), SPORE_PENDING);
        assert_int_equal(SPORES({ "A", RESULT_PASS, CONTROL_NO_GROWTH, false }), SPORE_INVALID);
        assert_int_equal(SPORES({ "", RESULT_PASS, CONTROL_GROWTH, false }), SPORE_PENDING);
        assert_int_equal(SPORES({ "A", RESULT_PASS, CONTROL_UNSAID, false }, { "B", RESULT_PENDING, CONTROL_GROWTH, false }),
                         SPORE_PENDING);
        assert_int_equal(SPORES({ "A", RESULT_PASS, CONTROL_UNSAID, false }, { "A", RESULT_PENDING, CONTROL_GROWTH, false }),
                         SPORE_NEGATIVE);
        assert_int_equal(SPORES({ "A", RESULT_PASS, CONTROL_GROWTH, true }), SPORE_INVALID);
        assert_int_equal(SPORES({ "A", RESULT_PASS, CONTROL_GROWTH, false }, { "A", RESULT_PASS, CONTROL_NO_GROWTH, false }),
                         SPORE_INVALID);
}

static void a_positive_always_counts(void **state) {
        (void)state;
        assert_int_equal(SPORES({ NULL, RESULT_FAIL, CONTROL_UNSAID, true }), SPORE_POSITIVE);
        assert_int_equal(SPORES({ "A", RESULT_FAIL, CONTROL_NO_GROWTH, false }), SPORE_POSITIVE);
        assert_int_equal(SPORES({ "A", RESULT_FAIL, CONTROL_GROWTH, false }, { "A", RESULT_PASS, CONTROL_GROWTH, false }),
                         SPORE_POSITIVE);
}

static void a_pending_one_becomes_negative_when_it_is_read(void **state) {
        (void)state;
        assert_int_equal(SPORES({ "A", RESULT_PENDING, CONTROL_UNSAID, false }), SPORE_PENDING);
        assert_int_equal(SPORES({ "A", RESULT_PENDING, CONTROL_UNSAID, false }, { "A", RESULT_PASS, CONTROL_GROWTH, false }),
                         SPORE_NEGATIVE);
}

/* --- rules --- */

static FitnessDuty duty;
static Reasons reasons;

/* Everything done today, an hour before a load at noon. */
static FitnessFacts fit(void) {
        duty = (FitnessDuty){ .id = "door-seal", .name = "Door seal", .done_day = TODAY, .interval_days = 7 };
        return (FitnessFacts){ .name = "Autoclave 1", .load = true, .vacuum = true, .load_us = 12 * HOUR, .day = TODAY,
                               .commissioned_day = FITNESS_NEVER, .penetration_us = 11 * HOUR, .penetration_day = TODAY,
                               .leak_day = TODAY, .leak_days = 7, .spore_day = TODAY,
                               .spore_pending_day = FITNESS_NEVER, .spore_days = 7, .calibration_day = TODAY,
                               .n_duties = 1, .duties = &duty };
}

/* What stands with this effect, apart by blanks. */
static const char *stands_as(FitnessFacts f, FitnessEffect effect) {
        static char text[1024];
        size_t n = 0;

        reasons = (Reasons){};
        text[0] = '\0';
        fitness_judge(&f, effect, &reasons);
        for (size_t i = 0; i < reasons.n; i++) {
                n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", reasons.v[i].rule);
                assert_true(strlen(reasons.v[i].text) > 25);
        }
        return text;
}

static const char *stands(FitnessFacts f) {
        return stands_as(f, FITNESS_BLOCK);
}

static void nothing_stands_against_a_fit_autoclave(void **state) {
        (void)state;
        assert_string_equal(stands(fit()), "");
        assert_string_equal(stands_as(fit(), FITNESS_ALERT), "");
}

static void an_autoclave_that_nobody_ever_tested_is_overdue_at_once(void **state) {
        FitnessFacts f = { .name = "x", .load = true, .vacuum = true, .load_us = 1, .day = TODAY, .leak_days = 7,
                           .spore_days = 7, .commissioned_day = FITNESS_NEVER, .penetration_day = FITNESS_NEVER,
                           .leak_day = FITNESS_NEVER, .spore_day = FITNESS_NEVER, .spore_pending_day = FITNESS_NEVER,
                           .calibration_day = FITNESS_NEVER };

        (void)state;
        assert_string_equal(stands(f), "penetration-test-missing leak-test-overdue spore-test-overdue calibration-overdue");
        f.vacuum = false;
        assert_string_equal(stands(f), "spore-test-overdue calibration-overdue");
}

static void a_penetration_test_covers_the_loads_after_it_on_its_clinic_day(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.penetration_day = TODAY - 1;
        assert_string_equal(stands(f), "penetration-test-missing");
        f = fit();
        f.penetration_us = f.load_us;
        assert_string_equal(stands(f), "penetration-test-missing");
        f.penetration_us = f.load_us - 1;
        assert_string_equal(stands(f), "");
        f.penetration_us = 0;
        f.penetration_unread = 100;
        assert_string_equal(stands(f), "penetration-test-missing");
        assert_non_null(strstr(reasons.v[0].text, "cycle 100"));
        f.vacuum = false;
        assert_string_equal(stands(f), "");
}

static void the_seventh_day_after_a_leak_test_is_good_and_the_eighth_is_not(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.leak_day = TODAY - 7;
        assert_string_equal(stands(f), "");
        f.leak_day = TODAY - 8;
        assert_string_equal(stands(f), "leak-test-overdue");
        assert_non_null(strstr(reasons.v[0].text, "8 days old"));
        f.vacuum = false;
        assert_string_equal(stands(f), "");
}

static void commissioning_seeds_the_clocks_and_not_from_the_future(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.leak_day = f.spore_day = duty.done_day = FITNESS_NEVER;
        f.commissioned_day = TODAY - 7;
        assert_string_equal(stands(f), "");
        f.commissioned_day = TODAY - 8;
        assert_string_equal(stands(f), "leak-test-overdue spore-test-overdue duty-overdue");
        f.commissioned_day = TODAY + 1;
        assert_string_equal(stands(f), "leak-test-overdue spore-test-overdue duty-overdue");
        f.commissioned_day = TODAY;
        f.penetration_us = 0;
        assert_string_equal(stands(f), "penetration-test-missing");
}

static void what_was_tested_after_the_load_does_not_speak_for_it(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.leak_day = f.spore_day = TODAY + 1;
        assert_string_equal(stands(f), "leak-test-overdue spore-test-overdue");
}

static void a_failed_test_stands_until_one_passes(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.penetration_failed = f.leak_failed = true;
        assert_string_equal(stands(f), "penetration-test-failed leak-test-failed");
}

static void a_spore_test_is_good_for_seven_days_and_a_pending_one_for_three_more(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.spore_day = TODAY - 7;
        assert_string_equal(stands(f), "");
        f.spore_day = TODAY - 8;
        assert_string_equal(stands(f), "spore-test-overdue");
        f.spore_pending_day = TODAY - 10;
        assert_string_equal(stands(f), "");
        f.spore_pending_day = TODAY - 11;
        assert_string_equal(stands(f), "spore-test-overdue");
        f.spore = FITNESS_ALERT;
        assert_string_equal(stands(f), "");
        assert_string_equal(stands_as(f, FITNESS_ALERT), "spore-test-overdue");
        f.spore = FITNESS_OFF;
        assert_string_equal(stands(f), "");
        assert_string_equal(stands_as(f, FITNESS_ALERT), "");
}

static void a_positive_spore_test_and_service_are_said(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.spore_positive = true;
        f.out = "Out of service, until somebody returns it.";
        assert_string_equal(stands(f), "spore-test-positive out-of-service");
        assert_string_equal(reasons.v[1].text, f.out);
}

static void the_last_day_of_a_calibration_is_good(void **state) {
        FitnessFacts f = fit();

        (void)state;
        f.calibration_day = TODAY - 1;
        assert_string_equal(stands(f), "calibration-overdue");
        f.calibration = FITNESS_ALERT;
        assert_string_equal(stands(f), "");
        assert_string_equal(stands_as(f, FITNESS_ALERT), "calibration-overdue");
}

static void a_duty_is_good_for_its_interval_and_not_when_it_went_badly(void **state) {
        FitnessFacts f = fit();

        (void)state;
        duty.done_day = TODAY - 7;
        assert_string_equal(stands(f), "");
        duty.done_day = TODAY - 8;
        assert_string_equal(stands(f), "duty-overdue");
        assert_non_null(strstr(reasons.v[0].text, "Door seal"));
        duty.done_day = TODAY + 1;
        assert_string_equal(stands(f), "");
        duty.failed = true;
        assert_string_equal(stands(f), "duty-overdue");
        duty.effect = FITNESS_ALERT;
        assert_string_equal(stands(f), "");
        assert_string_equal(stands_as(f, FITNESS_ALERT), "duty-overdue");
}

static void every_rule_has_an_id_a_source_and_stands_in_the_table_once(void **state) {
        const FitnessRule *rules;
        size_t n = fitness_rules(&rules);

        (void)state;
        assert_int_equal(n, 9);
        for (size_t i = 0; i < n; i++) {
                assert_true(strlen(rules[i].source) > 2);
                for (size_t j = 0; j < i; j++)
                        assert_string_not_equal(rules[i].id, rules[j].id);
        }
}

/* A row of doc/rules.md: | `id` | when | what happens | source | may | decided | */
static void the_catalogue_of_rules_has_each_with_its_source(void **state) {
        static char text[262144];
        const FitnessRule *rules;
        size_t n = fitness_rules(&rules), size;
        FILE *f = fopen("doc/rules.md", "re");

        (void)state;
        if (!f)
                skip();
        size = fread(text, 1, sizeof(text) - 1, f);
        text[size] = '\0';
        fclose(f);
        for (size_t i = 0; i < n; i++) {
                char cell[128];
                const char *row, *end, *found;

                snprintf(cell, sizeof(cell), "| `%s` |", rules[i].id);
                row = strstr(text, cell);
                if (!row)
                        fail_msg("doc/rules.md has no row for %s", rules[i].id);
                end = strchr(row, '\n');
                snprintf(cell, sizeof(cell), "| %s |", rules[i].source);
                found = strstr(row, cell);
                if (!found || found > end)
                        fail_msg("doc/rules.md names another source for %s", rules[i].id);
        }
}

/* --- the way back --- */

static const ReturnCycle GOOD = { .started_us = 1, .ended = true, .verified = true, .empty = true,
                                  .spore = SPORE_NEGATIVE, .indicator_passed = true };

static ReturnProgress after(size_t n, const ReturnCycle *cycles) {
        ReturnProgress p = {};

        for (size_t i = 0; i < n; i++) {
                ReturnCycle c = cycles[i];

                c.started_us = (int64_t)i + 1;
                fitness_return_cycle(&p, &c);
        }
        return p;
}
#define AFTER(...) after(ELEMENTSOF(((const ReturnCycle[]){ __VA_ARGS__ })), (const ReturnCycle[]){ __VA_ARGS__ })

static void three_good_cycles_in_a_row_and_then_three_bowie_dicks(void **state) {
        ReturnProgress p = AFTER(GOOD, GOOD);

        (void)state;
        assert_false(fitness_return_done(&p, false));
        fitness_return_text(&p, true, why);
        assert_non_null(strstr(why, "2 of 3 empty cycles"));
        p = AFTER(GOOD, GOOD, GOOD);
        assert_true(fitness_return_done(&p, false));
        assert_false(fitness_return_done(&p, true));
        assert_int_equal(p.cycles_us, 3);
        p.bowie_dicks = 2;
        assert_false(fitness_return_done(&p, true));
        fitness_return_text(&p, true, why);
        assert_non_null(strstr(why, "2 of 3 Bowie-Dick"));
        p.bowie_dicks = 3;
        assert_true(fitness_return_done(&p, true));
}

static void a_bad_cycle_in_between_begins_the_row_anew(void **state) {
        (void)state;
        for (int i = 0; i < 5; i++) {
                ReturnCycle bad = GOOD;

                bad.verified = i != 0;
                bad.empty = i != 1;
                bad.spore = i == 2 ? SPORE_POSITIVE : i == 3 ? SPORE_INVALID : SPORE_NEGATIVE;
                bad.indicator_failed = i == 4;
                ReturnProgress p = AFTER(GOOD, GOOD, bad, GOOD, GOOD);
                assert_int_equal(p.cycles, 2);
                assert_false(fitness_return_done(&p, false));
                p = AFTER(GOOD, GOOD, GOOD, bad);
                assert_false(fitness_return_done(&p, false));
        }
}

static void a_cycle_that_is_not_read_yet_does_not_count_and_neither_does_a_warm_up(void **state) {
        ReturnCycle waiting = GOOD, warm_up = { .ended = true, .preparatory = true }, running = GOOD;
        ReturnProgress p;

        (void)state;
        waiting.spore = SPORE_PENDING;
        running.ended = false;
        p = AFTER(GOOD, GOOD, waiting);
        assert_false(fitness_return_done(&p, false));
        fitness_return_text(&p, false, why);
        assert_non_null(strstr(why, "1 more wait"));
        p = AFTER(GOOD, waiting, GOOD, GOOD);
        assert_false(fitness_return_done(&p, false));
        p = AFTER(warm_up, GOOD, warm_up, GOOD, GOOD, warm_up);
        assert_true(fitness_return_done(&p, false));
        p = AFTER(GOOD, GOOD, running);
        assert_false(fitness_return_done(&p, false));
        waiting = GOOD;
        waiting.indicator_passed = false;
        p = AFTER(GOOD, GOOD, waiting);
        assert_false(fitness_return_done(&p, false));
}

static void minor_causes_are_a_minor_fault_and_a_persons_own(void **state) {
        (void)state;
        for (int c = 0; c < _SERVICE_CAUSE_MAX; c++) {
                assert_int_equal(fitness_cause_major((ServiceCause)c), c != SERVICE_OTHER && c != SERVICE_MINOR_FAULT);
                assert_true(strlen(fitness_cause_id((ServiceCause)c)) > 2);
        }
}

int main(void) {
#define T(f) cmocka_unit_test(f)
        const struct CMUnitTest tests[] = {
                T(a_leak_of_exactly_the_limit_passes_and_one_pascal_more_fails),
                T(a_leak_test_at_wrong_times_is_no_test),
                T(without_a_vacuum_at_its_start_it_is_no_leak_test),
                T(a_large_leak_that_has_filled_the_chamber_does_not_pass),
                T(a_pressure_that_falls_was_pumped),
                T(a_bare_pass_counts_by_policy_only_and_a_bare_fail_always),
                T(pressures_beat_the_machines_pass_and_its_fail_beats_them),
                T(a_penetration_test_counts_with_everything_there),
                T(one_thing_missing_makes_a_penetration_test_no_test),
                T(a_failed_penetration_test_counts_whatever_is_missing),
                T(two_readers_who_disagree_count_as_failed),
                T(a_negative_needs_a_control_of_its_lot_that_grew),
                T(a_positive_always_counts),
                T(a_pending_one_becomes_negative_when_it_is_read),
                T(nothing_stands_against_a_fit_autoclave),
                T(an_autoclave_that_nobody_ever_tested_is_overdue_at_once),
                T(a_penetration_test_covers_the_loads_after_it_on_its_clinic_day),
                T(the_seventh_day_after_a_leak_test_is_good_and_the_eighth_is_not),
                T(commissioning_seeds_the_clocks_and_not_from_the_future),
                T(what_was_tested_after_the_load_does_not_speak_for_it),
                T(a_failed_test_stands_until_one_passes),
                T(a_spore_test_is_good_for_seven_days_and_a_pending_one_for_three_more),
                T(a_positive_spore_test_and_service_are_said),
                T(the_last_day_of_a_calibration_is_good),
                T(a_duty_is_good_for_its_interval_and_not_when_it_went_badly),
                T(every_rule_has_an_id_a_source_and_stands_in_the_table_once),
                T(the_catalogue_of_rules_has_each_with_its_source),
                T(three_good_cycles_in_a_row_and_then_three_bowie_dicks),
                T(a_bad_cycle_in_between_begins_the_row_anew),
                T(a_cycle_that_is_not_read_yet_does_not_count_and_neither_does_a_warm_up),
                T(minor_causes_are_a_minor_fault_and_a_persons_own),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
