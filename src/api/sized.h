/* SPDX-License-Identifier: MIT */
/*
 * Structures that can grow: the caller says in the first member how large his
 * is, and is told how much of it is filled in; the rest is zeros.
 */
#ifndef DRP_API_SIZED_H
#define DRP_API_SIZED_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

/* None will be that large: a size that was forgotten is not followed. */
#define DRP_SIZED_MAX 4096

/* 0 or -EINVAL. */
static inline int drp_sized_check(const uint64_t *size)
{
	return *size < sizeof(*size) || *size > DRP_SIZED_MAX ? -EINVAL : 0;
}

/* The first member of both is the size; from's is what we know. */
static inline void drp_sized_copy(uint64_t *to, const uint64_t *from)
{
	uint64_t theirs = *to;
	uint64_t filled = theirs < *from ? theirs : *from;

	memset(to, 0, (size_t)theirs);
	memcpy(to, from, (size_t)filled);
	*to = filled;
}

#endif
