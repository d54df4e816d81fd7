/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Fitness: may what this autoclave sterilized be released? Section 2 of the rules: what a report of a test is worth,
 * one table of rules over facts, and the way back into service. Pure: the caller gathers the facts in the transaction
 * in which it decides. What is not known is filled in as the worst: zeroed facts with FITNESS_NEVER in their days are
 * those of an autoclave that nobody ever tested.
 * Units: microseconds, absolute pascal. Days: clinic days, counted from 1 January 1970 (see intake/day.h).
 * Sources: HTM 01-05 (penetration and leak tests), CDC 2008 and ST79 (spore tests, the way back); [own] numbers are
 * configuration.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/limits.h"
#include "core/reasons.h"

#define FITNESS_NEVER INT32_MIN /* a day on which nothing was done */
#define FITNESS_TEXT_MAX TEXT_MAX
#define FITNESS_LEAK_SETTLE_US 300000000    /* P1 to P2, at least */
#define FITNESS_LEAK_RISE_US 600000000      /* P2 to P3, at least... */
#define FITNESS_LEAK_RISE_SLACK_US 10000000 /* ...and at most this much more [own] */
#define FITNESS_LEAK_SETTLE_PA 2000         /* a larger rise while settling is moisture, or a leak too large to time */
#define FITNESS_PENDING_GRACE_DAYS 3        /* a spore test that is not read yet is good for so many days more */
#define FITNESS_EMPTY_CYCLES 3              /* on the way back, in a row */
#define FITNESS_BOWIE_DICKS 3               /* after them */

typedef enum FitnessEffect { FITNESS_BLOCK, FITNESS_ALERT, FITNESS_OFF } FitnessEffect;

/* --- what a report of a test is worth --- */

typedef enum TestOutcome {
        TEST_NO_TEST, /* neither: it must be done again */
        TEST_PASSED,
        TEST_FAILED,
} TestOutcome;

typedef struct LeakReport {
        Result result;      /* the machine's own word, or the reader's */
        bool cancelled;     /* its cycle has not ended, or did not run to its end */
        size_t n_pressures; /* 0 or 3 */
        TimedPressure pressures[3];
} LeakReport;

typedef struct LeakLimits {
        int32_t start_max_pa; /* P1 above this: there was no vacuum to lose */
        int32_t rate_max_pa;  /* a minute; exactly this passes */
        bool bare_pass;       /* policy: a pass without pressures counts */
} LeakLimits;

/* *ret_rate_mpa: thousandths of a pascal a minute, 0 where it was not computed. `why` says why it is not a pass. */
TestOutcome fitness_leak(const LeakReport *report, const LeakLimits *limits, int64_t *ret_rate_mpa,
                         char why[static FITNESS_TEXT_MAX]);

/* A Bowie-Dick or Helix test. */
typedef struct PenetrationReport {
        Result result;
        bool named;        /* it names a cycle that this autoclave ran, and that has ended */
        bool test_program; /* of purpose test, by configuration and by the machine's own word */
        bool empty;        /* no packs in it */
        bool verified;     /* its own measurements: saturated steam, nothing missing */
        int64_t hold_us, hold_min_us, hold_max_us;
        bool reader_known;
        bool expired;       /* the test sheet, on the day of the cycle */
        bool failed_before; /* another reader says that the test in this cycle failed */
} PenetrationReport;

TestOutcome fitness_penetration(const PenetrationReport *report, char why[static FITNESS_TEXT_MAX]);

/* Spore tests of one cycle, from all that was said of them; the worst word that cannot be taken back counts. */
typedef enum SporeOutcome {
        SPORE_NONE,
        SPORE_PENDING,  /* still grows, or its control was not read */
        SPORE_INVALID,  /* the control did not grow, or the strip was expired: repeat */
        SPORE_NEGATIVE, /* nothing grew, and a control of the same lot did */
        SPORE_POSITIVE,
} SporeOutcome;

typedef struct SporeReading {
        const char *lot; /* NULL or empty: not said, and no control can be of the same */
        Result result;
        Control control;
        bool expired;
} SporeReading;

SporeOutcome fitness_spore(const SporeReading *readings, size_t n);

/* --- in and out of service --- */

