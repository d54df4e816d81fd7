/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads: which packs went into a cycle, and whether a person may release them. Release is the one way in which packs
 * become sterile here, and it comes after the verdict.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "intake/internal.h"

/* The attempt that a manifest without or with a cycle number belongs to, if it has begun: 1, and whether it is late. */
static int attempt_of_load(Intake *in, const Event *e, AttemptRow *ret, bool *ret_late) {
        Running *running;
        int r = running_get(in, e->load.autoclave, &running);

        if (r < 0)
                return r;
        if (r && e->load.has_cycle && running->attempt.cycle == e->load.cycle) {
                *ret = running->attempt;
                *ret_late = cycle_phase(&running->cycle) != CYCLE_BEFORE_HOLD;
                return 1;
        }
        if (!e->load.has_cycle)
                return 0;
        *ret_late = true;
        r = attempt_by_cycle(in->store, e->load.autoclave, e->load.cycle, ret);
        return r < 0 ? r : r > 0 && ret->verdict >= 0;
}

static int load_pack(Intake *in, const Event *e, const char *label, const AttemptRow *attempt, bool late) {
        PackRow pack;
        int r = pack_get(in->store, label, &pack);

        if (r <= 0)
                return r < 0 ? r
                             : reject(in, REJECT_BAD_MEMBER, "packs", "Pack %s is not known here. Pack it first.",
                                      label);
        if (pack.attempt || pack.opened_us || pack.damaged_us)
                return reject(in, REJECT_BAD_MEMBER, "packs",
                              "Pack %s was in a load, opened or damaged. Pack its items anew.", label);
        r = pack_may_load(in, &pack, config_autoclave(in->config, e->load.autoclave),
                          attempt ? config_program(config_autoclave(in->config, e->load.autoclave), attempt->program) :
                                    NULL);
        if (r != 0)
                return r;
        if (!attempt)
                return manifest_add(in->store, pack.id, e->load.autoclave, e->load.has_cycle ? e->load.cycle : -1,
                                    in->now.wall_us);
        pack.attempt = attempt->id;
        pack.loaded_us = in->now.wall_us;
        pack.late = late;
        return pack_save(in->store, &pack);
}

int on_load(Intake *in, const Event *e, const Origin *o) {
        AttemptRow attempt;
        Running *running;
        bool late = false;
        int r, has;

        (void)o;
        if (!config_autoclave(in->config, e->load.autoclave))
                return reject(in, REJECT_BAD_MEMBER, "autoclave", "Autoclave %s is not configured.", e->load.autoclave);
        has = attempt_of_load(in, e, &attempt, &late);
        if (has < 0)
                return has;
        if (has && attempt.released > LOAD_OPEN)
                return reject(in, REJECT_BAD_MEMBER, "cycle", "That load was decided on already.");
        r = 0;
        for (size_t i = 0; i < e->load.packs.n && r == 0; i++)
                r = load_pack(in, e, e->load.packs.v[i], has ? &attempt : NULL, late);
        if (r != 0 || !has || attempt.verdict >= 0)
                return r;
        r = running_get(in, attempt.autoclave, &running);
        if (r > 0) {
                running->touched = true;
                cycle_load(&running->cycle);
        }
        return r < 0 ? r : 0;
}

/* Why a load is not released, each a rule and its sentence. */
typedef struct Refusals {
        size_t n;
        EncodeReason v[24];
        char text[24][CYCLE_TEXT_MAX];
} Refusals;

static void refuse_load(Refusals *x, const char *rule, const char *text) {
        if (x->n == ELEMENTSOF(x->v))
                return;
        snprintf(x->text[x->n], sizeof(x->text[0]), "%s", text);
        x->v[x->n] = (EncodeReason){ .rule = rule, .text = x->text[x->n] };
        x->n++;
}

