/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListExposures, GetExposure: an injury, and whose blood it may have been. Patients are named here and nowhere else, so
 * for the officer: the session then live, the sessions that were given the item, and those of the room. A page a call,
 * so that no list holds up a decision.
 */
#include <errno.h>

#include "bus/internal.h"
#include "core/udi.h"
#include "store/exposures.h"
#include "store/items.h"
#include "store/sessions.h"

/* The first page of a room's sessions holds the last 20 however old they are; further ones what is newer than that. */
#define SESSIONS_PAGE 20

static void put_wants(const ExposureRow *x, bool configured, Reply *r) {
        reply_list_open(r, "wants", "s");
        if (!x->closed_us && !x->first_aid_us)
                reply_element(r, "first-aid");
        if (!x->closed_us && !x->reported_us)
                reply_element(r, "exposure-report");
        if (!x->closed_us && !x->turnover_us && configured)
                reply_element(r, "turnover");
        reply_list_close(r);
}

static void put_exposure(const BusSource *source, const ExposureRow *x, Reply *r) {
        reply_number(r, "exposure", x->id);
        reply_text(r, "state", x->closed_us ? "closed" : "open");
        reply_time(r, "at", x->at_us);
        reply_text(r, "room", x->room);
        reply_text(r, "session", x->session);
        reply_text(r, "item", x->item);
        reply_text(r, "detail", x->detail);
        put_wants(x, config_room(source->config(source->userdata), x->room) != NULL, r);
        reply_time(r, "first_aid_at", x->first_aid_us);
        reply_text(r, "first_aid_by", x->first_aid_by);
        reply_time(r, "reported_at", x->reported_us);
        reply_text(r, "reported_by", x->reported_by);
        reply_time(r, "turnover_at", x->turnover_us);
        reply_text(r, "turnover_by", x->turnover_by);
        reply_time(r, "closed_at", x->closed_us);
}

static void put_session(const ExposureSession *s, Reply *r) {
        reply_open(r);
        reply_text(r, "session", s->label);
        reply_text(r, "state", session_state_name(s->state));
        reply_text(r, "patient", s->patient);
        reply_text(r, "practitioner", s->practitioner);
        reply_text(r, "room", s->room);
        reply_time(r, "allowed_at", s->allowed_us);
        reply_time(r, "used_at", s->used_us);
        reply_time(r, "returned_at", s->returned_us);
        reply_close(r);
}

/* Who was being treated there. */
static int put_then_live(Store *s, const ExposureRow *x, Reply *reply) {
        SessionRow row;
        int r = x->session[0] ? session_get(s, x->session, &row) : 0;

        if (r > 0) {
                reply_text(reply, "patient", row.patient);
                reply_text(reply, "practitioner", row.practitioner);
        }
        return r < 0 ? r : 0;
}

static int put_of_item(Store *s, const ExposureRow *x, int64_t before, Reply *reply) {
        ExposureSession row = { .id = before };
        ItemRow item;
        int r = x->item[0] ? item_get(s, x->item, &item) : 0;

        if (r <= 0)
                return r;
        reply_list_open(reply, "item_sessions", "a{sv}");
        for (int n = 0; n < SESSIONS_PAGE && (r = exposure_item_session(s, item.id, row.id, &row)) > 0; n++)
                put_session(&row, reply);
        reply_list_close(reply);
        if (r > 0 && (r = exposure_item_session(s, item.id, row.id, &(ExposureSession){})) > 0)
                reply_number(reply, "item_next", row.id);
        return r < 0 ? r : 0;
}

/* Where a page of the room's sessions begins. */
static int room_place(Store *s, const ExposureRow *x, int64_t before, ExposureSession *ret) {
        SessionRow row;
        int r;

        if (before == INT64_MAX) {
                *ret = (ExposureSession){ .allowed_us = x->at_us + 1 };
                return 1;
        }
        r = session_get_id(s, before, &row);
        if (r > 0)
                *ret = (ExposureSession){ .id = row.id, .allowed_us = row.allowed_us };
        return r;
}

static int put_of_room(Store *s, const ExposureRow *x, int64_t since_us, int64_t before, Reply *reply) {
        const bool first = before == INT64_MAX;
        ExposureSession row;
        int64_t last = 0;
        int r = x->room[0] ? room_place(s, x, before, &row) : 0, n = 0;

        if (r <= 0)
                return r;
        reply_list_open(reply, "room_sessions", "a{sv}");
        while ((r = exposure_room_session(s, x->room, row.allowed_us, row.id, &row)) > 0 &&
               (first || row.allowed_us >= since_us) && n++ < SESSIONS_PAGE) {
                put_session(&row, reply);
                last = row.id;
        }
        reply_list_close(reply);
        if (r > 0 && n > SESSIONS_PAGE && row.allowed_us >= since_us)
                reply_number(reply, "room_next", last);
        return r < 0 ? r : 0;
}

static int put_all(const BusSource *source, const ExposureRow *x, int64_t item_before, int64_t room_before,
                   Reply *reply) {
        const int64_t days = source->config(source->userdata)->policy.exposure_days;
        int r;

        reply_open(reply);
        put_exposure(source, x, reply);
        r = put_then_live(source->store, x, reply);
        if (r == 0)
                r = put_of_item(source->store, x, item_before, reply);
        if (r == 0)
                r = put_of_room(source->store, x, x->at_us - days * US_PER_DAY, room_before, reply);
        reply_close(reply);
        return r;
}

/* GetExposure(t exposure, t item_before, t room_before) -> a{sv}. NotFound, Ledger. */
int method_get_exposure(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        uint64_t id, item_before, room_before;
        ExposureRow x;
        Reply reply;
        int r = sd_bus_message_read(m, "ttt", &id, &item_before, &room_before);

        if (r < 0)
                return r;
        r = exposure_get(source->store, bus_number(id), &x);
        if (r < 0)
                return bus_ledger_failed(source, r, error);
        if (r == 0)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "There is no exposure %llu.",
                                         (unsigned long long)id);
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        r = put_all(source, &x, bus_before(item_before), bus_before(room_before), &reply);
        return bus_answer(source, r, &reply, error);
}

/* ListExposures(t after, b closed_too, u limit) -> aa{sv}, by rising number. Ledger. */
int method_list_exposures(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        uint64_t after;
        uint32_t limit;
        ExposureRow x;
        Reply reply;
        int closed_too, r = sd_bus_message_read(m, "tbu", &after, &closed_too, &limit);

        if (r < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        limit = limit == 0 || limit > BUS_EXPOSURES_MAX ? BUS_EXPOSURES_MAX : limit;
        x.id = bus_number(after);
        reply_page_open(&reply);
        r = 1;
        for (uint32_t i = 0; i < limit && (r = exposure_next(source->store, x.id, closed_too, &x)) > 0; i++) {
                reply_open(&reply);
                put_exposure(source, &x, &reply);
                reply_close(&reply);
        }
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}
