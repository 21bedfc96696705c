/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "oracle/doors.h"

#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif
#ifndef SYS_process_madvise
#define SYS_process_madvise 440
#endif

static void *libc_mmap(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset)
{
	return mmap(addr, len, prot, flags, fd, offset);
}

static void *libc_mmap64(void *addr, size_t len, int prot, int flags, int fd,
			 off_t offset)
{
	return mmap64(addr, len, prot, flags, fd, offset);
}

static void *libc_mremap(void *addr, size_t old_len, size_t new_len, int flags,
			 void *to)
{
	return mremap(addr, old_len, new_len, flags, to);
}

/* glibc has a wrapper from 2.36 on, musl none. */
static ssize_t call_process_madvise(int pidfd, const struct iovec *ranges,
				    size_t count, int advice,
				    unsigned int flags)
{
	return syscall(SYS_process_madvise, pidfd, ranges, count, advice,
		       flags);
}

static ssize_t libc_process_madvise(int pidfd, const struct iovec *ranges,
				    size_t count, int advice,
				    unsigned int flags)
{
#ifdef HAVE_PROCESS_MADVISE
	return process_madvise(pidfd, ranges, count, advice, flags);
#else
	return call_process_madvise(pidfd, ranges, count, advice, flags);
#endif
}

static int libc_merge(unsigned long on)
{
	return prctl(PR_SET_MEMORY_MERGE, on, 0ul, 0ul, 0ul);
}

static int libc_ioctl(int fd, unsigned long request, void *argument)
{
	return ioctl(fd, request, argument);
}

static void *call_mmap(void *addr, size_t len, int prot, int flags, int fd,
		       off_t offset)
{
#ifdef SYS_mmap2
	unsigned long a[] = {(unsigned long)addr, len,
			     (unsigned long)prot, (unsigned long)flags,
			     (unsigned long)fd,	  (unsigned long)offset};

	/* What it cannot say for want of bits can be told to the first. */
	if (offset & 4095)
		return (void *)syscall(SYS_mmap, a);
	return (void *)syscall(SYS_mmap2, addr, len, prot, flags, fd,
			       offset >> 12);
#else
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
#endif
}

static int call_munmap(void *addr, size_t len)
{
	return (int)syscall(SYS_munmap, addr, len);
}

static int call_mprotect(void *addr, size_t len, int prot)
{
	return (int)syscall(SYS_mprotect, addr, len, prot);
}

static void *call_mremap(void *addr, size_t old_len, size_t new_len, int flags,
			 void *to)
{
	return (void *)syscall(SYS_mremap, addr, old_len, new_len, flags, to);
}

static int call_madvise(void *addr, size_t len, int advice)
{
	return (int)syscall(SYS_madvise, addr, len, advice);
}

static int call_mlock(const void *addr, size_t len)
{
	return (int)syscall(SYS_mlock, addr, len);
}

static int call_mlock2(const void *addr, size_t len, unsigned int flags)
{
	return (int)syscall(SYS_mlock2, addr, len, flags);
}

static int call_munlock(const void *addr, size_t len)
{
	return (int)syscall(SYS_munlock, addr, len);
}

static int call_mlockall(int flags)
{
	return (int)syscall(SYS_mlockall, flags);
}

static int call_munlockall(void)
{
	return (int)syscall(SYS_munlockall);
}

static int call_merge(unsigned long on)
{
	return (int)syscall(SYS_prctl, PR_SET_MEMORY_MERGE, on, 0ul, 0ul, 0ul);
}

static int call_ioctl(int fd, unsigned long request, void *argument)
{
	return (int)syscall(SYS_ioctl, fd, request, argument);
}

/* The twins are mmap's alone. */
#define LIBC_BUT_MMAP                                                          \
	.munmap = munmap, .mprotect = mprotect, .mremap = libc_mremap,         \
	.madvise = madvise, .process_madvise = libc_process_madvise,           \
	.mlock = mlock, .mlock2 = mlock2, .munlock = munlock,                  \
	.mlockall = mlockall, .munlockall = munlockall, .merge = libc_merge,   \
	.ioctl = libc_ioctl

const struct door doors[DOORS] = {
	[DOOR_LIBC] = {.name = "libc", .mmap = libc_mmap, LIBC_BUT_MMAP},
	[DOOR_LIBC64] = {.name = "libc64", .mmap = libc_mmap64, LIBC_BUT_MMAP},
	[DOOR_SYSCALL] =
		{
			.name = "syscall",
			.mmap = call_mmap,
			.munmap = call_munmap,
			.mprotect = call_mprotect,
			.mremap = call_mremap,
			.madvise = call_madvise,
			.process_madvise = call_process_madvise,
			.mlock = call_mlock,
			.mlock2 = call_mlock2,
			.munlock = call_munlock,
			.mlockall = call_mlockall,
			.munlockall = call_munlockall,
			.merge = call_merge,
			.ioctl = call_ioctl,
		},
};
