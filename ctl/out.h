/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Out: text for people. Columns by display width, colour on a terminal only, times in the local zone. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "util.h"

typedef enum Paint { PLAIN, BOLD, DIM, GREEN, YELLOW, RED } Paint;

/* Once, at start: looks at the locale, the terminal, NO_COLOR. */
void out_start(void);

/* Prints text in a paint. */
void out_painted(Paint paint, const char *format, ...) _printf_(2, 3);
/* A mark before a headline, as the locale can show it. */
const char *out_dot(void);

/* Columns of the terminal; 80 where there is none. */
int out_width(void);
/* Whether the locale can show more than ASCII. */
bool out_utf8(void);

/* One line of a record: the name, then the value in its paint. Nothing where the value is empty. */
void out_field(const char *name, Paint paint, const char *value);

/* A line built piece by piece; what does not fit is cut. */
typedef struct Line {
        char text[1024];
} Line;
void line_add(Line *l, const char *format, ...) _printf_(2, 3);
/* Local date and time, and how long ago, where us is not 0. */
void line_add_time(Line *l, const char *before, int64_t us);
void line_add_ago(Line *l, int64_t us);

typedef struct Column {
        const char *head;
        bool right;
} Column;
typedef struct Table Table;
/* Memory running out makes a table shorter; it is for eyes only. */
Table *table_new(const Column *columns, size_t n_columns);
Table *table_free(Table *t);
DEFINE_CLEANUP(Table, table_free)
/* Cells go in from left to right, row by row. */
void table_cell(Table *t, Paint paint, const char *format, ...) _printf_(3, 4);
/* Prose below the row that the last cell completed, wrapped to the terminal; each one begins a line of its own. */
void table_note(Table *t, const char *text);
void table_print(const Table *t);
