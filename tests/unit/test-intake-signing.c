/* SPDX-License-Identifier: Apache-2.0 */
/* Between the question for a password and the answer: what is on record where there is none, and what came up meanwhile. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "core/gate.h"
#include "core/item.h"
#include "store/alerts.h"
#include "util.h"

#define CLARA 500
#define ANA 501
#define BEN 503
#define MIN (60 * US_PER_S)

static char text[ACT_TEXT_MAX];
static ActSeen seen;

static int set_up(void **state) {
        static Sim sim;

        sim_open(&sim, "[practitioner dora]\nroles = officer\n");
        for (size_t i = 0; i < sim.config->n_practitioners; i++) {
                ConfigPractitioner *p = (ConfigPractitioner *)(uintptr_t)(sim.config->practitioners + i);

                p->uid = streq(p->id, "clara") ? CLARA
                         : streq(p->id, "ana") ? ANA
                         : streq(p->id, "dora") ? 502
                         : streq(p->id, "ben")  ? BEN
                                                : 0;
        }
        sim.config->control.acts = CONTROL_ACTS_SIGNED;
        *state = &sim;
        return 0;
}

static int tear_down(void **state) {
        sim_close(*state);
        return 0;
}

static Act of(ActType type, const char *subject) {
        return (Act){ .type = type, .subject = subject, .by = "", .reason = "because", .uid = CLARA, .pid = 7,
                      .auth = ACT_AUTH_PASSWORD };
}

/* The person is asked, and the act will have what stood then. */
static int ask(Sim *s, Act *a) {
        a->seen = &seen;
        return intake_act_may(s->intake, &s->now, a, text, &seen);
}

static void unsigned_by(Sim *s, const Act *a, ActUnsigned how) {
        assert_int_equal(intake_act_unsigned(s->intake, &s->now, a, how), 0);
        sim_commit(s);
}

static int64_t records(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'unsigned'");
}

static const char *last(Sim *s, const char *member) {
        return sim_text(s, "SELECT record ->> '%s' FROM audit WHERE record ->> 'type' = 'unsigned' ORDER BY i DESC LIMIT 1",
                        member);
}

/* --- not signed --- */

static void who_did_not_sign_what_and_why_is_on_record_without_their_words(void **state) {
        Sim *s = *state;
        Act a = of(ACT_PATIENT_ERASE, "patient");

        a.patient = "p-4711";
        a.reason = "p-4711 asked for it";
        unsigned_by(s, &a, UNSIGNED_PASSWORD);
        assert_string_equal(last(s, "act"), "patient-erase");
        assert_string_equal(last(s, "subject"), "patient");
        assert_string_equal(last(s, "by"), "clara");
        assert_string_equal(last(s, "why"), "wrong-password");
        assert_string_equal(last(s, "uid"), "500");
        assert_string_equal(last(s, "tries"), "1");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record LIKE '%%p-4711%%'"), 0);
        unsigned_by(s, &a, UNSIGNED_DISMISSED);
        assert_string_equal(last(s, "why"), "dismissed");
        assert_int_equal(records(s), 2);
        sim_check_chain(s);
}

static void the_third_is_alerted_and_the_alert_names_the_person_and_nothing_else(void **state) {
        const Act a = of(ACT_SESSION_END, "s-secret");
        Sim *s = *state;

        unsigned_by(s, &a, UNSIGNED_PASSWORD);
        unsigned_by(s, &a, UNSIGNED_PASSWORD);
        assert_int_equal(sim_alert(s, "signature-refused"), 0);
        unsigned_by(s, &a, UNSIGNED_PASSWORD);
        assert_int_equal(sim_alert(s, "signature-refused"), 1);
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'signature-refused'"), ALERT_WARNING);
        assert_string_equal(sim_text(s, "SELECT subject FROM alert WHERE rule = 'signature-refused'"), "clara");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE text LIKE '%%s-secret%%' OR text LIKE '%%because%%'"), 0);
        unsigned_by(s, &a, UNSIGNED_PASSWORD);
        assert_int_equal(sim_alert(s, "signature-refused"), 1);
}

