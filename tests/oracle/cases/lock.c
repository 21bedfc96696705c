/* SPDX-License-Identifier: MIT */
/*
 * mlock(), mlock2() and munlock(): on droppable memory they populate and lock
 * nothing, on ordinary memory beside it they do what they always do.  A lone
 * number is by how many pages VmLck grew.
 */
#include <string.h>

#include "oracle/layout.h"
#include "oracle/limits.h"

/* Absent pages 0 and 1, a filled page 2. */
static void lay_plain(const struct door *door)
{
	map_droppable(door, 0, 3, 0);
	memset(at_page(2), 'd', pages_len(1));
}

static void plain(const struct door *door)
{
	long before = locked_pages();

	lay_plain(door);
	say_lock(door, 1, 2);
	say_pages(0, 3);
	say("%ld", locked_pages() - before);
	say_unlock(door, 0, 3);
	say_pages(0, 3);
	say("%ld", locked_pages() - before);
}

static void on_fault(const struct door *door)
{
	long before = locked_pages();

	lay_plain(door);
	say_lock2(door, 1, 2, MLOCK_ONFAULT);
	say_pages(0, 3);
	say("%ld", locked_pages() - before);
}

static void lock2_flags(const struct door *door)
{
	static const unsigned int flags[] = {2, 3, 4, 0x80000000, ~0u, 0};

	lay_plain(door);
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		say_lock2(door, 0, 3, flags[i]);
		say_held(0, 3);
		say_lock2(door, 5, 1, flags[i]);
	}
}

static void protected(const struct door *door, int prot)
{
	lay_plain(door);
	protect(door, 0, 3, prot);
	say_lock(door, 0, 2);
	say_pages(0, 3);
	say_lock2(door, 0, 3, MLOCK_ONFAULT);
	say_pages(0, 3);
	protect(door, 0, 3, RW);
	say_pages(0, 3);
}

static void read_only(const struct door *door)
{
	protected(door, PROT_READ);
}

static void no_access(const struct door *door)
{
	protected(door, PROT_NONE);
}

/* Populating ends where it fails. */
static void split(const struct door *door)
{
	for (unsigned int flags = 0; flags <= MLOCK_ONFAULT; flags++) {
		map_droppable(door, 0, 6, 0);
		protect(door, 1, 1, PROT_READ);
		protect(door, 3, 1, PROT_NONE);
		say_lock2(door, 0, 6, flags);
		say_held(0, 6);
		say_lock2(door, 0, 3, flags);
		say_lock2(door, 4, 2, flags);
		say_held(0, 6);
	}
}

static void mixed(const struct door *door)
{
	long before = locked_pages();

	lay_mixed_untouched(door, 0);
	say_lock(door, 1, 4);
	say("%ld", locked_pages() - before);
	say_pages(0, 6);
	say_unlock(door, 2, 3);
	say("%ld", locked_pages() - before);
	say_pages(0, 6);
}

static void mixed_on_fault(const struct door *door)
{
	long before = locked_pages();

	lay_mixed_untouched(door, 0);
	say_lock2(door, 0, 6, MLOCK_ONFAULT);
	say("%ld", locked_pages() - before);
	say_pages(0, 6);
	at_page(0)[0] = 0;
	say_pages(0, 6);
	say_lock(door, 0, 6);
	say_pages(0, 6);
}

/* What cannot be populated is locked for all that. */
static void mixed_but(const struct door *door, size_t page)
{
	for (unsigned int flags = 0; flags <= MLOCK_ONFAULT; flags++) {
		unmap(door, 0, 6);
		lay_mixed_untouched(door, 0);
		protect(door, page, 1, PROT_NONE);
		say_lock2(door, 0, 6, flags);
		say_pages(0, 6);
	}
}

static void mixed_no_access(const struct door *door)
{
	mixed_but(door, 1);
}

static void mixed_no_access_droppable(const struct door *door)
{
	mixed_but(door, 2);
}

