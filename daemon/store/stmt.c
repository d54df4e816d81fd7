/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A prepared statement is about 5 KiB, and there are three hundred. What a decision or a message of the full rate may
 * ask stays prepared from the start on. Of the others, which people's acts and questions and the hourly work need, those
 * that were asked last stay; preparing one anew takes a tenth of a millisecond. So memory does not grow with the variety
 * of a clinic's day.
 */
#include "store/stmt.h"

#include <errno.h>
#include <stdarg.h>

static const char *const statement_sql[] = {
#define STATEMENT(name, sql) [SQL_##name] = sql,
        STATEMENTS(STATEMENT)
#undef STATEMENT
};

/* What is asked between a decision's message and its commit, and by each message of the full rate. */
static const StatementId always[] = {
        SQL_BEGIN, SQL_COMMIT, SQL_SAVEPOINT, SQL_SAVEPOINT_RELEASE, SQL_AUDIT_ADD, SQL_MESSAGE_ADD, SQL_MESSAGE_FIND,
        SQL_STREAM_CURRENT, SQL_STREAM_FIND, SQL_STREAM_RETIRE, SQL_STREAM_ADD, SQL_STREAM_TOP, SQL_STREAM_SAVE,
        SQL_RESTORED_LAST, SQL_META_GET, SQL_META_SET,
        SQL_SESSION_BY_LABEL, SQL_SESSION_LIVE, SQL_SESSION_ADD, SQL_SESSION_SAVE, SQL_SESSION_BY_ID,
        SQL_SESSION_ITEM_ADD, SQL_SESSION_ITEM_NEXT, SQL_SESSION_ITEM_PACK, SQL_REQUEST_FIND, SQL_REQUEST_ADD,
        SQL_CLAIM_OF, SQL_CLAIM_ADD, SQL_ITEM_BY_CODE, SQL_ITEM_SAVE, SQL_PACK_BY_ID, SQL_PACK_CLAIMED, SQL_PACK_SAVE,
        SQL_ATTEMPT_BY_ID, SQL_RECALL_OF, SQL_QUALIFICATION_LAST, SQL_EXPOSURE_OF_ROOM_NEWEST,
        SQL_ROOM_GET, SQL_ROOM_SAVE, SQL_ROOM_LOCK_NEXT, SQL_ROOM_INTERLOCK_SAVE, SQL_RELAY_GET, SQL_RELAY_SAVE,
        SQL_OVERRIDE_LAST, SQL_OVERRIDE_ADD, SQL_OVERRIDE_SAVE, SQL_AFTER_SHARPS_OWED, SQL_ALERT_OPEN, SQL_ALERT_ADD,
        SQL_ALERT_SAVE, SQL_CHUNK_ADD, SQL_DEVIATION_FIND, SQL_SESSION_ITEM_USED, SQL_SESSION_LAST_OF_ITEM,
        SQL_SESSION_OF_CLAIM, SQL_ROUND_SAVE,
};

static int bind(Store *s, sqlite3_stmt *stmt, const char *types, va_list ap) {
        int rc = SQLITE_OK;

        if ((size_t)sqlite3_bind_parameter_count(stmt) != strlen(types))
                return -EINVAL;
        for (int i = 1; *types && rc == SQLITE_OK; types++, i++) {
                if (*types == 'i') {
                        rc = sqlite3_bind_int64(stmt, i, va_arg(ap, int64_t));
                } else if (*types == '0') {
                        int64_t v = va_arg(ap, int64_t);
                        rc = v ? sqlite3_bind_int64(stmt, i, v) : sqlite3_bind_null(stmt, i);
                } else if (*types == 't') {
                        const char *v = va_arg(ap, const char *);
                        rc = v ? sqlite3_bind_text(stmt, i, v, -1, SQLITE_STATIC) : sqlite3_bind_null(stmt, i);
                } else if (*types == 'b') {
                        const void *v = va_arg(ap, const void *);
                        size_t n = va_arg(ap, size_t);
                        rc = v ? sqlite3_bind_blob64(stmt, i, v, n, SQLITE_STATIC) : sqlite3_bind_null(stmt, i);
                } else {
                        return -EINVAL;
                }
        }
        return store_result(s, rc);
}

static void drop(Store *s, StatementId id) {
        sqlite3_finalize(s->stmts[id]);
        s->stmts[id] = NULL;
        s->n_passing--;
}

