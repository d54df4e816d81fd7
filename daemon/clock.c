/* SPDX-License-Identifier: Apache-2.0 */
#include "clock.h"

#include <stddef.h>
#include <stdlib.h>

/* A disciplined clock is slewed by at most 500 parts in a million (adjtimex(2)); twice that is followed. */
static void follow(Clock *c, int64_t offset_us, int64_t passed_us) {
        int64_t most = passed_us / 1000, by = offset_us - c->base_us;

        c->base_us += by > most ? most : by < -most ? -most : by;
}

ClockDoubt clock_judge(Clock *c, int64_t wall_us, int64_t boot_us, int64_t mark_us, bool synchronised) {
        int64_t offset = wall_us - boot_us;

        if (!c->started)
                *c = (Clock){ .started = true, .base_us = offset, .last_boot_us = boot_us };
        follow(c, offset, boot_us - c->last_boot_us);
        c->last_boot_us = boot_us;
        if (wall_us < mark_us - CLOCK_BEHIND_US)
                return CLOCK_BEHIND;
        if (llabs(offset - c->base_us) > CLOCK_STEP_US)
                return CLOCK_STEPPED;
        return synchronised ? CLOCK_TRUSTED : CLOCK_UNSYNCHRONISED;
}

const char *clock_text(ClockDoubt doubt) {
        switch (doubt) {
        case CLOCK_TRUSTED:
                break;
        case CLOCK_BEHIND:
                return "The clock is behind the time this ledger has already seen. Set it right; sessions can start "
                       "when it "
                       "has caught up.";
        case CLOCK_STEPPED:
                return "The clock was moved by more than a minute. Set it back, or check it and restart asepsisd.";
        case CLOCK_UNSYNCHRONISED:
                return "The clock was not synchronised since the machine started. Check the time server, or set clock "
                       "= "
                       "rtc-trusted in [gate] where a good clock chip is built in.";
        }
        return NULL;
}
