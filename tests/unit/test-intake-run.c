/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same random messages, many of them refused, go through two clinics: in one they share savepoints, in the other
 * each has its own. Everything in the two ledgers, and everything that was sent, must be the same to the byte. For that
 * the source of randomness is made constant. SEED=n repeats a run; ROUNDS=n makes it longer.
 *
 * In the second test the other clinic commits after each message, so that no sample ever waits for another. There the rows
 * differ; what was measured, when it came, and what was made of it must not.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "core/samples.h"
#include "intake/sterile.h"
#include "store/rows.h"
#include "store/stmt.h"

#define SENT_MAX 256
#define UP "asepsis/v1/clinic/up/"

typedef struct Spoken {
        char topic[128], payload[2000];
        bool retained;
} Spoken;

static Sim *shared, *single;
static GenRandom dice;
static Spoken sent[SENT_MAX];
static size_t n_sent;
static int cycle, sample_at, session, needle;
static unsigned refused;
static bool apart, faultless; /* in the second test */
static char *unknown_head; /* signed by the clinics' key, and on no chain of theirs */

static const char *no_name(void) {
        return "constant";
}

static uint32_t no_dice(void) {
        return 7;
}

static void no_bytes(void *buf, size_t n) {
        memset(buf, 7, n);
}

static int roll(int n) {
        return (int)(gen_random(&dice) % (uint64_t)n);
}

/* In the one clinic it goes with a run, even straight after a refusal; in the other never. */
static void transmit(const Spoken *m) {
        Sim *const sims[] = { shared, single };

        for (size_t i = 0; i < 2; i++) {
                sims[i]->intake->run.alone = i ? 1000 : 0;
                sim_send(sims[i], m->topic, m->payload, m->retained, NULL);
                if (i && apart)
                        sim_commit(sims[i]);
        }
        sent[n_sent++ % SENT_MAX] = *m;
}

static int rarely(int n) {
        return roll(faultless ? 40 * n : n);
}

static void _printf_(2, 3) say(const char *what, const char *json, ...) {
        char body[1500], who[80], head[64] = "", seen[320] = "";
        Spoken m = { .retained = rarely(100) == 0 };
        va_list ap;

        va_start(ap, json);
        vsnprintf(body, sizeof(body), json, ap);
        va_end(ap);
        for (char *c = body; *c; c++)
                if (*c == '\'')
                        *c = '"';
        snprintf(who, sizeof(who), "%.*s", (int)(strrchr(what, '/') - what), what);
        if (rarely(60) == 0)
                sim_new_boot(shared, who);
        if (rarely(50) == 0)
                sim_next_seq(shared, who);
        if (rarely(40))
                snprintf(head, sizeof(head), "\"boot\":\"%s\",\"seq\":%" PRId64 "%s", sim_boot(shared, who),
                         sim_next_seq(shared, who), body[1] == '}' ? "" : ",");
        if (rarely(60) == 0)
                snprintf(seen, sizeof(seen), "\"head\":\"%s\"%s", roll(3) || !unknown_head ? "x.y.z" : unknown_head,
                         body[1] == '}' ? "" : ",");
        snprintf(m.topic, sizeof(m.topic), UP "%s", what);
        snprintf(m.payload, sizeof(m.payload), "{%s%s%s", seen, head, body + 1);
        transmit(&m);
}

static const char *code(void) {
        char name[16];

        snprintf(name, sizeof(name), "R%d", MAX_OF(0, needle - roll(6)));
        return sim_code(name);
}

static void autoclave_speaks(void) {
        const int wrong = roll(40) == 0;

        if (cycle == 0 || roll(40) == 0) {
                sample_at = 0;
                say("autoclave/ac-1/cycle-start", "{'cycle':%d,'program':'%s'}", ++cycle,
                    roll(5) ? "prevac-134" : "other");
        } else if (roll(30) == 0) {
                say("autoclave/ac-1/cycle-end", "{'cycle':%d,'outcome':'completed'}", cycle + wrong);
        } else {
                sample_at += 2;
                say("autoclave/ac-1/sample", "{'cycle':%d,'samples':[[%d,%d.5,101.3],[%d,%d.5,101.3]]}", cycle + wrong,
                    sample_at, 20 + roll(100), sample_at + 1, 20 + roll(100));
        }
}

