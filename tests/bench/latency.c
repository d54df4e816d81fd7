/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a room waits for a decision: from the request being handed to the socket to the decision being read, through
 * the broker both ways. Every session is new and allowed: gate, claim, commit and the permit's signature are in it.
 * Rooms probe-1 to probe-ROOMS ask in turn. After each answer the session is cancelled, and the room is wiped before it
 * asks again: for a second, which the other rooms' turns take.
 *
 *   latency HOST PORT PASSWORD SITE BOOT N PAUSE_US ROOMS      prints "latency US" for each, in their order
 */
#include <sys/random.h>

#include "client.h"

#define PAYLOAD_MAX 512
#define GIVE_UP_US (60 * US_PER_S)
#define CONTACT_US (US_PER_S + US_PER_S / 4) /* and how long the session's end takes to be there */
#define ROOMS_MAX 1000

typedef struct Probe {
        struct mosquitto *m;
        const char *site, *boot;
        long n_rooms, seq_station, receipt_station;
        struct {
                long seq;
                int64_t ended_us; /* the last session there, by this program or the one before it */
        } rooms[ROOMS_MAX];
        bool hears;
        int64_t decided_us;
} Probe;

static void on_suback(struct mosquitto *m, void *userdata, int mid, int n, const int *granted) {
        Probe *p = userdata;

        (void)m;
        (void)mid;
        if (n != 1 || granted[0] > 1)
                die("the subscription was refused");
        p->hears = true;
        errno = 0;
}

static void on_message(struct mosquitto *m, void *userdata, const struct mosquitto_message *message) {
        const int64_t now_us = clock_us();
        Probe *p = userdata;
        char text[4096];

        (void)m;
        (void)snprintf(text, sizeof(text), "%.*s", message->payloadlen, (const char *)message->payload);
        if (strstr(message->topic, "/rejected"))
                die("refused: %s", text);
        if (strstr(message->topic, "/decision")) {
                if (!strstr(text, "\"verdict\":\"allow\"") || !strstr(text, "\"permit\""))
                        die("not allowed: %s", text);
                p->decided_us = now_us;
        }
        if (strstr(message->topic, "station/probe-st/receipt") && strstr(text, p->boot))
                p->receipt_station = atol(strstr(text, "\"seq\":") + 6);
        errno = 0;
}

static void publish(Probe *p, const char *from, const char *payload) {
        char topic[128];

        (void)snprintf(topic, sizeof(topic), "asepsis/v1/%s/up/%s", p->site, from);
        client_publish(p->m, topic, payload, strlen(payload), 1);
        must(mosquitto_loop_write(p->m, 1), "cannot write");
}

static void wait_until(Probe *p, bool (*done)(const Probe *p), const char *what) {
        for (int64_t until = clock_us() + GIVE_UP_US; !done(p);) {
                client_wait(p->m, 100);
                if (clock_us() > until)
                        die("%s did not come", what);
        }
}

static bool hears(const Probe *p) {
        return p->hears;
}

static bool received(const Probe *p) {
        return p->receipt_station == p->seq_station;
}

static bool decided(const Probe *p) {
        return p->decided_us != 0;
}

static void idle(Probe *p, int64_t us) {
        for (int64_t until = clock_us() + us, left; (left = until - clock_us()) > 0;)
                client_wait(p->m, (int)(left / 1000));
}

/* A needle for each session, in portions, so that their receipts stay small. */
static void stock(Probe *p, long n) {
        char payload[PAYLOAD_MAX];

        for (long i = 1; i <= n; i++) {
                (void)snprintf(payload, sizeof(payload), "{\"boot\":\"%s\",\"seq\":%ld,\"item\":\"(01)00844588004001(21)%s-%ld\"}",
                               p->boot, ++p->seq_station, p->boot, i);
                publish(p, "station/probe-st/receive", payload);
                if (i % 20 == 0 || i == n)
                        wait_until(p, received, "the receipt of the needles");
        }
}

