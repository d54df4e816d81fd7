/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Running: the cycle that runs in each autoclave. It is only a shortcut for what the ledger says of it (what was
 * announced, samples with the time at which they came, gaps, absences), and is made anew from there whenever it could
 * differ: after a batch that was lost, and after a restart. So a restart in mid-cycle loses nothing, and what was missed
 * meanwhile shows as it does otherwise, by a hole in the device's numbers.
 *
 * Samples are written when something but a message comes, at the latest before the commit: those of one batch as one row.
 * Until then they wait in memory, and whatever reads or writes the cycle's rows has them written first. What an undone
 * savepoint had added is cut off again; what it had written before that waits anew.
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

static int take_parts(Intake *in, Running *running, const uint8_t *data, size_t size) {
        PartReader parts;
        Part part;
        int r;

        parts_begin(&parts, data, size);
        while ((r = part_next(&parts, &part)) > 0) {
                size_t n;

                r = samples_decode(part.samples, part.size, in->samples, SAMPLES_MAX, &n);
                if (r < 0)
                        return r;
                running_feed(running, in->samples, n, part.stamped ? &part.stamp : NULL);
        }
        return r;
}

/* One chunk as the ledger has it. Without samples it is an absence, or with no bytes either a gap. */
static int take_chunk(Intake *in, Running *running, const uint8_t *data, size_t size, size_t samples) {
        size_t stamped = 0;
        Stamp stamp;
        int is;

        if (samples > 0)
                return take_parts(in, running, data, size);
        is = stamp_decode(data, size, &stamp, &stamped);
        if (is < 0)
                return is;
        if (is)
                cycle_away(&running->cycle, stamp.us);
        else
                cycle_gap(&running->cycle);
        running->gaps += !is;
        return 0;
}

static int rebuild(Intake *in, Running *running) {
        const Waiting *w = &running->waits;
        int r = running_begin(in, running);

        if (r < 0)
                return r;
        for (;;) {
                _cleanup_(freep) void *data = NULL;
                size_t size, samples;

                r = chunk_next(in->store, running->attempt.id, &running->chunks, &samples, &data, &size);
                if (r <= 0)
                        break;
                r = take_chunk(in, running, data, size, samples);
                if (r < 0)
                        return r;
        }
        if (r < 0 || w->parts == 0)
                return r;
        return take_parts(in, running, running->waiting + w->from, w->to - w->from);
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

/* --- samples on their way into the ledger --- */

void running_mark(Intake *in) {
        for (size_t i = 0; i < in->n_running; i++) {
                Running *running = in->running + i;

                running->touched = false;
                if (running->waits.parts == 0)
                        running->waits = (Waiting){};
                running->before = running->waits;
        }
}

void running_undo(Intake *in) {
        for (size_t i = 0; i < in->n_running; i++) {
                Running *running = in->running + i;

                running->stale |= running->touched;
                running->waits = running->before;
        }
}

void running_lost(Intake *in) {
        running_forget(in);
        for (size_t i = 0; i < in->n_running; i++)
                in->running[i].waits = in->running[i].before = (Waiting){};
}

/* What came in one message alone is written as it is, as one part of no chunk. */
int running_write(Intake *in, Running *running) {
        Waiting *w = &running->waits;
        const size_t from = w->parts == 1 ? w->last : w->from;
        int r = w->parts > 0 && running->stale ? running_load(in, running) : 0;

        if (r < 0 || w->parts == 0)
                return r;
        r = chunk_add(in->store, running->attempt.id, running->chunks + 1, w->samples, running->waiting + from, w->to - from);
        if (r < 0)
                return r;
        running->touched = true;
        running->chunks++;
        w->from = w->to;
        w->parts = w->samples = 0;
        return 0;
}

int running_settle(Intake *in) {
        int r = 0;

        for (size_t i = 0; i < in->n_running && r == 0; i++)
                r = running_write(in, in->running + i);
        return r;
}

int running_keep(Intake *in, Running *running, size_t samples, const uint8_t *data, size_t size) {
        Waiting *w = &running->waits;
        size_t used;

        if (!running->waiting)
                running->waiting = malloc(WAITING_MAX);
        if (!running->waiting)
                return -ENOMEM;
        used = part_add(running->waiting + w->from, w->to - w->from, WAITING_MAX - w->from, data, size);
        if (!used) {
                int r = running_write(in, running);

                if (r < 0)
                        return r;
                used = part_add(running->waiting + w->from, 0, WAITING_MAX - w->from, data, size);
        }
        if (!used)
                return chunk_add(in->store, running->attempt.id, ++running->chunks, samples, data, size);
        w->to = w->from + used;
        w->last = w->to - size;
        w->samples += samples;
        w->parts++;
        return 0;
}

void running_free(Intake *in) {
        for (size_t i = 0; i < in->n_running; i++)
                free(in->running[i].waiting);
        free(in->running);
}

/* --- gaps and absences: chunks without samples --- */

int running_gap(Intake *in, const char *autoclave) {
        Running *running;
        int r = running_get(in, autoclave, &running);

        if (r > 0)
                r = running_write(in, running) ?: 1;
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
        int r = running_write(in, running);

        if (r < 0)
                return r;
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
