/* SPDX-License-Identifier: MIT */
/*
 * Running a program as a child, to see what the library has done in it when it
 * ends: the kernel stops it then (PTRACE_O_TRACEEXIT), while its memory is
 * still there.
 */
#ifndef DRP_CLI_ATTEND_H
#define DRP_CLI_ATTEND_H

#include <stdbool.h>
#include <sys/types.h>

#include "cli/peek.h"

struct drp_attended {
	int status; /* As waitpid() gives it. */
	bool exec_failed;
	int exec_errno; /* Why. */
	int err; /* Of the sample: -ENODATA if the library was not in it. */
	pid_t pid;
	struct drp_sample sample;
};

/*
 * Start it, hand on the signals that ask to end, and wait for it.  0 or -errno
 * of starting a child.
 */
int drp_attend(struct drp_attended *attended, const char *path, char **argv);

/* End as it did: with its exit code, or by its signal.  Returns a code. */
int drp_attend_end(const struct drp_attended *attended);

#endif
