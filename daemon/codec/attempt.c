/* SPDX-License-Identifier: Apache-2.0 */
#include "codec/attempt.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

#include "util.h"

static int copy_out(JsonWriter *w, char *ret, size_t size) {
        const char *text;
        size_t n;
        int r = jsonw_finish(w, &text, &n);

        if (r < 0 || n >= size)
                return r < 0 ? r : -ENOBUFS;
        memcpy(ret, text, n + 1);
        return 0;
}

/* The integer `key` of an object; whether it is there. */
static bool get_int(const json_t *object, const char *key, int64_t *ret) {
        const json_t *value = json_object_get(object, key);

        if (!json_is_integer(value))
                return false;
        *ret = json_integer_value(value);
        return true;
}

/* --- start --- */

int attempt_start_write(JsonWriter *w, const AttemptStart *s, char *ret, size_t size) {
        jsonw_reset(w);
        jsonw_object(w);
        if (s->has_set_temperature)
                jsonw_member_int(w, "set_temperature_mc", s->set_temperature_mc);
        if (s->has_set_hold)
                jsonw_member_int(w, "set_hold_us", s->set_hold_us);
        if (s->has_set_drying)
                jsonw_member_int(w, "set_drying_us", s->set_drying_us);
        if (s->has_arrival) {
                jsonw_member_int(w, "epoch", s->epoch);
                jsonw_member_int(w, "arrival_us", s->arrival_us);
        }
        jsonw_member_optional(w, "operator", s->operator[0] ? s->operator : NULL);
        jsonw_object_end(w);
        return copy_out(w, ret, size);
}

int attempt_start_read(const char *text, AttemptStart *ret) {
        json_t *json = json_loads(text, 0, NULL);
        int64_t temperature = 0;

        if (!json_is_object(json)) {
                json_decref(json);
                return -EBADMSG;
        }
        *ret = (AttemptStart){};
        ret->has_set_temperature = get_int(json, "set_temperature_mc", &temperature);
        ret->set_temperature_mc = (int32_t)temperature;
        ret->has_set_hold = get_int(json, "set_hold_us", &ret->set_hold_us);
        ret->has_set_drying = get_int(json, "set_drying_us", &ret->set_drying_us);
        ret->has_arrival = get_int(json, "epoch", &ret->epoch) && get_int(json, "arrival_us", &ret->arrival_us);
        snprintf(ret->operator, sizeof(ret->operator), "%s", json_string_value(json_object_get(json, "operator")) ?: "");
        json_decref(json);
        return 0;
}

/* --- reasons --- */

int attempt_reasons_write(JsonWriter *w, const CycleVerdict *v, char *ret, size_t size) {
        char text[CYCLE_TEXT_MAX];

        jsonw_reset(w);
        jsonw_array(w);
        for (int rule = 0; rule < _CYCLE_RULE_MAX; rule++) {
                if (!cycle_has_reason(v, (CycleRule)rule))
                        continue;
                cycle_rule_text(v, (CycleRule)rule, text, sizeof(text));
                jsonw_object(w);
                jsonw_member_string(w, "rule", cycle_rule_id((CycleRule)rule));
                jsonw_member_string(w, "text", text);
                jsonw_object_end(w);
        }
        jsonw_array_end(w);
        return copy_out(w, ret, size);
}

int attempt_reasons_read(const char *text, AttemptReasons *ret) {
        json_t *array = text[0] ? json_loads(text, 0, NULL) : json_array(), *one;
        size_t i;

        if (!json_is_array(array)) {
                json_decref(array);
                return -EBADMSG;
        }
        ret->n = 0;
        json_array_foreach(array, i, one) {
                const char *rule = json_string_value(json_object_get(one, "rule")),
                           *why = json_string_value(json_object_get(one, "text"));

                if (!rule || !why || ret->n == ELEMENTSOF(ret->v))
                        continue;
                snprintf(ret->v[ret->n].rule, sizeof(ret->v[0].rule), "%s", rule);
                snprintf(ret->v[ret->n].text, sizeof(ret->v[0].text), "%s", why);
                ret->n++;
        }
        json_decref(array);
        return 0;
}

/* --- figures --- */

