/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Look-backs, against one large query for each kind, written anew here and free to scan the whole ledger; over random
 * histories, in random pages, as known on random days. The seeds are fixed: a failure names its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim-files.h"
#include "store/cycles.h"
#include "store/items.h"
#include "store/lookback.h"
#include "store/recalls.h"
#include "store/sessions.h"
#include "store/stmt.h"

#define BEGAN_US (INT64_C(1790000000) * US_PER_S)
#define LINES_MAX 4000
#define LINE_SIZE 320

static char dir[40], path[64], why[STORE_WHY_MAX];
static Store *store;
static int64_t now_us;
static uint64_t seed, state_of_random;

typedef struct Lines {
        size_t n;
        char v[LINES_MAX][LINE_SIZE];
} Lines;
static Lines got, wanted, before;

static int setup(void **state) {
        StoreOpened o;

        (void)state;
        files_make(dir, sizeof(dir));
        snprintf(path, sizeof(path), "%s/ledger.db", dir);
        files_ledger(path);
        assert_int_equal(store_open(&store, &(StoreOptions){ .path = path }, &o, why), 0);
        assert_int_equal(store_begin(store), 0);
        now_us = BEGAN_US;
        return 0;
}

static int teardown(void **state) {
        (void)state;
        store = store_close(store);
        files_remove(dir);
        return 0;
}

static unsigned pick(unsigned n) {
        state_of_random = state_of_random * 6364136223846793005U + 1442695040888963407U;
        return (unsigned)(state_of_random >> 33) % n;
}

static void random_begin(uint64_t s) {
        seed = s;
        state_of_random = s * 0x9e3779b97f4a7c15U + 1;
}

#define good(call) assert_int_equal(call, 0)

/* --- a history --------------------------------------------------------------------------------------------------- */

static int64_t ask(const char *sql) {
        sqlite3_stmt *q;
        int64_t n = 0;

        assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &q, NULL), SQLITE_OK);
        if (sqlite3_step(q) == SQLITE_ROW)
                n = sqlite3_column_int64(q, 0);
        sqlite3_finalize(q);
        return n;
}

static int64_t any(const char *table) {
        char sql[96];

        snprintf(sql, sizeof(sql), "SELECT coalesce(max(id), 0) FROM %s", table);
        const int64_t last = ask(sql);
        return last ? 1 + (int64_t)pick((unsigned)last) : 0;
}

static int64_t new_item(const char *lot, const char *supplier_load) {
        ItemRow row = { .received_us = now_us, .received_i = 1, .state = ITEM_STERILE, .state_us = now_us };

        snprintf(row.code, sizeof(row.code), "I-%03d", (int)ask("SELECT count(*) FROM item"));
        snprintf(row.class_id, sizeof(row.class_id), "class-%u", pick(2));
        snprintf(row.product, sizeof(row.product), "PR-%u", pick(3));
        snprintf(row.lot, sizeof(row.lot), "%s", lot);
        snprintf(row.supplier_load, sizeof(row.supplier_load), "%s", supplier_load);
        good(item_add(store, &row));
        return row.id;
}

static int64_t new_pack(int64_t one, int64_t two) {
        PackRow row = { .packed_us = now_us };
        const int64_t in[] = { one, two };

        snprintf(row.label, sizeof(row.label), "P-%03d", (int)ask("SELECT count(*) FROM pack"));
        good(pack_add(store, &row));
        for (size_t i = 0; i < 2; i++) {
                ItemRow item;

                if (!in[i] || (i == 1 && two == one))
                        continue;
                assert_int_equal(item_get_id(store, in[i], &item), 1);
                item.pack = row.id;
                good(item_save(store, &item));
                good(pack_item_add(store, row.id, in[i]));
        }
        return row.id;
}

static int64_t new_attempt(const char *autoclave) {
        AttemptRow row = { .cycle = 1 + pick(3), .started_us = now_us, .verdict = -1, .outcome = -1 };

        snprintf(row.autoclave, sizeof(row.autoclave), "%s", autoclave);
        snprintf(row.program, sizeof(row.program), "p");
        snprintf(row.start, sizeof(row.start), "{}");
        good(attempt_add(store, &row));
        return row.id;
}

static void put_down(int64_t pack, int64_t attempt) {
        PackRow row;

        assert_int_equal(pack_get_id(store, pack, &row), 1);
        if (row.attempt)
                return;
        row.attempt = attempt;
        row.loaded_us = now_us;
        good(pack_save(store, &row));
}

