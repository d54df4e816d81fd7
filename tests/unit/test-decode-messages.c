/* SPDX-License-Identifier: Apache-2.0 */
/* Each message as it is read, and what is refused of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "decode-case.h"

static void a_cycle_start_has_its_defaults(void **state) {
        const Event *e = good(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":0,\"program\":\"134 \xC2\xB0""C\"}");

        (void) state;
        assert_int_equal(e->cycle_start.cycle, 0);
        assert_string_equal(e->cycle_start.program, "134 \xC2\xB0""C");
        assert_int_equal(e->cycle_start.purpose, PURPOSE_LOAD);
        assert_false(e->cycle_start.has_set_temperature || e->cycle_start.has_set_hold || e->cycle_start.has_set_drying);
        assert_null(e->cycle_start.operator);
        e = good(KIND_AUTOCLAVE, "cycle-start",
                 "{\"cycle\":2147483647,\"program\":\"P\",\"purpose\":\"warm-up\",\"set_temperature_c\":134.0,"
                 "\"set_hold_s\":180,\"set_drying_s\":604800,\"operator\":\"maria\"}");
        assert_int_equal(e->cycle_start.purpose, PURPOSE_WARM_UP);
        assert_true(e->cycle_start.has_set_temperature && e->cycle_start.set_temperature_mc == 134000);
        assert_true(e->cycle_start.has_set_hold && e->cycle_start.set_hold_us == 180 * US_PER_S);
        assert_true(e->cycle_start.has_set_drying && e->cycle_start.set_drying_us == 604800 * US_PER_S);
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":2147483648,\"program\":\"P\"}", REJECT_BAD_MEMBER, "cycle");
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":1,\"program\":\"\"}", REJECT_BAD_MEMBER, "program");
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":1,\"program\":\"P\x7F\"}", REJECT_BAD_MEMBER, "program");
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":1,\"program\":\"P\xC2\x85\"}", REJECT_BAD_MEMBER, "program");
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"program\":\"P\"}", REJECT_MISSING_MEMBER, "cycle");
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":1,\"program\":\"P\",\"set_hold_s\":604801}", REJECT_BAD_MEMBER,
            "set_hold_s");
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":1,\"program\":\"P\",\"set_hold_s\":\"180\"}", REJECT_BAD_MEMBER,
            "set_hold_s");
        bad(KIND_AUTOCLAVE, "cycle-start", "{\"cycle\":1,\"program\":\"P\",\"purpose\":null}", REJECT_BAD_MEMBER, "purpose");
}

static void samples_become_integers_in_their_order(void **state) {
        const Event *e = good(KIND_AUTOCLAVE, "sample",
                              "{\"cycle\":81,\"samples\":[[0,-50,0],[1.25,134.1,304.215],[1,300,1000],[1.005,0.57,304.213],[604800,-0.0004,1e2]]}");

        (void) state;
        assert_int_equal(e->sample.n_samples, 5);
        assert_true(e->sample.samples[0].t_us == 0 && e->sample.samples[0].temperature_mc == -50000);
        assert_true(e->sample.samples[1].t_us == 1250000 && e->sample.samples[1].temperature_mc == 134100 &&
                    e->sample.samples[1].pressure_pa == 304215);
        assert_true(e->sample.samples[2].t_us == 1000000 && e->sample.samples[2].temperature_mc == 300000 &&
                    e->sample.samples[2].pressure_pa == 1000000);
        /* 1.005 s as a double lies just below 1,005,000 us: rounded, not cut */
        assert_true(e->sample.samples[3].t_us == 1005000 && e->sample.samples[3].temperature_mc == 570 &&
                    e->sample.samples[3].pressure_pa == 304213);
        assert_true(e->sample.samples[4].temperature_mc == 0 && e->sample.samples[4].pressure_pa == 100000);
}

static void a_sample_is_three_numbers_within_range(void **state) {
        static const char *const rows[] = {
                "", "7", "[]", "[1,2]", "[1,2,3,4]", "[1,2,\"3\"]", "[1,null,3]", "[1,true,3]", "{}", "[-0.001,20,100]",
                "[604801,20,100]", "[1,-50.001,100]", "[1,300.001,100]", "[1,20,-0.001]", "[1,20,1000.001]",
                "[1,20,100],[1]",
        };
        char payload[256];

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(rows); i++) {
                snprintf(payload, sizeof(payload), "{\"cycle\":1,\"samples\":[%s]}", rows[i]);
                bad(KIND_AUTOCLAVE, "sample", payload, REJECT_BAD_MEMBER, "samples");
        }
        bad(KIND_AUTOCLAVE, "sample", "{\"cycle\":1,\"samples\":{}}", REJECT_BAD_MEMBER, "samples");
        bad(KIND_AUTOCLAVE, "sample", "{\"cycle\":1}", REJECT_MISSING_MEMBER, "samples");
}

