/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asepsisctl complete: what could stand where the last word stands, one to a line, for the completions of the shells. It
 * follows from the descriptions of the verbs; ids come from the daemon, if it answers at once.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "show.h"

#define PATIENCE_US (US_PER_S / 2)
#define SOME 50u

static void offer(const char *before, const char *word, const char *typed) {
        if (strncmp(word, typed, strlen(typed)) == 0)
                printf("%s%s\n", before, word);
}

static void offer_words(const char *before, const char *words, const char *typed) {
        for (const char *p = words; *p;) {
                const size_t n = strcspn(p, " ");
                char word[64];

                snprintf(word, sizeof(word), "%.*s", (int)n, p);
                offer(before, word, typed);
                p += n + strspn(p + n, " ");
        }
}

static void offer_verbs(const char *typed) {
        for (const Verb *const *v = ctl_verbs; *v; v++)
                offer("", (*v)->name, typed);
}

/* --- ids of the daemon --- */

static void offer_members(json_t *answer, const char *member, const char *before, const char *typed) {
        const json_t *list = answer, *one;
        char number[32];
        size_t i;

        if (json_is_array(json_array_get(answer, 0))) /* of an answer with a cursor the rows */
                list = json_array_get(answer, 0);
        json_array_foreach(list, i, one) {
                snprintf(number, sizeof(number), "%" PRId64, number_of(one, member));
                offer(before, has_text(one, member) ? text_of(one, member) : number, typed);
        }
        json_decref(answer);
}

/* What a placeholder stands for, as far as it can be listed. */
static void offer_ids(Ctl *c, const Verb *v, const char *placeholder, const char *before, const char *typed) {
        const bool person = streq(placeholder, "PERSON") || streq(placeholder, "OFFICER") || streq(placeholder, "RELEASER");
        const bool number = streq(placeholder, "NUMBER") || strncmp(placeholder, "ID", 2) == 0;
        json_t *answer = NULL;

        if (streq(placeholder, "ROOM") && ctl_call(c, &answer, "ListRooms", NULL) == CTL_YES)
                offer_members(answer, "room", before, typed);
        else if (streq(placeholder, "AUTOCLAVE") && ctl_call(c, &answer, "ListAutoclaves", NULL) == CTL_YES)
                offer_members(answer, "autoclave", before, typed);
        else if (person && ctl_call(c, &answer, "ListPractitioners", NULL) == CTL_YES)
                offer_members(answer, "practitioner", before, typed);
        else if (streq(placeholder, "RULE") && ctl_call(c, &answer, "ListRules", NULL) == CTL_YES)
                offer_members(answer, "rule", before, typed);
        else if (streq(placeholder, "ATTEMPT") &&
                 ctl_call(c, &answer, "ListLoads", "stu", "all", (uint64_t)0, SOME) == CTL_YES)
                offer_members(answer, "attempt", before, typed);
        else if (streq(placeholder, "SESSION") && ctl_call(c, &answer, "ListSessions", "a{sv}su", 0, "", SOME) == CTL_YES)
                offer_members(answer, "session", before, typed);
        else if (number && streq(v->name, "alerts") &&
                 ctl_call(c, &answer, "ListAlerts", "tbu", (uint64_t)0, 0, SOME) == CTL_YES)
                offer_members(answer, "id", before, typed);
        else if (number && (streq(v->name, "recall") || streq(v->name, "exposure")) &&
                 ctl_call(c, &answer, streq(v->name, "recall") ? "ListRecalls" : "ListExposures", "tbu", (uint64_t)0, 0,
                          SOME) == CTL_YES)
                offer_members(answer, v->name, before, typed);
}

