/* SPDX-License-Identifier: MIT */
#include "core/census.h"

#include <stdbool.h>

#include "core/process.h"
#include "core/region.h"
#include "core/vma.h"

/* Dense memory takes 20 ns a page: the lock is held for some 300 us. */
#define PIECE ((size_t)64 << 20)

static struct drp_census count_piece(uintptr_t start, uintptr_t end)
{
	struct drp_census piece = {.pinned_bytes = end - start};
	struct drp_region run;

	for (uintptr_t at = start; drp_region_unpinned(at, end, &run);
	     at = run.end) {
		piece.pinned_bytes -= run.end - run.start;
		piece.free_bytes += drp_vma_resident(run.start, run.end);
	}
	piece.resident_bytes = piece.pinned_bytes ? drp_vma_resident(start, end)
						  : piece.free_bytes;
	return piece;
}

/* The next piece from *at on; false if there is none. */
static bool walk_one(uintptr_t *at, drp_census_act act, void *context)
{
	drp_sigmask mask = drp_process_lock();
	struct drp_census piece;
	struct drp_region part;
	bool any = drp_region_part(*at, UINTPTR_MAX, &part);

	if (any) {
		if (part.end - part.start > PIECE)
			part.end = part.start + PIECE;
		piece = count_piece(part.start, part.end);
		act(context, part.start, part.end, &piece);
		*at = part.end;
	}
	drp_region_unlock(mask);
	return any;
}

void drp_census_walk(drp_census_act act, void *context)
{
	uintptr_t at = 0;

	while (walk_one(&at, act, context))
		;
}

static void add(void *context, uintptr_t start, uintptr_t end,
		const struct drp_census *piece)
{
	struct drp_census *sum = context;

	(void)start;
	(void)end;
	sum->resident_bytes += piece->resident_bytes;
	sum->free_bytes += piece->free_bytes;
	sum->pinned_bytes += piece->pinned_bytes;
}

void drp_census_count(struct drp_census *census)
{
	*census = (struct drp_census){0};
	drp_census_walk(add, census);
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
