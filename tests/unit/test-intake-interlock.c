/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms, their locks and their relays, through real messages: who gets a permit when, for how long, and who does not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "store/rooms.h"

#define S US_PER_S
#define LEASE (90 * S)

#define assert_asked(s, room, session, names, rules) assert_string_equal(sim_ask(s, room, session, names), rules)

static void running(Sim *s, const char *session, const char *names) {
        sim_receive(s, names);
        assert_asked(s, "room-1", session, names, "allow");
        sim_start(s, "room-1", session);
}

static const char *interlock(Sim *s, const char *room) {
        char topic[128];

        snprintf(topic, sizeof(topic), "state/room/%s/interlock", room);
        return sim_member(s, topic, "state");
}

static int64_t row(Sim *s, const char *column) {
        return sim_sql(s, "SELECT %s FROM room WHERE id = 'room-1'", column);
}

static void stray(Sim *s) {
        sim_say(s, "handpiece/pen-1/usage", "{'item':'nobody-knows','event':'contact'}");
}

/* --- state
 * ------------------------------------------------------------------------------------------------------------- */

static void a_room_goes_through_its_states_and_says_each(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        assert_asked(s, "room-1", "s-1", "R1", "allow");
        assert_string_equal(interlock(s, "room-1"), "authorised");
        assert_int_equal(row(s, "interlock"), 1);
        sim_start(s, "room-1", "s-1");
        assert_string_equal(interlock(s, "room-1"), "running");
        sim_forget(s);
        stray(s);
        assert_string_equal(interlock(s, "room-1"), "suspended");
        assert_int_equal(row(s, "interlock"), 3);
        sim_end(s, "room-1", "s-1", "stopped");
        assert_string_equal(interlock(s, "room-1"), "locked");
        assert_int_equal(row(s, "interlock"), 0);
}

static void a_running_session_whose_lease_ran_out_leaves_its_room_locked_until_it_renews(void **state) {
        Sim *s = *state;

        running(s, "s-1", "R1");
        sim_forget(s);
        sim_pass(s, LEASE - 1);
        assert_int_equal(row(s, "interlock"), 2);
        sim_pass(s, 1);
        assert_string_equal(interlock(s, "room-1"), "locked");
        assert_string_equal(sim_member(s, "state/room/room-1/interlock", "session"), "s-1");
        assert_int_equal(row(s, "interlock"), 0);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        assert_string_equal(interlock(s, "room-1"), "running");
}

static void the_room_knows_until_when_it_could_be_released_and_never_less_than_was_given(void **state) {
        Sim *s = *state;
        int64_t first, later;

        running(s, "s-1", "R1");
        first = row(s, "release_until_us");
        assert_int_equal(first, s->now.boot_us + LEASE);
        assert_int_equal(row(s, "release_from_us"), s->now.boot_us);
        sim_pass(s, 30 * S);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        later = row(s, "release_until_us");
        assert_int_equal(later, first + 30 * S);
        assert_int_equal(row(s, "release_from_us"), first - LEASE);
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(row(s, "release_until_us"), later);
        /* The next one begins a new stretch. */
        sim_pass(s, 100 * S);
        sim_disinfect_room(s, "room-1");
        sim_receive(s, "R2");
        assert_asked(s, "room-1", "s-2", "R2", "allow");
        assert_int_equal(row(s, "released_before_us"), later);
        assert_int_equal(row(s, "release_from_us"), s->now.boot_us);
}

static void a_shorter_lease_takes_nothing_back_from_what_was_given(void **state) {
        Sim *s = *state;
        int64_t first;

        running(s, "s-1", "R1");
        first = row(s, "release_until_us");
        sim_end(s, "room-1", "s-1", "completed");
        sim_disinfect_room(s, "room-1");
        s->config->gate.lease_us = 10 * S;
        sim_receive(s, "R2");
        assert_asked(s, "room-1", "s-2", "R2", "allow");
        assert_true(sim_sql(s, "SELECT lease_until_us FROM session WHERE label = 's-2'") < first);
        assert_int_equal(row(s, "release_until_us"), first);
}

