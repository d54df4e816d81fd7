/* SPDX-License-Identifier: Apache-2.0 */
/* Reports about autoclaves: tests, indicators, duties. Each is stored with what the core makes of it. */
#include <errno.h>
#include <stdio.h>

#include "codec/attempt.h"
#include "intake/sterile.h"
#include "store/fitness.h"
#include "store/loads.h"

#define READINGS_MAX 64 /* spore tests of one cycle */
#define INDICATORS_MAX 4096 /* of one attempt: many times what a load takes, and still read in an instant */
#define SAME_NUMBER_US (14 * US_PER_DAY) /* longer ago nobody reads what lay in a cycle */

int autoclave_known(Intake *in, const char *id) {
        AttemptRow a;

        return config_autoclave(in->config, id) ? 1 : attempt_before(in->store, id, INT64_MAX, &a);
}

static bool person_known(const Intake *in, const char *id) {
        return config_practitioner(in->config, id) != NULL;
}

/* --- tests --- */

/* 0: not known, and too short. */
static int64_t hold_of(const AttemptRow *a) {
        AttemptFigures f;

        if (attempt_figures_read(a->figures, &f) < 0 || !attempt_has_figure(&f, FIGURE_HOLD))
                return 0;
        return f.v[FIGURE_HOLD];
}

static int judge_penetration(Intake *in, const Event *e, const ConfigAutoclave *c, const AttemptRow *a, TestRow *t) {
        const ConfigProgram *program = a ? config_program(c, a->program) : NULL;
        PackRow pack;
        int r = a ? pack_in_attempt_next(in->store, a->id, 0, &pack) : 0;
        PenetrationReport report = {
                .result = (Result)e->test.result,
                .named = a && a->verdict >= 0,
                .test_program = program && program->purpose == PURPOSE_TEST && a->purpose != PURPOSE_LOAD,
                .empty = r == 0,
                .verified = a && a->verdict == CYCLE_VERIFIED,
                .hold_us = a ? hold_of(a) : 0,
                .hold_min_us = c->test_hold_min_us,
                .hold_max_us = c->test_hold_max_us,
                .reader_known = person_known(in, e->test.reader),
                .expired = e->test.expires && a && e->test.expires < date_of(a->started_us),
        };

        if (r >= 0 && a)
                r = test_failed_in(in->store, a->id);
        report.failed_before = a && r > 0;
        t->outcome = (int)fitness_penetration(&report, t->why);
        return r < 0 ? r : 0;
}

static void judge_leak(Intake *in, const Event *e, const ConfigAutoclave *c, const AttemptRow *a, TestRow *t) {
        const LeakLimits limits = { .start_max_pa = c->leak_start_pa,
                                    .rate_max_pa = in->config->policy.leak_rate_pa,
                                    .bare_pass = in->config->policy.leak_bare_pass };
        LeakReport report = { .result = (Result)e->test.result,
                              .cancelled = e->test.has_cycle && (!a || a->outcome != (int)OUTCOME_COMPLETED),
                              .n_pressures = e->test.n_pressures };

        for (size_t i = 0; i < e->test.n_pressures && i < ELEMENTSOF(report.pressures); i++)
                report.pressures[i] = e->test.pressures[i];
        t->outcome = (int)fitness_leak(&report, &limits, &t->rate_mpa, t->why);
}

static int judge_test(Intake *in, const Event *e, const ConfigAutoclave *c, const AttemptRow *a, TestRow *t) {
        if (!c) { /* a failed one of an autoclave that is not configured any more */
                t->outcome = TEST_FAILED;
                snprintf(t->why, sizeof(t->why), "It was reported as failed.");
                return 0;
        }
        switch ((TestType)e->test.test) {
        case TEST_BOWIE_DICK:
        case TEST_HELIX:
                return judge_penetration(in, e, c, a, t);
        case TEST_VACUUM_LEAK:
                judge_leak(in, e, c, a, t);
                return 0;
        case TEST_AUTOMATIC_CONTROL:
                t->outcome = e->test.result == RESULT_PASS   ? TEST_PASSED
                             : e->test.result == RESULT_FAIL ? TEST_FAILED
                                                             : TEST_NO_TEST;
                return 0;
        }
        return -EINVAL;
}

