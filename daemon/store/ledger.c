/* SPDX-License-Identifier: Apache-2.0 */
#include "store/ledger.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "store/sha256.h"
#include "store/stmt.h"

static int chain(const uint8_t before[static HASH_SIZE], int64_t i, const char *record, size_t n,
                 uint8_t ret[static HASH_SIZE]) {
        uint8_t prefix[1 + HASH_SIZE + 8] = { 0 };

        memcpy(prefix + 1, before, HASH_SIZE);
        for (int b = 0; b < 8; b++)
                prefix[1 + HASH_SIZE + b] = (uint8_t)((uint64_t)i >> (56 - 8 * b));
        return sha256((Sha256Part[]){ { prefix, sizeof(prefix) }, { record, n } }, 2, ret);
}

int ledger_hash_at(Store *s, int64_t i, uint8_t ret[static HASH_SIZE]) {
        const void *hash;
        size_t n;
        int r;

        if (i == 0) {
                memset(ret, 0, HASH_SIZE);
                return 1;
        }
        r = sql_first(s, SQL_AUDIT_AT, "i", i);
        if (r <= 0)
                return r;
        hash = col_blob(s, SQL_AUDIT_AT, 0, &n);
        if (n == HASH_SIZE)
                memcpy(ret, hash, HASH_SIZE);
        sql_done(s, SQL_AUDIT_AT);
        return n == HASH_SIZE ? 1 : -EBADMSG;
}

/* Recomputes h_i from the record and the hash before it. */
static int check_link(Store *s, int64_t i, const char *record, size_t n, const uint8_t hash[static HASH_SIZE]) {
        uint8_t before[HASH_SIZE], again[HASH_SIZE];
        int r = ledger_hash_at(s, i - 1, before);

        if (r <= 0)
                return r < 0 ? r : -EBADMSG;
        r = chain(before, i, record, n, again);
        if (r < 0)
                return r;
        return memcmp(again, hash, HASH_SIZE) == 0 ? 0 : -EBADMSG;
}

int ledger_head(Store *s, Head *ret) {
        _cleanup_(freep) char *record = NULL;
        Head head = {};
        const void *p;
        size_t n;
        int r = sql_first(s, SQL_AUDIT_HEAD, "");

        if (r < 0)
                return r;
        if (r == 0) {
                *ret = head;
                return 0;
        }
        head.size = col_int(s, SQL_AUDIT_HEAD, 0);
        p = col_blob(s, SQL_AUDIT_HEAD, 1, &n);
        if (n == HASH_SIZE)
                memcpy(head.hash, p, HASH_SIZE);
        p = col_blob(s, SQL_AUDIT_HEAD, 2, &n);
        record = malloc(n + 1);
        if (record)
                memcpy(record, p, n);
        sql_done(s, SQL_AUDIT_HEAD);
        if (!record)
                return -ENOMEM;
        r = check_link(s, head.size, record, n, head.hash);
        if (r == 0)
                *ret = head;
        return r;
}

int ledger_chain(const Head *head, const char *record, size_t n, Head *ret) {
        Head next = { .size = head->size + 1 };
        int r = chain(head->hash, next.size, record, n, next.hash);

        if (r == 0)
                *ret = next;
        return r;
}

int ledger_append(Store *s, Head *head, const char *record, size_t n) {
        Head next;
        int r = ledger_chain(head, record, n, &next);

        if (r == 0)
                r = sql_run(s, SQL_AUDIT_ADD, "itb", next.size, record, (const void *)next.hash, (size_t)HASH_SIZE);
        if (r == 0)
                *head = next;
        return r;
}

int ledger_each(Store *s, int64_t after, int64_t limit, LedgerEach each, void *userdata) {
        const StatementId q = SQL_AUDIT_AFTER;
        int r = sql_first(s, q, "ii", after, limit);

        while (r > 0) {
                const void *record, *hash;
                size_t n, n_hash;
                int stop;

                record = col_blob(s, q, 1, &n);
                hash = col_blob(s, q, 2, &n_hash);
                stop = each(userdata, col_int(s, q, 0), record, n, hash, n_hash);
                if (stop != 0) {
                        sql_done(s, q);
                        return stop;
                }
                r = sql_next(s, q);
        }
        return r;
}

int ledger_daemon_boot_add(Store *s, const char *boot, int64_t since_us) {
        return sql_run(s, SQL_DAEMON_BOOT_ADD, "ti", boot, since_us);
}

int ledger_daemon_boot_known(Store *s, const char *boot) {
        int64_t one;

        return sql_int(s, SQL_DAEMON_BOOT_IS, &one, "t", boot);
}

int ledger_began(Store *s, int64_t *ret_us) {
        int r = sql_int(s, SQL_DAEMON_FIRST, ret_us, "");

        return r < 0 ? r : 0;
}

