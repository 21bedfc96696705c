/* SPDX-License-Identifier: MIT */
/*
 * madvise() and posix_madvise(): what each advice answers on droppable memory,
 * on ranges with holes, with ordinary memory and with split mappings, and at
 * odd ends.  Flags are in marks.c, pages that go and come in paging.c.
 */
#include <limits.h>
#include <string.h>

#include "oracle/layout.h"
#include "oracle/limits.h"

struct advice {
	const char *name;
	int number;
};

/* Known to every kernel that is compared, each for a group of effects. */
static const struct advice hints[] = {
	{"NORMAL", MADV_NORMAL},	 {"RANDOM", MADV_RANDOM},
	{"SEQUENTIAL", MADV_SEQUENTIAL}, {"WILLNEED", MADV_WILLNEED},
	{"COLD", ADVICE_COLD},		 {0},
};

static const struct advice contents[] = {
	{"DONTNEED", MADV_DONTNEED},
	{"FREE", ADVICE_FREE},
	{"PAGEOUT", ADVICE_PAGEOUT},
	{"REMOVE", MADV_REMOVE},
	{0},
};

static const struct advice marks[] = {
	{"DONTFORK", MADV_DONTFORK},
	{"DOFORK", MADV_DOFORK},
	{"DONTDUMP", MADV_DONTDUMP},
	{"DODUMP", MADV_DODUMP},
	{"WIPEONFORK", ADVICE_WIPEONFORK},
	{"KEEPONFORK", ADVICE_KEEPONFORK},
	{"MERGEABLE", MADV_MERGEABLE},
	{"UNMERGEABLE", MADV_UNMERGEABLE},
	{0},
};

/* Ranges of six pages at page 0. */
static void lay_plain(const struct door *door)
{
	map_droppable(door, 0, 6, 'd');
}

static void lay_split(const struct door *door)
{
	map_droppable(door, 0, 6, 'd');
	protect(door, 1, 2, PROT_NONE);
	protect(door, 3, 1, PROT_READ);
}

static void lay_holed(const struct door *door)
{
	map_droppable(door, 0, 6, 'd');
	unmap(door, 2, 1);
	unmap(door, 4, 1);
}

/* Three calls made it, one mapping came of it. */
static void lay_adjacent(const struct door *door)
{
	map_droppable(door, 0, 2, 'd');
	map_droppable(door, 4, 2, 'd');
	map_droppable(door, 2, 2, 'd');
}

static void lay_mixed_holed(const struct door *door)
{
	lay_mixed(door);
	unmap(door, 1, 1);
	unmap(door, 4, 1);
}

static void each(const struct door *door, const struct advice *advice,
		 void (*lay_out)(const struct door *door))
{
	stay_here();
	for (; advice->name; advice++) {
		unmap(door, 0, 6);
		lay_out(door);
		say("%s", advice->name);
		say_advised(door, 0, 6, advice->number);
		say_held(0, 6);
	}
}

#define EACH(name, table, lay_out)                                             \
	static void name(const struct door *door)                              \
	{                                                                      \
		each(door, table, lay_out);                                    \
	}

EACH(hints_plain, hints, lay_plain)
EACH(contents_plain, contents, lay_plain)
EACH(marks_plain, marks, lay_plain)
EACH(hints_split, hints, lay_split)
EACH(contents_split, contents, lay_split)
EACH(marks_split, marks, lay_split)
EACH(contents_adjacent, contents, lay_adjacent)
EACH(marks_adjacent, marks, lay_adjacent)
EACH(hints_holed, hints, lay_holed)
EACH(contents_holed, contents, lay_holed)
EACH(marks_holed, marks, lay_holed)
EACH(hints_mixed, hints, lay_mixed)
EACH(contents_mixed, contents, lay_mixed)
EACH(contents_mixed_holed, contents, lay_mixed_holed)

/* A hole is remembered and told at the end; a refusal is told at once. */
static void refused_behind_a_hole(const struct door *door)
{
	for (int pass = 0; pass < 2; pass++) {
		int advice = pass ? ADVICE_KEEPONFORK : MADV_DODUMP;

		map_ordinary(door, 0, 5, 0);
		advise(door, 0, 5, pass ? ADVICE_WIPEONFORK : MADV_DONTDUMP);
		map_droppable(door, 3, 1, 0);
		unmap(door, 1, 1);
		say_advised(door, 0, 5, advice);
		say_advised(door, 1, 3, advice);
		say_advised(door, 0, 2, advice);
		say_advised(door, 1, 1, advice);
		say_pages(0, 5);
	}
}

