/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "world.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>

#include "observer.h"
#include "store/stmt.h"

#define RELAY(r) (WORLD_ROOMS + (r))
#define PEN(r) (2 * WORLD_ROOMS + (r))
#define STATION (3 * WORLD_ROOMS)
#define NUMBERED true
#define BARE false

const char world_config[] = "[policy]\ndisinfect-contact-s = 1\n"
                            "[room room-3]\nname = Room 3\n"
                            "[device room-3]\nkinds = room\n"
                            "[device pen-3]\nkinds = handpiece\nroom = room-3\n"
                            "[device relay-3]\nkinds = actuator\nroom = room-3\n";

static int roll(World *w, int n) {
        return (int)(gen_random(&w->dice) % (uint64_t)n);
}

static const char *session_label(const World *w, int session) {
        static char name[4][24];
        static unsigned next;
        char *n = name[next++ % 4];

        snprintf(n, sizeof(name[0]), "s-%d-%d", w->run, session);
        return n;
}

/* The items as a JSON array. */
static const char *items_of(const World *w, unsigned items) {
        char names[64] = "";
        size_t n = 0;

        for (int i = 0; i < WORLD_ITEMS; i++)
                if (items & (1U << i))
                        n += (size_t)snprintf(names + n, sizeof(names) - n, "%s ", world_item(w, i));
        return sim_codes(names);
}

static bool energised(const World *w, int room) {
        return w->rooms[room].until_us > w->t_us || w->relays[room].until_us > w->t_us;
}

static void tell(const World *w, const char *what) {
        if (w->trace)
                printf("  %8.3f s  %s\n", (double)w->t_us / US_PER_S, what);
}

/* --- the network ----------------------------------------------------------------------------------------------------- */

static void commit(World *w) {
        tell(w, "commit");
        sim_commit(w->sim);
        observer_committed(w->observer, w);
}

/* The broker hands it to the daemon; maybe others come before the next commit. */
static void hand_over(World *w, int letter) {
        const Letter *l = w->letters + letter;

        if (w->trace)
                printf("  %8.3f s  %s %s\n", (double)w->t_us / US_PER_S, l->topic + 22, l->payload);
        sim_send(w->sim, l->topic, l->payload, false, NULL);
        observer_handed(w->observer, letter);
        if (roll(w, 3))
                commit(w);
}

/* The first letter of its kind that is free; its number is also its nonce. */
static Letter *letter_begin(World *w, LetterWhat what, int device, int room) {
        Letter *l = w->letters + w->n_letters;

        assert_true(w->n_letters < LETTERS_MAX);
        *l = (Letter){ .what = what, .room = room, .session = -1, .device = device, .boot = w->boots[device],
                       .sent_us = w->t_us };
        return l;
}

static const char *nonce_of(const World *w, const Letter *l) {
        return sim_nonce((uint64_t)w->run * 1000 + (uint64_t)(l - w->letters));
}

static const char *device_name(int device) {
        static const char *const names[] = { "room/room-1",     "room/room-2",     "room/room-3",     "actuator/relay-1",
                                             "actuator/relay-2", "actuator/relay-3", "handpiece/pen-1", "handpiece/pen-2",
                                             "handpiece/pen-3",  "station/station-1" };

        return names[device];
}

/* Sends it, if it is not lost; it may come later, or again. */
static void _printf_(5, 6) send(World *w, Letter *l, const char *message, bool numbered, const char *json, ...) {
        size_t n = 1;
        va_list ap;

        snprintf(l->topic, sizeof(l->topic), "asepsis/v1/clinic/up/%s/%s", device_name(l->device), message);
        l->payload[0] = '{';
        if (numbered) {
                l->seq = ++w->seqs[l->device];
                n += (size_t)snprintf(l->payload + n, sizeof(l->payload) - n, "\"boot\":\"b-%d-%d\",\"seq\":%d,", w->run,
                                      l->boot, l->seq);
        }
        va_start(ap, json);
        n += (size_t)vsnprintf(l->payload + n, sizeof(l->payload) - n, json, ap);
        va_end(ap);
        assert_true(n < sizeof(l->payload));
        for (char *c = l->payload; *c; c++)
                if (*c == '\'')
                        *c = '"';
        w->n_letters++;
        if (roll(w, 4))
                hand_over(w, (int)(l - w->letters));
}

/* --- rooms ------------------------------------------------------------------------------------------------------------ */

