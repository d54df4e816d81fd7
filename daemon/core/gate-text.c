/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/gate-rules.h"

void gate_say(char text[static GATE_TEXT_MAX], const char *format, ...) {
        va_list args;

        va_start(args, format);
        vsnprintf(text, GATE_TEXT_MAX, format, args);
        va_end(args);
}

const char *gate_clip(char *buf, size_t size, const char *s) {
        static const char more[] = "\u2026";
        size_t n = strlen(s ? s : ""), cut = size - sizeof(more);
        bool fits = n < size;

        if (n == 0)
                return "?";
        if (!fits)
                n = cut;
        while (!fits && n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
                n--;
        while (fits && n > 1 && (s[n - 1] == '.' || s[n - 1] == ' '))
                n--;
        for (size_t k = 0; k < n; k++)
                buf[k] = (unsigned char)s[k] < 0x20 || s[k] == 0x7f ? ' ' : s[k];
        memcpy(buf + n, fits ? "" : more, fits ? 1 : sizeof(more));
        return buf;
}

const char *gate_date_text(char *buf, size_t size, int32_t date) {
        static const char *const months[] = { "January", "February", "March",     "April",   "May",      "June",
                                              "July",    "August",   "September", "October", "November", "December" };
        int year = date / 10000, month = date / 100 % 100, day = date % 100;

        if (date <= 0 || month < 1 || month > 12)
                return "an unknown day";
        if (day == 0)
                snprintf(buf, size, "the end of %s %d", months[month - 1], year);
        else
                snprintf(buf, size, "%d %s %d", day, months[month - 1], year);
        return buf;
}

const char *gate_ago_text(char *buf, size_t size, int64_t us) {
        static const struct {
                int64_t us;
                const char *word;
        } units[] = { { US_PER_DAY, "day" }, { 3600 * US_PER_S, "hour" }, { 60 * US_PER_S, "minute" } };

        for (size_t k = 0; k < ELEMENTSOF(units); k++) {
                long long n = us / units[k].us;

                if (n == 0)
                        continue;
                snprintf(buf, size, "%lld %s%s ago", n, units[k].word, n == 1 ? "" : "s");
                return buf;
        }
        return "less than a minute ago";
}
