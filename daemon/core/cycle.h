/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Cycle: the verdict on one sterilization cycle, from its samples alone. The machine's own "pass" is never believed.
 * Pure and incremental: one plain struct without pointers, the same size however long the cycle; it may be copied and
 * stored. Order of calls: cycle_begin(), then cycle_sample(), cycle_gap() and cycle_away() as things come in, and
 * cycle_end() as often as wanted: it does not change the cycle.
 * Units: microseconds, thousandths of a degree Celsius, absolute pascal. All comparisons are made in integers.
 * Definitions, sources and what a verdict cannot see: doc/cycle-verdict.md.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"
#include "core/limits.h"

#define CYCLE_SET_MIN_MC 110000       /* of a program's set temperature */
#define CYCLE_SET_MAX_MC 150000
#define CYCLE_BAND_MAX_MC 10000
#define CYCLE_SATURATION_MC 2000      /* |T - T_sat| of a counting sample at most this */
#define CYCLE_SPIKE_MC 20000          /* one sample further than this off both counting neighbours is dropped... */
#define CYCLE_SPIKES_MAX 2            /* ...at most so many in a cycle */
#define CYCLE_OVERSHOOT_US 60000000   /* into the plateau: until then above the band is tolerated... */
#define CYCLE_OVERSHOOT_MC 5000       /* ...up to this above the set temperature */
#define CYCLE_PRINT_GAP_MAX_US 180000000
#define CYCLE_PULSE_RISE_PA 20000     /* a pulse is over once the pressure is this much above the pulse pressure */
#define CYCLE_CONTRADICTION_MC 10000  /* one sensor in the band, the other further off than this... */
#define CYCLE_CONTRADICTION_US 60000000 /* ...for so long: one of them is stuck or in another unit */
#define CYCLE_ARRIVAL_SLACK_US 15000000 /* t_s against arrival: this, and one part in... */
#define CYCLE_ARRIVAL_PART 100          /* ...so many of the time passed */
#define CYCLE_PRESSURIZED_PA 120000   /* samples that stop above this stop before the cycle's end */
#define CYCLE_DRIFT_MC 1000           /* median of T - T_sat against the value at commissioning */
#define CYCLE_ALTERED_MC 50           /* an announced set temperature may be rounded by so much... */
#define CYCLE_ALTERED_US 500000       /* ...and a set time by so much */
#define CYCLE_T_MAX_US (INT64_C(7) * 86400 * 1000000) /* a later sample is not ordered: inconsistent */
#define CYCLE_GRADES 2                /* values of Grade */
#define CYCLE_BIN_MC 20
#define CYCLE_BINS (2 * CYCLE_SATURATION_MC / CYCLE_BIN_MC + 1)

typedef struct CycleProgram {
        char name[LABEL_MAX + 1];
        int32_t set_temperature_mc; /* the band's lower limit */
        int32_t band_mc;            /* 3000: en285; 4000: en13060 */
        int32_t uncertainty_mc;     /* U, of the temperature sensor; has no default */
        int32_t display_step_mc;
        int64_t hold_min_us;        /* the program's minimum */
        int64_t set_hold_us;        /* as set on the machine; 0: not known */
        int64_t gap_max_us;         /* live samples: 2.5 s (en285), 10 s (en13060) */
        int64_t print_interval_us;  /* of printed rows; 0: a printout is judged like live samples */
        bool prevacuum;
        int32_t pulses, pulse_pressure_pa; /* of a prevacuum program */
        bool test_program;          /* Bowie-Dick, Helix, leak test, warming up: never sterilizes a load */
        bool store_and_forward;     /* the device may send late: t_s is not held against arrival */
} CycleProgram;

/* What cycle-start said. */
typedef struct CycleStart {
        Purpose purpose;
        bool has_set_temperature, has_set_hold;
        int32_t set_temperature_mc;
        int64_t set_hold_us;
        int64_t arrival_us; /* as in cycle_sample(); -1: not known */
} CycleStart;

/* What commissioning left for this autoclave and program. */
typedef struct CycleReference {
        bool known;
        bool required;     /* a load whose program was never commissioned is not verified */
        int32_t median_mc; /* of T - T_sat in the hold of the commissioning run */
} CycleReference;

