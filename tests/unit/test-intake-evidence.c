/* SPDX-License-Identifier: Apache-2.0 */
/* From configuration and messages to a verdict: programs, sensors, clocks, commissioning, numbers left out. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim-files.h"
#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "core/cycle.h"

#define AUTOCLAVE "autoclave/ac-1"
#define STATE "state/autoclave/ac-1"

static GenCycle gen;
static Sim sim;
static int64_t day; /* thousandths by which real time is longer than the device says */

static Sim *configured(const char *more) {
        sim_open(&sim, more);
        day = 0;
        return &sim;
}

static void pass(Sim *s, int64_t us) {
        sim_advance(s, us + us / 1000 * day);
}

static void begin(Sim *s, const char *program, const char *purpose, int number) {
        sim_say(s, AUTOCLAVE "/cycle-start", "{'cycle':%d,'program':'%s','purpose':'%s'}", number, program, purpose);
}

static void samples(Sim *s, int number, size_t from, size_t to) {
        for (size_t i = from; i < to;) {
                char json[2048] = "";
                size_t n = 0, last = MIN_OF(i + 10, to);
                int64_t began = i ? gen.samples[i - 1].t_us : 0;

                for (; i < last; i++)
                        n += (size_t)snprintf(json + n, sizeof(json) - n, "%s[%.3f,%.3f,%.3f]", n ? "," : "",
                                              (double)gen.samples[i].t_us / 1e6, gen.samples[i].temperature_mc / 1e3,
                                              gen.samples[i].pressure_pa / 1e3);
                pass(s, gen.samples[last - 1].t_us - began);
                sim_say(s, AUTOCLAVE "/sample", "{'cycle':%d,'samples':[%s]}", number, json);
        }
}

static const char *end_as(Sim *s, int number, const char *grade) {
        sim_say(s, AUTOCLAVE "/cycle-end", "{'cycle':%d,'outcome':'completed','grade':'%s'}", number, grade);
        return sim_member(s, STATE, "last.verdict");
}

static const char *end(Sim *s, int number) {
        return end_as(s, number, "continuous");
}

static bool reason(Sim *s, const char *rule) {
        return strstr(sim_member(s, STATE, "last.reasons"), rule) != NULL;
}

/* A whole cycle of machine 1. */
static const char *run(Sim *s, const char *program, const char *purpose, GenFault fault, uint64_t seed, int number) {
        GenMachine machine;

        cyclegen_machine(&machine, 1);
        cyclegen_on(&machine, &gen, &GEN_PREVAC_134, fault, seed, 0);
        begin(s, program, purpose, number);
        samples(s, number, 0, gen.n);
        return end(s, number);
}

static const char *latest(Sim *s) {
        return sim_text(s, "SELECT label FROM attempt ORDER BY id DESC LIMIT 1");
}

static int commission(Sim *s, const char *attempt, const char *by, char *ret_text) {
        int r = intake_commission(s->intake, &s->now, attempt, by, ret_text);

        assert_true(r >= 0);
        sim_commit(s);
        return r;
}

/* --- configuration to verdict --- */

/* 181 counting samples at this temperature and saturation, a second apart; then two at 100 degrees. */
static void make_flat(int32_t temperature_mc, int32_t pressure_pa, int64_t step_us) {
        gen.n = 0;
        for (int64_t i = 0; i < 181; i++)
                gen.samples[gen.n++] = (Sample){ (i + 1) * step_us, temperature_mc, pressure_pa };
        for (int64_t i = 0; i < 2; i++)
                gen.samples[gen.n++] = (Sample){ (182 + i) * step_us, 100000, 101325 };
}

#define FLAT_PROGRAM(purpose) "[program flat]\npurpose = " purpose "\ntype = gravity\nset-temperature = 134 C\nhold-min = 3 min\nwraps = none\n" \
             "[autoclave ac-1]\nprograms = prevac-134, bowie-dick, flat\n"
#define FLAT FLAT_PROGRAM("load")
#define P_135 313090 /* saturation at 135.0 degrees */

