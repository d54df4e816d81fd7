/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SQLite 3.40.1 can corrupt a file in WAL mode that two connections write or checkpoint at once. So there is one
 * connection with an exclusive lock, and whatever we rely on is read back after it was asked for. SQLITE_FULL and
 * SQLITE_IOERR may end the transaction behind our back; from then on nothing commits, and the process is restarted.
 */
#include "store/stmt.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "store/backup.h"
#include "store/blocks.h"
#include "store/schema.h"
#include "store/sha256.h"
#include "store/sql-file.h"

/* The one place that translates SQLite's codes. */
static int translate(Store *s, int rc) {
        int primary = rc & 0xff;

        if (rc == SQLITE_OK || rc == SQLITE_ROW || rc == SQLITE_DONE)
                return 0;
        snprintf(s->why, sizeof(s->why), "%s", s->db ? sqlite3_errmsg(s->db) : sqlite3_errstr(rc));
        if (primary == SQLITE_CONSTRAINT)
                return -EEXIST;
        if (primary == SQLITE_NOMEM)
                return -ENOMEM;
        if (primary == SQLITE_BUSY || primary == SQLITE_LOCKED)
                return -EBUSY;
        if (primary == SQLITE_IOERR || primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ||
            primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN)
                s->spoiled = true;
        if (primary == SQLITE_FULL)
                return -ENOSPC;
        if (primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB)
                return -EBADMSG;
        if (primary == SQLITE_IOERR || primary == SQLITE_READONLY || primary == SQLITE_CANTOPEN)
                return -EIO;
        return -EINVAL;
}

int store_result(Store *s, int rc) {
        return translate(s, rc);
}

static int exec(Store *s, const char *sql) {
        return translate(s, sqlite3_exec(s->db, sql, NULL, NULL, NULL));
}

/* One value of a pragma, as text. */
static int pragma(Store *s, const char *sql, char *ret, size_t size) {
        sqlite3_stmt *stmt = NULL;
        int r = translate(s, sqlite3_prepare_v2(s->db, sql, -1, &stmt, NULL));

        if (r < 0)
                return r;
        int rc = sqlite3_step(stmt);
        const char *text = rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
        snprintf(ret, size, "%s", text ?: "");
        sqlite3_finalize(stmt);
        return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 : translate(s, rc);
}

static int pragma_must_be(Store *s, const char *set, const char *get, const char *want) {
        char is[64], first[64];
        int r = pragma(s, set, first, sizeof(first));

        if (r < 0)
                return r;
        r = pragma(s, get, is, sizeof(is));
        if (r < 0)
                return r;
        if (!streq(is, want)) {
                snprintf(s->why, sizeof(s->why), "%s gave \"%s\", not \"%s\"", set, is, want);
                return -EIO;
        }
        return 0;
}

/* What the promises rest on, set and read back. Exclusive locking comes before WAL, so that no shared memory is used.
 */
static int set_pragmas(Store *s, int cache_kib) {
        static const struct {
                const char *set, *get, *want;
        } pragmas[] = {
                { "PRAGMA locking_mode=EXCLUSIVE", "PRAGMA main.locking_mode", "exclusive" },
                { "PRAGMA journal_mode=WAL", "PRAGMA journal_mode", "wal" },
                { "PRAGMA synchronous=FULL", "PRAGMA synchronous", "2" },
                { "PRAGMA foreign_keys=ON", "PRAGMA foreign_keys", "1" },
                { "PRAGMA trusted_schema=OFF", "PRAGMA trusted_schema", "0" },
                { "PRAGMA mmap_size=0", "PRAGMA mmap_size", "0" },
                { "PRAGMA cell_size_check=ON", "PRAGMA cell_size_check", "1" },
                { "PRAGMA temp_store=MEMORY", "PRAGMA temp_store", "2" },
                { "PRAGMA journal_size_limit=16777216", "PRAGMA journal_size_limit", "16777216" },
                { "PRAGMA secure_delete=ON", "PRAGMA secure_delete", "1" },
        };
        char cache[48];
        int on = 0, r = 0;

        for (size_t i = 0; i < ELEMENTSOF(pragmas) && r == 0; i++)
                r = pragma_must_be(s, pragmas[i].set, pragmas[i].get, pragmas[i].want);
        if (r < 0)
                return r;
        r = translate(s, sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, &on));
        if (r < 0 || !on)
                return r < 0 ? r : -EIO;
        snprintf(cache, sizeof(cache), "PRAGMA cache_size=-%d", cache_kib > 0 ? cache_kib : 4096);
        return exec(s, cache);
}

