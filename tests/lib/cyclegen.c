/* SPDX-License-Identifier: Apache-2.0 */
#include "cyclegen.h"

#include <math.h>
#include <string.h>

#include "core/steam.h"

const CycleProgram GEN_PREVAC_134 = {
        .name = "prevac-134", .set_temperature_mc = 134000, .band_mc = 3000, .uncertainty_mc = 500,
        .display_step_mc = 100, .hold_min_us = 180000000, .set_hold_us = 210000000, .gap_max_us = 2500000,
        .print_interval_us = 60000000, .prevacuum = true, .pulses = 3, .pulse_pressure_pa = 20000,
};

const CycleProgram GEN_GRAVITY_121 = {
        .name = "gravity-121", .set_temperature_mc = 121000, .band_mc = 3000, .uncertainty_mc = 500,
        .display_step_mc = 100, .hold_min_us = 900000000, .set_hold_us = 900000000, .gap_max_us = 2500000,
        .print_interval_us = 60000000,
};

/* A test that is read off its sheet: the hold must be neither shorter nor much longer. */
const CycleProgram GEN_BOWIE_DICK = {
        .name = "bowie-dick", .set_temperature_mc = 134000, .band_mc = 3000, .uncertainty_mc = 500,
        .display_step_mc = 100, .hold_min_us = 210000000, .gap_max_us = 2500000, .prevacuum = true, .pulses = 3,
        .pulse_pressure_pa = 20000, .test_program = true,
};

/* The chamber as it is, second by second, before sensors and faults. */
typedef struct Chamber {
        const CycleProgram *program;
        GenMachine machine;
        GenFault fault;
        GenRandom random;
        double pressure_pa, probe_c;
        double hold_c, bias_c; /* what the probe is held at; how much it reads above saturation */
        GenCycle *out;
} Chamber;

uint64_t gen_random(GenRandom *r) { /* splitmix64 */
        uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
        return z ^ (z >> 31);
}

double gen_uniform(GenRandom *r, double from, double to) {
        return from + (to - from) * (double)(gen_random(r) >> 11) / 9007199254740992.0;
}

static int pick(GenRandom *r, int from, int to) {
        return from + (int)(gen_random(r) % (uint64_t)(to - from + 1));
}

/* Near enough to a normal distribution, and never further out than 3.5 sigma. */
static double noise(GenRandom *r, double sigma) {
        double sum = 0;
        for (int i = 0; i < 4; i++)
                sum += gen_uniform(r, -1, 1);
        return sigma * sum * 0.8660254;
}

static double boiling_c(double pressure_pa) {
        return steam_saturation_k(pressure_pa / 1e6) - 273.15;
}

static double pressure_of(double boiling) {
        return steam_pressure_mpa(boiling + 273.15) * 1e6;
}

static int32_t stepped(double value, int32_t step) {
        return (int32_t)(lround(value / step) * step);
}

static void record(Chamber *c, double probe_c) {
        GenCycle *g = c->out;
        if (g->n == CYCLEGEN_SAMPLES_MAX)
                return;
        Sample *s = &g->samples[g->n];
        s->t_us = (int64_t)g->n * 1000000;
        s->temperature_mc = stepped((probe_c + noise(&c->random, c->machine.noise_c)) * 1000, c->machine.step_mc);
        s->pressure_pa = stepped(c->pressure_pa + noise(&c->random, c->machine.noise_pa), c->machine.step_pa);
        g->n++;
}

/* The pressure goes to its target in so many seconds, the probe follows the steam with its lag. */
static void drive(Chamber *c, double target_pa, int seconds) {
        double factor = pow(target_pa / c->pressure_pa, 1.0 / seconds);
        for (int i = 0; i < seconds; i++) {
                c->pressure_pa *= factor;
                c->probe_c += (boiling_c(c->pressure_pa) + c->bias_c - c->probe_c) * 0.2;
                record(c, c->probe_c);
        }
}

static void remove_air(Chamber *c) {
        bool few = c->fault == GEN_TOO_FEW_PULSES, shallow = few && pick(&c->random, 0, 1);
        int bad = pick(&c->random, 0, c->program->pulses - 1);
        for (int i = 0; i < c->program->pulses; i++) {
                double low = gen_uniform(&c->random, 9000, 16000);
                if (few && i == bad && !shallow)
                        continue;
                if (few && i == bad)
                        low = gen_uniform(&c->random, 24000, 60000);
                drive(c, low, pick(&c->random, 40, 70));
                drive(c, gen_uniform(&c->random, 110000, 170000), pick(&c->random, 25, 50));
        }
}

