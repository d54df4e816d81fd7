/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What somebody says of an agent's contact time, held against our clock: it must lie between what last happened to the room
 * or the piece and the arrival of the message. Whether anybody wiped at all is still their word; that it was not wiped
 * before the last patient had left is not.
 */
#include "core/contact.h"

#include "intake/session.h"

#define SECONDS(us) ((long long)((us) / US_PER_S))

int contact_check(Intake *in, const Origin *o, const ContactClaim *c) {
        ContactTime t = { .trusted_us = in->clock_since_us,
                          .arrived_us = o->arrived_us,
                          .now_us = in->now.wall_us,
                          .contact_us = c->contact_us };
        bool by_clock;

        memcpy(t.since_us, c->since_us, sizeof(t.since_us));
        by_clock = contact_from_us(&t) == in->clock_since_us;
        if (intake_doubted(in, DOUBT_CLOCK))
                return reject(in, REJECT_NOT_ALLOWED, NULL,
                              "While the clock is in doubt nobody can tell how long the agent was on. When it is right again, "
                              "disinfect again, and send this when the agent's time is over.");
        if (contact_fits(&t))
                return 0;
        return reject(in, REJECT_BAD_MEMBER, "contact_s",
                      "%.100s%s %s %lld s, and %s %lld s before. Disinfect again; send this when the agent's time is over.",
                      c->item ?: "This", c->item ? ": this" : "", c->said ? "says" : "takes", SECONDS(t.contact_us),
                      by_clock ? "the clock is believed only since" : c->happened, SECONDS(contact_had_us(&t)));
}
