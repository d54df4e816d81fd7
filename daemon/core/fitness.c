/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is doubtful never passes, and what failed is never made good by another word about the same thing: only a new
 * test passes. "Neither" is kept apart from "failed", because a test that was done wrongly says nothing about the
 * machine: it is still due, and nobody is recalled for it.
 *
 * A rule is one line of the table at the end. Each looks at one clock, so that all that stands is said at once.
 */
#include "core/fitness.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "util.h"

#define MINUTE_US (60 * US_PER_S)

static void _printf_(2, 3) say(char text[static FITNESS_TEXT_MAX], const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, FITNESS_TEXT_MAX, format, ap);
        va_end(ap);
}

/* --- the leak test --- */

/*
 * The gap in the argument of a rate alone: air that has come in already comes in no more. A chamber with a large leak
 * is full before the ten minutes begin, and then seems tight; so a large rise while settling is no test either.
 */
static bool leak_timed(const TimedPressure *p, char why[static FITNESS_TEXT_MAX]) {
        const int64_t settle_us = p[1].t_us - p[0].t_us, rise_us = p[2].t_us - p[1].t_us;

        if (settle_us >= FITNESS_LEAK_SETTLE_US && rise_us >= FITNESS_LEAK_RISE_US &&
            rise_us <= FITNESS_LEAK_RISE_US + FITNESS_LEAK_RISE_SLACK_US)
                return true;
        say(why, "The pressures were taken at the wrong times: let it settle for at least 300 s, then measure over "
                 "600 s.");
        return false;
}

static bool leak_started(const TimedPressure *p, const LeakLimits *limits, char why[static FITNESS_TEXT_MAX]) {
        if (p[0].pressure_pa > limits->start_max_pa) {
                say(why,
                    "It started at %d.%02d kPa, above the %d.%02d kPa that are wanted. Check the vacuum pump, and "
                    "test again.",
                    p[0].pressure_pa / 1000, p[0].pressure_pa / 10 % 100, limits->start_max_pa / 1000,
                    limits->start_max_pa / 10 % 100);
                return false;
        }
        if (p[1].pressure_pa - p[0].pressure_pa > FITNESS_LEAK_SETTLE_PA) {
                say(why, "The pressure rose by more than 2 kPa while it settled: moisture in the chamber, or a large "
                         "leak. Dry the chamber, check the door seal, and test again.");
                return false;
        }
        return true;
}

static TestOutcome leak_rate(const LeakReport *r, const LeakLimits *limits, int64_t *ret_rate_mpa,
                             char why[static FITNESS_TEXT_MAX]) {
        const TimedPressure *p = r->pressures;
        const int64_t rise_us = p[2].t_us - p[1].t_us, rise_pa = p[2].pressure_pa - p[1].pressure_pa;
        int64_t shown;

        if (!leak_timed(p, why) || !leak_started(p, limits, why))
                return TEST_NO_TEST;
        *ret_rate_mpa = rise_pa * 1000 * MINUTE_US / rise_us;
        shown = (rise_pa * MINUTE_US + rise_us - 1) / rise_us;
        if (rise_pa * MINUTE_US > limits->rate_max_pa * rise_us) {
                say(why, "The pressure rose by 0.%03lld kPa a minute, above 0.%03d.", (long long)MIN_OF(shown, 999),
                    limits->rate_max_pa);
                return TEST_FAILED;
        }
        if (-rise_pa * MINUTE_US > limits->rate_max_pa * rise_us) {
                say(why, "The pressure fell while it was to be held: the pump was still running. Test again.");
                return TEST_NO_TEST;
        }
        return TEST_PASSED;
}

TestOutcome fitness_leak(const LeakReport *r, const LeakLimits *limits, int64_t *ret_rate_mpa,
                         char why[static FITNESS_TEXT_MAX]) {
        TestOutcome outcome;

        *ret_rate_mpa = 0;
        why[0] = '\0';
        if (r->cancelled)
                say(why, "Its cycle did not run to its end. Test again.");
        outcome = r->cancelled          ? TEST_NO_TEST
                  : r->n_pressures == 3 ? leak_rate(r, limits, ret_rate_mpa, why)
                                        : TEST_NO_TEST;
        if (r->result == RESULT_FAIL) {
                if (outcome != TEST_FAILED)
                        say(why, "It was reported as failed.");
                return TEST_FAILED;
        }
        if (r->cancelled || r->n_pressures == 3)
                return outcome;
        if (r->result == RESULT_PASS && limits->bare_pass)
                return TEST_PASSED;
        say(why, "A pass without the three timed pressures does not count here. Test again, and report them.");
        return TEST_NO_TEST;
}

