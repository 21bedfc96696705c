/* SPDX-License-Identifier: MIT */
/* droppable_loop() and droppable_dispatch(): looking without a thread. */
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../claims.h"
#include "droppable.h"

#define MIB ((size_t)1 << 20)

static int count_threads(void)
{
	DIR *dir = opendir("/proc/self/task");
	int count = 0;

	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

static char *map(void)
{
	char *at =
		droppable_map(MIB, PROT_READ | PROT_WRITE, DROPPABLE_PINNABLE);

	ck_assert_ptr_ne(at, MAP_FAILED);
	memset(at, 'a', MIB);
	return at;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, timeout_ms) == 1;
}

START_TEST(dispatch_without_a_loop_is_refused)
{
	int ms = 77;

	ck_assert_int_eq(droppable_dispatch(&ms), -1);
	ck_assert_int_eq(errno, EINVAL);
	ck_assert_int_eq(ms, 77);
}
END_TEST

START_TEST(with_a_loop_there_is_no_thread)
{
	int fd, ms;

	map();
	ck_assert_int_eq(count_threads(), 2);
	fd = droppable_loop();
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(droppable_loop(), fd);
	ck_assert_int_eq(count_threads(), 1);
	map();
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
	ck_assert_int_ge(ms, 1);
	ck_assert_int_le(ms, 2000);
	/* What makes the thread pause must not bring it back. */
	ck_assert_int_eq(setuid(getuid()), 0);
	map();
	ck_assert_int_eq(count_threads(), 1);
}
END_TEST

static void *map_in_thread(void *arg)
{
	usleep(100000);
	map();
	return arg;
}

START_TEST(the_first_mapping_wakes_a_loop_that_sleeps)
{
	int fd = droppable_loop(), ms = 0;
	pthread_t thread;

	ck_assert_int_eq(droppable_dispatch(&ms), 0);
	ck_assert_int_eq(ms, -1);
	ck_assert(!is_readable(fd, 0));
	ck_assert_int_eq(pthread_create(&thread, NULL, map_in_thread, NULL), 0);
	ck_assert(is_readable(fd, 20000));
	pthread_join(thread, NULL);
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
	ck_assert_int_gt(ms, 0);
	ck_assert(!is_readable(fd, 0));
}
END_TEST

START_TEST(a_child_has_a_thread_until_it_opens_a_loop)
{
	int ms, status;
	pid_t pid;

	map();
	ck_assert_int_ge(droppable_loop(), 0);
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
	pid = fork();
	if (!pid) {
		int before = count_threads();

		if (droppable_dispatch(&ms) != -1 || droppable_loop() < 0 ||
		    droppable_dispatch(&ms))
			_exit(9);
		_exit(10 * before + count_threads());
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(WEXITSTATUS(status), 21);
	ck_assert_int_eq(count_threads(), 1);
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
}
END_TEST

START_TEST(a_loop_can_be_trimmed)
{
	char *at = map();
	int ms;

	ck_assert_int_ge(droppable_loop(), 0);
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
	ck_assert_uint_eq(droppable_trim(1), MIB);
	ck_assert_int_eq(at[0], 0);
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		dispatch_without_a_loop_is_refused,
		with_a_loop_there_is_no_thread,
		the_first_mapping_wakes_a_loop_that_sleeps,
		a_child_has_a_thread_until_it_opens_a_loop,
		a_loop_can_be_trimmed,
	};

	return CLAIMS_RUN("loop", claims);
}
