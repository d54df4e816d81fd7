/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Traffic: what the devices of a busy house send, all of it to be accepted: TRAFFIC_HOUSES autoclaves, handpieces,
 * rooms and stations. Of 20 messages 10 are of autoclaves (ten samples each, whole cycles that verify), 4 of
 * handpieces, 3 of rooms, 3 of stations. Every device counts its own seq. The devices are those of tests/bench/run.
 */
#include <inttypes.h>
#include <stdio.h>

#include "core/steam.h"
#include "util.h"

#define TRAFFIC_HOUSES 8
#define TRAFFIC_DEVICES (4 * TRAFFIC_HOUSES)
#define TRAFFIC_PAYLOAD_MAX 1024
#define TRAFFIC_TOPIC_MAX 128
#define CURVE_MAX 2048
#define BENCH_AT "2026-11-22T09:00:00+01:00"

typedef enum TrafficKind { TRAFFIC_AUTOCLAVE, TRAFFIC_HANDPIECE, TRAFFIC_ROOM, TRAFFIC_STATION } TrafficKind;

static const char *const traffic_kinds[] = { "autoclave", "handpiece", "room", "station" };
static const char *const traffic_names[] = { "bench-ac", "bench-pen", "bench-room", "bench-st" };

typedef struct TrafficDevice {
        TrafficKind kind;
        unsigned house;  /* 0 .. TRAFFIC_HOUSES - 1 */
        int64_t seq;     /* of the last message */
        int64_t turn;    /* what it says next */
        int64_t cycle;   /* the number of the cycle that runs */
        size_t at;       /* the next sample of the curve */
} TrafficDevice;

typedef struct CurveSample {
        int t_s, temperature_dc, pressure_hpa; /* tenths of a degree, tenths of a kilopascal */
} CurveSample;

typedef struct Traffic {
        const char *site;
        char boot[40];
        unsigned samples_a_message;
        TrafficDevice devices[TRAFFIC_DEVICES]; /* kind * TRAFFIC_HOUSES + house */
        unsigned turn;                          /* of the mix */
        unsigned turns[4];
        CurveSample curve[CURVE_MAX];
        size_t n_curve;
} Traffic;

static inline void curve_drive(Traffic *t, double from_c, double to_c, int seconds, double colder_c) {
        for (int i = 0; i < seconds && t->n_curve < CURVE_MAX; i++) {
                double c = from_c + (to_c - from_c) * i / seconds;
                double kpa = steam_pressure_mpa(c + 273.15) * 1e3;

                t->curve[t->n_curve] = (CurveSample){ (int)t->n_curve, (int)((c - colder_c) * 10 + 0.5), (int)(kpa * 10 + 0.5) };
                t->n_curve++;
        }
}

/* Three pulses below 30 kPa, 230 s at 135.2 degrees, exhaust and drying: about 15 minutes, one sample a second. */
static inline void curve_make(Traffic *t) {
        for (int pulse = 0; pulse < 3; pulse++) {
                curve_drive(t, 100, 50, 45, 0);
                curve_drive(t, 50, 105, 40, 0);
        }
        curve_drive(t, 105, 135.2, 150, 0);
        curve_drive(t, 135.2, 135.2, 230, 0);
        curve_drive(t, 135.2, 55, 120, 0);
        curve_drive(t, 55, 42, 200, 0);
}

/* boot: new for each run, so that seq begins at 1 again. */
static inline void traffic_init(Traffic *t, const char *site, const char *boot, unsigned samples_a_message) {
        *t = (Traffic){ .site = site, .samples_a_message = samples_a_message };
        (void)snprintf(t->boot, sizeof(t->boot), "%s", boot);
        for (unsigned i = 0; i < TRAFFIC_DEVICES; i++)
                t->devices[i] = (TrafficDevice){ .kind = (TrafficKind)(i / TRAFFIC_HOUSES), .house = i % TRAFFIC_HOUSES };
        curve_make(t);
}

static inline const char *traffic_topic(const Traffic *t, const TrafficDevice *d, const char *message,
                                        char ret[static TRAFFIC_TOPIC_MAX]) {
        (void)snprintf(ret, TRAFFIC_TOPIC_MAX, "asepsis/v1/%s/up/%s/%s-%u/%s", t->site, traffic_kinds[d->kind],
                       traffic_names[d->kind], d->house + 1, message);
        return ret;
}

/* The needle of a house's running session. */
static inline void traffic_item(unsigned house, char ret[static 64]) {
        (void)snprintf(ret, 64, "(01)00844588004001(21)BENCH%u", house + 1);
}

/* The members after the envelope, and the message's name. */
static inline const char *autoclave_says(const Traffic *t, TrafficDevice *d, char *body, size_t size) {
        size_t n = 0, to = MIN_OF(d->at + t->samples_a_message, t->n_curve);

        if (d->at == 0 && d->turn++ % 2 == 0) {
                d->cycle++;
                (void)snprintf(body, size, "\"cycle\":%" PRId64 ",\"program\":\"prevac-134\",\"purpose\":\"load\",\"operator\":\"ben\"", d->cycle);
                return "cycle-start";
        }
        if (d->at == t->n_curve) {
                d->at = 0;
                (void)snprintf(body, size, "\"cycle\":%" PRId64 ",\"outcome\":\"completed\"", d->cycle);
                return "cycle-end";
        }
        n += (size_t)snprintf(body, size, "\"cycle\":%" PRId64 ",\"samples\":[", d->cycle);
        for (; d->at < to; d->at++) {
                const CurveSample *s = t->curve + d->at;

                n += (size_t)snprintf(body + n, size - n, "[%d,%d.%d,%d.%d]%s", s->t_s, s->temperature_dc / 10, s->temperature_dc % 10,
                                      s->pressure_hpa / 10, s->pressure_hpa % 10, d->at + 1 < to ? "," : "]");
        }
        return "sample";
}

