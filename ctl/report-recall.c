/* SPDX-License-Identifier: Apache-2.0 */
/* The report of a recall: why, whom to call, and what lies unused; with room to write on. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "report.h"

typedef struct Recall {
        json_t *recall, *rows;
        const char *by, *subject; /* of the look-back */
} Recall;

/* --- what it is made of --- */

static void find_scope(Recall *x) {
        static const struct {
                const char *member, *by;
        } scopes[] = {
                { "lot", "lot" },   { "product", "product" },
                { "item", "item" }, { "supplier_load", "supplier-load" },
                { "load", "load" }, { "autoclave", "autoclave" },
        };

        for (size_t i = 0; i < ELEMENTSOF(scopes) && !x->by; i++)
                if (has_text(x->recall, scopes[i].member)) {
                        x->by = scopes[i].by;
                        x->subject = text_of(x->recall, scopes[i].member);
                }
}

static int fetch(Report *r, const char *number, Recall *x) {
        uint64_t id;
        int failed = ctl_number("report", number, &id);

        if (!failed)
                failed = report_call(r, &x->recall, "GetRecall", "t", id);
        if (failed)
                return failed;
        find_scope(x);
        if (!x->by) {
                fprintf(stderr, "asepsisctl: recall %s names nothing that could be looked for\n", number);
                return CTL_TROUBLE;
        }
        return streq(x->by, "autoclave") ? report_lookback(r, x->by, x->subject, number_of(x->recall, "from"),
                                                           number_of(x->recall, "to"), &x->rows)
                                         : report_lookback(r, x->by, x->subject, 0, 0, &x->rows);
}

/* --- why --- */

static void put_facts(Report *r, const Recall *x) {
        const json_t *c = x->recall;
        char person[192];

        report_facts_open(r, "What and why");
        report_fact(r, "State",
                    streq(text_of(c, "state"), "quarantine") ? "quarantine: an officer is to decide"
                                                             : text_of(c, "state"));
        report_factf(r, "What it reaches", "%s %s", x->by, x->subject);
        report_fact_time(r, "Cycles that began from", number_of(c, "from"));
        report_fact_time(r, "to", number_of(c, "to"));
        report_fact(r, "Cause", text_of(c, "cause"));
        report_fact(r, "Reason", text_of(c, "reason"));
        report_fact(r, "Made by",
                    streq(text_of(c, "by"), "asepsisd") ? "asepsisd, by the rule"
                                                        : report_person(r, text_of(c, "by"), person));
        report_fact_time(r, "Since", number_of(c, "at"));
        report_fact_time(r, "To be decided by", number_of(c, "decide_by"));
        if (has_text(c, "confirmed_by"))
                report_factf(r, "Made a recall by", "%s: %s", report_person(r, text_of(c, "confirmed_by"), person),
                             text_of(c, "confirmed_reason"));
        report_fact_time(r, "on", number_of(c, "confirmed_at"));
        if (has_text(c, "ended_by"))
                report_factf(r, "Ended by", "%s: %s", report_person(r, text_of(c, "ended_by"), person),
                             text_of(c, "ended_reason"));
        report_fact_time(r, "on", number_of(c, "ended_at"));
        report_table_close(r);
}

/* --- whom to call --- */

/* Somebody's skin met it, as far as is known. */
static bool is_use(const json_t *row) {
        const char *fate = text_of(row, "fate");

        return streq(fate, "used") || streq(fate, "allowed") || streq(fate, "stray");
}

static void blank(Report *r, unsigned n) {
        while (n-- > 0) {
                html_open(r->html, "td", "class", "blank", NULL);
                html_close(r->html);
        }
}

/* A row a patient and session: [patient, session, first row, codes]. In the order of the look-back. */
static json_t *calls_of(const json_t *rows) {
        json_t *calls = json_object(), *row, *call;
        size_t i;

        json_array_foreach(rows, i, row) {
                char key[160];

                if (!is_use(row) || !has_text(row, "session"))
                        continue;
                snprintf(key, sizeof(key), "%s\n%s", text_of(row, "patient"), text_of(row, "session"));
                call = json_object_get(calls, key);
                if (!call) {
                        call = json_pack("{s:O, s:[]}", "row", row, "codes");
                        json_object_set_new(calls, key, call);
                }
                json_array_append(json_object_get(call, "codes"), json_object_get(row, "item"));
        }
        return calls;
}

static void put_codes(Report *r, const json_t *codes) {
        const json_t *code;
        size_t i;

        html_open(r->html, "td", "class", "long", NULL);
        json_array_foreach(codes, i, code) {
                if (i > 0)
                        html_empty(r->html, "br", NULL);
                html_text(r->html, json_string_value(code) ?: "");
        }
        html_close(r->html);
}

static void put_calls(Report *r, const json_t *rows) {
        static const char *const heads[] = { "Patient", "Session",     "When", "Room, practitioner",
                                             "Items",   "Informed on", "By",   NULL };
        json_t *calls = calls_of(rows), *call, *patients = json_object();
        const char *key;

        report_section(r, "Patients to be called");
        json_object_foreach(calls, key, call)
                json_object_set_new(patients, text_of(json_object_get(call, "row"), "patient"), json_true());
        html_open(r->html, "p", "class", "personal", NULL);
        html_printf(r->html, "Personal data (pseudonyms). %zu patients, %zu sessions.", json_object_size(patients),
                    json_object_size(calls));
        html_close(r->html);
        if (json_object_size(calls) > 0) {
                report_table_open(r, "A row for each session; the last two columns are to be filled in", heads);
                json_object_foreach(calls, key, call) {
                        const json_t *row = json_object_get(call, "row");

                        report_row(r);
                        report_cell(r, has_text(row, "patient")      ? text_of(row, "patient")
                                       : number_of(row, "erased_at") ? "(erased)"
                                                                     : "(none on record)");
                        report_cell(r, text_of(row, "session"));
                        report_cell_time(r, number_of(row, "allowed_at") ?: number_of(row, "used_at"));
                        html_putf(r->html, "td", NULL, "%s, %s", text_of(row, "room"), text_of(row, "practitioner"));
                        put_codes(r, json_object_get(call, "codes"));
                        blank(r, 2);
                        report_row_end(r);
                }
                report_table_close(r);
        }
        json_decref(calls);
        json_decref(patients);
}

