/* SPDX-License-Identifier: Apache-2.0 */
/* Ways to get a needle used twice, or an item used that is not fit, by messages that are well formed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "core/gate.h"
#include "store/sessions.h"

#define STATION "station/station-1"
#define TTL_US (90 * US_PER_S)
#define RECALL_WINDOW \
        "{'reason':'spore test','by':'clara','autoclave':'%s','from':'2026-11-22T00:00:00Z','to':'2026-11-23T00:00:00Z'}"

static const char *used_in(Sim *s, const char *name) {
        return sim_text(s, "SELECT iif(used_us, coalesce(nullif(used_session, ''), '?'), '') FROM item WHERE code = '%s'", sim_code(name));
}

static void use(Sim *s, const char *pen, const char *name, const char *event) {
        char what[64];

        snprintf(what, sizeof(what), "handpiece/%s/usage", pen);
        sim_say(s, what, "{'item':'%s','event':'%s'}", sim_code(name), event);
}

/* Allowed and started. */
static void run(Sim *s, const char *room, const char *session, const char *names) {
        assert_string_equal(sim_ask(s, room, session, names), "allow");
        sim_start(s, room, session);
        assert_string_equal(sim_renew(s, room, session), "allow");
}

/* EX-1 and EX-2 in pack P-1, out of a released load. */
static void two_extractors(Sim *s) {
        sim_taken(s, STATION "/receive", "{'item':'EX-1','class':'extractor'}");
        sim_taken(s, STATION "/receive", "{'item':'EX-2','class':'extractor'}");
        sim_taken(s, STATION "/clean", "{'items':['EX-1','EX-2'],'method':'ultrasonic','operator':'ben'}");
        sim_taken(s, STATION "/pack", "{'pack':'P-1','items':['EX-1','EX-2'],'wrap':'pouch','operator':'ben'}");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 1, true);
        sim_indicate(s, 1, "P-1");
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'release','by':'ben','dry':true}");
        assert_string_equal(sim_member(s, "down/" STATION "/released", "verdict"), "released");
}

/* --- used, and by whom ----------------------------------------------------------------------------------------------- */

static void what_was_touched_before_a_lapse_was_used_and_so_was_the_room(void **state) {
        Sim *s = *state;
        sim_receive(s, "C1 C2 S1 S2 R1");
        sim_handpiece(s, "HP-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 HP-1 S1"), "allow");
        use(s, "pen-1", "C1", "attached");
        use(s, "pen-1", "C1", "contact");
        sim_pass(s, TTL_US);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_LAPSED);
        assert_string_equal(used_in(s, "C1"), "s-1");
        assert_true(sim_claimed(s, "C1"));
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "room-not-disinfected");
        assert_string_equal(sim_ask(s, "room-2", "s-3", "C2 HP-1 S2"), "item-not-disinfected");
}

static void a_lapse_that_nothing_was_touched_before_leaves_room_and_handpiece_as_they_were(void **state) {
        Sim *s = *state;
        sim_receive(s, "C1 C2 S1 S2");
        sim_handpiece(s, "HP-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 HP-1 S1"), "allow");
        sim_pass(s, TTL_US);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_LAPSED);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "C2 HP-1 S2"), "allow");
}

static void a_needle_that_was_attached_in_another_room_is_not_relabelled_by_a_start(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        use(s, "pen-2", "R1", "attached");
        use(s, "pen-2", "R1", "detached");
        assert_string_equal(used_in(s, "R1"), "?");
        sim_start(s, "room-1", "s-1");
        assert_string_equal(used_in(s, "R1"), "?");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-used");
}

static void a_needle_that_was_attached_in_another_room_gets_no_permit_before_the_start(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        use(s, "pen-2", "R1", "attached");
        assert_non_null(strstr(sim_renew(s, "room-1", "s-1"), "item-used"));
}

static void contact_in_a_suspended_session_is_use_without_session(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        run(s, "room-1", "s-1", "R1");
        use(s, "pen-1", "R2", "contact");
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_SUSPENDED);
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
        use(s, "pen-1", "R1", "contact");
        assert_int_equal(sim_alert(s, "use-without-session"), 2);
        assert_int_equal(sim_alert(s, "reuse-detected"), 0);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_SUSPENDED);
}

static void contact_without_a_session_leaves_a_room_that_must_be_disinfected(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 R3");
        use(s, "pen-1", "R1", "contact");
        use(s, "pen-2", "R9", "contact");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R2"), "room-locked room-not-disinfected");
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "room-locked room-not-disinfected");
        sim_disinfect_room(s, "room-1");
        sim_disinfect_room(s, "room-2");
        assert_string_equal(sim_unlock(s, "room-1"), "done");
        assert_string_equal(sim_unlock(s, "room-2"), "done");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R2"), "allow");
        assert_string_equal(sim_ask(s, "room-2", "s-4", "R3"), "allow");
}

