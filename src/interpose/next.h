/* SPDX-License-Identifier: MIT */
/*
 * The functions that would have been called without us: the next library's in
 * a shared build, the kernel's own in a static one, and before our constructor.
 * The only file that calls dlsym().
 */
#ifndef DRP_INTERPOSE_NEXT_H
#define DRP_INTERPOSE_NEXT_H

#include <grp.h>
#include <stddef.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/libc.h"
#include "base/result.h"

/*
 * One row a function: return type, name, parameters.  Every pointer is set from
 * the start (to the raw call), so a call may come at any time.
 */
#define DRP_NEXT_TABLE(X)                                                      \
	X(void *, mmap, (void *, size_t, int, int, int, off_t))                \
	X(void *, mmap64, (void *, size_t, int, int, int, int64_t))            \
	X(int, munmap, (void *, size_t))                                       \
	X(void *, mremap, (void *, size_t, size_t, int, ...))                  \
	X(void *, shmat, (int, const void *, int))                             \
	X(int, madvise, (void *, size_t, int))                                 \
	X(int, posix_madvise, (void *, size_t, int))                           \
	X(ssize_t, process_madvise,                                            \
	  (int, const struct iovec *, size_t, int, unsigned int))              \
	X(int, mlock, (const void *, size_t))                                  \
	X(int, mlock2, (const void *, size_t, unsigned int))                   \
	X(int, munlock, (const void *, size_t))                                \
	X(int, mlockall, (int))                                                \
	X(int, munlockall, (void))                                             \
	X(long, syscall, (long, ...))                                          \
	X(int, ioctl, (int, drp_ioctl_request, ...))                           \
	X(int, prctl, (int, ...))                                              \
	DRP_NEXT_TIME64(X)

#if DRP_LIBC_TWO_TIMES
#define DRP_NEXT_TIME64(X)                                                     \
	X(int, __ioctl_time64, (int, drp_ioctl_request, ...))                  \
	X(int, __prctl_time64, (int, ...))
#else
#define DRP_NEXT_TIME64(X)
#endif

/*
 * Calls that only libc can make: NULL until they have been looked up.  All but
 * the first three need our thread gone.
 */
#define DRP_NEXT_LIBC(X)                                                       \
	X(int, __register_atfork,                                              \
	  (void (*)(void), void (*)(void), void (*)(void), void *))            \
	X(int, pthread_atfork,                                                 \
	  (void (*)(void), void (*)(void), void (*)(void)))                    \
	X(pid_t, _Fork, (void))                                                \
	X(int, setuid, (uid_t))                                                \
	X(int, setgid, (gid_t))                                                \
	X(int, seteuid, (uid_t))                                               \
	X(int, setegid, (gid_t))                                               \
	X(int, setreuid, (uid_t, uid_t))                                       \
	X(int, setregid, (gid_t, gid_t))                                       \
	X(int, setresuid, (uid_t, uid_t, uid_t))                               \
	X(int, setresgid, (gid_t, gid_t, gid_t))                               \
	X(int, setgroups, (size_t, const gid_t *))                             \
	X(int, initgroups, (const char *, gid_t))                              \
	X(int, unshare, (int))                                                 \
	X(int, setns, (int, int))

struct drp_next {
#define FIELD(type, name, params) type(*name) params;
	DRP_NEXT_TABLE(FIELD)
#ifdef PIC
	DRP_NEXT_LIBC(FIELD)
#endif
#undef FIELD
};

/*
 * Written by the constructor, one pointer at a time, while there is normally
 * one thread; both values of each are right ones.
 */
extern struct drp_next drp_next;

/*
 * Look the next functions up.  The library's constructor calls it, or whoever
 * comes before that and needs one that has no raw call.
 */
void drp_next_resolve(void);

/* The library's constructor, in start.c. */
void drp_start(void);

#endif
