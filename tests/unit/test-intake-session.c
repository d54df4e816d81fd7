/* SPDX-License-Identifier: Apache-2.0 */
/* Permits, nonces, leases and claims, through real messages and by the ledger. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "store/sessions.h"

#define DECISION "down/room/room-1/decision"
#define TTL_US (90 * US_PER_S)

static const char *used_in(Sim *s, const char *name) {
        return sim_text(s, "SELECT used_session FROM item WHERE code = '%s'", sim_code(name));
}

static int64_t permit_seq(Sim *s, const char *topic) {
        json_t *p = sim_open_jws(s, sim_member(s, topic, "permit"));
        int64_t seq = json_integer_value(json_object_get(p, "seq"));
        json_decref(p);
        return seq;
}

/* Asks with this nonce and commits. */
static const char *ask_again(Sim *s, const char *session, const char *names, uint64_t nonce) {
        sim_forget(s);
        sim_put_request(s, "room-1", session, names, nonce);
        sim_commit(s);
        if (sim_rejected(s, "room/room-1")[0])
                return sim_rejected(s, "room/room-1");
        return streq(sim_member(s, DECISION, "verdict"), "allow") ? "allow" : sim_rules(s, DECISION);
}

/* The needle can be taken by another session of this room, once it is free otherwise. */
static const char *take(Sim *s, const char *session, const char *names) {
        if (sim_sql(s, "SELECT session_end_us FROM room WHERE id = 'room-1'"))
                sim_disinfect_room(s, "room-1");
        return sim_ask(s, "room-1", session, names);
}

/* --- the permit --------------------------------------------------------------------------------------------------- */

static void a_permit_is_signed_and_says_what_it_is_for(void **state) {
        Sim *s = *state;
        uint8_t hash[32];
        size_t n = 0;
        sim_receive(s, "R1");
        const int64_t before = sim_sql(s, "SELECT max(i) FROM audit");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        json_t *p = sim_open_jws(s, sim_member(s, DECISION, "permit")), *audit = json_object_get(p, "audit");
        assert_string_equal(json_string_value(json_object_get(p, "site")), "clinic");
        assert_string_equal(json_string_value(json_object_get(p, "room")), "room-1");
        assert_string_equal(json_string_value(json_object_get(p, "session")), "s-1");
        assert_string_equal(json_string_value(json_object_get(p, "nonce")), sim_nonce(1));
        assert_int_equal(json_integer_value(json_object_get(p, "ttl_ms")), 90000);
        assert_int_equal(json_integer_value(json_object_get(p, "seq")), 1);
        assert_true(json_is_string(json_object_get(p, "policy")));
        /* The head before the permit's own record. */
        const int64_t size = json_integer_value(json_object_get(audit, "size"));
        assert_true(size > before);
        const char *head = json_string_value(json_object_get(audit, "head"));
        assert_int_equal(sodium_base642bin(hash, sizeof(hash), head, strlen(head), NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING), 0);
        char hex[65];
        sodium_bin2hex(hex, sizeof(hex), hash, sizeof(hash));
        assert_int_equal(sim_sql(s, "SELECT lower(hex(hash)) = '%s' FROM audit WHERE i = %lld", hex, (long long)size), 1);
        assert_true(strstr(sim_text(s, "SELECT record FROM audit WHERE i = %lld", (long long)size + 1), "\"permit\"") != NULL);
        json_decref(p);
        assert_int_equal(sim_last(s, DECISION)->qos, 0);
        assert_false(sim_last(s, DECISION)->retain);
}

static void a_decision_leaves_only_with_its_commit_and_echoes_the_correlation(void **state) {
        Sim *s = *state;
        char json[512];
        sim_receive(s, "R1");
        sim_forget(s);
        snprintf(json, sizeof(json),
                 "{\"session\":\"s-1\",\"practitioner\":\"ana\",\"patient\":\"p-1\",\"procedure\":\"skin-needling\",\"items\":%s,\"nonce\":\"%s\"}",
                 sim_codes("R1"), sim_nonce(5));
        sim_send(s, "asepsis/v1/clinic/up/room/room-1/session-request", json, false, "corr-1");
        assert_null(sim_last(s, DECISION));
        sim_commit(s);
        assert_string_equal(sim_last(s, DECISION)->correlation, "corr-1");
}

