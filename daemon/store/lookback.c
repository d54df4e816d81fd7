/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loops, one within the other, that can be left and entered again between any two look-ups: attempts or sessions, their
 * packs, the items in them, the sessions that were given these, and contacts that belong to no session. Each look-up is
 * one row by an index, and nothing is filtered within SQL: what does not count (recorded later, from another pack) is a
 * step like any other, so the work of a slice is bounded whatever the ledger holds. `depth` is the loop that goes on
 * next.
 */
#include "store/lookback.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "store/cycles.h"
#include "store/items.h"
#include "store/stmt.h"

typedef enum Depth {
        DEPTH_TOP,
        DEPTH_PACK,
        DEPTH_ITEM,
        DEPTH_USE,
        DEPTH_CONTACT, /* of an item, or of a session */
        DEPTH_ROOM,    /* contacts in the room while no session was live there */
        DEPTH_END,
        _DEPTH_MAX
} Depth;

/* One slice at work. */
typedef struct Slice {
        Store *store;
        const LookbackQuery *query;
        LookbackCursor *c;
        LookbackRow *rows;
        size_t n;
        unsigned steps; /* left */
} Slice;

static const char *const by_names[] = {
        [LOOKBACK_ITEM] = "item",       [LOOKBACK_LOT] = "lot",
        [LOOKBACK_PRODUCT] = "product", [LOOKBACK_SUPPLIER_LOAD] = "supplier-load",
        [LOOKBACK_LOAD] = "load",       [LOOKBACK_AUTOCLAVE] = "autoclave",
        [LOOKBACK_ROOM] = "room",       [LOOKBACK_PRACTITIONER] = "practitioner",
        [LOOKBACK_PATIENT] = "patient",     [LOOKBACK_SESSION] = "session",
};
static const char *const fate_names[] = {
        [LOOKBACK_USED] = "used",
        [LOOKBACK_ALLOWED] = "allowed",
        [LOOKBACK_RETURNED] = "returned",
        [LOOKBACK_UNUSED] = "unused",
        [LOOKBACK_STRAY] = "stray",
        [LOOKBACK_DISCARDED] = "discarded",
        [LOOKBACK_REPROCESSED] = "reprocessed",
};

/* By which statement the loop goes over what the query names. */
static const StatementId tops[] = {
        [LOOKBACK_AUTOCLAVE] = SQL_LOOKBACK_ATTEMPT,
        [LOOKBACK_ROOM] = SQL_LOOKBACK_ROOM,
        [LOOKBACK_PRACTITIONER] = SQL_LOOKBACK_PRACTITIONER,
        [LOOKBACK_PATIENT] = SQL_LOOKBACK_PATIENT,
        [LOOKBACK_SESSION] = SQL_LOOKBACK_SESSION,
};
static const StatementId pieces[] = {
        [LOOKBACK_ITEM] = SQL_LOOKBACK_ITEM,
        [LOOKBACK_LOT] = SQL_LOOKBACK_LOT,
        [LOOKBACK_PRODUCT] = SQL_LOOKBACK_PRODUCT,
        [LOOKBACK_SUPPLIER_LOAD] = SQL_LOOKBACK_SUPPLIER_LOAD,
};

const char *lookback_fate_name(LookbackFate fate) {
        return fate_names[fate];
}

const char *lookback_by_name(LookbackBy by) {
        return by_names[by];
}

static bool by_session(LookbackBy by) {
        return by >= LOOKBACK_ROOM;
}

static bool by_load(LookbackBy by) {
        return by == LOOKBACK_LOAD || by == LOOKBACK_AUTOCLAVE;
}

static bool known_then(const Slice *x, int64_t us) {
        return us > 0 && us <= x->c->as_of_us;
}

static LookbackRow *next_row(Slice *x) {
        LookbackRow *row = x->rows + x->n;

        *row = (LookbackRow){};
        return row;
}

/* --- what a session did with an item --- */

