/* SPDX-License-Identifier: MIT */
#include "core/vma.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

#include "base/fd.h"
#include "base/sys.h"
#include "core/region.h"

static int walk(bool brief, char *text, size_t size, drp_vma_act act,
		void *context)
{
	long fd = drp_proc_open(brief ? "maps" : "smaps");
	struct drp_smaps smaps;
	bool go_on = true;
	long got = 0;

	if (drp_failed(fd))
		return (int)fd;
	drp_smaps_init(&smaps, brief);
	while (go_on && (got = DRP_SYS(SYS_read, fd, text, size)) > 0) {
		for (size_t at = 0; go_on && at < (size_t)got;) {
			bool found;

			at += drp_smaps_feed(&smaps, text + at,
					     (size_t)got - at, &found);
			if (found)
				go_on = act(context, &smaps);
		}
	}
	DRP_SYS(SYS_close, fd);
	return got < 0 ? (int)got : 0;
}

int drp_vma_walk(char *text, size_t size, drp_vma_act act, void *context)
{
	return walk(false, text, size, act, context);
}

int drp_vma_walk_briefly(char *text, size_t size, drp_vma_act act,
			 void *context)
{
	return walk(true, text, size, act, context);
}

/* One byte a page.  What lies in no mapping at all counts as not resident. */
uint64_t drp_vma_resident(uintptr_t start, uintptr_t end)
{
	static unsigned char present[16384];
	size_t page_bytes = drp_page_bytes(), pages;
	uint64_t count = 0;

	for (; start < end; start += pages * page_bytes) {
		pages = (end - start) / page_bytes;
		if (pages > sizeof(present))
			pages = sizeof(present);
		if (DRP_SYS(SYS_mincore, start, pages * page_bytes, present)) {
			count += pages;
			continue;
		}
		for (size_t i = 0; i < pages; i++)
			count += present[i] & 1;
	}
	return count * page_bytes;
}

static void forget(uintptr_t start, uintptr_t end)
{
	if (start < end && !drp_region_reserve())
		drp_region_forget(start, end);
}

struct trim {
	uintptr_t at, end; /* What is not known to be mapped yet. */
};

static bool trim_before(void *context, const struct drp_smaps *vma)
{
	struct trim *trim = context;

	if (vma->end <= trim->at)
		return true;
	forget(trim->at, vma->start < trim->end ? vma->start : trim->end);
	trim->at = vma->end;
	return trim->at < trim->end;
}

bool drp_vma_has_hole(uintptr_t start, uintptr_t end)
{
	/* It does nothing, but it fails where something is not mapped. */
	return DRP_SYS(SYS_msync, start, end - start, MS_ASYNC) == -ENOMEM;
}

static bool all_mapped(uintptr_t start, uintptr_t end)
{
	struct drp_region part;

	for (; drp_region_part(start, end, &part); start = part.end)
		if (drp_vma_has_hole(part.start, part.end))
			return false;
	return true;
}

void drp_vma_trim_regions(uintptr_t start, uintptr_t end)
{
	char text[DRP_VMA_TEXT_BYTES];
	struct trim trim = {.at = start, .end = end};
	struct drp_region part;

	if (all_mapped(start, end))
		return;
	if (!drp_vma_walk_briefly(text, sizeof(text), trim_before, &trim)) {
		forget(trim.at, trim.end);
		return;
	}
	for (; drp_region_part(start, end, &part); start = part.end)
		if (drp_vma_has_hole(part.start, part.end))
			forget(part.start, part.end);
}

/* The first mapping that ends above addr. */
struct search {
	uintptr_t addr;
	uintptr_t start, end; /* 0: there is none. */
};

static bool is_next(void *context, const struct drp_smaps *vma)
{
	struct search *search = context;

	if (vma->end <= search->addr)
		return true;
	search->start = vma->start;
	search->end = vma->end;
	return false;
}

bool drp_vma_any(uintptr_t start, uintptr_t end)
{
	struct search search = {.addr = start};
	char text[DRP_VMA_TEXT_BYTES];

	return drp_vma_walk_briefly(text, sizeof(text), is_next, &search) ||
	       (search.end && search.start < end);
}

uintptr_t drp_vma_end(uintptr_t addr)
{
	struct search search = {.addr = addr};
	char text[DRP_VMA_TEXT_BYTES];

	drp_vma_walk_briefly(text, sizeof(text), is_next, &search);
	return search.end && search.start <= addr ? search.end : addr;
}

/* Of linux/fs.h from 6.11 on. */
struct query {
	uint64_t size, flags, addr;
	uint64_t start, end, vma_flags, page_size, offset, inode;
	uint32_t major, minor, name_size, build_id_size;
	uint64_t name_addr, build_id_addr;
};
#define QUERY _IOWR('f', 17, struct query)

int drp_vma_query_end(const struct drp_fd *maps, uintptr_t addr, uintptr_t *end)
{
	struct query query = {.size = sizeof(query), .addr = addr};
	int err;

	if (!drp_fd_ours(maps))
		return -EBADF;
	err = (int)DRP_SYS(SYS_ioctl, maps->number, QUERY, &query);
	if (!err)
		*end = (uintptr_t)query.end;
	return err;
}