static int64_t new_session(const char *room, const char *practitioner, const char *patient) {
        SessionRow row = { .allowed_us = now_us, .outcome = -1 };

        snprintf(row.label, sizeof(row.label), "s-%03d", (int)ask("SELECT count(*) FROM session"));
        snprintf(row.room, sizeof(row.room), "%s", room);
        snprintf(row.practitioner, sizeof(row.practitioner), "%s", practitioner);
        snprintf(row.patient, sizeof(row.patient), "%s", patient);
        snprintf(row.procedure, sizeof(row.procedure), "needling");
        good(session_add(store, &row));
        return row.id;
}

static void give(int64_t session, int64_t item) {
        ItemRow row;

        assert_int_equal(item_get_id(store, item, &row), 1);
        good(session_item_add(store, session, item, now_us, row.pack));
}

static void use(int64_t session, int64_t item) {
        SessionRow row;

        assert_int_equal(session_get_id(store, session, &row), 1);
        assert_true(session_item_used(store, row.label, item, now_us) >= 0);
}

static void drop(int64_t item) {
        ItemRow row;

        assert_int_equal(item_get_id(store, item, &row), 1);
        if (!row.dropped_us)
                row.dropped_us = now_us;
        good(item_save(store, &row));
}

/* A use or a return of something that was once given. */
static void tell_of_given(bool back) {
        const int64_t rows = ask("SELECT count(*) FROM session_item");
        char sql[128];

        if (!rows)
                return;
        snprintf(sql, sizeof(sql), "SELECT session * 100000 + item FROM session_item LIMIT 1 OFFSET %u", pick((unsigned)rows));
        const int64_t both = ask(sql);
        if (back)
                good(session_item_returned(store, both / 100000, both % 100000, now_us));
        else
                use(both / 100000, both % 100000);
}

static void some_recall(void) {
        char lot[16], product[16], code[16], autoclave[16], supplier_load[16];
        RecallRow row = { .i = 1, .at_us = now_us, .reason = "r", .by = "clara" };

        snprintf(lot, sizeof(lot), "L-%u", pick(4));
        snprintf(product, sizeof(product), "PR-%u", pick(3));
        snprintf(code, sizeof(code), "I-%03u", pick(60));
        snprintf(autoclave, sizeof(autoclave), "ac-%u", pick(2));
        snprintf(supplier_load, sizeof(supplier_load), "SL-%u", pick(3));
        switch (pick(6)) {
        case 0: row.lot = lot; break;
        case 1: row.product = product; break;
        case 2: row.code = code; break;
        case 3: row.supplier_load = supplier_load; break;
        case 4: row.attempt = any("attempt"); break;
        default:
                row.autoclave = autoclave;
                row.from_us = now_us - (int64_t)pick(100) * US_PER_S;
                row.to_us = now_us;
        }
        good(recall_add(store, &row));
}

static void happen(void) {
        char a[16], b[16], c[16];

        /* Often at one moment: the pages must not lose what is simultaneous. */
        now_us += (int64_t)pick(3) * US_PER_S;
        switch (pick(16)) {
        case 0: case 1: case 2:
                snprintf(a, sizeof(a), "L-%u", pick(4));
                snprintf(b, sizeof(b), "SL-%u", pick(3));
                new_item(pick(4) ? a : "", pick(2) ? b : "");
                break;
        case 3: case 4:
                if (any("item"))
                        new_pack(any("item"), any("item"));
                break;
        case 5:
                snprintf(a, sizeof(a), "ac-%u", pick(2));
                new_attempt(a);
                break;
        case 6: case 7:
                if (any("pack") && any("attempt"))
                        put_down(any("pack"), any("attempt"));
                break;
        case 8: case 9:
                snprintf(a, sizeof(a), "room-%u", pick(3));
                snprintf(b, sizeof(b), "pr-%u", pick(3));
                snprintf(c, sizeof(c), "p-%u", pick(5));
                new_session(a, b, c);
                break;
        case 10: case 11:
                if (any("item") && any("session"))
                        give(any("session"), any("item"));
                break;
        case 12: tell_of_given(false); break;
        case 13: tell_of_given(true); break;
        case 14:
                snprintf(a, sizeof(a), "I-%03u", pick(40));
                snprintf(b, sizeof(b), "room-%u", pick(3));
                good(contact_add(store, a, pick(4) ? b : NULL, pick(2) ? any("session") : 0, pick(2) ? any("pack") : 0, now_us));
                break;
        default:
                if (pick(3) == 0 && any("item"))
                        drop(any("item"));
                else if (pick(3) && any("recall"))
                        good(recall_end(store, any("recall"), &(RecallWord){ 1, now_us, "clara", "r" }));
                else
                        some_recall();
        }
}

