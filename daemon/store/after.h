/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What sessions still owe: when to look at each again, and what became of its items. Times: wall clock, microseconds.
 */
#include "core/limits.h"
#include "store/store.h"

/* A session that is due by then: 1, or 0 for none. */
int after_due(Store *s, int64_t wall_us, int64_t *ret_session);
/* When the next one is due: 1, or 0: none ever. */
int after_next_due(Store *s, int64_t *ret_us);
/* 0: nothing is owed any more. */
int after_set(Store *s, int64_t session, int64_t due_us);
/* This one, or all of those that are due later, at that time. */
int after_hasten(Store *s, const char *label, int64_t at_us);
int after_hasten_all(Store *s, int64_t at_us);

typedef struct AfterRow {
        int64_t sharps_since_us; /* needles of it are missing since; 0: none are */
        int64_t sharps_us;       /* somebody said then where they are; 0: nobody did */
        char sharps_by[LABEL_MAX + 1], sharps_reason[TEXT_MAX + 1];
} AfterRow;
int after_get(Store *s, int64_t session, AfterRow *ret);
int after_sharps_since(Store *s, int64_t session, int64_t at_us);
int after_sharps_answer(Store *s, int64_t session, int64_t at_us, const char *by, const char *reason);
/* A session of this practitioner whose needles are missing: 1 and its label, or 0. */
int after_sharps_owed(Store *s, const char *practitioner, char ret_label[static LABEL_MAX + 1]);

typedef struct AfterItemRow {
        int64_t item;
        char code[CODE_MAX + 1], class_id[LABEL_MAX + 1];
        int64_t used_us, returned_us, dropped_us, damaged_us; /* 0: not */
        bool unnamed;                                         /* told as dropped by nobody who is registered */
        bool later;                                           /* another session was given it since */
        int state;                                            /* ItemState */
} AfterItemRow;
/* The items that the session was given, by rising number: 1, or 0 for none. */
int after_item_next(Store *s, int64_t session, int64_t after, AfterItemRow *ret);
int after_unnamed(Store *s, int64_t session, int64_t item, bool unnamed);
