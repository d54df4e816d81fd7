/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a message goes through: who may speak, is it well formed, is it its turn, what does it do. A message's effects
 * are all or none: it goes with a run (run.c), or is one savepoint. Where it is refused the savepoint is undone, and a
 * second, small one notes the refusal and that its number is spent. A message that came before its turn is stored and
 * held; it is taken up, by the same way, when what was missing has come or was waited for.
 */
#include "intake/intake.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#include "intake/sterile.h"
#include "intake/session.h"

/* What each message does. NULL: nothing yet beyond standing in the ledger. */
static const Handler handlers[_EVENT_TYPE_MAX] = {
        [EVENT_CYCLE_START] = on_cycle_start,
        [EVENT_SAMPLE] = on_sample,
        [EVENT_CYCLE_END] = on_cycle_end,
        [EVENT_TEST] = on_test,
        [EVENT_FAULT] = on_fault,
        [EVENT_INDICATOR] = on_indicator,
        [EVENT_RECEIVE] = on_receive,
        [EVENT_CLEAN] = on_clean,
        [EVENT_DISINFECT] = on_disinfect,
        [EVENT_PACK] = on_pack,
        [EVENT_LOAD] = on_load,
        [EVENT_RELEASE] = on_release,
        [EVENT_TRANSCRIPT] = on_transcript,
        [EVENT_DAMAGE] = on_damage,
        [EVENT_RECALL] = on_recall,
        [EVENT_DUTY] = on_duty,
        [EVENT_DROP] = on_drop,
        [EVENT_INJURY] = on_injury,
        [EVENT_SESSION_REQUEST] = on_session_request,
        [EVENT_SESSION_RENEW] = on_session_renew,
        [EVENT_SESSION_ADD] = on_session_add,
        [EVENT_SESSION_START] = on_session_start,
        [EVENT_SESSION_STEP] = on_session_step,
        [EVENT_OPEN] = on_open,
        [EVENT_DRAW] = on_draw,
        [EVENT_SESSION_END] = on_session_end,
        [EVENT_DISINFECTED] = on_disinfected,
        [EVENT_USAGE] = on_usage,
        [EVENT_RENEW] = on_relay_renew,
        [EVENT_STATE] = on_relay_state,
};

/* Beside the reasons for a refusal: what the device's last boot left held goes first, then this comes again. */
#define LEAVE_BOOT_FIRST ((int)_REJECT_MAX + 1)

/* The message at hand, wherever it came from. */
typedef struct Taking {
        const Incoming *m;
        TopicError shape; /* of its topic; topic and device are what was found there */
        Topic topic;
        const ConfigDevice *device;
        Slot *slot;     /* NULL: not sequenced, or not yet known who speaks */
        StreamRow old;  /* an earlier boot's stream; id 0: none */
        int64_t held_i; /* its audit record, when it was held before; 0: it is new */
        int64_t held_us; /* and when it came */
        bool late;
        bool refused_before; /* its number was spent on a refusal already */
} Taking;

/* --- refusing --- */

/* Within the minute's allowance the refusal is answered and kept; beyond it it is counted, and alerted once. */
static int refusal_allowed(Intake *in, const Taking *t, bool *ret) {
        Slot *s = t->device ? slot_get(in, t->topic.kind, t->topic.device) : &in->strangers;

        if (!s)
                return -ENOMEM;
        if (in->now.boot_us - s->rejected_since_us > 60 * US_PER_S) {
                s->rejected_since_us = in->now.boot_us;
                s->rejected = 0;
        }
        *ret = s->rejected++ < REJECTIONS_PER_MINUTE;
        if (s->rejected != REJECTIONS_PER_MINUTE + 1)
                return 0;
        const char *who = t->device ? t->topic.device : "strangers";
        return alert_raise(
                in, &(AlertAbout){ .rule = "rejected-flood", .subject = who, .severity = ALERT_WARNING, .device = who },
                "More than %d messages of %s were refused within a minute. Further ones are only counted; check "
                "the device.",
                REJECTIONS_PER_MINUTE, who);
}