/* --- the list, in pages ------------------------------------------------------------------------------------------ */

static void line_of(const LookbackRow *r, char line[static LINE_SIZE]) {
        snprintf(line, LINE_SIZE, "%s item=%s class=%s pr=%s lot=%s pack=%s load=%s/%s/%lld s=%s %s %s %s %s @%lld used=%lld back=%lld held=%d",
                 lookback_fate_name(r->fate), r->item, r->class_id, r->product, r->lot, r->pack, r->load, r->autoclave,
                 (long long)r->cycle, r->session, r->room, r->practitioner, r->patient, r->procedure, (long long)r->allowed_us,
                 (long long)r->used_us, (long long)r->returned_us, r->recalled);
}

static int by_text(const void *a, const void *b) {
        return strcmp(a, b);
}

static void sort(Lines *l) {
        qsort(l->v, l->n, LINE_SIZE, by_text);
}

/* All of it; between two slices nothing is kept but the cursor's text. */
static void walk(const LookbackQuery *q, size_t size, unsigned steps, Lines *into) {
        const LookbackBounds bounds = { size, steps, INT64_MAX };
        static LookbackRow rows[LOOKBACK_ROWS];
        char text[LOOKBACK_CURSOR_SIZE];
        LookbackQuery asked = *q;
        LookbackCursor c;
        int r = lookback_begin(store, q, &c);

        into->n = 0;
        asked.as_of_us = 0; /* the cursor knows */
        for (size_t n; r > 0;) {
                r = lookback_slice(store, &asked, &c, &bounds, rows, &n);
                assert_true(r >= 0 && n <= size);
                for (size_t i = 0; i < n; i++) {
                        assert_true(into->n < LINES_MAX);
                        line_of(rows + i, into->v[into->n++]);
                }
                lookback_cursor_format(&c, text);
                c = (LookbackCursor){};
                assert_int_equal(lookback_cursor_parse(text, q->by, &c), 0);
        }
        assert_int_equal(r, 0);
        sort(into);
}

/* --- the same, by one query that may scan ------------------------------------------------------------------------ */

#define THEN(column) column " IS NOT NULL AND " column " <= :t"
/* What the query names: a condition on the item, the pack, the session. ? stands for the subject. */
static const struct {
        const char *item, *pack, *session;
} named[_LOOKBACK_BY_MAX] = {
        [LOOKBACK_ITEM] = { "i.code = :s", NULL, NULL },
        [LOOKBACK_LOT] = { "i.lot = :s", NULL, NULL },
        [LOOKBACK_PRODUCT] = { "i.product = :s", NULL, NULL },
        [LOOKBACK_SUPPLIER_LOAD] = { "i.supplier_load = :s", NULL, NULL },
        [LOOKBACK_LOAD] = { NULL, "a.label = :s", NULL },
        [LOOKBACK_AUTOCLAVE] = { NULL, "a.autoclave = :s AND a.started_us BETWEEN :from AND :to AND a.started_us <= :t", NULL },
        [LOOKBACK_ROOM] = { NULL, NULL, "s.room = :s AND s.allowed_us BETWEEN :from AND :to" },
        [LOOKBACK_PRACTITIONER] = { NULL, NULL, "s.practitioner = :s AND s.allowed_us BETWEEN :from AND :to" },
        [LOOKBACK_PATIENT] = { NULL, NULL, "s.patient = :s AND s.allowed_us BETWEEN :from AND :to" },
        [LOOKBACK_SESSION] = { NULL, NULL, "s.label = :s AND s.allowed_us BETWEEN :from AND :to" },
};

#define LINE_OF(fate, pack, load, session, used, back, held)                                                           \
        fate " || ' item=' || coalesce(i.code, '') || ' class=' || coalesce(i.class, '') || ' pr=' || "                \
        "coalesce(i.product, '') || ' lot=' || coalesce(i.lot, '') || ' pack=' || coalesce(" pack ", '') || ' load=' || " \
        load " || ' s=' || " session " || ' used=' || coalesce(" used ", 0) || ' back=' || coalesce(" back ", 0) || "  \
        "' held=' || " held
