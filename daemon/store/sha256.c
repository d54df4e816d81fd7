/* SPDX-License-Identifier: Apache-2.0 */
#include "store/sha256.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdbool.h>

/* One of each for the process: to fetch them again would cost more than the hash. */
static EVP_MD *algorithm;
static EVP_MD_CTX *context;

int sha256_init(void) {
        if (!algorithm)
                algorithm = EVP_MD_fetch(NULL, "SHA256", NULL);
        if (!context)
                context = EVP_MD_CTX_new();
        return algorithm && context ? 0 : -ENOTSUP;
}

int sha256(const Sha256Part *parts, size_t n, uint8_t ret[static SHA256_SIZE]) {
        if (!context || !EVP_DigestInit_ex2(context, algorithm, NULL))
                return -EIO;
        for (size_t i = 0; i < n; i++)
                if (!EVP_DigestUpdate(context, parts[i].p, parts[i].n))
                        return -EIO;
        return EVP_DigestFinal_ex(context, ret, NULL) ? 0 : -EIO;
}

static bool failed;

void sha256_begin(void) {
        failed = !context || !EVP_DigestInit_ex2(context, algorithm, NULL);
}

void sha256_more(const void *p, size_t n) {
        failed |= !failed && n > 0 && !EVP_DigestUpdate(context, p, n);
}

int sha256_end(uint8_t ret[static SHA256_SIZE]) {
        return !failed && EVP_DigestFinal_ex(context, ret, NULL) ? 0 : -EIO;
}
