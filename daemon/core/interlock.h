/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Interlock: in which state a room should be, until when it could still be released, and whether what a relay says of
 * itself fits that. Pure. Times are microseconds of CLOCK_BOOTTIME, as permits are leased; 0 or less: never.
 *
 * A room is released by whoever holds a permit that still lasts. The daemon does not see that, but it gave each of
 * them: so it knows by when the last one has run out, whatever became of the answer.
 */
#include <stdbool.h>
#include <stdint.h>

/* The schema's indexes know these numbers. */
typedef enum Interlock {
        INTERLOCK_LOCKED,
        INTERLOCK_AUTHORISED, /* a session may start: it has a permit */
        INTERLOCK_RUNNING,
        INTERLOCK_SUSPENDED, /* stopped: no permit any more, and not ended yet */
        _INTERLOCK_MAX,
} Interlock;

/* "locked" and so on, as state/room/<room>/interlock has it; "unknown" for what no ledger of ours holds. */
const char *interlock_name(int state);

/* The session that is live in the room. */
typedef enum InterlockSession {
        INTERLOCK_NO_SESSION,
        INTERLOCK_SESSION_AUTHORISED,
        INTERLOCK_SESSION_RUNNING,
        INTERLOCK_SESSION_SUSPENDED,
} InterlockSession;

typedef struct InterlockFacts {
        InterlockSession session;
        int64_t lease_until_us;   /* the live session's */
        int64_t release_until_us; /* the last lease that was ever given for the room */
        bool locked;              /* an officer has to unlock it */
        int64_t now_us;
} InterlockFacts;

/* A session whose lease ran out has left its room locked, and comes back by its next permit. */
Interlock interlock_state(const InterlockFacts *f);
/* Until when a permit that somebody holds could still last; 0: none does. */
int64_t interlock_release_until(const InterlockFacts *f);

/* Between two clocks that count the same lease, and for a relay's own time to open. */
#define INTERLOCK_SLACK_US INT64_C(1000000)
/* For the way of a permit to a relay and of the relay's word back. */
#define INTERLOCK_SETTLE_US INT64_C(5000000)

/* What a relay says it is, and what was granted at that moment. */
typedef struct RelayFacts {
        bool energised;
        bool moment_known;                       /* false: it waited somewhere, nobody can tell how long */
        int64_t moment_us;                       /* what it says holds for then */
        bool released;                           /* the room is authorised or running now */
        int64_t release_from_us;                 /* since when the room could be released without a break... */
        int64_t release_until_us;                /* ...and until when */
        int64_t released_before_us;              /* until when it could be released before that */
        int64_t permit_from_us, permit_until_us; /* the relay's own last permit */
} RelayFacts;

typedef enum RelayVerdict {
        RELAY_RIGHT,
        RELAY_MISMATCH, /* energised, and no permit that was ever given could hold: critical */
        RELAY_IDLE,     /* not energised although its own permit holds: a warning */
        _RELAY_VERDICT_MAX,
} RelayVerdict;

RelayVerdict interlock_relay(const RelayFacts *f);
