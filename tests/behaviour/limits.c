/* SPDX-License-Identifier: MIT */
/* A process at its RLIMIT_AS: what takes no address space works as ever. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/uio.h>

#include "../claims.h"
#include "droppable_memory.h"

#ifndef MADV_KEEPONFORK
#define MADV_KEEPONFORK 19
#endif
/* The same everywhere, and not in every libc. */
#define NR_PIDFD_OPEN 434
#define NR_PROCESS_MADVISE 440

#define REGIONS 8000

/* Not a byte more.  Until lifted, no assertion: a failed one allocates. */
static void stop_growing(void)
{
	FILE *statm = fopen("/proc/self/statm", "re");
	struct rlimit limit;
	unsigned long pages = 0;

	ck_assert_ptr_ne(statm, NULL);
	ck_assert_int_eq(fscanf(statm, "%lu", &pages), 1);
	fclose(statm);
	ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = pages * page_bytes();
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

static void grow_again(void)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_AS, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
}

/* Before 5.10 there is no such call, and ENOSYS is as good. */
static void refuses(int advice)
{
	int self = (int)syscall(NR_PIDFD_OPEN, getpid(), 0);
	struct iovec range = {droppable_pages(1, 'd'), page_bytes()};
	long ret;
	int err;

	ck_assert_ptr_ne(range.iov_base, NULL);
	stop_growing();
	ret = syscall(NR_PROCESS_MADVISE, self, &range, 1ul, advice, 0);
	err = errno;
	grow_again();
	ck_assert_int_eq(ret, -1);
	ck_assert(err == EINVAL || err == ENOSYS || self < 0);
}

START_TEST(process_madvise_refuses_keeponfork)
{
	refuses(MADV_KEEPONFORK);
}
END_TEST

START_TEST(process_madvise_refuses_dodump)
{
	refuses(MADV_DODUMP);
}
END_TEST

/* Room for all, of which each gets the first three of four pages. */
static char *reservation(void)
{
	char *base = mmap(NULL, REGIONS * 4 * page_bytes(), PROT_NONE,
			  MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE, -1, 0);

	ck_assert_ptr_ne(base, MAP_FAILED);
	return base;
}

/* How many could not be mapped: over what is there, so it takes no room. */
static size_t map_regions(char *base)
{
	size_t failed = 0;

	for (size_t i = 0; i < REGIONS; i++) {
		char *at = base + i * 4 * page_bytes();

		failed += mmap(at, 3 * page_bytes(), RW, D | MAP_FIXED, -1,
			       0) != at;
	}
	return failed;
}

static bool all_droppable(const char *base, size_t page)
{
	for (size_t i = 0; i < REGIONS; i++)
		if (!is_droppable(base + (i * 4 + page) * page_bytes()))
			return false;
	return true;
}

START_TEST(thousands_can_be_mapped_over_a_reservation)
{
	char *base = reservation();
	size_t failed;

	stop_growing();
	failed = map_regions(base);
	grow_again();
	ck_assert_uint_eq(failed, 0);
	ck_assert(all_droppable(base, 2));
}
END_TEST

START_TEST(thousands_can_be_cut_in_two_by_munmap)
{
	char *base = reservation();
	size_t failed = 0;

	stop_growing();
	map_regions(base);
	for (size_t i = 0; i < REGIONS; i++)
		failed += munmap(base + (i * 4 + 1) * page_bytes(),
				 page_bytes()) != 0;
	grow_again();
	ck_assert_uint_eq(failed, 0);
	ck_assert(all_droppable(base, 0));
	ck_assert(all_droppable(base, 2));
}
END_TEST

START_TEST(thousands_can_be_cut_in_two_by_ordinary_memory)
{
	char *base = reservation();
	size_t failed = 0;

	stop_growing();
	map_regions(base);
	for (size_t i = 0; i < REGIONS; i++) {
		char *at = base + (i * 4 + 1) * page_bytes();

		failed += mmap(at, page_bytes(), RW,
			       MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, -1,
			       0) != at;
	}
	grow_again();
	ck_assert_uint_eq(failed, 0);
	for (size_t i = 0; i < REGIONS; i++)
		ck_assert(!is_droppable(base + (i * 4 + 1) * page_bytes()));
	ck_assert(all_droppable(base, 0));
	ck_assert(all_droppable(base, 2));
}
END_TEST

/* The page in the middle comes to lie behind the other two. */
START_TEST(some_of_thousands_can_be_cut_in_two_by_mremap)
{
	const size_t moved = 400;
	char *base = reservation();
	size_t failed = 0;

	stop_growing();
	map_regions(base);
	for (size_t i = 0; i < moved; i++) {
		char *from = base + (i * 4 + 1) * page_bytes();
		char *to = from + 2 * page_bytes();

		failed += mremap(from, page_bytes(), page_bytes(),
				 MREMAP_MAYMOVE | MREMAP_FIXED, to) != to;
	}
	grow_again();
	ck_assert_uint_eq(failed, 0);
	for (size_t i = 0; i < moved; i++)
		ck_assert(is_droppable(base + (i * 4 + 3) * page_bytes()));
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		process_madvise_refuses_keeponfork,
		process_madvise_refuses_dodump,
		thousands_can_be_mapped_over_a_reservation,
		thousands_can_be_cut_in_two_by_munmap,
		thousands_can_be_cut_in_two_by_ordinary_memory,
		some_of_thousands_can_be_cut_in_two_by_mremap,
	};

	return CLAIMS_RUN("limits", claims);
}
