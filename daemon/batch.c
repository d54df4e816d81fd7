/* SPDX-License-Identifier: Apache-2.0 */
#include "batch.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static void outgoing_done(Outgoing *o) {
        free(o->topic);
        free(o->payload);
        free(o->correlation);
        free(o->permit_of);
}

static void line_done(LogLine *l) {
        free(l->text);
        for (size_t i = 0; i < ELEMENTSOF(l->subject); i++)
                free(l->subject[i]);
}

BatchMark batch_mark(const Batch *b) {
        return (BatchMark){ b->n_out, b->n_log };
}

void batch_undo(Batch *b, BatchMark mark) {
        while (b->n_out > mark.n_out)
                outgoing_done(b->out + --b->n_out);
        while (b->n_log > mark.n_log)
                line_done(b->log + --b->n_log);
}

void batch_clear(Batch *b) {
        batch_undo(b, (BatchMark){});
}

void batch_done(Batch *b) {
        batch_clear(b);
        free(b->out);
        free(b->log);
        *b = (Batch){};
}

/* Room for one more element; NULL: out of memory. */
static void *grow(void *array, size_t n, size_t *size, size_t element) {
        size_t want = n < 16 ? 16 : n * 2;
        void *more;

        if (n < *size)
                return array;
        more = reallocarray(array, want, element);
        if (more)
                *size = want;
        return more;
}

int batch_publish(Batch *b, const char *topic, const char *payload, size_t n, Outgoing **ret) {
        Outgoing o = { .topic = strdup(topic), .payload = malloc(n + 1), .n_payload = n };
        Outgoing *out = grow(b->out, b->n_out, &b->size_out, sizeof(o));

        if (out)
                b->out = out;
        if (!o.topic || !o.payload || !out) {
                outgoing_done(&o);
                return -ENOMEM;
        }
        memcpy(o.payload, payload, n);
        o.payload[n] = '\0';
        b->out[b->n_out] = o;
        if (ret)
                *ret = b->out + b->n_out;
        b->n_out++;
        return 0;
}

int outgoing_correlate(Outgoing *o, const void *data, size_t n) {
        if (n == 0)
                return 0;
        o->correlation = malloc(n);
        if (!o->correlation)
                return -ENOMEM;
        memcpy(o->correlation, data, n);
        o->n_correlation = n;
        return 0;
}

int outgoing_permits(Outgoing *o, const char *session) {
        o->permit_of = strdup(session);
        return o->permit_of ? 0 : -ENOMEM;
}

void batch_withdraw(Batch *b, const char *session) {
        for (size_t i = 0; i < b->n_out; i++)
                if (b->out[i].permit_of && streq(b->out[i].permit_of, session))
                        b->out[i].withdrawn = true;
}

int batch_log(Batch *b, LogKind kind, int priority, const LogSubject *subject, const char *format, ...) {
        const char *const parts[] = { subject ? subject->rule : NULL,    subject ? subject->item : NULL,
                                      subject ? subject->session : NULL, subject ? subject->room : NULL,
                                      subject ? subject->device : NULL,  subject ? subject->cycle : NULL };
        LogLine l = { .kind = kind, .priority = priority };
        LogLine *log = grow(b->log, b->n_log, &b->size_log, sizeof(l));
        va_list ap;

        if (!log)
                return -ENOMEM;
        b->log = log;
        va_start(ap, format);
        if (vasprintf(&l.text, format, ap) < 0)
                l.text = NULL;
        va_end(ap);
        if (!l.text)
                return -ENOMEM;
        for (size_t i = 0; i < ELEMENTSOF(parts); i++)
                l.subject[i] = parts[i] ? strdup(parts[i]) : NULL;
        b->log[b->n_log++] = l;
        return 0;
}

#define LATEST_MAX 512 /* a power of two */

/* Of what is retained only the last of a topic counts, unless the outbox waits for each. Where two topics meet in one
 * place of the table an older one goes out too, which does no harm. */
static void drop_superseded(Batch *b) {
        const char *latest[LATEST_MAX] = {};

        for (size_t i = b->n_out; i-- > 0;) {
                Outgoing *o = b->out + i;
                uint32_t h = 2166136261;
                const char **at;

                if (!o->retain)
                        continue;
                for (const char *c = o->topic; *c; c++)
                        h = (h ^ (uint8_t)*c) * 16777619;
                at = latest + (h & (LATEST_MAX - 1));
                o->superseded = !o->outbox && *at && streq(*at, o->topic);
                *at = o->topic;
        }
}

void batch_flush(Batch *b, void (*publish)(void *userdata, const Outgoing *o), void *userdata) {
        drop_superseded(b);
        for (size_t i = 0; i < b->n_out; i++)
                if (!b->out[i].superseded && !b->out[i].withdrawn)
                        publish(userdata, b->out + i);
        for (size_t i = 0; i < b->n_log; i++) {
                const LogLine *l = b->log + i;
                const LogSubject s = { l->subject[0], l->subject[1], l->subject[2],
                                       l->subject[3], l->subject[4], l->subject[5] };

                log_event(l->kind, l->priority, &s, "%s", l->text);
        }
        batch_clear(b);
}
