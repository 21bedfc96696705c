/* SPDX-License-Identifier: MIT */
/*
 * mmap(), munmap() and mprotect(): which calls work, in which order errors
 * come, what they leave of what was there before.  Most cases are one call in
 * an arena laid out by a word, for which see lay().
 */
#include <fcntl.h>
#include <stdio.h>

#include "oracle/layout.h"

#define P(pages) pages_len(pages)
#define FIXED MAP_FIXED
#define NOREPLACE MAP_FIXED_NOREPLACE
#define D DROPPABLE
#define O ORDINARY
#define DF (DROPPABLE | FIXED)
#define NOT_ANONYMOUS (MAP_DROPPABLE | FIXED)
#define ALL SIZE_MAX
#define EXE "/proc/self/exe"
/* The last page of all addresses, counted from the arena. */
#define TOP (0 - P(1) - (uintptr_t)at_page(0))

static int a_memfd(void)
{
	return memory_file(ARENA_PAGES);
}

static int a_closed_one(void)
{
	int fd = a_memfd();

	close(fd);
	return fd;
}

static int a_file(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC);

	must(fd >= 0, "open a file");
	return fd;
}

static void map(const struct door *door, const char *layout, uintptr_t where,
		size_t len, int prot, int flags, int fd, off_t offset)
{
	size_t pages = lay(door, layout);
	char *at = door->mmap(at_page(0) + where, len, prot, flags, fd, offset);

	look_at_answer(door, pages, at, len);
}

/* Layout, place, length, flags. */
#define PLACES(ROW)                                                            \
	ROW(plain, "----", P(1), P(2), DF)                                     \
	ROW(hint_in_a_hole, "o--o", P(1), P(2), D)                             \
	ROW(hint_unaligned, "o--o", P(1) + 1, P(2), D)                         \
	ROW(hint_on_ordinary, "o-", 0, P(1), D)                                \
	ROW(hint_on_droppable, "d-", 0, P(1), D)                               \
	ROW(ordinary_hint_on_droppable, "d-", 0, P(1), O)                      \
	ROW(over_ordinary, "oooo", P(1), P(2), DF)                             \
	ROW(over_droppable, "dddd", P(1), P(2), DF)                            \
	ROW(over_locked, "llll", P(1), P(2), DF)                               \
	ROW(over_file, "ssss", P(1), P(2), DF)                                 \
	ROW(over_all_kinds, "odl-sod|d", P(1), P(6), DF)                       \
	ROW(over_more, "-od-", 0, P(4), DF)                                    \
	ROW(ordinary_over_first, "dd", 0, P(1), O | FIXED)                     \
	ROW(ordinary_over_last, "dd", P(1), P(1), O | FIXED)                   \
	ROW(ordinary_over_several, "-dd-d|d", P(2), P(3), O | FIXED)           \
	ROW(ordinary_over_more, "-d-d-", 0, P(5), O | FIXED)                   \
	ROW(ordinary_byte_over, "ddd", P(1), 1, O | FIXED)                     \
	ROW(ordinary_of_length_0_over, "dddd", P(1), 0, O | FIXED)             \
	ROW(ordinary_unaligned_over, "dddd", P(1) + 1, P(1), O | FIXED)        \
	ROW(ordinary_noreplace_over, "-dd-", 0, P(4), O | NOREPLACE)           \
	ROW(length_0, "oodd", P(1), 0, DF)                                     \
	ROW(length_1, "oodd", P(1), 1, DF)                                     \
	ROW(length_unaligned, "oodd", P(1), P(1) + 1, DF)                      \
	ROW(length_all, "oodd", P(1), ALL, DF)                                 \
	ROW(length_almost_all, "oodd", P(1), 0 - P(1), DF)                     \
	ROW(length_most, "oodd", P(1), ALL / 4 * 3, DF)                        \
	ROW(length_most_anywhere, "oodd", P(1), ALL / 4 * 3, D)                \
	ROW(fixed_unaligned, "oodd", P(1) + 1, P(1), DF)                       \
	ROW(fixed_at_top, "oodd", TOP, P(1), DF)                               \
	ROW(fixed_beyond_top, "oodd", TOP, P(2), DF)                           \
	ROW(noreplace, "o--d", P(1), P(2), D | NOREPLACE)                      \
	ROW(noreplace_fixed, "o--d", P(1), P(2), D | NOREPLACE | FIXED)        \
	ROW(noreplace_unaligned, "o--d", P(1) + 1, P(1), D | NOREPLACE)        \
	ROW(noreplace_on_last, "o--d", P(1), P(3), D | NOREPLACE)              \
	ROW(noreplace_on_first, "o--d", 0, P(2), D | NOREPLACE)                \
	ROW(noreplace_inside, "dddd", P(1), P(1), D | NOREPLACE | FIXED)

