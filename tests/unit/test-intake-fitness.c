/* SPDX-License-Identifier: Apache-2.0 */
/* The autoclave's fitness through the intake, on a clock in the test's hand: days pass, tests fail, and come back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../lib/clinicsim.h"
#include "intake/sterile.h"

#define STATION "station/station-1"
#define AC "autoclave/ac-1"
#define STATE "state/autoclave/ac-1"
#define HOUR (3600 * US_PER_S)
#define FIRST_DAY 22 /* of November 2026, at ten: the day on which ac-1 was commissioned */

/* --- what tests need ------------------------------------------------------------------------------------------------- */

/* To this hour in the clinic's zone, so many days after 22 November 2026. */
static void go_to(Sim *s, int days, int hour, int minute) {
        struct tm tm = { .tm_year = 126, .tm_mon = 10, .tm_mday = FIRST_DAY + days, .tm_hour = hour, .tm_min = minute,
                         .tm_isdst = -1 };
        int64_t at_us = (int64_t)mktime(&tm) * US_PER_S;

        assert_true(at_us >= s->now.wall_us);
        sim_advance(s, at_us - s->now.wall_us);
}

static int compare_text(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What stands against the release of this cycle's load, now: rules, sorted, apart by blanks. */
static const char *against(Sim *s, int cycle) {
        static char text[1024];
        static Reasons reasons;
        const char *rules[REASONS_MAX];
        AttemptRow a;
        size_t n = 0;

        reasons = (Reasons){};
        s->intake->now = s->now;
        assert_true(attempt_by_cycle(s->store, "ac-1", cycle, &a) > 0);
        assert_int_equal(fitness_refusals(s->intake, &a, &reasons), 0);
        for (size_t i = 0; i < reasons.n; i++) {
                rules[i] = reasons.v[i].rule;
                assert_true(strlen(reasons.v[i].text) > 25);
        }
        qsort(rules, reasons.n, sizeof(*rules), compare_text);
        text[0] = '\0';
        for (size_t i = 0; i < reasons.n; i++)
                if (i == 0 || !streq(rules[i], rules[i - 1]))
                        n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s", n ? " " : "", rules[i]);
        return text;
}

/* A load that is short for its test: what counts here is when it starts. */
static void load_starts(Sim *s, int cycle) {
        sim_say(s, AC "/cycle-start", "{'cycle':%d,'program':'prevac-134'}", cycle);
}

static void expect_taken(Sim *s) {
        assert_string_equal(sim_rejected(s, STATION), "");
        assert_string_equal(sim_rejected(s, AC), "");
}

static void read_test(Sim *s, int cycle, const char *result) {
        sim_forget(s);
        sim_say(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','cycle':%d,'result':'%s','reader':'ben'}", cycle,
                result);
        expect_taken(s);
}

static void leak_test(Sim *s, const char *last_kpa) {
        sim_forget(s);
        sim_say(s, AC "/test", "{'test':'vacuum-leak','pressures':[[0,5.0],[300,5.2],[900,%s]]}", last_kpa);
        expect_taken(s);
}

static void spore(Sim *s, int cycle, const char *result, const char *more) {
        sim_forget(s);
        sim_say(s, STATION "/indicator",
                "{'autoclave':'ac-1','cycle':%d,'indicator':'biological','result':'%s','reader':'ben','lot':'S7'%s}", cycle, result,
                more);
        expect_taken(s);
}

static void chemical(Sim *s, int cycle) {
        sim_say(s, STATION "/indicator",
                "{'autoclave':'ac-1','cycle':%d,'indicator':'chemical','result':'pass','reader':'ben','type':5}", cycle);
        expect_taken(s);
}

static bool in_service(Sim *s) {
        static Reasons reasons;

        reasons = (Reasons){};
        s->intake->now = s->now;
        assert_int_equal(fitness_service(s->intake, "ac-1", &reasons), 0);
        return reasons.total == 0;
}

static char said[TEXT_MAX + 1];

static int put_out(Sim *s, const char *cause, const char *by) {
        int r = intake_autoclave_out(s->intake, &s->now, "ac-1", cause, by, "It was moved.", said);

        assert_true(r >= 0);
        sim_commit(s);
        return r;
}

static int put_back(Sim *s, const char *by, const char *reason) {
        int r = intake_autoclave_return(s->intake, &s->now, "ac-1", by, reason, said);

        assert_true(r >= 0);
        sim_commit(s);
        return r;
}

static int64_t started(Sim *s, int cycle) {
        return sim_sql(s, "SELECT started_us FROM attempt WHERE cycle = %d", cycle);
}

/* --- clinic days ------------------------------------------------------------------------------------------------------ */

static int64_t at(int year, int month, int day, int hour, int minute) {
        struct tm tm = { .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute,
                         .tm_isdst = -1 };

        return (int64_t)mktime(&tm) * US_PER_S;
}

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

/* --- out, and back ---------------------------------------------------------------------------------------------------- */

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
#define T(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)
        const struct CMUnitTest tests[] = {
                T(a_clinic_day_has_23_or_25_hours_when_the_clocks_change),
                T(a_test_of_the_night_before_the_clocks_change_is_of_the_day_before),
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
                T(a_minor_cause_is_put_right_by_a_person_and_a_reason),
                T(a_minor_fault_is_an_alert_and_a_major_one_takes_it_out),
                T(the_way_back_is_three_cycles_three_bowie_dicks_and_an_officer),
                T(of_a_machine_that_runs_on_while_it_is_out_only_the_newest_cycles_count),
                T(what_was_run_before_the_cause_or_again_after_it_does_not_count),
                T(a_load_or_a_failed_cycle_among_the_three_begins_the_row_anew),
                T(a_failed_test_on_the_way_back_begins_it_anew),
                T(after_three_negative_repeats_the_positive_is_over),
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
