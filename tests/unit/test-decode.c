/* SPDX-License-Identifier: Apache-2.0 */
/* What holds for every message: envelope, strict JSON, bounds, who may say what. Each by itself: test-decode-messages.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>

#include "decode-case.h"

/* A heartbeat with these members. */
static void bad_envelope(const char *members, const char *member) {
        char payload[512];

        snprintf(payload, sizeof(payload), "{%s}", members);
        bad(KIND_SHARPS, "heartbeat", payload, REJECT_BAD_MEMBER, member);
}

static void a_heartbeat_needs_nothing(void **state) {
        const Event *e = good(KIND_ROOM, "heartbeat", "{}");

        (void) state;
        assert_int_equal(e->type, EVENT_HEARTBEAT);
        assert_int_equal(e->kind, KIND_ROOM);
        assert_string_equal(e->device, "dev-1");
        assert_null(e->env.boot);
        assert_true(e->env.seq == 0 && e->env.oldest == 0 && !e->env.has_at && !e->env.has_age && !e->env.head);
}

static void the_envelope_is_read_whole(void **state) {
        const Event *e = good(KIND_SHARPS, "heartbeat",
                              " {\"boot\":\"b 1\",\"seq\":9007199254740992,\"at\":\"2026-11-22T10:14:03.12+01:00\","
                              "\"age_s\":1.5,\"oldest\":7,\"head\":\"e30.e30.c2ln\",\"unknown\":[{\"x\":null}]}\r\n\t ");

        (void) state;
        assert_string_equal(e->env.boot, "b 1");
        assert_true(e->env.seq == INT64_C(9007199254740992));
        assert_true(e->env.has_at && e->env.at_us == INT64_C(1795338843120000));
        assert_true(e->env.has_age && e->env.age_us == 1500000);
        assert_true(e->env.oldest == 7);
        assert_string_equal(e->env.head, "e30.e30.c2ln");
}

static void boot_and_seq_go_together(void **state) {
        (void) state;
        bad_envelope("\"boot\":\"b\"", "seq");
        bad_envelope("\"seq\":1", "boot");
}

static void the_envelope_has_bounds(void **state) {
        (void) state;
        bad_envelope("\"boot\":\"\",\"seq\":1", "boot");
        bad_envelope("\"boot\":\"" L64 "x\",\"seq\":1", "boot");
        bad_envelope("\"boot\":\"a\\nb\",\"seq\":1", "boot");
        bad_envelope("\"boot\":null,\"seq\":1", "boot");
        bad_envelope("\"boot\":\"b\",\"seq\":0", "seq");
        bad_envelope("\"boot\":\"b\",\"seq\":-1", "seq");
        bad_envelope("\"boot\":\"b\",\"seq\":9007199254740993", "seq");
        bad_envelope("\"boot\":\"b\",\"seq\":1.0", "seq");
        bad_envelope("\"boot\":\"b\",\"seq\":1e0", "seq");
        bad_envelope("\"boot\":\"b\",\"seq\":\"1\"", "seq");
        bad_envelope("\"at\":\"2026-11-22T10:14:03\"", "at");
        bad_envelope("\"at\":1795338843", "at");
        bad_envelope("\"age_s\":-0.1", "age_s");
        bad_envelope("\"age_s\":315360001", "age_s");
        bad_envelope("\"oldest\":0", "oldest");
        bad_envelope("\"head\":\"\"", "head");
}

static void bad_json(const char *payload, size_t n) {
        char *copy = malloc(n + 1);
        int r;

        assert_non_null(copy);
        memcpy(copy, payload, n);
        r = decode(KIND_ROOM, "dev-1", "heartbeat", copy, n, d, &error);
        free(copy);
        if (r != 1 || error.reason != REJECT_NOT_JSON)
                fail_msg("%.*s gives %d, %s", (int) n, payload, r, reject_id(error.reason));
        assert_true(strlen(error.detail) > 10);
}

