/* SPDX-License-Identifier: MIT */
/*
 * Where an ELF file has a symbol.  Reads the file; knows no process.
 */
#ifndef DRP_CLI_SYMBOL_H
#define DRP_CLI_SYMBOL_H

#include <stdint.h>

/*
 * *distance: from where the start of the file is mapped to the object `name`.
 * 0, -ENOENT where the file has no such symbol, -ENOEXEC where it is no ELF
 * file or a damaged one, or -errno.
 */
int drp_symbol_find(uint64_t *distance, const char *path, const char *name);

#endif
