/* SPDX-License-Identifier: MIT */
/* droppable_stats() and droppable_reclaimable(): what there is, what was done.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../claims.h"
#include "droppable.h"

#define PAGES 8
#define MANY 1000
#define RW (PROT_READ | PROT_WRITE)
#define ADVICE_FREE 8
#define ADVICE_WIPEONFORK 18

static size_t page_bytes;

/* Pinnable, so that it is emulated on every kernel. */
static char *map(size_t pages)
{
	char *at;

	page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	at = droppable_map(pages * page_bytes, RW, DROPPABLE_PINNABLE);
	ck_assert_ptr_ne(at, MAP_FAILED);
	return at;
}

static struct droppable_stats now(void)
{
	struct droppable_stats stats = {.size = sizeof(stats)};

	errno = 77;
	ck_assert_int_eq(droppable_stats(&stats), 0);
	ck_assert_int_eq(errno, 77);
	ck_assert_uint_eq(stats.size, sizeof(stats));
	return stats;
}

/* Does ordinary memory take that advice? */
static bool takes(int advice)
{
	size_t len = (size_t)sysconf(_SC_PAGESIZE);
	void *at = mmap(NULL, len, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool taken = !madvise(at, len, advice);

	munmap(at, len);
	return taken;
}

START_TEST(where_there_was_nothing_all_is_zero)
{
	struct droppable_stats stats = now(), zeros = {.size = sizeof(zeros)};

	ck_assert_mem_eq(&stats, &zeros, sizeof(stats));
	ck_assert_uint_eq(droppable_reclaimable(), 0);
}
END_TEST

START_TEST(what_there_is_is_told_by_kind)
{
	char *at = map(PAGES);
	struct droppable_stats stats;

	memset(at, 'a', 5 * page_bytes);
	ck_assert_int_eq(droppable_pin(at + page_bytes, 2 * page_bytes, NULL),
			 0);
	stats = now();
	ck_assert_uint_eq(stats.regions, 1);
	ck_assert_uint_eq(stats.mapped_bytes, PAGES * page_bytes);
	ck_assert_uint_eq(stats.resident_bytes, 5 * page_bytes);
	ck_assert_uint_eq(stats.pinned_bytes, 2 * page_bytes);
	ck_assert_uint_eq(stats.armed_bytes, 0);
	ck_assert_uint_eq(stats.swapped_bytes, 0);
	ck_assert_uint_eq(droppable_reclaimable(), 3 * page_bytes);
	ck_assert_int_eq(droppable_unmap(at + 4 * page_bytes, page_bytes), 0);
	stats = now();
	ck_assert_uint_eq(stats.regions, 2);
	ck_assert_uint_eq(stats.mapped_bytes, (PAGES - 1) * page_bytes);
	ck_assert_uint_eq(stats.resident_bytes, 4 * page_bytes);
}
END_TEST

START_TEST(what_can_be_freed_is_what_a_trim_frees)
{
	char *at = map(PAGES);
	uint64_t bytes;

	memset(at, 'a', 7 * page_bytes);
	ck_assert_int_eq(droppable_pin(at, page_bytes, NULL), 0);
	bytes = droppable_reclaimable();
	ck_assert_uint_eq(bytes, 6 * page_bytes);
	ck_assert_uint_eq(droppable_trim(UINT64_MAX), bytes);
	ck_assert_uint_eq(droppable_reclaimable(), 0);
}
END_TEST

START_TEST(what_is_armed_is_what_the_kernel_calls_so)
{
	size_t len = MANY * (size_t)sysconf(_SC_PAGESIZE);
	char *at = map(MANY);
	/* Not ours to tell of. */
	char *other = mmap(NULL, len, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	uint64_t armed_bytes;

	memset(at, 'a', len);
	memset(other, 'a', len);
	ck_assert_int_eq(madvise(at, len, ADVICE_FREE), 0);
	madvise(other, len, ADVICE_FREE);
	armed_bytes = now().armed_bytes;
	ck_assert_uint_le(armed_bytes, len);
	/* The kernel puts off the last few, a batch for each CPU. */
	if (takes(ADVICE_FREE))
		ck_assert_uint_gt(armed_bytes, len / 2);
	else
		ck_assert_uint_eq(armed_bytes, 0);
}
END_TEST

START_TEST(what_was_dropped_is_counted_by_cause)
{
	char *at = map(PAGES);
	struct droppable_stats stats;

	memset(at, 'a', PAGES * page_bytes);
	ck_assert_int_ge(droppable_drop(at, 2 * page_bytes), 0);
	ck_assert_int_ge(droppable_drop(at, 3 * page_bytes), 0);
	/* Nothing there: nothing is counted. */
	ck_assert_int_eq(droppable_drop(at, 3 * page_bytes), 0);
	ck_assert_uint_eq(droppable_trim(UINT64_MAX), 5 * page_bytes);
	ck_assert_uint_eq(droppable_trim(UINT64_MAX), 0);
	stats = now();
	for (int i = 0; i < DROPPABLE_CAUSES; i++) {
		uint64_t pages = i == DROPPABLE_BY_DROP	  ? 3
				 : i == DROPPABLE_BY_TRIM ? 5
							  : 0;
		uint64_t times = i == DROPPABLE_BY_DROP	  ? 2
				 : i == DROPPABLE_BY_TRIM ? 1
							  : 0;

		ck_assert_uint_eq(stats.dropped_bytes[i], pages * page_bytes);
		ck_assert_uint_eq(stats.dropped_times[i], times);
	}
	ck_assert_uint_ge(stats.drop_calls, 4);
}
END_TEST

#define THREADS 4
#define ROUNDS 1000

static void *drop_often(void *arg)
{
	char *page = arg;

	for (int i = 0; i < ROUNDS; i++) {
		*page = 'a';
		if (droppable_drop(page, 1) != (int64_t)page_bytes)
			return NULL;
	}
	return arg;
}

START_TEST(no_thread_is_counted_over)
{
	char *at = map(THREADS);
	struct droppable_stats stats;
	pthread_t threads[THREADS];
	void *done;

	for (size_t i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, drop_often,
						at + i * page_bytes),
				 0);
	for (int i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &done);
		ck_assert_ptr_nonnull(done);
	}
	stats = now();
	ck_assert_uint_eq(stats.dropped_times[DROPPABLE_BY_DROP],
			  THREADS * ROUNDS);
	ck_assert_uint_eq(stats.dropped_bytes[DROPPABLE_BY_DROP],
			  THREADS * ROUNDS * page_bytes);
	ck_assert_uint_eq(stats.drop_calls, THREADS * ROUNDS);
}
END_TEST

