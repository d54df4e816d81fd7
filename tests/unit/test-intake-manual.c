/* SPDX-License-Identifier: Apache-2.0 */
/* Manual evidence from end to end: a dead sensor or gateway, readings by one person, a release by another. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "../lib/clinicsim-files.h"
#include "../lib/clinicsim.h"
#include "act.h"
#include "core/gate.h"
#include "store/loads.h"

#define STATION "station/station-1"
#define RELEASED "down/" STATION "/released"
#define ON                                                                                                             \
        "[class extractor]\ncritical = no\n[autoclave ac-1]\nmanual-evidence-from = 2026-11-22\n"                      \
        "[practitioner dora]\nroles = operator, releaser\n"
#define DAY (24 * 3600 * US_PER_S)
#define READINGS                                                                                                       \
        "'hold_s':225,'coldest_c':135.0,'hottest_c':135.8,'lowest_kpa':313,'highest_kpa':321,'pulses':4,"              \
        "'reason':'probe broken'"
#define UNSEEN "air-removal-short samples-too-sparse"
#define HELD "air-removal-short manual-evidence samples-too-sparse" /* the readings lack something */

#define refused(why, ...)                                                                                              \
        do {                                                                                                           \
                sim_forget(s);                                                                                         \
                sim_say(s, __VA_ARGS__);                                                                               \
                assert_string_equal(sim_rejected(s, STATION), why);                                                    \
        } while (0)

static void say_transcript(Sim *s, const char *by) {
        sim_forget(s);
        sim_say(s, STATION "/transcript",
                "{'autoclave':'ac-1','cycle':7,'program':'prevac-134'," READINGS ",'by':'%s'}", by);
}

static void transcript(Sim *s, const char *by) {
        say_transcript(s, by);
        assert_string_equal(sim_rejected(s, STATION), "");
}

static void inside(Sim *s, const char *packs, int type) {
        sim_taken(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':7,'indicator':'chemical','where':'inside','packs':%s,'type':%d,'result':'"
                  "pass',"
                  "'reader':'ben'}",
                  sim_codes(packs), type);
}

/* P-1 and P-2 are in cycle 7, which was announced and ended, with not one sample; indicators are read. */
static void dark(Sim *s) {
        sim_packed(s, 1, "extractor", "pouch");
        sim_packed(s, 2, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1','P-2']}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        sim_advance(s, 1800 * US_PER_S);
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':7,'outcome':'completed'}");
        sim_indicate(s, 7, "P-1 P-2");
        inside(s, "P-1 P-2", 5);
}

/* The same without a word from the gateway. */
static void unheard(Sim *s) {
        sim_packed(s, 1, "extractor", "pouch");
        sim_packed(s, 2, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1','P-2']}");
        sim_advance(s, 1800 * US_PER_S);
}

static const char *release_by(Sim *s, const char *by) {
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'%s','dry':true,'decision':'release'}", by);
        return streq(sim_member(s, RELEASED, "verdict"), "released") ? "released" : sim_rules(s, RELEASED);
}

#define fires(what) assert_string_equal(release_by(s, "ben"), what)

static void set_from(Sim *s, int32_t date) {
        for (size_t i = 0; i < s->config->n_autoclaves; i++)
                ((ConfigAutoclave *)s->config->autoclaves)[i].manual_from = date;
}

static int on(void **state) {
        static Sim sim;

        sim_open(&sim, ON);
        *state = &sim;
        return 0;
}

static int off(void **state) {
        sim_close(*state);
        return 0;
}

/* --- what it is for --- */

static void a_cycle_without_samples_is_released_on_readings_by_another_person(void **state) {
        Sim *s = *state;
        dark(s);
        fires(UNSEEN);
        transcript(s, "clara");
        fires("released");
        assert_string_equal(sim_member(s, RELEASED, "transcribed_by"), "clara");
        assert_int_equal(sim_sql(s, "SELECT state FROM item WHERE code = 'EX-1'"), ITEM_STERILE);
        assert_string_equal(sim_text(s, "SELECT reasons FROM load_decision WHERE what = %d", LOAD_WORD_RELEASED),
                            "[{\"rule\":\"manual-evidence\",\"text\":\"Released on readings transcribed by clara.\"}]");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE CAST(record AS TEXT) LIKE "
                                    "'%%\"what\":\"released\"%%\"transcribed_by\":\"clara\"%%'"),
                         1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE CAST(record AS TEXT) LIKE '%%\"transcript\"%%'"
                                    " AND CAST(record AS TEXT) LIKE '%%\"unheard\":false%%'"),
                         1);
        assert_int_equal(sim_sql(s, "SELECT verdict FROM attempt"), CYCLE_UNVERIFIED);
        assert_int_equal(sim_alert(s, "manual-evidence"), 1);
        sim_check_chain(s);
}

