/* SPDX-License-Identifier: MIT */
/*
 * zipf: a server with a cache, while another process's memory grows and shrinks
 * every second.  Some objects are asked for much more often than others (Zipf's
 * law).  A request takes its time; one for an object that is found lost takes
 * longer, for it is made again.  Knows nothing of the library.
 *
 * --drop-on-alarm: the memory is ordinary, and all of it is given back whenever
 * little is left in the memory group.
 *
 * Exit status: 0 lived; 1 usage; 2 mmap refused; 4 the other process was
 * killed.
 */
#include <errno.h>
#include <getopt.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../tools/incgroup_group.h"
#include "../tools/size.h"
#include "cache.h"
#include "hog.h"
#include "timeline.h"
#include "wave.h"

#define EXIT_USAGE 1
#define EXIT_REFUSED 2
#define EXIT_OTHER_KILLED 4

#define ZIPF_S 0.99

/*
 * If nothing else is said: a request over a local socket, and besides it a
 * query to a database on the same machine.  Dependent multiplications, a good
 * nanosecond each.
 */
#define SERVE_US 50
#define WORK_US 200
#define WORK_STEPS_A_US 800

/*
 * The waves grow by up to 760 MiB a second: 40 ms, against a look every
 * millisecond.
 */
#define ALARM_LEFT_BYTES ((size_t)32 << 20)
#define ALARM_LOOK_MS 1

/* Clocks are read no more often than that. */
#define LOOKUPS_A_GLANCE 64

struct zipf {
	struct cache cache;
	struct hog other;
	struct group group;
	size_t cache_bytes;
	size_t low_bytes, high_bytes; /* of the other process */
	double seconds;
	unsigned long serve_us;
	unsigned long work_us;
	bool drop_on_alarm;
	bool as_wave;
	const char *timeline_path;
	struct timeline timeline;

	double *upto; /* chance of a rank not above this one */
	size_t *slot; /* of a rank: the popular ones are not neighbours */
	uint64_t seed;
	atomic_bool stop;
	unsigned long lookups;
	unsigned long hits;
	unsigned long alarms;
	double took_ms, took_cpu_ms;
	double other_mib; /* on average; 0 if it was killed */
	uint64_t made;	  /* keeps the work from being optimized away */
};

static uint64_t next_random(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static void shuffle(struct zipf *zipf)
{
	for (size_t i = zipf->cache.pages; i > 1; i--) {
		size_t j = next_random(&zipf->seed) % i;
		size_t kept = zipf->slot[i - 1];

		zipf->slot[i - 1] = zipf->slot[j];
		zipf->slot[j] = kept;
	}
}

static int prepare_ranks(struct zipf *zipf)
{
	size_t n = zipf->cache.pages;
	double sum = 0;

	zipf->upto = malloc(n * sizeof(*zipf->upto));
	zipf->slot = malloc(n * sizeof(*zipf->slot));
	if (!zipf->upto || !zipf->slot)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		sum += pow((double)i + 1, -ZIPF_S);
		zipf->upto[i] = sum;
		zipf->slot[i] = i;
	}
	for (size_t i = 0; i < n; i++)
		zipf->upto[i] /= sum;
	shuffle(zipf);
	return 0;
}

static size_t draw_slot(struct zipf *zipf)
{
	double u = (double)(next_random(&zipf->seed) >> 11) / 0x1p53;
	size_t low = 0, high = zipf->cache.pages - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (zipf->upto[middle] > u)
			high = middle;
		else
			low = middle + 1;
	}
	return zipf->slot[low];
}

static uint64_t work(uint64_t x, unsigned long steps)
{
	for (unsigned long i = 0; i < steps; i++)
		x = x * UINT64_C(6364136223846793005) + 1442695040888963407u;
	return x;
}

static void look_up(struct zipf *zipf)
{
	size_t slot = draw_slot(zipf);

	zipf->lookups++;
	zipf->made += work(slot, zipf->serve_us * WORK_STEPS_A_US);
	if (cache_holds(&zipf->cache, slot)) {
		zipf->hits++;
		return;
	}
	zipf->made += work(slot, zipf->work_us * WORK_STEPS_A_US);
	cache_write(&zipf->cache, slot);
}

static void *drop_on_alarm(void *arg)
{
	struct zipf *zipf = arg;
	const struct cache *cache = &zipf->cache;
	size_t left;

	while (!atomic_load(&zipf->stop)) {
		if (!group_left(&zipf->group, &left) &&
		    left < ALARM_LEFT_BYTES) {
			madvise(cache->base, cache->pages * cache->page_bytes,
				MADV_DONTNEED);
			zipf->alarms++;
		}
		pause_ms(ALARM_LOOK_MS);
	}
	return NULL;
}

static void must(int err, const char *what)
{
	if (!err)
		return;
	fprintf(stderr, "zipf: %s: %s\n", what, strerror(-err));
	exit(EXIT_USAGE);
}

static void start_other(struct zipf *zipf)
{
	char low[48], high[48];
	char name[] = "zipf", as_wave[] = "--as-wave";
	char *argv[] = {name, as_wave, low, high, NULL};

	snprintf(low, sizeof(low), "--low=%zu", zipf->low_bytes);
	snprintf(high, sizeof(high), "--high=%zu", zipf->high_bytes);
	must(hog_start(&zipf->other, argv), "no other process");
}

static int map(struct zipf *zipf)
{
	int err = cache_map(&zipf->cache, zipf->cache_bytes,
			    zipf->drop_on_alarm ? MAP_PRIVATE : MAP_DROPPABLE);

	if (!err)
		return 0;
	printf("result refused errno=%s\n",
	       err == -EINVAL ? "EINVAL" : strerror(-err));
	return EXIT_REFUSED;
}

