/* SPDX-License-Identifier: Apache-2.0 */
#include "store/loads.h"

#include "store/stmt.h"

/* Reads the id that a statement finds, and then the row. */
static int attempt_found(Store *s, int r, int64_t id, AttemptRow *ret) {
        return r <= 0 ? r : attempt_get_id(s, id, ret);
}

int load_before(Store *s, int state, int64_t before, AttemptRow *ret) {
        int64_t id = 0;
        int r = state == LOAD_ANY       ? sql_int(s, SQL_LOAD_BEFORE_ANY, &id, "i", before)
                : state == LOAD_RUNNING ? sql_int(s, SQL_LOAD_BEFORE_RUNNING, &id, "i", before)
                                        : sql_int(s, SQL_LOAD_BEFORE, &id, "ii", (int64_t)state, before);

        return attempt_found(s, r, id, ret);
}

int attempt_before(Store *s, const char *autoclave, int64_t before_us, AttemptRow *ret) {
        int64_t id = 0;
        int r = sql_int(s, SQL_ATTEMPT_BEFORE, &id, "ti", autoclave, before_us);

        return attempt_found(s, r, id, ret);
}

const char *load_word_name(LoadWord word) {
        static const char *const names[] = {
                [LOAD_WORD_RELEASED] = "released",   [LOAD_WORD_REFUSED] = "refused",   [LOAD_WORD_REJECTED] = "rejected",
                [LOAD_WORD_WITHDRAWN] = "withdrawn", [LOAD_WORD_RECALLED] = "recalled",
        };

        return (size_t)word < ELEMENTSOF(names) ? names[word] : NULL;
}

int decision_next(Store *s, int64_t attempt, int64_t after, DecisionRow *ret) {
        const StatementId q = SQL_DECISION_NEXT;
        int r = sql_first(s, q, "ii", attempt, after);

        if (r <= 0)
                return r;
        *ret = (DecisionRow){ .id = col_int(s, q, 0),
                              .i = col_int(s, q, 1),
                              .at_us = col_int(s, q, 2),
                              .what = (int)col_int(s, q, 4),
                              .dry = col_int(s, q, 5) != 0 };
        TEXT(q, 3, ret->by);
        TEXT(q, 6, ret->reason);
        TEXT(q, 7, ret->reasons);
        sql_done(s, q);
        return 1;
}

int indicator_shown_next(Store *s, int64_t attempt, int64_t after, IndicatorShown *ret) {
        const StatementId q = SQL_INDICATOR_SHOWN_NEXT;
        int r = sql_first(s, q, "ii", attempt, after);

        if (r <= 0)
                return r;
        *ret = (IndicatorShown){ .id = col_int(s, q, 0),
                                 .at_us = col_int(s, q, 1),
                                 .kind = (int)col_int(s, q, 2),
                                 .place = (int)col_int(s, q, 3),
                                 .type = (int)col_int(s, q, 4),
                                 .expires_on = (int32_t)col_int(s, q, 7),
                                 .result = (int)col_int(s, q, 8),
                                 .control = (int)col_int(s, q, 9) };
        TEXT(q, 5, ret->pack);
        TEXT(q, 6, ret->lot);
        TEXT(q, 10, ret->reader);
        sql_done(s, q);
        return 1;
}

static int test_read(Store *s, StatementId q, int r, TestShown *ret) {
        if (r <= 0)
                return r;
        *ret = (TestShown){ .id = col_int(s, q, 0),
                            .test = (int)col_int(s, q, 1),
                            .run_us = col_int(s, q, 3),
                            .read_us = col_int(s, q, 4),
                            .outcome = (int)col_int(s, q, 5),
                            .rate_mpa = col_int(s, q, 6),
                            .expires_on = (int32_t)col_int(s, q, 9) };
        TEXT(q, 2, ret->attempt);
        TEXT(q, 7, ret->reader);
        TEXT(q, 8, ret->lot);
        TEXT(q, 10, ret->why);
        sql_done(s, q);
        return 1;
}

