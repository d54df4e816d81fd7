/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asepsisctl trace: from anything to everything it met. A thing (item, load, session, patient) is a node; what it met are
 * its children, nearest first: all of one distance are asked for before any of the next, so what is shown twice is followed
 * where it is nearest. Every question is a short one to the daemon, and depth, breadth and the whole are bounded.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl.h"
#include "load.h"
#include "out.h"
#include "progress.h"
#include "show.h"

enum {
        DEPTH = 3,         /* steps from what was asked for, where nobody says otherwise */
        DEPTH_MAX = 16,
        BREADTH = 8,       /* children of one kind that are shown of a node */
        BREADTH_MAX = 1000,
        ASKED_MAX = 2000,  /* nodes whose children are asked for */
};

typedef struct Trace {
        Ctl *c;
        json_t *queue, *seen; /* nodes to be followed, in their order; "kind id" of those that were */
        size_t breadth, depth;
        int status;
} Trace;

/* --- nodes --- */

static json_t *node_new(const char *kind, const char *id, const json_t *members) {
        json_t *node = members ? json_copy((json_t *)members) : json_object();

        json_object_set_new(node, "kind", json_string(kind));
        json_object_set_new(node, "id", json_string(id));
        return node;
}

static bool same_node(const json_t *a, const json_t *b) {
        return streq(text_of(a, "id"), text_of(b, "id")) && streq(text_of(a, "kind"), text_of(b, "kind"));
}

static bool among(const json_t *list, const json_t *node) {
        const json_t *one;
        size_t i;

        json_array_foreach(list, i, one) if (same_node(one, node)) return true;
        return false;
}

/* Puts a child below its parent, which owns it; beyond the breadth it is only counted. The thing that led here is none. */
static void add_child(const Trace *t, json_t *parent, json_t *child) {
        const char *kind = text_of(child, "kind");
        json_t *children = json_object_get(parent, "children"), *more = json_object_get(parent, "more");
        const json_t *one;
        size_t i, n = 0;

        if (!children)
                json_object_set_new(parent, "children", children = json_array());
        json_array_foreach(children, i, one) n += streq(text_of(one, "kind"), kind);
        if ((streq(text_of(parent, "from"), text_of(child, "id")) && streq(text_of(parent, "from_kind"), kind)) ||
            among(children, child)) {
                json_decref(child);
                return;
        }
        if (n < t->breadth) {
                json_object_set_new(child, "from", json_string(text_of(parent, "id")));
                json_object_set_new(child, "from_kind", json_string(text_of(parent, "kind")));
                json_array_append_new(children, child);
                return;
        }
        if (!more)
                json_object_set_new(parent, "more", more = json_object());
        json_object_set_new(more, kind, json_integer(number_of(more, kind) + 1));
        json_decref(child);
}

/* There are others that nobody counted. */
static void uncounted(json_t *parent) {
        json_object_set_new(parent, "uncounted", json_true());
}

/* --- what each kind met --- */

static int look_back(Trace *t, const char *by, const char *subject, size_t enough, json_t *node,
                     void (*add)(const Trace *t, json_t *node, const json_t *row)) {
        char cursor[256] = "";
        const json_t *row;
        json_t *page;
        size_t i, n = 0;

        do {
                int r = ctl_call(t->c, &page, "LookBack", "a{sv}su", 2, "by", "s", by, "subject", "s", subject, cursor, 0U);

                if (r != CTL_YES)
                        return r;
                json_array_foreach(json_array_get(page, 0), i, row) add(t, node, row);
                n += json_array_size(json_array_get(page, 0));
                snprintf(cursor, sizeof(cursor), "%s", json_string_value(json_array_get(page, 1)) ?: "");
                json_decref(page);
        } while (cursor[0] && n <= enough);
        if (cursor[0])
                uncounted(node);
        return CTL_YES;
}

static void add_session(const Trace *t, json_t *node, const json_t *row) {
        if (has_text(row, "session"))
                add_child(t, node, node_new("session", text_of(row, "session"), row));
        else if (streq(text_of(row, "fate"), "stray"))
                add_child(t, node, node_new("contact", text_of(row, "item"), row));
}

static int follow_item(Trace *t, json_t *node) {
        json_t *item = NULL;
        const json_t *pack;
        size_t i;
        int r = ctl_call(t->c, &item, "GetItem", "s", text_of(node, "id"));

        if (r != CTL_YES)
                return r;
        json_array_foreach(json_object_get(item, "packs"), i, pack)
                add_child(t, node, has_text(pack, "attempt") ? node_new("load", text_of(pack, "attempt"), pack)
                                                             : node_new("pack", text_of(pack, "pack"), pack));
        if (truth_of(item, "packs_more"))
                uncounted(node);
        json_decref(item);
        return look_back(t, "item", text_of(node, "id"), 2 * t->breadth, node, add_session);
}

