/* SPDX-License-Identifier: MIT */
/*
 * swapleak: keeps a droppable cache, rewrites 1 % of it a second, and cycles
 * through more ordinary memory than there is, while it watches its own page
 * table for cache pages in swap.  --plain: the cache is ordinary memory, and
 * must be found there, or the watching is worth nothing.  --huge: it is of huge
 * pages, where there are any.
 *
 * Prints what it found; judging is for the caller.
 * Exit status: 0 looked; 1 usage or no pagemap; 2 mmap refused; 3 torn pages.
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
#include <unistd.h>

#include "../tools/size.h"
#include "cache.h"

#define SAMPLE_MS 20
/* On a slow machine ordinary memory needs longer to be too much. */
#define PATIENCE 20
#define REWRITE_SHARE_A_SECOND 0.01
#define PAGEMAP_SWAPPED (UINT64_C(1) << 62)

struct leak {
	struct cache cache;
	volatile unsigned char *ordinary;
	uint64_t *entries;
	size_t cache_bytes;
	size_t ordinary_bytes;
	size_t page_bytes;
	double seconds;
	bool plain;
	bool huge;
	int pagemap;
	atomic_bool stop;
	unsigned long samples;
	atomic_ulong rounds;
	unsigned long rewritten;
	size_t cache_swapped;	 /* the most at one time */
	size_t ordinary_swapped; /* the same */
};

static void *cycle(void *arg)
{
	struct leak *leak = arg;
	size_t at = 0;

	while (!atomic_load(&leak->stop)) {
		leak->ordinary[at]++;
		at += leak->page_bytes;
		if (at >= leak->ordinary_bytes) {
			at = 0;
			atomic_fetch_add(&leak->rounds, 1);
		}
	}
	return NULL;
}

static void *rewrite(void *arg)
{
	struct leak *leak = arg;
	double share = REWRITE_SHARE_A_SECOND * (double)leak->cache.pages;
	double start = now_ms();
	uint64_t seed = 88172645463325252u;

	while (!atomic_load(&leak->stop)) {
		double due = share * (now_ms() - start) / 1e3;

		for (; (double)leak->rewritten < due; leak->rewritten++) {
			seed = seed * UINT64_C(6364136223846793005) + 1;
			cache_write(&leak->cache,
				    (seed >> 33) % leak->cache.pages);
		}
		pause_ms(1);
	}
	return NULL;
}

/* How many of these pages are in swap now; -errno. */
static long count_swapped(struct leak *leak, const volatile void *base,
			  size_t bytes)
{
	size_t n = bytes / leak->page_bytes;
	off_t at = (off_t)((uintptr_t)base / leak->page_bytes * 8);
	size_t done = 0;
	long swapped = 0;
	size_t i;

	while (done < n * 8) {
		ssize_t got = pread(leak->pagemap,
				    (char *)leak->entries + done, n * 8 - done,
				    at + (off_t)done);

		if (got <= 0)
			return got ? -errno : -EIO;
		done += (size_t)got;
	}
	for (i = 0; i < n; i++)
		swapped += (leak->entries[i] & PAGEMAP_SWAPPED) != 0;
	return swapped;
}

static int look(struct leak *leak)
{
	long cache, ordinary;

	cache = count_swapped(leak, leak->cache.base, leak->cache_bytes);
	ordinary = count_swapped(leak, leak->ordinary, leak->ordinary_bytes);
	if (cache < 0 || ordinary < 0)
		return (int)(cache < 0 ? cache : ordinary);
	if ((size_t)cache > leak->cache_swapped)
		leak->cache_swapped = (size_t)cache;
	if ((size_t)ordinary > leak->ordinary_swapped)
		leak->ordinary_swapped = (size_t)ordinary;
	leak->samples++;
	return 0;
}

