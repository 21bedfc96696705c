/* SPDX-License-Identifier: MIT */
#include "config.h"

#include "oracle/walk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Headers before 5.3 and 5.7 lack these. */
#define SYS_PIDFD_OPEN 434
#ifndef UFFDIO_REGISTER_MODE_WP
#define UFFDIO_REGISTER_MODE_WP ((uint64_t)1 << 1)
#define UFFD_FEATURE_PAGEFAULT_FLAG_WP ((uint64_t)1 << 0)
#endif

/*
 * Each processor has a list of new pages of its own, and those on another's are
 * not paged out.
 */
static void stay_here(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	sched_setaffinity(0, sizeof(here), &here);
}

void walk_open(struct walk *walk)
{
	struct uffdio_api api = {.api = UFFD_API,
				 .features = UFFD_FEATURE_PAGEFAULT_FLAG_WP};

	stay_here();
	walk->self = (int)syscall(SYS_PIDFD_OPEN, getpid(), 0);
	walk->uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	if (walk->uffd >= 0 && ioctl(walk->uffd, UFFDIO_API, &api)) {
		close(walk->uffd);
		walk->uffd = -1;
	}
}

void walk_close(struct walk *walk)
{
	close(walk->self);
	close(walk->uffd);
}

unsigned int walk_pick(struct walk *walk, unsigned int below)
{
	walk->random = walk->random * 1664525u + 1013904223u;
	return (walk->random >> 8) % below;
}

void walk_note(struct walk *walk, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	for (const char *at = text; *at; at++)
		*walk->digest = (*walk->digest ^ (unsigned char)*at) *
				UINT64_C(1099511628211);
	if (walk->loud)
		fputs(text, stdout);
}

void walk_note_pages(struct walk *walk)
{
	char text[ARENA_PAGE_TEXT] = "-", last[ARENA_PAGE_TEXT] = "-";

	arena_look(&walk->arena, 0, ARENA_PAGES, walk->pages);
	for (size_t i = 0; i < ARENA_PAGES; i++) {
		arena_page_text(&walk->pages[i], text, sizeof(text));
		if (strcmp(text, last))
			walk_note(walk, " %zu:%s", i, text);
		strcpy(last, text);
	}
	walk_note(walk, "\n");
}

static const struct door *pick_door(struct walk *walk)
{
	return &doors[walk_pick(walk, DOORS)];
}

struct range {
	char *addr;
	size_t len_bytes;
};

/* Starts in the arena and ends there; seldom not on page boundaries. */
static struct range pick_range(struct walk *walk)
{
	size_t page = walk_pick(walk, ARENA_PAGES);
	size_t pages = 1 + walk_pick(walk, 12);
	struct range range;

	if (page + pages > ARENA_PAGES)
		pages = ARENA_PAGES - page;
	range.len_bytes = pages * walk->arena.page_bytes;
	if (!walk_pick(walk, 12))
		range.len_bytes -= walk_pick(walk, 4096);
	range.addr = walk->arena.base + page * walk->arena.page_bytes +
		     !walk_pick(walk, 40);
	return range;
}

static void note_range(struct walk *walk, struct range range)
{
	walk_note(walk, " %zx+%zx", (size_t)(range.addr - walk->arena.base),
		  range.len_bytes);
}

static void note_result(struct walk *walk, long ret)
{
	walk_note(walk, " = %ld", ret == -1 ? -(long)errno : ret);
}

static bool in_arena(const struct walk *walk, const char *at)
{
	return at >= walk->arena.base &&
	       at < walk->arena.base + ARENA_PAGES * walk->arena.page_bytes;
}

static void note_address(struct walk *walk, char *at)
{
	if (at == MAP_FAILED)
		walk_note(walk, " = %ld", -(long)errno);
	else if (in_arena(walk, at))
		walk_note(walk, " = @%zx", (size_t)(at - walk->arena.base));
	else
		walk_note(walk, " = elsewhere");
}

static int pick_prot(struct walk *walk)
{
	static const int prots[] = {PROT_READ | PROT_WRITE,
				    PROT_READ | PROT_WRITE,
				    PROT_READ,
				    PROT_NONE,
				    PROT_READ | PROT_EXEC};

	/* Most of the time something that can be written. */
	return prots[walk_pick(walk, 2) ? 0 : walk_pick(walk, 5)];
}

