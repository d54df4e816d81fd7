/* SPDX-License-Identifier: Apache-2.0 */
/* Alerts in people's hands: seen, settled, silent for a time, and what none of these may hide. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "act.h"
#include "store/alerts.h"

static char text[ACT_TEXT_MAX];

static int act_on(Sim *s, ActType type, const char *by, const int64_t *alerts, size_t n, int64_t until_us) {
        return sim_act(s, &(Act){ .type = type,
                                  .subject = "alerts",
                                  .by = by,
                                  .reason = "looked into it",
                                  .alerts = alerts,
                                  .n_alerts = n,
                                  .to_us = until_us,
                                  .uid = 1000 },
                       text);
}

static int acknowledge(Sim *s, const char *by, int64_t id) {
        return act_on(s, ACT_ALERT_ACKNOWLEDGE, by, &id, 1, 0);
}

static int resolve(Sim *s, const char *by, int64_t id) {
        return act_on(s, ACT_ALERT_RESOLVE, by, &id, 1, 0);
}

static int silence(Sim *s, int64_t id, int64_t for_us) {
        return act_on(s, ACT_ALERT_SILENCE, "clara", &id, 1, s->now.wall_us + for_us);
}

/* Its number. */
static int64_t raise_it(Sim *s, const char *rule, const char *subject, AlertSeverity severity) {
        assert_int_equal(intake_alert(s->intake, &s->now, rule, subject, severity, "It is so."), 0);
        sim_commit(s);
        return sim_sql(s, "SELECT max(id) FROM alert WHERE rule = '%s' AND subject = '%s'", rule, subject);
}

static int64_t of(Sim *s, const char *column, int64_t id) {
        return sim_sql(s, "SELECT %s FROM alert WHERE id = %lld", column, (long long)id);
}

static void one_is_seen_by_a_person_and_displays_are_told(void **state) {
        Sim *s = *state;
        const int64_t id = raise_it(s, "evidence-gap", "pen-1", ALERT_WARNING), raised_us = s->now.wall_us;
        char topic[64];

        snprintf(topic, sizeof(topic), "state/alert/a-%lld", (long long)id);
        assert_string_equal(sim_member(s, topic, "state"), "open");
        sim_advance(s, 90 * US_PER_S);
        sim_forget(s);
        assert_int_equal(acknowledge(s, "ben", id), 0);
        assert_says(text, "(evidence-gap) is acknowledged.");
        assert_string_equal(sim_member(s, topic, "state"), "acknowledged");
        assert_string_equal(sim_member(s, topic, "by"), "ben");
        assert_int_equal(of(s, "acknowledged_us - raised_us", id), 90 * US_PER_S);
        assert_int_equal(of(s, "raised_us", id), raised_us);
        sim_crash(s);
        assert_int_equal(of(s, "state", id), ALERT_ACKNOWLEDGED);
        assert_int_equal(acknowledge(s, "clara", id), 1);
        assert_says(text, "acknowledged by ben already");
        sim_check_chain(s);
}

static void an_officer_settles_what_happened_and_the_next_one_is_another(void **state) {
        Sim *s = *state;
        const int64_t id = raise_it(s, "evidence-gap", "pen-1", ALERT_WARNING);
        char topic[64];

        snprintf(topic, sizeof(topic), "state/alert/a-%lld", (long long)id);
        assert_int_equal(resolve(s, "ben", id), 1);
        assert_says(text, "an officer may");
        sim_forget(s);
        assert_int_equal(resolve(s, "clara", id), 0);
        assert_string_equal(sim_last(s, topic)->payload, "");
        assert_string_equal(sim_text(s, "SELECT by || ' ' || reason FROM alert"), "clara looked into it");
        assert_int_equal(of(s, "resolved_us", id), s->now.wall_us);
        assert_int_equal(resolve(s, "clara", id), 1);
        assert_says(text, "resolved by clara already");
        assert_int_equal(acknowledge(s, "clara", id), 1);
        assert_int_equal(silence(s, id, US_PER_S), 1);
        assert_int_not_equal(raise_it(s, "evidence-gap", "pen-1", ALERT_WARNING), id);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert"), 2);
}