static const char *run_flat(const char *more, int32_t temperature_mc, int64_t step_us, const char *grade) {
        Sim *s = configured(more);
        static char verdict[32];

        make_flat(temperature_mc, P_135, step_us);
        begin(s, "flat", "load", 1);
        samples(s, 1, 0, gen.n);
        snprintf(verdict, sizeof(verdict), "%s", end_as(s, 1, grade));
        sim_close(s);
        return verdict;
}

static void the_band_the_uncertainty_and_the_display_step_are_those_of_the_autoclave(void **state) {
        (void)state;
        /* 134 + 0.5 + 0.05 */
        assert_string_equal(run_flat(FLAT, 134550, US_PER_S, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT, 134549, US_PER_S, "continuous"), "failed");
        assert_string_equal(run_flat(FLAT "uncertainty-c = 0.4\n", 134450, US_PER_S, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT "uncertainty-c = 0.4\n", 134449, US_PER_S, "continuous"), "failed");
        assert_string_equal(run_flat(FLAT "display-step-c = 1\n", 135000, US_PER_S, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT "display-step-c = 1\n", 134999, US_PER_S, "continuous"), "failed");
        /* en13060: 138 less 0.55; en285: 137 less 0.55 */
        assert_string_equal(run_flat(FLAT, 136451, US_PER_S, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT "band = en285\n", 136450, US_PER_S, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT "band = en285\n", 136451, US_PER_S, "continuous"), "failed");
}

static void the_allowed_gap_is_that_of_the_standard_or_the_autoclave(void **state) {
        (void)state;
        assert_string_equal(run_flat(FLAT, 135000, 10 * US_PER_S, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT, 135000, 10 * US_PER_S + 1000, "continuous"), "unverified");
        assert_string_equal(run_flat(FLAT "band = en285\n", 135000, 2500000, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT "band = en285\n", 135000, 2501000, "continuous"), "unverified");
        assert_string_equal(run_flat(FLAT "max-gap-s = 4\n", 135000, 4 * US_PER_S, "continuous"), "verified");
        assert_string_equal(run_flat(FLAT "max-gap-s = 4\n", 135000, 4001000, "continuous"), "unverified");
}

static void printed_rows_may_be_a_print_interval_apart(void **state) {
        (void)state;
        assert_string_equal(run_flat(FLAT "print-interval-s = 60\n", 135000, 61500000, "printout"), "verified");
        assert_string_equal(run_flat(FLAT "print-interval-s = 60\n", 135000, 61501000, "printout"), "unverified");
        assert_string_equal(run_flat(FLAT "print-interval-s = 60\n", 135000, 61500000, "continuous"), "unverified");
        assert_string_equal(run_flat(FLAT, 135000, 61500000, "printout"), "unverified");
}

static void a_printout_is_kept_as_one(void **state) {
        Sim *s = configured("[autoclave ac-1]\nprint-interval-s = 60\n");
        (void)state;
        cyclegen(&gen, &GEN_PREVAC_134, GEN_COARSE_ROWS, 3, 0);
        begin(s, "prevac-134", "load", 1);
        samples(s, 1, 0, gen.n);
        assert_string_equal(end_as(s, 1, "printout"), "verified");
        assert_string_equal(sim_member(s, STATE, "last.figures.grade"), "printout");
        assert_string_equal(sim_member(s, STATE, "last.figures.samples_merged"), "1");
        assert_int_equal(sim_sql(s, "SELECT grade FROM attempt"), GRADE_PRINTOUT);
        sim_close(s);
}

static void a_program_counts_only_on_the_autoclaves_that_name_it(void **state) {
        Sim *s = configured("[autoclave ac-1]\nprograms = prevac-121, bowie-dick\n");
        (void)state;
        assert_string_equal(run(s, "prevac-134", "load", GEN_SOUND, 5, 1), "unverified");
        assert_true(reason(s, "program-unknown"));
        sim_close(s);
}

static void a_program_goes_by_what_the_machine_announces(void **state) {
        Sim *s = configured("[program prevac-134]\nannounced = 134 B / 3.5\n");
        (void)state;
        assert_string_equal(run(s, "134 B / 3.5", "load", GEN_SOUND, 5, 1), "verified");
        assert_string_equal(run(s, "prevac-134", "load", GEN_SOUND, 5, 2), "unverified");
        sim_close(s);
}

