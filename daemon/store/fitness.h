/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Tests, indicators, duties and service of autoclaves. A getter returns 1 and the row, or 0 for none. */
#include "core/fitness.h"
#include "store/store.h"

typedef struct TestRow {
        int64_t id, i;
        char autoclave[LABEL_MAX + 1];
        int test;        /* TestType */
        int64_t attempt; /* 0: none was named */
        int64_t run_us;  /* when its cycle began; without one, when it was reported, less its age */
        int64_t read_us;
        int outcome;      /* TestOutcome */
        int64_t rate_mpa; /* leak: thousandths of a pascal a minute */
        char reader[LABEL_MAX + 1], lot[CODE_MAX + 1];
        int32_t expires_on;
        char why[TEXT_MAX + 1];
} TestRow;

int test_add(Store *s, TestRow *row);
/*
 * The newest run at or before until_us with this outcome among the types first to last. A passing one counts only
 * while nothing that failed and no pack is known of its cycle.
 */
int test_last(Store *s, const char *autoclave, TestType first, TestType last, TestOutcome outcome, int64_t until_us,
              TestRow *ret);
/* 1: a penetration test of this attempt was read as failed. */
int test_failed_in(Store *s, int64_t attempt);
/* Attempts with a passing Bowie-Dick test that began after `after_us`. */
int test_count_bowie_dicks(Store *s, const char *autoclave, int64_t after_us, int64_t *ret);
/* Number of the newest verified test cycle in this window that no penetration test was reported of: 1, or 0. */
int test_unread(Store *s, const char *autoclave, int64_t from_us, int64_t to_us, int64_t *ret_cycle);

typedef struct IndicatorRow {
        int64_t id, i, at_us;
        char autoclave[LABEL_MAX + 1];
        int64_t attempt;
        int kind, place; /* IndicatorKind, IndicatorWhere */
        int64_t type;    /* ISO 11140-1; 0: not said */
        int64_t pack;    /* 0: none was named */
        char lot[CODE_MAX + 1];
        int32_t expires_on;
        int result, control; /* Result, Control */
        char reader[LABEL_MAX + 1];
} IndicatorRow;

int indicator_add(Store *s, IndicatorRow *row);
/* Those of an attempt, after the row with id `after`. */
int indicator_next(Store *s, int64_t attempt, int64_t after, IndicatorRow *ret);
/* 1: more than n are kept of this attempt. */
int indicator_many(Store *s, int64_t attempt, int64_t n);
/* The newest attempt before `before` with a spore test: its id. */
int indicator_spore_before(Store *s, const char *autoclave, int64_t before, int64_t *ret_attempt);

typedef struct DutyRow {
        int64_t id, i, at_us;
        char duty[LABEL_MAX + 1], subject[CODE_MAX + 1], by[LABEL_MAX + 1];
        bool passed;
} DutyRow;

int duty_add(Store *s, DutyRow *row);
/* The last report by until_us; with `passed` the last good one. */
int duty_last(Store *s, const char *duty, const char *subject, bool passed, int64_t until_us, DutyRow *ret);

typedef struct ServiceRow {
        int64_t id, i;
        char autoclave[LABEL_MAX + 1];
        int64_t since_us, last_us; /* of the first and of the last occurrence of its cause */
        int cause;                 /* ServiceCause */
        char text[TEXT_MAX + 1];
        int64_t back_us; /* 0: still out */
} ServiceRow;

int service_add(Store *s, ServiceRow *row);
/* It happened again while out. */
int service_again(Store *s, const ServiceRow *row);
/* Causes for which it is out now, after the row with id `after`. */
int service_out_next(Store *s, const char *autoclave, int64_t after, ServiceRow *ret);
/* Was it out at any moment of that time, both ends included? 1 and the row. */
int service_was_out(Store *s, const char *autoclave, int64_t from_us, int64_t to_us, ServiceRow *ret);
/* A cycle began while it was out; by the clock, which may have been set back, perhaps before that. */
int service_ran_out(Store *s, const char *autoclave, int64_t started_us);
/* A cause that was noted while the clock was ahead happened by now. */
int service_not_ahead(Store *s, const char *autoclave, int64_t now_us);
int service_back(Store *s, const char *autoclave, int64_t i, int64_t at_us, const char *by, const char *reason);

/* When it was first commissioned in the ledger: 1, or 0. */
int reference_first(Store *s, const char *autoclave, int64_t *ret_us);
/* The id below those of its newest `n` attempts, whenever these were: 1, or 0 where it has no more. */
int service_attempt_from(Store *s, const char *autoclave, int64_t n, int64_t *ret);
/* Attempts that started after since_us, after the one with id `after`: 1 and its id. */
int service_attempt_next(Store *s, const char *autoclave, int64_t since_us, int64_t after, int64_t *ret);

/* When the newest repair, calibration or the like was reported; 0: never. */
int service_rebuilt(Store *s, const char *autoclave, int64_t *ret_us);
/* The clock may have been set between two attempts: the earliest start among those above this id, and the latest of
 * all; 0: there is none. */
int attempt_earliest(Store *s, const char *autoclave, int64_t above, int64_t *ret_us);
int attempt_latest(Store *s, const char *autoclave, int64_t *ret_us);

/* 1: a recall of this autoclave's window from from_us, made since since_us, stands for this cause. */
int recall_stands(Store *s, const char *autoclave, const char *cause, int64_t from_us, int64_t since_us);
/* 1: a recall for this cause stands and reaches what this autoclave started at at_us; or one that begins after that. */
int recall_reaches(Store *s, const char *autoclave, const char *cause, int64_t at_us);
int recall_begins_after(Store *s, const char *autoclave, const char *cause, int64_t at_us);
/* The earliest start of a window recalled for this cause at or after at_us: 1, or 0. */
int recall_first_from(Store *s, const char *autoclave, const char *cause, int64_t at_us, int64_t *ret_from_us);
