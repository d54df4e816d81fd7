/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Curve: a cycle's temperature and pressure over time, and in its hot part how far the steam was from saturation, drawn
 * in characters. Each column shows the lowest to the highest of what was measured in its span of time, so a short dip
 * shows. Plain characters where the locale has no others; colour on a terminal only.
 */
#include <stddef.h>
#include <stdint.h>

typedef struct CurvePoint {
        int64_t t_us;
        int32_t temperature_mc, pressure_pa;
} CurvePoint;

/* The points by time. hold_us 0: there is no hold to mark. Nothing for fewer than two points. */
void curve_print(const CurvePoint *v, size_t n, int64_t hold_start_us, int64_t hold_us);
