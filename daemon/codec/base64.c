/* SPDX-License-Identifier: Apache-2.0 */
/* libsodium's does not show by its time what it encodes, as a key needs it; a digest in each record does not. */
#include "codec/base64.h"

#include <assert.h>
#include <stdint.h>

void to_base64(const void *from, size_t n, char *to, size_t size) {
        static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        const uint8_t *p = from;
        unsigned have = 0;
        uint32_t bits = 0;

        assert(size >= BASE64_SIZE(n));
        for (size_t i = 0; i < n; i++) {
                bits = bits << 8 | p[i];
                for (have += 8; have >= 6; have -= 6)
                        *to++ = digits[bits >> (have - 6) & 63];
        }
        if (have > 0)
                *to++ = digits[bits << (6 - have) & 63];
        *to = '\0';
}
