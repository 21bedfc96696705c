/* SPDX-License-Identifier: MIT */
/*
 * Which cgroup is ours and what it leaves us: on lines as /proc has them, and
 * on folders that look like cgroups.  Real ones are in test_headroom.c.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../claims.h"
#include "pressure/cgroup.h"
#include "pressure/parse.h"

static const char hybrid[] = "9:name=systemd:/\n"
			     "4:memory:/user/1000.user:1\n"
			     "2:cpu,cpuacct:/\n"
			     "0::/init.scope\n";

static void assert_cgroup(const char *text, int version, const char *path)
{
	struct drp_slice slice;
	int found = 0;

	ck_assert_int_eq(drp_parse_cgroup(text, strlen(text), &found, &slice),
			 0);
	ck_assert_int_eq(found, version);
	ck_assert_uint_eq(slice.len, strlen(path));
	ck_assert_mem_eq(slice.at, path, slice.len);
}

START_TEST(the_v1_memory_hierarchy_goes_before_v2)
{
	assert_cgroup(hybrid, 1, "/user/1000.user:1");
	assert_cgroup("0::/a\n3:hugetlb,memory,cpu:/b\n", 1, "/b");
}
END_TEST

START_TEST(v2_is_used_when_no_v1_hierarchy_has_memory)
{
	assert_cgroup("0::/user.slice/a:b.scope\n", 2, "/user.slice/a:b.scope");
	assert_cgroup("1:name=memory:/x\n2:cpumemory:/y\n0::/../..\n", 2,
		      "/../..");
}
END_TEST

START_TEST(one_hierarchy_can_be_asked_for)
{
	struct drp_slice slice;
	int version = 2;

	ck_assert_int_eq(
		drp_parse_cgroup(hybrid, strlen(hybrid), &version, &slice), 0);
	ck_assert_int_eq(version, 2);
	ck_assert_mem_eq(slice.at, "/init.scope", slice.len);
	version = 1;
	ck_assert_int_eq(drp_parse_cgroup("0::/a\n", 6, &version, &slice),
			 -ENOENT);
}
END_TEST

START_TEST(no_memory_cgroup_is_said_so)
{
	static const char *const junk[] = {
		"",	    "0::\n",	   "0::/cut",	"::/\n",
		"memory\n", "1:memory:\n", "1:cpu:/\n", "\n\n:\n",
	};
	struct drp_slice slice;
	int version = 0;

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		ck_assert_msg(drp_parse_cgroup(junk[i], strlen(junk[i]),
					       &version, &slice) == -ENOENT,
			      "\"%s\"", junk[i]);
}
END_TEST

static int mount_of(const char *line, int version, char *text, size_t size)
{
	struct drp_slice root, point;
	int err = drp_parse_mount(line, strlen(line), version, &root, &point);

	if (err)
		return err;
	ck_assert_int_ge(drp_parse_unescape(root, text, size), 0);
	strcat(text, "|");
	ck_assert_int_ge(drp_parse_unescape(point, text + strlen(text),
					    size - strlen(text)),
			 0);
	return 0;
}

START_TEST(the_v1_memory_mount_is_found)
{
	char text[64];

	ck_assert_int_eq(mount_of("35 31 0:32 / /sys/fs/cgroup/memory "
				  "rw,relatime - cgroup cgroup rw,memory",
				  1, text, sizeof(text)),
			 0);
	ck_assert_str_eq(text, "/|/sys/fs/cgroup/memory");
}
END_TEST

START_TEST(optional_mount_fields_are_skipped)
{
	char text[64];

	ck_assert_int_eq(mount_of("30 23 0:26 /docker/1 /sys/fs/cgroup ro "
				  "shared:4 master:2 - cgroup2 cgroup rw,x",
				  2, text, sizeof(text)),
			 0);
	ck_assert_str_eq(text, "/docker/1|/sys/fs/cgroup");
}
END_TEST

START_TEST(mount_escapes_are_undone)
{
	char text[64];

	ck_assert_int_eq(mount_of("1 2 0:3 /a\\040b /c\\011d\\012e\\134f rw "
				  "- cgroup2 none rw",
				  2, text, sizeof(text)),
			 0);
	ck_assert_str_eq(text, "/a b|/c\td\ne\\f");
}
END_TEST

START_TEST(other_mounts_are_passed_over)
{
	static const char *const lines[] = {
		"",
		"35",
		"1 2 0:3 / /m rw - cgroup cgroup rw,cpu",
		"1 2 0:3 / /m rw - cgroup cgroup rw,name=memory",
		"1 2 0:3 / /m rw - tmpfs memory rw,memory",
		"1 2 0:3 / /m rw cgroup cgroup rw,memory",
		"1 2 0:3 / /m rw - cgroup",
		"1 2 0:3 x m rw - cgroup cgroup rw,memory",
		"1 2 0:3 / /m rw - cgroup2 cgroup2 rw,memory",
	};
	char text[64];

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		ck_assert_msg(mount_of(lines[i], 1, text, sizeof(text)) ==
				      -ENOENT,
			      "%s", lines[i]);
	ck_assert_int_eq(mount_of("1 2 0:3 / /m rw - cgroup cgroup rw,memory",
				  2, text, sizeof(text)),
			 -ENOENT);
}
END_TEST

START_TEST(half_an_escape_stays_as_it_is)
{
	struct drp_slice from = {"\\04\\9\\400\\", 10};
	char text[16];

	ck_assert_int_eq(drp_parse_unescape(from, text, sizeof(text)), 10);
	ck_assert_str_eq(text, "\\04\\9\\400\\");
}
END_TEST

START_TEST(a_path_too_long_is_refused)
{
	struct drp_slice from = {"/abc", 4};
	char text[5];

	ck_assert_int_eq(drp_parse_unescape(from, text, 5), 4);
	ck_assert_int_eq(drp_parse_unescape(from, text, 4), -ENAMETOOLONG);
	ck_assert_int_eq(drp_parse_unescape(from, text, 0), -ENAMETOOLONG);
}
END_TEST

START_TEST(the_mount_root_is_stripped_from_the_path)
{
	ck_assert_str_eq(drp_parse_below("/a/b", "/"), "/a/b");
	ck_assert_str_eq(drp_parse_below("/", "/"), "");
	ck_assert_str_eq(drp_parse_below("/docker/1/x", "/docker/1"), "/x");
	ck_assert_str_eq(drp_parse_below("/docker/1", "/docker/1"), "");
	ck_assert_str_eq(drp_parse_below("/..a", "/"), "/..a");
}
END_TEST

START_TEST(a_path_outside_of_the_mount_is_not_below_it)
{
	ck_assert_ptr_null(drp_parse_below("/docker/12", "/docker/1"));
	ck_assert_ptr_null(drp_parse_below("/", "/docker/1"));
	ck_assert_ptr_null(drp_parse_below("/../other", "/"));
	ck_assert_ptr_null(drp_parse_below("/..", "/"));
	ck_assert_ptr_null(drp_parse_below("/a", "/../.."));
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

static void put_level(const char *dir, const char *max, const char *high,
		      const char *current)
{
	put(dir, "memory.max", max);
	put(dir, "memory.high", high);
	put(dir, "memory.current", current);
	put(dir, "memory.stat", "file 50\ninactive_file 50\npgscan 3\n");
}

/* top (no limit file), top/a, top/a/b (no limit file), top/a/b/c */
static char *fake_tree(char *top)
{
	static char dir[300];
	static const char *const below[] = {"/a", "/a/b", "/a/b/c"};

	ck_assert_ptr_nonnull(mkdtemp(top));
	for (int i = 0; i < 3; i++) {
		snprintf(dir, sizeof(dir), "%s%s", top, below[i]);
		ck_assert_int_eq(mkdir(dir, 0700), 0);
	}
	return dir;
}