static void what_is_not_one_strict_json_object_is_refused(void **state) {
        static const char *const payloads[] = {
                "", " ", "null", "7", "\"x\"", "[]", "[{}]", "{", "{}{}", "{} x", "{},", "{'a':1}", "{a:1}", "{\"a\":1,}",
                "{\"a\":01}", "{\"a\":+1}", "{\"a\":.5}", "{\"a\":NaN}", "{\"a\":Infinity}", "{\"a\":1e999}", "{\"a\":0x10}",
                "{\"a\":99999999999999999999}", "{\"a\":1,\"a\":1}", "{\"x\":{\"a\":1,\"a\":2}}", "{\"a\":1,\"\\u0061\":2}",
                "{\"a\":\"\\u0000\"}", "{\"\\u0000\":1}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\xFF\"}", "{\"a\":\"\xC0\x80\"}",
                "{\"a\":\"\xED\xA0\x80\"}", "{\"a\":\"\n\"}", "\xEF\xBB\xBF{}", "{/**/}", "{\"a\":tru}",
        };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(payloads); i++)
                bad_json(payloads[i], strlen(payloads[i]));
        bad_json("{}\0", 3);
        bad_json("{\"a\":\"x\0y\"}", 11);
        bad_json("{\"a\0b\":1}", 9);
}

static void the_refusal_of_bad_json_never_quotes_it(void **state) {
        (void) state;
        bad_json("{\"a\":evil\x1b[31m}", 16);
        assert_null(strstr(error.detail, "evil"));
        assert_null(strchr(error.detail, 0x1b));
}

static void nesting_stops_at_eight_levels(void **state) {
        (void) state;
        good(KIND_ROOM, "heartbeat", "{\"x\":[[[[[[[]]]]]]]}");
        bad_json("{\"x\":[[[[[[[[]]]]]]]]}", 22);
        good(KIND_ROOM, "heartbeat", "{\"x\":\"[[[[[[[[[[[[\",\"y\":\"\\\"[[[[[[[[[[\"}");
        good(KIND_ROOM, "heartbeat", "{\"x\":[[],[],[],[],[],[],[],[],[],[],[]]}");
}

static void deep_nesting_costs_no_stack(void **state) {
        static char payload[PAYLOAD_MAX];

        (void) state;
        memset(payload, '[', sizeof(payload));
        bad_json(payload, sizeof(payload));
        memset(payload, ']', sizeof(payload));
        bad_json(payload, sizeof(payload));
}

static void a_payload_has_at_most_64_kib(void **state) {
        static char payload[PAYLOAD_MAX + 1];

        (void) state;
        memset(payload, ' ', sizeof(payload));
        memcpy(payload, "{}", 2);
        assert_int_equal(decode(KIND_ROOM, "r", "heartbeat", payload, PAYLOAD_MAX, d, &error), 0);
        assert_int_equal(decode(KIND_ROOM, "r", "heartbeat", payload, PAYLOAD_MAX + 1, d, &error), 1);
        assert_int_equal(error.reason, REJECT_TOO_LARGE);
}

static void a_bad_message_still_says_which_one_it_is(void **state) {
        (void) state;
        bad(KIND_AUTOCLAVE, "fault", "{\"boot\":\"b-7\",\"seq\":12,\"severity\":\"odd\",\"code\":\"E\"}", REJECT_BAD_MEMBER,
            "severity");
        assert_string_equal(error.boot, "b-7");
        assert_int_equal(error.seq, 12);
        bad(KIND_AUTOCLAVE, "no-such", "{\"boot\":\"" L64 "\",\"seq\":3}", REJECT_UNKNOWN_MESSAGE, "");
        assert_string_equal(error.boot, L64);
        bad(KIND_AUTOCLAVE, "fault", "{\"boot\":\"b-7\",\"seq\":\"12\"}", REJECT_BAD_MEMBER, "seq");
        assert_string_equal(error.boot, "");
        assert_int_equal(error.seq, 0);
}