static void heat(Chamber *c) {
        double rate = gen_uniform(&c->random, 0.12, 0.3), steam = boiling_c(c->pressure_pa);
        for (double to = c->hold_c - c->bias_c; steam < to;) {
                steam = fmin(steam + rate, to);
                c->pressure_pa = pressure_of(steam);
                c->probe_c += (steam + c->bias_c - c->probe_c) * 0.2;
                record(c, c->probe_c);
        }
}

static int hold_seconds(Chamber *c) {
        const CycleProgram *p = c->program;
        double set = (double)p->set_hold_us * 0.975, longer = set > (double)p->hold_min_us ? set : (double)p->hold_min_us;
        int required = (int)ceil(longer / 1e6);
        if (c->fault == GEN_SHORT_HOLD)
                return required - pick(&c->random, 15, 150);
        if (c->fault == GEN_WRONG_CLOCK)
                return (int)((required + 10) / c->out->clock);
        if (p->test_program)
                return required + pick(&c->random, 8, 20);
        if (c->fault == GEN_BRIEF_DIP || c->fault == GEN_SPIKES)
                return required + pick(&c->random, 10, 60);
        return required + pick(&c->random, 10, 90);
}

static void hold(Chamber *c) {
        GenRandom *r = &c->random;
        int seconds = hold_seconds(c), at = pick(r, 70, seconds - 70 > 70 ? seconds - 70 : 70), wide = pick(r, 1, 5);
        double ripple = gen_uniform(r, 0.02, 0.12), period = gen_uniform(r, 15, 60);
        double dip = gen_uniform(r, 1, 3), bump = gen_uniform(r, 3.2, 6);
        c->out->hold_from = c->out->n;
        for (int i = 0; i < seconds; i++) {
                double probe = c->hold_c + ripple * sin(i * 6.2831853 / period);
                if (c->fault == GEN_BRIEF_DIP && i >= at && i < at + wide)
                        probe = c->program->set_temperature_mc / 1000.0 - dip;
                if (c->fault == GEN_OVERSHOOT && i >= at && i < at + wide)
                        probe = c->program->set_temperature_mc / 1000.0 + bump;
                c->pressure_pa = pressure_of(probe - c->bias_c);
                c->probe_c += (probe - c->probe_c) * 0.7;
                record(c, probe);
        }
        c->out->hold_to = c->out->n - 1;
}

static void exhaust_and_dry(Chamber *c, int length_s) {
        GenRandom *r = &c->random;
        double vacuum = gen_uniform(r, 8000, 15000), wet_c = c->fault == GEN_WET_STEAM ? 25 : 0;
        double dry_c = gen_uniform(r, 80, 100) - wet_c; /* what boils off a wet load keeps it cool */
        int seconds = length_s ? length_s - (int)c->out->n - 120 : pick(r, 120, 400);
        drive(c, c->machine.site_pa, pick(r, 25, 60));
        if (c->program->prevacuum)
                drive(c, vacuum, pick(r, 40, 60));
        for (int i = 0; i < seconds; i++) {
                c->probe_c += (dry_c - c->probe_c) * 0.01;
                record(c, c->probe_c);
        }
        for (int i = 0; i < 30; i++) {
                c->pressure_pa += (c->machine.site_pa - c->pressure_pa) * 0.3;
                record(c, c->probe_c);
        }
}

static void remove_samples(GenCycle *g, size_t from, size_t n) {
        memmove(&g->samples[from], &g->samples[from + n], (g->n - from - n) * sizeof(*g->samples));
        g->n -= n;
}

static void stick(Chamber *c, bool temperature) {
        GenCycle *g = c->out;
        int how = pick(&c->random, 0, 2);
        size_t held = (g->hold_from + g->hold_to) / 2, from = how == 0 ? 0 : how == 1 ? g->hold_from - 30 : held;
        Sample s = g->samples[how == 1 ? from : held];
        if (how == 2) /* the chamber leaves the band before the hold is long enough */
                remove_samples(g, held + 10, g->hold_to - held - 10);
        for (size_t i = from; i < g->n; i++) {
                if (temperature)
                        g->samples[i].temperature_mc = s.temperature_mc;
                else
                        g->samples[i].pressure_pa = s.pressure_pa;
        }
        for (size_t i = 0; i < g->n; i++)
                g->samples[i].t_us = (int64_t)i * 1000000;
}

static void spike(Chamber *c, int n) {
        GenCycle *g = c->out;
        size_t at = g->hold_from + (size_t)pick(&c->random, 70, 80);
        for (int i = 0; i < n; i++, at += (size_t)pick(&c->random, 2, 6)) {
                double off = gen_uniform(&c->random, 21000, 90000);
                g->samples[at].temperature_mc += stepped(pick(&c->random, 0, 1) ? off : -off, c->machine.step_mc);
        }
}

