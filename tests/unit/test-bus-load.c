/* SPDX-License-Identifier: Apache-2.0 */
/* What the control interface tells about loads, their samples, and autoclaves. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <time.h>

#include "bus-case.h"
#include "core/cycle.h"
#include "core/samples.h"
#include "store/cycles.h"
#include "store/items.h"
#include "store/loads.h"
#include "store/recalls.h"
#include "store/stmt.h"

#define T0 INT64_C(1700000000000000)
#define MANY 100000

static int64_t load_id, pack_id;
static bool stamp_next; /* as chunks of a cycle that runs have it */

static ConfigProgram program = { .id = "p-134", .announced = "134" };
static const ConfigProgram *programs[] = { &program };
static const char *program_ids[] = { "p-134" };
static ConfigAutoclave autoclaves[2];
static Config config = { .autoclaves = autoclaves, .n_autoclaves = 2 };

static const Config *fake_config(void *userdata) {
        (void)userdata;
        return &config;
}

static int fake_autoclave(void *userdata, const char *autoclave, AutoclaveStatus *ret) {
        (void)userdata;
        *ret = (AutoclaveStatus){ .leak_until = 20271231, .n_duties = 1 };
        ret->duties[0].id = "door-seal";
        ret->duties[0].until = 20271130;
        if (streq(autoclave, "ac-2"))
                reasons_add(&ret->service, "out-of-service", "It leaks.");
        return 1;
}

static void configure(void) {
        for (size_t i = 0; i < 2; i++) {
                autoclaves[i] = (ConfigAutoclave){ .id = i ? "ac-2" : "ac-1",
                                                   .name = i ? "Small" : "Big",
                                                   .machine = MACHINE_B,
                                                   .programs = programs };
                autoclaves[i].program_ids.n = 1;
                autoclaves[i].program_ids.v = program_ids;
        }
}

static int64_t add_attempt(Fixture *f, const char *autoclave, int64_t cycle, int purpose, int verdict, int released) {
        AttemptRow a = { .cycle = cycle,
                         .program = "134",
                         .purpose = purpose,
                         .started_us = T0 + cycle * US_PER_S,
                         .start = "{\"set_hold_us\":210000000}" };

        snprintf(a.autoclave, sizeof(a.autoclave), "%s", autoclave);
        assert_return_code(attempt_add(f->store, &a), 0);
        a.verdict = verdict;
        a.outcome = verdict < 0 ? -1 : OUTCOME_COMPLETED;
        a.ended_us = verdict < 0 ? 0 : T0 + cycle * US_PER_S + 1;
        a.released = released;
        if (verdict == CYCLE_FAILED)
                snprintf(a.reasons, sizeof(a.reasons), "[{\"rule\":\"hold-too-short\",\"text\":\"It was short.\"}]");
        snprintf(a.figures, sizeof(a.figures), "{\"hold_us\":215000000,\"coldest_mc\":134300}");
        assert_return_code(attempt_save(f->store, &a), 0);
        return a.id;
}

static int64_t add_pack(Fixture *f, const char *label, int64_t attempt, int items) {
        PackRow p = { .wrap = WRAP_POUCH, .packed_us = T0, .operator= "kim" };
        char code[64];

        snprintf(p.label, sizeof(p.label), "%s", label);
        assert_return_code(pack_add(f->store, &p), 0);
        p.attempt = attempt;
        p.loaded_us = T0 + 1;
        assert_return_code(pack_save(f->store, &p), 0);
        for (int i = 0; i < items; i++) {
                ItemRow item = {
                        .class_id = "tweezers", .received_us = T0, .received_i = 1, .state = ITEM_PACKED, .state_us = T0
                };

                snprintf(code, sizeof(code), "%s-%d", label, i);
                snprintf(item.code, sizeof(item.code), "%s", code);
                assert_return_code(item_add(f->store, &item), 0);
                /* The first has left it since; the record of the load names it all the same. */
                item.pack = i > 0 ? p.id : 0;
                assert_return_code(item_save(f->store, &item), 0);
                assert_return_code(pack_item_add(f->store, p.id, item.id), 0);
        }
        return p.id;
}

