/* SPDX-License-Identifier: Apache-2.0 */
#include "store/cycles.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "store/stmt.h"

static int attempt_read(Store *s, StatementId q, int r, AttemptRow *ret) {
        if (r <= 0)
                return r;
        *ret = (AttemptRow){
                .id = col_int(s, q, 0),
                .cycle = col_int(s, q, 3),
                .purpose = (int)col_int(s, q, 5),
                .started_us = col_int(s, q, 6),
                .ended_us = col_int(s, q, 7),
                .verdict = col_null(s, q, 9) ? -1 : (int)col_int(s, q, 9),
                .released = (int)col_int(s, q, 12),
                .released_us = col_int(s, q, 13),
                .grade = (int)col_int(s, q, 15),
                .outcome = col_null(s, q, 16) ? -1 : (int)col_int(s, q, 16),
        };
        TEXT(q, 1, ret->label);
        TEXT(q, 2, ret->autoclave);
        TEXT(q, 4, ret->program);
        TEXT(q, 8, ret->start);
        TEXT(q, 10, ret->reasons);
        TEXT(q, 11, ret->figures);
        TEXT(q, 14, ret->released_by);
        sql_done(s, q);
        return 1;
}

int attempt_add(Store *s, AttemptRow *row) {
        const StatementId q = SQL_ATTEMPT_NUMBER;
        char last[LABEL_MAX + 1] = "";
        int64_t before = 0;
        int r = sql_first(s, q, "t", row->autoclave);

        if (r < 0)
                return r;
        if (r > 0) {
                TEXT(q, 0, last);
                sql_done(s, q);
                before = strtoll(strrchr(last, '.') ? strrchr(last, '.') + 1 : "", NULL, 10);
        }
        snprintf(row->label, sizeof(row->label), "%.*s.%" PRId64, ATTEMPT_AUTOCLAVE_MAX, row->autoclave, before + 1);
        r = sql_run(s, SQL_ATTEMPT_ADD, "ttitiit", row->label, row->autoclave, row->cycle, row->program,
                    (int64_t)row->purpose, row->started_us, row->start);
        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int attempt_get_id(Store *s, int64_t id, AttemptRow *ret) {
        return attempt_read(s, SQL_ATTEMPT_BY_ID, sql_first(s, SQL_ATTEMPT_BY_ID, "i", id), ret);
}

int attempt_get(Store *s, const char *label, AttemptRow *ret) {
        return attempt_read(s, SQL_ATTEMPT_BY_LABEL, sql_first(s, SQL_ATTEMPT_BY_LABEL, "t", label), ret);
}

int attempt_open(Store *s, const char *autoclave, AttemptRow *ret) {
        return attempt_read(s, SQL_ATTEMPT_OPEN, sql_first(s, SQL_ATTEMPT_OPEN, "t", autoclave), ret);
}

int attempt_last(Store *s, const char *autoclave, AttemptRow *ret) {
        return attempt_read(s, SQL_ATTEMPT_LAST, sql_first(s, SQL_ATTEMPT_LAST, "t", autoclave), ret);
}

int attempt_by_cycle(Store *s, const char *autoclave, int64_t cycle, AttemptRow *ret) {
        const StatementId q = SQL_ATTEMPT_BY_CYCLE;
        int64_t newest;
        int r = sql_first(s, q, "ti", autoclave, cycle), more;

        if (r <= 0)
                return r;
        newest = col_int(s, q, 0);
        more = sql_next(s, q);
        if (more < 0)
                return more;
        sql_done(s, q);
        r = attempt_get_id(s, newest, ret);
        return r < 0 ? r : 1 + more;
}

int attempt_same_number(Store *s, AttemptRow *ret) {
        int64_t id;
        int r = sql_int(s, SQL_ATTEMPT_SAME_NUMBER, &id, "tii", ret->autoclave, ret->cycle, ret->id);

        return r <= 0 ? r : attempt_get_id(s, id, ret);
}

int attempt_save(Store *s, const AttemptRow *row) {
        const char *types = row->verdict < 0 ? "00tti0ti0i" : row->outcome < 0 ? "0itti0ti0i" : "0itti0tiii";

        return sql_run(s, SQL_ATTEMPT_SAVE, types, row->ended_us, row->verdict < 0 ? INT64_C(0) : (int64_t)row->verdict,
                       or_null(row->reasons), or_null(row->figures), (int64_t)row->released, row->released_us,
                       or_null(row->released_by), (int64_t)row->grade,
                       row->outcome < 0 ? INT64_C(0) : (int64_t)row->outcome, row->id);
}

int reference_add(Store *s, const ReferenceRow *row) {
        return sql_run(s, SQL_REFERENCE_ADD, "iittiiiit", row->i, row->at_us, row->autoclave, row->program,
                       row->attempt, (int64_t)row->median_mc, (int64_t)row->coldest_mc, (int64_t)row->hottest_mc,
                       row->by);
}

int reference_get(Store *s, const char *autoclave, const char *program, ReferenceRow *ret) {
        const StatementId q = SQL_REFERENCE_GET;
        int r = sql_first(s, q, "tt", autoclave, program);

        if (r <= 0)
                return r;
        *ret = (ReferenceRow){ .i = col_int(s, q, 0),
                               .at_us = col_int(s, q, 1),
                               .attempt = col_int(s, q, 2),
                               .median_mc = (int32_t)col_int(s, q, 3),
                               .coldest_mc = (int32_t)col_int(s, q, 4),
                               .hottest_mc = (int32_t)col_int(s, q, 5) };
        snprintf(ret->autoclave, sizeof(ret->autoclave), "%s", autoclave);
        snprintf(ret->program, sizeof(ret->program), "%s", program);
        TEXT(q, 6, ret->by);
        sql_done(s, q);
        return 1;
}

int chunk_add(Store *s, int64_t attempt, int64_t n, size_t samples, const void *data, size_t size) {
        return sql_run(s, SQL_CHUNK_ADD, "iiib", attempt, n, (int64_t)samples, data, size);
}

int chunk_next(Store *s, int64_t attempt, int64_t *n, size_t *ret_samples, void **ret_data, size_t *ret_size) {
        const StatementId q = SQL_CHUNK_NEXT;
        const void *p;
        void *copy;
        size_t size;
        int r = sql_first(s, q, "ii", attempt, *n);

        if (r <= 0)
                return r;
        p = col_blob(s, q, 2, &size);
        copy = malloc(size + 1);
        if (copy) {
                if (size > 0) /* a gap has no data, and p is NULL then */
                        memcpy(copy, p, size);
                *n = col_int(s, q, 0);
                *ret_samples = (size_t)col_int(s, q, 1);
                *ret_data = copy;
                *ret_size = size;
        }
        sql_done(s, q);
        return copy ? 1 : -ENOMEM;
}

static int chunk_read(Store *s, int r, Chunk *ret) {
        if (r <= 0)
                return r;
        ret->samples = (size_t)col_int(s, SQL_CHUNKS, 0);
        ret->data = col_blob(s, SQL_CHUNKS, 1, &ret->size);
        return 1;
}

int chunks_first(Store *s, int64_t attempt, Chunk *ret) {
        return chunk_read(s, sql_first(s, SQL_CHUNKS, "i", attempt), ret);
}

int chunks_next(Store *s, Chunk *ret) {
        return chunk_read(s, sql_next(s, SQL_CHUNKS), ret);
}

void chunks_end(Store *s) {
        sql_done(s, SQL_CHUNKS);
}

int chunk_replace(Store *s, int64_t attempt, size_t samples, const void *data, size_t n) {
        int r = sql_run(s, SQL_CHUNK_CLEAR, "i", attempt);

        return r < 0 ? r : sql_run(s, SQL_CHUNK_ADD, "iiib", attempt, INT64_C(1), (int64_t)samples, data, n);
}
