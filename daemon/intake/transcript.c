/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Transcripts: readings of a cycle that a person read off, because a sensor, a printer or the gateway is broken. They
 * change nothing of the verdict. They are kept beside it, each for ever, and are judged when somebody wants to release
 * the load, together with whatever samples there are.
 *
 * A cycle of which nothing was heard gets an attempt of its own, without samples, so that there is something to name.
 * It is taken to have begun no later than its hold and the message's age ago: packs that were put down after that, or
 * for no cycle in particular, may have come out of another one. When the gateway then speaks of that very cycle after
 * all, there are two stories of it, and the load waits for an officer.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "intake/sterile.h"

#define SAME_CYCLE_US (7 * US_PER_DAY) /* a number that comes again later is another cycle: the machine counts anew */

#define TRANSCRIPTS_MAX 16 /* of one cycle: as many tell nothing any more, and release nothing */

/* --- the period --- */

static int period_on(Intake *in, const ConfigAutoclave *c, int64_t t_us, int32_t *ret_first) {
        const int32_t day = clinic_day(t_us, in->config->site.day_start_us);
        int32_t used = FITNESS_NEVER;
        int r = transcript_from(in->store, c->id, &used);

        return r < 0 ? r
                     : manual_period(c->manual_from ? day_of_date(c->manual_from) : FITNESS_NEVER, used, day,
                                     ret_first);
}

/* A load counts in a period where both the day on which it began and today are in it. */
static int period_of(Intake *in, const ConfigAutoclave *c, int64_t started_us, int32_t *ret_first) {
        int32_t then;
        int r = period_on(in, c, in->now.wall_us, ret_first);

        if (r > 0)
                r = period_on(in, c, started_us, &then);
        return r;
}

int transcript_alert_text(Intake *in, const ConfigAutoclave *c, char ret_text[static TEXT_MAX + 1]) {
        const int32_t from = c->manual_from ? day_of_date(c->manual_from) : FITNESS_NEVER,
                      today = clinic_day(in->now.wall_us, in->config->site.day_start_us);
        int32_t first = FITNESS_NEVER, until, next;
        int r = period_on(in, c, in->now.wall_us, &first);

        if (r > 0) {
                until = date_of_day(MIN_OF(from, first) + MANUAL_DAYS - 1);
                snprintf(ret_text, TEXT_MAX + 1,
                         "%s: until the end of %04d-%02d-%02d its loads may be released on readings that people "
                         "transcribe. "
                         "Have its sensor, printer or gateway repaired.",
                         c->name, until / 10000, until / 100 % 100, until % 100);
        }
        if (r != 0 || manual_period(from, FITNESS_NEVER, today, &first) == 0)
                return r;
        r = transcript_from(in->store, c->id, &first);
        if (r <= 0)
                return r;
        next = date_of_day(first + MANUAL_PAUSE_DAYS);
        snprintf(ret_text, TEXT_MAX + 1,
                 "%s: manual-evidence-from has no effect, because three days of transcribed readings are over. The "
                 "next can "
                 "begin on %04d-%02d-%02d. Have its sensor, printer or gateway repaired.",
                 c->name, next / 10000, next / 100 % 100, next % 100);
        return 1;
}

/* --- which cycle --- */

static int attempt_fits(Intake *in, const Event *e, const AttemptRow *a) {
        if (a->verdict < 0)
                return reject(in, REJECT_BAD_MEMBER, "cycle",
                              "Cycle %" PRId64
                              " still runs, by what its gateway said. Wait for its end; if that never comes, "
                              "sterilize the load again.",
                              a->cycle);
        if (a->released > LOAD_OPEN)
                return reject(in, REJECT_BAD_MEMBER, "cycle", "That load was decided on already.");
        if (a->verdict != CYCLE_UNVERIFIED)
                return reject(in, REJECT_BAD_MEMBER, "cycle",
                              "That cycle is %s by its own measurements, and readings change nothing of that.",
                              cycle_verdict_id((CycleVerdictKind)a->verdict));
        if (a->purpose != PURPOSE_LOAD || !streq(a->program, e->transcript.program))
                return reject(in, REJECT_BAD_MEMBER, "program",
                              "That cycle was announced as program %s%s. Look which cycle is meant.", a->program,
                              a->purpose == PURPOSE_LOAD ? "" : ", and not for a load");
        return 0;
}

