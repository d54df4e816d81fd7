/* SPDX-License-Identifier: Apache-2.0 */
/* GetRestored: what a restored ledger still wants before its needles are good again. */
#include "bus/internal.h"
#include "store/items.h"
#include "store/restore.h"

static void put_item(const ItemRow *item, Reply *r) {
        reply_open(r);
        reply_text(r, "item", item->code);
        reply_text(r, "class", item->class_id);
        reply_text(r, "lot", item->lot);
        reply_date(r, "expires", item->expires_on);
        reply_time(r, "received_at", item->received_us);
        reply_close(r);
}

/* A class that is not configured any more counts as single-use, as it does at the gate. */
static bool is_wanted(const Config *config, const ItemRow *item) {
        const ConfigClass *c = config_class(config, item->class_id);

        return item->state != ITEM_DISCARDED && (!c || c->single_use);
}

/* Those after *after; it moves to where the next page begins, or to 0. */
static int put_items(const BusSource *source, int64_t restored_i, int64_t *after, Reply *reply) {
        const Config *config = source->config(source->userdata);
        const int64_t until = *after > INT64_MAX - BUS_BLOCKED_SPAN ? INT64_MAX : *after + BUS_BLOCKED_SPAN;
        ItemRow item = { .id = *after };
        int64_t last = 0;
        int n = 0, r = item_count(source->store, &last);

        if (r < 0)
                return r;
        reply_list_open(reply, "items", "a{sv}");
        while (n < BUS_BLOCKED_MAX && (r = item_blocked_next(source->store, item.id, until, restored_i, &item)) > 0)
                if (is_wanted(config, &item)) {
                        put_item(&item, reply);
                        n++;
                }
        reply_list_close(reply);
        *after = r > 0 ? item.id : until < last ? until : 0;
        return r < 0 ? r : 0;
}

static int put_all(const BusSource *source, int64_t after, Reply *reply) {
        RestoredLook restored;
        int r = restored_look(source->store, &restored);

        reply_open(reply);
        if (r > 0) {
                reply_time(reply, "restored_at", restored.at_us);
                reply_text(reply, "cause", restored.cause);
                reply_text(reply, "by", restored.by);
                reply_text(reply, "reason", restored.reason);
                r = put_items(source, restored.i, &after, reply);
                if (after > 0)
                        reply_number(reply, "next", after);
        }
        reply_close(reply);
        return r;
}

/* GetRestored(t after) -> a{sv}. Ledger. */
int method_get_restored(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        uint64_t after;
        Reply reply;
        int r = sd_bus_message_read(m, "t", &after);

        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        r = put_all(source, bus_number(after), &reply);
        return bus_answer(source, r, &reply, error);
}
