/* SPDX-License-Identifier: Apache-2.0 */
#include "store/tables.h"

#include <stdio.h>

#include "codec/base64.h"
#include "codec/utf8.h"
#include "store/personal.h"
#include "store/restore.h"
#include "store/sha256.h"
#include "store/sql.h"

/* --- what is written how --- */

static const struct {
        const char *table, *column;
        ColumnKind kind;
} special[] = {
#define PERSONAL(t, c) { #t, #c, COLUMN_PERSONAL },
        PERSONAL_COLUMNS(PERSONAL)
#undef PERSONAL
        { "message", "raw", COLUMN_KEPT },
        { "message", "at_us", COLUMN_OWN },
        { "message", "stream", COLUMN_OWN },
        { "message", "seq", COLUMN_OWN },
        { "message", "topic", COLUMN_OWN },
        { "message", "digest", COLUMN_OWN },
        /* Said in other words by a record of its own, or soon gone. */
        { "outbox", "payload", COLUMN_DIGEST },
        { "request", "answer", COLUMN_DIGEST },
        { "attempt", "figures", COLUMN_DIGEST },
};

static ColumnKind kind_of(const char *table, const char *column) {
        for (size_t i = 0; i < ELEMENTSOF(special); i++)
                if (streq(special[i].table, table) && streq(special[i].column, column))
                        return special[i].kind;
        return streq(column, "salt") ? COLUMN_SALT : COLUMN_PLAIN;
}

static TableKind table_kind(const char *name) {
        return streq(name, "message") ? TABLE_MESSAGES : streq(name, "sample_chunk") ? TABLE_CHUNKS : TABLE_ROWS;
}

/* --- reading the schema --- */

static int read_columns(sqlite3 *db, StateTable *t) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(db, TABLE_SQL_COLUMNS, -1, &stmt, NULL);
        bool integer = false;

        if (rc == SQLITE_OK)
                rc = sqlite3_bind_text(stmt, 1, t->name, -1, SQLITE_STATIC);
        while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
                const char *name = (const char *)sqlite3_column_text(stmt, 0);
                int pk = sqlite3_column_int(stmt, 2), c = t->n_columns++;

                rc = SQLITE_OK;
                if (c == TABLE_COLUMNS_MAX || pk > TABLE_KEYS_MAX || !name || strlen(name) >= TABLE_NAME_MAX) {
                        rc = SQLITE_MISMATCH;
                        break;
                }
                snprintf(t->columns[c].name, TABLE_NAME_MAX, "%s", name);
                t->columns[c].kind = kind_of(t->name, name);
                if (t->columns[c].kind == COLUMN_SALT)
                        t->salt = c;
                if (pk > 0) {
                        t->keys[pk - 1] = c;
                        t->n_keys = MAX_OF(t->n_keys, pk);
                        integer = streq((const char *)sqlite3_column_text(stmt, 1), "INTEGER");
                }
        }
        sqlite3_finalize(stmt);
        t->rowid = t->n_keys == 1 && integer;
        return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* One without a primary key has one all the same. */
static void key_by_name(StateTable *t, const char *first, const char *second) {
        for (int c = 0; c < t->n_columns; c++) {
                if (streq(t->columns[c].name, first))
                        t->keys[0] = c;
                if (streq(t->columns[c].name, second))
                        t->keys[1] = c;
        }
        t->n_keys = 2;
}

static int read_table(sqlite3 *db, const char *name, StateTable *t) {
        int rc;

        *t = (StateTable){ .kind = table_kind(name), .salt = -1 };
        if (strlen(name) >= sizeof(t->name))
                return SQLITE_MISMATCH;
        snprintf(t->name, sizeof(t->name), "%s", name);
        rc = read_columns(db, t);
        if (rc == SQLITE_OK && t->n_keys == 0 && streq(name, "request"))
                key_by_name(t, "room", "nonce");
        return rc == SQLITE_OK && t->n_keys == 0 ? SQLITE_MISMATCH : rc;
}

