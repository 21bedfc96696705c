/* SPDX-License-Identifier: MIT */
/*
 * What the cases of the conformance program share.  A case makes a few calls
 * through a door, in a process of its own with an empty arena, and says what
 * came of them: words on one line, which must be the same on the kernel's own
 * MAP_DROPPABLE and on the emulation.  So no address that the kernel chose, no
 * pid, no time may be said.
 */
#ifndef TESTS_ORACLE_CASE_H
#define TESTS_ORACLE_CASE_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "oracle/arena.h"
#include "oracle/doors.h"

enum {
	EVERY_DOOR = 0,
	/* The calls have no 64-bit twin: libc and syscall(). */
	NO_TWIN = 1 << 0,
	/* libc only: what it tests is not how the call is made. */
	ONE_DOOR = 1 << 1,
};

/* What mlockall(flags) needs, for a row. */
#define NEED_OF_LOCK(flags) ((flags)&MCL_ONFAULT ? "mlock2" : NULL)

struct test_case {
	const char *name; /* Topic first: "mremap_grows_in_place". */
	void (*run)(const struct door *door);
	unsigned int doors;
	/*
	 * Something of ordinary memory that not every kernel has, by its name
	 * in needs.c; NULL: none.  Without it the case says so and no more.
	 */
	const char *needs;
};

/* The topics, each a table that ends with an empty row: in cases/. */
extern const struct test_case map_cases[], remap_cases[], limit_cases[],
	advice_cases[], vector_cases[], mark_cases[], paging_cases[],
	guard_cases[], pidfd_cases[], lock_cases[], lockall_cases[],
	lock_limit_cases[], process_cases[], sharing_cases[], thread_cases[],
	userfault_cases[], io_cases[], facility_cases[];

/* Is it there?  Tried on ordinary memory; -1: no such name. */
int needs_met(const char *needs);

/* The arena of this case, and its page number `page`. */
extern struct arena arena;
char *at_page(size_t page);
size_t pages_len(size_t pages);

/* printf(3) onto the line, a space before it. */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* 0 or a count as it is, -1 as errno's name. */
void say_result(long ret);

/* MAP_FAILED as errno's name, a place in the arena as "@page", else "ok". */
void say_address(const void *at);

/* What is at pages [first, first + count), runs of the same told once. */
void say_pages(size_t first, size_t count);

/* For set-up that must work: the line says what did not, and the case ends. */
void must(bool worked, const char *what);

/*
 * `pages` readable and writable pages at page `first`, every byte `fill`; 0
 * leaves them untouched.  By the door's mmap().
 */
char *map_droppable(const struct door *door, size_t first, size_t pages,
		    int fill);
/* Ordinary private anonymous memory. */
char *map_ordinary(const struct door *door, size_t first, size_t pages,
		   int fill);

#define RW (PROT_READ | PROT_WRITE)
#define DROPPABLE (MAP_ANONYMOUS | MAP_DROPPABLE)
#define ORDINARY (MAP_ANONYMOUS | MAP_PRIVATE)

/* Wait for a child, and say how it ended unless it exited with 0. */
void say_end(pid_t pid);

/*
 * Run `body` in a child made by `make` (fork() and its kin), and have it say
 * what it says on this line.  The child's arena is open again.
 */
void in_child(pid_t (*make)(void), void (*body)(const struct door *door),
	      const struct door *door);

#endif
