/* SPDX-License-Identifier: MIT */
/*
 * The calls that a random walk is made of.  Each picks its arguments, makes the
 * call through a door and notes both.
 */
#ifndef TESTS_ORACLE_STEPS_H
#define TESTS_ORACLE_STEPS_H

#include "oracle/walk.h"

/* steps_map.c */
void step_mmap(struct walk *walk);
void step_munmap(struct walk *walk);
void step_mprotect(struct walk *walk);
void step_mremap(struct walk *walk);

/* steps_advice.c */
void step_madvise(struct walk *walk);
void step_posix_madvise(struct walk *walk);
void step_process_madvise(struct walk *walk);
void step_lock(struct walk *walk);
void step_lock_all(struct walk *walk);
void step_merge(struct walk *walk);

/* steps_use.c */
void step_uffd(struct walk *walk);
void step_write(struct walk *walk);
void step_fork(struct walk *walk);

/* What they share: steps.c. */
struct range {
	char *addr;
	size_t len_bytes;
};

const struct door *step_pick_door(struct walk *walk);

/* Starts in the arena and ends there; seldom not on page boundaries. */
struct range step_pick_range(struct walk *walk);

void step_note_range(struct walk *walk, struct range range);
void step_note_result(struct walk *walk, long ret);
void step_note_address(struct walk *walk, char *at);
bool step_in_arena(const struct walk *walk, const char *at);

#endif
