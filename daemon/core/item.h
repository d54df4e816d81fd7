/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Item: where one piece stands on its way, and what each step makes of it. One state machine for every class; which way
 * an item goes is settled by its class. Pure: the caller gathers what is known and stores the new state.
 * Sources: CDC 2008 (cleaning comes before everything else, Spaulding's classes), EN 13060 (packs and loads), the
 * maker's instructions (single use, number of cycles). The steps as a picture: doc/items.md, held against this table.
 *
 * A state says what was last done to the piece itself. That it is held by a session, lies in a cycle that runs, was
 * recalled or damaged are facts beside it: they come and go without the piece being touched, several hold at once, and
 * ending one must not need to know which state to go back to.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum RequiredState { REQUIRED_STERILE, REQUIRED_DISINFECTED, REQUIRED_CLEAN } RequiredState;
typedef enum Reprocessing { REPROCESSING_NONE, REPROCESSING_STERILIZE, REPROCESSING_DISINFECT } Reprocessing;
typedef enum LoadState { LOAD_NONE, LOAD_OPEN, LOAD_RELEASED, LOAD_REJECTED, LOAD_RECALLED } LoadState;

typedef enum ItemState {
        ITEM_CONTAMINATED, /* used, or unproven: as anything enters of which nothing else is shown */
        ITEM_CLEAN,
        ITEM_PACKED,  /* clean and in its pack, also while that goes through an autoclave */
        ITEM_STERILE, /* its load was released, or it came sterile and unopened */
        ITEM_DISINFECTED,
        ITEM_DISCARDED, /* in a sharps container: never leaves it */
        _ITEM_STATE_MAX,
} ItemState;

/* The way that items of a class go. */
typedef enum ItemWay {
        ITEM_WAY_STERILIZED,      /* clean, pack, sterilize; after use again */
        ITEM_WAY_STERILIZED_ONCE, /* the same, once, before its only use */
        ITEM_WAY_DISINFECTED,     /* clean and disinfect; after use again */
        ITEM_WAY_CLEANED,         /* clean; after use again */
        ITEM_WAY_ONCE,            /* as delivered, for one session */
        ITEM_WAY_VIAL, /* multi-dose: as delivered; who it was opened for, and when, is kept beside its state */
        _ITEM_WAY_MAX,
} ItemWay;

typedef enum ItemStep {
        ITEM_STEP_CLEAN,
        ITEM_STEP_DISINFECT,
        ITEM_STEP_PACK,
        ITEM_STEP_LOAD,    /* its pack is put down for a cycle */
        ITEM_STEP_RELEASE, /* the load of its pack was released, and the pack was in it in time, dry and whole */
        ITEM_STEP_USE,     /* in a session, or seen in use */
        ITEM_STEP_DISCARD,
        _ITEM_STEP_MAX,
} ItemStep;

const char *item_state_name(ItemState state);
const char *item_way_name(ItemWay way);
const char *item_step_name(ItemStep step);

/* vial: the class has that role. */
ItemWay item_way(RequiredState required, Reprocessing reprocessing, bool single_use, bool vial);

/* What is known of a piece and of the pack it lies in. What is not known is left as the worst: class_known is false. */
typedef struct ItemStanding {
        ItemWay way;
        ItemState state;
        bool class_known;
        bool single_use, critical;
        bool used;   /* and not returned unopened */
        bool opened; /* punctured, drawn into, or brought into a room for a patient */
        bool damaged, dropped;
        bool cloned;               /* seen in two places at once */
        const char *claim_session; /* the live session that holds it; NULL: none */
        int64_t cycles;            /* that it went through; of disinfected classes: disinfections */
        int64_t cycles_max;        /* that its maker allows; 0: no limit */
        const char *pack;          /* that it lies in; NULL: none */
        bool pack_whole;           /* it is wrapped, closed, dry, and nobody said that it is damaged */
        const char *attempt;       /* that its pack went into; NULL: none yet */
        bool cycle_running;        /* of that attempt */
        bool cycle_verified;
        LoadState load;
} ItemStanding;

#define ITEM_TEXT_MAX 240

/*
 * What the step makes of it. True and *ret (which may be the state it has); false and in `text` what should have
 * happened, to be read after "CODE: ". Use and discard are never refused: they lock.
 */
bool item_step(const ItemStanding *item, ItemStep step, ItemState *ret, char text[static ITEM_TEXT_MAX]);

/*
 * An officer gives it back out of a quarantine. True and *ret: what it was, where its barrier is whole, in a closed pack
 * or as delivered; whatever lay open is contaminated, for nobody knows what it touched meanwhile. False and in `text` why
 * it does not come back, as above.
 */
bool item_give_back(const ItemStanding *item, ItemState *ret, char text[static ITEM_TEXT_MAX]);

/* The table, for the documents and the tests. Exactly one line fits each way, state and step. */
typedef enum ItemOutcome { ITEM_GOES, ITEM_STAYS, ITEM_REFUSED } ItemOutcome;
typedef struct ItemTransition {
        ItemStep step;
        uint32_t ways, states; /* bits 1 << ItemWay, 1 << ItemState */
        ItemOutcome outcome;
        ItemState to;        /* with ITEM_GOES */
        const char *instead; /* with ITEM_REFUSED: the sentence */
} ItemTransition;
size_t item_transitions(const ItemTransition **ret);
const ItemTransition *item_transition(ItemWay way, ItemState state, ItemStep step);
