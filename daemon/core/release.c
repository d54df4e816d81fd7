/* SPDX-License-Identifier: Apache-2.0 */
#include "core/release.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/*
 * What stands against the cycle and against the autoclave is passed on as it was found; the table adds what the packs,
 * the indicators and the person say. Nothing here silences anything else: whoever is refused reads all that is open,
 * and does not walk to the autoclave five times.
 *
 * Most things that are wrong with one pack refuse the load, because they tell something of its neighbours too. Four do
 * not: one wet pack, a late pack among others that came in time, damage, and a pack that was opened. Such a pack alone
 * stays behind; release_withholds() is the one place that says which.
 */

#define NAMES_SIZE 240

static void _printf_(2, 3) say(char text[static REASON_TEXT_MAX], const char *format, ...) {
        va_list args;

        va_start(args, format);
        vsnprintf(text, REASON_TEXT_MAX, format, args);
        va_end(args);
}

/* Day 00 of a label is the end of its month; the expiry day itself is good. */
static bool date_over(int32_t date, int32_t on) {
        return date > 0 && on > (date % 100 == 0 ? date + 31 : date);
}

static size_t n_packs(const ReleaseFacts *f) {
        return MIN_OF(f->n_packs, (size_t)RELEASE_PACKS_MAX);
}

typedef bool (*PackTest)(const ReleasePack *p);

static size_t count(const ReleaseFacts *f, PackTest test) {
        size_t n = 0;

        for (size_t i = 0; i < n_packs(f); i++)
                n += test(f->packs + i);
        return n;
}

/* "pack P-1", "packs P-1, P-2", "packs P-1, P-2 and 7 more" */
static const char *names(char buf[static NAMES_SIZE], const ReleaseFacts *f, PackTest test) {
        size_t all = count(f, test), told = 0;
        size_t n = (size_t)snprintf(buf, NAMES_SIZE, "pack%s", all == 1 ? "" : "s");

        for (size_t i = 0; i < n_packs(f) && n + LABEL_MAX + 24 < NAMES_SIZE; i++)
                if (test(f->packs + i))
                        n += (size_t)snprintf(buf + n, NAMES_SIZE - n, "%s %s", told++ ? "," : "", f->packs[i].label);
        if (told < all)
                snprintf(buf + n, NAMES_SIZE - n, " and %zu more", all - told);
        return buf;
}

#define NAMES(f, test) names((char[NAMES_SIZE]){ 0 }, (f), (test))

/* --- readings --- */

static void merge(IndicatorState *into, IndicatorState state) {
        *into = MAX_OF(*into, state);
}

/* A failure counts wherever it was seen; what passed must say where it was. */
static void read_failure(ReleaseFacts *f, ReleasePack *pack, const ReleaseReading *r) {
        if (r->where == WHERE_CHALLENGE)
                merge(&f->challenge, INDICATOR_FAILED);
        else if (!pack)
                f->failed_elsewhere = true;
        else
                merge(r->where == WHERE_INSIDE ? &pack->inside : &pack->outside, INDICATOR_FAILED);
}

void release_read(ReleaseFacts *f, ReleasePack *pack, const ReleaseReading *r) {
        const IndicatorState state = date_over(r->expires, f->cycle_date) ? INDICATOR_EXPIRED : INDICATOR_PASSED;
        const bool integrating = r->type == 5 || r->type == 6;

        if (r->result == RESULT_FAIL)
                read_failure(f, pack, r);
        if (r->result != RESULT_PASS)
                return;
        if (r->where == WHERE_OUTSIDE && pack)
                merge(&pack->outside, state);
        if (r->where == WHERE_INSIDE && pack)
                merge(&pack->inside, state);
        if (r->where == WHERE_INSIDE && pack && integrating)
                merge(&pack->inside_integrating, state);
        if (r->where == WHERE_CHALLENGE && (r->type == 2 || integrating))
                merge(&f->challenge, state);
        if (integrating && (r->where == WHERE_CHALLENGE || (r->where == WHERE_INSIDE && pack)))
                merge(&f->integrating, state);
}

/* --- packs --- */

/* A bare tray has no outside: what lies in it is in plain sight. */
static IndicatorState seen_outside(const ReleasePack *p) {
        return p->wrap == WRAP_NONE ? MAX_OF(p->outside, p->inside) : p->outside;
}

static bool outside_unread(const ReleasePack *p) {
        return seen_outside(p) == INDICATOR_UNREAD;
}

static bool outside_expired(const ReleasePack *p) {
        return seen_outside(p) == INDICATOR_EXPIRED;
}

