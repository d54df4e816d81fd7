/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a session: who was treated with what, on what its sterility rested, and what was signed. */
#include <inttypes.h>
#include <stdio.h>

#include "report.h"

typedef struct Session {
        json_t *session;
        json_t *uses;  /* of the look-back: what its items came out of */
        json_t *items; /* by code */
        json_t *loads; /* by attempt */
} Session;

/* --- what it is made of --- */

/* The rows of the look-back by its room and the moment in which it was allowed. */
static int fetch_uses(Report *r, Session *s) {
        const int64_t at = number_of(s->session, "allowed_at");
        json_t *rows = NULL, *row;
        size_t i;
        int failed;

        s->uses = json_array();
        if (at == 0)
                return CTL_YES;
        failed = report_lookback(r, "room", text_of(s->session, "room"), at, at, &rows);
        json_array_foreach(rows, i, row)
                if (streq(text_of(row, "session"), text_of(s->session, "session")) && has_text(row, "item"))
                        json_array_append(s->uses, row);
        json_decref(rows);
        return failed;
}

/* What the daemon knows of one, once each. */
static int fetch_once(Report *r, json_t *known, const char *member, const char *name) {
        json_t *one = NULL;
        int failed;

        if (!name[0] || json_object_get(known, name))
                return CTL_YES;
        failed = report_call(r, &one, member, "s", name);
        if (!failed)
                json_object_set_new(known, name, one);
        return failed;
}

static int fetch(Report *r, const char *label, Session *s) {
        const json_t *row;
        size_t i;
        int failed = report_call(r, &s->session, "GetSession", "s", label);

        s->items = json_object();
        s->loads = json_object();
        if (!failed)
                failed = fetch_uses(r, s);
        json_array_foreach(s->uses, i, row) {
                if (!failed)
                        failed = fetch_once(r, s->loads, "GetLoad", text_of(row, "load"));
                if (!failed && has_text(row, "class"))
                        failed = fetch_once(r, s->items, "GetItem", text_of(row, "item"));
        }
        return failed;
}

static void release(Session *s) {
        json_decref(s->session);
        json_decref(s->uses);
        json_decref(s->items);
        json_decref(s->loads);
}

/* --- the table --- */

static void record(Report *r, const char *what, int64_t at, const char *subject, const char *item, const char *by,
                   const char *detail) {
        csv_text(r->csv, what);
        csv_time(r->csv, at);
        csv_text(r->csv, subject);
        csv_text(r->csv, item);
        csv_text(r->csv, by);
        csv_text(r->csv, detail);
        csv_end(r->csv);
}

/* --- who, what, when --- */

static void put_identity(Report *r, const json_t *s) {
        char person[192];
        When when;

        report_facts_open(r, "Session");
        report_fact(r, "State", text_of(s, "state"));
        report_fact(r, "Outcome", text_of(s, "outcome"));
        report_fact(r, "Room", text_of(s, "room"));
        report_fact(r, "Procedure", text_of(s, "procedure"));
        report_fact(r, "Practitioner",
                    has_text(s, "practitioner") ? report_person(r, text_of(s, "practitioner"), person) : "");
        report_fact_time(r, "Allowed", number_of(s, "allowed_at"));
        report_fact_time(r, "Started", number_of(s, "started_at"));
        report_fact_time(r, "Ended", number_of(s, "ended_at"));
        if (has_text(s, "ended_by"))
                report_factf(r, "Ended by an officer", "%s: %s", report_person(r, text_of(s, "ended_by"), person),
                             text_of(s, "ended_reason"));
        report_table_close(r);
        if (has_text(s, "patient")) {
                html_open(r->html, "p", "class", "personal", NULL);
                html_text(r->html, "Patient (personal data, a pseudonym): ");
                html_put(r->html, "b", NULL, text_of(s, "patient"));
                html_close(r->html);
        } else if (number_of(s, "erased_at"))
                html_putf(r->html, "p", NULL,
                          "The patient's pseudonym was erased %s, on the word of %s (erasure %" PRId64 ").",
                          report_time(&when, number_of(s, "erased_at")),
                          report_person(r, text_of(s, "erased_by"), person), number_of(s, "erasure"));
        else
                report_note(r, "No patient is on record.");
        record(r, "session", number_of(s, "allowed_at"), text_of(s, "session"), "", text_of(s, "practitioner"),
               text_of(s, "state"));
        record(r, "patient", 0, text_of(s, "patient"), "", "", "");
}

