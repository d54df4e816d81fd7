/* SPDX-License-Identifier: Apache-2.0 */
/* Overrides, from the denial to the session: each rule that may be, what they do not cover, and where they show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "util.h"

#define MIN (60 * US_PER_S)

static const char people[] = "[practitioner dora]\nroles = officer\n"
                             "[practitioner emma]\nroles = officer, practitioner\nqualified = skin-needling until 2027-12-31\n"
                             "[practitioner felix]\nroles = practitioner\nqualified = skin-needling until 2026-01-31\n";
static char text[ACT_TEXT_MAX];
static Sim sim;

static int set_up(void **state) {
        sim_open(&sim, people);
        sim_receive(&sim, "R1 R2 R3 R4");
        *state = &sim;
        return 0;
}

static int tear_down(void **state) {
        sim_close(*state);
        return 0;
}

static int sign_for(Sim *s, const char *session, const char *rule, const char *by) {
        const Act a = {
                .type = ACT_OVERRIDE, .subject = session, .cause = rule, .by = by, .reason = "no other room", .uid = 1
        };

        return sim_act(s, &a, text);
}

static void both_sign(Sim *s, const char *session, const char *rule) {
        assert_int_equal(sign_for(s, session, rule, "clara"), 0);
        assert_int_equal(sign_for(s, session, rule, "dora"), 0);
}

static void assert_refused(Sim *s, const char *session, const char *rule, const char *by, const char *part) {
        assert_int_equal(sign_for(s, session, rule, by), 1);
        if (!strstr(text, part))
                fail_msg("\"%s\" does not say \"%s\"", text, part);
}

/* The room was used and not turned over since. */
static void use_room(Sim *s) {
        assert_string_equal(sim_ask(s, "room-1", "s-0", "R4"), "allow");
        sim_start(s, "room-1", "s-0");
        sim_advance(s, 10 * MIN);
        sim_end(s, "room-1", "s-0", "completed");
        sim_advance(s, MIN);
}

static void injure(Sim *s) {
        sim_say(s, "room/room-1/injury", "{'detail':'left thumb'}");
        sim_advance(s, MIN);
}

static const char *decided(Sim *s, const char *member) {
        return sim_text(s, "SELECT record ->> '%s' FROM audit WHERE record ->> 'type' = 'decision' ORDER BY i DESC LIMIT 1",
                        member);
}

#define ROOM_RULE "room-not-disinfected"

static void two_officers_let_the_same_question_be_allowed_once(void **state) {
        Sim *s = *state;

        use_room(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "clara"), 0);
        assert_non_null(strstr(text, "Another officer must sign"));
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "dora"), 0);
        assert_non_null(strstr(text, "clara and dora override " ROOM_RULE));
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM override WHERE used_us AND used_i AND first_i < second_i"), 1);
        sim_check_chain(s);
}

static void an_override_shows_in_decision_record_session_and_alert(void **state) {
        Sim *s = *state;

        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "overridden"), "[]");
        both_sign(s, "s-1", ROOM_RULE);
        sim_ask(s, "room-1", "s-1", "R1");
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "overridden"), "[\"" ROOM_RULE "\"]");
        assert_string_equal(decided(s, "overridden"), "[\"" ROOM_RULE "\"]");
        assert_string_equal(decided(s, "reasons"), "[]");
        assert_string_equal(sim_text(s, "SELECT overridden FROM session WHERE label = 's-1'"), ROOM_RULE);
        assert_int_equal(sim_alert(s, "override-used"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'act' = 'override' "
                                    "AND record ->> 'subject' = 's-1' AND record ->> 'cause' = '" ROOM_RULE "'"),
                         2);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE text LIKE '%%p-1%%'"), 0);
        sim_renew(s, "room-1", "s-1");
        assert_string_equal(sim_member(s, "down/room/room-1/permit", "overridden"), "[\"" ROOM_RULE "\"]");
        sim_check_chain(s);
}

static void each_rule_that_may_be_is_overridden(void **state) {
        Sim *s = *state;

        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "gina", "p-1", "skin-needling"), "practitioner-unknown");
        both_sign(s, "s-1", "practitioner-unknown");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "gina", "p-1", "skin-needling"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_disinfect_room(s, "room-1");
        sim_pass(s, 3 * MIN);
        assert_string_equal(sim_ask_for(s, "room-1", "s-2", "R2", "felix", "p-1", "skin-needling"),
                            "practitioner-not-qualified");
        both_sign(s, "s-2", "practitioner-not-qualified");
        assert_string_equal(sim_ask_for(s, "room-1", "s-2", "R2", "felix", "p-1", "skin-needling"), "allow");
        sim_end(s, "room-1", "s-2", "cancelled");
        sim_pass(s, 3 * MIN);
        sim_disinfect_room(s, "room-1");
        injure(s);
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R3"), "exposure-open");
        both_sign(s, "s-3", "exposure-open");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R3"), "allow");
        sim_check_chain(s);
}

