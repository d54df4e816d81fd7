/* SPDX-License-Identifier: Apache-2.0 */
#include "core/gate.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/*
 * Every rule is one line of the table at the end: what it is called, where it comes from, what may be done about it,
 * and the test that also writes the sentence for the person who stands in front of a client.
 *
 * A rule is silent where a more basic one has spoken about the same thing: nobody is helped by reading that an item
 * that is not in the ledger is also not sterile. That must never lose a denial, also not after an override: so what
 * silences another rule is itself a rule that cannot be overridden or loosened, or it silences only one of its kind.
 *
 *   the code names no single piece  >  it was scanned before  >  not in the ledger  >  everything else
 *   used, or in the sharps container  >  whatever reprocessing or waiting could mend
 *   damage, an opened pack, a failed inside indicator, the load  >  the mere state of the item
 *   the clock is in doubt  >  everything that only the clock can tell
 *
 * Recalls, damage and clones are always said: they tell something about other items too.
 */

#define LABEL_CLIP (LABEL_MAX + 4)
#define PROSE_CLIP 112

static void _printf_(2, 3) say(char text[static GATE_TEXT_MAX], const char *format, ...) {
        va_list args;

        va_start(args, format);
        vsnprintf(text, GATE_TEXT_MAX, format, args);
        va_end(args);
}

/*
 * Copies s into buf so that a sentence can be built around it: no control characters, no full stop at its end, and
 * where it is too long, cut between two characters of UTF-8 and marked so.
 */
static const char *clip(char *buf, size_t size, const char *s) {
        static const char more[] = "\u2026";
        size_t n = strlen(s ? s : ""), cut = size - sizeof(more);
        bool fits = n < size;

        if (n == 0)
                return "?";
        if (!fits)
                n = cut;
        while (!fits && n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
                n--;
        while (fits && n > 1 && (s[n - 1] == '.' || s[n - 1] == ' '))
                n--;
        for (size_t k = 0; k < n; k++)
                buf[k] = (unsigned char)s[k] < 0x20 || s[k] == 0x7f ? ' ' : s[k];
        memcpy(buf + n, fits ? "" : more, fits ? 1 : sizeof(more));
        return buf;
}

/* For one use each within the arguments of one say(). */
#define LABEL(s) clip((char[LABEL_CLIP]){ 0 }, LABEL_CLIP, (s))
#define PROSE(s) clip((char[PROSE_CLIP]){ 0 }, PROSE_CLIP, (s))
#define DATE(d) date_text((char[24]){ 0 }, 24, (d))
#define AGO(us) ago_text((char[32]){ 0 }, 32, (us))

static const char *date_text(char *buf, size_t size, int32_t date) {
        static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                              "July",    "August",   "September", "October", "November", "December" };
        int year = date / 10000, month = date / 100 % 100, day = date % 100;

        if (date <= 0 || month < 1 || month > 12)
                return "an unknown day";
        if (day == 0)
                snprintf(buf, size, "the end of %s %d", months[month - 1], year);
        else
                snprintf(buf, size, "%d %s %d", day, months[month - 1], year);
        return buf;
}

/* The core knows no time zone: moments are told by how long ago they were. */
static const char *ago_text(char *buf, size_t size, int64_t us) {
        static const struct {
                int64_t us;
                const char *word;
        } units[] = { { US_PER_DAY, "day" }, { 3600 * US_PER_S, "hour" }, { 60 * US_PER_S, "minute" } };

        for (size_t k = 0; k < ELEMENTSOF(units); k++) {
                long long n = us / units[k].us;

                if (n == 0)
                        continue;
                snprintf(buf, size, "%lld %s%s ago", n, units[k].word, n == 1 ? "" : "s");
                return buf;
        }
        return "less than a minute ago";
}

/* Day 00 of a label is the end of its month. */
static bool date_over(int32_t date, int32_t today) {
        return date > 0 && today > (date % 100 == 0 ? date + 31 : date);
}

