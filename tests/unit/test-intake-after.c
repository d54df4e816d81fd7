/* SPDX-License-Identifier: Apache-2.0 */
/* What sessions still owe: needles, instruments, an end. Firing, silent, with a restart in between, with a clock that was
 * set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"

#define MINUTE (60 * US_PER_S)
#define STATION "station/station-1"

static char text[ACT_TEXT_MAX];

static int sign_for(Sim *s, const char *session, const char *by) {
        const Act a = {
                .type = ACT_SHARPS, .subject = session, .by = by, .reason = "seen in the bin", .uid = 1, .pid = 2
        };

        return sim_act(s, &a, text);
}

/* Time goes by, and the intake gets its ticks. */
static void pass(Sim *s, int64_t us) {
        sim_pass(s, us);
        sim_pass(s, 0);
}

/* A session with these items, begun. */
static void begin(Sim *s, const char *room, const char *session, const char *items) {
        sim_disinfect_room(s, room);
        assert_string_equal(sim_ask(s, room, session, items), "allow");
        sim_start(s, room, session);
}

static void treat(Sim *s, const char *room, const char *session, const char *items) {
        begin(s, room, session, items);
        pass(s, MINUTE);
        sim_end(s, room, session, "completed");
}

static void drop(Sim *s, const char *name) {
        sim_say(s, "sharps/sharps-1/drop", "{'item':'%s'}", sim_code(name));
        pass(s, 0);
}

static const char *alert_text(Sim *s, const char *rule) {
        return sim_text(s, "SELECT text FROM alert WHERE rule = '%s' AND state < 2", rule);
}

static int64_t looked_after(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM session WHERE after_due_us IS NOT NULL");
}

/* --- needles --- */

static void a_needle_is_missed_after_half_an_hour_and_found_when_it_drops(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        treat(s, "room-1", "s-1", "R1");
        pass(s, 30 * MINUTE - 1);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        pass(s, 1);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        assert_non_null(strstr(alert_text(s, "sharps-unaccounted"), sim_code("R1")));
        assert_non_null(strstr(alert_text(s, "sharps-unaccounted"), "s-1"));
        assert_null(strstr(alert_text(s, "sharps-unaccounted"), "p-1"));
        pass(s, 120 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1); /* told once */
        drop(s, "R1");
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        assert_int_equal(looked_after(s), 0);
}

static void a_needle_that_was_dropped_in_time_is_not_missed(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        treat(s, "room-1", "s-1", "R1");
        drop(s, "R1");
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        assert_int_equal(looked_after(s), 0);
}

static void a_needle_that_a_named_person_dropped_is_not_missed(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        begin(s, "room-1", "s-1", "R1");
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','by':'ana','dropped':%s}", sim_codes("R1"));
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
}

static void a_drop_by_a_name_that_nobody_bears_spends_the_needle_and_accounts_for_nothing(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        begin(s, "room-1", "s-1", "R1");
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','by':'mallory','dropped':%s}", sim_codes("R1"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "");
        sim_disinfect_room(s, "room-1");
        assert_non_null(strstr(sim_ask(s, "room-1", "s-2", "R1"), "item-dropped"));
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        drop(s, "R1");
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
}

static void nobodys_word_takes_back_no_drop_that_a_reader_saw(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        begin(s, "room-1", "s-1", "R1");
        drop(s, "R1");
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','by':'mallory','dropped':%s}", sim_codes("R1"));
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
}

static void a_spare_that_came_back_unopened_is_not_missed(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        begin(s, "room-1", "s-1", "R1 R2");
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','by':'ana','unopened':%s,'dropped':%s}", sim_codes("R2"),
                sim_codes("R1"));
        assert_string_equal(sim_rejected(s, "room/room-1"), "");
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
}

static void each_needle_that_turns_up_leaves_the_others_named(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treat(s, "room-1", "s-1", "R1 R2");
        pass(s, 31 * MINUTE);
        assert_non_null(strstr(alert_text(s, "sharps-unaccounted"), sim_code("R1")));
        drop(s, "R1");
        assert_null(strstr(alert_text(s, "sharps-unaccounted"), sim_code("R1")));
        assert_non_null(strstr(alert_text(s, "sharps-unaccounted"), sim_code("R2")));
        drop(s, "R2");
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
}