static void add_recalls(Fixture *f) {
        RecallRow by_load = { .i = 1, .at_us = T0, .reason = "spores grew", .by = "clara", .attempt = load_id };
        RecallRow by_window = { .i = 1,
                                .at_us = T0,
                                .reason = "probe off",
                                .by = "clara",
                                .autoclave = "ac-1",
                                .from_us = T0,
                                .to_us = T0 + 102 * US_PER_S };
        RecallRow earlier = { .i = 1,
                              .at_us = T0,
                              .reason = "until noon",
                              .by = "clara",
                              .autoclave = "ac-1",
                              .from_us = 1,
                              .to_us = T0 + 101 * US_PER_S - 1 };
        RecallRow other = { .i = 1,
                            .at_us = T0,
                            .reason = "elsewhere",
                            .by = "clara",
                            .autoclave = "ac-2",
                            .from_us = 1,
                            .to_us = INT64_MAX };

        assert_return_code(recall_add(f->store, &by_load), 0);
        assert_return_code(recall_add(f->store, &by_window), 0);
        assert_return_code(recall_add(f->store, &other), 0);
        assert_return_code(recall_add(f->store, &earlier), 0);
}

static void add_evidence(Fixture *f) {
        const ReferenceRow ref = { .i = 1,
                                   .at_us = T0,
                                   .autoclave = "ac-1",
                                   .program = "134",
                                   .attempt = load_id,
                                   .median_mc = 120,
                                   .coldest_mc = 134200,
                                   .hottest_mc = 135000,
                                   .by = "clara" };

        assert_return_code(reference_add(f->store, &ref), 0);
        sql(f,
            "INSERT INTO load_decision (i, at_us, attempt, by, what, dry, reason, reasons) VALUES (1, %lld, %lld, "
            "'ben', 1, 1, NULL, '[{\"rule\":\"wet-pack\",\"text\":\"Dry it.\"}]'), (2, %lld, %lld, 'ben', 0, 1, "
            "'dry now', NULL)",
            T0 + 5, load_id, T0 + 6, load_id);
        sql(f,
            "INSERT INTO indicator (i, at_us, autoclave, attempt, kind, place, type, pack, lot, expires_on, result, "
            "control, reader) VALUES (1, %lld, 'ac-1', %lld, 0, 3, 5, %lld, 'L5', 20271231, 1, 0, 'ben')",
            T0 + 4, load_id, pack_id);
        sql(f,
            "INSERT INTO transcript (i, at_us, autoclave, attempt, from_day, hold_us, coldest_mc, hottest_mc, lowest_pa, "
            "highest_pa, pulses, by, reason) VALUES (1, %lld, 'ac-1', %lld, 20600, 225000000, 135000, 135800, 313000, "
            "321000, -1, 'dora', 'the printer is out of paper')",
            T0 + 4, load_id);
        sql(f,
            "INSERT INTO test (i, autoclave, test, attempt, run_us, read_us, outcome, reader, why) VALUES "
            "(1, 'ac-1', 0, %lld, %lld, %lld, 2, 'ben', 'The middle stayed pale.')",
            load_id, T0, T0 + 3);
}

