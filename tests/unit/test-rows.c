/* SPDX-License-Identifier: Apache-2.0 */
/* The items and sessions that are kept say what the ledger says, whatever was written or undone since. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim-files.h"
#include "store/items.h"
#include "store/sessions.h"
#include "store/stmt.h"

static char dir[40], path[64], why[STORE_WHY_MAX];

static int setup(void **state) {
        StoreOpened o;
        Store *s = NULL;

        files_make(dir, sizeof(dir));
        snprintf(path, sizeof(path), "%s/ledger.db", dir);
        assert_return_code(store_open(&s, &(StoreOptions){ .path = path }, &o, why), 0);
        *state = s;
        return 0;
}

static int teardown(void **state) {
        store_close(*state);
        files_remove(dir);
        return 0;
}

static void _printf_(2, 3) run(Store *s, const char *format, ...) {
        char sql[512];
        va_list ap;

        va_start(ap, format);
        vsnprintf(sql, sizeof(sql), format, ap);
        va_end(ap);
        assert_int_equal(sqlite3_exec(s->db, sql, NULL, NULL, NULL), SQLITE_OK);
}

/* -1: there is none. */
static int64_t ask(Store *s, const char *sql, int n) {
        sqlite3_stmt *stmt;
        int64_t v = -1;

        assert_int_equal(sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_bind_int(stmt, 1, n), SQLITE_OK);
        if (sqlite3_step(stmt) == SQLITE_ROW)
                v = sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
        return v;
}

static void add(Store *s, int n) {
        run(s, "INSERT INTO item (id, code, class, received_us, received_i, supplied, state, state_us)"
               " VALUES (%d, 'I-%d', 'x', 1, 1, 2, 0, 1)", n, n);
        run(s, "INSERT INTO session (id, label, room, practitioner, patient, procedure, content, state, allowed_us, decided_i,"
               " lease_until_us, stream_lost) VALUES (%d, 'S-%d', 'r', 'ana', 'p', 'x', x'', 0, 1, 1, 2, 0)", n, n);
}

static void look(Store *s, int n) {
        char name[16];
        SessionRow session;
        ItemRow item;

        const int64_t state = ask(s, "SELECT state FROM item WHERE id = ?", n),
                      lease = ask(s, "SELECT lease_until_us FROM session WHERE id = ?", n);

        for (int by = 0; by < 2; by++) {
                snprintf(name, sizeof(name), "I-%d", n);
                assert_int_equal(by ? item_get(s, name, &item) : item_get_id(s, n, &item), state >= 0);
                snprintf(name, sizeof(name), "S-%d", n);
                assert_int_equal(by ? session_get(s, name, &session) : session_get_id(s, n, &session), lease >= 0);
                if (state >= 0)
                        assert_int_equal(item.state, state);
                if (lease >= 0)
                        assert_int_equal(session.lease_until_us, lease);
        }
}

static void one_step(Store *s, unsigned dice, int n) {
        switch (dice % 16) {
        case 0:
                run(s, "UPDATE item SET state = (state + 1) %% 5 WHERE id = %d", n);
                break;
        case 1:
                run(s, "UPDATE session SET lease_until_us = lease_until_us + 1 WHERE id >= %d", n);
                break;
        case 2:
                if (ask(s, "SELECT 1 FROM item WHERE id = ?", n) < 0)
                        add(s, n);
                break;
        case 3:
                run(s, "DELETE FROM item WHERE id = %d; DELETE FROM session WHERE id = %d", n, n);
                break;
        default:
                look(s, n);
        }
}

static void they_are_as_in_the_ledger_whatever_is_written_and_undone(void **state) {
        Store *s = *state;
        unsigned dice = 7;
        bool inside = false;

        for (int turn = 0; turn < 20000; turn++) {
                dice = dice * 1103515245 + 12345;
                if (!s->in_batch)
                        assert_return_code(store_begin(s), 0);
                if ((dice >> 8) % 16 == 0) {
                        assert_return_code(!inside           ? store_savepoint(s) :
                                           dice >> 12 & 1U   ? store_savepoint_release(s) :
                                                               store_savepoint_rollback(s),
                                           0);
                        inside = !inside;
                }
                one_step(s, dice >> 13, 1 + (int)((dice >> 17) % 40));
                if (!inside && (dice >> 8) % 64 == 1)
                        dice >> 14 & 1U ? store_rollback(s) : (void)store_commit(s);
        }
        if (inside)
                assert_return_code(store_savepoint_release(s), 0);
        for (int n = 1; n <= 40; n++)
                look(s, n);
        store_rollback(s);
        for (int n = 1; n <= 40; n++)
                look(s, n);
        assert_true(ask(s, "SELECT count(*) FROM item WHERE id > ?", 0) > 5);
}

static void one_that_is_only_looked_at_keeps_none(void **state) {
        Store *s = *state, *other = NULL;

        assert_return_code(store_begin(s), 0);
        add(s, 1);
        assert_return_code(store_commit(s), 0);
        *state = store_close(s);
        assert_return_code(store_open_readonly(&other, path, why), 0);
        look(other, 1);
        assert_null(other->items.rows);
        assert_null(other->sessions.rows);
        store_close(other);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(they_are_as_in_the_ledger_whatever_is_written_and_undone, setup, teardown),
                cmocka_unit_test_setup_teardown(one_that_is_only_looked_at_keeps_none, setup, teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
