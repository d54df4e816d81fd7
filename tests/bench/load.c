/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishers: the mixed traffic of traffic.h at QoS 1, over one connection for each house.
 *
 *   load HOST PORT PASSWORD SITE BOOT begin       receives the needles, and has the rooms' sessions allowed and started
 *   load HOST PORT PASSWORD SITE BOOT mix N       N messages as fast as they go; then waits for the last receipts
 *   load HOST PORT PASSWORD SITE BOOT count N     the same, without waiting for receipts
 *   load HOST PORT PASSWORD SITE BOOT pace N      N sample messages a second, one sample each, until it is ended
 *   load HOST PORT PASSWORD SITE BOOT pace N ten  the same, ten samples each
 *
 * Prints "first US", when the first was sent, and "last US", when the last receipt was there (CLOCK_MONOTONIC). A
 * refusal, or a receipt that names holes, ends it with an error.
 */
#include "stream.h"
#include "traffic.h"

#define GIVE_UP_US (60 * US_PER_S)

typedef struct House {
        struct mosquitto *m;
        unsigned unacknowledged;
        Stream stream;
} House;

typedef struct Load {
        Place place;
        Traffic traffic;
        House houses[TRAFFIC_HOUSES];
        struct mosquitto *ear; /* hears receipts, decisions and refusals */
        bool hears;
        int64_t receipts[TRAFFIC_DEVICES];
        unsigned decisions;
} Load;

static void on_puback(struct mosquitto *m, void *userdata, int mid) {
        House *h = userdata;

        (void)m;
        (void)mid;
        h->unacknowledged--;
        errno = 0;
}

static void on_suback(struct mosquitto *m, void *userdata, int mid, int n, const int *granted) {
        Load *l = userdata;

        (void)m;
        (void)mid;
        if (n != 1 || granted[0] > 1)
                die("the subscription was refused");
        l->hears = true;
        errno = 0;
}

static void take_receipt(Load *l, const char *topic, const char *text) {
        const char *seq = strstr(text, "\"seq\":");

        if (!seq || !strstr(text, l->traffic.boot))
                return;
        if (strstr(text, "\"missing\""))
                die("messages are missing: %s %s", topic, text);
        for (unsigned kind = 0; kind < ELEMENTSOF(traffic_names); kind++) {
                const char *name = strstr(topic, traffic_names[kind]);
                unsigned house = name ? (unsigned)atoi(name + strlen(traffic_names[kind]) + 1) - 1 : TRAFFIC_HOUSES;

                if (house < TRAFFIC_HOUSES)
                        l->receipts[kind * TRAFFIC_HOUSES + house] = atoll(seq + 6);
        }
}

static void on_message(struct mosquitto *m, void *userdata, const struct mosquitto_message *message) {
        Load *l = userdata;
        char text[2048];

        (void)m;
        (void)snprintf(text, sizeof(text), "%.*s", message->payloadlen, (const char *)message->payload);
        if (strstr(message->topic, "/rejected"))
                die("refused: %s %s", message->topic, text);
        if (strstr(message->topic, "/receipt"))
                take_receipt(l, message->topic, text);
        if (strstr(message->topic, "/decision")) {
                if (!strstr(text, "\"verdict\":\"allow\""))
                        die("%s %s", message->topic, text);
                l->decisions++;
        }
        errno = 0;
}

/* --- turning ------------------------------------------------------------------------------------------------------- */

static void turn(Load *l, int wait_ms) {
        struct pollfd p[TRAFFIC_HOUSES + 1];

        for (unsigned i = 0; i < TRAFFIC_HOUSES; i++)
                p[i] = client_poll(l->houses[i].m);
        p[TRAFFIC_HOUSES] = client_poll(l->ear);
        if (poll(p, ELEMENTSOF(p), wait_ms) <= 0)
                return;
        for (unsigned i = 0; i < TRAFFIC_HOUSES; i++)
                client_turn(l->houses[i].m, p[i].revents, 100);
        client_turn(l->ear, p[TRAFFIC_HOUSES].revents, 100);
}

static void open_all(Load *l) {
        char id[64], filter[128];

        for (unsigned i = 0; i < TRAFFIC_HOUSES; i++) {
                (void)snprintf(id, sizeof(id), "bench-%s-%u", l->traffic.site, i + 1);
                l->houses[i].m = client_new(&l->place, id, 100, l->houses + i);
                mosquitto_publish_callback_set(l->houses[i].m, on_puback);
                client_connect(l->houses[i].m, &l->place);
        }
        (void)snprintf(id, sizeof(id), "bench-%s-ear", l->traffic.site);
        l->ear = client_new(&l->place, id, 100, l);
        mosquitto_subscribe_callback_set(l->ear, on_suback);
        mosquitto_message_callback_set(l->ear, on_message);
        client_connect(l->ear, &l->place);
        turn(l, 100);
        (void)snprintf(filter, sizeof(filter), "asepsis/v1/%s/down/+/+/+", l->traffic.site);
        must(mosquitto_subscribe(l->ear, NULL, filter, 1), "cannot subscribe");
        for (int64_t until = clock_us() + GIVE_UP_US; !l->hears;) {
                turn(l, 100);
                if (clock_us() > until)
                        die("the broker does not answer");
        }
}

