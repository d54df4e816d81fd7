/* SPDX-License-Identifier: Apache-2.0 */
/* Acts on a system bus that this test plays, with its polkit: what is asked, what is shown, and what comes of answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bus-case.h"
#include "core/limits.h"

#include <time.h>

#define CALLER ":1.7"
#define USER 61001
#define QUESTIONS 64

static struct {
        Fixture *f;
        sd_bus *bus; /* its other end is the daemon's */
        int listening;
        char address[96], path[64];
        const char *person;
        sd_bus_message *questions[QUESTIONS]; /* to polkit, unanswered */
        unsigned n_questions, n_cancelled, n_done, n_errors, n_unsigned[_UNSIGNED_MAX];
        uint64_t looks, seen; /* how often it was looked; which look the act had */
        bool held, silent;    /* nothing is signed for a while; the bus says of nobody who they are */
        uint32_t user;
        const char *caller;
        unsigned turns; /* of the loop after each call */
        char subject[1024], error[128]; /* last shown, last answered */
} w;

static const Config *fake_config(void *userdata) {
        static ConfigPractitioner person;
        static const Config config = { .practitioners = &person, .n_practitioners = 1 };

        (void)userdata;
        person = (ConfigPractitioner){ .id = w.person, .name = w.person, .uid = w.user };
        return &config;
}

static int fake_may(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX], ActSeen *ret_seen) {
        (void)userdata;
        (void)act;
        snprintf(ret_text, ACT_TEXT_MAX, "Not for a while.");
        ret_seen->n = 1;
        ret_seen->marks[0] = ++w.looks;
        return w.held ? ACT_HELD_OFF : ACT_DONE;
}

static int fake_not_signed(void *userdata, const Act *act, ActUnsigned how) {
        (void)userdata;
        assert_int_equal(act->uid, w.user);
        assert_string_equal(act->subject, "ac-1");
        w.n_unsigned[how]++;
        return 0;
}

static int fake_act(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        (void)userdata;
        assert_int_equal(act->uid, w.user);
        assert_non_null(act->seen);
        w.seen = act->seen->marks[0];
        w.n_done++;
        snprintf(ret_text, ACT_TEXT_MAX, "It is done.");
        return ACT_DONE;
}

static int answer_who(sd_bus_message *m) {
        return sd_bus_reply_method_return(m, "a{sv}", 2, "UnixUserID", "u", (uint32_t)w.user, "ProcessID", "u", 7);
}

static int keep_question(sd_bus_message *m) {
        const char *key, *value;

        assert_true(w.n_questions < QUESTIONS);
        assert_true(sd_bus_message_skip(m, "(sa{sv})s") > 0);
        assert_true(sd_bus_message_enter_container(m, 'a', "{ss}") > 0);
        while (sd_bus_message_read(m, "{ss}", &key, &value) > 0)
                if (streq(key, "subject"))
                        snprintf(w.subject, sizeof(w.subject), "%s", value);
        w.questions[w.n_questions++] = sd_bus_message_ref(m);
        return 1;
}

/* What the daemon asks the bus and polkit. Whatever is not answered here, it must not wait for. */
static int on_asked(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const char *member = sd_bus_message_get_member(m) ?: "";

        (void)userdata;
        (void)error;
        if (streq(member, "Hello"))
                return sd_bus_reply_method_return(m, "s", ":1.1");
        if (streq(member, "RequestName"))
                return sd_bus_reply_method_return(m, "u", 1);
        if (streq(member, "AddMatch"))
                return sd_bus_reply_method_return(m, NULL);
        if (streq(member, "GetConnectionCredentials"))
                return w.silent ? 1 : answer_who(m);
        if (streq(member, "CheckAuthorization"))
                return keep_question(m);
        w.n_cancelled += streq(member, "CancelCheckAuthorization");
        return sd_bus_message_is_method_call(m, NULL, NULL) > 0;
}

