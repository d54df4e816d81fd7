/* SPDX-License-Identifier: Apache-2.0 */
/* Section 4 of the rules through real messages: each rule firing and silent, by its id. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"

#define STATION "station/station-1"
#define HOUR_US (3600 * US_PER_S)

#define deny(room, session, names, rules) assert_string_equal(sim_ask(s, room, session, names), rules)
#define allow(room, session, names) assert_string_equal(sim_ask(s, room, session, names), "allow")

static void receive_until(Sim *s, const char *name, const char *date) {
        sim_say(s, STATION "/receive", "{'item':'%s','expires':'%s'}", sim_code(name), date);
}

static void finish(Sim *s, const char *room, const char *session) {
        sim_start(s, room, session);
        sim_end(s, room, session, "completed");
        sim_disinfect_room(s, room);
}

static void item_unidentifiable(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        deny("room-1", "s-1", "R1 (01)00844588003287(21)X", "item-unidentifiable");
        assert_string_equal(sim_rules(s, "down/room/room-1/decision"), "item-unidentifiable");
        deny("room-1", "s-2", "R1 (01)00844588003288(10)LOT", "item-unidentifiable");
        allow("room-1", "s-3", "R1");
}

static void item_unknown(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        deny("room-1", "s-1", "R1 R2", "item-unknown");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 1);
        sim_receive(s, "R2");
        allow("room-1", "s-2", "R1 R2");
}

static void item_repeated(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        deny("room-1", "s-1", "R1 R1", "item-repeated");
        deny("room-1", "s-2", "R1 010084458800400121R1", "item-repeated");
        allow("room-1", "s-3", "R1");
}

static void item_used(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        allow("room-1", "s-1", "R1");
        finish(s, "room-1", "s-1");
        deny("room-1", "s-2", "R1", "item-used");
        assert_non_null(strstr(sim_last(s, "down/room/room-1/decision")->payload, "session s-1 on 22 November 2026"));
        allow("room-1", "s-3", "R2");
}

static void item_claimed(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        allow("room-1", "s-1", "R1");
        deny("room-2", "s-2", "R1", "item-claimed");
        allow("room-2", "s-3", "R2");
}

static void item_expired_on_the_day_after_and_not_on_the_day_itself(void **state) {
        Sim *s = *state;
        receive_until(s, "R1", "2026-11-22");
        allow("room-1", "s-1", "R1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 100 * US_PER_S);
        sim_disinfect_room(s, "room-1");
        /* 23:59:59 in the clinic's zone, then midnight. */
        s->now.wall_us = SIM_START_US + 14 * HOUR_US - US_PER_S;
        allow("room-1", "s-2", "R1");
        sim_end(s, "room-1", "s-2", "cancelled");
        s->now.wall_us = SIM_START_US + 14 * HOUR_US;
        s->now.boot_us += 100 * US_PER_S;
        sim_pass(s, 0);
        sim_disinfect_room(s, "room-1");
        deny("room-1", "s-3", "R1", "item-expired");
}

static void item_expired_by_the_labels_own_date_and_its_day_00(void **state) {
        Sim *s = *state;
        sim_say(s, STATION "/receive", "{'item':'(01)00844588004001(17)261121(21)Y1'}");
        deny("room-1", "s-1", "(01)00844588004001(21)Y1", "item-expired");
        /* The ledger says nothing; the label that is scanned now does. */
        sim_receive(s, "R1");
        deny("room-1", "s-2", "(01)00844588004001(17)261121(21)R1", "item-expired");
        /* Day 00 is the end of the month. */
        sim_say(s, STATION "/receive", "{'item':'(01)00844588004001(17)261100(21)Y2'}");
        allow("room-1", "s-3", "(01)00844588004001(21)Y2");
        sim_end(s, "room-1", "s-3", "stopped");
        sim_say(s, STATION "/receive", "{'item':'(01)00844588004001(17)261100(21)Y3'}");
        s->now.wall_us += 9 * US_PER_DAY;
        deny("room-2", "s-4", "(01)00844588004001(21)Y3", "item-expired");
}

