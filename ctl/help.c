/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl help: made from the descriptions of the verbs. */
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "out.h"
#include "util.h"
#include "verb.h"

enum { WIDTH = 80, WORDS_AT = 22 };

static const char *const groups[GROUP_N] = {
        [GROUP_NOW] = "Right now",       [GROUP_ITEMS] = "Items",       [GROUP_LOADS] = "Loads",
        [GROUP_TREATMENT] = "Treatment", [GROUP_PEOPLE] = "People",     [GROUP_BACK] = "Looking back",
        [GROUP_RECORD] = "The record",   [GROUP_SETUP] = "Setting up",
};

static void print_groups(void) {
        for (Group g = 0; g < GROUP_N; g++) {
                Line l = {};

                for (const Verb *const *v = ctl_verbs; *v; v++)
                        if ((*v)->group == g)
                                line_add(&l, " %s", (*v)->name);
                if (l.text[0])
                        printf("  %-13s %s\n", groups[g], l.text);
        }
}

void help_print(void) {
        printf("asepsisctl [OPTION...] VERB [ARGUMENT...]\n\n"
               "Ask the infection-control service what it knows, or sign what a person decides.\n\n");
        print_groups();
        printf("\n  asepsisctl help VERB    what it does, its options, an example\n"
               "  asepsisctl help --all   a line on each verb\n\n"
               "  -j, --json              one line of JSON, for programs\n"
               "  -s, --socket=PATH       the daemon's socket; or --system, the system bus\n"
               "      --no-pager          long output straight to the terminal\n"
               "  -h, --help, --version\n\n"
               "Exit status: 0 yes, found, done; 1 no, not found, refused; 2 wrong usage, or no\n"
               "answer. See asepsisctl(1).\n");
}

/* --- one verb --- */

/* Lines of pieces that are not broken. */
typedef struct Wrap {
        FILE *to;
        int column, indent;
} Wrap;

static void wrap_put(Wrap *w, const char *piece) {
        const int n = (int)strlen(piece);

        if (w->column > w->indent && w->column + 1 + n > WIDTH) {
                fprintf(w->to, "\n%*s", w->indent, "");
                w->column = w->indent;
        } else if (w->column > 0 && w->column != w->indent) {
                fputc(' ', w->to);
                w->column++;
        }
        fputs(piece, w->to);
        w->column += n;
}

static void put_option(Wrap *w, int o, const char *argument, const char *open, const char *close) {
        char piece[96];

        snprintf(piece, sizeof(piece), "%s--%s%s%s%s", open, ctl_options[o].name, argument ? "=" : "", argument ?: "", close);
        wrap_put(w, piece);
}

static void put_options(Wrap *w, uint64_t options, const char *open, const char *close) {
        for (int o = 0; o < OPT_N; o++)
                if (options >> o & 1)
                        put_option(w, o, ctl_options[o].argument, open, OPT_REPEATED >> o & 1 ? "]..." : close);
}

/* "--item=CODE | --lot=LOT": the bar stays with what comes before it. */
static void put_one_of(Wrap *w, uint64_t options) {
        for (int o = 0; o < OPT_N; o++)
                if (options >> o & 1)
                        put_option(w, o, ctl_options[o].argument, "", options >> o > 1 ? " |" : "");
}

void help_print_usage(FILE *to, const Verb *v, const Way *way, const char *before) {
        Wrap w = { .to = to, .indent = 8 };
        char head[128];

        snprintf(head, sizeof(head), "%sasepsisctl %s", before, v->name);
        wrap_put(&w, head);
        if (way->word)
                wrap_put(&w, way->word);
        if (way->arguments)
                wrap_put(&w, way->arguments);
        put_one_of(&w, way->one_of);
        put_options(&w, way->needed, "", "");
        if (way->signer)
                put_option(&w, OPT_BY, way->signer, "", "");
        if (way->signer && !way->no_reason)
                put_option(&w, OPT_REASON, "TEXT", "", "");
        put_options(&w, way->options & ~way->needed & ~way->one_of, "[", "]");
        fputc('\n', to);
}

/* Two columns further in. */
static void print_example(const char *lines) {
        printf("\nFor example:\n");
        for (const char *p = lines; *p; p += strcspn(p, "\n") + 1)
                printf("  %.*s\n", (int)strcspn(p, "\n"), p);
}

static void print_option_words(uint64_t options) {
        for (int o = 0; o < OPT_N; o++) {
                const Option *x = &ctl_options[o];
                char name[64], letter[8] = "   ";

                if (!(options >> o & 1) || !x->words)
                        continue;
                if (x->letter)
                        snprintf(letter, sizeof(letter), "-%c,", x->letter);
                snprintf(name, sizeof(name), "%s --%s%s%s", letter, x->name, x->argument ? "=" : "", x->argument ?: "");
                printf("  %-*s %s\n", WORDS_AT, name, x->words);
        }
}

static bool has_words(uint64_t options) {
        for (int o = 0; o < OPT_N; o++)
                if (options >> o & 1 && ctl_options[o].words)
                        return true;
        return false;
}

void help_print_verb(const Verb *v) {
        bool is_signed = false;

        for (const Way *w = v->ways; w < v->ways + WAYS_MAX && w->run; w++) {
                help_print_usage(stdout, v, w, "");
                printf("    %s\n", w->text);
                is_signed |= w->signer != NULL;
        }
        if (has_words(verb_options(v)))
                printf("\n");
        print_option_words(verb_options(v));
        if (v->help)
                printf("\n%s", v->help);
        if (is_signed)
                printf("%sWhat is signed stays in the record: who, what, why, when. Name no patient.\n",
                       v->help ? "" : "\n");
        print_example(v->example);
}

/* --- the verb --- */

static int list_all(void) {
        static const Column columns[] = { { "VERB", false }, { "WHAT IT DOES", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));

        for (const Verb *const *v = ctl_verbs; *v; v++) {
                table_cell(t, BOLD, "%s", (*v)->name);
                table_cell(t, PLAIN, "%s", (*v)->brief);
        }
        table_print(t);
        return CTL_YES;
}

static int run_help(Ctl *c, int argc, char **argv) {
        const Verb *v = argc ? verb_find(argv[0]) : NULL;

        if (argc && !v)
                return ctl_unknown(argv[0]);
        if (v)
                help_print_verb(v);
        else if (c->all)
                return list_all();
        else
                help_print();
        return CTL_YES;
}

const Verb verb_help = {
        .name = "help",
        .group = GROUP_SETUP,
        .brief = "what a verb does, its options, an example",
        .ways = { { .arguments = "[VERB]", .text = "of a verb; without one, all of them by name", .options = OPT(ALL),
                    .paged = true, .run = run_help } },
        .help = "With --all and no verb: a line on each.\n",
        .example = "asepsisctl help lookback\n",
};
