/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl rooms, room, session end: interlocks, what locks a room, and an officer's way out of it. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

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
        if (truth_of(room, "disinfection_due")) {
                line_add(l, "%sdisinfection due, last used", l->text[0] ? ", " : "");
                line_add_ago(l, number_of(room, "last_session_end"));
        }
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

/* How long after its last use, mostly a session's end, its disinfection was told; the agent's time lies between the two. */
static void note_disinfection(Table *t, const json_t *room) {
        const int64_t ended = number_of(room, "last_session_end"), at = number_of(room, "disinfected_at");
        Line l = {};

        if (truth_of(room, "disinfection_due") || ended <= 0 || at < ended)
                return;
        line_add_time(&l, "disinfected ", at);
        line_add(&l, ", %" PRId64 " s after it was last used", (at - ended) / US_PER_S);
        table_note(t, l.text);
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
                if (json_array_size(rooms) == 1)
                        note_disinfection(t, room);
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

static int run_rooms(Ctl *c, int argc, char **argv) {
        json_t *rooms = NULL;
        int r = ctl_call(c, &rooms, "ListRooms", NULL);

        (void)argc;
        (void)argv;
        return r == CTL_YES ? show(c, rooms) : r;
}

static int run_room(Ctl *c, int argc, char **argv) {
        json_t *room = NULL;
        int r = ctl_call(c, &room, "GetRoom", "s", argv[0]);

        (void)argc;
        if (r != CTL_YES)
                return r;
        return show(c, json_pack("[o]", room));
}

/* --- acts --- */

static int unlock_room(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "UnlockRoom", "sss", argv[0], c->value[OPT_BY], c->value[OPT_REASON]);
}

static int run_session(Ctl *c, int argc, char **argv) {
        (void)argc;
        return show_session(c, argv[0]);
}

static int end_session(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "EndSession", "sss", argv[0], c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_rooms = {
        .name = "rooms",
        .group = GROUP_NOW,
        .brief = "the interlock of each room, and what locks it",
        .ways = { { .text = "state, session, permit, relays, what each room waits for", .paged = true, .run = run_rooms } },
        .help = "Exit status 1 while a room is locked until an officer unlocks it.\n",
        .example = "asepsisctl rooms --json | jq -r '.[] | select(.locks != []) | .room'\n",
};

const Verb verb_room = {
        .name = "room",
        .group = GROUP_NOW,
        .brief = "one room; and: unlock",
        .ways = { { .arguments = "ROOM", .text = "its interlock, and what locks it", .paged = true, .run = run_room },
                  { .word = "unlock", .arguments = "ROOM", .text = "what locked it was looked into, and is over",
                    .signer = "OFFICER", .run = unlock_room } },
        .help = "A critical alert locks the room it names until an officer unlocks it. End the\n"
                "session that is suspended there first, and have a relay repaired that says that\n"
                "it is energised.\n",
        .example = "asepsisctl room unlock room-1 --by=clara --reason='roller found and discarded'\n",
};

const Verb verb_session = {
        .name = "session",
        .group = GROUP_TREATMENT,
        .brief = "a session: who, what, when, its last answer; and: end",
        .ways = { { .arguments = "SESSION", .text = "who, what, when, what was done, and the last answer it got",
                    .paged = true, .run = run_session },
                  { .word = "end", .arguments = "SESSION", .text = "where its room does not end it", .signer = "OFFICER",
                    .run = end_session } },
        .help = "After `end` whatever the session held counts as used, and its room stays busy\n"
                "until the last permit that was given for it has surely run out.\n",
        .example = "asepsisctl session s-81\n"
                   "asepsisctl session end s-81 --by=clara --reason='the room lost its network'\n",
};
