/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/udi.h"
#include "util.h"

#define YEAR 2026
#define GS "\x1d"
#define SEED 20180917u

static int parse(const char *code, Udi *ret_udi) {
        return udi_parse(code, strlen(code), YEAR, ret_udi);
}

static Udi parsed(const char *code) {
        Udi u;
        int r = parse(code, &u);
        if (r != 0)
                fail_msg("%s: %s", code, udi_error_id(r));
        return u;
}

static void expect_error(const char *code, const char *id) {
        Udi u;
        int r = parse(code, &u);
        if (!streq(udi_error_id(r), id))
                fail_msg("%s: %s, not %s", code, udi_error_id(r), id);
}

static void expect_canonical(const char *code, const char *canonical) {
        Udi u = parsed(code);
        assert_string_equal(u.canonical, canonical);
}

static void expect_equal(const Udi *a, const Udi *b) {
        assert_int_equal(a->kind, b->kind);
        assert_string_equal(a->canonical, b->canonical);
        assert_string_equal(a->product, b->product);
        assert_string_equal(a->serial, b->serial);
        assert_string_equal(a->lot, b->lot);
        assert_int_equal(a->expires, b->expires);
        assert_int_equal(a->made, b->made);
        assert_int_equal(a->single_piece, b->single_piece);
        assert_int_equal(a->n_elements, b->n_elements);
        for (size_t i = 0; i < a->n_elements; i++) {
                assert_string_equal(a->elements[i].id, b->elements[i].id);
                assert_string_equal(udi_value(a, i), udi_value(b, i));
        }
}

static size_t pick(size_t n) {
        return (size_t)rand() % n;
}

/* Computed here on its own, from the left, to check the parser against a second reading of the standard. */
static char gtin_check(const char *thirteen) {
        int sum = 0;
        for (size_t i = 0; i < 13; i += 2)
                sum += 3 * (thirteen[i] - '0');
        for (size_t i = 1; i < 13; i += 2)
                sum += thirteen[i] - '0';
        return (char)('0' + (1000 - sum) % 10);
}

static int value_43(char c) {
        const char *special = "-. $/+%";
        if (c >= '0' && c <= '9')
                return c - '0';
        return c >= 'A' && c <= 'Z' ? c - 'A' + 10 : (int)(strchr(special, c) - special) + 36;
}

