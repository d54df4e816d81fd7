/* SPDX-License-Identifier: Apache-2.0 */
/* May this load be released: every reason as a station hears it, and what the release and its withdrawal do. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim-files.h"
#include "../lib/clinicsim.h"
#include "core/gate.h"
#include "act.h"
#include "store/loads.h"
#include "store/recalls.h"

#define STATION "station/station-1"
#define RELEASED "down/" STATION "/released"

/* P-1 and P-2 went through cycle 7, which was sound. */
static void two_packs(Sim *s) {
        sim_packed(s, 1, "extractor", "pouch");
        sim_packed(s, 2, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1','P-2']}");
        sim_cycle(s, 7, true);
        sim_was_fit(s, 7);
}

static void indicator(Sim *s, const char *more) {
        sim_taken(s, STATION "/indicator", "{'autoclave':'ac-1','cycle':7,'reader':'ben',%s}", more);
}

static void chemical(Sim *s, const char *where, const char *packs, int type, const char *result) {
        char more[256];

        snprintf(more, sizeof(more), "'indicator':'chemical','where':'%s','type':%d,'result':'%s'%s%s", where, type,
                 result, packs ? ",'packs':" : "", packs ? sim_codes(packs) : "");
        indicator(s, more);
}

/* "released", or the rules that refuse. */
static const char *decide(Sim *s, const char *decision, const char *by, const char *more) {
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'%s','dry':true,'decision':'%s'%s}", by, decision,
                  more);
        if (streq(sim_member(s, RELEASED, "verdict"), "released")) {
                assert_string_equal(sim_rules(s, RELEASED), "");
                return "released";
        }
        assert_string_equal(sim_member(s, RELEASED, "verdict"), "refused");
        assert_string_equal(sim_member(s, RELEASED, "withheld"), "");
        return sim_rules(s, RELEASED);
}

#define release() decide(s, "release", "ben", "")
#define fires(what) assert_string_equal(release(), what)

/* --- indicators --- */

static void indicator_missing_until_each_pack_is_read(void **state) {
        Sim *s = *state;
        two_packs(s);
        fires("indicator-missing");
        sim_indicate(s, 7, "P-1");
        fires("indicator-missing");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_PACKED);
        sim_indicate(s, 7, "P-2");
        fires("released");
        assert_int_equal(sim_item_state(s, "EX-2"), ITEM_STERILE);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM load_decision WHERE what = %d", LOAD_WORD_REFUSED), 2);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM load_decision WHERE what = %d", LOAD_WORD_RELEASED), 1);
        sim_check_chain(s);
}

