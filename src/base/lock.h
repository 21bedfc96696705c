/* SPDX-License-Identifier: MIT */
/*
 * A mutex on a futex, held with all signals blocked.
 *
 * No signal handler of the program can run on the thread that holds it, so a
 * handler that maps or unmaps memory never waits for its own thread.  Works on
 * the watcher, which has no thread-local storage.  Not recursive.
 */
#ifndef DRP_BASE_LOCK_H
#define DRP_BASE_LOCK_H

#include <stdatomic.h>
#include <stdint.h>

struct drp_lock {
	_Atomic uint32_t state; /* 0 free, 1 held, 2 held and waited for. */
};

/* The kernel's signal mask: 64 signals on every architecture but MIPS. */
typedef uint64_t drp_sigmask;

/* Returns the mask to hand to drp_unlock(). */
drp_sigmask drp_lock(struct drp_lock *lock);
void drp_unlock(struct drp_lock *lock, drp_sigmask mask);

/* Block every signal of this thread, libc's own two included. */
drp_sigmask drp_signals_block(void);
void drp_signals_restore(drp_sigmask mask);

/* Futex waiting, also for others' words.  0, or -EAGAIN, -EINTR, -ETIMEDOUT. */
int drp_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout_us);
void drp_futex_wake(_Atomic uint32_t *word);

#endif
