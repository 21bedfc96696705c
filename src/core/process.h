/* SPDX-License-Identifier: MIT */
/*
 * What there is once a process: the settings, and the knowledge which process
 * this is.  Owns the fork handlers and the order in which a child puts the
 * other parts right again.
 */
#ifndef DRP_CORE_PROCESS_H
#define DRP_CORE_PROCESS_H

#include <stdbool.h>

#include "base/lock.h"
#include "base/settings.h"
#include "pressure/ladder.h"

/*
 * Register the fork handlers and read the environment, once.  The library's
 * constructor calls it, or whoever registers fork handlers before that.  Calls
 * before it work, they only lack the fork handlers.
 */
void drp_process_init(void);

/* The settings, read at the first call.  Any time. */
const struct drp_settings *drp_process_settings(void);

/* The alarms they ask for.  Any time. */
const struct drp_alarm_choice *drp_process_alarms(void);

/*
 * To be called before the registry lock is taken on behalf of the program.  In
 * a child made by _Fork() or a raw system call, where no handler ran, does what
 * the handler would have done, but for wiping, which the kernel did.  Not in a vfork child: there the memory says nothing
 * changed.
 */
void drp_process_enter(void);

/* That, and the registry lock: see drp_region_lock(). */
drp_sigmask drp_process_lock(void);

/*
 * Around a fork that libc's handlers do not see: they wipe where the kernel does
 * not.  True: begun, and the end is to be called on both sides.
 */
bool drp_process_fork_begin(void);
void drp_process_fork_end(bool child);

/*
 * Around calls that need a process without our thread: see drp_watcher_pause().
 * Not in signal handlers.
 */
void drp_process_alone_begin(void);
void drp_process_alone_end(void);

#endif
