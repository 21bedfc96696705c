/* SPDX-License-Identifier: MIT */
#include "core/locking.h"

#include <stdatomic.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "base/uapi.h"
#include "core/guard.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/region.h"
#include "core/vma.h"

/*
 * Set before the first droppable mapping it counts too, so the calls are
 * followed from the start; then without the lock.
 */
static atomic_bool lock_future;

/*
 * A lock by the kernel, at once taken back, faults in whatever can be: for
 * where MADV_POPULATE_WRITE cannot, before 5.14 or without permission to write.
 * It splits the mapping for a moment, and RLIMIT_MEMLOCK may want it in parts.
 * *at goes up to the first page that could not be populated.  What is not
 * droppable any more by then is passed over: it may be locked in earnest.
 */
static long populate_by_lock(uintptr_t *at, uintptr_t end)
{
	size_t step = end - *at;
	struct drp_region part;
	long ret = 0;

	while (*at < end && !ret) {
		drp_sigmask mask = drp_region_lock();
		uintptr_t stop = end - *at > step ? *at + step : end;
		bool any = drp_region_part(*at, stop, &part);

		if (any && part.start == *at) {
			stop = part.end;
			ret = DRP_SYS(SYS_mlock, *at, stop - *at);
			DRP_SYS(SYS_munlock, *at, stop - *at);
		} else if (any) {
			stop = part.start;
		}
		drp_region_unlock(mask);
		step = stop - *at;
		if (!ret) {
			*at = stop;
		} else if (ret == -ENOMEM && step > drp_page_bytes()) {
			step = drp_page_up(step / 2);
			ret = 0;
		}
	}
	return ret;
}

static void arm(uintptr_t start, uintptr_t end)
{
	drp_sigmask mask = drp_region_lock();
	struct drp_region run;

	for (; drp_region_unpinned(start, end, &run); start = run.end)
		DRP_SYS(SYS_madvise, run.start, run.end - run.start, MADV_FREE);
	drp_region_unlock(mask);
}

/* A piece takes about a millisecond. */
#define PIECE_BYTES ((size_t)4 << 20)

/* *at goes up to the first error. */
static long populate(uintptr_t *at, uintptr_t end, bool arming)
{
	long ret = 0;

	arming = arming && drp_probe(DRP_FEATURE_FREE) == DRP_YES;
	while (*at < end && !ret) {
		uintptr_t start = *at;
		uintptr_t stop =
			end - start > PIECE_BYTES ? start + PIECE_BYTES : end;
		size_t piece = stop - start;

		ret = DRP_SYS(SYS_madvise, start, piece, MADV_POPULATE_WRITE);
		if (ret)
			ret = populate_by_lock(at, stop);
		/* RLIMIT_MEMLOCK may not allow that for a page. */
		if (ret &&
		    !DRP_SYS(SYS_madvise, start, piece, MADV_POPULATE_READ))
			ret = 0;
		if (!ret)
			*at = stop;
		if (arming)
			arm(start, stop);
	}
	return ret;
}

void drp_locking_populate(uintptr_t start, size_t len_bytes)
{
	populate(&start, start + len_bytes, true);
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
	uintptr_t start = drp_page_down(addr);
	uintptr_t end = drp_page_up(addr + len_bytes);
	long ret = DRP_SYS(SYS_mlock2, addr, len_bytes, flags | MLOCK_ONFAULT);

	/* For a 32-bit program's lengths a 64-bit kernel has room: no wrap. */
	if (ret == -ENOMEM && end <= start)
		end = drp_page_down(UINTPTR_MAX);
	/*
	 * Before 4.4 there is no such lock, and none is needed for what is
	 * unlocked again.  What lies before a hole is locked as asked: the same
	 * error again, which populates nothing.
	 */
	if (ret == -ENOSYS ? !flags || (flags == MLOCK_ONFAULT &&
					drp_region_covers(start, end))
			   : ret == -ENOMEM && !flags && start < end &&
				     drp_vma_has_hole(start, end))
		ret = DRP_SYS(SYS_mlock, addr, len_bytes);
	unlock_parts(start, end);
	return ret;
}

/*
 * Populate in address order up to the first error: droppable parts, also for
 * MLOCK_ONFAULT, and ordinary ones, which lock as they do.  Without the lock:
 * who unmaps what is being locked gets what he asked for.
 */
static long populate_range(uintptr_t *at, uintptr_t end, int flags)
{
	struct drp_region part = {0};
	long ret = 0;

	while (*at < end && !ret) {
		bool any = drp_region_find(*at, &part) && part.start < end;
		uintptr_t stop = any ? part.start : end;

		if (*at < stop) {
			if (!flags)
				ret = DRP_SYS(SYS_mlock, *at, stop - *at);
			if (!ret)
				*at = stop;
		} else {
			stop = part.end < end ? part.end : end;
			/* A little is not worth a reading of smaps. */
			ret = populate(at, stop,
				       stop - *at > PIECE_BYTES &&
					       drp_guard_sees(*at, stop) ==
						       DRP_YES);
		}
	}
	return ret;
}

