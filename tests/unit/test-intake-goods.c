/* SPDX-License-Identifier: Apache-2.0 */
/* How things get in, and what comes back: suppliers, opening stock, loaners; blood, vials, spares. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "../lib/stationcase.h"
#include "core/gate.h"

#define RECEIVE STATION "/receive"
#define HOUR_US (3600 * US_PER_S)
#define STERILIZED(by, load, date, until) \
        "'sterilized':{'by':'" by "','load':'" load "','date':'" date "','until':'" until "','evidence':'a strip'}"
#define STOCK(item, date, until) \
        "{'item':'" item "','class':'extractor','by':'clara'," STERILIZED("opening-stock", "shelf-3", date, until) "}"


static const char *ask(const char *room, const char *session, const char *names, const char *patient) {
        return sim_ask_for(s, room, session, names, "ana", patient, "skin-needling");
}

static void over(const char *room, const char *session) {
        sim_end(s, room, session, "completed");
        sim_disinfect_room(s, room);
}

/* --- opening stock --- */

static void opening_stock_is_sterile_on_the_word_of_one_officer(void **state) {
        (void)state;
        taken(RECEIVE, STOCK("EX-1", "2026-11-01", "2027-04-30"));
        assert_int_equal(state_of("EX-1"), ITEM_STERILE);
        assert_string_equal(sim_text(s, "SELECT received_by || ' ' || supplier_by || ' ' || supplier_load || ' ' || evidence || ' ' || "
                                        "good_until_on FROM item"), "clara opening-stock shelf-3 a strip 20270430");
        sim_receive(s, "R1");
        assert_string_equal(ask("room-1", "s-1", "R1 EX-1", "p-1"), "allow");
}

