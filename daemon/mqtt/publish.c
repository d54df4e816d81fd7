/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Publishing, and the count of what the library holds for us. The library bounds nothing, and it takes message ids in
 * turn without looking whether one is still in use; both are watched here, by a table with an entry for each id.
 */
#include <errno.h>
#include <mqtt_protocol.h>

#include "mqtt/internal.h"

#define HELD_QOS1 (UINT32_C(1) << 31)

static int translate(int rc) {
        switch (rc) {
        case MOSQ_ERR_SUCCESS:
                return 0;
        case MOSQ_ERR_NOMEM:
                return -ENOMEM;
        case MOSQ_ERR_NO_CONN:
        case MOSQ_ERR_CONN_LOST:
                return -ENOTCONN;
        case MOSQ_ERR_PAYLOAD_SIZE:
        case MOSQ_ERR_OVERSIZE_PACKET:
                return -EMSGSIZE;
        default:
                return -EINVAL;
        }
}

void mqtt_held_clear(Mqtt *m) {
        if (m->n_held > 0)
                memset(m->held, 0, MQTT_IDS * sizeof(*m->held));
        m->n_held = 0;
        m->held_bytes = 0;
}

static int held_add(Mqtt *m, int mid, size_t bytes, int qos) {
        if (m->held[mid] != 0) {
                m->broken = "65,535 messages were sent while one was not acknowledged";
                return -ENOTCONN;
        }
        m->held[mid] = (uint32_t)bytes | (qos > 0 ? HELD_QOS1 : 0);
        m->held_bytes += bytes;
        m->n_held++;
        return 0;
}

void mqtt_on_publish(struct mosquitto *handle, void *userdata, int mid, int reason,
                     const mosquitto_property *properties) {
        Mqtt *m = userdata;
        uint32_t held = mid > 0 && (unsigned)mid < MQTT_IDS ? m->held[mid] : 0;

        (void)handle;
        (void)properties;
        if (mid != 0 && mid == m->fence_mid) {
                m->fence_mid = 0;
                if (reason >= MQTT_RC_UNSPECIFIED)
                        m->broken = "The broker does not let this login publish below state/: see its ACL.";
                return;
        }
        if (held == 0)
                return;
        m->held[mid] = 0;
        m->held_bytes -= held & ~HELD_QOS1;
        m->n_held--;
        if ((held & HELD_QOS1) && m->hooks.acknowledged) {
                m->dirty = true;
                m->hooks.acknowledged(m->userdata, mid, reason >= MQTT_RC_UNSPECIFIED);
        }
        errno = 0;
}

static int publish_properties(mosquitto_property **ret, const MqttPublish *p) {
        int rc = 0;

        if (p->expiry_s > 0)
                rc = mosquitto_property_add_int32(ret, MQTT_PROP_MESSAGE_EXPIRY_INTERVAL, p->expiry_s);
        if (!rc && p->correlation)
                rc = mosquitto_property_add_binary(ret, MQTT_PROP_CORRELATION_DATA, p->correlation,
                                                   (uint16_t)p->n_correlation);
        return rc;
}

static int publish_now(Mqtt *m, const char *topic, const void *payload, size_t n_payload, const MqttPublish *p,
                       int *ret_mid) {
        mosquitto_property *properties = NULL;
        int rc;

        rc = publish_properties(&properties, p);
        if (!rc)
                rc = mosquitto_publish_v5(m->handle, ret_mid, topic, (int)n_payload, payload, p->qos, p->retain,
                                          properties);
        mosquitto_property_free_all(&properties);
        return translate(rc);
}

int mqtt_publish(Mqtt *m, const char *topic, const void *payload, size_t n_payload, const MqttPublish *options,
                 int *ret_mid) {
        MqttPublish p = options ? *options : (MqttPublish){ 0 };
        size_t bytes = strlen(topic) + n_payload;
        int mid = 0, r;

        if (p.qos < 0 || p.qos > 1 || p.n_correlation > UINT16_MAX)
                return -EINVAL;
        if (bytes > MQTT_PACKET_MAX)
                return -EMSGSIZE;
        if (!mqtt_is_connected(m) || m->broken)
                return -ENOTCONN;
        if (m->n_held >= MQTT_HELD_MAX || m->held_bytes + bytes > MQTT_HELD_BYTES_MAX)
                return -ENOBUFS;
        r = publish_now(m, topic, payload, n_payload, &p, &mid);
        if (r < 0)
                return r;
        r = held_add(m, mid, bytes, p.qos);
        if (!m->in_turn)
                (void)sd_event_source_set_enabled(m->flush, SD_EVENT_ONESHOT);
        if (r < 0)
                return r;
        if (ret_mid)
                *ret_mid = mid;
        return 0;
}

unsigned mqtt_held(const Mqtt *m) {
        return m->n_held;
}