#define OF_LOAD "CASE WHEN " THEN("p.loaded_us") " AND a.id IS NOT NULL THEN a.label || '/' || a.autoclave || '/' || a.cycle ELSE '//0' END"
#define OF_SESSION                                                                                                     \
        "coalesce(s.label, '') || ' ' || coalesce(s.room, '') || ' ' || coalesce(s.practitioner, '') || ' ' || "       \
        "coalesce(s.patient, '') || ' ' || coalesce(s.procedure, '') || ' @' || coalesce(s.allowed_us, 0)"
#define OF_CONTACT                                                                                                     \
        "coalesce(s.label, '') || ' ' || coalesce(s.room, c.room, '') || ' ' || coalesce(s.practitioner, '') || ' ' || " \
        "coalesce(s.patient, '') || ' ' || coalesce(s.procedure, '') || ' @' || coalesce(s.allowed_us, 0)"
#define USED_THEN "CASE WHEN x.used_us <= :t THEN x.used_us END"
#define BACK_THEN "CASE WHEN x.returned_us <= :t THEN x.returned_us END"

/* A recall by then of the item z with its newest pack by then. */
#define HELD                                                                                                           \
        "EXISTS (SELECT 1 FROM recall r WHERE r.at_us <= :t AND (r.ended_us IS NULL OR r.ended_us > :t) AND "          \
        "(r.code = i.code OR r.lot = i.lot OR r.product = i.product OR (la.id IS NULL AND r.supplier_load = "          \
        "i.supplier_load) OR r.attempt = la.id OR (r.autoclave = la.autoclave AND la.started_us BETWEEN r.from_us AND r.to_us)))"
#define NEWEST                                                                                                         \
        "LEFT JOIN pack lp ON lp.id = (SELECT max(q.id) FROM pack q JOIN pack_item y ON y.pack = q.id WHERE y.item = i.id " \
        "AND q.packed_us <= :t) LEFT JOIN attempt la ON la.id = lp.attempt AND " THEN("lp.loaded_us") " "
#define LIES "CASE WHEN la.id IS NULL THEN '//0' ELSE la.label || '/' || la.autoclave || '/' || la.cycle END"
#define DISCARDED "CASE WHEN i.dropped_us <= :t THEN 'discarded' ELSE 'unused' END"
#define NOT_USED_BY(session, contact)                                                                                  \
        "NOT EXISTS (SELECT 1 FROM session_item x WHERE x.item = i.id AND x.at_us <= :t AND x.used_us <= :t AND NOT "  \
        "coalesce(x.returned_us <= :t, 0) AND " session ") AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.code = i.code " \
        "AND c.at_us <= :t AND " contact ")"
#define GIVEN                                                                                                          \
        "SELECT " LINE_OF("CASE WHEN x.returned_us <= :t THEN 'returned' WHEN x.used_us <= :t THEN 'used' ELSE 'allowed' END", \
                          "p.label", OF_LOAD, OF_SESSION, USED_THEN, BACK_THEN, "0")                                   \
        " FROM session_item x JOIN item i ON i.id = x.item JOIN session s ON s.id = x.session "                        \
        "LEFT JOIN pack p ON p.id = x.pack LEFT JOIN attempt a ON a.id = p.attempt WHERE x.at_us <= :t AND "
#define STRAYED                                                                                                        \
        " UNION ALL SELECT " LINE_OF("'stray'", "''", "'//0'", OF_CONTACT, "c.at_us", "0", "0")                        \
        " FROM contact c JOIN item i ON i.code = c.code LEFT JOIN session s ON s.id = c.session "                      \
        "LEFT JOIN pack p ON p.id = c.pack LEFT JOIN attempt a ON a.id = p.attempt WHERE c.at_us <= :t AND "

static const char of_items[] =
        GIVEN "i.received_us <= :t AND #N AND #G" STRAYED "i.received_us <= :t AND #N AND #C UNION ALL SELECT "
        LINE_OF(DISCARDED, "lp.label", LIES, "'     @0'", "0", "0", HELD) " FROM item i " NEWEST
        "WHERE i.received_us <= :t AND #N AND " NOT_USED_BY("#U", "#C") " AND #L";
