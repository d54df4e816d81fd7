/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is noted is only which rows and which of their columns; what stands in them is read when the record is written.
 * So it does not matter what a savepoint took back, how often a row changed, or in which order: the record says how
 * things are at the commit. The notes lie in an array in the order of their making, found by a hash of table and key.
 */
#define SQLITE_ENABLE_PREUPDATE_HOOK
#include "store/changes.h"

#include <errno.h>
#include <stdio.h>

#include "codec/base64.h"
#include "store/sha256.h"
#include "store/stmt.h"
#include "store/tables.h"

#define RECORD_FULL 16384  /* bytes; one entry more and it is written */
#define NOTES_MANY 1024
#define NEAR 64            /* a power of two */
#define NOTES_KEPT 1024    /* room for so many is kept from one transaction to the next */

#pragma weak sqlite3_preupdate_hook
#pragma weak sqlite3_preupdate_old
#pragma weak sqlite3_preupdate_new

/* One row. Its key lies in `bytes`: for each column a letter (i, t, b, n) and an int64_t, or an int of length, so many bytes
 * and a NUL. */
typedef struct Note {
        uint32_t key, n_key, hash;
        uint16_t table;
        bool added, removed; /* at some time within this transaction */
        union {
                uint64_t columns; /* changed: a bit each */
                int64_t from;     /* samples: the first new row; INT64_MAX: none */
        };
        int64_t to;
} Note;

struct Changes {
        Tables tables;
        Store *store;
        int items, sessions; /* which tables: their rows are kept (rows.h) */
        sqlite3_stmt *row[TABLES_MAX], *chunks;
        Note *notes;
        size_t n, size, n_savepoint;
        uint32_t *index; /* number of a note + 1; 0: free. A power of two, at most half full */
        size_t n_index;
        uint8_t *bytes;
        size_t n_bytes, size_bytes;
        uint8_t near[NEAR]; /* the table that was found last under this place */
        int failed;         /* a note is missing */
};

/* --- notes --- */

static uint32_t hash_of(uint16_t table, const uint8_t *key, size_t n) {
        uint32_t h = 2166136261U ^ table;

        for (size_t i = 0; i < n; i++)
                h = (h ^ key[i]) * 16777619U;
        return h;
}

static void index_put(Changes *c, size_t note) {
        size_t at = c->notes[note].hash & (c->n_index - 1);

        while (c->index[at])
                at = (at + 1) & (c->n_index - 1);
        c->index[at] = (uint32_t)note + 1;
}

static int index_all(Changes *c, size_t n_index) {
        if (n_index != c->n_index) {
                uint32_t *index = reallocarray(c->index, n_index, sizeof(*index));

                if (!index)
                        return -ENOMEM;
                c->index = index;
                c->n_index = n_index;
        }
        memset(c->index, 0, c->n_index * sizeof(*c->index));
        for (size_t i = 0; i < c->n; i++)
                index_put(c, i);
        return 0;
}

/* Room for one note more, and for the bytes of its key behind n_bytes. */
static int make_room(Changes *c, size_t n_key) {
        if (c->n == c->size) {
                size_t size = MAX_OF(c->size * 2, (size_t)64);
                Note *notes = reallocarray(c->notes, size, sizeof(*notes));

                if (!notes)
                        return -ENOMEM;
                c->notes = notes;
                c->size = size;
        }
        if (c->n_bytes + n_key > c->size_bytes) {
                size_t size = MAX_OF(c->size_bytes * 2, c->n_bytes + n_key + 4096);
                uint8_t *bytes = realloc(c->bytes, size);

                if (!bytes)
                        return -ENOMEM;
                c->bytes = bytes;
                c->size_bytes = size;
        }
        return c->n * 2 < c->n_index ? 0 : index_all(c, MAX_OF(c->n_index * 2, (size_t)128));
}

static Note *note_find(const Changes *c, uint16_t table, const uint8_t *key, size_t n_key, uint32_t hash) {
        for (size_t at = hash & (c->n_index - 1); c->n_index && c->index[at]; at = (at + 1) & (c->n_index - 1)) {
                Note *n = c->notes + c->index[at] - 1;

                if (n->hash == hash && n->table == table && n->n_key == n_key && memcmp(c->bytes + n->key, key, n_key) == 0)
                        return n;
        }
        return NULL;
}