static void a_message_is_taken_from_its_kinds_only(void **state) {
        static const struct {
                Kind kind;
                const char *message;
        } wrong[] = {
                { KIND_STATION, "sample" },     { KIND_ROOM, "receive" },       { KIND_ROOM, "release" },
                { KIND_HANDPIECE, "damage" },   { KIND_STATION, "open" },       { KIND_SHARPS, "usage" },
                { KIND_ROOM, "renew" },         { KIND_ACTUATOR, "outcome" },   { KIND_ROOM, "test" },
                { KIND_AUTOCLAVE, "load" },     { KIND_ROOM, "drop" },          { KIND_ROOM, "" },
                { KIND_STATION, "session-end" }, { KIND_ROOM, "Heartbeat" },
        };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(wrong); i++)
                bad(wrong[i].kind, wrong[i].message, "{}", REJECT_UNKNOWN_MESSAGE, "");
        for (unsigned k = 0; k < _KIND_MAX; k++)
                good((Kind) k, "heartbeat", "{}");
}

static void a_device_that_is_no_label_is_our_own_error(void **state) {
        (void) state;
        assert_int_equal(decode(KIND_ROOM, "a/b", "heartbeat", "{}", 2, d, &error), -EINVAL);
        assert_int_equal(decode(KIND_ROOM, "", "heartbeat", "{}", 2, d, &error), -EINVAL);
}

static void nothing_of_an_earlier_message_is_left(void **state) {
        const Event *e;

        (void) state;
        good(KIND_STATION, "release", "{\"boot\":\"b\",\"seq\":1,\"autoclave\":\"ac\",\"cycle\":7,\"decision\":\"reject\",\"by\":\"o\",\"dry\":true,\"wet_packs\":[\"p\"]}");
        bad(KIND_STATION, "release", "{\"autoclave\":1}", REJECT_BAD_MEMBER, "autoclave");
        e = good(KIND_STATION, "release", "{\"autoclave\":\"ac\",\"attempt\":\"a\",\"decision\":\"release\",\"by\":\"o\",\"dry\":false}");
        assert_null(e->env.boot);
        assert_int_equal(e->env.seq, 0);
        assert_false(e->release.has_cycle || e->release.dry);
        assert_int_equal(e->release.wet_packs.n, 0);
        assert_int_equal(error.reason, REJECT_NONE);
        assert_string_equal(error.member, "");
}