static void two_rules_take_two_officers_each(void **state) {
        Sim *s = *state;

        use_room(s);
        injure(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open " ROOM_RULE);
        both_sign(s, "s-1", ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "overridden"), "[\"" ROOM_RULE "\"]");
        both_sign(s, "s-1", "exposure-open");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_string_equal(sim_text(s, "SELECT overridden FROM session WHERE label = 's-1'"), ROOM_RULE ",exposure-open");
}

static void another_rule_still_denies_and_does_not_use_it_up(void **state) {
        Sim *s = *state;

        use_room(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        both_sign(s, "s-1", ROOM_RULE);
        sim_say(s, "room/room-2/damage", "{'item':'%s','reason':'torn'}", sim_code("R1"));
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-damaged");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM override WHERE used_us"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE label = 's-1'"), 0);
        assert_int_equal(sim_alert(s, "override-used"), 0);
}

static void another_question_is_not_covered(void **state) {
        Sim *s = *state;

        use_room(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        both_sign(s, "s-1", ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 R2"), ROOM_RULE);
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "ana", "p-2", "skin-needling"), ROOM_RULE);
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "emma", "p-1", "skin-needling"), ROOM_RULE);
        /* Having asked for something else under the label, the room begins anew. */
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        both_sign(s, "s-1", ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
}

static void it_serves_one_session_and_no_second_under_the_label(void **state) {
        Sim *s = *state;

        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        both_sign(s, "s-1", ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_refused(s, "s-1", ROOM_RULE, "emma", "was allowed already");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 3 * MIN);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE " session-over");
        assert_refused(s, "s-1", ROOM_RULE, "clara", "was allowed already");
}

static void the_nonce_that_was_denied_stays_denied(void **state) {
        Sim *s = *state;

        use_room(s);
        sim_put_request(s, "room-1", "s-1", "R1", 4711);
        sim_commit(s);
        assert_string_equal(sim_rules(s, "down/room/room-1/decision"), ROOM_RULE);
        both_sign(s, "s-1", ROOM_RULE);
        sim_forget(s);
        sim_put_request(s, "room-1", "s-1", "R1", 4711);
        sim_commit(s);
        assert_string_equal(sim_rules(s, "down/room/room-1/decision"), ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
}

static void it_runs_out(void **state) {
        Sim *s = *state;

        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        both_sign(s, "s-1", ROOM_RULE);
        sim_advance(s, 60 * MIN + 1);
        assert_refused(s, "s-1", ROOM_RULE, "emma", "has run out");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "clara"), 0);
        sim_advance(s, 61 * MIN);
        assert_refused(s, "s-1", ROOM_RULE, "dora", "has run out");
        sim_ask(s, "room-1", "s-1", "R1");
        both_sign(s, "s-1", ROOM_RULE);
        sim_advance(s, 60 * MIN);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
}

static void a_policy_can_make_it_shorter(void **state) {
        Sim *s = *state;

        s->config->policy.override_us = 5 * MIN;
        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        both_sign(s, "s-1", ROOM_RULE);
        assert_non_null(strstr(text, "within 5 minutes"));
        sim_advance(s, 5 * MIN + 1);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
}

static void another_injury_after_it_is_not_covered(void **state) {
        Sim *s = *state;

        injure(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        assert_int_equal(sign_for(s, "s-1", "exposure-open", "clara"), 0);
        injure(s);
        assert_refused(s, "s-1", "exposure-open", "dora", "Let the room ask again");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
        both_sign(s, "s-1", "exposure-open");
        injure(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "exposure-open");
}

static void an_authorised_session_keeps_what_was_overridden_and_only_that(void **state) {
        Sim *s = *state;

        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        both_sign(s, "s-1", ROOM_RULE);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_advance(s, 30 * US_PER_S);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_restart(s);
        intake_doubt(s->intake, DOUBT_ARMING, NULL);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        assert_string_equal(sim_add(s, "room-1", "s-1", "R2"), "allow");
        injure(s);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "exposure-open");
        assert_refused(s, "s-1", "exposure-open", "clara", "was allowed already");
}

static void another_injury_ends_what_an_authorised_session_was_given(void **state) {
        Sim *s = *state;

        injure(s);
        sim_ask(s, "room-1", "s-1", "R1");
        both_sign(s, "s-1", "exposure-open");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        injure(s);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "exposure-open");
}

