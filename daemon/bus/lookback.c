/* SPDX-License-Identifier: Apache-2.0 */
/*
 * LookBack: one slice of a list a call, so that no list holds up a decision; the cursor carries the moment as of which
 * the list is known, so that all its pages belong together. Days are days of the clinic, whose zone the daemon runs in.
 */
#include <errno.h>
#include <stdio.h>
#include <time.h>

#include "bus/internal.h"
#include "codec/rfc3339.h"
#include "core/udi.h"
#include "store/lookback.h"

#define BY_WORDS "item, lot, product, supplier-load, load, autoclave, room, practitioner, patient or session"

/* What was asked, with room for what it points to. */
typedef struct Asked {
        LookbackQuery query;
        const char *by, *subject;
        char canonical[CODE_MAX + 1];
} Asked;

static int bad(sd_bus_error *error, const char *text) {
        return sd_bus_error_set(error, BUS_ERROR_BAD_ARGUMENT, text);
}

static int64_t now_us(void) {
        struct timespec ts;

        clock_gettime(CLOCK_REALTIME, &ts);
        return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

/* The first moment of the day that many days after the date. */
static int64_t day_start(int32_t date, int days) {
        struct tm tm = { .tm_year = date / 10000 - 1900,
                         .tm_mon = date / 100 % 100 - 1,
                         .tm_mday = date % 100 + days,
                         .tm_isdst = -1 };

        return (int64_t)mktime(&tm) * US_PER_S;
}

/* A date stands for its whole day: for its last moment where `last` is meant. */
static int moment(const char *text, bool last, int64_t *ret_us) {
        int32_t date;

        if (strlen(text) > 10)
                return time_parse(text, ret_us);
        if (date_parse(text, &date) < 0)
                return -EINVAL;
        *ret_us = last ? day_start(date, 1) - 1 : day_start(date, 0);
        return 0;
}

int bus_read_moment(sd_bus_message *m, const char *type, bool last, int64_t *ret_us, sd_bus_error *error) {
        const char *text;
        uint64_t us;
        int r;

        if (streq(type, "t")) {
                r = sd_bus_message_read(m, "v", "t", &us);
                if (r >= 0)
                        *ret_us = bus_number(us);
                return r < 0 ? r : 0;
        }
        if (!streq(type, "s"))
                return bad(error, "A time is of type t, or text: 2026-05-01, or 2026-05-01T09:00:00Z.");
        r = sd_bus_message_read(m, "v", "s", &text);
        if (r < 0 || !text[0])
                return r < 0 ? r : 0;
        return moment(text, last, ret_us) < 0
                       ? sd_bus_error_setf(error, BUS_ERROR_BAD_ARGUMENT,
                                           "%.40s is no date or time. Write 2026-05-01, or 2026-05-01T09:00:00Z.", text)
                       : 0;
}

int bus_read_text(sd_bus_message *m, const char *type, const char **ret, sd_bus_error *error) {
        int r;

        if (!streq(type, "s"))
                return bad(error, "What is looked for is text.");
        r = sd_bus_message_read(m, "v", "s", ret);
        return r < 0 ? r : 0;
}

static int read_member(sd_bus_message *m, Asked *a, sd_bus_error *error) {
        LookbackQuery *q = &a->query;
        const char *name, *type;
        int r = sd_bus_message_read_basic(m, 's', &name);

        if (r < 0 || (r = sd_bus_message_peek_type(m, NULL, &type)) < 0)
                return r;
        if (streq(name, "by"))
                return bus_read_text(m, type, &a->by, error);
        if (streq(name, "subject"))
                return bus_read_text(m, type, &a->subject, error);
        if (streq(name, "from"))
                return bus_read_moment(m, type, false, &q->from_us, error);
        if (streq(name, "to"))
                return bus_read_moment(m, type, true, &q->to_us, error);
        if (streq(name, "as_of"))
                return bus_read_moment(m, type, true, &q->as_of_us, error);
        return sd_bus_error_setf(error, BUS_ERROR_BAD_ARGUMENT, "There is nothing called %.40s in a look-back.", name);
}

static int read_members(sd_bus_message *m, Asked *a, sd_bus_error *error) {
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_member(m, a, error);
                if (r < 0 || (r = sd_bus_message_exit_container(m)) < 0)
                        return r;
        }
        return r < 0 ? r : sd_bus_message_exit_container(m);
}

static int find_by(Asked *a, sd_bus_error *error) {
        for (int by = 0; a->by && by < _LOOKBACK_BY_MAX; by++)
                if (streq(a->by, lookback_by_name((LookbackBy)by))) {
                        a->query.by = (LookbackBy)by;
                        return 0;
                }
        return bad(error, "A look-back is by " BY_WORDS ".");
}

/* Items and products are found however they are written. */
static void canonical(Asked *a) {
        const LookbackBy by = a->query.by;
        const char *found = NULL;
        Udi udi;

        if ((by == LOOKBACK_ITEM || by == LOOKBACK_PRODUCT) &&
            udi_parse(a->subject, strlen(a->subject), bus_current_year(), &udi) == 0)
                found = by == LOOKBACK_ITEM ? udi.canonical : udi.product[0] ? udi.product : NULL;
        snprintf(a->canonical, sizeof(a->canonical), "%s", found ?: a->subject);
        a->query.subject = a->canonical;
}

