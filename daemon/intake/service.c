/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An autoclave in and out of service. It is out while any cause of that stands in the ledger; service_enter() is the
 * one place where that changes. Out is anybody's word; the way back is an officer's act, and after anything but a minor
 * cause it comes behind cycles and spore tests that began after the last occurrence of a cause.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "intake/sterile.h"
#include "store/fitness.h"

#define UNREAD_LOOK_US (60 * US_PER_DAY) /* an older spore test is not read any more */
#define EVER_US INT64_C(1)    /* a window from ever on; 0 would be none */
#define RETURN_CYCLES_MAX 200 /* that are looked at on the way back into service */

static int service_record(Intake *in, const char *autoclave, bool in_service, ServiceCause cause, const char *by,
                          const char *text, int64_t *ret_i) {
        record_begin(in, "service");
        jsonw_member_string(&in->w, "autoclave", autoclave);
        jsonw_member_string(&in->w, "service", in_service ? "in" : "out");
        if (!in_service)
                jsonw_member_string(&in->w, "cause", fitness_cause_id(cause));
        jsonw_member_optional(&in->w, "by", by);
        jsonw_member_string(&in->w, "text", text);
        return record_end(in, ret_i);
}

/* A cause that stands already happened again: what counts for the return begins anew. */
static int service_note(Intake *in, const char *autoclave, ServiceCause cause, const char *text, int64_t i) {
        ServiceRow row = {};
        int r;

        while ((r = service_out_next(in->store, autoclave, row.id, &row)) > 0)
                if (row.cause == (int)cause)
                        break;
        if (r < 0)
                return r;
        row.last_us = in->now.wall_us;
        snprintf(row.text, sizeof(row.text), "%s", text);
        if (r > 0)
                return service_again(in->store, &row);
        row = (ServiceRow){ .i = i, .since_us = in->now.wall_us, .last_us = in->now.wall_us, .cause = (int)cause };
        snprintf(row.autoclave, sizeof(row.autoclave), "%s", autoclave);
        snprintf(row.text, sizeof(row.text), "%s", text);
        return service_add(in->store, &row);
}

static int service_enter(Intake *in, const char *autoclave, bool in_service, ServiceCause cause, const char *by,
                         const char *text) {
        int64_t i;
        int r = service_record(in, autoclave, in_service, cause, by, text, &i);

        if (r == 0)
                r = in_service ? service_back(in->store, autoclave, i, in->now.wall_us, by, text)
                               : service_note(in, autoclave, cause, text, i);
        if (r == 0 && !in_service)
                r = alert_raise(in,
                                &(AlertAbout){ .rule = "out-of-service",
                                               .subject = autoclave,
                                               .severity = ALERT_WARNING,
                                               .device = autoclave },
                                "Autoclave %s is out of service: %.300s Release nothing from it until it is returned.",
                                autoclave, text);
        if (r == 0)
                r = fitness_changed(in, autoclave);
        return r < 0 ? r : state_autoclave(in, autoclave);
}

int service_out(Intake *in, const char *autoclave, ServiceCause cause, const char *format, ...) {
        char text[TEXT_MAX + 1];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        return service_enter(in, autoclave, false, cause, NULL, text);
}

/* --- what was sterilized since the last pass --- */

/*
 * A window by the clock, made wide enough for what happened by order: the clock may have been set back or forth since
 * the attempt `good` that bounds it (0: none). *to_us is now on entry.
 */
static int widen(Intake *in, const char *autoclave, int64_t good, int64_t *from_us, int64_t *to_us) {
        int64_t earliest_us = 0, latest_us = 0;
        int r = good ? attempt_earliest(in->store, autoclave, good, &earliest_us) : 0;

        if (r >= 0)
                r = attempt_latest(in->store, autoclave, &latest_us);
        if (r < 0)
                return r;
        if (earliest_us > 0)
                *from_us = MIN_OF(*from_us, earliest_us);
        *to_us = MAX_OF(*to_us, latest_us);
        if (*from_us <= 0 || *from_us > *to_us)
                *from_us = EVER_US;
        return 0;
}

/* Since when it is out, whatever for, without a return in between. */
static int out_since(Intake *in, const char *autoclave, int64_t *ret_us) {
        ServiceRow row = {};
        int r = service_out_next(in->store, autoclave, 0, &row);

        *ret_us = r > 0 ? row.since_us : in->now.wall_us;
        return r < 0 ? r : 0;
}

