/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Commissioning: a sound cycle without a load becomes the reference of its program in its autoclave. Only what the
 * verdict could not hold against it is taken, and it is taken from the ledger, never from what somebody says.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "codec/attempt.h"
#include "intake/sterile.h"

void commissioning_subject(const char *autoclave, const char *program, char ret[static CODE_MAX + 1]) {
        snprintf(ret, CODE_MAX + 1, "%s/%.63s", autoclave, program);
}

typedef struct Text {
        char *buf;
        size_t n;
} Text;

static void _printf_(2, 3) say(Text *t, const char *format, ...) {
        va_list ap;
        int n;

        va_start(ap, format);
        n = vsnprintf(t->buf + t->n, TEXT_MAX + 1 - t->n, format, ap);
        va_end(ap);
        if (n > 0)
                t->n = MIN_OF(t->n + (size_t)n, (size_t)TEXT_MAX);
}

static int want_officer(const Intake *in, const char *by, char *ret_text) {
        const ConfigPractitioner *p = config_practitioner(in->config, by);

        if (!p)
                return act_refuse(ret_text, "%.64s is not a registered person. An officer commissions.", by);
        if (!(p->roles >> PERSON_OFFICER & 1))
                return act_refuse(ret_text, "%s is not an officer. Have an officer commission this cycle.", by);
        return 0;
}

/* Whether it is fit: verified, and with nothing in it. */
static int want_sound(Intake *in, const AttemptRow *a, char *ret_text) {
        int64_t rebuilt_us = 0;
        PackRow pack;
        int r;

        if (a->verdict < 0)
                return act_refuse(ret_text, "%s is still running. Wait for its end.", a->label);
        if (a->verdict != CYCLE_VERIFIED)
                return act_refuse(ret_text,
                                  "%s is %s. Only a verified cycle can be a reference: see its reasons, and run the "
                                  "program again, empty.",
                                  a->label, cycle_verdict_id((CycleVerdictKind)a->verdict));
        if (a->released == LOAD_REJECTED)
                return act_refuse(ret_text, "%s was rejected by %s. Run the program again, empty.", a->label,
                                  a->released_by);
        r = service_rebuilt(in->store, a->autoclave, &rebuilt_us);
        if (r >= 0 && rebuilt_us >= a->started_us)
                return act_refuse(ret_text,
                                  "%s ran before the last repair, calibration or move of its autoclave. Run the "
                                  "program again, empty.",
                                  a->label);
        if (r >= 0)
                r = pack_in_attempt_next(in->store, a->id, 0, &pack);
        if (r < 0)
                return r;
        return r ? act_refuse(ret_text, "Pack %s was in %s. Commission a cycle without a load: run the program empty.",
                              pack.label, a->label)
                 : 0;
}

static int want_attempt(Intake *in, const char *label, AttemptRow *ret, char *ret_text) {
        int r = attempt_get(in->store, label, ret);

        if (r == 0)
                return act_refuse(ret_text,
                                  "There is no attempt %.64s. state/autoclave and the printed record name it.", label);
        return r < 0 ? r : want_sound(in, ret, ret_text);
}

static void say_seconds(Text *t, const char *before, int64_t us) {
        say(t, "%s%" PRId64 " s", before, us / US_PER_S);
}

static void say_kelvin(Text *t, const char *before, int64_t mc, const char *unit) {
        int64_t size = mc < 0 ? -mc : mc;

        say(t, "%s%s%" PRId64 ".%02" PRId64 "%s", before, mc < 0 ? "-" : "", size / 1000, size % 1000 / 10, unit);
}

