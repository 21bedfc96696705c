/* SPDX-License-Identifier: MIT */
/*
 * Which promises hold in this process: gathers the facts that promise judges,
 * without a descriptor that stays and without the watcher's files.
 */
#ifndef DRP_CORE_SUPPORT_H
#define DRP_CORE_SUPPORT_H

#include "core/promise.h"

/*
 * For what mmap() makes or, pinnable, for what is emulated in any case.  Any
 * thread, any time.
 */
void drp_support_gather(struct drp_facts *facts, bool pinnable);

#endif
