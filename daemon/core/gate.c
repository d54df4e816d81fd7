/* SPDX-License-Identifier: Apache-2.0 */
#include "core/gate.h"

#include <string.h>

#include "core/gate-rules.h"

/*
 * Every rule is one line of the table at the end: what it is called, where it comes from, what may be done about it,
 * and the test that also writes the sentence for the person who stands in front of a client. The tests of the rules
 * about items, and about the kit that they make, stand in gate-item.c.
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

/* People, room, session */

static bool practitioner_unknown(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->practitioner_known)
                return false;
        gate_say(text, "%s is not registered here. Check the name, or have this person registered.",
                 LABEL(f->practitioner));
        return true;
}

static bool practitioner_not_qualified(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        bool ended = !clock_doubted(f) && date_over(f->qualified_until, f->today);

        if (!f->practitioner_known || !f->procedure_known || (f->practitioner_qualified && !ended))
                return false;
        if (date_over(f->qualified_until, f->today))
                gate_say(text, "The qualification of %s for %s ended on %s. Another person can do it, or renew it.",
                         LABEL(f->practitioner), LABEL(f->procedure), DATE(f->qualified_until));
        else
                gate_say(text, "%s is not qualified for %s. Let a qualified person do it, or have it recorded.",
                         LABEL(f->practitioner), LABEL(f->procedure));
        return true;
}

static bool sharps_unaccounted(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->adding || !f->sharps_session)
                return false;
        gate_say(text,
                 "Needles of session %s did not reach a sharps container. Find them and drop them, or sign where they "
                 "are: asepsisctl sharps.",
                 LABEL(f->sharps_session));
        return true;
}

static bool patient_missing(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (has_text(f->patient))
                return false;
        gate_say(text, "No patient is named. Give the patient's pseudonym: without it nobody could be warned later.");
        return true;
}

static bool procedure_unknown(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->procedure_known)
                return false;
        gate_say(text, "The procedure %s is not configured. Choose one that is, or have it configured.",
                 LABEL(f->procedure));
        return true;
}

static bool room_unknown(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->adding || f->room_known)
                return false;
        gate_say(text, "Room %s is not configured. Use another room, or have it configured.", LABEL(f->room));
        return true;
}

static bool room_locked(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->room_lock)
                return false;
        gate_say(text,
                 "This room is locked (%s). Treat nobody in it. An officer looks, then unlocks it: asepsisctl room "
                 "unlock %s.",
                 LABEL(f->room_lock), LABEL(f->room));
        return true;
}

static bool interlock_mismatch(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->room_relay)
                return false;
        gate_say(text,
                 "Relay %s of this room has not said that it opened. See that the handpiece is dead, switch the relay off "
                 "and on so that it reports, and ask again.",
                 LABEL(f->room_relay));
        return true;
}

static bool room_busy(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->adding || (!f->room_busy_session && f->room_held_s <= 0))
                return false;
        if (!f->room_busy_session)
                gate_say(text,
                         "The last session was ended for this room, and its permit may still hold for %lld s. Wait for "
                         "that, and ask again.",
                         (long long)f->room_held_s);
        else
                gate_say(text, "Session %s is still open in this room. End it first, or use another room.",
                         LABEL(f->room_busy_session));
        return true;
}

/* A disinfection that lies ahead was recorded by a wrong clock; it must not vouch for every session until then. */
static bool room_not_disinfected(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        bool ahead = !clock_doubted(f) && f->room_disinfected_us > f->now_us;
        bool after = f->room_disinfected_us > 0 && f->room_disinfected_us > f->room_session_end_us && !ahead;

        if (f->adding || !f->room_known || (f->room_never_used && f->room_session_end_us == 0) || after)
                return false;
        gate_say(text,
                 "This room has not been disinfected since its last session. Disinfect it for the full contact time, "
                 "record it in the room, and ask again.");
        return true;
}

static bool exposure_open(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->exposure)
                return false;
        gate_say(text, "An injury in this room is not settled: %s. Still to be recorded: %s.", PROSE(f->exposure),
                 f->exposure_wants ?: "first aid, the report and the turnover of the room");
        return true;
}

static bool session_over(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->session_over)
                return false;
        gate_say(text, "Session %s %s. Ask for a new session.", LABEL(f->session), PROSE(f->session_over));
        return true;
}

/* The daemon itself */

static bool clock_untrusted(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!clock_doubted(f))
                return false;
        gate_say(text,
                 "%s. No session can start until the clock is right again. Call the person who looks after the system.",
                 f->clock_doubt ? PROSE(f->clock_doubt) : "The date is not known");
        return true;
}

static bool store_degraded(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->store_doubt)
                return false;
        gate_say(text,
                 "%s. Nothing can be recorded safely, so no session can start. Call the person who looks after the "
                 "system.",
                 PROSE(f->store_doubt));
        return true;
}

static bool audit_inconsistent(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (f->audit_doubt)
                gate_say(text,
                         "%s. No session can start until this is cleared up. Call the person who looks after the "
                         "system.",
                         PROSE(f->audit_doubt));
        else if (f->arming)
                gate_say(text, "%s. Ask again in a moment.", PROSE(f->arming));
        return f->audit_doubt || f->arming;
}

static bool restore_unconfirmed(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->restore_doubt)
                return false;
        gate_say(text, "%s. No session can start until an officer confirms the restore (asepsisctl restore confirm).",
                 PROSE(f->restore_doubt));
        return true;
}

static bool second_daemon(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->second_daemon)
                return false;
        gate_say(text, "%s. No session can start until an admin has decided which of the two is the right one.",
                 PROSE(f->second_daemon));
        return true;
}

static bool key_changed(const GateFacts *f, char text[static GATE_TEXT_MAX]) {
        if (!f->key_doubt)
                return false;
        gate_say(text,
                 "%s. No session can start until an officer has accepted it (asepsisctl key), and devices know it.",
                 PROSE(f->key_doubt));
        return true;
}

#define ITEM(id, may, source, test, sentence)                                                                          \
        { id, sentence, source, may, true, gate_##test, NULL }
#define SESSION(id, may, source, test, sentence)                                                                       \
        { id, sentence, source, may, false, NULL, test }

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
        ITEM("pack-opened", MAY_NOT, "own", pack_opened, "The item's pack was opened or claimed for another session."),
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
        SESSION("kit-incomplete", MAY_NOT, "own", gate_kit_incomplete, "The procedure's items are not all there."),
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
        SESSION("interlock-mismatch", MAY_NEVER, "own", interlock_mismatch,
                "A relay of the room was energised and has not said that it opened."),
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
