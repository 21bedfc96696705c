/* SPDX-License-Identifier: MIT */
/*
 * How badly memory is needed: what a look's numbers mean, for policy and force.
 * Pure.
 */
#ifndef DRP_CORE_NEED_H
#define DRP_CORE_NEED_H

#include <stdbool.h>
#include <stdint.h>

#include "core/policy.h"

/* Less headroom than the machine could use up in that time is none. */
#define DRP_NEED_CRITICAL_US 3000

/* Looks and armings may be late by that. */
#define DRP_NEED_SLACK_US 10000

/* So little droppable memory makes room for nobody. */
#define DRP_NEED_LITTLE_BYTES ((uint64_t)4 << 20)

/*
 * Alarms further apart than that are not in a row.  Some sources tell of events
 * only, at most one in a window, and windows have up to two seconds.
 */
#define DRP_NEED_ALARM_GAP_US 2500000

/* How fast the machine could use headroom up, and twice that. */
uint64_t drp_need_bytes_per_us(const struct drp_policy_view *view);

/* How wrong a group's counters may be. */
uint64_t drp_need_lag_bytes(const struct drp_policy_view *view);

/* Is there none? */
bool drp_need_is_critical(const struct drp_policy_view *view);

/*
 * Could the headroom be gone before an arming begun at the next look ends?  A
 * drop need not end in time: it frees faster than anybody can allocate.
 */
bool drp_need_is_tight(const struct drp_policy_view *view,
		       const struct drp_policy_memory *memory);

/*
 * May an alarm be about our memory?  It may be the whole machine's, and a cache
 * that fills its cgroup is no want: where reclaim is known to have scanned
 * before, and does not now, somebody else is short.
 */
bool drp_need_is_ours(const struct drp_policy_view *view,
		      const struct drp_policy_memory *memory);
bool drp_need_is_alarmed(const struct drp_policy_view *view,
			 const struct drp_policy_memory *memory);

/*
 * Is memory on the move?  Then what was armed a moment ago may be dirty.  An
 * alarm while there is headroom is about somebody else's memory.  Once a look:
 * it remembers.
 */
bool drp_need_is_active(const struct drp_policy_view *view,
			struct drp_policy_memory *memory);

#endif
