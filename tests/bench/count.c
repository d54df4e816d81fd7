/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The subscriber that only counts, with the daemon's own settings: QoS 1, MQTT 5, receive maximum 1000.
 *
 *   count HOST PORT PASSWORD SITE N     prints "count N MICROSECONDS" (CLOCK_MONOTONIC) at every Nth message
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "client.h"

#define BATCH 1000

typedef struct Count {
        long n, every;
        bool subscribed;
} Count;

static void on_suback(struct mosquitto *m, void *userdata, int mid, int n, const int *granted) {
        Count *c = userdata;

        (void)m;
        (void)mid;
        if (n != 1 || granted[0] != 1)
                die("the subscription was refused");
        c->subscribed = true;
        errno = 0;
}

static void on_message(struct mosquitto *m, void *userdata, const struct mosquitto_message *message) {
        Count *c = userdata;

        (void)m;
        (void)message;
        if (++c->n % c->every == 0)
                printf("count %ld %lld\n", c->n, (long long)clock_us());
        errno = 0;
}

/* As the daemon does: a batch's acknowledgements fill segments instead of being one each. */
static void cork(struct mosquitto *m, int on) {
        (void)setsockopt(mosquitto_socket(m), IPPROTO_TCP, TCP_CORK, &on, sizeof(on));
}

int main(int argc, char **argv) {
        char filter[128];
        Count c = {};

        if (argc != 6)
                die("count HOST PORT PASSWORD SITE N");
        c.every = atol(argv[5]);
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        mosquitto_lib_init();
        Place place = place_from(argv);
        struct mosquitto *m = client_new(&place, "bench-count", BATCH, &c);

        mosquitto_subscribe_callback_set(m, on_suback);
        mosquitto_message_callback_set(m, on_message);
        client_connect(m, &place);
        (void)snprintf(filter, sizeof(filter), "asepsis/v1/%s/up/#", argv[4]);
        while (!c.subscribed) {
                static bool asked;

                client_wait(m, 100);
                if (!asked)
                        asked = mosquitto_subscribe(m, NULL, filter, 1) == 0;
        }
        printf("ready\n");
        for (;;) {
                struct pollfd p = client_poll(m);

                if (poll(&p, 1, -1) <= 0)
                        continue;
                cork(m, 1);
                client_turn(m, p.revents, BATCH);
                cork(m, 0);
        }
}
