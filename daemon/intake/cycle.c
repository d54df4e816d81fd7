/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cycles: attempts, their samples as they come in, and the verdict at the end. The verdict is the core's, from the
 * samples alone; the running Cycle is only a shortcut for what the ledger's samples say, and is made anew from them
 * whenever it could differ.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "core/samples.h"
#include "intake/internal.h"

#define ATTEMPT_SAMPLES_MAX 100000 /* more than a day at one a second */

/* --- the running cycle --- */

static bool program_of(const Intake *in, const char *autoclave, const char *announced, CycleProgram *ret) {
        const ConfigAutoclave *a = config_autoclave(in->config, autoclave);
        const ConfigProgram *p = a ? config_program(a, announced) : NULL;
        bool forwards = false;

        if (!p)
                return false;
        for (size_t i = 0; i < in->config->n_devices; i++) {
                const ConfigDevice *d = in->config->devices + i;

                if (config_device_is(d, KIND_AUTOCLAVE) && streq_ptr(d->autoclave, autoclave))
                        forwards |= d->store_and_forward;
        }
        config_cycle_program(a, p, forwards, ret);
        return true;
}

/* What cycle-start announced, as the ledger keeps it. */
static void start_write(Intake *in, const Event *e, char ret[static 256]) {
        const char *text = "{}";
        size_t n;

        jsonw_reset(&in->w);
        jsonw_object(&in->w);
        if (e->cycle_start.has_set_temperature)
                jsonw_member_int(&in->w, "set_temperature_mc", e->cycle_start.set_temperature_mc);
        if (e->cycle_start.has_set_hold)
                jsonw_member_int(&in->w, "set_hold_us", e->cycle_start.set_hold_us);
        if (e->cycle_start.has_set_drying)
                jsonw_member_int(&in->w, "set_drying_us", e->cycle_start.set_drying_us);
        jsonw_member_optional(&in->w, "operator", e->cycle_start.operator);
        jsonw_object_end(&in->w);
        jsonw_finish(&in->w, &text, &n);
        snprintf(ret, 256, "%s", text);
}

/* As it begins, with what the ledger already says is in it. */
static int cycle_from_start(Intake *in, const AttemptRow *a, int64_t arrival_us, Cycle *ret) {
        json_t *json = json_loads(a->start, 0, NULL), *t = json_object_get(json, "set_temperature_mc"),
               *h = json_object_get(json, "set_hold_us");
        CycleStart start = { .purpose = (Purpose)a->purpose,
                             .has_set_temperature = t,
                             .has_set_hold = h,
                             .set_temperature_mc = (int32_t)json_integer_value(t),
                             .set_hold_us = json_integer_value(h),
                             .arrival_us = arrival_us };
        CycleProgram program;
        bool known = program_of(in, a->autoclave, a->program, &program);
        PackRow pack;
        int r;

        cycle_begin(ret, known ? &program : NULL, &start);
        json_decref(json);
        r = pack_in_attempt_next(in->store, a->id, 0, &pack);
        if (r > 0)
                cycle_load(ret);
        return r < 0 ? r : 0;
}

/* Again from the ledger. When the samples came is not known any more, so that is not judged for them. */
static int running_rebuild(Intake *in, Running *running) {
        const AttemptRow *a = &running->attempt;
        int r;

        running->chunks = 0;
        running->stored = 0;
        r = cycle_from_start(in, a, -1, &running->cycle);
        if (r < 0)
                return r;
        for (;;) {
                _cleanup_(freep) void *data = NULL;
                size_t size, count, samples;

                r = chunk_next(in->store, a->id, &running->chunks, &samples, &data, &size);
                if (r <= 0)
                        break;
                if (samples == 0) {
                        cycle_gap(&running->cycle);
                        continue;
                }
                r = samples_decode(data, size, in->samples, SAMPLES_MAX, &count);
                if (r < 0)
                        return r;
                for (size_t i = 0; i < count; i++)
                        cycle_sample(&running->cycle, in->samples + i, -1);
                running->stored += count;
        }
        return r;
}

static Running *running_slot(Intake *in, const char *autoclave) {
        Running *more;

        for (size_t i = 0; i < in->n_running; i++)
                if (streq(in->running[i].autoclave, autoclave))
                        return in->running + i;
        more = reallocarray(in->running, in->n_running + 1, sizeof(*more));
        if (!more)
                return NULL;
        in->running = more;
        more += in->n_running++;
        *more = (Running){ .stale = true };
        snprintf(more->autoclave, sizeof(more->autoclave), "%s", autoclave);
        return more;
}

/* What the ledger says of it: the open attempt, its number of chunks, and the cycle from its samples. */
static int running_load(Intake *in, Running *running) {
        int r = attempt_open(in->store, running->autoclave, &running->attempt);

        if (r < 0)
                return r;
        if (r == 0)
                running->attempt.id = 0;
        r = r ? running_rebuild(in, running) : 0;
        running->stale = r < 0;
        return r;
}

