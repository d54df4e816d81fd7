/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Status: how the daemon is, for the control interface and the state topics. Strings live until the next event. */
#include <stdbool.h>
#include <stdint.h>

#include "core/reasons.h"

#define STATUS_DOUBTS_MAX 8
#define STATUS_DUTIES_MAX 100 /* as many as the configuration may have */

typedef struct StatusDoubt {
        const char *rule, *text;
        const char *way_out; /* the command that ends it; NULL: none */
} StatusDoubt;

typedef struct Status {
        const char *version, *boot, *log, *state; /* state: online, degraded or offline (no broker) */
        const char *kid, *public_key;             /* of permits and checkpoints; base64url */
        int64_t since_us;
        bool broker_connected, armed;             /* armed: permits can be given */
        const char *broker_why;                   /* why there is no connection */
        unsigned n_doubts;
        StatusDoubt doubts[STATUS_DOUBTS_MAX];    /* why no session may start now */
        int64_t clock_wall_us, clock_boot_us;     /* now; CLOCK_BOOTTIME */
        int64_t clock_mark_us, clock_floor_us;    /* the ledger's; until when what runs out stands still, 0: it does not */
        bool clock_synchronised, clock_believed;  /* believed: by an officer's word, until the machine starts anew */
        const char *clock_doubt;                  /* behind, stepped, unsynchronised; NULL: none */
        int64_t audit_size;
        char audit_head[48];                      /* base64url, as in permits and checkpoints */
        int64_t items, sessions_live;
        int64_t alerts[3];                        /* open ones: info, warning, critical */
        const char *acts;                         /* at the socket: signed, refused or demo */
        uint64_t messages, rejected, batches, decisions; /* since the start */
} Status;

/* The backup that is being made, or was made last by this run of the daemon. */
typedef struct BackupStatus {
        const char *state, *path;    /* none, copying, flushing, done, failed */
        const char *why;             /* failed: a sentence */
        int64_t pages, copied;       /* of the ledger's file */
        int64_t bytes;               /* done: of the copy */
        int64_t size;                /* done: records in the copy's chain, with */
        char head[48];               /* this head, */
        const char *checkpoint;      /* signed; NULL: the key is in doubt */
        int64_t last_us;             /* when the last one was done that this ledger knows of; 0: never */
} BackupStatus;

/* One autoclave, as it stands now. Dates are year * 10000 + month * 100 + day: the last clinic day that is still
 * covered; 0: it does not apply, or nothing was ever done. */
typedef struct AutoclaveStatus {
        Reasons service;  /* why it is out of service, and what remains to be done; none: it is in */
        Reasons refusals; /* why a load that started now could not be released, service included */
        Reasons notices;  /* what is overdue and only told */
        int32_t penetration_on, leak_until, spore_until, calibration_until; /* penetration_on: of the last that passed */
        size_t n_duties;
        struct {
                const char *id, *name; /* of the configuration */
                int32_t done_on, until;
                bool failed, blocks;
        } duties[STATUS_DUTIES_MAX];
} AutoclaveStatus;
