/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cache.h"
#include "wave.h"

#define PERIOD_MS 1000
#define STEP_MS 2

struct wave {
	char *base;
	size_t now; /* bytes */
};

static void set_level(struct wave *wave, size_t bytes)
{
	if (bytes > wave->now)
		memset(wave->base + wave->now, 1, bytes - wave->now);
	else if (bytes < wave->now)
		madvise(wave->base + bytes, wave->now - bytes, MADV_DONTNEED);
	wave->now = bytes;
}

/* Up in the first half of the period, down in the second. */
static double share_at(double ms)
{
	double phase = fmod(ms, PERIOD_MS) / PERIOD_MS;

	return phase < 0.5 ? 2 * phase : 2 - 2 * phase;
}

static bool told_to_end(void)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, STEP_MS) > 0;
}

int wave_serve(size_t low_bytes, size_t high_bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct wave wave = {.base = mmap(NULL, high_bytes,
					 PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};
	double start;
	char byte;

	if (wave.base == MAP_FAILED)
		return 1;
	set_level(&wave, low_bytes);
	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 0;
	puts("0");
	fflush(stdout);
	start = now_ms();
	while (!told_to_end()) {
		double swing = (double)(high_bytes - low_bytes) *
			       share_at(now_ms() - start);

		set_level(&wave, (low_bytes + (size_t)swing) / page_bytes *
					 page_bytes);
	}
	return 0;
}
