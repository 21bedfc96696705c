/* SPDX-License-Identifier: MIT */
/*
 * beside WAY DROPPABLE ORDINARY: write DROPPABLE mebibytes of droppable memory,
 * then lock or populate ORDINARY mebibytes of ordinary memory in one call, for
 * which the first must make room.  Exit status 0, 1 if the call fails, 2 for
 * wrong usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

#define RW (PROT_READ | PROT_WRITE)
#define DROPPABLE (MAP_ANONYMOUS | MAP_DROPPABLE)
#define ORDINARY (MAP_ANONYMOUS | MAP_PRIVATE)

static void *map(size_t len, int flags)
{
	return mmap(NULL, len, RW, flags, -1, 0);
}

static int by_mlock(size_t len)
{
	return mlock(map(len, ORDINARY), len);
}

static int by_mlockall(size_t len)
{
	return map(len, ORDINARY) == MAP_FAILED || mlockall(MCL_CURRENT);
}

static int by_populate(size_t len)
{
	return map(len, ORDINARY | MAP_POPULATE) == MAP_FAILED;
}

/* One call for both, that begins with a droppable page. */
static int by_mixed(size_t len)
{
	char *at = map(len, ORDINARY);

	return mmap(at, 4096, RW, DROPPABLE | MAP_FIXED, -1, 0) != at ||
	       mlock(at, len);
}

/* In the place of a droppable page, and of nothing. */
static void *over(size_t len, int flags)
{
	char *at = mmap(NULL, len, PROT_NONE, ORDINARY, -1, 0);

	if (mmap(at, 4096, RW, DROPPABLE | MAP_FIXED, -1, 0) != at)
		return MAP_FAILED;
	return mmap(at, len, RW, ORDINARY | MAP_FIXED | flags, -1, 0);
}

static int by_fixed(size_t len)
{
	return over(len, MAP_POPULATE) == MAP_FAILED;
}

static int by_fixed_lock(size_t len)
{
	return over(len, MAP_LOCKED) == MAP_FAILED;
}

static int by_fixed_future(size_t len)
{
	return mlockall(MCL_FUTURE) || over(len, 0) == MAP_FAILED;
}

/* Locked memory grows, and moves over a droppable page. */
static int by_mremap(size_t len)
{
	char *from = map(4096, ORDINARY);
	char *to = mmap(NULL, len, PROT_NONE, ORDINARY, -1, 0);

	return mlock(from, 4096) ||
	       mmap(to, 4096, RW, DROPPABLE | MAP_FIXED, -1, 0) != to ||
	       mremap(from, 4096, len, MREMAP_MAYMOVE | MREMAP_FIXED, to) != to;
}

static const struct way {
	const char *name;
	int (*go)(size_t len);
} ways[] = {
	{"mlock", by_mlock},
	{"mlockall", by_mlockall},
	{"populate", by_populate},
	{"mixed", by_mixed},
	{"fixed", by_fixed},
	{"fixed_lock", by_fixed_lock},
	{"fixed_future", by_fixed_future},
	{"mremap", by_mremap},
};

int main(int argc, char **argv)
{
	size_t droppable = argc == 4 ? (size_t)atoi(argv[2]) << 20 : 0;
	size_t ordinary = argc == 4 ? (size_t)atoi(argv[3]) << 20 : 0;

	/* Huge pages would make it one quick step. */
	prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
	for (size_t i = 0; ordinary && i < sizeof(ways) / sizeof(*ways); i++) {
		char *cache;

		if (strcmp(argv[1], ways[i].name) != 0)
			continue;
		cache = map(droppable, DROPPABLE);
		if (cache == MAP_FAILED)
			return 1;
		memset(cache, 'd', droppable);
		return ways[i].go(ordinary) ? 1 : 0;
	}
	fprintf(stderr, "usage: %s WAY DROPPABLE ORDINARY\n", argv[0]);
	return 2;
}
