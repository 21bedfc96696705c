/* SPDX-License-Identifier: MIT */
#include "core/advice.h"

#include <linux/kcmp.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/uio.h>

#include "base/copy.h"
#include "base/fd.h"
#include "base/sys.h"
#include "base/text.h"
#include "base/uapi.h"
#include "core/process.h"
#include "core/region.h"
#include "core/vma.h"

/*
 * PR_SET_MEMORY_MERGE reaches out for every new mapping.  Changed with the
 * registry lock held.  Set before the first droppable mapping it counts too, so
 * the call is followed from the start.
 */
static struct {
	bool known;
	bool any;
} merge;

static long advise(uintptr_t start, uintptr_t end, int advice)
{
	return DRP_SYS(SYS_madvise, start, end - start, advice);
}

static long advise_unpinned(uintptr_t start, uintptr_t end, int advice)
{
	struct drp_region run;
	long ret = 0;

	for (; !ret && drp_region_unpinned(start, end, &run); start = run.end)
		ret = advise(run.start, run.end, advice);
	return ret;
}

/* Like MADV_PAGEOUT on native memory: drop, but not what is pinned for I/O. */
static long drop_part(uintptr_t start, uintptr_t end, int advice)
{
	long ret = advise_unpinned(start, end, MADV_FREE);

	if (!ret)
		ret = advise(start, end, advice);
	return ret == -EINVAL ? advise_unpinned(start, end, MADV_DONTNEED)
			      : ret;
}

/* KSM never gets it; whether there is KSM is for the kernel to say. */
static long unmerge_part(uintptr_t start, uintptr_t end, int advice)
{
	(void)advice;
	return advise(start, end, MADV_UNMERGEABLE);
}

static long refuse_part(uintptr_t start, uintptr_t end, int advice)
{
	(void)start;
	(void)end;
	(void)advice;
	return -EINVAL;
}