/* NULL: out of memory. */
static Note *note_get(Changes *c, uint16_t table, const uint8_t *key, size_t n_key) {
        const uint32_t hash = hash_of(table, key, n_key);
        Note *n = note_find(c, table, key, n_key, hash);

        if (n)
                return n;
        if (make_room(c, n_key) < 0)
                return NULL;
        n = c->notes + c->n;
        *n = (Note){ .key = (uint32_t)c->n_bytes, .n_key = (uint32_t)n_key, .hash = hash, .table = table };
        if (c->tables.table[table].kind == TABLE_CHUNKS)
                n->from = INT64_MAX;
        memcpy(c->bytes + c->n_bytes, key, n_key);
        c->n_bytes += n_key;
        index_put(c, c->n++);
        return n;
}

static void forget(Changes *c) {
        if (c->n > 0)
                memset(c->index, 0, c->n_index * sizeof(*c->index));
        if (c->size > NOTES_KEPT) {
                free(TAKE(c->notes));
                free(TAKE(c->index));
                free(TAKE(c->bytes));
                c->size = c->n_index = c->size_bytes = 0;
        }
        c->n = c->n_bytes = c->n_savepoint = 0;
        c->failed = 0;
}

void changes_forget(Store *s) {
        forget(s->changes);
}

void changes_savepoint(Store *s) {
        s->changes->n_savepoint = s->changes->n;
}

/* What was noted since was undone; what was noted more of older ones does no harm. */
void changes_savepoint_rollback(Store *s) {
        Changes *c = s->changes;

        if (c->n <= c->n_savepoint)
                return;
        c->n_bytes = c->notes[c->n_savepoint].key;
        c->n = c->n_savepoint;
        if (index_all(c, c->n_index) < 0)
                c->failed = -ENOMEM;
}

bool changes_many(const Store *s) {
        return s->changes->n >= NOTES_MANY;
}

/* --- the hook --- */

#define KEY_MAX 1024 /* bytes; no key of ours is half as long */

static int key_int(uint8_t *key, int64_t v) {
        key[0] = 'i';
        memcpy(key + 1, &v, sizeof(v));
        return 1 + (int)sizeof(v);
}

/* Bytes written at `key`; negative: too long. */
static int key_value(uint8_t *key, size_t room, sqlite3_value *v) {
        const int type = sqlite3_value_type(v);
        const void *p;
        int n;

        if (type == SQLITE_INTEGER)
                return room < 9 ? -EMSGSIZE : key_int(key, sqlite3_value_int64(v));
        p = type == SQLITE_TEXT ? (const void *)sqlite3_value_text(v) : sqlite3_value_blob(v);
        n = sqlite3_value_bytes(v);
        if (room < 1 + sizeof(n) + (size_t)n + 1)
                return -EMSGSIZE;
        key[0] = type == SQLITE_TEXT ? 't' : type == SQLITE_BLOB ? 'b' : 'n';
        memcpy(key + 1, &n, sizeof(n));
        if (n > 0)
                memcpy(key + 1 + sizeof(n), p, (size_t)n);
        key[1 + sizeof(n) + (size_t)n] = '\0';
        return 1 + (int)sizeof(n) + n + 1;
}

static int key_of(sqlite3 *db, const StateTable *t, bool new, uint8_t key[static KEY_MAX]) {
        int n = 0;

        for (int k = 0; k < t->n_keys; k++) {
                sqlite3_value *v = NULL;
                int rc = new ? sqlite3_preupdate_new(db, t->keys[k], &v) : sqlite3_preupdate_old(db, t->keys[k], &v), m;

                if (rc != SQLITE_OK)
                        return -EIO;
                m = key_value(key + n, KEY_MAX - (size_t)n, v);
                if (m < 0)
                        return m;
                n += m;
                if (t->kind == TABLE_CHUNKS)
                        break; /* by attempt */
        }
        return n;
}

