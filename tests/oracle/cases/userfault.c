/* SPDX-License-Identifier: MIT */
/*
 * userfaultfd: of a range that has any droppable memory in it nothing can be
 * registered or unregistered; all other memory can.  An emulation may register
 * its own memory for itself, so only ordinary pages are looked at.
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#include "oracle/layout.h"

/* Of kernels younger than the headers. */
#define MODE_MISSING 1ull
#define MODE_WP 2ull
#define MODE_MINOR 4ull
#define USER_MODE_ONLY 1

static int open_one(void)
{
	/* Before 5.11 the flag is EINVAL. */
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | USER_MODE_ONLY);

	if (fd < 0)
		fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC);
	must(fd >= 0, "open a userfaultfd");
	return fd;
}

static int open_ready(const struct door *door)
{
	struct uffdio_api api = {.api = UFFD_API};
	int fd = open_one();

	must(!door->ioctl(fd, UFFDIO_API, &api), "agree on an API");
	return fd;
}

/* Droppable memory is at pages 4 to 7, ordinary memory on both sides. */
static int prepare(const struct door *door)
{
	map_ordinary(door, 0, 12, 'o');
	map_droppable(door, 4, 4, 'd');
	return open_ready(door);
}

static int add(const struct door *door, int fd, size_t first, size_t pages,
	       uint64_t mode)
{
	struct uffdio_register reg = {
		.range = {(uintptr_t)at_page(first), pages_len(pages)},
		.mode = mode,
	};

	return door->ioctl(fd, UFFDIO_REGISTER, &reg);
}

static int take(const struct door *door, int fd, size_t first, size_t pages)
{
	struct uffdio_range range = {(uintptr_t)at_page(first),
				     pages_len(pages)};

	return door->ioctl(fd, UFFDIO_UNREGISTER, &range);
}

/* How the page is registered. */
static void say_mode(size_t page)
{
	static const char *const modes[] = {" um ", " uw ", " ui "};
	struct shown shown = look_up(page);
	bool any = false;

	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++)
		if (strstr(shown.flags, modes[i])) {
			say("%.2s", modes[i] + 1);
			any = true;
		}
	if (!any)
		say("none");
}

/* Both sides of the droppable memory. */
static void say_modes(void)
{
	say(":");
	say_mode(0);
	say_mode(3);
	say_mode(8);
	say_mode(11);
}

static const struct overlap {
	size_t first, pages;
} overlaps[] = {
	/* All of it, its start, middle and end. */
	{4, 4},
	{4, 1},
	{5, 2},
	{7, 1},
	/* What is before, what is behind, and both. */
	{2, 3},
	{7, 3},
	{3, 6},
	{0, 12},
};

static void any_overlap(const struct door *door, uint64_t mode)
{
	int fd = prepare(door);

	for (size_t i = 0; i < sizeof(overlaps) / sizeof(*overlaps); i++)
		say_result(add(door, fd, overlaps[i].first, overlaps[i].pages,
			       mode));
	say_modes();
}

static void missing(const struct door *door)
{
	any_overlap(door, MODE_MISSING);
}

static void write_protect(const struct door *door)
{
	any_overlap(door, MODE_WP);
}

static void minor(const struct door *door)
{
	any_overlap(door, MODE_MINOR);
}

static void several_modes(const struct door *door)
{
	any_overlap(door, MODE_MISSING | MODE_WP);
}

static void no_mode(const struct door *door)
{
	any_overlap(door, 0);
}

static void unknown_mode(const struct door *door)
{
	any_overlap(door, MODE_MISSING | (1ull << 63));
}

static void unregister(const struct door *door)
{
	int fd = prepare(door);

	say_result(add(door, fd, 0, 4, MODE_MISSING));
	say_result(add(door, fd, 8, 4, MODE_MISSING));
	say(":");
	for (size_t i = 0; i < sizeof(overlaps) / sizeof(*overlaps); i++)
		say_result(
			take(door, fd, overlaps[i].first, overlaps[i].pages));
	say_modes();
}

/* Its neighbours are as free as ever. */
static void beside(const struct door *door)
{
	int fd = prepare(door);

	say_result(add(door, fd, 0, 4, MODE_MISSING));
	say_result(add(door, fd, 8, 2, MODE_MISSING));
	say_modes();
	say_result(take(door, fd, 0, 4));
	say_modes();
}

