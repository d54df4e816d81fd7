/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <time.h>

struct Csv {
        FILE *f;
        char *text;
        size_t size, columns, at;
};

Csv *csv_new(const char *const *columns, size_t n) {
        Csv *c = calloc(1, sizeof(*c));

        if (!c || !(c->f = open_memstream(&c->text, &c->size)))
                return csv_free(c);
        c->columns = n;
        for (size_t i = 0; i < n; i++)
                csv_text(c, columns[i]);
        csv_end(c);
        return c;
}

Csv *csv_free(Csv *c) {
        if (!c)
                return NULL;
        if (c->f)
                fclose(c->f);
        free(c->text);
        free(c);
        return NULL;
}

static void begin(Csv *c) {
        if (c->at++ > 0)
                fputc(',', c->f);
}

void csv_text(Csv *c, const char *text) {
        begin(c);
        fputc('"', c->f);
        if (text[0] && strchr("=+-@\t\r", text[0]))
                fputc('\'', c->f);
        for (; *text; text++) {
                if (*text == '"')
                        fputc('"', c->f);
                fputc(*text, c->f);
        }
        fputc('"', c->f);
}

void csv_milli(Csv *c, int64_t thousandths) {
        const int64_t size = thousandths < 0 ? -thousandths : thousandths;

        begin(c);
        fprintf(c->f, "%s%" PRId64 ".%03" PRId64, thousandths < 0 ? "-" : "", size / 1000, size % 1000);
}

void csv_time(Csv *c, int64_t us) {
        time_t s = (time_t)(us / US_PER_S);
        char text[40] = "", zone[8] = "";
        struct tm tm;

        begin(c);
        if (us == 0 || !localtime_r(&s, &tm) || !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm) ||
            strftime(zone, sizeof(zone), "%z", &tm) != 5)
                return;
        fprintf(c->f, "%s.%03" PRId64 "%.3s:%s", text, us / 1000 % 1000, zone, zone + 3);
}

void csv_end(Csv *c) {
        while (c->at < c->columns)
                begin(c);
        fputs("\r\n", c->f);
        c->at = 0;
}

int csv_take(Csv *c, char **ret, size_t *ret_size) {
        int r = ferror(c->f) ? -ENOMEM : 0;

        if (fclose(c->f) != 0)
                r = -ENOMEM;
        c->f = NULL;
        if (r < 0)
                return r;
        *ret = TAKE(c->text);
        *ret_size = c->size;
        return 0;
}
