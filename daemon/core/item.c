/* SPDX-License-Identifier: Apache-2.0 */
#include "core/item.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/limits.h"
#include "util.h"

/*
 * Two tables. The first says what a step makes of an item in a state, by the way of its class; every sentence says what
 * should have come first. The second has what stands in the way whatever the state: what is spent, broken or in
 * somebody else's hands. Only steps that lead towards use can be refused. Use, contact and the sharps container are
 * taken as they come: a report that locks is worth more than its form.
 *
 * Cleaning a single-use item that nobody has used is taken, and spends it: whoever washes it has opened its barrier,
 * and refusing the report would leave it standing as sterile.
 */

#define WAY(w) (1U << ITEM_WAY_##w)
#define IN(s) (1U << ITEM_##s)
#define ANY_WAY ((1U << _ITEM_WAY_MAX) - 1)
#define ANY_STATE ((1U << _ITEM_STATE_MAX) - 1)
#define NOT_DISCARDED (ANY_STATE & ~IN(DISCARDED))
#define STERILIZED_WAYS (WAY(STERILIZED) | WAY(STERILIZED_ONCE))
#define REUSABLE_WAYS (WAY(STERILIZED) | WAY(DISINFECTED) | WAY(CLEANED))

#define GOES(step, ways, states, to)                                                                                   \
        { ITEM_STEP_##step, (ways), (states), ITEM_GOES, ITEM_##to, NULL }
#define STAYS(step, ways, states)                                                                                      \
        { ITEM_STEP_##step, (ways), (states), ITEM_STAYS, _ITEM_STATE_MAX, NULL }
#define NO(step, ways, states, text)                                                                                   \
        { ITEM_STEP_##step, (ways), (states), ITEM_REFUSED, _ITEM_STATE_MAX, text }
#define GONE(step)                                                                                                     \
        NO(step, ANY_WAY, IN(DISCARDED),                                                                               \
           "it was dropped into a sharps container. If you hold it, tell the officer; take another")

static const ItemTransition table[] = {
        GOES(CLEAN, STERILIZED_WAYS | WAY(DISINFECTED) | WAY(CLEANED) | WAY(VIAL), NOT_DISCARDED, CLEAN),
        GOES(CLEAN, WAY(ONCE), NOT_DISCARDED & ~IN(CONTAMINATED), CONTAMINATED),
        NO(CLEAN, WAY(ONCE), IN(CONTAMINATED),
           "it is single-use and is not reprocessed. Discard it and take a new one"),
        GONE(CLEAN),

        GOES(DISINFECT, WAY(DISINFECTED), NOT_DISCARDED, DISINFECTED),
        NO(DISINFECT, STERILIZED_WAYS, NOT_DISCARDED,
           "its class is not reprocessed by disinfection. Clean it, pack it and sterilize it"),
        NO(DISINFECT, WAY(CLEANED), NOT_DISCARDED,
           "its class is not reprocessed by disinfection, it has to be clean. Record it as cleaned"),
        NO(DISINFECT, WAY(ONCE), NOT_DISCARDED,
           "it is single-use and is not reprocessed. Use it as delivered, or discard it and take a new one"),
        NO(DISINFECT, WAY(VIAL), NOT_DISCARDED,
           "a vial is not reprocessed. Wipe its stopper before each puncture; where that was left out, discard it"),
        GONE(DISINFECT),

        GOES(PACK, STERILIZED_WAYS, IN(CLEAN), PACKED),
        NO(PACK, STERILIZED_WAYS, IN(CONTAMINATED), "clean it first, then pack it"),
        NO(PACK, STERILIZED_WAYS, IN(DISINFECTED),
           "it was disinfected, maybe without cleaning. Clean it, then pack it"),
        NO(PACK, STERILIZED_WAYS, IN(PACKED),
           "it lies in a pack already. Load that pack; or open it, clean what is in it and pack it anew"),
        NO(PACK, STERILIZED_WAYS, IN(STERILE),
           "it is sterile, in its pack or as delivered. Use it so; to pack it anew, clean it first"),
        NO(PACK, WAY(DISINFECTED), NOT_DISCARDED, "its class is not sterilized here. Disinfect it instead"),
        NO(PACK, WAY(CLEANED), NOT_DISCARDED, "its class is not sterilized here. Cleaning it is enough"),
        NO(PACK, WAY(ONCE), NOT_DISCARDED,
           "it is single-use: it is never sterilized here. Use it as delivered, or discard it and take a new one"),
        NO(PACK, WAY(VIAL), NOT_DISCARDED, "a vial is never sterilized here. Use it as delivered, or discard it"),
        GONE(PACK),

        STAYS(LOAD, STERILIZED_WAYS, IN(PACKED)),
        NO(LOAD, STERILIZED_WAYS, IN(CONTAMINATED) | IN(DISINFECTED), "clean it and pack it, then load the pack"),
        NO(LOAD, STERILIZED_WAYS, IN(CLEAN), "pack it, then load the pack"),
        NO(LOAD, STERILIZED_WAYS, IN(STERILE),
           "it went through a load already, or came sterile. Use it so; or clean it, pack it anew and load that pack"),
        NO(LOAD, ANY_WAY & ~STERILIZED_WAYS, NOT_DISCARDED,
           "its class is not sterilized here. Take it out of the load"),
        GONE(LOAD),

        GOES(RELEASE, STERILIZED_WAYS, IN(PACKED), STERILE),
        NO(RELEASE, STERILIZED_WAYS, NOT_DISCARDED & ~IN(PACKED),
           "it did not lie packed in the load. Clean it, pack it and sterilize it again"),
        NO(RELEASE, ANY_WAY & ~STERILIZED_WAYS, NOT_DISCARDED,
           "its class is not sterilized here: a load does not make it sterile. Discard it if it is single-use"),
        GONE(RELEASE),

        GOES(USE, REUSABLE_WAYS, NOT_DISCARDED, CONTAMINATED),
        /* That it was used is kept beside its state, so that an unopened spare can come back as what it is. */
        STAYS(USE, ANY_WAY & ~REUSABLE_WAYS, NOT_DISCARDED),
        STAYS(USE, ANY_WAY, IN(DISCARDED)),

        GOES(DISCARD, ANY_WAY, ANY_STATE, DISCARDED),
};

size_t item_transitions(const ItemTransition **ret) {
        *ret = table;
        return ELEMENTSOF(table);
}

const ItemTransition *item_transition(ItemWay way, ItemState state, ItemStep step) {
        if ((unsigned)way >= _ITEM_WAY_MAX || (unsigned)state >= _ITEM_STATE_MAX)
                return NULL;
        for (size_t k = 0; k < ELEMENTSOF(table); k++)
                if (table[k].step == step && table[k].ways & (1U << way) && table[k].states & (1U << state))
                        return table + k;
        return NULL;
}

ItemWay item_way(RequiredState required, Reprocessing reprocessing, bool single_use, bool vial) {
        switch (reprocessing) {
        case REPROCESSING_STERILIZE:
                return single_use ? ITEM_WAY_STERILIZED_ONCE : ITEM_WAY_STERILIZED;
        case REPROCESSING_DISINFECT:
                return single_use ? ITEM_WAY_ONCE : ITEM_WAY_DISINFECTED;
        case REPROCESSING_NONE:
                break;
        }
        if (single_use || required != REQUIRED_CLEAN)
                return ITEM_WAY_ONCE;
        return vial ? ITEM_WAY_VIAL : ITEM_WAY_CLEANED;
}

const char *item_state_name(ItemState state) {
        static const char *const names[] = { "contaminated", "clean", "packed", "sterile", "disinfected", "discarded" };

        return (size_t)state < ELEMENTSOF(names) ? names[state] : "unknown";
}

const char *item_way_name(ItemWay way) {
        static const char *const names[] = {
                "sterilized", "sterilized once", "disinfected", "cleaned", "once", "vial"
        };

        return (size_t)way < ELEMENTSOF(names) ? names[way] : "unknown";
}

const char *item_step_name(ItemStep step) {
        static const char *const names[] = { "clean", "disinfect", "pack", "load", "release", "use", "discard" };

        return (size_t)step < ELEMENTSOF(names) ? names[step] : "unknown";
}

/* --- what stands in the way, whatever the state --- */

static void _printf_(2, 3) say(char text[static ITEM_TEXT_MAX], const char *format, ...) {
        va_list args;

        va_start(args, format);
        vsnprintf(text, ITEM_TEXT_MAX, format, args);
        va_end(args);
}

static bool is_used_up(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (!i->single_use || !i->used)
                return false;
        say(text, "it is single-use and was used. Drop it into a sharps container and take a new one");
        return true;
}

static bool is_broken(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (!i->damaged)
                return false;
        say(text, "it was reported as damaged, and that is for ever. Discard it and take another");
        return true;
}

static bool is_of_no_class(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (i->class_known)
                return false;
        say(text, "its class is no longer configured. Put it aside, and tell the person who looks after the system");
        return true;
}

static bool is_open(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        const bool kept = i->way == ITEM_WAY_VIAL || i->way == ITEM_WAY_ONCE;

        if (!kept || !i->opened)
                return false;
        say(text, "its class is not reprocessed, and it was opened. Use it for its patient within its time, or discard "
                  "it");
        return true;
}

static bool is_held(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (!i->claim_session)
                return false;
        say(text, "session %.*s holds it. End that session first, or take another", LABEL_MAX, i->claim_session);
        return true;
}

/* Out of a load on which nobody has decided, nothing is taken without a word: its list would name what is not in it. */
static bool is_in_a_load(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (!i->attempt || i->load != LOAD_OPEN || i->state != ITEM_PACKED)
                return false;
        if (!i->cycle_running && !i->cycle_verified)
                return false;
        if (i->cycle_running)
                say(text,
                    "its pack %.*s is in load %.*s, which runs. Wait for its end, then have it released or "
                    "rejected",
                    LABEL_MAX, i->pack ? i->pack : "?", LABEL_MAX, i->attempt);
        else
                say(text,
                    "its pack %.*s is in load %.*s, on which nobody has decided. Have that released or rejected "
                    "first",
                    LABEL_MAX, i->pack ? i->pack : "?", LABEL_MAX, i->attempt);
        return true;
}

static bool is_worn_out(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (i->cycles_max == 0 || i->cycles < i->cycles_max)
                return false;
        say(text, "it was reprocessed %lld times, and its maker allows %lld. Discard it and take another",
            (long long)i->cycles, (long long)i->cycles_max);
        return true;
}

static bool is_done_once(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (i->way != ITEM_WAY_STERILIZED_ONCE || i->cycles == 0)
                return false;
        say(text, "it is single-use and was in the autoclave once already. Discard it and take a new one");
        return true;
}

/* What enters sterile tissue is never wiped and disinfected in one. */
static bool is_soiled(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (!i->critical || i->state != ITEM_CONTAMINATED || i->way != ITEM_WAY_DISINFECTED)
                return false;
        say(text, "clean it first; what is soiled cannot be disinfected");
        return true;
}

#define AT(step) (1U << ITEM_STEP_##step)
#define ANY_REPROCESSING (AT(CLEAN) | AT(DISINFECT) | AT(PACK) | AT(LOAD))

static const struct {
        uint32_t steps;
        bool (*stops)(const ItemStanding *i, char text[static ITEM_TEXT_MAX]);
} obstacles[] = {
        { ANY_REPROCESSING, is_of_no_class },
        { ANY_REPROCESSING | AT(RELEASE), is_used_up },
        { ANY_REPROCESSING | AT(RELEASE), is_broken },
        { ANY_REPROCESSING, is_open },
        { AT(CLEAN) | AT(DISINFECT) | AT(PACK), is_held },
        { AT(CLEAN) | AT(DISINFECT) | AT(PACK), is_in_a_load },
        { AT(DISINFECT), is_soiled },
        { AT(DISINFECT) | AT(PACK), is_worn_out },
        { AT(PACK) | AT(LOAD), is_done_once },
};

bool item_step(const ItemStanding *item, ItemStep step, ItemState *ret, char text[static ITEM_TEXT_MAX]) {
        const ItemState state = item->dropped && step < ITEM_STEP_USE ? ITEM_DISCARDED : item->state;
        const ItemTransition *t = item_transition(item->way, state, step);

        if (!t) {
                say(text, "its state cannot be read. Put it aside, and tell the person who looks after the system");
                return false;
        }
        if (t->outcome == ITEM_REFUSED) {
                say(text, "%s", t->instead);
                return false;
        }
        for (size_t k = 0; k < ELEMENTSOF(obstacles); k++)
                if (obstacles[k].steps & (1U << step) && obstacles[k].stops(item, text))
                        return false;
        *ret = t->outcome == ITEM_GOES ? t->to : item->state;
        return true;
}

/* --- out of a quarantine --- */

static bool is_gone(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (!i->dropped && i->state != ITEM_DISCARDED)
                return false;
        say(text, "it was dropped into a sharps container, and stays there");
        return true;
}

static bool is_cloned(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) {
        if (!i->cloned)
                return false;
        say(text, "it was seen in two places at once, so nobody knows which piece this is. Discard it");
        return true;
}

bool item_give_back(const ItemStanding *item, ItemState *ret, char text[static ITEM_TEXT_MAX]) {
        static bool (*const stops[])(const ItemStanding *i, char text[static ITEM_TEXT_MAX]) = {
                is_of_no_class, is_used_up, is_broken, is_gone, is_cloned, is_open, is_held,
        };
        const bool as_delivered = item->way == ITEM_WAY_ONCE || item->way == ITEM_WAY_VIAL;
        const bool closed = item->pack ? item->pack_whole : item->state == ITEM_STERILE && !item->used;
        const bool kept = as_delivered || (closed && (item->state == ITEM_PACKED || item->state == ITEM_STERILE));

        if ((unsigned)item->way >= _ITEM_WAY_MAX || (unsigned)item->state >= _ITEM_STATE_MAX) {
                say(text, "its state cannot be read. Put it aside, and tell the person who looks after the system");
                return false;
        }
        for (size_t k = 0; k < ELEMENTSOF(stops); k++)
                if (stops[k](item, text))
                        return false;
        *ret = kept ? item->state : ITEM_CONTAMINATED;
        return true;
}
