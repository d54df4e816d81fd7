/* SPDX-License-Identifier: Apache-2.0 */
/* Recalls: what they reach, whom they stop, and who may end them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "intake/sterile.h"

#define STATION "station/station-1"
#define allow(room, session, items) assert_string_equal(sim_ask(s, room, session, items), "allow")
#define deny(room, session, items, rules) assert_string_equal(sim_ask(s, room, session, items), rules)

static char text[TEXT_MAX + 1];

static void committed(Sim *s) {
        assert_int_equal(intake_commit(s->intake, &s->now), 0);
        batch_clear(intake_batch(s->intake));
}

/* A recall as another part of the daemon begins it. */
static int64_t begin(Sim *s, RecallRow row) {
        row.reason = row.reason ?: "a reason";
        assert_int_equal(store_begin(s->store), 0);
        assert_int_equal(recall_begin(s->intake, &row), 0);
        committed(s);
        return row.id;
}

static int end(Sim *s, int64_t id, const char *by, const char *reason) {
        int r = intake_recall_end(s->intake, &s->now, id, by, reason, text);

        committed(s);
        return r;
}

static int make(Sim *s, const char *what, const char *subject, const char *by, int64_t *ret) {
        int r = intake_recall_make(s->intake, &s->now, what, subject, 0, 0, by, "the maker wrote", ret, text);

        committed(s);
        return r;
}

static int64_t attempt_of(Sim *s, int cycle) {
        return sim_sql(s, "SELECT id FROM attempt WHERE cycle = %d", cycle);
}

/* What lies sterile in a pack is used, cleaned, packed and sterilized again in cycle `number`. */
static void sterilize_again(Sim *s, const char *name, const char *pack, int number) {
        sim_say(s, STATION "/clean", "{'items':['%s'],'method':'ultrasonic','operator':'ben'}", name);
        sim_say(s, STATION "/pack", "{'pack':'%s','items':['%s'],'wrap':'pouch','operator':'ben'}", pack, name);
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','cycle':%d,'packs':['%s']}", number, pack);
        sim_cycle(s, number, true);
        sim_indicate(s, number, pack);
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':%d,'decision':'release','by':'ben','dry':true}", number);
        assert_string_equal(sim_member(s, "down/" STATION "/released", "verdict"), "released");
}

static void a_lot_recalled_while_a_session_runs_stops_its_permits(void **state) {
        Sim *s = *state;

        sim_say(s, STATION "/receive", "{'item':'(01)00844588004001(10)LOT-1(21)Z1'}");
        sim_say(s, STATION "/receive", "{'item':'(01)00844588004001(10)LOT-2(21)Z2'}");
        allow("room-1", "s-1", "(01)00844588004001(21)Z1");
        allow("room-2", "s-2", "(01)00844588004001(21)Z2");
        sim_start(s, "room-1", "s-1");
        sim_blurt(s, STATION "/recall", "{'reason':'bad batch','by':'clara','lot':'LOT-1'}");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
        assert_string_equal(sim_renew(s, "room-2", "s-2"), "allow");
        assert_int_equal(sim_alert(s, "item-recalled"), 1);
        assert_string_equal(sim_text(s, "SELECT subject || ' ' || severity FROM alert WHERE rule = 'item-recalled'"), "lot LOT-1 2");
}

static void a_recall_is_on_record_with_its_cause_and_an_alert(void **state) {
        Sim *s = *state;
        int64_t id = begin(s, (RecallRow){ .cause = "spore-test-positive", .autoclave = "ac-1", .from_us = s->now.wall_us - US_PER_DAY,
                                           .to_us = s->now.wall_us });

        assert_string_equal(sim_text(s, "SELECT json_extract(record, '$.cause') || ' ' || json_extract(record, '$.by') FROM audit "
                                        "WHERE i = (SELECT i FROM recall WHERE id = %" PRId64 ")", id),
                            "spore-test-positive asepsisd");
        assert_string_equal(sim_text(s, "SELECT subject FROM alert WHERE rule = 'item-recalled'"), "autoclave ac-1, 2026-11-21 to 2026-11-22");
        sim_check_chain(s);
}

