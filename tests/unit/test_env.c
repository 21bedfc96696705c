/* SPDX-License-Identifier: MIT */
/*
 * systemd's variables, on real FIFOs, sockets and kernel files.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "../claims.h"
#include "alarms.h"
#include "pressure/place.h"

#define PSI "/proc/pressure/memory"
/* "some 150000 2000000" and a NUL: a window that all may have. */
#define TRIGGER "c29tZSAxNTAwMDAgMjAwMDAwMAA="

static char dir[32], path[64];

static void make_path(void)
{
	snprintf(dir, sizeof(dir), "/tmp/env.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/watch", dir);
}

static void remove_path(void)
{
	unlink(path);
	rmdir(dir);
}

/* What "env" alone makes of the variables; "poll" if it is refused. */
static void assert_env(const char *watch, const char *write, const char *name)
{
	ck_assert_str_eq(alarms_open("env", watch, write), name);
}

static enum drp_alarm_level check_now(void)
{
	alarm_open.revents |= drp_fd_events(&alarm_open.fd, alarm_open.events);
	return drp_alarm_check(&alarm_open);
}

START_TEST(base64_may_have_nuls_and_no_padding)
{
	unsigned char bytes[32];

	ck_assert_int_eq(drp_parse_base64(TRIGGER, bytes, sizeof(bytes)), 20);
	ck_assert_mem_eq(bytes, "some 150000 2000000", 20);
	ck_assert_int_eq(drp_parse_base64("YWI=", bytes, sizeof(bytes)), 2);
	ck_assert_int_eq(drp_parse_base64("YW\nI", bytes, sizeof(bytes)), 2);
	ck_assert_mem_eq(bytes, "ab", 2);
	ck_assert_int_eq(drp_parse_base64("YQ==\n", bytes, sizeof(bytes)), 1);
	ck_assert_int_eq(drp_parse_base64("+/+/", bytes, sizeof(bytes)), 3);
	ck_assert_mem_eq(bytes, "\xfb\xff\xbf", 3);
	ck_assert_int_eq(drp_parse_base64("", bytes, sizeof(bytes)), 0);
}
END_TEST

START_TEST(what_is_not_base64_is_refused)
{
	static const char *const junk[] = {
		"Y", "YWJjZ", "Y===", "YWI==", "YW=I", "YWI=x", "-_-_", "\377",
	};
	unsigned char bytes[32];

	for (size_t i = 0; i < sizeof(junk) / sizeof(junk[0]); i++)
		ck_assert_msg(drp_parse_base64(junk[i], bytes, sizeof(bytes)) ==
				      -EBADMSG,
			      "\"%s\"", junk[i]);
}
END_TEST

START_TEST(base64_stops_at_the_size)
{
	unsigned char bytes[4] = {9, 9, 9, 9};

	ck_assert_int_eq(drp_parse_base64("YWJj", bytes, 3), 3);
	ck_assert_int_eq(drp_parse_base64("YWJj", bytes, 2), -E2BIG);
	ck_assert_uint_eq(bytes[3], 9);
}
END_TEST

START_TEST(without_the_variable_the_next_is_used)
{
	assert_env(NULL, TRIGGER, "poll");
	ck_assert(alarms_logged("env: error 126,"));
}
END_TEST

static void assert_off(const char *watch)
{
	ck_assert_str_eq(alarms_open("", watch, NULL), "poll");
	ck_assert(alarms_logged("env: error 125,"));
	ck_assert(alarms_logged("psi: left out"));
}

START_TEST(dev_null_switches_all_sources_off)
{
	assert_off("/dev/null");
}
END_TEST

START_TEST(an_empty_variable_switches_all_sources_off)
{
	assert_off("");
}
END_TEST

START_TEST(a_relative_path_is_refused)
{
	assert_env("proc/pressure/memory", NULL, "poll");
	ck_assert(alarms_logged("env: error 74,"));
}
END_TEST

