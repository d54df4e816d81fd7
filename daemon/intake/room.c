/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rooms: the interlock of each, and what keeps it locked. A room's state follows from its live session, that session's
 * lease and the locks: core/interlock.h says how, room_settle() asks it whenever one of them changed, and
 * room_enter_state() is the only place that writes it down. Displays read it; relays energise on permits alone.
 *
 * A lock is another thing than an alert: it is set anew by each occurrence of its cause, whether or not the alert about
 * it is open, and only an officer opens it.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"

/* --- state --- */

int room_look(Intake *in, const char *id, RoomLook *ret) {
        return room_look_at(in->store, id, in->now.boot_us, ret);
}

/* The one place where a room changes its state. */
static int room_enter_state(Intake *in, RoomLook *look) {
        const LogSubject subject = { .session = look->live ? look->session.label : NULL, .room = look->room.id };
        const Interlock was = (Interlock)look->room.interlock;
        int r;

        if (was == look->state)
                return 0;
        look->room.interlock = (int)look->state;
        r = room_interlock_save(in->store, &look->room);
        return r < 0 ? r
                     : batch_log(&in->batch, LOG_ROOM_CHANGED_KIND, LOG_INFO, &subject, "room %s: %s, was %s%s%s",
                                 look->room.id, interlock_name((int)look->state), interlock_name((int)was),
                                 look->live ? ", session " : "", look->live ? look->session.label : "");
}

int room_settle(Intake *in, const char *id) {
        RoomLook look;
        int r = room_look(in, id, &look);

        if (r == 0)
                r = room_enter_state(in, &look);
        if (r == 0 && look.facts.lease_until_us > in->now.boot_us)
                in->next_due_us = MIN_OF(in->next_due_us, look.facts.lease_until_us);
        return r < 0 ? r : state_room(in, &look);
}

int room_tell(Intake *in, const char *id) {
        RoomLook look;
        int r = room_look(in, id, &look);

        return r < 0 ? r : state_room(in, &look);
}

int room_leased(Intake *in, const char *id, int64_t from_us, int64_t until_us) {
        RoomRow room;
        int r = room_get(in->store, id, &room);

        if (r < 0 || until_us <= room.release_until_us)
                return r < 0 ? r : 0;
        if (room.release_until_us < from_us) {
                room.released_before_us = room.release_until_us;
                room.release_from_us = from_us;
        }
        room.release_until_us = until_us;
        return room_interlock_save(in->store, &room);
}

int room_hold(Intake *in, const char *id) {
        RoomRow room;
        int r = room_get(in->store, id, &room);

        if (r < 0)
                return r;
        room.hold_until_us = MAX_OF(room.hold_until_us, room.release_until_us + INTERLOCK_SLACK_US);
        return room_interlock_save(in->store, &room);
}

int room_used(Intake *in, const char *id) {
        RoomRow room;
        int r = room_get(in->store, id, &room);

        if (r < 0)
                return r;
        room.session_end_us = in->now.wall_us;
        room.disinfected_us = 0; /* whenever that was, it was before this */
        return room_save(in->store, &room);
}

int rooms_tick(Intake *in) {
        char id[LABEL_MAX + 1];
        int64_t next;
        int r;

        while ((r = room_due(in->store, in->now.boot_us, id)) > 0) {
                r = room_settle(in, id);
                if (r < 0)
                        return r;
        }
        if (r == 0)
                r = relays_tick(in);
        if (r < 0)
                return r;
        r = room_next_due(in->store, &next);
        if (r > 0)
                in->next_due_us = MIN_OF(in->next_due_us, next);
        return r < 0 ? r : 0;
}

/* --- locks --- */

static int lock_record(Intake *in, const char *room, const char *rule, const char *session, int64_t *ret_i) {
        record_begin(in, "room-lock");
        jsonw_member_string(&in->w, "room", room);
        jsonw_member_string(&in->w, "rule", rule);
        jsonw_member_optional(&in->w, "session", session);
        return record_end(in, ret_i);
}

