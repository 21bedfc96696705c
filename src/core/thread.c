/* SPDX-License-Identifier: MIT */
#include "core/thread.h"

#include <errno.h>
#include <limits.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "base/libc.h"
#include "base/lock.h"
#include "base/sanitizer.h"
#include "base/sys.h"

/*
 * The thread's id while it exists.  The kernel writes it at the start, and at
 * the end clears it and wakes who waits.
 */
static _Atomic uint32_t alive_id;
static void (*thread_run)(void);
static const char *thread_name;

uint32_t drp_thread_id(void)
{
	return atomic_load_explicit(&alive_id, memory_order_acquire);
}

/*
 * The thread is born as its maker is: give up what it may have been given of
 * real-time priority and pinning.
 */
static void body(void)
{
	unsigned long all[128];
	int priority = 0;

	memset(all, 0xff, sizeof(all));
	DRP_SYS(SYS_sched_setscheduler, 0, SCHED_OTHER, &priority);
	DRP_SYS(SYS_sched_setaffinity, 0, sizeof(all), all);
	DRP_SYS(SYS_prctl, PR_SET_NAME, thread_name, 0, 0, 0);
	thread_run();
}

static void *pthread_start(void *arg)
{
	atomic_store(&alive_id, (uint32_t)DRP_SYS(SYS_gettid));
	body();
	atomic_store(&alive_id, 0);
	DRP_SYS(SYS_futex, &alive_id, FUTEX_WAKE, INT_MAX);
	return arg;
}

static int start_pthread(void)
{
	pthread_t handle;
	int err = pthread_create(&handle, NULL, pthread_start, NULL);

	if (err)
		return -err;
	pthread_detach(handle);
	while (!drp_thread_id())
		DRP_SYS(SYS_sched_yield);
	return 0;
}

#if DRP_SANITIZED

int drp_thread_start(void (*run)(void), const char *name)
{
	thread_run = run;
	thread_name = name;
	return start_pthread();
}

#else

/*
 * The deepest path is under 4 KiB; line and file buffers are static or small.
 * What libc's headers inline, the stack protector and the like find the thread
 * pointer in a block of zeros: enough for a canary, and for a stray errno.
 */
#define STACK_BYTES ((size_t)64 << 10)
#define TLS_BYTES ((size_t)16 << 10)

/*
 * The library's own, so that a program at its RLIMIT_AS is watched as well.
 * Used by one thread after the other and, as a copy, in fork children.  Below
 * the stack lies a page that nobody may touch.
 */
static char room[2 * DRP_PAGE_BYTES_MAX + STACK_BYTES + TLS_BYTES];
static char *memory;

static void memory_make(void)
{
	size_t guard = drp_page_bytes();
	uintptr_t at = drp_page_up((uintptr_t)room);

	if (memory)
		return;
	DRP_SYS(SYS_mprotect, at, guard, PROT_NONE);
	memory = (char *)at + guard;
}

/* Variant II machines keep a pointer to itself at the thread pointer. */
static void *thread_pointer(void)
{
	void *middle = memory + STACK_BYTES + TLS_BYTES / 2;

	*(void **)middle = middle;
#ifdef __i386__
	/* The segment that libc gave its threads, with another base. */
	static struct {
		unsigned int entry, base, limit, bits;
	} desc;
	unsigned int selector;

	__asm__("movl %%gs, %0" : "=r"(selector));
	desc.entry = selector >> 3;
	desc.base = (unsigned int)(uintptr_t)middle;
	desc.limit = 0xfffff;
	desc.bits = 0x51; /* 32-bit, in pages, usable. */
	return &desc;
#else
	return middle;
#endif
}

static int start(void *arg)
{
	(void)arg;
	body();
	/* On i386 libc's way out goes by what the thread pointer points to. */
	DRP_SYS(SYS_exit, 0);
	return 0;
}

int drp_thread_start(void (*run)(void), const char *name)
{
	int saved = errno;
	int err = 0;

	memory_make();
	thread_run = run;
	thread_name = name;
	/* libc's clone(): the child runs `start`. */
	if (clone(start, memory + STACK_BYTES,
		  CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
			  CLONE_THREAD | CLONE_SYSVSEM | CLONE_SETTLS |
			  CLONE_PARENT_SETTID | CLONE_CHILD_CLEARTID,
		  NULL, (pid_t *)&alive_id, thread_pointer(),
		  (pid_t *)&alive_id) < 0)
		err = errno == EINVAL && DRP_LIBC_KEEPS_CLONE ? start_pthread()
							      : -EAGAIN;
	/* mmap() has succeeded all the same. */
	errno = saved;
	return err;
}

#endif

void drp_thread_wait(uint32_t id)
{
	/* Not a private futex: the kernel wakes it as a shared one. */
	while (drp_thread_id() == id && !DRP_SANITIZED)
		DRP_SYS(SYS_futex, &alive_id, FUTEX_WAIT, id, NULL);
	/* The kernel wakes one: pass it on. */
	DRP_SYS(SYS_futex, &alive_id, FUTEX_WAKE, INT_MAX);
	/*
	 * The word is cleared while the thread is still counted: 22 of 300
	 * calls of unshare() failed right after it.  Signal 0 is not sent.
	 */
	while (!DRP_SYS(SYS_tgkill, DRP_SYS(SYS_getpid), id, 0))
		DRP_SYS(SYS_nanosleep, &(struct drp_timespec){.nsec = 50000},
			NULL);
	/*
	 * The thread loses its id before it gives up the signal handlers, and
	 * unshare() failed in between, on an emulated 6.1.  Both happen under
	 * the kernel's lock for its lists of tasks, which this call waits for.
	 */
	DRP_SYS(SYS_getpriority, PRIO_PGRP, 0);
}

void drp_thread_forked(void)
{
	atomic_store_explicit(&alive_id, 0, memory_order_relaxed);
}
