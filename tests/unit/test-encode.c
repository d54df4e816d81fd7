/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <jansson.h>

#include "codec/encode.h"
#include "codec/rfc3339.h"
#include "util.h"

#define NOON_US (INT64_C(1795338843120) * US_PER_MS) /* 2026-11-22T09:14:03.120Z */

static const uint8_t nonce[NONCE_SIZE] = { 0xFB, 0xFF, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 0xFF };
#define NONCE_TEXT "-_8CAwQFBgcICQoLDA0O_w"

static int make_writer(void **state) {
        *state = calloc(1, sizeof(JsonWriter));
        return *state ? 0 : -1;
}

static int drop_writer(void **state) {
        jsonw_done(*state);
        free(*state);
        return 0;
}

/* As written, and well-formed in another implementation's eyes. */
static void assert_text(JsonWriter *w, const char *want) {
        const char *text;
        json_t *root;
        size_t n;

        assert_int_equal(jsonw_finish(w, &text, &n), 0);
        assert_string_equal(text, want);
        assert_int_equal(n, strlen(want));
        root = json_loadb(text, n, JSON_REJECT_DUPLICATES, NULL);
        assert_non_null(root);
        json_decref(root);
}

static void the_writer_places_commas_and_colons(void **state) {
        JsonWriter *w = *state;

        jsonw_object(w);
        jsonw_member_int(w, "a", INT64_MIN);
        jsonw_key(w, "b");
        jsonw_array(w);
        jsonw_bool(w, true);
        jsonw_array(w);
        jsonw_array_end(w);
        jsonw_object(w);
        jsonw_object_end(w);
        jsonw_string(w, "[:{");
        jsonw_int(w, INT64_MAX);
        jsonw_array_end(w);
        jsonw_member_optional(w, "none", NULL);
        jsonw_member_bool(w, "c", false);
        jsonw_object_end(w);
        assert_text(w, "{\"a\":-9223372036854775808,\"b\":[true,[],{},\"[:{\",9223372036854775807],\"c\":false}");
}

static void the_writer_escapes_what_json_forbids(void **state) {
        JsonWriter *w = *state;

        jsonw_array(w);
        jsonw_string(w, "");
        jsonw_string(w, "a\"b\\c/d");
        jsonw_string(w, "\x01\n\x1D\x7F");
        jsonw_string(w, "\xC3\xA9 \xE2\x82\xAC \xF0\x9F\xA9\xB9");
        jsonw_array_end(w);
        assert_text(w, "[\"\",\"a\\\"b\\\\c/d\",\"\\u0001\\u000a\\u001d\\u007f\",\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\xA9\xB9\"]");
}

#define FFFD "\xEF\xBF\xBD"

static void bytes_that_are_no_utf8_are_replaced(void **state) {
        JsonWriter *w = *state;

        jsonw_array(w);
        jsonw_string(w, "a\xFFz");
        jsonw_string(w, "\xC3");                 /* cut off */
        jsonw_string(w, "\xC0\xAF");             /* overlong */
        jsonw_string(w, "\xE0\x9F\xBF");         /* overlong */
        jsonw_string(w, "\xED\xA0\x80");         /* surrogate */
        jsonw_string(w, "\xF0\x8F\xBF\xBF");     /* overlong */
        jsonw_string(w, "\xF4\x90\x80\x80");     /* beyond U+10FFFF */
        jsonw_string(w, "\xE2\x82\"");           /* a quote must not be swallowed */
        jsonw_array_end(w);
        assert_text(w, "[\"a" FFFD "z\",\"" FFFD "\",\"" FFFD FFFD "\",\"" FFFD FFFD FFFD "\",\"" FFFD FFFD FFFD
                       "\",\"" FFFD FFFD FFFD FFFD "\",\"" FFFD FFFD FFFD FFFD "\",\"" FFFD FFFD "\\\"\"]");
}

static void the_writer_is_bounded_and_its_failure_sticks(void **state) {
        JsonWriter *w = *state;
        const char *text;
        size_t n;

        jsonw_array(w);
        for (int i = 0; i < 20000; i++)
                jsonw_string(w, "sixty-four bytes of text, which are repeated until it is full...");
        jsonw_array_end(w);
        assert_int_equal(jsonw_finish(w, &text, &n), -EMSGSIZE);
        assert_true(w->len < JSONW_MAX);
        jsonw_reset(w);
        jsonw_array(w);
        jsonw_array_end(w);
        assert_text(w, "[]");
}