/* In the order in which people are told. */
typedef enum CycleRule {
        CYCLE_OUTCOME_NOT_COMPLETED,
        CYCLE_TEST_CYCLE_IN_LOAD,
        CYCLE_HOLD_TOO_SHORT,
        CYCLE_STEAM_NOT_SATURATED,
        CYCLE_PROGRAM_UNKNOWN,
        CYCLE_PROGRAM_ALTERED,
        CYCLE_TEMPERATURE_HIGH,
        CYCLE_AIR_REMOVAL_SHORT,
        CYCLE_SATURATION_DRIFT,
        CYCLE_NOT_COMMISSIONED,
        CYCLE_SAMPLES_TOO_SPARSE,
        CYCLE_SAMPLES_INCONSISTENT,
        CYCLE_SAMPLES_MISSING,
        _CYCLE_RULE_MAX,
} CycleRule;

typedef enum CycleVerdictKind { CYCLE_VERIFIED, CYCLE_FAILED, CYCLE_UNVERIFIED } CycleVerdictKind;
typedef enum CyclePhase { CYCLE_BEFORE_HOLD, CYCLE_IN_HOLD, CYCLE_AFTER_HOLD } CyclePhase;

/* Figures are of the hold (the longest unbroken stretch of counting samples) unless said otherwise. */
typedef struct CycleVerdict {
        CycleVerdictKind verdict;
        uint32_t reasons; /* bit 1 << CycleRule */
        char program[LABEL_MAX + 1]; /* empty: not known */
        Grade grade;
        int64_t hold_us, required_us;
        int64_t hold_start_us;        /* t_us of its first sample; 0 with samples_held == 0 */
        int64_t hold_by_temperature_us; /* longest stretch in the narrowed band, steam not looked at */
        int32_t coldest_mc, hottest_mc;
        int32_t worst_mc;             /* T - T_sat of the largest size, with its sign */
        int32_t median_mc;            /* of T - T_sat, to CYCLE_BIN_MC / 2 */
        bool has_reference, drifted;  /* drifted: with a hold that is long enough, loaded or not */
        int32_t reference_mc;
        int64_t gap_us, gap_allowed_us; /* largest between two samples */
        int64_t f0;                   /* thousandths of a minute */
        int64_t plateau_start_us, plateau_end_us; /* -1: the lower limit was never reached */
        int32_t plateau_hottest_mc;
        int64_t drying_us;            /* plateau's end to the last sample: exhaust and drying */
        int32_t pulses, pulses_required, pulse_pressure_pa;
        int32_t set_temperature_mc, band_mc;
        int64_t arrival_skew_us;      /* by how much t_s and arrival drifted apart */
        bool arrival_judged;          /* all of it, on one clock */
        bool truncated;               /* the samples do not show the whole hold */
        bool disordered, contradictory; /* why samples-inconsistent */
        uint32_t samples, samples_held, samples_merged, samples_dropped, samples_refused;
} CycleVerdict;

/* One sample with what the program makes of it. */
typedef struct CyclePoint {
        Sample sample;
        int32_t off_mc;                 /* T - T_sat; STEAM_OUT_OF_RANGE where there is no T_sat */
        bool by_temperature, by_steam;  /* (a); (b) */
        bool counts;                    /* (a), (b) and (c) */
        bool after_gap;                 /* evidence may be missing between it and the one before */
} CyclePoint;

typedef struct CycleStretch {
        int64_t start_us, end_us, gap_us;
        int32_t coldest_mc, hottest_mc, worst_mc;
        uint32_t n;
        bool missing;
        double lethality; /* F0 so far, microseconds at 121.1 degrees */
        uint32_t histogram[CYCLE_BINS];
} CycleStretch;

/* The longest time between two samples that do not count in which something went unseen. */
typedef struct CycleUnseen {
        int64_t start_us, gap_us;
        bool missing, counted;                /* of the span that is open: evidence gap; a counting sample in it */
        int64_t missing_us[2];                /* [a counting sample in it] */
        int64_t sparse_us[CYCLE_GRADES][2];
} CycleUnseen;