/* One that stands on a row is somebody's. */
static void drop_oldest(Store *s) {
        StatementId oldest = _SQL_MAX;

        for (StatementId i = 0; i < _SQL_MAX; i++)
                if (s->stmts[i] && s->turns[i] != TURN_STAYS && !sqlite3_stmt_busy(s->stmts[i]) &&
                    (oldest == _SQL_MAX || s->turns[i] < s->turns[oldest]))
                        oldest = i;
        if (oldest != _SQL_MAX)
                drop(s, oldest);
}

static int prepare(Store *s, StatementId id) {
        const bool stays = s->turns[id] == TURN_STAYS;
        int r;

        if (!stays)
                s->turns[id] = ++s->turn;
        if (s->stmts[id])
                return 0;
        if (!stays && s->n_passing >= STATEMENTS_PASSING_MAX)
                drop_oldest(s);
        r = store_result(
                s, sqlite3_prepare_v3(s->db, statement_sql[id], -1, SQLITE_PREPARE_PERSISTENT, &s->stmts[id], NULL));
        s->n_passing += r == 0 && !stays;
        s->prepared++;
        return r;
}

int statements_open(Store *s) {
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(always); i++)
                s->turns[always[i]] = TURN_STAYS;
        for (StatementId i = 0; i < _SQL_MAX && r == 0; i++) {
                r = prepare(s, i);
                if (r == 0 && s->turns[i] != TURN_STAYS)
                        drop(s, i);
        }
        return r;
}

void statements_drop_passing(Store *s) {
        for (StatementId i = 0; i < _SQL_MAX; i++)
                if (s->stmts[i] && s->turns[i] != TURN_STAYS && !sqlite3_stmt_busy(s->stmts[i]))
                        drop(s, i);
}

void statements_close(Store *s) {
        for (StatementId i = 0; i < _SQL_MAX; i++)
                sqlite3_finalize(s->stmts[i]);
}

/* Steps to the first row and leaves the statement there: 1; or 0 when there is none, the statement being reset. */
static int start(Store *s, StatementId id, const char *types, va_list ap) {
        int r = prepare(s, id);

        if (r < 0)
                return r;
        r = bind(s, s->stmts[id], types, ap);
        return r < 0 ? r : sql_next(s, id);
}

int sql_next(Store *s, StatementId id) {
        int rc = sqlite3_step(s->stmts[id]), r;

        if (rc == SQLITE_ROW)
                return 1;
        r = store_result(s, rc);
        sqlite3_reset(s->stmts[id]);
        return r;
}

void sql_done(Store *s, StatementId id) {
        sqlite3_reset(s->stmts[id]);
}

int sql_first(Store *s, StatementId id, const char *types, ...) {
        va_list ap;
        int r;

        va_start(ap, types);
        r = start(s, id, types, ap);
        va_end(ap);
        return r;
}

int sql_run(Store *s, StatementId id, const char *types, ...) {
        va_list ap;
        int r;

        va_start(ap, types);
        r = start(s, id, types, ap);
        va_end(ap);
        if (r > 0) {
                sql_done(s, id);
                r = 0;
        }
        return r;
}

int sql_int(Store *s, StatementId id, int64_t *ret, const char *types, ...) {
        va_list ap;
        int r;

        va_start(ap, types);
        r = start(s, id, types, ap);
        va_end(ap);
        if (r <= 0)
                return r;
        *ret = col_int(s, id, 0);
        sql_done(s, id);
        return 1;
}

int64_t sql_last_id(const Store *s) {
        return sqlite3_last_insert_rowid(s->db);
}

int64_t sql_changes(const Store *s) {
        return sqlite3_changes64(s->db);
}

int64_t col_int(Store *s, StatementId id, int i) {
        return sqlite3_column_int64(s->stmts[id], i);
}

bool col_null(Store *s, StatementId id, int i) {
        return sqlite3_column_type(s->stmts[id], i) == SQLITE_NULL;
}

void col_text(Store *s, StatementId id, int i, char *ret, size_t size) {
        const char *t = (const char *)sqlite3_column_text(s->stmts[id], i);
        size_t n = t ? strnlen(t, size - 1) : 0;

        if (n > 0)
                memcpy(ret, t, n);
        ret[n] = '\0';
}

char *col_dup(Store *s, StatementId id, int i) {
        const char *t = (const char *)sqlite3_column_text(s->stmts[id], i);

        return strdup(t ?: "");
}

const void *col_blob(Store *s, StatementId id, int i, size_t *ret_n) {
        const void *p = sqlite3_column_blob(s->stmts[id], i);

        *ret_n = (size_t)sqlite3_column_bytes(s->stmts[id], i);
        return p;
}
