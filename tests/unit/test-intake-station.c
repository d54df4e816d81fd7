/* SPDX-License-Identifier: Apache-2.0 */
/* Goods-in, reprocessing, loads and their release, disposal and recall, as a scanning station says them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "core/gate.h"

#define STATION "station/station-1"
#define RECEIVE STATION "/receive"
#define RELEASED "down/" STATION "/released"

/* What was said, and why it was refused; "" where it was not. */
#define said(...) (sim_forget(s), sim_say(s, __VA_ARGS__), sim_rejected(s, STATION))
#define refused(member, ...) \
        do { \
                assert_string_equal(said(__VA_ARGS__), "bad-member"); \
                assert_string_equal(sim_member(s, "down/" STATION "/rejected", "member"), member); \
        } while (0)

static void clean(Sim *s, const char *names) {
        sim_taken(s, STATION "/clean", "{'items':%s,'method':'manual','operator':'ben'}", sim_codes(names));
}

/* Two extractors, clean, each in a pack of its own. */
static void two_packs(Sim *s) {
        for (int i = 1; i <= 2; i++) {
                sim_taken(s, RECEIVE, "{'item':'EX-%d','class':'extractor'}", i);
                sim_taken(s, STATION "/clean", "{'items':['EX-%d'],'method':'manual','operator':'ben'}", i);
                sim_taken(s, STATION "/pack", "{'pack':'P-%d','items':['EX-%d'],'wrap':'pouch','operator':'ben'}", i, i);
        }
}

static const char *release(Sim *s, const char *more) {
        sim_forget(s);
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','by':'ben','dry':true,'decision':'release',%s}", more);
        assert_string_equal(sim_rejected(s, STATION), "");
        if (streq(sim_member(s, RELEASED, "verdict"), "released"))
                assert_string_equal(sim_rules(s, RELEASED), "");
        return streq(sim_member(s, RELEASED, "verdict"), "released") ? "released" : sim_rules(s, RELEASED);
}

/* --- goods-in --- */

static void goods_in_takes_gs1_hibc_and_clinic_labels(void **state) {
        Sim *s = *state;
        sim_taken(s, RECEIVE, "{'item':'(01)00844588003288(17)270531(10)LOT-7(21)SN1'}");
        assert_string_equal(sim_text(s, "SELECT class || ' ' || product || ' ' || lot || ' ' || expires_on FROM item"),
                            "cartridge 00844588003288 LOT-7 20270531");
        assert_string_equal(sim_text(s, "SELECT code FROM item"), "(01)00844588003288(21)SN1");
        assert_int_equal(sim_sql(s, "SELECT state FROM item"), ITEM_STERILE);
        sim_taken(s, RECEIVE, "{'item':']d20100844588004001" "21SN2'}");
        assert_int_equal(sim_item_state(s, "(01)00844588004001(21)SN2"), ITEM_STERILE);
        sim_taken(s, RECEIVE, "{'item':'+A99912345/$$52001510X3/16D20111212/S77DEFG457','class':'instrument'}");
        sim_taken(s, RECEIVE, "{'item':'HP-1','class':'handpiece'}");
        assert_int_equal(sim_item_state(s, "HP-1"), ITEM_CONTAMINATED);
}

static void a_lot_only_box_gets_its_labels_once(void **state) {
        Sim *s = *state;
        json_t *root;
        sim_taken(s, RECEIVE, "{'item':'(01)00844588004001(10)LOT-9','quantity':5,'expires':'2027-01-31'}");
        const SimOut *o = sim_last(s, "down/" STATION "/labels");
        assert_true(o && o->qos == 1);
        root = json_loads(o->payload, 0, NULL);
        assert_int_equal(json_array_size(json_object_get(root, "labels")), 5);
        assert_string_equal(json_string_value(json_array_get(json_object_get(root, "labels"), 0)),
                            sim_text(s, "SELECT code FROM item ORDER BY id LIMIT 1"));
        json_decref(root);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE lot = 'LOT-9' AND class = 'roller' AND expires_on = 20270131"), 5);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM outbox"), 1);
        sim_taken(s, RECEIVE, "{'item':'(01)00844588004001(10)LOT-9','quantity':2}");
        assert_int_equal(sim_sql(s, "SELECT count(DISTINCT code) FROM item"), 7);
        assert_string_equal(sim_ask(s, "room-1", "s-1", sim_text(s, "SELECT code FROM item ORDER BY id LIMIT 1")), "allow");
        /* The same message again makes no more. */
        sim_say_as(s, RECEIVE, "b-1", sim_seq(s, STATION), "{'item':'(01)00844588004001(10)LOT-9','quantity':2}");
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 7);
}

