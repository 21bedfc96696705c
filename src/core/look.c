/* SPDX-License-Identifier: MIT */
#include "core/look.h"

#include <stdatomic.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sys.h"
#include "core/event.h"
#include "core/guard.h"
#include "core/policy.h"
#include "core/probe.h"
#include "core/process.h"
#include "core/reclaim.h"
#include "core/region.h"
#include "core/stats.h"
#include "pressure/headroom.h"
#include "pressure/ladder.h"

/* Whoever looks has them to himself. */
static struct drp_headroom_reader headroom_reader;
static struct drp_alarm alarm_source;
static struct drp_policy_view view;
static struct drp_policy_memory memory;
static bool opened;

/* What others may know of the alarm. */
static _Atomic(const struct drp_source *) source;

static unsigned int count_cpus(void)
{
	unsigned long mask[128] = {0};
	long bytes = DRP_SYS(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	unsigned int count = 0;

	for (long i = 0; i < bytes / (long)sizeof(*mask); i++)
		count += (unsigned int)__builtin_popcountl(mask[i]);
	return count ? count : 1;
}

/* Unknown is for want of a page to try it on: it seldom is missing. */
static bool can_arm(void)
{
	return drp_probe_known(DRP_FEATURE_FREE) != DRP_NO;
}

void drp_look_open(void)
{
	view = (struct drp_policy_view){.page_bytes = drp_page_bytes(),
					.cpus = count_cpus()};
	memory = (struct drp_policy_memory){0};
	drp_headroom_open(&headroom_reader);
	drp_alarm_open(&alarm_source, drp_process_alarms());
	opened = true;
	atomic_store(&source, alarm_source.source);
	drp_log(DRP_LOG_INFO,
		"watching: alarms from %s, ranges confirmed by %s, "
		"%s",
		alarm_source.source->name, drp_guard_method(),
		can_arm() ? "arming" : "MADV_FREE does not work: dropping");
}

void drp_look_close(void)
{
	opened = false;
	atomic_store(&source, NULL);
	drp_headroom_close(&headroom_reader);
	drp_alarm_close(&alarm_source);
}

static void arm(void)
{
	struct drp_reclaim_result result = drp_reclaim_arm();

	drp_policy_armed(&memory, &view, drp_now_us(),
			 (struct drp_policy_arming){
				 result.took_us, result.cpu_us,
				 result.resident_bytes, result.counted_bytes});
	drp_event_tell(DRP_CAUSE_RECLAIM, result.vanished_bytes, NULL);
}

static bool spares(void)
{
	struct drp_reclaim_result result = drp_reclaim_count();

	drp_event_tell(DRP_CAUSE_RECLAIM, result.vanished_bytes, NULL);
	return drp_policy_spares(&memory, &view, drp_now_us(),
				 result.resident_bytes, result.cpu_us);
}

/* Where pages can be armed, nothing but alarms makes policy drop them. */
static void drop(uint64_t goal_bytes)
{
	struct drp_reclaim_result result = drp_reclaim_drop(goal_bytes);

	drp_policy_dropped(&memory, drp_now_us(), result.bytes);
	if (view.can_arm)
		drp_event_tell(DRP_CAUSE_ALARM, result.bytes,
			       alarm_source.source->name);
	else
		drp_event_tell(DRP_CAUSE_HEADROOM, result.bytes, NULL);
}

static void act(const struct drp_policy_decision *decision)
{
	switch (decision->action) {
	case DRP_POLICY_NOTHING:
		break;
	case DRP_POLICY_ARM:
		if (!decision->count_first || !spares())
			arm();
		break;
	case DRP_POLICY_DROP:
		drop(decision->drop_bytes);
		break;
	}
}

static void publish(int64_t sleep_us)
{
	drp_stats_look(&(struct drp_stats_looked){
		.now_us = view.now_us,
		.sleep_us = sleep_us,
		.headroom_bytes = view.headroom.bytes,
		.limit_bytes = view.headroom.limit_bytes,
		.some = alarm_source.some,
		.full = alarm_source.full,
		.flags = (view.can_arm ? DRP_STATS_CAN_ARM : 0) |
			 (view.headroom.swap ? DRP_STATS_SWAP : 0) |
			 (alarm_source.events ? DRP_STATS_WAKES : 0),
		.alarm = view.alarm,
		.source = alarm_source.source->name,
		.guard = drp_guard_method(),
	});
	atomic_store_explicit(&source, alarm_source.source,
			      memory_order_relaxed);
}

int64_t drp_look(void)
{
	struct drp_policy_decision decision;

	view.now_us = drp_now_us();
	drp_headroom_read(&headroom_reader, &view.headroom);
	view.alarm = drp_alarm_check(&alarm_source);
	view.droppable_bytes = drp_region_bytes();
	view.regions = drp_region_count();
	view.can_arm = can_arm();
	decision = drp_policy_decide(&view, &memory);
	act(&decision);
	publish(decision.sleep_us);
	return decision.sleep_us;
}

const char *drp_look_source(bool *wakes)
{
	const struct drp_source *used = atomic_load(&source);

	*wakes = used && used->events;
	return used ? used->name : NULL;
}

int drp_look_alarm(short *events)
{
	*events = alarm_source.events;
	return *events && drp_fd_ours(&alarm_source.fd) ? alarm_source.fd.number
							: -1;
}

void drp_look_alarmed(short revents)
{
	alarm_source.revents |= revents;
}

void drp_look_forked(void)
{
	if (!opened)
		return;
	drp_headroom_close(&headroom_reader);
	drp_alarm_forked(&alarm_source);
	atomic_store(&source, NULL);
	opened = false;
}
