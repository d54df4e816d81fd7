/* SPDX-License-Identifier: Apache-2.0 */
/* Loads: what went through an autoclave's cycle, what was measured, and what people said of it. */
#include <errno.h>
#include <stdio.h>

#include "bus/internal.h"
#include "codec/attempt.h"
#include "core/event.h"
#include "store/cycles.h"
#include "store/items.h"
#include "store/loads.h"
#include "store/recalls.h"
#include "store/sessions.h"

#define AMBIGUOUS 2

static const char *const grades[] = { [GRADE_CONTINUOUS] = "continuous", [GRADE_PRINTOUT] = "printout" };

/* "ac-1.7", or "ac-1 101" by the machine's own number. 1; 0: none; AMBIGUOUS: the newest of several. */
static int find(Store *s, const char *name, AttemptRow *ret) {
        const char *blank = strchr(name, ' ');
        char autoclave[LABEL_MAX + 1];
        char *end;
        long long cycle;

        if (!blank)
                return attempt_get(s, name, ret);
        cycle = strtoll(blank + 1, &end, 10);
        if (blank - name > LABEL_MAX || end == blank + 1 || *end)
                return 0;
        snprintf(autoclave, sizeof(autoclave), "%.*s", (int)(blank - name), name);
        return attempt_by_cycle(s, autoclave, cycle, ret);
}

int bus_find_attempt(const BusSource *source, const char *name, AttemptRow *ret, sd_bus_error *error) {
        int r = find(source->store, name, ret);

        if (r < 0)
                return bus_ledger_failed(source, r, error);
        if (r == AMBIGUOUS)
                return sd_bus_error_setf(error, BUS_ERROR_AMBIGUOUS,
                                         "More than one attempt bears this cycle number; the newest is %s. Name the "
                                         "attempt.",
                                         ret->label);
        return r == 1 ? 1
                      : sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND,
                                          "No attempt %.*s is in the ledger. Give an attempt, such as ac-1.7, or an "
                                          "autoclave and its cycle number, such as 'ac-1 101'.",
                                          2 * LABEL_MAX, name);
}

void bus_put_attempt(const AttemptRow *a, Reply *r) {
        reply_text(r, "attempt", a->label);
        reply_text(r, "autoclave", a->autoclave);
        reply_number(r, "cycle", a->cycle);
        reply_text(r, "program", a->program);
        reply_text(r, "purpose", bus_purpose(a->purpose));
        reply_time(r, "started_at", a->started_us);
        reply_time(r, "ended_at", a->ended_us);
        reply_text(r, "verdict", bus_verdict(a->verdict));
        if (a->outcome >= 0)
                reply_text(r, "outcome", bus_outcome(a->outcome));
        if (a->verdict >= 0)
                reply_text(r, "grade", REPLY_WORD(grades, a->grade));
        if (a->purpose == PURPOSE_LOAD)
                reply_text(r, "load", bus_load(a->released));
        reply_text(r, "released_by", a->released_by);
        reply_time(r, "released_at", a->released_us);
        bus_put_reasons(r, "reasons", a->reasons);
}

static void put_decision(const DecisionRow *d, Reply *r) {
        reply_open(r);
        reply_text(r, "what", load_word_name((LoadWord)d->what));
        reply_text(r, "by", d->by);
        reply_time(r, "at", d->at_us);
        reply_number(r, "record", d->i);
        reply_truth(r, "dry", d->dry);
        reply_text(r, "reason", d->reason);
        bus_put_reasons(r, "reasons", d->reasons);
        reply_close(r);
}

static int read_decisions(Store *s, int64_t attempt, Reply *reply) {
        DecisionRow d = {};
        unsigned n = 0;
        int r;

        reply_list_open(reply, "decisions", "a{sv}");
        while ((r = decision_next(s, attempt, d.id, &d)) > 0 && n++ < BUS_EVIDENCE_MAX)
                put_decision(&d, reply);
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "decisions_more", true);
        return r;
}