/* --- the items --- */

static void say_load(Report *r, const json_t *row, const json_t *load, FILE *f) {
        char person[192];
        When when;

        fprintf(f, "pack %s, load %s (cycle %" PRId64 " of %s): %s", text_of(row, "pack"), text_of(row, "load"),
                number_of(row, "cycle"), text_of(row, "autoclave"), text_of(load, "verdict"));
        if (has_text(load, "released_by"))
                fprintf(f, ", released by %s %s", report_person(r, text_of(load, "released_by"), person),
                        report_time(&when, number_of(load, "released_at")));
        if (!streq(text_of(load, "load"), "released"))
                fprintf(f, "; the load is now %s", text_of(load, "load"));
}

static void say_origin(const json_t *item, FILE *f) {
        if (has_text(item, "supplied"))
                fprintf(f, "received as %s", text_of(item, "supplied"));
        if (has_text(item, "supplier"))
                fprintf(f, " from %s", text_of(item, "supplier"));
        if (has_text(item, "supplier_load"))
                fprintf(f, ", its load %s", text_of(item, "supplier_load"));
        if (has_text(item, "evidence"))
                fprintf(f, " (%s)", text_of(item, "evidence"));
        if (has_text(item, "expires"))
                fprintf(f, ", good until %s", text_of(item, "expires"));
}

/* The last disinfection before the session. */
static void say_disinfected(Report *r, const json_t *item, int64_t allowed_at, FILE *f) {
        const json_t *step;
        char person[192];
        When when;
        size_t i;

        json_array_foreach(json_object_get(item, "steps"), i, step)
                if (streq(text_of(step, "step"), "disinfect") && number_of(step, "at") <= allowed_at) {
                        fprintf(f, "; disinfected %s by %s (%s)", report_time(&when, number_of(step, "at")),
                                report_person(r, text_of(step, "by"), person), text_of(step, "detail"));
                        return;
                }
}

static void put_item(Report *r, const Session *s, const json_t *row) {
        const json_t *item = json_object_get(s->items, text_of(row, "item"));
        const int64_t at = number_of(row, "used_at") ?: number_of(row, "returned_at");
        char *text = NULL;
        size_t size;
        FILE *f = open_memstream(&text, &size);

        if (!f)
                return;
        if (has_text(row, "load"))
                say_load(r, row, json_object_get(s->loads, text_of(row, "load")), f);
        else
                say_origin(item, f);
        say_disinfected(r, item, number_of(s->session, "allowed_at"), f);
        fclose(f);
        report_row(r);
        report_cell(r, text_of(row, "item"));
        report_cell(r, text_of(row, "class"));
        report_cell(r, text_of(row, "lot"));
        report_cell(r, text_of(row, "fate"));
        report_cell(r, text ?: "");
        report_row_end(r);
        record(r, "item", at, text_of(row, "fate"), text_of(row, "item"), "", text ?: "");
        free(text);
}

static void put_items(Report *r, const Session *s) {
        static const char *const heads[] = { "Item", "Class", "Lot", "What became of it", "What its state rested on",
                                             NULL };
        const json_t *row;
        size_t i;

        report_section(r, "With what");
        if (json_array_size(s->uses) == 0) {
                report_note(r, "It was given no item.");
                return;
        }
        report_table_open(r, "Items that the session was given, and the evidence that they were fit", heads);
        json_array_foreach(s->uses, i, row)
                put_item(r, s, row);
        report_table_close(r);
}

/* --- what was done --- */