static void opening_stock_without_an_officer_is_refused(void **state) {
        (void)state;
        refused("by", "officer", RECEIVE, "{'item':'EX-1','class':'extractor'," STERILIZED("opening-stock", "x", "2026-11-01", "2027-01-01") "}");
        refused("by", "officer", RECEIVE, "{'item':'EX-1','class':'extractor','by':'ben'," STERILIZED("opening-stock", "x", "2026-11-01", "2027-01-01") "}");
        refused("by", "not a registered", RECEIVE, "{'item':'EX-1','class':'extractor','by':'eve'," STERILIZED("opening-stock", "x", "2026-11-01", "2027-01-01") "}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 0);
}

static void opening_stock_is_taken_until_the_seventh_day_is_over(void **state) {
        const int64_t began = sim_sql(s, "SELECT min(since_us) FROM daemon_boot");
        (void)state;
        assert_int_equal(began, SIM_START_US);
        sim_pass(s, 7 * US_PER_DAY);
        taken(RECEIVE, STOCK("EX-1", "2026-11-01", "2027-01-01"));
        s->now.wall_us += 1;
        refused("sterilized", "for 7 days", RECEIVE, STOCK("EX-2", "2026-11-01", "2027-01-01"));
        /* A restart of the daemon begins nothing anew. */
        sim_restart(s);
        refused("sterilized", "for 7 days", RECEIVE, STOCK("EX-2", "2026-11-01", "2027-01-01"));
        /* There is another way in. */
        taken(RECEIVE, "{'item':'EX-2','class':'extractor','by':'ben'}");
        assert_int_equal(state_of("EX-2"), ITEM_CONTAMINATED);
}

static void a_policy_may_take_no_opening_stock_at_all(void **state) {
        (void)state;
        sim_close(s);
        sim_open(s, "[policy]\nopening-stock-days = 0\n");
        s->now.wall_us += 1;
        refused("sterilized", "for 0 days", RECEIVE, STOCK("EX-1", "2026-11-01", "2027-01-01"));
}

static void opening_stock_is_not_taken_before_the_ledger_began(void **state) {
        (void)state;
        s->now.wall_us -= 1;
        refused("sterilized", "Opening stock", RECEIVE, STOCK("EX-1", "2026-11-01", "2027-01-01"));
}

static void opening_stock_is_good_no_longer_than_its_class_allows(void **state) {
        (void)state;
        /* 180 days after 1 November, the day itself included. */
        refused("sterilized", "2027-04-30", RECEIVE, STOCK("EX-1", "2026-11-01", "2027-05-01"));
        refused("sterilized", "cover today", RECEIVE, STOCK("EX-1", "2026-11-01", "2026-11-21"));
        refused("sterilized", "cover today", RECEIVE, STOCK("EX-1", "2026-11-23", "2027-01-01"));
        taken(RECEIVE, STOCK("EX-1", "2026-11-01", "2026-11-23"));
        sim_receive(s, "R1 R2");
        s->now.wall_us = INT64_C(1795474800000000) - 1; /* the last moment of 23 November in Berlin */
        assert_string_equal(ask("room-1", "s-1", "R1 EX-1", "p-1"), "allow");
        s->now.wall_us += 1;
        sim_pass(s, 0);
        assert_string_equal(ask("room-2", "s-2", "R2 EX-1", "p-1"), "item-claimed item-expired");
}

static void what_is_not_sterilized_here_is_no_opening_stock(void **state) {
        (void)state;
        refused("sterilized", "cannot be opening stock", RECEIVE,
                "{'item':'%s','by':'clara'," STERILIZED("opening-stock", "x", "2026-11-01", "2027-01-01") "}", sim_code("R1"));
        refused("sterilized", "cannot be opening stock", RECEIVE,
                "{'item':'HP-1','class':'handpiece','by':'clara'," STERILIZED("opening-stock", "x", "2026-11-01", "2027-01-01") "}");
}

static void opening_stock_goes_the_ordinary_way_after_its_use(void **state) {
        (void)state;
        taken(RECEIVE, STOCK("EX-1", "2026-11-01", "2027-01-01"));
        sim_receive(s, "R1 R2");
        assert_string_equal(ask("room-1", "s-1", "R1 EX-1", "p-1"), "allow");
        sim_start(s, "room-1", "s-1");
        over("room-1", "s-1");
        assert_string_equal(ask("room-1", "s-2", "R2 EX-1", "p-1"), "item-not-sterile");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        assert_string_equal(ask("room-1", "s-3", "R2 EX-1", "p-1"), "allow");
}

/* --- suppliers, loaners, boxes --- */

static void goods_of_a_supplier_are_recalled_by_its_load(void **state) {
        (void)state;
        taken(RECEIVE, "{'item':'EX-1','class':'extractor'," STERILIZED("medical-supply", "SL-1", "2026-11-01", "2029-01-01") "}");
        taken(RECEIVE, "{'item':'EX-2','class':'extractor'," STERILIZED("medical-supply", "SL-2", "2026-11-01", "2029-01-01") "}");
        taken(STATION "/recall", "{'reason':'a failed spore test there','by':'clara','supplier_load':'SL-1'}");
        sim_receive(s, "R1 R2");
        assert_string_equal(ask("room-1", "s-1", "R1 EX-1", "p-1"), "item-recalled");
        assert_string_equal(ask("room-2", "s-2", "R2 EX-2", "p-1"), "allow");
}

static void loaners_and_anything_unproven_enter_contaminated(void **state) {
        (void)state;
        taken(RECEIVE, "{'item':'LOAN-1','class':'instrument'}");
        taken(RECEIVE, "{'item':'CART-1','class':'cartridge'}");
        taken(RECEIVE, "{'item':'(01)04012345678901(21)X','class':'sleeve'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE state = %d", ITEM_CONTAMINATED), 3);
        refused("sterilized", "not an approved supplier", RECEIVE,
                "{'item':'LOAN-2','class':'instrument'," STERILIZED("the-other-clinic", "x", "2026-11-01", "2027-01-01") "}");
}

static void a_box_that_was_sterilized_elsewhere_gets_labels_for_sterile_pieces(void **state) {
        (void)state;
        taken(RECEIVE, "{'item':'(01)00844588004001(10)LOT-9','quantity':3,'by':'ben'," STERILIZED("medical-supply", "SL-1", "2026-11-01", "2027-01-01") "}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE state = %d AND supplier_load = 'SL-1' AND received_by = 'ben'", ITEM_STERILE), 3);
}

/* --- blood --- */

static void session_with_tube(void) {
        sim_receive(s, "R1 R2 R3 B1 B2 B3");
        assert_string_equal(ask("room-1", "s-1", "R1 B1", "p-1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'%s'}", sim_code("B1"));
}

static void what_is_made_of_blood_is_its_patients_for_four_hours_from_the_first_draw(void **state) {
        (void)state;
        session_with_tube();
        const int64_t drawn = s->now.wall_us;
        sim_pass(s, HOUR_US);
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'%s'}", sim_code("B2"));
        assert_int_equal(sim_sql(s, "SELECT drawn_us FROM item WHERE code = '%s'", sim_code("B2")), drawn);
        assert_string_equal(ask("room-2", "s-2", "R2 B2", "p-2"), "item-other-patient");
        s->now.wall_us = drawn + 4 * HOUR_US;
        assert_string_equal(ask("room-2", "s-3", "R2 B2", "p-1"), "allow");
        s->now.wall_us += 1;
        assert_string_equal(sim_renew(s, "room-2", "s-3"), "blood-expired");
}

