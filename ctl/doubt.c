/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl clock, restore, audit: the ways out of the doubts that only a person can end; and how the clock stands. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

/* A verb, the act that it knows, and the daemon's name for it. */
typedef struct Way {
        const char *verb, *act, *method, *help;
        void (*print_help)(void);
        int (*look)(Ctl *c); /* without an act; NULL: there is nothing to look at */
} Way;

static void print_clock_help(void) {
        printf("asepsisctl clock                     how it stands, and what the ledger has seen\n"
               "asepsisctl clock confirm --by=OFFICER --reason=TEXT\n"
               "                                     it is right as it stands\n\n"
               "Look at the clock first (date), and set it right where it is wrong. A clock that\n"
               "was confirmed without a time server is believed until the machine starts anew.\n" CTL_SIGNED);
}

static void print_restore_help(void) {
        printf("asepsisctl restore confirm --by=OFFICER --reason=TEXT\n"
               "              go on with this ledger; what came after it is lost\n\n"
               "Put the newest ledger back instead, if there is one. After this every single-use\n"
               "item that was in the ledger is to be received again, unopened, and every room to\n"
               "be disinfected. See doc/restore.md.\n" CTL_SIGNED);
}

static void print_audit_help(void) {
        printf("asepsisctl audit accept --by=OFFICER --reason=TEXT\n"
               "              what was seen of another ledger or daemon is gone\n\n"
               "Stop the other daemon first, if there is one, or find the newer ledger. Where\n"
               "this ledger lost records, every single-use item in it is then to be received\n"
               "again, unopened. See doc/restore.md.\n" CTL_SIGNED);
}

/* --- how the clock stands --- */

static const char *doubt_words(const char *doubt) {
        return streq(doubt, "behind")           ? "behind the time that the ledger has seen"
               : streq(doubt, "stepped")        ? "moved by more than a minute"
               : streq(doubt, "unsynchronised") ? "not synchronised since the machine started"
                                                : doubt;
}

static void print_clock(const json_t *s) {
        const bool synchronised = truth_of(s, "clock_synchronised");
        const char *doubt = text_of(s, "clock_doubt");
        const int64_t up_s = number_of(s, "clock_boot_us") / US_PER_S;
        Line wall = {}, mark = {}, up = {}, floor = {};

        line_add_time(&wall, "", number_of(s, "clock_wall"));
        out_field("clock", BOLD, wall.text);
        line_add_time(&mark, "", number_of(s, "clock_mark"));
        out_field("highest seen", PLAIN, mark.text);
        line_add(&up, "%" PRId64 " d %02" PRId64 ":%02" PRId64 ":%02" PRId64, up_s / 86400, up_s / 3600 % 24,
                 up_s / 60 % 60, up_s % 60);
        out_field("machine up", PLAIN, up.text);
        out_field("synchronised", synchronised ? PLAIN : YELLOW,
                  synchronised                    ? "yes"
                  : truth_of(s, "clock_believed") ? "no; an officer confirmed it until the machine starts anew"
                                                  : "no");
        line_add_time(&floor, "stands still until ", number_of(s, "clock_floor"));
        out_field("expiry", YELLOW, floor.text);
        out_field("in doubt", doubt[0] ? RED : GREEN, doubt[0] ? doubt_words(doubt) : "no");
        if (doubt[0])
                printf("\nNo session can start. Set the clock right; or, if it is right:\n"
                       "  asepsisctl clock confirm --by=OFFICER --reason=TEXT\n");
}

static int look_at_clock(Ctl *c) {
        static const char *const shown[] = { "clock_wall",         "clock_mark",     "clock_floor", "clock_boot_us",
                                             "clock_synchronised", "clock_believed", "clock_doubt" };
        json_t *s = NULL, *clock;
        int r = ctl_call(c, &s, "GetStatus", NULL);
        bool doubted;

        if (r != CTL_YES)
                return r;
        doubted = text_of(s, "clock_doubt")[0];
        if (!c->json) {
                print_clock(s);
                json_decref(s);
                return doubted ? CTL_NO : CTL_YES;
        }
        clock = json_object();
        for (size_t i = 0; i < ELEMENTSOF(shown); i++)
                if (json_object_get(s, shown[i]))
                        json_object_set(clock, shown[i], json_object_get(s, shown[i]));
        json_decref(s);
        r = ctl_print_json(clock);
        return r == CTL_YES && doubted ? CTL_NO : r;
}

/* --- the acts --- */

static int run_way(Ctl *c, const Way *way, int argc, char **argv) {
        Signature by;
        int r = ctl_read_signed(c, &by, way->print_help, argc, argv);

        if (r >= 0)
                return r;
        argc -= optind;
        argv += optind;
        if (argc == 0 && way->look && !by.by && !by.reason)
                return way->look(c);
        if (argc != 1 || !streq(argv[0], way->act))
                return ctl_usage(way->verb, way->help);
        if (!ctl_signed(&by))
                return ctl_usage(way->verb, "this is signed: say --by=OFFICER and --reason=TEXT");
        return ctl_act(c, way->method, "ss", by.by, by.reason);
}

int verb_clock(Ctl *c, int argc, char **argv) {
        static const Way way = { "clock",          "confirm",    "ConfirmClock", "clock shows it, clock confirm confirms it",
                                 print_clock_help, look_at_clock };

        return run_way(c, &way, argc, argv);
}

int verb_restore(Ctl *c, int argc, char **argv) {
        static const Way way = { "restore",          "confirm", "ConfirmRestore", "say: restore confirm",
                                 print_restore_help, NULL };

        return run_way(c, &way, argc, argv);
}

int verb_audit(Ctl *c, int argc, char **argv) {
        static const Way way = { "audit",          "accept",
                                 "AcceptAudit",    "say: audit accept",
                                 print_audit_help, NULL };

        return run_way(c, &way, argc, argv);
}
