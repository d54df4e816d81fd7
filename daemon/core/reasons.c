/* SPDX-License-Identifier: Apache-2.0 */
#include "core/reasons.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void reasons_add(Reasons *r, const char *rule, const char *format, ...) {
        va_list ap;

        r->total++;
        if (r->n == REASONS_MAX)
                return;
        r->v[r->n].rule = rule;
        va_start(ap, format);
        vsnprintf(r->v[r->n].text, REASON_TEXT_MAX, format, ap);
        va_end(ap);
        r->n++;
}

bool reasons_has(const Reasons *r, const char *rule) {
        for (size_t i = 0; i < r->n; i++)
                if (strcmp(r->v[i].rule, rule) == 0)
                        return true;
        return false;
}
