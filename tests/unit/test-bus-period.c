/* SPDX-License-Identifier: Apache-2.0 */
/* What the control interface tells for reports: a period, in pages; every sample of a cycle; what the clinic is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bus-case.h"
#include "core/samples.h"
#include "store/cycles.h"
#include "store/stmt.h"

#define T0 INT64_C(1700000000000000)
#define DAY US_PER_DAY
#define ROWS 7 /* a day, of each kind and subject */
#define DAYS 5

static ConfigPractitioner people[] = { { .id = "clara", .name = "Clara" } };
static Config config = {
        .site = { .id = "here", .name = "A clinic", .timezone = "Europe/Berlin", .day_start_us = 14400 * US_PER_S },
        .policy = { .leak_days = 7, .spore_effect = FITNESS_OFF, .spore_days = 9 },
        .practitioners = people,
        .n_practitioners = 1
};

static const Config *fake_config(void *userdata) {
        (void)userdata;
        return &config;
}

static void fill_machine(Fixture *f, const char *autoclave, int64_t at, int n) {
        sql(f,
            "INSERT INTO attempt (label, autoclave, cycle, program, purpose, started_us, start, verdict, outcome) "
            "VALUES ('%q.%d', %Q, %d, '134', 0, %lld, '{}', 0, 0)",
            autoclave, n, autoclave, n, at);
        sql(f, "INSERT INTO test (i, autoclave, test, run_us, read_us, outcome) VALUES (1, %Q, 0, %lld, %lld, 1)",
            autoclave, at, at);
        sql(f,
            "INSERT INTO indicator (i, at_us, autoclave, attempt, kind, place, result, control) SELECT 1, %lld, %Q, "
            "max(id), 1, 0, 1, 1 FROM attempt",
            at, autoclave);
        sql(f,
            "INSERT INTO service (i, autoclave, since_us, last_us, cause, text) VALUES (1, %Q, %lld, %lld, 2, 'It "
            "leaks.')",
            autoclave, at, at);
}

static void fill_room(Fixture *f, const char *room, int64_t at, int n) {
        sql(f,
            "INSERT INTO session (label, room, practitioner, patient, procedure, content, state, allowed_us, "
            "decided_i, "
            "lease_until_us, stream_lost) VALUES ('s-%q-%d', %Q, 'ana', 'p-secret', 'needling', zeroblob(32), 3, %lld, "
            "1, 0, 0)",
            room, n, room, at);
        sql(f,
            "INSERT INTO request (nonce, room, session, content, epoch, first_us, at_us, allow, answer) VALUES "
            "(randomblob(16), %Q, 's', zeroblob(32), 1, 1, %lld, %d, '{\"reasons\":[{\"rule\":\"item-used\"},"
            "{\"rule\":\"item-used\"},{\"rule\":\"room-busy\"}]}')",
            room, at, n % 2);
        sql(f,
            "INSERT INTO alert (rule, subject, severity, state, text, raised_us, last_us, count) VALUES "
            "('r', '%q-%d', 1, 2, 'Text.', %lld, %lld, 1)",
            room, n, at, at);
        sql(f,
            "INSERT INTO override (i, at_us, session, room, content, rule, practitioner, procedure, mark, first_us, "
            "first_by) "
            "VALUES (1, %lld, 's', %Q, zeroblob(32), 'r', 'ana', 'needling', 0, %lld, 'clara')",
            at, room, at);
        sql(f, "INSERT INTO duty_done (i, at_us, duty, subject, by, passed) VALUES (1, %lld, 'door', '', 'ben', 1)",
            at);
}

static int setup(void **state) {
        Fixture *f = case_open();
        int n = 0;

        for (int day = 0; day < DAYS; day++)
                for (int k = 0; k < ROWS; k++, n++)
                        for (int which = 0; which < 2; which++) {
                                fill_machine(f, which ? "ac-2" : "ac-1", T0 + day * DAY + k, n);
                                fill_room(f, which ? "room-2" : "room-1", T0 + day * DAY + k, n);
                        }
        case_serve(f, &(BusSource){ .config = fake_config });
        *state = f;
        return 0;
}

