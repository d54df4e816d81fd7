/* SPDX-License-Identifier: Apache-2.0 */
/* GetRecall, ListRecalls: what is recalled or waits in quarantine, and what officers said of it. */
#include "bus/internal.h"
#include "store/recalls.h"

static const char *state_of(const RecallInfo *x) {
        return x->ended_us ? "ended" : x->kind == RECALL_QUARANTINE ? "quarantine" : "recall";
}

static void put_scope(const RecallInfo *x, Reply *r) {
        reply_text(r, "lot", x->lot);
        reply_text(r, "product", x->product);
        reply_text(r, "item", x->code);
        reply_text(r, "supplier_load", x->supplier_load);
        reply_text(r, "load", x->load);
        reply_text(r, "autoclave", x->autoclave);
        reply_time(r, "from", x->from_us);
        reply_time(r, "to", x->to_us == INT64_MAX ? 0 : x->to_us);
}

static void put_recall(const RecallInfo *x, Reply *r) {
        reply_open(r);
        reply_number(r, "recall", x->id);
        reply_text(r, "state", state_of(x));
        put_scope(x, r);
        reply_text(r, "cause", x->cause);
        reply_text(r, "reason", x->reason);
        reply_text(r, "by", x->by);
        reply_time(r, "at", x->at_us);
        reply_time(r, "decide_by", x->decide_by_us);
        reply_text(r, "confirmed_by", x->confirmed_by);
        reply_text(r, "confirmed_reason", x->confirmed_reason);
        reply_time(r, "confirmed_at", x->confirmed_us);
        reply_text(r, "ended_by", x->ended_by);
        reply_text(r, "ended_reason", x->ended_reason);
        reply_time(r, "ended_at", x->ended_us);
        reply_close(r);
}

/* GetRecall(t recall) -> a{sv}. NotFound, Ledger. */
int method_get_recall(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        RecallInfo x;
        uint64_t id;
        Reply reply;
        int r = sd_bus_message_read(m, "t", &id);

        if (r < 0)
                return r;
        r = recall_get(source->store, bus_number(id), &x);
        if (r < 0)
                return bus_ledger_failed(source, r, error);
        if (r == 0)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "There is no recall %llu.",
                                         (unsigned long long)id);
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        put_recall(&x, &reply);
        return reply_send(&reply);
}

/* ListRecalls(t after, b ended_too, u limit) -> aa{sv}, by rising number. Ledger. */
int method_list_recalls(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        uint64_t after;
        uint32_t limit;
        RecallInfo x;
        Reply reply;
        int ended_too, r = sd_bus_message_read(m, "tbu", &after, &ended_too, &limit);

        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        limit = limit == 0 || limit > BUS_RECALLS_MAX ? BUS_RECALLS_MAX : limit;
        x.id = bus_number(after);
        r = 1;
        reply_page_open(&reply);
        for (uint32_t i = 0; i < limit && (r = recall_next(source->store, x.id, ended_too, &x)) > 0; i++)
                put_recall(&x, &reply);
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}
