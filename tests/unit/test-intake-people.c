/* SPDX-License-Identifier: Apache-2.0 */
/* What people may do: registered and ended by officers, beside what the configuration says, and told before it ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/clinicsim.h"
#include "util.h"

static const char people[] = "[practitioner dora]\nroles = officer, practitioner\n"
                             "[practitioner felix]\nroles = practitioner\nqualified = skin-needling until 2026-12-10\n"
                             "[practitioner gil]\nroles = practitioner\n";
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

static int register_until(Sim *s, const char *person, const char *procedure, int32_t until, const char *by) {
        const Act a = { .type = ACT_QUALIFICATION_REGISTER, .subject = person, .cause = procedure, .until = until,
                        .certificate = "course 7", .by = by, .reason = "seen", .uid = 1 };

        return sim_act(s, &a, text);
}

static int end(Sim *s, const char *person, const char *by) {
        const Act a = { .type = ACT_QUALIFICATION_END, .subject = person, .cause = "skin-needling", .by = by,
                        .reason = "left the course", .uid = 1 };

        return sim_act(s, &a, text);
}

static const char *ask(Sim *s, const char *session, const char *who, const char *item) {
        return sim_ask_for(s, "room-1", session, item, who, "p-1", "skin-needling");
}

static void a_registered_qualification_lets_a_session_start(void **state) {
        Sim *s = *state;

        assert_string_equal(ask(s, "s-1", "gil", "R1"), "practitioner-not-qualified");
        assert_int_equal(register_until(s, "gil", "skin-needling", 20270630, "clara"), 0);
        assert_says(text, "until 2027-06-30");
        assert_string_equal(ask(s, "s-2", "gil", "R1"), "allow");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'act' = 'qualification-register' AND "
                                    "record ->> 'until' = 20270630 AND record ->> 'certificate' = 'course 7' AND "
                                    "record ->> 'by' = 'clara'"), 1);
        sim_check_chain(s);
}

static void what_the_ledger_says_last_counts_and_not_the_configuration(void **state) {
        Sim *s = *state;

        assert_int_equal(end(s, "ana", "clara"), 0);
        assert_string_equal(ask(s, "s-1", "ana", "R1"), "practitioner-not-qualified");
        sim_restart(s);
        assert_string_equal(ask(s, "s-2", "ana", "R1"), "practitioner-not-qualified");
        assert_int_equal(end(s, "ana", "clara"), 1);
        assert_says(text, "clara ended");
        assert_int_equal(register_until(s, "ana", "skin-needling", 20261122, "clara"), 0);
        assert_string_equal(ask(s, "s-3", "ana", "R1"), "allow");
        sim_end(s, "room-1", "s-3", "cancelled");
        sim_pass(s, US_PER_DAY);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(ask(s, "s-4", "ana", "R2"), "practitioner-not-qualified");
}

static void an_end_stops_what_has_not_started_and_not_what_runs(void **state) {
        Sim *s = *state;

        assert_string_equal(ask(s, "s-1", "ana", "R1"), "allow");
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "allow");
        sim_start(s, "room-2", "s-2");
        assert_int_equal(end(s, "ana", "clara"), 0);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "practitioner-not-qualified");
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "allow");
        assert_string_equal(ask(s, "s-3", "ana", "R3"), "practitioner-not-qualified room-busy");
}

static void what_grants_is_for_another_officer_and_what_makes_sense(void **state) {
        Sim *s = *state;
        static const struct {
                const char *person, *procedure, *by, *says;
                int32_t until;
        } bad[] = {
                { "gil", "skin-needling", "ana", "an officer may", 20270101 },
                { "dora", "skin-needling", "dora", "of their own", 20270101 },
                { "nemo", "skin-needling", "clara", "Nobody here is registered as nemo", 20270101 },
                { "clara", "skin-needling", "dora", "no role practitioner", 20270101 },
                { "gil", "tattoo", "clara", "no procedure tattoo", 20270101 },
                { "gil", "skin-needling", "clara", "ended on 2026-11-21", 20261121 },
                { "gil", "skin-needling", "clara", "more than 10 years", 20361123 },
                { "gil", "skin-needling", "clara", "yyyy-mm-dd", 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                assert_int_equal(register_until(s, bad[i].person, bad[i].procedure, bad[i].until, bad[i].by), 1);
                assert_says(text, bad[i].says);
        }
        assert_int_equal(end(s, "gil", "clara"), 1);
        assert_says(text, "nothing to end");
        assert_int_equal(end(s, "ana", "ana"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM qualification"), 0);
}

static void in_doubt_a_qualification_is_ended_and_none_registered(void **state) {
        Sim *s = *state;

        intake_doubt(s->intake, DOUBT_STORE, "The disk is full.");
        assert_int_equal(register_until(s, "gil", "skin-needling", 20270101, "clara"), 1);
        assert_says(text, "The disk is full.");
        assert_int_equal(end(s, "ana", "clara"), 0);
        intake_doubt(s->intake, DOUBT_STORE, NULL);
        assert_string_equal(ask(s, "s-1", "ana", "R1"), "practitioner-not-qualified");
}

static void it_is_told_before_it_ends_and_when_it_has_ended(void **state) {
        Sim *s = *state;

        for (int i = 0; i < 8; i++)
                sim_pass(s, US_PER_S);
        assert_int_equal(sim_alert(s, "qualification-due"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE subject = 'felix/skin-needling' AND state = 0"), 1);
        s->now.wall_us += 19 * US_PER_DAY;
        s->now.boot_us += 19 * US_PER_DAY;
        for (int i = 0; i < 8; i++)
                sim_pass(s, US_PER_S);
        assert_int_equal(sim_alert(s, "qualification-due"), 0);
        assert_int_equal(sim_alert(s, "qualification-overdue"), 1);
        assert_int_equal(register_until(s, "felix", "skin-needling", 20270930, "clara"), 0);
        assert_int_equal(sim_alert(s, "qualification-overdue"), 0);
        assert_int_equal(register_until(s, "gil", "skin-needling", 20261220, "clara"), 0);
        assert_int_equal(sim_alert(s, "qualification-due"), 1);
        assert_int_equal(end(s, "gil", "clara"), 0);
        assert_int_equal(sim_alert(s, "qualification-due"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_registered_qualification_lets_a_session_start),
                T(what_the_ledger_says_last_counts_and_not_the_configuration),
                T(an_end_stops_what_has_not_started_and_not_what_runs),
                T(what_grants_is_for_another_officer_and_what_makes_sense),
                T(in_doubt_a_qualification_is_ended_and_none_registered),
                T(it_is_told_before_it_ends_and_when_it_has_ended),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
