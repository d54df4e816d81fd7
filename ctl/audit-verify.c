/* SPDX-License-Identifier: Apache-2.0 */
/*
 * asepsisctl audit verify: is a ledger what its own chain says, and has it the heads that were handed out? Of a file that
 * no daemon has open; without one the daemon makes a copy, and that is looked at, so that nothing waits for it.
 */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <unistd.h>

#include "audit.h"
#include "codec/base64.h"
#include "progress.h"
#include "show.h"
#include "store/verify.h"

#define B64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define HEADS_MAX 65536
#define HEADS_FILE_MAX (16 << 20) /* bytes */

typedef struct Heads {
        Head *v;
        size_t n, size;
        const char *log; /* of the ledger at hand; NULL: not known yet */
        VerifyKeys keys;
        char why[200];
} Heads;

/* --- heads --- */

static int no_head(Heads *h, const char *why) {
        snprintf(h->why, sizeof(h->why), "%s", why);
        return -EINVAL;
}

static int add_head(Heads *h, const Head *head) {
        if (h->n == HEADS_MAX)
                return no_head(h, "more than 65536 heads");
        if (h->n == h->size) {
                size_t want = h->size ? h->size * 2 : 16;
                Head *v = reallocarray(h->v, want, sizeof(*v));

                if (!v)
                        return no_head(h, "out of memory");
                h->v = v;
                h->size = want;
        }
        h->v[h->n++] = *head;
        return 0;
}

bool audit_read_hash(const char *text, uint8_t ret[static HASH_SIZE]) {
        size_t n = 0;

        if (strlen(text) == (size_t)HASH_SIZE * 2)
                return sodium_hex2bin(ret, HASH_SIZE, text, strlen(text), NULL, &n, NULL) == 0 && n == HASH_SIZE;
        return sodium_base642bin(ret, HASH_SIZE, text, strlen(text), NULL, &n, NULL, B64) == 0 && n == HASH_SIZE;
}

bool audit_read_pair(const char *text, Head *ret) {
        char *end = NULL;

        errno = 0;
        ret->size = strtoll(text, &end, 10);
        return errno == 0 && end != text && *end == ':' && ret->size > 0 && audit_read_hash(end + 1, ret->hash);
}

static int add_jws(Heads *h, char *jws);

/* A checkpoint, or SIZE:HASH. */
static int add_said(Heads *h, const char *text) {
        _cleanup_(freep) char *jws = strchr(text, ':') ? NULL : strdup(text);
        const size_t before = h->n;
        Head head;

        if (jws && (add_jws(h, jws) < 0 || h->n > before))
                return h->n > before ? 0 : -EINVAL;
        if (!audit_read_pair(text, &head))
                return no_head(h, "--head is a checkpoint, or the number of records, a colon and the hash: 8123:mBq3...");
        return add_head(h, &head);
}

/* Signed by a key that this ledger has? A stranger's word is no reason to call it false. */
static bool is_signed(const Heads *h, const char *jws, size_t n_signed, const char *signature) {
        uint8_t sig[crypto_sign_BYTES], key[crypto_sign_PUBLICKEYBYTES];
        size_t n = 0;

        if (sodium_base642bin(sig, sizeof(sig), signature, strlen(signature), NULL, &n, NULL, B64) != 0 || n != sizeof(sig))
                return false;
        for (size_t i = 0; i < h->keys.n; i++)
                if (sodium_base642bin(key, sizeof(key), h->keys.v[i], strlen(h->keys.v[i]), NULL, &n, NULL, B64) == 0 &&
                    n == sizeof(key) &&
                    crypto_sign_verify_detached(sig, (const uint8_t *)jws, n_signed, key) == 0)
                        return true;
        return false;
}

/* The payload of a checkpoint; or of a permit, whose `audit` names a head. */
static int add_payload(Heads *h, const json_t *payload) {
        const json_t *audit = json_object_get(payload, "audit"), *of = audit ?: payload;
        const json_t *size = json_object_get(of, "size");
        const char *head = json_string_value(json_object_get(of, "head")), *log = json_string_value(json_object_get(payload, "log"));
        Head named = { .size = json_integer_value(size) };

        if (named.size < 1 || !head || !audit_read_hash(head, named.hash))
                return no_head(h, "a signed text in it names no head");
        if (log && !streq(log, h->log))
                return no_head(h, "a checkpoint is of another ledger");
        return add_head(h, &named);
}

static int add_jws(Heads *h, char *jws) {
        char *first = strchr(jws, '.'), *second = first ? strchr(first + 1, '.') : NULL;
        uint8_t bytes[HEAD_MAX * 4];
        json_t *payload;
        size_t n = 0;
        int r;

        if (!second || strchr(second + 1, '.'))
                return 0; /* some other word */
        if (sodium_base642bin(bytes, sizeof(bytes), first + 1, (size_t)(second - first - 1), NULL, &n, NULL, B64) != 0)
                return 0;
        payload = json_loadb((const char *)bytes, n, JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(payload))
                r = 0;
        else if (!is_signed(h, jws, (size_t)(second - jws), second + 1))
                r = no_head(h, "a checkpoint bears no signature by a key of this ledger");
        else
                r = add_payload(h, payload);
        json_decref(payload);
        return r;
}

/* Every signed head in a file, whatever else is in it: checkpoints line by line, lines of a journal, JSON. */
static int add_file(Heads *h, const char *path) {
        _cleanup_(freep) char *text = malloc(HEADS_FILE_MAX + 1);
        FILE *f = text ? fopen(path, "re") : NULL;
        const size_t before = h->n;
        char *save = NULL;
        size_t n;
        int r = 0;

        if (!f)
                return no_head(h, strerror(errno));
        n = fread(text, 1, HEADS_FILE_MAX, f);
        text[n] = '\0';
        fclose(f);
        for (char *t = strtok_r(text, " \t\r\n\",=", &save); t && r == 0; t = strtok_r(NULL, " \t\r\n\",=", &save))
                r = add_jws(h, t);
        return r == 0 && h->n == before ? no_head(h, "no checkpoint is in it") : r;
}

