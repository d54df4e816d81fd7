/* SPDX-License-Identifier: Apache-2.0 */
/* Autoclaves: whether each is in service, what runs in it, what ran, and when it was tested and commissioned. */
#include <errno.h>

#include "bus/internal.h"
#include "core/event.h"
#include "store/cycles.h"
#include "store/loads.h"

static const char *const machines[] = { [MACHINE_N] = "N", [MACHINE_S] = "S", [MACHINE_B] = "B" };

void bus_put_test(const TestShown *t, Reply *r) {
        reply_open(r);
        reply_text(r, "test", bus_test(t->test));
        reply_text(r, "outcome", bus_test_outcome(t->outcome));
        reply_text(r, "attempt", t->attempt);
        reply_time(r, "run_at", t->run_us);
        reply_time(r, "read_at", t->read_us);
        if (t->test == TEST_VACUUM_LEAK && t->rate_mpa)
                reply_number(r, "rate_mpa_per_min", t->rate_mpa);
        reply_text(r, "reader", t->reader);
        reply_text(r, "lot", t->lot);
        reply_date(r, "expires", t->expires_on);
        reply_text(r, "why", t->why);
        reply_close(r);
}

int bus_put_reference(Store *s, const ReferenceRow *ref, Reply *r) {
        AttemptRow a;
        int found = attempt_get_id(s, ref->attempt, &a);

        if (found < 0)
                return found;
        reply_text(r, "program", ref->program);
        reply_text(r, "attempt", found ? a.label : NULL);
        reply_number(r, "median_off_mc", ref->median_mc);
        reply_number(r, "coldest_mc", ref->coldest_mc);
        reply_number(r, "hottest_mc", ref->hottest_mc);
        reply_time(r, "at", ref->at_us);
        reply_text(r, "by", ref->by);
        return 0;
}

static int read_attempts(Store *s, const char *autoclave, Reply *reply) {
        AttemptRow a = { .started_us = INT64_MAX };
        int r = 1;

        reply_list_open(reply, "attempts", "a{sv}");
        for (unsigned i = 0; i < BUS_ATTEMPTS_MAX && (r = attempt_before(s, autoclave, a.started_us, &a)) > 0; i++) {
                reply_open(reply);
                bus_put_attempt(&a, reply);
                reply_close(reply);
        }
        reply_list_close(reply);
        return r;
}

static int read_tests(Store *s, const char *autoclave, Reply *reply) {
        TestShown t = { .id = INT64_MAX };
        int r = 1;

        reply_list_open(reply, "tests", "a{sv}");
        for (unsigned i = 0; i < BUS_TESTS_MAX && (r = test_before(s, autoclave, t.id, &t)) > 0; i++)
                bus_put_test(&t, reply);
        reply_list_close(reply);
        return r;
}

static int read_references(Store *s, const ConfigAutoclave *a, Reply *reply) {
        ReferenceRow ref;
        int r = 0;

        reply_list_open(reply, "references", "a{sv}");
        for (size_t i = 0; i < a->program_ids.n && r >= 0; i++) {
                r = reference_get(s, a->id, a->programs[i]->announced, &ref);
                if (r <= 0)
                        continue;
                reply_open(reply);
                r = bus_put_reference(s, &ref, reply);
                reply_close(reply);
        }
        reply_list_close(reply);
        return r;
}

static void put_configured(const ConfigAutoclave *a, Reply *r) {
        reply_text(r, "autoclave", a->id);
        reply_text(r, "name", a->name);
        reply_text(r, "type", REPLY_WORD(machines, a->machine));
        reply_number(r, "uncertainty_mc", a->uncertainty_mc);
        reply_date(r, "commissioned", a->commissioned);
        reply_list_open(r, "programs", "s");
        for (size_t i = 0; i < a->program_ids.n; i++)
                reply_element(r, a->programs[i]->announced);
        reply_list_close(r);
}

static int read_running(Store *s, const char *autoclave, Reply *reply) {
        AttemptRow a;
        int r = attempt_open(s, autoclave, &a);

        if (r <= 0)
                return r;
        reply_text(reply, "running", a.label);
        reply_number(reply, "running_cycle", a.cycle);
        reply_time(reply, "running_since", a.started_us);
        return 0;
}

