/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"

/* The processor's pages are read again: the kernel changes them unasked. */
#define REREAD() __asm__ volatile("" ::: "memory")

int cache_map(struct cache *cache, size_t bytes, int type)
{
	cache->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	cache->pages = bytes / cache->page_bytes;
	cache->written = calloc(cache->pages, sizeof(*cache->written));
	if (!cache->written)
		return -ENOMEM;
	cache->base = mmap(NULL, cache->pages * cache->page_bytes,
			   PROT_READ | PROT_WRITE, MAP_ANONYMOUS | type, -1, 0);
	if (cache->base == MAP_FAILED) {
		int err = -errno;

		free(cache->written);
		return err;
	}
	return 0;
}

/* Odd, so no page begins with a zero. */
static uint64_t first_word(const struct cache *cache, size_t page)
{
	uint64_t x = ((uint64_t)page << 32) | cache->written[page];

	x *= UINT64_C(0x9e3779b97f4a7c15);
	return (x ^ (x >> 29)) | 1;
}

static uint64_t *words_of(const struct cache *cache, size_t page)
{
	void *at = cache->base + page * cache->page_bytes;

	return at;
}

bool cache_holds(const struct cache *cache, size_t page)
{
	const uint64_t *words = words_of(cache, page);
	size_t n = cache->page_bytes / sizeof(*words);
	uint64_t word = first_word(cache, page);
	size_t i;

	for (i = 0; i < n; i++)
		if (words[i] != word + 2 * i)
			return false;
	return true;
}

static bool is_zero(const struct cache *cache, size_t page)
{
	const uint64_t *words = words_of(cache, page);
	size_t n = cache->page_bytes / sizeof(*words);
	size_t i;

	for (i = 0; i < n; i++)
		if (words[i])
			return false;
	return true;
}

void cache_write(struct cache *cache, size_t page)
{
	uint64_t *words = words_of(cache, page);
	size_t n = cache->page_bytes / sizeof(*words);
	uint64_t word;
	size_t i;

	cache->written[page]++;
	word = first_word(cache, page);
	do {
		for (i = 0; i < n; i++)
			words[i] = word + 2 * i;
		REREAD();
	} while (!cache_holds(cache, page));
	atomic_fetch_add_explicit(&cache->writings, 1, memory_order_relaxed);
}

void cache_fill(struct cache *cache)
{
	size_t page;

	for (page = 0; page < cache->pages; page++)
		cache_write(cache, page);
}

size_t cache_refill(struct cache *cache)
{
	size_t lost = 0;
	size_t page;

	for (page = 0; page < cache->pages; page++) {
		if (!is_zero(cache, page))
			continue;
		cache_write(cache, page);
		lost++;
	}
	return lost;
}

struct tally cache_count(const struct cache *cache)
{
	struct tally tally = {0, 0, 0};
	size_t page;

	for (page = 0; page < cache->pages; page++) {
		if (cache_holds(cache, page))
			tally.kept++;
		else if (is_zero(cache, page))
			tally.zero++;
		else
			tally.torn++;
	}
	return tally;
}

double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void pause_ms(unsigned ms)
{
	const struct timespec time = {.tv_nsec = (long)ms * 1000000};

	nanosleep(&time, NULL);
}
