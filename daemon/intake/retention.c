/* SPDX-License-Identifier: Apache-2.0 */
#include "intake/retention.h"

#include "intake/day.h"
#include "store/retention.h"

#define LOOK_EVERY_US (3600 * US_PER_S)
#define PAUSE_US (50 * US_PER_MS) /* between two slices */
#define SLICE_MESSAGES 200

/* Came so long ago that its last year is over; years 0: never. */
static bool is_over(const Intake *in, int64_t at_us, int32_t years) {
        return years > 0 && at_us > 0 && date_of(at_us) + years * 10000 < date_of(in->now.wall_us);
}

static int trimmed(Intake *in, const char *what, int64_t from, int64_t to, const char *mark) {
        record_begin(in, "trimmed");
        jsonw_key(&in->w, what);
        jsonw_array(&in->w);
        jsonw_int(&in->w, from);
        jsonw_int(&in->w, to);
        jsonw_array_end(&in->w);
        int r = record_end(in, NULL);

        return r < 0 ? r : store_meta_int_set(in->store, mark, to);
}

/* Both lists are in the order of time, so the first that is to be kept ends the look. 1: there may be more; 0. */
static int trim_messages(Intake *in) {
        static const char mark[] = "messages_trimmed";
        int64_t from = 0, to, next, at_us, n = 0;
        int r = store_meta_int_get(in->store, mark, &from), more = 1;

        if (r < 0)
                return r;
        for (to = next = from; n < SLICE_MESSAGES; n++) {
                more = message_stamp_next(in->store, &next, &at_us);
                if (more <= 0 || !is_over(in, at_us, in->config->retention.messages))
                        break;
                to = next;
        }
        if (more < 0 || to == from)
                return more < 0 ? more : 0;
        r = change_begin(in);
        n = r < 0 ? r : messages_trim(in->store, from, to);
        if (n < 0)
                return (int)n;
        r = trimmed(in, "messages", from + 1, to, mark);
        return r < 0 ? r : 1;
}

static int trim_samples(Intake *in) {
        static const char mark[] = "samples_trimmed";
        int64_t attempt = 0, ended_us, from;
        int r = store_meta_int_get(in->store, mark, &attempt);

        from = attempt;
        if (r >= 0)
                r = attempt_ended_next(in->store, &attempt, &ended_us);
        if (r <= 0 || !is_over(in, ended_us, in->config->retention.samples))
                return r < 0 ? r : 0;
        r = change_begin(in);
        if (r == 0)
                r = samples_trim(in->store, attempt);
        if (r == 0)
                r = trimmed(in, "samples", from + 1, attempt, mark);
        return r < 0 ? r : 1;
}

int retention_tick(Intake *in) {
        const ConfigRetention *keep = &in->config->retention;
        int r;

        if (in->next_trim_us > in->now.boot_us)
                return 0;
        in->next_trim_us = in->now.boot_us + LOOK_EVERY_US;
        if ((!keep->messages && !keep->samples) || intake_doubted_any(in))
                return 0;
        r = trim_messages(in);
        if (r == 0)
                r = trim_samples(in);
        if (r > 0)
                in->next_trim_us = in->now.boot_us + PAUSE_US;
        return r < 0 ? r : 0;
}
