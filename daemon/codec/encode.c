/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/encode.h"

#include <sodium.h>

#include "codec/rfc3339.h"
#include "util.h"

static void member_time(JsonWriter *w, const char *key, int64_t us) {
        char text[TIME_TEXT_SIZE];

        time_format_utc(us, text);
        jsonw_member_string(w, key, text);
}

static void member_nonce(JsonWriter *w, const uint8_t *nonce) {
        char text[sodium_base64_ENCODED_LEN(NONCE_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING)];

        sodium_bin2base64(text, sizeof(text), nonce, NONCE_SIZE, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        jsonw_member_string(w, "nonce", text);
}

static void member_strings(JsonWriter *w, const char *key, const char *const *v, size_t n) {
        jsonw_key(w, key);
        jsonw_array(w);
        for (size_t i = 0; i < n; i++)
                jsonw_string(w, v[i]);
        jsonw_array_end(w);
}

static void member_reasons(JsonWriter *w, const EncodeReasons *reasons, bool with_override) {
        jsonw_key(w, "reasons");
        jsonw_array(w);
        for (size_t i = 0; i < reasons->n; i++) {
                const EncodeReason *r = &reasons->v[i];

                jsonw_object(w);
                jsonw_member_string(w, "rule", r->rule);
                jsonw_member_optional(w, "item", r->item);
                jsonw_member_string(w, "text", r->text);
                if (with_override)
                        jsonw_member_bool(w, "override", r->override);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

static void begin(JsonWriter *w) {
        jsonw_reset(w);
        jsonw_object(w);
}

static int finish(JsonWriter *w) {
        const char *text;
        size_t n;

        jsonw_object_end(w);
        return jsonw_finish(w, &text, &n);
}

int encode_receipt(JsonWriter *w, const char *boot, int64_t seq, const int64_t *missing, size_t n_missing) {
        begin(w);
        jsonw_member_string(w, "boot", boot);
        jsonw_member_int(w, "seq", seq);
        if (n_missing > 0) {
                jsonw_key(w, "missing");
                jsonw_array(w);
                for (size_t i = 0; i < n_missing && i < MISSING_MAX; i++)
                        jsonw_int(w, missing[i]);
                jsonw_array_end(w);
        }
        return finish(w);
}

int encode_rejected(JsonWriter *w, Reject reason, const char *detail, const char *member, const char *boot,
                    int64_t seq) {
        begin(w);
        jsonw_member_string(w, "reason", reject_id(reason));
        jsonw_member_string(w, "detail", detail);
        if (member && *member)
                jsonw_member_string(w, "member", member);
        if (boot && *boot) {
                jsonw_member_string(w, "boot", boot);
                jsonw_member_int(w, "seq", seq);
        }
        return finish(w);
}

int encode_decision(JsonWriter *w, const EncodeDecision *d) {
        begin(w);
        jsonw_member_optional(w, "session", d->session);
        member_nonce(w, d->nonce);
        jsonw_member_string(w, "verdict", d->allow ? "allow" : "deny");
        member_time(w, "decided_at", d->decided_at_us);
        member_strings(w, "overridden", d->overridden, d->n_overridden);
        member_reasons(w, &d->reasons, true);
        jsonw_member_optional(w, "permit", d->permit);
        return finish(w);
}

int encode_permit_payload(JsonWriter *w, const EncodePermit *p) {
        begin(w);
        jsonw_member_string(w, "site", p->site);
        jsonw_member_string(w, "room", p->room);
        jsonw_member_string(w, "session", p->session);
        member_nonce(w, p->nonce);
        jsonw_member_int(w, "seq", p->seq);
        jsonw_member_int(w, "ttl_ms", p->ttl_ms);
        jsonw_member_string(w, "policy", p->policy);
        jsonw_key(w, "audit");
        jsonw_object(w);
        jsonw_member_int(w, "size", p->audit_size);
        jsonw_member_string(w, "head", p->audit_head);
        jsonw_object_end(w);
        return finish(w);
}

int encode_next_key(JsonWriter *w, const EncodeNextKey *k) {
        begin(w);
        jsonw_member_string(w, "site", k->site);
        jsonw_member_string(w, "kid", k->kid);
        jsonw_key(w, "jwk");
        jsonw_object(w);
        jsonw_member_string(w, "crv", "Ed25519");
        jsonw_member_string(w, "kty", "OKP");
        jsonw_member_string(w, "x", k->public_key);
        jsonw_object_end(w);
        member_time(w, "made_at", k->made_at_us);
        return finish(w);
}

int encode_checkpoint_payload(JsonWriter *w, const EncodeCheckpoint *c) {
        begin(w);
        jsonw_member_string(w, "log", c->log);
        jsonw_member_string(w, "boot", c->boot);
        jsonw_member_int(w, "size", c->size);
        jsonw_member_string(w, "head", c->head);
        member_time(w, "at", c->at_us);
        return finish(w);
}

int encode_interlock(JsonWriter *w, const char *state, const char *session, int64_t until_s) {
        begin(w);
        jsonw_member_string(w, "state", state);
        jsonw_member_optional(w, "session", session);
        if (until_s >= 0)
                jsonw_member_int(w, "until_s", until_s);
        return finish(w);
}

int encode_daemon_state(JsonWriter *w, const EncodeDaemonState *s) {
        begin(w);
        jsonw_member_string(w, "state", s->state);
        jsonw_member_string(w, "boot", s->boot);
        jsonw_member_string(w, "version", s->version);
        member_time(w, "since", s->since_us);
        if (s->reasons.n > 0)
                member_reasons(w, &s->reasons, false);
        return finish(w);
}

int encode_autoclave_state(JsonWriter *w, const EncodeAutoclaveState *s) {
        begin(w);
        jsonw_member_string(w, "service", s->in_service ? "in" : "out");
        member_reasons(w, &s->reasons, false);
        if (s->attempt) {
                jsonw_member_string(w, "attempt", s->attempt);
                jsonw_member_int(w, "cycle", s->cycle);
                jsonw_member_optional(w, "phase", s->phase);
        }
        if (s->last_attempt) {
                jsonw_key(w, "last");
                jsonw_object(w);
                jsonw_member_string(w, "attempt", s->last_attempt);
                jsonw_member_int(w, "cycle", s->last_cycle);
                jsonw_member_string(w, "verdict", s->last_verdict);
                member_reasons(w, &s->last_reasons, false);
                if (s->last_figures) {
                        jsonw_key(w, "figures");
                        attempt_figures_publish(w, s->last_figures);
                }
                jsonw_object_end(w);
        }
        return finish(w);
}

static void alert_members(JsonWriter *w, const EncodeAlert *a) {
        jsonw_member_string(w, "alert", a->alert);
        jsonw_member_string(w, "rule", a->rule);
        jsonw_member_string(w, "severity", a->severity);
        jsonw_member_string(w, "state", a->state);
        jsonw_member_string(w, "text", a->text);
        jsonw_member_string(w, "subject", a->subject);
        member_time(w, "raised_at", a->raised_at_us);
        jsonw_member_int(w, "count", a->count);
        jsonw_member_optional(w, "by", a->by);
        if (a->silenced_until_us)
                member_time(w, "silenced_until", a->silenced_until_us);
}

int encode_alert(JsonWriter *w, const EncodeAlert *a) {
        begin(w);
        alert_members(w, a);
        return finish(w);
}

int encode_deliver(JsonWriter *w, const char *delivery, int64_t attempt, const EncodeAlert *a) {
        begin(w);
        jsonw_member_string(w, "delivery", delivery);
        jsonw_member_int(w, "attempt", attempt);
        jsonw_key(w, "alert");
        jsonw_object(w);
        alert_members(w, a);
        jsonw_object_end(w);
        return finish(w);
}

static void member_withheld(JsonWriter *w, const EncodeWithheld *v, size_t n) {
        if (n == 0)
                return;
        jsonw_key(w, "withheld");
        jsonw_array(w);
        for (size_t i = 0; i < n; i++) {
                jsonw_object(w);
                jsonw_member_string(w, "pack", v[i].pack);
                jsonw_member_string(w, "rule", v[i].rule);
                jsonw_member_string(w, "text", v[i].text);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
}

int encode_released(JsonWriter *w, const EncodeReleased *r) {
        begin(w);
        jsonw_member_string(w, "autoclave", r->autoclave);
        if (r->has_cycle)
                jsonw_member_int(w, "cycle", r->cycle);
        jsonw_member_optional(w, "attempt", r->attempt);
        jsonw_member_string(w, "verdict", r->released ? "released" : "refused");
        jsonw_member_optional(w, "transcribed_by", r->transcribed_by);
        member_reasons(w, &r->reasons, false);
        member_withheld(w, r->withheld, r->n_withheld);
        return finish(w);
}

int encode_labels(JsonWriter *w, const char *item, const char *const *labels, size_t n) {
        begin(w);
        jsonw_member_string(w, "item", item);
        member_strings(w, "labels", labels, n);
        return finish(w);
}
