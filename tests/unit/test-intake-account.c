/* SPDX-License-Identifier: Apache-2.0 */
/* The accounts that are kept at hand say what the ledger says, whatever was undone in between. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../lib/clinicsim.h"
#include "intake/session.h"

static Sim *running(void **state) {
        Sim *s = *state;

        sim_receive(s, "C1 S1");
        sim_handpiece(s, "HP-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "C1 S1 HP-1"), "allow");
        sim_start(s, "room-1", "s-1");
        return s;
}

static int64_t session_id(Sim *s) {
        return sim_sql(s, "SELECT id FROM session WHERE label = 's-1'");
}

static void assert_step(const TreatmentStep *a, const TreatmentStep *b) {
        assert_int_equal(a->i, b->i);
        assert_int_equal(a->at_us, b->at_us);
        assert_int_equal(a->step, b->step);
        assert_int_equal(a->counts, b->counts);
        assert_int_equal(a->round, b->round);
        assert_string_equal(a->item, b->item);
        assert_string_equal(a->form_hash, b->form_hash);
}

static void assert_round(const TreatmentRound *a, const TreatmentRound *b) {
        assert_int_equal(a->id, b->id);
        assert_int_equal(a->i, b->i);
        assert_int_equal(a->last_i, b->last_i);
        assert_int_equal(a->last_us, b->last_us);
        assert_string_equal(a->item, b->item);
        assert_string_equal(a->area, b->area);
        assert_int_equal(a->round, b->round);
        assert_int_equal(a->passes, b->passes);
        assert_int_equal(a->bleeding, b->bleeding);
}

/* Whatever was told at any time: is it told now? */
static void assert_told_as_in_the_ledger(Sim *s, int64_t session) {
        static TreatmentDeviation seen[64];
        static size_t n;
        const TreatmentRule *rules;
        const size_t n_rules = treatment_rules(&rules);
        DeviationRow row = {};

        while (deviation_next(s->store, session, row.id, &row) > 0)
                for (size_t i = 0; i < n_rules && n < 64; i++)
                        if (streq(rules[i].id, row.rule)) {
                                seen[n].rule = rules + i;
                                snprintf(seen[n++].cause, sizeof(seen->cause), "%s", row.cause);
                        }
        for (size_t i = 0; i < n; i++)
                assert_int_equal(account_told(s->intake, session, seen + i),
                                 deviation_known(s->store, session, seen[i].rule->id, seen[i].cause));
}

static void assert_as_in_the_ledger(Sim *s) {
        static Treatment there;
        const int64_t id = session_id(s);
        Treatment *here;

        assert_told_as_in_the_ledger(s, id);

        assert_int_equal(account_of(s->intake, id, &here), 0);
        assert_int_equal(treatment_load(s->store, id, &there), 0);
        assert_int_equal(here->n_steps, there.n_steps);
        assert_int_equal(here->n_rounds, there.n_rounds);
        for (size_t k = 0; k < there.n_steps; k++)
                assert_step(here->steps + k, there.steps + k);
        for (size_t k = 0; k < there.n_rounds; k++)
                assert_round(here->rounds + k, there.rounds + k);
}

/* Not committed: it may share a savepoint with others, and be lost with them. */
static void say(Sim *s, const char *what, const char *json) {
        char who[32];

        snprintf(who, sizeof(who), "%.*s", (int)(strrchr(what, '/') - what), what);
        sim_say_as(s, what, sim_boot(s, who), sim_next_seq(s, who), "%s", json);
}

static void say_something(Sim *s, unsigned dice) {
        char json[256];

        switch (dice % 8) {
        case 0:
                say(s, "room/room-1/session-step", "{'session':'s-1','step':'cleanse'}");
                break;
        case 1: /* refused: whatever shares its savepoint is undone first */
                say(s, "room/room-1/session-step", "{'session':'s-1','step':'no-such-step'}");
                break;
        case 2:
                say(s, "handpiece/pen-1/usage", "{'item':'?','event':'round'}");
                break;
        default:
                snprintf(json, sizeof(json), "{'item':'%s','event':'round','area':'a%u','round':%u,'passes':%u}",
                         sim_code("C1"), dice / 8 % 5, 1 + dice / 64 % 4, 1 + dice / 256 % 9);
                say(s, "handpiece/pen-1/usage", json);
        }
}

/* The devices do not wait for what was lost with it. */
static void lose_batch(Sim *s) {
        intake_rollback(s->intake);
        sim_new_boot(s, "room/room-1");
        sim_new_boot(s, "handpiece/pen-1");
}

static void after_refusals_commits_and_crashes_they_are_as_in_the_ledger(void **state) {
        Sim *s = running(state);
        unsigned dice = 7;

        for (int turn = 0; turn < 3000; turn++) {
                dice = dice * 1103515245 + 12345;
                say_something(s, dice >> 12);
                if (dice >> 8 & 1)
                        assert_as_in_the_ledger(s);
                if ((dice >> 9) % 64 == 0)
                        sim_commit(s);
                if ((dice >> 9) % 256 == 1)
                        lose_batch(s);
        }
        sim_commit(s);
        assert_as_in_the_ledger(s);
        assert_true(sim_sql(s, "SELECT count(*) FROM session_round") > 5);
}

static void one_that_gave_way_to_many_others_is_read_again(void **state) {
        Sim *s = running(state);
        Treatment *other;

        for (int64_t turn = 0; turn < 3; turn++) {
                say_something(s, 3);
                for (int64_t k = 1; k <= ACCOUNTS_MAX + 3; k++) {
                        assert_int_equal(account_of(s->intake, 1000 * (turn + 1) + k, &other), 0);
                        assert_int_equal(other->n_rounds, 0);
                }
                assert_as_in_the_ledger(s);
        }
        sim_commit(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test_setup_teardown(after_refusals_commits_and_crashes_they_are_as_in_the_ledger, sim_setup,
                                                sim_teardown),
                cmocka_unit_test_setup_teardown(one_that_gave_way_to_many_others_is_read_again, sim_setup, sim_teardown),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
