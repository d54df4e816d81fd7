/* SPDX-License-Identifier: Apache-2.0 */
/* Receipts, order, gaps, rejections: through real messages, with the ledger beside. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "core/gate.h"
#include "store/sessions.h"

#define STATION "station/station-1"
#define RECEIVE STATION "/receive"
#define RECEIPT "down/" STATION "/receipt"

static void receive_as(Sim *s, const char *boot, int64_t seq, const char *name) {
        sim_say_as(s, RECEIVE, boot, seq, "{'item':'%s'}", sim_code(name));
}

static void damage_as(Sim *s, const char *boot, int64_t seq, const char *name) {
        sim_say_as(s, STATION "/damage", boot, seq, "{'item':'%s','reason':'torn'}", sim_code(name));
}

static bool known(Sim *s, const char *name) {
        return sim_sql(s, "SELECT count(*) FROM item WHERE code = '%s'", sim_code(name)) == 1;
}

static bool damaged(Sim *s, const char *name) {
        return sim_sql(s, "SELECT damaged_us FROM item WHERE code = '%s'", sim_code(name)) != 0;
}

static int64_t audit(Sim *s) {
        return sim_sql(s, "SELECT max(i) FROM audit");
}

static void expect_receipt(Sim *s, const char *boot, const char *seq, const char *missing) {
        assert_string_equal(sim_member(s, RECEIPT, "boot"), boot);
        assert_string_equal(sim_member(s, RECEIPT, "seq"), seq);
        assert_string_equal(sim_member(s, RECEIPT, "missing"), missing);
}

static void messages_in_order_have_their_effect_and_one_receipt_covers_a_batch(void **state) {
        Sim *s = *state;
        for (int i = 1; i <= 20; i++) {
                char name[8];
                snprintf(name, sizeof(name), "R%d", i);
                receive_as(s, "b-1", i, name);
        }
        assert_int_equal(sim_count(s, RECEIPT), 0);
        sim_commit(s);
        assert_int_equal(sim_count(s, RECEIPT), 1);
        expect_receipt(s, "b-1", "20", "");
        assert_int_equal(sim_last(s, RECEIPT)->qos, 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 20);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message"), 20);
        sim_check_chain(s);
}

static void a_busy_device_gets_a_receipt_at_most_every_fifty_milliseconds(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_commit(s);
        receive_as(s, "b-1", 2, "R2");
        sim_commit(s);
        assert_int_equal(sim_count(s, RECEIPT), 1);
        assert_int_equal(intake_deadline_us(s->intake), s->now.boot_us + 50 * US_PER_MS);
        sim_pass(s, 50 * US_PER_MS);
        assert_int_equal(sim_count(s, RECEIPT), 2);
        expect_receipt(s, "b-1", "2", "");
}

static void what_comes_behind_a_hole_is_kept_and_waits(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        receive_as(s, "b-1", 3, "R3");
        sim_commit(s);
        expect_receipt(s, "b-1", "1", "[2]");
        assert_false(known(s, "R3"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE held = 1"), 1);
        sim_advance(s, US_PER_S);
        receive_as(s, "b-1", 2, "R2");
        sim_commit(s);
        expect_receipt(s, "b-1", "3", "");
        assert_true(known(s, "R2") && known(s, "R3"));
        assert_true(sim_sql(s, "SELECT id FROM item WHERE code = '%s'", sim_code("R2")) <
                    sim_sql(s, "SELECT id FROM item WHERE code = '%s'", sim_code("R3")));
        assert_int_equal(sim_alert(s, "evidence-gap"), 0);
}

static void a_hole_is_passed_after_five_seconds_and_not_before(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        receive_as(s, "b-1", 3, "R3");
        sim_commit(s);
        assert_true(intake_deadline_us(s->intake) <= s->now.boot_us + 5 * US_PER_S);
        sim_pass(s, 5 * US_PER_S - 1);
        assert_false(known(s, "R3"));
        sim_pass(s, 1);
        assert_true(known(s, "R3"));
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
        /* It is still wanted, and still named. */
        expect_receipt(s, "b-1", "1", "[2]");
}