static void shift_pressure(GenCycle *g, double by_pa) {
        for (size_t i = 0; i < g->n; i++)
                g->samples[i].pressure_pa = (int32_t)(g->samples[i].pressure_pa + by_pa);
}

/* Rows as a printer has them: the turning points of air removal, a row a minute in the hold, the last one twice. */
static void thin_out(GenCycle *g, const CycleProgram *p) {
        size_t n = 0;
        Sample last = g->samples[g->hold_to];
        for (size_t i = 0; i < g->n; i++) {
                bool turning = i > 1 && i + 2 < g->hold_from && i + 2 < g->n &&
                               ((g->samples[i].pressure_pa < p->pulse_pressure_pa &&
                                 g->samples[i + 2].pressure_pa > g->samples[i].pressure_pa + 1000) ||
                                (g->samples[i].pressure_pa > 100000 &&
                                 g->samples[i + 2].pressure_pa < g->samples[i].pressure_pa - 5000));
                bool held = i >= g->hold_from + 5 && i < g->hold_to && (i - g->hold_from - 5) % 60 == 0;
                if (turning || held || (i > g->hold_to && i % 60 == 0))
                        g->samples[n++] = g->samples[i];
                if (i == g->hold_to)
                        g->samples[n] = g->samples[n + 1] = last, n += 2;
        }
        g->n = n;
}

static void steam_colder(Chamber *c) {
        GenCycle *g = c->out;
        double below = c->program->set_temperature_mc / 1000.0 - 1.5;
        for (size_t i = 0; i < g->n; i++) {
                Sample *s = &g->samples[i];
                double steam = boiling_c(s->pressure_pa);
                if (c->fault == GEN_STEAM_OFFSET)
                        s->pressure_pa = (int32_t)pressure_of(steam - 1.5);
                else if (steam > below)
                        s->pressure_pa = (int32_t)pressure_of(below);
        }
}

static void mix_up_units(Chamber *c) {
        GenCycle *g = c->out;
        int which = pick(&c->random, 0, 3);
        if (which < 2)
                shift_pressure(g, which ? c->machine.site_pa : -c->machine.site_pa);
        for (size_t i = 0; i < g->n; i++) {
                Sample *s = &g->samples[i];
                if (which == 2) /* degrees Fahrenheit */
                        s->temperature_mc = s->temperature_mc / 5 * 9 + 32000;
                if (which == 3) /* pounds per square inch */
                        s->pressure_pa = (int32_t)(s->pressure_pa / 6.894757);
        }
}

static void break_it(Chamber *c) {
        GenCycle *g = c->out;
        GenRandom *r = &c->random;
        size_t middle = (g->hold_from + g->hold_to) / 2;
        if (c->fault == GEN_SPIKE || c->fault == GEN_SPIKES)
                spike(c, c->fault == GEN_SPIKE ? pick(r, 1, 2) : pick(r, 3, 5));
        if (c->fault == GEN_DROPPED_SAMPLES)
                remove_samples(g, middle, (size_t)pick(r, 4, 40));
        if (c->fault == GEN_DROPPED_SENSOR)
                for (size_t i = middle; i < g->n; i++)
                        g->samples[i].temperature_mc = 0;
        if (c->fault == GEN_UNIT_MIXUP)
                mix_up_units(c);
        if (c->fault == GEN_SEA_LEVEL)
                shift_pressure(g, 101325 - c->machine.site_pa);
        if (c->fault == GEN_STUCK_TEMPERATURE || c->fault == GEN_STUCK_PRESSURE)
                stick(c, c->fault == GEN_STUCK_TEMPERATURE);
        if (c->fault == GEN_STEAM_COLD || c->fault == GEN_STEAM_OFFSET)
                steam_colder(c);
        if (c->fault == GEN_COARSE_ROWS)
                thin_out(g, c->program);
        for (size_t i = 0; i < g->n && g->clock != 1; i++)
                g->samples[i].t_us = (int64_t)((double)g->samples[i].t_us * g->clock);
}

/* Together with what differs from cycle to cycle as real machines do: 196 cycles of ones set to 134.0 were held 1.0 to
 * 2.1 more, with a probe that read 0.5 K less to 1.1 K more than the pressure says. */
void cyclegen_machine(GenMachine *ret, uint64_t seed) {
        GenRandom r = { seed ^ UINT64_C(0x6d616368696e65) };
        double above = gen_uniform(&r, 1.1, 1.9);
        *ret = (GenMachine) {
                .above_c = above,
                .bias_c = gen_uniform(&r, -0.25, fmin(0.75, above - 0.7)),
                .noise_c = gen_uniform(&r, 0.02, 0.06),
                .noise_pa = gen_uniform(&r, 50, 400),
                .site_pa = gen_uniform(&r, 85000, 102000),
                .step_mc = pick(&r, 0, 1) ? 100 : 10,
                .step_pa = pick(&r, 0, 1) ? 100 : 10,
        };
}

