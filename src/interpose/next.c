/* SPDX-License-Identifier: MIT */
#include "interpose/next.h"

#include <dlfcn.h>
#include <stdarg.h>
#include <stdint.h>
#include <sys/mman.h>

#include "base/sys.h"
#include "base/uapi.h"

static void *raw_mmap64(void *addr, size_t len, int prot, int flags, int fd,
			int64_t offset)
{
	return (void *)drp_result(
		drp_libc_takes(len)
			? drp_sys_mmap(addr, len, prot, flags, fd, offset)
			: -ENOMEM);
}

static void *raw_mmap(void *addr, size_t len, int prot, int flags, int fd,
		      off_t offset)
{
	return raw_mmap64(addr, len, prot, flags, fd, drp_libc_offset(offset));
}

static int raw_munmap(void *addr, size_t len)
{
	return (int)drp_result(DRP_SYS(SYS_munmap, addr, len));
}

/* The fifth argument means something with MREMAP_FIXED and DONTUNMAP only. */
static void *raw_mremap(void *addr, size_t old_len, size_t new_len, int flags,
			...)
{
	va_list args;
	void *new_addr;

	va_start(args, flags);
	new_addr = drp_libc_hint(va_arg(args, void *), flags);
	va_end(args);
	return (void *)drp_result(drp_libc_takes(new_len)
					  ? DRP_SYS(SYS_mremap, addr, old_len,
						    new_len, flags, new_addr)
					  : -ENOMEM);
}

static void *raw_shmat(int id, const void *addr, int flags)
{
	return (void *)drp_result(drp_sys_shmat(id, addr, flags));
}

static int raw_madvise(void *addr, size_t len, int advice)
{
	return (int)drp_result(DRP_SYS(SYS_madvise, addr, len, advice));
}

/* POSIX wants DONTNEED harmless; Linux's throws data away.  No errno here. */
static int raw_posix_madvise(void *addr, size_t len, int advice)
{
	if (advice == POSIX_MADV_DONTNEED)
		return 0;
	return (int)-DRP_SYS(SYS_madvise, addr, len, advice);
}

static ssize_t raw_process_madvise(int pidfd, const struct iovec *ranges,
				   size_t count, int advice, unsigned int flags)
{
	return drp_result(DRP_SYS(SYS_process_madvise, pidfd, ranges, count,
				  advice, flags));
}

static int raw_mlock(const void *addr, size_t len)
{
	return (int)drp_result(DRP_SYS(SYS_mlock, addr, len));
}

static int raw_mlock2(const void *addr, size_t len, unsigned int flags)
{
	return (int)drp_result(DRP_SYS(SYS_mlock2, addr, len, flags));
}

static int raw_munlock(const void *addr, size_t len)
{
	return (int)drp_result(DRP_SYS(SYS_munlock, addr, len));
}

static int raw_mlockall(int flags)
{
	return (int)drp_result(DRP_SYS(SYS_mlockall, flags));
}

static int raw_munlockall(void)
{
	return (int)drp_result(DRP_SYS(SYS_munlockall));
}

static long raw_syscall(long nr, ...)
{
	long a[6];
	va_list args;

	va_start(args, nr);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return drp_result(drp_sys(nr, a[0], a[1], a[2], a[3], a[4], a[5]));
}

static int raw_ioctl(int fd, drp_ioctl_request request, ...)
{
	va_list args;
	long arg;

	va_start(args, request);
	arg = va_arg(args, long);
	va_end(args);
	return (int)drp_result(DRP_SYS(SYS_ioctl, fd, request, arg));
}

static int raw_prctl(int option, ...)
{
	long a[4];
	va_list args;

	va_start(args, option);
	for (int i = 0; i < 4; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	return (int)drp_result(
		DRP_SYS(SYS_prctl, option, a[0], a[1], a[2], a[3]));
}

/* The kernel has no such twins. */
#define raw___ioctl_time64 raw_ioctl
#define raw___prctl_time64 raw_prctl

struct drp_next drp_next = {
#define RAW(type, name, params) .name = raw_##name,
	DRP_NEXT_TABLE(RAW)
#undef RAW
};

/* Nobody calls it: without this a static program would leave it out. */
__attribute__((used)) static void (*const start)(void) = drp_start;

#ifdef PIC
void drp_next_resolve(void)
{
	void *found;

	/* Not there (musl has no mmap64): what was set before stays. */
#define RESOLVE(type, name, params)                                            \
	found = dlsym(RTLD_NEXT, #name);                                       \
	if (found)                                                             \
		drp_next.name = (type(*) params)(uintptr_t)found;
	DRP_NEXT_TABLE(RESOLVE)
	DRP_NEXT_LIBC(RESOLVE)
#undef RESOLVE
}
#else
void drp_next_resolve(void)
{
}
#endif
