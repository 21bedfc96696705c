/* SPDX-License-Identifier: MIT */
/*
 * Advice that leaves a mark on a mapping: what is copied to a child, what is
 * dumped, merged, made of huge pages; and PR_SET_MEMORY_MERGE, which marks all
 * mappings there are and will be.
 */
#include "oracle/layout.h"

/* Flags stay with the range: one advice after the other. */
static void marks_leave(const struct door *door)
{
	static const int marks[] = {
		MADV_DONTFORK,	  MADV_DONTDUMP,     ADVICE_WIPEONFORK,
		MADV_DODUMP,	  ADVICE_KEEPONFORK, MADV_MERGEABLE,
		MADV_UNMERGEABLE,
	};

	map_droppable(door, 0, 3, 'd');
	for (size_t i = 0; i < sizeof(marks) / sizeof(*marks); i++)
		say_advised(door, 1, 1, marks[i]);
	say_pages(0, 3);
	say_advised(door, 0, 3, MADV_DOFORK);
	say_pages(0, 3);
}

static void hints_leave(const struct door *door)
{
	map_droppable(door, 0, 4, 0);
	say_advised(door, 1, 1, MADV_RANDOM);
	say_advised(door, 2, 1, MADV_SEQUENTIAL);
	say_pages(0, 4);
	say_advised(door, 0, 4, MADV_NORMAL);
	say_pages(0, 4);
}

/*
 * Ordinary memory around a droppable part: the part before it has got what was
 * asked for when the droppable part refuses, the part behind it has not.
 */
static void marks_mixed(const struct door *door, int before, int advice)
{
	map_ordinary(door, 0, 3, 0);
	if (before >= 0)
		advise(door, 0, 3, before);
	map_droppable(door, 1, 1, 0);
	say_advised(door, 0, 3, advice);
	say_pages(0, 3);
}

#define MIXED(name, before, advice)                                            \
	static void name(const struct door *door)                              \
	{                                                                      \
		marks_mixed(door, before, advice);                             \
	}

MIXED(dodump_mixed, MADV_DONTDUMP, MADV_DODUMP)
MIXED(keeponfork_mixed, ADVICE_WIPEONFORK, ADVICE_KEEPONFORK)
MIXED(dontdump_mixed, -1, MADV_DONTDUMP)
MIXED(wipeonfork_mixed, -1, ADVICE_WIPEONFORK)
MIXED(dontfork_mixed, -1, MADV_DONTFORK)
MIXED(mergeable_mixed, -1, MADV_MERGEABLE)
MIXED(unmergeable_mixed, MADV_MERGEABLE, MADV_UNMERGEABLE)
MIXED(hugepage_mixed, -1, MADV_HUGEPAGE)
MIXED(nohugepage_mixed, -1, MADV_NOHUGEPAGE)

static void dofork_mixed(const struct door *door)
{
	map_ordinary(door, 0, 3, 0);
	map_droppable(door, 1, 1, 0);
	advise(door, 0, 3, MADV_DONTFORK);
	say_advised(door, 0, 3, MADV_DOFORK);
	say_pages(0, 3);
}

static void say_three(const struct door *door)
{
	(void)door;
	say_pages(0, 3);
}

static void dontfork_child(const struct door *door)
{
	map_droppable(door, 0, 3, 'd');
	say_advised(door, 1, 1, MADV_DONTFORK);
	in_child(fork, say_three, door);
	say_advised(door, 0, 3, MADV_DOFORK);
	in_child(fork, say_three, door);
	say_held(0, 3);
}

static void refill_hole(const struct door *door)
{
	map_ordinary(door, 0, 3, 'o');
	advise(door, 0, 3, MADV_DONTDUMP);
	say_advised(door, 0, 3, MADV_DODUMP);
	say_pages(0, 3);
}

/* What a child did not inherit is not droppable there. */
static void dontfork_child_maps(const struct door *door)
{
	map_droppable(door, 0, 3, 'd');
	advise(door, 0, 3, MADV_DONTFORK);
	in_child(fork, refill_hole, door);
	say_pages(0, 3);
}

static void keeponfork_child(const struct door *door)
{
	map_ordinary(door, 0, 3, 'o');
	map_droppable(door, 1, 1, 'd');
	say_advised(door, 0, 3, ADVICE_KEEPONFORK);
	say_advised(door, 1, 1, ADVICE_WIPEONFORK);
	say_advised(door, 1, 1, ADVICE_KEEPONFORK);
	in_child(fork, say_three, door);
	say_held(0, 3);
}

