/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of two rooms that fight over a few needles: messages repeated, reordered, delayed, lost, unnumbered;
 * devices, daemon and machine that restart in between. After each commit the tables themselves must show that the
 * promises hold. SEED=n repeats a run; HISTORIES=n makes it longer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "store/stmt.h"

#define HISTORIES_PER_LEDGER 10
#define STEPS 40
#define NEEDLES 5
#define SENT_MAX 512

typedef struct Message {
        char topic[128], payload[512];
} Message;

static Sim *s;
static GenRandom dice;
static int history, n_sent, n_late;
static Message sent[SENT_MAX], late[SENT_MAX];
static char used[HISTORIES_PER_LEDGER * NEEDLES][16]; /* by which session each needle was ever marked used */
static unsigned allowed, denied;

static int roll(int n) {
        return (int)(gen_random(&dice) % (uint64_t)n);
}

static const char *pick(const char *a, const char *b) {
        return roll(2) ? a : b;
}

static const char *needle(void) {
        static char name[4][16];
        static int next;
        char *n = name[next++ % 4];

        snprintf(n, sizeof(name[0]), "R%d", history * NEEDLES + roll(NEEDLES));
        return n;
}

/* Now, later or never; and perhaps once more, to the byte. */
static void transmit(const Message *m) {
        const int fate = roll(20);

        if (n_sent < SENT_MAX)
                sent[n_sent++] = *m;
        if (fate == 0)
                return;
        if (fate <= 2 && n_late < SENT_MAX) {
                late[n_late++] = *m;
                return;
        }
        sim_send(s, m->topic, m->payload, false, NULL);
}

static void _printf_(2, 3) say(const char *what, const char *json, ...) {
        char body[400], who[80], head[64] = "";
        Message m;
        va_list ap;

        va_start(ap, json);
        vsnprintf(body, sizeof(body), json, ap);
        va_end(ap);
        for (char *c = body; *c; c++)
                if (*c == '\'')
                        *c = '"';
        snprintf(who, sizeof(who), "%.*s", (int)(strrchr(what, '/') - what), what);
        if (roll(12) == 0)
                sim_new_boot(s, who);
        if (roll(10))
                snprintf(head, sizeof(head), "\"boot\":\"%s\",\"seq\":%" PRId64 ",", sim_boot(s, who), sim_next_seq(s, who));
        snprintf(m.topic, sizeof(m.topic), "asepsis/v1/clinic/up/%s", what);
        snprintf(m.payload, sizeof(m.payload), "{%s%s", head, body + 1);
        transmit(&m);
}

/* Mostly of a session that is the room's own. */
static void in_room(const char *message, const char *json) {
        const int number = roll(4), room = roll(10) ? number / 2 : roll(2);
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/%s", room + 1, message);
        say(what, "{'session':'s-%d-%d',%s}", history, number, json);
}

static void room_speaks(void) {
        char json[300];

        switch (roll(7)) {
        case 0:
        case 1:
        case 2:
                snprintf(json, sizeof(json),
                         "'practitioner':'ana','patient':'p-1','procedure':'skin-needling','items':%s,'nonce':'%s'",
                         sim_codes(needle()), sim_nonce((uint64_t)(history * 100 + roll(30))));
                in_room("session-request", json);
                return;
        case 3:
                snprintf(json, sizeof(json), "'nonce':'%s'", sim_nonce((uint64_t)(history * 100 + roll(30))));
                in_room("session-renew", json);
                return;
        case 4:
                snprintf(json, sizeof(json), "'items':%s,'nonce':'%s'", sim_codes(needle()),
                         sim_nonce((uint64_t)(history * 100 + roll(30))));
                in_room("session-add", json);
                return;
        case 5:
                in_room("session-start", "'at':'2026-11-22T10:00:00Z'");
                return;
        default:
                snprintf(json, sizeof(json), "'by':'ana','outcome':'%s'", roll(2) ? "cancelled" : pick("completed", "stopped"));
                if (roll(6) == 0)
                        snprintf(json, sizeof(json), "'by':'ana','outcome':'completed','unopened':%s", sim_codes(needle()));
                in_room("session-end", json);
        }
}

static void others_speak(void) {
        static const char *const events[] = { "attached", "contact", "round", "detached" };
        char what[64];

        switch (roll(8)) {
        case 0:
        case 1:
                snprintf(what, sizeof(what), "handpiece/%s/usage", pick("pen-1", "pen-2"));
                say(what, "{'item':'%s','event':'%s'}", sim_code(needle()), events[roll(4)]);
                return;
        case 2:
                say("sharps/sharps-1/drop", "{'item':'%s'}", sim_code(needle()));
                return;
        case 3:
                say("station/station-1/receive", "{'item':'%s'}", sim_code(needle()));
                return;
        case 4:
                if (roll(4) == 0)
                        say("station/station-1/damage", "{'item':'%s','reason':'torn'}", sim_code(needle()));
                return;
        default:
                snprintf(what, sizeof(what), "room/%s/disinfected", pick("room-1", "room-2"));
                say(what, "{'by':'ben','contact_s':60}");
        }
}

/* --- what must hold --- */

static void none(const char *what, const char *sql) {
        const int64_t n = sim_sql(s, "%s", sql);

        if (n != 0)
                fail_msg("history %d: %s: %" PRId64, history, what, n);
}

