/* SPDX-License-Identifier: MIT */
#include "core/reclaim.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/census.h"
#include "core/guard.h"
#include "core/huge.h"
#include "core/process.h"
#include "core/region.h"
#include "core/stats.h"
#include "core/vma.h"

/* More is not looked into, but taken to be resident: it may be very sparse. */
#define COUNT_BYTES_MAX ((uint64_t)4 << 30)

struct round {
	uint64_t goal_bytes;
	uint64_t bytes;
	uint64_t resident_bytes;
	uint64_t counted_bytes;
	uint64_t vanished_bytes;
	bool huge; /* There may be huge pages. */
	/* Of the region the walk is in, up to there, if from its start on. */
	size_t seen_bytes;
	uintptr_t seen_to;
};

/*
 * Held during a walk, with signals blocked.  Order: before the registry lock.
 * A fork child finds it free.
 */
static struct drp_lock walking;

/* Where the last drop ended, in the middle of a region maybe. */
static uintptr_t drop_hand;

/*
 * What the last arming found in a region and is there no longer, the kernel has
 * taken, for whoever else takes pages clears the flag.  More may have been
 * taken and come back.
 */
static void see(struct round *round, uintptr_t start, uintptr_t end,
		uint64_t resident)
{
	struct drp_region region;

	if (!drp_region_get(start, &region))
		return;
	if (region.start == start) {
		round->seen_bytes = 0;
		if (!(region.flags & DRP_REGION_SEEN)) {
			region.seen_bytes = 0;
			region.flags |= DRP_REGION_SEEN;
			drp_region_see(start, 0);
			drp_region_set_flags(start, DRP_REGION_SEEN, 0);
		}
	} else if (round->seen_to != start) {
		return;
	}
	round->seen_bytes += (size_t)resident;
	round->seen_to = end;
	if (end < region.end || !(region.flags & DRP_REGION_SEEN))
		return;
	if (region.seen_bytes > round->seen_bytes)
		round->vanished_bytes += region.seen_bytes - round->seen_bytes;
	drp_region_see(region.start, round->seen_bytes);
}

/* False if it is locked by a raw system call (EINVAL), so that it must stay. */
static bool arm_run(const struct drp_region *run)
{
	drp_stats_add(&drp_stats.arm_calls, 1);
	return !DRP_SYS(SYS_madvise, run->start, run->end - run->start,
			MADV_FREE);
}

static bool arm_piece(void *context, uintptr_t start, size_t len_bytes)
{
	struct round *round = context;
	uintptr_t end = start + len_bytes;
	bool count = round->bytes < COUNT_BYTES_MAX;
	uint64_t counted = 0;
	size_t armed = 0;
	struct drp_region run;

	round->huge = round->huge || drp_huge_any(start);
	for (uintptr_t at = start; drp_region_unpinned(at, end, &run);
	     at = run.end) {
		if (!arm_run(&run))
			continue;
		if (count)
			counted += drp_vma_resident(run.start, run.end);
		armed += run.end - run.start;
	}
	round->bytes += armed;
	round->counted_bytes += counted;
	round->resident_bytes += count ? counted : armed;
	if (count)
		see(round, start, end,
		    armed == len_bytes ? counted
				       : drp_vma_resident(start, end));
	return true;
}

/* What was written to meanwhile was disarmed as a whole. */
static bool split_piece(void *context, uintptr_t start, size_t len_bytes)
{
	uintptr_t end = start + len_bytes;
	struct drp_region run;

	(void)context;
	if (!drp_huge_split(start, end))
		return true;
	for (; drp_region_unpinned(start, end, &run); start = run.end)
		arm_run(&run);
	return true;
}

/* What nobody has pinned of a piece.  Bytes freed. */
static uint64_t drop_unpinned(uintptr_t start, uintptr_t end)
{
	struct drp_region run;
	uint64_t freed = 0;

	drp_region_clear_flags(start, end, DRP_REGION_SEEN);
	for (; drp_region_unpinned(start, end, &run); start = run.end) {
		uint64_t resident = drp_vma_resident(run.start, run.end);

		drp_stats_add(&drp_stats.drop_calls, 1);
		if (!DRP_SYS(SYS_madvise, run.start, run.end - run.start,
			     MADV_DONTNEED))
			freed += resident;
	}
	return freed;
}

static bool drop_piece(void *context, uintptr_t start, size_t len_bytes)
{
	struct round *round = context;
	uintptr_t end = start + len_bytes;
	struct drp_region region;

	round->bytes += drop_unpinned(start, end);
	/* Dropped to its end: what comes into it from now on is new. */
	if (drp_region_get(start, &region) && region.end == end)
		drp_region_renew(region.start);
	return round->bytes < round->goal_bytes;
}

struct drp_reclaim_result drp_reclaim_arm(void)
{
	int64_t begin_us = drp_now_us(), cpu_begin_us = drp_cpu_us();
	struct round round = {0};
	struct drp_reclaim_result result;
	drp_sigmask mask;

	mask = drp_lock(&walking);
	drp_guard_walk(DRP_GUARD_ALL, 0, arm_piece, &round);
	if (round.huge)
		drp_guard_walk(DRP_GUARD_ALL, 0, split_piece, NULL);
	drp_unlock(&walking, mask);
	result.bytes = round.bytes;
	result.resident_bytes = round.resident_bytes;
	result.counted_bytes = round.counted_bytes;
	result.vanished_bytes = round.vanished_bytes;
	result.took_us = drp_now_us() - begin_us;
	result.cpu_us = drp_cpu_us() - cpu_begin_us;
	drp_stats_add(&drp_stats.armings, 1);
	drp_stats_set(&drp_stats.armed_bytes, result.counted_bytes);
	drp_stats_set(&drp_stats.last_arming_us,
		      (uint64_t)(begin_us + result.took_us));
	drp_log(DRP_LOG_DEBUG,
		"armed %l bytes, %l resident, in %l us, %l of a CPU",
		(int64_t)result.bytes, (int64_t)result.resident_bytes,
		result.took_us, result.cpu_us);
	return result;
}

