/* SPDX-License-Identifier: Apache-2.0 */
/* What the state became, in the chain. That nothing is missing from it is looked at by sim_close(), in every test. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "../lib/clinicsim.h"
#include "store/alerts.h"
#include "store/schema.h"
#include "store/stmt.h"
#include "store/verify.h"

#define STATION "station/station-1"
#define LAST "FROM audit WHERE record ->> 'type' = 'changes' ORDER BY i DESC LIMIT 1"

static int64_t records(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'changes'");
}

/* The entries of the last record that are of this table, as they stand there. */
static const char *last_of(Sim *s, const char *table) {
        return sim_text(s, "SELECT group_concat(value, ' ') FROM json_each((SELECT record ->> 'set' " LAST ")) WHERE value ->> 0 = '%s'",
                        table);
}

/* Past the intake, and then committed. */
static void write_now(Sim *s, const char *sql) {
        sim_sql(s, "%s", sql);
        sim_settle(s);
}

static void a_new_row_is_written_with_all_that_it_has(void **state) {
        Sim *s = *state;
        const char *item;

        sim_receive(s, "R1");
        item = last_of(s, "item");
        assert_says(item, "[\"item\",1,{\"code\":\"(01)00844588004001(21)R1\",\"class\":\"roller\"");
        assert_null(strstr(item, "null"));
        assert_null(strstr(item, "salt"));
}

static void of_a_row_that_changed_only_what_changed_is_written(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        write_now(s, "UPDATE item SET cycles = 5, lot = NULL, code = code");
        assert_string_equal(last_of(s, "item"), "[\"item\",1,{\"cycles\":5}]");
        write_now(s, "UPDATE item SET lot = 'L9'");
        assert_string_equal(last_of(s, "item"), "[\"item\",1,{\"lot\":\"L9\"}]");
        write_now(s, "UPDATE item SET lot = NULL");
        assert_string_equal(last_of(s, "item"), "[\"item\",1,{\"lot\":null}]");
}

static void where_nothing_changed_there_is_no_record(void **state) {
        Sim *s = *state;
        int64_t before;

        sim_receive(s, "R1");
        before = records(s);
        write_now(s, "UPDATE item SET cycles = cycles, code = code");
        assert_int_equal(records(s), before);
}

static void a_row_that_is_gone_is_null_and_one_that_took_its_place_is_whole(void **state) {
        Sim *s = *state;

        write_now(s, "INSERT INTO stray (code, used_us) VALUES ('X', 5)");
        assert_string_equal(last_of(s, "stray"), "[\"stray\",\"X\",{\"used_us\":5}]");
        assert_int_equal(store_begin(s->store), 0);
        sim_sql(s, "DELETE FROM stray");
        sim_sql(s, "INSERT INTO stray (code, dropped_us) VALUES ('X', 6)");
        sim_commit(s);
        assert_string_equal(last_of(s, "stray"), "[\"stray\",\"X\",{\"used_us\":null,\"dropped_us\":6}]");
        write_now(s, "DELETE FROM stray");
        assert_string_equal(last_of(s, "stray"), "[\"stray\",\"X\",null]");
}

static void a_key_that_changed_is_one_row_gone_and_another_new(void **state) {
        Sim *s = *state;

        write_now(s, "INSERT INTO accepted (what, value, i) VALUES ('noted-log', 'x', 1), ('log', 'x', 2)");
        write_now(s, "UPDATE OR REPLACE accepted SET what = 'log', i = 3 WHERE what = 'noted-log'");
        assert_says(last_of(s, "accepted"), "[\"accepted\",[\"noted-log\",\"x\"],null]");
        assert_says(last_of(s, "accepted"), "[\"accepted\",[\"log\",\"x\"],{\"i\":3}]");
}

