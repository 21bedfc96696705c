/* SPDX-License-Identifier: MIT */
/*
 * What the first droppable mapping of a program finds where the program has
 * just made room for it: nothing of anybody else's.  Each test is the first to
 * map droppable memory in its process.
 */
#include <errno.h>

#include "../claims.h"
#include "droppable_memory.h"

#define HOLE_BYTES ((size_t)64 << 20)
#define RESERVED (MAP_ANONYMOUS | MAP_PRIVATE)

/*
 * The place that the kernel gives away next: small gaps above it are filled, as
 * the libraries and mallocs of bigger programs fill them.
 */
static char *hole(void)
{
	char *place = mmap(NULL, HOLE_BYTES, PROT_NONE, RESERVED, -1, 0);

	ck_assert_ptr_ne(place, MAP_FAILED);
	for (int i = 0; i < 10000; i++) {
		char *page = mmap(NULL, page_bytes(), RW, RESERVED, -1, 0);

		ck_assert_ptr_ne(page, MAP_FAILED);
		if (page < place)
			break;
	}
	ck_assert_int_eq(munmap(place, HOLE_BYTES), 0);
	return place;
}

/* Every word of a droppable hole keeps `value` while more is mapped. */
static void keeps(int value)
{
	char *place = hole();
	int *words = mmap(place, HOLE_BYTES, RW, D | MAP_FIXED, -1, 0);
	size_t wrong = 0;
	char *more;

	ck_assert_ptr_eq(words, place);
	for (size_t i = 0; i < HOLE_BYTES / sizeof(*words); i++)
		words[i] = value;
	more = droppable_pages(1, 'm');
	ck_assert_ptr_ne(more, NULL);
	ck_assert_int_eq(munmap(more, page_bytes()), 0);
	for (size_t i = 0; i < HOLE_BYTES / sizeof(*words); i++)
		wrong += words[i] != value;
	ck_assert_uint_eq(wrong, 0);
}

START_TEST(zeros_written_into_a_hole_stay_zeros)
{
	keeps(0);
}
END_TEST

START_TEST(ones_written_into_a_hole_hang_nobody)
{
	keeps(1);
}
END_TEST

START_TEST(a_hole_mapped_and_unmapped_again_leaves_others_be)
{
	char *place = hole();
	char *more;

	ck_assert_ptr_eq(mmap(place, HOLE_BYTES, RW, D | MAP_FIXED, -1, 0),
			 place);
	ck_assert_int_eq(munmap(place, HOLE_BYTES), 0);
	more = droppable_pages(1, 'm');
	ck_assert_ptr_ne(more, NULL);
	ck_assert(is_droppable(more));
	ck_assert(page_is(more, 'm'));
}
END_TEST

START_TEST(a_hole_is_free_for_the_first_mapping)
{
	char *place = hole();
	char *map = mmap(place, HOLE_BYTES, RW, D | MAP_FIXED_NOREPLACE, -1, 0);

	ck_assert_ptr_eq(map, place);
	ck_assert(is_droppable(map));
}
END_TEST

START_TEST(a_hole_stays_free_when_the_first_mapping_is_elsewhere)
{
	char *elsewhere = ordinary_pages(1, 'o');
	char *place = hole();

	ck_assert_ptr_eq(
		mmap(elsewhere, page_bytes(), RW, D | MAP_FIXED, -1, 0),
		elsewhere);
	memset(elsewhere, 'd', page_bytes());
	ck_assert_ptr_eq(mmap(place, HOLE_BYTES, RW,
			      RESERVED | MAP_FIXED_NOREPLACE, -1, 0),
			 place);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		zeros_written_into_a_hole_stay_zeros,
		ones_written_into_a_hole_hang_nobody,
		a_hole_mapped_and_unmapped_again_leaves_others_be,
		a_hole_is_free_for_the_first_mapping,
		a_hole_stays_free_when_the_first_mapping_is_elsewhere,
	};

	return CLAIMS_RUN("first", claims);
}