/* Reads a row of any LOOKBACK_USE statement; columns as beside LOOKBACK_USE. */
static void read_use(Slice *x, StatementId q, LookbackRow *ret) {
        Store *s = x->store;
        const int64_t used = col_int(s, q, 3), returned = col_int(s, q, 4);

        TEXT(q, 5, ret->item);
        TEXT(q, 6, ret->class_id);
        TEXT(q, 7, ret->product);
        TEXT(q, 8, ret->lot);
        TEXT(q, 9, ret->session);
        TEXT(q, 10, ret->room);
        TEXT(q, 11, ret->practitioner);
        TEXT(q, 12, ret->patient);
        TEXT(q, 13, ret->procedure);
        ret->allowed_us = col_int(s, q, 14);
        TEXT(q, 15, ret->pack);
        if (known_then(x, col_int(s, q, 16))) {
                TEXT(q, 17, ret->load);
                TEXT(q, 18, ret->autoclave);
                ret->cycle = col_int(s, q, 19);
        }
        ret->used_us = known_then(x, used) ? used : 0;
        ret->returned_us = known_then(x, returned) ? returned : 0;
        ret->fate = ret->returned_us ? LOOKBACK_RETURNED : ret->used_us ? LOOKBACK_USED : LOOKBACK_ALLOWED;
}

/* Given by then, and resting on what is asked for: a supplier's load only as long as nothing was sterilized here. */
static bool use_counts(const Slice *x, StatementId q) {
        return known_then(x, col_int(x->store, q, 2)) &&
               !(x->query->by == LOOKBACK_SUPPLIER_LOAD && !col_null(x->store, q, 20));
}

/* The next session of the item at hand: 1, or 0 for none. */
static int step_use(Slice *x) {
        LookbackCursor *c = x->c;
        const bool of_pack = by_load(x->query->by);
        const StatementId q = of_pack ? SQL_LOOKBACK_USE_OF_PACK : SQL_LOOKBACK_USE_OF_ITEM;
        int r = of_pack ? sql_first(x->store, q, "iii", c->pack, c->item, c->session)
                        : sql_first(x->store, q, "ii", c->item, c->session);

        if (r <= 0)
                return r;
        c->session = col_int(x->store, q, 0);
        if (use_counts(x, q)) {
                LookbackRow *row = next_row(x);

                read_use(x, q, row);
                x->n++;
                c->found |= row->fate == LOOKBACK_USED; /* otherwise it may lie in a drawer still */
        }
        sql_done(x->store, q);
        return 1;
}

/* --- contacts outside the session that held the item --- */

static void read_contact(Slice *x, StatementId q, LookbackRow *ret) {
        Store *s = x->store;

        ret->fate = LOOKBACK_STRAY;
        TEXT(q, 1, ret->item);
        ret->used_us = col_int(s, q, 2);
        TEXT(q, 4, ret->class_id);
        TEXT(q, 5, ret->product);
        TEXT(q, 6, ret->lot);
        TEXT(q, 7, ret->session);
        TEXT(q, 8, ret->room);
        TEXT(q, 9, ret->practitioner);
        TEXT(q, 10, ret->patient);
        TEXT(q, 11, ret->procedure);
        ret->allowed_us = col_int(s, q, 12);
}

static bool contact_counts(const Slice *x, StatementId q) {
        const int64_t pack = col_int(x->store, q, 3);

        if (!known_then(x, col_int(x->store, q, 2)))
                return false;
        return by_load(x->query->by) ? pack == x->c->pack : x->query->by != LOOKBACK_SUPPLIER_LOAD || pack == 0;
}

static void take_contact(Slice *x, StatementId q) {
        if (contact_counts(x, q)) {
                read_contact(x, q, next_row(x));
                x->n++;
                x->c->found = true;
        }
}

/* The next contact of the item or the session at hand: 1, or 0 for none. */
static int step_contact(Slice *x) {
        LookbackCursor *c = x->c;
        const bool of_session = by_session(x->query->by);
        const StatementId q = of_session ? SQL_LOOKBACK_CONTACT_OF_SESSION : SQL_LOOKBACK_CONTACT_OF_ITEM;
        int r = sql_first(x->store, q, "ii", of_session ? c->top : c->item, c->session);

        if (r <= 0)
                return r;
        c->session = col_int(x->store, q, 0);
        take_contact(x, q);
        sql_done(x->store, q);
        return 1;
}

/* The next one in the room that no session was live for: 1, or 0 for none. */
static int step_room(Slice *x) {
        const StatementId q = SQL_LOOKBACK_CONTACT_OF_ROOM;
        LookbackCursor *c = x->c;
        int r = sql_first(x->store, q, "tiii", x->query->subject, c->at_us, c->top,
                          MIN_OF(x->query->to_us, c->as_of_us));

        if (r <= 0)
                return r;
        c->top = col_int(x->store, q, 0);
        c->at_us = col_int(x->store, q, 2);
        take_contact(x, q);
        sql_done(x->store, q);
        return 1;
}

/* --- what nobody used --- */

