/* SPDX-License-Identifier: Apache-2.0 */
/* The protocol of a session, followed through real messages: steps, usage, what is told of them and what is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../lib/clinicsim.h"
#include "store/sessions.h"
#include "store/treatments.h"

#define MORE                                                                    \
        "[practitioner ana]\nqualified = skin-needling until 2027-12-31, plain until 2027-12-31, hashless until 2027-12-31\n" \
        "[procedure plain]\nneeds = manual-roller\n"                            \
        "[procedure hashless]\nneeds = manual-roller\nsteps = screened\nform-hash = optional\n" \
        "[product 00844588004001]\npasses-max = 4\nneedle-time-max = 60 s\n"

static int setup(void **state) {
        Sim *s = calloc(1, sizeof(*s));

        sim_open(s, MORE);
        *state = s;
        return 0;
}

static void step(Sim *s, const char *session, const char *what) {
        sim_say(s, "room/room-1/session-step", "{'session':'%s','step':'%s','form_hash':'5f2b'}", session, what);
}

/* s-1 in room-1 for p-1, with cartridge C1, screened and running. */
static Sim *running(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 C2 S1 S2 S3");
        sim_handpiece(s, "HP-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 C2 S1 HP-1"), "allow");
        step(s, "s-1", "screened");
        sim_start(s, "room-1", "s-1");
        return s;
}

static void round_of(Sim *s, const char *area, int round, int passes) {
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','area':'%s','round':%d,'passes':%d}",
                sim_code("C1"), area, round, passes);
}

static int64_t deviations(Sim *s, const char *rule) {
        return sim_sql(s, "SELECT count(*) FROM deviation WHERE rule = '%s'", rule);
}

static int64_t severity(Sim *s, const char *rule) {
        return sim_sql(s, "SELECT severity FROM alert WHERE rule = '%s' AND subject = 's-1'", rule);
}

static int64_t state_of(Sim *s, const char *session) {
        return sim_sql(s, "SELECT state FROM session WHERE label = '%s'", session);
}

static void a_session_by_the_book_raises_nothing(void **state) {
        Sim *s = running(state);
        step(s, "s-1", "anaesthetic");
        step(s, "s-1", "wash");
        step(s, "s-1", "serum");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached','session':'s-1'}", sim_code("C1"));
        for (int n = 1; n <= 3; n++) {
                round_of(s, "cheek", n, 8);
                round_of(s, "chin", n, 6);
                step(s, "s-1", "cleanse");
        }
        step(s, "s-1", "aftercare");
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM deviation"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert"), 0);
}