static void indicator_failed_is_not_undone_by_a_second_reader(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        sim_taken(s, STATION "/indicator", "{'autoclave':'ac-1','cycle':7,'indicator':'chemical','where':'outside','packs':['"
                                    "P-2'],'result':'fail','reader':'clara'}");
        sim_indicate(s, 7, "P-1 P-2");
        fires("indicator-failed");
        assert_non_null(strstr(sim_last(s, RELEASED)->payload, "pack P-2"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 0); /* it was never out there */
}

static void indicator_failed_counts_from_anybody_and_without_a_number(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        sim_blurt(s, STATION "/indicator",
                  "{'autoclave':'ac-1','cycle':7,'indicator':'chemical','where':'outside','result':'fail','reader':'"
                  "ben'}");
        fires("indicator-failed");
}

static void indicator_expired_by_the_day_of_the_cycle(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1");
        indicator(s, "'indicator':'chemical','where':'outside','packs':['P-2'],'result':'pass','expires':'2026-11-21'");
        fires("indicator-expired");
        indicator(s, "'indicator':'chemical','where':'outside','packs':['P-2'],'result':'pass','expires':'2026-11-22'");
        sim_advance(s, 3 * 3600 * US_PER_S);
        fires("released");
}

static void a_type_5_or_a_helix_is_asked_for_by_policy(void **state) {
        static const char *const policies[] = { "[policy]\nload-challenge = type-5\n",
                                                "[policy]\nload-challenge = helix\n" };
        (void)state;
        for (int i = 0; i < 2; i++) {
                Sim sim, *s = &sim;

                sim_open(s, policies[i]);
                two_packs(s);
                sim_indicate(s, 7, "P-1 P-2");
                fires("indicator-missing");
                chemical(s, "challenge", NULL, i ? 1 : 4, "pass");
                fires("indicator-missing");
                chemical(s, "challenge", NULL, i ? 2 : 5, "pass");
                fires("released");
                sim_close(s);
        }
}

static void a_printout_takes_a_type_5_or_6(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        sim_sql(s, "UPDATE attempt SET grade = %d", GRADE_PRINTOUT);
        fires("indicator-missing");
        chemical(s, "inside", "P-1", 6, "pass");
        fires("released");
}

static void biological_pending_where_a_class_asks_for_it(void **state) {
        Sim sim, *s = &sim;
        (void)state;
        sim_open(s, "[class extractor]\nneeds-biological = yes\n");
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("biological-pending");
        indicator(s, "'indicator':'biological','where':'challenge','lot':'S-1','result':'pending'");
        fires("biological-pending");
        indicator(s, "'indicator':'biological','where':'challenge','lot':'S-1','result':'pass','control':'growth'");
        fires("released");
        sim_close(s);
}

static void biological_pending_for_good_where_the_control_did_not_grow(void **state) {
        Sim sim, *s = &sim;
        (void)state;
        sim_open(s, "[class extractor]\nneeds-biological = yes\n");
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        indicator(s, "'indicator':'biological','where':'challenge','lot':'S-1','result':'pass','control':'no-growth'");
        fires("biological-pending");
        indicator(s, "'indicator':'biological','where':'challenge','lot':'S-1','result':'pass','control':'growth'");
        fires("biological-pending");
        sim_close(s);
}

/* --- manifest --- */

static void late_packs_are_released_only_with_every_inside_indicator_in_sight(void **state) {
        Sim *s = *state;
        sim_packed(s, 1, "extractor", "pouch");
        sim_packed(s, 2, "extractor", "pouch");
        sim_cycle(s, 7, true);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-1','P-2']}");
        sim_indicate(s, 7, "P-1 P-2");
        fires("manifest-missing");
        chemical(s, "inside", "P-1", 4, "pass");
        fires("manifest-missing");
        chemical(s, "inside", "P-2", 4, "pass");
        fires("released");
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_STERILE);
        assert_int_equal(sim_sql(s, "SELECT min(cycles) FROM item"), 1);
}

static void a_late_pack_among_others_is_withheld_and_named(void **state) {
        Sim *s = *state;
        sim_packed(s, 3, "extractor", "pouch");
        two_packs(s);
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','cycle':7,'packs':['P-3']}");
        sim_indicate(s, 7, "P-1 P-2 P-3");
        fires("released");
        assert_non_null(strstr(sim_member(s, RELEASED, "withheld"), "\"pack\":\"P-3\""));
        assert_non_null(strstr(sim_member(s, RELEASED, "withheld"), "manifest-missing"));
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_STERILE);
        assert_int_equal(sim_item_state(s, "EX-3"), ITEM_PACKED);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE cycles = 1"), 3);
}

