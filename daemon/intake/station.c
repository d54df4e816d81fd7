/* SPDX-License-Identifier: Apache-2.0 */
/* What a scanning station says of items and packs: goods-in, reprocessing, damage, disposal, injuries. */
#include <errno.h>
#include <stdio.h>

#include "intake/internal.h"

static bool person_known(const Intake *in, const char *id) {
        return config_practitioner(in->config, id) != NULL;
}

static int want_person(Intake *in, const char *member, const char *id) {
        return person_known(in, id) ? 0 : reject(in, REJECT_BAD_MEMBER, member, "%s is not a registered person.", id);
}

/* --- goods-in --- */

/* What is said twice must agree; the earlier expiry counts. */
static int receive_attributes(Intake *in, const Event *e, const Udi *udi, ItemRow *row) {
        const char *lot = e->receive.lot ?: "";

        if (lot[0] && udi->lot[0] && !streq(lot, udi->lot))
                return reject(in, REJECT_BAD_MEMBER, "lot", "The code says lot %s. Scan again, or leave lot out.",
                              udi->lot);
        snprintf(row->lot, sizeof(row->lot), "%s", udi->lot[0] ? udi->lot : lot);
        row->expires_on = udi->expires;
        if (e->receive.expires && (!row->expires_on || e->receive.expires < row->expires_on))
                row->expires_on = e->receive.expires;
        return 0;
}

static int receive_class(Intake *in, const Event *e, const Udi *udi, ItemRow *row) {
        const ConfigProduct *p = config_product(in->config, udi->product);
        const char *said = e->receive.class_id;
        const char *class_id = p ? p->class_id : said;

        if (p && said && !streq(said, p->class_id))
                return reject(in, REJECT_BAD_MEMBER, "class", "Product %s is configured as class %s.", p->id,
                              p->class_id);
        if (!class_id && udi->product[0])
                return reject(in, REJECT_BAD_MEMBER, "class",
                              "Product %s is not configured. Say its class, or add a [product %s] section.",
                              udi->product, udi->product);
        if (!class_id)
                return reject(in, REJECT_BAD_MEMBER, "class", "Say the class of %.100s: its label names no product.",
                              udi->canonical);
        if (!config_class(in->config, class_id))
                return reject(in, REJECT_BAD_MEMBER, "class", "Class %s is not configured.", class_id);
        snprintf(row->class_id, sizeof(row->class_id), "%s", class_id);
        snprintf(row->product, sizeof(row->product), "%s", udi->product);
        row->supplied = p ? p->supplied : SUPPLIED_CONTAMINATED;
        return 0;
}

/* Sterilized elsewhere: an approved supplier's load, with evidence, still good. */
static int receive_sterilized(Intake *in, const Event *e, ItemRow *row) {
        const ConfigSupplier *s = config_supplier(in->config, e->receive.sterilized_by);

        if (!s || !s->approved)
                return reject(in, REJECT_BAD_MEMBER, "sterilized", "%s is not an approved supplier.",
                              e->receive.sterilized_by);
        if (e->receive.sterilized_until < date_of(in->now.wall_us) ||
            e->receive.sterilized_date > date_of(in->now.wall_us))
                return reject(in, REJECT_BAD_MEMBER, "sterilized", "Its dates do not cover today.");
        row->supplied = SUPPLIED_STERILE;
        row->good_until_on = e->receive.sterilized_until;
        snprintf(row->supplier_by, sizeof(row->supplier_by), "%s", s->id);
        snprintf(row->supplier_load, sizeof(row->supplier_load), "%s", e->receive.sterilized_load);
        snprintf(row->evidence, sizeof(row->evidence), "%s", e->receive.sterilized_evidence);
        return 0;
}

static ItemState state_as_supplied(int supplied) {
        return supplied == SUPPLIED_STERILE ? ITEM_STERILE
               : supplied == SUPPLIED_CLEAN ? ITEM_CLEAN
                                            : ITEM_CONTAMINATED;
}