static int read_int(Store *s, const char *sql, int *ret) {
        char text[64];
        int r = pragma(s, sql, text, sizeof(text));

        if (r == 0)
                *ret = (int)strtol(text, NULL, 10);
        return r;
}

#define AT_WORK_STEPS 10000 /* of SQLite's virtual machine: a millisecond */
#define BEFORE_PAGES 256    /* copied between two calls */

static void tell_at_work(const StoreOptions *o) {
        if (o->at_work)
                o->at_work(o->userdata);
}

static int on_steps(void *userdata) {
        tell_at_work(userdata);
        return 0;
}

void store_ready(Store *s) {
        statements_drop_passing(s);
        sqlite3_progress_handler(s->db, 0, NULL, NULL);
}

/* A copy beside the ledger, as it was before the migration; SQLite's own backup, not a file copy. */
static int backup_before(Store *s, const StoreOptions *o, int version) {
        _cleanup_(freep) char *to = NULL;
        sqlite3 *copy = NULL;
        int rc;

        if (asprintf(&to, "%s.before-v%d", o->path, version + 1) < 0) {
                to = NULL;
                return -ENOMEM;
        }
        unlink(to);
        rc = sqlite3_open(to, &copy);
        if (rc == SQLITE_OK) {
                sqlite3_backup *b = sqlite3_backup_init(copy, "main", s->db, "main");
                while (b && (rc = sqlite3_backup_step(b, BEFORE_PAGES)) == SQLITE_OK)
                        tell_at_work(o);
                if (!b)
                        rc = sqlite3_errcode(copy);
                else
                        sqlite3_backup_finish(b);
        }
        if (rc == SQLITE_DONE)
                rc = copy_mark(copy, (int64_t)time(NULL) * US_PER_S);
        sqlite3_close(copy);
        return rc == SQLITE_OK || rc == SQLITE_DONE ? 0 : translate(s, rc);
}

static int migrate(Store *s, const StoreOptions *o, StoreOpened *opened) {
        char set[96];
        int id = 0, version = 0, tables = 0, r;

        if ((r = read_int(s, FILE_SQL_APPLICATION, &id)) < 0 ||
            (r = read_int(s, FILE_SQL_VERSION, &version)) < 0 ||
            (r = read_int(s, FILE_SQL_SCHEMA_COUNT, &tables)) < 0)
                return r;
        if (tables > 0 && id != SCHEMA_APPLICATION_ID) {
                snprintf(s->why, sizeof(s->why), "%s is not an Asepsis ledger", o->path);
                return -EPROTO;
        }
        if ((size_t)version > schema_n_migrations) {
                snprintf(s->why, sizeof(s->why), "%s was written by a newer Asepsis (schema %d, this one knows %zu)",
                         o->path, version, schema_n_migrations);
                return -EPROTO;
        }
        *opened = (StoreOpened){ tables == 0, version, (int)schema_n_migrations };
        if ((size_t)version == schema_n_migrations)
                return 0;
        if (tables > 0 && (r = backup_before(s, o, version)) < 0)
                return r;
        if ((r = exec(s, "BEGIN IMMEDIATE")) < 0)
                return r;
        for (size_t i = (size_t)version; i < schema_n_migrations && r == 0; i++)
                r = exec(s, schema_migrations[i]);
        snprintf(set, sizeof(set), "PRAGMA application_id=%d; PRAGMA user_version=%zu;", SCHEMA_APPLICATION_ID,
                 schema_n_migrations);
        if (r == 0)
                r = exec(s, set);
        if (r == 0)
                return exec(s, "COMMIT");
        sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        return r;
}

/* The file's structure, quickly: the whole of it is `audit verify`'s work. */
static int check_structure(Store *s) {
        char is[64];
        int r = pragma(s, FILE_SQL_LOOK, is, sizeof(is));

        return r;
}

/* One thread: no locks, and no count of memory that nobody reads; small blocks from a store of our own. Refused, to no
 * harm, where SQLite is in use already. */
