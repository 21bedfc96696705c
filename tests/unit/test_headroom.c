/* SPDX-License-Identifier: MIT */
/*
 * Headroom, on written texts and in a real cgroup with a limit.  Without the
 * right to make one the last part is missing and the whole is a skip, never a
 * pass.
 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pressure/headroom.h"

#define LEN(text) (sizeof(text) - 1)
#define MIB (1024ull * 1024)
#define LIMIT (256 * MIB)

/* Each CPU keeps up to 64 charged pages and some uncounted ones to itself. */
#define SLACK (8 * MIB)

static char group[256];
static int group_version;

static const char meminfo[] = "MemTotal:    8000 kB\n"
			      "MemAvailable: 5000 kB\n"
			      "Buffers:      100 kB\n"
			      "Cached:      1500 kB\n"
			      "Active(file): 1000 kB\n"
			      "Inactive(file): 2000 kB\n"
			      "Shmem:        600 kB\n";

START_TEST(madv_free_pages_are_no_headroom_of_the_machine)
{
	struct drp_headroom now;

	ck_assert_int_eq(
		drp_headroom_parse_meminfo(meminfo, LEN(meminfo), &now), 0);
	/* 3000 on the file lists, of these 100 + 1500 - 600 page cache. */
	ck_assert_uint_eq(now.lazyfree_bytes, 2000 * 1024);
	ck_assert_uint_eq(now.bytes, (5000 - 2000) * 1024);
	ck_assert_uint_eq(now.limit_bytes, 8000 * 1024);
	ck_assert(!now.swap);
}
END_TEST

START_TEST(meminfo_without_the_two_main_numbers_is_refused)
{
	struct drp_headroom now = {.bytes = 5};

	/* The second line ends at 43. */
	for (size_t len = 0; len < 43; len++)
		ck_assert_int_eq(drp_headroom_parse_meminfo(meminfo, len, &now),
				 -EINVAL);
	ck_assert_uint_eq(now.bytes, 5);
}
END_TEST

START_TEST(without_available_memory_half_of_the_file_lists_is)
{
	static const char old[] = "MemTotal: 800 kB\nMemFree: 100 kB\n"
				  "Cached: 300 kB\nActive(file): 200 kB\n"
				  "Inactive(file): 100 kB\n";
	struct drp_headroom now;

	ck_assert_int_eq(drp_headroom_parse_meminfo(old, LEN(old), &now), 0);
	ck_assert_uint_eq(now.bytes, 250 * 1024);
}
END_TEST

START_TEST(page_cache_that_may_be_locked_is_no_headroom)
{
	static const char v2[] = "file 1000\nshmem 0\ninactive_file 600\n"
				 "active_file 100\nunevictable 400\n";
	struct drp_cgroup_stat stat;

	drp_cgroup_parse_stat(2, v2, LEN(v2), &stat);
	ck_assert_uint_eq(stat.file_bytes, 600);
	ck_assert_uint_eq(stat.lazyfree_bytes, 0);
}
END_TEST

START_TEST(full_swap_is_swap_nevertheless)
{
	static const char some[] = "MemTotal: 8 kB\nMemAvailable: 5 kB\n"
				   "SwapTotal: 9 kB\nSwapFree: 1 kB\n";
	static const char full[] = "MemTotal: 8 kB\nMemAvailable: 5 kB\n"
				   "SwapTotal: 9 kB\nSwapFree: 0 kB\n";
	struct drp_headroom now;

	drp_headroom_parse_meminfo(some, LEN(some), &now);
	ck_assert(now.swap && now.swap_free);
	drp_headroom_parse_meminfo(full, LEN(full), &now);
	ck_assert(now.swap && !now.swap_free);
}
END_TEST

START_TEST(throttling_is_no_scanning)
{
	static const char text[] = "pgsteal_kswapd 7\n"
				   "pgscan_kswapd_dma 1\n"
				   "pgscan_kswapd_normal 10\n"
				   "pgscan_direct 100\n"
				   "pgscan_direct_throttle 5000\n"
				   "pgscan_proactive 1000\n"
				   "pgscan_anon 30\n";

	ck_assert_uint_eq(drp_headroom_parse_vmstat(text, LEN(text)), 1111);
}
END_TEST