static void a_receipt_names_its_holes(void **state) {
        JsonWriter *w = *state;
        int64_t missing[MISSING_MAX + 10];
        const char *last;

        for (int i = 0; i < MISSING_MAX + 10; i++)
                missing[i] = 1000 + i;
        assert_int_equal(encode_receipt(w, "b-1", 41, NULL, 0), 0);
        assert_text(w, "{\"boot\":\"b-1\",\"seq\":41}");
        assert_int_equal(encode_receipt(w, "b\"1", 41, missing, 2), 0);
        assert_text(w, "{\"boot\":\"b\\\"1\",\"seq\":41,\"missing\":[1000,1001]}");
        assert_int_equal(encode_receipt(w, "b-1", 41, missing, ELEMENTSOF(missing)), 0);
        last = strrchr(w->buf, ',') + 1;
        assert_string_equal(last, "1063]}");
}

static void a_rejection_says_why_and_which(void **state) {
        JsonWriter *w = *state;

        assert_int_equal(encode_rejected(w, REJECT_BAD_MEMBER, "Must be an integer.", "cycle", "b", 3), 0);
        assert_text(w, "{\"reason\":\"bad-member\",\"detail\":\"Must be an integer.\",\"member\":\"cycle\",\"boot\":\"b\",\"seq\":3}");
        assert_int_equal(encode_rejected(w, REJECT_NOT_JSON, "x", "", "", 0), 0);
        assert_text(w, "{\"reason\":\"not-json\",\"detail\":\"x\"}");
        assert_int_equal(encode_rejected(w, REJECT_TOO_LATE, "x", NULL, NULL, 0), 0);
        assert_text(w, "{\"reason\":\"too-late\",\"detail\":\"x\"}");
}

static void a_deny_carries_all_its_reasons(void **state) {
        EncodeReason reasons[] = {
                { "item-used", "(01)00844588003288(21)SN0042", "Already used.", false },
                { "room-not-disinfected", NULL, "Turn the room over.", true },
        };
        EncodeDecision d = { .session = "s-81", .nonce = nonce, .decided_at_us = NOON_US, .reasons = { 2, reasons } };
        JsonWriter *w = *state;

        assert_int_equal(encode_decision(w, &d), 0);
        assert_text(w, "{\"session\":\"s-81\",\"nonce\":\"" NONCE_TEXT "\",\"verdict\":\"deny\","
                       "\"decided_at\":\"2026-11-22T09:14:03.120Z\",\"overridden\":[],\"reasons\":["
                       "{\"rule\":\"item-used\",\"item\":\"(01)00844588003288(21)SN0042\",\"text\":\"Already used.\",\"override\":false},"
                       "{\"rule\":\"room-not-disinfected\",\"text\":\"Turn the room over.\",\"override\":true}]}");
}

static void an_allow_carries_the_permit_and_what_was_overridden(void **state) {
        const char *overridden[] = { "exposure-open", "room-not-disinfected" };
        EncodeDecision d = { .session = "s", .nonce = nonce, .allow = true, .decided_at_us = NOON_US,
                             .overridden = overridden, .n_overridden = 2, .permit = "e30.e30.c2ln" };
        JsonWriter *w = *state;

        assert_int_equal(encode_decision(w, &d), 0);
        assert_text(w, "{\"session\":\"s\",\"nonce\":\"" NONCE_TEXT "\",\"verdict\":\"allow\","
                       "\"decided_at\":\"2026-11-22T09:14:03.120Z\",\"overridden\":[\"exposure-open\",\"room-not-disinfected\"],"
                       "\"reasons\":[],\"permit\":\"e30.e30.c2ln\"}");
}