static bool clock_doubted(const GateFacts *f) {
        return f->clock_doubt || f->now_us <= 0 || f->today <= 0;
}

/* Items */

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
        return usable(i) && (i->required == REQUIRED_STERILE ||
                             (i->required == REQUIRED_DISINFECTED && i->state == ITEM_STERILE));
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

#define ITEM_TEST(name)                                                                              \
        static bool name(const GateFacts *f __attribute__((unused)), const ItemFacts *i,             \
                         char text[static GATE_TEXT_MAX])

ITEM_TEST(item_unidentifiable) {
        if (identified(i))
                return false;
        if (i->parse_error)
                say(text, "This code cannot be read: %s. Scan it again; if it stays so, take another item.",
                    PROSE(i->parse_error));
        else
                say(text, "This code names a product or a lot, not one piece. Scan the code with the serial number or "
                          "the clinic label; where there is none, have labels issued at goods-in.");
        return true;
}

ITEM_TEST(item_unknown) {
        if (!identified(i) || i->repeated || (i->known && i->class_known))
                return false;
        if (!i->known)
                say(text, "Not in the ledger. Receive it at a station first, or take another.");
        else
                say(text, "Its class %s is no longer configured, so it cannot be judged. Take another, and tell the "
                          "person who looks after the system.",
                    LABEL(i->class_name));
        return true;
}

ITEM_TEST(item_repeated) {
        if (!identified(i) || !i->repeated)
                return false;
        say(text, "Scanned more than once in this request. Take it off the list once, or scan the item that was "
                  "meant.");
        return true;
}

ITEM_TEST(item_used) {
        if (!judged(i) || !was_used(i))
                return false;
        say(text, "Already used%s%s%s%s. Take a new one.", i->used_session ? " in session " : "",
            i->used_session ? LABEL(i->used_session) : "", i->used_on ? " on " : "",
            i->used_on ? DATE(i->used_on) : "");
        return true;
}

ITEM_TEST(item_claimed) {
        if (!judged(i) || was_used(i) || (!i->claim_session && !i->claim_room))
                return false;
        say(text, "%s%s holds it, or its pack%s%s. Take another, or have that session ended first.",
            i->claim_session ? "Session " : "Another session", i->claim_session ? LABEL(i->claim_session) : "",
            i->claim_room ? ", in room " : "",
            i->claim_room ? LABEL(i->claim_room) : "");
        return true;
}

ITEM_TEST(item_expired) {
        if (!judged(i) || was_used(i) || was_dropped(i) || clock_doubted(f) || !date_over(i->expires, f->today))
                return false;
        say(text, "Expired: good until %s. %s.", DATE(i->expires),
            i->sterilized_here && !i->single_use ?
                    "Take one that is in date; this one goes to cleaning, packing and the autoclave" :
                    "Discard it and take one that is in date");
        return true;
}

ITEM_TEST(item_recalled) {
        if (!judged(i) || !i->recall_reason)
                return false;
        say(text, "Recalled: %s. Put it aside in quarantine, do not discard it, and take another.",
            PROSE(i->recall_reason));
        return true;
}

ITEM_TEST(item_damaged) {
        if (!judged(i) || !i->damaged)
                return false;
        say(text, "Reported as damaged: %s. Its barrier is gone: put it aside and take another.",
            i->damage_reason ? PROSE(i->damage_reason) : "no reason was given");
        return true;
}

ITEM_TEST(item_dropped) {
        if (!judged(i) || !was_dropped(i))
                return false;
        say(text, "Recorded as thrown into a sharps container. If you hold it, tell the officer; take a new one.");
        return true;
}

ITEM_TEST(item_cloned) {
        if (!judged(i) || !i->cloned)
                return false;
        say(text, "This code was seen in two places at once: one of the two is not genuine. Keep it for the officer "
                  "and take another.");
        return true;
}