static int decode_samples(size_t rows) {
        static char payload[PAYLOAD_MAX];
        size_t n = (size_t) snprintf(payload, sizeof(payload), "{\"cycle\":1,\"samples\":[[0,20,99]");

        for (size_t i = 1; i < rows; i++)
                n += (size_t) snprintf(payload + n, sizeof(payload) - n, ",[%zu,20,99]", i);
        n += (size_t) snprintf(payload + n, sizeof(payload) - n, "]}");
        return decode(KIND_AUTOCLAVE, "a", "sample", payload, n, d, &error);
}

static void a_message_has_at_most_4096_samples(void **state) {
        (void) state;
        assert_int_equal(decode_samples(SAMPLES_MAX), 0);
        assert_int_equal(d->event.sample.n_samples, SAMPLES_MAX);
        assert_true(d->event.sample.samples[SAMPLES_MAX - 1].t_us == (SAMPLES_MAX - 1) * US_PER_S);
        assert_int_equal(decode_samples(SAMPLES_MAX + 1), 1);
        assert_string_equal(error.member, "samples");
        assert_int_equal(decode_samples(2), 0);
        assert_int_equal(d->event.sample.n_samples, 2);
}

static void a_cycle_end_and_a_fault_are_read(void **state) {
        const Event *e = good(KIND_AUTOCLAVE, "cycle-end", "{\"cycle\":3,\"outcome\":\"aborted\",\"grade\":\"printout\",\"code\":\"E1\"}");

        (void) state;
        assert_int_equal(e->cycle_end.cycle, 3);
        assert_int_equal(e->cycle_end.outcome, OUTCOME_ABORTED);
        assert_int_equal(e->cycle_end.grade, GRADE_PRINTOUT);
        assert_string_equal(e->cycle_end.code, "E1");
        e = good(KIND_AUTOCLAVE, "cycle-end", "{\"cycle\":3,\"outcome\":\"completed\"}");
        assert_int_equal(e->cycle_end.grade, GRADE_CONTINUOUS);
        bad(KIND_AUTOCLAVE, "cycle-end", "{\"cycle\":3,\"outcome\":\"Completed\"}", REJECT_BAD_MEMBER, "outcome");
        assert_non_null(strstr(error.detail, "completed, failed, aborted"));
        bad(KIND_AUTOCLAVE, "cycle-end", "{\"cycle\":3}", REJECT_MISSING_MEMBER, "outcome");
        e = good(KIND_AUTOCLAVE, "fault", "{\"code\":\"E17\",\"severity\":\"major\",\"text\":\"door seal\"}");
        assert_int_equal(e->fault.severity, SEVERITY_MAJOR);
        assert_string_equal(e->fault.code, "E17");
        assert_string_equal(e->fault.text, "door seal");
}

static void a_test_comes_from_autoclave_or_station(void **state) {
        const Event *e = good(KIND_AUTOCLAVE, "test",
                              "{\"test\":\"vacuum-leak\",\"cycle\":9,\"pressures\":[[0,5],[300.5,5.5],[900,6.25]],\"autoclave\":\"other\"}");

        (void) state;
        assert_int_equal(e->test.test, TEST_VACUUM_LEAK);
        assert_true(e->test.has_cycle && e->test.cycle == 9);
        assert_int_equal(e->test.result, RESULT_NONE);
        assert_int_equal(e->test.n_pressures, 3);
        assert_true(e->test.pressures[1].t_us == 300500000 && e->test.pressures[2].pressure_pa == 6250);
        assert_null(e->test.autoclave); /* it speaks for itself only */
        e = good(KIND_STATION, "test",
                 "{\"test\":\"helix\",\"autoclave\":\"ac-1\",\"result\":\"fail\",\"reader\":\"maria\",\"lot\":\"L7\",\"expires\":\"2028-02-29\"}");
        assert_string_equal(e->test.autoclave, "ac-1");
        assert_int_equal(e->test.result, RESULT_FAIL);
        assert_int_equal(e->test.expires, 20280229);
        assert_int_equal(e->test.n_pressures, 0);
        bad(KIND_STATION, "test", "{\"test\":\"helix\"}", REJECT_MISSING_MEMBER, "autoclave");
        bad(KIND_AUTOCLAVE, "test", "{\"test\":\"helix\",\"result\":\"pending\"}", REJECT_BAD_MEMBER, "result");
        bad(KIND_AUTOCLAVE, "test", "{\"test\":\"helix\",\"pressures\":[[0,1],[1,2]]}", REJECT_BAD_MEMBER, "pressures");
        bad(KIND_AUTOCLAVE, "test", "{\"test\":\"helix\",\"pressures\":[[0,1],[1,2],[3,4],[5,6]]}", REJECT_BAD_MEMBER, "pressures");
        bad(KIND_AUTOCLAVE, "test", "{\"test\":\"helix\",\"pressures\":[[0,1],[1,2],[3]]}", REJECT_BAD_MEMBER, "pressures");
        bad(KIND_AUTOCLAVE, "test", "{\"test\":\"helix\",\"pressures\":[[0,1],[1,2],[3,1000.1]]}", REJECT_BAD_MEMBER, "pressures");
}

