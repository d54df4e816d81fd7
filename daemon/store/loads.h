/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Loads: what was decided on them, and what hangs on each. A getter returns 1 and the row, or 0 for none. */
#include "core/manual.h"
#include "store/cycles.h"

/* What may be asked for beside one LoadState. */
#define LOAD_ANY (-1)     /* every attempt to sterilize a load */
#define LOAD_RUNNING (-2) /* not judged yet */

/* The newest attempt of purpose load below `before` that is in this state. */
int load_before(Store *s, int state, int64_t before, AttemptRow *ret);
/* The newest attempt of an autoclave, whatever its purpose, that started before `before_us`. */
int attempt_before(Store *s, const char *autoclave, int64_t before_us, AttemptRow *ret);

/* What was answered to somebody who decided on a load, as `load_decision.what`. */
typedef enum LoadWord {
        LOAD_WORD_RELEASED,
        LOAD_WORD_REFUSED,   /* it was to be released, and may not be */
        LOAD_WORD_REJECTED,  /* before any release */
        LOAD_WORD_WITHDRAWN, /* after a release: its packs may be out, so it was recalled */
        LOAD_WORD_RECALLED,  /* rejected once more after that */
} LoadWord;

/* "released" and so on, as the record and the control interface have it. */
const char *load_word_name(LoadWord word);

#define DECISION_JSON_MAX 20480 /* of all reasons that are kept, and more */

typedef struct DecisionRow {
        int64_t id, i, at_us;
        char by[LABEL_MAX + 1];
        int what; /* LoadWord */
        bool dry;
        char reason[TEXT_MAX + 1], reasons[DECISION_JSON_MAX]; /* reasons: JSON, or empty */
} DecisionRow;
/* Sets row->id; `reasons` in place of the row's, NULL for none. */
int decision_add(Store *s, int64_t attempt, const char *reasons, DecisionRow *row);
int decision_next(Store *s, int64_t attempt, int64_t after, DecisionRow *ret);

typedef struct TranscriptRow {
        int64_t id, i, at_us;
        int32_t from_day; /* the first day of the period in which it was taken: see core/manual.h */
        ManualReadings readings;
        char by[LABEL_MAX + 1], reason[TEXT_MAX + 1];
} TranscriptRow;
int transcript_add(Store *s, const AttemptRow *attempt, const TranscriptRow *row);
int transcript_next(Store *s, int64_t attempt, int64_t after, TranscriptRow *ret);
/* 1 and from_day of the autoclave's last; 0: there is none. */
int transcript_from(Store *s, const char *autoclave, int32_t *ret_day);

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

/* 1 and the reason, where a recall that has not ended covers the attempt itself or its autoclave at that time. */
int load_recall(Store *s, const AttemptRow *attempt, char ret_reason[static TEXT_MAX + 1]);
/* 1 where its release was ever withdrawn, whether or not an officer has ended that recall. */
int load_withdrawn(Store *s, int64_t attempt);
/* 1 where somebody who decided on it said that it was not dry. */
int load_said_wet(Store *s, int64_t attempt);
