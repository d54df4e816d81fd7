/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to a permit that nobody meant to give: old leases, borrowed labels, floods, and what an officer's act leaves
 * open. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "util.h"

#define S US_PER_S
#define MIN (60 * US_PER_S)
#define LEASE (90 * S)
#define INJURIES 300

static const char people[] = "[practitioner dora]\nroles = officer\n";
static char text[ACT_TEXT_MAX];

static int set_up(void **state) {
        static Sim sim;

        sim_open(&sim, people);
        sim_receive(&sim, "R1 R2 R3 R4 R5");
        *state = &sim;
        return 0;
}

static int tear_down(void **state) {
        sim_close(*state);
        return 0;
}

static void running(Sim *s, const char *room, const char *session, const char *names) {
        assert_string_equal(sim_ask(s, room, session, names), "allow");
        sim_start(s, room, session);
}

static int act(Sim *s, ActType type, const char *subject, const char *cause, const char *by) {
        const Act a = { .type = type, .subject = subject, .cause = cause, .by = by, .reason = "tried", .uid = 1 };
        int r = intake_act(s->intake, &s->now, &a, text);

        assert_true(r >= 0);
        sim_commit(s);
        return r;
}

/* --- leases --- */

static void a_reboot_of_the_machine_gives_no_relay_a_lease_that_its_room_had_lost(void **state) {
        Sim *s = *state;

        running(s, "room-1", "s-1", "R1");
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
        sim_pass(s, 60 * MIN);
        assert_string_equal(sim_relay_ask(s, "relay-1"), "session-over");
        sim_reboot(s, 60 * S);
        assert_string_equal(sim_relay_ask(s, "relay-1"), "session-over");
        sim_restart(s);
        assert_string_equal(sim_relay_ask(s, "relay-1"), "session-over");
        sim_pass(s, S);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
}

static void what_a_permit_answered_before_a_reboot_is_not_answered_again_after_it(void **state) {
        Sim *s = *state;

        sim_put_request(s, "room-1", "s-1", "R1", 77);
        sim_commit(s);
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "verdict"), "allow");
        sim_reboot(s, 5 * S);
        sim_forget(s);
        sim_put_request(s, "room-1", "s-1", "R1", 77);
        sim_commit(s);
        assert_string_equal(sim_rules(s, "down/room/room-1/decision"), "session-over");
}

/* --- overrides --- */

#define ROOM_RULE "room-not-disinfected"

static void use_both_rooms(Sim *s) {
        running(s, "room-1", "s-01", "R1");
        running(s, "room-2", "s-02", "R2");
        sim_end(s, "room-1", "s-01", "completed");
        sim_end(s, "room-2", "s-02", "completed");
        sim_advance(s, MIN);
}

static void what_officers_sign_for_one_room_serves_no_other_that_borrows_its_label(void **state) {
        Sim *s = *state;

        use_both_rooms(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R3"), ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R4"), ROOM_RULE);
        assert_int_equal(act(s, ACT_OVERRIDE, "s-1", ROOM_RULE, "clara"), 1);
        assert_non_null(strstr(text, "another room"));
        assert_int_equal(act(s, ACT_OVERRIDE, "s-1", ROOM_RULE, "dora"), 1);
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R4"), ROOM_RULE);
        /* The way out is a label of its own. */
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R3"), ROOM_RULE);
        assert_int_equal(act(s, ACT_OVERRIDE, "s-2", ROOM_RULE, "clara"), 0);
        assert_int_equal(act(s, ACT_OVERRIDE, "s-2", ROOM_RULE, "dora"), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R3"), "allow");
}

