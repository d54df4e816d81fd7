/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl lookback: from a lot, a load, a room and so on to everybody who was treated. */
#include <inttypes.h>
#include <stdio.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "codec/rfc3339.h"
#include "ctl.h"
#include "out.h"
#include "progress.h"
#include "show.h"

#define YEAR_S (366 * 86400)
#define LOADS_PAGE 100

typedef struct Wanted {
        const char *by, *subject, *from, *to, *as_of;
        bool csv;
} Wanted;

/* The ways to ask, in the words of the control interface; the option is the same word. */
#define WHAT                                                                                                       \
        (OPT(ITEM) | OPT(LOT) | OPT(PRODUCT) | OPT(SUPPLIER_LOAD) | OPT(LOAD) | OPT(AUTOCLAVE) | OPT(ROOM) |       \
         OPT(PRACTITIONER) | OPT(PATIENT) | OPT(DRILL))

/* --- all pages --- */

/* CTL_YES, all rows and what the list is about. */
static int fetch(Ctl *c, const Wanted *w, json_t **ret_rows, json_t **ret_about) {
        json_t *rows = json_array(), *about = NULL, *page;
        const struct timespec breath = { .tv_nsec = 2000000 }; /* between two slices the daemon is the rooms' alone */
        Progress p = { .what = "rows" };
        char cursor[256] = "";

        do {
                int r = ctl_call(c, &page, "LookBack", "a{sv}su", 5, "by", "s", w->by, "subject", "s", w->subject,
                                 "from", "s", w->from ?: "", "to", "s", w->to ?: "", "as_of", "s", w->as_of ?: "",
                                 cursor, 0U);

                if (r != CTL_YES) {
                        progress_end(&p);
                        json_decref(rows);
                        json_decref(about);
                        return r;
                }
                json_array_extend(rows, json_array_get(page, 0));
                snprintf(cursor, sizeof(cursor), "%s", json_string_value(json_array_get(page, 1)) ?: "");
                json_decref(about);
                about = json_incref(json_array_get(page, 2));
                json_decref(page);
                progress_tell(&p, (int64_t)json_array_size(rows), 0);
                if (cursor[0])
                        nanosleep(&breath, NULL);
        } while (cursor[0]);
        progress_end(&p);
        *ret_rows = rows;
        *ret_about = about;
        return CTL_YES;
}

/* --- the counts --- */

typedef struct Counts {
        json_t *sessions, *patients, *erased, *items, *unused; /* sets; erased: sessions whose patient is */
        int64_t used, allowed, returned, stray, held;
} Counts;

static void note(json_t *set, const char *what) {
        if (what[0])
                json_object_set_new(set, what, json_true());
}

static void count_row(Counts *n, const json_t *row) {
        const char *fate = text_of(row, "fate"), *session = text_of(row, "session");

        n->used += streq(fate, "used");
        n->allowed += streq(fate, "allowed");
        n->returned += streq(fate, "returned");
        n->stray += streq(fate, "stray");
        if (!session[0] && !streq(fate, "stray")) {
                note(n->unused, text_of(row, "item"));
                n->held += truth_of(row, "recalled");
                return;
        }
        note(n->items, text_of(row, "item"));
        if (streq(fate, "returned"))
                return;
        note(n->sessions, session);
        note(n->patients, text_of(row, "patient"));
        if (text_of(row, "erased_by")[0])
                note(n->erased, session);
}

static Counts count(const json_t *rows) {
        Counts n = { json_object(), json_object(), json_object(), json_object(), json_object(), 0, 0, 0, 0, 0 };
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) count_row(&n, row);
        return n;
}

static void counts_done(Counts *n) {
        json_decref(n->sessions);
        json_decref(n->patients);
        json_decref(n->erased);
        json_decref(n->items);
        json_decref(n->unused);
}

static json_t *counts_json(const Counts *n) {
        return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "sessions",
                         (json_int_t)json_object_size(n->sessions), "patients",
                         (json_int_t)json_object_size(n->patients), "erased",
                         (json_int_t)json_object_size(n->erased), "items", (json_int_t)json_object_size(n->items),
                         "used", (json_int_t)n->used, "allowed", (json_int_t)n->allowed, "returned",
                         (json_int_t)n->returned, "stray", (json_int_t)n->stray, "unused",
                         (json_int_t)json_object_size(n->unused), "held_back", (json_int_t)n->held);
}

/* --- for people --- */

static Paint fate_paint(const char *fate) {
        return streq(fate, "used") || streq(fate, "stray") ? RED : streq(fate, "allowed") ? YELLOW : PLAIN;
}

