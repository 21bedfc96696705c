/* SPDX-License-Identifier: MIT */
/*
 * The watcher: one thread that looks at the headroom, waits for alarms, asks
 * policy and acts.  Exists only while there has been an emulated mapping.
 *
 * It has all signals blocked, allocates nothing, and takes two locks: reclaim's
 * for a walk, and the registry's for a piece of it at a time.
 */
#ifndef DRP_CORE_WATCHER_H
#define DRP_CORE_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

/*
 * There is an emulated mapping: see to it that it is watched.  Starts the
 * thread, or wakes it if it sleeps for want of regions.  Lock held.  Where no
 * thread can be made it says so in the log, and tries again at the next call.
 */
void drp_watcher_start(void);

/* Has there been a watcher, in this process or the one it was forked from? */
bool drp_watcher_ever(void);

/*
 * For calls that need a process without our thread (setuid and its kin,
 * unshare, setns): end it and wait until the kernel no longer counts it; none
 * is started before it is resumed.  Nest, and may be called by several threads.
 * Do nothing to the parent's thread in a vfork child.  Not in signal handlers.
 */
void drp_watcher_pause(void);
void drp_watcher_resume(void);

/*
 * Another one, if there is one, with the descriptors that are ours by now.  Not
 * in signal handlers.
 */
void drp_watcher_renew(void);

/*
 * Drop at least so many bytes, oldest regions first, if there are as many.
 * Returns how many that freed when it is done.  Any thread; the watcher does
 * the work, if there is one.
 */
uint64_t drp_watcher_trim(uint64_t goal_bytes);

/*
 * The program looks itself from now on (see loop): end the thread for good. And
 * what its loop needs: the descriptor that wakes it, or -1, and how to calm it.
 */
void drp_watcher_retire(void);
int drp_watcher_bell(void);
void drp_watcher_calm(void);

/*
 * Is there nothing to watch?  Then whoever asked is woken when there is again.
 */
bool drp_watcher_idle(void);

/* In a fork child: nothing of the parent's watcher is left.  Lock held. */
void drp_watcher_forked(void);

#endif