/* --- penetration tests --- */

TestOutcome fitness_penetration(const PenetrationReport *r, char why[static FITNESS_TEXT_MAX]) {
        why[0] = '\0';
        if (r->result == RESULT_FAIL)
                say(why, "It was read as failed.");
        else if (r->named && r->failed_before)
                say(why, "Two readers disagree: that counts as failed.");
        if (why[0])
                return TEST_FAILED;
        if (!r->named)
                say(why, "Name the cycle in which it was run, when that has ended.");
        else if (!r->test_program)
                say(why, "It was not run in a test program. Run the test program, and nothing else in the chamber.");
        else if (!r->empty)
                say(why, "There were packs in its cycle. Run it alone.");
        else if (!r->verified)
                say(why, "Its cycle was not verified from its own measurements. Run it again.");
        else if (r->hold_us < r->hold_min_us || r->hold_us > r->hold_max_us)
                say(why, "Its hold was %lld s, not %lld to %lld s. Check the program, and run it again.",
                    (long long)(r->hold_us / US_PER_S), (long long)(r->hold_min_us / US_PER_S),
                    (long long)(r->hold_max_us / US_PER_S));
        else if (!r->reader_known)
                say(why, "Name a registered person as its reader.");
        else if (r->expired)
                say(why, "The test sheet had expired. Run it again with a new one.");
        else if (r->result != RESULT_PASS)
                say(why, "Say whether it passed or failed.");
        return why[0] ? TEST_NO_TEST : TEST_PASSED;
}

/* --- spore tests --- */

/* What is known of a strip's lot: -1 a control of it did not grow, 1 one did, 0 not known. */
static int control_of(const SporeReading *readings, size_t n, const char *lot) {
        int found = 0;

        for (size_t i = 0; i < n; i++) {
                if (!readings[i].lot || strcmp(readings[i].lot, lot) != 0)
                        continue;
                if (readings[i].control == CONTROL_NO_GROWTH)
                        return -1;
                if (readings[i].control == CONTROL_GROWTH)
                        found = 1;
        }
        return found;
}

static SporeOutcome spore_reading(const SporeReading *readings, size_t n, const SporeReading *one) {
        int control;

        if (one->result == RESULT_FAIL)
                return SPORE_POSITIVE;
        if (one->expired)
                return SPORE_INVALID;
        control = one->lot && one->lot[0]             ? control_of(readings, n, one->lot)
                  : one->control == CONTROL_NO_GROWTH ? -1
                                                      : 0;
        if (control < 0)
                return SPORE_INVALID;
        return one->result == RESULT_PASS && control > 0 ? SPORE_NEGATIVE : SPORE_PENDING;
}

SporeOutcome fitness_spore(const SporeReading *readings, size_t n) {
        SporeOutcome worst = SPORE_NONE;

        for (size_t i = 0; i < n; i++) {
                SporeOutcome o = spore_reading(readings, n, readings + i);

                if (o > worst)
                        worst = o;
        }
        return worst;
}

/* --- in and out of service --- */

static const struct {
        const char *id;
        bool major;
} causes[_SERVICE_CAUSE_MAX] = {
        [SERVICE_OTHER] = { "other", false },
        [SERVICE_MINOR_FAULT] = { "fault", false },
        [SERVICE_MAJOR_FAULT] = { "major-fault", true },
        [SERVICE_PENETRATION_TEST] = { "penetration-test", true },
        [SERVICE_LEAK_TEST] = { "leak-test", true },
        [SERVICE_CONTROL_TEST] = { "control-test", true },
        [SERVICE_SPORE_TEST] = { "spore-test", true },
        [SERVICE_CALIBRATION] = { "calibration", true },
        [SERVICE_INSTALLATION] = { "installation", true },
        [SERVICE_RELOCATION] = { "relocation", true },
        [SERVICE_REPAIR] = { "repair", true },
};

bool fitness_cause_major(ServiceCause cause) {
        return causes[cause].major;
}

const char *fitness_cause_id(ServiceCause cause) {
        return causes[cause].id;
}

static bool spoils(const ReturnCycle *c) {
        return !c->verified || !c->empty || c->indicator_failed || c->spore == SPORE_POSITIVE ||
               c->spore == SPORE_INVALID;
}