static void what_still_holds_is_not_resolved(void **state) {
        Sim *s = *state;
        int64_t id;

        assert_int_equal(intake_broker_lost(s->intake, &s->now, "It is gone."), 0);
        id = raise_it(s, "broker-lost", "broker", ALERT_WARNING);
        assert_int_equal(resolve(s, "clara", id), 1);
        assert_says(text, "What it tells of still holds");
        id = raise_it(s, "leak-test-overdue", "ac-1", ALERT_WARNING);
        assert_int_equal(resolve(s, "clara", id), 1);
        id = raise_it(s, "leak-test-overdue", "ac-10", ALERT_WARNING);
        assert_int_equal(resolve(s, "clara", id), 0);
        id = raise_it(s, "audit-inconsistent", "ledger", ALERT_CRITICAL);
        assert_int_equal(resolve(s, "clara", id), 1);
        id = raise_it(s, "audit-inconsistent", "pen-1", ALERT_WARNING);
        assert_int_equal(resolve(s, "clara", id), 0);
}

static void a_lock_is_looked_into_before_its_alert_is_settled(void **state) {
        Sim *s = *state;
        int64_t id;

        sim_receive(s, "R1");
        sim_blurt(s, "handpiece/pen-2/usage", "{'item':'%s','event':'contact'}", sim_code("R1"));
        id = sim_sql(s, "SELECT id FROM alert WHERE rule = 'use-without-session' AND state = 0");
        assert_true(id > 0);
        assert_int_equal(acknowledge(s, "ben", id), 0);
        assert_int_equal(silence(s, id, US_PER_S), 1);
        assert_says(text, "never silenced");
        assert_int_equal(resolve(s, "clara", id), 1);
        assert_says(text, "asepsisctl room unlock room-2");
        assert_string_equal(sim_unlock(s, "room-2"), "done");
        assert_int_equal(resolve(s, "clara", id), 0);
}

static void a_silence_ends_by_itself_and_before_something_worse(void **state) {
        Sim *s = *state;
        const int64_t id = raise_it(s, "evidence-gap", "pen-1", ALERT_WARNING);
        char topic[64];

        snprintf(topic, sizeof(topic), "state/alert/a-%lld", (long long)id);
        assert_int_equal(silence(s, id, US_PER_DAY + US_PER_S), 1);
        assert_says(text, "24 h at the most");
        assert_int_equal(silence(s, id, 0), 1);
        assert_int_equal(act_on(s, ACT_ALERT_SILENCE, "clara", &id, 1, 0), 1);
        assert_says(text, "is not silenced");
        assert_int_equal(act_on(s, ACT_ALERT_SILENCE, "ben", &id, 1, s->now.wall_us + US_PER_S), 1);
        assert_int_equal(silence(s, id, 8 * 3600 * US_PER_S), 0);
        assert_string_not_equal(sim_member(s, topic, "silenced_until"), "");
        assert_int_equal(acknowledge(s, "ben", id), 0);
        raise_it(s, "evidence-gap", "pen-1", ALERT_WARNING);
        assert_int_equal(of(s, "count", id), 2);
        assert_int_equal(of(s, "state", id), ALERT_ACKNOWLEDGED);
        assert_true(of(s, "silenced_until_us", id) > 0);
        raise_it(s, "evidence-gap", "pen-1", ALERT_CRITICAL);
        assert_int_equal(of(s, "state", id), ALERT_OPEN);
        assert_int_equal(of(s, "severity", id), ALERT_CRITICAL);
        assert_int_equal(of(s, "silenced_until_us", id), 0);
        assert_int_equal(of(s, "acknowledged_us", id), 0);
        raise_it(s, "evidence-gap", "pen-1", ALERT_INFO);
        assert_int_equal(of(s, "severity", id), ALERT_CRITICAL);
}

static int raised_with(Sim *s, int priority) {
        const Batch *b = intake_batch(s->intake);
        int n = 0;

        for (size_t i = 0; i < b->n_log; i++)
                n += b->log[i].kind == LOG_ALERT_RAISED_KIND && b->log[i].priority == priority;
        return n;
}

