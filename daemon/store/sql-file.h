/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * SQL about a ledger as a file: before it is served, as a copy, and as the verifier reads it, with the scratch file that
 * it keeps. Each is asked once, of whatever connection is at hand. What the daemon asks of the ledger that it serves
 * stands in sql.h, the schema in schema.c.
 */
#include "store/restore.h"

#define FILE_SQL_APPLICATION "PRAGMA application_id"
#define FILE_SQL_VERSION "PRAGMA user_version"
#define FILE_SQL_SCHEMA "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name"
#define FILE_SQL_SCHEMA_COUNT "SELECT count(*) FROM sqlite_schema"
/* Leads to the chain's last page. */
#define FILE_SQL_LOOK "SELECT count(*) FROM audit WHERE i > (SELECT max(i) FROM audit) - 2"

/* --- backup.c, restore.c: a copy --- */

#define COPY_SQL_OPEN                                                                                                 \
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-512;"
#define COPY_SQL_HEAD "SELECT i, hash FROM audit ORDER BY i DESC LIMIT 1"
/* %lld: when, microseconds */
#define COPY_SQL_MARK                                                                                                 \
        "INSERT INTO meta (name, value) VALUES ('" META_COPY "', %lld) "                                              \
        "ON CONFLICT (name) DO UPDATE SET value = excluded.value"
#define COPY_SQL_CLOSE "PRAGMA journal_mode=DELETE"

/* --- verify.c --- */

#define VERIFY_SQL_OPEN                                                                                               \
        "PRAGMA locking_mode=EXCLUSIVE; PRAGMA query_only=ON; PRAGMA trusted_schema=OFF;"                             \
        "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0; PRAGMA cache_size=-8192;"
#define VERIFY_SQL_STRUCTURE "PRAGMA integrity_check(1)"
#define VERIFY_SQL_LOG "SELECT value FROM meta WHERE name = 'log'"
#define VERIFY_SQL_COPIED "SELECT value FROM meta WHERE name = '" META_COPY "'"
#define VERIFY_SQL_LAST "SELECT max(i) FROM audit"
#define VERIFY_SQL_RECORDS "SELECT i, record, hash FROM audit ORDER BY i"
/* As verify.c numbers them: M_I, M_AT, and so on. */
#define VERIFY_SQL_MESSAGES                                                                                           \
        "SELECT i, at_us, stream, seq, topic, held, refused, salt, digest, raw FROM message ORDER BY i"
#define VERIFY_SQL_STREAM "SELECT id FROM stream WHERE kind = ? AND device = ? AND boot = ?"
#define VERIFY_SQL_KEYS "SELECT public_key FROM key WHERE state <> ? ORDER BY id DESC"
#define VERIFY_SQL_CHUNK_COUNT "SELECT count(*) FROM sample_chunk"

/* --- verify-state.c: what the records say, in a file without a name --- */

/* row: {"column":[value, number of the record that said it last]}. */
#define SCRATCH_SQL_OPEN                                                                                              \
        "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-8192;"                                   \
        "CREATE TABLE state (tab INTEGER, key TEXT, row TEXT, PRIMARY KEY (tab, key)) WITHOUT ROWID;"                 \
        "CREATE TABLE chunk (attempt INTEGER, start INTEGER, stop INTEGER, samples INTEGER, hash TEXT, i INTEGER,"    \
        " PRIMARY KEY (attempt, start)) WITHOUT ROWID;"                                                               \
        "BEGIN"
/* %td: the number of the table whose rows stay */
#define SCRATCH_SQL_EMPTY "DELETE FROM chunk; DELETE FROM state WHERE tab <> %td"

#define SCRATCH_STATEMENTS(X)                                                                                         \
        X(PUT, "INSERT OR REPLACE INTO state (tab, key, row) VALUES (?, ?, ?)")                                       \
        X(GET, "SELECT row FROM state WHERE tab = ? AND key = ?")                                                     \
        X(DROP, "DELETE FROM state WHERE tab = ? AND key = ?")                                                        \
        X(KEYS, "SELECT key, row FROM state WHERE tab = ?")                                                           \
        X(CHUNK_PUT, "INSERT OR REPLACE INTO chunk (attempt, start, stop, samples, hash, i) VALUES (?, ?, ?, ?, ?, ?)")\
        X(CHUNK_DROP, "DELETE FROM chunk WHERE attempt = ?")                                                          \
        X(CHUNK_ALL, "SELECT attempt, start, stop, samples, hash, i FROM chunk ORDER BY attempt, start")