#define DEFINE(name, layout, where, len, flags)                                \
	static void map_##name(const struct door *door)                        \
	{                                                                      \
		map(door, layout, where, len, RW, flags, -1, 0);               \
	}
PLACES(DEFINE)
#undef DEFINE

/* Protection and flags: either the middle of "oodd" changes or nothing does. */
#define FLAGS(ROW)                                                             \
	ROW(stack, RW, MAP_STACK, "MAP_STACK-without-huge-pages")              \
	ROW(noreserve, RW, MAP_NORESERVE, NULL)                                \
	ROW(nonblock, RW, MAP_NONBLOCK, NULL)                                  \
	ROW(denywrite, RW, MAP_DENYWRITE | MAP_EXECUTABLE, NULL)               \
	ROW(locked, RW, MAP_LOCKED, NULL)                                      \
	ROW(growsdown, RW, MAP_GROWSDOWN, NULL)                                \
	ROW(hugetlb, RW, MAP_HUGETLB, NULL)                                    \
	ROW(hugetlb_of_no_size, RW, MAP_HUGETLB | 63 << 26, NULL)              \
	ROW(populate, RW, MAP_POPULATE, NULL)                                  \
	ROW(populate_nonblock, RW, MAP_POPULATE | MAP_NONBLOCK, NULL)          \
	ROW(populate_locked, RW, MAP_POPULATE | MAP_LOCKED, NULL)              \
	ROW(populate_stack, RW, MAP_POPULATE | MAP_STACK,                      \
	    "MAP_STACK-without-huge-pages")                                    \
	ROW(populate_read, PROT_READ, MAP_POPULATE, NULL)                      \
	ROW(populate_write, PROT_WRITE, MAP_POPULATE, NULL)                    \
	ROW(populate_exec, PROT_EXEC, MAP_POPULATE, "populating-of-PROT_EXEC") \
	ROW(populate_none, PROT_NONE, MAP_POPULATE, NULL)

#define DEFINE(name, prot, flags, needs)                                       \
	static void map_##name(const struct door *door)                        \
	{                                                                      \
		map(door, "oodd", P(1), P(2), prot, DF | (flags), -1, 0);      \
	}
FLAGS(DEFINE)
#undef DEFINE

/* Ordinary mappings over the middle of "dddd", which may fail. */
#define OVERS(ROW)                                                             \
	ROW(ordinary, RW, O, -1)                                               \
	ROW(none, PROT_NONE, O, -1)                                            \
	ROW(populated, RW, O | MAP_POPULATE, -1)                               \
	ROW(locked, RW, O | MAP_LOCKED, -1)                                    \
	ROW(shared, RW, MAP_SHARED | MAP_ANONYMOUS, -1)                        \
	ROW(file, RW, MAP_SHARED, a_memfd())                                   \
	ROW(private_file, RW, MAP_PRIVATE, a_memfd())                          \
	ROW(dev_zero, RW, MAP_PRIVATE, a_file("/dev/zero", O_RDONLY))          \
	ROW(closed_file, RW, MAP_PRIVATE, a_closed_one())                      \
	ROW(directory, PROT_READ, MAP_PRIVATE, a_file("/", O_RDONLY))          \
	ROW(read_only_file, RW, MAP_SHARED, a_file(EXE, O_RDONLY))             \
	ROW(no_type, RW, MAP_ANONYMOUS, -1)                                    \
	ROW(two_types, RW, MAP_SHARED | O, -1)

