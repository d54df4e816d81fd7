/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a statement costs must not grow with the ledger: a decision is to take as long with ten million items as with a
 * thousand. So SQLite is asked for its plan of each: no table is gone through from end to end, and nothing is sorted,
 * but where a reason stands here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <glob.h>
#include <stdio.h>
#include <unistd.h>

#include "store/stmt.h"

static const struct {
        const char *name, *sql;
} all[] = {
#define STATEMENT(name, sql) { #name, sql },
        STATEMENTS(STATEMENT)
#undef STATEMENT
};

/* What may be gone through: an index of what is open or live only, one row, or a question that a person asks. */
static const char *const excused[] = {
        "AUDIT_HEAD",             /* its last row */
        "RESTORED_LAST",          /* its last row */
        "RESTORED_LOOK",          /* its last row */
        "ROOM_DOUBT_ALL",         /* all rooms; when an officer confirms a restore, or a clock that was set back */
        "OVERRIDE_END_ALL",       /* as above */
        "SESSION_LEASE_LIVE",     /* live sessions; when the machine has started anew */
        "SESSION_LEASE_DUE",      /* as above */
        "SESSION_COUNT_LIVE",     /* live sessions; for the status */
        "TEST_COUNT_BOWIE_DICKS", /* those since the autoclave went out of service */
        "ALERT_COUNT",            /* open alerts; for the status */
};

static bool is_excused(const char *name) {
        for (size_t i = 0; i < ELEMENTSOF(excused); i++)
                if (streq(excused[i], name))
                        return true;
        return false;
}

static Store *open_new(char path[static 64]) {
        char why[STORE_WHY_MAX] = "";
        StoreOpened opened;
        Store *s = NULL;

        snprintf(path, 64, "/tmp/asepsis-test-sql.%ld", (long)getpid());
        unlink(path);
        assert_int_equal(store_open(&s, &(StoreOptions){ .path = path }, &opened, why), 0);
        return s;
}

/* A subquery of a few rows, or constants, is no table. */
static bool grows(const char *step) {
        return (strncmp(step, "SCAN ", 5) == 0 && strncmp(step, "SCAN (", 6) != 0 &&
                !streq(step, "SCAN CONSTANT ROW")) ||
               strstr(step, "TEMP B-TREE");
}

static bool asks(Store *s, StatementId id, const char *index) {
        sqlite3_stmt *stmt = NULL;
        char *sql = NULL;
        bool found = false;

        assert_true(asprintf(&sql, "EXPLAIN QUERY PLAN %s", all[id].sql) > 0);
        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW)
                found |= strstr((const char *)sqlite3_column_text(stmt, 3), index) != NULL;
        sqlite3_finalize(stmt);
        free(sql);
        return found;
}

static int count_growing(Store *s, StatementId id) {
        sqlite3_stmt *stmt = NULL;
        char *sql = NULL;
        int n = 0;

        assert_true(asprintf(&sql, "EXPLAIN QUERY PLAN %s", all[id].sql) > 0);
        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
                const char *step = (const char *)sqlite3_column_text(stmt, 3);

                if (step && grows(step)) {
                        if (!is_excused(all[id].name))
                                print_error("%s: %s\n", all[id].name, step);
                        n++;
                }
        }
        sqlite3_finalize(stmt);
        free(sql);
        return n;
}

static void close_and_remove(Store *s, const char *path) {
        static const char *const ends[] = { "", "-wal", "-shm" };
        char name[80];

        store_close(s);
        for (size_t i = 0; i < ELEMENTSOF(ends); i++) {
                snprintf(name, sizeof(name), "%s%s", path, ends[i]);
                unlink(name);
        }
}

/* Another index would do too, and lead through all that ever was. */
static void what_is_open_or_live_is_asked_of_an_index_of_that_alone(void **state) {
        static const struct {
                StatementId id;
                const char *index;
        } wanted[] = {
                { SQL_SESSION_LIVE, "session_room_live (room=? AND state<?)" },
                { SQL_ATTEMPT_OPEN, "attempt_open" },
                { SQL_ATTEMPT_LAST, "attempt_autoclave" },
                { SQL_ALERT_OPEN, "alert_open" },
                { SQL_STREAM_CURRENT, "stream_current" },
                { SQL_SESSION_DUE, "session_lease" },
                { SQL_TEST_LAST, "test_autoclave (autoclave=? AND test=? AND outcome=? AND run_us<?)" },
        };
        char path[64];
        Store *s = open_new(path);

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(wanted); i++)
                if (!asks(s, wanted[i].id, wanted[i].index))
                        fail_msg("%s does not use %s", all[wanted[i].id].name, wanted[i].index);
        close_and_remove(s, path);
}

static void no_statement_goes_through_a_table_that_grows(void **state) {
        char path[64];
        Store *s = open_new(path);
        int bad = 0;

        (void)state;
        for (int i = 0; i < _SQL_MAX; i++) {
                int n = count_growing(s, (StatementId)i);

                if (n > 0 && !is_excused(all[i].name))
                        bad++;
                if (n == 0 && is_excused(all[i].name))
                        fail_msg("%s needs no excuse any more", all[i].name);
        }
        close_and_remove(s, path);
        assert_int_equal(bad, 0);
}

/* A string that begins as a statement does. */
static void expect_no_statement(const char *path) {
        static const char *const begins[] = { "\"SELECT ", "\"INSERT ", "\"UPDATE ", "\"DELETE ", "\"WITH " };
        static char text[131072];
        FILE *file = fopen(path, "re");
        size_t n;

        assert_non_null(file);
        n = fread(text, 1, sizeof(text) - 1, file);
        assert_int_equal(fclose(file), 0);
        assert_in_range(n, 1, sizeof(text) - 2);
        text[n] = '\0';
        for (size_t i = 0; i < ELEMENTSOF(begins); i++)
                if (strstr(text, begins[i]))
                        fail_msg("%s: %s...; it belongs in store/sql.h or store/sql-file.h", path, begins[i]);
}

static void every_statement_stands_in_the_headers_of_the_store(void **state) {
        glob_t found;

        (void)state; /* tests are run from the top of the tree */
        assert_int_equal(glob("daemon/*.c", 0, NULL, &found), 0);
        assert_int_equal(glob("daemon/*/*.c", GLOB_APPEND, NULL, &found), 0);
        for (size_t i = 0; i < found.gl_pathc; i++)
                if (!streq(found.gl_pathv[i], "daemon/store/schema.c"))
                        expect_no_statement(found.gl_pathv[i]);
        globfree(&found);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(no_statement_goes_through_a_table_that_grows),
                cmocka_unit_test(what_is_open_or_live_is_asked_of_an_index_of_that_alone),
                cmocka_unit_test(every_statement_stands_in_the_headers_of_the_store),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
