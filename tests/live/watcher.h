/* SPDX-License-Identifier: MIT */
/*
 * Knows what the library's thread has cost this process so far: its CPU time
 * and how often it has woken up.  Found by its name; knows nothing else of the
 * library.
 */
#ifndef TESTS_WATCHER_H
#define TESTS_WATCHER_H

#include <stdint.h>

struct watcher_cost {
	int64_t cpu_ns;
	long wakeups; /* Sleeps of its own will that have ended. */
};

/* Of this process.  -ENOENT where there is no such thread. */
int watcher_cost(struct watcher_cost *cost);

#endif
