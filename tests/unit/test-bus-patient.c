/* SPDX-License-Identifier: Apache-2.0 */
/* Patients and people at the control interface: in pages, as they count today, and as what reaches whoever decides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bus-case.h"
#include "store/erasure.h"
#include "store/people.h"
#include "store/sessions.h"

#define SESSIONS 120
#define ALLOWED_US (INT64_C(1447538400) * US_PER_S) /* 14 November 2015, 22:00 UTC */

static Act got;
static char got_patient[LABEL_MAX + 1], got_subject[CODE_MAX + 1];

static int fake_act(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        (void)userdata;
        got = *act;
        snprintf(got_patient, sizeof(got_patient), "%s", act->patient ?: "");
        snprintf(got_subject, sizeof(got_subject), "%s", act->subject);
        snprintf(ret_text, ACT_TEXT_MAX, "It is done.");
        return 0;
}

static const Config *fake_config(void *userdata) {
        static const ConfigQualification qualified[] = { { "plain", 20991231 }, { "skin", 20991231 }, { "gone", 20991231 } };
        static const ConfigPractitioner people[] = {
                { .id = "ana", .name = "Ana", .roles = 1U << PERSON_PRACTITIONER, .qualified = { 3, qualified } },
                { .id = "clara", .name = "Clara", .roles = 1U << PERSON_OFFICER | 1U << PERSON_RELEASER },
        };
        static const ConfigProcedure procedures[] = { { .id = "deep" }, { .id = "plain" }, { .id = "skin" } };
        static const Config config = { .practitioners = people, .n_practitioners = 2, .procedures = procedures,
                                       .n_procedures = 3, .retention = { .patients = 10 },
                                       .policy = { .qualification_soon_days = 30 } };

        (void)userdata;
        return &config;
}

static void fill(Store *s) {
        QualificationRow ended = { .i = 5, .person = "ana", .procedure = "skin", .until = 20991231, .by = "clara", .reason = "seen" },
                         over = { .i = 6, .person = "ana", .procedure = "deep", .until = 20200101, .by = "clara", .reason = "seen" };
        ErasureRow erasure = { .i = 7, .at_us = 8, .by = "clara", .reason = "asked", .patient = "p-secret" };

        for (int n = 0; n < SESSIONS; n++) {
                SessionRow row = { .room = "room-1", .practitioner = "ana", .procedure = "skin", .state = SESSION_ENDED,
                                   .allowed_us = ALLOWED_US, .decided_i = n + 1, .outcome = -1 };

                snprintf(row.label, sizeof(row.label), "s-%d", n);
                snprintf(row.patient, sizeof(row.patient), n % 2 ? "p-1" : "p-2");
                assert_return_code(session_add(s, &row), 0);
        }
        assert_return_code(qualification_add(s, &ended), 0);
        ended.ended_i = ended.ended_us = 9;
        snprintf(ended.ended_by, sizeof(ended.ended_by), "clara");
        assert_return_code(qualification_end(s, &ended), 0);
        assert_return_code(qualification_add(s, &over), 0);
        assert_return_code(erasure_add(s, &erasure), 0);
}

static int set_up(void **state) {
        Fixture *f = case_open();

        fill(f->store);
        case_serve(f, &(BusSource){ .act = fake_act, .config = fake_config });
        *state = f;
        return 0;
}

static sd_bus_message *get_patient(Fixture *f, const char *patient, uint64_t before) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "GetPatient");

        assert_return_code(sd_bus_message_append(m, "st", patient, before), 0);
        return ask(f, m);
}

static int64_t number(sd_bus_message *m, const char *name) {
        const char *type;
        int64_t n = -1;

        sd_bus_message_rewind(m, true);
        assert_int_equal(enter_member(m, name, &type), 1);
        assert_true(sd_bus_message_read_basic(m, 'x', &n) > 0);
        return n;
}

static void all_pages_have_each_session_once_newest_first(void **state) {
        char texts[4096], all[8192] = "", want[8192] = "";
        uint64_t before = 0;
        int pages = 0;

        for (int n = SESSIONS - 1; n > 0; n -= 2)
                snprintf(want + strlen(want), sizeof(want) - strlen(want), "s-%d ", n);
        do {
                sd_bus_message *m = get_patient(*state, "p-1", before);

                list_texts(m, "sessions", "session", texts, sizeof(texts));
                snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s ", texts);
                assert_member_text(m, "kept_until", "2025-11-14");
                before = (uint64_t)number(m, "next");
                sd_bus_message_unref(m);
                pages++;
        } while (before);
        assert_int_equal(pages, 2);
        assert_string_equal(all, want);
}

