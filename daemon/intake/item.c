/* SPDX-License-Identifier: Apache-2.0 */
/* Finding and changing items: one piece, one row, whatever way its code was scanned. */
#include <stdio.h>

#include "intake/internal.h"

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

/* It leaves its pack, which is open from now on, whatever else lies in it. */
static int leave_pack(Intake *in, ItemRow *item) {
        PackRow pack;
        int r = pack_get_id(in->store, item->pack, &pack);

        item->pack = 0;
        if (r <= 0 || pack.opened_us)
                return r < 0 ? r : 0;
        pack.opened_us = in->now.wall_us;
        return pack_save(in->store, &pack);
}

int item_enter_state(Intake *in, ItemRow *item, ItemState state) {
        const bool stays = state == ITEM_PACKED || state == ITEM_STERILE;

        item->state = state;
        item->state_us = in->now.wall_us;
        return stays || !item->pack ? 0 : leave_pack(in, item);
}

int item_use(Intake *in, ItemRow *item, const char *session) {
        int r = session[0] ? session_item_used(in->store, session, item->id, in->now.wall_us) : 0;

        if (r < 0)
                return r;
        if (item->used_us == 0) {
                item->used_us = in->now.wall_us;
                snprintf(item->used_session, sizeof(item->used_session), "%s", session);
        }
        if (item_single_use(in, item) || item->state == ITEM_DISCARDED)
                return 0;
        return item_enter_state(in, item, ITEM_CONTAMINATED);
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
                r = item_enter_state(in, item, ITEM_DISCARDED);
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
        r = item_enter_state(in, &item, ITEM_DISCARDED);
        return r < 0 ? r : item_save(in->store, &item);
}
