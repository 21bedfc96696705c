/* SPDX-License-Identifier: MIT */
/*
 * differential [--log] [--threads=N] [--common] FIRST COUNT STEPS: random walks
 * (see walk.h) from the seeds FIRST to FIRST + COUNT - 1.  Prints for each seed
 * a digest of all that its walk noted: on the kernel's own MAP_DROPPABLE and on
 * the emulation it must be the same.
 *
 *   --log        print what the walks note instead
 *   --threads=N  N walks at a time, by N threads on arenas of their own,
 * without the calls that concern the whole process; also for sanitizers
 *   --common     only calls that every kernel from 4.14 on takes alike
 *
 * Without --threads each walk has a process of its own, and every fourth one
 * may lock little memory.
 */
#include <getopt.h>
#include <linux/capability.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "oracle/walk.h"

#define THREADS_MAX 16

static struct {
	unsigned int first, count;
	int steps;
	unsigned int threads;
	unsigned int may;
	bool loud;
	uint64_t *digests; /* Shared: one a seed. */
} job = {.may = WALK_PROCESS | WALK_RECENT | WALK_LIBC_LOCKS};

static void begin(struct walk *walk, unsigned int index, unsigned int arena)
{
	unsigned int seed = job.first + index;

	*walk = (struct walk){
		.may = job.may,
		.loud = job.loud,
		.future = seed % 3 == 0,
		.random = seed * 2654435761u + 1,
		.digest = &job.digests[index],
	};
	*walk->digest = UINT64_C(14695981039346656037);
	walk->memfd = arena_memory_file();
	if (arena_open(&walk->arena, arena) || walk->memfd < 0 ||
	    ftruncate(walk->memfd,
		      (off_t)(ARENA_PAGES * walk->arena.page_bytes))) {
		perror("differential");
		_exit(2);
	}
	walk_open(walk);
	if (job.loud)
		printf("seed %u\n", seed);
}

static void end(struct walk *walk)
{
	arena_close(&walk->arena);
	close(walk->memfd);
	walk_close(walk);
}

/* Without CAP_IPC_LOCK the limit counts. */
static void limit_locks(size_t bytes)
{
	struct __user_cap_header_struct header = {
		.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct caps[2] = {0};
	struct rlimit limit = {.rlim_cur = bytes, .rlim_max = bytes};

	setrlimit(RLIMIT_MEMLOCK, &limit);
	if (syscall(SYS_capget, &header, caps))
		return;
	caps[0].effective &= ~(1u << CAP_IPC_LOCK);
	syscall(SYS_capset, &header, caps);
}

static void walk_alone(unsigned int index)
{
	struct walk walk;

	begin(&walk, index, 0);
	if ((job.first + index) % 4 == 0)
		limit_locks(walk_pick(&walk, ARENA_PAGES) *
			    walk.arena.page_bytes);
	for (int i = 0; i < job.steps; i++)
		walk_step(&walk);
	fflush(stdout);
	_exit(0);
}

/* 0, or 1 if a walk died. */
static int walk_processes(void)
{
	int failed = 0;

	for (unsigned int i = 0; i < job.count; i++) {
		int status = 0;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (!pid)
			walk_alone(i);
		if (pid > 0 && waitpid(pid, &status, 0) == pid && !status)
			continue;
		printf("seed %u ended with status %d\n", job.first + i, status);
		failed = 1;
	}
	return failed;
}

static atomic_uint next_index;

static void *walk_together(void *arg)
{
	unsigned int *number = arg;
	unsigned int index;

	while ((index = atomic_fetch_add(&next_index, 1)) < job.count) {
		struct walk walk;

		begin(&walk, index, *number);
		for (int i = 0; i < job.steps; i++)
			walk_step(&walk);
		end(&walk);
	}
	return NULL;
}

static int walk_threads(void)
{
	pthread_t threads[THREADS_MAX];
	unsigned int numbers[THREADS_MAX];

	for (unsigned int i = 0; i < job.threads; i++) {
		numbers[i] = i;
		if (pthread_create(&threads[i], NULL, walk_together,
				   &numbers[i]))
			return 1;
	}
	for (unsigned int i = 0; i < job.threads; i++)
		pthread_join(threads[i], NULL);
	return 0;
}

static void usage(const char *name)
{
	fprintf(stderr,
		"usage: %s [--log] [--threads=N] [--common] FIRST COUNT "
		"STEPS\n",
		name);
	exit(2);
}

static void read_options(int argc, char **argv)
{
	static const struct option options[] = {
		{"log", no_argument, NULL, 'l'},
		{"threads", required_argument, NULL, 't'},
		{"common", no_argument, NULL, 'c'},
		{0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'l')
			job.loud = true;
		else if (option == 'c')
			job.may &= ~(unsigned int)WALK_RECENT;
		else if (option == 't')
			job.threads = (unsigned int)atoi(optarg);
		else
			usage(argv[0]);
	}
	if (argc - optind != 3 || job.threads > THREADS_MAX ||
	    (job.loud && job.threads > 1))
		usage(argv[0]);
	job.first = (unsigned int)atoi(argv[optind]);
	job.count = (unsigned int)atoi(argv[optind + 1]);
	job.steps = atoi(argv[optind + 2]);
	if (job.threads)
		job.may &= ~(unsigned int)(WALK_PROCESS | WALK_LIBC_LOCKS);
}

int main(int argc, char **argv)
{
	int failed;

	read_options(argc, argv);
	job.digests =
		mmap(NULL, (job.count + 1) * sizeof(*job.digests),
		     PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (job.digests == MAP_FAILED) {
		perror("differential");
		return 2;
	}
	failed = job.threads ? walk_threads() : walk_processes();
	for (unsigned int i = 0; !job.loud && i < job.count; i++)
		printf("seed %u %016llx\n", job.first + i,
		       (unsigned long long)job.digests[i]);
	return failed;
}
