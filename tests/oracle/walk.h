/* SPDX-License-Identifier: MIT */
/*
 * A random walk: from a seed, calls on an arena, chosen without looking at what
 * earlier ones answered, so that two kernels can be led the same way.  After
 * each step the walk notes what the call returned and what every page of the
 * arena is and holds.
 */
#ifndef TESTS_ORACLE_WALK_H
#define TESTS_ORACLE_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "oracle/arena.h"
#include "oracle/doors.h"

/* What a walk may do. */
enum {
	/* Calls that concern the whole process: locks for all, forks, KSM. */
	WALK_PROCESS = 1 << 0,
	/* Calls and advice that kernels before 6.18 may lack. */
	WALK_RECENT = 1 << 1,
	/* libc's mlock(), which under a sanitizer does nothing. */
	WALK_LIBC_LOCKS = 1 << 2,
};

struct walk {
	struct arena arena;
	unsigned int may;
	/*
	 * May call mlockall(MCL_FUTURE).  From 6.18.27 on new droppable memory
	 * then does not merge with what lies beside it, so such a walk does not
	 * move more than one page at a time.
	 */
	bool future;
	bool loud; /* Print each step, not only the digest of all. */
	uint32_t random;
	int step;
	int uffd;  /* A userfaultfd of the walk's own, or -1. */
	int self;  /* A pidfd of this process, or -1. */
	int memfd; /* A file to map: the caller's. */
	/* In shared memory: children note as well. */
	uint64_t *digest;
	struct arena_page pages[ARENA_PAGES]; /* As noted last. */
};

/*
 * Open what its calls need, as far as the kernel has it, and stay on one
 * processor; and close it.
 */
void walk_open(struct walk *walk);
void walk_close(struct walk *walk);

/* A number below `below`, from the walk's seed. */
unsigned int walk_pick(struct walk *walk, unsigned int below);

/* printf(3) into the digest, and, if the walk is loud, to standard output. */
void walk_note(struct walk *walk, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Note what the arena is and holds. */
void walk_note_pages(struct walk *walk);

/* Make one random call and note it. */
void walk_step(struct walk *walk);

#endif
