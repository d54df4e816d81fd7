/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What keeps a room locked, and what its relays say. A getter returns 1 and the row, or 0 for none. */
#include "core/interlock.h"
#include "core/limits.h"
#include "store/sessions.h"
#include "store/store.h"

/* Writes what the interlock is: state, leases and hold. room_save() writes the rest of the row and leaves these. */
int room_interlock_save(Store *s, const RoomRow *row);
/* A room whose state rests on a lease that has run out by then: 1 and its id, or 0. */
int room_due(Store *s, int64_t boot_us, char ret[static LABEL_MAX + 1]);
/* When the next lease of those runs out, or the next relay should have spoken: 1 and *ret_boot_us, or 0. */
int room_next_due(Store *s, int64_t *ret_boot_us);
/* After a reboot nobody knows how CLOCK_BOOTTIME stood: every room that was ever released could be so until then. */
int rooms_restart(Store *s, int64_t until_us);

/* Why a room is locked. At most one for each rule holds at a time; it counts up. */
typedef struct RoomLockRow {
        char rule[LABEL_MAX + 1], session[LABEL_MAX + 1], text[TEXT_MAX + 1];
        int64_t at_us, last_us, count;
} RoomLockRow;

/* session NULL: none is named. 1: a new cause; 0: it held already, and counts up. */
int room_lock_put(Store *s, const char *room, const char *rule, const char *session, const char *text, int64_t i,
                  int64_t at_us);
/* Those that hold, by rule: after "", then after the rule that came last. */
int room_lock_next(Store *s, const char *room, const char *after, RoomLockRow *ret);
/* All that hold are opened. */
int room_lock_open(Store *s, const char *room, int64_t i, int64_t at_us, const char *by, const char *reason);

/* A room as it stands then. */
typedef struct RoomLook {
        RoomRow room;
        bool live;
        SessionRow session; /* the live one */
        InterlockFacts facts;
        Interlock state; /* as it should be; room.interlock is what was entered last */
} RoomLook;
int room_look_at(Store *s, const char *id, int64_t boot_us, RoomLook *ret);

typedef enum RelaySaid { RELAY_SAID_NOTHING, RELAY_SAID_OPEN, RELAY_SAID_ENERGISED } RelaySaid;

typedef struct RelayRow {
        char device[LABEL_MAX + 1], room[LABEL_MAX + 1];
        int said;                                /* RelaySaid */
        int64_t at_us;                           /* wall time of that */
        int64_t permit_from_us, permit_until_us; /* CLOCK_BOOTTIME: the last of its own; 0: none */
        int64_t due_us;                          /* CLOCK_BOOTTIME: by when it should have opened; 0: nothing is due */
} RelayRow;

/* A relay that the ledger does not know yet is a row with only its device. */
int relay_get(Store *s, const char *device, RelayRow *ret);
int relay_save(Store *s, const RelayRow *row);
/* One that should have said by then that it opened. */
int relay_due(Store *s, int64_t boot_us, RelayRow *ret);
