/* SPDX-License-Identifier: Apache-2.0 */
#include "core/treatment.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

/*
 * What is followed is a practice, not a machine: rounds of some passes over each area, with a cleanse between them, by
 * needles whose maker says how deep, how long and how often. So nothing here denies. A rule tells once what it saw, and
 * what comes afterwards does not make it untold: a cleanse that is reported when the next round has begun may have been
 * done when it should, or not, and nobody can tell.
 *
 * A new round is one whose number the session has not had yet, or one in an area that had another before: handpieces
 * number either way. Between it and the last report of any such other round there must be a cleanse.
 */

static const char *const step_names[] = {
        [STEP_SCREENED] = "screened", [STEP_ANAESTHETIC] = "anaesthetic", [STEP_WASH] = "wash",
        [STEP_SERUM] = "serum",       [STEP_CLEANSE] = "cleanse",         [STEP_AFTERCARE] = "aftercare",
};

const char *treatment_step_name(int step) {
        return step >= 0 && (size_t)step < ELEMENTSOF(step_names) ? step_names[step] : "unknown";
}

/* --- the account --- */

static int64_t add(int64_t a, int64_t b) {
        int64_t sum;

        return __builtin_add_overflow(a, b, &sum) ? INT64_MAX : sum;
}

static bool same_round(const TreatmentRound *r, const char *area, int64_t round) {
        return r->round == round && streq(r->area, area);
}

static int64_t next_round(const Treatment *t, const char *area) {
        int64_t last = 0;

        for (size_t k = 0; k < t->n_rounds; k++)
                if (streq(t->rounds[k].area, area))
                        last = MAX_OF(last, t->rounds[k].round);
        return last + 1;
}

static int find_round(const Treatment *t, const char *area, int64_t round, const char *item) {
        for (size_t k = 0; k < t->n_rounds; k++)
                if (same_round(t->rounds + k, area, round) && streq(t->rounds[k].item, item))
                        return (int)k;
        return TREATMENT_NOTHING;
}

static void add_numbers(TreatmentRound *to, const TreatmentReport *r) {
        to->last_i = r->i;
        to->last_us = r->at_us;
        to->has_passes |= r->has_passes;
        to->has_depth |= r->has_depth;
        to->has_motor |= r->has_motor;
        to->bleeding |= r->bleeding;
        if (r->has_passes)
                to->passes = add(to->passes, r->passes);
        if (r->has_depth)
                to->depth_um = MAX_OF(to->depth_um, r->depth_um);
        if (r->has_motor)
                to->motor_us = add(to->motor_us, r->motor_us);
}

int treatment_report(Treatment *t, const TreatmentReport *r) {
        char area[TREATMENT_AREA_MAX + 1];
        int64_t round = r->round;
        int k;

        if (r->event == USAGE_ATTACHED)
                return TREATMENT_NOTHING;
        if (r->event != USAGE_ROUND && !r->round && !r->has_passes && !r->has_depth && !r->has_motor && !r->bleeding)
                return TREATMENT_NOTHING;
        snprintf(area, sizeof(area), "%s", r->area ? r->area : "");
        if (r->event == USAGE_ROUND && round == 0)
                round = next_round(t, area);
        k = find_round(t, area, round, r->item);
        if (k < 0) {
                if (t->n_rounds == TREATMENT_ROUNDS_MAX)
                        return TREATMENT_FULL;
                k = (int)t->n_rounds++;
                t->rounds[k] = (TreatmentRound){ .i = r->i, .at_us = r->at_us, .round = round };
                snprintf(t->rounds[k].area, sizeof(t->rounds[k].area), "%s", area);
                snprintf(t->rounds[k].item, sizeof(t->rounds[k].item), "%s", r->item);
        }
        add_numbers(t->rounds + k, r);
        return k;
}

int treatment_step(Treatment *t, const TreatmentStep *step) {
        if (t->n_steps == TREATMENT_STEPS_MAX)
                return TREATMENT_FULL;
        t->steps[t->n_steps] = *step;
        return (int)t->n_steps++;
}

