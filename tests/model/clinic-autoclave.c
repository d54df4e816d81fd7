/* SPDX-License-Identifier: Apache-2.0 */
/* Cycles and tests of the machines, most of them as they should be. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "clinic.h"

#define ROWS 60 /* samples in a message */

int n_cycle[4];
static GenCycle cycle;

void autoclaves_begin(void) {
        memset(n_cycle, 0, sizeof(n_cycle));
}

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

void load(int ac, const char *packs, bool number) {
        char cyc[32] = "";

        if (number)
                snprintf(cyc, sizeof(cyc), "'cycle':%d,", n_cycle[ac]);
        tell("station/station-1/load", "{'autoclave':'ac-%d',%s'packs':%s}", ac, cyc, packs);
}

void run(int ac, const char *program, const char *purpose, GenFault fault, const char *late) {
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

void penetration_test(int ac, bool read) {
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

void spore_test(int ac, const char *result, const char *control) {
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

void morning(int day) {
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
