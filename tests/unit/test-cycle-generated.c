/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on random series and on generated cycles; single rules are in test-cycle.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../lib/cyclefeed.h"
#include "../lib/cyclegen.h"

static GenCycle gen;

/* Against an obvious, slow reading of the rules: all samples at hand, looked at again and again. */

typedef struct Naive {
        Sample s[128];
        size_t n;
        int dropped;
} Naive;

static bool naive_warm(const Sample *s) {
        return s->temperature_mc >= 134550 && s->temperature_mc <= 136450;
}

static bool naive_counts(const Sample *s) {
        int32_t boiling = steam_saturation_mc(s->pressure_pa), off = s->temperature_mc - boiling;
        return naive_warm(s) && boiling >= 134000 && boiling <= 137000 && abs(off) <= 2000;
}

static void naive_clean(Naive *v) {
        for (size_t i = 1; i < v->n; i++)
                if (memcmp(&v->s[i], &v->s[i - 1], sizeof(Sample)) == 0) {
                        memmove(&v->s[i], &v->s[i + 1], (v->n - i - 1) * sizeof(Sample));
                        v->n--, i--;
                }
        for (size_t i = 1; i + 1 < v->n && v->dropped < 2; i++)
                if (naive_counts(&v->s[i - 1]) && naive_counts(&v->s[i + 1]) &&
                    abs(v->s[i].temperature_mc - v->s[i - 1].temperature_mc) > 20000 &&
                    abs(v->s[i].temperature_mc - v->s[i + 1].temperature_mc) > 20000) {
                        memmove(&v->s[i], &v->s[i + 1], (v->n - i - 1) * sizeof(Sample));
                        v->n--, v->dropped++;
                }
}

static int64_t naive_longest(const Naive *v, bool (*good)(const Sample *), int64_t *ret_gap) {
        int64_t longest = -1;
        for (size_t i = 0; i < v->n; i++) {
                int64_t gap = 0;
                for (size_t j = i; j < v->n && good(&v->s[j]); j++) {
                        if (j > i)
                                gap = MAX_OF(gap, v->s[j].t_us - v->s[j - 1].t_us);
                        if (v->s[j].t_us - v->s[i].t_us > longest) {
                                longest = v->s[j].t_us - v->s[i].t_us;
                                *ret_gap = gap;
                        }
                }
        }
        return MAX_OF(longest, 0);
}

static Sample random_sample(GenRandom *r, int64_t t_us) {
        const int32_t pressures[] = { 317000, 304195, 304185 }; /* 135.4, just 134, just below */
        const int32_t temperatures[] = { 135000, 135100, 134550, 136450, 135000, 134549, 110000, 140000, 20000 };
        uint64_t kind = gen_random(r) % 100, p = gen_random(r) % 100;
        return (Sample) { t_us, temperatures[kind < 90 ? kind % 5 : 5 + kind % 4], pressures[p < 80 ? 0 : p < 98 ? 1 : 2] };
}

static void random_series_are_judged_as_a_slow_reading_of_the_rules_does(void **state) {
        (void)state;
        for (uint64_t seed = 0; seed < 3000; seed++) {
                GenRandom r = { seed };
                Naive v = { .n = 1 + gen_random(&r) % 100 };
                int64_t gap = 0, warm_gap = 0, t = 0;
                cycle_begin(&cycle, &PLAIN, &LOAD);
                for (size_t i = 0; i < v.n; i++) {
                        t += (int64_t)(gen_random(&r) % 4) * S;
                        v.s[i] = i && gen_random(&r) % 20 == 0 ? v.s[i - 1] : random_sample(&r, t);
                        t = v.s[i].t_us;
                        cycle_sample(&cycle, &v.s[i], -1);
                }
                end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
                naive_clean(&v);
                assert_int_equal(verdict.samples_dropped, v.dropped);
                assert_int_equal(verdict.hold_us, naive_longest(&v, naive_counts, &gap));
                assert_int_equal(verdict.hold_by_temperature_us, naive_longest(&v, naive_warm, &warm_gap));
        }
}

