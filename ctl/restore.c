/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl restore: the way back with a ledger that was restored, step by step, as the daemon sees it. */
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "restore.h"
#include "show.h"

#define SHOWN_MAX 20 /* items and rooms that are named, unless all are asked for */

typedef struct WayBack {
        json_t *status, *rooms, *items, *about; /* about: who confirmed, and when; without members: nobody ever did */
        bool quarantined, lost;                 /* doubts that stand */
        size_t to_disinfect;
} WayBack;

static bool doubted(const json_t *status, const char *rule) {
        const json_t *doubt;
        size_t i;

        json_array_foreach(json_object_get(status, "doubts"), i, doubt) if (streq(text_of(doubt, "rule"), rule)) return true;
        return false;
}

/* All pages of the items in one list. */
static int read_items(Ctl *c, WayBack *w) {
        json_t *page = NULL;
        uint64_t after = 0;

        w->items = json_array();
        do {
                int r = ctl_call(c, &page, "GetRestored", "t", after);

                if (r != CTL_YES)
                        return r;
                json_array_extend(w->items, json_object_get(page, "items"));
                after = (uint64_t)number_of(page, "next");
                if (w->about)
                        json_decref(page);
                else
                        w->about = page;
        } while (after > 0);
        return CTL_YES;
}

static int read_all(Ctl *c, WayBack *w) {
        const json_t *room;
        size_t i;
        int r = ctl_call(c, &w->status, "GetStatus", NULL);

        if (r == CTL_YES)
                r = ctl_call(c, &w->rooms, "ListRooms", NULL);
        if (r == CTL_YES)
                r = read_items(c, w);
        if (r != CTL_YES)
                return r;
        w->quarantined = doubted(w->status, "restore-unconfirmed");
        w->lost = doubted(w->status, "audit-inconsistent") || doubted(w->status, "second-daemon");
        json_array_foreach(w->rooms, i, room) w->to_disinfect += truth_of(room, "disinfection_due");
        return CTL_YES;
}

/* --- shown --- */

typedef enum Step { STEP_DONE, STEP_NOW, STEP_LATER } Step;

static void step(Step is, int number, const char *text) {
        static const Paint paints[] = { [STEP_DONE] = GREEN, [STEP_NOW] = YELLOW, [STEP_LATER] = DIM };
        static const char *const marks[][2] = { [STEP_DONE] = { "ok", "✓" }, [STEP_NOW] = { "->", "▸" }, [STEP_LATER] = { "  ", " " } };

        out_painted(paints[is], "%s %d. %s", marks[is][out_utf8()], number, text);
        printf("\n");
}

static void print_rooms(const WayBack *w) {
        const json_t *room;
        size_t i;

        json_array_foreach(w->rooms, i, room) if (truth_of(room, "disinfection_due"))
                printf("       %s  %s\n", text_of(room, "room"), text_of(room, "name"));
}

