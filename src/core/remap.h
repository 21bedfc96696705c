/* SPDX-License-Identifier: MIT */
/*
 * mremap() of ranges that hold droppable memory, or over some: the kernel
 * moves, the registry follows.  Answers as the kernel does, an address or
 * -errno. Takes the registry lock itself; signal-safe, usable before the
 * constructor.
 */
#ifndef DRP_CORE_REMAP_H
#define DRP_CORE_REMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does this mremap() need us? */
bool drp_remap_wants(uintptr_t addr, size_t old_bytes, size_t new_bytes,
		     int flags, uintptr_t new_addr);

long drp_remap(uintptr_t addr, size_t old_bytes, size_t new_bytes, int flags,
	       uintptr_t new_addr);

#endif
