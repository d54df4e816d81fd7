/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles as they come in by messages: attempts, verdicts, gaps, restarts, and how much room their samples take. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "core/cycle.h"

#define AUTOCLAVE "autoclave/ac-1"
#define STATE "state/autoclave/ac-1"

static GenCycle gen;

static void begin(Sim *s, int number) {
        sim_say(s, AUTOCLAVE "/cycle-start", "{'cycle':%d,'program':'prevac-134'}", number);
}

static void end(Sim *s, int number) {
        sim_say(s, AUTOCLAVE "/cycle-end", "{'cycle':%d,'outcome':'completed'}", number);
}

static const char *verdict(Sim *s) {
        return sim_member(s, STATE, "last.verdict");
}

static bool reason(Sim *s, const char *rule) {
        return strstr(sim_member(s, STATE, "last.reasons"), rule) != NULL;
}

static void make(GenFault fault, int length_s) {
        cyclegen(&gen, &GEN_PREVAC_134, fault, 7, length_s);
}

static void a_good_cycle_is_verified_and_its_attempt_shown(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        begin(s, 12);
        const char *attempt = sim_member(s, STATE, "attempt");
        assert_string_equal(attempt, sim_text(s, "SELECT label FROM attempt"));
        assert_string_equal(sim_member(s, STATE, "cycle"), "12");
        assert_string_equal(sim_member(s, STATE, "phase"), "before-hold");
        sim_samples(s, 12, &gen, 0, (gen.hold_from + gen.hold_to) / 2, 30);
        assert_string_equal(sim_member(s, STATE, "phase"), "hold");
        sim_samples(s, 12, &gen, (gen.hold_from + gen.hold_to) / 2, gen.n, 30);
        assert_string_equal(sim_member(s, STATE, "phase"), "after-hold");
        end(s, 12);
        assert_string_equal(verdict(s), "verified");
        assert_string_equal(sim_member(s, STATE, "last.cycle"), "12");
        assert_string_equal(sim_member(s, STATE, "last.attempt"), sim_text(s, "SELECT label FROM attempt"));
        assert_string_equal(sim_member(s, STATE, "attempt"), "");
        assert_true(sim_last(s, STATE)->retain);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE rule <> 'not-commissioned'"), 0);
        assert_true(sim_sql(s, "SELECT figures ->> 'hold_us' FROM attempt") >= 180 * US_PER_S);
        assert_true(atof(sim_member(s, STATE, "last.figures.hold_s")) >= 180);
        assert_string_equal(sim_member(s, STATE, "last.figures.grade"), "continuous");
        assert_string_equal(sim_member(s, STATE, "last.figures.pulses"), "3");
}

static void hold_too_short_fails_and_alerts(void **state) {
        Sim *s = *state;
        make(GEN_SHORT_HOLD, 0);
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, gen.n, 30);
        end(s, 1);
        assert_string_equal(verdict(s), "failed");
        assert_true(reason(s, "hold-too-short"));
        assert_int_equal(sim_alert(s, "hold-too-short"), 1);
}

static void samples_missing_when_a_message_in_the_hold_never_came(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        const size_t middle = (gen.hold_from + gen.hold_to) / 2;
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, middle, 10);
        /* Its number is spent, the message is lost; what follows is held for five seconds. */
        int64_t seq = sim_seq(s, AUTOCLAVE);
        sim_say_as(s, AUTOCLAVE "/heartbeat", sim_boot(s, AUTOCLAVE), seq + 2, "{}");
        sim_commit(s);
        sim_pass(s, 5 * US_PER_S);
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
        for (size_t i = middle; i < gen.n; i++)
                sim_say_as(s, AUTOCLAVE "/sample", sim_boot(s, AUTOCLAVE), seq + 3 + (int64_t)(i - middle),
                           "{'cycle':1,'samples':[[%.3f,%.3f,%.3f]]}", (double)gen.samples[i].t_us / 1e6,
                           gen.samples[i].temperature_mc / 1e3, gen.samples[i].pressure_pa / 1e3);
        sim_say_as(s, AUTOCLAVE "/cycle-end", sim_boot(s, AUTOCLAVE), seq + 3 + (int64_t)(gen.n - middle),
                   "{'cycle':1,'outcome':'completed'}");
        sim_commit(s);
        assert_string_equal(verdict(s), "unverified");
        assert_true(reason(s, "samples-missing"));
}