static int read_query(sd_bus_message *m, Asked *a, sd_bus_error *error) {
        LookbackQuery *q = &a->query;
        const int64_t now = now_us();
        int r;

        q->to_us = INT64_MAX;
        q->as_of_us = now;
        r = read_members(m, a, error);
        if (r >= 0)
                r = find_by(a, error);
        if (r < 0)
                return r;
        if (!a->subject || !a->subject[0] || strlen(a->subject) > CODE_MAX)
                return bad(error, "Say what is looked for, in 128 bytes at most.");
        if (q->from_us > q->to_us)
                return bad(error, "The window ends before it begins.");
        /* What is still to come is not known yet. */
        q->as_of_us = MIN_OF(q->as_of_us, now);
        canonical(a);
        return 0;
}

static int put_row(Store *s, const LookbackRow *x, Reply *r) {
        int failed = 0;

        reply_open(r);
        reply_text(r, "fate", lookback_fate_name(x->fate));
        reply_text(r, "item", x->item);
        reply_text(r, "class", x->class_id);
        reply_text(r, "product", x->product);
        reply_text(r, "lot", x->lot);
        reply_text(r, "pack", x->pack);
        reply_text(r, "load", x->load);
        reply_text(r, "autoclave", x->autoclave);
        if (x->load[0])
                reply_number(r, "cycle", x->cycle);
        reply_text(r, "session", x->session);
        reply_text(r, "room", x->room);
        reply_text(r, "practitioner", x->practitioner);
        reply_text(r, "patient", x->patient);
        reply_text(r, "procedure", x->procedure);
        reply_time(r, "allowed_at", x->allowed_us);
        reply_time(r, "used_at", x->used_us);
        reply_time(r, "returned_at", x->returned_us);
        if (x->recalled)
                reply_truth(r, "recalled", true);
        if (x->session[0] && !x->patient[0])
                failed = bus_put_erased(s, x->session, r);
        reply_close(r);
        return failed;
}

static void put_about(const Asked *a, const LookbackCursor *c, Reply *r) {
        const LookbackQuery *q = &a->query;

        reply_open(r);
        reply_text(r, "by", lookback_by_name(q->by));
        reply_text(r, "subject", q->subject);
        if (q->by >= LOOKBACK_AUTOCLAVE) {
                reply_time(r, "from", q->from_us);
                reply_time(r, "to", q->to_us == INT64_MAX ? 0 : q->to_us);
        }
        reply_time(r, "as_of", c->as_of_us);
        reply_close(r);
}

static int answer(sd_bus_message *m, const BusSource *source, const Asked *a, const LookbackCursor *c, bool more,
                  const LookbackRow *rows, size_t n, sd_bus_error *error) {
        char next[LOOKBACK_CURSOR_SIZE] = "";
        Reply reply;
        int r = reply_new(m, &reply);

        if (r < 0)
                return r;
        if (more)
                lookback_cursor_format(c, next);
        reply_page_open(&reply);
        for (size_t i = 0; i < n && r >= 0; i++)
                r = put_row(source->store, rows + i, &reply);
        reply_close(&reply);
        reply_element(&reply, next);
        put_about(a, c, &reply);
        return bus_answer(source, r, &reply, error);
}

/* A load also by autoclave, blank, cycle number. */
static int find_load(const BusSource *source, Asked *a, sd_bus_error *error) {
        AttemptRow attempt;
        int r = bus_find_attempt(source, a->subject, &attempt, error);

        if (r < 0)
                return r;
        snprintf(a->canonical, sizeof(a->canonical), "%s", attempt.label);
        return 0;
}

/* Where to go on, or where to begin: 0; or the error, set. */
static int find_place(const BusSource *source, Asked *a, const char *cursor, LookbackCursor *ret, sd_bus_error *error) {
        int r = a->query.by == LOOKBACK_LOAD ? find_load(source, a, error) : 0;

        if (r < 0)
                return r;
        if (cursor[0])
                return lookback_cursor_parse(cursor, a->query.by, ret) < 0
                               ? bad(error, "That is no cursor of this look-back. Begin with an empty one.")
                               : 0;
        r = lookback_begin(source->store, &a->query, ret);
        if (r < 0)
                return bus_ledger_failed(source, r, error);
        return r ? 0
                 : sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "No %s %s is in the ledger.",
                                     lookback_by_name(a->query.by), a->query.subject);
}

/* LookBack(a{sv} query, s cursor, u limit) -> aa{sv} rows, s cursor, a{sv} about. NotFound, BadArgument, Ledger. */
int method_look_back(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        _cleanup_(freep) LookbackRow *rows = calloc(LOOKBACK_ROWS, sizeof(*rows));
        LookbackBounds bounds = LOOKBACK_BOUNDS;
        LookbackCursor c;
        const char *cursor;
        uint32_t limit;
        Asked a = {};
        size_t n;
        int r = rows ? read_query(m, &a, error) : -ENOMEM;

        if (r < 0 || (r = sd_bus_message_read(m, "su", &cursor, &limit)) < 0 ||
            (r = find_place(source, &a, cursor, &c, error)) < 0)
                return r;
        if (limit > 0 && limit < bounds.rows)
                bounds.rows = limit;
        r = lookback_slice(source->store, &a.query, &c, &bounds, rows, &n);
        return r < 0 ? bus_ledger_failed(source, r, error) : answer(m, source, &a, &c, r > 0, rows, n, error);
}
