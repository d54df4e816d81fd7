/* SPDX-License-Identifier: Apache-2.0 */
/* Injuries: what a report does, what is still wanted of each, and what ends it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "store/schema.h"
#include "store/stmt.h"

#define STATION "station/station-1"

static void say_duty(Sim *s, const char *duty, const char *room) {
        if (room)
                sim_say(s, STATION "/duty", "{'duty':'%s','by':'clara','subject':'%s'}", duty, room);
        else
                sim_say(s, STATION "/duty", "{'duty':'%s','by':'clara'}", duty);
}

static int64_t open_ones(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM exposure WHERE closed_us IS NULL");
}

static void an_injury_blocks_its_room_until_all_three_are_on_record(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        sim_say(s, "room/room-1/injury", "{'detail':'needlestick'}");
        assert_int_equal(sim_alert(s, "exposure-open"), 1);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        say_duty(s, "first-aid", "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        sim_restart(s);
        intake_doubt(s->intake, DOUBT_ARMING, NULL);
        say_duty(s, "exposure-report", "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        assert_non_null(strstr(sim_last(s, "down/room/room-1/decision")->payload, "recorded: the turnover of the room."));
        assert_int_equal(sim_alert(s, "exposure-open"), 1);
        sim_disinfect_room(s, "room-1");
        assert_int_equal(sim_alert(s, "exposure-open"), 0);
        assert_int_equal(open_ones(s), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'exposure'"), 1);
        assert_string_equal(sim_text(s, "SELECT first_aid_by FROM exposure"), "clara");
        assert_string_equal(sim_text(s, "SELECT turnover_by FROM exposure"), "ben");
        sim_check_chain(s);
}

static void what_was_done_before_an_injury_says_nothing_of_it(void **state) {
        Sim *s = *state;

        say_duty(s, "first-aid", "room-1");
        say_duty(s, "exposure-report", "room-1");
        sim_disinfect_room(s, "room-1");
        sim_say(s, "room/room-1/injury", "{'detail':'cut'}");
        assert_int_equal(sim_sql(s, "SELECT coalesce(first_aid_us, reported_us, turnover_us, 0) FROM exposure"), 0);
        say_duty(s, "first-aid", "room-1");
        say_duty(s, "exposure-report", "room-1");
        sim_say(s, "room/room-1/injury", "{'detail':'another cut'}");
        sim_disinfect_room(s, "room-1");
        assert_int_equal(open_ones(s), 1); /* the first is settled */
        say_duty(s, "first-aid", "room-1");
        say_duty(s, "exposure-report", "room-1");
        assert_int_equal(open_ones(s), 0);
}

static void several_injuries_in_one_room_are_settled_together(void **state) {
        Sim *s = *state;

        sim_say(s, "room/room-1/injury", "{'detail':'a'}");
        sim_say(s, STATION "/injury", "{'room':'room-1','detail':'b'}");
        sim_say(s, STATION "/injury", "{'room':'room-2','detail':'c'}");
        assert_int_equal(sim_alert(s, "exposure-open"), 3);
        say_duty(s, "first-aid", "room-1");
        say_duty(s, "exposure-report", "room-1");
        sim_disinfect_room(s, "room-1");
        assert_int_equal(open_ones(s), 1);
        assert_string_equal(sim_text(s, "SELECT room FROM exposure WHERE closed_us IS NULL"), "room-2");
        assert_int_equal(sim_alert(s, "exposure-open"), 1);
}

static void a_room_is_not_turned_over_while_somebody_is_treated_there(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/injury", "{'detail':'cut'}");
        assert_string_equal(sim_text(s, "SELECT session FROM exposure"), "s-1");
        say_duty(s, "first-aid", "room-1");
        say_duty(s, "exposure-report", "room-1");
        sim_disinfect_room(s, "room-1");
        assert_int_equal(open_ones(s), 1);
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(open_ones(s), 1);
        sim_disinfect_room(s, "room-1");
        assert_int_equal(open_ones(s), 0);
}

/* Unsequenced, without a room, of a room that there is not, with an item that nobody knows. */
static void no_report_of_an_injury_is_lost(void **state) {
        Sim *s = *state;

        sim_blurt(s, STATION "/injury", "{'detail':'cut while washing'}");
        sim_blurt(s, STATION "/injury", "{'room':'room-9','detail':'cut'}");
        sim_blurt(s, STATION "/injury", "{'room':'room-1','item':'no code','detail':'cut'}");
        sim_blurt(s, STATION "/injury", "{'room':'room-1','item':'%s','detail':'cut'}", sim_code("R7"));
        assert_string_equal(sim_rejected(s, STATION), "");
        assert_int_equal(open_ones(s), 4);
        assert_int_equal(sim_alert(s, "exposure-open"), 4);
        assert_string_equal(sim_text(s, "SELECT item FROM exposure WHERE id = 3"), "no code");
        /* Whatever was never received has been in use from now on. */
        sim_receive(s, "R7");
        sim_disinfect_room(s, "room-2");
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R7"), "item-used");
        say_duty(s, "first-aid", NULL);
        say_duty(s, "exposure-report", NULL);
        assert_int_equal(open_ones(s), 3);
        say_duty(s, "first-aid", "room-9");
        say_duty(s, "exposure-report", "room-9");
        assert_int_equal(open_ones(s), 2);
}