static void add_pack(const Trace *t, json_t *node, const json_t *pack) {
        const json_t *code;
        size_t i;

        json_array_foreach(json_object_get(pack, "items"), i, code) {
                json_t *item = node_new("item", json_string_value(code) ?: "", NULL);

                json_object_set_new(item, "pack", json_string(text_of(pack, "pack")));
                add_child(t, node, item);
        }
}

/* Pages of packs until there are more items than are shown; *node is told where that is not all. */
static int follow_packs(Trace *t, json_t *node) {
        json_t *packs;
        const json_t *one;
        uint64_t after = 0;
        size_t i, n = 0;

        for (;;) {
                int r = ctl_call(t->c, &packs, "ListPacks", "st", text_of(node, "id"), after);

                if (r != CTL_YES)
                        return r;
                json_array_foreach(packs, i, one) {
                        add_pack(t, node, one);
                        after = (uint64_t)number_of(one, "id");
                        n += json_array_size(json_object_get(one, "items"));
                }
                json_decref(packs);
                if (i == 0)
                        return CTL_YES;
                if (n > 2 * t->breadth) {
                        uncounted(node);
                        return CTL_YES;
                }
        }
}

static int follow_load(Trace *t, json_t *node) {
        json_t *load = NULL;
        const json_t *one;
        size_t i;
        int r = ctl_call(t->c, &load, "GetLoad", "s", text_of(node, "id"));

        if (r != CTL_YES)
                return r;
        json_array_foreach(json_object_get(load, "tests"), i, one)
                add_child(t, node, node_new("test", text_of(one, "test"), one));
        json_decref(load);
        return follow_packs(t, node);
}

static void add_item(const Trace *t, json_t *node, const json_t *row) {
        if (has_text(row, "patient"))
                add_child(t, node, node_new("patient", text_of(row, "patient"), NULL));
        if (has_text(row, "item"))
                add_child(t, node, node_new("item", text_of(row, "item"), row));
}

static int follow_session(Trace *t, json_t *node) {
        if (has_text(node, "patient"))
                add_child(t, node, node_new("patient", text_of(node, "patient"), NULL));
        return look_back(t, "session", text_of(node, "id"), 2 * t->breadth, node, add_item);
}

static int follow_patient(Trace *t, json_t *node) {
        json_t *page = NULL;
        const json_t *one;
        size_t i;
        int r = ctl_call(t->c, &page, "ListSessions", "a{sv}su", 1, "patient", "s", text_of(node, "id"), "", 0U);

        if (r != CTL_YES)
                return r;
        json_array_foreach(json_array_get(page, 0), i, one)
                add_child(t, node, node_new("session", text_of(one, "session"), one));
        if ((json_string_value(json_array_get(page, 1)) ?: "")[0])
                uncounted(node);
        json_decref(page);
        return CTL_YES;
}

static const struct {
        const char *kind;
        int (*follow)(Trace *t, json_t *node);
} kinds[] = {
        { "item", follow_item }, { "load", follow_load }, { "session", follow_session }, { "patient", follow_patient },
};

/* Asks for a node's children, and puts them into the queue. */
static int follow(Trace *t, json_t *node, size_t depth) {
        json_t *child;
        char name[256];
        size_t i;
        int r = CTL_YES;

        snprintf(name, sizeof(name), "%s %s", text_of(node, "kind"), text_of(node, "id"));
        if (json_object_get(t->seen, name)) {
                json_object_set_new(node, "shown", json_true());
                return CTL_YES;
        }
        for (i = 0; i < ELEMENTSOF(kinds); i++)
                if (streq(kinds[i].kind, text_of(node, "kind"))) {
                        json_object_set_new(t->seen, name, json_true());
                        r = kinds[i].follow(t, node);
                }
        json_array_foreach(json_object_get(node, "children"), i, child) {
                json_object_set_new(child, "depth", json_integer((json_int_t)depth + 1));
                json_array_append(t->queue, child);
        }
        return r;
}

/* By distance. What disappears meanwhile (erased, say) is left as it stands. */
static int walk(Trace *t, json_t *root) {
        Progress p = { .what = "things asked for" };
        int r = t->depth > 0 ? follow(t, root, 0) : CTL_YES;

        for (size_t i = 0; r != CTL_TROUBLE && i < json_array_size(t->queue); i++) {
                json_t *node = json_array_get(t->queue, i);
                const size_t depth = (size_t)number_of(node, "depth");

                if (depth >= t->depth)
                        break;
                if (i >= ASKED_MAX) {
                        json_object_set_new(root, "cut", json_true());
                        break;
                }
                progress_tell(&p, (int64_t)i, 0);
                r = follow(t, node, depth);
        }
        progress_end(&p);
        return r == CTL_TROUBLE ? r : CTL_YES;
}

