/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "../lib/jsonagree.h"

#define MUTANTS 400000
#define TEXT_MAX_SIZE 2048

static JsonReader reader;

static const JsonrValue *take(const char *text) {
        JsonrError error;

        if (jsonr_read(&reader, text, strlen(text), &error) != 0) {
                print_error("fault %d at %u:%u in %s\n", error.fault, error.line, error.column, text);
                fail();
        }
        return jsonr_root(&reader);
}

static JsonrError refuse_bytes(const char *text, size_t n) {
        JsonrError error = { 0 };

        assert_int_equal(jsonr_read(&reader, text, n, &error), 1);
        return error;
}

static JsonrFault refuse(const char *text) {
        return refuse_bytes(text, strlen(text)).fault;
}

/* --- by hand --- */

static void every_kind_of_value_is_read(void **state) {
        const JsonrValue *v =
                take(" { \"n\":null,\"t\" : true, \"f\":false,\"i\":-12,\"r\":0.5,\"s\":\"x\",\"a\":[1,[],{}] }\r\n\t");
        const JsonrValue *a;

        (void)state;
        assert_int_equal(v->type, JSONR_OBJECT);
        assert_int_equal(v->n, 7);
        assert_int_equal(jsonr_member(&reader, v, "n")->type, JSONR_NULL);
        assert_true(jsonr_member(&reader, v, "t")->boolean);
        assert_int_equal(jsonr_member(&reader, v, "f")->type, JSONR_BOOL);
        assert_false(jsonr_member(&reader, v, "f")->boolean);
        assert_int_equal(jsonr_member(&reader, v, "i")->integer, -12);
        assert_true(jsonr_member(&reader, v, "r")->real == 0.5);
        assert_string_equal(jsonr_member(&reader, v, "s")->string, "x");
        a = jsonr_member(&reader, v, "a");
        assert_int_equal(a->n, 3);
        assert_int_equal(jsonr_first(&reader, a)->integer, 1);
        assert_null(jsonr_first(&reader, jsonr_next(&reader, jsonr_first(&reader, a))));
        assert_null(jsonr_member(&reader, v, "absent"));
        assert_null(jsonr_member(&reader, a, "n"));
        assert_null(jsonr_first(&reader, jsonr_member(&reader, v, "s")));
}