static void only_a_registered_officer_ends_one_and_says_why(void **state) {
        Sim *s = *state;
        int64_t id;

        sim_say(s, STATION "/receive", "{'item':'(01)00844588004001(10)LOT-1(21)Z1'}");
        id = begin(s, (RecallRow){ .lot = "LOT-1" });
        deny("room-1", "s-1", "(01)00844588004001(21)Z1", "item-recalled");
        assert_int_equal(end(s, id, "ben", "it was another lot"), 1);
        assert_int_equal(end(s, id, "nobody", "it was another lot"), 1);
        assert_int_equal(end(s, id, "clara", " \t"), 1);
        assert_int_equal(end(s, id + 1, "clara", "it was another lot"), 1);
        deny("room-1", "s-2", "(01)00844588004001(21)Z1", "item-recalled");
        assert_int_equal(end(s, id, "clara", "it was another lot"), 0);
        allow("room-1", "s-3", "(01)00844588004001(21)Z1");
        assert_int_equal(end(s, id, "clara", "again"), 1);
        assert_string_equal(sim_text(s, "SELECT ended_by || ' ' || ended_reason FROM recall"), "clara it was another lot");
        assert_string_equal(sim_text(s, "SELECT json_extract(record, '$.what') FROM audit WHERE i = (SELECT ended_i FROM recall)"),
                            "ended");
        sim_check_chain(s);
}

static void a_session_goes_on_when_the_recall_has_ended(void **state) {
        Sim *s = *state;
        int64_t id;

        sim_receive(s, "R1");
        allow("room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        id = begin(s, (RecallRow){ .code = sim_code("R1") });
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "item-recalled");
        assert_int_equal(end(s, id, "clara", "a slip"), 0);
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

static void its_alert_ends_with_the_last_recall_of_the_same_thing(void **state) {
        Sim *s = *state;
        int64_t one = begin(s, (RecallRow){ .lot = "LOT-1" }), two = begin(s, (RecallRow){ .lot = "LOT-1" });

        assert_int_equal(sim_alert(s, "item-recalled"), 2);
        assert_int_equal(end(s, one, "clara", "r"), 0);
        assert_int_equal(sim_alert(s, "item-recalled"), 2);
        assert_int_equal(end(s, two, "clara", "r"), 0);
        assert_int_equal(sim_alert(s, "item-recalled"), 0);
}

static void what_is_received_later_is_blocked_by_whatever_was_recalled(void **state) {
        Sim *s = *state;
        int64_t id;

        assert_int_equal(make(s, "lot", "LATE-1", "ben", &id), 0);
        assert_int_equal(make(s, "product", "(01)00844588004001", "ben", &id), 0);
        assert_int_equal(make(s, "supplier-load", "SL-9", "ben", &id), 0);
        assert_int_equal(make(s, "item", "(01)00844588003288(21)C9", "ben", &id), 0);
        sim_say(s, STATION "/receive", "{'item':'(01)00844588003288(10)LATE-1(21)C8'}");
        sim_receive(s, "R1");
        sim_say(s, STATION "/receive", "{'item':'(01)00844588003288(21)C9'}");
        sim_say(s, STATION "/receive",
                "{'item':'(01)00844588003288(21)C7','sterilized':{'by':'medical-supply','load':'SL-9','date':'2026-11-01','until':'2027-11-01','evidence':'e'}}");
        assert_non_null(strstr(sim_ask(s, "room-1", "s-1", "(01)00844588003288(21)C8"), "item-recalled"));
        deny("room-1", "s-2", "R1", "item-recalled");
        assert_non_null(strstr(sim_ask(s, "room-1", "s-3", "(01)00844588003288(21)C9"), "item-recalled"));
        assert_non_null(strstr(sim_ask(s, "room-1", "s-4", "(01)00844588003288(21)C7"), "item-recalled"));
}

static void what_does_not_exist_is_not_recalled(void **state) {
        Sim *s = *state;
        int64_t id = -1;

        assert_int_equal(make(s, "load", "ac-1.77", "clara", &id), 1);
        assert_int_equal(make(s, "autoclave", "ac-9", "clara", &id), 1);
        assert_int_equal(make(s, "autoclave", "ac-1", "clara", &id), 1);
        assert_int_equal(make(s, "star", "sirius", "clara", &id), 1);
        assert_int_equal(make(s, "lot", "LOT-1", "nobody", &id), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 0);
}

static void a_recalled_load_is_recalled_as_a_load_until_its_last_recall_ends(void **state) {
        Sim *s = *state;
        int64_t one, two;

        sim_receive(s, "R1");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        assert_int_equal(make(s, "load", "ac-1.1", "clara", &one), 0);
        two = begin(s, (RecallRow){ .attempt = attempt_of(s, 1) });
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_RECALLED);
        deny("room-1", "s-1", "R1 EX-1", "load-recalled");
        assert_int_equal(end(s, one, "clara", "r"), 0);
        deny("room-1", "s-2", "R1 EX-1", "load-recalled");
        assert_int_equal(end(s, two, "clara", "r"), 0);
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_RELEASED);
        assert_string_equal(sim_text(s, "SELECT released_by FROM attempt"), "clara");
        allow("room-1", "s-3", "R1 EX-1");
}

