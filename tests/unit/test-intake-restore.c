/* SPDX-License-Identifier: Apache-2.0 */
/* A ledger that is not the newest: noticed, locked, and what an officer's word for it costs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../lib/clinicsim.h"
#include "store/restore.h"

static char text[ACT_TEXT_MAX];

static int act(Sim *s, ActType type, const char *by) {
        const Act a = { .type = type, .subject = "ledger", .by = by, .reason = "the disk broke", .uid = 7 };

        return sim_act(s, &a, text);
}

static void copy(const char *from, const char *to) {
        static char buf[1 << 16];
        int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ssize_t n;

        assert_true(in >= 0 && out >= 0);
        while ((n = read(in, buf, sizeof(buf))) > 0)
                assert_int_equal(write(out, buf, (size_t)n), n);
        assert_int_equal(n, 0);
        close(in);
        close(out);
}

static const char *beside(Sim *s, const char *end) {
        static char paths[4][128];
        static unsigned next;
        char *path = paths[next++ % 4];

        snprintf(path, sizeof(paths[0]), "%s%s", s->ledger, end);
        return path;
}

static void keep(Sim *s) {
        sim_stop(s);
        copy(s->ledger, beside(s, ".old"));
        sim_begin(s);
}

/* The ledger as it was kept; the witness stays what it is. */
static void put_back(Sim *s) {
        sim_stop(s);
        copy(s->ledger, beside(s, ".newer"));
        copy(beside(s, ".old"), s->ledger);
        sim_begin(s);
        sim_new_boot(s, "room/room-1"); /* or their numbers would be ahead of what this ledger knows */
        sim_new_boot(s, "station/station-1");
}

static void ready(Sim *s, const char *names) {
        sim_receive(s, names);
        sim_disinfect_room(s, "room-1");
}

static void use(Sim *s, const char *session, const char *names) {
        assert_string_equal(sim_ask(s, "room-1", session, names), "allow");
        sim_start(s, "room-1", session);
        sim_end(s, "room-1", session, "completed");
        sim_disinfect_room(s, "room-1");
}

static void the_ledger_that_lies_where_it_lay_is_not_in_doubt(void **state) {
        Sim *s = *state;

        s->host = "machine";
        sim_restart(s);
        sim_restart(s);
        ready(s, "R1");
        sim_crash(s);
        assert_false(intake_doubted_any(s->intake));
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 1);
        assert_says(text, "nothing to confirm");
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 1);
        assert_says(text, "nothing to accept");
}

static void an_older_ledger_in_its_place_is_noticed_and_stays_so(void **state) {
        Sim *s = *state;

        ready(s, "R1 R2");
        keep(s);
        use(s, "s-1", "R1");
        put_back(s);
        for (int i = 0; i < 2; i++) {
                assert_non_null(intake_doubted(s->intake, DOUBT_RESTORE));
                assert_string_equal(sim_ask(s, "room-1", i ? "s-9" : "s-8", "R1"), "restore-unconfirmed");
                assert_int_equal(sim_alert(s, "restore-unconfirmed"), 1);
                assert_false(intake_checkpoint_due(s->intake));
                sim_restart(s);
        }
        /* Until the newer one is back. The witness was not written over meanwhile. */
        sim_stop(s);
        copy(beside(s, ".newer"), s->ledger);
        sim_begin(s);
        sim_new_boot(s, "room/room-1");
        assert_null(intake_doubted(s->intake, DOUBT_RESTORE));
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "item-used");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R2"), "allow");
}

/* The old ledger knows nothing of that room: not that somebody was treated there, nor what permits it had. */
static void a_room_that_the_older_ledger_never_saw_needs_disinfection_too(void **state) {
        Sim *s = *state;

        sim_receive(s, "R1 R2");
        keep(s);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        const int64_t given = sim_sql(s, "SELECT permit_seq FROM room WHERE id = 'room-1'");
        sim_start(s, "room-1", "s-1");
        sim_end(s, "room-1", "s-1", "completed");
        put_back(s);
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        sim_say(s, "station/station-1/receive", "{'item':'%s','class':'roller'}", sim_code("R3"));
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R3"), "room-not-disinfected");
        assert_true(sim_sql(s, "SELECT permit_seq FROM room WHERE id = 'room-1'") > given);
}

