/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read() and write() before those of the C library, for every shared library of the process: see stream.h. Linked to the
 * daemon alone, not part of the archive; for what is none of stream.c's it is the system call and nothing more.
 */
#include <sys/syscall.h>
#include <unistd.h>

#include "mqtt/stream.h"

ssize_t read(int fd, void *buf, size_t n) {
        ssize_t r;

        return stream_read(fd, buf, n, &r) ? r : syscall(SYS_read, fd, buf, n);
}

ssize_t write(int fd, const void *buf, size_t n) {
        ssize_t r;

        return stream_write(fd, buf, n, &r) ? r : syscall(SYS_write, fd, buf, n);
}
