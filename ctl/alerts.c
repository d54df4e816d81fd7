/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl alerts: what is wrong, and what a person makes of it. Several at once are one act. */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

/* --- the list --- */

static Paint severity_paint(const json_t *alert) {
        const char *severity = text_of(alert, "severity");

        if (streq(text_of(alert, "state"), "resolved"))
                return DIM;
        return streq(severity, "critical") ? RED : streq(severity, "warning") ? YELLOW : PLAIN;
}

/* Who saw it, silenced it, settled it: each where somebody did. */
static void note_words(Table *t, const json_t *a) {
        Line l = {};

        if (has_text(a, "acknowledged_by")) {
                line_add(&l, "Acknowledged by %s", text_of(a, "acknowledged_by"));
                line_add_time(&l, ", ", number_of(a, "acknowledged_at"));
                line_add(&l, ". ");
        }
        if (number_of(a, "silenced_until") > (int64_t)time(NULL) * US_PER_S) {
                line_add_time(&l, "Silent until ", number_of(a, "silenced_until"));
                line_add(&l, ", says %s. ", text_of(a, "silenced_by"));
        }
        if (number_of(a, "resolved_at")) {
                line_add(&l, "Resolved by %s", text_of(a, "by"));
                line_add_time(&l, ", ", number_of(a, "resolved_at"));
                line_add(&l, ". ");
        }
        if (has_text(a, "reason"))
                line_add(&l, "Reason: %s", text_of(a, "reason"));
        if (l.text[0])
                table_note(t, l.text);
}

static void add_alert(Table *t, const json_t *a) {
        Line since = {}, state = {}, note = {};

        line_add_time(&since, "", number_of(a, "raised_at"));
        line_add(&state, "%s", text_of(a, "state"));
        if (has_text(a, "by"))
                line_add(&state, " by %s", text_of(a, "by"));
        table_cell(t, PLAIN, "%" PRId64, number_of(a, "id"));
        table_cell(t, severity_paint(a), "%s", text_of(a, "severity"));
        table_cell(t, BOLD, "%s", text_of(a, "rule"));
        table_cell(t, PLAIN, "%s", since.text);
        table_cell(t, PLAIN, "%" PRId64, number_of(a, "count"));
        table_cell(t, PLAIN, "%s", state.text);
        line_add(&note, "%s: %s", text_of(a, "subject"), text_of(a, "text"));
        table_note(t, note.text);
        note_words(t, a);
}

