/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What people may do, as officers registered and ended it. Rows stay: they are the record. */
#include "core/limits.h"
#include "store/store.h"

typedef struct QualificationRow {
        int64_t id, i, at_us; /* i: the act; 0: it stood in the configuration only, and was ended here */
        char person[LABEL_MAX + 1], procedure[LABEL_MAX + 1];
        int32_t until;        /* its last good day, as a date */
        char certificate[TEXT_MAX + 1], by[LABEL_MAX + 1], reason[TEXT_MAX + 1];
        int64_t ended_i, ended_us; /* 0: it stands */
        char ended_by[LABEL_MAX + 1], ended_reason[TEXT_MAX + 1];
} QualificationRow;

/* The newest of this person and procedure: 1, or 0 for none. */
int qualification_last(Store *s, const char *person, const char *procedure, QualificationRow *ret);
/* The newest of the person's next procedure after this one (""): 1, or 0. */
int qualification_next(Store *s, const char *person, const char *procedure, QualificationRow *ret);
/* Sets row->id. It stands, whatever the row says of its end. */
int qualification_add(Store *s, QualificationRow *row);
int qualification_end(Store *s, const QualificationRow *row);
