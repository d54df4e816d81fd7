/* SPDX-License-Identifier: Apache-2.0 */
/* A backup: what the copy is when the ledger went on meanwhile, who may have one made, and who is told that there is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <unistd.h>

#include "../lib/clinicsim.h"
#include "store/backup.h"
#include "store/ledger.h"
#include "store/restore.h"
#include "store/verify.h"

#define LETTERS 400 /* of 64 KiB each: more than one slice copies */
#define NOBODY 7

static char text[ACT_TEXT_MAX];

static const char *path_of(const Sim *s, const char *name) {
        static char paths[4][96];
        static unsigned next;
        char *path = paths[next++ % 4];

        snprintf(path, sizeof(paths[0]), "%s/%s", s->dir, name);
        return path;
}

static int begin(Sim *s, const char *path, const char *by, uid_t uid) {
        const Act act = { .type = ACT_BACKUP, .subject = path, .by = by, .reason = by[0] ? "for the safe" : NULL, .uid = uid };

        return sim_act(s, &act, text);
}

static bool turn(Sim *s) {
        int r = intake_backup_turn(s->intake, &s->now);

        assert_true(r >= 0);
        if (r > 0)
                sim_commit(s);
        return r > 0;
}

static void make(Sim *s, const char *path) {
        assert_int_equal(begin(s, path, "clara", NOBODY), 0);
        while (!turn(s))
                ;
}

static void fill(Sim *s) {
        static char letter[DEAD_LETTER_RAW_MAX];
        const DeadLetter d = { .at_us = 1, .topic = "x", .reason = "syntax", .detail = "x", .raw = letter, .size = sizeof(letter) };

        assert_int_equal(store_begin(s->store), 0);
        for (int i = 0; i < LETTERS; i++)
                assert_int_equal(ledger_dead_letter_add(s->store, &d), 0);
        assert_int_equal(store_commit(s->store), 0);
        s->unsettled = true;
        sim_settle(s);
}

static int64_t ask_copy(const char *path, const char *sql) {
        sqlite3_stmt *stmt = NULL;
        sqlite3 *db = NULL;
        int64_t is;

        assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        is = sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
        sqlite3_close(db);
        return is;
}

static void changes_that_keep_failing_end_it(void **state) {
        Sim *s = *state;
        const char *copy = path_of(s, "copy.db");
        int turns = 0;

        fill(s);
        assert_int_equal(begin(s, copy, "clara", NOBODY), 0);
        sim_commit(s);
        while (!turn(s)) {
                assert_true(++turns < 1000);
                assert_int_equal(store_begin(s->store), 0);
                assert_int_equal(store_meta_int_set(s->store, "undone", turns), 0);
                store_rollback(s->store);
        }
        assert_non_null(strstr(store_backup_look(s->store).why, "begin anew"));
        assert_int_equal(access(copy, F_OK), -1);
        assert_int_equal(access(path_of(s, "copy.db.part"), F_OK), -1);
}

static void what_is_committed_while_it_is_copied_is_in_the_copy_and_what_is_undone_is_not(void **state) {
        Sim *s = *state;
        const char *path = path_of(s, "copy.db");
        VerifyResult result;
        BackupLook look;
        int turns = 0;

        fill(s);
        assert_int_equal(begin(s, path, "clara", NOBODY), 0);
        while (!turn(s)) {
                const bool copying = store_backup_look(s->store).state == BACKUP_COPYING;
                char name[16];

                snprintf(name, sizeof(name), "R%d", ++turns);
                if (copying && turns == 4) { /* the whole batch: it begins anew */
                        sim_say_as(s, "station/station-1/receive", "other-boot", turns, "{'item': '%s'}", sim_code(name));
                        intake_rollback(s->intake);
                } else if (copying && turns % 3) {
                        sim_receive(s, name);
                } else if (copying) {
                        sim_say(s, "station/station-1/receive", "{'item': 'R(1'}");
                }
        }
        assert_true(turns > 5);
        look = store_backup_look(s->store);
        assert_int_equal(look.state, BACKUP_DONE);
        assert_true(ask_copy(path, "SELECT count(*) FROM item") > 2);
        assert_int_equal(ask_copy(path, "SELECT count(*) FROM item"), sim_sql(s, "SELECT count(*) FROM item"));
        assert_int_equal(ask_copy(path, "SELECT max(i) FROM audit"), look.head.size);
        assert_int_equal(ask_copy(path, "SELECT count(*) FROM meta WHERE name = '" META_COPY "'"), 1);
        assert_int_equal(verify_ledger(&(VerifyOptions){ .path = path, .heads = &look.head, .n_heads = 1 }, &result), 0);
        assert_true(result.copied_us > 0);
}

