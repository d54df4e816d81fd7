/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Mqtt: the connection to the broker, with acknowledgement after commit. Owns the libmosquitto handle and its sources
 * on the event loop; nobody else knows the library.
 *
 * One read turn: message() for each message and acknowledged() for each PUBACK until the socket is dry or the batch is
 * full, then commit() in the same turn, and only after that is anything written. A batch that is not committed is
 * never acknowledged: the connection is closed unwritten, and the broker sends the batch again.
 *
 * It works without a broker: it tries again by itself, 0.5 s to 30 s apart, jittered. Every attempt has a handle of its
 * own, so nothing that was queued before a loss is sent after it; who needs it sent keeps it and publishes it again.
 * Names are looked up with the system's resolver, which blocks: use loopback, an address or a Unix socket where that
 * matters. Of a name with several addresses off this machine only the first is tried.
 *
 * Hooks are called from the event loop only, never from inside mqtt_new(), mqtt_publish() and the like. In a hook every
 * function here may be called except mqtt_free(). Not thread-safe; ignores SIGPIPE for the process.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <systemd/sd-event.h>

#include "util.h"

#define MQTT_KEEPALIVE_MIN_S 5                          /* the library's lower bound */
#define MQTT_PACKET_MAX (256 * 1024)                    /* larger ones the broker must not send to us */
#define MQTT_HELD_MAX 20000u                            /* publishes unsent, or sent and not yet acknowledged */
#define MQTT_HELD_BYTES_MAX ((size_t)32 * 1024 * 1024)  /* their topics and payloads */
#define MQTT_LOSSES_MAX 16u                             /* counted by mqtt_losses_last_minute() */

typedef struct Mqtt Mqtt;

/* Everything is copied. Paths and names NULL where not wanted. */
typedef struct MqttOptions {
        const char *site;      /* subscribes to asepsis/v1/<site>/up/#, state/daemon and state/audit */
        const char *client_id; /* the same at every start: the broker keeps the session under it */
        const char *unix_path; /* the broker's Unix socket, or */
        const char *host;      /* its name or address, and port */
        int port;
        const char *username, *password;
        const char *cafile;            /* with it, TLS; the name in the broker's certificate must be host */
        const char *certfile, *keyfile; /* both or neither */
        int keepalive_s;               /* a broker silent for twice as long is lost */
        unsigned batch_max;            /* messages per batch, 1..65535: Receive Maximum of the session */
        uint32_t session_expiry_s;     /* how long the broker keeps what comes in while we are away */
        const char *will_topic;        /* retained, QoS 1, when we vanish and on mqtt_free() */
        const void *will_payload;
        size_t n_will_payload;
} MqttOptions;

/* Valid during message() only. `retained` is the flag as published, also on a live message. payload NULL when empty,
 * correlation NULL when there was none. */
typedef struct MqttMessage {
        const char *topic;
        const void *payload;
        size_t size;
        int qos;
        bool retained;
        const void *correlation;
        size_t n_correlation;
} MqttMessage;

/* NULL for what is not wanted; message and commit are required. */
typedef struct MqttHooks {
        /* In the read turn; a transaction may be open from the first of them until commit(). */
        void (*message)(void *userdata, const MqttMessage *m);
        /* Ends a turn in which any hook but disconnected() was called. 0: the acknowledgements leave now. Negative: the
         * connection is dropped unwritten. The connection may already be lost when this is called. */
        int (*commit)(void *userdata);
        /* CONNACK. Without session_present the broker may have lost messages that it had acknowledged. */
        void (*connected)(void *userdata, bool session_present);
        /* Every subscription stands, and the retained state/ messages that were there have been delivered. (Messages on
         * up/ may come before.) Found out by a word published to ourselves on state/fence, not retained. */
        void (*ready)(void *userdata);
        /* Once for each loss, and once when no connection comes about at first; why is a phrase for people. */
        void (*disconnected)(void *userdata, const char *why);
        /* A QoS 1 publish of ours has arrived; or was refused by the broker (ACL, quota), and sending it again would be
         * refused again. */
        void (*acknowledged)(void *userdata, int mid, bool refused);
} MqttHooks;

typedef struct MqttPublish {
        int qos; /* 0 or 1 */
        bool retain;
        uint32_t expiry_s; /* message expiry; 0: none */
        const void *correlation;
        size_t n_correlation; /* at most 65535 */
} MqttPublish;

/* Starts trying at the next turn of the loop. -EINVAL: options that cannot work. */
int mqtt_new(Mqtt **ret, sd_event *event, const MqttOptions *options, const MqttHooks *hooks, void *userdata);

/* Sends what the socket still takes and leaves in such a way that the broker publishes the will. */
Mqtt *mqtt_free(Mqtt *m);
DEFINE_CLEANUP(Mqtt, mqtt_free)

/* Takes other options and connects anew with them; does nothing where they are the same. On error the old ones stay and nothing happens. */
int mqtt_reconfigure(Mqtt *m, const MqttOptions *options);

/* Leaves without the will, after the commit of the turn, and stays away until mqtt_resume(). */
void mqtt_pause(Mqtt *m);
void mqtt_resume(Mqtt *m);

/* Queues only; written after the commit of this turn or else in the next turn of the loop. options NULL: QoS 0, not
 * retained. *ret_mid (NULL if not wanted) is what acknowledged() will name. -ENOTCONN, -ENOBUFS beyond MQTT_HELD_MAX or
 * MQTT_HELD_BYTES_MAX, -EMSGSIZE larger than the broker takes, -EINVAL. */
int mqtt_publish(Mqtt *m, const char *topic, const void *payload, size_t n_payload, const MqttPublish *options,
                 int *ret_mid);

bool mqtt_is_connected(const Mqtt *m); /* CONNACK came */
bool mqtt_is_ready(const Mqtt *m);
/* Publishes unsent or unacknowledged. */
unsigned mqtt_held(const Mqtt *m);
/* Why there is no connection; NULL while there is one. */
const char *mqtt_why(const Mqtt *m);
/* Established connections lost in the last 60 s, at most MQTT_LOSSES_MAX. Somebody else with our client id shows as
 * nothing but this. */
unsigned mqtt_losses_last_minute(const Mqtt *m);