START_TEST(a_bad_request_is_refused)
{
	assert_env(PSI, "c29tZSA!", "poll");
	ck_assert(alarms_logged("env: error 74,"));
}
END_TEST

START_TEST(a_path_that_is_not_there_is_refused)
{
	make_path();
	assert_env(path, NULL, "poll");
	ck_assert(alarms_logged("env: error 2,"));
	remove_path();
}
END_TEST

START_TEST(an_ordinary_file_is_refused)
{
	make_path();
	close(open(path, O_WRONLY | O_CREAT, 0600));
	assert_env(path, NULL, "poll");
	ck_assert(alarms_logged("env: error 25,"));
	remove_path();
}
END_TEST

START_TEST(a_device_is_refused)
{
	assert_env("/dev/zero", NULL, "poll");
	ck_assert(alarms_logged("env: error 25,"));
}
END_TEST

START_TEST(a_kernel_file_with_a_trigger_is_polled_for_pri)
{
	if (access(PSI, W_OK)) {
		alarms_skip("no " PSI " that can be written");
		return;
	}
	assert_env(PSI, TRIGGER, "env");
	ck_assert_int_eq(alarm_open.events, POLLPRI);
	ck_assert_int_eq(check_now(), DRP_ALARM_NONE);
	ck_assert_int_eq(alarm_open.stand_in, false);
	ck_assert_int_eq(drp_fd_events(&alarm_open.fd, POLLPRI) & POLLERR, 0);
}
END_TEST

START_TEST(an_event_counts_only_if_stalls_grew)
{
	if (access(PSI, W_OK)) {
		alarms_skip("no " PSI " that can be written");
		return;
	}
	assert_env(PSI, TRIGGER, "env");
	/* Far too little by our own measure: the trigger decides. */
	alarm_open.revents = POLLPRI;
	ck_assert_uint_gt(alarm_open.some, 0);
	alarm_open.some -= 1;
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_SOME);
	ck_assert_int_eq(alarm_open.revents, 0);
	alarm_open.some += 1000000;
	alarm_open.full += 1000000;
	alarm_open.revents = POLLPRI;
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
}
END_TEST

START_TEST(a_kernel_file_without_a_trigger_is_refused)
{
	if (access(PSI, R_OK)) {
		alarms_skip("no " PSI);
		return;
	}
	assert_env(PSI, NULL, "poll");
	ck_assert(alarms_logged("env: error 22,"));
}
END_TEST

START_TEST(a_cgroup_that_is_removed_is_given_up)
{
	struct drp_place place;
	char group[PATH_MAX], file[PATH_MAX];

	if (drp_place_find(&place, 2) ||
	    snprintf(group, sizeof(group), "%s/droppable.%d", place.dir,
		     (int)getpid()) >= PATH_MAX - 20 ||
	    mkdir(group, 0700)) {
		alarms_skip("no v2 cgroup in which one can be made");
		return;
	}
	snprintf(file, sizeof(file), "%.*s/memory.pressure", PATH_MAX - 20,
		 group);
	alarms_open("env", file, TRIGGER);
	ck_assert_int_eq(rmdir(group), 0);
	ck_assert_str_eq(alarm_open.source->name, "env");
	/* poll() would return at once for ever. */
	ck_assert_int_ne(drp_fd_events(&alarm_open.fd, POLLPRI) & POLLERR, 0);
	ck_assert_int_eq(drp_alarm_check(&alarm_open), DRP_ALARM_NONE);
	ck_assert_str_eq(alarm_open.source->name, "poll");
	ck_assert_int_eq(alarm_open.fd.number, -1);
}
END_TEST

START_TEST(a_kernel_file_that_tells_no_pressure_is_refused)
{
	assert_env("/proc/meminfo", NULL, "poll");
	ck_assert(alarms_logged("env: error 22,"));
}
END_TEST

