/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Verify: is a ledger file what its own chain says? Of a file that no daemon has open, read and never written.
 *
 * SQLite's own check of the file with its indexes; the schema, which must be that of a fresh ledger; the chain, record by
 * record; each message against the digest in its record; and the state, built anew from the records (changes.h) in a
 * scratch file of SQLite's and compared with the tables, both ways. Memory does not grow with the ledger; the scratch
 * file takes about as much room as the state, in $SQLITE_TMPDIR, or /var/tmp.
 *
 * Whoever can write the file can also make a new chain over it; so a sound ledger is one that has the heads that were
 * handed out, and `heads` is where they go.
 */
#include "core/limits.h"
#include "store/ledger.h"

#define VERIFY_WHY_MAX 1024

typedef struct VerifyOptions {
        const char *path;
        const Head *heads; /* must be on the chain, in any order */
        size_t n_heads;
        /* What is being done, and how far: of total, or 0 where nobody knows. May be NULL. */
        void (*progress)(void *userdata, const char *what, int64_t done, int64_t total);
        void *userdata;
} VerifyOptions;

typedef struct VerifyResult {
        char why[VERIFY_WHY_MAX]; /* empty where it is sound */
        char log[LABEL_MAX + 1];  /* the ledger's name, and when it was copied; 0: it bears no copy's mark */
        int64_t copied_us;
        Head head;
        int64_t first_us, last_us; /* of the records */
        int64_t base_i;            /* from this record on the state is in the chain */
        int64_t messages, changes, rows;
} VerifyResult;

/*
 * 0: it is sound, and has all the heads. 1: it is not; ret->why says what was found first. Negative: nobody can tell, and
 * why: -ENOENT and such from opening it; -EBUSY a daemon has it open; -EPROTO it is no ledger, or of another version.
 */
int verify_ledger(const VerifyOptions *o, VerifyResult *ret);

/* What a file says of itself, unverified: its name, and the public keys (base64url) whose signatures count. As above. */
#define VERIFY_KEYS_MAX 64
typedef struct VerifyKeys {
        size_t n;
        char v[VERIFY_KEYS_MAX][64];
} VerifyKeys;
int verify_keys(const char *path, char ret_log[static LABEL_MAX + 1], VerifyKeys *ret, char why[static VERIFY_WHY_MAX]);
