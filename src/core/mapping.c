/* SPDX-License-Identifier: MIT */
#include "core/mapping.h"

#include <sys/mman.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/advice.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/region.h"
#include "core/watcher.h"
#include "droppable.h"

bool drp_mapping_wants(uintptr_t addr, size_t len_bytes, int flags)
{
	/* MAP_DROPPABLE is a type: 0x9 to 0xf contain its bit and are not it.
	 */
	if ((flags & MAP_TYPE) == MAP_DROPPABLE)
		return drp_process_settings()->mode != DRP_MODE_OFF;
	return (flags & MAP_FIXED) && drp_region_overlaps(addr, len_bytes);
}

/*
 * Advice that makes a fresh private mapping droppable in all but name.  0 or
 * -errno: it may have merged with a neighbour, and splitting it off again takes
 * a mapping more than vm.max_map_count allows.
 */
static long dress(uintptr_t start, size_t len_bytes)
{
	long ret = 0;

	if (drp_probe(DRP_FEATURE_WIPEONFORK) == DRP_YES)
		ret = DRP_SYS(SYS_madvise, start, len_bytes, MADV_WIPEONFORK);
	if (!ret && drp_probe(DRP_FEATURE_DONTDUMP) == DRP_YES)
		ret = DRP_SYS(SYS_madvise, start, len_bytes, MADV_DONTDUMP);
	if (!ret)
		drp_advice_adopt(start, len_bytes);
	return ret;
}

/*
 * What no droppable mapping can be.  The kernel finds these out last, after all
 * other errors a call may have, so it is asked with type 0, which no kernel
 * knows: it says which error is first.
 */
static bool impossible(int flags)
{
	return !(flags & MAP_ANONYMOUS) ||
	       (flags & (MAP_LOCKED | MAP_HUGETLB | MAP_GROWSDOWN));
}

static long emulate(uintptr_t addr, size_t len_bytes, int prot, int flags,
		    int fd, int64_t offset)
{
	size_t span = drp_page_up(len_bytes);
	long ret;

	flags &= ~(MAP_TYPE | MAP_POPULATE);
	if (impossible(flags))
		return drp_sys_mmap((void *)addr, len_bytes, prot, flags, fd,
				    offset);
	ret = drp_sys_mmap((void *)addr, len_bytes, prot,
			   flags | MAP_PRIVATE | MAP_NORESERVE, -1, offset);
	if (drp_failed(ret))
		return ret;
	/* Before 4.17 the flag is a mere hint. */
	if ((flags & MAP_FIXED_NOREPLACE) && (uintptr_t)ret != addr) {
		DRP_SYS(SYS_munmap, ret, span);
		return -EEXIST;
	}
	drp_region_forget((uintptr_t)ret, (uintptr_t)ret + span);
	if (dress((uintptr_t)ret, span)) {
		/* Not droppable is worse than none. */
		DRP_SYS(SYS_munmap, ret, span);
		return -ENOMEM;
	}
	drp_region_add((uintptr_t)ret, (uintptr_t)ret + span);
	drp_watcher_start();
	return ret;
}

/*
 * MAP_POPULATE in pieces, each armed at once: native pages are droppable as soon
 * as they are there, and more may be asked for than fits.  What is zero loses
 * nothing.  Like the kernel's it does what it can.
 */
#define POPULATE_BYTES ((size_t)4 << 20)

static void populate(uintptr_t start, size_t len_bytes, int prot)
{
	int advice =
		prot & PROT_WRITE ? MADV_POPULATE_WRITE : MADV_POPULATE_READ;

	while (len_bytes) {
		size_t piece =
			len_bytes < POPULATE_BYTES ? len_bytes : POPULATE_BYTES;
		long ret = DRP_SYS(SYS_madvise, start, piece, advice);

		/* Before 5.14. */
		if (ret == -EINVAL) {
			ret = DRP_SYS(SYS_mlock, start, piece);
			DRP_SYS(SYS_munlock, start, piece);
		}
		if (ret)
			return;
		DRP_SYS(SYS_madvise, start, piece, MADV_FREE);
		start += piece;
		len_bytes -= piece;
	}
}

/* An ordinary mapping put over a droppable one makes that part ordinary. */
static long replace(uintptr_t addr, size_t len_bytes, int prot, int flags,
		    int fd, int64_t offset)
{
	long ret =
		drp_sys_mmap((void *)addr, len_bytes, prot, flags, fd, offset);

	if (!drp_failed(ret))
		drp_region_forget((uintptr_t)ret,
				  (uintptr_t)ret + drp_page_up(len_bytes));
	return ret;
}

/*
 * Has the kernel its own, and may we use it?  If so *ret is its answer.  When
 * there is no memory even to probe, the call itself tells.
 */
static bool native(uintptr_t addr, size_t len_bytes, int prot, int flags,
		   int fd, int64_t offset, long *ret)
{
	enum drp_mode mode = drp_process_settings()->mode;
	enum drp_answer answer;

	if (mode == DRP_MODE_EMULATE)
		return false;
	answer = mode == DRP_MODE_NATIVE ? DRP_YES
					 : drp_probe(DRP_FEATURE_NATIVE);
	if (answer == DRP_NO)
		return false;
	*ret = drp_sys_mmap((void *)addr, len_bytes, prot, flags, fd, offset);
	return answer == DRP_YES || !drp_probe_says_absent(*ret);
}

