/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every way to a permit against every state of a session and every fault: a table of what must be answered. Whatever is
 * not said to be allowed here must be denied, and a denial never carries a permit (the simulated clinic checks that).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "../lib/clinicsim.h"

#define S US_PER_S
#define LEASE (90 * S)

/* --- the ways
 * --------------------------------------------------------------------------------------------------------- */

typedef enum Way {
        WAY_NEW,    /* another session is asked for, in another room */
        WAY_AGAIN,  /* the same question of the same session, under a new nonce */
        WAY_REPEAT, /* the very question of the session, its nonce too */
        WAY_RENEW,
        WAY_REPEAT_RENEW,
        WAY_ADD,
        WAY_RELAY,
        _WAY_MAX,
} Way;

static const char *const way_names[_WAY_MAX] = {
        "a new session", "again", "a repeated nonce", "a renewal", "a repeated renewal", "an addition", "a relay",
};

#define NONCE_REQUEST 5001
#define NONCE_RENEW 5002

static const char *said(Sim *s, const char *topic) {
        const char *verdict = sim_member(s, topic, "verdict");

        if (!verdict[0])
                return "nothing";
        assert_int_equal(sim_member(s, topic, "permit")[0] != '\0', streq(verdict, "allow"));
        return streq(verdict, "allow") ? "allow" : sim_rules(s, topic);
}

static const char *renew_with(Sim *s, uint64_t nonce) {
        sim_forget(s);
        sim_say(s, "room/room-1/session-renew", "{'session':'s-1','nonce':'%s'}", sim_nonce(nonce));
        return said(s, "down/room/room-1/permit");
}

static const char *request_with(Sim *s, uint64_t nonce) {
        sim_forget(s);
        sim_put_request(s, "room-1", "s-1", "R1", nonce);
        sim_commit(s);
        return said(s, "down/room/room-1/decision");
}

static const char *go(Sim *s, Way way) {
        switch (way) {
        case WAY_NEW:
                return sim_ask(s, "room-2", "s-2", "R2");
        case WAY_AGAIN:
                return request_with(s, ++s->nonce);
        case WAY_REPEAT:
                return request_with(s, NONCE_REQUEST);
        case WAY_RENEW:
                return sim_renew(s, "room-1", "s-1");
        case WAY_REPEAT_RENEW:
                return renew_with(s, NONCE_RENEW);
        case WAY_ADD:
                return sim_add(s, "room-1", "s-1", "R3");
        case WAY_RELAY:
                return sim_relay_ask(s, "relay-1");
        case _WAY_MAX:
                break;
        }
        return "nothing";
}

/* --- what may be wrong
 * ------------------------------------------------------------------------------------------------ */

static void nothing(Sim *s) {
        (void)s;
}

static void ended(Sim *s) {
        sim_end(s, "room-1", "s-1", "completed");
}

static void ended_by_officer(Sim *s) {
        assert_string_equal(sim_end_for(s, "s-1"), "done");
}

static void locked(Sim *s) {
        sim_say(s, "handpiece/pen-1/usage", "{'item':'nobody-knows','event':'contact'}");
}

/* Unlocking gives a suspended session nothing back: that is refused, and it must be ended. */
static void unlocking_refused(Sim *s) {
        locked(s);
        assert_string_not_equal(sim_unlock(s, "room-1"), "done");
}

static void recalled(Sim *s) {
        sim_say(s, "station/station-1/recall", "{'reason':'maker','by':'clara','items':['%s']}", sim_code("R1"));
}

static void cloned(Sim *s) {
        sim_say(s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code("R1"));
        sim_say(s, "handpiece/pen-2/usage", "{'item':'%s','event':'attached'}", sim_code("R1"));
}

static void damaged(Sim *s) {
        sim_say(s, "room/room-1/damage", "{'item':'%s','reason':'dropped'}", sim_code("R1"));
}

static void leased_no_more(Sim *s) {
        sim_pass(s, LEASE + 1);
}

static void nearly_run_out(Sim *s) {
        sim_pass(s, LEASE - S);
}

