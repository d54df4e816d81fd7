/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Generator of realistic cycles: air removal, heating, hold with sensor noise, exhaust, drying, air admission, one
 * sample a second; and what can go wrong with them. The same seed gives the same cycle.
 */
#include <stdint.h>

#include "core/cycle.h"

#define CYCLEGEN_SAMPLES_MAX 8192

typedef enum GenFault {
        GEN_SOUND,
        GEN_SPIKE,              /* one or two single samples far off: still sound */
        GEN_AIR_POCKET,         /* the probe is 2.6 to 8 K colder than the steam's pressure says */
        GEN_SHORT_HOLD,         /* 15 to 150 s short */
        GEN_DROPPED_SAMPLES,    /* 4 to 40 s of the hold did not come */
        GEN_DROPPED_SENSOR,     /* the probe reads 0 from the middle of the hold on */
        GEN_UNIT_MIXUP,         /* gauge pressure taken for absolute, or the other way round */
        GEN_SEA_LEVEL,          /* gauge pressure converted with sea level's, high in the mountains */
        GEN_STUCK_TEMPERATURE,  /* in the band all the time; or from heating on; or from the middle of a short hold on */
        GEN_STUCK_PRESSURE,     /* the same */
        GEN_SPIKES,             /* three to five of them */
        GEN_OVERSHOOT,          /* above the band later than a minute into the plateau */
        GEN_BRIEF_DIP,          /* 1 to 5 s below the band in the middle of the hold */
        GEN_TOO_FEW_PULSES,     /* one left out, or too shallow */
        GEN_STEAM_COLD,         /* temperature as always, steam 1.5 K below the set temperature */
        GEN_STEAM_OFFSET,       /* temperature as always, steam 1.5 K colder than it was: see doc/cycle-verdict.md */
        GEN_WRONG_CLOCK,        /* the device's clock runs 5 to 30 % fast, and so a short hold looks long enough */
        GEN_COARSE_ROWS,        /* a row a minute in the hold, the last twice: sound as a printout */
        _GEN_FAULT_MAX,
} GenFault;

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

extern const CycleProgram GEN_PREVAC_134, GEN_GRAVITY_121;

/* `length_s`: drying goes on until the cycle is that long; 0: as the seed has it. */
void cyclegen(GenCycle *ret, const CycleProgram *program, GenFault fault, uint64_t seed, int length_s);
const char *cyclegen_fault_name(GenFault fault);
