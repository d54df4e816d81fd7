/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl override: an officer signs that a session may start although a rule denies it; and what was signed. */
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

static int run_override(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "Override", "ssss", argv[0], argv[1], c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_override = {
        .name = "override",
        .group = GROUP_TREATMENT,
        .brief = "sign, as one of two officers, for what a rule denies",
        .ways = { { .arguments = "SESSION RULE", .text = "one of the two signatures", .signer = "OFFICER", .run = run_override } },
        .help = "Two different officers, neither of whom does the session, sign the same rule of\n"
                "the same session, each with a reason. The first signature alone has no effect.\n"
                "Then the room asks again, for the same, with a new nonce: the rule does not\n"
                "speak against it then, once. All others do. asepsisctl session SESSION shows\n"
                "what was denied, what is signed, and what is still missing.\n\n"
                "RULE is practitioner-unknown, practitioner-not-qualified, room-not-disinfected\n"
                "or exposure-open.\n",
        .example = "asepsisctl override s-81 room-not-disinfected --by=clara --reason='wiped'\n",
};

static const char *state_words(const char *state) {
        static const char *const words[][2] = {
                { "possible", "nobody has signed; it takes two officers" },
                { "half", "waits for a second officer" },
                { "complete", "signed by both; the room may ask again" },
                { "run-out", "what was signed has run out unused; the room must ask again first" },
                { "used", "used" },
        };

        for (size_t i = 0; i < ELEMENTSOF(words); i++)
                if (streq(words[i][0], state))
                        return words[i][1];
        return state;
}

static void note_signature(Table *t, const json_t *o, const char *by, const char *at, const char *reason) {
        Line l = {};

        if (!has_text(o, by))
                return;
        line_add(&l, "%s: %s", text_of(o, by), text_of(o, reason));
        line_add_time(&l, ", ", number_of(o, at));
        table_note(t, l.text);
}

void print_overrides(const json_t *overrides) {
        static const Column columns[] = { { "OVERRIDE", false }, { "STATE", false }, { "UNTIL", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *o;
        size_t i;

        if (json_array_size(overrides) == 0)
                return;
        json_array_foreach(overrides, i, o) {
                const char *state = text_of(o, "state");
                Line until = {};

                if (streq(state, "half") || streq(state, "complete"))
                        line_add_time(&until, "", number_of(o, "until"));
                table_cell(t, YELLOW, "%s", text_of(o, "rule"));
                table_cell(t, PLAIN, "%s", state_words(state));
                table_cell(t, PLAIN, "%s", until.text);
                note_signature(t, o, "first_by", "first_at", "first_reason");
                note_signature(t, o, "second_by", "second_at", "second_reason");
        }
        printf("\n");
        table_print(t);
}
