/* SPDX-License-Identifier: Apache-2.0 */
/* The control interface over a real connection on a real socket, with a real ledger. One loop serves both ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <systemd/sd-bus.h>
#include <unistd.h>

#include "bus-case.h"
#include "config.h"
#include "core/cycle.h"
#include "core/event.h"
#include "store/alerts.h"
#include "store/cycles.h"
#include "store/items.h"
#include "store/recalls.h"
#include "store/sessions.h"
#include "store/treatments.h"

#define ROLLER "(01)00844588003288(21)SN0042"
#define T0 INT64_C(1700000000000000)
#define PATIENT "pseudonym-77"

static int64_t roller_id, tweezers_id;

static void fake_status(void *userdata, Status *ret) {
        (void)userdata;
        *ret = (Status){
                .version = "9.8.7", .boot = "b-1", .log = "l-1", .state = "degraded", .since_us = T0,
                .broker_connected = false, .broker_why = "connection refused", .armed = false,
                .n_doubts = 1, .doubts = { { "clock-untrusted", "The clock went back." } },
                .audit_size = 12, .audit_head = "abcd", .items = 3, .alerts = { 0, 1, 2 }, .messages = 99,
        };
}

static void fill_items(Fixture *f) {
        ItemRow roller = { .code = ROLLER, .class_id = "roller", .product = "00844588003288", .lot = "L1",
                           .expires_on = 20270331, .received_us = T0, .received_i = 1, .supplied = SUPPLIED_STERILE,
                           .supplier_by = "maker", .state = ITEM_STERILE, .state_us = T0 };
        ItemRow tweezers = { .code = "TWEEZERS-1", .class_id = "instrument", .received_us = T0, .received_i = 2,
                             .supplied = SUPPLIED_CONTAMINATED, .state = ITEM_CONTAMINATED, .state_us = T0 };

        assert_return_code(item_add(f->store, &roller), 0);
        assert_return_code(item_add(f->store, &tweezers), 0);
        roller_id = roller.id;
        tweezers_id = tweezers.id;
        snprintf(roller.used_session, sizeof(roller.used_session), "s-77");
        snprintf(roller.patient, sizeof(roller.patient), PATIENT);
        snprintf(roller.damage_reason, sizeof(roller.damage_reason), "bent");
        roller.used_us = T0 + 60 * US_PER_S;
        roller.damaged_us = T0 + 61 * US_PER_S;
        assert_return_code(item_save(f->store, &roller), 0);
}

static void fill_load(Fixture *f) {
        AttemptRow a = { .autoclave = "ac-1", .cycle = 41, .program = "134", .started_us = T0, .start = "{}" };
        PackRow p = { .label = "P-1", .wrap = WRAP_POUCH, .packed_us = T0, .operator = "kim" };
        ItemRow item;

        assert_return_code(attempt_add(f->store, &a), 0);
        a.verdict = CYCLE_VERIFIED;
        a.ended_us = T0 + 1;
        a.released = LOAD_RELEASED;
        a.released_us = T0 + 2;
        snprintf(a.released_by, sizeof(a.released_by), "kim");
        assert_return_code(attempt_save(f->store, &a), 0);
        assert_return_code(pack_add(f->store, &p), 0);
        p.attempt = a.id;
        p.sterile_us = T0 + 2;
        assert_return_code(pack_save(f->store, &p), 0);
        assert_int_equal(item_get(f->store, "TWEEZERS-1", &item), 1);
        item.pack = p.id;
        item.cycles = 7;
        item.state = ITEM_STERILE;
        assert_return_code(item_save(f->store, &item), 0);
}

static int64_t add_session(Fixture *f, const char *label, SessionState state, int64_t at_us, int64_t item) {
        SessionRow s = { .room = "room-1", .practitioner = "dr-meyer", .patient = PATIENT, .procedure = "skin-needling",
                         .state = state, .allowed_us = at_us, .decided_i = 1, .outcome = -1 };

        snprintf(s.label, sizeof(s.label), "%s", label);
        assert_return_code(session_add(f->store, &s), 0);
        assert_return_code(session_item_add(f->store, s.id, item, s.allowed_us, 0), 0);
        return s.id;
}

static void add_request(Fixture *f, const char *session, uint8_t nonce, bool allow, int64_t at_us, const char *answer) {
        RequestRow r = { .nonce = { nonce }, .room = "room-2", .at_us = at_us, .allow = allow, .answer = (char *)answer };

        snprintf(r.session, sizeof(r.session), "%s", session);
        assert_return_code(request_add(f->store, &r), 0);
}

static void fill_treatment(Fixture *f, int64_t session) {
        TreatmentStep step = { .i = 1, .at_us = T0 + 31, .step = STEP_SCREENED, .counts = true, .form_hash = "5f2b" };
        TreatmentRound round = { .i = 2, .at_us = T0 + 32, .last_i = 3, .last_us = T0 + 33, .item = "N1", .area = "cheek",
                                 .round = 1, .has_passes = true, .passes = 11, .has_depth = true, .depth_um = 1250,
                                 .has_motor = true, .motor_us = 74 * US_PER_S };
        const DeviationRow deviation = { .i = 4, .at_us = T0 + 33, .rule = "passes-exceeded", .cause = "cheek/1", .text = "Too many." };

        assert_return_code(treatment_step_add(f->store, session, &step), 0);
        assert_return_code(treatment_round_save(f->store, session, &round), 0);
        assert_return_code(deviation_add(f->store, session, &deviation), 0);
}

static void fill(Fixture *f) {
        AlertRow alert;
        int64_t live;

        assert_return_code(store_begin(f->store), 0);
        fill_items(f);
        fill_load(f);
        add_session(f, "s-77", SESSION_ENDED, T0 + 10, roller_id);
        add_session(f, "s-78", SESSION_LAPSED, T0 + 20, roller_id);
        live = add_session(f, "s-79", SESSION_RUNNING, T0 + 30, tweezers_id);
        assert_return_code(claim_add(f->store, tweezers_id, live), 0);
        fill_treatment(f, live);
        add_request(f, "s-79", 1, true, T0 + 30, "{\"session\":\"s-79\",\"verdict\":\"allow\",\"reasons\":[]}");
        add_request(f, "s-80", 2, false, T0 + 40,
                    "{\"session\":\"s-80\",\"verdict\":\"deny\",\"reasons\":[{\"rule\":\"item-used\",\"item\":\"" ROLLER
                    "\",\"text\":\"Take a new one.\",\"override\":false},{\"rule\":\"room-not-disinfected\",\"text\":\"Clean "
                    "it.\",\"override\":true}]}");
        assert_int_equal(alert_put(f->store, "reuse-detected", "a", ALERT_CRITICAL, "one", T0, &alert), 1);
        assert_int_equal(alert_put(f->store, "broker-lost", "b", ALERT_WARNING, "two", T0, &alert), 1);
        assert_int_equal(alert_settle(f->store, "broker-lost", "b", "kim", T0 + 5, &alert), 1);
        assert_int_equal(alert_put(f->store, "clone-detected", "c", ALERT_CRITICAL, "three", T0, &alert), 1);
        assert_return_code(store_commit(f->store), 0);
}

static int start_bus(Fixture *f, int64_t idle_us) {
        BusOptions options = { .path = f->socket, .idle_us = idle_us };
        BusSource source = { .store = f->store, .status = fake_status };

        return bus_new(&f->bus, f->event, &options, &source);
}

static const Config *fake_config(void *userdata) {
        static const ConfigRoom rooms[] = { { .id = "room-1" } };
        static const Config config = { .rooms = rooms, .n_rooms = 1 };

        (void)userdata;
        return &config;
}

static int setup(void **state) {
        Fixture *f = case_open();

        fill(f);
        case_serve(f, &(BusSource){ .status = fake_status, .config = fake_config });
        *state = f;
        return 0;
}

static void status_tells_how_the_daemon_is(void **state) {
        sd_bus_message *m = ask_text(*state, "GetStatus", NULL);
        const char *type;

        assert_member_text(m, "state", "degraded");
        assert_member_text(m, "version", "9.8.7");
        assert_member_text(m, "broker_why", "connection refused");
        assert_member_number(m, "armed", "b", 0);
        assert_member_number(m, "since", "t", T0);
        assert_member_number(m, "messages", "x", 99);
        assert_member_number(m, "alerts_critical", "x", 2);
        sd_bus_message_rewind(m, true);
        assert_int_equal(enter_member(m, "doubts", &type), 1);
        assert_string_equal(type, "aa{sv}");
        assert_true(body_has(m, "clock-untrusted"));
        sd_bus_message_unref(m);
}

static void an_item_is_found_however_its_code_was_scanned(void **state) {
        static const char *const ways[] = { ROLLER, "]d2010084458800328821SN0042", "010084458800328821SN0042",
                                            "(01)00844588003288(17)270331(21)SN0042" };

        for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
                sd_bus_message *m = ask_text(*state, "GetItem", ways[i]);

                assert_member_text(m, "code", ROLLER);
                sd_bus_message_unref(m);
        }
}

static void an_item_shows_its_row_and_its_marks(void **state) {
        sd_bus_message *m = ask_text(*state, "GetItem", ROLLER);

        assert_member_text(m, "class", "roller");
        assert_member_text(m, "lot", "L1");
        assert_member_text(m, "expires", "2027-03-31");
        assert_member_text(m, "state", "sterile");
        assert_member_text(m, "supplied", "sterile");
        assert_member_text(m, "used_session", "s-77");
        assert_member_number(m, "used_at", "t", T0 + 60 * US_PER_S);
        assert_member_text(m, "damage_reason", "bent");
        assert_member_text(m, "pack", NULL);
        assert_member_text(m, "claimed_by", NULL);
        assert_member_text(m, "recalled", NULL);
        sd_bus_message_unref(m);
}

static void an_item_shows_its_pack_its_load_and_who_holds_it(void **state) {
        sd_bus_message *m = ask_text(*state, "GetItem", "tweezers-1");

        assert_member_text(m, "pack", "P-1");
        assert_member_text(m, "wrap", "pouch");
        assert_member_text(m, "attempt", "ac-1.1");
        assert_member_number(m, "cycle", "x", 41);
        assert_member_number(m, "cycles", "x", 7);
        assert_member_text(m, "verdict", "verified");
        assert_member_text(m, "load", "released");
        assert_member_text(m, "released_by", "kim");
        assert_member_text(m, "claimed_by", "s-79");
        assert_member_text(m, "claimed_room", "room-1");
        assert_member_text(m, "pack_claimed_by", "s-79");
        sd_bus_message_unref(m);
}

/* Kim packed tweezers-1 and released its load; who cleaned it is told now. */
static void an_item_shows_who_made_it_ready_and_where_that_was_one_person(void **state) {
        Fixture *f = *state;
        ItemStepRow step = { .i = 1, .at_us = T0, .item = tweezers_id, .step = ITEM_STEP_CLEAN, .by = "ana", .detail = "manual" };
        sd_bus_message *m;
        char text[256];

        assert_return_code(item_step_add(f->store, &step), 0);
        m = ask_text(f, "GetItem", "tweezers-1");
        assert_member_text(m, "one_person", NULL);
        sd_bus_message_unref(m);
        snprintf(step.by, sizeof(step.by), "kim");
        assert_return_code(item_step_add(f->store, &step), 0);
        step.step = ITEM_STEP_PACK;
        assert_return_code(item_step_add(f->store, &step), 0);
        m = ask_text(f, "GetItem", "tweezers-1");
        list_texts(m, "steps", "step", text, sizeof(text));
        assert_string_equal(text, "pack clean clean");
        list_texts(m, "steps", "by", text, sizeof(text));
        assert_string_equal(text, "kim kim ana");
        assert_member_text(m, "one_person", "kim");
        sd_bus_message_unref(m);
}

