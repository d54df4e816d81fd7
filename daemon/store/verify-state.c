/* SPDX-License-Identifier: Apache-2.0 */
#include "store/verify-state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "codec/base64.h"
#include "store/sha256.h"
#include "store/sql-file.h"
#include "store/sql.h"

#define PROGRESS_EVERY 20000 /* rows */
#define CACHED 512

enum {
#define STATEMENT(name, sql) name,
        SCRATCH_STATEMENTS(STATEMENT)
#undef STATEMENT
        _SCRATCH_MAX,
};

static const char *const scratch_sql[_SCRATCH_MAX] = {
#define STATEMENT(name, sql) [name] = sql,
        SCRATCH_STATEMENTS(STATEMENT)
#undef STATEMENT
};

/* A row of `state` that records speak of just now; most speak of one that those before them spoke of. */
typedef struct CachedRow {
        const StateTable *table; /* NULL: none */
        char *key;
        json_t *row;
} CachedRow;

struct Scratch {
        sqlite3 *db;
        sqlite3_stmt *stmt[_SCRATCH_MAX];
        CachedRow cache[CACHED]; /* each is newer than what stands in the file */
};

int scratch_open(Verify *v) {
        Scratch *s = v->scratch = calloc(1, sizeof(*s));
        int rc;

        if (!s)
                return verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        rc = sqlite3_open("", &s->db);
        if (rc == SQLITE_OK)
                rc = sqlite3_exec(s->db, SCRATCH_SQL_OPEN, NULL, NULL, NULL);
        for (int i = 0; i < _SCRATCH_MAX && rc == SQLITE_OK; i++)
                rc = sqlite3_prepare_v2(s->db, scratch_sql[i], -1, &s->stmt[i], NULL);
        return verify_sqlite(v, s->db, rc);
}

static void cached_drop(CachedRow *c) {
        free(c->key);
        json_decref(c->row);
        *c = (CachedRow){};
}

Scratch *scratch_free(Scratch *s) {
        if (!s)
                return NULL;
        for (int i = 0; i < CACHED; i++)
                cached_drop(s->cache + i);
        for (int i = 0; i < _SCRATCH_MAX; i++)
                sqlite3_finalize(s->stmt[i]);
        sqlite3_close(s->db);
        free(s);
        return NULL;
}

/* Runs to its end. */
static int run(Verify *v, int id) {
        sqlite3_stmt *stmt = v->scratch->stmt[id];
        int rc = sqlite3_step(stmt);

        sqlite3_reset(stmt);
        return verify_sqlite(v, v->scratch->db, rc);
}

static sqlite3_stmt *bound(Verify *v, int id, const StateTable *t, const char *key) {
        sqlite3_stmt *stmt = v->scratch->stmt[id];

        sqlite3_bind_int64(stmt, 1, t - v->tables.table);
        if (key)
                sqlite3_bind_text(stmt, 2, key, -1, SQLITE_TRANSIENT);
        return stmt;
}

/* *ret NULL: there is none. */
static int row_get(Verify *v, const StateTable *t, const char *key, json_t **ret) {
        sqlite3_stmt *stmt = bound(v, GET, t, key);
        int rc = sqlite3_step(stmt);

        *ret = rc == SQLITE_ROW ? json_loads((const char *)sqlite3_column_text(stmt, 0), 0, NULL) : NULL;
        sqlite3_reset(stmt);
        return verify_sqlite(v, v->scratch->db, rc);
}

static int row_put(Verify *v, const StateTable *t, const char *key, const json_t *row) {
        char *text = json_dumps(row, JSON_COMPACT);
        sqlite3_stmt *stmt = bound(v, PUT, t, key);

        if (!text)
                return verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        sqlite3_bind_text(stmt, 3, text, -1, free);
        return run(v, PUT);
}

/* --- rows at hand --- */

/* Where this row would be. */
static CachedRow *cached_at(Verify *v, const StateTable *t, const char *key) {
        size_t hash = (size_t)(t - v->tables.table);

        for (const char *c = key; *c; c++)
                hash = hash * 31 + (unsigned char)*c;
        return v->scratch->cache + hash % CACHED;
}