static void configure_library(void) {
        (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
        (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
        (void)sqlite3_config(SQLITE_CONFIG_MALLOC, &blocks_methods);
}

/* Instead of SQLite's own checkpoint within COMMIT, which a decision would wait for. */
static int on_wal(void *userdata, sqlite3 *db, const char *name, int pages) {
        Store *s = userdata;

        (void)db;
        (void)name;
        s->wal_pages = pages;
        return SQLITE_OK;
}

/* new_salt(): see personal.h. SQLite's own randomness is not made for secrets in this version. */
static void new_salt(sqlite3_context *context, int n, sqlite3_value **values) {
        uint8_t salt[PERSONAL_SALT_SIZE];

        (void)n;
        (void)values;
        randombytes_buf(salt, sizeof(salt));
        sqlite3_result_blob(context, salt, sizeof(salt), SQLITE_TRANSIENT);
}

static int open_all(Store *s, StoreOpened *opened) {
        const StoreOptions *o = &s->options;
        int r = translate(s, sqlite3_open_v2(o->path, &s->db,
                                             SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, NULL));

        if (r < 0)
                return r;
        sqlite3_extended_result_codes(s->db, 1);
        sqlite3_wal_hook(s->db, on_wal, s);
        sqlite3_progress_handler(s->db, o->at_work ? AT_WORK_STEPS : 0, on_steps, &s->options);
        r = translate(s, sqlite3_create_function(s->db, "new_salt", 0, SQLITE_UTF8 | SQLITE_DIRECTONLY, NULL, new_salt,
                                                 NULL, NULL));
        if (r < 0)
                return r;
        if ((r = set_pragmas(s, o->cache_kib)) < 0 || (r = migrate(s, o, opened)) < 0)
                return r;
        if ((r = check_structure(s)) < 0)
                return r;
        s->path = realpath(o->path, NULL);
        if (!s->path)
                return -errno;
        r = statements_open(s);
        return r < 0 ? r : changes_open(s);
}

int store_open(Store **ret, const StoreOptions *o, StoreOpened *ret_opened, char why[static STORE_WHY_MAX]) {
        _cleanup_(store_closep) Store *s = calloc(1, sizeof(*s));
        StoreOpened opened = {};
        int r;

        if (!s)
                return -ENOMEM;
        s->witness = -1;
        s->options = *o;
        configure_library();
        r = sha256_init();
        if (r < 0) {
                snprintf(why, STORE_WHY_MAX, "libcrypto has no SHA-256");
                return r;
        }
        r = open_all(s, &opened);
        if (r < 0) {
                snprintf(why, STORE_WHY_MAX, "%s", s->why);
                return r;
        }
        *ret_opened = opened;
        *ret = TAKE(s);
        return 0;
}

/* On a medium that cannot be written SQLite opens a file in WAL mode only where it is told that nobody changes it. What a
 * write-ahead log beside it holds would then be missing, so there must be none. */
static int open_immutable(Store *s, const char *path) {
        _cleanup_(freep) char *log = NULL, *uri = NULL;
        size_t n = 0;

        if (asprintf(&log, "%s-wal", path) < 0) {
                log = NULL;
                return -ENOMEM;
        }
        uri = access(log, F_OK) < 0 ? malloc(strlen(path) * 3 + sizeof("file:?immutable=1")) : NULL;
        if (!uri)
                return -EIO;
        n = (size_t)sprintf(uri, "file:");
        for (const char *p = path; *p; p++)
                n += (size_t)sprintf(uri + n, strchr("%?#", *p) ? "%%%02X" : "%c", (unsigned char)*p);
        strcpy(uri + n, "?immutable=1");
        sqlite3_close(s->db);
        s->db = NULL;
        return translate(s, sqlite3_open_v2(uri, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_URI, NULL));
}

static int open_to_look(Store *s, const char *path) {
        int version = 0, id = 0, on = 0;
        int r = translate(s, sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL));

        if (r == 0)
                r = read_int(s, FILE_SQL_APPLICATION, &id);
        if (r == -EIO) {
                s->spoiled = false;
                r = open_immutable(s, path);
                if (r == 0)
                        r = read_int(s, FILE_SQL_APPLICATION, &id);
        }
        if (r == 0)
                r = read_int(s, FILE_SQL_VERSION, &version);
        if (r == 0 && (id != SCHEMA_APPLICATION_ID || (size_t)version > schema_n_migrations)) {
                snprintf(s->why, sizeof(s->why), id != SCHEMA_APPLICATION_ID ? "it is not an Asepsis ledger"
                                                                             : "it was written by a newer Asepsis");
                return -EPROTO;
        }
        if (r == 0)
                r = exec(s, "PRAGMA trusted_schema=OFF");
        return r < 0 ? r : translate(s, sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, &on));
}

