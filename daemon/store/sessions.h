/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Rooms, sessions, claims and the nonces that were answered. A getter returns 1 and the row, or 0 for none. */
#include "core/limits.h"
#include "store/store.h"

typedef struct RoomRow {
        char id[LABEL_MAX + 1];
        int64_t permit_seq;
        int64_t session_end_us, disinfected_us; /* disinfected_us 0: not since the last session */
        /* store/rooms.h writes these. Times of CLOCK_BOOTTIME; 0: never. */
        int interlock;              /* Interlock, as last entered */
        int64_t release_from_us;    /* since when without a break, ... */
        int64_t release_until_us;   /* ...and until when it could be released: no lease ever given for it ends later */
        int64_t released_before_us; /* the same of the time before that */
        int64_t hold_until_us;      /* busy until then: a session was ended for it, and its permits may still last */
} RoomRow;

/* A room that the ledger does not know yet is a zeroed row. */
int room_get(Store *s, const char *id, RoomRow *ret);
int room_save(Store *s, const RoomRow *row);

#define OVERRIDDEN_MAX 128
#define CONTENT_SIZE 32 /* SHA-256 over what was asked */

/* Up to SESSION_SUSPENDED a session is live: its room is busy with it. The schema's indexes know these numbers. */
typedef enum SessionState {
        SESSION_AUTHORISED,
        SESSION_RUNNING,
        SESSION_SUSPENDED,
        SESSION_ENDED,
        SESSION_LAPSED,
        _SESSION_STATE_MAX,
} SessionState;

/* "authorised" and so on; "unknown" for what no ledger of ours holds. */
const char *session_state_name(int state);

typedef enum FreeDue { FREE_NOTHING, FREE_REUSABLE, FREE_ALL } FreeDue;

typedef struct SessionRow {
        int64_t id;
        char label[LABEL_MAX + 1], room[LABEL_MAX + 1], practitioner[LABEL_MAX + 1], patient[LABEL_MAX + 1],
                procedure[LABEL_MAX + 1];
        uint8_t content[CONTENT_SIZE];
        int state; /* SessionState */
        int64_t allowed_us, decided_i, started_us, ended_us;
        int outcome;                 /* -1: none; SessionOutcome */
        int64_t lease_until_us;      /* CLOCK_BOOTTIME */
        int64_t stream, stream_lost; /* the room's boot and its evidence gaps when the session was allowed */
        bool touched;                /* started, or an item of it was reported in use */
        int free_due;                /* FreeDue: cancelled; what comes free when the last lease has run out */
        char overridden[OVERRIDDEN_MAX]; /* rules that two officers each have overridden for it, apart by commas */
} SessionRow;

int session_get(Store *s, const char *label, SessionRow *ret);
int session_get_id(Store *s, int64_t id, SessionRow *ret);
/* A list of sessions that were allowed, newest first, narrowed to one of these; NULL: any. Another filter than the first
 * that is set is for the caller. */
typedef struct SessionFilter {
        const char *patient, *practitioner, *room;
} SessionFilter;
/* The newest that was allowed before that moment, or then with a smaller id. */
int session_before(Store *s, const SessionFilter *f, int64_t allowed_us, int64_t id, SessionRow *ret);
/* Who holds the item. */
int session_of_claim(Store *s, int64_t item, SessionRow *ret);
/* The live session of a room. */
int session_live(Store *s, const char *room, SessionRow *ret);
/* A session whose lease ran out by then, and that has something to do about it. */
int session_due(Store *s, int64_t boot_us, SessionRow *ret);
int session_next_due(Store *s, int64_t *ret_boot_us);
/* After a reboot nobody knows how CLOCK_BOOTTIME stood: every lease is taken to end then. */
int session_leases_restart(Store *s, int64_t until_us);
int session_add(Store *s, SessionRow *row);
int session_save(Store *s, const SessionRow *row);
/* It was ended by an officer, where its room did not. */
int session_ended_by(Store *s, int64_t id, const char *by, const char *reason);
/* 1, and by whom and why; 0: nobody did. */
int session_ended_by_whom(Store *s, int64_t id, char ret_by[static LABEL_MAX + 1], char ret_reason[static TEXT_MAX + 1]);
int session_count_live(Store *s, int64_t *ret);

/* The session is given the item, out of this pack (0: none). */
int session_item_add(Store *s, int64_t session, int64_t item, int64_t at_us, int64_t pack);
/* It was in use in this session: 1, or 0: that was told before, or there is no session of that label. */
int session_item_used(Store *s, const char *session, int64_t item, int64_t at_us);
/* Out of which pack the session was given it: 1, or 0 for none. */
int session_item_pack(Store *s, int64_t session, int64_t item, int64_t *ret_pack);
/* It came back unopened; the first telling stays. */
int session_item_returned(Store *s, int64_t session, int64_t item, int64_t at_us);
int session_item_next(Store *s, int64_t session, int64_t after, int64_t *ret_item, char ret_code[static CODE_MAX + 1]);

/*
 * An item was in use and no session of the room held it; session: the one that was live there, or 0. room NULL: nobody
 * knows where. Told again within CONTACT_AGAIN_US of the last, the same is not written again.
 */
#define CONTACT_AGAIN_US (600 * US_PER_S)
int contact_add(Store *s, const char *code, const char *room, int64_t session, int64_t pack, int64_t at_us);

typedef struct ItemSession {
        int64_t id;
        char label[LABEL_MAX + 1], room[LABEL_MAX + 1], patient[LABEL_MAX + 1];
        int state;
        int64_t at_us;
} ItemSession;
/* The newest session that was ever allowed this item; at_us: its end, or 0. */
int item_session_last(Store *s, int64_t item, ItemSession *ret);
/* All of them, newest first: before INT64_MAX, then before the id that came last. at_us: when it was allowed. patient
 * is left empty. */
int item_session_before(Store *s, int64_t item, int64_t before, ItemSession *ret);

/* -EEXIST: another session holds it. */
int claim_add(Store *s, int64_t item, int64_t session);
/* 1 and who holds it. */
int claim_of(Store *s, int64_t item, int64_t *ret_session, char ret_label[static LABEL_MAX + 1],
             char ret_room[static LABEL_MAX + 1]);
int claim_delete(Store *s, int64_t item);
int claim_next(Store *s, int64_t session, int64_t after, int64_t *ret_item);

typedef struct RequestRow {
        uint8_t nonce[NONCE_SIZE];
        const char *room;
        char session[LABEL_MAX + 1];
        uint8_t content[CONTENT_SIZE];
        int64_t epoch;    /* which boot of the machine first_us belongs to */
        int64_t first_us; /* CLOCK_BOOTTIME */
        int64_t at_us;
        bool allow;
        char *answer; /* JSON; owned by the row that a getter returned */
} RequestRow;
int request_get(Store *s, const char *room, const uint8_t nonce[static NONCE_SIZE], RequestRow *ret);
int request_add(Store *s, const RequestRow *row);
/* The last request of a session, allowed or not: its room, time, verdict and answer (to be freed). */
typedef struct RequestLast {
        char room[LABEL_MAX + 1];
        int64_t at_us;
        bool allow;
        char *answer;
} RequestLast;
int request_last(Store *s, const char *session, RequestLast *ret);
