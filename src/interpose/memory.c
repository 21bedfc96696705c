/* SPDX-License-Identifier: MIT */
/*
 * libc's memory calls.  Each decides whether droppable memory is concerned, and
 * answers, or forwards the call untouched.
 */
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/shm.h>
#include <sys/uio.h>

#include "base/export.h"
#include "base/libc.h"
#include "core/advice.h"
#include "core/locking.h"
#include "core/mapping.h"
#include "core/region.h"
#include "core/remap.h"
#include "interpose/next.h"

DRP_EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
		      off_t offset)
{
	void *at;

	if (drp_libc_takes(len) &&
	    drp_mapping_wants((uintptr_t)addr, len, flags))
		return (void *)drp_result(
			drp_mapping_mmap((uintptr_t)addr, len, prot, flags, fd,
					 drp_libc_offset(offset)));
	at = drp_next.mmap(addr, len, prot, flags, fd, offset);
	if (at != MAP_FAILED)
		drp_mapping_seen((uintptr_t)at, len);
	return at;
}

DRP_EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
			int64_t offset)
{
	void *at;

	if (drp_libc_takes(len) &&
	    drp_mapping_wants((uintptr_t)addr, len, flags))
		return (void *)drp_result(drp_mapping_mmap(
			(uintptr_t)addr, len, prot, flags, fd, offset));
	at = drp_next.mmap64(addr, len, prot, flags, fd, offset);
	if (at != MAP_FAILED)
		drp_mapping_seen((uintptr_t)at, len);
	return at;
}

DRP_EXPORT int munmap(void *addr, size_t len)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.munmap(addr, len);
	return (int)drp_result(drp_mapping_munmap((uintptr_t)addr, len));
}

DRP_EXPORT void *mremap(void *addr, size_t old_len, size_t new_len, int flags,
			...)
{
	va_list args;
	void *new_addr, *at;

	va_start(args, flags);
	new_addr = drp_libc_hint(va_arg(args, void *), flags);
	va_end(args);
	if (drp_libc_takes(new_len) &&
	    drp_remap_wants((uintptr_t)addr, old_len, new_len, flags,
			    (uintptr_t)new_addr))
		return (void *)drp_result(drp_remap((uintptr_t)addr, old_len,
						    new_len, flags,
						    (uintptr_t)new_addr));
	at = drp_next.mremap(addr, old_len, new_len, flags, new_addr);
	if (at != MAP_FAILED)
		drp_mapping_seen((uintptr_t)at, new_len);
	return at;
}

DRP_EXPORT void *shmat(int id, const void *addr, int flags)
{
	if (!drp_region_any())
		return drp_next.shmat(id, addr, flags);
	return (void *)drp_result(
		drp_mapping_shmat(id, (uintptr_t)addr, flags));
}

DRP_EXPORT int madvise(void *addr, size_t len, int advice)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.madvise(addr, len, advice);
	return (int)drp_result(
		drp_advice_madvise((uintptr_t)addr, len, advice));
}

/*
 * libc passes any number on but POSIX's DONTNEED, which does nothing, and tells
 * the error without errno.
 */
DRP_EXPORT int posix_madvise(void *addr, size_t len, int advice)
{
	if (advice == POSIX_MADV_DONTNEED ||
	    !drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.posix_madvise(addr, len, advice);
	return (int)-drp_advice_madvise((uintptr_t)addr, len, advice);
}

DRP_EXPORT ssize_t process_madvise(int pidfd, const struct iovec *ranges,
				   size_t count, int advice, unsigned int flags)
{
	long ret;

	if (!drp_advice_process_madvise(pidfd, (uintptr_t)ranges, count, advice,
					flags, &ret))
		return drp_next.process_madvise(pidfd, ranges, count, advice,
						flags);
	return drp_result(ret);
}

DRP_EXPORT int mlock(const void *addr, size_t len)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.mlock(addr, len);
	return (int)drp_result(drp_locking_mlock((uintptr_t)addr, len, 0));
}

DRP_EXPORT int mlock2(const void *addr, size_t len, unsigned int flags)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.mlock2(addr, len, flags);
	return (int)drp_result(
		drp_locking_mlock((uintptr_t)addr, len, (int)flags));
}

DRP_EXPORT int munlock(const void *addr, size_t len)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.munlock(addr, len);
	return (int)drp_result(drp_locking_munlock((uintptr_t)addr, len));
}

/* Followed from the start: MCL_FUTURE reaches mappings made later. */
DRP_EXPORT int mlockall(int flags)
{
	bool before = drp_locking_future();
	int ret;

	if (drp_region_any())
		return (int)drp_result(drp_locking_mlockall(flags));
	if (flags & MCL_FUTURE)
		drp_locking_note(true);
	ret = drp_next.mlockall(flags);
	drp_locking_note(ret ? before : flags & MCL_FUTURE);
	return ret;
}

DRP_EXPORT int munlockall(void)
{
	int ret;

	if (!drp_region_any()) {
		ret = drp_next.munlockall();
		if (!ret)
			drp_locking_note(false);
		return ret;
	}
	return (int)drp_result(drp_locking_munlockall());
}