START_TEST(madv_free_pages_are_no_page_cache_of_a_cgroup)
{
	static const char v1[] = "cache 9\ninactive_file 9\nactive_file 9\n"
				 "total_cache 1000\ntotal_shmem 300\n"
				 "total_swapcached 200\n"
				 "total_inactive_file 5000\n"
				 "total_active_file 0\n";
	static const char v2[] = "file 1000\nshmem 300\ninactive_file 400\n"
				 "active_file 100\npgscan 42\n";
	struct drp_cgroup_stat stat;

	drp_cgroup_parse_stat(1, v1, LEN(v1), &stat);
	ck_assert_uint_eq(stat.file_bytes, 500);
	ck_assert_uint_eq(stat.lazyfree_bytes, 4500);
	ck_assert_uint_eq(stat.scanned, 0);
	drp_cgroup_parse_stat(2, v2, LEN(v2), &stat);
	ck_assert_uint_eq(stat.file_bytes, 500);
	ck_assert_uint_eq(stat.lazyfree_bytes, 0);
	ck_assert_uint_eq(stat.scanned, 42);
}
END_TEST

START_TEST(a_stat_that_says_nothing_means_no_page_cache)
{
	struct drp_cgroup_stat stat;

	drp_cgroup_parse_stat(2, "\xff\xff file 7", 9, &stat);
	ck_assert_uint_eq(stat.file_bytes, 0);
	ck_assert_uint_eq(stat.lazyfree_bytes, 0);
}
END_TEST

START_TEST(closed_descriptors_are_opened_again)
{
	struct drp_headroom_reader reader;
	struct drp_headroom now;

	drp_headroom_open(&reader);
	close(reader.meminfo.number);
	for (size_t i = 0; i < reader.cgroups.count; i++)
		close(reader.cgroups.levels[i].limit.number);
	/* Cgroups are not opened again at once: see REOPEN_US. */
	reader.opened_us = 0;
	drp_headroom_read(&reader, &now);
	ck_assert(drp_fd_ours(&reader.meminfo));
	ck_assert_uint_le(now.bytes, reader.machine_bytes);
	for (size_t i = 0; i < reader.cgroups.count; i++)
		ck_assert(drp_fd_ours(&reader.cgroups.levels[i].limit));
	drp_headroom_close(&reader);
}
END_TEST

