/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Tables: what the state consists of, and how a value of it is written where it must be compared again: in the chain by
 * changes.c, from the tables by verify.c. Read from the file's own schema, so that a new table belongs to the state
 * without anybody having to think of it; the exceptions stand in tables.c.
 *
 * A value is written as
 *   null, a number, a string           as it stands
 *   {"b": base64url}                   bytes, and text that is no text (a NUL in it, or no UTF-8)
 *   {"#": base64url(SHA-256(value))}   what is long, or stands in other records already
 *   {"#": base64url(SHA-256(salt | name | 0x00 | value))}   what is personal and not empty: see personal.h
 *   {"r": "0.5"}                       a floating number; there is none in a sound ledger
 *   true                               message.raw, where it is kept: its digest stands in the message's own record
 */
#include <sqlite3.h>

#include "codec/jsonw.h"
#include "store/sha256.h"
#include "util.h"

#define TABLES_MAX 56
#define TABLE_COLUMNS_MAX 48
#define TABLE_KEYS_MAX 2
#define TABLE_NAME_MAX 24
#define VALUE_PLAIN_MAX 1024 /* bytes; what is longer is written as its hash */

typedef enum ColumnKind {
        COLUMN_PLAIN,
        COLUMN_DIGEST,
        COLUMN_PERSONAL,
        COLUMN_KEPT, /* message.raw */
        COLUMN_SALT, /* not written */
        COLUMN_OWN,  /* not written: the row's own audit record says it */
} ColumnKind;

typedef struct StateColumn {
        char name[TABLE_NAME_MAX];
        ColumnKind kind;
} StateColumn;

typedef enum TableKind {
        TABLE_ROWS,     /* each row by its key */
        TABLE_MESSAGES, /* what changed in a row after its own record; see changes.h */
        TABLE_CHUNKS,   /* samples: the rows of an attempt together */
} TableKind;

typedef struct StateTable {
        char name[TABLE_NAME_MAX];
        TableKind kind;
        int n_columns, n_keys;
        int keys[TABLE_KEYS_MAX]; /* columns, in the order of the primary key */
        int salt;                 /* column; -1: none */
        bool rowid;               /* the one key is the row's number */
        StateColumn columns[TABLE_COLUMNS_MAX];
} StateTable;

typedef struct Tables {
        size_t n;
        StateTable table[TABLES_MAX];
} Tables;

/* Of an open database: 0, or SQLite's code; SQLITE_MISMATCH: a table that cannot be followed, named in why. */
int tables_read(sqlite3 *db, Tables *ret, char *why, size_t n_why);
/* NULL: none of that name. */
const StateTable *tables_find(const Tables *t, const char *name);

/* Column c of the row that stmt stands on; stmt is a SELECT * of the table. */
void table_write_value(JsonWriter *w, const StateTable *t, int c, sqlite3_stmt *stmt);
/* A value that is in no row any more. A NUL follows it. */
void table_write_bytes(JsonWriter *w, const void *p, size_t n, bool text);
/* Its key: the value, or an array of two. */
void table_write_key(JsonWriter *w, const StateTable *t, sqlite3_stmt *stmt);
/* Has it just the salt that it needs? */
bool table_salt_fits(const StateTable *t, sqlite3_stmt *stmt);
/* Not in the chain: the mark that a copy carries, as whoever copies does not write the chain; and where the clocks stood,
 * which says nothing that wall_mark_us does not hold against. */
bool table_row_excepted(const StateTable *t, sqlite3_stmt *stmt);
/* wall_mark_us, the highest wall time seen: it moves each second, and is written along with other things only. So the
 * table may say more than the chain, which locks; less may not be. */
bool table_row_rises(const StateTable *t, sqlite3_stmt *stmt);

/* SELECT * of a table, one row by its key (bound from ?1), or all in the order of the key. To be freed. */
char *table_sql_row(const StateTable *t);
char *table_sql_all(const StateTable *t);

/* Rows of sample_chunk, by TABLE_SQL_CHUNKS: from and to bound what is read, and become what was there. */
typedef struct ChunkRange {
        int64_t from, to, rows, samples;
        uint8_t hash[SHA256_SIZE];
} ChunkRange;
int chunk_range_read(sqlite3_stmt *chunks, int64_t attempt, ChunkRange *range);
