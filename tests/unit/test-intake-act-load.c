/* SPDX-License-Identifier: Apache-2.0 */
/* Loads decided at the control socket: by the same rules as at a station, with the same traces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../lib/clinicsim.h"
#include "act.h"
#include "store/loads.h"
#include "store/recalls.h"

#define STATION "station/station-1"
#define RELEASED "down/" STATION "/released"

static char text[ACT_TEXT_MAX];

/* P-1 and P-2 went through cycle 7, attempt ac-1.1, and nothing was read yet. */
static void two_packs(Sim *s) {
        sim_packed(s, 1, "extractor", "pouch");
        sim_packed(s, 2, "extractor", "pouch");
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1','P-2']}");
        sim_cycle(s, 7, true);
}

static void ready(Sim *s) {
        two_packs(s);
        sim_indicate(s, 7, "P-1 P-2");
}

static int decide(Sim *s, ActType type, const char *by, const char *reason, bool dry, const char *wet) {
        const Act act = { .type = type,
                          .subject = "ac-1.1",
                          .by = by,
                          .reason = reason,
                          .dry = dry,
                          .n_wet_packs = wet ? 1 : 0,
                          .wet_packs = &wet,
                          .uid = 1000 };

        return sim_act(s, &act, text);
}

static int release(Sim *s) {
        return decide(s, ACT_LOAD_RELEASE, "ben", NULL, true, NULL);
}

static int64_t state_of(Sim *s) {
        return sim_sql(s, "SELECT released FROM attempt WHERE label = 'ac-1.1'");
}

static const char *words(Sim *s) {
        return sim_text(s, "SELECT group_concat(what, ' ') FROM load_decision");
}

static int64_t acts_refused(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'act' AND record ->> 'refused' <> ''");
}

static void a_releaser_releases_and_what_was_released_can_be_used(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(release(s), 0);
        assert_string_equal(text, "Load ac-1.1 is released.");
        assert_int_equal(state_of(s), LOAD_RELEASED);
        assert_string_equal(sim_text(s, "SELECT released_by FROM attempt"), "ben");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE state = %d", ITEM_STERILE), 2);
        assert_string_equal(words(s), "0");
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "allow");
        sim_crash(s);
        assert_int_equal(state_of(s), LOAD_RELEASED);
        sim_check_chain(s);
}

static void the_signature_says_who_what_was_meant_and_when(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(decide(s, ACT_LOAD_RELEASE, "ben", "all dry", true, NULL), 0);
        assert_string_equal(sim_text(s, "SELECT record ->> 'by' || ' ' || (record ->> 'reason') || ' ' || "
                                        "(record ->> 'subject') || ' ' || (record ->> 'uid') FROM audit "
                                        "WHERE record ->> 'act' = 'load-release'"),
                            "ben all dry ac-1.1 1000");
        assert_says(sim_text(s, "SELECT record ->> 'meaning' FROM audit WHERE record ->> 'act' = 'load-release'"),
                    "release it");
        assert_int_equal(sim_sql(s, "SELECT record ->> 'at_us' FROM audit WHERE record ->> 'act' = 'load-release'"),
                         s->now.wall_us);
}

/* What the station was told, rule by rule and word by word, stands in the answer to the act. */
static void a_refusal_tells_every_reason_as_the_station_gets_it(void **state) {
        Sim *s = *state;
        const json_t *reason;
        json_t *answer;
        size_t i;

        two_packs(s);
        sim_sql(s, "DELETE FROM test");
        sim_blurt(s, "autoclave/ac-1/fault", "{'code':'E7','severity':'major'}");
        sim_forget(s);
        sim_say(s, STATION "/release", "{'autoclave':'ac-1','cycle':7,'by':'ana','dry':false,'decision':'release'}");
        answer = json_loads(sim_last(s, RELEASED)->payload, 0, NULL);
        assert_int_equal(decide(s, ACT_LOAD_RELEASE, "ana", NULL, false, NULL), 1);
        assert_true(json_array_size(json_object_get(answer, "reasons")) >= 5);
        json_array_foreach(json_object_get(answer, "reasons"), i, reason) {
                assert_says(text, json_string_value(json_object_get(reason, "rule")));
                assert_says(text, json_string_value(json_object_get(reason, "text")));
        }
        assert_says(text, "releaser-unknown");
        json_decref(answer);
        assert_int_equal(state_of(s), LOAD_OPEN);
        assert_string_equal(words(s), "1 1");
        assert_string_equal(sim_text(s, "SELECT a.reasons = b.reasons FROM load_decision a, load_decision b "
                                        "WHERE a.id < b.id"),
                            "1");
}

/* Somebody saw that they are not dry: a refusal that forgot it would let the next one say the opposite. */
static void what_a_refused_release_said_of_wet_packs_stands(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(decide(s, ACT_LOAD_RELEASE, "ben", NULL, false, "P-2"), 1);
        assert_says(text, "wet-pack");
        assert_int_equal(sim_sql(s, "SELECT wet FROM pack WHERE label = 'P-2'"), 1);
        sim_crash(s);
        assert_int_equal(release(s), 1);
        assert_says(text, "wet-pack");
        assert_int_equal(acts_refused(s), 0);
        assert_string_equal(words(s), "1 1");
        sim_check_chain(s);
}