static int quarantine(Intake *in, const char *autoclave, const char *rule, int64_t good, int64_t from_us,
                      const char *reason) {
        RecallRow row = { .kind = RECALL_QUARANTINE,
                          .cause = rule,
                          .reason = reason,
                          .autoclave = autoclave,
                          .from_us = from_us,
                          .to_us = in->now.wall_us,
                          .decide_by_us = in->now.wall_us + US_PER_DAY };
        int64_t since_us;
        int r = widen(in, autoclave, good, &row.from_us, &row.to_us);

        if (r == 0)
                r = out_since(in, autoclave, &since_us);
        /* What ran since one of this time out of service ran out of service too: nothing of it is ever released. */
        if (r == 0)
                r = recall_stands(in->store, autoclave, rule, row.from_us, since_us);
        return r != 0 ? (r < 0 ? r : 0) : recall_begin(in, &row);
}

/* Before the test that failed. Where that names no cycle, it may be about the very one that last passed. */
static int last_pass(Intake *in, const TestRow *t, bool penetration, TestRow *ret) {
        const TestType first = penetration ? TEST_BOWIE_DICK : TEST_VACUUM_LEAK,
                       last = penetration ? TEST_HELIX : TEST_VACUUM_LEAK;
        int r = test_last(in->store, t->autoclave, first, last, TEST_PASSED, t->run_us - 1, ret);
        TestRow before = {};

        if (r <= 0 || !penetration || t->attempt)
                return r;
        r = test_last(in->store, t->autoclave, first, last, TEST_PASSED, ret->run_us - 1, &before);
        *ret = before;
        return r;
}

int service_test_failed(Intake *in, const TestRow *t) {
        static const struct {
                ServiceCause cause;
                const char *rule, *name;
        } of[] = {
                [TEST_BOWIE_DICK] = { SERVICE_PENETRATION_TEST, "penetration-test-failed", "Bowie-Dick" },
                [TEST_HELIX] = { SERVICE_PENETRATION_TEST, "penetration-test-failed", "Helix" },
                [TEST_VACUUM_LEAK] = { SERVICE_LEAK_TEST, "leak-test-failed", "vacuum leak" },
                [TEST_AUTOMATIC_CONTROL] = { SERVICE_CONTROL_TEST, "out-of-service", "automatic control" },
        };
        const bool penetration = t->test == TEST_BOWIE_DICK || t->test == TEST_HELIX;
        char reason[TEXT_MAX + 1];
        TestRow last = {};
        int r;

        snprintf(reason, sizeof(reason), "The %s test failed. %.300s", of[t->test].name, t->why);
        r = service_out(in, t->autoclave, of[t->test].cause, "%s", reason);
        if (r < 0 || t->test == TEST_AUTOMATIC_CONTROL)
                return r;
        r = alert_raise(in,
                        &(AlertAbout){ .rule = of[t->test].rule,
                                       .subject = t->autoclave,
                                       .severity = ALERT_CRITICAL,
                                       .device = t->autoclave },
                        "Autoclave %s: %s What it sterilized since the last pass is in quarantine; an officer decides "
                        "within 24 h.",
                        t->autoclave, reason);
        if (r == 0)
                r = last_pass(in, t, penetration, &last);
        return r < 0 ? r : quarantine(in, t->autoclave, of[t->test].rule, last.attempt, last.run_us, reason);
}

int service_calibration_failed(Intake *in, const ConfigAutoclave *c) {
        static const char reason[] = "Its calibration was found out of tolerance.";
        const int64_t start_us = in->config->site.day_start_us;
        DutyRow last = {};
        int r = duty_last(in->store, "calibration", c->id, true, in->now.wall_us, &last);

        if (r >= 0)
                r = service_out(in, c->id, SERVICE_CALIBRATION, "%s", reason);
        if (r == 0 && !last.id && c->commissioned)
                last.at_us = clinic_day_start(day_of_date(c->commissioned), start_us);
        return r < 0 ? r : quarantine(in, c->id, "calibration-overdue", 0, last.at_us, reason);
}

/* --- a spore test grew --- */

/* From the cycle of the last negative one before this cycle; that cycle itself is shown to have killed. */
static int spore_window(Intake *in, const char *autoclave, int64_t attempt, int64_t *ret_from_us, int64_t *ret_to_us) {
        int64_t id = attempt ?: INT64_MAX;
        int r;

        *ret_from_us = EVER_US;
        *ret_to_us = in->now.wall_us;
        while ((r = indicator_spore_before(in->store, autoclave, id, &id)) > 0) {
                SporeOutcome outcome;
                AttemptRow a;

                r = attempt_get_id(in->store, id, &a);
                if (r > 0)
                        r = spore_outcome(in, &a, &outcome);
                if (r < 0)
                        return r;
                if (outcome == SPORE_NEGATIVE && a.verdict == CYCLE_VERIFIED) {
                        *ret_from_us = a.started_us + 1;
                        return widen(in, autoclave, a.id, ret_from_us, ret_to_us);
                }
        }
        return r < 0 ? r : widen(in, autoclave, 0, ret_from_us, ret_to_us);
}

