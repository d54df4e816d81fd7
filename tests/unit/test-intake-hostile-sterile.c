/* SPDX-License-Identifier: Apache-2.0 */
/* Sterilization under attack and bad luck: nothing becomes sterile by a trick of order, number or clock, and no recall
 * loses what it is about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim-files.h"
#include "../lib/clinicsim.h"
#include "act.h"
#include "core/cycle.h"
#include "core/fitness.h"
#include "core/release.h"
#include "intake/internal.h"
#include "store/lookback.h"
#include "store/recalls.h"

#define STATION "station/station-1"
#define AC "autoclave/ac-1"
#define RELEASED "down/" STATION "/released"
#define HOUR (3600 * US_PER_S)

/* A second autoclave, with a device of its own. */
#define SECOND_AUTOCLAVE                                                                                               \
        "[autoclave ac-2]\nclass-type = B\nband = en13060\nuncertainty-c = 0.5\ncalibration-due = 2027-12-31\n"        \
        "programs = prevac-134, bowie-dick\n[device ac-2]\nkinds = autoclave\n"

#define refused(why, ...)                                                                                              \
        do {                                                                                                           \
                sim_forget(s);                                                                                         \
                sim_say(s, __VA_ARGS__);                                                                               \
                assert_string_equal(sim_rejected(s, STATION), why);                                                    \
        } while (0)

static void chemical(Sim *s, int cycle, const char *where, const char *pack, const char *result) {
        sim_taken(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':%d,'reader':'ben','indicator':'chemical','where':'%s','type':4,'result':'%s'"
                  ","
                  "'packs':['%s']}",
                  cycle, where, result, pack);
}

static void spore(Sim *s, int cycle, const char *more) {
        sim_taken(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':%d,'indicator':'biological','reader':'ben','lot':'S7',%s}", cycle, more);
}

#define negative(s, cycle) spore(s, cycle, "'result':'pass','control':'growth'")
#define positive(s, cycle) spore(s, cycle, "'result':'fail'")

/* "released", or the rules that refuse. */
static const char *release(Sim *s, int cycle) {
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':%d,'by':'ben','dry':true,'decision':'release'}", cycle);
        return streq(sim_member(s, RELEASED, "verdict"), "released") ? "released" : sim_rules(s, RELEASED);
}

static int64_t started(Sim *s, int cycle) {
        return sim_sql(s, "SELECT started_us FROM attempt WHERE cycle = %d", cycle);
}

/* How many recalls that stand reach the newest attempt of this number. */
static int64_t recalls_of(Sim *s, int cycle) {
        return sim_sql(
                s,
                "SELECT count(*) FROM recall r JOIN attempt a ON a.cycle = %d WHERE r.ended_us IS NULL AND "
                "(r.attempt = a.id OR (r.autoclave = a.autoclave AND a.started_us BETWEEN r.from_us AND r.to_us))",
                cycle);
}

/* Both clocks as they would be if somebody set the wall clock, and after an officer or the time had put that right. */
static void set_clock(Sim *s, int64_t us) {
        s->now.wall_us += us;
}

static char said[TEXT_MAX + 1];

static void put_back(Sim *s) {
        assert_int_equal(intake_autoclave_return(s->intake, &s->now, "ac-1", "clara", "It was repaired.", said), 0);
        sim_commit(s);
}

static void read_bowie_dick(Sim *s, int cycle, const char *result) {
        sim_taken(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','cycle':%d,'result':'%s','reader':'ben'}",
                  cycle, result);
}

/* Three empty cycles and three Bowie-Dick tests from this number on, then an officer. */
static void all_the_way_back(Sim *s, int from) {
        for (int n = from; n < from + 3; n++) {
                sim_advance(s, US_PER_S);
                sim_empty_cycle(s, n, true);
                negative(s, n);
                sim_taken(s, STATION "/indicator",
                          "{'autoclave':'ac-1','cycle':%d,'indicator':'chemical','result':'pass','reader':'ben','type':5}",
                          n);
        }
        for (int n = from + 3; n < from + 6; n++) {
                sim_advance(s, US_PER_S);
                sim_bowie_dick(s, n);
                read_bowie_dick(s, n, "pass");
        }
        put_back(s);
        sim_advance(s, US_PER_S);
}

/* --- spore tests --- */

static void many_readings_do_not_bury_a_positive(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        for (int i = 0; i < 70; i++)
                spore(s, 1, "'result':'pending'");
        positive(s, 1);
        assert_int_equal(sim_alert(s, "spore-test-positive"), 1);
        assert_int_equal(recalls_of(s, 1), 1);
}

static void readings_without_end_are_refused_and_failures_are_not(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        sim_sql(s,
                "WITH RECURSIVE n (k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < 4096) INSERT INTO indicator "
                "(i, at_us, autoclave, attempt, kind, place, result, control) SELECT 1, 1, 'ac-1', 1, 0, 0, 0, 0 FROM "
                "n");
        refused("bad-member", STATION "/indicator",
                "{'autoclave':'ac-1','cycle':1,'indicator':'chemical','where':'challenge','type':5,'result':'pass','"
                "reader':'ben'}");
        positive(s, 1);
        assert_int_equal(recalls_of(s, 1), 1);
}

static void a_positive_recalls_anew_when_the_recall_had_been_ended(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        positive(s, 1);
        assert_int_equal(intake_recall_end(s->intake, &s->now, 1, "clara", "The strip was mixed up.", said), 0);
        sim_commit(s);
        assert_int_equal(recalls_of(s, 1), 0);
        positive(s, 1); /* another strip of that cycle */
        assert_int_equal(recalls_of(s, 1), 1);
        positive(s, 1);
        assert_int_equal(recalls_of(s, 1), 1);
}

static void a_positive_that_names_an_attempt_of_another_autoclave_recalls_both(void **state) {
        Sim x, *s = &x;

        (void)state;
        sim_open(s, SECOND_AUTOCLAVE);
        sim_cycle(s, 1, true);
        sim_say(s, STATION "/indicator",
                "{'autoclave':'ac-2','attempt':'ac-1.1','indicator':'biological','result':'fail','reader':'ben'}");
        assert_int_equal(recalls_of(s, 1), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE autoclave = 'ac-2'"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM service WHERE back_us IS NULL"), 2);
        sim_close(s);
}

