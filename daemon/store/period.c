/* SPDX-License-Identifier: Apache-2.0 */
#include "store/period.h"

#include <errno.h>

#include "store/stmt.h"
#include "util.h"

static const struct {
        StatementId next;
        bool by_subject, all; /* all: from the beginning on, whatever the window's */
        StatementId subject;  /* the next autoclave or room */
} kinds[_PERIOD_KIND_MAX] = {
        [PERIOD_CYCLES] = { SQL_PERIOD_CYCLES, true, false, SQL_PERIOD_ATTEMPT_AUTOCLAVE },
        [PERIOD_TESTS] = { SQL_PERIOD_TESTS, true, false, SQL_PERIOD_TEST_AUTOCLAVE },
        [PERIOD_SPORES] = { SQL_PERIOD_SPORES, true, false, SQL_PERIOD_ATTEMPT_AUTOCLAVE },
        [PERIOD_SERVICE] = { SQL_PERIOD_SERVICE, true, true, SQL_PERIOD_SERVICE_AUTOCLAVE },
        [PERIOD_SESSIONS] = { SQL_PERIOD_SESSIONS, true, false, SQL_PERIOD_SESSION_ROOM },
        [PERIOD_DENIALS] = { .next = SQL_PERIOD_DENIALS },
        [PERIOD_ALERTS] = { .next = SQL_PERIOD_ALERTS },
        [PERIOD_OVERRIDES] = { .next = SQL_PERIOD_OVERRIDES },
        [PERIOD_DUTIES] = { .next = SQL_PERIOD_DUTIES },
};

void period_row_clear(PeriodRow *row) {
        for (size_t i = 0; i < row->n; i++)
                free(row->cells[i].text);
        *row = (PeriodRow){};
}

/* The row that the statement stands on: when, id, and its cells. */
static int read_row(Store *s, StatementId q, PeriodPlace *place, PeriodRow *ret) {
        const int columns = sqlite3_column_count(s->stmts[q]);
        PeriodRow row = { .at_us = col_int(s, q, 0) };

        for (int i = 2; i < columns && row.n < PERIOD_CELLS; i++, row.n++) {
                row.cells[row.n].some = !col_null(s, q, i);
                row.cells[row.n].number = col_int(s, q, i);
                row.cells[row.n].text = col_dup(s, q, i);
                if (!row.cells[row.n].text) {
                        period_row_clear(&row);
                        sql_done(s, q);
                        return -ENOMEM;
                }
        }
        place->us = row.at_us;
        place->id = col_int(s, q, 1);
        sql_done(s, q);
        *ret = row;
        return 1;
}

/* PERIOD_LATER and the next one; 0: that was the last. */
static int next_subject(Store *s, PeriodKind kind, int64_t from_us, PeriodPlace *place) {
        const StatementId q = kinds[kind].subject;
        int r = sql_first(s, q, "t", place->subject);

        if (r <= 0)
                return r;
        r = col_null(s, q, 0) ? 0 : PERIOD_LATER;
        if (r) {
                TEXT(q, 0, place->subject);
                place->us = from_us;
                place->id = 0;
        }
        sql_done(s, q);
        return r;
}

int period_next(Store *s, PeriodKind kind, int64_t from_us, int64_t to_us, PeriodPlace *place, PeriodRow *ret) {
        const StatementId q = kinds[kind].next;
        const int64_t begin = kinds[kind].all ? 0 : from_us;
        const int64_t us = MAX_OF(place->us, begin);
        int r;

        if (!kinds[kind].by_subject) {
                r = sql_first(s, q, "iii", us, place->id, to_us);
                return r == 1 ? read_row(s, q, place, ret) : r;
        }
        if (place->subject[0]) {
                r = sql_first(s, q, "tiii", place->subject, us, place->id, to_us);
                if (r != 0)
                        return r == 1 ? read_row(s, q, place, ret) : r;
        }
        return next_subject(s, kind, begin, place);
}
