/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl sharps: an officer or the practitioner signs where needles are that reached no sharps container. */
#include "ctl.h"

static int run_sharps(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "SignSharps", "sss", argv[0], c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_sharps = {
        .name = "sharps",
        .group = GROUP_TREATMENT,
        .brief = "sign where needles are that no sharps container saw",
        .ways = { { .arguments = "SESSION", .text = "its needles are accounted for", .signer = "PERSON", .run = run_sharps } },
        .help = "Needles of the session did not reach a sharps container, as far as any reader or\n"
                "the session's end said. Find them and drop them: that settles it. Where that\n"
                "cannot be, an officer or the session's practitioner signs where they are.\n",
        .example = "asepsisctl sharps s-81 --by=ana --reason='in the container, before the reader'\n",
};
