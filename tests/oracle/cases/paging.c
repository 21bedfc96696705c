/* SPDX-License-Identifier: MIT */
/*
 * Advice that brings pages or takes them away: MADV_FREE and writes after it,
 * MADV_PAGEOUT, MADV_DONTNEED, MADV_POPULATE_READ and _WRITE.  None of it is
 * under memory pressure.
 */
#include <string.h>

#include "oracle/layout.h"
#include "oracle/limits.h"

static void fill(size_t first, size_t pages, int byte)
{
	memset(at_page(first), byte, pages_len(pages));
}

/* Natively dirty pages are dropped as well: no write makes them undroppable. */
static void free_write_pageout(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 4, 'd');
	say_advised(door, 0, 4, ADVICE_FREE);
	say_held(0, 4);
	fill(1, 2, 'w');
	say_held(0, 4);
	say_advised(door, 0, 4, ADVICE_PAGEOUT);
	say_held(0, 4);
}

static void free_write_one_byte(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 2, 0);
	fill(0, 1, 'd');
	say_advised(door, 0, 2, ADVICE_FREE);
	at_page(0)[1] = 'w';
	at_page(1)[0] = 'w';
	say_pages(0, 2);
	say_advised(door, 0, 2, ADVICE_PAGEOUT);
	say_pages(0, 2);
}

/* Of ordinary memory what was not written since goes, if it is paged out. */
static void free_write_pageout_mixed(const struct door *door)
{
	stay_here();
	lay_mixed(door);
	say_advised(door, 0, 6, ADVICE_FREE);
	fill(1, 2, 'w');
	say_held(0, 6);
	say_advised(door, 0, 6, ADVICE_PAGEOUT);
	say_held(0, 6);
}

static void free_twice(const struct door *door)
{
	map_droppable(door, 0, 2, 'd');
	say_advised(door, 0, 2, ADVICE_FREE);
	fill(0, 1, 'w');
	say_advised(door, 0, 2, ADVICE_FREE);
	say_held(0, 2);
	say_advised(door, 0, 2, MADV_DONTNEED);
	say_held(0, 2);
}

static void pageout_again(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 2, 'd');
	for (int i = 0; i < 3; i++) {
		say_advised(door, 0, 2, ADVICE_PAGEOUT);
		say_held(0, 2);
		fill(0, 2, 'x');
		say_held(0, 2);
	}
}

/* The page that is all zeros is everybody's and stays. */
static void pageout_of_zeros(const struct door *door)
{
	volatile char *byte = map_droppable(door, 0, 3, 0);

	stay_here();
	(void)*byte;
	byte[pages_len(1)] = 0;
	say_held(0, 3);
	say_advised(door, 0, 3, ADVICE_PAGEOUT);
	say_held(0, 3);
}

static void pageout_reads_zero(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 3, 'd');
	say_advised(door, 1, 1, ADVICE_PAGEOUT);
	say("%d %d %d", at_page(0)[0], at_page(1)[0], at_page(2)[0]);
	at_page(1)[1] = 'w';
	say_pages(0, 3);
}

static void pageout_after_cold(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 2, 'd');
	say_advised(door, 0, 2, ADVICE_COLD);
	say_advised(door, 0, 1, ADVICE_PAGEOUT);
	say_held(0, 2);
}

/* Protection is for the program, not for the kernel. */
static void pageout_read_only(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 4, 'd');
	protect(door, 0, 2, PROT_READ);
	protect(door, 2, 2, PROT_NONE);
	say_advised(door, 1, 2, ADVICE_PAGEOUT);
	say_pages(0, 4);
	protect(door, 0, 4, RW);
	say_pages(0, 4);
}

static void pageout_after_mremap(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 3, 'd');
	say_moved(door, 0, 3, 3, 8);
	say_advised(door, 8, 2, ADVICE_PAGEOUT);
	say_held(8, 3);
}

/* What became ordinary is kept, what became droppable is not. */
static void pageout_after_replacing(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 3, 'd');
	map_ordinary(door, 1, 1, 'o');
	map_ordinary(door, 3, 3, 'o');
	map_droppable(door, 4, 1, 'd');
	say_held(0, 6);
	say_advised(door, 0, 6, ADVICE_PAGEOUT);
	say_held(0, 6);
}