int ledger_digest(const uint8_t salt[static SALT_SIZE], const char *topic, const void *payload, size_t n,
                  uint8_t ret[static HASH_SIZE]) {
        const Sha256Part parts[] = { { salt, SALT_SIZE }, { topic, strlen(topic) + 1 }, { payload, n } };

        return sha256(parts, ELEMENTSOF(parts), ret);
}

int ledger_message_add(Store *s, const MessageRow *m) {
        return sql_run(s, SQL_MESSAGE_ADD, "iiiitibbb", m->i, m->at_us, m->stream, m->stream ? m->seq : m->i, m->topic, (int64_t)m->held,
                       (const void *)m->salt, (size_t)SALT_SIZE, (const void *)m->digest, (size_t)HASH_SIZE, m->raw,
                       m->n_raw);
}

int ledger_message_compare(Store *s, int64_t stream, int64_t seq, const char *topic, const void *payload, size_t n,
                           char ret_refused[static REFUSED_SIZE]) {
        const StatementId q = SQL_MESSAGE_FIND;
        uint8_t salt[SALT_SIZE], then[HASH_SIZE], now[HASH_SIZE];
        const void *p, *d;
        size_t np, nd;
        int r = sql_first(s, q, "ii", stream, seq);

        if (r <= 0)
                return r;
        p = col_blob(s, q, 0, &np);
        d = col_blob(s, q, 1, &nd);
        if (np == SALT_SIZE && nd == HASH_SIZE) {
                memcpy(salt, p, SALT_SIZE);
                memcpy(then, d, HASH_SIZE);
        }
        col_text(s, q, 2, ret_refused, REFUSED_SIZE);
        sql_done(s, q);
        if (np == 0)
                return 1; /* erased: nobody can compare any more, and it has had its effect */
        if (np != SALT_SIZE || nd != HASH_SIZE)
                return -EBADMSG;
        r = ledger_digest(salt, topic, payload, n, now);
        if (r < 0)
                return r;
        return memcmp(then, now, HASH_SIZE) == 0 ? 1 : 2;
}

int ledger_message_refused(Store *s, const MessageRow *m, const char *reason) {
        int r = sql_run(s, SQL_MESSAGE_REFUSE, "tii", reason, m->stream, m->seq);

        if (r < 0 || sql_changes(s) > 0)
                return r;
        r = ledger_message_add(s, m);
        return r < 0 ? r : sql_run(s, SQL_MESSAGE_REFUSE, "tii", reason, m->stream, m->seq);
}

int ledger_held_next(Store *s, int64_t stream, int64_t after, int64_t below, HeldMessage *ret) {
        const StatementId q = SQL_MESSAGE_HELD;
        const void *p;
        int r = sql_first(s, q, "iii", stream, after, below);

        if (r <= 0)
                return r;
        ret->i = col_int(s, q, 0);
        ret->seq = col_int(s, q, 1);
        col_text(s, q, 2, ret->topic, sizeof(ret->topic));
        ret->at_us = col_int(s, q, 4);
        p = col_blob(s, q, 3, &ret->n_raw);
        ret->raw = malloc(ret->n_raw + 1);
        if (ret->raw)
                memcpy(ret->raw, p, ret->n_raw);
        sql_done(s, q);
        return ret->raw ? 1 : -ENOMEM;
}

int ledger_unhold(Store *s, int64_t stream, int64_t seq, bool drop_raw) {
        return sql_run(s, SQL_MESSAGE_UNHOLD, "iii", (int64_t)drop_raw, stream, seq);
}

int ledger_dead_letter_add(Store *s, const DeadLetter *d) {
        size_t keep = MIN_OF(d->size, (size_t)DEAD_LETTER_RAW_MAX);
        int r = sql_run(s, SQL_DEAD_ADD,
                        "itttti"
                        "b",
                        d->at_us, d->topic, d->reason, d->detail, d->member, (int64_t)d->size, d->raw, keep);

        return r < 0 ? r : sql_run(s, SQL_DEAD_TRIM, "i", sql_last_id(s) - DEAD_LETTERS_MAX);
}

int ledger_outbox_add(Store *s, int64_t at_us, const char *topic, const char *payload, bool retain, int64_t *ret_id) {
        int r = sql_run(s, SQL_OUTBOX_ADD, "itti", at_us, topic, payload, (int64_t)retain);

        if (r == 0)
                *ret_id = sql_last_id(s);
        return r;
}

int ledger_outbox_delete(Store *s, int64_t id) {
        return sql_run(s, SQL_OUTBOX_DELETE, "i", id);
}

