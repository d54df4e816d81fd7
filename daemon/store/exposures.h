/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Injuries, each open until first aid, report and turnover are on record. A getter returns 1 and the row, or 0. */
#include "core/limits.h"
#include "store/store.h"

typedef struct ExposureRow {
        int64_t id, i, at_us;        /* i: the audit record; 0: from before there were any */
        char room[LABEL_MAX + 1];    /* empty: none was named */
        char session[LABEL_MAX + 1]; /* that was live there; empty: none */
        char item[CODE_MAX + 1], detail[TEXT_MAX + LABEL_MAX + 16];
        int64_t first_aid_us, reported_us, turnover_us, closed_us; /* 0: not yet */
        char first_aid_by[LABEL_MAX + 1], reported_by[LABEL_MAX + 1], turnover_by[LABEL_MAX + 1];
} ExposureRow;

/* Sets row->id. */
int exposure_add(Store *s, ExposureRow *row);
/* What was done since, and the closing. */
int exposure_save(Store *s, const ExposureRow *row);
int exposure_get(Store *s, int64_t id, ExposureRow *ret);
/* By rising number, after `after`. */
int exposure_next(Store *s, int64_t after, bool closed_too, ExposureRow *ret);
/* The open ones of this room, and the newest of them. */
int exposure_open_newest(Store *s, const char *room, ExposureRow *ret);
int exposure_open_next(Store *s, const char *room, int64_t after, ExposureRow *ret);

/* A session whose patient may be the source. */
typedef struct ExposureSession {
        int64_t id, allowed_us, used_us, returned_us; /* used_us: the item was, or the session began; 0: not known */
        char label[LABEL_MAX + 1], room[LABEL_MAX + 1], practitioner[LABEL_MAX + 1], patient[LABEL_MAX + 1];
        int state; /* SessionState */
} ExposureSession;
/* Those that were given the item, newest first: before INT64_MAX, then before the id that came last. */
int exposure_item_session(Store *s, int64_t item, int64_t before, ExposureSession *ret);
/* Those of the room, newest first: before this time and id, which are those of the one that came last. */
int exposure_room_session(Store *s, const char *room, int64_t before_us, int64_t before, ExposureSession *ret);
