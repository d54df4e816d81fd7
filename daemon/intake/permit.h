/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Permits: answering a nonce, with a permit where the verdict is allow. Shared by the room's three questions and by
 * relays that ask for their own. Claims, decision and permit are in one transaction; the batch sends nothing before it
 * is committed.
 */
#include "intake/session.h"

/* Whom is answered, and about what. Borrowed strings. */
typedef struct Answer {
        Kind kind;          /* KIND_ROOM or KIND_ACTUATOR, */
        const char *device; /* of this id, */
        const char *topic;  /* on "decision" or "permit" */
        const char *room;
        const char *session;           /* NULL: none is live there */
        const uint8_t *nonce;          /* NONCE_SIZE */
        Overridden overridden;  /* taken out of the verdict */
        const void *correlation;
        size_t n_correlation;
} Answer;

/* The decision's audit record; ret_i may be NULL. */
int answer_record(Intake *in, const Answer *a, const GateVerdict *v, int64_t *ret_i);
/*
 * Says the verdict. On allow a permit is made and goes with it, good for ttl_us from when the device sent the nonce:
 * the caller sees to it that the room's lease covers it. *ret_bare: what was said, without the permit; its reasons are
 * good until the next call.
 */
int answer_give(Intake *in, const Answer *a, const GateVerdict *v, int64_t ttl_us, EncodeDecision *ret_bare);
int answer_log(Intake *in, const Answer *a, const GateVerdict *v);

/* Adds a reason that is not judged by the gate's table. */
void verdict_deny(GateVerdict *v, const char *rule, const char *format, ...) _printf_(3, 4);

/* request.c: why a session is over, in words; NULL: it is live and not suspended. */
const char *session_over_text(const SessionRow *s);
/*
 * May the live session go on (running, or its items touched already), or still start (authorised)? Of a running one
 * only what stops it counts. Fills in->facts and in->texts on the way.
 */
int session_judge(Intake *in, const SessionRow *s, GateVerdict *ret, Overridden *ret_overridden);
