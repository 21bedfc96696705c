/* SPDX-License-Identifier: MIT */
/*
 * differential FIRST COUNT STEPS [-v]: random calls on a small arena at a fixed
 * address, from seeds FIRST to FIRST + COUNT - 1, each in a process of its own.
 * Prints, after each step, what the call returned and a digest of what every
 * page of the arena is and holds: the output of a run on the kernel's own
 * MAP_DROPPABLE and of one on the emulation must not differ.  -v prints the
 * pages instead of the digest.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_DROPPABLE
#define MAP_DROPPABLE 0x08
#endif
#ifndef MREMAP_DONTUNMAP
#define MREMAP_DONTUNMAP 4
#endif

/* Far from everything, and less than a huge page. */
#define ARENA ((char *)0x200000000000)
#define PAGES 48
#define PAGE ((size_t)4096)

static unsigned int random_state;
static bool verbose;
static int memory_fd;

static unsigned int pick(unsigned int below)
{
	random_state = random_state * 1664525u + 1013904223u;
	return (random_state >> 8) % below;
}

/* A range that starts in the arena and mostly ends there. */
static char *pick_range(size_t *len_bytes)
{
	size_t page = pick(PAGES);

	*len_bytes = (1 + pick(12)) * PAGE;
	if (page * PAGE + *len_bytes > PAGES * PAGE)
		*len_bytes = (PAGES - page) * PAGE;
	/* Odd ends, seldom. */
	if (!pick(12))
		*len_bytes -= pick(PAGE);
	return ARENA + page * PAGE + (pick(40) ? 0 : 1);
}

static int pick_prot(void)
{
	static const int prots[] = {PROT_READ | PROT_WRITE, PROT_READ,
				    PROT_NONE, PROT_READ | PROT_WRITE};

	return prots[pick(4)];
}

static long step_mmap(void)
{
	static const int odd[] = {MAP_LOCKED, MAP_HUGETLB, MAP_GROWSDOWN,
				  MAP_STACK,  1,	   MAP_POPULATE,
				  MAP_NONBLOCK};
	int flags = MAP_ANONYMOUS | (pick(3) ? MAP_FIXED : 0x100000) |
		    (pick(3) ? MAP_DROPPABLE : MAP_PRIVATE);
	size_t len;
	char *addr = pick_range(&len);

	if (!pick(6))
		flags |= odd[pick(7)];
	if (!pick(20))
		flags &= ~MAP_ANONYMOUS;
	if (pick(2))
		return (long)mmap(addr, len, pick_prot(), flags, -1, 0);
	return syscall(SYS_mmap, addr, len, pick_prot(), flags, -1, 0);
}

static long step_munmap(void)
{
	size_t len;
	char *addr = pick_range(&len);

	return pick(2) ? munmap(addr, len) : syscall(SYS_munmap, addr, len);
}

static long step_mprotect(void)
{
	size_t len;
	char *addr = pick_range(&len);

	return mprotect(addr, len, pick_prot());
}

/* Only to places of our choice, or in place: others are the kernel's choice. */
static long step_mremap(void)
{
	size_t old_len, new_len;
	char *from = pick_range(&old_len);
	char *to = pick_range(&new_len);

	switch (pick(4)) {
	case 0:
		return (long)mremap(from, old_len, new_len, 0);
	case 1:
		return (long)mremap(from, old_len, old_len,
				    MREMAP_MAYMOVE | MREMAP_FIXED |
					    MREMAP_DONTUNMAP,
				    to);
	case 2:
		return syscall(SYS_mremap, from, old_len, new_len,
			       MREMAP_MAYMOVE | MREMAP_FIXED, to);
	default:
		return (long)mremap(from, old_len, new_len,
				    MREMAP_MAYMOVE | MREMAP_FIXED, to);
	}
}

static long step_madvise(void)
{
	static const int advices[] = {0,  1,  2,  3,  4,  8,  9,  10, 11, 12,
				      13, 14, 15, 16, 17, 18, 19, 20, 21, 22,
				      23, 24, 77};
	size_t len;
	char *addr = pick_range(&len);
	int advice = advices[pick(sizeof(advices) / sizeof(*advices))];

	return pick(2) ? madvise(addr, len, advice)
		       : syscall(SYS_madvise, addr, len, advice);
}

static long step_lock(void)
{
	size_t len;
	char *addr = pick_range(&len);

	switch (pick(5)) {
	case 0:
		return mlock(addr, len);
	case 1:
		return mlock2(addr, len, MLOCK_ONFAULT);
	case 2:
		return syscall(SYS_mlock, addr, len);
	default:
		return munlock(addr, len);
	}
}

static long step_lock_all(void)
{
	switch (pick(6)) {
	case 0:
		return mlockall(MCL_FUTURE);
	case 1:
		return mlockall(MCL_CURRENT);
	case 2:
		return mlockall(MCL_FUTURE | MCL_ONFAULT);
	default:
		return munlockall();
	}
}

/* The kernel writes where the program may: -1 at the first page it may not. */
static long step_write(void)
{
	char fill[PAGE];
	size_t len;
	char *addr = pick_range(&len);
	int pipes[2];
	long ret;

	if (pipe(pipes))
		return -2;
	memset(fill, (int)(1 + pick(200)), sizeof(fill));
	if (write(pipes[1], fill, PAGE) != (ssize_t)PAGE)
		return -2;
	addr = (char *)((uintptr_t)addr & ~(PAGE - 1));
	ret = read(pipes[0], addr, PAGE);
	close(pipes[0]);
	close(pipes[1]);
	return ret;
}

