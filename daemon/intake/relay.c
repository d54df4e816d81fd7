/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Relays: what switches the handpiece's power. One that verifies permits asks for its own, and each says what it really
 * does, which is compared with what was granted.
 *
 * A relay's permit rests on the lease that the room's controller keeps alive: it never lasts beyond that lease, and
 * never makes it longer. So one number says until when a room could still be released, and when its controller dies the
 * relay falls too, however well it asks by itself.
 *
 * That also makes it safe to answer a nonce of a relay each time that it comes, judged anew and without remembering it.
 * A relay counts its permit from when it sent that nonce, which was before it came here, so a permit for an old or
 * repeated nonce ends no later than one for a new nonce would, and never after the room's lease. (A nonce of a room
 * makes the lease longer, by counting from when it first came; that is why those are kept.)
 */
#include <errno.h>
#include <stdio.h>

#include "intake/permit.h"
#include "intake/session.h"

/* What waited at the broker, or here, while nobody took it, has come through by then. */
#define QUEUE_US (10 * US_PER_S)

/* A critical alert is about the room that it locks, a warning about the relay: so neither counts the other up. */
static const char rule[] = "interlock-mismatch";

/* --- its own permit --- */

static void deny_locked(const char *room, const char *lock, GateVerdict *v) {
        verdict_deny(v, "room-locked", "Room %s is locked (%s). An officer looks at it, and then unlocks it: asepsisctl room "
                                       "unlock %s.",
                     room, lock, room);
}

/* What is left of the lease that the room itself keeps: since the machine started it has renewed it. */
static int64_t lease_left(const Intake *in, const RoomLook *look) {
        if (!look->live || look->session.lease_until_us <= in->restarted_until_us)
                return 0;
        return look->session.lease_until_us - in->now.boot_us;
}

/* 0 and the verdict, with *ret_ttl_us on allow. */
static int judge(Intake *in, const RoomLook *look, GateVerdict *v, Overridden *ret_overridden,
                 int64_t *ret_ttl_us) {
        const int64_t left_us = lease_left(in, look);
        const char *over = look->live ? session_over_text(&look->session) : NULL;
        RoomLockRow lock;
        int r;

        if (look->live && !over && left_us >= US_PER_MS) {
                *ret_ttl_us = MIN_OF(in->config->gate.lease_us, left_us);
                return session_judge(in, &look->session, v, ret_overridden);
        }
        v->n = 0;
        v->allow = false;
        r = room_lock_next(in->store, look->room.id, "", &lock);
        if (r > 0)
                deny_locked(look->room.id, lock.rule, v);
        if (!look->live)
                verdict_deny(v, "session-over", "No session is live in room %s. Ask for one in the room.",
                             look->room.id);
        else if (over)
                verdict_deny(v, "session-over", "Session %s %s. End it in the room, and ask for a new session.",
                             look->session.label, over);
        else
                verdict_deny(v, "session-over",
                             "Session %s has no lease: its room did not renew it in time. Let the room renew it first.",
                             look->session.label);
        return r < 0 ? r : 0;
}

static int note_permit(Intake *in, const Event *e, const char *room, int64_t ttl_us) {
        RelayRow relay;
        int r = relay_get(in->store, e->device, &relay);

        if (r < 0)
                return r;
        snprintf(relay.room, sizeof(relay.room), "%s", room);
        relay.permit_from_us = in->now.boot_us;
        relay.permit_until_us = in->now.boot_us + ttl_us;
        return relay_save(in->store, &relay);
}

int on_relay_renew(Intake *in, const Event *e, const Origin *o) {
        const char *room = o->device->room;
        Answer a = { .kind = KIND_ACTUATOR,
                     .device = e->device,
                     .topic = "permit",
                     .room = room,
                     .nonce = e->renew.nonce,
                     .correlation = o->correlation,
                     .n_correlation = o->n_correlation };
        EncodeDecision bare;
        int64_t ttl_us = 0;
        RoomLook look;
        int r;

        r = room_look(in, room, &look);
        if (r < 0)
                return r;
        a.session = look.live ? look.session.label : NULL;
        r = judge(in, &look, in->verdict, &a.overridden, &ttl_us);
        if (r == 0)
                r = answer_record(in, &a, in->verdict, NULL);
        if (r == 0)
                r = answer_give(in, &a, in->verdict, ttl_us, &bare);
        if (r == 0)
                r = answer_log(in, &a, in->verdict);
        return r < 0 || !in->verdict->allow ? r : note_permit(in, e, room, ttl_us);
}

/* --- what it really does --- */

static void facts_of(const Intake *in, const Event *e, const RoomLook *look, const RelayRow *relay, RelayFacts *ret) {
        const bool waited = in->now.boot_us - in->listening_us < QUEUE_US;

        *ret = (RelayFacts){ .energised = e->state.energised,
                             .moment_known = e->env.has_age || !waited,
                             .moment_us = in->now.boot_us - (e->env.has_age ? e->env.age_us : 0),
                             .released = look->state == INTERLOCK_AUTHORISED || look->state == INTERLOCK_RUNNING,
                             .release_from_us = look->room.release_from_us,
                             .release_until_us = look->room.release_until_us,
                             .released_before_us = look->room.released_before_us,
                             .permit_from_us = relay->permit_from_us,
                             .permit_until_us = relay->permit_until_us };
}

