/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Somebody has been at the ledger's file: thousands of random edits of it, each of which `audit verify` has to find.
 * The ledger is that of a simulated clinic, with at least a few rows in each table. What is done to it: a cell changed,
 * two cells exchanged, a row deleted, a row added; records of the chain edited, and the chain made anew behind them; its
 * end cut off; an older copy in its place; something added to the schema; a byte flipped in the file itself.
 *
 * What need not be found changes nothing that anybody reads: a byte in a free page, in the gaps between cells. So after
 * a flip all rows of all tables are compared, and where they and the schema are as before it may pass. The rest of what is
 * excepted stands in excepted(), and in doc/audit.md.
 *
 *   tamper TRIALS [SEED]      0: as many as go into 10 seconds
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "store/sha256.h"
#include "store/stmt.h"
#include "store/tables.h"
#include "store/verify.h"

#define STATION "station/station-1"
#define BUDGET_S 10
#define FILLED 3 /* rows in a table that the clinic left empty */

typedef struct Image {
        uint8_t *bytes;
        size_t n;
} Image;

static long trials, seed;
static GenRandom dice;
static Image now, before; /* the ledger, and how it was some time ago */
static Head head;         /* of `now`: handed out */
static char path[96];
static uint8_t rows_hash[SHA256_SIZE];
static char done[1024];    /* what was done this time */

static int64_t roll(int64_t n) {
        return (int64_t)(gen_random(&dice) % (uint64_t)n);
}

/* --- the clinic ------------------------------------------------------------------------------------------------------------ */

static void session(Sim *s, const char *label, const char *items, const char *needle) {
        sim_disinfect_room(s, "room-1");
        sim_ask(s, "room-1", label, items);
        sim_start(s, "room-1", label);
        sim_say(s, "room/room-1/session-step", "{'session':'%s','step':'screened','form_hash':'abc'}", label);
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact','area':'face','round':1,'passes':3}", sim_code(needle));
        sim_renew(s, "room-1", label);
        sim_say(s, STATION "/drop", "{'items':%s,'by':'ben'}", sim_codes(needle));
        sim_end(s, "room-1", label, "completed");
        sim_pass(s, 600 * US_PER_S);
}

static void morning(Sim *s) {
        sim_fit(s);
        sim_receive(s, "R1 R2 R3 R4 R5 R6");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        session(s, "s-1", "R1", "R1");
}

static void afternoon(Sim *s) {
        char text[ACT_TEXT_MAX];

        session(s, "s-2", "R2", "R2");
        sim_ask(s, "room-2", "s-3", "R3 R1");
        sim_say(s, "room/room-1/injury", "{'item':'%s','detail':'pricked while folding'}", sim_code("R1"));
        sim_say(s, STATION "/recall", "{'reason':'loose','by':'clara','lot':'L1'}");
        sim_say(s, STATION "/receive", "{}");
        sim_blurt(s, "handpiece/pen-1/usage", "{'item':'%s','event':'contact'}", sim_code("R9"));
        sim_say_as(s, STATION "/heartbeat", sim_boot(s, STATION), sim_seq(s, STATION) + 3, "{}");
        sim_commit(s);
        sim_act(s, &(Act){ .type = ACT_AUTOCLAVE_OUT, .subject = "ac-1", .cause = "repair", .by = "clara", .reason = "valve" }, text);
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        for (int t = 0; t < 40; t++)
                sim_say(s, "autoclave/ac-1/sample", "{'cycle':7,'samples':[[%d,%d.5,100.%d]]}", t, 20 + t, t % 10);
        sim_ask(s, "room-2", "s-4", "R4");
}

/* --- what it left empty ----------------------------------------------------------------------------------------------------- */

static void must(sqlite3 *db, const char *sql) {
        if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(db));
}

static int64_t number(sqlite3 *db, const char *sql) {
        sqlite3_stmt *stmt = NULL;
        int64_t v = 0;

        if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK && sqlite3_step(stmt) == SQLITE_ROW)
                v = sqlite3_column_int64(stmt, 0);
        sqlite3_finalize(stmt);
        return v;
}

