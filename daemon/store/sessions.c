/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sessions.h"

#include <errno.h>
#include <stdio.h>

#include "store/stmt.h"

const char *session_state_name(int state) {
        static const char *const names[] = {
                [SESSION_AUTHORISED] = "authorised", [SESSION_RUNNING] = "running", [SESSION_SUSPENDED] = "suspended",
                [SESSION_ENDED] = "ended",           [SESSION_LAPSED] = "lapsed",
        };

        return state >= 0 && state < _SESSION_STATE_MAX ? names[state] : "unknown";
}

int room_get(Store *s, const char *id, RoomRow *ret) {
        const StatementId q = SQL_ROOM_GET;
        int r = sql_first(s, q, "t", id);

        if (r < 0)
                return r;
        *ret = (RoomRow){};
        snprintf(ret->id, sizeof(ret->id), "%s", id);
        if (r == 0)
                return 0;
        ret->permit_seq = col_int(s, q, 0);
        ret->session_end_us = col_int(s, q, 1);
        ret->disinfected_us = col_int(s, q, 2);
        ret->interlock = (int)col_int(s, q, 3);
        ret->release_from_us = col_int(s, q, 4);
        ret->release_until_us = col_int(s, q, 5);
        ret->released_before_us = col_int(s, q, 6);
        ret->hold_until_us = col_int(s, q, 7);
        sql_done(s, q);
        return 1;
}

int room_save(Store *s, const RoomRow *row) {
        return sql_run(s, SQL_ROOM_SAVE, "ti00", row->id, row->permit_seq, row->session_end_us, row->disinfected_us);
}

static int session_read(Store *s, StatementId q, int r, SessionRow *ret) {
        const void *content;
        size_t n;

        if (r <= 0)
                return r;
        *ret = (SessionRow){
                .id = col_int(s, q, 0),
                .state = (int)col_int(s, q, 7),
                .allowed_us = col_int(s, q, 8),
                .decided_i = col_int(s, q, 9),
                .started_us = col_int(s, q, 10),
                .ended_us = col_int(s, q, 11),
                .outcome = col_null(s, q, 12) ? -1 : (int)col_int(s, q, 12),
                .lease_until_us = col_int(s, q, 13),
                .stream = col_int(s, q, 14),
                .stream_lost = col_int(s, q, 15),
                .touched = col_int(s, q, 16) != 0,
                .free_due = (int)col_int(s, q, 17),
        };
        TEXT(q, 1, ret->label);
        TEXT(q, 2, ret->room);
        TEXT(q, 3, ret->practitioner);
        TEXT(q, 4, ret->patient);
        TEXT(q, 5, ret->procedure);
        TEXT(q, 18, ret->overridden);
        content = col_blob(s, q, 6, &n);
        if (n == CONTENT_SIZE)
                memcpy(ret->content, content, CONTENT_SIZE);
        sql_done(s, q);
        return n == CONTENT_SIZE || n == 0 ? 1 : -EBADMSG; /* 0: erased, and no question is the same any more */
}

static int session_keep(Store *s, StatementId q, int r, SessionRow *ret) {
        r = session_read(s, q, r, ret);
        if (r > 0)
                row_keep(s, &s->sessions, ret->id, ret->label, ret, sizeof(*ret));
        return r;
}

int session_get(Store *s, const char *label, SessionRow *ret) {
        return row_kept(s, &s->sessions, 0, label, ret, sizeof(*ret)) ?:
                       session_keep(s, SQL_SESSION_BY_LABEL, sql_first(s, SQL_SESSION_BY_LABEL, "t", label), ret);
}

int session_get_id(Store *s, int64_t id, SessionRow *ret) {
        return row_kept(s, &s->sessions, id, "", ret, sizeof(*ret)) ?:
                       session_keep(s, SQL_SESSION_BY_ID, sql_first(s, SQL_SESSION_BY_ID, "i", id), ret);
}

int session_before(Store *s, const SessionFilter *f, int64_t allowed_us, int64_t id, SessionRow *ret) {
        const StatementId q = f->patient        ? SQL_SESSION_BEFORE_OF_PATIENT
                              : f->practitioner ? SQL_SESSION_BEFORE_OF_PRACTITIONER
                              : f->room         ? SQL_SESSION_BEFORE_OF_ROOM
                                                : SQL_SESSION_BEFORE;
        const char *subject = f->patient ?: f->practitioner ?: f->room;
        int r = subject ? sql_first(s, q, "iit", allowed_us, id, subject) : sql_first(s, q, "ii", allowed_us, id);

        return session_read(s, q, r, ret);
}

