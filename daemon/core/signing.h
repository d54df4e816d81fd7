/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Signing: how often a password was asked for under one login and not given, and what follows. A wrong one counts whole.
 * A dialog that was closed, or left until its time was over, counts a third: closing what one did not ask for is right,
 * but a desktop's dialog lets one guess several times before it is closed, and says nothing of that. What follows is
 * told, and for a while nothing more is signed under that login; a right password in between takes nothing back, for it
 * does not say who guessed before. Pure. Times: CLOCK_BOOTTIME, microseconds. All zeros: nobody failed. (limits.h)
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/limits.h"

#define SIGNING_OPEN 1 /* thirds of a failure */
#define SIGNING_WRONG 3
#define SIGNING_KEPT (SIGNING_HOLD_AT * SIGNING_WRONG)

typedef struct Signing {
        struct {
                int64_t at_us;
                unsigned thirds; /* 0: none */
        } last[SIGNING_KEPT]; /* a ring; more need not be known: as many always hold */
        size_t next;
        int64_t held_until_us;
        int64_t hour_us; /* since when `recorded` counts */
        unsigned recorded;
        int64_t unrecorded; /* since the last record */
} Signing;

typedef struct SigningVerdict {
        unsigned tries;     /* that count together */
        bool record;        /* it is to be recorded, with... */
        int64_t unrecorded; /* ...so many before it that were not */
        bool alert, hold;   /* with this one it became so many that it is told; that nothing more is signed */
} SigningVerdict;

/* One more; thirds 0: nobody guessed, and it is only recorded. */
SigningVerdict signing_failed(Signing *s, int64_t now_us, unsigned thirds);
/* How long nothing is signed still; 0: it is. */
int64_t signing_held_us(const Signing *s, int64_t now_us);
/* When the last one was that counts; INT64_MIN: never. */
int64_t signing_last_us(const Signing *s);
