/* SPDX-License-Identifier: Apache-2.0 */
/* ListItems and ListSessions over a real connection: whatever is asked for comes once and in order, in slices of bounded work. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bus-case.h"
#include "config.h"
#include "core/item.h"
#include "store/items.h"
#include "store/sessions.h"

#define N 1200
#define T0 INT64_C(1700000000000000)

static const Config config;

static const Config *fake_config(void *userdata) {
        (void)userdata;
        return &config;
}

/* Item n is a roller where 3 divides it, sterile where 5 does, of lot L where 7 does; session n stands in room-(n % 4), by
 * pr-(n % 3), with p-(n % 5). */
static void fill(Fixture *f) {
        assert_return_code(store_begin(f->store), 0);
        for (int n = 1; n <= N; n++) {
                ItemRow item = { .received_us = T0, .received_i = 1, .state = n % 5 ? ITEM_CLEAN : ITEM_STERILE, .state_us = T0 };
                SessionRow s = { .allowed_us = T0 + n / 2 * US_PER_S, .outcome = -1, .state = SESSION_ENDED };

                snprintf(item.code, sizeof(item.code), "I-%d", n);
                snprintf(item.class_id, sizeof(item.class_id), "%s", n % 3 ? "cup" : "roller");
                snprintf(item.lot, sizeof(item.lot), "%s", n % 7 ? "" : "L");
                assert_return_code(item_add(f->store, &item), 0);
                snprintf(s.label, sizeof(s.label), "s-%d", n);
                snprintf(s.room, sizeof(s.room), "room-%d", n % 4);
                snprintf(s.practitioner, sizeof(s.practitioner), "pr-%d", n % 3);
                snprintf(s.patient, sizeof(s.patient), "p-%d", n % 5);
                snprintf(s.procedure, sizeof(s.procedure), "needling");
                assert_return_code(session_add(f->store, &s), 0);
        }
        assert_return_code(store_commit(f->store), 0);
}

static int setup(void **state) {
        Fixture *f = case_open();

        fill(f);
        case_serve(f, &(BusSource){ .config = fake_config });
        *state = f;
        return 0;
}

/* A query of name, value, name, value, NULL. */
static sd_bus_message *list(Fixture *f, const char *member, const char *const *query, const char *cursor, uint32_t limit) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, member);

        assert_return_code(sd_bus_message_open_container(m, 'a', "{sv}"), 0);
        for (; query[0]; query += 2)
                assert_return_code(sd_bus_message_append(m, "{sv}", query[0], "s", query[1]), 0);
        assert_return_code(sd_bus_message_close_container(m), 0);
        assert_return_code(sd_bus_message_append(m, "su", cursor, limit), 0);
        return ask(f, m);
}

#define QUERY(...) (const char *const[]){ __VA_ARGS__, NULL }
#define EVERYTHING (const char *const[]){ NULL }

typedef struct Got {
        int v[N + 1], n, calls, most; /* numbers in their order; the longest page */
} Got;

static void read_page(sd_bus_message *m, const char *name, Got *got, char cursor[static 64]) {
        static char texts[16384];
        const char *next;
        int rows = 0;

        if (sd_bus_message_get_error(m))
                fail_msg("%s", sd_bus_message_get_error(m)->message);
        list_texts(m, NULL, name, texts, sizeof(texts));
        for (char *p = strtok(texts, " "); p; p = strtok(NULL, " "), rows++) {
                assert_true(got->n < N);
                got->v[got->n++] = atoi(p + 2);
        }
        got->most = MAX_OF(got->most, rows);
        assert_return_code(sd_bus_message_exit_container(m), 0);
        assert_true(sd_bus_message_read_basic(m, 's', &next) > 0);
        snprintf(cursor, 64, "%s", next);
        sd_bus_message_unref(m);
}

static Got all(Fixture *f, const char *member, const char *const *query, uint32_t limit) {
        Got got = {};
        char cursor[64] = "";

        do {
                read_page(list(f, member, query, cursor, limit), streq(member, "ListItems") ? "code" : "session", &got, cursor);
                got.calls++;
        } while (cursor[0]);
        return got;
}