static void a_recall_of_the_lot_shows_on_the_item(void **state) {
        Fixture *f = *state;
        RecallRow recall = { .i = 1, .at_us = T0, .reason = "needles loose", .by = "kim", .lot = "L1" };
        sd_bus_message *m;

        assert_return_code(recall_add(f->store, &recall), 0);
        m = ask_text(f, "GetItem", ROLLER);
        assert_member_text(m, "recalled", "needles loose");
        sd_bus_message_unref(m);
}

static void the_history_of_an_item_is_newest_first_and_names_no_patient(void **state) {
        sd_bus_message *m = ask_text(*state, "GetItem", ROLLER);
        char text[256];

        list_texts(m, "sessions", "session", text, sizeof(text));
        assert_string_equal(text, "s-78 s-77");
        list_texts(m, "sessions", "state", text, sizeof(text));
        assert_string_equal(text, "lapsed ended");
        assert_false(body_has(m, PATIENT));
        sd_bus_message_unref(m);
}

static void a_long_history_is_cut_and_says_so(void **state) {
        Fixture *f = *state;
        char label[32], text[4096];
        sd_bus_message *m;

        assert_return_code(store_begin(f->store), 0);
        for (int i = 0; i < BUS_HISTORY_MAX; i++) {
                snprintf(label, sizeof(label), "long-%d", i);
                add_session(f, label, SESSION_ENDED, T0 + 100 + i, roller_id);
        }
        assert_return_code(store_commit(f->store), 0);
        m = ask_text(f, "GetItem", ROLLER);
        assert_member_number(m, "sessions_more", "b", 1);
        list_texts(m, "sessions", "session", text, sizeof(text));
        assert_memory_equal(text, "long-99 long-98 ", 16);
        assert_null(strstr(text, "s-77"));
        sd_bus_message_unref(m);
}

