/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl release, reject, withdraw: a person's decision on a load. */
#include "ctl.h"

typedef struct Release {
        const Ctl *c;
        char attempt[256];
} Release;

static int fill_release(sd_bus_message *m, const void *userdata) {
        const Release *d = userdata;
        const Ctl *c = d->c;
        int r = sd_bus_message_append(m, "sb", d->attempt, (int)(c->value[OPT_DRY] != NULL));

        if (r >= 0)
                r = sd_bus_message_append_strv(m, (char **)c->repeated);
        return r < 0 ? r : sd_bus_message_append(m, "ss", c->value[OPT_BY], c->value[OPT_REASON] ?: "");
}

static int release(Ctl *c, int argc, char **argv) {
        Release d = { .c = c };
        int r = ctl_attempt(argc, argv, d.attempt, sizeof(d.attempt));

        return r == CTL_YES ? ctl_act_filled(c, "ReleaseLoad", fill_release, &d) : r;
}

static int decide(Ctl *c, const char *member, int argc, char **argv) {
        char attempt[256];
        int r = ctl_attempt(argc, argv, attempt, sizeof(attempt));

        return r == CTL_YES ? ctl_act(c, member, "sss", attempt, c->value[OPT_BY], c->value[OPT_REASON]) : r;
}

static int reject(Ctl *c, int argc, char **argv) {
        return decide(c, "RejectLoad", argc, argv);
}

static int withdraw(Ctl *c, int argc, char **argv) {
        return decide(c, "WithdrawLoad", argc, argv);
}

const Verb verb_release = {
        .name = "release",
        .group = GROUP_LOADS,
        .brief = "release a load, by its evidence and a releaser's word",
        .ways = { { .arguments = "ATTEMPT", .text = "what is missing or wrong is told, all of it; then nothing is released",
                    .options = OPT(DRY) | OPT(WET) | OPT(REASON), .signer = "RELEASER", .no_reason = true, .run = release } },
        .example = "asepsisctl release ac-1.7 --dry --by=ben\n",
};

const Verb verb_reject = {
        .name = "reject",
        .group = GROUP_LOADS,
        .brief = "keep a load from being used",
        .ways = { { .arguments = "ATTEMPT", .text = "it is not used; one that is released already is recalled",
                    .signer = "PERSON", .run = reject } },
        .help = "Anybody who is registered may.\n",
        .example = "asepsisctl reject ac-1.7 --by=ben --reason='a pouch lay open'\n",
};

const Verb verb_withdraw = {
        .name = "withdraw",
        .group = GROUP_LOADS,
        .brief = "take back a release; the load is recalled",
        .ways = { { .arguments = "ATTEMPT", .text = "the release is taken back, and the load is recalled", .signer = "PERSON",
                    .run = withdraw } },
        .help = "An officer ends the recall when it is settled; the load is not released again.\n"
                "Anybody who is registered may.\n",
        .example = "asepsisctl withdraw ac-1.7 --by=ben --reason='released the wrong one'\n",
};