/* --- the end ---------------------------------------------------------------------------------------------------------- */

static void a_bare_cancellation_frees_the_handpiece_after_the_lease_and_the_needle_never(void **state) {
        Sim *s = *state;
        sim_receive(s, "C1 S1");
        sim_handpiece(s, "HP-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 HP-1 S1"), "allow");
        sim_pass(s, 10 * US_PER_S);
        sim_blurt(s, "room/room-1/session-end", "{'session':'s-1','outcome':'cancelled','by':'ana'}");
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_ENDED);
        assert_true(sim_claimed(s, "HP-1"));
        sim_pass(s, TTL_US - 10 * US_PER_S - 1);
        assert_true(sim_claimed(s, "HP-1"));
        sim_pass(s, 1);
        assert_false(sim_claimed(s, "HP-1"));
        sim_pass(s, 10 * TTL_US);
        assert_true(sim_claimed(s, "C1"));
}

static void a_number_that_was_two_messages_spoils_the_cancellation(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_say(s, "room/room-1/heartbeat", "{}");
        const int64_t n = sim_seq(s, "room/room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_forget(s);
        sim_say_as(s, "room/room-1/heartbeat", sim_boot(s, "room/room-1"), n, "{'age_s':1}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, "room/room-1"), "sequence-conflict");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 2 * TTL_US);
        assert_true(sim_claimed(s, "R1"));
}

static void a_wrong_message_under_a_number_that_was_another_spoils_the_cancellation_too(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_say(s, "room/room-1/heartbeat", "{}");
        const int64_t n = sim_seq(s, "room/room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_forget(s);
        sim_say_as(s, "room/room-1/disinfected", sim_boot(s, "room/room-1"), n, "{}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, "room/room-1"), "sequence-conflict");
        sim_restart(s);
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 2 * TTL_US);
        assert_true(sim_claimed(s, "R1"));
}

static void a_completed_end_after_a_cancelled_one_drops_and_uses(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 R2"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_forget(s);
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','outcome':'completed','by':'ana','dropped':%s}", sim_codes("R1"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "");
        assert_true(sim_sql(s, "SELECT dropped_us FROM item WHERE code = '%s'", sim_code("R1")) > 0);
        assert_string_equal(used_in(s, "R1"), "s-1");
        assert_string_equal(used_in(s, "R2"), "s-1");
        sim_pass(s, 2 * TTL_US);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1"), "item-dropped item-used");
        assert_string_equal(sim_ask(s, "room-2", "s-3", "R2"), "item-used");
}

static void the_interlock_of_a_running_session_whose_lease_ran_out_says_locked(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        run(s, "room-1", "s-1", "R1");
        sim_pass(s, TTL_US - 1);
        assert_int_equal(intake_publish_state(s->intake, &s->now), 0);
        sim_commit(s);
        assert_string_equal(sim_member(s, "state/room/room-1/interlock", "state"), "running");
        sim_pass(s, 1);
        assert_int_equal(intake_publish_state(s->intake, &s->now), 0);
        sim_commit(s);
        assert_int_equal(sim_session_state(s, "s-1"), SESSION_RUNNING);
        assert_string_equal(sim_member(s, "state/room/room-1/interlock", "state"), "locked");
}

/* --- additions -------------------------------------------------------------------------------------------------------- */

static void nothing_is_added_to_a_session_whose_item_was_recalled_meanwhile(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        run(s, "room-1", "s-1", "R1");
        sim_blurt(s, STATION "/recall", "{'reason':'bad lot','by':'clara','items':%s}", sim_codes("R1"));
        assert_string_equal(sim_add(s, "room-1", "s-1", "R2"), "item-recalled");
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "permit"), "");
        assert_false(sim_claimed(s, "R2"));
}

static void a_session_takes_at_most_sixty_four_items(void **state) {
        Sim *s = *state;
        char names[512] = "";
        size_t n = 0;
        for (int i = 1; i <= 64; i++)
                n += (size_t)snprintf(names + n, sizeof(names) - n, "%sR%d", i > 1 ? " " : "", i);
        sim_receive(s, names);
        sim_receive(s, "R65");
        run(s, "room-1", "s-1", names);
        assert_string_equal(sim_add(s, "room-1", "s-1", "R65"), "rejected: bad-member");
        assert_false(sim_claimed(s, "R65"));
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

static void what_found_no_room_among_the_reasons_still_stops_a_running_session(void **state) {
        Sim *s = *state;
        char names[512] = "";
        size_t n = 0;
        for (int i = 1; i <= 64; i++)
                n += (size_t)snprintf(names + n, sizeof(names) - n, "%sR%d", i > 1 ? " " : "", i);
        sim_receive(s, names);
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        run(s, "room-1", "s-1", names);
        sim_say(s, STATION "/injury", "{'room':'room-1','detail':'pricked'}");
        sim_say(s, "room/room-2/open", "{'pack':'P-1','indicator':'pass','by':'ana'}");
        sim_sql(s, "UPDATE pack SET inside = %d", INSIDE_FAILED); /* without the quarantine, which would stop it */
        /* Four reasons each that stop nothing, and one of the room: as many as there is room for, and one more. */
        sim_sql(s, "UPDATE item SET pack = (SELECT id FROM pack), expires_on = 20200101, patient = 'p-9', "
                   "salt = randomblob(16) WHERE class = 'roller'");
        assert_int_equal(4 * 64, GATE_REASONS_MAX);
        intake_doubt(s->intake, DOUBT_SECOND, "Another daemon spoke as this one.");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "internal-indicator-failed item-expired item-other-patient pack-opened");
}

/* --- packs and loads -------------------------------------------------------------------------------------------------- */

static void a_pack_that_was_opened_in_an_idle_room_serves_nobody(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        two_extractors(s);
        sim_say(s, "room/room-1/open", "{'pack':'P-1','indicator':'pass','by':'ana'}");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "pack-opened");
        sim_restart(s);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1 EX-2"), "pack-opened");
}