static void wet_damaged_and_opened_packs_are_withheld_and_cleaned_anew(void **state) {
        Sim *s = *state;
        sim_packed(s, 3, "extractor", "pouch");
        sim_packed(s, 4, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-3','P-4']}");
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2 P-3 P-4");
        sim_taken(s, STATION "/damage", "{'pack':'P-2','reason':'torn'}");
        sim_say(s, "room/room-1/open", "{'pack':'P-3','indicator':'pass','by':'ana'}");
        assert_string_equal(decide(s, "release", "ben", ",'wet_packs':['P-9']"), "wet-pack");
        assert_string_equal(decide(s, "release", "ben", ",'wet_packs':['P-1']"), "released");
        assert_int_equal(sim_sql(s, "SELECT sum(state = %d) FROM item", ITEM_STERILE), 1);
        assert_int_equal(sim_item_state(s, "EX-4"), ITEM_STERILE);
        assert_string_equal(sim_text(s, "SELECT group_concat(label, ' ') FROM pack WHERE sterile_us IS NOT NULL"),
                            "P-4");
        sim_taken(s, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        sim_taken(s, STATION "/pack", "{'pack':'P-5','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
}

static void wet_pack_once_said_stays_whoever_asks_again(void **state) {
        Sim *s = *state;
        sim_packed(s, 3, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-3']}");
        two_packs(s);
        assert_string_equal(decide(s, "release", "ben", ",'wet_packs':['P-1']"), "indicator-missing");
        sim_indicate(s, 7, "P-1 P-2 P-3");
        fires("released");
        assert_non_null(strstr(sim_member(s, RELEASED, "withheld"), "\"pack\":\"P-1\""));
        assert_int_equal(sim_item_state(s, "EX-1"), ITEM_PACKED);
        assert_int_equal(sim_item_state(s, "EX-2"), ITEM_STERILE);
}

static void wet_pack_two_hold_the_load_and_so_does_one_who_saw_it_wet(void **state) {
        for (int i = 0; i < 2; i++) {
                Sim sim, *s = &sim;
                (void)state;
                sim_open(s, NULL);
                two_packs(s);
                sim_indicate(s, 7, "P-1 P-2");
                sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'ben','decision':'release',%s}",
                          i ? "'dry':false" : "'dry':true,'wet_packs':['P-1','P-2']");
                assert_string_equal(sim_rules(s, RELEASED), "wet-pack");
                fires("wet-pack");
                sim_close(s);
        }
}

/* --- who, and whether there is anything to decide --- */

static void releaser_unknown_for_strangers_and_for_others(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        assert_string_equal(decide(s, "release", "nobody", ""), "releaser-unknown");
        assert_string_equal(decide(s, "release", "ana", ""), "releaser-unknown");
        assert_string_equal(sim_text(s, "SELECT group_concat(by, ' ') FROM load_decision"), "nobody ana");
        fires("released");
}

static void nothing_is_released_twice(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("released");
        fires("load-released");
        assert_string_equal(sim_text(s, "SELECT group_concat(what, ' ') FROM load_decision"), "0 1");
}

static void every_answer_is_kept_with_its_reasons_and_in_the_chain(void **state) {
        Sim *s = *state;
        two_packs(s);
        assert_string_equal(decide(s, "release", "ana", ",'reason':'urgent'"), "indicator-missing releaser-unknown");
        assert_string_equal(sim_text(s, "SELECT by || ' ' || reason || ' ' || dry FROM load_decision"), "ana urgent 1");
        assert_non_null(strstr(sim_text(s, "SELECT reasons FROM load_decision"), "Ask one who is"));
        assert_non_null(strstr(sim_text(s, "SELECT record FROM audit JOIN load_decision d ON d.i = audit.i"),
                               "\"rules\":[\"releaser-unknown\",\"indicator-missing\"]"));
        sim_check_chain(s);
}

static void an_ambiguous_cycle_number_is_refused_for_rejecting_too(void **state) {
        Sim *s = *state;
        sim_cycle(s, 7, false);
        two_packs(s);
        fires("manifest-missing");
        assert_string_equal(decide(s, "reject", "ben", ""), "manifest-missing");
        assert_non_null(strstr(sim_last(s, RELEASED)->payload, "Name the attempt"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM load_decision"), 0);
        assert_string_equal(decide(s, "reject", "ben", ",'attempt':'ac-1.2'"), "load-rejected");
        sim_taken(s, STATION "/release",
                  "{'autoclave':'ac-1','cycle':8,'attempt':'ac-1.1','by':'ben','dry':true,'decision':'release'}");
        assert_string_equal(sim_rules(s, RELEASED), "manifest-missing");
        assert_non_null(strstr(sim_last(s, RELEASED)->payload, "another cycle number"));
}

static void a_release_without_a_number_grants_nothing_and_a_reject_is_taken(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        sim_forget(s);
        sim_blurt(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'ben','dry':true,'decision':'release'}");
        assert_string_equal(sim_rejected(s, STATION), "sequence-required");
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_OPEN);
        sim_blurt(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'nobody','dry':true,'decision':'reject'}");
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_REJECTED);
        fires("load-rejected");
}

static void clock_untrusted_releases_nothing(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        intake_doubt(s->intake, DOUBT_CLOCK, "It was set back.");
        fires("clock-untrusted");
        intake_doubt(s->intake, DOUBT_CLOCK, NULL);
        fires("released");
}

static void what_stands_against_the_autoclave_refuses_its_loads(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        sim_sql(s, "DELETE FROM test");
        fires("penetration-test-missing");
        sim_was_fit(s, 7);
        sim_blurt(s, "autoclave/ac-1/fault", "{'code':'E7','severity':'major'}");
        fires("out-of-service");
}

/* --- withdrawing --- */

static void a_withdrawn_release_recalls_and_stops_the_running_session(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("released");
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "allow");
        sim_start(s, "room-1", "s-1");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "allow");
        assert_string_equal(decide(s, "reject", "ana", ",'reason':'door seal'"), "load-recalled");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "load-recalled");
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2 EX-2"), "load-recalled");
        assert_int_equal(
                sim_sql(s, "SELECT count(*) FROM recall WHERE cause = 'load-recalled' AND kind = %d AND attempt = 1",
                        RECALL_FINAL),
                1);
        assert_non_null(strstr(sim_text(s, "SELECT reason FROM recall"), "door seal"));
        assert_int_equal(sim_alert(s, "item-recalled"), 1);
        /* Once is enough, and it is not undone by a release. */
        assert_string_equal(decide(s, "reject", "ana", ""), "load-recalled");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 1);
        fires("load-recalled");
        assert_string_equal(sim_text(s, "SELECT group_concat(what, ' ') FROM load_decision"), "0 3 4 1");
        assert_string_equal(sim_text(s, "SELECT released_by FROM attempt"), "ben");
}

