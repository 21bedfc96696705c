/* SPDX-License-Identifier: MIT */
/*
 * The two mechanisms.  Arming (MADV_FREE) lets the kernel take a page when it
 * needs one, in LRU order, until the next write to it; dropping (MADV_DONTNEED)
 * takes it now.  Both go through guard, piece by piece.  They decide nothing.
 *
 * One walk at a time: they wait for each other.
 */
#ifndef DRP_CORE_RECLAIM_H
#define DRP_CORE_RECLAIM_H

#include <stdint.h>

struct drp_reclaim_result {
	uint64_t bytes; /* Armed: bytes gone over.  Dropped: bytes freed. */
	uint64_t resident_bytes; /* Armed: of them resident, at most, */
	uint64_t counted_bytes;	 /* and at least. */
	/* What the kernel has taken since the arming before, at least. */
	uint64_t vanished_bytes;
	int64_t took_us; /* By the clock. */
	int64_t cpu_us;	 /* What it had of a CPU in that time. */
};

/* Arm everything. */
struct drp_reclaim_result drp_reclaim_arm(void);

/*
 * What is resident and nobody has pinned; UINT64_MAX if so much is mapped that
 * counting takes too long.  Unlike arming it leaves no trace.
 */
struct drp_reclaim_result drp_reclaim_count(void);

/*
 * Drop until at least goal_bytes of resident memory are freed or nothing is
 * left (UINT64_MAX: everything), oldest regions first.  A region that was
 * dropped to its end is a new one; one that was dropped in part goes on there.
 */
struct drp_reclaim_result drp_reclaim_drop(uint64_t goal_bytes);

/*
 * The same for a thread that does not look: it opens nothing, and takes what
 * smaps shows for ours where there are no labels.
 */
uint64_t drp_reclaim_trim(uint64_t goal_bytes);

/* In a fork child: nobody walks here yet. */
void drp_reclaim_forked(void);

/*
 * Drop what is not pinned of [start, end), whole pages, for the program: any
 * thread, any time.  Bytes freed, or -ENOMEM if not all of it is droppable
 * memory, of our making or of the kernel's; then nothing is dropped.
 */
int64_t drp_reclaim_range(uintptr_t start, uintptr_t end);

#endif