long drp_mapping_mmap(uintptr_t addr, size_t len_bytes, int prot, int flags,
		      int fd, int64_t offset)
{
	bool droppable = (flags & MAP_TYPE) == MAP_DROPPABLE;
	drp_sigmask mask;
	long ret;

	if (droppable && native(addr, len_bytes, prot, flags, fd, offset, &ret))
		return ret;
	drp_process_enter();
	mask = drp_region_lock();
	ret = drp_region_reserve();
	if (!ret)
		ret = droppable ? emulate(addr, len_bytes, prot, flags, fd,
					  offset)
				: replace(addr, len_bytes, prot, flags, fd,
					  offset);
	drp_region_unlock(mask);
	if (droppable && !drp_failed(ret) && (flags & MAP_POPULATE) &&
	    !(flags & MAP_NONBLOCK) && (prot & (PROT_READ | PROT_WRITE)))
		populate((uintptr_t)ret, drp_page_up(len_bytes), prot);
	return ret;
}

void drp_mapping_seen(uintptr_t addr, size_t len_bytes)
{
	drp_sigmask mask;

	if (!drp_region_overlaps(addr, len_bytes))
		return;
	drp_process_enter();
	mask = drp_region_lock();
	if (!drp_region_reserve())
		drp_region_forget(addr, addr + drp_page_up(len_bytes));
	drp_region_unlock(mask);
}

long drp_mapping_munmap(uintptr_t addr, size_t len_bytes)
{
	drp_sigmask mask;
	long ret;

	drp_process_enter();
	mask = drp_region_lock();
	ret = drp_region_reserve();
	if (!ret)
		ret = DRP_SYS(SYS_munmap, addr, len_bytes);
	if (!ret)
		drp_region_forget(addr, addr + drp_page_up(len_bytes));
	drp_region_unlock(mask);
	return ret;
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
		if (!keep)
			drp_region_forget(part.start, part.end);
		if (start < end)
			drp_region_add(to + start, to + end);
	}
}

/* The kernel never moves a range onto itself: in place, or quite elsewhere. */
static void moved(uintptr_t from, size_t old_bytes, uintptr_t to,
		  size_t new_bytes, bool keep)
{
	struct drp_region last;

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

bool drp_mapping_mremap_wants(uintptr_t addr, size_t old_bytes,
			      size_t new_bytes, int flags, uintptr_t new_addr)
{
	return drp_region_overlaps(addr, old_bytes) ||
	       ((flags & MREMAP_FIXED) &&
		drp_region_overlaps(new_addr, new_bytes));
}

static long move(uintptr_t from, size_t old_bytes, size_t new_bytes, int flags,
		 uintptr_t to)
{
	long ret = drp_region_reserve();

	if (!ret)
		ret = DRP_SYS(SYS_mremap, from, old_bytes, new_bytes, flags,
			      to);
	if (!drp_failed(ret))
		moved(from, drp_page_up(old_bytes), (uintptr_t)ret,
		      drp_page_up(new_bytes), flags & MREMAP_DONTUNMAP);
	return ret;
}

/* msync(MS_ASYNC) does nothing, but it fails where nothing is mapped. */
static bool mapped(uintptr_t start, uintptr_t end)
{
	return !DRP_SYS(SYS_msync, start, end - start, MS_ASYNC);
}

/*
 * From 6.17 on one call may move several mappings, and what lies at the new
 * place opposite to a hole stays as it was.  Which parts those are cannot be
 * told afterwards, so such a move is made run by run.
 */
static long move_across_holes(uintptr_t from, size_t len_bytes, int flags,
			      uintptr_t to)
{
	uintptr_t end = from + drp_page_up(len_bytes);
	size_t page = drp_page_bytes();
	uintptr_t stop;

	for (uintptr_t at = from; at < end; at = stop) {
		long ret;

		stop = at + page;
		if (!mapped(at, stop))
			continue;
		while (stop < end && mapped(stop, stop + page))
			stop += page;
		ret = move(at, stop - at, stop - at, flags, to + (at - from));
		if (drp_failed(ret))
			return ret;
	}
	return (long)to;
}

/* Whatever else is wrong with the call is for the kernel to say. */
static bool crosses_holes(uintptr_t from, size_t old_bytes, size_t new_bytes,
			  int flags, uintptr_t to)
{
	size_t span = drp_page_up(old_bytes);

	return (flags & MREMAP_FIXED) && (flags & MREMAP_MAYMOVE) && span &&
	       span == drp_page_up(new_bytes) && from == drp_page_down(from) &&
	       to == drp_page_down(to) &&
	       (to + span <= from || from + span <= to) &&
	       mapped(from, from + drp_page_bytes()) &&
	       !mapped(from, from + span);
}

long drp_mapping_mremap(uintptr_t addr, size_t old_bytes, size_t new_bytes,
			int flags, uintptr_t new_addr)
{
	drp_sigmask mask;
	long ret;

	drp_process_enter();
	mask = drp_region_lock();
	if (crosses_holes(addr, old_bytes, new_bytes, flags, new_addr))
		ret = move_across_holes(addr, old_bytes, flags, new_addr);
	else
		ret = move(addr, old_bytes, new_bytes, flags, new_addr);
	drp_region_unlock(mask);
	return ret;
}