static void another_history_is_noticed_also_where_it_is_longer(void **state) {
        Sim *s = *state;

        ready(s, "R1");
        keep(s);
        for (int i = 0; i < 60; i++)
                sim_blurt(s, "room/room-1/heartbeat", "{}");
        put_back(s);
        assert_non_null(intake_doubted(s->intake, DOUBT_RESTORE));
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        sim_stop(s);
        sim_begin(s);
        assert_null(intake_doubted(s->intake, DOUBT_RESTORE));
        /* Longer than the one that the witness was written for, and not what became of that. */
        sim_stop(s);
        copy(beside(s, ".newer"), s->ledger);
        sim_begin(s);
        assert_non_null(intake_doubted(s->intake, DOUBT_RESTORE));
}

static void a_missing_or_spoilt_witness_is_noticed_and_one_that_never_was_is_not(void **state) {
        Sim *s = *state;

        ready(s, "R1");
        sim_stop(s);
        assert_int_equal(unlink(beside(s, ".witness")), 0);
        sim_begin(s);
        assert_non_null(strstr(intake_doubted(s->intake, DOUBT_RESTORE), "without its witness"));
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        sim_stop(s);
        assert_int_equal(truncate(beside(s, ".witness"), 100), 0);
        sim_begin(s);
        assert_non_null(strstr(intake_doubted(s->intake, DOUBT_RESTORE), "cannot be read"));
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        /* A ledger of before there were witnesses. */
        sim_sql(s, "DELETE FROM meta WHERE name IN ('witnessed', 'place')");
        sim_stop(s);
        assert_int_equal(unlink(beside(s, ".witness")), 0);
        sim_begin(s);
        assert_null(intake_doubted(s->intake, DOUBT_RESTORE));
        assert_int_equal(access(beside(s, ".witness"), F_OK), 0);
}

static void a_ledger_that_was_moved_is_in_doubt(void **state) {
        Sim *s = *state;
        char elsewhere[64];

        s->host = "machine";
        sim_restart(s);
        ready(s, "R1");
        s->host = "other";
        sim_restart(s);
        assert_non_null(strstr(intake_doubted(s->intake, DOUBT_RESTORE), "another machine or another folder"));
        s->host = "machine";
        sim_restart(s);
        assert_non_null(intake_doubted(s->intake, DOUBT_RESTORE));
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        assert_null(intake_doubted(s->intake, DOUBT_RESTORE));
        /* Copied with its witness, on the same machine. */
        sim_stop(s);
        snprintf(elsewhere, sizeof(elsewhere), "%s/elsewhere.db", s->dir);
        copy(s->ledger, elsewhere);
        copy(beside(s, ".witness"), strcat(strcpy((char[80]){ 0 }, elsewhere), ".witness"));
        snprintf(s->ledger, sizeof(s->ledger), "%s", elsewhere);
        sim_begin(s);
        assert_non_null(strstr(intake_doubted(s->intake, DOUBT_RESTORE), "another machine or another folder"));
}

static void another_ledger_beside_the_witness_is_noticed(void **state) {
        Sim *s = *state;

        ready(s, "R1");
        sim_stop(s);
        assert_int_equal(unlink(s->ledger), 0);
        sim_begin(s);
        assert_non_null(strstr(intake_doubted(s->intake, DOUBT_RESTORE), "of another ledger"));
}

