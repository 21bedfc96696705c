/* SPDX-License-Identifier: MIT */
/*
 * The ways a program's memory calls reach the kernel: libc's functions, their
 * 64-bit twins, and syscall().  Each door answers as libc does, -1 and errno.
 */
#ifndef TESTS_ORACLE_DOORS_H
#define TESTS_ORACLE_DOORS_H

#include <linux/userfaultfd.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

/* Of kernels younger than libc's headers. */
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif
/* Of 64-bit x86: others take no notice. */
#ifndef MAP_32BIT
#define MAP_32BIT 0x40
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif
#define SYS_PIDFD_OPEN 434
#ifndef UFFDIO_REGISTER_MODE_WP
#define UFFDIO_REGISTER_MODE_WP ((uint64_t)1 << 1)
#define UFFD_FEATURE_PAGEFAULT_FLAG_WP ((uint64_t)1 << 0)
#endif
#define ADVICE_FREE 8
#define ADVICE_WIPEONFORK 18
#define ADVICE_KEEPONFORK 19
#define ADVICE_COLD 20
#define ADVICE_PAGEOUT 21
#define ADVICE_POPULATE_READ 22
#define ADVICE_POPULATE_WRITE 23
#define ADVICE_DONTNEED_LOCKED 24
#define ADVICE_COLLAPSE 25
#define ADVICE_GUARD_INSTALL 102
#define ADVICE_GUARD_REMOVE 103

struct door {
	const char *name;
	void *(*mmap)(void *addr, size_t len, int prot, int flags, int fd,
		      off_t offset);
	int (*munmap)(void *addr, size_t len);
	int (*mprotect)(void *addr, size_t len, int prot);
	void *(*mremap)(void *addr, size_t old_len, size_t new_len, int flags,
			void *to);
	int (*madvise)(void *addr, size_t len, int advice);
	ssize_t (*process_madvise)(int pidfd, const struct iovec *ranges,
				   size_t count, int advice,
				   unsigned int flags);
	int (*mlock)(const void *addr, size_t len);
	int (*mlock2)(const void *addr, size_t len, unsigned int flags);
	int (*munlock)(const void *addr, size_t len);
	int (*mlockall)(int flags);
	int (*munlockall)(void);
	/* prctl(PR_SET_MEMORY_MERGE, on) */
	int (*merge)(unsigned long on);
	int (*ioctl)(int fd, unsigned long request, void *argument);
};

enum { DOOR_LIBC, DOOR_LIBC64, DOOR_SYSCALL, DOORS };
extern const struct door doors[DOORS];

#endif