START_TEST(a_fifo_alarms_each_time_it_is_written_to)
{
	int writer;

	make_path();
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_env(path, NULL, "env");
	ck_assert_int_eq(alarm_open.events, POLLIN);
	ck_assert_int_eq(check_now(), DRP_ALARM_NONE);
	for (int i = 0; i < 2; i++) {
		writer = open(path, O_WRONLY | O_NONBLOCK);
		ck_assert_int_ge(writer, 0);
		ck_assert_int_eq(write(writer, "x\n", 2), 2);
		close(writer);
		ck_assert_int_eq(drp_fd_events(&alarm_open.fd, POLLIN), POLLIN);
		ck_assert_int_eq(check_now(), DRP_ALARM_SOME);
		/* No busy loop after the writer has left. */
		ck_assert_int_eq(drp_fd_events(&alarm_open.fd, POLLIN), 0);
		ck_assert_int_eq(check_now(), DRP_ALARM_NONE);
	}
	remove_path();
}
END_TEST

START_TEST(what_we_write_to_a_fifo_is_no_alarm)
{
	make_path();
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	assert_env(path, TRIGGER, "env");
	ck_assert_int_eq(check_now(), DRP_ALARM_NONE);
	remove_path();
}
END_TEST

static int listen_at(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int server = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(address.sun_path, path, strlen(path) + 1);
	ck_assert_int_eq(bind(server, (const void *)&address, sizeof(address)),
			 0);
	ck_assert_int_eq(listen(server, 1), 0);
	return server;
}

START_TEST(a_socket_gets_the_request_and_alarms)
{
	char bytes[64];
	int server, peer;

	make_path();
	server = listen_at();
	assert_env(path, TRIGGER, "env");
	ck_assert_int_eq(alarm_open.events, POLLIN);
	peer = accept(server, NULL, NULL);
	ck_assert_int_eq(read(peer, bytes, sizeof(bytes)), 20);
	ck_assert_mem_eq(bytes, "some 150000 2000000", 20);
	ck_assert_int_eq(check_now(), DRP_ALARM_NONE);
	ck_assert_int_eq(write(peer, bytes, 1), 1);
	ck_assert_int_eq(check_now(), DRP_ALARM_SOME);
	ck_assert_int_eq(check_now(), DRP_ALARM_NONE);
	remove_path();
}
END_TEST

START_TEST(a_socket_that_is_closed_is_replaced_by_polling)
{
	int server;

	make_path();
	server = listen_at();
	assert_env(path, NULL, "env");
	close(accept(server, NULL, NULL));
	ck_assert_int_eq(check_now(), DRP_ALARM_NONE);
	ck_assert_str_eq(alarm_open.source->name, "poll");
	ck_assert_int_eq(alarm_open.events, 0);
	ck_assert_int_eq(alarm_open.fd.number, -1);
	remove_path();
}
END_TEST

START_TEST(a_socket_nobody_listens_at_is_refused)
{
	make_path();
	close(listen_at());
	assert_env(path, NULL, "poll");
	ck_assert(alarms_logged("env: error 111,"));
	remove_path();
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		base64_may_have_nuls_and_no_padding,
		what_is_not_base64_is_refused,
		base64_stops_at_the_size,
		without_the_variable_the_next_is_used,
		dev_null_switches_all_sources_off,
		an_empty_variable_switches_all_sources_off,
		a_relative_path_is_refused,
		a_bad_request_is_refused,
		a_path_that_is_not_there_is_refused,
		an_ordinary_file_is_refused,
		a_device_is_refused,
		a_kernel_file_with_a_trigger_is_polled_for_pri,
		an_event_counts_only_if_stalls_grew,
		a_kernel_file_without_a_trigger_is_refused,
		a_cgroup_that_is_removed_is_given_up,
		a_kernel_file_that_tells_no_pressure_is_refused,
		a_fifo_alarms_each_time_it_is_written_to,
		what_we_write_to_a_fifo_is_no_alarm,
		a_socket_gets_the_request_and_alarms,
		a_socket_that_is_closed_is_replaced_by_polling,
		a_socket_nobody_listens_at_is_refused,
	};

	return ALARMS_RUN("env", claims);
}