static void goods_come_in_with_their_supplier_s_sterilization(void **state) {
        const Event *e = good(KIND_STATION, "receive",
                              "{\"item\":\"]d20100844588003288\\u001d21X\",\"quantity\":500,\"class\":\"needle-cartridge\",\"lot\":\"L1\","
                              "\"expires\":\"2027-06-30T23:59:59-07:00\",\"sterilized\":{\"by\":\"CSSD Nord\",\"load\":\"L-9\","
                              "\"date\":\"2026-01-02\",\"until\":\"2027-01-02\",\"evidence\":\"certificate 7\",\"more\":1}}");

        (void) state;
        assert_string_equal(e->receive.item, "]d20100844588003288\x1D" "21X");
        assert_true(e->receive.has_quantity && e->receive.quantity == 500);
        assert_string_equal(e->receive.class_id, "needle-cartridge");
        assert_int_equal(e->receive.expires, 20270630);
        assert_true(e->receive.sterilized);
        assert_string_equal(e->receive.sterilized_by, "CSSD Nord");
        assert_string_equal(e->receive.sterilized_load, "L-9");
        assert_int_equal(e->receive.sterilized_date, 20260102);
        assert_int_equal(e->receive.sterilized_until, 20270102);
        assert_string_equal(e->receive.sterilized_evidence, "certificate 7");
        e = good(KIND_STATION, "receive", "{\"item\":\"x\"}");
        assert_false(e->receive.sterilized || e->receive.has_quantity);
        assert_int_equal(e->receive.expires, 0);
        bad(KIND_STATION, "receive", "{\"item\":\"x\",\"quantity\":501}", REJECT_BAD_MEMBER, "quantity");
        bad(KIND_STATION, "receive", "{\"item\":\"x\",\"quantity\":0}", REJECT_BAD_MEMBER, "quantity");
        bad(KIND_STATION, "receive", "{\"item\":\"x\",\"expires\":\"2027-02-29\"}", REJECT_BAD_MEMBER, "expires");
        bad(KIND_STATION, "receive", "{\"item\":\"x\",\"sterilized\":[]}", REJECT_BAD_MEMBER, "sterilized");
        bad(KIND_STATION, "receive", "{\"item\":\"x\",\"sterilized\":{\"by\":\"a\"}}", REJECT_MISSING_MEMBER, "sterilized.load");
        bad(KIND_STATION, "receive",
            "{\"item\":\"x\",\"sterilized\":{\"by\":\"a\",\"load\":\"b\",\"date\":\"2026-13-01\",\"until\":\"2027-01-01\",\"evidence\":\"e\"}}",
            REJECT_BAD_MEMBER, "sterilized.date");
        bad(KIND_STATION, "receive", "{\"item\":\"x\\ny\"}", REJECT_BAD_MEMBER, "item");
        bad(KIND_STATION, "receive", "{\"item\":\"" L64 L64 "x\"}", REJECT_BAD_MEMBER, "item");
        good(KIND_STATION, "receive", "{\"item\":\"" L64 L64 "\"}");
}

static void items_are_a_list_of_1_to_64_codes(void **state) {
        char payload[1024];
        size_t n = 0;
        const Event *e;

        (void) state;
        n += (size_t) snprintf(payload, sizeof(payload), "{\"method\":\"manual\",\"operator\":\"o\",\"items\":[\"i\"");
        for (int i = 1; i < ITEMS_MAX; i++)
                n += (size_t) snprintf(payload + n, sizeof(payload) - n, ",\"i%d\"", i);
        strcpy(payload + n, "]}");
        e = good(KIND_STATION, "clean", payload);
        assert_int_equal(e->clean.items.n, ITEMS_MAX);
        assert_string_equal(e->clean.items.v[0], "i");
        assert_string_equal(e->clean.items.v[63], "i63");
        strcpy(payload + n, ",\"x\"]}");
        bad(KIND_STATION, "clean", payload, REJECT_BAD_MEMBER, "items");
        bad(KIND_STATION, "clean", "{\"method\":\"manual\",\"operator\":\"o\",\"items\":[]}", REJECT_BAD_MEMBER, "items");
        bad(KIND_STATION, "clean", "{\"method\":\"manual\",\"operator\":\"o\",\"items\":\"i\"}", REJECT_BAD_MEMBER, "items");
        bad(KIND_STATION, "clean", "{\"method\":\"manual\",\"operator\":\"o\",\"items\":[\"i\",7]}", REJECT_BAD_MEMBER, "items");
        bad(KIND_STATION, "clean", "{\"method\":\"manual\",\"operator\":\"o\",\"items\":[\"\"]}", REJECT_BAD_MEMBER, "items");
        bad(KIND_STATION, "clean", "{\"method\":\"manual\",\"operator\":\"o o\",\"items\":[\"i\"]}", REJECT_BAD_MEMBER, "operator");
}

