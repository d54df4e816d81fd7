/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The few macros that every file may use. Ownership: _cleanup_(xp) frees on leaving scope, TAKE() hands over. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define _cleanup_(f) __attribute__((cleanup(f)))
#define _printf_(a, b) __attribute__((format(printf, a, b)))
#define ELEMENTSOF(a) (sizeof(a) / sizeof((a)[0]))
#define TAKE(p)                          \
        ({                               \
                __typeof__(p) *_pp = &(p); \
                __typeof__(p) _v = *_pp; \
                *_pp = NULL;             \
                _v;                      \
        })
#define MAX_OF(a, b)                     \
        ({                               \
                __typeof__(a) _a = (a);  \
                __typeof__(b) _b = (b);  \
                _a > _b ? _a : _b;       \
        })
#define MIN_OF(a, b)                     \
        ({                               \
                __typeof__(a) _a = (a);  \
                __typeof__(b) _b = (b);  \
                _a < _b ? _a : _b;       \
        })
#define DEFINE_CLEANUP(type, func)              \
        static inline void func##p(type **p) {  \
                if (*p)                         \
                        *p = func(*p);          \
        }

#define US_PER_S INT64_C(1000000)
#define US_PER_MS INT64_C(1000)
#define US_PER_DAY (INT64_C(86400) * US_PER_S)

static inline void freep(void *p) {
        free(*(void **)p);
}

static inline bool streq(const char *a, const char *b) {
        return strcmp(a, b) == 0;
}

/* As streq(), but absent strings are equal only to each other. */
static inline bool streq_ptr(const char *a, const char *b) {
        return a == b || (a && b && strcmp(a, b) == 0);
}