static void room_speaks(void) {
        const int n = MAX_OF(0, session - roll(3)), room = n % 2 + 1;
        const char *steps[] = { "screened", "wash", "cleanse", "nothing" };
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/%s", room,
                 (const char *[]){ "session-request", "session-start", "session-step", "session-end",
                                   "disinfected" }[roll(5)]);
        if (strstr(what, "request"))
                say(what,
                    "{'session':'s-%d','practitioner':'ana','patient':'p-1','procedure':'skin-needling','items':%s,'"
                    "nonce':'%s'}",
                    ++session, sim_codes(code()), sim_nonce((uint64_t)roll(100)));
        else if (strstr(what, "start"))
                say(what, "{'session':'s-%d'}", n);
        else if (strstr(what, "step"))
                say(what, "{'session':'s-%d','step':'%s'}", n, steps[roll(4)]);
        else if (strstr(what, "end"))
                say(what, "{'session':'s-%d','by':'ana','outcome':'%s'}", n, roll(2) ? "cancelled" : "completed");
        else
                say(what, "{'by':'ben','contact_s':60}");
}

static void others_speak(void) {
        static const char *const events[] = { "attached", "contact", "round", "detached" };

        switch (roll(7)) {
        case 0:
                say("station/station-1/receive", "{'item':'(01)00844588004001(21)R%d'}", ++needle);
                return;
        case 1:
                say("handpiece/pen-1/usage", "{'item':'%s','event':'%s'}", code(), events[roll(4)]);
                return;
        case 2:
                say("sharps/sharps-1/drop", "{'item':'%s'}", code());
                return;
        case 3:
                say("station/station-1/test",
                    "{'test':'bowie-dick','autoclave':'ac-1','cycle':%d,'result':'%s','reader':'%s'}", cycle,
                    roll(4) ? "pass" : "fail", roll(3) ? "ana" : "nobody");
                return;
        case 4:
                say("station/station-1/clean", "{'items':%s,'method':'manual','operator':'ana'}", sim_codes(code()));
                return;
        case 5:
                say("autoclave/ac-1/fault", "{'code':'E%d','severity':'minor'}", roll(3));
                return;
        default:
                say("room/room-1/heartbeat", "{}");
        }
}

/* Said before: the same again, or its number with other bytes. */
static void repeat(void) {
        Spoken m = sent[(size_t)roll((int)MIN_OF(n_sent, (size_t)SENT_MAX))];
        const size_t n = strlen(m.payload);

        if (roll(3) == 0 && n > 0 && n + 8 < sizeof(m.payload))
                memcpy(m.payload + n - 1, ",\"x\":1}", 8);
        transmit(&m);
}

static void nonsense(void) {
        static const Spoken all[] = {
                { UP "room/stranger/heartbeat", "{}", false },
                { UP "room/room-1/unheard-of", "{}", false },
                { UP "sharps/room-1/heartbeat", "{}", false },
                { UP "room/room-1/heartbeat", "{", false },
                { UP "room/room-1/session-start", "", false },
                { UP "handpiece/pen-2/usage", "{\"event\":1}", false },
                { UP "station/station-1/drop", "{\"item\":1,\"boot\":\"b-1\",\"seq\":900000}", false },
                { UP "room/room-1/heartbeat", "{\"head\":\"x.y.z\"}", false },
        };

        transmit(all + roll(ELEMENTSOF(all)));
}

static void both(void (*act)(Sim *s, int64_t n), int64_t n) {
        act(shared, n);
        act(single, n);
}

static void tick(Sim *s, int64_t us) {
        sim_advance(s, us);
        assert_int_equal(intake_tick(s->intake, &s->now), 0);
}

static void alert(Sim *s, int64_t n) {
        assert_int_equal(intake_alert(s->intake, &s->now, n ? "disk-low" : "second-daemon", "x", ALERT_WARNING, "text"),
                         0);
}

static void tell(Sim *s, int64_t n) {
        (void)n;
        assert_int_equal(intake_publish_state(s->intake, &s->now), 0);
}

static void doubt(Sim *s, int64_t n) {
        intake_doubt(s->intake, DOUBT_AUDIT, NULL);
        intake_doubt(s->intake, DOUBT_CLOCK, n ? "in doubt" : NULL);
}

static void commit(Sim *s, int64_t n) {
        (void)n;
        sim_commit(s);
}

static void lose(Sim *s, int64_t n) {
        (void)n;
        intake_rollback(s->intake);
}