ITEM_TEST(item_not_sterile) {
        if (!state_unmet(i, REQUIRED_STERILE))
                return false;
        if (i->state == ITEM_PACKED && i->load == LOAD_RELEASED)
                say(text, "Its pack did not become sterile with its load: it was wet, late, damaged or open. Take a sterile "
                          "one; %s.",
                    i->single_use ? then(i) : "this one is cleaned, packed and sterilized anew");
        else if (i->state == ITEM_PACKED)
                say(text, "Packed, but not sterilized yet. Take a sterile one; %s.",
                    i->single_use ? then(i) : "this one needs a released autoclave load first");
        else
                say(text, "Not sterile since it was last used or received. Take a sterile one; %s.",
                    i->single_use ? then(i) : "this one goes to cleaning, packing and the autoclave");
        return true;
}

ITEM_TEST(item_not_disinfected) {
        if (!state_unmet(i, REQUIRED_DISINFECTED))
                return false;
        say(text, "Not disinfected since it was last used or received. %s.",
            i->single_use        ? "Discard it and take a new one" :
            i->sterilized_here ? "Take another; this one goes to cleaning, packing and the autoclave" :
                                 "Clean and disinfect it, record that at a station, and ask again");
        return true;
}

ITEM_TEST(item_not_clean) {
        if (!state_unmet(i, REQUIRED_CLEAN))
                return false;
        say(text, "Not clean since it was last used or received. %s.",
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
        say(text, "This handpiece needs a new barrier sleeve for each session, and there is none for it. Scan a sleeve "
                  "and ask again.");
        return true;
}

ITEM_TEST(pack_opened) {
        if (!rests_on_load(i) || !i->pack_opened)
                return false;
        say(text, "Its pack %s was opened or claimed for another session, so it no longer counts as sterile. Take one "
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
                say(text, "There was no indicator inside pack %s. Take another pack; %s.", LABEL(i->pack), then(i));
        else
                say(text, "The indicator inside pack %s has not been read. Read it, record it, and ask again.",
                    LABEL(i->pack));
        return true;
}

ITEM_TEST(internal_indicator_failed) {
        if (!rests_on_load(i) || i->inside != INSIDE_FAILED)
                return false;
        say(text, "The indicator inside pack %s did not change. Use nothing from this pack, keep it for the officer, "
                  "and take a pack from another load.",
            LABEL(i->pack));
        return true;
}

ITEM_TEST(load_not_released) {
        if (!load_awaits_release(i))
                return false;
        say(text, "Its load %s is not released. Have it released at the station, or take one from a released load.",
            LABEL(i->attempt));
        return true;
}

ITEM_TEST(load_rejected) {
        if (!rests_on_load(i) || i->load != LOAD_REJECTED)
                return false;
        say(text, "Its load %s was rejected. Take one from a released load; %s.", LABEL(i->attempt), then(i));
        return true;
}

ITEM_TEST(load_recalled) {
        if (!judged(i) || i->load != LOAD_RECALLED)
                return false;
        say(text, "Its load %s was recalled after its release. Put it aside in quarantine and take one from another "
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
                say(text, "Sterilized unwrapped: for this class that is good only by an immediate-use program. Take a "
                          "wrapped one.");
                return true;
        }
        if (i->unwrapped && (i->for_session || i->critical) && !streq_ptr(i->for_session, f->session)) {
                say(text, "Sterilized unwrapped for immediate use in %s%s, and only there. Take a wrapped one.",
                    i->for_session ? "session " : "a session that nobody named",
                    i->for_session ? LABEL(i->for_session) : "");
                return true;
        }
        if (endless && (i->unwrapped || (i->sterile_us != 0 && !i->event_related))) {
                say(text, "It is not known how long it stays sterile. Take another; %s.", then(i));
                return true;
        }
        if (endless || clock_doubted(f) || f->now_us < i->good_until_us)
                return false;
        say(text, "Its shelf life ended %s. Take another; %s.", AGO(f->now_us - i->good_until_us), then(i));
        return true;
}

ITEM_TEST(process_unsuitable) {
        if (!rests_on_load(i) || i->state != ITEM_STERILE || i->process_suitable)
                return false;
        say(text, "Sterilized in a way that does not suit it%s%s. Take another; %s.",
            i->process_wanted ? "; it needs " : "", i->process_wanted ? PROSE(i->process_wanted) : "", then(i));
        return true;
}

ITEM_TEST(reprocessing_limit) {
        if (!usable(i) || i->cycles_max == 0 || i->cycles <= i->cycles_max)
                return false;
        say(text, "Reprocessed %lld times; its maker allows %lld. Discard it and take another.", (long long)i->cycles,
            (long long)i->cycles_max);
        return true;
}

static bool has_text(const char *s) {
        return s && *s;
}

/* The other patient stays unnamed: this is read in the room. */
ITEM_TEST(item_other_patient) {
        if (!judged(i) || !i->patient || !has_text(f->patient) || streq(i->patient, f->patient))
                return false;
        if (i->role == ROLE_VIAL)
                say(text, "Opened for another patient, and only for that one. Take a new vial.");
        else
                say(text, "This belongs to another patient. Do not use it here: check whose it is, and take the one of "
                          "this patient.");
        return true;
}

ITEM_TEST(blood_unlabelled) {
        if (!judged(i) || !i->needs_label)
                return false;
        say(text, "Drawn blood that is not labelled for a patient: nobody can tell whose it is. Discard it and draw "
                  "anew.");
        return true;
}

ITEM_TEST(blood_expired) {
        if (!judged(i) || was_dropped(i) || i->blood_until_us == 0 || clock_doubted(f) ||
            f->now_us <= i->blood_until_us)
                return false;
        say(text, "Drawn too long ago: its time ended %s. Discard it and draw anew.",
            AGO(f->now_us - i->blood_until_us));
        return true;
}

ITEM_TEST(vial_open_too_long) {
        if (!judged(i) || was_used(i) || was_dropped(i) || i->vial_until_us == 0 || clock_doubted(f) ||
            f->now_us <= i->vial_until_us)
                return false;
        say(text, "Open for too long: its time ended %s. Discard it and open a new one.",
            AGO(f->now_us - i->vial_until_us));
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
        say(text, "Still missing for %s: %s. Scan what is missing and ask again.", LABEL(f->procedure), PROSE(list));
}

static bool kit_incomplete(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        size_t least = KIT_ROLES_MAX + 1; /* of two ways that lack as much, the one of which more is there */
        const KitWay *nearest = NULL;

        if (f->n_items == 0 || f->n_items > ITEMS_MAX) {
                say(text, f->n_items == 0 ? "No item was scanned. Scan everything that will be used and ask again." :
                                            "More items than one request can hold. Ask with fewer, and add the rest.");
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
                say(text, "What %s needs is not configured. Tell the person who looks after the system.",
                    LABEL(f->procedure));
        return true;
}

/* People, room, session */

static bool practitioner_unknown(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->practitioner_known)
                return false;
        say(text, "%s is not registered here. Check the name, or have this person registered.", LABEL(f->practitioner));
        return true;
}

static bool practitioner_not_qualified(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        bool ended = !clock_doubted(f) && date_over(f->qualified_until, f->today);

        if (!f->practitioner_known || !f->procedure_known || (f->practitioner_qualified && !ended))
                return false;
        if (date_over(f->qualified_until, f->today))
                say(text, "The qualification of %s for %s ended on %s. Another person can do it, or renew it.",
                    LABEL(f->practitioner), LABEL(f->procedure), DATE(f->qualified_until));
        else
                say(text, "%s is not qualified for %s. Let a qualified person do it, or have it recorded.",
                    LABEL(f->practitioner), LABEL(f->procedure));
        return true;
}

static bool sharps_unaccounted(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->adding || !f->sharps_session)
                return false;
        say(text, "Needles of session %s did not reach a sharps container. Find them and drop them, or sign where they "
                  "are: asepsisctl sharps.",
            LABEL(f->sharps_session));
        return true;
}

static bool patient_missing(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (has_text(f->patient))
                return false;
        say(text, "No patient is named. Give the patient's pseudonym: without it nobody could be warned later.");
        return true;
}

static bool procedure_unknown(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->procedure_known)
                return false;
        say(text, "The procedure %s is not configured. Choose one that is, or have it configured.",
            LABEL(f->procedure));
        return true;
}

