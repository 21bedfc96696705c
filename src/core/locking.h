/* SPDX-License-Identifier: MIT */
/*
 * Memory locks, which droppable memory does not take: locking it populates it,
 * and that is all.
 *
 * Each function is the kernel's call of that name on a range that may hold both
 * kinds: ordinary parts are locked as the caller asked.  0 or -errno as from
 * the kernel.  Each takes the registry lock itself; signal-safe, usable before
 * the constructor.
 */
#ifndef DRP_CORE_LOCKING_H
#define DRP_CORE_LOCKING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* flags: 0, or MLOCK_ONFAULT for mlock2(). */
long drp_locking_mlock(uintptr_t addr, size_t len_bytes, int flags);
long drp_locking_munlock(uintptr_t addr, size_t len_bytes);
long drp_locking_mlockall(int flags);
long drp_locking_munlockall(void);

/* Does mlockall(MCL_FUTURE) reach for new mappings? */
bool drp_locking_future(void);

/*
 * It does from now on, or does not: for calls that need nothing else of us, and
 * in a fork child, which inherits no locks.  To be said before such a call, not
 * after: a mapping may come in between.
 */
void drp_locking_note(bool future);

/*
 * Fault the pages of a new droppable mapping in, for writing where it allows
 * that, up to the first error.  They are armed as they come: more may be asked
 * for than fits, and natively they could be dropped at once.  To be called
 * without the lock, so that the watcher can act meanwhile.
 */
void drp_locking_populate(uintptr_t start, size_t len_bytes);

#endif
