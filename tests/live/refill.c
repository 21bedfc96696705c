/* SPDX-License-Identifier: MIT */
/*
 * refill SECONDS: what another process's sudden want has taken from a droppable
 * cache is written anew when that memory has been given back; is it still there
 * so many seconds later?
 *
 * Exit status: 0 looked; 1 usage, or no other process; 2 mmap refused; 3 torn
 * pages; 4 the other process was killed.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cache.h"
#include "hog.h"

#define CACHE_BYTES ((size_t)300 << 20)
#define HOG_BYTES ((size_t)400 << 20)

static int look(struct cache *cache, const struct hog *hog, int seconds)
{
	const struct timespec time = {.tv_sec = seconds};
	struct tally tally;
	size_t lost;
	double ms;

	cache_fill(cache);
	if (hog_go(hog, &ms) || hog_stop(hog)) {
		puts("result killed who=other");
		return 4;
	}
	lost = cache_refill(cache);
	nanosleep(&time, NULL);
	tally = cache_count(cache);
	printf("result looked refilled_pages=%zu kept_pages=%zu zero_pages=%zu "
	       "torn_pages=%zu\n",
	       lost, tally.kept, tally.zero, tally.torn);
	return tally.torn ? 3 : 0;
}

int main(int argc, char **argv)
{
	char name[] = "refill", serve[] = "--serve";
	char *hog_argv[] = {name, serve, NULL};
	struct cache cache;
	struct hog hog;
	int err;

	if (argc == 2 && strcmp(argv[1], serve) == 0)
		return hog_serve(HOG_BYTES, 1);
	if (argc != 2 || atoi(argv[1]) <= 0) {
		fputs("usage: refill SECONDS\n", stderr);
		return 1;
	}
	/* The other process may be gone when it is told to begin. */
	signal(SIGPIPE, SIG_IGN);
	/* Before the cache, which it must not share. */
	err = hog_start(&hog, hog_argv);
	if (err) {
		fprintf(stderr, "refill: no other process: %s\n",
			strerror(-err));
		return 1;
	}
	err = cache_map(&cache, CACHE_BYTES, MAP_DROPPABLE);
	if (err) {
		printf("result refused errno=%s\n",
		       err == -EINVAL ? "EINVAL" : strerror(-err));
		return 2;
	}
	return look(&cache, &hog, atoi(argv[1]));
}