int session_of_claim(Store *s, int64_t item, SessionRow *ret) {
        int64_t id;
        int r = sql_int(s, SQL_SESSION_OF_CLAIM, &id, "i", item);

        return r <= 0 ? r : session_get_id(s, id, ret);
}

int session_live(Store *s, const char *room, SessionRow *ret) {
        return session_read(s, SQL_SESSION_LIVE, sql_first(s, SQL_SESSION_LIVE, "t", room), ret);
}

int session_due(Store *s, int64_t boot_us, SessionRow *ret) {
        return session_read(s, SQL_SESSION_DUE, sql_first(s, SQL_SESSION_DUE, "i", boot_us), ret);
}

int session_next_due(Store *s, int64_t *ret_boot_us) {
        int r = sql_first(s, SQL_SESSION_NEXT_DUE, "");

        if (r <= 0)
                return r;
        r = col_null(s, SQL_SESSION_NEXT_DUE, 0) ? 0 : 1;
        if (r)
                *ret_boot_us = col_int(s, SQL_SESSION_NEXT_DUE, 0);
        sql_done(s, SQL_SESSION_NEXT_DUE);
        return r;
}

int session_leases_restart(Store *s, int64_t until_us) {
        int r = sql_run(s, SQL_SESSION_LEASE_LIVE, "i", until_us);

        return r < 0 ? r : sql_run(s, SQL_SESSION_LEASE_DUE, "i", until_us);
}

