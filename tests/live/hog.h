/* SPDX-License-Identifier: MIT */
/*
 * Knows how to want much memory fast: ordinary memory faulted in at full speed,
 * by threads of this process or by another process made beforehand.
 */
#ifndef TESTS_HOG_H
#define TESTS_HOG_H

#include <stddef.h>
#include <sys/types.h>

struct hog {
	pid_t pid;
	int to;
	int from;
};

/*
 * Fault in so many bytes by so many threads and keep them.
 * 0 and the milliseconds it took, or -errno.
 */
int hog_here(size_t bytes, unsigned threads, double *ms);

/* Start another process, which waits: this program, run with argv. */
int hog_start(struct hog *hog, char *const argv[]);

/* What that process is to do then; its exit status. */
int hog_serve(size_t bytes, unsigned threads);

/* Let it want.  As hog_here(); -ECHILD if it did not live to tell. */
int hog_go(const struct hog *hog, double *ms);

/* Let it end; its wait status. */
int hog_stop(const struct hog *hog);

#endif