static void refused_before_a_hole(const struct door *door)
{
	map_ordinary(door, 0, 4, 0);
	advise(door, 0, 4, MADV_DONTDUMP);
	map_droppable(door, 1, 1, 0);
	unmap(door, 2, 1);
	say_advised(door, 0, 4, MADV_DODUMP);
	say_pages(0, 4);
}

/* Shared memory refuses these itself, before or behind what is droppable. */
static void shared_beside(const struct door *door)
{
	for (size_t at = 0; at < 3; at += 2) {
		void *shared;

		map_droppable(door, 0, 3, 'd');
		shared = door->mmap(at_page(at), pages_len(1), RW,
				    MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1,
				    0);
		must(shared == at_page(at), "map shared memory");
		memset(shared, 's', pages_len(1));
		say_advised(door, 0, 3, ADVICE_FREE);
		say_advised(door, 0, 3, ADVICE_WIPEONFORK);
		say_advised(door, 0, 3, MADV_DODUMP);
		say_pages(0, 3);
		say_advised(door, 0, 3, MADV_REMOVE);
		say_held(0, 3);
	}
}

static void unmapped_whole(const struct door *door)
{
	static const struct advice *const tables[] = {hints, contents, marks};

	map_droppable(door, 0, 3, 'd');
	unmap(door, 1, 1);
	for (size_t i = 0; i < 3; i++)
		for (const struct advice *a = tables[i]; a->name; a++)
			say_advised(door, 1, 1, a->number);
	say_held(0, 3);
}

static void unaligned(const struct door *door)
{
	int refused = 0;

	/* Numbers 100 and 101 poison memory; with no privilege they cannot. */
	give_up_capability(ALL_CAPABILITIES);
	map_droppable(door, 0, 3, 'd');
	for (int advice = -2; advice < 110; advice++) {
		int ret = door->madvise(at_page(0) + 1, pages_len(1), advice);

		if (ret == -1 && errno == EINVAL)
			refused++;
		else
			say("advice %d: %d", advice, ret);
	}
	say("%d refused", refused);
	say_pages(0, 3);
}

/* Numbers between and around those handed out so far. */
static void unknown(const struct door *door)
{
	static const int numbers[] = {INT_MIN, -1,  5,	 6,    7,      99,
				      255,     256, 999, 9999, INT_MAX};

	map_droppable(door, 0, 2, 'd');
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		say_advised(door, 0, 2, numbers[i]);
		say_advised(door, 0, 0, numbers[i]);
	}
	say_pages(0, 2);
}

static void length_zero(const struct door *door)
{
	static const struct advice *const tables[] = {hints, contents, marks};

	map_droppable(door, 0, 2, 'd');
	for (size_t page = 0; page < 2; page++)
		for (size_t i = 0; i < 3; i++)
			for (const struct advice *a = tables[i]; a->name; a++)
				say_advised(door, page, 0, a->number);
	say_pages(0, 2);
}

/* Rounded up these are 0 pages, one page less than nothing, and so on. */
static void length_wraps(const struct door *door)
{
	map_droppable(door, 0, 2, 'd');
	for (size_t i = 0; i < 3; i++) {
		static const int advices[] = {MADV_DONTNEED, ADVICE_PAGEOUT,
					      MADV_DODUMP};
		char *at = at_page(0);

		say_result(door->madvise(at, SIZE_MAX, advices[i]));
		say_result(door->madvise(at, -pages_len(1), advices[i]));
		say_result(door->madvise(at, -pages_len(1) + 1, advices[i]));
		say_result(door->madvise(at, -(size_t)at, advices[i]));
	}
	say_held(0, 2);
}

/* A byte of a page is the page. */
static void length_unaligned(const struct door *door)
{
	stay_here();
	for (const struct advice *a = contents; a->name; a++) {
		map_droppable(door, 0, 4, 'd');
		say("%s", a->name);
		say_result(door->madvise(at_page(1), 1, a->number));
		say_held(0, 4);
		say_result(
			door->madvise(at_page(0), pages_len(2) + 1, a->number));
		say_held(0, 4);
	}
}

static void length_reaches_droppable(const struct door *door)
{
	map_ordinary(door, 0, 1, 0);
	map_droppable(door, 1, 1, 0);
	for (size_t over = 0; over < 2; over++) {
		size_t len = pages_len(1) + over;

		advise(door, 0, 1, MADV_DONTDUMP);
		advise(door, 0, 1, ADVICE_WIPEONFORK);
		say_result(door->madvise(at_page(0), len, MADV_DODUMP));
		say_result(door->madvise(at_page(0), len, ADVICE_KEEPONFORK));
		say_pages(0, 2);
	}
}

