/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "batch.h"

static void put(Batch *b, const char *topic) {
        assert_int_equal(batch_publish(b, topic, "{}", 2, NULL), 0);
}

static void note(void *userdata, const Outgoing *o) {
        char *said = userdata;

        strncat(said, o->topic, 16);
        strncat(said, " ", 2);
}

static void everything_is_copied_and_handed_out_in_order(void **state) {
        char topic[] = "one", payload[] = "{\"a\":1}", said[256] = "";
        Batch b = {};
        Outgoing *out;
        (void)state;
        assert_int_equal(batch_publish(&b, topic, payload, strlen(payload), &out), 0);
        out->qos = 1;
        memset(topic, 'x', 3);
        memset(payload, 'x', 7);
        assert_string_equal(b.out[0].topic, "one");
        assert_string_equal(b.out[0].payload, "{\"a\":1}");
        assert_int_equal(b.out[0].qos, 1);
        put(&b, "two");
        put(&b, "three");
        batch_flush(&b, note, said);
        assert_string_equal(said, "one two three ");
        assert_int_equal(b.n_out, 0);
        batch_done(&b);
}

static void put_retained(Batch *b, const char *topic, int64_t outbox) {
        Outgoing *out;

        assert_int_equal(batch_publish(b, topic, "{}", 2, &out), 0);
        out->retain = true;
        out->outbox = outbox;
}

static void of_a_retained_topic_only_the_last_goes_out_but_all_of_the_outbox(void **state) {
        char said[256] = "";
        Batch b = {};
        (void)state;
        put_retained(&b, "a", 0);
        put(&b, "c");
        put_retained(&b, "b", 7);
        put_retained(&b, "b", 0);
        put(&b, "c");
        put_retained(&b, "b", 0);
        put_retained(&b, "a", 0);
        batch_flush(&b, note, said);
        assert_string_equal(said, "c b c b a ");
        batch_done(&b);
}

static void a_mark_takes_one_messages_part_back(void **state) {
        char said[256] = "";
        Batch b = {};
        (void)state;
        put(&b, "kept");
        assert_int_equal(batch_log(&b, LOG_SESSION_ALLOWED_KIND, LOG_INFO, NULL, "kept %d", 1), 0);
        BatchMark mark = batch_mark(&b);
        for (int i = 0; i < 100; i++)
                put(&b, "gone");
        const LogSubject subject = {
                .rule = "item-used", .item = "i", .session = "s", .room = "r", .device = "d", .cycle = "c"
        };
        assert_int_equal(batch_log(&b, LOG_SESSION_DENIED_KIND, LOG_NOTICE, &subject, "gone"), 0);
        assert_string_equal(b.log[1].subject[0], "item-used");
        batch_undo(&b, mark);
        assert_int_equal(b.n_out, 1);
        assert_int_equal(b.n_log, 1);
        assert_string_equal(b.log[0].text, "kept 1");
        put(&b, "later");
        batch_flush(&b, note, said);
        assert_string_equal(said, "kept later ");
        batch_done(&b);
}

static void put_permit(Batch *b, const char *topic, const char *session) {
        Outgoing *out;

        assert_int_equal(batch_publish(b, topic, "{}", 2, &out), 0);
        assert_int_equal(outgoing_permits(out, session), 0);
}

static void permits_of_a_session_that_is_over_do_not_leave(void **state) {
        char said[256] = "";
        Batch b = {};
        (void)state;
        put_permit(&b, "a", "s-1");
        put_permit(&b, "b", "s-2");
        put(&b, "c");
        batch_withdraw(&b, "s-1");
        put_permit(&b, "d", "s-1");
        batch_flush(&b, note, said);
        assert_string_equal(said, "b c d ");
        batch_done(&b);
}

static void a_dropped_batch_says_nothing(void **state) {
        char said[256] = "";
        Batch b = {};
        (void)state;
        put(&b, "a");
        batch_clear(&b);
        batch_flush(&b, note, said);
        assert_string_equal(said, "");
        batch_done(&b);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(everything_is_copied_and_handed_out_in_order),
                cmocka_unit_test(of_a_retained_topic_only_the_last_goes_out_but_all_of_the_outbox),
                cmocka_unit_test(a_mark_takes_one_messages_part_back),
                cmocka_unit_test(permits_of_a_session_that_is_over_do_not_leave),
                cmocka_unit_test(a_dropped_batch_says_nothing),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