static void a_permits_seq_rises_per_room_for_ever(void **state) {
        Sim *s = *state;
        int64_t last = 0;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        for (int i = 0; i < 5; i++) {
                assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
                assert_true(permit_seq(s, "down/room/room-1/permit") > last);
                last = permit_seq(s, "down/room/room-1/permit");
                if (i == 2)
                        sim_restart(s);
        }
}

static void the_interlock_topic_is_retained_and_expires_with_the_lease(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        const SimOut *o = sim_last(s, "state/room/room-1/interlock");
        assert_true(o && o->retain && o->expiry_s == 90);
        assert_string_equal(sim_member(s, "state/room/room-1/interlock", "state"), "authorised");
        assert_null(strstr(o->payload, "p-1"));
        sim_start(s, "room-1", "s-1");
        assert_string_equal(sim_member(s, "state/room/room-1/interlock", "state"), "running");
        sim_end(s, "room-1", "s-1", "completed");
        assert_string_equal(sim_member(s, "state/room/room-1/interlock", "state"), "locked");
}

/* --- nonces --------------------------------------------------------------------------------------------------------- */

static void a_repeated_nonce_gets_the_stored_verdict_and_a_permit_within_the_lease(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "allow");
        sim_advance(s, TTL_US);
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "allow");
        assert_true(permit_seq(s, DECISION) == 2);
        /* The lease counts from the nonce's first receipt. */
        assert_int_equal(sim_sql(s, "SELECT lease_until_us FROM session"), s->now.boot_us);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session"), 1);
}

static void a_repeated_nonce_after_the_lease_is_denied(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "allow");
        sim_start(s, "room-1", "s-1");
        sim_advance(s, TTL_US + 1);
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "session-over");
        assert_string_equal(sim_member(s, DECISION, "permit"), "");
}

static void a_repeated_nonce_after_the_end_is_denied(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "allow");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "session-over");
}

static void a_repeated_denial_is_the_same_denial(void **state) {
        Sim *s = *state;
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "item-unknown kit-incomplete");
        const int64_t size = sim_sql(s, "SELECT count(*) FROM request");
        char *first = strdup(sim_last(s, DECISION)->payload);
        sim_receive(s, "R1");
        ask_again(s, "s-1", "R1", 7);
        assert_string_equal(sim_last(s, DECISION)->payload, first);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM request"), size);
        free(first);
        assert_string_equal(ask_again(s, "s-1", "R1", 8), "allow");
}

static void the_order_and_spelling_of_items_does_not_make_another_question(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(ask_again(s, "s-1", "R1 R2", 7), "allow");
        assert_string_equal(ask_again(s, "s-1", "R2 0100844588004001" "21R1", 7), "allow");
        assert_string_equal(ask_again(s, "s-1", "R2 R1", 8), "allow");
}

static void the_same_nonce_with_other_content_is_a_session_conflict(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "allow");
        assert_string_equal(ask_again(s, "s-1", "R2", 7), "session-conflict");
        assert_string_equal(ask_again(s, "s-2", "R1", 7), "session-conflict");
        assert_false(sim_claimed(s, "R2"));
        sim_forget(s);
        sim_blurt(s, "room/room-1/session-renew", "{'session':'s-1','nonce':'%s'}", sim_nonce(7));
        assert_string_equal(sim_rejected(s, "room/room-1"), "session-conflict");
}

static void a_new_nonce_for_an_allowed_session_gets_a_new_permit(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(ask_again(s, "s-1", "R1", 7), "allow");
        sim_advance(s, 30 * US_PER_S);
        assert_string_equal(ask_again(s, "s-1", "R1", 8), "allow");
        assert_int_equal(sim_sql(s, "SELECT lease_until_us FROM session"), s->now.boot_us + TTL_US);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session"), 1);
        assert_string_equal(ask_again(s, "s-1", "R1 R2", 9), "session-conflict");
        assert_false(sim_claimed(s, "R2"));
}

static void a_session_of_another_room_is_not_this_rooms_to_touch(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_ask(s, "room-1", "s-1", "R1");
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R1"), "rejected: session-conflict");
        assert_string_equal(sim_renew(s, "room-2", "s-1"), "rejected: session-conflict");
        assert_string_equal(sim_add(s, "room-2", "s-1", "R2"), "rejected: session-conflict");
        sim_say(s, "room/room-2/session-start", "{'session':'s-1'}");
        assert_string_equal(sim_rejected(s, "room/room-2"), "session-conflict");
        sim_say(s, "room/room-2/session-end", "{'session':'s-1','outcome':'cancelled','by':'ana'}");
        assert_string_equal(sim_rejected(s, "room/room-2"), "session-conflict");
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_AUTHORISED);
}

