/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Reasons: why something is not permitted, each a rule's id and a sentence that says what to do. All are given, not
 * only the first. Beyond REASONS_MAX they are counted and not kept.
 */
#include <stdbool.h>
#include <stddef.h>

#define REASONS_MAX 32
#define REASON_TEXT_MAX 512

typedef struct Reason {
        const char *rule; /* static, or it outlives the list */
        char text[REASON_TEXT_MAX];
} Reason;

typedef struct Reasons {
        size_t n;     /* kept */
        size_t total; /* found */
        Reason v[REASONS_MAX];
} Reasons;

/* A sentence that is too long is cut. */
void reasons_add(Reasons *r, const char *rule, const char *format, ...) __attribute__((format(printf, 3, 4)));
bool reasons_has(const Reasons *r, const char *rule);
