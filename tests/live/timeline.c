/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "timeline.h"

#define SAMPLE_MS 5

/* No stdio: what is in a buffer is lost when the process is killed. */
static void say(const struct timeline *timeline, const char *line)
{
	size_t len = strlen(line);

	if (write(timeline->fd, line, len) != (ssize_t)len)
		perror("timeline");
}

static long count_left(const struct timeline *timeline)
{
	size_t bytes;

	if (!timeline->in_group || group_left(&timeline->group, &bytes))
		return -1;
	return (long)(bytes / timeline->cache->page_bytes);
}

static void *sample(void *arg)
{
	struct timeline *timeline = arg;
	const struct cache *cache = timeline->cache;
	unsigned char *vec = malloc(cache->pages);
	char line[96];

	while (vec && !atomic_load(&timeline->stop)) {
		unsigned long written = atomic_load(&cache->writings);
		size_t resident = 0;

		if (mincore(cache->base, cache->pages * cache->page_bytes, vec))
			break;
		for (size_t i = 0; i < cache->pages; i++)
			resident += vec[i] & 1;
		snprintf(line, sizeof(line), "%.0f %zu %ld %zu\n",
			 now_ms() - timeline->start_ms, resident,
			 count_left(timeline),
			 written > resident ? (size_t)written - resident : 0);
		say(timeline, line);
		pause_ms(SAMPLE_MS);
	}
	free(vec);
	return NULL;
}

int timeline_open(struct timeline *timeline, const char *path)
{
	timeline->fd =
		open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	return timeline->fd < 0 ? -errno : 0;
}

int timeline_start(struct timeline *timeline, const struct cache *cache)
{
	timeline->cache = cache;
	timeline->in_group = !group_here(&timeline->group);
	timeline->start_ms = now_ms();
	return -pthread_create(&timeline->thread, NULL, sample, timeline);
}

void timeline_mark(const struct timeline *timeline, const char *what)
{
	char line[64];

	snprintf(line, sizeof(line), "# %s %.0f\n", what,
		 now_ms() - timeline->start_ms);
	say(timeline, line);
}

void timeline_stop(struct timeline *timeline)
{
	atomic_store(&timeline->stop, true);
	pthread_join(timeline->thread, NULL);
}
