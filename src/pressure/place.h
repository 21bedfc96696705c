/* SPDX-License-Identifier: MIT */
/*
 * Where this process's cgroup is: the folder in a mounted hierarchy, and
 * whether the process was moved since.  Reads no limits and changes nothing.
 *
 * Paths live in static storage: one thread at a time, as in cgroup.h.  Callable
 * without libc's thread-local storage; allocates nothing.
 */
#ifndef DRP_PRESSURE_PLACE_H
#define DRP_PRESSURE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fd.h"

struct drp_place {
	int version;	/* 1 or 2. */
	uint64_t hash;	/* Of /proc/self/cgroup. */
	char *dir;	/* Good until the next drp_place_find(). */
	size_t top_len; /* How much of it is the mount point. */
};

/*
 * Find our folder in the hierarchy of that version, or, for 0, in the one that
 * our memory is charged to.  0, -ENOENT if there is none, or another -errno.
 * The hash is set in any case, 0 if it could not be read.
 */
int drp_place_find(struct drp_place *place, int version);

/* Is the hash another one by now?  One file is read. */
bool drp_place_moved(uint64_t before);

/* Go to the folder above; false, and stay, if that is not mounted. */
bool drp_place_up(struct drp_place *place);

/* The path of a file in it, good until the next call; "" if it is too long. */
const char *drp_place_file(const struct drp_place *place, const char *name);

/* Open such a file: see drp_fd_open(). */
int drp_place_open(const struct drp_place *place, const char *name, int flags,
		   struct drp_fd *fd);

#endif