static void another_sessions_blood_has_its_own_time(void **state) {
        (void)state;
        session_with_tube();
        over("room-1", "s-1");
        sim_pass(s, HOUR_US);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(ask("room-1", "s-2", "R2 B2", "p-1"), "allow");
        sim_start(s, "room-1", "s-2");
        sim_say(s, "room/room-1/draw", "{'session':'s-2','item':'%s'}", sim_code("B2"));
        assert_int_equal(sim_sql(s, "SELECT drawn_us FROM item WHERE code = '%s'", sim_code("B2")), s->now.wall_us);
}

static void a_tube_is_used_in_its_session_and_what_is_made_of_it_in_the_next(void **state) {
        (void)state;
        session_with_tube();
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'%s'}", sim_code("B2"));
        over("room-1", "s-1");
        assert_string_equal(ask("room-1", "s-2", "R2 B1", "p-1"), "item-used");
        assert_string_equal(ask("room-1", "s-3", "R2 B2", "p-1"), "allow");
}

static void blood_of_two_patients_is_nobodys_and_an_alert(void **state) {
        (void)state;
        session_with_tube();
        assert_string_equal(ask("room-2", "s-2", "R2", "p-2"), "allow");
        sim_forget(s);
        sim_say(s, "room/room-2/draw", "{'session':'s-2','item':'%s'}", sim_code("B1"));
        assert_string_equal(sim_rejected(s, "room/room-2"), "");
        assert_int_equal(sim_alert(s, "item-other-patient"), 1);
        assert_null(strstr(sim_text(s, "SELECT text FROM alert WHERE rule = 'item-other-patient'"), "p-1"));
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-damaged");
        assert_int_equal(sim_sql(s, "SELECT touched FROM session WHERE label = 's-2'"), 1);
}

