/* SPDX-License-Identifier: Apache-2.0 */
#include "core/manual.h"

#include "core/fitness.h"
#include "core/steam.h"

#define RULE "manual-evidence"
#define AGAIN "Sterilize the load again."

int manual_period(int32_t from, int32_t used, int32_t day, int32_t *ret_first) {
        int32_t first = from;

        if (from == FITNESS_NEVER || day < from || (int64_t)day - from >= MANUAL_DAYS)
                return 0;
        if (used != FITNESS_NEVER && (int64_t)from - used < MANUAL_PAUSE_DAYS)
                first = used;
        if (day < first || (int64_t)day - first >= MANUAL_DAYS)
                return 0;
        *ret_first = first;
        return 1;
}

/* Lowest with lowest, highest with highest: steam that is saturated has both at once. */
static void judge_steam(const Cycle *c, const ManualReadings *m, Reasons *ret) {
        const Sample low = { .temperature_mc = m->coldest_mc, .pressure_pa = m->lowest_pa },
                     high = { .temperature_mc = m->hottest_mc, .pressure_pa = m->highest_pa };
        int32_t off_low, off_high;
        const bool both = cycle_counts(c, &low, &off_low) & cycle_counts(c, &high, &off_high);
        int64_t moved;

        if (!both) {
                reasons_add(
                        ret, RULE,
                        "The transcribed temperatures and pressures are not those of saturated steam within the band "
                        "of program %s, less what its sensor may be off. " AGAIN,
                        c->program.name);
                return;
        }
        moved = ((int64_t)off_low + off_high) / 2 - c->reference.median_mc;
        if (c->reference.known && (moved > CYCLE_DRIFT_MC || moved < -CYCLE_DRIFT_MC))
                reasons_add(ret, RULE,
                            "By the transcribed readings the steam of program %s is more than 1 K off what it was when "
                            "it was commissioned. Have the autoclave looked at.",
                            c->program.name);
}

static void judge_time_and_air(const Cycle *c, const ManualReadings *m, Reasons *ret) {
        if (m->hold_us < c->required_us)
                reasons_add(ret, RULE, "The transcribed hold is %lld s; program %s needs %lld s. " AGAIN,
                            (long long)(m->hold_us / 1000000), c->program.name,
                            (long long)((c->required_us + 999999) / 1000000));
        if (!c->program.prevacuum || m->pulses >= c->program.pulses)
                return;
        if (m->pulses < 0)
                reasons_add(
                        ret, RULE,
                        "The pulses of air removal were not transcribed; program %s needs %d. Read them off, and send "
                        "the readings again; else sterilize the load again.",
                        c->program.name, (int)c->program.pulses);
        else
                reasons_add(ret, RULE,
                            "The transcribed readings have %lld pulses of air removal; program %s needs %d. " AGAIN,
                            (long long)m->pulses, c->program.name, (int)c->program.pulses);
}

/* A hold as long as the readings say must have had its place where nothing was measured: what was measured is judged
 * once more, as if the program asked for that hold. A clock of another make may be off as much as a set time may. */
static void judge_samples(const Cycle *came, Grade grade, const ManualReadings *m, Reasons *ret) {
        Cycle c = *came;
        CycleVerdict v;
        bool agree;

        if (c.samples == 0)
                return;
        cycle_require(&c, m->hold_us - m->hold_us / 40);
        cycle_end(&c, OUTCOME_COMPLETED, grade, &v);
        agree = !cycle_has_reason(&v, CYCLE_HOLD_TOO_SHORT) && !cycle_has_reason(&v, CYCLE_STEAM_NOT_SATURATED);
        if (v.samples_held > 0)
                agree = agree && v.coldest_mc >= m->coldest_mc - MANUAL_AGREE_MC &&
                        v.hottest_mc <= m->hottest_mc + MANUAL_AGREE_MC;
        if (!agree)
                reasons_add(ret, RULE,
                            "The measurements that came of this cycle contradict the transcribed readings, and the "
                            "measurements count. " AGAIN);
}

void manual_judge(const Cycle *came, Grade grade, const ManualReadings *readings, Reasons *ret) {
        if (!came->known) {
                reasons_add(
                        ret, RULE,
                        "The program of this cycle is not configured, so transcribed readings show nothing. " AGAIN);
                return;
        }
        judge_steam(came, readings, ret);
        judge_time_and_air(came, readings, ret);
        judge_samples(came, grade, readings, ret);
}
