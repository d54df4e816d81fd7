/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Manager: owns everything, creates it in order and frees it in reverse. One thread, one loop. Configuration, ledger,
 * key, intake, control socket, broker; READY=1 comes last, and does not wait for a broker.
 */
#include "config.h"
#include "util.h"

typedef struct Manager Manager;

/* Takes the configuration over on success. Errors are logged here. */
int manager_new(Manager **ret, const char *config_path, Config **config);
Manager *manager_free(Manager *m);
DEFINE_CLEANUP(Manager, manager_free)

/* Runs until told to stop: 0; or until it must not go on: negative errno. */
int manager_run(Manager *m);