START_TEST(the_watchers_looks_are_counted)
{
	struct droppable_stats stats = {0};

	map(PAGES);
	for (int i = 0; i < 2000 && !(stats.looks && stats.cpu_us); i++) {
		usleep(10000);
		stats = now();
	}
	ck_assert_uint_ge(stats.looks, 1);
	ck_assert_uint_gt(stats.cpu_us, 0);
}
END_TEST

/* Of another version: shorter, and longer. */
union other {
	struct droppable_stats ours;
	uint64_t words[sizeof(struct droppable_stats) / 8 + 8];
};

START_TEST(a_caller_of_an_older_version_gets_what_it_knows)
{
	union other other;

	map(PAGES);
	memset(&other, 0x77, sizeof(other));
	other.words[0] = 3 * 8;
	ck_assert_int_eq(droppable_stats(&other.ours), 0);
	ck_assert_uint_eq(other.words[0], 3 * 8);
	ck_assert_uint_eq(other.words[1], 1);
	ck_assert_uint_eq(other.words[2], PAGES * page_bytes);
	for (size_t i = 3; i < sizeof(other) / 8; i++)
		ck_assert_uint_eq(other.words[i], 0x7777777777777777);
}
END_TEST

START_TEST(a_caller_of_a_newer_version_gets_zeros_for_the_rest)
{
	union other other;

	map(PAGES);
	memset(&other, 0x77, sizeof(other));
	other.words[0] = sizeof(other) - 8;
	ck_assert_int_eq(droppable_stats(&other.ours), 0);
	ck_assert_uint_eq(other.words[0], sizeof(struct droppable_stats));
	ck_assert_uint_eq(other.words[1], 1);
	for (size_t i = 0; i < 7; i++)
		ck_assert_uint_eq(
			other.words[sizeof(struct droppable_stats) / 8 + i], 0);
	ck_assert_uint_eq(other.words[sizeof(other) / 8 - 1],
			  0x7777777777777777);
}
END_TEST

