/* SPDX-License-Identifier: MIT */
/* In what pieces memory is gone over: no lock is to be held for long. */
#include <string.h>
#include <sys/mman.h>

#include "../claims.h"
#include "base/sys.h"
#include "core/guard.h"
#include "core/mapping.h"
#include "core/watcher.h"
#include "droppable.h"

#define MIB ((size_t)1 << 20)
#define GIB ((size_t)1 << 30)
/* As much as may be mapped. */
#define HUGE_BYTES ((size_t)1 << (sizeof(size_t) > 4 ? 44 : 30))

/* Dense memory takes 0.1 to 0.3 us a page: a few milliseconds. */
#define DENSE_MAX (64 * MIB)

struct seen {
	size_t pieces;
	size_t bytes;
	size_t resident;
	size_t resident_max; /* Of one piece. */
};

static bool see(void *context, uintptr_t start, size_t len_bytes)
{
	static unsigned char vec[DRP_GUARD_PIECE_MAX / 4096];
	size_t page_bytes = drp_page_bytes();
	struct seen *seen = context;
	size_t resident = 0;

	ck_assert_int_eq(mincore((void *)start, len_bytes, vec), 0);
	for (size_t i = 0; i < len_bytes / page_bytes; i++)
		resident += (vec[i] & 1) * page_bytes;
	seen->pieces++;
	seen->bytes += len_bytes;
	seen->resident += resident;
	if (resident > seen->resident_max)
		seen->resident_max = resident;
	return true;
}

static bool count(void *context, uintptr_t start, size_t len_bytes)
{
	struct seen *seen = context;

	(void)start;
	seen->pieces++;
	seen->bytes += len_bytes;
	return true;
}

static char *droppable(size_t len)
{
	long at;

	setenv("DROPPABLE_MODE", "emulate", 1);
	/* Walks are made by one thread at a time: here by this one. */
	drp_watcher_pause();
	at = drp_mapping_mmap(0, len, PROT_READ | PROT_WRITE,
			      MAP_ANONYMOUS | MAP_DROPPABLE, -1, 0);
	ck_assert(!drp_failed(at));
	return (char *)at;
}

/* Sparse memory teaches that pieces may be large. */
static struct seen walk_often(drp_guard_act act)
{
	struct seen seen;

	for (int i = 0; i < 3; i++) {
		memset(&seen, 0, sizeof(seen));
		drp_guard_walk(DRP_GUARD_ALL, 0, count, &seen);
	}
	memset(&seen, 0, sizeof(seen));
	drp_guard_walk(DRP_GUARD_ALL, 0, act, &seen);
	return seen;
}

START_TEST(dense_memory_behind_sparse_memory_goes_in_short_pieces)
{
	char *at = droppable(GIB + 256 * MIB);
	struct seen seen;

	memset(at + GIB, 'd', 256 * MIB);
	seen = walk_often(see);
	ck_assert_uint_eq(seen.bytes, GIB + 256 * MIB);
	ck_assert_uint_eq(seen.resident, 256 * MIB);
	ck_assert_uint_le(seen.resident_max, DENSE_MAX);
}
END_TEST

START_TEST(sparse_memory_goes_in_few_pieces)
{
	struct seen seen;

	droppable(HUGE_BYTES);
	seen = walk_often(count);
	ck_assert_uint_eq(seen.bytes, HUGE_BYTES);
	ck_assert_uint_lt(seen.pieces, 100000);
}
END_TEST

START_TEST(ten_thousand_regions_go_one_by_one)
{
	size_t page = drp_page_bytes();
	char *at = droppable(20000 * page);
	struct seen seen;

	for (size_t i = 1; i < 20000; i += 2)
		drp_mapping_munmap((uintptr_t)at + i * page, page);
	seen = walk_often(count);
	ck_assert_uint_eq(seen.pieces, 10000);
	ck_assert_uint_eq(seen.bytes, 10000 * page);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		dense_memory_behind_sparse_memory_goes_in_short_pieces,
		sparse_memory_goes_in_few_pieces,
		ten_thousand_regions_go_one_by_one,
	};

	return CLAIMS_RUN("guard", claims);
}
