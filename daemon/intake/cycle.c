/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cycles: attempts, their samples as they come in, and the verdict at the end. The verdict is the core's, from the
 * samples alone, and from what commissioning left.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "codec/attempt.h"
#include "core/samples.h"
#include "intake/sterile.h"

#define ATTEMPT_SAMPLES_MAX 100000 /* more than a day at one a second */

/* --- the verdict --- */

static int samples_append(const Chunk *chunk, Sample **all, size_t *n) {
        const size_t max = *n + chunk->samples + 1;
        PartReader parts;
        Sample *more;
        Part part;
        int r;

        if (chunk->samples == 0) /* a gap or an absence: the verdict has it */
                return 0;
        more = reallocarray(*all, max, sizeof(*more));
        if (!more)
                return -ENOMEM;
        *all = more;
        parts_begin(&parts, chunk->data, chunk->size);
        while ((r = part_next(&parts, &part)) > 0) {
                size_t count = 0;

                r = samples_decode(part.samples, part.size, more + *n, max - *n, &count);
                if (r < 0)
                        break;
                *n += count;
        }
        return r;
}

/* All chunks as one: an hour at one sample a second must stay small. */
static int compact(Intake *in, int64_t attempt) {
        _cleanup_(freep) Sample *all = NULL;
        _cleanup_(freep) uint8_t *buf = NULL;
        size_t n = 0, size;
        Chunk chunk;
        int r;

        for (r = chunks_first(in->store, attempt, &chunk); r > 0; r = chunks_next(in->store, &chunk)) {
                r = samples_append(&chunk, &all, &n);
                if (r < 0) {
                        chunks_end(in->store);
                        return r;
                }
        }
        if (r < 0 || n == 0)
                return r;
        buf = malloc(SAMPLES_ENCODED_MAX(n));
        if (!buf)
                return -ENOMEM;
        size = samples_encode(all, n, buf, SAMPLES_ENCODED_MAX(n));
        return size ? chunk_replace(in->store, attempt, n, buf, size) : -ENOBUFS;
}

static int verdict_record(Intake *in, const AttemptRow *a) {
        record_begin(in, "verdict");
        jsonw_member_string(&in->w, "attempt", a->label);
        jsonw_member_string(&in->w, "verdict", cycle_verdict_id((CycleVerdictKind)a->verdict));
        jsonw_member_string(&in->w, "reasons", a->reasons);
        jsonw_member_string(&in->w, "figures", a->figures);
        return record_end(in, NULL);
}

static void duration_text(int64_t us, char *buf, size_t size) {
        snprintf(buf, size, "%lld min %lld s", (long long)(us / (60 * US_PER_S)), (long long)(us / US_PER_S % 60));
}

static int rule_tell(Intake *in, const AttemptRow *a, const CycleVerdict *v, CycleRule rule) {
        char text[CYCLE_TEXT_MAX];

        cycle_rule_text(v, rule, text, sizeof(text));
        return alert_raise(in,
                           &(AlertAbout){ .rule = cycle_rule_id(rule),
                                          .subject = a->label,
                                          .severity = ALERT_WARNING,
                                          .device = a->autoclave,
                                          .cycle = a->label },
                           "Cycle %lld of %s: %s", (long long)a->cycle, a->autoclave, text);
}

static int verdict_tell(Intake *in, const AttemptRow *a, const CycleVerdict *v) {
        const LogSubject subject = { .device = a->autoclave, .cycle = a->label };
        char hold[48];
        int r;

        duration_text(v->hold_us, hold, sizeof(hold));
        r = batch_log(&in->batch, LOG_CYCLE_JUDGED_KIND, v->verdict == CYCLE_VERIFIED ? LOG_INFO : LOG_WARNING,
                      &subject, "cycle %lld of %s (%s): %s; hold %s, F0 %lld.%lld min, %u samples%s", (long long)a->cycle,
                      a->autoclave, a->label, cycle_verdict_id(v->verdict), hold, (long long)(v->f0 / 1000),
                      (long long)(v->f0 / 100 % 10), v->samples,
                      v->arrival_judged ? "" : "; their times were not all held against our clock");
        for (int rule = 0; rule < _CYCLE_RULE_MAX && r == 0; rule++)
                if (cycle_has_reason(v, (CycleRule)rule) || (rule == CYCLE_SATURATION_DRIFT && v->drifted))
                        r = rule_tell(in, a, v, (CycleRule)rule);
        return r;
}