/* What differs from cycle to cycle, and what a fault makes of it. */
static void set_up(Chamber *c) {
        GenRandom *r = &c->random;
        c->machine.site_pa = c->fault == GEN_SEA_LEVEL ? gen_uniform(r, 60000, 70000)
                                                       : c->machine.site_pa + gen_uniform(r, -1500, 1500);
        c->pressure_pa = c->machine.site_pa;
        c->probe_c = gen_uniform(r, 25, 70);
        c->hold_c = c->program->set_temperature_mc / 1000.0 + c->machine.above_c + gen_uniform(r, -0.1, 0.1);
        c->bias_c = c->machine.bias_c + gen_uniform(r, -0.15, 0.15);
        if (c->fault == GEN_LITTLE_AIR)
                c->bias_c -= gen_uniform(r, 1.4, 2.6);
        if (c->fault == GEN_AIR_POCKET) {
                c->bias_c = -gen_uniform(r, 2.6, 8);
                if (pick(r, 0, 1)) /* the machine regulates by pressure, and the probe sits in the air */
                        c->hold_c += c->bias_c;
        }
        c->out->clock = c->fault == GEN_WRONG_CLOCK ? gen_uniform(r, 1.05, 1.3) : 1;
}

void cyclegen_on(const GenMachine *machine, GenCycle *ret, const CycleProgram *program, GenFault fault, uint64_t seed,
                 int length_s) {
        Chamber c = { .program = program, .machine = *machine, .fault = fault,
                      .random = { seed * 64 + (uint64_t)fault }, .out = ret };
        ret->n = 0;
        set_up(&c);
        if (program->prevacuum)
                remove_air(&c);
        else
                drive(&c, c.machine.site_pa, 120);
        heat(&c);
        hold(&c);
        exhaust_and_dry(&c, length_s);
        break_it(&c);
}

void cyclegen(GenCycle *ret, const CycleProgram *program, GenFault fault, uint64_t seed, int length_s) {
        GenMachine machine;
        cyclegen_machine(&machine, seed);
        cyclegen_on(&machine, ret, program, fault, seed, length_s);
}

static const struct {
        const char *name;
        GenShows shows;
} FAULTS[_GEN_FAULT_MAX] = {
        [GEN_SOUND] = { "sound", GEN_SHOWS_NOTHING },
        [GEN_SPIKE] = { "spike", GEN_SHOWS_NOTHING },
        [GEN_WET_STEAM] = { "wet steam", GEN_SHOWS_NOTHING },
        [GEN_AIR_POCKET] = { "air pocket", GEN_SHOWS },
        [GEN_SHORT_HOLD] = { "short hold", GEN_SHOWS },
        [GEN_DROPPED_SAMPLES] = { "dropped samples", GEN_SHOWS },
        [GEN_DROPPED_SENSOR] = { "dropped sensor", GEN_SHOWS },
        [GEN_UNIT_MIXUP] = { "unit mix-up", GEN_SHOWS },
        [GEN_SEA_LEVEL] = { "sea-level pressure at altitude", GEN_SHOWS },
        [GEN_STUCK_TEMPERATURE] = { "stuck temperature", GEN_SHOWS },
        [GEN_STUCK_PRESSURE] = { "stuck pressure", GEN_SHOWS },
        [GEN_SPIKES] = { "three spikes", GEN_SHOWS },
        [GEN_OVERSHOOT] = { "overshoot", GEN_SHOWS },
        [GEN_BRIEF_DIP] = { "brief dip", GEN_SHOWS },
        [GEN_TOO_FEW_PULSES] = { "too few pulses", GEN_SHOWS },
        [GEN_STEAM_COLD] = { "cold steam", GEN_SHOWS },
        [GEN_STEAM_OFFSET] = { "steam colder than before", GEN_SHOWS_A_CHANGE },
        [GEN_LITTLE_AIR] = { "a little air", GEN_SHOWS_A_CHANGE },
        [GEN_WRONG_CLOCK] = { "wrong clock", GEN_SHOWS },
        [GEN_COARSE_ROWS] = { "coarse rows", GEN_SHOWS },
};

const char *cyclegen_fault_name(GenFault fault) {
        return FAULTS[fault].name;
}

GenShows cyclegen_shows(GenFault fault) {
        return FAULTS[fault].shows;
}
