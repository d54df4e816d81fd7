/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl patient: what the ledger holds of one, until when it is kept, and an officer's word to erase it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

/* As given, or a line from standard input for -. NULL: there was none. */
static const char *pseudonym(const char *given, char line[static 256]) {
        if (!streq(given, "-"))
                return given;
        if (!fgets(line, 256, stdin))
                return NULL;
        line[strcspn(line, "\r\n")] = '\0';
        return line;
}

/* --- looking --- */

static void print_patient(const json_t *patient) {
        static const Column columns[] = { { "ALLOWED", false },   { "SESSION", false },      { "STATE", false },
                                          { "ROOM", false },      { "PRACTITIONER", false }, { "PROCEDURE", false },
                                          { "KEPT UNTIL", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *s, *code;
        Line items = {};
        size_t i;

        out_field("patient", BOLD, text_of(patient, "patient"));
        out_field("kept until", PLAIN, text_of(patient, "kept_until"));
        json_array_foreach(json_object_get(patient, "items"), i, code)
                line_add(&items, "%s%s", i ? ", " : "", json_string_value(code));
        out_field("items", PLAIN, items.text);
        json_array_foreach(json_object_get(patient, "sessions"), i, s) {
                Line at = {};

                line_add_time(&at, "", number_of(s, "allowed_at"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, BOLD, "%s", text_of(s, "session"));
                table_cell(t, PLAIN, "%s", text_of(s, "state"));
                table_cell(t, PLAIN, "%s", text_of(s, "room"));
                table_cell(t, PLAIN, "%s", text_of(s, "practitioner"));
                table_cell(t, PLAIN, "%s", text_of(s, "procedure"));
                table_cell(t, PLAIN, "%s", text_of(s, "kept_until"));
        }
        table_print(t);
}

/* All pages, as one record. */
static int show(Ctl *c, const char *name) {
        json_t *all = NULL, *page = NULL;
        uint64_t before = 0;
        int r;

        do {
                r = ctl_call(c, &page, "GetPatient", "st", name, before);
                if (r != CTL_YES) {
                        json_decref(all);
                        return r;
                }
                before = (uint64_t)number_of(page, "next");
                if (all) {
                        json_array_extend(json_object_get(all, "sessions"), json_object_get(page, "sessions"));
                        json_decref(page);
                } else {
                        all = page;
                }
        } while (before);
        json_object_del(all, "next");
        return ctl_show(c, all, print_patient);
}

static void print_erasures(const json_t *erasures) {
        static const Column columns[] = { { "ERASURE", true },  { "SIGNED", false },  { "BY", false },
                                          { "STAGE", false },   { "SESSIONS", true }, { "ITEMS", true },
                                          { "MESSAGES", true }, { "REASON", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *e;
        size_t i;

        json_array_foreach(erasures, i, e) {
                const bool done = streq(text_of(e, "stage"), "done");
                Line at = {};

                line_add_time(&at, "", number_of(e, "at"));
                table_cell(t, BOLD, "%" PRId64, number_of(e, "erasure"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, PLAIN, "%s", text_of(e, "by"));
                table_cell(t, done ? GREEN : YELLOW, "%s", text_of(e, "stage"));
                table_cell(t, PLAIN, "%" PRId64, number_of(e, "sessions"));
                table_cell(t, PLAIN, "%" PRId64, number_of(e, "items"));
                table_cell(t, PLAIN, "%" PRId64, number_of(e, "messages"));
                table_cell(t, PLAIN, "%s", text_of(e, "reason"));
                if (number_of(e, "records") > 0) {
                        Line l = {};

                        line_add(&l, "%" PRId64 " records of the chain name the patient, as somebody wrote it; they stay.",
                                 number_of(e, "records"));
                        table_note(t, l.text);
                }
        }
        table_print(t);
}

static int show_erasures(Ctl *c) {
        json_t *all = json_array(), *page = NULL;
        uint64_t before = 0;
        size_t n;

        do {
                int r = ctl_call(c, &page, "ListErasures", "t", before);

                if (r != CTL_YES) {
                        json_decref(all);
                        return r;
                }
                n = ctl_append(all, page, "erasure", &before);
        } while (n > 0);
        return ctl_show(c, all, print_erasures);
}

static int run_patient(Ctl *c, int argc, char **argv) {
        char line[256];
        const char *name = pseudonym(argv[0], line);

        (void)argc;
        return name ? show(c, name) : ctl_usage("patient", "there is no pseudonym on standard input");
}

static int run_erasures(Ctl *c, int argc, char **argv) {
        (void)argc;
        (void)argv;
        return show_erasures(c);
}

/* --- the act --- */

static int erase(Ctl *c, int argc, char **argv) {
        char line[256];
        const char *name = pseudonym(argv[0], line);

        (void)argc;
        return name ? ctl_act(c, "ErasePatient", "sss", name, c->value[OPT_BY], c->value[OPT_REASON])
                    : ctl_usage("patient", "there is no pseudonym on standard input");
}

const Verb verb_patient = {
        .name = "patient",
        .group = GROUP_PEOPLE,
        .brief = "what is kept of a patient, and until when",
        .ways = {
                { .arguments = "PSEUDONYM", .text = "their sessions, and until when they are kept", .paged = true,
                  .run = run_patient },
                { .word = "erase", .arguments = "PSEUDONYM", .text = "takes the pseudonym out of the ledger, for ever",
                  .signer = "OFFICER", .run = erase },
                { .word = "erasures", .text = "what was erased, and how far it is", .paged = true,
                  .run = run_erasures },
        },
        .help = "With - the pseudonym is read from standard input, so that no shell keeps it.\n"
                "Erasing cannot be undone, and is refused before its time. Copies of the ledger\n"
                "that were made before still hold the patient.\n",
        .example = "asepsisctl patient p-4711\n"
                   "asepsisctl patient erase - --by=clara --reason='asked for it' <name\n",
};