static int test_record(Intake *in, const TestRow *t) {
        static const char *const tests[] = { "bowie-dick", "helix", "vacuum-leak", "automatic-control" };
        static const char *const outcomes[] = { "no-test", "passed", "failed" };

        record_begin(in, "test");
        jsonw_member_string(&in->w, "autoclave", t->autoclave);
        jsonw_member_string(&in->w, "test", tests[t->test]);
        jsonw_member_string(&in->w, "outcome", outcomes[t->outcome]);
        if (t->why[0])
                jsonw_member_string(&in->w, "why", t->why);
        return record_end(in, NULL);
}

static int test_not_counted(Intake *in, const TestRow *t) {
        return alert_raise(in,
                           &(AlertAbout){ .rule = "test-not-counted",
                                          .subject = t->autoclave,
                                          .severity = ALERT_WARNING,
                                          .device = t->autoclave },
                           "Autoclave %s: a test does not count. %.400s", t->autoclave, t->why);
}

static int test_tell(Intake *in, const TestRow *t) {
        const Now now = in->now;
        int r = test_record(in, t);

        if (r == 0 && t->outcome == TEST_FAILED)
                r = service_test_failed(in, t);
        else if (r == 0 && t->outcome == TEST_NO_TEST)
                r = test_not_counted(in, t);
        else if (r == 0)
                r = intake_alert_resolve(in, &now, "test-not-counted", t->autoclave);
        if (r == 0)
                r = fitness_changed(in, t->autoclave);
        return r < 0 ? r : state_autoclave(in, t->autoclave);
}

int on_test(Intake *in, const Event *e, const Origin *o) {
        const char *autoclave = e->kind == KIND_AUTOCLAVE ? o->device->autoclave : e->test.autoclave;
        const ConfigAutoclave *c = config_autoclave(in->config, autoclave);
        TestRow t = { .i = o->i, .test = e->test.test, .read_us = in->now.wall_us, .expires_on = e->test.expires };
        AttemptRow a;
        int r;

        r = c ? 1 : e->test.result == RESULT_FAIL ? autoclave_known(in, autoclave) : 0;
        if (r <= 0)
                return r < 0 ? r : reject(in, REJECT_BAD_MEMBER, "autoclave", "Autoclave %s is not configured.", autoclave);
        r = e->test.has_cycle ? attempt_by_cycle(in->store, autoclave, e->test.cycle, &a) : 0;
        if (r < 0)
                return r;
        t.attempt = r ? a.id : 0;
        t.run_us = r ? a.started_us : in->now.wall_us - (e->env.has_age ? e->env.age_us : 0);
        snprintf(t.autoclave, sizeof(t.autoclave), "%s", autoclave);
        snprintf(t.reader, sizeof(t.reader), "%s", e->test.reader ?: "");
        snprintf(t.lot, sizeof(t.lot), "%s", e->test.lot ?: "");
        r = judge_test(in, e, c, r ? &a : NULL, &t);
        if (r == 0)
                r = test_add(in->store, &t);
        return r < 0 ? r : test_tell(in, &t);
}

/* --- indicators --- */

