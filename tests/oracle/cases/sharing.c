/* SPDX-License-Identifier: MIT */
/*
 * Children by vfork() and by libc's clone().  Most share the parent's memory:
 * nothing is wiped, what one does the other sees, and a fork() by either wipes
 * as ever.  And what is left after an exec: nothing.
 */
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>

#include "oracle/family.h"
#include "oracle/layout.h"

typedef void body_fn(const struct door *door);

/* By libc's clone(), on a stack of its own. */
struct cloned {
	body_fn *body;
	const struct door *door;
	bool shares; /* Memory: then the arena and stdout as well. */
};

static int run_cloned(void *arg)
{
	const struct cloned *cloned = arg;

	must(cloned->shares || !arena_reopen(&arena), "look at myself");
	cloned->body(cloned->door);
	if (!cloned->shares)
		fflush(stdout);
	_exit(0);
}

static void in_cloned(int flags, body_fn *body, const struct door *door)
{
	/* One that does not share may make another. */
	static _Alignas(64) char stacks[2][1 << 20];
	static size_t used;
	struct cloned cloned = {body, door, flags & CLONE_VM};
	char *stack = stacks[used++];
	pid_t pid;

	fflush(stdout);
	pid = clone(run_cloned, stack + sizeof(*stacks), flags | SIGCHLD,
		    &cloned);
	used--;
	must(pid > 0, "clone");
	say_end(pid);
}

/* What it says waits in the shared stdout until the parent's flush. */
__attribute__((noinline)) static void
in_vforked(body_fn *volatile body, const struct door *volatile door)
{
	pid_t pid = vfork();

	if (!pid) {
		body(door);
		_exit(0);
	}
	say_end(pid);
}

static void in_clone_vm(body_fn *body, const struct door *door)
{
	in_cloned(CLONE_VM, body, door);
}

static void in_clone_vfork(body_fn *body, const struct door *door)
{
	in_cloned(CLONE_VM | CLONE_VFORK, body, door);
}

/* Nothing is shared: as with fork(). */

static void look_and_clone(const struct door *door)
{
	memset(at_page(1), 'c', pages_len(4));
	in_cloned(0, child_look, door);
	look_as("child");
}

static void clone_alone(const struct door *door)
{
	map_both(door);
	in_cloned(0, look_and_clone, door);
	look_as("parent");
}

static int is_my_id(void *word)
{
	const char *page = word;

	for (size_t i = sizeof(pid_t); i < pages_len(1); i++)
		if (page[i])
			_exit(1);
	_exit(*(pid_t *)word == getpid() ? 0 : 2);
}

/* The kernel writes the word after the wipe. */
static void clone_settid(const struct door *door)
{
	static _Alignas(64) char stack[65536];
	char *word = map_droppable(door, 0, 1, 'p');
	pid_t pid = clone(is_my_id, stack + sizeof(stack),
			  CLONE_CHILD_SETTID | SIGCHLD, word, NULL, NULL, word);

	must(pid > 0, "clone");
	say_end(pid);
	say_pages(0, 1);
}

static int nothing(void *arg)
{
	(void)arg;
	return 0;
}

/* And it clears the word, and wakes, when one that shares memory ends. */
static void clone_cleartid(const struct door *door)
{
	static _Alignas(64) char stack[65536];
	char *word = map_droppable(door, 0, 1, 'p');
	pid_t pid = clone(nothing, stack + sizeof(stack),
			  CLONE_VM | CLONE_CHILD_CLEARTID | SIGCHLD, NULL, NULL,
			  NULL, word);

	must(pid > 0, "clone");
	say_end(pid);
	say("%x %x", *(unsigned int *)(void *)word, word[sizeof(pid_t)]);
}

/* The scenarios that every way to share must stand. */
typedef void in_fn(body_fn *body, const struct door *door);

static void look_and_write(const struct door *door)
{
	child_look(door);
	memset(at_page(1), 'c', pages_len(1));
}

static void sees(in_fn *in, const struct door *door)
{
	map_both(door);
	in(look_and_write, door);
	look_as("parent");
}

static void change(const struct door *door)
{
	say_unmapped(door, 0, 1);
	map_ordinary(door, 1, 1, 'n');
	map_droppable(door, 4, 1, 'd');
	say_lock(door, 3, 3);
	say_moved(door, 2, 1, 1, 7);
}