static void add_samples(Fixture *f, int64_t attempt, int64_t chunk, size_t n, size_t spike) {
        Sample *v = calloc(n, sizeof(*v));
        uint8_t *data = malloc(STAMP_MAX + SAMPLES_ENCODED_MAX(n));
        size_t size, stamped = 0;

        assert_non_null(v);
        assert_non_null(data);
        for (size_t i = 0; i < n; i++)
                v[i] = (Sample){ .t_us = ((int64_t)i + (chunk - 1) * (int64_t)n) * US_PER_S,
                                 .temperature_mc = 134000 + (int32_t)(i % 7) * 100,
                                 .pressure_pa = 304000 + (int32_t)(i % 5) * 1000 };
        if (spike < n)
                v[spike].temperature_mc = 155555;
        if (stamp_next)
                stamped = stamp_encode(&(Stamp){ STAMP_ARRIVAL, 7, T0 }, data, STAMP_MAX);
        size = samples_encode(v, n, data + stamped, SAMPLES_ENCODED_MAX(n));
        assert_true(size > 0);
        assert_return_code(chunk_add(f->store, attempt, chunk, n, data, stamped + size), 0);
        free(v);
        free(data);
}

static int setup(void **state) {
        Fixture *f = case_open();

        configure();
        stamp_next = false;
        assert_return_code(store_begin(f->store), 0);
        load_id = add_attempt(f, "ac-1", 101, PURPOSE_LOAD, CYCLE_FAILED, LOAD_OPEN);
        pack_id = add_pack(f, "P-1", load_id, 3);
        add_recalls(f);
        add_evidence(f);
        add_attempt(f, "ac-1", 102, PURPOSE_LOAD, CYCLE_VERIFIED, LOAD_RELEASED);
        add_attempt(f, "ac-1", 103, PURPOSE_TEST, CYCLE_VERIFIED, LOAD_OPEN);
        add_attempt(f, "ac-1", 103, PURPOSE_LOAD, CYCLE_VERIFIED, LOAD_OPEN);
        add_attempt(f, "ac-2", 7, PURPOSE_LOAD, -1, LOAD_NONE);
        assert_return_code(store_commit(f->store), 0);
        case_serve(f, &(BusSource){ .config = fake_config, .autoclave = fake_autoclave });
        *state = f;
        return 0;
}

static void a_load_is_found_by_its_attempt_and_by_its_cycle_number(void **state) {
        static const char *const ways[] = { "ac-1.1", "ac-1 101" };

        for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
                sd_bus_message *m = ask_text(*state, "GetLoad", ways[i]);

                assert_member_text(m, "attempt", "ac-1.1");
                assert_member_number(m, "cycle", "x", 101);
                sd_bus_message_unref(m);
        }
}

static void an_unknown_load_and_a_number_borne_twice_are_said_by_name(void **state) {
        assert_error(ask_text(*state, "GetLoad", "ac-1.99"), BUS_ERROR_NOT_FOUND, "ac-1.99");
        assert_error(ask_text(*state, "GetLoad", "ac-1 999"), BUS_ERROR_NOT_FOUND, "ac-1 999");
        assert_error(ask_text(*state, "GetLoad", "ac-1 101x"), BUS_ERROR_NOT_FOUND, "ac-1 101x");
        assert_error(ask_text(*state, "GetLoad", "ac-1 "), BUS_ERROR_NOT_FOUND, "cycle number");
        assert_error(ask_text(*state, "GetLoad", ""), BUS_ERROR_NOT_FOUND, "cycle number");
        assert_error(ask_text(*state, "GetLoad", "ac-1 103"), BUS_ERROR_AMBIGUOUS, "ac-1.4");
}

static void a_load_shows_verdict_figures_and_what_the_machine_said(void **state) {
        sd_bus_message *m = ask_text(*state, "GetLoad", "ac-1.1");
        const char *type;
        char rules[256];

        assert_member_text(m, "verdict", "failed");
        assert_member_text(m, "outcome", "completed");
        assert_member_text(m, "grade", "continuous");
        assert_member_text(m, "load", "open");
        assert_member_number(m, "started_at", "t", T0 + 101 * US_PER_S);
        list_texts(m, "reasons", "rule", rules, sizeof(rules));
        assert_string_equal(rules, "hold-too-short");
        sd_bus_message_rewind(m, true);
        assert_int_equal(enter_member(m, "figures", &type), 1);
        assert_string_equal(type, "a{sv}");
        assert_true(body_has(m, "coldest_mc"));
        assert_true(body_has(m, "announced_hold_us"));
        sd_bus_message_unref(m);
}

