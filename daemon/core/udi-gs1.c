/* SPDX-License-Identifier: Apache-2.0 */
/*
 * GS1 element strings. An identifier that is not in the table is refused, also between brackets: without FNC1 nobody
 * could say where its value ends, and both ways of writing must tell the same of a piece.
 */
#include "core/udi-parts.h"

#define PUNCTUATION_82 "!\"%&'()*+,-./:;<=>?_"
#define PUNCTUATION_39 "#-/"

typedef enum Set { SET_82, SET_39, SET_DIGITS } Set;

typedef struct Identifier {
        char id[5];         /* n: any digit */
        uint8_t min, max;   /* length of the value */
        Set set;
        uint8_t digits;     /* so many leading characters are digits, whatever the set */
        uint8_t check;      /* the last of so many leading digits is their check digit */
        uint8_t date;       /* 6: starts with yymmdd, day 00 allowed; 10: yymmddhhmm */
        const char *name;
} Identifier;

/* GS1 General Specifications 3.2: what can stand on a device, its box or its carton. In order of the identifiers. */
static const Identifier identifiers[] = {
        { "00", 18, 18, SET_DIGITS, 18, 18, 0, "logistic unit (SSCC)" },
        { "01", 14, 14, SET_DIGITS, 14, 14, 0, "product (GTIN)" },
        { "02", 14, 14, SET_DIGITS, 14, 14, 0, "contained product (GTIN)" },
        { "03", 14, 14, SET_DIGITS, 14, 14, 0, "made-to-order product (GTIN)" },
        { "10", 1, 20, SET_82, 0, 0, 0, "lot" },
        { "11", 6, 6, SET_DIGITS, 6, 0, 6, "made on" },
        { "12", 6, 6, SET_DIGITS, 6, 0, 6, "payment due on" },
        { "13", 6, 6, SET_DIGITS, 6, 0, 6, "packed on" },
        { "15", 6, 6, SET_DIGITS, 6, 0, 6, "best before" },
        { "16", 6, 6, SET_DIGITS, 6, 0, 6, "sell by" },
        { "17", 6, 6, SET_DIGITS, 6, 0, 6, "expires on" },
        { "20", 2, 2, SET_DIGITS, 2, 0, 0, "internal variant" },
        { "21", 1, 20, SET_82, 0, 0, 0, "serial" },
        { "22", 1, 20, SET_82, 0, 0, 0, "consumer variant" },
        { "235", 1, 28, SET_82, 0, 0, 0, "third-party serial extension" },
        { "240", 1, 30, SET_82, 0, 0, 0, "further product id" },
        { "241", 1, 30, SET_82, 0, 0, 0, "customer part number" },
        { "242", 1, 6, SET_DIGITS, 6, 0, 0, "made-to-order variation" },
        { "243", 1, 20, SET_82, 0, 0, 0, "packaging component" },
        { "250", 1, 30, SET_82, 0, 0, 0, "secondary serial" },
        { "251", 1, 30, SET_82, 0, 0, 0, "reference to source" },
        { "253", 13, 30, SET_82, 13, 13, 0, "document type (GDTI)" },
        { "254", 1, 20, SET_82, 0, 0, 0, "location extension" },
        { "30", 1, 8, SET_DIGITS, 8, 0, 0, "count" },
        { "31nn", 6, 6, SET_DIGITS, 6, 0, 0, "measure" },
        { "32nn", 6, 6, SET_DIGITS, 6, 0, 0, "measure" },
        { "33nn", 6, 6, SET_DIGITS, 6, 0, 0, "measure" },
        { "34nn", 6, 6, SET_DIGITS, 6, 0, 0, "measure" },
        { "35nn", 6, 6, SET_DIGITS, 6, 0, 0, "measure" },
        { "36nn", 6, 6, SET_DIGITS, 6, 0, 0, "measure" },
        { "37", 1, 8, SET_DIGITS, 8, 0, 0, "count of contained products" },
        { "400", 1, 30, SET_82, 0, 0, 0, "customer's order" },
        { "401", 1, 30, SET_82, 0, 0, 0, "consignment (GINC)" },
        { "402", 17, 17, SET_DIGITS, 17, 17, 0, "shipment (GSIN)" },
        { "410", 13, 13, SET_DIGITS, 13, 13, 0, "ship to (GLN)" },
        { "411", 13, 13, SET_DIGITS, 13, 13, 0, "bill to (GLN)" },
        { "412", 13, 13, SET_DIGITS, 13, 13, 0, "purchased from (GLN)" },
        { "413", 13, 13, SET_DIGITS, 13, 13, 0, "ship for (GLN)" },
        { "414", 13, 13, SET_DIGITS, 13, 13, 0, "place (GLN)" },
        { "415", 13, 13, SET_DIGITS, 13, 13, 0, "invoiced by (GLN)" },
        { "416", 13, 13, SET_DIGITS, 13, 13, 0, "place of production (GLN)" },
        { "417", 13, 13, SET_DIGITS, 13, 13, 0, "party (GLN)" },
        { "422", 3, 3, SET_DIGITS, 3, 0, 0, "country of origin" },
        { "7001", 13, 13, SET_DIGITS, 13, 0, 0, "NATO stock number" },
        { "7003", 10, 10, SET_DIGITS, 10, 0, 10, "expires at" },
        { "7040", 4, 4, SET_82, 1, 0, 0, "UIC with extension" },
        { "710", 1, 20, SET_82, 0, 0, 0, "national number (Germany)" },
        { "711", 1, 20, SET_82, 0, 0, 0, "national number (France)" },
        { "712", 1, 20, SET_82, 0, 0, 0, "national number (Spain)" },
        { "713", 1, 20, SET_82, 0, 0, 0, "national number (Brazil)" },
        { "714", 1, 20, SET_82, 0, 0, 0, "national number (Portugal)" },
        { "715", 1, 20, SET_82, 0, 0, 0, "national number (USA)" },
        { "716", 1, 20, SET_82, 0, 0, 0, "national number (Italy)" },
        { "8003", 14, 30, SET_82, 14, 14, 0, "returnable asset (GRAI)" },
        { "8004", 1, 30, SET_82, 0, 0, 0, "individual asset (GIAI)" },
        { "8006", 18, 18, SET_DIGITS, 18, 14, 0, "piece of a product (ITIP)" },
        { "8008", 8, 12, SET_DIGITS, 12, 0, 6, "made at" },
        { "8010", 1, 30, SET_39, 0, 0, 0, "component (CPID)" },
        { "8011", 1, 12, SET_DIGITS, 12, 0, 0, "component serial" },
        { "8012", 1, 20, SET_82, 0, 0, 0, "software version" },
        { "8013", 1, 25, SET_82, 0, 0, 0, "device model (GMN)" },
        { "8014", 1, 25, SET_82, 0, 0, 0, "device registration (MUDI)" },
        { "8017", 18, 18, SET_DIGITS, 18, 18, 0, "service provider (GSRN)" },
        { "8018", 18, 18, SET_DIGITS, 18, 18, 0, "service recipient (GSRN)" },
        { "8020", 1, 25, SET_82, 0, 0, 0, "payment slip" },
        { "8026", 18, 18, SET_DIGITS, 18, 14, 0, "piece of a contained product (ITIP)" },
        { "8200", 1, 70, SET_82, 0, 0, 0, "further information" },
        { "90", 1, 30, SET_82, 0, 0, 0, "agreed between partners" },
        { "9n", 1, 90, SET_82, 0, 0, 0, "company internal" },
};

