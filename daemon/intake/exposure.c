/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exposures: somebody was hurt, and another person's blood may have got in. The report opens an exposure, whoever sends
 * it and whatever is missing in it: it is never refused. It blocks its room until the person had first aid, a report
 * was made and the room was turned over, each after it. What is recorded for a room counts for all that are open there:
 * nobody at the scanner knows their numbers. Whose blood it may have been is told at the control socket only.
 */
#include <errno.h>
#include <stdio.h>

#include "intake/session.h"
#include "store/exposures.h"

#define OPEN_MAX 50 /* of one room that have an alert of their own */

/* --- alerts and records --- */

static void subject_of(const ExposureRow *x, char ret[static 32]) {
        snprintf(ret, 32, "exposure %lld", (long long)x->id);
}

/* What happened in whose words stays out of it: alerts stand on a topic that displays read. */
static int tell(Intake *in, const ExposureRow *x) {
        const bool configured = config_room(in->config, x->room) != NULL;
        char subject[32];
        const AlertAbout about = { .rule = "exposure-open",
                                   .subject = subject,
                                   .severity = ALERT_WARNING,
                                   .item = x->item[0] ? x->item : NULL,
                                   .session = x->session[0] ? x->session : NULL,
                                   .room = x->room[0] ? x->room : NULL };

        subject_of(x, subject);
        return alert_raise(
                in, &about,
                "An injury was reported%s%s%s. Give first aid, and have it and the report recorded%s. Whose "
                "blood it may have been: asepsisctl %s.",
                x->room[0] ? " in " : "", x->room, x->room[0] && !configured ? ", which is not configured" : "",
                configured ? "; no session starts there until then, and until the room is turned over" : "", subject);
}

static int close_record(Intake *in, const ExposureRow *x) {
        record_begin(in, "exposure");
        jsonw_member_int(&in->w, "exposure", x->id);
        jsonw_member_string(&in->w, "what", "closed");
        jsonw_member_string(&in->w, "first_aid_by", x->first_aid_by);
        jsonw_member_string(&in->w, "reported_by", x->reported_by);
        jsonw_member_string(&in->w, "turnover_by", x->turnover_by);
        return record_end(in, NULL);
}

/* Where no room is configured there is none to turn over. */
static int save_or_close(Intake *in, ExposureRow *x) {
        const bool turned_over = x->turnover_us || !config_room(in->config, x->room);
        char subject[32];
        int r = 0;

        if (x->first_aid_us && x->reported_us && turned_over) {
                x->closed_us = in->now.wall_us;
                subject_of(x, subject);
                r = close_record(in, x);
                if (r == 0)
                        r = alert_resolve(in, "exposure-open", subject, "asepsisd");
        }
        return r < 0 ? r : exposure_save(in->store, x);
}

/* --- the report --- */

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
                r = item_contact(in, item.code, item.pack, where[0] ? where : NULL);
        if (r == 0)
                r = item_use(in, &item, label);
        return r < 0 ? r : item_save(in->store, &item);
}

/* As it is written in the ledger, where it can be read at all. */
static void canonical(Intake *in, const char *code, char ret[static CODE_MAX + 1]) {
        Udi udi;

        snprintf(ret, CODE_MAX + 1, "%s", udi_parse(code, strlen(code), year_now(in), &udi) ? code : udi.canonical);
}

/*
 * A room speaks for itself; whoever else names the room, or stands in one. A room that names another one is held to its
 * own, and what it said goes with the words.
 */
static void describe(Intake *in, const Event *e, const Origin *o, ExposureRow *x) {
        const char *own = o->device->room, *said = e->injury.room;

        *x = (ExposureRow){ .i = o->i, .at_us = in->now.wall_us };
        snprintf(x->room, sizeof(x->room), "%s", (e->kind == KIND_ROOM ? own : said ?: own) ?: "");
        if (e->kind == KIND_ROOM && said && !streq_ptr(said, own))
                snprintf(x->detail, sizeof(x->detail), "(in %s) %s", said, e->injury.detail);
        else
                snprintf(x->detail, sizeof(x->detail), "%s", e->injury.detail);
        if (e->injury.item)
                canonical(in, e->injury.item, x->item);
}