int spore_outcome(Intake *in, const AttemptRow *a, SporeOutcome *ret) {
        _cleanup_(freep) IndicatorRow *rows = calloc(READINGS_MAX, sizeof(*rows));
        SporeReading readings[READINGS_MAX];
        IndicatorRow last = {};
        bool grew = false;
        size_t n = 0;
        int r = rows ? 0 : -ENOMEM;

        *ret = SPORE_NONE;
        while (r >= 0 && (r = indicator_next(in->store, a->id, last.id, &last)) > 0) {
                const IndicatorRow *row = rows + n;

                if (last.kind != INDICATOR_BIOLOGICAL)
                        continue;
                grew |= last.result == RESULT_FAIL;
                if (n == READINGS_MAX)
                        continue;
                rows[n] = last;
                readings[n++] =
                        (SporeReading){ .lot = row->lot,
                                        .result = (Result)row->result,
                                        .control = (Control)row->control,
                                        .expired = row->expires_on && row->expires_on < date_of(a->started_us) };
        }
        if (r < 0)
                return r;
        /* More than anybody reads: only what grew is believed. */
        *ret = grew ? SPORE_POSITIVE : n == READINGS_MAX ? SPORE_INVALID : fitness_spore(readings, n);
        return 0;
}

/* Which attempt is meant: 1; 2: what failed may be about an older one with its number too; 0: none, or not clear;
 * *ret_why then says so. */
static int indicator_which(Intake *in, const Event *e, AttemptRow *ret, const char **ret_why) {
        const bool failed = e->indicator.result == RESULT_FAIL;
        int r = e->indicator.attempt ? attempt_get(in->store, e->indicator.attempt, ret)
                                     : attempt_by_cycle(in->store, e->indicator.autoclave, e->indicator.cycle, ret);

        *ret_why = r > 1    ? "More than one attempt bears this cycle number. Name the attempt."
                   : r == 0 ? "No such cycle is known here."
                            : "That attempt was made in another autoclave.";
        if (r > 1)
                return failed ? r : 0;
        if (r <= 0 || failed)
                return r;
        if (ret->verdict < 0 && e->indicator.result == RESULT_PASS) {
                *ret_why = "That cycle has not ended: nothing in it can be read yet. Read it afterwards, and report it then.";
                return 0;
        }
        return streq(ret->autoclave, e->indicator.autoclave);
}

/* Only what could permit something is refused; a failure counts, whatever is doubtful about it. */
static int indicator_refused(Intake *in, const Event *e, const char *member, const char *why) {
        return e->indicator.result == RESULT_FAIL ? 0 : reject(in, REJECT_BAD_MEMBER, member, "%s", why);
}

static int indicator_pack(Intake *in, const Event *e, const char *label, IndicatorRow *row) {
        PackRow pack = {};
        int r = pack_get(in->store, label, &pack);

        if (r < 0)
                return r;
        row->pack = r > 0 ? pack.id : 0;
        if (r == 0 || pack.attempt != row->attempt) {
                r = indicator_refused(in, e, "packs", "A pack that is named was not in that cycle.");
                if (r != 0)
                        return r;
        }
        return indicator_add(in->store, row);
}

static int indicator_store(Intake *in, const Event *e, const Origin *o, const AttemptRow *a) {
        IndicatorRow row = { .i = o->i,
                             .at_us = in->now.wall_us,
                             .attempt = a->id,
                             .kind = e->indicator.indicator,
                             .place = e->indicator.where,
                             .type = e->indicator.has_type ? e->indicator.indicator_type : 0,
                             .expires_on = e->indicator.expires,
                             .result = e->indicator.result,
                             .control = e->indicator.control };
        int r = 0;

        snprintf(row.autoclave, sizeof(row.autoclave), "%s", a->autoclave);
        snprintf(row.lot, sizeof(row.lot), "%s", e->indicator.lot ?: "");
        snprintf(row.reader, sizeof(row.reader), "%s", e->indicator.reader);
        r = indicator_many(in->store, a->id, INDICATORS_MAX - 1);
        if (r > 0)
                r = indicator_refused(in, e, e->indicator.attempt ? "attempt" : "cycle",
                                      "More indicators than any load has were reported for that cycle. Look what sends "
                                      "them, and sterilize the load again.");
        if (r != 0)
                return r;
        if (e->indicator.packs.n == 0)
                return indicator_add(in->store, &row);
        for (size_t i = 0; i < e->indicator.packs.n && r == 0; i++)
                r = indicator_pack(in, e, e->indicator.packs.v[i], &row);
        return r;
}