static void fill_row(sqlite3 *db, const StateTable *t, int n) {
        char sql[4096], type[128];
        size_t at = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO \"%s\" VALUES (", t->name);

        for (int c = 0; c < t->n_columns; c++) {
                snprintf(type, sizeof(type), "SELECT type = 'INTEGER' OR type = 'ANY' FROM pragma_table_info('%s') WHERE cid = %d",
                         t->name, c);
                at += (size_t)snprintf(sql + at, sizeof(sql) - at, "%s", c ? ", " : "");
                if (t->columns[c].kind == COLUMN_SALT)
                        at += (size_t)snprintf(sql + at, sizeof(sql) - at, "randomblob(16)");
                else if (number(db, type))
                        at += (size_t)snprintf(sql + at, sizeof(sql) - at, "%d", 77000 + n);
                else
                        at += (size_t)snprintf(sql + at, sizeof(sql) - at, t->columns[c].kind == COLUMN_PERSONAL && !strstr("patient detail form_hash", t->columns[c].name) ? "x'%04d'" : "'w-%d'", 7000 + n);
        }
        snprintf(sql + at, sizeof(sql) - at, ")");
        must(db, sql);
}

static void fill(Sim *s) {
        static Tables t;
        char sql[128], why[200];

        assert_int_equal(tables_read(s->store->db, &t, why, sizeof(why)), SQLITE_OK);
        must(s->store->db, "PRAGMA foreign_keys=OFF");
        for (size_t i = 0; i < t.n; i++) {
                snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", t.table[i].name);
                if (number(s->store->db, sql) > 0)
                        continue;
                print_message("    %s was empty, and gets %d rows by hand\n", t.table[i].name, FILLED);
                for (int n = 0; n < FILLED; n++)
                        fill_row(s->store->db, t.table + i, n);
                s->unsettled = true;
        }
        must(s->store->db, "PRAGMA foreign_keys=ON");
        sim_settle(s);
}

/* --- files ------------------------------------------------------------------------------------------------------------------ */

static void read_image(Image *image) {
        FILE *f = fopen(path, "re");

        assert_non_null(f);
        fseek(f, 0, SEEK_END);
        image->n = (size_t)ftell(f);
        rewind(f);
        image->bytes = malloc(image->n);
        assert_int_equal(fread(image->bytes, 1, image->n, f), image->n);
        fclose(f);
}

static void write_image(const Image *image) {
        FILE *f = fopen(path, "we");

        assert_non_null(f);
        assert_int_equal(fwrite(image->bytes, 1, image->n, f), image->n);
        assert_int_equal(fclose(f), 0);
}

static sqlite3 *opened(void) {
        sqlite3 *db = NULL;

        assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
        must(db, "PRAGMA synchronous=OFF; PRAGMA foreign_keys=OFF; PRAGMA journal_mode=MEMORY");
        return db;
}

static void hash_row(sqlite3_stmt *row) {
        for (int c = 0; c < sqlite3_column_count(row); c++) {
                int n[2] = { sqlite3_column_type(row, c), 0 };
                const void *p = sqlite3_column_blob(row, c);

                n[1] = sqlite3_column_bytes(row, c);
                sha256_more(n, sizeof(n));
                sha256_more(p, (size_t)n[1]);
        }
}

static int hash_table(sqlite3 *db, const char *name) {
        sqlite3_stmt *rows = NULL;
        char sql[200];
        int rc;

        if (streq(name, "message")) /* and what is excepted() */
                snprintf(sql, sizeof(sql), "SELECT i, at_us, stream, seq, topic, held, refused, raw, digest, "
                         "CASE WHEN raw IS NOT NULL THEN salt END FROM message NOT INDEXED");
        else
                snprintf(sql, sizeof(sql), "SELECT * FROM \"%.100s\" NOT INDEXED%s", name, streq(name, "meta") ?
                         " WHERE name NOT IN ('copy', 'clock', 'wall_mark_us')" : "");
        rc = sqlite3_prepare_v2(db, sql, -1, &rows, NULL);
        while (rc == SQLITE_OK && (rc = sqlite3_step(rows)) == SQLITE_ROW) {
                rc = SQLITE_OK;
                hash_row(rows);
        }
        sqlite3_finalize(rows);
        return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* All that can be read: the schema and each row. Negative: it cannot. */
static int hash_rows(uint8_t ret[static SHA256_SIZE]) {
        sqlite3 *db = NULL;
        sqlite3_stmt *names = NULL;
        int rc = sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), r;

        sha256_begin();
        if (rc == SQLITE_OK)
                rc = sqlite3_prepare_v2(db, "SELECT name, type, sql FROM sqlite_schema ORDER BY 2, 1", -1, &names, NULL);
        while (rc == SQLITE_OK && (rc = sqlite3_step(names)) == SQLITE_ROW) {
                rc = SQLITE_OK;
                for (int c = 0; c < 3; c++)
                        sha256_more(sqlite3_column_text(names, c) ?: (const void *)"", (size_t)sqlite3_column_bytes(names, c));
                if (streq((const char *)sqlite3_column_text(names, 1), "table"))
                        rc = hash_table(db, (const char *)sqlite3_column_text(names, 0));
        }
        sqlite3_finalize(names);
        sqlite3_close(db);
        r = sha256_end(ret);
        return rc != SQLITE_DONE ? -EBADMSG : r;
}