/* 1 and the attempt that is meant; 0: nothing was heard of that cycle. *ret_reject: a Reject, or 0. */
static int attempt_meant(Intake *in, const Event *e, const ConfigAutoclave *c, AttemptRow *ret, int *ret_reject) {
        int32_t first;
        int on, r = e->transcript.attempt ? attempt_get(in->store, e->transcript.attempt, ret)
                                          : attempt_by_cycle(in->store, c->id, e->transcript.cycle, ret);

        *ret_reject = 0;
        if (r < 0 || (r == 0 && !e->transcript.attempt))
                return r;
        if (r == 0 || !streq(ret->autoclave, c->id) || ret->cycle != e->transcript.cycle) {
                *ret_reject = reject(in, REJECT_BAD_MEMBER, "attempt",
                                     "No such attempt is known of this cycle of %s. Look which one is meant.", c->id);
                return 0;
        }
        on = period_of(in, c, ret->started_us, &first);
        if (on < 0 || (on == 0 && !e->transcript.attempt)) /* an old cycle that bore the same number */
                return on;
        if (on == 0)
                *ret_reject = reject(in, REJECT_BAD_MEMBER, "attempt",
                                     "That cycle began before the days for which transcribed readings count.");
        else if (r > 1)
                *ret_reject = reject(in, REJECT_BAD_MEMBER, "attempt",
                                     "More than one attempt bears this cycle number. Name the attempt.");
        else
                *ret_reject = attempt_fits(in, e, ret);
        return 1;
}

/* The latest at which a cycle of which nothing was heard can have begun: its hold and the message's age ago, and before
 * every cycle of a higher number. Else a test that was run after it could count as one before it. */
static int began_by(Intake *in, const Event *e, const char *autoclave, int64_t *ret_us) {
        int64_t us = in->now.wall_us - (e->env.has_age ? e->env.age_us : 0);
        AttemptRow a = { .started_us = INT64_MAX };
        int r;

        while ((r = attempt_before(in->store, autoclave, a.started_us, &a)) > 0 &&
               a.started_us > in->now.wall_us - SAME_CYCLE_US)
                if (a.cycle > e->transcript.cycle)
                        us = MIN_OF(us, a.started_us);
        *ret_us = us - e->transcript.hold_us;
        return r < 0 ? r : 0;
}

/* The attempt, made where nothing was heard of it. 0, a Reject, or the store's error. */
static int attempt_want(Intake *in, const Event *e, const ConfigAutoclave *c, AttemptRow *ret, bool *ret_made) {
        int64_t began_us;
        int32_t first;
        int refused, r = attempt_meant(in, e, c, ret, &refused);

        *ret_made = false;
        if (r < 0 || refused != 0 || r > 0)
                return r < 0 ? r : refused;
        r = began_by(in, e, c->id, &began_us);
        if (r == 0)
                r = period_of(in, c, began_us, &first);
        if (r < 0)
                return r;
        if (r == 0)
                return reject(in, REJECT_BAD_MEMBER, "hold_s",
                              "That cycle began before the days for which transcribed readings count.");
        *ret_made = true;
        return cycle_unheard(in, c->id, e->transcript.cycle, e->transcript.program, began_us, ret);
}

/* --- the message --- */

static int transcript_record(Intake *in, const Event *e, const AttemptRow *a, bool made) {
        record_begin(in, "transcript");
        jsonw_member_string(&in->w, "attempt", a->label);
        jsonw_member_string(&in->w, "by", e->transcript.by);
        jsonw_member_string(&in->w, "reason", e->transcript.reason);
        jsonw_member_bool(&in->w, "unheard", made);
        jsonw_member_int(&in->w, "hold_us", e->transcript.hold_us);
        jsonw_member_int(&in->w, "coldest_mc", e->transcript.coldest_mc);
        jsonw_member_int(&in->w, "hottest_mc", e->transcript.hottest_mc);
        jsonw_member_int(&in->w, "lowest_pa", e->transcript.lowest_pa);
        jsonw_member_int(&in->w, "highest_pa", e->transcript.highest_pa);
        if (e->transcript.has_pulses)
                jsonw_member_int(&in->w, "pulses", e->transcript.pulses);
        return record_end(in, NULL);
}