static int spore_read(Intake *in, const Event *e, const Origin *o, const AttemptRow *a) {
        SporeOutcome before, after;
        int r = spore_outcome(in, a, &before);

        if (r == 0)
                r = indicator_store(in, e, o, a);
        if (r == 0)
                r = spore_outcome(in, a, &after);
        if (r != 0)
                return r;
        if (after == SPORE_POSITIVE) {
                /* Once more, where its recall has ended meanwhile. */
                r = before == SPORE_POSITIVE
                            ? recall_reaches(in->store, a->autoclave, "spore-test-positive", a->started_us)
                            : 0;
                return r < 0 ? r : r > 0 || (before == SPORE_POSITIVE && e->indicator.result != RESULT_FAIL)
                               ? 0
                               : service_spore_positive(in, a->autoclave, a);
        }
        if (before == SPORE_NEGATIVE && after == SPORE_INVALID)
                r = service_spore_doubted(in, a);
        if (r == 0 && after == SPORE_INVALID)
                r = alert_raise(
                        in,
                        &(AlertAbout){ .rule = "test-not-counted",
                                       .subject = a->autoclave,
                                       .severity = ALERT_WARNING,
                                       .device = a->autoclave,
                                       .cycle = a->label },
                        "Autoclave %s: the spore test of cycle %lld says nothing, for its control did not grow, or it "
                        "had expired. Repeat it with another lot.",
                        a->autoclave, (long long)a->cycle);
        if (r == 0)
                r = fitness_changed(in, a->autoclave);
        return r < 0 ? r : state_autoclave(in, a->autoclave);
}

/* Those whose inside indicator failed are spent, whatever an officer decides on the load. */
static int packs_spend(Intake *in, const Event *e, const AttemptRow *a) {
        for (size_t i = 0; i < e->indicator.packs.n; i++) {
                PackRow pack;
                int r = pack_get(in->store, e->indicator.packs.v[i], &pack);

                if (r > 0 && pack.attempt == a->id) {
                        pack.inside = INSIDE_FAILED;
                        r = pack_save(in->store, &pack);
                }
                if (r < 0)
                        return r;
        }
        return 0;
}

/* Before the release a failed one refuses it; after that, the load is out there and waits for an officer. */
static int chemical_read(Intake *in, const Event *e, const Origin *o, const AttemptRow *a) {
        int r = indicator_store(in, e, o, a);

        if (r != 0 || e->indicator.result != RESULT_FAIL)
                return r;
        if (e->indicator.where == WHERE_INSIDE)
                r = packs_spend(in, e, a);
        if (r < 0 || a->released != LOAD_RELEASED)
                return r;
        return load_quarantine(in, a->id, "indicator-failed", e->indicator.reader,
                               "an indicator of the load was read as failed after its release");
}

static int take_reading(Intake *in, const Event *e, const Origin *o, const AttemptRow *a) {
        int r;

        if (e->indicator.indicator == INDICATOR_BIOLOGICAL)
                return spore_read(in, e, o, a);
        r = chemical_read(in, e, o, a);
        /* Of an empty cycle: it may be one on the way back into service. */
        return r != 0 || e->indicator.packs.n ? r : state_autoclave(in, a->autoclave);
}

/* 1: one of the packs that are named was in it, or none is named. */
static int names_pack_of(Intake *in, const Event *e, const AttemptRow *a) {
        for (size_t i = 0; i < e->indicator.packs.n; i++) {
                PackRow pack;
                int r = pack_get(in->store, e->indicator.packs.v[i], &pack);

                if (r < 0 || (r > 0 && pack.attempt == a->id))
                        return r;
        }
        return e->indicator.packs.n == 0;
}

