/* SPDX-License-Identifier: Apache-2.0 */
/* What was done in a session, as asepsisctl session shows it. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "out.h"
#include "show.h"

/* The day stands with the session's own times. */
static void add_clock(Line *l, int64_t us) {
        const time_t s = (time_t)(us / US_PER_S);
        char text[16] = "";
        struct tm tm;

        if (localtime_r(&s, &tm))
                strftime(text, sizeof(text), "%H:%M:%S", &tm);
        line_add(l, "%s", text);
}

static void add_duration(Line *l, int64_t us) {
        line_add(l, "%" PRId64 ":%02" PRId64 " min", us / US_PER_S / 60, us / US_PER_S % 60);
}

static void add_mm(Line *l, int64_t um) {
        line_add(l, "%" PRId64 ".%0*" PRId64 " mm", um / 1000, um % 100 ? 3 : 1, um % 100 ? um % 1000 : um % 1000 / 100);
}

static void cell_number(Table *t, const json_t *o, const char *name) {
        if (json_object_get(o, name))
                table_cell(t, PLAIN, "%" PRId64, number_of(o, name));
        else
                table_cell(t, DIM, "-");
}

static void print_steps(const json_t *steps) {
        static const Column columns[] = {
                { "TIME", false }, { "STEP", false }, { "ROUND", true }, { "FORM", false }, { "ITEM", false }
        };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *s;
        size_t i;

        if (json_array_size(steps) == 0)
                return;
        json_array_foreach(steps, i, s) {
                Line at = {};

                add_clock(&at, number_of(s, "at"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, truth_of(s, "counts") ? BOLD : DIM, "%s", text_of(s, "step"));
                cell_number(t, s, "round");
                table_cell(t, PLAIN, "%.12s%s", text_of(s, "form_hash"), strlen(text_of(s, "form_hash")) > 12 ? "..." : "");
                table_cell(t, PLAIN, "%s", text_of(s, "item"));
                if (!truth_of(s, "counts"))
                        table_note(t, "Told late, out of its order or after the end: on record only.");
        }
        printf("\n");
        table_print(t);
}

static void cell_depth(Table *t, const json_t *round) {
        Line l = {};

        if (json_object_get(round, "depth_um"))
                add_mm(&l, number_of(round, "depth_um"));
        table_cell(t, PLAIN, "%s", l.text);
}

static void cell_duration(Table *t, const json_t *round) {
        Line l = {};

        if (json_object_get(round, "motor_us"))
                add_duration(&l, number_of(round, "motor_us"));
        table_cell(t, PLAIN, "%s", l.text);
}

static void print_rounds(const json_t *rounds) {
        static const Column columns[] = { { "TIME", false },   { "AREA", false }, { "ROUND", true },
                                          { "PASSES", true },  { "DEPTH", true }, { "RUNNING", true },
                                          { "NEEDLE", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *r;
        size_t i;

        if (json_array_size(rounds) == 0)
                return;
        json_array_foreach(rounds, i, r) {
                Line at = {};

                add_clock(&at, number_of(r, "at"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, BOLD, "%s", has_text(r, "area") ? text_of(r, "area") : "(not said)");
                cell_number(t, r, "round");
                cell_number(t, r, "passes");
                cell_depth(t, r);
                cell_duration(t, r);
                table_cell(t, PLAIN, "%s", text_of(r, "item"));
                if (truth_of(r, "bleeding"))
                        table_note(t, "Bleeding was seen.");
        }
        printf("\n");
        table_print(t);
}

static void print_totals(const json_t *s) {
        const json_t *needles = json_object_get(s, "needles"), *needle;
        Line rounds = {}, depth = {};
        size_t i;

        if (json_array_size(json_object_get(s, "rounds")) == 0)
                return;
        printf("\n");
        line_add(&rounds, "%" PRId64, number_of(s, "rounds_total"));
        out_field("rounds", PLAIN, rounds.text);
        if (number_of(s, "depth_max_um"))
                add_mm(&depth, number_of(s, "depth_max_um"));
        out_field("deepest", PLAIN, depth.text);
        json_array_foreach(needles, i, needle) {
                Line l = {};

                line_add(&l, "%s ran ", text_of(needle, "item"));
                add_duration(&l, number_of(needle, "motor_us"));
                out_field(i == 0 ? "needles" : "", PLAIN, l.text);
        }
}

static void print_deviations(const json_t *s) {
        static const Column columns[] = { { "TIME", false }, { "DEVIATION", false }, { "SEVERITY", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *deviations = json_object_get(s, "deviations"), *d;
        size_t i;

        if (json_array_size(deviations) == 0)
                return;
        json_array_foreach(deviations, i, d) {
                const char *severity = text_of(d, "severity");
                Line at = {};

                add_clock(&at, number_of(d, "at"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, streq(severity, "critical") ? RED : streq(severity, "warning") ? YELLOW : PLAIN, "%s",
                           text_of(d, "rule"));
                table_cell(t, PLAIN, "%s", severity);
                table_note(t, text_of(d, "text"));
        }
        printf("\n");
        table_print(t);
        if (truth_of(s, "deviations_more"))
                printf("  more are not shown\n");
}

void print_protocol(const json_t *s) {
        print_steps(json_object_get(s, "steps"));
        print_rounds(json_object_get(s, "rounds"));
        print_totals(s);
        print_deviations(s);
}
