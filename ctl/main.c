/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl: the command for people. One table of verbs; each asks the daemon for one thing and shows the answer. */
#include <getopt.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "parse.h"
#include "util.h"

#define TYPED_MAX 32 /* letters of an unknown verb that are looked at */

static int run_parse(Ctl *c, int argc, char **argv) {
        return verb_parse(argc, argv, c->json);
}

static const struct Verb {
        const char *name, *argument, *help;
        int least, most;  /* arguments */
        bool all;         /* --all goes with it */
        bool own_options; /* reads what comes after it by itself; the argument is only for the help */
        int (*run)(Ctl *c, int argc, char **argv);
} verbs[] = {
        { "status", "", "how the daemon is, and whether sessions can start", 0, 0, false, false, verb_status },
        { "item", "CODE", "what the ledger knows about one item", 1, 1, false, false, verb_item },
        { "session", "LABEL", "a session: who, what, when, its last answer; and: end", 0, 0, false, true, verb_session },
        { "rooms", "", "the interlock of each room, and what locks it", 0, 0, false, false, verb_rooms },
        { "room", "...", "one room; and: unlock", 0, 0, false, true, verb_room },
        { "load", "[ATTEMPT]", "a load and its evidence; without one, those to be decided", 0, 2, true, false, verb_load },
        { "release", "ATTEMPT", "release a load, by its evidence and a releaser's word", 0, 0, false, true, verb_release },
        { "reject", "ATTEMPT", "keep a load from being used", 0, 0, false, true, verb_reject },
        { "withdraw", "ATTEMPT", "take back a release; the load is recalled", 0, 0, false, true, verb_withdraw },
        { "cycle", "ATTEMPT", "a cycle: verdict, figures and curve", 1, 2, false, false, verb_cycle },
        { "autoclave", "[ID]", "one or all; and: out, return, commission", 0, 0, false, true, verb_autoclave },
        { "lookback", "WHAT...", "who was treated with it, and what of it lies unused", 0, 0, false, true, verb_lookback },
        { "recall", "...", "recalls and quarantines: list, show, make, confirm, end", 0, 0, false, true, verb_recall },
        { "exposures", "", "injuries that are not settled; --all: those that are, too", 0, 0, true, false, verb_exposures },
        { "exposure", "NUMBER", "an injury, and whose blood it may have been", 1, 1, false, false, verb_exposure },
        { "sharps", "SESSION", "sign where needles are that no container saw", 0, 0, false, true, verb_sharps },
        { "override", "...", "sign, as one of two officers, for what a rule denies", 0, 0, false, true, verb_override },
        { "practitioner", "[ID]", "people and what they may do; and: register, end", 0, 0, false, true,
          verb_practitioner },
        { "clock", "[confirm]", "how the clock stands; and an officer's word for it", 0, 0, false, true, verb_clock },
        { "restore", "confirm", "an officer's word to go on with a restored ledger", 0, 0, false, true, verb_restore },
        { "audit", "accept", "an officer's word that another ledger or daemon is gone", 0, 0, false, true, verb_audit },
        { "key", "[...]", "of permits; and: prepare, statement, rotate, accept", 0, 0, false, true, verb_key },
        { "alerts", "", "the open alerts, oldest first", 0, 0, true, false, verb_alerts },
        { "parse", "CODE", "what stands in an item code (needs no daemon)", 1, 1, false, false, run_parse },
};

static void print_help(void) {
        printf("asepsisctl [OPTION...] VERB [ARGUMENT]\n\n"
               "Ask the infection-control service what it knows, or sign what a person decides.\n\n");
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++)
                printf("  %-9s %-9s %s\n", verbs[i].name, verbs[i].argument, verbs[i].help);
        printf("\n  -j, --json          one line of JSON, for programs\n"
               "  -a, --all           load, alerts, exposures: those that are settled, too\n"
               "  -s, --socket=PATH   the daemon's socket; otherwise $ASEPSIS_SOCKET, or\n"
               "                      " CTL_SOCKET_DEFAULT "\n"
               "  -h, --help          this text; after a verb with ways of its own: its\n"
               "\nATTEMPT is ac-1.7, or autoclave and cycle number: ac-1 101. Quote codes.\n"
               "Exit status: 0 yes, found, done; 1 no, not found, refused; 2 wrong usage, or\n"
               "no answer. See asepsisctl(1).\n");
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

