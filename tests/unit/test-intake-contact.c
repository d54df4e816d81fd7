/* SPDX-License-Identifier: Apache-2.0 */
/* Contact times against the clock: what was wiped before it was soiled, in whatever way that is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "contact-case.h"
#include "core/item.h"

static void wiped(Sim *s, int contact_s) {
        sim_forget(s);
        sim_say(s, ROOM "/disinfected", "{'by':'ben','contact_s':%d}", contact_s);
}

static const char *told(const Sim *s, const char *who) {
        static char topic[96];

        snprintf(topic, sizeof(topic), "down/%s/rejected", who);
        return sim_member(s, topic, "detail");
}

static int64_t rejected_for(Sim *s, const char *member) {
        return sim_sql(s, "SELECT count(*) FROM audit WHERE json_extract(record, '$.type') = 'refused' AND "
                          "json_extract(record, '$.member') = '%s'", member);
}

/* --- rooms ------------------------------------------------------------------------------------------------------------ */

static void room_not_disinfected_fires_for_a_wipe_from_before_the_end(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 12 * S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        assert_says(told(s, ROOM), "says 60 s, and the room was last used 12 s before. Disinfect again");
        assert_string_equal(sim_member(s, "down/" ROOM "/rejected", "member"), "contact_s");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
}

static void room_not_disinfected_is_silent_once_the_time_is_over(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 60 * S - 1);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        sim_advance(s, 1);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void whoever_says_a_longer_time_is_held_to_it(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 119 * S);
        wiped(s, 120);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        wiped(s, 119);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void before_anybody_was_treated_there_any_time_is_taken(void **state) {
        Sim *s = *state;

        wiped(s, 3600);
        assert_string_equal(sim_rejected(s, ROOM), "");
}

static void the_record_says_that_it_was_the_contact_time(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        treated(s, "s-1", "R1");
        assert_int_equal(rejected_for(s, "contact_s"), 0);
        wiped(s, 60);
        assert_int_equal(rejected_for(s, "contact_s"), 1);
}

static void the_same_message_again_does_not_count_when_time_has_gone_by(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        wiped(s, 60);
        sim_advance(s, 600 * S);
        sim_say_as(s, ROOM "/disinfected", sim_boot(s, ROOM), sim_seq(s, ROOM), "{'by':'ben','contact_s':60}");
        sim_commit(s);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
}

