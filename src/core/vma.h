/* SPDX-License-Identifier: MIT */
/*
 * The mappings of this process as the kernel has them now: for what the
 * registry cannot know.
 */
#ifndef DRP_CORE_VMA_H
#define DRP_CORE_VMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"
#include "core/smaps.h"

/* A buffer for a stack that may be a signal handler's: two mappings or so. */
#define DRP_VMA_TEXT_BYTES 2048

/* One mapping, in address order.  Returns false to end the walk. */
typedef bool (*drp_vma_act)(void *context, const struct drp_smaps *vma);

/*
 * Read them all, through `text`, a buffer of the caller's: what is in it may be
 * older than what `act` does meanwhile.  0 or -errno: there may be no /proc.
 * With flags it goes over all page tables; without, it is cheap.
 */
int drp_vma_walk(char *text, size_t size, drp_vma_act act, void *context);
int drp_vma_walk_briefly(char *text, size_t size, drp_vma_act act,
			 void *context);

/*
 * Forget what of the regions in [start, end) is not mapped any more.  Where
 * /proc cannot tell which part of a region that is, all of it.  Lock held.
 */
void drp_vma_trim_regions(uintptr_t start, uintptr_t end);

/* How many bytes of [start, end) are resident.  Registry lock held. */
uint64_t drp_vma_resident(uintptr_t start, uintptr_t end);

/* Is something in [start, end) not mapped? */
bool drp_vma_has_hole(uintptr_t start, uintptr_t end);

/* Is anything mapped in [start, end)?  Yes, if /proc cannot tell. */
bool drp_vma_any(uintptr_t start, uintptr_t end);

/* The end of the mapping that holds addr; addr itself if none is found. */
uintptr_t drp_vma_end(uintptr_t addr);

/*
 * The same from the kernel at once, where it can be asked (6.11): 0 or -errno,
 * -ENOTTY where it cannot, -ENOENT if nothing is mapped there.  `maps` is an
 * open /proc/self/maps.
 */
int drp_vma_query_end(const struct drp_fd *maps, uintptr_t addr,
		      uintptr_t *end);

#endif
