/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Inside verify: the state as the records tell it, in a scratch file, and its comparison with the tables. Each value is
 * kept with the number of the record that said it last.
 * Returns as verify.h: 0; 1 with why, something is wrong with the ledger; negative with why, something with us.
 */
#include <jansson.h>
#include <sqlite3.h>

#include "store/tables.h"
#include "store/verify.h"

typedef struct Scratch Scratch;

typedef struct Verify {
        const VerifyOptions *options;
        VerifyResult *ret;
        sqlite3 *db;
        Tables tables;
        Scratch *scratch;
        JsonWriter w;
} Verify;

/* Fills why: 1, or the error. */
int verify_found(Verify *v, const char *format, ...) _printf_(2, 3);
int verify_error(Verify *v, int error, const char *format, ...) _printf_(3, 4);
/* SQLite's code from the ledger (a damaged file is something found), or from the scratch. */
int verify_sqlite(Verify *v, sqlite3 *db, int rc);

int scratch_open(Verify *v);
Scratch *scratch_free(Scratch *s);
/* A record of type changes. */
int scratch_apply(Verify *v, int64_t i, const json_t *record);
/* Message i stands in the table with something of its own: what its record said of it. Values are taken over. */
int scratch_message(Verify *v, int64_t i, json_t *held, json_t *refused, json_t *raw);
int scratch_compare(Verify *v);
