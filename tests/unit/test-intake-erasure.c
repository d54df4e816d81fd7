/* SPDX-License-Identifier: Apache-2.0 */
/* A patient's data go out of the ledger: when, by whom, what of them, and that nothing of them is left in its bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"
#include "core/naming.h"
#include "store/erasure.h"
#include "util.h"

#define PATIENT "pat-7f3a9"
#define YEARS(n) ((n) * 366 * US_PER_DAY)

static char text[ACT_TEXT_MAX];
static Sim sim;

static int set_up(void **state) {
        sim_open(&sim, "[class ampoule]\nrole = vial\n[product 00844588012341]\nclass = ampoule\nsupplied = sterile\n");
        sim_receive(&sim, "R1 R2 R3 R4 B1");
        *state = &sim;
        return 0;
}

static int tear_down(void **state) {
        sim_close(*state);
        return 0;
}

static int erase_as(Sim *s, const char *patient, const char *by, const char *reason) {
        const Act a = { .type = ACT_PATIENT_ERASE, .subject = "patient", .patient = patient, .by = by, .reason = reason, .uid = 1 };

        return sim_act(s, &a, text);
}

static int erase(Sim *s, const char *patient) {
        return erase_as(s, patient, "clara", "asked for it");
}

static void treat(Sim *s, const char *session, const char *item, const char *patient) {
        char label[64];

        snprintf(label, sizeof(label), "%s", session);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask_for(s, "room-1", label, item, "ana", patient, "skin-needling"), "allow");
        sim_start(s, "room-1", label);
        sim_advance(s, 10 * 60 * US_PER_S);
        sim_end(s, "room-1", label, "completed");
        sim_advance(s, 60 * US_PER_S);
}

static void let_it_go_on(Sim *s, int slices) {
        for (int i = 0; i < slices; i++)
                sim_pass(s, US_PER_S);
}

/* How often these bytes stand in a file; -1: there is none. */
static int file_holds(const char *path, const char *what) {
        _cleanup_(freep) char *all = NULL;
        FILE *f = fopen(path, "rb");
        int found = 0;
        long n;

        if (!f)
                return -1;
        fseek(f, 0, SEEK_END);
        n = ftell(f);
        rewind(f);
        all = malloc((size_t)n + 1);
        assert_non_null(all);
        assert_int_equal(fread(all, 1, (size_t)n, f), n);
        fclose(f);
        for (char *at = all; (at = memmem(at, (size_t)(n - (at - all)), what, strlen(what))); at++)
                found++;
        return found;
}

/* While the ledger is open only the log may be looked at: to close its own file would unlock it. */
static int log_holds(Sim *s, const char *what) {
        char path[96];

        snprintf(path, sizeof(path), "%s-wal", s->ledger);
        return file_holds(path, what);
}

static int bytes_hold(Sim *s, const char *what) {
        return file_holds(s->ledger, what) + MAX_OF(log_holds(s, what), 0);
}

