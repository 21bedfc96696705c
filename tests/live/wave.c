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
#define MIB (1 << 20)

struct wave {
	char *base;
	size_t bytes;
	double start_ms;
	double since_ms; /* it has so many bytes */
	double sum;	 /* of bytes by milliseconds before that */
};

static void set_level(struct wave *wave, size_t bytes)
{
	double now = now_ms();

	wave->sum += (double)wave->bytes * (now - wave->since_ms);
	wave->since_ms = now;
	if (bytes > wave->bytes)
		memset(wave->base + wave->bytes, 1, bytes - wave->bytes);
	else if (bytes < wave->bytes)
		madvise(wave->base + bytes, wave->bytes - bytes, MADV_DONTNEED);
	wave->bytes = bytes;
}

/* Up in the first half of the period, down in the second. */
static double share_at(double ms)
{
	double phase = fmod(ms, PERIOD_MS) / PERIOD_MS;

	return phase < 0.5 ? 2 * phase : 2 - 2 * phase;
}

/* False when the other end is closed. */
static bool answer(const struct wave *wave)
{
	double ms = wave->since_ms - wave->start_ms;
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		return false;
	printf("%.1f\n", ms > 0 ? wave->sum / ms / MIB : 0);
	fflush(stdout);
	return true;
}

static bool go_on(const struct wave *wave)
{
	struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

	return poll(&in, 1, STEP_MS) <= 0 || answer(wave);
}

int wave_serve(size_t low_bytes, size_t high_bytes)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	struct wave wave = {.base = mmap(NULL, high_bytes,
					 PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)};

	if (wave.base == MAP_FAILED)
		return 1;
	set_level(&wave, low_bytes);
	if (!answer(&wave))
		return 0;
	wave.start_ms = wave.since_ms = now_ms();
	wave.sum = 0;
	while (go_on(&wave)) {
		double swing = (double)(high_bytes - low_bytes) *
			       share_at(now_ms() - wave.start_ms);

		set_level(&wave, (low_bytes + (size_t)swing) / page_bytes *
					 page_bytes);
	}
	return 0;
}
