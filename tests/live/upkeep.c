/* SPDX-License-Identifier: MIT */
/*
 * upkeep: keeps a droppable cache, and tells what that costs when nothing much
 * happens: CPU time and wake-ups of the library's thread, and pages lost.
 *
 * First the cache is written; --sparse=SIZE maps so much more and writes none of
 * it; with --crowd ordinary memory is taken, and kept, until the cache has all
 * but gone.  Then come --settle seconds that do not count and --seconds that do,
 * in which --rewrite=N pages a second are written anew.  All the while
 * --churn=FILE is read again and again: where it does not fit reclaim never ends.
 *
 * Exit status: 0 looked; 1 usage, or nothing to look at; 2 mmap refused;
 * 3 torn pages.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "../tools/size.h"
#include "cache.h"
#include "watcher.h"

struct upkeep {
	struct cache cache;
	size_t cache_bytes;
	size_t sparse_bytes;
	bool crowd;
	const char *churn;
	double rewrite; /* pages a second */
	double settle;
	double seconds;
	atomic_bool stop;
	unsigned long rounds;
};

/* What the library takes for nothing is more. */
#define GONE_BYTES ((size_t)2 << 20)
#define CROWD_STEP ((size_t)1 << 20)

static size_t resident_bytes(const struct cache *cache)
{
	static unsigned char vec[1 << 18];
	size_t pages = 0;
	size_t i;

	if (cache->pages > sizeof(vec) ||
	    mincore(cache->base, cache->pages * cache->page_bytes, vec)) {
		perror("upkeep: mincore");
		exit(1);
	}
	for (i = 0; i < cache->pages; i++)
		pages += vec[i] & 1;
	return pages * cache->page_bytes;
}

/* Where nothing is ever dropped this ends with being killed. */
static void crowd_out(const struct cache *cache)
{
	while (resident_bytes(cache) > GONE_BYTES) {
		void *step = mmap(NULL, CROWD_STEP, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (step == MAP_FAILED) {
			perror("upkeep: mmap");
			exit(1);
		}
		memset(step, 'o', CROWD_STEP);
	}
}

/* Reads the file again and again; what it reads needs memory each time. */
static void *churn(void *arg)
{
	struct upkeep *upkeep = arg;
	static char text[1 << 16];
	int fd = open(upkeep->churn, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && !atomic_load(&upkeep->stop)) {
		if (read(fd, text, sizeof(text)) > 0)
			continue;
		lseek(fd, 0, SEEK_SET);
		upkeep->rounds++;
	}
	return NULL;
}

/* Sleep or rewrite the cache for so long; the milliseconds it was. */
static double keep(struct upkeep *upkeep, double seconds)
{
	static uint64_t seed = 88172645463325252u;
	double start = now_ms();
	double due = 0, ms = 0;

	do {
		for (; due < upkeep->rewrite * ms / 1e3; due++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			cache_write(&upkeep->cache,
				    (seed >> 33) % upkeep->cache.pages);
		}
		pause_ms(10);
		ms = now_ms() - start;
	} while (ms < seconds * 1e3);
	return ms;
}

static int map(struct upkeep *upkeep)
{
	int err = 0;

	if (upkeep->cache_bytes)
		err = cache_map(&upkeep->cache, upkeep->cache_bytes,
				MAP_DROPPABLE);
	if (!err && upkeep->sparse_bytes &&
	    mmap(NULL, upkeep->sparse_bytes, PROT_READ | PROT_WRITE,
		 MAP_ANONYMOUS | MAP_DROPPABLE, -1, 0) == MAP_FAILED)
		err = -errno;
	if (err)
		printf("result refused errno=%s\n",
		       err == -EINVAL ? "EINVAL" : strerror(-err));
	return err;
}

static int tell(struct upkeep *upkeep, double ms,
		const struct watcher_cost *from, const struct watcher_cost *to)
{
	struct tally tally = cache_count(&upkeep->cache);
	double cpu_us = (double)(to->cpu_ns - from->cpu_ns) / 1e3;

	printf("result kept seconds=%.1f cpu_us=%.0f cpu_permille=%.1f "
	       "wakeups=%ld kept_pages=%zu zero_pages=%zu torn_pages=%zu "
	       "rounds=%lu\n",
	       ms / 1e3, cpu_us, cpu_us / ms, to->wakeups - from->wakeups,
	       tally.kept, tally.zero, tally.torn, upkeep->rounds);
	return tally.torn ? 3 : 0;
}

static int run(struct upkeep *upkeep)
{
	struct watcher_cost from = {0}, to = {0};
	double ms;
	int err;

	cache_fill(&upkeep->cache);
	if (upkeep->crowd)
		crowd_out(&upkeep->cache);
	keep(upkeep, upkeep->settle);
	err = watcher_cost(&from);
	/* The kernel's own has no thread: it costs nothing. */
	if (err && err != -ENOENT) {
		fprintf(stderr, "upkeep: %s\n", strerror(-err));
		return 1;
	}
	ms = keep(upkeep, upkeep->seconds);
	if (watcher_cost(&to) != err) {
		fputs("upkeep: the thread has come or gone\n", stderr);
		return 1;
	}
	return tell(upkeep, ms, &from, &to);
}

static int parse(struct upkeep *upkeep, int argc, char **argv)
{
	static const struct option options[] = {
		{"cache", required_argument, NULL, 'c'},
		{"sparse", required_argument, NULL, 'p'},
		{"crowd", no_argument, NULL, 'o'},
		{"churn", required_argument, NULL, 'u'},
		{"rewrite", required_argument, NULL, 'r'},
		{"settle", required_argument, NULL, 'e'},
		{"seconds", required_argument, NULL, 's'},
		{NULL, 0, NULL, 0},
	};
	int c, err = 0;

	while (!err && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			err = size_parse(optarg, &upkeep->cache_bytes);
		else if (c == 'p')
			err = size_parse(optarg, &upkeep->sparse_bytes);
		else if (c == 'o')
			upkeep->crowd = true;
		else if (c == 'u')
			upkeep->churn = optarg;
		else if (c == 'r')
			upkeep->rewrite = strtod(optarg, NULL);
		else if (c == 'e')
			upkeep->settle = strtod(optarg, NULL);
		else if (c == 's')
			upkeep->seconds = strtod(optarg, NULL);
		else
			err = -EINVAL;
	}
	return err || optind < argc || upkeep->seconds <= 0 ? -EINVAL : 0;
}

int main(int argc, char **argv)
{
	static struct upkeep upkeep = {.settle = 3, .seconds = 10};
	pthread_t reader;
	int status;

	if (parse(&upkeep, argc, argv)) {
		fputs("usage: upkeep [--cache=SIZE] [--sparse=SIZE] "
		      "[--crowd] [--churn=FILE]\n"
		      "\t[--rewrite=N] [--settle=N] [--seconds=N]\n", stderr);
		return 1;
	}
	if (map(&upkeep))
		return 2;
	if (upkeep.churn && pthread_create(&reader, NULL, churn, &upkeep)) {
		fputs("upkeep: no thread\n", stderr);
		return 1;
	}
	status = run(&upkeep);
	atomic_store(&upkeep.stop, true);
	if (upkeep.churn)
		pthread_join(reader, NULL);
	return status;
}
