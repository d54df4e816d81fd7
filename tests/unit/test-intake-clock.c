/* SPDX-License-Identifier: Apache-2.0 */
/* The clock in doubt, an officer's word for it, and what that word must not make good again. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"

#define HOUR (3600 * US_PER_S)

static char text[ACT_TEXT_MAX];

/* Both clocks go on, the wall clock by more or less than the other; then all are looked at, as the daemon does. */
static const char *look(Sim *s, int64_t on_us, int64_t step_us, bool synchronised) {
        sim_advance(s, on_us);
        s->now.wall_us += step_us;
        intake_clock(s->intake, &s->now, s->now.boot_us, synchronised);
        assert_int_equal(intake_clock_tell(s->intake, &s->now), 0);
        sim_commit(s);
        return intake_doubted(s->intake, DOUBT_CLOCK);
}

static int confirm(Sim *s, const char *by) {
        const Act a = {
                .type = ACT_CLOCK_CONFIRM, .subject = "clock", .by = by, .reason = "I looked at the wall", .uid = 7
        };

        return sim_act(s, &a, text);
}

static int64_t mark(Sim *s) {
        return sim_sql(s, "SELECT value FROM meta WHERE name = 'wall_mark_us'");
}

/* Something is committed, so that the mark moves. */
static void live(Sim *s) {
        assert_null(look(s, 2 * US_PER_S, 0, true));
        sim_blurt(s, "room/room-1/heartbeat", "{}");
}

static void a_clock_that_is_not_in_doubt_is_not_confirmed(void **state) {
        Sim *s = *state;

        live(s);
        assert_int_equal(confirm(s, "clara"), 1);
        assert_says(text, "not in doubt");
        assert_int_equal(confirm(s, "ana"), 1);
        assert_says(text, "an officer may");
}

static void an_officer_ends_the_doubt_of_a_clock_that_was_set_back(void **state) {
        Sim *s = *state;
        int64_t before;

        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        live(s);
        before = mark(s);
        assert_true(before >= s->now.wall_us - US_PER_S);
        assert_non_null(look(s, 0, -HOUR, true));
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "clock-untrusted");
        assert_int_equal(sim_alert(s, "clock-untrusted"), 1);
        assert_int_equal(mark(s), before);

        assert_int_equal(confirm(s, "ana"), 1);
        assert_non_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_int_equal(confirm(s, "clara"), 0);
        assert_says(text, "until that time is reached");
        assert_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_int_equal(mark(s), s->now.wall_us);
        assert_int_equal(sim_alert(s, "clock-untrusted"), 0);
        assert_int_equal(sim_sql(s, "SELECT record ->> 'mark_us' FROM audit WHERE record ->> 'type' = 'clock'"),
                         before);
        assert_int_equal(sim_sql(s, "SELECT record ->> 'wall_us' FROM audit WHERE record ->> 'type' = 'clock'"),
                         s->now.wall_us);
        assert_string_equal(sim_text(s, "SELECT record ->> 'doubt' FROM audit WHERE record ->> 'type' = 'clock'"),
                            "behind");
        /* Its order of use and disinfection hangs on two clocks: once more. */
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "room-not-disinfected");
        sim_disinfect_room(s, "room-1");
        assert_null(look(s, US_PER_S, 0, true));
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R1"), "allow");
        /* The next step is one again. */
        assert_non_null(look(s, 0, -HOUR, true));
        sim_check_chain(s);
}

static void a_clock_that_leapt_ahead_is_believed_after_an_officers_word_and_not_after_a_restart(void **state) {
        Sim *s = *state;

        live(s);
        assert_non_null(look(s, US_PER_S, 2 * HOUR, true));
        assert_int_equal(sim_alert(s, "clock-stepped"), 1);
        sim_restart(s);
        assert_non_null(look(s, US_PER_S, 0, true));
        assert_int_equal(confirm(s, "clara"), 0);
        assert_null(look(s, US_PER_S, 0, true));
        assert_int_equal(sim_alert(s, "clock-stepped"), 0);
        sim_restart(s);
        assert_null(look(s, US_PER_S, 0, true));
        /* And a step while the daemon is down is seen too. */
        sim_restart(s);
        assert_non_null(look(s, US_PER_S, 2 * HOUR, true));
}

