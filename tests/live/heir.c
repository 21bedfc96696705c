/* SPDX-License-Identifier: MIT */
/*
 * heir child|grandchild|busy DELAY_MS: a forked process writes to a droppable
 * cache that it has inherited, with no other call about memory, and another
 * process wants more than is left.
 *
 *   child       of a parent that has never written to it
 *   grandchild  the same, one generation on
 *   busy        of a parent that has been writing to it for DELAY_MS, and stops
 *               when it has forked, so that the library is at work just then
 *
 * Exit status: 0 the heir lived; 1 usage, or no other process; 2 mmap refused;
 * 3 torn pages; 4 somebody was killed.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"
#include "hog.h"

#define CACHE_BYTES ((size_t)300 << 20)
#define HOG_BYTES ((size_t)400 << 20)

static struct cache cache;
static struct hog hog;
static atomic_bool stop;

static int inherit(void)
{
	struct tally tally;
	double ms;

	cache_fill(&cache);
	if (hog_go(&hog, &ms)) {
		puts("result killed who=other");
		return 4;
	}
	tally = cache_count(&cache);
	printf("result survived alloc_ms=%.0f kept_pages=%zu zero_pages=%zu "
	       "torn_pages=%zu\n",
	       ms, tally.kept, tally.zero, tally.torn);
	return tally.torn ? 3 : 0;
}

/* As many generations on; what came of the last. */
static int bequeath(int generations)
{
	int status;
	pid_t pid;

	if (generations == 0)
		return inherit();
	pid = fork();
	if (pid == 0) {
		status = bequeath(generations - 1);
		fflush(stdout);
		_exit(status);
	}
	atomic_store(&stop, true);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		perror("heir: fork");
		return 1;
	}
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	printf("result killed who=heir signal=%d\n", WTERMSIG(status));
	return 4;
}

static void *write_on(void *arg)
{
	size_t page;

	for (page = 0; !atomic_load(&stop); page = (page + 1) % cache.pages)
		cache_write(&cache, page);
	return arg;
}

static int be_busy(int delay_ms)
{
	const struct timespec time = {.tv_nsec = delay_ms * 1000000L};
	pthread_t id;

	if (pthread_create(&id, NULL, write_on, NULL)) {
		fputs("heir: no thread\n", stderr);
		return -1;
	}
	nanosleep(&time, NULL);
	return 0;
}

/* Before the cache, which the other process must not share. */
static int prepare(void)
{
	char name[] = "heir", serve[] = "--serve";
	char *argv[] = {name, serve, NULL};
	int err = hog_start(&hog, argv);

	if (err) {
		fprintf(stderr, "heir: no other process: %s\n", strerror(-err));
		return 1;
	}
	err = cache_map(&cache, CACHE_BYTES, MAP_DROPPABLE);
	if (err) {
		printf("result refused errno=%s\n",
		       err == -EINVAL ? "EINVAL" : strerror(-err));
		return 2;
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *way = argc > 1 ? argv[1] : "";
	bool busy = argc == 3 && strcmp(way, "busy") == 0;
	int generations = strcmp(way, "grandchild") == 0 ? 2 : 1;
	int status;

	if (strcmp(way, "--serve") == 0)
		return hog_serve(HOG_BYTES, 1);
	if (!busy && strcmp(way, "child") != 0 && generations == 1) {
		fputs("usage: heir child|grandchild|busy [DELAY_MS]\n", stderr);
		return 1;
	}
	/* The other process may be gone when it is told to begin. */
	signal(SIGPIPE, SIG_IGN);
	status = prepare();
	if (status)
		return status;
	if (busy && be_busy(atoi(argv[2])))
		return 1;
	status = bequeath(generations);
	fflush(stdout);
	_exit(status);
}