static bool cached_is(const CachedRow *c, const StateTable *t, const char *key) {
        return c->table == t && streq(c->key, key);
}

static int cached_write(Verify *v, CachedRow *c) {
        int r = c->table ? row_put(v, c->table, c->key, c->row) : 0;

        cached_drop(c);
        return r;
}

static int cache_write(Verify *v) {
        int r = 0;

        for (int i = 0; i < CACHED && r == 0; i++)
                r = cached_write(v, v->scratch->cache + i);
        return r;
}

/* The row to be changed; an empty one where there is none. */
static int cached_get(Verify *v, const StateTable *t, const char *key, json_t **ret) {
        CachedRow *c = cached_at(v, t, key);
        int r;

        if (!cached_is(c, t, key)) {
                r = cached_write(v, c);
                if (r == 0)
                        r = row_get(v, t, key, &c->row);
                if (r != 0)
                        return r;
                c->row = c->row ?: json_object();
                c->key = strdup(key);
                c->table = t;
        }
        *ret = c->row;
        return c->row && c->key ? 0 : verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
}

static int cached_delete(Verify *v, const StateTable *t, const char *key) {
        CachedRow *c = cached_at(v, t, key);

        if (cached_is(c, t, key))
                cached_drop(c);
        bound(v, DROP, t, key);
        return run(v, DROP);
}

/* --- what the records say --- */

static int bad_entry(Verify *v, int64_t i) {
        return verify_found(v, "record %" PRId64 " of changes has an entry that is none", i);
}

static int apply_chunks(Verify *v, int64_t i, const json_t *key, const json_t *value) {
        sqlite3_stmt *stmt = v->scratch->stmt[CHUNK_PUT];
        const char *hash = json_string_value(json_object_get(value, "#"));

        if (!json_is_integer(key))
                return bad_entry(v, i);
        if (json_is_null(value)) {
                sqlite3_bind_int64(v->scratch->stmt[CHUNK_DROP], 1, json_integer_value(key));
                return run(v, CHUNK_DROP);
        }
        if (!hash)
                return bad_entry(v, i);
        sqlite3_bind_int64(stmt, 1, json_integer_value(key));
        sqlite3_bind_int64(stmt, 2, json_integer_value(json_object_get(value, "from")));
        sqlite3_bind_int64(stmt, 3, json_integer_value(json_object_get(value, "to")));
        sqlite3_bind_int64(stmt, 4, json_integer_value(json_object_get(value, "samples")));
        sqlite3_bind_text(stmt, 5, hash, -1, SQLITE_TRANSIENT);
        sqlite3_bind_int64(stmt, 6, i);
        return run(v, CHUNK_PUT);
}

static int merge(Verify *v, int64_t i, const StateTable *t, const char *key, json_t *value) {
        json_t *row = NULL, *one;
        const char *column;
        int r = cached_get(v, t, key, &row);

        if (r != 0)
                return r;
        json_object_foreach(value, column, one)
                if (json_object_set_new(row, column, json_pack("[OI]", one, (json_int_t)i)) < 0)
                        return verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        return 0;
}

static int apply_row(Verify *v, int64_t i, const StateTable *t, const json_t *key, json_t *value) {
        _cleanup_(freep) char *text = json_dumps(key, JSON_COMPACT | JSON_ENCODE_ANY);

        if (!text)
                return bad_entry(v, i);
        if (json_is_object(value))
                return merge(v, i, t, text, value);
        if (!json_is_null(value))
                return bad_entry(v, i);
        return cached_delete(v, t, text);
}

static int apply_entry(Verify *v, int64_t i, const json_t *entry) {
        const char *name = json_string_value(json_array_get(entry, 0));
        const json_t *key = json_array_get(entry, 1);
        json_t *value = json_array_get(entry, 2);
        const StateTable *t = name ? tables_find(&v->tables, name) : NULL;

        if (!key || !value)
                return bad_entry(v, i);
        if (!t)
                return 0; /* a table of an earlier version */
        return t->kind == TABLE_CHUNKS ? apply_chunks(v, i, key, value) : apply_row(v, i, t, key, value);
}

