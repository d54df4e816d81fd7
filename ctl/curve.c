/* SPDX-License-Identifier: Apache-2.0 */
#include "curve.h"

#include <stdio.h>

#include "core/steam.h"
#include "out.h"

#define COLUMNS_MIN 20
#define COLUMNS_MAX 240
#define LABEL 9 /* width of the numbers at the left */
#define ROWS_TEMPERATURE 12
#define ROWS_PRESSURE 7
#define ROWS_OFF 5
#define OFF_MC 2500 /* drawn up to so far from saturation; the limit is 2 K */
#define HOT_MC 8000 /* so far below the hottest: further down it says nothing about the hold */

/* What one column shows of one quantity. */
typedef struct Span {
        bool some;
        int32_t low, high;
} Span;

typedef struct Plot {
        int columns;
        int64_t start_us, end_us, hold_start_us, hold_end_us;
        Span span[COLUMNS_MAX];
} Plot;

static int column_of(const Plot *p, int64_t t_us) {
        return (int)((t_us - p->start_us) * (p->columns - 1) / (p->end_us - p->start_us));
}

static void plot_clear(Plot *p) {
        for (int i = 0; i < p->columns; i++)
                p->span[i] = (Span){};
}

static void plot_add(Plot *p, int64_t t_us, int32_t value) {
        Span *s = p->span + column_of(p, t_us);

        s->low = s->some ? MIN_OF(s->low, value) : value;
        s->high = s->some ? MAX_OF(s->high, value) : value;
        s->some = true;
}

/* So that a steep rise is a line: each column reaches to where the one before ended. */
static void plot_join(Plot *p) {
        const Span *before = NULL;

        for (int i = 0; i < p->columns; i++) {
                Span *s = p->span + i;

                if (!s->some)
                        continue;
                if (before && before->high < s->low)
                        s->low = before->high;
                else if (before && before->low > s->high)
                        s->high = before->low;
                before = s;
        }
}

static bool in_hold(const Plot *p, int column) {
        return p->hold_end_us > p->hold_start_us && column >= column_of(p, p->hold_start_us) &&
               column <= column_of(p, p->hold_end_us);
}

static int row_of(int32_t value, int32_t bottom, int32_t top, int rows) {
        int64_t row = ((int64_t)value - bottom) * (rows - 1) * 2 / MAX_OF((int64_t)top - bottom, INT64_C(1));

        return (int)((row + 1) / 2);
}

static void put_row(const Plot *p, int row, int32_t bottom, int32_t top, int rows, const char *mark) {
        for (int i = 0; i < p->columns; i++) {
                const Span *s = p->span + i;
                bool here = s->some && row >= row_of(s->low, bottom, top, rows) &&
                            row <= row_of(s->high, bottom, top, rows);

                if (here)
                        out_painted(in_hold(p, i) ? GREEN : PLAIN, "%s", mark);
                else
                        printf(" ");
        }
        printf("\n");
}

static void put_label(int row, int rows, int32_t bottom, int32_t top, int decimals) {
        char text[32] = "";

        if (row == 0 || row == rows - 1 || row == rows / 2)
                snprintf(text, sizeof(text), "%.*f", decimals,
                         (bottom + ((double)top - bottom) * row / (rows - 1)) / 1e3);
        printf("%*s%s", LABEL - 1, text, out_utf8() ? "\xe2\x94\x82" : "|");
}

static void put_chart(const Plot *p, const char *title, int rows, int32_t bottom, int32_t top, int decimals) {
        const char *mark = out_utf8() ? "\xe2\x96\x88" : "#";

        printf("\n%*s", LABEL, "");
        out_painted(BOLD, "%s", title);
        printf("\n");
        for (int row = rows - 1; row >= 0; row--) {
                put_label(row, rows, bottom, top, decimals);
                put_row(p, row, bottom, top, rows, mark);
        }
}

/* The line of time: the hold as =, then minutes. */
static void put_axis(const Plot *p) {
        const char *line = out_utf8() ? "\xe2\x94\x80" : "-";
        char end[32];

        printf("%*s%s", LABEL - 1, "", out_utf8() ? "\xe2\x94\x94" : "+");
        for (int i = 0; i < p->columns; i++)
                if (in_hold(p, i))
                        out_painted(GREEN, "=");
                else
                        printf("%s", line);
        snprintf(end, sizeof(end), "%.1f min", (double)p->end_us / 60e6);
        printf("\n%*s%-*.1f%s\n", LABEL, "", MAX_OF(p->columns - (int)strlen(end), 1), (double)p->start_us / 60e6, end);
}

static void draw_temperature(Plot *p, const CurvePoint *v, size_t n) {
        int32_t top = v[0].temperature_mc, bottom = v[0].temperature_mc;

        plot_clear(p);
        for (size_t i = 0; i < n; i++) {
                plot_add(p, v[i].t_us, v[i].temperature_mc);
                top = MAX_OF(top, v[i].temperature_mc);
                bottom = MIN_OF(bottom, v[i].temperature_mc);
        }
        plot_join(p);
        put_chart(p,
                  out_utf8() ? "temperature, \xc2\xb0"
                               "C"
                             : "temperature, C",
                  ROWS_TEMPERATURE, bottom, top, 1);
}

static void draw_pressure(Plot *p, const CurvePoint *v, size_t n) {
        int32_t top = 0;

        plot_clear(p);
        for (size_t i = 0; i < n; i++) {
                plot_add(p, v[i].t_us, v[i].pressure_pa);
                top = MAX_OF(top, v[i].pressure_pa);
        }
        plot_join(p);
        put_chart(p, "pressure, kPa absolute", ROWS_PRESSURE, 0, top, 0);
}

static void draw_off(Plot *p, const CurvePoint *v, size_t n) {
        int32_t hottest = INT32_MIN;
        bool some = false;

        plot_clear(p);
        for (size_t i = 0; i < n; i++)
                hottest = MAX_OF(hottest, v[i].temperature_mc);
        for (size_t i = 0; i < n; i++) {
                int32_t at = steam_saturation_mc(v[i].pressure_pa), off;

                if (v[i].temperature_mc < hottest - HOT_MC || at == STEAM_OUT_OF_RANGE)
                        continue;
                off = v[i].temperature_mc - at;
                plot_add(p, v[i].t_us, off > OFF_MC ? OFF_MC : off < -OFF_MC ? -OFF_MC : off);
                some = true;
        }
        if (some)
                put_chart(p, "distance from saturated steam, K (at most 2)", ROWS_OFF, -OFF_MC, OFF_MC, 1);
}

void curve_print(const CurvePoint *v, size_t n, int64_t hold_start_us, int64_t hold_us) {
        Plot p = { .hold_start_us = hold_start_us, .hold_end_us = hold_start_us + hold_us };

        if (n < 2 || v[n - 1].t_us <= v[0].t_us)
                return;
        p.start_us = v[0].t_us;
        p.end_us = v[n - 1].t_us;
        p.columns = MIN_OF(out_width() - LABEL, COLUMNS_MAX);
        p.columns = MAX_OF(p.columns, COLUMNS_MIN);
        if (hold_us <= 0 || hold_start_us < p.start_us || p.hold_end_us > p.end_us)
                p.hold_end_us = p.hold_start_us = p.start_us;
        draw_temperature(&p, v, n);
        draw_pressure(&p, v, n);
        draw_off(&p, v, n);
        put_axis(&p);
        if (p.hold_end_us > p.hold_start_us)
                printf("%*s= the hold\n", LABEL, "");
}