static void remove_tree(const char *top)
{
	char command[300];

	snprintf(command, sizeof(command), "rm -r '%s'", top);
	ck_assert_int_eq(system(command), 0);
}

START_TEST(the_tightest_level_counts)
{
	char top[] = "/tmp/cgroup.XXXXXX", above[64], own[64];
	char *dir = fake_tree(top);
	struct drp_cgroup_chain chain;
	struct drp_cgroup_reading now;

	snprintf(own, sizeof(own), "%s", dir);
	snprintf(above, sizeof(above), "%s/a", top);
	put_level(dir, "10000\n", "max\n", "1000\n");
	put_level(above, "20000\n", "9000\n", "8500\n");
	ck_assert_int_eq(
		drp_cgroup_open_dir(&chain, 2, 99999, dir, strlen(top)), 0);
	ck_assert_uint_eq(chain.count, 2);
	ck_assert_int_eq(drp_cgroup_read(&chain, &now), 0);
	ck_assert_uint_eq(now.limit_bytes, 9000);
	ck_assert_uint_eq(now.bytes, 500 + 50);
	ck_assert_uint_eq(now.scanned, 6);
	put(above, "memory.current", "10000\n");
	ck_assert_int_eq(drp_cgroup_read(&chain, &now), 0);
	ck_assert_uint_eq(now.bytes, 50);
	put(own, "memory.current", "9999\n");
	put(above, "memory.current", "0\n");
	ck_assert_int_eq(drp_cgroup_read(&chain, &now), 0);
	ck_assert_uint_eq(now.bytes, 51);
	drp_cgroup_close(&chain);
	remove_tree(top);
}
END_TEST

