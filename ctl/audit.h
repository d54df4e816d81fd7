/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The ways of `asepsisctl audit` that have files of their own. */
#include "ctl.h"
#include "store/ledger.h"

int audit_export(Ctl *c, int argc, char **argv);
int audit_verify(Ctl *c, int argc, char **argv);

/* A hash in base64url, as in checkpoints and permits, or in hexadecimal; a head as SIZE:HASH. False: it is none. */
bool audit_read_hash(const char *text, uint8_t ret[static HASH_SIZE]);
bool audit_read_pair(const char *text, Head *ret);
