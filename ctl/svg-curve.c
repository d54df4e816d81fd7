/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scale of the drawing is chosen so that axes have round numbers: time in minutes, temperature from 0, pressure
 * from 0 kPa, the distance from saturation from -5 to +5 K. Lengths are in user units; the page scales the whole
 * drawing.
 */
#include "svg-curve.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "core/steam.h"

#define WIDTH 1000
#define LEFT 62
#define RIGHT 66
#define PLOT (WIDTH - LEFT - RIGHT) /* columns, one a unit */
#define MAIN_HEIGHT 270
#define STRIP_HEIGHT 110
#define TOP 26
#define BOTTOM 44
#define OFF_SHOWN_MC 5000
#define OFF_LIMIT_MC 2000
#define HOT_MC 12000 /* further below the hottest, the distance from saturation says nothing about the hold */

typedef struct Axis {
        double low, high; /* values at the bottom and at the top */
        double top, height;
} Axis;

typedef struct Plot {
        Html *page, *h; /* the page; the drawing that is being made */
        const SvgCurve *c;
        int64_t start_us, end_us;
} Plot;

typedef int32_t (*ValueOf)(const CurvePoint *p);

static int32_t temperature_of(const CurvePoint *p) {
        return p->temperature_mc;
}

static int32_t pressure_of(const CurvePoint *p) {
        return p->pressure_pa;
}

static int32_t off_of(const CurvePoint *p) {
        const int32_t saturated = steam_saturation_mc(p->pressure_pa);

        return saturated == STEAM_OUT_OF_RANGE ? INT32_MIN : p->temperature_mc - saturated;
}

static double x_of(const Plot *p, int64_t us) {
        return LEFT + (double)PLOT * (double)(us - p->start_us) / (double)(p->end_us - p->start_us);
}

static double y_of(const Axis *a, double value) {
        const double y = a->top + a->height * (a->high - value) / (a->high - a->low);

        return fmin(fmax(y, a->top), a->top + a->height);
}

/* --- small pieces --- */

typedef struct Number {
        char text[24];
} Number;

static const char *say(Number *n, double v) {
        snprintf(n->text, sizeof(n->text), "%.1f", v);
        return n->text;
}

static void line(Plot *p, const char *class, double x1, double y1, double x2, double y2) {
        Number a, b, c, d;

        html_empty(p->h, "line", "class", class, "x1", say(&a, x1), "y1", say(&b, y1), "x2", say(&c, x2), "y2",
                   say(&d, y2), NULL);
}

static void box(Plot *p, const char *class, double x, double y, double width, double height) {
        Number a, b, c, d;

        html_empty(p->h, "rect", "class", class, "x", say(&a, x), "y", say(&b, y), "width", say(&c, width), "height",
                   say(&d, height), NULL);
}

static void label(Plot *p, const char *class, const char *anchor, double x, double y, const char *text) {
        Number a, b;

        html_open(p->h, "text", "class", class, "text-anchor", anchor, "x", say(&a, x), "y", say(&b, y), NULL);
        html_text(p->h, text);
        html_close(p->h);
}

static void number(Plot *p, const char *anchor, double x, double y, double value) {
        char text[32];

        snprintf(text, sizeof(text), "%g", value);
        label(p, "n", anchor, x, y, text);
}

/* 1, 2 or 5 times a power of ten: at most `most` steps up to span. */
static double step_for(double span, int most) {
        double step = pow(10, floor(log10(span / most)));

        while (span / step > most)
                step *= span / (step * 2) <= most ? 2 : span / (step * 5) <= most ? 5 : 10;
        return step;
}

/* --- the line --- */

