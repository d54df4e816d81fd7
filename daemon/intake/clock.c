/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The clocks: judged at every look, kept over restarts of the daemon, and the officer's word for a clock in doubt.
 *
 * A clock that is set back could make good again what has run out, and what was stamped meanwhile would lie in the
 * future. So: what a set-back clock would lengthen stands still until the old time is reached again, where that is a
 * day away at most; a longer way back is believed only of a clock that is synchronised (or that the configuration
 * trusts), which is a second witness beside the officer. What is stamped later than now is of a time that nobody knows,
 * and permits nothing (facts.c); and every room is to be disinfected anew, or its order of use and disinfection would
 * hang on stamps of two different clocks. Nothing of this outlasts a day but what new evidence mends.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "codec/rfc3339.h"
#include "intake/sterile.h"

#define SAVE_MOVED_US US_PER_S /* the base has moved so far: it is saved anew */
#define SAVE_EVERY_US (3600 * US_PER_S)
#define SAVED_MAX 160

/* --- looking --- */

void intake_clock(Intake *in, const Now *now, int64_t monotonic_us, bool synchronised) {
        const ClockDoubt doubt =
                clock_judge(&in->clock, now->wall_us, now->boot_us, in->mark_us, synchronised || in->clock_believed);
        const bool jumped = clock_jumped(&in->clock, now->wall_us, now->boot_us);
        const int64_t slept = clock_slept(&in->clock, now->boot_us, monotonic_us);

        in->clock_synchronised = synchronised;
        if (doubt != in->clock_doubt)
                intake_doubt(in, DOUBT_CLOCK, clock_text(doubt));
        in->clock_doubt = doubt;
        if (doubt != CLOCK_TRUSTED)
                in->clock_since_us = CLOCK_SINCE_NEVER;
        else if (in->clock_since_us == CLOCK_SINCE_NEVER || jumped)
                in->clock_since_us = now->wall_us;
        if (slept > 0) {
                in->slept_us += slept;
                intake_doubt(in, DOUBT_ARMING,
                             "The machine was asleep, and the daemon is reading the broker's records again.");
        }
        if (in->floor_us <= now->wall_us)
                in->floor_us = 0;
}

int64_t intake_slept_us(const Intake *in) {
        return in->slept_us;
}

/* Who slept while something ran has lost some of it; asleep at night it is no more than a thing to know. */
static int slept_alert(Intake *in, int64_t slept_us) {
        int64_t live = 0;
        bool busy;
        int r = session_count_live(in->store, &live);

        if (r < 0)
                return r;
        busy = live > 0;
        for (size_t i = 0; i < in->n_running; i++)
                busy |= in->running[i].attempt.id != 0;
        return alert_raise(in,
                           &(AlertAbout){ .rule = "machine-asleep",
                                          .subject = "machine",
                                          .severity = busy ? ALERT_WARNING : ALERT_INFO },
                           "The machine of the daemon was asleep for %lld s, and nothing was decided meanwhile. Switch "
                           "off its power saving.",
                           (long long)(slept_us / US_PER_S));
}

int intake_clock_slept(Intake *in, const Now *now) {
        const int64_t slept = in->slept_us;
        int r = change_begin(in);

        in->slept_us = 0;
        in->now = *now;
        if (r < 0)
                return r;
        record_begin(in, "asleep");
        jsonw_member_int(&in->w, "slept_us", slept);
        r = record_end(in, NULL);
        if (r == 0)
                r = slept_alert(in, slept);
        /* Where the broker was away too, its own absence is counted once it is back. */
        return r == 0 && in->lost_us == 0 ? running_away(in, slept) : r;
}

int intake_clock_tell(Intake *in, const Now *now) {
        const ClockDoubt doubt = in->clock_doubt;
        const char *text = clock_text(doubt);
        int r = 0;

        if (doubt == in->clock_told)
                return 0;
        in->clock_told = doubt;
        if (text)
                return intake_alert(in, now, doubt == CLOCK_STEPPED ? "clock-stepped" : "clock-untrusted", "clock",
                                    ALERT_WARNING, text);
        r = intake_alert_resolve(in, now, "clock-untrusted", "clock");
        return r < 0 ? r : intake_alert_resolve(in, now, "clock-stepped", "clock");
}