static void a_reusable_cup_belongs_to_nobody_after_it_was_cleaned(void **state) {
        (void)state;
        sim_receive(s, "R1 R2");
        sim_sterilize(s, "CUP-1", "serum-cup", "P-1", 1);
        assert_string_equal(ask("room-1", "s-1", "R1 CUP-1", "p-1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'CUP-1'}");
        over("room-1", "s-1");
        assert_string_equal(ask("room-1", "s-2", "R2 CUP-1", "p-2"), "item-not-sterile item-other-patient");
        sim_sterilize(s, "CUP-1", "serum-cup", "P-2", 2);
        assert_string_equal(ask("room-1", "s-3", "R2 CUP-1", "p-2"), "allow");
}

/* --- vials --- */

static void a_vial(const char *more) {
        sim_close(s);
        sim_open(s, more);
        taken(RECEIVE, "{'item':'V-1','class':'vial'}");
        taken(STATION "/clean", "{'items':['V-1'],'method':'manual','operator':'ben'}");
        taken(RECEIVE, "{'item':'(01)00844588004001(17)271231(21)R1'}");
        taken(RECEIVE, "{'item':'(01)00844588004001(17)271231(21)R2'}");
        assert_string_equal(ask("room-1", "s-1", "R1 V-1", "p-1"), "allow");
        sim_start(s, "room-1", "s-1");
        over("room-1", "s-1");
}

static void a_multi_dose_vial_is_good_for_its_patients_next_session_and_nobody_elses(void **state) {
        (void)state;
        a_vial(NULL);
        assert_string_equal(ask("room-1", "s-2", "R2 V-1", "p-2"), "item-other-patient");
        assert_string_equal(ask("room-1", "s-3", "R2 V-1", "p-1"), "allow");
}

static void a_vial_has_its_makers_limit_where_that_is_shorter(void **state) {
        (void)state;
        a_vial("[class vial]\nvial-open-days = 3\n");
        const int64_t opened = sim_sql(s, "SELECT opened_us FROM item WHERE code = 'V-1'");
        s->now.wall_us = opened + 3 * US_PER_DAY;
        assert_string_equal(ask("room-1", "s-2", "R2 V-1", "p-1"), "allow");
        s->now.wall_us += 1;
        assert_string_equal(sim_renew(s, "room-1", "s-2"), "vial-open-too-long");
}

static void a_single_dose_is_for_one_session(void **state) {
        (void)state;
        sim_receive(s, "R1 R2 A1");
        assert_string_equal(ask("room-1", "s-1", "R1 A1", "p-1"), "allow");
        sim_start(s, "room-1", "s-1");
        over("room-1", "s-1");
        assert_string_equal(ask("room-1", "s-2", "R2 A1", "p-1"), "item-used");
}

static void an_unopened_ampoule_comes_back_for_the_patient_it_was_brought_to(void **state) {
        (void)state;
        sim_receive(s, "R1 R2 A1");
        assert_string_equal(ask("room-1", "s-1", "R1 A1", "p-1"), "allow");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','unopened':%s,'by':'ana'}", sim_codes("A1"));
        sim_disinfect_room(s, "room-1");
        assert_string_equal(ask("room-1", "s-2", "R2 A1", "p-2"), "item-other-patient");
        assert_string_equal(ask("room-1", "s-3", "R2 A1", "p-1"), "allow");
}

/* --- spares --- */

static void spares(const char *unopened, const char *word) {
        const char *room = "room/room-1";

        sim_forget(s);
        sim_say(s, "room/room-1/session-end", "{'session':'s-1','unopened':%s,'by':'ana'}", sim_codes(unopened));
        assert_string_equal(sim_rejected(s, room), word ? "bad-member" : "");
        if (word && !strstr(sim_member(s, "down/room/room-1/rejected", "detail"), word))
                fail_msg("%s", sim_member(s, "down/room/room-1/rejected", "detail"));
}

static void only_a_makers_serial_number_brings_a_spare_back(void **state) {
        char label[64];
        (void)state;
        sim_receive(s, "R1 C1");
        taken(RECEIVE, "{'item':'(01)00844588004001(10)LOT-9','quantity':1}");
        snprintf(label, sizeof(label), "%s", sim_text(s, "SELECT code FROM item WHERE lot = 'LOT-9'"));
        char names[96];
        snprintf(names, sizeof(names), "R1 C1 S1 HP-1 %s", label);
        sim_receive(s, "S1 R2");
        sim_handpiece(s, "HP-1");
        assert_string_equal(ask("room-1", "s-1", names, "p-1"), "allow");
        sim_start(s, "room-1", "s-1");
        spares(label, "bears no serial number");
        spares("HP-1", "is reprocessed");
        spares("R2", "not of this session");
        spares("C1", NULL);
        sim_disinfect_room(s, "room-1");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE used_us IS NULL AND code = '%s'", sim_code("C1")), 1);
        assert_string_equal(ask("room-1", "s-2", label, "p-1"), "item-used");
}

static void a_drawn_tube_is_no_spare(void **state) {
        (void)state;
        session_with_tube();
        spares("B1", "drawn into");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(opening_stock_is_sterile_on_the_word_of_one_officer),
                T(opening_stock_without_an_officer_is_refused),
                T(opening_stock_is_taken_until_the_seventh_day_is_over),
                T(a_policy_may_take_no_opening_stock_at_all),
                T(opening_stock_is_not_taken_before_the_ledger_began),
                T(opening_stock_is_good_no_longer_than_its_class_allows),
                T(what_is_not_sterilized_here_is_no_opening_stock),
                T(opening_stock_goes_the_ordinary_way_after_its_use),
                T(goods_of_a_supplier_are_recalled_by_its_load),
                T(loaners_and_anything_unproven_enter_contaminated),
                T(a_box_that_was_sterilized_elsewhere_gets_labels_for_sterile_pieces),
                T(what_is_made_of_blood_is_its_patients_for_four_hours_from_the_first_draw),
                T(another_sessions_blood_has_its_own_time),
                T(a_tube_is_used_in_its_session_and_what_is_made_of_it_in_the_next),
                T(blood_of_two_patients_is_nobodys_and_an_alert),
                T(a_reusable_cup_belongs_to_nobody_after_it_was_cleaned),
                T(a_multi_dose_vial_is_good_for_its_patients_next_session_and_nobody_elses),
                T(a_vial_has_its_makers_limit_where_that_is_shorter),
                T(a_single_dose_is_for_one_session),
                T(an_unopened_ampoule_comes_back_for_the_patient_it_was_brought_to),
                T(only_a_makers_serial_number_brings_a_spare_back),
                T(a_drawn_tube_is_no_spare),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
