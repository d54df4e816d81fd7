/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After a session has begun: are its needles in a sharps container, is what is used again being cleaned, has it been
 * ended? What is owed is decided in core/after.h; here each session that owes something has a time at which it is
 * looked at next, in the ledger, so that a restart forgets nothing. A session that owes nothing has none, and is never
 * looked at again. Nothing is judged while the clock is in doubt: alerts that stand go on standing, and no new ones are
 * raised.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/after.h"
#include "intake/session.h"
#include "store/after.h"

#define SLICE 8                       /* sessions that one tick looks at */
#define WAKE_MOST_US (600 * US_PER_S) /* so that a wall clock that was set is noticed */
#define SOON_US (60 * US_PER_S)
#define BACK_US US_PER_S /* a wall clock that goes back by more was set */
#define NAMED_MAX 160    /* bytes of item codes in one alert */

/* --- what is owed --- */

/* Items of one kind, as they are named in an alert. */
typedef struct Owed {
        unsigned n, named;
        size_t used;
        char codes[NAMED_MAX];
} Owed;

static void owed_add(Owed *o, const char *code) {
        const size_t n = strlen(code);

        o->n++;
        if (o->named < o->n - 1 || o->used + n + 3 > sizeof(o->codes))
                return; /* once one is left out so are those after it */
        o->used += (size_t)snprintf(o->codes + o->used, sizeof(o->codes) - o->used, "%s%s", o->used ? ", " : "", code);
        o->named++;
}

/* ", and 3 more" */
static const char *owed_rest(const Owed *o, char buf[static 32]) {
        buf[0] = '\0';
        if (o->named < o->n)
                snprintf(buf, 32, "%s%u more", o->named ? ", and " : "", o->n - o->named);
        return buf;
}

static AfterOwes owes(const Intake *in, const AfterItemRow *row, const AfterRow *after) {
        const ConfigClass *c = config_class(in->config, row->class_id);

        return after_owes(&(AfterItem){ .class_known = c,
                                        .single_use = c && c->single_use,
                                        .role = c ? (Role)c->role : ROLE_OTHER,
                                        .way = item_way_of(c),
                                        .state = (ItemState)row->state,
                                        .used_us = row->used_us,
                                        .answered_us = after->sharps_us,
                                        .returned = row->returned_us != 0,
                                        .dropped = row->dropped_us && !row->unnamed,
                                        .damaged = row->damaged_us != 0,
                                        .later = row->later });
}

static int gather(Intake *in, int64_t session, const AfterRow *after, Owed *sharps, Owed *soiled) {
        AfterItemRow row = {};
        int r;

        *sharps = *soiled = (Owed){};
        while ((r = after_item_next(in->store, session, row.item, &row)) > 0)
                switch (owes(in, &row, after)) {
                case AFTER_SHARPS:
                        owed_add(sharps, row.code);
                        break;
                case AFTER_CLEANING:
                        owed_add(soiled, row.code);
                        break;
                case AFTER_NOTHING:
                        break;
                }
        return r;
}

static AfterPhase phase_of(const SessionRow *s) {
        switch ((SessionState)s->state) {
        case SESSION_AUTHORISED:
                return AFTER_WAITING;
        case SESSION_RUNNING:
        case SESSION_SUSPENDED:
                return AFTER_GOING;
        case SESSION_ENDED:
        case SESSION_LAPSED:
        case _SESSION_STATE_MAX:
                break;
        }
        return AFTER_OVER;
}

static AfterVerdict judge(const Intake *in, const SessionRow *s, const Owed *sharps, const Owed *soiled) {
        const ConfigPolicy *p = &in->config->policy;

        return after_judge(&(AfterFacts){ .now_us = in->now.wall_us,
                                          .now_boot_us = in->now.boot_us,
                                          .phase = phase_of(s),
                                          .started_us = s->started_us,
                                          .ended_us = s->ended_us,
                                          .lease_until_boot_us = s->lease_until_us,
                                          .sharps = sharps->n,
                                          .soiled = soiled->n,
                                          .sharps_us = p->sharps_us,
                                          .reprocess_us = p->reprocess_us,
                                          .silent_us = p->session_silent_us,
                                          .longest_us = p->session_max_us });
}

/* --- telling it --- */

