/* SPDX-License-Identifier: Apache-2.0 */
#include "core/interlock.h"

#include "util.h"

const char *interlock_name(int state) {
        static const char *const names[_INTERLOCK_MAX] = {
                [INTERLOCK_LOCKED] = "locked",
                [INTERLOCK_AUTHORISED] = "authorised",
                [INTERLOCK_RUNNING] = "running",
                [INTERLOCK_SUSPENDED] = "suspended",
        };

        return state >= 0 && state < _INTERLOCK_MAX ? names[state] : "unknown";
}

Interlock interlock_state(const InterlockFacts *f) {
        const bool leased = f->lease_until_us > f->now_us && !f->locked;

        switch (f->session) {
        case INTERLOCK_NO_SESSION:
                return INTERLOCK_LOCKED;
        case INTERLOCK_SESSION_AUTHORISED:
                return leased ? INTERLOCK_AUTHORISED : f->locked ? INTERLOCK_SUSPENDED : INTERLOCK_LOCKED;
        case INTERLOCK_SESSION_RUNNING:
                return leased ? INTERLOCK_RUNNING : f->locked ? INTERLOCK_SUSPENDED : INTERLOCK_LOCKED;
        case INTERLOCK_SESSION_SUSPENDED:
                return INTERLOCK_SUSPENDED;
        }
        return INTERLOCK_LOCKED;
}

int64_t interlock_release_until(const InterlockFacts *f) {
        const int64_t lease = f->session == INTERLOCK_NO_SESSION ? 0 : f->lease_until_us;
        const int64_t until = MAX_OF(lease, f->release_until_us);

        return until > f->now_us ? until : 0;
}

/* Nothing is kept of windows before the last two, so what is said of such a moment is taken as it is. */
static bool could_be_released(const RelayFacts *f) {
        if (f->moment_us > f->release_until_us + INTERLOCK_SLACK_US)
                return false;
        return f->moment_us >= f->release_from_us - INTERLOCK_SLACK_US ||
               f->moment_us <= f->released_before_us + INTERLOCK_SLACK_US;
}

/* It should be energised only while the room is released, and once it had the time to. */
static bool should_be_energised(const RelayFacts *f) {
        return f->released && f->permit_until_us > 0 && f->moment_us > f->permit_from_us + INTERLOCK_SETTLE_US &&
               f->moment_us + INTERLOCK_SLACK_US < f->permit_until_us;
}

RelayVerdict interlock_relay(const RelayFacts *f) {
        if (!f->moment_known)
                return RELAY_RIGHT;
        if (f->energised)
                return could_be_released(f) ? RELAY_RIGHT : RELAY_MISMATCH;
        return should_be_energised(f) ? RELAY_IDLE : RELAY_RIGHT;
}
