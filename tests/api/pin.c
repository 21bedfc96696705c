/* SPDX-License-Identifier: MIT */
/* droppable_pin(), droppable_unpin() and what is dropped in between. */
#define MADV_PAGEOUT_ADVICE 21

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../claims.h"
#include "droppable.h"

#define PAGES 8
#define RW (PROT_READ | PROT_WRITE)

static char *base;
static size_t page_bytes;

static char *page(size_t i)
{
	return base + i * page_bytes;
}

static void map_pinnable(void)
{
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	base = droppable_map(PAGES * page_bytes, RW, DROPPABLE_PINNABLE);
	ck_assert_ptr_ne(base, MAP_FAILED);
}

/* Pages [from, to) hold one letter, and nobody has them pinned. */
static void fill(size_t from, size_t to, int letter)
{
	size_t len = (to - from) * page_bytes;

	ck_assert_int_ge(droppable_pin(page(from), len, NULL), 0);
	memset(page(from), letter, len);
	ck_assert_int_eq(droppable_unpin(page(from), len), 0);
}

static void drop(size_t from, size_t to)
{
	ck_assert_int_ge(droppable_drop(page(from), (to - from) * page_bytes),
			 0);
}

static int pin(size_t from, size_t to)
{
	return droppable_pin(page(from), (to - from) * page_bytes, NULL);
}

static int unpin(size_t from, size_t to)
{
	return droppable_unpin(page(from), (to - from) * page_bytes);
}

static void ck_error(int ret, int err)
{
	ck_assert_int_eq(ret, -1);
	ck_assert_int_eq(errno, err);
}

START_TEST(what_nobody_dropped_is_intact)
{
	map_pinnable();
	ck_assert_int_eq(pin(0, PAGES), 0);
	ck_assert_int_eq(unpin(0, PAGES), 0);
	fill(0, PAGES, 'a');
	ck_assert_int_eq(pin(0, PAGES), 0);
	ck_assert_int_eq(page(3)[5], 'a');
}
END_TEST

START_TEST(what_was_dropped_while_unpinned_is_lost)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	drop(0, PAGES);
	ck_assert_int_eq(page(3)[5], 0);
	ck_assert_int_eq(pin(0, PAGES), 1);
	/* It is told once: now it is these zeros that are to be kept. */
	ck_assert_int_eq(unpin(0, PAGES), 0);
	ck_assert_int_eq(pin(0, PAGES), 0);
}
END_TEST

START_TEST(the_kernels_own_reclaim_is_noticed_too)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	if (madvise(base, PAGES * page_bytes, MADV_PAGEOUT_ADVICE))
		ck_assert_int_eq(errno, EINVAL);
	else
		ck_assert_int_eq(pin(0, PAGES), 1);
}
END_TEST

START_TEST(nothing_pinned_is_dropped)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	ck_assert_int_eq(pin(2, 5), 0);
	ck_assert_int_eq(droppable_drop(base, PAGES * page_bytes),
			 (int64_t)((PAGES - 3) * page_bytes));
	madvise(base, PAGES * page_bytes, MADV_PAGEOUT_ADVICE);
	for (size_t i = 0; i < PAGES; i++)
		ck_assert_int_eq(page(i)[7], i >= 2 && i < 5 ? 'a' : 0);
}
END_TEST

START_TEST(pins_nest)
{
	map_pinnable();
	fill(0, 1, 'a');
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pin(0, 1), 0);
	for (int i = 0; i < 2; i++)
		ck_assert_int_eq(unpin(0, 1), 0);
	drop(0, 1);
	ck_assert_int_eq(page(0)[0], 'a');
	ck_assert_int_eq(unpin(0, 1), 0);
	drop(0, 1);
	ck_assert_int_eq(page(0)[0], 0);
}
END_TEST

START_TEST(the_vector_tells_page_by_page)
{
	unsigned char pages[PAGES + 1];

	memset(pages, 77, sizeof(pages));
	map_pinnable();
	fill(0, PAGES, 'a');
	drop(1, 3);
	page(5)[100] = 'b';
	/* One byte of the first page, one of the last: all in between. */
	ck_assert_int_eq(
		droppable_pin(page(1) - 1, (PAGES - 2) * page_bytes + 2, pages),
		1);
	for (size_t i = 0; i < PAGES; i++)
		ck_assert_int_eq(pages[i], i == 1 || i == 2 ? DROPPABLE_LOST
					   : i == 5	    ? DROPPABLE_CHANGED
							    : DROPPABLE_INTACT);
	ck_assert_int_eq(pages[PAGES], 77);
}
END_TEST

