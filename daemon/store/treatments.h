/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What was done in a session, as core/treatment.h accounts for it, and where it left its protocol. */
#include "core/treatment.h"
#include "store/store.h"

/* The whole account; at most what it holds. */
int treatment_load(Store *s, int64_t session, Treatment *ret);
int treatment_step_add(Store *s, int64_t session, const TreatmentStep *row);
/* Inserts a round whose id is 0, and sets it; otherwise saves what a report changes. */
int treatment_round_save(Store *s, int64_t session, TreatmentRound *row);

typedef struct DeviationRow {
        int64_t id, i, at_us;
        char rule[LABEL_MAX + 1], cause[TREATMENT_CAUSE_MAX], text[TREATMENT_TEXT_MAX];
} DeviationRow;

/* 1: the session has it. */
int deviation_known(Store *s, int64_t session, const char *rule, const char *cause);
int deviation_add(Store *s, int64_t session, const DeviationRow *row);
/* In the order in which they were found. */
int deviation_next(Store *s, int64_t session, int64_t after, DeviationRow *ret);
