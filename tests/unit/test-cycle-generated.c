/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts on random series and on generated cycles; single rules are in test-cycle.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

/* Generated cycles */

static void judge_generated(const CycleProgram *p, GenFault fault, uint64_t seed, Grade grade) {
        CycleStart start = { .purpose = PURPOSE_LOAD, .arrival_us = 5000 * S };
        cyclegen(&gen, p, fault, seed, 0);
        cycle_begin(&cycle, p, &start);
        for (size_t i = 0; i < gen.n; i++) {
                size_t sent = MIN_OF(i / 10 * 10 + 9, gen.n - 1);
                int64_t real = (int64_t)((double)gen.samples[sent].t_us / gen.clock);
                cycle_sample(&cycle, &gen.samples[i], 5000 * S + real);
        }
        end_as(OUTCOME_COMPLETED, grade);
}

static void sound_cycles_are_verified(void **state) {
        (void)state;
        for (uint64_t seed = 0; seed < 1000; seed++) {
                judge_generated(&GEN_PREVAC_134, seed % 2 ? GEN_SPIKE : GEN_SOUND, seed, GRADE_CONTINUOUS);
                if (verdict.verdict != CYCLE_VERIFIED)
                        fail_msg("seed %d: reasons %x", (int)seed, verdict.reasons);
        }
        for (uint64_t seed = 0; seed < 200; seed++) {
                judge_generated(&GEN_GRAVITY_121, GEN_SOUND, seed, GRADE_CONTINUOUS);
                assert_int_equal(verdict.reasons, 0);
        }
}

static void sound_printouts_are_verified(void **state) {
        (void)state;
        for (uint64_t seed = 0; seed < 300; seed++) {
                judge_generated(&GEN_PREVAC_134, GEN_COARSE_ROWS, seed, GRADE_PRINTOUT);
                assert_int_equal(verdict.reasons, 0);
                assert_int_equal(verdict.samples_merged, 1);
        }
}

static void no_fault_that_shows_at_the_sensors_is_verified(void **state) {
        (void)state;
        for (GenFault fault = GEN_AIR_POCKET; fault < _GEN_FAULT_MAX; fault++) {
                if (fault == GEN_STEAM_OFFSET)
                        continue;
                for (uint64_t seed = 0; seed < 300; seed++) {
                        judge_generated(&GEN_PREVAC_134, fault, seed, GRADE_CONTINUOUS);
                        if (verdict.verdict == CYCLE_VERIFIED)
                                fail_msg("%s, seed %d", cyclegen_fault_name(fault), (int)seed);
                }
        }
}

/* The rules compare steam with the band and with the probe, not with what it was last week: steam that is 1.5 K colder
 * than before and still hot enough by its own pressure is verified. saturation-drift is there to tell. */
static void steam_colder_than_before_is_verified_only_while_it_is_hot_enough(void **state) {
        int verified = 0;
        (void)state;
        for (uint64_t seed = 0; seed < 300; seed++) {
                judge_generated(&GEN_PREVAC_134, GEN_STEAM_OFFSET, seed, GRADE_CONTINUOUS);
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

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(random_series_are_judged_as_a_slow_reading_of_the_rules_does),
                cmocka_unit_test(sound_cycles_are_verified),
                cmocka_unit_test(sound_printouts_are_verified),
                cmocka_unit_test(no_fault_that_shows_at_the_sensors_is_verified),
                cmocka_unit_test(steam_colder_than_before_is_verified_only_while_it_is_hot_enough),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