static void what_is_no_code_or_not_one_piece_or_not_known_is_said_by_name(void **state) {
        assert_error(ask_text(*state, "GetItem", "(01)00844588003289(21)SN0042"), BUS_ERROR_BAD_CODE, "gs1");
        assert_error(ask_text(*state, "GetItem", ""), BUS_ERROR_BAD_CODE, "empty");
        assert_error(ask_text(*state, "GetItem", "(01)00844588003288(10)L1"), BUS_ERROR_NOT_ONE_PIECE, "product");
        assert_error(ask_text(*state, "GetItem", "(01)00844588003288(21)NEW"), BUS_ERROR_NOT_FOUND, "SN" + 2);
}

static void a_session_shows_who_what_and_when(void **state) {
        sd_bus_message *m = ask_text(*state, "GetSession", "s-79");

        assert_member_text(m, "state", "running");
        assert_member_text(m, "room", "room-1");
        assert_member_text(m, "practitioner", "dr-meyer");
        assert_member_text(m, "patient", PATIENT);
        assert_member_text(m, "procedure", "skin-needling");
        assert_member_number(m, "allowed_at", "t", T0 + 30);
        assert_member_text(m, "outcome", NULL);
        assert_member_text(m, "last_verdict", "allow");
        assert_true(body_has(m, "TWEEZERS-1"));
        sd_bus_message_unref(m);
}

