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

#include "oracle/family.h"
#include "oracle/layout.h"

#define NR_CLONE3 435

#ifndef HAVE__FORK
/* Not called: the cases need it. */
#define _Fork fork
#endif

static pid_t call_clone3(void)
{
	/* struct clone_args, of which only exit_signal matters. */
	uint64_t args[8] = {[4] = SIGCHLD};

	return (pid_t)syscall(NR_CLONE3, args, sizeof(args));
}

/* How the child was made, so that it may make another. */
static pid_t (*again)(void);

static void write_and_again(const struct door *door)
{
	memset(at_page(1), 'c', pages_len(4));
	look_as("child");
	in_child(again, child_look, door);
	look_as("child");
}

/* The first thing the child does is this; it still knows what it inherited. */
static void advise_and_look(const struct door *door)
{
	say_advised(door, 0, 1, ADVICE_KEEPONFORK);
	say_advised(door, 0, 1, MADV_DODUMP);
	memset(at_page(0), 'c', pages_len(4));
	say_advised(door, 1, 1, MADV_DONTNEED);
	say_lock(door, 2, 3);
	say_pages(0, 8);
}

static void change_and_again(const struct door *door)
{
	memset(at_page(0), 'c', pages_len(4));
	say_unmapped(door, 1, 1);
	say_moved(door, 2, 1, 2, 6);
	map_ordinary(door, 3, 1, 'n');
	map_droppable(door, 4, 1, 'd');
	say_advised(door, 3, 1, MADV_DODUMP);
	say_advised(door, 7, 1, MADV_DODUMP);
	in_child(again, child_look, door);
	look_as("child");
}

/* What every way to make a child must stand. */
static void with_both(pid_t (*make)(void),
		      void (*body)(const struct door *door),
		      const struct door *door)
{
	again = make;
	map_both(door);
	in_child(make, body, door);
	look_as("parent");
}

/* What the parent has changed before. */

static void split_and_fork(const struct door *door)
{
	map_droppable(door, 0, 6, 'p');
	say_protected(door, 1, 1, PROT_READ);
	say_protected(door, 3, 2, PROT_NONE);
	look_in_both(call_fork, door);
}

static void open_and_look(const struct door *door)
{
	say_protected(door, 0, 4, RW);
	say("%x", *at_page(1));
	say_pages(0, 4);
}

static void none_and_fork(const struct door *door)
{
	map_droppable(door, 0, 4, 'p');
	say_protected(door, 0, 4, PROT_NONE);
	in_child(fork, open_and_look, door);
	open_and_look(door);
}

static void holes_and_fork(const struct door *door)
{
	map_droppable(door, 0, 8, 'p');
	say_unmapped(door, 1, 2);
	map_ordinary(door, 4, 2, 'o');
	look_in_both(fork, door);
}

static void move_and_fork(const struct door *door)
{
	map_droppable(door, 40, 2, 'p');
	map_ordinary(door, 42, 1, 'o');
	say_moved(door, 40, 2, 3, 2);
	say_moved(door, 42, 1, 1, 5);
	memset(at_page(4), 'g', pages_len(1));
	look_in_both(fork, door);
}

static void dontunmap_and_fork(const struct door *door)
{
	map_droppable(door, 0, 2, 'p');
	say_address(door->mremap(at_page(0), pages_len(2), pages_len(2),
				 MOVE_TO | MREMAP_DONTUNMAP, at_page(4)));
	memset(at_page(1), 'q', pages_len(1));
	look_in_both(fork, door);
}

static void free_and_fork(const struct door *door)
{
	map_both(door);
	say_advised(door, 0, 4, ADVICE_FREE);
	memset(at_page(1), 'q', pages_len(1));
	look_in_both(fork, door);
}

/* The advice fails where it meets what is droppable, and not before. */
static void keep_and_fork(const struct door *door)
{
	map_ordinary(door, 0, 2, 'o');
	map_droppable(door, 2, 2, 'p');
	map_ordinary(door, 4, 2, 'o');
	say_advised(door, 0, 1, ADVICE_WIPEONFORK);
	say_advised(door, 4, 2, ADVICE_WIPEONFORK);
	say_advised(door, 0, 5, ADVICE_KEEPONFORK);
	look_in_both(fork, door);
}

static void wipe_and_fork(const struct door *door)
{
	map_both(door);
	say_advised(door, 3, 2, ADVICE_WIPEONFORK);
	look_in_both(fork, door);
}

static void dofork_and_fork(const struct door *door)
{
	map_both(door);
	say_advised(door, 1, 4, MADV_DONTFORK);
	say_advised(door, 2, 1, MADV_DOFORK);
	look_in_both(fork, door);
}

/* Where the parent has droppable memory that the child did not get. */
static void absent(pid_t (*make)(void), void (*body)(const struct door *door),
		   const struct door *door)
{
	map_droppable(door, 0, 2, 'p');
	say_advised(door, 0, 2, MADV_DONTFORK);
	in_child(make, body, door);
}

static void hint_there(const struct door *door)
{
	say_mapped(door, 0, 2, ORDINARY);
	memset(at_page(0), 'o', pages_len(2));
}

static void lock_there(const struct door *door)
{
	hint_there(door);
	say_lock(door, 0, 1);
	say_pages(0, 2);
}

static void advise_there(const struct door *door)
{
	hint_there(door);
	say_advised(door, 0, 1, MADV_DONTDUMP);
	say_advised(door, 0, 1, MADV_DODUMP);
	in_child(fork, child_look, door);
}

/* Ordinary memory keeps what it holds, in memory or in swap. */
static void pageout_there(const struct door *door)
{
	hint_there(door);
	say_advised(door, 0, 2, ADVICE_PAGEOUT);
	say_pages(0, 2);
}

static void nothing_there(const struct door *door)
{
	say_lock(door, 0, 1);
	say_advised(door, 0, 1, MADV_DODUMP);
	say_advised(door, 0, 1, ADVICE_PAGEOUT);
	say_address(door->mremap(at_page(0), pages_len(1), pages_len(2),
				 MREMAP_MAYMOVE, NULL));
	say_unmapped(door, 0, 1);
	map_droppable(door, 1, 1, 'd');
	in_child(fork, child_look, door);
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
	in_child(again, child_look, door);
}

static void first_mapping(pid_t (*make)(void), const struct door *door)
{
	again = make;
	in_child(make, map_and_again, door);
	look_as("parent");
	map_both(door);
	in_child(make, child_look, door);
}

/* One case for each way to make a child, "SCENARIO_by_WAY". */
#define BY(scenario, make)                                                     \
	static void scenario##_by_##make(const struct door *door)              \
	{                                                                      \
		scenario(make, door);                                          \
	}
#define BY_TWO(scenario) BY(scenario, fork) BY(scenario, call_fork)

BY_TWO(after_mcl_future)
BY_TWO(first_mapping)
#undef BY

#define BY(body, make)                                                         \
	static void body##_by_##make(const struct door *door)                  \
	{                                                                      \
		with_both(make, body, door);                                   \
	}
#define BY_ALL(body)                                                           \
	BY_TWO(body)                                                           \
	BY(body, _Fork) BY(body, call_clone) BY(body, call_clone3)

BY_ALL(child_look)
BY_ALL(write_and_again)
BY_ALL(advise_and_look)
BY_ALL(change_and_again)

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
	ALL("wipes", child_look),
	ALL("wipes_again", write_and_again),
	ALL("then_advice", advise_and_look),
	ALL("then_changes", change_and_again),
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