static void samples_missing_when_the_autoclave_restarts_in_its_hold(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, (gen.hold_from + gen.hold_to) / 2, 10);
        sim_new_boot(s, AUTOCLAVE);
        sim_samples(s, 1, &gen, (gen.hold_from + gen.hold_to) / 2, gen.n, 10);
        end(s, 1);
        assert_string_equal(verdict(s), "unverified");
        assert_true(reason(s, "samples-missing"));
}

static void a_gap_survives_a_restart_of_the_daemon(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, (gen.hold_from + gen.hold_to) / 2, 10);
        sim_new_boot(s, AUTOCLAVE);
        sim_samples(s, 1, &gen, (gen.hold_from + gen.hold_to) / 2, gen.n, 10);
        sim_crash(s);
        end(s, 1);
        assert_string_equal(verdict(s), "unverified");
        assert_true(reason(s, "samples-missing"));
}

static void a_restart_in_mid_cycle_gives_the_same_verdict(void **state) {
        static const GenFault faults[] = { GEN_SOUND, GEN_SHORT_HOLD, GEN_AIR_POCKET, GEN_STEAM_COLD };
        Sim *s = *state;
        for (size_t f = 0; f < ELEMENTSOF(faults); f++) {
                char *figures = NULL, *reasons = NULL;
                for (int with = 0; with < 2; with++) {
                        make(faults[f], 0);
                        begin(s, 1);
                        for (size_t i = 0; i < gen.n; i += 90) {
                                sim_samples(s, 1, &gen, i, MIN_OF(i + 90, gen.n), 30);
                                if (with)
                                        sim_crash(s);
                        }
                        end(s, 1);
                        const char *g = sim_text(s, "SELECT verdict || figures FROM attempt ORDER BY id DESC LIMIT 1"),
                                   *r = sim_text(s, "SELECT reasons FROM attempt ORDER BY id DESC LIMIT 1");
                        if (with) {
                                assert_string_equal(g, figures);
                                assert_string_equal(r, reasons);
                        } else {
                                figures = strdup(g);
                                reasons = strdup(r);
                        }
                }
                free(figures);
                free(reasons);
        }
}

static void two_attempts_with_one_number_stay_apart(void **state) {
        Sim *s = *state;
        sim_cycle(s, 5, false);
        sim_cycle(s, 5, true);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM attempt WHERE cycle = 5"), 2);
        assert_int_equal(sim_sql(s, "SELECT count(DISTINCT label) FROM attempt"), 2);
        assert_int_equal(sim_sql(s, "SELECT verdict FROM attempt ORDER BY id LIMIT 1"), CYCLE_FAILED);
        assert_int_equal(sim_sql(s, "SELECT verdict FROM attempt ORDER BY id DESC LIMIT 1"), CYCLE_VERIFIED);
}

static void samples_for_another_cycle_or_none_are_refused(void **state) {
        Sim *s = *state;
        sim_say(s, AUTOCLAVE "/sample", "{'cycle':1,'samples':[[0,20,101]]}");
        assert_string_equal(sim_rejected(s, AUTOCLAVE), "bad-member");
        begin(s, 1);
        sim_forget(s);
        sim_say(s, AUTOCLAVE "/sample", "{'cycle':2,'samples':[[0,20,101]]}");
        assert_string_equal(sim_rejected(s, AUTOCLAVE), "bad-member");
        assert_string_equal(sim_member(s, "down/" AUTOCLAVE "/rejected", "member"), "cycle");
        sim_forget(s);
        sim_say(s, AUTOCLAVE "/cycle-end", "{'cycle':2,'outcome':'completed'}");
        assert_string_equal(sim_rejected(s, AUTOCLAVE), "bad-member");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM attempt WHERE verdict IS NOT NULL"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM sample_chunk"), 0);
}