long drp_locking_mlock(uintptr_t addr, size_t len_bytes, int flags)
{
	uintptr_t at = drp_page_down(addr);
	uintptr_t end = drp_page_up(addr + len_bytes);
	drp_sigmask mask = drp_process_lock();
	long ret = lock_on_fault(addr, len_bytes, flags);

	drp_region_unlock(mask);
	if (ret)
		return ret;
	ret = populate_range(&at, end, flags);
	/*
	 * What lies behind the error is still locked on fault only.  The
	 * kernel meets the same error before it populates any of it.
	 */
	if (ret && !flags) {
		mask = drp_process_lock();
		DRP_SYS(SYS_mlock, at, end - at);
		unlock_parts(at, end);
		drp_region_unlock(mask);
	}
	return ret;
}

long drp_locking_munlock(uintptr_t addr, size_t len_bytes)
{
	/* Under the lock, so as not to come between the steps of an mlock(). */
	drp_sigmask mask = drp_process_lock();
	long ret = DRP_SYS(SYS_munlock, addr, len_bytes);

	drp_region_unlock(mask);
	return ret;
}

/* Lock in earnest what of a mapping is ordinary, errors as with mlockall(). */
static bool lock_ordinary(void *context, const struct drp_smaps *vma)
{
	struct drp_region part = {0};
	uintptr_t at = vma->start;

	(void)context;
	while (at < vma->end) {
		bool any = drp_region_find(at, &part) && part.start < vma->end;
		uintptr_t stop = any ? part.start : vma->end;

		if (at < stop)
			DRP_SYS(SYS_mlock, at, stop - at);
		at = any ? part.end : vma->end;
	}
	return true;
}

/* Up to the first error in each mapping, as mlockall() does it. */
static bool populate_parts(void *context, const struct drp_smaps *vma)
{
	uintptr_t at = vma->start, end;
	struct drp_region part;
	long ret = 0;

	(void)context;
	while (!ret && at < vma->end && drp_region_find(at, &part) &&
	       part.start < vma->end) {
		end = part.end < vma->end ? part.end : vma->end;
		at = part.start > at ? part.start : at;
		ret = populate(&at, end, drp_guard_likes(vma));
	}
	return true;
}

/* Where /proc cannot tell, what is droppable is locked for a moment too. */
static void lock_current(int flags)
{
	char text[DRP_VMA_TEXT_BYTES];
	drp_sigmask mask;

	if (!drp_vma_walk_briefly(text, sizeof(text), lock_ordinary, NULL))
		return;
	DRP_SYS(SYS_mlockall, flags);
	mask = drp_process_lock();
	unlock_parts(0, UINTPTR_MAX);
	drp_region_unlock(mask);
}

/*
 * As for mlock(): first all of it on fault, with the lock held; then, without,
 * what is ordinary in earnest, and what is droppable populated.
 */
long drp_locking_mlockall(int flags)
{
	static const struct drp_smaps everything = {.end = UINTPTR_MAX,
						    .flags = ""};
	char text[DRP_VMA_TEXT_BYTES];
	drp_sigmask mask = drp_process_lock();
	long ret = DRP_SYS(SYS_mlockall, flags | MCL_ONFAULT);

	/* Before 4.4 there is no such flag. */
	if (ret == -EINVAL)
		ret = DRP_SYS(SYS_mlockall, flags);
	else if (!ret && (flags & (MCL_FUTURE | MCL_ONFAULT)) == MCL_FUTURE)
		DRP_SYS(SYS_mlockall, MCL_FUTURE);
	if (!ret) {
		drp_locking_note(flags & MCL_FUTURE);
		unlock_parts(0, UINTPTR_MAX);
	}
	drp_region_unlock(mask);
	if (ret || !(flags & MCL_CURRENT))
		return ret;
	if (!(flags & MCL_ONFAULT))
		lock_current(flags);
	if (drp_vma_walk(text, sizeof(text), populate_parts, NULL))
		populate_parts(NULL, &everything);
	return 0;
}

long drp_locking_munlockall(void)
{
	drp_sigmask mask = drp_process_lock();
	long ret = DRP_SYS(SYS_munlockall);

	if (!ret)
		drp_locking_note(false);
	drp_region_unlock(mask);
	return ret;
}

bool drp_locking_future(void)
{
	return atomic_load_explicit(&lock_future, memory_order_relaxed);
}

void drp_locking_note(bool future)
{
	atomic_store_explicit(&lock_future, future, memory_order_relaxed);
}
