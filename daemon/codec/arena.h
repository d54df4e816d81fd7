/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Arena: where jansson puts the tree of one message, so that building it and throwing it away costs no malloc() for each
 * value. What does not fit comes from malloc() as before. Not thread-safe: jansson has one pair of allocation functions.
 */
#include <stdbool.h>
#include <stddef.h>

#define ARENA_SIZE 32768

typedef struct Arena {
        size_t used;
        bool spilled; /* something of the tree came from malloc(), so the tree must be freed value by value */
        _Alignas(max_align_t) char room[ARENA_SIZE];
} Arena;

/* From enter to leave jansson allocates from it, and may free what lies in it. */
void arena_enter(Arena *a);
void arena_leave(void);

/* Forgets everything in it. */
void arena_reset(Arena *a);