static void a_new_start_ends_the_old_cycle_as_aborted(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, gen.n, 30);
        begin(s, 2);
        assert_string_equal(verdict(s), "failed");
        assert_true(reason(s, "outcome-not-completed"));
        assert_string_equal(sim_member(s, STATE, "cycle"), "2");
}

static void program_unknown_is_unverified(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        sim_say(s, AUTOCLAVE "/cycle-start", "{'cycle':1,'program':'magic'}");
        sim_samples(s, 1, &gen, 0, gen.n, 30);
        end(s, 1);
        assert_string_equal(verdict(s), "unverified");
        assert_true(reason(s, "program-unknown"));
}

static void a_refused_message_leaves_the_running_cycle_as_it_was(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, gen.n / 2, 30);
        sim_blurt(s, AUTOCLAVE "/sample", "{'cycle':1,'samples':[[9999,20,101]]}");
        sim_say(s, AUTOCLAVE "/sample", "{'cycle':4,'samples':[[9999,20,101]]}");
        sim_say(s, "station/station-1/load", "{'autoclave':'ac-1','cycle':1,'packs':['P-9']}");
        sim_samples(s, 1, &gen, gen.n / 2, gen.n, 30);
        end(s, 1);
        assert_string_equal(verdict(s), "verified");
}

static void samples_out_of_their_order_of_arrival_are_put_right(void **state) {
        Sim *s = *state;
        make(GEN_SOUND, 0);
        begin(s, 1);
        for (size_t i = 0; i + 1 < gen.n; i += 2)
                for (int k = 1; k >= 0; k--) {
                        const Sample *x = gen.samples + i + (size_t)k;
                        sim_say_as(s, AUTOCLAVE "/sample", "b-1", 2 + (int64_t)i + k, "{'cycle':1,'samples':[[%.3f,%.3f,%.3f]]}",
                                   (double)x->t_us / 1e6, x->temperature_mc / 1e3, x->pressure_pa / 1e3);
                        if (k == 0)
                                sim_advance(s, 2 * US_PER_S);
                }
        sim_say_as(s, AUTOCLAVE "/cycle-end", "b-1", 2 + (int64_t)(gen.n & ~(size_t)1), "{'cycle':1,'outcome':'completed'}");
        sim_commit(s);
        assert_string_equal(verdict(s), "verified");
}

/* The broker sends them again. */
static void a_batch_that_is_lost_takes_its_samples_along(void **state) {
        Sim *s = *state;
        int64_t seq;

        make(GEN_SOUND, 0);
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, 30, 30);
        seq = sim_next_seq(s, AUTOCLAVE);
        for (int time = 0; time < 2; time++) {
                if (time > 0)
                        intake_rollback(s->intake);
                sim_say_as(s, AUTOCLAVE "/sample", sim_boot(s, AUTOCLAVE), seq, "{'cycle':1,'samples':[[%.3f,20,101]]}",
                           (double)gen.samples[30].t_us / 1e6);
        }
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT sum(samples) FROM sample_chunk"), 31);
        sim_samples(s, 1, &gen, 31, gen.n, 30);
        assert_int_equal(sim_sql(s, "SELECT sum(samples) FROM sample_chunk"), (int64_t)gen.n);
        end(s, 1);
        assert_string_equal(verdict(s), "verified");
}

/* More than fits into memory, of one savepoint. */
static void a_batch_with_many_samples_loses_none(void **state) {
        Sim *s = *state;

        make(GEN_SOUND, 0);
        begin(s, 1);
        for (int m = 0; m < 200; m++) {
                char json[2048];
                size_t n = 0;

                for (int i = 0; i < 60; i++)
                        n += (size_t)snprintf(json + n, sizeof(json) - n, "%s[%d,%d.5,101.%d]", i ? "," : "", 60 * m + i,
                                              20 + 70 * (i % 2), i);
                assert_true(n < sizeof(json));
                sim_say_as(s, AUTOCLAVE "/sample", sim_boot(s, AUTOCLAVE), sim_next_seq(s, AUTOCLAVE),
                           "{'cycle':1,'samples':[%s]}", json);
        }
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT sum(samples) FROM sample_chunk"), 200 * 60);
        end(s, 1);
        assert_int_equal(sim_sql(s, "SELECT sum(samples) FROM sample_chunk"), 200 * 60);
}