static void goods_in_that_makes_no_sense_is_refused(void **state) {
        Sim *s = *state;
        refused("quantity", RECEIVE, "{'item':'(01)00844588004001(10)LOT-9'}");
        refused("quantity", RECEIVE, "{'item':'%s','quantity':2}", sim_code("R1"));
        refused("class", RECEIVE, "{'item':'%s','class':'cartridge'}", sim_code("R1"));
        refused("class", RECEIVE, "{'item':'HP-1'}");
        refused("class", RECEIVE, "{'item':'HP-1','class':'spaceship'}");
        refused("class", RECEIVE, "{'item':'(01)04012345678901(21)X'}");
        refused("lot", RECEIVE, "{'item':'(01)00844588004001(10)A(21)X','lot':'B'}");
        refused("item", RECEIVE, "{'item':'(01)00844588004002(21)X'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 0);
        sim_taken(s, RECEIVE, "{'item':'%s','class':'roller'}", sim_code("R1"));
}

static void a_known_item_is_never_changed_by_receiving_it(void **state) {
        Sim *s = *state;
        sim_taken(s, RECEIVE, "{'item':'(01)00844588004001(17)261122(21)R1'}");
        sim_ask(s, "room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        char *before = strdup(sim_text(s, "SELECT hex(state || code || coalesce(expires_on, '') || used_session || used_us || received_us) FROM item"));
        sim_advance(s, US_PER_S);
        sim_taken(s, RECEIVE, "{'item':'(01)00844588004001(17)291122(21)R1','sterilized':{'by':'medical-supply','load':'SL-1','date':'2026-11-01','until':'2027-11-01','evidence':'e'}}");
        assert_string_equal(sim_text(s, "SELECT hex(state || code || coalesce(expires_on, '') || used_session || used_us || received_us) FROM item"), before);
        free(before);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "item-used");
}

static void sterilized_elsewhere_needs_an_approved_supplier_and_dates_that_cover_today(void **state) {
        Sim *s = *state;
        refused("sterilized", RECEIVE, "{'item':'EX-1','class':'extractor','sterilized':{'by':'nobody','load':'SL-1','date':'2026-11-01','until':'2027-11-01','evidence':'e'}}");
        refused("sterilized", RECEIVE, "{'item':'EX-1','class':'extractor','sterilized':{'by':'medical-supply','load':'SL-1','date':'2026-11-01','until':'2026-11-21','evidence':'e'}}");
        refused("sterilized", RECEIVE, "{'item':'EX-1','class':'extractor','sterilized':{'by':'medical-supply','load':'SL-1','date':'2026-11-23','until':'2027-11-21','evidence':'e'}}");
        sim_taken(s, RECEIVE, "{'item':'EX-1','class':'extractor','sterilized':{'by':'medical-supply','load':'SL-1','date':'2026-11-01','until':'2026-11-22','evidence':'e'}}");
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        s->now.wall_us += US_PER_DAY;
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1 EX-1"), "item-claimed item-expired");
}

/* --- reprocessing --- */

static void the_steps_of_reprocessing_come_in_their_order(void **state) {
        Sim *s = *state;
        sim_taken(s, RECEIVE, "{'item':'EX-1','class':'extractor'}");
        refused("items", STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        refused("items", STATION "/disinfect", "{'items':['EX-1'],'level':'high','by':'ben'}");
        clean(s, "EX-1");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_CLEAN);
        refused("items", STATION "/pack", "{'pack':'P-1','items':['EX-1','EX-1'],'wrap':'pouch','operator':'ben'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack"), 0);
        sim_taken(s, STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_PACKED);
        refused("items", STATION "/pack", "{'pack':'P-2','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        refused("packs", STATION "/load", "{'autoclave':'ac-1','packs':['P-9']}");
        refused("autoclave", STATION "/load", "{'autoclave':'ac-9','packs':['P-1']}");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        refused("operator", STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'nobody'}");
        refused("items", STATION "/clean", "{'items':['EX-9'],'method':'manual','operator':'ben'}");
}

static void single_use_items_are_never_reprocessed(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2 R3");
        sim_ask(s, "room-1", "s-1", "R1");
        refused("items", STATION "/clean", "{'items':%s,'method':'manual','operator':'ben'}", sim_codes("R1"));
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        refused("items", STATION "/clean", "{'items':%s,'method':'manual','operator':'ben'}", sim_codes("R1"));
        refused("items", STATION "/disinfect", "{'items':%s,'level':'high','by':'ben'}", sim_codes("R2"));
        clean(s, "R2");
        refused("items", STATION "/pack", "{'pack':'P-1','items':%s,'wrap':'pouch','operator':'ben'}", sim_codes("R2"));
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "item-not-sterile");
}

