/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Facts: gathering what core/gate.h judges. The texts hold what the facts point to. */
#include "core/gate.h"
#include "core/udi.h"
#include "intake/intake.h"
#include "store/cycles.h"
#include "store/exposures.h"
#include "store/items.h"
#include "store/recalls.h"
#include "store/rooms.h"
#include "store/sessions.h"

typedef struct FactText {
        Udi udi;
        ItemRow item;
        PackRow pack;
        AttemptRow attempt;
        char claim_session[LABEL_MAX + 1], claim_room[LABEL_MAX + 1], recall[TEXT_MAX + 1];
} FactText;

#define EXPOSURE_WANTS_SIZE 64

typedef struct RequestText {
        RoomRow room;
        RelayRow relay;
        RoomLockRow lock;
        SessionRow live;
        ExposureRow exposure;
        char exposure_wants[EXPOSURE_WANTS_SIZE], sharps_session[LABEL_MAX + 1];
        FactText items[ITEMS_MAX];
} RequestText;

/* What is asked. */
typedef struct Asked {
        const char *label, *room, *practitioner, *patient, *procedure;
        const SessionRow
                *session; /* the live one of this label, whose own claims do not speak against it; NULL: none */
        const char *over; /* the session of this label is over: in words */
        bool adding;
        size_t n_items;
        const char *const *items;
} Asked;

/* exposure.c: the newest injury in this room that is not settled, its number, and what of it is still to be recorded: 1,
 * or 0. */
int exposure_stands(Intake *in, const char *room, ExposureRow *ret, int64_t *ret_mark,
                    char ret_wants[static EXPOSURE_WANTS_SIZE]);

/* Fills *ret, which points into *t and into what was asked. */
int facts_gather(Intake *in, const Asked *asked, GateFacts *ret, RequestText *t);