static void what_is_signed_has_its_members(void **state) {
        EncodePermit p = { "clinic", "r-1", "s-81", nonce, 12, 90000, "us-1", 345, "ab" };
        EncodeCheckpoint c = { "log-1", "b-1", 346, "cd", NOON_US };
        JsonWriter *w = *state;

        assert_int_equal(encode_permit_payload(w, &p), 0);
        assert_text(w, "{\"site\":\"clinic\",\"room\":\"r-1\",\"session\":\"s-81\",\"nonce\":\"" NONCE_TEXT
                       "\",\"seq\":12,\"ttl_ms\":90000,\"policy\":\"us-1\",\"audit\":{\"size\":345,\"head\":\"ab\"}}");
        assert_int_equal(encode_checkpoint_payload(w, &c), 0);
        assert_text(w, "{\"log\":\"log-1\",\"boot\":\"b-1\",\"size\":346,\"head\":\"cd\",\"at\":\"2026-11-22T09:14:03.120Z\"}");
}

static void states_leave_out_what_is_not_there(void **state) {
        EncodeReason reason = { "disk-low", NULL, "Free some space.", false };
        EncodeDaemonState s = { .state = "online", .boot = "b", .version = "1", .since_us = 0 };
        JsonWriter *w = *state;

        assert_int_equal(encode_daemon_state(w, &s), 0);
        assert_text(w, "{\"state\":\"online\",\"boot\":\"b\",\"version\":\"1\",\"since\":\"1970-01-01T00:00:00.000Z\"}");
        s.reasons = (EncodeReasons) { 1, &reason };
        assert_int_equal(encode_daemon_state(w, &s), 0);
        assert_text(w, "{\"state\":\"online\",\"boot\":\"b\",\"version\":\"1\",\"since\":\"1970-01-01T00:00:00.000Z\","
                       "\"reasons\":[{\"rule\":\"disk-low\",\"text\":\"Free some space.\"}]}");
        assert_int_equal(encode_interlock(w, "locked", NULL, -1), 0);
        assert_text(w, "{\"state\":\"locked\"}");
        assert_int_equal(encode_interlock(w, "running", "s-81", 0), 0);
        assert_text(w, "{\"state\":\"running\",\"session\":\"s-81\",\"until_s\":0}");
}

static void an_autoclave_s_state_tells_the_running_and_the_last_cycle(void **state) {
        EncodeReason short_hold = { "hold-too-short", NULL, "Held 120 s of 180.", false };
        const AttemptFigures figures = { .has = 1 << FIGURE_HOLD, .v = { [FIGURE_HOLD] = 180500000 }, .grade = GRADE_PRINTOUT,
                                         .arrival_judged = true };
        EncodeAutoclaveState s = { .in_service = true };
        JsonWriter *w = *state;

        assert_int_equal(encode_autoclave_state(w, &s), 0);
        assert_text(w, "{\"service\":\"in\",\"reasons\":[]}");
        s = (EncodeAutoclaveState) { .attempt = "a-2", .cycle = 2, .phase = "hold", .last_attempt = "a-1",
                                     .last_cycle = 1, .last_verdict = "failed", .last_reasons = { 1, &short_hold } };
        assert_int_equal(encode_autoclave_state(w, &s), 0);
        assert_text(w, "{\"service\":\"out\",\"reasons\":[],\"attempt\":\"a-2\",\"cycle\":2,\"phase\":\"hold\","
                       "\"last\":{\"attempt\":\"a-1\",\"cycle\":1,\"verdict\":\"failed\",\"reasons\":"
                       "[{\"rule\":\"hold-too-short\",\"text\":\"Held 120 s of 180.\"}]}}");
        s = (EncodeAutoclaveState) { .last_attempt = "a-1", .last_cycle = 1, .last_verdict = "verified", .last_figures = &figures };
        assert_int_equal(encode_autoclave_state(w, &s), 0);
        assert_text(w, "{\"service\":\"out\",\"reasons\":[],\"last\":{\"attempt\":\"a-1\",\"cycle\":1,\"verdict\":\"verified\","
                       "\"reasons\":[],\"figures\":{\"hold_s\":180.5,\"arrival_judged\":true,\"grade\":\"printout\"}}}");
}

#define ALERT_TEXT "{\"alert\":\"7\",\"rule\":\"reuse-detected\",\"severity\":\"critical\",\"state\":\"open\",\"text\":\"t\"," \
                   "\"subject\":\"x\",\"raised_at\":\"2026-11-22T09:14:03.120Z\",\"count\":2"

