/* SPDX-License-Identifier: Apache-2.0 */
/* The one connection and the one transaction: what is read back, what is refused, what a failure leaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../lib/clinicsim-files.h"
#include "store/ledger.h"
#include "store/recalls.h"
#include "store/schema.h"
#include "store/stmt.h"

static char dir[40], path[64], why[STORE_WHY_MAX];

static int setup(void **state) {
        (void)state;
        files_make(dir, sizeof(dir));
        snprintf(path, sizeof(path), "%s/ledger.db", dir);
        return 0;
}

static int teardown(void **state) {
        (void)state;
        files_remove(dir);
        return 0;
}

static Store *opened(void) {
        Store *s = NULL;
        StoreOpened o;

        assert_int_equal(store_open(&s, &(StoreOptions){ .path = path }, &o, why), 0);
        return s;
}

static int refused(void) {
        Store *s = NULL;
        StoreOpened o;

        why[0] = '\0';
        int r = store_open(&s, &(StoreOptions){ .path = path }, &o, why);
        assert_null(s);
        assert_true(why[0] != '\0');
        return r;
}

static int64_t ask(Store *s, const char *sql) {
        sqlite3_stmt *stmt;

        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        int64_t n = sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
        return n;
}

static void run_raw(const char *sql) {
        sqlite3 *db;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(db);
}

static void an_empty_file_is_migrated_to_the_newest_schema(void **state) {
        StoreOpened o;
        Store *s = NULL;
        (void)state;
        assert_int_equal(store_open(&s, &(StoreOptions){ .path = path }, &o, why), 0);
        assert_true(o.created && o.from_version == 0 && o.to_version == (int)schema_n_migrations);
        assert_int_equal(ask(s, "SELECT application_id FROM pragma_application_id"), SCHEMA_APPLICATION_ID);
        assert_int_equal(ask(s, "SELECT user_version FROM pragma_user_version"), schema_n_migrations);
        s = store_close(s);
        assert_int_equal(store_open(&s, &(StoreOptions){ .path = path }, &o, why), 0);
        assert_false(o.created);
        assert_int_equal(o.from_version, schema_n_migrations);
        store_close(s);
}

/* Needles and sessions as version 1 wrote them. */
static void lay_version_1(void) {
        char set[80];

        run_raw(schema_migrations[0]);
        snprintf(set, sizeof(set), "PRAGMA application_id=%d; PRAGMA user_version=1;", SCHEMA_APPLICATION_ID);
        run_raw(set);
        run_raw("INSERT INTO attempt (id, label, autoclave, cycle, program, purpose, started_us, start, verdict)"
                " VALUES (3, 'ac-1.1', 'ac-1', 101, 'p', 0, 500, '{}', 0);"
                "INSERT INTO session (id, label, room, practitioner, patient, procedure, content, state, allowed_us,"
                " decided_i, started_us, lease_until_us, stream_lost, touched)"
                " VALUES (7, 's-1', 'room-1', 'ana', 'p-1', 'x', x'00', 3, 1000, 1, 2000, 0, 0, 1);"
                "INSERT INTO pack (id, label, wrap, packed_us, attempt, opened_session) VALUES (5, 'P-1', 0, 400, 3, 7);"
                "INSERT INTO item (id, code, class, received_us, received_i, supplied, state, state_us)"
                " VALUES (9, 'EX-1', 'extractor', 1, 1, 2, 0, 1);"
                "INSERT INTO pack_item (pack, item) VALUES (5, 9); INSERT INTO session_item (session, item) VALUES (7, 9);"
                "INSERT INTO recall (i, at_us, reason, by, lot) VALUES (1, 1, 'loose', 'kim', 'L1');");
}

