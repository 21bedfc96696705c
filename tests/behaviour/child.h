/* SPDX-License-Identifier: MIT */
/* What the tests of forked children share. */
#ifndef TESTS_BEHAVIOUR_CHILD_H
#define TESTS_BEHAVIOUR_CHILD_H

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
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

static atomic_bool busy_done;

static inline void *map_and_unmap(void *arg)
{
	while (!atomic_load(&busy_done)) {
		char *map = droppable_pages(4, 'x');

		munmap(map, 4 * page_bytes());
	}
	return arg;
}

/* Many of them are born while another thread maps or unmaps. */
static inline void busy_children(pid_t (*fork_fn)(void))
{
	pthread_t threads[4];
	char *map = droppable_pages(PAGES, 'p');

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						map_and_unmap, NULL),
				 0);
	for (int round = 0; round < 200; round++) {
		pid_t pid = fork_fn();

		if (!pid) {
			bool alone = !unshare(CLONE_FS);
			char *more = droppable_pages(2, 'm');

			_exit(alone && more && page_is(map, 0) &&
					      !munmap(more, 2 * page_bytes())
				      ? 0
				      : 1);
		}
		wants(pid, 0);
	}
	atomic_store(&busy_done, true);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert(page_is(map, 'p'));
}

#endif
