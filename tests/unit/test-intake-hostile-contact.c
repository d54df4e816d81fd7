/* SPDX-License-Identifier: Apache-2.0 */
/* Contact times, attacked: by clocks that move a little, by ends that are told twice, by uses that nobody asked for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "contact-case.h"
#include "core/item.h"

static const char *wiped(Sim *s) {
        sim_forget(s);
        sim_say(s, ROOM "/disinfected", "{'by':'ben','contact_s':60}");
        return sim_rejected(s, ROOM);
}

static const char *disinfected(Sim *s) {
        sim_forget(s);
        sim_say(s, STATION "/disinfect", "{'items':['HP-1'],'level':'high','contact_s':60,'by':'ben'}");
        return sim_rejected(s, STATION);
}

/* --- the clock, moved by less than what puts it in doubt --------------------------------------------------------------- */

static void a_step_of_less_than_a_minute_is_no_contact_time(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        look(s, 0);
        sim_advance(s, S);
        look(s, 59 * S);
        assert_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_string_equal(wiped(s), "bad-member");
        sim_advance(s, 60 * S);
        look(s, 0);
        assert_string_equal(wiped(s), "");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void nor_are_many_small_ones(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        look(s, 0);
        for (int i = 0; i < 20; i++) {
                sim_advance(s, S / 10);
                look(s, 29 * S / 10);
        }
        assert_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_string_equal(wiped(s), "bad-member");
}

/* So little that the end lies ahead, and the clock is not behind what the ledger saw. */
static void a_small_step_back_is_no_contact_time(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_advance(s, 600 * S);
        look(s, 0);
        sim_say(s, ROOM "/heartbeat", "{}");
        sim_advance(s, 9 * S / 10);
        sim_end(s, "room-1", "s-1", "completed");
        look(s, -25 * S / 10);
        assert_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_string_equal(wiped(s), "bad-member");
        sim_advance(s, 63 * S); /* from the end, as it was stamped */
        look(s, 0);
        assert_string_equal(wiped(s), "");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

static void nor_is_what_the_clock_did_while_the_daemon_was_down(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        look(s, 0);
        sim_stop(s);
        sim_advance(s, S);
        s->now.wall_us += 59 * S;
        sim_begin(s);
        look(s, 0);
        assert_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_string_equal(wiped(s), "bad-member");
}

/* What ntpd does to a clock that runs wrong: half a second in a thousand. */
static void a_clock_that_is_slewed_is_measured_by(void **state) {
        Sim *s = *state;

        look(s, 0);
        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        for (int i = 0; i < 2000; i++) {
                sim_advance(s, 3 * S);
                look(s, 3 * S / 2000);
        }
        sim_say(s, ROOM "/disinfected", "{'by':'ben','contact_s':3600}");
        assert_string_equal(sim_rejected(s, ROOM), "");
        sim_restart(s);
        look(s, 0);
        sim_forget(s);
        sim_say(s, ROOM "/disinfected", "{'by':'ben','contact_s':3600}");
        assert_string_equal(sim_rejected(s, ROOM), "");
}

/* --- what soils anew ---------------------------------------------------------------------------------------------------- */

/* It was cancelled, the room wiped, and then it says that somebody was treated after all. */
static void an_end_that_takes_back_a_cancellation_soils_the_room(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_advance(s, 60 * S);
        assert_string_equal(wiped(s), "");
        sim_advance(s, 600 * S);
        sim_end(s, "room-1", "s-1", "completed");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
        assert_string_equal(wiped(s), "bad-member");
        sim_advance(s, 60 * S);
        assert_string_equal(wiped(s), "");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R2"), "allow");
}

/* Up to a minute after the end it belongs to that session; the skin was there all the same. */
static void a_contact_after_the_end_begins_the_rooms_time_anew(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1 R2");
        sim_handpiece(s, "HP-1");
        treated(s, "s-1", "C1 S1 HP-1");
        sim_advance(s, 50 * S);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact','session':'s-1'}", sim_code("C1"));
        assert_int_equal(sim_alert(s, "use-without-session"), 0);
        sim_advance(s, 10 * S);
        assert_string_equal(wiped(s), "bad-member");
        sim_advance(s, 50 * S);
        assert_string_equal(wiped(s), "");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
}

/* It was contaminated already, so its state says nothing of the second time. */
static void a_use_without_a_session_begins_the_pieces_time_anew(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1");
        sim_handpiece(s, "HP-1");
        treated(s, "s-1", "C1 S1 HP-1");
        sim_advance(s, 3600 * S);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'HP-1','event':'contact'}");
        assert_int_equal(sim_alert(s, "use-without-session"), 1);
        sim_advance(s, S);
        assert_string_equal(disinfected(s), "bad-member");
        assert_int_equal(sim_sql(s, "SELECT state FROM item WHERE code = 'HP-1'"), ITEM_CONTAMINATED);
        sim_advance(s, 59 * S);
        assert_string_equal(disinfected(s), "");
}

/* Nor does where it sits: nobody took it off in between. */
static void a_use_where_it_still_sits_begins_the_pieces_time_anew(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1");
        sim_handpiece(s, "HP-1");
        treated(s, "s-1", "C1 S1 HP-1");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'HP-1','event':'attached'}");
        sim_advance(s, 3600 * S);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'HP-1','event':'contact'}");
        sim_advance(s, S);
        assert_string_equal(disinfected(s), "bad-member");
        sim_advance(s, 59 * S);
        assert_string_equal(disinfected(s), "");
}

static void a_relay_that_is_energised_without_a_permit_soils_the_room(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        treated(s, "s-1", "R1");
        sim_pass(s, 200 * S);
        assert_string_equal(wiped(s), "");
        sim_relay_say(s, "relay-1", true);
        sim_pass(s, 600 * S);
        sim_relay_say(s, "relay-1", false);
        sim_pass(s, S);
        assert_string_equal(sim_unlock(s, "room-1"), "done");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "room-not-disinfected");
        assert_string_equal(wiped(s), "");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R2"), "allow");
}

static void what_is_scanned_twice_is_disinfected_once(void **state) {
        Sim *s = *state;

        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        sim_advance(s, 60 * S);
        sim_taken(s, STATION "/disinfect", "{'items':['HP-1','HP-1'],'level':'high','contact_s':60,'by':'ben'}");
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item WHERE code = 'HP-1'"), 1);
}

int main(void) {
#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)
        const struct CMUnitTest tests[] = {
                T(a_step_of_less_than_a_minute_is_no_contact_time),
                T(nor_are_many_small_ones),
                T(a_small_step_back_is_no_contact_time),
                T(nor_is_what_the_clock_did_while_the_daemon_was_down),
                T(a_clock_that_is_slewed_is_measured_by),
                T(an_end_that_takes_back_a_cancellation_soils_the_room),
                T(a_contact_after_the_end_begins_the_rooms_time_anew),
                T(a_use_without_a_session_begins_the_pieces_time_anew),
                T(a_use_where_it_still_sits_begins_the_pieces_time_anew),
                T(a_relay_that_is_energised_without_a_permit_soils_the_room),
                T(what_is_scanned_twice_is_disinfected_once),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