static sd_bus_message *ask_period(Fixture *f, const char *what, int64_t from, int64_t to, const char *cursor,
                                  uint32_t limit) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "ListPeriod");

        assert_return_code(sd_bus_message_append(m, "sttsu", what, (uint64_t)from, (uint64_t)to, cursor, limit), 0);
        return ask(f, m);
}

/* Rows of all pages, none of which has more than `limit`. */
static int count(Fixture *f, const char *what, int64_t from, int64_t to, uint32_t limit) {
        char cursor[256] = "";
        int rows = 0, pages = 0;

        do {
                sd_bus_message *m = ask_period(f, what, from, to, cursor, limit);
                const char *next;
                uint32_t n = 0;

                assert_null(sd_bus_message_get_error(m));
                assert_false(body_has(m, "p-secret"));
                sd_bus_message_rewind(m, true);
                assert_true(sd_bus_message_enter_container(m, 'a', "a{sv}") > 0);
                for (; !sd_bus_message_at_end(m, false); n++)
                        assert_true(sd_bus_message_skip(m, "a{sv}") > 0);
                assert_return_code(sd_bus_message_exit_container(m), 0);
                assert_true(sd_bus_message_read(m, "s", &next) > 0);
                snprintf(cursor, sizeof(cursor), "%s", next);
                sd_bus_message_unref(m);
                assert_true(n <= limit);
                assert_true(++pages < 1000);
                rows += (int)n;
        } while (cursor[0]);
        return rows;
}

static const struct {
        const char *what;
        int a_day;
} kinds[] = { { "cycles", 2 * ROWS }, { "tests", 2 * ROWS },  { "spores", 2 * ROWS },    { "sessions", 2 * ROWS },
              { "denials", ROWS },    { "alerts", 2 * ROWS }, { "overrides", 2 * ROWS }, { "duties", 2 * ROWS } };

static void a_period_has_each_row_once_however_long_its_pages_are(void **state) {
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++)
                for (uint32_t limit = 1; limit <= 100; limit = limit * 3 + 1) {
                        const int all = count(f, kinds[i].what, 0, INT64_MAX, limit);

                        /* Every second question was denied; with an odd number of rows that depends on the day. */
                        if (streq(kinds[i].what, "denials"))
                                assert_in_range(all, DAYS * ROWS, DAYS * ROWS + 2);
                        else
                                assert_int_equal(all, DAYS * kinds[i].a_day);
                }
}

static void both_ends_of_a_period_belong_to_it_and_nothing_beyond(void **state) {
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(kinds); i++) {
                if (streq(kinds[i].what, "denials"))
                        continue;
                assert_int_equal(count(f, kinds[i].what, T0 + DAY, T0 + DAY + ROWS - 1, 4), kinds[i].a_day);
                assert_int_equal(count(f, kinds[i].what, T0 + DAY + 1, T0 + DAY + ROWS - 2, 4),
                                 kinds[i].a_day * (ROWS - 2) / ROWS);
                assert_int_equal(count(f, kinds[i].what, T0 + DAY + ROWS, T0 + 2 * DAY - 1, 4), 0);
        }
}

static void times_out_of_service_that_began_before_the_period_are_in_it(void **state) {
        assert_int_equal(count(*state, "service", T0 + DAY, T0 + DAY + ROWS - 1, 3), 2 * 2 * ROWS);
}

static void what_denied_a_question_is_named_once(void **state) {
        sd_bus_message *m = ask_period(*state, "denials", 0, INT64_MAX, "", 1);
        const char *type, *a, *b;

        assert_true(sd_bus_message_enter_container(m, 'a', "a{sv}") > 0);
        assert_int_equal(enter_member(m, "rules", &type), 1);
        assert_true(sd_bus_message_enter_container(m, 'a', "s") > 0);
        assert_true(sd_bus_message_read(m, "s", &a) > 0 && sd_bus_message_read(m, "s", &b) > 0);
        assert_string_equal(a, "item-used");
        assert_string_equal(b, "room-busy");
        assert_true(sd_bus_message_at_end(m, false));
        sd_bus_message_unref(m);
}

