/* SPDX-License-Identifier: MIT */
/*
 * Headroom: how many bytes can still be allocated before reclaim must take
 * anonymous memory.  The least of what the machine and every ancestor memory
 * cgroup have left.  Knows files and numbers; knows nothing of regions and
 * decides nothing.
 *
 * Pages in the MADV_FREE state sit on the file LRU lists and are counted there
 * by the kernel; headroom leaves them out (file LRU bytes beyond the page cache
 * are not file cache), because they are what the caller wants to judge.
 *
 * Callable without libc's thread-local storage; allocates nothing.  Buffers are
 * static: one thread at a time.
 */
#ifndef DRP_PRESSURE_HEADROOM_H
#define DRP_PRESSURE_HEADROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"
#include "pressure/cgroup.h"

struct drp_headroom {
	uint64_t bytes;		 /* UINT64_MAX: nothing could be read. */
	uint64_t limit_bytes;	 /* The size of what `bytes` is left of. */
	uint64_t lazyfree_bytes; /* Of what `bytes` is left of: what reclaim
				    can still take of memory in the MADV_FREE
				    state, anybody's.  What was written since
				    counts until reclaim meets it.  0 before
				    4.12, where it is on no list of its own. */
	uint64_t scanned;	 /* Pages reclaim has scanned so far: only its
				    movement means anything, and 0 that it never
				    has or is not counted. */
	bool swap;	/* There is some the pages could go to, if it is not
			   full just now.  A cgroup may forbid it to us: not
			   looked at. */
	bool swap_free; /* It is not full. */
};

/*
 * Opened by who looks, the watcher or the program's loop, and touched by nobody
 * else.  A forked child may use its copy.  Descriptors the program closed are opened
 * again at the next reading.
 */
struct drp_headroom_reader {
	struct drp_fd meminfo;
	struct drp_fd vmstat; /* DRP_FD_NONE until it is wanted. */
	uint64_t scanned;     /* What it said last. */
	struct drp_cgroup_chain cgroups;
	struct drp_cgroup_reading reading; /* The last that succeeded. */
	uint64_t machine_bytes;		   /* MemTotal, or a guess above it. */
	int cgroups_err;		   /* Of the last opening. */
	int64_t opened_us;		   /* When the cgroups were opened, */
	int64_t looked_us; /* and last asked if they still are ours. */
};

/* Open what there is.  Never fails: what is missing is logged and left out. */
void drp_headroom_open(struct drp_headroom_reader *reader);

/*
 * A few reads, no allocation; *now is always filled in.  Notices within ten
 * seconds that the process was moved to another cgroup.
 */
void drp_headroom_read(struct drp_headroom_reader *reader,
		       struct drp_headroom *now);

void drp_headroom_close(struct drp_headroom_reader *reader);

/*
 * The machine's part, from the text of /proc/meminfo: all but scanned, which is
 * 0.  Pure.  -EINVAL without MemTotal and either MemAvailable or MemFree: *now
 * is untouched then.
 */
int drp_headroom_parse_meminfo(const char *text, size_t len,
			       struct drp_headroom *now);

/* Pages scanned by reclaim, from the text of /proc/vmstat.  Pure. */
uint64_t drp_headroom_parse_vmstat(const char *text, size_t len);

#endif
