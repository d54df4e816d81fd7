/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Personal: the columns that say, or could be made to say, who was treated: pseudonyms, unsalted hashes that include
 * them, and free text or bytes of devices that may name them. What stands in them is never in the chain: a commitment
 * is, {"#": base64url(SHA-256(salt | column name | 0x00 | value))}, with the salt of the row. See store/changes.h.
 *
 * The salt: column `salt` of the same row, 16 random bytes, never in the chain. It is there exactly as long as any of
 * the row's personal columns holds something; `audit verify` finds a row where it is not so.
 *
 * To erase: set the row's personal columns to '' or x'' (NULL where the schema has it), and salt to NULL, in one UPDATE.
 * The chain then says that they are empty, in the clear, and stays valid; what it said before is a hash with a salt
 * that nobody has. message: raw to NULL and salt to x'' likewise; its digest stays, and a record in the chain of
 * type `erased` or `trimmed` names the message.
 *
 * People who work in the clinic are known by their ids, everywhere. What they write as a reason stands in the chain as
 * they wrote it: acts are told to name no patient (doc/limits.md).
 */
#define PERSONAL_SALT_SIZE 16

/* X(table, column) */
#define PERSONAL_COLUMNS(X)                                                                                            \
        X(session, patient)                                                                                            \
        X(session, content) /* of its request: a hash over the patient, too */                                         \
        X(item, patient)    /* blood, what is made of it, a vial that was opened */                                    \
        X(request, content)                                                                                            \
        X(override, content)                                                                                           \
        X(exposure, detail)      /* a device's own words on an injury */                                               \
        X(session_step, form_hash) /* of a form with the name on it */                                                 \
        X(dead_letter, raw)      /* anything at all */                                                                 \
        X(erasure, patient)      /* until nothing else bears it */

/* An SQL expression for the salt of a row whose personal column is `value` from now on; new_salt() is the store's. */
#define PERSONAL_SALT(value) "CASE WHEN length(" value ") > 0 THEN coalesce(salt, new_salt()) END"
