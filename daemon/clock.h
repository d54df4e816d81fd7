/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Clock: may the wall clock be believed? Pure. It may not while it lies behind the highest time the ledger ever saw,
 * after it stepped against CLOCK_BOOTTIME, or while it was never synchronised since boot (unless waived).
 */
#include <stdbool.h>
#include <stdint.h>

#define CLOCK_BEHIND_US INT64_C(2000000)
#define CLOCK_STEP_US INT64_C(60000000)

typedef struct Clock {
        bool started;
        int64_t base_us; /* wall less CLOCK_BOOTTIME, following slow corrections only */
        int64_t last_boot_us;
} Clock;

typedef enum ClockDoubt { CLOCK_TRUSTED, CLOCK_BEHIND, CLOCK_STEPPED, CLOCK_UNSYNCHRONISED } ClockDoubt;

/* mark_us: the highest wall time in the ledger, as it was before this moment. */
ClockDoubt clock_judge(Clock *c, int64_t wall_us, int64_t boot_us, int64_t mark_us, bool synchronised);

/* A sentence for people that says what to do; NULL for CLOCK_TRUSTED. */
const char *clock_text(ClockDoubt doubt);
