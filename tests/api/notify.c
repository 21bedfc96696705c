/* SPDX-License-Identifier: MIT */
/* droppable_notify(): being told that memory was dropped, and why. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../claims.h"
#include "droppable.h"

#define RW (PROT_READ | PROT_WRITE)
#define ADVICE_WIPEONFORK 18
#define LISTENERS 8

static char *page;
static size_t page_bytes;

/* Pinnable, so that it is emulated on every kernel. */
static void map(void)
{
	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	page = droppable_map(page_bytes, RW, DROPPABLE_PINNABLE);
	ck_assert_ptr_ne(page, MAP_FAILED);
}

/* From its first look on it has a descriptor table of its own. */
static void wait_for_watcher(void)
{
	struct droppable_stats stats = {.size = sizeof(stats)};

	for (int i = 0; i < 2000 && !stats.looks; i++) {
		usleep(10000);
		ck_assert_int_eq(droppable_stats(&stats), 0);
	}
	ck_assert_uint_gt(stats.looks, 0);
}

static void drop(void)
{
	*page = 'a';
	ck_assert_int_eq(droppable_drop(page, 1), (int64_t)page_bytes);
}

static int notify(unsigned int causes)
{
	int fd;

	errno = 77;
	fd = droppable_notify(causes);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(errno, 77);
	return fd;
}

static bool is_readable(int fd, int timeout_ms)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, timeout_ms) == 1 && poll_fd.revents == POLLIN;
}

/* Returns false if there is no record. */
static bool take(int fd, struct droppable_event *event)
{
	ssize_t len = read(fd, event, sizeof(*event));

	if (len < 0) {
		ck_assert_int_eq(errno, EAGAIN);
		return false;
	}
	ck_assert_int_eq(len, sizeof(*event));
	ck_assert_uint_eq(event->size, sizeof(*event));
	return true;
}

static void ck_told(int fd, uint32_t cause, size_t pages)
{
	struct droppable_event event;

	ck_assert(take(fd, &event));
	ck_assert_uint_eq(event.cause, cause);
	ck_assert_uint_eq(event.bytes, pages * page_bytes);
	ck_assert_uint_eq(event.times, 1);
	ck_assert_str_eq(event.source, "");
}

static void ck_silent(int fd)
{
	struct droppable_event event;

	ck_assert(!take(fd, &event));
}

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}

START_TEST(it_is_readable_from_a_drop_on_until_that_is_read)
{
	struct timespec clock;
	struct droppable_event event;
	int fd = notify(0);

	map();
	ck_assert(!is_readable(fd, 0));
	clock_gettime(CLOCK_MONOTONIC, &clock);
	drop();
	ck_assert(is_readable(fd, 0));
	ck_assert(is_readable(fd, 0));
	ck_assert(take(fd, &event));
	ck_assert_uint_eq(event.cause, DROPPABLE_BY_DROP);
	ck_assert_uint_eq(event.bytes, page_bytes);
	ck_assert_uint_eq(event.times, 1);
	ck_assert_int_ge(event.last_us, clock.tv_sec * INT64_C(1000000) +
						clock.tv_nsec / 1000);
	ck_assert(!is_readable(fd, 0));
	ck_silent(fd);
	/* Nothing was there: nothing was dropped. */
	ck_assert_int_eq(droppable_drop(page, 1), 0);
	ck_silent(fd);
}
END_TEST

START_TEST(a_trim_is_told_as_a_trim)
{
	int fd = notify(0);

	map();
	*page = 'a';
	ck_assert_uint_eq(droppable_trim(1), page_bytes);
	ck_told(fd, DROPPABLE_BY_TRIM, 1);
	ck_silent(fd);
}
END_TEST

START_TEST(only_what_is_asked_for_is_told)
{
	int fd = notify(1u << DROPPABLE_BY_TRIM | 1u << DROPPABLE_BY_FORK);

	map();
	drop();
	ck_silent(fd);
	*page = 'a';
	ck_assert_uint_eq(droppable_trim(1), page_bytes);
	ck_told(fd, DROPPABLE_BY_TRIM, 1);
}
END_TEST

START_TEST(each_listener_is_told)
{
	int first = notify(0), second = notify(0);

	map();
	drop();
	ck_told(first, DROPPABLE_BY_DROP, 1);
	close(first);
	/* Nobody reads any more there. */
	drop();
	ck_told(second, DROPPABLE_BY_DROP, 1);
	ck_told(second, DROPPABLE_BY_DROP, 1);
	ck_silent(second);
}
END_TEST