static void same_cycle(const Cycle *a, const Cycle *b) {
        CycleVerdict v, w;

        assert_int_equal(a->samples, b->samples);
        assert_int_equal(a->merged, b->merged);
        assert_int_equal(a->refused, b->refused);
        assert_int_equal(a->newest.t_us, b->newest.t_us);
        assert_int_equal(a->arrival_us, b->arrival_us);
        assert_int_equal(a->skew_us, b->skew_us);
        assert_int_equal(a->skew_min_us, b->skew_min_us);
        assert_int_equal(a->skew_max_us, b->skew_max_us);
        assert_int_equal(a->away_us, b->away_us);
        cycle_end(a, OUTCOME_COMPLETED, GRADE_CONTINUOUS, &v);
        cycle_end(b, OUTCOME_COMPLETED, GRADE_CONTINUOUS, &w);
        assert_int_equal(v.verdict, w.verdict);
        assert_int_equal(v.reasons, w.reasons);
        assert_int_equal(v.hold_us, w.hold_us);
        assert_int_equal(v.f0, w.f0);
}

/* Read anew, with what waits in memory, the running cycle is the one that was at hand. */
static void look_again(Sim *s, int64_t n) {
        static Running was;
        Running *running;

        (void)n;
        if (s->intake->n_running == 0 || s->intake->running[0].stale)
                return;
        was = s->intake->running[0];
        s->intake->running[0].stale = true;
        assert_return_code(running_get(s->intake, was.autoclave, &running), 0);
        assert_int_equal(running->attempt.id, was.attempt.id);
        if (was.attempt.id == 0)
                return;
        assert_int_equal(running->stored, was.stored);
        assert_int_equal(running->gaps, was.gaps);
        assert_int_equal(running->chunks, was.chunks);
        same_cycle(&running->cycle, &was.cycle);
}

/* What is kept of the ledger's rows is what stands there. */
static void same_kept(Sim *s, RowCache *c, int (*get)(Store *s, int64_t id, void *ret), size_t size) {
        for (size_t i = 0; i < ROWS_KEPT; i++) {
                static _Alignas(max_align_t) uint8_t was[8192], is[8192];
                const int64_t id = c->of[i].id;

                assert_true(size <= sizeof(was));
                if (!id || !row_kept(s->store, c, id, "", was, size))
                        continue;
                row_changes(c, id);
                c->next = (unsigned)i; /* back to its place */
                assert_int_equal(get(s->store, id, is), 1);
                assert_memory_equal(was, is, size);
        }
}

static int get_item(Store *s, int64_t id, void *ret) {
        return item_get_id(s, id, ret);
}

static int get_session(Store *s, int64_t id, void *ret) {
        return session_get_id(s, id, ret);
}

static void look_at_kept(Sim *s, int64_t n) {
        (void)n;
        same_kept(s, &s->store->items, get_item, sizeof(ItemRow));
        same_kept(s, &s->store->sessions, get_session, sizeof(SessionRow));
}

/* In a calm round hardly anything is refused, and the runs are long. */
static void step(bool calm) {
        const int what = calm && roll(40) ? roll(200) : roll(400);

        if (what < 200)
                autoclave_speaks();
        else if (what < 270)
                room_speaks();
        else if (what < 350)
                others_speak();
        else if (what < 370 && n_sent > 0)
                repeat();
        else if (what < 376)
                nonsense();
        else if (what < 386)
                both(sim_advance, 1 + roll(20000));
        else if (what < 391)
                both(tick, roll(7) * US_PER_S);
        else if (what < 393)
                both(alert, roll(2));
        else if (what < 394)
                both(tell, 0);
        else if (what < 396)
                both(doubt, roll(2));
        else if (what < 397)
                both(lose, 0);
        else if (what < 398)
                both(look_again, 0);
        else if (what < 399)
                both(look_at_kept, 0);
}

/* --- comparing --- */

static void print_rows(FILE *f, const char *name, sqlite3_stmt *rows) {
        while (sqlite3_step(rows) == SQLITE_ROW) {
                fprintf(f, "%s", name);
                for (int i = 0; i < sqlite3_column_count(rows); i++) {
                        const unsigned char *b = sqlite3_column_blob(rows, i);
                        fputc('|', f);
                        for (int k = 0; k < sqlite3_column_bytes(rows, i); k++)
                                fprintf(f, b[k] < ' ' || b[k] > '~' ? "\\%02x" : "%c", b[k]);
                }
                fputc('\n', f);
        }
        sqlite3_finalize(rows);
}