/* --- for people --- */

static void describe(const json_t *n, Line *l) {
        const char *kind = text_of(n, "kind");

        line_add(l, "%s %s", kind, text_of(n, "id"));
        if (streq(kind, "load") && has_text(n, "verdict"))
                line_add(l, ", %s, %s", text_of(n, "verdict"), text_of(n, "load"));
        if (has_text(n, "pack") && !streq(kind, "session"))
                line_add(l, ", in pack %s", text_of(n, "pack"));
        if (streq(kind, "item") && has_text(n, "load"))
                line_add(l, " of %s", text_of(n, "load"));
        if (has_text(n, "outcome") && streq(kind, "test"))
                line_add(l, " %s", text_of(n, "outcome"));
        if (streq(kind, "session") || streq(kind, "contact"))
                line_add(l, "%s%s%s%s", has_text(n, "room") ? ", " : "", text_of(n, "room"),
                         has_text(n, "practitioner") ? " by " : "", text_of(n, "practitioner"));
        if (has_text(n, "fate") && !streq(text_of(n, "fate"), "used"))
                line_add(l, ", %s", text_of(n, "fate"));
        line_add_time(l, ", ", number_of(n, "used_at") ?: number_of(n, "allowed_at"));
        if (truth_of(n, "shown"))
                line_add(l, " (see there)");
}

static Paint kind_paint(const json_t *n) {
        const char *kind = text_of(n, "kind"), *load = text_of(n, "load");

        if (streq(kind, "contact") || streq(load, "recalled") || streq(load, "rejected"))
                return RED;
        return streq(kind, "patient") ? BOLD : PLAIN;
}

typedef struct Branch {
        char text[8 * DEPTH_MAX + 1]; /* what stands before the lines of a node's children */
} Branch;

static void put_line(const Branch *b, bool last, Paint paint, const char *text) {
        printf("%s%s", b->text, out_utf8() ? last ? "\u2514\u2500 " : "\u251c\u2500 " : last ? "`- " : "|- ");
        out_painted(paint, "%s", text);
        printf("\n");
}

static void put_children(const json_t *node, const Branch *b);

static void put_child(const json_t *n, const Branch *b, bool last) {
        Branch below = *b;
        const size_t used = strlen(below.text);
        Line l = {};

        describe(n, &l);
        put_line(b, last, kind_paint(n), l.text);
        snprintf(below.text + used, sizeof(below.text) - used, "%s", last ? "   " : out_utf8() ? "\u2502  " : "|  ");
        put_children(n, &below);
}

static void put_children(const json_t *node, const Branch *b) {
        json_t *children = json_object_get(node, "children"), *n;
        const json_t *more = json_object_get(node, "more"), *count;
        const bool uncounted_too = truth_of(node, "uncounted");
        const size_t rest = json_object_size(more);
        const char *kind;
        size_t i;
        Line l = {};

        json_array_foreach(children, i, n) put_child(n, b, i + 1 == json_array_size(children) && !rest && !uncounted_too);
        json_object_foreach((json_t *)more, kind, count) line_add(&l, "%s%" JSON_INTEGER_FORMAT " more %ss", l.text[0] ? ", " : "and ",
                                                        json_integer_value(count), kind);
        if (uncounted_too)
                line_add(&l, "%s", l.text[0] ? ", at least" : "and more");
        if (l.text[0])
                put_line(b, true, DIM, l.text);
}

static void print_tree(const json_t *root) {
        const Branch none = {};
        Line l = {};

        describe(root, &l);
        out_painted(BOLD, "%s", l.text);
        printf("\n");
        put_children(root, &none);
        if (truth_of(root, "cut"))
                printf("It goes on, and was left there: ask for less depth, or trace one of these.\n");
}

/* What only the walk needed. */
static void tidy(json_t *node) {
        static const char *const ours[] = { "from", "from_kind", "depth" };
        json_t *child;
        size_t i;

        for (i = 0; i < ELEMENTSOF(ours); i++)
                json_object_del(node, ours[i]);
        json_array_foreach(json_object_get(node, "children"), i, child) tidy(child);
}

/* --- what was meant --- */

static json_t *root_new(const char *kind, const char *id, const json_t *found) {
        static const char *const shown[] = { "patient", "room", "practitioner", "allowed_at", "verdict", "load" };
        json_t *root = node_new(kind, id, NULL);

        for (size_t i = 0; i < ELEMENTSOF(shown) && !streq(kind, "item"); i++)
                if (json_object_get(found, shown[i]))
                        json_object_set(root, shown[i], json_object_get(found, shown[i]));
        return root;
}

