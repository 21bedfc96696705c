/* SPDX-License-Identifier: MIT */
/*
 * Children of a case: ways to make them, and what each generation looks at,
 * which is pages 0 to 7.
 */
#ifndef TESTS_ORACLE_FAMILY_H
#define TESTS_ORACLE_FAMILY_H

#include "oracle/case.h"

/* fork() without libc, whose handlers would tell; by either system call. */
pid_t call_fork(void);
pid_t call_clone(void);

/* Four droppable pages at page 0, two ordinary ones behind them; filled. */
void map_both(const struct door *door);

/* What is there, for in_child(). */
void child_look(const struct door *door);

/* The same, after a word for who looks. */
void look_as(const char *who);

/* What a child of `make` finds, then what is here. */
void look_in_both(pid_t (*make)(void), const struct door *door);

#endif