static void put_strays(Report *r, const json_t *rows) {
        static const char *const heads[] = { "Item", "When", "Room", "Who was treated", NULL };
        const json_t *row;
        size_t i, n = 0;

        json_array_foreach(rows, i, row)
                n += is_use(row) && !has_text(row, "session");
        if (n == 0)
                return;
        report_table_open(r, "Contacts that belong to no session: find out who was treated", heads);
        json_array_foreach(rows, i, row) {
                if (!is_use(row) || has_text(row, "session"))
                        continue;
                report_row(r);
                report_cell(r, text_of(row, "item"));
                report_cell_time(r, number_of(row, "used_at"));
                report_cell(r, text_of(row, "room"));
                blank(r, 1);
                report_row_end(r);
        }
        report_table_close(r);
}

/* --- what it reaches, what lies unused --- */

static void put_loads(Report *r, const json_t *rows) {
        static const char *const heads[] = { "Load", "Autoclave", "#Cycle", "#Items", NULL };
        json_t *loads = json_object(), *load, *row;
        const char *key;
        size_t i;

        json_array_foreach(rows, i, row) {
                if (!has_text(row, "load"))
                        continue;
                load = json_object_get(loads, text_of(row, "load"));
                if (!load) {
                        load = json_pack("{s:O, s:{}}", "row", row, "items");
                        json_object_set_new(loads, text_of(row, "load"), load);
                }
                json_object_set_new(json_object_get(load, "items"), text_of(row, "item"), json_true());
        }
        if (json_object_size(loads) > 0) {
                report_section(r, "Loads");
                report_table_open(r, "Loads on which the sterility of these items rested", heads);
                json_object_foreach(loads, key, load) {
                        const json_t *first = json_object_get(load, "row");

                        report_row(r);
                        report_cell(r, key);
                        report_cell(r, text_of(first, "autoclave"));
                        report_cellf(r, "%" PRId64, number_of(first, "cycle"));
                        report_cellf(r, "%zu", json_object_size(json_object_get(load, "items")));
                        report_row_end(r);
                }
                report_table_close(r);
        }
        json_decref(loads);
}

static void put_unused(Report *r, const json_t *rows) {
        static const char *const heads[] = { "Item",         "Pack", "Load", "Lot", "Where it stands",
                                             "Put aside on", "By",   NULL };
        const json_t *row;
        size_t i, n = 0;

        report_section(r, "Not known to be used");
        json_array_foreach(rows, i, row)
                n += !is_use(row);
        if (n == 0) {
                report_note(r, "Nothing of it is known to lie unused.");
                return;
        }
        report_table_open(r, "To be found and put aside; the last two columns are to be filled in", heads);
        json_array_foreach(rows, i, row) {
                if (is_use(row))
                        continue;
                report_row(r);
                report_cell(r, text_of(row, "item"));
                report_cell(r, text_of(row, "pack"));
                report_cell(r, text_of(row, "load"));
                report_cell(r, text_of(row, "lot"));
                report_cell(r, truth_of(row, "recalled") ? "held back" : text_of(row, "fate"));
                blank(r, 2);
                report_row_end(r);
        }
        report_table_close(r);
}

/* --- the table --- */

static const char *const columns[] = {
        "fate",  "patient", "session", "room", "practitioner", "procedure", "allowed_at", "used_at",     "item",
        "class", "product", "lot",     "pack", "load",         "autoclave", "held_back",  "informed_on", "informed_by"
};
#define COLUMNS_OF_ROW 15

static void put_rows(Report *r, const json_t *rows) {
        const json_t *row;
        size_t i;

        json_array_foreach(rows, i, row) {
                for (size_t k = 0; k < COLUMNS_OF_ROW; k++)
                        if (json_is_integer(json_object_get(row, columns[k])))
                                csv_time(r->csv, number_of(row, columns[k]));
                        else
                                csv_text(r->csv, text_of(row, columns[k]));
                csv_text(r->csv, truth_of(row, "recalled") ? "yes" : "no");
                csv_end(r->csv);
        }
}

int report_recall(Report *r, const char *number) {
        char subject[64];
        Recall x = {};
        int failed = fetch(r, number, &x);

        if (!failed) {
                snprintf(subject, sizeof(subject), "number %" PRId64, number_of(x.recall, "recall"));
                failed = report_begin(r, streq(text_of(x.recall, "state"), "quarantine") ? "Quarantine" : "Recall",
                                      subject, columns, ELEMENTSOF(columns));
        }
        if (!failed) {
                put_facts(r, &x);
                put_calls(r, x.rows);
                put_strays(r, x.rows);
                put_unused(r, x.rows);
                put_loads(r, x.rows);
                put_rows(r, x.rows);
                failed = report_end(r);
        }
        json_decref(x.recall);
        json_decref(x.rows);
        return failed;
}