static void say_margins(Text *t, const AttemptFigures *f) {
        say_seconds(t, " Hold ", f->v[FIGURE_HOLD]);
        say_seconds(t, " (needs ", f->v[FIGURE_REQUIRED]);
        say_kelvin(t, "). Temperature ", f->v[FIGURE_COLDEST], "");
        say_kelvin(t, " to ", f->v[FIGURE_HOTTEST], " degrees");
        say_kelvin(t, " (band ", f->v[FIGURE_SET_TEMPERATURE], "");
        say_kelvin(t, " to ", f->v[FIGURE_SET_TEMPERATURE] + f->v[FIGURE_BAND], "");
        say_kelvin(t, "). Off saturation: median ", f->v[FIGURE_MEDIAN], " K");
        say_kelvin(t, ", worst ", f->v[FIGURE_WORST], " K (allowed 2 K).");
        say_kelvin(t, " Largest gap ", f->v[FIGURE_GAP] / 1000, " s");
        say_kelvin(t, " (allowed ", f->v[FIGURE_GAP_ALLOWED] / 1000, " s).");
        if (f->v[FIGURE_PULSES_REQUIRED] > 0)
                say(t, " Pulses %" PRId64 " (needs %" PRId64 ").", f->v[FIGURE_PULSES], f->v[FIGURE_PULSES_REQUIRED]);
}

static int commissioned_record(Intake *in, const AttemptRow *a, const ReferenceRow *new, const ReferenceRow *old,
                               int64_t *ret_i) {
        record_begin(in, "commissioned");
        jsonw_member_string(&in->w, "autoclave", new->autoclave);
        jsonw_member_string(&in->w, "program", new->program);
        jsonw_member_string(&in->w, "attempt", a->label);
        jsonw_member_int(&in->w, "median_off_mc", new->median_mc);
        jsonw_member_int(&in->w, "coldest_mc", new->coldest_mc);
        jsonw_member_int(&in->w, "hottest_mc", new->hottest_mc);
        if (old)
                jsonw_member_int(&in->w, "median_off_mc_before", old->median_mc);
        jsonw_member_string(&in->w, "by", new->by);
        return record_end(in, ret_i);
}

static int commission(Intake *in, const AttemptRow *a, const AttemptFigures *f, const char *by, const ReferenceRow *old) {
        ReferenceRow row = { .at_us = in->now.wall_us,
                             .attempt = a->id,
                             .median_mc = (int32_t)f->v[FIGURE_MEDIAN],
                             .coldest_mc = (int32_t)f->v[FIGURE_COLDEST],
                             .hottest_mc = (int32_t)f->v[FIGURE_HOTTEST] };
        const LogSubject subject = { .device = a->autoclave, .cycle = a->label };
        char about[CODE_MAX + 1];
        int r;

        snprintf(row.autoclave, sizeof(row.autoclave), "%s", a->autoclave);
        snprintf(row.program, sizeof(row.program), "%s", a->program);
        snprintf(row.by, sizeof(row.by), "%s", by);
        commissioning_subject(a->autoclave, a->program, about);
        r = commissioned_record(in, a, &row, old, &row.i);
        if (r == 0)
                r = reference_add(in->store, &row);
        if (r == 0)
                r = intake_alert_resolve(in, &in->now, "not-commissioned", about);
        if (r == 0)
                r = batch_log(&in->batch, LOG_COMMISSIONED_KIND, LOG_NOTICE, &subject,
                              "program %s of %s: %s is the reference now, by %s", a->program, a->autoclave, a->label, by);
        return r;
}

int intake_commission(Intake *in, const Now *now, const char *attempt, const char *by,
                      char ret_text[static TEXT_MAX + 1]) {
        AttemptFigures figures;
        ReferenceRow old;
        AttemptRow a;
        Text t = { .buf = ret_text };
        int r = want_officer(in, by, ret_text), had;

        in->now = *now;
        if (r == 0)
                r = change_begin(in);
        if (r == 0)
                r = want_attempt(in, attempt, &a, ret_text);
        if (r == 0)
                r = attempt_figures_read(a.figures, &figures);
        if (r != 0)
                return r;
        if (!attempt_has_figure(&figures, FIGURE_MEDIAN))
                return act_refuse(ret_text, "%s has no hold in its record. Run the program again, empty.", a.label);
        had = reference_get(in->store, a.autoclave, a.program, &old);
        if (had < 0)
                return had;
        if (had && old.attempt == a.id)
                return act_refuse(ret_text, "%s is the reference already, by %s.", a.label, old.by);
        r = commission(in, &a, &figures, by, had ? &old : NULL);
        if (r < 0)
                return r;
        say(&t, "Program %s of autoclave %s is commissioned with %s.", a.program, a.autoclave, a.label);
        say_margins(&t, &figures);
        if (had)
                say_kelvin(&t, " The median was ", old.median_mc, " K before.");
        return 0;
}
