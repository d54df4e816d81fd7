/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Report: what the kinds of reports share. Each asks the daemon for its data, a short read a call, and writes a page
 * and a table of it; either may not be wanted. Times are those of the clinic's zone, in which the process then runs.
 */
#include "csv.h"
#include "ctl.h"
#include "html.h"
#include "show.h"

typedef struct Report {
        Ctl *ctl;
        json_t *clinic, *status, *head; /* head: of the audit chain */
        Html *html;                     /* once its title is known */
        Csv *csv;
} Report;

/* The kinds. 0: written; otherwise the exit status, the error told. */
int report_load(Report *r, const char *attempt);
int report_session(Report *r, const char *label);
int report_recall(Report *r, const char *number);
int report_period(Report *r, const char *month);

/* --- the daemon --- */

/* Asks, with times as numbers: as ctl_call(). */
#define report_call(r, ret, ...) ctl_call((r)->ctl, ret, __VA_ARGS__)
/* All rows of ListPeriod from one moment to another. */
int report_rows(Report *r, const char *what, int64_t from_us, int64_t to_us, json_t **ret);
/* All rows of LookBack; to_us 0: open at that end. */
int report_lookback(Report *r, const char *by, const char *subject, int64_t from_us, int64_t to_us, json_t **ret);

/* --- the page --- */

/* Begins page and table: the kind, what it is of; columns of the table. 0, or the exit status. */
int report_begin(Report *r, const char *kind, const char *subject, const char *const *columns, size_t n_columns);
/* What of the record it rests on, and how to check it: the last section, asked for last. 0, or the exit status. */
int report_end(Report *r);

/* With the offset; "" for 0. */
typedef struct When {
        char text[48];
} When;
const char *report_time(When *w, int64_t us);
/* "3 min 25 s", "2 h 5 min", "4 d 3 h". */
const char *report_duration(When *w, int64_t us);
/* The day and minute at which a day of the clinic begins: as many days after the date as said. */
int64_t report_day_start(const Report *r, int year, int month, int day);
/* "Clara (clara)"; the id alone where the configuration has no name. */
const char *report_person(const Report *r, const char *id, char ret[static 192]);

void report_section(Report *r, const char *title);
/* A table of names and values; rows without a value are left out. */
void report_facts_open(Report *r, const char *caption);
void report_fact(Report *r, const char *name, const char *value);
void report_fact_time(Report *r, const char *name, int64_t us);
void report_factf(Report *r, const char *name, const char *format, ...) _printf_(3, 4);
/* A table with heads that repeat on each page; a head that begins with # is of numbers. NULL ends them. */
void report_table_open(Report *r, const char *caption, const char *const *heads);
void report_row(Report *r);
void report_cell(Report *r, const char *text);
void report_cell_time(Report *r, int64_t us);
void report_cell_person(Report *r, const char *id);
void report_cellf(Report *r, const char *format, ...) _printf_(2, 3);
void report_row_end(Report *r);
void report_table_close(Report *r);
void report_note(Report *r, const char *text);