/* --- renewing --------------------------------------------------------------------------------------------------------- */

static void renewing_carries_a_session_on_and_its_lease(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        for (int i = 0; i < 5; i++) {
                sim_pass(s, 30 * US_PER_S);
                assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        }
        assert_int_equal(sim_sql(s, "SELECT lease_until_us FROM session"), s->now.boot_us + TTL_US);
        assert_int_equal(sim_count(s, DECISION), 0);
}

static void renewing_what_is_unknown_ended_or_lapsed_is_denied_session_over(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_renew(s, "room-1", "never"), "session-over");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "session-over");
        assert_string_equal(take(s, "s-2", "R2"), "allow");
        sim_pass(s, TTL_US);
        assert_int_equal(sim_session_state(s, "s-2"), SESSION_LAPSED);
        assert_string_equal(sim_renew(s, "room-1", "s-2"), "session-over");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "item-claimed session-over");
}

static void a_running_session_goes_on_over_an_expiry_and_a_lapsed_qualification(void **state) {
        Sim *s = *state;
        sim_say(s, "station/station-1/receive", "{'item':'%s','expires':'2026-11-22'}", sim_code("R1"));
        s->now.wall_us += INT64_C(402) * US_PER_DAY; /* 29 December 2027 */
        sim_say(s, "station/station-1/receive", "{'item':'%s','expires':'2027-12-31'}", sim_code("R2"));
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R2"), "allow");
        sim_start(s, "room-1", "s-1");
        s->now.wall_us += 4 * US_PER_DAY;
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        /* One that did not start is judged anew. */
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "item-used practitioner-not-qualified");
}

static void a_running_session_is_stopped_by_recall_damage_and_doubt(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_ask(s, "room-2", "s-2", "R2");
        sim_start(s, "room-2", "s-2");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        sim_blurt(s, "station/station-1/recall", "{'reason':'bad','by':'clara','items':%s}", sim_codes("R1"));
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
        sim_blurt(s, "room/room-2/damage", "{'item':'%s','reason':'bent'}", sim_code("R2"));
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "item-damaged");
}

/* --- leases and claims ------------------------------------------------------------------------------------------------- */

static void a_lapse_frees_reusable_items_only(void **state) {
        Sim *s = *state;
        sim_handpiece(s, "HP-1");
        sim_receive(s, "C1 C2 S1 S2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 S1 HP-1"), "allow");
        sim_pass(s, TTL_US - 1);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_AUTHORISED);
        sim_pass(s, 1);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_LAPSED);
        assert_true(sim_claimed(s, "C1") && sim_claimed(s, "S1"));
        assert_false(sim_claimed(s, "HP-1"));
        assert_string_equal(sim_ask(s, "room-2", "s-2", "C1 S2 HP-1"), "item-claimed");
        assert_string_equal(sim_ask(s, "room-2", "s-3", "C2 S2 HP-1"), "allow");
}

static void a_lapsed_needle_stays_claimed_however_long(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_pass(s, TTL_US);
        sim_restart(s);
        sim_pass(s, 30 * US_PER_DAY);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1"), "item-claimed");
        /* Until its room says that nothing happened. */
        sim_end(s, "room-1", "s-1", "cancelled");
        assert_string_equal(sim_ask(s, "room-2", "s-3", "R1"), "allow");
}

static void a_cancellation_frees_the_needle_when_the_last_lease_has_run_out(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_pass(s, 30 * US_PER_S);
        sim_renew(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, TTL_US - 1);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1"), "item-claimed");
        sim_pass(s, 1);
        assert_string_equal(sim_ask(s, "room-2", "s-3", "R1"), "allow");
}

static void a_cancellation_waits_for_its_lease_across_a_restart(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_restart(s);
        assert_true(sim_claimed(s, "R1"));
        sim_pass(s, TTL_US);
        assert_false(sim_claimed(s, "R1"));
}

