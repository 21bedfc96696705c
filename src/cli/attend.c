/* SPDX-License-Identifier: MIT */
#include "cli/attend.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t child;

/* Those that somebody sends to us and means for the program. */
static const int handed_on[] = {SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

/* Those of the terminal reach it, too: it decides what they mean. */
static const int ignored[] = {SIGINT, SIGQUIT};

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

static void hand_on(int signal)
{
	int saved = errno;

	kill(child, signal);
	errno = saved;
}

/* The child waits for a word before it becomes the program. */
static void become(const char *path, char **argv, int go, int report)
{
	char word;
	int err;

	while (read(go, &word, 1) < 0 && errno == EINTR)
		;
	execvp(path, argv);
	err = errno;
	while (write(report, &err, sizeof(err)) < 0 && errno == EINTR)
		;
	_exit(127);
}

static void guard_signals(struct sigaction *before)
{
	struct sigaction hand = {.sa_handler = hand_on, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};

	for (size_t i = 0; i < COUNT(handed_on); i++)
		sigaction(handed_on[i], &hand, before++);
	for (size_t i = 0; i < COUNT(ignored); i++)
		sigaction(ignored[i], &ignore, before++);
}

static void restore_signals(const struct sigaction *before)
{
	for (size_t i = 0; i < COUNT(handed_on); i++)
		sigaction(handed_on[i], before++, NULL);
	for (size_t i = 0; i < COUNT(ignored); i++)
		sigaction(ignored[i], before++, NULL);
}

static void take_sample(struct drp_attended *attended)
{
	struct drp_peek peek;

	attended->err = drp_peek_open(&peek, attended->pid);
	if (!attended->err)
		attended->err = drp_peek_sample(&peek, &attended->sample);
}

/*
 * A stop of what is traced: its end; a signal, which it gets; or what stops a
 * whole process, which then stays stopped.
 */
static void handle_stop(struct drp_attended *attended, int status)
{
	int event = status >> 16;
	pid_t pid = attended->pid;

	if (event == PTRACE_EVENT_EXIT)
		take_sample(attended);
	if (event == PTRACE_EVENT_STOP && WSTOPSIG(status) != SIGTRAP)
		ptrace(PTRACE_LISTEN, pid, NULL, NULL);
	else
		ptrace(PTRACE_CONT, pid, NULL,
		       (void *)(long)(event ? 0 : WSTOPSIG(status)));
}

static void wait_for(struct drp_attended *attended)
{
	for (;;) {
		int status;

		if (waitpid(attended->pid, &status, 0) < 0) {
			if (errno == EINTR)
				continue;
			return;
		}
		if (!WIFSTOPPED(status)) {
			attended->status = status;
			return;
		}
		handle_stop(attended, status);
	}
}

static void attend(struct drp_attended *attended, int go, int report)
{
	/* Not being let, it is told only that there is no sample. */
	attended->err = ptrace(PTRACE_SEIZE, attended->pid, NULL,
			       (void *)PTRACE_O_TRACEEXIT)
				? -errno
				: -ENODATA;
	close(go);
	wait_for(attended);
	attended->exec_failed = read(report, &attended->exec_errno,
				     sizeof(attended->exec_errno)) ==
				sizeof(attended->exec_errno);
}

int drp_attend(struct drp_attended *attended, const char *path, char **argv)
{
	struct sigaction before[COUNT(handed_on) + COUNT(ignored)];
	int go[2], report[2];

	*attended = (struct drp_attended){.err = -ENODATA};
	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(report, O_CLOEXEC)) {
		close(go[0]);
		close(go[1]);
		return -errno;
	}
	child = fork();
	if (!child) {
		close(go[1]);
		become(path, argv, go[0], report[1]);
	}
	close(go[0]);
	close(report[1]);
	attended->pid = child;
	if (child > 0) {
		guard_signals(before);
		attend(attended, go[1], report[0]);
		restore_signals(before);
	} else {
		attended->pid = -errno;
		close(go[1]);
	}
	close(report[0]);
	return attended->pid < 0 ? attended->pid : 0;
}

int drp_attend_end(const struct drp_attended *attended)
{
	struct rlimit none = {0};
	int signal;

	if (WIFEXITED(attended->status))
		return WEXITSTATUS(attended->status);
	signal = WTERMSIG(attended->status);
	/* The core was the program's. */
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, 0);
	raise(signal);
	return 128 + signal;
}