/* --- what is done ------------------------------------------------------------------------------------------------------------ */

/* A table by chance; "" never. */
static void pick(sqlite3 *db, const char *sql, char *ret, size_t size) {
        sqlite3_stmt *stmt = NULL;
        int64_t n = 0, which;

        ret[0] = '\0';
        assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW)
                n++;
        sqlite3_reset(stmt);
        which = roll(n);
        for (int64_t i = 0; i <= which; i++)
                sqlite3_step(stmt);
        snprintf(ret, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
}

static void pick_table(sqlite3 *db, char ret[static 64]) {
        pick(db, "SELECT name FROM sqlite_schema WHERE type = 'table'", ret, 64);
}

static void pick_column(sqlite3 *db, const char *table, char ret[static 64]) {
        char sql[160];

        snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s')", table);
        pick(db, sql, ret, 64);
}

/* A condition that one row meets, by its place. */
static int64_t rows_of(sqlite3 *db, const char *table) {
        char sql[120];

        snprintf(sql, sizeof(sql), "SELECT count(*) FROM \"%s\"", table);
        return number(db, sql);
}

/* WHERE ... of a row by chance: by all its primary key, or rowid. */
static void pick_row(sqlite3 *db, const char *table, char ret[static 256]) {
        char sql[512];
        sqlite3_stmt *stmt = NULL;

        if (streq(table, "pack_item") || streq(table, "session_item") || streq(table, "sample_chunk") || streq(table, "accepted")) {
                static const char *const pairs[][3] = { { "pack_item", "pack", "item" }, { "session_item", "session", "item" },
                                                        { "sample_chunk", "attempt", "n" }, { "accepted", "what", "value" } };
                const char *const *p = pairs[0];

                for (size_t i = 0; i < ELEMENTSOF(pairs); i++)
                        if (streq(pairs[i][0], table))
                                p = pairs[i];
                snprintf(sql, sizeof(sql), "SELECT '%s = ' || quote(%s) || ' AND %s = ' || quote(%s) FROM %s LIMIT 1 OFFSET %" PRId64,
                         p[1], p[1], p[2], p[2], table, roll(MAX_OF(rows_of(db, table), INT64_C(1))));
        } else if (streq(table, "stray")) {
                snprintf(sql, sizeof(sql), "SELECT 'code = ' || quote(code) FROM stray LIMIT 1 OFFSET %" PRId64, roll(MAX_OF(rows_of(db, table), INT64_C(1))));
        } else {
                snprintf(sql, sizeof(sql), "SELECT 'rowid = ' || rowid FROM \"%s\" LIMIT 1 OFFSET %" PRId64, table, roll(MAX_OF(rows_of(db, table), INT64_C(1))));
        }
        ret[0] = '\0';
        if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sql, sqlite3_errmsg(db));
        if (sqlite3_step(stmt) == SQLITE_ROW)
                snprintf(ret, 256, "%s", (const char *)sqlite3_column_text(stmt, 0));
        sqlite3_finalize(stmt);
}

/* What nobody can find, and why it does no harm: doc/audit.md. */
static bool excepted(sqlite3 *db, const char *table, const char *column, const char *where) {
        char sql[700];

        if (streq(table, "message") && streq(column, "salt")) { /* where raw is not there it salts nothing */
                snprintf(sql, sizeof(sql), "SELECT raw IS NULL FROM message WHERE %s", where);
                return number(db, sql) != 0;
        }
        if (!streq(table, "meta"))
                return false;
        snprintf(sql, sizeof(sql), "SELECT name IN ('copy', 'clock', 'wall_mark_us') FROM meta WHERE %s", where);
        return number(db, sql) != 0;
}

/* `way` with the column's name for each @. */
static void fill_in(const char *way, const char *column, char ret[static 256]) {
        size_t n = 0;

        for (; *way && n < 180; way++)
                if (*way == '@')
                        n += (size_t)snprintf(ret + n, 256 - n, "\"%s\"", column);
                else
                        ret[n++] = *way;
        ret[n] = '\0';
}

