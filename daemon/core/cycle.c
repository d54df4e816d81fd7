/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is hard here is to decide while samples come in, in bounded memory, what the rules say of the whole cycle.
 *
 * - A spike can only be told from the end of a hold by the sample after it. So a sample that may be one is held back
 *   (`held`) until the next one comes.
 * - "The last before exhaust" is known only afterwards. So the plateau's end moves along with each sample at or above
 *   the lower limit; what follows the last of these is exhaust.
 * - The hold is the longest stretch: the one that is open (`stretch`) takes the place of the longest so far (`hold`)
 *   when it ends longer. The gap that is allowed in it depends on the grade, said at the end, so the largest is kept.
 * - A short hold is evidence of failure only if nothing of it went unseen. Between two samples that do not count there
 *   can have been no hold longer than the time between them; the longest such time in which something went unseen says
 *   whether a long enough hold could have been missed (`unseen`). If so the cycle is unverified, not failed.
 */
#include "core/cycle.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "core/steam.h"

#define HOLD_MAX_US INT64_C(86400000000) /* a day */

int cycle_program_check(const CycleProgram *p) {
        int64_t narrow = 2 * ((int64_t)p->uncertainty_mc + (p->display_step_mc + INT64_C(1)) / 2);
        if (!memchr(p->name, 0, sizeof(p->name)))
                return -EINVAL;
        if (p->set_temperature_mc < CYCLE_SET_MIN_MC || p->set_temperature_mc > CYCLE_SET_MAX_MC || p->band_mc <= 0 || p->band_mc > CYCLE_BAND_MAX_MC)
                return -EINVAL;
        if (p->uncertainty_mc < 0 || p->display_step_mc < 0)
                return -EINVAL;
        if (p->hold_min_us <= 0 || p->hold_min_us > HOLD_MAX_US || p->set_hold_us < 0 || p->set_hold_us > HOLD_MAX_US)
                return -EINVAL;
        if (p->gap_max_us <= 0 || p->print_interval_us < 0 || p->print_interval_us > HOLD_MAX_US)
                return -EINVAL;
        if (p->prevacuum && (p->pulses <= 0 || p->pulse_pressure_pa < STEAM_PRESSURE_MIN_PA))
                return -EINVAL;
        return narrow > p->band_mc ? -ERANGE : 0;
}

static void set_limits(Cycle *c) {
        const CycleProgram *p = &c->program;
        int32_t narrow = p->uncertainty_mc + (p->display_step_mc + 1) / 2;
        int64_t set_less = (p->set_hold_us * 975 + 999) / 1000;
        int64_t print = p->print_interval_us * 1025 / 1000;
        c->lower_mc = p->set_temperature_mc;
        c->upper_mc = p->set_temperature_mc + p->band_mc;
        c->narrow_lower_mc = c->lower_mc + narrow;
        c->narrow_upper_mc = c->upper_mc - narrow;
        c->required_us = p->hold_min_us > set_less ? p->hold_min_us : set_less;
        c->gap_allowed_us[GRADE_CONTINUOUS] = p->gap_max_us;
        if (print == 0)
                print = p->gap_max_us;
        c->gap_allowed_us[GRADE_PRINTOUT] = print < CYCLE_PRINT_GAP_MAX_US ? print : CYCLE_PRINT_GAP_MAX_US;
}

static void take_skew(Cycle *c, int64_t skew_us) {
        if (!c->has_skew || skew_us < c->skew_min_us)
                c->skew_min_us = skew_us;
        if (!c->has_skew || skew_us > c->skew_max_us)
                c->skew_max_us = skew_us;
        c->has_skew = true;
}