void fitness_return_cycle(ReturnProgress *p, const ReturnCycle *c) {
        if (!c->ended || c->preparatory)
                return;
        if (spoils(c)) {
                *p = (ReturnProgress){};
        } else if (c->spore != SPORE_NEGATIVE || !c->indicator_passed) {
                p->waiting++;
                if (p->cycles_us == 0)
                        p->cycles = 0;
        } else if (++p->cycles == FITNESS_EMPTY_CYCLES && p->cycles_us == 0) {
                p->cycles_us = c->started_us;
        }
}

bool fitness_return_done(const ReturnProgress *p, bool vacuum) {
        return p->cycles_us && (!vacuum || p->bowie_dicks >= FITNESS_BOWIE_DICKS);
}

void fitness_return_text(const ReturnProgress *p, bool vacuum, char text[static FITNESS_TEXT_MAX]) {
        const int cycles = p->cycles_us ? FITNESS_EMPTY_CYCLES : p->cycles;
        char waiting[96] = "";

        if (p->waiting && !p->cycles_us)
                snprintf(waiting, sizeof(waiting), " (%d more wait for a spore test, its control or an indicator)",
                         p->waiting);
        if (fitness_return_done(p, vacuum))
                say(text, "The cycles and tests for its return are done: an officer returns it (asepsisctl autoclave "
                          "return).");
        else if (!p->cycles_us)
                say(text,
                    "%d of %d empty cycles in a row with a negative spore test and a passing indicator are "
                    "done%s%s.",
                    cycles, FITNESS_EMPTY_CYCLES, waiting,
                    vacuum ? "; three passing Bowie-Dick tests follow, then an officer's return"
                           : "; an officer's return follows");
        else
                say(text, "The empty cycles are done, and %d of %d Bowie-Dick tests; then an officer returns it.",
                    p->bowie_dicks, FITNESS_BOWIE_DICKS);
}

/* --- the rules --- */

static FitnessEffect always(const FitnessFacts *f) {
        (void)f;
        return FITNESS_BLOCK;
}

static FitnessEffect of_spore(const FitnessFacts *f) {
        return f->spore;
}

static FitnessEffect of_calibration(const FitnessFacts *f) {
        return f->calibration;
}

static FitnessEffect if_vacuum(const FitnessFacts *f) {
        return f->vacuum ? FITNESS_BLOCK : FITNESS_OFF;
}

/* A day counts only from itself on: what was done after the load does not speak for it. */
static int32_t latest(const FitnessFacts *f, int32_t a, int32_t b) {
        if (a != FITNESS_NEVER && a > f->day)
                a = FITNESS_NEVER;
        if (b != FITNESS_NEVER && b > f->day)
                b = FITNESS_NEVER;
        return MAX_OF(a, b);
}

static int32_t days_on(int32_t day, int32_t days) {
        return day == FITNESS_NEVER ? FITNESS_NEVER : day + days;
}

/* How long ago, for a sentence. */
static void ago(const FitnessFacts *f, int32_t day, char buf[static 80]) {
        if (day == FITNESS_NEVER)
                snprintf(buf, 80, "None is known");
        else
                snprintf(buf, 80, "The last one is %lld days old", (long long)f->day - day);
}

static const char *again(const FitnessFacts *f) {
        return f->load ? " Then sterilize this load again." : "";
}

static bool penetration_missing(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        if (f->penetration_us && f->penetration_day == f->day && f->penetration_us < f->load_us)
                return false;
        if (f->penetration_unread)
                say(text, "%s: nobody has read the test of cycle %lld yet. Read it, and report the result.", f->name,
                    (long long)f->penetration_unread);
        else if (f->load)
                say(text,
                    "%s: no Bowie-Dick or Helix test was run and passed on this clinic day before the load "
                    "started. Run and read one, then sterilize this load again.",
                    f->name);
        else
                say(text,
                    "%s: no Bowie-Dick or Helix test has passed on this clinic day. Run and read one before the "
                    "first load.",
                    f->name);
        return true;
}

static bool penetration_failed(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        if (f->penetration_failed)
                say(text,
                    "%s: the last Bowie-Dick or Helix test failed. Have it repaired; it is returned to service by "
                    "empty cycles, spore tests and three Bowie-Dick tests.",
                    f->name);
        return f->penetration_failed;
}

int32_t fitness_leak_until(const FitnessFacts *f) {
        return f->vacuum ? days_on(latest(f, f->leak_day, f->commissioned_day), f->leak_days) : FITNESS_NEVER;
}

