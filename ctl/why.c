/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl why, rules: a decision rule by rule, and where the rules come from. */
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

/* --- why --- */

static Paint word_paint(const char *word) {
        return streq(word, "denied")       ? RED
               : streq(word, "overridden") ? YELLOW
               : streq(word, "unknown")    ? DIM
                                           : GREEN;
}

/* "registered yes", "last used 2026-..."; of one rule and one item, or of none. */
static void add_facts(Line *l, const json_t *why, const char *rule, const char *item) {
        const json_t *f;
        size_t i;
        int n = 0;

        json_array_foreach(json_object_get(why, "facts"), i, f) {
                if (!streq(text_of(f, "rule"), rule) || !streq(text_of(f, "item"), item))
                        continue;
                line_add(l, "%s%s ", n++ ? ", " : "", text_of(f, "fact"));
                if (number_of(f, "at"))
                        line_add_time(l, "", number_of(f, "at"));
                else
                        line_add(l, "%s", has_text(f, "value") ? text_of(f, "value") : "none");
        }
}

static void note_reasons(Table *t, const char *when, const json_t *reasons) {
        const json_t *one;
        size_t i;

        json_array_foreach(reasons, i, one) {
                Line l = {};

                line_add(&l, "%s: %s%s%s", when, text_of(one, "item"), has_text(one, "item") ? ": " : "", text_of(one, "text"));
                table_note(t, l.text);
        }
}

/* The facts of each item, once each. */
static void note_items(Table *t, const json_t *why, const char *rule) {
        const char *last = "";
        const json_t *f;
        size_t i;

        json_array_foreach(json_object_get(why, "facts"), i, f) {
                Line l = {};

                if (!streq(text_of(f, "rule"), rule) || !has_text(f, "item") || streq(text_of(f, "item"), last))
                        continue;
                last = text_of(f, "item");
                line_add(&l, "%s: ", last);
                add_facts(&l, why, rule, last);
                table_note(t, l.text);
        }
}