static void print_items(const WayBack *w, size_t most) {
        static const Column columns[] = { { "     ITEM", false }, { "CLASS", false }, { "LOT", false }, { "EXPIRES", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const size_t n = json_array_size(w->items);
        const json_t *item;
        size_t i;

        json_array_foreach(w->items, i, item) {
                if (i == most)
                        break;
                table_cell(t, PLAIN, "     %s", text_of(item, "item"));
                table_cell(t, PLAIN, "%s", text_of(item, "class"));
                table_cell(t, PLAIN, "%s", text_of(item, "lot"));
                table_cell(t, PLAIN, "%s", text_of(item, "expires"));
        }
        table_print(t);
        if (n > most)
                printf("       ... and %zu more: asepsisctl restore --all\n", n - most);
}

static Step step_of(bool done, bool turn) {
        return done ? STEP_DONE : turn ? STEP_NOW : STEP_LATER;
}

static void print_way(const Ctl *c, const WayBack *w) {
        const size_t n = json_array_size(w->items);
        const bool confirmed = !w->quarantined && !w->lost;
        Line line = {};

        step(STEP_DONE, 1, "The ledger is in its place, and the daemon has opened it.");
        step(step_of(!w->quarantined, true), 2, "An officer confirms that it is the one to go on with.");
        if (w->quarantined)
                printf("       Nothing starts until then. Is there a newer one, put that back instead.\n"
                       "       asepsisctl restore confirm --by=OFFICER --reason=TEXT\n");
        step(step_of(!w->lost, !w->quarantined), 3, "What broker and devices know of the lost time is accepted as lost.");
        if (w->lost)
                printf("       asepsisctl audit accept --by=OFFICER --reason=TEXT\n");
        line_add(&line, "Every room is disinfected, and its room controller has said so: %zu to do.", w->to_disinfect);
        step(step_of(w->to_disinfect == 0 && confirmed, confirmed), 4, line.text);
        if (confirmed)
                print_rooms(w);
        line = (Line){};
        line_add(&line, "Each unopened single-use item is received again at a station: %zu to do.", n);
        step(step_of(n == 0 && confirmed, confirmed), 5, line.text);
        if (confirmed && n > 0) {
                printf("       Until then it is denied. What was opened, or is not found, is discarded.\n");
                print_items(w, c->all ? SIZE_MAX : SHOWN_MAX);
        }
}

static bool is_over(const WayBack *w) {
        return !w->quarantined && !w->lost && json_array_size(w->items) == 0;
}

static void print(const Ctl *c, const WayBack *w) {
        Line last = {};

        if (!w->quarantined && !w->lost && !number_of(w->about, "restored_at")) {
                printf("This ledger was never restored.\nTo look at a backup: asepsisctl restore --check=FILE\n");
                return;
        }
        if (number_of(w->about, "restored_at")) {
                line_add_time(&last, "", number_of(w->about, "restored_at"));
                out_field("confirmed", PLAIN, last.text);
                out_field("by", PLAIN, text_of(w->about, "by"));
                out_field("reason", PLAIN, text_of(w->about, "reason"));
                printf("\n");
        }
        print_way(c, w);
        if (is_over(w))
                printf("\nNothing is left to be received. Instruments, locks, injuries and recalls of the lost time\n"
                       "nobody knows here: doc/restore.md says what else to look at.\n");
}

static int print_json(WayBack *w) {
        json_t *out = json_pack("{sb sb sI sO}", "quarantined", (int)w->quarantined, "lost", (int)w->lost, "rooms_to_disinfect",
                                (json_int_t)w->to_disinfect, "items", w->items);

        json_object_del(w->about, "items");
        json_object_del(w->about, "next");
        json_object_update_missing(out, w->about);
        return ctl_print_json(out);
}

static int guide(Ctl *c) {
        WayBack w = {};
        int r = read_all(c, &w);

        if (r == CTL_YES) {
                const int over = is_over(&w) ? CTL_YES : CTL_NO;

                if (c->json)
                        r = print_json(&w);
                else
                        print(c, &w);
                r = r == CTL_YES ? over : r;
        }
        json_decref(w.status);
        json_decref(w.rooms);
        json_decref(w.items);
        json_decref(w.about);
        return r;
}

/* --- the verb --- */

static int run_restore(Ctl *c, int argc, char **argv) {
        (void)argc;
        (void)argv;
        return c->value[OPT_CHECK] ? restore_check(c, c->value[OPT_CHECK], c->value[OPT_HEAD]) : guide(c);
}

static int confirm(Ctl *c, int argc, char **argv) {
        (void)argc;
        (void)argv;
        return ctl_act(c, "ConfirmRestore", "ss", c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_restore = {
        .name = "restore",
        .group = GROUP_RECORD,
        .brief = "the way back after a restore; is a backup good; and: confirm",
        .ways = { { .text = "what is done of the way back, and what is next; or: is FILE good?",
                    .options = OPT(ALL) | OPT(CHECK) | OPT(HEAD), .paged = true, .run = run_restore },
                  { .word = "confirm", .text = "go on with this ledger; what came after it is lost", .signer = "OFFICER",
                    .run = confirm } },
        .help = "--check looks at a file that no daemon has open, all of it, and needs no daemon.\n"
                "With --head it says whether the file has that head, or how much of it is lost.\n"
                "Put the newest ledger back, if there is one. Once confirmed every single-use\n"
                "item in it is to be received again, unopened, and every room to be disinfected.\n"
                "See doc/restore.md.\n",
        .example = "asepsisctl restore --check=/mnt/safe/ledger.db\n"
                   "asepsisctl restore confirm --by=clara --reason='new disk, backup of Monday'\n",
};