static void item_recalled_by_item_lot_product_and_supplier_load(void **state) {
        static const char *const by[] = { "'items':['(01)00844588004001(21)Z0']", "'lot':'LOT-1'", "'product':'00844588004001'",
                                          "'supplier_load':'SL-1'" };
        for (size_t i = 0; i < ELEMENTSOF(by); i++) {
                Sim *s = *state;
                char code[96], json[160];
                snprintf(code, sizeof(code), "(01)00844588004001(21)Z%zu", i);
                snprintf(json, sizeof(json), "{'reason':'bad batch','by':'clara',%s}", by[i]);
                sim_say(s, STATION "/receive",
                        "{'item':'(01)00844588004001(10)LOT-1(21)Z%zu','sterilized':{'by':'medical-supply','load':'SL-1','date':'2026-11-01','until':'2027-11-01','evidence':'e'}}", i);
                sim_receive(s, "C1 S1");
                allow("room-1", i == 0 ? "a-0" : i == 1 ? "a-1" : i == 2 ? "a-2" : "a-3", code);
                assert_string_equal(sim_renew(s, "room-1", i == 0 ? "a-0" : i == 1 ? "a-1" : i == 2 ? "a-2" : "a-3"), "allow");
                sim_blurt(s, STATION "/recall", "%s", json);
                assert_string_equal(sim_renew(s, "room-1", i == 0 ? "a-0" : i == 1 ? "a-1" : i == 2 ? "a-2" : "a-3"), "item-recalled");
                sim_close(s);
                sim_open(s, NULL);
        }
}

