/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of items, packs and rooms: damage, opening, disposal, duties, turnover. */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"
#include "intake/sterile.h"
#include "store/exposures.h"

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
        r = item_save(in->store, &item);
        return r < 0 ? r : after_item(in, &item);
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
                r = after_dropped(in, e->drop.items.v[i], true); /* past a reader */
        return r;
}

/* --- duties, turnover --- */

int on_duty(Intake *in, const Event *e, const Origin *o) {
        int r = e->duty.result == RESULT_FAIL ? 0 : want_person(in, "by", e->duty.by);

        if (r != 0)
                return r;
        return exposure_is_duty(e->duty.duty) ? exposure_duty(in, e) : duty_done(in, e, o);
}

/* What it is wiped after: the last session, and an injury that still waits for it. */
static int room_soiled(Intake *in, const RoomRow *room, ContactClaim *ret) {
        ExposureRow x = {};
        int r = exposure_open_newest(in->store, room->id, &x);

        ret->since_us[0] = room->session_end_us;
        ret->since_us[1] = r > 0 ? x.at_us : 0;
        ret->happened = ret->since_us[1] > ret->since_us[0] ? "an injury was reported here" : "the room was last used";
        return r < 0 ? r : 0;
}

int on_disinfected(Intake *in, const Event *e, const Origin *o) {
        ContactClaim claim = { .contact_us = e->disinfected.contact_us, .said = true };
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
        /* An officer ended a session that may go on there: what is wiped meanwhile was wiped before its end. */
        if (room.hold_until_us > in->now.boot_us)
                return reject(in, REJECT_NOT_ALLOWED, NULL,
                              "The last permit of this room may still hold for %lld s. Wait, then disinfect it and record "
                              "it again.",
                              (long long)((room.hold_until_us - in->now.boot_us + US_PER_S - 1) / US_PER_S));
        r = room_soiled(in, &room, &claim);
        if (r == 0)
                r = contact_check(in, o, &claim);
        if (r != 0)
                return r;
        room.disinfected_us = in->now.wall_us;
        /* It was after the last session, whatever a clock that was set back meanwhile says. */
        if (room.session_end_us >= room.disinfected_us)
                room.session_end_us = room.disinfected_us - 1;
        r = room_save(in->store, &room);
        return r < 0 ? r : exposure_turnover(in, c->id, e->disinfected.by);
}