static bool same(sqlite3_value *a, sqlite3_value *b) {
        const int type = sqlite3_value_type(a);

        if (type != sqlite3_value_type(b))
                return false;
        if (type == SQLITE_NULL)
                return true;
        if (type == SQLITE_INTEGER)
                return sqlite3_value_int64(a) == sqlite3_value_int64(b);
        if (type == SQLITE_FLOAT)
                return false;
        const void *p = sqlite3_value_blob(a), *q = sqlite3_value_blob(b);
        const int n = sqlite3_value_bytes(a);
        return n == sqlite3_value_bytes(b) && (n == 0 || memcmp(p, q, (size_t)n) == 0);
}

static uint64_t changed_columns(sqlite3 *db, const StateTable *t) {
        uint64_t columns = 0;

        for (int c = 0; c < t->n_columns; c++) {
                sqlite3_value *was = NULL, *is = NULL;

                if (t->columns[c].kind == COLUMN_OWN)
                        continue;
                if (sqlite3_preupdate_old(db, c, &was) != SQLITE_OK || sqlite3_preupdate_new(db, c, &is) != SQLITE_OK ||
                    !same(was, is))
                        columns |= UINT64_C(1) << c;
        }
        /* With another salt, the same is written otherwise. */
        return t->salt >= 0 && columns & UINT64_C(1) << t->salt ? ~UINT64_C(0) : columns;
}

static void note_chunk(sqlite3 *db, const StateTable *t, Note *n, int op) {
        sqlite3_value *v = NULL;

        n->removed |= op != SQLITE_INSERT;
        if (op != SQLITE_INSERT || sqlite3_preupdate_new(db, t->keys[1], &v) != SQLITE_OK)
                return;
        n->from = MIN_OF(n->from, sqlite3_value_int64(v));
        n->to = MAX_OF(n->to, sqlite3_value_int64(v));
}

static void note_row(Changes *c, sqlite3 *db, uint16_t table, int op, int64_t before, int64_t after) {
        const StateTable *t = c->tables.table + table;
        uint8_t old_key[KEY_MAX], new_key[KEY_MAX];
        const int n_old = op == SQLITE_INSERT ? 0 : t->rowid ? key_int(old_key, before) : key_of(db, t, false, old_key),
                  n_new = op == SQLITE_DELETE ? 0 : t->rowid ? key_int(new_key, after) : key_of(db, t, true, new_key);
        const bool moved = op == SQLITE_UPDATE && (n_old != n_new || memcmp(old_key, new_key, (size_t)MAX_OF(n_old, 0)) != 0);
        Note *was = NULL, *is = NULL;

        if (n_old < 0 || n_new < 0) {
                c->failed = MIN_OF(n_old, n_new);
                return;
        }
        if (op == SQLITE_DELETE || moved)
                was = note_get(c, table, old_key, (size_t)n_old);
        if (was)
                was->removed = true;
        if (op != SQLITE_DELETE)
                is = note_get(c, table, new_key, (size_t)n_new);
        if (((op == SQLITE_DELETE || moved) && !was) || (op != SQLITE_DELETE && !is))
                c->failed = -ENOMEM;
        else if (t->kind == TABLE_CHUNKS)
                note_chunk(db, t, is ?: was, op);
        else if (is && (op == SQLITE_INSERT || moved))
                is->added = true;
        else if (is && !is->added)
                is->columns |= changed_columns(db, t);
}

/* By the name's address, which is the same as long as the schema is; then by the name. -1: none. */
static int table_of(Changes *c, const char *name) {
        uint8_t *near = c->near + ((uintptr_t)name >> 4 & (NEAR - 1));

        if (streq(c->tables.table[*near].name, name))
                return *near;
        for (size_t i = 0; i < c->tables.n; i++)
                if (streq(c->tables.table[i].name, name)) {
                        *near = (uint8_t)i;
                        return *near;
                }
        return -1;
}

