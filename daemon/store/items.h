/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Items, packs, recalls: rows as they stand in the ledger. A getter returns 1 and the row, or 0 for none.
 * Empty strings and zeros stand for SQL NULL.
 */
#include "core/gate.h"
#include "core/limits.h"
#include "store/store.h"

typedef struct ItemRow {
        int64_t id;
        char code[CODE_MAX + 1], class_id[LABEL_MAX + 1], product[CODE_MAX + 1], lot[CODE_MAX + 1];
        int32_t expires_on;
        int64_t received_us, received_i;
        int supplied; /* Supplied, of config.h */
        char supplier_by[LABEL_MAX + 1], supplier_load[LABEL_MAX + 1];
        int32_t good_until_on;
        int state; /* ItemState */
        int64_t state_us;
        int64_t pack;
        int64_t cycles;
        char used_session[LABEL_MAX + 1];
        int64_t used_us;
        bool returned; /* it came back unopened, which happens once */
        int64_t damaged_us;
        char damage_reason[TEXT_MAX + 1];
        int64_t dropped_us, cloned_us;
        char patient[LABEL_MAX + 1];
        int64_t drawn_us, opened_us;
        char attached[LABEL_MAX + 1]; /* the handpiece device it sits on */
        int64_t attached_us;          /* single-use: since when it sits there, or on none; else its last use; 0: never */
        char evidence[TEXT_MAX + 1];  /* of its sterilization elsewhere, or of opening stock */
        char received_by[LABEL_MAX + 1];
        int64_t vouched_i;            /* audit record of its last receipt after a restore; 0: none. item_vouch() sets it */
} ItemRow;

int item_get(Store *s, const char *code, ItemRow *ret);
int item_get_id(Store *s, int64_t id, ItemRow *ret);
/* What a list of items is narrowed to, by what one index leads to; the rest is for the caller to leave out. */
typedef struct ItemFilter {
        const char *lot, *class_id; /* NULL: any */
        int state;                  /* ItemState; -1: any */
} ItemFilter;
/* The next item after `after` that may fit. */
int item_next(Store *s, const ItemFilter *f, int64_t after, ItemRow *ret);
/* The next item after `after` that lies in the pack. */
int item_in_pack_next(Store *s, int64_t pack, int64_t after, ItemRow *ret);
/* The next item after `after` that ever lay in it, wherever it is now. */
int item_of_pack_next(Store *s, int64_t pack, int64_t after, ItemRow *ret);
/* The next item after `after`, up to `until`, that was received before `before_i`, not vouched for since (item_vouch()),
 * and could be: what is single-use of it the caller knows. */
int item_blocked_next(Store *s, int64_t after, int64_t until, int64_t before_i, ItemRow *ret);
/* Sets row->id. -EEXIST: the code is known. */
int item_add(Store *s, ItemRow *row);
/* Saves what can change; code, class, product, lot, dates of goods-in never do. */
int item_save(Store *s, const ItemRow *row);
/* The same of a row that was read as `was`: nothing is written where nothing has changed. */
int item_save_changes(Store *s, const ItemRow *was, const ItemRow *row);
/* Items are never deleted. */
int item_count(Store *s, int64_t *ret);

/* When the first was drawn of what belongs to this patient and was drawn at since_us or later; 0: none. */
int item_first_draw(Store *s, const char *patient, int64_t since_us, int64_t *ret_us);

/* What was done to make it ready again. Rows are only ever added. */
typedef struct ItemStepRow {
        int64_t id, i, at_us, item; /* i: the audit record; not read back */
        int step;                   /* ItemStep */
        char by[LABEL_MAX + 1], detail[TEXT_MAX + 1];
} ItemStepRow;
int item_step_add(Store *s, const ItemStepRow *row);
/* The newest before `id` (INT64_MAX: the newest of all): 1, or 0 for none. */
int item_step_before(Store *s, int64_t item, int64_t id, ItemStepRow *ret);

/* What was said of a piece before it was received: in use at, dropped at; 0: not said. The first telling stays. */
int stray_put(Store *s, const char *code, int64_t used_us, int64_t dropped_us);
/* 1, or 0: nothing was said. */
int stray_get(Store *s, const char *code, int64_t *ret_used_us, int64_t *ret_dropped_us);

typedef struct PackRow {
        int64_t id;
        char label[LABEL_MAX + 1];
        int wrap; /* Wrap */
        int64_t packed_us;
        char operator[LABEL_MAX + 1];
        int64_t attempt;
        bool late;
        int64_t sterile_us, opened_us, opened_session;
        int inside; /* InsideIndicator */
        bool wet;
        int64_t damaged_us;
        char damage_reason[TEXT_MAX + 1];
        int64_t loaded_us; /* when it was put down for its attempt */
        char for_session[LABEL_MAX + 1]; /* immediate use: the one session it is for */
} PackRow;

int pack_get(Store *s, const char *label, PackRow *ret);
int pack_get_id(Store *s, int64_t id, PackRow *ret);
int pack_in_attempt_next(Store *s, int64_t attempt, int64_t after, PackRow *ret);
/* The newest pack before `before` that an item ever lay in. */
int pack_of_item_before(Store *s, int64_t item, int64_t before, PackRow *ret);
int pack_add(Store *s, PackRow *row);
int pack_save(Store *s, const PackRow *row);
int pack_item_add(Store *s, int64_t pack, int64_t item);
/* Another live session than `session` that holds an item of this pack: 1 and who. */
int pack_claimed(Store *s, int64_t pack, int64_t session, char ret_session[static LABEL_MAX + 1],
                 char ret_room[static LABEL_MAX + 1]);

/* cycle -1: the autoclave's next attempt. */
int manifest_add(Store *s, int64_t pack, const char *autoclave, int64_t cycle, int64_t at_us);
/* One that names this cycle, or none and stood there by until_us: 1, and it stands there no more; 0: there is none. */
int manifest_take(Store *s, const char *autoclave, int64_t cycle, int64_t until_us, int64_t *ret_pack,
                  int64_t *ret_at_us);
/* It goes into no load any more. */
int manifest_delete(Store *s, int64_t pack);