static void offer_value(Ctl *c, const Verb *v, const char *placeholder, const char *before, const char *typed) {
        static const char *const words[][3] = {
                { "items", "STATE", "contaminated clean packed sterile disinfected discarded" },
                { "sessions", "STATE", "authorised running suspended ended lapsed" },
                { "loads", "STATE", "running open released rejected recalled" },
                { "autoclave", "CAUSE", "fault installation relocation repair other" },
                { "trace", "KIND", "item load session patient" },
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (streq(words[i][0], v->name) && streq(words[i][1], placeholder))
                        offer_words(before, words[i][2], typed);
        if (streq(placeholder, "VERB"))
                offer_verbs(typed);
        offer_ids(c, v, placeholder, before, typed);
}

/* --- where the last word stands --- */

static int find_option(const char *word, size_t n) {
        for (int o = 0; o < OPT_N; o++) {
                const Option *x = &ctl_options[o];

                if (n > 2 && strlen(x->name) == n - 2 && strncmp(word + 2, x->name, n - 2) == 0)
                        return o;
                if (n == 2 && word[1] != '-' && x->letter == word[1])
                        return o;
        }
        return -1;
}

/* The option that this word gives and that wants what comes behind it; or -1. */
static int wants_value(const char *word) {
        const int o = word[0] == '-' && !strchr(word, '=') ? find_option(word, strlen(word)) : -1;

        return o >= 0 && ctl_options[o].argument ? o : -1;
}

/* The way that the words so far belong to; *n: how many arguments stand before the last word. */
static const Way *way_of(const Verb *v, int argc, char **argv, int *ret_n) {
        const Way *found = NULL;
        const char *first = NULL;
        int n = 0;

        for (int i = 0; i + 1 < argc; i++) {
                if (wants_value(argv[i]) >= 0)
                        i++;
                else if (argv[i][0] != '-' && n++ == 0)
                        first = argv[i];
        }
        for (const Way *w = v->ways; w < v->ways + WAYS_MAX && w->run; w++) {
                if (!w->word && !found)
                        found = w;
                else if (w->word && first && streq(w->word, first)) {
                        *ret_n = n - 1;
                        return w;
                }
        }
        *ret_n = n;
        return found;
}

/* The placeholder of the n-th argument: "PERSON" of "PERSON PROCEDURE". The last one of "ID..." is that of all others. */
static void placeholder_of(const Way *w, int n, char ret[static 32]) {
        const char *p = w && w->arguments ? w->arguments : "";

        ret[0] = 0;
        for (; *p; p += strcspn(p, " "), p += strspn(p, " ")) {
                const size_t length = strcspn(p, " ]");
                const bool many = length > 3 && strncmp(p + length - 3, "...", 3) == 0;

                if (n-- > 0 && !many)
                        continue;
                snprintf(ret, 32, "%.*s", (int)(length - (*p == '[') - (many ? 3 : 0)), p + (*p == '['));
                return;
        }
}

static void offer_options(const Verb *v, const char *typed) {
        const uint64_t options = v ? verb_options(v) : OPT_COMMON | OPT(VERSION);
        char word[64];

        for (int o = 0; o < OPT_N; o++) {
                if (!(options >> o & 1))
                        continue;
                snprintf(word, sizeof(word), "--%s%s", ctl_options[o].name, ctl_options[o].argument ? "=" : "");
                offer("", word, typed);
        }
}

/* Behind a verb; the last of argv is what is being typed. */
static void offer_behind(Ctl *c, const Verb *v, int argc, char **argv) {
        const char *typed = argv[argc - 1], *value = strchr(typed, '=');
        char before[64], placeholder[32];
        int n, o;
        const Way *way = way_of(v, argc, argv, &n);

        o = argc > 1 ? wants_value(argv[argc - 2]) : -1;
        if (o >= 0) {
                offer_value(c, v, ctl_options[o].argument, "", typed);
        } else if (typed[0] == '-' && value) {
                o = find_option(typed, (size_t)(value - typed));
                snprintf(before, sizeof(before), "%.*s", (int)(value - typed + 1), typed);
                if (o >= 0 && ctl_options[o].argument)
                        offer_value(c, v, ctl_options[o].argument, before, value + 1);
        } else if (typed[0] == '-') {
                offer_options(v, typed);
        } else {
                for (const Way *w = v->ways; n == 0 && way && !way->word && w < v->ways + WAYS_MAX && w->run; w++)
                        if (w->word)
                                offer("", w->word, typed);
                for (const Way *w = v->ways; n == 0 && !way && w < v->ways + WAYS_MAX && w->run; w++)
                        offer("", w->word, typed);
                placeholder_of(way, n, placeholder);
                offer_value(c, v, placeholder, "", typed);
        }
}

static int run_complete(Ctl *c, int argc, char **argv) {
        int i = 0;

        c->patience_us = PATIENCE_US;
        if (!freopen("/dev/null", "w", stderr)) /* that it is not there is no matter here */
                return CTL_TROUBLE;
        while (i + 1 < argc && argv[i][0] == '-') {
                const int o = wants_value(argv[i]);

                if (o == OPT_SOCKET)
                        c->socket = argv[i + 1];
                else if (strncmp(argv[i], "--socket=", 9) == 0)
                        c->socket = argv[i] + 9;
                i += o >= 0 && i + 2 < argc ? 2 : 1;
        }
        if (i + 1 < argc) {
                const Verb *v = verb_find(argv[i]);

                if (v)
                        offer_behind(c, v, argc - i - 1, argv + i + 1);
        } else if (argv[i][0] == '-')
                offer_options(NULL, argv[i]);
        else
                offer_verbs(argv[i]);
        return CTL_YES;
}

const Verb verb_complete = {
        .name = "complete",
        .group = GROUP_SETUP,
        .brief = "what could be typed next, for the completions of the shells",
        .ways = { { .arguments = "WORD...", .text = "the words so far; the last one is being typed", .run = run_complete } },
        .help = "bash and zsh call it. It waits half a second for the daemon, at most.\n",
        .example = "asepsisctl complete -- room unlock ''\n",
};