static void escapes_and_surrogate_pairs_become_utf8(void **state) {
        (void)state;
        assert_string_equal(take("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"")->string, "\"\\/\b\f\n\r\t");
        assert_string_equal(take("\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"")->string,
                            "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
        assert_string_equal(take("\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\x7F\"")->string,
                            "\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\x7F");
        assert_string_equal(take("{\"\\u0061\":\"\"}") ? jsonr_first(&reader, jsonr_root(&reader))->key : "", "a");
}

static void half_a_pair_a_bad_escape_and_a_control_character_are_refused(void **state) {
        static const char *const texts[] = { "\"\\uD83D\"",
                                             "\"\\uDE00\"",
                                             "\"\\uD83Dx\"",
                                             "\"\\uD83D\\n\"",
                                             "\"\\uD83D\\uD83D\"",
                                             "\"\\uDE00\\uD83D\"",
                                             "\"\\u12G4\"",
                                             "\"\\u12\"",
                                             "\"\\x41\"",
                                             "\"\\",
                                             "\"\n\"",
                                             "\"\x1F\"",
                                             "\"abc",
                                             "'a'" };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                assert_int_equal(refuse(texts[i]), JSONR_FAULT_SYNTAX);
}

static void bytes_that_are_no_utf8_are_refused(void **state) {
        static const char *const texts[] = { "\"\x80\"",
                                             "\"\xC0\x80\"",
                                             "\"\xC1\xBF\"",
                                             "\"\xE0\x9F\xBF\"",
                                             "\"\xED\xA0\x80\"",
                                             "\"\xF0\x8F\xBF\xBF\"",
                                             "\"\xF4\x90\x80\x80\"",
                                             "\"\xF5\x80\x80\x80\"",
                                             "\"\xE2\x82\"",
                                             "\"\xC3",
                                             "[\xFF]",
                                             "{\"\xC3\":1}" };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(texts); i++)
                assert_int_equal(refuse(texts[i]), JSONR_FAULT_UTF8);
}

static void a_nul_is_refused_raw_and_escaped(void **state) {
        (void)state;
        assert_int_equal(refuse("\"\\u0000\""), JSONR_FAULT_NUL);
        assert_int_equal(refuse_bytes("\"a\0b\"", 5).fault, JSONR_FAULT_NUL);
        assert_int_equal(refuse_bytes("1\0", 2).fault, JSONR_FAULT_END);
        assert_int_equal(refuse_bytes("[1,\0]", 5).fault, JSONR_FAULT_SYNTAX);
        assert_int_equal(refuse_bytes("[1\0]", 4).fault, JSONR_FAULT_SYNTAX);
}

static void integers_are_exact_to_the_last_of_64_bits(void **state) {
        (void)state;
        assert_int_equal(take("9223372036854775807")->integer, INT64_MAX);
        assert_true(take("-9223372036854775808")->integer == INT64_MIN);
        assert_int_equal(take("999999999999999999")->integer, 999999999999999999);
        assert_int_equal(take("-0")->integer, 0);
        assert_int_equal(refuse("9223372036854775808"), JSONR_FAULT_NUMBER);
        assert_int_equal(refuse("-9223372036854775809"), JSONR_FAULT_NUMBER);
        assert_int_equal(refuse("{\"unknown\":99999999999999999999999}"), JSONR_FAULT_NUMBER);
}

static void numbers_with_fraction_or_exponent_are_what_strtod_makes_of_them(void **state) {
        static const char *const texts[] = { "134.2",
                                             "0.1",
                                             "-0.0",
                                             "1e3",
                                             "1E+3",
                                             "1e-3",
                                             "0.30000000000000004",
                                             "1e-400",
                                             "1e308",
                                             "5e-324",
                                             "123456789012345.6",
                                             "12345678901234567890.5",
                                             "0e9999",
                                             "1.0",
                                             "-50.125",
                                             "0.000000000000001",
                                             "99999999999999.9" };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                double want = strtod(texts[i], NULL);

                assert_int_equal(take(texts[i])->type, JSONR_REAL);
                assert_memory_equal(&jsonr_root(&reader)->real, &want, sizeof(want));
        }
        assert_true(signbit(take("-0.0")->real));
        assert_int_equal(refuse("1e309"), JSONR_FAULT_NUMBER);
        assert_int_equal(refuse("[-1e999]"), JSONR_FAULT_NUMBER);
}

static void what_is_nearly_a_number_or_a_word_is_refused(void **state) {
        static const char *const texts[] = { "",
                                             " ",
                                             "-",
                                             "01",
                                             "-01",
                                             "+1",
                                             ".5",
                                             "1.",
                                             "1.e3",
                                             "1e",
                                             "1e+",
                                             "--1",
                                             "0x10",
                                             "NaN",
                                             "inf",
                                             "tru",
                                             "nul",
                                             "True",
                                             "[1 2]",
                                             "[1,]",
                                             "[,1]",
                                             "[,]",
                                             "{,}",
                                             "[",
                                             "{\"a\"",
                                             "{\"a\":",
                                             "{\"a\":1",
                                             "{\"a\":1,}",
                                             "{1:2}",
                                             "{\"a\" 1}",
                                             "{\"a\":1 \"b\":2}",
                                             "]",
                                             "[1}",
                                             "\xEF\xBB\xBF{}",
                                             "/**/1" };

        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(texts); i++) {
                JsonrFault f = refuse(texts[i]);

                if (f != JSONR_FAULT_SYNTAX && !(f == JSONR_FAULT_END && streq(texts[i], "0x10")))
                        fail_msg("fault %d: %s", f, texts[i]);
        }
}

static void what_follows_the_value_is_refused(void **state) {
        (void)state;
        assert_int_equal(refuse("{} {}"), JSONR_FAULT_END);
        assert_int_equal(refuse("{}}"), JSONR_FAULT_END);
        assert_int_equal(refuse("1,"), JSONR_FAULT_END);
        take("{} \r\n\t ");
}

static void eight_levels_are_taken_and_a_ninth_is_not(void **state) {
        (void)state;
        take("[[[[[[[[1]]]]]]]]");
        take("{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{\"a\":{}}}}}}},\"b\":[\"[[[[[[[[[[\"]}");
        assert_int_equal(refuse("[[[[[[[[[]]]]]]]]]"), JSONR_FAULT_DEPTH);
}