/* Of all threads, so that a watcher's is part of it. */
static double cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1e3 + (double)used.tv_nsec / 1e6;
}

/* Lookups for so long; what they took. */
static void measure(struct zipf *zipf)
{
	double start = now_ms(), cpu_start = cpu_ms(), now = start;

	while (now - start < zipf->seconds * 1e3) {
		for (int i = 0; i < LOOKUPS_A_GLANCE; i++)
			look_up(zipf);
		now = now_ms();
	}
	zipf->took_ms = now - start;
	zipf->took_cpu_ms = cpu_ms() - cpu_start;
}

static void report(const struct zipf *zipf, const char *how)
{
	double n = (double)zipf->lookups;

	printf("result %s lookups=%lu lookups_per_s=%.0f "
	       "lookups_per_cpu_s=%.0f hit_percent=%.2f alarms=%lu "
	       "other_mib=%.0f\n",
	       how, zipf->lookups, n * 1e3 / zipf->took_ms,
	       n * 1e3 / zipf->took_cpu_ms, 100.0 * (double)zipf->hits / n,
	       zipf->alarms, zipf->other_mib);
}

/* The cache is mapped. */
static int run(struct zipf *zipf)
{
	pthread_t dropper;
	double unused;
	int status;

	must(prepare_ranks(zipf), "ranks");
	if (zipf->timeline_path)
		must(timeline_start(&zipf->timeline, &zipf->cache),
		     "no thread");
	cache_fill(&zipf->cache);
	if (zipf->drop_on_alarm)
		must(-pthread_create(&dropper, NULL, drop_on_alarm, zipf),
		     "no thread");
	must(hog_go(&zipf->other, &unused), "no other process");
	if (zipf->timeline_path)
		timeline_mark(&zipf->timeline, "want");
	measure(zipf);
	hog_go(&zipf->other, &zipf->other_mib);
	if (zipf->timeline_path)
		timeline_stop(&zipf->timeline);
	atomic_store(&zipf->stop, true);
	if (zipf->drop_on_alarm)
		pthread_join(dropper, NULL);
	status = hog_stop(&zipf->other);
	report(zipf, status ? "killed who=other" : "survived");
	return status ? EXIT_OTHER_KILLED : 0;
}

static int parse_us(unsigned long *us)
{
	char *end;

	*us = strtoul(optarg, &end, 10);
	return *end ? -EINVAL : 0;
}

static int parse_one(struct zipf *zipf, int c)
{
	char *end;

	switch (c) {
	case 'c':
		return size_parse(optarg, &zipf->cache_bytes);
	case 'l':
		return size_parse(optarg, &zipf->low_bytes);
	case 'h':
		return size_parse(optarg, &zipf->high_bytes);
	case 's':
		zipf->seconds = strtod(optarg, &end);
		return *end || zipf->seconds <= 0 ? -EINVAL : 0;
	case 'e':
		return parse_us(&zipf->serve_us);
	case 'm':
		return parse_us(&zipf->work_us);
	case 't':
		zipf->timeline_path = optarg;
		return 0;
	case 'd':
		zipf->drop_on_alarm = true;
		return 0;
	case 'w':
		zipf->as_wave = true;
		return 0;
	default:
		return -EINVAL;
	}
}

static int parse(struct zipf *zipf, int argc, char **argv)
{
	static const struct option options[] = {
		{"cache", required_argument, NULL, 'c'},
		{"low", required_argument, NULL, 'l'},
		{"high", required_argument, NULL, 'h'},
		{"seconds", required_argument, NULL, 's'},
		{"work", required_argument, NULL, 'm'},
		{"serve", required_argument, NULL, 'e'},
		{"timeline", required_argument, NULL, 't'},
		{"drop-on-alarm", no_argument, NULL, 'd'},
		{"as-wave", no_argument, NULL, 'w'},
		{NULL, 0, NULL, 0},
	};
	int c, err = 0;

	while (!err && (c = getopt_long(argc, argv, "", options, NULL)) != -1)
		err = parse_one(zipf, c);
	if (!err && optind == argc && zipf->cache_bytes >= 65536 &&
	    zipf->low_bytes < zipf->high_bytes)
		return 0;
	fputs("usage: zipf [--cache=SIZE] [--low=SIZE] [--high=SIZE]\n"
	      "\t[--seconds=N] [--serve=MICROSECONDS] [--work=MICROSECONDS]\n"
	      "\t[--timeline=FILE] [--drop-on-alarm]\n",
	      stderr);
	return -EINVAL;
}

int main(int argc, char **argv)
{
	static struct zipf zipf = {
		.cache_bytes = (size_t)300 << 20,
		.low_bytes = (size_t)100 << 20,
		.high_bytes = (size_t)480 << 20,
		.seconds = 10,
		.serve_us = SERVE_US,
		.work_us = WORK_US,
		.seed = 88172645463325252u,
	};
	int err;

	/* The other process may be gone when it is told to begin. */
	signal(SIGPIPE, SIG_IGN);
	if (parse(&zipf, argc, argv))
		return EXIT_USAGE;
	if (zipf.as_wave)
		return wave_serve(zipf.low_bytes, zipf.high_bytes);
	if (zipf.timeline_path)
		must(timeline_open(&zipf.timeline, zipf.timeline_path),
		     zipf.timeline_path);
	if (zipf.drop_on_alarm)
		must(group_here(&zipf.group), "no memory group");
	/* Before the cache, which it must not share. */
	start_other(&zipf);
	err = map(&zipf);
	return err ? err : run(&zipf);
}