static int refusal_keep(Intake *in, const Taking *t) {
        const DecodeError *e = &in->reject;
        const LogSubject subject = { .device = t->topic.device };
        int r = ledger_dead_letter_add(in->store, &(DeadLetter){ .at_us = in->now.wall_us,
                                                                 .topic = t->m->topic,
                                                                 .reason = reject_id(e->reason),
                                                                 .detail = e->detail,
                                                                 .member = e->member[0] ? e->member : NULL,
                                                                 .raw = t->m->payload,
                                                                 .size = t->m->size });

        return r < 0 ? r
                     : batch_log(&in->batch, LOG_MESSAGE_REJECTED_KIND, LOG_NOTICE, &subject,
                                 "refused %s from %s: %s%s%s: %s", t->topic.message[0] ? t->topic.message : "a message",
                                 t->topic.device[0] ? t->topic.device : "somebody", reject_id(e->reason),
                                 e->member[0] ? ", " : "", e->member, e->detail);
}

/* Answers on the speaker's own topic; where it is not known who that is, nowhere. */
static int refusal_answer(Intake *in, const Taking *t) {
        const DecodeError *e = &in->reject;
        char topic[TOPIC_MAX];
        Outgoing *out;
        int r;

        if (!t->topic.device[0] ||
            topic_down(in->config->site.id, t->topic.kind, t->topic.device, "rejected", topic) < 0)
                return 0;
        r = encode_rejected(&in->w, e->reason, e->detail, e->member, e->boot, e->seq);
        if (r == 0)
                r = publish_w(in, topic, &out);
        if (r < 0)
                return r;
        out->qos = 1;
        return outgoing_correlate(out, t->m->correlation, t->m->n_correlation);
}

static const StreamRow *stream_of(const Taking *t) {
        return !t->slot ? NULL : t->old.id ? &t->old : &t->slot->stream;
}

/* Each is handed out once and leaves no copy. */
static void take_salt(Intake *in, uint8_t ret[static SALT_SIZE]) {
        if (in->n_salts == 0) {
                randombytes_buf(in->salts, sizeof(in->salts));
                in->n_salts = ELEMENTSOF(in->salts);
        }
        memcpy(ret, in->salts[--in->n_salts], SALT_SIZE);
        sodium_memzero(in->salts[in->n_salts], SALT_SIZE);
}

static void write_digest(Intake *in, const uint8_t digest[static HASH_SIZE]) {
        char text[48];

        to_base64(digest, HASH_SIZE, text, sizeof(text));
        jsonw_member_string(&in->w, "payload", text);
}

/* A refused message's number is spent all the same: the chain says so, and the ledger knows it again. */
static int refusal_record(Intake *in, const Taking *t) {
        const DecodeError *e = &in->reject;
        MessageRow row = { .at_us = in->now.wall_us, .topic = t->m->topic, .stream = stream_of(t)->id, .seq = e->seq };
        int r;

        take_salt(in, row.salt);
        r = ledger_digest(row.salt, t->m->topic, t->m->payload, t->m->size, row.digest);
        if (r < 0)
                return r;
        record_begin(in, "refused");
        jsonw_member_string(&in->w, "topic", t->m->topic);
        jsonw_member_string(&in->w, "boot", e->boot);
        jsonw_member_int(&in->w, "seq", e->seq);
        write_digest(in, row.digest);
        jsonw_member_string(&in->w, "reason", reject_id(e->reason));
        jsonw_member_optional(&in->w, "member", e->member[0] ? e->member : NULL);
        r = record_end(in, &row.i);
        if (r < 0 || e->reason == REJECT_SEQUENCE_CONFLICT)
                return r; /* the number is that of another message */
        return ledger_message_refused(in->store, &row, reject_id(e->reason));
}

static int refuse(Intake *in, const Taking *t) {
        bool allowed = true;
        int r = refusal_allowed(in, t, &allowed);

        in->rejected++;
        if (r == 0 && t->slot && in->reject.reason != REJECT_SEQUENCE_AHEAD && !t->refused_before)
                r = refusal_record(in, t);
        if (r == 0 && allowed && !t->refused_before)
                r = refusal_keep(in, t);
        return r == 0 && allowed ? refusal_answer(in, t) : r;
}

/* --- order --- */