/* The identifier that p starts with, or NULL. No identifier is the beginning of another. */
static const Identifier *find_identifier(const char *p, size_t n) {
        for (size_t i = 0; i < sizeof identifiers / sizeof identifiers[0]; i++) {
                const char *id = identifiers[i].id;
                size_t k = 0;
                while (id[k] && k < n && (id[k] == p[k] || (id[k] == 'n' && udi_is_digit(p[k]))))
                        k++;
                if (!id[k])
                        return &identifiers[i];
        }
        return NULL;
}

/* GS1 General Specifications 7.8: after these no FNC1 is needed. 14, 18 and 19 are in that list but not assigned. */
static bool has_predefined_length(const Identifier *a) {
        int prefix = (a->id[0] - '0') * 10 + (a->id[1] - '0');
        return prefix <= 4 || (prefix >= 11 && prefix <= 20) || (prefix >= 31 && prefix <= 36) || prefix == 41;
}

static bool in_set(char c, Set set) {
        if (udi_is_digit(c))
                return true;
        switch (set) {
        case SET_82:
                return udi_is_upper(udi_to_upper(c)) || udi_in_set(c, PUNCTUATION_82);
        case SET_39:
                return udi_is_upper(c) || udi_in_set(c, PUNCTUATION_39);
        case SET_DIGITS:
                return false;
        }
        return false;
}