static void item_recalled_by_an_autoclaves_window_and_not_outside_it(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        sim_say(s, STATION "/recall", "{'reason':'spore test','by':'clara','autoclave':'ac-1','from':'2026-11-20T00:00:00Z','to':'2026-11-21T00:00:00Z'}");
        allow("room-1", "s-1", "R1 EX-1");
        sim_say(s, STATION "/recall", "{'reason':'spore test','by':'clara','autoclave':'ac-1','from':'2026-11-22T00:00:00Z','to':'2026-11-23T00:00:00Z'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
}

static void item_recalled_by_an_autoclaves_window_stops_a_running_session(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        allow("room-1", "s-1", "R1 EX-1");
        sim_start(s, "room-1", "s-1");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        sim_say(s, STATION "/recall", "{'reason':'spore test','by':'clara','autoclave':'ac-1','from':'2026-11-22T00:00:00Z','to':'2026-11-23T00:00:00Z'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
}

static void item_damaged_by_item_and_by_pack(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        sim_say(s, STATION "/damage", "{'item':'%s','reason':'torn'}", sim_code("R1"));
        deny("room-1", "s-1", "R1", "item-damaged");
        assert_non_null(strstr(sim_last(s, "down/room/room-1/decision")->payload, "torn"));
        allow("room-1", "s-2", "R2 EX-1");
        sim_end(s, "room-1", "s-2", "cancelled");
        sim_say(s, "room/room-2/damage", "{'pack':'P-1','reason':'wet'}");
        sim_receive(s, "R3");
        assert_non_null(strstr(sim_ask(s, "room-2", "s-3", "R3 EX-1"), "item-damaged"));
}

static void item_dropped(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_say(s, "sharps/sharps-1/drop", "{'items':%s,'container':'SC-1'}", sim_codes("R1"));
        deny("room-1", "s-1", "R1", "item-dropped");
        allow("room-1", "s-2", "R2");
}

static void item_cloned(void **state) {
        Sim *s = *state;
        sim_handpiece(s, "HP-1");
        sim_receive(s, "R1");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'HP-1','event':'attached'}");
        allow("room-1", "s-0", "R1");
        sim_say(s, "handpiece/pen-2/usage", "{'item':'HP-1','event':'attached'}");
        sim_receive(s, "R2");
        assert_string_equal(sim_ask(s, "room-2", "s-1", "R2 HP-1"), "barrier-missing item-cloned item-not-disinfected room-locked");
}

static void item_not_sterile(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_say(s, STATION "/receive", "{'item':'EX-1','class':'extractor'}");
        deny("room-1", "s-1", "R1 EX-1", "item-not-sterile");
        sim_say(s, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        deny("room-1", "s-2", "R1 EX-1", "item-not-sterile");
        sim_say(s, STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        deny("room-1", "s-3", "R1 EX-1", "item-not-sterile");
        sim_sterilize(s, "EX-2", "extractor", "P-2", 1);
        allow("room-1", "s-4", "R1 EX-2");
        finish(s, "room-1", "s-4");
        sim_receive(s, "R2");
        deny("room-1", "s-5", "R2 EX-2", "item-not-sterile");
}

static void item_not_disinfected(void **state) {
        Sim *s = *state;
        sim_receive(s, "C1 C2 S1 S2");
        sim_say(s, STATION "/receive", "{'item':'HP-1','class':'handpiece'}");
        deny("room-1", "s-1", "C1 S1 HP-1", "item-not-disinfected");
        sim_handpiece(s, "HP-1");
        allow("room-1", "s-2", "C1 S1 HP-1");
        finish(s, "room-1", "s-2");
        deny("room-1", "s-3", "C2 S2 HP-1", "item-not-disinfected");
}

static void item_not_clean(void **state) {
        Sim *s = *state;
        sim_say(s, STATION "/receive", "{'item':'SL-1','class':'sleeve'}");
        sim_receive(s, "R1 S1");
        deny("room-1", "s-1", "R1 SL-1", "item-not-clean");
        allow("room-1", "s-2", "R1 S1");
}

static void barrier_missing(void **state) {
        Sim *s = *state;
        sim_handpiece(s, "HP-1");
        sim_receive(s, "R1 S1");
        deny("room-1", "s-1", "R1 HP-1", "barrier-missing");
        allow("room-1", "s-2", "R1 HP-1 S1");
}

static void pack_opened_by_an_earlier_session(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_say(s, STATION "/receive", "{'item':'EX-1','class':'extractor'}");
        sim_say(s, STATION "/receive", "{'item':'EX-2','class':'extractor'}");
        sim_say(s, STATION "/clean", "{'items':['EX-1','EX-2'],'method':'manual','operator':'ben'}");
        sim_say(s, STATION "/pack", "{'pack':'P-1','items':['EX-1','EX-2'],'wrap':'pouch','operator':'ben'}");
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 1, true);
        sim_indicate(s, 1, "P-1");
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'release','by':'ben','dry':true}");
        allow("room-1", "s-1", "R1 EX-1");
        deny("room-2", "s-2", "R2 EX-2", "item-claimed pack-opened");
        finish(s, "room-1", "s-1");
        deny("room-2", "s-3", "R2 EX-2", "pack-opened");
        /* Its own session may take the other as well. */
}

static void pack_opened_silent_for_the_session_that_claimed_it(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        allow("room-1", "s-1", "R1 EX-1");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/open", "{'pack':'P-1','indicator':'pass','by':'ana'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

static void pack_opened_while_no_session_was_there(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        sim_say(s, "room/room-1/open", "{'pack':'P-1','indicator':'pass','by':'ana'}");
        deny("room-1", "s-1", "R1 EX-1", "pack-opened");
}

static void internal_indicator_missing_and_failed(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        sim_sterilize(s, "EX-2", "extractor", "P-2", 2);
        allow("room-1", "s-1", "R1 EX-1");
        allow("room-2", "s-2", "R2 EX-2");
        sim_say(s, "room/room-1/open", "{'pack':'P-1','indicator':'absent','by':'ana'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "internal-indicator-missing");
        sim_say(s, "room/room-2/open", "{'pack':'P-2','indicator':'fail','by':'ana'}");
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "internal-indicator-failed load-recalled");
        /* A later pass does not undo it. */
        sim_say(s, "room/room-2/open", "{'pack':'P-2','indicator':'pass','by':'ana'}");
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "internal-indicator-failed load-recalled");
}

static void load_not_released(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_say(s, STATION "/receive", "{'item':'EX-1','class':'extractor'}");
        sim_say(s, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        sim_say(s, STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 1, true);
        deny("room-1", "s-1", "R1 EX-1", "load-not-released");
        sim_indicate(s, 1, "P-1");
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'release','by':'ben','dry':true}");
        allow("room-1", "s-2", "R1 EX-1");
}

static void load_rejected(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_say(s, STATION "/receive", "{'item':'EX-1','class':'extractor'}");
        sim_say(s, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        sim_say(s, STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 1, true);
        sim_indicate(s, 1, "P-1");
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'reject','by':'ben','dry':true}");
        deny("room-1", "s-1", "R1 EX-1", "load-rejected");
        sim_forget(s);
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'release','by':'ben','dry':true}");
        assert_string_equal(sim_rules(s, "down/" STATION "/released"), "load-rejected");
        deny("room-1", "s-2", "R1 EX-1", "load-rejected");
}

static void load_recalled_when_a_release_is_withdrawn(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        sim_sterilize(s, "EX-2", "extractor", "P-2", 2);
        allow("room-1", "s-1", "R1 EX-1");
        sim_start(s, "room-1", "s-1");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'reject','by':'ben','dry':true}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "load-recalled");
        sim_forget(s);
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'release','by':'ben','dry':true}");
        assert_string_equal(sim_rules(s, "down/" STATION "/released"), "load-recalled");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "load-recalled");
        allow("room-2", "s-2", "R2 EX-2");
}

