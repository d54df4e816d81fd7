/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one connection reads the ledger, so that nobody else has to, and SQLite carries each page that is written meanwhile
 * over to the copy; a batch that is undone makes it begin anew. The copy's own connection needs neither journal nor
 * flush: until the copy has its name it is nothing.
 * Flushing a gigabyte in one call would hold up every decision for as long as the disk takes, so what was written is
 * pushed on after each slice, and waited for bit by bit at the end; what the last fsync then finds to do is little.
 *
 * The copy holds everything that the ledger does. So it is made in a folder alone that nobody but its owner, us or root,
 * can change, on the way to which the same holds: then nobody can put a link in our way, and nobody else reads along.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#include "store/sql-file.h"
#include "store/stmt.h"

#define SLICE_US 2000
#define SLICE_PAGES 8             /* between two looks at the clock */
#define SLICE_FLUSH (1 << 20)     /* bytes waited for in one turn */
#define CHECK_EVERY_PAGES 4096    /* whether the disk still has room */
#define BEGUN_ANEW_MAX 20

struct Backup {
        BackupState state;
        char path[BACKUP_PATH_MAX + 1], part[BACKUP_PATH_MAX + sizeof(BACKUP_PART)];
        int file, folder, begun_anew;
        sqlite3 *copy;
        sqlite3_backup *run;
        int64_t pages, copied, checked, bytes, flushed, keep_free;
        Head head;
        char why[STORE_WHY_MAX];
};

static int64_t monotonic_us(void) {
        struct timespec t;

        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * US_PER_S + t.tv_nsec / 1000;
}

/* --- where to --- */

static int _printf_(2, 3) refuse(char *why, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vsnprintf(why, STORE_WHY_MAX, format, ap);
        va_end(ap);
        return 1;
}

static bool is_plain(const char *path) {
        size_t n = strlen(path);

        for (const char *p = path; *p; p++)
                if ((unsigned char)*p < 0x20 || *p == 0x7f)
                        return false;
        return path[0] == '/' && n > 1 && n <= BACKUP_PATH_MAX && path[n - 1] != '/' && !strstr(path, "//") &&
               !strstr(path, "/../") && !strstr(path, "/./") && !streq(strrchr(path, '/'), "/..") &&
               !streq(strrchr(path, '/'), "/.");
}

/* Nobody but us and root can change what lies in it; on the way there a folder for all, like /tmp, will do. */
static bool is_ours(const struct stat *st, bool last) {
        const bool open = st->st_mode & (S_IWGRP | S_IWOTH);

        return S_ISDIR(st->st_mode) && (st->st_uid == 0 || st->st_uid == geteuid()) &&
               (!open || (!last && st->st_mode & S_ISVTX));
}

static bool way_is_ours(const char *folder) {
        char upper[PATH_MAX];
        struct stat st;
        bool last = true;

        snprintf(upper, sizeof(upper), "%s", folder);
        for (;;) {
                char *slash = strrchr(upper, '/');

                if (lstat(upper[0] ? upper : "/", &st) < 0 || !is_ours(&st, last))
                        return false;
                if (!slash)
                        return true;
                *slash = '\0';
                last = false;
        }
}