static void many_needles_are_counted_where_they_find_no_room(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2 R3 R4 R5 R6 R7");
        treat(s, "room-1", "s-1", "R1 R2 R3 R4 R5 R6 R7");
        pass(s, 31 * MINUTE);
        assert_non_null(strstr(alert_text(s, "sharps-unaccounted"), " more. Find"));
}

static void a_session_that_was_cancelled_unopened_owes_nothing_until_it_is_said_to_have_begun(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        sim_start(s, "room-1", "s-1");
        pass(s, 2 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
}

static void a_session_that_lapsed_with_its_needle_on_the_handpiece_owes_it(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1");
        sim_handpiece(s, "HP-1");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 S1 HP-1"), "allow");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code("C1"));
        pass(s, 2 * MINUTE);
        assert_int_equal(sim_sql(s, "SELECT state FROM session WHERE label = 's-1'"), 4);
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        assert_non_null(strstr(alert_text(s, "sharps-unaccounted"), sim_code("C1")));
        assert_null(strstr(alert_text(s, "sharps-unaccounted"), sim_code("S1")));
}

static void many_sessions_at_once_are_all_told(void **state) {
        Sim *s = *state;

        for (int i = 1; i <= 20; i++) {
                char item[16], session[16];

                snprintf(item, sizeof(item), "R%d", i);
                snprintf(session, sizeof(session), "s-%d", i);
                sim_receive(s, item);
                treat(s, "room-1", session, item);
        }
        sim_advance(s, 60 * MINUTE);
        sim_pass(s, 0);
        assert_true(sim_alert(s, "sharps-unaccounted") < 20); /* no more than a few a turn */
        assert_true(intake_deadline_us(s->intake) <= s->now.boot_us);
        for (int i = 0; i < 3; i++)
                sim_pass(s, 0);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 20);
        assert_true(intake_deadline_us(s->intake) > s->now.boot_us);
}

/* --- an answer --- */

static void an_officer_or_the_practitioner_signs_where_the_needles_are_and_nobody_else(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        begin(s, "room-1", "s-1", "R1");
        assert_int_equal(sign_for(s, "s-1", "clara"), 1);
        assert_non_null(strstr(text, "has not ended"));
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(sign_for(s, "s-9", "clara"), 1);
        pass(s, 31 * MINUTE);
        assert_int_equal(sign_for(s, "s-1", "ben"), 1);
        assert_non_null(strstr(text, "An officer, or ana"));
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        assert_int_equal(sign_for(s, "s-1", "clara"), 0);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        assert_string_equal(sim_text(s, "SELECT by FROM alert WHERE rule = 'sharps-unaccounted'"), "clara");
        assert_string_equal(sim_text(s, "SELECT sharps_reason FROM session WHERE label = 's-1'"), "seen in the bin");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'sharps' "
                                    "AND record ->> 'items' LIKE '%%(21)%%'"), 1);
        assert_int_equal(sign_for(s, "s-1", "clara"), 1);
        assert_non_null(strstr(text, "nothing to sign"));
        treat(s, "room-1", "s-2", "R2");
        assert_int_equal(sign_for(s, "s-2", "ana"), 0);
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        sim_check_chain(s);
}

static void missing_needles_keep_nobody_back_where_the_policy_does_not_say_so(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treat(s, "room-1", "s-1", "R1");
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void a_policy_keeps_their_practitioner_from_the_next_session_until_they_are_accounted_for(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[policy]\nsharps-block = yes\n[practitioner ann]\nroles = practitioner\n"
                     "qualified = skin-needling until 2027-12-31\n");
        sim_receive(&s, "R1 R2 R3 R4");
        treat(&s, "room-1", "s-1", "R1");
        sim_disinfect_room(&s, "room-1");
        pass(&s, 31 * MINUTE);
        assert_string_equal(sim_ask(&s, "room-1", "s-2", "R2"), "sharps-unaccounted");
        sim_restart(&s);
        intake_doubt(s.intake, DOUBT_ARMING, NULL);
        assert_string_equal(sim_ask(&s, "room-1", "s-2", "R2"), "sharps-unaccounted");
        assert_string_equal(sim_ask_for(&s, "room-1", "s-3", "R2", "ann", "p-2", "skin-needling"), "allow");
        drop(&s, "R1");
        sim_disinfect_room(&s, "room-2");
        assert_string_equal(sim_ask(&s, "room-2", "s-4", "R3"), "allow");
        sim_start(&s, "room-2", "s-4");
        sim_end(&s, "room-2", "s-4", "completed");
        sim_disinfect_room(&s, "room-2");
        pass(&s, 31 * MINUTE);
        assert_string_equal(sim_ask(&s, "room-2", "s-5", "R4"), "sharps-unaccounted");
        assert_int_equal(sign_for(&s, "s-4", "ana"), 0);
        assert_string_equal(sim_ask(&s, "room-2", "s-5", "R4"), "allow");
        sim_close(&s);
}