static void only_a_program_for_loads_verifies_a_load(void **state) {
        (void)state;
        for (int i = 0; i < 3; i++) {
                static const char *const purposes[] = { FLAT_PROGRAM("test"), FLAT_PROGRAM("warm-up"), FLAT_PROGRAM("empty") };
                Sim *s = configured(purposes[i]);
                make_flat(135000, P_135, US_PER_S);
                begin(s, "flat", "load", 1);
                samples(s, 1, 0, gen.n);
                assert_string_equal(end(s, 1), "failed");
                assert_true(reason(s, "test-cycle-in-load"));
                sim_close(s);
        }
}

static void announced_settings_that_differ_are_program_altered(void **state) {
        Sim *s = configured(NULL);
        (void)state;
        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
        for (int i = 0; i < 2; i++) {
                sim_say(s, AUTOCLAVE "/cycle-start",
                        "{'cycle':%d,'program':'prevac-134','set_temperature_c':134.0,'set_hold_s':%d}", i, i ? 180 : 210);
                samples(s, i, 0, gen.n);
                assert_string_equal(end(s, i), i ? "unverified" : "verified");
        }
        assert_true(reason(s, "program-altered"));
        sim_close(s);
}

/* A reload and a restart come to the same: the configuration at the cycle's end counts. */
static void a_program_that_is_configured_while_it_runs_counts(void **state) {
        (void)state;
        for (int with_restart = 0; with_restart < 2; with_restart++) {
                Sim *s = configured("[autoclave ac-1]\nprograms = prevac-121, bowie-dick\n");
                Config *before = s->config;
                cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
                begin(s, "prevac-134", "load", 1);
                samples(s, 1, 0, gen.n / 2);
                s->config = files_config(NULL);
                intake_configure(s->intake, s->config);
                config_free(before);
                if (with_restart)
                        sim_restart(s);
                samples(s, 1, gen.n / 2, gen.n);
                assert_string_equal(end(s, 1), "verified");
                assert_string_equal(sim_member(s, STATE, "last.figures.arrival_judged"), "true");
                sim_close(s);
        }
}

/* --- clocks --- */

/* Everything at once, at the end. */
static const char *run_at_once(Sim *s) {
        static char verdict[32];

        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
        begin(s, "prevac-134", "load", 1);
        day = -990;
        samples(s, 1, 0, gen.n);
        snprintf(verdict, sizeof(verdict), "%s", end(s, 1));
        return verdict;
}

static void sending_late_is_for_devices_that_are_declared_to(void **state) {
        Sim *s = configured(NULL);
        (void)state;
        assert_string_equal(run_at_once(s), "unverified");
        assert_true(reason(s, "samples-inconsistent"));
        assert_string_equal(sim_member(s, STATE, "last.figures.arrival_judged"), "true");
        sim_close(s);
        s = configured("[device ac-1]\nstore-and-forward = yes\n");
        assert_string_equal(run_at_once(s), "verified");
        assert_string_equal(sim_member(s, STATE, "last.figures.arrival_judged"), "false");
        sim_close(s);
}

/* A device whose clock is an eighth too fast, and the daemon stops in the middle: the machine's, or only its own life. */
static void a_wrong_clock_shows_over_a_restart_too(void **state) {
        (void)state;
        for (int how = 0; how < 3; how++) {
                Sim *s = configured(NULL);
                cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
                begin(s, "prevac-134", "load", 1);
                day = -125;
                samples(s, 1, 0, gen.n / 2);
                if (how == 1)
                        sim_restart(s);
                if (how == 2)
                        sim_reboot(s, 20 * US_PER_S);
                samples(s, 1, gen.n / 2, gen.n);
                assert_string_equal(end(s, 1), "unverified");
                assert_true(reason(s, "samples-inconsistent"));
                assert_string_equal(sim_member(s, STATE, "last.figures.arrival_judged"), how == 2 ? "false" : "true");
                sim_close(s);
        }
}

