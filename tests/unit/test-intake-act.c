/* SPDX-License-Identifier: Apache-2.0 */
/* Acts of people at the control socket: who may, what stands in the chain, and what a refused one leaves behind. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"

static char text[ACT_TEXT_MAX];

static int act(Sim *s, ActType type, const char *by, const char *reason) {
        const Act a = { .type = type,
                        .subject = "ac-1",
                        .by = by,
                        .reason = reason,
                        .cause = "major-fault",
                        .uid = 1234,
                        .pid = 4321 };

        return sim_act(s, &a, text);
}

#define assert_refused(s, type, by, reason, part)                                                                      \
        do {                                                                                                           \
                assert_int_equal(act(s, type, by, reason), 1);                                                         \
                assert_says(text, part);                                                                               \
        } while (0)

static int act_on(Sim *s, const Act *a) {
        return sim_act(s, a, text);
}

static int64_t acts(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'act'");
}

static const char *last(Sim *s, const char *member) {
        return sim_text(s, "SELECT record ->> '%s' FROM audit WHERE record ->> 'type' = 'act' ORDER BY i DESC LIMIT 1",
                        member);
}

static void only_registered_people_act_and_each_only_what_is_theirs(void **state) {
        Sim *s = *state;

        assert_refused(s, ACT_RECALL_END, "mallory", "because", "registered as mallory");
        assert_refused(s, ACT_RECALL_END, "", "because", "registered as nobody");
        assert_refused(s, ACT_RECALL_END, "ana", "because", "an officer may");
        assert_refused(s, ACT_RECALL_END, "ben", "because", "an officer may");
        assert_refused(s, ACT_COMMISSION, "ben", NULL, "an officer may");
        assert_refused(s, ACT_AUTOCLAVE_RETURN, "ana", "because", "an officer or a releaser may");
        assert_int_equal(acts(s), 6);
        sim_check_chain(s);
}

static void a_refused_act_stands_in_the_chain_with_who_tried(void **state) {
        Sim *s = *state;

        act(s, ACT_AUTOCLAVE_RETURN, "ana", "I think it is fine");
        assert_string_equal(last(s, "act"), "autoclave-return");
        assert_string_equal(last(s, "subject"), "ac-1");
        assert_string_equal(last(s, "by"), "ana");
        assert_string_equal(last(s, "reason"), "I think it is fine");
        assert_string_equal(last(s, "uid"), "1234");
        assert_string_equal(last(s, "pid"), "4321");
        assert_non_null(strstr(last(s, "meaning"), "I return"));
        assert_non_null(strstr(last(s, "refused"), "officer"));
        assert_true(sim_sql(s, "SELECT max(i) FROM audit WHERE record ->> 'type' = 'act' AND record ->> 'at_us' > 0") >
                    0);
        sim_check_chain(s);
}

static void an_act_that_needs_a_reason_is_refused_without_one(void **state) {
        Sim *s = *state;

        assert_refused(s, ACT_RECALL_END, "clara", NULL, "Say why");
        assert_refused(s, ACT_RECALL_END, "clara", "", "Say why");
}

static void nothing_is_permitted_while_the_daemon_is_in_doubt(void **state) {
        static const Doubt doubts[] = { DOUBT_CLOCK, DOUBT_STORE, DOUBT_AUDIT, DOUBT_RESTORE, DOUBT_SECOND, DOUBT_KEY };
        Sim *s = *state;

        for (size_t i = 0; i < ELEMENTSOF(doubts); i++) {
                intake_doubt(s->intake, doubts[i], "It is not sure of itself.");
                assert_refused(s, ACT_RECALL_END, "clara", "because", "It is not sure of itself.");
                assert_refused(s, ACT_AUTOCLAVE_RETURN, "clara", "because", "It is not sure of itself.");
                act(s, ACT_AUTOCLAVE_OUT, "ana", "it leaks");
                assert_null(strstr(text, "not sure of itself"));
                intake_doubt(s->intake, doubts[i], NULL);
        }
}

/* The user of clara is 500, of ana 501; they are set here, so that no test needs users of the machine. */
static void with_users(Sim *s, ControlActs acts) {
        for (size_t i = 0; i < s->config->n_practitioners; i++) {
                ConfigPractitioner *p = (ConfigPractitioner *)(uintptr_t)(s->config->practitioners + i);

                p->uid = streq(p->id, "clara") ? 500 : streq(p->id, "ana") ? 501 : 0;
        }
        s->config->control.acts = acts;
}

static int act_as(Sim *s, ActType type, const char *by, uid_t uid, ActAuth auth) {
        const Act a = {
                .type = type, .subject = "ac-1", .cause = "fault", .by = by, .reason = "because", .uid = uid, .auth = auth
        };

        return act_on(s, &a);
}

