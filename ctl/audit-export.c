/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asepsisctl audit export: the chain as JSON Lines, which doc/audit.md describes. The records come from the daemon, page
 * by page, or from the file of a ledger that no daemon has; either way as they stand: whether they fit is for others
 * to judge, and a chain that somebody has been at is written out like any other.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "audit.h"
#include "codec/base64.h"
#include "progress.h"
#include "show.h"
#include "store/keys.h"
#include "store/ledger.h"

#define FORMAT "asepsis-audit"
#define FORMAT_VERSION 1
#define HASH_TEXT 64 /* bytes for a hash in base64url, with the NUL */
#define SITE_WITHIN 16 /* records from the first, in which a start of the daemon names the site */
#define PAGE 200u

typedef struct Export {
        Ctl *c;
        const char *file, *to_file; /* file: the ledger's, NULL: the daemon is asked; to_file NULL: standard output */
        int64_t after, to;          /* to: the last record wanted; 0: as far as it goes */
        Store *store;
        FILE *out;
        char log[LABEL_MAX + 1], site[LABEL_MAX + 1], before[HASH_TEXT];
        json_t *keys, *audit; /* audit: what GetAudit says of the last record */
        int64_t last;         /* written */
        char head[HASH_TEXT]; /* of that one */
        Progress progress;
} Export;

/* --- writing --- */

static int trouble(const Export *e, const char *what, const char *why) {
        if (e->c->json)
                ctl_print_json(json_pack("{s:s, s:s+}", "error", "export", "text", what, why));
        else
                fprintf(stderr, "asepsisctl: %s%s\n", what, why);
        return CTL_TROUBLE;
}

static int write_line(Export *e, json_t *line) {
        int r = line ? json_dumpf(line, e->out, JSON_COMPACT) : -1;

        json_decref(line);
        if (r == 0 && putc('\n', e->out) != EOF)
                return CTL_YES;
        return trouble(e, "cannot write the export: ", strerror(errno));
}

static json_t *base64(const void *from, size_t n) {
        _cleanup_(freep) char *text = malloc(n * 4 / 3 + 8);

        if (!text)
                return NULL;
        to_base64(from, n, text, n * 4 / 3 + 8);
        return json_string(text);
}

/* What is no text is written as bytes, so that it can be looked at. */
static int write_record(Export *e, int64_t i, const void *record, size_t n, const void *hash, size_t n_hash) {
        json_t *text = json_stringn(record, n), *h = base64(hash, n_hash);
        int r;

        snprintf(e->head, sizeof(e->head), "%s", json_string_value(h) ?: "");
        e->last = i;
        r = write_line(e, json_pack("{s:I, s:o, s:o}", "i", (json_int_t)i, text ? "record" : "bytes",
                                    text ?: base64(record, n), "hash", h));
        progress_tell(&e->progress, i - e->after, e->to ? e->to - e->after : 0);
        return r;
}

static int write_header(Export *e) {
        return write_line(e, json_pack("{s:s, s:i, s:s, s:s*, s:I, s:s, s:O}", "format", FORMAT, "version", FORMAT_VERSION,
                                       "log", e->log, "site", e->site[0] ? e->site : NULL, "after",
                                       (json_int_t)e->after, "before", e->before, "keys", e->keys));
}

static int write_end(Export *e) {
        const char *checkpoint = e->audit ? text_of(e->audit, "checkpoint") : "";

        return write_line(e, json_pack("{s:I, s:s, s:s*}", "end", (json_int_t)e->last, "head", e->head, "checkpoint",
                                       checkpoint[0] ? checkpoint : NULL));
}

static void add_key(Export *e, const char *kid, const char *x, const char *statement) {
        if (x[0])
                json_array_append_new(e->keys, json_pack("{s:s, s:s, s:s, s:s, s:s*}", "kty", "OKP", "crv", "Ed25519", "x", x,
                                                         "kid", kid, "statement", statement[0] ? statement : NULL));
}

/* --- from the daemon --- */

static void add_key_of(Export *e, const json_t *key) {
        add_key(e, text_of(key, "kid"), text_of(key, "public_key"), text_of(key, "statement"));
}

static int ask_keys(Export *e) {
        json_t *key = NULL;
        const json_t *k;
        size_t i;
        int r = ctl_call(e->c, &key, "GetKey", NULL);

        if (r != CTL_YES)
                return r;
        add_key_of(e, key);
        add_key_of(e, json_object_get(key, "next"));
        json_array_foreach(json_object_get(key, "before"), i, k)
                add_key_of(e, k);
        json_decref(key);
        return CTL_YES;
}

