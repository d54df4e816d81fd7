/* SPDX-License-Identifier: Apache-2.0 */
/* The page that a report is: style, head, tables, and what of the audit chain it rests on. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>

#include "report.h"

#define WORD_MAX 20

/* Readable without colour; tables repeat their heads and do not break within a row; a long code breaks anywhere. */
static const char style[] =
        "@page{size:A4;margin:14mm 13mm 15mm}"
        "*{box-sizing:border-box}"
        "body{font:9.5pt/1.4 'Liberation Sans',Arial,Helvetica,sans-serif;color:#000;background:#fff;max-width:184mm;"
        "margin:0 auto;padding:4mm 0;-webkit-print-color-adjust:exact;print-color-adjust:exact}"
        "@media print{body{padding:0;max-width:none}}"
        "h1{font-size:18pt;line-height:1.2;margin:0;overflow-wrap:anywhere}"
        "h2{font-size:12pt;margin:6mm 0 1.5mm;border-bottom:0.4mm solid #000;break-after:avoid}"
        "p{margin:1mm 0 1.5mm;overflow-wrap:anywhere;unicode-bidi:isolate}"
        ".head{border-bottom:0.8mm solid #000;padding-bottom:2mm;margin-bottom:3mm}"
        ".head p{margin:0.5mm 0}.kind{font-size:9pt;letter-spacing:0.06em;text-transform:uppercase}"
        "table{border-collapse:collapse;width:100%;margin:0 0 2mm;break-inside:auto}"
        "caption{text-align:left;font-style:italic;padding:1mm 0;break-after:avoid}"
        "thead{display:table-header-group;break-inside:avoid;break-after:avoid}tr{break-inside:avoid}"
        "tbody tr:first-child{break-before:avoid}.keep,.facts{break-inside:avoid}"
        "th,td{text-align:left;vertical-align:top;padding:0.8mm 1.6mm;border-bottom:0.2mm solid #888;"
        "overflow-wrap:break-word;unicode-bidi:isolate}td.long{overflow-wrap:anywhere;min-width:30mm}"
        "thead th{border-bottom:0.4mm solid #000;background:#eee;overflow-wrap:normal;font-size:8.5pt}"
        ".list{font-size:8.5pt}.num{text-align:right;white-space:nowrap}"
        ".facts th{width:52mm;font-weight:normal;color:#333}.at{white-space:nowrap}"
        ".verdict{border:0.9mm solid #000;padding:2.5mm 4mm;margin:3mm 0;break-inside:avoid}"
        ".verdict .word{font-size:22pt;font-weight:bold;line-height:1.15;margin:0}"
        ".bad{border-style:double;border-width:1.6mm}.open{border-style:dashed}"
        ".personal{border:0.4mm dashed #000;padding:1mm 2mm}"
        ".small{font-size:7.5pt;line-height:1.35}.code{font-family:'Liberation Mono','Courier New',monospace;"
        "overflow-wrap:anywhere;font-size:7.5pt}"
        ".blank{min-width:24mm;height:9mm}"
        ".curve{margin:2mm 0}.curve img{display:block;width:100%;height:auto;break-inside:avoid}"
        ".curve .legend img{display:inline-block;width:10mm;height:2.5mm}.legend{font-size:8.5pt}";

/* --- words for values --- */

const char *report_time(When *w, int64_t us) {
        time_t s = (time_t)(us / US_PER_S);
        char zone[8];
        struct tm tm;

        w->text[0] = 0;
        if (us != 0 && localtime_r(&s, &tm) && strftime(w->text, sizeof(w->text), "%Y-%m-%d %H:%M:%S", &tm) > 0 &&
            strftime(zone, sizeof(zone), "%z", &tm) == 5)
                snprintf(w->text + strlen(w->text), sizeof(w->text) - strlen(w->text), " %.3s:%s", zone, zone + 3);
        return w->text;
}

