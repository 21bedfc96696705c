/* SPDX-License-Identifier: MIT */
/*
 * libdroppable: MAP_DROPPABLE memory on Linux kernels that lack it.
 *
 * Link with -ldroppable, or preload libdroppable.so.0, and mmap() takes
 * MAP_ANONYMOUS | MAP_DROPPABLE on every kernel; see droppable(7).  The
 * functions below add what mmap() cannot say.
 *
 * All of them are thread-safe, and may be called before main(), after fork()
 * and in a program that never maps droppable memory.  Async-signal-safe are
 * those that say so.  On an error they return -1 (or MAP_FAILED) with errno
 * set; on success errno is left alone.  Lengths are in bytes.
 */
#ifndef DROPPABLE_H
#define DROPPABLE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Linux 6.11.  A type of mapping, as MAP_SHARED and MAP_PRIVATE are, so given
 * instead of those.
 */
#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/*
 * The version of the library in use, such as "0.1.0": of the loaded one, where
 * the header's may differ.  Async-signal-safe, cannot fail.
 */
const char *droppable_version(void);

/*
 * A new droppable mapping of len bytes, rounded up to pages, where the kernel
 * chooses; prot as for mmap().  Without flags it is what
 * mmap(NULL, len, prot, MAP_ANONYMOUS | MAP_DROPPABLE, -1, 0) makes.
 *
 *   DROPPABLE_PINNABLE  its pages can be pinned.  Emulated on every kernel.
 *
 * MAP_FAILED and errno: EINVAL (len is 0, or unknown flags), ENOMEM, and
 * EOPNOTSUPP if DROPPABLE_MODE=off forbids what was asked for.
 * Async-signal-safe.
 */
#define DROPPABLE_PINNABLE 0x1u
void *droppable_map(size_t len, int prot, unsigned int flags);

/*
 * As munmap(), which does as well; also for a part of a mapping, and for pages
 * that are pinned.  Async-signal-safe.
 */
int droppable_unmap(void *addr, size_t len);

/*
 * Pin the pages that [addr, addr + len) touches: from the return of this call
 * until they were unpinned as often as they were pinned, none of them is
 * dropped.  Meanwhile they are ordinary memory: a page may be swapped out, and
 * counts as used.
 *
 * Returns 0 if all of them are intact: each holds byte for byte what it held
 * when it was last let go of, or it was never pinned before.  Returns 1 if not,
 * and tells which if `pages` is not NULL: one byte a page, from the page of
 * addr on, as mincore() has them:
 *
 *   DROPPABLE_INTACT
 *   DROPPABLE_LOST     it is all zeros now, and was not
 *   DROPPABLE_CHANGED  it was written while it was not pinned.  Whether it was
 *                      dropped before that, nobody can tell.
 *
 * Pins nest.  Who pins a page that is pinned already is told what the first was
 * told, because the first may not have put anything into it yet.
 *
 * errno: EINVAL (len is 0, or the range wraps), ENOMEM (a page of it is not of
 * a DROPPABLE_PINNABLE mapping), EFAULT (a page of it may not be read and
 * written), EOVERFLOW (pinned 65535 times).  Then nothing is pinned.
 * In a child of fork() nothing is pinned, and all that is inherited is lost.
 * mremap() takes pins along; what it adds to a mapping cannot be pinned.
 * Async-signal-safe.
 */
#define DROPPABLE_INTACT 0
#define DROPPABLE_LOST 1
#define DROPPABLE_CHANGED 2
int droppable_pin(void *addr, size_t len, unsigned char *pages);

/*
 * Take back one pin of each page that [addr, addr + len) touches; the last one
 * lets go of it.  It may still be read and written then, and be dropped at any
 * time.
 *
 * errno: as for droppable_pin(), and EINVAL if a page of it is not pinned. Then
 * nothing is unpinned.  Async-signal-safe.
 */
int droppable_unpin(void *addr, size_t len);

/*
 * Drop now what is not pinned of [addr, addr + len), which is widened to whole
 * pages; the pages read as zeros.  Returns how many bytes of memory that freed,
 * 0 if nothing of it was resident.
 *
 * errno: EINVAL (len is 0, or the range wraps), ENOMEM (not all of it is
 * droppable memory: then nothing is dropped).  Async-signal-safe.
 */
int64_t droppable_drop(void *addr, size_t len);

