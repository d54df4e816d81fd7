/* SPDX-License-Identifier: Apache-2.0 */
/* From what was typed to the function that does it: options, words and arguments held against the verb's description. */
#include "verb.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "ctl.h"
#include "util.h"

enum {
        TYPED_MAX = 32, /* letters of an unknown verb that are looked at */
        KID_CHARS = 43, /* base64url of a SHA-256: RFC 7638 section 3 */
};

#define OPTION_ROW(id, letter, name, argument, words) [OPT_##id] = { letter, name, argument, words },
const Option ctl_options[OPT_N] = { OPTIONS(OPTION_ROW) };

#define VERB_ROW(verb) &verb_##verb,
const Verb *const ctl_verbs[] = { VERBS(VERB_ROW) NULL };

/* --- names --- */

const Verb *verb_find(const char *name) {
        for (const Verb *const *v = ctl_verbs; *v; v++)
                if (streq((*v)->name, name))
                        return *v;
        return NULL;
}

/* Letters to change, add or drop to get from one word to the other. */
static size_t distance(const char *a, const char *b) {
        size_t n = strlen(b), row[TYPED_MAX + 1];

        for (size_t j = 0; j <= n; j++)
                row[j] = j;
        for (size_t i = 1; a[i - 1]; i++) {
                size_t corner = row[0];

                row[0] = i;
                for (size_t j = 1; j <= n; j++) {
                        size_t kept = corner + (a[i - 1] != b[j - 1]), moved = MIN_OF(row[j], row[j - 1]) + 1;

                        corner = row[j];
                        row[j] = MIN_OF(kept, moved);
                }
        }
        return row[n];
}

const char *verb_suggestion(const char *typed) {
        size_t best = 3;
        const char *name = NULL;

        if (strlen(typed) > TYPED_MAX)
                return NULL;
        for (const Verb *const *v = ctl_verbs; *v; v++) {
                bool begins = strlen(typed) >= 2 && strncmp((*v)->name, typed, strlen(typed)) == 0;
                size_t d = begins ? 0 : distance((*v)->name, typed);

                if (d < best) {
                        best = d;
                        name = (*v)->name;
                }
        }
        return name;
}

/* --- options --- */

/* getopt's two tables. Its codes are the options' numbers behind all letters. */
enum { CODE = 256 };

/* Two options may bear one name where no verb knows both. */
static bool is_shared(int option) {
        for (int i = 0; i < OPT_N; i++)
                if (i != option && streq(ctl_options[i].name, ctl_options[option].name))
                        return true;
        return false;
}

static void make_tables(const char *verb, bool to_verb, struct option longs[static OPT_N + 1],
                        char letters[static 2 * OPT_N + 2]) {
        const Verb *v = verb ? verb_find(verb) : NULL;
        size_t n = 0, n_longs = 0;

        if (to_verb)
                letters[n++] = '+';
        for (int i = 0; i < OPT_N; i++) {
                const Option *o = &ctl_options[i];

                if (is_shared(i) && !(v && verb_options(v) >> i & 1))
                        continue;
                longs[n_longs++] = (struct option){ o->name, o->argument ? required_argument : no_argument, NULL, CODE + i };
                if (o->letter)
                        letters[n++] = o->letter;
                if (o->letter && o->argument)
                        letters[n++] = ':';
        }
        longs[n_longs] = (struct option){};
        letters[n] = 0;
}

static int option_of(int code) {
        if (code >= CODE)
                return code - CODE;
        for (int i = 0; i < OPT_N; i++)
                if (ctl_options[i].letter == code)
                        return i;
        return -1;
}

/* The same twice is no matter; two that differ could sign for the wrong thing. */
static int take(Ctl *c, const char *verb, int o, const char *value) {
        if (o < 0)
                return CTL_TROUBLE;
        if (OPT_REPEATED >> o & 1) {
                if (c->n_repeated == ITEMS_MAX) {
                        fprintf(stderr, "asepsisctl: --%s is said too often\n", ctl_options[o].name);
                        return CTL_TROUBLE;
                }
                c->repeated[c->n_repeated++] = value;
        } else if (c->value[o] && !streq(c->value[o], value)) {
                fprintf(stderr, "asepsisctl%s%s: --%s is said twice\n", verb ? " " : "", verb ?: "", ctl_options[o].name);
                return CTL_TROUBLE;
        }
        c->value[o] = value;
        return -1;
}

int option_read(Ctl *c, const char *name, bool to_verb, int *argc, char ***argv) {
        struct option longs[OPT_N + 1];
        static char program[64]; /* with which getopt complains */
        char letters[2 * OPT_N + 2], *given = (*argv)[0];
        int code, r;

        make_tables(name, to_verb, longs, letters);
        snprintf(program, sizeof(program), "asepsisctl%s%s", name ? " " : "", name ?: "");
        (*argv)[0] = program;
        optind = 0; /* glibc: from the beginning */
        r = -1;
        while (r < 0 && (code = getopt_long(*argc, *argv, letters, longs, NULL)) >= 0)
                r = take(c, name, option_of(code), optarg ?: "");
        (*argv)[0] = given;
        if (r >= 0)
                return r;
        *argc -= optind;
        *argv += optind;
        return -1;
}

/* --- ways --- */

/* How many arguments a way takes. */
static void way_range(const Way *w, int *ret_least, int *ret_most) {
        int least = 0, most = 0;

        for (const char *p = w->arguments ?: ""; *p;) {
                const size_t n = strcspn(p, " ");
                const bool many = n >= 3 && strncmp(p + n - 3, "...", 3) == 0;

                least += *p != '[';
                most += many ? 1 << 16 : strncmp(p + (*p == '['), "ATTEMPT", 7) == 0 ? 2 : 1;
                p += n + strspn(p + n, " ");
        }
        *ret_least = least;
        *ret_most = most;
}