static void after_five_that_login_signs_nothing_for_five_minutes_and_locks_as_before(void **state) {
        Act release = of(ACT_AUTOCLAVE_RETURN, "ac-1"), out = of(ACT_AUTOCLAVE_OUT, "ac-1");
        Sim *s = *state;

        out.cause = "fault";
        out.auth = ACT_AUTH_POLKIT;
        for (int i = 0; i < 5; i++) {
                assert_int_equal(ask(s, &release), ACT_DONE);
                unsigned_by(s, &release, UNSIGNED_PASSWORD);
        }
        assert_int_equal(sim_alert(s, "signature-refused"), 2);
        sim_advance(s, MIN);
        assert_int_equal(ask(s, &release), ACT_HELD_OFF);
        assert_says(text, "4 min 00 s");
        assert_int_equal(ask(s, &out), ACT_DONE);
        assert_int_equal(sim_act(s, &out, text), ACT_DONE);
        release.uid = 502;
        assert_int_equal(ask(s, &release), ACT_DONE);
        release.uid = CLARA;
        /* By CLOCK_BOOTTIME: whoever sets the clock does not sign sooner. */
        s->now.wall_us += 3600 * US_PER_S;
        assert_int_equal(ask(s, &release), ACT_HELD_OFF);
        sim_advance(s, 4 * MIN);
        assert_int_equal(ask(s, &release), ACT_DONE);
}

static void whoever_may_not_do_it_is_told_that_and_not_how_long_to_wait(void **state) {
        Sim *s = *state;
        Act a = of(ACT_AUTOCLAVE_RETURN, "ac-1");

        a.uid = ANA;
        for (int i = 0; i < 5; i++)
                unsigned_by(s, &a, UNSIGNED_PASSWORD);
        assert_int_equal(ask(s, &a), ACT_REFUSED);
        assert_says(text, "an officer or a releaser may");
}

static void records_of_one_login_are_bounded_and_the_next_says_how_many_have_none(void **state) {
        const Act a = of(ACT_AUTOCLAVE_RETURN, "ac-1");
        Sim *s = *state;

        for (int i = 0; i < 50; i++) {
                unsigned_by(s, &a, UNSIGNED_PASSWORD);
                sim_advance(s, US_PER_S);
        }
        assert_int_equal(records(s), SIGNING_RECORDS_MAX);
        assert_says(sim_text(s, "SELECT text FROM alert WHERE rule = 'signature-refused'"), "no record of their own");
        sim_advance(s, 60 * MIN);
        unsigned_by(s, &a, UNSIGNED_PASSWORD);
        assert_int_equal(records(s), SIGNING_RECORDS_MAX + 1);
        assert_int_equal(sim_sql(s, "SELECT max(record ->> 'unrecorded') FROM audit"), 50 - SIGNING_RECORDS_MAX);
        sim_check_chain(s);
}

static void many_logins_that_fail_take_no_place_from_one_that_is_held_off(void **state) {
        Sim *s = *state;
        Act a = of(ACT_AUTOCLAVE_RETURN, "ac-1");

        for (uid_t uid = 1000; uid < 1040; uid++) {
                a.uid = uid;
                unsigned_by(s, &a, UNSIGNED_PASSWORD);
                sim_advance(s, US_PER_MS);
        }
        a.uid = CLARA;
        for (int i = 0; i < 5; i++)
                unsigned_by(s, &a, UNSIGNED_PASSWORD);
        for (uid_t uid = 2000; uid < 2015; uid++) {
                a.uid = uid;
                sim_advance(s, US_PER_MS);
                unsigned_by(s, &a, UNSIGNED_PASSWORD);
        }
        a.uid = CLARA;
        assert_int_equal(ask(s, &a), ACT_HELD_OFF);
}

/* --- what came up meanwhile --- */

#define assert_news(s, a, part)                                            \
        do {                                                               \
                assert_int_equal(sim_act(s, a, text), ACT_REFUSED);        \
                assert_says(text, part);                                   \
                assert_says(text, "This is new since you were asked");     \
        } while (0)

static int64_t raise_it(Sim *s) {
        assert_int_equal(intake_alert(s->intake, &s->now, "evidence-gap", "pen-1", ALERT_WARNING, "Messages are lost."), 0);
        sim_commit(s);
        return sim_sql(s, "SELECT max(id) FROM alert");
}

static void an_alert_that_came_again_while_its_end_was_signed_is_not_resolved(void **state) {
        Act a = of(ACT_ALERT_RESOLVE, "alert 1");
        Sim *s = *state;
        int64_t id = raise_it(s);

        a.alerts = &id;
        a.n_alerts = 1;
        assert_int_equal(ask(s, &a), ACT_DONE);
        raise_it(s);
        assert_news(s, &a, "evidence-gap) has come again, 2 times by now: Messages are lost.");
        assert_int_equal(sim_alert(s, "evidence-gap"), 2);
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &a, text), ACT_DONE);
        assert_int_equal(sim_alert(s, "evidence-gap"), 0);
        sim_check_chain(s);
}