static void a_withdrawal_outlasts_a_recall_that_was_there_before(void **state) {
        Sim *s = *state;
        char text[ACT_TEXT_MAX];
        int64_t id;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("released");
        assert_int_equal(intake_recall_make(s->intake, &s->now, "load", "ac-1.1", 0, 0, "clara", "a doubt", &id, text),
                         0);
        sim_commit(s);
        assert_string_equal(decide(s, "reject", "ana", ""), "load-recalled");
        assert_int_equal(intake_recall_end(s->intake, &s->now, id, "clara", "no doubt", text), 0);
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_RECALLED);
}

/* An officer can end the recall, and nobody has released the load then: it stays rejected. */
static void the_end_of_a_withdrawal_s_recall_is_no_release(void **state) {
        Sim *s = *state;
        char text[ACT_TEXT_MAX];
        int64_t id;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("released");
        assert_string_equal(decide(s, "reject", "ana", ""), "load-recalled");
        id = sim_sql(s, "SELECT id FROM recall");
        assert_int_equal(intake_recall_end(s->intake, &s->now, id, "clara", "a mistake", text), 0);
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT released FROM attempt"), LOAD_REJECTED);
        sim_receive(s, "R2");
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2 EX-2"), "load-rejected");
}

static void a_load_under_recall_is_not_released(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        sim_taken(s, STATION "/recall",
                  "{'reason':'probe "
                  "drifted','by':'clara','autoclave':'ac-1','from':'2026-11-22T00:00:00Z','to':'2026-11-23T00:00:00Z'}");
        fires("load-recalled");
        assert_non_null(strstr(sim_last(s, RELEASED)->payload, "probe drifted"));
}