static void after_a_reboot_of_the_machine_a_room_could_be_released_for_one_lease_more(void **state) {
        Sim *s = *state;

        running(s, "s-1", "R1");
        sim_reboot(s, 5 * S);
        assert_int_equal(row(s, "release_until_us"), s->now.boot_us + LEASE);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room WHERE id <> 'room-1' AND release_until_us > 0"), 0);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

/* --- locks
 * ------------------------------------------------------------------------------------------------------------- */

static void a_critical_alert_locks_a_room_in_which_nobody_is(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        stray(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock WHERE open_us IS NULL"), 1);
        sim_disinfect_room(s, "room-1");
        assert_asked(s, "room-1", "s-1", "R1", "room-locked");
        assert_non_null(strstr(sim_last(s, "down/room/room-1/decision")->payload, "asepsisctl room unlock room-1"));
        assert_asked(s, "room-2", "s-2", "R1", "allow");
        sim_check_chain(s);
}

static void a_permit_of_the_same_batch_does_not_leave_after_the_lock(void **state) {
        static const char *const causes[] = { "a lock", "an end" };
        Sim *s = *state;

        for (int cause = 0; cause < 2; cause++) {
                char label[16], topic[] = "down/room/room-1/permit";

                snprintf(label, sizeof(label), "s-%d", cause + 1);
                sim_receive(s, "R1 R2");
                sim_disinfect_room(s, "room-1");
                assert_asked(s, "room-1", label, cause == 0 ? "R1" : "R2", "allow");
                sim_start(s, "room-1", label);
                sim_forget(s);
                sim_say_as(s, "room/room-1/session-renew", NULL, 0, "{'session':'%s','nonce':'%s'}", label,
                           sim_nonce((uint64_t)(7000 + cause)));
                if (cause == 0)
                        sim_say_as(s, "handpiece/pen-1/usage", NULL, 0, "{'item':'nobody-knows','event':'contact'}");
                else
                        sim_say_as(s, "room/room-1/session-end", NULL, 0, "{'session':'%s','outcome':'stopped','by':'ana'}",
                                   label);
                sim_commit(s);
                if (sim_count(s, topic) != 0)
                        fail_msg("a permit left after %s", causes[cause]);
                if (cause == 0) {
                        sim_end(s, "room-1", label, "stopped");
                        assert_string_equal(sim_unlock(s, "room-1"), "done");
                }
        }
}

static void what_locks_a_room_while_its_unlocking_is_signed_stays_locked(void **state) {
        Act act = { .type = ACT_ROOM_UNLOCK, .subject = "room-1", .by = "clara", .reason = "looked into it", .uid = 1, .pid = 1 };
        char text[ACT_TEXT_MAX];
        Sim *s = *state;
        ActSeen seen;

        stray(s);
        act.seen = &seen;
        assert_int_equal(intake_act_may(s->intake, &s->now, &act, text, &seen), ACT_DONE);
        stray(s);
        assert_int_equal(sim_act(s, &act, text), ACT_REFUSED);
        assert_non_null(strstr(text, "locked again while you signed: use-without-session"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock WHERE open_us IS NULL"), 1);
        assert_int_equal(intake_act_may(s->intake, &s->now, &act, text, &seen), ACT_DONE);
        assert_int_equal(sim_act(s, &act, text), ACT_DONE);
}

static void a_lock_acts_again_although_its_alert_is_open_and_the_room_was_unlocked(void **state) {
        Sim *s = *state;

        stray(s);
        stray(s);
        assert_int_equal(sim_sql(s, "SELECT count FROM room_lock"), 2);
        assert_string_equal(sim_unlock(s, "room-1"), "done");
        assert_int_equal(sim_alert(s, "use-without-session"), 2);
        sim_disinfect_room(s, "room-1");
        running(s, "s-1", "R1");
        stray(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock WHERE open_us IS NULL"), 1);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "session-over");
        assert_int_equal(row(s, "interlock"), 3);
}

static void reuse_across_rooms_locks_both(void **state) {
        Sim *s = *state;

        running(s, "s-1", "R1");
        sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'contact'}", sim_code("R1"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock WHERE rule = 'reuse-detected'"), 2);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "session-over");
        sim_receive(s, "R2");
        sim_disinfect_room(s, "room-2");
        assert_asked(s, "room-2", "s-2", "R2", "room-locked");
}

static void a_lock_outlives_restart_crash_and_reboot(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        stray(s);
        sim_disinfect_room(s, "room-1");
        sim_restart(s);
        assert_asked(s, "room-1", "s-1", "R1", "room-locked");
        sim_crash(s);
        assert_asked(s, "room-1", "s-1", "R1", "room-locked");
        sim_reboot(s, 3600 * S);
        assert_asked(s, "room-1", "s-1", "R1", "room-locked");
}

static void unlocking_is_refused_while_a_session_is_live_and_says_how_to_end_it(void **state) {
        Sim *s = *state;

        running(s, "s-1", "R1");
        stray(s);
        assert_non_null(strstr(sim_unlock(s, "room-1"), "asepsisctl session end s-1"));
        assert_string_equal(sim_end_for(s, "s-1"), "done");
        assert_string_equal(sim_unlock(s, "room-1"), "done");
        assert_non_null(strstr(sim_unlock(s, "room-1"), "not locked"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock WHERE open_by = 'clara' AND open_i > 0"), 1);
        sim_check_chain(s);
}

/* --- session end by an officer
 * ------------------------------------------------------------------------------------------ */

static void what_an_officer_ends_is_used_and_its_room_busy_until_the_last_permit_ran_out(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        assert_asked(s, "room-1", "s-1", "R1", "allow");
        sim_pass(s, 10 * S);
        assert_string_equal(sim_end_for(s, "s-1"), "done");
        assert_string_equal(sim_text(s, "SELECT ended_by FROM session"), "clara");
        assert_string_equal(sim_text(s, "SELECT ended_reason FROM session"), "looked into it");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "session-over");
        assert_asked(s, "room-1", "s-2", "R2", "room-busy room-not-disinfected");
        assert_asked(s, "room-2", "s-3", "R1", "item-used");
        assert_int_equal(row(s, "hold_until_us"), row(s, "release_until_us") + S);
        sim_pass(s, row(s, "hold_until_us") - s->now.boot_us - 1);
        assert_asked(s, "room-1", "s-4", "R2", "room-busy room-not-disinfected");
        sim_pass(s, 1);
        assert_asked(s, "room-1", "s-5", "R2", "room-not-disinfected");
        sim_disinfect_room(s, "room-1");
        assert_asked(s, "room-1", "s-6", "R2", "allow");
        assert_non_null(strstr(sim_end_for(s, "s-1"), "has ended"));
        assert_non_null(strstr(sim_end_for(s, "s-99"), "not known"));
}

static void a_reboot_keeps_the_room_of_such_a_session_busy_for_a_lease(void **state) {
        Sim *s = *state;

        running(s, "s-1", "R1");
        assert_string_equal(sim_end_for(s, "s-1"), "done");
        sim_reboot(s, S);
        sim_receive(s, "R2");
        sim_pass(s, LEASE - 1);
        assert_asked(s, "room-1", "s-2", "R2", "room-busy room-not-disinfected");
        sim_pass(s, 1);
        assert_asked(s, "room-1", "s-3", "R2", "room-not-disinfected");
        sim_disinfect_room(s, "room-1");
        assert_asked(s, "room-1", "s-4", "R2", "allow");
}

static void what_the_room_says_after_an_officer_ended_its_session_gives_nothing_back(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        assert_asked(s, "room-1", "s-1", "R1", "allow");
        assert_string_equal(sim_end_for(s, "s-1"), "done");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 200 * S);
        assert_asked(s, "room-2", "s-2", "R1", "item-used");
}

/* --- relays
 * ------------------------------------------------------------------------------------------------------------ */

static int64_t ttl(Sim *s, const char *topic) {
        json_t *permit = sim_open_jws(s, sim_member(s, topic, "permit"));
        int64_t ms = json_integer_value(json_object_get(permit, "ttl_ms"));

        json_decref(permit);
        return ms;
}

static int64_t permit_seq(Sim *s, const char *topic) {
        json_t *permit = sim_open_jws(s, sim_member(s, topic, "permit"));
        int64_t seq = json_integer_value(json_object_get(permit, "seq"));

        json_decref(permit);
        return seq;
}

#define RELAY_PERMIT "down/actuator/relay-1/permit"

static void a_relay_gets_a_permit_that_ends_with_the_lease_of_its_room(void **state) {
        Sim *s = *state;
        int64_t until, seq;

        assert_string_equal(sim_relay_ask(s, "relay-1"), "session-over");
        assert_string_equal(sim_member(s, RELAY_PERMIT, "session"), "");
        running(s, "s-1", "R1");
        until = row(s, "release_until_us");
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
        assert_string_equal(sim_member(s, RELAY_PERMIT, "session"), "s-1");
        assert_int_equal(ttl(s, RELAY_PERMIT), 90000);
        seq = permit_seq(s, RELAY_PERMIT);
        sim_pass(s, 20 * S + 1);
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
        assert_int_equal(ttl(s, RELAY_PERMIT), 69999);
        assert_true(permit_seq(s, RELAY_PERMIT) > seq);
        assert_int_equal(row(s, "release_until_us"), until);
        assert_int_equal(sim_sql(s, "SELECT lease_until_us FROM session"), until);
        /* The other room's relay has no part in it. */
        assert_string_equal(sim_relay_ask(s, "relay-2"), "session-over");
        sim_check_chain(s);
}

static void a_dead_room_controller_lets_its_relay_fall(void **state) {
        Sim *s = *state;

        running(s, "s-1", "R1");
        sim_pass(s, LEASE - 1000);
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
        assert_int_equal(ttl(s, RELAY_PERMIT), 1);
        sim_pass(s, 1);
        assert_string_equal(sim_relay_ask(s, "relay-1"), "session-over");
        assert_non_null(strstr(sim_last(s, RELAY_PERMIT)->payload, "did not renew"));
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
}

static void after_a_reboot_of_the_machine_relays_ask_again_once_their_room_has(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
        sim_relay_say(s, "relay-2", true);
        sim_reboot(s, 30 * US_PER_S);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM relay WHERE permit_until_us > 0"), 0);
        assert_string_equal(sim_relay_ask(s, "relay-1"), "session-over");
        assert_non_null(strstr(sim_last(s, RELAY_PERMIT)->payload, "did not renew"));
        sim_pass(s, S);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
}

static void a_relays_nonce_that_comes_again_is_judged_anew(void **state) {
        Sim *s = *state;
        char again[128];

        running(s, "s-1", "R1");
        snprintf(again, sizeof(again), "{'nonce':'%s'}", sim_nonce(77));
        sim_say_as(s, "actuator/relay-1/renew", NULL, 0, "%s", again);
        sim_pass(s, 60 * S);
        sim_forget(s);
        sim_blurt(s, "actuator/relay-1/renew", "%s", again);
        assert_int_equal(ttl(s, RELAY_PERMIT), 30000);
        stray(s);
        sim_forget(s);
        sim_blurt(s, "actuator/relay-1/renew", "%s", again);
        assert_string_equal(sim_rules(s, RELAY_PERMIT), "room-locked session-over");
}

static void a_relay_that_is_energised_without_any_permit_locks_its_room(void **state) {
        Sim *s = *state;

        sim_pass(s, 20 * S);
        running(s, "s-1", "R1");
        sim_relay_say(s, "relay-1", true);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        sim_pass(s, 5 * S);
        sim_end(s, "room-1", "s-1", "completed");
        sim_relay_say(s, "relay-1", true); /* its permit may still hold */
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        sim_pass(s, 86 * S);
        sim_relay_say(s, "relay-1", true);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        sim_advance(s, 1);
        sim_relay_say(s, "relay-1", true);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 1);
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'interlock-mismatch'"), 2);
        assert_int_equal(sim_sql(s, "SELECT count FROM room_lock WHERE rule = 'interlock-mismatch'"), 1);
        assert_non_null(strstr(sim_unlock(s, "room-1"), "Relay relay-1"));
        sim_blurt(s, "actuator/relay-1/state", "{'energised':false}"); /* without boot and seq it frees nothing */
        assert_non_null(strstr(sim_unlock(s, "room-1"), "Relay relay-1"));
        sim_relay_say(s, "relay-1", false);
        assert_string_equal(sim_unlock(s, "room-1"), "done");
        /* Once more, although the alert is open. */
        sim_relay_say(s, "relay-1", true);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock WHERE open_us IS NULL"), 1);
}