static void a_session_shows_what_was_done_in_it(void **state) {
        sd_bus_message *m = ask_text(*state, "GetSession", "s-79");
        char text[256];

        list_texts(m, "steps", "step", text, sizeof(text));
        assert_string_equal(text, "screened");
        list_texts(m, "steps", "form_hash", text, sizeof(text));
        assert_string_equal(text, "5f2b");
        list_texts(m, "rounds", "area", text, sizeof(text));
        assert_string_equal(text, "cheek");
        list_texts(m, "needles", "item", text, sizeof(text));
        assert_string_equal(text, "N1");
        assert_member_number(m, "depth_max_um", "x", 1250);
        assert_member_number(m, "rounds_total", "x", 1);
        list_texts(m, "deviations", "rule", text, sizeof(text));
        assert_string_equal(text, "passes-exceeded");
        list_texts(m, "deviations", "severity", text, sizeof(text));
        assert_string_equal(text, "warning");
        sd_bus_message_unref(m);
}

static void a_session_that_was_only_denied_is_answered_with_its_reasons(void **state) {
        sd_bus_message *m = ask_text(*state, "GetSession", "s-80");
        char text[256];

        assert_member_text(m, "state", "denied");
        assert_member_text(m, "room", "room-2");
        assert_member_text(m, "last_verdict", "deny");
        assert_member_number(m, "last_decided_at", "t", T0 + 40);
        list_texts(m, "reasons", "rule", text, sizeof(text));
        assert_string_equal(text, "item-used room-not-disinfected");
        sd_bus_message_unref(m);
        assert_error(ask_text(*state, "GetSession", "never"), BUS_ERROR_NOT_FOUND, "never");
}

