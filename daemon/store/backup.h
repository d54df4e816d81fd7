/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Backup: a copy of the ledger while it is in use, by SQLite's own means, in slices that the caller spreads over the turns
 * of its loop. What is committed meanwhile goes into the copy, too, so the copy is the ledger as it is when the last page
 * is copied; `head` says which that is. One copy at a time.
 * The copy is private (0600), bears the mark of a copy, is on the disk before it gets its name, and takes no other file's
 * place. Until then it lies beside it, under that name with ".part" behind it. Whatever goes wrong, it is removed, and
 * the ledger is not in doubt for it.
 */
#include "store/ledger.h"

#define BACKUP_PATH_MAX 512
#define BACKUP_PART ".part"

typedef enum BackupState {
        BACKUP_NONE,     /* none since the start */
        BACKUP_COPYING,
        BACKUP_FLUSHING, /* all is copied, and goes to the disk */
        BACKUP_DONE,
        BACKUP_FAILED,
} BackupState;

typedef struct BackupLook {
        BackupState state;
        const char *path;      /* as given, its folder's links resolved */
        int64_t pages, copied; /* as of the last slice */
        int64_t bytes;         /* DONE: of the file */
        Head head;             /* from FLUSHING on: of the copy */
        const char *why;       /* FAILED: a sentence */
} BackupLook;

/* 0, and it is for the caller to go on with; 1: refused, `why` is a sentence that says what to do. keep_free: so many
 * bytes must be left on the disk of the copy. Touches no file that is there. */
int store_backup_start(Store *s, const char *path, int64_t keep_free, char why[static STORE_WHY_MAX]);

/* One slice of about two milliseconds, not within a batch. 0: go on; 1: it has ended, DONE or FAILED. */
int store_backup_turn(Store *s, int64_t wall_us);
bool store_backup_runs(const Store *s);
BackupLook store_backup_look(const Store *s);

/* Stopped, its file removed, FAILED with this sentence. Nothing where none runs. */
void store_backup_abort(Store *s, const char *why);

/* What a daemon that was killed in the middle of a backup to this path has left. */
void store_backup_clean(const char *path);
