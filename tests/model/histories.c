/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random histories of a clinic with three autoclaves, two rooms and a few reusable instruments, over some days: most of
 * what people do is right, each thing is now and then forgotten, late, wrong, or done by the wrong person; and messages
 * are lost, delayed, repeated, unnumbered, while devices, the daemon and the machine restart. Each history is left as a
 * folder with its ledger and the configurations that were in force, for reference.py to judge.
 *
 *   histories FOLDER        SEED=n repeats a run, HISTORIES=n makes it longer or shorter, FIRST=n skips those before it
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>

#include "../lib/clinicsim.h"
#include "../lib/cyclegen.h"
#include "store/stmt.h"

#define DAYS 3
#define ROWS 60 /* samples in a message */
#define DELAYED_MAX 64
#define PEN_SETS 8 /* cartridges and sleeves */
#define TOOLS 8    /* instruments that are used again and again */
#define MINUTE (60 * US_PER_S)

typedef struct Delayed {
        char topic[96], *payload;
} Delayed;

static Sim *s;
static const char *out_dir;
static char folder[256];
static GenRandom dice;
static GenCycle cycle;
static Delayed delayed[DELAYED_MAX];
static int n_delayed;
static bool rough;     /* this history's messages have a hard way */
static bool careless;  /* this history's people err more often */
static int n_cycle[4]; /* the last number of each autoclave */
static int n_session, n_pack, n_needle, n_taken, n_once[TOOLS];
static uint64_t n_nonce;
static char label_of[TOOLS][16]; /* the pack that each tool lies in */
static bool at_once;             /* something bare and critical goes into the next load */
static bool in_pack[TOOLS + 1];  /* and nobody has opened it */
static bool ready[TOOLS];        /* as far as people know: released, and not given out since */

static int roll(int n) {
        return (int)(gen_random(&dice) % (uint64_t)n);
}

/* In so many of a hundred cases; what goes wrong does so less often in a careful clinic. */
static bool chance(int percent) {
        return roll(100) < percent;
}

static bool slip(int percent) {
        return chance(careless ? percent : (percent + 3) / 4);
}

static void pass_minutes(int from, int to) {
        sim_pass(s, (int64_t)(from + roll(to - from + 1)) * MINUTE + roll(60) * US_PER_S);
}

/* --- messages, and what may happen to them --- */

static void put(const char *topic, const char *payload) {
        sim_send(s, topic, payload, false, NULL);
        sim_commit(s);
}

static void deliver_delayed(void) {
        while (n_delayed > 0 && chance(40)) {
                Delayed d = delayed[--n_delayed];

                put(d.topic, d.payload);
                free(d.payload);
        }
}

static void delay(const char *topic, const char *payload) {
        Delayed *d = delayed + n_delayed;

        if (n_delayed == DELAYED_MAX)
                return;
        snprintf(d->topic, sizeof(d->topic), "%s", topic);
        d->payload = strdup(payload);
        n_delayed++;
}

static void trouble(void) {
        if (!rough)
                return;
        if (chance(1))
                (roll(2) ? sim_restart : sim_crash)(s);
        if (roll(400) == 0)
                sim_reboot(s, (1 + roll(20)) * MINUTE);
        if (chance(30))
                deliver_delayed();
}

/* Sent as it should be; or never, later, twice, out of turn. */
static void transmit(const char *topic, const char *payload) {
        const int fate = rough ? roll(150) : 149;

        if (fate == 0)
                return;
        if (fate <= 3) {
                delay(topic, payload);
                return;
        }
        put(topic, payload);
        if (fate <= 6)
                put(topic, payload);
        if (fate <= 8)
                delay(topic, payload);
}

