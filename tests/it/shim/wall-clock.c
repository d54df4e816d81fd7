/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A wall clock that somebody sets, and a machine that slept: the file named by WALL_CLOCK holds by how many seconds the
 * clock is off and, where there is a second number, how long the machine was asleep, which CLOCK_MONOTONIC then lacks. It
 * is read at each call. CLOCK_BOOTTIME goes on as it is. Written for a program that asks clock_gettime(2) or time(2); with
 * several such shims LD_PRELOAD has them one behind the other, with colons between.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static void read_file(long long *off_s, long long *asleep_s) {
        const char *path = getenv("WALL_CLOCK");
        char text[48] = "", *end;
        int error = errno, fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
        ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

        if (fd >= 0)
                close(fd);
        errno = error;
        *off_s = n > 0 ? strtoll(text, &end, 10) : 0;
        *asleep_s = n > 0 ? strtoll(end, NULL, 10) : 0;
}

int clock_gettime(clockid_t id, struct timespec *t) {
        const int wall = id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE;
        long long off_s, asleep_s;
        int r = REAL(clock_gettime)(id, t);

        if (r != 0 || (!wall && id != CLOCK_MONOTONIC))
                return r;
        read_file(&off_s, &asleep_s);
        t->tv_sec += wall ? off_s : -asleep_s;
        return r;
}

time_t time(time_t *ret) {
        struct timespec t = { 0 };

        clock_gettime(CLOCK_REALTIME, &t);
        if (ret)
                *ret = t.tv_sec;
        return t.tv_sec;
}