static void rebooted(Sim *s) {
        sim_reboot(s, S);
}

static void clock_doubted(Sim *s) {
        intake_doubt(s->intake, DOUBT_CLOCK, "The clock stands wrong.");
}

static void store_doubted(Sim *s) {
        intake_doubt(s->intake, DOUBT_STORE, "The disk is full.");
}

static void audit_doubted(Sim *s) {
        intake_doubt(s->intake, DOUBT_AUDIT, "A checkpoint is not known.");
}

static void not_armed(Sim *s) {
        intake_doubt(s->intake, DOUBT_ARMING, "The broker's records are not read yet.");
}

static void restored(Sim *s) {
        intake_doubt(s->intake, DOUBT_RESTORE, "This ledger is a backup.");
}

static void second(Sim *s) {
        intake_doubt(s->intake, DOUBT_SECOND, "Another daemon spoke.");
}

/* The room restarts: another boot, and it renews what it had. */
static void room_restarted(Sim *s) {
        sim_new_boot(s, "room/room-1");
}

static void daemon_restarted(Sim *s) {
        sim_restart(s);
}

static void daemon_crashed(Sim *s) {
        sim_crash(s);
}

static void somebody_elses_lock(Sim *s) {
        sim_say(s, "handpiece/pen-2/usage", "{'item':'nobody-knows','event':'contact'}");
}

#define SET(way) (1U << WAY_##way)
#define ALL (SET(AGAIN) | SET(REPEAT) | SET(RENEW) | SET(REPEAT_RENEW) | SET(ADD) | SET(RELAY))

typedef struct Cause {
        const char *name;
        void (*happens)(Sim *s);
        /* The ways that still lead to a permit: a session that is authorised; one that runs; one that runs, under
         * on-fault = hold. */
        unsigned authorised, running, held;
} Cause;

static const Cause causes[] = {
        { "nothing", nothing, ALL | SET(NEW), ALL | SET(NEW), ALL | SET(NEW) },
        { "it ended", ended, SET(NEW), SET(NEW), SET(NEW) },
        { "an officer ended it", ended_by_officer, SET(NEW), SET(NEW), SET(NEW) },
        { "its room is locked", locked, SET(NEW), SET(NEW), SET(NEW) },
        { "its room is locked, and an officer tries to unlock it", unlocking_refused, SET(NEW), SET(NEW), SET(NEW) },
        { "another room is locked", somebody_elses_lock, ALL, ALL, ALL },
        { "an item of it is recalled", recalled, SET(NEW), SET(NEW), SET(NEW) },
        { "an item of it is cloned", cloned, 0, 0, 0 },
        { "an item of it is damaged", damaged, SET(NEW), SET(NEW), SET(NEW) },
        /* An authorised session has lapsed then. The relay has to wait for its room; repeats are too old. */
        { "its lease ran out", leased_no_more, SET(NEW), SET(NEW) | SET(AGAIN) | SET(RENEW) | SET(ADD),
          SET(NEW) | SET(AGAIN) | SET(RENEW) | SET(ADD) },
        { "its lease nearly ran out", nearly_run_out, ALL | SET(NEW), ALL | SET(NEW), ALL | SET(NEW) },
        /* A nonce of an earlier boot of the machine gets no permit; nor does a relay, until its room has renewed. */
        { "the machine was rebooted", rebooted, SET(NEW) | SET(AGAIN) | SET(RENEW) | SET(ADD),
          SET(NEW) | SET(AGAIN) | SET(RENEW) | SET(ADD), SET(NEW) | SET(AGAIN) | SET(RENEW) | SET(ADD) },
        { "the room was restarted", room_restarted, ALL | SET(NEW), ALL | SET(NEW), ALL | SET(NEW) },
        { "the daemon was restarted", daemon_restarted, ALL | SET(NEW), ALL | SET(NEW), ALL | SET(NEW) },
        { "the daemon crashed", daemon_crashed, ALL | SET(NEW), ALL | SET(NEW), ALL | SET(NEW) },
        /* Held: what runs goes on, and takes nothing more. */
        { "the clock is in doubt", clock_doubted, 0, 0, ALL & ~SET(ADD) },
        { "the store is in doubt", store_doubted, 0, 0, ALL & ~SET(ADD) },
        { "the audit is in doubt", audit_doubted, 0, 0, ALL & ~SET(ADD) },
        { "the daemon is not armed", not_armed, 0, 0, 0 },
        { "the ledger was restored", restored, 0, 0, 0 },
        { "there is a second daemon", second, 0, 0, 0 },
};

