/* SPDX-License-Identifier: MIT */
#include "cli/loader.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/sys.h"

/* Many times what a cold disk needs; only against hanging for ever. */
#define TIMEOUT_US (10 * 1000000LL)

/*
 * Some 600 lines.  Preloaded objects are listed before what the program itself
 * needs, and complaints about them come before the list.
 */
#define ANSWER_BYTES 65536

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static size_t line_length(const char *text, size_t len)
{
	const char *stop = memchr(text, '\n', len);

	return stop ? (size_t)(stop - text) : len;
}

static const char *find(const char *line, size_t len, const char *words)
{
	/* NULL it never is, but gcc 12 under a sanitizer thinks it might. */
	return line ? memmem(line, len, words, strlen(words)) : NULL;
}

/*
 * "\t/path/name (0x...)" or "\tname => /path/name (0x...)": the first word is
 * the name it was asked for by.  The path is not compared: where the same
 * soname is there already, ld.so loads no second one.
 */
static bool line_lists(const char *line, size_t len, const char *library)
{
	const char *name = base_name(library);
	size_t name_len = strlen(name);
	const char *end;

	if (!len || *line != '\t' || find(line, len, "not found"))
		return false;
	end = find(line, len, " => ");
	if (!end)
		end = find(line, len, " (0x");
	if (!end || (size_t)(end - line) < name_len + 1)
		return false;
	end -= name_len;
	return !memcmp(end, name, name_len) &&
	       (end[-1] == '/' || end[-1] == '\t');
}

/*
 * glibc: "... cannot be preloaded (REASON): ignored."; before 2.20 without a
 * reason.  Anything else is told whole.
 */
static void take_reason(struct drp_loader_answer *answer, const char *line,
			size_t len)
{
	static const char lead[] = "cannot be preloaded (";
	const char *from = find(line, len, lead);
	const char *to = from ? memrchr(from, ')', line + len - from) : NULL;

	if (to) {
		from += sizeof(lead) - 1;
		len = (size_t)(to - from);
		line = from;
	}
	if (len >= sizeof(answer->why))
		len = sizeof(answer->why) - 1;
	memcpy(answer->why, line, len);
	answer->why[len] = '\0';
}

void drp_loader_parse(struct drp_loader_answer *answer, const char *text,
		      size_t len, const char *library)
{
	bool listed = false;
	bool usable = true;
	bool named = false;

	*answer = (struct drp_loader_answer){.why = ""};
	for (size_t at = 0, line_len; at < len; at += line_len + 1) {
		const char *line = text + at;

		line_len = line_length(line, len - at);
		if (line_lists(line, line_len, library)) {
			listed = true;
		} else if (line_len && *line != '\t' && !named) {
			/* The better reason is one that names the library. */
			named = find(line, line_len, library);
			if (named || !*answer->why)
				take_reason(answer, line, line_len);
			/* If its libc is too old, glibc lists it, too. */
			if (named && find(line, line_len, "(required by "))
				usable = false;
		}
	}
	answer->listed = listed && usable;
}

/* Bytes read up to end of file or a full buffer, or -ETIMEDOUT or -errno. */
static ssize_t collect(int fd, char *buf, size_t size)
{
	int64_t deadline_us = drp_now_us() + TIMEOUT_US;
	size_t len = 0;

	while (len < size) {
		struct pollfd wait = {.fd = fd, .events = POLLIN};
		int64_t left_us = deadline_us - drp_now_us();
		ssize_t got;

		if (left_us <= 0)
			return -ETIMEDOUT;
		if (poll(&wait, 1, (int)(left_us / 1000) + 1) <= 0)
			continue;
		got = read(fd, buf + len, size - len);
		if (got < 0)
			return -errno;
		if (!got)
			break;
		len += (size_t)got;
	}
	return (ssize_t)len;
}

static int start(pid_t *child, int out, const char *interp, const char *image)
{
	char *argv[] = {(char *)interp, (char *)"--list", (char *)image, NULL};
	posix_spawn_file_actions_t actions;
	int err = posix_spawn_file_actions_init(&actions);

	if (err)
		return -err;
	err = posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (!err)
		err = posix_spawn_file_actions_adddup2(&actions, out, 2);
	if (!err)
		err = posix_spawn_file_actions_addopen(
			&actions, 0, "/dev/null", O_RDONLY, 0);
	if (!err)
		err = posix_spawn(child, interp, &actions, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	return -err;
}

int drp_loader_ask(struct drp_loader_answer *answer, const char *interp,
		   const char *image, const char *library)
{
	char text[ANSWER_BYTES];
	int status = 0;
	int ends[2];
	ssize_t len;
	pid_t child;

	*answer = (struct drp_loader_answer){.why = ""};
	if (pipe2(ends, O_CLOEXEC))
		return -errno;
	len = start(&child, ends[1], interp, image);
	close(ends[1]);
	if (!len) {
		len = collect(ends[0], text, sizeof(text));
		/* A no-op for one that has ended and was not waited for. */
		kill(child, SIGKILL);
		while (waitpid(child, &status, 0) < 0 && errno == EINTR)
			;
	}
	close(ends[0]);
	if (len < 0)
		return (int)len;
	drp_loader_parse(answer, text, (size_t)len, library);
	/* musl lists what it found, then fails for a symbol that is missing. */
	if (WIFEXITED(status) && WEXITSTATUS(status))
		answer->listed = false;
	return 0;
}