static bool any_failed(const ReleasePack *p) {
        return p->outside == INDICATOR_FAILED || p->inside == INDICATOR_FAILED;
}

static bool is_late(const ReleasePack *p) {
        return p->late;
}

static bool late_unproven(const ReleasePack *p) {
        return p->late && p->inside != INDICATOR_PASSED;
}

static bool is_wet(const ReleasePack *p) {
        return p->wet;
}

static bool has_single_use(const ReleasePack *p) {
        return p->single_use;
}

static bool wants_biological(const ReleasePack *p) {
        return p->needs_biological;
}

static bool wrapped_or_hollow(const ReleasePack *p) {
        return p->wrap != WRAP_NONE || p->hollow;
}

int release_withholds(const ReleasePack *p, Reason *ret) {
        const char *rule = NULL, *text = NULL;

        if (p->damaged) {
                rule = "item-damaged";
                text = "Its barrier is gone";
        } else if (p->opened) {
                rule = "pack-opened";
                text = "It was opened before its load was released";
        } else if (p->wet) {
                rule = "wet-pack";
                text = "It is wet";
        } else if (late_unproven(p)) {
                rule = "manifest-missing";
                text = "It was named after the hold had begun, and no indicator inside it was read as passed";
        }
        if (!rule)
                return 0;
        ret->rule = rule;
        say(ret->text, "%s. It did not become sterile: clean its items, and pack and sterilize them anew.", text);
        return 1;
}

/* --- the rules, each with its sentence --- */

static bool samples_missing(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        if (!f->ended)
                say(text, "The cycle has not ended yet. Wait for its verdict.");
        else
                say(text, "The cycle was not verified. Pack and sterilize the load again.");
        return !f->ended || (!f->verified && (!f->verdict || f->verdict->n == 0));
}

static bool clock_untrusted(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text, "The clock is in doubt, so no expiry and no due date can be judged: %.300s", f->clock_doubt ?: "?");
        return f->clock_doubt || f->cycle_date <= 0;
}

static bool out_of_service(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text, "Whether the autoclave is fit could not be judged. Ask an officer.");
        return !f->fitness;
}

static bool load_released(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text, "This load was released already. There is nothing to do; to withdraw the release, reject it.");
        return f->state == LOAD_RELEASED;
}

static bool load_rejected(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text, "This load was rejected. Clean its items, and pack and sterilize them anew.");
        return f->state == LOAD_REJECTED;
}

static bool load_recalled(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        if (f->recall)
                say(text, "This load is recalled (%.300s). Keep its packs apart and ask an officer.", f->recall);
        else
                say(text, "The release of this load was withdrawn. Keep its packs apart and ask an officer.");
        return f->state == LOAD_RECALLED || f->recall;
}

static bool manifest_missing(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        if (f->n_packs > RELEASE_PACKS_MAX) {
                say(text,
                    "More than %d packs were named for this cycle: that is no load. Look for the mistake, and "
                    "pack and sterilize anew.",
                    RELEASE_PACKS_MAX);
                return true;
        }
        if (f->n_packs == 0)
                say(text, "No pack was named for this cycle before its hold began. Scan the packs into the next load "
                          "and run it.");
        else
                say(text,
                    "No pack was named for this cycle before its hold began. It can be released only if an "
                    "indicator inside every pack is visible and passes; that is not recorded for %s.",
                    NAMES(f, late_unproven));
        return f->n_packs == 0 || (count(f, is_late) == f->n_packs && count(f, late_unproven) > 0);
}

static bool indicator_missing(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        if (count(f, outside_unread)) {
                say(text, "The indicator outside is not recorded for %s. Read it and record it, naming the pack.",
                    NAMES(f, outside_unread));
                return true;
        }
        if (f->integrating == INDICATOR_UNREAD && f->grade == GRADE_PRINTOUT) {
                say(text, "The cycle was read off a printout, so it takes an indicator of type 5 or 6, as a challenge "
                          "or inside a pack. Record it with its type.");
                return true;
        }
        if (f->asked == CHALLENGE_TYPE_5 && f->integrating == INDICATOR_UNREAD) {
                say(text, "Policy asks for an indicator of type 5 or 6 with each load, as a challenge or inside a "
                          "pack. Record it with its type.");
                return true;
        }
        say(text, "Policy asks for a helix challenge with each load. Record its indicator as a challenge, with its "
                  "type (2, 5 or 6).");
        return f->asked == CHALLENGE_HELIX && f->challenge == INDICATOR_UNREAD;
}

