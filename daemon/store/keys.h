/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The public halves of the keys that sign here: the one that does, the one that will, and those that did. */
#include "core/limits.h"
#include "store/store.h"

/* The schema's indexes know the first two. */
typedef enum KeyState {
        KEY_NEXT,
        KEY_CURRENT,
        KEY_RETIRED,
        KEY_COMPROMISED, /* retired because others may have it: what it signed is nobody's word */
        KEY_DROPPED,     /* was to follow and was lost before it signed anything */
        _KEY_STATE_MAX,
} KeyState;

#define KEY_TEXT_MAX 64 /* bytes of a kid or a public key in base64url, with the NUL */

typedef struct KeyRow {
        int64_t id, i; /* i: the audit record that brought it */
        char kid[KEY_TEXT_MAX], public_key[KEY_TEXT_MAX];
        int state; /* KeyState */
        int64_t made_us, since_us, retired_us; /* known here, signing, no longer; 0: not yet */
        char statement[HEAD_MAX]; /* JWS, by the key before it; empty: there is none */
} KeyRow;

/* 1 and the row, or 0. The one in this state; of the first two there is at most one each. */
int key_get(Store *s, KeyState state, KeyRow *ret);
int key_find(Store *s, const char *kid, KeyRow *ret);
/* Those that signed once, newest first: before INT64_MAX, then before the id that came last. */
int key_before(Store *s, int64_t before, KeyRow *ret);
/* Sets row->id. */
int key_add(Store *s, KeyRow *row);
/* State and times. */
int key_save(Store *s, const KeyRow *row);
