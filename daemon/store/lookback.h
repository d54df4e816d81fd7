/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Look-back: from a lot, a load, an autoclave's window, a room and so on to everybody who was treated with what came of
 * it, and to what of it still lies unused. It follows the history of attempts: a session counts for the load that the
 * item's sterility rested on when the session was given it, never for the item's latest one.
 *
 * A list is "as known on" a moment: it is made only of what stood in the ledger then, so it comes out the same at any
 * later day. It is read in slices, each of bounded work, so that no list holds up a decision; the cursor between two
 * slices is all there is to remember.
 */
#include "core/limits.h"
#include "store/store.h"

typedef enum LookbackBy {
        LOOKBACK_ITEM, /* canonical code */
        LOOKBACK_LOT,
        LOOKBACK_PRODUCT,
        LOOKBACK_SUPPLIER_LOAD,
        LOOKBACK_LOAD,      /* an attempt's label */
        LOOKBACK_AUTOCLAVE, /* attempts that started in the window */
        LOOKBACK_ROOM,      /* sessions that were allowed in the window; so too the next two */
        LOOKBACK_PRACTITIONER,
        LOOKBACK_PATIENT,
        LOOKBACK_SESSION, /* its label */
        _LOOKBACK_BY_MAX,
} LookbackBy;

typedef struct LookbackQuery {
        LookbackBy by;
        const char *subject;
        int64_t from_us, to_us; /* both included; of the last five only. All time: 0, INT64_MAX */
        int64_t as_of_us;       /* what was recorded later does not count */
} LookbackQuery;

/* What became of an item, as far as was known. */
typedef enum LookbackFate {
        LOOKBACK_USED,        /* in this session */
        LOOKBACK_ALLOWED,     /* this session was allowed it; that it was used is not known */
        LOOKBACK_RETURNED,    /* it came back unopened from this session */
        LOOKBACK_STRAY,       /* in use where no session held it; the session is the one that was live in that room */
        LOOKBACK_UNUSED,      /* no use of it is known, not from this load */
        LOOKBACK_DISCARDED,   /* unused into the sharps container */
        LOOKBACK_REPROCESSED, /* unused, and packed again since: it is not of this load any more */
} LookbackFate;

/* Empty strings and zeros: nothing to say. With a fate of UNUSED and later there is no session, with STRAY perhaps
 * none; a session that was given no item has none. */
typedef struct LookbackRow {
        LookbackFate fate;
        char item[CODE_MAX + 1], class_id[LABEL_MAX + 1], product[CODE_MAX + 1], lot[CODE_MAX + 1];
        char pack[LABEL_MAX + 1], load[LABEL_MAX + 1], autoclave[LABEL_MAX + 1]; /* load: the attempt's label */
        int64_t cycle;
        char session[LABEL_MAX + 1], room[LABEL_MAX + 1], practitioner[LABEL_MAX + 1], patient[LABEL_MAX + 1],
                procedure[LABEL_MAX + 1];
        int64_t allowed_us, used_us, returned_us;
        bool recalled; /* of unused ones: a recall or a quarantine held it back */
} LookbackRow;

/* Where the next slice begins. To be kept as text between two slices. */
typedef struct LookbackCursor {
        int64_t as_of_us;
        int depth;
        bool found;
        int64_t at_us, top, pack, item, session;
} LookbackCursor;

#define LOOKBACK_CURSOR_SIZE 160
#define LOOKBACK_ROWS 64

/* A slice ends with whichever is reached first. */
typedef struct LookbackBounds {
        size_t rows;
        unsigned steps; /* look-ups in the ledger's indexes */
        int64_t us;     /* of time: the disk may be slow. One step is always taken */
} LookbackBounds;
#define LOOKBACK_BOUNDS                                                                                                \
        { LOOKBACK_ROWS, 256, 1000 }

/* 1 and the beginning; 0: there is no such item or load. */
int lookback_begin(Store *s, const LookbackQuery *q, LookbackCursor *ret);
/* One slice, of at most bounds->rows rows; there may be none although there are more. 1: there is more, from *c on; 0:
 * that was all. q->as_of_us does not count here: the cursor's does. */
int lookback_slice(Store *s, const LookbackQuery *q, LookbackCursor *c, const LookbackBounds *bounds, LookbackRow *rows,
                   size_t *ret_n);

void lookback_cursor_format(const LookbackCursor *c, char ret[static LOOKBACK_CURSOR_SIZE]);
/* 0, or -EINVAL: no cursor of a look-back by this. Any that parses is safe to use. */
int lookback_cursor_parse(const char *text, LookbackBy by, LookbackCursor *ret);

/* "used" and so on; "lot" and so on: the names of the control interface. */
const char *lookback_fate_name(LookbackFate fate);
const char *lookback_by_name(LookbackBy by);