static void an_unsynchronised_clock_is_believed_until_the_machine_starts_anew(void **state) {
        Sim *s = *state;

        assert_non_null(look(s, US_PER_S, 0, false));
        sim_restart(s);
        assert_non_null(look(s, US_PER_S, 0, false));
        assert_int_equal(confirm(s, "clara"), 0);
        assert_says(text, "until the machine starts anew");
        assert_null(look(s, US_PER_S, 0, false));
        sim_restart(s);
        assert_null(look(s, US_PER_S, 0, false));
        assert_non_null(look(s, US_PER_S, 2 * HOUR, false));
        assert_int_equal(confirm(s, "clara"), 0);
        assert_null(look(s, US_PER_S, 0, false));
        sim_reboot(s, 60 * US_PER_S);
        assert_non_null(look(s, US_PER_S, 0, false));
}

static void an_act_that_is_not_committed_changes_nothing(void **state) {
        Sim *s = *state;
        const Act a = { .type = ACT_CLOCK_CONFIRM, .subject = "clock", .by = "clara", .reason = "r" };

        live(s);
        assert_non_null(look(s, 0, -HOUR, true));
        assert_int_equal(intake_act(s->intake, &s->now, &a, text), 0);
        intake_rollback(s->intake);
        assert_non_null(look(s, US_PER_S, 0, true));
        assert_true(mark(s) > s->now.wall_us);
        assert_true(intake_mark_us(s->intake) > s->now.wall_us);
}

static void what_had_expired_stays_so_until_the_old_time_is_reached(void **state) {
        Sim *s = *state;

        /* The last day of the roller; an hour after midnight it is over. */
        sim_say(s, "station/station-1/receive", "{'item':'%s','expires':'2026-11-22'}", sim_code("R1"));
        assert_null(look(s, US_PER_S, 0, true));
        sim_advance(s, 15 * HOUR);
        live(s);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-expired");
        assert_non_null(look(s, 0, -3 * HOUR, true));
        assert_int_equal(confirm(s, "clara"), 0);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "item-expired");
        sim_restart(s);
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R1"), "item-expired");
}

static void a_clock_that_was_years_ahead_is_no_dead_end(void **state) {
        const int64_t years = 800 * US_PER_DAY;
        Sim *s = *state;

        assert_null(look(s, US_PER_S, 0, true));
        sim_say(s, "station/station-1/receive", "{'item':'%s','expires':'2027-11-22'}", sim_code("R1"));
        assert_non_null(look(s, US_PER_S, years, true));
        assert_int_equal(confirm(s, "clara"), 0);
        live(s);
        sim_disinfect_room(s, "room-1");
        assert_true(strstr(sim_ask(s, "room-1", "s-1", "R1"), "item-expired"));
        /* Back again. Without a second witness an officer alone cannot make good what had expired. */
        assert_non_null(look(s, US_PER_S, -years, false));
        assert_int_equal(confirm(s, "clara"), 1);
        assert_says(text, "synchronised");
        assert_non_null(look(s, US_PER_S, 0, true));
        assert_int_equal(confirm(s, "clara"), 0);
        assert_says(text, "look through the stock");
        live(s);
        /* It was disinfected two years from now; that counts for nothing, and the room can be used today. */
        assert_true(strstr(sim_ask(s, "room-1", "s-2", "R1"), "room-not-disinfected"));
        sim_disinfect_room(s, "room-1");
        assert_null(strstr(sim_ask(s, "room-1", "s-3", "R1"), "room-not-disinfected"));
        assert_null(strstr(sim_ask(s, "room-1", "s-4", "R1"), "item-expired"));
}

static void what_was_sterilized_by_a_clock_ahead_is_not_good_for_longer(void **state) {
        Sim *s = *state;

        sim_fit(s);
        sim_sterilize(s, "EX-1", "extractor", "p-1", 1);
        assert_null(look(s, US_PER_S, 0, true));
        sim_disinfect_room(s, "room-1");
        sim_ask(s, "room-1", "s-1", "EX-1");
        assert_null(strstr(sim_rules(s, "down/room/room-1/decision"), "shelf-life-over"));
        live(s);
        assert_non_null(look(s, 0, -5 * HOUR, true));
        assert_int_equal(confirm(s, "clara"), 0);
        sim_ask(s, "room-1", "s-2", "EX-1");
        assert_non_null(strstr(sim_rules(s, "down/room/room-1/decision"), "shelf-life-over"));
}