static void a_report_is_judged_for_the_moment_it_speaks_of(void **state) {
        Sim *s = *state;

        sim_pass(s, 20 * S);
        running(s, "s-1", "R1");
        sim_pass(s, 300 * S);
        sim_say(s, "actuator/relay-1/state", "{'energised':true,'age_s':220}");
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        sim_say(s, "actuator/relay-1/state", "{'energised':true,'age_s':200}");
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 1);
}

static void what_waited_while_the_daemon_was_away_speaks_of_no_moment(void **state) {
        Sim *s = *state;

        sim_pass(s, 20 * S);
        running(s, "s-1", "R1");
        sim_pass(s, 300 * S);
        intake_stopped(s->intake, &s->now);
        sim_relay_say(s, "relay-1", true);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        /* It never says that it opened. */
        sim_pass(s, 7 * S);
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'interlock-mismatch'"), 1);
        sim_relay_say(s, "relay-1", false);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 1); /* it is not known when that was either */
        sim_pass(s, 10 * S);
        sim_relay_say(s, "relay-1", false);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock"), 0);
}

static void a_relay_that_does_not_say_that_it_opened_is_a_warning(void **state) {
        Sim *s = *state;

        sim_pass(s, 20 * S);
        running(s, "s-1", "R1");
        sim_relay_say(s, "relay-1", true);
        sim_pass(s, 40 * S);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        sim_pass(s, 96 * S - 1);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        sim_pass(s, 1);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 1);
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'interlock-mismatch'"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock"), 0);
        sim_pass(s, 1000 * S);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 1);
        sim_receive(s, "R2");
        assert_non_null(strstr(sim_ask(s, "room-1", "s-2", "R2"), "interlock-mismatch"));
        assert_non_null(strstr(sim_last(s, "down/room/room-1/decision")->payload, "switch the relay off and on"));
        sim_relay_say(s, "relay-1", false);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        assert_null(strstr(sim_ask(s, "room-1", "s-2", "R2"), "interlock-mismatch"));
}