static void an_indicator_that_fails_after_the_release_quarantines_the_load_once(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("released");
        sim_receive(s, "R1");
        chemical(s, "inside", "P-2", 5, "pass");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 0);
        chemical(s, "inside", "P-2", 5, "fail");
        chemical(s, "outside", "P-1", 1, "fail");
        assert_string_equal(sim_text(s, "SELECT group_concat(cause || ' ' || kind || ' ' || by) FROM recall"),
                            "indicator-failed 1 ben");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "load-recalled");
        assert_int_equal(sim_sql(s, "SELECT inside FROM pack WHERE label = 'P-2'"), INSIDE_FAILED);
        assert_int_equal(sim_sql(s, "SELECT inside FROM pack WHERE label = 'P-1'"), INSIDE_UNREAD);
}

static void a_pack_that_is_found_wet_after_the_release_is_not_sterile(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("released");
        sim_receive(s, "R1 R2");
        assert_string_equal(decide(s, "release", "ben", ",'wet_packs':['P-1']"), "load-released");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "item-damaged");
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2 EX-2"), "allow");
}

static void a_failed_indicator_on_opening_quarantines_the_load_once(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        fires("released");
        sim_receive(s, "R1");
        sim_say(s, "room/room-1/open", "{'pack':'P-2','indicator':'absent','by':'ana'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 0);
        sim_blurt(s, "room/room-1/open", "{'pack':'P-1','indicator':'fail','by':'ana'}");
        sim_blurt(s, "room/room-1/open", "{'pack':'P-1','indicator':'fail','by':'ana'}");
        assert_string_equal(sim_text(s, "SELECT cause || ' ' || kind || ' ' || by || ' ' || attempt FROM recall"),
                            "internal-indicator-failed 1 ana 1");
        assert_int_equal(sim_sql(s, "SELECT decide_by_us - at_us FROM recall"), US_PER_DAY);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 1);
        assert_non_null(strstr(sim_ask(s, "room-1", "s-1", "R1 EX-2"), "load-recalled"));
}

/* --- what must not be in there --- */

/* Another configuration, as after a reload. */
static void reconfigure(Sim *s, const char *more) {
        Config *old = s->config;

        s->config = files_config(more);
        intake_configure(s->intake, s->config);
        config_free(old);
}

