/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why not the JSON library: receipts and decisions leave thousands of times a second, and a tree of small allocations
 * for each is most of their cost. Whether a comma is due can be read off the last byte written: after { [ or : it is
 * not, and no value ends with one of these.
 */
#include "codec/jsonw.h"

#include <errno.h>
#include <stdio.h>

#include "codec/utf8.h"
#include "util.h"

void jsonw_reset(JsonWriter *w) {
        w->len = 0;
        w->error = 0;
}

void jsonw_done(JsonWriter *w) {
        free(w->buf);
        *w = (JsonWriter) { 0 };
}

/* Room for n more bytes and a NUL. */
static bool reserve(JsonWriter *w, size_t n) {
        size_t size = MAX_OF(w->size, (size_t) 256);
        char *buf;

        if (w->error)
                return false;
        if (n >= JSONW_MAX - w->len) {
                w->error = -EMSGSIZE;
                return false;
        }
        if (w->len + n < w->size)
                return true;
        while (size <= w->len + n)
                size *= 2;
        buf = realloc(w->buf, size);
        if (!buf) {
                w->error = -ENOMEM;
                return false;
        }
        w->buf = buf;
        w->size = size;
        return true;
}

static void append(JsonWriter *w, const char *s, size_t n) {
        if (!reserve(w, n))
                return;
        memcpy(w->buf + w->len, s, n);
        w->len += n;
}

static bool comma_due(const JsonWriter *w) {
        char last = w->len ? w->buf[w->len - 1] : '[';

        return last != '{' && last != '[' && last != ':';
}

static void append_value(JsonWriter *w, const char *s, size_t n) {
        if (comma_due(w))
                append(w, ",", 1);
        append(w, s, n);
}

/* n bytes of which none needs an escape: nearly all that is ever written, so with one look at the room. */
static void append_quoted(JsonWriter *w, const char *s, size_t n, bool key) {
        const bool comma = comma_due(w);
        char *at;

        if (!reserve(w, n + comma + 2 + key))
                return;
        at = w->buf + w->len;
        if (comma)
                *at++ = ',';
        *at++ = '"';
        memcpy(at, s, n);
        at += n;
        *at++ = '"';
        if (key)
                *at++ = ':';
        w->len = (size_t) (at - w->buf);
}

int jsonw_finish(JsonWriter *w, const char **ret, size_t *ret_n) {
        if (!reserve(w, 0))
                return w->error;
        w->buf[w->len] = 0;
        *ret = w->buf;
        *ret_n = w->len;
        return 0;
}

void jsonw_object(JsonWriter *w) {
        append_value(w, "{", 1);
}

void jsonw_object_end(JsonWriter *w) {
        append(w, "}", 1);
}

void jsonw_array(JsonWriter *w) {
        append_value(w, "[", 1);
}

void jsonw_array_end(JsonWriter *w) {
        append(w, "]", 1);
}

/* Printable, and neither a quote nor a backslash: a look-up costs half of what the comparisons do. */
static const bool plain[256] = { [0x20 ... 0x21] = true, [0x23 ... 0x5B] = true, [0x5D ... 0x7E] = true };

static size_t plain_span(const char *s) {
        size_t n = 0;

        while (plain[(unsigned char) s[n]])
                n++;
        return n;
}

static void append_escape(JsonWriter *w, unsigned char c) {
        char text[8];

        if (c == '"' || c == '\\')
                snprintf(text, sizeof(text), "\\%c", c);
        else
                snprintf(text, sizeof(text), "\\u%04x", c);
        append(w, text, strlen(text));
}

static void append_escaped(JsonWriter *w, const char *s) {
        while (*s) {
                const unsigned char *u = (const unsigned char *) s;
                size_t n = plain_span(s);

                if (n == 0 && *u >= 0x80) {
                        n = utf8_length(u);
                        if (n == 0)
                                append(w, "\xEF\xBF\xBD", 3);
                }
                append(w, s, n);
                if (n == 0 && *u < 0x80)
                        append_escape(w, *u);
                s += MAX_OF(n, (size_t) 1);
        }
}

void jsonw_string(JsonWriter *w, const char *s) {
        const size_t n = plain_span(s);

        if (s[n] == 0) {
                append_quoted(w, s, n, false);
                return;
        }
        append_value(w, "\"", 1);
        append_escaped(w, s);
        append(w, "\"", 1);
}

void jsonw_key(JsonWriter *w, const char *key) {
        append_quoted(w, key, strlen(key), true);
}

/* Not by snprintf(), which every record and receipt would pay for several times. */
void jsonw_int(JsonWriter *w, int64_t v) {
        uint64_t rest = v < 0 ? -(uint64_t) v : (uint64_t) v;
        char text[24], *at = text + sizeof(text);

        do
                *--at = (char) ('0' + rest % 10);
        while ((rest /= 10) > 0);
        if (v < 0)
                *--at = '-';
        append_value(w, at, (size_t) (text + sizeof(text) - at));
}

void jsonw_null(JsonWriter *w) {
        append_value(w, "null", 4);
}

void jsonw_bool(JsonWriter *w, bool v) {
        append_value(w, v ? "true" : "false", v ? 4 : 5);
}

void jsonw_member_string(JsonWriter *w, const char *key, const char *s) {
        jsonw_key(w, key);
        jsonw_string(w, s);
}

void jsonw_member_int(JsonWriter *w, const char *key, int64_t v) {
        jsonw_key(w, key);
        jsonw_int(w, v);
}

void jsonw_member_bool(JsonWriter *w, const char *key, bool v) {
        jsonw_key(w, key);
        jsonw_bool(w, v);
}

void jsonw_member_decimal(JsonWriter *w, const char *key, int64_t v, int digits) {
        uint64_t rest = v < 0 ? -(uint64_t) v : (uint64_t) v, one = 1;
        char text[40];
        int n;

        for (int i = 0; i < digits; i++)
                one *= 10;
        n = snprintf(text, sizeof(text), "%s%llu", v < 0 ? "-" : "", (unsigned long long) (rest / one));
        if (rest % one) {
                n += snprintf(text + n, sizeof(text) - (size_t) n, ".%0*llu", digits, (unsigned long long) (rest % one));
                while (text[n - 1] == '0')
                        n--;
        }
        jsonw_key(w, key);
        append_value(w, text, (size_t) n);
}

void jsonw_member_optional(JsonWriter *w, const char *key, const char *s) {
        if (s)
                jsonw_member_string(w, key, s);
}
