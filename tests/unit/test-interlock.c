/* SPDX-License-Identifier: Apache-2.0 */
/* The interlock's table: every session against lease and lock; and what a relay says against what was granted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "core/interlock.h"
#include "util.h"

#define S US_PER_S
#define NOW (1000 * S)

static void names_are_those_of_the_contract(void **state) {
        (void)state;
        assert_string_equal(interlock_name(INTERLOCK_LOCKED), "locked");
        assert_string_equal(interlock_name(INTERLOCK_AUTHORISED), "authorised");
        assert_string_equal(interlock_name(INTERLOCK_RUNNING), "running");
        assert_string_equal(interlock_name(INTERLOCK_SUSPENDED), "suspended");
        assert_string_equal(interlock_name(-1), "unknown");
        assert_string_equal(interlock_name(_INTERLOCK_MAX), "unknown");
}

static void a_room_is_in_the_state_that_session_lease_and_lock_say(void **state) {
        static const struct {
                InterlockSession session;
                int64_t lease_us;
                bool locked;
                Interlock is;
        } table[] = {
                { INTERLOCK_NO_SESSION, NOW + 1, false, INTERLOCK_LOCKED },
                { INTERLOCK_NO_SESSION, NOW + 1, true, INTERLOCK_LOCKED },
                { INTERLOCK_NO_SESSION, 0, false, INTERLOCK_LOCKED },
                { INTERLOCK_SESSION_AUTHORISED, NOW + 1, false, INTERLOCK_AUTHORISED },
                { INTERLOCK_SESSION_AUTHORISED, NOW, false, INTERLOCK_LOCKED },
                { INTERLOCK_SESSION_AUTHORISED, NOW + 1, true, INTERLOCK_SUSPENDED },
                { INTERLOCK_SESSION_AUTHORISED, NOW, true, INTERLOCK_SUSPENDED },
                { INTERLOCK_SESSION_RUNNING, NOW + 1, false, INTERLOCK_RUNNING },
                { INTERLOCK_SESSION_RUNNING, NOW, false, INTERLOCK_LOCKED },
                { INTERLOCK_SESSION_RUNNING, NOW - 1, false, INTERLOCK_LOCKED },
                { INTERLOCK_SESSION_RUNNING, NOW + 1, true, INTERLOCK_SUSPENDED },
                { INTERLOCK_SESSION_RUNNING, NOW - 1, true, INTERLOCK_SUSPENDED },
                { INTERLOCK_SESSION_SUSPENDED, NOW + 1, false, INTERLOCK_SUSPENDED },
                { INTERLOCK_SESSION_SUSPENDED, NOW + 1, true, INTERLOCK_SUSPENDED },
                { INTERLOCK_SESSION_SUSPENDED, NOW - 1, false, INTERLOCK_SUSPENDED },
                { INTERLOCK_SESSION_SUSPENDED, NOW - 1, true, INTERLOCK_SUSPENDED },
        };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(table); i++) {
                const InterlockFacts f = { .session = table[i].session,
                                           .lease_until_us = table[i].lease_us,
                                           .release_until_us = table[i].lease_us,
                                           .locked = table[i].locked,
                                           .now_us = NOW };

                if (interlock_state(&f) != table[i].is)
                        fail_msg("row %zu: %s, not %s", i, interlock_name((int)interlock_state(&f)),
                                 interlock_name((int)table[i].is));
        }
}

static void no_state_is_released_without_a_lease_or_under_a_lock(void **state) {
        (void)state;
        for (int session = INTERLOCK_NO_SESSION; session <= INTERLOCK_SESSION_SUSPENDED; session++)
                for (int locked = 0; locked < 2; locked++)
                        for (int64_t lease = NOW - 1; lease <= NOW + 1; lease++) {
                                const InterlockFacts f = { (InterlockSession)session, lease, NOW + 5, locked, NOW };
                                const Interlock is = interlock_state(&f);

                                if (is == INTERLOCK_AUTHORISED || is == INTERLOCK_RUNNING)
                                        assert_true(lease > NOW && !locked && session != INTERLOCK_NO_SESSION &&
                                                    session != INTERLOCK_SESSION_SUSPENDED);
                        }
}

static int64_t until(InterlockSession session, int64_t lease_us, int64_t release_us, bool locked) {
        return interlock_release_until(&(InterlockFacts){ session, lease_us, release_us, locked, NOW });
}

static void a_permit_that_was_given_may_hold_whatever_became_of_its_session(void **state) {
        (void)state;
        assert_int_equal(until(INTERLOCK_NO_SESSION, 0, NOW + 7, false), NOW + 7);
        assert_int_equal(until(INTERLOCK_NO_SESSION, NOW + 9, NOW + 7, false), NOW + 7);
        assert_int_equal(until(INTERLOCK_SESSION_SUSPENDED, NOW + 5, NOW + 7, true), NOW + 7);
        assert_int_equal(until(INTERLOCK_SESSION_RUNNING, NOW + 9, NOW + 7, false), NOW + 9);
        assert_int_equal(until(INTERLOCK_NO_SESSION, 0, NOW, false), 0);
        assert_int_equal(until(INTERLOCK_SESSION_RUNNING, NOW - 1, NOW - 1, false), 0);
}

/* Released from 500 s to 590 s, and before that until 400 s; the relay had a permit of its own from 510 s to 590 s. */
static RelayVerdict says(bool energised, int64_t moment_us, bool released) {
        return interlock_relay(&(RelayFacts){ .energised = energised,
                                              .moment_known = true,
                                              .moment_us = moment_us,
                                              .released = released,
                                              .release_from_us = 500 * S,
                                              .release_until_us = 590 * S,
                                              .released_before_us = 400 * S,
                                              .permit_from_us = 510 * S,
                                              .permit_until_us = 590 * S });
}

