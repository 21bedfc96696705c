/* SPDX-License-Identifier: MIT */
/*
 * memory.pressure_level, of a real v1 cgroup where there is one: reclaim in it
 * is made by a limit below what is written.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../claims.h"
#include "alarms.h"
#include "base/sys.h"
#include "pressure/group.h"

#define LIMIT (8 << 20)

static char dir[PATH_MAX];

static bool put(const char *name, const char *text)
{
	struct drp_place place = {.dir = dir};
	FILE *file = fopen(drp_place_file(&place, name), "w");

	if (!file)
		return false;
	fputs(text, file);
	return !fclose(file);
}

/* A v1 group of our own below ours, in dir. */
static bool make_group(void)
{
	struct drp_place place;
	int len;

	if (drp_place_find(&place, 1))
		return false;
	len = snprintf(dir, sizeof(dir), "%s/droppable.%d", place.dir,
		       (int)getpid());
	return len < (int)sizeof(dir) && !mkdir(dir, 0700);
}

static int open_in_group(void)
{
	struct drp_place place = {.version = 1, .dir = dir, .top_len = 1};

	alarm_open = (struct drp_alarm){.source = &drp_source_cgroup_v1,
					.fd = DRP_FD_NONE,
					.events = POLLIN,
					.opened_us = drp_now_us()};
	return drp_group_open_level(&alarm_open, &place);
}

/* Use 4 limits of memory in the group, from a process of its own. */
static void reclaim_in_group(void)
{
	pid_t child = fork();
	char *bytes;

	if (child) {
		ck_assert_int_eq(waitpid(child, NULL, 0), child);
		return;
	}
	/* Dies of it, where there is no swap; that is pressure enough. */
	if (!put("cgroup.procs", "0"))
		_exit(1);
	bytes = malloc(4 * LIMIT);
	for (size_t i = 0; bytes && i < 4 * LIMIT; i += 4096)
		((volatile char *)bytes)[i] = 1;
	_exit(0);
}

START_TEST(reclaim_in_a_real_group_is_an_alarm)
{
	struct pollfd woken;
	char limit[32];

	if (!make_group()) {
		alarms_skip("no v1 memory cgroup that can be written to");
		return;
	}
	snprintf(limit, sizeof(limit), "%d", LIMIT);
	ck_assert(put("memory.limit_in_bytes", limit));
	ck_assert_int_eq(open_in_group(), 0);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	ck_assert_int_eq(drp_fd_events(&alarm_open.fd, POLLIN), 0);
	reclaim_in_group();
	/* The kernel tells it from a work queue of its own. */
	woken = (struct pollfd){.fd = alarm_open.fd.number, .events = POLLIN};
	ck_assert_int_eq(poll(&woken, 1, 20000), 1);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_SOME);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	drp_alarm_close(&alarm_open);
	rmdir(dir);
}
END_TEST

START_TEST(a_folder_without_the_files_is_refused)
{
	strcpy(dir, "/tmp/level.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	ck_assert_int_eq(open_in_group(), -ENOENT);
	ck_assert_int_eq(alarm_open.fd.number, -1);
	put("memory.pressure_level", "");
	ck_assert_int_eq(open_in_group(), -ENOENT);
	ck_assert_int_eq(alarm_open.fd.number, -1);
	unlink(drp_place_file(&(struct drp_place){.dir = dir},
			      "memory.pressure_level"));
	rmdir(dir);
}
END_TEST

/* What was told, as memory that looks like a cgroup's control file keeps it. */
START_TEST(the_control_file_is_told_both_descriptors)
{
	struct drp_place place = {.dir = dir};
	char text[64] = "", command[PATH_MAX + 16];
	int event = -1, level = -1, end = 0;
	FILE *file;

	strcpy(dir, "/tmp/level.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	put("memory.pressure_level", "");
	put("cgroup.event_control", "");
	ck_assert_int_eq(open_in_group(), 0);
	file = fopen(drp_place_file(&place, "cgroup.event_control"), "r");
	ck_assert_ptr_nonnull(fgets(text, sizeof(text), file));
	ck_assert_int_eq(
		sscanf(text, "%d %d medium,hierarchy%n", &event, &level, &end),
		2);
	ck_assert_int_eq(end, (int)strlen(text));
	ck_assert_int_eq(event, alarm_open.fd.number);
	/* The file is not kept. */
	ck_assert_int_eq(fcntl(level, F_GETFD), -1);
	snprintf(command, sizeof(command), "rm -r '%s'", dir);
	ck_assert_int_eq(system(command), 0);
}
END_TEST

START_TEST(a_shared_descriptor_table_is_refused)
{
	ck_assert_str_eq(alarms_open("cgroup-v1", NULL, NULL), "poll");
	ck_assert(alarms_logged("cgroup-v1: error 18,"));
}
END_TEST

START_TEST(in_a_table_of_its_own_our_group_is_listened_to)
{
	struct drp_place place;
	int log;

	if (drp_place_find(&place, 1) ||
	    access(drp_place_file(&place, "cgroup.event_control"), W_OK)) {
		alarms_skip("no v1 memory cgroup that can be written to");
		return;
	}
	log = 2;
	drp_fd_own_table(&log, 1);
	ck_assert_str_eq(alarms_open("cgroup-v1", NULL, NULL), "cgroup-v1");
	ck_assert_int_eq(drp_alarm_check(&alarm_open) == DRP_ALARM_FULL, 0);
	ck_assert_str_eq(alarm_open.source->name, "cgroup-v1");
	ck_assert_uint_ne(alarm_open.place, 0);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		reclaim_in_a_real_group_is_an_alarm,
		a_folder_without_the_files_is_refused,
		the_control_file_is_told_both_descriptors,
		a_shared_descriptor_table_is_refused,
		in_a_table_of_its_own_our_group_is_listened_to,
	};

	return ALARMS_RUN("cgroup_v1", claims);
}