/* Labels for the pieces of a box whose code names only the lot: made here, once, and sent until the broker has them. */
static int receive_box(Intake *in, const Event *e, const Origin *o, const ItemRow *pattern, const char *code) {
        _cleanup_(freep) char(*labels)[UDI_LABEL_SIZE] = calloc(QUANTITY_MAX, sizeof(*labels));
        const char *list[QUANTITY_MAX];
        char topic[TOPIC_MAX];
        int64_t number = 0;
        int r = store_meta_int_get(in->store, "label_number", &number);

        if (!labels || r < 0)
                return labels ? r : -ENOMEM;
        for (int64_t n = 0; n < e->receive.quantity; n++) {
                ItemRow row = *pattern;

                udi_label_issue((uint64_t)++number, labels[n]);
                snprintf(row.code, sizeof(row.code), "%s", labels[n]);
                list[n] = labels[n];
                r = item_add(in->store, &row);
                if (r < 0)
                        return r;
        }
        r = store_meta_int_set(in->store, "label_number", number);
        if (r == 0)
                r = topic_down(in->config->site.id, e->kind, e->device, "labels", topic);
        if (r == 0)
                r = encode_labels(&in->w, code, list, (size_t)e->receive.quantity);
        (void)o;
        return r < 0 ? r : publish_durable(in, topic, false);
}

int on_receive(Intake *in, const Event *e, const Origin *o) {
        ItemRow row = { .received_us = in->now.wall_us, .received_i = o->i, .state_us = in->now.wall_us }, known;
        Udi udi;
        int r = item_code(in, "item", e->receive.item, &udi);

        if (r == 0)
                r = receive_class(in, e, &udi, &row);
        if (r == 0)
                r = receive_attributes(in, e, &udi, &row);
        if (r == 0 && e->receive.sterilized)
                r = receive_sterilized(in, e, &row);
        if (r != 0)
                return r;
        row.state = state_as_supplied(row.supplied);
        snprintf(row.code, sizeof(row.code), "%s", udi.canonical);
        if (e->receive.has_quantity && udi.single_piece)
                return reject(in, REJECT_BAD_MEMBER, "quantity",
                              "This code names one piece. Receive it without a quantity.");
        if (e->receive.has_quantity)
                return receive_box(in, e, o, &row, udi.canonical);
        if (!udi.single_piece)
                return reject(in, REJECT_BAD_MEMBER, "quantity",
                              "This code names a lot, not one piece. Say the quantity; labels for the pieces will be "
                              "issued.");
        r = item_get(in->store, udi.canonical, &known);
        if (r != 0)
                return r < 0 ? r : 0;
        r = item_add(in->store, &row);
        return r < 0 ? r : item_take_up(in, &row);
}

/* --- reprocessing --- */

/* What stands in the way of any reprocessing: NULL, or what should have happened. */
static const char *never_again(const Intake *in, const ItemRow *item) {
        const ConfigClass *c = item_class(in, item);

        if (item->dropped_us || item->state == ITEM_DISCARDED)
                return "it was dropped into a sharps container";
        if (!c)
                return "its class is no longer configured";
        if (c->single_use && item->used_us)
                return "it is single-use and was used; drop it into a sharps container";
        if (c->reprocessing == REPROCESSING_NONE && (item->used_us || item->opened_us || item->drawn_us))
                return "its class is not reprocessed and it was opened or used; discard it";
        return NULL;
}

typedef int (*ItemStep)(Intake *in, const Event *e, ItemRow *item);

/* One step for all items of a list, or for none. */
static int each_item(Intake *in, const Event *e, const List *items, ItemStep step) {
        for (size_t i = 0; i < items->n; i++) {
                ItemRow item;
                const char *why;
                int r = item_want(in, "items", items->v[i], &item);

                if (r != 0)
                        return r;
                why = never_again(in, &item);
                if (why)
                        return reject(in, REJECT_BAD_MEMBER, "items", "%.100s: %s.", item.code, why);
                r = step(in, e, &item);
                if (r == 0)
                        r = item_save(in->store, &item);
                if (r != 0)
                        return r;
        }
        return 0;
}

static int held_by_session(Intake *in, const ItemRow *item) {
        char session[LABEL_MAX + 1], room[LABEL_MAX + 1];
        int64_t id;
        int r = claim_of(in->store, item->id, &id, session, room);

        if (r <= 0)
                return r;
        return reject(in, REJECT_BAD_MEMBER, "items", "%.100s is held by session %s. End the session first.",
                      item->code, session);
}

static int step_clean(Intake *in, const Event *e, ItemRow *item) {
        int r = held_by_session(in, item);

        (void)e;
        if (r != 0)
                return r;
        /* What was used is history from here on; the sessions themselves keep it. */
        item->used_us = 0;
        item->used_session[0] = '\0';
        return item_enter_state(in, item, ITEM_CLEAN);
}

