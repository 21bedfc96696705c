/* SPDX-License-Identifier: MIT */
#include "core/need.h"

/*
 * How fast one CPU can fault in ordinary memory: 0.6 us a 4 KiB page are 6
 * GiB/s at the very best, 2 GiB/s is what is measured; with the factor 2 below
 * it covers huge pages too.  In bytes a microsecond.
 */
#define FAULT_BYTES_PER_US 2148

/* More together are held up by the speed of memory, 32 GiB/s and less. */
#define BUSY_CPUS_MAX 16

/* Look at twice the speed at which the headroom could go. */
#define SAFETY 2

/* Going over one page that was written since the last time: 100 to 500. */
#define ARM_PAGE_NS 300
/* What a mapping costs besides: the lock, two system calls, 5 to 8 us. */
#define ARM_REGION_US 8

/* After the last sign of activity stay urgent that long. */
#define ACTIVE_US 500000

/* A cgroup's counters lag behind by so much for each CPU. */
#define LAG_PAGES 64

uint64_t drp_need_bytes_per_us(const struct drp_policy_view *view)
{
	unsigned int cpus = view->cpus ? view->cpus : 1;

	if (cpus > BUSY_CPUS_MAX)
		cpus = BUSY_CPUS_MAX;
	return (uint64_t)SAFETY * FAULT_BYTES_PER_US * cpus;
}

uint64_t drp_need_lag_bytes(const struct drp_policy_view *view)
{
	return (uint64_t)LAG_PAGES * view->page_bytes * view->cpus;
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
	       fresh / view->page_bytes * ARM_PAGE_NS / 1000;
}

bool drp_need_is_tight(const struct drp_policy_view *view,
		       const struct drp_policy_memory *memory)
{
	uint64_t us = DRP_NEED_SLACK_US;

	if (view->can_arm)
		us += 2 * arm_estimate_us(view, memory);
	return view->headroom.bytes / drp_need_bytes_per_us(view) <= us;
}

bool drp_need_is_critical(const struct drp_policy_view *view)
{
	return view->headroom.bytes / drp_need_bytes_per_us(view) <=
	       DRP_NEED_CRITICAL_US;
}

bool drp_need_is_ours(const struct drp_policy_view *view,
		      const struct drp_policy_memory *memory)
{
	return !view->headroom.scanned ||
	       view->now_us - memory->scanned_us <= DRP_NEED_ALARM_GAP_US;
}

bool drp_need_is_alarmed(const struct drp_policy_view *view,
			 const struct drp_policy_memory *memory)
{
	return view->alarm != DRP_ALARM_NONE && drp_need_is_ours(view, memory);
}

static bool has_shrunk(const struct drp_policy_view *view,
		       const struct drp_policy_memory *memory)
{
	uint64_t least =
		max_u64(memory->armed_headroom / 8, drp_need_lag_bytes(view));

	return memory->armed &&
	       view->headroom.bytes + least < memory->armed_headroom;
}

/* All that could be dropped has gone, and there is no room for more. */
static bool is_spent(const struct drp_policy_view *view,
		     const struct drp_policy_memory *memory)
{
	return memory->armed &&
	       memory->arming.resident_bytes <= DRP_NEED_LITTLE_BYTES &&
	       drp_need_is_critical(view) && !view->headroom.swap_free;
}

/* Has reclaim taken pages, or given back those that were written? */
static bool lazyfree_falls(const struct drp_policy_view *view,
			   struct drp_policy_memory *memory)
{
	uint64_t before = memory->lazyfree_bytes;
	uint64_t now = view->headroom.lazyfree_bytes;

	memory->lazyfree_bytes = now;
	if (now)
		memory->lazyfree_told = true;
	return now + before / 8 + drp_need_lag_bytes(view) < before;
}

bool drp_need_is_active(const struct drp_policy_view *view,
			struct drp_policy_memory *memory)
{
	bool scanning =
		memory->looked && view->headroom.scanned != memory->scanned;
	bool falling = lazyfree_falls(view, memory);
	bool alarm;

	memory->looked = true;
	memory->scanned = view->headroom.scanned;
	if (scanning)
		memory->scanned_us = view->now_us;
	alarm = drp_need_is_critical(view) && drp_need_is_alarmed(view, memory);
	if (((alarm || scanning || falling) && !is_spent(view, memory)) ||
	    has_shrunk(view, memory))
		memory->active_us = view->now_us;
	return memory->active_us &&
	       view->now_us - memory->active_us < ACTIVE_US;
}
