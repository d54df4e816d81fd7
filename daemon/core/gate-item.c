/* SPDX-License-Identifier: Apache-2.0 */
/* The gate's rules about items, and about the kit that they make. Which stands where is told by the table in gate.c. */
#include <stdio.h>

#include "core/gate-rules.h"

static bool identified(const ItemFacts *i) {
        return !i->parse_error && i->single_piece;
}

static bool judged(const ItemFacts *i) {
        return identified(i) && !i->repeated && i->known;
}

static bool was_used(const ItemFacts *i) {
        return i->single_use && (i->used || i->used_session);
}

static bool was_dropped(const ItemFacts *i) {
        return i->dropped || i->state == ITEM_DISCARDED;
}

/* Not spent, and its class says what it takes. */
static bool usable(const ItemFacts *i) {
        return judged(i) && i->class_known && !was_used(i) && !was_dropped(i);
}

/* Its fitness rests on a sterilization: of a pack, in a load. */
static bool rests_on_load(const ItemFacts *i) {
        return usable(i) &&
               (i->required == REQUIRED_STERILE || (i->required == REQUIRED_DISINFECTED && i->state == ITEM_STERILE));
}

static bool load_awaits_release(const ItemFacts *i) {
        if (!rests_on_load(i))
                return false;
        return (i->load == LOAD_OPEN && (i->state == ITEM_PACKED || i->state == ITEM_STERILE)) ||
               (i->load == LOAD_NONE && i->attempt && i->state == ITEM_STERILE);
}

/* Something says better than its state why it may not be used. */
static bool state_explained(const ItemFacts *i) {
        return i->damaged || i->load == LOAD_RECALLED || load_awaits_release(i) ||
               (rests_on_load(i) && (i->load == LOAD_REJECTED || i->pack_opened || i->inside == INSIDE_FAILED));
}

static bool state_unmet(const ItemFacts *i, RequiredState required) {
        if (!usable(i) || i->required != required || state_explained(i))
                return false;
        switch (i->state) {
        case ITEM_STERILE:
                return false;
        case ITEM_DISINFECTED:
                return required == REQUIRED_STERILE;
        case ITEM_CLEAN:
        case ITEM_PACKED:
                return required != REQUIRED_CLEAN;
        case ITEM_CONTAMINATED:
        case ITEM_DISCARDED:
        case _ITEM_STATE_MAX:
                return true;
        }
        return true;
}

/* Single-use items are never reprocessed: what to do with one that may not be used. */
static const char *then(const ItemFacts *i) {
        return i->single_use ? "discard this one, it is single-use" : "this one is reprocessed";
}

ITEM_TEST(item_unidentifiable) {
        if (identified(i))
                return false;
        if (i->parse_error)
                gate_say(text, "This code cannot be read: %s. If it stays so, take another item.",
                         PROSE(i->parse_error));
        else
                gate_say(text,
                         "This code names a product or a lot, not one piece. Scan the code with the serial number or "
                         "the clinic label; where there is none, have labels issued at goods-in.");
        return true;
}

ITEM_TEST(item_unknown) {
        if (!identified(i) || i->repeated || (i->known && i->class_known))
                return false;
        if (!i->known)
                gate_say(text, "Not in the ledger. Receive it at a station first, or take another.");
        else
                gate_say(text,
                         "Its class %s is no longer configured, so it cannot be judged. Take another, and tell the "
                         "person who looks after the system.",
                         LABEL(i->class_name));
        return true;
}

ITEM_TEST(item_repeated) {
        if (!identified(i) || !i->repeated)
                return false;
        gate_say(text, "Scanned more than once in this request. Take it off the list once, or scan the item that was "
                       "meant.");
        return true;
}

ITEM_TEST(item_used) {
        if (!judged(i) || !was_used(i))
                return false;
        gate_say(text, "Already used%s%s%s%s. Take a new one.", i->used_session ? " in session " : "",
                 i->used_session ? LABEL(i->used_session) : "", i->used_on ? " on " : "",
                 i->used_on ? DATE(i->used_on) : "");
        return true;
}

ITEM_TEST(item_claimed) {
        if (!judged(i) || was_used(i) || (!i->claim_session && !i->claim_room))
                return false;
        gate_say(text, "%s%s holds it, or its pack%s%s. Take another, or have that session ended first.",
                 i->claim_session ? "Session " : "Another session", i->claim_session ? LABEL(i->claim_session) : "",
                 i->claim_room ? ", in room " : "", i->claim_room ? LABEL(i->claim_room) : "");
        return true;
}