/* Locked up to the hole, populated nowhere. */
static void across_a_hole(const struct door *door)
{
	for (unsigned int flags = 0; flags <= MLOCK_ONFAULT; flags++) {
		unmap(door, 0, 8);
		map_ordinary(door, 0, 7, 0);
		map_droppable(door, 1, 1, 0);
		map_droppable(door, 6, 1, 0);
		unmap(door, 4, 1);
		say_lock2(door, 0, 7, flags);
		say_pages(0, 7);
	}
}

static void droppable_across_a_hole(const struct door *door)
{
	map_droppable(door, 0, 5, 0);
	unmap(door, 2, 1);
	say_lock(door, 0, 5);
	say_lock2(door, 0, 5, MLOCK_ONFAULT);
	say_lock(door, 2, 3);
	say_lock(door, 2, 1);
	say_lock(door, 3, 3);
	say_held(0, 5);
	say_unlock(door, 0, 5);
	say_unlock(door, 2, 1);
}

static void hole_first(const struct door *door)
{
	lay_mixed_untouched(door, 0);
	unmap(door, 0, 1);
	say_lock(door, 0, 6);
	say_pages(0, 6);
	say_lock(door, 1, 6);
	say_pages(0, 6);
}

static void unlock_across_a_hole(const struct door *door)
{
	lay_mixed_untouched(door, 0);
	say_lock(door, 0, 6);
	unmap(door, 3, 1);
	say_unlock(door, 1, 4);
	say_pages(0, 6);
	say_unlock(door, 2, 1);
	say_unlock(door, 3, 3);
	say_pages(0, 6);
}

/* Its ends are moved outwards, also of no length. */
static void unaligned(const struct door *door)
{
	map_droppable(door, 0, 6, 0);
	say_result(door->mlock(at_page(1) + 1, 0));
	say_held(0, 6);
	say_result(door->mlock(at_page(3) - 1, 2));
	say_held(0, 6);
	say_result(door->mlock2(at_page(4), 1, MLOCK_ONFAULT));
	say_held(0, 6);
	say_result(door->munlock(at_page(0) + 1, pages_len(6) - 1));
	say_result(door->munlock(at_page(0) + 1, pages_len(6)));
}

static void unaligned_into_droppable(const struct door *door)
{
	map_ordinary(door, 0, 1, 0);
	map_droppable(door, 1, 1, 0);
	map_ordinary(door, 2, 1, 0);
	say_result(door->mlock2(at_page(0) + 1, pages_len(1), MLOCK_ONFAULT));
	say_pages(0, 3);
	map_droppable(door, 1, 1, 0);
	say_result(door->mlock(at_page(2) - 1, 2));
	say_pages(0, 3);
	say_result(door->munlock(at_page(1) + 1, pages_len(1)));
	say_pages(0, 3);
}

static void odd_lengths(const struct door *door)
{
	static const size_t pages_less[] = {0, 1, 2};
	char *at = at_page(1);

	map_droppable(door, 0, 3, 0);
	say_result(door->mlock(at, 0));
	say_result(door->mlock2(at, 0, MLOCK_ONFAULT));
	say_result(door->mlock2(at, 0, 2));
	say_result(door->munlock(at, 0));
	say_result(door->mlock(at_page(5), 0));
	for (size_t i = 0; i < 3; i++) {
		size_t len = SIZE_MAX - pages_len(pages_less[i]);

		say_result(door->mlock(at, len));
		say_result(door->mlock2(at, len, MLOCK_ONFAULT));
		say_result(door->munlock(at, len));
	}
	say_result(door->mlock(at + 1, SIZE_MAX));
	say_pages(0, 3);
}

/* A mapping is what it was made last. */
static void replaced(const struct door *door)
{
	long before = locked_pages();

	map_ordinary(door, 0, 3, 'o');
	say_lock(door, 0, 3);
	map_droppable(door, 1, 1, 0);
	say("%ld", locked_pages() - before);
	say_pages(0, 3);
	map_droppable(door, 4, 3, 'd');
	say_lock(door, 4, 3);
	map_ordinary(door, 5, 1, 0);
	say("%ld", locked_pages() - before);
	say_pages(4, 3);
}

