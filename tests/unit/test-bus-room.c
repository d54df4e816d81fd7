/* SPDX-License-Identifier: Apache-2.0 */
/* Rooms at the control interface: what stands in the ledger of each, and the two acts on them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "bus-case.h"
#include "store/rooms.h"

static ActType act_type;
static char act_subject[CODE_MAX + 1];

static int fake_act(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        (void)userdata;
        act_type = act->type;
        snprintf(act_subject, sizeof(act_subject), "%s", act->subject);
        snprintf(ret_text, ACT_TEXT_MAX, "It is done.");
        return 0;
}

static const Config *fake_config(void *userdata) {
        static const ConfigRoom rooms[] = { { .id = "room-1", .name = "First" }, { .id = "room-2", .name = "Second" } };
        static const ConfigDevice devices[] = {
                { .id = "relay-1", .kinds = 1U << KIND_ACTUATOR, .room = "room-1" },
                { .id = "pen-1", .kinds = 1U << KIND_HANDPIECE, .room = "room-1" },
                { .id = "relay-2", .kinds = 1U << KIND_ACTUATOR, .room = "room-2" },
        };
        static const Config config = { .rooms = rooms, .n_rooms = 2, .devices = devices, .n_devices = 3 };

        (void)userdata;
        return &config;
}

static int64_t boot_now(void) {
        struct timespec t;

        clock_gettime(CLOCK_BOOTTIME, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* A session runs in room-1, leased for 60 s; an earlier permit of room-2 holds for 30 s, and it is locked. */
static void fill(Store *s) {
        const int64_t now = boot_now();
        SessionRow session = { .label = "s-1",
                               .room = "room-1",
                               .practitioner = "ana",
                               .patient = "p-secret",
                               .procedure = "skin-needling",
                               .state = SESSION_RUNNING,
                               .allowed_us = 1000 * US_PER_S,
                               .lease_until_us = now + 60 * US_PER_S,
                               .outcome = -1 };
        RoomRow one = { .id = "room-1", .interlock = INTERLOCK_RUNNING, .release_until_us = now + 60 * US_PER_S },
                two = { .id = "room-2",
                        .session_end_us = 5 * US_PER_S,
                        .release_until_us = now + 30 * US_PER_S,
                        .hold_until_us = now + 31 * US_PER_S };
        const RelayRow relay = { .device = "relay-1",
                                 .room = "room-1",
                                 .said = RELAY_SAID_ENERGISED,
                                 .at_us = 7 * US_PER_S,
                                 .permit_until_us = now + 50 * US_PER_S };

        assert_return_code(session_add(s, &session), 0);
        assert_return_code(room_interlock_save(s, &one), 0);
        assert_return_code(room_save(s, &two), 0);
        assert_return_code(room_interlock_save(s, &two), 0);
        assert_return_code(relay_save(s, &relay), 0);
        assert_int_equal(room_lock_put(s, "room-2", "reuse-detected", "s-0", "it was used twice", 3, 8 * US_PER_S), 1);
        assert_int_equal(room_lock_put(s, "room-2", "reuse-detected", NULL, "it was used thrice", 4, 9 * US_PER_S), 0);
        assert_int_equal(room_lock_put(s, "room-2", "clone-detected", NULL, "it is a copy", 5, 9 * US_PER_S), 1);
}

static int setup(void **state) {
        Fixture *f = case_open();

        fill(f->store);
        case_serve(f, &(BusSource){ .act = fake_act, .config = fake_config });
        *state = f;
        return 0;
}

/* A number between; seconds pass while the test runs. */
static void assert_member_about(sd_bus_message *m, const char *name, int64_t least, int64_t most) {
        const char *type;
        int64_t is = 0;

        sd_bus_message_rewind(m, true);
        assert_int_equal(enter_member(m, name, &type), 1);
        assert_true(sd_bus_message_read_basic(m, type[0], &is) > 0);
        assert_in_range(is, least, most);
}

