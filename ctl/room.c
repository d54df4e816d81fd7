/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl rooms, room, session end: interlocks, what locks a room, and an officer's way out of it. */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

static void print_room_help(void) {
        printf("asepsisctl rooms                     all of them\n"
               "asepsisctl room ROOM                 one of them\n"
               "asepsisctl room unlock ROOM --by=OFFICER --reason=TEXT\n"
               "                                     what locked it was looked into, and is over\n\n"
               "A critical alert locks the room it names until an officer unlocks it. End the\n"
               "session that is suspended there first, and have a relay repaired that says that\n"
               "it is energised.\n" CTL_SIGNED);
}

static void print_session_help(void) {
        printf("asepsisctl session SESSION           who, what, when, and the last answer it got\n"
               "asepsisctl session end SESSION --by=OFFICER --reason=TEXT\n"
               "                                     where its room does not end it\n\n"
               "Whatever the session held counts as used then, and its room stays busy until\n"
               "the last permit that was given for it has surely run out.\n" CTL_SIGNED);
}

/* --- looking --- */

static Paint paint_of(const json_t *room) {
        const char *state = text_of(room, "state");

        if (json_array_size(json_object_get(room, "locks")) > 0 || streq(state, "suspended"))
                return RED;
        return streq(state, "locked") ? PLAIN : GREEN;
}

/* What stands in the way of the next session, beside the locks. */
static void add_waiting(Line *l, const json_t *room) {
        if (number_of(room, "held_s") > 0)
                line_add(l, "%sbusy for %" PRId64 " s", l->text[0] ? ", " : "", number_of(room, "held_s"));
        if (truth_of(room, "disinfection_due"))
                line_add(l, "%sdisinfection due", l->text[0] ? ", " : "");
        if (number_of(room, "exposure") > 0)
                line_add(l, "%sinjury %" PRId64 " open", l->text[0] ? ", " : "", number_of(room, "exposure"));
}

static void add_relays(Line *l, const json_t *room) {
        const json_t *relay;
        size_t i;

        json_array_foreach(json_object_get(room, "relays"), i, relay)
                line_add(l, "%s%s %s", i > 0 ? ", " : "", text_of(relay, "relay"),
                         streq(text_of(relay, "said"), "nothing") ? "silent" : text_of(relay, "said"));
}

static void note_locks(Table *t, const json_t *room) {
        const json_t *lock;
        size_t i;

        json_array_foreach(json_object_get(room, "locks"), i, lock) {
                Line l = {};

                line_add(&l, "locked by %s", text_of(lock, "rule"));
                line_add_time(&l, " since ", number_of(lock, "since"));
                if (number_of(lock, "count") > 1)
                        line_add(&l, ", %" PRId64 " times", number_of(lock, "count"));
                line_add(&l, ": %s", text_of(lock, "text"));
                table_note(t, l.text);
        }
}

static void print_rooms(const json_t *rooms) {
        static const Column columns[] = { { "ROOM", false },  { "STATE", false },  { "SESSION", false },
                                          { "PERMIT", true }, { "RELAYS", false }, { "WAITS FOR", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *room;
        size_t i;

        json_array_foreach(rooms, i, room) {
                const int64_t left_s = number_of(room, "releasable_s");
                Line waits = {}, relays = {};

                add_waiting(&waits, room);
                add_relays(&relays, room);
                table_cell(t, BOLD, "%s", text_of(room, "room"));
                table_cell(t, paint_of(room), "%s", text_of(room, "state"));
                table_cell(t, PLAIN, "%s", text_of(room, "session"));
                if (left_s > 0)
                        table_cell(t, PLAIN, "%" PRId64 " s", left_s);
                else
                        table_cell(t, DIM, "no");
                table_cell(t, PLAIN, "%s", relays.text);
                table_cell(t, PLAIN, "%s", waits.text);
                note_locks(t, room);
        }
        table_print(t);
}

/* CTL_NO where a room is locked until an officer unlocks it, for whoever only looks at the exit status. */
static int show(Ctl *c, json_t *rooms) {
        const json_t *room;
        int verdict = CTL_YES, r;
        size_t i;

        json_array_foreach(rooms, i, room) if (json_array_size(json_object_get(room, "locks")) > 0) verdict = CTL_NO;
        if (c->json) {
                r = ctl_print_json(rooms);
                return r == CTL_YES ? verdict : r;
        }
        print_rooms(rooms);
        json_decref(rooms);
        return verdict;
}

int verb_rooms(Ctl *c, int argc, char **argv) {
        json_t *rooms = NULL;
        int r = ctl_call(c, &rooms, "ListRooms", NULL);

        (void)argc;
        (void)argv;
        return r == CTL_YES ? show(c, rooms) : r;
}

static int show_one(Ctl *c, const char *id) {
        json_t *room = NULL;
        int r = ctl_call(c, &room, "GetRoom", "s", id);

        if (r != CTL_YES)
                return r;
        return show(c, json_pack("[o]", room));
}

/* --- acts --- */

/* A word of ours without its argument, unless something is called so. */
static int not_complete(int shown, const char *verb, const char *given, const char *act, const char *text) {
        return shown == CTL_NO && streq(given, act) ? ctl_usage(verb, text) : shown;
}

int verb_room(Ctl *c, int argc, char **argv) {
        Signature by;
        int r = ctl_read_signed(c, &by, print_room_help, argc, argv);

        if (r >= 0)
                return r;
        if (argc - optind == 1 && !by.by && !by.reason)
                return not_complete(show_one(c, argv[optind]), "room", argv[optind], "unlock", "say which room: unlock ROOM");
        if (argc - optind != 2 || !streq(argv[optind], "unlock"))
                return ctl_usage("room", "say which room, or: unlock ROOM");
        if (!ctl_signed(&by))
                return ctl_usage("room", "this is signed: say --by=OFFICER and --reason=TEXT");
        return ctl_act(c, "UnlockRoom", "sss", argv[optind + 1], by.by, by.reason);
}

int verb_session(Ctl *c, int argc, char **argv) {
        Signature by;
        int r = ctl_read_signed(c, &by, print_session_help, argc, argv);

        if (r >= 0)
                return r;
        if (argc - optind == 1 && !by.by && !by.reason)
                return not_complete(show_session(c, argv[optind]), "session", argv[optind], "end",
                                    "say which session: end SESSION");
        if (argc - optind != 2 || !streq(argv[optind], "end"))
                return ctl_usage("session", "say which session, or: end SESSION");
        if (!ctl_signed(&by))
                return ctl_usage("session", "this is signed: say --by=OFFICER and --reason=TEXT");
        return ctl_act(c, "EndSession", "sss", argv[optind + 1], by.by, by.reason);
}
