/* SPDX-License-Identifier: MIT */
/*
 * Children that libc's fork handlers know nothing of.  Before Linux 4.14 an
 * emulation cannot wipe there: not run where MADV_WIPEONFORK is hidden.
 */
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>

#include "child.h"

static pid_t raw_fork(void)
{
#ifdef SYS_fork
	return (pid_t)syscall(SYS_fork);
#else
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
#endif
}

START_TEST(a_child_made_by_a_raw_call_reads_zeros_and_inherits)
{
	try_fork(raw_fork);
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

/* Half of them are born while another thread changes the registry. */
START_TEST(raw_children_of_a_busy_process_never_hang)
{
	pthread_t threads[4];
	char *map = droppable_pages(PAGES, 'p');

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL,
						map_and_unmap, NULL),
				 0);
	for (int round = 0; round < 200; round++) {
		pid_t pid = raw_fork();

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
		a_child_made_by_a_raw_call_reads_zeros_and_inherits,
		raw_children_of_a_busy_process_never_hang,
	};

	return CLAIMS_RUN("raw_fork", claims);
}