static void _printf_(2, 3) tell(const char *what, const char *json, ...) {
        _cleanup_(freep) char *body = NULL, *payload = NULL;
        char who[80], head[96] = "", topic[128];
        va_list ap;

        va_start(ap, json);
        assert_true(vasprintf(&body, json, ap) >= 0);
        va_end(ap);
        for (char *c = body; *c; c++)
                if (*c == '\'')
                        *c = '"';
        snprintf(who, sizeof(who), "%.*s", (int)(strrchr(what, '/') - what), what);
        if (rough && roll(200) == 0)
                sim_new_boot(s, who);
        if (!rough || roll(80))
                snprintf(head, sizeof(head), "\"boot\":\"%s\",\"seq\":%" PRId64 ",", sim_boot(s, who),
                         sim_next_seq(s, who));
        snprintf(topic, sizeof(topic), "asepsis/v1/clinic/up/%s", what);
        assert_true(asprintf(&payload, "{%s%s", head, body + 1) >= 0);
        transmit(topic, payload);
        trouble();
}

/* --- configuration --- */

static const char EXTRA[] =
        "[program gravity-121]\nname = Gravity\ntype = gravity\nset-temperature = 121 C\nhold-min = 15 min\nwraps = "
        "none\n"
        "[autoclave ac-2]\nclass-type = S\nband = en13060\nuncertainty-c = 0.5\ncalibration-due = 2026-12-31\n"
        "programs = prevac-134, quick-134, bowie-dick, helix, vacuum-leak\n"
        "[autoclave ac-3]\nclass-type = N\nband = en13060\nuncertainty-c = 0.5\ncalibration-due = 2026-11-23\n"
        "programs = gravity-121\n"
        "[device ac-2]\nkinds = autoclave\n[device ac-3]\nkinds = autoclave\n[device station-2]\nkinds = station\n"
        "[class probe]\nrole = instrument\nsingle-use = no\nreprocessing = sterilize\nhollow = no\ncritical = no\n"
        "reprocessing-limit = 5\n"
        "[class once]\nrole = other\nreprocessing = sterilize\nsterilize-before-use = yes\nhollow = no\n"
        "needs-biological = yes\n"
        "[practitioner dora]\nroles = operator\n";

/* The shipped file with a trusted clock and this region's profile, and more beside it; kept with the ledger. */
static void configure(const char *profile, const char *challenge, const char *more) {
        static ConfigErrors errors;
        Config *config = NULL;
        char name[320], line[512];
        FILE *in = fopen("etc/asepsisd.conf", "re"), *out;

        snprintf(name, sizeof(name), "%s/%" PRId64 ".conf", folder, sim_sql(s, "SELECT max(i) FROM audit"));
        out = fopen(name, "we");
        assert_true(in && out);
        while (fgets(line, sizeof(line), in))
                if (streq(line, "#clock = ntp\n"))
                        fputs("clock = rtc-trusted\n", out);
                else if (streq(line, "profile = eu\n"))
                        fprintf(out, "profile = %s\n", profile);
                else if (streq(line, "#load-challenge = none\n"))
                        fprintf(out, "load-challenge = %s\n", challenge);
                else
                        fputs(line, out);
        fprintf(out, "%s%s", EXTRA, more);
        fclose(in);
        fclose(out);
        in = fopen(name, "re");
        if (!in || config_load_stream(in, "clinic", &config, &errors) < 0) {
                config_errors_print(&errors, stderr);
                fail_msg("%s is not good", name);
        }
        fclose(in);
        intake_configure(s->intake, config);
        config_free(s->config);
        s->config = config;
}

/* --- the autoclaves --- */

static CycleProgram program_of(const char *name) {
        CycleProgram p = streq(name, "gravity-121") ? GEN_GRAVITY_121 : GEN_PREVAC_134;

        if (streq(name, "bowie-dick") || streq(name, "helix"))
                p.hold_min_us = 210 * US_PER_S;
        return p;
}

/* A penetration test wants a hold of 210 to 240 s; most get one. */
static void generate(const char *program, GenFault fault) {
        const CycleProgram p = program_of(program);
        const bool test = streq(program, "bowie-dick") || streq(program, "helix");

        for (int i = 0; i < 30; i++) {
                cyclegen(&cycle, &p, fault, gen_random(&dice), 0);
                if (!test || fault != GEN_SOUND || slip(3) || cycle.hold_to - cycle.hold_from <= 236)
                        return;
        }
}

