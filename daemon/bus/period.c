/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ListPeriod: what happened between two moments, for the month's report. One slice a call: so many rows, so many
 * look-ups, so that no list holds up a decision. No patient is in it.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <time.h>

#include "bus/internal.h"
#include "core/event.h"
#include "core/fitness.h"
#include "store/alerts.h"
#include "store/period.h"
#include "store/sessions.h"

#define STEPS_MAX 256 /* look-ups a call... */
#define SLICE_US 1000 /* ...and time: a denial's answer may be long, the disk slow. One step is always taken */
#define RULES_MAX 64  /* of one denial */
#define CURSOR_SIZE 128

/* How a cell goes out. */
typedef enum CellType {
        CELL_TEXT,
        CELL_NUMBER,
        CELL_TIME,
        CELL_TRUTH,
        CELL_VERDICT,
        CELL_LOAD,
        CELL_PURPOSE,
        CELL_OUTCOME,         /* of a machine */
        CELL_TEST,
        CELL_TEST_OUTCOME,
        CELL_RESULT,
        CELL_CONTROL,
        CELL_CAUSE,           /* out of service */
        CELL_SESSION_STATE,
        CELL_SESSION_OUTCOME,
        CELL_SEVERITY,
        CELL_ALERT_STATE,
        CELL_RULES,           /* of an answer */
} CellType;

typedef struct Cell {
        const char *name;
        CellType type;
} Cell;

/* The cells of each statement in sql.h, in its order. */
static const struct PeriodWords {
        const char *word;
        const char *at; /* what the row's own time is called */
        Cell cells[PERIOD_CELLS];
} kinds[_PERIOD_KIND_MAX] = {
        [PERIOD_CYCLES] = { "cycles", "started_at",
                            { { "attempt", CELL_TEXT }, { "autoclave", CELL_TEXT }, { "cycle", CELL_NUMBER },
                              { "program", CELL_TEXT }, { "purpose", CELL_PURPOSE }, { "ended_at", CELL_TIME },
                              { "verdict", CELL_VERDICT }, { "outcome", CELL_OUTCOME }, { "load", CELL_LOAD },
                              { "released_at", CELL_TIME }, { "released_by", CELL_TEXT } } },
        [PERIOD_TESTS] = { "tests", "run_at",
                           { { "autoclave", CELL_TEXT }, { "test", CELL_TEST }, { "outcome", CELL_TEST_OUTCOME },
                             { "attempt", CELL_TEXT }, { "cycle", CELL_NUMBER }, { "read_at", CELL_TIME },
                             { "rate_mpa_per_min", CELL_NUMBER }, { "reader", CELL_TEXT }, { "lot", CELL_TEXT },
                             { "why", CELL_TEXT } } },
        [PERIOD_SPORES] = { "spores", "read_at",
                            { { "autoclave", CELL_TEXT }, { "attempt", CELL_TEXT }, { "cycle", CELL_NUMBER },
                              { "run_at", CELL_TIME }, { "result", CELL_RESULT }, { "control", CELL_CONTROL },
                              { "lot", CELL_TEXT }, { "reader", CELL_TEXT } } },
        [PERIOD_SERVICE] = { "service", NULL,
                             { { "autoclave", CELL_TEXT }, { "since", CELL_TIME }, { "cause", CELL_CAUSE },
                               { "text", CELL_TEXT }, { "back_at", CELL_TIME }, { "back_by", CELL_TEXT },
                               { "back_reason", CELL_TEXT } } },
        [PERIOD_SESSIONS] = { "sessions", "allowed_at",
                              { { "session", CELL_TEXT }, { "room", CELL_TEXT }, { "practitioner", CELL_TEXT },
                                { "procedure", CELL_TEXT }, { "state", CELL_SESSION_STATE },
                                { "outcome", CELL_SESSION_OUTCOME }, { "started_at", CELL_TIME },
                                { "ended_at", CELL_TIME }, { "overridden", CELL_TEXT }, { "ended_by", CELL_TEXT } } },
        [PERIOD_DENIALS] = { "denials", "at",
                             { { "room", CELL_TEXT }, { "session", CELL_TEXT }, { "rules", CELL_RULES } } },
        [PERIOD_ALERTS] = { "alerts", "raised_at",
                            { { "id", CELL_NUMBER }, { "rule", CELL_TEXT }, { "subject", CELL_TEXT },
                              { "severity", CELL_SEVERITY }, { "state", CELL_ALERT_STATE }, { "text", CELL_TEXT },
                              { "count", CELL_NUMBER }, { "last_at", CELL_TIME }, { "acknowledged_at", CELL_TIME },
                              { "acknowledged_by", CELL_TEXT }, { "resolved_at", CELL_TIME }, { "by", CELL_TEXT } } },
        [PERIOD_OVERRIDES] = { "overrides", "first_at",
                               { { "session", CELL_TEXT }, { "room", CELL_TEXT }, { "rule", CELL_TEXT },
                                 { "practitioner", CELL_TEXT }, { "procedure", CELL_TEXT }, { "first_by", CELL_TEXT },
                                 { "first_reason", CELL_TEXT }, { "second_at", CELL_TIME }, { "second_by", CELL_TEXT },
                                 { "second_reason", CELL_TEXT }, { "until", CELL_TIME }, { "used_at", CELL_TIME } } },
        [PERIOD_DUTIES] = { "duties", "at",
                            { { "duty", CELL_TEXT }, { "subject", CELL_TEXT }, { "by", CELL_TEXT },
                              { "passed", CELL_TRUTH } } },
};

