/* SPDX-License-Identifier: MIT */
/*
 * A running process, as far as /proc lets others see it.  Stops nothing and
 * writes nothing.
 */
#ifndef DRP_CLI_TARGET_H
#define DRP_CLI_TARGET_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

struct drp_target {
	pid_t pid;
	char exe[PATH_MAX];	/* The file it runs. */
	bool loaded;		/* libdroppable.so is mapped in it, */
	char library[PATH_MAX]; /* from there. */
};

/* The process that `text` means: a positive decimal number.  0 if it is none.
 */
pid_t drp_target_parse(const char *text);

/* The file that the process runs.  0 or -errno, as below. */
int drp_target_exe(pid_t pid, char exe[PATH_MAX]);

/*
 * 0 or -errno: -ESRCH when there is no such process, -EACCES or -EPERM when it
 * belongs to somebody else (ptrace(2), "access mode checking").
 */
int drp_target_read(struct drp_target *target, pid_t pid);

#endif
