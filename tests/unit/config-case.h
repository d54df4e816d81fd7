/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Cases of good and bad configuration: a small base, what is added to it, and what must be said about it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "config-internal.h"

/* Complete and small; ends in [site], so that a case may go on there. */
static const char base[] =
        "[room r]\n"
        "[program p]\ntype = prevacuum\nset-temperature = 134 C\nhold-min = 3 min\npulses = 3\n"
        "pulse-pressure-kpa = 30\nwraps = pouch\n"
        "[program t]\ntype = prevacuum\npurpose = test\n"
        "[autoclave a]\nclass-type = B\nband = en13060\nuncertainty-c = 0.5\nprograms = p, t\n"
        "[class needle]\nrole = needle\n"
        "[class tool]\nrole = instrument\nsingle-use = no\nreprocessing = sterilize\n"
        "[procedure skin]\nneeds = needle\n"
        "[site]\ntimezone = UTC\n";

static ConfigErrors errors;

static inline int load(const char *text, size_t n, Config **ret) {
        FILE *f = fmemopen((void *)(uintptr_t)text, n, "r");
        assert_non_null(f);
        int r = config_load_stream(f, "test.conf", ret, &errors);
        fclose(f);
        return r;
}

static inline char *with_base(const char *more) {
        char *text = NULL;
        assert_true(asprintf(&text, "%s%s", base, more) > 0);
        return text;
}

static inline unsigned base_lines(void) {
        unsigned n = 0;
        for (const char *p = base; *p; p++)
                n += *p == '\n';
        return n;
}

static inline Config *loaded(const char *more) {
        Config *c = NULL;
        char *text = with_base(more);
        if (load(text, strlen(text), &c) < 0)
                fail_msg("%s: %s", more, errors.text[0]);
        assert_int_equal(errors.total, 0);
        free(text);
        return c;
}

/* A case: what is added to the base, the line of it that is wrong, and the whole error behind FILE:LINE. */
typedef struct Refusal {
        const char *more;
        unsigned line;
        const char *message;
} Refusal;

static inline void refuse(const Refusal *x) {
        Config *c = NULL;
        char *text = with_base(x->more), *want = NULL;
        assert_true(asprintf(&want, "test.conf:%u: %s", base_lines() + x->line, x->message) > 0);
        assert_int_equal(load(text, strlen(text), &c), -EINVAL);
        assert_null(c);
        assert_string_equal(errors.text[0], want);
        if (errors.total != 1)
                fail_msg("%s: also %s", x->message, errors.text[1]);
        free(text);
        free(want);
}

#define REFUSE_ALL(cases)                                       \
        do {                                                    \
                for (size_t i = 0; i < ELEMENTSOF(cases); i++)  \
                        refuse(&(cases)[i]);                    \
        } while (0)
