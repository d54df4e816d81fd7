/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * JsonReader: one text of RFC 8259 into values in an array, strictly, in one pass. UTF-8; no member twice, at any
 * depth; at most JSONR_DEPTH_MAX levels; no NUL, raw or escaped; surrogates in pairs; nothing behind the value but
 * white space. Integers are what is written without fraction and exponent, and must fit in int64_t; other numbers are
 * what strtod() makes of them, and must be finite. Why not the JSON library: see doc/design-notes.md.
 *
 * Reused from text to text. Values and strings stand until the next text or jsonr_done().
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSONR_DEPTH_MAX 8
#define JSONR_TEXT_MAX (UINT32_MAX / 2)

typedef enum JsonrType {
        JSONR_NULL,
        JSONR_BOOL,
        JSONR_INTEGER,
        JSONR_REAL,
        JSONR_STRING,
        JSONR_ARRAY,
        JSONR_OBJECT,
} JsonrType;

typedef struct JsonrValue {
        JsonrType type;
        uint32_t next; /* the element or member after it; 0: none */
        uint32_t n;    /* bytes, elements, or members */
        uint32_t n_key;
        const char *key; /* of a member; ends in NUL */
        union {
                bool boolean;
                int64_t integer;
                double real;
                const char *string; /* ends in NUL, has none within */
                uint32_t first;     /* element or member; 0: none */
        };
} JsonrValue;

typedef enum JsonrFault {
        JSONR_FAULT_NONE,
        JSONR_FAULT_SYNTAX,
        JSONR_FAULT_UTF8,
        JSONR_FAULT_END, /* something follows */
        JSONR_FAULT_NUL,
        JSONR_FAULT_DUPLICATE, /* a member stands twice */
        JSONR_FAULT_NUMBER,    /* too large */
        JSONR_FAULT_DEPTH,
} JsonrFault;

/* What was wrong, and where: counted from 1, the column in bytes. */
typedef struct JsonrError {
        JsonrFault fault;
        unsigned line, column;
} JsonrError;

typedef struct JsonReader {
        char *text, *at, *end;
        size_t size_text;
        JsonrValue *values; /* the first is the root */
        size_t n_values, size_values;
        uint32_t *order; /* scratch: the members of a large object */
        size_t size_order;
        JsonrFault fault;
} JsonReader;

/* 0: the root is jsonr_root(). 1: *ret_error says why not. -ENOMEM; -EMSGSIZE above JSONR_TEXT_MAX. */
int jsonr_read(JsonReader *r, const void *text, size_t n, JsonrError *ret_error);
void jsonr_done(JsonReader *r);

static inline const JsonrValue *jsonr_root(const JsonReader *r) {
        return r->values;
}

/* The first element or member; NULL: there is none. */
static inline const JsonrValue *jsonr_first(const JsonReader *r, const JsonrValue *v) {
        return v->type >= JSONR_ARRAY && v->n ? r->values + v->first : NULL;
}

static inline const JsonrValue *jsonr_next(const JsonReader *r, const JsonrValue *v) {
        return v->next ? r->values + v->next : NULL;
}

/* NULL: no object, or it has no such member. */
const JsonrValue *jsonr_member(const JsonReader *r, const JsonrValue *object, const char *key);