int test_of_attempt_next(Store *s, int64_t attempt, int64_t after, TestShown *ret) {
        const StatementId q = SQL_TEST_OF_ATTEMPT_NEXT;

        return test_read(s, q, sql_first(s, q, "ii", attempt, after), ret);
}

int test_before(Store *s, const char *autoclave, int64_t before, TestShown *ret) {
        const StatementId q = SQL_TEST_BEFORE;

        return test_read(s, q, sql_first(s, q, "ti", autoclave, before), ret);
}

int recall_of_attempt_next(Store *s, const AttemptRow *attempt, int64_t after, int64_t *ret_recall) {
        return sql_int(s, SQL_RECALL_OF_ATTEMPT_NEXT, ret_recall, "itii", attempt->id, attempt->autoclave,
                       attempt->started_us, after);
}

int decision_add(Store *s, int64_t attempt, const char *reasons, DecisionRow *row) {
        int r = sql_run(s, SQL_DECISION_ADD, "iiitiitt", row->i, row->at_us, attempt, row->by, (int64_t)row->what,
                        (int64_t)row->dry, or_null(row->reason), reasons);

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int transcript_add(Store *s, const AttemptRow *attempt, const TranscriptRow *row) {
        const ManualReadings *m = &row->readings;

        return sql_run(s, SQL_TRANSCRIPT_ADD, "iitiiiiiiiitt", row->i, row->at_us, attempt->autoclave, attempt->id,
                       (int64_t)row->from_day, m->hold_us, (int64_t)m->coldest_mc, (int64_t)m->hottest_mc,
                       (int64_t)m->lowest_pa, (int64_t)m->highest_pa, m->pulses, row->by, row->reason);
}

int transcript_next(Store *s, int64_t attempt, int64_t after, TranscriptRow *ret) {
        const StatementId q = SQL_TRANSCRIPT_NEXT;
        int r = sql_first(s, q, "ii", attempt, after);

        if (r <= 0)
                return r;
        *ret = (TranscriptRow){ .id = col_int(s, q, 0),
                                .i = col_int(s, q, 1),
                                .at_us = col_int(s, q, 2),
                                .from_day = (int32_t)col_int(s, q, 3),
                                .readings = { .hold_us = col_int(s, q, 4),
                                              .coldest_mc = (int32_t)col_int(s, q, 5),
                                              .hottest_mc = (int32_t)col_int(s, q, 6),
                                              .lowest_pa = (int32_t)col_int(s, q, 7),
                                              .highest_pa = (int32_t)col_int(s, q, 8),
                                              .pulses = col_int(s, q, 9) } };
        TEXT(q, 10, ret->by);
        TEXT(q, 11, ret->reason);
        sql_done(s, q);
        return 1;
}

int transcript_from(Store *s, const char *autoclave, int32_t *ret_day) {
        int64_t day;
        int r = sql_int(s, SQL_TRANSCRIPT_FROM, &day, "t", autoclave);

        if (r > 0)
                *ret_day = (int32_t)day;
        return r;
}

int load_recall(Store *s, const AttemptRow *attempt, char ret_reason[static TEXT_MAX + 1]) {
        const StatementId q = SQL_LOAD_RECALL;
        int r = sql_first(s, q, "iti", attempt->id, attempt->autoclave, attempt->started_us);

        if (r <= 0)
                return r;
        col_text(s, q, 0, ret_reason, TEXT_MAX + 1);
        sql_done(s, q);
        return 1;
}

int load_withdrawn(Store *s, int64_t attempt) {
        int64_t id;

        return sql_int(s, SQL_LOAD_WITHDRAWN, &id, "i", attempt);
}

int load_said_wet(Store *s, int64_t attempt) {
        int64_t id;

        return sql_int(s, SQL_LOAD_SAID_WET, &id, "i", attempt);
}
