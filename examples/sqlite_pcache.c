/* SPDX-License-Identifier: MIT */
#include "sqlite_pcache.h"

#include <droppable.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define CHUNK_PAGES 256
#define MIN_CHAINS 256

/*
 * One page of a database, and SQLite's notes about it, which are in ordinary
 * memory.  It is free, or pinned, or in the line of those that are not.
 */
struct page {
	sqlite3_pcache_page shown; /* First: SQLite hands back its address. */
	unsigned key;
	bool pinned;
	struct page *chained;	      /* Next with the same hash, or free. */
	struct page *older, *younger; /* By last use. */
};

/* So many pages, mapped at once. */
struct chunk {
	struct chunk *next;
	char *memory;
	char *pages;
};

/* SQLite serialises all calls for one cache. */
struct cache {
	size_t slot_bytes, note_bytes;
	unsigned most, count, chain_count;
	struct page **chains;
	struct page *free;
	struct page *oldest, *youngest;
	struct chunk *chunks;
};

static atomic_ulong hits, misses, losses;

static size_t round_up(size_t size, size_t unit)
{
	return (size + unit - 1) / unit * unit;
}

static struct page **find(struct cache *cache, unsigned key)
{
	struct page **place = &cache->chains[key & (cache->chain_count - 1)];

	while (*place && (*place)->key != key)
		place = &(*place)->chained;
	return place;
}

/* Room for more chains; without memory for them they get longer. */
static void spread(struct cache *cache)
{
	struct page **old = cache->chains;
	unsigned old_count = cache->chain_count;
	struct page **chains =
		calloc(2 * (size_t)old_count, sizeof(struct page *));

	if (!chains)
		return;
	cache->chains = chains;
	cache->chain_count = 2 * old_count;
	for (unsigned i = 0; i < old_count; i++) {
		while (old[i]) {
			struct page *page = old[i];

			old[i] = page->chained;
			page->chained = NULL;
			*find(cache, page->key) = page;
		}
	}
	free(old);
}

static void hash(struct cache *cache, struct page *page, unsigned key)
{
	if (++cache->count > cache->chain_count)
		spread(cache);
	page->key = key;
	page->chained = NULL;
	*find(cache, key) = page;
}

static void unhash(struct cache *cache, struct page *page)
{
	*find(cache, page->key) = page->chained;
	cache->count--;
}

static void leave_line(struct cache *cache, struct page *page)
{
	*(page->older ? &page->older->younger : &cache->oldest) = page->younger;
	*(page->younger ? &page->younger->older : &cache->youngest) =
		page->older;
}

static void join_line(struct cache *cache, struct page *page)
{
	page->older = cache->youngest;
	page->younger = NULL;
	*(page->older ? &page->older->younger : &cache->oldest) = page;
	cache->youngest = page;
}

/* 0, or 1 if the content is lost, or -1: not pinned. */
static int pin(struct cache *cache, struct page *page)
{
	int lost = droppable_pin(page->shown.pBuf, cache->slot_bytes, NULL);

	page->pinned = lost >= 0;
	return lost;
}

static void unpin(struct cache *cache, struct page *page)
{
	page->pinned = false;
	droppable_unpin(page->shown.pBuf, cache->slot_bytes);
}

/* Neither hashed nor in line any more: its memory can go at once. */
static void release(struct cache *cache, struct page *page)
{
	unhash(cache, page);
	if (page->pinned)
		unpin(cache, page);
	else
		leave_line(cache, page);
	droppable_drop(page->shown.pBuf, cache->slot_bytes);
	page->chained = cache->free;
	cache->free = page;
}

static bool grow(struct cache *cache)
{
	struct chunk *chunk = calloc(1, sizeof(*chunk));

	if (!chunk)
		return false;
	chunk->pages = calloc(CHUNK_PAGES, cache->note_bytes);
	chunk->memory =
		droppable_map(CHUNK_PAGES * cache->slot_bytes,
			      PROT_READ | PROT_WRITE, DROPPABLE_PINNABLE);
	if (!chunk->pages || chunk->memory == MAP_FAILED) {
		if (chunk->memory != MAP_FAILED)
			droppable_unmap(chunk->memory,
					CHUNK_PAGES * cache->slot_bytes);
		free(chunk->pages);
		free(chunk);
		return false;
	}
	chunk->next = cache->chunks;
	cache->chunks = chunk;
	for (size_t i = 0; i < CHUNK_PAGES; i++) {
		struct page *page =
			(void *)(chunk->pages + i * cache->note_bytes);

		page->shown.pBuf = chunk->memory + i * cache->slot_bytes;
		page->shown.pExtra = page + 1;
		page->chained = cache->free;
		cache->free = page;
	}
	return true;
}

/* A page for this key, pinned.  Beyond `most` only if it must be. */
static struct page *take(struct cache *cache, unsigned key, bool must)
{
	struct page *page;

	if (cache->count >= cache->most && cache->oldest)
		release(cache, cache->oldest);
	else if (cache->count >= cache->most && !must)
		return NULL;
	if (!cache->free && !grow(cache))
		return NULL;
	page = cache->free;
	if (pin(cache, page) < 0)
		return NULL;
	cache->free = page->chained;
	hash(cache, page, key);
	return page;
}

