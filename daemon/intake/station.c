/* SPDX-License-Identifier: Apache-2.0 */
/* What a scanning station says of items and packs: goods-in, reprocessing, damage, disposal, injuries. */
#include <errno.h>
#include <stdio.h>

#include "intake/internal.h"

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
        bool fails;

        if (r <= 0)
                return r < 0 ? r : reject(in, REJECT_BAD_MEMBER, "pack", "Pack %s is not known here.", e->open.pack);
        fails = e->open.indicator == RESULT_FAIL && pack.inside != INSIDE_FAILED;
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
        r = pack_save(in->store, &pack);
        if (r < 0 || !fails || !pack.attempt)
                return r;
        return load_quarantine(in, pack.attempt, "internal-indicator-failed", e->open.by,
                               "the indicator inside pack %s had not changed when it was opened", pack.label);
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
        int r = e->duty.result == RESULT_FAIL ? 0 : want_person(in, "by", e->duty.by);

        if (r != 0)
                return r;
        if (!first_aid && !report)
                return duty_done(in, e, o);
        if (e->duty.result == RESULT_FAIL || !e->duty.subject || !config_room(in->config, e->duty.subject))
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
