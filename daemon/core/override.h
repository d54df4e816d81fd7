/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Override: two officers let one question be allowed although a rule denies it. Only rules that the gate's table marks;
 * two different officers, neither of whom does the session; one session, one use, within a time; and only while what
 * stands behind the denial is as it was when the room was denied. Pure. Times: wall-clock microseconds; 0, NULL: none.
 */
#include "core/gate.h"

#define OVERRIDE_RULES_MAX 4 /* rules so marked */
#define OVERRIDE_LIST_MAX 128 /* their ids, apart by commas */
#define OVERRIDE_TEXT_MAX 512

/* The rule's place in the gate's table; NULL: no such rule, or one that nobody may override. */
const GateRuleInfo *override_rule(const char *rule);

/*
 * What a denial by this rule rests on, as one number: another qualification, a later session, another injury has another
 * one. An override for the one does not cover the other.
 */
int64_t override_mark(const char *rule, const GateFacts *f);

/* What an officer signs, and what is known about it. */
typedef struct OverrideFacts {
        const char *session, *rule, *by; /* as the officer says it */
        bool known;                /* a session of this label was allowed once: nothing is left to be overridden */
        bool denied;               /* a room was denied for just this; what follows is empty otherwise */
        bool elsewhere;            /* so was another room, under the same label */
        bool stands;               /* and it would be denied for the same cause now */
        const char *practitioner;  /* who is to do the session */
        const char *first, *second; /* who has signed */
        int64_t now_us, until_us;  /* until when what was signed is good */
} OverrideFacts;

typedef enum OverrideStep { OVERRIDE_REFUSED, OVERRIDE_FIRST, OVERRIDE_SECOND } OverrideStep;

/* What the signature does. Refused: why, and what to do, in ret_text; otherwise that is left alone. */
OverrideStep override_judge(const OverrideFacts *f, char ret_text[static OVERRIDE_TEXT_MAX]);

/* What two officers have signed, against the question at hand. */
typedef struct OverrideGiven {
        bool complete;       /* both have */
        bool used;           /* by a session that was allowed */
        bool same_question;  /* label, room and content are those that were denied */
        int64_t until_us, mark;
} OverrideGiven;

/* Does it take the rule out of this question; live: asked again for the session that has used it? */
bool override_covers(const OverrideGiven *g, bool live, int64_t now_us, int64_t mark);

/* Takes the reasons of these rules out of a verdict; the others stay, in their order. A verdict with more reasons than
 * it can hold stays as it is. */
void override_take_out(GateVerdict *v, const char *const *rules, size_t n);
