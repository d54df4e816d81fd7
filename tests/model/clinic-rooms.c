/* SPDX-License-Identifier: Apache-2.0 */
/* Needles, pens and sessions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "clinic.h"

#define PEN_SETS 8 /* cartridges and sleeves */

int n_session;
static int n_needle, n_taken;
static uint64_t n_nonce;

void rooms_begin(void) {
        n_session = n_needle = n_taken = 0;
        n_nonce = 0;
}

void receive_needles(int n) {
        for (int i = 0; i < n; i++) {
                n_needle++;
                sim_pass(s, roll(10) * US_PER_S);
                tell("station/station-1/receive", "{'item':'(01)00844588004001(17)%s(10)L%d(21)R%d'}",
                     slip(4)   ? "261120"
                     : slip(8) ? "261123"
                     : slip(4) ? "261100"
                               : "271231",
                     n_needle % 5, n_needle);
        }
}

void receive_pen(void) {
        char name[16];

        tell("station/station-1/receive", "{'item':'H-1','class':'handpiece'}");
        for (int i = 0; i < PEN_SETS; i++) {
                snprintf(name, sizeof(name), "C%d", i);
                tell("station/station-1/receive", "{'item':'%s'}", sim_code(name));
                name[0] = 'S';
                tell("station/station-1/receive", "{'item':'%s'}", sim_code(name));
        }
}

/* The agent has its time, but for a slip; whoever says how long it was on says it right, but for another. */
static void wipe_pen(void) {
        char on[32] = "";

        if (!chance(80))
                return;
        if (!slip(10))
                pass_minutes(1, 4);
        if (roll(2))
                snprintf(on, sizeof(on), ",'contact_s':%d", slip(20) ? 3600 : 60);
        tell("station/station-1/disinfect", "{'items':['H-1'],'level':'high','by':'%s'%s}", slip(3) ? "zoe" : "ben", on);
}

const char *needle(void) {
        static char name[16];
        int n = chance(15) ? 1 + roll(n_needle + 1) : ++n_taken;

        if (n_taken >= n_needle)
                n_taken = n_needle;
        snprintf(name, sizeof(name), "R%d", n);
        return name;
}

const char *next_needle(void) {
        static char name[16];

        snprintf(name, sizeof(name), "R%d", n_taken + 1);
        return name;
}

static bool any_ready(void) {
        for (int t = 0; t < TOOLS; t++)
                if (ready[t])
                        return true;
        return false;
}

/* One that people take for ready; now and then any. */
static const char *some_tool(void) {
        int t = roll(TOOLS);

        for (int i = 0; i < TOOLS && !ready[t] && !slip(8); i++)
                t = (t + 1) % TOOLS;
        ready[t] = in_pack[t] = false;
        return tool(t);
}

static void kit(char *ret, size_t size) {
        size_t n = (size_t)snprintf(ret, size, "%s", needle());

        if (chance(20)) {
                wipe_pen();
                n = (size_t)snprintf(ret, size, "C%d H-1 S%d", roll(PEN_SETS), roll(PEN_SETS));
        }
        for (int more = roll(3); more > 0 && (any_ready() || slip(40)); more--)
                n += (size_t)snprintf(ret + n, size - n, " %s", some_tool());
}

/* Whether the room heard that it may; rooms that do not care go on all the same. */
static bool allowed(int room) {
        char topic[64];

        snprintf(topic, sizeof(topic), "down/room/room-%d/decision", room);
        return streq(sim_member(s, topic, "verdict"), "allow") || slip(6);
}

void ask(int room, const char *items, const char *who) {
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/session-request", room);
        tell(what,
             "{'session':'s-%d','practitioner':'%s','patient':'p-%d','procedure':'skin-needling','items':%s,'nonce':'%"
             "s'}",
             n_session, who, n_session % 7, sim_codes(items), sim_nonce(++n_nonce));
}

static void in_room(int room, const char *message, const char *more) {
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/%s", room, message);
        tell(what, "{'session':'s-%d'%s}", n_session, more);
}

void turn_over(int room) {
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/disinfected", room);
        if (!slip(10))
                pass_minutes(1, 4);
        tell(what, "{'by':'ben','contact_s':60}");
}

static void open_packs(int room) {
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/open", room);
        for (int t = 0; t < TOOLS; t++)
                if (label_of[t][0] && chance(8))
                        tell(what, "{'pack':'%s','indicator':'%s','by':'ana'}", label_of[t],
                             slip(6)   ? "fail"
                             : slip(6) ? "absent"
                                       : "pass");
}

static void end_session(int room, const char *items) {
        static char end[600];
        const int how = roll(20);
        char first[32];

        snprintf(first, sizeof(first), "%.*s", (int)strcspn(items, " "), items);
        snprintf(end, sizeof(end), ",'by':'ana','outcome':'%s'", how == 0 ? "stopped" : "completed");
        if (how == 1)
                snprintf(end, sizeof(end), ",'by':'ana','outcome':'completed','unopened':%s", sim_codes(first));
        if (how == 2)
                snprintf(end, sizeof(end), ",'by':'ana','outcome':'completed','dropped':%s", sim_codes(first));
        in_room(room, "session-end", end);
}

static void treat(int room, const char *items) {
        char pen[64], more[300];

        in_room(room, "session-start", "");
        open_packs(room);
        if (chance(50)) {
                snprintf(pen, sizeof(pen), "handpiece/pen-%d/usage", slip(4) ? 3 - room : room);
                snprintf(more, sizeof(more), "%.*s", (int)strcspn(items, " "), items);
                tell(pen, "{'item':'%s','event':'%s'}", sim_code(slip(5) ? needle() : more),
                     roll(2) ? "attached" : "contact");
        }
        pass_minutes(1, 10);
        if (chance(25)) {
                snprintf(more, sizeof(more), ",'items':%s,'nonce':'%s'", sim_codes(roll(2) ? needle() : some_tool()),
                         sim_nonce(++n_nonce));
                in_room(room, "session-add", more);
        }
        if (chance(40)) {
                snprintf(more, sizeof(more), ",'nonce':'%s'", sim_nonce(++n_nonce));
                in_room(room, "session-renew", more);
        }
        end_session(room, items);
}

/* What was left open in the room, or was stopped there, is ended before the next one. */
static void tidy(int room) {
        const char *open = sim_text(s, "SELECT label FROM session WHERE state < 3 AND room = 'room-%d'", room);
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/session-end", room);
        if (open[0] && !slip(10))
                tell(what, "{'session':'%s','by':'ana','outcome':'stopped'}", open);
}

void session(void) {
        const int room = 1 + roll(2), fate = roll(20);
        char items[128];

        n_session++;
        kit(items, sizeof(items));
        tidy(room);
        if (chance(90))
                turn_over(room);
        sim_forget(s);
        ask(room, items, slip(4) ? "ben" : "ana");
        if (!allowed(room))
                return;
        if (chance(10))
                ask(room, items, "ana");
        if (fate == 0)
                in_room(room, "session-end", ",'by':'ana','outcome':'cancelled'");
        else if (fate == 1)
                pass_minutes(2, 5); /* it lapses */
        else
                treat(room, items);
        if (fate <= 1 && chance(50))
                pass_minutes(2, 3);
}