/* The newest pack of the item by then: its id, or 0; and the attempt that it went through. */
static int last_pack(Slice *x, int64_t item, LookbackRow *row, int64_t *ret_pack, int64_t *ret_attempt,
                     int64_t *ret_started_us) {
        const StatementId q = SQL_LOOKBACK_LAST_PACK;
        Store *s = x->store;
        int r = sql_first(s, q, "ii", item, x->c->as_of_us);

        *ret_pack = *ret_attempt = *ret_started_us = 0;
        if (r <= 0)
                return r;
        *ret_pack = col_int(x->store, q, 0);
        TEXT(q, 1, row->pack);
        if (known_then(x, col_int(x->store, q, 2))) {
                *ret_attempt = col_int(x->store, q, 3);
                TEXT(q, 4, row->load);
                TEXT(q, 5, row->autoclave);
                row->cycle = col_int(x->store, q, 6);
                *ret_started_us = col_int(x->store, q, 7);
        }
        sql_done(x->store, q);
        return 1;
}

/* Held back by then: any recall that had begun and not ended. */
static int recalled_then(Slice *x, const ItemRow *item, const LookbackRow *row, int64_t attempt, int64_t started_us) {
        int64_t one;

        return sql_int(x->store, SQL_LOOKBACK_RECALLED, &one, "tttt0tii", item->code, or_null(item->lot),
                       or_null(item->product), attempt ? NULL : or_null(item->supplier_load), attempt,
                       or_null(row->autoclave), started_us, x->c->as_of_us);
}

/* The load that was asked for, where the item lies in a later pack by now. */
static int name_load(Slice *x, LookbackRow *row) {
        AttemptRow a = {};
        PackRow p;
        int r = pack_get_id(x->store, x->c->pack, &p);

        if (r > 0)
                r = attempt_get_id(x->store, p.attempt, &a);
        if (r <= 0) /* a cursor that nobody was given */
                return r;
        snprintf(row->pack, sizeof(row->pack), "%s", p.label);
        snprintf(row->load, sizeof(row->load), "%s", a.label);
        snprintf(row->autoclave, sizeof(row->autoclave), "%s", a.autoclave);
        row->cycle = a.cycle;
        return 0;
}

static LookbackFate fate_unused(const Slice *x, const ItemRow *item, int64_t pack) {
        if (by_load(x->query->by) && pack != x->c->pack)
                return LOOKBACK_REPROCESSED;
        return known_then(x, item->dropped_us) ? LOOKBACK_DISCARDED : LOOKBACK_UNUSED;
}

static int put_unused(Slice *x) {
        LookbackRow *row = next_row(x);
        int64_t pack, attempt, started_us;
        ItemRow item;
        int r = item_get_id(x->store, x->c->item, &item);

        if (r <= 0) /* a cursor that nobody was given; so too below */
                return r;
        r = last_pack(x, item.id, row, &pack, &attempt, &started_us);
        if (r >= 0 && x->query->by == LOOKBACK_SUPPLIER_LOAD && attempt)
                return 0; /* it rests on what was done here since */
        if (r >= 0)
                r = recalled_then(x, &item, row, attempt, started_us);
        if (r < 0)
                return r;
        row->recalled = r > 0;
        row->fate = fate_unused(x, &item, pack);
        snprintf(row->item, sizeof(row->item), "%s", item.code);
        snprintf(row->class_id, sizeof(row->class_id), "%s", item.class_id);
        snprintf(row->product, sizeof(row->product), "%s", item.product);
        snprintf(row->lot, sizeof(row->lot), "%s", item.lot);
        r = row->fate == LOOKBACK_REPROCESSED ? name_load(x, row) : 0;
        if (r == 0)
                x->n++;
        return r;
}

/* --- the loops --- */

/* The next attempt or session of the window: 1, or 0 for none. */
static int step_top(Slice *x) {
        LookbackCursor *c = x->c;
        const LookbackQuery *query = x->query;
        const StatementId q = tops[query->by];
        int r = sql_first(x->store, q, "tiii", query->subject, c->at_us, c->top, MIN_OF(query->to_us, c->as_of_us));

        if (r <= 0)
                return r;
        c->top = col_int(x->store, q, 0);
        c->at_us = col_int(x->store, q, 1);
        sql_done(x->store, q);
        return 1;
}

/* The next pack that lay in the attempt: 1, or 0 for none. */
static int step_pack(Slice *x, bool *ret_counts) {
        const StatementId q = SQL_LOOKBACK_PACK;
        int r = sql_first(x->store, q, "ii", x->c->top, x->c->pack);

        if (r <= 0)
                return r;
        x->c->pack = col_int(x->store, q, 0);
        *ret_counts = known_then(x, col_int(x->store, q, 1));
        sql_done(x->store, q);
        return 1;
}

