/* SPDX-License-Identifier: MIT */
/* Pidfds, and what process_madvise() is given and answers. */
#ifndef TESTS_ORACLE_PIDFDS_H
#define TESTS_ORACLE_PIDFDS_H

#include "oracle/case.h"

/* A new pidfd, of pidfd_open(); it must work. */
int pidfd_of(pid_t pid, unsigned int flags);
int myself(void);

/* `pages` pages from page `first` on. */
struct iovec range(size_t first, size_t pages);

/* What process_madvise() answered: "2p+1" is a byte more than two pages. */
void say_done(ssize_t done);

/* The call, and its answer is said. */
void say_given(const struct door *door, int pidfd, const struct iovec *ranges,
	       size_t count, int advice);

#endif
