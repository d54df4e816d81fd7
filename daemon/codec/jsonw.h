/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * JsonWriter: appends compact JSON to one buffer that grows and is used again. Commas and colons come by themselves;
 * nesting right is the caller's part. The first failure sticks, so that only jsonw_finish() needs looking at.
 * { 0 } is a valid empty writer. Owns its buffer.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONW_MAX ((size_t) 1 << 20) /* bytes; more is -EMSGSIZE */

typedef struct JsonWriter {
        char *buf;
        size_t len, size;
        int error;
} JsonWriter;

/* Empties it, keeping the memory. */
void jsonw_reset(JsonWriter *w);
void jsonw_done(JsonWriter *w);

/* 0 and a text that ends with NUL, borrowed until the next call on w; or the first failure: -ENOMEM, -EMSGSIZE. */
int jsonw_finish(JsonWriter *w, const char **ret, size_t *ret_n);

void jsonw_object(JsonWriter *w);
void jsonw_object_end(JsonWriter *w);
void jsonw_array(JsonWriter *w);
void jsonw_array_end(JsonWriter *w);
/* Keys are our own words: nothing in them is escaped. */
void jsonw_key(JsonWriter *w, const char *key);

/* Escaped as needed. A byte that is not part of well-formed UTF-8 becomes U+FFFD. */
void jsonw_string(JsonWriter *w, const char *s);
void jsonw_int(JsonWriter *w, int64_t v);
void jsonw_bool(JsonWriter *w, bool v);
void jsonw_null(JsonWriter *w);

/* A key and its value. */
void jsonw_member_string(JsonWriter *w, const char *key, const char *s);
void jsonw_member_int(JsonWriter *w, const char *key, int64_t v);
void jsonw_member_bool(JsonWriter *w, const char *key, bool v);

/* v / 10^digits, exactly, without zeros at the end: 1500 with 3 digits is 1.5. At most 9 digits. */
void jsonw_member_decimal(JsonWriter *w, const char *key, int64_t v, int digits);

/* Nothing where s is NULL. */
void jsonw_member_optional(JsonWriter *w, const char *key, const char *s);
