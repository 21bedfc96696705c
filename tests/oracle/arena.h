/* SPDX-License-Identifier: MIT */
/*
 * A range of addresses in which a test maps what it likes, and a look at what
 * is there: of each page its protection, the flags that tell memory apart,
 * whether it is present, and what it holds.  A look changes none of these: only
 * pages that are there are read, and by way of /proc, so that protection does
 * not matter.
 */
#ifndef TESTS_ORACLE_ARENA_H
#define TESTS_ORACLE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARENA_PAGES 48

struct arena {
	char *base;
	size_t page_bytes;
	int memory_fd;	/* /proc/self/mem */
	int pagemap_fd; /* /proc/self/pagemap */
};

struct arena_page {
	char prot[5];	/* As in maps: "rw-p"; "" where nothing is mapped. */
	char flags[24]; /* Two letters each, as in smaps. */
	bool file;	/* A file's, or shared: then taken for present. */
	bool present;
	bool readable;	    /* The kernel could read it for us. */
	bool uniform;	    /* All bytes are the same. */
	unsigned int value; /* That byte, or a digest of all. */
};

/*
 * Arena number `index`: all lie where nothing else does, also under the
 * sanitizers, with room around each.  0 or -1: no /proc.
 */
int arena_open(struct arena *arena, unsigned int index);

/* After a fork: the files are the parent's. */
int arena_reopen(struct arena *arena);

/* Unmaps all that lies in the arena and in the room around it. */
void arena_close(struct arena *arena);

/* A new file in memory, empty; -1 with errno. */
int arena_memory_file(void);

/* Look at pages [first, first + count). */
void arena_look(const struct arena *arena, size_t first, size_t count,
		struct arena_page *pages);

/* "rw-p wfddnr p 65", or "-": one word a page, the same for the same page. */
void arena_page_text(const struct arena_page *page, char *text, size_t size);
#define ARENA_PAGE_TEXT 64

#endif
