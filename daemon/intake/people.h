/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * People: what they may do. The configuration says who they are; a qualification may stand there or be registered by an
 * officer. Of a person and a procedure the newest row of the ledger is the last word, registered or ended, and the
 * configuration counts only where the ledger has none: so an end here cannot be undone by a file.
 */
#include "intake/internal.h"

/* Last good day of the person's qualification, a date; 0: none. 0, or the store's error. */
int qualified_until(Intake *in, const char *person, const char *procedure, int32_t *ret);

/* Acts of an officer other than the person: 0, or ACT_REFUSED, with a text; or the store's error. until 0: no date. */
int qualification_register(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);
int qualification_withdraw(Intake *in, const Act *act, char ret_text[static ACT_TEXT_MAX]);

/* Tells of qualifications that end soon or ended: one person a turn, each once an hour. */
int people_tick(Intake *in);
