/* SPDX-License-Identifier: Apache-2.0 */
#include "store/blocks.h"

#include <stddef.h>

#include "util.h"

#define STEP 16
#define CLASSES 128 /* what is larger, pages of the cache above all, comes and goes by malloc() */

typedef struct Block {
        size_t n;           /* bytes after this word, a multiple of STEP */
        struct Block *next; /* while it is kept; else the caller's */
} Block;

#define HEADER offsetof(Block, next)

static Block *kept[CLASSES];

static Block *block_of(void *p) {
        return (Block *)((char *)p - HEADER);
}

static int round_up(int n) {
        return (n + STEP - 1) & ~(STEP - 1);
}

static void *take(int wanted) {
        const size_t n = (size_t)round_up(wanted), class = n / STEP;
        Block *b = class < CLASSES ? kept[class] : NULL;

        if (b) {
                kept[class] = b->next;
        } else {
                b = malloc(HEADER + n);
                if (!b)
                        return NULL;
                b->n = n;
        }
        return &b->next;
}

static void give(void *p) {
        Block *b = block_of(p);

        if (b->n / STEP >= CLASSES) {
                free(b);
                return;
        }
        b->next = kept[b->n / STEP];
        kept[b->n / STEP] = b;
}

static int size(void *p) {
        return (int)block_of(p)->n;
}

static void *take_other(void *p, int wanted) {
        const size_t n = (size_t)round_up(wanted), before = block_of(p)->n;
        void *other;

        if (n == before)
                return p;
        other = take(wanted);
        if (!other)
                return NULL;
        memcpy(other, p, MIN_OF(before, n));
        give(p);
        return other;
}

static int begin(void *userdata) {
        (void)userdata;
        return SQLITE_OK;
}

static void end(void *userdata) {
        (void)userdata;
}

const sqlite3_mem_methods blocks_methods = { take, give, take_other, size, round_up, begin, end, NULL };
