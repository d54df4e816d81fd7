/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rows.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/stmt.h"

static void forget_undone(const Store *s, RowCache *c) {
        if (c->undone == s->undone)
                return;
        for (size_t i = 0; i < ROWS_KEPT; i++)
                c->of[i].id = 0;
        c->undone = s->undone;
}

int row_kept(const Store *s, RowCache *c, int64_t id, const char *name, void *ret, size_t size) {
        forget_undone(s, c);
        for (size_t i = 0; i < ROWS_KEPT; i++)
                if (c->of[i].id && (id ? c->of[i].id == id : streq(c->of[i].name, name))) {
                        memcpy(ret, c->rows + i * size, size);
                        return 1;
                }
        return 0;
}

void row_keep(const Store *s, RowCache *c, int64_t id, const char *name, const void *row, size_t size) {
        const unsigned at = c->next % ROWS_KEPT;

        if (!s->changes)
                return;
        if (!c->rows)
                c->rows = malloc(ROWS_KEPT * size);
        if (!c->rows) /* it is read again, then */
                return;
        c->next++;
        c->of[at].id = id;
        snprintf(c->of[at].name, sizeof(c->of[at].name), "%s", name);
        memcpy(c->rows + at * size, row, size);
}

void row_changes(RowCache *c, int64_t id) {
        for (size_t i = 0; i < ROWS_KEPT; i++)
                if (c->of[i].id == id)
                        c->of[i].id = 0;
}

void rows_free(RowCache *c) {
        free(TAKE(c->rows));
}
