/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger that a clinic has filled for years: N items, an audit record for each with its true hash, a session ended
 * for every tenth, and 2,000 streams of devices that have been switched on since.
 *
 * With SESSIONS, beside them what a look-back goes over: ten years in which each session used a cartridge of its own
 * and one of a thousand extractors, sterilized in a pack of its own, ten packs a load, in four autoclaves.
 *
 *   grow LEDGER N [SESSIONS]
 */
#include <errno.h>
#include <stdio.h>

#include "config.h"
#include "store/items.h"
#include "store/ledger.h"
#include "store/sessions.h"
#include "store/stmt.h"

#define BATCH 20000
#define STREAMS 2000
#define BEGAN_US (INT64_C(1700000000) * US_PER_S)
#define TEN_YEARS_US (3652 * US_PER_DAY)
#define HISTORY_BATCH 100000

static void must(int r, const char *what) {
        if (r < 0) {
                (void)fprintf(stderr, "%s: %s\n", what, strerror(-r));
                exit(EXIT_FAILURE);
        }
}

static void add_streams(Store *s) {
        char device[32], boot[32];
        StreamRow row;

        for (int i = 0; i < STREAMS; i++) {
                (void)snprintf(device, sizeof(device), "room-%d", i % 20);
                (void)snprintf(boot, sizeof(boot), "boot-%d", i);
                must(ledger_stream_add(s, "room", device, boot, BEGAN_US + i, &row), "stream");
                row.order.top = row.order.applied = 1000;
                must(ledger_stream_save(s, &row), "stream");
        }
}

static void add_item(Store *s, Head *head, int64_t n) {
        ItemRow item = { .class_id = "cartridge",
                         .product = "00844588003288",
                         .expires_on = 20290531,
                         .received_us = BEGAN_US + n,
                         .supplied = SUPPLIED_STERILE,
                         .state = ITEM_STERILE,
                         .state_us = BEGAN_US + n };
        char record[256];
        int size = snprintf(
                record, sizeof(record),
                "{\"type\":\"message\",\"at_us\":%lld,\"topic\":\"asepsis/v1/clinic/up/station/station-1/receive\","
                "\"boot\":\"2b1c9e\",\"seq\":%lld,\"payload\":\"47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU\"}",
                (long long)(BEGAN_US + n), (long long)n);

        must(ledger_append(s, head, record, (size_t)size), "audit record");
        (void)snprintf(item.code, sizeof(item.code), "(01)00844588003288(21)SN%09lld", (long long)n);
        (void)snprintf(item.lot, sizeof(item.lot), "LOT%lld", (long long)(n / 500));
        item.received_i = head->size;
        if (n % 10 == 0) {
                (void)snprintf(item.used_session, sizeof(item.used_session), "s-%lld", (long long)(n / 10));
                item.used_us = BEGAN_US + n;
        }
        must(item_add(s, &item), "item");
}

static void add_session(Store *s, int64_t n, int64_t decided_i) {
        SessionRow row = { .practitioner = "ana",
                           .patient = "p-4711",
                           .procedure = "skin-needling",
                           .state = SESSION_ENDED,
                           .allowed_us = BEGAN_US + n,
                           .decided_i = decided_i,
                           .started_us = BEGAN_US + n,
                           .ended_us = BEGAN_US + n,
                           .outcome = SESSION_COMPLETED };

        (void)snprintf(row.label, sizeof(row.label), "s-%lld", (long long)(n / 10));
        (void)snprintf(row.room, sizeof(row.room), "room-%lld", (long long)(n % 20));
        must(session_add(s, &row), "session");
        row.state = SESSION_ENDED;
        must(session_save(s, &row), "session");
        must(session_item_add(s, row.id, n, row.allowed_us, 0), "session's item");
}

/* Rows ?1 to ?2 of a history, both included; ?3: the time between two sessions; ?4: sessions
 * and ?5: items that are there already. */
#define ROWS "WITH RECURSIVE n(k) AS (VALUES (?1) UNION ALL SELECT k + 1 FROM n WHERE k < ?2) "
#define AT "1380000000000000 + k * ?3" /* it ends before the rest begins */
#define EXTRACTOR "?5 + k % 1000 + 1"

