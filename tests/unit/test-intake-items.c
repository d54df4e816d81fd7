/* SPDX-License-Identifier: Apache-2.0 */
/* Items made ready: disinfection, packs, loads, limits, shelf life, and what a session does to all of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "../lib/stationcase.h"
#include "core/gate.h"

#define RECEIVE STATION "/receive"
#define MINUTE_US (60 * US_PER_S)
#define ROWS 30

static void configured(const char *more) {
        sim_close(s);
        sim_open(s, more);
}


static void received(const char *item, const char *class_id) {
        taken(RECEIVE, "{'item':'%s','class':'%s'}", item, class_id);
}

static void cleaned(const char *item) {
        taken(STATION "/clean", "{'items':['%s'],'method':'manual','operator':'ben'}", item);
}

static void packed(const char *pack, const char *item, const char *wrap, const char *more) {
        taken(STATION "/pack", "{'pack':'%s','items':['%s'],'wrap':'%s','operator':'ben'%s}", pack, item, wrap, more);
}

/* Received as this class, cleaned and packed. */
static void ready(const char *item, const char *class_id, const char *pack, const char *wrap, const char *more) {
        received(item, class_id);
        cleaned(item);
        packed(pack, item, wrap, more);
}

static void load(const char *packs) {
        taken(STATION "/load", "{'autoclave':'ac-1','packs':%s}", sim_codes(packs));
}

/* A sound cycle of this program in ac-1. */
static void cycle(int number, const char *program, int hold_s) {
        static GenCycle g;
        CycleProgram p = GEN_PREVAC_134;

        if (hold_s)
                p.hold_min_us = p.set_hold_us = hold_s * US_PER_S;
        cyclegen(&g, &p, GEN_SOUND, (uint64_t)number + 1, 0);
        taken("autoclave/ac-1/cycle-start", "{'cycle':%d,'program':'%s'}", number, program);
        sim_samples(s, number, &g, 0, g.n, ROWS);
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':%d,'outcome':'completed'}", number);
}

static void release(int number, const char *packs) {
        sim_was_fit(s, number);
        taken(STATION "/indicator", "{'autoclave':'ac-1','cycle':%d,'indicator':'chemical','where':'outside','packs':%s,'type':1,"
                                    "'result':'pass','reader':'ben'}", number, sim_codes(packs));
        taken(STATION "/release", "{'autoclave':'ac-1','cycle':%d,'decision':'release','by':'ben','dry':true}", number);
        assert_string_equal(sim_rules(s, "down/" STATION "/released"), "");
        assert_string_equal(sim_member(s, "down/" STATION "/released", "verdict"), "released");
}

/* --- disinfection --- */

static void disinfection_below_the_level_of_the_class_is_refused(void **state) {
        (void)state;
        configured("[class handpiece]\ndisinfection-level = high\n");
        received("HP-1", "handpiece");
        refused("level", "high-level", STATION "/disinfect", "{'items':['HP-1'],'level':'intermediate','by':'ben'}");
        assert_int_equal(state_of("HP-1"), ITEM_CONTAMINATED);
        sim_advance(s, 60 * US_PER_S);
        taken(STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}");
        assert_int_equal(state_of("HP-1"), ITEM_DISINFECTED);
}

static void disinfection_shorter_than_the_policy_is_refused_where_a_time_is_said(void **state) {
        (void)state;
        received("HP-1", "handpiece");
        refused("contact_s", "60 s", STATION "/disinfect", "{'items':['HP-1'],'level':'intermediate','contact_s':59,'by':'ben'}");
        sim_advance(s, 60 * US_PER_S);
        taken(STATION "/disinfect", "{'items':['HP-1'],'level':'intermediate','contact_s':60,'agent':'wipes','by':'ben'}");
        assert_int_equal(state_of("HP-1"), ITEM_DISINFECTED);
        assert_string_equal(sim_text(s, "SELECT step || ' ' || by || ' ' || detail FROM item_step"), "1 ben intermediate, 60 s, wipes");
}

static void a_class_with_a_time_of_its_own_wants_it_said(void **state) {
        (void)state;
        configured("[class handpiece]\ndisinfect-contact-s = 300\n");
        received("HP-1", "handpiece");
        refused("contact_s", "300 s", STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}");
        refused("contact_s", "300 s", STATION "/disinfect", "{'items':['HP-1'],'level':'high','contact_s':299,'by':'ben'}");
        sim_advance(s, 300 * US_PER_S);
        taken(STATION "/disinfect", "{'items':['HP-1'],'level':'high','contact_s':300,'by':'ben'}");
}