static void print_rules_of(const json_t *why) {
        static const Column columns[] = { { "RULE", false }, { "THEN", false }, { "NOW", false }, { "SOURCE", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *r;
        size_t i;

        json_array_foreach(json_object_get(why, "rules"), i, r) {
                const char *rule = text_of(r, "rule");
                Line facts = {};

                add_facts(&facts, why, rule, "");
                table_cell(t, BOLD, "%s", rule);
                table_cell(t, word_paint(text_of(r, "then")), "%s", text_of(r, "then"));
                table_cell(t, word_paint(text_of(r, "now")), "%s", text_of(r, "now"));
                table_cell(t, DIM, "%s", text_of(r, "source"));
                if (facts.text[0])
                        table_note(t, facts.text);
                note_reasons(t, "then", json_object_get(r, "then_reasons"));
                note_reasons(t, "now", json_object_get(r, "now_reasons"));
                note_items(t, why, rule);
        }
        table_print(t);
}

static void print_why(const json_t *why) {
        const bool allowed = streq(text_of(why, "verdict"), "allow"), unknown = streq(text_of(why, "now"), "unknown");
        Line then = {}, now = {};

        out_painted(BOLD, "%s", text_of(why, "session"));
        printf(" in %s\n", text_of(why, "room"));
        line_add(&then, "%s", text_of(why, "verdict"));
        line_add_time(&then, ", ", number_of(why, "decided_at"));
        out_field("last answer", allowed ? GREEN : RED, then.text);
        line_add(&now, "%s",
                 unknown ? "not known: it was never allowed, and of such a question only the answer is kept"
                         : text_of(why, "now"));
        out_field("asked now", unknown ? YELLOW : streq(text_of(why, "now"), "allow") ? GREEN : RED, now.text);
        out_field("record", DIM, "which rules denied then, and what they said; what others looked at is not in it");
        printf("\n");
        print_rules_of(why);
}

static int run_why(Ctl *c, int argc, char **argv) {
        json_t *why = NULL;
        int r = ctl_call(c, &why, "WhySession", "s", argv[0]);

        (void)argc;
        return r == CTL_YES ? ctl_show(c, why, print_why) : r;
}

/* --- rules --- */

static void note_settings(Table *t, const json_t *settings) {
        const json_t *s;
        size_t i;

        json_array_foreach(settings, i, s) {
                Line l = {};

                line_add(&l, "[%s] %s = %s", text_of(s, "section"), text_of(s, "key"), text_of(s, "value"));
                if (truth_of(s, "changed"))
                        line_add(&l, " (changed; without this %s)", text_of(s, "default"));
                table_note(t, l.text);
        }
}

static bool is_changed(const json_t *rule) {
        const json_t *s;
        size_t i;

        json_array_foreach(json_object_get(rule, "settings"), i, s)
                if (truth_of(s, "changed"))
                        return true;
        return false;
}

static void print_rules(const json_t *rules) {
        static const Column columns[] = {
                { "RULE", false }, { "OF", false }, { "MAY", false }, { "POLICY", false }, { "SOURCE", false }
        };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *r;
        size_t i;

        json_array_foreach(rules, i, r) {
                const bool changed = is_changed(r);

                table_cell(t, BOLD, "%s", text_of(r, "rule"));
                table_cell(t, PLAIN, "%s", text_of(r, "part"));
                table_cell(t, PLAIN, "%s", text_of(r, "may"));
                table_cell(t, changed ? YELLOW : PLAIN, "%s",
                           changed ? "changed" : json_array_size(json_object_get(r, "settings")) ? "default" : "");
                table_cell(t, PLAIN, "%s", text_of(r, "source"));
                if (has_text(r, "sentence"))
                        table_note(t, text_of(r, "sentence"));
                note_settings(t, json_object_get(r, "settings"));
        }
        table_print(t);
}

/* Those of this id; all where none is named. */
static json_t *select_rules(const json_t *rules, const char *id) {
        json_t *chosen = json_array(), *r;
        size_t i;

        json_array_foreach(rules, i, r)
                if (!id || streq(text_of(r, "rule"), id))
                        json_array_append(chosen, r);
        return chosen;
}

static int run_rules(Ctl *c, int argc, char **argv) {
        json_t *rules = NULL;
        Line none = {};
        int r = ctl_call(c, &rules, "ListRules", NULL);

        if (r != CTL_YES)
                return r;
        line_add(&none, "there is no rule %s here; those of a cycle's verdict are in doc/rules.md", argc ? argv[0] : "");
        r = ctl_show_chosen(c, select_rules(rules, argc ? argv[0] : NULL), print_rules, none.text);
        json_decref(rules);
        return r;
}

const Verb verb_why = {
        .name = "why",
        .group = GROUP_TREATMENT,
        .brief = "a session's last answer rule by rule, and what it would be now",
        .ways = { { .arguments = "SESSION", .text = "each rule: then, now, where it comes from, what it looks at",
                    .paged = true, .run = run_why } },
        .help = "Then is what was recorded: which rules denied, and what they said. Now is the\n"
                "gate's answer if the same were asked at this moment, and the facts are those of\n"
                "now. Of a session that was never allowed only the answer is kept.\n",
        .example = "asepsisctl why s-81\n",
};

const Verb verb_rules = {
        .name = "rules",
        .group = GROUP_SETUP,
        .brief = "each rule, where it comes from, and whether policy changed it",
        .ways = { { .arguments = "[RULE]", .text = "of autoclaves, releases, sessions and treatments", .paged = true,
                    .run = run_rules } },
        .help = "MAY is override (two officers, for a session), loosen (by policy), never, or no\n"
                "(what is missing can be supplied); of a treatment how much it weighs. The rules\n"
                "of a cycle's verdict are in doc/rules.md.\n",
        .example = "asepsisctl rules item-used\n",
};
