/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Alert: what ends one. Section 7 of the rules: open, acknowledged, resolved, each by somebody. One that tells of a state
 * ends with that state and never before, or whoever tidies the list would hide what still holds; one that tells of what
 * happened is settled by an officer who looked into it. Pure.
 */
#include <stdbool.h>
#include <stddef.h>

#define ALERT_TEXT_MAX 320

typedef enum AlertEnd {
        ALERT_BY_HAND,  /* it happened: somebody looks into it and settles it */
        ALERT_BY_LOCK,  /* likewise, once no room is locked for it any more */
        ALERT_BY_CAUSE, /* it is so: it ends by itself when it is no longer */
} AlertEnd;

/* The table, for the documents and the tests. */
typedef struct AlertRule {
        const char *id;
        AlertEnd critical, lesser; /* what ends it, by its severity */
        const char *way_out;       /* with ALERT_BY_CAUSE: what ends its cause */
} AlertRule;
size_t alert_rules(const AlertRule **ret);
/* NULL: none of ours. */
const AlertRule *alert_rule(const char *id);

typedef struct AlertFacts {
        const char *rule;
        bool critical;
        const char *locked_room; /* that is locked for this rule; NULL: none is */
        bool gone;               /* what it is about is not configured any more, so that no cause can end */
} AlertFacts;

/* True: it may be resolved by hand. False and in `text` what to do instead. */
bool alert_resolvable(const AlertFacts *f, char text[static ALERT_TEXT_MAX]);
