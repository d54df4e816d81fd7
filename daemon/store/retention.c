/* SPDX-License-Identifier: Apache-2.0 */
#include "store/retention.h"

#include "store/stmt.h"

static int stamp_next(Store *s, StatementId q, int64_t *id, int64_t *ret_at_us) {
        int r = sql_first(s, q, "i", *id);

        if (r <= 0)
                return r;
        *id = col_int(s, q, 0);
        *ret_at_us = col_int(s, q, 1);
        sql_done(s, q);
        return 1;
}

int message_stamp_next(Store *s, int64_t *id, int64_t *ret_at_us) {
        return stamp_next(s, SQL_RAW_STAMP, id, ret_at_us);
}

int attempt_ended_next(Store *s, int64_t *id, int64_t *ret_at_us) {
        return stamp_next(s, SQL_ATTEMPT_AFTER, id, ret_at_us);
}

int64_t messages_trim(Store *s, int64_t from, int64_t to) {
        int r = sql_run(s, SQL_RAW_TRIM, "ii", from, to);

        return r < 0 ? r : sql_changes(s);
}

int samples_trim(Store *s, int64_t attempt) {
        return sql_run(s, SQL_CHUNK_CLEAR, "i", attempt);
}
