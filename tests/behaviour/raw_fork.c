/* SPDX-License-Identifier: MIT */
/*
 * Children that libc's fork handlers know nothing of.  Before Linux 4.14 an
 * emulation cannot wipe there: not run where MADV_WIPEONFORK is hidden.
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

int main(void)
{
	const TTest *const claims[] = {
		a_child_made_by_a_raw_call_reads_zeros_and_inherits,
		raw_children_of_a_busy_process_never_hang,
	};

	return CLAIMS_RUN("raw_fork", claims);
}