static void reprocessing_is_read_step_by_step(void **state) {
        const Event *e = good(KIND_STATION, "clean", "{\"items\":[\"i\"],\"method\":\"ultrasonic\",\"operator\":\"o\"}");

        (void) state;
        assert_int_equal(e->clean.method, CLEAN_ULTRASONIC);
        assert_string_equal(e->clean.operator, "o");
        e = good(KIND_STATION, "disinfect", "{\"items\":[\"i\"],\"level\":\"high\",\"agent\":\"OPA\",\"contact_s\":720,\"by\":\"o\"}");
        assert_int_equal(e->disinfect.level, LEVEL_HIGH);
        assert_true(e->disinfect.has_contact && e->disinfect.contact_us == 720 * US_PER_S);
        assert_string_equal(e->disinfect.agent, "OPA");
        assert_string_equal(e->disinfect.by, "o");
        e = good(KIND_STATION, "pack", "{\"pack\":\"p-1\",\"items\":[\"i\",\"j\"],\"wrap\":\"container\",\"operator\":\"o\"}");
        assert_string_equal(e->pack.pack, "p-1");
        assert_int_equal(e->pack.items.n, 2);
        assert_int_equal(e->pack.wrap, WRAP_CONTAINER);
        assert_string_equal(e->pack.operator, "o");
        e = good(KIND_STATION, "load", "{\"autoclave\":\"ac\",\"packs\":[\"p-1\",\"p-2\"]}");
        assert_false(e->load.has_cycle);
        assert_string_equal(e->load.packs.v[1], "p-2");
        e = good(KIND_STATION, "load", "{\"autoclave\":\"ac\",\"cycle\":4,\"packs\":[\"p\"]}");
        assert_true(e->load.has_cycle && e->load.cycle == 4);
        bad(KIND_STATION, "load", "{\"autoclave\":\"ac\",\"packs\":[\"p 1\"]}", REJECT_BAD_MEMBER, "packs");
        bad(KIND_STATION, "load", "{\"autoclave\":\"ac\",\"packs\":[]}", REJECT_BAD_MEMBER, "packs");
        bad(KIND_STATION, "disinfect", "{\"items\":[\"i\"],\"level\":\"high\"}", REJECT_MISSING_MEMBER, "by");
}

static void an_indicator_names_its_run(void **state) {
        const Event *e = good(KIND_STATION, "indicator",
                              "{\"autoclave\":\"ac\",\"attempt\":\"ac-7\",\"indicator\":\"biological\",\"where\":\"challenge\",\"packs\":[\"p\"],"
                              "\"type\":6,\"lot\":\"L\",\"expires\":\"2027-01-31\",\"result\":\"pending\",\"control\":\"no-growth\",\"reader\":\"o\"}");

        (void) state;
        assert_string_equal(e->indicator.autoclave, "ac");
        assert_string_equal(e->indicator.attempt, "ac-7");
        assert_false(e->indicator.has_cycle);
        assert_int_equal(e->indicator.indicator, INDICATOR_BIOLOGICAL);
        assert_int_equal(e->indicator.where, WHERE_CHALLENGE);
        assert_int_equal(e->indicator.packs.n, 1);
        assert_true(e->indicator.has_type && e->indicator.indicator_type == 6);
        assert_string_equal(e->indicator.lot, "L");
        assert_int_equal(e->indicator.expires, 20270131);
        assert_int_equal(e->indicator.result, RESULT_PENDING);
        assert_int_equal(e->indicator.control, CONTROL_NO_GROWTH);
        assert_string_equal(e->indicator.reader, "o");
        e = good(KIND_STATION, "indicator",
                 "{\"autoclave\":\"ac\",\"cycle\":7,\"indicator\":\"chemical\",\"result\":\"pass\",\"reader\":\"o\"}");
        assert_true(e->indicator.has_cycle && e->indicator.cycle == 7);
        assert_int_equal(e->indicator.where, WHERE_UNSAID);
        assert_int_equal(e->indicator.control, CONTROL_UNSAID);
        bad(KIND_STATION, "indicator", "{\"autoclave\":\"ac\",\"indicator\":\"chemical\",\"result\":\"pass\",\"reader\":\"o\"}",
            REJECT_MISSING_MEMBER, "attempt");
        bad(KIND_STATION, "indicator",
            "{\"autoclave\":\"ac\",\"cycle\":7,\"type\":7,\"indicator\":\"chemical\",\"result\":\"pass\",\"reader\":\"o\"}",
            REJECT_BAD_MEMBER, "type");
}

