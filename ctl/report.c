/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl report: the verb, its files, and how the daemon is asked. */
#include <errno.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "progress.h"
#include "report-file.h"
#include "report.h"

typedef struct Wanted {
        const char *page, *table; /* files; NULL: not asked for */
} Wanted;

static int usage(const char *text) {
        return ctl_usage("report", text);
}

/* --- how the daemon is asked --- */

/* Takes a page, which is [rows, cursor, ...], to the rows; the next cursor, or empty. */
static void take_page(json_t *rows, json_t *page, char *cursor, size_t size, Progress *p) {
        json_array_extend(rows, json_array_get(page, 0));
        snprintf(cursor, size, "%s", json_string_value(json_array_get(page, 1)) ?: "");
        json_decref(page);
        progress_tell(p, (int64_t)json_array_size(rows), 0);
        if (cursor[0]) /* between two slices the daemon is the rooms' alone */
                nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
}

/* ListPeriod, or LookBack where `by` is not NULL. */
static int fetch_rows(Report *r, const char *by, const char *what, int64_t from_us, int64_t to_us, json_t **ret) {
        const uint64_t from = (uint64_t)from_us, to = (uint64_t)to_us;
        json_t *rows = json_array(), *page;
        Progress p = { .what = "rows" };
        char cursor[256] = "";
        int failed;

        do {
                failed = by ? report_call(r, &page, "LookBack", "a{sv}su", 4, "by", "s", by, "subject", "s", what, "from",
                                          "t", from, "to", "t", to, cursor, 0U)
                            : report_call(r, &page, "ListPeriod", "sttsu", what, from, to, cursor, 0U);
                if (!failed)
                        take_page(rows, page, cursor, sizeof(cursor), &p);
        } while (!failed && cursor[0]);
        progress_end(&p);
        if (failed)
                json_decref(rows);
        else
                *ret = rows;
        return failed;
}

int report_rows(Report *r, const char *what, int64_t from_us, int64_t to_us, json_t **ret) {
        return fetch_rows(r, NULL, what, from_us, to_us, ret);
}

int report_lookback(Report *r, const char *by, const char *subject, int64_t from_us, int64_t to_us, json_t **ret) {
        return fetch_rows(r, by, subject, from_us, to_us ?: INT64_MAX, ret);
}

/* --- the clinic and its zone --- */

static int open_report(Report *r) {
        int failed = report_call(r, &r->clinic, "GetClinic", NULL);

        if (failed)
                return failed;
        setenv("TZ", text_of(r->clinic, "timezone"), 1);
        tzset();
        return CTL_YES;
}

int64_t report_day_start(const Report *r, int year, int month, int day) {
        const int64_t s = number_of(r->clinic, "day_start_us") / US_PER_S;
        struct tm tm = { .tm_year = year - 1900,
                         .tm_mon = month - 1,
                         .tm_mday = day,
                         .tm_hour = (int)(s / 3600),
                         .tm_min = (int)(s / 60 % 60),
                         .tm_sec = (int)(s % 60),
                         .tm_isdst = -1 };

        return (int64_t)mktime(&tm) * US_PER_S;
}

/* --- the files --- */

static int save(const char *path, const char *text, size_t size) {
        int r = report_file_write(path, text, size);

        if (r == 0)
                return CTL_YES;
        fprintf(stderr, "asepsisctl: cannot write %s: %s\n", path,
                r == -EEXIST ? "it is there and no plain file" : strerror(-r));
        return CTL_TROUBLE;
}

static int save_both(Report *r, const Wanted *w) {
        _cleanup_(freep) char *page = NULL, *table = NULL;
        size_t page_size, table_size;
        int failed = CTL_YES;

        if (html_take(r->html, &page, &page_size) < 0 || csv_take(r->csv, &table, &table_size) < 0) {
                fprintf(stderr, "asepsisctl: the report could not be put together: out of memory\n");
                return CTL_TROUBLE;
        }
        if (w->table)
                failed = save(w->table, table, table_size);
        if (w->page && !failed)
                failed = save(w->page, page, page_size);
        return failed;
}

static void close_report(Report *r) {
        html_free(r->html);
        csv_free(r->csv);
        json_decref(r->clinic);
        json_decref(r->status);
        json_decref(r->head);
}

static bool is_stdout(const char *path) {
        return path && streq(path, "-");
}

/* Where it goes: 0, or the exit status. */
static int read_wanted(Ctl *c, Wanted *ret) {
        Wanted w = { .page = c->value[OPT_OUTPUT], .table = c->value[OPT_CSV_FILE] };

        if (c->json)
                return usage("a report is a page and a table; for JSON ask load, session, recall and so on");
        if (!w.page && !w.table)
                w.page = "-";
        if (is_stdout(w.page) && is_stdout(w.table))
                return usage("page and table cannot both go to standard output");
        if ((is_stdout(w.page) || is_stdout(w.table)) && isatty(STDOUT_FILENO))
                return usage("this is no text for a terminal; name a file with -o FILE");
        *ret = w;
        return CTL_YES;
}

static int run(Ctl *c, int (*write)(Report *r, const char *of), int argc, char **argv) {
        Report r = { .ctl = c };
        Wanted w = {};
        char of[192];
        int failed = read_wanted(c, &w);

        if (!failed)
                failed = ctl_attempt(argc, argv, of, sizeof(of));
        if (!failed)
                failed = open_report(&r);
        if (!failed)
                failed = write(&r, of);
        if (!failed)
                failed = save_both(&r, &w);
        close_report(&r);
        return failed;
}

/* --- the verb --- */

static int run_load(Ctl *c, int argc, char **argv) {
        return run(c, report_load, argc, argv);
}

static int run_session(Ctl *c, int argc, char **argv) {
        return run(c, report_session, argc, argv);
}

static int run_recall(Ctl *c, int argc, char **argv) {
        return run(c, report_recall, argc, argv);
}

static int run_period(Ctl *c, int argc, char **argv) {
        return run(c, report_period, argc, argv);
}

#define FILES (OPT(OUTPUT) | OPT(CSV_FILE))

const Verb verb_report = {
        .name = "report",
        .group = GROUP_RECORD,
        .brief = "a document to print, and its data",
        .ways = { { .word = "load",
                    .arguments = "ATTEMPT",
                    .text = "a cycle: verdict, curve, evidence, signatures",
                    .options = FILES,
                    .run = run_load },
                  { .word = "session",
                    .arguments = "SESSION",
                    .text = "who was treated with what, and what was signed",
                    .options = FILES,
                    .run = run_session },
                  { .word = "recall",
                    .arguments = "NUMBER",
                    .text = "whom to call, and what lies unused",
                    .options = FILES,
                    .run = run_recall },
                  { .word = "period",
                    .arguments = "MONTH",
                    .text = "the officer's month, such as 2026-11",
                    .options = FILES,
                    .run = run_period } },
        .help = "One HTML file that prints on A4, without scripts and links. Files are written\n"
                "whole or not at all, for you alone: they may name patients.\n",
        .example = "asepsisctl report load ac-1.7 -o load.html --csv samples.csv\n",
};
