/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Store: the one connection to the ledger, and the one transaction. Nobody else opens the live file.
 * Errors, everywhere in store/: 0 or a documented positive outcome; -ENOSPC disk full; -EIO the disk failed;
 * -EBADMSG the file is damaged; -EEXIST a uniqueness that the schema holds; -ENOMEM; -EINVAL our own bug.
 * After -EIO or -EBADMSG the store is spoiled: no commit succeeds any more (store_spoiled()). After -ENOSPC the batch
 * is lost, and the next one may succeed.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

typedef struct Store Store;

typedef struct StoreOptions {
        const char *path;
        int cache_kib; /* 0: 4096 */
        /* Called again and again while a large ledger is brought up to date, until store_ready(); whoever waits for us must
         * know that something is done. May be NULL. */
        void (*at_work)(void *userdata);
        void *userdata;
} StoreOptions;

/* What open found that the caller should say aloud. */
typedef struct StoreOpened {
        bool created;
        int from_version, to_version;
} StoreOpened;

#define STORE_WHY_MAX 256

/*
 * Opens or creates the ledger, reads the pragmas back, checks the file's identity and structure, migrates after a
 * backup beside it. -EPROTO: not our file, or a newer schema; -EBUSY: another process has it. `why` says more.
 */
int store_open(Store **ret, const StoreOptions *o, StoreOpened *ret_opened, char why[static STORE_WHY_MAX]);
/* The first start is over: nobody is told any more what is done, and statements that only a start needs are let go. */
void store_ready(Store *s);
/* Of a ledger that no daemon has, or a copy of one: for looking only, nothing of it is changed or brought up to date. Errors
 * as above; -ENOENT. */
int store_open_readonly(Store **ret, const char *path, char why[static STORE_WHY_MAX]);
Store *store_close(Store *s);
DEFINE_CLEANUP(Store, store_close)

/* The file's own path, links resolved. */
const char *store_path(const Store *s);

/* Begins the batch's transaction where none is open. */
int store_begin(Store *s);
int store_commit(Store *s);
void store_rollback(Store *s);
bool store_in_batch(const Store *s);
bool store_spoiled(const Store *s);
/* Another number than before: something was undone since, and what was read or written then may not be there. */
uint64_t store_undone(const Store *s);
const char *store_why(const Store *s);

/*
 * The write-ahead log is copied into the ledger when the loop has nothing better to do, from CHECKPOINT_PAGES pages on;
 * where it never is idle, after a commit that finds CHECKPOINT_PAGES_MAX. Errors spoil the store.
 */
#define CHECKPOINT_PAGES 250
#define CHECKPOINT_PAGES_MAX 8000
/* All of the log into the ledger, and nothing of it left behind: what was erased is in neither. Outside any batch; -EBUSY:
 * not now. Errors as above. */
int store_scrub(Store *s);
bool store_checkpoint_due(const Store *s);
int store_checkpoint(Store *s);

/* The effects of one message, or of a run of them, within the batch: all or none. They nest not. */
int store_savepoint(Store *s);
int store_savepoint_release(Store *s);
int store_savepoint_rollback(Store *s);

/* meta: small facts about the ledger itself. text_get: 1 found, 0 not there. */
int store_meta_int_get(Store *s, const char *name, int64_t *ret);
int store_meta_int_set(Store *s, const char *name, int64_t value);
int store_meta_text_get(Store *s, const char *name, char *ret, size_t size);
int store_meta_text_set(Store *s, const char *name, const char *value);
int store_meta_delete(Store *s, const char *name);
