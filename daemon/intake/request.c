/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests: may this session start, go on, take another item? Claim, decision and audit record are one transaction;
 * the permit leaves only after its commit (batch.h). Every answer is kept under its nonce, so that a repeated question
 * gets the same answer and no second claim.
 */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "intake/permit.h"
#include "intake/session.h"

/* One question of a room, however it came. */
typedef struct Question {
        Asked asked;
        Answer answer;
        uint8_t content[CONTENT_SIZE];
        SessionRow session;    /* id 0: none of this label */
        int64_t lease_from_us; /* CLOCK_BOOTTIME of the nonce's first receipt */
} Question;

static void hash_text(crypto_hash_sha256_state *h, const char *text) {
        text = text ?: "";
        crypto_hash_sha256_update(h, (const uint8_t *)text, strlen(text) + 1);
}

static int compare_codes(const void *a, const void *b) {
        return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* What was asked, whatever order and spelling the items came in. */
static void hash_content(Intake *in, const char *what, const Asked *a, uint8_t ret[static CONTENT_SIZE]) {
        static char canonical[ITEMS_MAX][CODE_MAX + 1];
        const char *codes[ITEMS_MAX];
        crypto_hash_sha256_state h;

        for (size_t i = 0; i < a->n_items; i++) {
                Udi udi;
                bool bad = udi_parse(a->items[i], strlen(a->items[i]), year_now(in), &udi) != 0;

                snprintf(canonical[i], sizeof(canonical[i]), "%s", bad ? a->items[i] : udi.canonical);
                codes[i] = canonical[i];
        }
        qsort(codes, a->n_items, sizeof(*codes), compare_codes);
        crypto_hash_sha256_init(&h);
        hash_text(&h, what);
        hash_text(&h, a->label);
        hash_text(&h, a->room);
        hash_text(&h, a->practitioner);
        hash_text(&h, a->patient);
        hash_text(&h, a->procedure);
        for (size_t i = 0; i < a->n_items; i++)
                hash_text(&h, codes[i]);
        crypto_hash_sha256_final(&h, ret);
}

/* --- answering --- */

/* The room may be released for one lease from the nonce's first receipt: never less than it was before. */
static int lease_extend(Intake *in, Question *q) {
        int64_t until = q->lease_from_us + in->config->gate.lease_us;
        int r;

        if (until > q->session.lease_until_us)
                q->session.lease_until_us = until;
        in->next_due_us = MIN_OF(in->next_due_us, q->session.lease_until_us);
        r = session_save(in->store, &q->session);
        return r < 0 ? r : room_leased(in, q->asked.room, q->lease_from_us, q->session.lease_until_us);
}

/* The answer without its permit, kept under the nonce. */
static int answer_keep(Intake *in, const Question *q, const EncodeDecision *bare) {
        RequestRow row = { .room = q->asked.room,
                           .epoch = in->epoch,
                           .first_us = q->lease_from_us,
                           .at_us = in->now.wall_us,
                           .allow = bare->allow };
        const char *text;
        size_t n;
        int r = encode_decision(&in->w, bare);

        if (r == 0)
                r = jsonw_finish(&in->w, &text, &n);
        if (r < 0)
                return r;
        memcpy(row.nonce, q->answer.nonce, NONCE_SIZE);
        memcpy(row.content, q->content, CONTENT_SIZE);
        snprintf(row.session, sizeof(row.session), "%s", q->asked.label);
        row.answer = in->w.buf;
        return request_add(in->store, &row);
}

/* Says the verdict, with a permit where it is allow. keep: a nonce that was not answered before. */
static int answer(Intake *in, Question *q, const GateVerdict *v, bool keep) {
        EncodeDecision bare;
        int r = v->allow ? lease_extend(in, q) : 0;

        if (r == 0)
                r = answer_give(in, &q->answer, v, in->config->gate.lease_us, &bare);
        if (r == 0 && keep)
                r = answer_keep(in, q, &bare);
        if (r == 0)
                r = answer_log(in, &q->answer, v);
        return r < 0 || !v->allow ? r : room_settle(in, q->asked.room);
}

/* --- judging --- */

const char *session_over_text(const SessionRow *s) {
        switch ((SessionState)s->state) {
        case SESSION_ENDED:
                return "has ended";
        case SESSION_LAPSED:
                return "was not started in time and has lapsed";
        case SESSION_SUSPENDED:
                return "was stopped";
        case SESSION_AUTHORISED:
        case SESSION_RUNNING:
        case _SESSION_STATE_MAX:
                break;
        }
        return NULL;
}

static int judge(Intake *in, const Asked *asked, const uint8_t content[static CONTENT_SIZE], GateVerdict *ret,
                 Overridden *ret_overridden) {
        int r = facts_gather(in, asked, in->facts, in->texts);

        if (r < 0)
                return r;
        gate_judge(in->facts, ret);
        return override_apply(in, asked, content, ret, ret_overridden);
}

/*
 * What stops a session that runs: its items' own faults, a lock, and a fault of the daemon; nothing that merely ran out.
 * tolerable: not where the clinic would rather have the treatment that began brought to its end (on-fault = hold).
 */
static const struct {
        const char *rule;
        bool tolerable;
} stops[] = {
        { "item-recalled", false },      { "item-cloned", false },         { "item-damaged", false },
        { "item-used", false },          { "load-recalled", false },       { "room-locked", false },
        { "session-over", false },       { "clock-untrusted", true },      { "store-degraded", true },
        { "audit-inconsistent", true },  { "restore-unconfirmed", false }, { "second-daemon", false },
        { "key-changed", false },
};

/* Before the broker's records were read nobody knows yet what of the rest there is to be tolerated. */
static bool tolerated(const Intake *in, const SessionRow *s) {
        return in->config->policy.on_fault == ON_FAULT_HOLD && s->state == SESSION_RUNNING &&
               !intake_doubted(in, DOUBT_ARMING);
}

static bool stops_running(const char *rule, bool tolerant) {
        for (size_t i = 0; i < ELEMENTSOF(stops); i++)
                if (streq(stops[i].rule, rule))
                        return !tolerant || !stops[i].tolerable;
        return false;
}

static void keep_what_stops(GateVerdict *v, bool tolerant) {
        size_t n = 0;

        if (v->n > GATE_REASONS_MAX)
                return; /* what stops it may be among those that found no room */
        for (size_t i = 0; i < v->n; i++)
                if (stops_running(v->reasons[i].rule, tolerant))
                        v->reasons[n++] = v->reasons[i];
        v->n = n;
        v->allow = n == 0;
}

/* The session's own row says who and what; the items are those it was allowed. */
static int ask_about(Intake *in, const SessionRow *s, char codes[static ITEMS_MAX][CODE_MAX + 1],
                     const char *list[static ITEMS_MAX], Asked *ret) {
        int64_t item = 0;
        size_t n = 0;
        int r;

        while (n < ITEMS_MAX && (r = session_item_next(in->store, s->id, item, &item, codes[n])) > 0) {
                list[n] = codes[n];
                n++;
        }
        if (r < 0)
                return r;
        *ret = (Asked){ .label = s->label,
                        .room = s->room,
                        .practitioner = s->practitioner,
                        .patient = s->patient,
                        .procedure = s->procedure,
                        .session = s,
                        .over = session_over_text(s),
                        .n_items = n,
                        .items = list };
        return 0;
}

int session_judge(Intake *in, const SessionRow *s, GateVerdict *ret, Overridden *ret_overridden) {
        static char codes[ITEMS_MAX][CODE_MAX + 1];
        const char *list[ITEMS_MAX];
        Asked asked;
        int r = ask_about(in, s, codes, list, &asked);

        if (r == 0)
                r = judge(in, &asked, s->content, ret, ret_overridden);
        if (r == 0 && (s->state == SESSION_RUNNING || s->touched))
                keep_what_stops(ret, tolerated(in, s));
        return r;
}

/* --- claiming --- */

/* Claiming an item of a pack ends the sterility of all that is in it, after this session. */
static int claim_pack(Intake *in, int64_t id, int64_t session) {
        PackRow pack;
        int r = pack_get_id(in->store, id, &pack);

        if (r <= 0 || pack.opened_session)
                return r < 0 ? r : 0;
        pack.opened_session = session;
        return pack_save(in->store, &pack);
}

/* An item that this session holds already stays held. */
static int claim_item(Intake *in, int64_t item, int64_t session) {
        char label[LABEL_MAX + 1], room[LABEL_MAX + 1];
        int64_t holder;
        int r = claim_of(in->store, item, &holder, label, room);

        if (r < 0 || (r > 0 && holder == session))
                return r < 0 ? r : 0;
        return claim_add(in->store, item, session);
}

/* Once brought into a treatment room, a vial is that patient's. */
static int open_vial(Intake *in, ItemRow *item, const char *patient) {
        if (item->opened_us == 0)
                item->opened_us = in->now.wall_us;
        snprintf(item->patient, sizeof(item->patient), "%s", patient);
        return item_save(in->store, item);
}

static int claim_items(Intake *in, const Question *q) {
        for (size_t i = 0; i < q->asked.n_items; i++) {
                ItemRow *item = &in->texts->items[i].item;
                int r = claim_item(in, item->id, q->session.id);

                if (r == 0)
                        r = session_item_add(in->store, q->session.id, item->id, in->now.wall_us, item->pack);
                if (r == 0 && item->pack)
                        r = claim_pack(in, item->pack, q->session.id);
                if (r == 0 && in->facts->items[i].role == ROLE_VIAL)
                        r = open_vial(in, item, q->asked.patient);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int session_create(Intake *in, Question *q, int64_t decided_i) {
        const Asked *a = &q->asked;
        SessionRow *s = &q->session;
        const Slot *room = slot_get(in, KIND_ROOM, a->room);
        int r;

        *s = (SessionRow){ .state = SESSION_AUTHORISED,
                           .allowed_us = in->now.wall_us,
                           .decided_i = decided_i,
                           .outcome = -1,
                           .lease_until_us = q->lease_from_us + in->config->gate.lease_us,
                           .stream = room && room->loaded ? room->stream.id : 0,
                           .stream_lost = room && room->loaded ? room->stream.order.lost : 0 };
        snprintf(s->label, sizeof(s->label), "%s", a->label);
        snprintf(s->room, sizeof(s->room), "%s", a->room);
        snprintf(s->practitioner, sizeof(s->practitioner), "%s", a->practitioner);
        snprintf(s->patient, sizeof(s->patient), "%s", a->patient);
        snprintf(s->procedure, sizeof(s->procedure), "%s", a->procedure);
        memcpy(s->content, q->content, CONTENT_SIZE);
        r = override_use(in, s, &q->answer.overridden, decided_i);
        return r < 0 ? r : session_add(in->store, s);
}

/* --- the three questions --- */

static void deny_over(GateVerdict *v, const char *label, const char *why) {
        v->n = 0;
        verdict_deny(v, "session-over", "Session %s %s. Ask for a new session.", label, why);
}

/* A nonce that was answered before: 1 when that is dealt with; 0: it is new; a Reject; or an error. */
static int repeated(Intake *in, Question *q, bool *ret_done) {
        _cleanup_(freep) char *text = NULL;
        RequestRow row;
        char topic[TOPIC_MAX];
        Outgoing *out;
        bool fresh;
        int r = request_get(in->store, q->asked.room, q->answer.nonce, &row);

        if (r <= 0)
                return r;
        text = row.answer;
        *ret_done = true;
        if (memcmp(row.content, q->content, CONTENT_SIZE) != 0 || !streq(row.session, q->asked.label))
                return reject(in, REJECT_SESSION_CONFLICT, "nonce",
                              "This nonce was used for another question. Make a new one.");
        if (!row.allow) {
                r = topic_down(in->config->site.id, KIND_ROOM, q->asked.room, q->answer.topic, topic);
                if (r == 0)
                        r = batch_publish(&in->batch, topic, text, strlen(text), &out);
                return r < 0 ? r : outgoing_correlate(out, q->answer.correlation, q->answer.n_correlation);
        }
        fresh = row.epoch == in->epoch && in->now.boot_us >= row.first_us &&
                in->now.boot_us - row.first_us <= in->config->gate.lease_us;
        q->lease_from_us = row.first_us;
        if (!fresh || !q->session.id || session_over_text(&q->session))
                deny_over(in->verdict, q->asked.label,
                          q->session.id && session_over_text(&q->session) ? session_over_text(&q->session)
                                                                  : "was answered too long ago");
        else
                r = session_judge(in, &q->session, in->verdict, &q->answer.overridden);
        return r < 0 ? r : answer(in, q, in->verdict, false);
}

/* For a session that is live: a new nonce for the same content gets a new permit, if nothing has come up. */
static int again(Intake *in, Question *q) {
        int r = session_judge(in, &q->session, in->verdict, &q->answer.overridden);

        if (r == 0)
                r = answer_record(in, &q->answer, in->verdict, NULL);
        return r < 0 ? r : answer(in, q, in->verdict, true);
}

static int first_time(Intake *in, Question *q) {
        int64_t i;
        int r;

        q->asked.over = q->session.id ? session_over_text(&q->session) : NULL;
        r = judge(in, &q->asked, q->content, in->verdict, &q->answer.overridden);
        if (r == 0)
                r = answer_record(in, &q->answer, in->verdict, &i);
        if (r == 0 && in->verdict->allow) {
                r = session_create(in, q, i);
                if (r == 0)
                        r = claim_items(in, q);
        } else if (r == 0 && !q->session.id) {
                r = override_offer(in, &q->asked, q->content, in->verdict, i);
        }
        return r < 0 ? r : answer(in, q, in->verdict, true);
}

static Answer answer_to(const Origin *o, const char *topic, const char *session, const uint8_t *nonce) {
        return (Answer){ .kind = KIND_ROOM,
                         .device = o->device->room,
                         .topic = topic,
                         .room = o->device->room,
                         .session = session,
                         .nonce = nonce,
                         .correlation = o->correlation,
                         .n_correlation = o->n_correlation };
}

/* Sets up what all three have in common: 0, a Reject, or an error. */
static int question_begin(Intake *in, Question *q, const char *what) {
        int r = session_get(in->store, q->asked.label, &q->session);

        q->lease_from_us = in->now.boot_us;
        if (r < 0)
                return r;
        if (r == 0)
                q->session = (SessionRow){};
        else if (!streq(q->session.room, q->asked.room))
                return reject(in, REJECT_SESSION_CONFLICT, "session", "Session %s belongs to another room.",
                              q->asked.label);
        hash_content(in, what, &q->asked, q->content);
        return 0;
}

int on_session_request(Intake *in, const Event *e, const Origin *o) {
        Question q = { .answer = answer_to(o, "decision", e->session_request.session, e->session_request.nonce),
                       .asked = { .label = e->session_request.session,
                                  .room = o->device->room,
                                  .practitioner = e->session_request.practitioner,
                                  .patient = e->session_request.patient,
                                  .procedure = e->session_request.procedure,
                                  .n_items = e->session_request.items.n,
                                  .items = e->session_request.items.v } };
        bool done = false;
        int r = question_begin(in, &q, "request");

        if (r == 0)
                r = repeated(in, &q, &done);
        if (r != 0 || done)
                return r;
        if (!q.session.id || session_over_text(&q.session))
                return first_time(in, &q);
        if (memcmp(q.session.content, q.content, CONTENT_SIZE) != 0)
                return reject(in, REJECT_SESSION_CONFLICT, "session",
                              "Session %s was allowed with other content. Use a new session.", q.asked.label);
        return again(in, &q);
}

int on_session_renew(Intake *in, const Event *e, const Origin *o) {
        Question q = { .answer = answer_to(o, "permit", e->session_renew.session, e->session_renew.nonce),
                       .asked = { .label = e->session_renew.session, .room = o->device->room } };
        bool done = false;
        int r = question_begin(in, &q, "renew");

        if (r == 0)
                r = repeated(in, &q, &done);
        if (r != 0 || done)
                return r;
        if (q.session.id && !session_over_text(&q.session))
                return again(in, &q);
        deny_over(in->verdict, q.asked.label, q.session.id ? session_over_text(&q.session) : "is not known here");
        r = answer_record(in, &q.answer, in->verdict, NULL);
        return r < 0 ? r : answer(in, &q, in->verdict, true);
}

/* The session must be able to go on as it is, and what is added must be good. */
static int add_items(Intake *in, Question *q) {
        int r = session_judge(in, &q->session, in->verdict, &q->answer.overridden);

        q->asked.session = &q->session;
        if (r == 0 && in->facts->n_items + q->asked.n_items > ITEMS_MAX)
                return reject(in, REJECT_BAD_MEMBER, "items",
                              "A session takes at most %d items. End it and ask for another.", ITEMS_MAX);
        if (r == 0 && in->verdict->allow)
                r = judge(in, &q->asked, q->content, in->verdict, &q->answer.overridden);
        if (r == 0)
                r = answer_record(in, &q->answer, in->verdict, NULL);
        if (r == 0 && in->verdict->allow)
                r = claim_items(in, q);
        return r < 0 ? r : answer(in, q, in->verdict, true);
}

/* More items for a live session, judged as at its request. Nothing new for the room: its permit goes on. */
int on_session_add(Intake *in, const Event *e, const Origin *o) {
        Question q = { .answer = answer_to(o, "decision", e->session_add.session, e->session_add.nonce),
                       .asked = { .label = e->session_add.session,
                                  .room = o->device->room,
                                  .n_items = e->session_add.items.n,
                                  .items = e->session_add.items.v } };
        SessionRow *s = &q.session;
        bool done = false;
        int r = question_begin(in, &q, "add");

        if (r == 0)
                r = repeated(in, &q, &done);
        if (r != 0 || done)
                return r;
        if (!s->id || session_over_text(s)) {
                deny_over(in->verdict, q.asked.label, s->id ? session_over_text(s) : "is not known here");
                r = answer_record(in, &q.answer, in->verdict, NULL);
                return r < 0 ? r : answer(in, &q, in->verdict, true);
        }
        q.asked.practitioner = s->practitioner;
        q.asked.patient = s->patient;
        q.asked.procedure = s->procedure;
        q.asked.adding = true;
        return add_items(in, &q);
}
