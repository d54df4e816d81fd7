/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the needles did, as the handpiece says it. `attached` already counts as use. Contact belongs to the live session
 * that holds the item, in the handpiece's room, or for a minute after its end to that one; any other contact is an
 * alert that locks. Section 5 of the rules: use-without-session, reuse-detected, clone-detected.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"

#define AFTER_END_US (60 * US_PER_S)

/* Whose the item is at this moment. */
typedef struct Holder {
        bool live;                      /* an authorised or running session of this room holds it */
        bool stopped;                   /* a suspended one of this room does */
        bool after;                     /* it ended less than a minute ago, in this room */
        bool told;                      /* an alert may have suspended the session since it was read */
        SessionRow session;             /* of `live`, `stopped` and `after` */
        char elsewhere[LABEL_MAX + 1];  /* a live session of another room that holds it; or empty */
        char other_room[LABEL_MAX + 1]; /* of `elsewhere` */
} Holder;

static void holder_of_claim(Holder *h, const char *room) {
        const SessionRow *s = &h->session;

        if (s->state > SESSION_SUSPENDED)
                return;
        if (streq_ptr(s->room, room)) {
                h->live = s->state != SESSION_SUSPENDED;
                h->stopped = s->state == SESSION_SUSPENDED;
                return;
        }
        snprintf(h->elsewhere, sizeof(h->elsewhere), "%s", s->label);
        snprintf(h->other_room, sizeof(h->other_room), "%s", s->room);
}

/* The newest session that was ever allowed it, where that is just over. */
static int holder_that_was(Intake *in, const ItemRow *item, const char *room, Holder *ret) {
        ItemSession last;
        int r = item_session_last(in->store, item->id, &last);

        if (r > 0)
                ret->after = streq_ptr(last.room, room) && last.state == SESSION_ENDED &&
                             in->now.wall_us - last.at_us <= AFTER_END_US && in->now.wall_us >= last.at_us;
        if (r <= 0 || !ret->after)
                return r < 0 ? r : 0;
        r = session_get(in->store, last.label, &ret->session);
        return r > 0 ? 0 : r < 0 ? r : -EBADMSG;
}

static int holder_find(Intake *in, const ItemRow *item, const char *room, Holder *ret) {
        int r;

        *ret = (Holder){};
        r = session_of_claim(in->store, item->id, &ret->session);
        if (r > 0)
                holder_of_claim(ret, room);
        return r < 0 || ret->live ? MIN_OF(r, 0) : holder_that_was(in, item, room, ret);
}

/* The subject is an item of the ledger, or else the device: what a device reads must not grow the list of alerts. */
static int critical(Intake *in, const char *rule, const Event *e, const Origin *o, const char *item,
                    const char *session, const char *text) {
        int r = alert_raise(in,
                            &(AlertAbout){ .rule = rule,
                                           .subject = item ?: e->device,
                                           .severity = ALERT_CRITICAL,
                                           .item = item,
                                           .session = session,
                                           .room = o->device->room,
                                           .device = e->device },
                            "%s", text);

        return r < 0 ? r : room_lock(in, o->device->room, rule, text);
}

/* Contact that belongs to no session here: reuse, where a session used it; else nobody knows whose. The patients
 * are named to the officer through the sessions, not in here: alerts are retained on a topic that displays read. */
static int stray_contact(Intake *in, const Event *e, const Origin *o, const ItemRow *item, const Holder *h) {
        const char *room = o->device->room ?: "an unknown room";
        char text[TEXT_MAX + 1];

        if (h->elsewhere[0]) {
                int r;

                snprintf(text, sizeof(text),
                         "%.130s touched skin in %s while session %s holds it elsewhere. Stop both sessions, discard "
                         "it, and have both patients followed up.",
                         item->code, room, h->elsewhere);
                /* Whose needle it is now nobody knows: that session must not go on with it either. */
                r = room_lock(in, h->other_room, "reuse-detected", text);
                return r < 0 ? r : critical(in, "reuse-detected", e, o, item->code, h->elsewhere, text);
        }
        if (item_single_use(in, item) && item->used_session[0] && !h->stopped) {
                snprintf(text, sizeof(text),
                         "%.130s touched skin again in %s; it was used in session %s. Stop, discard it, and have both "
                         "patients followed up.",
                         item->code, room, item->used_session);
                return critical(in, "reuse-detected", e, o, item->code, item->used_session, text);
        }
        snprintf(text, sizeof(text),
                 "%.130s touched skin in %s, and no session there holds it. Stop, and find out who was treated.",
                 item->code, room);
        return critical(in, "use-without-session", e, o, item->code, NULL, text);
}

/* A round is passes over skin, whether or not the handpiece also said `contact`. */
static bool on_skin(const Event *e) {
        return e->usage.event == USAGE_CONTACT || e->usage.event == USAGE_ROUND;
}

/* Either of the two may be the copy: a session that goes on where the other one is must not go on with it. */
static int lock_other(Intake *in, const Event *e, const Origin *o, const ItemRow *item, const char *text) {
        const ConfigDevice *other = config_device(in->config, item->attached);
        SessionRow s;
        int live = 0;

        if (other && other->room && !streq(item->attached, e->device) && !streq_ptr(other->room, o->device->room))
                live = session_live(in->store, other->room, &s);
        return live <= 0 ? live : room_lock(in, other->room, "clone-detected", text);
}