static void write_and_page_out(const struct door *door)
{
	stay_here();
	say_held(0, 3);
	fill(0, 2, 'c');
	say_advised(door, 1, 2, ADVICE_PAGEOUT);
	say_held(0, 3);
}

static void pageout_in_a_child(const struct door *door)
{
	map_droppable(door, 0, 3, 'd');
	in_child(fork, write_and_page_out, door);
	say_held(0, 3);
}

static void free_in_child(const struct door *door)
{
	say_advised(door, 0, 3, ADVICE_FREE);
	fill(1, 1, 'c');
	say_advised(door, 0, 3, MADV_DONTNEED);
	say_held(0, 3);
}

static void dontneed_in_a_child(const struct door *door)
{
	map_droppable(door, 0, 3, 'd');
	say_advised(door, 0, 1, ADVICE_FREE);
	in_child(fork, free_in_child, door);
	say_held(0, 3);
}

static void dontneed_locked(const struct door *door)
{
	lay_mixed(door);
	say_lock(door, 0, 6);
	say_advised(door, 0, 6, ADVICE_DONTNEED_LOCKED);
	say_pages(0, 6);
	map_droppable(door, 0, 3, 'd');
	unmap(door, 1, 1);
	say_advised(door, 0, 3, ADVICE_DONTNEED_LOCKED);
	say_held(0, 3);
}

/* Of droppable memory nothing is locked, so nothing refuses. */
static const int taking[] = {MADV_DONTNEED, ADVICE_FREE, ADVICE_COLD,
			     ADVICE_PAGEOUT};

static void lock_and_advise(const struct door *door, size_t ordinary)
{
	stay_here();
	for (size_t i = 0; i < sizeof(taking) / sizeof(*taking); i++) {
		map_droppable(door, 0, 3, 'd');
		if (ordinary < 3)
			map_ordinary(door, ordinary, 1, 'o');
		must(!door->mlock(at_page(0), pages_len(3)), "lock");
		say_advised(door, 0, 3, taking[i]);
		say_held(0, 3);
	}
}

static void locked(const struct door *door)
{
	lock_and_advise(door, 3);
}

/* Locked ordinary memory refuses, before or behind what is droppable. */
static void locked_first(const struct door *door)
{
	lock_and_advise(door, 0);
}

static void locked_last(const struct door *door)
{
	lock_and_advise(door, 2);
}

static void populate(const struct door *door, int advice)
{
	map_droppable(door, 0, 4, 0);
	fill(1, 1, 'd');
	say_advised(door, 0, 3, advice);
	say_held(0, 4);
	say_result(door->madvise(at_page(3), 1, advice));
	say_held(0, 4);
	say_result(door->madvise(at_page(3) + 1, 1, advice));
	say_advised(door, 3, 0, advice);
}

static void populate_read(const struct door *door)
{
	populate(door, ADVICE_POPULATE_READ);
}

static void populate_write(const struct door *door)
{
	populate(door, ADVICE_POPULATE_WRITE);
}

static void populate_mixed(const struct door *door)
{
	lay_mixed_untouched(door, 0);
	say_advised(door, 1, 4, ADVICE_POPULATE_WRITE);
	say_pages(0, 6);
	say_advised(door, 0, 6, ADVICE_POPULATE_READ);
	say_pages(0, 6);
}

/* Unlike other advice it stops where something is wrong. */
static void populate_split(const struct door *door)
{
	map_droppable(door, 0, 6, 0);
	protect(door, 1, 1, PROT_READ);
	protect(door, 3, 1, PROT_NONE);
	say_advised(door, 0, 6, ADVICE_POPULATE_WRITE);
	say_held(0, 6);
	say_advised(door, 0, 6, ADVICE_POPULATE_READ);
	say_held(0, 6);
}

