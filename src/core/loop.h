/* SPDX-License-Identifier: MIT */
/*
 * Looking from the program's own event loop, without a thread: a descriptor
 * that is readable when it is time for a look, and a time limit for when it is
 * not.
 */
#ifndef DRP_CORE_LOOP_H
#define DRP_CORE_LOOP_H

/*
 * End the watcher for good, and return the descriptor, an epoll instance which
 * the library keeps; the same every time.  Or -errno.
 */
long drp_loop_open(void);

/*
 * Look, and act.  *timeout_ms: when to come again at the latest; -1: not before
 * the descriptor is readable.  0, or -EINVAL if drp_loop_open() was not called.
 */
long drp_loop_dispatch(int *timeout_ms);

/* In a fork child: it has a watcher again, unless it opens a loop too. */
void drp_loop_forked(void);

#endif
