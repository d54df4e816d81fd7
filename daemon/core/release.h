/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Release: may this load be released, and which of its packs become sterile by it? Section 3 of the rules, as one table
 * over facts. Pure: the caller gathers the facts in the transaction in which it will decide.
 * What is not known is left as the worst: zeroed facts are refused.
 * Dates: year * 10000 + month * 100 + day in the clinic's zone; 0: none.
 */
#include "core/event.h"
#include "core/fitness.h"
#include "core/gate.h"
#include "core/limits.h"
#include "core/reasons.h"

#define RELEASE_PACKS_MAX 256 /* of one load; no small sterilizer takes as many */

/* What indicators say of one thing. Several readings of it are merged: the worst word wins, but a good indicator stands
 * in for an expired one. The order is that of the merging. */
typedef enum IndicatorState {
        INDICATOR_UNREAD,
        INDICATOR_EXPIRED, /* it changed, but its own expiry day was over when the cycle began */
        INDICATOR_PASSED,
        INDICATOR_FAILED,
} IndicatorState;

typedef struct ReleasePack {
        char label[LABEL_MAX + 1];
        int wrap;  /* Wrap */
        bool late; /* named after the hold began */
        bool wet, damaged, opened;
        bool hollow;                                        /* something in it has a lumen */
        bool single_use;                                    /* something in it is never sterilized here */
        bool needs_biological;                              /* a class in it asks for a spore test of its load */
        bool critical;                                      /* something in it enters sterile tissue */
        IndicatorState outside, inside, inside_integrating; /* the last: of inside ones, those of type 5 or 6 */
} ReleasePack;

/* What policy asks for besides the outside indicators. */
typedef enum LoadChallenge { CHALLENGE_NONE, CHALLENGE_TYPE_5, CHALLENGE_HELIX } LoadChallenge;

/* After EN 13060: N takes bare solid items only, S what its programs say, B everything. */
typedef enum MachineType { MACHINE_N, MACHINE_S, MACHINE_B } MachineType;

/* Readings that somebody transcribed for want of samples. Zeroed they help nothing. */
typedef struct ReleaseManual {
        bool on;              /* a period of manual evidence (core/manual.h) has today in it, and the load's day */
        bool registered;      /* whoever transcribed is still a registered person */
        bool other;           /* and is not the one who releases */
        bool sampled;         /* samples came of this cycle, if not enough */
        const Reasons *lacks; /* what manual_judge() found; NULL: not judged, which refuses */
} ReleaseManual;

typedef struct ReleaseFacts {
        bool ended, verified;    /* the cycle; our verdict on it */
        const Reasons *verdict;  /* what stands against the cycle; NULL: nothing */
        const ReleaseManual *manual; /* NULL: nothing was transcribed, and the verdict stands as it is */
        const Reasons *fitness;  /* what stands against the autoclave; NULL: not judged, which refuses */
        const char *clock_doubt; /* a sentence; NULL: none */
        int32_t cycle_date;      /* the day on which it began */
        Grade grade;
        bool releaser; /* `by` is registered as one */
        LoadState state;
        const char *recall; /* a recall covers the attempt: its reason; NULL: none does */

        MachineType machine;
        bool suits_hollow; /* what the program says it suits */
        uint32_t wraps;    /* bit 1 << Wrap */

        LoadChallenge asked;
        IndicatorState challenge, integrating; /* a challenge of any type; type 5 or 6, challenge or inside a pack */
        bool failed_elsewhere;                 /* an indicator failed that no pack of the load bears */
        SporeOutcome biological;               /* what the load's own spore tests say together */

        bool dry;                /* the person says so */
        const char *wet_unknown; /* a pack said to be wet that is not in the load; NULL: none */
        size_t n_packs;          /* counted even beyond RELEASE_PACKS_MAX, which refuses */
        ReleasePack packs[RELEASE_PACKS_MAX];
} ReleaseFacts;

/* One chemical indicator as the ledger has it. */
typedef struct ReleaseReading {
        IndicatorWhere where;
        int64_t type; /* 1 to 6; 0: not said */
        Result result;
        int32_t expires;
} ReleaseReading;

/* Merges a reading into the facts; `pack`: the one that was named, NULL for none. cycle_date is to be set before. */
void release_read(ReleaseFacts *f, ReleasePack *pack, const ReleaseReading *reading);

/* All reasons against it; none: it may be released. Adds to *ret. */
void release_judge(const ReleaseFacts *f, Reasons *ret);

/* Whether transcribed readings stand in for samples here: they are good, and so is all that goes with them. Only what
 * the verdict has for want of samples is waived then; whatever samples show stands. */
bool release_on_manual_evidence(const ReleaseFacts *f);

/* Why this pack does not become sterile although its load is released: 1 and rule and sentence; 0: it does. */
int release_withholds(const ReleasePack *pack, Reason *ret);

/* The table, for the documents and the tests. A test says whether its rule refuses, and then writes the sentence. */
typedef struct ReleaseRuleInfo {
        const char *id, *source;
        bool (*test)(const ReleaseFacts *f, char text[static REASON_TEXT_MAX]);
} ReleaseRuleInfo;
size_t release_rules(const ReleaseRuleInfo **ret);