void cycle_begin(Cycle *c, const CycleProgram *program, const CycleStart *start) {
        memset(c, 0, sizeof(*c));
        c->start = *start;
        c->loaded = start->purpose == PURPOSE_LOAD;
        c->plateau_start_us = c->plateau_end_us = c->contradiction_us = c->warm_start_us = -1;
        c->arrival_unknown = start->arrival_us < 0;
        if (start->arrival_us >= 0)
                take_skew(c, start->arrival_us);
        if (!program || cycle_program_check(program) < 0)
                return;
        c->known = true;
        c->program = *program;
        set_limits(c);
}

static CyclePoint point_of(const Cycle *c, const Sample *s) {
        int32_t boiling = steam_saturation_mc(s->pressure_pa);
        int64_t off = (int64_t)s->temperature_mc - boiling;
        CyclePoint p = { .sample = *s, .off_mc = STEAM_OUT_OF_RANGE };
        p.by_temperature = s->temperature_mc >= c->narrow_lower_mc && s->temperature_mc <= c->narrow_upper_mc;
        if (boiling == STEAM_OUT_OF_RANGE)
                return p;
        p.off_mc = off > INT32_MAX ? INT32_MAX : off <= INT32_MIN ? INT32_MIN + 1 : (int32_t)off;
        p.by_steam = boiling >= c->lower_mc && boiling <= c->upper_mc;
        p.counts = p.by_temperature && p.by_steam && off >= -CYCLE_SATURATION_MC && off <= CYCLE_SATURATION_MC;
        return p;
}

static bool far_off(const CyclePoint *a, const CyclePoint *b) {
        int64_t d = (int64_t)a->sample.temperature_mc - b->sample.temperature_mc;
        return d > CYCLE_SPIKE_MC || d < -CYCLE_SPIKE_MC;
}

/* Pulses of air removal come before the plateau; the vacuum of drying is none. Below the triple point is no pressure
 * that a chamber has, but a broken sensor. */
static void note_pulse(Cycle *c, const CyclePoint *p) {
        int64_t pressure = p->sample.pressure_pa;
        if (!c->program.prevacuum || c->plateau_start_us >= 0)
                return;
        if (c->in_pulse)
                c->in_pulse = pressure < (int64_t)c->program.pulse_pressure_pa + CYCLE_PULSE_RISE_PA;
        else if (pressure < c->program.pulse_pressure_pa && pressure >= STEAM_PRESSURE_MIN_PA) {
                c->in_pulse = true;
                c->pulses++;
        }
}

static void note_plateau(Cycle *c, const CyclePoint *p) {
        int64_t t = p->sample.t_us;
        int32_t temperature = p->sample.temperature_mc;
        if (temperature < c->lower_mc)
                return;
        if (c->plateau_start_us < 0) {
                c->plateau_start_us = t;
                c->plateau_hottest_mc = temperature;
        }
        c->plateau_end_us = t;
        if (temperature > c->plateau_hottest_mc)
                c->plateau_hottest_mc = temperature;
        if (temperature > c->lower_mc + CYCLE_OVERSHOOT_MC ||
            (temperature > c->upper_mc && t - c->plateau_start_us > CYCLE_OVERSHOOT_US))
                c->too_hot = true;
}

/* One sensor says "in the band" for a minute while the other is nowhere near: stuck, or in another unit. */
static void note_contradiction(Cycle *c, const CyclePoint *p) {
        bool apart = p->off_mc > CYCLE_CONTRADICTION_MC || p->off_mc < -CYCLE_CONTRADICTION_MC;
        if (!apart || !(p->by_temperature || p->by_steam)) {
                c->contradiction_us = -1;
                return;
        }
        if (c->contradiction_us < 0)
                c->contradiction_us = p->sample.t_us;
        if (p->sample.t_us - c->contradiction_us >= CYCLE_CONTRADICTION_US)
                c->contradictory = true;
}

static void note_warm(Cycle *c, const CyclePoint *p) {
        int64_t t = p->sample.t_us;
        if (!p->by_temperature) {
                c->warm_start_us = -1;
                return;
        }
        if (c->warm_start_us < 0)
                c->warm_start_us = t;
        if (t - c->warm_start_us > c->warm_us)
                c->warm_us = t - c->warm_start_us;
}

