/* SPDX-License-Identifier: Apache-2.0 */
/* What needles did: use-without-session, reuse-detected, clone-detected, firing and silent, through real messages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "store/sessions.h"

static void use(Sim *s, const char *pen, const char *name, const char *event) {
        char what[64];

        snprintf(what, sizeof(what), "handpiece/%s/usage", pen);
        sim_say(s, what, "{'item':'%s','event':'%s'}", sim_code(name), event);
}

static int64_t state_of(Sim *s, const char *session) {
        return sim_sql(s, "SELECT state FROM session WHERE label = '%s'", session);
}

static const char *used_in(Sim *s, const char *name) {
        return sim_text(s, "SELECT coalesce(used_session, CASE WHEN used_us THEN '?' END) FROM item WHERE code = '%s'", sim_code(name));
}

/* Beside what only informs: these sessions report no steps. */
static int64_t alerts(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM alert WHERE severity > 0");
}

/* s-1 in room-1 with R1; room-2 has a session of its own with R2. */
static Sim *two_rooms(void **state, bool started) {
        Sim *s = *state;

        sim_receive(s, "R1 R2 R3 R4");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_string_equal(sim_ask_for(s, "room-2", "s-2", "R2", "ana", "p-2", "skin-needling"), "allow");
        if (started) {
                sim_start(s, "room-1", "s-1");
                sim_start(s, "room-2", "s-2");
        }
        return s;
}

static void attached_counts_as_use(void **state) {
        Sim *s = two_rooms(state, false);
        use(s, "pen-1", "R1", "attached");
        assert_string_equal(used_in(s, "R1"), "s-1");
        assert_int_equal(sim_sql(s, "SELECT touched FROM session WHERE label = 's-1'"), 1);
        assert_int_equal(alerts(s), 0);
        use(s, "pen-1", "R3", "attached");
        assert_string_equal(used_in(s, "R3"), "?");
        sim_end(s, "room-1", "s-1", "completed");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R3"), "item-used");
}

static void use_without_session_is_silent_in_the_session_that_holds_the_item(void **state) {
        Sim *s = two_rooms(state, true);
        use(s, "pen-1", "R1", "attached");
        use(s, "pen-1", "R1", "contact");
        use(s, "pen-1", "R1", "round");
        use(s, "pen-1", "R1", "detached");
        assert_int_equal(alerts(s), 0);
        assert_int_equal(state_of(s, "s-1"), SESSION_RUNNING);
        assert_string_equal(used_in(s, "R1"), "s-1");
}

/* Since when it sits where it does is kept; that it is still there is no news. */
static void use_of_what_is_used_and_sits_where_it_sat_changes_nothing_of_it(void **state) {
        Sim *s = two_rooms(state, true);
        int64_t since;
        use(s, "pen-1", "R1", "contact");
        since = sim_sql(s, "SELECT attached_us FROM item WHERE code = '%s'", sim_code("R1"));
        assert_true(since > 0);
        sim_pass(s, 5 * US_PER_S);
        const int64_t before = sim_sql(s, "SELECT max(i) FROM audit");
        use(s, "pen-1", "R1", "round");
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(sim_sql(s, "SELECT attached_us FROM item WHERE code = '%s'", sim_code("R1")), since);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit a, json_each(record ->> 'set') e WHERE a.i > %lld "
                                    "AND e.value ->> 0 IN ('item', 'session_item')", (long long)before), 0);
        use(s, "pen-1", "R1", "detached");
        assert_true(sim_sql(s, "SELECT attached_us FROM item WHERE code = '%s' AND attached IS NULL", sim_code("R1")) > since);
}

/* A handpiece that never says contact tells all the same. */
static void a_round_of_a_used_needle_is_reuse(void **state) {
        Sim *s = two_rooms(state, true);
        sim_end(s, "room-1", "s-1", "completed");
        sim_advance(s, 61 * US_PER_S);
        use(s, "pen-1", "R1", "round");
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
        use(s, "pen-1", "R99", "round");
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
}

static void contact_up_to_a_minute_after_the_end_belongs_to_the_session(void **state) {
        Sim *s = two_rooms(state, true);
        sim_end(s, "room-1", "s-1", "completed");
        sim_advance(s, 60 * US_PER_S);
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(alerts(s), 0);
        sim_advance(s, 1);
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
}