static bool receipted(const Load *l) {
        for (unsigned i = 0; i < TRAFFIC_DEVICES; i++)
                if (l->receipts[i] < l->traffic.devices[i].seq)
                        return false;
        return true;
}

static void settle(Load *l) {
        for (int64_t until = clock_us() + GIVE_UP_US; !receipted(l);) {
                turn(l, 100);
                if (clock_us() > until)
                        die("no receipt for everything within a minute");
        }
}

/* --- what to send ---------------------------------------------------------------------------------------------------- */

static void prepare(Load *l, size_t n) {
        char topic[TRAFFIC_TOPIC_MAX], payload[TRAFFIC_PAYLOAD_MAX];

        for (unsigned i = 0; i < TRAFFIC_HOUSES; i++)
                stream_open(&l->houses[i].stream, l->houses[i].m);
        for (size_t i = 0; i < n; i++) {
                unsigned house;
                size_t size = traffic_next(&l->traffic, &house, topic, payload);

                stream_add(&l->houses[house].stream, topic, payload, size);
        }
}

/* One turn of all streams and the ear; false when everything is acknowledged. */
static bool stream_all(Load *l) {
        struct pollfd p[TRAFFIC_HOUSES + 1];
        bool left = false;

        for (unsigned i = 0; i < TRAFFIC_HOUSES; i++) {
                stream_write(&l->houses[i].stream);
                p[i] = stream_poll(&l->houses[i].stream);
                left |= !stream_done(&l->houses[i].stream);
        }
        p[TRAFFIC_HOUSES] = client_poll(l->ear);
        if (!left || poll(p, ELEMENTSOF(p), 1000) <= 0)
                return left;
        for (unsigned i = 0; i < TRAFFIC_HOUSES; i++)
                if (p[i].revents & ~POLLOUT)
                        stream_read(&l->houses[i].stream);
        client_turn(l->ear, p[TRAFFIC_HOUSES].revents, 100);
        return true;
}

static void mix(Load *l, size_t n, bool settled) {
        prepare(l, n);
        printf("first %lld\n", (long long)clock_us());
        while (stream_all(l))
                continue;
        printf("sent %lld\n", (long long)clock_us());
        if (settled)
                settle(l);
        printf("last %lld\n", (long long)clock_us());
}

static void begin(Load *l) {
        char topic[TRAFFIC_TOPIC_MAX], payload[TRAFFIC_PAYLOAD_MAX];

        for (int step = 0; step < 3; step++) {
                for (unsigned i = 0; i < TRAFFIC_HOUSES; i++) {
                        size_t n = traffic_before(&l->traffic, i, step, topic, payload);

                        client_publish(l->houses[i].m, topic, payload, n, 1);
                        l->houses[i].unacknowledged++;
                }
                settle(l);
                for (int64_t until = clock_us() + GIVE_UP_US; step == 1 && l->decisions < TRAFFIC_HOUSES;) {
                        turn(l, 100);
                        if (clock_us() > until)
                                die("no decision");
                }
        }
}

/* A message every millisecond or so, whatever else goes on. */
static void pace(Load *l, long rate) {
        char topic[TRAFFIC_TOPIC_MAX], payload[TRAFFIC_PAYLOAD_MAX];
        const int64_t start_us = clock_us();

        printf("first %lld\n", (long long)start_us);
        for (int64_t sent = 0;;) {
                for (; sent < (clock_us() - start_us) * rate / US_PER_S; sent++) {
                        unsigned house = (unsigned)(sent % TRAFFIC_HOUSES);
                        size_t n = traffic_say(&l->traffic, l->traffic.devices + house, topic, payload);

                        client_publish(l->houses[house].m, topic, payload, n, 1);
                        l->houses[house].unacknowledged++;
                }
                turn(l, 1);
        }
}

int main(int argc, char **argv) {
        static Load l;

        if (argc < 7 || (argc < 8 && !streq(argv[6], "begin")))
                die("load HOST PORT PASSWORD SITE BOOT begin|mix|count|pace N");
        (void)setvbuf(stdout, NULL, _IOLBF, 0);
        mosquitto_lib_init();
        l.place = place_from(argv);
        traffic_init(&l.traffic, argv[4], argv[5], streq(argv[6], "pace") && argc == 8 ? 1 : 10);
        open_all(&l);
        if (streq(argv[6], "begin"))
                begin(&l);
        else if (streq(argv[6], "pace"))
                pace(&l, atol(argv[7]));
        else
                mix(&l, (size_t)atol(argv[7]), streq(argv[6], "mix"));
        return EXIT_SUCCESS;
}