/* The code with its HIBC check character, in a static buffer. */
static const char *hibc(const char *code) {
        static char text[CODE_MAX + 2];
        int sum = 0;
        for (const char *c = code; *c; c++)
                sum += value_43(*c);
        snprintf(text, sizeof text, "%s%c", code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-. $/+%"[sum % 43]);
        return text;
}

static void a_device_label_is_read_in_full(void **state) {
        (void)state;
        Udi u = parsed("(01)00844588003288(11)250105(17)270531(10)LOT1(21)SN0042");
        assert_int_equal(u.kind, UDI_GS1);
        assert_true(u.single_piece);
        assert_string_equal(u.canonical, "(01)00844588003288(21)SN0042");
        assert_string_equal(u.product, "00844588003288");
        assert_string_equal(u.lot, "LOT1");
        assert_string_equal(u.serial, "SN0042");
        assert_int_equal(u.expires, 20270531);
        assert_int_equal(u.made, 20250105);
        assert_int_equal(u.n_elements, 5);
        assert_string_equal(u.elements[3].name, "lot");
        assert_string_equal(udi_value(&u, 3), "LOT1");
}

static void every_way_of_scanning_one_piece_gives_one_canonical_form(void **state) {
        (void)state;
        static const char *const ways[] = {
                "(01)00844588003288(21)SN0042",
                "(01)00844588003288(17)270531(10)LOT1(21)SN0042",
                "(21)SN0042(01)00844588003288",
                "(01)844588003288(21)SN0042",
                "(01)0844588003288(21)SN0042",
                "010084458800328821SN0042",
                "]d2010084458800328821SN0042",
                "]C1010084458800328821SN0042" GS,
                "]Q3" GS "010084458800328821SN0042",
                "]e0010084458800328821SN0042",
                "]d2(01)00844588003288(21)SN0042",
                "]d20100844588003288" GS "1727053110LOT1" GS "21SN0042",
                "21SN0042" GS "0100844588003288",
                "  010084458800328821SN0042 \r\n",
                "(01)00844588003288(21)SN0042(21)SN0042",
                "(01)00844588003288(21)SN0042(8012)1.2(91)x",
        };
        for (size_t i = 0; i < ELEMENTSOF(ways); i++)
                expect_canonical(ways[i], "(01)00844588003288(21)SN0042");
}

static void serial_numbers_keep_their_case_and_zeros(void **state) {
        (void)state;
        expect_canonical("(01)00844588003288(21)sn0042", "(01)00844588003288(21)sn0042");
        expect_canonical("(01)00844588003288(21)0042", "(01)00844588003288(21)0042");
}

static void a_bracket_inside_a_value_never_changes_what_is_named(void **state) {
        (void)state;
        Udi u = parsed("010084458800328821AB(10)X");
        assert_string_equal(u.serial, "AB(10)X");
        assert_string_equal(u.lot, "");
        assert_string_equal(u.canonical, "(01)00844588003288(21)AB\\(10)X");
        Udi again = parsed(u.canonical);
        assert_string_equal(again.serial, "AB(10)X");
        expect_error("(01)00844588003288(21)AB(C)", "gs1-bracket");
        expect_error("(01)00844588003288(21)AB(", "gs1-bracket");
        expect_error("(01)00844588003288(21)A\\B", "gs1-character");
}

static void lot_or_product_alone_names_no_single_piece(void **state) {
        (void)state;
        Udi u = parsed("(01)00844588003288(17)270531(10)LOT1");
        assert_false(u.single_piece);
        assert_string_equal(u.canonical, "(01)00844588003288(10)LOT1");
        assert_false(parsed("(01)00844588003288").single_piece);
        assert_false(parsed("(00)006141411234567890").single_piece);
        assert_false(parsed("(01)00844588003288(235)SN0042").single_piece);
}

static void a_bare_gtin_is_a_product_and_never_a_label(void **state) {
        (void)state;
        static const char *const gtins[] = { "96385074", "036000291452", "4006381333931", "00844588003288" };
        static const char *const padded[] = { "(01)00000096385074", "(01)00036000291452", "(01)04006381333931",
                                              "(01)00844588003288" };
        for (size_t i = 0; i < ELEMENTSOF(gtins); i++) {
                Udi u = parsed(gtins[i]);
                assert_string_equal(u.canonical, padded[i]);
                assert_false(u.single_piece);
        }
        expect_canonical("]E04006381333931", "(01)04006381333931");
        expect_error("96385075", "gs1-check-digit");
        expect_error("4006381333913", "gs1-check-digit");
}

static void damaged_machine_codes_are_never_labels(void **state) {
        (void)state;
        expect_error("0100844588003288", "ok");
        expect_error("010084458800328", "gs1-length");
        expect_error("0100844588003289", "gs1-check-digit");
        expect_error("0100844588003289X21SN0042", "gs1-check-digit");
        expect_error("01008445880032821SN0042", "gs1-check-digit");
        expect_error("1727053110LOT1", "gs1-no-key");
        expect_error("172705310", "gs1-identifier-unknown");
        expect_error("(21)SN0042", "gs1-no-key");
        expect_error("SN0042" GS "10LOT1", "gs1-identifier-unknown");
        expect_error(GS, "code-empty");
        expect_error("]d2", "code-empty");
        expect_error("]d2SN0042", "gs1-identifier-unknown");
        expect_error("]", "symbology-unknown");
        expect_error("]x9HP-01", "symbology-unknown");
        expect_error("+HP-01", "hibc-check-character");
        expect_error("=W0000", "code-kind-unknown");
        expect_error("https://id.gs1.org/01/00844588003288/21/SN0042", "code-web-address");
        expect_error("12345678901234567890", "gs1-date");
        expect_error("05345678901234567890", "gs1-identifier-unknown");
        expect_error("\x01HP-01", "code-kind-unknown");
}

static void every_single_wrong_digit_of_a_gtin_is_noticed(void **state) {
        (void)state;
        char code[] = "(01)00844588003288(21)SN0042";
        for (size_t i = 4; i < 18; i++) {
                char right = code[i];
                for (char c = '0'; c <= '9'; c++) {
                        code[i] = c;
                        if (c != right)
                                expect_error(code, "gs1-check-digit");
                }
                code[i] = right;
        }
}

static void neighbouring_digits_swapped_are_noticed(void **state) {
        (void)state;
        char code[] = "(01)00844588003288(21)SN0042";
        for (size_t i = 4; i < 17; i++) {
                int apart = abs(code[i] - code[i + 1]);
                if (apart == 0 || apart == 5)
                        continue; /* the standard's check digit cannot see these */
                char c = code[i];
                code[i] = code[i + 1];
                code[i + 1] = c;
                expect_error(code, "gs1-check-digit");
                code[i + 1] = code[i];
                code[i] = c;
        }
}

static void other_keys_have_their_check_digits_verified(void **state) {
        (void)state;
        expect_error("(00)006141411234567891", "gs1-check-digit");
        expect_error("(01)00844588003288(02)00844588003289", "gs1-check-digit");
        expect_error("(8003)00614141123453ABC", "gs1-check-digit");
        expect_error("(01)00844588003288(414)9521321000015", "gs1-check-digit");
        expect_error("(01)00844588003288(414)9521321000018", "ok");
}

static void assets_and_components_are_pieces_by_their_own_keys(void **state) {
        (void)state;
        Udi u = parsed("(8004)0614141asset-7");
        assert_true(u.single_piece);
        assert_string_equal(u.canonical, "(8004)0614141asset-7");
        u = parsed("]d280030061414112345212345AB");
        assert_true(u.single_piece);
        assert_string_equal(u.serial, "12345AB");
        assert_string_equal(u.canonical, "(8003)0061414112345212345AB");
        assert_false(parsed("(8003)00614141123452").single_piece);
        u = parsed("80106141415PQ12" GS "801117");
        assert_true(u.single_piece);
        assert_string_equal(u.canonical, "(8010)6141415PQ12(8011)17");
        assert_false(parsed("(8010)6141415PQ12").single_piece);
        expect_error("(8010)6141415pq12", "gs1-character");
        expect_error("(01)00844588003288(21)SN0042(8004)0614141A", "gs1-two-keys");
}

static void day_zero_is_the_end_of_the_month(void **state) {
        (void)state;
        assert_int_equal(parsed("(01)00844588003288(17)270200").expires, 20270228);
        assert_int_equal(parsed("(01)00844588003288(17)280200").expires, 20280229);
        assert_int_equal(parsed("(01)00844588003288(17)270400").expires, 20270430);
        assert_int_equal(parsed("(01)00844588003288(17)271200").expires, 20271231);
}

static void days_that_do_not_exist_are_refused(void **state) {
        (void)state;
        expect_error("(01)00844588003288(17)270230", "gs1-date");
        expect_error("(01)00844588003288(17)270229", "gs1-date");
        expect_error("(01)00844588003288(17)280229", "ok");
        expect_error("(01)00844588003288(17)271301", "gs1-date");
        expect_error("(01)00844588003288(11)270001", "gs1-date");
        expect_error("(01)00844588003288(7003)2705312460", "gs1-date");
        expect_error("(01)00844588003288(7003)2705002300", "gs1-date");
        expect_error("(01)00844588003288(17)27053A", "gs1-digits");
}

static int32_t expiry_in(int32_t year, const char *yy) {
        char code[64];
        Udi u;
        snprintf(code, sizeof code, "(01)00844588003288(17)%s0615", yy);
        assert_int_equal(udi_parse(code, strlen(code), year, &u), 0);
        return u.expires / 10000;
}

static void two_digit_years_lie_between_49_back_and_50_ahead(void **state) {
        (void)state;
        assert_int_equal(expiry_in(2026, "76"), 2076);
        assert_int_equal(expiry_in(2026, "77"), 1977);
        assert_int_equal(expiry_in(2026, "00"), 2000);
        assert_int_equal(expiry_in(2049, "99"), 2099);
        assert_int_equal(expiry_in(2049, "00"), 2000);
        assert_int_equal(expiry_in(2050, "00"), 2100);
        assert_int_equal(expiry_in(2099, "49"), 2149);
        assert_int_equal(expiry_in(2099, "50"), 2050);
}

static void the_earlier_of_two_expiries_counts(void **state) {
        (void)state;
        assert_int_equal(parsed("(01)00844588003288(17)270531(7003)2705302359").expires, 20270530);
        assert_int_equal(parsed("(01)00844588003288(17)270529(7003)2705302359").expires, 20270529);
        assert_int_equal(parsed("(01)00844588003288(7003)2705302359").expires, 20270530);
        assert_int_equal(parsed("(01)00844588003288(15)270531").expires, 0);
}

static void an_identifier_twice_with_different_values_is_refused(void **state) {
        (void)state;
        expect_error("(01)00844588003288(21)A(21)B", "gs1-conflict");
        expect_error("(01)00844588003288(10)A(10)B(21)S", "gs1-conflict");
        expect_error("010084458800328821A" GS "21B", "gs1-conflict");
        expect_error("(01)00844588003288(10)A(10)A(21)S", "ok");
}

static void lengths_and_characters_are_checked(void **state) {
        (void)state;
        expect_error("(01)00844588003288(21)123456789012345678901", "gs1-length");
        expect_error("(01)00844588003288(21)12345678901234567890", "ok");
        expect_error("(01)00844588003288(21)", "gs1-length");
        expect_error("(01)84458800328(21)S", "gs1-length");
        expect_error("010084458800328821" GS "10L", "gs1-length");
        expect_error("010084458800328821A" GS GS "10L", "gs1-identifier-unknown");
        expect_error("(01)00844588003288 (21)S", "gs1-length");
        expect_error("(01)00844588003288(21)S N", "gs1-character");
        expect_error("(01)00844588003288(21)S\xc3\xa9", "gs1-character");
        expect_error("(01)00844588003288(21)S#", "gs1-character");
        expect_error("(01)00844588003288(21)!\"%&')*+,-./:;<=>?_a", "ok");
        expect_error("(01)00844588003288(30)1A", "gs1-digits");
        expect_error("(01)00844588003288(99)x(05)1", "gs1-identifier-unknown");
        expect_error("(01)00844588003288(210)1", "gs1-identifier-unknown");
        expect_error("(01)00844588003288()1", "gs1-bracket");
        expect_error("(01)00844588003288(7040)1ABC(710)123(3103)000500(422)840(21)S", "ok");
        expect_error("(01)00844588003288(7040)AABC", "gs1-digits");
}

/* A random element of a device label: identifier and value, and whether its length is predefined. */
static bool random_element(char *id, char *value) {
        static const struct {
                const char *id;
                size_t max; /* 0: a date of predefined length */
        } kinds[] = { { "17", 0 }, { "11", 0 },   { "10", 20 },  { "21", 20 },  { "240", 30 }, { "250", 30 },
                      { "91", 40 }, { "8012", 20 }, { "712", 20 }, { "22", 20 }, { "16", 0 } };
        static const char set[] = "0123456789ABCDEFXYZabcxyz!\"%&'()*+,-./:;<=>?_()()";
        size_t k = pick(ELEMENTSOF(kinds));
        strcpy(id, kinds[k].id);
        if (kinds[k].max == 0) {
                snprintf(value, 41, "%02zu%02zu%02zu", pick(100), 1 + pick(12), pick(29));
                return true;
        }
        size_t n = 1 + pick(kinds[k].max < 12 ? kinds[k].max : 12);
        for (size_t i = 0; i < n; i++)
                value[i] = set[pick(sizeof set - 1)];
        value[n] = '\0';
        return false;
}

static void add_both(char *brackets, char *plain, const char *id, const char *value, bool separator) {
        sprintf(brackets + strlen(brackets), "(%s)", id);
        for (const char *c = value; *c; c++)
                sprintf(brackets + strlen(brackets), *c == '(' ? "\\%c" : "%c", *c);
        sprintf(plain + strlen(plain), "%s%s%s", id, value, separator ? GS : "");
}

static void random_label(char *brackets, char *plain) {
        char gtin[15], used[64] = "";
        for (size_t i = 0; i < 13; i++)
                gtin[i] = (char)('0' + pick(10));
        gtin[13] = gtin_check(gtin);
        gtin[14] = '\0';
        strcpy(brackets, "");
        strcpy(plain, pick(2) ? "]d2" : "");
        add_both(brackets, plain, "01", gtin, pick(4) == 0);
        for (size_t k = pick(5); k > 0; k--) {
                char id[8], value[41], mark[12];
                bool predefined = random_element(id, value);
                snprintf(mark, sizeof mark, "|%s|", id);
                if (strstr(used, mark))
                        continue;
                strcat(used, mark);
                add_both(brackets, plain, id, value, !predefined || pick(4) == 0);
        }
        if (plain[strlen(plain) - 1] == GS[0] && pick(2))
                plain[strlen(plain) - 1] = '\0';
}

static void brackets_and_separators_tell_the_same(void **state) {
        (void)state;
        srand(SEED);
        print_message("seed %u\n", SEED);
        size_t tried = 0;
        while (tried < 20000) {
                char brackets[512], plain[512];
                random_label(brackets, plain);
                if (strlen(brackets) > CODE_MAX || strlen(plain) > CODE_MAX)
                        continue;
                Udi a = parsed(brackets), b = parsed(plain), c = parsed(a.canonical);
                expect_equal(&a, &b);
                assert_string_equal(a.canonical, c.canonical);
                assert_string_equal(a.serial, c.serial);
                tried++;
        }
}

static void published_hibc_codes_verify(void **state) {
        (void)state;
        static const char *const codes[] = {
                "+A123BJC5D6E71G", "+H123ABC01234567890D", "+$A1234GU", "+$$52001510X3GD", "+A99912345/$$52001510X33",
                "+A123BJC5D6E71/$$52001510X3C", "+A99912345/$$52001510X3/16D20111212/S77DEFG457",
                "+A99912345/$10X3/16D20111231/14D202001313", "+A99912349/$10X3/16D20111231/14D20200131/Q500Z",
                "+$$02231162074ZA", "+$$0624J139276%5",
                "+J014652230580/$$3220909K010025/16D20200311Z",
        };
        for (size_t i = 0; i < ELEMENTSOF(codes); i++) {
                char body[CODE_MAX + 1] = "";
                memcpy(body, codes[i], strlen(codes[i]) - 1);
                assert_string_equal(hibc(body), codes[i]);
                assert_int_equal(parsed(codes[i]).kind, UDI_HIBC);
        }
}

static void a_concatenated_hibc_code_is_read_in_full(void **state) {
        (void)state;
        Udi u = parsed("+A99912345/$$52001510X3/16D20111212/S77DEFG457");
        assert_true(u.single_piece);
        assert_string_equal(u.product, "A99912345");
        assert_string_equal(u.lot, "10X3");
        assert_string_equal(u.serial, "77DEFG45");
        assert_int_equal(u.expires, 20200115);
        assert_int_equal(u.made, 20111212);
        assert_string_equal(u.canonical, hibc("+A99912345/$+77DEFG45"));
        u = parsed("+A99912349/$10X3/16D20111231/14D20200131/Q500Z");
        assert_false(u.single_piece);
        assert_int_equal(u.expires, 20200131);
        assert_string_equal(u.canonical, hibc("+A99912349/$10X3"));
}

static void every_hibc_form_of_a_serial_gives_one_canonical_form(void **state) {
        (void)state;
        static const char *const ways[] = {
                "+A99912345/$+0001",          "+A99912345/$$+09270001",       "+A99912345/$$+20928270001",
                "+A99912345/$$+30509280001",  "+A99912345/$$+4050928200001",  "+A99912345/$$+5052710001",
                "+A99912345/$$+605271200001", "+A99912345/$$+70001",          "+A99912345/S0001",
                "+A99912345/$LOT/S0001",      "+A99912345/$$7LOT/S0001",      "+A99912345/$$+70001/S0001",
                "+A99912345/14D20300101/S0001", "+A99912345/$$+80170001",     "+a99912345/$+0001",
        };
        char expected[CODE_MAX + 2];
        strcpy(expected, hibc("+A99912345/$+0001"));
        for (size_t i = 0; i < ELEMENTSOF(ways); i++) {
                char upper[CODE_MAX + 2];
                strcpy(upper, ways[i]);
                upper[1] = 'A';
                Udi u = parsed(hibc(upper));
                assert_string_equal(u.canonical, expected);
                assert_true(u.single_piece);
        }
        char lower[] = "+a99912345/$+0001?";
        lower[sizeof lower - 2] = expected[strlen(expected) - 1];
        expect_canonical(lower, expected);
        char marked[CODE_MAX + 8];
        snprintf(marked, sizeof marked, "]A0*%s*\r\n", expected);
        expect_canonical(marked, expected);
}

static void every_hibc_date_form_is_read(void **state) {
        (void)state;
        static const struct {
                const char *code;
                int32_t expires;
        } forms[] = {
                { "+05271L", 20050928 },          { "+$$09053C001L", 20050930 },     { "+$$20928053C001L", 20050928 },
                { "+$$30509283C001L", 20050928 }, { "+$$4050928223C001L", 20050928 }, { "+$$5052713C001L", 20050928 },
                { "+$$605271223C001L", 20050928 }, { "+$$73C001L", 0 },              { "+$3C001L", 0 },
                { "+$$82409053C001L", 20050930 }, { "+$$82420928053C001L", 20050928 }, { "+$$82473C001L", 0 },
                { "+$$824L", 0 },                 { "+$$90010073C001L", 0 },
                { "+$$90010030509283C001L", 20050928 },
                { "+$$0228L", 20280229 },         { "+052713C001L", 20050928 },
        };
        for (size_t i = 0; i < ELEMENTSOF(forms); i++) {
                Udi u = parsed(hibc(forms[i].code));
                assert_int_equal(u.expires, forms[i].expires);
                assert_string_equal(u.lot, strstr(forms[i].code, "3C001") ? "3C001" : "");
        }
}

static void a_hibc_secondary_alone_names_no_single_piece(void **state) {
        (void)state;
        Udi u = parsed(hibc("+$$+7SN0042G"));
        assert_false(u.single_piece);
        assert_string_equal(u.product, "");
        assert_string_equal(u.serial, "SN0042");
        assert_string_equal(u.elements[u.n_elements - 1].id, "link");
        assert_string_equal(udi_value(&u, u.n_elements - 1), "G");
}

static void damaged_hibc_codes_are_refused(void **state) {
        (void)state;
        expect_error("+A99912345/$$52001510X34", "hibc-check-character");
        expect_error("+", "hibc-check-character");
        expect_error(hibc("+A9"), "hibc-primary");
        expect_error(hibc("+A9991234X"), "hibc-primary");
        expect_error(hibc("+A9 912345"), "hibc-primary");
        expect_error(hibc("+A999123456789012345678905"), "hibc-primary");
        expect_error(hibc("+A99912345/"), "hibc-secondary");
        expect_error(hibc("+A99912345/$"), "hibc-secondary");
        expect_error(hibc("+A99912345/$+"), "hibc-secondary");
        expect_error(hibc("+A99912345/$$"), "hibc-secondary");
        expect_error(hibc("+A99912345/$$XLOT"), "hibc-secondary");
        expect_error(hibc("+A99912345/$$8"), "hibc-secondary");
        expect_error(hibc("+A99912345/$$09"), "hibc-secondary");
        expect_error(hibc("+A99912345/$$+7"), "hibc-secondary");
        expect_error(hibc("+A99912345/$1234567890123456789"), "hibc-secondary");
        expect_error(hibc("+A99912345/$LOT/S1/S2"), "hibc-conflict");
        expect_error(hibc("+A99912345/$+1/S2"), "hibc-conflict");
        expect_error(hibc("+A99912345/$$5200151/14D20200116"), "hibc-conflict");
        expect_error(hibc("+A99912345/$$0120LOT/14D20200116"), "ok");
        expect_error(hibc("+A99912345/$$0120LOT/14D20200216"), "hibc-conflict");
        expect_error(hibc("+A99912345/$$1320LOT"), "hibc-date");
        expect_error(hibc("+A99912345/$$30509310LOT"), "hibc-date");
        expect_error(hibc("+A99912345/$$3050900LOT"), "hibc-date");
        expect_error(hibc("+A99912345/$$505366LOT"), "hibc-date");
        expect_error(hibc("+A99912345/$$504366LOT"), "ok");
        expect_error(hibc("+A99912345/$$405092824LOT"), "hibc-date");
        expect_error(hibc("+A99912345/16D20110231"), "hibc-date");
        expect_error("+$$25102173960231W", "hibc-date");
        expect_error("+A999#2345", "hibc-character");
        expect_error("+/EO5232013", "hibc-provider");
}

static void every_single_wrong_character_of_a_hibc_code_is_noticed(void **state) {
        (void)state;
        char code[] = "+A99912345/$+0001?";
        strcpy(code, hibc("+A99912345/$+0001"));
        for (size_t i = 1; code[i]; i++) {
                char right = code[i];
                for (const char *c = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.$/+%"; *c; c++) {
                        code[i] = *c;
                        if (*c != right)
                                expect_error(code, "hibc-check-character");
                }
                code[i] = right;
        }
}

/* A serial number for which the check character comes out as wanted. */
static void serial_with_check(char last, char check, char *ret_code) {
        for (int i = 0; i < 10000; i++) {
                char body[64];
                snprintf(body, sizeof body, "+A99912345/$+%04d%.1s", i, last ? &last : "");
                const char *code = hibc(body);
                if (code[strlen(code) - 1] == check) {
                        strcpy(ret_code, code);
                        return;
                }
        }
        fail();
}

static void a_hibc_check_character_may_be_a_blank(void **state) {
        (void)state;
        char code[CODE_MAX], underscore[CODE_MAX], crlf[CODE_MAX + 4];
        serial_with_check('A', ' ', code);
        strcpy(underscore, code);
        underscore[strlen(code) - 1] = '_';
        snprintf(crlf, sizeof crlf, "%s\r\n", code);
        expect_canonical(code, underscore);
        expect_canonical(underscore, underscore);
        expect_canonical(crlf, underscore);
        code[strlen(code) - 1] = '\0';
        expect_error(code, "hibc-check-character");
}

static void a_blank_that_could_be_either_is_not_guessed(void **state) {
        (void)state;
        char code[CODE_MAX];
        serial_with_check(0, 'J', code);
        expect_error(code, "ok");
        strcat(code, " ");
        expect_error(code, "hibc-space");
        serial_with_check(0, 'K', code);
        Udi plain = parsed(code);
        strcat(code, " ");
        expect_canonical(code, plain.canonical);
}

static void clinic_labels_are_one_item_in_either_case(void **state) {
        (void)state;
        expect_canonical("hp-01", "HP-01");
        expect_canonical("HP-01\r\n", "HP-01");
        expect_canonical("]C0Hp-01", "HP-01");
        expect_canonical("a.b_c", "A.B_C");
        Udi u = parsed("roller7");
        assert_int_equal(u.kind, UDI_LABEL);
        assert_true(u.single_piece);
        assert_string_equal(u.product, "");
}

static void labels_have_few_characters_and_at_most_64(void **state) {
        (void)state;
        char label[66];
        memset(label, 'A', 65);
        label[65] = '\0';
        expect_error(label, "label-length");
        label[64] = '\0';
        expect_error(label, "ok");
        expect_error("HP 01", "label-character");
        expect_error("HP/01", "label-character");
        expect_error("H\xc3\xa9", "label-character");
        expect_error("-._-", "label-character");
        expect_error("HP\t01", "label-character");
        expect_error("1", "ok");
        expect_error("123456789", "ok");
}

static void nothing_and_too_much_are_refused(void **state) {
        (void)state;
        char code[CODE_MAX + 2];
        Udi u;
        memset(code, '1', sizeof code);
        expect_error("", "code-empty");
        expect_error(" \r\n", "code-empty");
        assert_int_equal(udi_parse(code, CODE_MAX + 1, YEAR, &u), UDI_E_TOO_LONG);
        assert_int_equal(udi_parse("A\0B", 3, YEAR, &u), UDI_E_LABEL_CHARACTER);
        assert_int_equal(udi_parse("(01)00844588003288(21)A\0B", 25, YEAR, &u), UDI_E_GS1_CHARACTER);
}

static void outputs_are_written_only_on_success(void **state) {
        (void)state;
        Udi u, before;
        memset(&u, 0x5a, sizeof u);
        before = u;
        assert_int_not_equal(parse("(01)00844588003288(21)A(21)B", &u), 0);
        assert_memory_equal(&u, &before, sizeof u);
}

static void issued_labels_are_labels(void **state) {
        (void)state;
        static const uint64_t numbers[] = { 0, 1, 42, 9999999, 10000000, UINT64_MAX };
        for (size_t i = 0; i < ELEMENTSOF(numbers); i++) {
                char label[UDI_LABEL_SIZE];
                udi_label_issue(numbers[i], label);
                Udi u = parsed(label);
                assert_int_equal(u.kind, UDI_LABEL);
                assert_string_equal(u.canonical, label);
        }
        char label[UDI_LABEL_SIZE];
        udi_label_issue(42, label);
        assert_string_equal(label, "L-0000042-D");
}

static void a_slip_in_an_issued_label_is_noticed(void **state) {
        (void)state;
        srand(SEED);
        for (size_t k = 0; k < 200; k++) {
                char label[UDI_LABEL_SIZE];
                udi_label_issue((uint64_t)pick(10000000), label);
                for (size_t i = 2; i < 11; i++) {
                        char right = label[i];
                        for (const char *c = "0123456789ABCXYZ"; *c && i != 9; c++) {
                                label[i] = *c;
                                if (*c != right && (i == 10 || (*c >= '0' && *c <= '9')))
                                        expect_error(label, "label-check-character");
                        }
                        label[i] = right;
                }
                for (size_t i = 2; i < 8; i++) {
                        char c = label[i];
                        label[i] = label[i + 1];
                        label[i + 1] = c;
                        if (label[i] != c)
                                expect_error(label, "label-check-character");
                        label[i + 1] = label[i];
                        label[i] = c;
                }
        }
}

static void an_issued_label_without_its_separators_or_check_is_no_new_label(void **state) {
        (void)state;
        char label[UDI_LABEL_SIZE], text[64];
        udi_label_issue(42, label);
        snprintf(text, sizeof text, "L0000042%c", label[10]);
        expect_error(text, "label-check-character");
        expect_error("L-0000042", "label-check-character");
        snprintf(text, sizeof text, "L-000042-%c", label[10]);
        expect_error(text, "label-check-character");
        snprintf(text, sizeof text, "L-OOOOO42-%c", label[10]);
        expect_error(text, "label-check-character");
        snprintf(text, sizeof text, "L-00000042-%c", label[10]);
        expect_error(text, "label-check-character");
        snprintf(text, sizeof text, "l-0000042-%c", label[10]);
        expect_canonical(text, label);
        expect_error("L-01", "ok");
        expect_error("LANCET-0000042", "ok");
}

static void every_error_has_a_word_and_a_sentence(void **state) {
        (void)state;
        for (int i = 0; i < _UDI_ERROR_MAX; i++) {
                assert_non_null(udi_error_id(i));
                assert_true(strlen(udi_error_text(i)) > 10);
                for (int j = 0; j < i; j++)
                        assert_string_not_equal(udi_error_id(i), udi_error_id(j));
        }
        assert_string_equal(udi_error_id(-1), "unknown");
        assert_string_equal(udi_error_id(_UDI_ERROR_MAX), "unknown");
        assert_string_equal(udi_kind_name(UDI_HIBC), "hibc");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(a_device_label_is_read_in_full),
                cmocka_unit_test(every_way_of_scanning_one_piece_gives_one_canonical_form),
                cmocka_unit_test(serial_numbers_keep_their_case_and_zeros),
                cmocka_unit_test(a_bracket_inside_a_value_never_changes_what_is_named),
                cmocka_unit_test(lot_or_product_alone_names_no_single_piece),
                cmocka_unit_test(a_bare_gtin_is_a_product_and_never_a_label),
                cmocka_unit_test(damaged_machine_codes_are_never_labels),
                cmocka_unit_test(every_single_wrong_digit_of_a_gtin_is_noticed),
                cmocka_unit_test(neighbouring_digits_swapped_are_noticed),
                cmocka_unit_test(other_keys_have_their_check_digits_verified),
                cmocka_unit_test(assets_and_components_are_pieces_by_their_own_keys),
                cmocka_unit_test(day_zero_is_the_end_of_the_month),
                cmocka_unit_test(days_that_do_not_exist_are_refused),
                cmocka_unit_test(two_digit_years_lie_between_49_back_and_50_ahead),
                cmocka_unit_test(the_earlier_of_two_expiries_counts),
                cmocka_unit_test(an_identifier_twice_with_different_values_is_refused),
                cmocka_unit_test(lengths_and_characters_are_checked),
                cmocka_unit_test(brackets_and_separators_tell_the_same),
                cmocka_unit_test(published_hibc_codes_verify),
                cmocka_unit_test(a_concatenated_hibc_code_is_read_in_full),
                cmocka_unit_test(every_hibc_form_of_a_serial_gives_one_canonical_form),
                cmocka_unit_test(every_hibc_date_form_is_read),
                cmocka_unit_test(a_hibc_secondary_alone_names_no_single_piece),
                cmocka_unit_test(damaged_hibc_codes_are_refused),
                cmocka_unit_test(every_single_wrong_character_of_a_hibc_code_is_noticed),
                cmocka_unit_test(a_hibc_check_character_may_be_a_blank),
                cmocka_unit_test(a_blank_that_could_be_either_is_not_guessed),
                cmocka_unit_test(clinic_labels_are_one_item_in_either_case),
                cmocka_unit_test(labels_have_few_characters_and_at_most_64),
                cmocka_unit_test(nothing_and_too_much_are_refused),
                cmocka_unit_test(outputs_are_written_only_on_success),
                cmocka_unit_test(issued_labels_are_labels),
                cmocka_unit_test(a_slip_in_an_issued_label_is_noticed),
                cmocka_unit_test(an_issued_label_without_its_separators_or_check_is_no_new_label),
                cmocka_unit_test(every_error_has_a_word_and_a_sentence),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
