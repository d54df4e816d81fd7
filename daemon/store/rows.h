/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Rows: the items and sessions that were read last, as they stand in the ledger. Each message of a session in progress
 * speaks of the same few. A row is forgotten when SQLite says that it is about to change (changes.c), and all of them when
 * anything was undone; a ledger that is only looked at keeps none, because nobody says there what changes.
 */
#include "core/limits.h"
#include "store/store.h"

#define ROWS_KEPT 16

typedef struct RowCache {
        uint64_t undone; /* store_undone() when they were read */
        unsigned next;   /* which gives way */
        struct {
                int64_t id; /* 0: none */
                char name[CODE_MAX + 1];
        } of[ROWS_KEPT];
        uint8_t *rows; /* NULL: none was kept yet */
} RowCache;

/* By its id, or where that is 0 by its name: 1 and the row, of `size` bytes; 0: it is to be read. */
int row_kept(const Store *s, RowCache *c, int64_t id, const char *name, void *ret, size_t size);
/* What was read then. `size` is the same for all rows of a cache. */
void row_keep(const Store *s, RowCache *c, int64_t id, const char *name, const void *row, size_t size);
void row_changes(RowCache *c, int64_t id);
void rows_free(RowCache *c);
