/* SPDX-License-Identifier: Apache-2.0 */
/* The methods by which people act: what reaches the one who decides, and what comes back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bus-case.h"
#include "core/limits.h"
#include "store/cycles.h"

/* What the last act was, and how it is answered. */
static struct {
        int calls, answer;
        const char *text;
        ActType type;
        char subject[CODE_MAX + 1], by[LABEL_MAX + 1], reason[TEXT_MAX + 1], cause[LABEL_MAX + 1];
        int64_t recall, from_us, to_us;
        uid_t uid;
        pid_t pid;
} got;

static int fake_act(void *userdata, const Act *act, char ret_text[static ACT_TEXT_MAX]) {
        (void)userdata;
        got.calls++;
        got.type = act->type;
        snprintf(got.subject, sizeof(got.subject), "%s", act->subject);
        snprintf(got.by, sizeof(got.by), "%s", act->by);
        snprintf(got.reason, sizeof(got.reason), "%s", act->reason ?: "");
        snprintf(got.cause, sizeof(got.cause), "%s", act->cause ?: "");
        got.recall = act->recall;
        got.from_us = act->from_us;
        got.to_us = act->to_us;
        got.uid = act->uid;
        got.pid = act->pid;
        snprintf(ret_text, ACT_TEXT_MAX, "%s", got.text ?: "");
        return got.answer;
}

static int setup(void **state) {
        Fixture *f = case_open();

        AttemptRow a = { .autoclave = "ac-1", .cycle = 41, .program = "134", .started_us = 1, .start = "{}" };

        assert_return_code(attempt_add(f->store, &a), 0);
        memset(&got, 0, sizeof(got));
        got.text = "It is done.";
        case_serve(f, &(BusSource){ .act = fake_act });
        *state = f;
        return 0;
}

static sd_bus_message *take_out(Fixture *f) {
        return ask_with(f, "PutAutoclaveOut", "ssss", "ac-1", "major-fault", "olga", "it leaks");
}

static void an_act_arrives_with_all_that_was_said_and_the_peer_by_the_kernel_s_word(void **state) {
        sd_bus_message *m = take_out(*state);

        assert_member_text(m, "text", "It is done.");
        sd_bus_message_unref(m);
        assert_int_equal(got.type, ACT_AUTOCLAVE_OUT);
        assert_string_equal(got.subject, "ac-1");
        assert_string_equal(got.cause, "major-fault");
        assert_string_equal(got.by, "olga");
        assert_string_equal(got.reason, "it leaks");
        assert_int_equal(got.uid, getuid());
        assert_int_equal(got.pid, getpid());
}

static void each_method_is_its_own_act(void **state) {
        sd_bus_message_unref(ask_with(*state, "Commission", "ss", "ac-1 41", "olga"));
        assert_int_equal(got.type, ACT_COMMISSION);
        assert_string_equal(got.subject, "ac-1.1");
        assert_error(ask_with(*state, "Commission", "ss", "ac-1 42", "olga"), BUS_ERROR_NOT_FOUND, "ac-1 42");
        sd_bus_message_unref(ask_with(*state, "ReturnAutoclave", "sss", "ac-1", "olga", "mended"));
        assert_int_equal(got.type, ACT_AUTOCLAVE_RETURN);
        assert_string_equal(got.reason, "mended");
        sd_bus_message_unref(ask_with(*state, "EndRecall", "tss", (uint64_t)7, "olga", "a mistake"));
        assert_int_equal(got.type, ACT_RECALL_END);
        assert_int_equal(got.recall, 7);
        assert_string_equal(got.subject, "7");
        sd_bus_message_unref(ask_with(*state, "ConfirmRecall", "tss", UINT64_MAX, "olga", "so it is"));
        assert_int_equal(got.type, ACT_RECALL_CONFIRM);
        assert_int_equal(got.recall, INT64_MAX);
        sd_bus_message_unref(
                ask_with(*state, "MakeRecall", "ssttss", "autoclave", "ac-1", (uint64_t)5, (uint64_t)9, "olga", "spores"));
        assert_int_equal(got.type, ACT_RECALL_MAKE);
        assert_string_equal(got.cause, "autoclave");
        assert_int_equal(got.from_us, 5);
        assert_int_equal(got.to_us, 9);
        sd_bus_message_unref(ask_with(*state, "SignSharps", "sss", "s-1", "olga", "seen in the bin"));
        assert_int_equal(got.type, ACT_SHARPS);
        assert_string_equal(got.subject, "s-1");
        assert_int_equal(got.calls, 6);
}

static void what_is_refused_is_said_by_name_with_the_reason(void **state) {
        got.answer = 1;
        got.text = "olga may not do this; an officer may. Ask one.";
        assert_error(take_out(*state), BUS_ERROR_REFUSED, "Ask one.");
}

static void what_the_ledger_cannot_keep_is_not_done(void **state) {
        got.answer = -ENOSPC;
        assert_error(take_out(*state), BUS_ERROR_LEDGER, "not done");
}

static void what_is_too_long_is_refused_before_anybody_sees_it(void **state) {
        char name[LABEL_MAX + 2] = "", reason[TEXT_MAX + 2] = "";

        memset(name, 'x', LABEL_MAX + 1);
        memset(reason, 'x', TEXT_MAX + 1);
        assert_error(ask_with(*state, "ReturnAutoclave", "sss", "ac-1", name, "mended"), BUS_ERROR_REFUSED, "too long");
        assert_error(ask_with(*state, "ReturnAutoclave", "sss", "ac-1", "olga", reason), BUS_ERROR_REFUSED, "too long");
        assert_int_equal(got.calls, 0);
        reason[TEXT_MAX] = name[LABEL_MAX] = '\0';
        sd_bus_message_unref(ask_with(*state, "ReturnAutoclave", "sss", "ac-1", name, reason));
        assert_int_equal(got.calls, 1);
}

static void a_text_that_had_to_be_cut_in_the_middle_of_a_letter_still_arrives(void **state) {
        static char text[ACT_TEXT_MAX];

        memset(text, 'x', sizeof(text) - 2);
        text[sizeof(text) - 2] = (char)0xc3; /* the first half of an umlaut */
        got.text = text;
        sd_bus_message *m = take_out(*state);
        assert_null(sd_bus_message_get_error(m));
        sd_bus_message_unref(m);
        got.answer = 1;
        assert_error(take_out(*state), BUS_ERROR_REFUSED, "xxxx");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(an_act_arrives_with_all_that_was_said_and_the_peer_by_the_kernel_s_word),
                TEST(each_method_is_its_own_act),
                TEST(what_is_refused_is_said_by_name_with_the_reason),
                TEST(what_the_ledger_cannot_keep_is_not_done),
                TEST(what_is_too_long_is_refused_before_anybody_sees_it),
                TEST(a_text_that_had_to_be_cut_in_the_middle_of_a_letter_still_arrives),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
