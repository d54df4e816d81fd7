/* SPDX-License-Identifier: Apache-2.0 */
/* Instruments that are used again: cleaned, packed, sterilized, released, each thing now and then wrongly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "clinic.h"

char label_of[TOOLS][16];
bool in_pack[TOOLS + 1], ready[TOOLS];
static int n_pack, n_once[TOOLS];
static bool at_once; /* something bare and critical goes into the next load */

void tools_begin(void) {
        memset(label_of, 0, sizeof(label_of));
        memset(ready, 0, sizeof(ready));
        memset(n_once, 0, sizeof(n_once));
        memset(in_pack, 0, sizeof(in_pack));
        n_pack = 0;
}

/* Two of each class, so that two can lie in one pack. */
static const char *const CLASSES[] = { "extractor", "serum-cup", "probe", "once" };

const char *tool(int t) {
        static char names[4][16];
        static int next;
        char *n = names[next++ % 4];

        /* What is used only once is a new piece each time. */
        snprintf(n, sizeof(names[0]), t / 2 == 3 ? "T-%d-%d" : "T-%d", t, n_once[t]);
        return n;
}

static bool bare(int t) {
        return t / 2 == 2;
}

void receive_tool(int t) {
        tell("station/station-1/receive", "{'item':'%s','class':'%s'}", tool(t), CLASSES[t / 2]);
}

/* What is used only once is a new piece each time; people take the old one now and then. */
static void receive_new(int t) {
        n_once[t] += !slip(10);
        receive_tool(t);
}

/* Bare, what may be; and now and then what is wanted at once, for the next session. */
static void pack(int t, const char *items) {
        const bool none = bare(t) ? chance(80) : t / 2 == 3 ? chance(20) : slip(5);
        char session[32] = "";

        at_once |= none && t / 2 == 3;
        if (none && !bare(t) && chance(90))
                snprintf(session, sizeof(session), ",'session':'s-%d'", n_session + 1 + roll(2));
        tell("station/station-1/pack", "{'pack':'P%d','items':%s,'wrap':'%s','operator':'ben'%s}", n_pack,
             sim_codes(items), none ? "none" : "pouch", session);
}

/* What lies in a pack that nobody used is taken out before it is cleaned again. */
static void unpack(int t) {
        if (in_pack[t] && t / 2 != 3 && !slip(5))
                tell("room/room-1/open", "{'pack':'%s','indicator':'pass','by':'ana'}", label_of[t]);
        in_pack[t] = false;
}

/* Cleaned and packed: one tool, or the pair. The names of the packs as JSON. */
static void prepare_tools(int first, int n, char *ret_packs, size_t size) {
        size_t used = (size_t)snprintf(ret_packs, size, "[");

        for (int t = first, step; t < first + n; t += step) {
                const bool pair = t % 2 == 0 && t + 1 < first + n && chance(30);
                char both[64];

                step = 1 + pair;
                if (t / 2 == 3)
                        receive_new(t);
                if (t / 2 == 3 && pair)
                        receive_new(t + 1);
                unpack(t);
                if (pair)
                        unpack(t + 1);
                snprintf(both, sizeof(both), "%s %s", tool(t), pair ? tool(t + 1) : "");
                if (!slip(5))
                        tell("station/station-1/clean", "{'items':%s,'method':'ultrasonic','operator':'%s'}",
                             sim_codes(both), slip(3) ? "zoe" : "ben");
                pass_minutes(2, 5);
                n_pack += !slip(3);
                snprintf(label_of[t], sizeof(label_of[t]), "P%d", n_pack);
                if (pair)
                        snprintf(label_of[t + 1], sizeof(label_of[t + 1]), "P%d", n_pack);
                in_pack[t] = true;
                in_pack[t + 1] |= pair;
                sim_forget(s);
                pack(t, both);
                if (sim_rejected(s, "station/station-1")[0] && !slip(30))
                        continue;
                used += (size_t)snprintf(ret_packs + used, size - used, "%s'P%d'", used > 1 ? "," : "", n_pack);
        }
        snprintf(ret_packs + used, size - used, "]");
}

