/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl audit: the head of the chain, to be kept elsewhere; and what else can be asked of the chain. */
#include <stdio.h>

#include "audit.h"
#include "show.h"

/* The checkpoint alone on standard output, so that it can be piped into a mail or a printer. */
static int show_head(Ctl *c, int argc, char **argv) {
        json_t *audit = NULL;
        int r = ctl_call(c, &audit, "GetAudit", "t", UINT64_C(0)), printed;

        (void)argc;
        (void)argv;
        if (r != CTL_YES)
                return r;
        if (!has_text(audit, "checkpoint"))
                r = CTL_NO;
        if (c->json) {
                printed = ctl_print_json(audit);
                return printed == CTL_YES ? r : printed;
        }
        if (r == CTL_NO)
                fputs("asepsisctl: the ledger is in doubt, so its head is not signed; see asepsisctl status\n", stderr);
        else
                printf("%s\n", text_of(audit, "checkpoint"));
        json_decref(audit);
        return r;
}

static int accept_audit(Ctl *c, int argc, char **argv) {
        (void)argc;
        (void)argv;
        return ctl_act(c, "AcceptAudit", "ss", c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_audit = {
        .name = "audit",
        .group = GROUP_RECORD,
        .brief = "the audit chain: its head, an export; verify, accept",
        .ways = { { .word = "head", .text = "the signed head, to be kept elsewhere", .run = show_head },
                  { .word = "export", .text = "the chain, for somebody outside to check", .run = audit_export,
                    .options = OPT(OUTPUT) | OPT(AFTER) | OPT(TO) | OPT(FILE) },
                  { .word = "verify", .arguments = "[FILE]", .run = audit_verify,
                    .text = "is FILE, or a copy made now, what its chain says",
                    .options = OPT(HEAD) | OPT(CHECKPOINT) | OPT(OUTPUT) | OPT(BY) | OPT(REASON) },
                  { .word = "accept", .text = "what was seen of another ledger or daemon is gone", .signer = "OFFICER",
                    .run = accept_audit } },
        .help = "Who keeps a head elsewhere can show later that nothing below it was changed: see\n"
                "asepsis-verify(1). Before accept: stop the other daemon, or find the newer\n"
                "ledger; see doc/restore.md.\n",
        .example = "asepsisctl audit verify --checkpoint=kept/heads /backup/monday.db\n"
                   "asepsisctl audit head | mail -s 'audit head' inspector@example.org\n",
};