static void a_room_speaks_for_itself_whichever_it_names(void **state) {
        Sim *s = *state;

        sim_say(s, "room/room-1/injury", "{'room':'room-2','detail':'cut'}");
        assert_string_equal(sim_text(s, "SELECT room FROM exposure"), "room-1");
        assert_string_equal(sim_text(s, "SELECT detail FROM exposure"), "(in room-2) cut");
}

static void the_item_that_hurt_somebody_is_used_and_its_session_begun(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_say(s, "room/room-1/injury", "{'item':'%s','detail':'cut'}", sim_code("R1"));
        assert_int_equal(sim_sql(s, "SELECT touched FROM session"), 1);
        assert_string_equal(sim_text(s, "SELECT used_session FROM item WHERE code = '%s'", sim_code("R1")), "s-1");
        sim_say(s, STATION "/injury", "{'room':'room-2','item':'%s','detail':'cut'}", sim_code("R2"));
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "exposure-open item-used");
}

static void neither_the_alert_nor_the_room_names_a_patient(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "ana", "secret-patient", "skin-needling"), "allow");
        sim_forget(s);
        sim_say(s, "room/room-1/injury", "{'item':'%s','detail':'cut by a friend'}", sim_code("R1"));
        assert_true(s->n_out > 0);
        for (size_t i = 0; i < s->n_out; i++) {
                assert_null(strstr(s->out[i].payload, "secret-patient"));
                assert_null(strstr(s->out[i].payload, "friend"));
        }
        assert_string_equal(sim_text(s, "SELECT subject FROM alert WHERE rule = 'exposure-open'"), "exposure 1");
}

static void a_flood_of_reports_fills_no_list_of_alerts(void **state) {
        Sim *s = *state;

        for (int i = 0; i < 60; i++)
                sim_blurt(s, "room/room-1/injury", "{'detail':'cut %d'}", i);
        assert_int_equal(open_ones(s), 60);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE rule = 'exposure-open'"), 50);
        say_duty(s, "first-aid", "room-1");
        say_duty(s, "exposure-report", "room-1");
        sim_disinfect_room(s, "room-1");
        assert_int_equal(open_ones(s), 0);
        assert_int_equal(sim_alert(s, "exposure-open"), 0);
}

/* --- a ledger from before --- */

static void run_raw(const char *path, const char *sql) {
        char *error = NULL;
        sqlite3 *db;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
                fail_msg("%s", error);
        sqlite3_close(db);
}

static int64_t ask(Store *s, const char *sql) {
        sqlite3_stmt *stmt;
        int64_t v;

        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        v = sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
        return v;
}

static void an_injury_of_an_older_ledger_is_carried_over_with_what_was_done(void **state) {
        char dir[] = "/tmp/asepsis-exposure-XXXXXX", path[64], why[STORE_WHY_MAX] = "", command[128], id[80];
        StoreOpened opened;
        Store *s = NULL;

        (void)state;
        assert_non_null(mkdtemp(dir));
        snprintf(path, sizeof(path), "%s/ledger.db", dir);
        run_raw(path, schema_migrations[0]);
        run_raw(path, schema_migrations[1]);
        snprintf(id, sizeof(id), "PRAGMA application_id=%d; PRAGMA user_version=2;", SCHEMA_APPLICATION_ID);
        run_raw(path, id);
        run_raw(path, "INSERT INTO room (id, exposure_us, exposure, first_aid) VALUES ('a', 10, 'cut', 1);"
                      "INSERT INTO room (id, exposure_us, exposure, reported, disinfected_us) VALUES ('b', 10, NULL, 1, 11);"
                      "INSERT INTO room (id, exposure_us) VALUES ('c', 0);"
                      "INSERT INTO room (id) VALUES ('d');");
        assert_int_equal(store_open(&s, &(StoreOptions){ .path = path }, &opened, why), 0);
        assert_int_equal(ask(s, "SELECT count(*) FROM exposure WHERE closed_us IS NULL"), 2);
        assert_int_equal(ask(s, "SELECT first_aid_us FROM exposure WHERE room = 'a' AND reported_us IS NULL "
                                "AND turnover_us IS NULL AND detail = 'cut'"), 10);
        assert_int_equal(ask(s, "SELECT turnover_us FROM exposure WHERE room = 'b' AND reported_us = 10"), 11);
        store_close(s);
        snprintf(command, sizeof(command), "rm -r %s", dir);
        assert_int_equal(system(command), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(an_injury_blocks_its_room_until_all_three_are_on_record),
                T(what_was_done_before_an_injury_says_nothing_of_it),
                T(several_injuries_in_one_room_are_settled_together),
                T(a_room_is_not_turned_over_while_somebody_is_treated_there),
                T(no_report_of_an_injury_is_lost),
                T(a_room_speaks_for_itself_whichever_it_names),
                T(the_item_that_hurt_somebody_is_used_and_its_session_begun),
                T(neither_the_alert_nor_the_room_names_a_patient),
                T(a_flood_of_reports_fills_no_list_of_alerts),
                cmocka_unit_test(an_injury_of_an_older_ledger_is_carried_over_with_what_was_done),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