static void what_a_savepoint_took_back_is_not_written(void **state) {
        Sim *s = *state;
        int64_t before;

        sim_receive(s, "R1");
        before = records(s);
        assert_int_equal(store_begin(s->store), 0);
        assert_int_equal(store_savepoint(s->store), 0);
        sim_sql(s, "INSERT INTO stray (code) VALUES ('X')");
        sim_sql(s, "DELETE FROM item");
        assert_int_equal(store_savepoint_rollback(s->store), 0);
        sim_commit(s);
        assert_int_equal(records(s), before);
        /* What was noted before it stays. */
        assert_int_equal(store_begin(s->store), 0);
        sim_sql(s, "UPDATE item SET cycles = 3");
        assert_int_equal(store_savepoint(s->store), 0);
        sim_sql(s, "UPDATE item SET lot = 'L7'");
        assert_int_equal(store_savepoint_rollback(s->store), 0);
        sim_commit(s);
        assert_says(last_of(s, "item"), "\"cycles\":3");
        assert_null(strstr(last_of(s, "item"), "L7"));
}

/* SHA-256(salt, name, 0, value) by libsodium, of the column as it stands in the ledger. */
static const char *commitment(Sim *s, const char *table, const char *column) {
        static char ret[64];
        unsigned char bytes[512], hash[32];
        const char *hex = sim_text(s, "SELECT hex(salt) || hex('%s') || '00' || hex(%s) FROM %s LIMIT 1", column, column, table);
        size_t n = 0;

        assert_int_equal(sodium_hex2bin(bytes, sizeof(bytes), hex, strlen(hex), NULL, &n, NULL), 0);
        crypto_hash_sha256(hash, bytes, n);
        sodium_bin2base64(ret, sizeof(ret), hash, sizeof(hash), sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        return ret;
}

static void who_was_treated_stands_in_the_chain_as_a_salted_hash_only(void **state) {
        Sim *s = *state;
        const char *session;

        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "ana", "pseudonym-77", "skin-needling"), "allow");
        session = last_of(s, "session");
        assert_says(session, commitment(s, "session", "patient"));
        assert_says(session, commitment(s, "session", "content"));
        assert_says(last_of(s, "request"), commitment(s, "request", "content"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record LIKE '%%pseudonym-77%%'"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE instr((SELECT group_concat(record) FROM audit), hex(salt))"), 0);
        /* Erased: nothing is there to be hidden. */
        write_now(s, "UPDATE session SET patient = '', content = x'', salt = NULL");
        assert_says(last_of(s, "session"), "\"patient\":\"\"");
        assert_says(last_of(s, "session"), "\"content\":{\"b\":\"\"}");
}

static void samples_of_one_commit_are_one_entry(void **state) {
        Sim *s = *state;

        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        for (int t = 0; t < 3; t++) {
                assert_int_equal(intake_alert(s->intake, &s->now, "disk-low", "x", ALERT_WARNING, "between them"), 0);
                sim_say_as(s, "autoclave/ac-1/sample", sim_boot(s, "autoclave/ac-1"), sim_next_seq(s, "autoclave/ac-1"),
                           "{'cycle':7,'samples':[[%d,20.5,100.0],[%d.5,20.5,100.0]]}", t, t);
        }
        sim_commit(s);
        assert_says(last_of(s, "sample_chunk"), "[\"sample_chunk\",1,{\"from\":1,\"to\":3,\"samples\":6,\"#\":\"");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM json_each((SELECT record ->> 'set' " LAST ")) WHERE value ->> 0 = 'sample_chunk'"), 1);
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':7,'outcome':'completed'}");
        assert_says(last_of(s, "sample_chunk"), "[\"sample_chunk\",1,null] [\"sample_chunk\",1,{\"from\":1,\"to\":1,\"samples\":6,");
}

static void text_that_is_no_text_is_written_as_bytes(void **state) {
        Sim *s = *state;

        write_now(s, "INSERT INTO stray (code) VALUES ('a' || char(0) || 'b'), (CAST(x'ff41' AS TEXT))");
        assert_says(last_of(s, "stray"), "[\"stray\",{\"b\":\"YQBi\"}");
        assert_says(last_of(s, "stray"), "[\"stray\",{\"b\":\"_0E\"}");
        write_now(s, "DELETE FROM stray");
        assert_says(last_of(s, "stray"), "[\"stray\",{\"b\":\"YQBi\"},null]");
}