static void shelf_life_over(void **state) {
        Sim *s = *state;
        receive_until(s, "R1", "2028-12-31");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        const int64_t then = sim_sql(s, "SELECT sterile_us FROM pack");
        /* Sterilized on 22 November: 180 days are over with the end of 21 May, in Berlin. */
        assert_true(then > 0);
        s->now.wall_us = INT64_C(1810936800000000) - 1;
        allow("room-1", "s-1", "R1 EX-1");
        s->now.wall_us += 1;
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1 EX-1", "ana", "p-1", "skin-needling"), "shelf-life-over");
}

static void process_unsuitable(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        allow("room-1", "s-1", "R1 EX-1");
        sim_say(s, STATION "/receive", "{'item':'EX-2','class':'extractor'}");
        sim_say(s, STATION "/clean", "{'items':['EX-2'],'method':'manual','operator':'ben'}");
        sim_say(s, STATION "/pack", "{'pack':'P-2','items':['EX-2'],'wrap':'pouch','operator':'ben'}");
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-2']}");
        sim_cycle(s, 2, true);
        sim_sql(s, "UPDATE pack SET wrap = 3 WHERE label = 'P-2'"); /* as before its class wanted a wrap */
        sim_indicate(s, 2, "P-2");
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':2,'decision':'release','by':'ben','dry':true}");
        deny("room-2", "s-2", "R2 EX-2", "process-unsuitable shelf-life-over");
}

static void reprocessing_limit(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        sim_sql(s, "UPDATE item SET cycles = 500 WHERE code = 'EX-1'");
        allow("room-1", "s-1", "R1 EX-1");
        sim_sql(s, "UPDATE item SET cycles = 501 WHERE code = 'EX-1'");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "reprocessing-limit");
}

static void kit_incomplete(void **state) {
        Sim *s = *state;
        sim_receive(s, "C1 S1 R1 L1");
        sim_handpiece(s, "HP-1");
        deny("room-1", "s-1", "C1", "kit-incomplete");
        deny("room-1", "s-2", "C1 S1", "kit-incomplete");
        deny("room-1", "s-3", "L1", "kit-incomplete");
        allow("room-1", "s-4", "C1 S1 HP-1");
        allow("room-2", "s-5", "R1");
}

static void item_other_patient_and_the_same(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 R3 B1");
        allow("room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'%s'}", sim_code("B1"));
        assert_string_equal(sim_ask_for(s, "room-2", "s-2", "R2 B1", "ana", "p-2", "skin-needling"), "item-other-patient");
        assert_null(strstr(sim_last(s, "down/room/room-2/decision")->payload, "p-1"));
        assert_string_equal(sim_ask_for(s, "room-2", "s-3", "R2 B1", "ana", "p-1", "skin-needling"), "allow");
        sim_forget(s);
        sim_start(s, "room-2", "s-3");
        assert_string_equal(sim_rejected(s, "room/room-2"), "");
}