/* The lowest and the highest in a column, in the order in which they came. */
static void column_points(FILE *f, const Plot *p, const Axis *a, ValueOf value, size_t from, size_t to, bool *drawn,
                          double unit) {
        size_t low = from, high = from;

        for (size_t i = from; i < to; i++) {
                low = value(p->c->v + i) < value(p->c->v + low) ? i : low;
                high = value(p->c->v + i) > value(p->c->v + high) ? i : high;
        }
        for (int k = 0; k < (low == high ? 1 : 2); k++) {
                const size_t i = (k == 0) == (low < high) ? low : high;
                const size_t at = low == high ? low : i;

                fprintf(f, "%c%.1f %.1f", *drawn ? 'L' : 'M', x_of(p, p->c->v[at].t_us),
                        y_of(a, value(p->c->v + at) / unit));
                *drawn = true;
        }
}

static bool is_gap(const Plot *p, size_t i) {
        return p->c->gap_us > 0 && i > 0 && p->c->v[i].t_us - p->c->v[i - 1].t_us > p->c->gap_us;
}

/* Points by columns; the line is broken where samples are missing and where there is no value. */
static void curve(Plot *p, const char *class, const Axis *a, ValueOf value, double unit, int32_t least) {
        _cleanup_(freep) char *d = NULL;
        size_t size, from = 0;
        bool drawn = false;
        FILE *f = open_memstream(&d, &size);

        if (!f)
                return;
        while (from < p->c->n) {
                const double column = floor(x_of(p, p->c->v[from].t_us));
                size_t to = from;

                if (is_gap(p, from) || value(p->c->v + from) == INT32_MIN || p->c->v[from].temperature_mc < least)
                        drawn = false;
                if (value(p->c->v + from) == INT32_MIN || p->c->v[from].temperature_mc < least) {
                        from++;
                        continue;
                }
                do
                        to++;
                while (to < p->c->n && floor(x_of(p, p->c->v[to].t_us)) <= column && !is_gap(p, to) &&
                       value(p->c->v + to) != INT32_MIN && p->c->v[to].temperature_mc >= least);
                column_points(f, p, a, value, from, to, &drawn, unit);
                from = to;
        }
        fclose(f);
        if (d && size > 0)
                html_empty(p->h, "path", "class", class, "d", d, NULL);
}

/* --- what both drawings have --- */

static void shade_gaps(Plot *p, const Axis *a, bool named) {
        const SvgCurve *c = p->c;

        for (size_t i = 1; i < c->n; i++)
                if (is_gap(p, i)) {
                        const double x = x_of(p, c->v[i - 1].t_us), width = x_of(p, c->v[i].t_us) - x;

                        box(p, "gap", x, a->top, width, a->height);
                        if (named)
                                label(p, "s halo", "middle", x + width / 2, a->top + a->height - 6, "no samples");
                }
}

static void shade(Plot *p, const Axis *a, bool named) {
        const SvgCurve *c = p->c;
        char text[64];

        if (c->hold_us > 0) {
                box(p, "hold", x_of(p, c->hold_start_us), a->top,
                    x_of(p, c->hold_start_us + c->hold_us) - x_of(p, c->hold_start_us), a->height);
                snprintf(text, sizeof(text), "hold %" PRId64 " min %02" PRId64 " s", c->hold_us / US_PER_S / 60,
                         c->hold_us / US_PER_S % 60);
                if (named)
                        label(p, "b", "middle", x_of(p, c->hold_start_us + c->hold_us / 2), a->top - 8, text);
        }
        shade_gaps(p, a, named);
}

static void time_axis(Plot *p, const Axis *a) {
        const double minutes = (double)(p->end_us - p->start_us) / 60e6, step = step_for(minutes, 12);
        const double bottom = a->top + a->height;

        for (double t = 0; t <= minutes * 1.0001; t += step) {
                const double x = x_of(p, p->start_us + (int64_t)(t * 60e6));

                line(p, "grid", x, a->top, x, bottom);
                number(p, "middle", x, bottom + 18, t);
        }
        label(p, "n", "middle", LEFT + PLOT / 2.0, bottom + 37, "minutes since the first sample");
}

