/* SPDX-License-Identifier: MIT */
/*
 * Whom process_madvise() means: all that names oneself, and others, who must
 * not be taken for oneself.  What it does to oneself is in vector.c.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "oracle/layout.h"
#include "oracle/limits.h"
#include "oracle/pidfds.h"

#define OPEN_THREAD O_EXCL /* PIDFD_THREAD */
/* PIDFD_SELF_THREAD and PIDFD_SELF_THREAD_GROUP. */
#define SELF_THREAD (-10000)
#define SELF_PROCESS (-10001)

/* Numbers that mean the caller, without a descriptor, and some that do not. */
static void by_number(const struct door *door)
{
	static const int numbers[] = {SELF_THREAD, SELF_PROCESS, -9999,
				      -10002,	   -20000,	 -1};
	struct iovec all = range(0, 2);

	stay_here();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		map_droppable(door, 0, 2, 'd');
		say_given(door, numbers[i], &all, 1, MADV_DODUMP);
		say_given(door, numbers[i], &all, 1, ADVICE_PAGEOUT);
		say_held(0, 2);
	}
}

static void *call_by_number(void *arg)
{
	by_number(arg);
	return NULL;
}

static void by_number_in_a_thread(const struct door *door)
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, call_by_number, (void *)door),
	     "make a thread");
	pthread_join(thread, NULL);
}

struct helper {
	pthread_barrier_t gate;
	pid_t tid;
};

static void *wait_at_gate(void *arg)
{
	struct helper *helper = arg;

	helper->tid = (pid_t)syscall(SYS_gettid);
	pthread_barrier_wait(&helper->gate);
	pthread_barrier_wait(&helper->gate);
	return NULL;
}

/* A thread other than the first is no process to this call. */
static void by_a_thread(const struct door *door)
{
	struct iovec all = range(0, 2);
	struct helper helper;
	pthread_t thread;
	int fd;

	stay_here();
	map_droppable(door, 0, 2, 'd');
	pthread_barrier_init(&helper.gate, NULL, 2);
	must(!pthread_create(&thread, NULL, wait_at_gate, &helper),
	     "make a thread");
	pthread_barrier_wait(&helper.gate);
	fd = pidfd_of(helper.tid, OPEN_THREAD);
	say_given(door, fd, &all, 1, MADV_DODUMP);
	say_given(door, fd, &all, 1, ADVICE_PAGEOUT);
	say_held(0, 2);
	pthread_barrier_wait(&helper.gate);
	pthread_join(thread, NULL);
}

/* Duplicates of it, and one that was opened long ago. */
static void by_a_duplicate(const struct door *door)
{
	struct iovec all = range(0, 2);
	int fd = dup(myself());

	stay_here();
	must(fd >= 0, "duplicate");
	map_droppable(door, 0, 2, 'd');
	say_given(door, fd, &all, 1, MADV_DODUMP);
	say_given(door, fd, &all, 1, ADVICE_PAGEOUT);
	say_held(0, 2);
	say_given(door, dup2(0, fd), &all, 1, ADVICE_COLD);
}

static struct borrowed {
	const struct door *door;
	int parent;
	struct iovec all;
	ssize_t done[2];
} borrowed;

static int advise_parent(void *arg)
{
	struct borrowed *b = arg;

	b->done[0] =
		b->door->process_madvise(b->parent, &b->all, 1, MADV_DODUMP, 0);
	b->done[1] = b->door->process_madvise(b->parent, &b->all, 1,
					      MADV_DONTNEED, 0);
	return 0;
}

/* A process of another number with the same memory is oneself as well. */
static void by_a_vfork_child(const struct door *door)
{
	static char stack[65536] __attribute__((aligned(64)));
	int status;
	pid_t pid;

	map_droppable(door, 0, 2, 'd');
	borrowed = (struct borrowed){door, myself(), range(0, 2), {-2, -2}};
	pid = clone(advise_parent, stack + sizeof(stack),
		    CLONE_VM | CLONE_VFORK | SIGCHLD, &borrowed);
	must(pid > 0 && waitpid(pid, &status, 0) == pid, "make a child");
	say("%s", borrowed.done[0] < 0 ? "refused" : "done");
	say_done(borrowed.done[1]);
	say_held(0, 2);
}

