/* SPDX-License-Identifier: MIT */
/*
 * suspended DELAY_MS: a process fills a droppable cache, is stopped so long after
 * that, and another wants more than is left.  When it has got it, or has been
 * killed, the first goes on and counts.
 *
 * Exit status: 0 both lived; 1 usage or no process; 2 mmap refused; 3 the
 * one with the cache was killed; 4 the other.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cache.h"
#include "hog.h"

#define CACHE_BYTES ((size_t)300 << 20)
#define HOG_BYTES ((size_t)400 << 20)

/* Says when it is full, and counts when it is told to. */
static int keep(int to, int from)
{
	struct cache cache;
	struct tally tally;
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (cache_map(&cache, CACHE_BYTES, MAP_DROPPABLE))
		return 2;
	cache_fill(&cache);
	if (write(to, &byte, 1) != 1 || read(from, &byte, 1) != 1)
		return 1;
	tally = cache_count(&cache);
	printf("result survived kept_pages=%zu zero_pages=%zu torn_pages=%zu\n",
	       tally.kept, tally.zero, tally.torn);
	fflush(stdout);
	return 0;
}

static int want(void)
{
	double ms;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	return hog_here(HOG_BYTES, 1, &ms) ? 1 : 0;
}

static int wait_for(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid && WIFEXITED(status) ?
		WEXITSTATUS(status) : -1;
}

int main(int argc, char **argv)
{
	int delay_ms = argc == 2 ? atoi(argv[1]) : -1;
	const struct timespec delay = {.tv_sec = delay_ms / 1000,
				       .tv_nsec = delay_ms % 1000 * 1000000L};
	int full[2], go[2], status;
	pid_t keeper, hog;
	char byte;

	if (delay_ms < 0) {
		fputs("usage: suspended DELAY_MS\n", stderr);
		return 1;
	}
	signal(SIGPIPE, SIG_IGN);
	if (pipe(full) || pipe(go) || (keeper = fork()) < 0)
		return 1;
	if (keeper == 0)
		_exit(keep(full[1], go[0]));
	close(full[1]);
	close(go[0]);
	if (read(full[0], &byte, 1) != 1)
		return wait_for(keeper) == 2 ? 2 : 3;
	nanosleep(&delay, NULL);
	kill(keeper, SIGSTOP);
	hog = fork();
	if (hog == 0)
		_exit(want());
	status = wait_for(hog);
	kill(keeper, SIGCONT);
	if (write(go[1], &byte, 1) != 1 || wait_for(keeper) != 0)
		return 3;
	return status ? 4 : 0;
}
