/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the files of this folder share. */
#include <mosquitto.h>

#include "mqtt/mqtt.h"
#include "mqtt/stream.h"

#define MQTT_IDS (UINT16_MAX + 1u)

#define MQTT_TOPIC_MAX 256

typedef enum MqttState {
        MQTT_WAITING,     /* no handle; a timer runs, unless paused */
        MQTT_CONNECTING,  /* handle, no CONNACK yet */
        MQTT_SUBSCRIBING, /* CONNACK came */
        MQTT_READY,
} MqttState;

typedef enum MqttWish { MQTT_STAY, MQTT_PAUSE, MQTT_RECONNECT } MqttWish;

struct Mqtt {
        sd_event *event;
        sd_event_source *io, *retry, *tick, *flush;
        sd_event_source *again; /* a full batch left something */
        MqttOptions options; /* strings owned */
        MqttHooks hooks;
        void *userdata;

        struct mosquitto *handle;
        Stream stream;
        MqttState state;
        MqttWish wish;      /* done at the end of the turn */
        bool in_turn;       /* a batch may be open: nothing is written */
        bool dirty;         /* a hook was called: commit */
        const char *broken; /* set inside a library callback: the connection ends with the turn */
        unsigned n_batch;   /* messages in this turn */
        unsigned n_subscribing; /* SUBACKs still to come */
        bool fence_passed;
        int fence_mid; /* 0: none unacknowledged */
        char fence_word[20], fence_topic[MQTT_TOPIC_MAX];

        bool outage_told;
        unsigned failures; /* in a row, for the back-off */
        int64_t since_us;  /* of the state */
        int64_t losses_us[MQTT_LOSSES_MAX];
        unsigned next_loss;
        char why[160];

        uint32_t *held; /* MQTT_IDS of them: bytes, and HELD_QOS1 */
        unsigned n_held;
        size_t held_bytes;
};

/* options.c */
bool mqtt_options_same(const MqttOptions *a, const MqttOptions *b);
int mqtt_options_copy(MqttOptions *ret, const MqttOptions *o);
void mqtt_options_clear(MqttOptions *o);
/* A handle with everything set that comes before CONNECT, then CONNECT queued. A code of the library. */
int mqtt_handle_new(struct mosquitto **ret, const MqttOptions *o, void *userdata);
int mqtt_handle_connect(struct mosquitto *handle, const MqttOptions *o);

/* publish.c */
void mqtt_held_clear(Mqtt *m);
/* MosquittoOnPublish: written (QoS 0), or acknowledged (QoS 1). */
void mqtt_on_publish(struct mosquitto *handle, void *userdata, int mid, int reason,
                     const mosquitto_property *properties);
