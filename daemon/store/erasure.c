/* SPDX-License-Identifier: Apache-2.0 */
#include "store/erasure.h"

#include <errno.h>

#include "store/stmt.h"

int erasure_add(Store *s, ErasureRow *row) {
        int r = sql_run(s, SQL_ERASURE_ADD, "iittt", row->i, row->at_us, row->by, row->reason, row->patient);

        if (r == 0)
                row->id = sql_last_id(s);
        return r;
}

int erasure_save(Store *s, const ErasureRow *row) {
        return sql_run(s, SQL_ERASURE_SAVE, "itiiiiii0i", row->id, or_null(row->patient), (int64_t)row->stage, row->at,
                       row->sessions, row->items, row->messages, row->others, row->done_us, row->records);
}

static int read_row(Store *s, StatementId q, int found, ErasureRow *ret) {
        if (found <= 0)
                return found;
        *ret = (ErasureRow){
                .id = col_int(s, q, 0),
                .i = col_int(s, q, 1),
                .at_us = col_int(s, q, 2),
                .stage = (int)col_int(s, q, 6),
                .at = col_int(s, q, 7),
                .sessions = col_int(s, q, 8),
                .items = col_int(s, q, 9),
                .messages = col_int(s, q, 10),
                .others = col_int(s, q, 11),
                .done_us = col_int(s, q, 12),
                .records = col_int(s, q, 13),
        };
        TEXT(q, 3, ret->by);
        TEXT(q, 4, ret->reason);
        TEXT(q, 5, ret->patient);
        sql_done(s, q);
        return 1;
}

int erasure_standing(Store *s, ErasureRow *ret) {
        return read_row(s, SQL_ERASURE_STANDING, sql_first(s, SQL_ERASURE_STANDING, ""), ret);
}

int erasure_before(Store *s, int64_t id, ErasureRow *ret) {
        return read_row(s, SQL_ERASURE_BEFORE, sql_first(s, SQL_ERASURE_BEFORE, "i", id), ret);
}

int erasure_of_session(Store *s, const char *label, ErasureRow *ret) {
        return read_row(s, SQL_ERASURE_OF_SESSION, sql_first(s, SQL_ERASURE_OF_SESSION, "t", label), ret);
}

/* --- what there is of a patient --- */

int patient_session_before(Store *s, const char *patient, int64_t allowed_us, int64_t id, PatientSession *ret) {
        const StatementId q = SQL_PATIENT_SESSION_BEFORE;
        int r = sql_first(s, q, "tii", patient, allowed_us, id);

        if (r <= 0)
                return r;
        *ret = (PatientSession){ .id = col_int(s, q, 0),
                                 .state = (int)col_int(s, q, 5),
                                 .allowed_us = col_int(s, q, 6),
                                 .ended_us = col_int(s, q, 7) };
        TEXT(q, 1, ret->label);
        TEXT(q, 2, ret->room);
        TEXT(q, 3, ret->practitioner);
        TEXT(q, 4, ret->procedure);
        sql_done(s, q);
        return 1;
}

int patient_session_live(Store *s, const char *patient, char ret_label[static LABEL_MAX + 1]) {
        int r = sql_first(s, SQL_PATIENT_SESSION_LIVE, "t", patient);

        if (r <= 0)
                return r;
        col_text(s, SQL_PATIENT_SESSION_LIVE, 0, ret_label, LABEL_MAX + 1);
        sql_done(s, SQL_PATIENT_SESSION_LIVE);
        return 1;
}

int patient_item_next(Store *s, const char *patient, int64_t *id, char ret_code[static CODE_MAX + 1]) {
        int r = sql_first(s, SQL_PATIENT_ITEM_NEXT, "ti", patient, *id);

        if (r <= 0)
                return r;
        *id = col_int(s, SQL_PATIENT_ITEM_NEXT, 0);
        col_text(s, SQL_PATIENT_ITEM_NEXT, 1, ret_code, CODE_MAX + 1);
        sql_done(s, SQL_PATIENT_ITEM_NEXT);
        return 1;
}