/* What SQLite takes for a page that it has never seen. */
static sqlite3_pcache_page *fresh(struct cache *cache, struct page *page)
{
	memset(page->shown.pExtra, 0, cache->note_bytes - sizeof(*page));
	return &page->shown;
}

static sqlite3_pcache_page *pcache_fetch(sqlite3_pcache *self, unsigned key,
					 int create)
{
	struct cache *cache = (struct cache *)self;
	struct page *page = *find(cache, key);
	int lost;

	if (!page) {
		misses++;
		page = create ? take(cache, key, create == 2) : NULL;
		return page ? fresh(cache, page) : NULL;
	}
	if (page->pinned) {
		hits++;
		return &page->shown;
	}
	lost = pin(cache, page);
	if (lost == 0) {
		hits++;
		leave_line(cache, page);
		return &page->shown;
	}
	losses++;
	if (lost > 0)
		leave_line(cache, page);
	if (lost > 0 && create)
		return fresh(cache, page);
	release(cache, page);
	return NULL;
}

static void pcache_unpin(sqlite3_pcache *self, sqlite3_pcache_page *shown,
			 int discard)
{
	struct cache *cache = (struct cache *)self;
	struct page *page = (struct page *)shown;

	if (discard || cache->count > cache->most) {
		release(cache, page);
		return;
	}
	unpin(cache, page);
	join_line(cache, page);
}

static void pcache_rekey(sqlite3_pcache *self, sqlite3_pcache_page *shown,
			 unsigned old_key, unsigned new_key)
{
	struct cache *cache = (struct cache *)self;
	struct page *page = (struct page *)shown;
	struct page *before = *find(cache, new_key);

	(void)old_key;
	if (before)
		release(cache, before);
	unhash(cache, page);
	hash(cache, page, new_key);
}

static void pcache_truncate(sqlite3_pcache *self, unsigned limit)
{
	struct cache *cache = (struct cache *)self;

	for (unsigned i = 0; i < cache->chain_count; i++) {
		struct page *page = cache->chains[i];

		while (page) {
			struct page *next = page->chained;

			if (page->key >= limit)
				release(cache, page);
			page = next;
		}
	}
}

static int pcache_count(sqlite3_pcache *self)
{
	return (int)((struct cache *)self)->count;
}

static void pcache_limit(sqlite3_pcache *self, int most)
{
	struct cache *cache = (struct cache *)self;

	cache->most = (unsigned)most;
	while (cache->count > cache->most && cache->oldest)
		release(cache, cache->oldest);
}

/* PRAGMA shrink_memory: of a pinned page nothing is dropped. */
static void pcache_shrink(sqlite3_pcache *self)
{
	struct cache *cache = (struct cache *)self;

	for (struct chunk *chunk = cache->chunks; chunk; chunk = chunk->next)
		droppable_drop(chunk->memory, CHUNK_PAGES * cache->slot_bytes);
}

static void pcache_destroy(sqlite3_pcache *self)
{
	struct cache *cache = (struct cache *)self;

	while (cache->chunks) {
		struct chunk *chunk = cache->chunks;

		cache->chunks = chunk->next;
		droppable_unmap(chunk->memory, CHUNK_PAGES * cache->slot_bytes);
		free(chunk->pages);
		free(chunk);
	}
	free(cache->chains);
	free(cache);
}

/* Those that are not purgeable never unpin a page but to discard it. */
static sqlite3_pcache *pcache_create(int page_bytes, int extra_bytes,
				     int purgeable)
{
	struct cache *cache = calloc(1, sizeof(*cache));
	size_t unit = (size_t)sysconf(_SC_PAGESIZE);

	(void)purgeable;
	if (!cache)
		return NULL;
	/* No two of SQLite's pages in one of the system's. */
	cache->slot_bytes = round_up((size_t)page_bytes, unit);
	cache->note_bytes = round_up(sizeof(struct page) + (size_t)extra_bytes,
				     _Alignof(max_align_t));
	cache->chain_count = MIN_CHAINS;
	cache->chains = calloc(MIN_CHAINS, sizeof(struct page *));
	if (!cache->chains) {
		free(cache);
		return NULL;
	}
	return (sqlite3_pcache *)cache;
}

static int pcache_init(void *unused)
{
	(void)unused;
	return SQLITE_OK;
}

int sqlite_pcache_install(void)
{
	static const sqlite3_pcache_methods2 methods = {
		.iVersion = 1,
		.xInit = pcache_init,
		.xCreate = pcache_create,
		.xCachesize = pcache_limit,
		.xPagecount = pcache_count,
		.xFetch = pcache_fetch,
		.xUnpin = pcache_unpin,
		.xRekey = pcache_rekey,
		.xTruncate = pcache_truncate,
		.xDestroy = pcache_destroy,
		.xShrink = pcache_shrink,
	};

	return sqlite3_config(SQLITE_CONFIG_PCACHE2, &methods);
}

struct sqlite_pcache_counts sqlite_pcache_counts(void)
{
	return (struct sqlite_pcache_counts){hits, misses, losses};
}
