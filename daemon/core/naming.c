/* SPDX-License-Identifier: Apache-2.0 */
#include "core/naming.h"

#include <stdint.h>
#include <string.h>

static bool is_letter(char c) {
        const unsigned char u = (unsigned char)c;

        return (u >= 'a' && u <= 'z') || (u >= 'A' && u <= 'Z') || (u >= '0' && u <= '9') || u >= 0x80;
}

/* Does a word go on over text[i] in this direction? A mark between two letters is part of it. */
static bool goes_on(const char *text, size_t n, size_t i, int step) {
        const size_t beyond = i + (size_t)(intptr_t)step;

        if (i >= n)
                return false;
        if (is_letter(text[i]))
                return true;
        return strchr("-_.", text[i]) && text[i] && beyond < n && is_letter(text[beyond]);
}

bool naming(const char *text, size_t n, const char *word) {
        const size_t m = strlen(word);

        if (m < NAMING_WORD_MIN)
                return false;
        for (size_t i = 0; m <= n && i <= n - m; i++)
                if (memcmp(text + i, word, m) == 0 && !goes_on(text, n, i - 1, -1) && !goes_on(text, n, i + m, 1))
                        return true;
        return false;
}
