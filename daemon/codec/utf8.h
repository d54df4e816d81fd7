/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>

/* Bytes of the well-formed UTF-8 sequence at s, or 0 (The Unicode Standard, table 3-7). Reads no further than the first
 * byte that does not belong there, so a NUL at the end of the text is bound enough. */
static inline size_t utf8_length(const unsigned char *s) {
        unsigned char low = 0x80, high = 0xBF;
        size_t n;

        if (s[0] < 0x80)
                return 1;
        if (s[0] < 0xC2 || s[0] > 0xF4)
                return 0;
        n = s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
        if (s[0] == 0xE0)
                low = 0xA0; /* overlong */
        else if (s[0] == 0xED)
                high = 0x9F; /* surrogates */
        else if (s[0] == 0xF0)
                low = 0x90; /* overlong */
        else if (s[0] == 0xF4)
                high = 0x8F; /* beyond U+10FFFF */
        for (size_t i = 1; i < n; i++, low = 0x80, high = 0xBF)
                if (s[i] < low || s[i] > high)
                        return 0;
        return n;
}