static const char of_packs[] =
        GIVEN THEN("p.loaded_us") " AND #N" STRAYED THEN("p.loaded_us")
        " AND #N AND EXISTS (SELECT 1 FROM pack_item y WHERE y.pack = p.id AND y.item = i.id) UNION ALL SELECT "
        LINE_OF("CASE WHEN lp.id IS NOT p.id THEN 'reprocessed' ELSE " DISCARDED " END", "p.label", OF_LOAD, "'     @0'", "0", "0", HELD)
        " FROM pack_item y JOIN item i ON i.id = y.item JOIN pack p ON p.id = y.pack JOIN attempt a ON a.id = p.attempt "
        NEWEST "WHERE " THEN("p.loaded_us") " AND #N AND " NOT_USED_BY("x.pack = p.id", "c.pack = p.id");
static const char of_sessions[] =
        GIVEN "s.allowed_us <= :t AND #N UNION ALL SELECT "
        LINE_OF("'stray'", "''", "'//0'", OF_CONTACT, "c.at_us", "0", "0")
        " FROM contact c LEFT JOIN (SELECT d.id AS contact, d.code AS code, j.class AS class, j.product AS product, j.lot AS lot "
        "FROM contact d LEFT JOIN item j ON j.code = d.code) i ON i.contact = c.id LEFT JOIN session s ON s.id = c.session "
        "WHERE c.at_us <= :t AND ((s.id IS NOT NULL AND s.allowed_us <= :t AND #N) OR (#R AND s.id IS NULL AND c.room = :s "
        "AND c.at_us BETWEEN :from AND :to)) UNION ALL SELECT "
        LINE_OF("'allowed'", "''", "'//0'", OF_SESSION, "0", "0", "0")
        " FROM session s LEFT JOIN item i ON 0 WHERE s.allowed_us <= :t AND #N AND NOT EXISTS (SELECT 1 FROM session_item x "
        "WHERE x.session = s.id AND x.at_us <= :t) AND NOT EXISTS (SELECT 1 FROM contact c WHERE c.session = s.id AND c.at_us <= :t)";

/* #N what is named; #G, #C, #U, #L only what still rests on a supplier's load; #R a room. */
static const char *blank(LookbackBy by, char letter) {
        const bool supplier = by == LOOKBACK_SUPPLIER_LOAD;

        switch (letter) {
        case 'N': return named[by].item ?: named[by].pack ?: named[by].session;
        case 'G': return supplier ? "a.id IS NULL" : "1";
        case 'C': return supplier ? "c.pack IS NULL" : "1";
        case 'U': return supplier ? "NOT EXISTS (SELECT 1 FROM pack q WHERE q.id = x.pack AND q.attempt IS NOT NULL)" : "1";
        case 'L': return supplier ? "la.id IS NULL" : "1";
        default: return by == LOOKBACK_ROOM ? "1" : "0";
        }
}

static void reference_sql(LookbackBy by, char *sql, size_t size) {
        const char *p = named[by].item ? of_items : named[by].pack ? of_packs : of_sessions;
        size_t n = 0;

        for (; *p; p++)
                if (*p == '#')
                        n += (size_t)snprintf(sql + n, size - n, "%s", blank(by, *++p));
                else
                        sql[n++] = *p;
        sql[n] = '\0';
}

static void bind_if(sqlite3_stmt *q, const char *name, int64_t value) {
        const int at = sqlite3_bind_parameter_index(q, name);

        if (at)
                sqlite3_bind_int64(q, at, value);
}

static void reference(const LookbackQuery *q, Lines *into) {
        static char sql[16384];
        sqlite3_stmt *stmt;

        reference_sql(q->by, sql, sizeof(sql));
        if (sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL) != SQLITE_OK)
                fail_msg("%s: %s", sqlite3_errmsg(store->db), sql);
        sqlite3_bind_text(stmt, sqlite3_bind_parameter_index(stmt, ":s"), q->subject, -1, SQLITE_STATIC);
        bind_if(stmt, ":t", q->as_of_us);
        bind_if(stmt, ":from", q->from_us);
        bind_if(stmt, ":to", q->to_us);
        into->n = 0;
        while (sqlite3_step(stmt) == SQLITE_ROW) {
                assert_true(into->n < LINES_MAX);
                snprintf(into->v[into->n++], LINE_SIZE, "%s", (const char *)sqlite3_column_text(stmt, 0));
        }
        sqlite3_finalize(stmt);
        sort(into);
}

