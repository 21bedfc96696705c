/* SPDX-License-Identifier: MIT */
#include "core/advice.h"

#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/uapi.h"
#include "core/process.h"
#include "core/region.h"

/*
 * Process-wide modes that reach out for every new mapping.  Changed with the
 * registry lock held.  A mode set before the first droppable mapping counts
 * too, so the calls that set them are followed from the start.
 */
static struct {
	int lock_future; /* Flags of mlockall() with MCL_FUTURE, else 0. */
	bool merge_known;
	bool merge_any;
} mode;

static drp_sigmask enter(void)
{
	drp_process_enter();
	return drp_region_lock();
}

static long advise(uintptr_t start, uintptr_t end, int advice)
{
	return DRP_SYS(SYS_madvise, start, end - start, advice);
}

/* Like MADV_PAGEOUT on native memory: drop, but not what is pinned for I/O. */
static long drop_part(uintptr_t start, uintptr_t end, int advice)
{
	long ret = advise(start, end, MADV_FREE);

	if (!ret)
		ret = advise(start, end, advice);
	return ret == -EINVAL ? advise(start, end, MADV_DONTNEED) : ret;
}

static long ignore_part(uintptr_t start, uintptr_t end, int advice)
{
	(void)start;
	(void)end;
	(void)advice;
	return 0;
}

static long refuse_part(uintptr_t start, uintptr_t end, int advice)
{
	(void)start;
	(void)end;
	(void)advice;
	return -EINVAL;
}

/*
 * Every kernel with MAP_DROPPABLE knows these; on one that does not, doing
 * nothing keeps what they promise of droppable memory.
 */
static long optional_part(uintptr_t start, uintptr_t end, int advice)
{
	long ret = advise(start, end, advice);

	return ret == -EINVAL ? 0 : ret;
}

/* Advice that droppable memory takes differently; the rest needs no rule. */
static const struct rule {
	int advice;
	long (*droppable)(uintptr_t start, uintptr_t end, int advice);
} rules[] = {
	{MADV_DODUMP, refuse_part},    {MADV_KEEPONFORK, refuse_part},
	{MADV_MERGEABLE, ignore_part}, {MADV_PAGEOUT, drop_part},
	{MADV_FREE, optional_part},    {MADV_WIPEONFORK, optional_part},
	{MADV_COLD, optional_part},
};

static const struct rule *rule_for(int advice)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (rules[i].advice == advice)
			return &rules[i];
	return NULL;
}

/*
 * As the kernel walks: a hole is ENOMEM at the end, after the rest was done;
 * any other error ends the walk where it is met.
 */
static long advise_mixed(uintptr_t start, uintptr_t end,
			 const struct rule *rule)
{
	struct drp_region part;
	long hole = 0;

	while (start < end) {
		bool ours = drp_region_part(start, end, &part);
		uintptr_t stop = ours ? part.start : end;
		long ret = 0;

		if (start < stop) {
			ret = advise(start, stop, rule->advice);
		} else {
			stop = part.end;
			ret = rule->droppable(start, stop, rule->advice);
		}
		if (ret == -ENOMEM)
			hole = ret;
		else if (ret)
			return ret;
		start = stop;
	}
	return hole;
}

long drp_advice_madvise(uintptr_t addr, size_t len_bytes, int advice)
{
	const struct rule *rule = rule_for(advice);
	drp_sigmask mask;
	long ret;

	/* Unaligned or wrapping ranges are refused before anything is done. */
	if (!rule || addr != drp_page_down(addr) ||
	    drp_page_up(len_bytes) < len_bytes ||
	    addr + drp_page_up(len_bytes) < addr)
		return DRP_SYS(SYS_madvise, addr, len_bytes, advice);
	mask = enter();
	ret = advise_mixed(addr, addr + drp_page_up(len_bytes), rule);
	drp_region_unlock(mask);
	return ret;
}

/*
 * Locking a droppable range populates it and locks nothing.  The kernel locks
 * the whole range first, so that its limits and errors apply as they are; a
 * page is locked for the moment until it is unlocked again here.
 */
static long unlock_parts(uintptr_t start, uintptr_t end, bool populate)
{
	struct drp_region part;
	long ret = 0;

	for (; drp_region_part(start, end, &part); start = part.end) {
		size_t len_bytes = part.end - part.start;

		if (populate && !ret)
			ret = DRP_SYS(SYS_mlock, part.start, len_bytes);
		DRP_SYS(SYS_munlock, part.start, len_bytes);
	}
	return ret;
}

