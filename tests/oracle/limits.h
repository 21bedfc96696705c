/* SPDX-License-Identifier: MIT */
/*
 * What a case takes from its own process, limits, capabilities and processors,
 * and the sizes that limits are about.  Each must work.
 */
#ifndef TESTS_ORACLE_LIMITS_H
#define TESTS_ORACLE_LIMITS_H

#include <stddef.h>
#include <sys/resource.h>

/* Of all capabilities, for give_up_capability(). */
#define ALL_CAPABILITIES (-1)

/* For good. */
void give_up_capability(int capability);

/* The soft limit, up to the hard one, which stays: so it can be lifted. */
void set_limit(int resource, rlim_t bytes);

/*
 * In bytes, by its name in /proc/self/status ("VmLck").  Allocates nothing:
 * that would count.
 */
size_t size_of(const char *name);

/* VmLck. */
long locked_pages(void);

/*
 * Stay on this processor: each has a list of new pages of its own, and those on
 * another's are not paged out.
 */
void stay_here(void);

#endif
