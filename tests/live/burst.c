/* SPDX-License-Identifier: MIT */
/*
 * burst: an ordinary program with a droppable cache and a sudden want of
 * ordinary memory.  Tells whether it lived, how long the want took, and what
 * became of the cache.  Knows nothing of the library.
 *
 * Exit status: 0 lived; 1 usage; 2 mmap refused; 3 torn pages; 4 the other
 * process was killed.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "../tools/size.h"
#include "cache.h"
#include "hog.h"
#include "timeline.h"

#define EXIT_USAGE 1
#define EXIT_REFUSED 2
#define EXIT_TORN 3
#define EXIT_HOG_KILLED 4

#define REWRITE_MAX ULONG_MAX
/* A writer kept from running does not make up for more than this. */
#define CATCH_UP_MS 20

#define MADV_PAGEOUT_ADVICE 21

struct burst {
	struct cache cache;
	struct hog other;
	size_t cache_bytes;
	size_t hog_bytes;
	unsigned threads;
	unsigned long rewrite; /* pages a second */
	unsigned long rewritten;
	const char *timeline_path;
	struct timeline timeline;
	bool by_other;
	bool as_hog;
	bool pageout;
	bool huge;
	bool fallback; /* take ordinary memory when refused */
	const char *memory;
	pthread_t writer;
	atomic_bool stop_writer;
};

static size_t next_page(uint64_t *seed, size_t pages)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % pages;
}

static void *rewrite(void *arg)
{
	struct burst *burst = arg;
	double last = now_ms();
	double owed = 0;
	uint64_t seed = 88172645463325252u;

	while (!atomic_load(&burst->stop_writer)) {
		double now = now_ms();

		if (now - last > CATCH_UP_MS)
			last = now - CATCH_UP_MS;
		owed += (now - last) * (double)burst->rewrite / 1e3;
		last = now;
		if (burst->rewrite == REWRITE_MAX)
			owed = 64;
		for (; owed >= 1; owed--) {
			cache_write(&burst->cache,
				    next_page(&seed, burst->cache.pages));
			burst->rewritten++;
		}
		if (burst->rewrite != REWRITE_MAX)
			pause_ms(1);
	}
	return NULL;
}

static void must_start(int err)
{
	if (!err)
		return;
	fprintf(stderr, "burst: no thread: %s\n", strerror(-err));
	exit(EXIT_USAGE);
}

static int map(struct burst *burst)
{
	int err;

	burst->memory = "droppable";
	err = cache_map(&burst->cache, burst->cache_bytes, MAP_DROPPABLE);
	if (!err)
		return 0;
	printf("%s refused errno=%s\n", burst->fallback ? "note" : "result",
	       err == -EINVAL ? "EINVAL" : strerror(-err));
	fflush(stdout);
	if (!burst->fallback)
		return EXIT_REFUSED;
	burst->memory = "ordinary";
	return cache_map(&burst->cache, burst->cache_bytes, MAP_PRIVATE) ?
		EXIT_REFUSED : 0;
}

static int report(const struct burst *burst, const char *how, double ms)
{
	struct tally tally = cache_count(&burst->cache);

	printf("result %s alloc_ms=%.0f kept_percent=%.1f kept_pages=%zu "
	       "zero_pages=%zu torn_pages=%zu rewritten=%lu memory=%s\n",
	       how, ms, 100.0 * (double)tally.kept / (double)burst->cache.pages,
	       tally.kept, tally.zero, tally.torn, burst->rewritten,
	       burst->memory);
	return tally.torn ? EXIT_TORN : 0;
}

static int want(struct burst *burst, double *ms)
{
	if (burst->timeline_path)
		timeline_mark(&burst->timeline, "want");
	return burst->by_other ?
		hog_go(&burst->other, ms) :
		hog_here(burst->hog_bytes, burst->threads, ms);
}

static int other_died(const struct burst *burst, int status)
{
	if (!burst->by_other || (WIFEXITED(status) && !WEXITSTATUS(status)))
		return 0;
	if (WIFSIGNALED(status))
		printf("result killed who=other signal=%d\n", WTERMSIG(status));
	else
		printf("result killed who=other status=%d\n", status);
	return EXIT_HOG_KILLED;
}

/* The cache is mapped. */
static int under_pressure(struct burst *burst)
{
	double ms = 0;
	int err, status = 0;

	if (burst->timeline_path)
		must_start(timeline_start(&burst->timeline, &burst->cache));
	if (burst->huge)
		madvise(burst->cache.base, burst->cache_bytes, MADV_HUGEPAGE);
	cache_fill(&burst->cache);
	if (burst->rewrite)
		must_start(-pthread_create(&burst->writer, NULL, rewrite,
					   burst));
	err = want(burst, &ms);
	atomic_store(&burst->stop_writer, true);
	if (burst->rewrite)
		pthread_join(burst->writer, NULL);
	if (burst->timeline_path)
		timeline_stop(&burst->timeline);
	if (!err)
		err = report(burst, "survived", ms);
	if (burst->by_other)
		status = hog_stop(&burst->other);
	if (err < 0 && !burst->by_other)
		fprintf(stderr, "burst: hog: %s\n", strerror(-err));
	status = other_died(burst, status);
	return status ? status : err < 0 ? EXIT_USAGE : err;
}

