/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * SQLite's memory, its small blocks kept for the next who asks for that size. Debian builds SQLite without its own
 * store of small blocks (lookaside), and one message takes and gives back about thirty. One thread; what was taken for
 * small blocks at the peak is not given back to the system.
 */
#include <sqlite3.h>

/* For SQLITE_CONFIG_MALLOC, before anything else of SQLite is called. */
extern const sqlite3_mem_methods blocks_methods;
