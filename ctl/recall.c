/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl recall: what is recalled or waits in quarantine; and the signed acts on it. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/rfc3339.h"
#include "ctl.h"
#include "out.h"
#include "show.h"

typedef struct Wanted {
        const char *what, *subject, *from, *to, *by, *reason;
        bool all;
} Wanted;

static const struct option options[] = {
        { "item", required_argument, NULL, 'I' },
        { "lot", required_argument, NULL, 'I' },
        { "product", required_argument, NULL, 'I' },
        { "supplier-load", required_argument, NULL, 'I' },
        { "load", required_argument, NULL, 'I' },
        { "autoclave", required_argument, NULL, 'I' },
        { "from", required_argument, NULL, 'f' },
        { "to", required_argument, NULL, 't' },
        { "by", required_argument, NULL, 'b' },
        { "reason", required_argument, NULL, 'r' },
        { "all", no_argument, NULL, 'a' },
        { "json", no_argument, NULL, 'j' },
        { "socket", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },
        {},
};

static void print_help(void) {
        printf("asepsisctl recall [--all]               what is recalled or in quarantine; --all: what ended, too\n"
               "asepsisctl recall show NUMBER\n"
               "asepsisctl recall make WHAT --by=PERSON --reason=TEXT\n"
               "asepsisctl recall confirm NUMBER --by=OFFICER --reason=TEXT   a quarantine becomes a recall\n"
               "asepsisctl recall end NUMBER --by=OFFICER --reason=TEXT       it is over; what it held comes back\n\n"
               "WHAT is one of --item=CODE --lot=LOT --product=ID --supplier-load=LOAD --load=ATTEMPT, or\n"
               "--autoclave=ID --from=TIME --to=TIME: its loads that began then, 2026-05-01T00:00:00Z.\n");
}

static int usage(const char *text) {
        return ctl_usage("recall", text);
}

/* -1: go on; otherwise the exit status. */
static int read_options(Ctl *c, Wanted *w, int argc, char **argv) {
        int o, at, r;

        optind = 0;
        while ((o = getopt_long(argc, argv, "ajs:h", options, &at)) >= 0)
                switch (o) {
                case 'I':
                        if (w->what)
                                return usage("recall one thing at a time");
                        w->what = options[at].name;
                        w->subject = optarg;
                        break;
                case 'f':
                        w->from = optarg;
                        break;
                case 't':
                        w->to = optarg;
                        break;
                case 'b':
                        w->by = optarg;
                        break;
                case 'r':
                        w->reason = optarg;
                        break;
                case 'a':
                        w->all = true;
                        break;
                default:
                        r = ctl_option(c, o, print_help);
                        if (r >= 0)
                                return r;
                }
        return -1;
}

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

static int list(Ctl *c, const Wanted *w) {
        json_t *all = NULL;
        int r = ctl_call_numbered(c, &all, "ListRecalls", "recall", w->all);

        if (r != CTL_YES)
                return r;
        if (c->json)
                return ctl_print_json(all);
        if (json_array_size(all) > 0)
                print_list(all);
        else
                printf(w->all ? "Nothing was ever recalled.\n" : "Nothing is recalled.\n");
        json_decref(all);
        return CTL_YES;
}

static void print_word(const json_t *x, const char *name, const char *time, const char *by, const char *reason) {
        Line l = {};

        if (!text_of(x, by)[0])
                return;
        line_add_time(&l, "", number_of(x, time));
        line_add(&l, " by %s: %s", text_of(x, by), text_of(x, reason));
        out_field(name, PLAIN, l.text);
}

static int number(const char *text, uint64_t *ret) {
        char *end;

        errno = 0;
        *ret = strtoull(text, &end, 10);
        return errno || end == text || *end || text[0] == '-' ? -EINVAL : 0;
}

static int show(Ctl *c, uint64_t id) {
        Line what = {}, decide = {};
        json_t *x = NULL;
        int r = ctl_call(c, &x, "GetRecall", "t", id);

        if (r != CTL_YES)
                return r;
        if (c->json)
                return ctl_print_json(x);
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
        json_decref(x);
        return CTL_YES;
}

/* --- acts --- */

static int make(Ctl *c, const Wanted *w) {
        int64_t from = 0, to = 0;

        if (!w->what)
                return usage("say what is recalled, such as --lot=L-4711");
        if ((w->from && time_parse(w->from, &from) < 0) || (w->to && time_parse(w->to, &to) < 0))
                return usage("write times as 2026-05-01T00:00:00Z");
        return ctl_act(c, "MakeRecall", "ssttss", w->what, w->subject, (uint64_t)MAX_OF(from, INT64_C(0)),
                       (uint64_t)MAX_OF(to, INT64_C(0)), w->by, w->reason);
}

int verb_recall(Ctl *c, int argc, char **argv) {
        Wanted w = {};
        uint64_t id = 0;
        int r = read_options(c, &w, argc, argv);
        const char *verb = optind < argc ? argv[optind] : "list";
        const int more = MAX_OF(argc - optind - 1, 0);
        const bool acts = streq(verb, "make") || streq(verb, "confirm") || streq(verb, "end");

        if (r >= 0)
                return r;
        if (streq(verb, "list") && more == 0)
                return list(c, &w);
        if (acts && (!w.by || !w.reason))
                return usage("say who acts, and why: --by=PERSON --reason=TEXT");
        if (streq(verb, "make") && more == 0)
                return make(c, &w);
        if (more != 1 || number(argv[optind + 1], &id) < 0)
                return usage("name a recall by its number");
        if (streq(verb, "show"))
                return show(c, id);
        if (acts && !streq(verb, "make"))
                return ctl_act(c, streq(verb, "end") ? "EndRecall" : "ConfirmRecall", "tss", id, w.by, w.reason);
        return usage("recalls are listed, shown, made, confirmed and ended");
}
