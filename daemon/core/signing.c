/* SPDX-License-Identifier: Apache-2.0 */
#include "core/signing.h"

#include "util.h"

#define WITHIN_US (SIGNING_WITHIN_S * US_PER_S)
#define HOUR_US (3600 * US_PER_S)

/* Thirds that count together now, and of how many tries. */
static unsigned sum(const Signing *s, int64_t now_us, unsigned *ret_tries) {
        unsigned thirds = 0;

        *ret_tries = 0;
        for (size_t i = 0; i < SIGNING_KEPT; i++)
                if (s->last[i].thirds && now_us - s->last[i].at_us < WITHIN_US) {
                        thirds += s->last[i].thirds;
                        ++*ret_tries;
                }
        return thirds;
}

static void account(Signing *s, int64_t now_us, SigningVerdict *v) {
        if (s->recorded == 0 || now_us - s->hour_us >= HOUR_US) {
                s->hour_us = now_us;
                s->recorded = 0;
        }
        v->record = s->recorded < SIGNING_RECORDS_MAX;
        v->unrecorded = s->unrecorded;
        if (v->record) {
                s->recorded++;
                s->unrecorded = 0;
        } else {
                s->unrecorded++;
        }
}

SigningVerdict signing_failed(Signing *s, int64_t now_us, unsigned thirds) {
        SigningVerdict v = {};
        const unsigned before = sum(s, now_us, &v.tries);
        unsigned after = before;

        if (thirds) {
                s->last[s->next].at_us = now_us;
                s->last[s->next].thirds = thirds;
                s->next = (s->next + 1) % SIGNING_KEPT;
                after = sum(s, now_us, &v.tries);
        }
        v.alert = before < SIGNING_ALERT_AT * SIGNING_WRONG && after >= SIGNING_ALERT_AT * SIGNING_WRONG;
        v.hold = thirds && after >= SIGNING_HOLD_AT * SIGNING_WRONG;
        if (v.hold)
                s->held_until_us = now_us + SIGNING_HOLD_S * US_PER_S;
        account(s, now_us, &v);
        return v;
}

int64_t signing_held_us(const Signing *s, int64_t now_us) {
        return MAX_OF(s->held_until_us - now_us, (int64_t)0);
}

int64_t signing_last_us(const Signing *s) {
        const size_t last = (s->next + SIGNING_KEPT - 1) % SIGNING_KEPT;

        return s->last[last].thirds ? s->last[last].at_us : INT64_MIN;
}