ITEM_TEST(item_expired) {
        if (!judged(i) || was_used(i) || was_dropped(i) || clock_doubted(f) || !date_over(i->expires, f->today))
                return false;
        gate_say(text, "Expired: good until %s. %s.", DATE(i->expires),
                 i->sterilized_here && !i->single_use
                         ? "Take one that is in date; this one goes to cleaning, packing and the autoclave"
                         : "Discard it and take one that is in date");
        return true;
}

ITEM_TEST(item_recalled) {
        if (!judged(i) || !i->recall_reason)
                return false;
        gate_say(text, "Recalled: %s. Put it aside in quarantine, do not discard it, and take another.",
                 PROSE(i->recall_reason));
        return true;
}

ITEM_TEST(item_damaged) {
        if (!judged(i) || !i->damaged)
                return false;
        gate_say(text, "Reported as damaged: %s. Its barrier is gone: put it aside and take another.",
                 i->damage_reason ? PROSE(i->damage_reason) : "no reason was given");
        return true;
}

ITEM_TEST(item_dropped) {
        if (!judged(i) || !was_dropped(i))
                return false;
        gate_say(text, "Recorded as thrown into a sharps container. If you hold it, tell the officer; take a new one.");
        return true;
}

ITEM_TEST(item_cloned) {
        if (!judged(i) || !i->cloned)
                return false;
        gate_say(text,
                 "This code was seen in two places at once: one of the two is not genuine. Keep it for the officer "
                 "and take another.");
        return true;
}

ITEM_TEST(item_not_sterile) {
        if (!state_unmet(i, REQUIRED_STERILE))
                return false;
        if (i->state == ITEM_PACKED && i->load == LOAD_RELEASED)
                gate_say(text,
                         "Its pack did not become sterile with its load: it was wet, late, damaged or open. Take a "
                         "sterile "
                         "one; %s.",
                         i->single_use ? then(i) : "this one is cleaned, packed and sterilized anew");
        else if (i->state == ITEM_PACKED)
                gate_say(text, "Packed, but not sterilized yet. Take a sterile one; %s.",
                         i->single_use ? then(i) : "this one needs a released autoclave load first");
        else
                gate_say(text, "Not sterile since it was last used or received. Take a sterile one; %s.",
                         i->single_use ? then(i) : "this one goes to cleaning, packing and the autoclave");
        return true;
}

ITEM_TEST(item_not_disinfected) {
        if (!state_unmet(i, REQUIRED_DISINFECTED))
                return false;
        gate_say(text, "Not disinfected since it was last used or received. %s.",
                 i->single_use        ? "Discard it and take a new one"
                 : i->sterilized_here ? "Take another; this one goes to cleaning, packing and the autoclave"
                                      : "Clean and disinfect it, record that at a station, and ask again");
        return true;
}

ITEM_TEST(item_not_clean) {
        if (!state_unmet(i, REQUIRED_CLEAN))
                return false;
        gate_say(text, "Not clean since it was last used or received. %s.",
                 i->single_use ? "Discard it and take a new one" : "Clean it, record that at a station, and ask again");
        return true;
}

/* One sleeve covers one handpiece: the n-th that needs one needs n sleeves in the request. */
ITEM_TEST(barrier_missing) {
        size_t needed = 0, sleeves = 0;

        if (!usable(i) || !i->needs_sleeve)
                return false;
        for (size_t k = 0; k < MIN_OF(f->n_items, (size_t)ITEMS_MAX); k++) {
                const ItemFacts *other = f->items + k;

                needed += usable(other) && other->needs_sleeve && other <= i;
                sleeves += judged(other) && other->class_known && other->role == ROLE_SLEEVE;
        }
        if (sleeves >= needed)
                return false;
        gate_say(text,
                 "This handpiece needs a new barrier sleeve for each session, and there is none for it. Scan a sleeve "
                 "and ask again.");
        return true;
}

ITEM_TEST(pack_opened) {
        if (!rests_on_load(i) || !i->pack_opened)
                return false;
        gate_say(text,
                 "Its pack %s was opened or claimed for another session, so it no longer counts as sterile. Take one "
                 "from a closed pack; %s.",
                 LABEL(i->pack), then(i));
        return true;
}