static uint64_t way_options(const Way *w) {
        return OPT_COMMON | w->options | w->needed | w->one_of | (w->signer ? OPT(BY) : 0) |
               (w->signer && !w->no_reason ? OPT(REASON) : 0);
}

uint64_t verb_options(const Verb *v) {
        uint64_t all = 0;

        for (const Way *w = v->ways; w < v->ways + WAYS_MAX && w->run; w++)
                all |= way_options(w);
        return all;
}

static const Way *find_way(const Verb *v, int argc, char **argv) {
        const Way *plain = NULL;

        for (const Way *w = v->ways; w < v->ways + WAYS_MAX && w->run; w++) {
                if (w->word && argc > 0 && streq(w->word, argv[0]))
                        return w;
                if (!w->word)
                        plain = w;
        }
        return plain;
}

static int wrong(const Verb *v, const char *text) {
        return ctl_usage(v->name, text);
}

static bool said(const Ctl *c, int o) {
        return c->value[o] && (!ctl_options[o].argument || c->value[o][0]);
}

int ctl_one_of(const Ctl *c, uint64_t options) {
        for (int o = 0; o < OPT_N; o++)
                if (options >> o & 1 && said(c, o))
                        return o;
        return -1;
}

/* What is missing, as it is to be typed. */
static int check_needed(const Ctl *c, const Verb *v, const Way *w) {
        char text[192];

        for (int o = 0; o < OPT_N; o++) {
                if (!(w->needed >> o & 1) || said(c, o))
                        continue;
                snprintf(text, sizeof(text), "say --%s=%s%s%s", ctl_options[o].name, ctl_options[o].argument,
                         ctl_options[o].words ? ": " : "", ctl_options[o].words ?: "");
                return wrong(v, text);
        }
        if (!w->signer || ((said(c, OPT_BY) || !c->socket || c->system) && (w->no_reason || said(c, OPT_REASON))))
                return -1;
        snprintf(text, sizeof(text), "this is signed: say --by=%s%s", w->signer, w->no_reason ? "" : " and --reason=TEXT");
        return wrong(v, text);
}

static int check_options(const Ctl *c, const Verb *v, const Way *w) {
        char text[128];
        int n = 0;

        for (int o = 0; o < OPT_N; o++) {
                const bool goes = way_options(w) >> o & 1;

                if (c->value[o] && !goes) {
                        snprintf(text, sizeof(text), "--%s does not go with %s%s%s", ctl_options[o].name, v->name,
                                 w->word ? " " : "", w->word ?: "");
                        return wrong(v, text);
                }
                n += w->one_of >> o & 1 && said(c, o);
        }
        if (w->one_of && n != 1)
                return wrong(v, n ? "say one thing at a time" : "say what, with an option such as --lot=L-4711");
        return check_needed(c, v, w);
}

static int show_usage(const Verb *v, const Way *way) {
        for (const Way *w = v->ways; w < v->ways + WAYS_MAX && w->run; w++)
                if (!way || w == way)
                        help_print_usage(stderr, v, w, "usage: ");
        fprintf(stderr, "See asepsisctl %s --help.\n", v->name);
        return CTL_TROUBLE;
}

/* With everything that stands behind the verb in place. */
static int run_way(Ctl *c, const Verb *v, int argc, char **argv) {
        const Way *w = find_way(v, argc, argv);
        int least, most, r;

        if (!w)
                return show_usage(v, NULL);
        if (w->word) {
                argc--;
                argv++;
        }
        way_range(w, &least, &most);
        if (argc < least || argc > most)
                return show_usage(v, w->word || !v->ways[1].run ? w : NULL);
        r = check_options(c, v, w);
        if (r >= 0)
                return r;
        if (w->paged && !c->json && !c->value[OPT_NO_PAGER])
                pager_begin();
        r = w->run(c, argc, argv);
        pager_end();
        return r;
}

/*
 * One key in 64 has a name that begins with a dash. What stands behind a word and has the length of such a name goes to
 * the end, behind "--", so that it is none of the options. argv has a place more than it needs.
 */
static void shield_kid(int *argc, char **argv) {
        static char dashes[] = "--";
        char *kid;

        if (*argc < 3 || argv[1][0] == '-' || argv[2][0] != '-' || strlen(argv[2]) != KID_CHARS || strchr(argv[2], '='))
                return;
        kid = argv[2];
        memmove(argv + 2, argv + 3, (size_t)(*argc - 3) * sizeof(*argv));
        argv[*argc - 1] = dashes;
        argv[(*argc)++] = kid;
        argv[*argc] = NULL;
}

int verb_run(Ctl *c, const Verb *v, int argc, char **argv) {
        _cleanup_(freep) char **copy = calloc((size_t)argc + 2, sizeof(*copy));
        char **rest = copy;
        int r;

        if (!copy)
                return CTL_TROUBLE;
        memcpy(copy, argv, (size_t)argc * sizeof(*copy));
        shield_kid(&argc, copy);
        r = option_read(c, v->name, false, &argc, &rest);
        if (r >= 0)
                return r;
        if (c->value[OPT_HELP]) {
                help_print_verb(v);
                return CTL_YES;
        }
        c->json = c->value[OPT_JSON];
        c->all = c->value[OPT_ALL];
        c->socket = c->value[OPT_SOCKET] ?: c->socket;
        c->system = c->value[OPT_SYSTEM];
        if (c->system && c->value[OPT_SOCKET])
                return wrong(v, "--system and --socket are two ways to the daemon: say one");
        return run_way(c, v, argc, rest);
}
