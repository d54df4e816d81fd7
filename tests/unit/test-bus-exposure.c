/* SPDX-License-Identifier: Apache-2.0 */
/* ListExposures and GetExposure: an injury, and whose blood it may have been, in pages. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bus-case.h"
#include "core/limits.h"
#include "store/exposures.h"
#include "store/items.h"
#include "store/sessions.h"

#define DAY US_PER_DAY
#define AT (1000 * DAY)

static ConfigRoom rooms[] = { { .id = "room-1" } };
static Config config = { .rooms = rooms, .n_rooms = 1, .policy.exposure_days = 42 };
static int64_t item;

static const Config *fake_config(void *userdata) {
        (void)userdata;
        return &config;
}

/* Of a patient who is called by its number; allowed so many days before the injury. */
static int64_t add_session(Store *s, int number, const char *room, int days_before) {
        SessionRow row = { .state = SESSION_ENDED, .allowed_us = AT - days_before * DAY, .outcome = -1 };

        snprintf(row.label, sizeof(row.label), "s-%d", number);
        snprintf(row.room, sizeof(row.room), "%s", room);
        snprintf(row.practitioner, sizeof(row.practitioner), "ana");
        snprintf(row.patient, sizeof(row.patient), "p-%d", number);
        snprintf(row.procedure, sizeof(row.procedure), "needling");
        assert_return_code(session_add(s, &row), 0);
        return row.id;
}

/* s-1 to s-30 in room-1, one each second day, the newest 2 days before; s-31 elsewhere with the same instrument. */
static int setup(void **state) {
        ItemRow row = { .code = "HP-1", .class_id = "handpiece", .received_us = 1 };
        ExposureRow x = { .at_us = AT, .room = "room-1", .session = "s-30", .item = "HP-1", .detail = "cut" };
        Fixture *f = case_open();

        assert_return_code(store_begin(f->store), 0);
        assert_return_code(item_add(f->store, &row), 0);
        item = row.id;
        for (int i = 1; i <= 30; i++) {
                int64_t id = add_session(f->store, i, "room-1", 2 * (31 - i));

                if (i % 10 == 0)
                        assert_return_code(session_item_add(f->store, id, item, 1, 0), 0);
        }
        assert_return_code(session_item_add(f->store, add_session(f->store, 31, "room-2", 1), item, 1, 0), 0);
        assert_return_code(exposure_add(f->store, &x), 0);
        x = (ExposureRow){ .at_us = AT, .detail = "cut" };
        assert_return_code(exposure_add(f->store, &x), 0);
        x.first_aid_us = x.reported_us = x.closed_us = AT + 1;
        assert_return_code(exposure_save(f->store, &x), 0);
        assert_return_code(store_commit(f->store), 0);
        case_serve(f, &(BusSource){ .config = fake_config });
        *state = f;
        return 0;
}

static sd_bus_message *get(Fixture *f, uint64_t id, uint64_t item_before, uint64_t room_before) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "GetExposure");

        assert_return_code(sd_bus_message_append(m, "ttt", id, item_before, room_before), 0);
        return ask(f, m);
}

static void an_exposure_names_who_was_treated_and_who_was_before(void **state) {
        sd_bus_message *m = get(*state, 1, 0, 0);
        char text[1024];

        assert_member_text(m, "state", "open");
        assert_member_text(m, "session", "s-30");
        assert_member_text(m, "patient", "p-30");
        assert_member_text(m, "detail", "cut");
        list_texts(m, "item_sessions", "patient", text, sizeof(text));
        assert_string_equal(text, "p-31 p-30 p-20 p-10");
        list_texts(m, "room_sessions", "patient", text, sizeof(text));
        assert_string_equal(text, "p-30 p-29 p-28 p-27 p-26 p-25 p-24 p-23 p-22 p-21 p-20 p-19 p-18 p-17 p-16 p-15 p-14 "
                                  "p-13 p-12 p-11");
        assert_member_number(m, "room_next", "x", 11);
        sd_bus_message_unref(m);
}

/* 42 days before the injury was s-10: those before it are left out, since the last 20 were there already. */
static void the_next_page_of_a_room_ends_with_the_policys_days(void **state) {
        sd_bus_message *m = get(*state, 1, 1, 11);
        char text[1024];

        list_texts(m, "room_sessions", "patient", text, sizeof(text));
        assert_string_equal(text, "p-10");
        list_texts(m, "item_sessions", "patient", text, sizeof(text));
        assert_string_equal(text, "");
        assert_false(body_has(m, "room_next"));
        sd_bus_message_unref(m);
}

static void the_last_twenty_are_there_however_old_they_are(void **state) {
        char text[1024];
        sd_bus_message *m;

        config.policy.exposure_days = 1;
        m = get(*state, 1, 0, 0);
        list_texts(m, "room_sessions", "session", text, sizeof(text));
        assert_non_null(strstr(text, "s-11"));
        assert_false(body_has(m, "room_next"));
        sd_bus_message_unref(m);
        config.policy.exposure_days = 42;
}

static void what_is_still_open_is_told(void **state) {
        sd_bus_message *m = get(*state, 1, 1, 1);

        assert_true(body_has(m, "first-aid") && body_has(m, "exposure-report") && body_has(m, "turnover"));
        sd_bus_message_unref(m);
        m = get(*state, 2, 0, 0);
        assert_member_text(m, "state", "closed");
        assert_member_text(m, "room", NULL);
        assert_false(body_has(m, "\"turnover\""));
        sd_bus_message_unref(m);
        assert_error(get(*state, 3, 0, 0), BUS_ERROR_NOT_FOUND, "no exposure 3");
        assert_error(get(*state, UINT64_MAX, 0, 0), BUS_ERROR_NOT_FOUND, "no exposure");
}

static void the_list_names_no_patient_and_leaves_out_what_is_closed(void **state) {
        sd_bus_message *m = new_call(*state, BUS_INTERFACE, "ListExposures");

        assert_return_code(sd_bus_message_append(m, "tbu", (uint64_t)0, 0, 0U), 0);
        m = ask(*state, m);
        assert_true(body_has(m, "s-30"));
        assert_false(body_has(m, "p-30") || body_has(m, "closed"));
        sd_bus_message_unref(m);
        m = new_call(*state, BUS_INTERFACE, "ListExposures");
        assert_return_code(sd_bus_message_append(m, "tbu", (uint64_t)1, 1, 0U), 0);
        m = ask(*state, m);
        assert_true(body_has(m, "closed"));
        assert_false(body_has(m, "s-30"));
        sd_bus_message_unref(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(an_exposure_names_who_was_treated_and_who_was_before),
                TEST(the_next_page_of_a_room_ends_with_the_policys_days),
                TEST(the_last_twenty_are_there_however_old_they_are),
                TEST(what_is_still_open_is_told),
                TEST(the_list_names_no_patient_and_leaves_out_what_is_closed),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