static void indicators(int ac, const char *packs) {
        if (!slip(8))
                tell("station/station-1/indicator",
                     "{'autoclave':'ac-%d','cycle':%d,'indicator':'chemical','where':'outside','type':1,'packs':%s,'"
                     "result':'%s',"
                     "'expires':'%s','reader':'ben'}",
                     ac, n_cycle[ac], packs, slip(4) ? "fail" : "pass", slip(4) ? "2026-11-20" : "2027-06-30");
        if (!slip(15))
                tell("station/station-1/indicator",
                     "{'autoclave':'ac-%d','cycle':%d,'indicator':'chemical','where':'challenge','type':%d,'result':'%"
                     "s','reader':'ben'}",
                     ac, n_cycle[ac], 5 + roll(2), slip(3) ? "fail" : "pass");
        if (chance(10))
                tell("station/station-1/indicator",
                     "{'autoclave':'ac-%d','cycle':%d,'indicator':'chemical','where':'inside','type':4,'packs':%s,'"
                     "result':'pass',"
                     "'reader':'ben'}",
                     ac, n_cycle[ac], packs);
}

void decide(int ac, const char *decision, const char *wet) {
        tell("station/station-1/release", "{'autoclave':'ac-%d','cycle':%d,'decision':'%s','by':'%s','dry':%s%s%s}", ac,
             n_cycle[ac], decision,
             slip(5)   ? "dora"
             : slip(3) ? "zoe"
                       : "ben",
             slip(4) ? "false" : "true", wet ? ",'wet_packs':" : "", wet ?: "");
}

static bool released(void) {
        return streq(sim_member(s, "down/station/station-1/released", "verdict"), "released");
}

/* A person's word on the load at hand; what is not released is rejected, so that its packs can be done again. */
static void decide_load(int ac, int first, int n, const char *packs) {
        char one[32];

        snprintf(one, sizeof(one), "['%s']", label_of[first]);
        sim_forget(s);
        if (!slip(4))
                decide(ac, chance(4) ? "reject" : "release", chance(10) ? (roll(2) ? one : packs) : NULL);
        if (!released() && slip(40)) { /* what was missing is brought, and it is asked for again */
                pass_minutes(1, 30);
                penetration_test(ac, true);
                indicators(ac, packs);
                decide(ac, "release", NULL);
        }
        for (int t = first; t < first + n; t++)
                ready[t] = released();
        if (released() && chance(8))
                decide(ac, "reject", NULL); /* withdrawn, and not everybody hears of it */
        if (!released() && !slip(8))
                decide(ac, "reject", NULL);
        if (!released() && slip(12))
                decide(ac, "release", NULL);
}

void reprocess(int ac, int first, int n) {
        const GenFault fault = chance(careless ? 20 : 10) ? (GenFault)(1 + roll(_GEN_FAULT_MAX - 1)) : GEN_SOUND;
        const bool late = chance(8), early = slip(6), spores = chance(first + n > 6 ? 85 : 5);
        char packs[256];

        at_once = false;
        prepare_tools(first, n, packs, sizeof(packs));
        if (!late && !slip(2))
                load(ac, packs, false);
        pass_minutes(1, 4);
        run(ac,
            ac == 3              ? "gravity-121"
            : at_once || slip(4) ? "quick-134"
                                 : "prevac-134",
            slip(3) ? "test" : "load", fault, late ? packs : NULL);
        if (early)
                decide(ac, "release", NULL);
        pass_minutes(1, 10);
        indicators(ac, packs);
        if (spores)
                spore_test(ac,
                           slip(8)   ? "pending"
                           : slip(8) ? "fail"
                                     : "pass",
                           slip(15)  ? NULL
                           : slip(8) ? "no-growth"
                                     : "growth");
        decide_load(ac, first, n, packs);
}