/* The folder's own path in b->path, and its name behind it. */
static int find_folder(Backup *b, const char *path, char why[static STORE_WHY_MAX]) {
        char folder[BACKUP_PATH_MAX + 1], real[PATH_MAX];
        const char *name = strrchr(path, '/') + 1;

        snprintf(folder, sizeof(folder), "%.*s", (int)MAX_OF(name - 1 - path, (ptrdiff_t)1), path);
        if (!realpath(folder, real) || (b->folder = open(real, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
                return refuse(why, "There is no folder %.100s that the daemon can use (%s). Make it first.", folder,
                              strerror(errno));
        if (!way_is_ours(streq(real, "/") ? "" : real))
                return refuse(why,
                              "Others than root and the daemon's user can write to %.100s, or to a folder above it. Choose one "
                              "that is closed to them (chmod go-w).",
                              folder);
        if (snprintf(b->path, sizeof(b->path), "%s/%s", streq(real, "/") ? "" : real, name) >= (int)sizeof(b->path))
                return refuse(why, "%s", "The path is too long.");
        snprintf(b->part, sizeof(b->part), "%s" BACKUP_PART, b->path);
        return 0;
}

static int64_t bytes_free(int fd) {
        struct statvfs fs;

        return fstatvfs(fd, &fs) < 0 ? -1 : (int64_t)(fs.f_bavail * fs.f_frsize);
}

/* What is there is not opened even to look: closing it could drop the lock on the ledger, or wake a device. */
static int make_file(Backup *b, char why[static STORE_WHY_MAX]) {
        struct stat st;

        if (lstat(b->path, &st) == 0)
                return refuse(why, "There is something at %.150s already. Choose a new name; nothing is written over.",
                              b->path);
        if (errno != ENOENT)
                return refuse(why, "The daemon cannot use the path %.150s.", b->path);
        b->file = open(b->part, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
        if (b->file < 0 && errno == EEXIST)
                return refuse(why, "There is something at %.150s already, left by another backup perhaps. Remove it.", b->part);
        return b->file < 0 ? refuse(why, "The daemon cannot write %.120s: %s. It may write below /var/lib/asepsis.",
                                    b->path, strerror(errno))
                           : 0;
}

static int find_room(Store *s, Backup *b, char why[static STORE_WHY_MAX]) {
        int64_t page_size = 0, left = bytes_free(b->file);
        int r = sql_int(s, SQL_PAGE_COUNT, &b->pages, "");

        if (r >= 0)
                r = sql_int(s, SQL_PAGE_SIZE, &page_size, "");
        if (r < 0)
                return refuse(why, "%s", "The ledger cannot be read.");
        if (left >= 0 && left - b->pages * page_size < b->keep_free)
                return refuse(why,
                              "The copy would have %" PRId64 " MB, %" PRId64 " MB of that disk are to stay free, and %" PRId64
                              " MB are. Free some space, or choose another disk.",
                              b->pages * page_size >> 20, b->keep_free >> 20, left >> 20);
        return 0;
}

/* --- ending --- */

/* Its file and all that hangs on it. The fields that tell of it stay. */
static void release(Backup *b) {
        if (b->run)
                sqlite3_backup_finish(b->run);
        sqlite3_close(b->copy);
        if (b->file >= 0)
                close(b->file);
        if (b->folder >= 0)
                close(b->folder);
        b->run = NULL;
        b->copy = NULL;
        b->file = b->folder = -1;
}

static int failed(Backup *b, const char *why) {
        release(b);
        unlink(b->part);
        snprintf(b->why, sizeof(b->why), "%s", why);
        b->state = BACKUP_FAILED;
        return 1;
}

static int failed_by(Backup *b, int error) {
        char why[STORE_WHY_MAX];

        snprintf(why, sizeof(why), "%.100s cannot be written: %s. %s", b->path, strerror(error),
                 error == ENOSPC || error == EDQUOT ? "Free some space, or choose another disk." : "Look at that disk.");
        return failed(b, why);
}

static int failed_in_sqlite(Backup *b, int rc) {
        char why[STORE_WHY_MAX];

        if ((rc & 0xff) == SQLITE_FULL)
                return failed_by(b, ENOSPC);
        snprintf(why, sizeof(why), "The copy at %.100s could not be made: %s. Look at the disks.", b->path,
                 b->copy && sqlite3_errcode(b->copy) != SQLITE_OK ? sqlite3_errmsg(b->copy) : sqlite3_errstr(rc));
        return failed(b, why);
}

/* --- the turns --- */

static int open_copy(Store *s, Backup *b) {
        int rc = sqlite3_open_v2(b->part, &b->copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_NOFOLLOW, NULL);

        if (rc == SQLITE_OK)
                rc = sqlite3_exec(b->copy, COPY_SQL_OPEN, NULL, NULL, NULL);
        if (rc == SQLITE_OK && !(b->run = sqlite3_backup_init(b->copy, "main", s->db, "main")))
                rc = sqlite3_errcode(b->copy);
        return rc;
}

int store_backup_start(Store *s, const char *path, int64_t keep_free, char why[static STORE_WHY_MAX]) {
        Backup *b;
        int r;

        if (store_backup_runs(s))
                return refuse(why, "A backup to %.150s is being made. Wait until it is done.", s->backup->path);
        if (!is_plain(path))
                return refuse(why, "%s",
                              "Give the whole path of the copy, from / on, without . and .. in it and without control characters.");
        b = malloc(sizeof(*b));
        if (!b)
                return refuse(why, "%s", strerror(ENOMEM));
        *b = (Backup){ .state = BACKUP_COPYING, .file = -1, .folder = -1, .keep_free = keep_free };
        if ((r = find_folder(b, path, why)) == 0)
                r = make_file(b, why);
        if (r == 0 && (r = find_room(s, b, why)) == 0 && open_copy(s, b) != SQLITE_OK)
                r = refuse(why, "SQLite cannot write %.150s.", b->path);
        if (r == 0) {
                free(s->backup);
                s->backup = b;
                return 0;
        }
        if (b->file >= 0)
                unlink(b->part);
        release(b);
        free(b);
        return r;
}

/* What the copy ends with, asked of the copy itself. */
static int read_head(sqlite3 *copy, Head *ret) {
        sqlite3_stmt *stmt = NULL;
        int rc = sqlite3_prepare_v2(copy, COPY_SQL_HEAD, -1, &stmt, NULL);

        *ret = (Head){};
        if (rc == SQLITE_OK && (rc = sqlite3_step(stmt)) == SQLITE_ROW && sqlite3_column_bytes(stmt, 1) == HASH_SIZE) {
                ret->size = sqlite3_column_int64(stmt, 0);
                memcpy(ret->hash, sqlite3_column_blob(stmt, 1), HASH_SIZE);
        }
        sqlite3_finalize(stmt);
        return rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* All pages are there. From here on the copy does not follow the ledger any more. It becomes one file, without a log
 * beside it, so that it can be looked at where nothing can be written. */
static int copied(Backup *b, int64_t wall_us) {
        struct stat st;
        int rc = sqlite3_backup_finish(TAKE(b->run));

        if (rc == SQLITE_OK)
                rc = read_head(b->copy, &b->head);
        if (rc == SQLITE_OK)
                rc = copy_mark(b->copy, wall_us);
        if (rc == SQLITE_OK)
                rc = sqlite3_exec(b->copy, COPY_SQL_CLOSE, NULL, NULL, NULL);
        if (rc != SQLITE_OK)
                return failed_in_sqlite(b, rc);
        sqlite3_close(TAKE(b->copy));
        if (fstat(b->file, &st) < 0)
                return failed_by(b, errno);
        b->bytes = st.st_size;
        b->state = BACKUP_FLUSHING;
        return 0;
}

static int copy_slice(Backup *b, int64_t wall_us) {
        const int64_t until = monotonic_us() + SLICE_US;
        int rc;

        do
                rc = sqlite3_backup_step(b->run, SLICE_PAGES);
        while (rc == SQLITE_OK && monotonic_us() < until);
        b->pages = sqlite3_backup_pagecount(b->run);
        b->begun_anew += b->pages - sqlite3_backup_remaining(b->run) < b->copied;
        b->copied = b->pages - sqlite3_backup_remaining(b->run);
        if (b->begun_anew > BEGUN_ANEW_MAX)
                return failed(b, "Changes of the ledger failed again and again, and each made the copy begin anew. See the "
                                 "alerts and the ledger's disk first.");
        if (rc == SQLITE_DONE)
                return copied(b, wall_us);
        if (rc != SQLITE_OK)
                return failed_in_sqlite(b, rc);
        if (b->copied - b->checked >= CHECK_EVERY_PAGES || b->copied < b->checked) {
                b->checked = b->copied;
                if (bytes_free(b->file) < b->keep_free)
                        return failed_by(b, ENOSPC);
        }
        sync_file_range(b->file, 0, 0, SYNC_FILE_RANGE_WRITE); /* a hint: the fsync at the end tells of errors */
        return 0;
}

/* Nobody can have put anything there, but what we take is an empty place or nothing. */
static int name_it(Backup *b) {
        if (fsync(b->file) < 0)
                return failed_by(b, errno);
        if (renameat2(AT_FDCWD, b->part, AT_FDCWD, b->path, RENAME_NOREPLACE) < 0)
                return failed_by(b, errno);
        if (fsync(b->folder) < 0) {
                unlink(b->path);
                return failed_by(b, errno);
        }
        release(b);
        b->state = BACKUP_DONE;
        return 1;
}

static int flush_slice(Backup *b) {
        if (b->flushed >= b->bytes)
                return name_it(b);
        sync_file_range(b->file, b->flushed, SLICE_FLUSH,
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
        b->flushed += SLICE_FLUSH;
        return 0;
}

int store_backup_turn(Store *s, int64_t wall_us) {
        if (s->in_batch || !store_backup_runs(s))
                return 0;
        return s->backup->state == BACKUP_COPYING ? copy_slice(s->backup, wall_us) : flush_slice(s->backup);
}

bool store_backup_runs(const Store *s) {
        return s->backup && (s->backup->state == BACKUP_COPYING || s->backup->state == BACKUP_FLUSHING);
}

BackupLook store_backup_look(const Store *s) {
        const Backup *b = s->backup;

        if (!b)
                return (BackupLook){};
        return (BackupLook){ b->state, b->path, b->pages, b->copied, b->bytes, b->head, b->why };
}

void store_backup_abort(Store *s, const char *why) {
        if (store_backup_runs(s))
                failed(s->backup, why);
}

/* Asked of our own ledger, and still only what a backup leaves. */
void store_backup_clean(const char *path) {
        static const char *const ends[] = { BACKUP_PART, BACKUP_PART "-wal", BACKUP_PART "-journal" };
        char name[BACKUP_PATH_MAX + 32];
        struct stat st;

        for (size_t i = 0; i < ELEMENTSOF(ends); i++) {
                snprintf(name, sizeof(name), "%s%s", path, ends[i]);
                if (lstat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_uid == geteuid())
                        unlink(name);
        }
}