/* Everything but what became of messages: that is looked at from here on only. */
static int begin_anew(Verify *v, int64_t i) {
        _cleanup_(freep) char *sql = NULL;
        const StateTable *t = tables_find(&v->tables, "message");
        int r = cache_write(v);

        v->ret->base_i = i;
        if (r != 0)
                return r;
        if (asprintf(&sql, SCRATCH_SQL_EMPTY, t ? t - v->tables.table : -1) < 0)
                return verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        return verify_sqlite(v, v->scratch->db, sqlite3_exec(v->scratch->db, sql, NULL, NULL, NULL));
}

int scratch_apply(Verify *v, int64_t i, const json_t *record) {
        const json_t *set = json_object_get(record, "set"), *entry;
        size_t at;
        int r = json_is_true(json_object_get(record, "base")) ? begin_anew(v, i) : 0;

        v->ret->changes++;
        if (!json_is_array(set))
                return bad_entry(v, i);
        json_array_foreach(set, at, entry)
                if (r == 0)
                        r = apply_entry(v, i, entry);
        return r;
}

int scratch_message(Verify *v, int64_t i, json_t *held, json_t *refused, json_t *raw) {
        const StateTable *t = tables_find(&v->tables, "message");
        json_t *value = json_pack("{s:o,s:o,s:o}", "held", held, "refused", refused, "raw", raw);
        char key[24];
        int r;

        snprintf(key, sizeof(key), "%" PRId64, i);
        r = value && t ? merge(v, i, t, key, value) : verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        json_decref(value);
        return r;
}

/* --- the comparison --- */

/* A value of the ledger as JSON; NULL: out of memory. */
static json_t *value_of(Verify *v, const StateTable *t, int c, sqlite3_stmt *stmt) {
        const char *text;
        size_t n;

        jsonw_reset(&v->w);
        table_write_value(&v->w, t, c, stmt);
        return jsonw_finish(&v->w, &text, &n) < 0 ? NULL : json_loadb(text, n, JSON_DECODE_ANY, NULL);
}