int session_add(Store *s, SessionRow *row) {
        int r = sql_run(s, SQL_SESSION_ADD, "tttttbiiii0it", row->label, row->room, row->practitioner, row->patient,
                        row->procedure, (const void *)row->content, (size_t)CONTENT_SIZE, (int64_t)row->state,
                        row->allowed_us, row->decided_i, row->lease_until_us, row->stream, row->stream_lost,
                        or_null(row->overridden));

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int session_save(Store *s, const SessionRow *row) {
        return sql_run(s, SQL_SESSION_SAVE, row->outcome < 0 ? "i000iiii" : "i00iiiii", (int64_t)row->state,
                       row->started_us, row->ended_us, row->outcome < 0 ? INT64_C(0) : (int64_t)row->outcome,
                       row->lease_until_us, (int64_t)row->touched, (int64_t)row->free_due, row->id);
}

int session_ended_by(Store *s, int64_t id, const char *by, const char *reason) {
        return sql_run(s, SQL_SESSION_ENDED_BY, "tti", by, reason, id);
}

int session_ended_by_whom(Store *s, int64_t id, char ret_by[static LABEL_MAX + 1], char ret_reason[static TEXT_MAX + 1]) {
        const StatementId q = SQL_SESSION_ENDED_BY_WHOM;
        int r = sql_first(s, q, "i", id);

        if (r <= 0)
                return r;
        col_text(s, q, 0, ret_by, LABEL_MAX + 1);
        col_text(s, q, 1, ret_reason, TEXT_MAX + 1);
        sql_done(s, q);
        return 1;
}

int session_count_live(Store *s, int64_t *ret) {
        return sql_int(s, SQL_SESSION_COUNT_LIVE, ret, "");
}

int session_item_add(Store *s, int64_t session, int64_t item, int64_t at_us, int64_t pack) {
        return sql_run(s, SQL_SESSION_ITEM_ADD, "iii0", session, item, at_us, pack);
}

int session_item_used(Store *s, const char *session, int64_t item, int64_t at_us) {
        int r = sql_run(s, SQL_SESSION_ITEM_USED, "iit", at_us, item, session);

        return r < 0 ? r : sql_changes(s) > 0;
}

int session_item_returned(Store *s, int64_t session, int64_t item, int64_t at_us) {
        return sql_run(s, SQL_SESSION_ITEM_RETURNED, "iii", at_us, session, item);
}

int session_item_pack(Store *s, int64_t session, int64_t item, int64_t *ret_pack) {
        return sql_int(s, SQL_SESSION_ITEM_PACK, ret_pack, "ii", session, item);
}

int session_item_next(Store *s, int64_t session, int64_t after, int64_t *ret_item, char ret_code[static CODE_MAX + 1]) {
        int r = sql_first(s, SQL_SESSION_ITEM_NEXT, "ii", session, after);

        if (r <= 0)
                return r;
        *ret_item = col_int(s, SQL_SESSION_ITEM_NEXT, 0);
        col_text(s, SQL_SESSION_ITEM_NEXT, 1, ret_code, CODE_MAX + 1);
        sql_done(s, SQL_SESSION_ITEM_NEXT);
        return 1;
}

int contact_add(Store *s, const char *code, const char *room, int64_t session, int64_t pack, int64_t at_us) {
        const StatementId q = SQL_CONTACT_LAST;
        char where[LABEL_MAX + 1];
        bool same;
        int r = sql_first(s, q, "t", code);

        if (r < 0)
                return r;
        if (r > 0) {
                TEXT(q, 1, where);
                same = streq(where, room ?: "") && col_int(s, q, 2) == session &&
                       at_us - col_int(s, q, 0) < CONTACT_AGAIN_US && at_us >= col_int(s, q, 0);
                sql_done(s, q);
                if (same)
                        return 0;
        }
        return sql_run(s, SQL_CONTACT_ADD, "itt00", at_us, code, room, session, pack);
}

int item_session_last(Store *s, int64_t item, ItemSession *ret) {
        const StatementId q = SQL_SESSION_LAST_OF_ITEM;
        int r = sql_first(s, q, "i", item);

        if (r <= 0)
                return r;
        *ret = (ItemSession){ .state = (int)col_int(s, q, 3), .at_us = col_int(s, q, 4) };
        TEXT(q, 0, ret->label);
        TEXT(q, 1, ret->room);
        TEXT(q, 2, ret->patient);
        sql_done(s, q);
        return 1;
}

static int item_session_read(Store *s, StatementId q, int r, ItemSession *ret) {
        if (r <= 0)
                return r;
        *ret = (ItemSession){ .id = col_int(s, q, 0), .state = (int)col_int(s, q, 3), .at_us = col_int(s, q, 4) };
        TEXT(q, 1, ret->label);
        TEXT(q, 2, ret->room);
        sql_done(s, q);
        return 1;
}

int item_session_before(Store *s, int64_t item, int64_t before, ItemSession *ret) {
        const StatementId q = SQL_SESSION_OF_ITEM_BEFORE;

        return item_session_read(s, q, sql_first(s, q, "ii", item, before), ret);
}

int claim_add(Store *s, int64_t item, int64_t session) {
        return sql_run(s, SQL_CLAIM_ADD, "ii", item, session);
}

int claim_of(Store *s, int64_t item, int64_t *ret_session, char ret_label[static LABEL_MAX + 1],
             char ret_room[static LABEL_MAX + 1]) {
        int r = sql_first(s, SQL_CLAIM_OF, "i", item);

        if (r <= 0)
                return r;
        *ret_session = col_int(s, SQL_CLAIM_OF, 0);
        col_text(s, SQL_CLAIM_OF, 1, ret_label, LABEL_MAX + 1);
        col_text(s, SQL_CLAIM_OF, 2, ret_room, LABEL_MAX + 1);
        sql_done(s, SQL_CLAIM_OF);
        return 1;
}

int claim_delete(Store *s, int64_t item) {
        return sql_run(s, SQL_CLAIM_DELETE, "i", item);
}

int claim_next(Store *s, int64_t session, int64_t after, int64_t *ret_item) {
        return sql_int(s, SQL_CLAIM_NEXT, ret_item, "ii", session, after);
}

int request_get(Store *s, const char *room, const uint8_t nonce[static NONCE_SIZE], RequestRow *ret) {
        const StatementId q = SQL_REQUEST_FIND;
        const void *content;
        size_t n;
        int r = sql_first(s, q, "tb", room, (const void *)nonce, (size_t)NONCE_SIZE);

        if (r <= 0)
                return r;
        *ret = (RequestRow){
                .room = room, .epoch = col_int(s, q, 2), .first_us = col_int(s, q, 3), .allow = col_int(s, q, 4) != 0
        };
        memcpy(ret->nonce, nonce, NONCE_SIZE);
        TEXT(q, 0, ret->session);
        content = col_blob(s, q, 1, &n);
        if (n == CONTENT_SIZE)
                memcpy(ret->content, content, CONTENT_SIZE);
        ret->answer = col_dup(s, q, 5);
        sql_done(s, q);
        return ret->answer ? 1 : -ENOMEM;
}

int request_add(Store *s, const RequestRow *row) {
        return sql_run(s, SQL_REQUEST_ADD, "bttbiiiit", (const void *)row->nonce, (size_t)NONCE_SIZE, row->room,
                       row->session, (const void *)row->content, (size_t)CONTENT_SIZE, row->epoch, row->first_us,
                       row->at_us, (int64_t)row->allow, row->answer);
}

int request_last(Store *s, const char *session, RequestLast *ret) {
        const StatementId q = SQL_REQUEST_LAST;
        RequestLast last = {};
        int r = sql_first(s, q, "t", session);

        if (r <= 0)
                return r;
        last.allow = col_int(s, q, 0) != 0;
        last.answer = col_dup(s, q, 1);
        TEXT(q, 2, last.room);
        last.at_us = col_int(s, q, 3);
        sql_done(s, q);
        if (!last.answer)
                return -ENOMEM;
        *ret = last;
        return 1;
}
