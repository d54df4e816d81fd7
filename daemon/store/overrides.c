/* SPDX-License-Identifier: Apache-2.0 */
#include "store/overrides.h"

#include <errno.h>

#include "store/stmt.h"

int override_last(Store *s, const char *session, const char *rule, OverrideRow *ret) {
        const StatementId q = SQL_OVERRIDE_LAST;
        const void *content;
        size_t n;
        int r = sql_first(s, q, "tt", session, rule);

        if (r <= 0)
                return r;
        *ret = (OverrideRow){
                .id = col_int(s, q, 0),
                .i = col_int(s, q, 1),
                .at_us = col_int(s, q, 2),
                .mark = col_int(s, q, 9),
                .first_i = col_int(s, q, 10),
                .first_us = col_int(s, q, 11),
                .second_i = col_int(s, q, 14),
                .second_us = col_int(s, q, 15),
                .until_us = col_int(s, q, 18),
                .used_i = col_int(s, q, 19),
                .used_us = col_int(s, q, 20),
        };
        TEXT(q, 3, ret->session);
        TEXT(q, 4, ret->room);
        content = col_blob(s, q, 5, &n);
        if (n == CONTENT_SIZE)
                memcpy(ret->content, content, CONTENT_SIZE);
        TEXT(q, 6, ret->rule);
        TEXT(q, 7, ret->practitioner);
        TEXT(q, 8, ret->procedure);
        TEXT(q, 12, ret->first_by);
        TEXT(q, 13, ret->first_reason);
        TEXT(q, 16, ret->second_by);
        TEXT(q, 17, ret->second_reason);
        sql_done(s, q);
        return n == CONTENT_SIZE || n == 0 ? 1 : -EBADMSG; /* 0: erased with its patient */
}

int override_elsewhere(Store *s, const OverrideRow *row) {
        int64_t one;

        return sql_int(s, SQL_OVERRIDE_ELSEWHERE, &one, "ttt", row->session, row->rule, row->room);
}

int override_add(Store *s, OverrideRow *row) {
        int r = sql_run(s, SQL_OVERRIDE_ADD, "iittbttti", row->i, row->at_us, row->session, row->room,
                        (const void *)row->content, (size_t)CONTENT_SIZE, row->rule, row->practitioner, row->procedure,
                        row->mark);

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int override_save(Store *s, const OverrideRow *row) {
        return sql_run(s, SQL_OVERRIDE_SAVE, "00tt00tt000i", row->first_i, row->first_us, or_null(row->first_by),
                       or_null(row->first_reason), row->second_i, row->second_us, or_null(row->second_by),
                       or_null(row->second_reason), row->until_us, row->used_i, row->used_us, row->id);
}
