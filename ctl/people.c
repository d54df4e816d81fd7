/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl practitioner: who is registered, what each may do, and an officer's word on it. */
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

/* --- looking --- */

static Paint paint_of(const char *state) {
        return streq(state, "good") ? GREEN : streq(state, "ends-soon") ? YELLOW : RED;
}

static void add_why(Line *l, const json_t *q) {
        line_add(l, "%s", text_of(q, "source"));
        if (text_of(q, "by")[0])
                line_add(l, ", by %s", text_of(q, "by"));
        line_add_time(l, " ", number_of(q, "at"));
        if (text_of(q, "certificate")[0])
                line_add(l, ", %s", text_of(q, "certificate"));
        if (text_of(q, "ended_by")[0])
                line_add(l, "; ended by %s", text_of(q, "ended_by"));
        line_add_time(l, " ", number_of(q, "ended_at"));
        if (text_of(q, "ended_reason")[0])
                line_add(l, ": %s", text_of(q, "ended_reason"));
}

static void add_qualifications(Table *t, const json_t *person, const char *roles) {
        const json_t *q, *all = json_object_get(person, "qualifications");
        size_t i;

        json_array_foreach(all, i, q) {
                Line why = {};

                add_why(&why, q);
                table_cell(t, BOLD, "%s", i == 0 ? text_of(person, "practitioner") : "");
                table_cell(t, PLAIN, "%s", i == 0 ? roles : "");
                table_cell(t, PLAIN, "%s", text_of(q, "procedure"));
                table_cell(t, paint_of(text_of(q, "state")), "%s", text_of(q, "state"));
                table_cell(t, PLAIN, "%s", text_of(q, "until"));
                table_cell(t, DIM, "%s", why.text);
        }
        if (json_array_size(all) > 0)
                return;
        table_cell(t, BOLD, "%s", text_of(person, "practitioner"));
        table_cell(t, PLAIN, "%s", roles);
        for (int n = 0; n < 4; n++)
                table_cell(t, PLAIN, "%s", "");
}

static void print_people(const json_t *people) {
        static const Column columns[] = { { "ID", false },    { "ROLES", false }, { "PROCEDURE", false },
                                          { "STATE", false }, { "UNTIL", false }, { "SOURCE", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *person, *role;
        size_t i, j;

        json_array_foreach(people, i, person) {
                Line roles = {};

                json_array_foreach(json_object_get(person, "roles"), j, role)
                        line_add(&roles, "%s%s", j ? ", " : "", json_string_value(role));
                add_qualifications(t, person, roles.text);
        }
        table_print(t);
}

static int run_practitioner(Ctl *c, int argc, char **argv) {
        json_t *people = NULL;
        int r = argc ? ctl_call(c, &people, "GetPractitioner", "s", argv[0]) : ctl_call(c, &people, "ListPractitioners", NULL);

        if (r != CTL_YES)
                return r;
        if (argc)
                people = json_pack("[o]", people);
        return ctl_show(c, people, print_people);
}

/* --- acts --- */

static int register_one(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "RegisterQualification", "ssssss", argv[0], argv[1], c->value[OPT_UNTIL],
                       c->value[OPT_CERTIFICATE] ?: "", c->value[OPT_BY], c->value[OPT_REASON]);
}

static int end_one(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "EndQualification", "ssss", argv[0], argv[1], c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_practitioner = {
        .name = "practitioner",
        .group = GROUP_PEOPLE,
        .brief = "people and what they may do; and: register, end",
        .ways = { { .arguments = "[PERSON]", .text = "roles and qualifications; without one, of all people", .paged = true,
                    .run = run_practitioner },
                  { .word = "register", .arguments = "PERSON PROCEDURE", .text = "may do it, that day included",
                    .needed = OPT(UNTIL), .options = OPT(CERTIFICATE), .signer = "OFFICER", .run = register_one },
                  { .word = "end", .arguments = "PERSON PROCEDURE", .text = "not any more; a session that runs goes on",
                    .signer = "OFFICER", .run = end_one } },
        .help = "What is registered or ended here is the last word on that person and procedure,\n"
                "whatever the configuration says. Nobody registers a qualification of their own.\n",
        .example = "asepsisctl practitioner register ana skin-needling --until=2027-06-30 \\\n"
                   "        --by=clara --reason='course passed'\n",
};
