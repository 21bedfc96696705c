/* SPDX-License-Identifier: MIT */
/*
 * Knows how people write a number of bytes: 4096, 64K, 300M, 1G.
 * Never guesses: anything else is refused.
 */
#ifndef TESTS_SIZE_H
#define TESTS_SIZE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* 0 and *bytes set, or -EINVAL and *bytes as it was. */
static inline int size_parse(const char *text, size_t *bytes)
{
	static const char units[] = "KMG";
	const char *unit;
	unsigned long long n;
	unsigned shift = 0;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	n = strtoull(text, &end, 10);
	if (errno)
		return -EINVAL;
	if (*end) {
		unit = strchr(units, *end);
		if (!unit || end[1])
			return -EINVAL;
		shift = 10 * (unsigned)(unit - units + 1);
	}
	if (n > (size_t)-1 >> shift)
		return -EINVAL;
	*bytes = (size_t)n << shift;
	return 0;
}

#endif
