/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HIBC supplier codes (ANSI/HIBC 2.6): primary alone, primary and secondary joined by '/', secondary alone. The check
 * character covers everything before it. It may be a space, which printers show as '_' and some scanners cut off or
 * add: see verified_length(). HIBC knows capitals only, so small letters (a keyboard's Caps Lock) are read as capitals.
 */
#include "core/udi-parts.h"

#define ALPHABET "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"
#define MODULUS 43
#define LIC 4
#define PCN_MAX 18
#define FIELD_MAX 18
#define OLD_LOT_MAX 13

typedef struct Expiry {
        int32_t date;
        bool month_only;
} Expiry;

static bool is_alphanumeric(char c) {
        return udi_is_digit(c) || udi_is_upper(c);
}

/* No '$', '+' or '/' in lots and serials: they start the next field, also in the canonical form. */
static bool field_good(const char *p, size_t n, size_t max) {
        if (n > max)
                return false;
        for (size_t i = 0; i < n; i++)
                if (!is_alphanumeric(p[i]) && !udi_in_set(p[i], "-.%"))
                        return false;
        return true;
}

static char check_character(const char *p, size_t n) {
        size_t sum = 0;
        for (size_t i = 0; i < n; i++)
                sum += (size_t)(strchr(ALPHABET, p[i]) - ALPHABET);
        return ALPHABET[sum % MODULUS];
}

static bool verifies(const char *p, size_t n) {
        return n >= 2 && check_character(p, n - 1) == p[n - 1];
}

/* Into capitals; '_' at the end, the readable form of a space, into that. False if a character cannot be in a code. */
static bool copy_code(const char *p, size_t n, char *ret_code) {
        for (size_t i = 0; i < n; i++) {
                char c = udi_to_upper(p[i]);
                if (c == '_' && i == n - 1)
                        c = ' ';
                if (!udi_in_set(c, ALPHABET))
                        return false;
                ret_code[i] = c;
        }
        return true;
}

/*
 * A blank after the code is its check character, or a habit of the scanner. Where only one reading verifies, that is
 * it; where both do, the two name different pieces, and nobody may guess. code has room for one more character.
 */
static int verified_length(char *code, size_t *n, bool space) {
        bool without = verifies(code, *n), with = false;
        if (space && *n < CODE_MAX) {
                code[*n] = ' ';
                with = verifies(code, *n + 1);
        }
        if (with && without)
                return UDI_E_HIBC_SPACE;
        *n += with;
        return with || without ? 0 : UDI_E_HIBC_CHECK;
}

static int add(Udi *u, const char *id, const char *name, const char *p, size_t n) {
        return udi_add(u, id, strlen(id), name, p, n, UDI_E_HIBC_CONFLICT);
}

static int read_primary(const char *p, size_t n, Udi *u) {
        if (n < LIC + 2 || n > LIC + PCN_MAX + 1 || !udi_is_upper(p[0]) || !udi_is_digit(p[n - 1]))
                return UDI_E_HIBC_PRIMARY;
        for (size_t i = 0; i < n; i++)
                if (!is_alphanumeric(p[i]))
                        return UDI_E_HIBC_PRIMARY;
        udi_append(u->product, sizeof u->product, p, n);
        int r = add(u, "LIC", "labeler", p, LIC);
        if (r == 0)
                r = add(u, "PCN", "product", p + LIC, n - LIC - 1);
        return r ? r : add(u, "U/M", "unit of measure", p + n - 1, 1);
}

static int set_field(char *field, size_t size, const char *p, size_t n) {
        if (field[0])
                return strlen(field) == n && memcmp(field, p, n) == 0 ? 0 : UDI_E_HIBC_CONFLICT;
        udi_append(field, size, p, n);
        return 0;
}

static int take_lot(Udi *u, const char *p, size_t n, size_t max) {
        if (!field_good(p, n, max))
                return UDI_E_HIBC_SECONDARY;
        if (n == 0)
                return 0;
        int r = set_field(u->lot, sizeof u->lot, p, n);
        return r ? r : add(u, "$", "lot", p, n);
}

static int take_serial(Udi *u, const char *id, const char *p, size_t n) {
        if (n == 0 || !field_good(p, n, FIELD_MAX))
                return UDI_E_HIBC_SECONDARY;
        int r = set_field(u->serial, sizeof u->serial, p, n);
        return r ? r : add(u, id, "serial", p, n);
}

static int take_quantity(Udi *u, const char *p, size_t n) {
        if (n == 0 || n > 5 || udi_digits(p, n) != n)
                return UDI_E_HIBC_SECONDARY;
        return add(u, "Q", "quantity", p, n);
}

/* Date formats of $$ and $$+ by their flag; 0 and 1 are the first digit of MMYY itself. */
static const struct {
        uint8_t skip, length;
        int8_t year, month, day, ordinal, hour; /* offsets behind the flag, or -1 */
} formats[] = {
        ['0' - '0'] = { 0, 4, 2, 0, -1, -1, -1 }, ['1' - '0'] = { 0, 4, 2, 0, -1, -1, -1 },
        ['2' - '0'] = { 1, 6, 4, 0, 2, -1, -1 },  ['3' - '0'] = { 1, 6, 0, 2, 4, -1, -1 },
        ['4' - '0'] = { 1, 8, 0, 2, 4, -1, 6 },   ['5' - '0'] = { 1, 5, 0, -1, -1, 2, -1 },
        ['6' - '0'] = { 1, 7, 0, -1, -1, 2, 5 },  ['7' - '0'] = { 1, 0, -1, -1, -1, -1, -1 },
};

static int32_t read_date(const char *p, size_t format, int32_t year) {
        int32_t y = udi_century(year, udi_number(p + formats[format].year, 2));
        if (formats[format].hour >= 0 && udi_number(p + formats[format].hour, 2) > 23)
                return 0;
        if (formats[format].ordinal >= 0)
                return udi_date_ordinal(y, udi_number(p + formats[format].ordinal, 3));
        int32_t day = formats[format].day < 0 ? 0 : udi_number(p + formats[format].day, 2);
        return formats[format].day >= 0 && day == 0 ? 0 : udi_date(y, udi_number(p + formats[format].month, 2), day);
}

/* Takes the date, if any, off the front of *p. */
static int take_date(Udi *u, const char **p, size_t *n, int32_t year, Expiry *e) {
        size_t format = (size_t)(**p - '0'), length = formats[format].length;
        const char *date = *p + formats[format].skip;
        *n -= formats[format].skip;
        if (*n < length || udi_digits(date, length) != length)
                return UDI_E_HIBC_SECONDARY;
        *p = date + length;
        *n -= length;
        if (length == 0)
                return 0;
        e->date = read_date(date, format, year);
        e->month_only = formats[format].day < 0 && formats[format].ordinal < 0;
        return e->date ? add(u, "$$", "expires on", date, length) : UDI_E_HIBC_DATE;
}

/* Behind $$ or $$+: quantity, date, then the lot or serial number. */
static int read_flagged(const char *p, size_t n, bool serial, int32_t year, Udi *u, Expiry *e) {
        bool quantity = n && (*p == '8' || *p == '9');
        int r = 0;
        if (quantity) {
                size_t length = *p == '8' ? 2 : 5;
                if (n < 1 + length)
                        return UDI_E_HIBC_SECONDARY;
                r = take_quantity(u, p + 1, length);
                p += 1 + length;
                n -= 1 + length;
        }
        if (r == 0 && n && *p >= '0' && *p <= '7')
                r = take_date(u, &p, &n, year, e);
        else if (!quantity)
                return UDI_E_HIBC_SECONDARY;
        if (r != 0)
                return r;
        return serial ? take_serial(u, "$+", p, n) : take_lot(u, p, n, FIELD_MAX);
}

/* The superseded form: YYJJJ and a lot. */
static int read_ordinal(const char *p, size_t n, int32_t year, Udi *u, Expiry *e) {
        e->date = udi_date_ordinal(udi_century(year, udi_number(p, 2)), udi_number(p + 2, 3));
        if (!e->date)
                return UDI_E_HIBC_DATE;
        int r = add(u, "$$", "expires on", p, 5);
        return r ? r : take_lot(u, p + 5, n - 5, OLD_LOT_MAX);
}

static int read_secondary(const char *p, size_t n, int32_t year, Udi *u, Expiry *e) {
        if (n >= 5 && udi_digits(p, 5) == 5)
                return read_ordinal(p, n, year, u, e);
        bool dated = n >= 2 && p[1] == '$';
        size_t k = dated ? 2 : 1;
        bool serial = n > k && p[k] == '+';
        k += serial;
        if (dated)
                return read_flagged(p + k, n - k, serial, year, u, e);
        if (n == k)
                return UDI_E_HIBC_SECONDARY;
        return serial ? take_serial(u, "$+", p + k, n - k) : take_lot(u, p + k, n - k, FIELD_MAX);
}

/* yyyymmdd behind 14D or 16D. */
static int take_full_date(Udi *u, const char *id, const char *name, const char *p, size_t n, int32_t *ret_date) {
        if (n != 8 || udi_digits(p, n) != n)
                return UDI_E_HIBC_SECONDARY;
        int32_t day = udi_number(p + 6, 2);
        int32_t date = day ? udi_date(udi_number(p, 4), udi_number(p + 4, 2), day) : 0;
        int r = date ? add(u, id, name, p, n) : (int)UDI_E_HIBC_DATE;
        if (r == 0)
                *ret_date = date;
        return r;
}

/* Another data identifier (ANSI MH10.8.2: digits and a letter): shown, as far as it is one, but of no consequence. */
static int take_other(Udi *u, const char *p, size_t n) {
        size_t k = udi_digits(p, n);
        if (k > 3 || n < k + 2 || !udi_is_upper(p[k]))
                return UDI_E_HIBC_SECONDARY;
        for (size_t i = k + 1; i < n; i++)
                if (p[i] == ' ')
                        return UDI_E_HIBC_SECONDARY;
        return udi_add(u, p, k + 1, "further data", p + k + 1, n - k - 1, UDI_E_HIBC_CONFLICT);
}

static int read_supplement(const char *p, size_t n, Udi *u, int32_t *expires) {
        if (n >= 1 && p[0] == 'S')
                return take_serial(u, "S", p + 1, n - 1);
        if (n >= 1 && p[0] == 'Q')
                return take_quantity(u, p + 1, n - 1);
        if (n >= 3 && memcmp(p, "16D", 3) == 0)
                return take_full_date(u, "16D", "made on", p + 3, n - 3, &u->made);
        if (n >= 3 && memcmp(p, "14D", 3) == 0)
                return take_full_date(u, "14D", "expires on", p + 3, n - 3, expires);
        return take_other(u, p, n);
}

/* Two expiry dates must agree; a month agrees with any day in it, and the day then counts. */
static int settle_expiry(Udi *u, const Expiry *e, int32_t full) {
        if (e->date && full && (e->month_only ? e->date / 100 != full / 100 : e->date != full))
                return UDI_E_HIBC_CONFLICT;
        u->expires = full ? full : e->date;
        return 0;
}

/* Fields between '/'. The first may be secondary data, the others are supplements. */
static int read_fields(const char *p, size_t n, int32_t year, Udi *u) {
        Expiry e = { 0 };
        int32_t full = 0;
        for (size_t i = 0; i <= n;) {
                const char *slash = memchr(p + i, '/', n - i);
                size_t k = slash ? (size_t)(slash - p) - i : n - i;
                bool secondary = i == 0 && k && (p[0] == '$' || udi_digits(p, k) >= 5);
                int r = secondary ? read_secondary(p, k, year, u, &e) : read_supplement(p + i, k, u, &full);
                if (r != 0)
                        return r;
                i += k + 1;
        }
        return settle_expiry(u, &e, full);
}

/* A separate secondary: the last character links it to its primary by that one's check character. */
static int read_separate(const char *p, size_t n, int32_t year, Udi *u) {
        if (n < 2)
                return UDI_E_HIBC_SECONDARY;
        int r = read_fields(p, n - 1, year, u);
        return r ? r : add(u, "link", "check character of the primary code", p + n - 1, 1);
}

static void append_check(Udi *u) {
        char c = check_character(u->canonical, strlen(u->canonical));
        udi_append(u->canonical, sizeof u->canonical, c == ' ' ? "_" : &c, 1);
}

static void write_canonical(Udi *u) {
        size_t size = sizeof u->canonical;
        udi_append(u->canonical, size, "+", 1);
        udi_append(u->canonical, size, u->product, strlen(u->product));
        if (u->serial[0]) {
                udi_append(u->canonical, size, "/$+", 3);
                udi_append(u->canonical, size, u->serial, strlen(u->serial));
        } else if (u->lot[0]) {
                udi_append(u->canonical, size, "/$", 2);
                udi_append(u->canonical, size, u->lot, strlen(u->lot));
        }
        append_check(u);
        u->single_piece = u->serial[0] != '\0';
}

/* body: between '+' and the check character. */
static int read_body(const char *body, size_t n, int32_t year, Udi *u) {
        const char *slash = memchr(body, '/', n);
        size_t k = slash ? (size_t)(slash - body) : n;
        int r = read_primary(body, k, u);
        if (r == 0 && slash)
                r = read_fields(body + k + 1, n - k - 1, year, u);
        if (r == 0)
                write_canonical(u);
        return r;
}

int udi_hibc(const char *p, size_t n, bool space, int32_t year, Udi *u) {
        char code[CODE_MAX + 1];
        if (!copy_code(p, n, code))
                return UDI_E_HIBC_CHARACTER;
        int r = verified_length(code, &n, space);
        if (r != 0)
                return r;
        if (n < 4)
                return UDI_E_HIBC_PRIMARY;
        u->kind = UDI_HIBC;
        if (code[1] == '/')
                return UDI_E_HIBC_PROVIDER;
        if (code[1] != '$' && !udi_is_digit(code[1]))
                return read_body(code + 1, n - 2, year, u);
        r = read_separate(code + 1, n - 2, year, u);
        if (r != 0)
                return r;
        udi_append(u->canonical, sizeof u->canonical, code, n - 1);
        append_check(u);
        return 0;
}
