/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <jansson.h>
#include <stdbool.h>

#include "out.h"

Paint verdict_paint(const char *verdict);
/* A recall of it stands. */
bool load_has_recall(const json_t *load);
/* ATTEMPT, CYCLE, PROGRAM, STARTED, VERDICT. */
void attempt_cells(Table *t, const json_t *attempt);
/* A table; there is at least one. */
void print_loads(const json_t *loads);