static void contact_within_a_minute_of_a_cancellation_spends_the_needle(void **state) {
        Sim *s = two_rooms(state, false);
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_advance(s, 10 * US_PER_S);
        use(s, "pen-1", "R1", "contact");
        assert_string_equal(used_in(s, "R1"), "s-1");
        sim_pass(s, 100 * US_PER_S);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R1"), "item-used");
}

static void attaching_within_a_minute_of_a_cancellation_spends_the_needle(void **state) {
        Sim *s = two_rooms(state, false);
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_advance(s, 10 * US_PER_S);
        use(s, "pen-1", "R1", "attached");
        sim_pass(s, 100 * US_PER_S);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R1"), "item-used");
}

static void use_without_session_fires_and_suspends_the_rooms_session(void **state) {
        Sim *s = two_rooms(state, true);
        use(s, "pen-1", "R3", "contact");
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
        assert_int_equal(sim_sql(s, "SELECT max(severity) FROM alert"), 2);
        assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
        assert_int_equal(state_of(s, "s-2"), SESSION_RUNNING);
        assert_string_equal(sim_member(s, "state/room/room-1/interlock", "state"), "suspended");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "session-over");
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "allow");
        assert_string_equal(used_in(s, "R3"), "?");
}

static void use_without_session_fires_for_an_item_that_was_never_received(void **state) {
        Sim *s = two_rooms(state, true);
        use(s, "pen-1", "R9", "attached");
        assert_int_equal(alerts(s), 0);
        use(s, "pen-1", "R9", "contact");
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
        assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
}

static void use_without_session_fires_for_a_lapsed_session(void **state) {
        Sim *s = two_rooms(state, false);
        sim_pass(s, 91 * US_PER_S);
        assert_int_equal(state_of(s, "s-1"), SESSION_LAPSED);
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
}

static void reuse_detected_fires_after_the_end(void **state) {
        Sim *s = two_rooms(state, true);
        sim_end(s, "room-1", "s-1", "completed");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R3"), "allow");
        sim_start(s, "room-1", "s-3");
        sim_advance(s, US_PER_S);
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
        assert_int_equal(state_of(s, "s-3"), SESSION_SUSPENDED);
        assert_string_equal(used_in(s, "R1"), "s-1");
        /* Never a patient on a retained topic. */
        for (size_t i = 0; i < s->n_out; i++)
                assert_true(strncmp(s->out[i].topic, "state/", 6) != 0 || !strstr(s->out[i].payload, "p-1"));
}

static void reuse_detected_fires_in_another_room_and_stops_both_sessions(void **state) {
        Sim *s = two_rooms(state, true);
        use(s, "pen-2", "R1", "contact");
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
        assert_int_equal(state_of(s, "s-2"), SESSION_SUSPENDED);
        assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "session-over");
}

/* The alert suspends the session in the ledger; the row that was read before it must not be put over it. */
static void a_use_that_is_told_for_the_session_before_suspends_the_one_that_had_not_begun(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 180 * US_PER_S);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1"), "allow");
        sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'contact','session':'s-1'}", sim_code("R1"));
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
        assert_int_equal(state_of(s, "s-2"), SESSION_SUSPENDED);
        assert_int_equal(sim_sql(s, "SELECT touched FROM session WHERE label = 's-2'"), 1);
}

/* Whose patients a look-back finds. */
static void what_was_used_by_nobody_known_is_noted_for_its_session_all_the_same(void **state) {
        Sim *s = two_rooms(state, false);

        use(s, "pen-2", "R1", "contact");
        assert_string_equal(used_in(s, "R1"), "?");
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_item x JOIN session s ON s.id = x.session "
                                    "WHERE s.label = 's-1' AND x.used_us IS NOT NULL"), 1);
}

static void reuse_detected_fires_when_a_cancelled_session_says_later_that_it_started(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 180 * US_PER_S);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
        assert_int_equal(state_of(s, "s-2"), SESSION_SUSPENDED);
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "session-over");
}

/* A clean cancellation, the lease over, and somebody else asks for the needle. */
static const char *next_after_cancellation(Sim *s) {
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 180 * US_PER_S);
        return sim_ask(s, "room-2", "s-2", "R1");
}