/* GS1 General Specifications 7.9: weights 3 and 1 in turn, from the right. */
static bool check_digit_good(const char *p, size_t n) {
        int sum = 0;
        for (size_t i = 0; i < n; i++)
                sum += (p[i] - '0') * ((n - i) % 2 ? 1 : 3);
        return sum % 10 == 0;
}

static int32_t read_date(const char *p, int32_t year) {
        return udi_date(udi_century(year, udi_number(p, 2)), udi_number(p + 2, 2), udi_number(p + 4, 2));
}

static bool date_good(const Identifier *a, const char *v, int32_t year) {
        if (a->date && !read_date(v, year))
                return false;
        return a->date < 10 || (udi_number(v + 4, 2) > 0 && udi_number(v + 6, 2) < 24 && udi_number(v + 8, 2) < 60);
}

static int check_value(const Identifier *a, const char *v, size_t n, int32_t year) {
        if (n < a->min || n > a->max)
                return UDI_E_GS1_LENGTH;
        for (size_t i = 0; i < n; i++)
                if (!in_set(v[i], SET_82))
                        return UDI_E_GS1_CHARACTER;
        for (size_t i = 0; i < n; i++)
                if (!in_set(v[i], i < a->digits ? SET_DIGITS : a->set))
                        return i < a->digits || a->set == SET_DIGITS ? UDI_E_GS1_DIGITS : UDI_E_GS1_CHARACTER;
        if (a->check && !check_digit_good(v, a->check))
                return UDI_E_GS1_CHECK;
        return date_good(a, v, year) ? 0 : UDI_E_GS1_DATE;
}

static int add(const Identifier *a, const char *id, const char *v, size_t n, int32_t year, Udi *u) {
        int r = check_value(a, v, n, year);
        if (r != 0)
                return r;
        return udi_add(u, id, strlen(a->id), a->name, v, n, UDI_E_GS1_CONFLICT);
}

static void append_value(Udi *u, const char *id, const char *v) {
        udi_append(u->canonical, sizeof u->canonical, "(", 1);
        udi_append(u->canonical, sizeof u->canonical, id, strlen(id));
        udi_append(u->canonical, sizeof u->canonical, ")", 1);
        for (; *v; v++) {
                if (*v == '(')
                        udi_append(u->canonical, sizeof u->canonical, "\\", 1);
                udi_append(u->canonical, sizeof u->canonical, v, 1);
        }
}

static void set_serial(Udi *u, const char *v) {
        udi_append(u->serial, sizeof u->serial, v, strlen(v));
        u->single_piece = true;
}

static void take_gtin(Udi *u, const char *gtin) {
        const char *serial = udi_find(u, "21");
        udi_append(u->product, sizeof u->product, gtin, strlen(gtin));
        append_value(u, "01", gtin);
        if (serial) {
                append_value(u, "21", serial);
                set_serial(u, serial);
        } else if (u->lot[0])
                append_value(u, "10", u->lot);
}

static void take_component(Udi *u, const char *id) {
        const char *serial = udi_find(u, "8011");
        append_value(u, "8010", id);
        if (serial) {
                append_value(u, "8011", serial);
                set_serial(u, serial);
        }
}

