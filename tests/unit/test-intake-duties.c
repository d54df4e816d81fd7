/* SPDX-License-Identifier: Apache-2.0 */
/* What is due by the calendar: clinic days, duties, calibration, and what is announced before it is overdue. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/clinicsim.h"
#include "fitness-case.h"

static void expect_day(const char *zone, int month, int day, int hours) {
        const int32_t n = day_of_date(20260000 + month * 100 + day);

        setenv("TZ", zone, 1);
        tzset();
        assert_int_equal(clinic_day_start(n, 4 * HOUR), at(2026, month, day, 4, 0));
        assert_int_equal(clinic_day_start(n + 1, 4 * HOUR) - clinic_day_start(n, 4 * HOUR), hours * HOUR);
        assert_int_equal(clinic_day(at(2026, month, day, 4, 0), 4 * HOUR), n);
        assert_int_equal(clinic_day(at(2026, month, day, 4, 0) - 1, 4 * HOUR), n - 1);
        assert_int_equal(clinic_day(at(2026, month, day + 1, 4, 0) - 1, 4 * HOUR), n);
}

static void a_clinic_day_has_23_or_25_hours_when_the_clocks_change(void **state) {
        (void)state;
        expect_day("Europe/Berlin", 3, 27, 24);
        expect_day("Europe/Berlin", 3, 28, 23);
        expect_day("Europe/Berlin", 3, 29, 24);
        expect_day("Europe/Berlin", 10, 24, 25);
        expect_day("America/Denver", 3, 7, 23);
        expect_day("America/Denver", 10, 31, 25);
        expect_day("America/Denver", 11, 1, 24);
        setenv("TZ", "Europe/Berlin", 1);
        tzset();
        assert_int_equal(date_of_day(day_of_date(20280229) + 1), 20280301);
        assert_int_equal(date_after(20261231, 1), 20270101);
}

static void a_test_of_the_night_before_the_clocks_change_is_of_the_day_before(void **state) {
        Sim *s = *state;
        const int to_march = 126; /* 28 March 2027: clocks go from two to three */

        go_to(s, to_march, 1, 0);
        sim_bowie_dick(s, 1);
        read_test(s, 1, "pass");
        go_to(s, to_march, 3, 59);
        load_starts(s, 2);
        assert_null(strstr(against(s, 2), "penetration"));
        go_to(s, to_march, 4, 0);
        load_starts(s, 3);
        assert_non_null(strstr(against(s, 3), "penetration-test-missing"));
}

/* --- calibration and duties ------------------------------------------------------------------------------------------- */

static void a_duty_is_signed_and_overdue_after_its_interval(void **state) {
        Sim *s = *state;

        go_to(s, 8, 12, 0);
        sim_fit(s);
        sim_advance(s, US_PER_S);
        load_starts(s, 1);
        assert_string_equal(against(s, 1), "duty-overdue");
        sim_say(s, STATION "/duty", "{'duty':'door-seal','by':'ben','subject':'ac-1'}");
        expect_taken(s);
        assert_string_equal(against(s, 1), "");
        sim_blurt(s, STATION "/duty", "{'duty':'door-seal','by':'ben','subject':'ac-1','result':'fail'}");
        assert_string_equal(against(s, 1), "duty-overdue");
}

static void a_duty_that_is_not_configured_or_names_no_autoclave_is_refused(void **state) {
        Sim *s = *state;

        sim_say(s, STATION "/duty", "{'duty':'door-sael','by':'ben','subject':'ac-1'}");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        sim_forget(s);
        sim_say(s, STATION "/duty", "{'duty':'door-seal','by':'ben'}");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        sim_forget(s);
        sim_say(s, STATION "/duty", "{'duty':'door-seal','by':'nobody','subject':'ac-1'}");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
}

static void a_duty_that_went_badly_puts_nothing_right(void **state) {
        Sim *s = *state;

        sim_blurt(s, STATION "/injury", "{'room':'room-1','detail':'needle stick'}");
        sim_blurt(s, STATION "/duty", "{'duty':'first-aid','by':'ben','subject':'room-1','result':'fail'}");
        sim_blurt(s, STATION "/duty", "{'duty':'exposure-report','by':'ben','subject':'room-1','result':'fail'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE first_aid_us OR reported_us"), 0);
        sim_say(s, STATION "/duty", "{'duty':'first-aid','by':'ben','subject':'room-1'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE first_aid_us AND reported_us IS NULL"), 1);
}

static void a_type_n_needs_no_penetration_and_no_leak_test(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[program gravity-121]\ntype = gravity\nset-temperature = 121 C\nhold-min = 15 min\nwraps = none\n"
                     "[autoclave ac-1]\nclass-type = N\nprograms = gravity-121\n");
        go_to(&s, 7, 12, 0);
        load_starts(&s, 1);
        assert_string_equal(against(&s, 1), "");
        sim_pass(&s, 2 * US_PER_S);
        assert_int_equal(sim_sql(&s, "SELECT count(*) FROM alert WHERE rule LIKE '%%-test-%%'"), 0);
        sim_blurt(&s, AC "/test", "{'test':'automatic-control','result':'fail'}");
        assert_string_equal(against(&s, 1), "out-of-service");
        sim_close(&s);
}