/* The verdict's reasons; their ids are static strings of the core. */
static void refuse_verdict(Refusals *x, const AttemptRow *a) {
        json_t *array = a->reasons[0] ? json_loads(a->reasons, 0, NULL) : NULL, *one;
        size_t i;

        json_array_foreach(array, i, one) {
                const char *id = json_string_value(json_object_get(one, "rule")) ?: "";

                for (int rule = 0; rule < _CYCLE_RULE_MAX; rule++)
                        if (streq(id, cycle_rule_id((CycleRule)rule)))
                                refuse_load(x, cycle_rule_id((CycleRule)rule),
                                            json_string_value(json_object_get(one, "text")) ?: id);
        }
        json_decref(array);
        if (x->n == 0 && a->verdict != CYCLE_VERIFIED)
                refuse_load(x, "samples-missing", "The cycle was not verified. Run it again.");
}

static bool wet(const Event *e, const PackRow *pack) {
        for (size_t i = 0; i < e->release.wet_packs.n; i++)
                if (streq(e->release.wet_packs.v[i], pack->label))
                        return true;
        return pack->wet;
}

static int refuse_packs(Intake *in, const Event *e, const AttemptRow *a, Refusals *x) {
        PackRow pack = {};
        size_t packs = 0, late = 0, damp = 0;
        int r;

        while ((r = pack_in_attempt_next(in->store, a->id, pack.id, &pack)) > 0) {
                packs++;
                late += pack.late;
                damp += wet(e, &pack);
        }
        if (r < 0)
                return r;
        if (packs == 0 || packs == late)
                refuse_load(x, "manifest-missing",
                            "No pack was named for this cycle before its hold began. Scan the packs into the next load "
                            "and run it.");
        if (damp > 1 || !e->release.dry)
                refuse_load(x, "wet-pack",
                            "The load is wet. Dry, pack and sterilize all of it again; check the drying.");
        return 0;
}

static int refusals_find(Intake *in, const Event *e, const AttemptRow *a, Refusals *x) {
        const ConfigPractitioner *by = config_practitioner(in->config, e->release.by);

        if (!by || !config_person_is(by, PERSON_RELEASER))
                refuse_load(x, "releaser-unknown", "The person is not registered as a releaser. Ask one who is.");
        if (a->verdict < 0)
                refuse_load(x, "samples-missing", "The cycle has not ended yet.");
        else
                refuse_verdict(x, a);
        if (a->released == LOAD_RELEASED)
                refuse_load(x, "load-released", "This load was released already.");
        if (a->released == LOAD_REJECTED)
                refuse_load(x, "load-rejected",
                            "This load was rejected. Its packs must be packed and sterilized anew.");
        if (a->released == LOAD_RECALLED)
                refuse_load(x, "load-recalled",
                            "The release of this load was withdrawn. Its packs stay in quarantine.");
        return refuse_packs(in, e, a, x);
}

/* Release makes the packs sterile: those that were in the manifest in time, dry and whole. */
static int make_sterile(Intake *in, const Event *e, const AttemptRow *a) {
        PackRow pack = {};
        int r;

        while ((r = pack_in_attempt_next(in->store, a->id, pack.id, &pack)) > 0) {
                ItemRow item = {};

                pack.wet = wet(e, &pack);
                if (!pack.late && !pack.wet && !pack.damaged_us)
                        pack.sterile_us = a->ended_us;
                r = pack_save(in->store, &pack);
                while (r >= 0 && (r = item_in_pack_next(in->store, pack.id, item.id, &item)) > 0) {
                        item.cycles++;
                        if (pack.sterile_us && item.state == ITEM_PACKED)
                                r = item_enter_state(in, &item, ITEM_STERILE);
                        if (r >= 0)
                                r = item_save(in->store, &item);
                }
                if (r < 0)
                        return r;
        }
        return r;
}

static int release_answer(Intake *in, const Event *e, const AttemptRow *a, const Refusals *x) {
        char topic[TOPIC_MAX];
        int r = topic_down(in->config->site.id, e->kind, e->device, "released", topic);

        if (r == 0)
                r = encode_released(&in->w, &(EncodeReleased){ .autoclave = e->release.autoclave,
                                                               .has_cycle = a || e->release.has_cycle,
                                                               .cycle = a ? a->cycle : e->release.cycle,
                                                               .attempt = a ? a->label : e->release.attempt,
                                                               .released = x->n == 0,
                                                               .reasons = { x->n, x->v } });
        return r < 0 ? r : publish_durable(in, topic, false);
}