static void each_limit_warns_about_the_session_and_its_room_and_never_the_patient(void **state) {
        Sim *s = running(state);
        sim_say(s, "handpiece/pen-1/usage",
                "{'item':'%s','event':'round','area':'cheek','round':1,'passes':11,'depth_mm':1.75,'motor_s':1801}", sim_code("C1"));
        for (int n = 2; n <= 4; n++)
                round_of(s, "cheek", n, 6);
        static const char *const rules[] = { "passes-exceeded", "depth-exceeded", "needle-time-exceeded",
                                             "cleanse-missing", "rounds-exceeded" };
        for (size_t k = 0; k < ELEMENTSOF(rules); k++) {
                assert_true(sim_alert(s, rules[k]) >= 1);
                assert_int_equal(severity(s, rules[k]), 1);
                assert_non_null(strstr(sim_text(s, "SELECT text FROM alert WHERE rule = '%s'", rules[k]), "room-1, session s-1"));
        }
        assert_int_equal(state_of(s, "s-1"), SESSION_RUNNING);
        for (size_t i = 0; i < s->n_out; i++)
                assert_true(strncmp(s->out[i].topic, "state/", 6) != 0 || !strstr(s->out[i].payload, "p-1"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE text LIKE '%%p-1%%'"), 0);
}

static void a_warning_comes_once_for_a_session_and_cause_across_a_restart(void **state) {
        Sim *s = running(state);
        round_of(s, "cheek", 1, 6);
        sim_restart(s);
        round_of(s, "cheek", 1, 5);
        assert_int_equal(sim_alert(s, "passes-exceeded"), 1);
        round_of(s, "cheek", 1, 5);
        sim_restart(s);
        round_of(s, "cheek", 1, 5);
        assert_int_equal(sim_alert(s, "passes-exceeded"), 1);
        round_of(s, "chin", 1, 11);
        assert_int_equal(sim_alert(s, "passes-exceeded"), 2);
        assert_int_equal(deviations(s, "passes-exceeded"), 2);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'deviation'"), 2);
}

static void what_was_not_committed_was_not_counted(void **state) {
        Sim *s = running(state);
        int64_t seq = sim_next_seq(s, "handpiece/pen-1");
        for (int n = 0; n < 2; n++) {
                sim_say_as(s, "handpiece/pen-1/usage", "b-1", seq,
                           "{'item':'%s','event':'round','area':'cheek','round':1,'passes':9}", sim_code("C1"));
                if (n == 0)
                        sim_crash(s);
        }
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT passes FROM session_round"), 9);
        /* And what is told twice under one number counts once. */
        sim_say_as(s, "handpiece/pen-1/usage", "b-1", seq,
                   "{'item':'%s','event':'round','area':'cheek','round':1,'passes':9}", sim_code("C1"));
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT passes FROM session_round"), 9);
}

/* --- what is late or doubtful --- */

static void a_late_cleanse_does_not_undo_the_warning_and_does_not_count(void **state) {
        Sim *s = running(state);
        round_of(s, "cheek", 1, 6);
        const int64_t seq = sim_next_seq(s, "room/room-1");
        step(s, "s-1", "wash"); /* one higher: the cleanse is on its way */
        sim_pass(s, 6 * US_PER_S);
        round_of(s, "cheek", 2, 6);
        assert_int_equal(sim_alert(s, "cleanse-missing"), 1);
        sim_say_as(s, "room/room-1/session-step", "b-1", seq, "{'session':'s-1','step':'cleanse'}");
        sim_commit(s);
        assert_int_equal(deviations(s, "cleanse-missing"), 1);
        assert_int_equal(sim_alert(s, "cleanse-missing"), 1);
        assert_int_equal(sim_sql(s, "SELECT counts FROM session_step WHERE step = 4"), 0);
        round_of(s, "cheek", 3, 6);
        assert_int_equal(deviations(s, "cleanse-missing"), 2);
}

static void a_step_without_boot_and_seq_is_on_record_only(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_blurt(s, "room/room-1/session-step", "{'session':'s-1','step':'screened','form_hash':'5f2b'}");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(sim_alert(s, "screening-missing"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_step"), 1);
}

static void a_round_without_boot_and_seq_warns(void **state) {
        Sim *s = running(state);
        sim_blurt(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','area':'cheek','round':1,'passes':11}",
                  sim_code("C1"));
        assert_int_equal(sim_alert(s, "passes-exceeded"), 1);
}

static void a_step_of_another_rooms_session_or_of_none_is_nobodys(void **state) {
        Sim *s = running(state);
        sim_say(s, "room/room-2/session-step", "{'session':'s-1','step':'cleanse'}");
        sim_say(s, "room/room-1/session-step", "{'session':'s-9','step':'cleanse'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_step"), 1);
}

/* --- screening and aftercare --- */

static void screening_missing_informs_at_the_start_and_once(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'screened'}");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(sim_alert(s, "screening-missing"), 1);
        assert_int_equal(severity(s, "screening-missing"), 0);
        step(s, "s-1", "screened"); /* too late to take it back */
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact'}", sim_code("R1"));
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(sim_alert(s, "screening-missing"), 1);
        assert_int_equal(deviations(s, "screening-missing"), 1);
}

static void screening_missing_informs_at_the_first_contact_without_a_start(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code("R1"));
        assert_int_equal(sim_alert(s, "screening-missing"), 0);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact'}", sim_code("R1"));
        assert_int_equal(sim_alert(s, "screening-missing"), 1);
}

static void the_forms_hash_is_wanted_as_the_procedure_says(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "ana", "p-1", "hashless"), "allow");
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'screened'}");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(sim_alert(s, "screening-missing"), 0);
        assert_string_equal(sim_ask_for(s, "room-2", "s-2", "R2", "ana", "p-2", "hashless"), "allow");
        sim_start(s, "room-2", "s-2");
        assert_int_equal(sim_alert(s, "screening-missing"), 1);
}

static void aftercare_missing_informs_where_the_session_was_completed(void **state) {
        Sim *s = running(state);
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(sim_alert(s, "aftercare-missing"), 1);
        assert_int_equal(severity(s, "aftercare-missing"), 0);
        /* What is only noted is no alert. */
        assert_int_equal(deviations(s, "step-missing"), 3);
        assert_int_equal(sim_alert(s, "step-missing"), 0);
        step(s, "s-1", "aftercare"); /* after the end: on record */
        assert_int_equal(sim_sql(s, "SELECT counts FROM session_step WHERE step = 5"), 0);
}

