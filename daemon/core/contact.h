/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Contact: can an agent have stayed on for as long as a message says? Pure; wall times of the daemon's clock and lengths,
 * all in microseconds. Source: CDC 2008 and the label of any agent: it works for as long as the surface stays wet. Own:
 * what cannot have passed by our clock did not pass, whoever says so.
 *
 * The time that there was begins with the last thing that soiled the room or the piece, as it was stamped when we heard
 * of it. That is never earlier than it happened, so the time is never longer than it was.
 */
#include <stdbool.h>
#include <stdint.h>

#define CONTACT_MIN_US INT64_C(60000000) /* CDC 2008: a minute at least, whatever the agent's label asks for above that */

#define CONTACT_STAMPS 4

typedef struct ContactTime {
        int64_t since_us[CONTACT_STAMPS]; /* of what last happened to it; 0: nothing did */
        int64_t trusted_us;               /* the clock is trusted since then; 0: always was */
        int64_t arrived_us;               /* when the message came, also where it had to wait for its turn */
        int64_t now_us;
        int64_t contact_us;               /* that is said, or wanted where nothing is said */
} ContactTime;

/*
 * When the time begins. A stamp that lies ahead was made by a clock that was set back since, and so before the clock came
 * to be trusted; no time before that is measured.
 */
int64_t contact_from_us(const ContactTime *c);
/* How long the agent can have been on at most. */
int64_t contact_had_us(const ContactTime *c);
bool contact_fits(const ContactTime *c);
