/* SPDX-License-Identifier: MIT */
/*
 * mlockall() and munlockall(): droppable memory that is there or will be is
 * populated and not locked; what ordinary memory beside it becomes.
 */
#include "oracle/family.h"
#include "oracle/layout.h"
#include "oracle/limits.h"

static void each_flag(const struct door *door)
{
	for (int flags = 0; flags <= 8; flags++) {
		say_result(door->mlockall(flags));
		say_result(door->munlockall());
	}
	say_result(door->mlockall(-1));
	say_result(door->mlockall(MCL_CURRENT | 0x40000000));
}

static void after_mapping(const struct door *door, int flags)
{
	lay_mixed_untouched(door, 0);
	protect(door, 3, 1, PROT_READ);
	say_result(door->mlockall(flags));
	say_pages(0, 6);
	say_result(door->munlockall());
	say_pages(0, 6);
}

/* What cannot be populated stops nothing, unlike with mlock(). */
static void past_errors(const struct door *door, int flags)
{
	map_droppable(door, 0, 1, 0);
	protect(door, 0, 1, PROT_NONE);
	map_ordinary(door, 1, 2, 0);
	protect(door, 1, 1, PROT_NONE);
	map_droppable(door, 4, 4, 0);
	protect(door, 5, 1, PROT_NONE);
	say_result(door->mlockall(flags));
	say_pages(0, 8);
}

static void past(const struct door *door)
{
	past_errors(door, MCL_CURRENT);
}

static void past_on_fault(const struct door *door)
{
	past_errors(door, MCL_CURRENT | MCL_ONFAULT);
}

static void before_mapping(const struct door *door, int flags)
{
	say_result(door->mlockall(flags));
	lay_mixed_untouched(door, 0);
	say_pages(0, 6);
	say_result(door->munlockall());
	say_pages(0, 6);
	lay_mixed_untouched(door, 8);
	say_pages(8, 6);
}

#define FLAGS(ROW)                                                             \
	ROW(current, MCL_CURRENT)                                              \
	ROW(future, MCL_FUTURE)                                                \
	ROW(both, MCL_CURRENT | MCL_FUTURE)                                    \
	ROW(current_onfault, MCL_CURRENT | MCL_ONFAULT)                        \
	ROW(future_onfault, MCL_FUTURE | MCL_ONFAULT)                          \
	ROW(both_onfault, MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)

#define DEFINE(name, flags)                                                    \
	static void after_##name(const struct door *door)                      \
	{                                                                      \
		after_mapping(door, flags);                                    \
	}                                                                      \
	static void before_##name(const struct door *door)                     \
	{                                                                      \
		before_mapping(door, flags);                                   \
	}
FLAGS(DEFINE)
#undef DEFINE

/* Each call says anew what is to come; one that fails says nothing. */
static void one_after_the_other(const struct door *door)
{
	static const int flags[] = {
		MCL_FUTURE, MCL_ONFAULT, 8, MCL_FUTURE | MCL_ONFAULT,
		0,	    MCL_CURRENT,
	};

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		say_result(door->mlockall(flags[i]));
		map_droppable(door, 0, 1, 0);
		map_ordinary(door, 1, 1, 0);
		say_pages(0, 2);
	}
}

/* VmLck of the whole process, but what is unmapped was not in it. */
static void nothing_counts(const struct door *door)
{
	long before;

	map_droppable(door, 0, 8, 'd');
	say_result(door->mlockall(MCL_CURRENT | MCL_FUTURE));
	map_droppable(door, 10, 8, 0);
	before = locked_pages();
	map_droppable(door, 20, 8, 0);
	say("%ld", locked_pages() - before);
	unmap(door, 0, 8);
	say("%ld", locked_pages() - before);
	unmap(door, 10, 8);
	say("%ld", locked_pages() - before);
	map_ordinary(door, 10, 8, 0);
	say("%ld", locked_pages() - before);
	map_droppable(door, 10, 8, 0);
	say("%ld", locked_pages() - before);
}