static int pick_type(struct walk *walk)
{
	static const int types[] = {
		MAP_DROPPABLE, MAP_DROPPABLE, MAP_DROPPABLE, MAP_DROPPABLE,
		MAP_PRIVATE,   MAP_PRIVATE,   MAP_PRIVATE,   MAP_SHARED,
	};

	return types[walk_pick(walk, sizeof(types) / sizeof(*types))];
}

static void step_mmap(struct walk *walk)
{
	static const int odd[] = {MAP_LOCKED,	MAP_HUGETLB,  MAP_GROWSDOWN,
				  MAP_NORESERVE, 1,	      MAP_POPULATE,
				  MAP_POPULATE,  MAP_NONBLOCK, MAP_DENYWRITE};
	struct range range = pick_range(walk);
	int flags = MAP_ANONYMOUS | pick_type(walk), fd = -1;
	int prot = pick_prot(walk);
	char *at;

	if (walk_pick(walk, 4))
		flags |= MAP_FIXED;
	else if (walk->may & WALK_RECENT && walk_pick(walk, 2))
		flags |= MAP_FIXED_NOREPLACE;
	if (!walk_pick(walk, 6))
		flags |= odd[walk_pick(walk, sizeof(odd) / sizeof(*odd))];
	/* Whether there are huge pages is the machine's affair. */
	if (!(walk->may & WALK_RECENT))
		flags &= ~MAP_HUGETLB;
	if (!walk_pick(walk, 12))
		fd = walk->memfd;
	if (!walk_pick(walk, 20))
		flags &= ~MAP_ANONYMOUS;
	note_range(walk, range);
	/*
	 * On the emulation new droppable memory is such memory for a moment and
	 * may merge with it, which mremap() of both would show later.
	 */
	if ((flags & 0xf) == MAP_PRIVATE)
		flags &= ~MAP_NORESERVE;
	walk_note(walk, " %x %x", (unsigned int)prot, (unsigned int)flags);
	at = pick_door(walk)->mmap(range.addr, range.len_bytes, prot, flags, fd,
				   0);
	note_address(walk, at);
	/* The place was taken: nobody looks at what lies elsewhere. */
	if (at != MAP_FAILED && !in_arena(walk, at))
		munmap(at, range.len_bytes);
}

static void step_munmap(struct walk *walk)
{
	struct range range = pick_range(walk);

	note_range(walk, range);
	note_result(walk,
		    pick_door(walk)->munmap(range.addr, range.len_bytes));
}

static void step_mprotect(struct walk *walk)
{
	struct range range = pick_range(walk);
	int prot = pick_prot(walk);

	note_range(walk, range);
	walk_note(walk, " %x", (unsigned int)prot);
	note_result(walk, pick_door(walk)->mprotect(range.addr,
						    range.len_bytes, prot));
}

/* What went to a place of the kernel's choice is brought back to be seen. */
static void bring_back(struct walk *walk, char *at, size_t len_bytes, char *to)
{
	char *back;

	if (at == MAP_FAILED || in_arena(walk, at))
		return;
	back = mremap(at, len_bytes, len_bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
		      to);
	note_address(walk, back);
	if (back == MAP_FAILED)
		munmap(at, len_bytes);
}

static void step_mremap(struct walk *walk)
{
	static const int ways[] = {
		0,
		MREMAP_MAYMOVE,
		MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED,
		MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP,
		MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		MREMAP_FIXED,
	};
	struct range from = pick_range(walk), to = pick_range(walk);
	int way = ways[walk_pick(walk, walk->may & WALK_RECENT ? 7 : 4)];
	char *at;

	/* Older kernels move one mapping at a time. */
	if (walk->future || !(walk->may & WALK_RECENT))
		from.len_bytes = walk->arena.page_bytes;
	else if (!walk_pick(walk, 30))
		from.len_bytes = 0;
	if (way & MREMAP_DONTUNMAP && walk_pick(walk, 8))
		to.len_bytes = from.len_bytes;
	note_range(walk, from);
	note_range(walk, to);
	walk_note(walk, " %x", (unsigned int)way);
	at = pick_door(walk)->mremap(from.addr, from.len_bytes, to.len_bytes,
				     way, to.addr);
	note_address(walk, at);
	bring_back(walk, at, to.len_bytes,
		   walk->arena.base +
			   walk_pick(walk, ARENA_PAGES - 12) *
				   walk->arena.page_bytes);
}