int64_t intake_mark_us(const Intake *in) {
        return in->mark_us;
}

/* --- kept in the ledger --- */

/* CLOCK_BOOTTIME and an officer's word count for one boot of the machine. */
static int save(Intake *in, const Clock *c, bool believed) {
        char text[SAVED_MAX];

        snprintf(text, sizeof(text), "%s %" PRId64 " %" PRId64 " %d", in->machine_boot, c->base_us, c->last_boot_us,
                 believed);
        return store_meta_text_set(in->store, "clock", text);
}

/* The base of this boot of the machine, as it was saved: 1, or 0 for none. */
static int take_up_base(Intake *in, const char *text) {
        char boot[LABEL_MAX + 1] = "";
        Clock c = { .started = true };
        int believed = 0;

        if (sscanf(text, "%64s %" SCNd64 " %" SCNd64 " %d", boot, &c.base_us, &c.last_boot_us, &believed) != 4 ||
            !streq(boot, in->machine_boot) || c.last_boot_us > in->now.boot_us)
                return 0;
        /* What it did while the daemon was down is a jump, too. */
        c.even = true;
        c.even_us = c.base_us;
        c.even_boot_us = c.last_boot_us;
        in->clock = in->clock_saved = c;
        in->clock_believed = believed != 0;
        return 1;
}

/* What was stamped while the clock was in doubt must not count as measured after a restart. */
int clock_since_save(Intake *in) {
        return in->clock_since_us == in->clock_since_saved_us
                       ? 0
                       : store_meta_int_set(in->store, "clock_since_us", in->clock_since_us);
}

/* What the wall clock did while the machine was off nobody saw, nor what it did under a version that kept no note of it. */
static int take_up_since(Intake *in, bool used, bool same) {
        int r;

        in->clock_since_saved_us = -1;
        r = store_meta_int_get(in->store, "clock_since_us", &in->clock_since_saved_us);
        if (r < 0)
                return r;
        in->clock_since_us = used && (r == 0 || !same) ? in->now.wall_us : MAX_OF(INT64_C(0), in->clock_since_saved_us);
        r = clock_since_save(in);
        in->clock_since_saved_us = in->clock_since_us;
        return r;
}

int clock_take_up(Intake *in) {
        char text[SAVED_MAX] = "";
        int r = store_meta_text_get(in->store, "clock", text, sizeof(text));
        const bool same = take_up_base(in, text);

        if (r >= 0)
                r = take_up_since(in, text[0], same);
        if (r >= 0)
                r = store_meta_int_get(in->store, "clock_floor_us", &in->floor_us);
        return r < 0 ? r : 0;
}

/* With the mark, and seldom: a restart then judges by the same base, and sees a step that fell between. */
int clock_save(Intake *in) {
        const Clock *c = &in->clock, *saved = &in->clock_saved;
        int r;

        if (!c->started || (saved->started && llabs(c->base_us - saved->base_us) < SAVE_MOVED_US &&
                            c->last_boot_us - saved->last_boot_us < SAVE_EVERY_US))
                return 0;
        r = save(in, c, in->clock_believed);
        if (r == 0)
                in->clock_saved = *c;
        return r;
}

/* --- an officer's word --- */

/* The order of what was stamped by two clocks is not known: all of it counts as before now. */
int rooms_anew(Intake *in) {
        int r = room_doubt_all(in->store, in->now.wall_us, 0);

        return r < 0 ? r : override_end_all(in->store);
}

static int confirm_record(Intake *in, int64_t back_us) {
        record_begin(in, "clock");
        jsonw_member_string(&in->w, "doubt", clock_doubt_id(in->clock_doubt));
        jsonw_member_bool(&in->w, "synchronised", in->clock_synchronised);
        jsonw_member_int(&in->w, "mark_us", in->mark_us);
        jsonw_member_int(&in->w, "wall_us", in->now.wall_us);
        jsonw_member_int(&in->w, "boot_us", in->now.boot_us);
        if (in->clock.started)
                jsonw_member_int(&in->w, "expected_us", in->clock.base_us + in->now.boot_us);
        jsonw_member_int(&in->w, "back_us", back_us);
        return record_end(in, NULL);
}

