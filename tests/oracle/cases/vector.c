/* SPDX-License-Identifier: MIT */
/*
 * process_madvise() on oneself: each advice, several ranges, where it stops,
 * what it says it has done, and the order of errors.
 */
#include <limits.h>
#include <unistd.h>

#include "oracle/layout.h"
#include "oracle/limits.h"
#include "oracle/pidfds.h"

static void each(const struct door *door, const int *advices, size_t count)
{
	int self = myself();
	struct iovec all = range(0, 4);

	stay_here();
	for (size_t i = 0; i < count; i++) {
		map_droppable(door, 0, 4, 'd');
		say_given(door, self, &all, 1, advices[i]);
		say_held(0, 4);
	}
	say_pages(0, 4);
}

static void each_content(const struct door *door)
{
	static const int advices[] = {
		MADV_DONTNEED,	       ADVICE_FREE,
		ADVICE_PAGEOUT,	       ADVICE_COLD,
		MADV_WILLNEED,	       MADV_REMOVE,
		ADVICE_POPULATE_WRITE, ADVICE_DONTNEED_LOCKED,
	};

	each(door, advices, sizeof(advices) / sizeof(*advices));
}

static void each_mark(const struct door *door)
{
	static const int advices[] = {
		MADV_DODUMP,
		ADVICE_KEEPONFORK,
		MADV_MERGEABLE,
		MADV_DONTDUMP,
		ADVICE_WIPEONFORK,
		MADV_UNMERGEABLE,
		MADV_RANDOM,
		9999,
		-1,
	};

	each(door, advices, sizeof(advices) / sizeof(*advices));
}

static void each_guard(const struct door *door)
{
	static const int advices[] = {ADVICE_GUARD_INSTALL,
				      ADVICE_GUARD_REMOVE};

	each(door, advices, 2);
}

static void several_ranges(const struct door *door)
{
	struct iovec ranges[] = {range(4, 1), range(0, 2), range(1, 1)};

	stay_here();
	map_droppable(door, 0, 6, 'd');
	say_given(door, myself(), ranges, 3, ADVICE_PAGEOUT);
	say_held(0, 6);
}

static void mixed_ranges(const struct door *door)
{
	struct iovec ranges[] = {range(0, 3), range(3, 3)};

	stay_here();
	lay_mixed(door);
	say_given(door, myself(), ranges, 2, ADVICE_PAGEOUT);
	say_held(0, 6);
	say_given(door, myself(), ranges, 2, MADV_MERGEABLE);
	say_pages(0, 6);
}

/* It stops at the first error, and says the error only if it is the first. */
static void stops_at_a_refusal(const struct door *door)
{
	struct iovec ranges[] = {range(0, 2), range(2, 2), range(4, 2)};

	for (int pass = 0; pass < 2; pass++) {
		int advice = pass ? ADVICE_KEEPONFORK : MADV_DODUMP;

		map_ordinary(door, 0, 6, 0);
		advise(door, 0, 6, pass ? ADVICE_WIPEONFORK : MADV_DONTDUMP);
		map_droppable(door, 3, 1, 0);
		say_given(door, myself(), ranges, 3, advice);
		say_given(door, myself(), ranges + 1, 2, advice);
		say_pages(0, 6);
	}
}

static void stops_at_a_hole(const struct door *door)
{
	struct iovec ranges[] = {range(0, 1), range(1, 3), range(4, 2)};

	stay_here();
	for (int advice = ADVICE_COLD; advice <= ADVICE_PAGEOUT; advice++) {
		map_droppable(door, 0, 6, 'd');
		unmap(door, 2, 1);
		say_given(door, myself(), ranges, 3, advice);
		say_held(0, 6);
		say_given(door, myself(), ranges + 1, 2, advice);
		say_held(0, 6);
	}
}

/* Lengths count as they were given; a range of none is passed over. */
static void odd_lengths(const struct door *door)
{
	struct iovec ranges[] = {range(0, 1), range(1, 0), range(2, 2)};
	int self = myself();

	stay_here();
	map_droppable(door, 0, 6, 'd');
	ranges[0].iov_len = 1;
	ranges[2].iov_len = pages_len(1) + 1;
	say_given(door, self, ranges, 3, ADVICE_PAGEOUT);
	say_held(0, 6);
	say_given(door, self, ranges + 1, 1, MADV_DODUMP);
	say_given(door, self, ranges, 0, MADV_DODUMP);
	say_given(door, self, NULL, 0, MADV_DODUMP);
	say_given(door, self, ranges, 0, 9999);
	say_given(door, self, ranges + 1, 1, 9999);
	say_pages(0, 6);
}

static void unaligned(const struct door *door)
{
	struct iovec ranges[] = {range(0, 1), range(1, 1), range(2, 1)};
	int self = myself();

	stay_here();
	map_droppable(door, 0, 4, 'd');
	ranges[1].iov_base = at_page(1) + 1;
	say_given(door, self, ranges, 3, ADVICE_PAGEOUT);
	say_given(door, self, ranges + 1, 2, ADVICE_PAGEOUT);
	say_held(0, 4);
}

