/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl item, asepsisctl session */
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "ctl.h"
#include "out.h"
#include "show.h"

#define STEPS_SHOWN 6

void print_event(const json_t *o, const char *name, const char *time_member, const char *more, Paint paint) {
        Line l = {};

        if (!number_of(o, time_member))
                return;
        line_add_time(&l, "", number_of(o, time_member));
        if (more[0])
                line_add(&l, ", %s", more);
        out_field(name, paint, l.text);
}

bool is_past(const char *date) {
        time_t now = time(NULL);
        char today[16];
        struct tm tm;

        if (!localtime_r(&now, &tm) || strftime(today, sizeof(today), "%Y-%m-%d", &tm) == 0)
                return false;
        return date[0] && strcmp(date, today) < 0;
}

static void print_date(const char *name, const char *date) {
        Line l = {};

        if (!date[0])
                return;
        line_add(&l, "%s%s", date, is_past(date) ? ", past" : "");
        out_field(name, is_past(date) ? RED : PLAIN, l.text);
}

static void print_origin(const json_t *i) {
        Line l = {};

        line_add_time(&l, "", number_of(i, "received_at"));
        line_add(&l, ", as %s", text_of(i, "supplied"));
        if (text_of(i, "supplier")[0])
                line_add(&l, ", from %s", text_of(i, "supplier"));
        if (text_of(i, "supplier_load")[0])
                line_add(&l, ", load %s", text_of(i, "supplier_load"));
        out_field("received", PLAIN, l.text);
        print_date("good until", text_of(i, "supplier_until"));
        out_field("evidence", PLAIN, text_of(i, "evidence"));
        out_field("received by", PLAIN, text_of(i, "received_by"));
}

static void print_state(const json_t *i) {
        Line l = {}, cycles = {};

        line_add(&l, "%s", text_of(i, "state"));
        line_add_time(&l, " since ", number_of(i, "state_at"));
        out_field("state", BOLD, l.text);
        out_field("class", PLAIN, text_of(i, "class"));
        out_field("product", PLAIN, text_of(i, "product"));
        out_field("lot", PLAIN, text_of(i, "lot"));
        print_date("expires", text_of(i, "expires"));
        print_origin(i);
        line_add(&cycles, "%" PRId64, number_of(i, "cycles"));
        out_field("cycles", PLAIN, number_of(i, "cycles") ? cycles.text : "");
        out_field("attached to", PLAIN, text_of(i, "attached_to"));
        print_event(i, "blood drawn", "drawn_at", "", PLAIN);
        print_event(i, "opened", "opened_at", "", PLAIN);
}

static void print_pack(const json_t *i) {
        const char *load = text_of(i, "load");
        Line pack = {}, cycle = {};

        if (!text_of(i, "pack")[0])
                return;
        line_add(&pack, "%s, wrap %s", text_of(i, "pack"), text_of(i, "wrap"));
        line_add_time(&pack, ", packed ", number_of(i, "packed_at"));
        if (text_of(i, "packed_by")[0])
                line_add(&pack, " by %s", text_of(i, "packed_by"));
        if (text_of(i, "for_session")[0])
                line_add(&pack, ", for session %s only", text_of(i, "for_session"));
        if (truth_of(i, "wet"))
                line_add(&pack, ", wet");
        out_field("pack", PLAIN, pack.text);
        print_event(i, "pack opened", "pack_opened_at", text_of(i, "inside_indicator"), YELLOW);
        print_event(i, "pack damaged", "pack_damaged_at", text_of(i, "pack_damage_reason"), RED);
        if (!text_of(i, "attempt")[0])
                return;
        line_add(&cycle, "%s, cycle %" PRId64 ", program %s: %s, load %s", text_of(i, "attempt"), number_of(i, "cycle"),
                 text_of(i, "program"), text_of(i, "verdict"), load);
        if (text_of(i, "released_by")[0])
                line_add(&cycle, " by %s", text_of(i, "released_by"));
        out_field("sterilized", streq(load, "rejected") || streq(load, "recalled") ? RED : PLAIN, cycle.text);
}