/* Somebody may have been treated. A session that is live leaves a room to be disinfected at its own end. */
static int mismatch(Intake *in, const Event *e, const RoomLook *look) {
        const char *room = look->room.id;
        char text[TEXT_MAX + 1];
        int r = look->live ? 0 : room_used(in, room);

        if (r < 0)
                return r;

        snprintf(text, sizeof(text),
                 "Relay %s in room %s says that it is energised, and no permit that was given can still hold. Cut its "
                 "power, let nobody be treated there, and find out why it did not open.",
                 e->device, room);
        r = alert_raise(
                in,
                &(AlertAbout){
                        .rule = rule, .subject = room, .severity = ALERT_CRITICAL, .room = room, .device = e->device },
                "%s", text);
        return r < 0 ? r : room_lock(in, room, rule, text);
}

static int idle(Intake *in, const Event *e, const char *room) {
        return alert_raise(in,
                           &(AlertAbout){ .rule = rule,
                                          .subject = e->device,
                                          .severity = ALERT_WARNING,
                                          .room = room,
                                          .device = e->device },
                           "Relay %s in room %s is not energised although it holds a permit. Look at its wiring and at "
                           "what it says of itself.",
                           e->device, room);
}

/* By when it should have said that it opened. */
static int64_t due(const Intake *in, const RoomLook *look) {
        return MAX_OF(look->room.release_until_us, in->now.boot_us) + INTERLOCK_SLACK_US + INTERLOCK_SETTLE_US;
}

/*
 * What it said last stands until an officer unlocks the room. That it is open is believed only where nothing that came
 * before can still be missing; that it is energised, also without that.
 */
static int note_said(Intake *in, const Event *e, const Origin *o, const RoomLook *look, RelayRow *relay, bool wrong) {
        const bool energised = e->state.energised;

        if (o->late || (!energised && !o->sequenced))
                return 0;
        snprintf(relay->room, sizeof(relay->room), "%s", look->room.id);
        relay->said = energised ? RELAY_SAID_ENERGISED : RELAY_SAID_OPEN;
        relay->at_us = in->now.wall_us;
        relay->due_us = energised && !wrong ? due(in, look) : 0;
        if (relay->due_us)
                in->next_due_us = MIN_OF(in->next_due_us, relay->due_us);
        return relay_save(in->store, relay);
}

int on_relay_state(Intake *in, const Event *e, const Origin *o) {
        const char *room = o->device->room;
        RelayVerdict verdict;
        RelayFacts facts;
        RelayRow relay;
        RoomLook look;
        int r;

        r = room_look(in, room, &look);
        if (r == 0)
                r = relay_get(in->store, e->device, &relay);
        if (r < 0)
                return r;
        facts_of(in, e, &look, &relay, &facts);
        verdict = interlock_relay(&facts);
        r = note_said(in, e, o, &look, &relay, verdict == RELAY_MISMATCH);
        if (r < 0)
                return r;
        switch (verdict) {
        case RELAY_MISMATCH:
                return mismatch(in, e, &look);
        case RELAY_IDLE:
                return idle(in, e, room);
        case RELAY_RIGHT:
        case _RELAY_VERDICT_MAX:
                break;
        }
        return facts.moment_known && o->sequenced && !o->late ? alert_resolve(in, rule, e->device, "asepsisd") : 0;
}

/* --- by the clock --- */

/* Still configured here, so that somebody can be expected to hear from it. */
static bool expected(const Intake *in, const RelayRow *relay) {
        const ConfigDevice *d = config_device(in->config, relay->device);

        return d && config_device_is(d, KIND_ACTUATOR) && streq_ptr(d->room, relay->room);
}

static int silent(Intake *in, const RelayRow *relay) {
        return alert_raise(
                in,
                &(AlertAbout){ .rule = rule,
                               .subject = relay->device,
                               .severity = ALERT_WARNING,
                               .room = relay->room,
                               .device = relay->device },
                "Relay %s in room %s was energised, the last permit has run out, and it has not said that it "
                "opened. Look whether the handpiece is dead, and why the relay is silent.",
                relay->device, relay->room);
}

int relays_tick(Intake *in) {
        RelayRow relay;
        int r;

        while ((r = relay_due(in->store, in->now.boot_us, &relay)) > 0) {
                int64_t due_us;
                RoomRow room;

                r = room_get(in->store, relay.room, &room);
                if (r < 0)
                        return r;
                due_us = room.release_until_us + INTERLOCK_SLACK_US + INTERLOCK_SETTLE_US;
                relay.due_us = due_us > in->now.boot_us ? due_us : 0;
                r = relay_save(in->store, &relay);
                if (r == 0 && !relay.due_us && expected(in, &relay))
                        r = silent(in, &relay);
                if (r < 0)
                        return r;
        }
        return r;
}