static const struct {
        const char *kept, *published;
        int digits; /* published = kept / 10^digits */
} FIGURES[_FIGURE_MAX] = {
        [FIGURE_HOLD] = { "hold_us", "hold_s", 6 },
        [FIGURE_HOLD_START] = { "hold_start_us", "hold_start_s", 6 },
        [FIGURE_REQUIRED] = { "required_us", "required_s", 6 },
        [FIGURE_SET_TEMPERATURE] = { "set_temperature_mc", "set_temperature_c", 3 },
        [FIGURE_BAND] = { "band_mc", "band_k", 3 },
        [FIGURE_COLDEST] = { "coldest_mc", "coldest_c", 3 },
        [FIGURE_HOTTEST] = { "hottest_mc", "hottest_c", 3 },
        [FIGURE_WORST] = { "worst_off_mc", "worst_off_k", 3 },
        [FIGURE_MEDIAN] = { "median_off_mc", "median_off_k", 3 },
        [FIGURE_REFERENCE] = { "reference_off_mc", "reference_off_k", 3 },
        [FIGURE_GAP] = { "largest_gap_us", "largest_gap_s", 6 },
        [FIGURE_GAP_ALLOWED] = { "gap_allowed_us", "gap_allowed_s", 6 },
        [FIGURE_PULSES] = { "pulses", "pulses", 0 },
        [FIGURE_PULSES_REQUIRED] = { "pulses_required", "pulses_required", 0 },
        [FIGURE_F0] = { "f0_milli_min", "f0_min", 3 },
        [FIGURE_DRYING] = { "drying_us", "drying_s", 6 },
        [FIGURE_SAMPLES] = { "samples", "samples", 0 },
        [FIGURE_MERGED] = { "samples_merged", "samples_merged", 0 },
        [FIGURE_DROPPED] = { "samples_dropped", "samples_dropped", 0 },
        [FIGURE_ARRIVAL_SKEW] = { "arrival_skew_us", "arrival_skew_s", 6 },
};

static const char *const GRADES[CYCLE_GRADES] = { "continuous", "printout" };

static void put(AttemptFigures *f, AttemptFigure figure, bool there, int64_t value) {
        if (!there)
                return;
        f->has |= UINT32_C(1) << figure;
        f->v[figure] = value;
}

/* What a cycle without a hold, or without a program, does not have is left out rather than shown as 0. */
void attempt_figures_of(const CycleVerdict *v, AttemptFigures *ret) {
        bool held = v->samples_held > 0, known = v->program[0];

        *ret = (AttemptFigures){ .grade = v->grade, .arrival_judged = v->arrival_judged };
        put(ret, FIGURE_HOLD, true, v->hold_us);
        put(ret, FIGURE_HOLD_START, held, v->hold_start_us);
        put(ret, FIGURE_REQUIRED, known, v->required_us);
        put(ret, FIGURE_SET_TEMPERATURE, known, v->set_temperature_mc);
        put(ret, FIGURE_BAND, known, v->band_mc);
        put(ret, FIGURE_COLDEST, held, v->coldest_mc);
        put(ret, FIGURE_HOTTEST, held, v->hottest_mc);
        put(ret, FIGURE_WORST, held, v->worst_mc);
        put(ret, FIGURE_MEDIAN, held, v->median_mc);
        put(ret, FIGURE_REFERENCE, v->has_reference, v->reference_mc);
        put(ret, FIGURE_GAP, held, v->gap_us);
        put(ret, FIGURE_GAP_ALLOWED, known, v->gap_allowed_us);
        put(ret, FIGURE_PULSES, known, v->pulses);
        put(ret, FIGURE_PULSES_REQUIRED, known, v->pulses_required);
        put(ret, FIGURE_F0, true, v->f0);
        put(ret, FIGURE_DRYING, true, v->drying_us);
        put(ret, FIGURE_SAMPLES, true, v->samples);
        put(ret, FIGURE_MERGED, true, v->samples_merged);
        put(ret, FIGURE_DROPPED, true, v->samples_dropped);
        put(ret, FIGURE_ARRIVAL_SKEW, true, v->arrival_skew_us);
}

static void figures_object(JsonWriter *w, const AttemptFigures *f, bool publish) {
        jsonw_object(w);
        for (int i = 0; i < _FIGURE_MAX; i++)
                if (attempt_has_figure(f, (AttemptFigure)i))
                        jsonw_member_decimal(w, publish ? FIGURES[i].published : FIGURES[i].kept, f->v[i],
                                             publish ? FIGURES[i].digits : 0);
        jsonw_member_bool(w, "arrival_judged", f->arrival_judged);
        jsonw_member_string(w, "grade", GRADES[f->grade]);
        jsonw_object_end(w);
}

int attempt_figures_write(JsonWriter *w, const AttemptFigures *f, char *ret, size_t size) {
        jsonw_reset(w);
        figures_object(w, f, false);
        return copy_out(w, ret, size);
}

void attempt_figures_publish(JsonWriter *w, const AttemptFigures *f) {
        figures_object(w, f, true);
}

int attempt_figures_read(const char *text, AttemptFigures *ret) {
        json_t *json = text[0] ? json_loads(text, 0, NULL) : json_object();
        const char *grade;

        if (!json_is_object(json)) {
                json_decref(json);
                return -EBADMSG;
        }
        *ret = (AttemptFigures){};
        for (int i = 0; i < _FIGURE_MAX; i++)
                if (get_int(json, FIGURES[i].kept, &ret->v[i]))
                        ret->has |= UINT32_C(1) << i;
        grade = json_string_value(json_object_get(json, "grade"));
        ret->grade = grade && streq(grade, GRADES[GRADE_PRINTOUT]) ? GRADE_PRINTOUT : GRADE_CONTINUOUS;
        ret->arrival_judged = json_is_true(json_object_get(json, "arrival_judged"));
        json_decref(json);
        return 0;
}
