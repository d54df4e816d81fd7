/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and changing items: one piece, one row, whatever way its code was scanned. */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"

int item_code(Intake *in, const char *member, const char *code, Udi *ret) {
        int e = udi_parse(code, strlen(code), year_now(in), ret);

        return e ? reject(in, REJECT_BAD_MEMBER, member, "%s", udi_error_text(e)) : 0;
}

int item_find(Intake *in, const char *code, ItemRow *ret) {
        Udi udi;

        if (udi_parse(code, strlen(code), year_now(in), &udi) || !udi.single_piece)
                return 0;
        return item_get(in->store, udi.canonical, ret);
}

int item_want(Intake *in, const char *member, const char *code, ItemRow *ret) {
        Udi udi;
        int r = item_code(in, member, code, &udi);

        if (r != 0)
                return r;
        r = item_get(in->store, udi.canonical, ret);
        if (r < 0)
                return r;
        return r ? 0
                 : reject(in, REJECT_BAD_MEMBER, member, "%.130s is not known here. Receive it first.", udi.canonical);
}

const ConfigClass *item_class(const Intake *in, const ItemRow *item) {
        return config_class(in->config, item->class_id);
}

/* A class that is no longer configured must not make a needle reusable. */
bool item_single_use(const Intake *in, const ItemRow *item) {
        const ConfigClass *c = item_class(in, item);

        return !c || c->single_use;
}

ItemWay item_way_of(const ConfigClass *c) {
        if (!c)
                return ITEM_WAY_ONCE;
        return item_way((RequiredState)c->required_state, (Reprocessing)c->reprocessing, c->single_use,
                        c->role == ROLE_VIAL);
}

/* It leaves its pack, which is open from now on, whatever else lies in it, and goes into no load any more. */
static int leave_pack(Intake *in, ItemRow *item) {
        PackRow pack;
        int r = pack_get_id(in->store, item->pack, &pack);

        item->pack = 0;
        if (r <= 0 || pack.opened_us)
                return r < 0 ? r : 0;
        pack.opened_us = in->now.wall_us;
        r = pack_save(in->store, &pack);
        return r < 0 ? r : manifest_delete(in->store, pack.id);
}

static int tell_state(Intake *in, const ItemRow *item, ItemState state) {
        const LogSubject subject = { .item = item->code };

        return batch_log(&in->batch, LOG_ITEM_CHANGED_KIND, LOG_INFO, &subject, "%.100s: %s, was %s", item->code,
                         item_state_name(state), item_state_name((ItemState)item->state));
}

/* The one place where an item that is in the ledger changes its state. */
int item_enter_state(Intake *in, ItemRow *item, ItemState state) {
        const bool stays = state == ITEM_PACKED || state == ITEM_STERILE;
        int r = item->state == (int)state ? 0 : tell_state(in, item, state);

        if (r < 0)
                return r;
        item->state = state;
        item->state_us = in->now.wall_us;
        return stays || !item->pack ? 0 : leave_pack(in, item);
}

/* --- steps --- */

/* What core/item.h looks at; the texts hold what it points to. */
typedef struct Standing {
        ItemStanding is;
        PackRow pack;
        AttemptRow attempt;
        char session[LABEL_MAX + 1], room[LABEL_MAX + 1];
} Standing;

static void standing_of_row(const Intake *in, const ItemRow *item, ItemStanding *ret) {
        const ConfigClass *c = item_class(in, item);

        *ret = (ItemStanding){ .way = item_way_of(c),
                               .state = (ItemState)item->state,
                               .class_known = c,
                               .single_use = !c || c->single_use,
                               .critical = !c || c->critical,
                               .used = item->used_us != 0,
                               .opened = item->opened_us || item->drawn_us,
                               .damaged = item->damaged_us != 0,
                               .dropped = item->dropped_us != 0,
                               .cloned = item->cloned_us != 0,
                               .cycles = item->cycles,
                               .cycles_max = c ? c->reprocessing_limit : 0 };
}

static int standing_of_pack(Intake *in, const ItemRow *item, Standing *x) {
        int r = pack_get_id(in->store, item->pack, &x->pack);

        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        x->is.pack = x->pack.label;
        x->is.pack_whole = x->pack.wrap != WRAP_NONE && !x->pack.opened_us && !x->pack.opened_session && !x->pack.wet &&
                           !x->pack.damaged_us;
        r = x->pack.attempt ? attempt_get_id(in->store, x->pack.attempt, &x->attempt) : 0;
        if (r <= 0)
                return r;
        x->is.attempt = x->attempt.label;
        x->is.load = x->attempt.released == LOAD_NONE ? LOAD_OPEN : (LoadState)x->attempt.released;
        x->is.cycle_running = x->attempt.verdict < 0;
        x->is.cycle_verified = x->attempt.verdict == CYCLE_VERIFIED;
        return 0;
}

