/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl autoclave: look at one or all; take it out of service, return it, commission a program. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "load.h"
#include "out.h"
#include "show.h"

#define ATTEMPT_TEXT_MAX 160

/* --- acts --- */

static int take_out(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "PutAutoclaveOut", "ssss", argv[0], c->value[OPT_CAUSE], c->value[OPT_BY], c->value[OPT_REASON]);
}

static int take_back(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "ReturnAutoclave", "sss", argv[0], c->value[OPT_BY], c->value[OPT_REASON]);
}

static int commission(Ctl *c, int argc, char **argv) {
        char name[ATTEMPT_TEXT_MAX];

        return ctl_attempt(argc, argv, name, sizeof(name)) != CTL_YES
                       ? CTL_TROUBLE
                       : ctl_act(c, "Commission", "ss", name, c->value[OPT_BY]);
}

/* --- one --- */

static void print_service(const json_t *a) {
        const bool fit = json_array_size(json_object_get(a, "refusals")) == 0;
        const bool in = streq(text_of(a, "service"), "in");

        out_painted(BOLD, "%s", text_of(a, "autoclave"));
        if (!streq(text_of(a, "name"), text_of(a, "autoclave")))
                printf("  %s", text_of(a, "name"));
        printf("  ");
        out_painted(in ? fit ? GREEN : YELLOW : RED, "%s", in ? "in service" : "out of service");
        if (in && !fit)
                printf(": a load that starts now could not be released");
        printf("\n");
}

static void print_now(const json_t *a) {
        Line running = {};

        if (has_text(a, "running"))
                line_add(&running, "%s, cycle %" PRId64, text_of(a, "running"), number_of(a, "running_cycle"));
        line_add_time(&running, " since ", number_of(a, "running_since"));
        out_field("type", PLAIN, text_of(a, "type"));
        out_field("runs now", PLAIN, running.text);
}

static void print_until(const char *name, const char *date) {
        Line l = {};

        if (!date[0])
                return;
        line_add(&l, "%s until %s", is_past(date) ? "was good" : "good", date);
        out_field(name, is_past(date) ? RED : PLAIN, l.text);
}

static void print_due(const json_t *a) {
        Line passed = {};

        if (has_text(a, "penetration_passed_on"))
                line_add(&passed, "passed last on %s", text_of(a, "penetration_passed_on"));
        out_field("penetration", PLAIN, passed.text);
        print_until("leak test", text_of(a, "leak_good_until"));
        print_until("spore test", text_of(a, "spore_good_until"));
        print_until("calibration", text_of(a, "calibration_good_until"));
}

static void print_duties(const json_t *duties) {
        static const Column columns[] = {
                { "DUTY", false }, { "DONE", false }, { "GOOD UNTIL", false }, { "OVERDUE", false }
        };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *d;
        size_t i;

        if (json_array_size(duties) == 0)
                return;
        json_array_foreach(duties, i, d) {
                table_cell(t, BOLD, "%s", has_text(d, "name") ? text_of(d, "name") : text_of(d, "duty"));
                table_cell(t, truth_of(d, "failed") ? RED : PLAIN, "%s%s",
                           has_text(d, "done_on") ? text_of(d, "done_on") : "never",
                           truth_of(d, "failed") ? ", last time not well" : "");
                table_cell(t, PLAIN, "%s", text_of(d, "good_until"));
                table_cell(t, PLAIN, "%s", truth_of(d, "blocks") ? "blocks release" : "alerts");
        }
        printf("\n");
        table_print(t);
}

