/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Encoding: what the daemon sends, as JSON. Each function empties the writer, writes one payload and returns what
 * jsonw_finish() does; the payload is then in w->buf and w->len until the writer's next use. Strings are borrowed for
 * the call only. NULL stands for an optional member that is not there. Times are microseconds since 1970.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/attempt.h"
#include "codec/jsonw.h"
#include "codec/messages.h"
#include "core/limits.h"

/* One rule that speaks against something. */
typedef struct EncodeReason {
        const char *rule;
        const char *item; /* optional */
        const char *text; /* what is wrong and what to do next */
        bool override;    /* may be overridden for one session by two officers */
} EncodeReason;

typedef struct EncodeReasons {
        size_t n;
        const EncodeReason *v;
} EncodeReasons;

/* down/room/<room>/decision and /permit, down/actuator/<device>/permit */
typedef struct EncodeDecision {
        const char *session; /* NULL: an actuator's permit with no session in its room */
        const uint8_t *nonce; /* NONCE_SIZE bytes, of the request that is answered */
        bool allow;
        int64_t decided_at_us;
        EncodeReasons reasons;
        const char *const *overridden; /* rule ids */
        size_t n_overridden;
        const char *permit; /* compact JWS; NULL on deny */
} EncodeDecision;

/* What a permit's JWS signs. */
typedef struct EncodePermit {
        const char *site, *room, *session;
        const uint8_t *nonce; /* NONCE_SIZE bytes */
        int64_t seq, ttl_ms;
        const char *policy;
        int64_t audit_size;
        const char *audit_head;
} EncodePermit;

/* What one key signs about the one that is to follow. */
typedef struct EncodeNextKey {
        const char *site, *kid, *public_key; /* base64url */
        int64_t made_at_us;
} EncodeNextKey;

/* What the checkpoint's JWS on state/audit signs. */
typedef struct EncodeCheckpoint {
        const char *log, *boot;
        int64_t size;
        const char *head;
        int64_t at_us;
} EncodeCheckpoint;

/* state/daemon */
typedef struct EncodeDaemonState {
        const char *state; /* online, degraded or offline */
        const char *boot, *version;
        int64_t since_us;
        EncodeReasons reasons; /* left out when empty */
} EncodeDaemonState;

/* state/autoclave/<id> */
typedef struct EncodeAutoclaveState {
        bool in_service;
        EncodeReasons reasons; /* why it is out */
        const char *attempt;   /* the running one; optional, and with it cycle and phase */
        int64_t cycle;
        const char *phase;
        const char *last_attempt; /* NULL: no cycle has ended yet */
        int64_t last_cycle;
        const char *last_verdict; /* verified, failed or unverified */
        EncodeReasons last_reasons;
        const AttemptFigures *last_figures; /* optional */
} EncodeAutoclaveState;

/* state/alert/<alert>, and in a delivery */
typedef struct EncodeAlert {
        const char *alert, *rule;
        const char *severity; /* info, warning or critical */
        const char *state;    /* open, acknowledged or resolved */
        const char *text, *subject;
        int64_t raised_at_us;
        int64_t count;
        const char *by; /* optional */
        int64_t silenced_until_us; /* optional: 0 */
} EncodeAlert;

/* A pack that did not become sterile although its load was released. */
typedef struct EncodeWithheld {
        const char *pack, *rule, *text;
} EncodeWithheld;

/* down/station/<device>/released */
typedef struct EncodeReleased {
        const char *autoclave;
        bool has_cycle;
        int64_t cycle;
        const char *attempt; /* optional: none matches */
        const char *transcribed_by; /* optional: released on their readings */
        bool released;
        EncodeReasons reasons;
        const EncodeWithheld *withheld; /* left out when there are none */
        size_t n_withheld;
} EncodeReleased;

/* missing: at most the first MISSING_MAX are named; with none the member is left out. */
int encode_receipt(JsonWriter *w, const char *boot, int64_t seq, const int64_t *missing, size_t n_missing);

/* member NULL or empty: none. boot NULL or empty: not sequenced, seq is not looked at. */
int encode_rejected(JsonWriter *w, Reject reason, const char *detail, const char *member, const char *boot,
                    int64_t seq);
int encode_decision(JsonWriter *w, const EncodeDecision *d);
int encode_permit_payload(JsonWriter *w, const EncodePermit *p);
int encode_next_key(JsonWriter *w, const EncodeNextKey *k);
int encode_checkpoint_payload(JsonWriter *w, const EncodeCheckpoint *c);

/* state: locked, authorised, running or suspended. until_s < 0: not said. */
int encode_interlock(JsonWriter *w, const char *state, const char *session, int64_t until_s);
int encode_daemon_state(JsonWriter *w, const EncodeDaemonState *s);
int encode_autoclave_state(JsonWriter *w, const EncodeAutoclaveState *s);
int encode_alert(JsonWriter *w, const EncodeAlert *a);
int encode_deliver(JsonWriter *w, const char *delivery, int64_t attempt, const EncodeAlert *a);
int encode_released(JsonWriter *w, const EncodeReleased *r);
int encode_labels(JsonWriter *w, const char *item, const char *const *labels, size_t n);
