/* SPDX-License-Identifier: MIT */
/* Steps that use the memory: userfaultfd, writes, children. */
#include "config.h"

#include "oracle/steps.h"

#include <linux/userfaultfd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Nothing is ever write-protected with it, so no fault waits. */
void step_uffd(struct walk *walk)
{
	struct range range = step_pick_range(walk);
	struct uffdio_register reg = {
		.range = {.start = (uintptr_t)range.addr,
			  .len = range.len_bytes},
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	unsigned int on = walk_pick(walk, 2);
	unsigned long request = on ? UFFDIO_REGISTER : UFFDIO_UNREGISTER;

	step_note_range(walk, range);
	walk_note(walk, " %u", on);
	step_note_result(
		walk, step_pick_door(walk)->ioctl(walk->uffd, request, &reg));
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

void step_write(struct walk *walk)
{
	size_t page = walk_pick(walk, ARENA_PAGES);
	size_t end = page + 1 + walk_pick(walk, 4);
	int value = 1 + (int)walk_pick(walk, 200);
	size_t len_bytes = walk->arena.page_bytes;

	walk_note(walk, " %zu-%zu %x", page, end, (unsigned int)value);
	for (; page < end && page < ARENA_PAGES; page++)
		step_note_result(walk,
				 fill_page(walk->arena.base + page * len_bytes,
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

void step_fork(struct walk *walk)
{
	static pid_t (*const makers[])(void) = {fork, fork_without_handlers,
						raw_fork};
	unsigned int way = walk_pick(walk, 3);

	walk_note(walk, " %u", way);
	in_child(walk, makers[way], 1);
}
