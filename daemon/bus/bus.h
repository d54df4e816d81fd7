/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Bus: the control interface, org.asepsis1.Manager at /org/asepsis1: as org.asepsis1 on the system bus, and peer to peer
 * on a Unix socket. At the socket there is no bus daemon in between; who may connect is decided by its mode and group. On
 * the system bus that is said by systemd/org.asepsis1.conf, and polkit is asked before each act (bus/authority.c). The
 * system bus may come and go, or never be there: it is waited for, and nothing waits. doc/control.md describes it all.
 *
 * All work is done on the event loop, one short read of the ledger a call, and never while a batch is open. At most
 * BUS_CONNECTIONS_MAX peers at a time (the next one waits in the listen queue), none longer silent than idle_us.
 */
#include <sys/types.h>
#include <systemd/sd-event.h>

#include "act.h"
#include "config.h"
#include "status.h"
#include "store/store.h"
#include "util.h"

#define BUS_PATH "/org/asepsis1"
#define BUS_NAME "org.asepsis1"
#define BUS_INTERFACE "org.asepsis1.Manager"
#define BUS_QUESTIONS_MAX 32      /* signatures that wait for polkit and its password, and as many acts that only lock... */
#define BUS_QUESTIONS_USER_MAX 2  /* ...of one user */
#define BUS_STRANGERS_MAX 640     /* likewise, while the bus is asked who calls: more than one user's 256 connections... */
#define BUS_STRANGERS_PEER_MAX 2  /* ...have, each with so many */
#define BUS_CONNECTIONS_MAX 16
#define BUS_LISTENERS_MAX 8 /* of those connections, with Subscribe() */
#define BUS_UNSENT_MAX 64  /* replies that a peer leaves unread; beyond that it is dropped */
#define BUS_PAGE_MAX 500   /* alerts in one reply */
#define BUS_HISTORY_MAX 100 /* sessions of one item in one reply, newest first */
#define BUS_ITEMS_MAX 1000 /* items of one session in one reply */
#define BUS_DEVIATIONS_MAX 200 /* of one session in one reply */
#define BUS_LIST_MAX 100      /* items or sessions of a list in one reply... */
#define BUS_LIST_STEPS 400    /* ...for which so many rows are looked at */
#define BUS_LOADS_MAX 100     /* loads in one reply */
#define BUS_PACKS_MAX 50      /* packs of a load in one reply... */
#define BUS_PACK_ITEMS_MAX 200 /* ...which ends when so many items are in it */
#define BUS_EVIDENCE_MAX 64   /* decisions, indicators, tests, recalls of one load; each */
#define BUS_ATTEMPTS_MAX 10   /* of one autoclave in one reply, newest first */
#define BUS_TESTS_MAX 20      /* of one autoclave in one reply, newest first */
#define BUS_RECALLS_MAX 100   /* in one reply */
#define BUS_KEYS_MAX 20         /* that signed before, newest first */
#define BUS_EXPOSURES_MAX 100 /* in one reply */
#define BUS_PERIOD_MAX 100    /* rows of a period in one reply */
#define BUS_PATIENT_MAX 50    /* sessions of a patient, and erasures, in one reply */
#define BUS_BLOCKED_MAX 100   /* items in one reply that a restore blocks, of... */
#define BUS_BLOCKED_SPAN 5000 /* ...so many that were looked at */
#define BUS_POINTS_MAX 2000   /* samples in one reply */
#define BUS_AUDIT_MAX 500     /* audit records in one reply... */
#define BUS_AUDIT_BYTES_MAX 262144 /* ...which ends behind the record that reaches so many bytes */

#define BUS_ERROR_NOT_FOUND "org.asepsis1.Error.NotFound"
#define BUS_ERROR_BAD_CODE "org.asepsis1.Error.BadCode"
#define BUS_ERROR_NOT_ONE_PIECE "org.asepsis1.Error.NotOnePiece"
#define BUS_ERROR_AMBIGUOUS "org.asepsis1.Error.Ambiguous"
#define BUS_ERROR_BAD_ARGUMENT "org.asepsis1.Error.BadArgument"
#define BUS_ERROR_REFUSED "org.asepsis1.Error.Refused"
#define BUS_ERROR_NOT_YOU "org.asepsis1.Error.NotYou"
#define BUS_ERROR_NOT_HERE "org.asepsis1.Error.NotHere"
#define BUS_ERROR_NOT_AUTHORIZED "org.asepsis1.Error.NotAuthorized"
#define BUS_ERROR_HELD_OFF "org.asepsis1.Error.HeldOff"
#define BUS_ERROR_NO_AUTHORITY "org.asepsis1.Error.NoAuthority"
#define BUS_ERROR_BUSY "org.asepsis1.Error.Busy"
#define BUS_ERROR_LEDGER "org.asepsis1.Error.Ledger"

typedef struct Bus Bus;

typedef struct BusOptions {
        const char *path;  /* of the socket; its directory must be there */
        mode_t mode;       /* 0: 0660 */
        const char *group; /* name; NULL: the process's own */
        int64_t idle_us;   /* 0: 30 s */
        bool system;       /* on the system bus, too */
} BusOptions;

/* Where answers come from. Must outlive the Bus. */
typedef struct BusSource {
        Store *store;
        void (*status)(void *userdata, Status *ret);
        /* As it is now; not kept beyond the call. */
        const Config *(*config)(void *userdata);
        /* As intake_autoclave_status() says. */
        int (*autoclave)(void *userdata, const char *autoclave, AutoclaveStatus *ret);
        /* As intake_act() says, and committed when it returns. */
        int (*act)(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX]);
        /* As intake_backup_status() says. */
        int (*backup)(void *userdata, BackupStatus *ret);
        /* As intake_checkpoint_of() says. */
        int (*checkpoint)(void *userdata, int64_t size, char **ret_jws);
        /* As intake_why() says; until the next call of anything. NULL: nobody knows. */
        int (*why)(void *userdata, const char *session, const struct GateFacts **ret);
        void *userdata;
        /* As intake_act_may() says; NULL: act() alone decides. */
        int (*may)(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX], ActSeen *ret_seen);
        /* As intake_act_unsigned() says, and committed; NULL: nobody wants to know. */
        int (*not_signed)(void *userdata, const Act *act, ActUnsigned how);
        Bus *bus;               /* set by bus_new() */
        struct System *system;  /* the call came over the system bus; NULL: at the socket */
} BusSource;

/*
 * Listens. -EADDRINUSE: somebody answers there already; -EEXIST: there is a file that is no socket; -ENAMETOOLONG;
 * -ESRCH: no such group; or what socket(2), bind(2), chown(2) say. A stale socket is replaced.
 */
int bus_new(Bus **ret, sd_event *event, const BusOptions *options, const BusSource *source);

/* Closes all connections and removes the socket, if it is still ours. */
Bus *bus_free(Bus *b);
DEFINE_CLEANUP(Bus, bus_free)

unsigned bus_connections(const Bus *b);

/*
 * Something was published after a commit: whoever listens is told soon (bus/signals.c), by PropertiesChanged of the object
 * that it is about, and by Event(s kind, a{sv} about) of the Manager. Kinds: daemon, audit, room, autoclave, alert,
 * decision; and lost: too much changed at once, read your lists again. `about` has `id` (the room, ...) and the members of
 * the state topic (doc/protocol), lists as the rules in them; of a decision session, verdict and the rules only.
 * At the socket a peer calls Subscribe() first; then it may be silent as long as it likes.
 */
void bus_published(Bus *b, const char *topic, const char *payload, size_t n);
