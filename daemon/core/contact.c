/* SPDX-License-Identifier: Apache-2.0 */
#include "core/contact.h"

#include "clock.h"
#include "util.h"

int64_t contact_from_us(const ContactTime *c) {
        int64_t from = c->trusted_us;

        for (size_t i = 0; i < CONTACT_STAMPS; i++)
                if (c->since_us[i] <= c->now_us + CLOCK_BEHIND_US)
                        from = MAX_OF(from, c->since_us[i]);
        return from;
}

int64_t contact_had_us(const ContactTime *c) {
        const int64_t until = MIN_OF(c->arrived_us, c->now_us);

        return MAX_OF(INT64_C(0), until - contact_from_us(c));
}

bool contact_fits(const ContactTime *c) {
        return contact_had_us(c) >= c->contact_us;
}