static void a_load_recalled_before_its_release_is_not_made_released_by_the_end(void **state) {
        Sim *s = *state;
        int64_t id;

        sim_receive(s, "R1");
        sim_say(s, STATION "/receive", "{'item':'EX-1','class':'extractor'}");
        sim_say(s, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        sim_say(s, STATION "/pack", "{'pack':'P-1','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 1, true);
        id = begin(s, (RecallRow){ .attempt = attempt_of(s, 1) });
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_OPEN);
        deny("room-1", "s-1", "R1 EX-1", "item-recalled load-not-released");
        assert_int_equal(end(s, id, "clara", "r"), 0);
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_OPEN);
}

static void what_a_later_good_attempt_sterilized_is_usable_again(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2 R3");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        begin(s, (RecallRow){ .attempt = attempt_of(s, 1) });
        begin(s, (RecallRow){ .autoclave = "ac-1", .from_us = s->now.wall_us - US_PER_DAY, .to_us = s->now.wall_us });
        deny("room-1", "s-1", "R1 EX-1", "item-recalled load-recalled");
        s->now.wall_us += 60 * US_PER_S;
        s->now.boot_us += 60 * US_PER_S;
        sterilize_again(s, "EX-1", "P-2", 2);
        allow("room-1", "s-2", "R1 EX-1");
        sim_start(s, "room-1", "s-2");
        assert_string_equal(sim_renew(s, "room-1", "s-2"), "allow");
        begin(s, (RecallRow){ .code = "EX-1" });
        assert_string_equal(sim_renew(s, "room-1", "s-2"), "item-recalled");
}

static void what_was_recalled_as_a_piece_stays_so_however_often_it_is_sterilized(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        begin(s, (RecallRow){ .code = "EX-1" });
        sterilize_again(s, "EX-1", "P-2", 2);
        deny("room-1", "s-1", "R1 EX-1", "item-recalled");
}

static void the_session_goes_by_the_pack_it_was_given_the_item_from(void **state) {
        Sim *s = *state;

        /* Sterilized once, and only cleaned ever since: what becomes of that old load is nothing to this session. */
        sim_close(s);
        sim_open(s, "[class bowl]\nrole = other\nrequired-state = clean\nsingle-use = no\nreprocessing = sterilize\n");
        sim_receive(s, "R1");
        sim_sterilize(s, "BO-1", "bowl", "P-1", 1);
        sim_say(s, STATION "/clean", "{'items':['BO-1'],'method':'manual','operator':'ben'}");
        allow("room-1", "s-1", "R1 BO-1");
        sim_start(s, "room-1", "s-1");
        begin(s, (RecallRow){ .attempt = attempt_of(s, 1) });
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
}

static void a_quarantine_that_nobody_decides_on_is_told_each_day(void **state) {
        Sim *s = *state;
        int64_t id = begin(s, (RecallRow){ .kind = RECALL_QUARANTINE, .cause = "leak-test-failed", .lot = "LOT-1" });

        assert_string_equal(sim_text(s, "SELECT severity FROM alert WHERE rule = 'item-recalled'"), "1");
        sim_pass(s, US_PER_DAY - US_PER_S);
        assert_int_equal(sim_alert(s, "recall-undecided"), 0);
        assert_true(intake_deadline_us(s->intake) <= s->now.boot_us + US_PER_S);
        sim_pass(s, US_PER_S);
        assert_int_equal(sim_alert(s, "recall-undecided"), 1);
        sim_pass(s, US_PER_DAY - US_PER_S);
        assert_int_equal(sim_alert(s, "recall-undecided"), 1);
        sim_pass(s, US_PER_S);
        assert_int_equal(sim_alert(s, "recall-undecided"), 2);
        sim_restart(s);
        sim_pass(s, US_PER_DAY);
        assert_true(sim_alert(s, "recall-undecided") > 2);
        assert_int_equal(intake_recall_confirm(s->intake, &s->now, id, "ben", "r", text), 1);
        assert_int_equal(intake_recall_confirm(s->intake, &s->now, id, "clara", "r", text), 0);
        committed(s);
        assert_int_equal(sim_alert(s, "recall-undecided"), 0);
        sim_pass(s, 3 * US_PER_DAY);
        assert_int_equal(sim_alert(s, "recall-undecided"), 0);
        assert_int_equal(intake_recall_confirm(s->intake, &s->now, id, "clara", "r", text), 1);
        assert_string_equal(sim_text(s, "SELECT kind || ' ' || confirmed_by || ' ' || (ended_us IS NULL) FROM recall"), "0 clara 1");
}