START_TEST(a_page_written_after_its_loss_is_not_intact)
{
	unsigned char verdict;

	map_pinnable();
	fill(0, 1, 'a');
	drop(0, 1);
	page(0)[page_bytes - 1] = 'a';
	ck_assert_int_eq(droppable_pin(base, 1, &verdict), 1);
	ck_assert_int_eq(verdict, DROPPABLE_CHANGED);
}
END_TEST

START_TEST(zeros_that_were_zeros_are_intact)
{
	map_pinnable();
	fill(0, 1, 0);
	drop(0, 1);
	ck_assert_int_eq(pin(0, 1), 0);
}
END_TEST

START_TEST(a_second_pin_is_told_what_the_first_was_told)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	drop(0, 1);
	ck_assert_int_eq(pin(0, PAGES), 1);
	memset(base, 'b', page_bytes);
	ck_assert_int_eq(pin(0, 1), 1);
	ck_assert_int_eq(pin(1, PAGES), 0);
	unpin(0, 1);
	unpin(0, 1);
	ck_assert_int_eq(pin(0, 1), 0);
}
END_TEST

START_TEST(wrong_ranges_are_refused)
{
	char *other;

	map_pinnable();
	ck_error(droppable_pin(base, 0, NULL), EINVAL);
	ck_error(droppable_pin(base, SIZE_MAX, NULL), EINVAL);
	ck_error(droppable_unpin(base, 0), EINVAL);
	ck_error(unpin(0, 1), EINVAL);
	ck_assert_int_eq(pin(0, 1), 0);
	/* Not one of two is unpinned. */
	ck_error(unpin(0, 2), EINVAL);
	ck_assert_int_eq(unpin(0, 1), 0);
	ck_error(pin(0, PAGES + 1), ENOMEM);
	ck_error(unpin(0, 1), EINVAL);
	other = mmap(NULL, page_bytes, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ck_error(droppable_pin(other, 1, NULL), ENOMEM);
	ck_error((int)droppable_drop(other, 1), ENOMEM);
	ck_error((int)droppable_drop(other, 0), EINVAL);
	other = droppable_map(page_bytes, RW, 0);
	ck_assert_ptr_ne(other, MAP_FAILED);
	ck_error(droppable_pin(other, 1, NULL), ENOMEM);
	ck_assert_ptr_eq(droppable_map(0, RW, 0), MAP_FAILED);
	ck_assert_ptr_eq(droppable_map(0, RW, DROPPABLE_PINNABLE), MAP_FAILED);
	ck_assert_ptr_eq(droppable_map(1, RW, 2), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(ordinary_memory_is_never_dropped)
{
	char *at;

	map_pinnable();
	fill(0, PAGES, 'a');
	at = mmap(page(3), page_bytes, RW,
		  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	ck_assert_ptr_eq(at, page(3));
	*at = 'o';
	ck_error((int)droppable_drop(base, PAGES * page_bytes), ENOMEM);
	ck_assert_int_eq(page(0)[0], 'a');
	ck_assert_int_eq(*at, 'o');
}
END_TEST

START_TEST(the_kernels_own_memory_is_dropped_as_well)
{
	char *at;

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	at = droppable_map(4 * page_bytes, RW, 0);
	ck_assert_ptr_ne(at, MAP_FAILED);
	memset(at, 'a', 4 * page_bytes);
	ck_assert_int_eq(droppable_drop(at + page_bytes, 2 * page_bytes),
			 (int64_t)(2 * page_bytes));
	ck_assert_int_eq(at[0], 'a');
	ck_assert_int_eq(at[page_bytes], 0);
	ck_assert_int_eq(at[3 * page_bytes], 'a');
}
END_TEST

START_TEST(a_pin_that_fails_half_way_hides_no_loss)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	drop(0, PAGES);
	ck_assert_int_eq(mprotect(page(6), page_bytes, PROT_READ), 0);
	ck_error(pin(0, PAGES), EFAULT);
	ck_error(unpin(0, 1), EINVAL);
	ck_assert_int_eq(mprotect(page(6), page_bytes, RW), 0);
	ck_assert_int_eq(pin(0, 1), 1);
	ck_assert_int_eq(pin(5, PAGES), 1);
}
END_TEST

START_TEST(too_many_pins_of_a_page_are_refused)
{
	map_pinnable();
	for (int i = 0; i < 65535; i++)
		ck_assert_int_eq(pin(1, 2), 0);
	ck_error(pin(0, 3), EOVERFLOW);
	ck_error(unpin(0, 1), EINVAL);
	for (int i = 0; i < 65535; i++)
		ck_assert_int_eq(unpin(1, 2), 0);
	ck_error(unpin(1, 2), EINVAL);
}
END_TEST

/* 0 if all that a child must find is so. */
static int in_child(void)
{
	if (page(0)[0] || page(4)[0])
		return 1;
	if (unpin(0, 1) != -1 || errno != EINVAL)
		return 2;
	if (pin(0, PAGES) != 1)
		return 3;
	memset(base, 'c', PAGES * page_bytes);
	if (unpin(0, PAGES) || pin(0, PAGES))
		return 4;
	return page(4)[0] == 'c' ? 0 : 5;
}

static void check_child(pid_t pid)
{
	int status;

	if (!pid)
		_exit(in_child());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_int_eq(page(0)[0], 'a');
	ck_assert_int_eq(unpin(0, 4), 0);
	ck_assert_int_eq(pin(0, PAGES), 0);
}

START_TEST(a_child_has_nothing_pinned_and_has_lost_all)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	ck_assert_int_eq(pin(0, 4), 0);
	check_child(fork());
}
END_TEST

START_TEST(so_has_a_child_made_behind_the_librarys_back)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	ck_assert_int_eq(pin(0, 4), 0);
	/* Where a fork does not wipe, nobody can. */
	if (madvise(base, 0, 18) == 0)
		check_child(_Fork());
}
END_TEST

START_TEST(a_move_takes_the_pins_along)
{
	size_t len;
	char *to;

	map_pinnable();
	len = PAGES * page_bytes;
	fill(0, PAGES, 'a');
	ck_assert_int_eq(pin(1, 3), 0);
	to = mmap(NULL, 3 * len, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	to = mremap(base, len, 2 * len, MREMAP_MAYMOVE | MREMAP_FIXED, to);
	ck_assert_ptr_ne(to, MAP_FAILED);
	base = to;
	ck_assert_int_ge(droppable_drop(base, 2 * len), 0);
	ck_assert_int_eq(page(0)[0], 0);
	ck_assert_int_eq(page(1)[0], 'a');
	ck_assert_int_eq(page(2)[0], 'a');
	ck_assert_int_eq(unpin(1, 3), 0);
	ck_assert_int_eq(pin(0, PAGES), 1);
	ck_error(pin(PAGES, PAGES + 1), ENOMEM);
}
END_TEST

START_TEST(a_hole_leaves_the_pins_on_both_sides)
{
	map_pinnable();
	fill(0, PAGES, 'a');
	ck_assert_int_eq(pin(1, 7), 0);
	ck_assert_int_eq(droppable_unmap(page(3), 2 * page_bytes), 0);
	ck_error(pin(0, PAGES), ENOMEM);
	drop(0, 3);
	drop(5, PAGES);
	ck_assert_int_eq(page(0)[0], 0);
	ck_assert_int_eq(page(2)[0], 'a');
	ck_assert_int_eq(page(6)[0], 'a');
	ck_assert_int_eq(unpin(1, 3), 0);
	ck_assert_int_eq(unpin(5, 7), 0);
	ck_error(unpin(6, 7), EINVAL);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		what_nobody_dropped_is_intact,
		what_was_dropped_while_unpinned_is_lost,
		the_kernels_own_reclaim_is_noticed_too,
		nothing_pinned_is_dropped,
		pins_nest,
		the_vector_tells_page_by_page,
		a_page_written_after_its_loss_is_not_intact,
		zeros_that_were_zeros_are_intact,
		a_second_pin_is_told_what_the_first_was_told,
		wrong_ranges_are_refused,
		ordinary_memory_is_never_dropped,
		the_kernels_own_memory_is_dropped_as_well,
		a_pin_that_fails_half_way_hides_no_loss,
		too_many_pins_of_a_page_are_refused,
		a_child_has_nothing_pinned_and_has_lost_all,
		so_has_a_child_made_behind_the_librarys_back,
		a_move_takes_the_pins_along,
		a_hole_leaves_the_pins_on_both_sides,
	};

	return CLAIMS_RUN("pin", claims);
}
