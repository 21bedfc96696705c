/* SPDX-License-Identifier: MIT */
/*
 * _Fork(), a fork() without handlers: before Linux 4.14 somebody must wipe.
 *
 * Shared library only: a static program's own call reaches libc's directly.
 */
#include <signal.h>
#include <stdbool.h>

#include "base/export.h"
#include "base/libc.h"
#include "base/sys.h"
#include "core/process.h"
#include "interpose/next.h"

#ifdef PIC

DRP_EXPORT pid_t _Fork(void)
{
	bool ours = drp_process_fork_begin();
	pid_t pid;

	if (drp_next._Fork)
		pid = drp_next._Fork();
	else
		pid = (pid_t)drp_result(
			DRP_SYS(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	if (ours)
		drp_process_fork_end(!pid);
	return pid;
}

#endif
