/* SPDX-License-Identifier: MIT */
#include "oracle/arena.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * Off every huge page and page table boundary's other side: nothing that is
 * not in an arena merges with what is.  ThreadSanitizer and AddressSanitizer
 * take these addresses for a program's own.
 */
#if UINTPTR_MAX > UINT32_MAX
#define ARENAS ((uintptr_t)0x7ea000000000)
#define ARENA_STEP ((uintptr_t)1 << 30)
#else
#define ARENAS ((uintptr_t)0x60000000)
#define ARENA_STEP ((uintptr_t)1 << 22)
#endif

/* Bits of /proc/PID/pagemap. */
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)

int arena_reopen(struct arena *arena)
{
	if (arena->memory_fd >= 0)
		close(arena->memory_fd);
	if (arena->pagemap_fd >= 0)
		close(arena->pagemap_fd);
	arena->memory_fd = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
	arena->pagemap_fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	return arena->memory_fd < 0 || arena->pagemap_fd < 0 ? -1 : 0;
}

int arena_open(struct arena *arena, unsigned int index)
{
	*arena = (struct arena){
		.base = (char *)(ARENAS + index * ARENA_STEP),
		.page_bytes = (size_t)sysconf(_SC_PAGESIZE),
		.memory_fd = -1,
		.pagemap_fd = -1,
	};
	return arena_reopen(arena);
}

void arena_close(struct arena *arena)
{
	/* Beside the pages that are looked at lie stacks that have grown. */
	munmap(arena->base - ARENA_STEP / 2, ARENA_STEP);
	close(arena->memory_fd);
	close(arena->pagemap_fd);
}

int arena_memory_file(void)
{
	char name[] = "/dev/shm/oracle.XXXXXX";
	int fd = (int)syscall(SYS_memfd_create, "oracle", 1u); /* CLOEXEC */

	/* Before 3.17: the same file system, through its front door. */
	if (fd < 0 && errno == ENOSYS) {
		fd = mkostemp(name, O_CLOEXEC);
		if (fd >= 0)
			unlink(name);
	}
	return fd;
}

/* Lines of a file, without malloc(): a program may be at its limits. */
struct lines {
	int fd;
	size_t at, len;
	char text[8192];
};

/* The next line without its end, cut off at `size`; false at the end. */
static bool next_line(struct lines *lines, char *line, size_t size)
{
	size_t used = 0;

	for (;;) {
		if (lines->at == lines->len) {
			ssize_t got = read(lines->fd, lines->text,
					   sizeof(lines->text));

			if (got <= 0)
				return false;
			lines->at = 0;
			lines->len = (size_t)got;
		}
		if (lines->text[lines->at] == '\n')
			break;
		if (used + 1 < size)
			line[used++] = lines->text[lines->at];
		lines->at++;
	}
	lines->at++;
	line[used] = '\0';
	return true;
}

/* What tells memory apart; `dp` is the kernel's own. */
static void keep_flags(const char *line, char *flags, size_t size)
{
	static const char *const names[] = {"wf", "dd", "nr", "lo", "dc", "mg",
					    "nh", "hg", "rr", "sr", "gd", "io"};

	flags[0] = '\0';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char spaced[5] = {' ', names[i][0], names[i][1], ' '};

		if (strstr(line, spaced) && strlen(flags) + 3 < size)
			strcat(flags, names[i]);
	}
}

/* One mapping's pages among the `count` from `low` on. */
struct span {
	size_t from, to;
	char prot[5];
	bool file; /* It is of a file, or shared. */
};

static void read_header(const char *line, uintptr_t low, size_t page_bytes,
			struct span *span)
{
	char *at;
	uintptr_t start = strtoul(line, &at, 16);
	uintptr_t end = strtoul(at + 1, &at, 16);

	span->from = start > low ? (start - low) / page_bytes : 0;
	span->to = end > low ? (end - low) / page_bytes : 0;
	memcpy(span->prot, at + 1, 4);
	span->prot[4] = '\0';
	/* Behind them come offset, device and inode. */
	for (int field = 0; field < 3 && at; field++)
		at = strchr(at + 1, ' ');
	span->file = at && strtoul(at, NULL, 10);
}

static void look_at_mappings(const struct arena *arena, size_t first,
			     size_t count, struct arena_page *pages)
{
	uintptr_t low = (uintptr_t)arena->base + first * arena->page_bytes;
	struct lines lines = {
		.fd = open("/proc/self/smaps", O_RDONLY | O_CLOEXEC)};
	struct span span = {0};
	char line[256];

	while (next_line(&lines, line, sizeof(line))) {
		/* Other lines begin with a capital. */
		if (line[0] < 'A' || line[0] > 'Z') {
			read_header(line, low, arena->page_bytes, &span);
			if (span.from >= count)
				break;
		}
		if (strncmp(line, "VmFlags:", 8))
			continue;
		for (size_t i = span.from; i < span.to && i < count; i++) {
			memcpy(pages[i].prot, span.prot, sizeof(span.prot));
			pages[i].file = span.file;
			keep_flags(line + 8, pages[i].flags,
				   sizeof(pages[i].flags));
		}
	}
	close(lines.fd);
}

static void look_inside(const struct arena *arena, size_t number,
			struct arena_page *page)
{
	off_t at = (off_t)((uintptr_t)arena->base + number * arena->page_bytes);
	unsigned char bytes[65536];
	size_t len = arena->page_bytes;

	page->readable = len <= sizeof(bytes) && pread(arena->memory_fd, bytes,
						       len, at) == (ssize_t)len;
	if (!page->readable)
		return;
	page->uniform = !memcmp(bytes, bytes + 1, len - 1);
	page->value = bytes[0];
	for (size_t i = 1; !page->uniform && i < len; i++)
		page->value = (page->value ^ bytes[i]) * 16777619u;
}

void arena_look(const struct arena *arena, size_t first, size_t count,
		struct arena_page *pages)
{
	uint64_t entries[ARENA_PAGES] = {0};
	off_t at =
		(off_t)(((uintptr_t)arena->base / arena->page_bytes + first) *
			sizeof(*entries));

	memset(pages, 0, count * sizeof(*pages));
	look_at_mappings(arena, first, count, pages);
	if (pread(arena->pagemap_fd, entries, count * sizeof(*entries), at) !=
	    (ssize_t)(count * sizeof(*entries)))
		return;
	for (size_t i = 0; i < count; i++) {
		/* A file's pages come and go with the page cache. */
		pages[i].present = pages[i].file ||
				   entries[i] & (PAGE_PRESENT | PAGE_SWAPPED);
		if (pages[i].present)
			look_inside(arena, first + i, &pages[i]);
	}
}

void arena_page_text(const struct arena_page *page, char *text, size_t size)
{
	int used;

	if (!page->prot[0]) {
		snprintf(text, size, "-");
		return;
	}
	used = snprintf(text, size, "%.3s%s%s", page->prot,
			page->flags[0] ? "," : "", page->flags);
	if (used < 0 || (size_t)used >= size || !page->present)
		return;
	if (!page->readable)
		snprintf(text + used, size - (size_t)used, "=?");
	else
		snprintf(text + used, size - (size_t)used, "%s%x",
			 page->uniform ? "=" : "~", page->value);
}
