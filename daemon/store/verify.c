/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the chain does most of it: each record's hash, the heads, the messages beside it (both are in the order
 * of their number, so two cursors go along), and what the state becomes. Nothing that is read is trusted before it is
 * compared; a ledger that somebody wrote by hand gets a sentence, whatever it holds.
 */
#include "store/verify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>

#include "codec/base64.h"
#include "store/personal.h"
#include "store/keys.h"
#include "store/schema.h"
#include "store/sha256.h"
#include "store/sql-file.h"
#include "store/verify-state.h"

#define PROGRESS_EVERY 20000 /* records */

int verify_found(Verify *v, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(v->ret->why, sizeof(v->ret->why), format, ap);
        va_end(ap);
        return 1;
}

int verify_error(Verify *v, int error, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(v->ret->why, sizeof(v->ret->why), format, ap);
        va_end(ap);
        return error;
}

int verify_sqlite(Verify *v, sqlite3 *db, int rc) {
        const int primary = rc & 0xff;

        if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
                return 0;
        if (db == v->db && (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB || primary == SQLITE_ERROR))
                return verify_found(v, "the file is damaged: %s", sqlite3_errmsg(db));
        if (primary == SQLITE_BUSY)
                return verify_error(v, -EBUSY, "%s is open in a daemon; verify a copy of it", v->options->path);
        return verify_error(v, primary == SQLITE_NOMEM ? -ENOMEM : primary == SQLITE_FULL ? -ENOSPC : -EIO, "%s: %s",
                            db == v->db ? v->options->path : "the scratch file", sqlite3_errmsg(db));
}

static void progress(const Verify *v, const char *what, int64_t done, int64_t total) {
        if (v->options->progress)
                v->options->progress(v->options->userdata, what, done, total);
}

/* --- opening --- */