static void too_late_a_message_locks_and_never_grants(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        receive_as(s, "b-1", 5, "R5");
        sim_commit(s);
        sim_pass(s, 5 * US_PER_S);
        assert_true(known(s, "R5"));
        sim_forget(s);
        receive_as(s, "b-1", 3, "R3");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "too-late");
        assert_string_equal(sim_member(s, "down/" STATION "/rejected", "seq"), "3");
        assert_false(known(s, "R3"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE seq = 3"), 1);
        sim_forget(s);
        sim_advance(s, US_PER_S);
        damage_as(s, "b-1", 4, "R1");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "");
        assert_true(damaged(s, "R1"));
        expect_receipt(s, "b-1", "5", "");
}

static void a_duplicate_is_answered_again_and_does_nothing(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        damage_as(s, "b-1", 2, "R1");
        sim_commit(s);
        const int64_t size = audit(s), at = sim_sql(s, "SELECT damaged_us FROM item");
        for (int i = 0; i < 3; i++) {
                sim_advance(s, US_PER_S);
                sim_forget(s);
                damage_as(s, "b-1", 2, "R1");
                receive_as(s, "b-1", 1, "R1");
                sim_commit(s);
                expect_receipt(s, "b-1", "2", "");
                assert_string_equal(sim_rejected(s, STATION), "");
        }
        assert_int_equal(audit(s), size);
        assert_int_equal(sim_sql(s, "SELECT damaged_us FROM item"), at);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message"), 2);
}

static void a_duplicate_of_a_held_message_is_receipted_and_goes_on_waiting(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_say_as(s, "room/room-1/heartbeat", "b-1", 1, "{}");
        for (int i = 0; i < 2; i++) {
                sim_say_as(s, "room/room-1/session-request", "b-1", 3,
                           "{'session':'s-1','practitioner':'ana','patient':'p-1','procedure':'skin-needling','items':%s,'nonce':'%s'}",
                           sim_codes("R1"), sim_nonce(1));
                sim_commit(s);
                assert_int_equal(sim_count(s, "down/room/room-1/decision"), 0);
                assert_int_equal(sim_sql(s, "SELECT count(*) FROM session"), 0);
        }
        sim_say_as(s, "room/room-1/heartbeat", "b-1", 2, "{}");
        sim_commit(s);
        assert_int_equal(sim_count(s, "down/room/room-1/decision"), 1);
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "verdict"), "allow");
}

static void one_number_for_two_messages_is_a_conflict_an_alert_and_a_gap(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_commit(s);
        sim_advance(s, US_PER_S);
        sim_forget(s);
        receive_as(s, "b-1", 1, "R2");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "sequence-conflict");
        assert_false(known(s, "R2"));
        assert_int_equal(sim_alert(s, "sequence-conflict"), 1);
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM dead_letter WHERE reason = 'sequence-conflict'"), 1);
        expect_receipt(s, "b-1", "1", "");
        /* The same bytes on another topic are another message too. */
        sim_say_as(s, STATION "/heartbeat", "b-1", 1, "{'item':'%s'}", sim_code("R1"));
        sim_commit(s);
        assert_int_equal(sim_alert(s, "sequence-conflict"), 2);
}

static void a_number_too_far_ahead_is_refused_and_not_receipted(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_commit(s);
        sim_advance(s, US_PER_S);
        sim_forget(s);
        receive_as(s, "b-1", 1003, "R2");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "sequence-ahead");
        assert_int_equal(sim_count(s, RECEIPT), 0);
        assert_false(known(s, "R2"));
        sim_forget(s);
        receive_as(s, "b-1", 1002, "R2");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "");
        assert_int_equal(sim_count(s, RECEIPT), 1);
}