static bool room_unknown(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->adding || f->room_known)
                return false;
        say(text, "Room %s is not configured. Use another room, or have it configured.", LABEL(f->room));
        return true;
}

static bool room_locked(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->room_lock)
                return false;
        say(text, "This room is locked (%s). Treat nobody in it. An officer looks, then unlocks it: asepsisctl room unlock %s.",
            LABEL(f->room_lock), LABEL(f->room));
        return true;
}

static bool room_busy(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->adding || (!f->room_busy_session && f->room_held_s <= 0))
                return false;
        if (!f->room_busy_session)
                say(text, "The last session was ended for this room, and its permit may still hold for %lld s. Wait for "
                          "that, and ask again.",
                    (long long)f->room_held_s);
        else
                say(text, "Session %s is still open in this room. End it first, or use another room.",
                    LABEL(f->room_busy_session));
        return true;
}

/* A disinfection that lies ahead was recorded by a wrong clock; it must not vouch for every session until then. */
static bool room_not_disinfected(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        bool ahead = !clock_doubted(f) && f->room_disinfected_us > f->now_us;
        bool after = f->room_disinfected_us > 0 && f->room_disinfected_us > f->room_session_end_us && !ahead;

        if (f->adding || !f->room_known || (f->room_never_used && f->room_session_end_us == 0) || after)
                return false;
        say(text, "This room has not been disinfected since its last session. Disinfect it for the full contact time, "
                  "record it in the room, and ask again.");
        return true;
}

