/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl recall: what is recalled or waits in quarantine; and the signed acts on it. */
#include <inttypes.h>
#include <stdio.h>

#include "codec/rfc3339.h"
#include "ctl.h"
#include "out.h"
#include "show.h"

/* The ways to say what is recalled, by their options' names. */
#define WHAT (OPT(ITEM) | OPT(LOT) | OPT(PRODUCT) | OPT(SUPPLIER_LOAD) | OPT(LOAD) | OPT(AUTOCLAVE))

/* --- list and show --- */

static void scope_of(const json_t *x, Line *l) {
        static const struct {
                const char *member, *word;
        } scopes[] = {
                { "lot", "lot " },   { "product", "product " },
                { "item", "" },      { "supplier_load", "supplier load " },
                { "load", "load " }, { "autoclave", "autoclave " },
        };

        for (size_t i = 0; i < ELEMENTSOF(scopes); i++)
                if (text_of(x, scopes[i].member)[0])
                        line_add(l, "%s%s", scopes[i].word, text_of(x, scopes[i].member));
        line_add_time(l, ", from ", number_of(x, "from"));
        line_add_time(l, ", to ", number_of(x, "to"));
}

static Paint state_paint(const char *state) {
        return streq(state, "recall") ? RED : streq(state, "quarantine") ? YELLOW : DIM;
}

static void print_list(const json_t *all) {
        static const Column columns[] = {
                { "NUMBER", true }, { "STATE", false }, { "CAUSE", false }, { "SINCE", false }, { "WHAT", false }
        };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *x;
        size_t i;

        json_array_foreach(all, i, x) {
                Line since = {}, what = {};

                line_add_time(&since, "", number_of(x, "at"));
                scope_of(x, &what);
                table_cell(t, PLAIN, "%" PRId64, number_of(x, "recall"));
                table_cell(t, state_paint(text_of(x, "state")), "%s", text_of(x, "state"));
                table_cell(t, PLAIN, "%s", text_of(x, "cause"));
                table_cell(t, PLAIN, "%s", since.text);
                table_cell(t, BOLD, "%s", what.text);
                table_note(t, text_of(x, "reason"));
        }
        table_print(t);
}

static int list(Ctl *c, int argc, char **argv) {
        json_t *all = NULL;
        int r = ctl_call_numbered(c, &all, "ListRecalls", "recall", c->all);

        (void)argc;
        (void)argv;
        if (r != CTL_YES)
                return r;
        return ctl_show_list(c, all, print_list, c->all ? "Nothing was ever recalled." : "Nothing is recalled.");
}

static void print_word(const json_t *x, const char *name, const char *time, const char *by, const char *reason) {
        Line l = {};

        if (!text_of(x, by)[0])
                return;
        line_add_time(&l, "", number_of(x, time));
        line_add(&l, " by %s: %s", text_of(x, by), text_of(x, reason));
        out_field(name, PLAIN, l.text);
}

static void print_one(const json_t *x) {
        Line what = {}, decide = {};

        scope_of(x, &what);
        out_painted(BOLD, "%" PRId64, number_of(x, "recall"));
        printf("  ");
        out_painted(state_paint(text_of(x, "state")), "%s", text_of(x, "state"));
        printf("\n");
        out_field("what", BOLD, what.text);
        out_field("cause", PLAIN, text_of(x, "cause"));
        print_word(x, "begun", "at", "by", "reason");
        line_add_time(&decide, "", number_of(x, "decide_by"));
        out_field("decide by", YELLOW, decide.text);
        print_word(x, "confirmed", "confirmed_at", "confirmed_by", "confirmed_reason");
        print_word(x, "ended", "ended_at", "ended_by", "ended_reason");
}

static int show(Ctl *c, int argc, char **argv) {
        json_t *x = NULL;
        uint64_t id = 0;
        int r = ctl_number("recall", argv[0], &id);

        (void)argc;
        if (r == CTL_YES)
                r = ctl_call(c, &x, "GetRecall", "t", id);
        return r == CTL_YES ? ctl_show(c, x, print_one) : r;
}

/* --- acts --- */

static int make(Ctl *c, int argc, char **argv) {
        const int what = ctl_one_of(c, WHAT);
        const char *from = c->value[OPT_FROM], *to = c->value[OPT_TO];
        int64_t from_us = 0, to_us = 0;

        (void)argc;
        (void)argv;
        if ((from && time_parse(from, &from_us) < 0) || (to && time_parse(to, &to_us) < 0))
                return ctl_usage("recall", "write times as 2026-05-01T00:00:00Z");
        return ctl_act(c, "MakeRecall", "ssttss", ctl_options[what].name, c->value[what],
                       (uint64_t)MAX_OF(from_us, INT64_C(0)), (uint64_t)MAX_OF(to_us, INT64_C(0)), c->value[OPT_BY],
                       c->value[OPT_REASON]);
}

static int act_on(Ctl *c, const char *method, const char *text) {
        uint64_t id = 0;
        int r = ctl_number("recall", text, &id);

        return r == CTL_YES ? ctl_act(c, method, "tss", id, c->value[OPT_BY], c->value[OPT_REASON]) : r;
}

static int confirm(Ctl *c, int argc, char **argv) {
        (void)argc;
        return act_on(c, "ConfirmRecall", argv[0]);
}

static int end(Ctl *c, int argc, char **argv) {
        (void)argc;
        return act_on(c, "EndRecall", argv[0]);
}

const Verb verb_recall = {
        .name = "recall",
        .group = GROUP_BACK,
        .brief = "recalls and quarantines: list, show, make, confirm, end",
        .ways = { { .text = "what is recalled or in quarantine", .options = OPT(ALL), .paged = true, .run = list },
                  { .word = "list", .text = "the same", .options = OPT(ALL), .paged = true, .run = list },
                  { .word = "show", .arguments = "NUMBER", .text = "one of them", .run = show },
                  { .word = "make", .one_of = WHAT, .options = OPT(FROM) | OPT(TO), .signer = "PERSON", .run = make,
                    .text = "hold it back, and stop what runs with it" },
                  { .word = "confirm", .arguments = "NUMBER", .text = "a quarantine becomes a recall", .signer = "OFFICER",
                    .run = confirm },
                  { .word = "end", .arguments = "NUMBER", .text = "it is over; what it held comes back",
                    .signer = "OFFICER", .run = end } },
        .help = "An autoclave is recalled --from one moment --to another, 2026-05-01T00:00:00Z:\n"
                "the loads that began then.\n",
        .example = "asepsisctl recall make --lot=L-4711 --by=clara --reason='letter of the maker'\n",
};
