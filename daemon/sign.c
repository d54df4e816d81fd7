/* SPDX-License-Identifier: Apache-2.0 */
#include "sign.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define B64 sodium_base64_VARIANT_URLSAFE_NO_PADDING
#define KEY_TEXT_SIZE 64 /* hexadecimal */

typedef struct Key {
        uint8_t public[crypto_sign_PUBLICKEYBYTES], secret[crypto_sign_SECRETKEYBYTES]; /* of known ones only the public half */
        char public_text[64], kid[64];
        char header[160]; /* the JWS header, encoded, and its dot */
        size_t n_header;
        bool compromised;
} Key;

struct Signer {
        char *path, *next_path;
        Key now, next;
        bool has_next;
        size_t n_known;
        Key known[SIGNER_KNOWN_MAX];
};

static size_t b64(char *to, size_t size, const void *from, size_t n) {
        sodium_bin2base64(to, size, from, n, B64);
        return strlen(to);
}

/* What follows from the public half. RFC 7638: the thumbprint is over the members in this order, without blanks. */
static void name_key(Key *k) {
        uint8_t thumb[crypto_hash_sha256_BYTES];
        char text[160];

        b64(k->public_text, sizeof(k->public_text), k->public, sizeof(k->public));
        snprintf(text, sizeof(text), "{\"crv\":\"Ed25519\",\"kty\":\"OKP\",\"x\":\"%s\"}", k->public_text);
        crypto_hash_sha256(thumb, (const uint8_t *)text, strlen(text));
        b64(k->kid, sizeof(k->kid), thumb, sizeof(thumb));
        snprintf(text, sizeof(text), "{\"alg\":\"EdDSA\",\"kid\":\"%s\"}", k->kid);
        k->n_header = b64(k->header, sizeof(k->header) - 1, text, strlen(text));
        k->header[k->n_header++] = '.';
}

static void derive(Key *k, const uint8_t seed[static crypto_sign_SEEDBYTES]) {
        crypto_sign_seed_keypair(k->public, k->secret, seed);
        name_key(k);
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

static int key_load(const char *path, Key *ret) {
        uint8_t seed[crypto_sign_SEEDBYTES];
        int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW), r;

        if (fd < 0)
                return -errno;
        r = key_read(fd, seed);
        close(fd);
        if (r == 0)
                derive(ret, seed);
        sodium_memzero(seed, sizeof(seed));
        return r;
}

/* What was renamed, linked or removed in this file's directory is there after a power cut, too. */
static int sync_directory(const char *path) {
        _cleanup_(freep) char *copy = strdup(path);
        int fd, r;

        if (!copy)
                return -ENOMEM;
        fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = fsync(fd) < 0 ? -errno : 0;
        close(fd);
        return r;
}

static int write_whole(int fd, char text[static KEY_TEXT_SIZE + 1]) {
        text[KEY_TEXT_SIZE] = '\n';
        return pwrite(fd, text, KEY_TEXT_SIZE + 1, 0) != KEY_TEXT_SIZE + 1 || fsync(fd) < 0 ? -EIO : 0;
}

/* A name of its own first, so that a crash never leaves half a key under the real one. */
static int key_make(const char *path, Key *ret) {
        _cleanup_(freep) char *part = NULL;
        uint8_t seed[crypto_sign_SEEDBYTES];
        char text[KEY_TEXT_SIZE + 2];
        int fd, r;

        if (asprintf(&part, "%s.new", path) < 0) {
                part = NULL;
                return -ENOMEM;
        }
        unlink(part);
        fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
        if (fd < 0)
                return -errno;
        randombytes_buf(seed, sizeof(seed));
        sodium_bin2hex(text, sizeof(text), seed, sizeof(seed));
        r = write_whole(fd, text);
        close(fd);
        sodium_memzero(text, sizeof(text));
        if (r == 0 && link(part, path) < 0)
                r = -errno;
        unlink(part);
        if (r == 0)
                r = sync_directory(path);
        if (r == 0)
                derive(ret, seed);
        sodium_memzero(seed, sizeof(seed));
        return r;
}

int signer_open(Signer **ret, const char *path) {
        _cleanup_(signer_freep) Signer *s = calloc(1, sizeof(*s));
        int r;

        if (!s || !(s->path = strdup(path)))
                return -ENOMEM;
        if (asprintf(&s->next_path, "%s.next", path) < 0) {
                s->next_path = NULL;
                return -ENOMEM;
        }
        if (sodium_init() < 0)
                return -ENOTSUP;
        s->has_next = key_load(s->next_path, &s->next) == 0;
        r = key_load(s->path, &s->now);
        /* Destroyed, and the crash came before the next one was in its place. */
        if (r == -EBADMSG && s->has_next) {
                signer_switch(s);
                r = 0;
        }
        if (r == -ENOENT)
                r = key_make(s->path, &s->now);
        if (r < 0)
                return r;
        *ret = TAKE(s);
        return 0;
}

