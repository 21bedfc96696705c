/* SPDX-License-Identifier: MIT */
/*
 * Settings, log lines, short texts, descriptors that others may close, and what
 * the kernel and libc have in common.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/copy.h"
#include "base/fd.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/sys.h"
#include "base/text.h"
#include "../claims.h"

static struct drp_settings settings_of(const char *entry)
{
	char *environment[] = {(char *)"DROPPABLE", (char *)"X=1",
			       (char *)entry, NULL};
	struct drp_settings settings;

	drp_settings_read(&settings, environment);
	return settings;
}

START_TEST(every_mode_is_understood)
{
	ck_assert_int_eq(settings_of("DROPPABLE_MODE=auto").mode,
			 DRP_MODE_AUTO);
	ck_assert_int_eq(settings_of("DROPPABLE_MODE=native").mode,
			 DRP_MODE_NATIVE);
	ck_assert_int_eq(settings_of("DROPPABLE_MODE=emulate").mode,
			 DRP_MODE_EMULATE);
	ck_assert_int_eq(settings_of("DROPPABLE_MODE=off").mode, DRP_MODE_OFF);
}
END_TEST

START_TEST(a_wrong_value_leaves_the_default_and_is_named)
{
	struct drp_settings settings = settings_of("DROPPABLE_MODE=Emulate");

	ck_assert_int_eq(settings.mode, DRP_MODE_AUTO);
	ck_assert_str_eq(settings.wrong, "DROPPABLE_MODE");
	ck_assert_ptr_null(settings_of("DROPPABLE_MODE=").wrong);
	ck_assert_ptr_null(settings_of("DROPPABLE_MODES=x").wrong);
}
END_TEST

START_TEST(a_log_level_may_have_a_file)
{
	struct drp_settings settings = settings_of("DROPPABLE_LOG=info:/a:b");

	ck_assert_int_eq(settings.log_level, DRP_LOG_INFO);
	ck_assert_str_eq(settings.log_file, "/a:b");
	settings = settings_of("DROPPABLE_LOG=debug");
	ck_assert_int_eq(settings.log_level, DRP_LOG_DEBUG);
	ck_assert_str_eq(settings.log_file, "");
	ck_assert_ptr_nonnull(settings_of("DROPPABLE_LOG=inf").wrong);
}
END_TEST

START_TEST(an_empty_value_is_none_but_for_the_watch)
{
	ck_assert_str_eq(settings_of("DROPPABLE_PRESSURE=psi").pressure, "psi");
	ck_assert_ptr_null(settings_of("DROPPABLE_PRESSURE=").pressure);
	ck_assert_str_eq(settings_of("MEMORY_PRESSURE_WATCH=/a").watch, "/a");
	ck_assert_str_eq(settings_of("MEMORY_PRESSURE_WATCH=").watch, "");
	ck_assert_ptr_null(settings_of("X=").watch);
	ck_assert_ptr_null(settings_of("MEMORY_PRESSURE_WRITE=").watch_write);
}
END_TEST

static const char *format(char *buf, size_t size, const char *how, ...)
{
	struct drp_text text;
	va_list args;

	drp_text_init(&text, buf, size);
	va_start(args, how);
	drp_text_format(&text, how, args);
	va_end(args);
	ck_assert_uint_eq(strlen(buf), text.len);
	return buf;
}

START_TEST(texts_are_formatted_and_cut_to_size)
{
	char buf[64], small[6];

	ck_assert_str_eq(
		format(buf, sizeof(buf), "%s=%d,%l%%", "a", -12, INT64_MIN),
		"a=-12,-9223372036854775808%");
	ck_assert_str_eq(format(small, sizeof(small), "%s", "abcdefgh"),
			 "abcde");
}
END_TEST

START_TEST(a_log_line_names_process_level_and_event)
{
	char path[] = "/tmp/droppable-log-XXXXXX", line[128] = "", want[128];
	int fd = mkstemp(path);

	ck_assert_int_eq(drp_log_open(DRP_LOG_WARN, path), 0);
	drp_log(DRP_LOG_INFO, "not this");
	drp_log(DRP_LOG_WARN, "lost %d of %s", 3, "four");
	ck_assert_int_gt(read(fd, line, sizeof(line) - 1), 0);
	unlink(path);
	snprintf(want, sizeof(want), "droppable[%d] warn: lost 3 of four\n",
		 getpid());
	ck_assert_str_eq(line, want);
}
END_TEST

START_TEST(a_log_does_not_follow_a_symbolic_link)
{
	char dir[] = "/tmp/droppable-log-XXXXXX", link[64];

	ck_assert_ptr_nonnull(mkdtemp(dir));
	snprintf(link, sizeof(link), "%s/log", dir);
	ck_assert_int_eq(symlink("/dev/null", link), 0);
	ck_assert_int_eq(drp_log_open(DRP_LOG_WARN, link), -ELOOP);
	unlink(link);
	rmdir(dir);
}
END_TEST

START_TEST(a_descriptor_is_high_and_closed_on_exec)
{
	struct drp_fd fd;

	ck_assert_int_eq(drp_fd_open(&fd, "/proc/self/stat", O_RDONLY), 0);
	ck_assert_int_gt(fd.number, 99);
	ck_assert_int_eq(fcntl(fd.number, F_GETFD), FD_CLOEXEC);
	drp_fd_close(&fd);
	ck_assert_int_eq(fd.number, -1);
}
END_TEST

START_TEST(a_number_that_became_the_programs_is_left_alone)
{
	char text[16];
	struct drp_fd fd;
	int number, own;

	ck_assert_int_eq(drp_fd_open(&fd, "/proc/self/stat", O_RDONLY), 0);
	number = fd.number;
	own = open("/dev/zero", O_RDONLY);
	ck_assert_int_eq(dup2(own, number), number);
	ck_assert(!drp_fd_ours(&fd));
	ck_assert_int_eq(drp_fd_read_text(&fd, text, sizeof(text)), -EBADF);
	drp_fd_close(&fd);
	ck_assert_int_ge(fcntl(number, F_GETFD), 0);
}
END_TEST

static int64_t libc_now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

START_TEST(our_clock_is_libcs)
{
	int64_t before_us = libc_now_us(), now_us = drp_now_us();

	ck_assert_int_ge(now_us, before_us);
	ck_assert_int_le(now_us, libc_now_us());
}
END_TEST

START_TEST(a_wait_lasts_its_time)
{
	_Atomic uint32_t word = 1;
	int64_t begin_us = libc_now_us();

	ck_assert_int_eq(drp_futex_wait(&word, 1, 20000), -ETIMEDOUT);
	ck_assert_int_ge(libc_now_us() - begin_us, 20000);
	ck_assert_int_eq(drp_futex_wait(&word, 2, -1), -EAGAIN);
}
END_TEST

START_TEST(a_file_is_known_by_what_libc_says_of_it)
{
	struct stat stat;
	struct drp_fd fd;
	uint32_t mode;

	ck_assert_int_eq(drp_fd_open(&fd, "/proc/self/stat", O_RDONLY), 0);
	ck_assert_int_eq(fstat(fd.number, &stat), 0);
	ck_assert_uint_eq(fd.device, stat.st_dev);
	ck_assert_uint_eq(fd.inode, stat.st_ino);
	ck_assert_int_eq(drp_file_mode("/proc/self/stat", &mode), 0);
	ck_assert_uint_eq(mode, stat.st_mode);
	drp_fd_close(&fd);
}
END_TEST

START_TEST(memory_that_is_not_there_is_not_copied)
{
	char text[] = "text", other[sizeof(text)] = "";

	ck_assert(drp_copy_in(other, (uintptr_t)text, sizeof(text)));
	ck_assert_str_eq(other, "text");
	ck_assert(drp_copy_out((uintptr_t)text, "TEXT", sizeof(text)));
	ck_assert_str_eq(text, "TEXT");
	ck_assert(!drp_copy_in(other, 1, sizeof(other)));
	ck_assert(!drp_copy_out(1, text, sizeof(text)));
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {
		every_mode_is_understood,
		a_wrong_value_leaves_the_default_and_is_named,
		a_log_level_may_have_a_file,
		an_empty_value_is_none_but_for_the_watch,
		texts_are_formatted_and_cut_to_size,
		a_log_line_names_process_level_and_event,
		a_log_does_not_follow_a_symbolic_link,
		a_descriptor_is_high_and_closed_on_exec,
		a_number_that_became_the_programs_is_left_alone,
		our_clock_is_libcs,
		a_wait_lasts_its_time,
		a_file_is_known_by_what_libc_says_of_it,
		memory_that_is_not_there_is_not_copied,
	};

	return CLAIMS_RUN("base", claims);
}
