/* SPDX-License-Identifier: Apache-2.0 */
#include "store/after.h"

#include "store/stmt.h"

int after_due(Store *s, int64_t wall_us, int64_t *ret_session) {
        return sql_int(s, SQL_AFTER_DUE, ret_session, "i", wall_us);
}

int after_next_due(Store *s, int64_t *ret_us) {
        int r = sql_first(s, SQL_AFTER_NEXT, "");

        if (r <= 0)
                return r;
        r = !col_null(s, SQL_AFTER_NEXT, 0);
        if (r)
                *ret_us = col_int(s, SQL_AFTER_NEXT, 0);
        sql_done(s, SQL_AFTER_NEXT);
        return r;
}

int after_set(Store *s, int64_t session, int64_t due_us) {
        return sql_run(s, SQL_AFTER_SET, "i0", session, due_us);
}

int after_hasten(Store *s, const char *label, int64_t at_us) {
        return sql_run(s, SQL_AFTER_HASTEN, "ti", label, at_us);
}

int after_hasten_all(Store *s, int64_t at_us) {
        return sql_run(s, SQL_AFTER_HASTEN_ALL, "i", at_us);
}

int after_get(Store *s, int64_t session, AfterRow *ret) {
        const StatementId q = SQL_AFTER_GET;
        int r = sql_first(s, q, "i", session);

        if (r <= 0)
                return r;
        *ret = (AfterRow){ .sharps_since_us = col_int(s, q, 0), .sharps_us = col_int(s, q, 1) };
        TEXT(q, 2, ret->sharps_by);
        TEXT(q, 3, ret->sharps_reason);
        sql_done(s, q);
        return 1;
}

int after_sharps_since(Store *s, int64_t session, int64_t at_us) {
        return sql_run(s, SQL_AFTER_SHARPS_SINCE, "i0", session, at_us);
}

int after_sharps_answer(Store *s, int64_t session, int64_t at_us, const char *by, const char *reason) {
        return sql_run(s, SQL_AFTER_SHARPS_ANSWER, "iitt", session, at_us, by, reason);
}

int after_sharps_owed(Store *s, const char *practitioner, char ret_label[static LABEL_MAX + 1]) {
        int r = sql_first(s, SQL_AFTER_SHARPS_OWED, "t", practitioner);

        if (r <= 0)
                return r;
        col_text(s, SQL_AFTER_SHARPS_OWED, 0, ret_label, LABEL_MAX + 1);
        sql_done(s, SQL_AFTER_SHARPS_OWED);
        return 1;
}

int after_item_next(Store *s, int64_t session, int64_t after, AfterItemRow *ret) {
        const StatementId q = SQL_AFTER_ITEM_NEXT;
        int r = sql_first(s, q, "ii", session, after);

        if (r <= 0)
                return r;
        *ret = (AfterItemRow){
                .item = col_int(s, q, 0),
                .used_us = col_int(s, q, 3),
                .returned_us = col_int(s, q, 4),
                .unnamed = col_int(s, q, 5) != 0,
                .dropped_us = col_int(s, q, 6),
                .damaged_us = col_int(s, q, 7),
                .state = (int)col_int(s, q, 8),
                .later = col_int(s, q, 9) != 0,
        };
        TEXT(q, 1, ret->code);
        TEXT(q, 2, ret->class_id);
        sql_done(s, q);
        return 1;
}

int after_unnamed(Store *s, int64_t session, int64_t item, bool unnamed) {
        return sql_run(s, SQL_AFTER_UNNAMED, "ii0", session, item, (int64_t)unnamed);
}