/* Of one batch, too: where a hole is among the samples decides what it does to the hold. */
static void a_gap_stands_behind_the_samples_that_came_before_it(void **state) {
        Sim *s = *state;

        begin(s, 1);
        for (int i = 0; i < 2; i++) {
                const int64_t seq = sim_next_seq(s, AUTOCLAVE);

                sim_say_as(s, AUTOCLAVE "/sample", sim_boot(s, AUTOCLAVE), seq, "{'cycle':1,'samples':[[%d,20,101]]}", i);
                if (i == 0)
                        sim_say_as(s, AUTOCLAVE "/sample", sim_boot(s, AUTOCLAVE), seq, "{'cycle':1,'samples':[[5,20,101]]}");
        }
        sim_commit(s);
        assert_string_equal(sim_text(s, "SELECT group_concat(samples) FROM (SELECT samples FROM sample_chunk ORDER BY n)"),
                            "1,0,1");
}

static void an_hour_at_one_sample_a_second_takes_less_than_forty_kib(void **state) {
        Sim *s = *state;
        char ledger[64];
        sqlite3_stmt *stmt;
        sqlite3 *db;
        make(GEN_SOUND, 3610);
        assert_true(gen.n >= 3600);
        begin(s, 1);
        sim_samples(s, 1, &gen, 0, gen.n, 10);
        end(s, 1);
        assert_string_equal(verdict(s), "verified");
        snprintf(ledger, sizeof(ledger), "%s", s->ledger);
        s->intake = intake_free(s->intake);
        s->store = store_close(s->store);
        assert_int_equal(sqlite3_open_v2(ledger, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT sum(length(data)), sum(samples), count(*) FROM sample_chunk", -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        print_message("%lld samples in %lld bytes\n", sqlite3_column_int64(stmt, 1), sqlite3_column_int64(stmt, 0));
        assert_true(sqlite3_column_int64(stmt, 0) < 40 * 1024);
        assert_int_equal(sqlite3_column_int64(stmt, 1), gen.n);
        assert_int_equal(sqlite3_column_int64(stmt, 2), 1);
        sqlite3_finalize(stmt);
        /* Nor do they stand as JSON beside it. */
        assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM message WHERE raw IS NOT NULL AND topic LIKE '%/sample'", -1, &stmt, NULL), SQLITE_OK);
        assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
        assert_int_equal(sqlite3_column_int64(stmt, 0), 0);
        sqlite3_finalize(stmt);
        sqlite3_close(db);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_good_cycle_is_verified_and_its_attempt_shown),
                T(hold_too_short_fails_and_alerts),
                T(samples_missing_when_a_message_in_the_hold_never_came),
                T(samples_missing_when_the_autoclave_restarts_in_its_hold),
                T(a_gap_survives_a_restart_of_the_daemon),
                T(a_restart_in_mid_cycle_gives_the_same_verdict),
                T(two_attempts_with_one_number_stay_apart),
                T(samples_for_another_cycle_or_none_are_refused),
                T(a_new_start_ends_the_old_cycle_as_aborted),
                T(program_unknown_is_unverified),
                T(a_refused_message_leaves_the_running_cycle_as_it_was),
                T(samples_out_of_their_order_of_arrival_are_put_right),
                T(a_batch_that_is_lost_takes_its_samples_along),
                T(a_batch_with_many_samples_loses_none),
                T(a_gap_stands_behind_the_samples_that_came_before_it),
                T(an_hour_at_one_sample_a_second_takes_less_than_forty_kib),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