static void say_range(const struct door *door, int fd, uint64_t start,
		      uint64_t len)
{
	struct uffdio_register reg = {
		.range = {start, len},
		.mode = MODE_MISSING,
		.ioctls = 77,
	};

	say_result(door->ioctl(fd, UFFDIO_REGISTER, &reg));
	/* An answer to those that succeed only. */
	if (reg.ioctls != 77)
		say("answered");
}

static void bad_ranges(const struct door *door)
{
	int fd = prepare(door);
	uint64_t at = (uintptr_t)at_page(4), page = pages_len(1);

	say_range(door, fd, at, 0);
	say_range(door, fd, at + 1, page);
	say_range(door, fd, at, page + 1);
	say_range(door, fd, at, -page);
	say_range(door, fd, at - page, page + 1);
	say_range(door, fd, -page, page);
	say_range(door, fd, 0, page);
	say_modes();
}

static void holes(const struct door *door)
{
	int fd = prepare(door);

	unmap(door, 5, 2);
	unmap(door, 2, 1);
	say_result(add(door, fd, 5, 2, MODE_MISSING));
	say_result(add(door, fd, 5, 3, MODE_MISSING));
	say_result(add(door, fd, 12, 2, MODE_MISSING));
	say_result(add(door, fd, 1, 4, MODE_MISSING));
	say_modes();
	unmap(door, 4, 1);
	say_result(add(door, fd, 1, 6, MODE_MISSING));
	say_modes();
}

static void protected(const struct door *door)
{
	int fd = prepare(door);

	protect(door, 5, 1, PROT_READ);
	protect(door, 6, 1, PROT_NONE);
	say_result(add(door, fd, 5, 1, MODE_MISSING));
	say_result(add(door, fd, 6, 1, MODE_MISSING));
	say_result(add(door, fd, 6, 4, MODE_MISSING));
	say_modes();
}

/* What is droppable no more can be registered, and what now is cannot. */
static void replaced(const struct door *door)
{
	int fd = prepare(door);

	map_ordinary(door, 4, 4, 'n');
	map_droppable(door, 0, 2, 'd');
	say_result(add(door, fd, 4, 4, MODE_MISSING));
	say_result(add(door, fd, 1, 2, MODE_MISSING));
	say_modes();
	say_mode(5);
}

static void droppable_over_registered(const struct door *door)
{
	int fd = prepare(door);

	say_result(add(door, fd, 8, 4, MODE_MISSING));
	map_droppable(door, 9, 1, 0);
	say_result(add(door, fd, 9, 1, MODE_MISSING));
	/* It would wait for ever if it were registered. */
	*at_page(9) = 'd';
	say_result(take(door, fd, 8, 4));
	say_modes();
}

static void moved(const struct door *door)
{
	int fd = prepare(door);

	say_moved(door, 5, 2, 2, 20);
	map_ordinary(door, 5, 2, 'n');
	say_result(add(door, fd, 20, 1, MODE_MISSING));
	say_result(add(door, fd, 21, 3, MODE_MISSING));
	say_result(add(door, fd, 5, 2, MODE_MISSING));
	say_mode(5);
}

/* The walk finds them in order: one that is busy, and one that may not. */
static void order_of_errors(const struct door *door)
{
	int fd = prepare(door), other = open_ready(door);

	say_result(add(door, other, 0, 1, MODE_MISSING));
	say_result(add(door, other, 11, 1, MODE_MISSING));
	say_result(add(door, fd, 0, 5, MODE_MISSING));
	say_result(add(door, fd, 7, 5, MODE_MISSING));
	say_result(add(door, fd, 0, 12, MODE_MISSING));
	say_result(take(door, fd, 0, 5));
	say_modes();
}

static void bad_descriptors(const struct door *door)
{
	int ready = prepare(door), ends[2];

	must(!pipe(ends), "make a pipe");
	say_result(add(door, -1, 4, 1, MODE_MISSING));
	say_result(add(door, 9999, 4, 1, MODE_MISSING));
	say_result(add(door, ends[0], 4, 1, MODE_MISSING));
	say_result(add(door, open_one(), 4, 1, MODE_MISSING));
	close(ready);
	say_result(add(door, ready, 4, 1, MODE_MISSING));
}

