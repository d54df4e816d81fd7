/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Changes: what each transaction made of the state, as the last record of its chain; so that the state can be built
 * anew from the chain alone (verify.h), and no earlier value is ever lost (21 CFR 11.10(e)).
 *
 *   {"type":"changes","at_us":...,"set":[["item",17,{"state":3,"cycles":2}],["claim",4,null],
 *                                        ["sample_chunk",12,{"from":7,"to":9,"samples":30,"#":"..."}]]}
 *
 * One entry a row: table, key (an array where it is of two columns), and what stands there at the commit: the columns that
 * changed, or all that are not null of a new row; null: the row is gone. More is harmless, less is a bug: a row that a
 * rolled-back savepoint had touched is written as it is. Values: see tables.h. A large transaction has several such
 * records. "base":true in the first of several: they say all of the state, whatever was said before.
 *
 * Not in it: audit itself. message: a new row is explained by its own record ("message" or "refused", whose number it
 * has); what changes in it later is here: held, refused, and that raw is gone. sample_chunk: the rows of an attempt that
 * are new, hashed together: SHA-256 over n, samples and the length of data (8 bytes big-endian each) and data, of each
 * row from..to; null: none of the attempt's rows that were there before is there any more.
 *
 * SQLite tells of each row before it changes (its preupdate hook); what is noted costs memory for as long as the
 * transaction lasts, and changes_many() says when it is time to write some of it.
 */
#include "codec/jsonw.h"
#include "store/ledger.h"

/* Appends what is noted, if anything, and moves *head. w is overwritten. Outside any savepoint. */
int changes_write(Store *s, JsonWriter *w, Head *head, int64_t at_us);
bool changes_many(const Store *s);
/* All of the state, and what is noted is forgotten: for the first start after a migration. */
int changes_base(Store *s, JsonWriter *w, Head *head, int64_t at_us);