int tables_read(sqlite3 *db, Tables *ret, char *why, size_t n_why) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(db, TABLE_SQL_NAMES, -1, &stmt, NULL);

        *ret = (Tables){};
        while (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
                const char *name = (const char *)sqlite3_column_text(stmt, 0);

                rc = ret->n < TABLES_MAX && name ? read_table(db, name, ret->table + ret->n) : SQLITE_MISMATCH;
                if (rc == SQLITE_OK)
                        ret->table[ret->n].rowid &= sqlite3_column_int(stmt, 1) == 0;
                else if (rc == SQLITE_MISMATCH)
                        snprintf(why, n_why, "table %s has no key, or too much of something", name ?: "");
                ret->n++;
        }
        sqlite3_finalize(stmt);
        return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

const StateTable *tables_find(const Tables *t, const char *name) {
        for (size_t i = 0; i < t->n; i++)
                if (streq(t->table[i].name, name))
                        return t->table + i;
        return NULL;
}

/* --- values --- */

static void write_wrapped(JsonWriter *w, const char *key, const void *p, size_t n) {
        char text[BASE64_SIZE(VALUE_PLAIN_MAX)];

        to_base64(p, n, text, sizeof(text));
        jsonw_object(w);
        jsonw_member_string(w, key, text);
        jsonw_object_end(w);
}

static void write_hash(JsonWriter *w, const Sha256Part *parts, size_t n) {
        uint8_t hash[SHA256_SIZE];
        int r = sha256(parts, n, hash);

        if (r < 0)
                w->error = r;
        else
                write_wrapped(w, "#", hash, sizeof(hash));
}

static bool is_text(const unsigned char *s, size_t n) {
        size_t one;

        for (size_t i = 0; i < n; i += one)
                if (s[i] == '\0' || (one = utf8_length(s + i)) == 0)
                        return false;
        return true;
}

void table_write_bytes(JsonWriter *w, const void *p, size_t n, bool text) {
        if (n > VALUE_PLAIN_MAX)
                write_hash(w, &(Sha256Part){ p, n }, 1);
        else if (text && is_text(p, n))
                jsonw_string(w, p);
        else
                write_wrapped(w, "b", p, n);
}

static void write_personal(JsonWriter *w, const StateTable *t, int c, sqlite3_stmt *stmt, const void *p, size_t n) {
        const void *salt = t->salt >= 0 ? sqlite3_column_blob(stmt, t->salt) : NULL;
        size_t n_salt = salt ? (size_t)sqlite3_column_bytes(stmt, t->salt) : 0;
        const char *name = t->columns[c].name;

        write_hash(w, (Sha256Part[]){ { salt ?: "", n_salt }, { name, strlen(name) + 1 }, { p, n } }, 3);
}

static void write_real(JsonWriter *w, double v) {
        char text[40];

        snprintf(text, sizeof(text), "%.17g", v);
        jsonw_object(w);
        jsonw_member_string(w, "r", text);
        jsonw_object_end(w);
}

void table_write_value(JsonWriter *w, const StateTable *t, int c, sqlite3_stmt *stmt) {
        const int type = sqlite3_column_type(stmt, c);
        const ColumnKind kind = t->columns[c].kind;
        const void *p = NULL;
        size_t n;

        if (type == SQLITE_NULL) {
                jsonw_null(w);
        } else if (kind == COLUMN_KEPT) {
                jsonw_bool(w, true);
        } else if (type == SQLITE_INTEGER) {
                jsonw_int(w, sqlite3_column_int64(stmt, c));
        } else if (type == SQLITE_FLOAT) {
                write_real(w, sqlite3_column_double(stmt, c));
        } else {
                p = type == SQLITE_TEXT ? (const void *)sqlite3_column_text(stmt, c) : sqlite3_column_blob(stmt, c);
                n = (size_t)sqlite3_column_bytes(stmt, c);
                p = p ?: "";
                if (kind == COLUMN_PERSONAL && n > 0)
                        write_personal(w, t, c, stmt, p, n);
                else if (kind == COLUMN_DIGEST)
                        write_hash(w, &(Sha256Part){ p, n }, 1);
                else
                        table_write_bytes(w, p, n, type == SQLITE_TEXT);
        }
}