static void what_was_dropped_is_not_reprocessed(void **state) {
        Sim *s = *state;
        sim_taken(s, RECEIVE, "{'item':'EX-1','class':'extractor'}");
        sim_say(s, STATION "/drop", "{'items':['EX-1'],'by':'ben'}");
        refused("items", STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_DISCARDED);
}

static void a_reusable_item_goes_round(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "allow");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_CONTAMINATED);
        sim_end(s, "room-1", "s-1", "completed");
        sim_sterilize(s, "EX-1", "extractor", "P-2", 2);
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item WHERE code = 'EX-1'"), 2);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2 EX-1"), "allow");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack_item"), 2);
}

/* --- release --- */

static void a_good_load_is_released_and_answered(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1','P-2']}");
        sim_cycle(s, 7, true);
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_PACKED);
        sim_indicate(s, 7, "P-1 P-2");
        assert_string_equal(release(s, "'cycle':7"), "released");
        assert_string_equal(sim_member(s, RELEASED, "cycle"), "7");
        assert_string_equal(sim_member(s, RELEASED, "attempt"), sim_text(s, "SELECT label FROM attempt"));
        assert_true(sim_last(s, RELEASED)->qos == 1);
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_STERILE);
        assert_int_equal(sim_item_state(s, "EX-2"), ITEM_STERILE);
        assert_string_equal(release(s, "'cycle':7"), "load-released");
        assert_int_equal(sim_sql(s, "SELECT max(cycles) FROM item"), 1);
}

static void release_is_refused_with_every_reason(void **state) {
        Sim *s = *state;
        two_packs(s);
        assert_string_equal(release(s, "'cycle':7"), "manifest-missing"); /* no such cycle */
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1','P-2']}");
        sim_cycle(s, 7, false);
        sim_forget(s);
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'clara','dry':false,'decision':'release','wet_packs':['P-1','P-2']}");
        assert_string_equal(sim_rules(s, RELEASED), "hold-too-short indicator-missing penetration-test-missing releaser-unknown wet-pack");
        assert_string_equal(sim_member(s, RELEASED, "verdict"), "refused");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_PACKED);
        sim_cycle(s, 8, true);
        sim_was_fit(s, 8);
        assert_string_equal(release(s, "'cycle':8"), "manifest-missing");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':9,'program':'prevac-134'}");
        assert_string_equal(release(s, "'cycle':9"), "manifest-missing samples-missing");
}

static void one_wet_pack_stays_behind(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1','P-2']}");
        sim_cycle(s, 7, true);
        sim_indicate(s, 7, "P-1 P-2");
        assert_string_equal(release(s, "'cycle':7,'wet_packs':['P-1']"), "released");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_PACKED);
        assert_int_equal(sim_item_state(s, "EX-2"), ITEM_STERILE);
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "item-not-sterile");
}

static void a_manifest_after_the_hold_began_is_late(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-2']}");
        sim_indicate(s, 7, "P-1 P-2");
        assert_string_equal(release(s, "'cycle':7"), "released");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_STERILE);
        assert_int_equal(sim_item_state(s, "EX-2"), ITEM_PACKED);
        refused("cycle", STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-2']}");
}

static void a_load_of_late_packs_only_is_not_released(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_cycle(s, 7, true);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1','P-2']}");
        sim_indicate(s, 7, "P-1 P-2");
        assert_string_equal(release(s, "'cycle':7"), "manifest-missing");
}

static void an_ambiguous_cycle_number_is_refused_and_the_attempt_taken(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_cycle(s, 7, false);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        assert_string_equal(release(s, "'cycle':7"), "manifest-missing");
        assert_non_null(strstr(sim_last(s, RELEASED)->payload, "Name the attempt"));
        char more[128];
        snprintf(more, sizeof(more), "'attempt':'%s'", sim_text(s, "SELECT label FROM attempt ORDER BY id DESC LIMIT 1"));
        sim_was_fit(s, 7);
        sim_taken(s, STATION "/indicator", "{'autoclave':'ac-1',%s,'indicator':'chemical','where':'outside','packs':['P-1'],'result':'pass','reader':'ben'}", more);
        assert_string_equal(release(s, more), "released");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_STERILE);
}