static void a_cycle_of_which_nothing_was_heard_gets_an_attempt_of_its_own(void **state) {
        Sim *s = *state;
        unheard(s);
        transcript(s, "clara");
        assert_int_equal(
                sim_sql(s, "SELECT count(*) FROM attempt WHERE verdict = %d AND outcome IS NULL", CYCLE_UNVERIFIED), 1);
        assert_int_equal(sim_sql(s, "SELECT min(cycles) FROM item"), 1);
        sim_indicate(s, 7, "P-1 P-2");
        inside(s, "P-1 P-2", 6);
        fires("released");
        assert_int_equal(sim_sql(s, "SELECT state FROM item WHERE code = 'EX-2'"), ITEM_STERILE);
        sim_check_chain(s);
}

static void after_a_restart_it_is_all_still_there(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "clara");
        sim_restart(s);
        fires("released");
        assert_string_equal(sim_member(s, RELEASED, "transcribed_by"), "clara");
}

static void an_unheard_cycle_is_no_verified_one_to_the_gateway_s_next(void **state) {
        Sim *s = *state;
        unheard(s);
        transcript(s, "clara");
        sim_cycle(s, 8, true);
        assert_int_equal(sim_sql(s, "SELECT verdict FROM attempt WHERE cycle = 8"), CYCLE_VERIFIED);
        assert_int_equal(sim_sql(s, "SELECT verdict FROM attempt WHERE cycle = 7"), CYCLE_UNVERIFIED);
}

/* --- each condition --- */

static void without_the_policy_nothing_is_transcribed(void **state) {
        Sim sim, *s = &sim;
        (void)state;
        sim_open(s, "[class extractor]\ncritical = no\n");
        dark(s);
        say_transcript(s, "clara");
        assert_string_equal(sim_rejected(s, STATION), "not-allowed");
        fires(UNSEEN);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM transcript"), 0);
        assert_int_equal(sim_alert(s, "manual-evidence"), 0);
        sim_close(s);
}

static void who_transcribed_does_not_release(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "ben");
        fires(HELD);
        assert_string_equal(release_by(s, "dora"), "released");
}

static void by_hand_the_same_holds(void **state) {
        Sim *s = *state;
        Act release = { .type = ACT_LOAD_RELEASE, .subject = "ac-1.1", .by = "ben", .dry = true, .uid = 1000 };
        char text[ACT_TEXT_MAX];

        dark(s);
        transcript(s, "ben");
        assert_int_equal(sim_act(s, &release, text), 1);
        assert_says(text, "manual-evidence: Who transcribed the readings cannot release on them.");
        release.by = "dora";
        assert_int_equal(sim_act(s, &release, text), 0);
        assert_string_equal(text, "Load ac-1.1 is released, on readings transcribed by ben.");
}

static void whoever_transcribes_is_registered(void **state) {
        Sim *s = *state;
        dark(s);
        say_transcript(s, "nobody");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        fires(UNSEEN);
}

static void and_still_is_when_the_load_is_released(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "clara");
        for (size_t i = 0; i < s->config->n_practitioners; i++)
                if (streq(s->config->practitioners[i].id, "clara"))
                        ((ConfigPractitioner *)s->config->practitioners)[i].id = "claus";
        fires(HELD);
}

static void a_critical_class_is_never_released_so(void **state) {
        Sim sim, *s = &sim;
        (void)state;
        sim_open(s, "[autoclave ac-1]\nmanual-evidence-from = 2026-11-22\n"); /* extractors are critical as shipped */
        dark(s);
        transcript(s, "clara");
        fires(HELD);
        sim_close(s);
}