static void only_what_could_permit_something_grants(void **state) {
        static const struct {
                Kind kind;
                const char *message, *payload;
                bool grants;
        } cases[] = {
                { KIND_STATION, "receive", "{\"item\":\"i\"}", true },
                { KIND_STATION, "clean", "{\"items\":[\"i\"],\"method\":\"manual\",\"operator\":\"o\"}", true },
                { KIND_STATION, "load", "{\"autoclave\":\"a\",\"packs\":[\"p\"]}", true },
                { KIND_AUTOCLAVE, "sample", "{\"cycle\":1,\"samples\":[[1,2,3]]}", true },
                { KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":1,\"program\":\"p\"}", true },
                { KIND_AUTOCLAVE, "cycle-end", "{\"cycle\":1,\"outcome\":\"completed\"}", true },
                { KIND_AUTOCLAVE, "cycle-end", "{\"cycle\":1,\"outcome\":\"failed\"}", false },
                { KIND_AUTOCLAVE, "cycle-end", "{\"cycle\":1,\"outcome\":\"aborted\"}", false },
                { KIND_AUTOCLAVE, "test", "{\"test\":\"helix\",\"result\":\"pass\"}", true },
                { KIND_AUTOCLAVE, "test", "{\"test\":\"vacuum-leak\",\"pressures\":[[0,1],[1,1],[2,1]]}", true },
                { KIND_AUTOCLAVE, "test", "{\"test\":\"helix\",\"result\":\"fail\"}", false },
                { KIND_AUTOCLAVE, "fault", "{\"code\":\"E\",\"severity\":\"minor\"}", false },
                { KIND_STATION, "indicator", "{\"autoclave\":\"a\",\"cycle\":1,\"indicator\":\"biological\",\"result\":\"fail\",\"reader\":\"o\"}", false },
                { KIND_STATION, "indicator", "{\"autoclave\":\"a\",\"cycle\":1,\"indicator\":\"biological\",\"result\":\"pending\",\"reader\":\"o\"}", true },
                { KIND_STATION, "transcript", "{" READINGS "\"hottest_c\":136,\"highest_kpa\":320}", true },
                { KIND_STATION, "release", "{\"autoclave\":\"a\",\"cycle\":1,\"decision\":\"release\",\"by\":\"o\",\"dry\":true}", true },
                { KIND_STATION, "release", "{\"autoclave\":\"a\",\"cycle\":1,\"decision\":\"reject\",\"by\":\"o\",\"dry\":true}", false },
                { KIND_STATION, "damage", "{\"item\":\"i\",\"reason\":\"r\"}", false },
                { KIND_STATION, "duty", "{\"duty\":\"d\",\"by\":\"o\"}", true },
                { KIND_SHARPS, "drop", "{\"item\":\"i\"}", false },
                { KIND_ROOM, "injury", "{\"detail\":\"x\"}", false },
                { KIND_ROOM, "disinfected", "{\"by\":\"o\",\"contact_s\":60}", true },
                { KIND_ROOM, "open", "{\"pack\":\"p\",\"indicator\":\"pass\",\"by\":\"o\"}", false },
                { KIND_ROOM, "open", "{\"pack\":\"p\",\"indicator\":\"absent\",\"by\":\"o\"}", false },
                { KIND_ROOM, "draw", "{\"session\":\"s\",\"item\":\"i\"}", false },
                { KIND_ROOM, "session-request", REQUEST(""), false },
                { KIND_ROOM, "session-start", "{\"session\":\"s\"}", false },
                { KIND_ROOM, "session-end", "{\"session\":\"s\",\"by\":\"o\"}", false },
                { KIND_HANDPIECE, "usage", "{\"item\":\"i\",\"event\":\"contact\"}", false },
                { KIND_ACTUATOR, "renew", "{\"nonce\":\"" NONCE_TEXT "\"}", false },
                { KIND_ROOM, "heartbeat", "{}", false },
        };

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (event_grants(good(cases[i].kind, cases[i].message, cases[i].payload)) != cases[i].grants)
                        fail_msg("%s %s is taken wrongly", cases[i].message, cases[i].payload);
}

static void every_message_is_found_by_its_name(void **state) {
        (void) state;
        for (unsigned t = 0; t < _EVENT_TYPE_MAX; t++) {
                const Message *found = NULL;

                for (unsigned k = 0; k < _KIND_MAX && !found; k++)
                        found = message_find((Kind) k, event_type_name((EventType) t));
                assert_non_null(found);
                assert_int_equal(found->type, t);
        }
}

static void the_ids_of_rejections_are_the_contract_s(void **state) {
        (void) state;
        for (unsigned r = 0; r < _REJECT_MAX; r++)
                assert_non_null(reject_id((Reject) r));
        assert_string_equal(reject_id(REJECT_NOT_JSON), "not-json");
        assert_string_equal(reject_id(REJECT_SEQUENCE_REQUIRED), "sequence-required");
        assert_string_equal(reject_id(REJECT_TOO_LATE), "too-late");
}

int main(void) {
        const struct CMUnitTest all[] = {
                T(a_heartbeat_needs_nothing),
                T(the_envelope_is_read_whole),
                T(boot_and_seq_go_together),
                T(the_envelope_has_bounds),
                T(what_is_not_one_strict_json_object_is_refused),
                T(the_refusal_of_bad_json_never_quotes_it),
                T(nesting_stops_at_eight_levels),
                T(deep_nesting_costs_no_stack),
                T(a_payload_has_at_most_64_kib),
                T(a_bad_message_still_says_which_one_it_is),
                T(a_message_is_taken_from_its_kinds_only),
                T(a_device_that_is_no_label_is_our_own_error),
                T(nothing_of_an_earlier_message_is_left),
                T(only_what_could_permit_something_grants),
                cmocka_unit_test(every_message_is_found_by_its_name),
                cmocka_unit_test(the_ids_of_rejections_are_the_contract_s),
        };

        return cmocka_run_group_tests_name("decode", all, NULL, NULL);
}