int on_clean(Intake *in, const Event *e, const Origin *o) {
        int r = want_person(in, "operator", e->clean.operator);

        (void)o;
        return r ? r : each_item(in, e, &e->clean.items, step_clean);
}

/* What stays behind a barrier is wiped with an agent that cleans and disinfects in one; critical classes are not. */
static int step_disinfect(Intake *in, const Event *e, ItemRow *item) {
        const ConfigClass *c = item_class(in, item);

        (void)e;
        if (c->reprocessing != REPROCESSING_DISINFECT)
                return reject(in, REJECT_BAD_MEMBER, "items", "%.100s: class %s is not reprocessed by disinfection.",
                              item->code, c->id);
        if (item->state == ITEM_CONTAMINATED && c->critical)
                return reject(in, REJECT_BAD_MEMBER, "items",
                              "%.100s: clean it first; what is soiled cannot be disinfected.", item->code);
        return item_enter_state(in, item, ITEM_DISINFECTED);
}

int on_disinfect(Intake *in, const Event *e, const Origin *o) {
        int r = want_person(in, "by", e->disinfect.by);

        (void)o;
        return r ? r : each_item(in, e, &e->disinfect.items, step_disinfect);
}

static int step_pack(Intake *in, const Event *e, ItemRow *item) {
        const ConfigClass *c = item_class(in, item);

        (void)e;
        if (c->single_use && !c->sterilize_before_use)
                return reject(in, REJECT_BAD_MEMBER, "items", "%.100s is single-use: it is never sterilized here.",
                              item->code);
        if (item->state != ITEM_CLEAN)
                return reject(in, REJECT_BAD_MEMBER, "items", "%.100s: clean it first, then pack it.", item->code);
        return 0;
}

static int put_into_pack(Intake *in, const char *code, int64_t pack) {
        ItemRow item;
        int r = item_want(in, "items", code, &item);

        if (r != 0)
                return r;
        if (item.pack == pack)
                return reject(in, REJECT_BAD_MEMBER, "items", "%.100s stands twice in this pack.", item.code);
        r = item_enter_state(in, &item, ITEM_PACKED);
        item.pack = pack;
        if (r == 0)
                r = item_save(in->store, &item);
        return r < 0 ? r : pack_item_add(in->store, pack, item.id);
}

int on_pack(Intake *in, const Event *e, const Origin *o) {
        PackRow pack = { .wrap = e->pack.wrap, .packed_us = in->now.wall_us };
        int r = want_person(in, "operator", e->pack.operator);

        (void)o;
        if (r == 0)
                r = each_item(in, e, &e->pack.items, step_pack);
        if (r != 0)
                return r;
        snprintf(pack.label, sizeof(pack.label), "%s", e->pack.pack);
        snprintf(pack.operator, sizeof(pack.operator), "%s", e->pack.operator);
        r = pack_add(in->store, &pack);
        for (size_t i = 0; i < e->pack.items.n && r == 0; i++)
                r = put_into_pack(in, e->pack.items.v[i], pack.id);
        return r;
}

/* --- damage, opening, disposal --- */

int on_damage(Intake *in, const Event *e, const Origin *o) {
        const char *reason = e->damage.reason;
        ItemRow item;
        PackRow pack;
        int r;

        (void)o;
        if (e->damage.pack) {
                r = pack_get(in->store, e->damage.pack, &pack);
                if (r <= 0)
                        return r < 0 ? r
                                     : reject(in, REJECT_BAD_MEMBER, "pack", "Pack %s is not known here.",
                                              e->damage.pack);
                pack.damaged_us = in->now.wall_us;
                snprintf(pack.damage_reason, sizeof(pack.damage_reason), "%s", reason);
                return pack_save(in->store, &pack);
        }
        r = item_want(in, "item", e->damage.item, &item);
        if (r != 0)
                return r;
        item.damaged_us = in->now.wall_us;
        snprintf(item.damage_reason, sizeof(item.damage_reason), "%s", reason);
        return item_save(in->store, &item);
}

