/* SPDX-License-Identifier: Apache-2.0 */
#include "store/keys.h"

#include "store/stmt.h"

static int key_read(Store *s, StatementId q, int r, KeyRow *ret) {
        if (r <= 0)
                return r;
        *ret = (KeyRow){ .id = col_int(s, q, 0),
                         .i = col_int(s, q, 1),
                         .state = (int)col_int(s, q, 4),
                         .made_us = col_int(s, q, 5),
                         .since_us = col_int(s, q, 6),
                         .retired_us = col_int(s, q, 7) };
        TEXT(q, 2, ret->kid);
        TEXT(q, 3, ret->public_key);
        TEXT(q, 8, ret->statement);
        sql_done(s, q);
        return 1;
}

int key_get(Store *s, KeyState state, KeyRow *ret) {
        return key_read(s, SQL_KEY_GET, sql_first(s, SQL_KEY_GET, "i", (int64_t)state), ret);
}

int key_find(Store *s, const char *kid, KeyRow *ret) {
        return key_read(s, SQL_KEY_FIND, sql_first(s, SQL_KEY_FIND, "t", kid), ret);
}

int key_before(Store *s, int64_t before, KeyRow *ret) {
        return key_read(s, SQL_KEY_BEFORE, sql_first(s, SQL_KEY_BEFORE, "i", before), ret);
}

int key_add(Store *s, KeyRow *row) {
        int r = sql_run(s, SQL_KEY_ADD, "ittii00t", row->i, row->kid, row->public_key, (int64_t)row->state, row->made_us,
                        row->since_us, row->retired_us, or_null(row->statement));

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int key_save(Store *s, const KeyRow *row) {
        return sql_run(s, SQL_KEY_SAVE, "i00i", (int64_t)row->state, row->since_us, row->retired_us, row->id);
}