static int prepare(struct leak *leak)
{
	size_t most = leak->cache_bytes > leak->ordinary_bytes ?
		leak->cache_bytes : leak->ordinary_bytes;
	int err;

	leak->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	leak->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (leak->pagemap < 0) {
		perror("swapleak: /proc/self/pagemap");
		return 1;
	}
	leak->entries = calloc(most / leak->page_bytes, 8);
	leak->ordinary = mmap(NULL, leak->ordinary_bytes,
			      PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (!leak->entries || leak->ordinary == MAP_FAILED) {
		perror("swapleak");
		return 1;
	}
	err = cache_map(&leak->cache, leak->cache_bytes,
			leak->plain ? MAP_PRIVATE : MAP_DROPPABLE);
	if (!err)
		return 0;
	printf("result refused errno=%s\n",
	       err == -EINVAL ? "EINVAL" : strerror(-err));
	return 2;
}

static int watch(struct leak *leak)
{
	double start = now_ms();
	double end = start + leak->seconds * 1e3;
	double last = start + PATIENCE * leak->seconds * 1e3;
	int err = 0;

	while (!err && (now_ms() < end ||
			(atomic_load(&leak->rounds) == 0 && now_ms() < last))) {
		err = look(leak);
		pause_ms(SAMPLE_MS);
	}
	if (err)
		fprintf(stderr, "swapleak: pagemap: %s\n", strerror(-err));
	return err;
}

static int run(struct leak *leak)
{
	pthread_t cycler, writer;
	struct tally tally;
	int err;

	if (leak->huge)
		madvise(leak->cache.base, leak->cache_bytes, MADV_HUGEPAGE);
	cache_fill(&leak->cache);
	if (pthread_create(&cycler, NULL, cycle, leak) ||
	    pthread_create(&writer, NULL, rewrite, leak)) {
		fputs("swapleak: no thread\n", stderr);
		return 1;
	}
	err = watch(leak);
	atomic_store(&leak->stop, true);
	pthread_join(cycler, NULL);
	pthread_join(writer, NULL);
	if (err)
		return 1;
	tally = cache_count(&leak->cache);
	printf("result looked samples=%lu cache_swapped=%zu "
	       "ordinary_swapped=%zu rounds=%lu rewritten=%lu kept_pages=%zu "
	       "zero_pages=%zu torn_pages=%zu\n",
	       leak->samples, leak->cache_swapped, leak->ordinary_swapped,
	       atomic_load(&leak->rounds), leak->rewritten, tally.kept,
	       tally.zero, tally.torn);
	return tally.torn ? 3 : 0;
}

static int parse(struct leak *leak, int argc, char **argv)
{
	static const struct option options[] = {
		{"cache", required_argument, NULL, 'c'},
		{"ordinary", required_argument, NULL, 'o'},
		{"seconds", required_argument, NULL, 's'},
		{"plain", no_argument, NULL, 'p'},
		{"huge", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	int c, err = 0;

	while (!err && (c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'c')
			err = size_parse(optarg, &leak->cache_bytes);
		else if (c == 'o')
			err = size_parse(optarg, &leak->ordinary_bytes);
		else if (c == 's')
			leak->seconds = strtod(optarg, NULL);
		else if (c == 'p')
			leak->plain = true;
		else if (c == 'h')
			leak->huge = true;
		else
			err = -EINVAL;
	}
	return err || optind < argc || leak->seconds <= 0 ? -EINVAL : 0;
}

int main(int argc, char **argv)
{
	static struct leak leak = {
		.cache_bytes = (size_t)160 << 20,
		.ordinary_bytes = (size_t)400 << 20,
		.seconds = 10,
	};
	int status;

	if (parse(&leak, argc, argv)) {
		fputs("usage: swapleak [--cache=SIZE] [--ordinary=SIZE] "
		      "[--seconds=N] [--plain] [--huge]\n", stderr);
		return 1;
	}
	status = prepare(&leak);
	return status ? status : run(&leak);
}
