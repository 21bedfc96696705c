/* SPDX-License-Identifier: MIT */
/*
 * SQLite's page cache in droppable memory.  A page that SQLite uses, or has
 * changed, is pinned; the others may vanish, and SQLite reads them again.  So a
 * large cache_size costs nobody anything.
 */
#ifndef SQLITE_PCACHE_H
#define SQLITE_PCACHE_H

/* Before sqlite3_initialize() and all else.  An error code of SQLite's. */
int sqlite_pcache_install(void);

/* Of all caches: pages asked for that were there, were not, and were lost. */
struct sqlite_pcache_counts {
	unsigned long hits;
	unsigned long misses;
	unsigned long lost;
};
struct sqlite_pcache_counts sqlite_pcache_counts(void);

#endif
