/* SPDX-License-Identifier: Apache-2.0 */
/* LookBack and the recalls on the control interface: pages, days of the clinic, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

#include "bus-case.h"
#include "codec/rfc3339.h"
#include "store/items.h"
#include "store/recalls.h"
#include "store/sessions.h"

static int64_t at(const char *text) {
        int64_t us = 0;

        assert_int_equal(time_parse(text, &us), 0);
        return us;
}

static void session(Fixture *f, const char *label, const char *when, const char *code) {
        SessionRow s = { .room = "room-1", .practitioner = "ana", .procedure = "needling", .allowed_us = at(when), .outcome = -1 };
        ItemRow i = { .class_id = "roller", .lot = "L-1", .received_us = at(when), .received_i = 1 };

        snprintf(s.label, sizeof(s.label), "%s", label);
        snprintf(s.patient, sizeof(s.patient), "p-%s", label);
        snprintf(i.code, sizeof(i.code), "%s", code);
        assert_return_code(session_add(f->store, &s), 0);
        assert_return_code(item_add(f->store, &i), 0);
        assert_return_code(session_item_add(f->store, s.id, i.id, s.allowed_us, 0), 0);
}

/* Three sessions about the day on which Berlin's clocks went forward: it has 23 hours. */
static int setup(void **state) {
        Fixture *f = case_open();

        setenv("TZ", "Europe/Berlin", 1);
        tzset();
        assert_return_code(store_begin(f->store), 0);
        session(f, "before", "2026-03-28T22:59:59Z", "A-1");
        session(f, "within", "2026-03-28T23:00:00Z", "A-2");
        session(f, "late", "2026-03-29T21:59:59Z", "A-3");
        session(f, "after", "2026-03-29T22:00:00Z", "A-4");
        assert_return_code(store_commit(f->store), 0);
        case_serve(f, &(BusSource){});
        *state = f;
        return 0;
}

static sd_bus_message *look_for(Fixture *f, const char *by, const char *subject, const char *from, const char *to,
                                const char *as_of, const char *cursor, uint32_t limit) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "LookBack");

        assert_return_code(sd_bus_message_append(m, "a{sv}su", 5, "by", "s", by, "subject", "s", subject, "from", "s", from,
                                                 "to", "s", to, "as_of", "s", as_of, cursor, limit),
                           0);
        return ask(f, m);
}

/* The sessions of a page in their order; *ret_cursor is where to go on. */
static void page(sd_bus_message *m, char *sessions, size_t size, char *ret_cursor, size_t cursor_size) {
        const char *cursor;

        if (sd_bus_message_get_error(m))
                fail_msg("%s", sd_bus_message_get_error(m)->message);
        list_texts(m, NULL, "session", sessions, size);
        assert_return_code(sd_bus_message_exit_container(m), 0);
        assert_true(sd_bus_message_read_basic(m, 's', &cursor) > 0);
        snprintf(ret_cursor, cursor_size, "%s", cursor);
        sd_bus_message_unref(m);
}

/* All pages that follow, one session each at most; a page may be empty, where its slice of time was over. */
static void follow(Fixture *f, const char *from, const char *to, const char *cursor, char *got, size_t size) {
        char at[200];

        for (snprintf(at, sizeof(at), "%s", cursor); at[0];) {
                char more[128];

                page(look_for(f, "room", "room-1", from, to, "", at, 1), more, sizeof(more), at, sizeof(at));
                snprintf(got + strlen(got), size - strlen(got), "%s%s", got[0] && more[0] ? " " : "", more);
        }
}

static void all_pages(Fixture *f, const char *from, const char *to, const char *as_of, const char *want) {
        char got[256] = "", cursor[200];

        page(look_for(f, "room", "room-1", from, to, as_of, "", 1), got, sizeof(got), cursor, sizeof(cursor));
        follow(f, from, to, cursor, got, sizeof(got));
        assert_string_equal(got, want);
}

static void a_day_is_the_whole_day_in_the_clinics_zone(void **state) {
        all_pages(*state, "2026-03-29", "2026-03-29", "", "within late");
        all_pages(*state, "", "2026-03-28", "", "before");
        all_pages(*state, "2026-03-30", "", "", "after");
        all_pages(*state, "", "", "", "before within late after");
        all_pages(*state, "2026-03-28T23:00:00Z", "2026-03-28T23:00:00Z", "", "within");
}

static void as_of_a_day_is_as_known_at_its_end(void **state) {
        all_pages(*state, "", "", "2026-03-29", "before within late");
        all_pages(*state, "", "", "2026-03-28", "before");
}

static void the_cursor_keeps_the_moment_of_the_first_page(void **state) {
        Fixture *f = *state;
        char sessions[128], cursor[200];

        page(look_for(f, "room", "room-1", "", "", "2026-03-28T23:00:00Z", "", 1), sessions, sizeof(sessions), cursor, sizeof(cursor));
        assert_true(cursor[0]);
        follow(f, "", "", cursor, sessions, sizeof(sessions));
        assert_string_equal(sessions, "before within");
}

