/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Progress: how far something is that takes longer than a second. On stderr, where that is a terminal, in one line. */
#include <stdint.h>

typedef struct Progress {
        const char *what;             /* "records exported" */
        int64_t began_us, shown_us;   /* begin with 0 */
} Progress;

/* So much is done, of so much; of 0: nobody knows. */
void progress_tell(Progress *p, int64_t done, int64_t of);
/* The same with its words, for whoever calls back; userdata is the Progress. */
void progress_on(void *userdata, const char *what, int64_t done, int64_t of);
/* It is over: the line is gone. */
void progress_end(Progress *p);