static Sim *asked(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        return s;
}

static void a_needle_that_hurt_somebody_has_been_in_use(void **state) {
        Sim *s = asked(state);
        sim_blurt(s, "room/room-1/injury", "{'item':'%s','detail':'needlestick'}", sim_code("R1"));
        assert_string_equal(next_after_cancellation(s), "item-used");
        sim_blurt(s, "station/station-1/injury", "{'room':'room-1','item':'%s','detail':'needlestick'}", sim_code("R2"));
        sim_receive(s, "R2");
        assert_string_equal(sim_ask(s, "room-2", "s-3", "R2"), "item-used");
}

static void drawn_blood_means_that_the_session_began(void **state) {
        Sim *s = asked(state);
        sim_say(s, "station/station-1/receive", "{'item':'B-1','class':'blood-tube'}");
        sim_blurt(s, "room/room-1/draw", "{'session':'s-1','item':'B-1'}");
        assert_string_equal(next_after_cancellation(s), "item-used");
}

static void serum_means_that_the_session_began_and_screening_does_not(void **state) {
        Sim *s = asked(state);
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'screened'}");
        assert_string_equal(next_after_cancellation(s), "allow");
        sim_end(s, "room-2", "s-2", "cancelled");
        sim_pass(s, 180 * US_PER_S);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R1"), "allow");
        sim_say(s, "room/room-1/session-step", "{'session':'s-3','step':'serum'}");
        sim_end(s, "room-1", "s-3", "cancelled");
        sim_pass(s, 180 * US_PER_S);
        sim_disinfect_room(s, "room-2");
        assert_string_equal(sim_ask(s, "room-2", "s-4", "R1"), "item-used");
}

static void a_refused_start_spoils_the_cancellation(void **state) {
        Sim *s = asked(state);
        sim_say(s, "room/room-1/session-start", "{'session':'s-1','head':7}");
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
        assert_string_equal(next_after_cancellation(s), "item-used");
}

static void a_refused_report_of_use_spoils_the_cancellation(void **state) {
        Sim *s = asked(state);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact','age_s':-5}", sim_code("R1"));
        assert_string_equal(sim_rejected(s, "handpiece/pen-1"), "bad-member");
        assert_string_equal(next_after_cancellation(s), "item-used");
}

static void reuse_detected_fires_when_the_second_session_has_ended_already(void **state) {
        Sim *s = asked(state);
        assert_string_equal(next_after_cancellation(s), "allow");
        sim_start(s, "room-2", "s-2");
        sim_end(s, "room-2", "s-2", "completed");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
}

static void what_was_in_use_before_it_was_received_is_used(void **state) {
        Sim *s = *state;
        use(s, "pen-1", "R1", "attached");
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-used");
}

static void what_was_dropped_before_it_was_received_is_dropped(void **state) {
        Sim *s = *state;
        sim_blurt(s, "sharps/sharps-1/drop", "{'item':'%s'}", sim_code("R1"));
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-dropped");
}

static void reuse_detected_acts_on_each_occurrence(void **state) {
        Sim *s = two_rooms(state, true);
        sim_end(s, "room-1", "s-1", "completed");
        for (int i = 1; i <= 3; i++) {
                char session[8];
                snprintf(session, sizeof(session), "n-%d", i);
                sim_disinfect_room(s, "room-1");
                sim_receive(s, i == 1 ? "R11" : i == 2 ? "R12" : "R13");
                assert_string_equal(sim_ask(s, "room-1", session, i == 1 ? "R11" : i == 2 ? "R12" : "R13"), "allow");
                sim_start(s, "room-1", session);
                sim_advance(s, 61 * US_PER_S);
                use(s, "pen-1", "R1", "contact");
                assert_int_equal(state_of(s, session), SESSION_SUSPENDED);
                assert_int_equal(sim_alert(s, "reuse-detected"), i);
                assert_int_equal(alerts(s), 1);
                sim_end(s, "room-1", session, "stopped");
                assert_string_equal(sim_unlock(s, "room-1"), "done");
        }
}