START_TEST(it_fits_epoll)
{
	struct epoll_event event = {.events = EPOLLIN};
	int epoll = epoll_create1(0), fd = notify(0);

	map();
	ck_assert_int_eq(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
	ck_assert_int_eq(epoll_wait(epoll, &event, 1, 0), 0);
	drop();
	ck_assert_int_eq(epoll_wait(epoll, &event, 1, 0), 1);
	ck_assert_uint_eq(event.events, EPOLLIN);
	ck_assert_int_eq(epoll_wait(epoll, &event, 1, 0), 1);
	ck_told(fd, DROPPABLE_BY_DROP, 1);
	ck_assert_int_eq(epoll_wait(epoll, &event, 1, 0), 0);
}
END_TEST

#define MANY 3000

/* Read all until so many drops were told; the number of records. */
static int take_all(int fd, uint64_t times)
{
	struct droppable_event event;
	uint64_t told = 0, bytes = 0;
	int records = 0;

	while (told < times && is_readable(fd, 20000))
		while (take(fd, &event)) {
			ck_assert_uint_eq(event.cause, DROPPABLE_BY_DROP);
			told += event.times;
			bytes += event.bytes;
			records++;
		}
	ck_assert_uint_eq(told, times);
	ck_assert_uint_eq(bytes, times * page_bytes);
	return records;
}

START_TEST(who_drops_waits_for_no_reader_and_nothing_is_lost)
{
	int fd, records;

	map();
	wait_for_watcher();
	fd = notify(0);
	for (int i = 0; i < MANY; i++)
		drop();
	/* What did not fit comes from the watcher: nobody else is left. */
	records = take_all(fd, MANY);
	ck_assert_int_gt(records, 10);
	ck_assert_int_lt(records, MANY);
}
END_TEST

START_TEST(that_holds_too_when_there_is_nothing_left_to_watch)
{
	int fd = notify(0);

	map();
	for (int i = 0; i < MANY; i++)
		drop();
	ck_assert_int_eq(droppable_unmap(page, page_bytes), 0);
	/* When this is done the watcher has seen that, and sleeps. */
	ck_assert_uint_eq(droppable_trim(1), 0);
	take_all(fd, MANY);
}
END_TEST

START_TEST(and_without_a_thread)
{
	int fd = notify(0), ms = -1;

	map();
	ck_assert_int_ge(droppable_loop(), 0);
	for (int i = 0; i < MANY; i++)
		drop();
	ck_assert_int_eq(droppable_unmap(page, page_bytes), 0);
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
	/* Nothing to watch, but something to tell. */
	ck_assert_int_gt(ms, 0);
	while (is_readable(fd, 0)) {
		struct droppable_event event;

		ck_assert(take(fd, &event));
	}
	ck_assert_int_eq(droppable_dispatch(&ms), 0);
	ck_assert_int_eq(ms, -1);
	ck_assert(is_readable(fd, 0));
}
END_TEST

START_TEST(listeners_come_and_go_and_leave_nothing)
{
	int before, fd[LISTENERS + 1];

	map();
	close(notify(0));
	before = count_descriptors();
	for (int i = 0; i < 20; i++) {
		close(notify(0));
		drop();
	}
	ck_assert_int_eq(count_descriptors(), before);
	for (int i = 0; i < LISTENERS; i++)
		fd[i] = notify(0);
	ck_assert_int_eq(droppable_notify(0), -1);
	ck_assert_int_eq(errno, EMFILE);
	close(fd[3]);
	fd[3] = notify(0);
	drop();
	for (int i = 0; i < LISTENERS; i++) {
		ck_told(fd[i], DROPPABLE_BY_DROP, 1);
		ck_silent(fd[i]);
	}
}
END_TEST

START_TEST(unknown_causes_are_refused)
{
	ck_assert_int_eq(droppable_notify(1u << 6), -1);
	ck_assert_int_eq(errno, EINVAL);
	errno = 0;
	ck_assert_int_eq(droppable_notify(~0u), -1);
	ck_assert_int_eq(errno, EINVAL);
}
END_TEST

START_TEST(without_a_descriptor_left_there_is_none)
{
	struct rlimit limit = {3, 1024};

	map();
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(droppable_notify(0), -1);
	ck_assert_int_eq(errno, EMFILE);
	limit.rlim_cur = 4;
	setrlimit(RLIMIT_NOFILE, &limit);
	ck_assert_int_eq(droppable_notify(0), -1);
	ck_assert_int_eq(errno, EMFILE);
	drop();
}
END_TEST

#define FLOOR 900

/*
 * What daemons do, and then the numbers are other files'.  Without libcheck,
 * which has a descriptor too.  0 if all is as it must be.
 */
static int close_all_and_drop(void)
{
	char name[] = "/tmp/notify-XXXXXX";
	struct droppable_event event;
	struct stat st;
	int file, fd;

	for (fd = 3; fd < 1024; fd++)
		close(fd);
	file = mkstemp(name);
	unlink(name);
	for (fd = FLOOR; fd < FLOOR + 60; fd++)
		if (file < 0 || dup2(file, fd) != fd)
			return 1;
	for (int i = 0; i < 10; i++) {
		*page = 'a';
		if (droppable_drop(page, 1) < 0)
			return 2;
	}
	if (fstat(file, &st) || st.st_size)
		return 3;
	/* And it can be begun again. */
	fd = droppable_notify(0);
	*page = 'a';
	if (fd < 0 || droppable_drop(page, 1) < 0)
		return 4;
	if (read(fd, &event, sizeof(event)) != sizeof(event) ||
	    event.cause != DROPPABLE_BY_FORK)
		return 5;
	return read(fd, &event, sizeof(event)) != sizeof(event) ||
	       event.cause != DROPPABLE_BY_DROP;
}

START_TEST(nothing_is_written_into_a_file_of_the_programs)
{
	int status;
	pid_t pid;

	map();
	notify(0);
	pid = fork();
	if (!pid)
		_exit(close_all_and_drop());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(should_our_end_be_closed_it_ends)
{
	struct droppable_event event;
	int fd = notify(0);

	for (int i = FLOOR; i < FLOOR + 60; i++)
		close(i);
	ck_assert_int_eq(read(fd, &event, sizeof(event)), 0);
}
END_TEST

/* 0 if a child has what it must have on the inherited descriptor. */
static int in_child(int fd)
{
	ck_told(fd, DROPPABLE_BY_FORK, 1);
	drop();
	ck_told(fd, DROPPABLE_BY_DROP, 1);
	ck_silent(fd);
	return 0;
}

/* Parent and child drop in turn, and each is told of its own. */
static void check_child(int fd, pid_t (*make)(void))
{
	int status;
	pid_t pid;

	drop();
	pid = make();
	if (!pid) {
		/* A call that concerns droppable memory: then it knows. */
		droppable_reclaimable();
		_exit(in_child(fd));
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	drop();
	ck_told(fd, DROPPABLE_BY_DROP, 1);
	ck_told(fd, DROPPABLE_BY_DROP, 1);
	ck_silent(fd);
}

START_TEST(a_child_is_told_of_the_fork_and_of_its_own)
{
	map();
	check_child(notify(0), fork);
}
END_TEST

START_TEST(so_is_a_child_made_behind_the_librarys_back)
{
	map();
	/* Where a fork does not wipe, it is not noticed. */
	if (!madvise(page, 0, ADVICE_WIPEONFORK))
		check_child(notify(0), _Fork);
}
END_TEST

START_TEST(a_child_may_ask_to_be_told_of_the_fork)
{
	int status;
	pid_t pid;

	map();
	pid = fork();
	if (!pid) {
		int fd = notify(1u << DROPPABLE_BY_FORK);

		ck_told(fd, DROPPABLE_BY_FORK, 1);
		drop();
		ck_silent(fd);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(the_numbers_a_child_uses_otherwise_are_left_alone)
{
	int fd = notify(0), status, other;
	pid_t pid;

	map();
	/* The number is another file's by the time of the fork. */
	other = open("/dev/null", O_RDONLY);
	ck_assert_int_eq(dup2(other, fd), fd);
	pid = fork();
	if (!pid) {
		char byte;

		drop();
		_exit(read(fd, &byte, 1) ? 1 : 0);
	}
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(an_executed_program_inherits_none)
{
	int fd = notify(0), status;
	pid_t pid = fork();

	if (!pid) {
		ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
		ck_assert(fcntl(fd, F_GETFL) & O_NONBLOCK);
		_exit(0);
	}
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		it_is_readable_from_a_drop_on_until_that_is_read,
		a_trim_is_told_as_a_trim,
		only_what_is_asked_for_is_told,
		each_listener_is_told,
		it_fits_epoll,
		who_drops_waits_for_no_reader_and_nothing_is_lost,
		that_holds_too_when_there_is_nothing_left_to_watch,
		and_without_a_thread,
		listeners_come_and_go_and_leave_nothing,
		unknown_causes_are_refused,
		without_a_descriptor_left_there_is_none,
		nothing_is_written_into_a_file_of_the_programs,
		should_our_end_be_closed_it_ends,
		a_child_is_told_of_the_fork_and_of_its_own,
		so_is_a_child_made_behind_the_librarys_back,
		a_child_may_ask_to_be_told_of_the_fork,
		the_numbers_a_child_uses_otherwise_are_left_alone,
		an_executed_program_inherits_none,
	};

	return CLAIMS_RUN("notify", claims);
}
