/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Autoclaves: attempts, their samples as they come in, the verdict at the end, manifests, and release. The verdict is
 * the core's, from the samples alone; the running Cycle is only a shortcut for what the ledger's samples say, and is
 * made anew from them whenever it could differ.
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
static int running_rebuild(Intake *in, Running *running, const AttemptRow *a) {
        int64_t n = 0;
        int r;

        r = cycle_from_start(in, a, -1, &running->cycle);
        if (r < 0)
                return r;
        for (;;) {
                _cleanup_(freep) void *data = NULL;
                size_t size, count, samples;

                r = chunk_next(in->store, a->id, &n, &samples, &data, &size);
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
        }
        running->stale = false;
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

int running_get(Intake *in, const char *autoclave, Running **ret, AttemptRow *ret_attempt) {
        Running *running = running_slot(in, autoclave);
        int r;

        if (!running)
                return -ENOMEM;
        r = attempt_open(in->store, autoclave, ret_attempt);
        if (r <= 0)
                return r;
        if (running->stale || running->attempt != ret_attempt->id) {
                running->attempt = ret_attempt->id;
                r = running_rebuild(in, running, ret_attempt);
                if (r < 0)
                        return r;
        }
        *ret = running;
        return 1;
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
        AttemptRow attempt;
        Running *running;
        int r = running_get(in, autoclave, &running, &attempt);

        if (r <= 0)
                return r;
        running->touched = true;
        cycle_gap(&running->cycle);
        return chunk_add(in->store, attempt.id, 0, "", 0);
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

static int attempt_end(Intake *in, Running *running, AttemptRow *a, CycleOutcome outcome, Grade grade) {
        CycleVerdict v;
        int r;

        running->touched = true;
        cycle_end(&running->cycle, outcome, grade, &v);
        a->ended_us = in->now.wall_us;
        a->verdict = (int)v.verdict;
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
                r = pack_save(in->store, &pack);
                if (r < 0)
                        return r;
        }
        return r;
}

int on_cycle_start(Intake *in, const Event *e, const Origin *o) {
        AttemptRow a = { .cycle = e->cycle_start.cycle,
                         .purpose = e->cycle_start.purpose,
                         .started_us = in->now.wall_us },
                   before;
        Running *running;
        int r = running_get(in, o->device->autoclave, &running, &before);

        if (r > 0)
                r = attempt_end(in, running, &before, OUTCOME_ABORTED, GRADE_CONTINUOUS);
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
        running->attempt = a.id;
        r = cycle_from_start(in, &a, in->now.boot_us, &running->cycle);
        return r < 0 ? r : state_autoclave(in, a.autoclave);
}

static int running_want(Intake *in, const char *autoclave, int64_t cycle, Running **ret, AttemptRow *ret_attempt) {
        int r = running_get(in, autoclave, ret, ret_attempt);

        if (r < 0)
                return r;
        if (r == 0)
                return reject(in, REJECT_BAD_MEMBER, "cycle", "No cycle runs in %s. Send cycle-start first.",
                              autoclave);
        if (ret_attempt->cycle != cycle)
                return reject(in, REJECT_BAD_MEMBER, "cycle", "Cycle %lld runs in %s, not %lld.",
                              (long long)ret_attempt->cycle, autoclave, (long long)cycle);
        return 0;
}

int on_sample(Intake *in, const Event *e, const Origin *o) {
        AttemptRow a;
        Running *running;
        CyclePhase before;
        size_t n;
        int r = running_want(in, o->device->autoclave, e->sample.cycle, &running, &a);

        if (r != 0)
                return r;
        if (running->cycle.samples + e->sample.n_samples > ATTEMPT_SAMPLES_MAX)
                return reject(in, REJECT_BAD_MEMBER, "samples",
                              "No cycle has more than %d samples. End it, and start anew.", ATTEMPT_SAMPLES_MAX);
        running->touched = true;
        before = cycle_phase(&running->cycle);
        for (size_t i = 0; i < e->sample.n_samples; i++)
                cycle_sample(&running->cycle, e->sample.samples + i, in->now.boot_us);
        n = samples_encode(e->sample.samples, e->sample.n_samples, in->chunk, SAMPLES_ENCODED_MAX(SAMPLES_MAX));
        r = n ? chunk_add(in->store, a.id, e->sample.n_samples, in->chunk, n) : -ENOBUFS;
        return r < 0 || cycle_phase(&running->cycle) == before ? r : state_autoclave(in, a.autoclave);
}

int on_cycle_end(Intake *in, const Event *e, const Origin *o) {
        AttemptRow a;
        Running *running;
        int r = running_want(in, o->device->autoclave, e->cycle_end.cycle, &running, &a);

        return r != 0 ? r : attempt_end(in, running, &a, (CycleOutcome)e->cycle_end.outcome, (Grade)e->cycle_end.grade);
}

/* --- manifest and release --- */

/* The attempt that a manifest without or with a cycle number belongs to, if it has begun: 1, and whether it is late. */
static int attempt_of_load(Intake *in, const Event *e, AttemptRow *ret, bool *ret_late) {
        Running *running;
        int r = running_get(in, e->load.autoclave, &running, ret);

        if (r < 0)
                return r;
        if (r && e->load.has_cycle && ret->cycle == e->load.cycle) {
                *ret_late = cycle_phase(&running->cycle) != CYCLE_BEFORE_HOLD;
                return 1;
        }
        if (!e->load.has_cycle)
                return 0;
        *ret_late = true;
        r = attempt_by_cycle(in->store, e->load.autoclave, e->load.cycle, ret);
        return r < 0 ? r : r > 0 && ret->verdict >= 0;
}

static int load_pack(Intake *in, const Event *e, const char *label, const AttemptRow *attempt, bool late) {
        PackRow pack;
        int r = pack_get(in->store, label, &pack);

        if (r <= 0)
                return r < 0 ? r
                             : reject(in, REJECT_BAD_MEMBER, "packs", "Pack %s is not known here. Pack it first.",
                                      label);
        if (pack.attempt || pack.opened_us || pack.damaged_us)
                return reject(in, REJECT_BAD_MEMBER, "packs",
                              "Pack %s was in a load, opened or damaged. Pack its items anew.", label);
        if (!attempt)
                return manifest_add(in->store, pack.id, e->load.autoclave, e->load.has_cycle ? e->load.cycle : -1,
                                    in->now.wall_us);
        pack.attempt = attempt->id;
        pack.late = late;
        return pack_save(in->store, &pack);
}

int on_load(Intake *in, const Event *e, const Origin *o) {
        AttemptRow attempt;
        Running *running;
        bool late = false;
        int r, has;

        (void)o;
        if (!config_autoclave(in->config, e->load.autoclave))
                return reject(in, REJECT_BAD_MEMBER, "autoclave", "Autoclave %s is not configured.", e->load.autoclave);
        has = attempt_of_load(in, e, &attempt, &late);
        if (has < 0)
                return has;
        if (has && attempt.released > LOAD_OPEN)
                return reject(in, REJECT_BAD_MEMBER, "cycle", "That load was decided on already.");
        r = 0;
        for (size_t i = 0; i < e->load.packs.n && r == 0; i++)
                r = load_pack(in, e, e->load.packs.v[i], has ? &attempt : NULL, late);
        if (r != 0 || !has || attempt.verdict >= 0)
                return r;
        r = running_get(in, attempt.autoclave, &running, &attempt);
        if (r > 0) {
                running->touched = true;
                cycle_load(&running->cycle);
        }
        return r < 0 ? r : 0;
}

/* Why a load is not released, each a rule and its sentence. */
typedef struct Refusals {
        size_t n;
        EncodeReason v[24];
        char text[24][CYCLE_TEXT_MAX];
} Refusals;

static void refuse_load(Refusals *x, const char *rule, const char *text) {
        if (x->n == ELEMENTSOF(x->v))
                return;
        snprintf(x->text[x->n], sizeof(x->text[0]), "%s", text);
        x->v[x->n] = (EncodeReason){ .rule = rule, .text = x->text[x->n] };
        x->n++;
}

/* The verdict's reasons; their ids are static strings of the core. */
static void refuse_verdict(Refusals *x, const AttemptRow *a) {
        json_t *array = a->reasons[0] ? json_loads(a->reasons, 0, NULL) : NULL, *one;
        size_t i;

        json_array_foreach(array, i, one) {
                const char *id = json_string_value(json_object_get(one, "rule")) ?: "";

                for (int rule = 0; rule < _CYCLE_RULE_MAX; rule++)
                        if (streq(id, cycle_rule_id((CycleRule)rule)))
                                refuse_load(x, cycle_rule_id((CycleRule)rule),
                                            json_string_value(json_object_get(one, "text")) ?: id);
        }
        json_decref(array);
        if (x->n == 0 && a->verdict != CYCLE_VERIFIED)
                refuse_load(x, "samples-missing", "The cycle was not verified. Run it again.");
}

static bool wet(const Event *e, const PackRow *pack) {
        for (size_t i = 0; i < e->release.wet_packs.n; i++)
                if (streq(e->release.wet_packs.v[i], pack->label))
                        return true;
        return pack->wet;
}

static int refuse_packs(Intake *in, const Event *e, const AttemptRow *a, Refusals *x) {
        PackRow pack = {};
        size_t packs = 0, late = 0, damp = 0;
        int r;

        while ((r = pack_in_attempt_next(in->store, a->id, pack.id, &pack)) > 0) {
                packs++;
                late += pack.late;
                damp += wet(e, &pack);
        }
        if (r < 0)
                return r;
        if (packs == 0 || packs == late)
                refuse_load(x, "manifest-missing",
                            "No pack was named for this cycle before its hold began. Scan the packs into the next load "
                            "and run it.");
        if (damp > 1 || !e->release.dry)
                refuse_load(x, "wet-pack",
                            "The load is wet. Dry, pack and sterilize all of it again; check the drying.");
        return 0;
}

static int refusals_find(Intake *in, const Event *e, const AttemptRow *a, Refusals *x) {
        const ConfigPractitioner *by = config_practitioner(in->config, e->release.by);

        if (!by || !config_person_is(by, PERSON_RELEASER))
                refuse_load(x, "releaser-unknown", "The person is not registered as a releaser. Ask one who is.");
        if (a->verdict < 0)
                refuse_load(x, "samples-missing", "The cycle has not ended yet.");
        else
                refuse_verdict(x, a);
        if (a->released == LOAD_RELEASED)
                refuse_load(x, "load-released", "This load was released already.");
        if (a->released == LOAD_REJECTED)
                refuse_load(x, "load-rejected",
                            "This load was rejected. Its packs must be packed and sterilized anew.");
        if (a->released == LOAD_RECALLED)
                refuse_load(x, "load-recalled",
                            "The release of this load was withdrawn. Its packs stay in quarantine.");
        return refuse_packs(in, e, a, x);
}

/* Release makes the packs sterile: those that were in the manifest in time, dry and whole. */
static int make_sterile(Intake *in, const Event *e, const AttemptRow *a) {
        PackRow pack = {};
        int r;

        while ((r = pack_in_attempt_next(in->store, a->id, pack.id, &pack)) > 0) {
                ItemRow item = {};

                pack.wet = wet(e, &pack);
                if (!pack.late && !pack.wet && !pack.damaged_us)
                        pack.sterile_us = a->ended_us;
                r = pack_save(in->store, &pack);
                while (r >= 0 && (r = item_in_pack_next(in->store, pack.id, item.id, &item)) > 0) {
                        item.cycles++;
                        if (pack.sterile_us && item.state == ITEM_PACKED)
                                r = item_enter_state(in, &item, ITEM_STERILE);
                        if (r >= 0)
                                r = item_save(in->store, &item);
                }
                if (r < 0)
                        return r;
        }
        return r;
}

static int release_answer(Intake *in, const Event *e, const AttemptRow *a, const Refusals *x) {
        char topic[TOPIC_MAX];
        int r = topic_down(in->config->site.id, e->kind, e->device, "released", topic);

        if (r == 0)
                r = encode_released(&in->w, &(EncodeReleased){ .autoclave = e->release.autoclave,
                                                               .has_cycle = a || e->release.has_cycle,
                                                               .cycle = a ? a->cycle : e->release.cycle,
                                                               .attempt = a ? a->label : e->release.attempt,
                                                               .released = x->n == 0,
                                                               .reasons = { x->n, x->v } });
        return r < 0 ? r : publish_durable(in, topic, false);
}

static int release_tell(Intake *in, const Event *e, const AttemptRow *a, const Refusals *x) {
        const char *what = e->release.decision == DECISION_REJECT ? "rejected" : x->n ? "refused" : "released";
        const LogSubject subject = { .rule = x->n ? x->v[0].rule : NULL, .device = a->autoclave, .cycle = a->label };
        int r;

        record_begin(in, "release");
        jsonw_member_string(&in->w, "attempt", a->label);
        jsonw_member_string(&in->w, "by", e->release.by);
        jsonw_member_string(&in->w, "what", what);
        r = record_end(in, NULL);
        if (r < 0)
                return r;
        return batch_log(&in->batch, x->n ? LOG_LOAD_REFUSED_KIND : LOG_LOAD_RELEASED_KIND,
                         x->n ? LOG_WARNING : LOG_INFO, &subject, "load %s %s by %s%s%s", a->label, what, e->release.by,
                         x->n ? ": " : "", x->n ? x->v[0].text : "");
}

/* To withdraw a release recalls: its packs may have gone out. */
static int refused_state(const AttemptRow *a) {
        return a->released == LOAD_RELEASED || a->released == LOAD_RECALLED ? LOAD_RECALLED : LOAD_REJECTED;
}

/* Anybody may reject. That refuses the packs for good; after a release it withdraws it, which recalls. */
static int release_decide(Intake *in, const Event *e, AttemptRow *a, Refusals *x) {
        const bool rejected = e->release.decision == DECISION_REJECT;
        int r = rejected ? 0 : refusals_find(in, e, a, x);

        if (r < 0 || x->n)
                return r;
        a->released = rejected ? refused_state(a) : LOAD_RELEASED;
        a->released_us = in->now.wall_us;
        snprintf(a->released_by, sizeof(a->released_by), "%s", e->release.by);
        r = rejected ? 0 : make_sterile(in, e, a);
        if (rejected)
                refuse_load(x, "load-rejected",
                            "It was rejected. Its items must be cleaned, packed and sterilized again.");
        return r < 0 ? r : attempt_save(in->store, a);
}

/* Which attempt is meant: 1; 0 and *ret_why where that is not clear. */
static int release_which(Intake *in, const Event *e, AttemptRow *ret, const char **ret_why) {
        int r = e->release.attempt ? attempt_get(in->store, e->release.attempt, ret)
                                   : attempt_by_cycle(in->store, e->release.autoclave, e->release.cycle, ret);

        *ret_why = r > 1    ? "More than one attempt bears this cycle number. Name the attempt."
                   : r == 0 ? "No such cycle is known here."
                            : "That attempt was made in another autoclave.";
        return r < 0 ? r : r == 1 && streq(ret->autoclave, e->release.autoclave);
}

int on_release(Intake *in, const Event *e, const Origin *o) {
        _cleanup_(freep) Refusals *x = calloc(1, sizeof(*x));
        const char *why;
        AttemptRow a;
        int r = x ? release_which(in, e, &a, &why) : -ENOMEM;

        (void)o;
        if (r < 0)
                return r;
        if (r == 0) {
                refuse_load(x, "manifest-missing", why);
                return release_answer(in, e, NULL, x);
        }
        r = release_decide(in, e, &a, x);
        if (r == 0)
                r = release_tell(in, e, &a, x);
        return r < 0 ? r : release_answer(in, e, &a, x);
}