static void items_come_once_in_order_by_any_filter_and_page(void **state) {
        static const uint32_t limits[] = { 0, 1, 7, 100, 5000 };
        const struct {
                const char *const *query;
                int by;
        } cases[] = {
                { EVERYTHING, 1 },
                { QUERY("class", "roller"), 3 },
                { QUERY("state", "sterile"), 5 },
                { QUERY("lot", "L"), 7 },
                { QUERY("state", "sterile", "class", "roller"), 15 },
                { QUERY("lot", "L", "state", "sterile", "class", "roller"), 105 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                for (size_t k = i ? 0 : 2; k < ELEMENTSOF(limits); k++) {
                        const Got got = all(*state, "ListItems", cases[i].query, limits[k]);

                        assert_int_equal(got.n, N / cases[i].by);
                        assert_true(got.most <= (limits[k] && limits[k] < 100 ? (int)limits[k] : 100));
                        for (int n = 0; n < got.n; n++)
                                assert_int_equal(got.v[n], (n + 1) * cases[i].by);
                }
}

/* 960 items are clean and 1 in 3 of those no cup: what does not fit is looked at, and counted. */
static void a_slice_looks_at_a_bounded_number_of_rows(void **state) {
        const Got got = all(*state, "ListItems", QUERY("state", "clean", "class", "none"), 0);

        assert_int_equal(got.n, 0);
        assert_int_equal(got.calls, 960 / BUS_LIST_STEPS + 1);
}

static void sessions_come_once_newest_first_by_any_filter(void **state) {
        const struct {
                const char *const *query;
                int by, rest;
        } cases[] = {
                { EVERYTHING, 1, 0 },
                { QUERY("room", "room-3"), 4, 3 },
                { QUERY("practitioner", "pr-0"), 3, 0 },
                { QUERY("patient", "p-2"), 5, 2 },
                { QUERY("patient", "p-0", "practitioner", "pr-0", "room", "room-0", "state", "ended"), 60, 0 },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                const Got got = all(*state, "ListSessions", cases[i].query, 0);

                assert_int_equal(got.n, N / cases[i].by);
                for (int n = 0; n < got.n; n++) {
                        assert_int_equal(got.v[n] % cases[i].by, cases[i].rest);
                        assert_true(n == 0 || got.v[n] < got.v[n - 1]);
                }
        }
        assert_int_equal(all(*state, "ListSessions", QUERY("state", "running"), 0).n, 0);
}

/* The clock starts at 22:13:20, and two sessions are allowed in each second. */
static void both_ends_of_a_window_count(void **state) {
        const Got got = all(*state, "ListSessions", QUERY("since", "2023-11-14T22:13:30Z", "until", "2023-11-14T22:13:32Z"), 0);

        assert_int_equal(got.n, 6);
        assert_int_equal(got.v[0], 25);
        assert_int_equal(got.v[5], 20);
}

static void what_makes_no_list_is_said(void **state) {
        Fixture *f = *state;

        assert_error(list(f, "ListItems", QUERY("state", "lost"), "", 0), BUS_ERROR_BAD_ARGUMENT, "sterile");
        assert_error(list(f, "ListItems", QUERY("room", "room-1"), "", 0), BUS_ERROR_BAD_ARGUMENT, "room");
        assert_error(list(f, "ListItems", EVERYTHING, "x", 0), BUS_ERROR_BAD_ARGUMENT, "cursor");
        assert_error(list(f, "ListItems", EVERYTHING, "-1", 0), BUS_ERROR_BAD_ARGUMENT, "cursor");
        assert_error(list(f, "ListItems", EVERYTHING, "99999999999999999999", 0), BUS_ERROR_BAD_ARGUMENT, "cursor");
        assert_error(list(f, "ListSessions", QUERY("state", "packed"), "", 0), BUS_ERROR_BAD_ARGUMENT, "running");
        assert_error(list(f, "ListSessions", QUERY("since", "May"), "", 0), BUS_ERROR_BAD_ARGUMENT, "May");
        assert_error(list(f, "ListSessions", EVERYTHING, "5", 0), BUS_ERROR_BAD_ARGUMENT, "cursor");
        assert_error(list(f, "ListSessions", EVERYTHING, "5.6.7", 0), BUS_ERROR_BAD_ARGUMENT, "cursor");
        assert_int_equal(all(f, "ListItems", QUERY("class", "' OR 1=1 --"), 0).n, 0);
        assert_int_equal(all(f, "ListSessions", QUERY("patient", ""), 0).n, N);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(items_come_once_in_order_by_any_filter_and_page),
                TEST(a_slice_looks_at_a_bounded_number_of_rows),
                TEST(sessions_come_once_newest_first_by_any_filter),
                TEST(both_ends_of_a_window_count),
                TEST(what_makes_no_list_is_said),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