/* --- erasing --- */

int erase_session(Store *s, const ErasureRow *e, int64_t *ret_id) {
        const StatementId q = SQL_PATIENT_SESSION_TO;
        char label[LABEL_MAX + 1];
        int64_t id;
        int r = sql_first(s, q, "ti", e->patient, e->i);

        if (r <= 0)
                return r;
        id = col_int(s, q, 0);
        TEXT(q, 1, label);
        sql_done(s, q);
        r = sql_run(s, SQL_ERASE_SESSION, "ii", e->id, id);
        if (r == 0)
                r = sql_run(s, SQL_ERASE_REQUESTS, "t", label);
        if (r == 0)
                r = sql_run(s, SQL_ERASE_OVERRIDES, "t", label);
        if (r == 0)
                r = sql_run(s, SQL_ERASE_FORMS, "i", id);
        if (r < 0)
                return r;
        *ret_id = id;
        return 1;
}

int erase_item(Store *s, const ErasureRow *e, const char *why, int64_t *ret_id) {
        char code[CODE_MAX + 1];
        int64_t id = 0;
        int r = patient_item_next(s, e->patient, &id, code);

        if (r > 0)
                r = sql_run(s, SQL_ERASE_ITEM, "iti", id, why, e->at_us);
        else
                return r;
        if (r < 0)
                return r;
        *ret_id = id;
        return 1;
}

int erase_exposure(Store *s, int64_t id) {
        return sql_run(s, SQL_ERASE_EXPOSURE, "i", id);
}

int erase_request(Store *s, const char *room, const uint8_t nonce[static NONCE_SIZE], const char *session) {
        int r = sql_run(s, SQL_ERASE_REQUEST, "tb", room, (const void *)nonce, (size_t)NONCE_SIZE);

        return r < 0 ? r : sql_run(s, SQL_ERASE_OVERRIDES, "t", session);
}

int record_naming(Store *s, int64_t *i, int64_t to, const char *patient, char **ret_record) {
        int r = sql_first(s, SQL_RECORD_NAMING, "iit", *i, to, patient);

        if (r <= 0)
                return r;
        *i = col_int(s, SQL_RECORD_NAMING, 0);
        *ret_record = col_dup(s, SQL_RECORD_NAMING, 1);
        sql_done(s, SQL_RECORD_NAMING);
        return *ret_record ? 1 : -ENOMEM;
}

/* --- bytes of devices --- */

static int raw_read(Store *s, bool dead_letters, int found, RawRow *ret) {
        const StatementId q = dead_letters ? SQL_DEAD_AFTER : SQL_RAW_AFTER;

        if (found <= 0)
                return found;
        *ret = (RawRow){ .id = col_int(s, q, 0), .held = !dead_letters && col_int(s, q, 2) != 0 };
        if (!dead_letters)
                TEXT(q, 1, ret->topic);
        ret->raw = col_blob(s, q, dead_letters ? 1 : 3, &ret->n);
        return 1;
}

int raw_first(Store *s, bool dead_letters, int64_t after, int64_t to, RawRow *ret) {
        return raw_read(s, dead_letters,
                        dead_letters ? sql_first(s, SQL_DEAD_AFTER, "i", after) : sql_first(s, SQL_RAW_AFTER, "ii", after, to),
                        ret);
}

int raw_next(Store *s, bool dead_letters, RawRow *ret) {
        return raw_read(s, dead_letters, sql_next(s, dead_letters ? SQL_DEAD_AFTER : SQL_RAW_AFTER), ret);
}

void raw_done(Store *s, bool dead_letters) {
        sql_done(s, dead_letters ? SQL_DEAD_AFTER : SQL_RAW_AFTER);
}

int raw_erase(Store *s, bool dead_letter, int64_t id) {
        return sql_run(s, dead_letter ? SQL_DEAD_ERASE : SQL_RAW_ERASE, "i", id);
}
