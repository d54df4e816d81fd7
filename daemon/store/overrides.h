/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What rooms were denied for and two officers may override, and who has signed. Rows stay: they are the record. */
#include "core/limits.h"
#include "store/sessions.h"

typedef struct OverrideRow {
        int64_t id, i, at_us; /* i: the decision that denied */
        char session[LABEL_MAX + 1], room[LABEL_MAX + 1], rule[LABEL_MAX + 1];
        uint8_t content[CONTENT_SIZE]; /* as the request's */
        char practitioner[LABEL_MAX + 1], procedure[LABEL_MAX + 1];
        int64_t mark;         /* core/override.h */
        int64_t first_i, first_us, second_i, second_us; /* the acts; 0: not signed */
        char first_by[LABEL_MAX + 1], first_reason[TEXT_MAX + 1];
        char second_by[LABEL_MAX + 1], second_reason[TEXT_MAX + 1];
        int64_t until_us;     /* what was signed is good until then */
        int64_t used_i, used_us; /* the decision that allowed */
} OverrideRow;

/* The newest of this session and rule: 1, or 0 for none. */
int override_last(Store *s, const char *session, const char *rule, OverrideRow *ret);
/* Was another room denied by this rule under the same label? 1, or 0. */
int override_elsewhere(Store *s, const OverrideRow *row);
/* Sets row->id. What was signed is not in it yet. */
int override_add(Store *s, OverrideRow *row);
/* Who has signed, and its use. */
int override_save(Store *s, const OverrideRow *row);
