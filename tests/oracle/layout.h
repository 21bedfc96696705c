/* SPDX-License-Identifier: MIT */
/*
 * The arena laid out and looked at in few words, for the conformance program:
 * set-up that must work, calls on whole pages whose results are said, and looks
 * at many pages.  Unless said otherwise `pages` pages from page `first` on.
 */
#ifndef TESTS_ORACLE_LAYOUT_H
#define TESTS_ORACLE_LAYOUT_H

#include "oracle/case.h"

#define MOVE_TO (MREMAP_MAYMOVE | MREMAP_FIXED)

/*
 * Lay pages out from page 0 on by a word of one letter a page, a run of one
 * letter or a '|' making a mapping:
 *
 *   d D   droppable, filled or never touched
 *   r n   droppable, filled, to be read only or not at all
 *   o l s ordinary, ordinary and locked, a shared file; all filled
 *   -     nothing: what was there stays
 *
 * The number of pages laid out.
 */
size_t lay(const struct door *door, const char *layout);

/* Six filled pages at page 0, of which 2 and 3 are then made droppable. */
void lay_mixed(const struct door *door);

/* The same at page `first`, never touched. */
void lay_mixed_untouched(const struct door *door, size_t first);

/* Set-up that must work. */
void unmap(const struct door *door, size_t first, size_t pages);
void protect(const struct door *door, size_t first, size_t pages, int prot);
void advise(const struct door *door, size_t first, size_t pages, int advice);

/* A new file of that length, in memory; of zeros. */
int memory_file(size_t pages);

/* Two huge pages' worth, readable and writable, beyond the arena's pages. */
#define HUGE_PAGE_LEN ((size_t)2 << 20)
char *map_huge_pages(const struct door *door, int flags);

/* A call, and its result is said. */
void say_mapped(const struct door *door, size_t first, size_t pages, int flags);
void say_unmapped(const struct door *door, size_t first, size_t pages);
void say_protected(const struct door *door, size_t first, size_t pages,
		   int prot);
void say_advised(const struct door *door, size_t first, size_t pages,
		 int advice);
void say_lock(const struct door *door, size_t first, size_t pages);
void say_lock2(const struct door *door, size_t first, size_t pages,
	       unsigned int flags);
void say_unlock(const struct door *door, size_t first, size_t pages);
/* mremap() in place. */
void say_grown(const struct door *door, size_t first, size_t old_pages,
	       size_t new_pages);
/* mremap() to page `to`. */
void say_moved(const struct door *door, size_t first, size_t old_pages,
	       size_t new_pages, size_t to);

/* What advice takes a page for: 'd' droppable, 'o' other memory, '-' a hole. */
char kind_of(const struct door *door, char *page);

/* What is there, then a letter a page: what advice takes it for. */
void look(const struct door *door, size_t first, size_t pages);

/*
 * After a mmap() or mremap() that answered `at`: the answer, a look at the
 * `pages` that were laid out, and if the kernel put the `len` bytes elsewhere,
 * also at them, brought to page 24.
 */
void look_at_answer(const struct door *door, size_t pages, char *at,
		    size_t len);

/* A letter a page: its byte; "0" zero, "." absent, "-" a hole, "?" a guard. */
void say_held(size_t first, size_t pages);

/*
 * How smaps shows the mapping that the page is in: its first line and its
 * flags, each as it stands there; "" where nothing is mapped.
 */
struct shown {
	char header[512], flags[512];
};
struct shown look_up(size_t page);

#endif