static void a_message_that_is_wrong_and_too_far_ahead_is_not_receipted(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_commit(s);
        sim_advance(s, US_PER_S);
        sim_forget(s);
        sim_say_as(s, RECEIVE, "b-1", 5000, "{}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "sequence-ahead");
        assert_int_equal(sim_count(s, RECEIPT), 0);
        assert_int_equal(sim_sql(s, "SELECT max(seq) FROM message"), 1);
}

static void oldest_above_a_hole_closes_it_as_an_evidence_gap(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_say_as(s, RECEIVE, "b-1", 5, "{'item':'%s','oldest':5}", sim_code("R5"));
        sim_commit(s);
        expect_receipt(s, "b-1", "5", "");
        assert_true(known(s, "R5"));
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
}

static void what_was_held_behind_a_hole_that_oldest_closes_has_its_effect_first(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        receive_as(s, "b-1", 3, "R3");
        damage_as(s, "b-1", 4, "R3");
        sim_commit(s);
        sim_say_as(s, RECEIVE, "b-1", 5, "{'item':'%s','oldest':3}", sim_code("R5"));
        sim_commit(s);
        assert_true(known(s, "R3") && known(s, "R5"));
        assert_true(damaged(s, "R3"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE held = 1"), 0);
        assert_true(sim_sql(s, "SELECT id FROM item WHERE code = '%s'", sim_code("R3")) <
                    sim_sql(s, "SELECT id FROM item WHERE code = '%s'", sim_code("R5")));
}

static void at_most_sixty_four_holes_are_named(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        receive_as(s, "b-1", 101, "R2");
        sim_commit(s);
        json_t *m = json_loads(sim_member(s, RECEIPT, "missing"), 0, NULL);
        assert_int_equal(json_array_size(m), 64);
        assert_int_equal(json_integer_value(json_array_get(m, 0)), 2);
        assert_int_equal(json_integer_value(json_array_get(m, 63)), 65);
        json_decref(m);
}

static void a_new_boot_counts_from_one_and_the_old_one_comes_too_late(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        receive_as(s, "b-2", 1, "R2");
        sim_commit(s);
        expect_receipt(s, "b-2", "1", "");
        assert_true(known(s, "R2"));
        sim_advance(s, US_PER_S);
        sim_forget(s);
        receive_as(s, "b-1", 2, "R3");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "too-late");
        assert_string_equal(sim_member(s, "down/" STATION "/rejected", "boot"), "b-1");
        assert_false(known(s, "R3"));
        expect_receipt(s, "b-1", "2", "");
        damage_as(s, "b-1", 3, "R1");
        sim_commit(s);
        assert_true(damaged(s, "R1"));
        receive_as(s, "b-2", 2, "R4");
        sim_commit(s);
        assert_true(known(s, "R4"));
}

static void what_an_old_boot_left_held_has_its_effect_when_a_new_one_begins(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        damage_as(s, "b-1", 3, "R1");
        sim_commit(s);
        assert_false(damaged(s, "R1"));
        receive_as(s, "b-2", 1, "R2");
        sim_commit(s);
        assert_true(damaged(s, "R1"));
        assert_true(known(s, "R2"));
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE held = 1"), 0);
        sim_check_chain(s);
}

static void what_an_old_boot_left_held_goes_first_even_before_a_wrong_message_of_a_new_one(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        damage_as(s, "b-1", 3, "R1");
        sim_say_as(s, RECEIVE, "b-2", 1, "{}");
        damage_as(s, "b-2", 2, "R1");
        sim_commit(s);
        assert_true(damaged(s, "R1"));
        assert_string_equal(sim_rejected(s, STATION), "missing-member");
        expect_receipt(s, "b-2", "2", "");
        sim_check_chain(s);
}

static void a_wrong_message_of_an_old_boot_is_receipted_so_that_it_is_not_sent_for_ever(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        receive_as(s, "b-2", 1, "R2");
        sim_commit(s);
        sim_advance(s, US_PER_S);
        sim_say_as(s, RECEIVE, "b-1", 2, "{}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "missing-member");
        expect_receipt(s, "b-1", "2", "");
}

static void refused_messages_are_receipted_and_kept_as_dead_letters(void **state) {
        static const struct {
                const char *what, *json, *reason, *member;
        } cases[] = {
                { RECEIVE, "{}", "missing-member", "item" },
                { RECEIVE, "{'item':7}", "bad-member", "item" },
                { RECEIVE, "{'item':'(01)00844588003287(21)X'}", "bad-member", "item" },
                { STATION "/dance", "{}", "unknown-message", "" },
                { STATION "/damage", "{'item':'nobody','reason':'r'}", "bad-member", "item" },
        };
        Sim *s = *state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                char seq[16];
                sim_forget(s);
                sim_advance(s, US_PER_S);
                sim_say(s, cases[i].what, "%s", cases[i].json);
                assert_string_equal(sim_rejected(s, STATION), cases[i].reason);
                assert_string_equal(sim_member(s, "down/" STATION "/rejected", "member"), cases[i].member);
                snprintf(seq, sizeof(seq), "%zu", i + 1);
                if (!streq(cases[i].reason, "unknown-message"))
                        expect_receipt(s, "b-1", seq, "");
                assert_int_equal(sim_sql(s, "SELECT count(*) FROM dead_letter WHERE raw IS NOT NULL"), i + 1);
        }
        /* The chain says so, too. */
        assert_true(sim_sql(s, "SELECT count(*) FROM audit WHERE record LIKE '%%\"refused\"%%'") >= 4);
}

static void a_wrong_message_behind_a_hole_does_not_stop_the_others(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_say_as(s, RECEIVE, "b-1", 3, "{}");
        receive_as(s, "b-1", 4, "R4");
        receive_as(s, "b-1", 2, "R2");
        sim_commit(s);
        assert_true(known(s, "R2") && known(s, "R4"));
        expect_receipt(s, "b-1", "4", "");
}

static void a_held_message_that_proves_wrong_is_refused_when_its_turn_comes(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        damage_as(s, "b-1", 3, "R3"); /* not known then */
        damage_as(s, "b-1", 4, "R1");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "");
        receive_as(s, "b-1", 2, "R2");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_string_equal(sim_member(s, "down/" STATION "/rejected", "seq"), "3");
        assert_true(damaged(s, "R1"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE held = 1"), 0);
        sim_check_chain(s);
}

static void a_retained_message_is_never_acted_on(void **state) {
        Sim *s = *state;
        char json[256];
        sim_receive(s, "R1");
        snprintf(json, sizeof(json), "{\"boot\":\"b-1\",\"seq\":2,\"item\":\"%s\",\"reason\":\"r\"}", sim_code("R1"));
        sim_send(s, "asepsis/v1/clinic/up/" STATION "/damage", json, true, NULL);
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "retained");
        assert_false(damaged(s, "R1"));
}

static void unknown_devices_and_kinds_that_a_device_is_not_are_refused(void **state) {
        Sim *s = *state;
        sim_blurt(s, "station/stranger/heartbeat", "{}");
        assert_string_equal(sim_rejected(s, "station/stranger"), "unknown-device");
        sim_blurt(s, "room/station-1/session-start", "{'session':'s-1'}");
        assert_string_equal(sim_rejected(s, "room/station-1"), "not-allowed");
        sim_send(s, "asepsis/v1/elsewhere/up/" STATION "/heartbeat", "{}", false, NULL);
        sim_send(s, "asepsis/v1/clinic/down/" STATION "/receipt", "{}", false, NULL);
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM dead_letter WHERE reason = 'not-allowed'"), 3);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message"), 0);
}

