/* SPDX-License-Identifier: MIT */
/*
 * One thread that libc does not know.
 *
 * pthread_create() would call calloc(): a malloc that takes droppable memory
 * from us while it holds its own lock would deadlock.  It would also count as a
 * thread of the program, which then does not end when all of its own have.  A
 * bare clone() has neither fault, and a price: on it no libc function may be
 * called that touches thread-local storage (errno, malloc, stdio, locale), and
 * setuid() and its kin do not reach it, so it must be gone while they run.
 *
 * Sanitizers follow threads through pthread_create() only; builds with one use
 * that.
 */
#ifndef DRP_CORE_THREAD_H
#define DRP_CORE_THREAD_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Start `run` on the thread; 0 or -errno.  All signals must be blocked, and
 * stay so on the thread.  The thread ends when `run` returns.  One at a time:
 * the one before must have been forgotten.
 */
int drp_thread_start(void (*run)(void), const char *name);

/*
 * The kernel's id of the thread; 0: there is none (any more).  It may have been
 * started in a vfork child, and be gone with it.
 */
uint32_t drp_thread_id(void);

/*
 * Wait until the thread `id` has ended and the kernel no longer counts it: a
 * call that wants a single-threaded process succeeds from then on.  Several
 * threads may wait for the same.
 */
void drp_thread_wait(uint32_t id);

/* In a fork child, where it never was. */
void drp_thread_forked(void);

#endif
