/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

#include <linux/futex.h>
#include <limits.h>
#include <signal.h>

#include "base/sys.h"

drp_sigmask drp_signals_block(void)
{
	drp_sigmask all = ~(drp_sigmask)0;
	drp_sigmask old = 0;

	DRP_SYS(SYS_rt_sigprocmask, SIG_BLOCK, &all, &old, sizeof(old));
	return old;
}

void drp_signals_restore(drp_sigmask mask)
{
	DRP_SYS(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, sizeof(mask));
}

int drp_futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t timeout_us)
{
	struct drp_timespec timeout = drp_timespec_of_us(timeout_us);

	return (int)DRP_SYS(SYS_futex, word, FUTEX_WAIT_PRIVATE, value,
			    timeout_us < 0 ? NULL : &timeout);
}

void drp_futex_wake(_Atomic uint32_t *word)
{
	DRP_SYS(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

drp_sigmask drp_lock(struct drp_lock *lock)
{
	drp_sigmask mask = drp_signals_block();
	uint32_t expected = 0;

	/* Acquire pairs with the release in drp_unlock(). */
	if (atomic_compare_exchange_strong_explicit(&lock->state, &expected, 1,
						    memory_order_acquire,
						    memory_order_relaxed))
		return mask;
	while (atomic_exchange_explicit(&lock->state, 2, memory_order_acquire))
		drp_futex_wait(&lock->state, 2, -1);
	return mask;
}

void drp_unlock(struct drp_lock *lock, drp_sigmask mask)
{
	if (atomic_exchange_explicit(&lock->state, 0, memory_order_release) ==
	    2)
		DRP_SYS(SYS_futex, &lock->state, FUTEX_WAKE_PRIVATE, 1);
	drp_signals_restore(mask);
}
