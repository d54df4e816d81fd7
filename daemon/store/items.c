/* SPDX-License-Identifier: Apache-2.0 */
#include "store/items.h"

#include "store/stmt.h"

static int item_read(Store *s, StatementId q, int r, ItemRow *ret) {
        if (r <= 0)
                return r;
        *ret = (ItemRow){
                .id = col_int(s, q, 0),
                .expires_on = (int32_t)col_int(s, q, 5),
                .received_us = col_int(s, q, 6),
                .received_i = col_int(s, q, 7),
                .supplied = (int)col_int(s, q, 8),
                .good_until_on = (int32_t)col_int(s, q, 11),
                .state = (int)col_int(s, q, 12),
                .state_us = col_int(s, q, 13),
                .pack = col_int(s, q, 14),
                .cycles = col_int(s, q, 15),
                .used_us = col_int(s, q, 17),
                .returned = col_int(s, q, 18) != 0,
                .damaged_us = col_int(s, q, 19),
                .dropped_us = col_int(s, q, 21),
                .cloned_us = col_int(s, q, 22),
                .drawn_us = col_int(s, q, 24),
                .opened_us = col_int(s, q, 25),
                .attached_us = col_int(s, q, 27),
                .vouched_i = col_int(s, q, 30),
        };
        TEXT(q, 1, ret->code);
        TEXT(q, 2, ret->class_id);
        TEXT(q, 3, ret->product);
        TEXT(q, 4, ret->lot);
        TEXT(q, 9, ret->supplier_by);
        TEXT(q, 10, ret->supplier_load);
        TEXT(q, 16, ret->used_session);
        TEXT(q, 20, ret->damage_reason);
        TEXT(q, 23, ret->patient);
        TEXT(q, 26, ret->attached);
        TEXT(q, 28, ret->evidence);
        TEXT(q, 29, ret->received_by);
        sql_done(s, q);
        return 1;
}

static int item_keep(Store *s, StatementId q, int r, ItemRow *ret) {
        r = item_read(s, q, r, ret);
        if (r > 0)
                row_keep(s, &s->items, ret->id, ret->code, ret, sizeof(*ret));
        return r;
}

int item_get(Store *s, const char *code, ItemRow *ret) {
        return row_kept(s, &s->items, 0, code, ret, sizeof(*ret)) ?:
                       item_keep(s, SQL_ITEM_BY_CODE, sql_first(s, SQL_ITEM_BY_CODE, "t", code), ret);
}

int item_get_id(Store *s, int64_t id, ItemRow *ret) {
        return row_kept(s, &s->items, id, "", ret, sizeof(*ret)) ?:
                       item_keep(s, SQL_ITEM_BY_ID, sql_first(s, SQL_ITEM_BY_ID, "i", id), ret);
}

int item_next(Store *s, const ItemFilter *f, int64_t after, ItemRow *ret) {
        const StatementId q = f->lot          ? SQL_ITEM_NEXT_OF_LOT
                              : f->state >= 0 ? SQL_ITEM_NEXT_IN_STATE
                              : f->class_id   ? SQL_ITEM_NEXT_OF_CLASS
                                              : SQL_ITEM_NEXT;
        int r = q == SQL_ITEM_NEXT            ? sql_first(s, q, "i", after)
                : q == SQL_ITEM_NEXT_IN_STATE ? sql_first(s, q, "ii", (int64_t)f->state, after)
                                              : sql_first(s, q, "ti", f->lot ?: f->class_id, after);

        return item_read(s, q, r, ret);
}

int item_in_pack_next(Store *s, int64_t pack, int64_t after, ItemRow *ret) {
        return item_read(s, SQL_ITEM_IN_PACK, sql_first(s, SQL_ITEM_IN_PACK, "ii", pack, after), ret);
}

int item_of_pack_next(Store *s, int64_t pack, int64_t after, ItemRow *ret) {
        return item_read(s, SQL_ITEM_OF_PACK, sql_first(s, SQL_ITEM_OF_PACK, "ii", pack, after), ret);
}