/* An alert about the session that stands as long as its cause does; a new text counts it up. */
static int tell(Intake *in, const SessionRow *s, const char *rule, bool fires, const char *format, ...) _printf_(5, 6);
static int tell(Intake *in, const SessionRow *s, const char *rule, bool fires, const char *format, ...) {
        const AlertAbout about = {
                .rule = rule, .subject = s->label, .severity = ALERT_WARNING, .session = s->label, .room = s->room
        };
        char text[TEXT_MAX + 1];
        AlertRow row;
        va_list ap;
        int r;

        if (!fires)
                return alert_resolve(in, rule, s->label, "asepsisd");
        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        r = alert_get(in->store, rule, s->label, &row);
        if (r < 0 || (r > 0 && streq(row.text, text)))
                return r < 0 ? r : 0;
        return alert_raise(in, &about, "%s", text);
}

static int tell_all(Intake *in, const SessionRow *s, const AfterVerdict *v, const Owed *sharps, const Owed *soiled) {
        char rest[32];
        int r = tell(
                in, s, "sharps-unaccounted", v->sharps,
                "Needles of session %s in %s did not reach a sharps container: %s%s. Find them and drop them; where "
                "that cannot be, an officer or %s signs where they are: asepsisctl sharps.",
                s->label, s->room, sharps->codes, owed_rest(sharps, rest), s->practitioner);

        if (r == 0)
                r = tell(in, s, "reprocessing-late", v->soiled,
                         "Not cleaned since session %s in %s: %s%s. Blood that dries on is hard to get off: clean them "
                         "now, and record it at a station.",
                         s->label, s->room, soiled->codes, owed_rest(soiled, rest));
        if (r == 0)
                r = tell(
                        in, s, "session-not-ended", v->not_ended,
                        "Session %s in %s was begun and has not been ended. End it in the room; where the room cannot, "
                        "an officer ends it: asepsisctl session end %s.",
                        s->label, s->room, s->label);
        return r;
}

/* --- looking at one session --- */

static int look(Intake *in, int64_t id) {
        Owed sharps, soiled;
        AfterVerdict v;
        AfterRow after;
        SessionRow s;
        int r = session_get_id(in->store, id, &s);

        if (r > 0)
                r = after_get(in->store, id, &after);
        if (r > 0)
                r = gather(in, id, &after, &sharps, &soiled);
        if (r < 0)
                return r;
        v = judge(in, &s, &sharps, &soiled);
        r = tell_all(in, &s, &v, &sharps, &soiled);
        if (r == 0 && v.sharps != (after.sharps_since_us != 0))
                r = after_sharps_since(in->store, id, v.sharps ? in->now.wall_us : 0);
        return r < 0 ? r : after_set(in->store, id, v.next_us);
}

/* --- by the clock --- */

static void wake(Intake *in, int64_t due_us) {
        const int64_t wait_us = due_us <= in->now.wall_us ? 0 : MIN_OF(due_us - in->now.wall_us, WAKE_MOST_US);

        in->next_after_us = MIN_OF(in->next_after_us, in->now.boot_us + wait_us);
}

static int hasten(Intake *in, const char *session, int64_t due_us) {
        wake(in, due_us);
        return after_hasten(in->store, session, due_us);
}

/* A wall clock that was set back would put off all of them; a new configuration may have other limits. */
static int look_at_all(Intake *in) {
        const bool back = in->now.wall_us < in->after_wall_us - BACK_US;
        int r = back || in->after_all ? change_begin(in) : 0;

        if (r == 0 && (back || in->after_all))
                r = after_hasten_all(in->store, in->now.wall_us);
        in->after_wall_us = in->now.wall_us;
        in->after_all = false;
        return r;
}

int after_tick(Intake *in) {
        int64_t id, due_us;
        int r, n = 0;

        if (intake_doubted(in, DOUBT_CLOCK)) {
                in->after_all = true; /* what is put down meanwhile may stand at any time */
                in->next_after_us = in->now.boot_us + SOON_US;
                return 0;
        }
        r = look_at_all(in);
        if (r < 0)
                return r;
        while ((r = after_due(in->store, in->now.wall_us, &id)) > 0 && n++ < SLICE) {
                r = change_begin(in);
                if (r == 0)
                        r = look(in, id);
                if (r < 0)
                        return r;
        }
        if (r < 0)
                return r;
        in->next_after_us = INT64_MAX;
        r = after_next_due(in->store, &due_us);
        if (r > 0)
                wake(in, due_us);
        return r < 0 ? r : 0;
}

/* Whatever the clock did meanwhile, all that is owed is looked at anew. */
void after_take_up(Intake *in) {
        in->after_wall_us = in->now.wall_us;
        in->after_all = true;
        in->next_after_us = in->now.boot_us + US_PER_S;
}

/* --- what happens to sessions and items --- */

int after_session(Intake *in, const char *session) {
        return hasten(in, session, in->now.wall_us + SOON_US);
}

