/* SPDX-License-Identifier: Apache-2.0 */
/* Keys: prepared, rotated, retired, exchanged; and whatever lies on disk after a crash, one key signs: the ledger's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "../lib/clinicsim.h"
#include "util.h"

#define FILE_MAX 80

static char text[ACT_TEXT_MAX], first[64];

static int act(Sim *s, ActType type, const char *cause) {
        const Act a = {
                .type = type, .subject = cause ?: "signing-key", .cause = cause, .by = "clara", .reason = "yearly", .uid = 1
        };
        int r = intake_act(s->intake, &s->now, &a, text);

        assert_true(r >= 0);
        return r;
}

static void done(Sim *s, ActType type, const char *cause) {
        if (act(s, type, cause) != 0)
                fail_msg("refused: %s", text);
        sim_commit(s);
}

static void refused(Sim *s, ActType type, const char *cause, const char *part) {
        assert_int_equal(act(s, type, cause), 1);
        sim_commit(s);
        if (!strstr(text, part))
                fail_msg("\"%s\" does not say \"%s\"", text, part);
}

static int set_up(void **state) {
        int r = sim_setup(state);
        Sim *s = *state;

        snprintf(first, sizeof(first), "%s", signer_kid(s->signer));
        return r;
}

/* --- files --- */

typedef struct Files {
        char now[FILE_MAX], next[FILE_MAX]; /* empty: there is none */
} Files;

static void path_of(const Sim *s, bool next, char ret[static FILE_MAX]) {
        snprintf(ret, FILE_MAX, "%s%s", s->key, next ? ".next" : "");
}

static void read_one(const Sim *s, bool next, char ret[static FILE_MAX]) {
        char path[FILE_MAX];
        ssize_t n;
        int fd;

        path_of(s, next, path);
        fd = open(path, O_RDONLY);
        n = fd < 0 ? 0 : read(fd, ret, FILE_MAX - 1);
        ret[n < 0 ? 0 : n] = '\0';
        if (fd >= 0)
                close(fd);
}

static void write_one(const Sim *s, bool next, const char *content) {
        char path[FILE_MAX];
        int fd;

        path_of(s, next, path);
        unlink(path);
        if (!content[0])
                return;
        fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0600);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, content, strlen(content)), strlen(content));
        close(fd);
}

static Files files_now(const Sim *s) {
        Files f;

        read_one(s, false, f.now);
        read_one(s, true, f.next);
        return f;
}

/* The machine stops with these files on its disk, and the daemon starts anew. */
static void start_with(Sim *s, const Files *f) {
        sim_commit(s);
        s->signer = signer_free(s->signer);
        write_one(s, false, f->now);
        write_one(s, true, f->next);
        assert_int_equal(signer_open(&s->signer, s->key), 0);
        sim_crash(s);
        intake_doubt(s->intake, DOUBT_ARMING, NULL);
}

static void start_again(Sim *s) {
        const Files f = files_now(s);

        start_with(s, &f);
}

/* --- what signs --- */

static const char *kid_in(Sim *s, int state) {
        return sim_text(s, "SELECT kid FROM key WHERE state = %d", state);
}

/* Ledger, signer, file and permits agree. */
static void assert_signs(Sim *s, const char *kid) {
        static int n;
        char session[16], item[16];
        Signer *file = NULL;
        json_t *permit;

        assert_string_equal(signer_kid(s->signer), kid);
        assert_string_equal(kid_in(s, 1), kid);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM key WHERE state = 1"), 1);
        assert_int_equal(signer_open(&file, s->key), 0);
        assert_string_equal(signer_kid(file), kid);
        signer_free(file);
        assert_null(intake_doubted(s->intake, DOUBT_KEY));
        snprintf(session, sizeof(session), "s-%d", ++n);
        snprintf(item, sizeof(item), "R%d", n);
        sim_receive(s, item);
        sim_disinfect_room(s, "room-2");
        assert_string_equal(sim_ask(s, "room-2", session, item), "allow");
        permit = sim_open_jws(s, sim_member(s, "down/room/room-2/decision", "permit"));
        json_decref(permit);
        sim_end(s, "room-2", session, "cancelled");
        sim_pass(s, 200 * US_PER_S);
        sim_check_chain(s);
}

static char *checkpoint(Sim *s) {
        char *jws;

        assert_int_equal(intake_checkpoint(s->intake, &s->now, &jws), 0);
        return jws;
}

static void hand_back(Sim *s, const char *jws) {
        sim_say(s, "room/room-1/heartbeat", "{'head':'%s'}", jws);
}

