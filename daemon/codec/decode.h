/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Decoding: one payload of the MQTT contract into one Event, strictly. UTF-8 JSON, one object, nothing after it, no
 * member twice, at most PAYLOAD_MAX bytes and NESTING_MAX levels; integers written as integers; unknown members
 * ignored; everything else within the table's types and bounds.
 */
#include <stddef.h>
#include <stdint.h>

#include "codec/jsonr.h"
#include "codec/messages.h"
#include "core/event.h"

/* An Event and all that its strings and lists point into. Used again and again; not to be copied. */
typedef struct Decoded {
        Event event;

        /* decode.c's own */
        JsonReader json;
        char device[LABEL_MAX + 1];
        const char *strings[2 * ITEMS_MAX];
        size_t n_strings;
        TimedPressure pressures[3];
        Sample *samples;
        size_t samples_size;
} Decoded;

typedef struct DecodeError {
        Reject reason;
        char detail[200]; /* a sentence; ASCII, never the sender's own bytes */
        char member[48];  /* empty: none in particular */

        /* Read even from a bad message where they are good there; else empty and 0. */
        char boot[BOOT_MAX + 1];
        int64_t seq;
} DecodeError;

/* NULL: out of memory. */
Decoded *decoded_new(void);
Decoded *decoded_free(Decoded *d);

/*
 * 0: d->event is good until d is used again or freed. 1: refused, *ret_error says why. -ENOMEM; -EINVAL where device
 * is no label, which topic_parse() has seen to. message need not be known. What d held before is gone in any case.
 */
int decode(Kind kind, const char *device, const char *message, const void *payload, size_t n, Decoded *d,
           DecodeError *ret_error);