/* Its key as the scratch has it. NULL: out of memory. */
static char *key_of(Verify *v, const StateTable *t, sqlite3_stmt *stmt) {
        const char *text;
        json_t *key;
        char *ret;
        size_t n;

        jsonw_reset(&v->w);
        table_write_key(&v->w, t, stmt);
        if (jsonw_finish(&v->w, &text, &n) < 0)
                return NULL;
        key = json_loadb(text, n, JSON_DECODE_ANY, NULL);
        ret = key ? json_dumps(key, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
        json_decref(key);
        return ret;
}

/* For people: what a value is. A hash says nothing. */
static void describe(const json_t *value, char *ret, size_t size) {
        _cleanup_(freep) char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

        if (json_is_object(value) && json_object_get(value, "#"))
                snprintf(ret, size, "something that is kept as a hash");
        else if (json_is_null(value))
                snprintf(ret, size, "nothing");
        else
                snprintf(ret, size, "%.160s", text ?: "?");
}

static int differs(Verify *v, const StateTable *t, const char *key, int c, const json_t *told, const json_t *is, int64_t i) {
        char a[200], b[200];

        describe(told, a, sizeof(a));
        describe(is, b, sizeof(b));
        if (streq(a, b))
                snprintf(b, sizeof(b), "something else");
        return verify_found(v, "%s %.200s, column %s: the chain says %s, the table says %s; last explained by record %" PRId64,
                            t->name, key, t->columns[c].name, a, b, i);
}

/* Only more of it is right, too. */
static bool risen(const StateTable *t, sqlite3_stmt *stmt, const json_t *told, const json_t *is) {
        return table_row_rises(t, stmt) && json_is_integer(told) && json_is_integer(is) &&
               json_integer_value(is) >= json_integer_value(told);
}

static int compare_column(Verify *v, const StateTable *t, int c, const char *key, const json_t *row, sqlite3_stmt *stmt) {
        const json_t *said = json_object_get(row, t->columns[c].name);
        const int64_t i = json_integer_value(json_array_get(said, 1));
        json_t *is, *told = json_array_get(said, 0), *none = NULL;
        int r = 0;

        if (t->kind == TABLE_MESSAGES && (!said || i < v->ret->base_i))
                return 0;
        is = value_of(v, t, c, stmt);
        if (!told)
                told = none = json_null();
        if (!is)
                r = verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        else if (!json_equal(is, told) && !risen(t, stmt, told, is))
                r = differs(v, t, key, c, told, is, i ?: v->ret->base_i);
        json_decref(is);
        json_decref(none);
        return r;
}

static bool is_key(const StateTable *t, int c) {
        for (int k = 0; k < t->n_keys; k++)
                if (t->keys[k] == c)
                        return true;
        return false;
}

/* The row that stmt stands on, and what the chain says of it. */
static int compare_row(Verify *v, const StateTable *t, const char *key, const json_t *row, sqlite3_stmt *stmt) {
        int r = 0;

        for (int c = 0; c < t->n_columns && r == 0; c++)
                if (!is_key(t, c) && t->columns[c].kind != COLUMN_OWN && t->columns[c].kind != COLUMN_SALT)
                        r = compare_column(v, t, c, key, row, stmt);
        if (r == 0 && !table_salt_fits(t, stmt))
                r = verify_found(v, "%s %.200s: its salt is not one", t->name, key);
        return r;
}

static int compare_next(Verify *v, const StateTable *t, sqlite3_stmt *stmt) {
        _cleanup_(freep) char *key = key_of(v, t, stmt);
        json_t *row = NULL;
        int r;

        if (!key)
                return verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        r = row_get(v, t, key, &row);
        if (r == 0 && !row && !table_row_rises(t, stmt))
                r = verify_found(v, "%s %.200s: the table has it, and no record brought it", t->name, key);
        if (r == 0 && row)
                r = compare_row(v, t, key, row, stmt);
        json_decref(row);
        if (r == 0) {
                bound(v, DROP, t, key);
                r = run(v, DROP);
        }
        return r;
}

/* What is left over of the chain's. */
static int compare_rest(Verify *v, const StateTable *t) {
        sqlite3_stmt *stmt = bound(v, KEYS, t, NULL);
        int rc = sqlite3_step(stmt), r = verify_sqlite(v, v->scratch->db, rc);

        if (rc == SQLITE_ROW)
                r = verify_found(v, "%s %.200s: the chain says that it is there, and the table does not have it", t->name,
                                 (const char *)sqlite3_column_text(stmt, 0));
        sqlite3_reset(stmt);
        return r;
}

static int compare_table(Verify *v, const StateTable *t) {
        _cleanup_(freep) char *sql = table_sql_all(t);
        sqlite3_stmt *stmt = NULL;
        int rc = sql ? sqlite3_prepare_v2(v->db, sql, -1, &stmt, NULL) : SQLITE_NOMEM, r = verify_sqlite(v, v->db, rc);

        while (r == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
                if (v->ret->rows++ % PROGRESS_EVERY == 0 && v->options->progress)
                        v->options->progress(v->options->userdata, t->name, v->ret->rows, 0);
                if (!table_row_excepted(t, stmt))
                        r = compare_next(v, t, stmt);
        }
        if (r == 0)
                r = verify_sqlite(v, v->db, rc);
        sqlite3_finalize(stmt);
        return r == 0 ? compare_rest(v, t) : r;
}

/* --- messages, of which there is something to say --- */

static int compare_message(Verify *v, const StateTable *t, sqlite3_stmt *ledger, const char *key, const char *text) {
        json_t *row = json_loads(text, 0, NULL);
        int rc, r;

        sqlite3_bind_int64(ledger, 1, strtoll(key, NULL, 10));
        rc = sqlite3_step(ledger);
        if (rc == SQLITE_ROW)
                r = compare_row(v, t, key, row, ledger);
        else
                r = rc == SQLITE_DONE ? verify_found(v, "message %s: the chain says that it is there, and the table does "
                                                     "not have it", key) :
                                        verify_sqlite(v, v->db, rc);
        sqlite3_reset(ledger);
        json_decref(row);
        return r;
}

static int compare_messages(Verify *v, const StateTable *t) {
        _cleanup_(freep) char *sql = table_sql_row(t);
        sqlite3_stmt *ledger = NULL, *stmt = bound(v, KEYS, t, NULL);
        int rc = sql ? sqlite3_prepare_v2(v->db, sql, -1, &ledger, NULL) : SQLITE_NOMEM, r = verify_sqlite(v, v->db, rc);

        while (r == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
                r = compare_message(v, t, ledger, (const char *)sqlite3_column_text(stmt, 0),
                                    (const char *)sqlite3_column_text(stmt, 1));
        if (r == 0)
                r = verify_sqlite(v, v->scratch->db, rc);
        sqlite3_finalize(ledger);
        sqlite3_reset(stmt);
        return r;
}

/* --- samples: as many ranges as the chain has, and nothing between, before or behind them --- */

static int compare_range(Verify *v, sqlite3_stmt *told, sqlite3_stmt *ledger, int64_t *ret_rows) {
        const int64_t attempt = sqlite3_column_int64(told, 0), from = sqlite3_column_int64(told, 1),
                      to = sqlite3_column_int64(told, 2), i = sqlite3_column_int64(told, 5);
        ChunkRange range = { .from = from, .to = to };
        char hash[BASE64_SIZE(SHA256_SIZE)];
        int r = verify_sqlite(v, v->db, chunk_range_read(ledger, attempt, &range));

        if (r != 0)
                return r;
        to_base64(range.hash, SHA256_SIZE, hash, sizeof(hash));
        *ret_rows += range.rows;
        if (range.from == from && range.to == to && range.samples == sqlite3_column_int64(told, 3) &&
            streq(hash, (const char *)sqlite3_column_text(told, 4)))
                return 0;
        return verify_found(v, "attempt %" PRId64 ", samples %" PRId64 " to %" PRId64 ": they are not those that came; last "
                            "explained by record %" PRId64, attempt, from, to, i);
}

static int compare_chunks(Verify *v) {
        sqlite3_stmt *ledger = NULL, *told = v->scratch->stmt[CHUNK_ALL], *count = NULL;
        int64_t rows = 0;
        int rc = sqlite3_prepare_v2(v->db, TABLE_SQL_CHUNKS, -1, &ledger, NULL), r;

        if (rc == SQLITE_OK)
                rc = sqlite3_prepare_v2(v->db, VERIFY_SQL_CHUNK_COUNT, -1, &count, NULL);
        r = verify_sqlite(v, v->db, rc);
        while (r == 0 && (rc = sqlite3_step(told)) == SQLITE_ROW)
                r = compare_range(v, told, ledger, &rows);
        if (r == 0)
                r = verify_sqlite(v, v->scratch->db, rc);
        if (r == 0)
                r = verify_sqlite(v, v->db, sqlite3_step(count));
        if (r == 0 && sqlite3_column_int64(count, 0) != rows)
                r = verify_found(v, "there are samples that no record brought: %lld rows, and the chain has %" PRId64,
                                 (long long)sqlite3_column_int64(count, 0), rows);
        sqlite3_finalize(ledger);
        sqlite3_finalize(count);
        sqlite3_reset(told);
        v->ret->rows += rows;
        return r;
}

int scratch_compare(Verify *v) {
        int r = cache_write(v);

        for (size_t i = 0; i < v->tables.n && r == 0; i++) {
                const StateTable *t = v->tables.table + i;

                r = t->kind == TABLE_CHUNKS   ? compare_chunks(v) :
                    t->kind == TABLE_MESSAGES ? compare_messages(v, t) :
                                                compare_table(v, t);
        }
        return r;
}
