/* SPDX-License-Identifier: Apache-2.0 */
#include "store/recalls.h"

#include "store/stmt.h"

int recall_add(Store *s, RecallRow *r) {
        const char *cause = r->cause ?: "recall";
        int e = sql_run(s, SQL_RECALL_ADD, "iittttttt00it00", r->i, r->at_us, r->reason, r->by, r->lot, r->product,
                        r->code, r->supplier_load, r->autoclave, r->from_us, r->to_us, (int64_t)r->kind, cause,
                        r->attempt, r->decide_by_us);

        if (e == 0)
                r->id = sql_last_id(s);
        return e;
}

int recall_of(Store *s, const ItemRow *item, const AttemptRow *attempt, char ret_reason[static TEXT_MAX + 1]) {
        const StatementId q = SQL_RECALL_OF;
        const bool told = attempt && attempt->released == LOAD_RECALLED;
        int r = sql_first(s, q, "tttt0ti", item->code, or_null(item->lot), or_null(item->product),
                          attempt ? NULL : or_null(item->supplier_load), attempt && !told ? attempt->id : INT64_C(0),
                          attempt ? attempt->autoclave : NULL, attempt ? attempt->started_us : INT64_C(0));

        if (r <= 0)
                return r;
        col_text(s, q, 0, ret_reason, TEXT_MAX + 1);
        sql_done(s, q);
        return 1;
}

static int recall_read(Store *s, StatementId q, int r, RecallInfo *ret) {
        if (r <= 0)
                return r;
        *ret = (RecallInfo){
                .id = col_int(s, q, 0),
                .i = col_int(s, q, 1),
                .at_us = col_int(s, q, 2),
                .kind = (int)col_int(s, q, 3),
                .attempt = col_int(s, q, 12),
                .from_us = col_int(s, q, 14),
                .to_us = col_int(s, q, 15),
                .decide_by_us = col_int(s, q, 16),
                .confirmed_us = col_int(s, q, 17),
                .ended_us = col_int(s, q, 20),
        };
        TEXT(q, 4, ret->cause);
        TEXT(q, 5, ret->reason);
        TEXT(q, 6, ret->by);
        TEXT(q, 7, ret->lot);
        TEXT(q, 8, ret->product);
        TEXT(q, 9, ret->code);
        TEXT(q, 10, ret->supplier_load);
        TEXT(q, 11, ret->autoclave);
        TEXT(q, 13, ret->load);
        TEXT(q, 18, ret->confirmed_by);
        TEXT(q, 19, ret->confirmed_reason);
        TEXT(q, 21, ret->ended_by);
        TEXT(q, 22, ret->ended_reason);
        sql_done(s, q);
        return 1;
}

int recall_get(Store *s, int64_t id, RecallInfo *ret) {
        return recall_read(s, SQL_RECALL_BY_ID, sql_first(s, SQL_RECALL_BY_ID, "i", id), ret);
}

int recall_next(Store *s, int64_t after, bool ended_too, RecallInfo *ret) {
        StatementId q = ended_too ? SQL_RECALL_NEXT : SQL_RECALL_NEXT_OPEN;

        return recall_read(s, q, sql_first(s, q, "i", after), ret);
}

int recall_by_hand_next(Store *s, const char *code, int64_t after, RecallInfo *ret) {
        const StatementId q = SQL_RECALL_BY_HAND_NEXT;

        return recall_read(s, q, sql_first(s, q, "tti", code, RECALL_BY_HAND, after), ret);
}

int recall_overdue(Store *s, int64_t after, int64_t at_us, int64_t *ret) {
        return sql_int(s, SQL_RECALL_OVERDUE, ret, "ii", after, at_us);
}

int recall_next_decision(Store *s, int64_t at_us, int64_t *ret_us) {
        return sql_int(s, SQL_RECALL_NEXT_DECISION, ret_us, "i", at_us);
}

int recall_on_attempt(Store *s, int64_t attempt) {
        int64_t one;

        return sql_int(s, SQL_RECALL_ON_ATTEMPT, &one, "i", attempt);
}

int recall_end(Store *s, int64_t id, const RecallWord *w) {
        return sql_run(s, SQL_RECALL_END, "iitti", w->at_us, w->i, w->by, w->reason, id);
}

int recall_confirm(Store *s, int64_t id, const RecallWord *w) {
        return sql_run(s, SQL_RECALL_CONFIRM, "iitti", w->at_us, w->i, w->by, w->reason, id);
}