static char *dump(Sim *s) {
        sqlite3_stmt *tables, *rows;
        char *text = NULL, sql[128];
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        assert_int_equal(sqlite3_prepare_v2(s->store->db,
                                            "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1", -1,
                                            &tables, NULL),
                         SQLITE_OK);
        while (sqlite3_step(tables) == SQLITE_ROW) {
                snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY 1, 2",
                         (const char *)sqlite3_column_text(tables, 0));
                if (sqlite3_prepare_v2(s->store->db, sql, -1, &rows, NULL) != SQLITE_OK) {
                        snprintf(sql, sizeof(sql), "SELECT * FROM %s ORDER BY 1",
                                 (const char *)sqlite3_column_text(tables, 0));
                        assert_int_equal(sqlite3_prepare_v2(s->store->db, sql, -1, &rows, NULL), SQLITE_OK);
                }
                print_rows(f, (const char *)sqlite3_column_text(tables, 0), rows);
        }
        sqlite3_finalize(tables);
        fclose(f);
        return text;
}

static void print_parts(FILE *f, int64_t attempt, const void *data, size_t size, size_t samples) {
        PartReader parts;
        Part part;
        size_t all = 0;
        int r;

        parts_begin(&parts, data, size);
        while ((r = part_next(&parts, &part)) > 0) {
                static Sample v[100000];
                size_t n = 0;

                fprintf(f, "%" PRId64 " %d %d %" PRId64 " %" PRId64 ":", attempt, samples > 0, part.stamped,
                        part.stamped ? part.stamp.epoch : 0, part.stamped ? part.stamp.us : 0);
                if (samples > 0)
                        assert_int_equal(samples_decode(part.samples, part.size, v, ELEMENTSOF(v), &n), 0);
                for (size_t i = 0; i < n; i++)
                        fprintf(f, " %" PRId64 ",%d,%d", v[i].t_us, (int)v[i].temperature_mc, (int)v[i].pressure_pa);
                fputc('\n', f);
                all += n;
        }
        assert_int_equal(r, 0);
        assert_int_equal(all, samples);
}

/* The cycles, and what came of each, whatever row it is in. */
static char *measured(Sim *s) {
        sqlite3_stmt *rows;
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        assert_non_null(f);
        assert_int_equal(sqlite3_prepare_v2(s->store->db,
                                            "SELECT label, cycle, started_us, ended_us, verdict, outcome, grade, reasons, "
                                            "figures FROM attempt ORDER BY id", -1, &rows, NULL),
                         SQLITE_OK);
        print_rows(f, "attempt", rows);
        assert_int_equal(sqlite3_prepare_v2(s->store->db, "SELECT attempt, samples, data FROM sample_chunk ORDER BY attempt, n",
                                            -1, &rows, NULL),
                         SQLITE_OK);
        while (sqlite3_step(rows) == SQLITE_ROW)
                print_parts(f, sqlite3_column_int64(rows, 0), sqlite3_column_blob(rows, 2),
                            (size_t)sqlite3_column_bytes(rows, 2), (size_t)sqlite3_column_int64(rows, 1));
        sqlite3_finalize(rows);
        fclose(f);
        return text;
}

static void same_texts(int round, char *a, char *b) {
        char *p = a, *q = b;

        while (*p && *q && strcspn(p, "\n") == strcspn(q, "\n") && strncmp(p, q, strcspn(p, "\n") + 1) == 0)
                p += strcspn(p, "\n") + 1, q += strcspn(q, "\n") + 1;
        if (*p || *q)
                fail_msg("round %d:\n%.*s\ninstead of\n%.*s", round, (int)strcspn(p, "\n"), p, (int)strcspn(q, "\n"),
                         q);
        free(a);
        free(b);
}

static void same_ledgers(int round) {
        same_texts(round, dump(shared), dump(single));
}

static void same_words(int round) {
        for (size_t i = 0; i < shared->n_out && i < single->n_out; i++) {
                const SimOut *a = shared->out + i, *b = single->out + i;

                if (!streq(a->topic, b->topic) || !streq(a->payload, b->payload) || a->qos != b->qos ||
                    a->retain != b->retain)
                        fail_msg("round %d: %s %s instead of %s %s", round, a->topic, a->payload, b->topic, b->payload);
                refused += strstr(a->topic, "/rejected") != NULL;
        }
        assert_int_equal(shared->n_out, single->n_out);
        assert_int_equal(shared->intake->messages, single->intake->messages);
        assert_int_equal(shared->intake->rejected, single->intake->rejected);
        assert_int_equal(shared->intake->decisions, single->intake->decisions);
        sim_forget(shared);
        sim_forget(single);
}