static void bad_ranges(const struct door *door)
{
	struct iovec many[IOV_MAX + 1];
	struct iovec bad[2] = {range(0, 1), range(0, 1)};
	int self = myself();

	stay_here();
	map_droppable(door, 0, 2, 'd');
	say_given(door, self, NULL, 1, ADVICE_PAGEOUT);
	bad[1].iov_len = SIZE_MAX;
	say_given(door, self, bad, 2, ADVICE_PAGEOUT);
	bad[1] = (struct iovec){(void *)-pages_len(4), pages_len(1)};
	say_given(door, self, bad, 2, ADVICE_PAGEOUT);
	say_given(door, self, bad + 1, 1, ADVICE_PAGEOUT);
	say_held(0, 2);
	for (size_t i = 0; i <= IOV_MAX; i++)
		many[i] = range(0, 1);
	say_given(door, self, many, IOV_MAX + 1, ADVICE_PAGEOUT);
	say_given(door, self, many, SIZE_MAX, ADVICE_PAGEOUT);
	say_held(0, 2);
	say_given(door, self, many, IOV_MAX, ADVICE_PAGEOUT);
	say_held(0, 2);
}

/* In all at most INT_MAX bytes, less what is no whole page: the rest is cut. */
static void more_than_2_gib(const struct door *door)
{
	const size_t gib = (size_t)1 << 30;
	char *map = door->mmap(NULL, 3 * gib, RW, DROPPABLE, -1, 0);
	struct iovec large = {map, 3 * gib};
	struct iovec cut[] = {range(0, 1), {map, gib}, {map, gib}, range(1, 1)};
	struct iovec last[] = {{map, 2 * gib - pages_len(2)}, range(2, 2)};

	must(map != MAP_FAILED, "map 3 GiB");
	stay_here();
	map_droppable(door, 0, 4, 'd');
	say_given(door, myself(), &large, 1, ADVICE_PAGEOUT);
	say_given(door, myself(), &large, 1, MADV_DODUMP);
	say_given(door, myself(), cut, 4, ADVICE_PAGEOUT);
	say_held(0, 4);
	say_given(door, myself(), last, 2, ADVICE_PAGEOUT);
	say_held(0, 4);
}

/* All ranges are read before anything is done. */
static void ranges_half_unreadable(const struct door *door)
{
	struct iovec *ranges;

	stay_here();
	map_droppable(door, 0, 2, 'd');
	map_ordinary(door, 4, 1, 0);
	ranges = (struct iovec *)(void *)at_page(5) - 1;
	*ranges = range(0, 1);
	say_given(door, myself(), ranges, 2, ADVICE_PAGEOUT);
	say_held(0, 2);
	say_given(door, myself(), ranges, 1, ADVICE_PAGEOUT);
	say_held(0, 2);
}

/* What is read from is itself to be dropped: it was read before. */
static void ranges_in_droppable_memory(const struct door *door)
{
	struct iovec *ranges;

	stay_here();
	map_droppable(door, 0, 4, 'd');
	ranges = (struct iovec *)(void *)at_page(1);
	ranges[0] = range(0, 2);
	ranges[1] = range(3, 1);
	say_given(door, myself(), ranges, 2, ADVICE_PAGEOUT);
	say_held(0, 4);
}

static void order_of_errors(const struct door *door)
{
	struct iovec all = range(0, 2), hole = range(5, 1);
	int self = myself(), pipes[2];

	must(!pipe(pipes), "make a pipe");
	map_droppable(door, 0, 2, 'd');
	say_done(door->process_madvise(self, &all, 1, ADVICE_PAGEOUT, 1));
	say_done(door->process_madvise(self, NULL, 1, ADVICE_PAGEOUT, 1));
	say_done(door->process_madvise(-1, NULL, 1, ADVICE_PAGEOUT, 0));
	say_done(door->process_madvise(-1, &all, 1, ADVICE_PAGEOUT, 0));
	say_done(door->process_madvise(-1, &all, 1, 9999, 0));
	say_done(door->process_madvise(-1, &all, 0, 9999, 0));
	say_done(door->process_madvise(pipes[0], &all, 1, MADV_DONTNEED, 0));
	close(pipes[0]);
	say_done(door->process_madvise(pipes[0], &all, 1, MADV_DONTNEED, 0));
	say_done(door->process_madvise(self, &hole, 1, 9999, 0));
	say_done(door->process_madvise(self, &hole, 1, MADV_DODUMP, 0));
	say_held(0, 2);
}

/* clang-format off */
#define VECTOR(name, run, need) {"process_madvise_" name, run, NO_TWIN, need}
/* clang-format on */

const struct test_case vector_cases[] = {
	VECTOR("contents", each_content, "process_madvise"),
	VECTOR("marks", each_mark, "process_madvise"),
	VECTOR("guards", each_guard, "MADV_GUARD_INSTALL"),
	VECTOR("several_ranges", several_ranges, "process_madvise"),
	VECTOR("mixed_ranges", mixed_ranges, "process_madvise"),
	VECTOR("stops_at_a_refusal", stops_at_a_refusal, "process_madvise"),
	VECTOR("stops_at_a_hole", stops_at_a_hole, "process_madvise"),
	VECTOR("odd_lengths", odd_lengths, "process_madvise"),
	VECTOR("unaligned", unaligned, "process_madvise"),
	VECTOR("bad_ranges", bad_ranges, "process_madvise"),
	VECTOR("more_than_2_gib", more_than_2_gib, "process_madvise"),
	VECTOR("ranges_half_unreadable", ranges_half_unreadable,
	       "process_madvise"),
	VECTOR("ranges_in_droppable_memory", ranges_in_droppable_memory,
	       "process_madvise"),
	VECTOR("order_of_errors", order_of_errors, "process_madvise"),
	{0},
};