static void same(const LookbackQuery *q, const Lines *a, const Lines *b) {
        for (size_t i = 0; i < MAX_OF(a->n, b->n); i++)
                if (i >= a->n || i >= b->n || !streq(a->v[i], b->v[i]))
                        fail_msg("seed %llu, by %s %s, as of +%lld s, row %zu of %zu and %zu:\n  %s\n  %s",
                                 (unsigned long long)seed, lookback_by_name(q->by), q->subject,
                                 (long long)((q->as_of_us - BEGAN_US) / US_PER_S), i, a->n, b->n, i < a->n ? a->v[i] : "-",
                                 i < b->n ? b->v[i] : "-");
}

/* One of the subjects that a random history has, with a window now and then. */
static LookbackQuery some_query(LookbackBy by, char subject[static 32]) {
        static const char *const names[] = { "I-", "L-", "PR-", "SL-", "ac-0.", "ac-", "room-", "pr-", "p-", "s-" };
        static const unsigned most[] = { 40, 4, 3, 3, 9, 2, 3, 3, 5, 99 };
        LookbackQuery q = { .by = by, .subject = subject, .to_us = INT64_MAX };

        snprintf(subject, 32, "%s%0*u", names[by], by == LOOKBACK_ITEM || by == LOOKBACK_SESSION ? 3 : 1, pick(most[by]) + (by == LOOKBACK_LOAD));
        q.as_of_us = BEGAN_US + (int64_t)pick((unsigned)((now_us - BEGAN_US) / US_PER_S) + 20) * US_PER_S;
        if (by >= LOOKBACK_AUTOCLAVE && pick(2)) {
                q.from_us = BEGAN_US + (int64_t)pick(200) * US_PER_S;
                q.to_us = q.from_us + (int64_t)pick(300) * US_PER_S;
        }
        return q;
}

static bool known(const LookbackQuery *q) {
        LookbackCursor c;

        return lookback_begin(store, q, &c) > 0;
}

/* --- the tests --------------------------------------------------------------------------------------------------- */

static void every_kind_of_list_is_what_one_large_query_says(void **state) {
        size_t rows = 0;

        for (uint64_t s = 1; s <= 12; s++) {
                char subject[32];

                random_begin(s);
                for (int i = 0; i < 600; i++)
                        happen();
                for (int n = 0; n < 90; n++) {
                        const LookbackQuery q = some_query((LookbackBy)(n % _LOOKBACK_BY_MAX), subject);

                        if (!known(&q))
                                continue;
                        walk(&q, LOOKBACK_ROWS, 200, &got);
                        reference(&q, &wanted);
                        same(&q, &got, &wanted);
                        rows += got.n;
                }
                teardown(state);
                setup(state);
        }
        assert_true(rows > 5000);
}

static void pages_of_any_size_are_the_same_list(void **state) {
        (void)state;
        random_begin(77);
        for (int i = 0; i < 800; i++)
                happen();
        for (int n = 0; n < 90; n++) {
                char subject[32];
                const LookbackQuery q = some_query((LookbackBy)(n % _LOOKBACK_BY_MAX), subject);

                walk(&q, LOOKBACK_ROWS, 200, &wanted);
                walk(&q, 1 + pick(5), 1 + pick(9), &got);
                same(&q, &got, &wanted);
        }
}

static void a_list_as_known_on_a_day_never_changes(void **state) {
        static LookbackQuery queries[45];
        static char subjects[45][32];

        (void)state;
        random_begin(5);
        for (int i = 0; i < 500; i++)
                happen();
        now_us += US_PER_S;
        for (size_t n = 0; n < ELEMENTSOF(queries); n++)
                queries[n] = some_query((LookbackBy)(n % _LOOKBACK_BY_MAX), subjects[n]);
        for (size_t n = 0; n < ELEMENTSOF(queries); n++) {
                const uint64_t kept = state_of_random;

                if (queries[n].as_of_us >= now_us)
                        queries[n].as_of_us = now_us - 1;
                walk(queries + n, LOOKBACK_ROWS, 200, &before);
                state_of_random = kept + n;
                for (int i = 0; i < 40; i++)
                        happen();
                walk(queries + n, LOOKBACK_ROWS, 200, &got);
                same(queries + n, &got, &before);
        }
}

