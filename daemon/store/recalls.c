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
        int r = sql_first(s, q, "tttt0ti", item->code, or_null(item->lot), or_null(item->product),
                          or_null(item->supplier_load), attempt ? attempt->id : 0,
                          attempt ? attempt->autoclave : NULL, attempt ? attempt->started_us : 0);

        if (r <= 0)
                return r;
        col_text(s, q, 0, ret_reason, TEXT_MAX + 1);
        sql_done(s, q);
        return 1;
}