/* A drop under another name. */
static long dontneed_part(uintptr_t start, uintptr_t end, int advice)
{
	long ret = advise(start, end, advice);

	return ret == -EINVAL ? advise(start, end, MADV_DONTNEED) : ret;
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

/* Where there were to be none any more. */
static long hugepage_part(uintptr_t start, uintptr_t end, int advice)
{
	long ret = advise(start, end, advice);
	struct drp_region region;

	if (!ret && drp_region_get(start, &region))
		drp_region_set_flags(region.start, 0,
				     DRP_REGION_SPLIT | DRP_REGION_SMALL);
	return ret;
}

/* Advice that droppable memory takes differently; the rest needs no rule. */
static const struct rule {
	int advice;
	long (*droppable)(uintptr_t start, uintptr_t end, int advice);
} rules[] = {
	{MADV_DODUMP, refuse_part},	{MADV_KEEPONFORK, refuse_part},
	{MADV_MERGEABLE, unmerge_part}, {MADV_PAGEOUT, drop_part},
	{MADV_FREE, optional_part},	{MADV_WIPEONFORK, optional_part},
	{MADV_COLD, optional_part},	{MADV_DONTNEED_LOCKED, dontneed_part},
	{MADV_HUGEPAGE, hugepage_part},
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
			/* Advice the kernel does not know, and a hole. */
			if (ret == -EINVAL && !drp_vma_any(start, stop))
				ret = -ENOMEM;
		} else {
			stop = part.end;
			drp_region_clear_flags(start, stop, DRP_REGION_SEEN);
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

/* Unaligned or wrapping ranges are refused before anything is done. */
static bool well_formed(uintptr_t addr, size_t len_bytes)
{
	return addr == drp_page_down(addr) &&
	       drp_page_up(len_bytes) >= len_bytes &&
	       addr + drp_page_up(len_bytes) >= addr;
}

/* Advice without a rule that takes pages away: the registry is to know. */
static bool takes_pages(int advice)
{
	return advice == MADV_DONTNEED || advice == MADV_GUARD_INSTALL;
}

long drp_advice_madvise(uintptr_t addr, size_t len_bytes, int advice)
{
	const struct rule *rule = rule_for(advice);
	uintptr_t end = addr + drp_page_up(len_bytes);
	drp_sigmask mask;
	long ret;

	if ((!rule && !takes_pages(advice)) || !well_formed(addr, len_bytes))
		return DRP_SYS(SYS_madvise, addr, len_bytes, advice);
	mask = drp_process_lock();
	if (rule) {
		ret = advise_mixed(addr, end, rule);
	} else {
		drp_region_clear_flags(addr, end, DRP_REGION_SEEN);
		ret = DRP_SYS(SYS_madvise, addr, len_bytes, advice);
	}
	drp_region_unlock(mask);
	return ret;
}

/* The number after "Pid:" in a pidfd's description; 0: it is none. */
static long pid_of(int pidfd)
{
	char name[40], info[512];
	struct drp_text text;
	const char *at;
	long pid = 0;

	drp_text_init(&text, name, sizeof(name));
	drp_text_str(&text, "fdinfo/");
	drp_text_int(&text, pidfd);
	if (drp_proc_read_text(name, info, sizeof(info)) < 0)
		return 0;
	at = strstr(info, "\nPid:\t");
	for (at = at ? at + 6 : ""; *at >= '0' && *at <= '9'; at++)
		pid = pid * 10 + (*at - '0');
	return pid;
}

/* A process with our memory: us, or a vfork child's parent. */
static bool is_self(int pidfd)
{
	long own = DRP_SYS(SYS_getpid), pid, ret;

	/* No descriptor's number: PIDFD_SELF, where the kernel has that. */
	if (pidfd < 0)
		return !DRP_SYS(SYS_process_madvise, pidfd, NULL, 0,
				MADV_NORMAL, 0);
	pid = pid_of(pidfd);
	if (!pid)
		return false;
	/* /proc may be another pid namespace's, with other numbers. */
	ret = DRP_SYS(SYS_kcmp, own, pid, KCMP_VM, 0, 0);
	return ret == -ENOSYS || ret == -EPERM ? pid == own : !ret;
}

/*
 * Any droppable among them?  A length below zero is EINVAL, whatever else there
 * is: the kernel's to say.
 */
static bool any_droppable(const struct iovec *ranges, size_t count)
{
	bool any = false;

	for (size_t i = 0; i < count; i++) {
		if ((ssize_t)ranges[i].iov_len < 0)
			return false;
		any = any || drp_region_overlaps((uintptr_t)ranges[i].iov_base,
						 ranges[i].iov_len);
	}
	return any;
}

/* The kernel takes that much at a time, and cuts the rest off. */
static void cut_off(struct iovec *ranges, size_t count)
{
	size_t left = drp_page_down(INT32_MAX);

	for (size_t i = 0; i < count; i++) {
		if (ranges[i].iov_len > left)
			ranges[i].iov_len = left;
		left -= ranges[i].iov_len;
	}
}

/*
 * As the kernel does: all of the call but the advice's effect is checked before
 * the first range, and what is done counts before what fails.  Lock held.
 */
static long advise_ranges(int pidfd, const struct iovec *ranges, size_t count,
			  const struct rule *rule, unsigned int flags)
{
	/* With advice that no kernel knows: then it is the last thing wrong. */
	long ret =
		DRP_SYS(SYS_process_madvise, pidfd, ranges, count, -1, flags);
	long done = 0;

	if (ret == -EINVAL)
		ret = DRP_SYS(SYS_process_madvise, pidfd, NULL, 0, rule->advice,
			      flags);
	for (size_t i = 0; !ret && i < count; i++) {
		uintptr_t addr = (uintptr_t)ranges[i].iov_base;
		size_t len = ranges[i].iov_len;

		ret = well_formed(addr, len)
			      ? advise_mixed(addr, addr + drp_page_up(len),
					     rule)
			      : DRP_SYS(SYS_madvise, addr, len, rule->advice);
		if (!ret)
			done += (long)len;
	}
	return done ? done : ret;
}

/* The most ranges a call may have: IOV_MAX, UIO_MAXIOV. */
#define RANGES_MAX 1024

bool drp_advice_process_madvise(int pidfd, uintptr_t ranges, size_t count,
				int advice, unsigned int flags, long *ret)
{
	/* With the lock held; they may lie in what is dropped on the way. */
	static struct iovec copy[RANGES_MAX];
	const struct rule *rule = rule_for(advice);
	drp_sigmask mask;
	bool ours;

	if (!drp_region_any() || !rule || !count || count > RANGES_MAX ||
	    !is_self(pidfd))
		return false;
	mask = drp_process_lock();
	ours = drp_copy_in(copy, ranges, count * sizeof(*copy)) &&
	       any_droppable(copy, count);
	if (ours) {
		cut_off(copy, count);
		*ret = advise_ranges(pidfd, copy, count, rule, flags);
	}
	drp_region_unlock(mask);
	return ours;
}

long drp_advice_merge(unsigned long on, unsigned long arg3, unsigned long arg4,
		      unsigned long arg5)
{
	struct drp_region region;
	drp_sigmask mask = drp_process_lock();
	long ret =
		DRP_SYS(SYS_prctl, PR_SET_MEMORY_MERGE, on, arg3, arg4, arg5);

	if (!ret) {
		merge.known = true;
		merge.any = on;
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
	/* An exec keeps the mode from 6.7 on, so a parent may have set it. */
	if (!merge.known) {
		merge.known = true;
		merge.any = DRP_SYS(SYS_prctl, PR_GET_MEMORY_MERGE, 0, 0, 0,
				    0) == 1;
	}
	if (merge.any)
		advise(start, start + len_bytes, MADV_UNMERGEABLE);
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

bool drp_advice_refuses_uffd(int fd, uintptr_t argument, size_t size)
{
	/* The kernel takes all of a registration but its result. */
	struct uffdio_register reg;
	const struct uffdio_range *range = &reg.range;
	struct drp_region part;
	drp_sigmask mask;
	bool ours;

	if (size > sizeof(reg) || !drp_copy_in(&reg, argument, size))
		return false;
	mask = drp_process_lock();
	ours = drp_region_part(range->start, range->start + range->len, &part);
	drp_region_unlock(mask);
	return ours && is_userfaultfd(fd);
}
