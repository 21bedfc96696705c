/* SPDX-License-Identifier: MIT */
#include "core/locking.h"

#include <sys/mman.h>

#include "base/sys.h"
#include "base/uapi.h"
#include "core/guard.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/region.h"
#include "core/vma.h"

/*
 * Changed with the registry lock held.  Set before the first droppable mapping
 * it counts too, so the calls are followed from the start.
 */
static bool lock_future;

static drp_sigmask enter(void)
{
	drp_process_enter();
	return drp_region_lock();
}

/*
 * A lock by the kernel, at once taken back, faults in whatever can be: for
 * where MADV_POPULATE_WRITE cannot, before 5.14 or without permission to write.
 * It splits the mapping for a moment, and RLIMIT_MEMLOCK may want it in parts.
 */
static long populate_by_lock(uintptr_t start, size_t len_bytes)
{
	uintptr_t end = start + len_bytes;
	size_t step = len_bytes;
	long ret = 0;

	while (start < end && !ret) {
		if (step > end - start)
			step = end - start;
		ret = DRP_SYS(SYS_mlock, start, step);
		DRP_SYS(SYS_munlock, start, step);
		if (!ret) {
			start += step;
		} else if (ret == -ENOMEM && step > drp_page_bytes()) {
			step = drp_page_up(step / 2);
			ret = 0;
		}
	}
	return ret;
}

/* A piece takes about a millisecond. */
#define PIECE_BYTES ((size_t)4 << 20)

long drp_locking_populate(uintptr_t start, size_t len_bytes, bool arm)
{
	long ret = 0;

	arm = arm && drp_probe(DRP_FEATURE_FREE) == DRP_YES;
	while (len_bytes && !ret) {
		size_t piece =
			len_bytes < PIECE_BYTES ? len_bytes : PIECE_BYTES;

		ret = DRP_SYS(SYS_madvise, start, piece, MADV_POPULATE_WRITE);
		if (ret)
			ret = populate_by_lock(start, piece);
		/* RLIMIT_MEMLOCK may not allow that for a page. */
		if (ret &&
		    !DRP_SYS(SYS_madvise, start, piece, MADV_POPULATE_READ))
			ret = 0;
		if (arm)
			DRP_SYS(SYS_madvise, start, piece, MADV_FREE);
		start += piece;
		len_bytes -= piece;
	}
	return ret;
}

static void unlock_parts(uintptr_t start, uintptr_t end)
{
	struct drp_region part;

	for (; drp_region_part(start, end, &part); start = part.end)
		DRP_SYS(SYS_munlock, part.start, part.end - part.start);
}

/*
 * Lock all of it, on fault only, so that nothing is populated yet: the kernel's
 * limits and errors are those of the whole range.  Then unlock what is
 * droppable.
 */
static long lock_on_fault(uintptr_t addr, size_t len_bytes, int flags)
{
	long ret = DRP_SYS(SYS_mlock2, addr, len_bytes, flags | MLOCK_ONFAULT);

	/*
	 * Before 4.4 there is no such lock.  And what lies before a hole is
	 * locked as asked: the same error again, which populates nothing.
	 */
	if (ret && !flags)
		ret = DRP_SYS(SYS_mlock, addr, len_bytes);
	unlock_parts(drp_page_down(addr), drp_page_up(addr + len_bytes));
	return ret;
}

/*
 * Populate in address order up to the first error: droppable parts, also for
 * MLOCK_ONFAULT, and ordinary ones, which lock as they do.  Without the lock:
 * who unmaps what is being locked gets what he asked for.
 */
static long populate_range(uintptr_t start, uintptr_t end, int flags)
{
	struct drp_region part = {0};
	long ret = 0;

	while (start < end && !ret) {
		bool any = drp_region_find(start, &part) && part.start < end;
		uintptr_t stop = any ? part.start : end;

		if (start < stop) {
			if (!flags)
				ret = DRP_SYS(SYS_mlock, start, stop - start);
		} else {
			stop = part.end < end ? part.end : end;
			/* A little is not worth a reading of smaps. */
			ret = drp_locking_populate(
				start, stop - start,
				stop - start > PIECE_BYTES &&
					drp_guard_sees(start, stop) == DRP_YES);
		}
		start = stop;
	}
	return ret;
}