static LookbackRow only(const LookbackQuery *q) {
        LookbackRow rows[2];
        LookbackCursor c;
        size_t n = 0;

        assert_int_equal(lookback_begin(store, q, &c), 1);
        assert_int_equal(lookback_slice(store, q, &c, &(LookbackBounds){ 2, 100, INT64_MAX }, rows, &n), 0);
        assert_int_equal(n, 1);
        return rows[0];
}

static LookbackQuery about(LookbackBy by, const char *subject) {
        return (LookbackQuery){ .by = by, .subject = subject, .to_us = INT64_MAX, .as_of_us = now_us };
}

static void a_session_counts_for_the_load_it_was_given_the_item_from(void **state) {
        const int64_t item = new_item("L-1", ""), first = new_attempt("ac-0");
        LookbackQuery one = about(LOOKBACK_LOAD, "ac-0.1"), two = about(LOOKBACK_LOAD, "ac-0.2");
        int64_t session;

        (void)state;
        put_down(new_pack(item, 0), first);
        session = new_session("room-1", "ana", "p-1");
        give(session, item);
        use(session, item);
        now_us += US_PER_DAY;
        put_down(new_pack(item, 0), new_attempt("ac-0"));
        one.as_of_us = two.as_of_us = now_us;
        assert_string_equal(only(&one).session, "s-000");
        assert_string_equal(only(&one).patient, "p-1");
        assert_string_equal(only(&one).load, "ac-0.1");
        assert_int_equal(only(&two).fate, LOOKBACK_UNUSED);
        assert_string_equal(only(&two).session, "");
}

static void what_was_packed_again_unused_is_told_from_what_lies_there(void **state) {
        const int64_t item = new_item("L-1", "");
        LookbackQuery one = about(LOOKBACK_LOAD, "ac-0.1");

        (void)state;
        put_down(new_pack(item, 0), new_attempt("ac-0"));
        one.as_of_us = now_us += US_PER_S;
        assert_int_equal(only(&one).fate, LOOKBACK_UNUSED);
        now_us += US_PER_S;
        new_pack(item, 0);
        assert_int_equal(only(&one).fate, LOOKBACK_UNUSED);
        one.as_of_us = now_us;
        assert_int_equal(only(&one).fate, LOOKBACK_REPROCESSED);
        assert_string_equal(only(&one).pack, "P-000");
        assert_string_equal(only(&one).load, "ac-0.1");
}

static void what_a_recall_holds_back_is_marked_from_its_moment_to_its_end(void **state) {
        RecallRow row = { .i = 1, .reason = "r", .by = "clara", .lot = "L-1" };
        LookbackQuery q = about(LOOKBACK_LOT, "L-1");

        (void)state;
        new_item("L-1", "");
        row.at_us = now_us + 10;
        good(recall_add(store, &row));
        good(recall_end(store, row.id, &(RecallWord){ 1, now_us + 20, "clara", "r" }));
        for (int64_t t = 9; t <= 20; t++) {
                q.as_of_us = now_us + t;
                assert_int_equal(only(&q).recalled, t >= 10 && t < 20);
        }
}

static void who_was_in_the_room_of_a_stray_contact_is_found_from_the_item(void **state) {
        LookbackQuery q = about(LOOKBACK_LOT, "L-1"), room = about(LOOKBACK_ROOM, "room-1");
        int64_t session;

        (void)state;
        new_item("L-1", "");
        session = new_session("room-1", "ana", "p-7");
        good(contact_add(store, "I-000", "room-1", session, 0, now_us));
        good(contact_add(store, "I-000", "room-1", session, 0, now_us + US_PER_S)); /* of the same use */
        assert_int_equal(only(&q).fate, LOOKBACK_STRAY);
        assert_string_equal(only(&q).patient, "p-7");
        assert_string_equal(only(&room).item, "I-000");
        assert_string_equal(only(&room).patient, "p-7");
}

static void the_windows_ends_both_count(void **state) {
        LookbackQuery q = about(LOOKBACK_ROOM, "room-1");

        (void)state;
        new_session("room-1", "ana", "p-1");
        q.from_us = q.to_us = now_us;
        assert_string_equal(only(&q).session, "s-000");
        q.from_us = now_us + 1;
        q.to_us = INT64_MAX;
        walk(&q, 10, 10, &got);
        assert_int_equal(got.n, 0);
        q.from_us = 0;
        q.to_us = now_us - 1;
        walk(&q, 10, 10, &got);
        assert_int_equal(got.n, 0);
}

