/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/* The files of a simulated clinic: a folder in memory, and the shipped configuration. */
#include <stddef.h>

#include "config.h"

/* Fails the test where it cannot. size >= 40. */
void files_make(char *ret_dir, size_t size);
void files_remove(const char *dir);
/* Puts an empty ledger there. Only the first of a program is made by all the migrations; the others are its copy. */
void files_ledger(const char *path);
/* etc/asepsisd.conf with a trusted clock and an autoclave that was commissioned on the day at which clinicsim starts, and
 * these lines after it (NULL: none). */
Config *files_config(const char *more);
