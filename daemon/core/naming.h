/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Naming: does a text name somebody? By the whole word: p-1 is named by "p-1", "for p-1." and "(p-1)", and not by p-11,
 * xp-1 or p-1.2. Words of fewer than NAMING_WORD_MIN bytes are too common to be looked for in a text.
 */
#include <stdbool.h>
#include <stddef.h>

#define NAMING_WORD_MIN 3

bool naming(const char *text, size_t n, const char *word);
