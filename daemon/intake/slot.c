/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slots: the streams of the devices that spoke, kept beside the ledger for one batch's length of trust: written back
 * before the commit, forgotten when a batch is lost.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/internal.h"

static size_t hash(Kind kind, const char *device) {
        uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)kind;

        for (; *device; device++)
                h = (h ^ (uint8_t)*device) * UINT64_C(1099511628211);
        return (size_t)h;
}

Slot *slot_get(Intake *in, Kind kind, const char *device) {
        size_t at = hash(kind, device) & (SLOTS_MAX - 1);
        Slot *s;

        for (; (s = in->table[at]); at = (at + 1) & (SLOTS_MAX - 1))
                if (s->kind == kind && streq(s->device, device))
                        return s;
        /* One place stays empty for ever, so that the search ends. */
        s = in->n_used < SLOTS_MAX - 1 ? calloc(1, sizeof(*s)) : NULL;
        if (!s)
                return NULL;
        s->kind = kind;
        snprintf(s->device, sizeof(s->device), "%s", device);
        in->table[at] = in->used[in->n_used++] = s;
        return s;
}

void slots_free(Intake *in) {
        for (size_t i = 0; i < in->n_used; i++)
                free(in->used[i]);
}

int slots_take_up(Intake *in) {
        char kind[32], device[LABEL_MAX + 1];
        int64_t id = 0;
        int r;

        while ((r = ledger_stream_waiting(in->store, &id, kind, device)) > 0) {
                Slot *s;
                Kind k;

                if (!kind_from_name(kind, &k))
                        continue;
                s = slot_get(in, k, device);
                r = s ? slot_load(in, s) : -ENOMEM;
                if (r < 0)
                        return r;
        }
        return r;
}

/* Merely further: the messages in the ledger say so themselves. */
static bool only_progress(const Slot *s) {
        const Order *o = &s->stream.order;

        return o->n_holes == 0 && s->saved_holes == 0 && o->lost == s->saved_lost && o->applied == o->top;
}

void slot_saved(Slot *s) {
        s->saved_holes = s->stream.order.n_holes;
        s->saved_lost = s->stream.order.lost;
        s->dirty = false;
}

int slot_load(Intake *in, Slot *s) {
        int r;

        if (s->loaded)
                return 0;
        r = ledger_stream_get(in->store, kind_name(s->kind), s->device, NULL, in->now.boot_us, &s->stream);
        if (r < 0)
                return r;
        if (r == 0)
                s->stream = (StreamRow){};
        s->loaded = true;
        slot_saved(s);
        return 0;
}

int slots_flush(Intake *in) {
        for (size_t i = 0; i < in->n_used; i++) {
                Slot *s = in->used[i];
                int r;

                if (!s->dirty)
                        continue;
                r = only_progress(s) ? 0 : ledger_stream_save(in->store, &s->stream);
                if (r < 0)
                        return r;
                slot_saved(s);
        }
        return 0;
}

void slots_forget(Intake *in) {
        for (size_t i = 0; i < in->n_used; i++)
                in->used[i]->loaded = in->used[i]->dirty = in->used[i]->receipt_owed = false;
}

int receipt_publish(Intake *in, Kind kind, const char *device, const StreamRow *stream) {
        int64_t missing[MISSING_MAX], seq;
        char topic[TOPIC_MAX];
        Outgoing *out;
        size_t n;
        int r;

        seq = order_receipt(&stream->order, missing, &n);
        r = topic_down(in->config->site.id, kind, device, "receipt", topic);
        if (r == 0)
                r = encode_receipt(&in->w, stream->boot, seq, missing, n);
        if (r == 0)
                r = publish_w(in, topic, &out);
        if (r == 0)
                out->qos = 1;
        return r;
}
