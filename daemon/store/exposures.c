/* SPDX-License-Identifier: Apache-2.0 */
#include "store/exposures.h"

#include "store/stmt.h"

int exposure_add(Store *s, ExposureRow *row) {
        int r = sql_run(s, SQL_EXPOSURE_ADD, "iitttt", row->i, row->at_us, row->room, or_null(row->session),
                        or_null(row->item), row->detail);

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int exposure_save(Store *s, const ExposureRow *row) {
        return sql_run(s, SQL_EXPOSURE_SAVE, "0t0t0t0i", row->first_aid_us, or_null(row->first_aid_by),
                       row->reported_us, or_null(row->reported_by), row->turnover_us, or_null(row->turnover_by),
                       row->closed_us, row->id);
}

static int exposure_read(Store *s, StatementId q, int r, ExposureRow *ret) {
        if (r <= 0)
                return r;
        *ret = (ExposureRow){ .id = col_int(s, q, 0),
                              .i = col_int(s, q, 1),
                              .at_us = col_int(s, q, 2),
                              .first_aid_us = col_int(s, q, 7),
                              .reported_us = col_int(s, q, 9),
                              .turnover_us = col_int(s, q, 11),
                              .closed_us = col_int(s, q, 13) };
        TEXT(q, 3, ret->room);
        TEXT(q, 4, ret->session);
        TEXT(q, 5, ret->item);
        TEXT(q, 6, ret->detail);
        TEXT(q, 8, ret->first_aid_by);
        TEXT(q, 10, ret->reported_by);
        TEXT(q, 12, ret->turnover_by);
        sql_done(s, q);
        return 1;
}

int exposure_get(Store *s, int64_t id, ExposureRow *ret) {
        return exposure_read(s, SQL_EXPOSURE_GET, sql_first(s, SQL_EXPOSURE_GET, "i", id), ret);
}

int exposure_next(Store *s, int64_t after, bool closed_too, ExposureRow *ret) {
        const StatementId q = closed_too ? SQL_EXPOSURE_NEXT : SQL_EXPOSURE_NEXT_OPEN;

        return exposure_read(s, q, sql_first(s, q, "i", after), ret);
}

int exposure_open_next(Store *s, const char *room, int64_t after, ExposureRow *ret) {
        const StatementId q = SQL_EXPOSURE_OF_ROOM_NEXT;

        return exposure_read(s, q, sql_first(s, q, "ti", room, after), ret);
}

int exposure_open_newest(Store *s, const char *room, ExposureRow *ret) {
        const StatementId q = SQL_EXPOSURE_OF_ROOM_NEWEST;

        return exposure_read(s, q, sql_first(s, q, "t", room), ret);
}

static int session_read(Store *s, StatementId q, int r, ExposureSession *ret) {
        if (r <= 0)
                return r;
        *ret = (ExposureSession){ .id = col_int(s, q, 0),
                                  .state = (int)col_int(s, q, 5),
                                  .allowed_us = col_int(s, q, 6),
                                  .used_us = col_int(s, q, 7),
                                  .returned_us = col_int(s, q, 8) };
        TEXT(q, 1, ret->label);
        TEXT(q, 2, ret->room);
        TEXT(q, 3, ret->practitioner);
        TEXT(q, 4, ret->patient);
        sql_done(s, q);
        return 1;
}

int exposure_item_session(Store *s, int64_t item, int64_t before, ExposureSession *ret) {
        const StatementId q = SQL_EXPOSURE_ITEM_SESSION;

        return session_read(s, q, sql_first(s, q, "ii", item, before), ret);
}

int exposure_room_session(Store *s, const char *room, int64_t before_us, int64_t before, ExposureSession *ret) {
        const StatementId q = SQL_EXPOSURE_ROOM_SESSION;

        return session_read(s, q, sql_first(s, q, "tii", room, before_us, before), ret);
}