static void a_label_that_is_borrowed_between_two_signatures_gets_neither_of_them(void **state) {
        Sim *s = *state;

        use_both_rooms(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R3"), ROOM_RULE);
        assert_int_equal(act(s, ACT_OVERRIDE, "s-1", ROOM_RULE, "clara"), 0);
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R4"), ROOM_RULE);
        assert_int_equal(act(s, ACT_OVERRIDE, "s-1", ROOM_RULE, "dora"), 1);
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R4"), ROOM_RULE);
}

static void an_override_serves_no_item_that_was_not_asked_for(void **state) {
        Sim *s = *state;

        use_both_rooms(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R3"), ROOM_RULE);
        assert_int_equal(act(s, ACT_OVERRIDE, "s-1", ROOM_RULE, "clara"), 0);
        assert_int_equal(act(s, ACT_OVERRIDE, "s-1", ROOM_RULE, "dora"), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R4"), ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R3 R4"), ROOM_RULE);
}

/* --- an officer's end --- */

static void a_room_whose_last_permit_may_still_hold_cannot_be_turned_over(void **state) {
        Sim *s = *state;

        running(s, "room-1", "s-1", "R1");
        assert_string_equal(sim_end_for(s, "s-1"), "done");
        sim_pass(s, 20 * S);
        sim_forget(s);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_rejected(s, "room/room-1"), "not-allowed");
        sim_pass(s, LEASE);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), ROOM_RULE);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

/* --- floods --- */

static void many_injuries_have_few_alerts_and_close_together(void **state) {
        Sim *s = *state;

        for (int n = 0; n < INJURIES; n++)
                sim_blurt(s, "room/room-1/injury", "{'detail':'thumb %d'}", n);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE closed_us IS NULL"), INJURIES);
        assert_true(sim_sql(s, "SELECT count(*) FROM alert WHERE rule = 'exposure-open' AND state < 2") <= 50);
        sim_advance(s, MIN);
        sim_say(s, "station/station-1/duty", "{'duty':'first-aid','subject':'room-1','by':'clara'}");
        sim_say(s, "station/station-1/duty", "{'duty':'exposure-report','subject':'room-2','by':'clara'}");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        sim_say(s, "station/station-1/duty", "{'duty':'exposure-report','subject':'room-1','by':'clara'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE closed_us IS NULL"), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_check_chain(s);
}

static void numbers_as_large_as_they_may_be_are_counted_and_larger_ones_refused(void **state) {
        Sim *s = *state;

        running(s, "room-1", "s-1", "R1");
        for (int n = 0; n < 3; n++)
                sim_say(s, "handpiece/pen-1/usage",
                        "{'item':'%s','event':'round','area':'a','round':100000,'passes':100000,"
                        "'motor_s':%d}",
                        sim_code("R1"), 3600);
        assert_int_equal(sim_sql(s, "SELECT passes FROM session_round"), 300000);
        sim_forget(s);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','motor_s':1e300}", sim_code("R1"));
        assert_string_equal(sim_rejected(s, "handpiece/pen-1"), "bad-member");
        sim_forget(s);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','round':9223372036854775807}",
                sim_code("R1"));
        assert_string_equal(sim_rejected(s, "handpiece/pen-1"), "bad-member");
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE label = 's-1' AND state = 3"), 1);
}

static void a_protocol_that_is_full_does_not_keep_a_session_from_its_end(void **state) {
        Sim *s = *state;
        char area[65];

        running(s, "room-1", "s-1", "R1");
        for (int n = 0; n < 300; n++) {
                for (size_t k = 0; k < 60; k++)
                        area[k] = '"';
                snprintf(area + 30, sizeof(area) - 30, "%d", n);
                for (size_t k = 0; k < 30; k++)
                        area[k] = '#';
                sim_blurt(s, "handpiece/pen-1/usage",
                          "{'item':'%s','event':'round','area':'%s','depth_mm':20,'passes':100000}", sim_code("R1"),
                          area);
        }
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_round"), 256);
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE label = 's-1' AND state = 3"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'protocol'"), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_reboot_of_the_machine_gives_no_relay_a_lease_that_its_room_had_lost),
                TEST(what_a_permit_answered_before_a_reboot_is_not_answered_again_after_it),
                TEST(what_officers_sign_for_one_room_serves_no_other_that_borrows_its_label),
                TEST(a_label_that_is_borrowed_between_two_signatures_gets_neither_of_them),
                TEST(an_override_serves_no_item_that_was_not_asked_for),
                TEST(a_room_whose_last_permit_may_still_hold_cannot_be_turned_over),
                TEST(many_injuries_have_few_alerts_and_close_together),
                TEST(numbers_as_large_as_they_may_be_are_counted_and_larger_ones_refused),
                TEST(a_protocol_that_is_full_does_not_keep_a_session_from_its_end),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
