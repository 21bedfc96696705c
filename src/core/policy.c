/* SPDX-License-Identifier: MIT */
#include "core/policy.h"

/*
 * How fast one CPU can fault in ordinary memory: 0.6 us a 4 KiB page are 6
 * GiB/s at the very best, 2 GiB/s is what is measured; with the factor 2 below
 * it covers huge pages too.  In bytes a microsecond.
 */
#define FAULT_BYTES_PER_US 2148

/* Look at twice the speed at which the headroom could go. */
#define SAFETY 2

/* A look costs 20 to 60 us, so even the shortest interval is 6 % of a CPU. */
#define LOOK_MIN_US 1000
/* Limits can be lowered at any time; otherwise nothing happens in between. */
#define LOOK_MAX_US 2000000

/* Less headroom than the machine could use up in that time is none. */
#define CRITICAL_US 3000

/* More than the machine could use up in that time is ample. */
#define FAR_US 1000000

/* Going over one page that was written since the last time, see HACKING.md. */
#define ARM_PAGE_NS 300
#define ARM_PAGE_BYTES 4096
/* What a mapping costs besides: the lock, two system calls, 5 to 8 us. */
#define ARM_REGION_US 8
#define ARM_SLACK_US 10000

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
 * With all armed and nothing moving, the kernel has what it may take: looking
 * every millisecond because a group is full would cost 5 % of a CPU for
 * nothing.
 */
#define LOOK_REST_US 20000

/* After the last sign of activity stay urgent that long. */
#define ACTIVE_US 500000

/* A cgroup's counters lag behind by so much for each CPU: 64 pages. */
#define LAG_BYTES ((uint64_t)256 << 10)

/* So little droppable memory makes room for nobody. */
#define LITTLE_BYTES ((uint64_t)4 << 20)

/*
 * Stalls are part of any burst: the kernel is taking armed pages just then, as
 * it should, and dropping the rest would lose them for nothing.  Force is for
 * pressure that outlasts arming; a burst of 400 MiB has taken 1.7 s on a busy
 * machine.
 */
#define PATIENCE_SOME_US 6000000
#define PATIENCE_FULL_US 4000000
/*
 * Alarms further apart than that are not in a row.  Some sources tell of events
 * only, at most one in a window, and windows have up to two seconds.
 */
#define ALARM_GAP_US 2500000

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

static int64_t clamp_us(uint64_t us, int64_t least, int64_t most)
{
	if (us < (uint64_t)least)
		return least;
	return us > (uint64_t)most ? most : (int64_t)us;
}

static uint64_t bytes_per_us(const struct drp_policy_view *view)
{
	return (uint64_t)SAFETY * FAULT_BYTES_PER_US *
	       (view->cpus ? view->cpus : 1);
}

static uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* How long arming would take, were all that may be resident by now dirty. */
static uint64_t arm_estimate_us(const struct drp_policy_view *view,
				const struct drp_policy_memory *memory)
{
	const struct drp_headroom *headroom = &view->headroom;
	uint64_t fresh = view->droppable_bytes;
	uint64_t known_us = 0;

	/* A mapping may be larger than all that is resident. */
	if (headroom->bytes <= headroom->limit_bytes &&
	    headroom->limit_bytes - headroom->bytes < fresh)
		fresh = headroom->limit_bytes - headroom->bytes;
	if (memory->armed) {
		uint64_t left = headroom->bytes;
		uint64_t gone = memory->armed_headroom > left
					? memory->armed_headroom - left
					: 0;

		/* What became resident since took that much headroom. */
		fresh = gone < fresh ? gone : fresh;
		known_us = (uint64_t)memory->arming.took_us;
	}
	return max_u64(known_us, view->regions * ARM_REGION_US) +
	       fresh / ARM_PAGE_BYTES * ARM_PAGE_NS / 1000;
}

/*
 * Could the headroom be gone before an arming begun at the next look ends?  A
 * drop need not end in time: it frees faster than anybody can allocate.
 */
static bool is_tight(const struct drp_policy_view *view,
		     const struct drp_policy_memory *memory)
{
	uint64_t us = ARM_SLACK_US;

	if (view->can_arm)
		us += 2 * arm_estimate_us(view, memory);
	return view->headroom.bytes / bytes_per_us(view) <= us;
}

static bool is_critical(const struct drp_policy_view *view)
{
	return view->headroom.bytes / bytes_per_us(view) <= CRITICAL_US;
}

/*
 * May an alarm be about our memory?  It may be the whole machine's, and a cache
 * that fills its cgroup is no want: where reclaim is known to have scanned
 * before, and does not now, somebody else is short.
 */
static bool is_ours(const struct drp_policy_view *view,
		    const struct drp_policy_memory *memory)
{
	return !view->headroom.scanned ||
	       view->now_us - memory->scanned_us <= ALARM_GAP_US;
}

static bool is_alarmed(const struct drp_policy_view *view,
		       const struct drp_policy_memory *memory)
{
	return view->alarm != DRP_ALARM_NONE && is_ours(view, memory);
}

