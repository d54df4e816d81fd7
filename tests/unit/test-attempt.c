/* SPDX-License-Identifier: Apache-2.0 */
/* What the ledger keeps of an attempt as JSON, and what others see of it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "codec/attempt.h"
#include "store/cycles.h"
#include "util.h"

static JsonWriter w;

static int done(void **state) {
        (void)state;
        jsonw_done(&w);
        return 0;
}

static void what_was_announced_comes_back(void **state) {
        const AttemptStart full = { .has_set_temperature = true, .has_set_hold = true, .has_set_drying = true, .has_arrival = true,
                                    .set_temperature_mc = 134000, .set_hold_us = 210000000, .set_drying_us = 0, .epoch = 7,
                                    .arrival_us = 123456789, .operator = "ben" };
        const AttemptStart empty = { 0 };
        AttemptStart back;
        char text[256];
        (void)state;
        assert_int_equal(attempt_start_write(&w, &full, text, sizeof(text)), 0);
        assert_int_equal(attempt_start_read(text, &back), 0);
        assert_true(back.has_set_temperature && back.has_set_hold && back.has_set_drying && back.has_arrival);
        assert_int_equal(back.set_temperature_mc, 134000);
        assert_int_equal(back.set_hold_us, 210000000);
        assert_int_equal(back.set_drying_us, 0);
        assert_int_equal(back.epoch, 7);
        assert_int_equal(back.arrival_us, 123456789);
        assert_string_equal(back.operator, "ben");
        assert_int_equal(attempt_start_write(&w, &empty, text, sizeof(text)), 0);
        assert_string_equal(text, "{}");
        assert_int_equal(attempt_start_read(text, &back), 0);
        assert_false(back.has_set_temperature || back.has_set_hold || back.has_set_drying || back.has_arrival);
        assert_int_equal(attempt_start_read("[]", &back), -EBADMSG);
        assert_int_equal(attempt_start_read("{", &back), -EBADMSG);
        assert_int_equal(attempt_start_write(&w, &full, text, 20), -ENOBUFS);
}

static void the_widest_of_each_fits_into_its_row(void **state) {
        AttemptStart start = { .has_set_temperature = true, .has_set_hold = true, .has_set_drying = true, .has_arrival = true,
                               .set_temperature_mc = 300000, .set_hold_us = INT64_C(604800000000),
                               .set_drying_us = INT64_C(604800000000), .epoch = INT32_MAX, .arrival_us = INT64_MAX };
        CycleVerdict v = { 0 };
        AttemptFigures f;
        AttemptRow row;
        (void)state;
        memset(start.operator, 'o', LABEL_MAX);
        assert_int_equal(attempt_start_write(&w, &start, row.start, sizeof(row.start)), 0);
        memset(&v, 0x7f, sizeof(v));
        v.grade = GRADE_PRINTOUT;
        v.arrival_judged = v.has_reference = v.truncated = v.drifted = true;
        v.disordered = v.contradictory = false;
        memset(v.program, 'p', LABEL_MAX);
        v.program[LABEL_MAX] = 0;
        v.reasons = (UINT32_C(1) << _CYCLE_RULE_MAX) - 1;
        attempt_figures_of(&v, &f);
        assert_int_equal(f.has, (UINT32_C(1) << _FIGURE_MAX) - 1);
        assert_int_equal(attempt_figures_write(&w, &f, row.figures, sizeof(row.figures)), 0);
        assert_int_equal(attempt_reasons_write(&w, &v, row.reasons, sizeof(row.reasons)), 0);
}

static void reasons_come_back_in_their_order(void **state) {
        CycleVerdict v = { .reasons = 1 << CYCLE_HOLD_TOO_SHORT | 1 << CYCLE_SAMPLES_MISSING, .required_us = 180000000 };
        AttemptReasons back;
        char text[ATTEMPT_JSON_MAX];
        (void)state;
        assert_int_equal(attempt_reasons_write(&w, &v, text, sizeof(text)), 0);
        assert_int_equal(attempt_reasons_read(text, &back), 0);
        assert_int_equal(back.n, 2);
        assert_string_equal(back.v[0].rule, "hold-too-short");
        assert_string_equal(back.v[1].rule, "samples-missing");
        assert_non_null(strstr(back.v[0].text, "needs 3 min 0 s"));
        v.reasons = 0;
        assert_int_equal(attempt_reasons_write(&w, &v, text, sizeof(text)), 0);
        assert_string_equal(text, "[]");
        assert_int_equal(attempt_reasons_read("", &back), 0);
        assert_int_equal(back.n, 0);
        assert_int_equal(attempt_reasons_read("{}", &back), -EBADMSG);
        assert_int_equal(attempt_reasons_read("[1,{},{\"rule\":\"x\"}]", &back), 0);
        assert_int_equal(back.n, 0);
}

static const CycleVerdict SOUND = {
        .program = "prevac-134", .hold_us = 212500000, .hold_start_us = 1033500000, .required_us = 204750000, .set_temperature_mc = 134000,
        .band_mc = 4000, .coldest_mc = 135120, .hottest_mc = 135900, .worst_mc = -620, .median_mc = 40,
        .gap_us = 1000000, .gap_allowed_us = 10000000, .f0 = 90123, .pulses = 3, .pulses_required = 3,
        .drying_us = 421000000, .samples = 1400, .samples_held = 213, .samples_merged = 1, .samples_dropped = 2,
        .arrival_skew_us = 1234567, .arrival_judged = true, .has_reference = true, .reference_mc = -1005,
};

static void figures_come_back_as_they_were(void **state) {
        AttemptFigures f, back;
        char text[1024];
        (void)state;
        attempt_figures_of(&SOUND, &f);
        assert_int_equal(attempt_figures_write(&w, &f, text, sizeof(text)), 0);
        assert_int_equal(attempt_figures_read(text, &back), 0);
        assert_int_equal(back.has, (UINT32_C(1) << _FIGURE_MAX) - 1);
        assert_memory_equal(back.v, f.v, sizeof(f.v));
        assert_int_equal(back.grade, GRADE_CONTINUOUS);
        assert_true(back.arrival_judged);
        assert_int_equal(back.v[FIGURE_WORST], -620);
        f.grade = GRADE_PRINTOUT;
        assert_int_equal(attempt_figures_write(&w, &f, text, sizeof(text)), 0);
        assert_int_equal(attempt_figures_read(text, &back), 0);
        assert_int_equal(back.grade, GRADE_PRINTOUT);
        assert_int_equal(attempt_figures_read("", &back), 0);
        assert_int_equal(back.has, 0);
        assert_int_equal(attempt_figures_read("7", &back), -EBADMSG);
}

static void others_see_figures_in_the_units_of_the_contract(void **state) {
        AttemptFigures f;
        const char *text;
        size_t n;
        (void)state;
        attempt_figures_of(&SOUND, &f);
        jsonw_reset(&w);
        attempt_figures_publish(&w, &f);
        assert_int_equal(jsonw_finish(&w, &text, &n), 0);
        assert_string_equal(text,
                            "{\"hold_s\":212.5,\"hold_start_s\":1033.5,\"required_s\":204.75,\"set_temperature_c\":134,\"band_k\":4,"
                            "\"coldest_c\":135.12,\"hottest_c\":135.9,\"worst_off_k\":-0.62,\"median_off_k\":0.04,"
                            "\"reference_off_k\":-1.005,\"largest_gap_s\":1,\"gap_allowed_s\":10,\"pulses\":3,"
                            "\"pulses_required\":3,\"f0_min\":90.123,\"drying_s\":421,\"samples\":1400,"
                            "\"samples_merged\":1,\"samples_dropped\":2,\"arrival_skew_s\":1.234567,"
                            "\"arrival_judged\":true,\"grade\":\"continuous\"}");
}

static void what_a_cycle_without_a_hold_does_not_have_is_left_out(void **state) {
        CycleVerdict v = SOUND;
        AttemptFigures f;
        (void)state;
        v.samples_held = 0;
        v.has_reference = false;
        attempt_figures_of(&v, &f);
        assert_false(attempt_has_figure(&f, FIGURE_COLDEST) || attempt_has_figure(&f, FIGURE_MEDIAN) ||
                     attempt_has_figure(&f, FIGURE_REFERENCE) || attempt_has_figure(&f, FIGURE_GAP));
        assert_true(attempt_has_figure(&f, FIGURE_HOLD) && attempt_has_figure(&f, FIGURE_PULSES));
        v.program[0] = 0;
        attempt_figures_of(&v, &f);
        assert_false(attempt_has_figure(&f, FIGURE_REQUIRED) || attempt_has_figure(&f, FIGURE_PULSES));
}

static void decimals_are_exact(void **state) {
        static const struct {
                int64_t v;
                int digits;
                const char *text;
        } cases[] = {
                { 0, 3, "0" }, { 1, 3, "0.001" }, { -1, 3, "-0.001" }, { 1000, 3, "1" }, { 100, 3, "0.1" },
                { -1500, 3, "-1.5" }, { 7, 0, "7" }, { INT64_MAX, 6, "9223372036854.775807" },
                { INT64_MIN, 9, "-9223372036.854775808" },
        };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char expected[64];
                const char *text;
                size_t n;
                jsonw_reset(&w);
                jsonw_object(&w);
                jsonw_member_decimal(&w, "x", cases[i].v, cases[i].digits);
                jsonw_object_end(&w);
                assert_int_equal(jsonw_finish(&w, &text, &n), 0);
                snprintf(expected, sizeof(expected), "{\"x\":%s}", cases[i].text);
                assert_string_equal(text, expected);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(what_was_announced_comes_back),
                cmocka_unit_test(the_widest_of_each_fits_into_its_row),
                cmocka_unit_test(reasons_come_back_in_their_order),
                cmocka_unit_test(figures_come_back_as_they_were),
                cmocka_unit_test(others_see_figures_in_the_units_of_the_contract),
                cmocka_unit_test(what_a_cycle_without_a_hold_does_not_have_is_left_out),
                cmocka_unit_test(decimals_are_exact),
        };
        return cmocka_run_group_tests(tests, NULL, done);
}
