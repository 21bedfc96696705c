/* SPDX-License-Identifier: MIT */
#include "core/census.h"

#include <stdbool.h>

#include "core/process.h"
#include "core/region.h"
#include "core/vma.h"

/* Dense memory takes 20 ns a page: the lock is held for some 300 us. */
#define PIECE ((size_t)64 << 20)

static void count_piece(struct drp_census *census, uintptr_t start,
			uintptr_t end)
{
	uint64_t unpinned_bytes = 0, free_bytes = 0;
	struct drp_region run;

	for (uintptr_t at = start; drp_region_unpinned(at, end, &run);
	     at = run.end) {
		unpinned_bytes += run.end - run.start;
		free_bytes += drp_vma_resident(run.start, run.end);
	}
	census->free_bytes += free_bytes;
	census->pinned_bytes += end - start - unpinned_bytes;
	census->resident_bytes += unpinned_bytes == end - start
					  ? free_bytes
					  : drp_vma_resident(start, end);
}

/* The next piece from *at on; false if there is none. */
static bool next_piece(uintptr_t *at, struct drp_census *census)
{
	drp_sigmask mask = drp_process_lock();
	struct drp_region part;
	bool any = drp_region_part(*at, UINTPTR_MAX, &part);

	if (any) {
		if (part.end - part.start > PIECE)
			part.end = part.start + PIECE;
		count_piece(census, part.start, part.end);
		*at = part.end;
	}
	drp_region_unlock(mask);
	return any;
}

void drp_census_count(struct drp_census *census)
{
	uintptr_t at = 0;

	*census = (struct drp_census){0};
	while (next_piece(&at, census))
		;
}

struct sums {
	uint64_t armed_bytes, swapped_bytes;
};

static uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* A mapping may have merged with one that only looks like ours. */
static bool add_mapping(void *context, const struct drp_smaps *vma)
{
	struct sums *sums = context;
	uint64_t ours_bytes = 0;
	struct drp_region part;
	drp_sigmask mask;

	if (!vma->lazyfree_bytes && !vma->swap_bytes)
		return true;
	mask = drp_process_lock();
	for (uintptr_t at = vma->start; drp_region_part(at, vma->end, &part);
	     at = part.end)
		ours_bytes += part.end - part.start;
	drp_region_unlock(mask);
	sums->armed_bytes += min_u64(vma->lazyfree_bytes, ours_bytes);
	sums->swapped_bytes += min_u64(vma->swap_bytes, ours_bytes);
	return true;
}

void drp_census_smaps(uint64_t *armed_bytes, uint64_t *swapped_bytes)
{
	char text[DRP_VMA_TEXT_BYTES];
	struct sums sums = {0};

	if (drp_region_count() &&
	    drp_vma_walk(text, sizeof(text), add_mapping, &sums))
		sums = (struct sums){DRP_CENSUS_UNKNOWN, DRP_CENSUS_UNKNOWN};
	*armed_bytes = sums.armed_bytes;
	*swapped_bytes = sums.swapped_bytes;
}