static sd_bus_message *ask_alerts(Fixture *f, uint64_t after, int resolved_too, uint32_t limit) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "ListAlerts");

        assert_return_code(sd_bus_message_append(m, "tbu", after, resolved_too, limit), 0);
        return ask(f, m);
}

static void assert_alerts(Fixture *f, uint64_t after, int resolved_too, uint32_t limit, const char *rules) {
        sd_bus_message *m = ask_alerts(f, after, resolved_too, limit);
        char text[256];

        list_texts(m, NULL, "rule", text, sizeof(text));
        assert_string_equal(text, rules);
        sd_bus_message_unref(m);
}

static void alerts_come_in_pages_with_or_without_the_resolved_ones(void **state) {
        assert_alerts(*state, 0, false, 0, "reuse-detected clone-detected");
        assert_alerts(*state, 0, true, 0, "reuse-detected broker-lost clone-detected");
        assert_alerts(*state, 0, true, 2, "reuse-detected broker-lost");
        assert_alerts(*state, 2, true, 2, "clone-detected");
        assert_alerts(*state, UINT64_MAX, true, 2, "");
}

static void a_text_that_is_not_utf8_is_shown_without_what_is_broken(void **state) {
        Fixture *f = *state;
        AlertRow alert;
        sd_bus_message *m;

        assert_int_equal(alert_put(f->store, "x", "y", ALERT_INFO, "caf\xc3", T0, &alert), 1);
        m = ask_alerts(f, 3, false, 1);
        assert_true(body_has(m, "caf?"));
        sd_bus_message_unref(m);
}

static void the_interface_can_be_introspected(void **state) {
        sd_bus_message *m = ask(*state, new_call(*state, "org.freedesktop.DBus.Introspectable", "Introspect"));
        const char *xml;

        assert_true(sd_bus_message_read_basic(m, 's', &xml) > 0);
        assert_non_null(strstr(xml, "<interface name=\"org.asepsis1.Manager\">"));
        assert_non_null(strstr(xml, "<method name=\"ListAlerts\">"));
        assert_non_null(strstr(xml, "name=\"resolved_too\""));
        assert_non_null(strstr(xml, "<property name=\"AuditHead\" type=\"s\" access=\"read\">"));
        assert_non_null(strstr(xml, "<node name=\"room/room_2d1\"/>"));
        sd_bus_message_unref(m);
}

static void a_method_that_is_not_there_and_wrong_arguments_are_errors(void **state) {
        sd_bus_message *m = new_call(*state, BUS_INTERFACE, "GetItem");

        assert_return_code(sd_bus_message_append(m, "u", 7), 0);
        assert_error(ask(*state, m), "org.freedesktop.DBus.Error.InvalidArgs", "");
        assert_error(ask_text(*state, "Explode", NULL), "org.freedesktop.DBus.Error.UnknownMethod", "");
}

static void the_socket_is_for_owner_and_group_only(void **state) {
        Fixture *f = *state;
        struct stat st;

        assert_return_code(stat(f->socket, &st), errno);
        assert_true(S_ISSOCK(st.st_mode));
        assert_int_equal(st.st_mode & 07777, 0660);
}

static void a_connection_that_ends_is_cleared_away(void **state) {
        Fixture *f = *state;
        sd_bus *second;

        sd_bus_message_unref(ask_text(f, "GetStatus", NULL));
        assert_int_equal(bus_connections(f->bus), 1);
        second = connect_client(f);
        run_for(f, 20);
        assert_int_equal(bus_connections(f->bus), 2);
        disconnect_client(second);
        run_for(f, 20);
        assert_int_equal(bus_connections(f->bus), 1);
}