int64_t treatment_passes(const Treatment *t, const char *area, int64_t round, bool *ret_said) {
        int64_t sum = 0;
        bool said = false;

        for (size_t k = 0; k < t->n_rounds; k++)
                if (same_round(t->rounds + k, area, round) && t->rounds[k].has_passes) {
                        sum = add(sum, t->rounds[k].passes);
                        said = true;
                }
        *ret_said = said;
        return sum;
}

/* The first in the account of its area and number: a second needle in the same round makes no other round. */
static bool first_of_round(const Treatment *t, size_t k) {
        for (size_t j = 0; j < k; j++)
                if (same_round(t->rounds + j, t->rounds[k].area, t->rounds[k].round))
                        return false;
        return true;
}

int64_t treatment_rounds(const Treatment *t, const char *area) {
        int64_t n = 0;

        for (size_t k = 0; k < t->n_rounds; k++)
                n += t->rounds[k].round != 0 && streq(t->rounds[k].area, area) && first_of_round(t, k);
        return n;
}

int64_t treatment_motor_us(const Treatment *t, const char *item) {
        int64_t sum = 0;

        for (size_t k = 0; k < t->n_rounds; k++)
                if (streq(t->rounds[k].item, item))
                        sum = add(sum, t->rounds[k].motor_us);
        return sum;
}

int64_t treatment_depth_um(const Treatment *t) {
        int64_t deepest = 0;

        for (size_t k = 0; k < t->n_rounds; k++)
                deepest = MAX_OF(deepest, t->rounds[k].depth_um);
        return deepest;
}

bool treatment_first_of_item(const Treatment *t, size_t k) {
        for (size_t j = 0; j < k; j++)
                if (streq(t->rounds[j].item, t->rounds[k].item))
                        return false;
        return true;
}

bool treatment_first_of_area(const Treatment *t, size_t k) {
        for (size_t j = 0; j < k; j++)
                if (streq(t->rounds[j].area, t->rounds[k].area))
                        return false;
        return true;
}

/* --- sentences --- */

static void _printf_(2, 3) cause(TreatmentDeviation *d, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(d->cause, sizeof(d->cause), format, ap);
        va_end(ap);
}

static void _printf_(2, 3) say(TreatmentDeviation *d, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(d->text, sizeof(d->text), format, ap);
        va_end(ap);
}

#define PLACE_SIZE (TREATMENT_AREA_MAX + 48)

static const char *area_text(const TreatmentRound *r) {
        return r->area[0] ? r->area : "an area that was not named";
}

/* For one use within the arguments of one say(). */
static const char *place_text(char *buf, const TreatmentRound *r) {
        if (r->round)
                snprintf(buf, PLACE_SIZE, "Round %lld of %s", (long long)r->round, area_text(r));
        else
                snprintf(buf, PLACE_SIZE, "Outside any round, %s", area_text(r));
        return buf;
}

#define PLACE(r) place_text((char[PLACE_SIZE]){ 0 }, (r))

static void cause_of_round(TreatmentDeviation *d, const TreatmentRound *r) {
        cause(d, "%s/%lld", r->area, (long long)r->round);
}

#define MM_SIZE 32
/* Millimetres without zeros that say nothing. */
static const char *mm_text(char *buf, int64_t um) {
        size_t n = (size_t)snprintf(buf, MM_SIZE, "%lld.%03lld", (long long)(um / 1000), (long long)(um % 1000));

        while (buf[n - 1] == '0')
                buf[--n] = '\0';
        if (buf[n - 1] == '.')
                buf[--n] = '\0';
        return buf;
}

#define MM(um) mm_text((char[MM_SIZE]){ 0 }, (um))

static const char *minutes_text(char *buf, int64_t us) {
        const long long s = us / US_PER_S;

        if (s % 60)
                snprintf(buf, MM_SIZE, "%lld min %lld s", s / 60, s % 60);
        else
                snprintf(buf, MM_SIZE, "%lld min", s / 60);
        return buf;
}

#define MINUTES(us) minutes_text((char[MM_SIZE]){ 0 }, (us))

/* --- the rules --- */

#define TEST(name) static bool test_##name(const TreatmentCase *c, TreatmentDeviation *ret)

