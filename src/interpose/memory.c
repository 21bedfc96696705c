/* SPDX-License-Identifier: MIT */
/*
 * libc's memory calls.  Each decides whether droppable memory is concerned, and
 * answers, or forwards the call untouched.
 */
#include <stdarg.h>
#include <sys/mman.h>

#include "base/export.h"
#include "core/advice.h"
#include "core/mapping.h"
#include "core/region.h"
#include "interpose/next.h"

DRP_EXPORT void *mmap(void *addr, size_t len, int prot, int flags, int fd,
		      off_t offset)
{
	void *at;

	if (drp_mapping_wants((uintptr_t)addr, len, flags))
		return (void *)drp_result(drp_mapping_mmap(
			(uintptr_t)addr, len, prot, flags, fd, offset));
	at = drp_next.mmap(addr, len, prot, flags, fd, offset);
	if (at != MAP_FAILED)
		drp_mapping_seen((uintptr_t)at, len);
	return at;
}

DRP_EXPORT void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
			off64_t offset)
{
	void *at;

	if (drp_mapping_wants((uintptr_t)addr, len, flags))
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
	void *new_addr;

	va_start(args, flags);
	new_addr = va_arg(args, void *);
	va_end(args);
	if (!drp_mapping_mremap_wants((uintptr_t)addr, old_len, new_len, flags,
				      (uintptr_t)new_addr))
		return drp_next.mremap(addr, old_len, new_len, flags, new_addr);
	return (void *)drp_result(drp_mapping_mremap(
		(uintptr_t)addr, old_len, new_len, flags, (uintptr_t)new_addr));
}

DRP_EXPORT int madvise(void *addr, size_t len, int advice)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.madvise(addr, len, advice);
	return (int)drp_result(
		drp_advice_madvise((uintptr_t)addr, len, advice));
}

/*
 * POSIX's five advices are the same on droppable and on ordinary memory, and
 * its DONTNEED does nothing.  Here so that it stays in step with madvise().
 */
DRP_EXPORT int posix_madvise(void *addr, size_t len, int advice)
{
	return drp_next.posix_madvise(addr, len, advice);
}

DRP_EXPORT int mlock(const void *addr, size_t len)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.mlock(addr, len);
	return (int)drp_result(drp_advice_mlock((uintptr_t)addr, len, 0));
}

DRP_EXPORT int mlock2(const void *addr, size_t len, unsigned int flags)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.mlock2(addr, len, flags);
	return (int)drp_result(
		drp_advice_mlock((uintptr_t)addr, len, (int)flags));
}

DRP_EXPORT int munlock(const void *addr, size_t len)
{
	if (!drp_region_overlaps((uintptr_t)addr, len))
		return drp_next.munlock(addr, len);
	return (int)drp_result(drp_advice_munlock((uintptr_t)addr, len));
}

/* Followed from the start: MCL_FUTURE reaches mappings made later. */
DRP_EXPORT int mlockall(int flags)
{
	return (int)drp_result(drp_advice_mlockall(flags));
}

DRP_EXPORT int munlockall(void)
{
	return (int)drp_result(drp_advice_munlockall());
}
