/* SPDX-License-Identifier: MIT */
/*
 * What cases about advice and locking share: set-up in a word, a look at many
 * pages in a word, and less privilege.
 */
#ifndef TESTS_ORACLE_LAYOUT_H
#define TESTS_ORACLE_LAYOUT_H

#include <fcntl.h>
#include <linux/capability.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>

#include "oracle/case.h"

/* Set-up that must work, on `pages` pages at page `first`. */
static inline void unmap(const struct door *door, size_t first, size_t pages)
{
	must(!door->munmap(at_page(first), pages_len(pages)), "unmap");
}

static inline void protect(const struct door *door, size_t first, size_t pages,
			   int prot)
{
	must(!door->mprotect(at_page(first), pages_len(pages), prot),
	     "protect");
}

static inline void advise(const struct door *door, size_t first, size_t pages,
			  int advice)
{
	must(!door->madvise(at_page(first), pages_len(pages), advice),
	     "advise");
}

/* The result of madvise(). */
static inline void say_advised(const struct door *door, size_t first,
			       size_t pages, int advice)
{
	say_result(door->madvise(at_page(first), pages_len(pages), advice));
}

static inline int pidfd_of(pid_t pid, unsigned int flags)
{
	int fd = (int)syscall(434, pid, flags); /* pidfd_open */

	must(fd >= 0, "open a pidfd");
	return fd;
}

static inline int myself(void)
{
	return pidfd_of(getpid(), 0);
}

static inline struct iovec range(size_t first, size_t pages)
{
	return (struct iovec){
		.iov_base = at_page(first),
		.iov_len = pages_len(pages),
	};
}

/* Of process_madvise(): "2p+1" is a byte more than two pages. */
static inline void say_done(ssize_t done)
{
	size_t page = arena.page_bytes;

	if (done < 0)
		say_result(done);
	else if ((size_t)done % page)
		say("%zup+%zu", (size_t)done / page, (size_t)done % page);
	else
		say("%zup", (size_t)done / page);
}

static inline void say_given(const struct door *door, int pidfd,
			     const struct iovec *ranges, size_t count,
			     int advice)
{
	say_done(door->process_madvise(pidfd, ranges, count, advice, 0));
}

static inline char letter(const struct arena_page *page)
{
	if (!page->prot[0])
		return '-';
	if (!page->present)
		return '.';
	if (!page->readable)
		return '?';
	if (!page->uniform)
		return '~';
	return page->value ? (char)page->value : '0';
}

/* A letter a page: its byte; "0" zero, "." absent, "-" a hole, "?" a guard. */
static inline void say_held(size_t first, size_t count)
{
	struct arena_page pages[ARENA_PAGES];
	char text[ARENA_PAGES + 1] = "";

	arena_look(&arena, first, count, pages);
	for (size_t i = 0; i < count; i++)
		text[i] = letter(&pages[i]);
	say("%s", text);
}

/* VmLck.  Allocates nothing: under MCL_FUTURE that would count. */
static inline long locked_pages(void)
{
	char text[4096] = "";
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	const char *at;

	must(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0, "read my status");
	close(fd);
	at = strstr(text, "\nVmLck:");
	must(at, "find VmLck");
	return strtol(at + 7, NULL, 10) * 1024 / (long)arena.page_bytes;
}

/*
 * Stay on this processor: each has a list of new pages of its own, and those on
 * another's are not paged out.
 */
static inline void stay_here(void)
{
	cpu_set_t here;
	int cpu = sched_getcpu();

	must(cpu >= 0, "find this processor");
	CPU_ZERO(&here);
	CPU_SET(cpu, &here);
	must(!sched_setaffinity(0, sizeof(here), &here), "stay here");
}

/* For good.  A negative capability means all. */
static inline void give_up_capability(int capability)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3,
	};
	struct __user_cap_data_struct data[2] = {0};

	must(!syscall(SYS_capget, &header, data), "read my capabilities");
	for (int i = 0; i < 2; i++) {
		uint32_t lost = UINT32_MAX;

		if (capability >= 0)
			lost = capability / 32 == i
				       ? UINT32_C(1) << capability % 32
				       : 0;
		data[i].effective &= ~lost;
		data[i].permitted &= ~lost;
		data[i].inheritable &= ~lost;
	}
	must(!syscall(SYS_capset, &header, data), "give up a capability");
}

#endif
