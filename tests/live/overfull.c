/* SPDX-License-Identifier: MIT */
/*
 * overfull WAY MIB: lock or populate MIB mebibytes of droppable memory, which
 * is more than there is: some of it is dropped again on the way, and that is
 * all. Exit status 0, 1 if the call fails, 2 for wrong usage.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT 1
#endif

static void *map(size_t len, int flags)
{
	return mmap(NULL, len, PROT_READ | PROT_WRITE,
		    MAP_ANONYMOUS | MAP_DROPPABLE | flags, -1, 0);
}

static int by_mlock(size_t len)
{
	return mlock(map(len, 0), len);
}

static int by_mlock2(size_t len)
{
	return mlock2(map(len, 0), len, MLOCK_ONFAULT);
}

static int by_mlockall(size_t len)
{
	return map(len, 0) == MAP_FAILED || mlockall(MCL_CURRENT);
}

static int by_future(size_t len)
{
	return mlockall(MCL_FUTURE) || map(len, 0) == MAP_FAILED;
}

static int by_populate(size_t len)
{
	return map(len, MAP_POPULATE) == MAP_FAILED;
}

static const struct way {
	const char *name;
	int (*go)(size_t len);
} ways[] = {
	{"mlock", by_mlock},	   {"mlock2", by_mlock2},
	{"mlockall", by_mlockall}, {"future", by_future},
	{"populate", by_populate},
};

int main(int argc, char **argv)
{
	size_t len = argc == 3 ? (size_t)atoi(argv[2]) << 20 : 0;

	for (size_t i = 0; len && i < sizeof(ways) / sizeof(*ways); i++)
		if (!strcmp(argv[1], ways[i].name))
			return ways[i].go(len) ? 1 : 0;
	fprintf(stderr, "usage: %s WAY MIB\n", argv[0]);
	return 2;
}
