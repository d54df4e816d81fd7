/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that fails when it is told to: loaded before the daemon's libraries, it stands in for what SQLite writes with.
 * The file named by FAILING_DISK holds one word, and is read before each call:
 *
 *   eio         fdatasync and fsync give EIO
 *   enospc      writing gives ENOSPC, and statvfs says that nothing is left
 *   quota       writing gives ENOSPC, and statvfs sees nothing of it
 *   low         statvfs says that nothing is left, and writing still works
 *   kill-sync   SIGKILL in place of the next fdatasync: written, and not known to be on the disk
 *   kill-write  SIGKILL in place of the next write: read, and nothing of it written
 *
 * FAILING_DISK_COUNT names a file that grows by a byte with each fdatasync or fsync. Only regular files fail.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int told(const char *word) {
        const char *path = getenv("FAILING_DISK");
        char is[16] = "";
        int error = errno, fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        ssize_t n = fd < 0 ? 0 : read(fd, is, sizeof(is) - 1);

        if (fd >= 0)
                close(fd);
        errno = error;
        return n > 0 && strcmp(is, word) == 0;
}

static int is_file(int fd) {
        struct stat st;
        int error = errno, is = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);

        errno = error;
        return is;
}

static void count(void) {
        const char *path = getenv("FAILING_DISK_COUNT");
        int fd = path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

        if (fd < 0)
                return;
        (void)!REAL(write)(fd, "x", 1);
        close(fd);
}

static int sync_fails(void) {
        count();
        if (told("kill-sync"))
                raise(SIGKILL);
        if (!told("eio"))
                return 0;
        errno = EIO;
        return 1;
}

int fdatasync(int fd) {
        return sync_fails() ? -1 : REAL(fdatasync)(fd);
}

int fsync(int fd) {
        return sync_fails() ? -1 : REAL(fsync)(fd);
}

static int write_fails(int fd) {
        if (!is_file(fd) || fd <= STDERR_FILENO)
                return 0;
        if (told("kill-write"))
                raise(SIGKILL);
        if (!told("enospc") && !told("quota"))
                return 0;
        errno = ENOSPC;
        return 1;
}

ssize_t write(int fd, const void *buf, size_t n) {
        return write_fails(fd) ? -1 : REAL(write)(fd, buf, n);
}

ssize_t pwrite(int fd, const void *buf, size_t n, off_t at) {
        return write_fails(fd) ? -1 : REAL(pwrite)(fd, buf, n, at);
}

ssize_t pwrite64(int fd, const void *buf, size_t n, off64_t at) {
        return write_fails(fd) ? -1 : REAL(pwrite64)(fd, buf, n, at);
}

int statvfs(const char *path, struct statvfs *fs) {
        int r = REAL(statvfs)(path, fs);

        if (r == 0 && (told("enospc") || told("low")))
                fs->f_bavail = fs->f_bfree = 0;
        return r;
}
