/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Witness: a small file beside the ledger (its name and ".witness") that says how long the ledger was, and its head. An
 * older ledger put in the place of a newer one does not bring it along, or it says more than that ledger knows.
 * It is written after commits, never before, so it never knows more than a ledger that nobody has touched.
 */
#include "core/limits.h"
#include "store/ledger.h"

typedef struct Witness {
        char log[LABEL_MAX + 1];
        Head head;
} Witness;

/* 1: there is one; 0: there is none; -EBADMSG: it cannot be read, or is none. */
int witness_read(const Store *s, Witness *ret);

/* The first one is on the disk when this returns; what is written over it gets there with time. Negative errno. */
int witness_write(Store *s, const Witness *w);