static const TreatmentRound *round_of(const TreatmentCase *c) {
        return c->account->rounds + c->round;
}

static bool expects(const TreatmentCase *c, Step step) {
        return c->profile->steps & (1U << step);
}

static bool step_done(const Treatment *t, Step step) {
        for (size_t k = 0; k < t->n_steps; k++)
                if (t->steps[k].step == (int)step && t->steps[k].counts)
                        return true;
        return false;
}

TEST(screening_missing) {
        bool screened = false, form = false;

        if (!expects(c, STEP_SCREENED))
                return false;
        for (size_t k = 0; k < c->account->n_steps; k++) {
                const TreatmentStep *s = c->account->steps + k;

                if (s->step != STEP_SCREENED || !s->counts)
                        continue;
                screened = true;
                form |= s->form_hash[0] != '\0';
        }
        if (screened && (form || !c->profile->form_hash))
                return false;
        if (screened)
                say(ret,
                    "The screening was reported without the hash of the signed form. Stop and look: is there a signed "
                    "form? Send the step again with its hash.");
        else
                say(ret,
                    "It began without a screening step. Stop, and ask the questions of the form now; go on only when "
                    "it is signed, and send the step with its hash.");
        return true;
}

TEST(session_misnamed) {
        if (!c->named || streq(c->named, c->session))
                return false;
        cause(ret, "%s", c->item);
        say(ret,
            "%.128s was reported for session %.64s, and %.64s holds it: it counts for that one. Set the handpiece to "
            "the "
            "session that it is used in.",
            c->item, c->named, c->session);
        return true;
}

TEST(passes_exceeded) {
        const TreatmentRound *r = round_of(c);
        bool said;
        const int64_t passes = treatment_passes(c->account, r->area, r->round, &said);

        if (c->profile->limits.passes_max == 0 || passes <= c->profile->limits.passes_max)
                return false;
        cause_of_round(ret, r);
        say(ret,
            "%s: %lld passes, and at most %d are meant. Leave this area for this round, look at the skin, and note why "
            "if it was wanted.",
            PLACE(r), (long long)passes, (int)c->profile->limits.passes_max);
        return true;
}

TEST(depth_exceeded) {
        const TreatmentRound *r = round_of(c);

        if (c->profile->limits.depth_max_um == 0 || r->depth_um <= c->profile->limits.depth_max_um)
                return false;
        cause_of_round(ret, r);
        say(ret,
            "%s: needles at %s mm, and at most %s mm are meant. Set the depth back before the next pass, and look at "
            "the skin.",
            PLACE(r), MM(r->depth_um), MM(c->profile->limits.depth_max_um));
        return true;
}

TEST(needle_time_exceeded) {
        const TreatmentRound *r = round_of(c);
        const int64_t ran = treatment_motor_us(c->account, r->item);

        if (c->profile->limits.needle_time_max_us == 0 || ran <= c->profile->limits.needle_time_max_us)
                return false;
        cause(ret, "%s", r->item);
        say(ret,
            "%.128s has run for %s, and is made for %s. Its points are blunt by then: drop it into the sharps "
            "container, and add a new one to the session.",
            r->item, MINUTES(ran), MINUTES(c->profile->limits.needle_time_max_us));
        return true;
}

TEST(rounds_exceeded) {
        const TreatmentRound *r = round_of(c);
        const int64_t rounds = treatment_rounds(c->account, r->area);

        if (c->profile->limits.rounds_max == 0 || rounds <= c->profile->limits.rounds_max)
                return false;
        cause(ret, "%s", r->area);
        say(ret, "%lld rounds of %s, and at most %d are meant. Do no more there in this session.", (long long)rounds,
            area_text(r), (int)c->profile->limits.rounds_max);
        return true;
}

static bool number_is_new(const Treatment *t, const TreatmentRound *r) {
        for (size_t k = 0; k < t->n_rounds; k++)
                if (t->rounds + k != r && t->rounds[k].round == r->round)
                        return false;
        return true;
}