static void put(const char *dir, const char *name, const char *text)
{
	char path[400];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

static void set_limit(const char *bytes)
{
	put(group, group_version == 1 ? "memory.limit_in_bytes" : "memory.max",
	    bytes);
}

static void enter_group(void)
{
	char pid[16];

	set_limit("268435456\n");
	snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
	put(group, "cgroup.procs", pid);
}

static uint64_t bytes_left(struct drp_headroom_reader *reader)
{
	struct drp_headroom now;

	drp_headroom_read(reader, &now);
	ck_assert_uint_eq(now.limit_bytes, LIMIT);
	return now.bytes;
}

static uint64_t group_usage(void)
{
	char path[400], text[32] = "";
	int fd;

	snprintf(path, sizeof(path), "%s/%s", group,
		 group_version == 1 ? "memory.usage_in_bytes"
				    : "memory.current");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(read(fd, text, sizeof(text) - 1), 0);
	close(fd);
	return strtoull(text, NULL, 10);
}

static void assert_near(uint64_t got, uint64_t wanted)
{
	ck_assert_msg(got + SLACK > wanted && wanted + SLACK > got,
		      "%llu MiB instead of %llu",
		      (unsigned long long)(got / MIB),
		      (unsigned long long)(wanted / MIB));
}

static void *touched(size_t len_bytes)
{
	void *map = mmap(NULL, len_bytes, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_ptr_ne(map, MAP_FAILED);
	return memset(map, 1, len_bytes);
}

START_TEST(anonymous_memory_comes_off_the_limit)
{
	struct drp_headroom_reader reader;

	enter_group();
	drp_headroom_open(&reader);
	assert_near(bytes_left(&reader), LIMIT - group_usage());
	touched(64 * MIB);
	assert_near(bytes_left(&reader), LIMIT - group_usage());
	assert_near(bytes_left(&reader), LIMIT - 64 * MIB);
	drp_headroom_close(&reader);
}
END_TEST

START_TEST(madv_free_does_not_bring_headroom_back)
{
	struct drp_headroom_reader reader;
	void *map;

	enter_group();
	drp_headroom_open(&reader);
	map = touched(64 * MIB);
	ck_assert_int_eq(madvise(map, 64 * MIB, MADV_FREE), 0);
	assert_near(bytes_left(&reader), LIMIT - 64 * MIB);
	drp_headroom_close(&reader);
}
END_TEST

START_TEST(page_cache_is_headroom)
{
	char path[] = "/var/tmp/headroom.XXXXXX";
	struct drp_headroom_reader reader;
	void *block;
	int fd;

	enter_group();
	drp_headroom_open(&reader);
	block = touched(MIB);
	fd = mkstemp(path);
	ck_assert_int_ge(fd, 0);
	unlink(path);
	for (int i = 0; i < 64; i++)
		ck_assert_int_eq(write(fd, block, MIB), MIB);
	ck_assert_int_eq(fsync(fd), 0);
	ck_assert_uint_gt(group_usage(), 48 * MIB);
	assert_near(bytes_left(&reader), LIMIT);
	close(fd);
	drp_headroom_close(&reader);
}
END_TEST

START_TEST(a_move_to_another_cgroup_is_seen)
{
	struct drp_cgroup_chain chain;

	ck_assert_int_eq(drp_cgroup_open(&chain, UINT64_MAX), 0);
	ck_assert(!drp_cgroup_moved(&chain));
	enter_group();
	ck_assert(drp_cgroup_moved(&chain));
	drp_cgroup_close(&chain);
}
END_TEST

START_TEST(a_lowered_limit_is_seen_at_once)
{
	struct drp_headroom_reader reader;
	struct drp_headroom now;

	enter_group();
	drp_headroom_open(&reader);
	bytes_left(&reader);
	set_limit("134217728\n");
	drp_headroom_read(&reader, &now);
	ck_assert_uint_eq(now.limit_bytes, 128 * MIB);
	drp_headroom_close(&reader);
}
END_TEST

static int try_group(int version, const char *parent, const char *file)
{
	char path[400];

	snprintf(group, sizeof(group), "%s/droppable-unit-%d", parent,
		 (int)getpid());
	if (mkdir(group, 0755))
		return -errno;
	snprintf(path, sizeof(path), "%s/%s", group, file);
	group_version = version;
	if (!access(path, W_OK))
		return 0;
	rmdir(group);
	group_version = 0;
	return -ENOENT;
}

static void remove_group(void)
{
	/* A process that has just ended is in the group for a moment more. */
	for (int i = 0; rmdir(group) && errno == EBUSY && i < 1000; i++)
		nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
}

static void make_group(void)
{
	if (try_group(1, "/sys/fs/cgroup/memory", "memory.limit_in_bytes"))
		try_group(2, "/sys/fs/cgroup", "memory.max");
}

static void add_texts(TCase *tcase)
{
	tcase_add_test(tcase, madv_free_pages_are_no_headroom_of_the_machine);
	tcase_add_test(tcase, meminfo_without_the_two_main_numbers_is_refused);
	tcase_add_test(tcase,
		       without_available_memory_half_of_the_file_lists_is);
	tcase_add_test(tcase, page_cache_that_may_be_locked_is_no_headroom);
	tcase_add_test(tcase, full_swap_is_swap_nevertheless);
	tcase_add_test(tcase, throttling_is_no_scanning);
	tcase_add_test(tcase, madv_free_pages_are_no_page_cache_of_a_cgroup);
	tcase_add_test(tcase, a_stat_that_says_nothing_means_no_page_cache);
	tcase_add_test(tcase, closed_descriptors_are_opened_again);
}

static void add_groups(TCase *tcase)
{
	tcase_add_test(tcase, anonymous_memory_comes_off_the_limit);
	tcase_add_test(tcase, madv_free_does_not_bring_headroom_back);
	tcase_add_test(tcase, page_cache_is_headroom);
	tcase_add_test(tcase, a_move_to_another_cgroup_is_seen);
	tcase_add_test(tcase, a_lowered_limit_is_seen_at_once);
}

/* The fixture is unchecked: it outlives the test process, even a failed one. */
int main(void)
{
	Suite *suite = suite_create("headroom");
	TCase *texts = tcase_create("texts");
	TCase *groups;
	SRunner *runner = srunner_create(suite);
	bool have_group;
	int failed;

	make_group();
	have_group = group_version;
	if (have_group)
		remove_group();
	add_texts(texts);
	suite_add_tcase(suite, texts);
	if (have_group) {
		groups = tcase_create("groups");
		add_groups(groups);
		tcase_add_unchecked_fixture(groups, make_group, remove_group);
		suite_add_tcase(suite, groups);
	}
	srunner_run_all(runner, CK_NORMAL);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (failed)
		return EXIT_FAILURE;
	if (have_group)
		return EXIT_SUCCESS;
	puts("SKIP: no memory cgroup can be made here (take root)");
	return 77;
}
