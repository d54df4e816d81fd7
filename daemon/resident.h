/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
/*
 * What only the start needed of the program's and its libraries' files: symbols and relocations, the code that reads the
 * configuration, libcrypto's making of its tables. It is given back; the kernel still has it in its cache of files, and
 * maps what is called again at the first call (a microsecond for 64 KiB of it). Nothing that was written is touched.
 */
void resident_drop_code(void);