static int number(const char *name, int otherwise) {
        const char *text = getenv(name);

        return text ? atoi(text) : otherwise;
}

static void messages_that_share_a_savepoint_do_what_each_does_alone(void **state) {
        const int rounds = number("ROUNDS", 40), seed = number("SEED", (int)(time(NULL) % 1000000));
        static const char unknown[] = "{\"log\":\"x\",\"boot\":\"b\",\"size\":3,\"head\":\"AAAA\",\"at\":\"\"}";
        Sim a, b;

        (void)state;
        print_message("SEED=%d ROUNDS=%d\n", seed, rounds);
        dice = (GenRandom){ .state = (uint64_t)seed * 1000003 };
        shared = &a;
        single = &b;
        sim_open(shared, NULL);
        sim_open(single, NULL);
        assert_int_equal(signer_jws(a.signer, unknown, strlen(unknown), &unknown_head), 0);
        for (int round = 0; round < rounds; round++) {
                const bool calm = roll(2);

                for (int i = 0, n = 1 + roll(300); i < n; i++)
                        step(calm);
                both(look_again, 0);
                both(look_at_kept, 0);
                both(commit, 0);
                both(look_again, 0);
                same_words(round);
                same_ledgers(round);
                if (roll(8) == 0)
                        both((void (*)(Sim *, int64_t))sim_reboot, 30 * US_PER_S);
        }
        print_message("%u refused, %" PRId64 " messages\n", refused, sim_sql(shared, "SELECT count(*) FROM message"));
        assert_true(refused > (unsigned)rounds);
        sim_check_chain(shared);
        sim_close(shared);
        sim_close(single);
        free(TAKE(unknown_head));
}

/* --- samples that wait for each other --- */

static void next_cycle(void) {
        say("autoclave/ac-1/cycle-end", "{'cycle':%d,'outcome':'completed'}", cycle);
        sample_at = 0;
        say("autoclave/ac-1/cycle-start", "{'cycle':%d,'program':'prevac-134'}", ++cycle);
}

static void measure(void) {
        char samples[1200] = "";
        size_t used = 0;

        for (int i = 0, n = 1 + roll(roll(faultless ? 2 : 4) ? 3 : 50); i < n; i++)
                used += (size_t)snprintf(samples + used, sizeof(samples) - used, "%s[%d,%d.%03d,%d.%d]", i ? "," : "",
                                         ++sample_at, 20 + roll(100), roll(1000), 90 + roll(200), roll(10));
        say("autoclave/ac-1/sample", "{'cycle':%d,'samples':[%s]}", cycle + (rarely(80) == 0), samples);
}

/* What was said since the last commit is lost with the batch, and the broker says it again. */
static void lose_and_repeat(size_t since) {
        lose(shared, 0);
        for (size_t i = since; i < n_sent; i++)
                sim_send(shared, sent[i % SENT_MAX].topic, sent[i % SENT_MAX].payload, sent[i % SENT_MAX].retained, NULL);
}

/* True: the clock may have gone on, or something else than a message may have come. */
static bool step_apart(bool calm) {
        const int what = roll(calm ? 300 : 400);

        if (what < 3 || cycle == 0)
                next_cycle();
        else if (what < 250)
                measure();
        else if (what < 270)
                autoclave_speaks();
        else if (what < 290)
                others_speak();
        else if (what < 310)
                room_speaks();
        else if (what < 330 && n_sent > 0)
                repeat();
        else if (what < 340)
                nonsense();
        else if (what < 350)
                both(look_again, 0);
        else if (what < 380)
                both(sim_advance, 1 + roll(20000));
        else if (what < 390)
                both(tick, roll(7) * US_PER_S);
        else
                both(alert, roll(2));
        return what >= 350;
}

