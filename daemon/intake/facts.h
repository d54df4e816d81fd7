/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Facts: gathering what core/gate.h judges. The texts hold what the facts point to. */
#include "core/gate.h"
#include "core/udi.h"
#include "intake/intake.h"
#include "store/cycles.h"
#include "store/items.h"
#include "store/recalls.h"
#include "store/sessions.h"

typedef struct FactText {
        Udi udi;
        ItemRow item;
        PackRow pack;
        AttemptRow attempt;
        char claim_session[LABEL_MAX + 1], claim_room[LABEL_MAX + 1], recall[TEXT_MAX + 1];
} FactText;

typedef struct RequestText {
        RoomRow room;
        SessionRow live;
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

/* Fills *ret, which points into *t and into what was asked. */
int facts_gather(Intake *in, const Asked *asked, GateFacts *ret, RequestText *t);