static void scale(Plot *p, const Axis *a, double step, bool right) {
        for (double v = a->low; v <= a->high * 1.0001; v += step) {
                const double y = y_of(a, v);

                if (right)
                        line(p, "tick", LEFT + PLOT, y, LEFT + PLOT + 6, y);
                else
                        line(p, "grid", LEFT, y, LEFT + PLOT, y);
                number(p, right ? "start" : "end", right ? LEFT + PLOT + 9 : LEFT - 7, y + 4, v);
        }
}

/* The name of a line: below it in the middle of the hold; beside its highest where there is none. */
static void name_line(Plot *p, const Axis *a, ValueOf value, const char *text) {
        const SvgCurve *c = p->c;
        const int64_t middle = c->hold_start_us + c->hold_us / 2;
        double x, y;
        size_t at = 0;

        for (size_t i = 0; i < c->n; i++)
                if (c->hold_us > 0 ? llabs(c->v[i].t_us - middle) < llabs(c->v[at].t_us - middle)
                                   : value(c->v + i) > value(c->v + at))
                        at = i;
        x = x_of(p, c->v[at].t_us);
        y = y_of(a, value(c->v + at) / 1e3);
        if (c->hold_us > 0)
                label(p, "b halo", "middle", fmin(fmax(x, LEFT + 50), LEFT + PLOT - 50), y + 19, text);
        else
                label(p, "b halo", x > LEFT + PLOT * 0.7 ? "end" : "start", x + (x > LEFT + PLOT * 0.7 ? -8 : 8),
                      y + 17, text);
}

/* The page's own style does not reach into an image. */
static const char style[] =
        "svg{fill:none;font-family:'Liberation Sans',Arial,Helvetica,sans-serif}"
        "text{fill:#000}.n{font-size:14px}.s{font-size:12px}.b{font-size:15px;font-weight:bold}"
        ".halo{paint-order:stroke;stroke:#fff;stroke-width:5px;stroke-linejoin:round}"
        ".temperature{stroke:#000;stroke-width:2.4}.pressure{stroke:#1a4f8b;stroke-width:1.5;stroke-dasharray:7 3}"
        ".limit{stroke:#000;stroke-width:1.1;stroke-dasharray:2 3}"
        ".zero{stroke:#000;stroke-width:0.8}.grid{stroke:#ccc;stroke-width:0.6}"
        ".tick,.frame{stroke:#000;stroke-width:1}.hold{fill:#dcdcdc}"
        ".gap{fill:#fff;stroke:#000;stroke-width:1;stroke-dasharray:3 3}";

/* False: out of memory, which the page tells. */
static bool open_drawing(Plot *p, int width, int height) {
        char view[64];

        snprintf(view, sizeof(view), "0 0 %d %d", width, height);
        p->h = html_drawing(view, style);
        if (!p->h)
                html_image(p->page, NULL, NULL, "");
        return p->h;
}

static void close_drawing(Plot *p, const char *class, const char *alt) {
        html_image(p->page, TAKE(p->h), class, alt);
}

/* --- the two drawings --- */

static double highest(const SvgCurve *c, ValueOf value) {
        int32_t top = 0;

        for (size_t i = 0; i < c->n; i++)
                top = MAX_OF(top, value(c->v + i));
        return top / 1000.0;
}