/*
 * Drop at least so many bytes of what is not pinned, oldest regions first, or
 * all there is.  Returns how many bytes of memory that freed; cannot fail.  The
 * kernel's own droppable memory is not counted here, and not touched: there the
 * kernel is asked by nobody.  Takes about 0.3 ms a MiB.
 */
uint64_t droppable_trim(uint64_t bytes);

/*
 * For a program with an event loop that wants no thread of the library's: the
 * first call ends the thread, if there is one, and from then on the program
 * must call droppable_dispatch() at once, then whenever the descriptor is
 * readable (poll it for input), and when the time that the last dispatch gave
 * is up. While it does not, nothing is armed or dropped.
 *
 * droppable_loop() returns the descriptor, which is close-on-exec and must not
 * be closed; the same every time.  errno: EMFILE, ENFILE, ENOMEM.  In a child
 * of fork() there is a thread again, if it inherits droppable memory, until the
 * child calls droppable_loop() itself.
 *
 * droppable_dispatch() returns 0 and sets *timeout_ms, in milliseconds, -1
 * meaning that there is nothing to wait for but the descriptor.  It takes some
 * 50 microseconds, or as long as arming and dropping take when that is due.
 * errno: EINVAL (no droppable_loop() before).
 */
int droppable_loop(void);
int droppable_dispatch(int *timeout_ms);

/*
 * Why memory was dropped.  A later version may know more.
 *
 *   DROPPABLE_BY_RECLAIM   the kernel took pages that the library had put at
 *                          its disposal.  It tells nobody: the library finds
 *                          out, a little later, when it goes over the memory
 *                          again, and never of all.  Pages that came back
 *                          meanwhile, or that lie in a region of which the
 *                          program or the library dropped something itself,
 *                          are not counted.  Those that were swapped are.
 *   DROPPABLE_BY_HEADROOM  the library, before there was no memory left, where
 *                          the kernel cannot take pages itself (before 4.12)
 *   DROPPABLE_BY_ALARM     the library, when alarms would not end
 *   DROPPABLE_BY_TRIM      droppable_trim()
 *   DROPPABLE_BY_DROP      droppable_drop()
 *   DROPPABLE_BY_FORK      this process was forked, and reads zeros: all that
 *                          it inherited, resident or not
 *
 * What the program drops itself, with madvise() or munmap(), is none of these,
 * nor is what becomes of the kernel's own droppable memory, of which nobody
 * hears.
 */
#define DROPPABLE_BY_RECLAIM 0
#define DROPPABLE_BY_HEADROOM 1
#define DROPPABLE_BY_ALARM 2
#define DROPPABLE_BY_TRIM 3
#define DROPPABLE_BY_DROP 4
#define DROPPABLE_BY_FORK 5

/* Room for so many. */
#define DROPPABLE_CAUSES 16

/*
 * What there is and what was done.  Set `size` to sizeof(struct
 * droppable_stats) before each call; the call sets it to how much of that the
 * library knows, and the rest to zeros.
 *
 * The kernel's own memory is not counted, but for droppable_drop().  Each
 * number is right by itself; they are not of one moment.  In a child of fork()
 * what was done begins at 0.  Resident bytes are counted page by page, some 20
 * ns each, and armed and swapped ones are read in /proc/self/smaps, which takes
 * longer: not for every request of a server.
 *
 * Another process can read what was done, without this one's help, in the
 * object `droppable_statistics`; see droppable_stats(3).
 *
 * errno: EINVAL (size is less than 8 or more than 4096).  Async-signal-safe.
 */
struct droppable_stats {
	uint64_t size;
	uint64_t regions;	 /* Emulated, */
	uint64_t mapped_bytes;	 /* of so many bytes: */
	uint64_t resident_bytes; /* in memory, */
	uint64_t pinned_bytes;	 /* pinned, */
	uint64_t armed_bytes;	 /* the kernel may take (4.12), */
	uint64_t swapped_bytes;	 /* in swap.  Both are UINT64_MAX if unknown. */
	uint64_t arm_calls;	 /* System calls that armed, */
	uint64_t drop_calls;	 /* and that dropped. */
	uint64_t looks;		 /* At how much memory is left, */
	uint64_t alarms;	 /* and in how many there was an alarm. */
	uint64_t cpu_us;	 /* Of the library's thread, and in dispatch. */
	uint64_t dropped_bytes[DROPPABLE_CAUSES];
	uint64_t dropped_times[DROPPABLE_CAUSES];
};
int droppable_stats(struct droppable_stats *stats);