int item_blocked_next(Store *s, int64_t after, int64_t until, int64_t before_i, ItemRow *ret) {
        return item_read(s, SQL_ITEM_BLOCKED_NEXT,
                         sql_first(s, SQL_ITEM_BLOCKED_NEXT, "iii", after, until, before_i), ret);
}

int item_add(Store *s, ItemRow *row) {
        int r = sql_run(s, SQL_ITEM_ADD, "tttt0iiitt0iitt", row->code, row->class_id, or_null(row->product),
                        or_null(row->lot), (int64_t)row->expires_on, row->received_us, row->received_i,
                        (int64_t)row->supplied, or_null(row->supplier_by), or_null(row->supplier_load),
                        (int64_t)row->good_until_on, (int64_t)row->state, row->state_us, or_null(row->evidence),
                        or_null(row->received_by));

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int item_save(Store *s, const ItemRow *row) {
        return sql_run(s, SQL_ITEM_SAVE, "ii0it0i0t00t00t0i", (int64_t)row->state, row->state_us, row->pack,
                       row->cycles, or_null(row->used_session), row->used_us, (int64_t)row->returned, row->damaged_us,
                       or_null(row->damage_reason), row->dropped_us, row->cloned_us, or_null(row->patient),
                       row->drawn_us, row->opened_us, or_null(row->attached), row->attached_us, row->id);
}

int item_save_changes(Store *s, const ItemRow *was, const ItemRow *row) {
        return memcmp(row, was, sizeof(*row)) == 0 ? 0 : item_save(s, row);
}

int item_count(Store *s, int64_t *ret) {
        return sql_int(s, SQL_ITEM_LAST, ret, "");
}

int item_first_draw(Store *s, const char *patient, int64_t since_us, int64_t *ret_us) {
        int r = sql_int(s, SQL_ITEM_FIRST_DRAW, ret_us, "ti", patient, since_us);

        return r < 0 ? r : 0;
}

int item_step_add(Store *s, const ItemStepRow *row) {
        return sql_run(s, SQL_ITEM_STEP_ADD, "iiiitt", row->i, row->at_us, row->item, (int64_t)row->step, row->by,
                       or_null(row->detail));
}

int item_step_before(Store *s, int64_t item, int64_t id, ItemStepRow *ret) {
        int r = sql_first(s, SQL_ITEM_STEP_BEFORE, "ii", item, id);

        if (r <= 0)
                return r;
        *ret = (ItemStepRow){ .id = col_int(s, SQL_ITEM_STEP_BEFORE, 0),
                              .at_us = col_int(s, SQL_ITEM_STEP_BEFORE, 1),
                              .item = item,
                              .step = (int)col_int(s, SQL_ITEM_STEP_BEFORE, 2) };
        TEXT(SQL_ITEM_STEP_BEFORE, 3, ret->by);
        TEXT(SQL_ITEM_STEP_BEFORE, 4, ret->detail);
        sql_done(s, SQL_ITEM_STEP_BEFORE);
        return 1;
}

int stray_put(Store *s, const char *code, int64_t used_us, int64_t dropped_us) {
        return sql_run(s, SQL_STRAY_PUT, "t00", code, used_us, dropped_us);
}

int stray_get(Store *s, const char *code, int64_t *ret_used_us, int64_t *ret_dropped_us) {
        int r = sql_first(s, SQL_STRAY_GET, "t", code);

        if (r <= 0)
                return r;
        *ret_used_us = col_int(s, SQL_STRAY_GET, 0);
        *ret_dropped_us = col_int(s, SQL_STRAY_GET, 1);
        sql_done(s, SQL_STRAY_GET);
        return 1;
}

static int pack_read(Store *s, StatementId q, int r, PackRow *ret) {
        if (r <= 0)
                return r;
        *ret = (PackRow){
                .id = col_int(s, q, 0),
                .wrap = (int)col_int(s, q, 2),
                .packed_us = col_int(s, q, 3),
                .attempt = col_int(s, q, 5),
                .late = col_int(s, q, 6) != 0,
                .sterile_us = col_int(s, q, 7),
                .opened_us = col_int(s, q, 8),
                .opened_session = col_int(s, q, 9),
                .inside = (int)col_int(s, q, 10),
                .wet = col_int(s, q, 11) != 0,
                .damaged_us = col_int(s, q, 12),
                .loaded_us = col_int(s, q, 14),
        };
        TEXT(q, 1, ret->label);
        TEXT(q, 4, ret->operator);
        TEXT(q, 13, ret->damage_reason);
        TEXT(q, 15, ret->for_session);
        sql_done(s, q);
        return 1;
}

int pack_get(Store *s, const char *label, PackRow *ret) {
        return pack_read(s, SQL_PACK_BY_LABEL, sql_first(s, SQL_PACK_BY_LABEL, "t", label), ret);
}

int pack_get_id(Store *s, int64_t id, PackRow *ret) {
        return pack_read(s, SQL_PACK_BY_ID, sql_first(s, SQL_PACK_BY_ID, "i", id), ret);
}

int pack_in_attempt_next(Store *s, int64_t attempt, int64_t after, PackRow *ret) {
        return pack_read(s, SQL_PACK_IN_ATTEMPT, sql_first(s, SQL_PACK_IN_ATTEMPT, "ii", attempt, after), ret);
}

int pack_of_item_before(Store *s, int64_t item, int64_t before, PackRow *ret) {
        const StatementId q = SQL_PACK_OF_ITEM_BEFORE;

        return pack_read(s, q, sql_first(s, q, "ii", item, before), ret);
}

int pack_add(Store *s, PackRow *row) {
        int r = sql_run(s, SQL_PACK_ADD, "tiitt", row->label, (int64_t)row->wrap, row->packed_us,
                        or_null(row->operator), or_null(row->for_session));

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int pack_save(Store *s, const PackRow *row) {
        return sql_run(s, SQL_PACK_SAVE, "0i000ii0t0i", row->attempt, (int64_t)row->late, row->sterile_us,
                       row->opened_us, row->opened_session, (int64_t)row->inside, (int64_t)row->wet, row->damaged_us,
                       or_null(row->damage_reason), row->loaded_us, row->id);
}

int pack_item_add(Store *s, int64_t pack, int64_t item) {
        return sql_run(s, SQL_PACK_ITEM_ADD, "ii", pack, item);
}

int pack_claimed(Store *s, int64_t pack, int64_t session, char ret_session[static LABEL_MAX + 1],
                 char ret_room[static LABEL_MAX + 1]) {
        int r = sql_first(s, SQL_PACK_CLAIMED, "ii", pack, session);

        if (r <= 0)
                return r;
        col_text(s, SQL_PACK_CLAIMED, 0, ret_session, LABEL_MAX + 1);
        col_text(s, SQL_PACK_CLAIMED, 1, ret_room, LABEL_MAX + 1);
        sql_done(s, SQL_PACK_CLAIMED);
        return 1;
}

int manifest_add(Store *s, int64_t pack, const char *autoclave, int64_t cycle, int64_t at_us) {
        return cycle < 0 ? sql_run(s, SQL_MANIFEST_ADD, "it0i", pack, autoclave, INT64_C(0), at_us)
                         : sql_run(s, SQL_MANIFEST_ADD, "itii", pack, autoclave, cycle, at_us);
}

int manifest_take(Store *s, const char *autoclave, int64_t cycle, int64_t until_us, int64_t *ret_pack,
                  int64_t *ret_at_us) {
        const StatementId q = SQL_MANIFEST_FIRST;
        int64_t pack, at_us;
        int r = sql_first(s, q, "tii", autoclave, cycle, until_us);

        if (r <= 0)
                return r;
        pack = col_int(s, q, 0);
        at_us = col_int(s, q, 1);
        sql_done(s, q);
        r = sql_run(s, SQL_MANIFEST_DELETE, "i", pack);
        if (r < 0)
                return r;
        *ret_pack = pack;
        *ret_at_us = at_us;
        return 1;
}

int manifest_delete(Store *s, int64_t pack) {
        return sql_run(s, SQL_MANIFEST_DELETE, "i", pack);
}