typedef enum ServiceCause {
        SERVICE_OTHER,
        SERVICE_MINOR_FAULT,
        SERVICE_MAJOR_FAULT,
        SERVICE_PENETRATION_TEST,
        SERVICE_LEAK_TEST,
        SERVICE_CONTROL_TEST,
        SERVICE_SPORE_TEST,
        SERVICE_CALIBRATION,
        SERVICE_INSTALLATION,
        SERVICE_RELOCATION,
        SERVICE_REPAIR,
        _SERVICE_CAUSE_MAX,
} ServiceCause;

/* Returns only by cycles and spore tests; the others by a person and a reason. */
bool fitness_cause_major(ServiceCause cause);
const char *fitness_cause_id(ServiceCause cause);

/* A cycle that ran since the autoclave went out. */
typedef struct ReturnCycle {
        int64_t started_us;
        bool ended, verified;
        bool empty;       /* announced as empty or a test, and no packs in it */
        bool preparatory; /* a warm-up or a test, without a spore test: neither counts nor spoils the row */
        SporeOutcome spore;
        bool indicator_passed, indicator_failed;
} ReturnCycle;

/* Zero-initialised; fed with the cycles in their order. */
typedef struct ReturnProgress {
        int cycles;        /* good ones in a row */
        int waiting;       /* since the last bad one: run, and not yet read */
        int64_t cycles_us; /* start of the one that made it three; 0: not there yet */
        int bowie_dicks;   /* passing ones after that; the caller counts them */
} ReturnProgress;

void fitness_return_cycle(ReturnProgress *p, const ReturnCycle *c);
bool fitness_return_done(const ReturnProgress *p, bool vacuum);
/* What remains to be done, in words. */
void fitness_return_text(const ReturnProgress *p, bool vacuum, char text[static FITNESS_TEXT_MAX]);

/* --- the rules --- */

typedef struct FitnessDuty {
        const char *id, *name;
        int32_t done_day; /* last reported as done well */
        bool failed;      /* the last report says that it did not go well */
        int32_t interval_days;
        FitnessEffect effect;
} FitnessDuty;

typedef struct FitnessFacts {
        const char *name;         /* the autoclave's */
        bool load;                /* a load at hand is judged; otherwise whether one might start now */
        bool vacuum;              /* types B and S */
        int64_t load_us;          /* when the load's cycle started */
        int32_t day;              /* the clinic day of that */
        int32_t commissioned_day; /* seeds the clocks of leak test, spore test and duties */

        int64_t penetration_us; /* the last passing one that ran before the load and is read: its cycle's start */
        int32_t penetration_day;
        int64_t penetration_unread;           /* number of a test cycle of that day that nobody has read; 0: none */
        bool penetration_failed, leak_failed; /* none has passed since one failed */
        int32_t leak_day, leak_days;          /* of the last passing one; how long it is good for */

        FitnessEffect spore;
        int32_t spore_day, spore_pending_day, spore_days; /* cycle of the last negative, of the last pending one */
        bool spore_positive;                              /* and not returned to service since */

        FitnessEffect calibration;
        int32_t calibration_day; /* the last day that it is good for; FITNESS_NEVER: not configured */

        size_t n_duties;
        const FitnessDuty *duties;

        const char *out; /* out of service now, or when the load ran: why, and what to do; NULL: in service */
} FitnessFacts;

typedef struct FitnessRule FitnessRule;
struct FitnessRule {
        const char *id, *source;
        FitnessEffect (*effect)(const FitnessFacts *f);
        bool (*test)(const FitnessFacts *f, char text[static FITNESS_TEXT_MAX]); /* true, and the sentence: it fires */
};
size_t fitness_rules(const FitnessRule **ret);

/* Whether a duty is overdue on f->day; the rule duty-overdue asks this for each. */
bool fitness_duty_overdue(const FitnessFacts *f, const FitnessDuty *duty, char text[static FITNESS_TEXT_MAX]);

/* Appends what stands with this effect. */
void fitness_judge(const FitnessFacts *f, FitnessEffect effect, Reasons *ret);

/* The last clinic day that is still covered, for telling beforehand; FITNESS_NEVER: none, or it does not apply. */
int32_t fitness_leak_until(const FitnessFacts *f);
int32_t fitness_spore_until(const FitnessFacts *f);
int32_t fitness_duty_until(const FitnessFacts *f, const FitnessDuty *duty);