/* The last report of a round before this one, in whichever way they are numbered; NULL: there was none. */
static const TreatmentRound *round_before(const Treatment *t, const TreatmentRound *r) {
        const bool anywhere = number_is_new(t, r);
        const TreatmentRound *last = NULL;

        for (size_t k = 0; k < t->n_rounds; k++) {
                const TreatmentRound *o = t->rounds + k;

                if (o->round == 0 || o->round == r->round || !(anywhere || streq(o->area, r->area)))
                        continue;
                if (!last || o->last_i > last->last_i)
                        last = o;
        }
        return last;
}

/* Whether this report began the round, with whichever needle. */
static bool has_begun_now(const Treatment *t, const TreatmentRound *r) {
        for (size_t k = 0; k < t->n_rounds; k++)
                if (same_round(t->rounds + k, r->area, r->round) && t->rounds[k].i < r->last_i)
                        return false;
        return true;
}

TEST(cleanse_missing) {
        const TreatmentRound *r = round_of(c), *before;

        if (!c->profile->cleanse_between || r->round == 0 || !has_begun_now(c->account, r))
                return false;
        before = round_before(c->account, r);
        if (!before)
                return false;
        for (size_t k = 0; k < c->account->n_steps; k++) {
                const TreatmentStep *s = c->account->steps + k;

                if (s->step == STEP_CLEANSE && s->counts && s->i > before->last_i)
                        return false;
        }
        cause_of_round(ret, r);
        say(ret,
            "%s began without a cleanse since round %lld. Stop, cleanse the area, and report the step before the next "
            "round. One that is reported later leaves this on record.",
            PLACE(r), (long long)before->round);
        return true;
}

TEST(protocol_full) {
        (void)c;
        say(ret,
            "More rounds or steps were reported than are followed (%d and %d). What comes now is kept as it was sent, "
            "and "
            "no longer judged: end the session, and look at the handpiece.",
            TREATMENT_ROUNDS_MAX, TREATMENT_STEPS_MAX);
        return true;
}

/* --- what is put on opened skin --- */

TEST(item_other_patient) {
        if (!c->step_item || !c->step_item->other_patient)
                return false;
        cause(ret, "%s", c->step_item->code);
        say(ret,
            "%.128s was put on, and belongs to another patient. Stop, discard it, rinse the skin, and "
            "have both patients followed up.",
            c->step_item->code);
        return true;
}

TEST(blood_unlabelled) {
        if (!c->step_item || !c->step_item->unlabelled)
                return false;
        cause(ret, "%s", c->step_item->code);
        say(ret,
            "%.128s was put on, and nobody said whose blood is in it. Stop, keep it for the officer, "
            "and find out; report each tube with `draw` when it is filled.",
            c->step_item->code);
        return true;
}

TEST(blood_expired) {
        if (!c->step_item || !c->step_item->too_old)
                return false;
        cause(ret, "%s", c->step_item->code);
        say(ret,
            "%.128s was put on, and was drawn too long ago. Put on no more of it, discard it, and draw "
            "anew.",
            c->step_item->code);
        return true;
}

/* --- at the end --- */

TEST(aftercare_missing) {
        if (!expects(c, STEP_AFTERCARE) || step_done(c->account, STEP_AFTERCARE))
                return false;
        say(ret, "It ended without an aftercare step. Have the patient told what to do and what to watch for, and note "
                 "that it "
                 "was done.");
        return true;
}

static bool missing(const TreatmentCase *c, Step step, TreatmentDeviation *ret) {
        if (!expects(c, step) || step_done(c->account, step))
                return false;
        cause(ret, "%s", treatment_step_name((int)step));
        say(ret, "It ended without the step %s. Note why, or report the steps as they are done.",
            treatment_step_name((int)step));
        return true;
}

TEST(anaesthetic_missing) {
        return missing(c, STEP_ANAESTHETIC, ret);
}

TEST(wash_missing) {
        return missing(c, STEP_WASH, ret);
}

TEST(serum_missing) {
        return missing(c, STEP_SERUM, ret);
}

/* Where rounds are not told apart by it: that it was done at all. */
TEST(cleanse_not_done) {
        return !c->profile->cleanse_between && missing(c, STEP_CLEANSE, ret);
}

