/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "ctl.h"

/*
 * Looks at a ledger that no daemon has open, without a daemon, and says what it is, whether it is whole, and how to go back to
 * it. head: a checkpoint or SIZE:HASH that it must have; NULL: none is known. CTL_YES: it is good, and has the head.
 */
int restore_check(Ctl *c, const char *file, const char *head);