static void a_cancellation_with_a_hole_since_the_request_frees_nothing(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_say_as(s, "room/room-1/session-end", "b-1", sim_seq(s, "room/room-1") + 2, "{'session':'s-1','outcome':'cancelled','by':'ana'}");
        sim_commit(s);
        sim_pass(s, 5 * US_PER_S);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_ENDED);
        sim_pass(s, 2 * TTL_US);
        assert_true(sim_claimed(s, "R1"));
}

static void a_cancellation_that_gives_up_a_hole_by_oldest_frees_nothing(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        const int64_t seq = sim_seq(s, "room/room-1") + 2;
        sim_say_as(s, "room/room-1/session-end", "b-1", seq, "{'session':'s-1','outcome':'cancelled','by':'ana','oldest':%lld}",
                   (long long)seq);
        sim_commit(s);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_ENDED);
        sim_pass(s, 2 * TTL_US);
        assert_true(sim_claimed(s, "R1"));
}

static void a_cancellation_from_another_boot_frees_nothing(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_new_boot(s, "room/room-1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 2 * TTL_US);
        assert_true(sim_claimed(s, "R1"));
}

static void a_cancellation_without_boot_and_seq_frees_nothing(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_blurt(s, "room/room-1/session-end", "{'session':'s-1','outcome':'cancelled','by':'ana'}");
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_ENDED);
        sim_pass(s, 2 * TTL_US);
        assert_true(sim_claimed(s, "R1"));
}

static void a_cancellation_after_the_start_or_after_usage_frees_nothing(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 2 * TTL_US);
        assert_string_equal(take(s, "s-2", "R1"), "item-used");
        assert_string_equal(sim_ask(s, "room-2", "s-3", "R2"), "allow");
        sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'attached'}", sim_code("R2"));
        sim_end(s, "room-2", "s-3", "cancelled");
        sim_pass(s, 2 * TTL_US);
        assert_string_equal(take(s, "s-4", "R2"), "item-used");
}

static void a_start_that_comes_after_the_cancellation_keeps_the_needle(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_blurt(s, "room/room-1/session-start", "{'session':'s-1'}");
        sim_pass(s, 2 * TTL_US);
        assert_string_equal(used_in(s, "R1"), "s-1");
        assert_string_equal(take(s, "s-2", "R1"), "item-used");
}

static void the_start_of_a_lapsed_session_marks_its_items_used(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_pass(s, TTL_US);
        sim_say(s, "room/room-1/session-start", "{'session':'s-1'}");
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_LAPSED);
        assert_string_equal(used_in(s, "R1"), "s-1");
        sim_end(s, "room-1", "s-1", "cancelled");
        assert_string_equal(take(s, "s-2", "R1"), "item-used");
}

static void the_late_start_of_a_lapsed_session_leaves_its_handpiece_free_and_dirty(void **state) {
        Sim *s = *state;
        sim_receive(s, "C1 C2 S1 S2");
        sim_handpiece(s, "HP-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 S1 HP-1"), "allow");
        sim_pass(s, TTL_US);
        sim_blurt(s, "room/room-1/session-start", "{'session':'s-1'}");
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_LAPSED);
        assert_false(sim_claimed(s, "HP-1"));
        assert_string_equal(sim_ask(s, "room-2", "s-2", "C2 S2 HP-1"), "item-not-disinfected");
        sim_advance(s, 60 * US_PER_S);
        sim_say(s, "station/station-1/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}");
        assert_string_equal(sim_ask(s, "room-2", "s-3", "C2 S2 HP-1"), "allow");
}

static void a_session_that_was_never_allowed_cannot_start_or_end(void **state) {
        Sim *s = *state;
        sim_say(s, "room/room-1/session-start", "{'session':'s-1'}");
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
        sim_forget(s);
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','by':'ana'}");
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
}