/* What comes with the first droppable mapping is not to be locked either. */
static void first_mapping_counts(const struct door *door, int flags)
{
	long before;

	say_result(door->mlockall(flags));
	before = locked_pages();
	map_droppable(door, 0, 8, 0);
	say("%ld", locked_pages() - before);
	map_droppable(door, 10, 8, 0);
	say("%ld", locked_pages() - before);
}

static void first_counts(const struct door *door)
{
	first_mapping_counts(door, MCL_FUTURE);
}

static void first_counts_on_fault(const struct door *door)
{
	first_mapping_counts(door, MCL_FUTURE | MCL_ONFAULT);
}

static void future_protections(const struct door *door, int flags)
{
	static const int prots[] = {PROT_NONE, PROT_READ, PROT_WRITE, RW};
	void *at;

	say_result(door->mlockall(flags));
	for (size_t i = 0; i < 4; i++) {
		at = door->mmap(at_page(i), pages_len(1), prots[i],
				DROPPABLE | MAP_FIXED, -1, 0);
		must(at == at_page(i), "map");
	}
	say_pages(0, 4);
	protect(door, 0, 4, RW);
	say_pages(0, 4);
	map_ordinary(door, 5, 1, 0);
	protect(door, 5, 1, PROT_NONE);
	map_droppable(door, 6, 1, 0);
	protect(door, 6, 1, PROT_READ);
	say_pages(5, 2);
}

static void protections(const struct door *door)
{
	future_protections(door, MCL_FUTURE);
}

static void protections_on_fault(const struct door *door)
{
	future_protections(door, MCL_FUTURE | MCL_ONFAULT);
}

static void future_flags(const struct door *door)
{
	static const int flags[] = {MAP_NORESERVE, MAP_POPULATE,
				    MAP_NONBLOCK,  MAP_POPULATE | MAP_NONBLOCK,
				    MAP_LOCKED,	   MAP_GROWSDOWN};

	say_result(door->mlockall(MCL_FUTURE | MCL_ONFAULT));
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++)
		say_mapped(door, i, 1, DROPPABLE | MAP_FIXED | flags[i]);
	say_pages(0, 6);
}

static void future_grow(const struct door *door, int flags)
{
	map_droppable(door, 0, 2, 'd');
	map_ordinary(door, 6, 2, 'o');
	say_result(door->mlockall(flags));
	say_grown(door, 0, 2, 3);
	say_grown(door, 6, 2, 3);
	say_pages(0, 10);
	map_droppable(door, 20, 2, 0);
	map_ordinary(door, 24, 2, 0);
	for (size_t i = 0; i < 2; i++) {
		say_moved(door, 20 + 4 * i, 2, 3, 30 + 4 * i);
	}
	say_pages(30, 8);
}

static void grows(const struct door *door)
{
	future_grow(door, MCL_FUTURE);
}

static void grows_on_fault(const struct door *door)
{
	future_grow(door, MCL_FUTURE | MCL_ONFAULT);
}

static void dontunmap(const struct door *door)
{
	char *to;

	say_result(door->mlockall(MCL_FUTURE));
	map_droppable(door, 0, 2, 'd');
	to = door->mremap(at_page(0), pages_len(2), pages_len(2),
			  MOVE_TO | MREMAP_DONTUNMAP, at_page(8));
	say_address(to);
	say_pages(0, 2);
	say_pages(8, 2);
}

static void replaced(const struct door *door)
{
	say_result(door->mlockall(MCL_FUTURE));
	map_ordinary(door, 0, 3, 'o');
	map_droppable(door, 1, 1, 0);
	map_droppable(door, 4, 3, 'd');
	map_ordinary(door, 5, 1, 0);
	say_pages(0, 7);
	say_unlock(door, 0, 7);
	say_pages(0, 7);
}