static void other_value(sqlite3 *db, const char *table, const char *column, const char *where, char ret[static 256]) {
        static const char *const fresh[] = { "1", "'x'", "x'00'", "NULL", "''", "0" };
        static const char *const ways[][6] = {
                { "@ + 1", "@ - 1", "-@", "@ + 1000000", "@ * 2 + 1", "@ - 1000" },
                { "@ || 'x'", "upper(@)", "substr(@, 2)", "@ || char(0)", "replace(@, '1', '2')", "CAST(@ || x'ff' AS TEXT)" },
                { "randomblob(length(@))", "CAST(@ || x'00' AS BLOB)", "CAST(substr(@, 2) AS BLOB)", "x''", "randomblob(16)",
                  "randomblob(32)" },
        };
        char sql[700];
        int64_t type;

        snprintf(sql, sizeof(sql), "SELECT CASE typeof(\"%s\") WHEN 'null' THEN 0 WHEN 'integer' THEN 1 WHEN 'text' THEN 2 ELSE 3 END "
                 "FROM \"%s\" WHERE %s", column, table, where);
        type = number(db, sql);
        fill_in(type == 0 || roll(6) == 0 ? fresh[roll(6)] : ways[type - 1][roll(6)], column, ret);
}

/* Each returns whether anything is different now; done says what. */
static bool run(sqlite3 *db, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(done, sizeof(done), format, ap);
        va_end(ap);
        return sqlite3_exec(db, done, NULL, NULL, NULL) == SQLITE_OK && sqlite3_total_changes(db) > 0;
}

static bool change_cell(sqlite3 *db) {
        char table[64], column[64], where[256], value[256];

        pick_table(db, table);
        pick_column(db, table, column);
        pick_row(db, table, where);
        if (!where[0] || excepted(db, table, column, where))
                return false;
        other_value(db, table, column, where, value);
        return run(db, "UPDATE \"%s\" SET \"%s\" = %s WHERE (%s) AND \"%s\" IS NOT %s", table, column, value, where, column, value);
}

static bool swap_cells(sqlite3 *db) {
        char table[64], column[64], a[256], b[256], sql[1024];

        pick_table(db, table);
        pick_column(db, table, column);
        pick_row(db, table, a);
        pick_row(db, table, b);
        if (!a[0] || streq(a, b) || excepted(db, table, column, a) || excepted(db, table, column, b))
                return false;
        snprintf(sql, sizeof(sql), "SELECT (SELECT \"%s\" FROM \"%s\" WHERE %s) IS (SELECT \"%s\" FROM \"%s\" WHERE %s)", column, table,
                 a, column, table, b);
        if (number(db, sql))
                return false;
        must(db, "CREATE TEMP TABLE s (v)");
        return run(db, "BEGIN; INSERT INTO s SELECT \"%s\" FROM \"%s\" WHERE %s; UPDATE \"%s\" SET \"%s\" = (SELECT \"%s\" FROM \"%s\" "
                   "WHERE %s) WHERE %s; UPDATE \"%s\" SET \"%s\" = (SELECT v FROM s) WHERE %s; COMMIT; DROP TABLE temp.s",
                   column, table, a, table, column, column, table, b, a, table, column, b);
}

static bool delete_row(sqlite3 *db) {
        char table[64], where[256];

        pick_table(db, table);
        pick_row(db, table, where);
        return where[0] && !excepted(db, table, "", where) && run(db, "DELETE FROM \"%s\" WHERE %s", table, where);
}

/* A copy of another row under a new number or name. */
static bool add_row(sqlite3 *db) {
        char table[64], where[256], key[64], sql[700];

        pick_table(db, table);
        pick_row(db, table, where);
        snprintf(sql, sizeof(sql), "SELECT name FROM pragma_table_info('%s') ORDER BY pk DESC LIMIT 1", table);
        pick(db, sql, key, sizeof(key));
        if (!where[0])
                return false;
        snprintf(sql, sizeof(sql), "SELECT typeof(\"%s\") = 'integer' FROM \"%s\" WHERE %s", key, table, where);
        const bool integer = number(db, sql);
        must(db, "CREATE TEMP TABLE IF NOT EXISTS none (x)");
        snprintf(sql, sizeof(sql), "CREATE TEMP TABLE r AS SELECT * FROM main.\"%s\" WHERE %s", table, where);
        must(db, sql);
        snprintf(sql, sizeof(sql), integer ? "UPDATE r SET \"%s\" = (SELECT max(\"%s\") FROM main.\"%s\") + 1" :
                                             "UPDATE r SET \"%s\" = \"%s\" || 'new' WHERE '%s' <> ''", key, key, table);
        must(db, sql);
        bool r = run(db, "INSERT INTO main.\"%s\" SELECT * FROM r", table);
        const bool made = sqlite3_changes(db) > 0 && r;
        must(db, "DROP TABLE temp.r");
        return made;
}

