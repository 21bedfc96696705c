/* SPDX-License-Identifier: MIT */
/*
 * What there is once a process: the settings, and the knowledge which process
 * this is.  Owns the fork handlers and the order in which a child puts the
 * other parts right again.
 */
#ifndef DRP_CORE_PROCESS_H
#define DRP_CORE_PROCESS_H

#include "base/settings.h"

/*
 * Read the environment and register the fork handlers.  The library's
 * constructor; calls before it work, they only lack the fork handlers.
 */
void drp_process_init(void);

/* The settings, read at the first call.  Any time. */
const struct drp_settings *drp_process_settings(void);

/*
 * To be called before the registry lock is taken on behalf of the program.  In
 * a child made by _Fork() or a raw system call, where no handler ran, does what
 * the handler would have done.
 */
void drp_process_enter(void);

/* The first emulated mapping is about to be made.  Lock held; repeatable. */
void drp_process_prepare(void);

#endif