static void a_marked_copy_is_in_doubt_wherever_it_lies(void **state) {
        Sim *s = *state;
        char why[STORE_WHY_MAX] = "";

        ready(s, "R1");
        sim_stop(s);
        copy(s->ledger, beside(s, ".copy"));
        assert_int_equal(store_mark_copy(beside(s, ".copy"), 1234567, why), 0);
        copy(beside(s, ".copy"), s->ledger);
        sim_begin(s);
        assert_int_equal(sim_sql(s, "SELECT value FROM meta WHERE name = 'copy'"), 1234567);
        assert_non_null(strstr(intake_doubted(s->intake, DOUBT_RESTORE), "from a backup"));
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "ben"), 1);
        assert_non_null(intake_doubted(s->intake, DOUBT_RESTORE));
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM meta WHERE name IN ('copy', 'doubt_restore')"), 0);
        sim_stop(s);
        sim_begin(s);
        assert_null(intake_doubted(s->intake, DOUBT_RESTORE));
        sim_check_chain(s);

        assert_int_equal(store_mark_copy("/dev/null/none", 1, why), -EIO);
        assert_int_equal(store_mark_copy("etc/asepsisd.conf", 1, why), -EPROTO);
}

/* --- after the officer's word --- */

static void restored(Sim *s, const char *names) {
        ready(s, names);
        keep(s);
        sim_blurt(s, "room/room-1/heartbeat", "{}");
        put_back(s);
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        assert_int_equal(sim_alert(s, "restore-unconfirmed"), 0);
}

static void every_single_use_item_is_blocked_until_it_is_received_again(void **state) {
        Sim *s = *state;
        int64_t permits;

        ready(s, "R9");
        sim_handpiece(s, "HP-1");
        use(s, "s-0", "R9");
        permits = sim_sql(s, "SELECT permit_seq FROM room WHERE id = 'room-1'");
        restored(s, "R1 C1 S1");
        assert_int_equal(sim_sql(s, "SELECT permit_seq FROM room WHERE id = 'room-1'"), permits + 1000000);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM restored"), 1);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "restore-unconfirmed room-not-disinfected");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "restore-unconfirmed");
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "session"), "s-2");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "C1 S1 HP-1"), "restore-unconfirmed");

        /* Not by an unsequenced message, and not by one that is late. */
        sim_blurt(s, "station/station-1/receive", "{'item':'%s'}", sim_code("R1"));
        assert_string_equal(sim_ask(s, "room-1", "s-4", "R1"), "restore-unconfirmed");
        sim_receive(s, "R1");
        assert_string_equal(sim_ask(s, "room-1", "s-5", "R1"), "allow");
        sim_start(s, "room-1", "s-5");
        sim_end(s, "room-1", "s-5", "completed");
        sim_disinfect_room(s, "room-1");
        /* Received since: never blocked. Reusable: never. */
        sim_receive(s, "R2");
        assert_string_equal(sim_ask(s, "room-1", "s-6", "R2"), "allow");
        sim_end(s, "room-1", "s-6", "cancelled");
        sim_check_chain(s);
}

static void only_what_can_be_unopened_is_received_again(void **state) {
        Sim *s = *state;
        const char *const spent[] = { "R1", "R2", "R3", "R4" };

        ready(s, "R1 R2 R3 R4 R5");
        use(s, "s-1", "R1");
        sim_say(s, "sharps/sharps-1/drop", "{'item':'%s'}", sim_code("R2"));
        sim_say(s, "station/station-1/damage", "{'item':'%s','reason':'torn'}", sim_code("R3"));
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R4"), "allow");
        restored(s, "R6");
        for (size_t i = 0; i < ELEMENTSOF(spent); i++) {
                sim_forget(s);
                sim_say(s, "station/station-1/receive", "{'item':'%s'}", sim_code(spent[i]));
                assert_string_equal(sim_rejected(s, "station/station-1"), "bad-member");
        }
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE vouched_i IS NOT NULL"), 0);
        sim_receive(s, "R5");
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item WHERE vouched_i IS NOT NULL"), 1);
        /* Received twice more it changes nothing. */
        sim_receive(s, "R5 R5");
        assert_int_equal(sim_sql(s, "SELECT vouched_i < (SELECT max(i) FROM message) FROM item WHERE code = '%s'",
                                 sim_code("R5")),
                         1);
}