/*
 * How many bytes could be freed now: emulated, resident and not pinned.
 * droppable_trim(UINT64_MAX) would free them.  20 ns a page; cannot fail.
 * Async-signal-safe.
 */
uint64_t droppable_reclaimable(void);

/*
 * A descriptor that is readable (poll it for input) when memory was dropped for
 * one of `causes`: bits 1u << DROPPABLE_BY_..., or 0 for all there are.  Each
 * read() gives one record, or EAGAIN if there is none.  Give it room for a
 * struct droppable_event: of a longer record of a later version that is the
 * beginning, of a shorter one what there is; `size` tells.
 *
 * Whoever drops never waits for the reader: what does not fit in the queue (of
 * some 200 records) is added up by cause, and comes in one record when there is
 * room.  Nothing is lost but when each part happened.
 *
 * Close it when it is no longer needed; each call makes another one, which is
 * close-on-exec and does not block.  The library keeps one descriptor of its
 * own for it; should the program close that, read() returns 0 in the end.
 *
 * A child of fork() finds under the same number a descriptor of its own, which
 * tells what is dropped in the child, first of all by the fork itself (a copy
 * made by dup() stays the parent's).  So does one that is made in the child.
 *
 * errno: EINVAL (an unknown cause), EMFILE (no descriptor left, or there are 8
 * already), ENFILE, ENOMEM.  Not async-signal-safe: the library's thread is
 * made anew.
 */
struct droppable_event {
	uint32_t size;	 /* Of the record as it was sent. */
	uint32_t cause;	 /* DROPPABLE_BY_... */
	uint64_t bytes;	 /* So much, */
	uint64_t times;	 /* in so many goes: more than 1 if added up, */
	int64_t last_us; /* the last of them then, by CLOCK_MONOTONIC. */
	char source[16]; /* Of the alarm, for DROPPABLE_BY_ALARM: "psi". */
};
int droppable_notify(unsigned int causes);

/*
 * Does a promise hold here, and how is it kept?  flags are those of
 * droppable_map(): 0 asks about what mmap() makes.  For size see
 * droppable_stats().  Ask for 0, 1 and so on until it fails for all of them:
 *
 *   DROPPABLE_PROMISE_SWAP     it is never written to swap
 *   DROPPABLE_PROMISE_DROP     it is dropped by page when memory is short,
 *                              which nobody is killed for then
 *   DROPPABLE_PROMISE_FORK     it is zero in a forked child
 *   DROPPABLE_PROMISE_DUMP     it is absent from core dumps
 *   DROPPABLE_PROMISE_MEMLOCK  it is not charged to RLIMIT_MEMLOCK
 *   DROPPABLE_PROMISE_FOREIGN  no other memory is touched
 *   DROPPABLE_PROMISE_ALARM    somebody tells when memory is short
 *
 * The strings stay.  The first call tries out what the kernel offers, some ten
 * system calls, and each one reads /proc/meminfo.
 *
 * errno: EINVAL (there is no such promise, unknown flags, or size as for
 * droppable_stats()).  Async-signal-safe.
 */
#define DROPPABLE_PROMISE_SWAP 0u
#define DROPPABLE_PROMISE_DROP 1u
#define DROPPABLE_PROMISE_FORK 2u
#define DROPPABLE_PROMISE_DUMP 3u
#define DROPPABLE_PROMISE_MEMLOCK 4u
#define DROPPABLE_PROMISE_FOREIGN 5u
#define DROPPABLE_PROMISE_ALARM 6u

#define DROPPABLE_HOLDS 0
#define DROPPABLE_PARTLY 1
#define DROPPABLE_BROKEN 2
#define DROPPABLE_UNKNOWN 3 /* Until there is memory to watch. */

#define DROPPABLE_MAKER_KERNEL 0
#define DROPPABLE_MAKER_LIBRARY 1
#define DROPPABLE_MAKER_NOBODY 2 /* mmap() fails. */

struct droppable_support {
	uint64_t size;
	const char *name;      /* One word, as `droppable probe` has it. */
	const char *text;      /* For people. */
	const char *mechanism; /* For people. */
	int state;	       /* DROPPABLE_HOLDS and so on. */
	int maker;	       /* Of the mapping. */
};
int droppable_support(unsigned int promise, unsigned int flags,
		      struct droppable_support *support);

#ifdef __cplusplus
}
#endif

#endif