#define DEFINE(name, prot, flags, fd)                                          \
	static void map_##name##_over(const struct door *door)                 \
	{                                                                      \
		map(door, "dddd", P(1), P(2), prot, (flags) | FIXED, fd, 0);   \
	}
OVERS(DEFINE)
#undef DEFINE

/* Place, length, flags, descriptor, offset: of two errors the first. */
#define ORDERS(ROW)                                                            \
	ROW(offset_1, 0, P(2), DF, -1, 1)                                      \
	ROW(offset_page, 0, P(2), DF, -1, (off_t)P(1))                         \
	ROW(offset_negative, 0, P(2), DF, -1, -(off_t)P(1))                    \
	ROW(offset_before_file, 0, P(2), NOT_ANONYMOUS, -1, 1)                 \
	ROW(file_before_length, 0, 0, NOT_ANONYMOUS, -1, 0)                    \
	ROW(file_before_overflow, 0, ALL, NOT_ANONYMOUS, -1, 0)                \
	ROW(file_before_hugetlb, 0, P(2), NOT_ANONYMOUS | MAP_HUGETLB, -1, 0)  \
	ROW(overflow_before_locked, 0, ALL, DF | MAP_LOCKED, -1, 0)            \
	ROW(overflow_before_type, 0, ALL, D | 1 | FIXED, -1, 0)                \
	ROW(overflow_before_file_type, 0, ALL, NOT_ANONYMOUS, a_memfd(), 0)    \
	ROW(overflow_of_huge_pages, 0, ALL, DF | MAP_HUGETLB, -1, 0)           \
	ROW(place_before_locked, TOP, P(1), DF | MAP_LOCKED, -1, 0)            \
	ROW(place_before_type, TOP, P(1), D | 4 | FIXED, -1, 0)                \
	ROW(taken_before_locked, 0, P(2), D | NOREPLACE | MAP_LOCKED, -1, 0)   \
	ROW(taken_before_stack, 0, P(2), D | NOREPLACE | MAP_GROWSDOWN, -1, 0) \
	ROW(taken_before_type, 0, P(2), D | 2 | NOREPLACE, -1, 0)              \
	ROW(taken_before_file, 0, P(2), NOT_ANONYMOUS | NOREPLACE, a_memfd(), 0)

#define DEFINE(name, where, len, ...)                                          \
	static void map_##name(const struct door *door)                        \
	{                                                                      \
		map(door, "od", where, len, RW, __VA_ARGS__);                  \
	}
ORDERS(DEFINE)
#undef DEFINE

/* The descriptor is ignored, and then it is not. */
static void with_fd(const struct door *door, int fd)
{
	lay(door, "-dddo");
	say_address(door->mmap(at_page(0), P(2), RW, DF, fd, 0));
	say_address(door->mmap(at_page(2), P(3), RW, NOT_ANONYMOUS, fd, 0));
	say_address(door->mmap(NULL, P(3), PROT_READ, MAP_DROPPABLE, fd, 0));
	look(door, 0, 5);
}

#define FDS(ROW)                                                               \
	ROW(none, -1)                                                          \
	ROW(closed, a_closed_one())                                            \
	ROW(path, a_file("/", O_PATH))                                         \
	ROW(read_only, a_file(EXE, O_RDONLY))                                  \
	ROW(write_only, a_file("/dev/null", O_WRONLY))                         \
	ROW(directory, a_file("/", O_RDONLY))                                  \
	ROW(memfd, a_memfd())                                                  \
	ROW(dev_zero, a_file("/dev/zero", O_RDWR))

#define DEFINE(name, fd)                                                       \
	static void map_fd_##name(const struct door *door)                     \
	{                                                                      \
		with_fd(door, fd);                                             \
	}
FDS(DEFINE)
#undef DEFINE

