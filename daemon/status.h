/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Status: how the daemon is, for the control interface and the state topics. Strings live until the next event. */
#include <stdbool.h>
#include <stdint.h>

#define STATUS_DOUBTS_MAX 8

typedef struct StatusDoubt {
        const char *rule, *text;
} StatusDoubt;

typedef struct Status {
        const char *version, *boot, *log, *state; /* state: online, degraded or offline (no broker) */
        const char *kid, *public_key;             /* of permits and checkpoints; base64url */
        int64_t since_us;
        bool broker_connected, armed;             /* armed: permits can be given */
        const char *broker_why;                   /* why there is no connection */
        unsigned n_doubts;
        StatusDoubt doubts[STATUS_DOUBTS_MAX];    /* why no session may start now */
        int64_t audit_size;
        char audit_head[48];                      /* base64url, as in permits and checkpoints */
        int64_t items, sessions_live;
        int64_t alerts[3];                        /* open ones: info, warning, critical */
        uint64_t messages, rejected, batches, decisions; /* since the start */
} Status;