static void a_transcript_is_what_somebody_read_off(void **state) {
        const Event *e = good(KIND_STATION, "transcript",
                              "{" READINGS "\"hottest_c\":135.1,\"highest_kpa\":1000,\"pulses\":4,\"attempt\":\"ac.7\"}");

        (void) state;
        assert_string_equal(e->transcript.autoclave, "ac");
        assert_string_equal(e->transcript.attempt, "ac.7");
        assert_string_equal(e->transcript.program, "p");
        assert_string_equal(e->transcript.by, "o");
        assert_string_equal(e->transcript.reason, "probe");
        assert_true(e->transcript.cycle == 7 && e->transcript.hold_us == 225500000);
        assert_true(e->transcript.coldest_mc == 135100 && e->transcript.hottest_mc == 135100);
        assert_true(e->transcript.lowest_pa == 313500 && e->transcript.highest_pa == 1000000);
        assert_true(e->transcript.has_pulses && e->transcript.pulses == 4);
        e = good(KIND_STATION, "transcript", "{" READINGS "\"hottest_c\":136,\"highest_kpa\":320}");
        assert_true(!e->transcript.has_pulses && !e->transcript.attempt);
        bad(KIND_STATION, "transcript", "{" READINGS "\"hottest_c\":135.0,\"highest_kpa\":320}", REJECT_BAD_MEMBER, "hottest_c");
        bad(KIND_STATION, "transcript", "{" READINGS "\"hottest_c\":136,\"highest_kpa\":313}", REJECT_BAD_MEMBER,
            "highest_kpa");
        bad(KIND_STATION, "transcript", "{" READINGS "\"hottest_c\":136,\"highest_kpa\":1000.1}", REJECT_BAD_MEMBER,
            "highest_kpa");
        bad(KIND_STATION, "transcript", "{" READINGS "\"hottest_c\":136}", REJECT_MISSING_MEMBER, "highest_kpa");
        bad(KIND_STATION, "transcript", "{" READINGS "\"hottest_c\":301,\"highest_kpa\":320}", REJECT_BAD_MEMBER, "hottest_c");
}

static void a_release_is_a_named_person_s_word(void **state) {
        const Event *e = good(KIND_STATION, "release",
                              "{\"autoclave\":\"ac\",\"cycle\":7,\"attempt\":\"ac-7\",\"decision\":\"reject\",\"by\":\"o\",\"dry\":true,"
                              "\"wet_packs\":[],\"reason\":\"door\"}");

        (void) state;
        assert_string_equal(e->release.attempt, "ac-7");
        assert_true(e->release.has_cycle && e->release.cycle == 7);
        assert_int_equal(e->release.decision, DECISION_REJECT);
        assert_string_equal(e->release.by, "o");
        assert_true(e->release.dry);
        assert_int_equal(e->release.wet_packs.n, 0);
        assert_string_equal(e->release.reason, "door");
        e = good(KIND_STATION, "release",
                 "{\"autoclave\":\"ac\",\"cycle\":7,\"decision\":\"release\",\"by\":\"o\",\"dry\":false,\"wet_packs\":[\"p\"]}");
        assert_false(e->release.dry);
        assert_string_equal(e->release.wet_packs.v[0], "p");
        bad(KIND_STATION, "release", "{\"autoclave\":\"ac\",\"decision\":\"release\",\"by\":\"o\",\"dry\":true}",
            REJECT_MISSING_MEMBER, "attempt");
        bad(KIND_STATION, "release", "{\"autoclave\":\"ac\",\"cycle\":7,\"decision\":\"release\",\"by\":\"o\"}",
            REJECT_MISSING_MEMBER, "dry");
        bad(KIND_STATION, "release", "{\"autoclave\":\"ac\",\"cycle\":7,\"decision\":\"release\",\"by\":\"o\",\"dry\":1}",
            REJECT_BAD_MEMBER, "dry");
        bad(KIND_STATION, "release", "{\"autoclave\":\"ac\",\"cycle\":7,\"decision\":\"release\",\"dry\":true}",
            REJECT_MISSING_MEMBER, "by");
}

