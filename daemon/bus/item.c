/* SPDX-License-Identifier: Apache-2.0 */
/* GetItem: everything that the ledger knows about one piece, except whose blood or skin it met. */
#include "bus/internal.h"
#include "config.h"
#include "store/cycles.h"
#include "store/items.h"
#include "store/recalls.h"
#include "store/sessions.h"

static const char *const supplied_words[] = {
        [SUPPLIED_STERILE] = "sterile", [SUPPLIED_CLEAN] = "clean", [SUPPLIED_CONTAMINATED] = "contaminated",
};

static void put_row(const ItemRow *i, Reply *r) {
        reply_text(r, "code", i->code);
        reply_text(r, "class", i->class_id);
        reply_text(r, "product", i->product);
        reply_text(r, "lot", i->lot);
        reply_date(r, "expires", i->expires_on);
        reply_text(r, "state", item_state_name((ItemState)i->state));
        reply_time(r, "state_at", i->state_us);
        reply_number(r, "cycles", i->cycles);
        reply_time(r, "received_at", i->received_us);
        reply_text(r, "supplied", REPLY_WORD(supplied_words, i->supplied));
        reply_text(r, "supplier", i->supplier_by);
        reply_text(r, "supplier_load", i->supplier_load);
        reply_date(r, "supplier_until", i->good_until_on);
        reply_text(r, "evidence", i->evidence);
        reply_text(r, "received_by", i->received_by);
        reply_text(r, "attached_to", i->attached);
        reply_time(r, "drawn_at", i->drawn_us);
        reply_time(r, "opened_at", i->opened_us);
}

/* What speaks against using it again. */
static void put_marks(const ItemRow *i, Reply *r) {
        reply_text(r, "used_session", i->used_session);
        reply_time(r, "used_at", i->used_us);
        reply_truth(r, "returned", i->returned);
        reply_time(r, "damaged_at", i->damaged_us);
        reply_text(r, "damage_reason", i->damage_reason);
        reply_time(r, "dropped_at", i->dropped_us);
        reply_time(r, "cloned_at", i->cloned_us);
}

static void put_attempt(const AttemptRow *a, Reply *r) {
        reply_text(r, "attempt", a->label);
        reply_text(r, "autoclave", a->autoclave);
        reply_number(r, "cycle", a->cycle);
        reply_text(r, "program", a->program);
        reply_text(r, "verdict", bus_verdict(a->verdict));
        reply_text(r, "load", bus_load(a->released));
        reply_text(r, "released_by", a->released_by);
}

static void put_pack(const PackRow *p, Reply *r) {
        reply_text(r, "pack", p->label);
        reply_text(r, "wrap", bus_wrap(p->wrap));
        reply_time(r, "packed_at", p->packed_us);
        reply_text(r, "packed_by", p->operator);
        reply_text(r, "for_session", p->for_session);
        reply_time(r, "sterile_at", p->sterile_us);
        reply_time(r, "pack_opened_at", p->opened_us);
        if (p->opened_us)
                reply_text(r, "inside_indicator", bus_inside(p->inside));
        if (p->wet)
                reply_truth(r, "wet", true);
        reply_time(r, "pack_damaged_at", p->damaged_us);
        reply_text(r, "pack_damage_reason", p->damage_reason);
}

/* The pack it lies in, the attempt that went over it, and any recall that these bring. */
static int read_pack(Store *s, const ItemRow *item, Reply *reply) {
        PackRow pack = {};
        AttemptRow attempt = {};
        char reason[TEXT_MAX + 1], session[LABEL_MAX + 1], room[LABEL_MAX + 1];
        int r;

        if (item->pack && (r = pack_get_id(s, item->pack, &pack)) < 0)
                return r;
        if (pack.attempt && (r = attempt_get_id(s, pack.attempt, &attempt)) < 0)
                return r;
        if (pack.id)
                put_pack(&pack, reply);
        if (attempt.id)
                put_attempt(&attempt, reply);
        if (pack.id && (r = pack_claimed(s, pack.id, 0, session, room)) != 0) {
                if (r < 0)
                        return r;
                reply_text(reply, "pack_claimed_by", session);
                reply_text(reply, "pack_claimed_room", room);
        }
        r = recall_of(s, item, attempt.id ? &attempt : NULL, reason);
        if (r > 0)
                reply_text(reply, "recalled", reason);
        return r;
}