START_TEST(a_size_that_cannot_be_is_refused)
{
	static const uint64_t wrong[] = {0, 1, 7, 4097, UINT64_MAX};
	struct droppable_stats stats, before;

	memset(&stats, 0x77, sizeof(stats));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		stats.size = wrong[i];
		before = stats;
		ck_assert_int_eq(droppable_stats(&stats), -1);
		ck_assert_int_eq(errno, EINVAL);
		ck_assert_mem_eq(&stats, &before, sizeof(stats));
	}
}
END_TEST

/* 0 if a child has what it must have: nothing done, all of it lost. */
static int child_begins_anew(size_t bytes)
{
	struct droppable_stats stats = {.size = sizeof(stats)};

	if (droppable_stats(&stats))
		return 1;
	if (stats.regions != 1 || stats.mapped_bytes != bytes)
		return 2;
	if (stats.dropped_bytes[DROPPABLE_BY_DROP])
		return 3;
	/* Else the library wipes, call by call. */
	if (stats.drop_calls && takes(ADVICE_WIPEONFORK))
		return 6;
	if (stats.dropped_bytes[DROPPABLE_BY_FORK] != bytes ||
	    stats.dropped_times[DROPPABLE_BY_FORK] != 1)
		return 4;
	return stats.resident_bytes || droppable_reclaimable() ? 5 : 0;
}

static void check_child(pid_t pid)
{
	int status;

	if (!pid)
		_exit(child_begins_anew(PAGES * page_bytes));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_int_eq(status, 0);
	ck_assert_uint_eq(now().dropped_times[DROPPABLE_BY_DROP], 1);
	ck_assert_uint_eq(now().dropped_times[DROPPABLE_BY_FORK], 0);
}

static void map_and_drop(void)
{
	char *at = map(PAGES);

	memset(at, 'a', PAGES * page_bytes);
	ck_assert_int_ge(droppable_drop(at, page_bytes), 0);
}

START_TEST(a_child_begins_at_nothing_done)
{
	map_and_drop();
	check_child(fork());
}
END_TEST

START_TEST(so_does_a_child_made_behind_the_librarys_back)
{
	map_and_drop();
	/* Where a fork does not wipe, it is not noticed. */
	if (takes(ADVICE_WIPEONFORK))
		check_child(_Fork());
}
END_TEST

static volatile sig_atomic_t handled, went_wrong;

static void ask_in_handler(int signal)
{
	struct droppable_stats stats = {.size = sizeof(stats)};

	(void)signal;
	went_wrong |= droppable_stats(&stats) != 0;
	went_wrong |= droppable_reclaimable() > page_bytes;
	handled++;
}

START_TEST(it_may_be_asked_in_a_signal_handler)
{
	struct itimerval often = {{0, 2000}, {0, 2000}};

	signal(SIGALRM, ask_in_handler);
	setitimer(ITIMER_REAL, &often, NULL);
	while (handled < 200) {
		char *at = map(PAGES);

		*at = 'a';
		ck_assert_int_ge(droppable_drop(at, page_bytes), 0);
		ck_assert_int_eq(droppable_unmap(at, PAGES * page_bytes), 0);
	}
	often.it_value = (struct timeval){0};
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(went_wrong, 0);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		where_there_was_nothing_all_is_zero,
		what_there_is_is_told_by_kind,
		what_can_be_freed_is_what_a_trim_frees,
		what_is_armed_is_what_the_kernel_calls_so,
		what_was_dropped_is_counted_by_cause,
		no_thread_is_counted_over,
		the_watchers_looks_are_counted,
		a_caller_of_an_older_version_gets_what_it_knows,
		a_caller_of_a_newer_version_gets_zeros_for_the_rest,
		a_size_that_cannot_be_is_refused,
		a_child_begins_at_nothing_done,
		so_does_a_child_made_behind_the_librarys_back,
		it_may_be_asked_in_a_signal_handler,
	};

	return CLAIMS_RUN("stats", claims);
}