static uint64_t digest(uint64_t sum, const char *text)
{
	for (; *text; text++)
		sum = (sum ^ (unsigned char)*text) * 1099511628211u;
	return sum;
}

struct page {
	char perms[5];
	char flags[40];
	unsigned char first, last;
};

static struct page pages[PAGES];

/* What tells memory apart; `dp` is the kernel's own, `uw` our label. */
static void note_flags(const char *line, char *flags, size_t size)
{
	static const char *const names[] = {"wf", "dd", "nr", "lo", "dc",
					    "mg", "nh", "rr", "sr", "gd"};

	flags[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strstr(line, names[i]) &&
		    strlen(flags) + 3 < size)
			strcat(flags, names[i]);
	}
}

static void note_smaps(void)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start = 0, end = 0;
	char line[512], perms[5];

	while (smaps && fgets(line, sizeof(line), smaps)) {
		unsigned long from, to;

		/* Other lines may begin like a number: "Anonymous". */
		if (sscanf(line, "%lx-%lx %4s", &from, &to, perms) == 3) {
			start = from;
			end = to;
			continue;
		}
		if (strncmp(line, "VmFlags:", 8))
			continue;
		for (size_t i = 0; i < PAGES; i++) {
			unsigned long at = (unsigned long)ARENA + i * PAGE;

			if (at < start || at >= end)
				continue;
			strcpy(pages[i].perms, perms);
			note_flags(line + 8, pages[i].flags,
				   sizeof(pages[i].flags));
		}
	}
	if (smaps)
		fclose(smaps);
}

static void note_contents(void)
{
	for (size_t i = 0; i < PAGES; i++) {
		off_t at = (off_t)(uintptr_t)ARENA + (off_t)(i * PAGE);

		if (pread(memory_fd, &pages[i].first, 1, at) != 1)
			pages[i].first = 255;
		if (pread(memory_fd, &pages[i].last, 1,
			  at + (off_t)PAGE - 1) != 1)
			pages[i].last = 255;
	}
}

static uint64_t note_pages(void)
{
	uint64_t sum = 14695981039346656037u;

	memset(pages, 0, sizeof(pages));
	note_smaps();
	note_contents();
	for (size_t i = 0; i < PAGES; i++) {
		char text[96];

		snprintf(text, sizeof(text), "%d:%.4s:%.39s:%d:%d ", (int)i,
			 pages[i].perms, pages[i].flags, pages[i].first,
			 pages[i].last);
		sum = digest(sum, text);
		if (verbose && pages[i].perms[0])
			fputs(text, stdout);
	}
	return sum;
}

static void say(const char *what, long ret, int err, uint64_t sum)
{
	char *addr = (char *)ret;

	/* An address in the arena is told, another one is the kernel's choice. */
	if (addr >= ARENA && addr < ARENA + PAGES * PAGE)
		ret = addr - ARENA;
	printf("%s %ld %d %016llx\n", what, ret, ret == -1 ? err : 0,
	       (unsigned long long)sum);
}

/* What a child finds, and a child of the child. */
static long step_fork(void)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (!pid) {
		say(" child", 0, 0, note_pages());
		fflush(stdout);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static const struct kind {
	const char *name;
	long (*step)(void);
	unsigned int weight;
} kinds[] = {
	{"mmap", step_mmap, 8},	      {"munmap", step_munmap, 3},
	{"mprotect", step_mprotect, 3}, {"mremap", step_mremap, 5},
	{"madvise", step_madvise, 8},  {"lock", step_lock, 4},
	{"lock_all", step_lock_all, 1}, {"write", step_write, 8},
	{"fork", step_fork, 1},
};

static void one_step(int number)
{
	unsigned int at = 0, total = 0;
	long ret;
	int err;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		total += kinds[i].weight;
	for (unsigned int left = pick(total); left >= kinds[at].weight; at++)
		left -= kinds[at].weight;
	printf("%d ", number);
	errno = 0;
	ret = kinds[at].step();
	err = errno;
	say(kinds[at].name, ret, err, note_pages());
}

static void one_seed(unsigned int seed, int steps)
{
	random_state = seed * 2654435761u + 1;
	memory_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	printf("seed %u\n", seed);
	for (int i = 0; i < steps; i++)
		one_step(i);
	fflush(stdout);
	_exit(memory_fd < 0);
}

int main(int argc, char **argv)
{
	unsigned int first;
	int failed = 0;

	if (argc < 4) {
		fprintf(stderr, "usage: %s FIRST COUNT STEPS [-v]\n", argv[0]);
		return 2;
	}
	first = (unsigned int)atoi(argv[1]);
	verbose = argc > 4;
	for (unsigned int i = 0; i < (unsigned int)atoi(argv[2]); i++) {
		int status;
		pid_t pid = fork();

		if (!pid)
			one_seed(first + i, atoi(argv[3]));
		waitpid(pid, &status, 0);
		if (status) {
			printf("seed %u ended with status %d\n", first + i,
			       status);
			failed = 1;
		}
	}
	return failed;
}
