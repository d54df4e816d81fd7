/* SPDX-License-Identifier: Apache-2.0 */
/* Loads: which packs went into a cycle, and what the cycle does to everything in them, whatever its verdict. */
#include <stdio.h>

#include "intake/sterile.h"

/* The attempt that a manifest without or with a cycle number belongs to, if it has begun: 1, and whether it is late. */
static int attempt_of_load(Intake *in, const Event *e, AttemptRow *ret, bool *ret_late) {
        Running *running;
        int r = running_get(in, e->load.autoclave, &running);

        if (r < 0)
                return r;
        if (r && e->load.has_cycle && running->attempt.cycle == e->load.cycle) {
                *ret = running->attempt;
                /* Of a device that stores and forwards nobody knows how far its cycle really is. */
                *ret_late = cycle_phase(&running->cycle) != CYCLE_BEFORE_HOLD || running->cycle.program.store_and_forward;
                return 1;
        }
        if (!e->load.has_cycle)
                return 0;
        *ret_late = true;
        r = attempt_by_cycle(in->store, e->load.autoclave, e->load.cycle, ret);
        return r < 0 ? r : r > 0 && ret->verdict >= 0;
}

/* A single-use item was reprocessed, which is how needles are used twice. Nobody can use it again. */
static int spend_single_use(Intake *in, ItemRow *item, const PackRow *pack, const AttemptRow *a) {
        const AlertAbout about = { .rule = "single-use-in-load",
                                   .subject = item->code,
                                   .severity = ALERT_CRITICAL,
                                   .item = item->code,
                                   .device = a->autoclave,
                                   .cycle = a->label };
        int r = item_use(in, item, "");

        return r < 0 ? r
                     : alert_raise(in, &about,
                                   "%.130s is single-use, and was sterilized in pack %s. Discard it; find out whether "
                                   "it was used before.",
                                   item->code, pack->label);
}

/* What a cycle does to an item: its maker's limit counts this one, released or not. */
static int item_through_cycle(Intake *in, ItemRow *item, const PackRow *pack, const AttemptRow *a) {
        const ConfigClass *c = item_class(in, item);
        int r = 0;

        item->cycles++;
        if (c && c->single_use && !c->sterilize_before_use && !item->used_us)
                r = spend_single_use(in, item, pack, a);
        return r < 0 ? r : item_save(in->store, item);
}

static int pack_through_cycle(Intake *in, const PackRow *pack, const AttemptRow *a) {
        ItemRow item = {};
        int r;

        while ((r = item_in_pack_next(in->store, pack->id, item.id, &item)) > 0) {
                r = item_through_cycle(in, &item, pack, a);
                if (r < 0)
                        return r;
        }
        return r;
}

int load_through_cycle(Intake *in, const AttemptRow *a) {
        PackRow pack = {};
        int r;

        while ((r = pack_in_attempt_next(in->store, a->id, pack.id, &pack)) > 0) {
                r = pack_through_cycle(in, &pack, a);
                if (r < 0)
                        return r;
        }
        return r;
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
        if (attempt && late && pack.packed_us > attempt->started_us)
                return reject(in, REJECT_BAD_MEMBER, "packs",
                              "Pack %s was packed after cycle %lld had begun, so it was not in it. Leave the cycle out "
                              "for the next one.",
                              label, (long long)attempt->cycle);
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
        r = attempt->verdict >= 0 ? pack_through_cycle(in, &pack, attempt) : 0;
        if (r >= 0)
                r = manifest_delete(in->store, pack.id); /* it may have waited for another one */
        return r < 0 ? r : pack_save(in->store, &pack);
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
