/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl items, sessions, loads: lists that may be as long as the ledger, page by page. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "ctl.h"
#include "load.h"
#include "out.h"
#include "progress.h"
#include "show.h"

#define SHOWN 1000 /* rows for people, where nobody says otherwise */

static const char *said(const Ctl *c, Opt o) {
        return c->value[o] ?: "";
}

/* How many rows at most; 0: all of them, as programs get them where nothing is said. */
static int read_limit(const Ctl *c, const char *verb, size_t *ret) {
        const char *text = c->value[OPT_LIMIT];
        uint64_t n = c->json ? 0 : SHOWN;

        if (text && ctl_number(verb, text, &n) != CTL_YES)
                return CTL_TROUBLE;
        *ret = n > SIZE_MAX ? SIZE_MAX : (size_t)n;
        return CTL_YES;
}

static int call_items(Ctl *c, const char *cursor, json_t **ret) {
        return ctl_call(c, ret, "ListItems", "a{sv}su", 3, "state", "s", said(c, OPT_STATE), "class", "s",
                        said(c, OPT_CLASS), "lot", "s", said(c, OPT_LOT), cursor, 0U);
}

static int call_sessions(Ctl *c, const char *cursor, json_t **ret) {
        return ctl_call(c, ret, "ListSessions", "a{sv}su", 6, "state", "s", said(c, OPT_STATE), "room", "s",
                        said(c, OPT_ROOM), "practitioner", "s", said(c, OPT_PRACTITIONER), "patient", "s",
                        said(c, OPT_PATIENT), "since", "s", said(c, OPT_SINCE), "until", "s", said(c, OPT_UNTIL), cursor,
                        0U);
}

/* Not more than so many rows; 0: all. Whether there were others. */
static bool cut(json_t *rows, size_t limit) {
        const bool more = limit > 0 && json_array_size(rows) > limit;

        while (more && json_array_size(rows) > limit)
                json_array_remove(rows, json_array_size(rows) - 1);
        return more;
}

/* Up to limit rows; *ret_more: there are others. */
static int fetch(Ctl *c, int (*call)(Ctl *c, const char *cursor, json_t **ret), size_t limit, json_t **ret, bool *ret_more) {
        json_t *all = json_array(), *page;
        Progress p = { .what = "rows" };
        char cursor[64] = "";

        do {
                int r = call(c, cursor, &page);

                if (r != CTL_YES) {
                        progress_end(&p);
                        json_decref(all);
                        return r;
                }
                json_array_extend(all, json_array_get(page, 0));
                snprintf(cursor, sizeof(cursor), "%s", json_string_value(json_array_get(page, 1)) ?: "");
                json_decref(page);
                progress_tell(&p, (int64_t)json_array_size(all), 0);
        } while (cursor[0] && (limit == 0 || json_array_size(all) <= limit));
        progress_end(&p);
        *ret_more = cut(all, limit);
        *ret = all;
        return CTL_YES;
}

static void print_more(bool more) {
        if (more)
                printf("  and more; --limit=0 shows all, and filters narrow it: see --help\n");
}

/* --- items --- */

/* What speaks against it, in a word. */
static const char *mark_of(const json_t *i) {
        return number_of(i, "dropped_at")                              ? "in sharps"
               : number_of(i, "cloned_at")                             ? "cloned"
               : number_of(i, "damaged_at")                            ? "damaged"
               : has_text(i, "used_session") && !truth_of(i, "returned") ? "used"
                                                                       : "";
}

