/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Stream: the bytes between the broker's socket and libmosquitto, in few system calls.
 *
 * The library asks its socket for a packet in four pieces, the first of them a byte each, writes every packet alone, and
 * wakes a thread that it may have with a byte through a socket pair: six calls a message, a quarter of the daemon's time
 * under load. It calls read() and write() by way of the dynamic linker, and interpose.c stands there before the C library.
 * While the library works on the connection its socket is lent to a Stream: then what it reads comes from a buffer that is
 * filled at one go, and what it writes is gathered until stream_push(); and nobody is woken. Everything else is read and
 * written as without it; and so is this where interpose.c is not linked, or where a later library uses other calls.
 *
 * Gathering also makes sure that nothing leaves before the commit: only stream_push() writes to the socket. TLS is no
 * different: there it is libcrypto that reads and writes the socket.
 */
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define STREAM_SIZE 16384 /* bytes, each way */

typedef struct Stream {
        int fd; /* while lent; else -1 */
        size_t in_at, in_end, n_out;
        char in[STREAM_SIZE], out[STREAM_SIZE];
} Stream;

/* Nothing read, nothing gathered, nothing known: before a connection, and before its handle is destroyed. */
void stream_reset(Stream *s);

/* Around every call of the library that may use the socket. One connection at a time. */
void stream_lend(Stream *s, int fd);
void stream_take_back(Stream *s);

/* Writes what was gathered, as much as the socket takes. 0, also where some is left (stream_pending()); negative errno. */
int stream_push(Stream *s, int fd);
bool stream_pending(const Stream *s);

/* Something was taken from the socket and not yet read by the library. */
bool stream_unread(const Stream *s);

/* For interpose.c: what read() and write() do, or false where they are none of ours. */
bool stream_read(int fd, void *buf, size_t n, ssize_t *ret);
bool stream_write(int fd, const void *buf, size_t n, ssize_t *ret);