static void what_cannot_be_looked_for_is_said(void **state) {
        Fixture *f = *state;
        sd_bus_message *m;

        assert_error(look_for(f, "star", "sirius", "", "", "", "", 0), BUS_ERROR_BAD_ARGUMENT, "supplier-load");
        assert_error(look_for(f, "room", "", "", "", "", "", 0), BUS_ERROR_BAD_ARGUMENT, "looked for");
        assert_error(look_for(f, "room", "room-1", "May", "", "", "", 0), BUS_ERROR_BAD_ARGUMENT, "May");
        assert_error(look_for(f, "room", "room-1", "2026-05-02", "2026-05-01", "", "", 0), BUS_ERROR_BAD_ARGUMENT, "ends before");
        assert_error(look_for(f, "room", "room-1", "", "", "", "1.2.3", 0), BUS_ERROR_BAD_ARGUMENT, "cursor");
        assert_error(look_for(f, "lot", "L-1", "", "", "", "1.0.0.0.0.0.0.0", 0), BUS_ERROR_BAD_ARGUMENT, "cursor");
        assert_error(look_for(f, "load", "ac-1.9", "", "", "", "", 0), BUS_ERROR_NOT_FOUND, "ac-1.9");
        assert_error(look_for(f, "item", "A-9", "", "", "", "", 0), BUS_ERROR_NOT_FOUND, "A-9");
        m = new_call(f, BUS_INTERFACE, "LookBack");
        assert_return_code(sd_bus_message_append(m, "a{sv}su", 1, "by", "x", INT64_C(1), "", 0U), 0);
        assert_error(ask(f, m), BUS_ERROR_BAD_ARGUMENT, "text");
        m = new_call(f, BUS_INTERFACE, "LookBack");
        assert_return_code(sd_bus_message_append(m, "a{sv}su", 1, "colour", "s", "red", "", 0U), 0);
        assert_error(ask(f, m), BUS_ERROR_BAD_ARGUMENT, "colour");
        m = new_call(f, BUS_INTERFACE, "LookBack");
        assert_return_code(sd_bus_message_append(m, "a{sv}su", 3, "by", "s", "room", "subject", "s", "room-1", "from", "b", 1, "", 0U), 0);
        assert_error(ask(f, m), BUS_ERROR_BAD_ARGUMENT, "type t");
}

static sd_bus_message *recalls(Fixture *f, uint64_t after, bool ended_too) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "ListRecalls");

        assert_return_code(sd_bus_message_append(m, "tbu", after, (int)ended_too, 0U), 0);
        return ask(f, m);
}

static sd_bus_message *recall_of_number(Fixture *f, uint64_t id) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "GetRecall");

        assert_return_code(sd_bus_message_append(m, "t", id), 0);
        return ask(f, m);
}

static void recalls_are_listed_with_their_state(void **state) {
        Fixture *f = *state;
        RecallRow one = { .i = 1, .at_us = 1, .reason = "r", .by = "clara", .lot = "L-1" };
        RecallRow two = { .i = 1, .at_us = 1, .kind = RECALL_QUARANTINE, .reason = "r", .by = "asepsisd", .lot = "L-2", .decide_by_us = 5 };
        sd_bus_message *m;
        char texts[64];

        assert_return_code(recall_add(f->store, &one), 0);
        assert_return_code(recall_add(f->store, &two), 0);
        list_texts(m = recalls(f, 0, false), NULL, "state", texts, sizeof(texts));
        assert_string_equal(texts, "recall quarantine");
        sd_bus_message_unref(m);
        assert_return_code(recall_end(f->store, one.id, &(RecallWord){ 2, 7, "clara", "over" }), 0);
        list_texts(m = recalls(f, 0, false), NULL, "lot", texts, sizeof(texts));
        assert_string_equal(texts, "L-2");
        sd_bus_message_unref(m);
        list_texts(m = recalls(f, 0, true), NULL, "state", texts, sizeof(texts));
        assert_string_equal(texts, "ended quarantine");
        sd_bus_message_unref(m);
        m = recall_of_number(f, 1);
        assert_member_text(m, "ended_reason", "over");
        assert_member_number(m, "ended_at", "t", 7);
        sd_bus_message_unref(m);
        m = recall_of_number(f, 2);
        assert_member_text(m, "ended_by", NULL);
        assert_member_number(m, "decide_by", "t", 5);
        sd_bus_message_unref(m);
        assert_error(recall_of_number(f, 3), BUS_ERROR_NOT_FOUND, "3");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_day_is_the_whole_day_in_the_clinics_zone),
                T(as_of_a_day_is_as_known_at_its_end),
                T(the_cursor_keeps_the_moment_of_the_first_page),
                T(what_cannot_be_looked_for_is_said),
                T(recalls_are_listed_with_their_state),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
