/* SPDX-License-Identifier: Apache-2.0 */
/* An autoclave that was put out of service, and its way back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/clinicsim.h"
#include "fitness-case.h"

static void a_minor_cause_is_put_right_by_a_person_and_a_reason(void **state) {
        Sim *s = *state;

        assert_int_equal(put_out(s, "nonsense", "ben"), 1);
        assert_int_equal(put_out(s, "other", "nobody"), 1);
        assert_true(in_service(s));
        assert_int_equal(put_out(s, "other", "ana"), 0);
        assert_false(in_service(s));
        load_starts(s, 1);
        assert_int_equal(put_back(s, "ben", ""), 1);
        assert_int_equal(put_back(s, "ana", "It is clean."), 1);
        assert_non_null(strstr(said, "releaser"));
        assert_int_equal(put_back(s, "ben", "It is clean."), 0);
        assert_true(in_service(s));
        assert_int_equal(sim_alert(s, "out-of-service"), 0);
        assert_string_equal(sim_member(s, STATE, "service"), "in");
        assert_int_equal(put_back(s, "ben", "Again."), 1);
        assert_non_null(strstr(against(s, 1), "out-of-service")); /* it ran while the autoclave was out */
        sim_advance(s, US_PER_S);
        load_starts(s, 2);
        assert_null(strstr(against(s, 2), "out-of-service"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record LIKE '%%\"type\":\"service\"%%'"), 2);
}

static void a_minor_fault_is_an_alert_and_a_major_one_takes_it_out(void **state) {
        Sim *s = *state;

        sim_blurt(s, AC "/fault", "{'code':'E12','severity':'minor'}");
        assert_true(in_service(s));
        assert_int_equal(sim_alert(s, "autoclave-fault"), 1);
        sim_blurt(s, AC "/fault", "{'code':'E99','severity':'major','text':'heater'}");
        assert_false(in_service(s));
        assert_int_equal(put_back(s, "ben", "It is repaired."), 1);
        assert_int_equal(put_back(s, "clara", "It is repaired."), 1);
        assert_non_null(strstr(said, "0 of 3 empty cycles"));
}

static void good_cycle(Sim *s, int cycle) {
        sim_empty_cycle(s, cycle, true);
        spore(s, cycle, "pass", ",'control':'growth'");
        chemical(s, cycle);
        sim_advance(s, US_PER_S);
}

static void three_bowie_dicks(Sim *s, int first) {
        for (int i = 0; i < 3; i++) {
                assert_int_equal(put_back(s, "clara", "It is repaired."), 1);
                sim_bowie_dick(s, first + i);
                read_test(s, first + i, "pass");
                sim_advance(s, US_PER_S);
        }
}

static void the_way_back_is_three_cycles_three_bowie_dicks_and_an_officer(void **state) {
        Sim *s = *state;

        assert_int_equal(put_out(s, "repair", "clara"), 0);
        sim_advance(s, US_PER_S);
        good_cycle(s, 1);
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "1 of 3 empty cycles"));
        good_cycle(s, 2);
        assert_non_null(strstr(sim_member(s, STATE, "reasons"), "2 of 3 empty cycles"));
        good_cycle(s, 3);
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "0 of 3 Bowie-Dick"));
        three_bowie_dicks(s, 4);
        assert_int_equal(put_back(s, "ben", "It is repaired."), 1);
        assert_int_equal(put_back(s, "clara", "It is repaired."), 0);
        assert_true(in_service(s));
        sim_advance(s, US_PER_S);
        load_starts(s, 7);
        assert_string_equal(against(s, 7), "");
        sim_check_chain(s);
}

