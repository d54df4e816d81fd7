/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * Schema: every migration, oldest first. Migration i leads to user_version i + 1. A migration that has landed is never
 * changed; a new one is added below it. Names of columns carry their unit: _us microseconds since 1970, _on a date as
 * year * 10000 + month * 100 + day.
 */
#include <stddef.h>

#define SCHEMA_APPLICATION_ID 0x41736570 /* "Asep" */

extern const char *const schema_migrations[];
extern const size_t schema_n_migrations;