/* The chain made anew from record i on. */
static void chain_anew(sqlite3 *db, int64_t i) {
        sqlite3_stmt *rows = NULL, *put = NULL;
        Head at = { .size = i - 1 };

        assert_int_equal(sqlite3_prepare_v2(db, "SELECT hash FROM audit WHERE i = ?", -1, &rows, NULL), SQLITE_OK);
        sqlite3_bind_int64(rows, 1, i - 1);
        if (sqlite3_step(rows) == SQLITE_ROW)
                memcpy(at.hash, sqlite3_column_blob(rows, 0), HASH_SIZE);
        sqlite3_finalize(rows);
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT record FROM audit WHERE i >= ? ORDER BY i", -1, &rows, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, "UPDATE audit SET hash = ? WHERE i = ?", -1, &put, NULL), SQLITE_OK);
        sqlite3_bind_int64(rows, 1, i);
        while (sqlite3_step(rows) == SQLITE_ROW) {
                assert_int_equal(ledger_chain(&at, (const char *)sqlite3_column_text(rows, 0), (size_t)sqlite3_column_bytes(rows, 0), &at), 0);
                sqlite3_bind_blob(put, 1, at.hash, HASH_SIZE, SQLITE_STATIC);
                sqlite3_bind_int64(put, 2, at.size);
                sqlite3_step(put);
                sqlite3_reset(put);
        }
        sqlite3_finalize(rows);
        sqlite3_finalize(put);
}

static bool forge_record(sqlite3 *db) {
        const int64_t i = 1 + roll(head.size);
        char digit = (char)('0' + roll(10));

        if (!run(db, "UPDATE audit SET record = replace(record, '%c', '%d') WHERE i = %" PRId64 " AND instr(record, '%c')", digit,
                 (digit - '0' + 1) % 10, i, digit))
                return false;
        chain_anew(db, i);
        strncat(done, ", and the chain anew", sizeof(done) - strlen(done) - 1);
        return true;
}

static bool forge_away(sqlite3 *db) {
        const int64_t i = 1 + roll(head.size - 1);

        if (!run(db, "DELETE FROM audit WHERE i = %" PRId64 "; UPDATE audit SET i = -i WHERE i > %" PRId64
                 "; UPDATE audit SET i = -i - 1 WHERE i < 0", i, i))
                return false;
        chain_anew(db, i);
        return true;
}

static bool cut(sqlite3 *db) {
        const int64_t i = roll(head.size);

        return run(db, "DELETE FROM audit WHERE i > %" PRId64 "; DELETE FROM message WHERE i > %" PRId64, i, i);
}

static bool add_to_schema(sqlite3 *db) {
        static const char *const what[] = {
                "CREATE TRIGGER t AFTER INSERT ON item BEGIN DELETE FROM recall; END",
                "CREATE VIEW v AS SELECT * FROM item",
                "CREATE TABLE extra (x)",
                "CREATE INDEX more ON item (class)",
                "DROP INDEX item_lot",
                "DROP TABLE stray",
                "ALTER TABLE item ADD COLUMN extra TEXT",
        };

        snprintf(done, sizeof(done), "%s", what[roll(ELEMENTSOF(what))]);
        return sqlite3_exec(db, done, NULL, NULL, NULL) == SQLITE_OK;
}

typedef bool (*Deed)(sqlite3 *db);
static const struct {
        Deed deed;
        int weight;
        const char *name;
} deeds[] = {
        { change_cell, 40, "a cell changed" }, { swap_cells, 10, "two cells exchanged" }, { delete_row, 10, "a row deleted" },
        { add_row, 10, "a row added" },        { forge_record, 6, "a record forged" },    { forge_away, 3, "a record taken out" },
        { cut, 4, "the end cut off" },         { add_to_schema, 2, "the schema changed" },
};