/* What can be shown without the right to limit anybody's memory. */
static int paged_out(struct burst *burst)
{
	cache_fill(&burst->cache);
	if (madvise(burst->cache.base, burst->cache_bytes,
		    MADV_PAGEOUT_ADVICE)) {
		printf("result refused advice=MADV_PAGEOUT errno=%s\n",
		       strerror(errno));
		return EXIT_REFUSED;
	}
	return report(burst, "pagedout", 0);
}

static int parse_one(struct burst *burst, int c)
{
	char *end = NULL;

	switch (c) {
	case 'c':
		return size_parse(optarg, &burst->cache_bytes);
	case 'h':
		return size_parse(optarg, &burst->hog_bytes);
	case 't':
		burst->threads = (unsigned)strtoul(optarg, &end, 10);
		return *end || !burst->threads ? -EINVAL : 0;
	case 'b':
		burst->by_other = strcmp(optarg, "other") == 0;
		return burst->by_other || !strcmp(optarg, "self") ? 0 : -EINVAL;
	case 'r':
		if (strcmp(optarg, "max") == 0) {
			burst->rewrite = REWRITE_MAX;
			return 0;
		}
		burst->rewrite = strtoul(optarg, &end, 10);
		return *end ? -EINVAL : 0;
	case 'l':
		burst->timeline_path = optarg;
		return 0;
	case 'p':
		burst->pageout = true;
		return 0;
	case 'g':
		burst->huge = true;
		return 0;
	case 'f':
		burst->fallback = true;
		return 0;
	case 'H':
		burst->as_hog = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse(struct burst *burst, int argc, char **argv)
{
	static const struct option options[] = {
		{"cache", required_argument, NULL, 'c'},
		{"hog", required_argument, NULL, 'h'},
		{"threads", required_argument, NULL, 't'},
		{"by", required_argument, NULL, 'b'},
		{"rewrite", required_argument, NULL, 'r'},
		{"timeline", required_argument, NULL, 'l'},
		{"pageout", no_argument, NULL, 'p'},
		{"huge", no_argument, NULL, 'g'},
		{"fallback", no_argument, NULL, 'f'},
		{"as-hog", no_argument, NULL, 'H'},
		{NULL, 0, NULL, 0},
	};
	int c, err = 0;

	while (!err && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		err = parse_one(burst, c);
	if (!err && optind == argc && burst->cache_bytes)
		return 0;
	fputs("usage: burst [--cache=SIZE] [--hog=SIZE] [--threads=N]\n"
	      "\t[--by=self|other] [--rewrite=N|max] [--timeline=FILE]\n"
	      "\t[--huge] [--fallback] [--pageout]\n", stderr);
	return -EINVAL;
}

static int start_other(struct burst *burst)
{
	char hog[48], threads[32];
	char name[] = "burst", as_hog[] = "--as-hog";
	char *argv[] = {name, as_hog, hog, threads, NULL};
	int err;

	snprintf(hog, sizeof(hog), "--hog=%zu", burst->hog_bytes);
	snprintf(threads, sizeof(threads), "--threads=%u", burst->threads);
	err = hog_start(&burst->other, argv);
	if (err)
		fprintf(stderr, "burst: no other process: %s\n",
			strerror(-err));
	return err;
}

static int open_timeline(struct burst *burst)
{
	int err = 0;

	if (burst->timeline_path)
		err = timeline_open(&burst->timeline, burst->timeline_path);
	if (err)
		fprintf(stderr, "burst: %s: %s\n", burst->timeline_path,
			strerror(-err));
	return err;
}

int main(int argc, char **argv)
{
	static struct burst burst = {
		.cache_bytes = (size_t)300 << 20,
		.hog_bytes = (size_t)400 << 20,
		.threads = 1,
	};
	int err;

	/* The other process may be gone when it is told to begin. */
	signal(SIGPIPE, SIG_IGN);
	if (parse(&burst, argc, argv) || open_timeline(&burst))
		return EXIT_USAGE;
	if (burst.as_hog)
		return hog_serve(burst.hog_bytes, burst.threads);
	/* Before the cache, which it must not share. */
	if (burst.by_other && !burst.pageout && start_other(&burst))
		return EXIT_USAGE;
	err = map(&burst);
	if (err)
		return err;
	return burst.pageout ? paged_out(&burst) : under_pressure(&burst);
}
