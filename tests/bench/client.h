/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the load generators share: arguments, clock, and a connection that is polled. */
#include <errno.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

typedef struct Place {
        const char *host, *password;
        int port;
} Place;

static inline int64_t clock_us(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static inline _Noreturn _printf_(1, 2) void die(const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        (void)vfprintf(stderr, format, ap);
        va_end(ap);
        (void)fputc('\n', stderr);
        exit(EXIT_FAILURE);
}

static inline void must(int rc, const char *what) {
        if (rc)
                die("%s: %s", what, rc == MOSQ_ERR_ERRNO ? strerror(errno) : mosquitto_strerror(rc));
}

/* HOST PORT PASSWORD, as every one of these programs begins. */
static inline Place place_from(char **argv) {
        return (Place){ .host = argv[1], .port = atoi(argv[2]), .password = argv[3] };
}

/* The daemon's own settings: MQTT 5, external loop, acknowledgements queued until the next write. */
static inline struct mosquitto *client_new(const Place *p, const char *id, int receive_maximum, void *userdata) {
        struct mosquitto *m = mosquitto_new(id, true, userdata);

        if (!m)
                die("out of memory");
        must(mosquitto_threaded_set(m, true), "threaded");
        must(mosquitto_int_option(m, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5), "MQTT 5");
        must(mosquitto_int_option(m, MOSQ_OPT_RECEIVE_MAXIMUM, receive_maximum), "receive maximum");
        must(mosquitto_int_option(m, MOSQ_OPT_TCP_NODELAY, 1), "no delay");
        must(mosquitto_username_pw_set(m, "bench", p->password), "login");
        return m;
}

static inline void client_connect(struct mosquitto *m, const Place *p) {
        must(mosquitto_connect_bind_v5(m, p->host, p->port, 600, NULL, NULL), "cannot connect");
}

/* Reads until the socket is dry, or `most` packets; then writes what is queued. */
static inline void client_turn(struct mosquitto *m, short revents, unsigned most) {
        if (revents & POLLIN)
                for (unsigned i = 0; i < most; i++) {
                        errno = 0;
                        must(mosquitto_loop_read(m, 1), "cannot read");
                        if (errno == EAGAIN)
                                break;
                }
        if (mosquitto_want_write(m))
                must(mosquitto_loop_write(m, 1), "cannot write");
}

static inline struct pollfd client_poll(struct mosquitto *m) {
        return (struct pollfd){ .fd = mosquitto_socket(m), .events = (short)(POLLIN | (mosquitto_want_write(m) ? POLLOUT : 0)) };
}

/* One turn of a client that stands alone; waits for at most wait_ms. */
static inline void client_wait(struct mosquitto *m, int wait_ms) {
        struct pollfd p = client_poll(m);

        (void)poll(&p, 1, wait_ms);
        client_turn(m, p.revents, 1000);
}

static inline void client_publish(struct mosquitto *m, const char *topic, const char *payload, size_t n, int qos) {
        must(mosquitto_publish_v5(m, NULL, topic, (int)n, payload, qos, false, NULL), "cannot publish");
}