static void the_configuration_can_close_the_socket_to_acts(void **state) {
        Sim *s = *state;

        with_users(s, CONTROL_ACTS_REFUSED);
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "", 500, ACT_AUTH_PEER), ACT_NOT_HERE);
        assert_says(text, "acts = refused");
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "", 500, ACT_AUTH_POLKIT), ACT_DONE);
}

static void nobody_acts_in_another_one_s_name(void **state) {
        static const ActAuth auths[] = { ACT_AUTH_PEER, ACT_AUTH_POLKIT, ACT_AUTH_PASSWORD };
        Sim *s = *state;

        with_users(s, CONTROL_ACTS_SIGNED);
        for (size_t i = 0; i < ELEMENTSOF(auths); i++) {
                assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "clara", 501, auths[i]), ACT_NOT_YOU);
                assert_says(text, "You are ana");
                assert_string_equal(last(s, "by"), "clara");
                assert_string_equal(last(s, "uid"), "501");
                assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "clara", 502, auths[i]), ACT_NOT_YOU);
                assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "", 502, auths[i]), ACT_NOT_YOU);
                assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "clara", 0, auths[i]), ACT_NOT_YOU);
                assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "ben", 0, auths[i]), ACT_NOT_YOU);
        }
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'act' "
                                    "AND record ->> 'refused' IS NULL"), 0);
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "", 501, ACT_AUTH_PEER), ACT_DONE);
        assert_string_equal(last(s, "by"), "ana");
        assert_string_equal(last(s, "name"), "Ana");
        assert_string_equal(last(s, "auth"), "socket");
        sim_check_chain(s);
}

static void what_is_a_signature_is_taken_with_a_password_only(void **state) {
        Sim *s = *state;

        with_users(s, CONTROL_ACTS_SIGNED);
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "", 501, ACT_AUTH_PEER), ACT_DONE);
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_RETURN, "", 500, ACT_AUTH_PEER), ACT_NOT_HERE);
        assert_says(text, "--system");
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_RETURN, "", 500, ACT_AUTH_POLKIT), ACT_NOT_HERE);
        assert_says(text, "polkit asked for none");
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_RETURN, "", 500, ACT_AUTH_PASSWORD), ACT_DONE);
        assert_string_equal(last(s, "auth"), "password");
        assert_string_equal(last(s, "name"), "Clara");
}

static void a_demo_is_one_at_the_socket_only_and_the_record_says_so(void **state) {
        Sim *s = *state;

        with_users(s, CONTROL_ACTS_DEMO);
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_OUT, "ana", 502, ACT_AUTH_PEER), ACT_DONE);
        assert_string_equal(last(s, "auth"), "demo");
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_RETURN, "clara", 501, ACT_AUTH_PASSWORD), ACT_NOT_YOU);
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_RETURN, "clara", 500, ACT_AUTH_POLKIT), ACT_NOT_HERE);
        assert_int_equal(act_as(s, ACT_AUTOCLAVE_RETURN, "clara", 501, ACT_AUTH_PEER), ACT_DONE);
}

static ActSeen seen;

static int may(Sim *s, const Act *a) {
        return intake_act_may(s->intake, &s->now, a, text, &seen);
}

static void whether_somebody_may_is_said_before_a_password_is_asked_for_and_leaves_no_record(void **state) {
        Sim *s = *state;
        Act a = { .type = ACT_RECALL_END, .subject = "1", .by = "", .reason = "why", .uid = 501, .auth = ACT_AUTH_PASSWORD };

        with_users(s, CONTROL_ACTS_SIGNED);
        assert_int_equal(may(s, &a), ACT_REFUSED);
        assert_says(text, "an officer may");
        a.uid = 500;
        assert_int_equal(may(s, &a), ACT_DONE);
        a.by = "ana";
        assert_int_equal(may(s, &a), ACT_NOT_YOU);
        assert_int_equal(acts(s), 0);
}

/* A line of the policy's file without its blanks. */
static bool policy_has(const char *line) {
        FILE *f = fopen("systemd/org.asepsis1.policy", "re");
        char row[512];
        bool found = false;

        assert_non_null(f);
        while (!found && fgets(row, sizeof(row), f))
                found = strstr(row, line) != NULL;
        fclose(f);
        return found;
}

