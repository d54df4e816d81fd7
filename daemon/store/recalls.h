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
/* 1 and the reason, where any recall that has not ended covers this item; attempt: the one its sterility rests on, or
 * NULL. */
int recall_of(Store *s, const ItemRow *item, const AttemptRow *attempt, char ret_reason[static TEXT_MAX + 1]);
