/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Sign: the clinic's Ed25519 key and what it signs: permits and checkpoints, as compact JWS (RFC 7515, RFC 8037).
 * `kid` is the key's JWK thumbprint (RFC 7638). The key file holds the 32-byte seed as 64 hexadecimal digits.
 */
#include "util.h"

typedef struct Signer Signer;

/* Reads the key file, or makes one (mode 0600) where there is none. -EPERM: others may read it; -EBADMSG: no key. */
int signer_open(Signer **ret, const char *path);
Signer *signer_free(Signer *s);
DEFINE_CLEANUP(Signer, signer_free)

const char *signer_kid(const Signer *s);
const char *signer_public_key(const Signer *s); /* base64url, as in a JWK's x */

/* *ret to be freed. */
int signer_jws(const Signer *s, const char *payload, size_t n, char **ret);

/* 1 and the payload (to be freed) where the JWS bears our signature; 0 where it does not. */
int signer_verify(const Signer *s, const char *jws, size_t n, char **ret_payload);
