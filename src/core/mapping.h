/* SPDX-License-Identifier: MIT */
/*
 * Emulated mappings: making, replacing and unmapping them.  Moving is remap's.
 *
 * Every function is the kernel's call of that name on a range that may hold
 * droppable memory, and answers as a kernel with MAP_DROPPABLE would: an
 * address or 0, or -errno.  Each takes the registry lock itself.  All may be
 * called in signal handlers and before the constructor.
 */
#ifndef DRP_CORE_MAPPING_H
#define DRP_CORE_MAPPING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Does this mmap() ask for droppable memory, or replace some? */
bool drp_mapping_wants(uintptr_t addr, size_t len_bytes, int flags);

long drp_mapping_mmap(uintptr_t addr, size_t len_bytes, int prot, int flags,
		      int fd, int64_t offset);

/* Anonymous, emulated on every kernel, and its pages can be pinned. */
long drp_mapping_pinnable(size_t len_bytes, int prot);

/*
 * An ordinary mapping has been made at a place the kernel chose.  If the
 * registry has something there, that was unmapped behind our back: forget it.
 */
void drp_mapping_seen(uintptr_t addr, size_t len_bytes);

/* With SHM_REMAP a segment replaces whatever is there. */
long drp_mapping_shmat(int id, uintptr_t addr, int flags);

long drp_mapping_munmap(uintptr_t addr, size_t len_bytes);

#endif