static void try_way(const Cause *c, Way way, bool runs, bool hold) {
        const unsigned allowed = hold ? c->held : runs ? c->running : c->authorised;
        const bool wanted = allowed & (1U << way);
        int64_t seq;
        const char *is;
        Sim s;

        sim_open(&s, hold ? "[policy]\non-fault = hold\n" : NULL);
        sim_receive(&s, "R1 R2 R3");
        assert_string_equal(request_with(&s, NONCE_REQUEST), "allow");
        if (runs)
                sim_start(&s, "room-1", "s-1");
        assert_string_equal(renew_with(&s, NONCE_RENEW), "allow");
        c->happens(&s);
        seq = sim_sql(&s, "SELECT max(permit_seq) FROM room WHERE id = 'room-1'");
        is = go(&s, way);
        if (streq(is, "allow") != wanted)
                fail_msg("%s, %s%s: %s gets \"%s\"", c->name, runs ? "running" : "authorised", hold ? ", held" : "",
                         way_names[way], is);
        /* Whatever is denied has made none, either. */
        if (way != WAY_NEW)
                assert_int_equal(sim_sql(&s, "SELECT max(permit_seq) FROM room WHERE id = 'room-1'"), seq + wanted);
        sim_close(&s);
}

static void a_permit_is_given_only_where_the_table_says_so(void **state) {
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(causes); i++)
                for (Way way = 0; way < _WAY_MAX; way++)
                        for (int runs = 0; runs < 2; runs++)
                                try_way(causes + i, way, runs, false);
}

static void a_running_session_is_held_only_where_the_table_says_so(void **state) {
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(causes); i++)
                for (Way way = 0; way < _WAY_MAX; way++)
                        try_way(causes + i, way, true, true);
}

/* One that is authorised has not begun: holding is nothing for it, also not when one of its items was touched. */
static void what_has_not_begun_is_not_held(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[policy]\non-fault = hold\n");
        sim_receive(&s, "R1");
        assert_string_equal(sim_ask(&s, "room-1", "s-1", "R1"), "allow");
        sim_say(&s, "handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code("R1"));
        intake_doubt(s.intake, DOUBT_CLOCK, "The clock stands wrong.");
        assert_string_equal(sim_renew(&s, "room-1", "s-1"), "clock-untrusted");
        intake_doubt(s.intake, DOUBT_CLOCK, NULL);
        assert_string_equal(sim_renew(&s, "room-1", "s-1"), "allow");
        sim_close(&s);
}

/* A held session is stopped by what would stop it otherwise. */
static void a_lock_ends_what_is_held(void **state) {
        Sim s;

        (void)state;
        sim_open(&s, "[policy]\non-fault = hold\n");
        sim_receive(&s, "R1");
        assert_string_equal(sim_ask(&s, "room-1", "s-1", "R1"), "allow");
        sim_start(&s, "room-1", "s-1");
        clock_doubted(&s);
        assert_string_equal(sim_renew(&s, "room-1", "s-1"), "allow");
        locked(&s);
        assert_string_equal(sim_renew(&s, "room-1", "s-1"), "session-over");
        assert_string_equal(sim_relay_ask(&s, "relay-1"), "room-locked session-over");
        sim_close(&s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_permit_is_given_only_where_the_table_says_so),
                cmocka_unit_test(a_running_session_is_held_only_where_the_table_says_so),
                cmocka_unit_test(what_has_not_begun_is_not_held),
                cmocka_unit_test(a_lock_ends_what_is_held),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
