/* SPDX-License-Identifier: Apache-2.0 */
#include "store/fitness.h"

#include <stdio.h>

#include "store/stmt.h"

/* --- tests --- */

static int test_read(Store *s, StatementId q, int r, TestRow *ret) {
        if (r <= 0)
                return r;
        *ret = (TestRow){
                .id = col_int(s, q, 0),
                .i = col_int(s, q, 1),
                .test = (int)col_int(s, q, 3),
                .attempt = col_int(s, q, 4),
                .run_us = col_int(s, q, 5),
                .read_us = col_int(s, q, 6),
                .outcome = (int)col_int(s, q, 7),
                .rate_mpa = col_int(s, q, 8),
                .expires_on = (int32_t)col_int(s, q, 11),
        };
        TEXT(q, 2, ret->autoclave);
        TEXT(q, 9, ret->reader);
        TEXT(q, 10, ret->lot);
        TEXT(q, 12, ret->why);
        sql_done(s, q);
        return 1;
}

int test_add(Store *s, TestRow *row) {
        int r = sql_run(s, SQL_TEST_ADD, "iti0iiiitt0t", row->i, row->autoclave, (int64_t)row->test, row->attempt,
                        row->run_us, row->read_us, (int64_t)row->outcome, row->rate_mpa, or_null(row->reader),
                        or_null(row->lot), (int64_t)row->expires_on, or_null(row->why));

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int test_last(Store *s, const char *autoclave, TestType first, TestType last, TestOutcome outcome, int64_t until_us,
              TestRow *ret) {
        const StatementId q = outcome == TEST_PASSED ? SQL_TEST_LAST_PASSED : SQL_TEST_LAST;
        TestRow row, newest = {};

        /* Each type by itself: then the index leads to its last row, however many there are. */
        for (int type = (int)first; type <= (int)last; type++) {
                int r = test_read(s, q, sql_first(s, q, "tiii", autoclave, (int64_t)type, (int64_t)outcome, until_us),
                                  &row);

                if (r < 0)
                        return r;
                if (r > 0 &&
                    (!newest.id || row.run_us > newest.run_us || (row.run_us == newest.run_us && row.id > newest.id)))
                        newest = row;
        }
        if (newest.id)
                *ret = newest;
        return newest.id != 0;
}

int test_failed_in(Store *s, int64_t attempt) {
        int64_t found;

        return sql_int(s, SQL_TEST_FAILED_IN, &found, "i", attempt);
}

int test_count_bowie_dicks(Store *s, const char *autoclave, int64_t after_us, int64_t *ret) {
        return sql_int(s, SQL_TEST_COUNT_BOWIE_DICKS, ret, "ti", autoclave, after_us);
}

int test_unread(Store *s, const char *autoclave, int64_t from_us, int64_t to_us, int64_t *ret_cycle) {
        return sql_int(s, SQL_TEST_UNREAD, ret_cycle, "tii", autoclave, from_us, to_us);
}

/* --- indicators --- */

int indicator_add(Store *s, IndicatorRow *row) {
        int r = sql_run(s, SQL_INDICATOR_ADD, "iitiii00t0iit", row->i, row->at_us, row->autoclave, row->attempt,
                        (int64_t)row->kind, (int64_t)row->place, row->type, row->pack, or_null(row->lot),
                        (int64_t)row->expires_on, (int64_t)row->result, (int64_t)row->control, or_null(row->reader));

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int indicator_next(Store *s, int64_t attempt, int64_t after, IndicatorRow *ret) {
        const StatementId q = SQL_INDICATOR_NEXT;
        int r = sql_first(s, q, "ii", attempt, after);

        if (r <= 0)
                return r;
        *ret = (IndicatorRow){
                .id = col_int(s, q, 0),
                .i = col_int(s, q, 1),
                .at_us = col_int(s, q, 2),
                .attempt = attempt,
                .kind = (int)col_int(s, q, 4),
                .place = (int)col_int(s, q, 5),
                .type = col_int(s, q, 6),
                .pack = col_int(s, q, 7),
                .expires_on = (int32_t)col_int(s, q, 9),
                .result = (int)col_int(s, q, 10),
                .control = (int)col_int(s, q, 11),
        };
        TEXT(q, 3, ret->autoclave);
        TEXT(q, 8, ret->lot);
        TEXT(q, 12, ret->reader);
        sql_done(s, q);
        return 1;
}

int indicator_many(Store *s, int64_t attempt, int64_t n) {
        int64_t one;

        return sql_int(s, SQL_INDICATOR_MANY, &one, "ii", attempt, n);
}

int indicator_spore_before(Store *s, const char *autoclave, int64_t before, int64_t *ret_attempt) {
        return sql_int(s, SQL_INDICATOR_SPORE_BEFORE, ret_attempt, "ti", autoclave, before);
}

/* --- duties --- */

int duty_add(Store *s, DutyRow *row) {
        int r = sql_run(s, SQL_DUTY_ADD, "iittti", row->i, row->at_us, row->duty, row->subject, row->by,
                        (int64_t)row->passed);

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int duty_last(Store *s, const char *duty, const char *subject, bool passed, int64_t until_us, DutyRow *ret) {
        const StatementId q = SQL_DUTY_LAST;
        int r = sql_first(s, q, "ttii", duty, subject, (int64_t)passed, until_us);

        if (r <= 0)
                return r;
        *ret = (DutyRow){ .id = col_int(s, q, 0),
                          .i = col_int(s, q, 1),
                          .at_us = col_int(s, q, 2),
                          .passed = col_int(s, q, 4) != 0 };
        snprintf(ret->duty, sizeof(ret->duty), "%s", duty);
        snprintf(ret->subject, sizeof(ret->subject), "%s", subject);
        TEXT(q, 3, ret->by);
        sql_done(s, q);
        return 1;
}

/* --- service --- */

static int service_read(Store *s, StatementId q, int r, ServiceRow *ret) {
        if (r <= 0)
                return r;
        *ret = (ServiceRow){
                .id = col_int(s, q, 0),
                .i = col_int(s, q, 1),
                .since_us = col_int(s, q, 3),
                .last_us = col_int(s, q, 4),
                .cause = (int)col_int(s, q, 5),
                .back_us = col_int(s, q, 7),
        };
        TEXT(q, 2, ret->autoclave);
        TEXT(q, 6, ret->text);
        sql_done(s, q);
        return 1;
}

int service_add(Store *s, ServiceRow *row) {
        int r = sql_run(s, SQL_SERVICE_ADD, "itiiit", row->i, row->autoclave, row->since_us, row->last_us,
                        (int64_t)row->cause, row->text);

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int service_again(Store *s, const ServiceRow *row) {
        return sql_run(s, SQL_SERVICE_AGAIN, "iti", row->last_us, row->text, row->id);
}

int service_out_next(Store *s, const char *autoclave, int64_t after, ServiceRow *ret) {
        return service_read(s, SQL_SERVICE_OUT_NEXT, sql_first(s, SQL_SERVICE_OUT_NEXT, "ti", autoclave, after), ret);
}

int service_was_out(Store *s, const char *autoclave, int64_t from_us, int64_t to_us, ServiceRow *ret) {
        return service_read(s, SQL_SERVICE_WAS_OUT, sql_first(s, SQL_SERVICE_WAS_OUT, "tii", autoclave, to_us, from_us),
                            ret);
}

int service_ran_out(Store *s, const char *autoclave, int64_t started_us) {
        return sql_run(s, SQL_SERVICE_RAN_OUT, "ti", autoclave, started_us);
}

int service_not_ahead(Store *s, const char *autoclave, int64_t now_us) {
        return sql_run(s, SQL_SERVICE_NOT_AHEAD, "ti", autoclave, now_us);
}

int service_back(Store *s, const char *autoclave, int64_t i, int64_t at_us, const char *by, const char *reason) {
        return sql_run(s, SQL_SERVICE_BACK, "iittt", i, at_us, by, reason, autoclave);
}

int reference_first(Store *s, const char *autoclave, int64_t *ret_us) {
        int r = sql_int(s, SQL_REFERENCE_FIRST, ret_us, "t", autoclave);

        return r > 0 && *ret_us == 0 ? 0 : r;
}

int service_attempt_from(Store *s, const char *autoclave, int64_t n, int64_t *ret) {
        return sql_int(s, SQL_SERVICE_ATTEMPT_FROM, ret, "ti", autoclave, n);
}

int service_attempt_next(Store *s, const char *autoclave, int64_t since_us, int64_t after, int64_t *ret) {
        return sql_int(s, SQL_SERVICE_ATTEMPT_NEXT, ret, "tii", autoclave, since_us, after);
}

int recall_stands(Store *s, const char *autoclave, const char *cause, int64_t from_us, int64_t since_us) {
        int64_t found;

        return sql_int(s, SQL_RECALL_STANDS, &found, "ttii", autoclave, cause, from_us, since_us);
}

int recall_first_from(Store *s, const char *autoclave, const char *cause, int64_t at_us, int64_t *ret_from_us) {
        const StatementId q = SQL_RECALL_FIRST_FROM;
        int r = sql_first(s, q, "tti", autoclave, cause, at_us);

        if (r <= 0)
                return r;
        *ret_from_us = col_int(s, q, 0);
        r = col_int(s, q, 1) > 0;
        sql_done(s, q);
        return r;
}

int recall_reaches(Store *s, const char *autoclave, const char *cause, int64_t at_us) {
        int64_t found;

        return sql_int(s, SQL_RECALL_REACHES, &found, "tti", autoclave, cause, at_us);
}

int recall_begins_after(Store *s, const char *autoclave, const char *cause, int64_t at_us) {
        int64_t found;

        return sql_int(s, SQL_RECALL_BEGINS_AFTER, &found, "tti", autoclave, cause, at_us);
}

int service_rebuilt(Store *s, const char *autoclave, int64_t *ret_us) {
        return sql_int(s, SQL_SERVICE_REBUILT, ret_us, "ti", autoclave, (int64_t)SERVICE_CALIBRATION);
}

int attempt_earliest(Store *s, const char *autoclave, int64_t above, int64_t *ret_us) {
        return sql_int(s, SQL_ATTEMPT_EARLIEST, ret_us, "ti", autoclave, above);
}

int attempt_latest(Store *s, const char *autoclave, int64_t *ret_us) {
        return sql_int(s, SQL_ATTEMPT_LATEST, ret_us, "t", autoclave);
}
