/* SPDX-License-Identifier: Apache-2.0 */
#include "store/restore.h"

#include <errno.h>
#include <stdio.h>

#include "store/schema.h"
#include "store/sql-file.h"
#include "store/stmt.h"

/* --- the mark of a copy --- */

int copy_mark(sqlite3 *db, int64_t at_us) {
        char sql[160];

        snprintf(sql, sizeof(sql), COPY_SQL_MARK, (long long)at_us);
        return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

static int application_id(sqlite3 *db, int *ret) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(db, FILE_SQL_APPLICATION, -1, &stmt, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW)
                *ret = sqlite3_column_int(stmt, 0);
        sqlite3_finalize(stmt);
        return rc == SQLITE_ROW ? SQLITE_OK : rc;
}

int store_mark_copy(const char *path, int64_t at_us, char why[static STORE_WHY_MAX]) {
        sqlite3 *db = NULL;
        int id = 0, rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), r = 0;

        if (rc == SQLITE_OK)
                rc = application_id(db, &id);
        if (rc == SQLITE_OK && id != SCHEMA_APPLICATION_ID) {
                snprintf(why, STORE_WHY_MAX, "%s is not an Asepsis ledger", path);
                r = -EPROTO;
        } else {
                if (rc == SQLITE_OK)
                        rc = copy_mark(db, at_us);
                if (rc != SQLITE_OK) {
                        snprintf(why, STORE_WHY_MAX, "%s: %s", path, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
                        r = rc == SQLITE_NOTADB ? -EPROTO : rc == SQLITE_FULL ? -ENOSPC : -EIO;
                }
        }
        sqlite3_close(db);
        return r;
}

/* --- restored, accepted --- */

int restored_add(Store *s, const RestoredRow *row) {
        return sql_run(s, SQL_RESTORED_ADD, "iittt", row->i, row->at_us, row->cause, row->by, row->reason);
}

int restored_last(Store *s, int64_t *ret_i) {
        int r = sql_int(s, SQL_RESTORED_LAST, ret_i, "");

        if (r == 0)
                *ret_i = 0;
        return r < 0 ? r : 0;
}

int restored_look(Store *s, RestoredLook *ret) {
        const StatementId q = SQL_RESTORED_LOOK;
        int r = sql_first(s, q, "");

        if (r <= 0)
                return r;
        *ret = (RestoredLook){ .i = col_int(s, q, 0), .at_us = col_int(s, q, 1) };
        TEXT(q, 2, ret->cause);
        TEXT(q, 3, ret->by);
        TEXT(q, 4, ret->reason);
        sql_done(s, q);
        return 1;
}

int accepted_note(Store *s, const char *what, const char *value, int64_t i) {
        char noted[24];

        snprintf(noted, sizeof(noted), "noted-%s", what);
        return sql_run(s, SQL_ACCEPTED_NOTE, "tti", noted, value, i);
}

int accepted_is(Store *s, const char *what, const char *value) {
        int64_t one;

        return sql_int(s, SQL_ACCEPTED_IS, &one, "tt", what, value);
}

int accepted_noted_next(Store *s, char what[static 16], char value[static LABEL_MAX + 1]) {
        const StatementId q = SQL_ACCEPTED_NOTED_NEXT;
        char noted[24];
        int r;

        snprintf(noted, sizeof(noted), "noted-%.15s", what);
        r = sql_first(s, q, "tt", noted, value);
        if (r <= 0)
                return r;
        col_text(s, q, 0, what, 16);
        col_text(s, q, 1, value, LABEL_MAX + 1);
        sql_done(s, q);
        return 1;
}

int accepted_all(Store *s, int64_t i) {
        return sql_run(s, SQL_ACCEPTED_ALL, "i", i);
}

int accepted_forget_noted(Store *s, const char *what) {
        char noted[24];

        snprintf(noted, sizeof(noted), "noted-%s", what);
        return sql_run(s, SQL_ACCEPTED_FORGET, "t", noted);
}

/* --- what nobody knows any more --- */

int item_vouch(Store *s, int64_t item, int64_t before_i, int64_t i) {
        int r = sql_run(s, SQL_ITEM_VOUCH, "iii", i, item, before_i);

        return r < 0 ? r : sql_changes(s) > 0;
}

int room_doubt_all(Store *s, int64_t at_us, int64_t permits) {
        return sql_run(s, SQL_ROOM_DOUBT_ALL, "ii", at_us, permits);
}

int override_end_all(Store *s) {
        return sql_run(s, SQL_OVERRIDE_END_ALL, "");
}