static bool indicator_failed(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        static const char then[] = "Do not use this load: reject it, and pack and sterilize its items anew.";

        if (count(f, any_failed))
                say(text, "An indicator of %s did not change, or two readers disagree. %s", NAMES(f, any_failed), then);
        else if (f->biological == SPORE_POSITIVE)
                say(text, "The spore test of this load grew. %s", then);
        else
                say(text, "An indicator of this load did not change, or two readers disagree. %s", then);
        return count(f, any_failed) || f->failed_elsewhere || f->challenge == INDICATOR_FAILED ||
               f->biological == SPORE_POSITIVE;
}

static bool indicator_expired(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        const bool integrating = f->asked == CHALLENGE_TYPE_5 || f->grade == GRADE_PRINTOUT;

        if (count(f, outside_expired))
                say(text,
                    "The indicator outside %s was past its own expiry day when the cycle began. It proves "
                    "nothing: pack anew with good ones, and sterilize again.",
                    NAMES(f, outside_expired));
        else
                say(text, "The indicator of type 5 or 6, or of the helix, was past its own expiry day when the cycle "
                          "began. It proves nothing: run the load again with a good one.");
        return count(f, outside_expired) || (integrating && f->integrating == INDICATOR_EXPIRED) ||
               (f->asked == CHALLENGE_HELIX && f->challenge == INDICATOR_EXPIRED);
}

static bool biological_pending(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        if (!count(f, wants_biological))
                return false;
        if (f->biological == SPORE_INVALID)
                say(text,
                    "The control of this load's spore test did not grow, so the test says nothing. The load "
                    "stays held: sterilize %s again with a new spore test.",
                    NAMES(f, wants_biological));
        else if (f->biological == SPORE_PENDING)
                say(text, "The spore test of this load is not read yet, or not with its control. Keep %s until it is.",
                    NAMES(f, wants_biological));
        else
                say(text,
                    "The class of what is in %s asks for a spore test of its load, and none is recorded. Record "
                    "it; if none ran, sterilize again with one.",
                    NAMES(f, wants_biological));
        return f->biological != SPORE_NEGATIVE && f->biological != SPORE_POSITIVE;
}

static bool wet_pack(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        const size_t wet = count(f, is_wet);

        if (f->wet_unknown) {
                say(text,
                    "Pack %.64s is said to be wet, and is not in this load. Look which pack is meant, and say "
                    "it again.",
                    f->wet_unknown);
                return true;
        }
        say(text, "The load is wet. Dry, pack and sterilize all of it again; check the drying.");
        return !f->dry || wet > 1 || (wet > 0 && wet == f->n_packs);
}

static bool releaser_unknown(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text, "The person is not registered as a releaser. Ask one who is.");
        return !f->releaser;
}

static bool single_use_in_load(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text,
            "A single-use item was sterilized in %s. Discard it: it can never be used. Clean, pack and sterilize "
            "the other items again without it.",
            NAMES(f, has_single_use));
        return count(f, has_single_use) > 0;
}

static bool type_unsuitable(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        bool wraps = false, hollow = false;

        switch (f->machine) {
        case MACHINE_N:
                say(text,
                    "An autoclave of type N does not reach into wraps and lumens: not for %s. Sterilize this in "
                    "another one, or bare and solid only.",
                    NAMES(f, wrapped_or_hollow));
                return count(f, wrapped_or_hollow) > 0;
        case MACHINE_S:
                for (size_t i = 0; i < n_packs(f); i++) {
                        wraps |= !(f->wraps & 1U << f->packs[i].wrap);
                        hollow |= f->packs[i].hollow && !f->suits_hollow;
                }
                say(text,
                    "By its maker, this program of a type S autoclave does not suit %s in this load. Sterilize "
                    "it by a program that does.",
                    wraps ? "a wrapping" : "hollow items");
                return wraps || hollow;
        case MACHINE_B:
                return false;
        }
        return true;
}

/* --- transcribed readings: each thing that they need beside being good --- */

static bool is_critical(const ReleasePack *p) {
        return p->critical;
}

static bool no_type_5_inside(const ReleasePack *p) {
        return p->inside_integrating != INDICATOR_PASSED;
}

static bool manual_off(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text, "Transcribed readings count only on the days of manual-evidence-from of the autoclave, three at most, "
                  "for loads of these days. This is not so here: sterilize the load again.");
        return f->manual && !f->manual->on;
}

static bool manual_alone(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        if (f->manual && !f->manual->registered)
                say(text, "Whoever transcribed the readings is not registered any more. Sterilize the load again.");
        else
                say(text, "Who transcribed the readings cannot release on them. Have another person look at them and at "
                          "the load, and release it.");
        return f->manual && (!f->manual->registered || !f->manual->other);
}

