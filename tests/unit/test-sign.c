/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../lib/clinicsim-files.h"
#include "sign.h"

#define B64 sodium_base64_VARIANT_URLSAFE_NO_PADDING

static char dir[40], key[64];

static int setup(void **state) {
        (void)state;
        files_make(dir, sizeof(dir));
        snprintf(key, sizeof(key), "%s/signing.key", dir);
        return sodium_init() < 0 ? -1 : 0;
}

static int teardown(void **state) {
        (void)state;
        files_remove(dir);
        return 0;
}

static void write_key(const char *text, mode_t mode) {
        int fd = open(key, O_WRONLY | O_CREAT | O_TRUNC, 0600);

        assert_true(fd >= 0);
        assert_int_equal(write(fd, text, strlen(text)), strlen(text));
        assert_int_equal(fchmod(fd, mode), 0);
        close(fd);
}

/* RFC 8037, appendix A: this seed, this public key, this thumbprint. */
static void the_key_of_rfc_8037_is_known_by_its_thumbprint(void **state) {
        Signer *s = NULL;
        (void)state;
        write_key("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n", 0600);
        assert_int_equal(signer_open(&s, key), 0);
        assert_string_equal(signer_public_key(s), "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_string_equal(signer_kid(s), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        signer_free(s);
}

static void a_key_is_made_once_and_kept_from_others(void **state) {
        Signer *a = NULL, *b = NULL;
        struct stat st;
        (void)state;
        assert_int_equal(signer_open(&a, key), 0);
        assert_int_equal(stat(key, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        assert_int_equal(signer_open(&b, key), 0);
        assert_string_equal(signer_kid(a), signer_kid(b));
        signer_free(a);
        signer_free(b);
}

static void a_key_that_others_may_read_is_refused(void **state) {
        Signer *s = NULL;
        (void)state;
        write_key("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60\n", 0640);
        assert_int_equal(signer_open(&s, key), -EPERM);
        assert_int_equal(chmod(key, 0604), 0);
        assert_int_equal(signer_open(&s, key), -EPERM);
}

static void what_is_no_key_is_refused(void **state) {
        static const char *const bad[] = { "", "9d61", "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f6x\n",
                                           "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f6000\n" };
        Signer *s = NULL;
        (void)state;
        for (size_t i = 0; i < ELEMENTSOF(bad); i++) {
                write_key(bad[i], 0600);
                assert_int_equal(signer_open(&s, key), -EBADMSG);
        }
}

static void a_link_is_not_followed(void **state) {
        char real[64];
        Signer *s = NULL;
        (void)state;
        snprintf(real, sizeof(real), "%s/real", dir);
        assert_int_equal(signer_open(&s, real), 0);
        s = signer_free(s);
        assert_int_equal(symlink(real, key), 0);
        assert_int_equal(signer_open(&s, key), -ELOOP);
}

static void a_jws_verifies_by_libsodium_alone_and_names_its_key(void **state) {
        char *jws = NULL, *payload = NULL;
        uint8_t public[32], signature[64], header[256];
        size_t n;
        Signer *s = NULL;
        (void)state;
        assert_int_equal(signer_open(&s, key), 0);
        assert_int_equal(signer_jws(s, "{\"a\":1}", 7, &jws), 0);
        const char *first = strchr(jws, '.'), *last = strrchr(jws, '.');
        assert_int_equal(sodium_base642bin(header, sizeof(header), jws, (size_t)(first - jws), NULL, &n, NULL, B64), 0);
        header[n] = '\0';
        assert_non_null(strstr((char *)header, "\"alg\":\"EdDSA\""));
        assert_non_null(strstr((char *)header, signer_kid(s)));
        assert_int_equal(sodium_base642bin(public, 32, signer_public_key(s), 43, NULL, &n, NULL, B64), 0);
        assert_int_equal(sodium_base642bin(signature, 64, last + 1, strlen(last + 1), NULL, &n, NULL, B64), 0);
        assert_int_equal(crypto_sign_verify_detached(signature, (uint8_t *)jws, (size_t)(last - jws), public), 0);
        assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), 1);
        assert_string_equal(payload, "{\"a\":1}");
        free(payload);
        free(jws);
        signer_free(s);
}

static void a_jws_that_was_changed_anywhere_does_not_verify(void **state) {
        char *jws = NULL, *payload = NULL;
        Signer *s = NULL;
        (void)state;
        assert_int_equal(signer_open(&s, key), 0);
        assert_int_equal(signer_jws(s, "{\"a\":1}", 7, &jws), 0);
        for (size_t i = 0; i + 1 < strlen(jws); i++) { /* the last character holds unused bits */
                char was = jws[i];
                jws[i] = was == 'A' ? 'B' : 'A';
                assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), 0);
                jws[i] = was;
        }
        for (size_t n = 0; n < strlen(jws); n++)
                assert_int_equal(signer_verify(s, jws, n, &payload), 0);
        assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), 1);
        free(payload);
        free(jws);
        signer_free(s);
}

static void a_jws_of_another_key_does_not_verify(void **state) {
        char other[64], *jws = NULL, *payload = NULL;
        Signer *s = NULL, *o = NULL;
        (void)state;
        snprintf(other, sizeof(other), "%s/other.key", dir);
        assert_int_equal(signer_open(&s, key), 0);
        assert_int_equal(signer_open(&o, other), 0);
        assert_int_equal(signer_jws(o, "{}", 2, &jws), 0);
        assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), 0);
        free(jws);
        signer_free(s);
        signer_free(o);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static void read_file(const char *path, char ret[static 80]) {
        int fd = open(path, O_RDONLY);
        ssize_t n = fd < 0 ? 0 : read(fd, ret, 79);

        ret[n < 0 ? 0 : n] = '\0';
        if (fd >= 0)
                close(fd);
}