static const char *const history[] = {
        ROWS "INSERT INTO attempt (id, label, autoclave, cycle, program, purpose, started_us, ended_us, start, "
             "verdict, released, "
             "released_us, released_by) SELECT k / 10 + 1, 'old-' || (k / 10 % 4) || '.' || (k / 40 + 1), 'old-' || (k "
             "/ 10 % 4), "
             "k / 40 + 1, 'prevac-134', 0, " AT ", " AT " + 1, '{}', 0, 2, " AT " + 2, 'ben' FROM n WHERE k % 10 = 0",
        ROWS "INSERT INTO pack (id, label, wrap, packed_us, attempt, loaded_us, sterile_us, opened_us) SELECT k + 1, "
             "'P-' || (k % 5000), "
             "0, " AT " - 2, k / 10 + 1, " AT " - 1, " AT ", " AT " + 3 FROM n",
        ROWS "INSERT INTO item (id, code, class, product, lot, received_us, received_i, supplied, supplier_load, "
             "state, state_us, "
             "used_session, used_us) SELECT ?5 + 1000 + k + 1, '(01)00844588003288(21)OLD' || k, 'cartridge', 'PR-' || "
             "(k % 3), "
             "'OLD' || (k / 500), " AT " - 9, 1, 0, CASE WHEN k % 10 = 0 THEN 'SL-' || (k / 1000) END, 3, " AT
             ", 'old-' || k, " AT " + 3 FROM n",
        ROWS "INSERT INTO pack_item (pack, item) SELECT k + 1, " EXTRACTOR " FROM n",
        ROWS "INSERT INTO session (id, label, room, practitioner, patient, procedure, content, state, allowed_us, "
             "decided_i, "
             "started_us, ended_us, outcome, lease_until_us, stream_lost, touched) SELECT ?4 + k + 1, 'old-' || k, "
             "'old-' || (k % 20), "
             "'pr-' || (k % 50), 'p-' || (k * 7919 % 200000), 'skin-needling', zeroblob(32), 3, " AT " + 3, 1, " AT
             " + 3, " AT " + 9, 0, 0, 0, 1 FROM n",
        ROWS "INSERT INTO session_item (session, item, at_us, used_us) SELECT ?4 + k + 1, ?5 + 1000 + k + 1, " AT
             " + 3, " AT " + 4 "
             "FROM n",
        ROWS "INSERT INTO session_item (session, item, at_us, used_us, pack) SELECT ?4 + k + 1, " EXTRACTOR ", " AT
             " + 3, " AT " + 4, "
             "k + 1 FROM n",
};

static void run_sql(Store *s, const char *sql, const int64_t v[static 5]) {
        sqlite3_stmt *q;
        int rc = sqlite3_prepare_v2(s->db, sql, -1, &q, NULL);

        for (int i = 0; rc == SQLITE_OK && i < sqlite3_bind_parameter_count(q); i++)
                rc = sqlite3_bind_int64(q, i + 1, v[i]);
        if (rc != SQLITE_OK || sqlite3_step(q) != SQLITE_DONE) {
                (void)fprintf(stderr, "%s: %s\n", sqlite3_errmsg(s->db), sql);
                exit(EXIT_FAILURE);
        }
        sqlite3_finalize(q);
}

/* Its items come after the last one that is there. */
static void add_history(Store *s, int64_t items, int64_t sessions) {
        const int64_t step_us = sessions ? TEN_YEARS_US / sessions : 0;

        for (int64_t k = 0; k < 1000 && sessions; k++) {
                ItemRow item = {
                        .class_id = "extractor", .received_us = 1, .received_i = 1, .supplied = SUPPLIED_CONTAMINATED
                };

                (void)snprintf(item.code, sizeof(item.code), "EXTRACTOR-%lld", (long long)k);
                must(item_add(s, &item), "extractor");
        }
        for (int64_t k = 0; k < sessions; k += HISTORY_BATCH) {
                const int64_t v[] = { k, MIN_OF(k + HISTORY_BATCH, sessions) - 1, step_us,
                                      MAX_OF(items / 10, INT64_C(1)), items };

                must(store_begin(s), "begin");
                for (size_t i = 0; i < ELEMENTSOF(history); i++)
                        run_sql(s, history[i], v);
                must(store_commit(s), "commit");
        }
}

int main(int argc, char **argv) {
        _cleanup_(store_closep) Store *s = NULL;
        char why[STORE_WHY_MAX] = "";
        StoreOpened opened;
        Head head = {};

        if (argc != 3 && argc != 4) {
                (void)fputs("grow LEDGER N [SESSIONS]\n", stderr);
                return EXIT_FAILURE;
        }
        must(store_open(&s, &(StoreOptions){ .path = argv[1], .cache_kib = 1048576 }, &opened, why), why);
        must(store_begin(s), "begin");
        add_streams(s);
        for (int64_t n = 1; n <= atoll(argv[2]); n++) {
                must(store_begin(s), "begin");
                add_item(s, &head, n);
                if (n % 10 == 0)
                        add_session(s, n, head.size);
                if (n % BATCH == 0)
                        must(store_commit(s), "commit");
        }
        add_history(s, atoll(argv[2]), argc == 4 ? atoll(argv[3]) : 0);
        must(store_commit(s), "commit");
        return EXIT_SUCCESS;
}