static void an_item_or_a_load_that_never_was_is_said_to_be_unknown(void **state) {
        const LookbackQuery item = about(LOOKBACK_ITEM, "I-000"), load = about(LOOKBACK_LOAD, "ac-0.1");

        (void)state;
        assert_false(known(&item));
        assert_false(known(&load));
        new_item("", "");
        new_attempt("ac-0");
        assert_true(known(&item));
        assert_true(known(&load));
}

static void what_is_no_cursor_is_refused(void **state) {
        static const char *const bad[] = { "", "x", "1", "1.0.0.0.0.0.0", "1.0.0.0.0.0.0.0.0", "1.0.0.0.0.0.0.x", "-1.0.0.0.0.0.0.0",
                                           "1.7.0.0.0.0.0.0", "1.0.2.0.0.0.0.0", "99999999999999999999.0.0.0.0.0.0.0",
                                           "1.0.0.0.0.0.0.0 " };
        LookbackCursor c;

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_int_equal(lookback_cursor_parse(bad[i], LOOKBACK_ROOM, &c), -EINVAL);
        assert_int_equal(lookback_cursor_parse("1.0.0.0.0.0.0.0", LOOKBACK_ROOM, &c), 0);
        assert_int_equal(lookback_cursor_parse("1.0.0.0.0.0.0.0", LOOKBACK_LOT, &c), -EINVAL);
        assert_int_equal(lookback_cursor_parse("1.3.0.0.0.0.0.0", LOOKBACK_PATIENT, &c), -EINVAL);
}

static void a_slice_without_time_takes_one_step(void **state) {
        const LookbackQuery q = about(LOOKBACK_LOT, "L-1");
        static LookbackRow rows[LOOKBACK_ROWS];
        LookbackCursor c;
        size_t n = 0, all = 0;
        int slices = 0, r = 1;

        (void)state;
        for (int i = 0; i < 5; i++)
                new_item("L-1", "");
        assert_int_equal(lookback_begin(store, &q, &c), 1);
        for (; r > 0; slices++, all += n)
                r = lookback_slice(store, &q, &c, &(LookbackBounds){ LOOKBACK_ROWS, 1000, 0 }, rows, &n);
        assert_int_equal(r, 0);
        assert_int_equal(all, 5);
        assert_int_equal(slices, 5 * 3 + 1);
}

/* What the slices rest on: each look-up is by an index, in its order, so none of them grows with the ledger. */
static void no_look_up_scans_or_sorts(void **state) {
        static const char *const all_sql[] = {
#define STATEMENT(name, sql) sql,
                STATEMENTS(STATEMENT)
#undef STATEMENT
        };

        (void)state;
        for (int id = SQL_LOOKBACK_ITEM; id <= SQL_LOOKBACK_RECALLED; id++) {
                char sql[4096];
                sqlite3_stmt *q;

                snprintf(sql, sizeof(sql), "EXPLAIN QUERY PLAN %s", all_sql[id]);
                assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &q, NULL), SQLITE_OK);
                while (sqlite3_step(q) == SQLITE_ROW) {
                        const char *plan = (const char *)sqlite3_column_text(q, 3);

                        if (strstr(plan, "SCAN") || strstr(plan, "TEMP B-TREE"))
                                fail_msg("%s: %s", all_sql[id], plan);
                }
                sqlite3_finalize(q);
        }
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(every_kind_of_list_is_what_one_large_query_says),
                T(pages_of_any_size_are_the_same_list),
                T(a_list_as_known_on_a_day_never_changes),
                T(a_session_counts_for_the_load_it_was_given_the_item_from),
                T(what_was_packed_again_unused_is_told_from_what_lies_there),
                T(what_a_recall_holds_back_is_marked_from_its_moment_to_its_end),
                T(who_was_in_the_room_of_a_stray_contact_is_found_from_the_item),
                T(the_windows_ends_both_count),
                T(an_item_or_a_load_that_never_was_is_said_to_be_unknown),
                T(what_is_no_cursor_is_refused),
                T(a_slice_without_time_takes_one_step),
                T(no_look_up_scans_or_sorts),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
