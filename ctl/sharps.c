/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl sharps: an officer or the practitioner signs where needles are that reached no sharps container. */
#include <getopt.h>
#include <stdio.h>

#include "ctl.h"

static void print_help(void) {
        printf("asepsisctl sharps SESSION --by=PERSON --reason=TEXT\n\n"
               "Needles of the session did not reach a sharps container, as far as any reader or the session's end\n"
               "said. Find them and drop them: that settles it. Where that cannot be, an officer or the session's\n"
               "practitioner signs where they are. It is kept: who, what was meant, why and when. Name no patient.\n");
}

static int read_options(Ctl *c, const char **by, const char **reason, int argc, char **argv) {
        static const struct option options[] = {
                { "by", required_argument, NULL, 'b' }, { "reason", required_argument, NULL, 'r' },
                { "json", no_argument, NULL, 'j' },     { "socket", required_argument, NULL, 's' },
                { "help", no_argument, NULL, 'h' },     {},
        };
        int o, r;

        optind = 0; /* glibc: from the beginning */
        while ((o = getopt_long(argc, argv, "b:r:js:h", options, NULL)) >= 0) {
                if (o == 'b')
                        *by = optarg;
                else if (o == 'r')
                        *reason = optarg;
                else if ((r = ctl_option(c, o, print_help)) >= 0)
                        return r;
        }
        return -1;
}

int verb_sharps(Ctl *c, int argc, char **argv) {
        const char *by = NULL, *reason = NULL;
        int r = read_options(c, &by, &reason, argc, argv);

        if (r >= 0)
                return r;
        if (argc - optind != 1)
                return ctl_usage("sharps", "say which session");
        if (!by || !by[0] || !reason || !reason[0])
                return ctl_usage("sharps", "this is signed: say --by=PERSON and --reason=TEXT");
        return ctl_act(c, "SignSharps", "sss", argv[optind], by, reason);
}