/* A head of this key that is not on our chain. */
static char *foreign(Sim *s) {
        char payload[256], *jws;

        snprintf(payload, sizeof(payload), "{\"log\":\"%s\",\"boot\":\"b\",\"size\":3,\"head\":\"x\",\"at\":\"\"}",
                 sim_text(s, "SELECT value FROM meta WHERE name = 'log'"));
        assert_int_equal(signer_jws(s->signer, payload, strlen(payload), &jws), 0);
        return jws;
}

static void rotate(Sim *s, const char *cause) {
        done(s, ACT_KEY_PREPARE, NULL);
        done(s, ACT_KEY_ROTATE, cause);
}

/* --- tests --- */

static void the_first_start_registers_the_key_and_the_chain_has_it(void **state) {
        Sim *s = *state;

        assert_signs(s, first);
        assert_string_equal(sim_text(s, "SELECT record ->> 'kid' FROM audit WHERE record ->> 'type' = 'key'"), first);
        assert_string_equal(sim_text(s, "SELECT record ->> 'public_key' FROM audit WHERE record ->> 'type' = 'key'"),
                            signer_public_key(s->signer));
        sim_restart(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'type' = 'key'"), 1);
}

static void a_prepared_key_is_vouched_for_and_signs_nothing(void **state) {
        Sim *s = *state;
        json_t *said;
        const char *next;

        done(s, ACT_KEY_PREPARE, NULL);
        assert_signs(s, first);
        next = signer_next_kid(s->signer);
        assert_string_equal(kid_in(s, 0), next);
        said = sim_open_jws(s, sim_text(s, "SELECT statement FROM key WHERE state = 0"));
        assert_string_equal(json_string_value(json_object_get(said, "site")), "clinic");
        assert_string_equal(json_string_value(json_object_get(said, "kid")), next);
        assert_string_equal(json_string_value(json_object_get(json_object_get(said, "jwk"), "x")),
                            signer_next_public_key(s->signer));
        assert_non_null(json_object_get(said, "made_at"));
        json_decref(said);
        /* In the chain, too, for whoever checks it and knows the first key only. */
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit, key WHERE state = 0 AND record ->> 'event' = 'prepared' "
                                    "AND record ->> 'statement' = statement"), 1);
        refused(s, ACT_KEY_PREPARE, NULL, "is prepared already");
        sim_restart(s);
        assert_signs(s, first);
}

static void rotated_the_new_key_signs_and_the_old_one_is_known(void **state) {
        Sim *s = *state;
        char *before = checkpoint(s), *payload, kid[64];

        done(s, ACT_KEY_PREPARE, NULL);
        snprintf(kid, sizeof(kid), "%s", signer_next_kid(s->signer));
        done(s, ACT_KEY_ROTATE, NULL);
        assert_signs(s, kid);
        assert_string_equal(kid_in(s, 2), first);
        assert_int_equal(signer_verify(s->signer, before, strlen(before), &payload), SIGNER_OURS);
        free(payload);
        free(before);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'event' = 'rotated' "
                                    "AND record ->> 'was' = '%s'", first),
                         1);
        start_again(s);
        assert_signs(s, kid);
}

static void the_checkpoint_is_published_anew_after_a_rotation(void **state) {
        Sim *s = *state;
        char *jws;

        free(checkpoint(s));
        assert_false(intake_checkpoint_due(s->intake));
        rotate(s, NULL);
        assert_true(intake_checkpoint_due(s->intake));
        jws = checkpoint(s);
        json_decref(sim_open_jws(s, jws));
        free(jws);
        assert_false(intake_checkpoint_due(s->intake));
}

static void it_takes_a_prepared_key_and_its_file(void **state) {
        Sim *s = *state;
        Files f;

        refused(s, ACT_KEY_ROTATE, NULL, "No key is prepared");
        done(s, ACT_KEY_PREPARE, NULL);
        f = files_now(s);
        f.next[0] = '\0';
        start_with(s, &f);
        refused(s, ACT_KEY_ROTATE, NULL, "Prepare another one");
        done(s, ACT_KEY_PREPARE, NULL);
        done(s, ACT_KEY_ROTATE, NULL);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM key WHERE state = 4"), 1);
        assert_signs(s, signer_kid(s->signer));
}

static void a_rotation_that_is_not_committed_did_not_happen(void **state) {
        Sim *s = *state;
        Files f;

        done(s, ACT_KEY_PREPARE, NULL);
        f = files_now(s);
        assert_int_equal(act(s, ACT_KEY_ROTATE, NULL), 0);
        assert_string_equal(signer_kid(s->signer), first);
        intake_rollback(s->intake);
        sim_commit(s);
        assert_string_equal(signer_kid(s->signer), first);
        start_with(s, &f);
        assert_signs(s, first);
        done(s, ACT_KEY_ROTATE, NULL);
        assert_signs(s, signer_kid(s->signer));
}

