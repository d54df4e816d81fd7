/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl status */
#include <inttypes.h>
#include <stdio.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

static void print_headline(const json_t *s) {
        bool armed = truth_of(s, "armed"), online = streq(text_of(s, "state"), "online");
        Paint paint = armed && online ? GREEN : armed ? YELLOW : RED;

        out_painted(paint, "%s", out_dot());
        out_painted(BOLD, " asepsisd %s", text_of(s, "version"));
        printf(" is ");
        out_painted(paint, "%s", text_of(s, "state"));
        printf(armed ? ": sessions can start\n" : ": no session can start\n");
}

static void print_broker(const json_t *s) {
        bool connected = truth_of(s, "broker_connected");
        Line l = {};

        line_add(&l, connected ? "connected" : "not connected");
        if (!connected && text_of(s, "broker_why")[0])
                line_add(&l, ": %s", text_of(s, "broker_why"));
        out_field("broker", connected ? PLAIN : RED, l.text);
}

static void print_open_alerts(const json_t *s) {
        static const char *const names[] = { "critical", "warning", "info" };
        static const Paint paints[] = { RED, YELLOW, PLAIN };
        Paint paint = PLAIN;
        Line l = {};

        for (size_t i = ELEMENTSOF(names); i-- > 0;) {
                char member[32];

                snprintf(member, sizeof(member), "alerts_%s", names[i]);
                if (number_of(s, member) > 0)
                        paint = paints[i];
        }
        for (size_t i = 0; i < ELEMENTSOF(names); i++) {
                char member[32];
                int64_t n;

                snprintf(member, sizeof(member), "alerts_%s", names[i]);
                n = number_of(s, member);
                if (n > 0)
                        line_add(&l, "%s%" PRId64 " %s", l.text[0] ? ", " : "", n, names[i]);
        }
        out_field("open alerts", paint, l.text[0] ? l.text : "none");
}

static void print_figures(const json_t *s) {
        Line since = {}, sessions = {}, items = {}, ledger = {}, traffic = {};

        line_add_time(&since, "", number_of(s, "since"));
        line_add_ago(&since, number_of(s, "since"));
        out_field("since", PLAIN, since.text);
        print_broker(s);
        line_add(&sessions, "%" PRId64 " live", number_of(s, "sessions_live"));
        out_field("sessions", PLAIN, sessions.text);
        print_open_alerts(s);
        line_add(&items, "%" PRId64, number_of(s, "items"));
        out_field("items", PLAIN, items.text);
        line_add(&ledger, "%" PRId64 " records, head %.16s", number_of(s, "audit_size"), text_of(s, "audit_head"));
        out_field("ledger", PLAIN, ledger.text);
        line_add(&traffic, "%" PRId64 " messages in %" PRId64 " batches, %" PRId64 " rejected, %" PRId64 " decisions",
                 number_of(s, "messages"), number_of(s, "batches"), number_of(s, "rejected"), number_of(s, "decisions"));
        out_field("since start", PLAIN, traffic.text);
        out_field("signing key", PLAIN, text_of(s, "kid"));
}

static void print_doubts(const json_t *doubts) {
        static const Column columns[] = { { "WHY NO SESSION CAN START", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *d;
        size_t i;

        if (json_array_size(doubts) == 0)
                return;
        json_array_foreach(doubts, i, d) {
                Line text = {};

                table_cell(t, RED, "%s", text_of(d, "rule"));
                line_add(&text, "%s", text_of(d, "text"));
                if (text_of(d, "way_out")[0])
                        line_add(&text, " Way out: %s", text_of(d, "way_out"));
                table_note(t, text.text);
        }
        printf("\n");
        table_print(t);
}

static int run_status(Ctl *c, int argc, char **argv) {
        json_t *s = NULL;
        int r = ctl_call(c, &s, "GetStatus", NULL), verdict;

        (void)argc;
        (void)argv;
        if (r != CTL_YES)
                return r;
        verdict = truth_of(s, "armed") && streq(text_of(s, "state"), "online") ? CTL_YES : CTL_NO;
        if (c->json) {
                r = ctl_print_json(s);
                return r == CTL_YES ? verdict : r;
        }
        print_headline(s);
        print_figures(s);
        if (streq(text_of(s, "acts"), "demo"))
                out_field("DEMO", RED, "anybody here acts in anybody's name: [control] acts = demo");
        print_doubts(json_object_get(s, "doubts"));
        json_decref(s);
        return verdict;
}

/* All pages as one array. */
const Verb verb_status = {
        .name = "status",
        .group = GROUP_NOW,
        .brief = "how the daemon is, and whether sessions can start",
        .ways = { { .text = "broker, ledger, open alerts; and why no session can start if none can", .run = run_status } },
        .help = "Exit status 0 when it is online and sessions can start, 1 when not.\n",
        .example = "asepsisctl status --json | jq .armed\n",
};
