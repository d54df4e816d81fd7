/* SPDX-License-Identifier: Apache-2.0 */
/* Patients, by pseudonym: what the ledger holds of one, until when it must; and what was erased, of nobody knows whom. */
#include "bus/internal.h"
#include "intake/day.h"
#include "store/erasure.h"
#include "store/sessions.h"

int bus_put_erased(Store *s, const char *session, Reply *r) {
        ErasureRow e;
        int found = erasure_of_session(s, session, &e);

        if (found <= 0)
                return found;
        reply_number(r, "erasure", e.id);
        reply_text(r, "erased_by", e.by);
        reply_time(r, "erased_at", e.at_us);
        return 0;
}

static int32_t kept_until(const Config *c, const PatientSession *s) {
        return date_of(MAX_OF(s->allowed_us, s->ended_us)) + c->retention.patients * 10000;
}

static void put_session(const Config *c, const PatientSession *s, Reply *r) {
        reply_open(r);
        reply_text(r, "session", s->label);
        reply_text(r, "state", session_state_name(s->state));
        reply_text(r, "room", s->room);
        reply_text(r, "practitioner", s->practitioner);
        reply_text(r, "procedure", s->procedure);
        reply_time(r, "allowed_at", s->allowed_us);
        reply_time(r, "ended_at", s->ended_us);
        reply_date(r, "kept_until", kept_until(c, s));
        reply_close(r);
}

/* From the one before *s on, newest first. *ret_more: the last of this page, where there may be another. */
static int put_sessions(Store *store, const Config *c, const char *patient, PatientSession *s, int64_t *ret_more, Reply *r) {
        unsigned n = 0;
        int found = 1;

        reply_list_open(r, "sessions", "a{sv}");
        while (n < BUS_PATIENT_MAX &&
               (found = patient_session_before(store, patient, s->allowed_us, s->id, s)) > 0) {
                put_session(c, s, r);
                n++;
        }
        reply_list_close(r);
        *ret_more = found > 0 ? s->id : 0;
        return found;
}

/* Blood, and vials that were opened for the patient. */
static int put_items(Store *s, const char *patient, Reply *r) {
        char code[CODE_MAX + 1];
        int64_t id = 0;
        unsigned n = 0;
        int found;

        reply_list_open(r, "items", "s");
        while ((found = patient_item_next(s, patient, &id, code)) > 0 && n++ < BUS_ITEMS_MAX)
                reply_element(r, code);
        reply_list_close(r);
        return found;
}

static int put_patient(const BusSource *source, const char *patient, const PatientSession *newest, PatientSession *from,
                       Reply *r) {
        const Config *c = source->config(source->userdata);
        int64_t more;
        int failed;

        reply_open(r);
        reply_text(r, "patient", patient);
        reply_date(r, "kept_until", newest->id ? kept_until(c, newest) : 0);
        failed = put_sessions(source->store, c, patient, from, &more, r);
        reply_number(r, "next", more);
        if (failed >= 0)
                failed = put_items(source->store, patient, r);
        reply_close(r);
        return failed;
}

/* Where a page begins: 1 and what lies just before it; 0: the patient has no such session. */
static int find_place(Store *s, const char *patient, uint64_t before, PatientSession *ret) {
        SessionRow row;
        int r;

        *ret = (PatientSession){ .id = INT64_MAX, .allowed_us = INT64_MAX };
        if (before == 0)
                return 1;
        r = session_get_id(s, bus_number(before), &row);
        if (r <= 0 || strcmp(row.patient, patient) != 0)
                return r < 0 ? r : 0;
        ret->id = row.id;
        ret->allowed_us = row.allowed_us;
        return 1;
}

/* GetPatient(s patient, t before) -> a{sv}. NotFound, Ledger. */
int method_get_patient(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        PatientSession from, newest = {};
        char code[CODE_MAX + 1];
        const char *patient;
        uint64_t before;
        int64_t item = 0;
        Reply reply;
        int r = sd_bus_message_read(m, "st", &patient, &before), items = 0;

        if (r < 0)
                return r;
        r = patient[0] ? patient_session_before(source->store, patient, INT64_MAX, INT64_MAX, &newest) : 0;
        if (r == 0 && patient[0])
                items = patient_item_next(source->store, patient, &item, code);
        if (r < 0 || items < 0)
                return bus_ledger_failed(source, r < 0 ? r : items, error);
        if (r == 0 && items == 0)
                return sd_bus_error_set(error, BUS_ERROR_NOT_FOUND, "No session and no item of this patient is in the ledger.");
        r = find_place(source->store, patient, before, &from);
        if (r == 0)
                return sd_bus_error_set(error, BUS_ERROR_NOT_FOUND, "This patient has no such session.");
        if (r > 0)
                r = reply_new(m, &reply);
        if (r < 0)
                return bus_ledger_failed(source, r, error);
        r = put_patient(source, patient, &newest, &from, &reply);
        return bus_answer(source, r, &reply, error);
}

static void put_erasure(const ErasureRow *e, Reply *r) {
        static const char *const stages[] = {
                [ERASURE_SESSIONS] = "sessions",         [ERASURE_ITEMS] = "items",       [ERASURE_EXPOSURES] = "injuries",
                [ERASURE_DEAD_LETTERS] = "dead-letters", [ERASURE_MESSAGES] = "messages", [ERASURE_SCRUB] = "log",
                [ERASURE_DONE] = "done",
        };

        reply_open(r);
        reply_number(r, "erasure", e->id);
        reply_text(r, "stage", REPLY_WORD(stages, e->stage));
        reply_text(r, "by", e->by);
        reply_time(r, "at", e->at_us);
        reply_text(r, "reason", e->reason);
        reply_number(r, "record", e->i);
        if (e->stage == ERASURE_MESSAGES)
                reply_number(r, "looked_at", e->at);
        reply_number(r, "sessions", e->sessions);
        reply_number(r, "items", e->items);
        reply_number(r, "messages", e->messages);
        reply_number(r, "others", e->others);
        reply_number(r, "records", e->records);
        reply_time(r, "done_at", e->done_us);
        reply_close(r);
}

/* ListErasures(t before) -> aa{sv}, newest first. Ledger. */
int method_list_erasures(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        ErasureRow e;
        uint64_t before;
        Reply reply;
        int r = sd_bus_message_read(m, "t", &before);

        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        e.id = bus_before(before);
        reply_page_open(&reply);
        for (unsigned n = 0; n < BUS_PATIENT_MAX && (r = erasure_before(source->store, e.id, &e)) > 0; n++)
                put_erasure(&e, &reply);
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}