/* The window of a positive one that still stands: a repeat that was negative in between does not shorten it. */
static int spore_stands(Intake *in, const char *autoclave, int64_t *from_us) {
        ServiceRow row = {};
        int64_t first_us;
        int r;

        while ((r = service_out_next(in->store, autoclave, row.id, &row)) > 0)
                if (row.cause == SERVICE_SPORE_TEST)
                        break;
        if (r <= 0)
                return r;
        r = recall_first_from(in->store, autoclave, "spore-test-positive", row.since_us, &first_us);
        if (r > 0)
                *from_us = MIN_OF(*from_us, first_us);
        return r < 0 ? r : 1;
}

/* The oldest spore test that waits to be read: a positive whose cycle is not known may be its own. 0: none. */
static int spore_unread(Intake *in, const char *autoclave, int64_t *ret_attempt) {
        int64_t id = INT64_MAX;
        int r;

        *ret_attempt = 0;
        while ((r = indicator_spore_before(in->store, autoclave, id, &id)) > 0) {
                SporeOutcome outcome;
                AttemptRow a;

                r = attempt_get_id(in->store, id, &a);
                if (r > 0)
                        r = spore_outcome(in, &a, &outcome);
                if (r < 0 || a.started_us < in->now.wall_us - UNREAD_LOOK_US)
                        break;
                if (outcome == SPORE_PENDING)
                        *ret_attempt = id;
        }
        return r < 0 ? r : 0;
}

int service_spore_positive(Intake *in, const char *autoclave, const AttemptRow *a) {
        const bool repeat = in->config->policy.first_positive == FIRST_POSITIVE_REPEAT;
        char reason[TEXT_MAX + 1];
        RecallRow row = { .kind = RECALL_FINAL,
                          .cause = "spore-test-positive",
                          .reason = reason,
                          .autoclave = autoclave };
        int64_t unread = 0;
        int r = a ? 0 : spore_unread(in, autoclave, &unread), stands;

        if (r == 0)
                r = spore_window(in, autoclave, a ? a->id : unread, &row.from_us, &row.to_us);
        stands = r < 0 ? r : spore_stands(in, autoclave, &row.from_us);
        if (stands < 0)
                return stands;
        if (a)
                snprintf(reason, sizeof(reason), "The spore test of cycle %lld (%s) grew.", (long long)a->cycle,
                         a->label);
        else
                snprintf(reason, sizeof(reason), "A spore test grew; the cycle that was named is not known here.");
        if (repeat && !stands) {
                row.kind = RECALL_QUARANTINE;
                row.decide_by_us = in->now.wall_us + 10 * US_PER_DAY; /* three spore tests have to grow first */
        }
        r = service_out(in, autoclave, SERVICE_SPORE_TEST, "%s", reason);
        if (r == 0)
                r = alert_raise(in,
                                &(AlertAbout){ .rule = "spore-test-positive",
                                               .subject = autoclave,
                                               .severity = ALERT_CRITICAL,
                                               .device = autoclave,
                                               .cycle = a ? a->label : NULL },
                                "Autoclave %s: %s Everything since the cycle of the last negative one is %s.",
                                autoclave, reason,
                                row.kind == RECALL_FINAL ? "recalled" : "in quarantine until it was repeated");
        return r < 0 ? r : recall_begin(in, &row);
}

int service_spore_doubted(Intake *in, const AttemptRow *a) {
        char reason[TEXT_MAX + 1];
        RecallRow row = { .kind = in->config->policy.first_positive == FIRST_POSITIVE_REPEAT ? RECALL_QUARANTINE : RECALL_FINAL,
                          .cause = "spore-test-positive",
                          .reason = reason,
                          .autoclave = a->autoclave };
        int r = recall_begins_after(in->store, a->autoclave, row.cause, a->started_us);

        if (r <= 0)
                return r;
        snprintf(reason, sizeof(reason),
                 "A spore test grew, and the negative one of cycle %lld (%s) that its recall began with says nothing any "
                 "more.",
                 (long long)a->cycle, a->label);
        r = spore_window(in, a->autoclave, a->id, &row.from_us, &row.to_us);
        return r < 0 ? r : recall_begin(in, &row);
}