/* What waits at the broker while the daemon is down comes late, and is no wrong clock. */
static void what_waited_while_the_daemon_was_down_is_not_held_against_the_device(void **state) {
        (void)state;
        for (int again = 0; again < 2; again++) {
                Sim *s = configured(NULL);
                size_t at;
                cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
                at = gen.n / 2 / 10 * 10;
                begin(s, "prevac-134", "load", 1);
                samples(s, 1, 0, at);
                sim_advance(s, 120 * US_PER_S);
                sim_restart(s);
                day = -990;
                samples(s, 1, at, at + 120);
                day = 0;
                if (again) /* the absence is in the ledger */
                        sim_crash(s);
                samples(s, 1, at + 120, gen.n);
                assert_string_equal(end(s, 1), "verified");
                assert_string_equal(sim_member(s, STATE, "last.figures.arrival_judged"), "true");
                assert_true(atof(sim_member(s, STATE, "last.figures.arrival_skew_s")) > 100);
                sim_close(s);
        }
}

/* The machine came up before its broker did. */
static void a_broker_that_comes_long_after_the_daemon_is_not_held_against_the_device(void **state) {
        Sim *s = configured(NULL);
        size_t at;
        (void)state;
        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
        at = gen.n / 2 / 10 * 10;
        begin(s, "prevac-134", "load", 1);
        samples(s, 1, 0, at);
        sim_restart(s);
        sim_advance(s, 120 * US_PER_S);
        assert_int_equal(intake_broker_found(s->intake, &s->now, true), 0);
        sim_commit(s);
        day = -990;
        samples(s, 1, at, at + 120);
        day = 0;
        samples(s, 1, at + 120, gen.n);
        assert_string_equal(end(s, 1), "verified");
        sim_close(s);
}

static void an_absence_of_the_broker_is_remembered_over_a_restart(void **state) {
        Sim *s = configured(NULL);
        size_t at;
        (void)state;
        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
        at = gen.n / 2 / 10 * 10;
        begin(s, "prevac-134", "load", 1);
        samples(s, 1, 0, at);
        assert_int_equal(intake_broker_lost(s->intake, &s->now, "gone"), 0);
        sim_advance(s, 120 * US_PER_S);
        assert_int_equal(intake_broker_found(s->intake, &s->now, true), 0);
        sim_commit(s);
        day = -990;
        samples(s, 1, at, at + 120);
        day = 0;
        sim_crash(s);
        samples(s, 1, at + 120, gen.n);
        assert_string_equal(end(s, 1), "verified");
        sim_close(s);
}

static void a_restart_says_whether_evidence_is_missing(void **state) {
        Sim *s = configured(NULL);
        (void)state;
        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 5, 0);
        begin(s, "prevac-134", "load", 1);
        samples(s, 1, 0, 300);
        sim_restart(s);
        assert_int_equal(sim_sql(s, "SELECT record ->> 'samples' FROM audit WHERE record ->> 'type' = 'cycle-taken-up'"), 300);
        assert_int_equal(sim_sql(s, "SELECT record ->> 'gaps' FROM audit WHERE record ->> 'type' = 'cycle-taken-up'"), 0);
        sim_new_boot(s, AUTOCLAVE);
        samples(s, 1, 300, 400);
        sim_restart(s);
        assert_int_equal(sim_sql(s, "SELECT max(record ->> 'gaps') FROM audit WHERE record ->> 'type' = 'cycle-taken-up'"), 1);
        assert_int_equal(intake_publish_state(s->intake, &s->now), 0);
        assert_int_equal(intake_batch(s->intake)->n_log, 1);
        assert_non_null(strstr(intake_batch(s->intake)->log[0].text,
                               "400 samples in the ledger, messages are missing between them"));
        sim_commit(s);
        sim_close(s);
}

/* --- numbers --- */