static void disinfections_count_towards_the_makers_limit(void **state) {
        (void)state;
        configured("[class handpiece]\nreprocessing-limit = 2\n");
        received("HP-1", "handpiece");
        for (int i = 0; i < 2; i++) {
                cleaned("HP-1");
                sim_advance(s, 60 * US_PER_S);
                taken(STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}");
        }
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item"), 2);
        cleaned("HP-1");
        refused("items", "its maker allows 2", STATION "/disinfect", "{'items':['HP-1'],'level':'high','by':'ben'}");
}

static void what_only_has_to_be_clean_goes_round_by_cleaning(void **state) {
        (void)state;
        configured("[class goggles]\nrole = other\nrequired-state = clean\nsingle-use = no\n");
        received("GO-1", "goggles");
        cleaned("GO-1");
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 GO-1"), "allow");
        sim_start(s, "room-1", "s-1");
        refused("items", "session s-1 holds it", STATION "/clean", "{'items':['GO-1'],'method':'manual','operator':'ben'}");
        sim_end(s, "room-1", "s-1", "completed");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R2 GO-1"), "item-not-clean");
        refused("items", "Record it as cleaned", STATION "/disinfect", "{'items':['GO-1'],'level':'high','by':'ben'}");
        cleaned("GO-1");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R2 GO-1"), "allow");
}

static void washing_a_needle_that_nobody_used_spends_it(void **state) {
        (void)state;
        sim_receive(s, "R1");
        cleaned(sim_code("R1"));
        assert_int_equal(state_of("R1"), ITEM_CONTAMINATED);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "item-not-sterile");
        refused("items", "single-use", STATION "/clean", "{'items':%s,'method':'manual','operator':'ben'}", sim_codes("R1"));
}

/* --- packs --- */

static void a_pack_is_not_packed_twice_and_nothing_lies_in_two(void **state) {
        (void)state;
        ready("EX-1", "extractor", "P-1", "pouch", "");
        received("EX-2", "extractor");
        cleaned("EX-2");
        refused("pack", "EX-1 in it", STATION "/pack", "{'pack':'P-1','items':['EX-2'],'wrap':'pouch','operator':'ben'}");
        refused("items", "in a pack already", STATION "/pack", "{'pack':'P-2','items':['EX-2','EX-1'],'wrap':'pouch','operator':'ben'}");
        assert_int_equal(state_of("EX-2"), ITEM_CLEAN);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack"), 1);
        cleaned("EX-1"); /* opens it */
        packed("P-1", "EX-2", "pouch", "");
        assert_int_equal(sim_sql(s, "SELECT pack FROM item WHERE code = 'EX-2'"), 2);
}

static void a_wrap_that_the_class_does_not_take_is_refused_when_packed(void **state) {
        (void)state;
        received("EX-1", "extractor");
        cleaned("EX-1");
        refused("wrap", "is not sterilized unwrapped", STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'none','operator':'ben'}");
        packed("P-1", "EX-1", "container", "");
}

