/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What the tests of contact times share: room 1 and its station, a treatment there, and the daemon's look at the clock. */
#include "../lib/clinicsim.h"

#define ROOM "room/room-1"
#define STATION "station/station-1"
#define S US_PER_S

/* Somebody was treated in room 1, and it ended just now. */
static inline void treated(Sim *s, const char *session, const char *items) {
        assert_string_equal(sim_ask(s, "room-1", session, items), "allow");
        sim_start(s, "room-1", session);
        sim_advance(s, 600 * S);
        sim_end(s, "room-1", session, "completed");
}

/* As the daemon does before whatever it takes; the wall clock has stepped by so much. */
static inline void look(Sim *s, int64_t step_us) {
        s->now.wall_us += step_us;
        intake_clock(s->intake, &s->now, s->now.boot_us, true);
        assert_int_equal(intake_clock_tell(s->intake, &s->now), 0);
        sim_commit(s);
}