static void numbers_left_out_are_told_and_repeated_ones_are_not(void **state) {
        static const struct {
                int number, alerts;
        } steps[] = { { 41, 0 }, { 42, 0 }, { 42, 0 }, { 44, 1 }, { 45, 1 }, { 1, 1 }, { 2, 1 }, { 9, 2 } };
        Sim *s = configured(NULL);
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(steps); i++) {
                begin(s, "prevac-134", "empty", steps[i].number);
                end(s, steps[i].number);
                assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE rule = 'cycle-number-gap'"), steps[i].alerts);
        }
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM attempt"), ELEMENTSOF(steps));
        assert_non_null(strstr(sim_text(s, "SELECT text FROM alert WHERE rule = 'cycle-number-gap' ORDER BY id LIMIT 1"),
                               "ran cycle 43 without being heard"));
        assert_non_null(strstr(sim_text(s, "SELECT text FROM alert WHERE rule = 'cycle-number-gap' ORDER BY id DESC LIMIT 1"),
                               "ran cycles 3 to 8 without being heard"));
        /* The one before is still running. */
        begin(s, "prevac-134", "empty", 10);
        begin(s, "prevac-134", "empty", 12);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE rule = 'cycle-number-gap'"), 3);
        sim_close(s);
}

/* --- commissioning --- */