static void merge_before_mapping(const struct door *door)
{
	say_result(door->merge(1));
	map_droppable(door, 0, 1, 0);
	map_ordinary(door, 1, 1, 0);
	map_droppable(door, 2, 1, 0);
	say_pages(0, 3);
	say_result(door->merge(0));
	map_droppable(door, 0, 2, 0);
	map_ordinary(door, 2, 1, 0);
	say_pages(0, 3);
}

static void merge_after_mapping(const struct door *door)
{
	map_droppable(door, 0, 1, 0);
	map_ordinary(door, 1, 1, 0);
	map_droppable(door, 2, 2, 0);
	protect(door, 3, 1, PROT_NONE);
	say_result(door->merge(1));
	say_pages(0, 4);
	say_result(door->merge(1));
	say_pages(0, 4);
	say_result(door->merge(0));
	say_pages(0, 4);
}

/* Its argument is a truth value; a second time changes nothing. */
static void merge_odd_argument(const struct door *door)
{
	map_droppable(door, 0, 1, 0);
	say_result(door->merge(2));
	say_result(door->merge(~0ul));
	map_droppable(door, 1, 1, 0);
	map_ordinary(door, 2, 1, 0);
	say_pages(0, 3);
}

static void merge_and_remap(const struct door *door)
{
	say_result(door->merge(1));
	map_droppable(door, 0, 2, 'd');
	map_ordinary(door, 8, 1, 'o');
	say_grown(door, 0, 2, 3);
	say_moved(door, 0, 3, 3, 6);
	say_pages(6, 3);
	protect(door, 7, 1, PROT_READ);
	unmap(door, 6, 1);
	say_pages(6, 3);
}

static void merge_and_replace(const struct door *door)
{
	say_result(door->merge(1));
	map_droppable(door, 0, 3, 0);
	map_ordinary(door, 1, 1, 0);
	map_ordinary(door, 4, 3, 0);
	map_droppable(door, 5, 1, 0);
	say_pages(0, 7);
}

static void merge_and_advise(const struct door *door)
{
	say_result(door->merge(1));
	map_ordinary(door, 0, 3, 0);
	map_droppable(door, 1, 1, 0);
	say_advised(door, 0, 3, MADV_UNMERGEABLE);
	say_pages(0, 3);
	say_advised(door, 0, 3, MADV_MERGEABLE);
	say_pages(0, 3);
	say_result(door->merge(0));
	say_pages(0, 3);
}

static void map_and_look(const struct door *door)
{
	map_droppable(door, 2, 1, 0);
	map_ordinary(door, 3, 1, 0);
	say_pages(0, 4);
}

/* Children inherit the mode. */
static void merge_and_fork(const struct door *door)
{
	map_droppable(door, 0, 1, 0);
	map_ordinary(door, 1, 1, 0);
	say_result(door->merge(1));
	in_child(fork, map_and_look, door);
}

static void child_merges(const struct door *door)
{
	say_result(door->merge(1));
	say_pages(0, 2);
}

static void merge_in_a_child(const struct door *door)
{
	map_droppable(door, 0, 1, 0);
	map_ordinary(door, 1, 1, 0);
	in_child(fork, child_merges, door);
	map_and_look(door);
}

static void mergeable_then_droppable(const struct door *door)
{
	map_ordinary(door, 0, 3, 0);
	advise(door, 0, 3, MADV_MERGEABLE);
	map_droppable(door, 1, 1, 0);
	say_pages(0, 3);
	unmap(door, 0, 3);
	map_droppable(door, 0, 3, 0);
	advise(door, 0, 3, MADV_MERGEABLE);
	map_ordinary(door, 1, 1, 0);
	say_pages(0, 3);
}

static void hugepage_alone(const struct door *door)
{
	map_droppable(door, 0, 3, 0);
	say_advised(door, 0, 2, MADV_HUGEPAGE);
	say_pages(0, 3);
	say_advised(door, 1, 2, MADV_NOHUGEPAGE);
	say_pages(0, 3);
}

/*
 * Collapsing may fail for want of a free huge page, or because another
 * processor has the pages on a list.
 */
static int collapse(const struct door *door, char *at, size_t len)
{
	for (int tries = 0; tries < 20; tries++) {
		if (!door->madvise(at, len, ADVICE_COLLAPSE))
			return 0;
		if (errno != EAGAIN && errno != EBUSY && errno != ENOMEM)
			break;
		usleep(1000);
	}
	return errno;
}

