/* SPDX-License-Identifier: MIT */
/*
 * A real core dump is made and searched.  Ordinary memory with another mark is
 * the control: a dump without that proves nothing.
 */
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "../claims.h"
#include "droppable_memory.h"

#define PATTERN "/proc/sys/kernel/core_pattern"
#define USES_PID "/proc/sys/kernel/core_uses_pid"
#define SKIP 77

static char dir[] = "/tmp/droppable-core-XXXXXX";
static char old_pattern[256];
static char old_uses_pid[16];

static bool read_line(const char *path, char *buf, size_t size)
{
	FILE *file = fopen(path, "re");
	bool ok = file && fgets(buf, (int)size, file);

	if (file)
		fclose(file);
	return ok;
}

static bool write_line(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 &&
		  write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return ok;
}

/* The marks are made at run time, so that they are in no other memory. */
static void mark(char *page, char kind)
{
	for (size_t i = 0; i + 16 <= page_bytes(); i += 16)
		snprintf(page + i, 16, "%c-MARK-%08x", kind,
			 (unsigned int)(i * 2654435761u));
}

static void crash(void)
{
	struct rlimit limit = {RLIM_INFINITY, RLIM_INFINITY};
	char *secret = droppable_pages(4, 0);
	char *control = ordinary_pages(4, 0);

	mark(secret + page_bytes(), 's');
	mark(control + page_bytes(), 'c');
	if (chdir(dir) || setrlimit(RLIMIT_CORE, &limit))
		_exit(1);
	signal(SIGABRT, SIG_DFL);
	abort();
}

static size_t marks_in(const char *path, char kind)
{
	FILE *file = fopen(path, "re");
	char want[16];
	size_t count = 0, matched = 0;
	int c;

	snprintf(want, sizeof(want), "%c-MARK-", kind);
	while (file && (c = getc(file)) != EOF) {
		matched = c == want[matched] ? matched + 1 : c == want[0];
		if (!want[matched]) {
			count++;
			matched = 0;
		}
	}
	if (file)
		fclose(file);
	return count;
}

START_TEST(a_core_dump_has_none_of_the_data)
{
	char path[64];
	int status;
	pid_t pid = fork();

	if (!pid)
		crash();
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFSIGNALED(status));
	ck_assert(WCOREDUMP(status));
	snprintf(path, sizeof(path), "%s/core", dir);
	ck_assert_uint_ge(marks_in(path, 'c'), page_bytes() / 16);
	/* The words of the format string itself are no mark. */
	ck_assert_uint_eq(marks_in(path, 's'), 0);
}
END_TEST

int main(void)
{
	const TTest *const claims[] = {a_core_dump_has_none_of_the_data};
	char path[64];
	int status;

	if (!mkdtemp(dir))
		return EXIT_FAILURE;
	if (!read_line(PATTERN, old_pattern, sizeof(old_pattern)) ||
	    !read_line(USES_PID, old_uses_pid, sizeof(old_uses_pid)) ||
	    !write_line(PATTERN, "core\n") || !write_line(USES_PID, "0\n")) {
		puts("skipped: cannot set " PATTERN ", which takes root");
		rmdir(dir);
		return SKIP;
	}
	status = CLAIMS_RUN("core_dump", claims);
	write_line(PATTERN, old_pattern);
	write_line(USES_PID, old_uses_pid);
	snprintf(path, sizeof(path), "%s/core", dir);
	unlink(path);
	rmdir(dir);
	return status;
}