static void without_boot_and_seq_nothing_is_granted(void **state) {
        static const char *const grants[][2] = {
                { RECEIVE, "{'item':'HP-2','class':'handpiece'}" },
                { STATION "/clean", "{'items':['HP-1'],'method':'manual','operator':'ben'}" },
                { STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}" },
                { STATION "/pack", "{'pack':'P-1','items':['HP-1'],'wrap':'pouch','operator':'ben'}" },
                { STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}" },
                { STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'release','by':'ben','dry':true}" },
                { STATION "/duty", "{'duty':'first-aid','by':'ben','subject':'room-1'}" },
                { "autoclave/ac-1/cycle-start", "{'cycle':1,'program':'prevac-134'}" },
                { "autoclave/ac-1/sample", "{'cycle':1,'samples':[[1,20,101]]}" },
                { "autoclave/ac-1/cycle-end", "{'cycle':1,'outcome':'completed'}" },
                { "autoclave/ac-1/test", "{'test':'bowie-dick','result':'pass'}" },
                { "room/room-1/disinfected", "{'by':'ben','contact_s':60}" },
        };
        Sim *s = *state;
        sim_say(s, RECEIVE, "{'item':'HP-1','class':'handpiece'}");
        const int64_t messages = sim_sql(s, "SELECT count(*) FROM message");
        for (size_t i = 0; i < ELEMENTSOF(grants); i++) {
                char who[64];
                snprintf(who, sizeof(who), "%.*s", (int)(strrchr(grants[i][0], '/') - grants[i][0]), grants[i][0]);
                sim_forget(s);
                sim_blurt(s, grants[i][0], "%s", grants[i][1]);
                if (!streq(sim_rejected(s, who), "sequence-required"))
                        fail_msg("%s: %s", grants[i][0], sim_rejected(s, who));
        }
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message"), messages);
        assert_int_equal(sim_sql(s, "SELECT state FROM item WHERE code = 'HP-1'"), ITEM_CONTAMINATED);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 1);
}