static int standing_get(Intake *in, const ItemRow *item, Standing *ret) {
        int64_t session;
        int r;

        standing_of_row(in, item, &ret->is);
        r = claim_of(in->store, item->id, &session, ret->session, ret->room);
        if (r > 0)
                ret->is.claim_session = ret->session;
        return r < 0 ? r : item->pack ? standing_of_pack(in, item, ret) : 0;
}

int item_may(Intake *in, const char *member, const ItemRow *item, ItemStep step, ItemState *ret) {
        char text[ITEM_TEXT_MAX];
        Standing x;
        int r = standing_get(in, item, &x);

        if (r < 0 || item_step(&x.is, step, ret, text))
                return r;
        return reject(in, REJECT_BAD_MEMBER, member, "%.100s: %s.", item->code, text);
}

int item_advance(Intake *in, const Origin *o, ItemRow *item, const ItemDone *done) {
        ItemStepRow row = { .i = o->i, .at_us = in->now.wall_us, .item = item->id, .step = done->step };
        ItemState to;
        int r = item_may(in, "items", item, done->step, &to);

        if (r != 0)
                return r;
        snprintf(row.by, sizeof(row.by), "%s", done->by);
        snprintf(row.detail, sizeof(row.detail), "%s", done->detail);
        r = item_step_add(in->store, &row);
        return r < 0 ? r : item_enter_state(in, item, to);
}

int item_return(Intake *in, ItemRow *item, char ret_text[static ITEM_TEXT_MAX]) {
        ItemState to;
        Standing x;
        int r = standing_get(in, item, &x);

        if (r < 0)
                return r;
        if (!item_give_back(&x.is, &to, ret_text))
                return ACT_REFUSED;
        if (to == (ItemState)item->state)
                return 0;
        r = item_enter_state(in, item, to);
        return r < 0 ? r : item_save(in->store, item);
}

/* What locks is never refused. */
static int item_lock(Intake *in, ItemRow *item, ItemStep step) {
        char text[ITEM_TEXT_MAX];
        ItemStanding is;
        ItemState to;

        standing_of_row(in, item, &is);
        if (!item_step(&is, step, &to, text))
                return -EBADMSG;
        return to == (ItemState)item->state ? 0 : item_enter_state(in, item, to);
}

int item_use(Intake *in, ItemRow *item, const char *session) {
        const bool noted = item->used_us && streq(item->used_session, session);
        int r = session[0] && !noted ? session_item_used(in->store, session, item->id, in->now.wall_us) : 0;

        if (r > 0)
                r = after_session(in, session);
        if (r < 0)
                return r;
        if (item->used_us == 0) {
                item->used_us = in->now.wall_us;
                snprintf(item->used_session, sizeof(item->used_session), "%s", session);
        }
        return item_lock(in, item, ITEM_STEP_USE);
}

int item_stray(Intake *in, const char *code, bool used, bool dropped) {
        Udi udi;

        if (udi_parse(code, strlen(code), year_now(in), &udi) || !udi.single_piece)
                return 0;
        return stray_put(in->store, udi.canonical, used ? in->now.wall_us : 0, dropped ? in->now.wall_us : 0);
}

int item_contact(Intake *in, const char *code, int64_t pack, const char *room) {
        SessionRow s;
        Udi udi;
        int live = room ? session_live(in->store, room, &s) : 0;

        if (live < 0)
                return live;
        return contact_add(in->store, udi_parse(code, strlen(code), year_now(in), &udi) ? code : udi.canonical, room,
                           live ? s.id : 0, pack, in->now.wall_us);
}

/* What was said of it before it was received. */
int item_take_up(Intake *in, ItemRow *item) {
        int64_t used_us, dropped_us;
        int r = stray_get(in->store, item->code, &used_us, &dropped_us);

        if (r <= 0)
                return r;
        if (used_us)
                r = item_use(in, item, "");
        if (r >= 0 && dropped_us)
                r = item_lock(in, item, ITEM_STEP_DISCARD);
        item->used_us = used_us;
        item->attached_us = used_us;
        item->dropped_us = dropped_us;
        return r < 0 ? r : item_save(in->store, item);
}

int item_drop(Intake *in, const char *code) {
        ItemRow item;
        int r = item_find(in, code, &item);

        if (r <= 0)
                return r < 0 ? r : item_stray(in, code, false, true);
        if (item.dropped_us == 0)
                item.dropped_us = in->now.wall_us;
        item.attached[0] = '\0';
        r = item_lock(in, &item, ITEM_STEP_DISCARD);
        if (r == 0)
                r = item_save(in->store, &item);
        return r < 0 ? r : after_item(in, &item);
}