/* However many members there are: few are compared each with each, many are sorted. */
static void a_member_that_stands_twice_is_refused_at_any_depth_and_in_any_number(void **state) {
        static char text[65536];

        (void)state;
        assert_int_equal(refuse("{\"a\":1,\"a\":1}"), JSONR_FAULT_DUPLICATE);
        assert_int_equal(refuse("{\"a\":1,\"\\u0061\":1}"), JSONR_FAULT_DUPLICATE);
        assert_int_equal(refuse("[{\"x\":[{\"\":1,\"b\":2,\"\":3}]}]"), JSONR_FAULT_DUPLICATE);
        take("{\"a\":{\"a\":1},\"A\":{\"a\":1},\"aa\":1}");
        for (int twice = 0; twice < 2; twice++)
                for (int members = 2; members <= 5000; members = members < 40 ? members + 1 : members * 5) {
                        size_t n = (size_t)snprintf(text, sizeof(text), "{");

                        for (int i = 0; i < members; i++)
                                n += (size_t)snprintf(text + n, sizeof(text) - n, "\"m%d\":1,", i * 7919 % 10007);
                        snprintf(text + n, sizeof(text) - n, "\"m%d\":2}",
                                 twice ? (members / 2) * 7919 % 10007 : 10008);
                        if (twice)
                                assert_int_equal(refuse(text), JSONR_FAULT_DUPLICATE);
                        else
                                assert_int_equal(take(text)->n, members + 1);
                }
}

static void the_place_of_a_fault_is_told_by_line_and_column(void **state) {
        JsonrError e = refuse_bytes("{\n  \"a\\n\": 1,\n  \"b\": x\n}", 25);

        (void)state;
        assert_int_equal(e.line, 3);
        assert_int_equal(e.column, 8);
}

static void a_small_text_after_a_huge_one_gives_the_memory_back(void **state) {
        static char text[60000];

        (void)state;
        memset(text, '1', sizeof(text));
        for (size_t i = 1; i < sizeof(text) - 1; i += 2)
                text[i] = ',';
        text[0] = '[';
        text[sizeof(text) - 2] = '1';
        text[sizeof(text) - 1] = 0;
        text[sizeof(text) - 3] = ',';
        text[sizeof(text) - 2] = ']';
        text[1] = '1';
        text[sizeof(text) - 3] = '1';
        assert_int_equal(jsonr_read(&reader, text, sizeof(text) - 1, &(JsonrError){ 0 }), 0);
        assert_true(reader.size_values > 4096);
        take("1");
        assert_true(reader.size_values <= 4096);
}

/* --- against jansson --- */

static const char *const seeds[] = {
        "{\"boot\":\"b-1\",\"seq\":17,\"at\":\"2026-11-22T09:00:00+01:00\",\"cycle\":4,\"samples\":[[0,20.5,101.3],[1,"
        "21.25,100],[2.5,1e2,-0.0]]}",
        "{\"item\":\"(01)00844588003288(21)SN\\u00e9\\uD83D\\uDE00\",\"x\":{\"a\":[true,false,null],\"b\":{}},\"\":"
        "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"}",
        "{\"a\":9223372036854775807,\"b\":-9223372036854775808,\"c\":1e308,\"d\":4.9e-324,\"e\":0.1,\"f\":"
        "123456789012345678}",
        "[\"\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80\",[[[[[[[1]]]]]]],{\"k\":1,\"l\":2,\"m\":3}] \r\n\t",
        "{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":11,\"l\":12,\"m\":13,"
        "\"n\":14,\"o\":15,\"p\":16,\"q\":17,\"r\":18}",
};

static const char *const words[] = { "\"",
                                     "\\",
                                     "\\u",
                                     "\\u0000",
                                     "\\uD800",
                                     "\\uDC00",
                                     "\\u0061",
                                     "[",
                                     "]",
                                     "{",
                                     "}",
                                     ",",
                                     ":",
                                     "null",
                                     "true",
                                     "false",
                                     "0",
                                     "-",
                                     "1e",
                                     "1E+30",
                                     ".",
                                     "e-",
                                     "00",
                                     "1.5",
                                     " ",
                                     "\n",
                                     "\xC3",
                                     "\xA9",
                                     "\xED\xA0\x80",
                                     "\xF4\x90",
                                     "\x1F",
                                     "\x7F",
                                     "\xEF\xBB\xBF",
                                     "\"a\":1,",
                                     "9223372036854775808",
                                     "1e309",
                                     "0.1234567890123456789",
                                     "99999999999999999999",
                                     "/",
                                     "'" };

static uint64_t dice(uint64_t *x) {
        *x ^= *x << 13;
        *x ^= *x >> 7;
        *x ^= *x << 17;
        return *x;
}

static size_t splice(char *text, size_t n, size_t at, size_t cut, const void *in, size_t n_in) {
        if (at + cut > n || n - cut + n_in > TEXT_MAX_SIZE)
                return n;
        memmove(text + at + n_in, text + at + cut, n - at - cut);
        memcpy(text + at, in, n_in);
        return n - cut + n_in;
}