/* The next piece of the lot, or in the pack: 1, or 0 for none. */
static int step_item(Slice *x, bool *ret_counts) {
        const bool of_pack = by_load(x->query->by);
        const StatementId q = of_pack ? SQL_LOOKBACK_PACK_ITEM : pieces[x->query->by];
        int r = of_pack ? sql_first(x->store, q, "ii", x->c->pack, x->c->item)
                        : sql_first(x->store, q, "ti", x->query->subject, x->c->item);

        if (r <= 0)
                return r;
        x->c->item = col_int(x->store, q, 0);
        *ret_counts = of_pack || known_then(x, col_int(x->store, q, 1));
        sql_done(x->store, q);
        return 1;
}

/* A session that was given nothing by then is on the list all the same: somebody was treated. */
static int put_empty(Slice *x) {
        const StatementId q = SQL_SESSION_BY_ID;
        LookbackRow *row = next_row(x);
        int r = sql_first(x->store, q, "i", x->c->top);

        if (r <= 0)
                return r;
        row->fate = LOOKBACK_ALLOWED;
        for (int i = 0; i < 5; i++) {
                char *const to[] = { row->session, row->room, row->practitioner, row->patient, row->procedure };

                col_text(x->store, q, i + 1, to[i], LABEL_MAX + 1);
        }
        row->allowed_us = col_int(x->store, q, 8);
        sql_done(x->store, q);
        x->n++;
        return 0;
}

/* The next item of the session: 1, or 0 for none. */
static int step_session_item(Slice *x) {
        const StatementId q = SQL_LOOKBACK_USE_OF_SESSION;
        int r = sql_first(x->store, q, "ii", x->c->top, x->c->item);

        if (r <= 0)
                return r;
        x->c->item = col_int(x->store, q, 1);
        if (use_counts(x, q)) {
                read_use(x, q, next_row(x));
                x->n++;
                x->c->found = true;
        }
        sql_done(x->store, q);
        return 1;
}

static void enter(LookbackCursor *c, Depth depth) {
        c->depth = depth;
        c->found = false;
        if (depth <= DEPTH_PACK)
                c->pack = 0;
        if (depth <= DEPTH_ITEM)
                c->item = 0;
        c->session = 0;
}

/* Back to the loop around this one, which keeps its place. */
static void leave(LookbackCursor *c, Depth depth) {
        c->depth = depth;
        c->found = false;
}

/* On to the next loop about the same item or session. */
static void go_on(LookbackCursor *c, Depth depth) {
        c->depth = depth;
        c->session = 0;
}

/* The window, from its beginning. What began at from_us itself counts: ids begin at 1. */
static void rewind_window(const LookbackQuery *q, LookbackCursor *c) {
        c->at_us = MAX_OF(q->from_us, INT64_C(0));
        c->top = 0;
}

static int do_top(Slice *x) {
        const bool room = x->query->by == LOOKBACK_ROOM;
        int r = step_top(x);

        if (r > 0)
                enter(x->c, by_session(x->query->by) ? DEPTH_ITEM : DEPTH_PACK);
        if (r == 0 && room)
                rewind_window(x->query, x->c);
        if (r == 0)
                leave(x->c, room ? DEPTH_ROOM : DEPTH_END);
        return r;
}

static int do_pack(Slice *x) {
        bool counts = false;
        int r = step_pack(x, &counts);

        if (r > 0 && counts)
                enter(x->c, DEPTH_ITEM);
        else if (r == 0)
                leave(x->c, x->query->by == LOOKBACK_LOAD ? DEPTH_END : DEPTH_TOP);
        return r;
}

static int do_session_item(Slice *x) {
        int r = step_session_item(x);

        if (r == 0)
                go_on(x->c, DEPTH_CONTACT);
        return r;
}

static int do_item(Slice *x) {
        bool counts = false;
        int r = step_item(x, &counts);

        if (r > 0 && counts)
                enter(x->c, DEPTH_USE);
        else if (r == 0)
                leave(x->c, by_load(x->query->by) ? DEPTH_PACK : DEPTH_END);
        return r;
}

static int do_use(Slice *x) {
        int r = step_use(x);

        if (r == 0)
                go_on(x->c, DEPTH_CONTACT);
        return r;
}

