/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Recalls: what may not be used any more, by lot, product, item, supplier's load, attempt, or an autoclave's window.
 * Each holds from its transaction on, for what is received later too, until an officer ends it.
 */
#include "store/cycles.h"
#include "store/items.h"

typedef enum RecallKind {
        RECALL_FINAL,
        RECALL_QUARANTINE, /* until an officer decides, by decide_by_us */
} RecallKind;

typedef struct RecallRow {
        int64_t id, i, at_us;
        RecallKind kind;
        const char *cause; /* the rule behind it, or "recall" */
        const char *reason, *by;
        /* One of: */
        const char *lot, *product, *code, *supplier_load, *autoclave; /* code: canonical, of one item */
        int64_t attempt;
        int64_t from_us, to_us; /* with autoclave: attempts that started in this window, both ends included */
        int64_t decide_by_us;   /* 0: nothing to decide */
} RecallRow;

/* Sets row->id. */
int recall_add(Store *s, RecallRow *row);
/*
 * 1 and the reason, where any recall that has not ended covers this item. attempt: the one its sterility rests on, or
 * NULL; with one, what its supplier once did to it counts no more. A recall of a released load as such makes the load
 * LOAD_RECALLED, which says it; it is not said twice.
 */
int recall_of(Store *s, const ItemRow *item, const AttemptRow *attempt, char ret_reason[static TEXT_MAX + 1]);

/* A recall as it stands. Empty strings and zeros: not so. */
typedef struct RecallInfo {
        int64_t id, i, at_us;
        int kind; /* RecallKind */
        char cause[LABEL_MAX + 1], reason[TEXT_MAX + 1], by[LABEL_MAX + 1];
        char lot[CODE_MAX + 1], product[CODE_MAX + 1], code[CODE_MAX + 1], supplier_load[LABEL_MAX + 1],
                autoclave[LABEL_MAX + 1];
        int64_t attempt;
        char load[LABEL_MAX + 1]; /* the attempt's label */
        int64_t from_us, to_us, decide_by_us;
        int64_t confirmed_us, ended_us;
        char confirmed_by[LABEL_MAX + 1], confirmed_reason[TEXT_MAX + 1], ended_by[LABEL_MAX + 1],
                ended_reason[TEXT_MAX + 1];
} RecallInfo;

/* 1 and the recall; 0: none of this number. */
int recall_get(Store *s, int64_t id, RecallInfo *ret);
/* The next after `after`, or the next that has not ended: 1, or 0. */
int recall_next(Store *s, int64_t after, bool ended_too, RecallInfo *ret);
/* The next after `after` that holds back this one piece, which somebody put into quarantine by hand: 1, or 0. */
#define RECALL_BY_HAND "item-quarantined"
int recall_by_hand_next(Store *s, const char *code, int64_t after, RecallInfo *ret);
/* The next quarantine after `after` that nobody has decided by then: 1 and its number, or 0. */
int recall_overdue(Store *s, int64_t after, int64_t at_us, int64_t *ret);
/* When the next decision after at_us is due: 1, or 0 for none. */
int recall_next_decision(Store *s, int64_t at_us, int64_t *ret_us);
/* 1: a recall of this attempt itself has not ended; 0: none. */
int recall_on_attempt(Store *s, int64_t attempt);

/* An officer's word on one, with its audit record. */
typedef struct RecallWord {
        int64_t i, at_us;
        const char *by, *reason;
} RecallWord;
int recall_end(Store *s, int64_t id, const RecallWord *w);
/* From now on it is no quarantine that waits, but a recall. */
int recall_confirm(Store *s, int64_t id, const RecallWord *w);