static void a_ledger_of_version_1_keeps_what_a_look_back_follows(void **state) {
        StoreOpened o;
        Store *s = NULL;
        ItemRow item;
        char reason[TEXT_MAX + 1];
        (void)state;
        lay_version_1();
        assert_int_equal(store_open(&s, &(StoreOptions){ .path = path }, &o, why), 0);
        assert_int_equal(o.from_version, 1);
        assert_int_equal(ask(s, "SELECT at_us FROM session_item"), 1000);
        assert_int_equal(ask(s, "SELECT used_us FROM session_item"), 2000);
        assert_int_equal(ask(s, "SELECT pack FROM session_item"), 5);
        assert_int_equal(ask(s, "SELECT loaded_us FROM pack"), 500);
        assert_int_equal(item_get_id(s, 9, &item), 1);
        snprintf(item.lot, sizeof(item.lot), "L1");
        assert_int_equal(recall_of(s, &item, NULL, reason), 1);
        assert_string_equal(reason, "loose");
        store_close(s);
}

static void count_call(void *userdata) {
        ++*(int *)userdata;
}

static void many_rows(Store *s) {
        assert_true(ask(s, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100000)"
                           " SELECT sum(i) FROM n") > 0);
}

static void whoever_waits_for_a_long_first_start_is_told_that_something_is_done(void **state) {
        int copied = 0, calls;
        StoreOptions options = { .path = path, .at_work = count_call, .userdata = &copied };
        StoreOpened o;
        Store *s = NULL;
        (void)state;
        lay_version_1();
        run_raw("CREATE TABLE filler (b BLOB) STRICT; INSERT INTO filler (b) VALUES (zeroblob(8000000)); DROP TABLE filler");
        assert_int_equal(store_open(&s, &options, &o, why), 0);
        assert_int_equal(o.from_version, 1);
        calls = copied;
        assert_true(calls >= 4);
        many_rows(s);
        assert_true(copied > calls);
        store_ready(s);
        calls = copied;
        many_rows(s);
        assert_int_equal(copied, calls);
        store_close(s);
}