/* Something failed, and more than one attempt bears the number: it counts for each that may be meant. */
static int take_failure(Intake *in, const Event *e, const Origin *o, const AttemptRow *newest) {
        AttemptRow a = *newest;
        bool any = false;
        int r = 1;

        while (r > 0 && a.started_us >= in->now.wall_us - SAME_NUMBER_US) {
                r = names_pack_of(in, e, &a);
                any |= r > 0;
                if (r > 0)
                        r = take_reading(in, e, o, &a);
                if (r == 0)
                        r = attempt_same_number(in->store, &a);
        }
        return r < 0 ? r : any ? 0 : take_reading(in, e, o, newest);
}

/* Where it is not clear in which autoclave something grew, each of the two that are named is recalled. */
static int grew_elsewhere(Intake *in, const Event *e, const AttemptRow *a) {
        if (e->indicator.indicator != INDICATOR_BIOLOGICAL || e->indicator.result != RESULT_FAIL)
                return 0;
        return a && streq(a->autoclave, e->indicator.autoclave) ? 0 : service_spore_positive(in, e->indicator.autoclave, NULL);
}

int on_indicator(Intake *in, const Event *e, const Origin *o) {
        const bool failed = e->indicator.result == RESULT_FAIL;
        const bool grew = failed && e->indicator.indicator == INDICATOR_BIOLOGICAL;
        const char *id = e->indicator.autoclave, *why = NULL;
        /* What failed in one that was configured once still counts. */
        const int known = config_autoclave(in->config, id) ? 1 : failed ? autoclave_known(in, id) : 0;
        AttemptRow a;
        int which = indicator_which(in, e, &a, &why), r;

        if (known < 0 || which < 0)
                return MIN_OF(known, which);
        if (!known && (!failed || !which))
                return reject(in, REJECT_BAD_MEMBER, "autoclave", "Autoclave %s is not configured.", id);
        r = known ? grew_elsewhere(in, e, which ? &a : NULL) : 0;
        if (r < 0 || (grew && !which))
                return r;
        if (!which)
                return reject(in, REJECT_BAD_MEMBER, e->indicator.attempt ? "attempt" : "cycle", "%s", why);
        if (!person_known(in, e->indicator.reader)) {
                r = indicator_refused(in, e, "reader", "Name a registered person as the reader.");
                if (r != 0)
                        return r;
        }
        return which > 1 ? take_failure(in, e, o, &a) : take_reading(in, e, o, &a);
}

/* --- duties --- */

static int duty_subject(Intake *in, const Event *e, const char *wanted, const ConfigAutoclave **ret) {
        *ret = config_autoclave(in->config, e->duty.subject);
        if (*ret)
                return 0;
        return reject(in, REJECT_BAD_MEMBER, "subject", "%s is done for each autoclave: name it as the subject.",
                      wanted);
}

int duty_done(Intake *in, const Event *e, const Origin *o) {
        const ConfigDuty *d = config_duty(in->config, e->duty.duty);
        const bool calibration = streq(e->duty.duty, "calibration");
        const ConfigAutoclave *c = NULL;
        DutyRow row = { .i = o->i, .at_us = in->now.wall_us, .passed = e->duty.result != RESULT_FAIL };
        int r = 0;

        if (!d && !calibration)
                return reject(in, REJECT_BAD_MEMBER, "duty", "There is no [duty %s]. Add one, or say another.",
                              e->duty.duty);
        if (calibration || d->per == DUTY_PER_AUTOCLAVE)
                r = duty_subject(in, e, d ? d->name : "A calibration", &c);
        if (r != 0)
                return r;
        snprintf(row.duty, sizeof(row.duty), "%s", e->duty.duty);
        snprintf(row.subject, sizeof(row.subject), "%s", c ? c->id : "");
        snprintf(row.by, sizeof(row.by), "%s", e->duty.by);
        r = duty_add(in->store, &row);
        if (r == 0 && calibration && !row.passed)
                return service_calibration_failed(in, c);
        for (size_t i = 0; i < in->config->n_autoclaves && r == 0; i++)
                if (!c || streq(c->id, in->config->autoclaves[i].id))
                        r = fitness_changed(in, in->config->autoclaves[i].id);
        return r;
}
