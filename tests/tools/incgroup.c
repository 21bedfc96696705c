/* SPDX-License-Identifier: MIT */
/*
 * incgroup --memory=SIZE [--no-swap | --swap=SIZE] -- COMMAND: run COMMAND in a
 * memory control group of its own, and leave nothing of it behind.
 *
 * Exit status: COMMAND's, or 128 + N when signal N killed it; 77 where no such
 * group may be made; 125, 126 and 127 as env(1) has them.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "incgroup_group.h"
#include "size.h"

#define EXIT_SKIP 77
#define EXIT_OURS 125
#define EXIT_CANNOT_RUN 126
#define EXIT_NOT_FOUND 127

static const struct {
	int number;
	const char *name;
} signals[] = {
	{SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"},
	{SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"}, {SIGABRT, "SIGABRT"},
	{SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"},
	{SIGSEGV, "SIGSEGV"}, {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"},
	{SIGTERM, "SIGTERM"}, {SIGSYS, "SIGSYS"},
};

static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1,
				SIGUSR2};

static int usage(void)
{
	fputs("usage: incgroup --memory=SIZE [--no-swap | --swap=SIZE] -- "
	      "COMMAND [ARGUMENT...]\n", stderr);
	return EXIT_OURS;
}

static int parse(int argc, char **argv, size_t *memory, size_t *swap)
{
	static const struct option options[] = {
		{"memory", required_argument, NULL, 'm'},
		{"swap", required_argument, NULL, 's'},
		{"no-swap", no_argument, NULL, 'n'},
		{NULL, 0, NULL, 0},
	};
	int err = 0;
	int c;

	*memory = 0;
	*swap = SWAP_UNLIMITED;
	while (!err) {
		c = getopt_long(argc, argv, "+", options, NULL);
		if (c == -1)
			break;
		if (c == 'm')
			err = size_parse(optarg, memory);
		else if (c == 's')
			err = size_parse(optarg, swap);
		else if (c == 'n')
			*swap = 0;
		else
			err = -EINVAL;
	}
	if (!err && (*memory == 0 || optind >= argc))
		err = -EINVAL;
	return err;
}

static void child(const struct group *group, const sigset_t *mask, char **argv)
{
	int err;

	/* Else the hungriest programs would outlive a SIGKILL of ours. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	err = group_enter(group);
	if (err) {
		fprintf(stderr, "incgroup: cannot enter %s: %s\n", group->path,
			strerror(-err));
		_exit(EXIT_SKIP);
	}
	sigprocmask(SIG_SETMASK, mask, NULL);
	execvp(argv[0], argv);
	err = errno;
	fprintf(stderr, "incgroup: %s: %s\n", argv[0], strerror(err));
	_exit(err == ENOENT ? EXIT_NOT_FOUND : EXIT_CANNOT_RUN);
}

/* All of set is blocked: each signal comes out of sigwaitinfo() alone. */
static int wait_for(pid_t pid, const sigset_t *set)
{
	siginfo_t info;
	int status;

	for (;;) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return status;
		if (sigwaitinfo(set, &info) < 0 || info.si_signo == SIGCHLD)
			continue;
		/* A terminal's signals were sent to the child as well. */
		if (info.si_code != SI_KERNEL)
			kill(pid, info.si_signo);
	}
}

static int exit_status(int status)
{
	size_t i;
	int number;

	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	number = WTERMSIG(status);
	for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		if (signals[i].number == number)
			break;
	if (i < sizeof(signals) / sizeof(signals[0]))
		fprintf(stderr, "incgroup: killed by %s\n", signals[i].name);
	else
		fprintf(stderr, "incgroup: killed by signal %d\n", number);
	return 128 + number;
}

static int run(const struct group *group, const sigset_t *set,
	       const sigset_t *mask, char **argv)
{
	pid_t pid = fork();

	if (pid < 0) {
		perror("incgroup: fork");
		return EXIT_OURS;
	}
	if (pid == 0)
		child(group, mask, argv);
	return exit_status(wait_for(pid, set));
}

int main(int argc, char **argv)
{
	struct group group;
	sigset_t set, mask;
	size_t memory, swap, i;
	int err, status;

	if (parse(argc, argv, &memory, &swap))
		return usage();
	/* Before the group is made: a signal now must not leave it behind. */
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (i = 0; i < sizeof(forwarded) / sizeof(forwarded[0]); i++)
		sigaddset(&set, forwarded[i]);
	sigprocmask(SIG_BLOCK, &set, &mask);
	err = group_make(&group);
	if (err) {
		fprintf(stderr, "incgroup: cannot make a memory control group: "
			"%s\n", err == -ENOENT ?
			"no memory controller" : strerror(-err));
		return EXIT_SKIP;
	}
	err = group_limit(&group, memory, swap);
	if (err) {
		fprintf(stderr, "incgroup: cannot limit %s: %s\n", group.path,
			strerror(-err));
		status = EXIT_SKIP;
	} else {
		status = run(&group, &set, &mask, argv + optind);
	}
	err = group_remove(&group);
	if (err)
		fprintf(stderr, "incgroup: cannot remove %s: %s\n", group.path,
			strerror(-err));
	return status;
}
