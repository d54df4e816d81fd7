/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* connect.c: the way to the daemon, for client.c. */
#include "ctl.h"
#include "util.h"

#define CALL_TIMEOUT_US (10 * US_PER_S)
#define SIGN_TIMEOUT_US ((uint64_t)(180 * US_PER_S)) /* somebody has to type a password */

/* Over the system bus or a socket, see Ctl. 0, or negative errno; -ESRCH: the bus is there, and no daemon is on it. */
int ctl_connect(Ctl *c);
/* On a terminal: a program of polkit's asks for the password there, until we end. */
void ctl_start_agent(Ctl *c);
