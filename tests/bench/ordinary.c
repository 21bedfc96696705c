/* SPDX-License-Identifier: MIT */
/*
 * What an ordinary mmap and munmap cost, in nanoseconds a pair: for a run with
 * and one without the library loaded.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#define PAIRS 200000

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void)
{
	int64_t begin_ns = now_ns();

	for (int i = 0; i < PAIRS; i++) {
		void *map = mmap(NULL, 65536, PROT_READ | PROT_WRITE,
				 MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);

		if (map == MAP_FAILED || munmap(map, 65536))
			return EXIT_FAILURE;
	}
	printf("%.1f\n", (double)(now_ns() - begin_ns) / PAIRS);
	return EXIT_SUCCESS;
}