static void blood_expired(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 B1");
        allow("room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_say(s, "room/room-1/draw", "{'session':'s-1','item':'%s'}", sim_code("B1"));
        s->now.wall_us += 4 * HOUR_US;
        allow("room-2", "s-2", "R2 B1");
        s->now.wall_us += 1;
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "blood-expired");
}

static void vial_open_too_long(void **state) {
        Sim *s = *state;
        receive_until(s, "R1", "2027-12-31");
        receive_until(s, "R2", "2027-12-31");
        sim_say(s, STATION "/receive", "{'item':'V-1','class':'vial'}");
        sim_say(s, STATION "/clean", "{'items':['V-1'],'method':'manual','operator':'ben'}");
        allow("room-1", "s-1", "R1 V-1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 180 * US_PER_S); /* then what was cancelled is free */
        const int64_t opened = sim_sql(s, "SELECT opened_us FROM item WHERE code = 'V-1'");
        assert_true(opened > 0);
        s->now.wall_us = opened + 28 * US_PER_DAY;
        allow("room-2", "s-2", "R2 V-1");
        s->now.wall_us += 1;
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "vial-open-too-long");
}

static void practitioner_unknown_and_not_qualified(void **state) {
        Sim *s = *state;
        receive_until(s, "R1", "2028-12-31");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "eve", "p-1", "skin-needling"), "practitioner-unknown");
        assert_string_equal(sim_ask_for(s, "room-1", "s-2", "R1", "ben", "p-1", "skin-needling"), "practitioner-not-qualified");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM claim"), 0);
        s->now.wall_us = SIM_START_US + 404 * US_PER_DAY; /* 31 December 2027, the last good day */
        allow("room-1", "s-3", "R1");
        receive_until(s, "R2", "2028-12-31");
        s->now.wall_us += US_PER_DAY;
        deny("room-2", "s-4", "R2", "practitioner-not-qualified");
}

static void patient_missing_and_procedure_unknown(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1", "ana", "", "skin-needling"), "patient-missing");
        assert_string_equal(sim_ask_for(s, "room-1", "s-2", "R1", "ana", "p-1", "tattoo"), "procedure-unknown");
        allow("room-1", "s-3", "R1");
}

static void room_busy(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        allow("room-1", "s-1", "R1");
        deny("room-1", "s-2", "R2", "room-busy");
        sim_start(s, "room-1", "s-1");
        deny("room-1", "s-2", "R2", "room-busy");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'nobody-knows','event':'contact'}"); /* suspends */
        deny("room-1", "s-2", "R2", "room-busy room-locked");
        sim_end(s, "room-1", "s-1", "stopped");
        sim_disinfect_room(s, "room-1");
        deny("room-1", "s-3", "R2", "room-locked");
        assert_string_equal(sim_unlock(s, "room-1"), "done");
        allow("room-1", "s-3", "R2");
}