static void a_session_that_was_live_may_end_and_gets_no_permit(void **state) {
        Sim *s = *state;

        ready(s, "R1 R2");
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "allow");
        sim_start(s, "room-1", "s-1");
        restored(s, "R3");
        assert_non_null(strstr(sim_renew(s, "room-1", "s-1"), "session-over"));
        sim_receive(s, "R4");
        assert_non_null(strstr(sim_add(s, "room-1", "s-1", "R4"), "session-over"));
        sim_end(s, "room-1", "s-1", "completed");
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "item-used");
        assert_string_equal(sim_ask(s, "room-1", "s-3", "R4"), "allow");
}

/* --- what others have seen --- */

static void hand_back(Sim *s, const char *boot, const char *head) {
        char payload[256], *jws;
        Status now = {};

        intake_status(s->intake, &now);
        snprintf(payload, sizeof(payload),
                 "{\"log\":\"%s\",\"boot\":\"%s\",\"size\":100000,\"head\":\"%s\",\"at\":\"\"}", now.log, boot, head);
        assert_int_equal(signer_jws(s->signer, payload, strlen(payload), &jws), 0);
        sim_say(s, "room/room-1/heartbeat", "{'head':'%s'}", jws);
        free(jws);
}

#define HEAD_1 "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEAD_2 "BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
#define HEAD_3 "CAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

static void a_head_that_is_not_known_locks_over_restarts_until_it_is_accepted(void **state) {
        Sim *s = *state;

        ready(s, "R1");
        hand_back(s, "lost-run", HEAD_1);
        for (int i = 0; i < 2; i++) {
                assert_string_equal(sim_ask(s, "room-1", i ? "s-1" : "s-0", "R1"), "audit-inconsistent");
                assert_false(intake_checkpoint_due(s->intake));
                sim_restart(s);
        }
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "ana"), 1);
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 0);
        assert_says(text, "receives it again, unopened");
        assert_int_equal(sim_alert(s, "audit-inconsistent"), 0);
        assert_string_equal(
                sim_text(s, "SELECT record ->> '$.seen[1].head' FROM audit WHERE record ->> 'type' = 'accepted'"),
                HEAD_1);
        sim_disinfect_room(s, "room-1");
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "restore-unconfirmed");
        /* The same again, and others of the same lost run, lock no more; one of another run does. */
        hand_back(s, "lost-run", HEAD_1);
        hand_back(s, "lost-run", HEAD_2);
        sim_restart(s);
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        hand_back(s, "another-run", HEAD_3);
        assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
        sim_check_chain(s);
}

static void what_this_very_run_signed_is_accepted_one_by_one(void **state) {
        Sim *s = *state;
        Status now = {};

        intake_status(s->intake, &now);
        hand_back(s, now.boot, HEAD_1);
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 0);
        hand_back(s, now.boot, HEAD_1);
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        hand_back(s, now.boot, HEAD_2);
        assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
}

static int state_audit(Sim *s, const char *boot, const char *head) {
        char payload[256], *jws;
        int r;

        snprintf(payload, sizeof(payload),
                 "{\"log\":\"x\",\"boot\":\"%s\",\"size\":100000,\"head\":\"%s\",\"at\":\"\"}", boot, head);
        assert_int_equal(signer_jws(s->signer, payload, strlen(payload), &jws), 0);
        r = intake_check_checkpoint(s->intake, &s->now, jws, strlen(jws));
        sim_commit(s);
        free(jws);
        return r;
}

static void on_state_audit_only_the_accepted_head_itself_is_let_pass(void **state) {
        Sim *s = *state;

        assert_int_equal(state_audit(s, "lost-run", HEAD_1), 1);
        assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 0);
        assert_int_equal(state_audit(s, "lost-run", HEAD_1), 1);
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        /* Somebody still writes there: it is not lost, it lives. */
        assert_int_equal(state_audit(s, "lost-run", HEAD_2), 1);
        assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
}

static int state_daemon(Sim *s, const char *word) {
        int r = intake_check_daemon(s->intake, &s->now, word, strlen(word));

        sim_commit(s);
        return r;
}

