/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/steam.h"
#include "util.h"

static void assert_near(double a, double b, double most) {
        if (!(fabs(a - b) <= most))
                fail_msg("%.12g is not within %g of %.12g", a, most, b);
}

static void pressure_matches_table_35_of_the_formulation(void **state) {
        (void)state;
        assert_near(steam_pressure_mpa(300), 0.353658941e-2, 0.5e-11);
        assert_near(steam_pressure_mpa(500), 0.263889776e1, 0.5e-8);
        assert_near(steam_pressure_mpa(600), 0.123443146e2, 0.5e-7);
}

static void temperature_matches_table_36_of_the_formulation(void **state) {
        (void)state;
        assert_near(steam_saturation_k(0.1), 0.372755919e3, 1e-6);
        assert_near(steam_saturation_k(1), 0.453035632e3, 1e-6);
        assert_near(steam_saturation_k(10), 0.584149488e3, 1e-6);
}

static void there_and_back_is_the_same_within_a_microkelvin(void **state) {
        (void)state;
        for (double t = 273.16; t < 647; t += 0.37)
                assert_near(steam_saturation_k(steam_pressure_mpa(t)), t, 1e-6);
}

static void millidegrees_are_rounded_to_nearest(void **state) {
        (void)state;
        assert_int_equal(steam_saturation_mc(100000), 99606); /* 372.755919 K */
        assert_int_equal(steam_saturation_mc(1000000), 179886); /* 453.035632 K */
        assert_int_equal(steam_saturation_mc(10000000), 310999); /* 584.149488 K */
        for (int32_t pa = STEAM_PRESSURE_MIN_PA; pa < STEAM_PRESSURE_MAX_PA - 1000; pa += 997) {
                double exact = (steam_saturation_k(pa / 1e6) - 273.15) * 1000;
                assert_near(steam_saturation_mc(pa), exact, 0.5000001);
        }
}

static void saturation_never_falls_as_pressure_rises(void **state) {
        (void)state;
        for (int32_t pa = 280000; pa < 340000; pa++)
                assert_true(steam_saturation_mc(pa + 1) >= steam_saturation_mc(pa));
}

static void outside_the_line_there_is_no_saturation(void **state) {
        const int32_t outside[] = { STEAM_PRESSURE_MIN_PA - 1, STEAM_PRESSURE_MAX_PA + 1, 0, -1, INT32_MIN, INT32_MAX };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(outside); i++)
                assert_int_equal(steam_saturation_mc(outside[i]), STEAM_OUT_OF_RANGE);
        assert_int_equal(steam_saturation_mc(STEAM_PRESSURE_MIN_PA), 18);
        assert_int_equal(steam_saturation_mc(STEAM_PRESSURE_MAX_PA), 373946);
        assert_true(isnan(steam_saturation_k(22.0641)) && isnan(steam_saturation_k(0.000611)) && isnan(steam_saturation_k(NAN)));
        assert_true(isnan(steam_pressure_mpa(273.1)) && isnan(steam_pressure_mpa(647.1)) && isnan(steam_pressure_mpa(NAN)));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(pressure_matches_table_35_of_the_formulation),
                cmocka_unit_test(temperature_matches_table_36_of_the_formulation),
                cmocka_unit_test(there_and_back_is_the_same_within_a_microkelvin),
                cmocka_unit_test(millidegrees_are_rounded_to_nearest),
                cmocka_unit_test(saturation_never_falls_as_pressure_rises),
                cmocka_unit_test(outside_the_line_there_is_no_saturation),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
