/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices that fell silent. Each message leaves one number in memory and nothing else; a few devices a turn are looked
 * at once a minute. After a restart the ledger says when a device that counts its messages was heard last; of one that
 * does not, the time since the start counts. Only within opening hours; never while the clock is in doubt or the broker
 * away; and of the time in which the daemon itself could hear nobody nothing is held against them.
 */
#include <errno.h>

#include "core/after.h"
#include "intake/internal.h"

#define LOOK_EVERY_US (60 * US_PER_S)
#define SLICE 64
#define AWAY_US (60 * US_PER_S) /* so long the daemon or the broker may be away and nobody counts it */

typedef struct Watch Watch;

void watch_heard(Intake *in, const ConfigDevice *device) {
        Watch *w = in->watch ? in->watch + (device - in->config->devices) : NULL;

        if (!w)
                return;
        w->known = true;
        w->heard_us = in->now.boot_us;
        if (w->told)
                in->next_watch_us = MIN_OF(in->next_watch_us, in->now.boot_us);
}

void watch_forget(Intake *in) {
        free(TAKE(in->watch));
        in->watch_at = 0;
        in->watch_since_us = in->now.boot_us;
        in->next_watch_us = in->now.boot_us + US_PER_S;
}

void watch_undo(Intake *in) {
        for (size_t i = 0; in->watch && i < in->config->n_devices; i++)
                in->watch[i].asked = false;
}

void watch_away(Intake *in, int64_t us) {
        if (us > AWAY_US)
                in->watch_from_us = in->now.boot_us;
}

/* --- what is needed once of each device --- */

/* The newest of what the device said as any of its kinds, on CLOCK_BOOTTIME: 1, or 0: that is not known. */
static int heard_before(Intake *in, const ConfigDevice *d, int64_t *ret) {
        bool found = false;

        for (Kind kind = 0; kind < _KIND_MAX; kind++) {
                int64_t at_us, boot_us;
                int r = config_device_is(d, kind) ? ledger_last_heard(in->store, kind_name(kind), d->id, &at_us) : 0;

                if (r < 0)
                        return r;
                if (r == 0 || at_us > in->now.wall_us)
                        continue;
                boot_us = in->now.boot_us - (in->now.wall_us - at_us);
                *ret = found ? MAX_OF(*ret, boot_us) : boot_us;
                found = true;
        }
        return found;
}

static int take_up(Intake *in, const ConfigDevice *d, Watch *w) {
        AlertRow row;
        int r = alert_get(in->store, "device-silent", d->id, &row);

        if (r < 0)
                return r;
        w->told = r > 0;
        w->asked = true;
        if (w->known || !d->silent_us)
                return 0;
        /* Where nothing that is kept says when, it may have spoken just before. */
        w->heard_us = in->watch_since_us;
        r = heard_before(in, d, &w->heard_us);
        w->known = r >= 0;
        return r < 0 ? r : 0;
}

/* --- looking at one device --- */

static bool is_silent(const Intake *in, const ConfigDevice *d, const Watch *w) {
        const ConfigHours *h = &in->config->site.open;
        const int32_t day = day_of_date(date_of(in->now.wall_us));
        const int64_t offset_us = in->now.boot_us - in->now.wall_us;
        const bool open = in->config->site.open_days & (1U << ((day + 4) % 7)); /* 1 January 1970 was a Thursday */

        return after_silent(&(SilenceFacts){
                .now_us = in->now.boot_us,
                .heard_us = MAX_OF(w->heard_us, in->watch_from_us),
                .open_us = open ? clinic_day_start(day, h->from_us) + offset_us : INT64_MAX,
                .close_us = open ? clinic_day_start(day, h->until_us) + offset_us : INT64_MAX,
                .limit_us = d->silent_us,
        });
}

static int tell(Intake *in, const ConfigDevice *d) {
        const AlertAbout about = {
                .rule = "device-silent", .subject = d->id, .severity = ALERT_WARNING, .room = d->room, .device = d->id
        };
        int r = change_begin(in);

        return r < 0 ? r
                     : alert_raise(in, &about,
                                   "%s has said nothing for %lld minutes. Look whether it is switched on and in the "
                                   "network; what it should have told is not known here.",
                                   d->id, (long long)(d->silent_us / (60 * US_PER_S)));
}

static int settle(Intake *in, const ConfigDevice *d) {
        int r = change_begin(in);

        return r < 0 ? r : alert_resolve(in, "device-silent", d->id, "asepsisd");
}

/* Out of hours none is raised; one that stands ends only when the device speaks, or is watched no longer. */
static int look(Intake *in, const ConfigDevice *d, Watch *w) {
        int r = w->asked ? 0 : take_up(in, d, w);

        if (r < 0)
                return r;
        if (w->told && (!d->silent_us || in->now.boot_us - w->heard_us < d->silent_us)) {
                w->told = false;
                return settle(in, d);
        }
        if (w->told || !is_silent(in, d, w))
                return 0;
        w->told = true;
        return tell(in, d);
}

int watch_tick(Intake *in) {
        const size_t n = in->config->n_devices, end = MIN_OF(in->watch_at + SLICE, n);
        int r = 0;

        if (in->next_watch_us > in->now.boot_us)
                return 0;
        if (!in->watch)
                in->watch = calloc(n + 1, sizeof(*in->watch));
        if (!in->watch)
                return -ENOMEM;
        if (intake_doubted(in, DOUBT_CLOCK) || in->lost_us) {
                in->next_watch_us = in->now.boot_us + LOOK_EVERY_US;
                return 0;
        }
        for (; in->watch_at < end && r == 0; in->watch_at++)
                r = look(in, in->config->devices + in->watch_at, in->watch + in->watch_at);
        if (r < 0 || in->watch_at < n)
                return r;
        in->watch_at = 0;
        in->next_watch_us = in->now.boot_us + LOOK_EVERY_US;
        return 0;
}