static void map_types(const struct door *door)
{
	lay(door, "oodd");
	for (int type = 0; type < 16; type++)
		if (type == 0 || (type > 3 && type != MAP_DROPPABLE))
			say_mapped(door, 1, 2, type | MAP_ANONYMOUS | FIXED);
	look(door, 0, 4);
}

/* The bits that matter are said; of the others nobody knows anything. */
static void map_every_bit(const struct door *door)
{
	for (int bit = 0; bit < 32; bit++) {
		int flags = (int)(D | 1u << bit);

		if (door->mmap(at_page(0), P(1), RW, flags, -1, 0) ==
		    MAP_FAILED)
			say("%d", bit);
		door->munmap(at_page(0), P(1));
	}
}

static void map_prots(const struct door *door)
{
	for (int prot = 0; prot < 8; prot++)
		say_address(door->mmap(at_page(prot), P(1), prot, DF, -1, 0));
	say_address(door->mmap(at_page(8), P(1), RW | 1 << 30, DF, -1, 0));
	look(door, 0, 9);
}

/* A success leaves errno alone. */
static void map_errno_stays(const struct door *door)
{
	errno = EXDEV;
	door->mmap(at_page(0), P(4), RW, DF, -1, 0);
	door->mmap(at_page(1), P(1), RW, DF | MAP_POPULATE, -1, 0);
	door->mmap(at_page(2), P(1), RW, O | FIXED, -1, 0);
	door->mprotect(at_page(0), P(4), PROT_READ);
	door->mremap(at_page(1), P(1), P(1), MOVE_TO, at_page(5));
	door->munmap(at_page(0), P(4));
	say("%s", errno == EXDEV ? "stayed" : "changed");
	say_pages(0, 6);
}

/* How many mappings the arena has, and what they are called. */
static void say_mappings(void)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int count = 0;
	char line[512], name[512];
	unsigned long start;

	while (maps && fgets(line, sizeof(line), maps)) {
		int words = sscanf(line, "%lx-%*x %*s %*s %*s %*s %511s",
				   &start, name);

		if (start - (uintptr_t)at_page(0) >= P(ARENA_PAGES))
			continue;
		count++;
		if (words > 1)
			say("%s", name);
	}
	say("%u", count);
	if (maps)
		fclose(maps);
}

static void map_has_no_name(const struct door *door)
{
	lay(door, "-dd-");
	say_mappings();
}

static void map_neighbours_merge(const struct door *door)
{
	lay(door, "D|D|D");
	say_mappings();
	lay(door, "-o");
	say_mappings();
}

static void look_at_four(const struct door *door)
{
	look(door, 0, 4);
}

/* Whatever each page was before. */
static void map_then_fork(const struct door *door)
{
	lay(door, "dooo");
	lay(door, "o-dd");
	lay(door, "---o");
	in_child(fork, look_at_four, door);
	look(door, 0, 4);
}

static void map_32bit(const struct door *door)
{
	char *at = door->mmap(NULL, P(2), RW, D | MAP_32BIT, -1, 0);

	say("%s", (uintptr_t)at >> 31 ? "high" : "low");
	door->mremap(at, P(2), P(2), MOVE_TO, at_page(0));
	look(door, 0, 2);
}

#define ROW(name, ...) {"mmap_" #name, map_##name, EVERY_DOOR, NULL},
#define FLAG_ROW(name, prot, flags, needs)                                     \
	{"mmap_" #name, map_##name, EVERY_DOOR, needs},
#define OVER_ROW(name, ...) ROW(name##_over)
#define FD_ROW(name, ...) ROW(fd_##name)

const struct test_case map_cases[] = {
	/* clang-format off */
	PLACES(ROW) FLAGS(FLAG_ROW) OVERS(OVER_ROW) ORDERS(ROW) FDS(FD_ROW)
	ROW(types) ROW(every_bit) ROW(prots) ROW(errno_stays)
	ROW(has_no_name) ROW(neighbours_merge) ROW(then_fork)
	/* clang-format on */
	{"mmap_32bit", map_32bit, EVERY_DOOR, "MAP_32BIT"},
	{0},
};