static void a_later_use_of_the_room_is_not_covered(void **state) {
        Sim *s = *state;

        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        both_sign(s, "s-1", ROOM_RULE);
        sim_disinfect_room(s, "room-1");
        sim_advance(s, MIN);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2"), "allow");
        sim_start(s, "room-1", "s-2");
        sim_advance(s, MIN);
        sim_end(s, "room-1", "s-2", "completed");
        sim_advance(s, MIN);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM override WHERE used_us"), 0);
}

static void what_was_settled_meanwhile_needs_no_override_and_uses_none(void **state) {
        Sim *s = *state;

        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "clara"), 0);
        sim_disinfect_room(s, "room-1");
        sim_advance(s, MIN);
        assert_refused(s, "s-1", ROOM_RULE, "dora", "is settled");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "overridden"), "[]");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM override WHERE used_us"), 0);
}

static void whoever_may_not_sign_changes_nothing(void **state) {
        Sim *s = *state;

        use_room(s);
        assert_refused(s, "s-1", ROOM_RULE, "clara", "was denied for");
        sim_ask(s, "room-1", "s-1", "R1");
        assert_refused(s, "s-1", ROOM_RULE, "ben", "an officer may");
        assert_refused(s, "s-1", ROOM_RULE, "mallory", "registered as mallory");
        assert_refused(s, "s-1", "item-used", "clara", "Nobody may override item-used");
        assert_refused(s, "s-1", "exposure-open", "clara", "was denied for exposure-open");
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "clara"), 0);
        assert_refused(s, "s-1", ROOM_RULE, "clara", "second, different officer");
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock is wrong.");
        assert_refused(s, "s-1", ROOM_RULE, "dora", "The clock is wrong.");
        intake_doubt(s->intake, DOUBT_CLOCK, NULL);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "dora"), 0);
        assert_refused(s, "s-1", ROOM_RULE, "emma", "clara and dora have overridden");
        sim_check_chain(s);
}

static void an_officer_who_does_the_session_cannot_override_for_it(void **state) {
        Sim *s = *state;

        use_room(s);
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "emma", "p-1", "skin-needling"), ROOM_RULE);
        assert_refused(s, "s-1", ROOM_RULE, "emma", "Ask another officer");
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "clara"), 0);
        assert_refused(s, "s-1", ROOM_RULE, "emma", "Ask another officer");
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "dora"), 0);
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "emma", "p-1", "skin-needling"), "allow");
}

static void a_signature_and_its_use_survive_a_crash_whole_or_not_at_all(void **state) {
        Sim *s = *state;
        const Act a = { .type = ACT_OVERRIDE, .subject = "s-1", .cause = ROOM_RULE, .by = "dora", .reason = "x", .uid = 1 };

        use_room(s);
        sim_ask(s, "room-1", "s-1", "R1");
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "clara"), 0);
        assert_int_equal(intake_act(s->intake, &s->now, &a, text), 0);
        sim_crash(s);
        intake_doubt(s->intake, DOUBT_ARMING, NULL);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), ROOM_RULE);
        assert_int_equal(sign_for(s, "s-1", ROOM_RULE, "dora"), 0);
        sim_put_request(s, "room-1", "s-1", "R1", 99);
        sim_crash(s);
        intake_doubt(s->intake, DOUBT_ARMING, NULL);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM override WHERE used_us"), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM override WHERE used_us"), 1);
        sim_check_chain(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(two_officers_let_the_same_question_be_allowed_once),
                TEST(an_override_shows_in_decision_record_session_and_alert),
                TEST(each_rule_that_may_be_is_overridden),
                TEST(two_rules_take_two_officers_each),
                TEST(another_rule_still_denies_and_does_not_use_it_up),
                TEST(another_question_is_not_covered),
                TEST(it_serves_one_session_and_no_second_under_the_label),
                TEST(the_nonce_that_was_denied_stays_denied),
                TEST(it_runs_out),
                TEST(a_policy_can_make_it_shorter),
                TEST(another_injury_after_it_is_not_covered),
                TEST(an_authorised_session_keeps_what_was_overridden_and_only_that),
                TEST(another_injury_ends_what_an_authorised_session_was_given),
                TEST(a_later_use_of_the_room_is_not_covered),
                TEST(what_was_settled_meanwhile_needs_no_override_and_uses_none),
                TEST(whoever_may_not_sign_changes_nothing),
                TEST(an_officer_who_does_the_session_cannot_override_for_it),
                TEST(a_signature_and_its_use_survive_a_crash_whole_or_not_at_all),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