static void a_failed_indicator_counts_for_the_attempt_whatever_autoclave_is_said(void **state) {
        Sim x, *s = &x;

        (void)state;
        sim_open(s, SECOND_AUTOCLAVE);
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        sim_indicate(s, 7, "P-1");
        sim_taken(s, STATION "/indicator", "{'autoclave':'ac-2','attempt':'ac-1.1','indicator':'chemical','where':'outside','"
                                    "result':'fail','reader':'ben'}");
        assert_string_equal(release(s, 7), "indicator-failed");
        sim_close(s);
}

static void a_positive_of_an_autoclave_that_was_taken_out_of_the_configuration_recalls_too(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        /* As if ac-1 had been configured, used, and removed. */
        sim_sql(s, "UPDATE attempt SET autoclave = 'ac-old', label = 'ac-old.1'");
        sim_blurt(s, STATION "/indicator",
                  "{'autoclave':'ac-old','cycle':1,'indicator':'biological','result':'fail','reader':'ben'}");
        assert_int_equal(recalls_of(s, 1), 1);
        sim_say(s, STATION "/recall",
                "{'reason':'the door was open','by':'ben','autoclave':'ac-old','from':'2026-01-01T00:00:00Z',"
                "'to':'2026-12-01T00:00:00Z'}");
        assert_int_equal(recalls_of(s, 1), 2);
        refused("bad-member", STATION "/indicator",
                "{'autoclave':'ac-old','cycle':1,'indicator':'biological','result':'pending','reader':'ben'}");
}

static void a_clock_that_was_set_back_hides_no_load_from_a_recall(void **state) {
        Sim *s = *state;

        sim_empty_cycle(s, 1, true);
        negative(s, 1);
        set_clock(s, -3 * HOUR);
        sim_cycle(s, 2, true); /* by the clock before the negative one */
        set_clock(s, 6 * HOUR);
        sim_cycle(s, 3, true);
        set_clock(s, -5 * HOUR);
        sim_advance(s, US_PER_S);
        positive(s, 3);
        assert_true(s->now.wall_us < started(s, 3));
        assert_int_equal(recalls_of(s, 2), 1);
        assert_int_equal(recalls_of(s, 3), 1);
}