int on_open(Intake *in, const Event *e, const Origin *o) {
        SessionRow session;
        PackRow pack;
        int r = pack_get(in->store, e->open.pack, &pack), live;

        if (r <= 0)
                return r < 0 ? r : reject(in, REJECT_BAD_MEMBER, "pack", "Pack %s is not known here.", e->open.pack);
        live = session_live(in->store, o->device->room, &session);
        if (live < 0)
                return live;
        if (pack.opened_us == 0)
                pack.opened_us = in->now.wall_us;
        if (live && pack.opened_session == 0)
                pack.opened_session = session.id;
        /* A failed reading is never undone by a later one; nor is a pass taken out of order. */
        if (pack.inside != INSIDE_FAILED && !(e->open.indicator == RESULT_PASS && (o->late || !o->sequenced)))
                pack.inside = e->open.indicator == RESULT_PASS   ? INSIDE_PASSED
                              : e->open.indicator == RESULT_FAIL ? INSIDE_FAILED
                                                                 : INSIDE_ABSENT;
        return pack_save(in->store, &pack);
}

int on_drop(Intake *in, const Event *e, const Origin *o) {
        int r = 0;

        (void)o;
        for (size_t i = 0; i < e->drop.items.n && r == 0; i++)
                r = item_drop(in, e->drop.items.v[i]);
        return r;
}

/* --- duties, injuries --- */

/* An exposure ends when the person had first aid, a report was made, and the room was turned over. */
static int exposure_step(Intake *in, RoomRow *room) {
        if (room->first_aid && room->reported && room->disinfected_us > room->exposure_us)
                room->exposure_us = 0;
        return room_save(in->store, room);
}

int on_duty(Intake *in, const Event *e, const Origin *o) {
        const bool first_aid = streq(e->duty.duty, "first-aid"), report = streq(e->duty.duty, "exposure-report");
        RoomRow room;
        int r = want_person(in, "by", e->duty.by);

        (void)o;
        if (r != 0)
                return r;
        if ((!first_aid && !report) || !e->duty.subject || !config_room(in->config, e->duty.subject))
                return 0;
        r = room_get(in->store, e->duty.subject, &room);
        if (r < 0)
                return r;
        room.first_aid |= first_aid;
        room.reported |= report;
        return exposure_step(in, &room);
}

/* What hurt somebody has been in use. */
static int injured_by(Intake *in, const char *code, const char *where) {
        SessionRow session;
        ItemRow item;
        char label[LABEL_MAX + 1] = "", room[LABEL_MAX + 1];
        int64_t id;
        int r = item_find(in, code, &item);

        if (r <= 0)
                return r < 0 ? r : item_stray(in, code, true, false);
        r = claim_of(in->store, item.id, &id, label, room);
        if (r > 0)
                r = session_get_id(in->store, id, &session);
        if (r > 0) {
                session_touch(&session);
                r = session_save(in->store, &session);
        }
        if (r == 0 && !label[0])
                r = item_contact(in, item.code, item.pack, where);
        if (r == 0)
                r = item_use(in, &item, label);
        return r < 0 ? r : item_save(in->store, &item);
}

int on_injury(Intake *in, const Event *e, const Origin *o) {
        const char *where = e->kind == KIND_ROOM ? o->device->room : e->injury.room;
        RoomRow room;
        int r;

        if (!where || !config_room(in->config, where))
                return reject(in, REJECT_BAD_MEMBER, "room", "Say in which configured room it happened.");
        r = room_get(in->store, where, &room);
        if (r < 0)
                return r;
        room.exposure_us = in->now.wall_us;
        snprintf(room.exposure, sizeof(room.exposure), "%s", e->injury.detail);
        room.first_aid = room.reported = false;
        r = room_save(in->store, &room);
        return r < 0 || !e->injury.item ? r : injured_by(in, e->injury.item, where);
}

int on_disinfected(Intake *in, const Event *e, const Origin *o) {
        const ConfigRoom *c = config_room(in->config, o->device->room);
        RoomRow room;
        int r = c ? want_person(in, "by", e->disinfected.by) : reject(in, REJECT_NOT_ALLOWED, NULL, "No such room.");

        if (r != 0)
                return r;
        if (e->disinfected.contact_us < c->disinfect_contact_us)
                return reject(in, REJECT_BAD_MEMBER, "contact_s",
                              "The agent must stay on for at least %lld s. Disinfect again.",
                              (long long)(c->disinfect_contact_us / US_PER_S));
        r = room_get(in->store, c->id, &room);
        if (r < 0)
                return r;
        room.disinfected_us = in->now.wall_us;
        return exposure_step(in, &room);
}