int evidence_gap(Intake *in, Kind kind, const char *device, int64_t lost, const char *why) {
        const ConfigDevice *d = config_device(in->config, device);
        int r;

        record_begin(in, "gap");
        jsonw_member_string(&in->w, "kind", kind_name(kind));
        jsonw_member_string(&in->w, "device", device);
        jsonw_member_int(&in->w, "messages", lost);
        jsonw_member_string(&in->w, "why", why);
        r = record_end(in, NULL);
        if (r == 0 && kind == KIND_AUTOCLAVE && d && d->autoclave)
                r = running_gap(in, d->autoclave);
        return r < 0 ? r
                     : alert_raise(
                               in,
                               &(AlertAbout){ .rule = "evidence-gap",
                                              .subject = device,
                                              .severity = ALERT_WARNING,
                                              .device = device },
                               "%lld message(s) of %s are missing: %s. A cycle or a cancellation that needs them will "
                               "not count.",
                               (long long)lost, device, why);
}

static int hold(Intake *in, const Taking *t);
static int take_effect(Intake *in, Taking *t, const Event *e);
static int answer_again(Intake *in, const Taking *t, const Event *e);

/* The device starts counting anew: what its last boot left held is waited for no longer, and has its effect now. */
static int leave_boot(Intake *in, Kind kind, const char *device) {
        Slot *slot = slot_get(in, kind, device);
        int64_t lost;
        int r = slot ? slot_load(in, slot) : -ENOMEM;

        if (r < 0)
                return r;
        lost = order_pass(&slot->stream.order, INT64_MAX, 0);
        slot->dirty = true;
        if (lost > 0)
                r = evidence_gap(in, kind, device, lost, "the device started anew before they came");
        return r < 0 ? r : drain(in, slot);
}

static int new_boot(Intake *in, Kind kind, const char *device, Slot *slot, const char *boot) {
        int r = 0;

        if (slot->stream.id) {
                if (kind == KIND_AUTOCLAVE && config_device(in->config, device)->autoclave)
                        r = running_gap(in, config_device(in->config, device)->autoclave);
                if (r == 0)
                        r = ledger_stream_save(in->store, &slot->stream);
        }
        if (r == 0)
                r = ledger_stream_add(in->store, kind_name(kind), device, boot, in->now.wall_us, &slot->stream);
        slot_saved(slot);
        return r;
}

/* Said before, in these very bytes: receipted again. With other content: a conflict, which is evidence of trouble. */
static int known(Intake *in, Taking *t, const Event *e, const StreamRow *stream) {
        char refused[REFUSED_SIZE] = "";
        int r = ledger_message_compare(in->store, stream->id, e->env.seq, t->m->topic, t->m->payload, t->m->size,
                                       refused);

        if (r < 0)
                return r;
        if (r == 1 && refused[0])
                return reject(in, reject_from_id(refused), NULL,
                              "It was refused before. Sending it again does not help.");
        if (r == 1) {
                t->slot->receipt_owed = true;
                /* What is still held has no answer yet. */
                return e->env.seq <= stream->order.applied ? answer_again(in, t, e) : 0;
        }
        if (r == 0) {
                t->late = true;
                return take_effect(in, t, e);
        }
        return reject(in, REJECT_SEQUENCE_CONFLICT, "seq",
                      "Number %lld of this boot was another message before. Count upwards, or start a new boot.",
                      (long long)e->env.seq);
}

/* An earlier boot's number: known, or late. */
static int take_old(Intake *in, Taking *t, const Event *e) {
        OrderVerdict v = order_take(&t->old.order, e->env.seq, in->now.boot_us);
        int r;

        if (v == ORDER_TOO_FAR)
                return reject(in, REJECT_SEQUENCE_AHEAD, "seq", "Too far ahead in a boot that has ended.");
        if (v == ORDER_KNOWN) {
                r = known(in, t, e, &t->old);
        } else {
                order_pass(&t->old.order, INT64_MAX, 0);
                t->late = true;
                r = take_effect(in, t, e);
        }
        if (r == 0)
                r = ledger_stream_save(in->store, &t->old);
        return r < 0 || r > 0 ? r : receipt_publish(in, t->topic.kind, t->topic.device, &t->old);
}

/* Is something held that comes before this number, its hole having been given up just now? It goes first. */
static int held_before(Intake *in, const Slot *slot, int64_t seq) {
        HeldMessage held = {};
        int r;

        if (slot->stream.order.applied >= seq - 1)
                return 0;
        r = ledger_held_next(in->store, slot->stream.id, slot->stream.order.applied, seq, &held);
        free(held.raw);
        return r;
}