ITEM_TEST(internal_indicator_missing) {
        if (!rests_on_load(i) || !i->inside_required)
                return false;
        if (i->inside != INSIDE_UNREAD && i->inside != INSIDE_ABSENT)
                return false;
        if (i->inside == INSIDE_ABSENT)
                gate_say(text, "There was no indicator inside pack %s. Take another pack; %s.", LABEL(i->pack),
                         then(i));
        else
                gate_say(text, "The indicator inside pack %s has not been read. Read it, record it, and ask again.",
                         LABEL(i->pack));
        return true;
}

ITEM_TEST(internal_indicator_failed) {
        if (!rests_on_load(i) || i->inside != INSIDE_FAILED)
                return false;
        gate_say(text,
                 "The indicator inside pack %s did not change. Use nothing from this pack, keep it for the officer, "
                 "and take a pack from another load.",
                 LABEL(i->pack));
        return true;
}

ITEM_TEST(load_not_released) {
        if (!load_awaits_release(i))
                return false;
        gate_say(text,
                 "Its load %s is not released. Have it released at the station, or take one from a released load.",
                 LABEL(i->attempt));
        return true;
}

ITEM_TEST(load_rejected) {
        if (!rests_on_load(i) || i->load != LOAD_REJECTED)
                return false;
        gate_say(text, "Its load %s was rejected. Take one from a released load; %s.", LABEL(i->attempt), then(i));
        return true;
}

ITEM_TEST(load_recalled) {
        if (!judged(i) || i->load != LOAD_RECALLED)
                return false;
        gate_say(text,
                 "Its load %s was recalled after its release. Put it aside in quarantine and take one from another "
                 "load.",
                 LABEL(i->attempt));
        return true;
}

/* What was sterilized here and says no end has none only where shelf life is event-related and a wrap keeps it. */
ITEM_TEST(shelf_life_over) {
        bool endless = i->good_until_us == 0;

        if (!rests_on_load(i) || i->state != ITEM_STERILE)
                return false;
        if (i->critical && i->unwrapped && !i->immediate_use) {
                gate_say(text,
                         "Sterilized unwrapped: for this class that is good only by an immediate-use program. Take a "
                         "wrapped one.");
                return true;
        }
        if (i->unwrapped && (i->for_session || i->critical) && !streq_ptr(i->for_session, f->session)) {
                gate_say(text, "Sterilized unwrapped for immediate use in %s%s, and only there. Take a wrapped one.",
                         i->for_session ? "session " : "a session that nobody named",
                         i->for_session ? LABEL(i->for_session) : "");
                return true;
        }
        if (endless && (i->unwrapped || (i->sterile_us != 0 && !i->event_related))) {
                gate_say(text, "It is not known how long it stays sterile. Take another; %s.", then(i));
                return true;
        }
        if (endless || clock_doubted(f) || f->now_us < i->good_until_us)
                return false;
        gate_say(text, "Its shelf life ended %s. Take another; %s.", AGO(f->now_us - i->good_until_us), then(i));
        return true;
}

ITEM_TEST(process_unsuitable) {
        if (!rests_on_load(i) || i->state != ITEM_STERILE || i->process_suitable)
                return false;
        gate_say(text, "Sterilized in a way that does not suit it%s%s. Take another; %s.",
                 i->process_wanted ? "; it needs " : "", i->process_wanted ? PROSE(i->process_wanted) : "", then(i));
        return true;
}

ITEM_TEST(reprocessing_limit) {
        if (!usable(i) || i->cycles_max == 0 || i->cycles <= i->cycles_max)
                return false;
        gate_say(text, "Reprocessed %lld times; its maker allows %lld. Discard it and take another.",
                 (long long)i->cycles, (long long)i->cycles_max);
        return true;
}

/* The other patient stays unnamed: this is read in the room. */
ITEM_TEST(item_other_patient) {
        if (!judged(i) || !i->patient || !has_text(f->patient) || streq(i->patient, f->patient))
                return false;
        if (i->role == ROLE_VIAL)
                gate_say(text, "Opened for another patient, and only for that one. Take a new vial.");
        else
                gate_say(text,
                         "This belongs to another patient. Do not use it here: check whose it is, and take the one of "
                         "this patient.");
        return true;
}

ITEM_TEST(blood_unlabelled) {
        if (!judged(i) || !i->needs_label)
                return false;
        gate_say(text,
                 "Drawn blood that is not labelled for a patient: nobody can tell whose it is. Discard it and draw "
                 "anew.");
        return true;
}