static void print_items(const json_t *items, bool more) {
        static const Column columns[] = { { "ITEM", false }, { "CLASS", false },   { "STATE", false },
                                          { "MARK", false }, { "EXPIRES", false }, { "LOT", false }, { "PACK", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *i;
        size_t n;

        json_array_foreach(items, n, i) {
                const char *expires = text_of(i, "expires");

                table_cell(t, BOLD, "%s", text_of(i, "code"));
                table_cell(t, PLAIN, "%s", text_of(i, "class"));
                table_cell(t, PLAIN, "%s", text_of(i, "state"));
                table_cell(t, RED, "%s", mark_of(i));
                table_cell(t, expires[0] && is_past(expires) ? RED : PLAIN, "%s", expires);
                table_cell(t, PLAIN, "%s", text_of(i, "lot"));
                table_cell(t, PLAIN, "%s", text_of(i, "pack"));
        }
        table_print(t);
        print_more(more);
}

/* Exits 1 where there is nothing. */
static int show(Ctl *c, json_t *rows, bool more, void (*print)(const json_t *rows, bool more)) {
        const int found = json_array_size(rows) > 0 ? CTL_YES : CTL_NO;
        int r = CTL_YES;

        if (c->json)
                r = ctl_print_json(json_incref(rows));
        else if (found == CTL_YES)
                print(rows, more);
        else
                printf("There is none.\n");
        json_decref(rows);
        return r == CTL_YES ? found : r;
}

static int run_items(Ctl *c, int argc, char **argv) {
        json_t *rows = NULL;
        size_t limit = 0;
        bool more;
        int r = read_limit(c, "items", &limit);

        (void)argc;
        (void)argv;
        if (r == CTL_YES)
                r = fetch(c, call_items, limit, &rows, &more);
        return r == CTL_YES ? show(c, rows, more, print_items) : r;
}

/* --- sessions --- */

static void print_sessions(const json_t *sessions, bool more) {
        static const Column columns[] = { { "SESSION", false }, { "ALLOWED", false }, { "STATE", false },
                                          { "ROOM", false },    { "BY", false },      { "PATIENT", false },
                                          { "PROCEDURE", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *s;
        size_t n;

        json_array_foreach(sessions, n, s) {
                const char *state = text_of(s, "state");
                Line at = {};

                line_add_time(&at, "", number_of(s, "allowed_at"));
                table_cell(t, BOLD, "%s", text_of(s, "session"));
                table_cell(t, PLAIN, "%s", at.text);
                table_cell(t, session_paint(state), "%s", state);
                table_cell(t, PLAIN, "%s", text_of(s, "room"));
                table_cell(t, PLAIN, "%s", text_of(s, "practitioner"));
                table_cell(t, PLAIN, "%s", text_of(s, "patient"));
                table_cell(t, PLAIN, "%s", text_of(s, "procedure"));
        }
        table_print(t);
        print_more(more);
}

static int run_sessions(Ctl *c, int argc, char **argv) {
        json_t *rows = NULL;
        size_t limit = 0;
        bool more;
        int r = read_limit(c, "sessions", &limit);

        (void)argc;
        (void)argv;
        if (r == CTL_YES)
                r = fetch(c, call_sessions, limit, &rows, &more);
        return r == CTL_YES ? show(c, rows, more, print_sessions) : r;
}

/* --- loads --- */

static int fetch_loads(Ctl *c, size_t limit, json_t **ret, bool *ret_more) {
        const char *state = c->value[OPT_STATE] ?: "all";
        json_t *all = json_array(), *page;
        uint64_t before = 0;
        size_t n;

        do {
                int r = ctl_call(c, &page, "ListLoads", "stu", state, before, CTL_PAGE);

                if (r != CTL_YES) {
                        json_decref(all);
                        return r;
                }
                n = ctl_append(all, page, "id", &before);
        } while (n > 0 && (limit == 0 || json_array_size(all) <= limit));
        *ret_more = cut(all, limit);
        *ret = all;
        return CTL_YES;
}

static void print_some_loads(const json_t *loads, bool more) {
        print_loads(loads);
        print_more(more);
}

static int run_loads(Ctl *c, int argc, char **argv) {
        json_t *rows = NULL;
        size_t limit = 0;
        bool more;
        int r = read_limit(c, "loads", &limit);

        (void)argc;
        (void)argv;
        if (r == CTL_YES)
                r = fetch_loads(c, limit, &rows, &more);
        return r == CTL_YES ? show(c, rows, more, print_some_loads) : r;
}

const Verb verb_items = {
        .name = "items",
        .group = GROUP_ITEMS,
        .brief = "a list of items, by state, class or lot",
        .ways = { { .text = "in the order in which they were received",
                    .options = OPT(STATE) | OPT(CLASS) | OPT(LOT) | OPT(LIMIT), .paged = true, .run = run_items } },
        .help = "STATE is contaminated, clean, packed, sterile, disinfected or discarded.\n"
                "Exit status 1 where there is none.\n",
        .example = "asepsisctl items --state=sterile --class=roller\n"
                   "asepsisctl items --lot=L-4711 --json | jq length\n",
};

const Verb verb_sessions = {
        .name = "sessions",
        .group = GROUP_TREATMENT,
        .brief = "a list of sessions, by room, person, patient or time",
        .ways = { { .text = "those that were ever allowed, newest first",
                    .options = OPT(STATE) | OPT(ROOM) | OPT(PRACTITIONER) | OPT(PATIENT) | OPT(SINCE) | OPT(UNTIL) | OPT(LIMIT),
                    .paged = true, .run = run_sessions } },
        .help = "STATE is authorised, running, suspended, ended or lapsed. DAY is 2026-05-01 in\n"
                "the clinic's time zone, or a moment: 2026-05-01T09:00:00Z. Both ends count.\n"
                "Exit status 1 where there is none.\n",
        .example = "asepsisctl sessions --room=room-1 --since=2026-11-01\n",
};

const Verb verb_loads = {
        .name = "loads",
        .group = GROUP_LOADS,
        .brief = "a list of loads, by their state",
        .ways = { { .text = "newest first", .options = OPT(STATE) | OPT(LIMIT), .paged = true, .run = run_loads } },
        .help = "STATE is running, open (waits for a person), released, rejected or recalled.\n"
                "Exit status 1 where there is none.\n",
        .example = "asepsisctl loads --state=open\n",
};
