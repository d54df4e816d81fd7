/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Goods-in: how a piece gets into the ledger, and as what. Whatever nothing else is shown of enters contaminated.
 * Sterile enter: what its maker delivers so; what an approved supplier sterilized, with its load and evidence; and on
 * the first days the clinic's own packs from before, for which one officer vouches by name.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/internal.h"

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

/* The one who vouches is named, may do so, and does it while memories are fresh. */
static int opening_stock_time(Intake *in, const Event *e) {
        const ConfigPractitioner *by = config_practitioner(in->config, e->receive.by);
        const int64_t allowed_us = in->config->policy.opening_stock_days * US_PER_DAY;
        int64_t began_us;
        int r = ledger_began(in->store, &began_us);

        if (r < 0)
                return r;
        if (!by || !config_person_is(by, PERSON_OFFICER))
                return reject(in, REJECT_BAD_MEMBER, "by",
                              "Opening stock needs an officer who vouches for it. Have one receive it, and name the "
                              "officer in by.");
        if (intake_doubted(in, DOUBT_CLOCK))
                return reject(in, REJECT_BAD_MEMBER, "sterilized",
                              "The clock is in doubt, so the time for opening stock cannot be judged. Wait until it is "
                              "right, or receive it as contaminated.");
        if (began_us == 0 || in->now.wall_us < began_us || in->now.wall_us - began_us > allowed_us)
                return reject(in, REJECT_BAD_MEMBER, "sterilized",
                              "Opening stock could be entered for %d days after the ledger began. Receive it without "
                              "sterilized, then clean, pack and sterilize it.",
                              (int)in->config->policy.opening_stock_days);
        return 0;
}

/* The clinic's own packs from before: what is sterilized here, and no longer good than if it had been here then. */
static int receive_opening_stock(Intake *in, const Event *e, const ItemRow *row) {
        const ConfigClass *c = config_class(in->config, row->class_id);
        const ItemWay way = item_way_of(c);
        int32_t last = date_after(e->receive.sterilized_date, c->shelf_life_days);

        if (way != ITEM_WAY_STERILIZED && way != ITEM_WAY_STERILIZED_ONCE)
                return reject(in, REJECT_BAD_MEMBER, "sterilized",
                              "Class %s is not sterilized here, so it cannot be opening stock. Receive it without "
                              "sterilized: what its maker delivers sterile is known by its product.",
                              c->id);
        if (!c->event_related && e->receive.sterilized_until > last)
                return reject(in, REJECT_BAD_MEMBER, "sterilized",
                              "Class %s stays sterile for %d days: until %04d-%02d-%02d at most. Say that day, or an "
                              "earlier one.",
                              c->id, (int)c->shelf_life_days, (int)(last / 10000), (int)(last / 100 % 100),
                              (int)(last % 100));
        return opening_stock_time(in, e);
}

/* Sterilized elsewhere: an approved supplier's load, with evidence, still good. */
static int receive_sterilized(Intake *in, const Event *e, ItemRow *row) {
        const ConfigSupplier *s = config_supplier(in->config, e->receive.sterilized_by);
        const bool ours = streq(e->receive.sterilized_by, CONFIG_OPENING_STOCK);
        const int32_t today = date_of(in->now.wall_us);
        int r;

        if (!ours && (!s || !s->approved))
                return reject(in, REJECT_BAD_MEMBER, "sterilized",
                              "%.64s is not an approved supplier. Have it approved, or receive the item without "
                              "sterilized: it then goes to cleaning, packing and the autoclave.",
                              e->receive.sterilized_by);
        if (e->receive.sterilized_until < today || e->receive.sterilized_date > today)
                return reject(
                        in, REJECT_BAD_MEMBER, "sterilized",
                        "Its dates do not cover today. Check them; what is over is received without sterilized, and "
                        "goes to cleaning, packing and the autoclave.");
        r = ours ? receive_opening_stock(in, e, row) : 0;
        if (r != 0)
                return r;
        row->supplied = SUPPLIED_STERILE;
        row->good_until_on = e->receive.sterilized_until;
        snprintf(row->supplier_by, sizeof(row->supplier_by), "%s", e->receive.sterilized_by);
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

        if (r == 0 && e->receive.by)
                r = want_person(in, "by", e->receive.by);
        if (r == 0)
                r = receive_class(in, e, &udi, &row);
        if (r == 0)
                r = receive_attributes(in, e, &udi, &row);
        if (r == 0 && e->receive.sterilized)
                r = receive_sterilized(in, e, &row);
        if (r != 0)
                return r;
        row.state = state_as_supplied(row.supplied);
        snprintf(row.received_by, sizeof(row.received_by), "%s", e->receive.by ?: "");
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
                return r < 0 ? r : restore_receive(in, o, &known, row.class_id);
        r = item_add(in->store, &row);
        return r < 0 ? r : item_take_up(in, &row);
}