static void a_piece_that_is_held_back_or_damaged_anew_while_its_return_is_signed_stays_where_it_is(void **state) {
        Act a = of(ACT_ITEM_RETURN, sim_code("R1")), hold = of(ACT_ITEM_QUARANTINE, sim_code("R1"));
        Sim *s = *state;

        hold.uid = ANA;
        hold.auth = ACT_AUTH_POLKIT;
        sim_receive(s, "R1");
        assert_int_equal(sim_act(s, &hold, text), ACT_DONE);
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &hold, text), ACT_DONE);
        assert_news(s, &a, "was put into quarantine 2 by ana");
        assert_int_equal(ask(s, &a), ACT_DONE);
        sim_blurt(s, "station/station-1/damage", "{'item':'%s','by':'ana','reason':'blister open'}", sim_code("R1"));
        assert_news(s, &a, "and damaged");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE ended_us IS NULL"), 2);
}

static void a_clock_that_is_set_while_it_is_confirmed_stays_in_doubt(void **state) {
        Act a = of(ACT_CLOCK_CONFIRM, "clock");
        Sim *s = *state;

        sim_pass(s, US_PER_S);
        intake_clock(s->intake, &s->now, s->now.boot_us, true);
        sim_advance(s, US_PER_S);
        s->now.wall_us -= 3600 * US_PER_S;
        intake_clock(s->intake, &s->now, s->now.boot_us, true);
        assert_non_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_int_equal(ask(s, &a), ACT_DONE);
        s->now.wall_us -= 60 * US_PER_S;
        intake_clock(s->intake, &s->now, s->now.boot_us, true);
        assert_news(s, &a, "The clock was set");
        assert_non_null(intake_doubted(s->intake, DOUBT_CLOCK));
        assert_int_equal(ask(s, &a), ACT_DONE);
        sim_advance(s, MIN);
        assert_int_equal(sim_act(s, &a, text), ACT_DONE);
}

static void no_doubt_is_settled_over_another_that_came_up_meanwhile(void **state) {
        static const ActType ways_out[] = { ACT_CLOCK_CONFIRM, ACT_RESTORE_CONFIRM, ACT_AUDIT_ACCEPT, ACT_KEY_ACCEPT };
        Sim *s = *state;

        for (size_t i = 0; i < ELEMENTSOF(ways_out); i++) {
                Act a = of(ways_out[i], "ledger");

                intake_doubt(s->intake, DOUBT_SECOND, NULL);
                intake_doubt(s->intake, DOUBT_AUDIT, "A device knows more than this ledger.");
                assert_int_equal(ask(s, &a), ACT_DONE);
                intake_doubt(s->intake, DOUBT_SECOND, "Another daemon spoke.");
                assert_news(s, &a, "Another daemon spoke.");
                assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
        }
}

static void what_another_daemon_says_while_its_word_is_accepted_is_not_accepted_with_it(void **state) {
        static const char *const words[] = { "{\"boot\":\"x1\",\"state\":\"online\"}", "{\"boot\":\"x2\",\"state\":\"online\"}" };
        Act a = of(ACT_AUDIT_ACCEPT, "audit");
        Sim *s = *state;

        assert_int_equal(intake_check_daemon(s->intake, &s->now, words[0], strlen(words[0])), 0);
        sim_commit(s);
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(intake_check_daemon(s->intake, &s->now, words[1], strlen(words[1])), 0);
        sim_commit(s);
        assert_news(s, &a, "another daemon (2 words by now)");
        assert_non_null(intake_doubted(s->intake, DOUBT_SECOND));
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &a, text), ACT_DONE);
        assert_null(intake_doubted(s->intake, DOUBT_SECOND));
}

static void an_override_is_not_signed_for_a_newer_denial_nor_behind_another_s_signature(void **state) {
        Act a = of(ACT_OVERRIDE, "s-1"), other = of(ACT_OVERRIDE, "s-1");
        Sim *s = *state;

        a.cause = other.cause = "exposure-open";
        other.uid = 502;
        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        sim_say(s, "room/room-1/injury", "{'detail':'left thumb'}");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        assert_int_equal(ask(s, &a), ACT_DONE);
        sim_advance(s, MIN);
        sim_say(s, "room/room-1/injury", "{'detail':'right thumb'}");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        assert_news(s, &a, "denied anew by exposure-open");
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &other, text), ACT_DONE);
        assert_news(s, &a, "dora has signed it while you did");
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &a, text), ACT_DONE);
}

static void an_autoclave_that_fails_again_while_its_return_is_signed_stays_out(void **state) {
        Act a = of(ACT_AUTOCLAVE_RETURN, "ac-1"), out = of(ACT_AUTOCLAVE_OUT, "ac-1");
        Sim *s = *state;

        out.cause = "fault";
        out.auth = ACT_AUTH_POLKIT;
        assert_int_equal(sim_act(s, &out, text), ACT_DONE);
        assert_int_equal(ask(s, &a), ACT_DONE);
        sim_advance(s, US_PER_S);
        assert_int_equal(sim_act(s, &out, text), ACT_DONE);
        assert_news(s, &a, "Autoclave ac-1 is out of service for");
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &a, text), ACT_DONE);
}