static void a_load_shows_its_evidence_each_decision_and_what_recalls_it(void **state) {
        sd_bus_message *m = ask_text(*state, "GetLoad", "ac-1.1");
        char text[256];

        list_texts(m, "decisions", "what", text, sizeof(text));
        assert_string_equal(text, "refused released");
        list_texts(m, "indicators", "result", text, sizeof(text));
        assert_string_equal(text, "pass");
        list_texts(m, "indicators", "where", text, sizeof(text));
        assert_string_equal(text, "challenge");
        list_texts(m, "indicators", "pack", text, sizeof(text));
        assert_string_equal(text, "P-1");
        list_texts(m, "transcripts", "by", text, sizeof(text));
        assert_string_equal(text, "dora");
        assert_true(body_has(m, "the printer is out of paper"));
        assert_true(body_has(m, "lowest_pa"));
        list_texts(m, "tests", "outcome", text, sizeof(text));
        assert_string_equal(text, "failed");
        list_texts(m, "recalls", "reason", text, sizeof(text));
        assert_string_equal(text, "spores grew probe off");
        assert_true(body_has(m, "median_off_mc"));
        assert_false(body_has(m, "elsewhere"));
        assert_false(body_has(m, "until noon"));
        sd_bus_message_unref(m);
}

static void packs_come_with_their_items_in_pages_until_an_empty_one(void **state) {
        Fixture *f = *state;
        sd_bus_message *m = ask_with(f, "ListPacks", "st", "ac-1.1", (uint64_t)0);
        char text[4096];

        list_texts(m, NULL, "pack", text, sizeof(text));
        assert_string_equal(text, "P-1");
        assert_true(body_has(m, "P-1-2") && body_has(m, "P-1-0"));
        sd_bus_message_unref(m);
        m = ask_with(f, "ListPacks", "st", "ac-1.1", (uint64_t)pack_id);
        list_texts(m, NULL, "pack", text, sizeof(text));
        assert_string_equal(text, "");
        sd_bus_message_unref(m);
}

static void a_page_of_packs_ends_when_enough_items_are_in_it(void **state) {
        Fixture *f = *state;
        sd_bus_message *m;
        char text[4096];

        assert_return_code(store_begin(f->store), 0);
        for (int i = 0; i < 6; i++) {
                snprintf(text, sizeof(text), "Q-%d", i);
                add_pack(f, text, load_id, ITEMS_MAX);
        }
        assert_return_code(store_commit(f->store), 0);
        m = ask_with(f, "ListPacks", "st", "ac-1.1", (uint64_t)pack_id);
        list_texts(m, NULL, "pack", text, sizeof(text));
        assert_string_equal(text, "Q-0 Q-1 Q-2 Q-3");
        sd_bus_message_unref(m);
}

static void assert_loads(Fixture *f, const char *filter, uint64_t before, uint32_t limit, const char *attempts) {
        sd_bus_message *m = ask_with(f, "ListLoads", "stu", filter, before, limit);
        char text[4096];

        list_texts(m, NULL, "attempt", text, sizeof(text));
        assert_string_equal(text, attempts);
        sd_bus_message_unref(m);
}

static void loads_are_listed_newest_first_by_what_became_of_them(void **state) {
        assert_loads(*state, "open", 0, 0, "ac-1.4 ac-1.1");
        assert_loads(*state, "released", 0, 0, "ac-1.2");
        assert_loads(*state, "rejected", 0, 0, "");
        assert_loads(*state, "running", 0, 0, "ac-2.1");
        assert_loads(*state, "all", 0, 2, "ac-2.1 ac-1.4");
        assert_loads(*state, "all", 4, 2, "ac-1.2 ac-1.1");
        assert_error(ask_with(*state, "ListLoads", "stu", "strange", (uint64_t)0, 0), BUS_ERROR_BAD_ARGUMENT, "released");
}