/* It stands until somebody commissions the program; one is enough, however many loads there are. */
static int commissioning_tell(Intake *in, const AttemptRow *a, const Running *running, const CycleVerdict *v) {
        char subject[CODE_MAX + 1];
        AlertRow row;
        int r;

        if (!running->cycle.known || !running->cycle.loaded || v->has_reference)
                return 0;
        commissioning_subject(a->autoclave, a->program, subject);
        r = alert_get(in->store, "not-commissioned", subject, &row);
        if (r != 0)
                return r < 0 ? r : 0;
        return alert_raise(in,
                           &(AlertAbout){ .rule = "not-commissioned",
                                          .subject = subject,
                                          .severity = ALERT_WARNING,
                                          .device = a->autoclave,
                                          .cycle = a->label },
                           "Program %s of autoclave %s was never commissioned: steam that gets colder or warmer than it "
                           "was would not show there. Run it once empty, and have an officer commission that cycle.",
                           a->program, a->autoclave);
}

int running_reference(Intake *in, Running *running) {
        const AttemptRow *a = &running->attempt;
        ReferenceRow row = {};
        int r = reference_get(in->store, a->autoclave, a->program, &row);

        if (r < 0)
                return r;
        cycle_reference(&running->cycle,
                        &(CycleReference){ .known = r,
                                           .required = in->config->policy.commissioning == COMMISSIONING_REQUIRED,
                                           .median_mc = row.median_mc });
        return 0;
}

/* It is known that the heat never came: nothing in it went through a cycle. */
static bool stayed_cold(const CycleVerdict *v) {
        return v->program[0] && v->samples > 0 && !v->truncated && v->plateau_start_us < 0;
}

static int attempt_end(Intake *in, Running *running, CycleOutcome outcome, Grade grade) {
        AttemptRow *a = &running->attempt;
        AttemptFigures figures;
        CycleVerdict v;
        int r = running_reference(in, running);

        if (r < 0)
                return r;
        running->touched = true;
        r = running_write(in, running);
        if (r < 0)
                return r;
        cycle_end(&running->cycle, outcome, grade, &v);
        a->ended_us = in->now.wall_us;
        a->verdict = (int)v.verdict;
        a->grade = (int)v.grade;
        a->outcome = (int)outcome;
        if (a->released == LOAD_NONE) /* it may have been rejected while it ran */
                a->released = LOAD_OPEN;
        attempt_figures_of(&v, &figures);
        r = attempt_reasons_write(&in->w, &v, a->reasons, sizeof(a->reasons));
        if (r == 0)
                r = attempt_figures_write(&in->w, &figures, a->figures, sizeof(a->figures));
        if (r == 0)
                r = attempt_save(in->store, a);
        if (r == 0)
                r = compact(in, a->id);
        if (r == 0 && !stayed_cold(&v))
                r = load_through_cycle(in, a);
        if (r == 0)
                r = verdict_record(in, a);
        if (r == 0)
                r = verdict_tell(in, a, &v);
        if (r == 0)
                r = commissioning_tell(in, a, running, &v);
        running->stale = true;
        return r < 0 ? r : state_autoclave(in, a->autoclave);
}

/* --- messages of the autoclave --- */