static bool has_shrunk(const struct drp_policy_view *view,
		       const struct drp_policy_memory *memory)
{
	uint64_t least = memory->armed_headroom / 8;

	if (least < LAG_BYTES * view->cpus)
		least = LAG_BYTES * view->cpus;
	return memory->armed &&
	       view->headroom.bytes + least < memory->armed_headroom;
}

/* All that could be dropped has gone, and there is no room for more. */
static bool is_spent(const struct drp_policy_view *view,
		     const struct drp_policy_memory *memory)
{
	return memory->armed && memory->arming.resident_bytes <= LITTLE_BYTES &&
	       is_critical(view) && !view->headroom.swap;
}

/*
 * Is memory on the move?  Then what was armed a moment ago may be dirty.  An
 * alarm while there is headroom is about somebody else's memory.
 */
static bool is_active(const struct drp_policy_view *view,
		      struct drp_policy_memory *memory)
{
	bool scanning = view->headroom.scanned != memory->scanned;
	bool alarm;

	memory->scanned = view->headroom.scanned;
	if (scanning)
		memory->scanned_us = view->now_us;
	alarm = is_critical(view) && is_alarmed(view, memory);
	if (((alarm || scanning) && !is_spent(view, memory)) ||
	    has_shrunk(view, memory))
		memory->active_us = view->now_us;
	return memory->active_us &&
	       view->now_us - memory->active_us < ACTIVE_US;
}

static int64_t arm_interval_us(const struct drp_policy_memory *memory,
			       bool urgent)
{
	return urgent ? clamp_us((uint64_t)memory->arming.cpu_us *
					 ARM_URGENT_FACTOR,
				 ARM_URGENT_MIN_US, LOOK_MAX_US)
		      : clamp_us((uint64_t)memory->arming.cpu_us *
					 ARM_REST_FACTOR,
				 ARM_REST_MIN_US, INT64_MAX);
}

/* How long alarms have come in a row while there was no headroom left. */
static int64_t alarmed_us(const struct drp_policy_view *view,
			  struct drp_policy_memory *memory)
{
	bool alarm = is_alarmed(view, memory);

	if (!is_critical(view) ||
	    view->now_us - memory->alarm_last_us > ALARM_GAP_US) {
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
	uint64_t wanted = 2 * bytes_per_us(view) * CRITICAL_US;
	unsigned int doublings = memory->drops < DROP_DOUBLINGS_MAX
					 ? memory->drops
					 : DROP_DOUBLINGS_MAX;

	/* There are alarms in a row only while headroom is critical. */
	return (wanted - view->headroom.bytes) << doublings;
}

/* Where nothing can be armed: until memory is not tight, twice over. */
static uint64_t unarmed_goal(const struct drp_policy_view *view, bool tight)
{
	uint64_t wanted = 2 * bytes_per_us(view) * ARM_SLACK_US;

	return tight ? wanted - view->headroom.bytes : 0;
}

static uint64_t drop_goal(const struct drp_policy_view *view,
			  struct drp_policy_memory *memory, bool tight)
{
	int64_t row_us = alarmed_us(view, memory);

	if (!view->can_arm)
		return drop_is_allowed(view, memory) || memory->dropped_bytes
			       ? unarmed_goal(view, tight)
			       : 0;
	if (!drop_is_allowed(view, memory) || !is_ours(view, memory))
		return 0;
	if (view->alarm == DRP_ALARM_FULL && row_us >= PATIENCE_FULL_US)
		return UINT64_MAX;
	return row_us >= PATIENCE_SOME_US ? armed_goal(view, memory) : 0;
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
	       (bytes == UINT64_MAX || bytes / bytes_per_us(view) <= FAR_US);
}

/*
 * What can be used up before the next look without harm: the headroom and,
 * where all that is dirty could go nowhere but stay, half of what was armed:
 * the other half may have been written since.
 */
static uint64_t within_reach(const struct drp_policy_view *view,
			     const struct drp_policy_memory *memory)
{
	uint64_t armed = memory->armed && !view->headroom.swap
				 ? memory->arming.counted_bytes / 2
				 : 0;

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
					     bytes_per_us(view),
				     LOOK_MIN_US, LOOK_MAX_US),
	};
	bool tight = is_tight(view, memory);
	bool active = is_active(view, memory);
	bool swapping = active && view->headroom.swap;
	int64_t least_us, due_us;

	decision.drop_bytes = drop_goal(view, memory, tight);
	/* Where a drop in this row of alarms found nothing, nothing is there.
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
	due_us = memory->armed
			 ? memory->armed_us +
				   arm_interval_us(memory, tight && active) -
				   view->now_us
			 : 0;
	if (due_us <= 0)
		decision.action = DRP_POLICY_ARM;
	else if (due_us < decision.sleep_us)
		decision.sleep_us =
			clamp_us((uint64_t)due_us, LOOK_MIN_US, LOOK_MAX_US);
	return decision;
}

void drp_policy_armed(struct drp_policy_memory *memory,
		      const struct drp_policy_view *view, int64_t now_us,
		      struct drp_policy_arming arming)
{
	memory->armed = true;
	memory->armed_us = now_us;
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