int running_get(Intake *in, const char *autoclave, Running **ret) {
        Running *running = running_slot(in, autoclave);
        int r;

        if (!running)
                return -ENOMEM;
        r = running->stale ? running_load(in, running) : 0;
        if (r < 0)
                return r;
        *ret = running;
        return running->attempt.id != 0;
}

void running_forget(Intake *in) {
        for (size_t i = 0; i < in->n_running; i++)
                in->running[i].stale = true;
}

void running_away(Intake *in, int64_t us) {
        for (size_t i = 0; i < in->n_running; i++)
                if (us > 0)
                        cycle_away(&in->running[i].cycle, us);
}

/* A gap is a chunk without samples, so that it is found again when the cycle is rebuilt. */
int running_gap(Intake *in, const char *autoclave) {
        Running *running;
        int r = running_get(in, autoclave, &running);

        if (r <= 0)
                return r;
        running->touched = true;
        cycle_gap(&running->cycle);
        return chunk_add(in->store, running->attempt.id, ++running->chunks, 0, "", 0);
}

/* --- the verdict --- */

static int reasons_write(Intake *in, const CycleVerdict *v, char ret[static ATTEMPT_JSON_MAX]) {
        char text[CYCLE_TEXT_MAX];
        const char *json;
        size_t n;
        int r;

        jsonw_reset(&in->w);
        jsonw_array(&in->w);
        for (int rule = 0; rule < _CYCLE_RULE_MAX; rule++) {
                if (!cycle_has_reason(v, (CycleRule)rule))
                        continue;
                cycle_rule_text(v, (CycleRule)rule, text, sizeof(text));
                jsonw_object(&in->w);
                jsonw_member_string(&in->w, "rule", cycle_rule_id((CycleRule)rule));
                jsonw_member_string(&in->w, "text", text);
                jsonw_object_end(&in->w);
        }
        jsonw_array_end(&in->w);
        r = jsonw_finish(&in->w, &json, &n);
        if (r < 0 || n >= ATTEMPT_JSON_MAX)
                return r < 0 ? r : -ENOBUFS;
        memcpy(ret, json, n + 1);
        return 0;
}

static int figures_write(Intake *in, const CycleVerdict *v, char ret[static 1024]) {
        const struct {
                const char *name;
                int64_t value;
        } figures[] = {
                { "hold_us", v->hold_us },       { "required_us", v->required_us },
                { "coldest_mc", v->coldest_mc }, { "hottest_mc", v->hottest_mc },
                { "worst_off_mc", v->worst_mc }, { "median_off_mc", v->median_mc },
                { "largest_gap_us", v->gap_us }, { "f0_milli_min", v->f0 },
                { "pulses", v->pulses },         { "drying_us", v->drying_us },
                { "samples", v->samples },       { "samples_dropped", v->samples_dropped },
        };
        const char *json;
        size_t n;
        int r;

        jsonw_reset(&in->w);
        jsonw_object(&in->w);
        for (size_t i = 0; i < ELEMENTSOF(figures); i++)
                jsonw_member_int(&in->w, figures[i].name, figures[i].value);
        jsonw_object_end(&in->w);
        r = jsonw_finish(&in->w, &json, &n);
        if (r < 0 || n >= 1024)
                return r < 0 ? r : -ENOBUFS;
        memcpy(ret, json, n + 1);
        return 0;
}