static int take_in_order(Intake *in, Taking *t, const Event *e) {
        Order *order = &t->slot->stream.order;
        const int64_t before = order->lost;
        OrderVerdict verdict;
        int r;

        /* Either may give up holes: those below `oldest`, or the lowest of too many. */
        order_give_up(order, e->env.oldest);
        verdict = order_take(order, e->env.seq, in->now.boot_us);
        if (order->lost > before && (r = evidence_gap(in, t->topic.kind, t->topic.device, order->lost - before,
                                                      "the device no longer holds them, or leaves out too many")) < 0)
                return r;
        switch (verdict) {
        case ORDER_NEXT:
                if ((r = held_before(in, t->slot, e->env.seq)) < 0)
                        return r;
                if (r == 0) {
                        order->applied = e->env.seq;
                        break;
                }
                t->slot->dirty = t->slot->receipt_owed = true;
                return hold(in, t);
        case ORDER_HOLD:
                t->slot->dirty = t->slot->receipt_owed = true;
                return hold(in, t);
        case ORDER_LATE:
                t->late = true;
                break;
        case ORDER_KNOWN:
                return known(in, t, e, &t->slot->stream);
        case ORDER_TOO_FAR:
                return reject(
                        in, REJECT_SEQUENCE_AHEAD, "seq",
                        "More than %d ahead of the last number received. Send what is before it, or say what you no "
                        "longer hold with `oldest`.",
                        SEQ_AHEAD_MAX);
        }
        t->slot->dirty = t->slot->receipt_owed = true;
        return take_effect(in, t, e);
}

/* Finds the stream that (boot, seq) belongs to; a boot never seen before becomes the current one. */
static int find_stream(Intake *in, Taking *t, const char *boot) {
        int r;

        t->slot = slot_get(in, t->topic.kind, t->topic.device);
        if (!t->slot)
                return -ENOMEM;
        r = slot_load(in, t->slot);
        if (r < 0 || (t->slot->stream.id && streq(t->slot->stream.boot, boot)))
                return r;
        r = ledger_stream_get(in->store, kind_name(t->topic.kind), t->topic.device, boot, in->now.boot_us, &t->old);
        if (r != 0)
                return r < 0 ? r : 0;
        if (t->slot->stream.order.applied < t->slot->stream.order.top)
                return LEAVE_BOOT_FIRST;
        return new_boot(in, t->topic.kind, t->topic.device, t->slot, boot);
}

/* --- effect --- */

/* The audit record of a message and its row. Samples are kept as the core encodes them, not as JSON. */
static int record_message(Intake *in, const Taking *t, const Envelope *env, bool held, bool keep_raw, int64_t *ret_i) {
        const StreamRow *stream = stream_of(t);
        MessageRow row = { .at_us = in->now.wall_us, .topic = t->m->topic, .held = held };
        int r;

        take_salt(in, row.salt);
        r = ledger_digest(row.salt, t->m->topic, t->m->payload, t->m->size, row.digest);
        if (r < 0)
                return r;
        record_begin(in, "message");
        jsonw_member_string(&in->w, "topic", t->m->topic);
        if (stream) {
                jsonw_member_string(&in->w, "boot", env->boot);
                jsonw_member_int(&in->w, "seq", env->seq);
        }
        write_digest(in, row.digest);
        if (held || t->late)
                jsonw_member_string(&in->w, "order", held ? "held" : "late");
        r = record_end(in, &row.i);
        if (r < 0)
                return r;
        row.stream = stream ? stream->id : 0;
        row.seq = stream ? env->seq : 0;
        if (keep_raw) {
                row.raw = t->m->payload;
                row.n_raw = t->m->size;
        }
        r = ledger_message_add(in->store, &row);
        if (r == 0)
                *ret_i = row.i;
        return r;
}

static int hold(Intake *in, const Taking *t) {
        int64_t i;

        return record_message(in, t, &in->decoded->event.env, true, true, &i);
}

/* Late, and it would have granted something: it stands in the ledger, and the device is told that it did nothing. */
static int too_late(Intake *in, const Taking *t, const Event *e) {
        in->reject = (DecodeError){ .reason = REJECT_TOO_LATE, .seq = e->env.seq };
        snprintf(in->reject.boot, sizeof(in->reject.boot), "%s", e->env.boot);
        snprintf(in->reject.detail, sizeof(in->reject.detail),
                 "Later messages have had their effect; this one is recorded and permits nothing any more.");
        return refusal_answer(in, t);
}

