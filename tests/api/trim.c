/* SPDX-License-Identifier: MIT */
/* droppable_trim(): giving memory back when the program wants to. */
#include <pthread.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../claims.h"
#include "droppable.h"

#define REGIONS 4
#define MIB ((size_t)1 << 20)

static char *region[REGIONS];

/* Pinnable, so that they are emulated on every kernel. */
static void make_regions(void)
{
	for (size_t i = 0; i < REGIONS; i++) {
		region[i] = droppable_map(MIB, PROT_READ | PROT_WRITE,
					  DROPPABLE_PINNABLE);
		ck_assert_ptr_ne(region[i], MAP_FAILED);
		/* They are to stay apart. */
		mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_NONE,
		     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		memset(region[i], 'a', MIB);
	}
}

static const char *state(void)
{
	static char text[REGIONS + 1];

	for (size_t i = 0; i < REGIONS; i++)
		text[i] = region[i][MIB - 1] ? 'k' : 'd';
	return text;
}

START_TEST(without_droppable_memory_there_is_nothing_to_free)
{
	ck_assert_uint_eq(droppable_trim(1), 0);
	ck_assert_uint_eq(droppable_trim(UINT64_MAX), 0);
}
END_TEST

START_TEST(as_much_goes_as_is_asked_for_oldest_first)
{
	make_regions();
	ck_assert_uint_eq(droppable_trim(0), 0);
	ck_assert_str_eq(state(), "kkkk");
	ck_assert_uint_eq(droppable_trim(1), MIB);
	ck_assert_str_eq(state(), "dkkk");
	ck_assert_uint_eq(droppable_trim(MIB + 1), 2 * MIB);
	ck_assert_str_eq(state(), "dddk");
	/* To look at dropped pages has made them resident again. */
	ck_assert_uint_ge(droppable_trim(UINT64_MAX), MIB);
	ck_assert_uint_eq(droppable_trim(UINT64_MAX), 0);
	ck_assert_str_eq(state(), "dddd");
}
END_TEST

START_TEST(pinned_pages_stay)
{
	make_regions();
	ck_assert_int_eq(droppable_pin(region[1], MIB, NULL), 0);
	ck_assert_uint_eq(droppable_trim(UINT64_MAX), 3 * MIB);
	ck_assert_str_eq(state(), "dkdd");
}
END_TEST

START_TEST(in_a_child_the_childs_memory_goes)
{
	int status;
	pid_t pid;

	make_regions();
	pid = fork();
	if (!pid) {
		memset(region[2], 'c', MIB);
		_exit(droppable_trim(UINT64_MAX) != MIB || region[2][0]);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_str_eq(state(), "kkkk");
}
END_TEST

static void *trim_often(void *arg)
{
	uint64_t *freed = arg;

	for (int i = 0; i < 100; i++) {
		memset(region[0], 'b', MIB);
		*freed += droppable_trim(MIB / 2);
	}
	return NULL;
}

static void *change_user_often(void *arg)
{
	/* The watcher is gone meanwhile. */
	for (int i = 0; i < 40; i++)
		if (setuid(getuid()))
			return arg;
	return NULL;
}

START_TEST(threads_may_trim_while_the_watcher_comes_and_goes)
{
	pthread_t trimmer[3], changer;
	uint64_t freed[3] = {0};
	void *failed;

	make_regions();
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(pthread_create(&trimmer[i], NULL, trim_often,
						&freed[i]),
				 0);
	ck_assert_int_eq(
		pthread_create(&changer, NULL, change_user_often, freed), 0);
	for (int i = 0; i < 3; i++) {
		pthread_join(trimmer[i], NULL);
		ck_assert_uint_gt(freed[i], 0);
	}
	pthread_join(changer, &failed);
	ck_assert_ptr_null(failed);
	ck_assert_uint_ge(droppable_trim(UINT64_MAX), 0);
	ck_assert_str_eq(state(), "dddd");
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		without_droppable_memory_there_is_nothing_to_free,
		as_much_goes_as_is_asked_for_oldest_first,
		pinned_pages_stay,
		in_a_child_the_childs_memory_goes,
		threads_may_trim_while_the_watcher_comes_and_goes,
	};

	return CLAIMS_RUN("trim", claims);
}