static void alerts_go_out_alone_and_in_deliveries(void **state) {
        EncodeAlert a = { "7", "reuse-detected", "critical", "open", "t", "x", NOON_US, 2, NULL, 0 };
        JsonWriter *w = *state;

        assert_int_equal(encode_alert(w, &a), 0);
        assert_text(w, ALERT_TEXT "}");
        a.by = "maria";
        assert_int_equal(encode_deliver(w, "d-9", 3, &a), 0);
        assert_text(w, "{\"delivery\":\"d-9\",\"attempt\":3,\"alert\":" ALERT_TEXT ",\"by\":\"maria\"}}");
}

static void stations_are_answered(void **state) {
        EncodeReason wet = { "wet-pack", NULL, "Pack p-1 is wet.", false };
        const char *labels[] = { "SR-1", "SR-2" };
        EncodeReleased r = { .autoclave = "ac", .has_cycle = true, .cycle = 5, .attempt = "a-5", .released = true };
        JsonWriter *w = *state;

        assert_int_equal(encode_released(w, &r), 0);
        assert_text(w, "{\"autoclave\":\"ac\",\"cycle\":5,\"attempt\":\"a-5\",\"verdict\":\"released\",\"reasons\":[]}");
        r = (EncodeReleased) { .autoclave = "ac", .reasons = { 1, &wet } };
        assert_int_equal(encode_released(w, &r), 0);
        assert_text(w, "{\"autoclave\":\"ac\",\"verdict\":\"refused\",\"reasons\":[{\"rule\":\"wet-pack\",\"text\":\"Pack p-1 is wet.\"}]}");
        assert_int_equal(encode_labels(w, "(01)1", labels, 2), 0);
        assert_text(w, "{\"item\":\"(01)1\",\"labels\":[\"SR-1\",\"SR-2\"]}");
}

static void assert_time(int64_t us, const char *want) {
        char text[TIME_TEXT_SIZE];

        time_format_utc(us, text);
        assert_string_equal(text, want);
}

static void times_are_written_in_utc_with_milliseconds(void **state) {
        (void) state;
        assert_time(0, "1970-01-01T00:00:00.000Z");
        assert_time(-1, "1969-12-31T23:59:59.999Z");
        assert_time(NOON_US + 999, "2026-11-22T09:14:03.120Z");
        assert_time(INT64_C(951782400) * US_PER_S, "2000-02-29T00:00:00.000Z");
        assert_time(INT64_MAX, "9999-12-31T23:59:59.999Z");
        assert_time(INT64_MIN, "0001-01-01T00:00:00.000Z");
}

static void a_written_time_is_read_back_as_it_was(void **state) {
        (void) state;
        for (int64_t day = -719162; day < 2932896; day += 97) {
                int64_t us = day * US_PER_DAY + (day & 0xFFFF) * 1234 * US_PER_MS % US_PER_DAY, back;
                char text[TIME_TEXT_SIZE];

                time_format_utc(us, text);
                assert_int_equal(time_parse(text, &back), 0);
                assert_true(back == us);
        }
}

int main(void) {
#define WITH_WRITER(f) cmocka_unit_test_setup_teardown(f, make_writer, drop_writer)
        const struct CMUnitTest tests[] = {
                WITH_WRITER(the_writer_places_commas_and_colons),
                WITH_WRITER(the_writer_escapes_what_json_forbids),
                WITH_WRITER(bytes_that_are_no_utf8_are_replaced),
                WITH_WRITER(the_writer_is_bounded_and_its_failure_sticks),
                WITH_WRITER(a_receipt_names_its_holes),
                WITH_WRITER(a_rejection_says_why_and_which),
                WITH_WRITER(a_deny_carries_all_its_reasons),
                WITH_WRITER(an_allow_carries_the_permit_and_what_was_overridden),
                WITH_WRITER(what_is_signed_has_its_members),
                WITH_WRITER(states_leave_out_what_is_not_there),
                WITH_WRITER(an_autoclave_s_state_tells_the_running_and_the_last_cycle),
                WITH_WRITER(alerts_go_out_alone_and_in_deliveries),
                WITH_WRITER(stations_are_answered),
                cmocka_unit_test(times_are_written_in_utc_with_milliseconds),
                cmocka_unit_test(a_written_time_is_read_back_as_it_was),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