const char *report_duration(When *w, int64_t us) {
        const int64_t s = us / US_PER_S;

        if (s >= 2 * 86400)
                snprintf(w->text, sizeof(w->text), "%" PRId64 " d %" PRId64 " h", s / 86400, s % 86400 / 3600);
        else if (s >= 2 * 3600)
                snprintf(w->text, sizeof(w->text), "%" PRId64 " h %" PRId64 " min", s / 3600, s % 3600 / 60);
        else if (s >= 60)
                snprintf(w->text, sizeof(w->text), "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
        else
                snprintf(w->text, sizeof(w->text), "%" PRId64 " s", s);
        return w->text;
}

const char *report_person(const Report *r, const char *id, char ret[static 192]) {
        const json_t *one;
        const char *name = "";
        size_t i;

        json_array_foreach(json_object_get(r->clinic, "people"), i, one)
                if (streq(text_of(one, "person"), id))
                        name = text_of(one, "name");
        if (name[0] && !streq(name, id))
                snprintf(ret, 192, "%.120s (%.64s)", name, id);
        else
                snprintf(ret, 192, "%s", id);
        return ret;
}

/* --- tables --- */

/* A word longer than a column is wide may break anywhere; others stay whole. */
static const char *class_for(const char *text) {
        for (size_t n; *text; text += n + (text[n] != 0)) {
                n = strcspn(text, " \n");
                if (n > WORD_MAX)
                        return "long";
        }
        return NULL;
}

void report_section(Report *r, const char *title) {
        html_put(r->html, "h2", NULL, title);
}

void report_note(Report *r, const char *text) {
        html_put(r->html, "p", NULL, text);
}

void report_facts_open(Report *r, const char *caption) {
        html_open(r->html, "table", "class", "facts", NULL);
        html_put(r->html, "caption", NULL, caption);
        html_open(r->html, "tbody", NULL);
}

void report_fact(Report *r, const char *name, const char *value) {
        if (!value[0])
                return;
        html_open(r->html, "tr", NULL);
        html_open(r->html, "th", "scope", "row", NULL);
        html_text(r->html, name);
        html_close(r->html);
        html_put(r->html, "td", class_for(value), value);
        html_close(r->html);
}

void report_factf(Report *r, const char *name, const char *format, ...) {
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        if (text)
                report_fact(r, name, text);
}

void report_fact_time(Report *r, const char *name, int64_t us) {
        When w;

        report_fact(r, name, report_time(&w, us));
}

void report_table_open(Report *r, const char *caption, const char *const *heads) {
        html_open(r->html, "table", "class", "list", NULL);
        html_put(r->html, "caption", NULL, caption);
        html_open(r->html, "thead", NULL);
        html_open(r->html, "tr", NULL);
        for (; *heads; heads++) {
                const bool number = (*heads)[0] == '#';

                html_open(r->html, "th", "scope", "col", "class", number ? "num" : NULL, NULL);
                html_text(r->html, *heads + number);
                html_close(r->html);
        }
        html_close(r->html);
        html_close(r->html);
        html_open(r->html, "tbody", NULL);
}

void report_row(Report *r) {
        html_open(r->html, "tr", NULL);
}

void report_cell(Report *r, const char *text) {
        html_put(r->html, "td", class_for(text), text);
}

void report_cell_time(Report *r, int64_t us) {
        When w;

        html_put(r->html, "td", NULL, report_time(&w, us));
}

void report_cell_person(Report *r, const char *id) {
        char person[192];

        report_cell(r, report_person(r, id, person));
}

void report_cellf(Report *r, const char *format, ...) {
        _cleanup_(freep) char *text = NULL;
        va_list ap;

        va_start(ap, format);
        if (vasprintf(&text, format, ap) < 0)
                text = NULL;
        va_end(ap);
        html_put(r->html, "td", "num", text ? text : "");
}

void report_row_end(Report *r) {
        html_close(r->html);
}

void report_table_close(Report *r) {
        html_close(r->html);
        html_close(r->html);
}

/* --- the page's two ends --- */

static int64_t now_us(void) {
        struct timespec ts;

        clock_gettime(CLOCK_REALTIME, &ts);
        return (int64_t)ts.tv_sec * US_PER_S + ts.tv_nsec / 1000;
}

static void put_head(Report *r, const char *kind, const char *subject) {
        const char *site = text_of(r->clinic, "site"), *name = text_of(r->clinic, "name");
        When now;

        html_open(r->html, "div", "class", "head", NULL);
        html_putf(r->html, "p", "kind", "%s", kind);
        html_put(r->html, "h1", NULL, subject);
        html_putf(r->html, "p", NULL, "%s%s%s%s", name[0] ? name : site, name[0] ? " (site " : "", name[0] ? site : "",
                  name[0] ? ")" : "");
        html_putf(r->html, "p", NULL, "Written %s. Times are those of the clinic, %s, with their distance from UTC.",
                  report_time(&now, now_us()), text_of(r->clinic, "timezone"));
        html_close(r->html);
}

int report_begin(Report *r, const char *kind, const char *subject, const char *const *columns, size_t n_columns) {
        _cleanup_(freep) char *title = NULL;

        if (asprintf(&title, "%s %s, %s", kind, subject, text_of(r->clinic, "site")) < 0)
                title = NULL;
        r->html = title ? html_new(title, style) : NULL;
        r->csv = csv_new(columns, n_columns);
        if (!r->html || !r->csv) {
                fprintf(stderr, "asepsisctl: out of memory\n");
                return CTL_TROUBLE;
        }
        put_head(r, kind, subject);
        return CTL_YES;
}

static void put_how(Report *r) {
        const int64_t size = number_of(r->head, "size");

        html_put(r->html, "p", NULL,
                 "How to check this. Whoever keeps this page holds a fingerprint of every record that the clinic had "
                 "when it "
                 "was written: no earlier record can be changed, left out or added since without being found.");
        html_open(r->html, "ol", NULL);
        html_put(r->html, "li", NULL, "Have the clinic export its audit chain: asepsisctl audit export -o chain.jsonl");
        html_putf(r->html, "li", NULL,
                  "Check the export with the program that needs nothing of the clinic's: asepsis-verify chain.jsonl "
                  "--key "
                  "KEY --head %" PRId64 ":%s (or, with this very file: --head FILE). KEY is a file with the clinic's "
                                        "public key, which you have from another "
                  "source than the export. It says OK, or names the first record that is not as it was.",
                  size, text_of(r->head, "head"));
        html_putf(r->html, "li", NULL,
                  "Or by hand: the hash of record number i is SHA-256 over a zero byte, the hash of the record before "
                  "it, "
                  "i as 8 bytes (most significant first) and the record itself, as openssl dgst -sha256 computes it; "
                  "that of "
                  "record %" PRId64
                  " in the chain %s must be the head above. The signature is Ed25519, over what stands "
                  "before the second dot of the signed head; openssl pkeyutl -verify -rawin checks it.",
                  size, text_of(r->head, "log"));
        html_close(r->html);
}

/* Signed where the daemon is in no doubt about its ledger. */
static void put_signed(Report *r) {
        if (!has_text(r->head, "checkpoint")) {
                html_put(r->html, "p", NULL,
                         "The daemon was in doubt about its ledger when this page was written, and did not sign: "
                         "asepsisctl status says why.");
                return;
        }
        html_put(r->html, "p", "small", "The signed head (a checkpoint, JWS):");
        html_put(r->html, "p", "code", text_of(r->head, "checkpoint"));
}

int report_end(Report *r) {
        int failed = report_call(r, &r->head, "GetAudit", "t", (uint64_t)0);

        if (!failed)
                failed = report_call(r, &r->status, "GetStatus", NULL);
        if (failed)
                return failed;
        html_open(r->html, "div", "class", "keep", NULL);
        report_section(r, "The record behind this page");
        report_facts_open(r, "The audit chain, as it stood when this page was written");
        report_fact(r, "Chain", text_of(r->head, "log"));
        report_factf(r, "Records", "%" PRId64, number_of(r->head, "size"));
        report_fact(r, "Head (SHA-256, base64url)", text_of(r->head, "head"));
        report_fact(r, "Key of the clinic", text_of(r->head, "kid"));
        report_fact(r, "Its public half (Ed25519)", text_of(r->status, "public_key"));
        report_fact(r, "Program", text_of(r->status, "version"));
        report_table_close(r);
        put_signed(r);
        put_how(r);
        html_close(r->html);
        return CTL_YES;
}