static void moved_over(const struct door *door)
{
	long before = locked_pages();
	map_ordinary(door, 0, 1, 'o');
	say_lock(door, 0, 1);
	map_droppable(door, 4, 3, 'd');
	say_moved(door, 0, 1, 2, 5);
	say_pages(4, 3);
	say("%ld", locked_pages() - before);
	say_moved(door, 4, 1, 1, 5);
	say_pages(4, 3);
	say("%ld", locked_pages() - before);
}

static void grown(const struct door *door)
{
	map_droppable(door, 0, 2, 0);
	say_lock(door, 0, 2);
	say_grown(door, 0, 2, 4);
	say_pages(0, 4);
	say_moved(door, 0, 4, 5, 8);
	say_pages(8, 5);
}

/* Locking twice, in parts, with and without ONFAULT. */
static void again(const struct door *door)
{
	long before = locked_pages();

	lay_mixed_untouched(door, 0);
	say_lock(door, 0, 3);
	say_lock(door, 0, 3);
	say_lock2(door, 2, 4, MLOCK_ONFAULT);
	say_lock(door, 1, 2);
	say("%ld", locked_pages() - before);
	say_pages(0, 6);
	unmap(door, 2, 1);
	say("%ld", locked_pages() - before);
	unmap(door, 0, 6);
	say("%ld", locked_pages() - before);
}

static void look_and_lock(const struct door *door)
{
	long before = locked_pages();

	say("%ld", before);
	say_pages(0, 6);
	say_lock(door, 2, 2);
	say_pages(2, 2);
	say("%ld", locked_pages() - before);
}

/* Locks are not inherited, droppable memory is. */
static void forked(const struct door *door)
{
	lay_mixed_untouched(door, 0);
	memset(at_page(0), 'x', pages_len(6));
	say_lock(door, 0, 6);
	in_child(fork, look_and_lock, door);
	say_pages(0, 6);
}

const struct test_case lock_cases[] = {
	{"mlock_plain", plain, NO_TWIN, NULL},
	{"mlock_read_only", read_only, NO_TWIN, "mlock2"},
	{"mlock_no_access", no_access, NO_TWIN, "mlock2"},
	{"mlock_split", split, NO_TWIN, "mlock2-of-PROT_NONE"},
	{"mlock_mixed", mixed, NO_TWIN, NULL},
	{"mlock_mixed_no_access", mixed_no_access, NO_TWIN,
	 "mlock2-of-PROT_NONE"},
	{"mlock_mixed_no_access_droppable", mixed_no_access_droppable, NO_TWIN,
	 "mlock2"},
	{"mlock_across_a_hole", across_a_hole, NO_TWIN, "mlock2"},
	{"mlock_droppable_across_a_hole", droppable_across_a_hole, NO_TWIN,
	 "mlock2"},
	{"mlock_hole_first", hole_first, NO_TWIN, NULL},
	{"mlock_unaligned", unaligned, NO_TWIN, "mlock2"},
	{"mlock_unaligned_into_droppable", unaligned_into_droppable, NO_TWIN,
	 "mlock2"},
	{"mlock_odd_lengths", odd_lengths, NO_TWIN, "mlock2"},
	{"mlock_replaced", replaced, NO_TWIN, NULL},
	{"mlock_moved_over", moved_over, NO_TWIN, NULL},
	{"mlock_grown", grown, NO_TWIN, NULL},
	{"mlock_again", again, NO_TWIN, "mlock2"},
	{"mlock_forked", forked, NO_TWIN, NULL},
	{"mlock2_on_fault", on_fault, NO_TWIN, "mlock2"},
	{"mlock2_flags", lock2_flags, NO_TWIN, "mlock2"},
	{"mlock2_mixed_on_fault", mixed_on_fault, NO_TWIN, "mlock2"},
	{"munlock_across_a_hole", unlock_across_a_hole, NO_TWIN, NULL},
	{0},
};
