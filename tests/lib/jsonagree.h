/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Holds JsonReader against jansson: both take a text or both refuse it, and what they take has the same values to the
 * bit. Two differences are meant: jansson goes deeper than JSONR_DEPTH_MAX, and it overlooks a NUL byte that stands
 * right behind a number ("[10\0]"); ours refuses every NUL, as RFC 8259 does.
 */
#include <jansson.h>

#include "codec/jsonr.h"
#include "util.h"

static inline bool jsonagree_value(const JsonReader *r, const JsonrValue *v, const json_t *want);

static inline bool jsonagree_array(const JsonReader *r, const JsonrValue *v, const json_t *want) {
        const JsonrValue *e = jsonr_first(r, v);

        if (!json_is_array(want) || json_array_size(want) != v->n)
                return false;
        for (size_t i = 0; i < v->n; i++, e = jsonr_next(r, e))
                if (!e || !jsonagree_value(r, e, json_array_get(want, i)))
                        return false;
        return !e;
}

static inline bool jsonagree_object(const JsonReader *r, const JsonrValue *v, const json_t *want) {
        const JsonrValue *m = jsonr_first(r, v);

        if (!json_is_object(want) || json_object_size(want) != v->n)
                return false;
        for (; m; m = jsonr_next(r, m))
                if (strlen(m->key) != m->n_key || jsonr_member(r, v, m->key) != m ||
                    !jsonagree_value(r, m, json_object_get(want, m->key)))
                        return false;
        return true;
}

static inline bool jsonagree_value(const JsonReader *r, const JsonrValue *v, const json_t *want) {
        double real;

        switch (v->type) {
        case JSONR_NULL:
                return json_is_null(want);
        case JSONR_BOOL:
                return json_is_boolean(want) && json_is_true(want) == v->boolean;
        case JSONR_INTEGER:
                return json_is_integer(want) && json_integer_value(want) == v->integer;
        case JSONR_REAL:
                real = json_real_value(want);
                return json_is_real(want) && memcmp(&real, &v->real, sizeof(real)) == 0;
        case JSONR_STRING:
                return json_is_string(want) && json_string_length(want) == v->n && strlen(v->string) == v->n &&
                       memcmp(json_string_value(want), v->string, v->n) == 0;
        case JSONR_ARRAY:
                return jsonagree_array(r, v, want);
        case JSONR_OBJECT:
                return jsonagree_object(r, v, want);
        }
        return false;
}

static inline bool jsonagree(JsonReader *r, const void *text, size_t n) {
        json_t *want = json_loadb(text, n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
        JsonrError error = { 0 };
        int e = jsonr_read(r, text, n, &error);
        bool refused = e == 1 && error.fault != JSONR_FAULT_NONE;
        bool agrees = e == 0 ? !memchr(text, 0, n) && want && jsonagree_value(r, jsonr_root(r), want)
                             : refused && (!want || error.fault == JSONR_FAULT_DEPTH || memchr(text, 0, n));

        json_decref(want);
        return agrees;
}
