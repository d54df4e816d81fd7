/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl pack */
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

static void print_sterile(const json_t *p) {
        const bool sterile = number_of(p, "sterile_at") && !truth_of(p, "wet") && !number_of(p, "damaged_at");

        if (number_of(p, "sterile_at"))
                print_event(p, "sterile", "sterile_at", "", sterile ? GREEN : PLAIN);
        else
                out_field("sterile", YELLOW, "no: its load is not released");
        out_field("wet", RED, truth_of(p, "wet") ? "it came wet from the autoclave" : "");
        out_field("late", RED, truth_of(p, "late") ? "named after the hold had begun" : "");
        print_event(p, "damaged", "damaged_at", text_of(p, "damage_reason"), RED);
}

static void print_load(const json_t *p) {
        Line l = {};

        if (!text_of(p, "attempt")[0]) {
                out_field("load", PLAIN, "none yet");
                return;
        }
        line_add(&l, "%s, %s", text_of(p, "attempt"), text_of(p, "verdict"));
        if (text_of(p, "load")[0])
                line_add(&l, ", %s", text_of(p, "load"));
        out_field("load", PLAIN, l.text);
}

static void print_opened(const json_t *p) {
        Line l = {};

        if (text_of(p, "opened_session")[0])
                line_add(&l, "session %s", text_of(p, "opened_session"));
        if (text_of(p, "inside_indicator")[0])
                line_add(&l, "%sindicator inside: %s", l.text[0] ? ", " : "", text_of(p, "inside_indicator"));
        print_event(p, "opened", "opened_at", l.text, PLAIN);
        out_field("only for", PLAIN, text_of(p, "for_session"));
}

static void print_pack(const json_t *pack) {
        const json_t *code;
        size_t i;

        out_painted(BOLD, "%s", text_of(pack, "pack"));
        printf("  %s\n", text_of(pack, "wrap"));
        print_event(pack, "packed", "packed_at", text_of(pack, "operator"), PLAIN);
        print_load(pack);
        print_sterile(pack);
        print_opened(pack);
        json_array_foreach(json_object_get(pack, "items"), i, code)
                out_field(i == 0 ? "items" : "", PLAIN, json_string_value(code));
}

static int run_pack(Ctl *c, int argc, char **argv) {
        json_t *pack = NULL;
        int r = ctl_call(c, &pack, "GetPack", "s", argv[0]);

        (void)argc;
        return r == CTL_YES ? ctl_show(c, pack, print_pack) : r;
}

const Verb verb_pack = {
        .name = "pack",
        .group = GROUP_ITEMS,
        .brief = "one pack: its load, whether it is sterile, what lies in it",
        .ways = { { .arguments = "LABEL", .text = "wrap, load, sterile or not, who opened it, and what lies in it", .run = run_pack } },
        .help = "A label may be used again: the newest pack that bears it is shown.\n",
        .example = "asepsisctl pack P-2\n",
};
