/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl backup: has the daemon copy its ledger, and waits until that is done. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl.h"
#include "out.h"
#include "progress.h"
#include "show.h"

#define ASK_EVERY_US 100000

static bool is_state(const json_t *b, const char *state) {
        return streq(text_of(b, "state"), state);
}

static bool runs(const json_t *b) {
        return is_state(b, "copying") || is_state(b, "flushing");
}

static int percent(const json_t *b) {
        const int64_t pages = number_of(b, "pages");

        return is_state(b, "flushing") ? 99 : pages > 0 ? (int)(number_of(b, "copied") * 99 / pages) : 0;
}

static void show(const json_t *b) {
        Line size = {}, head = {}, last = {};

        out_field("backup", BOLD, text_of(b, "path"));
        if (runs(b)) {
                line_add(&size, "%d %%", percent(b));
                out_field("so far", YELLOW, size.text);
        } else if (is_state(b, "failed")) {
                out_field("failed", RED, text_of(b, "why"));
        } else if (is_state(b, "done")) {
                line_add(&size, "%.1f MB, %" PRId64 " records", (double)number_of(b, "bytes") / (1 << 20),
                         number_of(b, "size"));
                out_field("size", PLAIN, size.text);
                line_add(&head, "%" PRId64 ":%s", number_of(b, "size"), text_of(b, "head"));
                out_field("head", PLAIN, head.text);
                out_field("checkpoint", PLAIN, text_of(b, "checkpoint"));
        }
        line_add_time(&last, "", number_of(b, "last_at"));
        out_field("last one", last.text[0] ? PLAIN : YELLOW, last.text[0] ? last.text : "never");
}

static void print_what_to_keep(const json_t *b) {
        struct stat st;

        printf("\nKeep on another machine: the copy; head and checkpoint, apart from it;\n"
               "signing.key and /etc/asepsis, which are not in it. Lock it up: it holds\n"
               "personal data.\n");
        if (stat(text_of(b, "path"), &st) < 0 && errno == ENOENT)
                printf("It is not to be seen from here: the daemon has a /tmp of its own, and loses it\n"
                       "when it stops.\n");
}

static int finish(Ctl *c, json_t *b, bool tell) {
        const int status = is_state(b, "failed") ? CTL_NO : CTL_YES;
        int r;

        if (c->json) {
                r = ctl_print_json(b);
                return r == CTL_YES ? status : r;
        }
        show(b);
        if (tell && is_state(b, "done"))
                print_what_to_keep(b);
        json_decref(b);
        return status;
}

/* Begins it and waits: CTL_YES and how it ended, to be released. */
static int make(Ctl *c, const char *path, json_t **ret) {
        const char *by = c->value[OPT_BY], *reason = c->value[OPT_REASON];
        Progress progress = { .what = "pages copied" };
        json_t *b = NULL;
        int r;

        if (!by != !reason)
                return ctl_usage("backup", "who signs says --by=OFFICER and --reason=TEXT");
        r = ctl_call(c, &b, "Backup", "sss", path, by ?: "", reason ?: "");
        if (r != CTL_YES)
                return r;
        json_decref(TAKE(b));
        while ((r = ctl_call(c, &b, "GetBackup", NULL)) == CTL_YES && runs(b)) {
                if (!c->json)
                        progress_tell(&progress, number_of(b, "copied"), number_of(b, "pages"));
                json_decref(TAKE(b));
                usleep(ASK_EVERY_US);
        }
        progress_end(&progress);
        if (r == CTL_YES)
                *ret = b;
        return r;
}

int backup_make(Ctl *c, const char *path) {
        json_t *b = NULL;
        int r = make(c, path, &b);

        if (r == CTL_YES && is_state(b, "failed")) {
                fprintf(stderr, "asepsisctl: %s\n", text_of(b, "why"));
                r = CTL_NO;
        }
        json_decref(b);
        return r;
}

static int run_backup(Ctl *c, int argc, char **argv) {
        json_t *b = NULL;
        int r = argc == 0 ? ctl_call(c, &b, "GetBackup", NULL) : make(c, argv[0], &b);

        return r == CTL_YES ? finish(c, b, argc > 0) : r;
}

const Verb verb_backup = {
        .name = "backup",
        .group = GROUP_RECORD,
        .brief = "copy the ledger while in use; without PATH: how the last went",
        .ways = { { .arguments = "[PATH]", .text = "the daemon writes a copy to PATH; how far it is, or went",
                    .options = OPT(BY) | OPT(REASON), .run = run_backup } },
        .help = "PATH begins with /, nothing is there yet, its folder is closed to others. Below\n"
                "/var/lib/asepsis the daemon can always write; its /tmp is not yours. root and\n"
                "the daemon's user need not sign; anybody else is an officer, and does. A copy\n"
                "holds personal data. Keep it on another machine, and with it signing.key and\n"
                "/etc/asepsis; the head that is printed apart from it. See restore --help.\n",
        .example = "asepsisctl backup /var/lib/asepsis/backup-monday.db\n",
};