static int ask_about(Export *e) {
        json_t *before = NULL;
        int r = ctl_call(e->c, &e->audit, "GetAudit", "t", (uint64_t)e->to);

        if (r == CTL_YES && e->after > 0)
                r = ctl_call(e->c, &before, "GetAudit", "t", (uint64_t)e->after);
        if (r == CTL_YES)
                r = ask_keys(e);
        if (r == CTL_YES) {
                e->to = number_of(e->audit, "size");
                snprintf(e->log, sizeof(e->log), "%s", text_of(e->audit, "log"));
                snprintf(e->site, sizeof(e->site), "%s", text_of(e->audit, "site"));
                snprintf(e->head, sizeof(e->head), "%s", text_of(e->audit, "head"));
                if (before)
                        snprintf(e->before, sizeof(e->before), "%s", text_of(before, "head"));
        }
        json_decref(before);
        return r;
}

static int write_page(Export *e, sd_bus_message *m) {
        int r = sd_bus_message_enter_container(m, 'a', "(tayay)");

        while (r > 0 && (r = sd_bus_message_enter_container(m, 'r', "tayay")) > 0) {
                const void *record, *hash;
                size_t n, n_hash;
                uint64_t i;

                if ((r = sd_bus_message_read(m, "t", &i)) < 0 ||
                    (r = sd_bus_message_read_array(m, 'y', &record, &n)) < 0 ||
                    (r = sd_bus_message_read_array(m, 'y', &hash, &n_hash)) < 0)
                        break;
                if ((int64_t)i <= e->to && write_record(e, (int64_t)i, record, n, hash, n_hash) != CTL_YES)
                        return CTL_TROUBLE;
                r = sd_bus_message_exit_container(m);
        }
        return r < 0 ? ctl_bad_answer(e->c) : CTL_YES;
}

static int ask_records(Export *e) {
        int r = CTL_YES;

        for (int64_t after = e->after; r == CTL_YES && after < e->to; after = e->last) {
                sd_bus_message *page = NULL;

                r = ctl_call_bare(e->c, &page, "ExportAudit", "tu", (uint64_t)after, PAGE);
                if (r == CTL_YES)
                        r = write_page(e, page);
                sd_bus_message_unref(page);
                if (r == CTL_YES && e->last <= after)
                        return trouble(e, "the daemon's chain ends before the head that it named", "");
        }
        return r;
}

/* --- from a file --- */

static void find_site(Export *e, const char *record, size_t n) {
        json_t *r = e->site[0] ? NULL : json_loadb(record, n, 0, NULL);

        if (streq(text_of(r, "type"), "start"))
                snprintf(e->site, sizeof(e->site), "%s", text_of(r, "site"));
        json_decref(r);
}

static int look_for_site(void *userdata, int64_t i, const void *record, size_t n, const void *hash, size_t n_hash) {
        (void)i;
        (void)hash;
        (void)n_hash;
        find_site(userdata, record, n);
        return 0;
}

/* Ledgers of old know of no keys. */
static int read_keys(Export *e) {
        int64_t before = INT64_MAX;
        KeyRow row;
        int r = key_get(e->store, KEY_CURRENT, &row);

        if (r > 0)
                add_key(e, row.kid, row.public_key, row.statement);
        if (r >= 0 && (r = key_get(e->store, KEY_NEXT, &row)) > 0)
                add_key(e, row.kid, row.public_key, row.statement);
        while (r >= 0 && (r = key_before(e->store, before, &row)) > 0) {
                add_key(e, row.kid, row.public_key, row.statement);
                before = row.id;
        }
        return r == -EINVAL ? 0 : r;
}

static int read_about(Export *e) {
        uint8_t hash[HASH_SIZE];
        int r = store_meta_text_get(e->store, "log", e->log, sizeof(e->log));

        if (r >= 0)
                r = ledger_each(e->store, 0, SITE_WITHIN, look_for_site, e);
        if (r >= 0)
                r = read_keys(e);
        if (r >= 0)
                r = ledger_hash_at(e->store, e->after, hash);
        if (r > 0)
                to_base64(hash, HASH_SIZE, e->before, sizeof(e->before));
        return r;
}

enum { ENOUGH = 2 };