static int pidfd_of_parent;

static void advise_as_child(const struct door *door)
{
	struct iovec all = range(0, 2);

	map_droppable(door, 0, 2, 'c');
	say_given(door, pidfd_of_parent, &all, 1, MADV_DONTNEED);
	say_given(door, pidfd_of_parent, &all, 1, MADV_DODUMP);
	say_held(0, 2);
	say_given(door, myself(), &all, 1, MADV_DONTNEED);
	say_held(0, 2);
}

/* A pidfd that meant oneself means the parent in a child. */
static void by_an_inherited_pidfd(const struct door *door)
{
	struct iovec all = range(0, 2);

	map_droppable(door, 0, 2, 'd');
	pidfd_of_parent = myself();
	say_given(door, pidfd_of_parent, &all, 1, MADV_UNMERGEABLE);
	in_child(fork, advise_as_child, door);
	say_held(0, 2);
}

/* A child that has filled page 0 and 1, and waits to be killed. */
static pid_t waiting_child(const struct door *door)
{
	int pipes[2];
	char byte;
	pid_t pid;

	must(!pipe(pipes), "make a pipe");
	fflush(stdout);
	pid = fork();
	must(pid >= 0, "make a child");
	if (!pid) {
		close(pipes[0]);
		map_droppable(door, 0, 2, 'c');
		must(write(pipes[1], "", 1) == 1, "tell");
		for (;;)
			pause();
	}
	close(pipes[1]);
	must(read(pipes[0], &byte, 1) == 1, "hear of it");
	return pid;
}

/* What lies at the same addresses here is another's. */
static void of_a_child(const struct door *door)
{
	struct iovec all = range(0, 2);
	siginfo_t info;
	pid_t pid;
	int fd;

	map_droppable(door, 0, 2, 'd');
	pid = waiting_child(door);
	fd = pidfd_of(pid, 0);
	say_given(door, fd, &all, 1, MADV_DONTNEED);
	say_given(door, fd, &all, 1, MADV_DODUMP);
	say_given(door, fd, &all, 1, ADVICE_FREE);
	say_held(0, 2);
	kill(pid, SIGKILL);
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	say_given(door, fd, &all, 1, ADVICE_COLD);
	waitpid(pid, NULL, 0);
	say_given(door, fd, &all, 1, ADVICE_COLD);
}

static void page_out_parent(const struct door *door)
{
	struct iovec all = range(0, 2);

	say_given(door, pidfd_of_parent, &all, 1, ADVICE_PAGEOUT);
}

/* This another may do to us, if it is privileged. */
static void pageout_by_a_child(const struct door *door)
{
	stay_here();
	map_droppable(door, 0, 3, 'd');
	pidfd_of_parent = myself();
	in_child(fork, page_out_parent, door);
	say_held(0, 3);
}

/* clang-format off */
#define PIDFD(name, run, need) {"process_madvise_" name, run, NO_TWIN, need}
/* clang-format on */

const struct test_case pidfd_cases[] = {
	PIDFD("by_number", by_number, "PIDFD_SELF"),
	PIDFD("by_number_in_a_thread", by_number_in_a_thread, "PIDFD_SELF"),
	PIDFD("by_a_thread", by_a_thread, "process_madvise"),
	PIDFD("by_a_duplicate", by_a_duplicate, "process_madvise"),
	PIDFD("by_a_vfork_child", by_a_vfork_child, "process_madvise"),
	PIDFD("by_an_inherited_pidfd", by_an_inherited_pidfd,
	      "process_madvise"),
	PIDFD("of_a_child", of_a_child, "process_madvise"),
	PIDFD("pageout_by_a_child", pageout_by_a_child, "process_madvise"),
	{0},
};
