/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl release, reject, withdraw: a person's decision on a load. */
#include <getopt.h>
#include <stdio.h>

#include "core/limits.h"
#include "ctl.h"
#include "util.h"

typedef struct Decision {
        Signature by;
        bool dry;
        size_t n_wet;
        char *wet[ITEMS_MAX + 1]; /* ends with NULL, as a strv */
        char attempt[256];
} Decision;

static void print_release_help(void) {
        printf("asepsisctl release ATTEMPT --dry --by=RELEASER [--wet=PACK]... [--reason=TEXT]\n\n"
               "What is missing or wrong is told, all of it; then nothing is released.\n\n"
               "  --dry        every pack was looked at, and is dry\n"
               "  --wet=PACK   but for this one, which is left out; more than one: none is good\n\n"
               "ATTEMPT is ac-1.7, or autoclave and cycle number: ac-1 101. " CTL_SIGNED);
}

static void print_reject_help(void) {
        printf("asepsisctl reject ATTEMPT --by=PERSON --reason=TEXT\n\n"
               "Anybody who is registered may. A load that is released already is recalled.\n" CTL_SIGNED);
}

static void print_withdraw_help(void) {
        printf("asepsisctl withdraw ATTEMPT --by=PERSON --reason=TEXT\n\n"
               "Takes back a release: the load is recalled, and an officer ends that when it is\n"
               "settled. It is not released again. Anybody who is registered may.\n" CTL_SIGNED);
}

/* -1: go on at optind; otherwise the exit status. */
static int read_release(Ctl *c, Decision *d, int argc, char **argv) {
        static const struct option options[] = {
                { "by", required_argument, NULL, 'b' },   { "reason", required_argument, NULL, 'r' },
                { "dry", no_argument, NULL, 'd' },        { "wet", required_argument, NULL, 'w' },
                { "json", no_argument, NULL, 'j' },       { "socket", required_argument, NULL, 's' },
                { "help", no_argument, NULL, 'h' },       {},
        };
        int o, r;

        optind = 0; /* glibc: from the beginning */
        while ((o = getopt_long(argc, argv, "b:r:js:h", options, NULL)) >= 0)
                switch (o) {
                case 'b':
                        d->by.by = optarg;
                        break;
                case 'r':
                        d->by.reason = optarg;
                        break;
                case 'd':
                        d->dry = true;
                        break;
                case 'w':
                        if (d->n_wet == ITEMS_MAX)
                                return ctl_usage("release", "so many wet packs are a wet load: leave out --dry");
                        d->wet[d->n_wet++] = optarg;
                        break;
                default:
                        r = ctl_option(c, o, print_release_help);
                        if (r >= 0)
                                return r;
                }
        return -1;
}

static int fill_release(sd_bus_message *m, const void *userdata) {
        const Decision *d = userdata;
        int r = sd_bus_message_append(m, "sb", d->attempt, (int)d->dry);

        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)d->wet);
        return r < 0 ? r : sd_bus_message_append(m, "ss", d->by.by, d->by.reason ?: "");
}

/* The one or two words that name a load. */
static int read_attempt(const char *verb, int argc, char **argv, char *ret, size_t size) {
        const int n = argc - optind;

        return n == 1 || n == 2 ? ctl_attempt(n, argv + optind, ret, size) : ctl_usage(verb, "say which load: ac-1.7");
}

int verb_release(Ctl *c, int argc, char **argv) {
        Decision d = {};
        int r = read_release(c, &d, argc, argv);

        if (r >= 0)
                return r;
        r = read_attempt("release", argc, argv, d.attempt, sizeof(d.attempt));
        if (r != CTL_YES)
                return r;
        if (!d.by.by || !d.by.by[0])
                return ctl_usage("release", "this is signed: say --by=RELEASER");
        return ctl_act_filled(c, "ReleaseLoad", fill_release, &d);
}

static int decide(Ctl *c, int argc, char **argv, const char *verb, const char *member, void (*help)(void)) {
        char attempt[256];
        Signature by;
        int r = ctl_read_signed(c, &by, help, argc, argv);

        if (r >= 0)
                return r;
        r = read_attempt(verb, argc, argv, attempt, sizeof(attempt));
        if (r != CTL_YES)
                return r;
        if (!ctl_signed(&by))
                return ctl_usage(verb, "this is signed: say --by=PERSON and --reason=TEXT");
        return ctl_act(c, member, "sss", attempt, by.by, by.reason);
}

int verb_reject(Ctl *c, int argc, char **argv) {
        return decide(c, argc, argv, "reject", "RejectLoad", print_reject_help);
}

int verb_withdraw(Ctl *c, int argc, char **argv) {
        return decide(c, argc, argv, "withdraw", "WithdrawLoad", print_withdraw_help);
}
