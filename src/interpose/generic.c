/* SPDX-License-Identifier: MIT */
/* Calls that carry others: syscall(), ioctl(), prctl(). */
#include <errno.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include "base/copy.h"
#include "base/export.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/advice.h"
#include "core/locking.h"
#include "core/mapping.h"
#include "core/region.h"
#include "core/process.h"
#include "core/remap.h"
#include "core/uffd.h"
#include "interpose/next.h"

/*
 * One row a system call that has a wrapper of its own: answer it as the wrapper
 * would, with the kernel's result.  False: not ours, forward it.
 */
struct carried {
	long nr;
	bool (*answer)(const long *a, long *ret);
};

static bool carry_mmap(const long *a, long *ret)
{
#ifdef SYS_mmap2
	int64_t offset = (int64_t)(unsigned long)a[5] << 12;
#else
	int64_t offset = a[5];
#endif

	if (drp_mapping_wants((uintptr_t)a[0], (size_t)a[1], (int)a[3])) {
		*ret = drp_mapping_mmap((uintptr_t)a[0], (size_t)a[1],
					(int)a[2], (int)a[3], (int)a[4],
					offset);
		return true;
	}
	if (!drp_region_any())
		return false;
	*ret = drp_sys_mmap((void *)a[0], (size_t)a[1], (int)a[2], (int)a[3],
			    (int)a[4], offset);
	if (!drp_failed(*ret))
		drp_mapping_seen((uintptr_t)*ret, (size_t)a[1]);
	return true;
}

#if defined(SYS_mmap) && defined(SYS_mmap2)
/*
 * The first mmap() takes its arguments in memory, and the offset in bytes.  The
 * second can do all that it can.
 */
static bool carry_old_mmap(const long *a, long *ret)
{
	long b[6];

	if (!drp_copy_in(b, (uintptr_t)a[0], sizeof(b))) {
		*ret = -EFAULT;
	} else if ((uintptr_t)b[5] != drp_page_down((uintptr_t)b[5])) {
		*ret = -EINVAL;
	} else {
		b[5] = (long)((unsigned long)b[5] >> 12);
		if (!carry_mmap(b, ret))
			*ret = drp_sys(SYS_mmap2, b[0], b[1], b[2], b[3], b[4],
				       b[5]);
	}
	return true;
}
#endif

static bool carry_munmap(const long *a, long *ret)
{
	if (!drp_region_overlaps((uintptr_t)a[0], (size_t)a[1]))
		return false;
	*ret = drp_mapping_munmap((uintptr_t)a[0], (size_t)a[1]);
	return true;
}

static bool carry_mremap(const long *a, long *ret)
{
	if (!drp_remap_wants((uintptr_t)a[0], (size_t)a[1], (size_t)a[2],
			     (int)a[3], (uintptr_t)a[4]))
		return false;
	*ret = drp_remap((uintptr_t)a[0], (size_t)a[1], (size_t)a[2], (int)a[3],
			 (uintptr_t)a[4]);
	return true;
}

#ifdef SYS_shmat
static bool carry_shmat(const long *a, long *ret)
{
	if (!drp_region_any())
		return false;
	*ret = drp_mapping_shmat((int)a[0], (uintptr_t)a[1], (int)a[2]);
	return true;
}
#endif

#ifdef SYS_ipc
/* Above the call's number is a version, of which the kernel refuses 1. */
static bool carry_ipc(const long *a, long *ret)
{
	if ((a[0] & 0xffff) != DRP_IPC_SHMAT || a[0] >> 16 == 1 ||
	    !drp_region_any())
		return false;
	*ret = drp_mapping_shmat((int)a[1], (uintptr_t)a[4], (int)a[2]);
	if (!drp_failed(*ret))
		*ret = drp_copy_out((uintptr_t)a[3], ret, sizeof(*ret))
			       ? 0
			       : -EFAULT;
	return true;
}
#endif

static bool carry_madvise(const long *a, long *ret)
{
	if (!drp_region_overlaps((uintptr_t)a[0], (size_t)a[1]))
		return false;
	*ret = drp_advice_madvise((uintptr_t)a[0], (size_t)a[1], (int)a[2]);
	return true;
}

static bool carry_process_madvise(const long *a, long *ret)
{
	return drp_advice_process_madvise((int)a[0], (uintptr_t)a[1],
					  (size_t)a[2], (int)a[3],
					  (unsigned int)a[4], ret);
}

static bool carry_mlock(const long *a, long *ret)
{
	if (!drp_region_overlaps((uintptr_t)a[0], (size_t)a[1]))
		return false;
	*ret = drp_locking_mlock((uintptr_t)a[0], (size_t)a[1], 0);
	return true;
}

static bool carry_mlock2(const long *a, long *ret)
{
	if (!drp_region_overlaps((uintptr_t)a[0], (size_t)a[1]))
		return false;
	*ret = drp_locking_mlock((uintptr_t)a[0], (size_t)a[1], (int)a[2]);
	return true;
}

static bool carry_munlock(const long *a, long *ret)
{
	if (!drp_region_overlaps((uintptr_t)a[0], (size_t)a[1]))
		return false;
	*ret = drp_locking_munlock((uintptr_t)a[0], (size_t)a[1]);
	return true;
}

static bool carry_mlockall(const long *a, long *ret)
{
	*ret = drp_locking_mlockall((int)a[0]);
	return true;
}

static bool carry_munlockall(const long *a, long *ret)
{
	(void)a;
	*ret = drp_locking_munlockall();
	return true;
}