/* Where something is being waited for it is looked at now; otherwise that comes by itself. */
static int settle_soon(Intake *in, const char *session) {
        static const char *const rules[] = { "sharps-unaccounted", "reprocessing-late" };
        AlertRow row;
        int r = 0;

        for (size_t i = 0; i < ELEMENTSOF(rules) && r == 0; i++)
                r = alert_get(in->store, rules[i], session, &row);
        return r <= 0 ? r : hasten(in, session, in->now.wall_us);
}

int after_item(Intake *in, const ItemRow *item) {
        ItemSession last = {};
        int r = item_session_last(in->store, item->id, &last);

        if (r > 0)
                r = settle_soon(in, last.label);
        if (r == 0 && item->used_session[0] && !streq(item->used_session, last.label))
                r = settle_soon(in, item->used_session);
        return r;
}

/* The session that used it; where none has yet, the newest that was given it: 1, or 0. */
static int session_of(Intake *in, const ItemRow *item, SessionRow *ret) {
        ItemSession last;
        int r = item->used_session[0] ? session_get(in->store, item->used_session, ret) : 0;

        if (r != 0)
                return r;
        r = item_session_last(in->store, item->id, &last);
        return r <= 0 ? r : session_get(in->store, last.label, ret);
}

int after_dropped(Intake *in, const char *code, bool named) {
        SessionRow s;
        ItemRow item;
        int r = item_find(in, code, &item);

        /* Nobody's word does not take back what a reader saw, or a named person said. */
        if (r > 0 && (named || !item.dropped_us))
                r = session_of(in, &item, &s);
        else if (r > 0)
                r = 0;
        if (r > 0)
                r = after_unnamed(in->store, s.id, item.id, !named);
        return r < 0 ? r : item_drop(in, code);
}

/* --- an officer's or the practitioner's word --- */

/* 0, and what is missing of it; 1 and why nothing can be said of this session; or an error. */
static int answer_may(Intake *in, const char *session, const char *by, SessionRow *s, Owed *ret_sharps,
                      char ret_text[static TEXT_MAX + 1]) {
        const ConfigPractitioner *p = config_practitioner(in->config, by);
        AfterRow after;
        Owed soiled;
        int r = session_get(in->store, session, s);

        if (r == 0)
                return act_refuse(ret_text, "There is no session %.64s.", session);
        if (r > 0 && s->state <= SESSION_SUSPENDED)
                return act_refuse(ret_text, "Session %s has not ended. End it first.", session);
        if (r > 0 && !streq(s->practitioner, by) && (!p || !config_person_is(p, PERSON_OFFICER)))
                return act_refuse(ret_text, "An officer, or %s, signs for the needles of session %s. Ask one.",
                                  s->practitioner, session);
        if (r > 0)
                r = after_get(in->store, s->id, &after);
        if (r > 0)
                r = gather(in, s->id, &after, ret_sharps, &soiled);
        if (r < 0)
                return r;
        return ret_sharps->n
                       ? 0
                       : act_refuse(ret_text, "All needles of session %s are accounted for. There is nothing to sign.",
                                    session);
}

static int answer_record(Intake *in, const SessionRow *s, const Owed *sharps, const char *by) {
        record_begin(in, "sharps");
        jsonw_member_string(&in->w, "session", s->label);
        jsonw_member_string(&in->w, "by", by);
        jsonw_member_int(&in->w, "missing", sharps->n);
        jsonw_member_string(&in->w, "items", sharps->codes);
        return record_end(in, NULL);
}

int intake_sharps(Intake *in, const Now *now, const char *session, const char *by, const char *reason,
                  char ret_text[static TEXT_MAX + 1]) {
        SessionRow s;
        Owed sharps;
        int r;

        in->now = *now;
        r = answer_may(in, session, by, &s, &sharps, ret_text);
        if (r != 0)
                return r;
        r = change_begin(in);
        if (r == 0)
                r = answer_record(in, &s, &sharps, by);
        if (r == 0)
                r = after_sharps_answer(in->store, s.id, now->wall_us, by, reason);
        if (r == 0)
                r = after_sharps_since(in->store, s.id, 0);
        if (r == 0)
                r = alert_resolve(in, "sharps-unaccounted", s.label, by);
        if (r == 0)
                r = hasten(in, s.label, now->wall_us);
        if (r == 0)
                snprintf(ret_text, TEXT_MAX + 1, "%u needle%s of session %s %s accounted for by %s's word.", sharps.n,
                         sharps.n == 1 ? "" : "s", s.label, sharps.n == 1 ? "is" : "are", by);
        return r;
}
