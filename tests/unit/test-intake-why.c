/* SPDX-License-Identifier: Apache-2.0 */
/* What the gate would say if a session were asked for now: by the very facts of a request, and without a trace of the asking. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "../lib/clinicsim.h"
#include "core/gate.h"

static int begin(void **state) {
        Sim *s;

        assert_int_equal(sim_setup(state), 0);
        s = *state;
        sim_receive(s, "R1 R2");
        sim_disinfect_room(s, "room-1");
        return 0;
}

/* "allow", or the rules that deny, each once, in the order of the table; "nothing": there is nothing to go by. */
static const char *why(Sim *s, const char *session) {
        static GateVerdict v;
        static char text[512];
        const GateFacts *facts = NULL;
        const int r = intake_why(s->intake, &s->now, session, &facts);

        assert_return_code(r, 0);
        if (r == 0)
                return "nothing";
        gate_judge(facts, &v);
        text[0] = 0;
        for (size_t i = 0; i < v.n; i++)
                if (!strstr(text, v.reasons[i].rule))
                        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s", text[0] ? " " : "", v.reasons[i].rule);
        return v.allow ? "allow" : text;
}

static void a_live_session_would_be_allowed_again_for_what_it_holds_itself_speaks_not_against_it(void **state) {
        Sim *s = *state;

        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_string_equal(why(s, "s-1"), "allow");
}

static void what_changed_since_denies_now(void **state) {
        Sim *s = *state;

        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_blurt(s, "station/station-1/drop", "{'items':['%s']}", sim_code("R1"));
        assert_non_null(strstr(why(s, "s-1"), "item-dropped"));
}

static void a_session_that_is_over_is_over(void **state) {
        Sim *s = *state;

        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        assert_non_null(strstr(why(s, "s-1"), "session-over"));
        assert_non_null(strstr(why(s, "s-1"), "room-not-disinfected"));
}

static void of_a_session_that_was_only_denied_nobody_knows(void **state) {
        Sim *s = *state;

        assert_string_equal(sim_ask(s, "room-1", "s-2", "R9"), "item-unknown kit-incomplete");
        assert_string_equal(why(s, "s-2"), "nothing");
        assert_string_equal(why(s, "s-3"), "nothing");
}

static void asking_leaves_no_trace_and_grants_nothing(void **state) {
        Sim *s = *state;
        int64_t size, claims;

        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        size = sim_sql(s, "SELECT max(i) FROM audit");
        claims = sim_sql(s, "SELECT count(*) FROM claim");
        sim_forget(s);
        for (int i = 0; i < 3; i++)
                why(s, "s-1");
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT max(i) FROM audit"), size);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM claim"), claims);
        assert_int_equal(sim_count(s, "down/room/room-1/decision"), 0);
        assert_int_equal(sim_count(s, "down/room/room-1/permit"), 0);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1"), "item-claimed");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_live_session_would_be_allowed_again_for_what_it_holds_itself_speaks_not_against_it),
                TEST(what_changed_since_denies_now),
                TEST(a_session_that_is_over_is_over),
                TEST(of_a_session_that_was_only_denied_nobody_knows),
                TEST(asking_leaves_no_trace_and_grants_nothing),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
