/* SPDX-License-Identifier: MIT */
/* A process at its RLIMIT_AS: what takes no address space works as ever. */
#include <errno.h>
#include <sys/resource.h>
#include <sys/uio.h>
#include <sys/wait.h>

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
	ck_assert(err == EINVAL || (err == ENOSYS || self < 0));
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

/*
 * Three pages each: droppable, droppable and written, none.  The first two are
 * one region, and all the library has to remember is full of them.
 */
static char *regions(void)
{
	size_t step = 3 * page_bytes();
	char *base = mmap(NULL, REGIONS * step, PROT_NONE,
			  MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE, -1, 0);

	ck_assert_ptr_ne(base, MAP_FAILED);
	for (size_t i = 0; i < REGIONS; i++) {
		char *at = base + i * step;

		ck_assert_ptr_eq(
			mmap(at, 2 * page_bytes(), RW, D | MAP_FIXED, -1, 0),
			at);
		memset(at + page_bytes(), 'd', page_bytes());
	}
	return base;
}

START_TEST(munmap_of_every_region_works)
{
	char *base = regions();
	size_t failed = 0;

	stop_growing();
	for (size_t i = 0; i < REGIONS; i++)
		failed +=
			munmap(base + i * 3 * page_bytes(), page_bytes()) != 0;
	grow_again();
	ck_assert_uint_eq(failed, 0);
	for (size_t i = 0; i < REGIONS; i++)
		ck_assert(is_droppable(base + (i * 3 + 1) * page_bytes()));
}
END_TEST

START_TEST(ordinary_memory_can_replace_every_region)
{
	char *base = regions();
	size_t failed = 0;

	stop_growing();
	for (size_t i = 0; i < REGIONS; i++) {
		char *at = base + i * 3 * page_bytes();

		failed += mmap(at, page_bytes(), RW,
			       MAP_ANONYMOUS | MAP_PRIVATE | MAP_FIXED, -1,
			       0) != at;
	}
	grow_again();
	ck_assert_uint_eq(failed, 0);
	for (size_t i = 0; i < REGIONS; i++)
		ck_assert(!is_droppable(base + i * 3 * page_bytes()));
}
END_TEST

START_TEST(every_region_can_move)
{
	char *base = regions();
	size_t failed = 0;

	stop_growing();
	for (size_t i = 0; i < REGIONS; i++) {
		char *at = base + i * 3 * page_bytes();
		char *to = at + 2 * page_bytes();

		failed += mremap(at + page_bytes(), page_bytes(), page_bytes(),
				 MREMAP_MAYMOVE | MREMAP_FIXED, to) != to;
	}
	grow_again();
	ck_assert_uint_eq(failed, 0);
	for (size_t i = 0; i < REGIONS; i++) {
		char *to = base + (i * 3 + 2) * page_bytes();

		ck_assert(is_droppable(to));
		ck_assert(page_is(to, 'd'));
	}
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		process_madvise_refuses_keeponfork,
		process_madvise_refuses_dodump,
		munmap_of_every_region_works,
		ordinary_memory_can_replace_every_region,
		every_region_can_move,
	};

	return CLAIMS_RUN("limits", claims);
}
