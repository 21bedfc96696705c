/* SPDX-License-Identifier: MIT */
/*
 * What the behaviour programs share.  They are ordinary programs, not linked to
 * the library: the same assertions hold on the kernel's own MAP_DROPPABLE and,
 * run under `droppable run`, on the emulation.
 */
#ifndef TESTS_BEHAVIOUR_DROPPABLE_MEMORY_H
#define TESTS_BEHAVIOUR_DROPPABLE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* DRP_SYS(): straight to the kernel, past libc and whatever is before it. */
#include "base/sys.h"

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif

/* glibc 2.32 */
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

#define D (MAP_ANONYMOUS | MAP_DROPPABLE)
#define RW (PROT_READ | PROT_WRITE)

static inline size_t page_bytes(void)
{
	return (size_t)sysconf(_SC_PAGESIZE);
}

/* `pages` droppable pages, each filled with `fill`; 0 leaves them untouched. */
static inline char *droppable_pages(size_t pages, int fill)
{
	char *map = mmap(NULL, pages * page_bytes(), RW, D, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	if (fill)
		memset(map, fill, pages * page_bytes());
	return map;
}

static inline char *ordinary_pages(size_t pages, int fill)
{
	char *map = mmap(NULL, pages * page_bytes(), RW,
			 MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

	if (map == MAP_FAILED)
		return NULL;
	memset(map, fill, pages * page_bytes());
	return map;
}

/* Does the kernel know this advice, for ordinary memory? */
static inline bool kernel_takes(int advice)
{
	char *map = ordinary_pages(1, 'o');
	bool taken = map && !madvise(map, page_bytes(), advice);

	if (map)
		munmap(map, page_bytes());
	return taken;
}

static inline bool page_is(const char *page, char value)
{
	for (size_t i = 0; i < page_bytes(); i++)
		if (page[i] != value)
			return false;
	return true;
}

/*
 * Is the page droppable?  Asked as a program can ask: droppable memory refuses
 * to be put into core dumps.  VmFlags differ (`dp` is the kernel's only).
 */
static inline bool is_droppable(const void *page)
{
	return madvise((void *)page, page_bytes(), MADV_DODUMP) != 0;
}

/* What smaps says after `key` of the mapping that holds addr; "" if nothing. */
static inline void smaps_value(const void *addr, const char *key, char *value,
			       size_t size)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	char line[512];
	bool here = false;

	value[0] = '\0';
	while (smaps && fgets(line, sizeof(line), smaps)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (unsigned long)addr &&
			       (unsigned long)addr < end;
		if (here && !strncmp(line, key, strlen(key))) {
			snprintf(value, size, "%.*s", (int)size - 1,
				 line + strlen(key));
			break;
		}
	}
	if (smaps)
		fclose(smaps);
}

static inline bool has_flag(const void *addr, const char *flag)
{
	char flags[256], spaced[8];

	smaps_value(addr, "VmFlags:", flags, sizeof(flags));
	snprintf(spaced, sizeof(spaced), " %s ", flag);
	return strstr(flags, spaced);
}

#endif
