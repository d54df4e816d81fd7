/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Clock: may the wall clock be believed? Pure. It may not while it lies behind the highest time the ledger ever saw,
 * after it stepped against CLOCK_BOOTTIME, or while it was never synchronised since boot (unless waived). And did the
 * machine sleep between two looks?
 */
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_BEHIND_US INT64_C(2000000)
#define CLOCK_STEP_US INT64_C(60000000)
#define CLOCK_SLEPT_US INT64_C(2000000)
#define CLOCK_JUMP_US INT64_C(1000000)

typedef struct Clock {
        bool started;    /* the base is taken: the clock was believed once since the machine started */
        bool stepped;    /* by the last judgement */
        int64_t base_us; /* wall less CLOCK_BOOTTIME, following slow corrections only */
        int64_t last_boot_us;
        bool looked;
        int64_t asleep_us; /* CLOCK_BOOTTIME less CLOCK_MONOTONIC, at the last look */
        bool even;         /* the next two are there */
        int64_t even_us;   /* as base_us, and after a jump from where it led to */
        int64_t even_boot_us;
} Clock;

typedef enum ClockDoubt { CLOCK_TRUSTED, CLOCK_BEHIND, CLOCK_STEPPED, CLOCK_UNSYNCHRONISED } ClockDoubt;

/*
 * mark_us: the highest wall time in the ledger, as it was before this moment. The base is taken when the clock is
 * synchronised for the first time: what sets a clock that nobody believes yet is no step.
 */
ClockDoubt clock_judge(Clock *c, int64_t wall_us, int64_t boot_us, int64_t mark_us, bool synchronised);

/* Somebody says that it is right as it stands: steps are judged from here. */
void clock_accept(Clock *c, int64_t wall_us, int64_t boot_us);

/* Whether it moved since the look before, or little by little, by more than time went by, and than a clock is slewed: by
 * CLOCK_JUMP_US or more. It may be trusted all the same; what it showed before is not to be measured against. */
bool clock_jumped(Clock *c, int64_t wall_us, int64_t boot_us);

/* How long the machine slept since the look before, CLOCK_SLEPT_US or more; 0: it did not. */
int64_t clock_slept(Clock *c, int64_t boot_us, int64_t monotonic_us);

/* An id for the record, and a sentence for people that says what to do; NULL for CLOCK_TRUSTED. */
const char *clock_doubt_id(ClockDoubt doubt);
const char *clock_text(ClockDoubt doubt);