static void request(World *w, int r) {
        WorldRoom *room = w->rooms + r;
        Letter *l = letter_begin(w, LETTER_REQUEST, r, r);

        l->session = room->session;
        /* The same each time that this session is asked for. */
        l->items = 1U << ((w->seed >> (4 * room->session)) % WORLD_ITEMS) |
                   1U << ((w->seed >> (4 * room->session + 2)) % WORLD_ITEMS);
        if (room->phase == PHASE_IDLE)
                room->phase = PHASE_ASKED;
        send(w, l, "session-request", roll(w, 2),
             "'session':'%s','practitioner':'ana','patient':'p-%d','procedure':'skin-needling','items':%s,'nonce':'%s'}",
             session_label(w, l->session), l->session, items_of(w, l->items), nonce_of(w, l));
}

static void renew(World *w, int r) {
        Letter *l = letter_begin(w, LETTER_RENEW, r, r);

        l->session = w->rooms[r].session;
        send(w, l, "session-renew", roll(w, 2), "'session':'%s','nonce':'%s'}", session_label(w, l->session), nonce_of(w, l));
}

static void add(World *w, int r) {
        Letter *l = letter_begin(w, LETTER_ADD, r, r);

        l->session = w->rooms[r].session;
        l->items = 1U << roll(w, WORLD_ITEMS);
        send(w, l, "session-add", roll(w, 2), "'session':'%s','items':%s,'nonce':'%s'}", session_label(w, l->session),
             items_of(w, l->items), nonce_of(w, l));
}

static void pass(World *w, int64_t us);

static void start(World *w, int r) {
        WorldRoom *room = w->rooms + r;
        Letter *l = letter_begin(w, LETTER_START, r, r);

        if (room->until_us <= w->t_us)
                return;
        room->phase = PHASE_STARTED;
        room->start_said = true;
        observer_started(w->observer, room->session);
        l->session = room->session;
        send(w, l, "session-start", NUMBERED, "'session':'%s'}", session_label(w, l->session));
}

static void end(World *w, int r, const char *outcome) {
        WorldRoom *room = w->rooms + r;
        Letter *l = letter_begin(w, LETTER_END, r, r);

        l->session = room->session;
        l->cancelled = streq(outcome, "cancelled");
        room->phase = PHASE_OVER;
        room->until_us = 0;
        /* A named person finds the seal of one intact, and it is. */
        for (int i = 0; i < WORLD_ITEMS && !l->cancelled; i++)
                if (room->known & (1U << i) && w->observer->touched[i] != room->session && roll(w, 3) == 0)
                        l->items |= 1U << i;
        send(w, l, "session-end", NUMBERED, "'session':'%s','outcome':'%s','by':'ana','unopened':%s}",
             session_label(w, l->session), outcome, items_of(w, l->items));
}

/* People cancel what they did not begin; by mistake also what the room said that they did. */
static void cancel(World *w, int r) {
        const WorldRoom *room = w->rooms + r;

        if (room->phase == PHASE_STARTED && (!room->start_said || room->no_word))
                return;
        end(w, r, "cancelled");
        if (roll(w, 2)) /* what comes free then is worth waiting for */
                pass(w, WORLD_LEASE_US + US_PER_S);
}

static void next_session(World *w, int r) {
        WorldRoom *room = w->rooms + r;
        Letter *l;

        /* Long enough for the agent, where the letter about the end was not held up longer than this one. */
        if (roll(w, 8))
                pass(w, US_PER_S);
        l = letter_begin(w, LETTER_OTHER, r, r);
        send(w, l, "disinfected", NUMBERED, "'by':'ben','contact_s':1}");
        if (room->session + WORLD_ROOMS >= WORLD_SESSIONS)
                return;
        *room = (WorldRoom){ .session = room->session + WORLD_ROOMS, .asked_since = room->asked_since };
}

/* It keeps what it ended, as all that has no receipt, and the name of its session; and is locked. */
static void room_restarts(World *w, int r) {
        WorldRoom *room = w->rooms + r;

        tell(w, "a room restarts");
        w->boots[r]++;
        w->seqs[r] = 0;
        room->until_us = 0;
        room->asked_since = (int)w->n_letters;
        room->start_said = false;
        if (room->phase != PHASE_IDLE && room->phase != PHASE_OVER)
                room->phase = PHASE_ASKED;
}

/* --- relays and handpieces -------------------------------------------------------------------------------------------- */

static void relay_renew(World *w, int r) {
        Letter *l = letter_begin(w, LETTER_RELAY_RENEW, RELAY(r), r);

        send(w, l, "renew", roll(w, 2), "'nonce':'%s'}", nonce_of(w, l));
}

static void usage(World *w, int r, int item, const char *event, bool numbered) {
        Letter *l = letter_begin(w, LETTER_USAGE, PEN(r), r);

        l->items = 1U << item;
        l->on_skin = streq(event, "contact") || streq(event, "round");
        l->detached = streq(event, "detached");
        send(w, l, "usage", numbered, "'item':'%s','event':'%s'}", sim_code(world_item(w, item)), event);
}

/* With what the room was allowed, while it or its relay is energised. Whoever did not say that it starts says nothing
 * of a cancellation either. */