/* What was named for it after it had begun is late; what was named for no number counts until `unnamed_until_us`. */
static int attach_manifests(Intake *in, const AttemptRow *a, int64_t begun_us, int64_t unnamed_until_us) {
        int64_t id, at_us;
        int r;

        while ((r = manifest_take(in->store, a->autoclave, a->cycle, unnamed_until_us, &id, &at_us)) > 0) {
                PackRow pack;

                r = pack_get_id(in->store, id, &pack);
                if (r <= 0)
                        return r;
                pack.attempt = a->id;
                pack.late = at_us > begun_us;
                pack.loaded_us = in->now.wall_us;
                r = pack_save(in->store, &pack);
                if (r < 0)
                        return r;
        }
        return r;
}

static int start_write(Intake *in, const Event *e, char *ret, size_t size) {
        AttemptStart start = { .has_set_temperature = e->cycle_start.has_set_temperature,
                               .has_set_hold = e->cycle_start.has_set_hold,
                               .has_set_drying = e->cycle_start.has_set_drying,
                               .has_arrival = true,
                               .set_temperature_mc = e->cycle_start.set_temperature_mc,
                               .set_hold_us = e->cycle_start.set_hold_us,
                               .set_drying_us = e->cycle_start.set_drying_us,
                               .epoch = in->epoch,
                               .arrival_us = in->now.boot_us };

        snprintf(start.operator, sizeof(start.operator), "%s", e->cycle_start.operator ?: "");
        return attempt_start_write(&in->w, &start, ret, size);
}

/* Cycles that Asepsis knows nothing of: nothing in them is sterile here. */
static int numbers_tell(Intake *in, const AttemptRow *a, int64_t last) {
        const int64_t skipped = cycle_numbers_skipped(last, a->cycle);
        const AlertAbout about = { .rule = "cycle-number-gap",
                                   .subject = a->label,
                                   .severity = ALERT_WARNING,
                                   .device = a->autoclave,
                                   .cycle = a->label };

        if (skipped == 0)
                return 0;
        if (skipped == 1)
                return alert_raise(in, &about,
                                   "Autoclave %s ran cycle %" PRId64 " without being heard: the last was %" PRId64
                                   ", this one is %" PRId64 ". Find out what was in it; nothing in it counts as sterile.",
                                   a->autoclave, last + 1, last, a->cycle);
        return alert_raise(in, &about,
                           "Autoclave %s ran cycles %" PRId64 " to %" PRId64 " without being heard: the last was %" PRId64
                           ", this one is %" PRId64 ". Find out what was in them; nothing in them counts as sterile.",
                           a->autoclave, last + 1, a->cycle - 1, last, a->cycle);
}

int on_cycle_start(Intake *in, const Event *e, const Origin *o) {
        /* A start that was stored by the device lies back: what was named since then is for the next one. */
        const int64_t begun_us = in->now.wall_us - (e->env.has_age ? e->env.age_us : 0);
        AttemptRow a = { .cycle = e->cycle_start.cycle,
                         .purpose = e->cycle_start.purpose,
                         /* Declared to store and forward, it is believed: recalls and clinic days go by that. */
                         .started_us = o->device->store_and_forward ? begun_us : in->now.wall_us,
                         .verdict = -1,
                         .outcome = -1 },
                   last;
        Running *running;
        int r = running_get(in, o->device->autoclave, &running);

        if (r > 0)
                r = attempt_end(in, running, OUTCOME_ABORTED, GRADE_CONTINUOUS);
        if (r >= 0)
                r = transcript_doubted(in, o->device->autoclave, e->cycle_start.cycle);
        if (r < 0)
                return r;
        snprintf(a.autoclave, sizeof(a.autoclave), "%s", o->device->autoclave);
        snprintf(a.program, sizeof(a.program), "%s", e->cycle_start.program);
        r = start_write(in, e, a.start, sizeof(a.start));
        if (r == 0)
                r = attempt_last(in->store, a.autoclave, &last);
        if (r >= 0)
                r = attempt_add(in->store, &a) ?: r; /* r: is there a last one */
        if (r > 0)
                r = numbers_tell(in, &a, last.cycle);
        if (r == 0)
                r = attach_manifests(in, &a, begun_us, begun_us);
        if (r == 0)
                r = service_ran_out(in->store, a.autoclave, a.started_us);
        running = r == 0 ? running_slot(in, a.autoclave) : NULL;
        if (!running)
                return r < 0 ? r : -ENOMEM;
        running->touched = true;
        running->stale = false;
        running->attempt = a;
        r = running_begin(in, running);
        return r < 0 ? r : state_autoclave(in, a.autoclave);
}