static void what_the_promises_rest_on_is_set(void **state) {
        Store *s = opened();
        (void)state;
        assert_int_equal(ask(s, "SELECT synchronous FROM pragma_synchronous"), 2);
        assert_int_equal(ask(s, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"), 1);
        assert_int_equal(ask(s, "SELECT locking_mode = 'exclusive' FROM pragma_locking_mode"), 1);
        assert_int_equal(ask(s, "SELECT foreign_keys FROM pragma_foreign_keys"), 1);
        assert_int_equal(ask(s, "SELECT trusted_schema FROM pragma_trusted_schema"), 0);
        assert_int_equal(ask(s, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE '%STRICT%' AND name NOT LIKE 'sqlite%'"), 0);
        /* DEFENSIVE: the schema itself cannot be written. */
        assert_int_not_equal(sqlite3_exec(s->db, "PRAGMA writable_schema=ON; DELETE FROM sqlite_schema", NULL, NULL, NULL), SQLITE_OK);
        store_close(s);
}

static void a_second_process_is_refused(void **state) {
        Store *s = opened();
        int status;
        (void)state;
        pid_t pid = fork();
        assert_true(pid >= 0);
        if (pid == 0) {
                Store *other = NULL;
                StoreOpened o;
                _exit(store_open(&other, &(StoreOptions){ .path = path }, &o, why) == -EBUSY ? 0 : 1);
        }
        assert_int_equal(waitpid(pid, &status, 0), pid);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        store_close(s);
}

static void a_file_of_another_program_is_refused_and_left_as_it_is(void **state) {
        (void)state;
        run_raw("PRAGMA application_id=77; CREATE TABLE t (x)");
        assert_int_equal(refused(), -EPROTO);
        assert_non_null(strstr(why, "not an Asepsis ledger"));
        run_raw("INSERT INTO t VALUES (1)");
}

static void a_newer_schema_is_refused(void **state) {
        (void)state;
        store_close(opened());
        run_raw("PRAGMA user_version=999");
        assert_int_equal(refused(), -EPROTO);
        assert_non_null(strstr(why, "newer"));
}

static void what_is_no_database_is_refused(void **state) {
        FILE *f = fopen(path, "w");
        (void)state;
        for (int i = 0; i < 500; i++)
                fputs("This is a letter to the editor, not a database. ", f);
        fclose(f);
        assert_int_equal(refused(), -EBADMSG);
}

static void a_savepoint_takes_one_messages_part_back(void **state) {
        Store *s = opened();
        int64_t v = 0;
        (void)state;
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_begin(s), 0); /* the same batch */
        assert_int_equal(store_meta_int_set(s, "kept", 1), 0);
        assert_int_equal(store_savepoint(s), 0);
        assert_int_equal(store_meta_int_set(s, "gone", 1), 0);
        assert_int_equal(store_meta_int_set(s, "kept", 2), 0);
        assert_int_equal(store_savepoint_rollback(s), 0);
        assert_int_equal(store_savepoint(s), 0);
        assert_int_equal(store_meta_int_set(s, "later", 3), 0);
        assert_int_equal(store_savepoint_release(s), 0);
        assert_int_equal(store_commit(s), 0);
        assert_false(store_in_batch(s));
        assert_int_equal(store_meta_int_get(s, "kept", &v), 1);
        assert_int_equal(v, 1);
        assert_int_equal(store_meta_int_get(s, "gone", &v), 0);
        assert_int_equal(store_meta_int_get(s, "later", &v), 1);
        store_close(s);
}

static void a_rollback_leaves_nothing(void **state) {
        Store *s = opened();
        int64_t v;
        (void)state;
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_meta_int_set(s, "x", 1), 0);
        store_rollback(s);
        assert_int_equal(store_meta_int_get(s, "x", &v), 0);
        assert_int_equal(store_commit(s), 0); /* nothing to commit */
        store_close(s);
        s = opened();
        assert_int_equal(store_meta_int_get(s, "x", &v), 0);
        store_close(s);
}

static void a_closed_store_forgets_what_was_not_committed(void **state) {
        Store *s = opened();
        int64_t v;
        (void)state;
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_meta_int_set(s, "x", 1), 0);
        store_close(s);
        s = opened();
        assert_int_equal(store_meta_int_get(s, "x", &v), 0);
        store_close(s);
}

/* A file size limit makes writing fail as a full or failing disk does. */
static void a_commit_that_fails_leaves_nothing_and_does_not_succeed_later(void **state) {
        struct rlimit old, small;
        Store *s = opened();
        int64_t v;
        int r;
        (void)state;
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_meta_int_set(s, "before", 1), 0);
        assert_int_equal(store_commit(s), 0);
        assert_int_equal(store_begin(s), 0);
        for (int i = 0; i < 200; i++) {
                char name[32], text[2000];
                snprintf(name, sizeof(name), "n-%d", i);
                memset(text, 'x', sizeof(text) - 1);
                text[sizeof(text) - 1] = '\0';
                assert_int_equal(store_meta_text_set(s, name, text), 0);
        }
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
        small = old;
        small.rlim_cur = 8192;
        signal(SIGXFSZ, SIG_IGN);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
        r = store_commit(s);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_true(r == -EIO || r == -ENOSPC);
        assert_false(store_in_batch(s));
        assert_int_equal(store_spoiled(s), r == -EIO);
        if (r == -EIO)
                assert_int_equal(store_begin(s), -EIO);
        store_close(s);
        s = opened();
        assert_int_equal(store_meta_int_get(s, "before", &v), 1);
        assert_int_equal(ask(s, "SELECT count(*) FROM meta WHERE name LIKE 'n-%'"), 0);
        store_close(s);
}

