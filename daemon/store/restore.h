/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Restore: what the ledger knows of having been copied, set back or doubted. A getter returns 1 and the row, or 0.
 */
#include "core/limits.h"
#include "store/store.h"

/*
 * Marks a copy of a ledger as one, before anybody may start a daemon on it: whoever makes the copy calls this on the
 * copy, which nobody has open. -EPROTO: that is no ledger; `why` says more.
 */
int store_mark_copy(const char *path, int64_t at_us, char why[static STORE_WHY_MAX]);

/* The copy mark's meta name; its value is when the copy was made, in microseconds. */
#define META_COPY "copy"

/* An officer's word that this ledger goes on, although it may lack what came after it. */
typedef struct RestoredRow {
        int64_t i, at_us; /* i: the audit record; what was received before it is to be received again */
        const char *cause, *by, *reason;
} RestoredRow;
int restored_add(Store *s, const RestoredRow *row);
/* The last one: 1, or 0: there was none. */
typedef struct RestoredLook {
        int64_t i, at_us;
        char cause[32], by[LABEL_MAX + 1], reason[TEXT_MAX + 1];
} RestoredLook;
int restored_look(Store *s, RestoredLook *ret);
/* The audit record of the last one; 0: there was none. */
int restored_last(Store *s, int64_t *ret_i);

/*
 * What was seen of others: `what` is head (of a checkpoint), boot (of a daemon that signed such heads) or word (what
 * stood on state/, as a hash). Noted as unknown at first; accepted by an officer later.
 */
int accepted_note(Store *s, const char *what, const char *value, int64_t i);
int accepted_is(Store *s, const char *what, const char *value);
/* The next that is noted and not accepted, after (what, value): 1, or 0. Both are written over. */
int accepted_noted_next(Store *s, char what[static 16], char value[static LABEL_MAX + 1]);
/* All that is noted is accepted from now on. */
int accepted_all(Store *s, int64_t i);
/* What is noted of this kind is seen again by itself, if it is still so. */
int accepted_forget_noted(Store *s, const char *what);

/* Unused, in no session ever, whatever was received before `before_i`: received again. 1: it was; 0: it is not so. */
int item_vouch(Store *s, int64_t item, int64_t before_i, int64_t i);

/* Every room counts as used at at_us and not disinfected since; the numbers of its permits jump. */
int room_doubt_all(Store *s, int64_t at_us, int64_t permits);
/* No override that was not used can be used any more. */
int override_end_all(Store *s);