static bool same_readings(const ManualReadings *a, const ManualReadings *b) {
        return a->hold_us == b->hold_us && a->coldest_mc == b->coldest_mc && a->hottest_mc == b->hottest_mc &&
               a->lowest_pa == b->lowest_pa && a->highest_pa == b->highest_pa && a->pulses == b->pulses;
}

/* 1: these readings were sent before, by the same person; 0 and how many there are. */
static int said_before(Intake *in, int64_t attempt, const TranscriptRow *row, size_t *ret_n) {
        TranscriptRow old = {};
        int r;

        for (*ret_n = 0; (r = transcript_next(in->store, attempt, old.id, &old)) > 0; ++*ret_n)
                if (streq(old.by, row->by) && same_readings(&old.readings, &row->readings))
                        return 1;
        return r;
}

static int transcript_keep(Intake *in, const Event *e, const Origin *o, const AttemptRow *a, int32_t first) {
        TranscriptRow row = { .i = o->i,
                              .at_us = in->now.wall_us,
                              .from_day = first,
                              .readings = { .hold_us = e->transcript.hold_us,
                                            .coldest_mc = e->transcript.coldest_mc,
                                            .hottest_mc = e->transcript.hottest_mc,
                                            .lowest_pa = e->transcript.lowest_pa,
                                            .highest_pa = e->transcript.highest_pa,
                                            .pulses = e->transcript.has_pulses ? e->transcript.pulses : -1 } };
        size_t n;
        int r;

        snprintf(row.by, sizeof(row.by), "%s", e->transcript.by);
        snprintf(row.reason, sizeof(row.reason), "%s", e->transcript.reason);
        r = said_before(in, a->id, &row, &n);
        if (r != 0)
                return r < 0 ? r : 0;
        if (n >= TRANSCRIPTS_MAX)
                return reject(in, REJECT_BAD_MEMBER, "cycle",
                              "That cycle was transcribed %d times already. Sterilize the load again.",
                              TRANSCRIPTS_MAX);
        return transcript_add(in->store, a, &row);
}

/* Whether anything may be transcribed here and now. */
static int transcript_may(Intake *in, const Event *e, const ConfigAutoclave *c, int32_t *ret_first) {
        const ConfigProgram *program = config_program(c, e->transcript.program);
        const char *doubt = intake_doubted(in, DOUBT_CLOCK);
        int r;

        if (doubt)
                return reject(in, REJECT_NOT_ALLOWED, NULL, "The clock is in doubt, so no day can be judged. %.120s",
                              doubt);
        r = period_on(in, c, in->now.wall_us, ret_first);
        if (r < 0)
                return r;
        if (r == 0)
                return reject(
                        in, REJECT_NOT_ALLOWED, "autoclave",
                        "Transcribed readings do not count for %s today: manual-evidence-from is not set for it, or "
                        "its three days are over. Use another autoclave.",
                        c->id);
        if (!program || program->purpose != PURPOSE_LOAD)
                return reject(in, REJECT_BAD_MEMBER, "program", "%s is no program for loads of autoclave %s.",
                              e->transcript.program, c->id);
        return want_person(in, "by", e->transcript.by);
}

int on_transcript(Intake *in, const Event *e, const Origin *o) {
        const ConfigAutoclave *c = config_autoclave(in->config, e->transcript.autoclave);
        int32_t first;
        AttemptRow a;
        bool made;
        int r;

        if (!c)
                return reject(in, REJECT_BAD_MEMBER, "autoclave", "Autoclave %s is not configured.",
                              e->transcript.autoclave);
        r = transcript_may(in, e, c, &first);
        if (r == 0)
                r = attempt_want(in, e, c, &a, &made);
        if (r == 0)
                r = transcript_keep(in, e, o, &a, first);
        if (r == 0)
                r = transcript_record(in, e, &a, made);
        if (r != 0)
                return r;
        return fitness_changed(in, c->id);
}

