/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions after the decision: started, ended, lapsed, suspended, and what becomes of their items. A session is live
 * while authorised, running or suspended. Reusable items come free with any end; single-use ones only when the same
 * room cancels in time, in one unbroken account of itself, and the last lease has run out.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"

/* The one place where a session changes its state. */
static void session_enter_state(Intake *in, SessionRow *s, SessionState state) {
        const LogSubject subject = { .session = s->label, .room = s->room };

        if (s->state == (int)state)
                return;
        batch_log(&in->batch, LOG_SESSION_CHANGED_KIND, LOG_INFO, &subject, "session %s in %s: %s, was %s", s->label,
                  s->room, session_state_name(state), session_state_name(s->state));
        s->state = (int)state;
        /* A permit that was decided in the same batch must not leave after this. */
        if (state != SESSION_AUTHORISED && state != SESSION_RUNNING)
                batch_withdraw(&in->batch, s->label);
        if (state == SESSION_RUNNING)
                s->started_us = in->now.wall_us;
        if (state == SESSION_ENDED || state == SESSION_LAPSED)
                s->ended_us = in->now.wall_us;
}

/* Something of it was in use: what is single-use comes free no more. False: that was known, and the row is as it was. */
bool session_touch(SessionRow *s) {
        const bool news = !s->touched || s->free_due == FREE_ALL;

        s->touched = true;
        if (s->free_due == FREE_ALL)
                s->free_due = FREE_REUSABLE;
        return news;
}

static int session_record(Intake *in, const SessionRow *s, const char *why) {
        record_begin(in, "session");
        jsonw_member_string(&in->w, "session", s->label);
        jsonw_member_string(&in->w, "state", session_state_name(s->state));
        jsonw_member_string(&in->w, "why", why);
        return record_end(in, NULL);
}

int session_suspend(Intake *in, SessionRow *s, const char *why) {
        int r;

        session_enter_state(in, s, SESSION_SUSPENDED);
        r = session_save(in->store, s);
        return r < 0 ? r : session_record(in, s, why);
}

/* Finds the session a room speaks of: 0, a Reject, or an error. */
static int session_want(Intake *in, const char *label, const Origin *o, SessionRow *ret) {
        int r = session_get(in->store, label, ret);

        if (r < 0)
                return r;
        if (r == 0)
                return reject(in, REJECT_BAD_MEMBER, "session", "Session %s was never allowed.", label);
        if (!streq(ret->room, o->device->room))
                return reject(in, REJECT_SESSION_CONFLICT, "session", "Session %s belongs to another room.", label);
        return 0;
}

/* Who else has it, or had it: 1 and the session, with its room where it holds the item still; 0: nobody. */
static int other_user(Intake *in, const ItemRow *item, const SessionRow *s, char session[static LABEL_MAX + 1],
                      char room[static LABEL_MAX + 1]) {
        int64_t id;
        int r = claim_of(in->store, item->id, &id, session, room);

        if (r < 0 || (r > 0 && id != s->id))
                return r;
        room[0] = '\0';
        snprintf(session, LABEL_MAX + 1, "%s", item->used_session);
        return item->used_us && session[0] && !streq(session, s->label);
}

/* Its session was over when the use was told, and another has taken it since. */
static int used_twice(Intake *in, const ItemRow *item, const SessionRow *s) {
        char other[LABEL_MAX + 1], room[LABEL_MAX + 1], text[TEXT_MAX + 1];
        int r = item_single_use(in, item) ? other_user(in, item, s, other, room) : 0;

        if (r <= 0)
                return r;
        snprintf(text, sizeof(text),
                 "%.130s was used in session %s, which says so only now; session %s has it too. Stop, discard it, and "
                 "have both patients followed up.",
                 item->code, s->label, other);
        r = alert_raise(in,
                        &(AlertAbout){ .rule = "reuse-detected",
                                       .subject = item->code,
                                       .severity = ALERT_CRITICAL,
                                       .item = item->code,
                                       .session = other,
                                       .room = s->room },
                        "%s", text);
        if (r == 0)
                r = room_lock(in, s->room, "reuse-detected", text);
        return r < 0 || !room[0] || streq(room, s->room) ? r : room_lock(in, room, "reuse-detected", text);
}

/* Everything the session was ever allowed was used in it. */
static int use_items(Intake *in, const SessionRow *s) {
        char code[CODE_MAX + 1];
        int64_t id = 0;
        int r;

        while ((r = session_item_next(in->store, s->id, id, &id, code)) > 0) {
                ItemRow item;

                r = item_get_id(in->store, id, &item);
                if (r <= 0)
                        return r < 0 ? r : -EBADMSG;
                r = used_twice(in, &item, s);
                if (r == 0)
                        r = item_use(in, &item, s->label);
                if (r == 0)
                        r = item_save(in->store, &item);
                if (r < 0)
                        return r;
        }
        return r;
}