static int run_handler(Intake *in, const Taking *t, const Event *e, int64_t i) {
        const Origin o = { .i = i,
                           .arrived_us = t->held_i ? t->held_us : in->now.wall_us,
                           .sequenced = e->env.boot != NULL,
                           .late = t->late,
                           .stream = stream_of(t),
                           .correlation = t->m->correlation,
                           .n_correlation = t->m->n_correlation,
                           .device = t->device };

        return handlers[e->type] ? handlers[e->type](in, e, &o) : 0;
}

/* A request that is repeated to the byte is answered again, by its nonce; anything else has had its effect. */
static int answer_again(Intake *in, const Taking *t, const Event *e) {
        if (e->type != EVENT_SESSION_REQUEST && e->type != EVENT_SESSION_RENEW && e->type != EVENT_SESSION_ADD &&
            e->type != EVENT_RENEW)
                return 0;
        return run_handler(in, t, e, in->head.size);
}

static int take_effect(Intake *in, Taking *t, const Event *e) {
        const bool grants = event_grants(e), keep_raw = e->type != EVENT_SAMPLE || t->late;
        const StreamRow *stream = stream_of(t);
        int64_t i = t->held_i;
        int r;

        if (grants && !e->env.boot)
                return reject(in, REJECT_SEQUENCE_REQUIRED, "boot",
                              "This message can permit something, so it needs boot and seq.");
        r = i && stream ? ledger_unhold(in->store, stream->id, e->env.seq, !keep_raw)
                        : record_message(in, t, &e->env, false, keep_raw, &i);
        if (r == 0 && e->env.head)
                r = head_seen(in, t->topic.device, e->env.head);
        if (r < 0)
                return r;
        return grants && t->late ? too_late(in, t, e) : run_handler(in, t, e, i);
}

/* --- one message --- */

/* May this device say this at all? */
static int admit(Intake *in, Taking *t) {
        if (t->shape != TOPIC_OK)
                return reject(in, REJECT_NOT_ALLOWED, NULL, "%s", topic_error_text(t->shape));
        if (!t->device)
                return reject(in, REJECT_UNKNOWN_DEVICE, NULL,
                              "Device %s is not configured. Add a [device %s] section.", t->topic.device,
                              t->topic.device);
        if (!config_device_is(t->device, t->topic.kind))
                return reject(in, REJECT_NOT_ALLOWED, NULL, "Device %s is not configured as kind %s.", t->topic.device,
                              kind_name(t->topic.kind));
        return 0;
}

static int read_message(Intake *in, Taking *t) {
        int r = decode(t->topic.kind, t->topic.device, t->topic.message, t->m->payload, t->m->size, in->decoded,
                       &in->reject);

        return r > 0 ? (int)in->reject.reason : r;
}

/* Everything about a message but its undoing. Returns 0, a Reject, or the store's error. */
static int process(Intake *in, Taking *t) {
        const Event *e = &in->decoded->event;
        int r = admit(in, t);

        if (r != 0)
                return r;
        r = read_message(in, t);
        if (r == 0) {
                if (e->env.boot)
                        memcpy(in->reject.boot, e->env.boot, strnlen(e->env.boot, BOOT_MAX));
                in->reject.seq = e->env.seq;
        }
        if (r < 0 || (r > 0 && !t->m->retained))
                return r;
        if (t->m->retained)
                return reject(in, REJECT_RETAINED, NULL, "Messages to the daemon must not be retained.");
        if (t->held_i)
                t->slot = slot_get(in, t->topic.kind, t->topic.device);
        if (!e->env.boot || t->held_i)
                return take_effect(in, t, e);
        if (e->env.oldest > e->env.seq)
                return reject(in, REJECT_BAD_MEMBER, "oldest",
                              "A device cannot hold this message and nothing before a later one.");
        r = find_stream(in, t, e->env.boot);
        if (r != 0)
                return r;
        return t->old.id ? take_old(in, t, e) : take_in_order(in, t, e);
}