/* The machine never said how it went, and that is how it is kept; it is judged as if all had gone well. */
int cycle_unheard(Intake *in, const char *autoclave, int64_t cycle, const char *program, int64_t started_us,
                  AttemptRow *ret) {
        _cleanup_(freep) Running *x = calloc(1, sizeof(*x));
        AttemptRow *a, last;
        int r, before;

        if (!x)
                return -ENOMEM;
        a = &x->attempt;
        *a = (AttemptRow){ .cycle = cycle, .purpose = PURPOSE_LOAD, .started_us = started_us, .verdict = -1, .outcome = -1 };
        snprintf(a->autoclave, sizeof(a->autoclave), "%s", autoclave);
        snprintf(a->program, sizeof(a->program), "%s", program);
        r = attempt_start_write(&in->w, &(AttemptStart){}, a->start, sizeof(a->start));
        before = r == 0 ? attempt_last(in->store, autoclave, &last) : r;
        r = before < 0 ? before : attempt_add(in->store, a);
        if (r == 0 && before > 0)
                r = numbers_tell(in, a, last.cycle);
        if (r == 0)
                r = attach_manifests(in, a, started_us, INT64_MIN);
        if (r == 0)
                r = running_begin(in, x);
        if (r == 0)
                r = attempt_end(in, x, OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        if (r < 0)
                return r;
        a->outcome = -1;
        *ret = *a;
        return attempt_save(in->store, a);
}

static int running_want(Intake *in, const char *autoclave, int64_t cycle, Running **ret) {
        int r = running_get(in, autoclave, ret);

        if (r < 0)
                return r;
        if (r == 0)
                return reject(in, REJECT_BAD_MEMBER, "cycle", "No cycle runs in %s. Send cycle-start first.",
                              autoclave);
        if ((*ret)->attempt.cycle != cycle)
                return reject(in, REJECT_BAD_MEMBER, "cycle", "Cycle %lld runs in %s, not %lld.",
                              (long long)(*ret)->attempt.cycle, autoclave, (long long)cycle);
        return 0;
}

int on_sample(Intake *in, const Event *e, const Origin *o) {
        Running *running;
        const Stamp arrival = { STAMP_ARRIVAL, in->epoch, in->now.boot_us };
        CyclePhase before;
        size_t n, stamped;
        int r = running_want(in, o->device->autoclave, e->sample.cycle, &running);

        if (r != 0)
                return r;
        if (running->stored + e->sample.n_samples > ATTEMPT_SAMPLES_MAX)
                return reject(in, REJECT_BAD_MEMBER, "samples",
                              "No cycle has more than %d samples. End it, and start anew.", ATTEMPT_SAMPLES_MAX);
        running->touched = true;
        before = cycle_phase(&running->cycle);
        running_feed(running, e->sample.samples, e->sample.n_samples, &arrival);
        stamped = stamp_encode(&arrival, in->chunk, CHUNK_MAX);
        n = samples_encode(e->sample.samples, e->sample.n_samples, in->chunk + stamped, CHUNK_MAX - stamped);
        if (n == 0)
                return -ENOBUFS;
        r = running_keep(in, running, e->sample.n_samples, in->chunk, stamped + n);
        return r < 0 || cycle_phase(&running->cycle) == before ? r : state_autoclave(in, running->autoclave);
}

int on_cycle_end(Intake *in, const Event *e, const Origin *o) {
        Running *running;
        int r = running_want(in, o->device->autoclave, e->cycle_end.cycle, &running);

        return r != 0 ? r : attempt_end(in, running, (CycleOutcome)e->cycle_end.outcome, (Grade)e->cycle_end.grade);
}
