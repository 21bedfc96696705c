/* SPDX-License-Identifier: MIT */
#include "oracle/walk.h"

#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

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