int on_fault(Intake *in, const Event *e, const Origin *o) {
        const char *autoclave = o->device->autoclave, *text = e->fault.text ?: "";

        if (e->fault.severity == SEVERITY_MAJOR)
                return service_out(in, autoclave, SERVICE_MAJOR_FAULT, "It reported the major fault %.100s. %.300s",
                                   e->fault.code, text);
        return alert_raise(in,
                           &(AlertAbout){ .rule = "autoclave-fault",
                                          .subject = autoclave,
                                          .severity = ALERT_WARNING,
                                          .device = autoclave },
                           "Autoclave %s reported the minor fault %.100s. %.300s", autoclave, e->fault.code, text);
}

/* --- the way back --- */

static int attempt_empty(Intake *in, const AttemptRow *a) {
        PackRow pack;
        int r = pack_in_attempt_next(in->store, a->id, 0, &pack);

        return r < 0 ? r : r == 0;
}

static int return_cycle(Intake *in, const AttemptRow *a, ReturnCycle *ret) {
        const bool announced = a->purpose == PURPOSE_EMPTY || a->purpose == PURPOSE_TEST;
        IndicatorRow row = {};
        int empty = attempt_empty(in, a), r;

        if (empty < 0)
                return empty;
        *ret = (ReturnCycle){ .started_us = a->started_us,
                              .ended = a->verdict >= 0,
                              .verified = a->verdict == CYCLE_VERIFIED,
                              .empty = empty && announced };
        r = spore_outcome(in, a, &ret->spore);
        while (r >= 0 && (r = indicator_next(in->store, a->id, row.id, &row)) > 0) {
                if (row.kind != INDICATOR_CHEMICAL)
                        continue;
                ret->indicator_failed |= row.result == RESULT_FAIL;
                ret->indicator_passed |=
                        row.result == RESULT_PASS && (!row.expires_on || row.expires_on >= date_of(a->started_us));
        }
        ret->preparatory = empty && (a->purpose == PURPOSE_TEST || a->purpose == PURPOSE_WARM_UP) &&
                           ret->spore == SPORE_NONE && !ret->indicator_failed;
        return r < 0 ? r : 0;
}

/* Of the newest cycles only: a machine may run for years while it is out. Leaving out older ones never shortens the way. */
static int return_progress(Intake *in, const char *autoclave, int64_t since_us, ReturnProgress *ret) {
        int64_t id = 0, bowie_dicks = 0;
        int r = service_attempt_from(in->store, autoclave, RETURN_CYCLES_MAX, &id);

        *ret = (ReturnProgress){};
        while (r >= 0 && (r = service_attempt_next(in->store, autoclave, since_us, id, &id)) > 0) {
                ReturnCycle c;
                AttemptRow a;

                r = attempt_get_id(in->store, id, &a);
                if (r > 0)
                        r = return_cycle(in, &a, &c);
                if (r < 0)
                        return r;
                fitness_return_cycle(ret, &c);
        }
        if (r == 0 && ret->cycles_us)
                r = test_count_bowie_dicks(in->store, autoclave, ret->cycles_us, &bowie_dicks);
        ret->bowie_dicks = (int)MIN_OF(bowie_dicks, INT64_C(100));
        return r < 0 ? r : 0;
}

/* Why it is out: 1, and whether any cause is a major one and when the last of those happened; 0: it is in service. */
static int service_state(Intake *in, const char *autoclave, bool *ret_major, int64_t *ret_since_us) {
        ServiceRow row = {};
        int out = 0, r;

        *ret_major = false;
        *ret_since_us = 0;
        while ((r = service_out_next(in->store, autoclave, row.id, &row)) > 0) {
                out = 1;
                if (!fitness_cause_major((ServiceCause)row.cause))
                        continue;
                *ret_major = true;
                *ret_since_us = MAX_OF(*ret_since_us, row.last_us);
        }
        return r < 0 ? r : out;
}

/* 1: an officer may return it now; 0: not yet. *text says what remains. */
static int return_ready(Intake *in, const char *autoclave, bool major, int64_t since_us,
                        char text[static FITNESS_TEXT_MAX]) {
        const ConfigAutoclave *c = config_autoclave(in->config, autoclave);
        const bool vacuum = !c || c->machine != MACHINE_N;
        ReturnProgress p;
        int r;

        if (!major) {
                snprintf(text, FITNESS_TEXT_MAX, "An officer or a releaser returns it, with a reason (asepsisctl autoclave return).");
                return 1;
        }
        r = return_progress(in, autoclave, since_us, &p);
        if (r < 0)
                return r;
        fitness_return_text(&p, vacuum, text);
        return fitness_return_done(&p, vacuum);
}