/* Each state of the files that a crash can leave after the commit. */
static void a_crash_after_the_commit_leaves_the_new_key(void **state) {
        static const char destroyed[] = "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n";
        Sim *s = *state;
        char kid[64];
        Files before;

        for (int i = 0; i < 3; i++) {
                done(s, ACT_KEY_PREPARE, NULL);
                before = files_now(s);
                snprintf(kid, sizeof(kid), "%s", signer_next_kid(s->signer));
                done(s, ACT_KEY_ROTATE, NULL);
                if (i == 1)
                        snprintf(before.now, sizeof(before.now), "%s", destroyed);
                if (i == 2) /* cut short while it was overwritten */
                        snprintf(before.now + 20, sizeof(before.now) - 20, "%s", destroyed + 20);
                start_with(s, &before);
                assert_signs(s, kid);
                assert_string_equal(files_now(s).next, "");
        }
}

static void a_crash_after_the_file_and_before_the_commit_leaves_the_old_key(void **state) {
        Sim *s = *state;
        Files f;

        assert_int_equal(act(s, ACT_KEY_PREPARE, NULL), 0);
        f = files_now(s);
        assert_int_equal(strlen(f.next), 65);
        intake_rollback(s->intake);
        start_with(s, &f);
        assert_signs(s, first);
        assert_string_equal(kid_in(s, 0), "");
        rotate(s, NULL);
        assert_signs(s, signer_kid(s->signer));
}