static void without_boot_and_seq_damage_drops_usage_and_injuries_lock(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 R3 R4");
        sim_blurt(s, STATION "/damage", "{'item':'%s','reason':'torn'}", sim_code("R1"));
        sim_blurt(s, "sharps/sharps-1/drop", "{'item':'%s'}", sim_code("R2"));
        sim_blurt(s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code("R3"));
        sim_blurt(s, STATION "/recall", "{'reason':'bad','by':'clara','items':%s}", sim_codes("R4"));
        sim_blurt(s, "room/room-2/injury", "{'detail':'needlestick'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM dead_letter"), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-damaged");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R2"), "item-dropped");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R3"), "item-used");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R4"), "item-recalled");
        sim_receive(s, "R5");
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R5"), "exposure-open");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R5"), "allow");
}

static void a_held_message_survives_a_restart(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        receive_as(s, "b-1", 3, "R3");
        sim_commit(s);
        sim_restart(s);
        assert_false(known(s, "R3"));
        assert_true(intake_deadline_us(s->intake) <= s->now.boot_us + 5 * US_PER_S);
        sim_pass(s, 5 * US_PER_S);
        assert_true(known(s, "R3"));
}

static void a_crash_before_the_commit_leaves_nothing_and_nothing_is_receipted(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_commit(s);
        sim_forget(s);
        receive_as(s, "b-1", 2, "R2");
        sim_crash(s);
        assert_false(known(s, "R2"));
        assert_int_equal(sim_count(s, RECEIPT), 0);
        sim_check_chain(s);
        sim_advance(s, US_PER_S);
        receive_as(s, "b-1", 2, "R2");
        sim_commit(s);
        assert_true(known(s, "R2"));
        expect_receipt(s, "b-1", "2", "");
}

static void a_lost_batch_leaves_no_trace_and_can_come_again(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        sim_commit(s);
        receive_as(s, "b-1", 2, "R2");
        intake_rollback(s->intake);
        assert_int_equal(intake_batch(s->intake)->n_out, 0);
        sim_advance(s, US_PER_S);
        sim_forget(s);
        sim_commit(s);
        assert_int_equal(sim_count(s, RECEIPT), 0);
        receive_as(s, "b-1", 2, "R2");
        sim_commit(s);
        expect_receipt(s, "b-1", "2", "");
        sim_check_chain(s);
}

static void after_a_lost_batch_holes_are_still_passed_and_leases_still_end(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        receive_as(s, "b-1", 4, "R4");
        sim_commit(s);
        sim_advance(s, 100 * US_PER_S);
        assert_int_equal(intake_tick(s->intake, &s->now), 0);
        intake_rollback(s->intake);
        assert_false(known(s, "R4"));
        assert_true(intake_deadline_us(s->intake) <= s->now.boot_us + 5 * US_PER_S);
        sim_pass(s, US_PER_S);
        assert_int_equal(sim_sql(s, "SELECT state FROM session"), SESSION_LAPSED);
        sim_pass(s, 5 * US_PER_S);
        assert_true(known(s, "R4"));
}

static void a_bad_message_in_mid_batch_undoes_no_other(void **state) {
        Sim *s = *state;
        receive_as(s, "b-1", 1, "R1");
        /* All or none: the first of these is known, the second is not. */
        sim_say_as(s, STATION "/clean", "b-1", 2, "{'items':%s,'method':'manual','operator':'ben'}", sim_codes("R1 R9"));
        receive_as(s, "b-1", 3, "R3");
        sim_say_as(s, "room/room-1/session-start", "b-1", 1, "{'session':'never'}");
        damage_as(s, "b-1", 4, "R3");
        sim_commit(s);
        assert_true(known(s, "R1") && known(s, "R3") && damaged(s, "R3"));
        assert_int_equal(sim_sql(s, "SELECT state FROM item WHERE code = '%s'", sim_code("R1")), ITEM_STERILE);
        expect_receipt(s, "b-1", "4", "");
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
        sim_check_chain(s);
}