static int do_contact(Slice *x) {
        const bool session = by_session(x->query->by);
        int r = step_contact(x);

        if (r != 0)
                return r;
        if (!x->c->found)
                r = session ? put_empty(x) : put_unused(x);
        leave(x->c, session ? DEPTH_TOP : DEPTH_ITEM);
        return r;
}

static int do_room(Slice *x) {
        int r = step_room(x);

        if (r == 0)
                leave(x->c, DEPTH_END);
        return r;
}

#define ROW_STEPS 3 /* a row's joins weigh as much as this many plain look-ups */

static int turn(Slice *x) {
        const size_t before = x->n;
        int r = -EINVAL;

        switch ((Depth)x->c->depth) {
        case DEPTH_TOP:
                r = do_top(x);
                break;
        case DEPTH_PACK:
                r = do_pack(x);
                break;
        case DEPTH_ITEM:
                r = by_session(x->query->by) ? do_session_item(x) : do_item(x);
                break;
        case DEPTH_USE:
                r = do_use(x);
                break;
        case DEPTH_CONTACT:
                r = do_contact(x);
                break;
        case DEPTH_ROOM:
                r = do_room(x);
                break;
        case DEPTH_END:
        case _DEPTH_MAX:
                break;
        }
        x->steps -= MIN_OF(x->steps, x->n > before ? ROW_STEPS : 1U);
        return r;
}

static int64_t monotonic_us(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

int lookback_slice(Store *s, const LookbackQuery *q, LookbackCursor *c, const LookbackBounds *bounds, LookbackRow *rows,
                   size_t *ret_n) {
        Slice x = { .store = s, .query = q, .c = c, .rows = rows, .steps = bounds->steps };
        const int64_t begun_us = monotonic_us();

        while (x.steps > 0 && x.n < bounds->rows && c->depth != DEPTH_END) {
                int r = turn(&x);

                if (r < 0)
                        return r;
                if (monotonic_us() - begun_us >= bounds->us)
                        break;
        }
        *ret_n = x.n;
        return c->depth != DEPTH_END;
}

int lookback_begin(Store *s, const LookbackQuery *q, LookbackCursor *ret) {
        LookbackCursor c = { .as_of_us = q->as_of_us };
        AttemptRow attempt;
        ItemRow item;
        int r = 1;

        if (q->by == LOOKBACK_ITEM)
                r = item_get(s, q->subject, &item);
        if (q->by == LOOKBACK_LOAD && (r = attempt_get(s, q->subject, &attempt)) > 0)
                c.top = attempt.id;
        if (r <= 0)
                return r;
        enter(&c, q->by == LOOKBACK_LOAD ? DEPTH_PACK : q->by < LOOKBACK_LOAD ? DEPTH_ITEM : DEPTH_TOP);
        if (c.depth == DEPTH_TOP)
                rewind_window(q, &c);
        *ret = c;
        return 1;
}

/* --- as text --- */

void lookback_cursor_format(const LookbackCursor *c, char ret[static LOOKBACK_CURSOR_SIZE]) {
        snprintf(ret, LOOKBACK_CURSOR_SIZE,
                 "%" PRId64 ".%d.%d.%" PRId64 ".%" PRId64 ".%" PRId64 ".%" PRId64 ".%" PRId64, c->as_of_us, c->depth,
                 (int)c->found, c->at_us, c->top, c->pack, c->item, c->session);
}

/* Which loops a look-back by this has. */
static bool has_depth(LookbackBy by, int64_t depth) {
        switch (depth) {
        case DEPTH_TOP:
                return by >= LOOKBACK_AUTOCLAVE;
        case DEPTH_PACK:
                return by_load(by);
        case DEPTH_USE:
                return !by_session(by);
        case DEPTH_ROOM:
                return by == LOOKBACK_ROOM;
        default:
                return depth < _DEPTH_MAX;
        }
}

int lookback_cursor_parse(const char *text, LookbackBy by, LookbackCursor *ret) {
        int64_t v[8];

        for (size_t i = 0; i < ELEMENTSOF(v); i++) {
                char *end;

                if (*text < '0' || *text > '9')
                        return -EINVAL;
                errno = 0;
                v[i] = strtoll(text, &end, 10);
                if (errno || *end != (i + 1 < ELEMENTSOF(v) ? '.' : '\0'))
                        return -EINVAL;
                text = end + 1;
        }
        if (!has_depth(by, v[1]) || v[2] > 1)
                return -EINVAL;
        *ret = (LookbackCursor){ v[0], (int)v[1], v[2] != 0, v[3], v[4], v[5], v[6], v[7] };
        return 0;
}
