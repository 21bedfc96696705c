/* SPDX-License-Identifier: MIT */
/* munmap, mremap and mprotect on droppable memory. */
#include <errno.h>

#include "../claims.h"
#include "droppable_memory.h"

START_TEST(a_hole_leaves_both_sides_droppable)
{
	size_t page = page_bytes();
	char *map = droppable_pages(5, 'd');

	ck_assert_int_eq(munmap(map + 2 * page, page), 0);
	ck_assert(is_droppable(map + page));
	ck_assert(is_droppable(map + 3 * page));
	ck_assert(page_is(map + page, 'd'));
	ck_assert(page_is(map + 3 * page, 'd'));
}
END_TEST

START_TEST(ordinary_memory_in_an_old_place_is_ordinary)
{
	size_t page = page_bytes();
	char *map = droppable_pages(4, 'd');

	ck_assert_int_eq(munmap(map, 4 * page), 0);
	ck_assert_ptr_eq(mmap(map, 4 * page, RW,
			      MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 map);
	ck_assert(!is_droppable(map));
}
END_TEST

START_TEST(a_range_of_part_of_a_page_unmaps_the_page)
{
	size_t page = page_bytes();
	char *map = droppable_pages(3, 'd');

	ck_assert_int_eq(munmap(map, 1), 0);
	ck_assert_ptr_eq(mmap(map, page, RW,
			      MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 map);
	ck_assert(!is_droppable(map));
	ck_assert(is_droppable(map + page));
	ck_assert_int_eq(munmap(map + page + 1, page), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert(page_is(map + page, 'd'));
}
END_TEST

START_TEST(a_grown_mapping_keeps_data_and_the_tail_is_droppable_zero)
{
	size_t page = page_bytes();
	char *map = droppable_pages(2, 'd');
	char *to = mremap(map, 2 * page, 64 * page, MREMAP_MAYMOVE);

	ck_assert_ptr_ne(to, MAP_FAILED);
	ck_assert(page_is(to + page, 'd'));
	ck_assert(page_is(to + 2 * page, 0));
	ck_assert(is_droppable(to));
	ck_assert(is_droppable(to + 63 * page));
}
END_TEST

START_TEST(a_shrunk_mapping_gives_its_tail_back)
{
	size_t page = page_bytes();
	char *map = droppable_pages(4, 'd');

	ck_assert_ptr_eq(mremap(map, 4 * page, 2 * page, 0), map);
	ck_assert_ptr_eq(mmap(map + 2 * page, page, RW,
			      MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 map + 2 * page);
	ck_assert(is_droppable(map + page));
	ck_assert(!is_droppable(map + 2 * page));
}
END_TEST

START_TEST(a_move_over_memory_replaces_it)
{
	size_t page = page_bytes();
	char *map = droppable_pages(2, 'd');
	char *over = ordinary_pages(2, 'o');

	ck_assert_ptr_eq(mremap(map, 2 * page, 2 * page,
				MREMAP_MAYMOVE | MREMAP_FIXED, over),
			 over);
	ck_assert(is_droppable(over));
	ck_assert(page_is(over, 'd'));
	map = droppable_pages(2, 'd');
	over = ordinary_pages(2, 'o');
	ck_assert_ptr_eq(mremap(over, 2 * page, 2 * page,
				MREMAP_MAYMOVE | MREMAP_FIXED, map),
			 map);
	ck_assert(!is_droppable(map));
	ck_assert(page_is(map, 'o'));
}
END_TEST

START_TEST(ordinary_memory_where_a_mapping_moved_from_is_ordinary)
{
	size_t page = page_bytes();
	char *map = droppable_pages(2, 'd');
	char *over = ordinary_pages(2, 'o');

	ck_assert_ptr_eq(mremap(map, 2 * page, 2 * page,
				MREMAP_MAYMOVE | MREMAP_FIXED, over),
			 over);
	ck_assert_ptr_eq(mmap(map, 2 * page, RW,
			      MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED_NOREPLACE,
			      -1, 0),
			 map);
	ck_assert(!is_droppable(map));
	ck_assert(!is_droppable(map + page));
	ck_assert(is_droppable(over));
}
END_TEST

/* Many times: what the library makes of it depends on its random numbers. */
START_TEST(a_mapping_grown_over_a_lost_one_is_droppable_throughout)
{
	size_t page = page_bytes();

	for (int round = 0; round < 32; round++) {
		char *map = droppable_pages(5, 'd');

		ck_assert_int_eq(munmap(map + 2 * page, 3 * page), 0);
		ck_assert_ptr_eq(mmap(map + 2 * page, page, RW, D | MAP_FIXED,
				      -1, 0),
				 map + 2 * page);
		ck_assert_int_eq(DRP_SYS(SYS_munmap, map + 2 * page, page), 0);
		ck_assert_ptr_eq(mremap(map, 2 * page, 5 * page, 0), map);
		for (size_t i = 0; i < 5; i++)
			ck_assert(is_droppable(map + i * page));
	}
}
END_TEST

START_TEST(dontunmap_leaves_a_droppable_empty_range)
{
	size_t page = page_bytes();
	char *map = droppable_pages(2, 'd');
	char *to = mremap(map, 2 * page, 2 * page,
			  MREMAP_MAYMOVE | MREMAP_DONTUNMAP, NULL);

	ck_assert_ptr_ne(to, MAP_FAILED);
	ck_assert(is_droppable(to));
	ck_assert(is_droppable(map));
	ck_assert(page_is(to, 'd'));
	ck_assert(page_is(map, 0));
}
END_TEST

static bool has_dontunmap(void)
{
	size_t page = page_bytes();
	char *map = ordinary_pages(1, 'o');

	return mremap(map, page, page, MREMAP_MAYMOVE | MREMAP_DONTUNMAP,
		      NULL) != MAP_FAILED;
}

/*
 * From 6.17 on a call moves several mappings.  Before it is EFAULT, and older
 * kernels (6.1) have then unmapped the new place already.
 */
START_TEST(a_move_across_a_hole_replaces_only_opposite_to_mappings)
{
	size_t page = page_bytes();
	char *from = droppable_pages(3, 'd');
	char *to = droppable_pages(3, 't');

	ck_assert_int_eq(munmap(from + page, page), 0);
	if (mremap(from, 3 * page, 3 * page, MREMAP_MAYMOVE | MREMAP_FIXED,
		   to) == MAP_FAILED) {
		ck_assert_int_eq(errno, EFAULT);
		if (msync(to, page, MS_ASYNC) == 0)
			ck_assert(page_is(to, 't'));
		else
			ck_assert_int_eq(errno, ENOMEM);
		return;
	}
	ck_assert(page_is(to, 'd'));
	ck_assert(page_is(to + page, 't'));
	ck_assert(page_is(to + 2 * page, 'd'));
	for (int i = 0; i < 3; i++)
		ck_assert(is_droppable(to + i * page));
}
END_TEST

START_TEST(bad_moves_get_the_kernels_errno)
{
	size_t page = page_bytes();
	char *map = droppable_pages(3, 'd');

	ck_assert_ptr_eq(mremap(map, 0, page, MREMAP_MAYMOVE), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_ptr_eq(mremap(map, page, 0, MREMAP_MAYMOVE), MAP_FAILED);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(munmap(map + page, page), 0);
	ck_assert_ptr_eq(mremap(map, 3 * page, 8 * page, MREMAP_MAYMOVE),
			 MAP_FAILED);
	ck_assert_int_eq(errno, EFAULT);
	ck_assert(page_is(map, 'd'));
	ck_assert(is_droppable(map));
}
END_TEST

START_TEST(protection_changes_keep_the_property)
{
	size_t page = page_bytes();
	char *map = droppable_pages(3, 'd');

	ck_assert_int_eq(mprotect(map + page, page, PROT_NONE), 0);
	ck_assert(is_droppable(map + page));
	ck_assert_int_eq(mprotect(map + page, page, RW), 0);
	ck_assert(page_is(map + page, 'd'));
	ck_assert_int_eq(madvise(map, 3 * page, MADV_DODUMP), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		a_hole_leaves_both_sides_droppable,
		ordinary_memory_in_an_old_place_is_ordinary,
		a_range_of_part_of_a_page_unmaps_the_page,
		a_grown_mapping_keeps_data_and_the_tail_is_droppable_zero,
		a_shrunk_mapping_gives_its_tail_back,
		a_move_over_memory_replaces_it,
		ordinary_memory_where_a_mapping_moved_from_is_ordinary,
		a_mapping_grown_over_a_lost_one_is_droppable_throughout,
		claim_if(has_dontunmap(), "MREMAP_DONTUNMAP",
			 dontunmap_leaves_a_droppable_empty_range),
		a_move_across_a_hole_replaces_only_opposite_to_mappings,
		bad_moves_get_the_kernels_errno,
		protection_changes_keep_the_property,
	};

	return CLAIMS_RUN("remap", claims);
}