static void flip(void) {
        Image image = { .bytes = malloc(now.n), .n = now.n };
        size_t at = (size_t)roll((int64_t)now.n);
        const uint8_t bit = (uint8_t)(1 << roll(8));

        memcpy(image.bytes, now.bytes, now.n);
        image.bytes[at] ^= bit;
        snprintf(done, sizeof(done), "byte %zu of the file flipped by %02x", at, bit);
        write_image(&image);
        free(image.bytes);
}

/* --- judging ------------------------------------------------------------------------------------------------------------------ */

static int verdict(char why[static VERIFY_WHY_MAX]) {
        VerifyResult found;
        int r = verify_ledger(&(VerifyOptions){ .path = path, .heads = &head, .n_heads = 1 }, &found);

        snprintf(why, VERIFY_WHY_MAX, "%s", found.why);
        if (r != 0)
                assert_true(why[0] != '\0');
        return r;
}

/* Whether a deed was done; it counts then. */
static bool trial(long counts[static ELEMENTSOF(deeds) + 2], long *harmless) {
        char why[VERIFY_WHY_MAX];
        uint8_t rows[SHA256_SIZE];
        int64_t which = roll(100);
        size_t d = 0;

        if (which >= 98) {
                write_image(&before);
                snprintf(done, sizeof(done), "an older copy");
                d = ELEMENTSOF(deeds);
        } else if (which >= 85) {
                flip();
                d = ELEMENTSOF(deeds) + 1;
        } else {
                sqlite3 *db;
                bool changed;

                for (which = roll(85); which >= deeds[d].weight; d++)
                        which -= deeds[d].weight;
                write_image(&now);
                db = opened();
                done[0] = '\0';
                changed = deeds[d].deed(db);
                sqlite3_close(db);
                if (!changed)
                        return false;
        }
        if (verdict(why) == 0) {
                if (d != ELEMENTSOF(deeds) + 1 || hash_rows(rows) < 0 || memcmp(rows, rows_hash, sizeof(rows)) != 0)
                        fail_msg("SEED %ld: this was not found: %s", seed, done);
                (*harmless)++;
        }
        if (getenv("VERBOSE"))
                print_message("%s\n    -> %s\n", done, why);
        counts[d]++;
        return true;
}

static double seconds(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void prepare(Sim *s) {
        char why[VERIFY_WHY_MAX];

        sim_open(s, NULL);
        snprintf(path, sizeof(path), "%s/ledger.db", s->dir);
        morning(s);
        sim_stop(s);
        read_image(&before);
        sim_begin(s);
        afternoon(s);
        fill(s);
        sim_stop(s);
        read_image(&now);
        VerifyResult found;
        if (verify_ledger(&(VerifyOptions){ .path = path }, &found) != 0)
                fail_msg("the ledger itself is not sound: %s", found.why);
        head = found.head;
        sqlite3_close(opened()); /* not in WAL mode any more, so that each trial need not do it */
        free(now.bytes);
        read_image(&now);
        assert_int_equal(verdict(why), 0);
        assert_int_equal(hash_rows(rows_hash), 0);
        print_message("    a ledger of %zu KiB, %" PRId64 " records, %" PRId64 " messages, %" PRId64 " rows of state\n", now.n / 1024,
                      head.size, found.messages, found.rows);
}

static void whatever_is_done_to_the_file_is_found(void **state) {
        static Sim s;
        long counts[ELEMENTSOF(deeds) + 2] = {}, n = 0, harmless = 0;
        double began;

        (void)state;
        prepare(&s);
        began = seconds();
        while (trials ? n < trials : seconds() - began < BUDGET_S)
                n += trial(counts, &harmless);
        print_message("    %ld in %.1f s, all found but %ld flips that changed nothing that is read:\n", n, seconds() - began, harmless);
        for (size_t i = 0; i < ELEMENTSOF(counts); i++)
                print_message("    %6ld %s\n", counts[i], i < ELEMENTSOF(deeds) ? deeds[i].name : i == ELEMENTSOF(deeds) ? "an older copy" : "a byte flipped");
        write_image(&before);
        s.touched = true;
        sim_begin(&s);
        sim_close(&s);
        free(now.bytes);
        free(before.bytes);
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(whatever_is_done_to_the_file_is_found) };

        trials = argc > 1 ? strtol(argv[1], NULL, 10) : 0;
        seed = argc > 2 ? strtol(argv[2], NULL, 10) : (long)time(NULL);
        dice.state = (uint64_t)seed;
        print_message("    SEED=%ld\n", seed);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