START_TEST(a_limit_above_the_machine_is_none_until_lowered)
{
	char top[] = "/tmp/cgroup.XXXXXX";
	char *dir = fake_tree(top);
	struct drp_cgroup_chain chain;
	struct drp_cgroup_reading now;

	put_level(dir, "10001\n", "max\n", "1000\n");
	ck_assert_int_eq(
		drp_cgroup_open_dir(&chain, 2, 10000, dir, strlen(top)), 0);
	ck_assert_int_eq(chain.levels[0].usage.number, -1);
	ck_assert_int_eq(drp_cgroup_read(&chain, &now), 0);
	ck_assert_uint_eq(now.limit_bytes, UINT64_MAX);
	snprintf(dir, 300, "%s/a/b/c", top);
	put(dir, "memory.max", "10000\n");
	ck_assert_int_eq(drp_cgroup_read(&chain, &now), -ESTALE);
	ck_assert_uint_eq(now.bytes, UINT64_MAX);
	drp_cgroup_close(&chain);
	remove_tree(top);
}
END_TEST

START_TEST(no_folder_with_a_limit_file_is_no_chain)
{
	char top[] = "/tmp/cgroup.XXXXXX";
	char *dir = fake_tree(top);
	struct drp_cgroup_chain chain;
	struct drp_cgroup_reading now;

	ck_assert_int_eq(
		drp_cgroup_open_dir(&chain, 2, 99999, dir, strlen(top)),
		-ENOENT);
	ck_assert_int_eq(drp_cgroup_read(&chain, &now), -ENOENT);
	remove_tree(top);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		the_v1_memory_hierarchy_goes_before_v2,
		v2_is_used_when_no_v1_hierarchy_has_memory,
		one_hierarchy_can_be_asked_for,
		no_memory_cgroup_is_said_so,
		the_v1_memory_mount_is_found,
		optional_mount_fields_are_skipped,
		mount_escapes_are_undone,
		other_mounts_are_passed_over,
		half_an_escape_stays_as_it_is,
		a_path_too_long_is_refused,
		the_mount_root_is_stripped_from_the_path,
		a_path_outside_of_the_mount_is_not_below_it,
		the_tightest_level_counts,
		a_limit_above_the_machine_is_none_until_lowered,
		no_folder_with_a_limit_file_is_no_chain,
	};

	return CLAIMS_RUN("cgroup", claims);
}
