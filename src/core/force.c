/* SPDX-License-Identifier: MIT */
#include "core/force.h"

#include "core/need.h"

/*
 * Stalls are part of any burst: the kernel is taking armed pages just then, as
 * it should, and dropping the rest would lose them for nothing.  Force is for
 * pressure that outlasts arming; a burst of 400 MiB has taken 1.7 s on a busy
 * machine.
 */
#define PATIENCE_SOME_US 6000000
#define PATIENCE_FULL_US 4000000

/*
 * A step of force frees what is missing, then sees whether that helped; the
 * next one in the same row of alarms frees twice as much.
 */
#define DROP_STEP_US 250000
#define DROP_DOUBLINGS_MAX 16
/*
 * Where the last one freed nothing there is nothing: what has become resident
 * since is armed.  Not again that soon, and later each time, up to 32 s.
 */
#define DROP_FUTILE_US 1000000
#define FUTILE_DOUBLINGS_MAX 5

/*
 * Where many CPUs could use up much in no time, much may be left all the same:
 * that is no want to drop for.
 */
#define OUT_PARTS 32

static bool is_out(const struct drp_policy_view *view)
{
	return drp_need_is_critical(view) &&
	       view->headroom.bytes <= view->headroom.limit_bytes / OUT_PARTS;
}

/* How long alarms have come in a row while there was no headroom left. */
static int64_t alarmed_us(const struct drp_policy_view *view,
			  struct drp_policy_memory *memory)
{
	bool alarm = drp_need_is_alarmed(view, memory);

	if (!is_out(view) ||
	    view->now_us - memory->alarm_last_us > DRP_NEED_ALARM_GAP_US) {
		memory->alarm_first_us = alarm ? view->now_us : 0;
		memory->drops = 0;
	}
	if (alarm)
		memory->alarm_last_us = view->now_us;
	return memory->alarm_first_us ? view->now_us - memory->alarm_first_us
				      : 0;
}

static bool drop_is_allowed(const struct drp_policy_view *view,
			    const struct drp_policy_memory *memory)
{
	int64_t since_us = view->now_us - memory->dropped_us;
	int doublings = (int)memory->futile_drops - 1;

	if (!memory->dropped_us)
		return true;
	if (doublings < 0)
		return since_us >= DROP_STEP_US;
	if (doublings > FUTILE_DOUBLINGS_MAX)
		doublings = FUTILE_DOUBLINGS_MAX;
	return since_us >= (int64_t)DROP_FUTILE_US << doublings;
}

/* Until headroom is no longer critical, twice over. */
static uint64_t armed_goal(const struct drp_policy_view *view,
			   const struct drp_policy_memory *memory)
{
	uint64_t wanted =
		2 * drp_need_bytes_per_us(view) * DRP_NEED_CRITICAL_US;
	unsigned int doublings = memory->drops < DROP_DOUBLINGS_MAX
					 ? memory->drops
					 : DROP_DOUBLINGS_MAX;

	/* There are alarms in a row only while there is less. */
	return (wanted - view->headroom.bytes) << doublings;
}

/*
 * Where nothing can be armed: until memory is not tight, twice over.  Where no
 * headroom is told, or what is not dropped goes to swap, step by step while
 * others feel it.
 */
static uint64_t unarmed_goal(const struct drp_policy_view *view,
			     const struct drp_policy_memory *memory, bool tight)
{
	uint64_t wanted = 2 * drp_need_bytes_per_us(view) * DRP_NEED_SLACK_US;
	bool swapping = view->headroom.swap &&
			memory->scanned_us == view->now_us;

	if (tight)
		return wanted - view->headroom.bytes;
	if ((view->headroom.bytes == UINT64_MAX &&
	     view->alarm != DRP_ALARM_NONE) ||
	    swapping)
		return wanted;
	return 0;
}

uint64_t drp_force_goal(const struct drp_policy_view *view,
			struct drp_policy_memory *memory, bool tight)
{
	int64_t row_us = alarmed_us(view, memory);

	if (!view->can_arm)
		return drop_is_allowed(view, memory) || memory->dropped_bytes
			       ? unarmed_goal(view, memory, tight)
			       : 0;
	if (!drop_is_allowed(view, memory) || !drp_need_is_ours(view, memory))
		return 0;
	if (view->alarm == DRP_ALARM_FULL && row_us >= PATIENCE_FULL_US)
		return UINT64_MAX;
	return row_us >= PATIENCE_SOME_US ? armed_goal(view, memory) : 0;
}
