/* SPDX-License-Identifier: Apache-2.0 */
/* One piece, held back and given back by hand. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/clinicsim.h"
#include "act.h"
#include "core/item.h"

static char text[ACT_TEXT_MAX];

static int act(Sim *s, ActType type, const char *code, const char *by, const char *reason) {
        return sim_act(s, &(Act){ .type = type, .subject = code, .by = by, .reason = reason, .uid = 1000 }, text);
}

static int hold(Sim *s, const char *name) {
        return act(s, ACT_ITEM_QUARANTINE, sim_code(name), "ana", "the blister looks odd");
}

static int give_back(Sim *s, const char *name) {
        return act(s, ACT_ITEM_RETURN, sim_code(name), "clara", "looked at it, it is whole");
}

static int64_t standing(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM recall WHERE ended_us IS NULL");
}

static void anybody_holds_back_a_piece_at_once_and_an_officer_gives_it_back(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        assert_int_equal(hold(s, "R1"), 0);
        assert_says(text, "is in quarantine 1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-recalled");
        assert_int_equal(sim_alert(s, "item-recalled"), 1);
        sim_crash(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-recalled");
        assert_int_equal(act(s, ACT_ITEM_RETURN, sim_code("R1"), "ana", "it is fine"), 1);
        assert_says(text, "an officer may");
        assert_int_equal(act(s, ACT_ITEM_RETURN, sim_code("R1"), "ben", "it is fine"), 1);
        assert_int_equal(give_back(s, "R1"), 0);
        assert_says(text, "is given back, and is sterile.");
        assert_int_equal(sim_alert(s, "item-recalled"), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_check_chain(s);
}

static void a_running_session_that_holds_it_gets_no_further_permit(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(hold(s, "R1"), 0);
        assert_says(text, "Session s-1 holds it");
        assert_says(text, "tell them in room-1.");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
        assert_int_equal(give_back(s, "R1"), 1);
        assert_int_equal(standing(s), 1);
}

static void a_used_needle_does_not_come_back(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2 R3");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        assert_int_equal(hold(s, "R1"), 0);
        assert_int_equal(give_back(s, "R1"), 1);
        assert_says(text, "single-use and was used");
        assert_int_equal(act(s, ACT_RECALL_END, "1", "clara", "anyway"), 1);
        assert_int_equal(standing(s), 1);
        sim_blurt(s, "station/station-1/damage", "{'item':'%s','reason':'bent'}", sim_code("R2"));
        assert_int_equal(hold(s, "R2"), 0);
        assert_int_equal(give_back(s, "R2"), 1);
        assert_says(text, "damaged");
        sim_blurt(s, "station/station-1/drop", "{'items':['%s'],'by':'ana'}", sim_code("R3"));
        assert_int_equal(hold(s, "R3"), 0);
        assert_int_equal(give_back(s, "R3"), 1);
        assert_says(text, "sharps container");
        assert_int_equal(standing(s), 3);
}

static void what_is_sterile_in_a_whole_pack_stays_so(void **state) {
        Sim *s = *state;

        sim_sterilize(s, "EX-1", "extractor", "P-1", 7);
        sim_sterilize(s, "EX-2", "extractor", "P-2", 8);
        assert_int_equal(hold(s, "EX-1"), 0);
        assert_int_equal(hold(s, "EX-2"), 0);
        sim_blurt(s, "station/station-1/damage", "{'pack':'P-2','reason':'torn'}");
        assert_int_equal(give_back(s, "EX-1"), 0);
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_STERILE);
        assert_int_equal(give_back(s, "EX-2"), 0);
        assert_int_equal(sim_item_state(s, "EX-2"), ITEM_CONTAMINATED);
        assert_says(text, "contaminated");
}

static void what_lay_open_comes_back_contaminated_whichever_way_the_quarantine_ends(void **state) {
        Sim *s = *state;
        Act end = { .type = ACT_RECALL_END, .recall = 2, .subject = "2", .by = "clara", .reason = "it is whole" };

        sim_handpiece(s, "HP-1");
        sim_handpiece(s, "HP-2");
        assert_int_equal(hold(s, "HP-1"), 0);
        assert_int_equal(hold(s, "HP-2"), 0);
        assert_int_equal(give_back(s, "HP-1"), 0);
        assert_int_equal(sim_item_state(s, "HP-1"), ITEM_CONTAMINATED);
        assert_int_equal(sim_act(s, &end, text), 0);
        assert_int_equal(sim_item_state(s, "HP-2"), ITEM_CONTAMINATED);
        assert_int_equal(standing(s), 0);
}

static void each_reason_to_hold_it_ends_and_a_recall_of_its_lot_does_not(void **state) {
        Sim *s = *state;
        const Act lot = { .type = ACT_RECALL_MAKE, .subject = "00844588004001", .cause = "product", .by = "clara",
                          .reason = "the maker's letter" };

        sim_receive(s, "R1");
        assert_int_equal(hold(s, "R1"), 0);
        assert_int_equal(hold(s, "R1"), 0);
        assert_int_equal(standing(s), 2);
        assert_int_equal(sim_act(s, &lot, text), 0);
        assert_int_equal(give_back(s, "R1"), 0);
        assert_int_equal(standing(s), 1);
        assert_says(text, "recalled still: the maker's letter");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-recalled");
        assert_int_equal(give_back(s, "R1"), 1);
        assert_says(text, "in no quarantine of its own");
}

static void what_is_no_piece_is_not_put_into_quarantine(void **state) {
        Sim *s = *state;

        assert_int_equal(act(s, ACT_ITEM_QUARANTINE, "(01)00844588003288(10)L7", "ana", "odd"), 1);
        assert_says(text, "recall make");
        assert_int_equal(act(s, ACT_ITEM_QUARANTINE, "(01)00844588003289(21)X", "ana", "odd"), 1);
        assert_int_equal(act(s, ACT_ITEM_QUARANTINE, "", "ana", "odd"), 1);
        assert_int_equal(act(s, ACT_ITEM_QUARANTINE, sim_code("R1"), "mallory", "odd"), 1);
        assert_int_equal(act(s, ACT_ITEM_QUARANTINE, sim_code("R1"), "ana", ""), 1);
        assert_int_equal(standing(s), 0);
}

static void a_piece_that_is_not_received_yet_is_held_from_its_receipt_on(void **state) {
        Sim *s = *state;

        assert_int_equal(hold(s, "R1"), 0);
        assert_says(text, "not in the ledger yet");
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-recalled");
        assert_int_equal(give_back(s, "R1"), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
}

static void in_doubt_a_piece_is_held_back_and_not_given_back(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        intake_doubt(s->intake, DOUBT_AUDIT, "It is not sure of itself.");
        assert_int_equal(hold(s, "R1"), 0);
        assert_int_equal(give_back(s, "R1"), 1);
        assert_says(text, "not sure of itself");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(anybody_holds_back_a_piece_at_once_and_an_officer_gives_it_back),
                TEST(a_running_session_that_holds_it_gets_no_further_permit),
                TEST(a_used_needle_does_not_come_back),
                TEST(what_is_sterile_in_a_whole_pack_stays_so),
                TEST(what_lay_open_comes_back_contaminated_whichever_way_the_quarantine_ends),
                TEST(each_reason_to_hold_it_ends_and_a_recall_of_its_lot_does_not),
                TEST(what_is_no_piece_is_not_put_into_quarantine),
                TEST(a_piece_that_is_not_received_yet_is_held_from_its_receipt_on),
                TEST(in_doubt_a_piece_is_held_back_and_not_given_back),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