/* --- what is used again --- */

static void a_handpiece_that_waits_for_its_cleaning_is_told_until_it_gets_it(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1");
        sim_handpiece(s, "HP-1");
        treat(s, "room-1", "s-1", "C1 S1 HP-1");
        drop(s, "C1");
        pass(s, 120 * MINUTE - 1);
        assert_int_equal(sim_alert(s, "reprocessing-late"), 0);
        pass(s, 1);
        assert_int_equal(sim_alert(s, "reprocessing-late"), 1);
        assert_non_null(strstr(alert_text(s, "reprocessing-late"), "HP-1"));
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        sim_restart(s);
        sim_say(s, STATION "/clean", "{'items':['HP-1'],'method':'manual','operator':'ben'}");
        pass(s, 0);
        assert_int_equal(sim_alert(s, "reprocessing-late"), 0);
        pass(s, 200 * MINUTE);
        assert_int_equal(sim_alert(s, "reprocessing-late"), 0);
}

static void a_handpiece_that_is_cleaned_in_time_or_damaged_is_not_told(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1 C2 S2");
        sim_handpiece(s, "HP-1");
        treat(s, "room-1", "s-1", "C1 S1 HP-1");
        drop(s, "C1");
        sim_say(s, STATION "/clean", "{'items':['HP-1'],'method':'manual','operator':'ben'}");
        pass(s, MINUTE);
        sim_say(s, STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}");
        pass(s, 121 * MINUTE);
        assert_int_equal(sim_alert(s, "reprocessing-late"), 0);
        treat(s, "room-1", "s-2", "C2 S2 HP-1");
        drop(s, "C2");
        pass(s, 121 * MINUTE);
        assert_int_equal(sim_alert(s, "reprocessing-late"), 1);
        sim_say(s, STATION "/damage", "{'item':'HP-1','reason':'fell down'}");
        pass(s, 0);
        assert_int_equal(sim_alert(s, "reprocessing-late"), 0);
}

/* --- an end --- */

static void a_session_whose_room_fell_silent_is_told_until_it_is_heard_again(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        begin(s, "room-1", "s-1", "R1");
        pass(s, 16 * MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 0);
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 1);
        assert_non_null(strstr(alert_text(s, "session-not-ended"), "asepsisctl session end s-1"));
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 1);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 0);
        pass(s, 20 * MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 1);
        sim_end(s, "room-1", "s-1", "completed");
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 0);
}

static void a_session_that_renews_for_ever_is_told_after_its_longest_time(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        begin(s, "room-1", "s-1", "R1");
        for (int i = 0; i < 239; i++) {
                pass(s, MINUTE);
                assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        }
        assert_int_equal(sim_alert(s, "session-not-ended"), 0);
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 1);
}

static void a_suspended_session_is_told_too_and_one_that_never_began_is_not(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        begin(s, "room-1", "s-1", "R1");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'stranger','event':'contact'}");
        assert_int_equal(sim_sql(s, "SELECT state FROM session WHERE label = 's-1'"), 2);
        sim_disinfect_room(s, "room-2");
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "allow");
        for (int i = 0; i < 20; i++)
                pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 1);
        assert_non_null(strstr(alert_text(s, "session-not-ended"), "s-1"));
}

/* --- restarts and clocks --- */

static void a_restart_a_crash_and_a_reboot_forget_nothing(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treat(s, "room-1", "s-1", "R1");
        begin(s, "room-2", "s-2", "R2");
        pass(s, 10 * MINUTE);
        sim_restart(s);
        pass(s, 5 * MINUTE);
        sim_crash(s);
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted") + sim_alert(s, "session-not-ended"), 0);
        sim_reboot(s, 14 * MINUTE);
        pass(s, US_PER_S);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        assert_int_equal(sim_alert(s, "session-not-ended"), 0); /* nobody knows how long its lease is over */
        pass(s, 17 * MINUTE);
        assert_int_equal(sim_alert(s, "session-not-ended"), 1);
        sim_restart(s);
        pass(s, US_PER_S);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        drop(s, "R1");
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
}

