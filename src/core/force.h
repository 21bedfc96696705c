/* SPDX-License-Identifier: MIT */
/* When to drop, and how much.  Part of policy: pure. */
#ifndef DRP_CORE_FORCE_H
#define DRP_CORE_FORCE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"

/*
 * Bytes to drop now, UINT64_MAX being everything, 0 nothing.  Once a look: it
 * remembers alarms.
 */
uint64_t drp_force_goal(const struct drp_policy_view *view,
			struct drp_policy_memory *memory, bool tight);

#endif
