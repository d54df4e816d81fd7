/* SPDX-License-Identifier: Apache-2.0 */
/* What a stolen login, a confused device or a strange broker can send, and what it must not bring about. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>

#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "core/gate.h"
#include "core/order.h"

#define STATION "station/station-1"
#define AUTOCLAVE "autoclave/ac-1"
#define STATE "state/autoclave/ac-1"
#define ROOM "room/room-1"
#define DECISION "down/room/room-1/decision"
#define ROWS 30 /* samples in a message */

static GenCycle gen;

static int64_t audit(Sim *s) {
        return sim_sql(s, "SELECT max(i) FROM audit");
}

static int64_t dead_letters(Sim *s) {
        return sim_sql(s, "SELECT count(*) FROM dead_letter");
}

/* --- heads that devices hand back ------------------------------------------------------------------------------------ */

static void hand_back(Sim *s, const char *jws) {
        sim_forget(s);
        sim_say(s, ROOM "/heartbeat", "{'head':'%s'}", jws);
        assert_string_equal(sim_rejected(s, ROOM), "");
}

/* Signed by the clinic's key. */
static void hand_back_checkpoint(Sim *s, const char *log, int64_t size, const char *head) {
        char payload[256], *jws;

        snprintf(payload, sizeof(payload), "{\"log\":\"%s\",\"boot\":\"b\",\"size\":%lld,\"head\":\"%s\",\"at\":\"\"}", log,
                 (long long)size, head);
        assert_int_equal(signer_jws(s->signer, payload, strlen(payload), &jws), 0);
        hand_back(s, jws);
        free(jws);
}

static void a_permit_handed_back_as_a_head_is_only_a_warning(void **state) {
        Sim *s = *state;
        sim_receive(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        hand_back(s, sim_member(s, DECISION, "permit"));
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        assert_int_equal(sim_alert(s, "audit-inconsistent"), 1);
        assert_int_equal(sim_sql(s, "SELECT max(severity) FROM alert"), 1);
        assert_string_equal(sim_ask(s, "room-2", "s-2", "R2"), "allow");
}

static void a_head_of_another_key_is_only_a_warning(void **state) {
        Sim *s = *state;
        char path[80], *jws;
        Signer *other;
        sim_receive(s, "R1");
        snprintf(path, sizeof(path), "%s/other.key", s->dir);
        assert_int_equal(signer_open(&other, path), 0);
        assert_int_equal(signer_jws(other, "{\"log\":\"x\",\"size\":1,\"head\":\"x\"}", 31, &jws), 0);
        hand_back(s, jws);
        free(jws);
        signer_free(other);
        hand_back(s, "no.jws.at-all");
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        assert_int_equal(sim_sql(s, "SELECT max(severity) FROM alert"), 1);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
}

static void the_checkpoint_that_was_published_may_be_handed_back(void **state) {
        Sim *s = *state;
        char *jws;
        assert_int_equal(intake_checkpoint(s->intake, &s->now, &jws), 0);
        sim_receive(s, "R1");
        hand_back(s, jws);
        free(jws);
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        assert_int_equal(sim_alert(s, "audit-inconsistent"), 0);
}

static void a_checkpoint_of_ours_that_the_ledger_does_not_know_shuts_the_clinic(void **state) {
        Sim *s = *state;
        Status now = {};
        intake_status(s->intake, &now);
        const struct {
                const char *log, *head;
                int64_t size;
        } unknown[] = { { now.log, "BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA", now.audit_size },
                        { now.log, now.audit_head, 100000 },
                        { now.log, now.audit_head, -1 },
                        { now.log, "short", now.audit_size },
                        { "another-log", now.audit_head, now.audit_size } };
        hand_back_checkpoint(s, now.log, now.audit_size, now.audit_head);
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        sim_receive(s, "R1");
        for (size_t i = 0; i < ELEMENTSOF(unknown); i++) {
                intake_doubt(s->intake, DOUBT_AUDIT, NULL);
                hand_back_checkpoint(s, unknown[i].log, unknown[i].size, unknown[i].head);
                assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
        }
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'audit-inconsistent'"), 2);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "audit-inconsistent");
}

/* --- numbers ---------------------------------------------------------------------------------------------------------- */

static void a_refused_number_gets_its_reason_again_and_other_bytes_a_conflict(void **state) {
        Sim *s = *state;
        sim_say_as(s, STATION "/receive", "b-1", 1, "{'item':5}");
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        const int64_t size = audit(s), letters = dead_letters(s);
        assert_int_equal(letters, 1);
        for (int i = 0; i < 3; i++) {
                sim_forget(s);
                sim_say_as(s, STATION "/receive", "b-1", 1, "{'item':5}");
                sim_commit(s);
                assert_string_equal(sim_rejected(s, STATION), "bad-member");
                assert_int_equal(audit(s), size);
                assert_int_equal(dead_letters(s), letters);
        }
        sim_forget(s);
        sim_say_as(s, STATION "/receive", "b-1", 1, "{'item':'%s'}", sim_code("R1"));
        sim_commit(s);
        assert_string_equal(sim_rejected(s, STATION), "sequence-conflict");
        assert_int_equal(sim_alert(s, "sequence-conflict"), 1);
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 0);
        sim_check_chain(s);
}