static void put_indicator(const IndicatorShown *x, Reply *r) {
        static const char *const kinds[] = { [INDICATOR_CHEMICAL] = "chemical", [INDICATOR_BIOLOGICAL] = "biological" };
        static const char *const places[] = {
                [WHERE_OUTSIDE] = "outside",
                [WHERE_INSIDE] = "inside",
                [WHERE_CHALLENGE] = "challenge",
        };
        static const char *const controls[] = { [CONTROL_GROWTH] = "growth", [CONTROL_NO_GROWTH] = "no-growth" };

        reply_open(r);
        reply_text(r, "indicator", REPLY_WORD(kinds, x->kind));
        if (x->place != WHERE_UNSAID)
                reply_text(r, "where", REPLY_WORD(places, x->place));
        if (x->type)
                reply_number(r, "type", x->type);
        reply_text(r, "pack", x->pack);
        reply_text(r, "lot", x->lot);
        reply_date(r, "expires", x->expires_on);
        reply_text(r, "result", bus_result(x->result));
        if (x->control != CONTROL_UNSAID)
                reply_text(r, "control", REPLY_WORD(controls, x->control));
        reply_text(r, "reader", x->reader);
        reply_time(r, "at", x->at_us);
        reply_close(r);
}

static int read_indicators(Store *s, int64_t attempt, Reply *reply) {
        IndicatorShown x = {};
        unsigned n = 0;
        int r;

        reply_list_open(reply, "indicators", "a{sv}");
        while ((r = indicator_shown_next(s, attempt, x.id, &x)) > 0 && n++ < BUS_EVIDENCE_MAX)
                put_indicator(&x, reply);
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "indicators_more", true);
        return r;
}

static void put_transcript(const TranscriptRow *t, Reply *r) {
        reply_open(r);
        reply_text(r, "by", t->by);
        reply_text(r, "reason", t->reason);
        reply_number(r, "hold_us", t->readings.hold_us);
        reply_number(r, "coldest_mc", t->readings.coldest_mc);
        reply_number(r, "hottest_mc", t->readings.hottest_mc);
        reply_number(r, "lowest_pa", t->readings.lowest_pa);
        reply_number(r, "highest_pa", t->readings.highest_pa);
        if (t->readings.pulses >= 0)
                reply_number(r, "pulses", t->readings.pulses);
        reply_time(r, "at", t->at_us);
        reply_close(r);
}

static int read_transcripts(Store *s, int64_t attempt, Reply *reply) {
        TranscriptRow t = {};
        unsigned n = 0;
        int r;

        reply_list_open(reply, "transcripts", "a{sv}");
        while ((r = transcript_next(s, attempt, t.id, &t)) > 0 && n++ < BUS_EVIDENCE_MAX)
                put_transcript(&t, reply);
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "transcripts_more", true);
        return r;
}

static int read_tests(Store *s, int64_t attempt, Reply *reply) {
        TestShown t = {};
        unsigned n = 0;
        int r;

        reply_list_open(reply, "tests", "a{sv}");
        while ((r = test_of_attempt_next(s, attempt, t.id, &t)) > 0 && n++ < BUS_EVIDENCE_MAX)
                bus_put_test(&t, reply);
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "tests_more", true);
        return r;
}

static void put_recall(const RecallInfo *x, Reply *r) {
        reply_open(r);
        reply_number(r, "recall", x->id);
        reply_text(r, "kind", x->kind == RECALL_QUARANTINE ? "quarantine" : "recall");
        reply_text(r, "cause", x->cause);
        reply_text(r, "reason", x->reason);
        reply_text(r, "by", x->by);
        reply_time(r, "at", x->at_us);
        reply_time(r, "decide_by", x->decide_by_us);
        reply_time(r, "ended_at", x->ended_us);
        reply_text(r, "ended_by", x->ended_by);
        reply_text(r, "ended_reason", x->ended_reason);
        reply_close(r);
}

static int read_recalls(Store *s, const AttemptRow *a, Reply *reply) {
        RecallInfo info;
        int64_t id = 0;
        unsigned n = 0;
        int r;

        reply_list_open(reply, "recalls", "a{sv}");
        while ((r = recall_of_attempt_next(s, a, id, &id)) > 0 && n++ < BUS_EVIDENCE_MAX) {
                r = recall_get(s, id, &info);
                if (r < 0)
                        break;
                put_recall(&info, reply);
        }
        reply_list_close(reply);
        if (r > 0)
                reply_truth(reply, "recalls_more", true);
        return r;
}