static void in_time_everything_that_names_the_patient_goes_and_the_rest_stays(void **state) {
        Sim *s = *state;

        treat(s, "s-1", "R1", PATIENT);
        treat(s, "s-2", "R2", "pat-7f3a91");
        assert_string_equal(sim_ask_for(s, "room-1", "s-3", "R4", "nobody", PATIENT, "skin-needling"),
                            "practitioner-unknown room-not-disinfected");
        sim_blurt(s, "room/room-1/session-request", "{'patient':'" PATIENT "','nonsense':1}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM dead_letter WHERE instr(raw, '" PATIENT "')"), 1);
        s->now.wall_us += YEARS(11);
        assert_int_equal(erase(s, PATIENT), 0);
        let_it_go_on(s, 12);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE patient = '" PATIENT "'"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE patient = 'pat-7f3a91' AND salt IS NOT NULL"), 1);
        assert_int_equal(sim_sql(s, "SELECT erased FROM session WHERE label = 's-1' AND salt IS NULL AND content = x''"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM request WHERE length(content) = 0 AND salt IS NULL"), 2);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM request WHERE length(content) = 32 AND salt IS NOT NULL"), 1);
        assert_int_equal(sim_sql(s, "SELECT messages FROM erasure WHERE done_us AND patient IS NULL AND salt IS NULL"), 2);
        assert_int_equal(sim_sql(s, "SELECT others FROM erasure"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE raw IS NULL AND length(salt) = 0"), 2);
        sim_stop(s);
        assert_int_equal(bytes_hold(s, PATIENT), bytes_hold(s, "pat-7f3a91"));
        assert_true(bytes_hold(s, "pat-7f3a91") > 0);
        sim_begin(s);
        sim_check_chain(s);
}

static void the_record_says_who_and_why_and_not_of_whom(void **state) {
        Sim *s = *state;

        treat(s, "s-1", "R1", PATIENT);
        s->now.wall_us += YEARS(11);
        assert_int_equal(erase(s, PATIENT), 0);
        assert_true(log_holds(s, PATIENT) > 0);
        let_it_go_on(s, 10);
        assert_int_equal(log_holds(s, PATIENT), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE instr(record, '" PATIENT "')"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'act' = 'patient-erase' "
                                    "AND record ->> 'by' = 'clara' AND record ->> 'reason' = 'asked for it'"), 1);
        assert_string_equal(sim_text(s, "SELECT group_concat(coalesce(record ->> 'rows', record ->> 'messages')) "
                                        "FROM audit WHERE record ->> 'type' = 'erased' AND record ->> 'done' IS NULL"),
                            sim_text(s, "SELECT '[[\"session\",1]],[' || i || ']' FROM message WHERE topic LIKE "
                                        "'%%session-request'"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'erased' "
                                    "AND record ->> 'done' = 1 AND record ->> 'sessions' = 1"), 1);
        for (size_t i = 0; i < s->n_out; i++)
                assert_null(strstr(s->out[i].payload, PATIENT));
}

static void before_its_time_nobody_can(void **state) {
        Sim *s = *state;

        treat(s, "s-1", "R1", PATIENT);
        assert_int_equal(erase(s, PATIENT), 1);
        assert_says(text, "until 2036-11-22");
        s->now.wall_us = SIM_START_US + 3653 * US_PER_DAY; /* 22 November 2036, the last day */
        assert_int_equal(erase(s, PATIENT), 1);
        s->now.wall_us += US_PER_DAY;
        assert_int_equal(erase(s, PATIENT), 0);
}

static void who_may_not_and_what_may_not_be_erased(void **state) {
        Sim *s = *state;

        treat(s, "s-1", "R1", PATIENT);
        s->now.wall_us += YEARS(11);
        assert_int_equal(erase_as(s, PATIENT, "ben", "asked for it"), 1);
        assert_says(text, "an officer may");
        assert_int_equal(erase_as(s, PATIENT, "clara", ""), 1);
        assert_int_equal(erase_as(s, PATIENT, "clara", PATIENT " asked for it"), 1);
        assert_says(text, "must not name the patient");
        assert_int_equal(erase(s, ""), 1);
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock was set back.");
        assert_int_equal(erase(s, PATIENT), 1);
        assert_says(text, "The clock was set back.");
        intake_doubt(s->intake, DOUBT_CLOCK, NULL);
        sim_say(s, "room/room-1/injury", "{'detail':'left thumb','session':'s-1'}");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE instr(record, '" PATIENT "')"), 0); /* nor clara's reason */
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM erasure"), 0);
}

static void a_live_session_is_not_erased_and_one_that_begins_meanwhile_stays(void **state) {
        Sim *s = *state;

        s->now.wall_us += US_PER_S;
        assert_string_equal(sim_ask_for(s, "room-2", "s-1", "R1", "ana", PATIENT, "skin-needling"), "allow");
        assert_int_equal(erase(s, PATIENT), 1);
        assert_says(text, "Session s-1 of this patient is live");
        assert_int_equal(erase(s, "pat-other"), 0);
        assert_int_equal(erase(s, "pat-third"), 1);
        assert_says(text, "Erasure 1 is still under way");
        assert_string_equal(sim_ask_for(s, "room-1", "s-2", "R2", "ana", "pat-other", "skin-needling"), "allow");
        let_it_go_on(s, 10);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM erasure WHERE done_us AND sessions = 0"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE patient = 'pat-other'"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE instr(raw, 'pat-other')"), 1);
}