long drp_advice_mlock(uintptr_t addr, size_t len_bytes, int flags)
{
	uintptr_t start = drp_page_down(addr);
	uintptr_t end = drp_page_up(addr + len_bytes);
	drp_sigmask mask = enter();
	long ret = flags ? DRP_SYS(SYS_mlock2, addr, len_bytes, flags)
			 : DRP_SYS(SYS_mlock, addr, len_bytes);
	/* Natively MLOCK_ONFAULT populates droppable memory as well. */
	long populated = unlock_parts(start, end, !ret && flags);

	drp_region_unlock(mask);
	return ret ? ret : populated;
}

long drp_advice_munlock(uintptr_t addr, size_t len_bytes)
{
	/* Under the lock, so as not to come between the steps of an mlock(). */
	drp_sigmask mask = enter();
	long ret = DRP_SYS(SYS_munlock, addr, len_bytes);

	drp_region_unlock(mask);
	return ret;
}

long drp_advice_mlockall(int flags)
{
	drp_sigmask mask = enter();
	long ret = DRP_SYS(SYS_mlockall, flags);

	if (!ret) {
		mode.lock_future = flags & MCL_FUTURE ? flags : 0;
		if (flags & MCL_CURRENT)
			unlock_parts(0, UINTPTR_MAX, flags & MCL_ONFAULT);
	}
	drp_region_unlock(mask);
	return ret;
}

long drp_advice_munlockall(void)
{
	drp_sigmask mask = enter();
	long ret = DRP_SYS(SYS_munlockall);

	if (!ret)
		mode.lock_future = 0;
	drp_region_unlock(mask);
	return ret;
}

long drp_advice_merge(unsigned long on, unsigned long arg3, unsigned long arg4,
		      unsigned long arg5)
{
	struct drp_region region;
	drp_sigmask mask = enter();
	long ret =
		DRP_SYS(SYS_prctl, PR_SET_MEMORY_MERGE, on, arg3, arg4, arg5);

	if (!ret) {
		mode.merge_known = true;
		mode.merge_any = on;
	}
	for (uintptr_t at = 0;
	     !ret && on && drp_region_part(at, UINTPTR_MAX, &region);
	     at = region.end)
		advise(region.start, region.end, MADV_UNMERGEABLE);
	drp_region_unlock(mask);
	return ret;
}

void drp_advice_adopt(uintptr_t start, size_t len_bytes)
{
	if (mode.lock_future) {
		/* Natively populated, also with MCL_ONFAULT, and not locked. */
		if (mode.lock_future & MCL_ONFAULT)
			DRP_SYS(SYS_mlock, start, len_bytes);
		DRP_SYS(SYS_munlock, start, len_bytes);
	}
	/* An exec keeps the mode from 6.7 on, so a parent may have set it. */
	if (!mode.merge_known) {
		mode.merge_known = true;
		mode.merge_any = DRP_SYS(SYS_prctl, PR_GET_MEMORY_MERGE, 0, 0,
					 0, 0) == 1;
	}
	if (mode.merge_any)
		advise(start, start + len_bytes, MADV_UNMERGEABLE);
}

void drp_advice_forked(void)
{
	mode.lock_future = 0;
}

static bool is_userfaultfd(int fd)
{
	char path[40];
	char target[40] = "";
	struct drp_text text;

	drp_text_init(&text, path, sizeof(path));
	drp_text_str(&text, "/proc/self/fd/");
	drp_text_int(&text, fd);
	DRP_SYS(SYS_readlinkat, -1, path, target, sizeof(target) - 1);
	return !strcmp(target, "anon_inode:[userfaultfd]");
}

bool drp_advice_refuses_uffd(int fd, uintptr_t request)
{
	struct uffdio_range range;
	struct drp_region part;
	drp_sigmask mask;
	bool ours;
	struct iovec here = {.iov_base = &range, .iov_len = sizeof(range)};
	struct iovec there = {.iov_base = (void *)request,
			      .iov_len = sizeof(range)};

	/* The one way to read memory that may not be there without a fault. */
	if (DRP_SYS(SYS_process_vm_readv, DRP_SYS(SYS_getpid), &here, 1, &there,
		    1, 0) != (long)sizeof(range))
		return false;
	mask = enter();
	ours = drp_region_part(range.start, range.start + range.len, &part);
	drp_region_unlock(mask);
	return ours && is_userfaultfd(fd);
}
