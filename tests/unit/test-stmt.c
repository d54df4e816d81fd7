/* SPDX-License-Identifier: Apache-2.0 */
/* Which statements stay prepared: all that a decision asks, and of the others no more than a bounded number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "../lib/clinicsim.h"
#include "store/stmt.h"

static const char *const names[] = {
#define STATEMENT(name, sql) #name,
        STATEMENTS(STATEMENT)
#undef STATEMENT
};

static Sim sim;

static int set_up(void **state) {
        sim_open(&sim, "[practitioner dora]\nroles = officer\n");
        sim_receive(&sim, "R1 R2 R3 C1 S1");
        sim_handpiece(&sim, "HP-1");
        sim_sterilize(&sim, "EX-1", "extractor", "P-1", 7);
        sim_sterilize(&sim, "EX-2", "extractor", "P-2", 8);
        *state = &sim;
        return 0;
}

static int tear_down(void **state) {
        sim_close(*state);
        return 0;
}

static void sign(Sim *s, const char *session, const char *by) {
        char text[ACT_TEXT_MAX];
        const Act a = { .type = ACT_OVERRIDE, .subject = session, .cause = "room-not-disinfected", .by = by,
                        .reason = "no other room", .uid = 1 };

        assert_int_equal(sim_act(s, &a, text), 0);
}

/* What is prepared now and need not be, by name. */
static const char *passing(const Store *s) {
        static char text[1024];
        size_t n = 0;

        text[0] = '\0';
        for (int i = 0; i < _SQL_MAX && n < sizeof(text); i++)
                if (s->stmts[i] && s->turns[i] != TURN_STAYS)
                        n += (size_t)snprintf(text + n, sizeof(text) - n, " %s", names[i]);
        return text;
}

/* As after an hour of other things: what does not stay is gone. */
#define assert_decides(s, ask, verdict)                                                                                \
        do {                                                                                                           \
                uint64_t _before;                                                                                      \
                                                                                                                       \
                statements_drop_passing((s)->store);                                                                   \
                _before = (s)->store->prepared;                                                                        \
                assert_string_equal(ask, verdict);                                                                     \
                if ((s)->store->prepared != _before)                                                                   \
                        fail_msg("%s prepared%s", #ask, passing((s)->store));                                          \
        } while (0)

static void a_decision_finds_all_its_statements_prepared(void **state) {
        Sim *s = *state;

        assert_decides(s, sim_ask(s, "room-1", "s-1", "C1 HP-1 S1 EX-1"), "allow");
        assert_decides(s, sim_ask(s, "room-2", "s-2", "C1 HP-1 S1 EX-1"), "item-claimed pack-opened");
        assert_decides(s, sim_ask(s, "room-2", "s-3", "R9"), "item-unknown kit-incomplete");
        assert_decides(s, sim_relay_ask(s, "relay-1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_advance(s, 20 * US_PER_S);
        assert_decides(s, sim_renew(s, "room-1", "s-1"), "allow");
        assert_decides(s, sim_add(s, "room-1", "s-1", "EX-2"), "allow");
        assert_decides(s, sim_relay_ask(s, "relay-1"), "allow");
        sim_end(s, "room-1", "s-1", "completed");
        sim_advance(s, 20 * US_PER_S);
        assert_decides(s, sim_ask(s, "room-1", "s-4", "R1"), "room-not-disinfected");
        sign(s, "s-4", "clara");
        sign(s, "s-4", "dora");
        sim_advance(s, US_PER_S);
        assert_decides(s, sim_ask(s, "room-1", "s-4", "R1"), "allow");
}

static void the_first_message_of_a_room_that_came_up_again_is_decided_likewise(void **state) {
        Sim *s = *state;

        assert_decides(s, sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_new_boot(s, "room/room-1");
        assert_decides(s, sim_ask(s, "room-1", "s-2", "R2"), "room-busy");
        sim_crash(s);
        assert_decides(s, sim_renew(s, "room-1", "s-1"), "allow");
}

static const char *report(Sim *s) {
        sim_taken(s, "handpiece/pen-1/usage", "{'item':'%s','event':'round','round':1,'area':'face','passes':1}", sim_code("R1"));
        return "taken";
}

static void a_report_of_use_like_the_one_before_finds_its_own_too(void **state) {
        Sim *s = *state;

        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        report(s);
        assert_decides(s, report(s), "taken");
}

/* Prepares it, and gets no further: there is no such type. */
static void ask(Store *s, StatementId id) {
        assert_int_equal(sql_run(s, id, "?"), -EINVAL);
}

/* The next from this one on that is prepared and need not be. */
static StatementId next_passing(const Store *s, StatementId id) {
        while (id < _SQL_MAX && (!s->stmts[id] || s->turns[id] == TURN_STAYS))
                id++;
        assert_true(id < _SQL_MAX);
        return id;
}

static void of_the_others_those_asked_last_stay_up_to_a_number(void **state) {
        Store *s = ((Sim *)*state)->store;
        StatementId oldest, second;

        for (StatementId id = 0; id < _SQL_MAX; id++)
                ask(s, id);
        assert_int_equal(s->n_passing, STATEMENTS_PASSING_MAX);
        oldest = next_passing(s, 0);
        second = next_passing(s, oldest + 1);
        assert_null(s->stmts[SQL_META_DELETE]);
        ask(s, oldest);
        ask(s, SQL_META_DELETE);
        assert_non_null(s->stmts[oldest]);
        assert_null(s->stmts[second]);
        assert_int_equal(s->n_passing, STATEMENTS_PASSING_MAX);
}

static void one_that_stands_on_a_row_is_not_taken_away(void **state) {
        Store *s = ((Sim *)*state)->store;
        int64_t i;

        assert_int_equal(sql_first(s, SQL_AUDIT_HEAD, ""), 1);
        i = col_int(s, SQL_AUDIT_HEAD, 0);
        assert_true(i > 0 && s->turns[SQL_AUDIT_HEAD] != TURN_STAYS);
        for (StatementId id = 0; id < _SQL_MAX; id++)
                if (id != SQL_AUDIT_HEAD)
                        ask(s, id);
        assert_int_equal(col_int(s, SQL_AUDIT_HEAD, 0), i);
        statements_drop_passing(s);
        assert_int_equal(col_int(s, SQL_AUDIT_HEAD, 0), i);
        sql_done(s, SQL_AUDIT_HEAD);
        statements_drop_passing(s);
        assert_int_equal(s->n_passing, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_decision_finds_all_its_statements_prepared),
                TEST(the_first_message_of_a_room_that_came_up_again_is_decided_likewise),
                TEST(a_report_of_use_like_the_one_before_finds_its_own_too),
                TEST(of_the_others_those_asked_last_stay_up_to_a_number),
                TEST(one_that_stands_on_a_row_is_not_taken_away),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
