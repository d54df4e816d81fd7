/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Generator of realistic cycles: air removal, heating, hold with sensor noise, exhaust, drying, air admission, one
 * sample a second; and what can go wrong with them. The same machine and seed give the same cycle. Tests, fuzzers and
 * the simulated day all draw from here.
 */
#include <stdint.h>

#include "core/cycle.h"

#define CYCLEGEN_SAMPLES_MAX 8192

typedef enum GenFault {
        GEN_SOUND,
        GEN_SPIKE,              /* one or two single samples far off: still sound */
        GEN_WET_STEAM,          /* saturated, with drops in it: the chamber's probes see nothing, the load stays wet */
        GEN_AIR_POCKET,         /* the probe is 2.6 to 8 K colder than the steam's pressure says */
        GEN_SHORT_HOLD,         /* 15 to 150 s short */
        GEN_DROPPED_SAMPLES,    /* 4 to 40 s of the hold did not come */
        GEN_DROPPED_SENSOR,     /* the probe reads 0 from the middle of the hold on */
        GEN_UNIT_MIXUP,         /* gauge pressure for absolute or the other way round; Fahrenheit; psi */
        GEN_SEA_LEVEL,          /* gauge pressure converted with sea level's, high in the mountains */
        GEN_STUCK_TEMPERATURE,  /* in the band all the time; or from heating on; or from the middle of a short hold on */
        GEN_STUCK_PRESSURE,     /* the same */
        GEN_SPIKES,             /* three to five of them */
        GEN_OVERSHOOT,          /* above the band later than a minute into the plateau */
        GEN_BRIEF_DIP,          /* 1 to 5 s below the band in the middle of the hold */
        GEN_TOO_FEW_PULSES,     /* one left out, or too shallow */
        GEN_STEAM_COLD,         /* temperature as always, steam 1.5 K below the set temperature */
        GEN_STEAM_OFFSET,       /* temperature as always, steam 1.5 K colder than it was at commissioning */
        GEN_LITTLE_AIR,         /* steam as always, the probe 1.4 to 2.6 K colder than it was at commissioning */
        GEN_WRONG_CLOCK,        /* the device's clock runs 5 to 30 % fast, and so a short hold looks long enough */
        GEN_COARSE_ROWS,        /* a row a minute in the hold, the last twice: sound as a printout */
        _GEN_FAULT_MAX,
} GenFault;

/* What the samples of a fault can show. */
typedef enum GenShows {
        GEN_SHOWS_NOTHING,   /* sound, or beyond the chamber's probes */
        GEN_SHOWS,           /* by itself */
        GEN_SHOWS_A_CHANGE,  /* against a reference; without one not always */
} GenShows;

/* One autoclave with its two sensors: what stays the same from cycle to cycle. */
typedef struct GenMachine {
        double above_c;  /* how much above the set temperature it holds */
        double bias_c;   /* how much its probe reads above what its pressure says */
        double noise_c, noise_pa;
        double site_pa;  /* atmosphere */
        int32_t step_mc, step_pa;
} GenMachine;

typedef struct GenCycle {
        size_t n, hold_from, hold_to; /* samples; the hold's first and last */
        double clock;                 /* the device's seconds for each real one */
        Sample samples[CYCLEGEN_SAMPLES_MAX];
} GenCycle;

typedef struct GenRandom {
        uint64_t state;
} GenRandom;

uint64_t gen_random(GenRandom *r);
double gen_uniform(GenRandom *r, double from, double to);

extern const CycleProgram GEN_PREVAC_134, GEN_GRAVITY_121, GEN_BOWIE_DICK;

void cyclegen_machine(GenMachine *ret, uint64_t seed);

/* `length_s`: drying goes on until the cycle is that long; 0: as the seed has it. */
void cyclegen_on(const GenMachine *machine, GenCycle *ret, const CycleProgram *program, GenFault fault, uint64_t seed,
                 int length_s);

/* The same on the machine of that seed. */
void cyclegen(GenCycle *ret, const CycleProgram *program, GenFault fault, uint64_t seed, int length_s);

const char *cyclegen_fault_name(GenFault fault); /* "air pocket" */
GenShows cyclegen_shows(GenFault fault);