/* Reads the points of a page: how many, and the extremes among them. */
static size_t points(sd_bus_message *m, int64_t *ret_last_us, int64_t *ret_hottest) {
        int64_t t, c, p, before = -1;
        const char *type;
        size_t n = 0;

        *ret_hottest = 0;
        sd_bus_message_rewind(m, true);
        assert_int_equal(enter_member(m, "samples", &type), 1);
        assert_string_equal(type, "a(xxx)");
        assert_true(sd_bus_message_enter_container(m, 'a', "(xxx)") > 0);
        while (sd_bus_message_read(m, "(xxx)", &t, &c, &p) > 0) {
                assert_true(t > before);
                assert_in_range(p, 304000, 308000);
                before = t;
                *ret_hottest = MAX_OF(*ret_hottest, c);
                n++;
        }
        *ret_last_us = before;
        return n;
}

static void few_samples_come_as_they_are(void **state) {
        Fixture *f = *state;
        int64_t last, hottest;
        sd_bus_message *m;

        add_samples(f, load_id, 1, 50, 7);
        m = ask_with(f, "GetCycleSamples", "stu", "ac-1.1", (uint64_t)0, 50);
        assert_member_number(m, "measured", "x", 50);
        assert_int_equal(points(m, &last, &hottest), 50);
        assert_int_equal(last, 49 * US_PER_S);
        assert_int_equal(hottest, 155555);
        sd_bus_message_unref(m);
}

static void of_many_samples_the_extremes_come(void **state) {
        Fixture *f = *state;
        int64_t last, hottest;
        sd_bus_message *m;

        add_samples(f, load_id, 1, 5000, 4321);
        m = ask_with(f, "GetCycleSamples", "stu", "ac-1.1", (uint64_t)0, 100);
        assert_member_number(m, "measured", "x", 5000);
        assert_in_range(points(m, &last, &hottest), 25, 100);
        assert_int_equal(hottest, 155555);
        assert_int_equal(last, 4999 * US_PER_S);
        sd_bus_message_unref(m);
}

static void samples_of_a_cycle_that_runs_come_page_after_page(void **state) {
        Fixture *f = *state;
        int64_t last, hottest, next, pages = 0, measured = 0;
        const char *type;

        assert_return_code(store_begin(f->store), 0);
        stamp_next = true;
        for (int i = 1; i <= 600; i++)
                add_samples(f, load_id, i, 10, 10);
        assert_return_code(store_commit(f->store), 0);
        assert_return_code(chunk_add(f->store, load_id, 601, 0, "", 0), 0); /* a gap */
        for (next = 0;; pages++) {
                sd_bus_message *m = ask_with(f, "GetCycleSamples", "stu", "ac-1.1", (uint64_t)next, 100);
                int64_t n = 0;

                points(m, &last, &hottest);
                sd_bus_message_rewind(m, true);
                assert_int_equal(enter_member(m, "measured", &type), 1);
                assert_true(sd_bus_message_read_basic(m, 'x', &n) > 0);
                measured += n;
                sd_bus_message_rewind(m, true);
                next = -1;
                if (enter_member(m, "next", &type))
                        assert_true(sd_bus_message_read_basic(m, 'x', &next) > 0);
                sd_bus_message_unref(m);
                if (next < 0)
                        break;
        }
        assert_int_equal(pages, 2);
        assert_int_equal(measured, 6000);
        assert_int_equal(last, 5999 * US_PER_S);
}

