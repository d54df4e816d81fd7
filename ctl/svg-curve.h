/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * A cycle as a drawing (SVG) in a page: temperature and pressure over time with two scales, the hold shaded, stretches
 * without samples hatched; and below it how far the steam was from saturation, T - T_sat(p), with the limit of 2 K.
 * Nothing in it is told by colour alone: lines differ in weight and dashes, and bear their names.
 * Where there are more samples than the drawing has columns, each column goes from the lowest to the highest in it, so
 * that no peak and no dip is lost.
 */
#include "curve.h"
#include "html.h"

typedef struct SvgCurve {
        const char *title;   /* for who cannot see it, and as its caption */
        const CurvePoint *v; /* by time, every sample */
        size_t n;
        int64_t hold_start_us, hold_us; /* hold_us 0: none */
        int64_t gap_us;                 /* no samples for longer than this is shown as a gap; 0: never */
        int32_t lower_mc, upper_mc;     /* the program's band; 0: not known */
} SvgCurve;

/* Two drawings in a block; a sentence where there are fewer than two samples. */
void svg_curve(Html *h, const SvgCurve *c);