static void a_patient_of_nobody_and_another_s_session_are_not_found(void **state) {
        assert_error(get_patient(*state, "p-3", 0), BUS_ERROR_NOT_FOUND, "No session");
        assert_error(get_patient(*state, "", 0), BUS_ERROR_NOT_FOUND, "No session");
        assert_error(get_patient(*state, "p-1", 1), BUS_ERROR_NOT_FOUND, "no such session"); /* of p-2 */
        assert_error(get_patient(*state, "p-1", UINT64_MAX), BUS_ERROR_NOT_FOUND, "no such session");
}

static void an_erasure_under_way_does_not_say_whose(void **state) {
        Fixture *f = *state;
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "ListErasures");

        assert_return_code(sd_bus_message_append(m, "t", UINT64_C(0)), 0);
        m = ask(f, m);
        assert_true(body_has(m, "clara"));
        assert_false(body_has(m, "p-secret"));
        sd_bus_message_unref(m);
}

static void an_erasure_is_asked_for_by_a_subject_that_names_nobody(void **state) {
        Fixture *f = *state;
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "ErasePatient");

        assert_return_code(sd_bus_message_append(m, "sss", "p-1", "clara", "asked"), 0);
        m = ask(f, m);
        assert_member_text(m, "text", "It is done.");
        sd_bus_message_unref(m);
        assert_int_equal(got.type, ACT_PATIENT_ERASE);
        assert_string_equal(got_patient, "p-1");
        assert_string_equal(got_subject, "patient");
}

static void a_person_has_each_qualification_once_as_it_counts(void **state) {
        Fixture *f = *state;
        sd_bus_message *m = ask_text(f, "GetPractitioner", "ana");
        char texts[256];

        list_texts(m, "qualifications", "procedure", texts, sizeof(texts));
        assert_string_equal(texts, "plain gone deep skin");
        list_texts(m, "qualifications", "state", texts, sizeof(texts));
        assert_string_equal(texts, "good no-such-procedure over ended");
        list_texts(m, "qualifications", "source", texts, sizeof(texts));
        assert_string_equal(texts, "configuration configuration ledger ledger");
        sd_bus_message_unref(m);
        assert_error(ask_text(f, "GetPractitioner", "nemo"), BUS_ERROR_NOT_FOUND, "nemo");
        m = ask_text(f, "ListPractitioners", NULL);
        list_texts(m, NULL, "practitioner", texts, sizeof(texts));
        assert_string_equal(texts, "ana clara");
        sd_bus_message_unref(m);
}

static sd_bus_message *register_until(Fixture *f, const char *until, const char *certificate) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "RegisterQualification");

        assert_return_code(sd_bus_message_append(m, "ssssss", "ana", "skin", until, certificate, "clara", "seen"), 0);
        return ask(f, m);
}

static void a_day_that_is_none_does_not_come_through(void **state) {
        static const char *const bad[] = { "", "2027-02-29", "2027-2-1", "tomorrow", "2027-01-01T00:00:00Z" };
        char much[TEXT_MAX + 2];

        memset(&got, 0, sizeof(got));
        for (size_t i = 0; i < ELEMENTSOF(bad); i++)
                assert_error(register_until(*state, bad[i], ""), BUS_ERROR_BAD_ARGUMENT, "yyyy-mm-dd");
        memset(much, 'x', sizeof(much) - 1);
        much[sizeof(much) - 1] = '\0';
        assert_error(register_until(*state, "2027-01-31", much), BUS_ERROR_REFUSED, "certificate");
        assert_null(got.by);
        sd_bus_message_unref(register_until(*state, "2027-01-31", "no. 7"));
        assert_int_equal(got.until, 20270131);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(all_pages_have_each_session_once_newest_first),
                T(a_patient_of_nobody_and_another_s_session_are_not_found),
                T(an_erasure_under_way_does_not_say_whose),
                T(an_erasure_is_asked_for_by_a_subject_that_names_nobody),
                T(a_person_has_each_qualification_once_as_it_counts),
                T(a_day_that_is_none_does_not_come_through),
        };

        setenv("TZ", "Europe/Berlin", 1);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
