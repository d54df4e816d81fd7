/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Shared by the manager*.c files: the one owner, and what they call of each other. manager.c opens, runs and closes;
 * manager-broker.c, -bus.c, -clock.c and -config.c each have a reason why the loop turns.
 */
#include <systemd/sd-event.h>
#include <systemd/sd-id128.h>

#include "bus/bus.h"
#include "config.h"
#include "intake/intake.h"
#include "manager.h"
#include "mqtt/mqtt.h"
#include "sign.h"
#include "store/store.h"

/* An answer on its way that the outbox keeps until the broker has it. */
typedef struct Sent {
        int mid;
        int64_t outbox;
} Sent;

struct Manager {
        char *config_path;
        Config *config;
        sd_event *event;
        Store *store;
        Signer *signer;
        Intake *intake;
        Bus *bus;
        Mqtt *mqtt;
        char boot[SD_ID128_STRING_MAX];
        int64_t since_us;
        sd_event_source *terminate, *interrupt, *reload;
        int64_t at_work_us; /* CLOCK_BOOTTIME: when systemd was told last that the start takes longer */
        int failed;         /* of the batch at hand: it must not be committed */

        /* manager-broker.c */
        bool stay_away;     /* another daemon serves this site: leave once this batch is committed */
        bool stale;         /* what the connection has brought is of before a sleep of the machine */
        bool degraded_told; /* what state/daemon says */
        Sent *sent;
        size_t n_sent, size_sent;

        /* manager-clock.c */
        sd_event_source *second, *deadline, *post, *idle, *copy;
        bool synchronised; /* as of the last second */
        int64_t turned_us; /* CLOCK_BOOTTIME of the last turn of the loop that looked at it */
        unsigned seconds;
        char status[256];
};

/* --- manager.c: the batch --- */

/* Ends the batch: everything in it, or nothing. Only after this may anything leave. */
int manager_commit(Manager *m);

/* As above, for work outside the read turn; r: how that went. */
void manager_did(Manager *m, int r);

/* Says that the ledger could not be written, and sees to it that no session starts, or that the daemon ends. */
void manager_write_failed(Manager *m, int r, const char *what);

/* --- manager-clock.c --- */

int manager_start_clock(Manager *m);
void manager_stop_clock(Manager *m);

/* Each time that is taken for a decision is judged first, before anything is stamped with it. */
Now manager_now(Manager *m);

/* Beside the ledger, for whoever puts an older one in its place. */
void manager_witness(Manager *m);

/* --- manager-broker.c --- */

int manager_open_mqtt(Manager *m);

/* Publishes what the batch has gathered. */
void manager_flush(Manager *m);

/* Before anything else: the machine slept, and what happened at the broker meanwhile nobody here knows. The connection
 * is made anew, so that its state topics are read again. */
int manager_woken(Manager *m, const Now *t);

/* Into the batch: every state topic, as it is. */
int manager_tell_state(Manager *m, const Now *t);

/* --- manager-bus.c --- */

int manager_open_bus(Manager *m);
void manager_status(void *userdata, Status *ret);

/* --- manager-config.c --- */

/* What stands in the configuration, and should not stand there in a clinic, or does not work as it stands. */
void manager_tell_people(Manager *m);
void manager_set_zone(const Config *c);

/* All or nothing, and logged. */
void manager_reload(Manager *m);