static void populate_holed(const struct door *door)
{
	map_droppable(door, 0, 6, 0);
	unmap(door, 2, 1);
	say_advised(door, 0, 6, ADVICE_POPULATE_WRITE);
	say_held(0, 6);
	say_advised(door, 2, 3, ADVICE_POPULATE_WRITE);
	say_advised(door, 2, 1, ADVICE_POPULATE_READ);
	say_held(0, 6);
}

/* Populated pages are as droppable as others. */
static void populate_then_pageout(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 4, 'd');
	say_advised(door, 0, 4, ADVICE_FREE);
	say_advised(door, 0, 4, ADVICE_POPULATE_WRITE);
	say_held(0, 4);
	say_advised(door, 0, 4, ADVICE_PAGEOUT);
	say_held(0, 4);
	say_advised(door, 0, 2, ADVICE_POPULATE_WRITE);
	say_held(0, 4);
	say_advised(door, 0, 4, ADVICE_PAGEOUT);
	say_held(0, 4);
}

/* 2 MiB, where one page may be made of many. */
static void hugepage_pageout(const struct door *door)
{
	size_t len = 2 * HUGE_PAGE_LEN, kept = 0;
	char *at;

	stay_here();
	at = map_huge_pages(door, DROPPABLE);
	say_result(door->madvise(at, len, MADV_HUGEPAGE));
	memset(at, 'd', len);
	say_result(door->madvise(at, len, ADVICE_PAGEOUT));
	for (size_t i = 0; i < len; i++)
		kept += at[i] != 0;
	say("%zu", kept);
	memset(at, 'd', len);
	say_result(
		door->madvise(at + pages_len(1), pages_len(1), MADV_DONTNEED));
	for (size_t i = 0; i < len; i++)
		kept += at[i] == 0;
	say("%d", kept == arena.page_bytes);
}

const struct test_case paging_cases[] = {
	{"free_write_pageout", free_write_pageout, NO_TWIN, NULL},
	{"free_write_one_byte", free_write_one_byte, NO_TWIN, NULL},
	{"free_write_pageout_mixed", free_write_pageout_mixed, NO_TWIN,
	 "MADV_COLD"},
	{"free_twice", free_twice, NO_TWIN, NULL},
	{"pageout_again", pageout_again, NO_TWIN, NULL},
	{"pageout_of_zeros", pageout_of_zeros, NO_TWIN, "MADV_COLD"},
	{"pageout_reads_zero", pageout_reads_zero, NO_TWIN, NULL},
	{"pageout_after_cold", pageout_after_cold, NO_TWIN, NULL},
	{"pageout_read_only", pageout_read_only, NO_TWIN, NULL},
	{"pageout_after_mremap", pageout_after_mremap, NO_TWIN, NULL},
	{"pageout_after_replacing", pageout_after_replacing, NO_TWIN,
	 "MADV_COLD"},
	{"pageout_in_a_child", pageout_in_a_child, NO_TWIN, NULL},
	{"dontneed_in_a_child", dontneed_in_a_child, NO_TWIN, NULL},
	{"dontneed_locked", dontneed_locked, NO_TWIN, "MADV_DONTNEED_LOCKED"},
	{"locked_each_advice", locked, NO_TWIN, NULL},
	{"locked_each_advice_first", locked_first, NO_TWIN, "MADV_COLD"},
	{"locked_each_advice_last", locked_last, NO_TWIN, "MADV_COLD"},
	{"populate_read", populate_read, NO_TWIN, "MADV_POPULATE_WRITE"},
	{"populate_write", populate_write, NO_TWIN, "MADV_POPULATE_WRITE"},
	{"populate_mixed", populate_mixed, NO_TWIN, "MADV_POPULATE_WRITE"},
	{"populate_split", populate_split, NO_TWIN, "MADV_POPULATE_WRITE"},
	{"populate_holed", populate_holed, NO_TWIN, "populating-up-to-a-hole"},
	{"populate_then_pageout", populate_then_pageout, NO_TWIN,
	 "MADV_POPULATE_WRITE"},
	{"hugepage_pageout", hugepage_pageout, NO_TWIN, "MADV_HUGEPAGE"},
	{0},
};
