/* SPDX-License-Identifier: MIT */
/*
 * Children that libc's fork handlers know nothing of.
 */
#include <signal.h>
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

START_TEST(raw_children_of_a_busy_process_never_hang)
{
	busy_children(raw_fork);
}
END_TEST

static atomic_int lockings;

static void *lock_and_unlock(void *arg)
{
	while (!atomic_load(&busy_done)) {
		mlockall(MCL_CURRENT);
		munlockall();
		atomic_fetch_add(&lockings, 1);
	}
	return arg;
}

/* Most of them are born in the middle of an mlockall(). */
static void locking_children(int (*go)(void))
{
	pthread_t thread;
	char *ordinary = ordinary_pages(16384, 'o');

	ck_assert_ptr_ne(ordinary, NULL);
	ck_assert_int_eq(pthread_create(&thread, NULL, lock_and_unlock, NULL),
			 0);
	while (!atomic_load(&lockings))
		sched_yield();
	for (int round = 0; round < 60; round++) {
		pid_t pid = raw_fork();

		if (!pid)
			_exit(go() ? 1 : 0);
		wants(pid, 0);
	}
	atomic_store(&busy_done, true);
	pthread_join(thread, NULL);
}

static int stay_who_i_am(void)
{
	return setuid(getuid());
}

static int be_alone(void)
{
	return unshare(CLONE_FS);
}

/* There is no droppable memory. */
START_TEST(raw_children_of_a_locking_process_can_set_their_user)
{
	locking_children(stay_who_i_am);
}
END_TEST

START_TEST(raw_children_of_a_locking_process_can_unshare)
{
	locking_children(be_alone);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		a_child_made_by_a_raw_call_reads_zeros_and_inherits,
		raw_children_of_a_busy_process_never_hang,
		raw_children_of_a_locking_process_can_set_their_user,
		raw_children_of_a_locking_process_can_unshare,
	};

	return CLAIMS_RUN("raw_fork", claims);
}
