/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Reading an answer: a member that is not there is "", 0, false. */
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

static inline const char *text_of(const json_t *o, const char *name) {
        return json_string_value(json_object_get(o, name)) ?: "";
}

static inline int64_t number_of(const json_t *o, const char *name) {
        return json_integer_value(json_object_get(o, name));
}

static inline bool truth_of(const json_t *o, const char *name) {
        return json_is_true(json_object_get(o, name));
}