static void raise_to(int64_t *figure, int64_t value) {
        if (value > *figure)
                *figure = value;
}

/* The open span ends, `span_us` long. */
static void close_unseen(CycleUnseen *u, const int64_t allowed_us[CYCLE_GRADES], int64_t span_us) {
        if (u->missing)
                raise_to(&u->missing_us[u->counted], span_us);
        for (int grade = 0; grade < CYCLE_GRADES; grade++)
                if (u->gap_us > allowed_us[grade])
                        raise_to(&u->sparse_us[grade][u->counted], span_us);
}

static void note_unseen(Cycle *c, const CyclePoint *p) {
        CycleUnseen *u = &c->unseen;
        int64_t t = p->sample.t_us;
        raise_to(&u->gap_us, t - (c->has_last ? c->last.sample.t_us : 0));
        u->missing |= p->after_gap;
        u->counted |= p->counts;
        if (p->counts)
                return;
        close_unseen(u, c->gap_allowed_us, t - u->start_us);
        u->start_us = t;
        u->gap_us = 0;
        u->missing = u->counted = false;
}

static void stretch_begin(CycleStretch *s, const CyclePoint *p) {
        memset(s, 0, sizeof(*s));
        s->start_us = s->end_us = p->sample.t_us;
        s->coldest_mc = s->hottest_mc = p->sample.temperature_mc;
        s->worst_mc = p->off_mc;
}

static void stretch_add(CycleStretch *s, const CyclePoint *p) {
        int32_t off = p->off_mc, temperature = p->sample.temperature_mc;
        if (temperature < s->coldest_mc)
                s->coldest_mc = temperature;
        if (temperature > s->hottest_mc)
                s->hottest_mc = temperature;
        if ((off < 0 ? -off : off) > (s->worst_mc < 0 ? -s->worst_mc : s->worst_mc))
                s->worst_mc = off;
        s->histogram[(off + CYCLE_SATURATION_MC + CYCLE_BIN_MC / 2) / CYCLE_BIN_MC]++;
        s->end_us = p->sample.t_us;
        s->n++;
}

/* Between two samples the colder of them is taken: F0 is never more than what was measured. */
static void stretch_advance(CycleStretch *s, const CyclePoint *from, const CyclePoint *to) {
        int64_t passed = to->sample.t_us - from->sample.t_us;
        int32_t a = from->sample.temperature_mc, b = to->sample.temperature_mc;
        s->lethality += (double)passed * pow(10, ((a < b ? a : b) - 121100) / 10000.0);
        raise_to(&s->gap_us, passed);
        s->missing |= to->after_gap;
}

static void stretch_end(Cycle *c) {
        CycleStretch *s = &c->stretch, *h = &c->hold;
        if (s->n > 0 && (h->n == 0 || s->end_us - s->start_us > h->end_us - h->start_us))
                *h = *s;
        s->n = 0;
}

static void note_stretch(Cycle *c, const CyclePoint *p) {
        if (!p->counts) {
                stretch_end(c);
                return;
        }
        if (c->stretch.n == 0)
                stretch_begin(&c->stretch, p);
        else
                stretch_advance(&c->stretch, &c->last, p);
        stretch_add(&c->stretch, p);
}

static void take(Cycle *c, const CyclePoint *p) {
        note_pulse(c, p);
        note_plateau(c, p);
        note_contradiction(c, p);
        note_warm(c, p);
        note_unseen(c, p);
        note_stretch(c, p);
        c->last = *p;
        c->has_last = true;
}

static void take_held(Cycle *c) {
        if (c->has_held)
                take(c, &c->held);
        c->has_held = false;
}