static void the_chain_says_who_had_it_made_and_how_the_copy_ends(void **state) {
        Sim *s = *state;
        BackupStatus status;

        make(s, path_of(s, "copy.db"));
        assert_int_equal(intake_backup_status(s->intake, &status), 0);
        assert_string_equal(status.state, "done");
        assert_int_equal(sim_sql(s, "SELECT record ->> 'size' FROM audit WHERE record ->> 'type' = 'backup'"), status.size);
        assert_string_equal(sim_text(s, "SELECT record ->> 'head' FROM audit WHERE record ->> 'type' = 'backup'"), status.head);
        assert_string_equal(sim_text(s, "SELECT record ->> 'by' FROM audit WHERE record ->> 'act' = 'backup'"), "clara");
        json_t *checkpoint = sim_open_jws(s, status.checkpoint);
        assert_string_equal(json_string_value(json_object_get(checkpoint, "head")), status.head);
        assert_int_equal(json_integer_value(json_object_get(checkpoint, "size")), status.size);
        json_decref(checkpoint);
}

static void an_officer_signs_for_it_and_who_runs_the_machine_need_not(void **state) {
        Sim *s = *state;

        assert_int_equal(begin(s, path_of(s, "a.db"), "ben", NOBODY), 1);
        assert_says(text, "an officer may");
        assert_int_equal(begin(s, path_of(s, "a.db"), "", NOBODY), 1);
        assert_int_not_equal(access(path_of(s, "a.db" BACKUP_PART), F_OK), 0);
        assert_int_equal(begin(s, path_of(s, "a.db"), "", 0), 0);
        assert_int_equal(begin(s, path_of(s, "b.db"), "clara", NOBODY), 1);
        assert_says(text, "is being made");
        while (!turn(s))
                ;
        assert_int_equal(begin(s, path_of(s, "b.db"), "", geteuid()), 0);
        while (!turn(s))
                ;
        assert_int_equal(access(path_of(s, "a.db"), R_OK) | access(path_of(s, "b.db"), R_OK), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM meta WHERE name = 'backup_path'"), 0);
}

static void what_is_there_stays_and_a_refused_one_leaves_nothing(void **state) {
        Sim *s = *state;

        make(s, path_of(s, "copy.db"));
        const int64_t bytes = store_backup_look(s->store).bytes;
        assert_int_equal(begin(s, path_of(s, "copy.db"), "clara", NOBODY), 1);
        assert_says(text, "already");
        assert_int_equal(begin(s, s->ledger, "clara", NOBODY), 1);
        assert_int_equal(begin(s, "copy.db", "clara", NOBODY), 1);
        assert_int_equal(store_backup_look(s->store).bytes, bytes); /* the last good one is still told */
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM meta WHERE name = 'backup_path'"), 0);
}

static void a_daemon_that_stops_leaves_no_piece_of_it(void **state) {
        Sim *s = *state;

        fill(s);
        assert_int_equal(begin(s, path_of(s, "copy.db"), "clara", NOBODY), 0);
        assert_false(turn(s));
        assert_int_equal(access(path_of(s, "copy.db" BACKUP_PART), F_OK), 0);
        sim_stop(s);
        assert_int_not_equal(access(path_of(s, "copy.db" BACKUP_PART), F_OK), 0);
        assert_int_not_equal(access(path_of(s, "copy.db"), F_OK), 0);
        sim_begin(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM meta WHERE name = 'backup_path'"), 0);
}

static int64_t told(Sim *s) {
        assert_int_equal(intake_backup_age(s->intake, &s->now), 0);
        sim_commit(s);
        return sim_alert(s, "backup-old");
}

static void an_old_backup_is_told_once_and_the_next_one_ends_it(void **state) {
        Sim *s = *state;

        assert_int_equal(told(s), 0);
        sim_advance(s, 7 * US_PER_DAY - US_PER_S);
        assert_int_equal(told(s), 0);
        sim_advance(s, 2 * US_PER_S);
        assert_int_equal(told(s), 1);
        assert_int_equal(told(s), 1);
        make(s, path_of(s, "copy.db"));
        assert_int_equal(sim_alert(s, "backup-old"), 0);
        sim_advance(s, 6 * US_PER_DAY);
        assert_int_equal(told(s), 0);
        sim_advance(s, 2 * US_PER_DAY);
        assert_int_equal(told(s), 1);
}

static void who_wants_no_alert_gets_none(void **state) {
        Sim s = {};

        (void)state;
        sim_open(&s, "[store]\nbackup-days = 0\n");
        sim_advance(&s, 400 * US_PER_DAY);
        assert_int_equal(told(&s), 0);
        sim_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(changes_that_keep_failing_end_it, sim_setup, sim_teardown),
                cmocka_unit_test_setup_teardown(
                        what_is_committed_while_it_is_copied_is_in_the_copy_and_what_is_undone_is_not, sim_setup, sim_teardown),
                cmocka_unit_test_setup_teardown(the_chain_says_who_had_it_made_and_how_the_copy_ends, sim_setup, sim_teardown),
                cmocka_unit_test_setup_teardown(an_officer_signs_for_it_and_who_runs_the_machine_need_not, sim_setup, sim_teardown),
                cmocka_unit_test_setup_teardown(what_is_there_stays_and_a_refused_one_leaves_nothing, sim_setup, sim_teardown),
                cmocka_unit_test_setup_teardown(a_daemon_that_stops_leaves_no_piece_of_it, sim_setup, sim_teardown),
                cmocka_unit_test_setup_teardown(an_old_backup_is_told_once_and_the_next_one_ends_it, sim_setup, sim_teardown),
                cmocka_unit_test(who_wants_no_alert_gets_none),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
