/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The ways of `asepsisctl audit` that have files of their own. */
#include "ctl.h"

int audit_export(Ctl *c, int argc, char **argv);
int audit_verify(Ctl *c, int argc, char **argv);