static void put_steps(Report *r, const json_t *s) {
        static const char *const heads[] = { "Step", "When", "Round", "Item", "Form (SHA-256)", "Counts", NULL };
        const json_t *all = json_object_get(s, "steps"), *one;
        bool aftercare = false;
        size_t i;

        report_section(r, "What was done");
        if (json_array_size(all) == 0)
                report_note(r, "No step is on record.");
        else
                report_table_open(
                        r, "Steps, in the order in which they came; one that does not count came late or out of order",
                        heads);
        json_array_foreach(all, i, one) {
                char round[24] = "";

                if (number_of(one, "round"))
                        snprintf(round, sizeof(round), "%" PRId64, number_of(one, "round"));
                aftercare |= streq(text_of(one, "step"), "aftercare");
                report_row(r);
                report_cell(r, text_of(one, "step"));
                report_cell_time(r, number_of(one, "at"));
                report_cell(r, round);
                report_cell(r, text_of(one, "item"));
                report_cell(r, text_of(one, "form_hash"));
                report_cell(r, truth_of(one, "counts") ? "yes" : "no");
                report_row_end(r);
                record(r, "step", number_of(one, "at"), text_of(one, "step"), text_of(one, "item"), "",
                       text_of(one, "form_hash"));
        }
        if (json_array_size(all) > 0)
                report_table_close(r);
        report_note(r, aftercare ? "Aftercare was recorded." : "No aftercare is on record.");
}

static void put_rounds(Report *r, const json_t *s) {
        static const char *const heads[] = { "Area",   "#Round",   "Item",         "#Passes", "#Depth, mm",
                                             "#Motor", "Bleeding", "First report", NULL };
        const json_t *all = json_object_get(s, "rounds"), *one;
        char detail[128];
        When w;
        size_t i;

        if (json_array_size(all) == 0)
                return;
        report_table_open(r, "Rounds with the needle, one for each area, round and needle", heads);
        json_array_foreach(all, i, one) {
                const bool passes = json_object_get(one, "passes"), depth = json_object_get(one, "depth_um");

                report_row(r);
                report_cell(r, text_of(one, "area"));
                report_cellf(r, number_of(one, "round") ? "%" PRId64 : "", number_of(one, "round"));
                report_cell(r, text_of(one, "item"));
                report_cellf(r, passes ? "%" PRId64 : "", number_of(one, "passes"));
                report_cellf(r, depth ? "%.2f" : "", (double)number_of(one, "depth_um") / 1e3);
                report_cellf(r, "%s",
                             number_of(one, "motor_us") ? report_duration(&w, number_of(one, "motor_us")) : "");
                report_cell(r, truth_of(one, "bleeding") ? "yes" : "");
                report_cell_time(r, number_of(one, "at"));
                report_row_end(r);
                snprintf(detail, sizeof(detail), "round %" PRId64 ", %" PRId64 " passes, %" PRId64 " um",
                         number_of(one, "round"), number_of(one, "passes"), number_of(one, "depth_um"));
                record(r, "round", number_of(one, "at"), text_of(one, "area"), text_of(one, "item"), "", detail);
        }
        report_table_close(r);
}

static void put_deviations(Report *r, const json_t *s) {
        static const char *const heads[] = { "Rule", "Weight", "When", "What", NULL };
        const json_t *all = json_object_get(s, "deviations"), *one;
        size_t i;

        report_section(r, "Deviations");
        if (json_array_size(all) == 0) {
                report_note(r, "None was found.");
                return;
        }
        report_table_open(r,
                          truth_of(s, "deviations_more") ? "The first 200; there are more"
                                                         : "In the order in which they were found",
                          heads);
        json_array_foreach(all, i, one) {
                report_row(r);
                report_cell(r, text_of(one, "rule"));
                report_cell(r, text_of(one, "severity"));
                report_cell_time(r, number_of(one, "at"));
                report_cell(r, text_of(one, "text"));
                report_row_end(r);
                record(r, "deviation", number_of(one, "at"), text_of(one, "rule"), "", "", text_of(one, "text"));
        }
        report_table_close(r);
}

/* --- decision and signatures --- */

