/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stddef.h>
#include <stdlib.h>

/* A disciplined clock is slewed by at most 500 parts in a million (adjtimex(2)); twice that is followed. */
static void follow(int64_t *base_us, int64_t offset_us, int64_t passed_us) {
        int64_t most = passed_us / 1000, by = offset_us - *base_us;

        *base_us += by > most ? most : by < -most ? -most : by;
}

void clock_accept(Clock *c, int64_t wall_us, int64_t boot_us) {
        c->started = true;
        c->stepped = false;
        c->base_us = wall_us - boot_us;
        c->last_boot_us = boot_us;
}

/* A step that was seen is not followed: it would be believed by itself after some hours. */
static bool stepped(Clock *c, int64_t offset_us, int64_t boot_us) {
        if (!c->stepped)
                follow(&c->base_us, offset_us, boot_us - c->last_boot_us);
        c->last_boot_us = boot_us;
        c->stepped = llabs(offset_us - c->base_us) > CLOCK_STEP_US;
        return c->stepped;
}

ClockDoubt clock_judge(Clock *c, int64_t wall_us, int64_t boot_us, int64_t mark_us, bool synchronised) {
        bool moved;

        if (!c->started && synchronised)
                clock_accept(c, wall_us, boot_us);
        moved = c->started && stepped(c, wall_us - boot_us, boot_us);
        if (wall_us < mark_us - CLOCK_BEHIND_US)
                return CLOCK_BEHIND;
        if (moved)
                return CLOCK_STEPPED;
        return synchronised ? CLOCK_TRUSTED : CLOCK_UNSYNCHRONISED;
}

bool clock_jumped(Clock *c, int64_t wall_us, int64_t boot_us) {
        const int64_t offset_us = wall_us - boot_us;
        bool jumped;

        if (c->even)
                follow(&c->even_us, offset_us, boot_us - c->even_boot_us);
        jumped = c->even && llabs(offset_us - c->even_us) >= CLOCK_JUMP_US;
        if (!c->even || jumped)
                c->even_us = offset_us;
        c->even = true;
        c->even_boot_us = boot_us;
        return jumped;
}

int64_t clock_slept(Clock *c, int64_t boot_us, int64_t monotonic_us) {
        const int64_t asleep = boot_us - monotonic_us, more = asleep - c->asleep_us;
        const bool first = !c->looked;

        /* Between two looks a few microseconds are lost or won; those must not add up. */
        if (!first && llabs(more) < CLOCK_SLEPT_US)
                return 0;
        c->looked = true;
        c->asleep_us = asleep;
        return first || more < 0 ? 0 : more;
}

const char *clock_doubt_id(ClockDoubt doubt) {
        switch (doubt) {
        case CLOCK_TRUSTED:
                break;
        case CLOCK_BEHIND:
                return "behind";
        case CLOCK_STEPPED:
                return "stepped";
        case CLOCK_UNSYNCHRONISED:
                return "unsynchronised";
        }
        return NULL;
}

const char *clock_text(ClockDoubt doubt) {
        switch (doubt) {
        case CLOCK_TRUSTED:
                break;
        case CLOCK_BEHIND:
                return "The clock is behind the time the ledger has seen. Set it right, or have an officer confirm "
                       "the clock.";
        case CLOCK_STEPPED:
                return "The clock was moved by more than a minute. Set it back, or have an officer confirm the clock.";
        case CLOCK_UNSYNCHRONISED:
                return "The clock is not synchronised since the machine started. Check that, or have an officer "
                       "confirm it.";
        }
        return NULL;
}