static void say_rows(int ac, size_t from, size_t to) {
        _cleanup_(freep) char *rows = calloc(ROWS, 64);
        char what[64];
        size_t n = 0;

        for (size_t i = from; i < to; i++)
                n += (size_t)snprintf(rows + n, 64, "%s[%.3f,%.3f,%.3f]", i > from ? "," : "",
                                      (double)cycle.samples[i].t_us / 1e6, cycle.samples[i].temperature_mc / 1e3,
                                      cycle.samples[i].pressure_pa / 1e3);
        snprintf(what, sizeof(what), "autoclave/ac-%d/sample", ac);
        tell(what, "{'cycle':%d,'samples':[%s]}", n_cycle[ac], rows);
}

static void load(int ac, const char *packs, bool number) {
        char cyc[32] = "";

        if (number)
                snprintf(cyc, sizeof(cyc), "'cycle':%d,", n_cycle[ac]);
        tell("station/station-1/load", "{'autoclave':'ac-%d',%s'packs':%s}", ac, cyc, packs);
}

/* A cycle from start to end. `late`: packs that are named only now that it runs, or NULL. */
static void run(int ac, const char *program, const char *purpose, GenFault fault, const char *late) {
        char start[64], end[64];
        const size_t when = late ? (size_t)roll(3) : 9; /* in the hold, after it, at the end */

        generate(program, fault);
        snprintf(start, sizeof(start), "autoclave/ac-%d/cycle-start", ac);
        snprintf(end, sizeof(end), "autoclave/ac-%d/cycle-end", ac);
        if (!slip(4))
                n_cycle[ac]++;
        tell(start, "{'cycle':%d,'program':'%s','purpose':'%s'}", n_cycle[ac], program, purpose);
        for (size_t i = 0; i < cycle.n; i += ROWS) {
                const size_t to = MIN_OF(i + ROWS, cycle.n);
                const int64_t from_us = i ? cycle.samples[i - 1].t_us : 0;

                /* Our clock, not the device's, which may be fast. */
                sim_pass(s, (int64_t)((double)(cycle.samples[to - 1].t_us - from_us) / cycle.clock));
                say_rows(ac, i, to);
                if (late && ((when == 0 && i > cycle.hold_from + 120) || (when == 1 && i > cycle.hold_to + 60))) {
                        load(ac, late, true);
                        late = NULL;
                }
        }
        tell(end, "{'cycle':%d,'outcome':'%s'%s}", n_cycle[ac], slip(3) ? "failed" : "completed",
             fault == GEN_COARSE_ROWS ? ",'grade':'printout'" : "");
        if (late)
                load(ac, late, true);
}

static void penetration_test(int ac, bool read) {
        static const char *last[4] = { "helix", "helix", "helix", "helix" };
        const char *test = last[ac] = read && !slip(2) ? last[ac] : roll(2) ? "bowie-dick" : "helix";

        if (!read)
                run(ac, test, slip(5) ? "load" : "test", slip(6) ? (GenFault)(1 + roll(_GEN_FAULT_MAX - 1)) : GEN_SOUND,
                    NULL);
        if (read && !slip(4))
                tell("station/station-1/test",
                     "{'autoclave':'ac-%d','test':'%s','cycle':%d,'result':'%s','reader':'ben'}", ac, test, n_cycle[ac],
                     slip(6) ? "fail" : "pass");
        if (read && slip(4)) /* somebody else looks, and sees something else perhaps */
                tell("station/station-2/test",
                     "{'autoclave':'ac-%d','test':'%s','cycle':%d,'result':'%s','reader':'dora'}", ac, test,
                     n_cycle[ac], slip(30) ? "fail" : "pass");
}

static void leak_test(int ac) {
        const double rise = slip(8) ? 1.31 : slip(4) ? 1.3 : 0.4, settle = slip(6) ? 290 : 300;
        char what[64];

        snprintf(what, sizeof(what), "autoclave/ac-%d/test", ac);
        pass_minutes(16, 17);
        tell(what, "{'test':'vacuum-leak','pressures':[[0,5.0],[%.0f,5.2],[%.0f,%.3f]]}", settle, settle + 600,
             5.2 + rise);
}