/* What was done to make it ready: the latest few. */
static void print_steps(const json_t *i) {
        const json_t *steps = json_object_get(i, "steps"), *s;
        size_t n;

        json_array_foreach(steps, n, s) {
                Line l = {};

                if (n == STEPS_SHOWN)
                        break;
                line_add(&l, "%s by %s", text_of(s, "step"), text_of(s, "by"));
                if (text_of(s, "detail")[0])
                        line_add(&l, " (%s)", text_of(s, "detail"));
                line_add_time(&l, ", ", number_of(s, "at"));
                out_field(n == 0 ? "made ready" : "", PLAIN, l.text);
        }
        if (text_of(i, "one_person")[0]) {
                Line l = {};

                line_add(&l, "cleaned, packed and released by %s alone", text_of(i, "one_person"));
                out_field("one person", YELLOW, l.text);
        }
}

static void print_holder(const json_t *i, const char *name, const char *by, const char *room) {
        Line l = {};

        if (text_of(i, by)[0])
                line_add(&l, "session %s in %s", text_of(i, by), text_of(i, room));
        out_field(name, YELLOW, l.text);
}

/* What speaks against using it. */
static void print_marks(const json_t *i) {
        Line used = {};

        print_holder(i, "held by", "claimed_by", "claimed_room");
        if (!streq(text_of(i, "pack_claimed_by"), text_of(i, "claimed_by")))
                print_holder(i, "pack held by", "pack_claimed_by", "pack_claimed_room");
        if (text_of(i, "used_session")[0])
                line_add(&used, "session %s%s", text_of(i, "used_session"),
                         truth_of(i, "returned") ? ", returned unopened" : "");
        if (number_of(i, "used_at"))
                print_event(i, "used", "used_at", used.text, RED);
        else
                out_field("used", truth_of(i, "returned") ? YELLOW : RED, used.text);
        print_event(i, "damaged", "damaged_at", text_of(i, "damage_reason"), RED);
        print_event(i, "dropped", "dropped_at", "in a sharps container", RED);
        print_event(i, "cloned", "cloned_at", "seen in two places", RED);
        out_field("recalled", RED, text_of(i, "recalled"));
}

static void print_history(const json_t *item) {
        static const Column columns[] = { { "SESSION", false }, { "ROOM", false }, { "STATE", false }, { "ALLOWED", false } };
        _cleanup_(table_freep) Table *t = table_new(columns, ELEMENTSOF(columns));
        const json_t *sessions = json_object_get(item, "sessions"), *s;
        size_t i;

        if (json_array_size(sessions) == 0)
                return;
        json_array_foreach(sessions, i, s) {
                Line at = {};

                line_add_time(&at, "", number_of(s, "allowed_at"));
                table_cell(t, BOLD, "%s", text_of(s, "session"));
                table_cell(t, PLAIN, "%s", text_of(s, "room"));
                table_cell(t, PLAIN, "%s", text_of(s, "state"));
                table_cell(t, PLAIN, "%s", at.text);
        }
        printf("\n");
        table_print(t);
        if (truth_of(item, "sessions_more"))
                printf("  older ones are not shown\n");
}

static void print_item(const json_t *item) {
        out_painted(BOLD, "%s", text_of(item, "code"));
        printf("\n");
        print_state(item);
        print_pack(item);
        print_steps(item);
        print_marks(item);
        print_history(item);
}

static int run_item(Ctl *c, int argc, char **argv) {
        json_t *item = NULL;
        int r = ctl_call(c, &item, "GetItem", "s", argv[0]);

        (void)argc;
        return r == CTL_YES ? ctl_show(c, item, print_item) : r;
}

static int quarantine_item(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "QuarantineItem", "sss", argv[0], c->value[OPT_BY], c->value[OPT_REASON]);
}

static int return_item(Ctl *c, int argc, char **argv) {
        (void)argc;
        return ctl_act(c, "ReturnItem", "sss", argv[0], c->value[OPT_BY], c->value[OPT_REASON]);
}

const Verb verb_item = {
        .name = "item",
        .group = GROUP_ITEMS,
        .brief = "what the ledger knows about one item; and: quarantine, return",
        .ways = { { .arguments = "CODE", .text = "state, pack, load, who holds it, what speaks against it, its sessions",
                    .paged = true, .run = run_item },
                  { .word = "quarantine", .arguments = "CODE", .text = "no session gets it, until an officer decides",
                    .signer = "PERSON", .run = quarantine_item },
                  { .word = "return", .arguments = "CODE", .text = "what lay open comes back contaminated",
                    .signer = "OFFICER", .run = return_item } },
        .help = "CODE is a GS1 element string, a HIBC code or a clinic label, as scanned or\n"
                "typed. Quote it: brackets mean something to the shell.\n",
        .example = "asepsisctl item '(01)00844588003288(21)SN0042'\n"
                   "asepsisctl item quarantine EX-7 --by=ana --reason='its hinge is loose'\n",
};