static bool exposure_open(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->exposure)
                return false;
        say(text, "An injury in this room is not settled: %s. Still to be recorded: %s.", PROSE(f->exposure),
            f->exposure_wants ?: "first aid, the report and the turnover of the room");
        return true;
}

static bool session_over(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->session_over)
                return false;
        say(text, "Session %s is over: %s. Ask for a new session.", LABEL(f->session), PROSE(f->session_over));
        return true;
}

/* The daemon itself */

static bool clock_untrusted(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!clock_doubted(f))
                return false;
        say(text, "%s. No session can start until the clock is right again. Call the person who looks after the system.",
            f->clock_doubt ? PROSE(f->clock_doubt) : "The date is not known");
        return true;
}

static bool store_degraded(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->store_doubt)
                return false;
        say(text, "%s. Nothing can be recorded safely, so no session can start. Call the person who looks after the "
                  "system.",
            PROSE(f->store_doubt));
        return true;
}

static bool audit_inconsistent(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->audit_doubt)
                say(text, "%s. No session can start until this is cleared up. Call the person who looks after the system.",
                    PROSE(f->audit_doubt));
        else if (f->arming)
                say(text, "%s. Ask again in a moment.", PROSE(f->arming));
        return f->audit_doubt || f->arming;
}

static bool restore_unconfirmed(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->restore_doubt)
                return false;
        say(text, "%s. No session can start until an officer confirms the restore (asepsisctl restore confirm).",
            PROSE(f->restore_doubt));
        return true;
}

ITEM_TEST(item_unvouched) {
        (void)f;
        if (!usable(i) || !i->single_use || !i->unvouched)
                return false;
        say(text, "It was here before the ledger was restored, and nobody knows whether it was used since. If it is "
                  "unopened, receive it again at a station; otherwise discard it.");
        return true;
}

static bool second_daemon(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->second_daemon)
                return false;
        say(text, "%s. No session can start until an admin has decided which of the two is the right one.",
            PROSE(f->second_daemon));
        return true;
}