static void take_in_order(Cycle *c, CyclePoint *p) {
        if (c->has_held && p->counts && far_off(&c->held, p)) {
                c->dropped++;
                c->has_held = false;
                p->after_gap |= c->held.after_gap;
        }
        take_held(c);
        if (c->has_last && c->last.counts && far_off(&c->last, p) && c->dropped < CYCLE_SPIKES_MAX) {
                c->held = *p;
                c->has_held = true;
        } else
                take(c, p);
}

/* The samples of one message arrive together; only the newest of them is as old as the message. */
static void note_arrival(Cycle *c, int64_t t_us, int64_t arrival_us) {
        if (arrival_us < 0) {
                c->arrival_unknown = true;
                return;
        }
        if (c->has_arrival && arrival_us != c->arrival_us)
                take_skew(c, c->skew_us);
        c->has_arrival = true;
        c->arrival_us = arrival_us;
        c->skew_us = arrival_us - t_us;
}

int cycle_sample(Cycle *c, const Sample *s, int64_t arrival_us) {
        if (s->t_us < 0 || s->t_us > CYCLE_T_MAX_US || (c->samples > 0 && s->t_us < c->newest.t_us)) {
                c->disordered = true;
                c->refused++;
                return CYCLE_SAMPLE_REFUSED;
        }
        note_arrival(c, s->t_us, arrival_us);
        bool again = c->samples > 0 && s->t_us == c->newest.t_us && s->temperature_mc == c->newest.temperature_mc &&
                     s->pressure_pa == c->newest.pressure_pa;
        c->newest = *s;
        if (again) {
                c->merged++;
                return 0;
        }
        c->samples++;
        if (c->known) {
                CyclePoint p = point_of(c, s);
                p.after_gap = c->gap;
                take_in_order(c, &p);
        }
        c->gap = false;
        return 0;
}

void cycle_gap(Cycle *c) {
        c->gap = true;
}

void cycle_away(Cycle *c, int64_t us) {
        if (us > 0 && __builtin_add_overflow(c->away_us, us, &c->away_us))
                c->away_us = INT64_MAX;
}

static int64_t skew_of(const Cycle *c) {
        int64_t skew;
        if (!c->has_skew)
                return c->skew_before_us;
        if (__builtin_sub_overflow(c->skew_max_us, c->skew_min_us, &skew))
                return INT64_MAX;
        return skew > c->skew_before_us ? skew : c->skew_before_us;
}

static void finish_skew(Cycle *c) {
        if (c->has_arrival)
                take_skew(c, c->skew_us);
        c->skew_before_us = skew_of(c);
        c->has_arrival = c->has_skew = false;
}

void cycle_clock_anew(Cycle *c) {
        finish_skew(c);
        c->arrival_unknown = true;
}

void cycle_load(Cycle *c) {
        c->loaded = true;
}

void cycle_reference(Cycle *c, const CycleReference *reference) {
        c->reference = *reference;
}

void cycle_require(Cycle *c, int64_t hold_us) {
        raise_to(&c->required_us, hold_us);
}

bool cycle_counts(const Cycle *c, const Sample *sample, int32_t *ret_off_mc) {
        const CyclePoint p = point_of(c, sample);
        *ret_off_mc = p.off_mc;
        return c->known && p.counts;
}

int64_t cycle_numbers_skipped(int64_t last, int64_t number) {
        int64_t step;
        if (__builtin_sub_overflow(number, last, &step))
                return number > last ? INT64_MAX : 0;
        return step > 1 ? step - 1 : 0;
}

CyclePhase cycle_phase(const Cycle *c) {
        if (c->stretch.n > 0)
                return CYCLE_IN_HOLD;
        return c->hold.n > 0 ? CYCLE_AFTER_HOLD : CYCLE_BEFORE_HOLD;
}

