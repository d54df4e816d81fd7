/* SPDX-License-Identifier: Apache-2.0 */
/* Transcribed readings over facts: which days count, what a program asks of them, and that samples win. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "../lib/cyclegen.h"
#include "core/fitness.h"
#include "core/manual.h"
#include "core/steam.h"

#define GOOD                                                                                                           \
        {                                                                                                              \
                .hold_us = 225000000, .coldest_mc = 135000, .hottest_mc = 135800, .lowest_pa = 313000,                 \
                .highest_pa = 321000, .pulses = 3                                                                      \
        }

static Cycle cycle;
static Reasons lacks;
static ManualReadings m;

static void begin(const CycleProgram *program) {
        cycle_begin(&cycle, program, &(CycleStart){ .purpose = PURPOSE_LOAD, .arrival_us = -1 });
        m = (ManualReadings)GOOD;
}

static int fresh(void **state) {
        (void)state;
        begin(&GEN_PREVAC_134);
        return 0;
}

static size_t judged(void) {
        memset(&lacks, 0, sizeof(lacks));
        manual_judge(&cycle, GRADE_CONTINUOUS, &m, &lacks);
        for (size_t i = 0; i < lacks.n; i++)
                assert_string_equal(lacks.v[i].rule, "manual-evidence");
        return lacks.n;
}

#define silent() assert_int_equal(judged(), 0)
#define fires(what)                                                                                                    \
        do {                                                                                                           \
                assert_int_equal(judged(), 1);                                                                         \
                assert_non_null(strstr(lacks.v[0].text, what));                                                        \
        } while (0)

static int32_t saturated(int32_t mc) {
        return (int32_t)(steam_pressure_mpa(mc / 1e3 + 273.15) * 1e6);
}

static void readings_that_the_program_asks_for_lack_nothing(void **state) {
        (void)state;
        silent();
}

static void the_lowest_reading_is_in_the_band_less_uncertainty_and_half_a_step(void **state) {
        (void)state;
        m.coldest_mc = 134550;
        silent();
        m.coldest_mc = 134549;
        fires("saturated steam within the band");
}

static void the_highest_reading_is_in_the_band_too(void **state) {
        (void)state;
        m.hottest_mc = 136450;
        silent();
        m.hottest_mc = 136451;
        fires("saturated steam within the band");
}

static void the_pressures_are_those_of_steam_in_the_band(void **state) {
        (void)state;
        m.lowest_pa = saturated(134000) + 100;
        silent();
        m.lowest_pa = saturated(134000) - 100;
        fires("saturated steam");
        m = (ManualReadings)GOOD;
        m.highest_pa = saturated(137000) + 100;
        fires("saturated steam");
}

static void temperature_and_pressure_fit_within_2_k(void **state) {
        (void)state;
        m.hottest_mc = 136400;
        m.highest_pa = saturated(134450);
        silent();
        m.highest_pa = saturated(134350);
        fires("saturated steam");
}

static void the_hold_is_as_long_as_required(void **state) {
        (void)state;
        m.hold_us = 204750000; /* the set time less 2.5 % */
        silent();
        m.hold_us--;
        fires("needs 205 s");
}

static void pulses_are_needed_of_a_prevacuum_program_only(void **state) {
        (void)state;
        m.pulses = 2;
        fires("2 pulses");
        m.pulses = -1;
        fires("not transcribed");
        begin(&GEN_GRAVITY_121);
        m = (ManualReadings){ .hold_us = 900000000,
                              .coldest_mc = 122000,
                              .hottest_mc = 122500,
                              .lowest_pa = saturated(122000),
                              .highest_pa = saturated(122500),
                              .pulses = -1 };
        silent();
}

static void steam_is_as_it_was_at_commissioning(void **state) {
        (void)state;
        m.lowest_pa = saturated(m.coldest_mc - 900);
        m.highest_pa = saturated(m.hottest_mc - 900);
        cycle_reference(&cycle, &(CycleReference){ .known = true, .median_mc = 0 });
        silent();
        cycle_reference(&cycle, &(CycleReference){ .known = true, .median_mc = -200 });
        fires("commissioned");
}

static void of_a_program_that_is_not_known_readings_show_nothing(void **state) {
        (void)state;
        begin(NULL);
        fires("not configured");
}

static void all_that_is_lacking_is_told(void **state) {
        (void)state;
        m = (ManualReadings){ .pulses = -1 };
        assert_int_equal(judged(), 3);
}

