/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Value: what a D-Bus message holds, as JSON, whatever its shape. */
#include <jansson.h>
#include <stdbool.h>
#include <systemd/sd-bus.h>

/* Replaces what could paint a terminal: C0, DEL, and C1 as UTF-8 has it. */
void text_clean(char *text);

/*
 * Reads the next complete value. a{s*} becomes an object, other arrays and structs an array. Type t is a time and
 * nothing else on our interface: RFC 3339 text, or with for_people a number of microseconds, texts then being cleaned
 * of control characters. 0, or negative errno.
 */
int value_read(sd_bus_message *m, bool for_people, json_t **ret);
