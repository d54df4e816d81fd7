/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl practitioner: who is registered, what each may do, and an officer's word on it. */
#include <getopt.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

typedef struct Wanted {
        const char *until, *certificate;
        Signature by;
} Wanted;

static const struct option options[] = {
        { "until", required_argument, NULL, 'u' },  { "certificate", required_argument, NULL, 'c' },
        { "by", required_argument, NULL, 'b' },     { "reason", required_argument, NULL, 'r' },
        { "json", no_argument, NULL, 'j' },         { "socket", required_argument, NULL, 's' },
        { "help", no_argument, NULL, 'h' },         {},
};

static void print_help(void) {
        printf("asepsisctl practitioner [ID]             all people, or one: roles, qualifications\n"
               "asepsisctl practitioner register ID PROCEDURE --until=YYYY-MM-DD\n"
               "           [--certificate=TEXT] --by=OFFICER --reason=TEXT\n"
               "                                         ID may do it, that day included\n"
               "asepsisctl practitioner end ID PROCEDURE --by=OFFICER --reason=TEXT\n"
               "                                         not any more; a session that runs goes on\n\n"
               "What is registered or ended here is the last word on that person and procedure,\n"
               "whatever the configuration says. Nobody registers a qualification of their own.\n" CTL_SIGNED);
}

static int usage(const char *text) {
        return ctl_usage("practitioner", text);
}

/* -1: go on; otherwise the exit status. */
static int read_options(Ctl *c, Wanted *w, int argc, char **argv) {
        int o, r;

        optind = 0;
        while ((o = getopt_long(argc, argv, "js:h", options, NULL)) >= 0)
                switch (o) {
                case 'u':
                        w->until = optarg;
                        break;
                case 'c':
                        w->certificate = optarg;
                        break;
                case 'b':
                        w->by.by = optarg;
                        break;
                case 'r':
                        w->by.reason = optarg;
                        break;
                default:
                        r = ctl_option(c, o, print_help);
                        if (r >= 0)
                                return r;
                }
        return -1;
}

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

static int show(Ctl *c, const char *id) {
        json_t *people = NULL;
        int r = id ? ctl_call(c, &people, "GetPractitioner", "s", id) : ctl_call(c, &people, "ListPractitioners", NULL);

        if (r != CTL_YES)
                return r;
        if (id)
                people = json_pack("[o]", people);
        if (c->json)
                return ctl_print_json(people);
        print_people(people);
        json_decref(people);
        return CTL_YES;
}

/* --- acts --- */

int verb_practitioner(Ctl *c, int argc, char **argv) {
        Wanted w = {};
        int r = read_options(c, &w, argc, argv), n = argc - optind;
        char **rest = argv + optind;

        if (r >= 0)
                return r;
        if (n < 2 && !w.by.by && !w.by.reason && !w.until && !w.certificate)
                return n == 1 && (streq(rest[0], "register") || streq(rest[0], "end"))
                               ? usage("say whom, and which procedure")
                               : show(c, n ? rest[0] : NULL);
        if (n != 3 || (!streq(rest[0], "register") && !streq(rest[0], "end")))
                return usage("say register or end, the person, and the procedure");
        if (!ctl_signed(&w.by))
                return usage("this is signed: say --by=OFFICER and --reason=TEXT");
        if (streq(rest[0], "end"))
                return w.until || w.certificate
                               ? usage("--until and --certificate go with register")
                               : ctl_act(c, "EndQualification", "ssss", rest[1], rest[2], w.by.by, w.by.reason);
        if (!w.until)
                return usage("say its last good day: --until=YYYY-MM-DD");
        return ctl_act(c, "RegisterQualification", "ssssss", rest[1], rest[2], w.until, w.certificate ?: "", w.by.by,
                       w.by.reason);
}