static void put_reasons(const Reasons *list, const char *name, Reply *r) {
        reply_list_open(r, name, "a{sv}");
        for (size_t i = 0; i < list->n; i++) {
                reply_open(r);
                reply_text(r, "rule", list->v[i].rule);
                reply_text(r, "text", list->v[i].text);
                reply_close(r);
        }
        reply_list_close(r);
}

static void put_duties(const AutoclaveStatus *s, Reply *r) {
        reply_list_open(r, "duties", "a{sv}");
        for (size_t i = 0; i < s->n_duties; i++) {
                reply_open(r);
                reply_text(r, "duty", s->duties[i].id);
                reply_text(r, "name", s->duties[i].name);
                reply_date(r, "done_on", s->duties[i].done_on);
                reply_date(r, "good_until", s->duties[i].until);
                reply_truth(r, "failed", s->duties[i].failed);
                reply_truth(r, "blocks", s->duties[i].blocks);
                reply_close(r);
        }
        reply_list_close(r);
}

static int read_service(const BusSource *source, const char *autoclave, bool whole, Reply *reply) {
        _cleanup_(freep) AutoclaveStatus *s = calloc(1, sizeof(*s));
        int r = s ? source->autoclave(source->userdata, autoclave, s) : -ENOMEM;

        if (r <= 0)
                return r;
        reply_text(reply, "service", s->service.n ? "out" : "in");
        put_reasons(&s->service, "service_reasons", reply);
        put_reasons(&s->refusals, "refusals", reply);
        if (!whole)
                return r;
        put_reasons(&s->notices, "notices", reply);
        reply_date(reply, "penetration_passed_on", s->penetration_on);
        reply_date(reply, "leak_good_until", s->leak_until);
        reply_date(reply, "spore_good_until", s->spore_until);
        reply_date(reply, "calibration_good_until", s->calibration_until);
        put_duties(s, reply);
        return r;
}

static int read_autoclave(const BusSource *source, const ConfigAutoclave *a, Reply *reply) {
        Store *s = source->store;
        int r;

        reply_open(reply);
        put_configured(a, reply);
        if ((r = read_service(source, a->id, true, reply)) < 0 || (r = read_running(s, a->id, reply)) < 0 ||
            (r = read_attempts(s, a->id, reply)) < 0 ||
            (r = read_tests(s, a->id, reply)) < 0 || (r = read_references(s, a, reply)) < 0)
                return r;
        reply_close(reply);
        return 0;
}

/* GetAutoclave(s autoclave) -> a{sv}. NotFound, Ledger. */
int method_get_autoclave(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const ConfigAutoclave *a;
        const char *id;
        Reply reply;
        int r = sd_bus_message_read(m, "s", &id);

        if (r < 0)
                return r;
        a = config_autoclave(source->config(source->userdata), id);
        if (!a)
                return sd_bus_error_setf(error, BUS_ERROR_NOT_FOUND, "No autoclave %.*s is configured.", LABEL_MAX, id);
        if ((r = reply_new(m, &reply)) < 0)
                return r;
        r = read_autoclave(source, a, &reply);
        return bus_answer(source, r, &reply, error);
}

static int read_line(const BusSource *source, const ConfigAutoclave *a, Reply *reply) {
        Store *s = source->store;
        AttemptRow last;
        int r;

        reply_open(reply);
        put_configured(a, reply);
        r = read_service(source, a->id, false, reply);
        if (r >= 0)
                r = read_running(s, a->id, reply);
        if (r >= 0)
                r = attempt_last(s, a->id, &last);
        if (r > 0) {
                reply_text(reply, "last", last.label);
                reply_number(reply, "last_cycle", last.cycle);
                reply_text(reply, "last_verdict", bus_verdict(last.verdict));
                reply_time(reply, "last_ended_at", last.ended_us);
        }
        reply_close(reply);
        return r;
}

/* ListAutoclaves() -> aa{sv}: those that are configured, by id. Ledger. */
int method_list_autoclaves(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const BusSource *source = userdata;
        const Config *c = source->config(source->userdata);
        Reply reply;
        int r = reply_new(m, &reply);

        if (r < 0)
                return r;
        reply_page_open(&reply);
        for (size_t i = 0; i < c->n_autoclaves && r >= 0; i++)
                r = read_line(source, c->autoclaves + i, &reply);
        reply_close(&reply);
        return bus_answer(source, r, &reply, error);
}
