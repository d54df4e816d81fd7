/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Sign: the clinic's Ed25519 key and what it signs: permits and checkpoints, as compact JWS (RFC 7515, RFC 8037).
 * `kid` is the key's JWK thumbprint (RFC 7638). The key file holds the 32-byte seed as 64 hexadecimal digits; beside it,
 * with .next at its name's end, lies the key that follows. Which of the two signs is not decided here: the ledger says.
 */
#include "util.h"

typedef struct Signer Signer;

/* Reads the key file, or makes one (mode 0600) where there is none; and the next one, where there is one. -EPERM: others
 * may read it; -EBADMSG: no key. */
int signer_open(Signer **ret, const char *path);
Signer *signer_free(Signer *s);
DEFINE_CLEANUP(Signer, signer_free)

const char *signer_kid(const Signer *s);
const char *signer_public_key(const Signer *s); /* base64url, as in a JWK's x */
const char *signer_next_kid(const Signer *s);   /* NULL: there is none */
const char *signer_next_public_key(const Signer *s);

/* Makes the next key, in the place of the one that lies there; it is on disk when this returns. */
int signer_prepare(Signer *s);
/* The next key signs from now on. Nothing on disk changes; there must be one. */
void signer_switch(Signer *s);
/* Puts the key that signs into the key file where it is not there yet; what lay there is overwritten first. Stopped at
 * any point, it can be done again, by this or by the next process. */
int signer_settle(Signer *s);

/* The public halves of keys that signed before. -ENOSPC: no room for one more; -EBADMSG: no key. */
#define SIGNER_KNOWN_MAX 9
int signer_know(Signer *s, const char *public_key, bool compromised);
void signer_know_none(Signer *s);

/* *ret to be freed. */
int signer_jws(const Signer *s, const char *payload, size_t n, char **ret);

/* 0: neither the key that signs nor a known one has signed it; otherwise which, and the payload, to be freed. */
enum { SIGNER_OURS = 1, SIGNER_COMPROMISED = 2 };
int signer_verify(const Signer *s, const char *jws, size_t n, char **ret_payload);