/* Which one the alert is about: of very many in one room the officer needs no further ones. 1, or 0: the new one. */
static int told_by(Intake *in, const char *room, ExposureRow *ret) {
        int r = 1;

        ret->id = 0;
        for (int n = 0; n < OPEN_MAX && r > 0; n++)
                r = exposure_open_next(in->store, room, ret->id, ret);
        return r;
}

static int open_exposure(Intake *in, ExposureRow *x) {
        ExposureRow other;
        SessionRow live;
        bool many;
        int r = x->room[0] ? session_live(in->store, x->room, &live) : 0;

        if (r > 0)
                snprintf(x->session, sizeof(x->session), "%s", live.label);
        if (r >= 0)
                r = told_by(in, x->room, &other);
        many = r > 0;
        if (r >= 0)
                r = exposure_add(in->store, x);
        return r < 0 ? r : tell(in, many ? &other : x);
}

int on_injury(Intake *in, const Event *e, const Origin *o) {
        ExposureRow x;
        int r;

        describe(in, e, o, &x);
        r = open_exposure(in, &x);
        return r < 0 || !e->injury.item ? r : injured_by(in, e->injury.item, x.room);
}

/* --- what is done about it --- */

bool exposure_is_duty(const char *duty) {
        return streq(duty, "first-aid") || streq(duty, "exposure-report");
}

static void done(int64_t *at_us, char by[static LABEL_MAX + 1], int64_t now_us, const char *who) {
        if (*at_us)
                return;
        *at_us = now_us;
        snprintf(by, LABEL_MAX + 1, "%s", who);
}

int exposure_duty(Intake *in, const Event *e) {
        const bool first_aid = streq(e->duty.duty, "first-aid");
        const char *room = e->duty.subject ?: "";
        ExposureRow x = {};
        int r;

        if (e->duty.result == RESULT_FAIL)
                return 0;
        while ((r = exposure_open_next(in->store, room, x.id, &x)) > 0) {
                if (first_aid)
                        done(&x.first_aid_us, x.first_aid_by, in->now.wall_us, e->duty.by);
                else
                        done(&x.reported_us, x.reported_by, in->now.wall_us, e->duty.by);
                r = save_or_close(in, &x);
                if (r < 0)
                        return r;
        }
        return r;
}

/* While somebody is treated there the room is not turned over. */
int exposure_turnover(Intake *in, const char *room, const char *by) {
        ExposureRow x = {};
        SessionRow live;
        int r = session_live(in->store, room, &live);

        if (r < 0 || (r > 0 && (live.touched || live.state != SESSION_AUTHORISED)))
                return r < 0 ? r : 0;
        while ((r = exposure_open_next(in->store, room, x.id, &x)) > 0) {
                done(&x.turnover_us, x.turnover_by, in->now.wall_us, by);
                r = save_or_close(in, &x);
                if (r < 0)
                        return r;
        }
        return r;
}

/* Which parts, in words: "first aid, the report and the turnover of the room". */
static void wants(const ExposureRow *x, char ret[static EXPOSURE_WANTS_SIZE]) {
        const char *parts[3];
        size_t n = 0;

        if (!x->first_aid_us)
                parts[n++] = "first aid";
        if (!x->reported_us)
                parts[n++] = "the report";
        if (!x->turnover_us)
                parts[n++] = "the turnover of the room";
        snprintf(ret, EXPOSURE_WANTS_SIZE, "%s%s%s%s%s", n > 0 ? parts[0] : "",
                 n > 2   ? ", "
                 : n > 1 ? " and "
                         : "",
                 n > 1 ? parts[1] : "", n > 2 ? " and " : "", n > 2 ? parts[2] : "");
}

/* What was done counts for all that were open then, so the newest wants most. */
int exposure_stands(Intake *in, const char *room, ExposureRow *ret, int64_t *ret_mark,
                    char ret_wants[static EXPOSURE_WANTS_SIZE]) {
        int r = exposure_open_newest(in->store, room, ret);

        if (r <= 0)
                return r;
        wants(ret, ret_wants);
        *ret_mark = ret->id;
        return 1;
}
