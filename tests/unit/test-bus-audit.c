/* SPDX-License-Identifier: Apache-2.0 */
/* The audit chain at the control interface: its head, and its records page by page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "bus-case.h"
#include "codec/base64.h"
#include "store/ledger.h"

#define RECORDS 620

static int fake_checkpoint(void *userdata, int64_t size, char **ret_jws) {
        (void)userdata;
        if (size == 2)
                return -EPERM; /* in doubt */
        *ret_jws = strdup("a.b.c");
        return 1;
}

static void fake_status(void *userdata, Status *ret) {
        (void)userdata;
        *ret = (Status){ .log = "l-1", .boot = "b-1", .kid = "k-1", .audit_size = RECORDS };
}

static const Config *fake_config(void *userdata) {
        static const Config config = { .site = { .id = "clinic" } };

        (void)userdata;
        return &config;
}

static int setup(void **state) {
        static char big[BUS_AUDIT_BYTES_MAX];
        Fixture *f = case_open();
        char record[64];
        Head head = {};

        assert_return_code(store_begin(f->store), 0);
        for (int i = 1; i < RECORDS; i++) {
                snprintf(record, sizeof(record), "{\"type\":\"n\",\"at_us\":%d}", i);
                assert_return_code(ledger_append(f->store, &head, record, strlen(record)), 0);
        }
        memset(big, 'x', sizeof(big) - 1);
        assert_return_code(ledger_append(f->store, &head, big, sizeof(big) - 1), 0);
        assert_return_code(store_commit(f->store), 0);
        case_serve(f, &(BusSource){ .status = fake_status, .config = fake_config, .checkpoint = fake_checkpoint });
        *state = f;
        return 0;
}

static sd_bus_message *ask_records(Fixture *f, uint64_t after, uint32_t limit) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "ExportAudit");

        assert_return_code(sd_bus_message_append(m, "tu", after, limit), 0);
        return ask(f, m);
}

/* How many there are; they begin behind `after`, and each hash is that of the chain. */
static size_t count_records(Fixture *f, uint64_t after, uint32_t limit) {
        sd_bus_message *m = ask_records(f, after, limit);
        uint8_t want[HASH_SIZE];
        size_t n = 0;

        assert_true(sd_bus_message_enter_container(m, 'a', "(tayay)") > 0);
        while (sd_bus_message_enter_container(m, 'r', "tayay") > 0) {
                const void *record, *hash;
                size_t n_record, n_hash;
                uint64_t i;

                assert_true(sd_bus_message_read(m, "t", &i) > 0);
                assert_true(sd_bus_message_read_array(m, 'y', &record, &n_record) > 0);
                assert_true(sd_bus_message_read_array(m, 'y', &hash, &n_hash) > 0);
                assert_int_equal(i, after + ++n);
                assert_int_equal(n_hash, HASH_SIZE);
                assert_int_equal(ledger_hash_at(f->store, (int64_t)i, want), 1);
                assert_memory_equal(hash, want, HASH_SIZE);
                assert_return_code(sd_bus_message_exit_container(m), 0);
        }
        sd_bus_message_unref(m);
        return n;
}

static void records_of_the_chain_come_in_pages_that_are_bounded(void **state) {
        Fixture *f = *state;

        assert_int_equal(count_records(f, 0, 0), BUS_AUDIT_MAX);
        assert_int_equal(count_records(f, 0, UINT32_MAX), BUS_AUDIT_MAX);
        assert_int_equal(count_records(f, BUS_AUDIT_MAX, 7), 7);
        assert_int_equal(count_records(f, RECORDS - 2, 0), 2);
        assert_int_equal(count_records(f, RECORDS, 0), 0);
        assert_int_equal(count_records(f, UINT64_MAX, 0), 0);
}

static void a_page_ends_with_the_record_that_makes_it_long(void **state) {
        Fixture *f = *state;
        Head head = { .size = RECORDS };

        assert_int_equal(ledger_hash_at(f->store, RECORDS, head.hash), 1);
        assert_return_code(store_begin(f->store), 0);
        assert_return_code(ledger_append(f->store, &head, "{}", 2), 0);
        assert_return_code(store_commit(f->store), 0);
        assert_int_equal(count_records(f, RECORDS - 2, 0), 2);
        assert_int_equal(count_records(f, RECORDS, 0), 1);
}

static sd_bus_message *ask_audit(Fixture *f, uint64_t size) {
        sd_bus_message *m = new_call(f, BUS_INTERFACE, "GetAudit");

        assert_return_code(sd_bus_message_append(m, "t", size), 0);
        return ask(f, m);
}

static void a_head_is_signed_unless_the_ledger_is_in_doubt(void **state) {
        Fixture *f = *state;
        uint8_t hash[HASH_SIZE];
        char head[BASE64_SIZE(HASH_SIZE)];
        sd_bus_message *m = ask_audit(f, 0);

        assert_member_number(m, "size", "x", RECORDS);
        assert_member_text(m, "checkpoint", "a.b.c");
        sd_bus_message_unref(m);
        m = ask_audit(f, 2);
        assert_int_equal(ledger_hash_at(f->store, 2, hash), 1);
        to_base64(hash, sizeof(hash), head, sizeof(head));
        assert_member_number(m, "size", "x", 2);
        assert_member_text(m, "head", head);
        assert_member_text(m, "checkpoint", NULL);
        sd_bus_message_unref(m);
        m = ask_audit(f, RECORDS + 1);
        assert_string_equal(sd_bus_message_get_error(m)->name, BUS_ERROR_NOT_FOUND);
        sd_bus_message_unref(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(records_of_the_chain_come_in_pages_that_are_bounded),
                TEST(a_page_ends_with_the_record_that_makes_it_long),
                TEST(a_head_is_signed_unless_the_ledger_is_in_doubt),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