static void an_exchanged_key_file_opens_no_session(void **state) {
        Sim *s = *state;
        char found[64];
        Files right;

        sim_receive(s, "R1 R2");
        right = files_now(s);
        start_with(s, &(Files){ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n", "" });
        snprintf(found, sizeof(found), "%s", signer_kid(s->signer));
        assert_string_not_equal(found, first);
        assert_string_equal(sim_ask(s, "room-1", "k-1", "R1"), "key-changed");
        assert_int_equal(sim_alert(s, "key-changed"), 1);
        assert_int_equal(sim_sql(s, "SELECT severity FROM alert WHERE rule = 'key-changed'"), 2);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM audit WHERE record ->> 'event' = 'exchanged'"), 1);
        assert_false(intake_checkpoint_due(s->intake));
        refused(s, ACT_KEY_PREPARE, NULL, "another key");
        refused(s, ACT_KEY_ROTATE, NULL, "another key");
        start_with(s, &right);
        assert_int_equal(sim_alert(s, "key-changed"), 0);
        assert_string_equal(sim_ask(s, "room-1", "k-1", "R1"), "allow");
        assert_signs(s, first);
}

static void an_officer_who_names_it_accepts_another_key(void **state) {
        Sim *s = *state;
        char found[64];

        refused(s, ACT_KEY_ACCEPT, first, "nothing to accept");
        start_with(s, &(Files){ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n", "" });
        snprintf(found, sizeof(found), "%s", signer_kid(s->signer));
        refused(s, ACT_KEY_ACCEPT, first, "not that one");
        done(s, ACT_KEY_ACCEPT, found);
        assert_int_equal(sim_alert(s, "key-changed"), 0);
        assert_signs(s, found);
        assert_string_equal(kid_in(s, 2), first);
        start_again(s);
        assert_signs(s, found);
}

static void an_acceptance_that_is_not_committed_leaves_the_doubt(void **state) {
        Sim *s = *state;

        start_with(s, &(Files){ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n", "" });
        assert_int_equal(act(s, ACT_KEY_ACCEPT, signer_kid(s->signer)), 0);
        assert_non_null(intake_doubted(s->intake, DOUBT_KEY));
        intake_rollback(s->intake);
        sim_commit(s);
        assert_non_null(intake_doubted(s->intake, DOUBT_KEY));
}

static void a_lost_key_file_is_an_exchanged_one(void **state) {
        Sim *s = *state;

        start_with(s, &(Files){ "", "" });
        assert_non_null(intake_doubted(s->intake, DOUBT_KEY));
        done(s, ACT_KEY_ACCEPT, signer_kid(s->signer));
        assert_signs(s, signer_kid(s->signer));
}

static void heads_of_a_retired_key_are_ours_and_can_lock(void **state) {
        Sim *s = *state;
        char *known = checkpoint(s), *unknown = foreign(s);

        for (int i = 0; i < 3; i++)
                rotate(s, NULL);
        sim_restart(s);
        intake_doubt(s->intake, DOUBT_ARMING, NULL);
        hand_back(s, known);
        assert_int_equal(sim_alert(s, "audit-inconsistent"), 0);
        assert_int_equal(intake_check_checkpoint(s->intake, &s->now, known, strlen(known)), 1);
        assert_null(intake_doubted(s->intake, DOUBT_SECOND));
        hand_back(s, unknown);
        assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
        free(known);
        free(unknown);
}

static void heads_of_a_compromised_key_are_a_warning_unless_they_are_on_the_chain(void **state) {
        Sim *s = *state;
        char *known = checkpoint(s), *unknown = foreign(s);

        rotate(s, "compromised");
        assert_string_equal(kid_in(s, 3), first);
        assert_non_null(strstr(text, "Pair each device again"));
        sim_restart(s);
        intake_doubt(s->intake, DOUBT_ARMING, NULL);
        hand_back(s, known);
        assert_int_equal(sim_alert(s, "audit-inconsistent"), 0);
        assert_int_equal(intake_check_checkpoint(s->intake, &s->now, known, strlen(known)), 1);
        hand_back(s, unknown);
        assert_null(intake_doubted(s->intake, DOUBT_AUDIT));
        assert_int_equal(sim_sql(s, "SELECT max(severity) FROM alert WHERE rule = 'audit-inconsistent'"), 1);
        assert_int_equal(intake_check_checkpoint(s->intake, &s->now, unknown, strlen(unknown)), 0);
        assert_non_null(intake_doubted(s->intake, DOUBT_SECOND));
        free(known);
        free(unknown);
}

static void a_compromised_key_is_never_accepted_again(void **state) {
        Sim *s = *state;
        Files old = files_now(s);

        rotate(s, "compromised");
        start_with(s, &old);
        assert_non_null(intake_doubted(s->intake, DOUBT_KEY));
        refused(s, ACT_KEY_ACCEPT, first, "others may have it");
        assert_non_null(intake_doubted(s->intake, DOUBT_KEY));
}

static void the_ninth_key_before_is_forgotten(void **state) {
        Sim *s = *state;
        char *jws = checkpoint(s), *payload;

        for (int i = 0; i < 8; i++)
                rotate(s, NULL);
        assert_int_equal(signer_verify(s->signer, jws, strlen(jws), &payload), SIGNER_OURS);
        free(payload);
        sim_advance(s, 61 * US_PER_S);
        rotate(s, NULL);
        assert_int_equal(signer_verify(s->signer, jws, strlen(jws), &payload), 0);
        free(jws);
}

static void only_an_officer_touches_keys(void **state) {
        Sim *s = *state;
        const ActType types[] = { ACT_KEY_PREPARE, ACT_KEY_ROTATE, ACT_KEY_ACCEPT };

        for (size_t i = 0; i < ELEMENTSOF(types); i++) {
                const Act a = { .type = types[i], .subject = "x", .by = "ben", .reason = "y", .uid = 1 };

                assert_int_equal(intake_act(s->intake, &s->now, &a, text), 1);
                assert_non_null(strstr(text, "an officer may"));
        }
        sim_commit(s);
        assert_null(signer_next_kid(s->signer));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, sim_teardown)

int main(void) {
        const struct CMUnitTest tests[] = {
                TEST(the_first_start_registers_the_key_and_the_chain_has_it),
                TEST(a_prepared_key_is_vouched_for_and_signs_nothing),
                TEST(rotated_the_new_key_signs_and_the_old_one_is_known),
                TEST(the_checkpoint_is_published_anew_after_a_rotation),
                TEST(it_takes_a_prepared_key_and_its_file),
                TEST(a_rotation_that_is_not_committed_did_not_happen),
                TEST(a_crash_after_the_commit_leaves_the_new_key),
                TEST(a_crash_after_the_file_and_before_the_commit_leaves_the_old_key),
                TEST(an_exchanged_key_file_opens_no_session),
                TEST(an_officer_who_names_it_accepts_another_key),
                TEST(an_acceptance_that_is_not_committed_leaves_the_doubt),
                TEST(a_lost_key_file_is_an_exchanged_one),
                TEST(heads_of_a_retired_key_are_ours_and_can_lock),
                TEST(heads_of_a_compromised_key_are_a_warning_unless_they_are_on_the_chain),
                TEST(a_compromised_key_is_never_accepted_again),
                TEST(the_ninth_key_before_is_forgotten),
                TEST(only_an_officer_touches_keys),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
