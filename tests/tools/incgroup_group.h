/* SPDX-License-Identifier: MIT */
/*
 * Knows memory control groups, version 1 and 2: where ours is and what is left
 * in it, how one below it is made, limited, emptied and removed.  Never starts or waits for anything.
 */
#ifndef TESTS_INCGROUP_GROUP_H
#define TESTS_INCGROUP_GROUP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#define SWAP_UNLIMITED ((size_t)-1)

struct group {
	char path[PATH_MAX];
	bool v1;
};

/*
 * Make a group for this process's child.  0 or -errno: -ENOENT where no memory
 * controller is to be had, else what the last attempt said.
 */
int group_make(struct group *group);

/* Limit it, in bytes; swap on top of memory.  0 or -errno. */
int group_limit(const struct group *group, size_t memory, size_t swap);

/* Move the calling process in.  0 or -errno. */
int group_enter(const struct group *group);

/* The group that this process is in.  0 or -errno. */
int group_here(struct group *group);

/* Its limit less what it uses, in bytes.  0 or -errno: -EINVAL without limit. */
int group_left(const struct group *group, size_t *bytes);

/* Kill what is left in it and remove it.  0 or -errno. */
int group_remove(const struct group *group);

#endif
