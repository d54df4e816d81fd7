/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * SHA-256 for every message and every record: by libcrypto, which uses the processor's own instructions where it has
 * them. libsodium's portable code takes four times as long, and that was a sixth of the intake (doc/performance.md).
 */
#include <stddef.h>
#include <stdint.h>

#define SHA256_SIZE 32

typedef struct Sha256Part {
        const void *p;
        size_t n;
} Sha256Part;

/* Before the first use. -ENOTSUP: libcrypto has no SHA-256. */
int sha256_init(void);

/* Over the parts, one behind the other. -EIO: libcrypto failed; ret is not written then. */
int sha256(const Sha256Part *parts, size_t n, uint8_t ret[static SHA256_SIZE]);
/* The same, of parts that come one after the other; nothing else is hashed between begin and end. Errors show at the end. */
void sha256_begin(void);
void sha256_more(const void *p, size_t n);
int sha256_end(uint8_t ret[static SHA256_SIZE]);