void table_write_key(JsonWriter *w, const StateTable *t, sqlite3_stmt *stmt) {
        if (t->n_keys > 1)
                jsonw_array(w);
        for (int k = 0; k < t->n_keys; k++)
                table_write_value(w, t, t->keys[k], stmt);
        if (t->n_keys > 1)
                jsonw_array_end(w);
}

bool table_salt_fits(const StateTable *t, sqlite3_stmt *stmt) {
        bool needed = false;

        if (t->salt < 0 || t->kind == TABLE_MESSAGES)
                return true;
        for (int c = 0; c < t->n_columns; c++)
                if (t->columns[c].kind == COLUMN_PERSONAL)
                        needed |= sqlite3_column_bytes(stmt, c) > 0;
        return needed ? sqlite3_column_type(stmt, t->salt) == SQLITE_BLOB &&
                                sqlite3_column_bytes(stmt, t->salt) == PERSONAL_SALT_SIZE :
                        sqlite3_column_type(stmt, t->salt) == SQLITE_NULL;
}

static bool is_meta(const StateTable *t, sqlite3_stmt *stmt, const char *wanted) {
        const char *name = streq(t->name, "meta") ? (const char *)sqlite3_column_text(stmt, t->keys[0]) : NULL;

        /* All of it: what goes on behind a NUL is another row. */
        return name && streq(name, wanted) && (size_t)sqlite3_column_bytes(stmt, t->keys[0]) == strlen(wanted);
}

bool table_row_excepted(const StateTable *t, sqlite3_stmt *stmt) {
        return is_meta(t, stmt, META_COPY) || is_meta(t, stmt, "clock");
}

bool table_row_rises(const StateTable *t, sqlite3_stmt *stmt) {
        return is_meta(t, stmt, "wall_mark_us");
}

/* --- statements --- */

static const char *key_name(const StateTable *t, int k) {
        return t->columns[t->keys[k]].name;
}

char *table_sql_row(const StateTable *t) {
        char *sql = NULL;
        int r = t->n_keys == 1 ? asprintf(&sql, TABLE_SQL_ROW, t->name, key_name(t, 0)) :
                                 asprintf(&sql, TABLE_SQL_ROW_2, t->name, key_name(t, 0), key_name(t, 1));

        return r < 0 ? NULL : sql;
}

char *table_sql_all(const StateTable *t) {
        char *sql = NULL;
        int r = t->n_keys == 1 ? asprintf(&sql, TABLE_SQL_ALL, t->name, key_name(t, 0)) :
                                 asprintf(&sql, TABLE_SQL_ALL_2, t->name, key_name(t, 0), key_name(t, 1));

        return r < 0 ? NULL : sql;
}

/* --- samples --- */

static void hash_int(int64_t v) {
        uint8_t bytes[8];

        for (int b = 0; b < 8; b++)
                bytes[b] = (uint8_t)((uint64_t)v >> (56 - 8 * b));
        sha256_more(bytes, sizeof(bytes));
}

int chunk_range_read(sqlite3_stmt *chunks, int64_t attempt, ChunkRange *range) {
        const int64_t from = range->from, to = range->to;
        int rc, r;

        *range = (ChunkRange){};
        sqlite3_bind_int64(chunks, 1, attempt);
        sqlite3_bind_int64(chunks, 2, from);
        sqlite3_bind_int64(chunks, 3, to);
        sha256_begin();
        while ((rc = sqlite3_step(chunks)) == SQLITE_ROW) {
                const void *data = sqlite3_column_blob(chunks, 2);
                const int n = sqlite3_column_bytes(chunks, 2);

                range->to = sqlite3_column_int64(chunks, 0);
                if (range->rows++ == 0)
                        range->from = range->to;
                range->samples += sqlite3_column_int64(chunks, 1);
                hash_int(range->to);
                hash_int(sqlite3_column_int64(chunks, 1));
                hash_int(n);
                sha256_more(data, (size_t)n);
        }
        r = sha256_end(range->hash);
        sqlite3_reset(chunks);
        return rc != SQLITE_DONE ? rc : r < 0 ? SQLITE_IOERR : SQLITE_OK;
}