static void print_attempts(const json_t *attempts) {
        static const Column columns[] = { { "ATTEMPT", false }, { "CYCLE", true },    { "PROGRAM", false },
                                          { "STARTED", false }, { "VERDICT", false }, { "LOAD", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *a;
        size_t i;

        if (json_array_size(attempts) == 0)
                return;
        json_array_foreach(attempts, i, a) {
                attempt_cells(t, a);
                table_cell(t, PLAIN, "%s", has_text(a, "load") ? text_of(a, "load") : text_of(a, "purpose"));
        }
        printf("\n");
        table_print(t);
}

static void print_tests(const json_t *tests) {
        static const Column columns[] = {
                { "TEST", false }, { "OUTCOME", false }, { "RUN", false }, { "READ BY", false }, { "CYCLE", false }
        };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *x;
        size_t i;

        if (json_array_size(tests) == 0)
                return;
        json_array_foreach(tests, i, x) {
                const char *outcome = text_of(x, "outcome");
                Line run = {};

                line_add_time(&run, "", number_of(x, "run_at"));
                table_cell(t, BOLD, "%s", text_of(x, "test"));
                table_cell(t,
                           streq(outcome, "passed")   ? GREEN
                           : streq(outcome, "failed") ? RED
                                                      : YELLOW,
                           "%s", outcome);
                table_cell(t, PLAIN, "%s", run.text);
                table_cell(t, PLAIN, "%s", text_of(x, "reader"));
                table_cell(t, PLAIN, "%s", text_of(x, "attempt"));
                if (has_text(x, "why"))
                        table_note(t, text_of(x, "why"));
        }
        printf("\n");
        table_print(t);
}

static void print_references(const json_t *references) {
        static const Column columns[] = { { "COMMISSIONED", false },
                                          { "WITH", false },
                                          { "FROM SATURATED", true },
                                          { "BY", false },
                                          { "WHEN", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *x;
        size_t i;

        if (json_array_size(references) == 0)
                return;
        json_array_foreach(references, i, x) {
                Line at = {};

                line_add_time(&at, "", number_of(x, "at"));
                table_cell(t, BOLD, "%s", text_of(x, "program"));
                table_cell(t, PLAIN, "%s", text_of(x, "attempt"));
                table_cell(t, PLAIN, "%+.2f K", (double)number_of(x, "median_off_mc") / 1e3);
                table_cell(t, PLAIN, "%s", text_of(x, "by"));
                table_cell(t, PLAIN, "%s", at.text);
        }
        printf("\n");
        table_print(t);
}

static void print_one(const json_t *a) {
        print_service(a);
        print_now(a);
        print_due(a);
        print_reasons(json_object_get(a, "refusals"));
        print_reasons(json_object_get(a, "notices"));
        print_duties(json_object_get(a, "duties"));
        print_attempts(json_object_get(a, "attempts"));
        print_tests(json_object_get(a, "tests"));
        print_references(json_object_get(a, "references"));
}

/* --- all --- */

static void print_all(const json_t *autoclaves) {
        static const Column columns[] = { { "AUTOCLAVE", false }, { "NAME", false }, { "SERVICE", false },
                                          { "RUNS NOW", false },  { "LAST", false }, { "VERDICT", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *a;
        size_t i;

        json_array_foreach(autoclaves, i, a) {
                const bool in = streq(text_of(a, "service"), "in");

                table_cell(t, BOLD, "%s", text_of(a, "autoclave"));
                table_cell(t, PLAIN, "%s", text_of(a, "name"));
                table_cell(t, in ? GREEN : RED, "%s", in ? "in" : "out");
                table_cell(t, PLAIN, "%s", text_of(a, "running"));
                table_cell(t, PLAIN, "%s", text_of(a, "last"));
                table_cell(t, verdict_paint(text_of(a, "last_verdict")), "%s", text_of(a, "last_verdict"));
        }
        table_print(t);
}

static int run_autoclave(Ctl *c, int argc, char **argv) {
        json_t *answer = NULL;
        int r = argc ? ctl_call(c, &answer, "GetAutoclave", "s", argv[0]) : ctl_call(c, &answer, "ListAutoclaves", NULL);

        if (r != CTL_YES)
                return r;
        return argc ? ctl_show(c, answer, print_one)
                    : ctl_show_list(c, answer, print_all, "No autoclave is configured.");
}

const Verb verb_autoclave = {
        .name = "autoclave",
        .group = GROUP_LOADS,
        .brief = "one or all; and: out, return, commission",
        .ways = { { .arguments = "[AUTOCLAVE]", .text = "service, what is due, last cycles and tests; without one, all of them",
                    .paged = true, .run = run_autoclave },
                  { .word = "out", .arguments = "AUTOCLAVE", .text = "out of service; anybody registered may",
                    .needed = OPT(CAUSE), .signer = "PERSON", .run = take_out },
                  { .word = "return", .arguments = "AUTOCLAVE", .text = "back into service", .signer = "OFFICER",
                    .run = take_back },
                  { .word = "commission", .arguments = "ATTEMPT", .signer = "OFFICER", .no_reason = true, .run = commission,
                    .text = "a verified, empty cycle becomes the reference of its program" } },
        .help = "After a minor cause an officer or a releaser returns it. After any other the way\n"
                "back is three empty cycles, each with a negative spore test and a passing\n"
                "indicator, then (vacuum) three Bowie-Dick tests, then an officer.\n",
        .example = "asepsisctl autoclave out ac-1 --cause=fault --by=ben --reason='the door leaks'\n"
                   "asepsisctl autoclave commission ac-1.7 --by=clara\n",
};
