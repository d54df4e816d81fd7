/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Stream: PUBLISH packets of QoS 1 over one MQTT 5 connection, made beforehand and written many at a time, so that the
 * publishers take as little as can be of the processor that they share with what is measured. A library's publisher
 * takes 10 us a message (a copy, two calls to write it, four to read its PUBACK), this one about 2.
 * The connection is the library's; from the first packet on nobody but the stream touches its socket.
 */
#include <fcntl.h>
#include <sys/socket.h>

#include "client.h"

#define WINDOW 20 /* what mosquitto takes of one publisher before it has acknowledged */
#define PUBACK_MIN 4

typedef struct Stream {
        int fd;
        uint8_t *bytes;
        size_t n, size, written;
        size_t *ends; /* of each packet, in bytes */
        size_t n_packets, n_ends, allowed, acknowledged;
        uint8_t head[2]; /* of a PUBACK that is being read: its first two bytes, and what is still to come */
        unsigned n_head, rest;
} Stream;

static inline void *stream_grow(void *array, size_t n, size_t *size, size_t element) {
        if (n > *size) {
                *size = MAX_OF(n, *size * 2);
                array = reallocarray(array, *size, element);
        }
        if (!array)
                die("out of memory");
        return array;
}

static inline void stream_put(Stream *s, const void *p, size_t n) {
        s->bytes = (uint8_t *)stream_grow(s->bytes, s->n + n, &s->size, 1);
        memcpy(s->bytes + s->n, p, n);
        s->n += n;
}

static inline void stream_put_16(Stream *s, size_t v) {
        stream_put(s, (uint8_t[]){ (uint8_t)(v >> 8), (uint8_t)v }, 2);
}

/* Fixed header, topic, packet identifier, no properties, payload (MQTT 5, 3.3). */
static inline void stream_add(Stream *s, const char *topic, const char *payload, size_t n) {
        const size_t length = 2 + strlen(topic) + 2 + 1 + n;

        stream_put(s, (uint8_t[]){ 0x32 }, 1);
        for (size_t left = length;; left >>= 7) {
                stream_put(s, (uint8_t[]){ (uint8_t)((left & 0x7F) | (left > 0x7F ? 0x80 : 0)) }, 1);
                if (left <= 0x7F)
                        break;
        }
        stream_put_16(s, strlen(topic));
        stream_put(s, topic, strlen(topic));
        stream_put_16(s, s->n_packets % 65535 + 1);
        stream_put(s, "", 1);
        stream_put(s, payload, n);
        s->ends = (size_t *)stream_grow(s->ends, s->n_packets + 1, &s->n_ends, sizeof(*s->ends));
        s->ends[s->n_packets++] = s->n;
}

static inline void stream_open(Stream *s, struct mosquitto *m) {
        s->fd = mosquitto_socket(m);
        if (fcntl(s->fd, F_SETFL, O_NONBLOCK) < 0)
                die("O_NONBLOCK");
}

/* Goes on when half of the window is acknowledged, and is woken by no less. */
static inline void stream_write(Stream *s) {
        const size_t open = s->allowed - s->acknowledged;
        int wake = PUBACK_MIN * WINDOW / 2;
        ssize_t n;

        if (open <= WINDOW / 2)
                s->allowed = MIN_OF(s->acknowledged + WINDOW, s->n_packets);
        if (s->allowed == s->n_packets)
                wake = 1;
        (void)setsockopt(s->fd, SOL_SOCKET, SO_RCVLOWAT, &wake, sizeof(wake));
        if (s->allowed == 0 || s->written == s->ends[s->allowed - 1])
                return;
        n = write(s->fd, s->bytes + s->written, s->ends[s->allowed - 1] - s->written);
        if (n < 0 && errno != EAGAIN)
                die("cannot write: %s", strerror(errno));
        s->written += n > 0 ? (size_t)n : 0;
}

/* A PUBACK is 0x40, a length of one byte, the identifier, and at most a reason and an empty list of properties. */
static inline void stream_take(Stream *s, uint8_t byte) {
        if (s->n_head < 2) {
                s->head[s->n_head++] = byte;
                s->rest = s->n_head == 2 ? byte : 0;
                if (s->n_head == 2 && (s->head[0] != 0x40 || byte < 2 || byte > 0x7F))
                        die("the broker sends a publisher something else than PUBACK");
                return;
        }
        if (s->head[1] > 2 && s->rest == s->head[1] - 2u && byte >= 0x80)
                die("the broker refuses a message, reason %u", byte);
        if (--s->rest == 0) {
                s->n_head = 0;
                s->acknowledged++;
        }
}

static inline void stream_read(Stream *s) {
        uint8_t buf[4096];
        ssize_t n = read(s->fd, buf, sizeof(buf));

        if (n == 0 || (n < 0 && errno != EAGAIN))
                die("the broker has closed a publisher's connection");
        for (ssize_t i = 0; i < n; i++)
                stream_take(s, buf[i]);
}

static inline bool stream_done(const Stream *s) {
        return s->acknowledged == s->n_packets;
}

static inline struct pollfd stream_poll(const Stream *s) {
        const bool more = s->allowed > 0 && s->written < s->ends[s->allowed - 1];

        return (struct pollfd){ .fd = s->fd, .events = (short)(POLLIN | (more ? POLLOUT : 0)) };
}