static void aftercare_missing_is_silent_where_the_session_was_stopped(void **state) {
        Sim *s = running(state);
        sim_end(s, "room-1", "s-1", "stopped");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM deviation"), 0);
}

static void a_procedure_without_a_profile_is_recorded_and_not_judged(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "ana", "p-1", "plain"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','area':'cheek','round':1,'passes':3,'depth_mm':9}",
                sim_code("R1"));
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','area':'cheek','round':2,'passes':3}", sim_code("R1"));
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_round"), 2);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM deviation"), 0);
}

static void the_makers_numbers_take_the_place_of_the_procedures(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        step(s, "s-1", "screened");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','area':'cheek','round':1,'passes':5,'motor_s':61}",
                sim_code("R1"));
        assert_int_equal(sim_alert(s, "passes-exceeded"), 1);
        assert_int_equal(sim_alert(s, "needle-time-exceeded"), 1);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact','depth_mm':1.6}", sim_code("R1"));
        assert_int_equal(sim_alert(s, "depth-exceeded"), 1); /* the procedure's, for the rest */
}

/* --- whose it is --- */

static void a_report_belongs_to_the_session_that_holds_the_item(void **state) {
        Sim *s = running(state);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached','session':'s-77'}", sim_code("C1"));
        sim_say(s, "handpiece/pen-1/usage",
                "{'item':'%s','event':'round','session':'s-77','area':'cheek','round':1,'passes':11}", sim_code("C1"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_round r JOIN session s ON s.id = r.session WHERE s.label = 's-1'"), 1);
        assert_int_equal(sim_alert(s, "passes-exceeded"), 1);
        assert_int_equal(deviations(s, "session-misnamed"), 1);
        assert_int_equal(sim_alert(s, "session-misnamed"), 0);
}

static void one_cartridge_serves_several_areas_and_never_a_second_session(void **state) {
        Sim *s = running(state);
        round_of(s, "cheek", 1, 6);
        round_of(s, "chin", 1, 6);
        round_of(s, "brow", 1, 6);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert"), 0);
        sim_end(s, "room-1", "s-1", "stopped");
        sim_disinfect_room(s, "room-1");
        sim_handpiece(s, "HP-2");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "C1 S2 HP-2"), "item-used");
}

static void what_comes_within_a_minute_of_the_end_still_counts_and_warns(void **state) {
        Sim *s = running(state);
        round_of(s, "cheek", 1, 6);
        sim_end(s, "room-1", "s-1", "stopped");
        sim_advance(s, 20 * US_PER_S);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'detached','motor_s':1900}", sim_code("C1"));
        assert_int_equal(sim_alert(s, "needle-time-exceeded"), 1);
        sim_advance(s, 50 * US_PER_S);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','passes':50}", sim_code("C1"));
        assert_int_equal(sim_alert(s, "passes-exceeded"), 0);
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
}

static void what_another_session_holds_is_in_no_account(void **state) {
        Sim *s = running(state);
        sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'round','passes':50}", sim_code("C1"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_round"), 0);
        assert_int_equal(sim_alert(s, "reuse-detected"), 1);
}

/* --- blood --- */

/* B1 was drawn for p-2 in room-2. */
static Sim *two_bloods(void **state) {
        Sim *s = running(state);

        sim_receive(s, "B1 B2 B3 R2");
        assert_string_equal(sim_ask_for(s, "room-2", "s-2", "R2", "ana", "p-2", "skin-needling"), "allow");
        sim_say(s, "room/room-2/draw", "{'session':'s-2','item':'%s'}", sim_code("B1"));
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'%s'}", sim_code("B2"));
        return s;
}

static void serum_of_the_patients_own_blood_is_silent(void **state) {
        Sim *s = two_bloods(state);
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'serum','item':'%s'}", sim_code("B2"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert"), 0);
        assert_string_equal(sim_text(s, "SELECT item FROM session_step WHERE step = 3"), sim_code("B2"));
}