static int64_t now_us(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return (int64_t)t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

static void turn(unsigned n) {
        for (unsigned i = 0; i < n; i++)
                sd_event_run(w.f->event, 1000);
}

static void listen_as_bus(void) {
        struct sockaddr_un sa = { .sun_family = AF_UNIX };

        snprintf(w.path, sizeof(w.path), "%s/bus", w.f->dir);
        snprintf(w.address, sizeof(w.address), "unix:path=%s", w.path);
        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", w.path);
        w.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        assert_return_code(bind(w.listening, (struct sockaddr *)&sa, sizeof(sa)), errno);
        assert_return_code(listen(w.listening, 1), errno);
        assert_return_code(setenv("DBUS_SYSTEM_BUS_ADDRESS", w.address, 1), errno);
}

static void be_the_bus(void) {
        int fd = accept4(w.listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        sd_id128_t id;

        assert_return_code(fd, errno);
        assert_return_code(sd_id128_randomize(&id), 0);
        assert_return_code(sd_bus_new(&w.bus), 0);
        assert_return_code(sd_bus_set_fd(w.bus, fd, fd), 0);
        assert_return_code(sd_bus_set_server(w.bus, true, id), 0);
        assert_return_code(sd_bus_start(w.bus), 0);
        assert_return_code(sd_bus_add_filter(w.bus, NULL, on_asked, NULL), 0);
        assert_return_code(sd_bus_attach_event(w.bus, w.f->event, 0), 0);
}

static int setup(void **state) {
        const BusSource source = { .act = fake_act, .may = fake_may, .not_signed = fake_not_signed, .config = fake_config };
        BusSource with_store = source;

        memset(&w, 0, sizeof(w));
        w.person = "ana";
        w.user = USER;
        w.caller = CALLER;
        w.turns = 20;
        *state = w.f = case_open();
        listen_as_bus();
        with_store.store = w.f->store;
        assert_return_code(
                bus_new(&w.f->bus, w.f->event, &(BusOptions){ .path = w.f->socket, .system = true }, &with_store), 0);
        be_the_bus();
        w.f->client = connect_client(w.f);
        turn(50);
        return 0;
}

static int teardown(void **state) {
        for (unsigned i = 0; i < w.n_questions; i++)
                sd_bus_message_unref(w.questions[i]);
        disconnect_client(w.bus);
        close(w.listening);
        unlink(w.path);
        unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
        return case_close(state);
}

static int on_answered(sd_bus_message *m, void *userdata, sd_bus_error *error) {
        const sd_bus_error *e = sd_bus_message_get_error(m);

        (void)userdata;
        (void)error;
        w.n_errors += e != NULL;
        if (e)
                snprintf(w.error, sizeof(w.error), "%s", e->name);
        return 1;
}

static void call(const char *member, const char *types, ...) {
        sd_bus_message *m;
        va_list ap;

        assert_return_code(sd_bus_message_new_method_call(w.bus, &m, "org.asepsis1", BUS_PATH, BUS_INTERFACE, member), 0);
        assert_return_code(sd_bus_message_set_sender(m, w.caller), 0);
        assert_return_code(sd_bus_message_set_allow_interactive_authorization(m, 1), 0);
        va_start(ap, types);
        assert_return_code(sd_bus_message_appendv(m, types, ap), 0);
        va_end(ap);
        assert_return_code(sd_bus_call_async(w.bus, NULL, m, on_answered, NULL, 60 * US_PER_S), 0);
        sd_bus_message_unref(m);
        turn(w.turns);
}

static void return_autoclave(void) {
        call("ReturnAutoclave", "sss", "ac-1", "", "mended");
}

static void take_autoclave_out(void) {
        call("PutAutoclaveOut", "ssss", "ac-1", "fault", "", "it leaks");
}

/* polkit's word on what it was asked last but `before`. */
static void polkit_says(unsigned before, bool authorized, bool challenge) {
        sd_bus_message *m = w.questions[w.n_questions - 1 - before];

        assert_return_code(sd_bus_reply_method_return(m, "(bba{ss})", authorized, challenge, 0), 0);
        turn(20);
}

/* The dialog that is up is closed by whoever sits there. */
static void person_dismisses(void) {
        sd_bus_message *m = w.questions[w.n_questions - 1];

        assert_return_code(sd_bus_reply_method_return(m, "(bba{ss})", 0, 0, 2, "polkit.result", "x", "polkit.dismissed", "true"), 0);
        turn(20);
}

static void caller_leaves(void) {
        sd_bus_message *m;

        assert_return_code(sd_bus_message_new_signal(w.bus, &m, "/org/freedesktop/DBus", "org.freedesktop.DBus",
                                                     "NameOwnerChanged"), 0);
        assert_return_code(sd_bus_message_set_sender(m, "org.freedesktop.DBus"), 0);
        assert_return_code(sd_bus_message_append(m, "sss", w.caller, w.caller, ""), 0);
        assert_return_code(sd_bus_send(w.bus, m, NULL), 0);
        sd_bus_message_unref(m);
        turn(20);
}

static void an_act_is_taken_up_without_waiting_for_the_bus(void **state) {
        const int64_t began = now_us();

        (void)state;
        take_autoclave_out();
        assert_true(now_us() - began < 10 * US_PER_S);
        assert_int_equal(w.n_questions, 1);
        polkit_says(0, true, false);
        assert_int_equal(w.n_done, 1);
}

static void what_is_signed_is_done_once_and_whoever_left_has_done_nothing(void **state) {
        (void)state;
        return_autoclave();
        polkit_says(0, false, true);
        polkit_says(0, true, false);
        assert_int_equal(w.n_done, 1);
        return_autoclave();
        polkit_says(0, false, true);
        caller_leaves();
        assert_int_equal(w.n_cancelled, 1);
        assert_int_equal(w.n_unsigned[UNSIGNED_LEFT], 1);
        polkit_says(0, true, false);
        assert_int_equal(w.n_done, 1);
}

static void nobody_signs_in_the_name_of_whom_a_reload_has_put_in_their_place(void **state) {
        (void)state;
        return_autoclave();
        polkit_says(0, false, true);
        w.person = "ben";
        polkit_says(0, true, false);
        assert_int_equal(w.n_done, 0);
        assert_string_equal(w.error, BUS_ERROR_REFUSED);
}

static void what_only_locks_is_not_held_up_by_signatures_that_wait(void **state) {
        (void)state;
        for (unsigned i = 0; i < BUS_QUESTIONS_USER_MAX; i++) {
                return_autoclave();
                polkit_says(0, false, true);
        }
        assert_int_equal(w.n_errors, 0);
        return_autoclave();
        assert_string_equal(w.error, BUS_ERROR_BUSY);
        assert_int_equal(w.n_errors, 1);
        take_autoclave_out();
        polkit_says(0, true, false);
        assert_int_equal(w.n_done, 1);
        assert_int_equal(w.n_errors, 1);
}

static void what_is_signed_is_shown_in_full_and_on_one_line(void **state) {
        (void)state;
        call("RegisterQualification", "ssssss", "ana", "skin-needling", "2030-01-31", "paper", "", "why");
        assert_string_equal(w.subject, "ana (skin-needling until 2030-01-31)");
        polkit_says(0, true, false);
        call("ReturnAutoclave", "sss", "ac-1\nand all others\033[2J", "", "mended");
        assert_string_equal(w.subject, "ac-1?and all others?[2J");
        polkit_says(0, true, false);
        call("ErasePatient", "sss", "p-1", "", "why");
        assert_string_equal(w.subject, "patient (p-1)");
        polkit_says(0, true, false);
        call("Override", "ssss", "s-1", "room-not-disinfected", "", "why");
        assert_string_equal(w.subject, "s-1 (room-not-disinfected)");
}

static void what_was_not_signed_is_evidence_and_what_nobody_was_asked_is_none(void **state) {
        (void)state;
        return_autoclave();
        polkit_says(0, false, true);
        polkit_says(0, false, false);
        assert_string_equal(w.error, BUS_ERROR_NOT_AUTHORIZED);
        assert_int_equal(w.n_unsigned[UNSIGNED_PASSWORD], 1);
        return_autoclave();
        polkit_says(0, false, true);
        person_dismisses();
        assert_string_equal(w.error, BUS_ERROR_NOT_AUTHORIZED);
        assert_int_equal(w.n_unsigned[UNSIGNED_DISMISSED], 1);
        return_autoclave();
        polkit_says(0, false, false);
        assert_int_equal(w.n_unsigned[UNSIGNED_RULE], 1);
        return_autoclave();
        polkit_says(0, false, true);
        polkit_says(0, false, true);
        assert_int_equal(w.n_errors, 4);
        return_autoclave();
        caller_leaves();
        assert_int_equal(w.n_unsigned[UNSIGNED_PASSWORD] + w.n_unsigned[UNSIGNED_DISMISSED] + w.n_unsigned[UNSIGNED_RULE] +
                                 w.n_unsigned[UNSIGNED_LEFT],
                         3);
        assert_int_equal(w.n_done, 0);
}

/* Whoever can change what a call means does not guess unseen. */
static void a_wrong_password_is_evidence_also_where_the_call_means_something_else_by_then(void **state) {
        (void)state;
        return_autoclave();
        polkit_says(0, false, true);
        w.person = "ben";
        polkit_says(0, false, false);
        assert_string_equal(w.error, BUS_ERROR_NOT_AUTHORIZED);
        assert_int_equal(w.n_unsigned[UNSIGNED_PASSWORD], 1);
        assert_int_equal(w.n_done, 0);
}

static void while_a_login_is_held_off_polkit_is_not_asked(void **state) {
        (void)state;
        w.held = true;
        return_autoclave();
        assert_string_equal(w.error, BUS_ERROR_HELD_OFF);
        assert_int_equal(w.n_questions, 0);
        assert_int_equal(w.n_done, 0);
}

static void the_act_has_what_stood_when_the_person_was_asked_and_nothing_later(void **state) {
        (void)state;
        return_autoclave();
        polkit_says(0, false, true);
        take_autoclave_out();
        polkit_says(1, true, false);
        assert_int_equal(w.n_done, 1);
        assert_int_equal(w.seen, 1);
        assert_int_equal(w.looks, 2);
}

static void nobody_who_calls_without_end_shuts_the_others_out(void **state) {
        char names[BUS_STRANGERS_MAX][16];

        (void)state;
        w.silent = true;
        for (unsigned i = 0; i < 10; i++)
                return_autoclave();
        assert_int_equal(w.n_errors, 10 - BUS_STRANGERS_PEER_MAX);
        assert_string_equal(w.error, BUS_ERROR_BUSY);
        w.turns = 6;
        for (unsigned i = 0; i < 255; i++) {
                snprintf(names[i], sizeof(names[i]), ":1.%u", 100 + i);
                w.caller = names[i];
                return_autoclave();
        }
        w.turns = 20;
        w.error[0] = '\0';
        w.silent = false;
        w.user = USER + 1;
        w.caller = ":1.8";
        return_autoclave();
        polkit_says(0, false, true);
        polkit_says(0, true, false);
        assert_string_not_equal(w.error, BUS_ERROR_BUSY);
        assert_int_equal(w.n_done, 1);
}

static void a_user_has_few_places_however_many_connections_they_call_from(void **state) {
        (void)state;
        return_autoclave();
        w.caller = ":1.20";
        return_autoclave();
        w.caller = ":1.21";
        return_autoclave();
        assert_string_equal(w.error, BUS_ERROR_BUSY);
        assert_int_equal(w.n_questions, BUS_QUESTIONS_USER_MAX);
        w.user = USER + 1;
        w.caller = ":1.22";
        return_autoclave();
        assert_int_equal(w.n_questions, BUS_QUESTIONS_USER_MAX + 1);
        assert_int_equal(w.n_errors, 1);
}

static void a_pseudonym_that_cannot_be_shown_in_full_is_refused(void **state) {
        char patient[4 * LABEL_MAX + 1];

        (void)state;
        memset(patient, 'p', sizeof(patient) - 1);
        patient[sizeof(patient) - 1] = '\0';
        call("ErasePatient", "sss", patient, "", "why");
        assert_string_equal(w.error, BUS_ERROR_REFUSED);
        assert_int_equal(w.n_questions, 0);
}

int main(void) {
        const struct CMUnitTest tests[] = {
#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
                CASE(an_act_is_taken_up_without_waiting_for_the_bus),
                CASE(what_is_signed_is_done_once_and_whoever_left_has_done_nothing),
                CASE(nobody_signs_in_the_name_of_whom_a_reload_has_put_in_their_place),
                CASE(what_only_locks_is_not_held_up_by_signatures_that_wait),
                CASE(what_is_signed_is_shown_in_full_and_on_one_line),
                CASE(what_was_not_signed_is_evidence_and_what_nobody_was_asked_is_none),
                CASE(a_wrong_password_is_evidence_also_where_the_call_means_something_else_by_then),
                CASE(while_a_login_is_held_off_polkit_is_not_asked),
                CASE(the_act_has_what_stood_when_the_person_was_asked_and_nothing_later),
                CASE(nobody_who_calls_without_end_shuts_the_others_out),
                CASE(a_user_has_few_places_however_many_connections_they_call_from),
                CASE(a_pseudonym_that_cannot_be_shown_in_full_is_refused),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