static void check_used(void) {
        sqlite3_stmt *stmt;

        assert_int_equal(sqlite3_prepare_v2(s->store->db, "SELECT substr(code, 22), used_session, returned FROM item WHERE used_session IS NOT NULL", -1, &stmt, NULL), SQLITE_OK);
        while (sqlite3_step(stmt) == SQLITE_ROW) {
                const char *code = (const char *)sqlite3_column_text(stmt, 0), *by = (const char *)sqlite3_column_text(stmt, 1);
                char *before = used[atoi(strchr(code, 'R') + 1)];

                if (before[0] && !streq(before, by) && !sqlite3_column_int(stmt, 2))
                        fail_msg("history %d: %s was used in %s and in %s", history, code, before, by);
                snprintf(before, sizeof(used[0]), "%s", by);
        }
        sqlite3_finalize(stmt);
}

static void check(void) {
        none("a claim of a session that ended otherwise than cancelled",
             "SELECT count(*) FROM claim c JOIN session x ON x.id = c.session WHERE x.state = 3 AND coalesce(x.outcome, -1) <> 1");
        none("a session that lives or lapsed and does not hold the needles it was allowed",
             "SELECT count(*) FROM session_item i JOIN session x ON x.id = i.session WHERE x.state <> 3 AND NOT EXISTS "
             "(SELECT 1 FROM claim c WHERE c.item = i.item AND c.session = x.id)");
        none("a session without items", "SELECT count(*) FROM session x WHERE NOT EXISTS (SELECT 1 FROM session_item i WHERE i.session = x.id)");
        none("two live sessions in one room", "SELECT count(*) FROM (SELECT 1 FROM session WHERE state < 3 GROUP BY room HAVING count(*) > 1)");
        none("a needle held by a live session that was used in another before",
             "SELECT count(*) FROM claim c JOIN session b ON b.id = c.session JOIN item x ON x.id = c.item "
             "JOIN session a ON a.label = x.used_session WHERE a.id <> b.id AND b.state < 3 "
             "AND x.used_us < b.allowed_us");
        none("an effect behind what is still awaited", "SELECT count(*) FROM stream WHERE applied > top");
        check_used();
        for (size_t i = 0; i < s->n_out; i++) {
                if (!strstr(s->out[i].topic, "/decision"))
                        continue;
                allowed += strstr(s->out[i].payload, "\"allow\"") != NULL;
                denied += strstr(s->out[i].payload, "\"deny\"") != NULL;
        }
        sim_forget(s);
}

static void again(const Message *m) {
        sim_send(s, m->topic, m->payload, false, NULL);
}

static void step(void) {
        const int what = roll(30);

        if (what < 13)
                room_speaks();
        else if (what < 21)
                others_speak();
        else if (what < 23 && n_sent > 0)
                again(sent + roll(n_sent));
        else if (what < 25 && n_late > 0)
                again(late + --n_late);
        else if (what < 28)
                sim_pass(s, (int64_t)(1 + roll(60)) * US_PER_S);
        else if (what == 28)
                (roll(2) ? sim_restart : sim_crash)(s);
        else if (roll(4) == 0)
                sim_reboot(s, 30 * US_PER_S);
        /* What a crash may still take back proves nothing. */
        if (roll(2)) {
                sim_commit(s);
                check();
        }
}

static void one_history(void) {
        n_sent = n_late = 0;
        for (int room = 1; room <= 2; room++) {
                char what[64], live[64], who[32];
                snprintf(who, sizeof(who), "room/room-%d", room);
                sim_new_boot(s, who);
                snprintf(live, sizeof(live), "%s", sim_text(s, "SELECT label FROM session WHERE state < 3 AND room = 'room-%d'", room));
                snprintf(what, sizeof(what), "%s/session-end", who);
                if (live[0])
                        sim_say(s, what, "{'session':'%s','by':'ana'}", live);
                sim_disinfect_room(s, who + 5);
        }
        for (int i = 0; i < NEEDLES; i++) {
                char name[16];
                snprintf(name, sizeof(name), "R%d", history * NEEDLES + i);
                sim_say(s, "station/station-1/receive", "{'item':'%s'}", sim_code(name));
        }
        for (int i = 0; i < STEPS; i++)
                step();
        sim_commit(s);
        check();
}

static int number(const char *name, int otherwise) {
        const char *text = getenv(name);

        return text ? atoi(text) : otherwise;
}

static void no_history_uses_a_needle_twice_or_breaks_the_chain(void **state) {
        const int histories = number("HISTORIES", 600), seed = number("SEED", (int)(time(NULL) % 1000000));
        Sim sim;

        (void)state;
        print_message("SEED=%d HISTORIES=%d\n", seed, histories);
        s = &sim;
        for (int ledger = 0; ledger * HISTORIES_PER_LEDGER < histories; ledger++) {
                dice = (GenRandom){ .state = (uint64_t)seed * 1000003 + (uint64_t)ledger };
                memset(used, 0, sizeof(used));
                sim_open(s, NULL);
                for (history = 0; history < HISTORIES_PER_LEDGER; history++)
                        one_history();
                sim_check_chain(s);
                sim_close(s);
        }
        print_message("%u allowed, %u denied\n", allowed, denied);
        assert_true(allowed > (unsigned)histories / 4 && denied > (unsigned)histories);
}

int main(void) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(no_history_uses_a_needle_twice_or_breaks_the_chain) };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