/* The rules that an answer denies by, each once; our own JSON, yet it may have been damaged on disk. */
static void put_rules(const char *name, const char *answer, Reply *r) {
        json_t *object = json_loads(answer, JSON_REJECT_DUPLICATES, NULL), *reason, *seen = json_object();
        size_t i;

        reply_list_open(r, name, "s");
        json_array_foreach(json_object_get(object, "reasons"), i, reason) {
                const char *rule = json_string_value(json_object_get(reason, "rule"));

                if (!rule || json_object_get(seen, rule) || json_object_size(seen) == RULES_MAX)
                        continue;
                json_object_set_new(seen, rule, json_true());
                reply_element(r, rule);
        }
        reply_list_close(r);
        json_decref(object);
        json_decref(seen);
}

static const char *word_of(CellType type, int value) {
        switch (type) {
        case CELL_VERDICT: return bus_verdict(value);
        case CELL_LOAD: return bus_load(value);
        case CELL_PURPOSE: return bus_purpose(value);
        case CELL_OUTCOME: return value < 0 ? NULL : bus_outcome(value);
        case CELL_TEST: return bus_test(value);
        case CELL_TEST_OUTCOME: return bus_test_outcome(value);
        case CELL_RESULT: return bus_result(value);
        case CELL_CONTROL: return value == CONTROL_GROWTH ? "growth" : value == CONTROL_NO_GROWTH ? "no-growth" : NULL;
        case CELL_CAUSE: return value < 0 || value >= _SERVICE_CAUSE_MAX ? "unknown" : fitness_cause_id((ServiceCause)value);
        case CELL_SESSION_STATE: return session_state_name(value);
        case CELL_SESSION_OUTCOME: return bus_session_outcome(value);
        case CELL_SEVERITY: return bus_severity(value);
        case CELL_ALERT_STATE: return bus_alert_state(value);
        case CELL_TEXT:
        case CELL_NUMBER:
        case CELL_TIME:
        case CELL_TRUTH:
        case CELL_RULES: break;
        }
        return NULL;
}

static void put_cell(const Cell *c, int64_t number, const char *text, Reply *r) {
        switch (c->type) {
        case CELL_TEXT: reply_text(r, c->name, text); break;
        case CELL_NUMBER: reply_number(r, c->name, number); break;
        case CELL_TIME: reply_time(r, c->name, number); break;
        case CELL_TRUTH: reply_truth(r, c->name, number != 0); break;
        case CELL_RULES: put_rules(c->name, text, r); break;
        case CELL_VERDICT:
        case CELL_LOAD:
        case CELL_PURPOSE:
        case CELL_OUTCOME:
        case CELL_TEST:
        case CELL_TEST_OUTCOME:
        case CELL_RESULT:
        case CELL_CONTROL:
        case CELL_CAUSE:
        case CELL_SESSION_STATE:
        case CELL_SESSION_OUTCOME:
        case CELL_SEVERITY:
        case CELL_ALERT_STATE: reply_text(r, c->name, word_of(c->type, (int)number)); break;
        }
}

