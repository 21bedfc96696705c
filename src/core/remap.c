/* SPDX-License-Identifier: MIT */
#include "core/remap.h"

#include <sys/mman.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/region.h"
#include "core/vma.h"

bool drp_remap_wants(uintptr_t addr, size_t old_bytes, size_t new_bytes,
		     int flags, uintptr_t new_addr)
{
	return drp_region_overlaps(addr, old_bytes) ||
	       ((flags & MREMAP_FIXED) &&
		drp_region_overlaps(new_addr, new_bytes));
}

/* What part `part` of the old range has become; pins go with their pages. */
static void add_moved(const struct drp_region *part, uintptr_t start,
		      uintptr_t end, intptr_t by)
{
	size_t known = part->end - part->start;

	if (!part->pins) {
		drp_region_add(start, end);
		return;
	}
	if (end - start > known) {
		drp_region_add(start + known, end);
		end = start + known;
	}
	drp_region_add(start, end);
	drp_region_attach(start, part->pins, part->pins_at + (uintptr_t)by);
}

/* The droppable parts of [from, from + old_bytes) are now at `to` as well. */
static void translate(uintptr_t from, size_t old_bytes, uintptr_t to,
		      size_t new_bytes, bool keep)
{
	uintptr_t old_end = from + old_bytes;
	struct drp_region part;

	for (uintptr_t at = from; drp_region_part(at, old_end, &part);
	     at = part.end) {
		size_t start = part.start - from;
		size_t end = part.end - from;

		/* What grew is of the kind that the old range ended in. */
		if (part.end == old_end || end > new_bytes)
			end = new_bytes;
		if (drp_region_reserve()) {
			drp_log(DRP_LOG_ERROR,
				"out of memory: %l bytes moved "
				"by mremap are ordinary now",
				(int64_t)(end - start));
			return;
		}
		drp_pins_hold(part.pins);
		if (!keep || part.pins)
			drp_region_forget(part.start, part.end);
		/* MREMAP_DONTUNMAP: the pages left, and the pins with them. */
		if (keep && part.pins)
			drp_region_add(part.start, part.end);
		if (start < end)
			add_moved(&part, to + start, to + end,
				  (intptr_t)(to - from));
		drp_pins_release(part.pins);
	}
}

/* The kernel never moves a range onto itself: in place, or quite elsewhere. */
static void moved(uintptr_t from, size_t old_bytes, uintptr_t to,
		  size_t new_bytes, bool keep)
{
	struct drp_region last;

	drp_region_clear_flags(from, from + old_bytes, DRP_REGION_SEEN);
	if (from != to) {
		drp_region_forget(to, to + new_bytes);
		translate(from, old_bytes, to, new_bytes, keep);
		if (!keep)
			drp_region_forget(from, from + old_bytes);
	} else if (new_bytes < old_bytes) {
		drp_region_forget(from + new_bytes, from + old_bytes);
	} else if (new_bytes > old_bytes &&
		   drp_region_part(from + old_bytes - 1, from + old_bytes,
				   &last)) {
		drp_region_forget(from + old_bytes, from + new_bytes);
		drp_region_add(from + old_bytes, from + new_bytes);
	}
}

/*
 * One call of the kernel's.  One that fails may have unmapped the new place or
 * the tail of a shrinking range before.
 */
static long move(uintptr_t from, size_t old_bytes, size_t new_bytes, int flags,
		 uintptr_t to)
{
	size_t old_span = drp_page_up(old_bytes);
	size_t new_span = drp_page_up(new_bytes);
	long ret = drp_region_reserve();

	if (ret)
		return ret;
	ret = DRP_SYS(SYS_mremap, from, old_bytes, new_bytes, flags, to);
	if (!drp_failed(ret)) {
		moved(from, old_span, (uintptr_t)ret, new_span,
		      flags & MREMAP_DONTUNMAP);
	} else {
		drp_vma_trim_regions(from, from + old_span);
		if (flags & MREMAP_FIXED)
			drp_vma_trim_regions(to, to + new_span);
	}
	return ret;
}

/*
 * From 6.17 on one call may move several mappings, with the holes between them:
 * what lies opposite to a hole stays as it was, and when it fails, what was
 * moved before stays moved.  Which that is cannot be told afterwards, and a
 * label would make the kernel refuse; so it is done here, mapping by mapping,
 * as the kernel does it.
 */
struct crowd {
	uintptr_t at, end; /* What is still to be moved. */
	intptr_t by;	   /* How far it goes. */
	int flags;
	bool any; /* Moved one already. */
	long ret;
};

static bool move_one(void *context, const struct drp_smaps *vma)
{
	struct crowd *crowd = context;
	uintptr_t start = vma->start > crowd->at ? vma->start : crowd->at;
	uintptr_t end = vma->end < crowd->end ? vma->end : crowd->end;
	struct drp_region region;

	/* What was moved may come again, merged with what is next. */
	if (vma->end <= crowd->at)
		return true;
	if (start >= crowd->end)
		return false;
	/* Under a userfaultfd of the program's own a mapping moves alone. */
	if ((!crowd->any && start > crowd->at) ||
	    ((crowd->any || end < crowd->end) &&
	     (drp_smaps_has(vma, "um") || drp_smaps_has(vma, "uw") ||
	      drp_smaps_has(vma, "ui")) &&
	     !drp_region_part(start, end, &region))) {
		crowd->ret = -EFAULT;
		return false;
	}
	crowd->ret = move(start, end - start, end - start, crowd->flags,
			  start + (uintptr_t)crowd->by);
	crowd->any = true;
	crowd->at = end;
	return !drp_failed(crowd->ret);
}

static long move_crowd(uintptr_t from, size_t len_bytes, int flags,
		       uintptr_t to)
{
	struct crowd crowd = {
		.at = from,
		.end = from + drp_page_up(len_bytes),
		.by = (intptr_t)(to - from),
		.flags = flags,
		.ret = -EFAULT,
	};
	char text[DRP_VMA_TEXT_BYTES];
	int err = drp_vma_walk(text, sizeof(text), move_one, &crowd);

	if (err && !crowd.any)
		return move(from, len_bytes, len_bytes, flags, to);
	return drp_failed(crowd.ret) ? crowd.ret : (long)to;
}

/* Whatever else is wrong with the call is for the kernel to say. */
static bool may_be_a_crowd(uintptr_t from, size_t old_bytes, size_t new_bytes,
			   int flags, uintptr_t to)
{
	int known = MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP;
	size_t span = drp_page_up(old_bytes);

	return !(flags & ~known) && (flags & MREMAP_FIXED) &&
	       (flags & MREMAP_MAYMOVE) && span &&
	       span == drp_page_up(new_bytes) && from == drp_page_down(from) &&
	       to == drp_page_down(to) && from + span > from &&
	       to + span > to && (to + span <= from || from + span <= to) &&
	       drp_probe(DRP_FEATURE_MOVE_MANY) == DRP_YES;
}

long drp_remap(uintptr_t addr, size_t old_bytes, size_t new_bytes, int flags,
	       uintptr_t new_addr)
{
	drp_sigmask mask;
	long ret;

	mask = drp_process_lock();
	if (may_be_a_crowd(addr, old_bytes, new_bytes, flags, new_addr))
		ret = move_crowd(addr, old_bytes, flags, new_addr);
	else
		ret = move(addr, old_bytes, new_bytes, flags, new_addr);
	drp_region_unlock(mask);
	return ret;
}