static void count_piece(void *context, uintptr_t start, uintptr_t end,
			const struct drp_census *piece)
{
	struct round *round = context;

	round->counted_bytes += piece->free_bytes;
	see(round, start, end, piece->resident_bytes);
}

struct drp_reclaim_result drp_reclaim_count(void)
{
	int64_t cpu_begin_us = drp_cpu_us();
	struct drp_reclaim_result result = {.resident_bytes = UINT64_MAX};
	struct round round = {0};
	drp_sigmask mask;

	if (drp_region_bytes() > COUNT_BYTES_MAX)
		return result;
	mask = drp_lock(&walking);
	drp_census_walk(count_piece, &round);
	drp_unlock(&walking, mask);
	result.resident_bytes = round.counted_bytes;
	result.vanished_bytes = round.vanished_bytes;
	result.cpu_us = drp_cpu_us() - cpu_begin_us;
	return result;
}

/* Of the regions that exist now: all of them have a difference up to *span. */
static struct drp_guard_scope oldest_scope(bool guest, uint32_t *span)
{
	drp_sigmask mask = drp_region_lock();
	struct drp_guard_scope scope = {.oldest = drp_region_oldest(),
					.thorough = true,
					.guest = guest};

	*span = drp_region_latest() - scope.oldest;
	drp_region_unlock(mask);
	return scope;
}

/*
 * The oldest alone, then twice as many, and so on: near the old end in order of
 * age, and few walks however many regions there are.
 */
static void drop_oldest(struct round *round, bool guest)
{
	uint32_t all;
	struct drp_guard_scope scope = oldest_scope(guest, &all);

	for (;;) {
		drop_hand = drp_guard_walk(scope, drop_hand, drop_piece, round);
		if (round->bytes >= round->goal_bytes || scope.span >= all)
			break;
		scope.span = scope.span < all / 2 ? 2 * scope.span + 1 : all;
	}
}

static struct drp_reclaim_result drop(uint64_t goal_bytes, bool guest)
{
	int64_t begin_us = drp_now_us(), cpu_begin_us = drp_cpu_us();
	struct drp_guard_scope everything = DRP_GUARD_ALL;
	struct round round = {.goal_bytes = goal_bytes};
	struct drp_reclaim_result result;
	drp_sigmask mask;

	everything.thorough = true;
	everything.guest = guest;
	mask = drp_lock(&walking);
	if (goal_bytes == UINT64_MAX)
		drp_guard_walk(everything, 0, drop_piece, &round);
	else
		drop_oldest(&round, guest);
	drp_unlock(&walking, mask);
	result.bytes = round.bytes;
	result.took_us = drp_now_us() - begin_us;
	result.cpu_us = drp_cpu_us() - cpu_begin_us;
	drp_log(DRP_LOG_DEBUG, "dropped %l bytes in %l us, %l of a CPU",
		(int64_t)result.bytes, result.took_us, result.cpu_us);
	return result;
}

struct drp_reclaim_result drp_reclaim_drop(uint64_t goal_bytes)
{
	return drop(goal_bytes, false);
}

uint64_t drp_reclaim_trim(uint64_t goal_bytes)
{
	return drop(goal_bytes, true).bytes;
}

void drp_reclaim_forked(void)
{
	walking.state = 0;
}

/* The kernel's own droppable memory, which the registry does not know. */
struct native {
	uintptr_t at, end;
	bool all; /* Up to `at` there is nothing else. */
};

static bool is_native(void *context, const struct drp_smaps *vma)
{
	struct native *native = context;

	if (vma->end <= native->at)
		return true;
	native->all = vma->start <= native->at && drp_smaps_has(vma, "dp");
	native->at = vma->end;
	return native->all && native->at < native->end;
}

static bool all_native(uintptr_t start, uintptr_t end)
{
	char text[DRP_VMA_TEXT_BYTES];
	struct native native = {.at = start, .end = end};

	return !drp_vma_walk(text, sizeof(text), is_native, &native) &&
	       native.all && native.at >= end;
}

static bool all_ours(uintptr_t start, uintptr_t end)
{
	drp_sigmask mask = drp_process_lock();
	bool ours = drp_region_covers(start, end);

	drp_region_unlock(mask);
	return ours;
}

static uint64_t drop_native(uintptr_t start, uintptr_t end)
{
	uint64_t resident = drp_vma_resident(start, end);

	drp_stats_add(&drp_stats.drop_calls, 1);
	return DRP_SYS(SYS_madvise, start, end - start, MADV_DONTNEED)
		       ? 0
		       : resident;
}

int64_t drp_reclaim_range(uintptr_t start, uintptr_t end)
{
	bool ours = all_ours(start, end);
	uint64_t freed = 0;

	if (!ours && !all_native(start, end))
		return -ENOMEM;
	while (start < end) {
		uintptr_t stop = end - start > DRP_GUARD_PIECE_MAX
					 ? start + DRP_GUARD_PIECE_MAX
					 : end;
		drp_sigmask mask = drp_region_lock();

		freed += ours ? drop_unpinned(start, stop)
			      : drop_native(start, stop);
		drp_region_unlock(mask);
		start = stop;
	}
	return (int64_t)freed;
}
