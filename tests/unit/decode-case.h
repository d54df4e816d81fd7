/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* What a test of the decoder asks: is this message taken, or refused, and why. Include after cmocka.h. */
#include <stdio.h>

#include "codec/decode.h"
#include "util.h"

#define NONCE_TEXT "AAECAwQFBgcICQoLDA0ODw" /* bytes 0 to 15 */
#define L64 "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
#define READINGS "\"autoclave\":\"ac\",\"cycle\":7,\"program\":\"p\",\"hold_s\":225.5,\"coldest_c\":135.1,\"by\":\"o\"," \
                 "\"reason\":\"probe\",\"lowest_kpa\":313.5,"
#define REQUEST(patient) "{\"session\":\"s-81\",\"practitioner\":\"maria\"," patient "\"procedure\":\"skin-needling\"," \
                         "\"items\":[\"a\",\"a\"],\"nonce\":\"" NONCE_TEXT "\"}"

static Decoded *d;
static DecodeError error;

static inline int make_decoded(void **state) {
        (void) state;
        d = decoded_new();
        return d ? 0 : -1;
}

static inline int drop_decoded(void **state) {
        (void) state;
        d = decoded_free(d);
        return 0;
}

static inline const Event *good(Kind kind, const char *message, const char *payload) {
        char *copy = strdup(payload); /* must not be looked at again after decode() */
        int r = decode(kind, "dev-1", message, copy, strlen(payload), d, &error);

        memset(copy, 'x', strlen(payload));
        free(copy);
        if (r != 0)
                fail_msg("%s %s is refused: %s %s: %s", message, payload, reject_id(error.reason), error.member,
                         error.detail);
        return &d->event;
}

static inline void bad(Kind kind, const char *message, const char *payload, Reject reason, const char *member) {
        int r = decode(kind, "dev-1", message, payload, strlen(payload), d, &error);

        if (r != 1 || error.reason != reason || !streq(error.member, member))
                fail_msg("%s %s gives %d, %s, member '%s'", message, payload, r, reject_id(error.reason), error.member);
        assert_true(strlen(error.detail) > 10);
}

#define T(f) cmocka_unit_test_setup_teardown(f, make_decoded, drop_decoded)