/* In two places at once, or risen from the sharps container. */
static int clone_check(Intake *in, const Event *e, const Origin *o, ItemRow *item) {
        const bool dropped = item->dropped_us && on_skin(e);
        const bool twice = e->usage.event != USAGE_DETACHED && item->attached[0] && !streq(item->attached, e->device);
        char text[TEXT_MAX + 1];
        int r;

        if (!dropped && !twice)
                return 0;
        if (item->cloned_us == 0)
                item->cloned_us = in->now.wall_us;
        snprintf(text, sizeof(text), "%.130s was seen on %s %s. One of the two is a copy: stop, and discard both.",
                 item->code, e->device, dropped ? "after it was dropped" : "while it sits on another handpiece");
        r = twice ? lock_other(in, e, o, item, text) : 0;
        return r < 0 ? r : critical(in, "clone-detected", e, o, item->code, NULL, text);
}

/* Somebody was treated there. A session that is live leaves a room to be disinfected at its own end. */
static int contact_in(Intake *in, const char *room) {
        SessionRow s;
        int live = room ? session_live(in->store, room, &s) : 1;

        return live < 0 ? live : live ? 0 : room_used(in, room);
}

static int unknown_item(Intake *in, const Event *e, const Origin *o) {
        char text[TEXT_MAX + 1];
        int r = e->usage.event == USAGE_DETACHED ? 0 : item_stray(in, e->usage.item, true, false);

        if (r == 0 && on_skin(e))
                r = item_contact(in, e->usage.item, 0, o->device->room);
        if (r < 0 || !on_skin(e))
                return r;
        r = contact_in(in, o->device->room);
        if (r < 0)
                return r;
        snprintf(text, sizeof(text),
                 "An item that was never received (%.100s) touched skin in %s. Stop, and find out who was treated.",
                 e->usage.item, o->device->room ?: "an unknown room");
        return critical(in, "use-without-session", e, o, NULL, NULL, text);
}

/* What will be disinfected has its agent's time counted from its last use, so for that each use is noted. */
static void follow_attachment(Intake *in, const Event *e, ItemRow *item) {
        const char *where = e->usage.event == USAGE_DETACHED ? "" : e->device;

        if (item->attached_us && streq(item->attached, where) && item_single_use(in, item))
                return;
        item->attached_us = in->now.wall_us;
        snprintf(item->attached, sizeof(item->attached), "%s", where);
}

/*
 * The session that the use belongs to, or none. One that was cancelled and ended less than a minute ago was touched
 * after all: what it held does not come free.
 */
static int note_use(Intake *in, const Origin *o, ItemRow *item, Holder *h) {
        int r;

        if (!h->live && !h->after && !h->stopped) {
                r = item_contact(in, item->code, item->pack, o->device->room);
                return r < 0 ? r : item_use(in, item, "");
        }
        r = item_use(in, item, h->session.label);
        return r < 0 || !session_touch(&h->session) ? r : session_save(in->store, &h->session);
}

/*
 * Told for another session, which was given it too: it was used there, whatever was said when it came back, and this one
 * has it now. (A handpiece that still bears the last session's name speaks of pieces which that one never had.)
 */
static int used_before(Intake *in, const Event *e, const Origin *o, const ItemRow *item, Holder *h) {
        char code[CODE_MAX + 1], text[TEXT_MAX + 1];
        const char *named = e->usage.session;
        SessionRow other;
        int64_t given;
        int r;

        if (!h->live || !named || streq(named, h->session.label) || !item_single_use(in, item))
                return 0;
        r = session_get(in->store, named, &other);
        if (r > 0)
                r = session_item_next(in->store, other.id, item->id - 1, &given, code);
        if (r <= 0 || given != item->id)
                return r < 0 ? r : 0;
        snprintf(text, sizeof(text),
                 "%.130s was used in session %s, which is told only now; session %s has it. Stop, discard it, and have "
                 "both patients followed up.",
                 item->code, named, h->session.label);
        h->told = true;
        return critical(in, "reuse-detected", e, o, item->code, named, text);
}

int on_usage(Intake *in, const Event *e, const Origin *o) {
        ItemRow item, was;
        Holder h;
        int r = item_find(in, e->usage.item, &item);

        if (r <= 0)
                return r < 0 ? r : unknown_item(in, e, o);
        was = item;
        r = clone_check(in, e, o, &item);
        if (r == 0)
                r = holder_find(in, &item, o->device->room, &h);
        if (r == 0 && on_skin(e) && !h.live)
                r = contact_in(in, o->device->room);
        if (r == 0 && on_skin(e) && !h.live && !h.after) {
                r = stray_contact(in, e, o, &item, &h);
                h.told = true;
        }
        if (r == 0 && e->usage.event != USAGE_DETACHED)
                r = used_before(in, e, o, &item, &h);
        if (r == 0 && h.told && (h.live || h.stopped) && session_get_id(in->store, h.session.id, &h.session) < 0)
                r = -EIO;
        if (r == 0 && e->usage.event != USAGE_DETACHED)
                r = note_use(in, o, &item, &h);
        if (r < 0)
                return r;
        follow_attachment(in, e, &item);
        r = item_save_changes(in->store, &was, &item);
        if (r == 0 && (h.live || h.stopped || h.after))
                r = follow_usage(in, e, o, &item, &h.session);
        return r;
}