static void a_cycle_that_began_at_the_very_moment_of_the_last_negative_is_recalled(void **state) {
        Sim *s = *state;

        sim_empty_cycle(s, 1, true);
        sim_cycle(s, 2, true);
        sim_sql(s, "UPDATE attempt SET started_us = (SELECT min(started_us) FROM attempt)");
        negative(s, 1);
        positive(s, 2);
        assert_int_equal(recalls_of(s, 2), 1);
}

static void a_negative_whose_control_fails_after_the_recall_bounds_it_no_longer(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        sim_advance(s, US_PER_S);
        sim_empty_cycle(s, 2, true);
        negative(s, 2);
        sim_advance(s, US_PER_S);
        sim_empty_cycle(s, 3, true);
        positive(s, 3);
        assert_int_equal(recalls_of(s, 1), 0);
        spore(s, 2, "'result':'pending','control':'no-growth'");
        assert_int_equal(recalls_of(s, 1), 1);
}

static void nothing_is_read_as_good_while_its_cycle_runs(void **state) {
        Sim *s = *state;

        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_say(s, AC "/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        refused("bad-member", STATION "/indicator",
                "{'autoclave':'ac-1','cycle':7,'indicator':'chemical','where':'outside','packs':['P-1'],'result':'pass'"
                ",'reader':'ben'}");
        refused("bad-member", STATION "/indicator",
                "{'autoclave':'ac-1','cycle':7,'indicator':'biological','lot':'S7','result':'pass','control':'growth','"
                "reader':'ben'}");
        sim_taken(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':7,'indicator':'biological','lot':'S7','result':'pending','reader':'ben'}");
        sim_taken(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':7,'indicator':'chemical','packs':['P-1'],'result':'fail','reader':'ben'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM indicator"), 2);
}

static void a_failure_by_a_number_that_stands_twice_counts_for_both(void **state) {
        Sim *s = *state;

        sim_cycle(s, 6, true);
        sim_advance(s, US_PER_DAY);
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        sim_advance(s, US_PER_DAY);
        sim_empty_cycle(s, 8, true);
        negative(s, 8);
        sim_advance(s, US_PER_DAY);
        sim_packed(s, 2, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-2']}");
        sim_cycle(s, 7, true); /* the machine counts anew */
        chemical(s, 7, "outside", "P-1", "fail");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM indicator WHERE kind = 0 AND attempt = 2"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM indicator WHERE kind = 0"), 1);
        positive(s, 7);
        assert_int_equal(recalls_of(s, 6), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM indicator WHERE kind = 1 AND result = %d", RESULT_FAIL), 2);
}

static void a_positive_of_an_unknown_cycle_may_be_that_of_one_that_nobody_has_read(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        sim_advance(s, US_PER_DAY);
        sim_empty_cycle(s, 2, true);
        spore(s, 2, "'result':'pending'");
        sim_advance(s, US_PER_DAY);
        sim_empty_cycle(s, 3, true);
        negative(s, 3);
        sim_advance(s, US_PER_DAY);
        positive(s, 22); /* two was meant */
        assert_int_equal(recalls_of(s, 1), 1);
        assert_int_equal(recalls_of(s, 2), 1);
}

static void a_positive_is_not_lost_for_an_autoclave_that_was_misspelt(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        sim_blurt(s, STATION "/indicator",
                  "{'autoclave':'ac-l','attempt':'ac-1.1','indicator':'biological','result':'fail','reader':'ben'}");
        assert_int_equal(recalls_of(s, 1), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 1);
}

static void a_stored_cycle_is_recalled_by_when_it_ran(void **state) {
        Sim x, *s = &x;

        (void)state;
        sim_open(s, "[device ac-1]\nstore-and-forward = yes\n");
        sim_say(s, AC "/cycle-start", "{'cycle':7,'program':'prevac-134','age_s':7200}");
        assert_true(started(s, 7) == s->now.wall_us - 2 * HOUR);
        sim_packed(s, 1, "extractor", "pouch"); /* long after it began */
        refused("bad-member", STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1']}");
        sim_close(s);
        sim_open(s, NULL); /* not declared: nothing is believed */
        sim_say(s, AC "/cycle-start", "{'cycle':7,'program':'prevac-134','age_s':7200}");
        assert_true(started(s, 7) == s->now.wall_us);
        sim_close(s);
}

static void attempts_are_numbered_by_the_last_one(void **state) {
        Sim *s = *state;

        for (int n = 1; n <= 3; n++)
                sim_say(s, AC "/cycle-start", "{'cycle':%d,'program':'prevac-134'}", n);
        assert_string_equal(sim_text(s, "SELECT label FROM attempt ORDER BY id DESC LIMIT 1"), "ac-1.3");
}

/* --- loads and packs --- */

static void a_pack_that_was_made_after_the_cycle_was_not_in_it(void **state) {
        Sim *s = *state;

        sim_cycle(s, 7, true);
        sim_advance(s, HOUR);
        sim_packed(s, 1, "extractor", "pouch");
        refused("bad-member", STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1']}");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack WHERE attempt IS NOT NULL"), 0);
}

static void a_pack_stays_with_the_attempt_that_it_was_in(void **state) {
        Sim x, *s = &x;

        (void)state;
        sim_open(s, SECOND_AUTOCLAVE);
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-2','packs':['P-1']}");
        sim_say(s, AC "/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1']}");
        sim_say(s, "autoclave/ac-2/cycle-start", "{'cycle':1,'program':'prevac-134'}");
        assert_string_equal(sim_text(s, "SELECT a.label FROM pack p JOIN attempt a ON a.id = p.attempt"), "ac-1.1");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM manifest"), 0);
        sim_close(s);
}

static void an_empty_or_test_cycle_releases_nothing_that_is_named_afterwards(void **state) {
        Sim *s = *state;

        sim_packed(s, 1, "extractor", "pouch");
        sim_empty_cycle(s, 7, true);
        assert_int_equal(sim_sql(s, "SELECT verdict FROM attempt"), CYCLE_VERIFIED);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1']}");
        sim_was_fit(s, 7);
        chemical(s, 7, "outside", "P-1", "pass");
        chemical(s, 7, "inside", "P-1", "pass");
        assert_string_equal(release(s, 7), "test-cycle-in-load");
}

static void a_pack_named_before_a_stored_cycle_arrives_was_in_it_only_if_named_before_it_began(void **state) {
        Sim x, *s = &x;

        (void)state;
        sim_open(s, "[device ac-1]\nstore-and-forward = yes\n");
        sim_packed(s, 1, "extractor", "pouch");
        sim_packed(s, 2, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_advance(s, HOUR); /* it begins, and is not heard */
        sim_advance(s, HOUR);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-2']}");
        sim_say(s, AC "/cycle-start", "{'cycle':7,'program':'prevac-134','age_s':3600}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack WHERE label = 'P-1' AND attempt = 1 AND late = 0"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack WHERE label = 'P-2' AND attempt IS NULL"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM manifest"), 1);
        sim_packed(s, 3, "extractor", "pouch");
        sim_close(s);
}

/* --- in and out of service --- */

static void a_load_that_ran_when_its_autoclave_went_out_is_never_released(void **state) {
        Sim *s = *state;

        sim_packed(s, 1, "extractor", "pouch");
        sim_fit(s);
        sim_advance(s, US_PER_S);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        sim_sql(s, "UPDATE attempt SET ended_us = ended_us + %lld",
                (long long)HOUR); /* it ran on, with the fault in it */
        sim_blurt(s, AC "/fault", "{'code':'E7','severity':'major'}");
        sim_advance(s, 2 * HOUR);
        all_the_way_back(s, 8);
        sim_indicate(s, 7, "P-1");
        assert_string_equal(release(s, 7), "out-of-service");
}

static void a_load_that_ran_while_it_was_out_is_never_released_though_the_clock_was_set_back(void **state) {
        Sim *s = *state;

        sim_packed(s, 1, "extractor", "pouch");
        sim_blurt(s, AC "/fault", "{'code':'E7','severity':'major'}");
        set_clock(s, -3 * HOUR);
        sim_fit(s);
        sim_advance(s, US_PER_S);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        set_clock(s, 3 * HOUR);
        sim_advance(s, US_PER_S);
        all_the_way_back(s, 8);
        sim_indicate(s, 7, "P-1");
        assert_string_equal(release(s, 7), "out-of-service");
}

static void a_second_calibration_out_of_tolerance_quarantines_what_ran_since_the_return(void **state) {
        Sim *s = *state;

        sim_cycle(s, 1, true);
        sim_blurt(s, STATION "/duty", "{'duty':'calibration','by':'ben','subject':'ac-1','result':'fail'}");
        assert_int_equal(recalls_of(s, 1), 1);
        sim_blurt(s, STATION "/duty", "{'duty':'calibration','by':'ben','subject':'ac-1','result':'fail'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 1);
        all_the_way_back(s, 2);
        sim_cycle(s, 8, true);
        assert_int_equal(recalls_of(s, 8), 0);
        sim_blurt(s, STATION "/duty", "{'duty':'calibration','by':'ben','subject':'ac-1','result':'fail'}");
        assert_int_equal(recalls_of(s, 8), 1);
}

static void a_failed_test_that_names_no_cycle_does_not_end_at_the_pass_that_it_may_be_about(void **state) {
        Sim *s = *state;

        sim_bowie_dick(s, 1);
        read_bowie_dick(s, 1, "pass");
        sim_cycle(s, 2, true);
        sim_bowie_dick(s, 3);
        read_bowie_dick(s, 3, "pass");
        sim_blurt(s, STATION "/test", "{'autoclave':'ac-1','test':'bowie-dick','result':'fail'}");
        assert_int_equal(recalls_of(s, 2), 1);
}

static void a_duty_signed_while_the_clock_was_ahead_is_not_good_for_years(void **state) {
        Sim *s = *state;
        AutoclaveStatus *status = calloc(1, sizeof(*status));

        assert_non_null(status);
        set_clock(s, 1000 * US_PER_DAY);
        sim_say(s, STATION "/duty", "{'duty':'door-seal','by':'ben','subject':'ac-1'}");
        set_clock(s, -990 * US_PER_DAY);
        assert_int_equal(intake_autoclave_status(s->intake, &s->now, "ac-1", status), 1);
        assert_true(reasons_has(&status->refusals, "duty-overdue"));
        free(status);
}

/* --- commissioning --- */

static void a_fault_and_a_bad_duty_while_the_clock_was_ahead_do_not_stand_for_years(void **state) {
        Sim *s = *state;
        AutoclaveStatus *status = calloc(1, sizeof(*status));

        assert_non_null(status);
        set_clock(s, 1000 * US_PER_DAY);
        sim_blurt(s, AC "/fault", "{'code':'E7','severity':'major'}");
        sim_blurt(s, STATION "/duty", "{'duty':'door-seal','by':'ben','subject':'ac-1','result':'fail'}");
        set_clock(s, -1000 * US_PER_DAY);
        sim_pass(s, 61 * US_PER_S);
        assert_int_equal(intake_autoclave_return(s->intake, &s->now, "ac-1", "clara", "It looks fine.", said), 1);
        sim_taken(s, STATION "/duty", "{'duty':'door-seal','by':'ben','subject':'ac-1'}");
        all_the_way_back(s, 8);
        assert_int_equal(intake_autoclave_status(s->intake, &s->now, "ac-1", status), 1);
        assert_false(reasons_has(&status->refusals, "duty-overdue"));
        assert_false(reasons_has(&status->refusals, "out-of-service"));
        free(status);
}

static void a_cycle_from_before_a_repair_is_no_reference(void **state) {
        Sim *s = *state;

        sim_empty_cycle(s, 1, true);
        assert_int_equal(intake_autoclave_out(s->intake, &s->now, "ac-1", "repair", "ben", "New heater.", said), 0);
        sim_commit(s);
        assert_int_equal(intake_commission(s->intake, &s->now, "ac-1.1", "clara", said), 1);
        assert_non_null(strstr(said, "repair"));
        sim_commit(s);
        sim_advance(s, US_PER_S);
        sim_empty_cycle(s, 2, true);
        assert_int_equal(intake_commission(s->intake, &s->now, "ac-1.2", "clara", said), 0);
        sim_commit(s);
}

/* --- look-back and acts --- */

static void a_made_up_cursor_finds_nothing_and_harms_nothing(void **state) {
        static const char *const places[] = { "0.9.9.9.9.9", "1.9.9.9.9.9", "0.0.0.0.0.0", "1.0.1.1.1.0" };
        static LookbackRow rows[LOOKBACK_ROWS];
        Sim *s = *state;
        const LookbackBounds bounds = LOOKBACK_BOUNDS;

        sim_sterilize(s, "EX-1", "extractor", "P-1", 7);
        for (LookbackBy by = 0; by < _LOOKBACK_BY_MAX; by++)
                for (int depth = 0; depth < 8; depth++)
                        for (size_t i = 0; i < ELEMENTSOF(places); i++) {
                                const LookbackQuery q = { .by = by, .subject = "room-1", .to_us = INT64_MAX };
                                char text[128];
                                LookbackCursor c;
                                size_t n;

                                snprintf(text, sizeof(text), "9223372036854775807.%d.%s", depth, places[i]);
                                if (lookback_cursor_parse(text, by, &c) < 0)
                                        continue;
                                if (lookback_slice(s->store, &q, &c, &bounds, rows, &n) < 0)
                                        fail_msg("%s by %s", text, lookback_by_name(by));
                        }
}

static void a_recall_of_an_endless_window_is_made_and_shown(void **state) {
        Sim *s = *state;
        int64_t id;

        sim_cycle(s, 1, true);
        assert_int_equal(intake_recall_make(s->intake, &s->now, "autoclave", "ac-1", 1, INT64_MAX, "ben", "Everything.",
                                            &id, said),
                         0);
        sim_commit(s);
        assert_int_equal(recalls_of(s, 1), 1);
        assert_string_equal(sim_text(s, "SELECT subject FROM alert WHERE rule = 'item-recalled'"),
                            "autoclave ac-1, 1970-01-01 to 9999-12-31");
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(many_readings_do_not_bury_a_positive),
                T(readings_without_end_are_refused_and_failures_are_not),
                T(a_positive_recalls_anew_when_the_recall_had_been_ended),
                cmocka_unit_test(a_positive_that_names_an_attempt_of_another_autoclave_recalls_both),
                cmocka_unit_test(a_failed_indicator_counts_for_the_attempt_whatever_autoclave_is_said),
                T(a_positive_of_an_autoclave_that_was_taken_out_of_the_configuration_recalls_too),
                T(a_clock_that_was_set_back_hides_no_load_from_a_recall),
                T(a_cycle_that_began_at_the_very_moment_of_the_last_negative_is_recalled),
                T(a_negative_whose_control_fails_after_the_recall_bounds_it_no_longer),
                T(nothing_is_read_as_good_while_its_cycle_runs),
                T(a_failure_by_a_number_that_stands_twice_counts_for_both),
                T(a_positive_of_an_unknown_cycle_may_be_that_of_one_that_nobody_has_read),
                T(a_positive_is_not_lost_for_an_autoclave_that_was_misspelt),
                cmocka_unit_test(a_stored_cycle_is_recalled_by_when_it_ran),
                T(attempts_are_numbered_by_the_last_one),
                T(a_pack_that_was_made_after_the_cycle_was_not_in_it),
                cmocka_unit_test(a_pack_stays_with_the_attempt_that_it_was_in),
                T(an_empty_or_test_cycle_releases_nothing_that_is_named_afterwards),
                cmocka_unit_test(a_pack_named_before_a_stored_cycle_arrives_was_in_it_only_if_named_before_it_began),
                T(a_load_that_ran_when_its_autoclave_went_out_is_never_released),
                T(a_load_that_ran_while_it_was_out_is_never_released_though_the_clock_was_set_back),
                T(a_second_calibration_out_of_tolerance_quarantines_what_ran_since_the_return),
                T(a_failed_test_that_names_no_cycle_does_not_end_at_the_pass_that_it_may_be_about),
                T(a_duty_signed_while_the_clock_was_ahead_is_not_good_for_years),
                T(a_fault_and_a_bad_duty_while_the_clock_was_ahead_do_not_stand_for_years),
                T(a_cycle_from_before_a_repair_is_no_reference),
                T(a_made_up_cursor_finds_nothing_and_harms_nothing),
                T(a_recall_of_an_endless_window_is_made_and_shown),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