static void serum_of_another_patients_blood_stops_the_session_each_time(void **state) {
        Sim *s = two_bloods(state);
        for (int n = 1; n <= 2; n++) {
                sim_blurt(s, "room/room-1/session-step", "{'session':'s-1','step':'serum','item':'%s'}", sim_code("B1"));
                assert_int_equal(sim_alert(s, "item-other-patient"), n);
                assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
                assert_int_equal(sim_sql(s, "SELECT count FROM room_lock WHERE room = 'room-1' AND open_us IS NULL"), n);
        }
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM room_lock WHERE text LIKE '%%p-1%%' OR text LIKE '%%p-2%%'"), 0);
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'item-other-patient'"), 2);
        assert_int_equal(state_of(s, "s-2"), SESSION_AUTHORISED);
        assert_int_equal(deviations(s, "item-other-patient"), 1);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "session-over");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE text LIKE '%%p-1%%' OR text LIKE '%%p-2%%'"), 0);
}

static void what_a_session_for_somebody_else_holds_stops_the_session_too(void **state) {
        Sim *s = two_bloods(state);
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'serum','item':'%s'}", sim_code("C2"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert"), 0);
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'serum','item':'%s'}", sim_code("R2"));
        assert_int_equal(sim_alert(s, "item-other-patient"), 1);
        assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
}

static void a_step_with_an_item_that_nobody_knows_is_on_record(void **state) {
        Sim *s = running(state);
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'serum','item':'what is this'}");
        assert_string_equal(sim_text(s, "SELECT item FROM session_step WHERE step = 3"), "what is this");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert"), 0);
}

static void serum_of_nobodys_blood_stops_the_session(void **state) {
        Sim *s = two_bloods(state);
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'serum','item':'%s'}", sim_code("B3"));
        assert_int_equal(sim_alert(s, "blood-unlabelled"), 1);
        assert_int_equal(state_of(s, "s-1"), SESSION_SUSPENDED);
}

static void serum_of_old_blood_warns(void **state) {
        Sim *s = two_bloods(state);
        sim_advance(s, 4 * 3600 * US_PER_S + US_PER_S);
        sim_say(s, "room/room-1/session-step", "{'session':'s-1','step':'serum','item':'%s'}", sim_code("B2"));
        assert_int_equal(sim_alert(s, "blood-expired"), 1);
        assert_int_equal(severity(s, "blood-expired"), 1);
        assert_int_equal(state_of(s, "s-1"), SESSION_RUNNING);
}

/* What is made of the blood belongs to the same patient, and its time counts from the draw. */
static void what_is_made_of_blood_is_the_patients_too(void **state) {
        Sim *s = two_bloods(state);
        sim_advance(s, 3600 * US_PER_S);
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'%s'}", sim_code("B3"));
        assert_string_equal(sim_text(s, "SELECT patient FROM item WHERE code = '%s'", sim_code("B3")), "p-1");
        assert_int_equal(sim_sql(s, "SELECT count(DISTINCT drawn_us) FROM item WHERE patient = 'p-1' AND drawn_us"), 1);
        sim_say(s, "room/room-2/session-step", "{'session':'s-2','step':'serum','item':'%s'}", sim_code("B3"));
        assert_int_equal(sim_alert(s, "item-other-patient"), 1);
        assert_int_equal(state_of(s, "s-2"), SESSION_SUSPENDED);
        assert_int_equal(state_of(s, "s-1"), SESSION_RUNNING);
}

/* --- the protocol --- */

static void the_protocol_of_a_finished_session_is_a_record_without_its_patient(void **state) {
        Sim *s = running(state);
        sim_say(s, "handpiece/pen-1/usage",
                "{'item':'%s','event':'round','area':'cheek','round':1,'passes':4,'depth_mm':1.25,'motor_s':74.2,'bleeding':true}",
                sim_code("C1"));
        sim_end(s, "room-1", "s-1", "completed");
        json_t *p = json_loads(sim_text(s, "SELECT record FROM audit WHERE record ->> 'type' = 'protocol'"), 0, NULL);
        const json_t *round = json_array_get(json_object_get(p, "rounds"), 0);
        assert_string_equal(json_string_value(json_object_get(p, "session")), "s-1");
        assert_string_equal(json_string_value(json_object_get(round, "area")), "cheek");
        assert_int_equal(json_integer_value(json_object_get(round, "passes")), 4);
        assert_int_equal(json_integer_value(json_object_get(round, "motor_us")), 74200000);
        assert_true(json_is_true(json_object_get(round, "bleeding")));
        assert_int_equal(json_integer_value(json_object_get(p, "depth_max_um")), 1250);
        assert_int_equal(json_array_size(json_object_get(p, "needles")), 1);
        assert_int_equal(json_array_size(json_object_get(p, "steps")), 1);
        assert_int_equal(json_array_size(json_object_get(p, "deviations")), 5); /* passes, aftercare, three steps */
        assert_int_equal(deviations(s, "passes-below"), 1);
        assert_null(strstr(sim_text(s, "SELECT record FROM audit WHERE record ->> 'type' = 'protocol'"), "p-1"));
        json_decref(p);
        sim_check_chain(s);
}