static void a_recall_of_the_autoclaves_window_stops_the_session_that_opened_the_pack(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        two_extractors(s);
        run(s, "room-1", "s-1", "R1 EX-1");
        sim_blurt(s, STATION "/recall", RECALL_WINDOW, "ac-1");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
}

static void damage_of_the_pack_stops_the_running_session_that_opened_it(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        two_extractors(s);
        run(s, "room-1", "s-1", "R1 EX-1");
        sim_blurt(s, STATION "/damage", "{'pack':'P-1','reason':'a torn seam'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-damaged");
        assert_string_equal(sim_add(s, "room-1", "s-1", "R1"), "item-damaged");
}

static void damage_of_a_pack_of_old_stops_no_session(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        two_extractors(s);
        sim_taken(s, STATION "/clean", "{'items':['EX-1'],'method':'ultrasonic','operator':'ben'}");
        sim_sterilize(s, "EX-1", "extractor", "P-2", 2);
        run(s, "room-1", "s-1", "R1 EX-1");
        sim_blurt(s, STATION "/damage", "{'pack':'P-1','reason':'a torn seam'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

/* A class that only has to be clean may be packed all the same; this one then was taken out of its pack again. */
static void damage_of_a_pack_that_another_time_was_opened_stops_no_session(void **state) {
        Sim *s = *state;
        sim_close(s);
        sim_open(s, "[class bowl]\nrole = other\nrequired-state = clean\nsingle-use = no\nreprocessing = sterilize\n");
        sim_receive(s, "R1");
        sim_taken(s, STATION "/receive", "{'item':'BO-1','class':'bowl'}");
        sim_taken(s, STATION "/clean", "{'items':['BO-1'],'method':'manual','operator':'ben'}");
        sim_taken(s, STATION "/pack", "{'pack':'P-1','items':['BO-1'],'wrap':'pouch','operator':'ben'}");
        sim_taken(s, STATION "/clean", "{'items':['BO-1'],'method':'manual','operator':'ben'}");
        run(s, "room-1", "s-1", "R1 BO-1");
        sim_blurt(s, STATION "/damage", "{'pack':'P-1','reason':'a torn seam'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

static void withdrawing_the_release_stops_the_running_session(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        two_extractors(s);
        run(s, "room-1", "s-1", "R1 EX-1");
        sim_blurt(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'reject','by':'ben','dry':true}");
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_RECALLED);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "load-recalled");
}

static void two_extractors_one_used(Sim *s, const char *what, const char *json) {
        sim_receive(s, "R1");
        two_extractors(s);
        sim_say(s, what, "%s", json);
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R1 EX-2"), "pack-opened");
}

static void contact_of_one_thing_opens_the_pack_for_all_that_is_in_it(void **state) {
        two_extractors_one_used(*state, "handpiece/pen-1/usage", "{'item':'EX-1','event':'contact'}");
}

static void cleaning_one_thing_opens_the_pack_for_all_that_is_in_it(void **state) {
        two_extractors_one_used(*state, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
}

static void dropping_one_thing_opens_the_pack_for_all_that_is_in_it(void **state) {
        two_extractors_one_used(*state, STATION "/drop", "{'item':'EX-1'}");
}

/* --- vials and recalls ------------------------------------------------------------------------------------------------- */

static void a_vial_belongs_to_the_patient_in_whose_session_it_was_and_is_never_cleaned(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 R3");
        sim_taken(s, STATION "/receive", "{'item':'VI-1','class':'vial'}");
        sim_taken(s, STATION "/clean", "{'items':['VI-1'],'method':'manual','operator':'ben'}");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1 VI-1", "ana", "p-A", "skin-needling"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, TTL_US);
        assert_false(sim_claimed(s, "VI-1"));
        assert_string_equal(sim_ask_for(s, "room-2", "s-2", "R2 VI-1", "ana", "p-B", "skin-needling"), "item-other-patient");
        sim_forget(s);
        sim_say(s, STATION "/clean", "{'items':['VI-1'],'method':'manual','operator':'ben'}");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_string_equal(sim_ask_for(s, "room-2", "s-3", "R2 VI-1", "ana", "p-A", "skin-needling"), "allow");
}

static void a_recall_of_items_reaches_the_known_and_what_is_received_later(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R3");
        sim_taken(s, STATION "/recall", "{'reason':'bad','by':'clara','items':['(01)00844588004001(21)R1','010084458800400121R2']}");
        sim_receive(s, "R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-recalled");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "item-recalled");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R3"), "allow");
}

static void a_recall_of_a_product_takes_its_number_without_leading_zeros(void **state) {
        static const char *const spellings[] = { "844588004001", "0844588004001", "00844588004001" };
        Sim *s = *state;
        sim_receive(s, "R1 C1");
        for (size_t i = 0; i < ELEMENTSOF(spellings); i++) {
                sim_sql(s, "DELETE FROM recall");
                sim_say(s, STATION "/recall", "{'reason':'bad','by':'clara','product':'%s'}", spellings[i]);
                assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-recalled");
                assert_string_equal(sim_ask(s, "room-1", "s-2", "C1"), "kit-incomplete");
        }
}

static void a_recall_of_an_autoclave_that_there_is_not_is_refused(void **state) {
        Sim *s = *state;
        sim_say(s, STATION "/recall", RECALL_WINDOW, "ac-9");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        sim_forget(s);
        sim_say(s, STATION "/recall", RECALL_WINDOW, "ac-1");
        assert_string_equal(sim_rejected(s, STATION), "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(what_was_touched_before_a_lapse_was_used_and_so_was_the_room),
                T(a_lapse_that_nothing_was_touched_before_leaves_room_and_handpiece_as_they_were),
                T(a_needle_that_was_attached_in_another_room_is_not_relabelled_by_a_start),
                T(a_needle_that_was_attached_in_another_room_gets_no_permit_before_the_start),
                T(contact_in_a_suspended_session_is_use_without_session),
                T(contact_without_a_session_leaves_a_room_that_must_be_disinfected),
                T(a_bare_cancellation_frees_the_handpiece_after_the_lease_and_the_needle_never),
                T(a_number_that_was_two_messages_spoils_the_cancellation),
                T(a_wrong_message_under_a_number_that_was_another_spoils_the_cancellation_too),
                T(a_completed_end_after_a_cancelled_one_drops_and_uses),
                T(the_interlock_of_a_running_session_whose_lease_ran_out_says_locked),
                T(nothing_is_added_to_a_session_whose_item_was_recalled_meanwhile),
                T(a_session_takes_at_most_sixty_four_items),
                T(what_found_no_room_among_the_reasons_still_stops_a_running_session),
                T(a_pack_that_was_opened_in_an_idle_room_serves_nobody),
                T(a_recall_of_the_autoclaves_window_stops_the_session_that_opened_the_pack),
                T(damage_of_the_pack_stops_the_running_session_that_opened_it),
                T(damage_of_a_pack_of_old_stops_no_session),
                T(damage_of_a_pack_that_another_time_was_opened_stops_no_session),
                T(withdrawing_the_release_stops_the_running_session),
                T(contact_of_one_thing_opens_the_pack_for_all_that_is_in_it),
                T(cleaning_one_thing_opens_the_pack_for_all_that_is_in_it),
                T(dropping_one_thing_opens_the_pack_for_all_that_is_in_it),
                T(a_vial_belongs_to_the_patient_in_whose_session_it_was_and_is_never_cleaned),
                T(a_recall_of_items_reaches_the_known_and_what_is_received_later),
                T(a_recall_of_a_product_takes_its_number_without_leading_zeros),
                T(a_recall_of_an_autoclave_that_there_is_not_is_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
