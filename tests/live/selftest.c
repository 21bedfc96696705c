/* SPDX-License-Identifier: MIT */
/*
 * selftest dropped|pageout|mincore: the three tests by which others judge
 * droppable memory, each with the deadline the slowest of them has.
 *
 * Exit status: 0 passed; 1 failed; 2 mmap refused.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache.h"

#define DEADLINE_MS 30000
#define PAGEOUT_TRIES 10
#define PAGEOUT_TRY_MS 1000
#define MADV_PAGEOUT_ADVICE 21

struct memory {
	volatile unsigned char *base;
	size_t bytes;
	size_t page_bytes;
};

static int map(struct memory *memory, size_t bytes)
{
	void *base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_ANONYMOUS | MAP_DROPPABLE, -1, 0);

	if (base == MAP_FAILED) {
		printf("result refused errno=%s\n",
		       errno == EINVAL ? "EINVAL" : strerror(errno));
		return 2;
	}
	memory->base = base;
	memory->bytes = bytes;
	memory->page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	memset(base, 'A', bytes);
	return 0;
}

/* Wants memory without end; may be killed for it, and should be the first. */
static void be_hungry(size_t page_bytes)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (fd < 0 || write(fd, "1000", 4) != 4)
		_exit(1);
	close(fd);
	for (;;) {
		volatile char *page = malloc(page_bytes);

		if (page)
			*page = 'B';
	}
}

static bool first_byte_zero(const struct memory *memory)
{
	size_t at;

	for (at = 0; at < memory->bytes; at += memory->page_bytes)
		if (!memory->base[at])
			return true;
	return false;
}

static bool page_gone(const struct memory *memory)
{
	static unsigned char vec[1 << 16];
	size_t pages = memory->bytes / memory->page_bytes;
	size_t i;

	if (pages > sizeof(vec) ||
	    mincore((void *)(uintptr_t)memory->base, memory->bytes, vec))
		return false;
	for (i = 0; i < pages; i++)
		if (!(vec[i] & 1))
			return true;
	return false;
}

/*
 * That the child is killed settles nothing: what it wanted may have been made
 * room for before.
 */
static int with_hungry_child(size_t bytes,
			     bool (*dropped)(const struct memory *))
{
	struct memory memory;
	double start;
	bool seen;
	pid_t child;

	if (map(&memory, bytes))
		return 2;
	child = fork();
	if (child < 0) {
		perror("selftest: fork");
		return 1;
	}
	if (child == 0)
		be_hungry(memory.page_bytes);
	start = now_ms();
	do {
		seen = dropped(&memory);
		if (!seen)
			pause_ms(1);
	} while (!seen && now_ms() - start < DEADLINE_MS);
	printf("result %s after_ms=%.0f\n", seen ? "dropped" : "kept",
	       now_ms() - start);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return seen ? 0 : 1;
}

static int kernel_first(void)
{
	return with_hungry_child((size_t)128 << 20, first_byte_zero);
}

static int ltp_mmap22(void)
{
	return with_hungry_child((size_t)128 << 20, page_gone);
}

static size_t count_letter(const struct memory *memory)
{
	size_t n = 0;
	size_t at;

	for (at = 0; at < memory->bytes; at++)
		n += memory->base[at] == 'A';
	return n;
}

static int kernel_pageout(void)
{
	struct memory memory;
	size_t left = 0;
	int i;

	if (map(&memory, (size_t)2 << 20))
		return 2;
	for (i = 0; i < PAGEOUT_TRIES; i++) {
		if (madvise((void *)(uintptr_t)memory.base, memory.bytes,
			    MADV_PAGEOUT_ADVICE)) {
			printf("result refused advice=MADV_PAGEOUT errno=%s\n",
			       strerror(errno));
			return 1;
		}
		left = count_letter(&memory);
		if (left == 0)
			break;
		pause_ms(PAGEOUT_TRY_MS);
	}
	printf("result %s tries=%d bytes_left=%zu\n", left ? "kept" : "dropped",
	       left ? i : i + 1, left);
	return left ? 1 : 0;
}

static const struct {
	const char *name;
	int (*run)(void);
} tests[] = {
	{"dropped", kernel_first},
	{"pageout", kernel_pageout},
	{"mincore", ltp_mmap22},
};

int main(int argc, char **argv)
{
	size_t i;

	for (i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
		if (argc == 2 && strcmp(argv[1], tests[i].name) == 0)
			return tests[i].run();
	fputs("usage: selftest dropped|pageout|mincore\n", stderr);
	return 1;
}