static void a_session_in_which_nothing_was_done_has_no_protocol(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'protocol'"), 0);
        /* One that lapsed with its needle on has. */
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "allow");
        sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'attached'}", sim_code("R2"));
        sim_pass(s, 91 * US_PER_S);
        assert_int_equal(state_of(s, "s-2"), SESSION_LAPSED);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'protocol'"), 1);
}

static void more_than_an_account_holds_is_told_and_the_session_goes_on(void **state) {
        Sim *s = running(state);
        const char *code = sim_code("C1");
        for (int n = 0; n < TREATMENT_ROUNDS_MAX + 5; n++) {
                char area[16];
                snprintf(area, sizeof(area), "area-%d", n);
                sim_say_as(s, "handpiece/pen-1/usage", "b-1", sim_next_seq(s, "handpiece/pen-1"),
                           "{'item':'%s','event':'round','area':'%s','round':1,'passes':6}", code, area);
        }
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_round"), TREATMENT_ROUNDS_MAX);
        assert_int_equal(sim_alert(s, "protocol-full"), 1);
        for (int n = 0; n < TREATMENT_STEPS_MAX + 5; n++)
                step(s, "s-1", "wash");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session_step"), TREATMENT_STEPS_MAX);
        sim_end(s, "room-1", "s-1", "stopped");
        assert_int_equal(state_of(s, "s-1"), SESSION_ENDED);
}

/* --- the account in the ledger is the one that was fed --- */

static void assert_same(const Treatment *a, const Treatment *b) {
        assert_int_equal(a->n_steps, b->n_steps);
        assert_int_equal(a->n_rounds, b->n_rounds);
        for (size_t k = 0; k < a->n_steps; k++)
                assert_true(a->steps[k].step == b->steps[k].step && a->steps[k].counts == b->steps[k].counts &&
                            a->steps[k].round == b->steps[k].round && streq(a->steps[k].form_hash, b->steps[k].form_hash));
        for (size_t k = 0; k < a->n_rounds; k++) {
                const TreatmentRound *x = a->rounds + k, *y = b->rounds + k;

                assert_string_equal(x->area, y->area);
                assert_string_equal(x->item, y->item);
                assert_true(x->round == y->round && x->at_us == y->at_us && x->last_us == y->last_us);
                assert_true(x->has_passes == y->has_passes && x->passes == y->passes);
                assert_true(x->has_depth == y->has_depth && x->depth_um == y->depth_um);
                assert_true(x->has_motor == y->has_motor && x->motor_us == y->motor_us && x->bleeding == y->bleeding);
                /* The order of reports, which is all that their numbers are for. */
                for (size_t j = 0; j < a->n_rounds; j++)
                        assert_int_equal(x->last_i < a->rounds[j].last_i, y->last_i < b->rounds[j].last_i);
        }
}

static void random_usage(Sim *s, Treatment *t, int64_t i) {
        static const char *const areas[] = { "cheek", "chin", NULL }, *const events[] = { "attached", "contact", "round", "detached" };
        const char *area = areas[rand() % 3], *item = sim_code(rand() % 2 ? "C1" : "C2");
        TreatmentReport r = { .i = i, .at_us = s->now.wall_us, .item = item, .area = area, .event = rand() % 4,
                              .round = rand() % 5, .has_passes = rand() % 2, .passes = rand() % 9, .has_depth = rand() % 2,
                              .depth_um = rand() % 2000, .has_motor = rand() % 2, .motor_us = (rand() % 500) * US_PER_S,
                              .bleeding = rand() % 5 == 0 };
        char json[512];
        size_t n = (size_t)snprintf(json, sizeof(json), "{'item':'%s','event':'%s'", item, events[r.event]);

        if (area)
                n += (size_t)snprintf(json + n, sizeof(json) - n, ",'area':'%s'", area);
        if (r.round)
                n += (size_t)snprintf(json + n, sizeof(json) - n, ",'round':%" PRId64, r.round);
        if (r.has_passes)
                n += (size_t)snprintf(json + n, sizeof(json) - n, ",'passes':%" PRId64, r.passes);
        if (r.has_depth)
                n += (size_t)snprintf(json + n, sizeof(json) - n, ",'depth_mm':%" PRId64 ".%03" PRId64, r.depth_um / 1000, r.depth_um % 1000);
        if (r.has_motor)
                n += (size_t)snprintf(json + n, sizeof(json) - n, ",'motor_s':%" PRId64, r.motor_us / US_PER_S);
        snprintf(json + n, sizeof(json) - n, "%s}", r.bleeding ? ",'bleeding':true" : "");
        if (rand() % 3)
                sim_say(s, "handpiece/pen-1/usage", "%s", json);
        else
                sim_blurt(s, "handpiece/pen-1/usage", "%s", json);
        treatment_report(t, &r);
}

