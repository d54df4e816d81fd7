/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which kind of code is this? The rule here is about safety, not convenience: a scanner that loses the first byte of a
 * machine code, or a person who types half of one, must get a reason and never a new "clinic label"; or the same needle
 * would be known under two names, and could be used under each. So everything that resembles a machine code goes to the
 * machine code's reader, whatever comes of it, and only the rest may be a label.
 */
#include "core/udi.h"

#include "core/udi-parts.h"

#define ISSUED_DIGITS 7
#define CHECK_SET "23456789ABCDEFGHJKMNPQRSTUVWXYZ"

static const struct {
        const char *id, *text;
} errors[_UDI_ERROR_MAX] = {
        [UDI_OK] = { "ok", "The code is good." },
        [UDI_E_EMPTY] = { "code-empty", "There is no code. Scan it again." },
        [UDI_E_TOO_LONG] = { "code-too-long", "The code has more than 128 characters. Scan one symbol at a time." },
        [UDI_E_KIND] = { "code-kind-unknown",
                         "This is no GS1 code, HIBC code or clinic label. Scan the GS1 or HIBC symbol on the label." },
        [UDI_E_WEB_ADDRESS] = { "code-web-address",
                                "This is a web address. Scan the GS1 DataMatrix or bar code on the label instead." },
        [UDI_E_SYMBOLOGY] = { "symbology-unknown",
                              "The symbology prefix is not known. Scan the GS1 or HIBC symbol on the label." },
        [UDI_E_TOO_MANY] = { "code-too-many-elements", "The code has too many elements. Scan one symbol at a time." },
        [UDI_E_GS1_BRACKET] = { "gs1-bracket",
                                "The brackets do not fit. Type each identifier as on the label, such as (21) before "
                                "the serial number, and a bracket inside a value as \\(." },
        [UDI_E_GS1_IDENTIFIER] = { "gs1-identifier-unknown",
                                   "An application identifier is not known, or the code is damaged. Scan it again, "
                                   "with a scanner that sends the FNC1 separators." },
        [UDI_E_GS1_LENGTH] = { "gs1-length",
                               "An element is too short or too long. Scan it again, with a scanner that sends the FNC1 "
                               "separators." },
        [UDI_E_GS1_DIGITS] = { "gs1-digits", "There is a letter where only digits can stand. Scan it again." },
        [UDI_E_GS1_CHARACTER] = { "gs1-character",
                                  "A character is not allowed in a GS1 code. Scan it again, or type it without "
                                  "blanks." },
        [UDI_E_GS1_CHECK] = { "gs1-check-digit", "The check digit is wrong: a digit was misread or mistyped. Scan it "
                                                 "again." },
        [UDI_E_GS1_DATE] = { "gs1-date", "A date in the code does not exist. Scan it again." },
        [UDI_E_GS1_CONFLICT] = { "gs1-conflict",
                                 "One identifier stands there twice with different values. Scan one symbol at a "
                                 "time." },
        [UDI_E_GS1_NO_KEY] = { "gs1-no-key",
                               "The code names no product. Scan the symbol that starts with (01), or all symbols of "
                               "the label as one code." },
        [UDI_E_GS1_TWO_KEYS] = { "gs1-two-keys",
                                 "The code names two different things at once. Scan one symbol at a time." },
        [UDI_E_HIBC_CHARACTER] = { "hibc-character", "A character is not allowed in a HIBC code. Scan it again." },
        [UDI_E_HIBC_CHECK] = { "hibc-check-character",
                               "The check character is wrong: a character was misread or mistyped. Scan it again." },
        [UDI_E_HIBC_SPACE] = { "hibc-space",
                               "The blank at the end may be the check character or not. Set the scanner to send no "
                               "blank, or type _ for a check character that is a blank." },
        [UDI_E_HIBC_PRIMARY] = { "hibc-primary",
                                 "The labeler, product and unit of measure do not have the form of a HIBC code. Scan "
                                 "it again." },
        [UDI_E_HIBC_SECONDARY] = { "hibc-secondary",
                                   "The lot, serial or quantity part does not have the form of a HIBC code. Scan it "
                                   "again." },
        [UDI_E_HIBC_DATE] = { "hibc-date", "A date in the code does not exist. Scan it again." },
        [UDI_E_HIBC_CONFLICT] = { "hibc-conflict",
                                  "The code gives two different serial numbers, lots or dates. Scan one symbol at a "
                                  "time." },
        [UDI_E_HIBC_PROVIDER] = { "hibc-provider", "This HIBC code is a provider's own, not a supplier's: it names no "
                                                   "item. Scan the maker's label." },
        [UDI_E_LABEL_CHARACTER] = { "label-character",
                                    "A clinic label has only letters, digits, dots, underscores and hyphens, and at "
                                    "least one letter or digit. Scan or type it again." },
        [UDI_E_LABEL_LENGTH] = { "label-length", "A clinic label has at most 64 characters. Scan or type it again." },
        [UDI_E_LABEL_CHECK] = { "label-check-character",
                                "This looks like a label issued here, such as L-0000042-D, but does not check: a "
                                "character is wrong or missing. Scan or type it again." },
};