/* The parent knows of all this. */
static void changes(in_fn *in, const struct door *door)
{
	map_both(door);
	in(change, door);
	for (size_t page = 1; page < 8; page++)
		say_advised(door, page, 1, MADV_DODUMP);
	say_mapped(door, 0, 1, ORDINARY);
	say_advised(door, 0, 1, MADV_DODUMP);
	look_in_both(fork, door);
}

static void drop(const struct door *door)
{
	say_advised(door, 1, 2, MADV_DONTNEED);
	say_advised(door, 1, 1, MADV_DODUMP);
}

static void drops(in_fn *in, const struct door *door)
{
	map_both(door);
	in(drop, door);
	look_as("parent");
}

static void fork_and_look(const struct door *door)
{
	in_child(fork, child_look, door);
	in_child(call_fork, child_look, door);
	say_pages(0, 4);
}

static void forks(in_fn *in, const struct door *door)
{
	map_both(door);
	in(fork_and_look, door);
	look_as("parent");
}

/* The first droppable memory of all is made by one that soon ends. */
static void first(in_fn *in, const struct door *door)
{
	in(map_both, door);
	look_as("parent");
	say_advised(door, 0, 1, MADV_DODUMP);
	map_droppable(door, 6, 2, 'q');
	look_in_both(fork, door);
}

/* What another program is left with, as the shell can see it. */

static char *find_me(void)
{
	static char script[200];

	snprintf(script, sizeof(script),
		 "while read -r at rest; do case $at in *%lx-*) printf ' there'"
		 ";; esac; done </proc/self/maps; printf ' looked'",
		 (unsigned long)(uintptr_t)at_page(0));
	return script;
}

static void exec_and_look(const struct door *door)
{
	(void)door;
	execl("/bin/sh", "sh", "-c", find_me(), (char *)NULL);
	_exit(127);
}

static void fork_and_exec(const struct door *door)
{
	map_both(door);
	in_child(fork, exec_and_look, door);
	look_as("parent");
}

static void vfork_and_exec(const struct door *door)
{
	map_both(door);
	fflush(stdout);
	in_vforked(exec_and_look, door);
	look_as("parent");
}

static void spawns(const struct door *door)
{
	char *argv[] = {(char *)"sh", (char *)"-c", find_me(), NULL};
	pid_t pid;

	map_both(door);
	fflush(stdout);
	say_result(posix_spawn(&pid, "/bin/sh", NULL, NULL, argv, environ));
	say_end(pid);
	look_as("parent");
}

/* One case for each way to share, "SCENARIO_WAY". */
#define BY(scenario, way)                                                      \
	static void scenario##_##way(const struct door *door)                  \
	{                                                                      \
		scenario(in_##way, door);                                      \
	}
#define BY_ALL(scenario)                                                       \
	BY(scenario, vforked)                                                  \
	BY(scenario, clone_vm) BY(scenario, clone_vfork)

BY_ALL(sees)
BY_ALL(changes)
BY_ALL(drops)
BY_ALL(forks)
BY_ALL(first)

#define ALL(name, scenario)                                                    \
	{"vfork_" name, scenario##_vforked, NO_TWIN, NULL},                    \
		{"clone_vm_" name, scenario##_clone_vm, NO_TWIN, NULL},        \
	{                                                                      \
		"clone_vfork_" name, scenario##_clone_vfork, NO_TWIN, NULL     \
	}

const struct test_case sharing_cases[] = {
	{"clone_wipes_again", clone_alone, NO_TWIN, "MADV_WIPEONFORK"},
	{"clone_settid", clone_settid, ONE_DOOR, "MADV_WIPEONFORK"},
	{"clone_cleartid", clone_cleartid, ONE_DOOR, NULL},
	ALL("sees_and_writes", sees),
	ALL("changes", changes),
	ALL("drops", drops),
	ALL("forks", forks),
	ALL("maps_first", first),
	{"fork_and_exec", fork_and_exec, ONE_DOOR, NULL},
	{"vfork_and_exec", vfork_and_exec, ONE_DOOR, NULL},
	{"posix_spawn", spawns, ONE_DOOR, NULL},
	{0},
};