static void spore_test(int ac, const char *result, const char *control) {
        tell("station/station-1/indicator",
             "{'autoclave':'ac-%d','cycle':%d,'indicator':'biological','where':'challenge','lot':'SP1','result':'%s'%s%"
             "s%s,"
             "'reader':'ben'}",
             ac, n_cycle[ac], result, control ? ",'control':'" : "", control ?: "", control ? "'" : "");
}

static void duties(int ac) {
        if (!slip(8))
                tell("station/station-1/duty", "{'duty':'door-seal','by':'ben','subject':'ac-%d','result':'%s'}", ac,
                     slip(4) ? "fail" : "pass");
        if (!slip(4))
                tell("station/station-1/duty", "{'duty':'yearly-validation','by':'ben','subject':'ac-%d'}", ac);
}

/* What each machine gets in the morning. */
static void morning(int day) {
        for (int ac = 1; ac <= 3; ac++)
                if (day == 0 || chance(40))
                        duties(ac);
        for (int ac = 1; ac <= 2; ac++) {
                const bool late = slip(8);

                if (day == 0 ? !slip(10) : chance(15))
                        leak_test(ac);
                if (slip(8))
                        continue;
                penetration_test(ac, false);
                pass_minutes(1, 5);
                if (!late)
                        penetration_test(ac, true);
        }
        for (int ac = 1; ac <= 3; ac++)
                if (day == 0 && !slip(15)) {
                        run(ac, ac == 3 ? "gravity-121" : "prevac-134", "load", GEN_SOUND, NULL);
                        spore_test(ac, slip(8) ? "fail" : "pass", slip(15) ? "no-growth" : slip(8) ? NULL : "growth");
                }
}

/* --- instruments --- */

/* Two of each class, so that two can lie in one pack. */
static const char *const CLASSES[] = { "extractor", "serum-cup", "probe", "once" };