static void draw_main(Plot *p) {
        const double t_top = highest(p->c, temperature_of), p_top = highest(p->c, pressure_of);
        const double t_step = step_for(fmax(t_top, 1), 8), p_step = step_for(fmax(p_top, 1), 8);
        const Axis t = { 0, ceil(t_top * 1.02 / t_step) * t_step, TOP, MAIN_HEIGHT };
        const Axis k = { 0, ceil(p_top * 1.25 / p_step) * p_step, TOP, MAIN_HEIGHT }; /* apart from the temperature */
        char text[512];

        snprintf(text, sizeof(text),
                 "%.300s. Temperature up to %.1f degrees Celsius and pressure up to %.0f kPa over %.1f minutes.", p->c->title,
                 t_top, p_top, (double)(p->end_us - p->start_us) / 60e6);
        if (!open_drawing(p, WIDTH, TOP + MAIN_HEIGHT + BOTTOM))
                return;
        shade(p, &t, true);
        time_axis(p, &t);
        scale(p, &t, t_step, false);
        scale(p, &k, p_step, true);
        if (p->c->lower_mc > 0)
                line(p, "limit", LEFT, y_of(&t, p->c->lower_mc / 1e3), LEFT + PLOT, y_of(&t, p->c->lower_mc / 1e3));
        curve(p, "pressure", &k, pressure_of, 1000, INT32_MIN);
        curve(p, "temperature", &t, temperature_of, 1000, INT32_MIN);
        name_line(p, &t, temperature_of, "temperature");
        name_line(p, &k, pressure_of, "pressure");
        box(p, "frame", LEFT, TOP, PLOT, MAIN_HEIGHT);
        label(p, "b", "start", 0, TOP - 9, "\u00b0C");
        label(p, "b", "end", WIDTH, TOP - 9, "kPa absolute");
        close_drawing(p, NULL, text);
}

static void draw_strip(Plot *p) {
        const Axis a = { -OFF_SHOWN_MC / 1e3, OFF_SHOWN_MC / 1e3, TOP, STRIP_HEIGHT };
        const int32_t least = (int32_t)(highest(p->c, temperature_of) * 1000) - HOT_MC;

        if (!open_drawing(p, WIDTH, TOP + STRIP_HEIGHT + BOTTOM))
                return;
        shade(p, &a, false);
        time_axis(p, &a);
        for (int k = -4; k <= 4; k += 2) {
                line(p,
                     k == 0              ? "zero"
                     : k == 2 || k == -2 ? "limit"
                                         : "grid",
                     LEFT, y_of(&a, k), LEFT + PLOT, y_of(&a, k));
                number(p, "end", LEFT - 7, y_of(&a, k) + 4, k);
        }
        label(p, "s", "start", LEFT + PLOT + 5, y_of(&a, 2) + 4, "+2 K");
        label(p, "s", "start", LEFT + PLOT + 5, y_of(&a, -2) + 4, "\u22122 K");
        curve(p, "temperature", &a, off_of, 1000, least);
        box(p, "frame", LEFT, TOP, PLOT, STRIP_HEIGHT);
        label(p, "b", "start", 0, TOP - 9, "K, temperature less that of saturated steam");
        close_drawing(p, NULL, "Distance from saturated steam. Measured temperature less the temperature at which steam of "
                               "the measured pressure is saturated, where the chamber was hot. Within 2 K it counts.");
}

static void legend(Plot *p) {
        static const struct {
                const char *class, *text;
        } lines[] = { { "temperature", "temperature" },
                      { "pressure", "pressure" },
                      { "limit", "lower limit of the program; \u00b12 K below" } };

        html_open(p->page, "p", "class", "legend", NULL);
        for (size_t i = 0; i < ELEMENTSOF(lines); i++) {
                if (open_drawing(p, 40, 10)) {
                        line(p, lines[i].class, 0, 5, 40, 5);
                        close_drawing(p, "key", "");
                }
                html_printf(p->page, " %s \u2003", lines[i].text);
        }
        if (p->c->hold_us > 0 && open_drawing(p, 40, 10)) {
                box(p, "hold", 0, 0, 40, 10);
                close_drawing(p, "key", "");
                html_text(p->page, " hold");
        }
        html_close(p->page);
}

void svg_curve(Html *h, const SvgCurve *c) {
        Plot p = { h, NULL, c, c->n ? c->v[0].t_us : 0, c->n ? c->v[c->n - 1].t_us : 0 };

        if (c->n < 2 || p.end_us <= p.start_us) {
                html_put(h, "p", NULL, "There are too few samples to draw a curve.");
                return;
        }
        html_open(h, "div", "class", "curve", NULL);
        draw_main(&p);
        legend(&p);
        draw_strip(&p);
        html_close(h);
}
