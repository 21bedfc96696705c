/* SPDX-License-Identifier: MIT */
/*
 * Memory that the program names and that may not be there: copied by the
 * kernel, which says so where a plain access would be a fault.
 *
 * Where a sandbox forbids that, the program's word has to do.
 */
#ifndef DRP_BASE_COPY_H
#define DRP_BASE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* False: not all of it could be read, or written. */
bool drp_copy_in(void *to, uintptr_t from, size_t len_bytes);
bool drp_copy_out(uintptr_t to, const void *from, size_t len_bytes);

#endif