static void an_officer_commissions_and_the_margins_are_shown(void **state) {
        Sim *s = configured(NULL);
        char text[TEXT_MAX + 1];
        (void)state;
        assert_string_equal(run(s, "prevac-134", "load", GEN_SOUND, 5, 1), "verified");
        assert_int_equal(sim_alert(s, "not-commissioned"), 1);
        assert_string_equal(run(s, "prevac-134", "load", GEN_SOUND, 6, 2), "verified");
        assert_int_equal(sim_alert(s, "not-commissioned"), 1); /* it stands, once */
        run(s, "prevac-134", "empty", GEN_SOUND, 7, 3);
        assert_int_equal(commission(s, latest(s), "clara", text), 0);
        for (size_t i = 0; i < 6; i++) {
                static const char *const parts[] = { "is commissioned with ac-1.3.", "(needs 204 s)", "(band 134.00 to 138.00)",
                                                     "(allowed 2 K)", "(allowed 10.00 s)", "Pulses 3 (needs 3)." };
                if (!strstr(text, parts[i]))
                        fail_msg("no '%s' in: %s", parts[i], text);
        }
        assert_int_equal(sim_alert(s, "not-commissioned"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM reference WHERE by = 'clara' AND autoclave = 'ac-1' AND program = 'prevac-134'"), 1);
        assert_int_equal(sim_sql(s, "SELECT median_mc = (SELECT figures ->> 'median_off_mc' FROM attempt WHERE cycle = 3) FROM reference"), 1);
        assert_int_equal(sim_sql(s, "SELECT r.i = a.i FROM reference r, audit a WHERE a.record ->> 'type' = 'commissioned'"), 1);
        assert_string_equal(run(s, "prevac-134", "load", GEN_SOUND, 8, 4), "verified");
        assert_true(sim_member(s, STATE, "last.figures.reference_off_k")[0] != '\0');
        assert_int_equal(sim_alert(s, "not-commissioned"), 0);
        sim_check_chain(s);
        sim_close(s);
}

static void only_an_officer_and_a_sound_cycle_without_a_load_commission(void **state) {
        Sim *s = configured(NULL);
        char text[TEXT_MAX + 1];
        (void)state;
        run(s, "prevac-134", "empty", GEN_SHORT_HOLD, 5, 1);
        assert_int_equal(commission(s, latest(s), "clara", text), 1);
        assert_non_null(strstr(text, "is failed"));
        run(s, "prevac-134", "empty", GEN_SOUND, 5, 2);
        assert_int_equal(commission(s, latest(s), "ben", text), 1);
        assert_non_null(strstr(text, "not an officer"));
        assert_int_equal(commission(s, latest(s), "nobody", text), 1);
        assert_int_equal(commission(s, "ac-1.99", "clara", text), 1);
        begin(s, "prevac-134", "empty", 3);
        assert_int_equal(commission(s, latest(s), "clara", text), 1);
        assert_non_null(strstr(text, "still running"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM reference"), 0);
        end(s, 3);
        sim_sterilize(s, "EX-1", "extractor", "P-1", 4);
        assert_int_equal(commission(s, latest(s), "clara", text), 1);
        assert_non_null(strstr(text, "Pack P-1 was in"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM reference"), 0);
        assert_int_equal(commission(s, "ac-1.2", "clara", text), 0);
        assert_int_equal(commission(s, "ac-1.2", "clara", text), 1);
        assert_non_null(strstr(text, "already"));
        sim_close(s);
}

static void steam_colder_than_at_commissioning_is_not_verified_and_told(void **state) {
        Sim *s = configured(NULL);
        char text[TEXT_MAX + 1];
        (void)state;
        run(s, "prevac-134", "empty", GEN_SOUND, 5, 1);
        assert_int_equal(commission(s, latest(s), "clara", text), 0);
        assert_string_equal(run(s, "prevac-134", "load", GEN_LITTLE_AIR, 6, 2), "unverified");
        assert_true(reason(s, "saturation-drift"));
        assert_int_equal(sim_alert(s, "saturation-drift"), 1);
        /* Without a load it is told, and can be commissioned anew after the autoclave was looked at. */
        assert_string_equal(run(s, "prevac-134", "empty", GEN_LITTLE_AIR, 6, 3), "verified");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE rule = 'saturation-drift'"), 2);
        sim_restart(s);
        assert_int_equal(commission(s, latest(s), "clara", text), 0);
        assert_non_null(strstr(text, "The median was"));
        assert_string_equal(run(s, "prevac-134", "load", GEN_LITTLE_AIR, 6, 4), "verified");
        sim_close(s);
}

static void where_commissioning_is_required_an_uncommissioned_program_verifies_no_load(void **state) {
        Sim *s = configured("[policy]\ncommissioning = required\n");
        char text[TEXT_MAX + 1];
        (void)state;
        assert_string_equal(run(s, "prevac-134", "load", GEN_SOUND, 5, 1), "unverified");
        assert_true(reason(s, "not-commissioned"));
        assert_string_equal(run(s, "prevac-134", "empty", GEN_SOUND, 5, 2), "verified");
        assert_int_equal(commission(s, latest(s), "clara", text), 0);
        assert_string_equal(run(s, "prevac-134", "load", GEN_SOUND, 5, 3), "verified");
        sim_close(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(the_band_the_uncertainty_and_the_display_step_are_those_of_the_autoclave),
                cmocka_unit_test(the_allowed_gap_is_that_of_the_standard_or_the_autoclave),
                cmocka_unit_test(printed_rows_may_be_a_print_interval_apart),
                cmocka_unit_test(a_printout_is_kept_as_one),
                cmocka_unit_test(a_program_counts_only_on_the_autoclaves_that_name_it),
                cmocka_unit_test(a_program_goes_by_what_the_machine_announces),
                cmocka_unit_test(only_a_program_for_loads_verifies_a_load),
                cmocka_unit_test(announced_settings_that_differ_are_program_altered),
                cmocka_unit_test(a_program_that_is_configured_while_it_runs_counts),
                cmocka_unit_test(sending_late_is_for_devices_that_are_declared_to),
                cmocka_unit_test(a_wrong_clock_shows_over_a_restart_too),
                cmocka_unit_test(what_waited_while_the_daemon_was_down_is_not_held_against_the_device),
                cmocka_unit_test(a_broker_that_comes_long_after_the_daemon_is_not_held_against_the_device),
                cmocka_unit_test(an_absence_of_the_broker_is_remembered_over_a_restart),
                cmocka_unit_test(a_restart_says_whether_evidence_is_missing),
                cmocka_unit_test(numbers_left_out_are_told_and_repeated_ones_are_not),
                cmocka_unit_test(an_officer_commissions_and_the_margins_are_shown),
                cmocka_unit_test(only_an_officer_and_a_sound_cycle_without_a_load_commission),
                cmocka_unit_test(steam_colder_than_at_commissioning_is_not_verified_and_told),
                cmocka_unit_test(where_commissioning_is_required_an_uncommissioned_program_verifies_no_load),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