static void damage_is_of_either_a_pack_or_an_item(void **state) {
        const Event *e = good(KIND_ROOM, "damage", "{\"pack\":\"p\",\"reason\":\"torn\"}");

        (void) state;
        assert_string_equal(e->damage.pack, "p");
        assert_null(e->damage.item);
        e = good(KIND_STATION, "damage", "{\"item\":\"(01)1\",\"reason\":\"torn\"}");
        assert_string_equal(e->damage.item, "(01)1");
        assert_string_equal(e->damage.reason, "torn");
        bad(KIND_ROOM, "damage", "{\"reason\":\"torn\"}", REJECT_MISSING_MEMBER, "item");
        bad(KIND_ROOM, "damage", "{\"pack\":\"p\",\"item\":\"i\",\"reason\":\"torn\"}", REJECT_BAD_MEMBER, "item");
}

static void a_recall_names_exactly_one_thing(void **state) {
        const Event *e = good(KIND_STATION, "recall",
                              "{\"reason\":\"r\",\"by\":\"o\",\"autoclave\":\"ac\",\"from\":\"2026-11-01T00:00:00Z\",\"to\":\"2026-11-01T00:00:00Z\"}");

        (void) state;
        assert_string_equal(e->recall.autoclave, "ac");
        assert_true(e->recall.from_us == INT64_C(1793491200) * US_PER_S && e->recall.to_us == e->recall.from_us);
        e = good(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"items\":[\"i\",\"j\"]}");
        assert_int_equal(e->recall.items.n, 2);
        assert_string_equal(good(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"lot\":\"L 1\"}")->recall.lot, "L 1");
        assert_string_equal(good(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"product\":\"P\"}")->recall.product, "P");
        assert_string_equal(good(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"supplier_load\":\"S\"}")->recall.supplier_load,
                            "S");
        assert_string_equal(good(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"attempt\":\"ac.7\"}")->recall.attempt, "ac.7");
        bad(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\"}", REJECT_MISSING_MEMBER, "lot");
        bad(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"lot\":\"L\",\"product\":\"P\"}", REJECT_BAD_MEMBER, "lot");
        bad(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"autoclave\":\"ac\",\"from\":\"2026-11-01T00:00:00Z\"}",
            REJECT_MISSING_MEMBER, "to");
        bad(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"autoclave\":\"ac\"}", REJECT_MISSING_MEMBER, "from");
        bad(KIND_STATION, "recall", "{\"reason\":\"r\",\"by\":\"o\",\"lot\":\"L\",\"to\":\"2026-11-01T00:00:00Z\"}",
            REJECT_BAD_MEMBER, "to");
        bad(KIND_STATION, "recall",
            "{\"reason\":\"r\",\"by\":\"o\",\"autoclave\":\"ac\",\"from\":\"2026-11-01T00:00:01Z\",\"to\":\"2026-11-01T00:00:00Z\"}",
            REJECT_BAD_MEMBER, "to");
}

static void duty_drop_and_injury_are_read(void **state) {
        const Event *e = good(KIND_STATION, "duty", "{\"duty\":\"door-seal\",\"by\":\"o\",\"subject\":\"ac 1\"}");

        (void) state;
        assert_string_equal(e->duty.duty, "door-seal");
        assert_string_equal(e->duty.by, "o");
        assert_string_equal(e->duty.subject, "ac 1");
        e = good(KIND_SHARPS, "drop", "{\"item\":\"i\",\"container\":\"c\"}");
        assert_int_equal(e->drop.items.n, 1);
        assert_string_equal(e->drop.items.v[0], "i");
        assert_string_equal(e->drop.container, "c");
        e = good(KIND_STATION, "drop", "{\"items\":[\"i\",\"j\"],\"by\":\"o\"}");
        assert_string_equal(e->drop.items.v[1], "j");
        assert_string_equal(e->drop.by, "o");
        bad(KIND_SHARPS, "drop", "{}", REJECT_MISSING_MEMBER, "items");
        bad(KIND_SHARPS, "drop", "{\"items\":[\"i\"],\"item\":\"i\"}", REJECT_BAD_MEMBER, "items");
        bad(KIND_SHARPS, "drop", "{\"item\":[\"i\"]}", REJECT_BAD_MEMBER, "item");
        e = good(KIND_ROOM, "injury", "{\"room\":\"r\",\"item\":\"i\",\"detail\":\"left thumb\"}");
        assert_string_equal(e->injury.room, "r");
        assert_string_equal(e->injury.item, "i");
        assert_string_equal(e->injury.detail, "left thumb");
        bad(KIND_STATION, "injury", "{}", REJECT_MISSING_MEMBER, "detail");
}

static void a_session_request_is_read_whole(void **state) {
        const Event *e = good(KIND_ROOM, "session-request", REQUEST("\"patient\":\"P 7\","));

        (void) state;
        assert_string_equal(e->session_request.session, "s-81");
        assert_string_equal(e->session_request.practitioner, "maria");
        assert_string_equal(e->session_request.patient, "P 7");
        assert_string_equal(e->session_request.procedure, "skin-needling");
        assert_int_equal(e->session_request.items.n, 2);
        for (uint8_t i = 0; i < NONCE_SIZE; i++)
                assert_int_equal(e->session_request.nonce[i], i);
}

