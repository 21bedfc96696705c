/* SPDX-License-Identifier: MIT */
#include "core/huge.h"

#include <sys/mman.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/region.h"

/*
 * Splitting takes a system call for every huge page that could be there, 0.3
 * us, and regions of this size, 64 GiB, are mostly empty.
 */
#define SPLIT_PAGES_MAX ((size_t)1 << 24)

/* Touched with the registry lock held. */
static size_t huge_bytes;
static uintptr_t split_to; /* Of a region, all from its start to here. */

/* Since 4.10; before, and on most machines, a page full of 8-byte entries. */
static size_t read_huge_bytes(void)
{
	char text[24];
	ssize_t len = drp_file_read_text(
		"/sys/kernel/mm/transparent_hugepage/hpage_pmd_size", text,
		sizeof(text));
	size_t bytes = 0, page_bytes = drp_page_bytes();

	for (ssize_t i = 0; i < len && text[i] >= '0' && text[i] <= '9'; i++)
		bytes = bytes * 10 + (size_t)(text[i] - '0');
	return bytes > page_bytes ? bytes : page_bytes / 8 * page_bytes;
}

/* Where the first huge page at or above `start` would be; 0 if it wraps. */
static uintptr_t huge_up(uintptr_t start)
{
	if (!huge_bytes)
		huge_bytes = read_huge_bytes();
	return (start + huge_bytes - 1) & ~(huge_bytes - 1);
}

/* Whoever arms a part of a huge page has the kernel split it. */
static void split_run(uintptr_t start, uintptr_t end)
{
	uintptr_t at = huge_up(start);

	for (; at >= start && at < end; at += huge_bytes)
		DRP_SYS(SYS_madvise, at, drp_page_bytes(), MADV_FREE);
}

/* False if some of it is pinned. */
static bool split_piece(uintptr_t start, uintptr_t end)
{
	struct drp_region run;
	bool all = true;

	for (; drp_region_unpinned(start, end, &run); start = run.end) {
		all = all && run.start == start;
		split_run(run.start, run.end);
	}
	return all && start == end;
}

/* If not, it is always armed in part, which splits what it shares in. */
static bool has_room(const struct drp_region *region)
{
	uintptr_t first = huge_up(region->start);

	return first >= region->start && first < region->end &&
	       region->end - first >= huge_bytes;
}

static bool is_vast(size_t len_bytes)
{
	return len_bytes / drp_page_bytes() > SPLIT_PAGES_MAX;
}

/* Did that make all of the piece small? */
static bool make_small(const struct drp_region *region, uintptr_t start,
		       uintptr_t end)
{
	/* EINVAL: this kernel has no huge pages. */
	return DRP_SYS(SYS_madvise, start, end - start, MADV_NOHUGEPAGE) ==
		       -EINVAL ||
	       is_vast(region->end - region->start) || split_piece(start, end);
}

static bool may_be_huge(const struct drp_region *region)
{
	return !(region->flags & DRP_REGION_SMALL) && has_room(region);
}

bool drp_huge_any(uintptr_t addr)
{
	struct drp_region region;

	return drp_region_get(addr, &region) && may_be_huge(&region);
}

bool drp_huge_split(uintptr_t start, uintptr_t end)
{
	struct drp_region region;
	uint32_t flag;

	if (!drp_region_get(start, &region) || !may_be_huge(&region))
		return false;
	if (start == region.start)
		split_to = start;
	if (make_small(&region, start, end) && split_to == start)
		split_to = end;
	if (split_to != region.end)
		return true;
	/*
	 * Twice: what reclaim, or a read into it, has in its hands just then is
	 * not split.
	 */
	flag = region.flags & DRP_REGION_SPLIT ? DRP_REGION_SMALL
					       : DRP_REGION_SPLIT;
	drp_region_set_flags(region.start, flag, 0);
	return true;
}

void drp_huge_adopt(uintptr_t start, size_t len_bytes)
{
	if (is_vast(len_bytes))
		DRP_SYS(SYS_madvise, start, len_bytes, MADV_NOHUGEPAGE);
}
