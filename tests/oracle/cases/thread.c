/* SPDX-License-Identifier: MIT */
/*
 * Threads: fork() by one of several, while another changes what is mapped; and
 * droppable memory as the stack of a thread, a clone() or a signal, and as a
 * word to wait on.
 */
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "oracle/family.h"

static void *fork_here(void *arg)
{
	const struct door *door = arg;

	map_both(door);
	look_in_both(fork, door);
	return NULL;
}

static void thread_forks(const struct door *door)
{
	pthread_t thread;

	must(!pthread_create(&thread, NULL, fork_here, (void *)door), "start");
	pthread_join(thread, NULL);
}

static atomic_bool enough;

static void *map_and_unmap(void *arg)
{
	const struct door *door = arg;

	while (!atomic_load(&enough)) {
		*map_droppable(door, 40, 4, 0) = 'x';
		door->munmap(at_page(40), pages_len(4));
	}
	return NULL;
}

/* In silence: what another thread did to stdout is not known here. */
static bool finds_its_own(const struct door *door)
{
	char *map = door->mmap(at_page(8), pages_len(2), RW,
			       DROPPABLE | MAP_FIXED, -1, 0);

	if (map != at_page(8) || *map || *at_page(0) || *at_page(3))
		return false;
	*at_page(0) = *map = 'c';
	return !door->munmap(at_page(0), pages_len(2)) && *map == 'c';
}

#define BUSY_CHILDREN 100

static void busy(pid_t (*make)(void), const struct door *door)
{
	pthread_t thread;
	int wrong = 0, status;

	map_both(door);
	must(!pthread_create(&thread, NULL, map_and_unmap, (void *)door),
	     "start");
	for (int i = 0; i < BUSY_CHILDREN; i++) {
		pid_t pid = make();

		if (!pid)
			_exit(!finds_its_own(door));
		wrong += waitpid(pid, &status, 0) != pid || status;
	}
	atomic_store(&enough, true);
	pthread_join(thread, NULL);
	say("%d wrong", wrong);
	look_as("parent");
}

static void busy_fork(const struct door *door)
{
	busy(fork, door);
}

static void busy_call_fork(const struct door *door)
{
	busy(call_fork, door);
}

#define STACK_PAGES 32

static bool on_droppable_stack(void)
{
	char here;

	return &here >= at_page(0) && &here < at_page(STACK_PAGES);
}

static void say_stack(const struct door *door)
{
	(void)door;
	say(on_droppable_stack() ? "there" : "elsewhere");
}

static void *thread_on_stack(void *door)
{
	say_stack(door);
	return NULL;
}

static void thread_stack(const struct door *door)
{
	char *stack = door->mmap(at_page(0), pages_len(STACK_PAGES), RW,
				 DROPPABLE | MAP_STACK | MAP_FIXED, -1, 0);
	pthread_attr_t attr;
	pthread_t thread;

	pthread_attr_init(&attr);
	must(!pthread_attr_setstack(&attr, stack, pages_len(STACK_PAGES)),
	     "take the stack");
	must(!pthread_create(&thread, &attr, thread_on_stack, (void *)door),
	     "start");
	pthread_join(thread, NULL);
	say_result(door->madvise(stack, pages_len(STACK_PAGES), MADV_DODUMP));
}

static int clone_on_stack(void *arg)
{
	say_stack(arg);
	return 0;
}

static void clone_stack(const struct door *door)
{
	char *stack = map_droppable(door, 0, STACK_PAGES, 's');
	pid_t pid = clone(clone_on_stack, stack + pages_len(STACK_PAGES),
			  CLONE_VM | CLONE_VFORK | SIGCHLD, (void *)door);

	must(pid > 0, "clone");
	must(waitpid(pid, NULL, 0) == pid, "wait");
}

static volatile bool handled_there;

static void handler(int number)
{
	(void)number;
	handled_there = on_droppable_stack();
}

static void signal_stack(const struct door *door)
{
	stack_t stack = {
		.ss_sp = map_droppable(door, 0, STACK_PAGES, 0),
		.ss_size = pages_len(STACK_PAGES),
	};
	struct sigaction action = {.sa_handler = handler,
				   .sa_flags = SA_ONSTACK};

	must(!sigaltstack(&stack, NULL), "take the stack");
	sigaction(SIGUSR1, &action, NULL);
	raise(SIGUSR1);
	say(handled_there ? "there" : "elsewhere");
}

static int futex(void *word, int op, unsigned int value)
{
	return (int)syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static void *wait_for_change(void *word)
{
	while (!atomic_load((_Atomic unsigned int *)word))
		if (futex(word, FUTEX_WAIT_PRIVATE, 0) && errno != EAGAIN)
			say_result(-1);
	return NULL;
}

static void futex_word(const struct door *door)
{
	_Atomic unsigned int *word = (void *)map_droppable(door, 0, 1, 0);
	pthread_t thread;

	say_result(futex(word, FUTEX_WAIT, 1));
	say_result(futex(at_page(1), FUTEX_WAIT, 1));
	must(!pthread_create(&thread, NULL, wait_for_change, word), "start");
	atomic_store(word, 1);
	futex(word, FUTEX_WAKE_PRIVATE, 1);
	pthread_join(thread, NULL);
	say("%u", atomic_load(word));
}

const struct test_case thread_cases[] = {
	{"thread_forks", thread_forks, NO_TWIN, NULL},
	{"thread_maps_while_fork", busy_fork, NO_TWIN, NULL},
	{"thread_maps_while_fork_call", busy_call_fork, NO_TWIN, NULL},
	{"thread_stack", thread_stack, NO_TWIN, NULL},
	{"thread_stack_of_clone", clone_stack, ONE_DOOR, NULL},
	{"thread_signal_stack", signal_stack, ONE_DOOR, NULL},
	{"thread_futex", futex_word, ONE_DOOR, NULL},
	{0},
};
