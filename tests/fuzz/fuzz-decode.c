/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds the decoder: a line "<kind>/<message>", then the payload. Whatever it is, the decoder answers; what it accepts
 * is within bounds, and every string that it hands out can be written back as JSON.
 */
#include <stdio.h>

#include "codec/decode.h"
#include "codec/encode.h"
#include "codec/topic.h"
#include "util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(x)                        \
        do {                            \
                if (!(x))               \
                        __builtin_trap(); \
        } while (0)

static void check_list(const List *list) {
        CHECK(list->n <= ITEMS_MAX);
        for (size_t i = 0; i < list->n; i++)
                CHECK(strlen(list->v[i]) >= 1 && strlen(list->v[i]) <= CODE_MAX);
}

static void check_samples(const Event *e) {
        CHECK(e->sample.n_samples >= 1 && e->sample.n_samples <= SAMPLES_MAX);
        for (size_t i = 0; i < e->sample.n_samples; i++) {
                const Sample *s = &e->sample.samples[i];

                CHECK(s->t_us >= 0 && s->t_us <= CYCLE_SECONDS_MAX * US_PER_S);
                CHECK(s->temperature_mc >= TEMPERATURE_MIN_C * 1000 && s->temperature_mc <= TEMPERATURE_MAX_C * 1000);
                CHECK(s->pressure_pa >= 0 && s->pressure_pa <= PRESSURE_MAX_KPA * 1000);
        }
}

static void check_event(const Event *e, const char *message) {
        CHECK(streq(event_type_name(e->type), message));
        CHECK(!e->env.boot == !e->env.seq);
        CHECK(!e->env.boot || strlen(e->env.boot) <= BOOT_MAX);
        CHECK(e->env.seq >= 0 && e->env.seq <= SEQ_MAX);
        if (e->type == EVENT_SAMPLE)
                check_samples(e);
        else if (e->type == EVENT_SESSION_END) {
                check_list(&e->session_end.unopened);
                check_list(&e->session_end.dropped);
        } else if (e->type == EVENT_DROP)
                check_list(&e->drop.items);
        else if (e->type == EVENT_SESSION_REQUEST)
                check_list(&e->session_request.items);
        event_grants(e);
}

static void check_refusal(const DecodeError *error) {
        JsonWriter w = { 0 };

        CHECK(error->reason != REJECT_NONE && error->detail[0]);
        CHECK(encode_rejected(&w, error->reason, error->detail, error->member, error->boot, error->seq) == 0);
        jsonw_done(&w);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static Decoded *d;
        char line[128], topic[TOPIC_MAX];
        const uint8_t *end = memchr(data, '\n', size);
        DecodeError error;
        Topic t;
        int r;

        if (!d)
                d = decoded_new();
        if (!d || !end || end - data >= (ptrdiff_t) sizeof(line) || memchr(data, 0, (size_t) (end - data)))
                return 0;
        snprintf(line, sizeof(line), "%.*s", (int) (end - data), (const char *) data);
        char *slash = strchr(line, '/');
        if (!slash)
                return 0;
        *slash = 0;
        snprintf(topic, sizeof(topic), "asepsis/v1/s/up/%s/d/%s", line, slash + 1);
        if (topic_parse(topic, "s", &t) != TOPIC_OK)
                return 0;
        r = decode(t.kind, t.device, t.message, end + 1, size - (size_t) (end + 1 - data), d, &error);
        CHECK(r == 0 || r == 1);
        if (r == 0)
                check_event(&d->event, t.message);
        else
                check_refusal(&error);
        return 0;
}