static void a_type_4_indicator_or_one_pack_without_is_not_enough(void **state) {
        Sim *s = *state;
        unheard(s);
        transcript(s, "clara");
        sim_indicate(s, 7, "P-1 P-2");
        inside(s, "P-1 P-2", 4);
        fires(HELD);
        inside(s, "P-1", 5);
        fires(HELD);
        inside(s, "P-2", 6);
        fires("released");
}

static void a_pack_that_was_put_down_after_the_cycle_began_holds_the_load(void **state) {
        Sim *s = *state;
        unheard(s);
        sim_packed(s, 3, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-3']}");
        sim_advance(s, 224 * US_PER_S);
        transcript(s, "clara");
        sim_indicate(s, 7, "P-1 P-2 P-3");
        inside(s, "P-1 P-2 P-3", 5);
        fires(HELD);
}

static void a_pack_for_no_cycle_in_particular_is_not_taken(void **state) {
        Sim *s = *state;
        unheard(s);
        sim_packed(s, 3, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-3']}");
        sim_advance(s, 1800 * US_PER_S);
        transcript(s, "clara");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack WHERE attempt IS NULL"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM manifest"), 1);
}

static void readings_below_the_program_release_nothing_and_stay(void **state) {
        Sim *s = *state;
        dark(s);
        sim_taken(s, STATION "/transcript",
                  "{'autoclave':'ac-1','cycle':7,'program':'prevac-134','hold_s':180,'coldest_c':135,"
                  "'hottest_c':135.8,'lowest_kpa':313,'highest_kpa':321,'pulses':4,'reason':'x','by':'clara'}");
        fires(HELD);
        transcript(s, "clara"); /* a better one stands beside it, and does not take its place */
        fires(HELD);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM transcript"), 2);
}

static void word_for_word_it_counts_once(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "clara");
        transcript(s, "clara");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM transcript"), 1);
        transcript(s, "dora");
        fires("released");
        assert_string_equal(sim_member(s, RELEASED, "transcribed_by"), "clara, dora");
}

static void sixteen_transcripts_of_one_cycle_are_too_many(void **state) {
        Sim *s = *state;
        dark(s);
        for (int i = 0; i < 16; i++)
                sim_taken(s, STATION "/transcript",
                          "{'autoclave':'ac-1','cycle':7,'program':'prevac-134','hold_s':%d,'coldest_c':135,'hottest_c':"
                          "135.8,"
                          "'lowest_kpa':313,'highest_kpa':321,'pulses':4,'reason':'x','by':'clara'}",
                          225 + i);
        fires(HELD);
        say_transcript(s, "dora");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM transcript"), 16);
}

static void nothing_else_gives_way(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "clara");
        sim_sql(s, "UPDATE pack SET wet = 1");
        fires("wet-pack");
        sim_sql(s, "UPDATE pack SET wet = 0");
        sim_sql(s, "DELETE FROM test");
        fires("penetration-test-missing");
}

static void a_cycle_that_failed_or_is_verified_or_decided_is_not_transcribed(void **state) {
        Sim *s = *state;
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, false);
        say_transcript(s, "clara");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        sim_cycle(s, 8, true);
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':8,'program':'prevac-134'," READINGS ",'by':'clara'}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':9,'program':'prevac-134'}");
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':9,'program':'prevac-134'," READINGS ",'by':'clara'}");
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':9,'outcome':'completed'}");
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':9,'program':'prevac-121'," READINGS ",'by':'clara'}");
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':9,'by':'ben','dry':true,'decision':'reject'}");
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':9,'program':'prevac-134'," READINGS ",'by':'clara'}");
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':9,'attempt':'ac-1.77','program':'prevac-134'," READINGS ",'by':'clara'}");
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':10,'program':'bowie-dick'," READINGS ",'by':'clara'}");
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-2','cycle':10,'program':'prevac-134'," READINGS ",'by':'clara'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM transcript"), 0);
}

