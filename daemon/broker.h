/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The connection to the broker as the configuration wants it: address, login, and the will that says offline. */
#include "codec/topic.h"
#include "config.h"
#include "mqtt/mqtt.h"

#define BROKER_PASSWORD_MAX 256

/* What the options point to, beside the configuration. */
typedef struct BrokerText {
        char password[BROKER_PASSWORD_MAX], will_topic[TOPIC_MAX], will[256];
} BrokerText;

/*
 * boot and since_us (wall time) are those of this daemon. 0; negative errno where the password cannot be read, which is
 * logged.
 */
int broker_options(const Config *c, const char *boot, int64_t since_us, BrokerText *text, MqttOptions *ret);
