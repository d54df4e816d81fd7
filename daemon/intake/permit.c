/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/permit.h"
#include "intake/session.h"

#include <stdarg.h>
#include <stdio.h>

/* A permit for this nonce. Its audit record leaves out the head, which is the one before it. */
static int permit_make(Intake *in, const Answer *a, int64_t ttl_us, char **ret) {
        const int64_t ttl_ms = ttl_us / US_PER_MS;
        char head[48], nonce[32];
        const Head before = in->head;
        const char *text;
        RoomRow room;
        size_t n;
        int r = room_get(in->store, a->room, &room);

        if (r < 0)
                return r;
        room.permit_seq++;
        r = room_save(in->store, &room);
        if (r < 0)
                return r;
        to_base64(a->nonce, NONCE_SIZE, nonce, sizeof(nonce));
        record_begin(in, "permit");
        jsonw_member_string(&in->w, "site", in->config->site.id);
        jsonw_member_string(&in->w, "room", a->room);
        jsonw_member_string(&in->w, "session", a->session);
        jsonw_member_string(&in->w, "nonce", nonce);
        jsonw_member_int(&in->w, "seq", room.permit_seq);
        jsonw_member_int(&in->w, "ttl_ms", ttl_ms);
        jsonw_member_string(&in->w, "policy", "default");
        r = record_end(in, NULL);
        to_base64(before.hash, HASH_SIZE, head, sizeof(head));
        if (r == 0)
                r = encode_permit_payload(&in->w, &(EncodePermit){ .site = in->config->site.id,
                                                                   .room = a->room,
                                                                   .session = a->session,
                                                                   .nonce = a->nonce,
                                                                   .seq = room.permit_seq,
                                                                   .ttl_ms = ttl_ms,
                                                                   .policy = "default",
                                                                   .audit_size = before.size,
                                                                   .audit_head = head });
        if (r == 0)
                r = jsonw_finish(&in->w, &text, &n);
        return r < 0 ? r : signer_jws(in->signer, text, n, ret);
}

static EncodeReasons reasons_of(const GateVerdict *v, EncodeReason *reasons) {
        size_t n = MIN_OF(v->n, (size_t)GATE_REASONS_MAX);

        for (size_t i = 0; i < n; i++)
                reasons[i] = (EncodeReason){ v->reasons[i].rule, v->reasons[i].item, v->reasons[i].text,
                                             v->reasons[i].override };
        return (EncodeReasons){ n, reasons };
}

static int publish(Intake *in, const Answer *a, const EncodeDecision *d) {
        char topic[TOPIC_MAX];
        Outgoing *out;
        int r = topic_down(in->config->site.id, a->kind, a->device, a->topic, topic);

        if (r == 0)
                r = encode_decision(&in->w, d);
        if (r == 0)
                r = publish_w(in, topic, &out);
        if (r == 0 && d->permit)
                r = outgoing_permits(out, d->session);
        return r < 0 ? r : outgoing_correlate(out, a->correlation, a->n_correlation);
}

int answer_give(Intake *in, const Answer *a, const GateVerdict *v, int64_t ttl_us, EncodeDecision *ret_bare) {
        static EncodeReason reasons[GATE_REASONS_MAX];
        _cleanup_(freep) char *permit = NULL;
        EncodeDecision d = { .session = a->session,
                             .nonce = a->nonce,
                             .allow = v->allow,
                             .decided_at_us = in->now.wall_us,
                             .overridden = a->overridden.rules,
                             .n_overridden = a->overridden.n,
                             .reasons = reasons_of(v, reasons) };
        int r = v->allow ? permit_make(in, a, ttl_us, &permit) : 0;

        d.permit = permit;
        if (r == 0)
                r = publish(in, a, &d);
        if (r < 0)
                return r;
        d.permit = NULL;
        *ret_bare = d;
        return 0;
}

static void record_overridden(Intake *in, const Overridden *o) {
        if (o->n == 0)
                return;
        jsonw_key(&in->w, "overridden");
        jsonw_array(&in->w);
        for (size_t i = 0; i < o->n; i++)
                jsonw_string(&in->w, o->rules[i]);
        jsonw_array_end(&in->w);
}

int answer_record(Intake *in, const Answer *a, const GateVerdict *v, int64_t *ret_i) {
        char nonce[32];

        to_base64(a->nonce, NONCE_SIZE, nonce, sizeof(nonce));
        record_begin(in, "decision");
        jsonw_member_string(&in->w, "about", a->topic);
        jsonw_member_string(&in->w, "room", a->room);
        if (a->kind == KIND_ACTUATOR)
                jsonw_member_string(&in->w, "relay", a->device);
        jsonw_member_optional(&in->w, "session", a->session);
        jsonw_member_string(&in->w, "nonce", nonce);
        jsonw_member_string(&in->w, "verdict", v->allow ? "allow" : "deny");
        jsonw_key(&in->w, "reasons");
        jsonw_array(&in->w);
        for (size_t i = 0; i < MIN_OF(v->n, (size_t)GATE_REASONS_MAX); i++) {
                jsonw_object(&in->w);
                jsonw_member_string(&in->w, "rule", v->reasons[i].rule);
                jsonw_member_optional(&in->w, "item", v->reasons[i].item);
                jsonw_object_end(&in->w);
        }
        jsonw_array_end(&in->w);
        record_overridden(in, &a->overridden);
        return record_end(in, ret_i);
}

/* A relay asks all day, also where nobody is treated: what it is told is for those who look for it. */
int answer_log(Intake *in, const Answer *a, const GateVerdict *v) {
        const bool relay = a->kind == KIND_ACTUATOR;
        LogSubject subject = { .session = a->session, .room = a->room, .device = a->device };
        const char *session = a->session ?: "none";
        int r = 0;

        in->decisions++;
        if (v->allow)
                return batch_log(&in->batch, LOG_SESSION_ALLOWED_KIND, relay ? LOG_DEBUG : LOG_INFO, &subject,
                                 "session %s in %s: allowed%s%s", session, a->room, relay ? ", for " : "",
                                 relay ? a->device : "");
        for (size_t i = 0; i < MIN_OF(v->n, (size_t)16) && r == 0; i++) {
                subject.rule = v->reasons[i].rule;
                subject.item = v->reasons[i].item;
                r = batch_log(&in->batch, LOG_SESSION_DENIED_KIND, relay ? LOG_DEBUG : LOG_NOTICE, &subject,
                              "session %s in %s: denied, %s: %s", session, a->room, v->reasons[i].rule,
                              v->reasons[i].text);
        }
        return r;
}

void verdict_deny(GateVerdict *v, const char *rule, const char *format, ...) {
        GateReason *reason = v->reasons + v->n;
        va_list ap;

        v->allow = false;
        if (v->n++ >= GATE_REASONS_MAX)
                return;
        *reason = (GateReason){ .rule = rule };
        va_start(ap, format);
        vsnprintf(reason->text, sizeof(reason->text), format, ap);
        va_end(ap);
}