/* Generated cycles. SEEDS says how many of each kind; without it 10,000 of those that the rules are narrowest for. */

#define NARROW_SEEDS 10000
#define OTHER_SEEDS 1000

static uint64_t seeds(uint64_t otherwise) {
        const char *text = getenv("SEEDS");
        return text && atoll(text) > 0 ? (uint64_t)atoll(text) : otherwise;
}

static void judge_generated(const CycleProgram *p, GenFault fault, uint64_t seed, Grade grade, const CycleReference *reference) {
        CycleStart start = { .purpose = PURPOSE_LOAD, .arrival_us = 5000 * S };
        GenMachine machine;
        cyclegen_machine(&machine, seed);
        cyclegen_on(&machine, &gen, p, fault, seed, 0);
        cycle_begin(&cycle, p, &start);
        if (reference)
                cycle_reference(&cycle, reference);
        for (size_t i = 0; i < gen.n; i++) {
                size_t sent = MIN_OF(i / 10 * 10 + 9, gen.n - 1);
                int64_t real = (int64_t)((double)gen.samples[sent].t_us / gen.clock);
                cycle_sample(&cycle, &gen.samples[i], 5000 * S + real);
        }
        end_as(OUTCOME_COMPLETED, grade);
}

/* An empty run of that machine, on another day; every one must be fit to be a reference. */
static CycleReference commission(const CycleProgram *p, uint64_t seed) {
        GenMachine machine;
        CycleStart start = { .purpose = PURPOSE_EMPTY, .arrival_us = -1 };
        cyclegen_machine(&machine, seed);
        cyclegen_on(&machine, &gen, p, GEN_SOUND, ~seed, 0);
        cycle_begin(&cycle, p, &start);
        for (size_t i = 0; i < gen.n; i++)
                cycle_sample(&cycle, &gen.samples[i], -1);
        end_as(OUTCOME_COMPLETED, GRADE_CONTINUOUS);
        if (verdict.reasons)
                fail_msg("commissioning, seed %d: reasons %x", (int)seed, verdict.reasons);
        return (CycleReference) { .known = true, .median_mc = verdict.median_mc };
}

static void fewer_than_one_in_a_thousand_sound_cycles_are_refused(void **state) {
        const uint64_t n = seeds(NARROW_SEEDS);
        uint64_t refused = 0;
        (void)state;
        for (uint64_t seed = 0; seed < n; seed++) {
                CycleReference reference = commission(&GEN_PREVAC_134, seed);
                judge_generated(&GEN_PREVAC_134, seed % 2 ? GEN_SPIKE : GEN_SOUND, seed, GRADE_CONTINUOUS, &reference);
                refused += verdict.verdict != CYCLE_VERIFIED;
        }
        print_message("%d of %d sound cycles refused\n", (int)refused, (int)n);
        assert_true(refused * 1000 < n);
}

static void sound_cycles_of_other_programs_and_printouts_are_verified(void **state) {
        (void)state;
        for (uint64_t seed = 0; seed < seeds(OTHER_SEEDS); seed++) {
                judge_generated(&GEN_GRAVITY_121, GEN_SOUND, seed, GRADE_CONTINUOUS, NULL);
                assert_int_equal(verdict.reasons, 0);
                judge_generated(&GEN_PREVAC_134, GEN_COARSE_ROWS, seed, GRADE_PRINTOUT, NULL);
                assert_int_equal(verdict.reasons, 0);
                assert_int_equal(verdict.samples_merged, 1);
                judge_generated(&GEN_BOWIE_DICK, GEN_SOUND, seed, GRADE_CONTINUOUS, NULL);
                assert_int_equal(verdict.reasons, ONLY(CYCLE_TEST_CYCLE_IN_LOAD));
                assert_in_range(verdict.hold_us, 210 * S, 240 * S);
        }
}