/* CTL_YES and what stands at the tree's root; CTL_NO: it is not of this kind. */
static int find_as(Ctl *c, const char *kind, const char *what, json_t **ret) {
        static const char *const methods[][3] = { { "load", "GetLoad", "attempt" },
                                                  { "session", "GetSession", "session" },
                                                  { "item", "GetItem", "code" } };
        json_t *found = NULL;
        int r;

        for (size_t i = 0; i < ELEMENTSOF(methods); i++) {
                if (!streq(methods[i][0], kind))
                        continue;
                r = ctl_call(c, &found, methods[i][1], "s", what);
                if (r == CTL_YES)
                        *ret = root_new(kind, text_of(found, methods[i][2]), found);
                json_decref(found);
                return r;
        }
        r = ctl_call(c, &found, "ListSessions", "a{sv}su", 1, "patient", "s", what, "", 1U);
        if (r != CTL_YES)
                return r;
        r = json_array_size(json_array_get(found, 0)) > 0 ? CTL_YES : CTL_NO;
        if (r == CTL_YES)
                *ret = node_new("patient", what, NULL);
        json_decref(found);
        return r;
}

static int not_found(const Ctl *c, const char *what) {
        char text[256];

        snprintf(text, sizeof(text), "no item, load, session or patient %.160s is in the ledger", what);
        if (c->json)
                ctl_print_json(json_pack("{s:s, s:s}", "error", "not-found", "text", text));
        else
                fprintf(stderr, "asepsisctl: %s\n", text);
        return CTL_NO;
}

/* All that bear this name; one, or it has to be said which. */
static int find(Ctl *c, const char *what, json_t **ret) {
        const char *as = c->value[OPT_AS];
        json_t *found = NULL;
        Line names = {};
        int r = CTL_YES, n = 0;

        c->quiet = true;
        for (size_t i = 0; i < ELEMENTSOF(kinds) && r != CTL_TROUBLE; i++) {
                if (as && !streq(as, kinds[i].kind))
                        continue;
                r = find_as(c, kinds[i].kind, what, &found);
                if (r != CTL_YES)
                        continue;
                json_decref(*ret);
                *ret = found;
                line_add(&names, "%s%s", n++ ? ", " : "", kinds[i].kind);
        }
        c->quiet = false;
        if (r == CTL_TROUBLE)
                return r;
        if (n == 1)
                return CTL_YES;
        if (n == 0)
                return not_found(c, what);
        fprintf(stderr, "asepsisctl: more than one thing is called so: say --as= one of %s\n", names.text);
        return CTL_TROUBLE;
}

static int bounded(const Ctl *c, Opt o, uint64_t otherwise, uint64_t most, size_t *ret) {
        uint64_t n = otherwise;
        int r = c->value[o] ? ctl_number("trace", c->value[o], &n) : CTL_YES;

        *ret = (size_t)MIN_OF(n, most);
        return r;
}

static int run_trace(Ctl *c, int argc, char **argv) {
        Trace t = { .c = c, .queue = json_array(), .seen = json_object() };
        json_t *root = NULL;
        int r = bounded(c, OPT_DEPTH, DEPTH, DEPTH_MAX, &t.depth);

        (void)argc;
        if (r == CTL_YES)
                r = bounded(c, OPT_LIMIT, BREADTH, BREADTH_MAX, &t.breadth);
        if (r == CTL_YES)
                r = find(c, argv[0], &root);
        if (r == CTL_YES)
                r = walk(&t, root);
        if (r == CTL_YES) {
                tidy(root);
                if (c->json)
                        r = ctl_print_json(json_incref(root));
                else
                        print_tree(root);
        }
        json_decref(t.queue);
        json_decref(t.seen);
        json_decref(root);
        return r;
}

const Verb verb_trace = {
        .name = "trace",
        .group = GROUP_BACK,
        .brief = "everything that an item, load, session or patient met",
        .ways = { { .arguments = "WHAT", .text = "items, packs, loads, tests, sessions, patients: both ways, as a tree",
                    .options = OPT(AS) | OPT(DEPTH) | OPT(LIMIT), .paged = true, .run = run_trace } },
        .help = "WHAT is an item's code, a session, a load (ac-1.7, or 'ac-1 101'), or the\n"
                "pseudonym of a patient. Three steps far and eight of a kind wide, unless --depth\n"
                "and --limit say otherwise; what is left out is counted.\n",
        .example = "asepsisctl trace ac-1.7 --depth=2\n"
                   "asepsisctl trace p-4711 --as=patient --json\n",
};
