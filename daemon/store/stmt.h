/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Inside store/ only: named statements, each prepared when it is first asked or before (see stmt.c), bound by a format
 * string, one letter a parameter:
 *   i int64_t    t const char * (NULL: SQL NULL)    b const void *, size_t (NULL: SQL NULL)
 *   0 int64_t, where 0 becomes SQL NULL
 */
#include <sqlite3.h>

#include "store/rows.h"
#include "store/sql.h"
#include "store/store.h"

typedef enum StatementId {
#define STATEMENT(name, sql) SQL_##name,
        STATEMENTS(STATEMENT)
#undef STATEMENT
        _SQL_MAX,
} StatementId;

typedef struct Backup Backup;
typedef struct Changes Changes;

struct Store {
        sqlite3 *db;
        StoreOptions options; /* its path is the caller's, and not there any more after store_open() */
        Changes *changes; /* what the transaction did: see changes.h */
        sqlite3_stmt *stmts[_SQL_MAX]; /* NULL: not prepared at the moment */
        uint64_t turns[_SQL_MAX], turn; /* when each was last asked; see stmt.c */
        size_t n_passing;               /* prepared ones that may have to go */
        uint64_t prepared;              /* how often one was prepared */
        char *path;  /* of the file itself, whatever links led to it */
        int witness; /* see witness.h; -1: not open */
        bool in_batch, spoiled;
        uint64_t undone;
        RowCache items, sessions;
        Backup *backup; /* see backup.h; NULL: none was made */
        int wal_pages; /* in the write-ahead log, as of the last commit */
        char why[STORE_WHY_MAX];
};

/* restore.c: SQLite's code. */
int copy_mark(sqlite3 *db, int64_t at_us);

/* SQLite's code as this header's errors; what spoils the store does. */
int store_result(Store *s, int rc);

/* changes.c. changes_open(): -ENOTSUP: this SQLite has no preupdate hook; -EPROTO: a table that cannot be followed. */
int changes_open(Store *s);
void changes_close(Store *s);
void changes_savepoint(Store *s);
void changes_savepoint_rollback(Store *s);
void changes_forget(Store *s);

#define STATEMENTS_PASSING_MAX 64
#define TURN_STAYS UINT64_MAX

/* Each statement is prepared once, so that a ledger whose tables are not as they should be is refused at once. */
int statements_open(Store *s);
void statements_drop_passing(Store *s);
void statements_close(Store *s);

/* Runs a statement that returns no row. Returns 0 or negative errno. */
int sql_run(Store *s, StatementId id, const char *types, ...);

/* Runs to the first row: 1 a row is there (read it with col_*, then sql_done()), 0 none, or negative errno. */
int sql_first(Store *s, StatementId id, const char *types, ...);
int sql_next(Store *s, StatementId id);
void sql_done(Store *s, StatementId id);

/* One integer from the first row: 1 and *ret, 0 no row. */
int sql_int(Store *s, StatementId id, int64_t *ret, const char *types, ...);

int64_t sql_last_id(const Store *s);
int64_t sql_changes(const Store *s);

int64_t col_int(Store *s, StatementId id, int i);
/* Copies text; NULL becomes "". Truncates at size. */
void col_text(Store *s, StatementId id, int i, char *ret, size_t size);
bool col_null(Store *s, StatementId id, int i);
/* A copy to be freed; NULL text becomes "". Returns NULL only when out of memory. */
char *col_dup(Store *s, StatementId id, int i);
const void *col_blob(Store *s, StatementId id, int i, size_t *ret_n);

/* A text column into a field of a row struct. */
#define TEXT(q, i, field) col_text(s, q, i, field, sizeof(field))

/* An empty string in a row struct is NULL in the table. */
static inline const char *or_null(const char *text) {
        return text[0] ? text : NULL;
}