int store_open_readonly(Store **ret, const char *path, char why[static STORE_WHY_MAX]) {
        _cleanup_(store_closep) Store *s = calloc(1, sizeof(*s));
        int r;

        if (!s)
                return -ENOMEM;
        s->witness = -1;
        r = access(path, R_OK) < 0 ? -errno : sha256_init();
        if (r < 0) {
                snprintf(why, STORE_WHY_MAX, "%s", strerror(-r));
                return r;
        }
        r = open_to_look(s, path);
        if (r < 0) {
                snprintf(why, STORE_WHY_MAX, "%s", s->why[0] ? s->why : strerror(-r));
                return r;
        }
        s->path = realpath(path, NULL);
        if (!s->path)
                return -errno;
        *ret = TAKE(s);
        return 0;
}

Store *store_close(Store *s) {
        if (!s)
                return NULL;
        store_backup_abort(s, "The daemon was stopped.");
        free(s->backup);
        statements_close(s);
        changes_close(s);
        rows_free(&s->items);
        rows_free(&s->sessions);
        sqlite3_close(s->db);
        if (s->witness >= 0)
                close(s->witness);
        free(s->path);
        free(s);
        return NULL;
}

const char *store_path(const Store *s) {
        return s->path;
}

bool store_checkpoint_due(const Store *s) {
        return s->wal_pages >= CHECKPOINT_PAGES;
}

int store_checkpoint(Store *s) {
        if (s->in_batch)
                return 0;
        s->wal_pages = 0;
        return translate(s, sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL));
}

int store_scrub(Store *s) {
        if (s->in_batch)
                return -EBUSY;
        s->wal_pages = 0;
        return translate(s, sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL));
}

int store_begin(Store *s) {
        int r;

        if (s->spoiled)
                return -EIO;
        if (s->in_batch)
                return 0;
        r = sql_run(s, SQL_BEGIN, "");
        if (r == 0)
                s->in_batch = true;
        return r;
}

int store_commit(Store *s) {
        int r;

        if (!s->in_batch)
                return 0;
        if (s->spoiled || sqlite3_get_autocommit(s->db)) {
                store_rollback(s);
                return s->spoiled ? -EIO : -ENOSPC;
        }
        r = sql_run(s, SQL_COMMIT, "");
        if (r < 0)
                store_rollback(s);
        s->in_batch = false;
        /* The batch is safe in the log; if this fails it shows at the next one. */
        if (r == 0 && s->wal_pages >= CHECKPOINT_PAGES_MAX)
                store_checkpoint(s);
        return r;
}

void store_rollback(Store *s) {
        if (!sqlite3_get_autocommit(s->db))
                sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
        if (s->in_batch)
                changes_forget(s);
        s->in_batch = false;
        s->undone++;
}

bool store_in_batch(const Store *s) {
        return s->in_batch;
}

bool store_spoiled(const Store *s) {
        return s->spoiled;
}

uint64_t store_undone(const Store *s) {
        return s->undone;
}

const char *store_why(const Store *s) {
        return s->why;
}

int store_savepoint(Store *s) {
        changes_savepoint(s);
        return sql_run(s, SQL_SAVEPOINT, "");
}

int store_savepoint_release(Store *s) {
        return sql_run(s, SQL_SAVEPOINT_RELEASE, "");
}

int store_savepoint_rollback(Store *s) {
        int r = sql_run(s, SQL_SAVEPOINT_ROLLBACK, "");

        s->undone++;
        changes_savepoint_rollback(s);
        return r < 0 ? r : store_savepoint_release(s);
}

int store_meta_int_get(Store *s, const char *name, int64_t *ret) {
        return sql_int(s, SQL_META_GET, ret, "t", name);
}

int store_meta_int_set(Store *s, const char *name, int64_t value) {
        return sql_run(s, SQL_META_SET, "ti", name, value);
}

int store_meta_text_get(Store *s, const char *name, char *ret, size_t size) {
        int r = sql_first(s, SQL_META_GET, "t", name);

        if (r <= 0)
                return r;
        col_text(s, SQL_META_GET, 0, ret, size);
        sql_done(s, SQL_META_GET);
        return 1;
}

int store_meta_text_set(Store *s, const char *name, const char *value) {
        return sql_run(s, SQL_META_SET, "tt", name, value);
}

int store_meta_delete(Store *s, const char *name) {
        return sql_run(s, SQL_META_DELETE, "t", name);
}
