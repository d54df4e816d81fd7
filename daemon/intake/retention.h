/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* Retention: where [retention] says so, bytes of messages and samples of cycles are deleted after their time; never
 * before it, never while the clock or the ledger is in doubt, and each deletion stands in the chain. */
#include "intake/internal.h"

/* One slice, when it is due. 0, or the store's error. */
int retention_tick(Intake *in);