int room_lock(Intake *in, const char *room, const char *rule, const char *text) {
        SessionRow s = {};
        const LogSubject subject = { .rule = rule, .session = s.label, .room = room };
        int live = room ? session_live(in->store, room, &s) : 0, r;
        int64_t i;

        if (!room || live < 0)
                return live;
        r = lock_record(in, room, rule, live ? s.label : NULL, &i);
        if (r == 0)
                r = room_lock_put(in->store, room, rule, live ? s.label : NULL, text, i, in->now.wall_us);
        if (r > 0)
                r = batch_log(&in->batch, LOG_ROOM_LOCKED_KIND, LOG_CRIT, &subject,
                              "room %s is locked until an officer unlocks it: %s: %s", room, rule, text);
        if (r == 0 && live && s.state != SESSION_SUSPENDED)
                r = session_suspend(in, &s, rule);
        return r < 0 ? r : room_settle(in, room);
}

/* --- unlocking --- */

int room_still_energised(Intake *in, const RoomRow *room, RelayRow *ret) {
        if (in->now.boot_us <= room->release_until_us + INTERLOCK_SLACK_US)
                return 0;
        for (size_t i = 0; i < in->config->n_devices; i++) {
                const ConfigDevice *d = in->config->devices + i;
                int r = config_device_is(d, KIND_ACTUATOR) && streq_ptr(d->room, room->id)
                                ? relay_get(in->store, d->id, ret)
                                : 0;

                if (r < 0 || (r > 0 && ret->said == RELAY_SAID_ENERGISED))
                        return r;
        }
        return 0;
}

/* Why it cannot be unlocked now: 1 and a sentence; 0: it can. */
static int refuse_unlock(Intake *in, const RoomLook *look, char ret_text[static ACT_TEXT_MAX]) {
        const char *room = look->room.id;
        RelayRow relay;
        int r;

        if (!look->facts.locked) {
                snprintf(ret_text, ACT_TEXT_MAX, "Room %s is not locked by anything that an officer can unlock.", room);
                return 1;
        }
        if (look->live) {
                snprintf(ret_text, ACT_TEXT_MAX,
                         "Session %s is still live in room %s (%s). End it first: asepsisctl session end %s "
                         "--by=OFFICER --reason=TEXT.",
                         look->session.label, room, session_state_name(look->session.state), look->session.label);
                return 1;
        }
        r = room_still_energised(in, &look->room, &relay);
        if (r > 0)
                snprintf(ret_text, ACT_TEXT_MAX,
                         "Relay %s in room %s said last that it is energised, and no permit can hold any more. Cut its "
                         "power, repair it, and let it say that it is open; or take it out of the configuration.",
                         relay.device, room);
        return r;
}

static const char *times(int64_t count, char buf[static 32]) {
        if (count < 2)
                return "";
        snprintf(buf, 32, " (%lld times)", (long long)count);
        return buf;
}

/* What it unlocks, one rule after the other. */
static int list_locks(Intake *in, const char *room, char *ret, size_t size) {
        RoomLockRow lock = {};
        size_t n = 0;
        int r;

        ret[0] = '\0';
        while ((r = room_lock_next(in->store, room, lock.rule, &lock)) > 0 && n < size)
                n += (size_t)snprintf(ret + n, size - n, "%s%s%s: %s", n ? " / " : "", lock.rule, times(lock.count, (char[32]){ 0 }),
                                      lock.text);
        return r < 0 ? r : 0;
}

int intake_room_unlock(Intake *in, const Now *now, const char *room, const char *by, const char *reason,
                       char ret_text[static ACT_TEXT_MAX]) {
        const LogSubject subject = { .room = room };
        char locks[ACT_TEXT_MAX - 128];
        RoomLook look;
        int r;

        in->now = *now;
        r = room_look(in, room, &look);
        if (r == 0)
                r = refuse_unlock(in, &look, ret_text);
        if (r == 0)
                r = list_locks(in, room, locks, sizeof(locks));
        /* Its record in the chain is the act's own, the last one. */
        if (r == 0)
                r = room_lock_open(in->store, room, in->head.size, in->now.wall_us, by, reason);
        if (r == 0)
                r = batch_log(&in->batch, LOG_ROOM_UNLOCKED_KIND, LOG_NOTICE, &subject,
                              "room %s is unlocked by %s: %s; %s", room, by, reason, locks);
        if (r == 0)
                r = room_settle(in, room);
        if (r == 0)
                snprintf(ret_text, ACT_TEXT_MAX, "Room %.64s is unlocked. It was locked by %s", room, locks);
        return r;
}