static void cleaning_takes_it_out_of_a_load_that_has_not_begun(void **state) {
        (void)state;
        ready("EX-1", "extractor", "P-1", "pouch", "");
        ready("EX-2", "extractor", "P-2", "pouch", "");
        load("P-1 P-2");
        cleaned("EX-1");
        cycle(7, "prevac-134", 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack WHERE attempt IS NOT NULL"), 1);
        refused("packs", "opened", STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
}

static void nothing_is_cleaned_out_of_a_load_that_runs_or_waits(void **state) {
        (void)state;
        ready("EX-1", "extractor", "P-1", "pouch", "");
        load("P-1");
        taken("autoclave/ac-1/cycle-start", "{'cycle':6,'program':'prevac-134'}");
        refused("items", "which runs", STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':6,'outcome':'aborted'}");
        cleaned("EX-1"); /* such a load is never released */
        packed("P-2", "EX-1", "pouch", "");
        load("P-2");
        cycle(7, "prevac-134", 0);
        refused("items", "nobody has decided", STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        refused("items", "in a pack already", STATION "/pack", "{'pack':'P-3','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'decision':'reject','by':'ben','dry':true}");
        cleaned("EX-1");
        assert_int_equal(state_of("EX-1"), ITEM_CLEAN);
}

static void at_its_limit_it_is_not_packed(void **state) {
        (void)state;
        received("EX-1", "extractor");
        cleaned("EX-1");
        sim_sql(s, "UPDATE item SET cycles = 500");
        refused("items", "500 times", STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_sql(s, "UPDATE item SET cycles = 499");
        packed("P-1", "EX-1", "pouch", "");
}

static void damage_of_a_piece_is_for_ever_and_of_a_pack_until_it_is_packed_anew(void **state) {
        (void)state;
        sim_receive(s, "R1");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        taken(STATION "/damage", "{'pack':'P-1','reason':'torn'}");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "item-damaged");
        cleaned("EX-1");
        sim_sterilize(s, "EX-1", "extractor", "P-2", 2);
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1 EX-1"), "allow");
        sim_end(s, "room-1", "s-2", "cancelled");
        sim_pass(s, 100 * US_PER_S);
        taken(STATION "/damage", "{'item':'EX-1','reason':'a bent tip'}");
        refused("items", "for ever", STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
}

static void every_attempt_of_an_item_stays_on_record(void **state) {
        (void)state;
        for (int i = 1; i <= 3; i++) {
                char pack[8];

                snprintf(pack, sizeof(pack), "P-%d", i);
                sim_sterilize(s, "EX-1", "extractor", pack, i);
        }
        assert_string_equal(sim_text(s, "SELECT group_concat(a.cycle) FROM pack_item x JOIN pack p ON p.id = x.pack JOIN attempt a ON a.id = p.attempt "
                                        "JOIN item i ON i.id = x.item WHERE i.code = 'EX-1'"), "1,2,3");
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item"), 3);
        assert_string_equal(sim_text(s, "SELECT group_concat(step || ' ' || detail, ', ') FROM item_step"),
                            "0 ultrasonic, 2 P-1, 0 ultrasonic, 2 P-2, 0 ultrasonic, 2 P-3");
}

/* --- what suits --- */

#define TYPE_N "[program bare-121]\ntype = gravity\nset-temperature = 121 C\nhold-min = 15 min\nwraps = pouch, none\nsuits-hollow = yes\n" \
               "[autoclave ac-n]\nclass-type = N\nband = en13060\nuncertainty-c = 0.5\nprograms = bare-121\n" \
               "[class solid]\nrole = instrument\nsingle-use = no\nreprocessing = sterilize\nhollow = no\ncritical = no\n"

static void a_type_n_autoclave_takes_nothing_pouched_or_hollow(void **state) {
        (void)state;
        configured(TYPE_N);
        ready("SO-1", "solid", "P-1", "pouch", "");
        ready("SO-2", "solid", "P-2", "none", "");
        ready("IN-1", "instrument", "P-3", "none", ",'session':'s-1'");
        refused("packs", "type N, for bare solid items only, and SO-1 is packed", STATION "/load", "{'autoclave':'ac-n','packs':['P-1']}");
        refused("packs", "IN-1 is hollow", STATION "/load", "{'autoclave':'ac-n','packs':['P-3']}");
        taken(STATION "/load", "{'autoclave':'ac-n','packs':['P-2']}");
        taken(STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
}

#define EIGHTEEN "[class scalpel-handle]\nrole = instrument\nsingle-use = no\nreprocessing = sterilize\nhollow = no\n" \
                 "required-programs = prevac-134-18\n"

static void what_wants_18_minutes_is_not_sterile_after_three(void **state) {
        (void)state;
        configured(EIGHTEEN);
        sim_receive(s, "R1 R2");
        ready("SH-1", "scalpel-handle", "P-1", "pouch", "");
        load("P-1");
        cycle(1, "prevac-134", 0);
        release(1, "P-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 SH-1"), "process-unsuitable");
        assert_non_null(strstr(sim_last(s, "down/room/room-1/decision")->payload, "prevac-134-18"));
        cleaned("SH-1");
        packed("P-2", "SH-1", "pouch", "");
        load("P-2");
        cycle(2, "prevac-134-18", 18 * 60);
        release(2, "P-2");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1 SH-1"), "allow");
}

static void a_running_program_that_does_not_suit_is_told_at_the_load(void **state) {
        (void)state;
        configured(EIGHTEEN "[class brush]\nrole = instrument\nsingle-use = no\nreprocessing = sterilize\nrequired-programs = far-away\n"
                            "[program far-away]\ntype = gravity\nset-temperature = 121 C\nhold-min = 15 min\nwraps = none, pouch\nsuits-hollow = yes\n");
        ready("SH-1", "scalpel-handle", "P-1", "pouch", "");
        ready("BR-1", "brush", "P-2", "pouch", "");
        refused("packs", "no program of autoclave ac-1 suits class brush", STATION "/load", "{'autoclave':'ac-1','packs':['P-2']}");
        taken("autoclave/ac-1/cycle-start", "{'cycle':6,'program':'prevac-134'}");
        refused("packs", "put it into a cycle of prevac-134-18", STATION "/load", "{'autoclave':'ac-1','cycle':6,'packs':['P-1']}");
}

/* --- shelf life --- */

static void unwrapped_and_not_critical_is_good_until_the_clinics_day_ends(void **state) {
        (void)state;
        configured("[class tray]\nrole = other\nsingle-use = no\nreprocessing = sterilize\nhollow = no\ncritical = no\n");
        taken(RECEIVE, "{'item':'(01)00844588004001(17)281231(21)R1'}");
        ready("TR-1", "tray", "P-1", "none", "");
        load("P-1");
        cycle(1, "prevac-134", 0);
        release(1, "P-1");
        s->now.wall_us = INT64_C(1795402800000000) - 1; /* 23 November, 04:00 in Berlin */
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 TR-1"), "allow");
        sim_end(s, "room-1", "s-1", "cancelled");
        s->now.wall_us += 1;
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R1 TR-1"), "item-claimed pack-opened shelf-life-over");
}

static void the_clinics_day_ends_at_four_on_the_night_the_clocks_change_too(void **state) {
        (void)state;
        configured("[class tray]\nrole = other\nsingle-use = no\nreprocessing = sterilize\nhollow = no\ncritical = no\n"
                   "[autoclave ac-1]\ncommissioned = 2027-03-27\n");
        taken(RECEIVE, "{'item':'(01)00844588004001(17)281231(21)R1'}");
        taken(RECEIVE, "{'item':'(01)00844588004001(17)281231(21)R2'}");
        s->now.wall_us = INT64_C(1806138000000000); /* 27 March 2027, 10:00 */
        ready("TR-1", "tray", "P-1", "none", "");
        load("P-1");
        cycle(1, "prevac-134", 0);
        release(1, "P-1");
        s->now.wall_us = INT64_C(1806199200000000) - 1; /* 28 March, 04:00, an hour earlier than on other days */
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 TR-1"), "allow");
        s->now.wall_us += 1;
        assert_non_null(strstr(sim_ask(s, "room-2", "s-2", "R2 TR-1"), "shelf-life-over"));
}

static void immediate_use_is_for_its_named_session_within_thirty_minutes(void **state) {
        (void)state;
        sim_receive(s, "R1 R2 R3");
        received("IN-1", "instrument");
        cleaned("IN-1");
        refused("session", "immediate use in one session", STATION "/pack", "{'pack':'P-1','items':['IN-1'],'wrap':'none','operator':'ben'}");
        refused("session", "Leave it out", STATION "/pack", "{'pack':'P-1','items':['IN-1'],'wrap':'pouch','operator':'ben','session':'s-9'}");
        configured("[program quick-134]\nsuits-hollow = yes\n");
        sim_receive(s, "R1 R2 R3");
        ready("IN-1", "instrument", "P-1", "none", ",'session':'s-9'");
        load("P-1");
        cycle(1, "quick-134", 0);
        release(1, "P-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 IN-1"), "shelf-life-over");
        assert_non_null(strstr(sim_last(s, "down/room/room-1/decision")->payload, "session s-9, and only there"));
        const int64_t sterile = sim_sql(s, "SELECT sterile_us FROM pack");
        s->now.wall_us = sterile + 30 * MINUTE_US - 1;
        assert_string_equal(sim_ask(s, "room-1", "s-9", "R1 IN-1"), "allow");
        s->now.wall_us += 1;
        sim_pass(s, 0);
        assert_string_equal(sim_renew(s, "room-1", "s-9"), "shelf-life-over");
}

static void an_ordinary_program_does_not_do_for_immediate_use(void **state) {
        (void)state;
        ready("IN-1", "instrument", "P-1", "none", ",'session':'s-9'");
        taken("autoclave/ac-1/cycle-start", "{'cycle':6,'program':'prevac-134'}");
        refused("packs", "immediate-use program, and prevac-134 is none", STATION "/load", "{'autoclave':'ac-1','cycle':6,'packs':['P-1']}");
}

static void event_related_packs_are_good_until_they_are_damaged(void **state) {
        (void)state;
        configured("[class probe]\nrole = instrument\nsingle-use = no\nreprocessing = sterilize\nevent-related = yes\n");
        taken(RECEIVE, "{'item':'(01)00844588004001(17)321231(21)R1'}");
        sim_sterilize(s, "PR-1", "probe", "P-1", 1);
        s->now.wall_us += 400 * US_PER_DAY; /* and Ana is still qualified */
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 PR-1"), "allow");
        taken(STATION "/damage", "{'pack':'P-1','reason':'a torn seam'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-damaged");
}

static void after_its_shelf_life_it_is_cleaned_before_it_is_packed_anew(void **state) {
        (void)state;
        taken(RECEIVE, "{'item':'(01)00844588004001(17)281231(21)R1'}");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        s->now.wall_us += 190 * US_PER_DAY;
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "shelf-life-over");
        refused("items", "clean it first", STATION "/pack", "{'pack':'P-2','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        cleaned("EX-1");
        packed("P-2", "EX-1", "pouch", "");
}

/* --- inside indicators --- */

static void open_pack(const char *indicator) {
        sim_receive(s, "R1 R2");
        received("EX-1", "extractor");
        received("EX-2", "extractor");
        taken(STATION "/clean", "{'items':['EX-1','EX-2'],'method':'manual','operator':'ben'}");
        taken(STATION "/pack", "{'pack':'P-1','items':['EX-1','EX-2'],'wrap':'pouch','operator':'ben'}");
        load("P-1");
        cycle(1, "prevac-134", 0);
        release(1, "P-1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "allow");
        if (indicator)
                sim_say(s, "room/room-1/open", "{'pack':'P-1','indicator':'%s','by':'ana'}", indicator);
        sim_start(s, "room-1", "s-1");
}

static void from_an_open_pack_nothing_more_is_taken_before_its_indicator_is_read(void **state) {
        (void)state;
        open_pack(NULL);
        assert_string_equal(sim_add(s, "room-1", "s-1", "EX-2"), "internal-indicator-missing");
        sim_say(s, "room/room-1/open", "{'pack':'P-1','indicator':'pass','by':'ana'}");
        assert_string_equal(sim_add(s, "room-1", "s-1", "EX-2"), "allow");
}

static void a_missing_indicator_stops_what_wants_one(void **state) {
        (void)state;
        open_pack("absent");
        assert_string_equal(sim_add(s, "room-1", "s-1", "EX-2"), "internal-indicator-missing");
}

static void a_class_may_do_without_inside_indicators_and_not_with_a_failed_one(void **state) {
        (void)state;
        configured("[class extractor]\ninside-indicator = no\n");
        open_pack("absent");
        assert_string_equal(sim_add(s, "room-1", "s-1", "EX-2"), "allow");
        sim_say(s, "room/room-1/open", "{'pack':'P-1','indicator':'fail','by':'ana'}");
        sim_receive(s, "C1");
        assert_non_null(strstr(sim_ask(s, "room-2", "s-2", "R2 EX-2"), "pack-opened"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(disinfection_below_the_level_of_the_class_is_refused),
                T(disinfection_shorter_than_the_policy_is_refused_where_a_time_is_said),
                T(a_class_with_a_time_of_its_own_wants_it_said),
                T(disinfections_count_towards_the_makers_limit),
                T(what_only_has_to_be_clean_goes_round_by_cleaning),
                T(washing_a_needle_that_nobody_used_spends_it),
                T(a_pack_is_not_packed_twice_and_nothing_lies_in_two),
                T(a_wrap_that_the_class_does_not_take_is_refused_when_packed),
                T(cleaning_takes_it_out_of_a_load_that_has_not_begun),
                T(nothing_is_cleaned_out_of_a_load_that_runs_or_waits),
                T(at_its_limit_it_is_not_packed),
                T(damage_of_a_piece_is_for_ever_and_of_a_pack_until_it_is_packed_anew),
                T(every_attempt_of_an_item_stays_on_record),
                T(a_type_n_autoclave_takes_nothing_pouched_or_hollow),
                T(what_wants_18_minutes_is_not_sterile_after_three),
                T(a_running_program_that_does_not_suit_is_told_at_the_load),
                T(unwrapped_and_not_critical_is_good_until_the_clinics_day_ends),
                T(the_clinics_day_ends_at_four_on_the_night_the_clocks_change_too),
                T(immediate_use_is_for_its_named_session_within_thirty_minutes),
                T(an_ordinary_program_does_not_do_for_immediate_use),
                T(event_related_packs_are_good_until_they_are_damaged),
                T(after_its_shelf_life_it_is_cleaned_before_it_is_packed_anew),
                T(from_an_open_pack_nothing_more_is_taken_before_its_indicator_is_read),
                T(a_missing_indicator_stops_what_wants_one),
                T(a_class_may_do_without_inside_indicators_and_not_with_a_failed_one),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