static void one_wet_pack_is_left_out(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(decide(s, ACT_LOAD_RELEASE, "ben", NULL, true, "P-2"), 0);
        assert_says(text, "Left out, and not sterile: P-2: ");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE state = %d", ITEM_STERILE), 1);
}

static void nothing_is_released_while_the_daemon_is_in_doubt(void **state) {
        static const Doubt doubts[] = { DOUBT_CLOCK, DOUBT_STORE, DOUBT_AUDIT, DOUBT_RESTORE, DOUBT_SECOND, DOUBT_KEY };
        Sim *s = *state;

        ready(s);
        for (size_t i = 0; i < ELEMENTSOF(doubts); i++) {
                intake_doubt(s->intake, doubts[i], "It is not sure of itself.");
                assert_int_equal(release(s), 1);
                assert_says(text, "not sure of itself");
                intake_doubt(s->intake, doubts[i], NULL);
        }
        intake_doubt(s->intake, DOUBT_AUDIT, "It is not sure of itself.");
        assert_int_equal(decide(s, ACT_LOAD_REJECT, "ana", "torn", false, NULL), 0);
        assert_int_equal(state_of(s), LOAD_REJECTED);
}

static void who_is_not_registered_decides_nothing(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(decide(s, ACT_LOAD_RELEASE, "mallory", NULL, true, NULL), 1);
        assert_says(text, "registered as mallory");
        assert_int_equal(decide(s, ACT_LOAD_REJECT, "mallory", "spite", true, NULL), 1);
        assert_int_equal(decide(s, ACT_LOAD_REJECT, "ana", "", true, NULL), 1);
        assert_says(text, "Say why");
        assert_int_equal(state_of(s), LOAD_OPEN);
        assert_int_equal(acts_refused(s), 3);
}

static void anybody_registered_rejects_and_it_stays_rejected(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(decide(s, ACT_LOAD_REJECT, "ana", "a torn pouch", false, NULL), 0);
        assert_says(text, "Load ac-1.1 is rejected.");
        assert_int_equal(release(s), 1);
        assert_says(text, "load-rejected");
        assert_string_equal(sim_text(s, "SELECT reason FROM load_decision"), "a torn pouch");
}

static void a_release_is_taken_back_once_and_recalls(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(decide(s, ACT_LOAD_WITHDRAW, "ana", "door seal", false, NULL), 1);
        assert_says(text, "asepsisctl reject ac-1.1");
        assert_int_equal(release(s), 0);
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1 EX-1"), "allow");
        sim_start(s, "room-1", "s-1");
        assert_int_equal(decide(s, ACT_LOAD_WITHDRAW, "ana", "door seal", false, NULL), 0);
        assert_says(text, "Load ac-1.1 is recalled.");
        assert_string_equal(sim_renew(s, "room-1", "s-1"), "load-recalled");
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2 EX-2"), "load-recalled");
        assert_says(sim_text(s, "SELECT reason FROM recall"), "door seal");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall WHERE kind = %d", RECALL_FINAL), 1);
        assert_int_equal(decide(s, ACT_LOAD_WITHDRAW, "ana", "door seal", false, NULL), 1);
        assert_says(text, "taken back already");
        assert_int_equal(release(s), 1);
        assert_says(text, "load-recalled");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM recall"), 1);
}

static void a_reject_after_the_release_recalls_as_at_a_station(void **state) {
        Sim *s = *state;

        ready(s);
        assert_int_equal(release(s), 0);
        assert_int_equal(decide(s, ACT_LOAD_REJECT, "ana", "door seal", false, NULL), 0);
        assert_int_equal(state_of(s), LOAD_RECALLED);
        assert_string_equal(words(s), "0 3");
}

static void a_load_that_nobody_knows_is_refused(void **state) {
        Sim *s = *state;
        const Act act = { .type = ACT_LOAD_RELEASE, .subject = "ac-1.99", .by = "ben", .dry = true };

        assert_int_equal(sim_act(s, &act, text), 1);
        assert_says(text, "There is no load ac-1.99");
        assert_int_equal(acts_refused(s), 1);
}

static void a_load_is_not_released_while_its_cycle_runs(void **state) {
        Sim *s = *state;

        sim_packed(s, 1, "extractor", "pouch");
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        sim_say(s, "autoclave/ac-1/cycle-start", "{'cycle':7,'program':'prevac-134','purpose':'load'}");
        assert_int_equal(release(s), 1);
        assert_int_not_equal(state_of(s), LOAD_RELEASED);
        assert_int_equal(decide(s, ACT_LOAD_REJECT, "ana", "the wrong program", false, NULL), 0);
        assert_int_equal(state_of(s), LOAD_REJECTED);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_releaser_releases_and_what_was_released_can_be_used),
                TEST(the_signature_says_who_what_was_meant_and_when),
                TEST(a_refusal_tells_every_reason_as_the_station_gets_it),
                TEST(what_a_refused_release_said_of_wet_packs_stands),
                TEST(one_wet_pack_is_left_out),
                TEST(nothing_is_released_while_the_daemon_is_in_doubt),
                TEST(who_is_not_registered_decides_nothing),
                TEST(anybody_registered_rejects_and_it_stays_rejected),
                TEST(a_release_is_taken_back_once_and_recalls),
                TEST(a_reject_after_the_release_recalls_as_at_a_station),
                TEST(a_load_that_nobody_knows_is_refused),
                TEST(a_load_is_not_released_while_its_cycle_runs),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