static void a_relay_that_stays_open_with_its_permit_is_a_warning_that_ends_by_itself(void **state) {
        Sim *s = *state;

        sim_pass(s, 20 * S);
        running(s, "s-1", "R1");
        assert_string_equal(sim_relay_ask(s, "relay-1"), "allow");
        sim_relay_say(s, "relay-1", false);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
        sim_pass(s, 6 * S);
        sim_relay_say(s, "relay-1", false);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 1);
        sim_relay_say(s, "relay-1", true);
        assert_int_equal(sim_alert(s, "interlock-mismatch"), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(a_room_goes_through_its_states_and_says_each),
                CASE(a_running_session_whose_lease_ran_out_leaves_its_room_locked_until_it_renews),
                CASE(the_room_knows_until_when_it_could_be_released_and_never_less_than_was_given),
                CASE(a_shorter_lease_takes_nothing_back_from_what_was_given),
                CASE(after_a_reboot_of_the_machine_a_room_could_be_released_for_one_lease_more),
                CASE(a_critical_alert_locks_a_room_in_which_nobody_is),
                CASE(a_permit_of_the_same_batch_does_not_leave_after_the_lock),
                CASE(what_locks_a_room_while_its_unlocking_is_signed_stays_locked),
                CASE(a_lock_acts_again_although_its_alert_is_open_and_the_room_was_unlocked),
                CASE(reuse_across_rooms_locks_both),
                CASE(a_lock_outlives_restart_crash_and_reboot),
                CASE(unlocking_is_refused_while_a_session_is_live_and_says_how_to_end_it),
                CASE(what_an_officer_ends_is_used_and_its_room_busy_until_the_last_permit_ran_out),
                CASE(a_reboot_keeps_the_room_of_such_a_session_busy_for_a_lease),
                CASE(what_the_room_says_after_an_officer_ended_its_session_gives_nothing_back),
                CASE(a_relay_gets_a_permit_that_ends_with_the_lease_of_its_room),
                CASE(a_dead_room_controller_lets_its_relay_fall),
                CASE(after_a_reboot_of_the_machine_relays_ask_again_once_their_room_has),
                CASE(a_relays_nonce_that_comes_again_is_judged_anew),
                CASE(a_relay_that_is_energised_without_any_permit_locks_its_room),
                CASE(a_report_is_judged_for_the_moment_it_speaks_of),
                CASE(what_waited_while_the_daemon_was_away_speaks_of_no_moment),
                CASE(a_relay_that_does_not_say_that_it_opened_is_a_warning),
                CASE(a_relay_that_stays_open_with_its_permit_is_a_warning_that_ends_by_itself),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
