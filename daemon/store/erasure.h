/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the ledger holds of one patient, and its erasure on an officer's word; see personal.h and intake/erasure.c. */
#include "core/limits.h"
#include "store/ledger.h"

/* In this order. SCRUB: nothing bears the pseudonym any more but the write-ahead log. */
typedef enum ErasureStage {
        ERASURE_SESSIONS,
        ERASURE_ITEMS,
        ERASURE_EXPOSURES,
        ERASURE_DEAD_LETTERS,
        ERASURE_MESSAGES,
        ERASURE_SCRUB,
        ERASURE_DONE
} ErasureStage;

typedef struct ErasureRow {
        int64_t id, i, at_us; /* i: the act; what came later is not erased */
        char by[LABEL_MAX + 1], reason[TEXT_MAX + 1];
        char patient[LABEL_MAX + 1]; /* empty from SCRUB on */
        int stage;
        int64_t at; /* within the stage: the last row that was looked at */
        int64_t sessions, items, messages, others; /* erased so far */
        int64_t records; /* of the chain, that name the patient as somebody wrote it, and stay */
        int64_t done_us; /* 0: it goes on */
} ErasureRow;

/* Sets row->id. */
int erasure_add(Store *s, ErasureRow *row);
int erasure_save(Store *s, const ErasureRow *row);
/* The oldest that is not done: 1, or 0. */
int erasure_standing(Store *s, ErasureRow *ret);
/* The newest before this id: 1, or 0. */
int erasure_before(Store *s, int64_t id, ErasureRow *ret);
/* The one that took the patient's name out of this session: 1, or 0. */
int erasure_of_session(Store *s, const char *label, ErasureRow *ret);

typedef struct PatientSession {
        int64_t id;
        char label[LABEL_MAX + 1], room[LABEL_MAX + 1], practitioner[LABEL_MAX + 1], procedure[LABEL_MAX + 1];
        int state;
        int64_t allowed_us, ended_us;
} PatientSession;

/* The newest session of the patient before (allowed_us, id): 1, or 0. */
int patient_session_before(Store *s, const char *patient, int64_t allowed_us, int64_t id, PatientSession *ret);
/* 1 and the label of a live session; or 0. */
int patient_session_live(Store *s, const char *patient, char ret_label[static LABEL_MAX + 1]);
/* The next item that belongs to the patient after *id: 1, or 0. */
int patient_item_next(Store *s, const char *patient, int64_t *id, char ret_code[static CODE_MAX + 1]);

/* One session that was decided by the erasure's act, with all that follows from it: 1 and its id, or 0: there is none. */
int erase_session(Store *s, const ErasureRow *e, int64_t *ret_id);
/* The next item: 1 and its id, or 0. What was only opened for the patient is damaged from now on: nobody knows for whom
 * it is. */
int erase_item(Store *s, const ErasureRow *e, const char *why, int64_t *ret_id);
int erase_exposure(Store *s, int64_t id);
/* A question that was denied: by the nonce that the room asked with. */
int erase_request(Store *s, const char *room, const uint8_t nonce[static NONCE_SIZE], const char *session);

/* The next record of the chain after *i, up to `to`, with these bytes in it: 1 and its text, to be freed; or 0. */
int record_naming(Store *s, int64_t *i, int64_t to, const char *patient, char **ret_record);

/* Rows with bytes of devices in them, to be gone through: 1 and the first after `after`, then raw_next(); 0: no more.
 * raw is good until the next call; NULL: there is none. raw_done() ends it before its end. */
typedef struct RawRow {
        int64_t id;
        char topic[320];
        bool held;
        const void *raw;
        size_t n;
} RawRow;
int raw_first(Store *s, bool dead_letters, int64_t after, int64_t to, RawRow *ret);
int raw_next(Store *s, bool dead_letters, RawRow *ret);
void raw_done(Store *s, bool dead_letters);
int raw_erase(Store *s, bool dead_letter, int64_t id);