static void samples_that_wait_for_each_other_are_what_they_are_one_by_one(void **state) {
        const int rounds = number("ROUNDS", 20), seed = number("SEED", (int)(time(NULL) % 1000000));
        Sim a, b;

        (void)state;
        print_message("SEED=%d ROUNDS=%d\n", seed, rounds);
        dice = (GenRandom){ .state = (uint64_t)seed * 1000003 };
        shared = &a;
        single = &b;
        apart = true;
        n_sent = 0;
        cycle = session = needle = 0;
        sim_open(shared, NULL);
        sim_open(single, NULL);
        for (int round = 0; round < rounds; round++) {
                const bool calm = roll(2);
                const size_t since = n_sent;
                bool only_messages = true;

                faultless = calm;
                for (int i = 0, n = 1 + roll(300); i < n; i++)
                        only_messages &= !step_apart(calm);
                if (only_messages && n_sent - since <= SENT_MAX && roll(4))
                        lose_and_repeat(since);
                both(look_again, 0);
                both(commit, 0);
                both(tick, 60 * US_PER_S); /* no hole stands longer */
                both(look_again, 0);
                both(commit, 0);
                same_texts(round, measured(shared), measured(single));
                sim_forget(shared);
                sim_forget(single);
                if (roll(8) == 0)
                        both((void (*)(Sim *, int64_t))sim_reboot, 30 * US_PER_S);
        }
        print_message("%" PRId64 " cycles\n", sim_sql(shared, "SELECT count(*) FROM attempt WHERE verdict IS NOT NULL"));
        apart = faultless = false;
        sim_close(shared);
        sim_close(single);
}

/* The run as it is by default: after a refusal what comes next goes one by one for a while. */
static void one_refused_in_a_batch_of_two_hundred_undoes_only_itself(void **state) {
        Sim *s = *state;

        for (int i = 1; i <= 200; i++) {
                if (i == 100)
                        sim_say_as(s, "station/station-1/receive", "b-1", i, "{'item':17}");
                else
                        sim_say_as(s, "station/station-1/receive", "b-1", i, "{'item':'(01)00844588004001(21)R%d'}", i);
                assert_int_equal(s->intake->run.n > 0, true);
                if (i == 99)
                        assert_true(s->intake->run.open);
        }
        assert_false(s->intake->run.open);
        sim_commit(s);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM item"), 199);
        assert_int_equal(sim_sql(s, "SELECT count(*) FROM dead_letter"), 1);
        assert_int_equal(sim_count(s, "down/station/station-1/rejected"), 1);
        assert_string_equal(sim_member(s, "down/station/station-1/receipt", "seq"), "200");
        sim_check_chain(s);
}

/* The request was decided before the doubt; that it is decided again after a refusal must not change it. */
static void a_decision_stands_though_a_later_message_brings_doubt_and_is_refused(void **state) {
        static const char unknown[] = "{\"log\":\"x\",\"boot\":\"b\",\"size\":3,\"head\":\"AAAA\",\"at\":\"\"}";
        _cleanup_(freep) char *jws = NULL;
        Sim *s = *state;

        assert_int_equal(signer_jws(s->signer, unknown, strlen(unknown), &jws), 0);
        sim_disinfect_room(s, "room-1");
        sim_receive(s, "R1");
        sim_put_request(s, "room-1", "s-1", "R1", 1);
        assert_true(s->intake->run.open);
        sim_say_as(s, "room/room-1/draw", "b-1", sim_next_seq(s, "room/room-1"),
                   "{'session':'s-9','item':'B1','head':'%s'}", jws);
        assert_false(s->intake->run.open);
        assert_non_null(intake_doubted(s->intake, DOUBT_AUDIT));
        sim_commit(s);
        assert_string_not_equal(sim_rejected(s, "room/room-1"), "");
        assert_string_equal(sim_member(s, "down/room/room-1/decision", "verdict"), "allow");
}

int main(void) {
        static struct randombytes_implementation constant = { no_name, no_dice, NULL, NULL, no_bytes, NULL };
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(messages_that_share_a_savepoint_do_what_each_does_alone),
                cmocka_unit_test(samples_that_wait_for_each_other_are_what_they_are_one_by_one),
                cmocka_unit_test_setup_teardown(one_refused_in_a_batch_of_two_hundred_undoes_only_itself, sim_setup,
                                                sim_teardown),
                cmocka_unit_test_setup_teardown(a_decision_stands_though_a_later_message_brings_doubt_and_is_refused,
                                                sim_setup, sim_teardown),
        };

        randombytes_set_implementation(&constant);
        return cmocka_run_group_tests(tests, NULL, NULL);
}