static void print_alerts(const json_t *alerts) {
        static const Column columns[] = { { "ID", true },     { "SEVERITY", false }, { "RULE", false },
                                          { "SINCE", false }, { "TIMES", true },     { "STATE", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *a;
        size_t i;

        json_array_foreach(alerts, i, a)
                add_alert(t, a);
        table_print(t);
}

/* The open ones of one rule; rule NULL: of all. */
static int fetch(Ctl *c, const char *rule, json_t **ret) {
        json_t *all = NULL, *found;
        const json_t *a;
        size_t i;
        int r = ctl_call_numbered(c, &all, "ListAlerts", "id", c->all);

        if (r != CTL_YES || !rule) {
                *ret = all;
                return r;
        }
        found = json_array();
        json_array_foreach(all, i, a)
                if (streq(text_of(a, "rule"), rule))
                        json_array_append(found, (json_t *)a);
        json_decref(all);
        *ret = found;
        return CTL_YES;
}

static int run_alerts(Ctl *c, int argc, char **argv) {
        json_t *alerts = NULL;
        int r = fetch(c, c->value[OPT_RULE], &alerts);

        (void)argc;
        (void)argv;
        if (r != CTL_YES)
                return r;
        return ctl_show_list(c, alerts, print_alerts, c->all ? "There has been no alert yet." : "No alert is open.");
}

/* --- acts --- */

typedef struct Said {
        const Ctl *c;
        size_t n;
        uint64_t ids[ITEMS_MAX];
        bool timed;
        uint64_t until;
} Said;

static int fill(sd_bus_message *m, const void *userdata) {
        const Said *s = userdata;
        int r = sd_bus_message_append_array(m, 't', s->ids, s->n * sizeof(*s->ids));

        if (r >= 0 && s->timed)
                r = sd_bus_message_append(m, "t", s->until);
        return r < 0 ? r : sd_bus_message_append(m, "ss", s->c->value[OPT_BY], s->c->value[OPT_REASON] ?: "");
}

static int act_on_numbers(Ctl *c, const char *member, Said *s, int argc, char **argv) {
        if (argc > ITEMS_MAX)
                return ctl_usage("alerts", "so many at once go by --rule=RULE");
        for (; s->n < (size_t)argc; s->n++)
                if (ctl_number("alerts", argv[s->n], s->ids + s->n) != CTL_YES)
                        return CTL_TROUBLE;
        return ctl_act_filled(c, member, fill, s);
}

static int nothing_to_do(const Ctl *c, const char *rule) {
        if (c->json)
                return ctl_print_json(json_pack("{s:s}", "text", "No such alert waits for that.")) ?: CTL_NO;
        printf("No alert %s waits for that.\n", rule);
        return CTL_NO;
}

/* An act for each page of them. state NULL: whatever state they are in. */
static int act_on_rule(Ctl *c, const char *member, Said *s, const char *rule, const char *state) {
        json_t *alerts = NULL;
        const json_t *a;
        size_t i, acts = 0;
        int r = fetch(c, rule, &alerts);

        if (r != CTL_YES)
                return r;
        json_array_foreach(alerts, i, a) {
                if (!state || streq(text_of(a, "state"), state))
                        s->ids[s->n++] = (uint64_t)number_of(a, "id");
                if (s->n < ITEMS_MAX && (s->n == 0 || i + 1 < json_array_size(alerts)))
                        continue;
                r = ctl_act_filled(c, member, fill, s);
                if (r != CTL_YES)
                        break;
                acts++;
                s->n = 0;
        }
        json_decref(alerts);
        return r == CTL_YES && acts == 0 ? nothing_to_do(c, rule) : r;
}

static int act(Ctl *c, const char *member, Said *s, const char *state, int argc, char **argv) {
        const char *rule = c->value[OPT_RULE];

        s->c = c;
        if (!rule == (argc == 0))
                return ctl_usage("alerts", "say which: their numbers, or --rule=RULE");
        return rule ? act_on_rule(c, member, s, rule, state) : act_on_numbers(c, member, s, argc, argv);
}

static int acknowledge(Ctl *c, int argc, char **argv) {
        return act(c, "AcknowledgeAlerts", &(Said){}, "open", argc, argv);
}

static int resolve(Ctl *c, int argc, char **argv) {
        return act(c, "ResolveAlerts", &(Said){}, NULL, argc, argv);
}

/* "30m", "8h", "off": until when; 0: no longer. */
static int until_of(const char *text, uint64_t *ret) {
        const time_t now = time(NULL);
        char *end;
        const unsigned long n = strtoul(text, &end, 10);
        const unsigned unit = streq(end, "h") ? 3600 : streq(end, "m") ? 60 : 0;

        *ret = 0;
        if (streq(text, "off"))
                return CTL_YES;
        if (text[0] < '0' || text[0] > '9' || !unit || n == 0 || n > 100000)
                return ctl_usage("alerts", "say for how long: --for=30m, --for=8h, or --for=off");
        *ret = ((uint64_t)now + n * unit) * (uint64_t)US_PER_S;
        return CTL_YES;
}

static int silence(Ctl *c, int argc, char **argv) {
        Said s = { .timed = true };
        int r = until_of(c->value[OPT_FOR], &s.until);

        return r == CTL_YES ? act(c, "SilenceAlerts", &s, NULL, argc, argv) : r;
}

const Verb verb_alerts = {
        .name = "alerts",
        .group = GROUP_NOW,
        .brief = "the open alerts, oldest first; and: ack, resolve, silence",
        .ways = { { .text = "the open and acknowledged ones, oldest first", .options = OPT(ALL) | OPT(RULE), .paged = true,
                    .run = run_alerts },
                  { .word = "ack", .arguments = "[NUMBER]...", .text = "somebody has seen them, and looks after them",
                    .options = OPT(RULE) | OPT(REASON), .signer = "PERSON", .no_reason = true, .run = acknowledge },
                  { .word = "resolve", .arguments = "[NUMBER]...", .text = "somebody looked into them, and they are settled",
                    .options = OPT(RULE), .signer = "OFFICER", .run = resolve },
                  { .word = "silence", .arguments = "[NUMBER]...", .text = "they count up, and call nobody for a time",
                    .options = OPT(RULE), .needed = OPT(FOR), .signer = "OFFICER", .run = silence } },
        .help = "What tells of a state ends with it, and is not resolved by hand.\n",
        .example = "asepsisctl alerts ack 31 32 --by=clara\n"
                   "asepsisctl alerts resolve --rule=evidence-gap --by=clara --reason='a cable'\n",
};