Paint session_paint(const char *state) {
        const bool bad = streq(state, "denied") || streq(state, "suspended");

        return streq(state, "running") || streq(state, "authorised") ? GREEN : bad ? RED : PLAIN;
}

static void print_session(const json_t *s) {
        const char *state = text_of(s, "state");
        const json_t *items = json_object_get(s, "items"), *code;
        size_t i;

        out_painted(BOLD, "%s", text_of(s, "session"));
        printf("  ");
        out_painted(session_paint(state), "%s", state);
        printf("\n");
        out_field("room", PLAIN, text_of(s, "room"));
        out_field("procedure", PLAIN, text_of(s, "procedure"));
        out_field("practitioner", PLAIN, text_of(s, "practitioner"));
        out_field("patient", PLAIN, text_of(s, "patient"));
        if (number_of(s, "erased_at") > 0)
                print_event(s, "patient erased", "erased_at", text_of(s, "erased_by"), DIM);
        print_event(s, "allowed", "allowed_at", "", PLAIN);
        print_event(s, "started", "started_at", "", PLAIN);
        print_event(s, "ended", "ended_at", text_of(s, "outcome"), PLAIN);
        if (has_text(s, "ended_by")) {
                Line by = {};

                line_add(&by, "%s: %s", text_of(s, "ended_by"), text_of(s, "ended_reason"));
                out_field("by", PLAIN, by.text);
        }
        print_event(s, "needles", "sharps_missing_since", "missing", RED);
        if (has_text(s, "sharps_signed_by")) {
                Line by = {};

                line_add(&by, "signed by %s: %s", text_of(s, "sharps_signed_by"), text_of(s, "sharps_reason"));
                print_event(s, "needles", "sharps_signed_at", by.text, PLAIN);
        }
        json_array_foreach(json_object_get(s, "overridden"), i, code)
                out_field(i == 0 ? "overridden" : "", YELLOW, json_string_value(code));
        json_array_foreach(items, i, code)
                out_field(i == 0 ? "items" : "", PLAIN, json_string_value(code));
        if (truth_of(s, "items_more"))
                out_field("", PLAIN, "and more");
}

static bool any_item(const json_t *reasons) {
        const json_t *reason;
        size_t i;

        json_array_foreach(reasons, i, reason)
                if (text_of(reason, "item")[0])
                        return true;
        return false;
}

void print_reasons(const json_t *reasons) {
        static const Column columns[] = { { "RULE", false }, { "ITEM", false } };
        const bool items = any_item(reasons);
        _cleanup_(table_freep) Table *t = table_new(columns, items ? 2 : 1);
        const json_t *reason;
        size_t i;

        if (json_array_size(reasons) == 0)
                return;
        json_array_foreach(reasons, i, reason) {
                Line text = {};

                line_add(&text, "%s%s", text_of(reason, "text"),
                         truth_of(reason, "override") ? " Two officers may override this." : "");
                table_cell(t, RED, "%s", text_of(reason, "rule"));
                if (items)
                        table_cell(t, PLAIN, "%s", text_of(reason, "item"));
                table_note(t, text.text);
        }
        printf("\n");
        table_print(t);
}

static void print_whole_session(const json_t *s) {
        const char *verdict = text_of(s, "last_verdict");

        print_session(s);
        print_protocol(s);
        if (json_array_size(json_object_get(s, "steps")) + json_array_size(json_object_get(s, "rounds")) +
                    json_array_size(json_object_get(s, "deviations")) > 0)
                printf("\n");
        print_event(s, "last answer", "last_decided_at", verdict, streq(verdict, "deny") ? RED : GREEN);
        print_reasons(json_object_get(s, "reasons"));
        print_overrides(json_object_get(s, "overrides"));
}

int show_session(Ctl *c, const char *label) {
        json_t *s = NULL;
        int r = ctl_call(c, &s, "GetSession", "s", label);

        return r == CTL_YES ? ctl_show(c, s, print_whole_session) : r;
}