/* --- with samples --- */

static int64_t at_s;

static void feed(int length_s, int32_t temperature_mc, int32_t pressure_pa) {
        for (int t = 0; t < length_s; t += 2, at_s += 2)
                cycle_sample(&cycle, &(Sample){ at_s * 1000000, temperature_mc, pressure_pa }, -1);
}

/* A cycle of which held_s of the hold came, then nothing for lost_s. */
static void run(int held_s, int lost_s) {
        at_s = 0;
        begin(&GEN_PREVAC_134);
        for (int i = 0; i < 3; i++) {
                feed(60, 90000, 10000);
                feed(60, 100000, 100000);
        }
        feed(60, 130000, 270000);
        feed(held_s, 135300, 316000);
        at_s += lost_s;
        feed(60, 110000, 105000);
}

static void a_hold_that_fits_where_nothing_came_is_believed(void **state) {
        (void)state;
        run(40, 200);
        silent();
        run(0, 240);
        silent();
}

static void a_hold_that_has_no_room_between_the_samples_is_not(void **state) {
        (void)state;
        run(40, 60);
        fires("contradict");
        run(40, 200);
        m.hold_us = 600000000;
        fires("contradict");
}

static void another_clock_may_be_off_by_one_part_in_forty(void **state) {
        (void)state;
        run(0, 240); /* 242 s without a sample that is none of a hold */
        m.hold_us = 248000000;
        silent();
        m.hold_us = 249000000;
        fires("contradict");
}

static void samples_in_the_hold_must_be_about_what_was_read(void **state) {
        (void)state;
        run(40, 200);
        m.coldest_mc = 135800;
        m.lowest_pa = 321000;
        silent();
        m.coldest_mc = m.hottest_mc = 135801;
        fires("contradict");
        m = (ManualReadings)GOOD;
        m.coldest_mc = 134600;
        m.hottest_mc = 134799;
        m.highest_pa = 313000;
        fires("contradict");
}

/* --- days --- */

static int period(int32_t from, int32_t used, int32_t day, int32_t *ret) {
        return manual_period(from, used, day, ret);
}

static void a_period_is_three_days_and_off_without_a_first(void **state) {
        int32_t first;
        (void)state;
        assert_int_equal(period(FITNESS_NEVER, FITNESS_NEVER, 100, &first), 0);
        assert_int_equal(period(100, FITNESS_NEVER, 99, &first), 0);
        for (int32_t day = 100; day <= 102; day++)
                assert_int_equal(period(100, FITNESS_NEVER, day, &first), 1);
        assert_int_equal(first, 100);
        assert_int_equal(period(100, FITNESS_NEVER, 103, &first), 0);
}

static void a_period_that_was_used_is_not_made_longer_by_moving_its_first_day(void **state) {
        int32_t first;
        (void)state;
        assert_int_equal(period(101, 100, 102, &first), 1);
        assert_int_equal(first, 100);
        assert_int_equal(period(101, 100, 103, &first), 0);
        assert_int_equal(period(103, 100, 103, &first), 0);
        assert_int_equal(period(129, 100, 129, &first), 0);
        assert_int_equal(period(130, 100, 130, &first), 1);
        assert_int_equal(first, 130);
        assert_int_equal(period(98, 100, 99, &first), 0); /* nor earlier */
}

#define T(name) cmocka_unit_test_setup(name, fresh)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(readings_that_the_program_asks_for_lack_nothing),
                T(the_lowest_reading_is_in_the_band_less_uncertainty_and_half_a_step),
                T(the_highest_reading_is_in_the_band_too),
                T(the_pressures_are_those_of_steam_in_the_band),
                T(temperature_and_pressure_fit_within_2_k),
                T(the_hold_is_as_long_as_required),
                T(pulses_are_needed_of_a_prevacuum_program_only),
                T(steam_is_as_it_was_at_commissioning),
                T(of_a_program_that_is_not_known_readings_show_nothing),
                T(all_that_is_lacking_is_told),
                T(a_hold_that_fits_where_nothing_came_is_believed),
                T(a_hold_that_has_no_room_between_the_samples_is_not),
                T(another_clock_may_be_off_by_one_part_in_forty),
                T(samples_in_the_hold_must_be_about_what_was_read),
                T(a_period_is_three_days_and_off_without_a_first),
                T(a_period_that_was_used_is_not_made_longer_by_moving_its_first_day),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