/* All chunks as one: an hour at one sample a second must stay small. */
static int compact(Intake *in, int64_t attempt) {
        _cleanup_(freep) Sample *all = NULL;
        _cleanup_(freep) uint8_t *buf = NULL;
        size_t n = 0, size;
        int64_t at = 0;
        int r;

        for (;;) {
                _cleanup_(freep) void *data = NULL;
                size_t count = 0, samples;
                Sample *more;

                r = chunk_next(in->store, attempt, &at, &samples, &data, &size);
                if (r <= 0)
                        break;
                more = reallocarray(all, n + samples + 1, sizeof(*all));
                if (!more)
                        return -ENOMEM;
                all = more;
                r = samples_decode(data, size, all + n, samples + 1, &count);
                if (r < 0)
                        return r;
                n += count;
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

static int verdict_tell(Intake *in, const AttemptRow *a, const CycleVerdict *v) {
        const LogSubject subject = { .device = a->autoclave, .cycle = a->label };
        char hold[48];
        int r;

        duration_text(v->hold_us, hold, sizeof(hold));
        r = batch_log(&in->batch, LOG_CYCLE_JUDGED_KIND, v->verdict == CYCLE_VERIFIED ? LOG_INFO : LOG_WARNING,
                      &subject, "cycle %lld of %s (%s): %s; hold %s, F0 %lld.%lld min, %u samples", (long long)a->cycle,
                      a->autoclave, a->label, cycle_verdict_id(v->verdict), hold, (long long)(v->f0 / 1000),
                      (long long)(v->f0 / 100 % 10), v->samples);
        for (int rule = 0; rule < _CYCLE_RULE_MAX && r == 0; rule++) {
                char text[CYCLE_TEXT_MAX];

                if (!cycle_has_reason(v, (CycleRule)rule))
                        continue;
                cycle_rule_text(v, (CycleRule)rule, text, sizeof(text));
                r = alert_raise(in,
                                &(AlertAbout){ .rule = cycle_rule_id((CycleRule)rule),
                                               .subject = a->label,
                                               .severity = ALERT_WARNING,
                                               .device = a->autoclave,
                                               .cycle = a->label },
                                "Cycle %lld of %s: %s", (long long)a->cycle, a->autoclave, text);
        }
        return r;
}

static int attempt_end(Intake *in, Running *running, CycleOutcome outcome, Grade grade) {
        AttemptRow *a = &running->attempt;
        CycleVerdict v;
        int r;

        running->touched = true;
        cycle_end(&running->cycle, outcome, grade, &v);
        a->ended_us = in->now.wall_us;
        a->verdict = (int)v.verdict;
        a->grade = (int)v.grade;
        a->outcome = (int)outcome;
        if (a->released == LOAD_NONE) /* it may have been rejected while it ran */
                a->released = LOAD_OPEN;
        r = reasons_write(in, &v, a->reasons);
        if (r == 0)
                r = figures_write(in, &v, a->figures);
        if (r == 0)
                r = attempt_save(in->store, a);
        if (r == 0)
                r = compact(in, a->id);
        if (r == 0)
                r = verdict_record(in, a);
        if (r == 0)
                r = verdict_tell(in, a, &v);
        running->stale = true;
        return r < 0 ? r : state_autoclave(in, a->autoclave);
}

/* --- messages of the autoclave --- */

static int attach_manifests(Intake *in, const AttemptRow *a) {
        int64_t id;
        int r;

        while ((r = manifest_take(in->store, a->autoclave, a->cycle, &id)) > 0) {
                PackRow pack;

                r = pack_get_id(in->store, id, &pack);
                if (r <= 0)
                        return r;
                pack.attempt = a->id;
                pack.loaded_us = in->now.wall_us;
                r = pack_save(in->store, &pack);
                if (r < 0)
                        return r;
        }
        return r;
}

int on_cycle_start(Intake *in, const Event *e, const Origin *o) {
        AttemptRow a = { .cycle = e->cycle_start.cycle,
                         .purpose = e->cycle_start.purpose,
                         .started_us = in->now.wall_us,
                         .verdict = -1,
                         .outcome = -1 };
        Running *running;
        int r = running_get(in, o->device->autoclave, &running);

        if (r > 0)
                r = attempt_end(in, running, OUTCOME_ABORTED, GRADE_CONTINUOUS);
        if (r < 0)
                return r;
        snprintf(a.autoclave, sizeof(a.autoclave), "%s", o->device->autoclave);
        snprintf(a.program, sizeof(a.program), "%s", e->cycle_start.program);
        start_write(in, e, a.start);
        r = attempt_add(in->store, &a);
        if (r == 0)
                r = attach_manifests(in, &a);
        running = r == 0 ? running_slot(in, a.autoclave) : NULL;
        if (!running)
                return r < 0 ? r : -ENOMEM;
        running->touched = true;
        running->stale = false;
        running->attempt = a;
        running->chunks = 0;
        running->stored = 0;
        r = cycle_from_start(in, &a, in->now.boot_us, &running->cycle);
        return r < 0 ? r : state_autoclave(in, a.autoclave);
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
        CyclePhase before;
        size_t n;
        int r = running_want(in, o->device->autoclave, e->sample.cycle, &running);

        if (r != 0)
                return r;
        if (running->stored + e->sample.n_samples > ATTEMPT_SAMPLES_MAX)
                return reject(in, REJECT_BAD_MEMBER, "samples",
                              "No cycle has more than %d samples. End it, and start anew.", ATTEMPT_SAMPLES_MAX);
        running->touched = true;
        before = cycle_phase(&running->cycle);
        for (size_t i = 0; i < e->sample.n_samples; i++)
                cycle_sample(&running->cycle, e->sample.samples + i, in->now.boot_us);
        running->stored += e->sample.n_samples;
        n = samples_encode(e->sample.samples, e->sample.n_samples, in->chunk, SAMPLES_ENCODED_MAX(SAMPLES_MAX));
        if (n == 0)
                return -ENOBUFS;
        r = chunk_add(in->store, running->attempt.id, ++running->chunks, e->sample.n_samples, in->chunk, n);
        return r < 0 || cycle_phase(&running->cycle) == before ? r : state_autoclave(in, running->autoclave);
}

int on_cycle_end(Intake *in, const Event *e, const Origin *o) {
        Running *running;
        int r = running_want(in, o->device->autoclave, e->cycle_end.cycle, &running);

        return r != 0 ? r : attempt_end(in, running, (CycleOutcome)e->cycle_end.outcome, (Grade)e->cycle_end.grade);
}