static void random_step(Sim *s, Treatment *t, int64_t i) {
        const bool counts = rand() % 3;
        TreatmentStep row = { .i = i, .step = rand() % 6, .counts = counts, .round = rand() % 3, .form_hash = "5f" };
        char json[128];

        snprintf(json, sizeof(json), "{'session':'s-1','step':'%s','form_hash':'5f'%s%.0" PRId64 "}",
                 treatment_step_name(row.step), row.round ? ",'round':" : "", row.round);
        if (counts)
                sim_say(s, "room/room-1/session-step", "%s", json);
        else
                sim_blurt(s, "room/room-1/session-step", "%s", json);
        treatment_step(t, &row);
}

static void the_account_is_the_same_whether_fed_or_read_from_its_rows(void **state) {
        Sim *s = running(state);
        Treatment *fed = calloc(1, sizeof(*fed)), *read = calloc(1, sizeof(*read));
        const int64_t id = sim_sql(s, "SELECT id FROM session WHERE label = 's-1'");

        assert_int_equal(treatment_load(s->store, id, fed), 0);
        srand(37);
        for (int n = 1; n <= 110; n++) {
                sim_advance(s, rand() % 20 * US_PER_S);
                /* Above whatever number the chain has come to: only the order matters. */
                if (rand() % 4)
                        random_usage(s, fed, INT64_C(1000000) + n);
                else
                        random_step(s, fed, INT64_C(1000000) + n);
                if (rand() % 10 == 0)
                        sim_restart(s);
        }
        assert_int_equal(treatment_load(s->store, id, read), 0);
        assert_same(fed, read);
        free(fed);
        free(read);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_session_by_the_book_raises_nothing),
                TEST(each_limit_warns_about_the_session_and_its_room_and_never_the_patient),
                TEST(a_warning_comes_once_for_a_session_and_cause_across_a_restart),
                TEST(what_was_not_committed_was_not_counted),
                TEST(a_late_cleanse_does_not_undo_the_warning_and_does_not_count),
                TEST(a_step_without_boot_and_seq_is_on_record_only),
                TEST(a_round_without_boot_and_seq_warns),
                TEST(a_step_of_another_rooms_session_or_of_none_is_nobodys),
                TEST(screening_missing_informs_at_the_start_and_once),
                TEST(screening_missing_informs_at_the_first_contact_without_a_start),
                TEST(the_forms_hash_is_wanted_as_the_procedure_says),
                TEST(aftercare_missing_informs_where_the_session_was_completed),
                TEST(aftercare_missing_is_silent_where_the_session_was_stopped),
                TEST(a_procedure_without_a_profile_is_recorded_and_not_judged),
                TEST(the_makers_numbers_take_the_place_of_the_procedures),
                TEST(a_report_belongs_to_the_session_that_holds_the_item),
                TEST(one_cartridge_serves_several_areas_and_never_a_second_session),
                TEST(what_comes_within_a_minute_of_the_end_still_counts_and_warns),
                TEST(what_another_session_holds_is_in_no_account),
                TEST(serum_of_the_patients_own_blood_is_silent),
                TEST(serum_of_another_patients_blood_stops_the_session_each_time),
                TEST(what_a_session_for_somebody_else_holds_stops_the_session_too),
                TEST(a_step_with_an_item_that_nobody_knows_is_on_record),
                TEST(serum_of_nobodys_blood_stops_the_session),
                TEST(serum_of_old_blood_warns),
                TEST(what_is_made_of_blood_is_the_patients_too),
                TEST(the_protocol_of_a_finished_session_is_a_record_without_its_patient),
                TEST(a_session_in_which_nothing_was_done_has_no_protocol),
                TEST(more_than_an_account_holds_is_told_and_the_session_goes_on),
                TEST(the_account_is_the_same_whether_fed_or_read_from_its_rows),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