int fitness_service(Intake *in, const char *autoclave, Reasons *ret) {
        char left[FITNESS_TEXT_MAX];
        ServiceRow row = {};
        int64_t since_us;
        bool major;
        int r = service_state(in, autoclave, &major, &since_us);

        if (r > 0)
                r = return_ready(in, autoclave, major, since_us, left);
        else
                return r;
        while (r >= 0 && (r = service_out_next(in->store, autoclave, row.id, &row)) > 0) {
                if (row.cause == SERVICE_SPORE_TEST)
                        reasons_add(ret, "spore-test-positive",
                                    "%s Sterilize nothing in it; an officer follows the recall.", row.text);
                reasons_add(ret, "out-of-service", "Out of service: %.220s %.280s", row.text, left);
        }
        return r < 0 ? r : 0;
}

/* --- people's acts --- */

static const char *const roles_of_return[] = { "an officer or a releaser", "an officer" };

/* Anybody registered takes it out; a minor cause is put right by whoever answers for loads, a major one by an officer.
 */
static bool may_return(const ConfigPractitioner *p, bool major) {
        return config_person_is(p, PERSON_OFFICER) || (!major && config_person_is(p, PERSON_RELEASER));
}

static int act_begin(Intake *in, const Now *now, const char *autoclave, const char *by, const char *reason,
                     char ret_text[static TEXT_MAX + 1]) {
        const char *why = !config_practitioner(in->config, by) ? "That person is not registered here."
                          : !reason || !reason[0]              ? "Give a reason in a few words."
                                                               : NULL;

        if (!config_autoclave(in->config, autoclave))
                snprintf(ret_text, TEXT_MAX + 1, "Autoclave %.64s is not configured.", autoclave);
        else if (why)
                snprintf(ret_text, TEXT_MAX + 1, "%s", why);
        else {
                in->now = *now;
                return change_begin(in);
        }
        return 1;
}

int intake_autoclave_out(Intake *in, const Now *now, const char *autoclave, const char *cause, const char *by,
                         const char *reason, char ret_text[static TEXT_MAX + 1]) {
        static const ServiceCause causes[] = { SERVICE_INSTALLATION, SERVICE_RELOCATION, SERVICE_REPAIR,
                                               SERVICE_MINOR_FAULT, SERVICE_OTHER };
        int r = act_begin(in, now, autoclave, by, reason, ret_text);

        if (r != 0)
                return r;
        for (size_t i = 0; i < ELEMENTSOF(causes); i++)
                if (streq(cause, fitness_cause_id(causes[i]))) {
                        snprintf(ret_text, TEXT_MAX + 1, "Autoclave %.64s is out of service.", autoclave);
                        return service_enter(in, autoclave, false, causes[i], by, reason);
                }
        snprintf(ret_text, TEXT_MAX + 1, "The cause is one of installation, relocation, repair, fault, other.");
        return 1;
}

/* 0: it may be returned by this person now; 1 and why not. */
static int return_refused(Intake *in, const char *autoclave, const char *by, char ret_text[static TEXT_MAX + 1]) {
        char left[FITNESS_TEXT_MAX];
        int64_t since_us;
        bool major;
        int r = service_state(in, autoclave, &major, &since_us);

        if (r <= 0) {
                snprintf(ret_text, TEXT_MAX + 1, "Autoclave %.64s is in service.", autoclave);
                return r < 0 ? r : 1;
        }
        if (!may_return(config_practitioner(in->config, by), major)) {
                snprintf(ret_text, TEXT_MAX + 1, "%.64s may not return it; %s may. Ask one.", by,
                         roles_of_return[major]);
                return 1;
        }
        r = return_ready(in, autoclave, major, since_us, left);
        if (r == 0)
                snprintf(ret_text, TEXT_MAX + 1, "Not yet. %.480s", left);
        return r < 0 ? r : r == 0;
}

int intake_autoclave_return(Intake *in, const Now *now, const char *autoclave, const char *by, const char *reason,
                            char ret_text[static TEXT_MAX + 1]) {
        int r = act_begin(in, now, autoclave, by, reason, ret_text);

        if (r == 0)
                r = return_refused(in, autoclave, by, ret_text);
        if (r != 0)
                return r;
        snprintf(ret_text, TEXT_MAX + 1, "Autoclave %.64s is in service again.", autoclave);
        return service_enter(in, autoclave, true, SERVICE_OTHER, by, reason);
}