int ledger_outbox_next(Store *s, int64_t id, int64_t *ret_id, char **ret_topic, char **ret_payload, bool *ret_retain) {
        const StatementId q = SQL_OUTBOX_AFTER;
        char *topic, *payload;
        int r = sql_first(s, q, "i", id);

        if (r <= 0)
                return r;
        *ret_id = col_int(s, q, 0);
        topic = col_dup(s, q, 1);
        payload = col_dup(s, q, 2);
        *ret_retain = col_int(s, q, 3) != 0;
        sql_done(s, q);
        if (!topic || !payload) {
                free(topic);
                free(payload);
                return -ENOMEM;
        }
        *ret_topic = topic;
        *ret_payload = payload;
        return 1;
}

/* Holes as text: "first-last" for an open one, "first-last!" for one that was passed, apart by commas. */
static void holes_write(const Order *o, char *buf, size_t size) {
        size_t n = 0;

        buf[0] = '\0';
        for (size_t i = 0; i < o->n_holes && n < size; i++)
                n += (size_t)snprintf(buf + n, size - n, "%s%" PRId64 "-%" PRId64 "%s", i ? "," : "", o->holes[i].first,
                                      o->holes[i].last, o->holes[i].passed ? "!" : "");
}

static int holes_read(const char *text, int64_t now_us, Order *o) {
        while (*text) {
                Hole *h = o->holes + o->n_holes;
                int used = 0;

                if (o->n_holes == ORDER_HOLES_MAX ||
                    sscanf(text, "%" SCNd64 "-%" SCNd64 "%n", &h->first, &h->last, &used) != 2)
                        return -EBADMSG;
                text += used;
                h->passed = *text == '!';
                h->since_us = now_us;
                o->n_holes++;
                if (*text == '!')
                        text++;
                if (*text == ',')
                        text++;
        }
        return 0;
}

/* While nothing is missing the messages themselves say how far the stream is; see ledger_stream_save(). */
static int read_progress(Store *s, StreamRow *row) {
        int64_t top = 0;
        int r = row->order.n_holes == 0 ? sql_int(s, SQL_STREAM_TOP, &top, "i", row->id) : 0;

        if (r > 0 && top > row->order.top)
                row->order.top = row->order.applied = top;
        return r < 0 ? r : 0;
}

int ledger_stream_get(Store *s, const char *kind, const char *device, const char *boot, int64_t now_us,
                      StreamRow *ret) {
        StatementId q = boot ? SQL_STREAM_FIND : SQL_STREAM_CURRENT;
        char holes[ORDER_HOLES_MAX * 48];
        StreamRow row = {};
        int r = boot ? sql_first(s, q, "ttt", kind, device, boot) : sql_first(s, q, "tt", kind, device);

        if (r <= 0)
                return r;
        row.id = col_int(s, q, 0);
        col_text(s, q, 1, row.boot, sizeof(row.boot));
        row.current = col_int(s, q, 2) != 0;
        row.order.top = col_int(s, q, 3);
        row.order.applied = col_int(s, q, 4);
        row.order.lost = col_int(s, q, 5);
        col_text(s, q, 6, holes, sizeof(holes));
        sql_done(s, q);
        r = holes_read(holes, now_us, &row.order);
        if (r == 0)
                r = read_progress(s, &row);
        if (r < 0)
                return r;
        *ret = row;
        return 1;
}

int ledger_stream_add(Store *s, const char *kind, const char *device, const char *boot, int64_t at_us, StreamRow *ret) {
        StreamRow row = { .current = true };
        int r = sql_run(s, SQL_STREAM_RETIRE, "tt", kind, device);

        if (r == 0)
                r = sql_run(s, SQL_STREAM_ADD, "ttti", kind, device, boot, at_us);
        if (r < 0)
                return r;
        row.id = sql_last_id(s);
        snprintf(row.boot, sizeof(row.boot), "%s", boot);
        *ret = row;
        return 0;
}

int ledger_last_heard(Store *s, const char *kind, const char *device, int64_t *ret_at_us) {
        return sql_int(s, SQL_STREAM_LAST_HEARD, ret_at_us, "tt", kind, device);
}

int ledger_stream_waiting(Store *s, int64_t *id, char ret_kind[static 32], char ret_device[static LABEL_MAX + 1]) {
        const StatementId q = SQL_STREAM_WAITING;
        int r = sql_first(s, q, "i", *id);

        if (r <= 0)
                return r;
        *id = col_int(s, q, 0);
        col_text(s, q, 1, ret_kind, 32);
        col_text(s, q, 2, ret_device, LABEL_MAX + 1);
        sql_done(s, q);
        return 1;
}

int ledger_stream_save(Store *s, const StreamRow *row) {
        char holes[ORDER_HOLES_MAX * 48];

        holes_write(&row->order, holes, sizeof(holes));
        return sql_run(s, SQL_STREAM_SAVE, "iiiti", row->order.top, row->order.applied, row->order.lost, holes,
                       row->id);
}