static void a_silenced_alert_counts_up_and_calls_nobody(void **state) {
        Sim *s = *state;
        const int64_t id = raise_it(s, "evidence-gap", "pen-1", ALERT_WARNING);

        assert_int_equal(silence(s, id, 3600 * US_PER_S), 0);
        assert_int_equal(intake_alert(s->intake, &s->now, "evidence-gap", "pen-1", ALERT_WARNING, "Again."), 0);
        assert_int_equal(raised_with(s, LOG_WARNING), 0);
        assert_int_equal(raised_with(s, LOG_INFO), 1);
        sim_commit(s);
        sim_advance(s, 3601 * US_PER_S);
        assert_int_equal(intake_alert(s->intake, &s->now, "evidence-gap", "pen-1", ALERT_WARNING, "Again."), 0);
        assert_int_equal(raised_with(s, LOG_WARNING), 1);
        sim_commit(s);
        assert_int_equal(of(s, "count", id), 3);
}

static void many_are_one_act_and_all_or_none(void **state) {
        Sim *s = *state;
        int64_t ids[41];
        char subject[16];

        for (int i = 0; i < 40; i++) {
                snprintf(subject, sizeof(subject), "s-%d", i);
                ids[i] = raise_it(s, "screening-missing", subject, ALERT_INFO);
        }
        ids[40] = raise_it(s, "broker-lost", "broker", ALERT_WARNING);
        assert_int_equal(act_on(s, ACT_ALERT_RESOLVE, "clara", ids, 41, 0), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE state = 2"), 0);
        assert_int_equal(act_on(s, ACT_ALERT_ACKNOWLEDGE, "clara", ids, 40, 0), 0);
        assert_string_equal(text, "40 alerts are acknowledged.");
        assert_int_equal(act_on(s, ACT_ALERT_RESOLVE, "clara", ids, 40, 0), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert WHERE state = 2 AND by = 'clara'"), 40);
        assert_int_equal(sim_sql(s, "SELECT json_array_length(record ->> 'alerts') FROM audit "
                                    "WHERE record ->> 'act' = 'alert-resolve' ORDER BY i DESC LIMIT 1"),
                         40);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'alert' "
                                    "AND record ->> 'what' = 'resolved' AND record ->> 'by' = 'clara'"),
                         40);
        sim_check_chain(s);
}

static void what_is_no_alert_is_refused(void **state) {
        static const int64_t wrong[] = { 0, 1, -1, 99, INT64_MAX, INT64_MIN };
        Sim *s = *state;
        int64_t twice[2];

        for (size_t i = 0; i < ELEMENTSOF(wrong); i++) {
                assert_int_equal(acknowledge(s, "clara", wrong[i]), 1);
                assert_says(text, "There is no alert");
                assert_int_equal(resolve(s, "clara", wrong[i]), 1);
                assert_int_equal(silence(s, wrong[i], US_PER_S), 1);
        }
        assert_int_equal(act_on(s, ACT_ALERT_ACKNOWLEDGE, "clara", NULL, 0, 0), 1);
        assert_says(text, "Say which alerts");
        twice[0] = twice[1] = raise_it(s, "evidence-gap", "pen-1", ALERT_WARNING);
        assert_int_equal(act_on(s, ACT_ALERT_ACKNOWLEDGE, "clara", twice, 2, 0), 1);
        assert_int_equal(of(s, "state", twice[0]), ALERT_OPEN);
        assert_int_equal(acknowledge(s, "mallory", twice[0]), 1);
        assert_int_equal(acknowledge(s, "", twice[0]), 1);
        assert_int_equal(of(s, "state", twice[0]), ALERT_OPEN);
        sim_check_chain(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(one_is_seen_by_a_person_and_displays_are_told),
                TEST(an_officer_settles_what_happened_and_the_next_one_is_another),
                TEST(what_still_holds_is_not_resolved),
                TEST(a_lock_is_looked_into_before_its_alert_is_settled),
                TEST(a_silence_ends_by_itself_and_before_something_worse),
                TEST(a_silenced_alert_counts_up_and_calls_nobody),
                TEST(many_are_one_act_and_all_or_none),
                TEST(what_is_no_alert_is_refused),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