static void samples_that_contradict_the_readings_win(void **state) {
        Sim *s = *state;
        char rows[4096];
        size_t n = 0;

        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1']}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        for (int pulse = 0; pulse < 3; pulse++)
                n += (size_t)snprintf(rows + n, sizeof(rows) - n, "[%d,90,10],[%d,100,100],", pulse * 20,
                                      pulse * 20 + 10);
        for (int t = 60; t < 120; t += 10) /* hotter than anybody read */
                n += (size_t)snprintf(rows + n, sizeof(rows) - n, "[%d,136.9,328],", t);
        snprintf(rows + n, sizeof(rows) - n, "[600,105,110]");
        sim_advance(s, 600 * US_PER_S);
        sim_say(s, "autoclave/ac-1/sample", "{'cycle':7,'samples':[%s]}", rows);
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':7,'outcome':'completed'}");
        assert_int_equal(sim_sql(s, "SELECT verdict FROM attempt"), CYCLE_UNVERIFIED);
        sim_indicate(s, 7, "P-1");
        inside(s, "P-1", 5);
        transcript(s, "clara");
        fires("manual-evidence samples-too-sparse");
}

/* --- days --- */

static void the_third_day_is_in_and_the_fourth_is_out(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "ben");
        sim_pass(s, 2 * DAY);
        fires(HELD); /* ben transcribed; nothing else is wrong */
        assert_int_equal(sim_alert(s, "manual-evidence"), 1);
        assert_string_equal(release_by(s, "dora"), "released");
        sim_pass(s, DAY);
        sim_pass(s, 120 * US_PER_S);
        assert_int_equal(sim_alert(s, "manual-evidence"), 0);
}

static void on_the_fourth_day_nothing_is_released_or_transcribed(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "clara");
        sim_pass(s, 3 * DAY);
        fires(HELD);
        say_transcript(s, "dora");
        assert_string_equal(sim_rejected(s, STATION), "not-allowed");
}

static void a_date_to_come_is_not_yet_on(void **state) {
        Sim *s = *state;
        set_from(s, 20261123);
        dark(s);
        say_transcript(s, "clara");
        assert_string_equal(sim_rejected(s, STATION), "not-allowed");
        sim_pass(s, DAY); /* on now, but the load is of the day before */
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':7,'attempt':'ac-1.1','program':'prevac-134'," READINGS ",'by':'clara'}");
}

static void the_day_is_the_clinic_s(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "clara");
        sim_pass(s, 2 * DAY + 17 * 3600 * US_PER_S); /* half past three in the night to the fourth */
        fires("released");
}

static void moving_the_first_day_makes_no_period_longer(void **state) {
        Sim *s = *state;
        dark(s);
        transcript(s, "clara");
        sim_pass(s, 3 * DAY);
        set_from(s, 20261125);
        sim_pass(s, 120 * US_PER_S);
        assert_int_equal(sim_alert(s, "manual-evidence"), 1);
        assert_non_null(strstr(sim_text(s, "SELECT text FROM alert WHERE rule = 'manual-evidence' AND state = 0"),
                               "2026-12-22"));
        fires(HELD);
        say_transcript(s, "clara");
        assert_string_equal(sim_rejected(s, STATION), "not-allowed");
        set_from(s, 20261222);
        sim_pass(s, 27 * DAY);
        refused("", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':70,'program':'prevac-134'," READINGS ",'by':'clara'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE rule = 'manual-evidence'"), 3);
}

static void each_period_raises_its_alert_anew(void **state) {
        Sim *s = *state;
        sim_pass(s, 120 * US_PER_S);
        sim_pass(s, 120 * US_PER_S);
        assert_int_equal(sim_alert(s, "manual-evidence"), 1);
        set_from(s, 20261121);
        sim_pass(s, 120 * US_PER_S);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE rule = 'manual-evidence'"), 2);
        assert_int_equal(sim_alert(s, "manual-evidence"), 1);
}

static void an_unheard_cycle_began_before_those_of_higher_numbers(void **state) {
        Sim *s = *state;
        unheard(s);
        sim_advance(s, 3600 * US_PER_S);
        sim_cycle(s, 8, true);
        sim_advance(s, 3600 * US_PER_S);
        transcript(s, "clara");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM attempt a JOIN attempt b ON b.cycle = 8 WHERE a.cycle = 7 "
                                    "AND a.started_us = b.started_us - 225000000"),
                         1);
}