static void treat(World *w, int r) {
        static const char *const events[] = { "attached", "contact", "round", "contact", "detached" };
        WorldRoom *room = w->rooms + r;
        const int item = roll(w, WORLD_ITEMS), event = roll(w, ELEMENTSOF(events));

        if (!(room->known & (1U << item)) || !energised(w, r) ||
            (room->phase != PHASE_ALLOWED && room->phase != PHASE_STARTED))
                return;
        if (room->phase == PHASE_ALLOWED)
                room->no_word = true;
        room->phase = PHASE_STARTED;
        if (event != 4)
                observer_touched(w->observer, item, room->session);
        usage(w, r, item, events[event], roll(w, 4));
}

/* Whatever lies about, and nobody asked. */
static void stray(World *w, int r) {
        usage(w, r, roll(w, WORLD_ITEMS), roll(w, 2) ? "contact" : "attached", roll(w, 2));
}

static void damage(World *w) {
        Letter *l = letter_begin(w, LETTER_DAMAGE, STATION, -1);
        const int item = roll(w, WORLD_ITEMS);

        l->items = 1U << item;
        send(w, l, "damage", roll(w, 2), "'item':'%s','reason':'torn'}", sim_code(world_item(w, item)));
}

/* --- answers ----------------------------------------------------------------------------------------------------------- */

/* A device takes a permit for a nonce that it made since it started, as far as the lease from then reaches. */
static void take_permit(World *w, const Permit *p) {
        const int64_t until_us = w->letters[p->nonce].sent_us + p->ttl_us;
        WorldRoom *room = w->rooms + p->room;
        WorldRelay *relay = w->relays + p->room;

        if (until_us <= w->t_us || p->nonce < (p->relay ? relay->asked_since : room->asked_since))
                return;
        if (p->relay) {
                if (until_us > relay->until_us)
                        *relay = (WorldRelay){ p->session, until_us, relay->asked_since };
        } else {
                if (p->session != room->session || room->phase == PHASE_IDLE || room->phase == PHASE_OVER)
                        return;
                room->known |= p->items;
                if (room->phase == PHASE_ASKED)
                        room->phase = PHASE_ALLOWED;
                if (until_us > room->until_us)
                        room->until_us = until_us;
        }
        observer_energised(w->observer, p->session, until_us, p->relay);
}

void world_answered(World *w, const Permit *p) {
        if (w->n_permits < LETTERS_MAX)
                w->permits[w->n_permits++] = *p;
        if (roll(w, 5))
                take_permit(w, p);
}

/* --- the daemon and its machine ------------------------------------------------------------------------------------------ */

static void tick(World *w, int64_t us) {
        w->t_us += us;
        sim_advance(w->sim, us);
        assert_int_equal(intake_tick(w->sim->intake, &w->sim->now), 0);
        commit(w);
}

/* No batch spans two moments; and what waits for what is missing waits no longer than it should. */
static void pass(World *w, int64_t us) {
        const int64_t first_us = MIN_OF(us, 5 * US_PER_S);

        if (w->observer->n_handed)
                commit(w);
        tick(w, first_us);
        if (us > first_us)
                tick(w, us - first_us);
}

static void crash(World *w) {
        tell(w, "the daemon dies");
        observer_lost(w->observer);
        sim_crash(w->sim);
}

/* The disk refuses the commit. */
static void commit_fails(World *w) {
        tell(w, "the commit fails");
        observer_lost(w->observer);
        intake_rollback(w->sim->intake);
}

static void reboot(World *w) {
        const int64_t off_us = (int64_t)roll(w, 100) * US_PER_S;

        tell(w, "the machine restarts");
        commit(w);
        w->t_us += off_us;
        sim_reboot(w->sim, off_us);
        observer_rebooted(w->observer);
        commit(w);
}

/* Whatever it finds there; it is refused where there is nothing to do. */
static void officer(World *w, int r) {
        const bool ends = roll(w, 2);
        char room[16], text[ACT_TEXT_MAX];
        const Act act = { .type = ends ? ACT_SESSION_END : ACT_ROOM_UNLOCK,
                          .subject = ends ? session_label(w, w->rooms[r].session) : room,
                          .by = "clara",
                          .reason = "looked into it",
                          .uid = 1,
                          .pid = 1 };

        tell(w, ends ? "an officer ends a session" : "an officer unlocks a room");
        snprintf(room, sizeof(room), "room-%d", r + 1);
        commit(w);
        assert_true(intake_act(w->sim->intake, &w->sim->now, &act, text) >= 0);
        commit(w);
}

/* --- steps ----------------------------------------------------------------------------------------------------------------- */

