/* SPDX-License-Identifier: Apache-2.0 */
#include "core/after.h"

#include "util.h"

#define SOON_US (60 * US_PER_S)
#define AGAIN_US                                                                                                       \
        US_PER_DAY /* what is told stands until it is settled; only a new configuration is noticed by looking */

bool after_is_sharp(Role role) {
        return role == ROLE_NEEDLE || role == ROLE_MANUAL_ROLLER || role == ROLE_LANCET;
}

/* Of what nobody can say any more what it is, the worst is taken. */
static bool is_sharp(const AfterItem *i) {
        return !i->class_known || (i->single_use && after_is_sharp(i->role));
}

static bool is_reused(const AfterItem *i) {
        return i->class_known && !i->single_use &&
               (i->way == ITEM_WAY_STERILIZED || i->way == ITEM_WAY_DISINFECTED || i->way == ITEM_WAY_CLEANED);
}

AfterOwes after_owes(const AfterItem *i) {
        if (!i->used_us || i->returned || i->dropped)
                return AFTER_NOTHING;
        if (is_sharp(i))
                return i->answered_us >= i->used_us ? AFTER_NOTHING : AFTER_SHARPS;
        if (is_reused(i) && i->state == ITEM_CONTAMINATED && !i->damaged && !i->later)
                return AFTER_CLEANING;
        return AFTER_NOTHING;
}

/* The earlier of the two; 0 is never. */
static int64_t sooner(int64_t a, int64_t b) {
        return !a || (b && b < a) ? b : a;
}

static int64_t since(int64_t now_us, int64_t then_us) {
        return then_us > now_us ? INT64_MAX : now_us - then_us;
}

/* Is it owed for too long? When not, looks again when it will be. */
static bool overdue(const AfterFacts *f, unsigned owed, int64_t limit_us, AfterVerdict *v) {
        const bool late = owed > 0 && since(f->now_us, f->ended_us) >= limit_us;

        if (owed > 0)
                v->next_us = sooner(v->next_us, late ? f->now_us + AGAIN_US : f->ended_us + limit_us);
        return late;
}

static void judge_going(const AfterFacts *f, AfterVerdict *v) {
        const int64_t silent_at_us = f->now_us + (f->lease_until_boot_us + f->silent_us - f->now_boot_us);
        const bool began = f->started_us && f->started_us <= f->now_us;
        const bool too_long = began && f->now_us - f->started_us >= f->longest_us;

        v->not_ended = too_long || silent_at_us <= f->now_us;
        /* A room that speaks again is heard within a minute. */
        v->next_us =
                v->not_ended ? f->now_us + SOON_US : sooner(silent_at_us, began ? f->started_us + f->longest_us : 0);
}

AfterVerdict after_judge(const AfterFacts *f) {
        AfterVerdict v = {};

        switch (f->phase) {
        case AFTER_WAITING:
                v.next_us = f->now_us + MAX_OF(f->lease_until_boot_us - f->now_boot_us, INT64_C(0)) + SOON_US;
                break;
        case AFTER_GOING:
                judge_going(f, &v);
                break;
        case AFTER_OVER:
                v.sharps = overdue(f, f->sharps, f->sharps_us, &v);
                v.soiled = overdue(f, f->soiled, f->reprocess_us, &v);
                break;
        }
        return v;
}

bool after_silent(const SilenceFacts *f) {
        if (f->limit_us <= 0 || f->now_us < f->open_us || f->now_us >= f->close_us)
                return false;
        return f->now_us - MAX_OF(f->heard_us, f->open_us) >= f->limit_us;
}