/* What is then in force, once it is committed. */
static int confirm_save(Intake *in, int64_t back_us) {
        Settling *s = &in->settling;
        int r;

        s->clock = true;
        s->mark_us = back_us > 0 ? in->now.wall_us : in->mark_us;
        s->believed = in->clock_believed || !in->clock_synchronised;
        s->floor_us = back_us > 0 && back_us <= US_PER_DAY ? in->mark_us : 0;
        if (back_us <= US_PER_DAY)
                s->floor_us = MAX_OF(s->floor_us, in->floor_us);
        s->base = in->clock;
        clock_accept(&s->base, in->now.wall_us, in->now.boot_us);
        r = store_meta_int_set(in->store, "wall_mark_us", s->mark_us);
        if (r == 0)
                r = store_meta_int_set(in->store, "clock_floor_us", s->floor_us);
        return r < 0 ? r : save(in, &s->base, s->believed);
}

void clock_committed(Intake *in) {
        const Settling *s = &in->settling;

        in->mark_us = s->mark_us;
        in->floor_us = s->floor_us;
        in->clock_believed = s->believed;
        in->clock = in->clock_saved = s->base;
        in->clock_doubt = in->clock_told = CLOCK_TRUSTED;
        in->clock_since_us = in->now.wall_us;
        intake_doubt(in, DOUBT_CLOCK, NULL);
}

static void confirm_text(const Intake *in, int64_t back_us, char ret_text[static ACT_TEXT_MAX]) {
        char wall[TIME_TEXT_SIZE], mark[TIME_TEXT_SIZE];

        time_format_utc(in->now.wall_us, wall);
        time_format_utc(in->mark_us, mark);
        if (back_us <= 0)
                snprintf(ret_text, ACT_TEXT_MAX, "The clock is taken as it is: %s.%s", wall,
                         in->clock_synchronised ? "" : " This counts until the machine starts anew.");
        else
                snprintf(
                        ret_text, ACT_TEXT_MAX,
                        "The clock is taken as it is: %s; the ledger had seen %s. Every room needs disinfection before "
                        "its next session, what was stamped later than now counts for nothing until it is done again, "
                        "and %s.%s",
                        wall, mark,
                        back_us <= US_PER_DAY ? "what had expired stays so until that time is reached"
                                              : "look through the stock: by this clock something may be good again "
                                                "that had expired by the old one",
                        in->clock_synchronised ? "" : " This counts until the machine starts anew.");
}

int intake_clock_confirm(Intake *in, const Now *now, char ret_text[static ACT_TEXT_MAX]) {
        const int64_t back = in->clock_doubt == CLOCK_BEHIND ? in->mark_us - now->wall_us : 0;
        int r;

        if (in->clock_doubt == CLOCK_TRUSTED) {
                snprintf(ret_text, ACT_TEXT_MAX, "The clock is not in doubt. There is nothing to confirm.");
                return 1;
        }
        if (back > US_PER_DAY && !in->clock_synchronised) {
                snprintf(ret_text, ACT_TEXT_MAX,
                         "The clock is more than a day behind what the ledger has seen, and nothing but your word says "
                         "that it is right. Have the machine synchronised with a time server, or have its admin set "
                         "clock "
                         "= rtc-trusted in [gate]; then confirm again.");
                return 1;
        }
        r = confirm_record(in, back);
        if (r == 0)
                r = confirm_save(in, back);
        if (r == 0 && back > 0)
                r = rooms_anew(in);
        if (r == 0)
                r = intake_alert_resolve(in, now, "clock-untrusted", "clock");
        if (r == 0)
                r = intake_alert_resolve(in, now, "clock-stepped", "clock");
        if (r == 0)
                confirm_text(in, back, ret_text);
        return r;
}