/* Gives up the session's claims: all of them, or those on reusable items. */
static int free_items(Intake *in, const SessionRow *s, bool single_use_too) {
        int64_t id = 0;
        int r;

        while ((r = claim_next(in->store, s->id, id, &id)) > 0) {
                ItemRow item;

                r = item_get_id(in->store, id, &item);
                if (r <= 0)
                        return r < 0 ? r : -EBADMSG;
                if (!single_use_too && item_single_use(in, &item))
                        continue;
                r = claim_delete(in->store, id);
                if (r < 0)
                        return r;
        }
        return r;
}

int on_session_start(Intake *in, const Event *e, const Origin *o) {
        SessionRow s;
        int r = session_want(in, e->session_start.session, o, &s);

        if (r != 0)
                return r;
        if (s.state == SESSION_AUTHORISED)
                session_enter_state(in, &s, SESSION_RUNNING);
        if (s.started_us == 0)
                s.started_us = in->now.wall_us;
        session_touch(&s);
        r = use_items(in, &s);
        if (r == 0)
                r = session_save(in->store, &s);
        if (r == 0 && s.state != SESSION_RUNNING)
                r = room_used(in, s.room);
        if (r == 0)
                r = session_record(in, &s, "started");
        if (r == 0)
                r = follow_start(in, &s);
        return r < 0 ? r : room_settle(in, s.room);
}

/* --- the end --- */

/* Why this piece cannot come back although its seal is said to be intact, and what to do; NULL: it can. */
static const char *not_unopened(Intake *in, const SessionRow *s, const ItemRow *item) {
        Udi udi;
        const bool serial = udi_parse(item->code, strlen(item->code), year_now(in), &udi) == 0 && udi.serial[0];

        if (!item_single_use(in, item))
                return "is reprocessed after each session it was taken to. Leave it out here, and clean it";
        if (!streq(item->used_session, s->label))
                return "is not of this session. Scan what came back, or leave it out";
        if (item->returned)
                return "came back unopened once already. Leave it out, and discard it";
        /* A label of ours can be moved from one wrapping to another; a serial number that the maker printed cannot. */
        if (!serial)
                return "bears no serial number of its maker, so nobody can tell that it is the same. Leave it out, and "
                       "discard it";
        if (item->pack)
                return "was packed here, and its pack counts as opened. Leave it out, and discard it";
        if (item->attached_us || item->drawn_us || item->dropped_us || item->damaged_us)
                return "was seen in use, drawn into, dropped or damaged. Leave it out, and discard it";
        return NULL;
}

/* A named person says that the seal is intact. It frees a serially labelled item, once. */
static int return_unopened(Intake *in, const SessionRow *s, const char *code) {
        const char *why;
        ItemRow item;
        int r = item_want(in, "unopened", code, &item);

        if (r != 0)
                return r;
        why = not_unopened(in, s, &item);
        if (why)
                return reject(in, REJECT_BAD_MEMBER, "unopened", "%.100s %s.", item.code, why);
        item.returned = true;
        item.used_us = 0;
        item.used_session[0] = '\0';
        r = session_item_returned(in->store, s->id, item.id, in->now.wall_us);
        return r < 0 ? r : item_save(in->store, &item);
}

static int return_items(Intake *in, const Event *e, const Origin *o, const SessionRow *s) {
        const List *unopened = &e->session_end.unopened;
        int r = 0;

        if (unopened->n == 0)
                return 0;
        if (!e->session_end.by || !config_practitioner(in->config, e->session_end.by))
                return reject(in, REJECT_BAD_MEMBER, "by", "Say which registered person found the items unopened.");
        if (!o->sequenced || o->late)
                return reject(in, REJECT_SEQUENCE_REQUIRED, "unopened",
                              "Only a message in its order can bring items back.");
        for (size_t i = 0; i < unopened->n && r == 0; i++)
                r = return_unopened(in, s, unopened->v[i]);
        return r;
}

/*
 * Cancelled before anything happened, by the room's own unbroken account: the same boot in which the session was
 * allowed, and nothing of it missing since.
 */
static bool cancelled_cleanly(const Event *e, const Origin *o, const SessionRow *s) {
        return e->session_end.outcome == SESSION_CANCELLED && !s->touched && o->sequenced && !o->late && s->stream &&
               o->stream->id == s->stream && o->stream->order.lost == s->stream_lost && o->stream->order.n_holes == 0;
}