/* Samples that stop while the chamber is under pressure, as in every hold, stop before the end of the cycle. */
static void finish_unseen(Cycle *c) {
        CycleUnseen *u = &c->unseen;
        if (!c->has_last || c->last.sample.pressure_pa > CYCLE_PRESSURIZED_PA)
                u->gap_us = INT64_MAX;
        u->missing |= c->gap;
        close_unseen(u, c->gap_allowed_us, INT64_MAX);
}

static int32_t median_of(const CycleStretch *s) {
        uint32_t below = 0;
        for (int i = 0; i < CYCLE_BINS; i++) {
                below += s->histogram[i];
                if (below >= (s->n + 1) / 2)
                        return i * CYCLE_BIN_MC - CYCLE_SATURATION_MC;
        }
        return 0;
}

static void fill_hold(CycleVerdict *v, const CycleStretch *h) {
        if (h->n == 0)
                return;
        v->hold_us = h->end_us - h->start_us;
        v->hold_start_us = h->start_us;
        v->coldest_mc = h->coldest_mc;
        v->hottest_mc = h->hottest_mc;
        v->worst_mc = h->worst_mc;
        v->median_mc = median_of(h);
        v->gap_us = h->gap_us;
        v->f0 = (int64_t)(h->lethality / 60000 + 0.5);
        v->samples_held = h->n;
}

static void fill_figures(CycleVerdict *v, const Cycle *c) {
        const CycleProgram *p = &c->program;
        memcpy(v->program, p->name, sizeof(v->program));
        fill_hold(v, &c->hold);
        v->has_reference = c->known && c->reference.known;
        v->reference_mc = v->has_reference ? c->reference.median_mc : 0;
        v->required_us = c->required_us;
        v->hold_by_temperature_us = c->warm_us;
        v->gap_allowed_us = c->gap_allowed_us[v->grade];
        v->plateau_start_us = c->plateau_start_us;
        v->plateau_end_us = c->plateau_end_us;
        v->plateau_hottest_mc = c->plateau_hottest_mc;
        v->drying_us = c->plateau_end_us < 0 ? 0 : c->newest.t_us - c->plateau_end_us;
        v->pulses = c->pulses;
        v->pulses_required = p->prevacuum ? p->pulses : 0;
        v->pulse_pressure_pa = p->prevacuum ? p->pulse_pressure_pa : 0;
        v->set_temperature_mc = p->set_temperature_mc;
        v->band_mc = p->band_mc;
        v->arrival_skew_us = c->skew_before_us;
        v->arrival_judged = c->known && !c->arrival_unknown && !p->store_and_forward;
        v->samples = c->samples;
        v->samples_merged = c->merged;
        v->samples_dropped = c->dropped;
        v->samples_refused = c->refused;
}

static void add_reason(CycleVerdict *v, bool fires, CycleRule rule) {
        v->reasons |= (uint32_t)fires << rule;
}

static bool is_altered(const CycleStart *s, const CycleProgram *p) {
        int64_t warmer = (int64_t)s->set_temperature_mc - p->set_temperature_mc;
        if (s->has_set_temperature && (warmer > CYCLE_ALTERED_MC || warmer < -CYCLE_ALTERED_MC))
                return true;
        if (!s->has_set_hold || p->set_hold_us == 0)
                return false;
        return s->set_hold_us < p->set_hold_us - CYCLE_ALTERED_US || s->set_hold_us > p->set_hold_us + CYCLE_ALTERED_US;
}

static bool arrival_differs(const Cycle *c, const CycleVerdict *v) {
        int64_t slack = CYCLE_ARRIVAL_SLACK_US + c->newest.t_us / CYCLE_ARRIVAL_PART;
        return !c->program.store_and_forward && v->arrival_skew_us > slack && v->arrival_skew_us - slack > c->away_us;
}