static void what_is_no_period_is_refused_with_a_reason(void **state) {
        static const char *const cursors[] = { "x", "1", "1 2 a b", "1 2 3 4", "99999999999999999999x" };

        assert_error(ask_period(*state, "weather", 0, 1, "", 1), BUS_ERROR_BAD_ARGUMENT, "cycles, tests");
        assert_error(ask_period(*state, "cycles", 2, 1, "", 1), BUS_ERROR_BAD_ARGUMENT, "ends before");
        for (size_t i = 0; i < ELEMENTSOF(cursors); i++)
                assert_error(ask_period(*state, "cycles", 0, 1, cursors[i], 1), BUS_ERROR_BAD_ARGUMENT, "no cursor");
}

/* --- every sample --- */

static void add_chunk(Fixture *f, int64_t n, int64_t from, size_t samples) {
        uint8_t data[SAMPLES_ENCODED_MAX(3000)];
        Sample v[3000];
        size_t size;

        for (size_t i = 0; i < samples; i++)
                v[i] = (Sample){ (from + (int64_t)i) * US_PER_S, 20000, 101300 };
        size = samples_encode(v, samples, data, sizeof(data));
        assert_return_code(chunk_add(f->store, 1, n, samples, data, size), 0);
}

static void each_sample_comes_once_in_its_order(void **state) {
        static const size_t chunks[] = { 1, 0, 2500, 3, 2000, 1999, 2001, 1 };
        int64_t total = 0, seen;
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(chunks); i++) {
                add_chunk(f, (int64_t)i + 1, total, chunks[i]);
                total += (int64_t)chunks[i];
        }
        for (uint32_t limit = 7; limit <= 5000; limit = limit * 5 + 3) {
                int64_t place = 0;

                for (seen = 0;;) {
                        sd_bus_message *m = new_call(f, BUS_INTERFACE, "GetCycleRows");
                        const char *type;
                        int64_t t, c, p;

                        assert_return_code(sd_bus_message_append(m, "stu", "ac-1.0", (uint64_t)place, limit), 0);
                        m = ask(f, m);
                        assert_int_equal(enter_member(m, "samples", &type), 1);
                        assert_true(sd_bus_message_enter_container(m, 'a', "(xxx)") > 0);
                        while (sd_bus_message_read(m, "(xxx)", &t, &c, &p) > 0)
                                assert_int_equal(t, seen++ * US_PER_S);
                        sd_bus_message_rewind(m, true);
                        place = enter_member(m, "next", &type) ? (sd_bus_message_read_basic(m, 'x', &place), place) : 0;
                        sd_bus_message_unref(m);
                        if (place == 0)
                                break;
                }
                assert_int_equal(seen, total);
        }
}

static void the_clinic_says_its_zone_and_what_is_asked_for(void **state) {
        sd_bus_message *m = ask_text(*state, "GetClinic", NULL);
        const char *type;

        assert_member_text(m, "timezone", "Europe/Berlin");
        assert_member_number(m, "day_start_us", "x", 14400 * US_PER_S);
        assert_member_number(m, "leak_days", "x", 7);
        sd_bus_message_rewind(m, true);
        assert_int_equal(enter_member(m, "spore_days", &type), 0);
        assert_true(body_has(m, "Clara"));
        sd_bus_message_unref(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_period_has_each_row_once_however_long_its_pages_are),
                TEST(both_ends_of_a_period_belong_to_it_and_nothing_beyond),
                TEST(times_out_of_service_that_began_before_the_period_are_in_it),
                TEST(what_denied_a_question_is_named_once),
                TEST(what_is_no_period_is_refused_with_a_reason),
                TEST(each_sample_comes_once_in_its_order),
                TEST(the_clinic_says_its_zone_and_what_is_asked_for),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
