/* SPDX-License-Identifier: MIT */
/* What a child finds in droppable memory. */
#include <dirent.h>
#include <spawn.h>
#include <sys/resource.h>
#include <time.h>

#include "child.h"

START_TEST(a_forked_child_reads_zeros_and_inherits)
{
	try_fork(fork);
}
END_TEST

START_TEST(a_vforked_child_wipes_nothing)
{
	char *volatile map = droppable_pages(PAGES, 'p');
	pid_t pid = vfork();

	if (!pid)
		_exit(map[0] == 'p' ? 0 : 1);
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(a_spawned_program_wipes_nothing)
{
	char *const argv[] = {(char *)"true", NULL};
	char *map = droppable_pages(PAGES, 'p');
	pid_t pid;

	ck_assert_int_eq(posix_spawnp(&pid, "true", NULL, NULL, argv, environ),
			 0);
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(a_child_can_map_and_unmap)
{
	char *map = droppable_pages(PAGES, 'p');
	pid_t pid = fork();

	if (!pid) {
		char *more = droppable_pages(PAGES, 'm');

		_exit(more && page_is(more, 'm') && is_droppable(more) &&
				      !munmap(map, PAGES * page_bytes()) &&
				      !munmap(more, PAGES * page_bytes())
			      ? 0
			      : 1);
	}
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

/* What is open, but for the folder that is being read. */
static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = -3;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

START_TEST(a_child_has_no_descriptor_more)
{
	char *map = droppable_pages(PAGES, 'p');
	int before = count_descriptors();
	pid_t pid = fork();

	if (!pid)
		_exit(count_descriptors() == before ? 0 : 1);
	wants(pid, 0);
	ck_assert(page_is(map, 'p'));
}
END_TEST

START_TEST(children_of_a_busy_process_never_hang)
{
	busy_children(fork);
}
END_TEST

/* Each of three pages, of which no child gets the one in the middle. */
static char *torn_regions(size_t count)
{
	size_t page = page_bytes();
	char *base = mmap(NULL, count * 4 * page, PROT_NONE,
			  MAP_ANONYMOUS | MAP_PRIVATE | MAP_NORESERVE, -1, 0);

	ck_assert_ptr_ne(base, MAP_FAILED);
	for (size_t i = 0; i < count; i++) {
		char *at = base + i * 4 * page;

		ck_assert_ptr_eq(mmap(at, 3 * page, RW, D | MAP_FIXED, -1, 0),
				 at);
		ck_assert_int_eq(madvise(at + page, page, MADV_DONTFORK), 0);
	}
	return base;
}

static double seconds_of(struct timeval tv)
{
	return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

/* Of processors, by parent and child: other programs do not count. */
static double fork_takes(void)
{
	double least = 1e9;

	for (int i = 0; i < 3; i++) {
		struct timespec before, after;
		struct rusage child;
		double took;
		pid_t pid;
		int status;

		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
		pid = fork();
		if (!pid)
			_exit(0);
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
		ck_assert_int_eq(wait4(pid, &status, 0, &child), pid);
		ck_assert_int_eq(status, 0);
		took = (double)(after.tv_sec - before.tv_sec) +
		       (double)(after.tv_nsec - before.tv_nsec) / 1e9 +
		       seconds_of(child.ru_utime) + seconds_of(child.ru_stime);
		if (took < least)
			least = took;
	}
	return least;
}

/* Eight times as many: a quadratic one takes 64 times as long. */
START_TEST(a_fork_takes_time_in_proportion_to_the_regions)
{
	char *base = torn_regions(250);
	double few = fork_takes(), many;

	ck_assert_int_eq(munmap(base, 250 * 4 * page_bytes()), 0);
	torn_regions(2000);
	many = fork_takes();
	ck_assert_msg(many < 24 * few, "%g s, then %g s", few, many);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		a_forked_child_reads_zeros_and_inherits,
		a_vforked_child_wipes_nothing,
		a_spawned_program_wipes_nothing,
		a_child_can_map_and_unmap,
		a_child_has_no_descriptor_more,
		children_of_a_busy_process_never_hang,
		a_fork_takes_time_in_proportion_to_the_regions,
	};

	return CLAIMS_RUN("fork", claims);
}
