/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Loads as people look at them, and what hangs on each: reads only. A getter returns 1 and the row, or 0 for none. */
#include "store/cycles.h"

/* What may be asked for beside one LoadState. */
#define LOAD_ANY (-1)     /* every attempt to sterilize a load */
#define LOAD_RUNNING (-2) /* not judged yet */

/* The newest attempt of purpose load below `before` that is in this state. */
int load_before(Store *s, int state, int64_t before, AttemptRow *ret);
/* The newest attempt of an autoclave, whatever its purpose, that started before `before_us`. */
int attempt_before(Store *s, const char *autoclave, int64_t before_us, AttemptRow *ret);

/* What was said about a load's release, as `load_decision.what`. */
typedef enum LoadWord { LOAD_WORD_RELEASED, LOAD_WORD_REFUSED, LOAD_WORD_REJECTED, LOAD_WORD_WITHDRAWN } LoadWord;

typedef struct DecisionRow {
        int64_t id, i, at_us;
        char by[LABEL_MAX + 1];
        int what; /* LoadWord */
        bool dry;
        char reason[TEXT_MAX + 1], reasons[ATTEMPT_JSON_MAX]; /* reasons: JSON, or empty */
} DecisionRow;
int decision_next(Store *s, int64_t attempt, int64_t after, DecisionRow *ret);

typedef struct IndicatorShown {
        int64_t id, at_us;
        int kind, place, type, result, control; /* as core/event.h has them; type 0: not said */
        char pack[LABEL_MAX + 1], lot[CODE_MAX + 1], reader[LABEL_MAX + 1];
        int32_t expires_on;
} IndicatorShown;
int indicator_shown_next(Store *s, int64_t attempt, int64_t after, IndicatorShown *ret);

typedef struct TestShown {
        int64_t id, run_us, read_us;
        int test, outcome;
        char attempt[LABEL_MAX + 1]; /* its cycle; empty: none was named */
        int64_t rate_mpa;            /* leak: thousandths of a pascal a minute; 0: not computed */
        char reader[LABEL_MAX + 1], lot[CODE_MAX + 1], why[TEXT_MAX + 1];
        int32_t expires_on;
} TestShown;
int test_of_attempt_next(Store *s, int64_t attempt, int64_t after, TestShown *ret);
/* The newest of this autoclave below `before`. */
int test_before(Store *s, const char *autoclave, int64_t before, TestShown *ret);

/* The next recall above `after`, ended or not, that covers this attempt: by itself, or by its autoclave's window. */
int recall_of_attempt_next(Store *s, const AttemptRow *attempt, int64_t after, int64_t *ret_recall);