static void a_recall_that_was_confirmed_meanwhile_is_not_ended(void **state) {
        Act hold = of(ACT_ITEM_QUARANTINE, sim_code("R1")), end = of(ACT_RECALL_END, "1"), confirm = of(ACT_RECALL_CONFIRM, "1");
        Sim *s = *state;

        hold.auth = ACT_AUTH_POLKIT;
        end.recall = confirm.recall = 1;
        confirm.uid = 502;
        sim_receive(s, "R1");
        assert_int_equal(sim_act(s, &hold, text), ACT_DONE);
        assert_int_equal(ask(s, &end), ACT_DONE);
        assert_int_equal(sim_act(s, &confirm, text), ACT_DONE);
        assert_news(s, &end, "dora has confirmed it as a recall");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE ended_us IS NULL"), 1);
}

/* The same piece, as another scanner writes it. */
static void a_piece_is_looked_at_however_its_code_is_written(void **state) {
        Act a = of(ACT_ITEM_RETURN, NULL), hold = of(ACT_ITEM_QUARANTINE, sim_code("R1"));
        char bare[CODE_MAX + 1];
        Sim *s = *state;
        size_t n = 0;

        for (const char *c = sim_code("R1"); *c; c++)
                if (*c != '(' && *c != ')')
                        bare[n++] = *c;
        bare[n] = '\0';
        a.subject = bare;
        hold.auth = ACT_AUTH_POLKIT;
        sim_receive(s, "R1");
        assert_int_equal(sim_act(s, &hold, text), ACT_DONE);
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &hold, text), ACT_DONE);
        assert_news(s, &a, "was put into quarantine 2");
}

static void indicated(Sim *s, const char *where, const char *pack) {
        sim_taken(s, "station/station-1/indicator", "{'autoclave':'ac-1','cycle':7,'reader':'ben','indicator':'chemical',"
                  "'where':'%s','type':%d,'result':'pass','packs':['%s']}", where, streq(where, "inside") ? 4 : 1, pack);
}

/* "Dry" is said of every pack, so of none that nobody looked at. */
static void a_pack_that_is_put_into_a_load_while_its_release_is_signed_is_not_released(void **state) {
        Act a = of(ACT_LOAD_RELEASE, "ac-1.1");
        Sim *s = *state;

        for (int n = 1; n <= 2; n++)
                sim_packed(s, n, "extractor", "pouch");
        sim_taken(s, "station/station-1/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        sim_was_fit(s, 7);
        sim_indicate(s, 7, "P-1");
        a.subject = strdup(sim_text(s, "SELECT label FROM attempt WHERE cycle = 7"));
        a.uid = BEN;
        a.dry = true;
        assert_int_equal(ask(s, &a), ACT_DONE);
        sim_taken(s, "station/station-1/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-2']}");
        indicated(s, "outside", "P-2");
        indicated(s, "inside", "P-2");
        assert_news(s, &a, "2 by now");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE state = %d", ITEM_STERILE), 0);
        assert_int_equal(ask(s, &a), ACT_DONE);
        assert_int_equal(sim_act(s, &a, text), ACT_DONE);
        free((char *)(uintptr_t)a.subject);
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
                TEST(who_did_not_sign_what_and_why_is_on_record_without_their_words),
                TEST(the_third_is_alerted_and_the_alert_names_the_person_and_nothing_else),
                TEST(after_five_that_login_signs_nothing_for_five_minutes_and_locks_as_before),
                TEST(whoever_may_not_do_it_is_told_that_and_not_how_long_to_wait),
                TEST(records_of_one_login_are_bounded_and_the_next_says_how_many_have_none),
                TEST(many_logins_that_fail_take_no_place_from_one_that_is_held_off),
                TEST(an_alert_that_came_again_while_its_end_was_signed_is_not_resolved),
                TEST(a_piece_that_is_held_back_or_damaged_anew_while_its_return_is_signed_stays_where_it_is),
                TEST(a_clock_that_is_set_while_it_is_confirmed_stays_in_doubt),
                TEST(no_doubt_is_settled_over_another_that_came_up_meanwhile),
                TEST(what_another_daemon_says_while_its_word_is_accepted_is_not_accepted_with_it),
                TEST(an_override_is_not_signed_for_a_newer_denial_nor_behind_another_s_signature),
                TEST(an_autoclave_that_fails_again_while_its_return_is_signed_stays_out),
                TEST(a_recall_that_was_confirmed_meanwhile_is_not_ended),
                TEST(a_piece_is_looked_at_however_its_code_is_written),
                TEST(a_pack_that_is_put_into_a_load_while_its_release_is_signed_is_not_released),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