ITEM_TEST(blood_expired) {
        if (!judged(i) || was_dropped(i) || i->blood_until_us == 0 || clock_doubted(f) ||
            f->now_us <= i->blood_until_us)
                return false;
        gate_say(text, "Drawn too long ago: its time ended %s. Discard it and draw anew.",
                 AGO(f->now_us - i->blood_until_us));
        return true;
}

ITEM_TEST(vial_open_too_long) {
        if (!judged(i) || was_used(i) || was_dropped(i) || i->vial_until_us == 0 || clock_doubted(f) ||
            f->now_us <= i->vial_until_us)
                return false;
        gate_say(text, "Open for too long: its time ended %s. Discard it and open a new one.",
                 AGO(f->now_us - i->vial_until_us));
        return true;
}

ITEM_TEST(item_unvouched) {
        if (!usable(i) || !i->single_use || !i->unvouched)
                return false;
        gate_say(text,
                 "It was here before the ledger was restored, and nobody knows whether it was used since. If it is "
                 "unopened, receive it again at a station; otherwise discard it.");
        return true;
}

/* The kit */

static bool role_present(const GateFacts *f, Role role) {
        for (size_t k = 0; k < MIN_OF(f->n_items, (size_t)ITEMS_MAX); k++)
                if (judged(f->items + k) && f->items[k].class_known && f->items[k].role == role)
                        return true;
        return false;
}

/* How many roles of this way are not there; a way that asks for nothing is a mistake and never complete. */
static size_t way_missing(const GateFacts *f, const KitWay *way) {
        size_t n = 0;

        if (way->n_roles == 0 || way->n_roles > KIT_ROLES_MAX)
                return KIT_ROLES_MAX + 1;
        for (size_t k = 0; k < way->n_roles; k++)
                n += !role_present(f, way->roles[k]);
        return n;
}

static const char *role_words(Role role) {
        switch (role) {
        case ROLE_NEEDLE:
                return "a needle cartridge";
        case ROLE_MANUAL_ROLLER:
                return "a manual roller";
        case ROLE_HANDPIECE:
                return "a handpiece";
        case ROLE_SLEEVE:
                return "a barrier sleeve";
        case ROLE_LANCET:
                return "a lancet";
        case ROLE_EXTRACTOR:
                return "an extractor";
        case ROLE_SERUM_CUP:
                return "a serum cup";
        case ROLE_BLOOD:
                return "a blood tube";
        case ROLE_VIAL:
                return "a vial";
        case ROLE_INSTRUMENT:
                return "an instrument";
        case ROLE_OTHER:
        case _ROLE_MAX:
                break;
        }
        return "an item of another kind";
}

static void say_missing(const GateFacts *f, const KitWay *way, char text[static GATE_TEXT_MAX]) {
        char list[GATE_TEXT_MAX] = "";
        size_t len = 0;

        for (size_t k = 0; k < way->n_roles && len < sizeof(list); k++)
                if (!role_present(f, way->roles[k]))
                        len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s", len > 0 ? ", " : "",
                                                role_words(way->roles[k]));
        gate_say(text, "Still missing for %s: %s. Scan what is missing and ask again.", LABEL(f->procedure),
                 PROSE(list));
}

bool gate_kit_incomplete(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        size_t least = KIT_ROLES_MAX + 1; /* of two ways that lack as much, the one of which more is there */
        const KitWay *nearest = NULL;

        if (f->n_items == 0 || f->n_items > ITEMS_MAX) {
                gate_say(text, f->n_items == 0
                                       ? "No item was scanned. Scan everything that will be used and ask again."
                                       : "More items than one request can hold. Ask with fewer, and add the rest.");
                return true;
        }
        if (f->adding || !f->procedure_known || f->n_ways == 0)
                return false;
        for (size_t k = 0; k < MIN_OF(f->n_ways, (size_t)KIT_WAYS_MAX) && least > 0; k++) {
                size_t n = way_missing(f, f->ways + k);

                if (n < least || (nearest && n == least && f->ways[k].n_roles > nearest->n_roles)) {
                        least = n;
                        nearest = f->ways + k;
                }
        }
        if (least == 0)
                return false;
        if (nearest)
                say_missing(f, nearest, text);
        else
                gate_say(text, "What %s needs is not configured. Tell the person who looks after the system.",
                         LABEL(f->procedure));
        return true;
}