static void unopened_brings_a_needle_back_once_by_a_named_person(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 R3");
        sim_ask(s, "room-1", "s-1", "R1 R2");
        sim_start(s, "room-1", "s-1");
        sim_forget(s);
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','unopened':%s,'by':'nobody'}", sim_codes("R2"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
        sim_forget(s);
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','unopened':%s,'by':'ana'}", sim_codes("R2"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "");
        assert_string_equal(take(s, "s-2", "R1"), "item-used");
        assert_string_equal(take(s, "s-2", "R2"), "allow");
        sim_start(s, "room-1", "s-2");
        sim_forget(s);
        sim_say(s, "room/room-1/session-end", "{'session':'s-2','unopened':%s,'by':'ana'}", sim_codes("R2"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
        sim_end(s, "room-1", "s-2", "completed");
        assert_string_equal(take(s, "s-3", "R2"), "item-used");
}

static void use_told_late_of_a_needle_that_came_back_unopened_stops_who_has_it_now(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        sim_ask(s, "room-1", "s-1", "R1 R2");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','unopened':%s,'by':'ana'}", sim_codes("R2"));
        assert_string_equal(take(s, "s-2", "R2"), "allow");
        sim_start(s, "room-1", "s-2");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact','session':'unknown'}", sim_code("R2"));
        assert_int_equal(sim_alert(s, "reuse-detected"), 0);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact','session':'s-1','age_s':600}", sim_code("R2"));
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
        assert_int_equal(sim_sql(s, "SELECT state FROM session WHERE label = 's-2'"), SESSION_SUSPENDED);
}

static void unopened_without_boot_and_seq_or_after_it_was_attached_brings_nothing_back(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_ask(s, "room-1", "s-1", "R1 R2");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code("R2"));
        sim_blurt(s, "room/room-1/session-end", "{'session':'s-1','unopened':%s,'by':'ana'}", sim_codes("R1"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "sequence-required");
        sim_forget(s);
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','unopened':%s,'by':'ana'}", sim_codes("R2"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE used_us IS NULL"), 0);
}

static void two_rooms_that_race_for_a_needle_in_one_batch_get_one_allow(void **state) {
        Sim *s = *state;
        for (int i = 0; i < 20; i++) {
                char name[8], a[8], b[8];
                snprintf(name, sizeof(name), "R%d", i);
                snprintf(a, sizeof(a), "a-%d", i);
                snprintf(b, sizeof(b), "b-%d", i);
                sim_receive(s, name);
                sim_forget(s);
                sim_put_request(s, i % 2 ? "room-1" : "room-2", a, name, (uint64_t)(1000 + 2 * i));
                sim_put_request(s, i % 2 ? "room-2" : "room-1", b, name, (uint64_t)(1001 + 2 * i));
                sim_commit(s);
                const bool one = streq(sim_member(s, DECISION, "verdict"), "allow"),
                           two = streq(sim_member(s, "down/room/room-2/decision", "verdict"), "allow");
                assert_true(one != two);
                assert_int_equal(sim_sql(s, "SELECT count(*) FROM claim"), 1);
                sim_end(s, one ? "room-1" : "room-2", a, "completed");
                sim_disinfect_room(s, "room-1");
                sim_disinfect_room(s, "room-2");
        }
}

static void session_add_is_judged_like_a_request_and_claims(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 R3");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_ask(s, "room-2", "s-2", "R3");
        sim_start(s, "room-1", "s-1");
        assert_string_equal(sim_add(s, "room-1", "s-1", "R2"), "allow");
        assert_true(sim_claimed(s, "R2"));
        assert_string_equal(sim_add(s, "room-1", "s-1", "R3"), "item-claimed");
        assert_string_equal(sim_add(s, "room-1", "s-1", "R9"), "item-unknown");
        assert_string_equal(sim_add(s, "room-1", "never", "R9"), "session-over");
        sim_end(s, "room-1", "s-1", "completed");
        assert_string_equal(used_in(s, "R2"), "s-1");
        assert_string_equal(sim_add(s, "room-1", "s-1", "R3"), "session-over");
}

static void what_is_added_to_a_running_session_counts_as_used_at_its_end(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_add(s, "room-1", "s-1", "R2");
        sim_restart(s);
        sim_end(s, "room-1", "s-1", "stopped");
        assert_string_equal(used_in(s, "R1"), "s-1");
        assert_string_equal(used_in(s, "R2"), "s-1");
}

static void a_restart_keeps_claims_and_leases(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        const int64_t until = sim_sql(s, "SELECT lease_until_us FROM session");
        sim_crash(s);
        assert_int_equal(sim_sql(s, "SELECT lease_until_us FROM session"), until);
        assert_true(intake_deadline_us(s->intake) <= until);
        assert_true(sim_claimed(s, "R1"));
        assert_string_equal(ask_again(s, "s-1", "R1", 1), "allow");
        sim_pass(s, TTL_US);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_LAPSED);
}

static void after_a_reboot_of_the_machine_every_lease_is_taken_as_fresh(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_ask(s, "room-2", "s-2", "R2");
        sim_end(s, "room-2", "s-2", "cancelled");
        sim_reboot(s, 10 * US_PER_S);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE lease_until_us = %lld", (long long)(s->now.boot_us + TTL_US)), 2);
        sim_pass(s, TTL_US - 1);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_AUTHORISED);
        assert_true(sim_claimed(s, "R2"));
        sim_pass(s, 1);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_LAPSED);
        assert_false(sim_claimed(s, "R2"));
}

