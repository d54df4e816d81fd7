/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A generated cycle, changed by whatever bytes come: samples overwritten, taken out or put again, gaps and restarts of
 * the clock in between. A verified cycle must have, by an obvious reading of its samples, a hold that is long enough;
 * and a generated fault that shows is never verified by itself.
 */
#include "../lib/cyclegen.h"
#include "core/steam.h"
#include "util.h"

typedef struct Bytes {
        const uint8_t *at, *end;
} Bytes;

static uint32_t take(Bytes *b, size_t n) {
        uint32_t v = 0;

        while (n-- > 0 && b->at < b->end)
                v = v << 8 | *b->at++;
        return v;
}

static GenCycle gen;

static void change(Bytes *b) {
        size_t i = take(b, 2) % gen.n, n = gen.n;
        Sample *s = gen.samples + i;

        switch (take(b, 1) % 6) {
        case 0:
                s->temperature_mc = (int32_t)take(b, 4);
                break;
        case 1:
                s->pressure_pa = (int32_t)take(b, 4);
                break;
        case 2:
                s->temperature_mc += (int16_t)take(b, 2);
                break;
        case 3:
                s->pressure_pa += (int16_t)take(b, 2);
                break;
        case 4:
                s->t_us += (int64_t)(int32_t)take(b, 4) * 1000;
                break;
        case 5:
                gen.n -= MIN_OF((size_t)take(b, 1), n - i - 1);
                memmove(s, s + (n - gen.n), (gen.n - i) * sizeof(*s));
                break;
        }
}

static bool counts(const CycleProgram *p, const Sample *s) {
        const int32_t n = p->uncertainty_mc + (p->display_step_mc + 1) / 2, t = s->temperature_mc;
        const int64_t boiling = steam_saturation_mc(s->pressure_pa);

        return boiling != STEAM_OUT_OF_RANGE && t >= p->set_temperature_mc + n &&
               t <= p->set_temperature_mc + p->band_mc - n && boiling >= p->set_temperature_mc &&
               boiling <= p->set_temperature_mc + p->band_mc && t - boiling <= 2000 && boiling - t <= 2000;
}

/* Some stretch of counting samples in their order, at most two others in it, none of them further apart than allowed. */
static bool has_hold(const CycleProgram *p, int64_t least_us) {
        for (size_t from = 0; from < gen.n; from++) {
                int64_t last = gen.samples[from].t_us;
                int others = 0;

                if (!counts(p, gen.samples + from))
                        continue;
                for (size_t i = from; i < gen.n && others <= CYCLE_SPIKES_MAX; i++) {
                        const Sample *s = gen.samples + i;

                        if (!counts(p, s)) {
                                others++;
                                continue;
                        }
                        if (s->t_us - last > p->gap_max_us || s->t_us < last)
                                break;
                        last = s->t_us;
                        if (last - gen.samples[from].t_us >= least_us)
                                return true;
                }
        }
        return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        static const CycleProgram *const programs[] = { &GEN_PREVAC_134, &GEN_GRAVITY_121, &GEN_BOWIE_DICK };
        static Cycle cycle;
        static CycleVerdict verdict, again;
        Bytes b = { data, data + size };
        const CycleProgram *p = programs[take(&b, 1) % ELEMENTSOF(programs)];
        /* A program without pulses has none to leave out. */
        GenFault fault = p->prevacuum ? (GenFault)(take(&b, 1) % _GEN_FAULT_MAX) : GEN_SOUND;
        uint64_t seed = take(&b, 2);
        bool changed = false;

        cyclegen(&gen, p, fault, seed, 0);
        for (unsigned n = take(&b, 1) % 32; n > 0 && b.at < b.end; n--, changed = true)
                change(&b);
        cycle_begin(&cycle, p, &(CycleStart){ .purpose = p->test_program ? PURPOSE_TEST : PURPOSE_LOAD, .arrival_us = 0 });
        for (size_t i = 0; i < gen.n; i++) {
                uint32_t act = b.at < b.end ? take(&b, 1) : 255;

                if (act == 0)
                        cycle_gap(&cycle);
                if (act == 1)
                        cycle_clock_anew(&cycle);
                if (act == 2)
                        cycle_away(&cycle, take(&b, 4));
                cycle_sample(&cycle, gen.samples + i, (int64_t)((double)i * 1e6));
        }
        cycle_end(&cycle, OUTCOME_COMPLETED, GRADE_CONTINUOUS, &verdict);
        cycle_end(&cycle, OUTCOME_COMPLETED, GRADE_CONTINUOUS, &again);
        if (memcmp(&verdict, &again, sizeof(verdict)) != 0)
                abort();
        if (verdict.verdict == CYCLE_VERIFIED && !has_hold(p, verdict.required_us))
                abort();
        if (verdict.verdict == CYCLE_VERIFIED && !changed && cyclegen_shows(fault) == GEN_SHOWS && fault != GEN_WRONG_CLOCK)
                abort();
        return 0;
}
