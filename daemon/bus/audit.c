/* SPDX-License-Identifier: Apache-2.0 */
/* The audit chain for somebody outside: the head as it stands, signed, and the records as they were hashed. */
#include <errno.h>
#include <inttypes.h>

#include "bus/internal.h"
#include "codec/base64.h"
#include "store/ledger.h"

static void put_audit(const Status *status, const Config *config, int64_t size, const uint8_t hash[static HASH_SIZE],
                      const char *jws, Reply *r) {
        char head[64];

        to_base64(hash, HASH_SIZE, head, sizeof(head));
        reply_open(r);
        reply_text(r, "log", status->log);
        reply_text(r, "site", config->site.id);
        reply_text(r, "boot", status->boot);
        reply_number(r, "size", size);
        reply_text(r, "head", head);
        reply_text(r, "checkpoint", jws);
        reply_text(r, "kid", status->kid);
        reply_close(r);
}

/* GetAudit(t size) -> a{sv}. NotFound, Ledger. */
int method_get_audit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        _cleanup_(freep) char *jws = NULL;
        uint8_t hash[HASH_SIZE] = { 0 };
        Status status = {};
        uint64_t asked;
        int64_t size;
        Reply reply;
        int r = sd_bus_message_read(m, "t", &asked);

        if (r < 0)
                return r;
        source->status(source->userdata, &status);
        size = asked ? bus_number(asked) : status.audit_size;
        r = size > status.audit_size ? 0 : ledger_hash_at(source->store, size, hash);
        if (r > 0)
                r = source->checkpoint(source->userdata, size, &jws);
        if (r == 0)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "The audit chain has %" PRId64 " records so far.",
                                         status.audit_size);
        if (r < 0 && r != -EPERM)
                return bus_ledger_failed(source, r, error);
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        put_audit(&status, source->config(source->userdata), size, hash, jws, &reply);
        return reply_send(&reply);
}

typedef struct Page {
        sd_bus_message *m;
        size_t n_bytes;
} Page;

/* Bytes, not texts: whatever a ledger holds that somebody has been at is to be seen as it is. */
static int put_record(void *userdata, int64_t i, const void *record, size_t n, const void *hash, size_t n_hash) {
        Page *page = userdata;
        int r = sd_bus_message_open_container(page->m, 'r', "tayay");

        if (r >= 0)
                r = sd_bus_message_append(page->m, "t", (uint64_t)i);
        if (r >= 0)
                r = sd_bus_message_append_array(page->m, 'y', record, n);
        if (r >= 0)
                r = sd_bus_message_append_array(page->m, 'y', hash, n_hash);
        if (r >= 0)
                r = sd_bus_message_close_container(page->m);
        page->n_bytes += n;
        return r < 0 ? r : page->n_bytes >= BUS_AUDIT_BYTES_MAX;
}

/* ExportAudit(t after, u limit) -> a(tayay). Ledger. */
int method_export_audit(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        Page page = {};
        uint64_t after;
        uint32_t limit;
        Reply reply;
        int r = sd_bus_message_read(m, "tu", &after, &limit);

        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        page.m = reply.m;
        r = sd_bus_message_open_container(reply.m, 'a', "(tayay)");
        if (r >= 0)
                r = ledger_each(source->store, bus_number(after),
                                limit ? MIN_OF(limit, (uint32_t)BUS_AUDIT_MAX) : BUS_AUDIT_MAX, put_record, &page);
        if (r >= 0)
                r = sd_bus_message_close_container(reply.m);
        return bus_answer(source, r, &reply, error);
}