/* Puts it on a stream that may know the number already. */
static int spend_on(Intake *in, Taking *t, StreamRow *stream) {
        const int64_t seq = in->reject.seq;
        char refused[REFUSED_SIZE];
        int r = 0;

        switch (order_take(&stream->order, seq, in->now.boot_us)) {
        case ORDER_NEXT:
                r = t->old.id ? 0 : held_before(in, t->slot, seq);
                if (r == 0)
                        stream->order.applied = seq;
                break;
        case ORDER_HOLD:
        case ORDER_LATE:
                break;
        case ORDER_KNOWN:
                r = ledger_message_compare(in->store, stream->id, seq, t->m->topic, t->m->payload, t->m->size, refused);
                t->refused_before = r == 1;
                if (r == 2)
                        in->reject.reason = REJECT_SEQUENCE_CONFLICT;
                break;
        case ORDER_TOO_FAR:
                in->reject.reason = REJECT_SEQUENCE_AHEAD;
                break;
        }
        return r < 0 ? r : 0;
}

/* The number of a refused message is spent, so that the device need not send it again. */
static int spend_number(Intake *in, Taking *t) {
        const DecodeError *e = &in->reject;
        int r;

        t->slot = NULL;
        t->old = (StreamRow){};
        if (!t->device || !e->boot[0] || e->reason == REJECT_SEQUENCE_AHEAD)
                return 0;
        r = find_stream(in, t, e->boot);
        if (r == 0)
                r = spend_on(in, t, t->old.id ? &t->old : &t->slot->stream);
        if (r != 0 || in->reject.reason == REJECT_SEQUENCE_AHEAD)
                return r;
        if (t->old.id) {
                r = ledger_stream_save(in->store, &t->old);
                return r < 0 ? r : receipt_publish(in, t->topic.kind, t->topic.device, &t->old);
        }
        t->slot->dirty = t->slot->receipt_owed = true;
        return 0;
}

static int conflict_alert(Intake *in, const Taking *t) {
        const char *device = t->topic.device;
        int r;

        if (in->reject.reason != REJECT_SEQUENCE_CONFLICT)
                return 0;
        if (t->slot) {
                t->slot->stream.order.lost++;
                t->slot->dirty = true;
        }
        r = alert_raise(
                in,
                &(AlertAbout){
                        .rule = "sequence-conflict", .subject = device, .severity = ALERT_WARNING, .device = device },
                "%s sent two different messages under number %lld of one boot. Two devices may share its login, or "
                "it lost its count.",
                device, (long long)in->reject.seq);
        return r < 0 ? r : evidence_gap(in, t->topic.kind, device, 1, "two messages bore the same number");
}

/* What one message may change outside the database, as it was before it. */
typedef struct Undo {
        Head head;
        BatchMark mark;
        Slot *slot; /* NULL: nobody known speaks */
        Slot before;
} Undo;

/* Reads the topic. The only slot that the message can change; NULL: nobody known speaks. */
static Slot *speaker(Intake *in, Taking *t) {
        t->shape = topic_parse(t->m->topic, in->config->site.id, &t->topic);
        t->device = t->shape == TOPIC_OK ? config_device(in->config, t->topic.device) : NULL;
        if (!t->device)
                return NULL;
        if (!t->m->retained && t->held_i == 0)
                watch_heard(in, t->device);
        return slot_get(in, t->topic.kind, t->topic.device);
}

static void undo_prepare(Intake *in, Taking *t, Undo *u) {
        u->head = in->head;
        u->mark = batch_mark(&in->batch);
        running_mark(in);
        u->slot = speaker(in, t);
        if (u->slot)
                u->before = *u->slot;
}

static int undo(Intake *in, const Undo *u) {
        in->head = u->head;
        batch_undo(&in->batch, u->mark);
        running_undo(in);
        if (u->slot)
                *u->slot = u->before;
        return store_savepoint_rollback(in->store);
}

bool survivable(int r) {
        return r == -EINVAL || r == -EEXIST || r == -EMSGSIZE || r == -ENOBUFS || r == -ERANGE;
}

/* What a room or its handpiece did is not known when its report is refused; so nothing of it may come free. */
static int doubt_session(Intake *in, const Taking *t) {
        static const char *const reports[] = { "session-start", "session-step", "draw", "usage" };
        const char *room = t->device ? t->device->room : NULL;

        for (size_t i = 0; room && i < ELEMENTSOF(reports); i++)
                if (streq(t->topic.message, reports[i]) && in->reject.reason != REJECT_NOT_ALLOWED)
                        return session_doubted(in, room);
        return 0;
}