static void begin(Sim *s, int number, const char *purpose) {
        sim_say(s, AUTOCLAVE "/cycle-start", "{'cycle':%d,'program':'prevac-134','purpose':'%s'}", number, purpose);
}

static void end(Sim *s, int number) {
        sim_say(s, AUTOCLAVE "/cycle-end", "{'cycle':%d,'outcome':'completed'}", number);
}

static const char *verdict(Sim *s) {
        return sim_member(s, STATE, "last.verdict");
}

static bool reason(Sim *s, const char *rule) {
        return strstr(sim_member(s, STATE, "last.reasons"), rule) != NULL;
}

static void more_holes_than_are_kept_are_an_evidence_gap_of_the_cycle(void **state) {
        Sim *s = *state;
        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 7, 0);
        const size_t middle = (gen.hold_from + gen.hold_to) / 2;
        begin(s, 1, "load");
        sim_samples(s, 1, &gen, 0, middle, ROWS);
        const int64_t top = sim_seq(s, AUTOCLAVE);
        const char *boot = sim_boot(s, AUTOCLAVE);
        for (int i = 1; i <= ORDER_HOLES_MAX; i++)
                sim_say_as(s, AUTOCLAVE "/heartbeat", boot, top + 2 * i, "{}");
        assert_int_equal(sim_alert(s, "evidence-gap"), 0);
        sim_say_as(s, AUTOCLAVE "/heartbeat", boot, top + 2 * (ORDER_HOLES_MAX + 1), "{}");
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
        /* The others are filled in time, so that only the one that was given up speaks against the cycle. */
        for (int i = 2; i <= ORDER_HOLES_MAX + 1; i++)
                sim_say_as(s, AUTOCLAVE "/heartbeat", boot, top + 2 * i - 1, "{}");
        for (int i = 1; i <= 2 * (ORDER_HOLES_MAX + 1); i++)
                sim_next_seq(s, AUTOCLAVE);
        sim_commit(s);
        sim_samples(s, 1, &gen, middle, gen.n, ROWS);
        end(s, 1);
        assert_int_equal(sim_alert(s, "evidence-gap"), 1);
        assert_string_equal(verdict(s), "unverified");
        assert_true(reason(s, "samples-missing"));
}

/* --- cycles ------------------------------------------------------------------------------------------------------------ */

static void a_test_cycle_with_a_load_in_it(Sim *s, bool restart) {
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 7, 0);
        begin(s, 1, "test");
        sim_samples(s, 1, &gen, 0, gen.n / 2, ROWS);
        if (restart)
                sim_restart(s);
        sim_samples(s, 1, &gen, gen.n / 2, gen.n, ROWS);
        end(s, 1);
        assert_string_equal(verdict(s), "failed");
        assert_true(reason(s, "test-cycle-in-load"));
}

static void a_manifest_that_came_first_makes_a_test_cycle_fail(void **state) {
        a_test_cycle_with_a_load_in_it(*state, false);
}

static void a_manifest_that_came_first_makes_a_test_cycle_fail_after_a_restart_too(void **state) {
        a_test_cycle_with_a_load_in_it(*state, true);
}