static size_t mutate(char *text, size_t n, uint64_t *x) {
        const size_t at = dice(x) % (n + 1), length = dice(x) % 9;
        const char *word = words[dice(x) % ELEMENTSOF(words)];
        char copy[16];

        switch (dice(x) % 5) {
        case 0:
                return splice(text, n, at, 0, word, strlen(word));
        case 1:
                return splice(text, n, at, strlen(word), word, strlen(word));
        case 2:
                return splice(text, n, at, length, "", 0);
        case 3:
                copy[0] = (char)dice(x);
                return splice(text, n, at, 1, copy, 1);
        default: /* a piece of it, somewhere else */
                if (at + length > n)
                        return n;
                memcpy(copy, text + at, length);
                return splice(text, n, dice(x) % (n + 1), 0, copy, length);
        }
}

/* Prints its seed; JSONR_SEED repeats it, JSONR_MUTANTS says how many. */
static void mutants_are_read_as_jansson_reads_them(void **state) {
        const char *given = getenv("JSONR_SEED"), *many = getenv("JSONR_MUTANTS");
        const long n_mutants = many ? atol(many) : MUTANTS;
        uint64_t x = given ? strtoull(given, NULL, 10) : 20261122;
        char text[TEXT_MAX_SIZE];
        long taken = 0;

        (void)state;
        print_message("seed %llu\n", (unsigned long long)x);
        for (long i = 0; i < n_mutants; i++) {
                const char *seed = seeds[dice(&x) % ELEMENTSOF(seeds)];
                size_t n = strlen(seed);

                memcpy(text, seed, n);
                for (uint64_t times = dice(&x) % 4; times > 0; times--)
                        n = mutate(text, n, &x);
                if (!jsonagree(&reader, text, n))
                        fail_msg("jansson sees this differently: %.*s", (int)n, text);
                taken += jsonr_read(&reader, text, n, &(JsonrError){ 0 }) == 0;
        }
        assert_in_range(taken, n_mutants / 5, n_mutants * 9 / 10);
}

/* Numbers as devices write them, of every length, and their neighbours. */
static void numbers_are_read_as_jansson_reads_them(void **state) {
        uint64_t x = 20261122;
        char text[80];

        (void)state;
        for (int i = 0; i < MUTANTS / 4; i++) {
                int whole = (int)(dice(&x) % 21), fraction = (int)(dice(&x) % 21);
                size_t n = (size_t)snprintf(text, sizeof(text), "%s", dice(&x) % 2 ? "-" : "");

                for (int d = 0; d <= whole; d++)
                        text[n++] = (char)('0' + (d == 0 && whole > 0 ? 1 + dice(&x) % 9 : dice(&x) % 10));
                if (fraction)
                        text[n++] = '.';
                for (int d = 0; d < fraction; d++)
                        text[n++] = (char)('0' + dice(&x) % 10);
                if (dice(&x) % 8 == 0)
                        n += (size_t)snprintf(text + n, sizeof(text) - n, "e%d", (int)(dice(&x) % 640) - 320);
                if (!jsonagree(&reader, text, n))
                        fail_msg("jansson sees this differently: %.*s", (int)n, text);
        }
}

static int done(void **state) {
        (void)state;
        jsonr_done(&reader);
        return 0;
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(every_kind_of_value_is_read),
                cmocka_unit_test(escapes_and_surrogate_pairs_become_utf8),
                cmocka_unit_test(half_a_pair_a_bad_escape_and_a_control_character_are_refused),
                cmocka_unit_test(bytes_that_are_no_utf8_are_refused),
                cmocka_unit_test(a_nul_is_refused_raw_and_escaped),
                cmocka_unit_test(integers_are_exact_to_the_last_of_64_bits),
                cmocka_unit_test(numbers_with_fraction_or_exponent_are_what_strtod_makes_of_them),
                cmocka_unit_test(what_is_nearly_a_number_or_a_word_is_refused),
                cmocka_unit_test(what_follows_the_value_is_refused),
                cmocka_unit_test(eight_levels_are_taken_and_a_ninth_is_not),
                cmocka_unit_test(a_member_that_stands_twice_is_refused_at_any_depth_and_in_any_number),
                cmocka_unit_test(the_place_of_a_fault_is_told_by_line_and_column),
                cmocka_unit_test(a_small_text_after_a_huge_one_gives_the_memory_back),
                cmocka_unit_test(mutants_are_read_as_jansson_reads_them),
                cmocka_unit_test(numbers_are_read_as_jansson_reads_them),
        };

        return cmocka_run_group_tests(tests, NULL, done);
}
