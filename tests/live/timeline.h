/* SPDX-License-Identifier: MIT */
/*
 * Knows how to watch a cache while it lives: a thread that writes, every few
 * milliseconds, a line of
 *
 *	MS RESIDENT LEFT DROPPED
 *
 * in pages: of the cache in memory, of the memory group still unused (-1 if
 * that is not known), and of the cache lost since the beginning.  The last is
 * right where a page is written only when it is not there.
 */
#ifndef TESTS_TIMELINE_H
#define TESTS_TIMELINE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "../tools/incgroup_group.h"
#include "cache.h"

struct timeline {
	const struct cache *cache;
	struct group group;
	bool in_group;
	int fd;
	double start_ms;
	pthread_t thread;
	atomic_bool stop;
};

/* Make the file.  0 or -errno. */
int timeline_open(struct timeline *timeline, const char *path);

/* Begin, with a cache that is mapped and not yet written to.  0 or -errno. */
int timeline_start(struct timeline *timeline, const struct cache *cache);

/* A line "# WHAT MS". */
void timeline_mark(const struct timeline *timeline, const char *what);

void timeline_stop(struct timeline *timeline);

#endif