static void a_load_rejected_while_it_ran_is_never_released(void **state) {
        Sim *s = *state;
        sim_packed(s, 1, "extractor", "pouch");
        sim_taken(s, STATION "/load", "{'autoclave':'ac-1','packs':['P-1']}");
        cyclegen(&gen, &GEN_PREVAC_134, GEN_SOUND, 7, 0);
        begin(s, 1, "load");
        sim_samples(s, 1, &gen, 0, gen.n / 2, ROWS);
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'reject','by':'ben','dry':true}");
        sim_samples(s, 1, &gen, gen.n / 2, gen.n, ROWS);
        end(s, 1);
        assert_string_equal(verdict(s), "verified");
        sim_indicate(s, 1, "P-1");
        sim_taken(s, STATION "/release", "{'autoclave':'ac-1','cycle':1,'decision':'release','by':'ben','dry':true}");
        assert_string_equal(sim_member(s, "down/" STATION "/released", "verdict"), "refused");
        assert_string_equal(sim_rules(s, "down/" STATION "/released"), "load-rejected");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack WHERE sterile_us > 0"), 0);
}

/* The cycle's own clock is judged by when the samples came, and that is not in the ledger. */
static void a_refused_manifest_does_not_make_the_daemon_forget_when_samples_came(void **state) {
        Sim *s = *state;
        sim_packed(s, 1, "extractor", "pouch");
        cyclegen(&gen, &GEN_PREVAC_134, GEN_WRONG_CLOCK, 7, 0);
        begin(s, 1, "load");
        sim_samples(s, 1, &gen, 0, gen.n - ROWS, ROWS);
        sim_forget(s);
        sim_say(s, STATION "/load", "{'autoclave':'ac-1','cycle':1,'packs':['P-1','P-9']}");
        assert_string_equal(sim_rejected(s, STATION), "bad-member");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM pack WHERE attempt IS NOT NULL AND attempt > 0"), 0);
        sim_samples(s, 1, &gen, gen.n - ROWS, gen.n, ROWS);
        end(s, 1);
        assert_string_equal(verdict(s), "unverified");
        assert_true(reason(s, "samples-inconsistent"));
}

static void a_cycle_takes_a_hundred_thousand_samples_and_no_more_however_alike_they_are(void **state) {
        Sim *s = *state;
        static char json[65536];
        size_t n = 0;
        for (int i = 0; i < 4000; i++)
                n += (size_t)snprintf(json + n, sizeof(json) - n, "%s[1,25,99]", i ? "," : "");
        begin(s, 1, "load");
        for (int i = 0; i < 25; i++)
                sim_say_as(s, AUTOCLAVE "/sample", sim_boot(s, AUTOCLAVE), sim_next_seq(s, AUTOCLAVE), "{'cycle':1,'samples':[%s]}", json);
        sim_commit(s);
        assert_string_equal(sim_rejected(s, AUTOCLAVE), "");
        for (int i = 0; i < 2; i++) {
                sim_forget(s);
                sim_say(s, AUTOCLAVE "/sample", "{'cycle':1,'samples':[[2,25,99]]}");
                assert_string_equal(sim_rejected(s, AUTOCLAVE), "bad-member");
                sim_restart(s);
        }
        assert_int_equal(sim_sql(s, "SELECT sum(samples) FROM sample_chunk"), 100000);
        end(s, 1);
        assert_string_equal(verdict(s), "failed");
}

/* --- alerts and answers ------------------------------------------------------------------------------------------------- */

static void what_a_device_makes_up_does_not_grow_the_list_of_alerts(void **state) {
        Sim *s = *state;
        for (int i = 1; i <= 1000; i++)
                sim_say_as(s, "handpiece/pen-1/usage", "b-1", i, "{'item':'(01)00844588004001(21)X%d','event':'contact'}", i);
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM alert"), 1);
        assert_int_equal(sim_alert(s, "use-without-session"), 1000);
}

static size_t alerts_told(const Sim *s) {
        size_t n = 0;

        for (size_t i = 0; i < s->n_out; i++)
                n += strncmp(s->out[i].topic, "state/alert/", 12) == 0;
        return n;
}

static void many_open_alerts_are_told_again_in_slices(void **state) {
        Sim *s = *state;
        for (int i = 0; i < 250; i++) {
                char subject[16];
                snprintf(subject, sizeof(subject), "x-%d", i);
                assert_int_equal(intake_alert(s->intake, &s->now, "disk-low", subject, 1, "a text"), 0);
        }
        sim_commit(s);
        sim_forget(s);
        assert_int_equal(intake_publish_state(s->intake, &s->now), 0);
        sim_commit(s);
        assert_int_equal(alerts_told(s), 0);
        for (size_t want = 100; want <= 300; want += 100) {
                assert_int_equal(intake_deadline_us(s->intake), s->now.boot_us);
                sim_pass(s, 1);
                assert_int_equal(alerts_told(s), MIN_OF(want, (size_t)250));
        }
        assert_true(intake_deadline_us(s->intake) > s->now.boot_us);
        sim_pass(s, 1);
        assert_int_equal(alerts_told(s), 250);
}