static void a_full_disk_loses_the_batch_and_the_next_may_succeed(void **state) {
        Store *s = opened();
        char text[2000];
        int64_t v;
        int r = 0;
        (void)state;
        memset(text, 'x', sizeof(text) - 1);
        text[sizeof(text) - 1] = '\0';
        assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count=100", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(store_begin(s), 0);
        for (int i = 0; i < 1000 && r == 0; i++) {
                char name[32];
                snprintf(name, sizeof(name), "n-%d", i);
                r = store_meta_text_set(s, name, text);
        }
        assert_int_equal(r, -ENOSPC);
        /* What had succeeded before it must not be committed by halves either. */
        r = store_commit(s);
        if (r == 0)
                assert_true(sqlite3_get_autocommit(s->db));
        assert_int_equal(r, -ENOSPC);
        assert_false(store_spoiled(s));
        assert_int_equal(sqlite3_exec(s->db, "PRAGMA max_page_count=1073741823", NULL, NULL, NULL), SQLITE_OK);
        assert_int_equal(ask(s, "SELECT count(*) FROM meta WHERE name LIKE 'n-%'"), 0);
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(store_meta_int_set(s, "after", 1), 0);
        assert_int_equal(store_commit(s), 0);
        assert_int_equal(store_meta_int_get(s, "after", &v), 1);
        store_close(s);
}

static void the_chain_is_what_its_header_says_and_a_changed_head_is_found(void **state) {
        /* h_1 of the record "{}": SHA-256(0x00 | 32 zero bytes | 00 00 00 00 00 00 00 01 | 7b 7d). */
        static const uint8_t first[HASH_SIZE] = { 0xaa, 0x01, 0x35, 0xbe, 0xb8, 0x83, 0x38, 0x16, 0xcc, 0x06, 0x46, 0x1d, 0x5e, 0x33, 0x7c, 0xc5,
                                                   0x3c, 0x29, 0x67, 0x99, 0x9a, 0xa8, 0x18, 0xd9, 0x1a, 0xc6, 0x83, 0x7f, 0x4c, 0x4a, 0x9b, 0xea };
        Head head = {}, again = {};
        Store *s = opened();
        uint8_t hash[HASH_SIZE];
        (void)state;
        assert_int_equal(ledger_head(s, &head), 0);
        assert_int_equal(head.size, 0);
        assert_int_equal(store_begin(s), 0);
        assert_int_equal(ledger_append(s, &head, "{}", 2), 0);
        assert_int_equal(ledger_append(s, &head, "{\"a\":1}", 7), 0);
        assert_int_equal(store_commit(s), 0);
        assert_int_equal(ledger_hash_at(s, 1, hash), 1);
        assert_memory_equal(hash, first, HASH_SIZE);
        assert_int_equal(ledger_hash_at(s, 3, hash), 0);
        assert_int_equal(ledger_head(s, &again), 0);
        assert_memory_equal(&again, &head, sizeof(head));
        store_close(s);
        run_raw("UPDATE audit SET record = '{\"a\":2}' WHERE i = 2");
        s = opened();
        assert_int_equal(ledger_head(s, &again), -EBADMSG);
        store_close(s);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(an_empty_file_is_migrated_to_the_newest_schema),
                T(a_ledger_of_version_1_keeps_what_a_look_back_follows),
                T(whoever_waits_for_a_long_first_start_is_told_that_something_is_done),
                T(what_the_promises_rest_on_is_set),
                T(a_second_process_is_refused),
                T(a_file_of_another_program_is_refused_and_left_as_it_is),
                T(a_newer_schema_is_refused),
                T(what_is_no_database_is_refused),
                T(a_savepoint_takes_one_messages_part_back),
                T(a_rollback_leaves_nothing),
                T(a_closed_store_forgets_what_was_not_committed),
                T(a_commit_that_fails_leaves_nothing_and_does_not_succeed_later),
                T(a_full_disk_loses_the_batch_and_the_next_may_succeed),
                T(the_chain_is_what_its_header_says_and_a_changed_head_is_found),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
