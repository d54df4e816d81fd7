/* SPDX-License-Identifier: Apache-2.0 */
#include "out.h"

#include <inttypes.h>
#include <langinfo.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

#define FIELD_WIDTH 14
#define WIDTH_DEFAULT 80
#define WRAP_MIN 40
#define CELL_MIN 10
#define INDENT 2
#define GAP 2

static bool colour, utf8;
static int terminal_width; /* 0: no terminal, nothing is wrapped */

void out_start(void) {
        const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
        struct winsize w;

        setlocale(LC_CTYPE, "");
        utf8 = streq(nl_langinfo(CODESET), "UTF-8");
        if (!isatty(STDOUT_FILENO))
                return;
        colour = !(no && no[0]) && !(term && streq(term, "dumb"));
        terminal_width = ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 0 ? w.ws_col : WIDTH_DEFAULT;
}

static const char *paint_code(Paint paint) {
        static const char *const codes[] = {
                [PLAIN] = "", [BOLD] = "\033[1m", [DIM] = "\033[2m", [GREEN] = "\033[32m",
                [YELLOW] = "\033[33m", [RED] = "\033[1;31m",
        };

        return colour ? codes[paint] : "";
}

static void put_painted(Paint paint, const char *text) {
        const char *code = paint_code(paint);

        printf("%s%s%s", code, text, code[0] ? "\033[0m" : "");
}

void out_painted(Paint paint, const char *format, ...) {
        char text[1024];
        va_list ap;

        va_start(ap, format);
        vsnprintf(text, sizeof(text), format, ap);
        va_end(ap);
        put_painted(paint, text);
}

int out_width(void) {
        return terminal_width ?: WIDTH_DEFAULT;
}

bool out_utf8(void) {
        return utf8;
}

const char *out_dot(void) {
        return utf8 ? "\xe2\x97\x8f" : "*";
}

/* Columns that the first n bytes take. In a locale that does not know UTF-8: one a letter all the same. */
static int width_of(const char *text, size_t n) {
        mbstate_t state = {};
        int width = 0;

        for (size_t i = 0; i < n;) {
                wchar_t c;
                size_t k = mbrtowc(&c, text + i, n - i, &state);

                if (k == 0 || k > n - i) {
                        width += ((unsigned char)text[i] & 0xc0) != 0x80;
                        state = (mbstate_t){};
                        i++;
                        continue;
                }
                width += MAX_OF(wcwidth(c), 0);
                i += k;
        }
        return width;
}

static int text_width(const char *text) {
        return width_of(text, strlen(text));
}

void line_add(Line *l, const char *format, ...) {
        size_t n = strlen(l->text);
        va_list ap;

        va_start(ap, format);
        vsnprintf(l->text + n, sizeof(l->text) - n, format, ap);
        va_end(ap);
}

void line_add_time(Line *l, const char *before, int64_t us) {
        time_t s = (time_t)(us / US_PER_S);
        char text[64] = "";
        struct tm tm;

        if (us <= 0)
                return;
        if (localtime_r(&s, &tm))
                strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
        line_add(l, "%s%s", before, text);
}

void line_add_ago(Line *l, int64_t us) {
        int64_t s = (int64_t)time(NULL) - us / US_PER_S;

        if (us <= 0 || s < 0)
                return;
        if (s < 60)
                line_add(l, " (%" PRId64 " s ago)", s);
        else if (s < 3600)
                line_add(l, " (%" PRId64 " min ago)", s / 60);
        else if (s < 2 * 86400)
                line_add(l, " (%" PRId64 " h ago)", s / 3600);
        else
                line_add(l, " (%" PRId64 " days ago)", s / 86400);
}

typedef struct Cell {
        char *text;
        Paint paint;
} Cell;

struct Table {
        const Column *columns;
        size_t n_columns, n_cells, n_notes;
        Cell *cells;
        char **notes; /* one a row; NULL: none */
};

Table *table_new(const Column *columns, size_t n_columns) {
        Table *t = calloc(1, sizeof(*t));

        if (t) {
                t->columns = columns;
                t->n_columns = n_columns;
        }
        return t;
}

Table *table_free(Table *t) {
        if (!t)
                return NULL;
        for (size_t i = 0; i < t->n_cells; i++)
                free(t->cells[i].text);
        for (size_t i = 0; i < t->n_notes; i++)
                free(t->notes[i]);
        free(t->cells);
        free(t->notes);
        free(t);
        return NULL;
}

void table_cell(Table *t, Paint paint, const char *format, ...) {
        Cell *more = t ? reallocarray(t->cells, t->n_cells + 1, sizeof(*more)) : NULL;
        va_list ap;
        char *text;
        int n;

        if (!more)
                return;
        t->cells = more;
        va_start(ap, format);
        n = vasprintf(&text, format, ap);
        va_end(ap);
        t->cells[t->n_cells++] = (Cell){ n < 0 ? NULL : text, paint };
}