static int pick_advice(struct walk *walk)
{
	/* The first are as old as any kernel that matters here. */
	static const int advices[] = {
		MADV_NORMAL,	   MADV_RANDOM,	     MADV_SEQUENTIAL,
		MADV_WILLNEED,	   MADV_DONTNEED,    ADVICE_FREE,
		ADVICE_FREE,	   MADV_REMOVE,	     MADV_DONTFORK,
		MADV_DOFORK,	   MADV_MERGEABLE,   MADV_UNMERGEABLE,
		MADV_DONTDUMP,	   MADV_DODUMP,	     ADVICE_WIPEONFORK,
		ADVICE_KEEPONFORK, 77,		     ADVICE_COLD,
		ADVICE_PAGEOUT,	   ADVICE_PAGEOUT,   ADVICE_POPULATE_READ,
		ADVICE_POPULATE_WRITE, ADVICE_DONTNEED_LOCKED, ADVICE_COLLAPSE,
		MADV_HUGEPAGE,	   MADV_NOHUGEPAGE,  ADVICE_GUARD_INSTALL,
		ADVICE_GUARD_REMOVE,
	};

	return advices[walk_pick(walk, walk->may & WALK_RECENT ? 28 : 17)];
}

static void step_madvise(struct walk *walk)
{
	struct range range = pick_range(walk);
	int advice = pick_advice(walk);

	note_range(walk, range);
	walk_note(walk, " %d", advice);
	note_result(walk, pick_door(walk)->madvise(range.addr, range.len_bytes,
						   advice));
}

static void step_posix_madvise(struct walk *walk)
{
	struct range range = pick_range(walk);
	int advice = (int)walk_pick(walk, 5);

	note_range(walk, range);
	walk_note(walk, " %d = %d", advice,
		  posix_madvise(range.addr, range.len_bytes, advice));
}

static void step_process_madvise(struct walk *walk)
{
	struct iovec ranges[3];
	size_t count = 1 + walk_pick(walk, 3);
	int advice = pick_advice(walk);

	for (size_t i = 0; i < count; i++) {
		struct range range = pick_range(walk);

		note_range(walk, range);
		ranges[i] = (struct iovec){.iov_base = range.addr,
					   .iov_len = range.len_bytes};
	}
	walk_note(walk, " %d", advice);
	note_result(walk, pick_door(walk)->process_madvise(
				  walk->self, ranges, count, advice, 0));
}

static void step_lock(struct walk *walk)
{
	struct range range = pick_range(walk);
	const struct door *door = walk->may & WALK_LIBC_LOCKS
					  ? pick_door(walk)
					  : &doors[DOOR_SYSCALL];
	unsigned int way = walk_pick(walk, 8);

	note_range(walk, range);
	walk_note(walk, " %u", way);
	if (way < 2)
		note_result(walk, door->mlock(range.addr, range.len_bytes));
	else if (way < 4)
		note_result(walk, door->mlock2(range.addr, range.len_bytes,
					       way == 2 ? MLOCK_ONFAULT : 0));
	else
		note_result(walk, door->munlock(range.addr, range.len_bytes));
}

static void step_lock_all(struct walk *walk)
{
	static const int all[] = {
		MCL_CURRENT,
		MCL_CURRENT | MCL_ONFAULT,
		MCL_ONFAULT,
		MCL_FUTURE,
		MCL_FUTURE | MCL_ONFAULT,
		MCL_CURRENT | MCL_FUTURE,
	};
	const struct door *door = pick_door(walk);
	unsigned int ways = walk->future ? 6 : 3;
	unsigned int way = walk_pick(walk, 2 * ways);

	walk_note(walk, " %u", way);
	note_result(walk,
		    way < ways ? door->mlockall(all[way]) : door->munlockall());
}

static void step_merge(struct walk *walk)
{
	unsigned int on = walk_pick(walk, 2);

	walk_note(walk, " %u", on);
	note_result(walk, pick_door(walk)->merge(on));
}