static const char *suggestion(const char *typed) {
        size_t best = 3;
        const char *name = NULL;

        if (strlen(typed) > TYPED_MAX)
                return NULL;
        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                bool begins = strlen(typed) >= 2 && strncmp(verbs[i].name, typed, strlen(typed)) == 0;
                size_t d = begins ? 0 : distance(verbs[i].name, typed);

                if (d < best) {
                        best = d;
                        name = verbs[i].name;
                }
        }
        return name;
}

static int unknown_verb(const char *typed) {
        const char *meant = suggestion(typed);

        if (meant)
                fprintf(stderr, "asepsisctl: there is no verb %s; did you mean %s?\n", typed, meant);
        else
                fprintf(stderr, "asepsisctl: there is no verb %s; asepsisctl --help names them\n", typed);
        return CTL_TROUBLE;
}

/* -1: go on; otherwise the exit status. */
static int read_options(Ctl *c, int argc, char **argv, const char *letters) {
        static const struct option options[] = {
                { "json", no_argument, NULL, 'j' },         { "all", no_argument, NULL, 'a' },
                { "socket", required_argument, NULL, 's' }, { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, 'V' },      {},
        };
        int o;

        while ((o = getopt_long(argc, argv, letters, options, NULL)) >= 0)
                switch (o) {
                case 'j': c->json = true; break;
                case 'a': c->all = true; break;
                case 's': c->socket = optarg; break;
                case 'h': print_help(); return CTL_YES;
                case 'V': printf("asepsisctl %s\n", VERSION); return CTL_YES;
                default: return CTL_TROUBLE;
                }
        return -1;
}

/* Options may stand behind a verb, too. */
static int run_plain(Ctl *c, const struct Verb *v, int argc, char **argv) {
        char *name = argv[0];
        int r;

        optind = 0; /* glibc: from the beginning */
        r = read_options(c, argc, argv, "jas:h");
        if (r >= 0)
                return r;
        argc -= optind - 1;
        argv += optind - 1;
        argv[0] = name;
        if (argc - 1 < v->least || argc - 1 > v->most) {
                fprintf(stderr, "usage: asepsisctl %s%s%s\n", v->name, v->argument[0] ? " " : "", v->argument);
                return CTL_TROUBLE;
        }
        if (c->all && !v->all) {
                fprintf(stderr, "asepsisctl: --all does not go with %s\n", v->name);
                return CTL_TROUBLE;
        }
        return v->run(c, argc, argv);
}

static int run_verb(Ctl *c, int argc, char **argv) {
        char name[64]; /* with which getopt complains */

        for (size_t i = 0; i < ELEMENTSOF(verbs); i++) {
                if (!streq(argv[0], verbs[i].name))
                        continue;
                snprintf(name, sizeof(name), "asepsisctl %s", verbs[i].name);
                argv[0] = name;
                return verbs[i].own_options ? verbs[i].run(c, argc, argv) : run_plain(c, verbs + i, argc, argv);
        }
        return unknown_verb(argv[0]);
}

int main(int argc, char **argv) {
        const char *from_environment = getenv("ASEPSIS_SOCKET");
        Ctl c = { .socket = from_environment && from_environment[0] ? from_environment : CTL_SOCKET_DEFAULT };
        int r = read_options(&c, argc, argv, "+jas:h"); /* up to the verb */

        if (r >= 0)
                return r;
        out_start();
        if (optind == argc) {
                fprintf(stderr, "asepsisctl: say what you want; asepsisctl --help names the verbs\n");
                return CTL_TROUBLE;
        }
        r = run_verb(&c, argc - optind, argv + optind);
        ctl_disconnect(&c);
        return r;
}