static void make_nonce(char ret[static 23]) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        uint8_t random[21];

        if (getrandom(random, sizeof(random), 0) != sizeof(random))
                die("no random bytes");
        for (size_t i = 0; i < sizeof(random); i++)
                ret[i] = digits[random[i] % 64];
        memcpy(ret + 21, "A", 2); /* 16 bytes leave no bits of the last digit */
}

static void wipe(Probe *p, long room) {
        char payload[PAYLOAD_MAX], from[64];

        idle(p, p->rooms[room].ended_us + CONTACT_US - clock_us());
        (void)snprintf(from, sizeof(from), "room/probe-%ld/disinfected", room + 1);
        (void)snprintf(payload, sizeof(payload), "{\"boot\":\"%s\",\"seq\":%ld,\"by\":\"ana\",\"contact_s\":1}", p->boot,
                       ++p->rooms[room].seq);
        publish(p, from, payload);
}

static void cancel(Probe *p, long room, long i) {
        char payload[PAYLOAD_MAX], from[64];

        (void)snprintf(from, sizeof(from), "room/probe-%ld/session-end", room + 1);
        (void)snprintf(payload, sizeof(payload), "{\"boot\":\"%s\",\"seq\":%ld,\"session\":\"%s-%ld\",\"outcome\":\"cancelled\",\"by\":\"ana\"}",
                       p->boot, ++p->rooms[room].seq, p->boot, i);
        publish(p, from, payload);
        p->rooms[room].ended_us = clock_us();
}

static void ask(Probe *p, long i) {
        const long room = i % p->n_rooms;
        char payload[PAYLOAD_MAX], from[64], nonce[23];
        int64_t asked_us;

        make_nonce(nonce);
        (void)snprintf(from, sizeof(from), "room/probe-%ld/session-request", room + 1);
        (void)snprintf(payload, sizeof(payload),
                       "{\"session\":\"%s-%ld\",\"practitioner\":\"ana\",\"patient\":\"p-4711\",\"procedure\":\"skin-needling\","
                       "\"items\":[\"(01)00844588004001(21)%s-%ld\"],\"nonce\":\"%s\"}",
                       p->boot, i, p->boot, i, nonce);
        p->decided_us = 0;
        asked_us = clock_us();
        publish(p, from, payload);
        wait_until(p, decided, "the decision");
        printf("latency %lld\n", (long long)(p->decided_us - asked_us));
        cancel(p, room, i);
}

int main(int argc, char **argv) {
        char filter[128];
        static Probe p;
        long n;

        if (argc != 9)
                die("latency HOST PORT PASSWORD SITE BOOT N PAUSE_US ROOMS");
        mosquitto_lib_init();
        Place place = place_from(argv);
        p.site = argv[4];
        p.boot = argv[5];
        n = atol(argv[6]);
        p.n_rooms = atol(argv[8]);
        if (p.n_rooms < 1 || p.n_rooms > ROOMS_MAX)
                die("1 to %d rooms", ROOMS_MAX);
        p.m = client_new(&place, "bench-probe", 100, &p);
        mosquitto_subscribe_callback_set(p.m, on_suback);
        mosquitto_message_callback_set(p.m, on_message);
        client_connect(p.m, &place);
        client_wait(p.m, 1000);
        (void)snprintf(filter, sizeof(filter), "asepsis/v1/%s/down/+/+/+", p.site);
        must(mosquitto_subscribe(p.m, NULL, filter, 1), "cannot subscribe");
        wait_until(&p, hears, "the answer of the broker");
        for (long i = 0; i < p.n_rooms; i++)
                p.rooms[i].ended_us = clock_us();
        stock(&p, n);
        for (long i = 1; i <= n; i++) {
                wipe(&p, i % p.n_rooms);
                idle(&p, atol(argv[7]));
                ask(&p, i);
        }
        return EXIT_SUCCESS;
}
