/* SPDX-License-Identifier: Apache-2.0 */
#include "store/rooms.h"

#include <stdio.h>

#include "store/stmt.h"

int room_interlock_save(Store *s, const RoomRow *row) {
        return sql_run(s, SQL_ROOM_INTERLOCK_SAVE, "tiiiii", row->id, (int64_t)row->interlock, row->release_from_us,
                       row->release_until_us, row->released_before_us, row->hold_until_us);
}

int room_due(Store *s, int64_t boot_us, char ret[static LABEL_MAX + 1]) {
        int r = sql_first(s, SQL_ROOM_DUE, "i", boot_us);

        if (r <= 0)
                return r;
        col_text(s, SQL_ROOM_DUE, 0, ret, LABEL_MAX + 1);
        sql_done(s, SQL_ROOM_DUE);
        return 1;
}

int room_next_due(Store *s, int64_t *ret_boot_us) {
        int64_t room = INT64_MAX, relay = INT64_MAX;
        int r = sql_first(s, SQL_ROOM_NEXT_DUE, "");

        if (r < 0)
                return r;
        if (r > 0 && !col_null(s, SQL_ROOM_NEXT_DUE, 0))
                room = col_int(s, SQL_ROOM_NEXT_DUE, 0);
        sql_done(s, SQL_ROOM_NEXT_DUE);
        r = sql_int(s, SQL_RELAY_NEXT_DUE, &relay, "");
        if (r < 0 || (room == INT64_MAX && relay == INT64_MAX))
                return r < 0 ? r : 0;
        *ret_boot_us = MIN_OF(room, relay);
        return 1;
}

/* What it was granted by the old clock says nothing any more. */
static int relays_restart(Store *s, int64_t until_us) {
        char device[LABEL_MAX + 1] = "";
        int r;

        while ((r = sql_first(s, SQL_RELAY_NEXT, "t", device)) > 0) {
                RelayRow relay;

                col_text(s, SQL_RELAY_NEXT, 0, device, sizeof(device));
                sql_done(s, SQL_RELAY_NEXT);
                r = relay_get(s, device, &relay);
                if (r < 0)
                        return r;
                relay.permit_from_us = relay.permit_until_us = 0;
                relay.due_us = relay.due_us ? until_us : 0;
                if (r > 0)
                        r = relay_save(s, &relay);
                if (r < 0)
                        return r;
        }
        return r;
}

int rooms_restart(Store *s, int64_t until_us) {
        char id[LABEL_MAX + 1] = "";
        int r;

        while ((r = sql_first(s, SQL_ROOM_NEXT, "t", id)) > 0) {
                col_text(s, SQL_ROOM_NEXT, 0, id, sizeof(id));
                sql_done(s, SQL_ROOM_NEXT);
                r = sql_run(s, SQL_ROOM_RESTART, "it", until_us, id);
                if (r == 0)
                        r = sql_run(s, SQL_ROOM_RESTART_HOLD, "it", until_us, id);
                if (r < 0)
                        return r;
        }
        return r < 0 ? r : relays_restart(s, until_us);
}

int room_lock_put(Store *s, const char *room, const char *rule, const char *session, const char *text, int64_t i,
                  int64_t at_us) {
        int64_t id;
        int r = sql_int(s, SQL_ROOM_LOCK_HOLDS, &id, "tt", room, rule);

        if (r < 0)
                return r;
        if (r > 0)
                return sql_run(s, SQL_ROOM_LOCK_AGAIN, "itti", at_us, session, text, id);
        r = sql_run(s, SQL_ROOM_LOCK_ADD, "iiitttt", i, at_us, at_us, room, rule, session, text);
        return r < 0 ? r : 1;
}

int room_lock_next(Store *s, const char *room, const char *after, RoomLockRow *ret) {
        const StatementId q = SQL_ROOM_LOCK_NEXT;
        int r = sql_first(s, q, "tt", room, after);

        if (r <= 0)
                return r;
        *ret = (RoomLockRow){ .at_us = col_int(s, q, 3), .last_us = col_int(s, q, 4), .count = col_int(s, q, 5) };
        TEXT(q, 0, ret->rule);
        TEXT(q, 1, ret->session);
        TEXT(q, 2, ret->text);
        sql_done(s, q);
        return 1;
}

int room_lock_open(Store *s, const char *room, int64_t i, int64_t at_us, const char *by, const char *reason) {
        return sql_run(s, SQL_ROOM_LOCK_OPEN, "iittt", i, at_us, by, reason, room);
}

static InterlockSession session_of(const SessionRow *live) {
        switch (live ? (SessionState)live->state : SESSION_ENDED) {
        case SESSION_AUTHORISED:
                return INTERLOCK_SESSION_AUTHORISED;
        case SESSION_RUNNING:
                return INTERLOCK_SESSION_RUNNING;
        case SESSION_SUSPENDED:
                return INTERLOCK_SESSION_SUSPENDED;
        case SESSION_ENDED:
        case SESSION_LAPSED:
        case _SESSION_STATE_MAX:
                break;
        }
        return INTERLOCK_NO_SESSION;
}

int room_look_at(Store *s, const char *id, int64_t boot_us, RoomLook *ret) {
        RoomLockRow lock;
        int r = room_get(s, id, &ret->room);

        if (r >= 0)
                r = session_live(s, id, &ret->session);
        if (r < 0)
                return r;
        ret->live = r > 0;
        r = room_lock_next(s, id, "", &lock);
        if (r < 0)
                return r;
        ret->facts = (InterlockFacts){ .session = session_of(ret->live ? &ret->session : NULL),
                                       .lease_until_us = ret->live ? ret->session.lease_until_us : 0,
                                       .release_until_us = ret->room.release_until_us,
                                       .locked = r > 0,
                                       .now_us = boot_us };
        ret->state = interlock_state(&ret->facts);
        return 0;
}

int relay_get(Store *s, const char *device, RelayRow *ret) {
        const StatementId q = SQL_RELAY_GET;
        int r = sql_first(s, q, "t", device);

        if (r < 0)
                return r;
        *ret = (RelayRow){};
        snprintf(ret->device, sizeof(ret->device), "%s", device);
        if (r == 0)
                return 0;
        TEXT(q, 0, ret->room);
        ret->said = (int)col_int(s, q, 1);
        ret->at_us = col_int(s, q, 2);
        ret->permit_from_us = col_int(s, q, 3);
        ret->permit_until_us = col_int(s, q, 4);
        ret->due_us = col_int(s, q, 5);
        sql_done(s, q);
        return 1;
}

int relay_save(Store *s, const RelayRow *row) {
        return sql_run(s, SQL_RELAY_SAVE, "ttiiii0", row->device, row->room, (int64_t)row->said, row->at_us,
                       row->permit_from_us, row->permit_until_us, row->due_us);
}

int relay_due(Store *s, int64_t boot_us, RelayRow *ret) {
        char device[LABEL_MAX + 1];
        int r = sql_first(s, SQL_RELAY_DUE, "i", boot_us);

        if (r <= 0)
                return r;
        col_text(s, SQL_RELAY_DUE, 0, device, sizeof(device));
        sql_done(s, SQL_RELAY_DUE);
        return relay_get(s, device, ret);
}