static void the_next_key_lies_beside_and_signs_once_it_is_switched_to(void **state) {
        char *jws = NULL, *payload = NULL, next[80], kid[64], text[80];
        struct stat st;
        Signer *s = NULL, *t = NULL;
        (void)state;
        snprintf(next, sizeof(next), "%s.next", key);
        assert_int_equal(signer_open(&s, key), 0);
        assert_null(signer_next_kid(s));
        assert_int_equal(signer_prepare(s), 0);
        assert_int_equal(stat(next, &st), 0);
        assert_int_equal(st.st_mode & 07777, 0600);
        snprintf(kid, sizeof(kid), "%s", signer_next_kid(s));
        assert_string_not_equal(kid, signer_kid(s));
        assert_int_equal(signer_open(&t, key), 0);
        assert_string_equal(signer_next_kid(t), kid);
        signer_free(t);
        assert_int_equal(signer_jws(s, "{}", 2, &jws), 0);
        assert_int_equal(signer_know(s, signer_public_key(s), false), 0);
        signer_switch(s);
        assert_string_equal(signer_kid(s), kid);
        assert_null(signer_next_kid(s));
        assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), SIGNER_OURS);
        free(payload);
        signer_know_none(s);
        assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), 0);
        assert_int_equal(signer_settle(s), 0);
        assert_int_equal(stat(next, &st), -1);
        assert_int_equal(signer_settle(s), 0);
        assert_int_equal(signer_open(&t, key), 0);
        assert_string_equal(signer_kid(t), kid);
        read_file(key, text);
        assert_int_equal(strlen(text), 65);
        free(jws);
        signer_free(s);
        signer_free(t);
}

/* Whoever holds the file open, or a second name of it, finds no key in it. */
static void the_old_secret_is_overwritten(void **state) {
        char second[80], text[80];
        Signer *s = NULL;
        (void)state;
        snprintf(second, sizeof(second), "%s.second", key);
        assert_int_equal(signer_open(&s, key), 0);
        assert_int_equal(link(key, second), 0);
        assert_int_equal(signer_prepare(s), 0);
        signer_switch(s);
        assert_int_equal(signer_settle(s), 0);
        read_file(second, text);
        assert_int_equal(strspn(text, "x"), 64);
        signer_free(s);
}

static void a_destroyed_key_gives_way_to_the_next_one_and_a_lost_next_one_to_nothing(void **state) {
        char next[80], kid[64];
        Signer *s = NULL;
        (void)state;
        snprintf(next, sizeof(next), "%s.next", key);
        assert_int_equal(signer_open(&s, key), 0);
        assert_int_equal(signer_prepare(s), 0);
        snprintf(kid, sizeof(kid), "%s", signer_next_kid(s));
        s = signer_free(s);
        write_key("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n", 0600);
        assert_int_equal(signer_open(&s, key), 0);
        assert_string_equal(signer_kid(s), kid);
        assert_int_equal(signer_settle(s), 0);
        assert_int_equal(signer_prepare(s), 0);
        signer_switch(s);
        assert_int_equal(unlink(next), 0);
        assert_int_equal(signer_settle(s), -ENOENT);
        s = signer_free(s);
        assert_int_equal(signer_open(&s, key), 0);
        assert_string_equal(signer_kid(s), kid);
        signer_free(s);
}

static void keys_of_before_are_known_and_a_compromised_one_is_told_apart(void **state) {
        char *jws = NULL, *payload = NULL, path[80];
        Signer *s = NULL, *old = NULL;
        (void)state;
        snprintf(path, sizeof(path), "%s/old.key", dir);
        assert_int_equal(signer_open(&s, key), 0);
        assert_int_equal(signer_open(&old, path), 0);
        assert_int_equal(signer_jws(old, "{}", 2, &jws), 0);
        assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), 0);
        for (int i = 1; i < SIGNER_KNOWN_MAX; i++)
                assert_int_equal(signer_know(s, signer_public_key(s), false), 0);
        assert_int_equal(signer_know(s, "short", false), -EBADMSG);
        assert_int_equal(signer_know(s, signer_public_key(old), true), 0);
        assert_int_equal(signer_know(s, signer_public_key(s), false), -ENOSPC);
        assert_int_equal(signer_verify(s, jws, strlen(jws), &payload), SIGNER_COMPROMISED);
        assert_string_equal(payload, "{}");
        free(payload);
        free(jws);
        signer_free(old);
        signer_free(s);
}

int main(void) {
        const struct CMUnitTest tests[] = {
                T(the_key_of_rfc_8037_is_known_by_its_thumbprint),
                T(a_key_is_made_once_and_kept_from_others),
                T(a_key_that_others_may_read_is_refused),
                T(what_is_no_key_is_refused),
                T(a_link_is_not_followed),
                T(a_jws_verifies_by_libsodium_alone_and_names_its_key),
                T(a_jws_that_was_changed_anywhere_does_not_verify),
                T(a_jws_of_another_key_does_not_verify),
                T(the_next_key_lies_beside_and_signs_once_it_is_switched_to),
                T(the_old_secret_is_overwritten),
                T(a_destroyed_key_gives_way_to_the_next_one_and_a_lost_next_one_to_nothing),
                T(keys_of_before_are_known_and_a_compromised_one_is_told_apart),
        };
        return cmocka_run_group_tests(tests, NULL, NULL);
}