static void much_goes_into_several_records(void **state) {
        Sim *s = *state;
        int64_t before = records(s);

        write_now(s, "INSERT INTO stray (code, used_us) WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9000) "
                     "SELECT 'code-' || i, i FROM n");
        assert_true(records(s) > before + 4);
        assert_true(sim_sql(s, "SELECT max(length(record)) FROM audit") < 65536);
}

/* --- where a ledger comes from ------------------------------------------------------------------------------------------- */

static void a_new_ledger_begins_with_its_state(void **state) {
        Sim *s = *state;

        assert_int_equal(sim_sql(s, "SELECT record ->> 'base' FROM audit WHERE i = 1"), 1);
        sim_restart(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'base'"), 1);
}

static void run_raw(Sim *s, const char *sql) {
        sqlite3 *db;

        assert_int_equal(sqlite3_open(s->ledger, &db), SQLITE_OK);
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s", sqlite3_errmsg(db));
        sqlite3_close(db);
}

static void a_ledger_of_an_older_version_gets_its_state_into_the_chain(void **state) {
        Sim *s = *state;
        char set[80];

        sim_stop(s);
        unlink(s->ledger);
        for (int i = 0; i < 3; i++)
                run_raw(s, schema_migrations[i]);
        snprintf(set, sizeof(set), "PRAGMA application_id=%d; PRAGMA user_version=3;", SCHEMA_APPLICATION_ID);
        run_raw(s, set);
        run_raw(s, "INSERT INTO session (id, label, room, practitioner, patient, procedure, content, state, allowed_us,"
                   " decided_i, started_us, lease_until_us, stream_lost, touched)"
                   " VALUES (7, 's-1', 'room-1', 'ana', 'p-1', 'x', x'00', 3, 1000, 1, 2000, 0, 0, 1);"
                   "INSERT INTO attempt (id, label, autoclave, cycle, program, purpose, started_us, start, verdict)"
                   " VALUES (3, 'ac-1.1', 'ac-1', 101, 'p', 0, 500, '{}', 0);"
                   "INSERT INTO sample_chunk (attempt, n, samples, data) VALUES (3, 1, 2, x'0102');");
        sim_begin(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'base'"), 1);
        assert_int_equal(sim_sql(s, "SELECT length(salt) FROM session"), 16);
        sim_receive(s, "R1");
        sim_stop(s);
        sim_verify(s);
        run_raw(s, "UPDATE session SET room = 'room-2'");
        VerifyResult found;
        assert_int_equal(verify_ledger(&(VerifyOptions){ .path = s->ledger }, &found), 1);
        assert_says(found.why, "session 7, column room");
        s->touched = true;
        sim_begin(s);
}

static void this_sqlite_tells_what_changes(void **state) {
        (void)state;
        assert_true(sqlite3_compileoption_used("ENABLE_PREUPDATE_HOOK"));
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_new_row_is_written_with_all_that_it_has),
                TEST(of_a_row_that_changed_only_what_changed_is_written),
                TEST(where_nothing_changed_there_is_no_record),
                TEST(a_row_that_is_gone_is_null_and_one_that_took_its_place_is_whole),
                TEST(a_key_that_changed_is_one_row_gone_and_another_new),
                TEST(what_a_savepoint_took_back_is_not_written),
                TEST(who_was_treated_stands_in_the_chain_as_a_salted_hash_only),
                TEST(samples_of_one_commit_are_one_entry),
                TEST(text_that_is_no_text_is_written_as_bytes),
                TEST(much_goes_into_several_records),
                TEST(a_new_ledger_begins_with_its_state),
                TEST(a_ledger_of_an_older_version_gets_its_state_into_the_chain),
                cmocka_unit_test(this_sqlite_tells_what_changes),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