static void say_posix(size_t offset, size_t len, int advice)
{
	int err;

	errno = ERANGE;
	err = posix_madvise(at_page(0) + offset, len, advice);
	if (errno != ERANGE)
		say("changed errno");
	errno = err;
	say_result(err ? -1 : 0);
}

/* It returns the error, and its DONTNEED is no system call. */
static void posix_each(const struct door *door)
{
	lay_mixed(door);
	for (int advice = 0; advice <= POSIX_MADV_DONTNEED; advice++)
		say_posix(0, pages_len(6), advice);
	say_posix(0, pages_len(6), 99);
	say_posix(0, pages_len(6), -1);
	say_pages(0, 6);
}

/* libc passes on what POSIX does not know. */
static void posix_beyond(const struct door *door)
{
	static const int advices[] = {MADV_DODUMP, ADVICE_KEEPONFORK,
				      MADV_MERGEABLE, ADVICE_PAGEOUT};

	stay_here();
	map_ordinary(door, 0, 3, 'o');
	advise(door, 0, 3, MADV_DONTDUMP);
	map_droppable(door, 1, 1, 'd');
	say_posix(0, pages_len(3), MADV_DODUMP);
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++)
		say_posix(pages_len(1), pages_len(1), advices[i]);
	say_pages(0, 3);
}

static void posix_holed(const struct door *door)
{
	lay_holed(door);
	for (int advice = 0; advice <= POSIX_MADV_DONTNEED; advice++)
		say_posix(0, pages_len(6), advice);
	say_pages(0, 6);
}

static void posix_ends(const struct door *door)
{
	lay_plain(door);
	say_posix(0, 0, POSIX_MADV_WILLNEED);
	say_posix(0, SIZE_MAX, POSIX_MADV_WILLNEED);
	say_posix(0, 1, POSIX_MADV_RANDOM);
	say_posix(1, 1, POSIX_MADV_NORMAL);
	say_posix(1, 1, POSIX_MADV_DONTNEED);
	say_pages(0, 6);
}

const struct test_case advice_cases[] = {
	{"madvise_hints", hints_plain, NO_TWIN, NULL},
	{"madvise_contents", contents_plain, NO_TWIN, NULL},
	{"madvise_marks", marks_plain, NO_TWIN, NULL},
	{"madvise_hints_split", hints_split, NO_TWIN, NULL},
	{"madvise_contents_split", contents_split, NO_TWIN, NULL},
	{"madvise_marks_split", marks_split, NO_TWIN, NULL},
	{"madvise_contents_adjacent", contents_adjacent, NO_TWIN, NULL},
	{"madvise_marks_adjacent", marks_adjacent, NO_TWIN, NULL},
	{"madvise_hints_holed", hints_holed, NO_TWIN, NULL},
	{"madvise_contents_holed", contents_holed, NO_TWIN, NULL},
	{"madvise_marks_holed", marks_holed, NO_TWIN, NULL},
	{"madvise_hints_mixed", hints_mixed, NO_TWIN, "MADV_COLD"},
	{"madvise_contents_mixed", contents_mixed, NO_TWIN, "MADV_COLD"},
	{"madvise_contents_mixed_holed", contents_mixed_holed, NO_TWIN,
	 "MADV_COLD"},
	{"madvise_refused_behind_a_hole", refused_behind_a_hole, NO_TWIN,
	 "MADV_WIPEONFORK"},
	{"madvise_refused_before_a_hole", refused_before_a_hole, NO_TWIN, NULL},
	{"madvise_shared_memory_beside", shared_beside, NO_TWIN, NULL},
	{"madvise_of_a_hole", unmapped_whole, NO_TWIN, "MADV_COLD"},
	{"madvise_address_unaligned", unaligned, NO_TWIN, NULL},
	{"madvise_unknown_advice", unknown, NO_TWIN, NULL},
	{"madvise_length_0", length_zero, NO_TWIN, "MADV_COLD"},
	{"madvise_length_wraps", length_wraps, NO_TWIN, NULL},
	{"madvise_length_unaligned", length_unaligned, NO_TWIN, NULL},
	{"madvise_length_reaches_droppable", length_reaches_droppable, NO_TWIN,
	 "MADV_WIPEONFORK"},
	{"posix_madvise_each", posix_each, ONE_DOOR, NULL},
	{"posix_madvise_beyond_posix", posix_beyond, ONE_DOOR, NULL},
	{"posix_madvise_holed", posix_holed, ONE_DOOR, NULL},
	{"posix_madvise_ends", posix_ends, ONE_DOOR, NULL},
	{0},
};
