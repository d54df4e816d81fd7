/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <sodium.h>

#include "codec/base64.h"

static void it_writes_what_libsodium_writes_for_any_length(void **state) {
        (void)state;
        for (size_t n = 0; n <= 100; n++) {
                uint8_t from[100];
                char ours[BASE64_SIZE(100)], theirs[BASE64_SIZE(100)];

                randombytes_buf(from, sizeof(from));
                to_base64(from, n, ours, BASE64_SIZE(n));
                sodium_bin2base64(theirs, sizeof(theirs), from, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
                assert_string_equal(ours, theirs);
        }
}

static void every_digit_is_the_right_one(void **state) {
        const uint8_t from[] = { 0x00, 0x10, 0x83, 0x10, 0x51, 0x87, 0x20, 0x92, 0x8b, 0x30, 0xd3, 0x8f, 0x41, 0x14, 0x93, 0x51,
                                 0x55, 0x97, 0x61, 0x96, 0x9b, 0x71, 0xd7, 0x9f, 0x82, 0x18, 0xa3, 0x92, 0x59, 0xa7, 0xa2, 0x9a,
                                 0xab, 0xb2, 0xdb, 0xaf, 0xc3, 0x1c, 0xb3, 0xd3, 0x5d, 0xb7, 0xe3, 0x9e, 0xbb, 0xf3, 0xdf, 0xbf };
        char text[BASE64_SIZE(sizeof(from))];

        (void)state;
        to_base64(from, sizeof(from), text, sizeof(text));
        assert_string_equal(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
}

int main(void) {
        const struct CMUnitTest tests[] = {
                cmocka_unit_test(it_writes_what_libsodium_writes_for_any_length),
                cmocka_unit_test(every_digit_is_the_right_one),
        };

        return cmocka_run_group_tests(tests, NULL, NULL);
}
