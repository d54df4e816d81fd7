/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>

/*
 * Writes a file whole or not at all: under another name beside it, on disk, then in its place. Mode 0600. "-" is
 * standard output. 0; -EEXIST: what is there is no plain file and stays; or negative errno.
 */
int report_file_write(const char *path, const char *text, size_t size);
