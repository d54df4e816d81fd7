/* SPDX-License-Identifier: Apache-2.0 */
/* recv() and send() here, which nobody stands before. */
#include "mqtt/stream.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "util.h"

static Stream *lent;
static int wake = -1; /* the library's end of its socket pair, once it has been seen */

void stream_reset(Stream *s) {
        assert(lent != s);
        s->fd = wake = -1;
        s->in_at = s->in_end = s->n_out = 0;
}

void stream_lend(Stream *s, int fd) {
        assert(!lent);
        s->fd = fd;
        lent = s;
}

void stream_take_back(Stream *s) {
        s->fd = -1;
        lent = NULL;
}

int stream_push(Stream *s, int fd) {
        size_t done = 0;
        ssize_t n = 0;

        while (done < s->n_out && (n = send(fd, s->out + done, s->n_out - done, MSG_DONTWAIT | MSG_NOSIGNAL)) > 0)
                done += (size_t)n;
        s->n_out -= done;
        memmove(s->out, s->out + done, s->n_out);
        return n < 0 && errno != EAGAIN && errno != EINTR ? -errno : 0;
}

bool stream_pending(const Stream *s) {
        return s->n_out > 0;
}

bool stream_unread(const Stream *s) {
        return s->in_at < s->in_end;
}

/* 1: there is something to be had; else what recv() returned. */
static ssize_t fill(Stream *s) {
        ssize_t n = recv(s->fd, s->in, sizeof(s->in), MSG_DONTWAIT);

        if (n <= 0)
                return n;
        s->in_at = 0;
        s->in_end = (size_t)n;
        return 1;
}

bool stream_read(int fd, void *buf, size_t n, ssize_t *ret) {
        Stream *s = lent;

        if (!s || fd != s->fd)
                return false;
        if (s->in_at == s->in_end && (*ret = fill(s)) <= 0)
                return true;
        n = MIN_OF(n, s->in_end - s->in_at);
        memcpy(buf, s->in + s->in_at, n);
        s->in_at += n;
        *ret = (ssize_t)n;
        return true;
}

/* As much as there is room for; a full buffer is what a full socket is. */
static ssize_t gather(Stream *s, const void *buf, size_t n) {
        n = MIN_OF(n, sizeof(s->out) - s->n_out);
        if (n == 0) {
                errno = EAGAIN;
                return -1;
        }
        memcpy(s->out + s->n_out, buf, n);
        s->n_out += n;
        return (ssize_t)n;
}

/* The first byte that goes elsewhere while the socket is lent is the library's, which queues a packet before any hook of
 * ours is called. The pair is open as long as its handle. */
static bool wakes(int fd, size_t n) {
        if (lent && wake < 0 && n == 1 && fd >= 0)
                wake = fd;
        return wake >= 0 && fd == wake && n == 1;
}

bool stream_write(int fd, const void *buf, size_t n, ssize_t *ret) {
        if (lent && fd == lent->fd)
                *ret = gather(lent, buf, n);
        else if (wakes(fd, n))
                *ret = 1;
        else
                return false;
        return true;
}