static int read_reference(Store *s, const AttemptRow *a, Reply *reply) {
        ReferenceRow ref;
        int r = reference_get(s, a->autoclave, a->program, &ref);

        if (r <= 0)
                return r;
        reply_record_open(reply, "reference");
        r = bus_put_reference(s, &ref, reply);
        reply_record_close(reply);
        return r;
}

/* What the machine said at the start that it was set to. */
static void put_announced(const AttemptRow *a, Reply *r) {
        AttemptStart start = {};

        if (attempt_start_read(a->start, &start) < 0)
                return;
        if (start.has_set_temperature)
                reply_number(r, "announced_temperature_mc", start.set_temperature_mc);
        if (start.has_set_hold)
                reply_number(r, "announced_hold_us", start.set_hold_us);
        if (start.has_set_drying)
                reply_number(r, "announced_drying_us", start.set_drying_us);
        reply_text(r, "operator", start.operator);
}

static int read_load(Store *s, const AttemptRow *a, Reply *reply) {
        int r;

        reply_open(reply);
        bus_put_attempt(a, reply);
        put_announced(a, reply);
        bus_put_figures(reply, "figures", a->figures);
        if ((r = read_decisions(s, a->id, reply)) < 0 || (r = read_indicators(s, a->id, reply)) < 0 ||
            (r = read_transcripts(s, a->id, reply)) < 0 || (r = read_tests(s, a->id, reply)) < 0 || (r = read_recalls(s, a, reply)) < 0 ||
            (r = read_reference(s, a, reply)) < 0)
                return r;
        reply_close(reply);
        return 0;
}

/* GetLoad(s attempt) -> a{sv}. NotFound, Ambiguous, Ledger. */
int method_get_load(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *name;
        AttemptRow a;
        Reply reply;
        int r = sd_bus_message_read(m, "s", &name);

        if (r < 0 || (r = bus_find_attempt(source, name, &a, error)) < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        r = read_load(source->store, &a, &reply);
        return bus_answer(source, r, &reply, error);
}

/* --- its packs --- */

static int put_items(Store *s, int64_t pack, Reply *reply, unsigned *items) {
        ItemRow item = {};
        unsigned n = 0;
        int r;

        reply_list_open(reply, "items", "s");
        while ((r = item_of_pack_next(s, pack, item.id, &item)) > 0 && n++ < ITEMS_MAX)
                reply_element(reply, item.code);
        reply_list_close(reply);
        *items += n;
        return r;
}

/* 0, or the store's error. */
static int put_pack_members(Store *s, const PackRow *p, Reply *r, unsigned *items) {
        reply_number(r, "id", p->id);
        reply_text(r, "pack", p->label);
        reply_text(r, "wrap", bus_wrap(p->wrap));
        reply_text(r, "operator", p->operator);
        reply_time(r, "packed_at", p->packed_us);
        reply_time(r, "loaded_at", p->loaded_us);
        reply_truth(r, "late", p->late);
        reply_truth(r, "wet", p->wet);
        reply_time(r, "sterile_at", p->sterile_us);
        reply_time(r, "opened_at", p->opened_us);
        if (p->opened_us)
                reply_text(r, "inside_indicator", bus_inside(p->inside));
        reply_time(r, "damaged_at", p->damaged_us);
        reply_text(r, "damage_reason", p->damage_reason);
        return put_items(s, p->id, r, items);
}

/* 1, or the store's error. */
static int put_pack(Store *s, const PackRow *p, Reply *r, unsigned *items) {
        int failed;

        reply_open(r);
        failed = put_pack_members(s, p, r, items);
        reply_close(r);
        return failed < 0 ? failed : 1;
}

/* A page ends after so many packs, or once so many items are in it: a pack holds ITEMS_MAX at most. */
static int read_packs(Store *s, int64_t attempt, int64_t after, Reply *reply) {
        PackRow p = { .id = after };
        unsigned n = 0, items = 0;
        int r = 1;

        reply_page_open(reply);
        while (r > 0 && n++ < BUS_PACKS_MAX && items < BUS_PACK_ITEMS_MAX) {
                r = pack_in_attempt_next(s, attempt, p.id, &p);
                if (r > 0)
                        r = put_pack(s, &p, reply, &items);
        }
        reply_close(reply);
        return r;
}

/* ListPacks(s attempt, t after) -> aa{sv}, by rising id. NotFound, Ambiguous, Ledger. */
int method_list_packs(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *name;
        uint64_t after;
        AttemptRow a;
        Reply reply;
        int r = sd_bus_message_read(m, "st", &name, &after);

        if (r < 0 || (r = bus_find_attempt(source, name, &a, error)) < 0 || (r = reply_new(m, &reply)) < 0)
                return r;
        r = read_packs(source->store, a.id, bus_number(after), &reply);
        return bus_answer(source, r, &reply, error);
}

/* Where it was sterilized, and who opened it. */
static int put_pack_past(Store *s, const PackRow *p, Reply *r) {
        SessionRow session;
        AttemptRow a;
        int found = p->attempt ? attempt_get_id(s, p->attempt, &a) : 0;

        if (found > 0)
                bus_put_attempt(&a, r);
        if (found >= 0 && p->opened_session) {
                found = session_get_id(s, p->opened_session, &session);
                if (found > 0)
                        reply_text(r, "opened_session", session.label);
        }
        reply_text(r, "for_session", p->for_session);
        return found;
}

/* GetPack(s label) -> a{sv}: the newest that bears this label. NotFound, Ledger. */
int method_get_pack(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *label;
        unsigned items = 0;
        PackRow p;
        Reply reply;
        int r = sd_bus_message_read(m, "s", &label);

        if (r < 0)
                return r;
        r = pack_get(source->store, label, &p);
        if (r < 0)
                return bus_ledger_failed(source, r, error);
        if (r == 0)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND,
                                         "No pack %.*s is in the ledger. Give its label, as a station scanned it.", LABEL_MAX,
                                         label);
        r = reply_new(m, &reply);
        if (r < 0)
                return r;
        reply_open(&reply);
        r = put_pack_members(source->store, &p, &reply, &items);
        if (r >= 0)
                r = put_pack_past(source->store, &p, &reply);
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}

