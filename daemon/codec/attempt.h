/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Attempt: the small JSON texts that the ledger keeps of a cycle, written and read, and its figures as others see them.
 * In the ledger figures are integers with their unit in the name; in state/autoclave they have the contract's units.
 * Writers use `w` as scratch and return 0, -ENOBUFS where `size` does not suffice, or the writer's error. Readers take
 * what older versions wrote: what is not there is absent. They return 0, or -EBADMSG for what is no JSON object or array.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec/jsonw.h"
#include "core/cycle.h"
#include "core/limits.h"

/* What cycle-start announced, and when it came. */
typedef struct AttemptStart {
        bool has_set_temperature, has_set_hold, has_set_drying, has_arrival;
        int32_t set_temperature_mc;
        int64_t set_hold_us, set_drying_us;
        int64_t epoch, arrival_us; /* the machine's boot, and CLOCK_BOOTTIME in it */
        char operator[LABEL_MAX + 1]; /* empty: not said */
} AttemptStart;

int attempt_start_write(JsonWriter *w, const AttemptStart *s, char *ret, size_t size);
int attempt_start_read(const char *text, AttemptStart *ret);

/* The verdict's reasons, [{"rule","text"}]. */
typedef struct AttemptReasons {
        size_t n;
        struct {
                char rule[LABEL_MAX + 1], text[CYCLE_TEXT_MAX];
        } v[_CYCLE_RULE_MAX];
} AttemptReasons;

int attempt_reasons_write(JsonWriter *w, const CycleVerdict *v, char *ret, size_t size);
/* An empty text has no reasons. */
int attempt_reasons_read(const char *text, AttemptReasons *ret);

/* As CycleVerdict has them; of the hold unless said otherwise there. */
typedef enum AttemptFigure {
        FIGURE_HOLD,
        FIGURE_HOLD_START, /* since the cycle's start */
        FIGURE_REQUIRED,
        FIGURE_SET_TEMPERATURE,
        FIGURE_BAND,
        FIGURE_COLDEST,
        FIGURE_HOTTEST,
        FIGURE_WORST,
        FIGURE_MEDIAN,
        FIGURE_REFERENCE, /* the median at commissioning */
        FIGURE_GAP,
        FIGURE_GAP_ALLOWED,
        FIGURE_PULSES,
        FIGURE_PULSES_REQUIRED,
        FIGURE_F0,
        FIGURE_DRYING,
        FIGURE_SAMPLES,
        FIGURE_MERGED,
        FIGURE_DROPPED,
        FIGURE_ARRIVAL_SKEW,
        _FIGURE_MAX,
} AttemptFigure;

typedef struct AttemptFigures {
        uint32_t has; /* bit 1 << AttemptFigure */
        int64_t v[_FIGURE_MAX];
        Grade grade;
        bool arrival_judged; /* the times of all samples were held against one clock of ours */
} AttemptFigures;

void attempt_figures_of(const CycleVerdict *v, AttemptFigures *ret);
int attempt_figures_write(JsonWriter *w, const AttemptFigures *f, char *ret, size_t size);
/* An empty text has no figures. */
int attempt_figures_read(const char *text, AttemptFigures *ret);
/* One JSON object in the contract's units, as a value into `w`. */
void attempt_figures_publish(JsonWriter *w, const AttemptFigures *f);

static inline bool attempt_has_figure(const AttemptFigures *f, AttemptFigure figure) {
        return f->has >> figure & 1;
}