static void bad_arguments(const struct door *door)
{
	int fd = prepare(door);
	struct uffdio_register *there = (void *)at_page(4);

	say_result(door->ioctl(fd, UFFDIO_REGISTER, NULL));
	say_result(door->ioctl(fd, UFFDIO_UNREGISTER, NULL));
	say_result(door->ioctl(fd, UFFDIO_REGISTER, at_page(30)));
	*there = (struct uffdio_register){
		.range = {(uintptr_t)there, pages_len(4)},
		.mode = MODE_MISSING,
	};
	say_result(door->ioctl(fd, UFFDIO_REGISTER, there));
	there->range.start = (uintptr_t)at_page(0);
	say_result(door->ioctl(fd, UFFDIO_REGISTER, there));
	door->mprotect(there, pages_len(1), PROT_NONE);
	say_result(door->ioctl(fd, UFFDIO_REGISTER, there));
	say_modes();
}

/* The argument's end is where nothing is. */
static void cut_arguments(const struct door *door)
{
	int fd = prepare(door);
	struct uffdio_register *cut = (void *)(at_page(12) - 16);
	uint64_t range[2] = {(uintptr_t)at_page(4), pages_len(4)};

	memcpy(cut, range, sizeof(range));
	say_result(door->ioctl(fd, UFFDIO_REGISTER, cut));
	say_result(door->ioctl(fd, UFFDIO_UNREGISTER, cut));
	range[0] = (uintptr_t)at_page(0);
	memcpy(cut, range, sizeof(range));
	say_result(door->ioctl(fd, UFFDIO_UNREGISTER, cut));
}

static void copy(const struct door *door)
{
	int fd = prepare(door);
	struct uffdio_copy in = {.dst = (uintptr_t)at_page(5),
				 .src = (uintptr_t)at_page(0),
				 .len = pages_len(1)};
	struct uffdio_copy out = {.dst = (uintptr_t)at_page(9),
				  .src = (uintptr_t)at_page(4),
				  .len = pages_len(1)};
	struct uffdio_zeropage zero = {
		.range = {(uintptr_t)at_page(6), pages_len(1)}};

	advise(door, 5, 2, MADV_DONTNEED);
	advise(door, 9, 1, MADV_DONTNEED);
	say_result(add(door, fd, 8, 4, MODE_MISSING));
	say_result(door->ioctl(fd, UFFDIO_COPY, &in));
	say_result(door->ioctl(fd, UFFDIO_ZEROPAGE, &zero));
	say_result(door->ioctl(fd, UFFDIO_COPY, &out));
	say_pages(4, 8);
}

const struct test_case userfault_cases[] = {
	{"uffd_missing", missing, NO_TWIN, "userfaultfd"},
	{"uffd_write_protect", write_protect, NO_TWIN, "userfaultfd"},
	{"uffd_minor", minor, NO_TWIN, "userfaultfd"},
	{"uffd_several_modes", several_modes, NO_TWIN, "userfaultfd"},
	{"uffd_no_mode", no_mode, NO_TWIN, "userfaultfd"},
	{"uffd_unknown_mode", unknown_mode, NO_TWIN, "userfaultfd"},
	{"uffd_unregister", unregister, NO_TWIN, "userfaultfd"},
	{"uffd_beside", beside, NO_TWIN, "userfaultfd"},
	{"uffd_bad_ranges", bad_ranges, NO_TWIN, "userfaultfd"},
	{"uffd_holes", holes, NO_TWIN, "userfaultfd"},
	{"uffd_protected", protected, NO_TWIN, "userfaultfd"},
	{"uffd_replaced", replaced, NO_TWIN, "userfaultfd"},
	{"uffd_droppable_over_registered", droppable_over_registered, NO_TWIN,
	 "userfaultfd"},
	{"uffd_moved", moved, NO_TWIN, "userfaultfd"},
	{"uffd_order_of_errors", order_of_errors, NO_TWIN, "userfaultfd"},
	{"uffd_bad_descriptors", bad_descriptors, NO_TWIN, "userfaultfd"},
	{"uffd_bad_arguments", bad_arguments, NO_TWIN, "userfaultfd"},
	{"uffd_cut_arguments", cut_arguments, NO_TWIN, "userfaultfd"},
	{"uffd_copy", copy, NO_TWIN, "userfaultfd"},
	{0},
};