/* Caller-owned; members are the module's own. */
typedef struct Cycle {
        CycleProgram program;
        CycleStart start;
        CycleReference reference;
        bool known, loaded;
        int32_t lower_mc, upper_mc, narrow_lower_mc, narrow_upper_mc;
        int64_t required_us, gap_allowed_us[CYCLE_GRADES];
        Sample newest;
        uint32_t samples, merged, dropped, refused;
        bool disordered, gap;
        CyclePoint last, held;
        bool has_last, has_held;
        bool in_pulse;
        int32_t pulses;
        int64_t plateau_start_us, plateau_end_us;
        int32_t plateau_hottest_mc;
        bool too_hot;
        int64_t contradiction_us; /* since; -1: none */
        bool contradictory;
        int64_t warm_start_us, warm_us; /* the stretch by temperature alone (start -1: none), the longest so far */
        CycleStretch stretch, hold; /* n == 0: none */
        CycleUnseen unseen;
        int64_t arrival_us, skew_us; /* of the message that is coming in: arrival, less its newest t_us */
        int64_t skew_min_us, skew_max_us, skew_before_us, away_us; /* before: the largest on clocks of before */
        bool has_arrival, has_skew, arrival_unknown;
} Cycle;

/* 0; -EINVAL when a member makes no sense; -ERANGE when the uncertainty leaves nothing of the band. */
int cycle_program_check(const CycleProgram *program);

/* `program` NULL, or one that does not pass the check: program-unknown. */
void cycle_begin(Cycle *c, const CycleProgram *program, const CycleStart *start);

/* Feeds one sample. `arrival_us`: when the daemon got the message, on one clock for the whole cycle that never steps;
 * -1: not known. Returns 0, or CYCLE_SAMPLE_REFUSED when t_us decreases or is out of range: the sample is counted and
 * left out, and the cycle is inconsistent. */
#define CYCLE_SAMPLE_REFUSED 1
int cycle_sample(Cycle *c, const Sample *sample, int64_t arrival_us);

/* Between the last sample and the next, messages are missing or may have been lost. */
void cycle_gap(Cycle *c);

/* The daemon or the broker was away for so long: messages may have waited. */
void cycle_away(Cycle *c, int64_t us);

/* The clock of arrivals begins anew (the machine restarted): what came before is judged, and then what comes. */
void cycle_clock_anew(Cycle *c);

/* A load is in this cycle, whatever its cycle-start announced. (purpose load says so by itself.) */
void cycle_load(Cycle *c);

/* The reference that counts; the last one set does. Without a call: none, and none required. */
void cycle_reference(Cycle *c, const CycleReference *reference);

/* The hold must last at least so long, even where the program asks for less. */
void cycle_require(Cycle *c, int64_t hold_us);

/* Whether a measurement counts in the hold of this cycle's program, by itself: (a), (b) and (c) of the rules. Its time is
 * not looked at. *ret_off_mc: T - T_sat; STEAM_OUT_OF_RANGE where there is no T_sat. */
bool cycle_counts(const Cycle *c, const Sample *sample, int32_t *ret_off_mc);

/* Where the cycle is by its newest sample. The manifest closes when this leaves CYCLE_BEFORE_HOLD. */
CyclePhase cycle_phase(const Cycle *c);

void cycle_end(const Cycle *c, CycleOutcome outcome, Grade grade, CycleVerdict *ret);

static inline bool cycle_has_reason(const CycleVerdict *v, CycleRule rule) {
        return v->reasons >> rule & 1;
}

/* How many numbers were left out between the number of the autoclave's last cycle and this one. A number that repeats or
 * goes back (a counter that was reset, a cycle sent late) leaves out none. */
int64_t cycle_numbers_skipped(int64_t last, int64_t number);

const char *cycle_verdict_id(CycleVerdictKind verdict); /* "verified", "failed", "unverified" */
const char *cycle_rule_id(CycleRule rule);
CycleVerdictKind cycle_rule_verdict(CycleRule rule);
const char *cycle_rule_source(CycleRule rule);

/* One or more sentences for clinic staff, with figures. 0, or -ENOBUFS when `size` does not suffice: buf then holds
 * what fits. CYCLE_TEXT_MAX always suffices. */
#define CYCLE_TEXT_MAX 512
int cycle_rule_text(const CycleVerdict *v, CycleRule rule, char *buf, size_t size);
