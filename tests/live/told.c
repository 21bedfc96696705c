/* SPDX-License-Identifier: MIT */
/*
 * told: fills a droppable cache, then wants more memory than is left, and tells
 * what droppable_notify() told of it beside what was lost.
 *
 * Exit status: 0 looked; 1 no memory or no descriptor; 3 torn pages.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cache.h"
#include "droppable.h"
#include "hog.h"

#define CACHE_BYTES ((size_t)300 << 20)
#define HOG_BYTES ((size_t)400 << 20)

/* So long after the last record there is nothing more to come. */
#define QUIET_MS 2500

static uint64_t told_bytes[DROPPABLE_CAUSES];
static char source[16] = "none";

/* All there is to read, until it has been quiet for so long. */
static void listen_to(int fd, int quiet_ms)
{
	struct pollfd wait = {.fd = fd, .events = POLLIN};
	struct droppable_event event;

	while (poll(&wait, 1, quiet_ms) > 0)
		while (read(fd, &event, sizeof(event)) > 0) {
			told_bytes[event.cause] += event.bytes;
			if (event.source[0])
				memcpy(source, event.source, sizeof(source));
		}
}

int main(void)
{
	struct droppable_stats stats = {.size = sizeof(stats)};
	int fd = droppable_notify(0);
	struct cache cache;
	struct tally tally;
	double ms;

	if (fd < 0 || cache_map(&cache, CACHE_BYTES, MAP_DROPPABLE)) {
		puts("result refused");
		return 1;
	}
	cache_fill(&cache);
	if (hog_here(HOG_BYTES, 1, &ms)) {
		puts("result refused who=hog");
		return 1;
	}
	listen_to(fd, QUIET_MS);
	/* Before the pages are read, which makes them resident again. */
	droppable_stats(&stats);
	tally = cache_count(&cache);
	printf("result looked lost_bytes=%zu reclaim_bytes=%" PRIu64
	       " headroom_bytes=%" PRIu64 " alarm_bytes=%" PRIu64
	       " source=%s counted=%d resident_bytes=%" PRIu64
	       " swapped_bytes=%" PRIu64 "\n",
	       tally.zero * cache.page_bytes, told_bytes[DROPPABLE_BY_RECLAIM],
	       told_bytes[DROPPABLE_BY_HEADROOM],
	       told_bytes[DROPPABLE_BY_ALARM], source,
	       !memcmp(told_bytes, stats.dropped_bytes, sizeof(told_bytes)),
	       stats.resident_bytes, stats.swapped_bytes);
	return tally.torn ? 3 : 0;
}