/* --- order --- */

static void without_a_number_or_late_it_grants_nothing(void **state) {
        Sim *s = *state;
        int64_t hole;

        dark(s);
        sim_blurt(s, STATION "/transcript",
                  "{'autoclave':'ac-1','cycle':7,'program':'prevac-134'," READINGS ",'by':'clara'}");
        assert_string_equal(sim_rejected(s, STATION), "sequence-required");
        hole = sim_next_seq(s, STATION);
        sim_say(s, STATION "/heartbeat", "{}");
        sim_pass(s, 6 * US_PER_S);
        sim_say_as(s, STATION "/transcript", sim_boot(s, STATION), hole,
                   "{'autoclave':'ac-1','cycle':7,'program':'prevac-134'," READINGS ",'by':'clara'}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "too-late");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM transcript"), 0);
        fires(UNSEEN);
}

static void a_gateway_that_speaks_of_it_after_all_quarantines_the_load(void **state) {
        Sim *s = *state;
        unheard(s);
        transcript(s, "clara");
        sim_indicate(s, 7, "P-1 P-2");
        inside(s, "P-1 P-2", 6);
        fires("released");
        sim_cycle(s, 7, true);
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt WHERE id = 1"), LOAD_RECALLED);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE cause = 'manual-evidence'"), 1);
        refused("bad-member", STATION "/transcript",
                "{'autoclave':'ac-1','cycle':7,'program':'prevac-134'," READINGS ",'by':'clara'}");
}

static void a_number_of_two_attempts_is_ambiguous_until_one_is_named(void **state) {
        Sim *s = *state;
        dark(s);
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':7,'outcome':'completed'}");
        say_transcript(s, "clara");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        sim_taken(s, STATION "/transcript",
                  "{'autoclave':'ac-1','cycle':7,'attempt':'ac-1.1','program':'prevac-134'," READINGS ",'by':'clara'}");
        assert_int_equal(sim_sql(s, "SELECT attempt FROM transcript"), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, on, off)
#define OWN(name) cmocka_unit_test(name)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_cycle_without_samples_is_released_on_readings_by_another_person),
                T(a_cycle_of_which_nothing_was_heard_gets_an_attempt_of_its_own),
                T(after_a_restart_it_is_all_still_there),
                T(an_unheard_cycle_is_no_verified_one_to_the_gateway_s_next),
                OWN(without_the_policy_nothing_is_transcribed),
                T(who_transcribed_does_not_release),
                T(by_hand_the_same_holds),
                T(whoever_transcribes_is_registered),
                T(and_still_is_when_the_load_is_released),
                OWN(a_critical_class_is_never_released_so),
                T(a_type_4_indicator_or_one_pack_without_is_not_enough),
                T(a_pack_that_was_put_down_after_the_cycle_began_holds_the_load),
                T(a_pack_for_no_cycle_in_particular_is_not_taken),
                T(readings_below_the_program_release_nothing_and_stay),
                T(word_for_word_it_counts_once),
                T(sixteen_transcripts_of_one_cycle_are_too_many),
                T(nothing_else_gives_way),
                T(a_cycle_that_failed_or_is_verified_or_decided_is_not_transcribed),
                T(samples_that_contradict_the_readings_win),
                T(the_third_day_is_in_and_the_fourth_is_out),
                T(on_the_fourth_day_nothing_is_released_or_transcribed),
                T(a_date_to_come_is_not_yet_on),
                T(the_day_is_the_clinic_s),
                T(moving_the_first_day_makes_no_period_longer),
                T(each_period_raises_its_alert_anew),
                T(an_unheard_cycle_began_before_those_of_higher_numbers),
                T(without_a_number_or_late_it_grants_nothing),
                T(a_gateway_that_speaks_of_it_after_all_quarantines_the_load),
                T(a_number_of_two_attempts_is_ambiguous_until_one_is_named),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
