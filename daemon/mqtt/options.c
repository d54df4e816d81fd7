/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <mqtt_protocol.h>

#include "mqtt/internal.h"

/* Members that are strings, so that copying and clearing cannot forget one. */
static const size_t STRINGS[] = {
        offsetof(MqttOptions, site),     offsetof(MqttOptions, client_id), offsetof(MqttOptions, unix_path),
        offsetof(MqttOptions, host),     offsetof(MqttOptions, username),  offsetof(MqttOptions, password),
        offsetof(MqttOptions, cafile),   offsetof(MqttOptions, certfile),  offsetof(MqttOptions, keyfile),
        offsetof(MqttOptions, will_topic),
};

static char **string_at(MqttOptions *o, size_t offset) {
        return (char **)(void *)((char *)o + offset);
}

void mqtt_options_clear(MqttOptions *o) {
        if (o->password)
                explicit_bzero(*string_at(o, offsetof(MqttOptions, password)), strlen(o->password));
        for (size_t i = 0; i < ELEMENTSOF(STRINGS); i++)
                free(*string_at(o, STRINGS[i]));
        free(*(void **)(void *)&o->will_payload);
        *o = (MqttOptions){ 0 };
}

static bool options_possible(const MqttOptions *o) {
        bool tcp = o->host && o->host[0] && o->port > 0 && o->port <= UINT16_MAX;
        bool local = o->unix_path && o->unix_path[0];

        if (!o->site || !o->site[0] || strpbrk(o->site, "+#/") || !o->client_id || !o->client_id[0])
                return false;
        if (tcp == local || (local && o->cafile) || (o->host && local))
                return false;
        if (!o->certfile != !o->keyfile || (o->certfile && !o->cafile) || (o->password && !o->username))
                return false;
        if (!o->will_topic != !o->will_payload || o->n_will_payload > UINT16_MAX)
                return false;
        return o->keepalive_s >= MQTT_KEEPALIVE_MIN_S && o->keepalive_s <= UINT16_MAX && o->batch_max >= 1 &&
               o->batch_max <= UINT16_MAX;
}

int mqtt_options_copy(MqttOptions *ret, const MqttOptions *o) {
        MqttOptions copy = *o;
        bool failed = false;

        if (!options_possible(o))
                return -EINVAL;
        for (size_t i = 0; i < ELEMENTSOF(STRINGS); i++) {
                char **s = string_at(&copy, STRINGS[i]);
                if (*s)
                        failed |= !(*s = strdup(*s));
        }
        if (o->will_payload) {
                void *payload = malloc(o->n_will_payload + 1);
                if (payload)
                        memcpy(payload, o->will_payload, o->n_will_payload);
                failed |= !payload;
                copy.will_payload = payload;
        }
        if (failed) {
                mqtt_options_clear(&copy);
                return -ENOMEM;
        }
        *ret = copy;
        return 0;
}

bool mqtt_options_same(const MqttOptions *a, const MqttOptions *b) {
        for (size_t i = 0; i < ELEMENTSOF(STRINGS); i++)
                if (!streq_ptr(*(char *const *)(const void *)((const char *)a + STRINGS[i]),
                               *(char *const *)(const void *)((const char *)b + STRINGS[i])))
                        return false;
        return a->port == b->port && a->keepalive_s == b->keepalive_s && a->batch_max == b->batch_max &&
               a->session_expiry_s == b->session_expiry_s && a->n_will_payload == b->n_will_payload &&
               (a->n_will_payload == 0 || memcmp(a->will_payload, b->will_payload, a->n_will_payload) == 0);
}

static int handle_setup(struct mosquitto *handle, const MqttOptions *o) {
        int rc;

        if ((rc = mosquitto_threaded_set(handle, true)) ||
            (rc = mosquitto_int_option(handle, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5)) ||
            (rc = mosquitto_int_option(handle, MOSQ_OPT_RECEIVE_MAXIMUM, (int)o->batch_max)) ||
            (rc = mosquitto_int_option(handle, MOSQ_OPT_TCP_NODELAY, o->host ? 1 : 0)))
                return rc;
        if (o->username && (rc = mosquitto_username_pw_set(handle, o->username, o->password)))
                return rc;
        if (o->cafile && (rc = mosquitto_tls_set(handle, o->cafile, NULL, o->certfile, o->keyfile, NULL)))
                return rc;
        if (o->will_topic)
                return mosquitto_will_set(handle, o->will_topic, (int)o->n_will_payload, o->will_payload, 1, true);
        return 0;
}

int mqtt_handle_new(struct mosquitto **ret, const MqttOptions *o, void *userdata) {
        struct mosquitto *handle = mosquitto_new(o->client_id, false, userdata);
        int rc;

        if (!handle)
                return MOSQ_ERR_NOMEM;
        rc = handle_setup(handle, o);
        if (rc) {
                mosquitto_destroy(handle);
                return rc;
        }
        *ret = handle;
        return 0;
}

/* Connecting to it takes no time, whichever way it goes. */
static bool host_is_near(const char *host) {
        return streq(host, "localhost") || streq(host, "::1") || strncmp(host, "127.", 4) == 0;
}

/*
 * The library's connect that takes properties waits for TCP; its connect that does not wait takes no properties, but
 * uses those it was given earlier. So a broker off this machine gets a first call that leaves the properties there and
 * cannot connect (an empty path), and then the one that does not wait. On loopback waiting is nothing, and the first
 * call tries every address of "localhost", which the second does not.
 */
static int handle_connect_with(struct mosquitto *handle, const MqttOptions *o, const mosquitto_property *properties) {
        int rc;

        if (o->unix_path)
                return mosquitto_connect_bind_v5(handle, o->unix_path, 0, o->keepalive_s, NULL, properties);
        if (host_is_near(o->host))
                return mosquitto_connect_bind_v5(handle, o->host, o->port, o->keepalive_s, NULL, properties);
        rc = mosquitto_connect_bind_v5(handle, "", 0, o->keepalive_s, NULL, properties);
        if (rc == MOSQ_ERR_NOMEM)
                return rc;
        return mosquitto_connect_bind_async(handle, o->host, o->port, o->keepalive_s, NULL);
}

int mqtt_handle_connect(struct mosquitto *handle, const MqttOptions *o) {
        mosquitto_property *properties = NULL;
        int rc;

        rc = mosquitto_property_add_int32(&properties, MQTT_PROP_SESSION_EXPIRY_INTERVAL, o->session_expiry_s);
        if (!rc)
                rc = mosquitto_property_add_int32(&properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, MQTT_PACKET_MAX);
        if (!rc)
                rc = handle_connect_with(handle, o, properties);
        int saved = errno;
        mosquitto_property_free_all(&properties);
        errno = saved;
        return rc;
}