/* As many as make a list long that is read at each look: two hundred warm-ups. */
static void of_a_machine_that_runs_on_while_it_is_out_only_the_newest_cycles_count(void **state) {
        Sim *s = *state;

        assert_int_equal(put_out(s, "repair", "clara"), 0);
        sim_advance(s, US_PER_S);
        for (int i = 1; i <= 3; i++)
                good_cycle(s, i);
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "0 of 3 Bowie-Dick"));
        sim_sql(s, "WITH RECURSIVE n (x) AS (SELECT 0 UNION ALL SELECT x + 1 FROM n WHERE x < 197) "
                   "INSERT INTO attempt (label, autoclave, cycle, program, purpose, started_us, ended_us, start, verdict) "
                   "SELECT 'w-' || x, 'ac-1', 1000 + x, 'prevac-134', %d, %lld, %lld, '{}', 0 FROM n",
                PURPOSE_WARM_UP, (long long)s->now.wall_us, (long long)s->now.wall_us);
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "2 of 3 empty cycles"));
}

static void what_was_run_before_the_cause_or_again_after_it_does_not_count(void **state) {
        Sim *s = *state;

        good_cycle(s, 1);
        assert_int_equal(put_out(s, "relocation", "clara"), 0);
        sim_advance(s, US_PER_S);
        good_cycle(s, 2);
        good_cycle(s, 3);
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "2 of 3 empty cycles"));
        for (int i = 0; i < 2; i++) { /* a new cause, and the same again */
                sim_blurt(s, AC "/fault", "{'code':'E99','severity':'major'}");
                sim_advance(s, US_PER_S);
                good_cycle(s, 4 + i);
                assert_int_equal(put_back(s, "clara", "x"), 1);
                assert_non_null(strstr(said, "1 of 3 empty cycles"));
        }
}

static void a_load_or_a_failed_cycle_among_the_three_begins_the_row_anew(void **state) {
        Sim *s = *state;

        assert_int_equal(put_out(s, "installation", "clara"), 0);
        sim_advance(s, US_PER_S);
        good_cycle(s, 1);
        good_cycle(s, 2);
        sim_empty_cycle(s, 3, false);
        good_cycle(s, 4);
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "1 of 3 empty cycles"));
        sim_cycle(s, 5, true); /* announced as a load */
        spore(s, 5, "pass", ",'control':'growth'");
        chemical(s, 5);
        good_cycle(s, 6);
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "1 of 3 empty cycles"));
}

static void a_failed_test_on_the_way_back_begins_it_anew(void **state) {
        Sim *s = *state;

        assert_int_equal(put_out(s, "repair", "clara"), 0);
        sim_advance(s, US_PER_S);
        good_cycle(s, 1);
        good_cycle(s, 2);
        good_cycle(s, 3);
        sim_bowie_dick(s, 4);
        read_test(s, 4, "fail");
        assert_int_equal(put_back(s, "clara", "x"), 1);
        assert_non_null(strstr(said, "0 of 3 empty cycles"));
}

static void after_three_negative_repeats_the_positive_is_over(void **state) {
        Sim *s = *state;

        sim_empty_cycle(s, 1, true);
        spore(s, 1, "fail", "");
        sim_advance(s, US_PER_S);
        good_cycle(s, 2);
        good_cycle(s, 3);
        good_cycle(s, 4);
        three_bowie_dicks(s, 5);
        assert_int_equal(put_back(s, "clara", "Repaired and tested."), 0);
        assert_int_equal(sim_alert(s, "spore-test-positive"), 0);
        sim_advance(s, US_PER_S);
        load_starts(s, 8);
        assert_string_equal(against(s, 8), "");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_minor_cause_is_put_right_by_a_person_and_a_reason),
                T(a_minor_fault_is_an_alert_and_a_major_one_takes_it_out),
                T(the_way_back_is_three_cycles_three_bowie_dicks_and_an_officer),
                T(of_a_machine_that_runs_on_while_it_is_out_only_the_newest_cycles_count),
                T(what_was_run_before_the_cause_or_again_after_it_does_not_count),
                T(a_load_or_a_failed_cycle_among_the_three_begins_the_row_anew),
                T(a_failed_test_on_the_way_back_begins_it_anew),
                T(after_three_negative_repeats_the_positive_is_over),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
