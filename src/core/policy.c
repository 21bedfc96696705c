/* SPDX-License-Identifier: MIT */
#include "core/policy.h"

#include "core/force.h"
#include "core/need.h"

/* A look costs 20 to 60 us, so even the shortest interval is 6 % of a CPU. */
#define LOOK_MIN_US 1000
/* Limits can be lowered at any time; otherwise nothing happens in between. */
#define LOOK_MAX_US 2000000

/* More than the machine could use up in that time is ample. */
#define FAR_US 1000000

/*
 * At rest arming may use half a percent of a CPU, and looks about as much;
 * while memory is going arming may use 25 %.  Of a CPU, not of the time: with
 * five threads to a CPU an arming of 20 ms has taken 400, and a second in which
 * nothing was armed would have followed.
 */
#define ARM_REST_FACTOR 200
#define ARM_URGENT_FACTOR 3
#define ARM_URGENT_MIN_US 2000
#define ARM_REST_MIN_US 100000
/*
 * With headroom left, but while reclaim scans beside swap: what was filled
 * since is anonymous memory like other.  5 % at most.
 */
#define ARM_SWAPPING_FACTOR 20
#define ARM_SWAPPING_MIN_US 1000000

/*
 * Arming makes the kernel forget which pages are in use, and it then takes any
 * of them.  So none where less than that part of what is resident needs it; but
 * soon even so, for what was written since is told only when reclaim meets it.
 */
#define SPARED_PARTS 8
#define ARM_SPARED_US 1000000
/* Finding out takes a tenth of arming, or less: 6 % of a CPU. */
#define COUNT_URGENT_FACTOR 16

/*
 * With all armed and nothing moving, the kernel has what it may take: looking
 * every millisecond because a group is full would cost 5 % of a CPU for
 * nothing.
 */
#define LOOK_REST_US 20000

static int64_t clamp_us(uint64_t us, int64_t least, int64_t most)
{
	if (us < (uint64_t)least)
		return least;
	return us > (uint64_t)most ? most : (int64_t)us;
}

static int64_t rest_interval_us(const struct drp_policy_memory *memory,
				bool swapping)
{
	uint64_t cpu_us = (uint64_t)memory->arming.cpu_us;
	int64_t rest_us =
		clamp_us(cpu_us * ARM_REST_FACTOR, ARM_REST_MIN_US, INT64_MAX);
	int64_t swapping_us = clamp_us(cpu_us * ARM_SWAPPING_FACTOR,
				       ARM_SWAPPING_MIN_US, INT64_MAX);

	return swapping && swapping_us < rest_us ? swapping_us : rest_us;
}

static int64_t urgent_interval_us(const struct drp_policy_memory *memory)
{
	uint64_t us =
		memory->spared_us
			? (uint64_t)memory->count_cpu_us * COUNT_URGENT_FACTOR
			: (uint64_t)memory->arming.cpu_us * ARM_URGENT_FACTOR;

	return clamp_us(us, ARM_URGENT_MIN_US, LOOK_MAX_US);
}

/* Until the next arming, or count, is due; 0: it is. */
static int64_t arm_due_us(const struct drp_policy_view *view,
			  const struct drp_policy_memory *memory, bool tight,
			  bool active)
{
	int64_t last_us =
		memory->spared_us ? memory->spared_us : memory->armed_us;
	int64_t interval_us =
		tight && active
			? urgent_interval_us(memory)
			: rest_interval_us(memory,
					   active && view->headroom.swap);
	int64_t due_us = last_us + interval_us;

	return memory->armed && due_us > view->now_us ? due_us - view->now_us
						      : 0;
}

/*
 * What was written since it was armed counts as lazyfree until reclaim meets it
 * and gives it back: so only for a while.  Beside swap it could go there next.
 */
static bool may_be_spared(const struct drp_policy_view *view,
			  const struct drp_policy_memory *memory)
{
	return memory->armed && !view->headroom.swap &&
	       view->headroom.lazyfree_bytes > DRP_NEED_LITTLE_BYTES &&
	       view->now_us - memory->armed_us < ARM_SPARED_US;
}

/*
 * Before memory is tight an alarm may be the first to know, but not where it
 * would take a second of nothing but allocations until then: stalls are
 * somebody else's there.
 */
