/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Csv: a table as RFC 4180 has it: CR LF, a comma, every text in quotes. A text that a spreadsheet would take for a
 * formula (= + - @ tab or CR first) gets an apostrophe before it; numbers of our own do not.
 * The first error sticks; csv_take() tells it.
 */
#include <stddef.h>
#include <stdint.h>

#include "util.h"

typedef struct Csv Csv;

Csv *csv_new(const char *const *columns, size_t n);
Csv *csv_free(Csv *c);
DEFINE_CLEANUP(Csv, csv_free)

void csv_text(Csv *c, const char *text);
/* Thousandths as a decimal fraction. */
void csv_milli(Csv *c, int64_t thousandths);
/* RFC 3339 in this process's zone, with its offset; empty for 0. */
void csv_time(Csv *c, int64_t us);
/* Ends the row; what is missing of its columns is empty. */
void csv_end(Csv *c);

int csv_take(Csv *c, char **ret, size_t *ret_size);
