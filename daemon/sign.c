/* SPDX-License-Identifier: Apache-2.0 */
#include "sign.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define B64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define KEY_TEXT_SIZE 64 /* hexadecimal */

struct Signer {
        uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES];
        char public_text[64], kid[64];
        char header[160]; /* the JWS header, encoded, and its dot */
        size_t n_header;
};

static size_t b64(char *to, size_t size, const void *from, size_t n) {
        sodium_bin2base64(to, size, from, n, B64);
        return strlen(to);
}

/* Derives all from the seed. RFC 7638: the thumbprint is over the members in this order, without blanks. */
static void derive(Signer *s, const uint8_t seed[static crypto_sign_SEEDBYTES]) {
        uint8_t thumb[crypto_hash_sha256_BYTES];
        char text[160];

        crypto_sign_seed_keypair(s->public, s->secret, seed);
        b64(s->public_text, sizeof(s->public_text), s->public, sizeof(s->public));
        snprintf(text, sizeof(text), "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", s->public_text);
        crypto_hash_sha256(thumb, (const uint8_t *)text, strlen(text));
        b64(s->kid, sizeof(s->kid), thumb, sizeof(thumb));
        snprintf(text, sizeof(text), "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", s->kid);
        s->n_header = b64(s->header, sizeof(s->header) - 1, text, strlen(text));
        s->header[s->n_header++] = '.';
}

static int key_read(int fd, uint8_t seed[static crypto_sign_SEEDBYTES]) {
        char text[KEY_TEXT_SIZE + 2];
        struct stat st;
        size_t n_seed;
        ssize_t n;

        if (fstat(fd, &st) < 0)
                return -errno;
        if (!S_ISREG(st.st_mode) || (st.st_mode & 077))
                return -EPERM;
        n = read(fd, text, sizeof(text));
        if (n < 0)
                return -errno;
        if (n < KEY_TEXT_SIZE || n > KEY_TEXT_SIZE + 1 ||
            sodium_hex2bin(seed, crypto_sign_SEEDBYTES, text, KEY_TEXT_SIZE, NULL, &n_seed, NULL) != 0 ||
            n_seed != crypto_sign_SEEDBYTES)
                return -EBADMSG;
        sodium_memzero(text, sizeof(text));
        return 0;
}

/* A name of its own first, so that a crash never leaves half a key under the real one. */
static int key_make(const char *path, uint8_t seed[static crypto_sign_SEEDBYTES]) {
        _cleanup_(freep) char *part = NULL;
        char text[KEY_TEXT_SIZE + 2];
        int fd, r = 0;

        if (asprintf(&part, "%s.new", path) < 0) {
                part = NULL;
                return -ENOMEM;
        }
        randombytes_buf(seed, crypto_sign_SEEDBYTES);
        sodium_bin2hex(text, sizeof(text), seed, crypto_sign_SEEDBYTES);
        text[KEY_TEXT_SIZE] = '\n';
        unlink(part);
        fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        if (write(fd, text, KEY_TEXT_SIZE + 1) != KEY_TEXT_SIZE + 1 || fsync(fd) < 0)
                r = -EIO;
        close(fd);
        sodium_memzero(text, sizeof(text));
        if (r == 0 && link(part, path) < 0)
                r = -errno;
        unlink(part);
        return r;
}

int signer_open(Signer **ret, const char *path) {
        _cleanup_(signer_freep) Signer *s = calloc(1, sizeof(*s));
        uint8_t seed[crypto_sign_SEEDBYTES];
        int fd, r;

        if (!s)
                return -ENOMEM;
        if (sodium_init() < 0)
                return -ENOTSUP;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0 && errno != ENOENT)
                return -errno;
        if (fd < 0) {
                r = key_make(path, seed);
        } else {
                r = key_read(fd, seed);
                close(fd);
        }
        if (r < 0)
                return r;
        derive(s, seed);
        sodium_memzero(seed, sizeof(seed));
        *ret = TAKE(s);
        return 0;
}

Signer *signer_free(Signer *s) {
        if (s) {
                sodium_memzero(s, sizeof(*s));
                free(s);
        }
        return NULL;
}

const char *signer_kid(const Signer *s) {
        return s->kid;
}

const char *signer_public_key(const Signer *s) {
        return s->public_text;
}

int signer_jws(const Signer *s, const char *payload, size_t n, char **ret) {
        size_t n_payload = sodium_base64_encoded_len(n, B64), at = s->n_header;
        size_t n_signature = sodium_base64_encoded_len(crypto_sign_BYTES, B64);
        uint8_t signature[crypto_sign_BYTES];
        char *jws = malloc(at + n_payload + 1 + n_signature);

        if (!jws)
                return -ENOMEM;
        memcpy(jws, s->header, at);
        at += b64(jws + at, n_payload, payload, n);
        crypto_sign_detached(signature, NULL, (const uint8_t *)jws, at, s->secret);
        jws[at++] = '.';
        b64(jws + at, n_signature, signature, sizeof(signature));
        *ret = jws;
        return 0;
}

int signer_verify(const Signer *s, const char *jws, size_t n, char **ret_payload) {
        const char *dot = n > s->n_header ? memrchr(jws, '.', n) : NULL;
        uint8_t signature[crypto_sign_BYTES];
        size_t n_signature, n_payload;
        char *payload;

        if (!dot || memcmp(jws, s->header, s->n_header) != 0 || dot < jws + s->n_header)
                return 0;
        if (sodium_base642bin(signature, sizeof(signature), dot + 1, n - (size_t)(dot + 1 - jws), NULL, &n_signature,
                              NULL, B64) != 0 ||
            n_signature != sizeof(signature) ||
            crypto_sign_verify_detached(signature, (const uint8_t *)jws, (size_t)(dot - jws), s->public) != 0)
                return 0;
        payload = malloc(n + 1);
        if (!payload)
                return -ENOMEM;
        if (sodium_base642bin((uint8_t *)payload, n, jws + s->n_header, (size_t)(dot - jws) - s->n_header, NULL,
                              &n_payload, NULL, B64) != 0) {
                free(payload);
                return 0;
        }
        payload[n_payload] = '\0';
        *ret_payload = payload;
        return 1;
}