static bool alarm_matters(const struct drp_policy_view *view)
{
	uint64_t bytes = view->headroom.bytes;

	return view->alarm != DRP_ALARM_NONE &&
	       (bytes == UINT64_MAX ||
		bytes / drp_need_bytes_per_us(view) <= FAR_US);
}

/* What was armed and, as far as is known, still is. */
static uint64_t armed_bytes(const struct drp_policy_view *view,
			    const struct drp_policy_memory *memory)
{
	uint64_t lazyfree = view->headroom.lazyfree_bytes;

	if (!memory->armed)
		return 0;
	return memory->lazyfree_told && lazyfree < memory->arming.counted_bytes
		       ? lazyfree
		       : memory->arming.counted_bytes;
}

/*
 * What can be used up before the next look without harm: the headroom and,
 * where all that is dirty could go nowhere but stay, half of what is armed:
 * the other half may have been written since.
 */
static uint64_t within_reach(const struct drp_policy_view *view,
			     const struct drp_policy_memory *memory)
{
	uint64_t armed =
		view->headroom.swap ? 0 : armed_bytes(view, memory) / 2;

	return view->headroom.bytes > UINT64_MAX - armed
		       ? UINT64_MAX
		       : view->headroom.bytes + armed;
}

struct drp_policy_decision drp_policy_decide(const struct drp_policy_view *view,
					     struct drp_policy_memory *memory)
{
	struct drp_policy_decision decision = {
		.action = DRP_POLICY_NOTHING,
		.sleep_us = clamp_us(within_reach(view, memory) /
					     drp_need_bytes_per_us(view),
				     LOOK_MIN_US, LOOK_MAX_US),
	};
	bool tight = drp_need_is_tight(view, memory);
	bool active = drp_need_is_active(view, memory);
	bool swapping = active && view->headroom.swap;
	int64_t least_us, due_us;

	decision.drop_bytes = drp_force_goal(view, memory, tight);
	/* Where a drop in this row of alarms found nothing, there is nothing.
	 */
	active = active && !(memory->drops && memory->futile_drops);
	least_us = active || !memory->armed ? LOOK_MIN_US : LOOK_REST_US;
	if (decision.sleep_us < least_us)
		decision.sleep_us = least_us;
	if (decision.drop_bytes) {
		decision.action = DRP_POLICY_DROP;
		return decision;
	}
	if (!view->can_arm || !(tight || swapping || alarm_matters(view)))
		return decision;
	due_us = arm_due_us(view, memory, tight, active);
	if (!due_us) {
		decision.action = DRP_POLICY_ARM;
		decision.count_first = may_be_spared(view, memory);
	} else if (due_us < decision.sleep_us) {
		decision.sleep_us =
			clamp_us((uint64_t)due_us, LOOK_MIN_US, LOOK_MAX_US);
	}
	return decision;
}

bool drp_policy_spares(struct drp_policy_memory *memory,
		       const struct drp_policy_view *view, int64_t now_us,
		       uint64_t resident_bytes, int64_t cpu_us)
{
	uint64_t unarmed_max = resident_bytes / SPARED_PARTS;

	/* The counters may be as wrong as that: too much is armed then. */
	if (resident_bytes == UINT64_MAX ||
	    resident_bytes + drp_need_lag_bytes(view) >
		    view->headroom.lazyfree_bytes + unarmed_max)
		return false;
	memory->spared_us = now_us;
	memory->count_cpu_us = cpu_us;
	memory->armed_headroom = view->headroom.bytes;
	memory->arming.resident_bytes = resident_bytes;
	memory->arming.counted_bytes = resident_bytes;
	return true;
}

void drp_policy_armed(struct drp_policy_memory *memory,
		      const struct drp_policy_view *view, int64_t now_us,
		      struct drp_policy_arming arming)
{
	memory->armed = true;
	memory->armed_us = now_us;
	memory->spared_us = 0;
	memory->arming = arming;
	memory->armed_headroom = view->headroom.bytes;
}

void drp_policy_dropped(struct drp_policy_memory *memory, int64_t now_us,
			uint64_t freed_bytes)
{
	memory->dropped_us = now_us;
	memory->dropped_bytes = freed_bytes;
	memory->drops++;
	memory->futile_drops = freed_bytes ? 0 : memory->futile_drops + 1;
}