static bool leak_overdue(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        char when[80];

        if (fitness_leak_until(f) >= f->day)
                return false;
        ago(f, latest(f, f->leak_day, FITNESS_NEVER), when);
        say(text, "%s: the leak test is overdue. %s, and it is good for %d days. Run one.%s", f->name, when,
            f->leak_days, again(f));
        return true;
}

static bool leak_failed(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        if (f->leak_failed)
                say(text,
                    "%s: the last leak test failed. Have the door seal and the valves checked, and run one that "
                    "passes.",
                    f->name);
        return f->leak_failed;
}

int32_t fitness_spore_until(const FitnessFacts *f) {
        const int32_t read = days_on(latest(f, f->spore_day, f->commissioned_day), f->spore_days);
        const int32_t pending =
                days_on(latest(f, f->spore_pending_day, FITNESS_NEVER), f->spore_days + FITNESS_PENDING_GRACE_DAYS);

        return f->spore == FITNESS_OFF ? FITNESS_NEVER : MAX_OF(read, pending);
}

static bool spore_overdue(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        char when[80];

        if (fitness_spore_until(f) >= f->day)
                return false;
        ago(f, latest(f, f->spore_day, f->spore_pending_day), when);
        say(text, "%s: the spore test is overdue. %s. Run one with its control, and report both.%s", f->name, when,
            again(f));
        return true;
}

static bool spore_positive(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        if (f->spore_positive)
                say(text, "%s: a spore test grew. Sterilize nothing in it; an officer follows the recall.", f->name);
        return f->spore_positive;
}

static bool calibration_overdue(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        if (f->calibration_day >= f->day)
                return false;
        say(text,
            "%s: its calibration %s. Have it calibrated, and enter the date of the certificate "
            "(calibration-due).%s",
            f->name, f->calibration_day == FITNESS_NEVER ? "has no date" : "is overdue", again(f));
        return true;
}

int32_t fitness_duty_until(const FitnessFacts *f, const FitnessDuty *duty) {
        return duty->failed ? FITNESS_NEVER
                            : days_on(MAX_OF(duty->done_day, latest(f, f->commissioned_day, FITNESS_NEVER)),
                                      duty->interval_days);
}

/* A duty that was done after the load, and well, speaks for the load too: what it looks at only gets worse. */
bool fitness_duty_overdue(const FitnessFacts *f, const FitnessDuty *duty, char text[static FITNESS_TEXT_MAX]) {
        if (fitness_duty_until(f, duty) >= f->day)
                return false;
        say(text, "%s: \"%.200s\" %s. Do it, and sign it.", f->name, duty->name,
            duty->failed ? "did not go well the last time" : "is overdue");
        return true;
}

static bool out_of_service(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]) {
        if (f->out)
                say(text, "%s", f->out);
        return f->out;
}

static const FitnessRule rules[] = {
        { "penetration-test-missing", "HTM 01-05", if_vacuum, penetration_missing },
        { "penetration-test-failed", "HTM 01-05", always, penetration_failed },
        { "leak-test-overdue", "HTM 01-05; maker", if_vacuum, leak_overdue },
        { "leak-test-failed", "HTM 01-05; maker", always, leak_failed },
        { "spore-test-overdue", "CDC; ST79", of_spore, spore_overdue },
        { "spore-test-positive", "CDC 2008", always, spore_positive },
        { "calibration-overdue", "maker; HTM 01-05", of_calibration, calibration_overdue },
        { "duty-overdue", "maker; HTM 01-05", NULL, NULL }, /* once for each duty, with that duty's effect */
        { "out-of-service", "CDC 2008; ST79", always, out_of_service },
};

size_t fitness_rules(const FitnessRule **ret) {
        *ret = rules;
        return ELEMENTSOF(rules);
}

void fitness_judge(const FitnessFacts *f, FitnessEffect effect, Reasons *ret) {
        char text[FITNESS_TEXT_MAX];

        for (const FitnessRule *rule = rules; rule < rules + ELEMENTSOF(rules); rule++) {
                if (rule->test && rule->effect(f) == effect && rule->test(f, text))
                        reasons_add(ret, rule->id, "%s", text);
                for (size_t i = 0; !rule->test && i < f->n_duties; i++)
                        if (f->duties[i].effect == effect && fitness_duty_overdue(f, f->duties + i, text))
                                reasons_add(ret, rule->id, "%s", text);
        }
}
