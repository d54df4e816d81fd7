/* SPDX-License-Identifier: Apache-2.0 */
/* The rules of a cycle as a table, and their sentences. Written without stdio, as all of core is. */
#include <errno.h>
#include <string.h>

#include "core/cycle.h"

typedef struct Text {
        char *at, *end; /* end: the last byte, kept for the 0 */
        bool full;
} Text;

static void say(Text *t, const char *words) {
        size_t n = strlen(words), room = (size_t)(t->end - t->at);
        if (n > room) {
                n = room;
                t->full = true;
        }
        memcpy(t->at, words, n);
        t->at += n;
        *t->at = 0;
}

static void say_number(Text *t, int64_t value) {
        char digits[24], *p = digits + sizeof(digits) - 1;
        uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
        *p = 0;
        do
                *--p = (char)('0' + rest % 10);
        while (rest /= 10);
        if (value < 0)
                *--p = '-';
        say(t, p);
}

/* Thousandths, to the tenth that they reach in full: 2499 is 2.4. */
static void say_tenths(Text *t, int64_t thousandths) {
        int64_t tenths = (thousandths < 0 ? -thousandths : thousandths) / 100;
        say(t, thousandths < 0 ? "-" : "");
        say_number(t, tenths / 10);
        if (tenths % 10) {
                say(t, ".");
                say_number(t, tenths % 10);
        }
}

static void say_duration(Text *t, int64_t us) {
        int64_t s = us / 1000000;
        if (s >= 60) {
                say_number(t, s / 60);
                say(t, " min ");
                say_number(t, s % 60);
        } else
                say_tenths(t, us / 1000);
        say(t, " s");
}

static void say_program(Text *t, const CycleVerdict *v) {
        say(t, v->program[0] ? "program " : "the program");
        say(t, v->program);
}

/* As "needs": a short hold must not look equal to it. */
static void say_required(Text *t, const CycleVerdict *v) {
        say(t, "; ");
        say_program(t, v);
        say(t, " needs ");
        say_duration(t, (v->required_us + 999999) / 1000000 * 1000000);
}

static void outcome_not_completed(Text *t, const CycleVerdict *v) {
        (void)v;
        say(t, "The autoclave itself reports that the cycle failed or was stopped. Do not use this load; run it again.");
}

static void test_cycle_in_load(Text *t, const CycleVerdict *v) {
        say(t, "This was announced as a test, empty or warm-up cycle (");
        say_program(t, v);
        say(t, "), and that never sterilizes a load. Run the load again with a program for loads.");
}

static void hold_too_short(Text *t, const CycleVerdict *v) {
        say(t, "The hold lasted ");
        say_duration(t, v->hold_us);
        say_required(t, v);
        say(t, ". Do not use this load; run it again.");
}

static void steam_not_saturated(Text *t, const CycleVerdict *v) {
        say(t, "It was hot enough for ");
        say_duration(t, v->hold_by_temperature_us);
        say(t, ", but pressure and temperature fitted saturated steam for only ");
        say_duration(t, v->hold_us);
        say_required(t, v);
        say(t, ". Air was left in the chamber, or a sensor is wrong. Do not use this load; have the autoclave looked at "
               "if it happens again.");
}

static void program_unknown(Text *t, const CycleVerdict *v) {
        (void)v;
        say(t, "The program of this cycle is not configured for this autoclave, so nothing can be said about it. Run the "
               "load again with a configured program, or have the program added.");
}

static void program_altered(Text *t, const CycleVerdict *v) {
        say(t, "The autoclave was set to another temperature or time than is configured for ");
        say_program(t, v);
        say(t, ". Set it back, or have the configuration changed, and run the load again.");
}

static void temperature_high(Text *t, const CycleVerdict *v) {
        say(t, "The chamber got as hot as ");
        say_tenths(t, (int64_t)v->plateau_hottest_mc + 99); /* more than what is allowed must look so */
        say(t, " degrees; ");
        say_program(t, v);
        say(t, " allows ");
        say_tenths(t, (int64_t)v->set_temperature_mc + v->band_mc);
        say(t, ". Run the load again; have the autoclave looked at if it happens again.");
}

static void air_removal_short(Text *t, const CycleVerdict *v) {
        say(t, "Air removal shows ");
        say_number(t, v->pulses);
        say(t, v->pulses == 1 ? " pulse" : " pulses");
        say(t, " below ");
        say_tenths(t, v->pulse_pressure_pa);
        say(t, " kPa; ");
        say_program(t, v);
        say(t, " needs ");
        say_number(t, v->pulses_required);
        say(t, ". Run the load again.");
}

/* Hundredths: a drift of a little more than a kelvin must not look like one of exactly that. */
static void say_offset(Text *t, int64_t mc) {
        int64_t hundredths = ((mc < 0 ? -mc : mc) + 5) / 10;
        say(t, mc < 0 ? "-" : "+");
        say_number(t, hundredths / 100);
        say(t, hundredths % 100 < 10 ? ".0" : ".");
        say_number(t, hundredths % 100);
        say(t, " K");
}

