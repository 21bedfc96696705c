/* SPDX-License-Identifier: MIT */
/*
 * The stall of our own cgroup and of the machine, as this kernel has them:
 * armed as root and as nobody, refused, and given up.
 */
#include <errno.h>
#include <poll.h>
#include <sys/stat.h>

#include "../claims.h"
#include "alarms.h"
#include "pressure/place.h"
#include "base/sys.h"
#include "pressure/psi.h"

#define PSI "/proc/pressure/memory"

/* The path of our cgroup's file, or NULL with a word why not. */
static const char *own_file(int mode)
{
	struct drp_place place;
	const char *file = "";

	if (!drp_place_find(&place, 2))
		file = drp_place_file(&place, "memory.pressure");
	if (!access(file, mode))
		return file;
	alarms_skip("no memory.pressure of our own to write to");
	return NULL;
}

START_TEST(our_own_cgroup_is_woken_for)
{
	if (!own_file(W_OK))
		return;
	ck_assert_str_eq(alarms_open("cgroup-psi", NULL, NULL), "cgroup-psi");
	ck_assert_int_eq(alarm_open.events, POLLPRI);
	ck_assert_uint_ne(alarm_open.place, 0);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	ck_assert_str_eq(alarm_open.source->name, "cgroup-psi");
	ck_assert_int_eq(drp_fd_events(&alarm_open.fd, POLLPRI) & POLLERR, 0);
}
END_TEST

START_TEST(our_own_cgroup_goes_before_the_machine)
{
	if (!own_file(W_OK))
		return;
	ck_assert_str_eq(alarms_open("psi,cgroup-psi", NULL, NULL),
			 "cgroup-psi");
}
END_TEST

START_TEST(totals_that_grew_are_an_alarm)
{
	if (access(PSI, R_OK)) {
		alarms_skip("no " PSI);
		return;
	}
	ck_assert_str_eq(alarms_open("psi-poll", NULL, NULL), "psi-poll");
	ck_assert_int_eq(alarm_open.events, 0);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	alarm_open.some = 0;
	alarm_open.full = 0;
	/* A machine that was just booted has not stalled for long. */
	alarm_open.checked_us = drp_now_us();
	ck_assert_int_ne(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
}
END_TEST

START_TEST(a_process_without_rights_gets_a_window_it_may_have)
{
	const char *file = access(PSI, W_OK) ? NULL : PSI;

	if (geteuid() || !file || setuid(65534) || access(PSI, W_OK)) {
		alarms_skip("not root, or a kernel before 6.4");
		return;
	}
	ck_assert_str_eq(alarms_open("psi", NULL, NULL), "psi");
	/* The false first event, if this kernel sends it, is none. */
	poll(NULL, 0, 50);
	alarm_open.revents |= drp_fd_events(&alarm_open.fd, POLLPRI);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	ck_assert_str_eq(alarm_open.source->name, "psi");
}
END_TEST

START_TEST(a_file_that_may_not_be_written_to_is_refused)
{
	char path[32] = "/tmp/psi.XXXXXX";
	int file = mkstemp(path);

	/* Nobody may not unlink it later. */
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(fchmod(file, 0444), 0);
	snprintf(path, sizeof(path), "/dev/fd/%d", file);
	if (!geteuid())
		ck_assert_int_eq(setuid(65534), 0);
	ck_assert_int_eq(drp_psi_open(&alarm_open, path, true), -EACCES);
	ck_assert_int_eq(alarm_open.fd.number, -1);
	/* There to be read, and no totals in it. */
	ck_assert_int_eq(drp_psi_open(&alarm_open, path, false), -EINVAL);
	ck_assert_int_eq(alarm_open.fd.number, -1);
}
END_TEST

START_TEST(the_alarm_of_a_cgroup_we_left_is_given_up)
{
	if (!own_file(W_OK))
		return;
	alarms_open("cgroup-psi", NULL, NULL);
	alarm_open.place ^= 1;
	drp_alarm_check(&alarm_open);
	ck_assert_str_eq(alarm_open.source->name, "cgroup-psi");
	alarm_open.looked_us -= 10000000;
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	ck_assert_str_eq(alarm_open.source->name, "poll");
	/* It was opened a moment ago: not again at once. */
	ck_assert(alarm_open.stand_in);
	alarm_open.opened_us -= 10000000;
	drp_alarm_check(&alarm_open);
	ck_assert_str_eq(alarm_open.source->name, "cgroup-psi");
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		our_own_cgroup_is_woken_for,
		our_own_cgroup_goes_before_the_machine,
		totals_that_grew_are_an_alarm,
		a_process_without_rights_gets_a_window_it_may_have,
		a_file_that_may_not_be_written_to_is_refused,
		the_alarm_of_a_cgroup_we_left_is_given_up,
	};

	return ALARMS_RUN("cgroup_psi", claims);
}