static void it_goes_on_after_a_crash_at_any_slice(void **state) {
        Sim *s = *state;

        treat(s, "s-1", "R1", PATIENT);
        treat(s, "s-2", "R2", PATIENT);
        s->now.wall_us += YEARS(11);
        assert_int_equal(erase(s, PATIENT), 0);
        for (int i = 0; i < 12; i++) {
                let_it_go_on(s, 1);
                sim_crash(s);
        }
        let_it_go_on(s, 4);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM erasure WHERE done_us AND sessions = 2 AND messages = 2"), 1);
        sim_stop(s);
        assert_int_equal(bytes_hold(s, PATIENT), 0);
        sim_begin(s);
        sim_check_chain(s);
}

static void what_was_opened_for_the_patient_is_nobody_s_any_more(void **state) {
        Sim *s = *state;

        treat(s, "s-1", "R1", PATIENT);
        sim_sql(s, "UPDATE item SET patient = '" PATIENT "', salt = x'00112233445566778899aabbccddeeff' WHERE id = 2 RETURNING 1");
        s->now.wall_us += YEARS(11);
        assert_int_equal(erase(s, PATIENT), 0);
        let_it_go_on(s, 10);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE id = 2 AND patient IS NULL AND salt IS NULL AND damaged_us "
                                    "AND damage_reason LIKE '%%erased%%'"), 1);
}

static void what_somebody_wrote_of_the_patient_stays_and_is_counted(void **state) {
        Sim *s = *state;
        int64_t named;

        sim_say(s, "station/station-1/recall", "{'lot':'L-1','reason':'for " PATIENT "1','by':'clara'}");
        sim_say(s, "station/station-1/recall", "{'lot':'L-2','reason':'for " PATIENT ", they say','by':'clara'}");
        named = sim_sql(s, "SELECT count(*) FROM audit WHERE instr(record, '" PATIENT ",')");
        assert_true(named > 0);
        assert_int_equal(erase(s, PATIENT), 0);
        let_it_go_on(s, 10);
        assert_int_equal(sim_sql(s, "SELECT records FROM erasure WHERE done_us AND messages = 1"), named);
        assert_int_equal(sim_sql(s, "SELECT record ->> 'records' FROM audit WHERE record ->> 'done' = 1"), named);
}

#define QUESTION                                                                                                       \
        "{'nonce':'%s','session':'s-1','practitioner':'ana','patient':'p-1','procedure':'skin-needling','items':%s}"

static void a_message_of_old_that_comes_again_does_nothing(void **state) {
        Sim *s = *state;
        int64_t seq, sessions;

        sim_say(s, "room/room-1/session-request", QUESTION, sim_nonce(77), sim_codes("R1"));
        seq = sim_seq(s, "room/room-1");
        sim_end(s, "room-1", "s-1", "cancelled");
        sim_pass(s, 300 * US_PER_S);
        s->now.wall_us += YEARS(11);
        assert_int_equal(erase(s, "p-1"), 0);
        let_it_go_on(s, 10);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM erasure WHERE done_us AND messages = 1"), 1);
        sessions = sim_sql(s, "SELECT count(*) FROM session");
        sim_say_as(s, "room/room-1/session-request", sim_boot(s, "room/room-1"), seq, QUESTION, sim_nonce(77), sim_codes("R1"));
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session"), sessions);
        assert_int_equal(sim_alert(s, "sequence-conflict"), 0);
}

static void what_still_waits_for_its_turn_is_waited_for(void **state) {
        Sim *s = *state;

        sim_next_seq(s, "room/room-1"); /* lost on its way */
        sim_say(s, "room/room-1/session-request", QUESTION, sim_nonce(78), sim_codes("R1"));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE held = 1"), 1);
        assert_int_equal(erase(s, "p-1"), 0);
        for (int i = 0; i < 12; i++)
                sim_pass(s, 25 * US_PER_MS);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE held = 1 AND raw IS NOT NULL"), 1);
        assert_int_equal(sim_sql(s, "SELECT stage FROM erasure"), ERASURE_MESSAGES);
        let_it_go_on(s, 12);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM erasure WHERE done_us AND messages = 1"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE raw IS NULL AND length(salt) = 0"), 1);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM session WHERE label = 's-1' AND patient = 'p-1'"), 1);
}

