/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl exposures, exposure: injuries, and whose blood it may have been. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

/* What is still to be recorded, in words. */
static void wants_of(const json_t *x, Line *l) {
        static const char *const words[][2] = { { "first-aid", "first aid" },
                                                { "exposure-report", "report" },
                                                { "turnover", "turnover" } };
        const json_t *one;
        size_t i;

        json_array_foreach(json_object_get(x, "wants"), i,
                           one) for (size_t k = 0; k < ELEMENTSOF(words);
                                     k++) if (streq(words[k][0], json_string_value(one) ?: ""))
                line_add(l, "%s%s", l->text[0] ? ", " : "", words[k][1]);
}

/* --- the list --- */

static void print_list(const json_t *all) {
        static const Column columns[] = {
                { "NUMBER", true }, { "AT", false }, { "ROOM", false }, { "SESSION", false }, { "STILL OPEN", false }
        };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *x;
        size_t i;

        json_array_foreach(all, i, x) {
                const bool open = streq(text_of(x, "state"), "open");
                Line at = {}, wants = {};

                line_add_time(&at, "", number_of(x, "at"));
                wants_of(x, &wants);
                table_cell(t, PLAIN, "%" PRId64, number_of(x, "exposure"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, BOLD, "%s", has_text(x, "room") ? text_of(x, "room") : "not said");
                table_cell(t, PLAIN, "%s", text_of(x, "session"));
                table_cell(t, open ? YELLOW : DIM, "%s", open ? wants.text : "settled");
                table_note(t, text_of(x, "detail"));
        }
        table_print(t);
}

static int run_exposures(Ctl *c, int argc, char **argv) {
        json_t *all = NULL;
        int r = ctl_call_numbered(c, &all, "ListExposures", "exposure", c->all);

        (void)argc;
        (void)argv;
        if (r != CTL_YES)
                return r;
        return ctl_show_list(c, all, print_list, c->all ? "No injury was ever reported." : "No injury is open.");
}

/* --- one, with all that belongs to it --- */

static void move_on(json_t *all, json_t *page, const char *list, const char *next) {
        json_t *place = json_object_get(page, next);

        if (all != page)
                json_array_extend(json_object_get(all, list), json_object_get(page, list));
        if (place)
                json_object_set(all, next, place);
        else
                json_object_del(all, next);
}

/* Further pages of its lists; a list that has come to its end is asked for before session 1, and there is none. */
static int fetch_one(Ctl *c, uint64_t id, json_t **ret) {
        json_t *all = NULL, *page;
        int64_t item = 0, room = 0;

        do {
                int r = ctl_call(c, &page, "GetExposure", "ttt", id, (uint64_t)item, (uint64_t)room);

                if (r != CTL_YES) {
                        json_decref(all);
                        return r;
                }
                all = all ?: json_incref(page);
                move_on(all, page, "item_sessions", "item_next");
                move_on(all, page, "room_sessions", "room_next");
                json_decref(page);
                item = number_of(all, "item_next") ?: 1;
                room = number_of(all, "room_next") ?: 1;
        } while (item > 1 || room > 1);
        *ret = all;
        return CTL_YES;
}

static void print_sessions(const char *title, const json_t *sessions) {
        static const Column columns[] = { { "ALLOWED", false }, { "PATIENT", false }, { "SESSION", false },
                                          { "ROOM", false },    { "BY", false },      { "STATE", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *s;
        size_t i;

        if (json_array_size(sessions) == 0)
                return;
        printf("\n%s\n", title);
        json_array_foreach(sessions, i, s) {
                Line at = {};

                line_add_time(&at, "", number_of(s, "allowed_at"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, BOLD, "%s", text_of(s, "patient"));
                table_cell(t, PLAIN, "%s", text_of(s, "session"));
                table_cell(t, PLAIN, "%s", text_of(s, "room"));
                table_cell(t, PLAIN, "%s", text_of(s, "practitioner"));
                table_cell(t, PLAIN, "%s",
                           number_of(s, "returned_at") ? "returned unopened"
                           : number_of(s, "used_at")   ? text_of(s, "state")
                                                       : "not known to have begun");
        }
        table_print(t);
}

static void print_one(const json_t *x) {
        const bool open = streq(text_of(x, "state"), "open");
        Line live = {}, wants = {};

        out_painted(BOLD, "exposure %" PRId64, number_of(x, "exposure"));
        printf("  ");
        out_painted(open ? YELLOW : GREEN, "%s", open ? "open" : "settled");
        printf("\n");
        print_event(x, "reported", "at", "", PLAIN);
        out_field("room", BOLD, text_of(x, "room"));
        out_field("what", PLAIN, text_of(x, "detail"));
        out_field("item", PLAIN, text_of(x, "item"));
        if (has_text(x, "session"))
                line_add(&live, "%s, patient %s, by %s", text_of(x, "session"), text_of(x, "patient"),
                         text_of(x, "practitioner"));
        out_field("then live", BOLD, live.text);
        wants_of(x, &wants);
        out_field("still open", YELLOW, wants.text);
        print_event(x, "first aid", "first_aid_at", text_of(x, "first_aid_by"), PLAIN);
        print_event(x, "report", "reported_at", text_of(x, "reported_by"), PLAIN);
        print_event(x, "turnover", "turnover_at", text_of(x, "turnover_by"), PLAIN);
        print_event(x, "settled", "closed_at", "", GREEN);
        print_sessions("Sessions that were given the item, newest first", json_object_get(x, "item_sessions"));
        print_sessions("Sessions of the room before it, newest first", json_object_get(x, "room_sessions"));
}

static int run_exposure(Ctl *c, int argc, char **argv) {
        json_t *x = NULL;
        uint64_t id = 0;
        int r = ctl_number("exposure", argv[0], &id);

        (void)argc;
        if (r == CTL_YES)
                r = fetch_one(c, id, &x);
        return r == CTL_YES ? ctl_show(c, x, print_one) : r;
}

const Verb verb_exposures = {
        .name = "exposures",
        .group = GROUP_TREATMENT,
        .brief = "injuries that are not settled",
        .ways = { { .text = "and what is still to be recorded of each", .options = OPT(ALL), .paged = true,
                    .run = run_exposures } },
        .example = "asepsisctl exposures --all\n",
};

const Verb verb_exposure = {
        .name = "exposure",
        .group = GROUP_TREATMENT,
        .brief = "an injury, and whose blood it may have been",
        .ways = { { .arguments = "NUMBER", .text = "the injury, the item's sessions and the room's earlier ones",
                    .paged = true, .run = run_exposure } },
        .help = "Patients are shown by their pseudonyms. asepsisctl exposures has the numbers.\n",
        .example = "asepsisctl exposure 3\n",
};
