/* SPDX-License-Identifier: Apache-2.0 */
/* Objects with properties, and what is told to whom when something changes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bus-case.h"
#include "store/alerts.h"

#include <time.h>

#define STATE "asepsis/v1/clinic/state/"

static struct {
        unsigned events, changes;
        char kinds[4096], last[4096]; /* of Events; the last message as text */
} heard;

static void fake_status(void *userdata, Status *ret) {
        (void)userdata;
        *ret = (Status){ .state = "online", .version = "1", .acts = "signed", .armed = true, .audit_size = 7 };
}

static const Config *fake_config(void *userdata) {
        static const ConfigRoom rooms[] = { { .id = "room-1", .name = "Room 1" } };
        static const ConfigAutoclave autoclaves[] = { { .id = "ac-1", .name = "Autoclave 1" } };
        static const Config config = { .rooms = rooms, .n_rooms = 1, .autoclaves = autoclaves, .n_autoclaves = 1 };

        (void)userdata;
        return &config;
}

static int fake_autoclave(void *userdata, const char *id, AutoclaveStatus *ret) {
        (void)userdata;
        (void)id;
        *ret = (AutoclaveStatus){};
        return 1;
}

static int setup(void **state) {
        Fixture *f = case_open();
        AlertRow alert;

        assert_return_code(alert_put(f->store, "disk-low", "disk", ALERT_WARNING, "Free some.", 5, &alert), 0);
        memset(&heard, 0, sizeof(heard));
        case_serve(f, &(BusSource){ .status = fake_status, .config = fake_config, .autoclave = fake_autoclave });
        *state = f;
        return 0;
}

static int on_signal(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        char *dump = NULL;
        const char *kind;
        size_t n;
        FILE *to = open_memstream(&dump, &n);

        (void)userdata;
        (void)error;
        assert_non_null(to);
        assert_return_code(sd_bus_message_dump(m, to, 0), 0);
        fclose(to);
        snprintf(heard.last, sizeof(heard.last), "%s", dump);
        free(dump);
        sd_bus_message_rewind(m, true);
        if (sd_bus_message_is_signal(m, "org.freedesktop.DBus.Properties", "PropertiesChanged"))
                heard.changes++;
        else if (sd_bus_message_is_signal(m, BUS_INTERFACE, "Event")) {
                heard.events++;
                assert_true(sd_bus_message_read(m, "s", &kind) > 0);
                snprintf(heard.kinds + strlen(heard.kinds), sizeof(heard.kinds) - strlen(heard.kinds), "%s ", kind);
        }
        return 0;
}

static sd_bus_message *subscribe(Fixture *f, bool on) {
        return ask(f, new_call(f, BUS_INTERFACE, on ? "Subscribe" : "Unsubscribe"));
}

static void listen_to(Fixture *f) {
        assert_return_code(sd_bus_add_filter(f->client, NULL, on_signal, NULL), 0);
        sd_bus_message_unref(subscribe(f, true));
}