/* What a cancellation gives back, once the room can no longer be released: all, or what is reusable. */
static int cancel_items(Intake *in, const Event *e, const Origin *o, SessionRow *s) {
        s->free_due = cancelled_cleanly(e, o, s) ? FREE_ALL : FREE_REUSABLE;
        in->next_due_us = MIN_OF(in->next_due_us, s->lease_until_us);
        return 0;
}

static int end_items(Intake *in, const Event *e, const Origin *o, SessionRow *s) {
        int r;

        if (e->session_end.outcome == SESSION_CANCELLED && !s->touched)
                return cancel_items(in, e, o, s);
        session_touch(s);
        r = use_items(in, s);
        if (r == 0)
                r = return_items(in, e, o, s);
        return r != 0 ? r : free_items(in, s, true);
}

/* An end that is told again gives nothing back, and may still say that something was used, and in the room. */
static int end_again(Intake *in, const Event *e, SessionRow *s) {
        int r;

        if (e->session_end.outcome == SESSION_CANCELLED || s->outcome != SESSION_CANCELLED)
                return 0;
        session_touch(s);
        r = use_items(in, s);
        if (r == 0)
                r = session_save(in->store, s);
        return r < 0 ? r : room_used(in, s->room);
}

/* However it ended: what of its items it leaves is settled before. */
static int session_close(Intake *in, SessionRow *s, int outcome) {
        int r;

        session_enter_state(in, s, SESSION_ENDED);
        s->outcome = outcome;
        r = session_save(in->store, s);
        if (r == 0)
                r = room_used(in, s->room);
        if (r == 0)
                r = session_record(in, s, "ended");
        return r < 0 ? r : follow_end(in, s);
}

int on_session_end(Intake *in, const Event *e, const Origin *o) {
        SessionRow s;
        int r = session_want(in, e->session_end.session, o, &s);

        for (size_t i = 0; i < e->session_end.dropped.n && r == 0; i++)
                r = after_dropped(in, e->session_end.dropped.v[i], config_practitioner(in->config, e->session_end.by));
        if (r != 0)
                return r;
        if (s.state == SESSION_ENDED && s.outcome >= 0)
                return end_again(in, e, &s);
        r = end_items(in, e, o, &s);
        if (r == 0)
                r = session_close(in, &s, e->session_end.outcome);
        if (r == 0)
                r = after_session(in, s.label);
        if (r == 0 && s.free_due && s.lease_until_us <= in->now.boot_us)
                r = sessions_tick(in);
        return r != 0 ? r : room_settle(in, s.room);
}

static const char *const over[] = { [SESSION_ENDED] = "has ended", [SESSION_LAPSED] = "was never started and has lapsed" };

/*
 * An officer ends what the room does not. Nobody there says what was used, so all of it counts as used; and whoever has a
 * permit still may hold it, so the room is busy until the last of them has surely run out.
 */
int intake_session_end(Intake *in, const Now *now, const char *session, const char *by, const char *reason,
                       char ret_text[static ACT_TEXT_MAX]) {
        RoomRow room;
        SessionRow s;
        int r = session_get(in->store, session, &s);

        in->now = *now;
        if (r <= 0 || s.state > SESSION_SUSPENDED) {
                snprintf(ret_text, ACT_TEXT_MAX,
                         r > 0 ? "Session %s %s. There is nothing to end." :
                                 "Session %s is not known here. Look with: asepsisctl rooms",
                         session, r > 0 ? over[s.state] : "");
                return r < 0 ? r : 1;
        }
        session_touch(&s);
        r = use_items(in, &s);
        if (r == 0)
                r = free_items(in, &s, true);
        if (r == 0)
                r = session_close(in, &s, SESSION_STOPPED);
        if (r == 0)
                r = session_ended_by(in->store, s.id, by, reason);
        if (r == 0)
                r = after_session(in, s.label);
        if (r == 0)
                r = room_hold(in, s.room);
        if (r == 0)
                r = room_settle(in, s.room);
        if (r == 0)
                r = room_get(in->store, s.room, &room);
        if (r < 0)
                return r;
        snprintf(ret_text, ACT_TEXT_MAX,
                 "Session %s in room %s is ended. What it held counts as used. Its permit may still hold for %lld s; the "
                 "room stays busy until then, and needs disinfection.",
                 s.label, s.room,
                 (long long)(MAX_OF(INT64_C(0), room.hold_until_us - in->now.boot_us + US_PER_S - 1) / US_PER_S));
        return 0;
}

