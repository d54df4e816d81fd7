/* SPDX-License-Identifier: Apache-2.0 */
#include "store/people.h"

#include <stdio.h>

#include "store/stmt.h"

static int read_row(Store *s, StatementId q, int found, QualificationRow *ret) {
        if (found <= 0)
                return found;
        *ret = (QualificationRow){
                .id = col_int(s, q, 0),
                .i = col_int(s, q, 1),
                .at_us = col_int(s, q, 2),
                .until = (int32_t)col_int(s, q, 5),
                .ended_i = col_int(s, q, 9),
                .ended_us = col_int(s, q, 10),
        };
        TEXT(q, 3, ret->person);
        TEXT(q, 4, ret->procedure);
        TEXT(q, 6, ret->certificate);
        TEXT(q, 7, ret->by);
        TEXT(q, 8, ret->reason);
        TEXT(q, 11, ret->ended_by);
        TEXT(q, 12, ret->ended_reason);
        sql_done(s, q);
        return 1;
}

int qualification_last(Store *s, const char *person, const char *procedure, QualificationRow *ret) {
        const StatementId q = SQL_QUALIFICATION_LAST;

        return read_row(s, q, sql_first(s, q, "tt", person, procedure), ret);
}

int qualification_next(Store *s, const char *person, const char *procedure, QualificationRow *ret) {
        const StatementId q = SQL_QUALIFICATION_NEXT;
        char after[LABEL_MAX + 1];

        snprintf(after, sizeof(after), "%s", procedure); /* it may stand in *ret */
        return read_row(s, q, sql_first(s, q, "tt", person, after), ret);
}

int qualification_add(Store *s, QualificationRow *row) {
        int r = sql_run(s, SQL_QUALIFICATION_ADD, "iittittt", row->i, row->at_us, row->person, row->procedure,
                        (int64_t)row->until, or_null(row->certificate), or_null(row->by), or_null(row->reason));

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int qualification_end(Store *s, const QualificationRow *row) {
        return sql_run(s, SQL_QUALIFICATION_END, "iitti", row->ended_i, row->ended_us, row->ended_by, row->ended_reason,
                       row->id);
}
