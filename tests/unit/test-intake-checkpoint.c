/* SPDX-License-Identifier: Apache-2.0 */
/* The clinic's word for its chain: of which record, on record when, and not while anything is in doubt. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "../lib/clinicsim.h"
#include "codec/base64.h"
#include "store/ledger.h"

static const Doubt doubts[] = { DOUBT_AUDIT, DOUBT_RESTORE, DOUBT_SECOND, DOUBT_KEY };

static int64_t size_now(Sim *s) {
        return sim_sql(s, "SELECT max(i) FROM audit");
}

/* It says of record `size` what the ledger has there. */
static void assert_speaks_of(Sim *s, const char *jws, int64_t size) {
        char head[BASE64_SIZE(HASH_SIZE)];
        uint8_t hash[HASH_SIZE];
        json_t *said = sim_open_jws(s, jws);

        assert_int_equal(ledger_hash_at(s->store, size, hash), 1);
        to_base64(hash, sizeof(hash), head, sizeof(head));
        assert_int_equal(json_integer_value(json_object_get(said, "size")), size);
        assert_string_equal(json_string_value(json_object_get(said, "head")), head);
        assert_string_equal(json_string_value(json_object_get(said, "log")),
                            sim_text(s, "SELECT value FROM meta WHERE name = 'log'"));
        json_decref(said);
}

static void any_record_of_the_chain_can_be_vouched_for(void **state) {
        Sim *s = *state;
        char *jws = NULL;

        sim_receive(s, "R1 R2");
        for (int64_t size = 1; size <= size_now(s); size++) {
                assert_int_equal(intake_checkpoint_of(s->intake, &s->now, size, &jws), 1);
                assert_speaks_of(s, jws, size);
                free(jws);
        }
        assert_int_equal(intake_checkpoint_of(s->intake, &s->now, size_now(s) + 1, &jws), 0);
        assert_int_equal(intake_checkpoint_of(s->intake, &s->now, INT64_MAX, &jws), 0);
        assert_int_equal(intake_checkpoint_of(s->intake, &s->now, 0, &jws), 1);
        assert_speaks_of(s, jws, size_now(s));
        free(jws);
        assert_int_equal(sim_count(s, "state/audit"), 0);
}

static void what_is_not_committed_is_not_vouched_for(void **state) {
        Sim *s = *state;
        const int64_t before = size_now(s);
        char *jws = NULL;

        sim_say_as(s, "room/room-1/heartbeat", "b-1", 1, "{}");
        assert_true(size_now(s) > before);
        assert_int_equal(intake_checkpoint_of(s->intake, &s->now, size_now(s), &jws), 0);
        sim_commit(s);
        assert_int_equal(intake_checkpoint_of(s->intake, &s->now, size_now(s), &jws), 1);
        free(jws);
}

static void nobodys_word_is_given_for_a_ledger_in_doubt(void **state) {
        Sim *s = *state;
        char *jws = NULL;

        for (size_t i = 0; i < ELEMENTSOF(doubts); i++) {
                assert_true(intake_vouches(s->intake));
                intake_doubt(s->intake, doubts[i], "A test.");
                assert_false(intake_vouches(s->intake));
                assert_int_equal(intake_checkpoint_of(s->intake, &s->now, 1, &jws), -EPERM);
                intake_doubt(s->intake, doubts[i], NULL);
        }
        intake_doubt(s->intake, DOUBT_STORE, "The disk is full.");
        assert_int_equal(intake_checkpoint_of(s->intake, &s->now, 1, &jws), 1);
        free(jws);
}

static void a_checkpoint_stands_in_the_chain_right_behind_what_it_speaks_of(void **state) {
        Sim *s = *state;
        char *jws = NULL;
        int64_t at;

        sim_receive(s, "R1");
        at = size_now(s);
        assert_int_equal(intake_checkpoint(s->intake, &s->now, &jws), 0);
        assert_int_equal(intake_checkpoint_record(s->intake, &s->now, jws), 0);
        sim_commit(s);
        assert_string_equal(sim_text(s, "SELECT record ->> 'jws' FROM audit WHERE i = %lld "
                                        "AND record ->> 'type' = 'checkpoint'", (long long)at + 1), jws);
        assert_speaks_of(s, jws, at);
        free(jws);
        sim_check_chain(s);
}

static void one_that_came_too_late_is_left_out(void **state) {
        Sim *s = *state;
        char *jws = NULL;

        assert_int_equal(intake_checkpoint(s->intake, &s->now, &jws), 0);
        sim_say_as(s, "room/room-1/heartbeat", "b-1", 1, "{}");
        assert_int_equal(intake_checkpoint_record(s->intake, &s->now, jws), 0);
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'checkpoint'"), 0);
        free(jws);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(any_record_of_the_chain_can_be_vouched_for),
                TEST(what_is_not_committed_is_not_vouched_for),
                TEST(nobodys_word_is_given_for_a_ledger_in_doubt),
                TEST(a_checkpoint_stands_in_the_chain_right_behind_what_it_speaks_of),
                TEST(one_that_came_too_late_is_left_out),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