static int release_tell(Intake *in, const Event *e, const AttemptRow *a, const Refusals *x) {
        const char *what = e->release.decision == DECISION_REJECT ? "rejected" : x->n ? "refused" : "released";
        const LogSubject subject = { .rule = x->n ? x->v[0].rule : NULL, .device = a->autoclave, .cycle = a->label };
        int r;

        record_begin(in, "release");
        jsonw_member_string(&in->w, "attempt", a->label);
        jsonw_member_string(&in->w, "by", e->release.by);
        jsonw_member_string(&in->w, "what", what);
        r = record_end(in, NULL);
        if (r < 0)
                return r;
        return batch_log(&in->batch, x->n ? LOG_LOAD_REFUSED_KIND : LOG_LOAD_RELEASED_KIND,
                         x->n ? LOG_WARNING : LOG_INFO, &subject, "load %s %s by %s%s%s", a->label, what, e->release.by,
                         x->n ? ": " : "", x->n ? x->v[0].text : "");
}

/* The attempt may be the one that runs. */
static int attempt_change(Intake *in, const AttemptRow *a) {
        Running *running;
        int r = running_get(in, a->autoclave, &running);

        if (r > 0 && running->attempt.id == a->id) {
                running->attempt = *a;
                running->touched = true;
        }
        return r < 0 ? r : attempt_save(in->store, a);
}

/* To withdraw a release recalls: its packs may have gone out. */
static int refused_state(const AttemptRow *a) {
        return a->released == LOAD_RELEASED || a->released == LOAD_RECALLED ? LOAD_RECALLED : LOAD_REJECTED;
}

/* Anybody may reject. That refuses the packs for good; after a release it withdraws it, which recalls. */
static int release_decide(Intake *in, const Event *e, AttemptRow *a, Refusals *x) {
        const bool rejected = e->release.decision == DECISION_REJECT;
        int r = rejected ? 0 : refusals_find(in, e, a, x);

        if (r < 0 || x->n)
                return r;
        a->released = rejected ? refused_state(a) : LOAD_RELEASED;
        a->released_us = in->now.wall_us;
        snprintf(a->released_by, sizeof(a->released_by), "%s", e->release.by);
        r = rejected ? 0 : make_sterile(in, e, a);
        if (rejected)
                refuse_load(x, "load-rejected",
                            "It was rejected. Its items must be cleaned, packed and sterilized again.");
        return r < 0 ? r : attempt_change(in, a);
}

/* Which attempt is meant: 1; 0 and *ret_why where that is not clear. */
static int release_which(Intake *in, const Event *e, AttemptRow *ret, const char **ret_why) {
        int r = e->release.attempt ? attempt_get(in->store, e->release.attempt, ret)
                                   : attempt_by_cycle(in->store, e->release.autoclave, e->release.cycle, ret);

        *ret_why = r > 1    ? "More than one attempt bears this cycle number. Name the attempt."
                   : r == 0 ? "No such cycle is known here."
                            : "That attempt was made in another autoclave.";
        return r < 0 ? r : r == 1 && streq(ret->autoclave, e->release.autoclave);
}

int on_release(Intake *in, const Event *e, const Origin *o) {
        _cleanup_(freep) Refusals *x = calloc(1, sizeof(*x));
        const char *why;
        AttemptRow a;
        int r = x ? release_which(in, e, &a, &why) : -ENOMEM;

        (void)o;
        if (r < 0)
                return r;
        if (r == 0) {
                refuse_load(x, "manifest-missing", why);
                return release_answer(in, e, NULL, x);
        }
        r = release_decide(in, e, &a, x);
        if (r == 0)
                r = release_tell(in, e, &a, x);
        return r < 0 ? r : release_answer(in, e, &a, x);
}