static void allowed_step(World *w, int r, int what) {
        if (what < 35)
                start(w, r);
        else if (what < 60)
                renew(w, r);
        else if (what < 65)
                request(w, r);
        else if (what < 72)
                add(w, r);
        else if (what < 92)
                cancel(w, r);
        else
                treat(w, r);
}

static void started_step(World *w, int r, int what) {
        if (what < 30)
                renew(w, r);
        else if (what < 40)
                add(w, r);
        else if (what < 65)
                treat(w, r);
        else if (what < 80)
                end(w, r, what < 76 ? "completed" : "stopped");
        else if (what < 90)
                cancel(w, r);
        else
                room_restarts(w, r);
}

static void room_step(World *w, int r) {
        const int what = roll(w, 100);

        switch (w->rooms[r].phase) {
        case PHASE_IDLE:
                request(w, r);
                return;
        case PHASE_ASKED:
                if (what < 55)
                        request(w, r);
                else if (what < 75)
                        renew(w, r);
                else
                        cancel(w, r);
                return;
        case PHASE_ALLOWED:
                allowed_step(w, r, what);
                return;
        case PHASE_STARTED:
                started_step(w, r, what);
                return;
        case PHASE_OVER:
                next_session(w, r);
        }
}

static void let_time_pass(World *w) {
        static const int64_t seconds[] = { 1, 1, 6, 6, 31, 31, 61, 91 };

        pass(w, seconds[roll(w, ELEMENTSOF(seconds))] * US_PER_S);
}

static void others_step(World *w, int r) {
        const int what = roll(w, 100);

        if (what < 24)
                relay_renew(w, r);
        else if (what < 44 && w->n_letters > 0)
                hand_over(w, roll(w, (int)w->n_letters));
        else if (what < 52 && w->n_permits > 0)
                take_permit(w, w->permits + roll(w, (int)w->n_permits));
        else if (what < 72)
                let_time_pass(w);
        else if (what < 75)
                stray(w, r);
        else if (what < 78)
                officer(w, r);
        else if (what < 82)
                treat(w, r);
        else if (what < 86)
                room_restarts(w, r);
        else if (what < 88)
                w->relays[r] = (WorldRelay){ .asked_since = (int)w->n_letters };
        else if (what < 94)
                crash(w);
        else if (what < 96)
                commit_fails(w);
        else if (what < 98)
                reboot(w);
        else
                damage(w);
}

static uint64_t mix(uint64_t a, uint64_t b) {
        GenRandom dice = { .state = a * UINT64_C(0x9e3779b97f4a7c15) + b };

        (void)gen_random(&dice);
        return gen_random(&dice);
}

void world_step(World *w, int step) {
        w->dice.state = mix(w->seed, (uint64_t)step + 1);
        const int r = roll(w, WORLD_ROOMS);

        if (roll(w, 100) < 55)
                room_step(w, r);
        else
                others_step(w, r);
}

/* --- a history ---------------------------------------------------------------------------------------------------------------- */

static void sql(World *w, const char *text) {
        w->sim->unsettled = true;
        if (sqlite3_exec(w->sim->store->db, text, NULL, NULL, NULL) != SQLITE_OK)
                fail_msg("%s: %s", text, sqlite3_errmsg(w->sim->store->db));
}

/* As if each had been received; the columns are copied from one that was. */
static void receive(World *w) {
        char text[2048];

        for (int i = 0; i < WORLD_ITEMS; i++) {
                snprintf(text, sizeof(text),
                         "INSERT INTO item (code, class, product, lot, received_us, received_i, supplied, state, state_us) "
                         "SELECT '%s', class, product, lot, received_us, received_i, supplied, state, state_us FROM item "
                         "WHERE id = 1",
                         sim_code(world_item(w, i)));
                sql(w, text);
        }
        sim_settle(w->sim);
}

void world_begin(World *w, Sim *s, int history) {
        const int64_t t_us = w->t_us;
        Observer *o = w->observer;

        *w = (World){ .sim = s, .observer = o, .history = history, .run = w->run + 1, .base = w->base, .seed = mix(w->base, (uint64_t)history),
                      .trace = w->trace, .t_us = t_us };
        for (int r = 0; r < WORLD_ROOMS; r++)
                w->rooms[r].session = r;
        if (sim_sql(s, "SELECT count(*) FROM item") == 0)
                sim_receive(s, "R0");
        observer_begin(o, w, s);
        receive(w);
}

void world_end(World *w) {
        commit(w);
        pass(w, 2 * WORLD_LEASE_US);
        observer_ended(w->observer);
        sql(w, "BEGIN; UPDATE session SET state = 3, free_due = 0 WHERE state < 3 OR free_due > 0;"
               "UPDATE room SET session_end_us = NULL; DELETE FROM room_lock; DELETE FROM alert; COMMIT");
        sim_settle(w->sim);
}
