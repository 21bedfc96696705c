/* SPDX-License-Identifier: MIT */
/*
 * The library's statistics in another process, see core/stats.h: found by their
 * symbol and read while it runs.  Nothing runs or changes in it.
 *
 * Needs the rights of ptrace(2), "access mode checking": of
 * PTRACE_MODE_ATTACH_REALCREDS.
 */
#ifndef DRP_CLI_PEEK_H
#define DRP_CLI_PEEK_H

#include <stdint.h>
#include <sys/types.h>

#include "core/stats.h"

struct drp_peek {
	pid_t pid;
	uint64_t at; /* Where the statistics lie. */
};

/*
 * 0 or -errno: -ESRCH without such a process, -EPERM or -EACCES without the
 * right to look, -ENODATA where the library is not in it, -EPROTO where its
 * statistics have a layout that is not known here.
 */
int drp_peek_open(struct drp_peek *peek, pid_t pid);

/* What there is and was done at one time. */
struct drp_sample {
	struct drp_stats stats;
	/* What only the kernel knows, in bytes. */
	uint64_t resident;
	uint64_t armed; /* LazyFree: the kernel may take it.  Since 4.12. */
	uint64_t swapped;
	int64_t now_us;
};

/*
 * Statistics, of which what an older library does not count is 0; and
 * /proc/PID/smaps, for which the kernel goes over all page tables.  0 or
 * -errno.
 */
int drp_peek_sample(const struct drp_peek *peek, struct drp_sample *sample);

/* Dropped for all causes. */
uint64_t drp_sample_dropped(const struct drp_sample *sample);

#endif
