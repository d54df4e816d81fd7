/* SPDX-License-Identifier: Apache-2.0 */
#include "progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "util.h"

#define QUIET_US US_PER_S
#define EVERY_US (US_PER_S / 4)

void progress_tell(Progress *p, int64_t done, int64_t of) {
        struct timespec t;
        int64_t now_us;

        clock_gettime(CLOCK_MONOTONIC, &t);
        now_us = t.tv_sec * US_PER_S + t.tv_nsec / 1000;
        if (p->began_us == 0)
                p->began_us = now_us;
        if (now_us - p->began_us < QUIET_US || now_us - p->shown_us < EVERY_US || !isatty(STDERR_FILENO))
                return;
        p->shown_us = now_us;
        if (of > 0)
                fprintf(stderr, "\r%s: %" PRId64 " of %" PRId64 " (%d %%)\033[K", p->what, done, of,
                        (int)(done * 100 / of));
        else
                fprintf(stderr, "\r%s: %" PRId64 "\033[K", p->what, done);
        fflush(stderr);
}

void progress_on(void *userdata, const char *what, int64_t done, int64_t of) {
        Progress *p = userdata;

        p->what = what;
        progress_tell(p, done, of);
}

void progress_end(Progress *p) {
        if (p->shown_us)
                fputs("\r\033[K", stderr);
        p->shown_us = 0;
}
