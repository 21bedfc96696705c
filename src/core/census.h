/* SPDX-License-Identifier: MIT */
/*
 * How much emulated droppable memory there is in which state: counted when
 * asked, by asking the kernel.  Changes nothing.
 *
 * Both go over all of it, with the registry lock held for a piece at a time: a
 * few nanoseconds a page.  Any thread, any time, signal handlers too.
 */
#ifndef DRP_CORE_CENSUS_H
#define DRP_CORE_CENSUS_H

#include <stdint.h>

struct drp_census {
	uint64_t resident_bytes;
	uint64_t free_bytes; /* Of those, what nobody has pinned. */
	uint64_t pinned_bytes;
};

void drp_census_count(struct drp_census *census);

/* Piece by piece, in order; act is called with the registry lock held. */
typedef void (*drp_census_act)(void *context, uintptr_t start, uintptr_t end,
			       const struct drp_census *piece);

void drp_census_walk(drp_census_act act, void *context);

/* What only smaps tells; DRP_CENSUS_UNKNOWN where it does not. */
#define DRP_CENSUS_UNKNOWN UINT64_MAX

void drp_census_smaps(uint64_t *armed_bytes, uint64_t *swapped_bytes);

#endif
