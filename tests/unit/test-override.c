/* SPDX-License-Identifier: Apache-2.0 */
/* What a signature does, and when two of them take a rule out of an answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/override.h"
#include "util.h"

static OverrideFacts f;
static char text[OVERRIDE_TEXT_MAX];

/* Denied, unsigned, and as it was. */
static int set_up(void **state) {
        (void)state;
        f = (OverrideFacts){ .session = "s-1",
                             .rule = "room-not-disinfected",
                             .by = "clara",
                             .denied = true,
                             .stands = true,
                             .practitioner = "ana",
                             .now_us = 1000 };
        text[0] = '\0';
        return 0;
}

static void assert_refused_with(const char *part) {
        assert_int_equal(override_judge(&f, text), OVERRIDE_REFUSED);
        if (!strstr(text, part))
                fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static void two_different_officers_sign_one_after_the_other(void **state) {
        (void)state;
        assert_int_equal(override_judge(&f, text), OVERRIDE_FIRST);
        f.first = "clara";
        f.until_us = 1000;
        f.by = "dora";
        assert_int_equal(override_judge(&f, text), OVERRIDE_SECOND);
        assert_string_equal(text, "");
}

static void one_officer_alone_never_completes_it(void **state) {
        (void)state;
        f.first = "clara";
        f.until_us = 5000;
        assert_refused_with("second, different officer");
}

static void who_does_the_session_signs_neither_half(void **state) {
        (void)state;
        f.by = "ana";
        assert_refused_with("ana is to do session s-1");
        f.first = "clara";
        f.until_us = 5000;
        assert_refused_with("Ask another officer");
}

static void only_the_rules_so_marked_can_be_overridden(void **state) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules), marked = 0;

        (void)state;
        for (size_t i = 0; i < n; i++) {
                f.rule = rules[i].id;
                if (rules[i].may == MAY_OVERRIDE) {
                        assert_int_equal(override_judge(&f, text), OVERRIDE_FIRST);
                        marked++;
                        continue;
                }
                assert_null(override_rule(rules[i].id));
                assert_refused_with("practitioner-unknown, practitioner-not-qualified, room-not-disinfected, exposure-open.");
        }
        assert_int_equal(marked, OVERRIDE_RULES_MAX);
        f.rule = "no-such-rule";
        assert_refused_with("Nobody may override no-such-rule");
}

static void the_ids_of_all_of_them_fit_into_their_list(void **state) {
        const GateRuleInfo *rules;
        size_t n = gate_rules(&rules), length = 0;

        (void)state;
        for (size_t i = 0; i < n; i++)
                length += rules[i].may == MAY_OVERRIDE ? strlen(rules[i].id) + 1 : 0;
        assert_true(length <= OVERRIDE_LIST_MAX);
}

static void what_was_never_denied_or_is_allowed_already_is_not_signed(void **state) {
        (void)state;
        f.denied = false;
        assert_refused_with("No session s-1 was denied for room-not-disinfected");
        f.denied = f.known = true;
        assert_refused_with("was allowed already");
}

static void what_is_settled_or_has_changed_is_not_signed(void **state) {
        (void)state;
        f.stands = false;
        assert_refused_with("Let the room ask again");
}

static void a_label_that_two_rooms_were_denied_under_is_not_signed(void **state) {
        (void)state;
        f.elsewhere = true;
        assert_refused_with("under a new label");
}

static void a_first_signature_runs_out(void **state) {
        (void)state;
        f.first = "clara";
        f.by = "dora";
        f.until_us = 1000;
        assert_int_equal(override_judge(&f, text), OVERRIDE_SECOND);
        f.until_us = 999;
        assert_refused_with("has run out");
}

static void a_third_signature_is_not_taken(void **state) {
        (void)state;
        f.first = "clara";
        f.second = "dora";
        f.by = "emma";
        f.until_us = 5000;
        assert_refused_with("clara and dora have overridden");
}

static void it_covers_the_same_question_once_in_time_and_for_the_same_cause(void **state) {
        const OverrideGiven good = { .complete = true, .same_question = true, .until_us = 1000, .mark = 7 };
        OverrideGiven g = good;

        (void)state;
        assert_true(override_covers(&g, false, 1000, 7));
        assert_false(override_covers(&g, false, 1001, 7));
        assert_false(override_covers(&g, false, 1000, 8));
        assert_false(override_covers(&g, true, 1000, 7));
        g.complete = false;
        assert_false(override_covers(&g, false, 1000, 7));
        g = good;
        g.same_question = false;
        assert_false(override_covers(&g, false, 1000, 7));
        g = good;
        g.used = true;
        assert_false(override_covers(&g, false, 1000, 7));
        assert_true(override_covers(&g, true, 9000, 7));
        assert_false(override_covers(&g, true, 9000, 8));
}

static void what_a_rule_rests_on_is_in_its_mark(void **state) {
        GateFacts facts = { .qualified_until = 20261231, .room_session_end_us = 11, .exposure_mark = 12 };

        (void)state;
        assert_int_equal(override_mark("practitioner-not-qualified", &facts), 20261231);
        assert_int_equal(override_mark("room-not-disinfected", &facts), 11);
        assert_int_equal(override_mark("exposure-open", &facts), 12);
        assert_int_equal(override_mark("practitioner-unknown", &facts), 0);
}

static void only_its_reasons_are_taken_out(void **state) {
        static GateVerdict v;
        const char *rules[] = { "exposure-open", "item-used" };

        (void)state;
        v.n = 4;
        v.reasons[0] = (GateReason){ .rule = "item-used" };
        v.reasons[1] = (GateReason){ .rule = "exposure-open", .override = true };
        v.reasons[2] = (GateReason){ .rule = "room-not-disinfected", .override = true };
        v.reasons[3] = (GateReason){ .rule = "room-busy" };
        override_take_out(&v, rules, 2);
        assert_int_equal(v.n, 3);
        assert_false(v.allow);
        assert_string_equal(v.reasons[0].rule, "item-used");
        assert_string_equal(v.reasons[1].rule, "room-not-disinfected");
        assert_string_equal(v.reasons[2].rule, "room-busy");
        v.n = 1;
        v.reasons[0] = (GateReason){ .rule = "exposure-open", .override = true };
        override_take_out(&v, rules, 1);
        assert_true(v.allow);
        v.n = GATE_REASONS_MAX + 1;
        v.allow = false;
        v.reasons[0] = (GateReason){ .rule = "exposure-open", .override = true };
        override_take_out(&v, rules, 1);
        assert_int_equal(v.n, GATE_REASONS_MAX + 1);
        assert_false(v.allow);
}

#define TEST(f) cmocka_unit_test_setup(f, set_up)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(two_different_officers_sign_one_after_the_other),
                TEST(one_officer_alone_never_completes_it),
                TEST(who_does_the_session_signs_neither_half),
                TEST(only_the_rules_so_marked_can_be_overridden),
                TEST(the_ids_of_all_of_them_fit_into_their_list),
                TEST(what_was_never_denied_or_is_allowed_already_is_not_signed),
                TEST(what_is_settled_or_has_changed_is_not_signed),
                TEST(a_label_that_two_rooms_were_denied_under_is_not_signed),
                TEST(a_first_signature_runs_out),
                TEST(a_third_signature_is_not_taken),
                TEST(it_covers_the_same_question_once_in_time_and_for_the_same_cause),
                TEST(what_a_rule_rests_on_is_in_its_mark),
                TEST(only_its_reasons_are_taken_out),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