/* --- lists of loads --- */

static int read_filter(const char *word, int *ret) {
        static const struct {
                const char *word;
                int state;
        } filters[] = {
                { "open", LOAD_OPEN },         { "released", LOAD_RELEASED }, { "rejected", LOAD_REJECTED },
                { "recalled", LOAD_RECALLED }, { "running", LOAD_RUNNING },   { "all", LOAD_ANY },
        };

        for (size_t i = 0; i < ELEMENTSOF(filters); i++)
                if (streq(filters[i].word, word)) {
                        *ret = filters[i].state;
                        return 0;
                }
        return -EINVAL;
}

static int read_loads(Store *s, int state, int64_t before, uint32_t limit, Reply *reply) {
        AttemptRow a = { .id = before };
        int r = 1;

        reply_page_open(reply);
        for (uint32_t i = 0; i < limit && (r = load_before(s, state, a.id, &a)) > 0; i++) {
                reply_open(reply);
                reply_number(reply, "id", a.id);
                bus_put_attempt(&a, reply);
                reply_close(reply);
        }
        reply_close(reply);
        return r;
}

/* ListLoads(s state, t before, u limit) -> aa{sv}, newest first. BadArgument, Ledger. */
int method_list_loads(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const char *word;
        uint64_t before;
        uint32_t limit;
        Reply reply;
        int state, r = sd_bus_message_read(m, "stu", &word, &before, &limit);

        if (r < 0)
                return r;
        if (read_filter(word, &state) < 0)
                return sd_bus_error_setf(error, BUS_ERROR_BAD_ARGUMENT,
                                         "Loads are running, open, released, rejected or recalled; all asks for all.");
        if ((r = reply_new(m, &reply)) < 0)
                return r;
        limit = limit == 0 || limit > BUS_LOADS_MAX ? BUS_LOADS_MAX : limit;
        r = read_loads(source->store, state, bus_before(before), limit, &reply);
        return bus_answer(source, r, &reply, error);
}