static void each_act_has_its_action_and_each_action_stands_in_the_policy(void **state) {
        (void)state;
        for (ActType i = 0; i < _ACT_MAX; i++) {
                char line[128];

                if (!act_action(i))
                        fail_msg("act %d has no row in daemon/act.c", (int)i);
                snprintf(line, sizeof(line), "<action id=\"org.asepsis1.%s\">", act_action(i));
                if (!policy_has(line))
                        fail_msg("systemd/org.asepsis1.policy has no %s", line);
        }
        assert_null(act_action(_ACT_MAX));
        assert_true(act_signs(_ACT_MAX));
}

static void an_act_that_is_done_stands_in_the_chain_with_what_it_did(void **state) {
        Sim *s = *state;
        const Act make = { .type = ACT_RECALL_MAKE,
                           .subject = "L77",
                           .cause = "lot",
                           .by = "clara",
                           .reason = "needles loose",
                           .uid = 1000 };
        Act end = {
                .type = ACT_RECALL_END, .subject = "1", .recall = 1, .by = "clara", .reason = "another lot was meant"
        };

        assert_int_equal(act_on(s, &make), 0);
        assert_non_null(strstr(text, "Recall 1"));
        assert_int_equal(acts(s), 1);
        assert_string_equal(last(s, "refused"), "");
        assert_string_equal(last(s, "cause"), "lot");
        assert_string_equal(last(s, "uid"), "1000");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE lot = 'L77' AND ended_us IS NULL"), 1);
        sim_crash(s);
        assert_int_equal(act_on(s, &end), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE ended_by = 'clara'"), 1);
        sim_check_chain(s);
}

static void what_an_act_began_is_taken_back_when_it_is_refused(void **state) {
        Sim *s = *state;
        const Act end = { .type = ACT_RECALL_END, .subject = "99", .recall = 99, .by = "clara", .reason = "why not" };
        int64_t before = sim_sql(s, "SELECT count(*) FROM audit");

        assert_int_equal(act_on(s, &end), 1);
        assert_int_equal(acts(s), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit"), before + 1);
        assert_string_equal(last(s, "refused"), text);
        sim_check_chain(s);
        sim_restart(s);
        sim_check_chain(s);
}

static void an_officer_commissions_an_empty_cycle_and_sees_its_margins(void **state) {
        Sim *s = *state;
        Act commission = { .type = ACT_COMMISSION, .by = "clara" };

        sim_cycle(s, 1, true);
        commission.subject = sim_text(s, "SELECT label FROM attempt");
        assert_int_equal(act_on(s, &commission), 0);
        assert_non_null(strstr(text, "Hold"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM reference WHERE by = 'clara'"), 1);
        commission.subject = sim_text(s, "SELECT label FROM attempt");
        assert_int_equal(act_on(s, &commission), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM reference"), 1);
        sim_check_chain(s);
}

static void a_flood_of_acts_is_bounded_and_alerted_once(void **state) {
        Sim *s = *state;

        for (int i = 0; i < 200; i++)
                act(s, ACT_RECALL_END, "mallory", "because");
        assert_int_equal(acts(s), 30);
        assert_int_equal(sim_alert(s, "rejected-flood"), 1);
        assert_refused(s, ACT_AUTOCLAVE_OUT, "clara", "it leaks", "Wait a minute");
        assert_int_equal(act_on(s, &(Act){ .type = ACT_AUTOCLAVE_OUT,
                                           .subject = "ac-1",
                                           .cause = "fault",
                                           .by = "clara",
                                           .reason = "it leaks",
                                           .uid = 77 }),
                         0);
        sim_advance(s, 61 * US_PER_S);
        assert_refused(s, ACT_RECALL_END, "mallory", "because", "registered as mallory");
        assert_int_equal(acts(s), 32);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(only_registered_people_act_and_each_only_what_is_theirs),
                TEST(a_refused_act_stands_in_the_chain_with_who_tried),
                TEST(an_act_that_needs_a_reason_is_refused_without_one),
                TEST(nothing_is_permitted_while_the_daemon_is_in_doubt),
                TEST(the_configuration_can_close_the_socket_to_acts),
                TEST(an_act_that_is_done_stands_in_the_chain_with_what_it_did),
                TEST(what_an_act_began_is_taken_back_when_it_is_refused),
                TEST(an_officer_commissions_an_empty_cycle_and_sees_its_margins),
                TEST(nobody_acts_in_another_one_s_name),
                TEST(what_is_a_signature_is_taken_with_a_password_only),
                TEST(a_demo_is_one_at_the_socket_only_and_the_record_says_so),
                TEST(whether_somebody_may_is_said_before_a_password_is_asked_for_and_leaves_no_record),
                cmocka_unit_test(each_act_has_its_action_and_each_action_stands_in_the_policy),
                TEST(a_flood_of_acts_is_bounded_and_alerted_once),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
