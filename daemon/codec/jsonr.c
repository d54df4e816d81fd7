/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The text is copied once and ends in a NUL, which no token may contain: so nothing here counts what is left, a NUL
 * that is met is either the end or a fault. Strings are unescaped where they stand, which never makes them longer, and
 * their closing quote becomes their NUL. Values refer to each other by position, because the array moves as it grows.
 */
#include "codec/jsonr.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/utf8.h"
#include "util.h"

#define VALUES_KEPT 4096 /* what a larger text needed is given back */
#define PAIRWISE_MAX 16  /* members compared each with each; more are sorted */

/* --- room --- */

static int fault(JsonReader *r, JsonrFault f) {
        r->fault = f;
        return 1;
}

static int value_new(JsonReader *r, JsonrType type, uint32_t *ret) {
        if (r->n_values == r->size_values) {
                size_t size = MAX_OF(r->size_values * 2, (size_t)64);
                JsonrValue *more = reallocarray(r->values, size, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                r->values = more;
                r->size_values = size;
        }
        *ret = (uint32_t)r->n_values++;
        r->values[*ret] = (JsonrValue){ .type = type };
        return 0;
}

static int text_copy(JsonReader *r, const void *text, size_t n) {
        if (n >= JSONR_TEXT_MAX)
                return -EMSGSIZE;
        if (n >= r->size_text) {
                char *more = realloc(r->text, n + 1);

                if (!more)
                        return -ENOMEM;
                r->text = more;
                r->size_text = n + 1;
        }
        if (n > 0)
                memcpy(r->text, text, n);
        r->text[n] = 0;
        r->at = r->text;
        r->end = r->text + n;
        return 0;
}

static void forget(JsonReader *r) {
        r->n_values = 0;
        r->fault = JSONR_FAULT_NONE;
        if (r->size_values <= VALUES_KEPT)
                return;
        free(r->values);
        r->values = NULL;
        r->size_values = 0;
}

void jsonr_done(JsonReader *r) {
        free(r->text);
        free(r->values);
        free(r->order);
        *r = (JsonReader){ 0 };
}

/* --- strings --- */

static bool plain(char c) {
        unsigned char u = (unsigned char)c;

        return u >= 0x20 && u < 0x80 && u != '"' && u != '\\';
}

static bool digit(char c) {
        return c >= '0' && c <= '9';
}

/* Four hexadecimal digits; -1: there are none. */
static int32_t hex4(const char *p) {
        int32_t v = 0;

        for (int i = 0; i < 4; i++) {
                char c = p[i];
                int32_t d = digit(c)               ? c - '0'
                            : c >= 'a' && c <= 'f' ? c - 'a' + 10
                            : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                   : -1;

                if (d < 0)
                        return -1;
                v = v << 4 | d;
        }
        return v;
}

static char *put_utf8(char *to, uint32_t c) {
        if (c < 0x80) {
                *to++ = (char)c;
        } else if (c < 0x800) {
                *to++ = (char)(0xC0 | c >> 6);
                *to++ = (char)(0x80 | (c & 0x3F));
        } else if (c < 0x10000) {
                *to++ = (char)(0xE0 | c >> 12);
                *to++ = (char)(0x80 | (c >> 6 & 0x3F));
                *to++ = (char)(0x80 | (c & 0x3F));
        } else {
                *to++ = (char)(0xF0 | c >> 18);
                *to++ = (char)(0x80 | (c >> 12 & 0x3F));
                *to++ = (char)(0x80 | (c >> 6 & 0x3F));
                *to++ = (char)(0x80 | (c & 0x3F));
        }
        return to;
}

/* Behind "\u". Code points beyond the basic plane come as two, and no half of a pair stands alone. */
static int read_unicode(JsonReader *r, char **to) {
        int32_t c = hex4(r->at), low;

        if (c < 0)
                return fault(r, JSONR_FAULT_SYNTAX);
        if (c == 0)
                return fault(r, JSONR_FAULT_NUL);
        r->at += 4;
        if (c >= 0xD800 && c <= 0xDFFF) {
                low = c <= 0xDBFF && r->at[0] == '\\' && r->at[1] == 'u' ? hex4(r->at + 2) : -1;
                if (low < 0xDC00 || low > 0xDFFF)
                        return fault(r, JSONR_FAULT_SYNTAX);
                r->at += 6;
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
        }
        *to = put_utf8(*to, (uint32_t)c);
        return 0;
}

/* Behind the backslash. */
static int read_escape(JsonReader *r, char **to) {
        static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
        const char c = *r->at, *found = c ? strchr(from, c) : NULL;

        if (c == 'u') {
                r->at++;
                return read_unicode(r, to);
        }
        if (!found)
                return fault(r, JSONR_FAULT_SYNTAX);
        r->at++;
        *(*to)++ = into[found - from];
        return 0;
}

/* What is neither plain nor the closing quote. */
static int read_special(JsonReader *r, char **to) {
        const unsigned char c = (unsigned char)*r->at;
        size_t n;

        if (c == '\\') {
                r->at++;
                return read_escape(r, to);
        }
        if (c < 0x20)
                return fault(r, c == 0 && r->at < r->end ? JSONR_FAULT_NUL : JSONR_FAULT_SYNTAX);
        n = utf8_length((const unsigned char *)r->at);
        if (n == 0)
                return fault(r, JSONR_FAULT_UTF8);
        memmove(*to, r->at, n);
        *to += n;
        r->at += n;
        return 0;
}

/* At the opening quote; leaves behind the closing one. */
static int read_string(JsonReader *r, const char **ret, uint32_t *ret_n) {
        char *from = ++r->at, *to;

        while (plain(*r->at))
                r->at++;
        to = r->at;
        while (*r->at != '"') {
                int e;

                if (plain(*r->at)) {
                        *to++ = *r->at++;
                        continue;
                }
                e = read_special(r, &to);
                if (e != 0)
                        return e;
        }
        r->at++;
        *to = 0;
        *ret = from;
        *ret_n = (uint32_t)(to - from);
        return 0;
}

/* --- numbers --- */

typedef struct Digits {
        uint64_t value; /* as far as it fits */
        unsigned n, n_fraction;
} Digits;

static void take_digits(JsonReader *r, Digits *d) {
        for (; digit(*r->at); r->at++, d->n++)
                if (d->n < 18)
                        d->value = d->value * 10 + (uint64_t)(*r->at - '0');
}

static int read_integer(JsonReader *r, const char *from, const Digits *d, JsonrValue *v) {
        v->type = JSONR_INTEGER;
        if (d->n <= 18) {
                v->integer = *from == '-' ? -(int64_t)d->value : (int64_t)d->value;
                return 0;
        }
        errno = 0;
        v->integer = strtoll(from, NULL, 10);
        return errno == ERANGE ? fault(r, JSONR_FAULT_NUMBER) : 0;
}

/*
 * Up to 15 digits and powers of ten up to 22 are exact as doubles, and so their quotient is rounded once: the nearest,
 * as strtod() gives it. The rest is left to strtod(); the program stays in the C locale's LC_NUMERIC.
 */
static int read_real(JsonReader *r, const char *from, const Digits *d, bool exponent, JsonrValue *v) {
        static const double tens[] = { 1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                       1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15 };
        double x;

        if (d->n <= 15 && !exponent) {
                x = (double)d->value / tens[d->n_fraction];
                if (*from == '-')
                        x = -x;
        } else {
                x = strtod(from, NULL);
                if (isinf(x))
                        return fault(r, JSONR_FAULT_NUMBER);
        }
        v->type = JSONR_REAL;
        v->real = x;
        return 0;
}

static int read_number(JsonReader *r, JsonrValue *v) {
        const char *from = r->at;
        bool exponent = false;
        Digits d = { 0 };

        if (*r->at == '-')
                r->at++;
        if (!digit(*r->at) || (*r->at == '0' && digit(r->at[1])))
                return fault(r, JSONR_FAULT_SYNTAX);
        take_digits(r, &d);
        if (*r->at != '.' && *r->at != 'e' && *r->at != 'E')
                return read_integer(r, from, &d, v);
        if (*r->at == '.') {
                const unsigned before = d.n;

                r->at++;
                take_digits(r, &d);
                d.n_fraction = d.n - before;
                if (d.n_fraction == 0)
                        return fault(r, JSONR_FAULT_SYNTAX);
        }
        if (*r->at == 'e' || *r->at == 'E') {
                exponent = true;
                r->at += r->at[1] == '+' || r->at[1] == '-' ? 2 : 1;
                if (!digit(*r->at))
                        return fault(r, JSONR_FAULT_SYNTAX);
                while (digit(*r->at))
                        r->at++;
        }
        return read_real(r, from, &d, exponent, v);
}

/* --- values --- */

static void skip_space(JsonReader *r) {
        while (*r->at == ' ' || *r->at == '\n' || *r->at == '\t' || *r->at == '\r')
                r->at++;
}

static int read_word(JsonReader *r, const char *word) {
        size_t n = strlen(word);

        if (strncmp(r->at, word, n) != 0)
                return fault(r, JSONR_FAULT_SYNTAX);
        r->at += n;
        return 0;
}

static bool same_key(const JsonrValue *a, const JsonrValue *b) {
        return a->n_key == b->n_key && memcmp(a->key, b->key, a->n_key) == 0;
}

static int compare_keys(const void *a, const void *b, void *values) {
        const JsonrValue *x = (const JsonrValue *)values + *(const uint32_t *)a;
        const JsonrValue *y = (const JsonrValue *)values + *(const uint32_t *)b;

        return strcmp(x->key, y->key);
}

static int check_sorted(JsonReader *r, const JsonrValue *object) {
        size_t n = 0;

        if (object->n > r->size_order) {
                uint32_t *more = reallocarray(r->order, object->n, sizeof(*more));

                if (!more)
                        return -ENOMEM;
                r->order = more;
                r->size_order = object->n;
        }
        for (uint32_t i = object->first; i; i = r->values[i].next)
                r->order[n++] = i;
        qsort_r(r->order, n, sizeof(*r->order), compare_keys, r->values);
        for (size_t i = 1; i < n; i++)
                if (same_key(r->values + r->order[i - 1], r->values + r->order[i]))
                        return fault(r, JSONR_FAULT_DUPLICATE);
        return 0;
}

static int check_duplicates(JsonReader *r, const JsonrValue *object) {
        if (object->n > PAIRWISE_MAX)
                return check_sorted(r, object);
        for (uint32_t i = object->n ? object->first : 0; i; i = r->values[i].next)
                for (uint32_t j = r->values[i].next; j; j = r->values[j].next)
                        if (same_key(r->values + i, r->values + j))
                                return fault(r, JSONR_FAULT_DUPLICATE);
        return 0;
}

static int read_value(JsonReader *r, unsigned depth, uint32_t *ret);

/* One element, or one member with its key; linked behind *last, which is 0 at first. */
static int read_child(JsonReader *r, unsigned depth, uint32_t parent, uint32_t *last) {
        const bool member = r->values[parent].type == JSONR_OBJECT;
        const char *key = NULL;
        uint32_t n_key = 0, child;
        int e = 0;

        skip_space(r);
        if (member) {
                e = *r->at == '"' ? read_string(r, &key, &n_key) : fault(r, JSONR_FAULT_SYNTAX);
                if (e != 0)
                        return e;
                skip_space(r);
                if (*r->at != ':')
                        return fault(r, JSONR_FAULT_SYNTAX);
                r->at++;
        }
        e = read_value(r, depth, &child);
        if (e != 0)
                return e;
        r->values[child].key = key;
        r->values[child].n_key = n_key;
        *(*last ? &r->values[*last].next : &r->values[parent].first) = child;
        r->values[parent].n++;
        *last = child;
        return 0;
}

/* At the opening bracket of an array or object. */
static int read_children(JsonReader *r, unsigned depth, uint32_t parent) {
        const char close = r->values[parent].type == JSONR_OBJECT ? '}' : ']';
        uint32_t last = 0;

        if (depth == JSONR_DEPTH_MAX)
                return fault(r, JSONR_FAULT_DEPTH);
        do {
                int e;

                r->at++;
                skip_space(r);
                if (last == 0 && *r->at == close)
                        break;
                e = read_child(r, depth + 1, parent, &last);
                if (e != 0)
                        return e;
                skip_space(r);
        } while (*r->at == ',');
        if (*r->at != close)
                return fault(r, JSONR_FAULT_SYNTAX);
        r->at++;
        return close == '}' ? check_duplicates(r, r->values + parent) : 0;
}

/* depth: the brackets around it. */
static int read_value(JsonReader *r, unsigned depth, uint32_t *ret) {
        JsonrValue *v;
        int e = value_new(r, JSONR_NULL, ret);

        if (e < 0)
                return e;
        v = r->values + *ret;
        skip_space(r);
        switch (*r->at) {
        case '{':
                v->type = JSONR_OBJECT;
                return read_children(r, depth, *ret);
        case '[':
                v->type = JSONR_ARRAY;
                return read_children(r, depth, *ret);
        case '"':
                v->type = JSONR_STRING;
                return read_string(r, &v->string, &v->n);
        case 't':
        case 'f':
                v->type = JSONR_BOOL;
                v->boolean = *r->at == 't';
                return read_word(r, v->boolean ? "true" : "false");
        case 'n':
                return read_word(r, "null");
        default:
                return read_number(r, v);
        }
}

/* --- the text --- */

static int explain(const JsonReader *r, const char *text, JsonrError *ret) {
        const size_t n = (size_t)(r->at - r->text);

        *ret = (JsonrError){ .fault = r->fault, .line = 1, .column = 1 };
        for (size_t i = 0; i < n; i++) {
                ret->line += text[i] == '\n';
                ret->column = text[i] == '\n' ? 1 : ret->column + 1;
        }
        /* Whatever was expected where a byte stands that is no UTF-8: that is what to look for. */
        if (ret->fault == JSONR_FAULT_SYNTAX && r->at < r->end && utf8_length((const unsigned char *)r->at) == 0)
                ret->fault = JSONR_FAULT_UTF8;
        return 1;
}

int jsonr_read(JsonReader *r, const void *text, size_t n, JsonrError *ret_error) {
        uint32_t root;
        int e;

        forget(r);
        e = text_copy(r, text, n);
        if (e < 0)
                return e;
        e = read_value(r, 0, &root);
        if (e == 0) {
                skip_space(r);
                if (r->at != r->end)
                        e = fault(r, JSONR_FAULT_END);
        }
        return e > 0 ? explain(r, text, ret_error) : e;
}

const JsonrValue *jsonr_member(const JsonReader *r, const JsonrValue *object, const char *key) {
        const size_t n = strlen(key);

        if (object->type != JSONR_OBJECT)
                return NULL;
        for (const JsonrValue *v = jsonr_first(r, object); v; v = jsonr_next(r, v))
                if (v->n_key == n && memcmp(v->key, key, n) == 0)
                        return v;
        return NULL;
}
