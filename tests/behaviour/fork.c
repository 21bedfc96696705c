/* SPDX-License-Identifier: MIT */
/* What a child finds in droppable memory. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../claims.h"
#include "child.h"
#include "droppable_memory.h"

START_TEST(a_forked_child_reads_zeros_and_inherits)
{
	try_fork(fork);
}
END_TEST

START_TEST(a_vforked_child_wipes_nothing)
{
	char *volatile map = droppable_pages(PAGES, 'p');
	pid_t pid = vfork();

	if (!pid)
		_exit(map[0] == 'p' ? 0 : 1);
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(a_spawned_program_wipes_nothing)
{
	char *const argv[] = {(char *)"true", NULL};
	char *map = droppable_pages(PAGES, 'p');
	pid_t pid;

	ck_assert_int_eq(posix_spawnp(&pid, "true", NULL, NULL, argv, environ),
			 0);
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(a_child_can_map_and_unmap)
{
	char *map = droppable_pages(PAGES, 'p');
	pid_t pid = fork();

	if (!pid) {
		char *more = droppable_pages(PAGES, 'm');

		_exit(more && page_is(more, 'm') && is_droppable(more) &&
				      !munmap(map, PAGES * page_bytes()) &&
				      !munmap(more, PAGES * page_bytes())
			      ? 0
			      : 1);
	}
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

static atomic_bool done;

static void *map_and_unmap(void *arg)
{
	while (!atomic_load(&done)) {
		char *map = droppable_pages(4, 'x');

		munmap(map, 4 * page_bytes());
	}
	return arg;
}

START_TEST(children_of_a_busy_process_never_hang)
{
	pthread_t threads[4];
	char *map = droppable_pages(PAGES, 'p');

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						map_and_unmap, NULL),
				 0);
	for (int round = 0; round < 200; round++) {
		pid_t pid = fork();

		if (!pid) {
			char *more = droppable_pages(2, 'm');

			_exit(more && page_is(map, 0) &&
					      !munmap(more, 2 * page_bytes())
				      ? 0
				      : 1);
		}
		wants(pid, 0);
	}
	atomic_store(&done, true);
	for (size_t i = 0; i < 4; i++)
		pthread_join(threads[i], NULL);
	ck_assert(page_is(map, 'p'));
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		a_forked_child_reads_zeros_and_inherits,
		a_vforked_child_wipes_nothing,
		a_spawned_program_wipes_nothing,
		a_child_can_map_and_unmap,
		children_of_a_busy_process_never_hang,
	};

	return CLAIMS_RUN("fork", claims);
}