int transcript_doubted(Intake *in, const char *autoclave, int64_t cycle) {
        char reason[TEXT_MAX + 1];
        TranscriptRow row;
        AttemptRow a;
        int r = attempt_by_cycle(in->store, autoclave, cycle, &a);

        if (r <= 0 || a.verdict < 0 || a.outcome >= 0 || in->now.wall_us - a.started_us > SAME_CYCLE_US)
                return r < 0 ? r : 0;
        r = transcript_next(in->store, a.id, 0, &row);
        if (r <= 0)
                return r;
        r = load_recall(in->store, &a, reason);
        if (r != 0)
                return r < 0 ? r : 0;
        return load_quarantine(in, a.id, "manual-evidence", "asepsisd",
                               "its autoclave now speaks of cycle %" PRId64 ", of which readings had been transcribed",
                               cycle);
}

/* --- for a release --- */

static int replay_chunk(Running *x, const void *data, size_t size, size_t samples) {
        _cleanup_(freep) Sample *v = calloc(samples + 1, sizeof(*v));
        PartReader parts;
        Part part;
        int r = v ? 1 : -ENOMEM;

        parts_begin(&parts, data, size);
        while (r > 0 && (r = part_next(&parts, &part)) > 0) {
                size_t n;

                r = samples_decode(part.samples, part.size, v, samples + 1, &n);
                if (r < 0)
                        break;
                running_feed(x, v, n, NULL);
                r = 1;
        }
        return r;
}

/* The cycle as its samples in the ledger show it. */
static int replay(Intake *in, Running *x) {
        int64_t at = 0;
        int r = running_begin(in, x);

        while (r >= 0) {
                _cleanup_(freep) void *data = NULL;
                size_t size, samples;

                r = chunk_next(in->store, x->attempt.id, &at, &samples, &data, &size);
                if (r <= 0)
                        break;
                r = samples > 0 ? replay_chunk(x, data, size, samples) : 0;
        }
        return r < 0 ? r : running_reference(in, x);
}

/* Each once; a label has no comma in it. */
static void name_person(char names[static TRANSCRIBERS_MAX], const char *by) {
        const size_t n = strlen(names), length = strlen(by);

        for (const char *at = names; (at = strstr(at, by)); at += length)
                if ((at == names || at[-1] == ' ') && (at[length] == ',' || !at[length]))
                        return;
        snprintf(names + n, TRANSCRIBERS_MAX - n, "%s%s", n ? ", " : "", by);
}

int transcript_facts(Intake *in, const AttemptRow *a, const char *releaser, Transcribed *ret) {
        _cleanup_(freep) Running *x = calloc(1, sizeof(*x));
        const ConfigAutoclave *c = config_autoclave(in->config, a->autoclave);
        TranscriptRow row = {};
        int32_t first;
        size_t n = 0;
        int r = x ? transcript_next(in->store, a->id, 0, &row) : -ENOMEM;

        if (r <= 0 || a->verdict != CYCLE_UNVERIFIED)
                return r < 0 ? r : 0;
        x->attempt = *a;
        r = replay(in, x);
        if (r == 0 && c)
                r = period_of(in, c, a->started_us, &first);
        if (r < 0)
                return r;
        ret->facts = (ReleaseManual){
                .on = r > 0, .registered = true, .other = true, .sampled = x->cycle.samples > 0, .lacks = &ret->lacks
        };
        do {
                ret->facts.registered &= config_practitioner(in->config, row.by) != NULL;
                ret->facts.other &= !streq(row.by, releaser);
                name_person(ret->by, row.by);
                manual_judge(&x->cycle, (Grade)a->grade, &row.readings, &ret->lacks);
                r = transcript_next(in->store, a->id, row.id, &row);
                n++;
        } while (r > 0);
        if (n >= TRANSCRIPTS_MAX)
                reasons_add(
                        &ret->lacks, "manual-evidence",
                        "This cycle was transcribed %d times, so nobody knows what is true. Sterilize the load again.",
                        TRANSCRIPTS_MAX);
        return r < 0 ? r : 1;
}