/* Nothing locked, so nothing refuses to be dropped. */
static void future_advice(const struct door *door)
{
	static const int advices[] = {MADV_DONTNEED, ADVICE_FREE,
				      ADVICE_PAGEOUT};

	stay_here();
	say_result(door->mlockall(MCL_CURRENT | MCL_FUTURE));
	for (size_t i = 0; i < sizeof(advices) / sizeof(*advices); i++) {
		map_droppable(door, 0, 2, 'd');
		say_advised(door, 0, 2, advices[i]);
		say_held(0, 2);
	}
	map_ordinary(door, 1, 1, 'o');
	say_advised(door, 0, 2, MADV_DONTNEED);
	say_pages(0, 2);
}

static void child(const struct door *door)
{
	say("%ld", locked_pages());
	say_pages(0, 6);
	lay_mixed_untouched(door, 8);
	say_pages(8, 6);
	say("%ld", locked_pages());
}

/* Neither locks nor what is to come are a child's. */
static void forked(const struct door *door, pid_t (*make)(void), int flags)
{
	lay_mixed_untouched(door, 0);
	say_result(door->mlockall(flags));
	in_child(make, child, door);
	lay_mixed_untouched(door, 8);
	say_pages(8, 6);
}

static void forks(const struct door *door)
{
	forked(door, fork, MCL_CURRENT | MCL_FUTURE);
}

static void forks_on_fault(const struct door *door)
{
	forked(door, fork, MCL_FUTURE | MCL_ONFAULT);
}

static void forks_raw(const struct door *door)
{
	forked(door, call_clone, MCL_CURRENT | MCL_FUTURE);
}

static void lock_future(const struct door *door)
{
	say_result(door->mlockall(MCL_FUTURE));
	lay_mixed_untouched(door, 8);
	say_pages(8, 6);
}

static void child_locks(const struct door *door)
{
	lay_mixed_untouched(door, 0);
	in_child(fork, lock_future, door);
	lay_mixed_untouched(door, 8);
	say_pages(8, 6);
}

/* clang-format off */
#define ROWS(name, flags)                                                      \
	{"mlockall_" #name "_after_mapping", after_##name, NO_TWIN,            \
	 NEED_OF_LOCK(flags)},                                                 \
	{"mlockall_" #name "_before_mapping", before_##name, EVERY_DOOR,       \
	 NEED_OF_LOCK(flags)},
/* clang-format on */

const struct test_case lockall_cases[] = {
	{"mlockall_each_flag", each_flag, NO_TWIN, "mlock2"},
	{"mlockall_past_errors", past, NO_TWIN, NULL},
	{"mlockall_past_errors_on_fault", past_on_fault, NO_TWIN, "mlock2"},
	{"mlockall_one_after_the_other", one_after_the_other, NO_TWIN,
	 "mlock2"},
	{"mlockall_nothing_counts", nothing_counts, NO_TWIN, NULL},
	{"mlockall_first_mapping_counts", first_counts, NO_TWIN, NULL},
	{"mlockall_first_mapping_counts_on_fault", first_counts_on_fault,
	 NO_TWIN, "mlock2"},
	{"mlockall_future_protections", protections, NO_TWIN, NULL},
	{"mlockall_future_protections_on_fault", protections_on_fault, NO_TWIN,
	 "mlock2"},
	{"mlockall_future_flags", future_flags, EVERY_DOOR, "mlock2"},
	{"mlockall_future_grows", grows, NO_TWIN, NULL},
	{"mlockall_future_grows_on_fault", grows_on_fault, NO_TWIN, "mlock2"},
	{"mlockall_future_dontunmap", dontunmap, NO_TWIN, "MREMAP_DONTUNMAP"},
	{"mlockall_future_replaced", replaced, EVERY_DOOR, NULL},
	{"mlockall_future_advice", future_advice, NO_TWIN, NULL},
	{"mlockall_forked", forks, NO_TWIN, NULL},
	{"mlockall_forked_on_fault", forks_on_fault, NO_TWIN, "mlock2"},
	{"mlockall_forked_raw", forks_raw, NO_TWIN, NULL},
	{"mlockall_in_a_child", child_locks, NO_TWIN, NULL},
	/* clang-format off */
	FLAGS(ROWS)
	/* clang-format on */
	{0},
};
