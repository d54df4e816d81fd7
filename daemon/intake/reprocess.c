/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reprocessing: cleaned, disinfected, packed, put down for a load. Which step may follow which stands in core/item.h;
 * what is looked at here beside it is how the step was done: level and contact time, wrap, autoclave and program.
 * A message is done for all of its items or for none.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"
#include "intake/sterile.h"

typedef int (*EachItem)(Intake *in, const Event *e, const Origin *o, ItemRow *item);

/* What is scanned twice is done once. */
static int each_item(Intake *in, const Event *e, const Origin *o, const List *items, EachItem step) {
        int64_t done[ITEMS_MAX];

        for (size_t i = 0; i < items->n; i++) {
                ItemRow item;
                int r = item_want(in, "items", items->v[i], &item);
                size_t k = 0;

                if (r != 0)
                        return r;
                while (k < i && done[k] != item.id)
                        k++;
                done[i] = item.id;
                if (k < i)
                        continue;
                r = step(in, e, o, &item);
                if (r == 0)
                        r = item_save(in->store, &item);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int step_clean(Intake *in, const Event *e, const Origin *o, ItemRow *item) {
        static const char *const methods[] = {
                [CLEAN_WASHER_DISINFECTOR] = "washer-disinfector",
                [CLEAN_ULTRASONIC] = "ultrasonic",
                [CLEAN_MANUAL] = "manual",
        };
        int r = item_advance(in, o, item,
                             &(ItemDone){ ITEM_STEP_CLEAN, e->clean.operator, methods[e->clean.method] });

        if (r != 0)
                return r;
        if (item_single_use(in, item))
                return 0;
        r = after_item(in, item);
        if (r < 0)
                return r;
        /* What was used, and whose blood was in it, is history from here on; the sessions themselves keep it. */
        item->used_us = 0;
        item->used_session[0] = '\0';
        if (item_way_of(item_class(in, item)) != ITEM_WAY_VIAL) {
                item->drawn_us = 0;
                item->patient[0] = '\0';
        }
        return 0;
}

int on_clean(Intake *in, const Event *e, const Origin *o) {
        int r = want_person(in, "operator", e->clean.operator);

        return r ? r : each_item(in, e, o, &e->clean.items, step_clean);
}

/* --- disinfection --- */

/* As strong and as long as the class wants it. Where the class names no time of its own, none need be said. */
static int disinfected_well(Intake *in, const Event *e, const ItemRow *item, const ConfigClass *c) {
        const long long least_s = c->disinfect_contact_us / US_PER_S;

        if (e->disinfect.level < c->disinfection_level)
                return reject(in, REJECT_BAD_MEMBER, "level",
                              "%.100s: class %s wants high-level disinfection. Disinfect it again with an agent for "
                              "that.",
                              item->code, c->id);
        if (e->disinfect.has_contact ? e->disinfect.contact_us < c->disinfect_contact_us : c->disinfect_contact_said)
                return reject(in, REJECT_BAD_MEMBER, "contact_s",
                              "%.100s: the agent must stay on for at least %lld s, and that be recorded. Disinfect it "
                              "again.",
                              item->code, least_s);
        return 0;
}

/* What last happened to it: a step; while it is contaminated a use, too, which lasts until its session's end. */
static int item_soiled(Intake *in, const ItemRow *item, ContactClaim *ret) {
        ItemSession last = {};
        int r = item->state == ITEM_CONTAMINATED ? item_session_last(in->store, item->id, &last) : 0;

        ret->since_us[0] = item->state_us;
        ret->since_us[1] = item->used_us;
        ret->since_us[2] = last.at_us;
        ret->since_us[3] = item->attached_us; /* used_us is of the first time */
        return r < 0 ? r : 0;
}

static int step_disinfect(Intake *in, const Event *e, const Origin *o, ItemRow *item) {
        const ConfigClass *c = item_class(in, item);
        const bool again = item->state == ITEM_DISINFECTED;
        ContactClaim claim = { .item = item->code, .happened = "it was last used or cleaned", .said = e->disinfect.has_contact };
        char detail[TEXT_MAX + 1], contact[32] = "";
        int r = item_soiled(in, item, &claim);

        if (e->disinfect.has_contact)
                snprintf(contact, sizeof(contact), ", %lld s", (long long)(e->disinfect.contact_us / US_PER_S));
        snprintf(detail, sizeof(detail), "%s%s%s%.400s", e->disinfect.level == LEVEL_HIGH ? "high" : "intermediate",
                 contact, e->disinfect.agent ? ", " : "", e->disinfect.agent ?: "");
        if (r == 0 && item_way_of(c) == ITEM_WAY_DISINFECTED)
                r = disinfected_well(in, e, item, c);
        if (r == 0)
                r = item_advance(in, o, item, &(ItemDone){ ITEM_STEP_DISINFECT, e->disinfect.by, detail });
        claim.contact_us = claim.said ? e->disinfect.contact_us : c ? c->disinfect_contact_us : 0;
        if (r == 0)
                r = contact_check(in, o, &claim);
        if (r == 0)
                r = after_item(in, item);
        item->cycles += r == 0 && !again;
        return r;
}

int on_disinfect(Intake *in, const Event *e, const Origin *o) {
        int r = want_person(in, "by", e->disinfect.by);

        return r ? r : each_item(in, e, o, &e->disinfect.items, step_disinfect);
}

/* --- packing --- */

static const char *wrap_words(int wrap) {
        static const char *const words[] = {
                [WRAP_POUCH] = "in a pouch",
                [WRAP_WRAP] = "in a wrap",
                [WRAP_CONTAINER] = "in a container",
                [WRAP_NONE] = "unwrapped",
        };

        return words[wrap];
}

static bool wrap_suits(const ConfigClass *c, int wrap) {
        if (c->required_wraps && !(c->required_wraps & (1U << wrap)))
                return false;
        return !(c->needs_wrap && wrap == WRAP_NONE);
}

/* What the class says about wraps: better said here than after the cycle. */
static int packed_well(Intake *in, const Event *e, const ItemRow *item) {
        const ConfigClass *c = item_class(in, item);

        if (!c || item_way_of(c) > ITEM_WAY_STERILIZED_ONCE)
                return 0;
        if (!wrap_suits(c, e->pack.wrap))
                return reject(in, REJECT_BAD_MEMBER, "wrap", "%.100s: class %s is not sterilized %s. Pack it in %s.",
                              item->code, c->id, wrap_words(e->pack.wrap),
                              c->required_wraps ? "what its class names (required-wraps)"
                                                : "a pouch, wrap or container");
        if (e->pack.wrap == WRAP_NONE && c->critical && !e->pack.session)
                return reject(
                        in, REJECT_BAD_MEMBER, "session",
                        "%.100s: class %s is sterilized unwrapped only for immediate use in one session. Name that "
                        "session, or wrap it.",
                        item->code, c->id);
        return 0;
}

static int step_pack(Intake *in, const Event *e, const Origin *o, ItemRow *item) {
        ItemState to;
        int r = item_may(in, "items", item, ITEM_STEP_PACK, &to);

        (void)o;
        return r ? r : packed_well(in, e, item);
}

static int put_into_pack(Intake *in, const Event *e, const Origin *o, const char *code, int64_t pack) {
        ItemRow item;
        int r = item_want(in, "items", code, &item);

        if (r != 0)
                return r;
        if (item.pack == pack)
                return reject(in, REJECT_BAD_MEMBER, "items",
                              "%.100s stands twice in this pack. Take it off the list once, or scan the item that was "
                              "meant.",
                              item.code);
        r = item_advance(in, o, &item, &(ItemDone){ ITEM_STEP_PACK, e->pack.operator, e->pack.pack });
        item.pack = pack;
        if (r == 0)
                r = item_save(in->store, &item);
        return r != 0 ? r : pack_item_add(in->store, pack, item.id);
}

/* A label that is on a closed pack cannot be on another one too. */
static int label_is_free(Intake *in, const char *label) {
        ItemRow inside;
        PackRow old;
        int r = pack_get(in->store, label, &old);

        if (r <= 0 || old.opened_us || old.opened_session || old.damaged_us)
                return r < 0 ? r : 0;
        r = item_in_pack_next(in->store, old.id, 0, &inside);
        return r <= 0 ? r
                      : reject(in, REJECT_BAD_MEMBER, "pack",
                               "Pack %s is packed already, with %.100s in it. Use a new label; or clean what is in it "
                               "first.",
                               label, inside.code);
}

int on_pack(Intake *in, const Event *e, const Origin *o) {
        PackRow pack = { .wrap = e->pack.wrap, .packed_us = in->now.wall_us };
        int r = want_person(in, "operator", e->pack.operator);

        if (r == 0 && e->pack.session && e->pack.wrap != WRAP_NONE)
                r = reject(in, REJECT_BAD_MEMBER, "session",
                           "Only what is sterilized unwrapped, for immediate use, is for one session. Leave it out.");
        if (r == 0)
                r = label_is_free(in, e->pack.pack);
        if (r == 0)
                r = each_item(in, e, o, &e->pack.items, step_pack);
        if (r != 0)
                return r;
        snprintf(pack.label, sizeof(pack.label), "%s", e->pack.pack);
        snprintf(pack.operator, sizeof(pack.operator), "%s", e->pack.operator);
        snprintf(pack.for_session, sizeof(pack.for_session), "%s", e->pack.session ?: "");
        r = pack_add(in->store, &pack);
        for (size_t i = 0; i < e->pack.items.n && r == 0; i++)
                r = put_into_pack(in, e, o, e->pack.items.v[i], pack.id);
        return r;
}

/* --- loading --- */

/* EN 13060: type N is for bare, solid things. */
static bool machine_suits(const ConfigClass *c, const ConfigAutoclave *a, int wrap) {
        return a->machine != MACHINE_N || (wrap == WRAP_NONE && !c->hollow);
}

bool process_suits(const ConfigClass *c, const ConfigAutoclave *a, const ConfigProgram *p, int wrap) {
        if (!a || !p || p->purpose != PURPOSE_LOAD || !(p->wraps & (1U << wrap)))
                return false;
        if ((c->required_programs.n && !list_has(&c->required_programs, p->id)) || (c->hollow && !p->suits_hollow))
                return false;
        return wrap_suits(c, wrap) && machine_suits(c, a, wrap);
}

/* The first of its programs that suits; NULL: none does. */
static const ConfigProgram *suitable_program(const ConfigClass *c, const ConfigAutoclave *a, int wrap) {
        for (size_t i = 0; i < a->program_ids.n; i++)
                if (process_suits(c, a, a->programs[i], wrap))
                        return a->programs[i];
        return NULL;
}

static int item_may_load(Intake *in, const PackRow *pack, const ItemRow *item, const ConfigAutoclave *a,
                         const ConfigProgram *known) {
        const ConfigClass *c = item_class(in, item);
        const ConfigProgram *other;
        ItemState to;
        int r;

        /* What must never be in a load is taken down all the same, so that the cycle spends it. */
        if (item_way_of(c) == ITEM_WAY_ONCE)
                return 0;
        r = item_may(in, "packs", item, ITEM_STEP_LOAD, &to);
        if (r != 0)
                return r;
        if (!machine_suits(c, a, pack->wrap))
                return reject(
                        in, REJECT_BAD_MEMBER, "packs",
                        "Pack %s: autoclave %s is of type N, for bare solid items only, and %.100s is %s. Use one "
                        "of type B.",
                        pack->label, a->id, item->code, pack->wrap == WRAP_NONE ? "hollow" : "packed");
        other = suitable_program(c, a, pack->wrap);
        if (!other)
                return reject(in, REJECT_BAD_MEMBER, "packs",
                              "Pack %s: no program of autoclave %s suits class %s %s. Take it out; its class says what "
                              "it needs.",
                              pack->label, a->id, c->id, wrap_words(pack->wrap));
        if (known && !process_suits(c, a, known, pack->wrap))
                return reject(
                        in, REJECT_BAD_MEMBER, "packs",
                        "Pack %s: program %s does not suit class %s %s. It will not be sterile: put it into a cycle "
                        "of %s.",
                        pack->label, known->id, c->id, wrap_words(pack->wrap), other->id);
        if (known && pack->wrap == WRAP_NONE && c->critical && !known->immediate_use)
                return reject(in, REJECT_BAD_MEMBER, "packs",
                              "Pack %s: class %s is sterilized unwrapped only by an immediate-use program, and %s is "
                              "none. Wrap it, or run such a program.",
                              pack->label, c->id, known->id);
        return 0;
}

int pack_may_load(Intake *in, const PackRow *pack, const ConfigAutoclave *a, const ConfigProgram *known) {
        ItemRow item = {};
        bool any = false;
        int r;

        while ((r = item_in_pack_next(in->store, pack->id, item.id, &item)) > 0) {
                any = true;
                r = item_may_load(in, pack, &item, a, known);
                if (r != 0)
                        return r;
        }
        if (r < 0 || any)
                return r;
        return reject(in, REJECT_BAD_MEMBER, "packs", "Pack %s is empty: its items were taken out. Pack them anew.",
                      pack->label);
}