long drp_locking_mlock(uintptr_t addr, size_t len_bytes, int flags)
{
	drp_sigmask mask = enter();
	long ret = lock_on_fault(addr, len_bytes, flags);

	drp_region_unlock(mask);
	if (ret)
		return ret;
	ret = populate_range(drp_page_down(addr), drp_page_up(addr + len_bytes),
			     flags);
	/* What lies behind the error is still locked on fault only. */
	if (ret && !flags) {
		mask = enter();
		DRP_SYS(SYS_mlock, addr, len_bytes);
		unlock_parts(drp_page_down(addr),
			     drp_page_up(addr + len_bytes));
		drp_region_unlock(mask);
	}
	return ret;
}

long drp_locking_munlock(uintptr_t addr, size_t len_bytes)
{
	/* Under the lock, so as not to come between the steps of an mlock(). */
	drp_sigmask mask = enter();
	long ret = DRP_SYS(SYS_munlock, addr, len_bytes);

	drp_region_unlock(mask);
	return ret;
}

/* A mapping locked on fault: lock what of it is ordinary in earnest. */
static bool lock_ordinary(void *context, const struct drp_smaps *vma)
{
	uintptr_t start = vma->start;
	struct drp_region part;

	(void)context;
	if (!drp_smaps_has(vma, "lo"))
		return true;
	/* Errors are as with mlockall(): what cannot be populated is not. */
	for (; drp_region_part(start, vma->end, &part); start = part.end)
		if (start < part.start)
			DRP_SYS(SYS_mlock, start, part.start - start);
	if (start < vma->end)
		DRP_SYS(SYS_mlock, start, vma->end - start);
	return true;
}

/*
 * As for mlock(): first all of it on fault.  Where /proc cannot tell what there
 * is to be locked in earnest, the droppable memory is locked for a moment too.
 */
static long lock_all(int flags)
{
	long ret = DRP_SYS(SYS_mlockall, flags | MCL_ONFAULT);
	char text[DRP_VMA_TEXT_BYTES];

	if (ret || flags & MCL_ONFAULT) {
		/* Before 4.4 there is no such flag. */
		if (ret == -EINVAL)
			ret = DRP_SYS(SYS_mlockall, flags);
	} else {
		if (flags & MCL_FUTURE)
			DRP_SYS(SYS_mlockall, MCL_FUTURE);
		unlock_parts(0, UINTPTR_MAX);
		if (flags & MCL_CURRENT &&
		    drp_vma_walk(text, sizeof(text), lock_ordinary, NULL))
			ret = DRP_SYS(SYS_mlockall, flags);
	}
	if (!ret && flags & MCL_CURRENT)
		unlock_parts(0, UINTPTR_MAX);
	return ret;
}

/* Up to the first error in each mapping, as mlockall() does it. */
static bool populate_parts(void *context, const struct drp_smaps *vma)
{
	struct drp_region part;
	uintptr_t end;
	long ret = 0;

	(void)context;
	for (uintptr_t at = vma->start;
	     !ret && at < vma->end && drp_region_find(at, &part) &&
	     part.start < vma->end;
	     at = end) {
		if (part.start < at)
			part.start = at;
		end = part.end < vma->end ? part.end : vma->end;
		ret = drp_locking_populate(part.start, end - part.start,
					   vma->flags && drp_guard_likes(vma));
	}
	return true;
}

static void populate_all(void)
{
	static const struct drp_smaps everything = {.end = UINTPTR_MAX};
	char text[DRP_VMA_TEXT_BYTES];

	if (drp_vma_walk(text, sizeof(text), populate_parts, NULL))
		populate_parts(NULL, &everything);
}

long drp_locking_mlockall(int flags)
{
	drp_sigmask mask = enter();
	bool any = drp_region_any();
	long ret = any ? lock_all(flags) : DRP_SYS(SYS_mlockall, flags);

	if (!ret)
		lock_future = flags & MCL_FUTURE;
	drp_region_unlock(mask);
	if (!ret && any && flags & MCL_CURRENT)
		populate_all();
	return ret;
}

long drp_locking_munlockall(void)
{
	drp_sigmask mask = enter();
	long ret = DRP_SYS(SYS_munlockall);

	if (!ret)
		lock_future = false;
	drp_region_unlock(mask);
	return ret;
}

bool drp_locking_future(void)
{
	return lock_future;
}

void drp_locking_forked(void)
{
	lock_future = false;
}