static void while_the_clock_is_in_doubt_nothing_is_raised_and_nothing_ends(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treat(s, "room-1", "s-1", "R1");
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        treat(s, "room-1", "s-2", "R2");
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock jumped.");
        s->now.wall_us += US_PER_DAY;
        drop(s, "R1");
        pass(s, 2 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        assert_true(intake_deadline_us(s->intake) > s->now.boot_us);
        s->now.wall_us -= US_PER_DAY;
        intake_doubt(s->intake, DOUBT_CLOCK, NULL);
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        pass(s, 31 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
}

static void a_clock_that_was_set_back_puts_nothing_off(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treat(s, "room-1", "s-1", "R1");
        pass(s, 10 * MINUTE);
        s->now.wall_us -= 2 * US_PER_DAY;
        pass(s, 11 * MINUTE);
        pass(s, MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
}

static void other_limits_count_from_their_reading_on(void **state) {
        Sim *s = *state;
        Sim other;

        sim_open(&other, "[policy]\nsharps-minutes = 5\n");
        sim_receive(s, "R1");
        treat(s, "room-1", "s-1", "R1");
        pass(s, 10 * MINUTE);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 0);
        intake_configure(s->intake, other.config);
        pass(s, US_PER_S);
        assert_int_equal(sim_alert(s, "sharps-unaccounted"), 1);
        intake_configure(s->intake, s->config);
        sim_close(&other);
}

/* --- turnover --- */

static void only_a_disinfection_after_the_last_session_counts(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2 R3");
        begin(s, "room-1", "s-1", "R1");
        sim_disinfect_room(s, "room-1"); /* while somebody is treated */
        sim_end(s, "room-1", "s-1", "completed");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R2"), "allow");
        sim_start(s, "room-1", "s-3");
        sim_disinfect_room(s, "room-1");
        s->now.wall_us -= 600 * US_PER_S; /* a clock that is set back makes no disinfection later than the end */
        sim_end(s, "room-1", "s-3", "completed");
        sim_advance(s, 1200 * US_PER_S); /* by the clock it was before now, and after the end */
        assert_string_equal(sim_ask(s, "room-1", "s-4", "R3"), "room-not-disinfected");
        s->now.wall_us -= US_PER_DAY; /* nor does it make one that comes after the end an earlier one */
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-5", "R3"), "allow");
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_needle_is_missed_after_half_an_hour_and_found_when_it_drops),
                T(a_needle_that_was_dropped_in_time_is_not_missed),
                T(a_needle_that_a_named_person_dropped_is_not_missed),
                T(a_drop_by_a_name_that_nobody_bears_spends_the_needle_and_accounts_for_nothing),
                T(nobodys_word_takes_back_no_drop_that_a_reader_saw),
                T(a_spare_that_came_back_unopened_is_not_missed),
                T(each_needle_that_turns_up_leaves_the_others_named),
                T(many_needles_are_counted_where_they_find_no_room),
                T(a_session_that_was_cancelled_unopened_owes_nothing_until_it_is_said_to_have_begun),
                T(a_session_that_lapsed_with_its_needle_on_the_handpiece_owes_it),
                T(many_sessions_at_once_are_all_told),
                T(an_officer_or_the_practitioner_signs_where_the_needles_are_and_nobody_else),
                T(missing_needles_keep_nobody_back_where_the_policy_does_not_say_so),
                cmocka_unit_test(a_policy_keeps_their_practitioner_from_the_next_session_until_they_are_accounted_for),
                T(a_handpiece_that_waits_for_its_cleaning_is_told_until_it_gets_it),
                T(a_handpiece_that_is_cleaned_in_time_or_damaged_is_not_told),
                T(a_session_whose_room_fell_silent_is_told_until_it_is_heard_again),
                T(a_session_that_renews_for_ever_is_told_after_its_longest_time),
                T(a_suspended_session_is_told_too_and_one_that_never_began_is_not),
                T(a_restart_a_crash_and_a_reboot_forget_nothing),
                T(while_the_clock_is_in_doubt_nothing_is_raised_and_nothing_ends),
                T(a_clock_that_was_set_back_puts_nothing_off),
                T(other_limits_count_from_their_reading_on),
                T(only_a_disinfection_after_the_last_session_counts),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
