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

/* Does mlockall(MCL_FUTURE) reach for new mappings?  Lock held. */
bool drp_locking_future(void);

/*
 * Fault the pages in, for writing where the mapping allows that.  0 or -errno
 * as mlock() has it: -ENOMEM for a page that cannot be accessed.  Stops at the
 * first error.  With `arm` the pages are armed as they come: more may be asked
 * for than fits, and natively they could be dropped at once.  To be called
 * without the lock, so that the watcher can act meanwhile.
 */
long drp_locking_populate(uintptr_t start, size_t len_bytes, bool arm);

/* In a fork child: memory locks are not inherited.  Lock held. */
void drp_locking_forked(void);

#endif