static const char *tool(int t) {
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

static void receive_tool(int t) {
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

static void decide(int ac, const char *decision, const char *wet) {
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

/* Instruments through one machine; in the wrong order, with something forgotten, and put right, now and then. */
static void reprocess(int ac, int first, int n) {
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

/* --- needles and rooms --- */

static void receive_needles(int n) {
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

/* A pen with its cartridges and sleeves. */
static void receive_pen(void) {
        char name[16];

        tell("station/station-1/receive", "{'item':'H-1','class':'handpiece'}");
        for (int i = 0; i < PEN_SETS; i++) {
                snprintf(name, sizeof(name), "C%d", i);
                tell("station/station-1/receive", "{'item':'%s'}", sim_code(name));
                name[0] = 'S';
                tell("station/station-1/receive", "{'item':'%s'}", sim_code(name));
        }
}

static void wipe_pen(void) {
        if (chance(80))
                tell("station/station-1/disinfect", "{'items':['H-1'],'level':'high','by':'%s'}",
                     slip(3) ? "zoe" : "ben");
}

static const char *needle(void) {
        static char name[16];
        int n = chance(15) ? 1 + roll(n_needle + 1) : ++n_taken;

        if (n_taken >= n_needle)
                n_taken = n_needle;
        snprintf(name, sizeof(name), "R%d", n);
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

static void ask(int room, const char *items, const char *who) {
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

static void turn_over(int room) {
        char what[64];

        snprintf(what, sizeof(what), "room/room-%d/disinfected", room);
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

static void session(void) {
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

/* --- officers --- */

static void end_recall(void) {
        const int64_t recalls = sim_sql(s, "SELECT max(id) FROM recall");
        char text[TEXT_MAX + 1];

        if (recalls)
                intake_recall_end(s->intake, &s->now, 1 + roll((int)recalls), slip(20) ? "ben" : "clara", "looked at",
                                  text);
        sim_commit(s);
}

/* Three empty cycles with spore tests, three Bowie-Dick tests, an officer; or less than that. */
static void bring_back(int ac) {
        char name[8], text[TEXT_MAX + 1];
        const bool whole = chance(60);

        snprintf(name, sizeof(name), "ac-%d", ac);
        for (int i = whole || chance(50) ? 3 : roll(3); i > 0; i--) {
                run(ac, ac == 3 ? "gravity-121" : "prevac-134", "empty", GEN_SOUND, NULL);
                tell("station/station-1/indicator",
                     "{'autoclave':'ac-%d','cycle':%d,'indicator':'chemical','where':'challenge','type':5,'result':'"
                     "pass',"
                     "'reader':'ben'}",
                     ac, n_cycle[ac]);
                spore_test(ac, "pass", "growth");
        }
        for (int i = ac == 3 ? 0 : whole ? 3 : roll(4); i > 0; i--) {
                run(ac, "bowie-dick", "test", GEN_SOUND, NULL);
                tell("station/station-1/test",
                     "{'autoclave':'ac-%d','test':'bowie-dick','cycle':%d,'result':'pass','reader':'ben'}", ac,
                     n_cycle[ac]);
        }
        intake_autoclave_return(s->intake, &s->now, name, slip(20) ? "ben" : "clara", "repaired and tested", text);
        sim_commit(s);
}

static bool is_out(int ac) {
        return sim_sql(s, "SELECT count(*) FROM service WHERE autoclave = 'ac-%d' AND back_us IS NULL", ac) > 0;
}

static void officer(void) {
        for (int ac = 1; ac <= 3; ac++)
                if (is_out(ac) && chance(70))
                        bring_back(ac);
        for (int i = roll(4); i > 0; i--)
                end_recall();
}

/* --- what nobody planned --- */

/* Somebody takes it for a session all the same. */
static void in_a_moment(const char *name) {
        n_session++;
        turn_over(1);
        ask(1, name, "ana");
}

/* One needle on two pens. */
static void copy_of(const char *name) {
        tell("handpiece/pen-1/usage", "{'item':'%s','event':'attached'}", sim_code(name));
        tell("handpiece/pen-2/usage", "{'item':'%s','event':'attached'}", sim_code(name));
        in_a_moment(name);
}

/* The needle that will be taken next. */
static const char *next_needle(void) {
        static char name[16];

        snprintf(name, sizeof(name), "R%d", n_taken + 1);
        return name;
}

static void mishap(void) {
        char what[64];
        const int ac = 1 + roll(3);
        int t = roll(TOOLS);

        for (int i = 0; i < TOOLS && !ready[t]; i++)
                t = (t + 1) % TOOLS;

        switch (roll(13)) {
        case 0:
                tell("station/station-1/damage", "{'pack':'%s','reason':'torn'}", label_of[t]);
                return;
        case 1:
                tell("station/station-1/damage", "{'item':'%s','reason':'bent'}",
                     roll(2) ? tool(t) : sim_code(next_needle()));
                return;
        case 2:
                tell("sharps/sharps-1/drop", "{'item':'%s'}", sim_code(next_needle()));
                return;
        case 3:
                tell("station/station-1/recall", "{'reason':'maker','by':'clara','lot':'L%d'}", roll(5));
                return;
        case 4:
                tell("station/station-1/recall", "{'reason':'look again','by':'clara','items':%s}",
                     sim_codes(roll(2) ? tool(t) : needle()));
                return;
        case 5:
                snprintf(what, sizeof(what), "autoclave/ac-%d/fault", ac);
                tell(what, "{'code':'E12','severity':'%s'}", roll(3) ? "minor" : "major");
                return;
        case 6:
                decide(ac, "reject", NULL); /* withdrawn, if it was released */
                return;
        case 7:
                spore_test(ac, roll(2) ? "fail" : "pending", NULL);
                return;
        case 8:
                copy_of(needle());
                return;
        case 9:
        case 10:
                spore_test(1 + roll(2), "fail", NULL);
                return;
        case 11:
                tell("station/station-2/test", "{'autoclave':'ac-%d','test':'helix','result':'fail','reader':'ben'}",
                     1 + roll(2));
                return;
        default:
                tell("station/station-1/recall",
                     "{'reason':'machine','by':'clara','autoclave':'ac-%d','from':'2026-11-%02dT00:00:00Z','to':'2026-"
                     "11-%02dT23:00:00Z'}",
                     ac, 22 + roll(3), 24 + roll(2));
        }
}

/* Two tools that are not ready; any, where all are. */
static int pair_to_do(void) {
        int first = 2 * roll(TOOLS / 2);

        for (int i = 0; i < TOOLS / 2 && ready[first] && ready[first + 1]; i++)
                first = (first + 2) % TOOLS;
        return first;
}

static void day(int number) {
        receive_needles(20);
        morning(number);
        for (int i = 0; i < 4; i++) {
                const int first = pair_to_do(), ac = first == 4 && chance(60) ? 3 : slip(8) ? 3 : 1 + roll(2);

                reprocess(ac, first, 2 + (first <= 4 && ac < 3 && roll(2) ? 2 : 0));
                if (slip(70))
                        mishap();
                for (int n = 4 + roll(4); n > 0; n--)
                        session();
        }
        deliver_delayed();
        officer();
}

static void next_morning(void) {
        const int64_t hours = 16 + roll(3);

        sim_pass(s, hours * 60 * MINUTE - (s->now.wall_us - SIM_START_US) % (24 * 60 * MINUTE) + 8 * 60 * MINUTE);
}

static void history(int number) {
        const char *profile, *challenge;
        Sim sim;

        s = &sim;
        snprintf(folder, sizeof(folder), "%s/%06d", out_dir, number);
        assert_int_equal(mkdir(folder, 0755), 0);
        rough = roll(5) < 2;
        careless = roll(5) == 0;
        profile = roll(3) ? "eu" : "us";
        challenge = roll(2) ? "none" : roll(2) ? "type-5" : "helix";
        memset(n_cycle, 0, sizeof(n_cycle));
        memset(label_of, 0, sizeof(label_of));
        memset(ready, 0, sizeof(ready));
        memset(n_once, 0, sizeof(n_once));
        memset(in_pack, 0, sizeof(in_pack));
        n_session = n_pack = n_needle = n_taken = n_delayed = 0;
        n_nonce = 0;
        sim_open(s, NULL);
        configure(profile, challenge, "");
        for (int t = 0; t < TOOLS; t++)
                receive_tool(t);
        receive_pen();
        for (int i = 0; i < DAYS; i++) {
                day(i);
                if (roll(4) == 0) /* the same again, and a person more or less */
                        configure(profile, challenge,
                                  roll(2) ? "[practitioner zoe]\nroles = operator, releaser\n" : "");
                next_morning();
        }
        sim_commit(s);
        sim_check_chain(s);
        sim_sql(s, "VACUUM INTO '%s/ledger.db'", folder);
        while (n_delayed > 0)
                free(delayed[--n_delayed].payload);
        sim_close(s);
}

static int number_of(const char *name, int otherwise) {
        const char *text = getenv(name);

        return text ? atoi(text) : otherwise;
}

static void histories_are_played(void **state) {
        const int histories = number_of("HISTORIES", 30), seed = number_of("SEED", (int)(time(NULL) % 1000000));
        const int first = number_of("FIRST", 0);

        (void)state;
        printf("SEED=%d HISTORIES=%d FIRST=%d\n", seed, histories, first);
        for (int i = first; i < first + histories; i++) {
                dice = (GenRandom){ .state = (uint64_t)seed * 1000003 + (uint64_t)i };
                history(i);
        }
}

int main(int argc, char **argv) {
        const struct CMUnitTest tests[] = { cmocka_unit_test(histories_are_played) };

        if (argc != 2) {
                fprintf(stderr, "histories FOLDER\n");
                return 2;
        }
        out_dir = argv[1];
        return cmocka_run_group_tests(tests, NULL, NULL);
}