const char *udi_error_id(int error) {
        return error >= 0 && error < _UDI_ERROR_MAX ? errors[error].id : "unknown";
}

const char *udi_error_text(int error) {
        return error >= 0 && error < _UDI_ERROR_MAX ? errors[error].text : "Unknown error.";
}

const char *udi_kind_name(UdiKind kind) {
        static const char *const names[] = { [UDI_GS1] = "gs1", [UDI_HIBC] = "hibc", [UDI_LABEL] = "label" };
        return names[kind];
}

const char *udi_value(const Udi *u, size_t i) {
        return u->text + u->elements[i].at;
}

static bool leap(int32_t year) {
        return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int32_t days_in(int32_t year, int32_t month) {
        static const int32_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
        return days[month - 1] + (month == 2 && leap(year));
}

int32_t udi_date(int32_t year, int32_t month, int32_t day) {
        if (year < 1 || year > 9999 || month < 1 || month > 12 || day < 0 || day > days_in(year, month))
                return 0;
        return year * 10000 + month * 100 + (day ? day : days_in(year, month));
}

int32_t udi_date_ordinal(int32_t year, int32_t n) {
        if (n < 1)
                return 0;
        for (int32_t month = 1; month <= 12; month++) {
                if (n <= days_in(year, month))
                        return udi_date(year, month, n);
                n -= days_in(year, month);
        }
        return 0;
}

int32_t udi_century(int32_t year, int32_t yy) {
        int32_t ahead = yy - year % 100, base = year - year % 100;
        if (ahead >= 51)
                base -= 100;
        else if (ahead <= -50)
                base += 100;
        return base + yy;
}

void udi_append(char *buffer, size_t size, const char *p, size_t n) {
        size_t used = strlen(buffer);
        if (n >= size - used)
                return;
        memcpy(buffer + used, p, n);
        buffer[used + n] = '\0';
}

const char *udi_find(const Udi *u, const char *id) {
        for (size_t i = 0; i < u->n_elements; i++)
                if (strcmp(u->elements[i].id, id) == 0)
                        return udi_value(u, i);
        return NULL;
}

int udi_add(Udi *u, const char *id, size_t n_id, const char *name, const char *value, size_t n, UdiError conflict) {
        char key[sizeof u->elements[0].id] = "";
        udi_append(key, sizeof key, id, n_id);
        const char *old = udi_find(u, key);
        if (old)
                return strlen(old) == n && memcmp(old, value, n) == 0 ? 0 : (int)conflict;
        if (u->n_elements == UDI_ELEMENTS_MAX || n >= sizeof u->text - u->n_text)
                return UDI_E_TOO_MANY;
        UdiElement *e = &u->elements[u->n_elements++];
        memcpy(e->id, key, sizeof key);
        e->name = name;
        e->at = (uint8_t)u->n_text;
        memcpy(u->text + u->n_text, value, n);
        u->n_text += n + 1;
        return 0;
}

/*
 * Digits weighted by powers of 3 modulo the prime 31: sees every single wrong digit and any two digits swapped that
 * stand less than 30 apart (3 is a primitive root). ISO/IEC 7064 MOD 37,36 misses some neighbours swapped. No letter
 * or digit that is taken for another (0 O, 1 I L) is a check character.
 */
static char issued_check(const char *digits, size_t n) {
        size_t v = 0;
        for (size_t i = 0; i < n; i++)
                v = (v * 3 + (size_t)(digits[i] - '0')) % 31;
        return CHECK_SET[v * 3 % 31];
}

void udi_label_issue(uint64_t number, char ret_label[static UDI_LABEL_SIZE]) {
        char reversed[20];
        size_t n = 0;
        for (; number || n < ISSUED_DIGITS; number /= 10)
                reversed[n++] = (char)('0' + number % 10);
        memset(ret_label, 0, UDI_LABEL_SIZE);
        memcpy(ret_label, "L-", 2);
        for (size_t i = 0; i < n; i++)
                ret_label[2 + i] = reversed[n - 1 - i];
        ret_label[2 + n] = '-';
        ret_label[3 + n] = issued_check(ret_label + 2, n);
}

static char read_as_digit(char c) {
        return c == 'O' ? '0' : c == 'I' ? '1' : c;
}

/*
 * Close enough to an issued label to be one with a slip: L and six digits, wherever the separators are, with something
 * behind them. O counts as 0 and I as 1. Takes upper case.
 */
static bool resembles_issued(const char *p, size_t n) {
        size_t m = 0;
        for (size_t i = 0; i < n; i++) {
                if (udi_in_set(p[i], "-._"))
                        continue;
                if (m == ISSUED_DIGITS)
                        return true;
                if (m == 0 ? p[i] != 'L' : !udi_is_digit(read_as_digit(p[i])))
                        return false;
                m++;
        }
        return false;
}

/* Takes upper case. True for exactly what udi_label_issue() writes. */
static bool is_issued(const char *p, size_t n) {
        if (n < 4 + ISSUED_DIGITS || memcmp(p, "L-", 2) != 0 || p[n - 2] != '-')
                return false;
        size_t digits = n - 4;
        if (udi_digits(p + 2, digits) != digits || (digits > ISSUED_DIGITS && p[2] == '0'))
                return false;
        return p[n - 1] == issued_check(p + 2, digits);
}

static int parse_label(const char *p, size_t n, Udi *u) {
        bool solid = false;
        if (n > LABEL_MAX)
                return UDI_E_LABEL_LENGTH;
        for (size_t i = 0; i < n; i++) {
                char c = udi_to_upper(p[i]);
                bool alphanumeric = udi_is_digit(c) || udi_is_upper(c);
                if (!alphanumeric && !udi_in_set(c, "-._"))
                        return UDI_E_LABEL_CHARACTER;
                solid = solid || alphanumeric;
                u->canonical[i] = c;
        }
        if (!solid)
                return UDI_E_LABEL_CHARACTER;
        if (resembles_issued(u->canonical, n) && !is_issued(u->canonical, n))
                return UDI_E_LABEL_CHECK;
        u->kind = UDI_LABEL;
        u->single_piece = true;
        return 0;
}

/* A second GS1 symbol without prefix: its first element is a date, such as 17270531 10... */
static bool starts_with_dated_element(const char *p, size_t n) {
        if (n < 8 || p[0] != '1' || !udi_in_set(p[1], "123567"))
                return false;
        return udi_date(2000, udi_number(p + 4, 2), udi_number(p + 6, 2)) != 0;
}

/* An element string without prefix, whole or damaged. See the essay above; doc/codes.md tells people. */
static bool resembles_gs1(const char *p, size_t n) {
        size_t digits = udi_digits(p, n);
        return memchr(p, UDI_GS, n) || digits >= 14 || starts_with_dated_element(p, digits);
}

static bool is_gtin_length(size_t n) {
        return n == 8 || n == 12 || n == 13 || n == 14;
}

static bool is_web_address(const char *p, size_t n) {
        return n >= 5 && udi_to_upper(p[0]) == 'H' && udi_to_upper(p[1]) == 'T' && udi_to_upper(p[2]) == 'T' &&
               udi_to_upper(p[3]) == 'P' && memchr(p, ':', n);
}

static int parse_plain(const char *p, size_t n, bool space, int32_t year, Udi *u) {
        if (p[0] == '+' || (n >= 3 && p[0] == '*' && p[1] == '+' && p[n - 1] == '*'))
                return p[0] == '+' ? udi_hibc(p, n, space, year, u) : udi_hibc(p + 1, n - 2, false, year, u);
        if (p[0] == '(')
                return udi_gs1_brackets(p, n, year, u);
        if (udi_digits(p, n) == n && is_gtin_length(n))
                return udi_gs1_gtin(p, n, u);
        if (resembles_gs1(p, n))
                return udi_gs1_separated(p, n, year, u);
        if (is_web_address(p, n))
                return UDI_E_WEB_ADDRESS;
        if (udi_in_set(p[0], "*$/=&[]#%)\\") || p[0] < ' ')
                return UDI_E_KIND;
        return parse_label(p, n, u);
}

/* ISO/IEC 15424: ']', a letter for the symbology, a modifier. Those below hold GS1 data by definition. */
static int parse_prefixed(const char *p, size_t n, bool space, int32_t year, Udi *u) {
        static const char gs1[][3] = { "d2", "C1", "Q3", "e0", "e1", "e2", "J1" };
        if (n < 3 || !udi_in_set(p[1], "ACEFIJLQdez") || !udi_is_digit(p[2]))
                return UDI_E_SYMBOLOGY;
        if (n == 3)
                return UDI_E_EMPTY;
        for (size_t i = 0; i < sizeof gs1 / sizeof gs1[0]; i++)
                if (memcmp(p + 1, gs1[i], 2) == 0)
                        return p[3] == '(' ? udi_gs1_brackets(p + 3, n - 3, year, u) :
                                             udi_gs1_separated(p + 3, n - 3, year, u);
        return parse_plain(p + 3, n - 3, space, year, u);
}

int udi_parse(const char *code, size_t n, int32_t year, Udi *ret_udi) {
        Udi u = { 0 };
        if (n > CODE_MAX)
                return UDI_E_TOO_LONG;
        while (n && *code == ' ') {
                code++;
                n--;
        }
        size_t whole = n;
        while (n && udi_in_set(code[n - 1], " \r\n\t"))
                n--;
        if (!n)
                return UDI_E_EMPTY;
        bool space = n < whole && code[n] == ' ';
        int r = code[0] == ']' ? parse_prefixed(code, n, space, year, &u) : parse_plain(code, n, space, year, &u);
        if (r == 0)
                *ret_udi = u;
        return r;
}
