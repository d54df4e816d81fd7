/* SPDX-License-Identifier: Apache-2.0 */
#include "html.h"

#include <errno.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>

#define DEPTH_MAX 32

struct Html {
        FILE *f;
        char *text;
        size_t size;
        const char *open[DEPTH_MAX];
        unsigned depth;
        int error;
};

/* --- text --- */

/* The character at *p, which moves on behind it; what is no UTF-8 is U+FFFD, a byte at a time. */
static uint32_t next_char(const unsigned char **p) {
        const unsigned char *s = *p;
        const unsigned n = *s < 0x80 ? 1 : (*s & 0xe0) == 0xc0 ? 2 : (*s & 0xf0) == 0xe0 ? 3 : (*s & 0xf8) == 0xf0 ? 4 : 0;
        uint32_t c = n == 1 ? *s : n ? *s & (0xffU >> (n + 1)) : 0xfffd;

        (*p)++;
        for (unsigned i = 1; i < n; i++) {
                if ((s[i] & 0xc0) != 0x80)
                        return 0xfffd;
                c = c << 6 | (s[i] & 0x3fU);
        }
        if (n > 1)
                *p = s + n;
        return c;
}

/* It cannot be seen, and changes what can. */
static bool is_hidden(uint32_t c) {
        return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e || (c >= 0x200b && c <= 0x200f) ||
               (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
               (c >= 0xd800 && c <= 0xdfff) || c == 0xfffe || c == 0xffff || c > 0x10ffff ||
               (c >= 0xe0000 && c <= 0xe0fff);
}

static void put_escaped(FILE *f, const char *text) {
        const unsigned char *p = (const unsigned char *)text;

        while (*p) {
                const unsigned char *from = p;
                const uint32_t c = next_char(&p);

                switch (c) {
                case '<': fputs("&lt;", f); break;
                case '>': fputs("&gt;", f); break;
                case '&': fputs("&amp;", f); break;
                case '"': fputs("&quot;", f); break;
                case '\'': fputs("&#39;", f); break;
                case '\n': fputc('\n', f); break;
                case 0xfffd: fputs("\xef\xbf\xbd", f); break;
                default:
                        if (is_hidden(c))
                                fprintf(f, "[U+%04X]", (unsigned)c);
                        else
                                fwrite(from, 1, (size_t)(p - from), f);
                }
        }
}

void html_text(Html *h, const char *text) {
        put_escaped(h->f, text);
}

static void vtext(Html *h, const char *format, va_list ap) {
        _cleanup_(freep) char *text = NULL;

        if (vasprintf(&text, format, ap) < 0) {
                text = NULL;
                h->error = -ENOMEM;
        } else
                html_text(h, text);
}

void html_printf(Html *h, const char *format, ...) {
        va_list ap;

        va_start(ap, format);
        vtext(h, format, ap);
        va_end(ap);
}

/* --- elements --- */

static void put_start(Html *h, const char *element, va_list ap) {
        const char *name;

        fprintf(h->f, "<%s", element);
        while ((name = va_arg(ap, const char *))) {
                const char *value = va_arg(ap, const char *);

                if (!value)
                        continue;
                fprintf(h->f, " %s=\"", name);
                put_escaped(h->f, value);
                fputc('"', h->f);
        }
}

static void push(Html *h, const char *element) {
        if (h->depth < DEPTH_MAX)
                h->open[h->depth++] = element;
        else
                h->error = -E2BIG;
}

void html_open(Html *h, const char *element, ...) {
        va_list ap;

        va_start(ap, element);
        put_start(h, element, ap);
        va_end(ap);
        fputc('>', h->f);
        push(h, element);
}

/* A line each, for who looks into the file; within a text it would be a blank. */
static bool ends_line(const char *element) {
        static const char *const blocks[] = { "title", "head", "div", "p", "h1", "h2", "caption", "thead", "tr", "table", "li" };

        for (size_t i = 0; i < ELEMENTSOF(blocks); i++)
                if (streq(blocks[i], element))
                        return true;
        return false;
}

void html_close(Html *h) {
        if (h->depth == 0)
                return;
        h->depth--;
        fprintf(h->f, "</%s>%s", h->open[h->depth], ends_line(h->open[h->depth]) ? "\n" : "");
}

void html_empty(Html *h, const char *element, ...) {
        va_list ap;

        va_start(ap, element);
        put_start(h, element, ap);
        va_end(ap);
        fputs("/>", h->f);
}

void html_put(Html *h, const char *element, const char *class, const char *text) {
        html_open(h, element, "class", class, NULL);
        html_text(h, text);
        html_close(h);
}

void html_putf(Html *h, const char *element, const char *class, const char *format, ...) {
        va_list ap;

        html_open(h, element, "class", class, NULL);
        va_start(ap, format);
        vtext(h, format, ap);
        va_end(ap);
        html_close(h);
}

/* --- the page --- */

static Html *document_new(void) {
        Html *h = calloc(1, sizeof(*h));

        return h && (h->f = open_memstream(&h->text, &h->size)) ? h : html_free(h);
}

Html *html_new(const char *title, const char *style) {
        Html *h = document_new();

        if (!h)
                return NULL;
        fputs("<!DOCTYPE html>\n", h->f);
        html_open(h, "html", "lang", "en", NULL);
        html_open(h, "head", NULL);
        html_empty(h, "meta", "charset", "utf-8", NULL);
        html_empty(h, "meta", "name", "viewport", "content", "width=device-width", NULL);
        html_put(h, "title", NULL, title);
        fprintf(h->f, "<style>%s</style>\n", style);
        html_close(h);
        html_open(h, "body", NULL);
        return h;
}

Html *html_drawing(const char *view, const char *style) {
        Html *h = document_new();

        if (!h)
                return NULL;
        html_open(h, "svg", "xmlns", "http://www.w3.org/2000/svg", "viewBox", view, NULL);
        fprintf(h->f, "<style>%s</style>", style);
        return h;
}

static char *base64_of(const char *text, size_t n) {
        const size_t size = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
        char *ret = malloc(size);

        return ret ? sodium_bin2base64(ret, size, (const unsigned char *)text, n, sodium_base64_VARIANT_ORIGINAL) : NULL;
}

void html_image(Html *h, Html *drawing, const char *class, const char *alt) {
        _cleanup_(html_freep) Html *d = drawing;
        _cleanup_(freep) char *text = NULL, *encoded = NULL, *source = NULL;
        size_t n;
        int r = d ? html_take(d, &text, &n) : -ENOMEM;

        if (r == 0 && (!(encoded = base64_of(text, n)) || asprintf(&source, "data:image/svg+xml;base64,%s", encoded) < 0)) {
                source = NULL;
                r = -ENOMEM;
        }
        if (r == 0)
                html_empty(h, "img", "class", class, "alt", alt, "src", source, NULL);
        else
                h->error = r;
}

Html *html_free(Html *h) {
        if (!h)
                return NULL;
        if (h->f)
                fclose(h->f);
        free(h->text);
        free(h);
        return NULL;
}

int html_take(Html *h, char **ret, size_t *ret_size) {
        while (h->depth > 0)
                html_close(h);
        if (ferror(h->f))
                h->error = -ENOMEM;
        if (fclose(h->f) != 0)
                h->error = -ENOMEM;
        h->f = NULL;
        if (h->error)
                return h->error;
        *ret = TAKE(h->text);
        *ret_size = h->size;
        return 0;
}