static void a_request_without_a_patient_is_left_to_the_gate(void **state) {
        (void) state;
        assert_null(good(KIND_ROOM, "session-request", REQUEST(""))->session_request.patient);
        assert_null(good(KIND_ROOM, "session-request", REQUEST("\"patient\":\"\","))->session_request.patient);
        bad(KIND_ROOM, "session-request", REQUEST("\"patient\":null,"), REJECT_BAD_MEMBER, "patient");
        bad(KIND_ROOM, "session-request", REQUEST("\"patient\":\"" L64 "x\","), REJECT_BAD_MEMBER, "patient");
}

static void a_nonce_is_exactly_16_bytes_in_its_one_spelling(void **state) {
        static const char *const nonces[] = {
                "\"\"", "7", "null", "\"AAECAwQFBgcICQoLDA0OD\"", "\"AAECAwQFBgcICQoLDA0ODwA\"", "\"AAECAwQFBgcICQoLDA0ODw==\"",
                "\"AAECAwQFBgcICQoLDA0ODx\"", "\"+AECAwQFBgcICQoLDA0ODw\"", "\"/AECAwQFBgcICQoLDA0ODw\"",
                "\"AAECAwQFBgcICQoLDA0O w\"", "\"AAECAwQFBgcICQoLDA0ODw\\n\"", "\"AAECAwQFBgcICQoLDA0O\\u00e9\"",
        };
        char payload[256];

        (void) state;
        for (size_t i = 0; i < ELEMENTSOF(nonces); i++) {
                snprintf(payload, sizeof(payload), "{\"nonce\":%s}", nonces[i]);
                bad(KIND_ACTUATOR, "renew", payload, REJECT_BAD_MEMBER, "nonce");
        }
        assert_int_equal(good(KIND_ACTUATOR, "renew", "{\"nonce\":\"-_8CAwQFBgcICQoLDA0O_w\"}")->renew.nonce[0], 0xFB);
}

static void a_session_is_read_from_start_to_end(void **state) {
        const Event *e = good(KIND_ROOM, "session-renew", "{\"session\":\"s\",\"nonce\":\"" NONCE_TEXT "\"}");

        (void) state;
        assert_int_equal(e->session_renew.nonce[15], 15);
        assert_string_equal(e->session_renew.session, "s");
        e = good(KIND_ROOM, "session-add", "{\"session\":\"s\",\"items\":[\"i\"],\"nonce\":\"" NONCE_TEXT "\"}");
        assert_int_equal(e->session_add.nonce[15], 15);
        assert_string_equal(e->session_add.items.v[0], "i");
        assert_string_equal(good(KIND_ROOM, "session-start", "{\"session\":\"s\"}")->session_start.session, "s");
        e = good(KIND_ROOM, "session-step", "{\"session\":\"s\",\"step\":\"cleanse\",\"round\":2,\"item\":\"i\",\"form_hash\":\"ab\"}");
        assert_int_equal(e->session_step.step, STEP_CLEANSE);
        assert_true(e->session_step.has_round && e->session_step.round == 2);
        assert_string_equal(e->session_step.item, "i");
        assert_string_equal(e->session_step.form_hash, "ab");
        e = good(KIND_ROOM, "open", "{\"pack\":\"p\",\"indicator\":\"absent\",\"by\":\"o\"}");
        assert_int_equal(e->open.indicator, RESULT_ABSENT);
        assert_string_equal(e->open.pack, "p");
        e = good(KIND_ROOM, "draw", "{\"session\":\"s\",\"item\":\"tube\"}");
        assert_string_equal(e->draw.item, "tube");
        e = good(KIND_ROOM, "session-end", "{\"session\":\"s\",\"outcome\":\"cancelled\",\"unopened\":[\"a\",\"b\"],\"dropped\":[\"c\"],\"by\":\"o\"}");
        assert_int_equal(e->session_end.outcome, SESSION_CANCELLED);
        assert_int_equal(e->session_end.unopened.n, 2);
        assert_string_equal(e->session_end.unopened.v[1], "b");
        assert_int_equal(e->session_end.dropped.n, 1);
        assert_string_equal(e->session_end.dropped.v[0], "c");
        e = good(KIND_ROOM, "session-end", "{\"session\":\"s\",\"unopened\":[],\"by\":\"o\"}");
        assert_int_equal(e->session_end.outcome, SESSION_COMPLETED);
        assert_int_equal(e->session_end.unopened.n, 0);
        e = good(KIND_ROOM, "disinfected", "{\"by\":\"o\",\"contact_s\":60,\"agent\":\"wipe\"}");
        assert_true(e->disinfected.contact_us == 60 * US_PER_S);
        bad(KIND_ROOM, "disinfected", "{\"by\":\"o\"}", REJECT_MISSING_MEMBER, "contact_s");
        bad(KIND_ROOM, "open", "{\"pack\":\"p\",\"indicator\":\"pending\",\"by\":\"o\"}", REJECT_BAD_MEMBER, "indicator");
}