static void a_load_rejected_while_it_runs_stays_rejected(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        sim_blurt(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'clara','dry':true,'decision':'reject'}");
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_REJECTED);
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':7,'outcome':'completed'}");
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_REJECTED);
}

static void a_damaged_pack_does_not_become_sterile(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1','P-2']}");
        sim_taken(s, STATION "/damage", "{'pack':'P-1','reason':'torn'}");
        sim_cycle(s, 7, true);
        sim_indicate(s, 7, "P-1 P-2");
        assert_string_equal(release(s, "'cycle':7"), "released");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_PACKED);
        assert_int_equal(sim_item_state(s, "EX-2"), ITEM_STERILE);
        refused("pack", STATION "/damage", "{'pack':'P-9','reason':'torn'}");
}

static void a_pack_goes_through_one_load_only(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, false);
        refused("packs", STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        clean(s, "EX-1");
        sim_taken(s, STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 8, true);
        sim_indicate(s, 8, "P-1");
        assert_string_equal(release(s, "'cycle':8"), "released");
}

static void a_test_program_never_sterilizes_a_load(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'bowie-dick','purpose':'test'}");
        sim_restart(s);
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':7,'outcome':'completed'}");
        assert_non_null(strstr(sim_text(s, "SELECT reasons FROM attempt"), "test-cycle-in-load"));
        assert_non_null(strstr(release(s, "'cycle':7"), "test-cycle-in-load"));
}

static void a_recall_reaches_what_is_received_later(void **state) {
        Sim *s = *state;
        sim_taken(s, STATION "/recall", "{'reason':'r','by':'clara','lot':'not-yet-here'}");
        sim_taken(s, RECEIVE, "{'item':'(01)00844588004001(10)not-yet-here(21)X'}");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "(01)00844588004001(21)X"), "item-recalled");
}

static void an_injury_is_taken_whatever_is_missing_in_its_report(void **state) {
        Sim *s = *state;
        sim_taken(s, STATION "/injury", "{'detail':'cut'}");
        sim_taken(s, STATION "/injury", "{'room':'room-9','detail':'cut'}");
        sim_taken(s, STATION "/injury", "{'room':'room-2','detail':'cut','item':'no code at all'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE closed_us IS NULL"), 3);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM exposure WHERE closed_us IS NULL AND room = 'room-2'"), 1);
}

static void an_answer_stays_in_the_outbox_until_the_broker_has_it(void **state) {
        Sim *s = *state;
        sim_taken(s, RECEIVE, "{'item':'(01)00844588004001(10)LOT-9','quantity':1}");
        sim_restart(s);
        sim_forget(s);
        assert_int_equal(intake_publish_outbox(s->intake), 0);
        const Outgoing *o = intake_batch(s->intake)->out;
        assert_int_equal(intake_batch(s->intake)->n_out, 1);
        assert_int_equal(intake_outbox_settled(s->intake, o->outbox), 0);
        sim_commit(s);
        assert_int_equal(sim_count(s, "down/" STATION "/labels"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM outbox"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(goods_in_takes_gs1_hibc_and_clinic_labels),
                T(a_lot_only_box_gets_its_labels_once),
                T(goods_in_that_makes_no_sense_is_refused),
                T(a_known_item_is_never_changed_by_receiving_it),
                T(sterilized_elsewhere_needs_an_approved_supplier_and_dates_that_cover_today),
                T(the_steps_of_reprocessing_come_in_their_order),
                T(single_use_items_are_never_reprocessed),
                T(what_was_dropped_is_not_reprocessed),
                T(a_reusable_item_goes_round),
                T(a_good_load_is_released_and_answered),
                T(release_is_refused_with_every_reason),
                T(one_wet_pack_stays_behind),
                T(a_manifest_after_the_hold_began_is_late),
                T(a_load_of_late_packs_only_is_not_released),
                T(an_ambiguous_cycle_number_is_refused_and_the_attempt_taken),
                T(a_load_rejected_while_it_runs_stays_rejected),
                T(a_damaged_pack_does_not_become_sterile),
                T(a_pack_goes_through_one_load_only),
                T(a_test_program_never_sterilizes_a_load),
                T(a_recall_reaches_what_is_received_later),
                T(an_injury_is_taken_whatever_is_missing_in_its_report),
                T(an_answer_stays_in_the_outbox_until_the_broker_has_it),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
