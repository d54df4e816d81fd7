/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "codec/topic.h"
#include "util.h"

#define L64 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"

static void a_topic_up_is_taken_apart(void **state) {
        Topic t;

        (void) state;
        assert_int_equal(topic_parse("asepsis/v1/clinic/up/room/r-1/session-request", "clinic", &t), TOPIC_OK);
        assert_int_equal(t.kind, KIND_ROOM);
        assert_string_equal(t.device, "r-1");
        assert_string_equal(t.message, "session-request");
        assert_int_equal(topic_parse("asepsis/v1/clinic/up/sharps/" L64 "/" L64, "clinic", &t), TOPIC_OK);
        assert_string_equal(t.device, L64);
        assert_string_equal(t.message, L64);
}

static void every_other_topic_is_refused_with_its_reason(void **state) {
        static const struct {
                const char *topic;
                TopicError e;
        } cases[] = {
                { "", TOPIC_E_PREFIX },
                { "asepsis/v2/clinic/up/room/r/draw", TOPIC_E_PREFIX },
                { "/asepsis/v1/clinic/up/room/r/draw", TOPIC_E_PREFIX },
                { "asepsis/v1/other/up/room/r/draw", TOPIC_E_SITE },
                { "asepsis/v1/clinic2/up/room/r/draw", TOPIC_E_SITE },
                { "asepsis/v1/clini/up/room/r/draw", TOPIC_E_SITE },
                { "asepsis/v1//up/room/r/draw", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/down/room/r/decision", TOPIC_E_NOT_UP },
                { "asepsis/v1/clinic/state/daemon", TOPIC_E_NOT_UP },
                { "asepsis/v1/clinic/up", TOPIC_E_NOT_UP },
                { "asepsis/v1/clinic/up/", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/toaster/r/draw", TOPIC_E_KIND },
                { "asepsis/v1/clinic/up/Room/r/draw", TOPIC_E_KIND },
                { "asepsis/v1/clinic/up/room/r", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room//draw", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/r/", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/r/draw/", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/r/draw/x", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/r r/draw", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/+/draw", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/r/#", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/" L64 "x/draw", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/r/" L64 "x", TOPIC_E_SHAPE },
                { "asepsis/v1/clinic/up/room/r\xC3\xA9/draw", TOPIC_E_SHAPE },
        };
        Topic t = { .kind = KIND_NOTIFIER };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                if (topic_parse(cases[i].topic, "clinic", &t) != cases[i].e)
                        fail_msg("%s is not refused with %d", cases[i].topic, (int) cases[i].e);
                assert_int_equal(t.kind, KIND_NOTIFIER);
                assert_true(strlen(topic_error_text(cases[i].e)) > 10);
        }
}

static void a_kind_and_its_name_belong_together(void **state) {
        Kind back;

        (void) state;
        for (unsigned k = 0; k < _KIND_MAX; k++) {
                assert_true(kind_from_name(kind_name((Kind) k), &back));
                assert_int_equal(back, k);
        }
        assert_false(kind_from_name("", &back));
}

static void topics_down_are_built(void **state) {
        char t[TOPIC_MAX];

        (void) state;
        assert_int_equal(topic_down("clinic", KIND_ROOM, "r-1", "decision", t), 0);
        assert_string_equal(t, "asepsis/v1/clinic/down/room/r-1/decision");
        assert_int_equal(topic_down(L64, KIND_AUTOCLAVE, L64, L64, t), 0);
        assert_string_equal(t, "asepsis/v1/" L64 "/down/autoclave/" L64 "/" L64);
}

static void topics_of_state_are_built(void **state) {
        char t[TOPIC_MAX];

        (void) state;
        assert_int_equal(topic_state("clinic", "daemon", NULL, NULL, t), 0);
        assert_string_equal(t, "asepsis/v1/clinic/state/daemon");
        assert_int_equal(topic_state("clinic", "alert", "a-7", NULL, t), 0);
        assert_string_equal(t, "asepsis/v1/clinic/state/alert/a-7");
        assert_int_equal(topic_state("clinic", "room", "r-1", "interlock", t), 0);
        assert_string_equal(t, "asepsis/v1/clinic/state/room/r-1/interlock");
        assert_int_equal(topic_state(L64, L64, L64, L64, t), 0);
}

static void a_part_that_is_no_label_never_gets_into_a_topic(void **state) {
        char t[TOPIC_MAX];

        (void) state;
        assert_int_equal(topic_down("clinic", KIND_ROOM, "a/b", "permit", t), -EINVAL);
        assert_int_equal(topic_down("clinic", KIND_ROOM, "", "permit", t), -EINVAL);
        assert_int_equal(topic_down("cl#nic", KIND_ROOM, "a", "permit", t), -EINVAL);
        assert_int_equal(topic_down("clinic", KIND_ROOM, "a", "+", t), -EINVAL);
        assert_int_equal(topic_state("clinic", "alert", "a/b", NULL, t), -EINVAL);
        assert_int_equal(topic_state("clinic", "alert", NULL, "x", t), -EINVAL);
        assert_int_equal(topic_state("clinic", "", NULL, NULL, t), -EINVAL);
        assert_int_equal(topic_state("", "daemon", NULL, NULL, t), -EINVAL);
        assert_int_equal(topic_state("clinic", "room", "r", "a b", t), -EINVAL);
}

static void a_label_is_1_to_64_of_its_characters(void **state) {
        (void) state;
        assert_true(label_valid("a"));
        assert_true(label_valid(L64));
        assert_true(label_valid("..-_"));
        assert_false(label_valid(""));
        assert_false(label_valid(L64 "x"));
        assert_false(label_valid("a\n"));
        assert_false(label_valid("a:b"));
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_topic_up_is_taken_apart),
                cmocka_unit_test(every_other_topic_is_refused_with_its_reason),
                cmocka_unit_test(a_kind_and_its_name_belong_together),
                cmocka_unit_test(topics_down_are_built),
                cmocka_unit_test(topics_of_state_are_built),
                cmocka_unit_test(a_part_that_is_no_label_never_gets_into_a_topic),
                cmocka_unit_test(a_label_is_1_to_64_of_its_characters),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
