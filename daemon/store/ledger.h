/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Ledger: the audit chain, the messages it stands for, and the order in which each device spoke.
 * h_i = SHA-256(0x00 | h_(i-1) | i as 8 bytes big-endian | record_i), h_0 = 32 zero bytes.
 */
#include "core/order.h"
#include "store/store.h"

#define HASH_SIZE 32
#define SALT_SIZE 16

typedef struct Head {
        int64_t size; /* number of records */
        uint8_t hash[HASH_SIZE];
} Head;

/* The head as it stands, the last link recomputed. -EBADMSG: the last record does not fit its hash. */
int ledger_head(Store *s, Head *ret);

/* The head that a record makes of this one. -EIO as sha256(). */
int ledger_chain(const Head *head, const char *record, size_t n, Head *ret);
/* Appends a record and moves *head. The record is JSON text. */
int ledger_append(Store *s, Head *head, const char *record, size_t n);

/* 1 and the hash of record i (all zero for i = 0); 0: no such record. */
int ledger_hash_at(Store *s, int64_t i, uint8_t ret[static HASH_SIZE]);

/*
 * The records after `after` as they stand, nothing recomputed, at most `limit`: each until `each` returns something else
 * than 0. What it says, 0 at the end, or the store's error. n_hash is HASH_SIZE in a sound ledger.
 */
typedef int (*LedgerEach)(void *userdata, int64_t i, const void *record, size_t n, const void *hash, size_t n_hash);
int ledger_each(Store *s, int64_t after, int64_t limit, LedgerEach each, void *userdata);

int ledger_daemon_boot_add(Store *s, const char *boot, int64_t since_us);
int ledger_daemon_boot_known(Store *s, const char *boot);
/* When the first daemon was started on this ledger; 0: never. */
int ledger_began(Store *s, int64_t *ret_us);

typedef struct MessageRow {
        int64_t i, at_us;
        int64_t stream, seq; /* 0: not sequenced */
        const char *topic;
        bool held;
        uint8_t salt[SALT_SIZE], digest[HASH_SIZE];
        const void *raw; /* NULL: not kept */
        size_t n_raw;
} MessageRow;

/* SHA-256 over salt, topic, a zero byte and payload. -EIO as sha256(). */
int ledger_digest(const uint8_t salt[static SALT_SIZE], const char *topic, const void *payload, size_t n,
                   uint8_t ret[static HASH_SIZE]);
int ledger_message_add(Store *s, const MessageRow *m);

/* Was this said before? 1: yes, in these very bytes; 2: something else was; 0: nothing. With 1 and 2, the reason for
 * which what was said was refused; or empty. */
#define REFUSED_SIZE 32
int ledger_message_compare(Store *s, int64_t stream, int64_t seq, const char *topic, const void *payload, size_t n,
                           char ret_refused[static REFUSED_SIZE]);
/* A refused message's number is spent: the row is made where it was not held before. */
int ledger_message_refused(Store *s, const MessageRow *m, const char *reason);

/* The first held message with after < seq < below. 1: found, *ret_raw to be freed; 0: none. */
typedef struct HeldMessage {
        int64_t i, seq, at_us;
        char topic[320];
        void *raw;
        size_t n_raw;
} HeldMessage;
int ledger_held_next(Store *s, int64_t stream, int64_t after, int64_t below, HeldMessage *ret);
int ledger_unhold(Store *s, int64_t stream, int64_t seq, bool drop_raw);

typedef struct DeadLetter {
        int64_t at_us;
        const char *topic, *reason, *detail, *member;
        const void *raw;
        size_t size;
} DeadLetter;
#define DEAD_LETTERS_MAX 2000
#define DEAD_LETTER_RAW_MAX 65536
/* Keeps the newest DEAD_LETTERS_MAX. */
int ledger_dead_letter_add(Store *s, const DeadLetter *d);

int ledger_outbox_add(Store *s, int64_t at_us, const char *topic, const char *payload, bool retain, int64_t *ret_id);
int ledger_outbox_delete(Store *s, int64_t id);
/* The first entry after `id`: 1 and strings to be freed; 0: none. */
int ledger_outbox_next(Store *s, int64_t id, int64_t *ret_id, char **ret_topic, char **ret_payload, bool *ret_retain);

typedef struct StreamRow {
        int64_t id; /* 0: nothing was heard yet */
        char boot[BOOT_MAX + 1];
        bool current;
        Order order;
} StreamRow;

/* 1 found, 0 none. boot NULL: the current one. Holes found open count from now_us. */
int ledger_stream_get(Store *s, const char *kind, const char *device, const char *boot, int64_t now_us, StreamRow *ret);
/* Makes `boot` the current stream of its device; the one before stays for comparison. */
int ledger_stream_add(Store *s, const char *kind, const char *device, const char *boot, int64_t at_us, StreamRow *ret);
/* When its highest number in the current boot came, by wall time: 1, or 0: it counts nothing, or never spoke. */
int ledger_last_heard(Store *s, const char *kind, const char *device, int64_t *ret_at_us);
/* The next current stream after *id in which something is held or awaited: 1 and whose, *id moves; 0: none. */
int ledger_stream_waiting(Store *s, int64_t *id, char ret_kind[static 32], char ret_device[static LABEL_MAX + 1]);
/*
 * To be called when holes or losses change. Where a message is merely the next one its row in the ledger is enough: the
 * stream's own row is not written then, which spares each commit a page for each device.
 */
int ledger_stream_save(Store *s, const StreamRow *r);