Signer *signer_free(Signer *s) {
        if (s) {
                free(s->path);
                free(s->next_path);
                sodium_memzero(s, sizeof(*s));
                free(s);
        }
        return NULL;
}

const char *signer_kid(const Signer *s) {
        return s->now.kid;
}

const char *signer_public_key(const Signer *s) {
        return s->now.public_text;
}

const char *signer_next_kid(const Signer *s) {
        return s->has_next ? s->next.kid : NULL;
}

const char *signer_next_public_key(const Signer *s) {
        return s->has_next ? s->next.public_text : NULL;
}

int signer_prepare(Signer *s) {
        int r;

        s->has_next = false;
        if (unlink(s->next_path) < 0 && errno != ENOENT)
                return -errno;
        r = key_make(s->next_path, &s->next);
        s->has_next = r == 0;
        return r;
}

void signer_switch(Signer *s) {
        s->now = s->next;
        s->has_next = false;
        sodium_memzero(&s->next, sizeof(s->next));
}

/* No seed: 64 times 'x' is no hexadecimal number, and so never taken for a key. */
static int destroy(const char *path) {
        char text[KEY_TEXT_SIZE + 1];
        int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW), r;

        if (fd < 0)
                return errno == ENOENT ? 0 : -errno;
        memset(text, 'x', sizeof(text));
        r = write_whole(fd, text);
        close(fd);
        return r;
}

int signer_settle(Signer *s) {
        Key found = {};
        int r = key_load(s->path, &found);
        bool there = r == 0 && streq(found.kid, s->now.kid);

        if (!there) {
                r = key_load(s->next_path, &found);
                if (r == 0 && !streq(found.kid, s->now.kid))
                        r = -EBADMSG;
                if (r == 0)
                        r = destroy(s->path);
                if (r == 0 && rename(s->next_path, s->path) < 0)
                        r = -errno;
                if (r == 0)
                        r = sync_directory(s->path);
        }
        sodium_memzero(&found, sizeof(found));
        return there ? 0 : r;
}

int signer_know(Signer *s, const char *public_text, bool compromised) {
        Key *k = s->known + s->n_known;
        size_t n;

        if (s->n_known == SIGNER_KNOWN_MAX)
                return -ENOSPC;
        *k = (Key){ .compromised = compromised };
        if (sodium_base642bin(k->public, sizeof(k->public), public_text, strlen(public_text), NULL, &n, NULL, B64) != 0 ||
            n != sizeof(k->public))
                return -EBADMSG;
        name_key(k);
        s->n_known++;
        return 0;
}

void signer_know_none(Signer *s) {
        s->n_known = 0;
}

int signer_jws(const Signer *s, const char *payload, size_t n, char **ret) {
        size_t n_payload = sodium_base64_encoded_len(n, B64), at = s->now.n_header;
        size_t n_signature = sodium_base64_encoded_len(crypto_sign_BYTES, B64);
        uint8_t signature[crypto_sign_BYTES];
        char *jws = malloc(at + n_payload + 1 + n_signature);

        if (!jws)
                return -ENOMEM;
        memcpy(jws, s->now.header, at);
        at += b64(jws + at, n_payload, payload, n);
        crypto_sign_detached(signature, NULL, (const uint8_t *)jws, at, s->now.secret);
        jws[at++] = '.';
        b64(jws + at, n_signature, signature, sizeof(signature));
        *ret = jws;
        return 0;
}

static int verify_with(const Key *k, const char *jws, size_t n, char **ret_payload) {
        const char *dot = n > k->n_header ? memrchr(jws, '.', n) : NULL;
        uint8_t signature[crypto_sign_BYTES];
        size_t n_signature, n_payload;
        char *payload;

        if (!dot || memcmp(jws, k->header, k->n_header) != 0 || dot < jws + k->n_header)
                return 0;
        if (sodium_base642bin(signature, sizeof(signature), dot + 1, n - (size_t)(dot + 1 - jws), NULL, &n_signature,
                              NULL, B64) != 0 ||
            n_signature != sizeof(signature) ||
            crypto_sign_verify_detached(signature, (const uint8_t *)jws, (size_t)(dot - jws), k->public) != 0)
                return 0;
        payload = malloc(n + 1);
        if (!payload)
                return -ENOMEM;
        if (sodium_base642bin((uint8_t *)payload, n, jws + k->n_header, (size_t)(dot - jws) - k->n_header, NULL,
                              &n_payload, NULL, B64) != 0) {
                free(payload);
                return 0;
        }
        payload[n_payload] = '\0';
        *ret_payload = payload;
        return k->compromised ? SIGNER_COMPROMISED : SIGNER_OURS;
}

int signer_verify(const Signer *s, const char *jws, size_t n, char **ret_payload) {
        int r = verify_with(&s->now, jws, n, ret_payload);

        for (size_t i = 0; i < s->n_known && r == 0; i++)
                r = verify_with(s->known + i, jws, n, ret_payload);
        return r;
}
