/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Samples: a series of measurements as few bytes, for the ledger. Lossless for every Sample; each chunk stands alone.
 * Pure; the caller owns both buffers.
 *
 * A chunk: one byte of scale, then for each sample three variable-length integers (seven bits a byte, low ones first,
 * zigzag): the change of the time step, the change of temperature, the change of pressure, all in units of the scale.
 * The scale byte is a + 7 * (b + 4 * c): times are multiples of 10^a us (a <= 6), temperatures of 10^b mC (b <= 3),
 * pressures of 10^c Pa (c <= 3), each as large as all samples allow. So a series has exactly one encoding. The end of
 * the bytes is the end of the series; no samples are no bytes.
 *
 * While a cycle runs, what is known of a chunk beside its samples stands before them as a stamp: one byte above every
 * scale, then two integers as above. So that a cycle can be taken up again as if nothing had happened.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/event.h"

/* Bytes that always suffice for n samples: 10 for a time, 5 for a temperature, 5 for a pressure. */
#define SAMPLES_ENCODED_MAX(n) (1 + (size_t)(n) * 20)

/* Returns the bytes written; 0 when n is 0 or `size` does not suffice. */
size_t samples_encode(const Sample *samples, size_t n, uint8_t *buf, size_t size);

/* Takes only what samples_encode() makes: -EBADMSG for anything else, -ENOBUFS when more than `max` samples are in it
 * (some of `ret` may then be overwritten). */
int samples_decode(const uint8_t *buf, size_t size, Sample *ret, size_t max, size_t *ret_n);

typedef enum StampKind {
        STAMP_ARRIVAL, /* when the samples after it came */
        STAMP_AWAY,    /* alone: for `us` the daemon or the broker was away, and messages may have waited */
} StampKind;

typedef struct Stamp {
        StampKind kind;
        int64_t epoch; /* which clock: one for each start of the machine */
        int64_t us;    /* on it; of STAMP_AWAY: how long */
} Stamp;

#define STAMP_MAX 21 /* bytes */

/* Returns the bytes written; 0 when `size` does not suffice. */
size_t stamp_encode(const Stamp *stamp, uint8_t *buf, size_t size);

/* 1, the stamp and its bytes; 0: the bytes begin with none; -EBADMSG: with a broken one. */
int stamp_decode(const uint8_t *buf, size_t size, Stamp *ret, size_t *ret_n);

/*
 * What came apart and is kept in one chunk: a byte above every stamp, then each part (a stamp and its samples, as above) with
 * its length before it, as an integer as above.
 */
/* Adds a part to such a chunk, of which `used` bytes are there (0: it begins). Returns the bytes that are there then, the
 * part being the last of them; 0 when `size` does not suffice. */
size_t part_add(uint8_t *chunk, size_t used, size_t size, const uint8_t *part, size_t n);

/* The parts of any chunk; one that is none of several is its only part. */
typedef struct PartReader {
        const uint8_t *at, *end;
        bool several, more;
} PartReader;

typedef struct Part {
        bool stamped;
        Stamp stamp;
        const uint8_t *samples; /* for samples_decode() */
        size_t size;
} Part;

void parts_begin(PartReader *p, const void *chunk, size_t size);
/* 1 and the next part; 0: there is none; -EBADMSG: it is broken. */
int part_next(PartReader *p, Part *ret);