static int write_from_file(void *userdata, int64_t i, const void *record, size_t n, const void *hash, size_t n_hash) {
        Export *e = userdata;

        if (e->to && i > e->to)
                return ENOUGH;
        return write_record(e, i, record, n, hash, n_hash) == CTL_YES ? 0 : 1;
}

static int of_file(Export *e) {
        char why[STORE_WHY_MAX] = "";
        int r = store_open_readonly(&e->store, e->file, why);

        if (r < 0)
                return trouble(e, r == -EBUSY ? "a daemon has this ledger open; leave --file away to ask it. "
                                              : "cannot read the ledger: ", r == -EBUSY ? "" : why);
        r = read_about(e);
        if (r == 0)
                return trouble(e, "the ledger has no such record to begin after", "");
        if (r > 0 && write_header(e) != CTL_YES)
                return CTL_TROUBLE;
        if (r > 0) {
                snprintf(e->head, sizeof(e->head), "%s", e->before);
                r = ledger_each(e->store, e->after, INT64_MAX, write_from_file, e);
        }
        if (r != 0 && r != ENOUGH)
                return r > 0 ? CTL_TROUBLE : trouble(e, "cannot read the ledger: ", store_why(e->store));
        return write_end(e);
}

/* --- both --- */

static int of_daemon(Export *e) {
        int r = ask_about(e);

        if (r == CTL_YES)
                r = write_header(e);
        if (r == CTL_YES)
                r = ask_records(e);
        return r == CTL_YES ? write_end(e) : r;
}

/* Of a file; what goes to standard output speaks for itself. */
static int tell(const Export *e) {
        if (e->c->json)
                return ctl_print_json(json_pack("{s:s, s:I, s:I, s:s}", "file", e->to_file, "records",
                                                (json_int_t)(e->last - e->after), "size", (json_int_t)e->last, "head",
                                                e->head));
        printf("%" PRId64 " records, up to %" PRId64 ":%s, are in %s.\n", e->last - e->after, e->last, e->head, e->to_file);
        return CTL_YES;
}

/* Under its name lies the whole of it or nothing. */
static int export_into(Export *e) {
        char part[4096] = "";
        int r;

        if (e->to_file && snprintf(part, sizeof(part), "%s.part", e->to_file) >= (int)sizeof(part))
                return trouble(e, "the file's name is too long", "");
        e->out = e->to_file ? fopen(part, "we") : stdout;
        if (!e->out)
                return trouble(e, "cannot write the export: ", strerror(errno));
        r = e->file ? of_file(e) : of_daemon(e);
        progress_end(&e->progress);
        if (r == CTL_YES && (fflush(e->out) != 0 || (e->to_file && fsync(fileno(e->out)) < 0)))
                r = trouble(e, "cannot write the export: ", strerror(errno));
        if (e->to_file)
                fclose(e->out);
        if (r == CTL_YES && e->to_file && rename(part, e->to_file) < 0)
                r = trouble(e, "cannot write the export: ", strerror(errno));
        if (r != CTL_YES && e->to_file)
                unlink(part);
        return r == CTL_YES && e->to_file ? tell(e) : r;
}

/* Not said is 0. false: it is none. */
static bool read_number(const char *text, int64_t *ret) {
        char *end;

        *ret = 0;
        if (!text)
                return true;
        errno = 0;
        *ret = strtoll(text, &end, 10);
        return end != text && !*end && errno == 0 && *ret >= 0;
}

int audit_export(Ctl *c, int argc, char **argv) {
        static const uint8_t nothing[HASH_SIZE];
        Export e = { .c = c,
                     .file = c->value[OPT_FILE],
                     .to_file = c->value[OPT_OUTPUT],
                     .progress = { .what = "records exported" } };
        int r;

        (void)argc;
        (void)argv;
        if (e.to_file && streq(e.to_file, "-"))
                e.to_file = NULL;
        if (!read_number(c->value[OPT_AFTER], &e.after) || !read_number(c->value[OPT_TO], &e.to))
                return ctl_usage("audit", "a record is named by its number");
        if (e.to && e.to <= e.after)
                return ctl_usage("audit", "--to is above --after");
        to_base64(nothing, HASH_SIZE, e.before, sizeof(e.before));
        e.last = e.after;
        e.keys = json_array();
        r = e.keys ? export_into(&e) : CTL_TROUBLE;
        json_decref(e.keys);
        json_decref(e.audit);
        store_close(e.store);
        return r;
}