/* The end is what it waits for: it was said before, and cannot be of later. */
static void what_was_held_until_the_end_came_does_not_count(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        const int64_t end = sim_next_seq(s, ROOM), wipe = sim_next_seq(s, ROOM);
        sim_say_as(s, ROOM "/disinfected", sim_boot(s, ROOM), wipe, "{'by':'ben','contact_s':60}");
        sim_advance(s, 4 * S);
        sim_say_as(s, ROOM "/session-end", sim_boot(s, ROOM), end, "{'session':'s-1','outcome':'completed','by':'ana'}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
}

/* It waits for something else: the seconds of waiting are none of contact. */
static void what_is_held_counts_from_its_arrival(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 57 * S);
        const int64_t hole = sim_next_seq(s, ROOM), wipe = sim_next_seq(s, ROOM);
        sim_say_as(s, ROOM "/disinfected", sim_boot(s, ROOM), wipe, "{'by':'ben','contact_s':60}");
        sim_commit(s);
        sim_advance(s, 4 * S);
        sim_say_as(s, ROOM "/heartbeat", sim_boot(s, ROOM), hole, "{}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        assert_says(told(s, ROOM), "57 s before");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
}

static void what_is_held_counts_where_its_arrival_was_late_enough(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 60 * S);
        const int64_t hole = sim_next_seq(s, ROOM), wipe = sim_next_seq(s, ROOM);
        sim_say_as(s, ROOM "/disinfected", sim_boot(s, ROOM), wipe, "{'by':'ben','contact_s':60}");
        sim_say_as(s, ROOM "/heartbeat", sim_boot(s, ROOM), hole, "{}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, ROOM), "");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void late_or_without_a_number_it_does_not_count(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 600 * S);
        sim_blurt(s, ROOM "/disinfected", "{'by':'ben','contact_s':60}");
        assert_string_equal(sim_rejected(s, ROOM), "sequence-required");
        const int64_t missing = sim_next_seq(s, ROOM);
        sim_say(s, ROOM "/heartbeat", "{}");
        sim_pass(s, 6 * S);
        sim_say_as(s, ROOM "/disinfected", sim_boot(s, ROOM), missing, "{'by':'ben','contact_s':60}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, ROOM), "too-late");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
}

static void an_injury_begins_the_time_anew(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 300 * S);
        sim_say(s, STATION "/injury", "{'room':'room-1','detail':'needlestick'}");
        sim_advance(s, 30 * S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        assert_says(told(s, ROOM), "an injury was reported here 30 s before");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE turnover_us IS NOT NULL"), 0);
        sim_advance(s, 30 * S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE turnover_us IS NOT NULL"), 1);
}

static void a_restart_of_the_daemon_changes_nothing(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 30 * S);
        sim_restart(s);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        sim_advance(s, 30 * S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

/* --- the clock -------------------------------------------------------------------------------------------------------- */

static void while_the_clock_is_in_doubt_nothing_counts(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_advance(s, 600 * S);
        look(s, 3600 * S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "not-allowed");
        assert_says(told(s, ROOM), "clock is in doubt");
        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        sim_advance(s, 600 * S);
        sim_say(s, STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}");
        assert_string_equal(sim_rejected(s, STATION), "not-allowed");
}

/* The clock is an hour behind at the end, and right a second later: that was not an hour. */
static void a_clock_that_comes_right_makes_no_contact_time(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        look(s, -3600 * S);
        sim_end(s, "room-1", "s-1", "completed");
        look(s, 3600 * S);
        assert_null(intake_doubted(s->intake, DOUBT_CLOCK));
        sim_advance(s, S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        assert_says(told(s, ROOM), "the clock is believed only since 1 s before");
        sim_restart(s); /* the ledger knows it, too */
        look(s, 0);
        sim_advance(s, S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        sim_advance(s, 58 * S);
        wiped(s, 60);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

/* It was a year ahead at the end. The room must not wait for that year. */
static void an_end_that_lies_ahead_is_no_dead_end(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        look(s, 365 * US_PER_DAY);
        sim_end(s, "room-1", "s-1", "completed");
        look(s, -365 * US_PER_DAY);
        sim_advance(s, 59 * S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        sim_advance(s, S);
        wiped(s, 60);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void an_officers_word_for_the_clock_makes_no_contact_time(void **state) {
        const Act confirm = { .type = ACT_CLOCK_CONFIRM, .subject = "clock", .by = "clara", .reason = "seen", .uid = 7 };
        char text[ACT_TEXT_MAX];
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        look(s, 3600 * S);
        assert_int_equal(sim_act(s, &confirm, text), 0);
        sim_advance(s, S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        sim_advance(s, 59 * S);
        wiped(s, 60);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void what_the_clock_did_while_the_machine_was_off_is_not_counted(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        look(s, 0);
        sim_reboot(s, 3600 * S);
        look(s, 0);
        sim_advance(s, S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "bad-member");
        sim_advance(s, 59 * S);
        wiped(s, 60);
        assert_string_equal(sim_rejected(s, ROOM), "");
}

/* --- items ------------------------------------------------------------------------------------------------------------ */

static int64_t state_of(Sim *s, const char *code) {
        return sim_sql(s, "SELECT state FROM item WHERE code = '%s'", code);
}

static void disinfect(Sim *s, const char *more) {
        sim_forget(s);
        sim_say(s, STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'%s}", more);
}

static void clean(Sim *s) {
        sim_say(s, STATION "/clean", "{'items':['HP-1'],'method':'manual','operator':'ben'}");
}

static void a_handpiece_is_disinfected_after_it_was_cleaned(void **state) {
        Sim *s = *state;

        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        sim_advance(s, 600 * S);
        clean(s);
        sim_advance(s, 299 * S);
        disinfect(s, ",'contact_s':300");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_says(told(s, STATION), "HP-1: this says 300 s, and it was last used or cleaned 299 s before. Disinfect again");
        assert_int_equal(state_of(s, "HP-1"), ITEM_CLEAN);
        sim_advance(s, S);
        disinfect(s, ",'contact_s':300");
        assert_int_equal(state_of(s, "HP-1"), ITEM_DISINFECTED);
}

static void a_handpiece_is_disinfected_after_its_session(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1");
        sim_handpiece(s, "HP-1");
        treated(s, "s-1", "C1 S1 HP-1");
        sim_advance(s, 59 * S);
        disinfect(s, ",'contact_s':60");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_int_equal(state_of(s, "HP-1"), ITEM_CONTAMINATED);
        sim_advance(s, S);
        disinfect(s, ",'contact_s':60");
        assert_int_equal(state_of(s, "HP-1"), ITEM_DISINFECTED);
}

static void a_handpiece_is_disinfected_after_it_was_received(void **state) {
        Sim *s = *state;

        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        sim_advance(s, 59 * S);
        disinfect(s, ",'contact_s':60");
        assert_int_equal(state_of(s, "HP-1"), ITEM_CONTAMINATED);
        sim_advance(s, S);
        disinfect(s, ",'contact_s':60");
        assert_int_equal(state_of(s, "HP-1"), ITEM_DISINFECTED);
}

static void a_handpiece_is_disinfected_after_it_touched_anybody(void **state) {
        Sim *s = *state;

        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        sim_advance(s, 600 * S);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'HP-1','event':'contact'}");
        sim_advance(s, 59 * S);
        disinfect(s, ",'contact_s':60");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        sim_advance(s, S);
        disinfect(s, ",'contact_s':60");
        assert_int_equal(state_of(s, "HP-1"), ITEM_DISINFECTED);
}

static void who_says_no_time_is_held_to_the_least(void **state) {
        Sim *s = *state;

        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        sim_advance(s, 59 * S);
        disinfect(s, "");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_says(told(s, STATION), "HP-1: this takes 60 s");
        sim_advance(s, S);
        disinfect(s, "");
        assert_int_equal(state_of(s, "HP-1"), ITEM_DISINFECTED);
}

static void one_of_several_that_was_cleaned_too_late_takes_all_back(void **state) {
        Sim *s = *state;

        sim_handpiece(s, "HP-2");
        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        sim_forget(s);
        sim_say(s, STATION "/disinfect", "{'items':['HP-2','HP-1'],'level':'high','by':'ben'}");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item_step WHERE step = %d", ITEM_STEP_DISINFECT), 1);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)
        const struct CMUnitTest tests[] = {
                T(room_not_disinfected_fires_for_a_wipe_from_before_the_end),
                T(room_not_disinfected_is_silent_once_the_time_is_over),
                T(whoever_says_a_longer_time_is_held_to_it),
                T(before_anybody_was_treated_there_any_time_is_taken),
                T(the_record_says_that_it_was_the_contact_time),
                T(the_same_message_again_does_not_count_when_time_has_gone_by),
                T(what_was_held_until_the_end_came_does_not_count),
                T(what_is_held_counts_from_its_arrival),
                T(what_is_held_counts_where_its_arrival_was_late_enough),
                T(late_or_without_a_number_it_does_not_count),
                T(an_injury_begins_the_time_anew),
                T(a_restart_of_the_daemon_changes_nothing),
                T(while_the_clock_is_in_doubt_nothing_counts),
                T(a_clock_that_comes_right_makes_no_contact_time),
                T(an_end_that_lies_ahead_is_no_dead_end),
                T(an_officers_word_for_the_clock_makes_no_contact_time),
                T(what_the_clock_did_while_the_machine_was_off_is_not_counted),
                T(a_handpiece_is_disinfected_after_it_was_cleaned),
                T(a_handpiece_is_disinfected_after_its_session),
                T(a_handpiece_is_disinfected_after_it_was_received),
                T(a_handpiece_is_disinfected_after_it_touched_anybody),
                T(who_says_no_time_is_held_to_the_least),
                T(one_of_several_that_was_cleaned_too_late_takes_all_back),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
