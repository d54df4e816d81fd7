/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Period: what happened between two moments, row by row, for the officer's report. Each step is one look-up in an index;
 * what belongs to an autoclave or a room is gone through one after the other. Both ends of the window are included.
 */
#include "core/limits.h"
#include "store/store.h"

typedef enum PeriodKind {
        PERIOD_CYCLES,    /* by their start */
        PERIOD_TESTS,     /* of autoclaves, by when they ran */
        PERIOD_SPORES,    /* readings of spore tests, by when they were read */
        PERIOD_SERVICE,   /* times out of service that began by the window's end, ended before it or not */
        PERIOD_SESSIONS,  /* by when they were allowed */
        PERIOD_DENIALS,   /* rooms' questions that were denied */
        PERIOD_ALERTS,    /* by when they were raised */
        PERIOD_OVERRIDES, /* by the first signature */
        PERIOD_DUTIES,    /* by when they were reported */
        _PERIOD_KIND_MAX,
} PeriodKind;

/* The row that came last; us, id 0 and an empty subject before the first. */
typedef struct PeriodPlace {
        int64_t us, id;
        char subject[LABEL_MAX + 1];
} PeriodPlace;

#define PERIOD_CELLS 14
typedef struct PeriodRow {
        int64_t at_us;
        size_t n;
        struct {
                bool some; /* not NULL */
                int64_t number;
                char *text; /* owned by the row */
        } cells[PERIOD_CELLS]; /* in the order of the statement: see sql.h */
} PeriodRow;

/* 1, the next row, and *place on it; 0: there is no further one; PERIOD_LATER: none yet, but the place moved on. */
#define PERIOD_LATER 2
int period_next(Store *s, PeriodKind kind, int64_t from_us, int64_t to_us, PeriodPlace *place, PeriodRow *ret);
void period_row_clear(PeriodRow *row);