static void add_row(Table *t, const json_t *row) {
        const int64_t at = number_of(row, "allowed_at") ?: number_of(row, "used_at");
        Line date = {}, fate = {};

        line_add_time(&date, "", at);
        /* What a recall holds back has no other fate. */
        line_add(&fate, "%s", truth_of(row, "recalled") ? "held back" : text_of(row, "fate"));
        table_cell(t, PLAIN, "%s", date.text);
        if (text_of(row, "erased_by")[0])
                table_cell(t, DIM, "erased");
        else
                table_cell(t, BOLD, "%s", text_of(row, "patient"));
        table_cell(t, PLAIN, "%s", text_of(row, "session"));
        table_cell(t, PLAIN, "%s", text_of(row, "room"));
        table_cell(t, PLAIN, "%s", text_of(row, "practitioner"));
        table_cell(t, fate_paint(text_of(row, "fate")), "%s", fate.text);
        table_cell(t, PLAIN, "%s", text_of(row, "load"));
        table_cell(t, PLAIN, "%s", text_of(row, "lot"));
        table_cell(t, PLAIN, "%s", text_of(row, "item"));
}

static void print_table(const json_t *rows) {
        static const Column columns[] = { { "ALLOWED", false }, { "PATIENT", false }, { "SESSION", false },
                                          { "ROOM", false },    { "BY", false },      { "FATE", false },
                                          { "LOAD", false },    { "LOT", false },     { "ITEM", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) add_row(t, row);
        table_print(t);
}

/* A day as it was asked for is the clinic's, whatever zone this terminal is in. */
static void add_asked(Line *l, const char *before, const char *asked, int64_t meant) {
        if (asked && strlen(asked) == strlen("2026-05-01"))
                line_add(l, "%s%s", before, asked);
        else
                line_add_time(l, before, meant);
}

static void print_about(const Wanted *w, const json_t *about) {
        Line l = {};

        line_add(&l, "Look-back by %s %s", text_of(about, "by"), text_of(about, "subject"));
        add_asked(&l, ", from ", w->from, number_of(about, "from"));
        add_asked(&l, " to ", w->to, number_of(about, "to"));
        add_asked(&l, ", as known on ", w->as_of, number_of(about, "as_of"));
        out_painted(BOLD, "%s", l.text);
        printf("\n\n");
}

static void print_count(const char *before, size_t n, const char *one) {
        printf("%s%zu %s%s", before, n, one, n == 1 ? "" : "s");
}

static void print_counts(const Counts *n) {
        print_count("\n", json_object_size(n->sessions), "session");
        print_count(", ", json_object_size(n->patients), "patient");
        print_count(", ", json_object_size(n->items), "item");
        if (n->used == 0)
                printf(": not known to be used");
        else
                print_count(": used in ", (size_t)n->used, "case");
        if (n->allowed)
                printf(", given to a session and not known to be used %" PRId64, n->allowed);
        if (n->returned)
                printf(", came back unopened %" PRId64, n->returned);
        printf(".\n");
        if (json_object_size(n->erased) > 0) {
                print_count("Nobody can say any more who it was in ", json_object_size(n->erased), "session");
                printf(": the patient was erased.\n");
        }
        if (n->stray)
                printf("%" PRId64 " contact%s to no session that held the item: find out who was treated.\n", n->stray,
                       n->stray == 1 ? " belongs" : "s belong");
        if (json_object_size(n->unused) == 0)
                return;
        print_count("Not known to be used: ", json_object_size(n->unused), "item");
        printf(", of which a recall holds back %" PRId64 ".\n", n->held);
}

/* --- for programs --- */

/* Whole numbers in a row are times, but for the cycle, which is not among the columns. */
static void put_csv(const json_t *value) {
        const char *text = json_string_value(value) ?: "";
        char time_text[TIME_TEXT_SIZE];

        if (json_is_integer(value)) {
                time_format_utc(json_integer_value(value), time_text);
                text = time_text;
        }
        putchar('"');
        for (; *text; text++) {
                if (*text == '"')
                        putchar('"');
                putchar(*text);
        }
        putchar('"');
}

static int print_csv(const json_t *rows) {
        static const char *const names[] = { "allowed_at",   "patient",   "session", "room",
                                             "practitioner", "procedure", "fate",    "used_at",
                                             "returned_at",  "item",      "class",   "product",
                                             "lot",          "pack",      "load",    "autoclave" };
        const json_t *row;
        size_t i;

        for (size_t k = 0; k < ELEMENTSOF(names); k++)
                printf("%s%s", k ? "," : "", names[k]);
        printf(",held_back\r\n");
        json_array_foreach(rows, i, row) {
                for (size_t k = 0; k < ELEMENTSOF(names); k++) {
                        if (k)
                                putchar(',');
                        put_csv(json_object_get(row, names[k]));
                }
                printf(",%s\r\n", truth_of(row, "recalled") ? "yes" : "no");
        }
        return fflush(stdout) == 0 ? CTL_YES : CTL_TROUBLE;
}

static int show(const Ctl *c, const Wanted *w, json_t *rows, json_t *about) {
        Counts n = count(rows);
        int r = CTL_YES;

        if (w->csv)
                r = print_csv(rows);
        else if (c->json)
                r = ctl_print_json(
                        json_pack("{s:O, s:o, s:O}", "about", about, "counts", counts_json(&n), "rows", rows));
        else {
                print_about(w, about);
                if (json_array_size(rows) > 0)
                        print_table(rows);
                print_counts(&n);
        }
        counts_done(&n);
        return r == CTL_YES && json_array_size(rows) == 0 ? CTL_NO : r;
}

static int look_back(Ctl *c, const Wanted *w) {
        json_t *rows = NULL, *about = NULL;
        int r = fetch(c, w, &rows, &about);

        if (r == CTL_YES)
                r = show(c, w, rows, about);
        json_decref(rows);
        json_decref(about);
        return r;
}

/* --- the yearly drill --- */

static uint64_t any_below(uint64_t n) {
        uint64_t random = 0;

        if (getrandom(&random, sizeof(random), 0) != (ssize_t)sizeof(random))
                random = (uint64_t)time(NULL);
        return random % n;
}

/* Each released load of the last year with the same chance. */
static int pick_load(Ctl *c, char *ret, size_t size) {
        const int64_t oldest = ((int64_t)time(NULL) - YEAR_S) * US_PER_S;
        uint64_t before = 0, n = 0;
        size_t count_of_page;
        bool old = false;

        do {
                json_t *page, *load;
                size_t i;
                int r = ctl_call(c, &page, "ListLoads", "stu", "released", before, LOADS_PAGE);

                if (r != CTL_YES)
                        return r;
                json_array_foreach(page, i, load) {
                        old = number_of(load, "started_at") < oldest;
                        if (!old && any_below(++n) == 0)
                                snprintf(ret, size, "%s", text_of(load, "attempt"));
                        before = (uint64_t)number_of(load, "id");
                }
                count_of_page = json_array_size(page);
                json_decref(page);
        } while (count_of_page == LOADS_PAGE && !old && before > 0);
        if (n == 0)
                fprintf(stderr, "asepsisctl: no load was released within the last year\n");
        return n ? CTL_YES : CTL_NO;
}

/* What is said of it goes to standard error: the list stays a list. */
static int record_drill(Ctl *c, const Wanted *w) {
        json_t *answer = NULL;
        int r = ctl_call(c, &answer, "RecordDrill", "ss", w->subject, c->value[OPT_BY]);

        if (r == CTL_YES)
                fprintf(stderr, "asepsisctl: %s\n", text_of(answer, "text"));
        json_decref(answer);
        return r;
}

static int drill(Ctl *c, Wanted *w) {
        const bool json = c->json;
        char load[128] = "";
        int r;

        c->json = false; /* numbers for times, while picking */
        r = pick_load(c, load, sizeof(load));
        c->json = json;
        if (r != CTL_YES)
                return r;
        w->by = "load";
        w->subject = load;
        r = look_back(c, w);
        return r == CTL_YES && c->value[OPT_BY] ? record_drill(c, w) : r;
}

static int run_lookback(Ctl *c, int argc, char **argv) {
        const int what = ctl_one_of(c, WHAT);
        Wanted w = { .by = ctl_options[what].name,
                     .subject = c->value[what],
                     .from = c->value[OPT_FROM],
                     .to = c->value[OPT_TO],
                     .as_of = c->value[OPT_AS_OF],
                     .csv = c->value[OPT_CSV] };

        (void)argc;
        (void)argv;
        if (c->value[OPT_BY] && what != OPT_DRILL)
                return ctl_usage("lookback", "--by goes with --drill only");
        if (c->json && w.csv)
                return ctl_usage("lookback", "--json and --csv exclude each other");
        return what == OPT_DRILL ? drill(c, &w) : look_back(c, &w);
}

const Verb verb_lookback = {
        .name = "lookback",
        .group = GROUP_BACK,
        .brief = "who was treated with it, and what of it lies unused",
        .ways = { { .text = "every session that was given it, with its patient, and what lies unused", .one_of = WHAT,
                    .options = OPT(FROM) | OPT(TO) | OPT(AS_OF) | OPT(CSV) | OPT(BY), .paged = true, .run = run_lookback } },
        .help = "DAY is 2026-05-01, the whole day in the clinic's time zone, or a moment:\n"
                "2026-05-01T09:00:00Z. --from and --to go with autoclave, room, practitioner and\n"
                "patient. --drill --by=PERSON puts on record that the drill was done.\n"
                "Exit status: 0 there is something; 1 nothing.\n",
        .example = "asepsisctl lookback --room=room-1 --from=2026-05-01 --to=2026-09-30\n"
                   "asepsisctl lookback --lot=L-4711 --as-of=2026-11-22 --csv\n",
};