static void a_repeated_denial_carries_the_correlation_data_of_its_own_question(void **state) {
        Sim *s = *state;
        char json[512];
        snprintf(json, sizeof(json),
                 "{\"session\":\"s-1\",\"practitioner\":\"ana\",\"patient\":\"p-1\",\"procedure\":\"skin-needling\",\"items\":%s,\"nonce\":\"%s\"}",
                 sim_codes("R1"), sim_nonce(5));
        for (int i = 1; i <= 2; i++) {
                char correlation[16];
                snprintf(correlation, sizeof(correlation), "corr-%d", i);
                sim_forget(s);
                sim_send(s, "asepsis/v1/clinic/up/room/room-1/session-request", json, false, correlation);
                sim_commit(s);
                assert_string_equal(sim_rules(s, DECISION), "item-unknown kit-incomplete");
                assert_string_equal(sim_last(s, DECISION)->correlation, correlation);
        }
}

/* --- broker and clock -------------------------------------------------------------------------------------------------- */

static void a_broker_that_is_found_is_written_down_before_it_is_committed(void **state) {
        Sim *s = *state;
        Status status = {};
        sim_commit(s);
        const int64_t before = audit(s);
        assert_int_equal(intake_broker_found(s->intake, &s->now, false), 0);
        sim_commit(s);
        assert_int_equal(audit(s), before + 1);
        intake_status(s->intake, &status);
        assert_int_equal(status.audit_size, audit(s));
        sim_crash(s);
        assert_true(audit(s) > before + 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'broker'"), 1);
        sim_check_chain(s);
}

static void the_mark_of_the_clock_stands_still_while_the_clock_is_in_doubt(void **state) {
        Sim *s = *state;
        sim_say(s, ROOM "/heartbeat", "{}");
        sim_advance(s, 10 * US_PER_S);
        sim_say(s, ROOM "/heartbeat", "{}");
        const int64_t mark = s->now.wall_us;
        assert_int_equal(intake_mark_us(s->intake), mark);
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock was moved by more than a minute.");
        s->now.wall_us += INT64_C(400) * 86400 * US_PER_S;
        sim_say(s, ROOM "/heartbeat", "{}");
        assert_int_equal(intake_mark_us(s->intake), mark);
}

static void a_start_does_not_move_the_mark_of_the_clock_for_nobody_has_judged_it_yet(void **state) {
        Sim *s = *state;
        sim_say(s, ROOM "/heartbeat", "{}");
        const int64_t mark = s->now.wall_us;
        s->now.wall_us += INT64_C(400) * 86400 * US_PER_S;
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock was moved by more than a minute.");
        sim_restart(s);
        assert_int_equal(intake_mark_us(s->intake), mark);
        assert_int_equal(sim_sql(s, "SELECT value FROM meta WHERE name = 'wall_mark_us'"), mark);
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(a_permit_handed_back_as_a_head_is_only_a_warning),
                T(a_head_of_another_key_is_only_a_warning),
                T(the_checkpoint_that_was_published_may_be_handed_back),
                T(a_checkpoint_of_ours_that_the_ledger_does_not_know_shuts_the_clinic),
                T(a_refused_number_gets_its_reason_again_and_other_bytes_a_conflict),
                T(more_holes_than_are_kept_are_an_evidence_gap_of_the_cycle),
                T(a_manifest_that_came_first_makes_a_test_cycle_fail),
                T(a_manifest_that_came_first_makes_a_test_cycle_fail_after_a_restart_too),
                T(a_load_rejected_while_it_ran_is_never_released),
                T(a_refused_manifest_does_not_make_the_daemon_forget_when_samples_came),
                T(a_cycle_takes_a_hundred_thousand_samples_and_no_more_however_alike_they_are),
                T(what_a_device_makes_up_does_not_grow_the_list_of_alerts),
                T(many_open_alerts_are_told_again_in_slices),
                T(a_repeated_denial_carries_the_correlation_data_of_its_own_question),
                T(a_broker_that_is_found_is_written_down_before_it_is_committed),
                T(the_mark_of_the_clock_stands_still_while_the_clock_is_in_doubt),
                T(a_start_does_not_move_the_mark_of_the_clock_for_nobody_has_judged_it_yet),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