static inline const char *handpiece_says(const Traffic *t, TrafficDevice *d, char *body, size_t size) {
        char item[64];

        (void)t;
        traffic_item(d->house, item);
        switch (d->turn++ % 4) {
        case 0:
                (void)snprintf(body, size, "\"item\":\"%s\",\"event\":\"contact\",\"session\":\"bench-%u\",\"area\":\"forehead\"", item,
                               d->house + 1);
                return "usage";
        case 3:
                body[0] = '\0';
                return "heartbeat";
        default:
                (void)snprintf(body, size,
                               "\"item\":\"%s\",\"event\":\"round\",\"session\":\"bench-%u\",\"area\":\"cheeks\",\"round\":1,\"passes\":8,"
                               "\"depth_mm\":0.5,\"motor_s\":140",
                               item, d->house + 1);
                return "usage";
        }
}

static inline const char *room_says(const Traffic *t, TrafficDevice *d, char *body, size_t size) {
        (void)t;
        if (d->turn++ % 3 == 2) {
                body[0] = '\0';
                return "heartbeat";
        }
        (void)snprintf(body, size, "\"session\":\"bench-%u\",\"step\":\"cleanse\",\"round\":%" PRId64, d->house + 1, d->turn % 3 + 1);
        return "session-step";
}

static inline const char *station_says(const Traffic *t, TrafficDevice *d, char *body, size_t size) {
        switch (d->turn++ % 4) {
        case 0:
                (void)snprintf(body, size, "\"item\":\"(01)00844588003288(17)290531(10)LOT24A(21)%.10s%u-%" PRId64 "\"", t->boot,
                               d->house + 1, d->turn);
                return "receive";
        case 1:
                (void)snprintf(body, size, "\"test\":\"helix\",\"autoclave\":\"bench-ac-%u\",\"result\":\"pass\",\"reader\":\"ben\"",
                               d->house + 1);
                return "test";
        case 2:
                (void)snprintf(body, size, "\"duty\":\"feed-water\",\"by\":\"ben\",\"subject\":\"bench-ac-%u\"", d->house + 1);
                return "duty";
        default:
                body[0] = '\0';
                return "heartbeat";
        }
}

static inline size_t traffic_say(Traffic *t, TrafficDevice *d, char topic[static TRAFFIC_TOPIC_MAX],
                                 char payload[static TRAFFIC_PAYLOAD_MAX]) {
        static const char *(*const says[])(const Traffic *, TrafficDevice *, char *, size_t) = {
                autoclave_says, handpiece_says, room_says, station_says,
        };
        char body[768];
        const char *message = says[d->kind](t, d, body, sizeof(body));

        traffic_topic(t, d, message, topic);
        return (size_t)snprintf(payload, TRAFFIC_PAYLOAD_MAX, "{\"boot\":\"%s\",\"seq\":%" PRId64 ",\"at\":\"" BENCH_AT "\"%s%s}",
                                t->boot, ++d->seq, body[0] ? "," : "", body);
}

/* The next message of the mix; *ret_house is whose. */
static inline size_t traffic_next(Traffic *t, unsigned *ret_house, char topic[static TRAFFIC_TOPIC_MAX],
                                  char payload[static TRAFFIC_PAYLOAD_MAX]) {
        static const uint8_t mix[20] = { 0, 1, 0, 2, 0, 3, 0, 1, 0, 0, 2, 0, 1, 3, 0, 0, 2, 1, 3, 0 };
        unsigned kind = mix[t->turn++ % ELEMENTSOF(mix)], house = t->turns[kind]++ % TRAFFIC_HOUSES;

        *ret_house = house;
        return traffic_say(t, t->devices + kind * TRAFFIC_HOUSES + house, topic, payload);
}

/* What must be said before the mix: step 0 receives a house's needle, 1 asks for its session, 2 starts it. */
static inline size_t traffic_before(Traffic *t, unsigned house, int step, char topic[static TRAFFIC_TOPIC_MAX],
                                    char payload[static TRAFFIC_PAYLOAD_MAX]) {
        TrafficDevice *station = t->devices + TRAFFIC_STATION * TRAFFIC_HOUSES + house;
        TrafficDevice *room = t->devices + TRAFFIC_ROOM * TRAFFIC_HOUSES + house;
        char item[64];

        traffic_item(house, item);
        switch (step) {
        case 0:
                traffic_topic(t, station, "receive", topic);
                return (size_t)snprintf(payload, TRAFFIC_PAYLOAD_MAX, "{\"boot\":\"%s\",\"seq\":%" PRId64 ",\"item\":\"%s\"}", t->boot,
                                        ++station->seq, item);
        case 1:
                traffic_topic(t, room, "session-request", topic);
                return (size_t)snprintf(payload, TRAFFIC_PAYLOAD_MAX,
                                        "{\"session\":\"bench-%u\",\"practitioner\":\"ana\",\"patient\":\"p-%u\",\"procedure\":\"skin-needling\","
                                        "\"items\":[\"%s\"],\"nonce\":\"AAAAAAAAAAAAAAAAAAAA%uA\"}",
                                        house + 1, house + 1, item, house);
        default:
                traffic_topic(t, room, "session-start", topic);
                return (size_t)snprintf(payload, TRAFFIC_PAYLOAD_MAX, "{\"boot\":\"%s\",\"seq\":%" PRId64 ",\"session\":\"bench-%u\"}", t->boot,
                                        ++room->seq, house + 1);
        }
}
