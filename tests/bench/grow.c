/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ledger that a clinic has filled for years: N items, an audit record for each with its true hash, a session ended
 * for every tenth, and 2,000 streams of devices that have been switched on since.
 *
 *   grow LEDGER N
 */
#include <errno.h>
#include <stdio.h>

#include "config.h"
#include "store/items.h"
#include "store/ledger.h"
#include "store/sessions.h"

#define BATCH 20000
#define STREAMS 2000
#define BEGAN_US (INT64_C(1700000000) * US_PER_S)

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
        ItemRow item = { .class_id = "cartridge", .product = "00844588003288", .expires_on = 20290531, .received_us = BEGAN_US + n,
                         .supplied = SUPPLIED_STERILE, .state = ITEM_STERILE, .state_us = BEGAN_US + n };
        char record[256];
        int size = snprintf(record, sizeof(record),
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
        SessionRow row = { .practitioner = "ana", .patient = "p-4711", .procedure = "skin-needling", .state = SESSION_ENDED,
                           .allowed_us = BEGAN_US + n, .decided_i = decided_i, .started_us = BEGAN_US + n, .ended_us = BEGAN_US + n,
                           .outcome = SESSION_COMPLETED };

        (void)snprintf(row.label, sizeof(row.label), "s-%lld", (long long)(n / 10));
        (void)snprintf(row.room, sizeof(row.room), "room-%lld", (long long)(n % 20));
        must(session_add(s, &row), "session");
        row.state = SESSION_ENDED;
        must(session_save(s, &row), "session");
        must(session_item_add(s, row.id, n, row.allowed_us, 0), "session's item");
}

int main(int argc, char **argv) {
        _cleanup_(store_closep) Store *s = NULL;
        char why[STORE_WHY_MAX] = "";
        StoreOpened opened;
        Head head = {};

        if (argc != 3) {
                (void)fputs("grow LEDGER N\n", stderr);
                return EXIT_FAILURE;
        }
        must(store_open(&s, &(StoreOptions){ argv[1], 65536 }, &opened, why), why);
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
        must(store_commit(s), "commit");
        return EXIT_SUCCESS;
}