/* Something was done to the patient, whether or not the room ever said that it started. */
static int treatment_began(Intake *in, SessionRow *s) {
        int r = s->state > SESSION_SUSPENDED && !s->touched ? use_items(in, s) : 0;

        if (session_touch(s) && r == 0)
                r = session_save(in->store, s);
        return r < 0 || s->state <= SESSION_SUSPENDED ? r : room_used(in, s->room);
}

/* The blood of two people, or nobody knows whose: it is good for neither, and both are told to the officer only. */
static int drawn_for_two(Intake *in, ItemRow *item, const SessionRow *s) {
        if (item->damaged_us == 0) {
                item->damaged_us = in->now.wall_us;
                snprintf(item->damage_reason, sizeof(item->damage_reason), "drawn into for two patients");
        }
        return alert_raise(in,
                           &(AlertAbout){ .rule = "item-other-patient",
                                          .subject = item->code,
                                          .severity = ALERT_CRITICAL,
                                          .item = item->code,
                                          .session = s->label,
                                          .room = s->room },
                           "%.130s was drawn into in session %s, and belongs to another patient already. Discard it; "
                           "draw anew into a new tube.",
                           item->code, s->label);
}

/*
 * A tube of blood, or what is made of it in the same session: it belongs to this session's patient. The time of all of it
 * counts from the session's first draw, because nobody says what was made of which tube.
 */
static int draw_into(Intake *in, ItemRow *item, const SessionRow *s) {
        int64_t first_us;
        int r = item_first_draw(in->store, s->patient, s->allowed_us, &first_us);

        if (r < 0)
                return r;
        if (item->patient[0] && !streq(item->patient, s->patient)) {
                r = drawn_for_two(in, item, s);
                return r < 0 ? r : item_save(in->store, item);
        }
        snprintf(item->patient, sizeof(item->patient), "%s", s->patient);
        if (item->drawn_us == 0)
                item->drawn_us = first_us ?: in->now.wall_us;
        return item_save(in->store, item);
}

int on_draw(Intake *in, const Event *e, const Origin *o) {
        ItemRow item;
        SessionRow s;
        int r = session_want(in, e->draw.session, o, &s);

        if (r == 0)
                r = item_want(in, "item", e->draw.item, &item);
        if (r == 0)
                r = draw_into(in, &item, &s);
        return r != 0 ? r : treatment_began(in, &s);
}

/* Serum, a cleanse between rounds and aftercare go with needling; what comes before it may still be cancelled. */
int on_session_step(Intake *in, const Event *e, const Origin *o) {
        const int step = e->session_step.step;
        SessionRow s;
        int r = session_get(in->store, e->session_step.session, &s);

        if (r <= 0 || !streq(s.room, o->device->room))
                return r < 0 ? r : 0;
        r = step == STEP_SERUM || step == STEP_CLEANSE || step == STEP_AFTERCARE ? treatment_began(in, &s) : 0;
        return r < 0 ? r : follow_step(in, e, o, &s);
}

int session_doubted(Intake *in, const char *room) {
        SessionRow s;
        int r = session_live(in->store, room, &s);

        if (r <= 0 || s.touched)
                return r < 0 ? r : 0;
        session_touch(&s);
        return session_save(in->store, &s);
}

/* --- by the clock --- */

/* Touched without ever being started: what it held was used, and the room too. */
static int lapse(Intake *in, SessionRow *s) {
        int r = s->touched ? use_items(in, s) : 0;

        if (r == 0 && s->touched)
                r = room_used(in, s->room);
        session_enter_state(in, s, SESSION_LAPSED);
        if (r == 0)
                r = free_items(in, s, false);
        if (r == 0)
                r = session_record(in, s, "its lease ran out before it started");
        if (r == 0 && s->touched)
                r = after_session(in, s->label);
        return r < 0 ? r : follow_end(in, s);
}

static int lapse_or_free(Intake *in, SessionRow *s) {
        const bool all = s->free_due == FREE_ALL;
        int r;

        if (s->free_due) {
                s->free_due = FREE_NOTHING;
                r = free_items(in, s, all);
        } else {
                r = lapse(in, s);
        }
        if (r == 0)
                r = session_save(in->store, s);
        return r < 0 ? r : room_settle(in, s->room);
}

int sessions_tick(Intake *in) {
        SessionRow s;
        int r;

        while ((r = session_due(in->store, in->now.boot_us, &s)) > 0) {
                r = lapse_or_free(in, &s);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        in->next_due_us = INT64_MAX;
        r = session_next_due(in->store, &in->next_due_us);
        return r < 0 ? r : rooms_tick(in);
}