/* --- asking and telling --- */

static int trouble(Ctl *c, const char *what, const char *why) {
        if (c->json)
                ctl_print_json(json_pack("{s:s, s:s++}", "sound", "unknown", "text", what, ": ", why));
        else
                fprintf(stderr, "asepsisctl: %s: %s\n", what, why);
        return CTL_TROUBLE;
}

static int print_json(const VerifyResult *v, int r) {
        char head[BASE64_SIZE(HASH_SIZE)];
        json_t *o;

        to_base64(v->head.hash, HASH_SIZE, head, sizeof(head));
        o = json_pack("{s:s, s:s*, s:s, s:I, s:s, s:I, s:I, s:I}", "sound", r == 0 ? "yes" : "no", "text",
                      v->why[0] ? v->why : NULL, "log", v->log, "size", (json_int_t)v->head.size, "head", head, "messages",
                      (json_int_t)v->messages, "rows", (json_int_t)v->rows, "state_since", (json_int_t)v->base_i);
        return ctl_print_json(o) == CTL_YES ? (r == 0 ? CTL_YES : CTL_NO) : CTL_TROUBLE;
}

static int tell(Ctl *c, const char *path, const VerifyResult *v, size_t n_heads, int r) {
        char head[BASE64_SIZE(HASH_SIZE)];
        Line size = {}, state = {}, heads = {}, time = {};

        if (r < 0)
                return trouble(c, path, v->why);
        if (c->json)
                return print_json(v, r);
        to_base64(v->head.hash, HASH_SIZE, head, sizeof(head));
        out_field(r == 0 ? "sound" : "NOT SOUND", r == 0 ? GREEN : RED, path);
        if (r > 0)
                out_field("why", RED, v->why);
        line_add(&size, "%" PRId64 " records%s, %" PRId64 " messages", v->head.size, r > 0 ? " until then" : "", v->messages);
        out_field("chain", PLAIN, size.text);
        out_field("head", PLAIN, head);
        line_add_time(&time, "", v->last_us);
        out_field("last record", PLAIN, time.text);
        if (r == 0) {
                line_add(&state, "%" PRId64 " rows are what the chain says since record %" PRId64, v->rows, v->base_i);
                out_field("state", PLAIN, state.text);
        }
        line_add(&heads, "%zu handed out, %s", n_heads, n_heads == 0 ? "so nothing shows that the chain is not a new one" :
                                                         r == 0 ? "all on this chain" : "compared up to there");
        out_field("heads", n_heads == 0 ? YELLOW : PLAIN, heads.text);
        return r == 0 ? CTL_YES : CTL_NO;
}

static int read_heads(Ctl *c, const char *path, Heads *h, char log[static LABEL_MAX + 1]) {
        char why[VERIFY_WHY_MAX];
        const char *file = c->value[OPT_CHECKPOINT];
        int r = file || c->n_repeated > 0 ? verify_keys(path, log, &h->keys, why) : 0;

        if (r < 0)
                return trouble(c, path, why);
        h->log = log;
        if (file && add_file(h, file) < 0)
                return trouble(c, file, h->why);
        for (size_t i = 0; i < c->n_repeated && r == 0; i++)
                r = add_said(h, c->repeated[i]);
        return r < 0 ? ctl_usage("audit", h->why) : CTL_YES;
}

static int verify_file(Ctl *c, const char *path) {
        Heads h = {};
        char log[LABEL_MAX + 1] = "";
        Progress progress = {};
        VerifyResult found;
        int r = read_heads(c, path, &h, log);

        if (r == CTL_YES) {
                const VerifyOptions o = { .path = path, .heads = h.v, .n_heads = h.n, .progress = progress_on, .userdata = &progress };

                r = verify_ledger(&o, &found);
                progress_end(&progress);
                r = tell(c, path, &found, h.n, r);
        }
        free(h.v);
        return r;
}

/* Beside the ledger: there is the room for it, and the daemon may write there. */
static int name_copy(Ctl *c, char ret[static PATH_MAX]) {
        json_t *rows, *row;
        size_t i;
        int r = config_fetch(c, &rows);

        if (r != CTL_YES)
                return CTL_TROUBLE;
        ret[0] = '\0';
        json_array_foreach(rows, i, row) {
                const char *path = text_of(row, "value"), *slash = strrchr(path, '/');

                if (slash && streq(text_of(row, "section"), "store") && streq(text_of(row, "key"), "path"))
                        snprintf(ret, PATH_MAX, "%.*s/verify-%ld.db", (int)(slash - path), path, (long)getpid());
        }
        json_decref(rows);
        if (!ret[0])
                fprintf(stderr, "asepsisctl: the daemon does not say where its ledger is; say with -o where the copy goes\n");
        return ret[0] ? CTL_YES : CTL_TROUBLE;
}

int audit_verify(Ctl *c, int argc, char **argv) {
        char copy[PATH_MAX];
        int r;

        if (argc > 0)
                return verify_file(c, argv[0]);
        if (c->value[OPT_OUTPUT])
                return backup_make(c, c->value[OPT_OUTPUT]) == CTL_YES ? verify_file(c, c->value[OPT_OUTPUT]) : CTL_TROUBLE;
        r = name_copy(c, copy);
        if (r != CTL_YES)
                return r;
        r = backup_make(c, copy) == CTL_YES ? verify_file(c, copy) : CTL_TROUBLE;
        unlink(copy);
        return r;
}