static int map_and_collapse(const struct door *door, int flags, int prot,
			    char *value)
{
	size_t len = 2 * HUGE_PAGE_LEN;
	char *at = map_huge_pages(door, flags);
	int err;

	for (size_t i = 0; i < len; i += arena.page_bytes)
		at[i] = 'c';
	must(!door->mprotect(at, len, prot), "protect");
	err = collapse(door, at, len);
	*value = prot & PROT_READ ? at[HUGE_PAGE_LEN] : 'c';
	must(!door->munmap(at, len), "unmap");
	return err;
}

/* Whether it works is the machine's affair, but it is so for both. */
static void collapse_as_ordinary(const struct door *door)
{
	static const int prots[] = {RW, PROT_READ, PROT_NONE};

	for (size_t i = 0; i < 3; i++) {
		char ours, theirs;
		bool same =
			map_and_collapse(door, ORDINARY, prots[i], &theirs) ==
			map_and_collapse(door, DROPPABLE, prots[i], &ours);

		say("%s %c %c", same ? "same" : "differs", theirs, ours);
	}
}

static void collapse_of_little(const struct door *door)
{
	int theirs, ours;

	map_ordinary(door, 0, 4, 'o');
	theirs = collapse(door, at_page(0), pages_len(4));
	map_droppable(door, 0, 4, 'd');
	ours = collapse(door, at_page(0), pages_len(4));
	say("%s", ours == theirs ? "same" : "differs");
	say_held(0, 4);
}

const struct test_case mark_cases[] = {
	{"marks_leave", marks_leave, NO_TWIN, NULL},
	{"marks_of_hints", hints_leave, NO_TWIN, NULL},
	{"dodump_mixed", dodump_mixed, NO_TWIN, NULL},
	{"keeponfork_mixed", keeponfork_mixed, NO_TWIN, "MADV_WIPEONFORK"},
	{"dontdump_mixed", dontdump_mixed, NO_TWIN, NULL},
	{"wipeonfork_mixed", wipeonfork_mixed, NO_TWIN, "MADV_WIPEONFORK"},
	{"dontfork_mixed", dontfork_mixed, NO_TWIN, NULL},
	{"dofork_mixed", dofork_mixed, NO_TWIN, NULL},
	{"mergeable_mixed", mergeable_mixed, NO_TWIN, "MADV_MERGEABLE"},
	{"unmergeable_mixed", unmergeable_mixed, NO_TWIN, "MADV_MERGEABLE"},
	{"mergeable_then_droppable", mergeable_then_droppable, NO_TWIN,
	 "MADV_MERGEABLE"},
	{"dontfork_child", dontfork_child, NO_TWIN, NULL},
	{"dontfork_child_maps", dontfork_child_maps, NO_TWIN, NULL},
	{"keeponfork_child", keeponfork_child, NO_TWIN, NULL},
	{"merge_before_mapping", merge_before_mapping, EVERY_DOOR,
	 "PR_SET_MEMORY_MERGE"},
	{"merge_after_mapping", merge_after_mapping, NO_TWIN,
	 "PR_SET_MEMORY_MERGE"},
	{"merge_odd_argument", merge_odd_argument, NO_TWIN,
	 "PR_SET_MEMORY_MERGE"},
	{"merge_and_mremap", merge_and_remap, NO_TWIN, "PR_SET_MEMORY_MERGE"},
	{"merge_and_replace", merge_and_replace, NO_TWIN,
	 "PR_SET_MEMORY_MERGE"},
	{"merge_and_advise", merge_and_advise, NO_TWIN, "PR_SET_MEMORY_MERGE"},
	{"merge_and_fork", merge_and_fork, NO_TWIN, "PR_SET_MEMORY_MERGE"},
	{"merge_in_a_child", merge_in_a_child, NO_TWIN, "PR_SET_MEMORY_MERGE"},
	{"hugepage_mixed", hugepage_mixed, NO_TWIN, "MADV_HUGEPAGE"},
	{"nohugepage_mixed", nohugepage_mixed, NO_TWIN, "MADV_HUGEPAGE"},
	{"hugepage_alone", hugepage_alone, NO_TWIN, "MADV_HUGEPAGE"},
	{"collapse_as_ordinary", collapse_as_ordinary, NO_TWIN, NULL},
	{"collapse_of_little", collapse_of_little, NO_TWIN, NULL},
	{0},
};