/* The hold is short: is that evidence, or could a long enough one have gone unseen? */
static void judge_short(CycleVerdict *v, const Cycle *c) {
        const CycleUnseen *u = &c->unseen;
        const int64_t *sparse = u->sparse_us[v->grade];
        bool nothing = c->hold.n == 0;
        bool maybe_missing = u->missing_us[1] >= c->required_us || (nothing && u->missing_us[0] >= c->required_us);
        bool maybe_sparse = sparse[1] >= c->required_us || (nothing && sparse[0] >= c->required_us);
        v->truncated = maybe_missing || maybe_sparse;
        add_reason(v, maybe_missing, CYCLE_SAMPLES_MISSING);
        add_reason(v, maybe_sparse, CYCLE_SAMPLES_TOO_SPARSE);
        add_reason(v, !v->truncated, CYCLE_HOLD_TOO_SHORT);
}

/* Steam that is colder or warmer than at commissioning while the probe reads the same can pass (b) and (c) with a machine
 * that holds well above its set temperature. A change is what shows it. */
static bool has_drifted(const CycleVerdict *v) {
        int64_t moved = (int64_t)v->median_mc - v->reference_mc;
        return v->has_reference && (moved > CYCLE_DRIFT_MC || moved < -CYCLE_DRIFT_MC);
}

static void judge_hold(CycleVerdict *v, const Cycle *c) {
        bool enough = c->hold.n >= 2 && v->hold_us >= c->required_us;
        v->drifted = enough && has_drifted(v);
        if (!enough && c->warm_us >= c->required_us)
                add_reason(v, true, CYCLE_STEAM_NOT_SATURATED);
        else if (!enough)
                judge_short(v, c);
        v->contradictory = enough && c->contradictory;
        add_reason(v, c->hold.n > 0 && v->gap_us > v->gap_allowed_us, CYCLE_SAMPLES_TOO_SPARSE);
        add_reason(v, c->hold.n > 0 && c->hold.missing, CYCLE_SAMPLES_MISSING);
}

static void judge(CycleVerdict *v, const Cycle *c, CycleOutcome outcome) {
        const CycleProgram *p = &c->program;
        if (c->known)
                judge_hold(v, c);
        v->disordered = c->disordered;
        add_reason(v, outcome != OUTCOME_COMPLETED, CYCLE_OUTCOME_NOT_COMPLETED);
        add_reason(v, c->loaded && (p->test_program || c->start.purpose != PURPOSE_LOAD), CYCLE_TEST_CYCLE_IN_LOAD);
        add_reason(v, !c->known, CYCLE_PROGRAM_UNKNOWN);
        add_reason(v, c->known && is_altered(&c->start, p), CYCLE_PROGRAM_ALTERED);
        add_reason(v, c->too_hot, CYCLE_TEMPERATURE_HIGH);
        add_reason(v, p->prevacuum && c->pulses < p->pulses, CYCLE_AIR_REMOVAL_SHORT);
        add_reason(v, v->drifted && c->loaded, CYCLE_SATURATION_DRIFT);
        add_reason(v, c->known && c->loaded && c->reference.required && !v->has_reference, CYCLE_NOT_COMMISSIONED);
        add_reason(v, v->disordered || v->contradictory || arrival_differs(c, v), CYCLE_SAMPLES_INCONSISTENT);
        v->verdict = CYCLE_VERIFIED;
        for (int rule = 0; rule < _CYCLE_RULE_MAX && v->verdict != CYCLE_FAILED; rule++)
                if (cycle_has_reason(v, (CycleRule)rule))
                        v->verdict = cycle_rule_verdict((CycleRule)rule);
}

void cycle_end(const Cycle *c, CycleOutcome outcome, Grade grade, CycleVerdict *ret) {
        Cycle ended = *c;
        take_held(&ended);
        finish_unseen(&ended);
        stretch_end(&ended);
        finish_skew(&ended);
        memset(ret, 0, sizeof(*ret));
        ret->grade = grade == GRADE_PRINTOUT ? GRADE_PRINTOUT : GRADE_CONTINUOUS;
        fill_figures(ret, &ended);
        judge(ret, &ended, outcome);
}