static void no_more_than_so_many_are_served_and_the_next_one_waits_for_a_place(void **state) {
        Fixture *f = *state;
        int fds[BUS_CONNECTIONS_MAX + 4];
        sd_bus *next;

        sd_bus_message_unref(ask_text(f, "GetStatus", NULL));
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                fds[i] = connect_raw(f);
        run_for(f, 60);
        assert_int_equal(bus_connections(f->bus), BUS_CONNECTIONS_MAX);
        sd_bus_message_unref(ask_text(f, "GetStatus", NULL));
        for (size_t i = 0; i < ELEMENTSOF(fds); i++)
                close(fds[i]);
        run_for(f, 120);
        assert_int_equal(bus_connections(f->bus), 1);
        next = connect_client(f);
        run_for(f, 20);
        assert_int_equal(bus_connections(f->bus), 2);
        disconnect_client(next);
}

/* In a process of its own: 0 when GetItem was answered. */
static int ask_as_nobody(const Fixture *f) {
        sd_bus_message *reply = NULL;
        sd_bus *bus;
        int fd;

        if (setresgid(65534, 65534, 65534) < 0 || setresuid(65534, 65534, 65534) < 0)
                return 2;
        fd = connect_raw(f);
        if (fd < 0 || sd_bus_new(&bus) < 0 || sd_bus_set_fd(bus, fd, fd) < 0 || sd_bus_start(bus) < 0)
                return 3;
        return sd_bus_call_method(bus, NULL, BUS_PATH, BUS_INTERFACE, "GetItem", NULL, &reply, "s", ROLLER) < 0;
}

static void whom_the_mode_of_the_socket_lets_in_may_ask(void **state) {
        Fixture *f = *state;
        int status = 0;
        pid_t pid;

        if (geteuid() != 0)
                skip();
        assert_return_code(chmod(f->dir, 0711), errno);
        assert_return_code(chmod(f->socket, 0666), errno);
        pid = fork();
        assert_return_code(pid, errno);
        if (pid == 0)
                _exit(ask_as_nobody(f));
        for (int i = 0; i < 5000 && waitpid(pid, &status, WNOHANG) == 0; i++)
                sd_event_run(f->event, 1000);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void a_silent_connection_is_closed_in_time(void **state) {
        Fixture *f = *state;
        int fd;

        f->client = disconnect_client(f->client);
        f->bus = bus_free(f->bus);
        assert_return_code(start_bus(f, 500 * US_PER_MS), 0);
        fd = connect_raw(f);
        run_for(f, 5);
        assert_int_equal(bus_connections(f->bus), 1);
        for (int i = 0; i < 5000 && bus_connections(f->bus) > 0; i++)
                sd_event_run(f->event, 1000);
        assert_int_equal(bus_connections(f->bus), 0);
        close(fd);
        f->client = connect_client(f);
        sd_bus_message_unref(ask_text(f, "GetStatus", NULL));
}

static void who_asks_and_never_reads_is_dropped(void **state) {
        Fixture *f = *state;
        sd_bus *rude = connect_client(f);
        sd_bus_message *call;
        uint64_t cookie;

        run_for(f, 20);
        assert_int_equal(bus_connections(f->bus), 2);
        sd_bus_detach_event(rude);
        for (int i = 0; i < 20000 && bus_connections(f->bus) > 1; i++) {
                assert_return_code(sd_bus_message_new_method_call(rude, &call, NULL, BUS_PATH, BUS_INTERFACE, "GetStatus"), 0);
                sd_bus_send(rude, call, &cookie); /* without a cookie there is no answer */
                sd_bus_message_unref(call);
                sd_event_run(f->event, 0);
        }
        assert_int_equal(bus_connections(f->bus), 1);
        disconnect_client(rude);
        sd_bus_message_unref(ask_text(f, "GetStatus", NULL));
}

static void a_stale_socket_is_replaced_and_a_live_one_is_not(void **state) {
        Fixture *f = *state;
        struct sockaddr_un sa = { .sun_family = AF_UNIX };
        Bus *second = NULL;
        BusSource source = { .store = f->store, .status = fake_status };
        BusOptions options = { .path = f->socket };
        int fd;

        assert_int_equal(bus_new(&second, f->event, &options, &source), -EADDRINUSE);
        f->client = disconnect_client(f->client);
        f->bus = bus_free(f->bus);
        assert_int_equal(access(f->socket, F_OK), -1);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", f->socket);
        assert_return_code(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), errno);
        close(fd);
        assert_return_code(access(f->socket, F_OK), errno);
        assert_return_code(start_bus(f, 0), 0);
        f->client = connect_client(f);
        sd_bus_message_unref(ask_text(f, "GetStatus", NULL));
}