static void a_room_says_its_state_session_and_until_when_it_could_be_released(void **state) {
        sd_bus_message *m = ask_text(*state, "GetRoom", "room-1");

        assert_member_text(m, "room", "room-1");
        assert_member_text(m, "name", "First");
        assert_member_text(m, "state", "running");
        assert_member_text(m, "session", "s-1");
        assert_member_text(m, "session_state", "running");
        assert_member_about(m, "releasable_s", 55, 60);
        assert_member_about(m, "held_s", 0, 0);
        assert_member_text(m, "held_until", NULL);
        assert_member_about(m, "disinfection_due", 0, 0);
        assert_false(body_has(m, "p-secret"));
        sd_bus_message_unref(m);
}

static void a_room_without_a_session_may_be_releasable_all_the_same(void **state) {
        sd_bus_message *m = ask_text(*state, "GetRoom", "room-2");

        assert_member_text(m, "state", "locked");
        assert_member_text(m, "session", NULL);
        assert_member_about(m, "releasable_s", 25, 30);
        assert_member_about(m, "held_s", 26, 31);
        assert_member_about(m, "disinfection_due", 1, 1);
        sd_bus_message_unref(m);
}

static void locks_are_listed_with_cause_and_count(void **state) {
        sd_bus_message *m = ask_text(*state, "GetRoom", "room-2");
        char found[256];

        list_texts(m, "locks", "rule", found, sizeof(found));
        assert_string_equal(found, "clone-detected reuse-detected");
        list_texts(m, "locks", "text", found, sizeof(found));
        assert_string_equal(found, "it is a copy it was used thrice");
        assert_true(body_has(m, "s-0"));
        sd_bus_message_unref(m);
}

static void relays_are_those_of_the_configuration(void **state) {
        sd_bus_message *m = ask_text(*state, "GetRoom", "room-1");
        char found[256];

        list_texts(m, "relays", "relay", found, sizeof(found));
        assert_string_equal(found, "relay-1");
        list_texts(m, "relays", "said", found, sizeof(found));
        assert_string_equal(found, "energised");
        sd_bus_message_unref(m);
        m = ask_text(*state, "GetRoom", "room-2");
        list_texts(m, "relays", "said", found, sizeof(found));
        assert_string_equal(found, "nothing");
        sd_bus_message_unref(m);
}

static void all_rooms_are_listed_as_configured(void **state) {
        sd_bus_message *m = ask_text(*state, "ListRooms", NULL);
        char found[256];

        list_texts(m, NULL, "room", found, sizeof(found));
        assert_string_equal(found, "room-1 room-2");
        sd_bus_message_unref(m);
        assert_error(ask_text(*state, "GetRoom", "room-9"), BUS_ERROR_NOT_FOUND, "No room room-9");
}

static void acts_reach_the_one_who_decides(void **state) {
        static const struct {
                const char *member, *subject;
                ActType type;
        } acts[] = { { "UnlockRoom", "room-2", ACT_ROOM_UNLOCK }, { "EndSession", "s-1", ACT_SESSION_END } };
        Fixture *f = *state;

        for (size_t i = 0; i < ELEMENTSOF(acts); i++) {
                sd_bus_message *m = new_call(f, BUS_INTERFACE, acts[i].member);

                assert_return_code(sd_bus_message_append(m, "sss", acts[i].subject, "clara", "looked into it"), 0);
                m = ask(f, m);
                assert_member_text(m, "text", "It is done.");
                assert_int_equal(act_type, acts[i].type);
                assert_string_equal(act_subject, acts[i].subject);
                sd_bus_message_unref(m);
        }
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                CASE(a_room_says_its_state_session_and_until_when_it_could_be_released),
                CASE(a_room_without_a_session_may_be_releasable_all_the_same),
                CASE(locks_are_listed_with_cause_and_count),
                CASE(relays_are_those_of_the_configuration),
                CASE(all_rooms_are_listed_as_configured),
                CASE(acts_reach_the_one_who_decides),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