static void clone_detected_fires_on_two_handpieces_at_once(void **state) {
        Sim *s = two_rooms(state, true);
        use(s, "pen-1", "R1", "attached");
        assert_int_equal(sim_alert(s, "clone-detected"), 0);
        use(s, "pen-2", "R1", "attached");
        assert_int_equal(sim_alert(s, "clone-detected"), 1);
        assert_int_equal(state_of(s, "s-2"), SESSION_SUSPENDED);
        assert_true(streq(sim_renew(s, "room-1", "s-1"), "item-cloned") || streq(sim_renew(s, "room-1", "s-1"), "session-over"));
}

static void clone_detected_is_silent_after_it_was_detached(void **state) {
        Sim *s = two_rooms(state, true);
        use(s, "pen-1", "R1", "attached");
        use(s, "pen-1", "R1", "detached");
        use(s, "pen-2", "R1", "attached");
        assert_int_equal(sim_alert(s, "clone-detected"), 0);
}

static void clone_detected_fires_on_contact_after_the_drop(void **state) {
        Sim *s = two_rooms(state, true);
        sim_say(s, "sharps/sharps-1/drop", "{'items':%s}", sim_codes("R1"));
        use(s, "pen-1", "R1", "detached");
        assert_int_equal(alerts(s), 0);
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(sim_alert(s, "clone-detected"), 1);
        assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
}

static void a_delivery_scanned_twice_is_no_clone(void **state) {
        Sim *s = two_rooms(state, false);
        sim_receive(s, "R1");
        assert_int_equal(alerts(s), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE code = '%s'", sim_code("R1")), 1);
}

static void usage_without_boot_and_seq_locks_all_the_same(void **state) {
        Sim *s = two_rooms(state, true);
        sim_blurt(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact'}", sim_code("R3"));
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
        assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
}

static void usage_that_comes_too_late_locks_all_the_same(void **state) {
        Sim *s = two_rooms(state, true);
        sim_say_as(s, "handpiece/pen-1/heartbeat", "b-9", 2, "{}");
        sim_commit(s);
        sim_pass(s, 5 * US_PER_S);
        sim_say_as(s, "handpiece/pen-1/usage", "b-9", 1, "{'item':'%s','event':'contact'}", sim_code("R3"));
        sim_commit(s);
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(attached_counts_as_use),
                T(use_without_session_is_silent_in_the_session_that_holds_the_item),
                T(use_of_what_is_used_and_sits_where_it_sat_changes_nothing_of_it),
                T(a_round_of_a_used_needle_is_reuse),
                T(contact_up_to_a_minute_after_the_end_belongs_to_the_session),
                T(contact_within_a_minute_of_a_cancellation_spends_the_needle),
                T(attaching_within_a_minute_of_a_cancellation_spends_the_needle),
                T(use_without_session_fires_and_suspends_the_rooms_session),
                T(use_without_session_fires_for_an_item_that_was_never_received),
                T(use_without_session_fires_for_a_lapsed_session),
                T(reuse_detected_fires_after_the_end),
                T(reuse_detected_fires_in_another_room_and_stops_both_sessions),
                T(a_use_that_is_told_for_the_session_before_suspends_the_one_that_had_not_begun),
                T(what_was_used_by_nobody_known_is_noted_for_its_session_all_the_same),
                T(reuse_detected_fires_when_a_cancelled_session_says_later_that_it_started),
                T(a_needle_that_hurt_somebody_has_been_in_use),
                T(drawn_blood_means_that_the_session_began),
                T(serum_means_that_the_session_began_and_screening_does_not),
                T(a_refused_start_spoils_the_cancellation),
                T(a_refused_report_of_use_spoils_the_cancellation),
                T(reuse_detected_fires_when_the_second_session_has_ended_already),
                T(what_was_in_use_before_it_was_received_is_used),
                T(what_was_dropped_before_it_was_received_is_dropped),
                T(reuse_detected_acts_on_each_occurrence),
                T(clone_detected_fires_on_two_handpieces_at_once),
                T(clone_detected_is_silent_after_it_was_detached),
                T(clone_detected_fires_on_contact_after_the_drop),
                T(a_delivery_scanned_twice_is_no_clone),
                T(usage_without_boot_and_seq_locks_all_the_same),
                T(usage_that_comes_too_late_locks_all_the_same),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
