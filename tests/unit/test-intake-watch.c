/* SPDX-License-Identifier: Apache-2.0 */
/* Devices that fall silent: within opening hours, across restarts, outages and clocks that were set. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"

#define MINUTE (60 * US_PER_S)
#define HOUR (3600 * US_PER_S)
#define WATCHED "[site]\nopen-days = mon-sun\n[device station-1]\nsilent-minutes = 30\n"

static void found(Sim *s) {
        assert_int_equal(intake_broker_found(s->intake, &s->now, true), 0);
        sim_commit(s);
}

/* The simulation starts at 10:00. */
static void open_sim(Sim *s, const char *more) {
        sim_open(s, more);
        found(s);
}

static void restart(Sim *s) {
        sim_restart(s);
        found(s);
}

static void pass(Sim *s, int64_t us) {
        sim_pass(s, us);
        sim_pass(s, 0);
}

/* So that nobody takes the time for one in which the daemon was off. */
static void pass_awake(Sim *s, int minutes) {
        for (int i = 0; i < minutes; i++) {
                sim_blurt(s, "sharps/sharps-1/heartbeat", "{}");
                pass(s, MINUTE);
        }
}

static void beat(Sim *s) {
        sim_say(s, "station/station-1/heartbeat", "{}");
}

static void a_device_that_falls_silent_is_told_once_until_it_speaks(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, WATCHED);
        beat(&s);
        pass(&s, 29 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass(&s, MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        assert_string_equal(sim_text(&s, "SELECT subject FROM alert WHERE rule = 'device-silent'"), "station-1");
        pass(&s, 2 * HOUR);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        beat(&s);
        pass(&s, 0);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        sim_close(&s);
}

static void any_message_is_a_sign_of_life_also_a_refused_one_and_one_that_counts_nothing(void **state) {
        static const char *const said[] = { "station/station-1/heartbeat", "station/station-1/receive",
                                            "station/station-1/nonsense" };
        Sim s;

        (void)state;
        open_sim(&s, WATCHED);
        pass(&s, US_PER_S);
        for (int i = 0; i < 9; i++) {
                sim_blurt(&s, said[i % 3], "{}");
                pass(&s, 20 * MINUTE);
        }
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass(&s, 11 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        sim_close(&s);
}

static void a_retained_message_is_none(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, WATCHED);
        beat(&s);
        pass(&s, 20 * MINUTE);
        sim_send(&s, "asepsis/v1/clinic/up/station/station-1/heartbeat", "{}", true, NULL);
        sim_commit(&s);
        pass(&s, 10 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        sim_close(&s);
}

static void who_is_not_watched_may_be_silent(void **state) {
        Sim *s = *state;

        found(s);
        beat(s);
        for (int i = 0; i < 30; i++)
                pass(s, HOUR);
        assert_int_equal(sim_alert(s, "device-silent"), 0);
}

static void the_policy_watches_those_that_say_nothing_of_their_own(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, "[site]\nopen-days = mon-sun\n[policy]\ndevice-silent-minutes = 60\n"
                     "[device station-1]\nsilent-minutes = 0\n");
        pass(&s, US_PER_S);
        pass(&s, HOUR);
        assert_int_equal(sim_sql(&s, "SELECT count(*) FROM alert WHERE rule = 'device-silent' AND subject = 'room-1'"), 1);
        assert_int_equal(sim_sql(&s, "SELECT count(*) FROM alert WHERE rule = 'device-silent' AND subject = 'station-1'"), 0);
        sim_close(&s);
}

static void out_of_hours_nobody_is_missed(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, "[site]\nopen-days = sun-mon\n[device station-1]\nsilent-minutes = 30\n"); /* this is a Sunday */
        beat(&s);
        for (int i = 0; i < 10; i++) { /* until 20:00 */
                beat(&s);
                pass(&s, 25 * MINUTE);
                beat(&s);
                pass(&s, 35 * MINUTE - 10 * MINUTE);
                beat(&s);
                pass(&s, 10 * MINUTE);
        }
        for (int i = 0; i < 12 * 60; i += 10) /* until 8:00 */
                pass(&s, 10 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass(&s, 29 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass(&s, MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        beat(&s);
        pass(&s, 0);
        for (int i = 0; i < 20 * 6; i++) { /* Tuesday: closed */
                if (i < 69)
                        beat(&s);
                pass(&s, 10 * MINUTE);
        }
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass(&s, 8 * HOUR);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        sim_close(&s);
}

static void a_restart_forgets_neither_when_it_spoke_nor_that_it_was_told(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, WATCHED);
        beat(&s);
        pass_awake(&s, 20);
        restart(&s);
        pass(&s, US_PER_S);
        pass_awake(&s, 9);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass_awake(&s, 1);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        restart(&s);
        pass(&s, US_PER_S);
        pass_awake(&s, 5);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        beat(&s);
        pass(&s, MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        sim_close(&s);
}

static void nothing_is_held_against_them_of_the_time_in_which_nobody_could_be_heard(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, WATCHED);
        beat(&s);
        pass(&s, MINUTE);
        sim_advance(&s, 0);
        sim_commit(&s);
        s.now.wall_us += 2 * HOUR; /* the daemon is off */
        s.now.boot_us += 2 * HOUR;
        sim_crash(&s);
        found(&s);
        pass(&s, 29 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        beat(&s);
        assert_int_equal(intake_broker_lost(s.intake, &s.now, "gone"), 0);
        sim_commit(&s);
        pass(&s, 2 * HOUR);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        found(&s);
        pass(&s, 29 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass(&s, 2 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        sim_close(&s);
}

static void while_the_clock_is_in_doubt_none_is_told_and_none_is_settled(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, WATCHED);
        beat(&s);
        intake_doubt(s.intake, DOUBT_CLOCK, "The clock jumped.");
        pass(&s, HOUR);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        intake_doubt(s.intake, DOUBT_CLOCK, NULL);
        pass(&s, MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        intake_doubt(s.intake, DOUBT_CLOCK, "The clock jumped.");
        beat(&s);
        pass(&s, MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        assert_true(intake_deadline_us(s.intake) > s.now.boot_us);
        sim_close(&s);
}

static void a_batch_that_is_lost_takes_no_alert_with_it(void **state) {
        Sim s;

        (void)state;
        open_sim(&s, WATCHED);
        beat(&s);
        sim_advance(&s, 31 * MINUTE);
        assert_int_equal(intake_tick(s.intake, &s.now), 0);
        intake_rollback(s.intake);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        pass(&s, 2 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        sim_close(&s);
}

static void listening_writes_nothing(void **state) {
        Sim s;
        int64_t before;

        (void)state;
        open_sim(&s, WATCHED);
        pass(&s, US_PER_S);
        pass(&s, 10 * MINUTE);
        before = sim_sql(&s, "SELECT count(*) FROM audit");
        for (int i = 0; i < 5; i++)
                pass(&s, MINUTE);
        assert_int_equal(sim_sql(&s, "SELECT count(*) FROM audit"), before);
        sim_close(&s);
}

static void whoever_is_watched_no_longer_is_told_no_longer(void **state) {
        Sim s, other;

        (void)state;
        open_sim(&s, WATCHED);
        open_sim(&other, "[site]\nopen-days = mon-sun\n");
        beat(&s);
        pass(&s, 31 * MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 1);
        intake_configure(s.intake, other.config);
        pass(&s, MINUTE);
        assert_int_equal(sim_alert(&s, "device-silent"), 0);
        intake_configure(s.intake, s.config);
        sim_close(&other);
        sim_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_device_that_falls_silent_is_told_once_until_it_speaks),
                cmocka_unit_test(any_message_is_a_sign_of_life_also_a_refused_one_and_one_that_counts_nothing),
                cmocka_unit_test(a_retained_message_is_none),
                cmocka_unit_test_setup_teardown(who_is_not_watched_may_be_silent, sim_setup, sim_teardown),
                cmocka_unit_test(the_policy_watches_those_that_say_nothing_of_their_own),
                cmocka_unit_test(out_of_hours_nobody_is_missed),
                cmocka_unit_test(a_restart_forgets_neither_when_it_spoke_nor_that_it_was_told),
                cmocka_unit_test(nothing_is_held_against_them_of_the_time_in_which_nobody_could_be_heard),
                cmocka_unit_test(while_the_clock_is_in_doubt_none_is_told_and_none_is_settled),
                cmocka_unit_test(a_batch_that_is_lost_takes_no_alert_with_it),
                cmocka_unit_test(listening_writes_nothing),
                cmocka_unit_test(whoever_is_watched_no_longer_is_told_no_longer),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