/* Measured, not promised: on a slow or busy machine it may take longer. What must hold is that it is milliseconds. */
static void the_longest_cycle_there_can_be_is_read_in_milliseconds(void **state) {
        Fixture *f = *state;
        struct timespec from, to;
        int64_t us, least = INT64_MAX;

        add_samples(f, load_id, 1, MANY, 7);
        for (int i = 0; i < 5; i++) {
                sd_bus_message *m;

                clock_gettime(CLOCK_MONOTONIC, &from);
                m = ask_with(f, "GetCycleSamples", "stu", "ac-1.1", (uint64_t)0, 400);
                clock_gettime(CLOCK_MONOTONIC, &to);
                us = (to.tv_sec - from.tv_sec) * US_PER_S + (to.tv_nsec - from.tv_nsec) / 1000;
                least = MIN_OF(least, us);
                assert_member_number(m, "measured", "x", MANY);
                sd_bus_message_unref(m);
        }
        print_message("%d samples, call and answer: %lld us\n", MANY, (long long)least);
        assert_true(least < 200 * US_PER_MS);
}

static void an_autoclave_shows_what_runs_what_ran_and_what_was_tested(void **state) {
        sd_bus_message *m = ask_text(*state, "GetAutoclave", "ac-1");
        char text[256];

        assert_member_text(m, "name", "Big");
        assert_member_text(m, "type", "B");
        assert_member_text(m, "service", "in");
        assert_member_text(m, "leak_good_until", "2027-12-31");
        assert_member_text(m, "spore_good_until", NULL);
        list_texts(m, "duties", "good_until", text, sizeof(text));
        assert_string_equal(text, "2027-11-30");
        assert_member_text(m, "running", NULL);
        list_texts(m, "attempts", "attempt", text, sizeof(text));
        assert_memory_equal(text, "ac-1.", 5);
        assert_non_null(strstr(text, "ac-1.1"));
        list_texts(m, "tests", "test", text, sizeof(text));
        assert_string_equal(text, "bowie-dick");
        list_texts(m, "references", "by", text, sizeof(text));
        assert_string_equal(text, "clara");
        sd_bus_message_unref(m);
        m = ask_text(*state, "GetAutoclave", "ac-2");
        assert_member_text(m, "running", "ac-2.1");
        assert_member_text(m, "service", "out");
        list_texts(m, "service_reasons", "text", text, sizeof(text));
        assert_string_equal(text, "It leaks.");
        assert_member_number(m, "running_cycle", "x", 7);
        sd_bus_message_unref(m);
        assert_error(ask_text(*state, "GetAutoclave", "ac-3"), BUS_ERROR_NOT_FOUND, "ac-3");
}

static void the_autoclaves_are_listed_with_their_last_cycle(void **state) {
        sd_bus_message *m = ask(*state, new_call(*state, BUS_INTERFACE, "ListAutoclaves"));
        char text[256];

        list_texts(m, NULL, "autoclave", text, sizeof(text));
        assert_string_equal(text, "ac-1 ac-2");
        assert_true(body_has(m, "ac-1.4"));
        sd_bus_message_unref(m);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, case_close)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(a_load_is_found_by_its_attempt_and_by_its_cycle_number),
                TEST(an_unknown_load_and_a_number_borne_twice_are_said_by_name),
                TEST(a_load_shows_verdict_figures_and_what_the_machine_said),
                TEST(a_load_shows_its_evidence_each_decision_and_what_recalls_it),
                TEST(packs_come_with_their_items_in_pages_until_an_empty_one),
                TEST(a_page_of_packs_ends_when_enough_items_are_in_it),
                TEST(loads_are_listed_newest_first_by_what_became_of_them),
                TEST(few_samples_come_as_they_are),
                TEST(of_many_samples_the_extremes_come),
                TEST(samples_of_a_cycle_that_runs_come_page_after_page),
                TEST(the_longest_cycle_there_can_be_is_read_in_milliseconds),
                TEST(an_autoclave_shows_what_runs_what_ran_and_what_was_tested),
                TEST(the_autoclaves_are_listed_with_their_last_cycle),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