static bool key_changed(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->key_doubt)
                return false;
        say(text, "%s. No session can start until an officer has accepted it (asepsisctl key), and devices know it.",
            PROSE(f->key_doubt));
        return true;
}

#define ITEM(id, may, source, test, sentence) { id, sentence, source, may, true, test, NULL }
#define SESSION(id, may, source, test, sentence) { id, sentence, source, may, false, NULL, test }

static const GateRuleInfo rules[] = {
        ITEM("item-unidentifiable", MAY_NOT, "GS1 General Specifications, HIBC; own", item_unidentifiable,
             "The code cannot be read, or names no single piece."),
        ITEM("item-unknown", MAY_NOT, "own", item_unknown,
             "The item is not in the ledger, or its class is no longer configured."),
        ITEM("item-repeated", MAY_NOT, "own", item_repeated, "The item stands twice in one request."),
        ITEM("item-used", MAY_NEVER, "maker's label (single use); CDC MMWR 73(16), 2024", item_used,
             "The single-use item was used before."),
        ITEM("item-claimed", MAY_NOT, "own", item_claimed, "Another live session holds the item, or its pack."),
        ITEM("item-expired", MAY_NOT, "maker's label", item_expired, "The maker's expiry day is over."),
        ITEM("item-recalled", MAY_NOT, "maker or officer", item_recalled, "The item is recalled."),
        ITEM("item-damaged", MAY_NEVER, "CDC 2008", item_damaged, "The item's barrier is gone."),
        ITEM("item-dropped", MAY_NEVER, "own", item_dropped, "The item is in a sharps container already."),
        ITEM("item-cloned", MAY_NEVER, "own", item_cloned, "The item's code was seen in two places."),
        ITEM("item-not-sterile", MAY_NOT, "CDC 2008", item_not_sterile,
             "The item must be sterile, and is not since its last use."),
        ITEM("item-not-disinfected", MAY_NOT, "CDC 2008", item_not_disinfected,
             "The item must be disinfected, and is not since its last use."),
        ITEM("item-not-clean", MAY_NOT, "CDC 2008", item_not_clean,
             "The item must be clean, and is not since its last use."),
        ITEM("barrier-missing", MAY_NOT, "own", barrier_missing,
             "A handpiece that cannot be autoclaved has no new barrier sleeve."),
        ITEM("pack-opened", MAY_NOT, "own", pack_opened,
             "The item's pack was opened or claimed for another session."),
        ITEM("internal-indicator-missing", MAY_NOT, "ISO 11140-1; CDC 2008", internal_indicator_missing,
             "The indicator inside the open pack was not read, or was not there."),
        ITEM("internal-indicator-failed", MAY_NOT, "ISO 11140-1; CDC 2008", internal_indicator_failed,
             "The indicator inside the pack did not change."),
        ITEM("load-not-released", MAY_NOT, "CDC 2008; ST79", load_not_released, "The item's load is not released."),
        ITEM("load-rejected", MAY_NOT, "CDC 2008; ST79", load_rejected, "The item's load was rejected."),
        ITEM("load-recalled", MAY_NOT, "CDC 2008; ST79", load_recalled,
             "The item's load was recalled after its release."),
        ITEM("shelf-life-over", MAY_LOOSEN, "CDC 2008; own", shelf_life_over, "The item's sterile shelf life is over."),
        ITEM("process-unsuitable", MAY_NOT, "maker's instructions", process_unsuitable,
             "The item was sterilized with a program or wrap that its class does not allow."),
        ITEM("reprocessing-limit", MAY_NOT, "maker's instructions", reprocessing_limit,
             "The item went through more cycles than its maker allows."),
        SESSION("kit-incomplete", MAY_NOT, "own", kit_incomplete, "The procedure's items are not all there."),
        ITEM("item-other-patient", MAY_NEVER, "own", item_other_patient,
             "The item is another patient's blood, or was opened for another patient."),
        ITEM("blood-unlabelled", MAY_NEVER, "own", blood_unlabelled, "Drawn blood bears no patient."),
        ITEM("blood-expired", MAY_NEVER, "own", blood_expired, "Blood was drawn too long ago."),
        ITEM("vial-open-too-long", MAY_NOT, "CDC injection safety; maker's label", vial_open_too_long,
             "A vial was first punctured too long ago."),
        SESSION("practitioner-unknown", MAY_OVERRIDE, "own", practitioner_unknown,
                "The practitioner is not registered."),
        SESSION("practitioner-not-qualified", MAY_OVERRIDE, "own", practitioner_not_qualified,
                "The practitioner's qualification for this procedure is missing or out of date."),
        SESSION("sharps-unaccounted", MAY_NOT, "own", sharps_unaccounted,
                "Needles of an earlier session of this practitioner are missing."),
        SESSION("patient-missing", MAY_NOT, "CDC MMWR 73(16), 2024", patient_missing,
                "No patient is named: look-back would be impossible."),
        SESSION("procedure-unknown", MAY_NOT, "own", procedure_unknown, "The procedure is not configured."),
        SESSION("room-unknown", MAY_NOT, "own", room_unknown, "The room is not configured."),
        SESSION("room-locked", MAY_NEVER, "own", room_locked,
                "Something happened in the room that an officer must look into."),
        SESSION("room-busy", MAY_NOT, "own", room_busy, "Another session is live in the room."),
        SESSION("room-not-disinfected", MAY_OVERRIDE, "CDC 2008; own", room_not_disinfected,
                "The room was not disinfected since its last session."),
        SESSION("exposure-open", MAY_OVERRIDE, "own", exposure_open, "An injury in the room is not settled."),
        SESSION("session-over", MAY_NEVER, "own", session_over, "The session has ended, lapsed or been suspended."),
        SESSION("clock-untrusted", MAY_NEVER, "own", clock_untrusted,
                "The clock is in doubt: no expiry can be judged."),
        SESSION("store-degraded", MAY_NEVER, "own", store_degraded, "The store cannot keep what is decided."),
        SESSION("audit-inconsistent", MAY_NEVER, "own", audit_inconsistent, "The audit chain is in doubt."),
        SESSION("restore-unconfirmed", MAY_NEVER, "own", restore_unconfirmed,
                "The ledger comes from a backup that no officer has confirmed."),
        ITEM("restore-unconfirmed", MAY_NEVER, "own", item_unvouched,
             "The item was here before the ledger was restored, and was not received again."),
        SESSION("second-daemon", MAY_NEVER, "own", second_daemon, "Another daemon answers under this site's name."),
        SESSION("key-changed", MAY_NEVER, "own", key_changed, "The key file holds another key than the ledger says."),
};

size_t gate_rules(const GateRuleInfo **ret) {
        *ret = rules;
        return ELEMENTSOF(rules);
}

static void deny(GateVerdict *v, const GateRuleInfo *rule, const char *item, const char *text) {
        if (v->n < GATE_REASONS_MAX) {
                GateReason *r = v->reasons + v->n;

                *r = (GateReason){ .rule = rule->id, .item = item, .override = rule->may == MAY_OVERRIDE };
                memcpy(r->text, text, strlen(text) + 1);
        }
        v->n++;
}

void gate_judge(const GateFacts *facts, GateVerdict *ret) {
        size_t n_items = MIN_OF(facts->n_items, (size_t)ITEMS_MAX);
        char text[GATE_TEXT_MAX];

        ret->n = 0;
        for (const GateRuleInfo *rule = rules; rule < rules + ELEMENTSOF(rules); rule++) {
                if (!rule->per_item && rule->test_session(facts, text))
                        deny(ret, rule, NULL, text);
                for (size_t k = 0; rule->per_item && k < n_items; k++)
                        if (rule->test_item(facts, facts->items + k, text))
                                deny(ret, rule, facts->items[k].code ? facts->items[k].code : "", text);
        }
        ret->allow = ret->n == 0;
}
