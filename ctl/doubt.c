/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl clock: how it stands, and an officer's word for it. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

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

static int look_at_clock(Ctl *c, int argc, char **argv) {
        static const char *const shown[] = { "clock_wall",         "clock_mark",     "clock_floor", "clock_boot_us",
                                             "clock_synchronised", "clock_believed", "clock_doubt" };
        json_t *s = NULL, *clock;
        int r = ctl_call(c, &s, "GetStatus", NULL);
        bool doubted;

        (void)argc;
        (void)argv;
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

static int sign(Ctl *c, const char *method) {
        return ctl_act(c, method, "ss", c->value[OPT_BY], c->value[OPT_REASON]);
}

static int confirm_clock(Ctl *c, int argc, char **argv) {
        (void)argc;
        (void)argv;
        return sign(c, "ConfirmClock");
}

const Verb verb_clock = {
        .name = "clock",
        .group = GROUP_NOW,
        .brief = "how the clock stands; and an officer's word that it is right",
        .ways = { { .text = "how it stands, and what the ledger has seen", .run = look_at_clock },
                  { .word = "confirm", .text = "it is right as it stands", .signer = "OFFICER", .run = confirm_clock } },
        .help = "Look at the clock first (date), and set it right where it is wrong. A clock that\n"
                "was confirmed without a time server is believed until the machine starts anew.\n",
        .example = "asepsisctl clock confirm --by=clara --reason='compared with the phone'\n",
};