static void a_word_is_named_as_a_whole(void **state) {
        static const struct {
                const char *text;
                bool named;
        } cases[] = {
                { "p-1", true },     { "for p-1.", true },  { "(p-1)", true }, { "p-1: x", true },  { "see p-11", false },
                { "xp-1", false },   { "p-1.2", false },    { "p-1-b", false }, { "a.p-1", false },  { "p-1-", true },
                { "p-", false },     { "", false },         { "p-11 p-1", true }, { "p-1\xc3\xa4", false },
        };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(cases); i++)
                if (naming(cases[i].text, strlen(cases[i].text), "p-1") != cases[i].named)
                        fail_msg("\"%s\"", cases[i].text);
        assert_false(naming("7", 1, "7"));
}

static void after_its_time_and_not_before_bytes_and_samples_are_deleted(void **state) {
        Sim *s = *state;

        sim_close(s);
        sim_open(s, "[retention]\nmessages-years = 12\nsamples-years = 11\n");
        sim_cycle(s, 101, true);
        sim_receive(s, "R1");
        s->now.wall_us = SIM_START_US + 4018 * US_PER_DAY; /* 22 November 2037, the last day of eleven years */
        let_it_go_on(s, 5);
        s->now.boot_us += 3600 * US_PER_S;
        let_it_go_on(s, 5);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'trimmed'"), 0);
        s->now.wall_us += US_PER_DAY;
        s->now.boot_us += 3600 * US_PER_S;
        let_it_go_on(s, 5);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM sample_chunk"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM attempt WHERE figures IS NOT NULL AND verdict = 0"), 1);
        assert_true(sim_sql(s, "SELECT count(*) FROM message WHERE raw IS NOT NULL") > 0);
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock was set ahead.");
        s->now.wall_us += 366 * US_PER_DAY;
        s->now.boot_us += 3600 * US_PER_S;
        let_it_go_on(s, 5);
        assert_true(sim_sql(s, "SELECT count(*) FROM message WHERE raw IS NOT NULL") > 0);
        intake_doubt(s->intake, DOUBT_CLOCK, NULL);
        s->now.boot_us += 3600 * US_PER_S;
        let_it_go_on(s, 5);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE raw IS NOT NULL"), 0);
        assert_int_equal(sim_sql(s, "SELECT record ->> '$.messages[1]' FROM audit WHERE record ->> 'type' = 'trimmed' "
                                    "AND record ->> 'messages' IS NOT NULL"), sim_sql(s, "SELECT max(i) FROM message"));
        sim_check_chain(s);
}

static void nothing_is_deleted_where_nobody_said_so(void **state) {
        Sim *s = *state;

        s->now.wall_us += 99 * 366 * US_PER_DAY;
        let_it_go_on(s, 5);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM message WHERE raw IS NULL"), 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(in_time_everything_that_names_the_patient_goes_and_the_rest_stays),
                T(the_record_says_who_and_why_and_not_of_whom),
                T(before_its_time_nobody_can),
                T(who_may_not_and_what_may_not_be_erased),
                T(a_live_session_is_not_erased_and_one_that_begins_meanwhile_stays),
                T(it_goes_on_after_a_crash_at_any_slice),
                T(what_was_opened_for_the_patient_is_nobody_s_any_more),
                T(what_somebody_wrote_of_the_patient_stays_and_is_counted),
                T(what_still_waits_for_its_turn_is_waited_for),
                T(a_message_of_old_that_comes_again_does_nothing),
                T(after_its_time_and_not_before_bytes_and_samples_are_deleted),
                T(nothing_is_deleted_where_nobody_said_so),
                cmocka_unit_test(a_word_is_named_as_a_whole),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
