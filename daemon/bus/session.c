/* SPDX-License-Identifier: Apache-2.0 */
/* GetSession: for the officer, so with the patient's pseudonym. A session that was only ever denied has no row of its
 * own; what it was told stands with the request. */
#include <errno.h>
#include <jansson.h>
#include <time.h>

#include "bus/internal.h"
#include "core/event.h"
#include "core/gate.h"
#include "store/after.h"
#include "store/overrides.h"

static void put_reason(const json_t *reason, Reply *r) {
        reply_open(r);
        reply_text(r, "rule", json_string_value(json_object_get(reason, "rule")));
        reply_text(r, "item", json_string_value(json_object_get(reason, "item")));
        reply_text(r, "text", json_string_value(json_object_get(reason, "text")));
        reply_truth(r, "override", json_is_true(json_object_get(reason, "override")));
        reply_close(r);
}

/* The answer as the room got it; our own JSON, yet it may have been damaged on disk. */
static int put_answer(const RequestLast *last, Reply *r) {
        json_t *answer = json_loads(last->answer, JSON_REJECT_DUPLICATES, NULL), *reason;
        size_t i;

        if (!answer)
                return -EBADMSG;
        reply_text(r, "last_verdict", last->allow ? "allow" : "deny");
        reply_time(r, "last_decided_at", last->at_us);
        reply_list_open(r, "reasons", "a{sv}");
        json_array_foreach(json_object_get(answer, "reasons"), i, reason)
                put_reason(reason, r);
        reply_list_close(r);
        json_decref(answer);
        return 0;
}

static const char *override_state(const OverrideRow *o, int64_t now_us) {
        if (o->used_us)
                return "used";
        if (!o->first_us)
                return "possible";
        if (now_us > o->until_us)
                return "run-out";
        return o->second_us ? "complete" : "half";
}

static void put_override(const OverrideRow *o, Reply *r) {
        struct timespec now;

        clock_gettime(CLOCK_REALTIME, &now);
        reply_open(r);
        reply_text(r, "rule", o->rule);
        reply_text(r, "state", override_state(o, now.tv_sec * US_PER_S + now.tv_nsec / 1000));
        reply_text(r, "practitioner", o->practitioner);
        reply_text(r, "procedure", o->procedure);
        reply_time(r, "denied_at", o->at_us);
        reply_text(r, "first_by", o->first_by);
        reply_text(r, "first_reason", o->first_reason);
        reply_time(r, "first_at", o->first_us);
        reply_text(r, "second_by", o->second_by);
        reply_text(r, "second_reason", o->second_reason);
        reply_time(r, "second_at", o->second_us);
        reply_time(r, "until", o->until_us);
        reply_time(r, "used_at", o->used_us);
        reply_close(r);
}

/* The newest of each rule. */
static int put_overrides(Store *s, const char *label, Reply *reply) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules);
        OverrideRow row;
        int r = 0;

        reply_list_open(reply, "overrides", "a{sv}");
        for (size_t i = 0; i < n && r >= 0; i++) {
                r = rules[i].may == MAY_OVERRIDE ? override_last(s, label, rules[i].id, &row) : 0;
                if (r > 0)
                        put_override(&row, reply);
        }
        reply_list_close(reply);
        return r;
}

static void put_overridden(const SessionRow *s, Reply *r) {
        char list[OVERRIDDEN_MAX], *rest = list;

        memcpy(list, s->overridden, sizeof(list));
        reply_list_open(r, "overridden", "s");
        while (rest && *rest)
                reply_element(r, strsep(&rest, ","));
        reply_list_close(r);
}

void bus_put_session(const SessionRow *s, Reply *r) {
        reply_text(r, "session", s->label);
        reply_text(r, "state", session_state_name(s->state));
        reply_text(r, "room", s->room);
        reply_text(r, "practitioner", s->practitioner);
        reply_text(r, "patient", s->patient);
        reply_text(r, "procedure", s->procedure);
        reply_time(r, "allowed_at", s->allowed_us);
        reply_time(r, "started_at", s->started_us);
        reply_time(r, "ended_at", s->ended_us);
        reply_text(r, "outcome", bus_session_outcome(s->outcome));
}

/* An officer ended it, where its room did not. */
static int put_ended_by(Store *s, int64_t session, Reply *r) {
        char by[LABEL_MAX + 1], reason[TEXT_MAX + 1];
        int found = session_ended_by_whom(s, session, by, reason);

        if (found <= 0)
                return found;
        reply_text(r, "ended_by", by);
        reply_text(r, "ended_reason", reason);
        return 0;
}

/* Needles that did not reach a container, and who signed where they are. */
static int put_sharps(Store *s, int64_t session, Reply *r) {
        AfterRow row;
        int found = after_get(s, session, &row);

        if (found <= 0)
                return found;
        reply_time(r, "sharps_missing_since", row.sharps_since_us);
        reply_time(r, "sharps_signed_at", row.sharps_us);
        reply_text(r, "sharps_signed_by", row.sharps_by);
        reply_text(r, "sharps_reason", row.sharps_reason);
        return 0;
}

static int read_items(Store *s, int64_t session, Reply *reply) {
        char code[CODE_MAX + 1];
        int64_t item = 0;
        unsigned n = 0;
        int r;

        reply_list_open(reply, "items", "s");
        while ((r = session_item_next(s, session, item, &item, code)) > 0 && n++ < BUS_ITEMS_MAX)
                reply_element(reply, code);
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "items_more", true);
        return r;
}

static void put_denied(const char *label, const RequestLast *last, Reply *r) {
        reply_text(r, "session", label);
        reply_text(r, "state", last->allow ? "unknown" : "denied");
        reply_text(r, "room", last->room);
}

static int put_all(Store *s, const char *label, const SessionRow *row, const RequestLast *last, Reply *reply) {
        int r = 0;

        reply_open(reply);
        if (row) {
                bus_put_session(row, reply);
                put_overridden(row, reply);
                r = put_ended_by(s, row->id, reply);
                if (r >= 0 && !row->patient[0])
                        r = bus_put_erased(s, label, reply);
                if (r >= 0)
                        r = put_sharps(s, row->id, reply);
                if (r >= 0)
                        r = read_items(s, row->id, reply);
                if (r >= 0)
                        r = bus_put_treatment(s, row->id, reply);
        } else
                put_denied(label, last, reply);
        if (r >= 0 && last)
                r = put_answer(last, reply);
        if (r >= 0)
                r = put_overrides(s, label, reply);
        reply_close(reply);
        return r < 0 ? r : 1;
}

int bus_read_session(Store *s, const char *label, Reply *reply) {
        RequestLast last = {};
        SessionRow row;
        int known = session_get(s, label, &row), asked, r;

        if (known < 0)
                return known;
        asked = request_last(s, label, &last);
        if (asked < 0)
                return asked;
        r = known || asked ? put_all(s, label, known ? &row : NULL, asked ? &last : NULL, reply) : 0;
        free(last.answer);
        return r;
}
