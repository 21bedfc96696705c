/* SPDX-License-Identifier: MIT */
/*
 * The memory cgroups this process is charged to, v1 or v2, from its own up to
 * the topmost one that can be seen.  Knows their limits and what is left of
 * them; never changes anything in them and knows nothing of the machine.
 *
 * Buffers and paths live in static storage: one thread at a time, which is the
 * owner of the chain (who opens it, then the watcher).  Callable without libc's
 * thread-local storage; allocates nothing.  A forked child may go on using the
 * chain, its descriptors are read with pread().
 */
#ifndef DRP_PRESSURE_CGROUP_H
#define DRP_PRESSURE_CGROUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"

/* Deeper hierarchies than this exist in no known container manager. */
#define DRP_CGROUP_LEVELS 12

/* All but limit and high are open only if the level had a limit at opening. */
struct drp_cgroup_level {
	struct drp_fd limit; /* v2 memory.max, v1 memory.limit_in_bytes */
	struct drp_fd high;  /* v2 memory.high, none in v1 */
	struct drp_fd usage;
	struct drp_fd stat;
	struct drp_fd failed; /* v1 memory.failcnt, none in v2 */
};

struct drp_cgroup_chain {
	int version;  /* 0: no memory cgroup found, else 1 or 2. */
	size_t count; /* Levels in use; [0] is our own cgroup. */
	uint64_t machine_bytes;
	uint64_t place; /* Hash of /proc/self/cgroup at opening. */
	struct drp_cgroup_level levels[DRP_CGROUP_LEVELS];
};

struct drp_cgroup_reading {
	uint64_t bytes;	      /* Left before anonymous pages are reclaimed. */
	uint64_t limit_bytes; /* UINT64_MAX: no level has a limit. */
	uint64_t lazyfree_bytes; /* In the level that `bytes` is of. */
	uint64_t scanned;	 /* v2: pages scanned in the levels that have a
				    limit; v1: times the limits were hit.  Only
				    its movement means anything. */
};

struct drp_cgroup_stat {
	uint64_t file_bytes;	 /* Page cache that reclaim could take, */
	uint64_t lazyfree_bytes; /* and MADV_FREE pages on its lists. */
	uint64_t scanned;	 /* v2 pgscan, else 0. */
};

/*
 * Find the chain.  Limits above machine_bytes (MemTotal) are no limits: v1
 * writes "none" as 0x7ffffffffffff000.  0, -ENOENT when there is no memory
 * cgroup, or another -errno when one is there but cannot be opened now.
 */
int drp_cgroup_open(struct drp_cgroup_chain *chain, uint64_t machine_bytes);

/*
 * The half of drp_cgroup_open() after the finding: open dir and every folder
 * above it, down to the length top_len.  Writes to dir.  Folders without a
 * limit file (v2's root, or where the controller is not enabled) are no levels:
 * their processes are charged to the next one up.
 */
int drp_cgroup_open_dir(struct drp_cgroup_chain *chain, int version,
			uint64_t machine_bytes, char *dir, size_t top_len);

/*
 * 0 with the tightest level; -ESTALE when a limit appeared where there was none
 * at opening, or -errno of the level that cannot be read now: in all these
 * cases close the chain and open it again, not too often.  -ENOENT if the chain
 * is empty.  On failure *now says "no limit".
 */
int drp_cgroup_read(struct drp_cgroup_chain *chain,
		    struct drp_cgroup_reading *now);

/* Was the process moved to another cgroup since opening?  One file is read. */
bool drp_cgroup_moved(const struct drp_cgroup_chain *chain);

void drp_cgroup_close(struct drp_cgroup_chain *chain);

/* The text of memory.stat.  Pure; what is missing counts as 0. */
void drp_cgroup_parse_stat(int version, const char *text, size_t len,
			   struct drp_cgroup_stat *stat);

#endif