/* As a URI, with everything quoted that could mean something there. */
static char *uri_of(const char *path, const char *query) {
        char *uri = malloc(strlen(path) * 3 + strlen(query) + 8), *at;

        if (!uri)
                return NULL;
        at = stpcpy(uri, "file:");
        for (const char *c = path; *c; c++)
                if (strchr("/._-", *c) || (*c >= '0' && *c <= '9') || (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z'))
                        *at++ = *c;
                else
                        at += sprintf(at, "%%%02x", (unsigned char)*c);
        strcpy(at, query);
        return uri;
}

/* With a log of its own beside it the file is not whole without that; then nobody else may have it open. */
static int has_log(const char *path, bool *ret) {
        _cleanup_(freep) char *log = NULL;
        struct stat st;

        if (stat(path, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode))
                return -EINVAL;
        if (asprintf(&log, "%s-wal", path) < 0)
                return -ENOMEM;
        *ret = stat(log, &st) == 0 && st.st_size > 0;
        return 0;
}

/* A ledger has none, but SQLite would write what stands in it over the file at the next start. */
static bool has_journal(const char *path) {
        _cleanup_(freep) char *journal = NULL;
        struct stat st;

        if (asprintf(&journal, "%s-journal", path) < 0)
                return true;
        return stat(journal, &st) == 0 && st.st_size > 0;
}

static int open_ledger(Verify *v) {
        _cleanup_(freep) char *uri = NULL;
        bool log = false;
        int rc, r = has_log(v->options->path, &log);

        if (r < 0)
                return verify_error(v, r, "%s: %s", v->options->path, strerror(-r));
        if (has_journal(v->options->path))
                return verify_found(v, "beside it lies %.500s-journal, which no ledger has: what stands in that would be "
                                    "written over the ledger at the next start", v->options->path);
        uri = uri_of(v->options->path, log ? "?mode=rw" : "?mode=ro&immutable=1");
        if (!uri)
                return verify_error(v, -ENOMEM, "%s", strerror(ENOMEM));
        rc = sqlite3_open_v2(uri, &v->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_URI, NULL);
        sqlite3_extended_result_codes(v->db, 1);
        if (rc == SQLITE_OK)
                rc = sqlite3_exec(v->db, VERIFY_SQL_OPEN, NULL, NULL, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_db_config(v->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_db_config(v->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        return verify_sqlite(v, v->db, rc);
}

/* One value, as text; empty: no row. */
static int ask(Verify *v, const char *sql, char *ret, size_t size) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(v->db, sql, -1, &stmt, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_step(stmt);
        snprintf(ret, size, "%s", (rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL) ?: "");
        sqlite3_finalize(stmt);
        return verify_sqlite(v, v->db, rc);
}

static int check_identity(Verify *v) {
        char id[32], version[32], copied[32];
        int r = ask(v, FILE_SQL_APPLICATION, id, sizeof(id));

        if (r == 0)
                r = ask(v, FILE_SQL_VERSION, version, sizeof(version));
        if (r != 0)
                return r;
        if (strtoll(id, NULL, 10) != SCHEMA_APPLICATION_ID)
                return verify_error(v, -EPROTO, "%s is not an Asepsis ledger", v->options->path);
        if (strtoll(version, NULL, 10) > (int64_t)schema_n_migrations)
                return verify_error(v, -EPROTO, "it was written by a newer Asepsis (schema %s, this one knows %zu); "
                                    "verify it with that one", version, schema_n_migrations);
        if (strtoll(version, NULL, 10) < (int64_t)schema_n_migrations)
                return verify_error(v, -EPROTO, "it was written by an older Asepsis (schema %s, this one has %zu); "
                                    "verify it with that one, or have a daemon started on it once", version,
                                    schema_n_migrations);
        r = ask(v, VERIFY_SQL_LOG, v->ret->log, sizeof(v->ret->log));
        if (r == 0)
                r = ask(v, VERIFY_SQL_COPIED, copied, sizeof(copied));
        v->ret->copied_us = r == 0 ? strtoll(copied, NULL, 10) : 0;
        return r;
}

static int check_structure(Verify *v) {
        char said[512];
        int r;

        progress(v, "the file's structure", 0, 0);
        r = ask(v, VERIFY_SQL_STRUCTURE, said, sizeof(said));
        return r != 0 || streq(said, "ok") ? r : verify_found(v, "the file is damaged: %s", said);
}

/* --- schema: a trigger or a view would lie --- */

/* Made once, and kept: it is the same for every file, and takes longer to make than a small file to verify. */
static int fresh_schema(sqlite3 **ret) {
        static sqlite3 *fresh;
        sqlite3 *db = fresh;
        int rc = db ? SQLITE_OK : sqlite3_open(":memory:", &db);

        for (size_t i = 0; i < schema_n_migrations && rc == SQLITE_OK && !fresh; i++)
                rc = sqlite3_exec(db, schema_migrations[i], NULL, NULL, NULL);
        if (rc == SQLITE_OK)
                *ret = fresh = db;
        else
                sqlite3_close(db);
        return rc;
}

static const char *text_at(sqlite3_stmt *stmt, int c) {
        return (const char *)sqlite3_column_text(stmt, c) ?: "";
}

static int compare_schema(Verify *v, sqlite3_stmt *is, sqlite3_stmt *wanted) {
        for (;;) {
                int a = sqlite3_step(is), b = sqlite3_step(wanted);

                if ((a != SQLITE_ROW && a != SQLITE_DONE) || (b != SQLITE_ROW && b != SQLITE_DONE))
                        return verify_sqlite(v, v->db, a != SQLITE_ROW && a != SQLITE_DONE ? a : SQLITE_NOMEM);
                if (a == SQLITE_DONE && b == SQLITE_DONE)
                        return 0;
                for (int c = 0; c < 4; c++)
                        if (a != b || !streq(text_at(is, c), text_at(wanted, c)))
                                return verify_found(v, "the schema is not that of a ledger, at %s %s: something was added, "
                                                    "changed or removed", text_at(a == SQLITE_ROW ? is : wanted, 0),
                                                    text_at(a == SQLITE_ROW ? is : wanted, 1));
        }
}

static int check_schema(Verify *v) {
        sqlite3_stmt *is = NULL, *wanted = NULL;
        sqlite3 *fresh = NULL;
        int rc = fresh_schema(&fresh), r;

        if (rc == SQLITE_OK)
                rc = sqlite3_prepare_v2(fresh, FILE_SQL_SCHEMA, -1, &wanted, NULL);
        r = verify_sqlite(v, fresh, rc);
        if (r == 0)
                r = verify_sqlite(v, v->db, sqlite3_prepare_v2(v->db, FILE_SQL_SCHEMA, -1, &is, NULL));
        if (r == 0)
                r = compare_schema(v, is, wanted);
        sqlite3_finalize(is);
        sqlite3_finalize(wanted);
        if (r == 0)
                r = verify_sqlite(v, v->db, tables_read(v->db, &v->tables, v->ret->why, sizeof(v->ret->why)));
        return r;
}

/* --- messages --- */

typedef struct Walk {
        Verify *v;
        sqlite3_stmt *record, *message, *stream;
        bool message_there; /* the cursor of messages stands on a row */
        int64_t i;          /* of the record at hand */
        json_t *json;
        const char *type;
} Walk;

enum { M_I, M_AT, M_STREAM, M_SEQ, M_TOPIC, M_HELD, M_REFUSED, M_SALT, M_DIGEST, M_RAW };

static int message_next(Walk *x) {
        int rc = sqlite3_step(x->message);

        x->message_there = rc == SQLITE_ROW;
        return verify_sqlite(x->v, x->v->db, rc);
}

static const char *member(const Walk *x, const char *name) {
        return json_string_value(json_object_get(x->json, name));
}

/* asepsis/v1/SITE/up/KIND/DEVICE/MESSAGE: kind and device. */
static bool speaker_of(const char *topic, char kind[static 32], char device[static LABEL_MAX + 1]) {
        const char *at = topic, *end;

        for (int i = 0; i < 4 && at; i++) {
                at = strchr(at, '/');
                at = at ? at + 1 : NULL;
        }
        end = at ? strchr(at, '/') : NULL;
        if (!end || end - at >= 32)
                return false;
        snprintf(kind, 32, "%.*s", (int)(end - at), at);
        at = end + 1;
        end = strchr(at, '/');
        if (!end || end - at > LABEL_MAX)
                return false;
        snprintf(device, LABEL_MAX + 1, "%.*s", (int)(end - at), at);
        return true;
}

/* The number of the stream that the record's boot is; 0: none. */
static int stream_of(Walk *x, int64_t *ret) {
        char kind[32], device[LABEL_MAX + 1];
        const char *boot = member(x, "boot");
        int rc;

        *ret = 0;
        if (!boot || !speaker_of(member(x, "topic") ?: "", kind, device))
                return 0;
        sqlite3_bind_text(x->stream, 1, kind, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(x->stream, 2, device, -1, SQLITE_TRANSIENT);
        sqlite3_bind_text(x->stream, 3, boot, -1, SQLITE_TRANSIENT);
        rc = sqlite3_step(x->stream);
        if (rc == SQLITE_ROW)
                *ret = sqlite3_column_int64(x->stream, 0);
        sqlite3_reset(x->stream);
        return verify_sqlite(x->v, x->v->db, rc);
}

static int message_digest(Walk *x) {
        sqlite3_stmt *m = x->message;
        const void *salt = sqlite3_column_blob(m, M_SALT), *digest = sqlite3_column_blob(m, M_DIGEST);
        const int n_salt = sqlite3_column_bytes(m, M_SALT), n_digest = sqlite3_column_bytes(m, M_DIGEST);
        const bool kept = sqlite3_column_type(m, M_RAW) != SQLITE_NULL;
        char text[BASE64_SIZE(HASH_SIZE)];
        uint8_t again[HASH_SIZE];
        int r;

        if (n_digest != HASH_SIZE || (n_salt != SALT_SIZE && (n_salt != 0 || kept)))
                return verify_found(x->v, "message %" PRId64 ": its salt or digest has another length", x->i);
        to_base64(digest, HASH_SIZE, text, sizeof(text));
        if (!streq(text, member(x, "payload") ?: ""))
                return verify_found(x->v, "message %" PRId64 ": the table has another digest than its record", x->i);
        if (!kept)
                return 0;
        r = ledger_digest(salt, text_at(m, M_TOPIC), sqlite3_column_blob(m, M_RAW) ?: "",
                          (size_t)sqlite3_column_bytes(m, M_RAW), again);
        if (r < 0)
                return verify_error(x->v, r, "libcrypto failed");
        return memcmp(again, digest, HASH_SIZE) == 0 ? 0 : verify_found(x->v, "message %" PRId64
                                                                        ": what stands there is not what came; it does not fit the digest in record %" PRId64,
                                                                        x->i, x->i);
}

/* What is fixed for ever. */
static int message_fits(Walk *x) {
        sqlite3_stmt *m = x->message;
        const json_t *seq = json_object_get(x->json, "seq");
        const char *topic = member(x, "topic") ?: "", *other = NULL;
        int64_t stream;
        int r = stream_of(x, &stream);

        if (r != 0)
                return r;
        if (!streq(topic, text_at(m, M_TOPIC)) || (size_t)sqlite3_column_bytes(m, M_TOPIC) != strlen(topic))
                other = "topic";
        else if (sqlite3_column_int64(m, M_AT) != json_integer_value(json_object_get(x->json, "at_us")))
                other = "time";
        else if (sqlite3_column_int64(m, M_STREAM) != stream)
                other = "stream";
        else if (sqlite3_column_int64(m, M_SEQ) != (seq ? json_integer_value(seq) : x->i))
                other = "number";
        return other ? verify_found(x->v, "message %" PRId64 ": the table has another %s than its record", x->i, other) : 0;
}

/* What can become otherwise: as its record says, it needs no words. */
static int message_state(Walk *x) {
        sqlite3_stmt *m = x->message;
        const char *topic = member(x, "topic") ?: "", *order = member(x, "order"), *last = strrchr(topic, '/');
        const bool refused = streq(x->type, "refused"), held = order && streq(order, "held");
        const bool raw = !refused && (order || !last || !streq(last, "/sample"));

        if (!refused && !held && sqlite3_column_int64(m, M_HELD) == 0 &&
            sqlite3_column_type(m, M_REFUSED) == SQLITE_NULL && (sqlite3_column_type(m, M_RAW) != SQLITE_NULL) == raw)
                return 0;
        return scratch_message(x->v, x->i, json_integer(held), refused ? json_false() : json_null(),
                               raw ? json_true() : json_null());
}

static int check_message(Walk *x) {
        const bool is_message = streq(x->type, "message"), may = is_message || streq(x->type, "refused");
        int64_t row = x->message_there ? sqlite3_column_int64(x->message, M_I) : INT64_MAX;
        int r;

        if (row < x->i || (row == x->i && !may))
                return verify_found(x->v, "message %" PRId64 ": the table has it, and no record brought it", row);
        if (row > x->i)
                return is_message ? verify_found(x->v, "message %" PRId64 ": record %" PRId64 " brought it, and the table "
                                                 "does not have it", x->i, x->i) :
                                    0;
        x->v->ret->messages++;
        r = message_fits(x);
        if (r == 0)
                r = message_digest(x);
        if (r == 0)
                r = message_state(x);
        return r != 0 ? r : message_next(x);
}

/* --- the chain --- */

static int check_heads(Verify *v, const Head *at) {
        for (size_t i = 0; i < v->options->n_heads; i++) {
                const Head *h = v->options->heads + i;
                char is[BASE64_SIZE(HASH_SIZE)], was[BASE64_SIZE(HASH_SIZE)];

                if (h->size != at->size || memcmp(h->hash, at->hash, HASH_SIZE) == 0)
                        continue;
                to_base64(at->hash, HASH_SIZE, is, sizeof(is));
                to_base64(h->hash, HASH_SIZE, was, sizeof(was));
                return verify_found(v, "the head of %" PRId64 " records that was handed out is %s; this chain has %s there. "
                                    "It is another chain, or was changed below that", at->size, was, is);
        }
        return 0;
}

static int check_missing_heads(Verify *v) {
        for (size_t i = 0; i < v->options->n_heads; i++)
                if (v->options->heads[i].size > v->ret->head.size)
                        return verify_found(v, "a head of %" PRId64 " records was handed out, and there are only %" PRId64
                                            ": the end was cut off, or this is an older copy", v->options->heads[i].size,
                                            v->ret->head.size);
        return 0;
}

static int check_link(Walk *x, const char *record, size_t n) {
        VerifyResult *ret = x->v->ret;
        const void *hash = sqlite3_column_blob(x->record, 2);
        Head next;
        int r;

        if (x->i != ret->head.size + 1)
                return verify_found(x->v, "record %" PRId64 " is missing", ret->head.size + 1);
        r = ledger_chain(&ret->head, record, n, &next);
        if (r < 0)
                return verify_error(x->v, r, "libcrypto failed");
        if (sqlite3_column_bytes(x->record, 2) != HASH_SIZE || memcmp(hash, next.hash, HASH_SIZE) != 0)
                return verify_found(x->v, "record %" PRId64 " does not fit its hash and the record before it", x->i);
        ret->head = next;
        return check_heads(x->v, &next);
}

static int check_record(Walk *x) {
        const char *record = (const char *)sqlite3_column_text(x->record, 1);
        const size_t n = (size_t)sqlite3_column_bytes(x->record, 1);
        VerifyResult *ret = x->v->ret;
        const json_t *at;
        int r = check_link(x, record, n);

        if (r != 0)
                return r;
        x->json = json_loadb(record, n, JSON_REJECT_DUPLICATES, NULL);
        x->type = x->json ? member(x, "type") : NULL;
        at = json_object_get(x->json, "at_us");
        if (!x->type || !json_is_integer(at))
                return verify_found(x->v, "record %" PRId64 " is none: it has no type or no time", x->i);
        ret->last_us = json_integer_value(at);
        if (x->i == 1)
                ret->first_us = ret->last_us;
        r = check_message(x);
        if (r == 0 && streq(x->type, "changes"))
                r = scratch_apply(x->v, x->i, x->json);
        return r;
}

static int walk_records(Walk *x) {
        Verify *v = x->v;
        char last[32];
        int rc, r = ask(v, VERIFY_SQL_LAST, last, sizeof(last));

        if (r == 0)
                r = message_next(x);
        while (r == 0 && (rc = sqlite3_step(x->record)) != SQLITE_DONE) {
                if (rc != SQLITE_ROW)
                        return verify_sqlite(v, v->db, rc);
                x->i = sqlite3_column_int64(x->record, 0);
                if (x->i % PROGRESS_EVERY == 0)
                        progress(v, "records", x->i, strtoll(last, NULL, 10));
                r = check_record(x);
                json_decref(TAKE(x->json));
        }
        if (r == 0 && x->message_there)
                r = verify_found(v, "message %" PRId64 ": the table has it, and no record brought it",
                                 (int64_t)sqlite3_column_int64(x->message, M_I));
        return r;
}

static int check_chain(Verify *v) {
        Walk x = { .v = v };
        int rc = sqlite3_prepare_v2(v->db, VERIFY_SQL_RECORDS, -1, &x.record, NULL), r;

        if (rc == SQLITE_OK)
                rc = sqlite3_prepare_v2(v->db, VERIFY_SQL_MESSAGES, -1, &x.message, NULL);
        if (rc == SQLITE_OK)
                rc = sqlite3_prepare_v2(v->db, VERIFY_SQL_STREAM, -1, &x.stream, NULL);
        r = verify_sqlite(v, v->db, rc);
        if (r == 0)
                r = walk_records(&x);
        sqlite3_finalize(x.record);
        sqlite3_finalize(x.message);
        sqlite3_finalize(x.stream);
        if (r == 0)
                r = check_missing_heads(v);
        if (r == 0 && v->ret->base_i == 0)
                r = verify_found(v, "no record says what the state was to begin with");
        return r;
}

int verify_ledger(const VerifyOptions *o, VerifyResult *ret) {
        Verify v = { .options = o, .ret = ret };
        int r;

        *ret = (VerifyResult){};
        r = sha256_init() < 0 ? verify_error(&v, -ENOTSUP, "libcrypto has no SHA-256") : open_ledger(&v);
        if (r == 0)
                r = check_identity(&v);
        if (r == 0)
                r = check_structure(&v);
        if (r == 0)
                r = check_schema(&v);
        if (r == 0)
                r = scratch_open(&v);
        if (r == 0)
                r = check_chain(&v);
        if (r == 0)
                r = scratch_compare(&v);
        scratch_free(v.scratch);
        jsonw_done(&v.w);
        sqlite3_close(v.db);
        return r;
}

/* --- before it is verified --- */

static int read_keys(Verify *v, VerifyKeys *ret) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(v->db, VERIFY_SQL_KEYS, -1, &stmt, NULL);

        *ret = (VerifyKeys){};
        if (rc == SQLITE_OK)
                rc = sqlite3_bind_int(stmt, 1, KEY_COMPROMISED);
        while (rc == SQLITE_OK && ret->n < VERIFY_KEYS_MAX && (rc = sqlite3_step(stmt)) == SQLITE_ROW) {
                snprintf(ret->v[ret->n++], sizeof(ret->v[0]), "%s", text_at(stmt, 0));
                rc = SQLITE_OK;
        }
        sqlite3_finalize(stmt);
        return verify_sqlite(v, v->db, rc);
}

int verify_keys(const char *path, char ret_log[static LABEL_MAX + 1], VerifyKeys *ret, char why[static VERIFY_WHY_MAX]) {
        const VerifyOptions o = { .path = path };
        VerifyResult result = {};
        Verify v = { .options = &o, .ret = &result };
        int r = open_ledger(&v);

        if (r == 0)
                r = check_identity(&v);
        if (r == 0)
                r = read_keys(&v, ret);
        sqlite3_close(v.db);
        memcpy(ret_log, result.log, LABEL_MAX + 1);
        memcpy(why, result.why, VERIFY_WHY_MAX);
        return r > 0 ? -EBADMSG : r;
}