/* The refusal of what was undone: its number, the dead letter, the answer. */
static int refuse_instead(Intake *in, Taking *t) {
        int r = store_savepoint(in->store);

        if (r == 0 && t->held_i == 0)
                r = spend_number(in, t);
        if (r == 0)
                r = refuse(in, t);
        if (r == 0)
                r = conflict_alert(in, t);
        if (r == 0)
                r = doubt_session(in, t);
        return r != 0 ? r : store_savepoint_release(in->store);
}

static int take_one(Intake *in, Taking *t) {
        Undo u = {};
        int r = store_savepoint(in->store), undone;

        if (r < 0)
                return r;
        undo_prepare(in, t, &u);
        in->reject = (DecodeError){};
        r = process(in, t);
        if (r == 0)
                return store_savepoint_release(in->store);
        if (r < 0 && (!survivable(r) || store_spoiled(in->store)))
                return r;
        if (r < 0)
                r = reject(in, REJECT_BAD_MEMBER, NULL,
                           "The daemon could not process this message (%s). It is kept for its makers.", strerror(-r));
        if (r != LEAVE_BOOT_FIRST) {
                undone = undo(in, &u);
                r = undone < 0 ? undone : refuse_instead(in, t);
        }
        if (r == LEAVE_BOOT_FIRST) {
                undone = undo(in, &u);
                r = undone < 0 ? undone : r;
        }
        return r;
}

static int take_held(Intake *in, const Slot *slot, const HeldMessage *held) {
        const Incoming m = { .topic = held->topic, .payload = held->raw, .size = held->n_raw };
        Taking t = { .m = &m, .held_i = held->i, .held_us = held->at_us };
        int r;

        record_begin(in, "applied");
        jsonw_member_int(&in->w, "message", held->i);
        r = record_end(in, NULL);
        if (r == 0)
                r = ledger_unhold(in->store, slot->stream.id, held->seq, false);
        return r < 0 ? r : take_one(in, &t);
}

int drain(Intake *in, Slot *slot) {
        Order *order = &slot->stream.order;

        while (order->applied < order_next(order) - 1) {
                _cleanup_(freep) void *raw = NULL;
                HeldMessage held;
                int r = ledger_held_next(in->store, slot->stream.id, order->applied, order_next(order), &held);

                if (r < 0)
                        return r;
                slot->dirty = true;
                if (r == 0) {
                        order->applied = order_next(order) - 1;
                        return 0;
                }
                raw = held.raw;
                order->applied = held.seq;
                r = take_held(in, slot, &held);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int take_alone(Intake *in, const Now *now, const Incoming *m) {
        Taking t = { .m = m };
        int r = run_end(in);

        if (r < 0)
                return r;
        in->now = *now;
        r = take_one(in, &t);
        if (r == LEAVE_BOOT_FIRST) {
                r = leave_boot(in, t.topic.kind, t.topic.device);
                t = (Taking){ .m = m };
                if (r == 0)
                        r = take_one(in, &t);
        }
        return r < 0 || !t.slot || t.old.id ? r : drain(in, t.slot);
}

/* One of the run is refused, and cannot be undone alone. */
static int take_apart(Intake *in, const Now *now, const Incoming *m) {
        int r = run_undo(in);

        for (size_t i = 0; i < in->run.n && r == 0; i++)
                r = take_alone(in, &in->run.messages[i].now, &in->run.messages[i].m);
        return r < 0 ? r : take_alone(in, now, m);
}

static int take_in_run(Intake *in, const Now *now, const Incoming *m) {
        Taking t = { .m = m };
        Slot *slot = NULL;
        int r = run_has_room(in, m) ? 0 : run_begin(in);

        if (r < 0)
                return r;
        in->now = *now;
        slot = speaker(in, &t);
        if (slot)
                run_keep_slot(in, slot);
        in->reject = (DecodeError){};
        in->run.busy = true;
        r = process(in, &t);
        in->run.busy = false;
        if (r < 0 && (!survivable(r) || store_spoiled(in->store)))
                return r;
        if (r != 0)
                return take_apart(in, now, m);
        run_keep(in, m);
        if (!t.slot || t.old.id || t.slot->stream.order.applied >= order_next(&t.slot->stream.order) - 1)
                return 0;
        r = run_end(in);
        return r < 0 ? r : drain(in, t.slot);
}

int intake_message(Intake *in, const Now *now, const Incoming *m) {
        int r = store_begin(in->store);

        if (r < 0)
                return r;
        in->messages++;
        return run_takes(in, m) ? take_in_run(in, now, m) : take_alone(in, now, m);
}
