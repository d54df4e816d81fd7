/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/arena.h"

#include <jansson.h>
#include <stdint.h>
#include <stdlib.h>

static Arena *current;

static void *take(size_t size) {
        const size_t rest = sizeof(current->room) - (current ? current->used : 0);
        char *p;

        if (!current)
                return malloc(size);
        if (size > rest) {
                current->spilled = true;
                return malloc(size);
        }
        p = current->room + current->used;
        size = (size + _Alignof(max_align_t) - 1) & ~(_Alignof(max_align_t) - 1);
        current->used += size < rest ? size : rest;
        return p;
}

static bool lies_in(const Arena *a, const void *p) {
        return (uintptr_t)p >= (uintptr_t)a->room && (uintptr_t)p < (uintptr_t)a->room + sizeof(a->room);
}

static void give_back(void *p) {
        if (!current || !lies_in(current, p))
                free(p);
}

void arena_enter(Arena *a) {
        json_set_alloc_funcs(take, give_back);
        current = a;
}

void arena_leave(void) {
        current = NULL;
}

void arena_reset(Arena *a) {
        a->used = 0;
        a->spilled = false;
}
