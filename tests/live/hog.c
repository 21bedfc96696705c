/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cache.h"
#include "hog.h"

#define THREADS_MAX 64

struct part {
	volatile unsigned char *base;
	size_t bytes;
};

static void *fault_in(void *arg)
{
	const struct part *part = arg;
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	size_t at;

	for (at = 0; at < part->bytes; at += page_bytes)
		part->base[at] = 1;
	return NULL;
}

int hog_here(size_t bytes, unsigned threads, double *ms)
{
	pthread_t ids[THREADS_MAX];
	struct part parts[THREADS_MAX];
	double start = now_ms();
	unsigned char *base;
	unsigned i, n;
	int err = 0;

	*ms = 0;
	if (bytes == 0)
		return 0;
	if (threads == 0 || threads > THREADS_MAX)
		return -EINVAL;
	base = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (base == MAP_FAILED)
		return -errno;
	for (n = 0; n < threads && !err; n++) {
		size_t from = bytes / threads * n;

		parts[n].base = base + from;
		parts[n].bytes = n + 1 < threads ? bytes / threads
						 : bytes - from;
		err = -pthread_create(&ids[n], NULL, fault_in, &parts[n]);
	}
	if (err)
		n--;
	for (i = 0; i < n; i++)
		pthread_join(ids[i], NULL);
	*ms = now_ms() - start;
	return err;
}

static void become_hog(int in, int out, char *const argv[])
{
	/* Whoever is left alone would hold its memory for ever. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0)
		execv("/proc/self/exe", argv);
	_exit(127);
}

int hog_start(struct hog *hog, char *const argv[])
{
	int to[2], from[2];
	int err;

	if (pipe2(to, O_CLOEXEC))
		return -errno;
	if (pipe2(from, O_CLOEXEC)) {
		err = -errno;
		close(to[0]);
		close(to[1]);
		return err;
	}
	hog->pid = fork();
	err = hog->pid < 0 ? -errno : 0;
	if (hog->pid == 0)
		become_hog(to[0], from[1], argv);
	close(to[0]);
	close(from[1]);
	hog->to = to[1];
	hog->from = from[0];
	if (err) {
		close(hog->to);
		close(hog->from);
	}
	return err;
}

int hog_serve(size_t bytes, unsigned threads)
{
	double ms;
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		return 0;
	if (hog_here(bytes, threads, &ms))
		return 1;
	printf("%.1f\n", ms);
	fflush(stdout);
	/* What is freed now would spare the cache. */
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}

int hog_go(const struct hog *hog, double *ms)
{
	char text[32] = "";
	ssize_t n;

	if (write(hog->to, "g", 1) != 1)
		return -ECHILD;
	n = read(hog->from, text, sizeof(text) - 1);
	if (n <= 0)
		return -ECHILD;
	*ms = strtod(text, NULL);
	return 0;
}

int hog_stop(const struct hog *hog)
{
	int status = 0;

	close(hog->to);
	close(hog->from);
	while (waitpid(hog->pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}