static void saturation_drift(Text *t, const CycleVerdict *v) {
        say(t, "Chamber temperature less that of saturated steam was ");
        say_offset(t, v->median_mc);
        say(t, " in the hold, and ");
        say_offset(t, v->reference_mc);
        say(t, " when ");
        say_program(t, v);
        say(t, " was commissioned: more than 1 K has changed. A sensor is off, or there is air in the steam. ");
        if (cycle_has_reason(v, CYCLE_SATURATION_DRIFT))
                say(t, "Do not use this load. ");
        say(t, "Have the autoclave looked at, and commission the program again after that.");
}

static void not_commissioned(Text *t, const CycleVerdict *v) {
        say(t, "Nobody has commissioned ");
        say_program(t, v);
        say(t, " on this autoclave, so that nothing shows whether its steam is as it was. Run it once empty, have an "
               "officer commission that cycle, and run the load again.");
}

static void samples_too_sparse(Text *t, const CycleVerdict *v) {
        if (v->truncated)
                say(t, "The measurements do not show the whole hold");
        else {
                say(t, "During the hold no measurement came for ");
                say_duration(t, v->gap_us);
                say(t, "; at most ");
                say_duration(t, v->gap_allowed_us);
                say(t, " are allowed");
        }
        say(t, ". What happened in between is not known. Check the connection and run the load again.");
}

static void samples_inconsistent(Text *t, const CycleVerdict *v) {
        if (v->contradictory)
                say(t, "Temperature and pressure contradict each other: one sensor is stuck, or its unit is wrong.");
        else if (v->disordered)
                say(t, "The times of the measurements run backwards or are impossible.");
        else {
                say(t, "The times of the measurements and their arrival are ");
                say_duration(t, v->arrival_skew_us);
                say(t, " apart: the device's clock is wrong, or it sends late.");
        }
        say(t, " The record of this cycle cannot be trusted. Have it looked at and run the load again.");
}

static void samples_missing(Text *t, const CycleVerdict *v) {
        (void)v;
        say(t, "Messages with measurements of the hold are missing or may have been lost. Check the connection and run the "
               "load again.");
}

typedef struct Rule {
        const char *id, *source;
        CycleVerdictKind verdict;
        void (*say)(Text *t, const CycleVerdict *v);
} Rule;

static const Rule RULES[_CYCLE_RULE_MAX] = {
        [CYCLE_OUTCOME_NOT_COMPLETED] = { "outcome-not-completed", "own", CYCLE_FAILED, outcome_not_completed },
        [CYCLE_TEST_CYCLE_IN_LOAD] = { "test-cycle-in-load", "own", CYCLE_FAILED, test_cycle_in_load },
        [CYCLE_HOLD_TOO_SHORT] = { "hold-too-short", "EN 285 8.3.1; CDC 2008 table 7; maker", CYCLE_FAILED,
                                   hold_too_short },
        [CYCLE_STEAM_NOT_SATURATED] = { "steam-not-saturated", "own", CYCLE_FAILED, steam_not_saturated },
        [CYCLE_PROGRAM_UNKNOWN] = { "program-unknown", "own", CYCLE_UNVERIFIED, program_unknown },
        [CYCLE_PROGRAM_ALTERED] = { "program-altered", "own", CYCLE_UNVERIFIED, program_altered },
        [CYCLE_TEMPERATURE_HIGH] = { "temperature-high", "own", CYCLE_UNVERIFIED, temperature_high },
        [CYCLE_AIR_REMOVAL_SHORT] = { "air-removal-short", "own", CYCLE_UNVERIFIED, air_removal_short },
        [CYCLE_SATURATION_DRIFT] = { "saturation-drift", "own", CYCLE_UNVERIFIED, saturation_drift },
        [CYCLE_NOT_COMMISSIONED] = { "not-commissioned", "own", CYCLE_UNVERIFIED, not_commissioned },
        [CYCLE_SAMPLES_TOO_SPARSE] = { "samples-too-sparse", "EN 285 recorder", CYCLE_UNVERIFIED, samples_too_sparse },
        [CYCLE_SAMPLES_INCONSISTENT] = { "samples-inconsistent", "own", CYCLE_UNVERIFIED, samples_inconsistent },
        [CYCLE_SAMPLES_MISSING] = { "samples-missing", "own", CYCLE_UNVERIFIED, samples_missing },
};

const char *cycle_rule_id(CycleRule rule) {
        return RULES[rule].id;
}

const char *cycle_rule_source(CycleRule rule) {
        return RULES[rule].source;
}

CycleVerdictKind cycle_rule_verdict(CycleRule rule) {
        return RULES[rule].verdict;
}

const char *cycle_verdict_id(CycleVerdictKind verdict) {
        static const char *const IDS[] = { "verified", "failed", "unverified" };
        return IDS[verdict];
}

int cycle_rule_text(const CycleVerdict *v, CycleRule rule, char *buf, size_t size) {
        if (size == 0)
                return -ENOBUFS;
        Text t = { .at = buf, .end = buf + size - 1 };
        *buf = 0;
        RULES[rule].say(&t, v);
        return t.full ? -ENOBUFS : 0;
}
