/* SPDX-License-Identifier: MIT */
#include "core/reclaim.h"

#include <stdbool.h>
#include <sys/mman.h>

#include "base/log.h"
#include "base/sys.h"
#include "base/uapi.h"
#include "core/guard.h"

struct round {
	uint64_t goal_bytes;
	uint64_t bytes;
};

/* Where the next drop starts: the hand of a clock. */
static uintptr_t drop_hand;

static bool arm_piece(void *context, uintptr_t start, size_t len_bytes)
{
	struct round *round = context;

	/* EINVAL: locked by a raw system call.  Then it cannot be droppable. */
	if (!DRP_SYS(SYS_madvise, start, len_bytes, MADV_FREE))
		round->bytes += len_bytes;
	return true;
}

/*
 * One byte a page, pages being 4 KiB at least.  Seldom used, and then only as
 * far as the pieces go: what is not touched costs nothing.
 */
static uint64_t resident_bytes(uintptr_t start, size_t len_bytes)
{
	static unsigned char present[DRP_GUARD_PIECE_MAX / 4096];
	size_t pages = len_bytes / drp_page_bytes();
	uint64_t count = 0;

	if (DRP_SYS(SYS_mincore, start, len_bytes, present))
		return 0;
	for (size_t i = 0; i < pages; i++)
		count += present[i] & 1;
	return count * drp_page_bytes();
}

static bool drop_piece(void *context, uintptr_t start, size_t len_bytes)
{
	struct round *round = context;
	uint64_t resident = resident_bytes(start, len_bytes);

	if (!DRP_SYS(SYS_madvise, start, len_bytes, MADV_DONTNEED))
		round->bytes += resident;
	return round->bytes < round->goal_bytes;
}

struct drp_reclaim_result drp_reclaim_arm(void)
{
	int64_t begin_us = drp_now_us();
	struct round round = {0};
	struct drp_reclaim_result result;

	drp_guard_walk(0, arm_piece, &round);
	result.bytes = round.bytes;
	result.cost_us = drp_now_us() - begin_us;
	drp_log(DRP_LOG_DEBUG, "armed %l bytes in %l us", (int64_t)result.bytes,
		result.cost_us);
	return result;
}

struct drp_reclaim_result drp_reclaim_drop(uint64_t goal_bytes)
{
	int64_t begin_us = drp_now_us();
	struct round round = {.goal_bytes = goal_bytes};
	struct drp_reclaim_result result;

	drop_hand = drp_guard_walk(drop_hand, drop_piece, &round);
	result.bytes = round.bytes;
	result.cost_us = drp_now_us() - begin_us;
	drp_log(DRP_LOG_DEBUG, "dropped %l bytes in %l us",
		(int64_t)result.bytes, result.cost_us);
	return result;
}