static bool carry_ioctl(const long *a, long *ret)
{
	unsigned int request = (unsigned int)a[1];
	size_t size = request == UFFDIO_REGISTER
			      ? offsetof(struct uffdio_register, ioctls)
			      : sizeof(struct uffdio_range);

	if (request == UFFDIO_REGISTER)
		drp_uffd_rival();
	if ((request != UFFDIO_REGISTER && request != UFFDIO_UNREGISTER) ||
	    !drp_region_any() ||
	    !drp_advice_refuses_uffd((int)a[0], (uintptr_t)a[2], size))
		return false;
	*ret = -EINVAL;
	return true;
}

static bool carry_prctl(const long *a, long *ret)
{
	if (a[0] != PR_SET_MEMORY_MERGE)
		return false;
	*ret = drp_advice_merge((unsigned long)a[1], (unsigned long)a[2],
				(unsigned long)a[3], (unsigned long)a[4]);
	return true;
}

static bool carry_unshare(const long *a, long *ret)
{
	drp_process_alone_begin();
	*ret = DRP_SYS(SYS_unshare, a[0]);
	drp_process_alone_end();
	return true;
}

static bool carry_setns(const long *a, long *ret)
{
	drp_process_alone_begin();
	*ret = DRP_SYS(SYS_setns, a[0], a[1]);
	drp_process_alone_end();
	return true;
}

static bool carry_clone(const long *a, long *ret)
{
	/* On a stack of its own the child could not come back here. */
	if (a[0] & CLONE_VM || a[1] || !drp_process_fork_begin())
		return false;
	*ret = DRP_SYS(SYS_clone, a[0], a[1], a[2], a[3], a[4]);
	drp_process_fork_end(!*ret);
	return true;
}

#ifdef SYS_fork
static bool carry_fork(const long *a, long *ret)
{
	(void)a;
	if (!drp_process_fork_begin())
		return false;
	*ret = DRP_SYS(SYS_fork);
	drp_process_fork_end(!*ret);
	return true;
}
#endif

static const struct carried carried[] = {
#ifdef SYS_mmap2
	{SYS_mmap2, carry_mmap},
#ifdef SYS_mmap
	{SYS_mmap, carry_old_mmap},
#endif
#else
	{SYS_mmap, carry_mmap},
#endif
	{SYS_munmap, carry_munmap},
	{SYS_mremap, carry_mremap},
#ifdef SYS_shmat
	{SYS_shmat, carry_shmat},
#endif
#ifdef SYS_ipc
	{SYS_ipc, carry_ipc},
#endif
	{SYS_madvise, carry_madvise},
	{SYS_process_madvise, carry_process_madvise},
	{SYS_mlock, carry_mlock},
	{SYS_mlock2, carry_mlock2},
	{SYS_munlock, carry_munlock},
	{SYS_mlockall, carry_mlockall},
	{SYS_munlockall, carry_munlockall},
	{SYS_ioctl, carry_ioctl},
	{SYS_prctl, carry_prctl},
	{SYS_clone, carry_clone},
#ifdef SYS_fork
	{SYS_fork, carry_fork},
#endif
	{SYS_unshare, carry_unshare},
	{SYS_setns, carry_setns},
};

/* A caller passes as many as the call has; the rest is read and ignored. */
static void collect(long *a, int count, va_list args)
{
	for (int i = 0; i < count; i++)
		a[i] = va_arg(args, long);
}

DRP_EXPORT long syscall(long nr, ...)
{
	long a[6], ret;
	va_list args;

	va_start(args, nr);
	collect(a, 6, args);
	va_end(args);
	for (size_t i = 0; i < sizeof(carried) / sizeof(*carried); i++)
		if (carried[i].nr == nr && carried[i].answer(a, &ret))
			return drp_result(ret);
	return drp_next.syscall(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static int answer_ioctl(int (*next)(int, drp_ioctl_request, ...), int fd,
			drp_ioctl_request request, va_list args)
{
	long a[3] = {fd, (long)request}, ret;

	collect(a + 2, 1, args);
	if (carry_ioctl(a, &ret))
		return (int)drp_result(ret);
	return next(fd, request, a[2]);
}

static int answer_prctl(int (*next)(int, ...), int option, va_list args)
{
	long a[5] = {option}, ret;

	collect(a + 1, 4, args);
	if (carry_prctl(a, &ret))
		return (int)drp_result(ret);
	return next(option, a[1], a[2], a[3], a[4]);
}

DRP_EXPORT int ioctl(int fd, drp_ioctl_request request, ...)
{
	va_list args;
	int ret;

	va_start(args, request);
	ret = answer_ioctl(drp_next.ioctl, fd, request, args);
	va_end(args);
	return ret;
}

DRP_EXPORT int prctl(int option, ...)
{
	va_list args;
	int ret;

	va_start(args, option);
	ret = answer_prctl(drp_next.prctl, option, args);
	va_end(args);
	return ret;
}

#if DRP_LIBC_TWO_TIMES
DRP_EXPORT int __ioctl_time64(int fd, unsigned long request, ...)
{
	va_list args;
	int ret;

	va_start(args, request);
	ret = answer_ioctl(drp_next.__ioctl_time64, fd, request, args);
	va_end(args);
	return ret;
}

DRP_EXPORT int __prctl_time64(int option, ...)
{
	va_list args;
	int ret;

	va_start(args, option);
	ret = answer_prctl(drp_next.__prctl_time64, option, args);
	va_end(args);
	return ret;
}
#endif