static int64_t now_us(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* Until so many Events were heard, and a while beyond, in which no further one may come. */
static void hear(Fixture *f, unsigned events) {
        int64_t end = now_us() + 20 * US_PER_S;

        while (heard.events < events && now_us() < end)
                sd_event_run(f->event, 1000);
        for (end = now_us() + 150 * US_PER_MS; now_us() < end;)
                sd_event_run(f->event, 1000);
        assert_int_equal(heard.events, events);
}

static void publish(Fixture *f, const char *topic, const char *payload) {
        bus_published(f->bus, topic, payload, strlen(payload));
}

static char *property(Fixture *f, const char *path, const char *interface, const char *name) {
        sd_bus_message *m = NULL, *reply;
        char *dump = NULL;
        size_t n;
        FILE *to = open_memstream(&dump, &n);

        assert_non_null(to);
        assert_return_code(
                sd_bus_message_new_method_call(f->client, &m, NULL, path, "org.freedesktop.DBus.Properties", "Get"), 0);
        assert_return_code(sd_bus_message_append(m, "ss", interface, name), 0);
        reply = ask(f, m);
        assert_return_code(sd_bus_message_dump(reply, to, 0), 0);
        fclose(to);
        sd_bus_message_unref(reply);
        return dump;
}

static void assert_property(Fixture *f, const char *path, const char *interface, const char *name, const char *want) {
        char *is = property(f, path, interface, name);

        if (!strstr(is, want))
                fail_msg("%s of %s is %s, not %s", name, path, is, want);
        free(is);
}

static void each_object_shows_what_can_change_about_it(void **state) {
        Fixture *f = *state;

        assert_property(f, BUS_PATH, BUS_INTERFACE, "State", "\"online\"");
        assert_property(f, BUS_PATH, BUS_INTERFACE, "AuditSize", "INT64 7");
        assert_property(f, BUS_PATH "/room/room_2d1", "org.asepsis1.Room", "Name", "\"Room 1\"");
        assert_property(f, BUS_PATH "/room/room_2d1", "org.asepsis1.Room", "State", "\"locked\"");
        assert_property(f, BUS_PATH "/autoclave/ac_2d1", "org.asepsis1.Autoclave", "Service", "\"in\"");
        assert_property(f, BUS_PATH "/alert/_31", "org.asepsis1.Alert", "Rule", "\"disk-low\"");
        assert_property(f, BUS_PATH "/alert/_32", "org.asepsis1.Alert", "Rule", "Unknown object");
        assert_property(f, BUS_PATH "/alert/_31x", "org.asepsis1.Alert", "Rule", "Unknown object");
        assert_property(f, BUS_PATH "/room/room_2d2", "org.asepsis1.Room", "Name", "Unknown object");
}

static void a_change_is_told_once_as_it_is_at_last(void **state) {
        Fixture *f = *state;

        listen_to(f);
        publish(f, STATE "room/room-1/interlock", "{\"state\":\"authorised\"}");
        publish(f, STATE "room/room-1/interlock", "{\"state\":\"running\",\"session\":\"s-1\"}");
        hear(f, 1);
        assert_string_equal(heard.kinds, "room ");
        assert_int_equal(heard.changes, 2); /* the room, and how many sessions live */
        publish(f, "asepsis/v1/clinic/down/station/station-1/receipt", "{\"seq\":1}");
        hear(f, 1);
}

static void only_who_has_asked_for_it_is_told(void **state) {
        Fixture *f = *state;

        assert_return_code(sd_bus_add_filter(f->client, NULL, on_signal, NULL), 0);
        publish(f, STATE "daemon", "{\"state\":\"online\"}");
        hear(f, 0);
        assert_int_equal(heard.changes, 0);
        sd_bus_message_unref(subscribe(f, true));
        publish(f, STATE "daemon", "{\"state\":\"online\"}");
        hear(f, 1);
        sd_bus_message_unref(subscribe(f, false));
        publish(f, STATE "daemon", "{\"state\":\"online\"}");
        hear(f, 1);
}

static void of_a_decision_neither_permit_nor_nonce_nor_the_words_are_told(void **state) {
        Fixture *f = *state;

        listen_to(f);
        publish(f, "asepsis/v1/clinic/down/room/room-1/decision",
                "{\"session\":\"s-1\",\"nonce\":\"NONCE\",\"verdict\":\"deny\",\"permit\":\"PERMIT\",\"reasons\":"
                "[{\"rule\":\"item-other-patient\",\"text\":\"It is of p-4711.\"}]}");
        hear(f, 1);
        assert_string_equal(heard.kinds, "decision ");
        assert_non_null(strstr(heard.last, "\"s-1\""));
        assert_non_null(strstr(heard.last, "\"item-other-patient\""));
        assert_null(strstr(heard.last, "NONCE"));
        assert_null(strstr(heard.last, "PERMIT"));
        assert_null(strstr(heard.last, "p-4711"));
}

static void what_is_no_json_and_too_much_at_once_do_no_harm(void **state) {
        Fixture *f = *state;

        listen_to(f);
        publish(f, STATE "alert/1", "{\"text\":");
        publish(f, STATE "alert/", "");
        publish(f, "", "");
        for (int i = 0; i < 500; i++)
                publish(f, "asepsis/v1/clinic/down/room/room-1/decision", "{\"session\":\"s\"}");
        hear(f, 1 + 128);
        assert_int_equal(strncmp(heard.kinds, "lost alert decision ", 20), 0);
}

static void no_more_than_so_many_listen(void **state) {
        Fixture *f = *state;
        sd_bus *own = f->client, *more[BUS_LISTENERS_MAX];

        for (int i = 0; i < BUS_LISTENERS_MAX; i++) {
                f->client = more[i] = connect_client(f);
                sd_bus_message_unref(subscribe(f, true));
        }
        f->client = own;
        assert_error(subscribe(f, true), BUS_ERROR_BUSY, "listen");
        disconnect_client(more[0]);
        run_for(f, 20);
        sd_bus_message *m = subscribe(f, true);
        assert_null(sd_bus_message_get_error(m));
        sd_bus_message_unref(m);
        for (int i = 1; i < BUS_LISTENERS_MAX; i++)
                disconnect_client(more[i]);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(each_object_shows_what_can_change_about_it),
                TEST(a_change_is_told_once_as_it_is_at_last),
                TEST(only_who_has_asked_for_it_is_told),
                TEST(of_a_decision_neither_permit_nor_nonce_nor_the_words_are_told),
                TEST(what_is_no_json_and_too_much_at_once_do_no_harm),
                TEST(no_more_than_so_many_listen),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
