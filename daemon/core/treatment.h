/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Treatment: what was done in one session, and where it left the protocol. Section 5 of the rules, as one table over an
 * account. Pure: the caller keeps the account in the ledger, hands in each report, and saves what changed; the account
 * that is read back from its rows is judged as the one that was fed.
 *
 * A round is one area under one number, with one needle: reports of the same one add up, because a practitioner pauses.
 * "Before" and "since" go by the audit records' numbers, which no clock can turn round.
 * Times in microseconds, depths in micrometres; text is cut where it is too long. Bounds: 256 rounds, 128 steps.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/limits.h"

#define TREATMENT_ROUNDS_MAX 256
#define TREATMENT_STEPS_MAX 128
#define TREATMENT_AREA_MAX 64
#define TREATMENT_FORM_MAX 128
#define TREATMENT_CAUSE_MAX (CODE_MAX + 32)
#define TREATMENT_TEXT_MAX 400
#define TREATMENT_FOUND_MAX 16

/* 0: no limit. */
typedef struct TreatmentLimits {
        int32_t passes_min, passes_max; /* of one area in one round */
        int32_t depth_max_um;
        int32_t rounds_max;         /* of one area in one session */
        int64_t needle_time_max_us; /* of one needle in one session */
} TreatmentLimits;

/* What is followed. A zeroed profile expects and limits nothing. */
typedef struct TreatmentProfile {
        uint32_t steps; /* bit 1 << Step: expected in each session */
        bool form_hash; /* screening counts only with the form's hash */
        bool cleanse_between;
        TreatmentLimits limits; /* of the procedure, or of the needle at hand where its maker says otherwise */
} TreatmentProfile;

typedef struct TreatmentStep {
        int64_t i, at_us;
        int step;      /* Step */
        bool counts;   /* told with boot and seq, in its order, of a live session; else it is only on record */
        int64_t round; /* 0: not said */
        char item[CODE_MAX + 1], form_hash[TREATMENT_FORM_MAX + 1];
} TreatmentStep;

typedef struct TreatmentRound {
        int64_t id;                                            /* its row; 0: none yet */
        int64_t i, at_us;                                      /* the first report of it... */
        int64_t last_i, last_us;                               /* ...and the latest */
        char item[CODE_MAX + 1], area[TREATMENT_AREA_MAX + 1]; /* area empty: not said */
        int64_t round;                                         /* 0: reported outside any round */
        bool has_passes, has_depth, has_motor, bleeding;
        int64_t passes, depth_um, motor_us; /* sum, deepest, sum */
} TreatmentRound;

typedef struct Treatment {
        size_t n_steps, n_rounds; /* the rest is not initialised */
        TreatmentStep steps[TREATMENT_STEPS_MAX];
        TreatmentRound rounds[TREATMENT_ROUNDS_MAX];
} Treatment;

/* One report of a handpiece: what its numbers say was done since its last one. */
typedef struct TreatmentReport {
        int64_t i, at_us;
        const char *item, *area; /* area NULL: not said */
        int event;               /* UsageEvent */
        bool has_passes, has_depth, has_motor, bleeding;
        int64_t round; /* 0: not said */
        int64_t passes, depth_um, motor_us;
} TreatmentReport;

#define TREATMENT_NOTHING (-1) /* there is nothing in it to keep */
#define TREATMENT_FULL (-2)    /* no room: the account is as it was */

/*
 * Adds a report; returns the place of the round that it changed or began, or one of the two above. `attached` adds
 * nothing. `round` without a number is one more round of its area; anything else without one is outside any round.
 */
int treatment_report(Treatment *t, const TreatmentReport *r);
/* Adds a step: its place, or TREATMENT_FULL. */
int treatment_step(Treatment *t, const TreatmentStep *step);

/* Of all needles together. */
int64_t treatment_passes(const Treatment *t, const char *area, int64_t round, bool *ret_said);
int64_t treatment_rounds(const Treatment *t, const char *area);
int64_t treatment_motor_us(const Treatment *t, const char *item);
int64_t treatment_depth_um(const Treatment *t);
/* Whether this is the first round in the account with its needle, or with its area: for going through each once. */
bool treatment_first_of_item(const Treatment *t, size_t k);
bool treatment_first_of_area(const Treatment *t, size_t k);

typedef enum TreatmentWhen {
        TREATMENT_BEGAN = 1 << 0,  /* the session started, or a needle touched skin */
        TREATMENT_REPORT = 1 << 1, /* a report of an item, whatever it says */
        TREATMENT_ROUND = 1 << 2,  /* a round changed or began */
        TREATMENT_STEP = 1 << 3,
        TREATMENT_NO_ROOM = 1 << 4,
        TREATMENT_END = 1 << 5,       /* the session ended as completed */
        TREATMENT_ROUND_END = 1 << 6, /* the same, for each round */
} TreatmentWhen;

/* What of a step's item is known. */
typedef struct TreatmentItem {
        const char *code;
        bool other_patient, unlabelled, too_old; /* blood, or what is made of it, or an open vial */
} TreatmentItem;

/* What is to be judged; the members that `when` does not speak of stay empty. */
typedef struct TreatmentCase {
        TreatmentWhen when;
        const Treatment *account;
        const TreatmentProfile *profile;
        const char *session;
        size_t round;             /* ROUND, ROUND_END: its place */
        const char *item, *named; /* REPORT: the item, and the session it was reported for; NULL: none was named */
        const TreatmentItem *step_item;
} TreatmentCase;

/* How it is told. RECORDED: in the session's protocol only. */
typedef enum TreatmentWeight {
        TREATMENT_RECORDED,
        TREATMENT_INFO,
        TREATMENT_WARNING,
        TREATMENT_CRITICAL,
} TreatmentWeight;

/* The table, for the documents and the tests. A test returns whether its rule fires, and then writes cause and text. */
typedef struct TreatmentDeviation TreatmentDeviation;
typedef struct TreatmentRule {
        const char *id, *sentence, *source;
        TreatmentWeight weight;
        unsigned when; /* TreatmentWhen */
        bool (*test)(const TreatmentCase *c, TreatmentDeviation *ret);
} TreatmentRule;
size_t treatment_rules(const TreatmentRule **ret);

struct TreatmentDeviation {
        const TreatmentRule *rule;
        char cause[TREATMENT_CAUSE_MAX]; /* with the rule: what happens once in a session */
        char text[TREATMENT_TEXT_MAX];   /* what is wrong, and what to do */
};

typedef struct TreatmentFound {
        size_t n;
        TreatmentDeviation v[TREATMENT_FOUND_MAX];
} TreatmentFound;

/* All that the case shows, whether or not it was known before: telling it once is the caller's part. */
void treatment_judge(const TreatmentCase *c, TreatmentFound *ret);

/* "screened" and so on; "unknown" for what is none. */
const char *treatment_step_name(int step);