/* Nothing is ever write-protected with it, so no fault waits. */
static void step_uffd(struct walk *walk)
{
	struct range range = pick_range(walk);
	struct uffdio_register reg = {
		.range = {.start = (uintptr_t)range.addr,
			  .len = range.len_bytes},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	unsigned int on = walk_pick(walk, 2);
	unsigned long request = on ? UFFDIO_REGISTER : UFFDIO_UNREGISTER;

	note_range(walk, range);
	walk_note(walk, " %u", on);
	note_result(walk, pick_door(walk)->ioctl(walk->uffd, request, &reg));
}

/* The kernel writes a page, or as much of it as the program may. */
static long fill_page(char *page, int value, size_t len_bytes)
{
	char fill[65536];
	long got = -2;
	int ends[2];

	if (len_bytes > sizeof(fill) || pipe(ends))
		return got;
	memset(fill, value, len_bytes);
	if (write(ends[1], fill, len_bytes) == (ssize_t)len_bytes)
		got = read(ends[0], page, len_bytes);
	close(ends[0]);
	close(ends[1]);
	return got;
}

static void step_write(struct walk *walk)
{
	size_t page = walk_pick(walk, ARENA_PAGES);
	size_t end = page + 1 + walk_pick(walk, 4);
	int value = 1 + (int)walk_pick(walk, 200);
	size_t len_bytes = walk->arena.page_bytes;

	walk_note(walk, " %zu-%zu %x", page, end, (unsigned int)value);
	for (; page < end && page < ARENA_PAGES; page++)
		note_result(walk, fill_page(walk->arena.base + page * len_bytes,
					    value, len_bytes));
}

/* glibc has it from 2.34 on. */
static pid_t fork_without_handlers(void)
{
#ifdef HAVE__FORK
	return _Fork();
#else
	return fork();
#endif
}

static pid_t raw_fork(void)
{
	return (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

/* What a child finds, what it writes, and what its own child finds then. */
static void in_child(struct walk *walk, pid_t (*make)(void), int depth)
{
	int status = 0;
	pid_t pid;

	fflush(stdout);
	pid = make();
	if (pid < 0)
		walk_note(walk, " no child");
	if (!pid) {
		if (arena_reopen(&walk->arena))
			_exit(2);
		walk_note(walk, "\n  child");
		walk_note_pages(walk);
		step_write(walk);
		walk_note_pages(walk);
		if (depth)
			in_child(walk, make, depth - 1);
		fflush(stdout);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	walk_note(walk, " = %d", status);
}

static void step_fork(struct walk *walk)
{
	static pid_t (*const makers[])(void) = {fork, fork_without_handlers,
						raw_fork};
	unsigned int way = walk_pick(walk, 3);

	walk_note(walk, " %u", way);
	in_child(walk, makers[way], 1);
}

static const struct kind {
	const char *name;
	void (*step)(struct walk *walk);
	unsigned int weight;
	unsigned int needs;
} kinds[] = {
	{"mmap", step_mmap, 24, 0},
	{"munmap", step_munmap, 9, 0},
	{"mprotect", step_mprotect, 9, 0},
	{"mremap", step_mremap, 15, 0},
	{"madvise", step_madvise, 21, 0},
	{"posix_madvise", step_posix_madvise, 1, 0},
	{"process_madvise", step_process_madvise, 4, WALK_RECENT},
	{"lock", step_lock, 12, 0},
	{"write", step_write, 24, 0},
	{"uffd", step_uffd, 3, WALK_RECENT},
	{"lock_all", step_lock_all, 3, WALK_PROCESS},
	{"merge", step_merge, 1, WALK_PROCESS | WALK_RECENT},
	{"fork", step_fork, 3, WALK_PROCESS},
};

static bool allowed(const struct walk *walk, const struct kind *kind)
{
	return !(kind->needs & ~walk->may);
}

void walk_step(struct walk *walk)
{
	unsigned int total = 0, left;
	const struct kind *kind = kinds;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		total += allowed(walk, &kinds[i]) ? kinds[i].weight : 0;
	left = walk_pick(walk, total);
	while (!allowed(walk, kind) || left >= kind->weight) {
		left -= allowed(walk, kind) ? kind->weight : 0;
		kind++;
	}
	walk_note(walk, "%d %s", walk->step++, kind->name);
	kind->step(walk);
	walk_note_pages(walk);
}