static void a_file_that_is_no_socket_is_left_alone(void **state) {
        Fixture *f = *state;
        BusOptions options = { .path = f->ledger };
        BusSource source = { .store = f->store, .status = fake_status };
        Bus *b = NULL;

        assert_int_equal(bus_new(&b, f->event, &options, &source), -EEXIST);
        assert_return_code(access(f->ledger, F_OK), errno);
        options = (BusOptions){ .path = f->socket, .group = "no-such-group-here" };
        assert_int_equal(bus_new(&b, f->event, &options, &source), -ESRCH);
}

static void a_socket_that_took_the_place_of_ours_is_not_removed(void **state) {
        Fixture *f = *state;
        BusSource source = { .store = f->store, .status = fake_status };
        BusOptions options = { .path = f->socket };
        Bus *second = NULL;

        assert_return_code(unlink(f->socket), errno);
        assert_return_code(bus_new(&second, f->event, &options, &source), 0);
        f->bus = bus_free(f->bus);
        assert_return_code(access(f->socket, F_OK), errno);
        second = bus_free(second);
        assert_int_equal(access(f->socket, F_OK), -1);
}

static void closing_the_bus_under_a_connected_peer_ends_its_connection(void **state) {
        Fixture *f = *state;

        sd_bus_message_unref(ask_text(f, "GetStatus", NULL));
        f->bus = bus_free(f->bus);
        run_for(f, 20);
        assert_true(sd_bus_is_open(f->client) <= 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(status_tells_how_the_daemon_is),
                TEST(an_item_is_found_however_its_code_was_scanned),
                TEST(an_item_shows_its_row_and_its_marks),
                TEST(an_item_shows_its_pack_its_load_and_who_holds_it),
                TEST(an_item_shows_who_made_it_ready_and_where_that_was_one_person),
                TEST(a_recall_of_the_lot_shows_on_the_item),
                TEST(the_history_of_an_item_is_newest_first_and_names_no_patient),
                TEST(a_long_history_is_cut_and_says_so),
                TEST(what_is_no_code_or_not_one_piece_or_not_known_is_said_by_name),
                TEST(a_session_shows_who_what_and_when),
                TEST(a_session_shows_what_was_done_in_it),
                TEST(a_session_that_was_only_denied_is_answered_with_its_reasons),
                TEST(alerts_come_in_pages_with_or_without_the_resolved_ones),
                TEST(a_text_that_is_not_utf8_is_shown_without_what_is_broken),
                TEST(the_interface_can_be_introspected),
                TEST(a_method_that_is_not_there_and_wrong_arguments_are_errors),
                TEST(the_socket_is_for_owner_and_group_only),
                TEST(a_connection_that_ends_is_cleared_away),
                TEST(no_more_than_so_many_are_served_and_the_next_one_waits_for_a_place),
                TEST(whom_the_mode_of_the_socket_lets_in_may_ask),
                TEST(a_silent_connection_is_closed_in_time),
                TEST(who_asks_and_never_reads_is_dropped),
                TEST(a_stale_socket_is_replaced_and_a_live_one_is_not),
                TEST(a_file_that_is_no_socket_is_left_alone),
                TEST(a_socket_that_took_the_place_of_ours_is_not_removed),
                TEST(closing_the_bus_under_a_connected_peer_ends_its_connection),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
