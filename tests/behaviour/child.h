/* SPDX-License-Identifier: MIT */
/* What the tests of forked children share. */
#ifndef TESTS_BEHAVIOUR_CHILD_H
#define TESTS_BEHAVIOUR_CHILD_H

#include <sys/types.h>
#include <sys/wait.h>

#include "../claims.h"
#include "droppable_memory.h"

#define PAGES 16

/* 0: all pages zero, droppable, and again zero in a child of the child. */
static inline int child_finds(char *map)
{
	pid_t pid;
	int status;

	for (size_t i = 0; i < PAGES; i++)
		if (!page_is(map + i * page_bytes(), 0))
			return 1;
	memset(map, 'c', PAGES * page_bytes());
	if (!is_droppable(map))
		return 2;
	pid = fork();
	if (!pid)
		_exit(page_is(map, 0) ? 0 : 1);
	waitpid(pid, &status, 0);
	if (status)
		return 3;
	return page_is(map, 'c') ? 0 : 4;
}

static inline void wants(pid_t pid, int want)
{
	int status;

	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), want);
}

static inline void try_fork(pid_t (*fork_fn)(void))
{
	char *map = droppable_pages(PAGES, 'p');
	pid_t pid = fork_fn();

	if (!pid)
		_exit(child_finds(map));
	wants(pid, 0);
	for (size_t i = 0; i < PAGES; i++)
		ck_assert(page_is(map + i * page_bytes(), 'p'));
	ck_assert(is_droppable(map));
}

#endif