void table_note(Table *t, const char *text) {
        size_t rows = t ? t->n_cells / t->n_columns : 0;
        char **more = rows > 0 ? reallocarray(t->notes, rows, sizeof(*more)) : NULL, **note, *longer;

        if (!more)
                return;
        t->notes = more;
        while (t->n_notes < rows)
                t->notes[t->n_notes++] = NULL;
        note = &t->notes[rows - 1];
        if (asprintf(&longer, "%s%s%s", *note ?: "", *note ? "\n" : "", text) < 0)
                return;
        free(*note);
        *note = longer;
}

static const char *cell_text(const Table *t, size_t i) {
        return t->cells[i].text ?: "";
}

static int column_width(const Table *t, size_t column) {
        int width = text_width(t->columns[column].head);

        for (size_t i = column; i < t->n_cells; i += t->n_columns)
                width = MAX_OF(width, text_width(cell_text(t, i)));
        return width;
}

/* The end of what fits into width, at a blank if there is one; at the latest the end of the line. */
static size_t wrap_at(const char *text, int width) {
        size_t n = strcspn(text, "\n"), at = 0;

        if (width_of(text, n) <= width)
                return n;
        for (size_t i = 1; i < n && width_of(text, i) <= width; i++)
                if (text[i] == ' ')
                        at = i;
        return at > 0 ? at : strcspn(text, " \n");
}

/* What is left of the terminal from a column on; without one there is no end. */
static int room_from(int column) {
        return terminal_width > column + WRAP_MIN ? terminal_width - column : terminal_width ? WRAP_MIN : 1 << 20;
}

/* Begins where the cursor is; what goes on stands below its beginning. */
static void put_wrapped(Paint paint, const char *text, int column, int width) {
        for (bool first = true; *text; first = false) {
                const size_t n = wrap_at(text, width);
                const char *code = paint_code(paint);

                printf("%*s%s%.*s%s\n", first ? 0 : column, "", code, (int)n, text, code[0] ? "\033[0m" : "");
                text += n;
                text += strspn(text, " \n");
        }
}

/* How many of a row's cells have to be put: behind the last one that says something nothing stands. */
static size_t row_length(const Table *t, size_t row, size_t columns) {
        while (columns > 1 && !cell_text(t, row * t->n_columns + columns - 1)[0])
                columns--;
        return columns;
}

/* The last column goes on in further lines where the terminal ends; the others are as wide as they have to be. */
static void put_cell(const Table *t, size_t column, const int *widths, bool last, Paint paint, const char *text) {
        const bool right = t->columns[column].right;
        const int pad = widths[column] - text_width(text);
        int at = INDENT;

        for (size_t c = 0; c < column; c++)
                at += widths[c] + GAP;
        printf("%*s", column == 0 ? INDENT : GAP, "");
        if (right)
                printf("%*s", pad, "");
        if (last && !right && column + 1 == t->n_columns && text[0] && terminal_width > at + CELL_MIN) {
                put_wrapped(paint, text, at, terminal_width - at);
                return;
        }
        put_painted(paint, text);
        printf("%*s%s", right || last ? 0 : pad, "", last ? "\n" : "");
}

static void put_note(const char *text, int indent) {
        printf("%*s", indent, "");
        put_wrapped(PLAIN, text, indent, room_from(indent));
}

void out_field(const char *name, Paint paint, const char *value) {
        const int column = INDENT + FIELD_WIDTH + 1;

        if (!value || !value[0])
                return;
        printf("%*s", INDENT, "");
        out_painted(DIM, "%-*s", FIELD_WIDTH, name);
        printf(" ");
        put_wrapped(paint, value, column, room_from(column));
}

void table_print(const Table *t) {
        int widths[16] = {};
        size_t columns = t ? MIN_OF(t->n_columns, ELEMENTSOF(widths)) : 0;

        for (size_t c = 0; c < columns; c++)
                widths[c] = column_width(t, c);
        for (size_t c = 0; c < columns; c++)
                put_cell(t, c, widths, c + 1 == columns, DIM, t->columns[c].head);
        for (size_t row = 0; t && (row + 1) * columns <= t->n_cells; row++) {
                const size_t n = row_length(t, row, columns);

                for (size_t c = 0; c < n; c++)
                        put_cell(t, c, widths, c + 1 == n, t->cells[row * columns + c].paint, cell_text(t, row * columns + c));
                if (row < t->n_notes && t->notes[row])
                        put_note(t->notes[row], INDENT + (t->columns[0].right ? widths[0] + GAP : GAP));
        }
}
