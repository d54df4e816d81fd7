/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reading an answer: a member that is not there is "", 0, false. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "out.h"

static inline const char *text_of(const json_t *o, const char *name) {
        return json_string_value(json_object_get(o, name)) ?: "";
}

static inline bool has_text(const json_t *o, const char *name) {
        return text_of(o, name)[0] != 0;
}

static inline int64_t number_of(const json_t *o, const char *name) {
        return json_integer_value(json_object_get(o, name));
}

static inline bool truth_of(const json_t *o, const char *name) {
        return json_is_true(json_object_get(o, name));
}

/* A member with a time, such as "damaged_at", and what belongs to it; nothing where there is no time. */
void print_event(const json_t *o, const char *name, const char *time_member, const char *more, Paint paint);
/* A day as yyyy-mm-dd, before today. */
bool is_past(const char *date);
Paint session_paint(const char *state);
/* Who has overridden what for a session, and what could be. */
void print_overrides(const json_t *overrides);
/* Rules and sentences, as a table with its blank line before; nothing where there are none. */
void print_reasons(const json_t *reasons);
/* protocol.c: what was done in a session, as tables with a blank line before each; nothing where nothing was. */
void print_protocol(const json_t *session);