static void put_leak_test(Sim *s, int64_t run_us, int outcome) {
        sim_sql(s,
                "INSERT INTO test (i, autoclave, test, run_us, read_us, outcome) VALUES (1, 'ac-1', 2, %lld, %lld, %d)",
                (long long)run_us, (long long)run_us, outcome);
}

static bool leak_failed(Sim *s) {
        static AutoclaveStatus status;
        bool found = false;

        memset(&status, 0, sizeof(status));
        assert_int_equal(intake_autoclave_status(s->intake, &s->now, "ac-1", &status), 1);
        for (size_t i = 0; i < status.refusals.n; i++)
                found |= streq(status.refusals.v[i].rule, "leak-test-failed");
        return found;
}

static void a_test_of_a_clock_ahead_counts_by_when_it_was_told(void **state) {
        const int64_t years = 800 * US_PER_DAY;
        Sim *s = *state;

        put_leak_test(s, s->now.wall_us - 9 * US_PER_S, 1);
        assert_false(leak_failed(s));
        put_leak_test(s, s->now.wall_us + years, 2);
        assert_true(leak_failed(s));
        put_leak_test(s, s->now.wall_us - 8 * US_PER_S, 1);
        assert_false(leak_failed(s));
        /* A pass then takes back no failure of today. */
        put_leak_test(s, s->now.wall_us + years + 1, 1);
        put_leak_test(s, s->now.wall_us - 7 * US_PER_S, 2);
        assert_true(leak_failed(s));
        put_leak_test(s, s->now.wall_us - 6 * US_PER_S, 1);
        assert_false(leak_failed(s));
}

static void a_sleep_is_recorded_alerted_and_counts_as_absence(void **state) {
        Sim *s = *state;

        assert_int_equal(intake_broker_found(s->intake, &s->now, true), 0);
        live(s);
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':1,'program':'prevac-134','purpose':'load'}");
        assert_int_equal(intake_slept_us(s->intake), 0);
        sim_advance(s, 100 * US_PER_S);
        intake_clock(s->intake, &s->now, s->now.boot_us - 90 * US_PER_S, true);
        assert_int_equal(intake_slept_us(s->intake), 90 * US_PER_S);
        assert_non_null(intake_doubted(s->intake, DOUBT_ARMING));
        sim_disinfect_room(s, "room-1");
        assert_non_null(strstr(sim_ask(s, "room-1", "s-1", "R1"), "audit-inconsistent"));
        assert_int_equal(intake_clock_slept(s->intake, &s->now), 0);
        sim_commit(s);
        assert_int_equal(intake_slept_us(s->intake), 0);
        assert_int_equal(sim_alert(s, "machine-asleep"), 1);
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'machine-asleep'"), 1);
        assert_int_equal(sim_sql(s, "SELECT record ->> 'slept_us' FROM audit WHERE record ->> 'type' = 'asleep'"),
                         90 * US_PER_S);
        /* A chunk without samples and not empty: an absence. */
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM sample_chunk WHERE samples = 0 AND length(data) > 0"), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_clock_that_is_not_in_doubt_is_not_confirmed),
                T(an_officer_ends_the_doubt_of_a_clock_that_was_set_back),
                T(a_clock_that_leapt_ahead_is_believed_after_an_officers_word_and_not_after_a_restart),
                T(an_unsynchronised_clock_is_believed_until_the_machine_starts_anew),
                T(an_act_that_is_not_committed_changes_nothing),
                T(what_had_expired_stays_so_until_the_old_time_is_reached),
                T(a_clock_that_was_years_ahead_is_no_dead_end),
                T(what_was_sterilized_by_a_clock_ahead_is_not_good_for_longer),
                T(a_test_of_a_clock_ahead_counts_by_when_it_was_told),
                T(a_sleep_is_recorded_alerted_and_counts_as_absence),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
