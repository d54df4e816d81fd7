/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListItems, ListSessions: lists that may be as long as the ledger, in slices. One index leads to the rows, what else was
 * asked for is left out on the way; a slice ends after so many rows, or so many that were looked at, whichever comes first,
 * so that no list holds up a decision. The cursor says where to go on; empty: that was all.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "bus/internal.h"
#include "store/sessions.h"

typedef struct Asked {
        const char *state, *class_id, *lot;           /* of items; state of sessions, too */
        const char *room, *practitioner, *patient;    /* of sessions */
        int64_t since_us, until_us;
        const char *cursor;
        uint32_t limit;
} Asked;

static int bad(sd_bus_error *error, const char *text) {
        return sd_bus_error_set(error, BUS_ERROR_BAD_ARGUMENT, text);
}

static const char **text_member(Asked *a, const char *name, bool of_items) {
        const struct {
                const char *name;
                const char **value;
                bool items, sessions;
        } members[] = {
                { "state", &a->state, true, true },
                { "class", &a->class_id, true, false },
                { "lot", &a->lot, true, false },
                { "room", &a->room, false, true },
                { "practitioner", &a->practitioner, false, true },
                { "patient", &a->patient, false, true },
        };

        for (size_t i = 0; i < ELEMENTSOF(members); i++)
                if (streq(members[i].name, name) && (of_items ? members[i].items : members[i].sessions))
                        return members[i].value;
        return NULL;
}

static int read_member(sd_bus_message *m, Asked *a, bool of_items, sd_bus_error *error) {
        const char *name, *type, **text;
        int r = sd_bus_message_read_basic(m, 's', &name);

        if (r < 0 || (r = sd_bus_message_peek_type(m, NULL, &type)) < 0)
                return r;
        text = text_member(a, name, of_items);
        if (text) {
                r = bus_read_text(m, type, text, error);
                if (r >= 0 && !(*text)[0])
                        *text = NULL;
                return r;
        }
        if (!of_items && streq(name, "since"))
                return bus_read_moment(m, type, false, &a->since_us, error);
        if (!of_items && streq(name, "until"))
                return bus_read_moment(m, type, true, &a->until_us, error);
        return sd_bus_error_setf(error, BUS_ERROR_BAD_ARGUMENT, "There is nothing called %.40s in this list's query.", name);
}

static int read_query(sd_bus_message *m, Asked *a, bool of_items, sd_bus_error *error) {
        int r = sd_bus_message_enter_container(m, 'a', "{sv}");

        if (r < 0)
                return r;
        while ((r = sd_bus_message_enter_container(m, 'e', "sv")) > 0) {
                r = read_member(m, a, of_items, error);
                if (r < 0 || (r = sd_bus_message_exit_container(m)) < 0)
                        return r;
        }
        if (r < 0 || (r = sd_bus_message_exit_container(m)) < 0 ||
            (r = sd_bus_message_read(m, "su", &a->cursor, &a->limit)) < 0)
                return r;
        a->limit = a->limit == 0 || a->limit > BUS_LIST_MAX ? BUS_LIST_MAX : a->limit;
        return 0;
}

/* "12" or "12.34": n numbers of the cursor. */
static int read_cursor(const char *text, size_t n, int64_t *ret) {
        for (size_t i = 0; i < n; i++) {
                char *end;

                if (*text < '0' || *text > '9')
                        return -EINVAL;
                errno = 0;
                ret[i] = strtoll(text, &end, 10);
                if (errno || *end != (i + 1 < n ? '.' : '\0'))
                        return -EINVAL;
                text = end + 1;
        }
        return 0;
}

/* --- items --- */

static int put_item(Store *s, const ItemRow *item, Reply *reply) {
        PackRow pack = {};
        int r = item->pack ? pack_get_id(s, item->pack, &pack) : 0;

        if (r < 0)
                return r;
        reply_open(reply);
        bus_put_item(item, reply);
        reply_text(reply, "pack", pack.label);
        reply_close(reply);
        return 0;
}

