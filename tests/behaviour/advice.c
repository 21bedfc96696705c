/* SPDX-License-Identifier: MIT */
/* madvise, locking, KSM and userfaultfd on droppable memory. */
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "../claims.h"
#include "droppable_memory.h"

#ifndef PR_SET_MEMORY_MERGE
#define PR_SET_MEMORY_MERGE 67
#endif

START_TEST(each_advice_has_the_kernels_result)
{
	/* Is there KSM at all? */
	int ksm = kernel_takes(MADV_MERGEABLE) ? 0 : EINVAL;
	const struct {
		int advice, want;
	} table[] = {
		{MADV_NORMAL, 0},      {MADV_RANDOM, 0},
		{MADV_SEQUENTIAL, 0},  {MADV_WILLNEED, 0},
		{MADV_DONTNEED, 0},    {MADV_FREE, 0},
		{MADV_REMOVE, EINVAL}, {MADV_DONTFORK, 0},
		{MADV_DOFORK, 0},      {MADV_MERGEABLE, ksm},
		{MADV_UNMERGEABLE, ksm}, {MADV_DONTDUMP, 0},
		{MADV_DODUMP, EINVAL}, {MADV_WIPEONFORK, 0},
		{MADV_KEEPONFORK, EINVAL}, {MADV_COLD, 0},
		{MADV_PAGEOUT, 0},     {9999, EINVAL},
	};
	size_t page = page_bytes();
	char *map = droppable_pages(4, 'd');

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		int ret = madvise(map, 4 * page, table[i].advice);

		ck_assert_msg((ret ? errno : 0) == table[i].want,
			      "advice %d: %d", table[i].advice, ret);
		ret = (int)syscall(SYS_madvise, map, 4 * page, table[i].advice);
		ck_assert_msg((ret ? errno : 0) == table[i].want,
			      "advice %d by syscall: %d", table[i].advice, ret);
	}
	ck_assert_int_eq(madvise(map, 0, MADV_DODUMP), 0);
	ck_assert_int_eq(madvise(map + 1, page, MADV_NORMAL), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(posix_advice_changes_nothing)
{
	char *map = droppable_pages(2, 'd');

	for (int advice = 0; advice <= POSIX_MADV_DONTNEED; advice++)
		ck_assert_int_eq(
			posix_madvise(map, 2 * page_bytes(), advice), 0);
	ck_assert_int_eq(posix_madvise(map, page_bytes(), 99), EINVAL);
	ck_assert(page_is(map, 'd'));
}
END_TEST

START_TEST(dontneed_zeroes_and_cold_and_free_keep)
{
	size_t page = page_bytes();
	char *map = droppable_pages(3, 'd');

	ck_assert_int_eq(madvise(map, page, MADV_DONTNEED), 0);
	ck_assert_int_eq(madvise(map + page, page, MADV_COLD), 0);
	ck_assert_int_eq(madvise(map + 2 * page, page, MADV_FREE), 0);
	ck_assert(page_is(map, 0));
	ck_assert(page_is(map + page, 'd'));
	ck_assert(page_is(map + 2 * page, 'd'));
}
END_TEST

START_TEST(advice_that_is_refused_was_applied_before_the_droppable_part)
{
	size_t page = page_bytes();
	char *map = ordinary_pages(3, 'o');

	ck_assert_ptr_eq(mmap(map + page, page, RW, D | MAP_FIXED, -1, 0),
			 map + page);
	ck_assert_int_eq(madvise(map, page, MADV_DONTDUMP), 0);
	ck_assert_int_eq(madvise(map + 2 * page, page, MADV_DONTDUMP), 0);
	ck_assert_int_eq(madvise(map, 3 * page, MADV_DODUMP), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert(!has_flag(map, "dd"));
	ck_assert(has_flag(map + 2 * page, "dd"));
}
END_TEST

START_TEST(a_hole_is_reported_after_the_rest_was_done)
{
	size_t page = page_bytes();
	char *map = droppable_pages(4, 'd');

	ck_assert_int_eq(munmap(map + page, page), 0);
	ck_assert_int_eq(madvise(map, 4 * page, MADV_PAGEOUT), -1);
	ck_assert_int_eq(errno, ENOMEM);
	ck_assert(page_is(map, 0));
	ck_assert(page_is(map + 3 * page, 0));
}
END_TEST

START_TEST(droppable_memory_is_never_merged)
{
	size_t page = page_bytes();
	char *map = ordinary_pages(2, 'o');

	ck_assert_ptr_eq(mmap(map + page, page, RW, D | MAP_FIXED, -1, 0),
			 map + page);
	ck_assert_int_eq(madvise(map, 2 * page, MADV_MERGEABLE), 0);
	ck_assert(has_flag(map, "mg"));
	ck_assert(!has_flag(map + page, "mg"));
	/* New in 6.4. */
	if (prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0))
		return;
	ck_assert(!has_flag(map + page, "mg"));
	map = droppable_pages(1, 'd');
	ck_assert(!has_flag(map, "mg"));
	prctl(PR_SET_MEMORY_MERGE, 0, 0, 0, 0);
}
END_TEST

/* Run in a program of its own, whose parent has asked for merging. */
static int inherit_merging(void)
{
	char *map = droppable_pages(1, 'd');

	return map && !has_flag(map, "mg") ? 0 : 1;
}

/* From 6.7 on exec keeps the mode. */
START_TEST(a_merging_parent_merges_no_droppable_memory)
{
	pid_t pid = fork();
	int status;

	if (!pid) {
		prctl(PR_SET_MEMORY_MERGE, 1, 0, 0, 0);
		execl("/proc/self/exe", "advice", "merging", NULL);
		_exit(126);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(locking_populates_and_locks_nothing)
{
	size_t page = page_bytes();
	unsigned char present = 0;
	char *map = droppable_pages(2, 0);

	ck_assert_int_eq(mlock(map, page), 0);
	ck_assert_int_eq(mincore(map, page, &present), 0);
	ck_assert_int_eq(present & 1, 1);
	ck_assert(!has_flag(map, "lo"));
	present = 0;
	ck_assert_int_eq(mlock2(map + page, page, MLOCK_ONFAULT), 0);
	ck_assert_int_eq(mincore(map + page, page, &present), 0);
	ck_assert_int_eq(present & 1, 1);
	ck_assert(!has_flag(map + page, "lo"));
	ck_assert_int_eq(munlock(map, 2 * page), 0);
}
END_TEST

START_TEST(of_a_mixed_range_the_ordinary_part_is_locked)
{
	size_t page = page_bytes();
	char *map = ordinary_pages(3, 'o');

	ck_assert_ptr_eq(mmap(map + page, page, RW, D | MAP_FIXED, -1, 0),
			 map + page);
	ck_assert_int_eq(mlock(map, 3 * page), 0);
	ck_assert(has_flag(map, "lo"));
	ck_assert(!has_flag(map + page, "lo"));
	ck_assert(has_flag(map + 2 * page, "lo"));
}
END_TEST

START_TEST(mlockall_leaves_droppable_memory_unlocked)
{
	char *before = droppable_pages(2, 'd');
	unsigned char present = 0;
	char *after;

	ck_assert_int_eq(mlockall(MCL_CURRENT | MCL_FUTURE), 0);
	after = droppable_pages(2, 0);
	ck_assert_ptr_nonnull(after);
	ck_assert(!has_flag(before, "lo"));
	ck_assert(!has_flag(after, "lo"));
	ck_assert_int_eq(mincore(after, page_bytes(), &present), 0);
	ck_assert_int_eq(present & 1, 1);
	ck_assert_int_eq(munlockall(), 0);
}
END_TEST

START_TEST(mlockall_of_the_future_populates_also_on_fault)
{
	unsigned char present = 0;
	char *map;

	ck_assert_int_eq(mlockall(MCL_FUTURE | MCL_ONFAULT), 0);
	map = droppable_pages(2, 0);
	ck_assert_ptr_nonnull(map);
	ck_assert(!has_flag(map, "lo"));
	ck_assert_int_eq(mincore(map, page_bytes(), &present), 0);
	ck_assert_int_eq(present & 1, 1);
	ck_assert_int_eq(munlockall(), 0);
}
END_TEST

static bool has_onfault(void)
{
	return !mlockall(MCL_CURRENT | MCL_ONFAULT) && !munlockall();
}

/* With the flag of 5.11 everyone may have one. */
static int open_userfaultfd(void)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | 1);

	return fd < 0 ? (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK)
		      : fd;
}

static bool has_userfaultfd(void)
{
	int fd = open_userfaultfd();

	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != ENOSYS;
}

START_TEST(userfaultfd_refuses_any_overlap)
{
	struct uffdio_api api = {.api = UFFD_API};
	size_t page = page_bytes();
	char *map = ordinary_pages(3, 'o');
	struct uffdio_register reg = {
		.range = {.start = (uintptr_t)map, .len = 3 * page},
		.mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = open_userfaultfd();

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_API, &api), 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_REGISTER, &reg), 0);
	ck_assert_int_eq(ioctl(fd, UFFDIO_UNREGISTER, &reg.range), 0);
	ck_assert_ptr_eq(mmap(map + page, page, RW, D | MAP_FIXED, -1, 0),
			 map + page);
	ck_assert_int_eq(ioctl(fd, UFFDIO_REGISTER, &reg), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq((int)syscall(SYS_ioctl, fd, UFFDIO_REGISTER,
				      &reg),
			 -1);
	ck_assert(!has_flag(map, "um"));
	/* Another kind of file has never heard of the request. */
	ck_assert_int_eq(ioctl(0, UFFDIO_REGISTER, &reg), -1);
	ck_assert_int_ne(errno, EINVAL);
	close(fd);
}
END_TEST

int main(int argc, char **argv)
{
	const TTest *const claims[] = {
		each_advice_has_the_kernels_result,
		posix_advice_changes_nothing,
		dontneed_zeroes_and_cold_and_free_keep,
		advice_that_is_refused_was_applied_before_the_droppable_part,
		a_hole_is_reported_after_the_rest_was_done,
		claim_if(kernel_takes(MADV_MERGEABLE), "KSM",
			 droppable_memory_is_never_merged),
		a_merging_parent_merges_no_droppable_memory,
		locking_populates_and_locks_nothing,
		of_a_mixed_range_the_ordinary_part_is_locked,
		mlockall_leaves_droppable_memory_unlocked,
		claim_if(has_onfault(), "MCL_ONFAULT",
			 mlockall_of_the_future_populates_also_on_fault),
		claim_if(has_userfaultfd(), "userfaultfd()",
			 userfaultfd_refuses_any_overlap),
	};

	if (argc > 1 && !strcmp(argv[1], "merging"))
		return inherit_merging();
	return CLAIMS_RUN("advice", claims);
}
