/* SPDX-License-Identifier: MIT */
/*
 * Dropping by force: which regions go, and in what order.  Arming: page by
 * page; and what is told of what the kernel took.
 */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../behaviour/droppable_memory.h"
#include "../claims.h"
#include "base/sys.h"
#include "core/advice.h"
#include "core/mapping.h"
#include "core/pins.h"
#include "core/reclaim.h"
#include "core/remap.h"
#include "core/watcher.h"
#include "droppable.h"

#define REGIONS 6
#define MIB ((size_t)1 << 20)
/* On most machines. */
#define HUGE_PAGE (2 * MIB)
/* A batch on the way to its list, which is not counted yet. */
#define BATCH_KIB 128

/* In order of creation; addresses are in another order. */
static char *region[REGIONS];

static char *place_of(size_t i, size_t len)
{
	static char *room;

	if (!room)
		room = mmap(NULL, 2 * REGIONS * len, PROT_NONE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(room, MAP_FAILED);
	/* 5 is no divisor of 6: each place once; a gap behind each. */
	return room + i * 5 % REGIONS * 2 * len;
}

static void make_regions(size_t len)
{
	setenv("DROPPABLE_MODE", "emulate", 1);
	/* Walks are made by one thread at a time: here by this one. */
	drp_watcher_pause();
	for (size_t i = 0; i < REGIONS; i++) {
		region[i] = place_of(i, len);
		ck_assert_int_eq(drp_mapping_mmap((uintptr_t)region[i], len,
						  PROT_READ | PROT_WRITE,
						  MAP_ANONYMOUS |
							  MAP_DROPPABLE |
							  MAP_FIXED,
						  -1, 0),
				 (long)(uintptr_t)region[i]);
		memset(region[i], 'x', len);
	}
}

/* A letter for each region: kept, dropped, or partly so. */
static const char *state(size_t len)
{
	static char text[REGIONS + 1];

	for (size_t i = 0; i < REGIONS; i++) {
		size_t kept = 0;

		for (size_t at = 0; at < len; at += page_bytes())
			kept += region[i][at] == 'x';
		text[i] = kept == len / page_bytes() ? 'k' : kept ? 'p' : 'd';
	}
	return text;
}

START_TEST(the_oldest_regions_go_first)
{
	make_regions(MIB);
	ck_assert_uint_eq(drp_reclaim_drop(1).bytes, MIB);
	ck_assert_str_eq(state(MIB), "dkkkkk");
	ck_assert_uint_eq(drp_reclaim_drop(MIB + 1).bytes, 2 * MIB);
	ck_assert_str_eq(state(MIB), "dddkkk");
}
END_TEST

START_TEST(what_was_dropped_and_filled_again_is_the_youngest)
{
	make_regions(MIB);
	drp_reclaim_drop(2 * MIB);
	memset(region[0], 'x', MIB);
	memset(region[1], 'x', MIB);
	drp_reclaim_drop(4 * MIB);
	ck_assert_str_eq(state(MIB), "kkdddd");
}
END_TEST

START_TEST(a_large_region_goes_in_pieces)
{
	size_t len = 32 * MIB;

	make_regions(len);
	drp_reclaim_drop(1);
	ck_assert_str_eq(state(len), "pkkkkk");
	/* From where the last drop ended: not its empty part once more. */
	while (state(len)[0] == 'p')
		ck_assert_uint_gt(drp_reclaim_drop(1).bytes, 0);
	ck_assert_str_eq(state(len), "dkkkkk");
}
END_TEST

START_TEST(without_a_limit_everything_goes)
{
	make_regions(MIB);
	ck_assert_uint_eq(drp_reclaim_drop(UINT64_MAX).bytes, REGIONS * MIB);
	ck_assert_str_eq(state(MIB), "dddddd");
}
END_TEST

START_TEST(where_nothing_is_resident_nothing_is_freed)
{
	make_regions(MIB);
	drp_reclaim_drop(UINT64_MAX);
	ck_assert_uint_eq(drp_reclaim_drop(1).bytes, 0);
	ck_assert_uint_eq(drp_reclaim_drop(UINT64_MAX).bytes, 0);
}
END_TEST

START_TEST(armed_memory_keeps_its_content_and_is_dropped_like_other)
{
	make_regions(MIB);
	ck_assert_uint_eq(drp_reclaim_arm().bytes, REGIONS * MIB);
	ck_assert_str_eq(state(MIB), "kkkkkk");
	drp_reclaim_drop(1);
	ck_assert_str_eq(state(MIB), "dkkkkk");
}
END_TEST

/* Labels are given only so often, see label.c. */
START_TEST(what_was_made_a_moment_ago_goes_like_the_rest)
{
	char *last;

	make_regions(MIB);
	drp_reclaim_arm();
	last = region[REGIONS - 1];
	ck_assert_int_eq(drp_mapping_munmap((uintptr_t)last, MIB), 0);
	ck_assert_int_eq(
		drp_mapping_mmap((uintptr_t)last, MIB, PROT_READ | PROT_WRITE,
				 MAP_ANONYMOUS | MAP_DROPPABLE | MAP_FIXED, -1,
				 0),
		(long)(uintptr_t)last);
	memset(last, 'x', MIB);
	ck_assert_uint_eq(drp_reclaim_drop(UINT64_MAX).bytes, REGIONS * MIB);
	ck_assert_str_eq(state(MIB), "dddddd");
}
END_TEST

START_TEST(what_is_resident_is_counted)
{
	make_regions(MIB);
	ck_assert_uint_eq(drp_reclaim_count().resident_bytes, REGIONS * MIB);
	ck_assert_int_eq(madvise(region[2], MIB / 2, MADV_DONTNEED), 0);
	ck_assert_uint_eq(drp_reclaim_count().resident_bytes,
			  REGIONS * MIB - MIB / 2);
	drp_reclaim_arm();
	ck_assert_uint_eq(drp_reclaim_count().resident_bytes,
			  REGIONS * MIB - MIB / 2);
}
END_TEST

#if SIZE_MAX > UINT32_MAX
START_TEST(too_much_to_count_is_not_counted)
{
	make_regions(MIB);
	ck_assert_int_gt(drp_mapping_mmap(0, (size_t)8 << 30,
					  PROT_READ | PROT_WRITE,
					  MAP_ANONYMOUS | MAP_DROPPABLE, -1, 0),
			 0);
	ck_assert_uint_eq(drp_reclaim_count().resident_bytes, UINT64_MAX);
}
END_TEST
#endif

static int kib(const char *at, const char *key)
{
	char value[64];

	smaps_value(at, key, value, sizeof(value));
	return atoi(value);
}

/* Two huge pages and nothing else, if this machine has them. */
static bool fill_huge(char *at)
{
	DRP_SYS(SYS_madvise, at, 2 * HUGE_PAGE, MADV_HUGEPAGE);
	memset(at, 'x', 2 * HUGE_PAGE);
	return kib(at, "AnonHugePages:") == 2 * HUGE_PAGE / 1024;
}

/* Room for them, or MAP_FAILED. */
static char *huge_place(void)
{
	char *room = mmap(NULL, 4 * HUGE_PAGE, PROT_NONE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return room == MAP_FAILED
		       ? room
		       : room + HUGE_PAGE - (uintptr_t)room % HUGE_PAGE;
}

static bool has_huge_pages(void)
{
	char *at = huge_place();

	return at != MAP_FAILED &&
	       !mprotect(at, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE) &&
	       fill_huge(at);
}

START_TEST(a_write_to_an_armed_huge_page_disarms_one_page_of_it)
{
	char *at = huge_place();

	ck_assert_ptr_ne(at, MAP_FAILED);
	setenv("DROPPABLE_MODE", "emulate", 1);
	drp_watcher_pause();
	ck_assert_int_eq(drp_mapping_mmap((uintptr_t)at, 2 * HUGE_PAGE, RW,
					  D | MAP_FIXED, -1, 0),
			 (long)(uintptr_t)at);
	ck_assert(fill_huge(at));
	drp_reclaim_arm();
	at[0] = 'y';
	at[2 * HUGE_PAGE - 1] = 'y';
	ck_assert_int_ge(kib(at, "LazyFree:"),
			 2 * HUGE_PAGE / 1024 - 2 * 4 - BATCH_KIB);
}
END_TEST

static uint64_t vanished(void)
{
	return drp_reclaim_arm().vanished_bytes;
}

/* As when the kernel takes them: the registry is not told. */
static void take_pages(char *at, size_t pages)
{
	ck_assert_int_eq(
		DRP_SYS(SYS_madvise, at, pages * page_bytes(), MADV_DONTNEED),
		0);
}

START_TEST(what_the_kernel_took_is_noticed_at_the_next_arming)
{
	make_regions(MIB);
	ck_assert_uint_eq(vanished(), 0);
	take_pages(region[2], 10);
	take_pages(region[4] + MIB / 2, 3);
	ck_assert_uint_eq(vanished(), 13 * page_bytes());
	ck_assert_uint_eq(vanished(), 0);
	/* What came back was not missed. */
	take_pages(region[2] + MIB / 2, 5);
	memset(region[2], 'x', 2 * page_bytes());
	ck_assert_uint_eq(vanished(), 3 * page_bytes());
}
END_TEST

START_TEST(what_others_took_is_not_taken_for_the_kernels)
{
	char *last;

	make_regions(MIB);
	ck_assert_uint_eq(vanished(), 0);
	drp_reclaim_drop(1);
	ck_assert_int_gt(drp_reclaim_range((uintptr_t)region[1],
					   (uintptr_t)region[1] + page_bytes()),
			 0);
	ck_assert_int_eq(drp_advice_madvise((uintptr_t)region[2], page_bytes(),
					    MADV_DONTNEED),
			 0);
	ck_assert_int_eq(
		drp_advice_madvise((uintptr_t)region[3], page_bytes(), 21), 0);
	ck_assert_int_eq(drp_mapping_munmap((uintptr_t)region[4], page_bytes()),
			 0);
	last = region[5];
	ck_assert_int_eq(drp_remap((uintptr_t)last, MIB, MIB / 2, 0, 0),
			 (long)(uintptr_t)last);
	ck_assert_uint_eq(vanished(), 0);
	/* From then on it is counted again. */
	for (size_t i = 1; i < 4; i++)
		take_pages(region[i] + MIB / 2, 1);
	ck_assert_uint_eq(vanished(), 3 * page_bytes());
}
END_TEST

START_TEST(what_is_pinned_is_not_missed)
{
	long at;

	make_regions(MIB);
	at = drp_mapping_pinnable(MIB, PROT_READ | PROT_WRITE);
	memset((void *)at, 'x', MIB);
	ck_assert_uint_eq(vanished(), 0);
	ck_assert_int_eq(
		drp_pins_pin((uintptr_t)at + page_bytes(), page_bytes(), NULL),
		0);
	ck_assert_uint_eq(vanished(), 0);
	take_pages((char *)at + MIB / 2, 4);
	ck_assert_uint_eq(vanished(), 4 * page_bytes());
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		the_oldest_regions_go_first,
		what_was_dropped_and_filled_again_is_the_youngest,
		a_large_region_goes_in_pieces,
		without_a_limit_everything_goes,
		where_nothing_is_resident_nothing_is_freed,
		armed_memory_keeps_its_content_and_is_dropped_like_other,
		what_was_made_a_moment_ago_goes_like_the_rest,
		what_is_resident_is_counted,
#if SIZE_MAX > UINT32_MAX
		too_much_to_count_is_not_counted,
#endif
		claim_if(has_huge_pages(), "huge pages",
			 a_write_to_an_armed_huge_page_disarms_one_page_of_it),
		what_the_kernel_took_is_noticed_at_the_next_arming,
		what_others_took_is_not_taken_for_the_kernels,
		what_is_pinned_is_not_missed,
	};

	return CLAIMS_RUN("reclaim", claims);
}