TEST(passes_below) {
        const TreatmentRound *r = round_of(c);
        bool said;
        const int64_t passes = treatment_passes(c->account, r->area, r->round, &said);

        if (r->round == 0 || !said || passes >= c->profile->limits.passes_min || !first_of_round(c->account, c->round))
                return false;
        cause_of_round(ret, r);
        say(ret, "%s: %lld passes, and at least %d are meant. Note why, if it was wanted.", PLACE(r), (long long)passes,
            (int)c->profile->limits.passes_min);
        return true;
}

#define PRACTICE "practice of the clinics served; own"
#define MAKER "the device's instructions; own"

static const TreatmentRule rules[] = {
        { "screening-missing", "no screening step, with the signed form's hash where it is wanted, before it began",
          PRACTICE, TREATMENT_INFO, TREATMENT_BEGAN | TREATMENT_END, test_screening_missing },
        { "cleanse-missing", "a new round without a cleanse step since the last", PRACTICE, TREATMENT_WARNING,
          TREATMENT_ROUND, test_cleanse_missing },
        { "passes-exceeded", "more passes over an area in one round", MAKER, TREATMENT_WARNING, TREATMENT_ROUND,
          test_passes_exceeded },
        { "depth-exceeded", "deeper needles", MAKER, TREATMENT_WARNING, TREATMENT_ROUND, test_depth_exceeded },
        { "needle-time-exceeded", "one needle ran longer in one session", MAKER, TREATMENT_WARNING, TREATMENT_ROUND,
          test_needle_time_exceeded },
        { "rounds-exceeded", "more rounds over an area", MAKER, TREATMENT_WARNING, TREATMENT_ROUND,
          test_rounds_exceeded },
        { "aftercare-missing", "completed without an aftercare step", PRACTICE, TREATMENT_INFO, TREATMENT_END,
          test_aftercare_missing },
        { "item-other-patient", "a step with another patient's blood, serum or vial",
          "own; blood belongs to one patient", TREATMENT_CRITICAL, TREATMENT_STEP, test_item_other_patient },
        { "blood-unlabelled", "a step with blood that was never said to be anybody's", "own", TREATMENT_CRITICAL,
          TREATMENT_STEP, test_blood_unlabelled },
        { "blood-expired", "a step with blood, or what is made of it, past its time", "own", TREATMENT_WARNING,
          TREATMENT_STEP, test_blood_expired },
        { "protocol-full", "more rounds or steps than an account holds", "own", TREATMENT_WARNING, TREATMENT_NO_ROOM,
          test_protocol_full },
        { "session-misnamed", "a report that names a session other than the one that holds the item", "own",
          TREATMENT_RECORDED, TREATMENT_REPORT, test_session_misnamed },
        { "passes-below", "fewer passes over an area in one round", MAKER, TREATMENT_RECORDED, TREATMENT_ROUND_END,
          test_passes_below },
        { "step-missing", "completed without the anaesthetic", PRACTICE, TREATMENT_RECORDED, TREATMENT_END,
          test_anaesthetic_missing },
        { "step-missing", "completed without a wash", PRACTICE, TREATMENT_RECORDED, TREATMENT_END, test_wash_missing },
        { "step-missing", "completed without serum", PRACTICE, TREATMENT_RECORDED, TREATMENT_END, test_serum_missing },
        { "step-missing", "completed without any cleanse, where none is wanted between rounds", PRACTICE,
          TREATMENT_RECORDED, TREATMENT_END, test_cleanse_not_done },
};

size_t treatment_rules(const TreatmentRule **ret) {
        *ret = rules;
        return ELEMENTSOF(rules);
}

void treatment_judge(const TreatmentCase *c, TreatmentFound *ret) {
        ret->n = 0;
        for (size_t k = 0; k < ELEMENTSOF(rules); k++) {
                TreatmentDeviation *d = ret->v + ret->n;

                if (!(rules[k].when & (unsigned)c->when) || ret->n == TREATMENT_FOUND_MAX)
                        continue;
                *d = (TreatmentDeviation){ .rule = rules + k };
                if (rules[k].test(c, d))
                        ret->n++;
        }
}