static void single_use_in_load_is_spent_for_ever_and_alerted_once(void **state) {
        Sim sim, *s = &sim;
        (void)state;
        sim_open(
                s,
                "[class once]\nrole = instrument\nhollow = no\nreprocessing = sterilize\nsterilize-before-use = yes\n");
        sim_packed(s, 1, "once", "pouch");
        sim_packed(s, 2, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1','P-2']}");
        reconfigure(s, "[class once]\nrole = instrument\nhollow = no\n");
        sim_cycle(s, 7, true);
        assert_int_equal(sim_alert(s, "single-use-in-load"), 1);
        sim_indicate(s, 7, "P-1 P-2");
        fires("single-use-in-load");
        fires("single-use-in-load");
        assert_int_equal(sim_alert(s, "single-use-in-load"), 1);
        sim_receive(s, "R1");
        assert_non_null(strstr(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "item-used"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE used_us IS NOT NULL"), 1);
        sim_close(s);
}

static void single_use_in_load_is_silent_for_what_is_sterilized_before_its_only_use(void **state) {
        Sim sim, *s = &sim;
        (void)state;
        sim_open(
                s,
                "[class once]\nrole = instrument\nhollow = no\nreprocessing = sterilize\nsterilize-before-use = yes\n");
        sim_packed(s, 1, "once", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, true);
        sim_indicate(s, 7, "P-1");
        fires("released");
        assert_int_equal(sim_alert(s, "single-use-in-load"), 0);
        sim_close(s);
}

static void type_unsuitable_for_pouches_in_type_n_and_by_program_in_type_s(void **state) {
        Sim *s = *state;
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
        reconfigure(s, "[program bare]\ntype = gravity\nset-temperature = 134 C\nhold-min = 3 min\nwraps = none\n"
                       "[autoclave ac-1]\nclass-type = N\nprograms = bare\n");
        assert_non_null(strstr(release(), "type-unsuitable"));
        reconfigure(s, "[autoclave ac-1]\nclass-type = S\n[program prevac-134]\nwraps = none\n");
        assert_non_null(strstr(release(), "type-unsuitable"));
        reconfigure(s, "[autoclave ac-1]\nclass-type = S\n[program prevac-134]\nwraps = pouch\n");
        assert_null(strstr(release(), "type-unsuitable"));
}

/* --- what a cycle does, released or not --- */

static void every_cycle_counts_for_its_items_also_a_failed_one(void **state) {
        Sim *s = *state;
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_cycle(s, 7, false);
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item"), 1);
        sim_taken(s, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        sim_taken(s, STATION "/pack", "{'pack':'P-2','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-2']}");
        sim_cycle(s, 8, true);
        sim_indicate(s, 8, "P-2");
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':8,'by':'ben','dry':true,'decision':'release'}");
        assert_string_equal(sim_member(s, RELEASED, "verdict"), "released");
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item"), 2);
}

static void a_cycle_that_was_never_hot_does_not_count(void **state) {
        Sim *s = *state;
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134'}");
        sim_advance(s, 2 * US_PER_S);
        sim_say(s, "autoclave/ac-1/sample", "{'cycle':7,'samples':[[0,20.0,101.0],[1,20.0,101.0]]}");
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':7,'outcome':'aborted'}");
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item"), 0);
        /* Where nobody knows whether it was hot, it counts. */
        sim_taken(s, STATION "/clean", "{'items':['EX-1'],'method':'manual','operator':'ben'}");
        sim_taken(s, STATION "/pack", "{'pack':'P-2','items':['EX-1'],'wrap':'pouch','operator':'ben'}");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-2']}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':8,'program':'prevac-134'}");
        sim_say(s, "autoclave/ac-1/cycle-end", "{'cycle':8,'outcome':'completed'}");
        assert_int_equal(sim_sql(s, "SELECT cycles FROM item"), 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)
#define OWN(name) cmocka_unit_test(name)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(indicator_missing_until_each_pack_is_read),
                T(indicator_failed_is_not_undone_by_a_second_reader),
                T(indicator_failed_counts_from_anybody_and_without_a_number),
                T(indicator_expired_by_the_day_of_the_cycle),
                OWN(a_type_5_or_a_helix_is_asked_for_by_policy),
                T(a_printout_takes_a_type_5_or_6),
                OWN(biological_pending_where_a_class_asks_for_it),
                OWN(biological_pending_for_good_where_the_control_did_not_grow),
                T(late_packs_are_released_only_with_every_inside_indicator_in_sight),
                T(a_late_pack_among_others_is_withheld_and_named),
                T(wet_damaged_and_opened_packs_are_withheld_and_cleaned_anew),
                T(wet_pack_once_said_stays_whoever_asks_again),
                OWN(wet_pack_two_hold_the_load_and_so_does_one_who_saw_it_wet),
                T(releaser_unknown_for_strangers_and_for_others),
                T(nothing_is_released_twice),
                T(every_answer_is_kept_with_its_reasons_and_in_the_chain),
                T(an_ambiguous_cycle_number_is_refused_for_rejecting_too),
                T(a_release_without_a_number_grants_nothing_and_a_reject_is_taken),
                T(clock_untrusted_releases_nothing),
                T(what_stands_against_the_autoclave_refuses_its_loads),
                T(a_withdrawn_release_recalls_and_stops_the_running_session),
                T(a_withdrawal_outlasts_a_recall_that_was_there_before),
                T(the_end_of_a_withdrawal_s_recall_is_no_release),
                T(a_load_under_recall_is_not_released),
                T(an_indicator_that_fails_after_the_release_quarantines_the_load_once),
                T(a_pack_that_is_found_wet_after_the_release_is_not_sterile),
                T(a_failed_indicator_on_opening_quarantines_the_load_once),
                OWN(single_use_in_load_is_spent_for_ever_and_alerted_once),
                OWN(single_use_in_load_is_silent_for_what_is_sterilized_before_its_only_use),
                T(type_unsuitable_for_pouches_in_type_n_and_by_program_in_type_s),
                T(every_cycle_counts_for_its_items_also_a_failed_one),
                T(a_cycle_that_was_never_hot_does_not_count),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