static bool manual_critical(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text,
            "Something in %s enters sterile tissue, and is never released on transcribed readings. Sterilize it again, "
            "in a cycle that is measured.",
            NAMES(f, is_critical));
        return f->manual && count(f, is_critical) > 0;
}

static bool manual_late(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text,
            "With transcribed readings every pack must be named before the hold or before the readings; this is not so "
            "for %s. Pack and sterilize the load again.",
            NAMES(f, is_late));
        return f->manual && count(f, is_late) > 0;
}

static bool manual_indicator(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text,
            "With transcribed readings each pack needs an indicator of type 5 or 6 inside that passed and was in date; "
            "none is recorded for %s. Record it with its type.",
            NAMES(f, no_type_5_inside));
        return f->manual && count(f, no_type_5_inside) > 0;
}

/* Their own faults are passed on beside the verdict's. */
static bool manual_unread(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]) {
        say(text, "The transcribed readings could not be judged. Sterilize the load again.");
        return f->manual && !f->manual->lacks;
}

#define MANUAL "manual-evidence"

static const ReleaseRuleInfo rules[] = {
        { "samples-missing", "own", samples_missing },
        { "clock-untrusted", "own", clock_untrusted },
        { "out-of-service", "CDC 2008; ST79", out_of_service },
        { "load-released", "own", load_released },
        { "load-rejected", "own", load_rejected },
        { "load-recalled", "own", load_recalled },
        { "releaser-unknown", "own", releaser_unknown },
        { "manifest-missing", "ST79", manifest_missing },
        { "type-unsuitable", "EN 13060", type_unsuitable },
        { "single-use-in-load", "FDA on reprocessed single-use devices", single_use_in_load },
        { "wet-pack", "ST79", wet_pack },
        { "indicator-failed", "ISO 11140-1; CDC 2008", indicator_failed },
        { "indicator-missing", "ISO 11140-1; CDC 2008", indicator_missing },
        { "indicator-expired", "ISO 11140-1", indicator_expired },
        { "biological-pending", "CDC 2008", biological_pending },
        { MANUAL, "own", manual_unread },
};

/* What transcribed readings need further, under the same rule: each is told by itself. */
typedef bool (*ManualNeed)(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]);
static const ManualNeed manual_needs[] = {
        manual_off, manual_alone, manual_critical, manual_late, manual_indicator,
};

size_t release_rules(const ReleaseRuleInfo **ret) {
        *ret = rules;
        return ELEMENTSOF(rules);
}

static void pass_on(const Reasons *from, Reasons *to) {
        for (size_t i = 0; from && i < from->n; i++)
                reasons_add(to, from->v[i].rule, "%s", from->v[i].text);
}

bool release_on_manual_evidence(const ReleaseFacts *f) {
        char text[REASON_TEXT_MAX];

        if (!f->manual || !f->manual->lacks || f->manual->lacks->total)
                return false;
        for (size_t i = 0; i < ELEMENTSOF(manual_needs); i++)
                if (manual_needs[i](f, text))
                        return false;
        return true;
}

/* What a verdict has for want of samples. Pulses were not seen either where nothing came at all; where something came,
 * too few of them were. */
static bool for_want_of_samples(const ReleaseFacts *f, const char *rule) {
        return strcmp(rule, "samples-missing") == 0 || strcmp(rule, "samples-too-sparse") == 0 ||
               (strcmp(rule, "air-removal-short") == 0 && !f->manual->sampled);
}

static void judge_verdict(const ReleaseFacts *f, Reasons *ret) {
        const bool waive = release_on_manual_evidence(f);

        for (size_t i = 0; f->verdict && i < f->verdict->n; i++)
                if (!waive || !for_want_of_samples(f, f->verdict->v[i].rule))
                        reasons_add(ret, f->verdict->v[i].rule, "%s", f->verdict->v[i].text);
        if (f->manual)
                pass_on(f->manual->lacks, ret);
}

void release_judge(const ReleaseFacts *f, Reasons *ret) {
        char text[REASON_TEXT_MAX];

        judge_verdict(f, ret);
        pass_on(f->fitness, ret);
        for (size_t i = 0; i < ELEMENTSOF(rules); i++)
                if (rules[i].test(f, text))
                        reasons_add(ret, rules[i].id, "%s", text);
        for (size_t i = 0; i < ELEMENTSOF(manual_needs); i++)
                if (manual_needs[i](f, text))
                        reasons_add(ret, MANUAL, "%s", text);
}
