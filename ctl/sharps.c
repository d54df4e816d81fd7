/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl sharps: an officer or the practitioner signs where needles are that reached no sharps container. */
#include <getopt.h>
#include <stdio.h>

#include "ctl.h"

static void print_help(void) {
        printf("asepsisctl sharps SESSION --by=PERSON --reason=TEXT\n\n"
               "Needles of the session did not reach a sharps container, as far as any reader or\n"
               "the session's end said. Find them and drop them: that settles it. Where that\n"
               "cannot be, an officer or the session's practitioner signs where they are.\n"
               "It is kept: who, what was meant, why and when. Name no patient.\n");
}

int verb_sharps(Ctl *c, int argc, char **argv) {
        Signature by;
        int r = ctl_read_signed(c, &by, print_help, argc, argv);

        if (r >= 0)
                return r;
        if (argc - optind != 1)
                return ctl_usage("sharps", "say which session");
        if (!ctl_signed(&by))
                return ctl_usage("sharps", "this is signed: say --by=PERSON and --reason=TEXT");
        return ctl_act(c, "SignSharps", "sss", argv[optind], by.by, by.reason);
}
