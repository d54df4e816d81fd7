/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Erasure: a patient's pseudonym goes out of the ledger, on an officer's word. A job in the ledger that goes on, slice by
 * slice, whatever happens to the daemon; see doc/personal-data.md. */
#include "intake/internal.h"

/* The act: 0, and the job stands; or ACT_REFUSED, with a text that does not name the patient; or the store's error. */
int patient_erase(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);

/* One slice, when it is due. 0, or the store's error. */
int erasure_tick(Intake *in);
/* The batch was lost: how far it is stands in the ledger. */
void erasure_undo(Intake *in);