static void an_energised_relay_is_right_only_where_a_permit_could_hold(void **state) {
        static const struct {
                int64_t moment_us;
                RelayVerdict is;
        } table[] = {
                { 300 * S, RELAY_RIGHT },        { 400 * S, RELAY_RIGHT },    { 401 * S, RELAY_RIGHT },
                { 401 * S + 1, RELAY_MISMATCH }, { 450 * S, RELAY_MISMATCH }, { 499 * S - 1, RELAY_MISMATCH },
                { 499 * S, RELAY_RIGHT },        { 500 * S, RELAY_RIGHT },    { 550 * S, RELAY_RIGHT },
                { 590 * S, RELAY_RIGHT },        { 591 * S, RELAY_RIGHT },    { 591 * S + 1, RELAY_MISMATCH },
                { 9000 * S, RELAY_MISMATCH },
        };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                for (int released = 0; released < 2; released++)
                        if (says(true, table[i].moment_us, released) != table[i].is)
                                fail_msg("at %lld us", (long long)table[i].moment_us);
        /* A room that was never released. */
        assert_int_equal(interlock_relay(&(RelayFacts){ .energised = true, .moment_known = true, .moment_us = 50 * S }),
                         RELAY_MISMATCH);
        /* What waited somewhere speaks of no moment. */
        assert_int_equal(interlock_relay(&(RelayFacts){ .energised = true, .moment_us = 50 * S }), RELAY_RIGHT);
}

static void a_relay_that_is_open_is_idle_only_while_its_own_permit_holds_in_a_released_room(void **state) {
        static const struct {
                int64_t moment_us;
                bool released;
                RelayVerdict is;
        } table[] = {
                { 505 * S, true, RELAY_RIGHT },    { 510 * S, true, RELAY_RIGHT }, { 515 * S, true, RELAY_RIGHT },
                { 515 * S + 1, true, RELAY_IDLE }, { 560 * S, true, RELAY_IDLE },  { 589 * S - 1, true, RELAY_IDLE },
                { 589 * S, true, RELAY_RIGHT },    { 600 * S, true, RELAY_RIGHT }, { 560 * S, false, RELAY_RIGHT },
                { 450 * S, true, RELAY_RIGHT },
        };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(table); i++)
                if (says(false, table[i].moment_us, table[i].released) != table[i].is)
                        fail_msg("row %zu", i);
        assert_int_equal(interlock_relay(&(RelayFacts){ .moment_known = true, .moment_us = NOW, .released = true }),
                         RELAY_RIGHT);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(names_are_those_of_the_contract),
                cmocka_unit_test(a_room_is_in_the_state_that_session_lease_and_lock_say),
                cmocka_unit_test(no_state_is_released_without_a_lease_or_under_a_lock),
                cmocka_unit_test(a_permit_that_was_given_may_hold_whatever_became_of_its_session),
                cmocka_unit_test(an_energised_relay_is_right_only_where_a_permit_could_hold),
                cmocka_unit_test(a_relay_that_is_open_is_idle_only_while_its_own_permit_holds_in_a_released_room),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
