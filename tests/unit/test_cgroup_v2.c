/* SPDX-License-Identifier: MIT */
/*
 * memory.events of folders that look like v2 cgroups.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "../claims.h"
#include "alarms.h"
#include "base/sys.h"
#include "pressure/group.h"

static char top[32], dir[64], walk[64];

static void put(const char *folder, const char *name, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "w");
	ck_assert_ptr_nonnull(file);
	fputs(text, file);
	ck_assert_int_eq(fclose(file), 0);
}

/* top/a, with files in both but for the limits. */
static struct drp_place tree(void)
{
	static const char events[] =
		"low 0\nhigh 5\nmax 7\noom 2\noom_kill 1\n";

	snprintf(top, sizeof(top), "/tmp/events.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(top));
	snprintf(dir, sizeof(dir), "%s/a", top);
	ck_assert_int_eq(mkdir(dir, 0700), 0);
	put(dir, "memory.max", "max\n");
	put(dir, "memory.high", "max\n");
	put(dir, "memory.events", events);
	put(top, "memory.events", events);
	strcpy(walk, dir);
	return (struct drp_place){
		.version = 2, .dir = walk, .top_len = strlen(top)};
}

static void remove_tree(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r '%s'", top);
	ck_assert_int_eq(system(command), 0);
}

static void open_at(struct drp_place *place)
{
	alarm_open = (struct drp_alarm){.source = &drp_source_cgroup_v2,
					.fd = DRP_FD_NONE,
					.opened_us = drp_now_us()};
	ck_assert_int_eq(drp_group_open_events(&alarm_open, place), 0);
}

START_TEST(counters_that_grew_are_an_alarm)
{
	struct drp_place place = tree();

	put(dir, "memory.max", "1048576\n");
	open_at(&place);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	put(dir, "memory.events", "low 0\nhigh 6\nmax 7\noom 2\n");
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_SOME);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	put(dir, "memory.events", "low 0\nhigh 6\nmax 8\noom 2\n");
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_SOME);
	put(dir, "memory.events", "low 0\nhigh 6\nmax 9\noom 3\n");
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_FULL);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	remove_tree();
}
END_TEST

START_TEST(other_counters_are_no_alarm)
{
	struct drp_place place = tree();

	put(dir, "memory.high", "1048576\n");
	open_at(&place);
	put(dir, "memory.events",
	    "low 9\nhigh 5\nmax 7\noom 2\noom_kill 9\noom_group_kill 9\n");
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	remove_tree();
}
END_TEST

START_TEST(the_nearest_folder_with_a_limit_is_heard)
{
	struct drp_place place = tree();

	put(top, "memory.high", "1048576\n");
	open_at(&place);
	put(dir, "memory.events", "high 99\n");
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	put(top, "memory.events", "high 99\n");
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_SOME);
	remove_tree();
}
END_TEST

START_TEST(without_a_limit_it_is_refused)
{
	struct drp_place place = tree();

	ck_assert_int_eq(drp_group_open_events(&alarm_open, &place), -ENODATA);
	remove_tree();
}
END_TEST

START_TEST(a_file_without_the_counters_is_refused)
{
	static const char *const junk[] = {"", "high", "high x\n", "low 1\n"};
	struct drp_place place;

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++) {
		place = tree();
		put(dir, "memory.max", "0\n");
		put(dir, "memory.events", junk[i]);
		ck_assert_int_eq(drp_group_open_events(&alarm_open, &place),
				 -EINVAL);
		ck_assert_int_eq(alarm_open.fd.number, -1);
		remove_tree();
	}
}
END_TEST

START_TEST(a_file_that_stops_making_sense_is_given_up)
{
	struct drp_place place = tree();

	put(dir, "memory.max", "0\n");
	open_at(&place);
	put(dir, "memory.events", "");
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	ck_assert(alarm_open.stand_in);
	ck_assert_int_eq(alarm_open.events, 0);
	remove_tree();
}
END_TEST

START_TEST(where_no_limit_is_set_the_reason_is_told)
{
	const char *name = alarms_open("cgroup-v2", NULL, NULL);

	if (!strcmp(name, "cgroup-v2")) {
		alarms_skip("a process without a limit");
		return;
	}
	ck_assert_str_eq(name, "poll");
	ck_assert(alarms_logged("cgroup-v2: error 61, no limit is set") ||
		  alarms_logged("cgroup-v2: error 2, "));
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		counters_that_grew_are_an_alarm,
		other_counters_are_no_alarm,
		the_nearest_folder_with_a_limit_is_heard,
		without_a_limit_it_is_refused,
		a_file_without_the_counters_is_refused,
		a_file_that_stops_making_sense_is_given_up,
		where_no_limit_is_set_the_reason_is_told,
	};

	return ALARMS_RUN("cgroup_v2", claims);
}
