/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl: the command for people. What it can be asked stands in the verbs: see verb.h. */
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "util.h"
#include "verb.h"

int ctl_unknown(const char *typed) {
        const char *meant = verb_suggestion(typed);

        if (meant)
                fprintf(stderr, "asepsisctl: there is no verb %s; did you mean %s?\n", typed, meant);
        else
                fprintf(stderr, "asepsisctl: there is no verb %s; asepsisctl --help names them\n", typed);
        return CTL_TROUBLE;
}

static int run(Ctl *c, int argc, char **argv) {
        const Verb *v;

        if (c->value[OPT_HELP]) {
                help_print();
                return CTL_YES;
        }
        if (c->value[OPT_VERSION]) {
                printf("asepsisctl %s\n", VERSION);
                return CTL_YES;
        }
        if (argc == 0) {
                fprintf(stderr, "asepsisctl: say what you want; asepsisctl --help names the verbs\n");
                return CTL_TROUBLE;
        }
        v = verb_find(argv[0]);
        return v ? verb_run(c, v, argc, argv) : ctl_unknown(argv[0]);
}

int main(int argc, char **argv) {
        const char *from_environment = getenv("ASEPSIS_SOCKET");
        Ctl c = { .socket = from_environment && from_environment[0] ? from_environment : NULL };
        int r = option_read(&c, NULL, true, &argc, &argv);

        if (r >= 0)
                return r;
        out_start();
        r = run(&c, argc, argv);
        ctl_disconnect(&c);
        return r;
}