static void put_decision(Report *r, const json_t *s) {
        static const char *const heads[] = { "Rule", "Item", "Reason", NULL };
        const json_t *all = json_object_get(s, "reasons"), *one;
        When when;
        size_t i;

        report_section(r, "Decision and signatures");
        html_putf(r->html, "p", NULL, "The last answer that the room got for this session, %s: %s.",
                  report_time(&when, number_of(s, "last_decided_at")), text_of(s, "last_verdict"));
        record(r, "answer", number_of(s, "last_decided_at"), text_of(s, "last_verdict"), "", "", "");
        if (json_array_size(all) == 0)
                return;
        report_table_open(r, "Why", heads);
        json_array_foreach(all, i, one) {
                report_row(r);
                report_cell(r, text_of(one, "rule"));
                report_cell(r, text_of(one, "item"));
                report_cell(r, text_of(one, "text"));
                report_row_end(r);
                record(r, "reason", number_of(s, "last_decided_at"), text_of(one, "rule"), text_of(one, "item"), "",
                       text_of(one, "text"));
        }
        report_table_close(r);
}

static void signature(Report *r, const char *by, const char *meaning, int64_t at, const char *reason) {
        if (!by[0])
                return;
        report_row(r);
        report_cell_person(r, by);
        report_cell(r, meaning);
        report_cell_time(r, at);
        report_cell(r, reason);
        report_row_end(r);
        record(r, "signature", at, meaning, "", by, reason);
}

static void put_override(Report *r, const json_t *o) {
        char meaning[192];

        snprintf(meaning, sizeof(meaning), "this session may start although %s denies it (first of two); %s",
                 text_of(o, "rule"), text_of(o, "state"));
        signature(r, text_of(o, "first_by"), meaning, number_of(o, "first_at"), text_of(o, "first_reason"));
        snprintf(meaning, sizeof(meaning), "this session may start although %s denies it (second of two); %s",
                 text_of(o, "rule"), text_of(o, "state"));
        signature(r, text_of(o, "second_by"), meaning, number_of(o, "second_at"), text_of(o, "second_reason"));
}

static void put_signatures(Report *r, const json_t *s) {
        static const char *const heads[] = { "Name", "Meaning", "When", "Reason", NULL };
        const json_t *one;
        size_t i, n = has_text(s, "ended_by") + has_text(s, "sharps_signed_by");

        json_array_foreach(json_object_get(s, "overrides"), i, one)
                n += has_text(one, "first_by");
        if (n == 0) {
                report_note(r, "Nobody had to sign for anything in this session.");
                return;
        }
        report_table_open(r, "Who signed what, when and why", heads);
        json_array_foreach(json_object_get(s, "overrides"), i, one)
                put_override(r, one);
        signature(r, text_of(s, "ended_by"), "ends the session in the room's place", number_of(s, "ended_at"),
                  text_of(s, "ended_reason"));
        signature(r, text_of(s, "sharps_signed_by"), "the needles are accounted for", number_of(s, "sharps_signed_at"),
                  text_of(s, "sharps_reason"));
        report_table_close(r);
}

static void put_sharps(Report *r, const json_t *s) {
        When when;

        report_section(r, "Sharps");
        if (!number_of(s, "sharps_missing_since"))
                report_note(r, number_of(s, "sharps_signed_at") ? "A person signed where the needles are: see above."
                                                                : "No needle of this session is known to be missing.");
        else
                html_putf(r->html, "p", NULL, "Needles of this session are not accounted for since %s.",
                          report_time(&when, number_of(s, "sharps_missing_since")));
        record(r, "sharps", number_of(s, "sharps_missing_since"), number_of(s, "sharps_missing_since") ? "missing" : "",
               "", "", "");
}

int report_session(Report *r, const char *label) {
        static const char *const columns[] = { "record", "at", "what", "item", "by", "detail" };
        Session s = {};
        int failed = fetch(r, label, &s);

        if (!failed)
                failed = report_begin(r, "Session report", text_of(s.session, "session"), columns, ELEMENTSOF(columns));
        if (!failed) {
                put_identity(r, s.session);
                put_items(r, &s);
                put_steps(r, s.session);
                put_rounds(r, s.session);
                put_deviations(r, s.session);
                put_decision(r, s.session);
                put_signatures(r, s.session);
                put_sharps(r, s.session);
                failed = report_end(r);
        }
        release(&s);
        return failed;
}