static int put_items(Store *s, const Asked *a, int state, int64_t *id, Reply *reply) {
        const ItemFilter filter = { a->lot, a->class_id, state };
        uint32_t rows = 0;
        ItemRow item;

        for (int step = 0; step < BUS_LIST_STEPS && rows < a->limit; step++) {
                int r = item_next(s, &filter, *id, &item);

                if (r <= 0)
                        return r;
                *id = item.id;
                if ((a->class_id && !streq(item.class_id, a->class_id)) || (state >= 0 && item.state != state))
                        continue;
                r = put_item(s, &item, reply);
                if (r < 0)
                        return r;
                rows++;
        }
        return 1;
}

/* -1 where none is asked for; -EINVAL: there is no such state. */
static int find_state(const char *name, int n, const char *(*name_of)(int)) {
        for (int i = 0; name && i < n; i++)
                if (streq(name_of(i), name))
                        return i;
        return name ? -EINVAL : -1;
}

static const char *item_state(int state) {
        return item_state_name((ItemState)state);
}

/* ListItems(a{sv} query, s cursor, u limit) -> aa{sv} items, s cursor. BadArgument, Ledger. */
int method_list_items(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        char cursor[24] = "";
        int64_t id = 0;
        Asked a = {};
        Reply reply;
        int state, r = read_query(m, &a, true, error);

        if (r < 0)
                return r;
        state = find_state(a.state, _ITEM_STATE_MAX, item_state);
        if (state < -1)
                return bad(error, "An item is contaminated, clean, packed, sterile, disinfected or discarded.");
        if (a.cursor[0] && read_cursor(a.cursor, 1, &id) < 0)
                return bad(error, "That is no cursor of this list. Begin with an empty one.");
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        reply_page_open(&reply);
        r = put_items(source->store, &a, state, &id, &reply);
        if (r > 0)
                snprintf(cursor, sizeof(cursor), "%" PRId64, id);
        return bus_answer_slice(source, r, cursor, &reply, error);
}

/* --- sessions --- */

static bool other(const char *wanted, const char *is) {
        return wanted && !streq(wanted, is);
}

/* place: allowed_us and id of the last one. */
static int put_sessions(Store *s, const Asked *a, int state, int64_t place[static 2], Reply *reply) {
        const SessionFilter filter = { a->patient, a->practitioner, a->room };
        uint32_t rows = 0;
        SessionRow row;

        for (int step = 0; step < BUS_LIST_STEPS && rows < a->limit; step++) {
                int r = session_before(s, &filter, place[0], place[1], &row);

                if (r <= 0 || row.allowed_us < a->since_us)
                        return r < 0 ? r : 0;
                place[0] = row.allowed_us;
                place[1] = row.id;
                if (other(a->patient, row.patient) || other(a->practitioner, row.practitioner) || other(a->room, row.room) ||
                    (state >= 0 && row.state != state))
                        continue;
                reply_open(reply);
                bus_put_session(&row, reply);
                reply_close(reply);
                rows++;
        }
        return 1;
}

/* ListSessions(a{sv} query, s cursor, u limit) -> aa{sv} sessions, s cursor. BadArgument, Ledger. */
int method_list_sessions(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        Asked a = { .until_us = INT64_MAX };
        int64_t place[2];
        char cursor[48] = "";
        Reply reply;
        int state, r = read_query(m, &a, false, error);

        if (r < 0)
                return r;
        state = find_state(a.state, _SESSION_STATE_MAX, session_state_name);
        if (state < -1)
                return bad(error, "A session is authorised, running, suspended, ended or lapsed.");
        place[0] = a.until_us;
        place[1] = INT64_MAX;
        if (a.cursor[0] && read_cursor(a.cursor, 2, place) < 0)
                return bad(error, "That is no cursor of this list. Begin with an empty one.");
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        reply_page_open(&reply);
        r = put_sessions(source->store, &a, state, place, &reply);
        if (r > 0)
                snprintf(cursor, sizeof(cursor), "%" PRId64 ".%" PRId64, place[0], place[1]);
        return bus_answer_slice(source, r, cursor, &reply, error);
}