static void no_fault_that_shows_at_the_sensors_is_verified(void **state) {
        (void)state;
        for (GenFault fault = GEN_SOUND; fault < _GEN_FAULT_MAX; fault++) {
                if (cyclegen_shows(fault) != GEN_SHOWS)
                        continue;
                for (uint64_t seed = 0; seed < seeds(fault == GEN_STEAM_COLD ? NARROW_SEEDS : OTHER_SEEDS); seed++) {
                        judge_generated(&GEN_PREVAC_134, fault, seed, GRADE_CONTINUOUS, NULL);
                        if (verdict.verdict == CYCLE_VERIFIED)
                                fail_msg("%s, seed %d", cyclegen_fault_name(fault), (int)seed);
                }
        }
}

/* Steam 1.5 K too cold with the probe's reading unchanged, and a probe that is colder with steam unchanged. */
static void no_change_since_commissioning_is_verified(void **state) {
        static const GenFault changes[] = { GEN_STEAM_OFFSET, GEN_LITTLE_AIR };
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(changes); i++) {
                const uint64_t n = seeds(i == 0 ? NARROW_SEEDS : OTHER_SEEDS);
                uint64_t without = 0;
                assert_int_equal(cyclegen_shows(changes[i]), GEN_SHOWS_A_CHANGE);
                for (uint64_t seed = 0; seed < n; seed++) {
                        CycleReference reference = commission(&GEN_PREVAC_134, seed);
                        judge_generated(&GEN_PREVAC_134, changes[i], seed, GRADE_CONTINUOUS, &reference);
                        if (verdict.verdict == CYCLE_VERIFIED)
                                fail_msg("%s, seed %d", cyclegen_fault_name(changes[i]), (int)seed);
                        without += verdict.reasons == ONLY(CYCLE_SATURATION_DRIFT);
                }
                print_message("%s: %d of %d would be verified without a reference\n", cyclegen_fault_name(changes[i]),
                              (int)without, (int)n);
        }
}

/* Without a reference the rules compare steam with the band and with the probe only. */
static void without_a_reference_colder_steam_is_verified_only_while_it_is_hot_enough(void **state) {
        int verified = 0;
        (void)state;
        for (uint64_t seed = 0; seed < 300; seed++) {
                judge_generated(&GEN_PREVAC_134, GEN_STEAM_OFFSET, seed, GRADE_CONTINUOUS, NULL);
                if (verdict.verdict != CYCLE_VERIFIED)
                        continue;
                verified++;
                int64_t from = verdict.hold_start_us, to = from + verdict.hold_us;
                for (size_t i = 0; i < gen.n; i++)
                        if (gen.samples[i].t_us >= from && gen.samples[i].t_us <= to)
                                assert_true(steam_saturation_mc(gen.samples[i].pressure_pa) >= 134000);
        }
        assert_in_range(verified, 1, 150);
}

/* Said in doc/cycle-verdict.md too: this is why packs are checked dry. */
static void wet_steam_does_not_show(void **state) {
        (void)state;
        for (uint64_t seed = 0; seed < 100; seed++) {
                CycleReference reference = commission(&GEN_PREVAC_134, seed);
                judge_generated(&GEN_PREVAC_134, GEN_WET_STEAM, seed, GRADE_CONTINUOUS, &reference);
                assert_int_equal(verdict.reasons, 0);
        }
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(random_series_are_judged_as_a_slow_reading_of_the_rules_does),
                cmocka_unit_test(fewer_than_one_in_a_thousand_sound_cycles_are_refused),
                cmocka_unit_test(sound_cycles_of_other_programs_and_printouts_are_verified),
                cmocka_unit_test(no_fault_that_shows_at_the_sensors_is_verified),
                cmocka_unit_test(no_change_since_commissioning_is_verified),
                cmocka_unit_test(without_a_reference_colder_steam_is_verified_only_while_it_is_hot_enough),
                cmocka_unit_test(wet_steam_does_not_show),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
