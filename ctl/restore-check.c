/* SPDX-License-Identifier: Apache-2.0 */
/* asepsisctl restore --check: is this file a ledger to go back to, and what would be lost with it? */
#include <errno.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>

#include "audit.h"
#include "codec/base64.h"
#include "codec/rfc3339.h"
#include "out.h"
#include "progress.h"
#include "restore.h"
#include "show.h"
#include "store/verify.h"

#define CHECKPOINT_MAX 1024

/* --- the head that was kept --- */

/* What a checkpoint says. Whether our key has signed it does not matter here: a head that the file has is one. */
static bool read_checkpoint(const char *jws, Head *ret) {
        const char *begin = strchr(jws, '.'), *end = begin ? strchr(begin + 1, '.') : NULL;
        char payload[CHECKPOINT_MAX];
        size_t n = 0;
        json_t *o;
        bool read;

        if (!end || sodium_base642bin((unsigned char *)payload, sizeof(payload), begin + 1, (size_t)(end - begin - 1), NULL, &n,
                                      NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
                return false;
        o = json_loadb(payload, n, 0, NULL);
        ret->size = number_of(o, "size");
        read = ret->size > 0 && audit_read_hash(text_of(o, "head"), ret->hash);
        json_decref(o);
        return read;
}

/* --- the file --- */

typedef struct Found {
        const char *file;
        int64_t bytes;
        int is; /* as verify_ledger() returns */
        VerifyResult result;
        bool asked, behind; /* a head was given; the file ends before it */
        Head head;
} Found;

static int look(Found *f, bool with_head, Progress *progress) {
        return verify_ledger(&(VerifyOptions){ .path = f->file,
                                               .heads = &f->head,
                                               .n_heads = with_head ? 1 : 0,
                                               .progress = progress ? progress_on : NULL,
                                               .userdata = progress },
                             &f->result);
}

/* A file that ends before the head may be sound for all that: then it is asked again without. */
static void look_all(Found *f, bool quiet) {
        Progress progress = {}, *p = quiet ? NULL : &progress;

        f->is = look(f, f->asked, p);
        if (f->is == 1 && f->asked && f->result.head.size > 0 && f->result.head.size < f->head.size) {
                f->behind = true;
                f->is = look(f, false, p);
        }
        if (p)
                progress_end(p);
}

/* --- shown --- */

static void print_steps(const Found *f) {
        printf("\nTo go back to it:\n"
               "  1. systemctl stop asepsisd. Keep what is left of the newer ledger elsewhere;\n"
               "     if it can be read, go on with that one instead.\n"
               "  2. Copy this file to /var/lib/asepsis/ledger.db, owned by asepsis, mode 0600;\n"
               "     remove ledger.db-wal, and leave ledger.db.witness. Put back signing.key and\n"
               "     /etc/asepsis, if they are lost, too.\n"
               "  3. systemctl start asepsisd. No session starts; asepsisctl restore says what\n"
               "     is next.\n"
               "  4. asepsisctl restore confirm --by=OFFICER --reason=TEXT\n"
               "  5. Disinfect each room. Receive each unopened single-use item again at a\n"
               "     station.\n");
        if (!f->result.copied_us)
                printf("It bears no mark of a copy: it is known as one by its place and its witness\n"
                       "only.\n");
}

static void print_head(const Found *f) {
        const int64_t size = f->result.head.size;
        Line line = {};

        if (!f->asked) {
                out_field("lost", YELLOW, "whatever came after it; with --head it is said how much that is at least");
        } else if (f->behind) {
                line_add(&line, "at least %" PRId64 " records, those up to the head of --head", f->head.size - size);
                out_field("lost", RED, line.text);
        } else if (f->is == 0) {
                line_add(&line, "there, and %" PRId64 " records after it", size - f->head.size);
                out_field("head of --head", GREEN, line.text);
        }
}

static void print(const Found *f) {
        const VerifyResult *v = &f->result;
        char head[BASE64_SIZE(HASH_SIZE)];
        Line size = {}, from = {}, to = {}, copied = {}, pair = {};

        to_base64(v->head.hash, HASH_SIZE, head, sizeof(head));
        line_add(&pair, "%" PRId64 ":%s", v->head.size, head);
        line_add(&size, "%.1f MB, %" PRId64 " records", (double)f->bytes / (1 << 20), v->head.size);
        line_add_time(&from, "", v->first_us);
        line_add_time(&to, "", v->last_us);
        line_add_time(&copied, "", v->copied_us);
        out_field("file", BOLD, f->file);
        out_field("ledger", PLAIN, v->log);
        out_field("size", PLAIN, size.text);
        out_field("begins", PLAIN, from.text);
        out_field("ends", PLAIN, to.text);
        out_field("copied", PLAIN, v->copied_us ? copied.text : "no mark says so");
        out_field("head", PLAIN, v->head.size ? pair.text : "");
        out_field("whole", f->is == 0 ? GREEN : RED, f->is == 0 ? "yes: file, chain, and state by the chain" : v->why);
        print_head(f);
        if (f->is == 0)
                print_steps(f);
}

static void set_time(json_t *o, const char *name, int64_t us) {
        char text[TIME_TEXT_SIZE];

        if (us <= 0)
                return;
        time_format_utc(us, text);
        json_object_set_new(o, name, json_string(text));
}

static int print_json(const Found *f) {
        const VerifyResult *v = &f->result;
        char head[BASE64_SIZE(HASH_SIZE)];
        json_t *o = json_pack("{ss sI sb}", "file", f->file, "bytes", (json_int_t)f->bytes, "whole", f->is == 0);

        to_base64(v->head.hash, HASH_SIZE, head, sizeof(head));
        if (v->why[0])
                json_object_set_new(o, "why", json_string(v->why));
        if (v->log[0])
                json_object_set_new(o, "log", json_string(v->log));
        if (v->head.size > 0) {
                json_object_set_new(o, "size", json_integer(v->head.size));
                json_object_set_new(o, "head", json_string(head));
        }
        set_time(o, "begins", v->first_us);
        set_time(o, "ends", v->last_us);
        set_time(o, "copied_at", v->copied_us);
        if (f->behind)
                json_object_set_new(o, "lost", json_integer(f->head.size - v->head.size));
        return ctl_print_json(o);
}

int restore_check(Ctl *c, const char *file, const char *head) {
        Found f = { .file = file, .asked = head };
        struct stat st;
        int r;

        if (head && !audit_read_pair(head, &f.head) && !read_checkpoint(head, &f.head))
                return ctl_usage("restore", "--head is a checkpoint, or SIZE:HASH as backup prints them");
        errno = 0;
        if (stat(file, &st) < 0 || !S_ISREG(st.st_mode)) {
                fprintf(stderr, "asepsisctl: %s: %s\n", file, errno ? strerror(errno) : "that is no file");
                return CTL_TROUBLE;
        }
        f.bytes = st.st_size;
        look_all(&f, c->json);
        if (f.is < 0 && f.is != -EPROTO) {
                fprintf(stderr, "asepsisctl: %s: %s\n", file, f.result.why[0] ? f.result.why : strerror(-f.is));
                return CTL_TROUBLE;
        }
        r = c->json ? print_json(&f) : (print(&f), CTL_YES);
        return r != CTL_YES ? r : f.is == 0 && !f.behind ? CTL_YES : CTL_NO;
}