static void what_lies_in_quarantine_comes_back_by_a_signed_act_only(void **state) {
        Sim *s = *state;
        int64_t id;

        sim_receive(s, "R1");
        id = begin(s, (RecallRow){ .kind = RECALL_QUARANTINE, .product = "00844588004001" });
        deny("room-1", "s-1", "R1", "item-recalled");
        sim_pass(s, 2 * US_PER_DAY);
        deny("room-1", "s-2", "R1", "item-recalled");
        assert_int_equal(end(s, id, "clara", "the gauge was right"), 0);
        assert_int_equal(sim_alert(s, "recall-undecided"), 0);
        allow("room-1", "s-3", "R1");
}

static void a_station_recalls_one_load(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        sim_sterilize(s, "EX-2", "extractor", "P-2", 2);
        sim_forget(s);
        sim_say(s, STATION "/recall", "{'reason':'wet','by':'ben','attempt':'ac-1.77'}");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        sim_say(s, STATION "/recall", "{'reason':'wet','by':'ben','attempt':'ac-1.1'}");
        deny("room-1", "s-1", "R1 EX-1", "load-recalled");
        allow("room-2", "s-2", "R2 EX-2");
}

/* Who lay in the room when a needle of another session was used there. */
static void a_contact_outside_the_session_leads_to_who_was_in_that_room(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        allow("room-1", "s-1", "R1");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        assert_string_equal(sim_ask_for(s, "room-2", "s-2", "R2", "ana", "p-2", "skin-needling"), "allow");
        sim_start(s, "room-2", "s-2");
        for (int i = 0; i < 3; i++) /* told again and again while it lasts */
                sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'contact'}", sim_code("R1"));
        assert_string_equal(sim_text(s, "SELECT group_concat(c.code || ' ' || c.room || ' ' || s.patient) FROM contact c "
                                        "JOIN session s ON s.id = c.session"),
                            "(01)00844588004001(21)R1 room-2 p-2");
        sim_say(s, "handpiece/pen-1/usage", "{'item':'(01)00844588004001(21)NEVER','event':'contact'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM contact WHERE room = 'room-1' AND session IS NULL"), 1);
        sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'contact'}", sim_code("R2"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM contact"), 2);
}

static void the_drill_is_put_on_record_with_a_load_that_was_released(void **state) {
        Sim *s = *state;

        sim_sterilize(s, "EX-1", "extractor", "P-1", 1);
        assert_int_equal(store_begin(s->store), 0);
        assert_int_equal(intake_drill(s->intake, &s->now, "ac-1.7", "ben", text), 1);
        assert_int_equal(intake_drill(s->intake, &s->now, "ac-1.1", "ben", text), 0);
        committed(s);
        assert_string_equal(sim_text(s, "SELECT duty || ' ' || by || ' ' || count(*) FROM duty_done WHERE duty = 'drill'"), "drill ben 1");
}

static void a_recall_of_an_attempt_that_never_was_is_our_own_bug(void **state) {
        Sim *s = *state;

        assert_int_equal(store_begin(s->store), 0);
        assert_int_equal(recall_begin(s->intake, &(RecallRow){ .attempt = 77, .reason = "r" }), -ENOENT);
        intake_rollback(s->intake);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_lot_recalled_while_a_session_runs_stops_its_permits),
                T(a_recall_is_on_record_with_its_cause_and_an_alert),
                T(only_a_registered_officer_ends_one_and_says_why),
                T(a_session_goes_on_when_the_recall_has_ended),
                T(its_alert_ends_with_the_last_recall_of_the_same_thing),
                T(what_is_received_later_is_blocked_by_whatever_was_recalled),
                T(what_does_not_exist_is_not_recalled),
                T(a_recalled_load_is_recalled_as_a_load_until_its_last_recall_ends),
                T(a_load_recalled_before_its_release_is_not_made_released_by_the_end),
                T(what_a_later_good_attempt_sterilized_is_usable_again),
                T(what_was_recalled_as_a_piece_stays_so_however_often_it_is_sterilized),
                T(the_session_goes_by_the_pack_it_was_given_the_item_from),
                T(a_quarantine_that_nobody_decides_on_is_told_each_day),
                T(what_lies_in_quarantine_comes_back_by_a_signed_act_only),
                T(a_station_recalls_one_load),
                T(a_contact_outside_the_session_leads_to_who_was_in_that_room),
                T(the_drill_is_put_on_record_with_a_load_that_was_released),
                T(a_recall_of_an_attempt_that_never_was_is_our_own_bug),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