static void room_not_disinfected(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        allow("room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_disinfect_room(s, "room-1"); /* before the end: does not count */
        sim_end(s, "room-1", "s-1", "completed");
        deny("room-1", "s-2", "R2", "room-not-disinfected");
        sim_forget(s);
        sim_say(s, "room/room-1/disinfected", "{'by':'ben','contact_s':59}");
        assert_string_equal(sim_rejected(s, "room/room-1"), "bad-member");
        deny("room-1", "s-3", "R2", "room-not-disinfected");
        sim_disinfect_room(s, "room-1");
        allow("room-1", "s-4", "R2");
}

static void exposure_open_until_first_aid_report_and_turnover(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_disinfect_room(s, "room-1");
        sim_say(s, STATION "/injury", "{'room':'room-1','detail':'needlestick, left hand'}");
        deny("room-1", "s-1", "R1", "exposure-open");
        sim_say(s, STATION "/duty", "{'duty':'first-aid','by':'ben','subject':'room-1'}");
        deny("room-1", "s-2", "R1", "exposure-open");
        sim_say(s, STATION "/duty", "{'duty':'exposure-report','by':'clara','subject':'room-2'}");
        sim_disinfect_room(s, "room-1");
        deny("room-1", "s-3", "R1", "exposure-open");
        sim_say(s, STATION "/duty", "{'duty':'exposure-report','by':'clara','subject':'room-1'}");
        allow("room-1", "s-4", "R1");
}

static void session_over(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        allow("room-1", "s-1", "R1");
        finish(s, "room-1", "s-1");
        deny("room-1", "s-1", "R2", "session-over");
        allow("room-1", "s-2", "R2");
}

static void the_daemons_own_doubts(void **state) {
        static const struct {
                Doubt doubt;
                const char *rule;
        } doubts[] = { { DOUBT_CLOCK, "clock-untrusted" },       { DOUBT_STORE, "store-degraded" },
                       { DOUBT_AUDIT, "audit-inconsistent" },    { DOUBT_ARMING, "audit-inconsistent" },
                       { DOUBT_RESTORE, "restore-unconfirmed" }, { DOUBT_SECOND, "second-daemon" },
                       { DOUBT_KEY, "key-changed" } };
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        allow("room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        for (size_t i = 0; i < ELEMENTSOF(doubts); i++) {
                intake_doubt(s->intake, doubts[i].doubt, "Something is wrong here. Do something.");
                deny("room-2", "s-2", "R2", doubts[i].rule);
                assert_string_equal(sim_renew(s, "room-1", "s-1"), doubts[i].rule);
                intake_doubt(s->intake, doubts[i].doubt, NULL);
        }
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        allow("room-2", "s-2", "R2");
}

static void all_reasons_are_given_at_once(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_blurt(s, STATION "/damage", "{'item':'%s','reason':'torn'}", sim_code("R1"));
        sim_blurt(s, STATION "/recall", "{'reason':'r','by':'clara','items':%s}", sim_codes("R1"));
        sim_blurt(s, "room/room-1/injury", "{'detail':'cut'}");
        assert_string_equal(sim_ask_for(s, "room-1", "s-1", "R1 R9 R2 R2 (01)1", "eve", "", "tattoo"),
                            "exposure-open item-damaged item-recalled item-repeated item-unidentifiable item-unknown patient-missing "
                            "practitioner-unknown procedure-unknown");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM claim"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session"), 0);
}

static void a_class_that_is_no_longer_configured_makes_its_items_unknown_not_free(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1");
        sim_sql(s, "UPDATE item SET class = 'gone'");
        deny("room-1", "s-1", "R1", "item-unknown kit-incomplete");
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(item_unidentifiable),
                T(item_unknown),
                T(item_repeated),
                T(item_used),
                T(item_claimed),
                T(item_expired_on_the_day_after_and_not_on_the_day_itself),
                T(item_expired_by_the_labels_own_date_and_its_day_00),
                T(item_recalled_by_item_lot_product_and_supplier_load),
                T(item_recalled_by_an_autoclaves_window_and_not_outside_it),
                T(item_recalled_by_an_autoclaves_window_stops_a_running_session),
                T(item_damaged_by_item_and_by_pack),
                T(item_dropped),
                T(item_cloned),
                T(item_not_sterile),
                T(item_not_disinfected),
                T(item_not_clean),
                T(barrier_missing),
                T(pack_opened_by_an_earlier_session),
                T(pack_opened_silent_for_the_session_that_claimed_it),
                T(pack_opened_while_no_session_was_there),
                T(internal_indicator_missing_and_failed),
                T(load_not_released),
                T(load_rejected),
                T(load_recalled_when_a_release_is_withdrawn),
                T(shelf_life_over),
                T(process_unsuitable),
                T(reprocessing_limit),
                T(kit_incomplete),
                T(item_other_patient_and_the_same),
                T(blood_expired),
                T(vial_open_too_long),
                T(practitioner_unknown_and_not_qualified),
                T(patient_missing_and_procedure_unknown),
                T(room_busy),
                T(room_not_disinfected),
                T(exposure_open_until_first_aid_report_and_turnover),
                T(session_over),
                T(the_daemons_own_doubts),
                T(all_reasons_are_given_at_once),
                T(a_class_that_is_no_longer_configured_makes_its_items_unknown_not_free),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
