/* SPDX-License-Identifier: MIT */
/*
 * conformance [PATTERN]: one line for each case and door, "CASE.DOOR WORDS".
 * Run on the kernel's own MAP_DROPPABLE and on the emulation the outputs must
 * be the same but for the cases in `deviations`.  With PATTERN only cases whose
 * name contains it.
 */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "oracle/case.h"

/* A case that hangs is a failure, not a wait. */
#define CASE_SECONDS 60

struct arena arena;

static const struct test_case *const topics[] = {
	map_cases,     remap_cases,    limit_cases,   advice_cases,
	vector_cases,  mark_cases,     paging_cases,  guard_cases,
	pidfd_cases,   lock_cases,     lockall_cases, lock_limit_cases,
	process_cases, sharing_cases,  thread_cases,  userfault_cases,
	io_cases,      facility_cases,
};

char *at_page(size_t page)
{
	return arena.base + page * arena.page_bytes;
}

size_t pages_len(size_t pages)
{
	return pages * arena.page_bytes;
}

void say(const char *format, ...)
{
	va_list args;

	putchar(' ');
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
}

/* Numbers differ between machines, and not every libc knows names. */
static const char *errno_name(int err)
{
	static const struct {
		int err;
		const char *name;
	} names[] = {
#define NAME(err) {err, #err}
		NAME(EACCES), NAME(EAGAIN), NAME(EBADF),      NAME(EBUSY),
		NAME(EEXIST), NAME(EFAULT), NAME(EINTR),      NAME(EINVAL),
		NAME(EIO),    NAME(ENODEV), NAME(ENOENT),     NAME(ENOMEM),
		NAME(ENOSPC), NAME(ENOSYS), NAME(EOPNOTSUPP), NAME(EPERM),
		NAME(ESRCH),  NAME(ENOTTY), NAME(EOVERFLOW),
#undef NAME
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (names[i].err == err)
			return names[i].name;
	return "unknown errno";
}

void say_result(long ret)
{
	if (ret == -1)
		say("%s", errno_name(errno));
	else
		say("%ld", ret);
}

void say_address(const void *at)
{
	uintptr_t offset = (uintptr_t)at - (uintptr_t)arena.base;

	if (at == MAP_FAILED)
		say("%s", errno_name(errno));
	else if (offset < pages_len(ARENA_PAGES))
		say("@%zu", (size_t)(offset / arena.page_bytes));
	else
		say("ok");
}

void say_pages(size_t first, size_t count)
{
	struct arena_page pages[ARENA_PAGES];
	char text[ARENA_PAGE_TEXT], next[ARENA_PAGE_TEXT];
	size_t start = 0;

	arena_look(&arena, first, count, pages);
	for (size_t i = 0; i < count; i++) {
		arena_page_text(&pages[i], text, sizeof(text));
		if (i + 1 < count) {
			arena_page_text(&pages[i + 1], next, sizeof(next));
			if (!strcmp(text, next))
				continue;
		}
		if (start == i)
			say("[%zu %s]", first + i, text);
		else
			say("[%zu-%zu %s]", first + start, first + i, text);
		start = i + 1;
	}
}

void must(bool worked, const char *what)
{
	if (worked)
		return;
	say("cannot %s: %s", what, errno_name(errno));
	fflush(stdout);
	_exit(1);
}

static char *map_pages(const struct door *door, size_t first, size_t pages,
		       int flags, int fill)
{
	char *map = door->mmap(at_page(first), pages_len(pages), RW,
			       flags | MAP_FIXED, -1, 0);

	must(map == at_page(first), "map");
	if (fill)
		memset(map, fill, pages_len(pages));
	return map;
}

char *map_droppable(const struct door *door, size_t first, size_t pages,
		    int fill)
{
	return map_pages(door, first, pages, DROPPABLE, fill);
}

char *map_ordinary(const struct door *door, size_t first, size_t pages,
		   int fill)
{
	return map_pages(door, first, pages, ORDINARY, fill);
}

void say_end(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		say("lost");
	else if (WIFSIGNALED(status))
		say("killed by signal %d", WTERMSIG(status));
	else if (WEXITSTATUS(status))
		say("exit %d", WEXITSTATUS(status));
}

void in_child(pid_t (*make)(void), void (*body)(const struct door *door),
	      const struct door *door)
{
	pid_t pid;

	fflush(stdout);
	pid = make();
	must(pid >= 0, "make a child");
	if (!pid) {
		must(!arena_reopen(&arena), "look at myself");
		body(door);
		fflush(stdout);
		_exit(0);
	}
	say_end(pid);
}

static void run_case(const struct test_case *test, const struct door *door)
{
	pid_t pid;

	printf("%s.%s", test->name, door->name);
	fflush(stdout);
	pid = fork();
	if (!pid) {
		alarm(CASE_SECONDS);
		must(!arena_open(&arena, 0), "look at myself");
		test->run(door);
		fflush(stdout);
		_exit(0);
	}
	say_end(pid);
	putchar('\n');
}

static void run_doors(const struct test_case *test)
{
	int met = test->needs ? needs_met(test->needs) : 1;

	for (int i = 0; i < DOORS; i++) {
		if ((test->doors & NO_TWIN && i == DOOR_LIBC64) ||
		    (test->doors & ONE_DOOR && i > 0))
			continue;
		if (met > 0)
			run_case(test, &doors[i]);
		else
			printf("%s.%s %s %s\n", test->name, doors[i].name,
			       met ? "has a wrong need:" : "lacks",
			       test->needs);
	}
}

int main(int argc, char **argv)
{
	const char *pattern = argc > 1 ? argv[1] : "";

	for (size_t i = 0; i < sizeof(topics) / sizeof(*topics); i++)
		for (const struct test_case *test = topics[i]; test->name;
		     test++)
			if (strstr(test->name, pattern))
				run_doors(test);
	return 0;
}