static void two_full_lists_fit_in_one_message(void **state) {
        static char payload[4096];
        size_t n = (size_t) snprintf(payload, sizeof(payload), "{\"session\":\"s\",\"by\":\"o\"");
        const Event *e;

        (void) state;
        for (int list = 0; list < 2; list++) {
                n += (size_t) snprintf(payload + n, sizeof(payload) - n, ",\"%s\":[\"x0\"", list ? "dropped" : "unopened");
                for (int i = 1; i < ITEMS_MAX; i++)
                        n += (size_t) snprintf(payload + n, sizeof(payload) - n, ",\"%c%d\"", list ? 'd' : 'u', i);
                n += (size_t) snprintf(payload + n, sizeof(payload) - n, "]");
        }
        strcpy(payload + n, "}");
        e = good(KIND_ROOM, "session-end", payload);
        assert_string_equal(e->session_end.unopened.v[63], "u63");
        assert_string_equal(e->session_end.dropped.v[63], "d63");
}

static void usage_state_and_outcome_are_read(void **state) {
        const Event *e = good(KIND_HANDPIECE, "usage",
                              "{\"item\":\"i\",\"event\":\"round\",\"session\":\"s\",\"area\":\"left cheek\",\"round\":1,\"passes\":6,"
                              "\"depth_mm\":1.25,\"motor_s\":12.5,\"bleeding\":false}");

        (void) state;
        assert_int_equal(e->usage.event, USAGE_ROUND);
        assert_string_equal(e->usage.session, "s");
        assert_string_equal(e->usage.area, "left cheek");
        assert_true(e->usage.has_round && e->usage.round == 1 && e->usage.has_passes && e->usage.passes == 6);
        assert_true(e->usage.has_depth && e->usage.depth_um == 1250);
        assert_true(e->usage.has_motor && e->usage.motor_us == 12500000);
        assert_true(e->usage.has_bleeding && !e->usage.bleeding);
        e = good(KIND_HANDPIECE, "usage", "{\"item\":\"i\",\"event\":\"attached\",\"bleeding\":true}");
        assert_true(e->usage.bleeding && !e->usage.has_round && !e->usage.has_depth && !e->usage.has_motor);
        bad(KIND_HANDPIECE, "usage", "{\"item\":\"i\",\"event\":\"attached\",\"depth_mm\":20.1}", REJECT_BAD_MEMBER, "depth_mm");
        bad(KIND_HANDPIECE, "usage", "{\"item\":\"i\",\"event\":\"attached\",\"passes\":-1}", REJECT_BAD_MEMBER, "passes");
        assert_true(good(KIND_ACTUATOR, "state", "{\"energised\":true}")->state.energised);
        bad(KIND_ACTUATOR, "state", "{\"energised\":\"true\"}", REJECT_BAD_MEMBER, "energised");
        e = good(KIND_NOTIFIER, "outcome", "{\"delivery\":\"d-1\",\"outcome\":\"failed\",\"detail\":\"550\"}");
        assert_int_equal(e->outcome.outcome, DELIVERY_FAILED);
        assert_string_equal(e->outcome.delivery, "d-1");
        assert_string_equal(e->outcome.detail, "550");
}

int main(void) {
        const struct CMUnitTest all[] = {
                T(a_cycle_start_has_its_defaults),
                T(samples_become_integers_in_their_order),
                T(a_sample_is_three_numbers_within_range),
                T(a_message_has_at_most_4096_samples),
                T(a_cycle_end_and_a_fault_are_read),
                T(a_test_comes_from_autoclave_or_station),
                T(goods_come_in_with_their_supplier_s_sterilization),
                T(items_are_a_list_of_1_to_64_codes),
                T(reprocessing_is_read_step_by_step),
                T(an_indicator_names_its_run),
                T(a_transcript_is_what_somebody_read_off),
                T(a_release_is_a_named_person_s_word),
                T(damage_is_of_either_a_pack_or_an_item),
                T(a_recall_names_exactly_one_thing),
                T(duty_drop_and_injury_are_read),
                T(a_session_request_is_read_whole),
                T(a_request_without_a_patient_is_left_to_the_gate),
                T(a_nonce_is_exactly_16_bytes_in_its_one_spelling),
                T(a_session_is_read_from_start_to_end),
                T(two_full_lists_fit_in_one_message),
                T(usage_state_and_outcome_are_read),
        };

        return cmocka_run_group_tests_name("decode messages", all, NULL, NULL);
}