/* audit and the new rows of message come by the thousand, and are not for us. */
static void on_change(void *userdata, sqlite3 *db, int op, const char *schema, const char *name, sqlite3_int64 before,
                      sqlite3_int64 after) {
        Changes *c = userdata;
        int table;

        if (streq(name, "audit") || (op == SQLITE_INSERT && streq(name, "message")) || !streq(schema, "main"))
                return;
        table = table_of(c, name);
        if (table == c->items)
                row_changes(&c->store->items, before);
        if (table == c->sessions)
                row_changes(&c->store->sessions, before);
        if (table >= 0)
                note_row(c, db, (uint16_t)table, op, before, after);
        else if (strncmp(name, "sqlite", 6) != 0)
                c->failed = -EINVAL; /* a table that was not there at the start */
}

/* --- the record --- */

typedef struct Writing {
        Store *s;
        JsonWriter *w;
        Head *head;
        int64_t at_us;
        bool open, base;
        const Note *rising; /* to be written if anything else is: see tables.h */
} Writing;

static void record_open(Writing *x) {
        if (x->open)
                return;
        jsonw_reset(x->w);
        jsonw_object(x->w);
        jsonw_member_string(x->w, "type", "changes");
        jsonw_member_int(x->w, "at_us", x->at_us);
        if (x->base)
                jsonw_member_bool(x->w, "base", true);
        jsonw_key(x->w, "set");
        jsonw_array(x->w);
        x->open = true;
        x->base = false;
}

static int record_close(Writing *x) {
        const char *text;
        size_t n;
        int r;

        if (!x->open)
                return 0;
        x->open = false;
        jsonw_array_end(x->w);
        jsonw_object_end(x->w);
        r = jsonw_finish(x->w, &text, &n);
        return r < 0 ? r : ledger_append(x->s, x->head, text, n);
}

static void entry_begin(Writing *x, const StateTable *t) {
        record_open(x);
        jsonw_array(x->w);
        jsonw_string(x->w, t->name);
}

static int entry_end(Writing *x) {
        jsonw_array_end(x->w);
        return x->w->len < RECORD_FULL ? 0 : record_close(x);
}

/* The row that stmt stands on. whole: as a new one; cleared: what was there before is to be overwritten by nulls. */
static void write_row(Writing *x, const StateTable *t, sqlite3_stmt *stmt, uint64_t columns, bool whole, bool cleared) {
        jsonw_object(x->w);
        for (int c = 0; c < t->n_columns; c++) {
                bool key = false;

                for (int k = 0; k < t->n_keys; k++)
                        key |= t->keys[k] == c;
                if (key || t->columns[c].kind == COLUMN_OWN || t->columns[c].kind == COLUMN_SALT)
                        continue;
                if (whole ? !cleared && sqlite3_column_type(stmt, c) == SQLITE_NULL : !(columns & UINT64_C(1) << c))
                        continue;
                jsonw_key(x->w, t->columns[c].name);
                table_write_value(x->w, t, c, stmt);
        }
        jsonw_object_end(x->w);
}

/* The key as noted: bound to stmt, or written. */
static int key_use(const uint8_t *key, size_t n_key, sqlite3_stmt *stmt, JsonWriter *w) {
        int k = 0, rc = SQLITE_OK;

        for (size_t at = 0; at < n_key && rc == SQLITE_OK; k++) {
                const uint8_t type = key[at++];
                int64_t v;
                int n = 0;

                if (type == 'i') {
                        memcpy(&v, key + at, sizeof(v));
                        at += sizeof(v);
                        if (stmt)
                                rc = sqlite3_bind_int64(stmt, k + 1, v);
                        else
                                jsonw_int(w, v);
                        continue;
                }
                memcpy(&n, key + at, sizeof(n));
                at += sizeof(n);
                if (stmt)
                        rc = type == 't' ? sqlite3_bind_text(stmt, k + 1, (const char *)key + at, n, SQLITE_STATIC) :
                                           sqlite3_bind_blob(stmt, k + 1, key + at, n, SQLITE_STATIC);
                else
                        table_write_bytes(w, key + at, (size_t)n, type == 't');
                at += (size_t)n + 1;
        }
        return rc;
}

