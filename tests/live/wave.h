/* SPDX-License-Identifier: MIT */
/*
 * Knows ordinary memory that grows and shrinks once a second, evenly, between
 * two sizes.  What hog_start() has made does it.
 */
#ifndef TESTS_WAVE_H
#define TESTS_WAVE_H

#include <stddef.h>

/*
 * Take the lesser size, begin when hog_go() says so, end when hog_stop() does.
 * Each later hog_go() is answered by the MiB held since then, on average: less
 * than half way where there was no time, or no memory, to follow.
 * The exit status.
 */
int wave_serve(size_t low_bytes, size_t high_bytes);

#endif