static int read_claim(Store *s, int64_t item, Reply *reply) {
        char label[LABEL_MAX + 1], room[LABEL_MAX + 1];
        int64_t session;
        int r = claim_of(s, item, &session, label, room);

        if (r > 0) {
                reply_text(reply, "claimed_by", label);
                reply_text(reply, "claimed_room", room);
        }
        return r;
}

/* Where it was made ready, newest first: the one it lies in now is told with it. */
static int read_packs(Store *s, int64_t item, Reply *reply) {
        PackRow pack = { .id = INT64_MAX };
        unsigned n = 0;
        int r;

        reply_list_open(reply, "packs", "a{sv}");
        while ((r = pack_of_item_before(s, item, pack.id, &pack)) > 0 && n++ < BUS_HISTORY_MAX) {
                AttemptRow attempt = {};

                if (pack.attempt && (r = attempt_get_id(s, pack.attempt, &attempt)) < 0)
                        break;
                reply_open(reply);
                put_pack(&pack, reply);
                if (attempt.id)
                        put_attempt(&attempt, reply);
                reply_close(reply);
        }
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "packs_more", true);
        return r;
}

static int read_history(Store *s, int64_t item, Reply *reply) {
        ItemSession h = { .id = INT64_MAX };
        unsigned n = 0;
        int r;

        reply_list_open(reply, "sessions", "a{sv}");
        while ((r = item_session_before(s, item, h.id, &h)) > 0 && n++ < BUS_HISTORY_MAX) {
                reply_open(reply);
                reply_text(reply, "session", h.label);
                reply_text(reply, "room", h.room);
                reply_text(reply, "state", session_state_name(h.state));
                reply_time(reply, "allowed_at", h.at_us);
                reply_close(reply);
        }
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "sessions_more", true);
        return r;
}

/* What was done to make it ready, and by whom. One who did all of it alone is allowed, and shown. */
static int read_steps(Store *s, const ItemRow *item, Reply *reply) {
        ItemStepRow row = { .id = INT64_MAX };
        unsigned n = 0;
        int r;

        reply_list_open(reply, "steps", "a{sv}");
        while ((r = item_step_before(s, item->id, row.id, &row)) > 0 && n++ < BUS_HISTORY_MAX) {
                reply_open(reply);
                reply_text(reply, "step", item_step_name((ItemStep)row.step));
                reply_time(reply, "at", row.at_us);
                reply_text(reply, "by", row.by);
                reply_text(reply, "detail", row.detail);
                reply_close(reply);
        }
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "steps_more", true);
        return r;
}

/* The one person who last cleaned it, packed it and released its load; "" where there were two, or not all was done. */
static int read_one_person(Store *s, const ItemRow *item, Reply *reply) {
        ItemStepRow row = { .id = INT64_MAX };
        AttemptRow attempt = {};
        PackRow pack = {};
        int r = item->pack ? pack_get_id(s, item->pack, &pack) : 0;

        if (r > 0 && pack.attempt)
                r = attempt_get_id(s, pack.attempt, &attempt);
        if (r < 0 || attempt.released != LOAD_RELEASED || !streq(pack.operator, attempt.released_by))
                return r < 0 ? r : 0;
        while ((r = item_step_before(s, item->id, row.id, &row)) > 0)
                if (row.step == ITEM_STEP_CLEAN)
                        break;
        if (r > 0 && streq(row.by, pack.operator))
                reply_text(reply, "one_person", pack.operator);
        return r < 0 ? r : 0;
}

void bus_put_item(const ItemRow *i, Reply *r) {
        put_row(i, r);
        put_marks(i, r);
}

int bus_read_item(Store *s, const char *canonical, Reply *reply) {
        ItemRow item;
        int r = item_get(s, canonical, &item);

        if (r <= 0)
                return r;
        reply_open(reply);
        bus_put_item(&item, reply);
        if ((r = read_claim(s, item.id, reply)) < 0 || (r = read_pack(s, &item, reply)) < 0 ||
            (r = read_one_person(s, &item, reply)) < 0 || (r = read_steps(s, &item, reply)) < 0 ||
            (r = read_packs(s, item.id, reply)) < 0 || (r = read_history(s, item.id, reply)) < 0)
                return r;
        reply_close(reply);
        return 1;
}