static void put_row(const struct PeriodWords *k, const PeriodRow *row, Reply *r) {
        reply_open(r);
        if (k->at)
                reply_time(r, k->at, row->at_us);
        for (size_t i = 0; i < row->n && k->cells[i].name; i++)
                if (row->cells[i].some)
                        put_cell(k->cells + i, row->cells[i].number, row->cells[i].text, r);
        reply_close(r);
}

/* "us id subject"; any that parses is safe to use. 0, or -EINVAL. */
static int read_cursor(const char *text, PeriodPlace *ret) {
        PeriodPlace p = {};
        int n = 0;

        if (text[0] && (sscanf(text, "%" SCNd64 " %" SCNd64 " %64s%n", &p.us, &p.id, p.subject, &n) < 2 ||
                        (n && text[n])))
                return -EINVAL;
        *ret = p;
        return 0;
}

static int64_t monotonic_us(void) {
        struct timespec ts;

        clock_gettime(CLOCK_MONOTONIC, &ts);
        return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

/* 1: there is more, from *place on; 0: that was all. */
static int put_slice(Store *s, PeriodKind kind, int64_t from_us, int64_t to_us, uint32_t limit, PeriodPlace *place,
                     Reply *reply) {
        const int64_t until_us = monotonic_us() + SLICE_US;
        uint32_t rows = 0;
        int r = 1;

        for (unsigned steps = 0;
             rows < limit && steps < STEPS_MAX && r > 0 && (steps == 0 || monotonic_us() < until_us); steps++) {
                PeriodRow row = {};

                r = period_next(s, kind, from_us, to_us, place, &row);
                if (r != 1)
                        continue;
                put_row(kinds + kind, &row, reply);
                period_row_clear(&row);
                rows++;
        }
        return r < 0 ? r : r > 0;
}

static int find_kind(const char *word, PeriodKind *ret) {
        for (int k = 0; k < _PERIOD_KIND_MAX; k++)
                if (streq(kinds[k].word, word)) {
                        *ret = (PeriodKind)k;
                        return 0;
                }
        return -EINVAL;
}

/* ListPeriod(s what, t from, t to, s cursor, u limit) -> aa{sv} rows, s cursor. BadArgument, Ledger. */
int method_list_period(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *word, *cursor;
        char next[CURSOR_SIZE] = "";
        uint64_t from, to;
        uint32_t limit;
        PeriodPlace place;
        PeriodKind kind;
        Reply reply;
        int r = sd_bus_message_read(m, "sttsu", &word, &from, &to, &cursor, &limit);

        if (r < 0)
                return r;
        if (find_kind(word, &kind) < 0)
                return sd_bus_error_set(error, BUS_ERROR_BAD_ARGUMENT,
                                        "A period has cycles, tests, spores, service, sessions, denials, alerts, "
                                        "overrides and duties.");
        if (from > to)
                return sd_bus_error_set(error, BUS_ERROR_BAD_ARGUMENT, "The period ends before it begins.");
        if (read_cursor(cursor, &place) < 0)
                return sd_bus_error_set(error, BUS_ERROR_BAD_ARGUMENT,
                                        "That is no cursor of this list. Begin with an empty one.");
        if ((r = reply_new(m, &reply)) < 0)
                return r;
        limit = limit == 0 || limit > BUS_PERIOD_MAX ? BUS_PERIOD_MAX : limit;
        reply_page_open(&reply);
        r = put_slice(source->store, kind, bus_number(from), bus_number(to), limit, &place, &reply);
        if (r > 0)
                snprintf(next, sizeof(next), "%" PRId64 " %" PRId64 " %s", place.us, place.id, place.subject);
        return bus_answer_slice(source, r, next, &reply, error);
}