static void a_duty_of_the_clinic_is_done_once_for_all(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[duty washer]\ninterval-days = 1\nper = clinic\n");
        go_to(&s, 2, 12, 0);
        sim_fit(&s);
        sim_advance(&s, US_PER_S);
        load_starts(&s, 1);
        assert_string_equal(against(&s, 1), "duty-overdue");
        sim_say(&s, STATION "/duty", "{'duty':'washer','by':'ben'}");
        assert_string_equal(against(&s, 1), "");
        sim_close(&s);
}

static void calibration_out_of_tolerance_quarantines_since_the_last_good_one(void **state) {
        Sim *s = *state;
        int64_t good_us;

        sim_say(s, STATION "/duty", "{'duty':'calibration','by':'clara','subject':'ac-1'}");
        good_us = s->now.wall_us;
        go_to(s, 2, 12, 0);
        sim_blurt(s, STATION "/duty", "{'duty':'calibration','by':'clara','subject':'ac-1','result':'fail'}");
        assert_false(in_service(s));
        assert_true(sim_sql(s, "SELECT from_us FROM recall WHERE cause = 'calibration-overdue' AND kind = 1") == good_us);
}

static void a_calibration_is_good_through_its_last_day(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[autoclave ac-1]\ncalibration-due = 2026-11-23\n");
        go_to(&s, 2, 3, 59);
        sim_fit(&s);
        sim_advance(&s, US_PER_S);
        load_starts(&s, 1);
        assert_string_equal(against(&s, 1), "");
        go_to(&s, 2, 4, 1);
        sim_fit(&s);
        sim_advance(&s, US_PER_S);
        load_starts(&s, 2);
        assert_string_equal(against(&s, 2), "calibration-overdue");
        sim_close(&s);
}

/* --- alerts before something is due ----------------------------------------------------------------------------------- */

static void look(Sim *s) {
        sim_pass(s, 61 * US_PER_S);
}

static void the_morning_asks_for_a_penetration_test_and_is_content_when_it_passed(void **state) {
        Sim *s = *state;

        go_to(s, 1, 7, 57);
        look(s);
        assert_int_equal(sim_alert(s, "penetration-test-missing"), 0);
        go_to(s, 1, 8, 0);
        look(s);
        look(s);
        assert_int_equal(sim_alert(s, "penetration-test-missing"), 1);
        sim_bowie_dick(s, 1);
        read_test(s, 1, "pass");
        assert_int_equal(sim_alert(s, "penetration-test-missing"), 0);
}

static void a_leak_test_is_announced_before_it_is_overdue(void **state) {
        Sim *s = *state;

        go_to(s, 4, 12, 0);
        look(s);
        assert_int_equal(sim_alert(s, "leak-test-due"), 0);
        go_to(s, 5, 12, 0);
        look(s);
        assert_int_equal(sim_alert(s, "leak-test-due"), 1);
        assert_int_equal(sim_alert(s, "duty-due"), 1);
        assert_int_equal(sim_alert(s, "leak-test-overdue"), 0);
        go_to(s, 8, 12, 0);
        look(s);
        assert_int_equal(sim_alert(s, "leak-test-due"), 0);
        assert_int_equal(sim_alert(s, "leak-test-overdue"), 1);
        leak_test(s, "5.3");
        assert_int_equal(sim_alert(s, "leak-test-overdue"), 0);
        sim_say(s, STATION "/duty", "{'duty':'door-seal','by':'ben','subject':'ac-1'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE subject = 'ac-1/door-seal' AND state < 2"), 0);
}

static void while_the_clock_is_in_doubt_nobody_is_reminded_of_anything(void **state) {
        Sim *s = *state;

        go_to(s, 1, 9, 0);
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock was set back.");
        look(s);
        assert_int_equal(sim_alert(s, "penetration-test-missing"), 0);
        intake_doubt(s->intake, DOUBT_CLOCK, NULL);
        look(s);
        assert_int_equal(sim_alert(s, "penetration-test-missing"), 1);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_clinic_day_has_23_or_25_hours_when_the_clocks_change),
                T(a_test_of_the_night_before_the_clocks_change_is_of_the_day_before),
                T(a_duty_is_signed_and_overdue_after_its_interval),
                T(a_duty_that_is_not_configured_or_names_no_autoclave_is_refused),
                T(a_duty_that_went_badly_puts_nothing_right),
                T(a_type_n_needs_no_penetration_and_no_leak_test),
                T(a_duty_of_the_clinic_is_done_once_for_all),
                T(calibration_out_of_tolerance_quarantines_since_the_last_good_one),
                T(a_calibration_is_good_through_its_last_day),
                T(the_morning_asks_for_a_penetration_test_and_is_content_when_it_passed),
                T(a_leak_test_is_announced_before_it_is_overdue),
                T(while_the_clock_is_in_doubt_nobody_is_reminded_of_anything),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