static void a_nonce_from_before_the_reboot_gets_no_permit(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_reboot(s, US_PER_S);
        s->now.boot_us = 1001 * US_PER_S; /* as if a second had passed */
        assert_string_equal(ask_again(s, "s-1", "R1", 1), "session-over");
}

static void a_crash_between_claim_and_permit_wastes_a_needle_at_worst(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_forget(s);
        sim_put_request(s, "room-1", "s-1", "R1", 5);
        sim_crash(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM claim"), 0);
        assert_int_equal(sim_count(s, DECISION), 0);
        /* Committed, and the permit lost on its way. */
        sim_put_request(s, "room-1", "s-1", "R1", 5);
        assert_int_equal(intake_commit(s->intake, &s->now), 0);
        sim_crash(s);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1"), "item-claimed");
        sim_check_chain(s);
}

static void a_daemons_restart_does_not_end_a_running_session(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_restart(s);
        sim_pass(s, 10 * TTL_US);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_RUNNING);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_permit_is_signed_and_says_what_it_is_for),
                T(a_decision_leaves_only_with_its_commit_and_echoes_the_correlation),
                T(a_permits_seq_rises_per_room_for_ever),
                T(the_interlock_topic_is_retained_and_expires_with_the_lease),
                T(a_repeated_nonce_gets_the_stored_verdict_and_a_permit_within_the_lease),
                T(a_repeated_nonce_after_the_lease_is_denied),
                T(a_repeated_nonce_after_the_end_is_denied),
                T(a_repeated_denial_is_the_same_denial),
                T(the_order_and_spelling_of_items_does_not_make_another_question),
                T(the_same_nonce_with_other_content_is_a_session_conflict),
                T(a_new_nonce_for_an_allowed_session_gets_a_new_permit),
                T(a_session_of_another_room_is_not_this_rooms_to_touch),
                T(renewing_carries_a_session_on_and_its_lease),
                T(renewing_what_is_unknown_ended_or_lapsed_is_denied_session_over),
                T(a_running_session_goes_on_over_an_expiry_and_a_lapsed_qualification),
                T(a_running_session_is_stopped_by_recall_damage_and_doubt),
                T(a_lapse_frees_reusable_items_only),
                T(a_lapsed_needle_stays_claimed_however_long),
                T(a_cancellation_frees_the_needle_when_the_last_lease_has_run_out),
                T(a_cancellation_waits_for_its_lease_across_a_restart),
                T(a_cancellation_with_a_hole_since_the_request_frees_nothing),
                T(a_cancellation_that_gives_up_a_hole_by_oldest_frees_nothing),
                T(a_cancellation_from_another_boot_frees_nothing),
                T(a_cancellation_without_boot_and_seq_frees_nothing),
                T(a_cancellation_after_the_start_or_after_usage_frees_nothing),
                T(a_start_that_comes_after_the_cancellation_keeps_the_needle),
                T(the_start_of_a_lapsed_session_marks_its_items_used),
                T(the_late_start_of_a_lapsed_session_leaves_its_handpiece_free_and_dirty),
                T(a_session_that_was_never_allowed_cannot_start_or_end),
                T(unopened_brings_a_needle_back_once_by_a_named_person),
                T(use_told_late_of_a_needle_that_came_back_unopened_stops_who_has_it_now),
                T(unopened_without_boot_and_seq_or_after_it_was_attached_brings_nothing_back),
                T(two_rooms_that_race_for_a_needle_in_one_batch_get_one_allow),
                T(session_add_is_judged_like_a_request_and_claims),
                T(what_is_added_to_a_running_session_counts_as_used_at_its_end),
                T(a_restart_keeps_claims_and_leases),
                T(after_a_reboot_of_the_machine_every_lease_is_taken_as_fresh),
                T(a_nonce_from_before_the_reboot_gets_no_permit),
                T(a_crash_between_claim_and_permit_wastes_a_needle_at_worst),
                T(a_daemons_restart_does_not_end_a_running_session),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
