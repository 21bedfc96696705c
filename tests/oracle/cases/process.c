/* SPDX-License-Identifier: MIT */
/*
 * Children with memory of their own, however they are made: what they find in
 * droppable memory, what they may do with it, and that none of this reaches the
 * parent.
 */
#include "config.h"

#include <signal.h>
#include <string.h>
#include <sys/syscall.h>

#include "oracle/case.h"

#define NR_CLONE3 435

#ifndef HAVE__FORK
/* Not called: the cases need it. */
#define _Fork fork
#endif

static pid_t call_clone(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

static pid_t call_fork(void)
{
#ifdef SYS_fork
	return (pid_t)syscall(SYS_fork);
#else
	return call_clone();
#endif
}

static pid_t call_clone3(void)
{
	/* struct clone_args, of which only exit_signal matters. */
	uint64_t args[8] = {[4] = SIGCHLD};

	return (pid_t)syscall(NR_CLONE3, args, sizeof(args));
}

static void look(const struct door *door)
{
	(void)door;
	say_pages(0, 8);
}

static void parent_look(void)
{
	say("parent");
	say_pages(0, 8);
}

/* Four droppable pages beside two ordinary ones. */
static void map_both(const struct door *door)
{
	map_droppable(door, 0, 4, 'p');
	map_ordinary(door, 4, 2, 'o');
}

/* The scenarios that every way to make a child must stand. */

static void wiped(pid_t (*make)(void), const struct door *door)
{
	map_both(door);
	in_child(make, look, door);
	parent_look();
}

static pid_t (*again)(void);

static void write_and_again(const struct door *door)
{
	memset(at_page(1), 'c', pages_len(4));
	say("child");
	say_pages(0, 8);
	in_child(again, look, door);
	say("child");
	say_pages(0, 8);
}

static void grandchild(pid_t (*make)(void), const struct door *door)
{
	again = make;
	map_both(door);
	in_child(make, write_and_again, door);
	parent_look();
}

/* The first thing the child does is this; it still knows what it inherited. */
static void advise(const struct door *door)
{
	size_t page = pages_len(1);

	say_result(door->madvise(at_page(0), page, ADVICE_KEEPONFORK));
	say_result(door->madvise(at_page(0), page, MADV_DODUMP));
	memset(at_page(0), 'c', pages_len(4));
	say_result(door->madvise(at_page(1), page, MADV_DONTNEED));
	say_result(door->mlock(at_page(2), pages_len(3)));
	say_pages(0, 8);
}

static void advises(pid_t (*make)(void), const struct door *door)
{
	map_both(door);
	in_child(make, advise, door);
	parent_look();
}

static void change(const struct door *door)
{
	memset(at_page(0), 'c', pages_len(4));
	say_result(door->munmap(at_page(1), pages_len(1)));
	say_address(door->mremap(at_page(2), pages_len(1), pages_len(2),
				 MREMAP_MAYMOVE | MREMAP_FIXED, at_page(6)));
	map_ordinary(door, 3, 1, 'n');
	map_droppable(door, 4, 1, 'd');
	say_result(door->madvise(at_page(3), pages_len(1), MADV_DODUMP));
	say_result(door->madvise(at_page(7), pages_len(1), MADV_DODUMP));
	in_child(again, look, door);
	say("child");
	say_pages(0, 8);
}

static void changes(pid_t (*make)(void), const struct door *door)
{
	again = make;
	map_both(door);
	in_child(make, change, door);
	parent_look();
}

/* What the parent has changed before. */

static void split_and_fork(const struct door *door)
{
	map_droppable(door, 0, 6, 'p');
	say_result(door->mprotect(at_page(1), pages_len(1), PROT_READ));
	say_result(door->mprotect(at_page(3), pages_len(2), PROT_NONE));
	in_child(call_fork, look, door);
	parent_look();
}

static void open_and_look(const struct door *door)
{
	say_result(door->mprotect(at_page(0), pages_len(4), RW));
	say("%x", *at_page(1));
	say_pages(0, 4);
}

static void none_and_fork(const struct door *door)
{
	map_droppable(door, 0, 4, 'p');
	say_result(door->mprotect(at_page(0), pages_len(4), PROT_NONE));
	in_child(fork, open_and_look, door);
	open_and_look(door);
}

static void holes_and_fork(const struct door *door)
{
	map_droppable(door, 0, 8, 'p');
	say_result(door->munmap(at_page(1), pages_len(2)));
	map_ordinary(door, 4, 2, 'o');
	in_child(fork, look, door);
	parent_look();
}

static void move_and_fork(const struct door *door)
{
	int fixed = MREMAP_MAYMOVE | MREMAP_FIXED;

	map_droppable(door, 40, 2, 'p');
	map_ordinary(door, 42, 1, 'o');
	say_address(door->mremap(at_page(40), pages_len(2), pages_len(3), fixed,
				 at_page(2)));
	say_address(door->mremap(at_page(42), pages_len(1), pages_len(1), fixed,
				 at_page(5)));
	memset(at_page(4), 'g', pages_len(1));
	in_child(fork, look, door);
	parent_look();
}

static void dontunmap_and_fork(const struct door *door)
{
	map_droppable(door, 0, 2, 'p');
	say_address(door->mremap(
		at_page(0), pages_len(2), pages_len(2),
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, at_page(4)));
	memset(at_page(1), 'q', pages_len(1));
	in_child(fork, look, door);
	parent_look();
}

static void free_and_fork(const struct door *door)
{
	map_both(door);
	say_result(door->madvise(at_page(0), pages_len(4), ADVICE_FREE));
	memset(at_page(1), 'q', pages_len(1));
	in_child(fork, look, door);
	parent_look();
}

/* The advice fails where it meets what is droppable, and not before. */
static void keep_and_fork(const struct door *door)
{
	map_ordinary(door, 0, 2, 'o');
	map_droppable(door, 2, 2, 'p');
	map_ordinary(door, 4, 2, 'o');
	say_result(door->madvise(at_page(0), pages_len(1), ADVICE_WIPEONFORK));
	say_result(door->madvise(at_page(4), pages_len(2), ADVICE_WIPEONFORK));
	say_result(door->madvise(at_page(0), pages_len(5), ADVICE_KEEPONFORK));
	in_child(fork, look, door);
	parent_look();
}

static void wipe_and_fork(const struct door *door)
{
	map_both(door);
	say_result(door->madvise(at_page(3), pages_len(2), ADVICE_WIPEONFORK));
	in_child(fork, look, door);
	parent_look();
}

static void dofork_and_fork(const struct door *door)
{
	map_both(door);
	say_result(door->madvise(at_page(1), pages_len(4), MADV_DONTFORK));
	say_result(door->madvise(at_page(2), pages_len(1), MADV_DOFORK));
	in_child(fork, look, door);
	parent_look();
}

/* Where the parent has droppable memory that the child did not get. */
static void absent(pid_t (*make)(void), void (*body)(const struct door *door),
		   const struct door *door)
{
	map_droppable(door, 0, 2, 'p');
	say_result(door->madvise(at_page(0), pages_len(2), MADV_DONTFORK));
	in_child(make, body, door);
}

static void hint_there(const struct door *door)
{
	say_address(door->mmap(at_page(0), pages_len(2), RW, ORDINARY, -1, 0));
	memset(at_page(0), 'o', pages_len(2));
}

static void lock_there(const struct door *door)
{
	hint_there(door);
	say_result(door->mlock(at_page(0), pages_len(1)));
	say_pages(0, 2);
}

static void advise_there(const struct door *door)
{
	hint_there(door);
	say_result(door->madvise(at_page(0), pages_len(1), MADV_DONTDUMP));
	say_result(door->madvise(at_page(0), pages_len(1), MADV_DODUMP));
	in_child(fork, look, door);
}

/* Ordinary memory keeps what it holds, in memory or in swap. */
static void pageout_there(const struct door *door)
{
	hint_there(door);
	say_result(door->madvise(at_page(0), pages_len(2), ADVICE_PAGEOUT));
	say_pages(0, 2);
}

static void nothing_there(const struct door *door)
{
	size_t page = pages_len(1);

	say_result(door->mlock(at_page(0), page));
	say_result(door->madvise(at_page(0), page, MADV_DODUMP));
	say_result(door->madvise(at_page(0), page, ADVICE_PAGEOUT));
	say_address(
		door->mremap(at_page(0), page, 2 * page, MREMAP_MAYMOVE, NULL));
	say_result(door->munmap(at_page(0), page));
	map_droppable(door, 1, 1, 'd');
	in_child(fork, look, door);
}

static void lock_absent(const struct door *door)
{
	absent(call_fork, lock_there, door);
}

static void advise_absent(const struct door *door)
{
	absent(fork, advise_there, door);
}

static void pageout_absent(const struct door *door)
{
	absent(fork, pageout_there, door);
}

static void use_absent(const struct door *door)
{
	absent(fork, nothing_there, door);
}

/* Modes of the whole process: one is inherited, the other is not. */

static void map_new(const struct door *door)
{
	map_droppable(door, 0, 1, 0);
	map_ordinary(door, 2, 1, 0);
	say_pages(0, 4);
}

static void after_mcl_future(pid_t (*make)(void), const struct door *door)
{
	map_droppable(door, 6, 1, 'p');
	say_result(door->mlockall(MCL_FUTURE));
	in_child(make, map_new, door);
	map_new(door);
}

static void after_merge(const struct door *door)
{
	say_result(door->merge(1));
	in_child(call_fork, map_new, door);
	map_new(door);
}

/* The child's is the first droppable memory of all. */
static void map_and_again(const struct door *door)
{
	map_both(door);
	in_child(again, look, door);
}

static void first_mapping(pid_t (*make)(void), const struct door *door)
{
	again = make;
	in_child(make, map_and_again, door);
	parent_look();
	map_both(door);
	in_child(make, look, door);
}

/* One case for each way to make a child, "SCENARIO_by_WAY". */
#define BY(scenario, make)                                                     \
	static void scenario##_by_##make(const struct door *door)              \
	{                                                                      \
		scenario(make, door);                                          \
	}
#define BY_TWO(scenario) BY(scenario, fork) BY(scenario, call_fork)
#define BY_ALL(scenario)                                                       \
	BY_TWO(scenario)                                                       \
	BY(scenario, _Fork) BY(scenario, call_clone) BY(scenario, call_clone3)

BY_ALL(wiped)
BY_ALL(grandchild)
BY_ALL(advises)
BY_ALL(changes)
BY_TWO(after_mcl_future)
BY_TWO(first_mapping)

#define TWO(name, scenario)                                                    \
	{"fork_" name, scenario##_by_fork, NO_TWIN, NULL},                     \
	{                                                                      \
		"fork_call_" name, scenario##_by_call_fork, NO_TWIN, NULL      \
	}
#define ALL(name, scenario)                                                    \
	TWO(name, scenario),                                                   \
		{"_Fork_" name, scenario##_by__Fork, NO_TWIN, "_Fork"},        \
		{"clone_call_" name, scenario##_by_call_clone, NO_TWIN, NULL}, \
	{                                                                      \
		"clone3_" name, scenario##_by_call_clone3, NO_TWIN, "clone3"   \
	}

const struct test_case process_cases[] = {
	ALL("wipes", wiped),
	ALL("wipes_again", grandchild),
	ALL("then_advice", advises),
	ALL("then_changes", changes),
	{"fork_of_split", split_and_fork, NO_TWIN, NULL},
	{"fork_of_prot_none", none_and_fork, NO_TWIN, NULL},
	{"fork_of_unmapped_and_replaced", holes_and_fork, NO_TWIN, NULL},
	{"fork_of_moved_and_grown", move_and_fork, NO_TWIN, NULL},
	{"fork_after_dontunmap", dontunmap_and_fork, NO_TWIN,
	 "MREMAP_DONTUNMAP"},
	{"fork_after_free", free_and_fork, NO_TWIN, NULL},
	{"fork_after_keeponfork", keep_and_fork, NO_TWIN, "MADV_WIPEONFORK"},
	{"fork_after_wipeonfork", wipe_and_fork, NO_TWIN, "MADV_WIPEONFORK"},
	{"fork_after_dontfork_and_dofork", dofork_and_fork, NO_TWIN, NULL},
	{"fork_absent_then_use", use_absent, NO_TWIN, "MADV_COLD"},
	{"fork_absent_then_pageout", pageout_absent, NO_TWIN, "MADV_COLD"},
	{"fork_call_absent_then_mlock", lock_absent, NO_TWIN, NULL},
	{"fork_absent_then_advice", advise_absent, NO_TWIN, NULL},
	TWO("after_mcl_future", after_mcl_future),
	{"fork_call_after_merge", after_merge, NO_TWIN, "PR_SET_MEMORY_MERGE"},
	TWO("before_first_mapping", first_mapping),
	{0},
};