static void another_daemon_is_accepted_as_gone_and_locks_again_when_it_speaks(void **state) {
        static const char online[] = "{\"state\":\"online\",\"boot\":\"other\"}",
                          offline[] = "{\"state\":\"offline\",\"boot\":\"other\"}";
        Sim *s = *state;

        ready(s, "R1");
        assert_int_equal(state_daemon(s, online), 0);
        assert_string_equal(sim_ask(s, "room-1", "s-1", "R1"), "second-daemon");
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 0);
        assert_null(intake_doubted(s->intake, DOUBT_SECOND));
        assert_int_equal(sim_alert(s, "second-daemon"), 0);
        assert_int_equal(state_daemon(s, online), 1);
        /* Nothing of this ledger was lost. */
        assert_string_equal(sim_ask(s, "room-1", "s-2", "R1"), "allow");
        sim_restart(s);
        assert_int_equal(state_daemon(s, online), 1);
        assert_int_equal(state_daemon(s, offline), 0);
        assert_non_null(intake_doubted(s->intake, DOUBT_SECOND));
        /* Seen and gone before anybody accepted it: a restart forgets it, as the topic is read again. */
        sim_restart(s);
        assert_null(intake_doubted(s->intake, DOUBT_SECOND));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM accepted WHERE what GLOB 'noted-*'"), 0);
}

static void each_way_out_is_open_while_the_other_doubts_stand(void **state) {
        Sim *s = *state;

        ready(s, "R1");
        keep(s);
        sim_blurt(s, "room/room-1/heartbeat", "{}");
        put_back(s);
        hand_back(s, "lost-run", HEAD_1);
        state_daemon(s, "{\"boot\":\"other\"}");
        intake_clock(s->intake, &s->now, s->now.boot_us, false);
        assert_int_equal(act(s, ACT_RECALL_END, "clara"), 1);
        assert_says(text, "Nothing can be permitted now");
        intake_doubt(s->intake, DOUBT_STORE, "The disk is full.");
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 1);
        assert_says(text, "disk is full");
        intake_doubt(s->intake, DOUBT_STORE, NULL);
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 0);
        assert_int_equal(act(s, ACT_CLOCK_CONFIRM, "clara"), 0);
        assert_int_equal(act(s, ACT_RESTORE_CONFIRM, "clara"), 0);
        assert_false(intake_doubted_any(s->intake));
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM restored"), 2);
        sim_check_chain(s);
}

static void an_act_that_is_not_committed_ends_no_doubt(void **state) {
        const Act a = { .type = ACT_AUDIT_ACCEPT, .subject = "audit", .by = "clara", .reason = "r" };
        Sim *s = *state;

        hand_back(s, "lost-run", HEAD_1);
        assert_int_equal(intake_act(s->intake, &s->now, &a, text), 0);
        intake_rollback(s->intake);
        sim_blurt(s, "room/room-1/heartbeat", "{}"); /* the next batch settles nothing */
        assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
        assert_int_equal(act(s, ACT_AUDIT_ACCEPT, "clara"), 0);
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
}

#define T(name) cmocka_unit_test_setup_teardown(name, sim_setup, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                T(the_ledger_that_lies_where_it_lay_is_not_in_doubt),
                T(an_older_ledger_in_its_place_is_noticed_and_stays_so),
                T(a_room_that_the_older_ledger_never_saw_needs_disinfection_too),
                T(another_history_is_noticed_also_where_it_is_longer),
                T(a_missing_or_spoilt_witness_is_noticed_and_one_that_never_was_is_not),
                T(a_ledger_that_was_moved_is_in_doubt),
                T(another_ledger_beside_the_witness_is_noticed),
                T(a_marked_copy_is_in_doubt_wherever_it_lies),
                T(every_single_use_item_is_blocked_until_it_is_received_again),
                T(only_what_can_be_unopened_is_received_again),
                T(a_session_that_was_live_may_end_and_gets_no_permit),
                T(a_head_that_is_not_known_locks_over_restarts_until_it_is_accepted),
                T(what_this_very_run_signed_is_accepted_one_by_one),
                T(on_state_audit_only_the_accepted_head_itself_is_let_pass),
                T(another_daemon_is_accepted_as_gone_and_locks_again_when_it_speaks),
                T(each_way_out_is_open_while_the_other_doubts_stand),
                T(an_act_that_is_not_committed_ends_no_doubt),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
