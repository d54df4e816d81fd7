/* SPDX-License-Identifier: Apache-2.0 */
/* The tests that make an autoclave fit, on a clock in the test's hand: penetration, leak, spores. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/clinicsim.h"
#include "fitness-case.h"

/* --- penetration tests ------------------------------------------------------------------------------------------------ */

static void run_at_750_load_at_805_read_at_820_and_only_then_released(void **state) {
        Sim *s = *state;

        go_to(s, 1, 7, 20);
        sim_bowie_dick(s, 1);
        assert_true(s->now.wall_us < at(2026, 11, 23, 8, 5));
        go_to(s, 1, 8, 5);
        sim_cycle(s, 2, true);
        assert_string_equal(against(s, 2), "penetration-test-missing");
        read_test(s, 1, "pass");
        assert_string_equal(against(s, 2), "");
        assert_int_equal(sim_sql(s, "SELECT outcome FROM test"), TEST_PASSED);
}

static void a_test_run_after_the_load_began_or_on_another_day_does_not_count(void **state) {
        Sim *s = *state;

        go_to(s, 1, 7, 0);
        load_starts(s, 1);
        sim_advance(s, US_PER_S);
        sim_bowie_dick(s, 2);
        read_test(s, 2, "pass");
        assert_string_equal(against(s, 1), "penetration-test-missing");
        load_starts(s, 3);
        assert_string_equal(against(s, 3), "");
        go_to(s, 2, 3, 59);
        load_starts(s, 4);
        assert_string_equal(against(s, 4), "");
        go_to(s, 2, 4, 0);
        load_starts(s, 5);
        assert_string_equal(against(s, 5), "penetration-test-missing");
}

