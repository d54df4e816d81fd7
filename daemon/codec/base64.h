/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* base64url without padding (RFC 4648, 5), for what is public: it takes no care of how long it takes. */
#include <stddef.h>

/* Bytes that n become, with their NUL. */
#define BASE64_SIZE(n) (((size_t)(n) * 4 + 2) / 3 + 1)

/* `size` is at least BASE64_SIZE(n). */
void to_base64(const void *from, size_t n, char *to, size_t size);
