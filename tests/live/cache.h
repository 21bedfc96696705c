/* SPDX-License-Identifier: MIT */
/*
 * Knows one cache of pages that may vanish: maps it, writes pages whose content
 * says which page and which writing they are, and tells what became of them.
 * One thread may write; nobody while pages are counted.
 */
#ifndef TESTS_CACHE_H
#define TESTS_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

struct cache {
	unsigned char *base;
	uint32_t *written;     /* how often each page was */
	atomic_ulong writings; /* of all pages */
	size_t pages;
	size_t page_bytes;
};

/* Torn: neither all zero nor all of the latest writing. */
struct tally {
	size_t kept;
	size_t zero;
	size_t torn;
};

/* type is MAP_DROPPABLE or MAP_PRIVATE.  0 or -errno. */
int cache_map(struct cache *cache, size_t bytes, int type);

/*
 * Write one page anew.  Returns with the page whole, for a page dropped between
 * two of our stores would be found half zero, and rightly so.
 */
void cache_write(struct cache *cache, size_t page);

void cache_fill(struct cache *cache);

/* Write anew what was dropped; how many pages it was. */
size_t cache_refill(struct cache *cache);

struct tally cache_count(const struct cache *cache);

/* Whether a page has all of its latest writing. */
bool cache_holds(const struct cache *cache, size_t page);

/* A clock that does not jump. */
double now_ms(void);

void pause_ms(unsigned ms);

#endif
