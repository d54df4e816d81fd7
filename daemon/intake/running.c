/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running: the cycle that runs in each autoclave. It is only a shortcut for what the ledger says of it (what was
 * announced, samples with the time at which they came, gaps, absences), and is made anew from there whenever it could
 * differ: after a batch that was lost, and after a restart. So a restart in mid-cycle loses nothing, and what was missed
 * meanwhile shows as it does otherwise, by a hole in the device's numbers.
 */
#include <errno.h>
#include <stdio.h>

#include "codec/attempt.h"
#include "core/samples.h"
#include "intake/sterile.h"

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

/* As it begins, with what the ledger already says is in it. */
int running_begin(Intake *in, Running *running) {
        const AttemptRow *a = &running->attempt;
        CycleProgram program;
        AttemptStart said;
        PackRow pack;
        int r = attempt_start_read(a->start, &said);
        bool known = program_of(in, a->autoclave, a->program, &program);

        if (r < 0)
                return r;
        running->chunks = running->gaps = 0;
        running->stored = 0;
        running->epoch = said.epoch;
        cycle_begin(&running->cycle, known ? &program : NULL,
                    &(CycleStart){ .purpose = (Purpose)a->purpose,
                                   .has_set_temperature = said.has_set_temperature,
                                   .has_set_hold = said.has_set_hold,
                                   .set_temperature_mc = said.set_temperature_mc,
                                   .set_hold_us = said.set_hold_us,
                                   .arrival_us = said.has_arrival ? said.arrival_us : -1 });
        r = pack_in_attempt_next(in->store, a->id, 0, &pack);
        if (r > 0)
                cycle_load(&running->cycle);
        return r < 0 ? r : 0;
}

void running_feed(Running *running, const Sample *samples, size_t n, const Stamp *arrival) {
        if (arrival && arrival->epoch != running->epoch) {
                cycle_clock_anew(&running->cycle);
                running->epoch = arrival->epoch;
        }
        for (size_t i = 0; i < n; i++)
                cycle_sample(&running->cycle, samples + i, arrival ? arrival->us : -1);
        running->stored += n;
}

/* One chunk as the ledger has it. Without samples it is an absence, or with no bytes either a gap. */
static int take_chunk(Intake *in, Running *running, const uint8_t *data, size_t size, size_t samples) {
        size_t stamped = 0, n;
        Stamp stamp;
        int is = stamp_decode(data, size, &stamp, &stamped), r;

        if (is < 0)
                return is;
        if (samples == 0) {
                if (is)
                        cycle_away(&running->cycle, stamp.us);
                else
                        cycle_gap(&running->cycle);
                running->gaps += !is;
                return 0;
        }
        r = samples_decode(data + stamped, size - stamped, in->samples, SAMPLES_MAX, &n);
        if (r == 0)
                running_feed(running, in->samples, n, is ? &stamp : NULL);
        return r;
}

static int rebuild(Intake *in, Running *running) {
        int r = running_begin(in, running);

        if (r < 0)
                return r;
        for (;;) {
                _cleanup_(freep) void *data = NULL;
                size_t size, samples;

                r = chunk_next(in->store, running->attempt.id, &running->chunks, &samples, &data, &size);
                if (r > 0)
                        r = take_chunk(in, running, data, size, samples);
                else
                        return r;
                if (r < 0)
                        return r;
        }
}

Running *running_slot(Intake *in, const char *autoclave) {
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
        r = r ? rebuild(in, running) : 0;
        running->stale = r < 0;
        running->touched = true; /* it holds what the message at hand may have written before */
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

/* --- gaps and absences: chunks without samples --- */

int running_gap(Intake *in, const char *autoclave) {
        Running *running;
        int r = running_get(in, autoclave, &running);

        if (r <= 0)
                return r;
        running->touched = true;
        running->gaps++;
        cycle_gap(&running->cycle);
        return chunk_add(in->store, running->attempt.id, ++running->chunks, 0, "", 0);
}

static int away(Intake *in, Running *running, int64_t us) {
        uint8_t buf[STAMP_MAX];
        size_t n = stamp_encode(&(Stamp){ STAMP_AWAY, in->epoch, us }, buf, sizeof(buf));

        cycle_away(&running->cycle, us);
        return chunk_add(in->store, running->attempt.id, ++running->chunks, 0, buf, n);
}

int running_away(Intake *in, int64_t us) {
        for (size_t i = 0; i < in->n_running && us > 0; i++) {
                Running *running;
                int r = running_get(in, in->running[i].autoclave, &running);

                if (r > 0)
                        r = away(in, running, us);
                if (r < 0)
                        return r;
        }
        return 0;
}

/* What waited at the broker while the daemon was down comes late: since when, the last arrival says. After a restart of
 * the machine arrivals are on another clock anyway. */
static int take_up(Intake *in, Running *running) {
        const Cycle *c = &running->cycle;
        int64_t last_us = c->has_arrival ? c->arrival_us : c->start.arrival_us, away_us = 0;
        int r = 0;

        if (running->epoch == in->epoch && last_us >= 0 && in->now.boot_us > last_us)
                away_us = in->now.boot_us - last_us;
        if (away_us > 0)
                r = away(in, running, away_us);
        if (r < 0)
                return r;
        running->taken_up = true;
        record_begin(in, "cycle-taken-up");
        jsonw_member_string(&in->w, "attempt", running->attempt.label);
        jsonw_member_int(&in->w, "samples", (int64_t)running->stored);
        jsonw_member_int(&in->w, "gaps", running->gaps);
        jsonw_member_int(&in->w, "away_us", away_us);
        return record_end(in, NULL);
}

int running_take_up(Intake *in) {
        for (size_t i = 0; i < in->config->n_autoclaves; i++) {
                Running *running;
                int r = running_get(in, in->config->autoclaves[i].id, &running);

                if (r > 0)
                        r = take_up(in, running);
                if (r < 0)
                        return r;
        }
        return 0;
}

int running_tell(Intake *in) {
        int r = 0;

        for (size_t i = 0; i < in->n_running && r == 0; i++) {
                Running *running = in->running + i;
                const LogSubject subject = { .device = running->autoclave, .cycle = running->attempt.label };

                if (!running->taken_up || running->stale)
                        continue;
                running->taken_up = false;
                r = batch_log(&in->batch, LOG_CYCLE_TAKEN_UP_KIND, LOG_NOTICE, &subject,
                              "cycle %lld of %s (%s) goes on after a restart: %zu samples in the ledger, %s",
                              (long long)running->attempt.cycle, running->autoclave, running->attempt.label,
                              running->stored,
                              running->gaps ? "messages are missing between them" : "nothing missing between them");
        }
        return r;
}