static void a_flood_of_refusals_is_limited_counted_and_alerted(void **state) {
        Sim *s = *state;
        for (int i = 0; i < 200; i++)
                sim_blurt(s, RECEIVE, "{}");
        assert_int_equal(sim_count(s, "down/" STATION "/rejected"), 60);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM dead_letter"), 60);
        assert_int_equal(sim_alert(s, "rejected-flood"), 1);
        Status status = {};
        intake_status(s->intake, &status);
        assert_int_equal(status.rejected, 200);
        /* Others are heard as before, and so is this one when the minute is over. */
        sim_blurt(s, "station/stranger/heartbeat", "{}");
        assert_string_equal(sim_rejected(s, "station/stranger"), "unknown-device");
        sim_pass(s, 61 * US_PER_S);
        sim_forget(s);
        sim_blurt(s, RECEIVE, "{}");
        assert_int_equal(sim_count(s, "down/" STATION "/rejected"), 1);
}

static void a_refused_message_that_comes_again_does_not_grow_the_chain(void **state) {
        Sim *s = *state;
        sim_say_as(s, RECEIVE, "b-1", 1, "{}");
        sim_commit(s);
        const int64_t size = audit(s);
        for (int i = 0; i < 5; i++) {
                sim_advance(s, US_PER_S);
                sim_forget(s);
                sim_say_as(s, RECEIVE, "b-1", 1, "{}");
                sim_commit(s);
                expect_receipt(s, "b-1", "1", "");
        }
        assert_int_equal(audit(s), size);
}

static void a_refusal_carries_the_correlation_data_back(void **state) {
        Sim *s = *state;
        sim_send(s, "asepsis/v1/clinic/up/" RECEIVE, "{}", false, "my question");
        sim_commit(s);
        assert_string_equal(sim_last(s, "down/" STATION "/rejected")->correlation, "my question");
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(messages_in_order_have_their_effect_and_one_receipt_covers_a_batch),
                T(a_busy_device_gets_a_receipt_at_most_every_fifty_milliseconds),
                T(what_comes_behind_a_hole_is_kept_and_waits),
                T(a_hole_is_passed_after_five_seconds_and_not_before),
                T(too_late_a_message_locks_and_never_grants),
                T(a_duplicate_is_answered_again_and_does_nothing),
                T(a_duplicate_of_a_held_message_is_receipted_and_goes_on_waiting),
                T(one_number_for_two_messages_is_a_conflict_an_alert_and_a_gap),
                T(a_number_too_far_ahead_is_refused_and_not_receipted),
                T(a_message_that_is_wrong_and_too_far_ahead_is_not_receipted),
                T(oldest_above_a_hole_closes_it_as_an_evidence_gap),
                T(what_was_held_behind_a_hole_that_oldest_closes_has_its_effect_first),
                T(at_most_sixty_four_holes_are_named),
                T(a_new_boot_counts_from_one_and_the_old_one_comes_too_late),
                T(what_an_old_boot_left_held_has_its_effect_when_a_new_one_begins),
                T(what_an_old_boot_left_held_goes_first_even_before_a_wrong_message_of_a_new_one),
                T(a_wrong_message_of_an_old_boot_is_receipted_so_that_it_is_not_sent_for_ever),
                T(refused_messages_are_receipted_and_kept_as_dead_letters),
                T(a_wrong_message_behind_a_hole_does_not_stop_the_others),
                T(a_held_message_that_proves_wrong_is_refused_when_its_turn_comes),
                T(a_retained_message_is_never_acted_on),
                T(unknown_devices_and_kinds_that_a_device_is_not_are_refused),
                T(without_boot_and_seq_nothing_is_granted),
                T(without_boot_and_seq_damage_drops_usage_and_injuries_lock),
                T(a_held_message_survives_a_restart),
                T(a_crash_before_the_commit_leaves_nothing_and_nothing_is_receipted),
                T(a_lost_batch_leaves_no_trace_and_can_come_again),
                T(after_a_lost_batch_holes_are_still_passed_and_leases_still_end),
                T(a_bad_message_in_mid_batch_undoes_no_other),
                T(a_flood_of_refusals_is_limited_counted_and_alerted),
                T(a_refused_message_that_comes_again_does_not_grow_the_chain),
                T(a_refusal_carries_the_correlation_data_back),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