static void a_test_that_is_not_in_order_is_no_test_and_says_why(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        read_test(s, 1, "pass");
        sim_bowie_dick(s, 2);
        sim_say(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','cycle':2,'result':'pass','reader':'nobody'}");
        sim_say(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','result':'pass','reader':'ben'}");
        sim_say(s, STATION "/test",
                "{'autoclave':'ac-1','test':'bowie-dick','cycle':2,'result':'pass','reader':'ben','expires':'2026-11-21'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM test WHERE outcome = 0 AND length(why) > 20"), 4);
        assert_int_equal(sim_alert(s, "test-not-counted"), 4);
        assert_true(in_service(s));
        load_starts(s, 3);
        assert_string_equal(against(s, 3), "penetration-test-missing");
        sim_say(s, STATION "/test",
                "{'autoclave':'ac-1','test':'bowie-dick','cycle':2,'result':'pass','reader':'ben','expires':'2026-11-22'}");
        assert_string_equal(against(s, 3), "");
        assert_int_equal(sim_alert(s, "test-not-counted"), 0);
}

static void a_pack_that_turns_up_in_the_test_cycle_takes_the_test_back(void **state) {
        Sim *s = *state;

        sim_bowie_dick(s, 1);
        read_test(s, 1, "pass");
        load_starts(s, 2);
        assert_string_equal(against(s, 2), "");
        sim_sql(s, "INSERT INTO pack (label, wrap, packed_us, attempt) VALUES ('P-1', 0, 1, 1)");
        assert_string_equal(against(s, 2), "penetration-test-missing");
}

static void a_failed_test_takes_it_out_and_quarantines_what_ran_since_the_last_pass(void **state) {
        Sim *s = *state;

        sim_bowie_dick(s, 1);
        read_test(s, 1, "pass");
        sim_cycle(s, 2, true);
        assert_string_equal(against(s, 2), "");
        sim_bowie_dick(s, 3);
        sim_blurt(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','cycle':3,'result':'fail'}");
        assert_string_equal(against(s, 2), "out-of-service penetration-test-failed");
        assert_string_equal(sim_member(s, STATE, "service"), "out");
        assert_string_equal(sim_rules(s, STATE), "out-of-service");
        assert_int_equal(sim_alert(s, "penetration-test-failed"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE cause = 'penetration-test-failed' AND kind = 1"), 1);
        assert_true(sim_sql(s, "SELECT from_us FROM recall") == started(s, 1));
        assert_true(sim_sql(s, "SELECT to_us FROM recall") == s->now.wall_us);
        assert_true(sim_sql(s, "SELECT decide_by_us FROM recall") == s->now.wall_us + US_PER_DAY);
        sim_restart(s);
        assert_false(in_service(s));
        sim_check_chain(s);
}

static void two_readers_who_disagree_count_as_failed_in_either_order(void **state) {
        Sim *s = *state;

        sim_bowie_dick(s, 1);
        read_test(s, 1, "pass");
        read_test(s, 1, "fail");
        assert_false(in_service(s));
        sim_bowie_dick(s, 2);
        read_test(s, 2, "fail");
        read_test(s, 2, "pass");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM test WHERE outcome = 2"), 3);
        load_starts(s, 3);
        assert_string_equal(against(s, 3), "out-of-service penetration-test-failed penetration-test-missing");
}

static void without_boot_and_seq_nothing_passes(void **state) {
        Sim *s = *state;

        sim_bowie_dick(s, 1);
        sim_forget(s);
        sim_blurt(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','cycle':1,'result':'pass','reader':'ben'}");
        assert_string_equal(sim_rejected(s, STATION), "sequence-required");
        sim_forget(s);
        sim_blurt(s, AC "/test", "{'test':'vacuum-leak','pressures':[[0,5.0],[300,5.2],[900,5.3]]}");
        assert_string_equal(sim_rejected(s, AC), "sequence-required");
        sim_forget(s);
        sim_blurt(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':1,'indicator':'biological','result':'pass','reader':'ben','control':'growth'}");
        assert_string_equal(sim_rejected(s, STATION), "sequence-required");
        assert_int_equal(sim_sql(s, "SELECT (SELECT count(*) FROM test) + (SELECT count(*) FROM indicator)"), 0);
}

/* --- leak tests ------------------------------------------------------------------------------------------------------- */

static bool leak_is_overdue(Sim *s, int cycle) {
        return strstr(against(s, cycle), "leak-test-overdue");
}

static void a_leak_test_covers_loads_through_the_seventh_clinic_day(void **state) {
        Sim *s = *state;

        go_to(s, 8, 3, 59); /* commissioned on day 0 */
        load_starts(s, 1);
        assert_false(leak_is_overdue(s, 1));
        go_to(s, 8, 4, 0);
        load_starts(s, 2);
        assert_true(leak_is_overdue(s, 2));
        leak_test(s, "6.5");
        assert_int_equal(sim_sql(s, "SELECT outcome FROM test"), TEST_PASSED);
        assert_int_equal(sim_sql(s, "SELECT rate_mpa FROM test"), 130000);
        sim_advance(s, US_PER_S);
        load_starts(s, 3);
        assert_false(leak_is_overdue(s, 3));
        assert_true(leak_is_overdue(s, 2)); /* it ran before the test */
        go_to(s, 16, 3, 59);
        load_starts(s, 4);
        assert_false(leak_is_overdue(s, 4));
        go_to(s, 16, 4, 0);
        load_starts(s, 5);
        assert_true(leak_is_overdue(s, 5));
}

static void a_leak_above_the_limit_takes_it_out_and_a_test_that_is_none_does_not(void **state) {
        Sim *s = *state;

        sim_say(s, AC "/test", "{'test':'vacuum-leak','result':'pass'}");
        sim_say(s, AC "/test", "{'test':'vacuum-leak','pressures':[[0,9.0],[300,9.2],[900,9.3]]}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM test WHERE outcome = 0"), 2);
        assert_true(in_service(s));
        leak_test(s, "6.501");
        assert_false(in_service(s));
        assert_int_equal(sim_alert(s, "leak-test-failed"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE cause = 'leak-test-failed'"), 1);
        load_starts(s, 1);
        assert_string_equal(against(s, 1), "leak-test-failed out-of-service penetration-test-missing");
        leak_test(s, "6.501"); /* while it is out: the window is the same */
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 1);
        sim_advance(s, US_PER_S);
        leak_test(s, "5.3");
        assert_string_equal(against(s, 1), "out-of-service penetration-test-missing");
        assert_int_equal(sim_alert(s, "leak-test-failed"), 0);
}

/* --- spore tests ------------------------------------------------------------------------------------------------------ */

static void nothing_else_due(Sim *s) {
        sim_fit(s);
        sim_sql(s, "INSERT INTO duty_done (i, at_us, duty, subject, by, passed) VALUES (1, %lld, 'door-seal', 'ac-1', 'ben', 1)",
                (long long)s->now.wall_us);
        sim_advance(s, US_PER_S);
}

static void in_the_us_a_spore_test_covers_seven_days_and_ten_while_it_is_not_read(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[site]\nprofile = us\n");
        sim_empty_cycle(&s, 1, true);
        spore(&s, 1, "pending", "");
        go_to(&s, 10, 12, 0);
        nothing_else_due(&s);
        load_starts(&s, 2);
        assert_string_equal(against(&s, 2), "");
        go_to(&s, 11, 12, 0);
        nothing_else_due(&s);
        load_starts(&s, 3);
        assert_string_equal(against(&s, 3), "spore-test-overdue");
        spore(&s, 1, "pass", ",'control':'growth'");
        assert_string_equal(against(&s, 2), "spore-test-overdue"); /* read: now it is good for seven days, as any */
        sim_advance(&s, US_PER_S);
        sim_empty_cycle(&s, 4, true);
        spore(&s, 4, "pass", ",'control':'growth'");
        assert_string_equal(against(&s, 3), "spore-test-overdue"); /* which ran before it, on the same day */
        load_starts(&s, 5);
        assert_string_equal(against(&s, 5), "");
        sim_close(&s);
}

static void a_spore_test_that_nobody_reads_for_more_than_ten_days_is_asked_for(void **state) {
        Sim *s = *state;

        sim_empty_cycle(s, 1, true);
        spore(s, 1, "pending", "");
        go_to(s, 10, 12, 0);
        sim_pass(s, 61 * US_PER_S);
        assert_int_equal(sim_alert(s, "spore-test-unread"), 0);
        go_to(s, 11, 12, 0);
        sim_pass(s, 61 * US_PER_S);
        sim_pass(s, 61 * US_PER_S);
        assert_int_equal(sim_alert(s, "spore-test-unread"), 1);
        spore(s, 1, "pass", ",'control':'growth'");
        assert_int_equal(sim_alert(s, "spore-test-unread"), 0);
}

static void without_growth_in_its_control_a_spore_test_says_nothing(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[site]\nprofile = us\n");
        go_to(&s, 8, 12, 0);
        nothing_else_due(&s);
        sim_empty_cycle(&s, 1, true);
        spore(&s, 1, "pass", ",'control':'no-growth'");
        assert_int_equal(sim_alert(&s, "test-not-counted"), 1);
        load_starts(&s, 2);
        assert_string_equal(against(&s, 2), "spore-test-overdue");
        spore(&s, 1, "pass", ",'control':'growth'");
        assert_string_equal(against(&s, 2), "spore-test-overdue");
        assert_true(in_service(&s));
        sim_close(&s);
}

static void the_eu_profile_asks_for_no_spore_test_and_a_policy_may_loosen_the_us_one(void **state) {
        Sim *s = *state, us;

        go_to(s, 30, 12, 0);
        nothing_else_due(s);
        load_starts(s, 1);
        assert_string_equal(against(s, 1), "");
        sim_open(&us, "[site]\nprofile = us\n[policy]\nspore-test-overdue = alert\n");
        go_to(&us, 30, 12, 0);
        nothing_else_due(&us);
        load_starts(&us, 1);
        assert_string_equal(against(&us, 1), "");
        sim_pass(&us, 2 * US_PER_S);
        assert_int_equal(sim_alert(&us, "spore-test-overdue"), 1);
        sim_close(&us);
}

static void a_positive_recalls_all_since_the_cycle_of_the_last_negative(void **state) {
        Sim *s = *state;

        sim_empty_cycle(s, 1, true); /* its spore test is read after cycle 2 */
        sim_cycle(s, 2, true);
        spore(s, 1, "pass", ",'control':'growth'");
        sim_empty_cycle(s, 3, true);
        sim_forget(s);
        sim_blurt(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':3,'indicator':'biological','result':'fail','reader':'somebody'}");
        assert_string_equal(sim_member(s, STATE, "service"), "out");
        assert_string_equal(sim_rules(s, STATE), "out-of-service spore-test-positive");
        assert_int_equal(sim_alert(s, "spore-test-positive"), 1);
        assert_int_equal(sim_sql(s, "SELECT kind FROM recall WHERE cause = 'spore-test-positive'"), RECALL_FINAL);
        assert_true(sim_sql(s, "SELECT from_us FROM recall") == started(s, 1) + 1);
        assert_true(sim_sql(s, "SELECT from_us FROM recall") <= started(s, 2));
        spore(s, 3, "fail", ""); /* the same again */
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 1);
        sim_check_chain(s);
}

static void a_positive_of_a_cycle_that_nobody_knows_recalls_too(void **state) {
        Sim *s = *state;

        sim_blurt(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':77,'indicator':'biological','result':'fail','reader':'ben'}");
        assert_false(in_service(s));
        assert_int_equal(sim_sql(s, "SELECT from_us FROM recall"), 1);
}

static void by_policy_a_first_positive_waits_for_repeats_and_another_recalls_from_the_first(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[policy]\nfirst-positive = repeat\n");
        sim_empty_cycle(&s, 1, true);
        spore(&s, 1, "pass", ",'control':'growth'");
        sim_cycle(&s, 2, true);
        sim_empty_cycle(&s, 3, true);
        spore(&s, 3, "fail", "");
        assert_false(in_service(&s));
        assert_int_equal(sim_sql(&s, "SELECT kind FROM recall"), RECALL_QUARANTINE);
        sim_advance(&s, US_PER_S);
        sim_empty_cycle(&s, 4, true);
        spore(&s, 4, "pass", ",'control':'growth'");
        sim_empty_cycle(&s, 5, true);
        spore(&s, 5, "fail", "");
        assert_int_equal(sim_sql(&s, "SELECT count(*) FROM recall WHERE kind = 0"), 1);
        assert_true(sim_sql(&s, "SELECT from_us FROM recall WHERE kind = 0") == started(&s, 1) + 1);
        sim_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                T(run_at_750_load_at_805_read_at_820_and_only_then_released),
                T(a_test_run_after_the_load_began_or_on_another_day_does_not_count),
                T(a_test_that_is_not_in_order_is_no_test_and_says_why),
                T(a_pack_that_turns_up_in_the_test_cycle_takes_the_test_back),
                T(a_failed_test_takes_it_out_and_quarantines_what_ran_since_the_last_pass),
                T(two_readers_who_disagree_count_as_failed_in_either_order),
                T(without_boot_and_seq_nothing_passes),
                T(a_leak_test_covers_loads_through_the_seventh_clinic_day),
                T(a_leak_above_the_limit_takes_it_out_and_a_test_that_is_none_does_not),
                T(in_the_us_a_spore_test_covers_seven_days_and_ten_while_it_is_not_read),
                T(a_spore_test_that_nobody_reads_for_more_than_ten_days_is_asked_for),
                T(without_growth_in_its_control_a_spore_test_says_nothing),
                T(the_eu_profile_asks_for_no_spore_test_and_a_policy_may_loosen_the_us_one),
                T(a_positive_recalls_all_since_the_cycle_of_the_last_negative),
                T(a_positive_of_a_cycle_that_nobody_knows_recalls_too),
                T(by_policy_a_first_positive_waits_for_repeats_and_another_recalls_from_the_first),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