static void take_attributes(Udi *u, int32_t year) {
        const char *lot = udi_find(u, "10"), *made = udi_find(u, "11"), *day = udi_find(u, "17"),
                   *hour = udi_find(u, "7003");
        if (lot)
                udi_append(u->lot, sizeof u->lot, lot, strlen(lot));
        if (made)
                u->made = read_date(made, year);
        if (day)
                u->expires = read_date(day, year);
        if (hour && (!u->expires || read_date(hour, year) < u->expires))
                u->expires = read_date(hour, year);
}

/* Elements are complete: what is it that they name? */
static int conclude(int32_t year, Udi *u) {
        const char *gtin = udi_find(u, "01"), *grai = udi_find(u, "8003"), *giai = udi_find(u, "8004"),
                   *cpid = udi_find(u, "8010"), *sscc = udi_find(u, "00");
        if (!!gtin + !!grai + !!giai + !!cpid > 1)
                return UDI_E_GS1_TWO_KEYS;
        u->kind = UDI_GS1;
        take_attributes(u, year);
        if (gtin)
                take_gtin(u, gtin);
        else if (grai) {
                append_value(u, "8003", grai);
                if (grai[14])
                        set_serial(u, grai + 14);
        } else if (giai) {
                append_value(u, "8004", giai);
                set_serial(u, giai);
        } else if (cpid)
                take_component(u, cpid);
        else if (sscc)
                append_value(u, "00", sscc);
        else
                return UDI_E_GS1_NO_KEY;
        return 0;
}

int udi_gs1_separated(const char *p, size_t n, int32_t year, Udi *u) {
        size_t i = p[0] == UDI_GS;
        if (i == n)
                return UDI_E_EMPTY;
        while (i < n) {
                const Identifier *a = find_identifier(p + i, n - i);
                if (!a)
                        return UDI_E_GS1_IDENTIFIER;
                size_t v = i + strlen(a->id), left = n - v;
                const char *gs = memchr(p + v, UDI_GS, left);
                size_t taken = gs ? (size_t)(gs - p) - v : left;
                if (has_predefined_length(a) && taken > a->max)
                        taken = a->max;
                int r = add(a, p + i, p + v, taken, year, u);
                if (r != 0)
                        return r;
                i = v + taken;
                i += i < n && p[i] == UDI_GS;
        }
        return conclude(year, u);
}

/* Pads a GTIN-8, -12 or -13 that a person typed after (01). Others stay as they are. */
static void pad_gtin(const Identifier *a, char v[static 14], size_t *n) {
        if (a->check != 14 || a->max != 14 || (*n != 8 && *n != 12 && *n != 13))
                return;
        memmove(v + 14 - *n, v, *n);
        memset(v, '0', 14 - *n);
        *n = 14;
}

/* Copies a value up to the next opening bracket, resolving \(. Returns how many bytes it took. */
static size_t copy_value(const char *p, size_t n, char *ret_value, size_t *ret_n) {
        size_t i = 0, m = 0;
        while (i < n && p[i] != '(') {
                if (p[i] == '\\' && i + 1 < n && p[i + 1] == '(')
                        i++;
                ret_value[m++] = p[i++];
        }
        *ret_n = m;
        return i;
}

int udi_gs1_brackets(const char *p, size_t n, int32_t year, Udi *u) {
        for (size_t i = 0; i < n;) {
                char value[CODE_MAX];
                size_t m, k = udi_digits(p + i + 1, n - i - 1);
                if (i + 1 + k >= n || p[i + 1 + k] != ')' || k == 0)
                        return UDI_E_GS1_BRACKET;
                const Identifier *a = find_identifier(p + i + 1, k);
                if (!a || strlen(a->id) != k)
                        return UDI_E_GS1_IDENTIFIER;
                size_t v = i + k + 2;
                size_t taken = copy_value(p + v, n - v, value, &m);
                pad_gtin(a, value, &m);
                int r = add(a, p + i + 1, value, m, year, u);
                if (r != 0)
                        return r;
                i = v + taken;
        }
        return conclude(year, u);
}

int udi_gs1_gtin(const char *p, size_t n, Udi *u) {
        char text[18] = "(01)";
        memset(text + 4, '0', 14);
        memcpy(text + sizeof text - n, p, n);
        return udi_gs1_brackets(text, sizeof text, 2000, u);
}
