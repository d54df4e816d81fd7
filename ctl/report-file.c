/* SPDX-License-Identifier: Apache-2.0 */
#include "report-file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "util.h"

static int write_all(int fd, const char *text, size_t size) {
        while (size > 0) {
                ssize_t n = write(fd, text, size);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                text += n;
                size -= (size_t)n;
        }
        return 0;
}

/* Beside the file, so that both are on one disk. */
static int write_beside(const char *path, char *beside, const char *text, size_t size) {
        int fd = mkstemp(beside), r; /* mode 0600 */

        if (fd < 0)
                return -errno;
        r = write_all(fd, text, size);
        if (r == 0 && fsync(fd) < 0)
                r = -errno;
        if (close(fd) < 0 && r == 0)
                r = -errno;
        if (r == 0 && rename(beside, path) < 0)
                r = -errno;
        if (r < 0)
                unlink(beside);
        return r;
}

int report_file_write(const char *path, const char *text, size_t size) {
        _cleanup_(freep) char *beside = NULL;
        struct stat st;

        if (streq(path, "-"))
                return write_all(STDOUT_FILENO, text, size);
        if (lstat(path, &st) == 0 && !S_ISREG(st.st_mode))
                return -EEXIST;
        if (asprintf(&beside, "%s.XXXXXX", path) < 0) {
                beside = NULL;
                return -ENOMEM;
        }
        return write_beside(path, beside, text, size);
}