static int row_statement(Store *s, uint16_t table, sqlite3_stmt **ret) {
        Changes *c = s->changes;
        _cleanup_(freep) char *sql = NULL;
        int rc = SQLITE_OK;

        if (!c->row[table]) {
                sql = table_sql_row(c->tables.table + table);
                if (!sql)
                        return -ENOMEM;
                rc = sqlite3_prepare_v3(s->db, sql, -1, SQLITE_PREPARE_PERSISTENT, &c->row[table], NULL);
        }
        *ret = c->row[table];
        return store_result(s, rc);
}

/* A row that is gone, or that never was but for a savepoint that is gone. */
static void write_gone(Writing *x, const StateTable *t, const uint8_t *key, size_t n_key) {
        if (t->n_keys > 1)
                jsonw_array(x->w);
        key_use(key, n_key, NULL, x->w);
        if (t->n_keys > 1)
                jsonw_array_end(x->w);
        jsonw_null(x->w);
}

/* again: after all others. */
static int write_note(Writing *x, const Note *n, bool again) {
        Changes *c = x->s->changes;
        const StateTable *t = c->tables.table + n->table;
        const uint8_t *key = c->bytes + n->key;
        const bool whole = n->added || n->removed;
        sqlite3_stmt *stmt = NULL;
        int r = row_statement(x->s, n->table, &stmt), rc = SQLITE_OK;

        if (r < 0 || (!whole && n->columns == 0))
                return r;
        rc = key_use(key, n->n_key, stmt, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        if (rc == SQLITE_ROW && !again && table_row_rises(t, stmt)) {
                x->rising = n;
        } else if (rc == SQLITE_ROW && !table_row_excepted(t, stmt)) {
                entry_begin(x, t);
                table_write_key(x->w, t, stmt);
                write_row(x, t, stmt, n->columns, whole, n->removed);
                r = entry_end(x);
        } else if (rc == SQLITE_DONE) {
                entry_begin(x, t);
                write_gone(x, t, key, n->n_key);
                r = entry_end(x);
        }
        sqlite3_reset(stmt);
        return r < 0 ? r : store_result(x->s, rc);
}

/* --- samples --- */

static int write_chunks(Writing *x, const StateTable *t, int64_t attempt, int64_t from, int64_t to) {
        ChunkRange range = { .from = from, .to = to };
        char hash[BASE64_SIZE(SHA256_SIZE)];
        int rc = chunk_range_read(x->s->changes->chunks, attempt, &range), r;

        if (rc != SQLITE_OK)
                return store_result(x->s, rc);
        if (range.rows == 0)
                return 0;
        to_base64(range.hash, SHA256_SIZE, hash, sizeof(hash));
        entry_begin(x, t);
        jsonw_int(x->w, attempt);
        jsonw_object(x->w);
        jsonw_member_int(x->w, "from", range.from);
        jsonw_member_int(x->w, "to", range.to);
        jsonw_member_int(x->w, "samples", range.samples);
        jsonw_member_string(x->w, "#", hash);
        jsonw_object_end(x->w);
        r = entry_end(x);
        return r;
}

static int write_chunk_note(Writing *x, const Note *n) {
        const StateTable *t = x->s->changes->tables.table + n->table;
        int64_t attempt;
        int r = 0;

        memcpy(&attempt, x->s->changes->bytes + n->key + 1, sizeof(attempt));
        if (n->removed) {
                entry_begin(x, t);
                jsonw_int(x->w, attempt);
                jsonw_null(x->w);
                r = entry_end(x);
        }
        return r < 0 ? r : write_chunks(x, t, attempt, n->removed ? INT64_MIN : n->from, n->removed ? INT64_MAX : n->to);
}

int changes_write(Store *s, JsonWriter *w, Head *head, int64_t at_us) {
        Writing x = { .s = s, .w = w, .head = head, .at_us = at_us };
        Changes *c = s->changes;
        int r = c->failed;

        for (size_t i = 0; i < c->n && r == 0; i++)
                r = c->tables.table[c->notes[i].table].kind == TABLE_CHUNKS ? write_chunk_note(&x, c->notes + i) :
                                                                              write_note(&x, c->notes + i, false);
        if (r == 0 && x.open && x.rising)
                r = write_note(&x, x.rising, true);
        if (r == 0)
                r = record_close(&x);
        if (r == 0)
                forget(c);
        return r;
}

/* --- all of it --- */

static int base_chunks(Writing *x, const StateTable *t) {
        sqlite3_stmt *stmt = NULL;
        int64_t attempt = INT64_MIN;
        int rc = sqlite3_prepare_v2(x->s->db, TABLE_SQL_CHUNKS_AFTER, -1, &stmt, NULL), r = 0;

        while (rc == SQLITE_OK && r == 0) {
                sqlite3_bind_int64(stmt, 1, attempt);
                rc = sqlite3_step(stmt);
                if (rc != SQLITE_ROW)
                        break;
                attempt = sqlite3_column_int64(stmt, 0);
                rc = sqlite3_reset(stmt);
                r = write_chunks(x, t, attempt, INT64_MIN, INT64_MAX);
        }
        sqlite3_finalize(stmt);
        return r < 0 ? r : store_result(x->s, rc);
}

static int base_table(Writing *x, const StateTable *t) {
        _cleanup_(freep) char *sql = table_sql_all(t);
        sqlite3_stmt *stmt = NULL;
        int rc, r = 0;

        if (!sql)
                return -ENOMEM;
        rc = sqlite3_prepare_v2(x->s->db, sql, -1, &stmt, NULL);
        while (rc == SQLITE_OK && r == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
                rc = SQLITE_OK;
                if (table_row_excepted(t, stmt))
                        continue;
                entry_begin(x, t);
                table_write_key(x->w, t, stmt);
                write_row(x, t, stmt, 0, true, false);
                r = entry_end(x);
        }
        sqlite3_finalize(stmt);
        return r < 0 ? r : store_result(x->s, rc);
}

int changes_base(Store *s, JsonWriter *w, Head *head, int64_t at_us) {
        Writing x = { .s = s, .w = w, .head = head, .at_us = at_us, .base = true };
        const Tables *t = &s->changes->tables;
        int r = 0;

        record_open(&x);
        for (size_t i = 0; i < t->n && r == 0; i++)
                if (t->table[i].kind != TABLE_MESSAGES)
                        r = t->table[i].kind == TABLE_CHUNKS ? base_chunks(&x, t->table + i) : base_table(&x, t->table + i);
        if (r == 0)
                r = record_close(&x);
        if (r == 0)
                forget(s->changes);
        return r;
}

/* --- life --- */

int changes_open(Store *s) {
        Changes *c = s->changes = calloc(1, sizeof(*c));
        int rc;

        if (!c)
                return -ENOMEM;
        if (!sqlite3_preupdate_hook || !sqlite3_preupdate_old || !sqlite3_preupdate_new) {
                snprintf(s->why, sizeof(s->why), "this SQLite tells nobody what changes: it was built without "
                                                 "SQLITE_ENABLE_PREUPDATE_HOOK. Use Debian's libsqlite3-0");
                return -ENOTSUP;
        }
        rc = tables_read(s->db, &c->tables, s->why, sizeof(s->why));
        if (rc == SQLITE_MISMATCH)
                return -EPROTO;
        if (rc == SQLITE_OK)
                rc = sqlite3_prepare_v3(s->db, TABLE_SQL_CHUNKS, -1, SQLITE_PREPARE_PERSISTENT, &c->chunks, NULL);
        c->store = s;
        c->items = table_of(c, "item");
        c->sessions = table_of(c, "session");
        if (rc == SQLITE_OK)
                sqlite3_preupdate_hook(s->db, on_change, c);
        return store_result(s, rc);
}

void changes_close(Store *s) {
        Changes *c = s->changes;

        if (!c)
                return;
        for (size_t i = 0; i < c->tables.n; i++)
                sqlite3_finalize(c->row[i]);
        sqlite3_finalize(c->chunks);
        free(c->notes);
        free(c->index);
        free(c->bytes);
        free(TAKE(s->changes));
}
