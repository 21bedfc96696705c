/* SPDX-License-Identifier: MIT */
#include "oracle/layout.h"

#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

static char *map_at(const struct door *door, char *at, size_t len, int flags,
		    int fd)
{
	must(door->mmap(at, len, RW, flags | MAP_FIXED, fd, 0) == at, "map");
	return at;
}

static void lay_run(const struct door *door, size_t first, size_t pages,
		    char kind)
{
	char *at = at_page(first);

	if (strchr("dDrn", kind))
		map_droppable(door, first, pages, kind == 'D' ? 0 : kind);
	if (strchr("ol", kind))
		map_ordinary(door, first, pages, kind);
	if (strchr("rn", kind))
		protect(door, first, pages,
			kind == 'r' ? PROT_READ : PROT_NONE);
	if (kind == 'l')
		must(!door->mlock(at, pages_len(pages)), "lock");
	if (kind == 's') {
		map_at(door, at, pages_len(pages), MAP_SHARED,
		       memory_file(pages));
		memset(at, kind, pages_len(pages));
	}
}

size_t lay(const struct door *door, const char *layout)
{
	size_t page = 0;

	for (size_t run; *layout; layout += run) {
		run = strspn(layout, (const char[]){*layout, '\0'});
		if (*layout == '|')
			continue;
		lay_run(door, page, run, *layout);
		page += run;
	}
	return page;
}

void lay_mixed(const struct door *door)
{
	map_ordinary(door, 0, 6, 'o');
	map_droppable(door, 2, 2, 'd');
}

void lay_mixed_untouched(const struct door *door, size_t first)
{
	map_ordinary(door, first, 6, 0);
	map_droppable(door, first + 2, 2, 0);
}

void unmap(const struct door *door, size_t first, size_t pages)
{
	must(!door->munmap(at_page(first), pages_len(pages)), "unmap");
}

void protect(const struct door *door, size_t first, size_t pages, int prot)
{
	must(!door->mprotect(at_page(first), pages_len(pages), prot),
	     "protect");
}

void advise(const struct door *door, size_t first, size_t pages, int advice)
{
	must(!door->madvise(at_page(first), pages_len(pages), advice),
	     "advise");
}

int memory_file(size_t pages)
{
	int fd = arena_memory_file();

	must(fd >= 0 && !ftruncate(fd, (off_t)pages_len(pages)), "make a file");
	return fd;
}

char *map_huge_pages(const struct door *door, int flags)
{
	return map_at(door, at_page(0) + ((size_t)64 << 20), 2 * HUGE_PAGE_LEN,
		      flags, -1);
}

void say_mapped(const struct door *door, size_t first, size_t pages, int flags)
{
	say_address(
		door->mmap(at_page(first), pages_len(pages), RW, flags, -1, 0));
}

void say_unmapped(const struct door *door, size_t first, size_t pages)
{
	say_result(door->munmap(at_page(first), pages_len(pages)));
}

void say_protected(const struct door *door, size_t first, size_t pages,
		   int prot)
{
	say_result(door->mprotect(at_page(first), pages_len(pages), prot));
}

void say_advised(const struct door *door, size_t first, size_t pages,
		 int advice)
{
	say_result(door->madvise(at_page(first), pages_len(pages), advice));
}

void say_lock(const struct door *door, size_t first, size_t pages)
{
	say_result(door->mlock(at_page(first), pages_len(pages)));
}

void say_lock2(const struct door *door, size_t first, size_t pages,
	       unsigned int flags)
{
	say_result(door->mlock2(at_page(first), pages_len(pages), flags));
}

void say_unlock(const struct door *door, size_t first, size_t pages)
{
	say_result(door->munlock(at_page(first), pages_len(pages)));
}

void say_grown(const struct door *door, size_t first, size_t old_pages,
	       size_t new_pages)
{
	say_address(door->mremap(at_page(first), pages_len(old_pages),
				 pages_len(new_pages), 0, NULL));
}

void say_moved(const struct door *door, size_t first, size_t old_pages,
	       size_t new_pages, size_t to)
{
	say_address(door->mremap(at_page(first), pages_len(old_pages),
				 pages_len(new_pages), MOVE_TO, at_page(to)));
}

char kind_of(const struct door *door, char *page)
{
	if (!door->madvise(page, pages_len(1), MADV_DODUMP))
		return 'o';
	return errno == EINVAL ? 'd' : '-';
}

void look(const struct door *door, size_t first, size_t pages)
{
	char kinds[ARENA_PAGES + 1] = "";

	say_pages(first, pages);
	for (size_t i = 0; i < pages; i++)
		kinds[i] = kind_of(door, at_page(first + i));
	say("%s", kinds);
}

void look_at_answer(const struct door *door, size_t pages, char *at, size_t len)
{
	say_address(at);
	look(door, 0, pages);
	if (at == MAP_FAILED ||
	    (uintptr_t)at - (uintptr_t)at_page(0) < pages_len(ARENA_PAGES))
		return;
	must(door->mremap(at, len, len, MOVE_TO, at_page(24)) == at_page(24),
	     "bring it back");
	look(door, 24, len / pages_len(1));
}

static char letter(const struct arena_page *page)
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

void say_held(size_t first, size_t pages)
{
	struct arena_page held[ARENA_PAGES];
	char text[ARENA_PAGES + 1] = "";

	arena_look(&arena, first, pages, held);
	for (size_t i = 0; i < pages; i++)
		text[i] = letter(&held[i]);
	say("%s", text);
}

struct shown look_up(size_t page)
{
	unsigned long at = (uintptr_t)at_page(page), start, end;
	FILE *smaps = fopen("/proc/self/smaps", "re");
	struct shown shown = {"", ""};
	bool here = false;
	char line[512];

	must(smaps, "read smaps");
	while (fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2) {
			here = start <= at && at < end;
			if (here)
				strcpy(shown.header, line);
		} else if (here && !strncmp(line, "VmFlags:", 8)) {
			strcpy(shown.flags, line);
		}
	}
	fclose(smaps);
	return shown;
}
