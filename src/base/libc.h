/* SPDX-License-Identifier: MIT */
/*
 * What libcs differ in: calls that one declares and another does not, the types
 * of a call, and what is refused before the kernel is asked.
 */
#ifndef DRP_BASE_LIBC_H
#define DRP_BASE_LIBC_H

#include "config.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#ifndef HAVE_PROCESS_MADVISE
ssize_t process_madvise(int pidfd, const struct iovec *ranges, size_t count,
			int advice, unsigned int flags);
#endif

/* glibc 2.34; what is built with an older one may run with it. */
#ifndef HAVE__FORK
pid_t _Fork(void);
#endif

/*
 * On 32 bits glibc 2.34 has two widths of time, and with the wider one programs
 * call ioctl() and prctl() by other names.
 */
#if defined(__GLIBC__) && __SIZEOF_LONG__ == 4
#define DRP_LIBC_TWO_TIMES 1
int __ioctl_time64(int fd, unsigned long request, ...);
int __prctl_time64(int option, ...);
#else
#define DRP_LIBC_TWO_TIMES 0
#endif

/*
 * Which mapping calls reach the kernel as they are.  musl refuses some lengths
 * itself, with ENOMEM, and hands mremap() no address on that is a mere hint.
 */
#ifdef __GLIBC__
static inline bool drp_libc_takes(size_t len_bytes)
{
	(void)len_bytes;
	return true;
}

static inline void *drp_libc_hint(void *addr, int flags)
{
	(void)flags;
	return addr;
}
#else
static inline bool drp_libc_takes(size_t len_bytes)
{
	return len_bytes < PTRDIFF_MAX;
}

static inline void *drp_libc_hint(void *addr, int flags)
{
	return flags & MREMAP_FIXED ? addr : NULL;
}
#endif

/* glibc takes offsets of 32 bits to have no sign. */
static inline int64_t drp_libc_offset(off_t offset)
{
	return sizeof(offset) < sizeof(int64_t) ? (int64_t)(uint32_t)offset
						: (int64_t)offset;
}

/*
 * From 1.2.5 on musl makes no threads by clone().  Its pthread_create() takes
 * memory from the kernel alone, so it may be called from mmap().
 */
#ifdef __GLIBC__
#define DRP_LIBC_KEEPS_CLONE 0
typedef unsigned long drp_ioctl_request;
#else
#define DRP_LIBC_KEEPS_CLONE 1
typedef int drp_ioctl_request;
/* musl up to 1.2.3 renames it to mmap, later ones do not have it. */
#undef mmap64
void *mmap64(void *addr, size_t len, int prot, int flags, int fd,
	     int64_t offset);
#endif

#endif
